//! What governance may not start or change: the rows INS, BSK, PRM and GOV of docs/BAD_INPUTS.md.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{coin, DenomMetadata, DenomUnit, Uint128};
use wicker_msgs::cdp::{
    AssetSettings, BasketSettings, ExecuteMsg, GovernMsg, GuardMsg, ParameterChange, QueryMsg,
    Target,
};
use wicker_tests::rig::{addr, Rig};
use wicker_tests::settings::{asset, basket, dec, member};
use wicker_tests::verbs::{close, deposit};

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;
const BASKET: Target = Target::Basket { basket: 1 };

/// Opening a basket with one thing spoiled must be refused with `why`.
fn spoiled(rig: &mut Rig, spoil: impl FnOnce(&mut BasketSettings), why: &str) {
    let mut settings = basket(&rig.debt, &["btc", "eth"]);
    spoil(&mut settings);
    let owner = rig.owner.clone();
    let msg = ExecuteMsg::Govern(GovernMsg::CreateBasket(Box::new(settings)));
    rig.refused(&owner, &msg, &[], why);
}

#[test]
fn ins_2_a_debt_that_is_a_collateral_is_refused() {
    let mut rig = Rig::new();
    spoiled(
        &mut rig,
        |basket| basket.debt = "btc".into(),
        "btc is not a debt token",
    );
    spoiled(
        &mut rig,
        |basket| basket.debt = "doge".into(),
        "doge is not listed",
    );
    let debt = rig.debt.clone();
    let msg = ExecuteMsg::Govern(GovernMsg::ListAsset(asset(&debt, 6, "1")));
    let owner = rig.owner.clone();
    rig.refused(&owner, &msg, &[], "is listed already");
}

#[test]
fn bsk_7_a_debt_token_is_no_collateral_of_any_basket() {
    let mut rig = Rig::new();
    let debt = rig.debt.clone();
    let why = format!("{debt} is in the basket twice");
    spoiled(&mut rig, |basket| basket.members.push(member(&debt)), &why);
}

#[test]
fn ins_6_coins_from_before_are_nobodys_and_a_denom_is_made_once() {
    let mut rig = Rig::bare();
    let (cdp, owner) = (rig.cdp.clone(), rig.owner.clone());
    rig.give(&cdp, 1_000, "btc");
    let create = GovernMsg::CreateDenom {
        subdenom: "usdw".into(),
        decimals: 6,
        ceiling: 5u128.into(),
    };
    let why = "is listed already";
    rig.refused(&owner, &ExecuteMsg::Govern(create), &[], why);
    rig.list("btc", 8, "50000");
    rig.create(basket(&rig.debt, &["btc"])).unwrap();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(7, "btc")]);
    rig.run(&ann, &close(id), &[]).unwrap();
    assert_eq!(rig.held(&ann, "btc"), 7);
    assert_eq!(rig.held(&cdp, "btc"), 1_000);
    rig.sound();
}

#[test]
fn bsk_1_no_collateral_is_no_basket() {
    let mut rig = Rig::new();
    spoiled(
        &mut rig,
        |basket| basket.members.clear(),
        "has 1 to 16 collaterals, not 0",
    );
}

#[test]
fn bsk_2_a_denom_twice_is_refused_and_case_tells_denoms_apart() {
    let mut rig = Rig::new();
    spoiled(
        &mut rig,
        |b| b.members.push(member("btc")),
        "btc is in the basket twice",
    );
    spoiled(
        &mut rig,
        |b| b.members.push(member("BTC")),
        "BTC is not listed",
    );
    rig.list("BTC", 8, "50000");
    rig.refresh();
    rig.create(basket(&rig.debt, &["btc", "BTC"])).unwrap();
}

#[test]
fn bsk_3_sixteen_collaterals_are_taken_and_seventeen_are_not() {
    let mut rig = Rig::new();
    let names: Vec<String> = (0..17).map(|at| format!("coin{at}")).collect();
    for name in &names {
        rig.list(name, 6, "1");
    }
    rig.refresh();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many: Vec<_> = names.iter().map(|name| member(name)).collect();
    spoiled(
        &mut rig,
        |b| b.members = many,
        "has 1 to 16 collaterals, not 17",
    );
    rig.create(basket(&rig.debt, &names[..16])).unwrap();
    let add = ExecuteMsg::Govern(GovernMsg::AddMember {
        basket: 2,
        member: Box::new(member("coin16")),
    });
    let owner = rig.owner.clone();
    rig.refused(&owner, &add, &[], "has 1 to 16 collaterals, not 17");
}

