//! Each guard at its limit, one unit inside and one outside.

#![allow(clippy::unwrap_used)] // The rig's verbs are test code too; clippy sees that only inside test functions.

mod rig;

use cosmwasm_std::Decimal256;
use rig::{fails, outcomes, Rig};
use wicker_engine::price::{format_width, lenient, parse, parse_width, Readers};
use wicker_math::{Price, Ratio, Seconds, Status};
use wicker_msgs::oracle::*;

/// The smallest step of a price, 1e-24 dollars.
const UNIT: &str = "000000000000000000000001";

/// Ten dollars since an hour ago, from an adapter that is asked anew.
fn ten() -> Rig {
    let mut rig = Rig::new();
    let (now, source) = (rig.now(), rig.adapter("atom"));
    rig.quote("atom", "10", now, None);
    rig.list("atom", source, "10").unwrap();
    rig.wait(3_600);
    rig
}

/// The adapter says this, published so many seconds from now, and the oracle asks.
fn seen(rig: &mut Rig, price: &str, offset: i64) -> String {
    let time = rig.now().checked_add_signed(offset).unwrap();
    rig.quote("atom", price, time, None);
    rig.refresh(&["atom"]).remove(0)
}

fn stands(rig: &Rig, price: &str) {
    let readers = Readers {
        max_age: Seconds::new(600),
        max_age_liquidation: Seconds::hours(24),
        max_confidence: Ratio::percent(2),
        delay: Seconds::new(300),
    };
    let now = Seconds::new(rig.now());
    assert_eq!(
        lenient(&rig.point("atom"), &readers, now),
        Ok(parse(price).unwrap())
    );
}

#[test]
fn staleness() {
    for (age, outcome) in [(299, "accepted"), (300, "accepted"), (301, "degraded")] {
        let mut rig = ten();
        assert_eq!(seen(&mut rig, "10.1", -age), outcome, "{age}");
        stands(&rig, if outcome == "accepted" { "10.1" } else { "10" });
    }
    let mut rig = ten();
    let age = rig.now() as i64;
    assert_eq!(
        seen(&mut rig, "10.1", -age),
        "degraded",
        "published in 1970"
    );
}

#[test]
fn prc_3_future_times() {
    for (ahead, outcome) in [
        (9, "accepted"),
        (10, "accepted"),
        (11, "degraded"),
        (86_400, "degraded"),
    ] {
        let mut rig = ten();
        assert_eq!(seen(&mut rig, "10.1", ahead), outcome, "{ahead}");
        stands(&rig, if outcome == "accepted" { "10.1" } else { "10" });
    }
    let mut rig = ten();
    rig.quote("atom", "10.1", u64::MAX, None);
    assert_eq!(rig.refresh(&["atom"]), ["degraded"]);
}

#[test]
fn prc_3_times_that_stand_still_or_go_back() {
    for (later, outcome) in [(-1, "unchanged"), (0, "unchanged"), (1, "accepted")] {
        let mut rig = ten();
        assert_eq!(seen(&mut rig, "10.1", -100), "accepted");
        assert_eq!(seen(&mut rig, "10.2", later - 100), outcome, "{later}");
        stands(
            &rig,
            if outcome == "accepted" {
                "10.2"
            } else {
                "10.1"
            },
        );
    }
    // A step that waits is as new as its last observation: an older one cannot confirm it.
    let mut rig = ten();
    assert_eq!(seen(&mut rig, "8", -100), "pending");
    assert_eq!(seen(&mut rig, "8", -100), "unchanged");
    assert_eq!(seen(&mut rig, "8", -101), "unchanged");
    stands(&rig, "10");
}

#[test]
fn bor_7_confidence() {
    // The guard is a tenth of the price.
    let mut inside = format!("0.{}", "9".repeat(24));
    let outside = format!("1.{UNIT}");
    for (width, outcome) in [
        (inside.as_str(), "accepted"),
        ("1", "accepted"),
        (&outside, "degraded"),
    ] {
        let mut rig = ten();
        let now = rig.now();
        rig.quote("atom", "10", now, Some(width));
        assert_eq!(rig.refresh(&["atom"]), [outcome], "{width}");
        let kept = if outcome == "accepted" { width } else { "0" };
        assert_eq!(rig.quoted("atom").confidence, kept);
    }
    inside.push('9');
    let mut rig = ten();
    let now = rig.now();
    rig.quote("atom", "10", now, Some(&inside));
    assert_eq!(rig.refresh(&["atom"]), ["degraded"], "25 places");
}

