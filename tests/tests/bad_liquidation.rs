//! What a liquidator may try that they should not: the rows LIQ of docs/BAD_INPUTS.md, and the order of repaying and liquidating.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{coin, Addr};
use wicker_msgs::cdp::{ExecuteMsg, GovernMsg, Level};
use wicker_tests::rig::{addr, attribute, events, value, Rig};
use wicker_tests::verbs::{liquidate, liquidate_many};

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;

/// A position of ann's with 28,000 dollars of debt against a btc that has fallen, and bob with 100,000 to liquidate with.
fn fallen(price: &str) -> (Rig, Addr, Addr, u64) {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 28_000 * USD).unwrap();
    let whale = rig.open(&bob, 1, &[(100 * BTC, "btc")]);
    rig.borrow(&bob, whale, 100_000 * USD).unwrap();
    rig.price("btc", price);
    (rig, ann, bob, id)
}

fn wants(position: u64, least: &[(u128, &str)], deadline: Option<u64>) -> ExecuteMsg {
    ExecuteMsg::Liquidate {
        position,
        max_repay: None,
        min_received: least
            .iter()
            .map(|(amount, denom)| coin(*amount, *denom))
            .collect(),
        deadline,
        recipient: None,
    }
}

#[test]
fn liq_1_a_position_at_its_margin_is_left_alone_and_under_it_is_not() {
    let (mut rig, _, bob, id) = fallen("44000");
    let health = rig.health(id);
    assert_eq!(health.level, Level::Called);
    let coins = [coin(USD, &rig.debt)];
    rig.refused(
        &bob,
        &liquidate(id),
        &coins,
        "is not below the maintenance margin",
    );
    // Down in steps of ten dollars: liquidation begins where equity is under the margin, and not a step earlier.
    let mut refused = 0;
    for price in (4_100..4_300).rev() {
        rig.price("btc", &(price * 10).to_string());
        rig.refresh();
        let health = rig.health(id);
        let under = health.equity < health.maintenance.try_into().unwrap();
        assert_eq!(health.level == Level::Liquidatable, under);
        let outcome = rig.liquidate(&bob, id, 1_000 * USD);
        assert_eq!(outcome.is_ok(), under, "{price} {health:?}");
        if under {
            assert!(refused > 10, "{refused}");
            return rig.sound();
        }
        refused += 1;
    }
    assert_eq!(refused, 0, "never liquidatable");
}

#[test]
fn liq_2_wrong_coins_and_offers_of_nothing_are_refused() {
    let (mut rig, ann, bob, id) = fallen("41000");
    let debt = rig.debt.clone();
    rig.refused(
        &bob,
        &liquidate(id),
        &[],
        "0 coins are sent, one is expected",
    );
    rig.give(&bob, 5, "btc");
    let why = format!("btc is sent, {debt} is expected");
    rig.refused(&bob, &liquidate(id), &[coin(5, "btc")], &why);
    rig.refused(
        &bob,
        &liquidate_many(&[id]),
        &[coin(5, "btc")],
        "btc is not a debt token",
    );
    let two = [coin(5, "btc"), coin(5, &debt)];
    rig.refused(
        &bob,
        &liquidate(id),
        &two,
        "2 coins are sent, one is expected",
    );
    let nothing = ExecuteMsg::Liquidate {
        position: id,
        max_repay: Some(0u128.into()),
        min_received: vec![],
        deadline: None,
        recipient: None,
    };
    rig.refused(
        &bob,
        &nothing,
        &[coin(5, &debt)],
        "an offer of 0 repays nothing",
    );
    rig.refused(
        &bob,
        &liquidate(77),
        &[coin(5, &debt)],
        "there is no position 77",
    );
    // More than is needed returns to the last unit, and the owner gets none of it.
    let before = (rig.held(&ann, &debt), rig.held(&bob, &debt));
    let done = rig.liquidate(&bob, id, 90_000 * USD).unwrap();
    let repaid: u128 = attribute(&done, "wicker_liquidated", "repaid")
        .parse()
        .unwrap();
    let fee: u128 = attribute(&done, "wicker_liquidated", "fee")
        .parse()
        .unwrap();
    assert_eq!(before.1 - rig.held(&bob, &debt), repaid + fee);
    assert_eq!(rig.held(&ann, &debt), before.0);
    assert_eq!(fee, repaid.div_ceil(100));
    rig.sound();
}

