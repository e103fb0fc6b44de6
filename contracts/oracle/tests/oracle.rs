//! The contract from outside, one claim a test.

#![allow(clippy::unwrap_used)] // The rig's verbs are test code too; clippy sees that only inside test functions.

mod rig;

use cosmwasm_std::{coin, Decimal256};
use cw_multi_test::Executor;
use rig::{fails, outcomes, Rig};
use wicker_math::Status;
use wicker_msgs::oracle::*;
use wicker_oracle::error::OracleError;

#[test]
fn a_single_feeder_moves_the_stored_record_hourly() {
    let mut rig = Rig::new();
    rig.relay("atom", 1, 1, "10");
    for price in ["10", "10.5", "11"] {
        assert_eq!(
            outcomes(&rig.report(0, &[("atom", price)]).unwrap()),
            ["accepted"]
        );
        assert_eq!(rig.price("atom"), price);
        rig.wait(3_600);
    }
}

#[test]
fn prc_1_only_named_feeders_report() {
    let mut rig = Rig::new();
    rig.relay("atom", 1, 1, "10");
    fails(rig.report(1, &[("atom", "10")]), "may not do this");
    let owner = rig.owner.clone();
    let feeders = vec![rig.feeder(1).to_string()];
    let source = Source::Relayed {
        feeders,
        quorum: 1,
        max_spread: Decimal256::percent(5),
    };
    rig.list("atom", source, "10").unwrap();
    fails(rig.report(0, &[("atom", "10")]), "may not do this");
    fails(
        rig.run(&owner, &ExecuteMsg::Report { prices: vec![] }),
        "list of 0",
    );
}

#[test]
fn prc_5_harbor_replay_the_last_writer_cannot_win_alone() {
    let mut rig = Rig::new();
    rig.relay("statom", 3, 2, "10");
    rig.report(0, &[("statom", "10")]).unwrap();
    rig.report(1, &[("statom", "10")]).unwrap();
    rig.report(2, &[("statom", "0.02")]).unwrap();
    assert_eq!(rig.price("statom"), "10");
    assert_eq!(rig.point("statom").sources, 2);
}

#[test]
fn bonq_a_lone_reporter_moves_no_price_at_once() {
    let mut rig = Rig::new();
    rig.relay("walbt", 1, 1, "10");
    rig.report(0, &[("walbt", "10")]).unwrap();
    rig.wait(60);
    assert_eq!(
        outcomes(&rig.report(0, &[("walbt", "5000000")]).unwrap()),
        ["limited"]
    );
    assert_eq!(rig.price("walbt"), "10");
}

#[test]
fn prc_7_unknown_duplicate_empty_and_long_lists_are_refused() {
    let mut rig = Rig::new();
    rig.relay("atom", 1, 1, "10");
    fails(rig.report(0, &[("luna", "1")]), "luna has no source");
    fails(
        rig.report(0, &[("atom", "10"), ("atom", "10")]),
        "named twice",
    );
    let long: Vec<_> = (0..33).map(|index| format!("d{index}")).collect();
    let anyone = rig.feeder(9);
    fails(
        rig.run(&anyone, &ExecuteMsg::Refresh { denoms: long }),
        "list of 33",
    );
    fails(
        rig.run(&anyone, &ExecuteMsg::Refresh { denoms: vec![] }),
        "list of 0",
    );
}

#[test]
fn prc_8_a_bad_entry_is_reported_and_the_others_go_on() {
    let mut rig = Rig::new();
    rig.relay("atom", 1, 1, "10");
    rig.relay("osmo", 1, 1, "1");
    let response = rig.report(0, &[("atom", "1e5"), ("osmo", "1")]).unwrap();
    assert_eq!(outcomes(&response), ["rejected", "accepted"]);
    assert_eq!(rig.price("osmo"), "1");
}

#[test]
fn prc_9_a_product_is_exact_and_degrades_with_its_leg() {
    let mut rig = Rig::new();
    rig.list("atom", Source::Fixed { price: "10".into() }, "10")
        .unwrap();
    rig.relay("rate", 1, 1, "1.25");
    rig.report(0, &[("rate", "1.25")]).unwrap();
    let source = Source::Composite {
        legs: vec!["atom".into(), "rate".into()],
        rule: Rule::Product {},
    };
    fails(
        rig.list("statom", source.clone(), "1.25"),
        "from the reference",
    );
    rig.list("statom", source, "12.5").unwrap();
    assert_eq!(rig.price("statom"), "12.5");
    rig.wait(301);
    let anyone = rig.feeder(9);
    let denoms = ["atom", "statom"].map(String::from).to_vec();
    let response = rig.run(&anyone, &ExecuteMsg::Refresh { denoms }).unwrap();
    assert_eq!(outcomes(&response), ["accepted", "degraded"]);
    assert!(rig.point("statom").status.has(Status::DEGRADED));
    let cycle = Source::Composite {
        legs: vec!["statom".into(), "rate".into()],
        rule: Rule::Product {},
    };
    fails(rig.list("atom", cycle, "10"), "builds on itself");
}

#[test]
fn prc_11_a_lost_quorum_degrades_until_it_returns() {
    let mut rig = Rig::new();
    rig.relay("atom", 3, 2, "10");
    rig.report(0, &[("atom", "10")]).unwrap();
    rig.report(1, &[("atom", "10")]).unwrap();
    rig.wait(301);
    assert_eq!(
        outcomes(&rig.report(0, &[("atom", "10.1")]).unwrap()),
        ["reported"]
    );
    assert!(rig.point("atom").status.has(Status::DEGRADED));
    assert_eq!(
        outcomes(&rig.report(1, &[("atom", "10.1")]).unwrap()),
        ["accepted"]
    );
    assert_eq!(rig.point("atom").status, Status::OK);
}

