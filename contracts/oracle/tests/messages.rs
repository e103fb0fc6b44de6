//! Every message with what is wrong about it: a typed error, and nothing that is stored changes (the rig compares the whole state).

#![allow(clippy::unwrap_used)] // The rig's verbs are test code too; clippy sees that only inside test functions.

mod rig;

use cosmwasm_std::{coin, Addr, Coin, Decimal256, Empty};
use cw_multi_test::{App, ContractWrapper, Executor};
use rig::{fails, outcomes, Rig};
use wicker_math::Status;
use wicker_msgs::oracle::*;
use wicker_oracle::contract;

fn listed() -> Rig {
    let mut rig = Rig::new();
    rig.relay("atom", 1, 1, "10");
    rig.report(0, &[("atom", "10")]).unwrap();
    rig
}

fn fixed(price: &str) -> Source {
    Source::Fixed {
        price: price.into(),
    }
}

fn reference(price: &str) -> Reference {
    Reference {
        price: price.into(),
        band: Decimal256::percent(20),
    }
}

/// One of every message, each as its rightful sender would send it.
fn all(rig: &Rig) -> Vec<ExecuteMsg> {
    let denom = || "atom".to_string();
    let messages = vec![
        ExecuteMsg::Refresh {
            denoms: vec![denom()],
        },
        ExecuteMsg::Report {
            prices: vec![ReportedPrice {
                denom: denom(),
                price: "10".into(),
                publish_time: rig.now(),
                confidence: None,
            }],
        },
        ExecuteMsg::SetSource {
            denom: denom(),
            source: fixed("10"),
            guards: None,
            reference: reference("10"),
        },
        ExecuteMsg::RemoveSource { denom: denom() },
        ExecuteMsg::Freeze {
            denom: denom(),
            seconds: 1,
        },
        ExecuteMsg::Unfreeze { denom: denom() },
        ExecuteMsg::SetGuardian { guardian: None },
        ExecuteMsg::ProposeOwner { owner: None },
        ExecuteMsg::AcceptOwner {},
    ];
    // A new message does not compile until it stands here and in the list above.
    for message in &messages {
        match message {
            ExecuteMsg::Refresh { .. }
            | ExecuteMsg::Report { .. }
            | ExecuteMsg::SetSource { .. }
            | ExecuteMsg::RemoveSource { .. }
            | ExecuteMsg::Freeze { .. }
            | ExecuteMsg::Unfreeze { .. }
            | ExecuteMsg::SetGuardian { .. }
            | ExecuteMsg::ProposeOwner { .. }
            | ExecuteMsg::AcceptOwner {} => {}
        }
    }
    messages
}

#[test]
fn v12_only_refresh_and_a_feeders_report_are_open_to_others() {
    let mut rig = listed();
    for message in all(&rig) {
        let stranger = rig.feeder(7);
        match message {
            ExecuteMsg::Refresh { .. } => {
                rig.run(&stranger, &message).unwrap();
            }
            ExecuteMsg::Freeze { .. } => {
                fails(rig.run(&stranger, &message), "may not do this");
                let feeder = rig.feeder(0);
                fails(rig.run(&feeder, &message), "may not do this");
            }
            _ => {
                for sender in [stranger, rig.guardian.clone()] {
                    fails(rig.run(&sender, &message), "may not do this");
                }
            }
        }
    }
}

#[test]
fn x_1_coins_are_refused_on_every_message() {
    let mut rig = listed();
    let (owner, oracle) = (rig.owner.clone(), rig.oracle.clone());
    let feeder = rig.feeder(0);
    for one in [&owner, &feeder] {
        rig.app.init_modules(|router, _, storage| {
            router
                .bank
                .init_balance(storage, one, vec![coin(99, "x")])
                .unwrap()
        });
    }
    let before = rig.app.dump_wasm_raw(&oracle);
    for message in all(&rig) {
        for sender in [&owner, &feeder] {
            let result =
                rig.app
                    .execute_contract(sender.clone(), oracle.clone(), &message, &[coin(1, "x")]);
            let error = format!("{:?}", result.unwrap_err());
            assert!(error.contains("takes no coins, 1 were sent"), "{error}");
        }
    }
    assert_eq!(rig.app.dump_wasm_raw(&oracle), before);
}