#[test]
fn liq_3_asking_for_what_the_position_does_not_hold_is_refused() {
    let (mut rig, _, bob, id) = fallen("41000");
    let coins = [coin(50_000 * USD, &rig.debt)];
    for denom in ["eth", "doge"] {
        let why = format!("0 {denom} would be received, at least 1 is demanded");
        rig.refused(&bob, &wants(id, &[(1, denom)], None), &coins, &why);
    }
    // One denom twice asks for the sum of both.
    let most = rig.liquidate(&bob, id, 100 * USD).unwrap();
    let seized = attribute(&most, "wicker_liquidated", "seized");
    let amount: u128 = seized.trim_end_matches("btc").parse().unwrap();
    let twice = [(amount / 2 + 10, "btc"), (amount / 2 + 10, "btc")];
    let coins = [coin(100 * USD, &rig.debt)];
    rig.refused(&bob, &wants(id, &twice, None), &coins, "would be received");
}

#[test]
fn liq_4_liquidating_oneself_is_no_profit_and_the_contract_receives_nothing() {
    let (mut rig, ann, _, id) = fallen("41000");
    let debt = rig.debt.clone();
    let to_cdp = ExecuteMsg::Liquidate {
        position: id,
        max_repay: None,
        min_received: vec![],
        deadline: None,
        recipient: Some(rig.cdp.to_string()),
    };
    rig.refused(
        &ann,
        &to_cdp,
        &[coin(20_000 * USD, &debt)],
        "cannot be a recipient",
    );
    // Dollars in hand and in the position, before and after, at 41,000 a btc.
    let wealth = |rig: &Rig| {
        let held = rig.held(&ann, "btc")
            + rig.position(id).collateral.first().map_or(0, |coin| {
                cosmwasm_std::Uint128::try_from(coin.amount).unwrap().u128()
            });
        (held * 410 + rig.held(&ann, &debt)) as i128 - rig.position(id).debt.u128() as i128
    };
    let before = wealth(&rig);
    rig.liquidate(&ann, id, 20_000 * USD).unwrap();
    assert!(
        wealth(&rig) < before,
        "the fee of a hundredth is the basket's"
    );
    rig.sound();
}

#[test]
fn liq_5_a_bonus_that_cannot_be_paid_is_what_is_left_over() {
    // 28,500 dollars for 28,000 of debt: 500/28,000 is left, less than the least bonus of 2 %.
    let (mut rig, _, bob, id) = fallen("28500");
    let done = rig.liquidate(&bob, id, 14_000 * USD).unwrap();
    let bonus = attribute(&done, "wicker_liquidated", "bonus");
    assert_eq!(bonus, "0.017857142857142857");
    assert_eq!(rig.position(id).debt.u128(), 14_000 * USD);
    assert_eq!(rig.position(id).collateral, [coin(BTC / 2, "btc")]);
    rig.liquidate(&bob, id, 14_000 * USD).unwrap();
    assert!(rig.totals()[0].deficit.is_zero());
    rig.sound();
}

#[test]
fn liq_7_where_nothing_is_left_over_nothing_is_sent() {
    let mut rig = Rig::with(|basket| {
        basket.liquidation_fee = "0".parse().unwrap();
        basket.bonus_min = "0".parse().unwrap();
        basket.bonus_max = "0".parse().unwrap();
    });
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 28_000 * USD).unwrap();
    let whale = rig.open(&bob, 1, &[(100 * BTC, "btc")]);
    rig.borrow(&bob, whale, 100_000 * USD).unwrap();
    rig.price("btc", "36000");
    // No bonus, no fee, no refund.
    rig.liquidate(&bob, id, 1_000 * USD).unwrap();
    assert_eq!(rig.held(&bob, "btc"), BTC / 36);
    assert_eq!(rig.held(&bob, &rig.debt.clone()), 99_000 * USD);
    // So small a payment that not a unit of collateral is due for it.
    rig.liquidate(&bob, id, 1).unwrap();
    assert_eq!(rig.held(&bob, "btc"), BTC / 36);
    rig.sound();
}

