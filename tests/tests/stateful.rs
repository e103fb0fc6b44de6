//! Random users, prices, silences, decisions and accidents against both contracts; every invariant after every step.
//!
//! `WICKER_SEED=n WICKER_CALLS=m cargo test -p wicker-tests --test stateful replayed -- --nocapture` replays a run. What a failing run
//! prints last is its sequence, shortened: as a file of `tests/sequences`, named after the bug, it is played ever after.

use std::path::Path;

use wicker_tests::harness::{campaign, replay_json};

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

/// Sequences that once broke an invariant hold.
#[test]
fn recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sequences");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let ops = std::fs::read_to_string(&file).unwrap();
        if let Err(failure) = replay_json(&ops) {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            println!(
                "caught at step {} of {name}: {}",
                failure.step,
                failure.id()
            );
            panic!("{name}: {failure:#?}");
        }
    }
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