/// A chain with the contract's code, and an owner with nine coins.
fn fresh() -> (App, u64, Addr) {
    let mut app = App::default();
    let code = ContractWrapper::new(contract::execute, contract::instantiate, contract::query);
    let code = app.store_code(Box::new(code));
    let owner = app.api().addr_make("owner");
    app.init_modules(|router, _, storage| {
        router
            .bank
            .init_balance(storage, &owner, vec![coin(9, "x")])
            .unwrap()
    });
    (app, code, owner)
}

fn start(
    (app, code, sender): &mut (App, u64, Addr),
    owner: &str,
    guardian: Option<&str>,
    coins: &[Coin],
) -> Result<Addr, String> {
    let msg = InstantiateMsg {
        owner: owner.into(),
        guardian: guardian.map(String::from),
    };
    app.instantiate_contract(*code, sender.clone(), &msg, coins, "oracle", None)
        .map_err(|error| format!("{error:?}"))
}

#[test]
fn ins_1_owner_and_guardian_are_addresses_of_this_chain() {
    let mut chain = fresh();
    let name = chain.2.to_string();
    for bad in [
        "",
        &name.to_uppercase(),
        "owner",
        "osmo1qyqszqgpqyqszqgpqyqszqgpqyqszqgpjnp7du",
        &name[..name.len() - 1],
    ] {
        assert!(start(&mut chain, bad, None, &[]).is_err(), "{bad}");
        assert!(start(&mut chain, &name, Some(bad), &[]).is_err(), "{bad}");
    }
    let oracle = start(&mut chain, &name, Some(&name), &[]).unwrap();
    let config: ConfigResponse = chain
        .0
        .wrap()
        .query_wasm_smart(&oracle, &QueryMsg::Config {})
        .unwrap();
    assert_eq!(
        (&config.owner, config.guardian.as_ref()),
        (&name, Some(&name))
    );
    assert_eq!(config.proposed_owner, None);
}

#[test]
fn ins_4_no_coins_come_along() {
    let mut chain = fresh();
    let name = chain.2.to_string();
    let refused = start(&mut chain, &name, None, &[coin(1, "x")]).unwrap_err();
    assert!(refused.contains("takes no coins, 1 were sent"), "{refused}");
    start(&mut chain, &name, None, &[]).unwrap();
}

#[test]
fn prc_7_lists_that_are_empty_long_repeated_or_unknown() {
    let mut rig = listed();
    let refresh = |rig: &mut Rig, denoms: &[&str]| {
        let denoms = denoms.iter().map(|denom| denom.to_string()).collect();
        let anyone = rig.feeder(9);
        rig.run(&anyone, &ExecuteMsg::Refresh { denoms })
    };
    fails(refresh(&mut rig, &[]), "list of 0 entries");
    fails(refresh(&mut rig, &["atom"; 33]), "list of 33 entries");
    fails(
        refresh(&mut rig, &["atom"; 10_000]),
        "list of 10000 entries",
    );
    fails(refresh(&mut rig, &["atom", "atom"]), "atom is named twice");
    fails(
        refresh(&mut rig, &["atom", "b", "atom"]),
        "atom is named twice",
    );
    fails(refresh(&mut rig, &["atom", "ATOM"]), "ATOM has no source");
    fails(refresh(&mut rig, &["atom", ""]), " has no source");
    let names: Vec<_> = (0..32).map(|index| format!("d{index}")).collect();
    for name in &names {
        rig.list(name, fixed("1"), "1").unwrap();
    }
    rig.wait(5);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(
        outcomes(&refresh(&mut rig, &names).unwrap()),
        ["accepted"; 32]
    );
    fails(rig.report(0, &[]), "list of 0 entries");
    fails(rig.report(0, &[("atom", "1"); 33]), "list of 33 entries");
    fails(
        rig.report(0, &[("atom", "1"), ("atom", "1")]),
        "atom is named twice",
    );
    fails(
        rig.report(0, &[("atom", "1"), ("luna", "1")]),
        "luna has no source",
    );
    fails(
        rig.report(0, &[("atom", "1"), ("d0", "1")]),
        "d0 takes no reports",
    );
}