#[test]
fn bsk_4_a_price_that_is_missing_old_or_unexpected_is_refused() {
    let mut rig = Rig::new();
    let owner = rig.owner.clone();
    let list = |settings| ExecuteMsg::Govern(GovernMsg::ListAsset(settings));
    rig.refused(
        &owner,
        &list(asset("doge", 8, "1")),
        &[],
        "doge has no usable price",
    );
    rig.feed("doge", "0.1");
    for wrong in ["0.125001", "0.0833", "100"] {
        rig.refused(
            &owner,
            &list(asset("doge", 8, wrong)),
            &[],
            "100000000 doge with 8 decimals are worth",
        );
    }
    rig.pass(3_601);
    let old = list(asset("doge", 8, "0.1"));
    rig.refused(&owner, &old, &[], "doge has no usable price: price is");
    spoiled(&mut rig, |_| {}, "has no usable price: price is");
    rig.refresh();
    rig.run(&owner, &old, &[]).unwrap();
    rig.refused(&owner, &old, &[], "doge is listed already");
}

#[test]
fn ins_3_each_figure_outside_its_bounds_is_refused_by_name() {
    let mut rig = Rig::new();
    spoiled(
        &mut rig,
        |b| b.bonus_max = dec("0.26"),
        "bonus_max 260000000000000000 is outside",
    );
}

#[test]
fn bsk_5_margins_bonus_and_fee_must_fit_together() {
    let mut rig = Rig::new();
    spoiled(
        &mut rig,
        |b| b.call = dec("1.26"),
        "call must not exceed initial",
    );
    spoiled(
        &mut rig,
        |b| b.target = dec("1.1"),
        "call must not exceed target",
    );
    spoiled(
        &mut rig,
        |b| b.bonus_min = dec("0.09"),
        "bonus_min must not exceed bonus_max",
    );
    // 0.5 of jump floor and 0.31 of costs, at 1.25 times: nothing could be borrowed.
    let greedy = |b: &mut BasketSettings| {
        (b.bonus_max, b.liquidation_fee) = (dec("0.25"), dec("0.06"));
        b.members[0].risk.jump = dec("0.5");
    };
    spoiled(
        &mut rig,
        greedy,
        "the least margin of btc is 810000000000000000e-18",
    );
}

#[test]
fn bsk_6_names_and_ids() {
    let mut rig = Rig::new();
    spoiled(
        &mut rig,
        |b| b.name = String::new(),
        "a name has 1 to 64 characters, not 0",
    );
    spoiled(
        &mut rig,
        |b| b.name = "ß".repeat(65),
        "a name has 1 to 64 characters, not 65",
    );
    spoiled(
        &mut rig,
        |b| b.name = "x".repeat(10_240),
        "a name has 1 to 64 characters, not 10240",
    );
    // Ids are given, not chosen; those that were not given lead nowhere.
    let ann = addr("ann");
    rig.give(&ann, 5, "btc");
    for basket in [0, 2, u32::MAX] {
        let open = ExecuteMsg::Deposit {
            position: None,
            basket: Some(basket),
        };
        rig.refused(
            &ann,
            &open,
            &[coin(5, "btc")],
            &format!("there is no basket {basket}"),
        );
    }
}

#[test]
fn ins_3_more_than_eighteen_decimals_are_refused() {
    let mut rig = Rig::new();
    let owner = rig.owner.clone();
    rig.feed("odd", "1");
    let list = ExecuteMsg::Govern(GovernMsg::ListAsset(asset("odd", 19, "1")));
    let before = rig.digest();
    assert!(rig.run(&owner, &list, &[]).is_err());
    assert_eq!(rig.digest(), before);
}

/// What the bank says of a denom: its base unit, and the unit that people see.
fn described(rig: &mut Rig, denom: &str, shown: &str, exponent: u32) {
    let unit = |denom: &str, exponent| DenomUnit {
        denom: denom.into(),
        exponent,
        aliases: vec![],
    };
    let metadata = DenomMetadata {
        denom_units: vec![unit(denom, 0), unit("milli", 3), unit(shown, exponent)],
        base: denom.into(),
        display: shown.into(),
        ..DenomMetadata::default()
    };
    rig.chain
        .init_modules(|router, _, storage| {
            let bank = &router.bank.0;
            bank.set_denom_metadata(storage, denom.into(), metadata)
        })
        .unwrap();
}

