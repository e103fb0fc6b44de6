//! What an attacker tried.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use wicker_msgs::cdp::{ExecuteMsg, HealthResponse, Level, QueryMsg};
use wicker_tests::rig::{addr, events, Rig};
use wicker_tests::settings::dec;

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;

#[test]
fn what_a_stranger_deposits_for_a_moment_liquidates_nobody() {
    let mut rig = Rig::new();
    let (ann, eve) = (addr("ann"), addr("eve"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 30_000 * USD).unwrap();
    let own = rig.open(&eve, 1, &[(10 * BTC, "btc")]);
    rig.borrow(&eve, own, 50_000 * USD).unwrap();
    let before: HealthResponse = rig.ask(&QueryMsg::Health { position: id });
    let flash = rig.open(&eve, 1, &[(200_000 * BTC, "btc")]);
    let after: HealthResponse = rig.ask(&QueryMsg::Health { position: id });
    let seized = rig.liquidate(&eve, id, 35_000 * USD);
    rig.withdraw(&eve, flash, 200_000 * BTC, "btc").unwrap();
    assert!(seized.is_err());
    assert_eq!(after.level, before.level);
    assert_eq!(after.maintenance, before.maintenance);
    assert_eq!(before.level, Level::Healthy);
    // New risk meets what is held at once.
    assert!(after.initial.unwrap() > before.initial.unwrap());
    rig.sound();
}

#[test]
fn what_has_been_held_for_two_days_counts_against_open_positions() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 30_000 * USD).unwrap();
    let margin = |rig: &Rig| {
        let health: HealthResponse = rig.ask(&QueryMsg::Health { position: id });
        health.maintenance
    };
    rig.open(&bob, 1, &[(200_000 * BTC, "btc")]);
    for _ in 0..48 {
        rig.live(3_600);
    }
    // 0.15 of 10e9 dollars against 240e6: a factor of 2.5 on σ.
    let before = margin(&rig);
    assert!(before > dec("30000"), "{before}");
    let call = ExecuteMsg::Call {
        positions: vec![id],
    };
    let done = rig.run(&bob, &call, &[]).unwrap();
    assert_eq!(events(&done, "wicker_called").len(), 1);
}