#[test]
fn prc_2_prices_at_the_ends_of_the_range() {
    let lowest = format!("0.{:012}1", 0);
    for (first, price, outcome) in [
        ("0.000000000001", "0.000000000001", "accepted"),
        ("0.000000000001", "0.000000000000999999999999", "degraded"),
        ("0.000000000001", &lowest, "degraded"),
        ("0.000000000001", "0", "degraded"),
        ("0.000000000001", "0.0", "degraded"),
        ("0.000000000001", "-0.000000000001", "degraded"),
        (
            "1000000000",
            "999999999.999999999999999999999999",
            "accepted",
        ),
        ("1000000000", "1000000000", "accepted"),
        (
            "1000000000",
            "1000000000.000000000000000000000001",
            "degraded",
        ),
        ("1000000000", "-1000000000", "degraded"),
    ] {
        let mut rig = Rig::new();
        let (now, source) = (rig.now(), rig.adapter("atom"));
        rig.quote("atom", first, now, None);
        rig.list("atom", source, first).unwrap();
        rig.wait(60);
        assert_eq!(seen(&mut rig, price, 0), outcome, "{price}");
        stands(&rig, if outcome == "accepted" { price } else { first });
    }
}

#[test]
fn prc_6_a_step_from_the_last_accepted_price() {
    // A tenth of the price moves it at once.
    let up = format!("11.{UNIT}");
    let down = format!("8.{}", "9".repeat(24));
    let near_down = format!("9.{UNIT}");
    for (price, outcome) in [
        ("10.999999999999999999999999", "accepted"),
        ("11", "accepted"),
        (up.as_str(), "pending"),
        (&near_down, "accepted"),
        ("9", "accepted"),
        (&down, "pending"),
    ] {
        let mut rig = ten();
        assert_eq!(seen(&mut rig, price, 0), outcome, "{price}");
        let held = outcome == "pending";
        stands(&rig, if held { "10" } else { price });
        let pending = rig.quoted("atom").pending.map(|pending| pending.price);
        assert_eq!(pending, held.then(|| price.into()));
    }
}

#[test]
fn prc_6_the_second_observation_of_a_large_step() {
    // Thirty seconds after the first, by their publish times.
    for (later, outcome) in [(29, "pending"), (30, "accepted"), (31, "accepted")] {
        let mut rig = ten();
        assert_eq!(seen(&mut rig, "8", 0), "pending");
        rig.wait(later);
        assert_eq!(seen(&mut rig, "8", 0), outcome, "{later}");
        stands(&rig, if outcome == "accepted" { "8" } else { "10" });
    }
    // One second late in publishing is one second late, however long the chain waits.
    let mut rig = ten();
    assert_eq!(seen(&mut rig, "8", 0), "pending");
    rig.wait(200);
    assert_eq!(seen(&mut rig, "8", 29 - 200), "pending");
    stands(&rig, "10");
    // On the other side of the price it confirms nothing.
    let mut rig = ten();
    assert_eq!(seen(&mut rig, "8", 0), "pending");
    rig.wait(60);
    assert_eq!(seen(&mut rig, "12", 0), "pending");
    stands(&rig, "10");
    // Half way it confirms as far as both support.
    let mut rig = ten();
    assert_eq!(seen(&mut rig, "7.6", 0), "pending");
    rig.wait(60);
    assert_eq!(seen(&mut rig, "8.8", 0), "accepted");
    stands(&rig, "8.8");
    // Farther than another step away it confirms the first, and waits itself.
    for (first, second) in [("11.2", "12.4"), ("8.8", "7.8")] {
        let mut rig = ten();
        assert_eq!(seen(&mut rig, first, 0), "pending");
        rig.wait(60);
        assert_eq!(seen(&mut rig, second, 0), "pending");
        stands(&rig, first);
        let pending = rig.quoted("atom").pending.unwrap();
        assert_eq!((pending.price.as_str(), pending.since), (second, rig.now()));
    }
}

/// In small steps to twelve dollars, in one block, so that the anchor stays at ten.
fn walked() -> Rig {
    let mut rig = ten();
    assert_eq!(seen(&mut rig, "11", -200), "accepted");
    assert_eq!(seen(&mut rig, "12", -199), "accepted");
    assert_eq!(rig.point("atom").anchor, parse("10").unwrap());
    rig
}