#[test]
fn liq_8_many_small_liquidations_take_no_more_than_one() {
    let seized = |parts: u128| {
        let (mut rig, _, bob, id) = fallen("41000");
        for _ in 0..parts {
            rig.liquidate(&bob, id, 10_000_000 / parts).unwrap();
        }
        rig.sound();
        (rig.held(&bob, "btc"), rig.position(id).debt)
    };
    let (many, one) = (seized(1_000), seized(1));
    assert!(many.0 <= one.0 && many.1 >= one.1, "{many:?} {one:?}");
}

#[test]
fn liq_9_no_dust_of_debt_is_left() {
    let (mut rig, _, bob, id) = fallen("28500");
    // 27,950 of 28,000 would leave 50 dollars, under the minimum of 100: less is repaid, so that the minimum remains.
    rig.liquidate(&bob, id, 27_950 * USD).unwrap();
    assert_eq!(rig.position(id).debt.u128(), 100 * USD);
    assert_eq!(rig.held(&bob, &rig.debt.clone()), 72_100 * USD);
    rig.sound();
}

#[test]
fn liq_12_a_list_does_what_can_be_done_and_reports_the_rest() {
    let (mut rig, ann, bob, id) = fallen("41000");
    let healthy = rig.open(&ann, 1, &[(BTC, "btc")]);
    let coins = [coin(50_000 * USD, &rig.debt)];
    let done = rig
        .run(&bob, &liquidate_many(&[healthy, 77, id, id]), &coins)
        .unwrap();
    let skipped = events(&done, "wicker_skipped");
    let reasons: Vec<_> = skipped.iter().map(|event| value(event, "reason")).collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons[0].contains("owes nothing") && reasons[1].contains("no position 77"));
    assert!(reasons[2].contains("listed twice"), "{reasons:?}");
    assert_eq!(events(&done, "wicker_liquidated").len(), 1);
    rig.refused(
        &bob,
        &liquidate_many(&[]),
        &coins,
        "a list has 1 to 32 entries, not 0",
    );
    rig.refused(
        &bob,
        &liquidate_many(&[id; 33]),
        &coins,
        "a list has 1 to 32 entries, not 33",
    );
    rig.sound();
}

#[test]
fn liq_13_a_unit_repaid_in_front_does_not_stop_a_liquidation() {
    let (mut rig, ann, bob, id) = fallen("41000");
    let preview = rig.position(id).debt;
    rig.repay(&ann, id, 1).unwrap();
    rig.give(&ann, 1, "btc");
    rig.deposit(&ann, id, 1, "btc").unwrap();
    rig.liquidate(&bob, id, preview.u128()).unwrap();
    assert_eq!(rig.health(id).level, Level::Healthy);
    rig.sound();
}

#[test]
fn liq_14_a_refund_that_is_refused_waits_and_the_liquidation_stands() {
    let (mut rig, _, bob, id) = fallen("41000");
    let (cat, debt) = (addr("cat"), rig.debt.clone());
    rig.block(&bob);
    // To himself the whole message fails: he asked for it.
    let coins = [coin(50_000 * USD, &debt)];
    rig.refused(&bob, &liquidate(id), &coins, "not allowed to receive funds");
    let to_cat = ExecuteMsg::Liquidate {
        position: id,
        max_repay: None,
        min_received: vec![],
        deadline: None,
        recipient: Some(cat.to_string()),
    };
    let done = rig.run(&bob, &to_cat, &coins).unwrap();
    let part = |key: &str| -> u128 { attribute(&done, "wicker_liquidated", key).parse().unwrap() };
    let paid = part("repaid") + part("fee");
    assert_eq!(rig.claims(&bob), [coin(50_000 * USD - paid, &debt)]);
    assert_eq!(rig.held(&bob, &debt), 50_000 * USD);
    assert!(rig.held(&cat, "btc") > 0);
    rig.sound();
    // An owner whom nobody can pay is liquidated like any other: nothing is sent to owners.
    let claim = ExecuteMsg::Claim {
        recipient: Some(cat.to_string()),
    };
    rig.run(&bob, &claim, &[]).unwrap();
    assert_eq!(rig.held(&cat, &debt), 50_000 * USD - paid);
    rig.sound();
}