#[test]
fn prc_2_a_report_whose_texts_are_no_plain_decimals_is_rejected_and_named() {
    let mut rig = listed();
    rig.wait(60);
    let feeder = rig.feeder(0);
    for (price, confidence) in [
        ("", None),
        ("0", None),
        ("-10", None),
        ("1e1", None),
        ("NaN", None),
        ("10,5", None),
        (" 10", None),
        (
            "999999999999999999999999999999999999999999999999999999999999",
            None,
        ),
        ("10", Some("")),
        ("10", Some("-1")),
        ("10", Some("1e-1")),
        ("10", Some("1.1")),
    ] {
        let prices = vec![ReportedPrice {
            denom: "atom".into(),
            price: price.into(),
            publish_time: rig.now(),
            confidence: confidence.map(String::from),
        }];
        let response = rig.run(&feeder, &ExecuteMsg::Report { prices }).unwrap();
        assert_eq!(outcomes(&response), ["rejected"], "{price} {confidence:?}");
        assert_eq!(rig::attributes(&response, "reason").len(), 1);
        assert_eq!(rig.price("atom"), "10");
        assert_eq!(rig.point("atom").status, Status::OK);
    }
    let prices = vec![ReportedPrice {
        denom: "atom".into(),
        price: "10.1".into(),
        publish_time: rig.now(),
        confidence: Some("0.000000000000000001".into()),
    }];
    let response = rig.run(&feeder, &ExecuteMsg::Report { prices }).unwrap();
    assert_eq!(outcomes(&response), ["accepted"]);
    assert_eq!(rig.quoted("atom").confidence, "0.000000000000000001");
}

#[test]
fn set_source_refuses_each_number_outside_its_bounds_and_takes_those_at_them() {
    type Change = fn(&mut Guards, u64);
    // Field, how to set it, least, most.
    let times: [(&str, Change, u64, u64); 5] = [
        ("max_age", |one, value| one.max_age = value, 1, 172_800),
        ("max_future", |one, value| one.max_future = value, 0, 29),
        (
            "step_interval",
            |one, value| one.step_interval = value,
            11,
            60,
        ),
        ("window", |one, value| one.window = value, 60, 86_400),
        (
            "window_interval",
            |one, value| one.window_interval = value,
            30,
            3_600,
        ),
    ];
    let mut rig = Rig::new();
    let mut with = |change: &dyn Fn(&mut Guards)| {
        let mut guards = Guards::default();
        change(&mut guards);
        rig.wait(1);
        rig.list_with("usd", fixed("1"), "1", guards)
    };
    for (name, set, least, most) in times {
        for value in [least, least + 1, most - 1, most] {
            assert!(with(&|one| set(one, value)).is_ok(), "{name} {value}");
        }
        for value in [least.checked_sub(1), most.checked_add(1), Some(u64::MAX)] {
            let Some(value) = value else { continue };
            fails(with(&|one| set(one, value)), " is outside ");
        }
    }
    // Further than the defaults of the other fields allow: each bound of its own.
    assert!(
        with(&|one| (one.max_future, one.step_interval, one.window_interval) = (60, 61, 61))
            .is_ok()
    );
    let refused =
        with(&|one| (one.max_future, one.step_interval, one.window_interval) = (61, 62, 62));
    fails(refused, "max_future 61");
    assert!(with(&|one| (one.step_interval, one.window_interval) = (3_600, 3_600)).is_ok());
    let refused = with(&|one| (one.step_interval, one.window_interval) = (3_601, 3_601));
    fails(refused, "step_interval 3601");

    let unit = || Decimal256::new(1u128.into());
    type Share = fn(&mut Guards, Decimal256);
    let shares: [(&str, Share, Decimal256, Decimal256); 3] = [
        (
            "max_confidence",
            |one, value| one.max_confidence = value,
            unit(),
            Decimal256::percent(20),
        ),
        (
            "max_step",
            |one, value| one.max_step = value,
            unit(),
            Decimal256::percent(25),
        ),
        (
            "window_limit",
            |one, value| one.window_limit = value,
            Decimal256::percent(10),
            Decimal256::one(),
        ),
    ];
    for (name, set, least, most) in shares {
        for value in [least, most] {
            assert!(with(&|one| set(one, value)).is_ok(), "{name} {value}");
        }
        for value in [
            Decimal256::zero(),
            least - unit(),
            most + unit(),
            Decimal256::MAX,
        ] {
            fails(with(&|one| set(one, value)), " is outside ");
        }
    }
    let half = Decimal256::percent(50);
    assert!(with(&|one| (one.max_step, one.window_limit) = (half, half)).is_ok());
    let more = half + unit();
    fails(
        with(&|one| (one.max_step, one.window_limit) = (more, more)),
        "max_step 0.5",
    );
}