#[test]
fn prc_6_the_limit_of_the_window() {
    // A quarter from the anchor of ten.
    let beyond = format!("12.5{}", &UNIT[1..]);
    let within = "12.499999999999999999999999";
    for (price, outcome) in [
        (within, "accepted"),
        ("12.5", "accepted"),
        (beyond.as_str(), "limited"),
    ] {
        let mut rig = walked();
        assert_eq!(seen(&mut rig, price, 0), outcome, "{price}");
        stands(&rig, if outcome == "accepted" { price } else { "12" });
        let limited = rig.point("atom").status.has(Status::LIMITED);
        assert_eq!(limited, outcome == "limited");
    }
    // Toward the anchor a small step is never a departure.
    let mut rig = walked();
    assert_eq!(seen(&mut rig, "12.4", -150), "accepted");
    assert_eq!(seen(&mut rig, "12.9", -140), "limited");
    assert_eq!(seen(&mut rig, "11.9", -130), "accepted");
    stands(&rig, "11.9");
    // Nor from beyond the limit, while still beyond it.
    let mut rig = walked();
    assert_eq!(seen(&mut rig, "13", -100), "limited");
    assert_eq!(seen(&mut rig, "13", -40), "accepted");
    assert_eq!(seen(&mut rig, "12.7", -30), "accepted");
    assert_eq!(seen(&mut rig, "12.8", -20), "limited");
    stands(&rig, "12.7");
}

#[test]
fn prc_6_the_second_observation_beyond_the_limit_of_the_window() {
    for (later, outcome) in [(59, "limited"), (60, "accepted"), (61, "accepted")] {
        let mut rig = walked();
        assert_eq!(seen(&mut rig, "13", -100), "limited");
        assert_eq!(seen(&mut rig, "13", later - 100), outcome, "{later}");
        stands(&rig, if outcome == "accepted" { "13" } else { "12" });
    }
}

#[test]
fn prc_5_the_distance_from_the_median() {
    // A twentieth of the median of ten: the third report counts or does not.
    let outside = format!("10.5{}", &UNIT[1..]);
    let inside = "10.499999999999999999999999";
    let below = format!("9.4{}", "9".repeat(23));
    for (third, sources) in [
        (inside, 3),
        ("10.5", 3),
        (outside.as_str(), 2),
        ("9.5", 3),
        (&below, 2),
    ] {
        let mut rig = Rig::new();
        rig.relay("atom", 3, 2, "10");
        for (feeder, price) in ["10", "10", third].iter().enumerate() {
            rig.wait(1);
            let report = rig.report(feeder, &[("atom", price)]).unwrap();
            assert_ne!(outcomes(&report), ["rejected"]);
        }
        rig.wait(1);
        // Each again, the odd one first: what counts is the last round.
        for (feeder, price) in [(2, third), (0, "10"), (1, "10")] {
            rig.report(feeder, &[("atom", price)]).unwrap();
        }
        assert_eq!(rig.point("atom").sources, sources, "{third}");
        assert_eq!(rig.price("atom"), "10");
    }
}

#[test]
fn feeders_apart_are_as_uncertain_as_their_distance_or_their_own_width() {
    for (width, expected) in [(None, "0.2"), (Some("0.1"), "0.2"), (Some("0.3"), "0.3")] {
        let mut rig = Rig::new();
        rig.relay("atom", 2, 2, "10");
        for (feeder, price) in ["10", "10.2"].iter().enumerate() {
            let prices = vec![ReportedPrice {
                denom: "atom".into(),
                price: price.to_string(),
                publish_time: rig.now(),
                confidence: width.map(String::from),
            }];
            let feeder = rig.feeder(feeder);
            rig.run(&feeder, &ExecuteMsg::Report { prices }).unwrap();
        }
        let quoted = rig.quoted("atom");
        assert_eq!(
            (quoted.price.as_str(), quoted.confidence.as_str()),
            ("10.1", expected)
        );
    }
}

#[test]
fn prc_11_reports_count_to_their_last_second() {
    for (age, outcome) in [(299, "unchanged"), (300, "unchanged"), (301, "degraded")] {
        let mut rig = Rig::new();
        rig.relay("atom", 3, 2, "10");
        rig.report(0, &[("atom", "10")]).unwrap();
        rig.report(1, &[("atom", "10")]).unwrap();
        rig.wait(age);
        assert_eq!(rig.refresh(&["atom"]), [outcome], "{age}");
    }
}