#[test]
fn liq_15_every_collateral_is_taken_in_the_same_share() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (2_000 * USD, "atom")]);
    rig.borrow(&ann, id, 40_000 * USD).unwrap();
    let whale = rig.open(&bob, 1, &[(100 * BTC, "btc")]);
    rig.borrow(&bob, whale, 100_000 * USD).unwrap();
    rig.price("btc", "36000");
    rig.price("atom", "8");
    rig.liquidate(&bob, id, 5_000 * USD).unwrap();
    let (btc, atom) = (rig.held(&bob, "btc"), rig.held(&bob, "atom"));
    // btc/1e8 = atom/2e9, but for the rounding down of each.
    assert!(btc > 0 && (btc * 20).abs_diff(atom) <= 20, "{btc} {atom}");
    rig.sound();
}

#[test]
fn liq_16_too_late_and_too_little_are_refused() {
    let (mut rig, _, bob, id) = fallen("41000");
    let coins = [coin(1_000 * USD, &rig.debt)];
    let now = rig.now();
    let late = wants(id, &[], Some(now - 1));
    rig.refused(
        &bob,
        &late,
        &coins,
        &format!("the deadline {} has passed at {now}", now - 1),
    );
    let much = wants(id, &[(BTC, "btc")], Some(now));
    rig.refused(
        &bob,
        &much,
        &coins,
        "btc would be received, at least 100000000 is demanded",
    );
    rig.run(&bob, &wants(id, &[(1, "btc")], Some(now)), &coins)
        .unwrap();
    rig.sound();
}

#[test]
fn rep_8_repaying_and_liquidating_in_a_block_agree_in_either_order() {
    let (mut rig, ann, bob, id) = fallen("41000");
    rig.repay(&ann, id, 20_000 * USD).unwrap();
    let coins = [coin(1_000 * USD, &rig.debt)];
    rig.refused(
        &bob,
        &liquidate(id),
        &coins,
        "is not below the maintenance margin",
    );
    rig.sound();
    let (mut rig, ann, bob, id) = fallen("41000");
    rig.liquidate(&bob, id, 50_000 * USD).unwrap();
    rig.refused(
        &bob,
        &liquidate(id),
        &coins,
        "is not below the maintenance margin",
    );
    rig.repay(&ann, id, 1_000 * USD).unwrap();
    rig.sound();
}

#[test]
fn liq_10_collateral_without_a_price_stays_and_the_rest_can_be_taken() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (1_000 * USD, "atom")]);
    rig.borrow(&ann, id, 28_000 * USD).unwrap();
    let whale = rig.open(&bob, 1, &[(100 * BTC, "btc")]);
    rig.borrow(&bob, whale, 100_000 * USD).unwrap();
    rig.pass(86_401);
    let debt = rig.debt.clone();
    for _ in 0..2 {
        rig.pass(2);
        rig.report(&[("btc", "40000"), (&debt, "1")]).unwrap();
    }
    let stop = GovernMsg::WindDown {
        basket: 1,
        denom: "btc".into(),
        stop: true,
    };
    rig.govern(stop).unwrap();
    rig.liquidate(&bob, id, 50_000 * USD).unwrap();
    assert!(rig.held(&bob, "btc") > 0);
    assert_eq!(rig.held(&bob, "atom"), 0);
    assert_eq!(rig.position(id).collateral[1], coin(1_000 * USD, "atom"));
    rig.sound();
}