#[test]
fn set_source_refuses_sources_that_make_no_sense() {
    let mut rig = listed();
    fails(rig.list("", fixed("1"), "1"), "denom length 0");
    let long = "d".repeat(129);
    fails(rig.list(&long, fixed("1"), "1"), "denom length 129");
    rig.list(&long[1..], fixed("1"), "1").unwrap();
    for price in ["", "0", "-1", "1e3", "0.0000000000001", "1000000001"] {
        assert!(rig.list("usd", fixed(price), "1").is_err(), "{price}");
        assert!(rig.list("usd", fixed("1"), price).is_err(), "{price}");
    }
    let feeders = |rig: &Rig, count: usize| {
        (0..count)
            .map(|one| rig.feeder(one).to_string())
            .collect::<Vec<_>>()
    };
    let relayed = |feeders: Vec<String>, quorum, spread| Source::Relayed {
        feeders,
        quorum,
        max_spread: Decimal256::percent(spread),
    };
    let (two, sixteen) = (feeders(&rig, 2), feeders(&rig, 16));
    let mut refused = |source: Source, with: &str| fails(rig.list("osmo", source, "1"), with);
    refused(relayed(vec![], 1, 5), "list of 0 entries");
    refused(
        relayed([&sixteen[..], &two[..1]].concat(), 1, 5),
        "list of 17 entries",
    );
    refused(
        relayed([&two[..], &two[..1]].concat(), 1, 5),
        "is named twice",
    );
    refused(relayed(vec!["nobody".into()], 1, 5), "");
    refused(relayed(two.clone(), 0, 5), "quorum 0");
    refused(relayed(two.clone(), 3, 5), "quorum 3");
    refused(relayed(two.clone(), 2, 0), "max_spread 0");
    refused(relayed(two.clone(), 2, 21), "max_spread 0.21");
    let composite = |legs: &[&str], rule: Rule| Source::Composite {
        legs: legs.iter().map(|leg| leg.to_string()).collect(),
        rule,
    };
    let median = |quorum, spread| Rule::Median {
        quorum,
        max_spread: Decimal256::percent(spread),
    };
    refused(composite(&[], Rule::Product {}), "list of 0 entries");
    refused(composite(&["atom"], Rule::Product {}), "list of 1 entries");
    refused(
        composite(&["atom"; 17], Rule::Product {}),
        "list of 17 entries",
    );
    refused(
        composite(&["atom", "atom"], Rule::Minimum {}),
        "atom is named twice",
    );
    refused(
        composite(&["atom", "luna"], Rule::Minimum {}),
        "luna has no source",
    );
    refused(
        composite(&["atom", "osmo"], Rule::Minimum {}),
        "osmo has no source",
    );
    let other = &"d".repeat(128);
    refused(composite(&["atom", other], median(0, 5)), "quorum 0");
    refused(composite(&["atom", other], median(3, 5)), "quorum 3");
    refused(composite(&["atom", other], median(2, 0)), "max_spread 0");
    refused(
        composite(&["atom", other], median(2, 21)),
        "max_spread 0.21",
    );
    rig.list("osmo", relayed(sixteen, 16, 20), "1").unwrap();
}

