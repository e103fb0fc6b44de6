//! Random users, prices, silences, decisions and accidents against both contracts; every invariant after every step.
//!
//! `WICKER_SEED=n WICKER_CALLS=m cargo test -p wicker-tests --test stateful replayed -- --nocapture` replays a run.

use wicker_tests::harness::campaign;

/// Calls of a sequence.
const CALLS: u64 = 2_500;

fn set(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn quarter(first: u64) {
    if set("WICKER_SEED").is_none() {
        campaign(first..first + 10, CALLS);
    }
}

#[test]
fn replayed() {
    let seed = set("WICKER_SEED").unwrap_or(0);
    campaign([seed], set("WICKER_CALLS").unwrap_or(CALLS));
}

#[test]
fn first_quarter() {
    quarter(100);
}

#[test]
fn second_quarter() {
    quarter(200);
}

#[test]
fn third_quarter() {
    quarter(300);
}

#[test]
fn fourth_quarter() {
    quarter(400);
}
