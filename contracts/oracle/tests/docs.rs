//! docs/oracle.md held to the code.

#![allow(clippy::unwrap_used)] // The rig's verbs are test code too; clippy sees that only inside test functions.

mod rig;

use rig::Rig;
use wicker_engine::price::{parse, strict, Readers};
use wicker_math::{PricePoint, Ratio, Seconds, Status};
use wicker_msgs::oracle::Guards;

const PAGE: &str = include_str!("../../../docs/oracle.md");

/// The second cell of the row that begins with this first cell.
fn cell(first: &str) -> &'static str {
    let row = format!("| `{first}` |");
    let line = PAGE.lines().find(|line| line.starts_with(&row)).unwrap();
    line.split('|').nth(2).unwrap().trim()
}

#[test]
fn the_record_of_the_example_reads_as_described() {
    let (_, rest) = PAGE.split_once("```hex\n").unwrap();
    let (hex, _) = rest.split_once("```").unwrap();
    let digits: String = hex.split_whitespace().collect();
    let bytes: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect();
    let dollars = |text: &str| parse(text).unwrap();
    let point = PricePoint {
        status: Status::PENDING,
        sources: 3,
        price: dollars("12.5"),
        publish_time: Seconds::new(1_700_000_000),
        accepted_at: Seconds::new(1_700_000_005),
        confidence: dollars("0.01").raw(),
        anchor: dollars("12.4"),
        anchor_at: Seconds::new(1_700_000_005),
        pending: Some((dollars("14"), Seconds::new(1_700_000_003))),
    };
    assert_eq!(PricePoint::from_bytes(&bytes), Ok(point));
    assert_eq!(point.to_bytes().to_vec(), bytes);
}

#[test]
fn the_default_guards_are_those_of_the_table() {
    let guards = Guards::default();
    let numbers = [
        ("max_age", guards.max_age.to_string()),
        ("max_future", guards.max_future.to_string()),
        ("max_confidence", guards.max_confidence.to_string()),
        ("max_step", guards.max_step.to_string()),
        ("step_interval", guards.step_interval.to_string()),
        ("window", guards.window.to_string()),
        ("window_limit", guards.window_limit.to_string()),
        ("window_interval", guards.window_interval.to_string()),
    ];
    for (name, value) in numbers {
        assert_eq!(cell(name), value, "{name}");
    }
}

/// A day of three feeders reporting every hour, twenty seconds apart, somebody refreshing every ten minutes: at how many of the moments
/// in between a borrower finds a price, out of how many.
fn borrowable(guard: u64, reader: u64) -> (u32, u32) {
    let readers = Readers {
        max_age: Seconds::new(reader),
        max_age_liquidation: Seconds::hours(24),
        max_confidence: Ratio::percent(2),
        delay: Seconds::new(600),
    };
    let mut rig = Rig::new();
    let guards = Guards {
        max_age: guard,
        ..Guards::default()
    };
    let source = rig.relayed(3, 2);
    rig.list_with("atom", source, "10", guards).unwrap();
    let (mut open, mut all) = (0, 0);
    let mut look = |rig: &Rig| {
        let found = strict(&rig.point("atom"), &readers, Seconds::new(rig.now())).is_ok();
        open += u32::from(found);
        all += 1;
    };
    for hour in 0..24 {
        for feeder in 0..3 {
            rig.report(feeder, &[("atom", "10")]).unwrap();
            if hour > 0 {
                look(&rig);
            }
            rig.wait(20);
        }
        for _ in 0..5 {
            rig.wait(600);
            if hour > 0 {
                rig.refresh(&["atom"]);
                look(&rig);
            }
        }
        rig.wait(3_600 - 3_060);
    }
    (open, all)
}

#[test]
fn prc_11_three_hourly_feeders_need_a_max_age_longer_than_their_round() {
    // The default guard: open from the second report to the first refresh, two looks of eight in each of 23 hours.
    assert_eq!(borrowable(300, 5_400), (46, 184));
    // When the first feeder of a round has reported, two of the three newest reports agree since the last of the round before, 3,560 s ago.
    assert_eq!(borrowable(7_200, 3_559), (161, 184));
    assert_eq!(borrowable(7_200, 3_560), (184, 184));
    assert_eq!(borrowable(7_200, 5_400), (184, 184));
}