#[test]
fn sources_build_on_each_other_four_levels_deep_and_in_no_circle() {
    let mut rig = Rig::new();
    let on = |below: &str| Source::Composite {
        legs: vec![below.into(), "one".into()],
        rule: Rule::Product {},
    };
    rig.list("one", fixed("1"), "1").unwrap();
    rig.list("l0", fixed("1"), "1").unwrap();
    for level in 1..=4 {
        let source = on(&format!("l{}", level - 1));
        rig.list(&format!("l{level}"), source, "1").unwrap();
    }
    fails(rig.list("l5", on("l4"), "1"), "deeper than 4");
    fails(rig.list("l0", on("l1"), "1"), "builds on itself");
    fails(rig.list("l0", on("l4"), "1"), "builds on itself");
    fails(rig.list("one", on("l4"), "1"), "");
    let owner = rig.owner.clone();
    let remove = |denom: &str| ExecuteMsg::RemoveSource {
        denom: denom.into(),
    };
    fails(rig.run(&owner, &remove("l1")), "l2 builds on l1");
    fails(rig.run(&owner, &remove("one")), "builds on one");
    rig.run(&owner, &remove("l4")).unwrap();
    rig.run(&owner, &remove("l3")).unwrap();
    fails(rig.run(&owner, &remove("l3")), "l3 has no source");
    assert!(rig.point("l3").status.has(Status::DEGRADED));
    assert_eq!(rig.price("l3"), "1");
}

#[test]
fn a_freeze_is_bounded_never_renewed_and_ended_once() {
    let mut rig = listed();
    let (owner, guardian) = (rig.owner.clone(), rig.guardian.clone());
    let freeze = |denom: &str, seconds| ExecuteMsg::Freeze {
        denom: denom.into(),
        seconds,
    };
    let unfreeze = ExecuteMsg::Unfreeze {
        denom: "atom".into(),
    };
    fails(rig.run(&owner, &unfreeze), "atom is not frozen");
    for seconds in [0, MAX_FREEZE + 1, u64::MAX] {
        fails(
            rig.run(&guardian, &freeze("atom", seconds)),
            "is outside 1 to 43200",
        );
    }
    fails(rig.run(&guardian, &freeze("luna", 1)), "luna has no source");
    rig.run(&guardian, &freeze("atom", MAX_FREEZE)).unwrap();
    let until = rig.quoted("atom").frozen_until.unwrap();
    assert_eq!(until, rig.now() + MAX_FREEZE);
    for who in [&owner, &guardian] {
        fails(rig.run(who, &freeze("atom", MAX_FREEZE)), "frozen until");
    }
    assert_eq!(rig.quoted("atom").frozen_until, Some(until));
    rig.wait(60);
    assert_eq!(rig.refresh(&["atom"]), ["rejected"]);
    fails(rig.list("atom", fixed("10"), "10"), "frozen until");
    fails(rig.run(&guardian, &unfreeze), "may not do this");
    rig.run(&owner, &unfreeze).unwrap();
    fails(rig.run(&owner, &unfreeze), "atom is not frozen");
    assert_eq!(rig.point("atom").status, Status::OK);
    assert_eq!(rig.quoted("atom").frozen_until, None);
}

