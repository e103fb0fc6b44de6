//! What somebody may do to others' positions without a loss of his own, and what becomes of it.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::Uint128;
use cw_multi_test::Executor;
use wicker_msgs::cdp::{ExecuteMsg, Level};
use wicker_msgs::oracle::{self, MAX_FREEZE};
use wicker_tests::rig::{addr, attribute, Rig};
use wicker_tests::settings::{asset, basket, dec};

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;

/// Lives on with prices ten seconds after each full hour; `first` measures five seconds before them.
fn hours(rig: &mut Rig, count: u64, first: bool) {
    let measure = ExecuteMsg::Recalibrate { basket: 1 };
    for _ in 0..count {
        rig.pass(3_600 - rig.now() % 3_600 + 5);
        if first {
            rig.run(&addr("eve"), &measure, &[]).unwrap();
        }
        rig.pass(5);
        rig.refresh();
        rig.run(&addr("bot"), &measure, &[]).unwrap();
    }
}

#[test]
fn who_measures_before_the_prices_come_leaves_no_asset_without_samples() {
    let margin = |first: bool| {
        let mut rig = Rig::new();
        hours(&mut rig, 40, false);
        let ann = addr("ann");
        let id = rig.open(&ann, 1, &[(BTC, "btc")]);
        let most = rig.max_borrow(id);
        rig.borrow(&ann, id, most * 98 / 100).unwrap();
        hours(&mut rig, 26, first);
        let health = rig.health(id);
        assert_ne!(health.level, Level::Liquidatable);
        health.maintenance.to_string().parse::<f64>().unwrap()
    };
    let (honest, attacked) = (margin(false), margin(true));
    assert!(attacked <= honest * 1.001, "{honest} {attacked}");
}

/// Freezes as often and as long as it can for two days.
#[test]
fn freezing_again_and_again_does_not_stop_liquidation() {
    for frozen in ["btc", "debt"] {
        let mut rig = Rig::new();
        let (ann, bob) = (addr("ann"), addr("bob"));
        let whale = rig.open(&bob, 1, &[(100 * BTC, "btc")]);
        rig.borrow(&bob, whale, 100_000 * USD).unwrap();
        let id = rig.open(&ann, 1, &[(BTC, "btc")]);
        let most = rig.max_borrow(id);
        rig.borrow(&ann, id, most * 99 / 100).unwrap();
        let denom = match frozen {
            "debt" => rig.debt.clone(),
            other => other.into(),
        };
        let freeze = oracle::ExecuteMsg::Freeze {
            denom,
            seconds: MAX_FREEZE,
        };
        let (owner, oracle) = (rig.owner.clone(), rig.oracle.clone());
        let mut frozen = 0;
        for _ in 0..48 {
            let done = rig
                .chain
                .execute_contract(owner.clone(), oracle.clone(), &freeze, &[]);
            frozen += u32::from(done.is_ok());
            let what = rig.liquidate(&bob, id, 1_000 * USD);
            let why = what.map_or_else(|why| why.to_string(), |_| String::new());
            assert!(
                why.is_empty() || why.contains("is not below the maintenance margin"),
                "{why}"
            );
            rig.pass(3_600);
            rig.refresh();
        }
        assert!((3..=4).contains(&frozen), "{frozen}");
    }
}

/// A million dollars of btc beside so many of an asset whose market takes a hundred an hour; what one liquidation repays.
fn repaid(thin: u128) -> u128 {
    let mut rig = Rig::bare();
    rig.list("btc", 8, "50000");
    let mut settings = asset("thin", 6, "1");
    settings.flow_cap = dec("100");
    settings.flow_burst = dec("100");
    rig.list_as(settings);
    let settings = basket(&rig.debt, &["btc", "thin"]);
    rig.create(settings).unwrap();
    rig.live(61);
    let (ann, bob) = (addr("ann"), addr("bob"));
    let whale = rig.open(&bob, 1, &[(1_000 * BTC, "btc")]);
    rig.borrow(&bob, whale, 2_000_000 * USD).unwrap();
    let id = rig.open(&ann, 1, &[(20 * BTC, "btc"), (thin * USD, "thin")]);
    let most = rig.max_borrow(id);
    rig.borrow(&ann, id, most * 99 / 100).unwrap();
    rig.price("btc", "43000");
    rig.pass(61);
    let done = rig.liquidate(&bob, id, 1_500_000 * USD).unwrap();
    rig.sound();
    attribute(&done, "wicker_liquidated", "repaid")
        .parse()
        .unwrap()
}

#[test]
fn a_few_coins_of_a_thin_asset_do_not_hold_back_the_liquidation_of_the_rest() {
    let without = repaid(1);
    assert!(repaid(10_000) > without * 9 / 10);
    // Of a position that is thin for more than a twentieth the market decides.
    assert!(repaid(100_000) < without / 10);
}

#[test]
fn borrowing_and_repaying_at_once_leaves_the_others_what_may_be_borrowed() {
    let mut rig = Rig::with(|basket| basket.mint_cap = Uint128::new(1_000_000 * USD));
    let (ann, eve) = (addr("ann"), addr("eve"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    let big = rig.open(&eve, 1, &[(100 * BTC, "btc")]);
    let before = rig.max_borrow(id);
    rig.borrow(&eve, big, 1_000_000 * USD).unwrap();
    assert_eq!(rig.max_borrow(id), 0);
    rig.repay(&eve, big, 1_000_000 * USD).unwrap();
    assert_eq!(rig.max_borrow(id), before);
    rig.borrow(&ann, id, before).unwrap();
}

#[test]
fn tokens_without_end_do_not_stop_those_who_hold_a_few() {
    let mut rig = Rig::bare();
    rig.list("btc", 8, "50000");
    rig.list("meme", 6, "1");
    let settings = basket(&rig.debt, &["btc", "meme"]);
    rig.create(settings).unwrap();
    rig.live(61);
    let (ann, bob, eve) = (addr("ann"), addr("bob"), addr("eve"));
    let whale = rig.open(&bob, 1, &[(100 * BTC, "btc")]);
    rig.borrow(&bob, whale, 100_000 * USD).unwrap();
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (100 * USD, "meme")]);
    rig.borrow(&ann, id, 28_000 * USD).unwrap();
    rig.open(&eve, 1, &[(1 << 98, "meme")]);
    rig.borrow(&bob, whale, 1_000 * USD).unwrap();
    for _ in 0..49 {
        rig.live(3_600);
    }
    rig.price("btc", "33000");
    rig.pass(61);
    rig.liquidate(&bob, id, 10_000 * USD).unwrap();
}