#[test]
fn bsk_8_an_amount_that_is_not_worth_what_is_expected_shows_wrong_decimals() {
    let mut rig = Rig::new();
    let owner = rig.owner.clone();
    rig.feed("weth", "2000");
    // What an explorer shows of somebody's 3 tokens of 18 decimals.
    let listing = |decimals| {
        ExecuteMsg::Govern(GovernMsg::ListAsset(AssetSettings {
            reference_amount: Uint128::new(3_000_000_000_000_000_000),
            reference_value: dec("6000"),
            ..asset("weth", decimals, "2000")
        }))
    };
    for (decimals, worth) in [(6, "6000000000000000"), (17, "60000")] {
        let why = format!("with {decimals} decimals are worth {worth}000000000000000000e-18");
        rig.refused(&owner, &listing(decimals), &[], &why);
    }
    rig.run(&owner, &listing(18), &[]).unwrap();
    // Nothing is worth nothing, whatever its decimals.
    rig.feed("void", "1");
    let nothing = AssetSettings {
        reference_amount: Uint128::zero(),
        reference_value: dec("0"),
        ..asset("void", 6, "1")
    };
    let nothing = ExecuteMsg::Govern(GovernMsg::ListAsset(nothing));
    rig.refused(&owner, &nothing, &[], "0 void with 6 decimals are worth 0");
}

#[test]
fn bsk_8_decimals_that_the_bank_contradicts_are_refused_and_unknown_ones_are_not() {
    let mut rig = Rig::new();
    let owner = rig.owner.clone();
    let list =
        |denom, decimals| ExecuteMsg::Govern(GovernMsg::ListAsset(asset(denom, decimals, "1")));
    for (denom, shown, exponent) in [("uone", "one", 6), ("utwo", "two", 18)] {
        rig.feed(denom, "1");
        described(&mut rig, denom, shown, exponent);
        let wrong = 24 - exponent;
        let why = format!("{denom} has {exponent} decimals by the bank's metadata, not {wrong}");
        rig.refused(&owner, &list(denom, wrong as u8), &[], &why);
        rig.run(&owner, &list(denom, exponent as u8), &[]).unwrap();
    }
    // A token module describes what it makes by the base unit alone, which says nothing.
    rig.feed("bare", "1");
    described(&mut rig, "bare", "bare", 0);
    rig.run(&owner, &list("bare", 8), &[]).unwrap();
    described(&mut rig, "gold", "ounce", 18);
    let adopt = ExecuteMsg::Govern(GovernMsg::AdoptDenom {
        denom: "gold".into(),
        decimals: 6,
        ceiling: Uint128::new(1),
    });
    rig.refused(
        &owner,
        &adopt,
        &[],
        "gold has 18 decimals by the bank's metadata, not 6",
    );
}

#[test]
fn bsk_9_strangers_and_the_guardian_open_no_basket() {
    let mut rig = Rig::new();
    let settings = basket(&rig.debt, &["btc"]);
    let msg = ExecuteMsg::Govern(GovernMsg::CreateBasket(Box::new(settings)));
    for sender in [addr("ann"), rig.guardian.clone(), rig.cdp.clone()] {
        rig.refused(&sender, &msg, &[], "is not the owner");
    }
}

#[test]
fn bsk_10_winding_down_leaves_the_exit_open() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.give(&ann, 5, "btc");
    let stop = GovernMsg::WindDown {
        basket: 1,
        denom: "btc".into(),
        stop: true,
    };
    rig.govern(stop).unwrap();
    rig.refused(&ann, &deposit(id), &[coin(5, "btc")], "takes no deposits");
    rig.run(&ann, &close(id), &[]).unwrap();
    assert_eq!(rig.held(&ann, "btc"), BTC + 5);
}

#[test]
fn bsk_11_a_listed_denom_keeps_its_decimals() {
    let mut rig = Rig::new();
    let owner = rig.owner.clone();
    let relist = ExecuteMsg::Govern(GovernMsg::ListAsset(asset("btc", 18, "50000")));
    rig.refused(&owner, &relist, &[], "btc is listed already");
    let again = ExecuteMsg::Govern(GovernMsg::AddMember {
        basket: 1,
        member: Box::new(member("btc")),
    });
    rig.refused(&owner, &again, &[], "btc is in the basket twice");
}

#[test]
fn bsk_12_a_cap_under_what_is_used_stops_growth_only() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    let member = Target::Member {
        basket: 1,
        denom: "btc".into(),
    };
    rig.change(member, "supply_cap", "10").unwrap();
    rig.change(BASKET, "debt_ceiling", "10").unwrap();
    rig.give(&ann, 5, "btc");
    rig.refused(&ann, &deposit(id), &[coin(5, "btc")], "its cap is 10");
    assert!(rig
        .borrow(&ann, id, 1)
        .unwrap_err()
        .contains("its ceiling is 10"));
    rig.withdraw(&ann, id, 5, "btc").unwrap();
    rig.repay(&ann, id, 1_000 * USD).unwrap();
    rig.sound();
}