#[test]
fn prm_7_ownership_is_offered_taken_back_and_taken_once() {
    let mut rig = listed();
    let (owner, next, other) = (rig.owner.clone(), rig.feeder(1), rig.feeder(2));
    let offer = |to: Option<String>| ExecuteMsg::ProposeOwner { owner: to };
    for bad in [String::new(), "x".into(), next.to_string().to_uppercase()] {
        assert!(rig.run(&owner, &offer(Some(bad.clone()))).is_err());
        let guardian = Some(bad);
        assert!(rig
            .run(&owner, &ExecuteMsg::SetGuardian { guardian })
            .is_err());
    }
    fails(
        rig.run(&next, &ExecuteMsg::AcceptOwner {}),
        "may not do this",
    );
    rig.run(&owner, &offer(Some(next.to_string()))).unwrap();
    let config: ConfigResponse = rig.ask(&QueryMsg::Config {}).unwrap();
    assert_eq!(
        (config.owner, config.proposed_owner),
        (owner.to_string(), Some(next.to_string()))
    );
    for wrong in [&other, &owner] {
        fails(
            rig.run(wrong, &ExecuteMsg::AcceptOwner {}),
            "may not do this",
        );
    }
    rig.run(&owner, &offer(None)).unwrap();
    fails(
        rig.run(&next, &ExecuteMsg::AcceptOwner {}),
        "may not do this",
    );
    rig.run(&owner, &offer(Some(other.to_string()))).unwrap();
    rig.run(&owner, &offer(Some(next.to_string()))).unwrap();
    fails(
        rig.run(&other, &ExecuteMsg::AcceptOwner {}),
        "may not do this",
    );
    rig.run(&next, &ExecuteMsg::AcceptOwner {}).unwrap();
    fails(
        rig.run(&next, &ExecuteMsg::AcceptOwner {}),
        "may not do this",
    );
    fails(rig.run(&owner, &offer(None)), "may not do this");
    let guardian = Some(other.to_string());
    rig.run(&next, &ExecuteMsg::SetGuardian { guardian })
        .unwrap();
    let freeze = ExecuteMsg::Freeze {
        denom: "atom".into(),
        seconds: 1,
    };
    fails(rig.run(&rig.guardian.clone(), &freeze), "may not do this");
    rig.run(&other, &freeze).unwrap();
}

#[test]
fn prm_5_another_source_must_agree_with_its_reference_and_starts_afresh() {
    let mut rig = Rig::new();
    rig.relay("atom", 3, 2, "10");
    for feeder in 0..3 {
        rig.report(feeder, &[("atom", "10")]).unwrap();
    }
    let reports = |rig: &Rig| {
        let denom = "atom".into();
        let answer: ReportsResponse = rig.ask(&QueryMsg::Reports { denom }).unwrap();
        answer.reports.len()
    };
    assert_eq!(reports(&rig), 3);
    rig.wait(60);
    fails(rig.list("atom", fixed("2000"), "10"), "from the reference");
    assert_eq!(reports(&rig), 3);
    // A price that agrees with its reference and not with what stood before waits like any large step.
    rig.list("atom", fixed("20"), "20").unwrap();
    assert_eq!((rig.price("atom").as_str(), reports(&rig)), ("10", 0));
    assert!(rig.point("atom").status.has(Status::PENDING));
    rig.wait(60);
    assert_eq!(rig.refresh(&["atom"]), ["accepted"]);
    assert_eq!(rig.price("atom"), "20");
}