#[test]
fn prc_11_the_quorum() {
    for (quorum, reports, accepted) in [(3, 2, false), (3, 3, true), (3, 4, true), (1, 1, true)] {
        let mut rig = Rig::new();
        rig.relay("atom", 5, quorum, "10");
        let mut last = vec![];
        for feeder in 0..reports {
            rig.wait(1);
            last = outcomes(&rig.report(feeder, &[("atom", "10")]).unwrap());
        }
        let expected = if accepted { "accepted" } else { "reported" };
        assert_eq!(last, [expected], "{reports} of {quorum}");
    }
    // Two against two: a quorum of two is not more than half of four.
    let mut rig = Rig::new();
    rig.relay("atom", 4, 2, "10");
    for (feeder, price) in ["10", "10", "9", "9"].iter().enumerate() {
        rig.wait(1);
        rig.report(feeder, &[("atom", price)]).unwrap();
    }
    assert!(rig.point("atom").status.has(Status::DEGRADED));
    assert_eq!(rig.price("atom"), "10");
}

#[test]
fn prc_3_a_feeder_cannot_repeat_or_reorder_its_reports() {
    let mut rig = Rig::new();
    rig.relay("atom", 3, 2, "10");
    let at = |rig: &mut Rig, feeder: usize, price: &str, publish_time: u64| {
        let prices = vec![ReportedPrice {
            denom: "atom".into(),
            price: price.into(),
            publish_time,
            confidence: None,
        }];
        let feeder = rig.feeder(feeder);
        let response = rig.run(&feeder, &ExecuteMsg::Report { prices }).unwrap();
        outcomes(&response).remove(0)
    };
    let now = rig.now();
    assert_eq!(at(&mut rig, 0, "10", now), "reported");
    assert_eq!(at(&mut rig, 0, "10", now), "rejected");
    assert_eq!(at(&mut rig, 0, "10", now - 1), "rejected");
    assert_eq!(at(&mut rig, 0, "10", now + 1), "reported");
    assert_eq!(at(&mut rig, 1, "10", now + 10), "accepted");
    assert_eq!(at(&mut rig, 2, "10", now + 11), "rejected");
    assert_eq!(at(&mut rig, 2, "10", u64::MAX), "rejected");
    assert_eq!(at(&mut rig, 2, "10", now * 1_000), "rejected");
    // Old is not wrong: it is stored, and does not count.
    assert_eq!(at(&mut rig, 2, "11", 0), "reported");
    assert_eq!(
        (rig.price("atom").as_str(), rig.point("atom").sources),
        ("10", 2)
    );
}

#[test]
fn moonwell_the_band_around_the_reference() {
    let list = |price: &str, reference: &str, band| {
        let mut rig = Rig::new();
        let (now, source) = (rig.now(), rig.adapter("atom"));
        rig.quote("atom", price, now, None);
        let reference = Reference {
            price: reference.into(),
            band,
        };
        let msg = ExecuteMsg::SetSource {
            denom: "atom".into(),
            source,
            guards: None,
            reference,
        };
        let owner = rig.owner.clone();
        rig.run(&owner, &msg)
    };
    let fifth = Decimal256::percent(20);
    let (above, below) = (format!("12.{UNIT}"), format!("7.{}", "9".repeat(24)));
    for price in ["11.999999999999999999999999", "12", "8", "8.1"] {
        assert!(list(price, "10", fifth).is_ok(), "{price}");
    }
    for price in [&above, &below] {
        fails(list(price, "10", fifth), "from the reference");
    }
    let half = Decimal256::percent(50);
    assert!(list("15", "10", half).is_ok());
    let more = half + Decimal256::new(1u128.into());
    fails(list("10", "10", more), "band 0.5");
    fails(list("10", "10", Decimal256::zero()), "band 0");
    fails(list("10", "0", fifth), "");
    fails(list("10", "ten", fifth), "plain decimal");
}

#[test]
fn texts_of_widths_round_trip() {
    for raw in [0, 1, Price::MIN.raw() - 1, Price::MAX.raw() + 1, u128::MAX] {
        assert_eq!(parse_width(&format_width(raw)), Ok(raw));
    }
}

#[test]
fn incident_anchor_bluna_one_wrong_observation_liquidates_nobody() {
    // 2021-12: one update at 58.44 of what was 66.10 elsewhere.
    let mut rig = Rig::new();
    let (now, source) = (rig.now(), rig.adapter("atom"));
    rig.quote("atom", "66.1", now, None);
    rig.list("atom", source, "66").unwrap();
    rig.wait(60);
    assert_eq!(seen(&mut rig, "58.44", 0), "pending");
    stands(&rig, "66.1");
    rig.wait(60);
    assert_eq!(seen(&mut rig, "66", 0), "accepted");
    stands(&rig, "66");
    assert_eq!(rig.quoted("atom").pending, None);
}