#[test]
fn prm_3_fees_outside_their_bounds_are_refused_and_the_smallest_is_taken() {
    let mut rig = Rig::new();
    spoiled(
        &mut rig,
        |b| b.stability_fee = dec("1.000000000000000001"),
        "stability_fee 1",
    );
    let mut tiny = basket(&rig.debt, &["btc"]);
    tiny.stability_fee = dec("0.000000000000000001");
    rig.create(tiny).unwrap();
    let mut most = basket(&rig.debt, &["btc"]);
    most.stability_fee = dec("1");
    rig.create(most).unwrap();
    let ann = addr("ann");
    let ids = [2, 3].map(|basket| rig.open(&ann, basket, &[(BTC, "btc")]));
    for id in ids {
        rig.borrow(&ann, id, 1_000 * USD).unwrap();
    }
    rig.pass(10 * 31_557_600);
    // e^(1e-17) and e^10: 22,026.4657... times, from tables; compounding each second loses 1.6e-7 of it.
    assert_eq!(rig.position(ids[0]).debt.u128(), 1_000 * USD + 1);
    let grown = rig.position(ids[1]).debt.u128() / USD;
    assert!((22_026_400..=22_026_466).contains(&grown), "{grown}");
}

#[test]
fn prm_1_a_tighter_margin_reaches_open_positions_over_a_day() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 28_000 * USD).unwrap();
    rig.refresh();
    let before = rig.health(id).maintenance;
    rig.change(BASKET, "multiplier", "50").unwrap();
    // The same second nothing is asked of who borrowed already, and everything of who wants to.
    assert_eq!(rig.health(id).maintenance, before);
    assert_eq!(rig.max_borrow(id), 0);
    let mut last = before;
    for _ in 0..4 {
        rig.live(21_600);
        let now = rig.health(id).maintenance;
        assert!(now > last, "{now} {last}");
        last = now;
    }
    rig.live(3_600);
    let end = rig.health(id).maintenance;
    // What volatility asks for is 50/22.05 of what it was, costs of 9 % of the debt stay; σ is calmer by at most 7 % of itself.
    let ratio = (end - dec("2520")) / (before - dec("2520"));
    assert!(ratio > dec("2.1") && ratio < dec("2.27"), "{ratio}");
    rig.sound();
}

#[test]
fn prm_2_interest_of_the_past_keeps_its_fee_however_often_it_changes() {
    let owed = |touched: bool| {
        let mut rig = Rig::with(|basket| basket.stability_fee = dec("0.1"));
        let ann = addr("ann");
        let id = rig.open(&ann, 1, &[(10 * BTC, "btc")]);
        rig.borrow(&ann, id, 10_000 * USD).unwrap();
        rig.live(31_557_600);
        if touched {
            let msg = ExecuteMsg::Recalibrate { basket: 1 };
            rig.run(&ann, &msg, &[]).unwrap();
            rig.borrow(&ann, id, USD).unwrap();
            rig.repay(&ann, id, USD).unwrap();
        }
        rig.change(BASKET, "stability_fee", "0.05").unwrap();
        rig.change(BASKET, "stability_fee", "0.02").unwrap();
        let now = rig.position(id).debt.u128();
        rig.live(31_557_600);
        rig.sound();
        (now, rig.position(id).debt.u128())
    };
    let (year, two) = owed(false);
    // 10,000·e^0.1 and then ·e^0.02, less what compounding each second falls short.
    assert_eq!((year / 10_000, two / 10_000), (1_105_170, 1_127_496));
    let touched = owed(true);
    assert!(touched.0.abs_diff(year) <= 1 && touched.1.abs_diff(two) <= 2);
}

#[test]
fn prm_4_one_change_leaves_every_other_figure_as_it_was() {
    let mut rig = Rig::new();
    let settings = |rig: &Rig| -> BasketSettings {
        let basket: wicker_msgs::cdp::BasketResponse = rig.ask(&QueryMsg::Basket { basket: 1 });
        basket.settings
    };
    let mut expected = settings(&rig);
    rig.change(BASKET, "debt_ceiling", "77").unwrap();
    expected.debt_ceiling = 77u128.into();
    assert_eq!(settings(&rig), expected);
    let digest = rig.digest();
    rig.change(BASKET, "debt_ceiling", "77").unwrap();
    assert_eq!(rig.digest(), digest);
    let owner = rig.owner.clone();
    let none = ExecuteMsg::Govern(GovernMsg::Change { changes: vec![] });
    rig.refused(&owner, &none, &[], "a list has 1 to 32 entries, not 0");
}