#[test]
fn qry_1_and_i_31_pages_are_the_whole_once_each_for_every_limit() {
    let mut rig = Rig::new();
    let empty: PricesResponse = rig
        .ask(&QueryMsg::Prices {
            start_after: None,
            limit: None,
        })
        .unwrap();
    assert!(empty.prices.is_empty() && empty.next.is_none());
    let mut names = vec![];
    for index in 0..23 {
        let name = format!("denom{index:02}");
        match index % 3 {
            // Without a price yet: in the list of sources, not in that of prices.
            2 => rig.relay(&name, 1, 1, "1"),
            _ => {
                rig.list(&name, fixed("1"), "1").unwrap();
            }
        }
        names.push(name);
    }
    let priced = names.iter().enumerate().filter(|(index, _)| index % 3 != 2);
    let priced: Vec<_> = priced.map(|(_, name)| name.clone()).collect();
    for limit in [
        None,
        Some(0),
        Some(1),
        Some(7),
        Some(23),
        Some(24),
        Some(100),
        Some(u32::MAX),
    ] {
        let (mut sources, mut start_after) = (vec![], None);
        for _ in 0..50 {
            let page: SourcesResponse = rig.ask(&QueryMsg::Sources { start_after, limit }).unwrap();
            let size = limit.unwrap_or(10).clamp(1, 100) as usize;
            assert!(page.sources.len() <= size);
            let found: Vec<_> = page.sources.into_iter().map(|one| one.denom).collect();
            sources.extend(found.clone());
            start_after = found.last().cloned();
            if start_after.is_none() {
                break;
            }
        }
        assert_eq!(sources, names, "{limit:?}");
        let (mut prices, mut start_after) = (vec![], None);
        loop {
            let page: PricesResponse = rig.ask(&QueryMsg::Prices { start_after, limit }).unwrap();
            prices.extend(page.prices.into_iter().map(|one| one.denom));
            start_after = page.next;
            if start_after.is_none() {
                break;
            }
        }
        assert_eq!(prices, priced, "{limit:?}");
    }
    for (after, count) in [
        ("denom22", 0),
        ("zzz", 0),
        ("", 10),
        ("denom005", 10),
        ("\u{0}", 10),
    ] {
        let start_after = Some(after.to_string());
        let limit = None;
        let page: SourcesResponse = rig.ask(&QueryMsg::Sources { start_after, limit }).unwrap();
        assert_eq!(page.sources.len(), count, "{after}");
    }
}

#[test]
fn qry_2_what_is_unknown_is_an_error_and_not_a_default() {
    let rig = listed();
    let denom = || "luna".to_string();
    let price = rig.ask::<PriceResponse>(&QueryMsg::Price { denom: denom() });
    assert!(price.unwrap_err().to_string().contains("luna has no price"));
    let source = rig.ask::<SourceResponse>(&QueryMsg::Source { denom: denom() });
    assert!(source
        .unwrap_err()
        .to_string()
        .contains("luna has no source"));
    let reports: ReportsResponse = rig.ask(&QueryMsg::Reports { denom: denom() }).unwrap();
    assert!(reports.reports.is_empty());
    assert!(rig
        .app
        .wrap()
        .query_wasm_raw(&rig.oracle, point_key("luna"))
        .unwrap()
        .is_none());
    assert!(rig
        .app
        .wrap()
        .query_wasm_smart::<Empty>(&rig.oracle, &Empty {})
        .is_err());
}

#[test]
fn i_26_random_observations_never_turn_time_back_nor_leave_what_was_seen() {
    let mut rig = Rig::new();
    let (now, source) = (rig.now(), rig.adapter("atom"));
    rig.quote("atom", "10", now, None);
    rig.list("atom", source, "10").unwrap();
    let (mut low, mut high, mut last) = (10_000u64, 10_000, rig.point("atom"));
    let mut draw = 1u64;
    let mut moved = 0;
    for round in 0..1_000 {
        draw = draw * 48_271 % 2_147_483_647;
        rig.wait(draw % 40);
        let price = (high + low) / 2 + draw % 4_001 - 2_000.min(low / 2);
        draw = draw * 48_271 % 2_147_483_647;
        let time = rig.now() + 12 - draw % 50;
        let text = format!("{}.{:03}", price / 1_000, price % 1_000);
        rig.quote("atom", &text, time, None);
        rig.refresh(&["atom"]);
        (low, high) = (low.min(price), high.max(price));
        let point = rig.point("atom");
        assert!(point.publish_time >= last.publish_time, "round {round}");
        if point.price != last.price {
            moved += 1;
            assert!(point.publish_time > last.publish_time, "round {round}");
        }
        for price in [point.price, point.anchor] {
            let milli = price.raw() / 1_000_000_000_000_000_000_000;
            assert!(
                (u128::from(low)..=u128::from(high)).contains(&milli),
                "round {round}"
            );
        }
        last = point;
    }
    assert!(moved > 100, "{moved}");
}