#[test]
fn moonwell_the_first_price_of_a_source_stands_near_its_reference() {
    let mut rig = Rig::new();
    rig.relay("cbeth", 1, 1, "2200");
    assert_eq!(
        outcomes(&rig.report(0, &[("cbeth", "1.12")]).unwrap()),
        ["rejected"]
    );
    let source = Source::Fixed {
        price: "1.12".into(),
    };
    fails(rig.list("other", source, "2200"), "from the reference");
}

#[test]
fn a_freeze_holds_the_price_until_it_ends_and_begins_anew_only_after_a_price() {
    let mut rig = Rig::new();
    rig.relay("atom", 1, 1, "10");
    rig.report(0, &[("atom", "10")]).unwrap();
    let guardian = rig.guardian.clone();
    let freeze = |seconds| ExecuteMsg::Freeze {
        denom: "atom".into(),
        seconds,
    };
    fails(rig.run(&guardian, &freeze(MAX_FREEZE + 1)), "seconds");
    rig.run(&guardian, &freeze(100)).unwrap();
    assert!(rig.point("atom").status.has(Status::FROZEN));
    rig.wait(99);
    assert_eq!(
        outcomes(&rig.report(0, &[("atom", "10.1")]).unwrap()),
        ["rejected"]
    );
    rig.wait(1);
    // It is over and still may not be renewed: the price would become older and older, and too old for liquidation.
    fails(rig.run(&guardian, &freeze(100)), "frozen until");
    assert_eq!(
        outcomes(&rig.report(0, &[("atom", "10.1")]).unwrap()),
        ["accepted"]
    );
    assert_eq!(rig.point("atom").status, Status::OK);
    assert_eq!(rig.quoted("atom").frozen_until, None);
}

#[test]
fn v12_strangers_and_the_guardian_change_nothing() {
    let mut rig = Rig::new();
    rig.relay("atom", 1, 1, "10");
    let denom = || "atom".to_string();
    let reference = Reference {
        price: "10".into(),
        band: Decimal256::percent(5),
    };
    let source = Source::Fixed { price: "10".into() };
    let messages = [
        ExecuteMsg::SetSource {
            denom: denom(),
            source,
            guards: None,
            reference,
        },
        ExecuteMsg::RemoveSource { denom: denom() },
        ExecuteMsg::Unfreeze { denom: denom() },
        ExecuteMsg::SetGuardian { guardian: None },
        ExecuteMsg::ProposeOwner { owner: None },
        ExecuteMsg::AcceptOwner {},
        ExecuteMsg::Report {
            prices: vec![ReportedPrice {
                denom: denom(),
                price: "10".into(),
                publish_time: 1,
                confidence: None,
            }],
        },
    ];
    for message in &messages {
        for sender in [rig.guardian.clone(), rig.feeder(7)] {
            fails(rig.run(&sender, message), "may not do this");
        }
    }
    let freeze = ExecuteMsg::Freeze {
        denom: denom(),
        seconds: 1,
    };
    fails(rig.run(&rig.feeder(7), &freeze), "may not do this");
}

#[test]
fn v13_upper_case_and_foreign_addresses_are_refused() {
    let mut rig = Rig::new();
    let owner = rig.owner.clone();
    for text in [
        owner.to_string().to_uppercase(),
        "osmo1qqqq".into(),
        String::new(),
    ] {
        assert!(rig
            .run(
                &owner,
                &ExecuteMsg::ProposeOwner {
                    owner: Some(text.clone())
                }
            )
            .is_err());
        let source = Source::Relayed {
            feeders: vec![text],
            quorum: 1,
            max_spread: Decimal256::percent(5),
        };
        assert!(rig.list("atom", source, "10").is_err());
    }
}

#[test]
fn v17_coins_are_refused() {
    let mut rig = Rig::new();
    let (owner, oracle) = (rig.owner.clone(), rig.oracle.clone());
    rig.app.init_modules(|router, _, storage| {
        router
            .bank
            .init_balance(storage, &owner, vec![coin(5, "x")])
            .unwrap()
    });
    let result =
        rig.app
            .execute_contract(owner, oracle, &ExecuteMsg::AcceptOwner {}, &[coin(1, "x")]);
    assert!(format!("{:?}", result.unwrap_err()).contains("takes no coins"));
}

#[test]
fn v27_an_unknown_denom_has_no_price() {
    let rig = Rig::new();
    let msg = QueryMsg::Price { denom: "x".into() };
    let answer: Result<PriceResponse, _> = rig.app.wrap().query_wasm_smart(&rig.oracle, &msg);
    assert!(answer
        .unwrap_err()
        .to_string()
        .contains(&OracleError::NoPrice("x".into()).to_string()));
}

#[test]
fn mig_1_the_same_version_changes_nothing_and_the_owner_moves_in_two_steps() {
    let mut rig = Rig::new();
    let (owner, oracle, next) = (rig.owner.clone(), rig.oracle.clone(), rig.feeder(3));
    rig.app
        .migrate_contract(owner.clone(), oracle, &MigrateMsg {}, 1)
        .unwrap();
    rig.run(
        &owner,
        &ExecuteMsg::ProposeOwner {
            owner: Some(next.to_string()),
        },
    )
    .unwrap();
    rig.run(&next, &ExecuteMsg::AcceptOwner {}).unwrap();
    fails(
        rig.run(&owner, &ExecuteMsg::SetGuardian { guardian: None }),
        "may not do this",
    );
}