#[test]
fn prm_6_denoms_and_decimals_are_no_parameters() {
    let mut rig = Rig::new();
    for name in ["debt", "decimals", "denom", "owner", ""] {
        let error = rig.change(BASKET, name, "1").unwrap_err();
        assert!(error.contains("there is no parameter"), "{error}");
    }
}

#[test]
fn prm_8_nothing_that_stops_repaying_can_be_said() {
    let stop = |name: &str| format!("{{\"guard\":{{\"{name}\":{{\"basket\":1,\"until\":9}}}}}}");
    let parse = |text: String| cosmwasm_std::from_json::<ExecuteMsg>(text);
    assert!(parse(stop("pause_borrow")).is_ok());
    for name in ["pause_repay", "pause_liquidate", "pause_deposit", "pause"] {
        assert!(parse(stop(name)).is_err(), "{name}");
    }
}

#[test]
fn gov_1_a_change_decided_on_other_facts_too_early_or_twice_is_refused() {
    let mut rig = Rig::new();
    let owner = rig.owner.clone();
    let change = |expected: &str| GovernMsg::Change {
        changes: vec![ParameterChange {
            target: BASKET,
            name: "stress".into(),
            value: dec("0.2"),
            expected: Some(dec(expected)),
        }],
    };
    let stale = ExecuteMsg::Govern(change("0.3"));
    rig.refused(&owner, &stale, &[], "stress is 0.25, not 0.3");
    rig.govern(change("0.25")).unwrap();
    let apply = ExecuteMsg::Apply { id: rig.waiting() };
    rig.refused(&owner, &apply, &[], "the change can be applied at");
    rig.live(86_400);
    rig.run(&owner, &apply, &[]).unwrap();
    rig.refused(&owner, &apply, &[], "there is no change");
    // One queued on facts that no longer hold when it is due.
    rig.change(BASKET, "stress", "0.16").unwrap();
    let apply = ExecuteMsg::Apply { id: rig.waiting() };
    rig.change(BASKET, "stress", "0.5").unwrap();
    rig.live(86_400);
    rig.refused(&owner, &apply, &[], "stress may loosen by at most");
}

#[test]
fn gov_2_the_guardian_cannot_loosen() {
    let mut rig = Rig::new();
    let (guardian, now) = (rig.guardian.clone(), rig.now());
    let pause = |until| ExecuteMsg::Guard(GuardMsg::PauseBorrow { basket: 1, until });
    rig.refused(&guardian, &pause(now), &[], "must not be weaker");
    rig.refused(
        &guardian,
        &pause(now + 30 * 86_400 + 1),
        &[],
        "must not be weaker",
    );
    rig.run(&guardian, &pause(now + 500), &[]).unwrap();
    rig.refused(&guardian, &pause(now + 499), &[], "must not be weaker");
    let lift = ExecuteMsg::Guard(GuardMsg::Lift { basket: 1 });
    rig.refused(&guardian, &lift, &[], "is not the owner");
    let raise = ExecuteMsg::Guard(GuardMsg::LowerCeiling {
        basket: 1,
        ceiling: 1_000_000_000_000_001u128.into(),
        until: now + 500,
    });
    rig.refused(&guardian, &raise, &[], "its ceiling is 1000000000000000");
    let stranger = addr("ann");
    rig.refused(
        &stranger,
        &pause(now + 600),
        &[],
        "is not the guardian or the owner",
    );
}

#[test]
fn qry_3_long_lists_are_refused() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let call = |length: u64| ExecuteMsg::Call {
        positions: (1..=length).collect(),
    };
    for length in [0, 33, 10_000] {
        let why = format!("a list has 1 to 32 entries, not {length}");
        rig.refused(&ann, &call(length), &[], &why);
    }
    rig.run(&ann, &call(32), &[]).unwrap();
    let funds: Vec<_> = (0..10_000).map(|at| coin(1, format!("coin{at}"))).collect();
    let preview = QueryMsg::PreviewAdjust {
        position: None,
        basket: Some(1),
        funds,
        withdraw: vec![],
        borrow: None,
    };
    let refused = rig.try_ask::<wicker_msgs::cdp::PreviewAdjustResponse>(&preview);
    assert!(refused.unwrap_err().contains("coin0 is not listed"));
}
