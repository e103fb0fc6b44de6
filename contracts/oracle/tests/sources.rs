//! Sources that ask other contracts: golden values, what is refused, and that a failure stays with its own denom.

#![allow(clippy::unwrap_used)] // The rig's verbs are test code too; clippy sees that only inside test functions.

mod rig;

use cosmwasm_std::{Decimal256, WasmMsg};
use rig::{adapter_query, attributes, fails, outcomes, Rig};
use wicker_engine::price::{lenient, parse, strict, Readers, Unusable};
use wicker_math::{Ratio, Seconds, Status};
use wicker_msgs::oracle::*;

const FEED: &str = "b00b60f88b03a6a625a8d1c048c3f66653edf217439983d037e7222c4e612819";

fn readers() -> Readers {
    Readers {
        max_age: Seconds::new(3_600),
        max_age_liquidation: Seconds::hours(24),
        max_confidence: Ratio::percent(2),
        delay: Seconds::new(600),
    }
}

fn pyth_query() -> String {
    format!(r#"{{"price_feed":{{"id":"{FEED}"}}}}"#)
}

/// A feed's answer; `quote` is price, confidence, exponent and publish time, `average` the moving average's price.
fn pyth_answer(id: &str, (price, conf, expo, time): (i64, u64, i32, i64), average: i64) -> String {
    format!(
        r#"{{"price_feed":{{"id":"{id}",
        "price":{{"price":"{price}","conf":"{conf}","expo":{expo},"publish_time":{time}}},
        "ema_price":{{"price":"{average}","conf":"{conf}","expo":{expo},"publish_time":{time}}}}}}}"#
    )
}

fn pyth(rig: &Rig, max_ema_deviation: Option<Decimal256>) -> Source {
    Source::Pyth {
        contract: rig.parrot.to_string(),
        feed: FEED.into(),
        max_ema_deviation,
    }
}

/// Makes the feed say this, published now, its moving average the same.
fn tick(rig: &mut Rig, price: i64, conf: u64, expo: i32) {
    let time = rig.now() as i64;
    let answer = pyth_answer(FEED, (price, conf, expo, time), price);
    rig.say(&pyth_query(), &answer);
}

#[test]
fn v20_exponents_of_a_feed_give_exact_dollars() {
    // Price, confidence, exponent; the dollars written out by hand.
    let golden = [
        (
            6_012_345_678_901,
            1_234_567,
            -8,
            "60123.45678901",
            "0.01234567",
        ),
        (12, 0, 0, "12", "0"),
        (5, 0, 3, "5000", "0"),
        (54_321, 21, 2, "5432100", "2100"),
        (1, 0, 9, "1000000000", "0"),
        (
            123_456_789_012_345_678,
            3,
            -18,
            "0.123456789012345678",
            "0.000000000000000003",
        ),
        (1, 0, -12, "0.000000000001", "0"),
        (1_000_000_000_000, 0, -24, "0.000000000001", "0"),
        (i64::MAX, 1, -10, "922337203.6854775807", "0.0000000001"),
        // Below 1e-24 the price is cut off, the confidence rounded up.
        (
            1_234_567_890_123_456_789,
            1,
            -30,
            "0.000000000001234567890123",
            "0.000000000000000000000001",
        ),
    ];
    for (price, conf, expo, dollars, width) in golden {
        let mut rig = Rig::new();
        tick(&mut rig, price, conf, expo);
        let source = pyth(&rig, None);
        rig.list("btc", source, dollars).unwrap();
        let quoted = rig.quoted("btc");
        assert_eq!(
            (quoted.price.as_str(), quoted.confidence.as_str()),
            (dollars, width)
        );
        assert_eq!((quoted.publish_time, quoted.sources), (rig.now(), 1));
    }
}

#[test]
fn prc_2_a_feed_without_a_usable_price_degrades_its_own_denom_only() {
    fn now(rig: &Rig) -> i64 {
        rig.now() as i64
    }
    fn good(rig: &Rig) -> (i64, u64, i32, i64) {
        (1_000_000_000, 1_000, -8, now(rig))
    }
    fn with(price: i64, expo: i32, time: i64) -> String {
        pyth_answer(FEED, (price, 0, expo, time), 1)
    }
    type Answer = Box<dyn Fn(&Rig) -> String>;
    let bad: Vec<(&str, Answer)> = vec![
        ("zero", Box::new(move |rig| with(0, -8, now(rig)))),
        (
            "negative",
            Box::new(move |rig| with(-1_000_000_000, -8, now(rig))),
        ),
        ("lowest", Box::new(move |rig| with(i64::MIN, -8, now(rig)))),
        (
            "under 1e-12 dollars",
            Box::new(move |rig| with(9, -13, now(rig))),
        ),
        (
            "over 1e9 dollars",
            Box::new(move |rig| with(11, 8, now(rig))),
        ),
        ("exponent 10", Box::new(move |rig| with(1, 10, now(rig)))),
        (
            "exponent -63",
            Box::new(move |rig| with(i64::MAX, -63, now(rig))),
        ),
        (
            "least exponent",
            Box::new(move |rig| with(1, i32::MIN, now(rig))),
        ),
        (
            "greatest exponent",
            Box::new(move |rig| with(1, i32::MAX, now(rig))),
        ),
        ("negative time", Box::new(|_| with(1_000_000_000, -8, -1))),
        (
            "milliseconds",
            Box::new(move |rig| with(1_000_000_000, -8, now(rig) * 1_000)),
        ),
        (
            "another feed",
            Box::new(move |rig| pyth_answer(&FEED.replace('b', "c"), good(rig), 1)),
        ),
        (
            "wide",
            Box::new(move |rig| pyth_answer(FEED, (1_000, 101, -2, now(rig)), 1_000)),
        ),
        (
            "no average",
            Box::new(move |rig| pyth_answer(FEED, good(rig), 1).replace("ema_price", "other")),
        ),
        (
            "a number for text",
            Box::new(move |rig| {
                pyth_answer(FEED, good(rig), 1).replace("\"1000000000\"", "1000000000")
            }),
        ),
        (
            "over 63 bits",
            Box::new(move |rig| {
                pyth_answer(FEED, good(rig), 1).replace("1000000000", "9223372036854775808")
            }),
        ),
        ("no object", Box::new(|_| "[]".into())),
        ("no JSON", Box::new(|_| "<html>".into())),
        ("failure", Box::new(|_| "fail".into())),
    ];
    for (name, answer) in bad {
        let mut rig = Rig::new();
        tick(&mut rig, 1_000_000_000, 1_000, -8);
        let source = pyth(&rig, None);
        rig.list("atom", source, "10").unwrap();
        rig.relay("osmo", 1, 1, "1");
        rig.report(0, &[("osmo", "1")]).unwrap();
        let (now, source) = (rig.now(), rig.adapter("tia"));
        rig.quote("tia", "5", now, None);
        rig.list("tia", source, "5").unwrap();
        let before = rig.point("atom");

        rig.wait(60);
        let (now, answer) = (rig.now(), answer(&rig));
        rig.say(&pyth_query(), &answer);
        rig.quote("tia", "5.1", now, None);
        let outcomes = rig.refresh(&["osmo", "atom", "tia"]);
        assert_eq!(outcomes, ["unchanged", "degraded", "accepted"], "{name}");
        let after = rig.point("atom");
        assert_eq!(after.status, Status::DEGRADED, "{name}");
        assert_eq!(
            (after.price, after.publish_time),
            (before.price, before.publish_time)
        );
        assert_eq!(
            (rig.price("osmo").as_str(), rig.price("tia").as_str()),
            ("1", "5.1")
        );
        assert_eq!(rig.point("osmo").status, Status::OK);

        rig.wait(60);
        tick(&mut rig, 1_010_000_000, 1_000, -8);
        assert_eq!(rig.refresh(&["atom"]), ["accepted"], "{name}");
        assert_eq!(rig.point("atom").status, Status::OK, "{name}");
    }
}

#[test]
fn prc_3_a_feed_may_lie_ten_seconds_ahead_and_never_goes_back() {
    for (ahead, expected) in [(9, "accepted"), (10, "accepted"), (11, "degraded")] {
        let mut rig = Rig::new();
        tick(&mut rig, 1_000, 0, -2);
        let source = pyth(&rig, None);
        rig.list("atom", source, "10").unwrap();
        let time = rig.now() as i64;
        let answer = pyth_answer(FEED, (1_010, 0, -2, time + ahead), 1_010);
        rig.say(&pyth_query(), &answer);
        assert_eq!(rig.refresh(&["atom"]), [expected]);
        let answer = pyth_answer(FEED, (1_020, 0, -2, time - 1), 1_020);
        rig.say(&pyth_query(), &answer);
        assert_eq!(rig.refresh(&["atom"]), ["unchanged"]);
        assert_ne!(rig.price("atom"), "10.2");
    }
}

#[test]
fn bor_7_far_from_its_moving_average_a_feed_still_liquidates_and_stops_borrowing() {
    // Limit 5 % of an average of 100 dollars.
    let cases = [
        (10_499_999_999, "accepted"),
        (10_500_000_000, "accepted"),
        (10_500_000_001, "doubtful"),
        (9_500_000_000, "accepted"),
        (9_499_999_999, "doubtful"),
    ];
    for (price, expected) in cases {
        let mut rig = Rig::new();
        tick(&mut rig, 10_000_000_000, 0, -8);
        let source = pyth(&rig, Some(Decimal256::percent(5)));
        rig.list("atom", source, "100").unwrap();
        rig.wait(60);
        let time = rig.now() as i64;
        let answer = pyth_answer(FEED, (price, 0, -8, time), 10_000_000_000);
        rig.say(&pyth_query(), &answer);
        assert_eq!(rig.refresh(&["atom"]), [expected], "{price}");
        let (point, now) = (rig.point("atom"), Seconds::new(rig.now()));
        let moved = parse(&format!(
            "{}.{:08}",
            price / 100_000_000,
            price % 100_000_000
        ))
        .unwrap();
        assert_eq!(lenient(&point, &readers(), now), Ok(moved));
        let refused = strict(&point, &readers(), now) == Err(Unusable::Degraded);
        assert_eq!(refused, expected == "doubtful");
    }
    let mut rig = Rig::new();
    let time = rig.now() as i64;
    let answer = pyth_answer(FEED, (1_000, 0, -2, time), 0);
    rig.say(&pyth_query(), &answer);
    let source = pyth(&rig, Some(Decimal256::percent(5)));
    rig.list("atom", source, "10").unwrap();
    assert_eq!(
        rig.point("atom").status,
        Status::DEGRADED,
        "no average to compare with"
    );
}

#[test]
fn pyth_sources_are_checked_when_they_are_set() {
    let mut rig = Rig::new();
    tick(&mut rig, 1_000, 0, -2);
    let set = |rig: &mut Rig, contract: String, feed: &str, limit| {
        let source = Source::Pyth {
            contract,
            feed: feed.into(),
            max_ema_deviation: limit,
        };
        rig.list("atom", source, "10")
    };
    let (parrot, own, stranger) = (
        rig.parrot.to_string(),
        rig.oracle.to_string(),
        rig.owner.to_string(),
    );
    let half = Some(Decimal256::percent(50));
    fails(
        set(&mut rig, parrot.clone(), &FEED[1..], None),
        "63 characters",
    );
    let odd = FEED.replace('b', "g");
    fails(set(&mut rig, parrot.clone(), &odd, None), "64 hexadecimal");
    let prefixed = format!("0x{FEED}");
    fails(
        set(&mut rig, parrot.clone(), &prefixed, None),
        "66 characters",
    );
    fails(set(&mut rig, own, FEED, None), "cannot be its own source");
    assert!(set(&mut rig, parrot.to_uppercase(), FEED, None).is_err());
    assert!(set(&mut rig, stranger, FEED, None).is_err());
    let zero = Some(Decimal256::zero());
    fails(
        set(&mut rig, parrot.clone(), FEED, zero),
        "max_ema_deviation 0",
    );
    let over = half.map(|half| half + Decimal256::new(1u128.into()));
    fails(
        set(&mut rig, parrot.clone(), FEED, over),
        "max_ema_deviation 0.5",
    );
    set(&mut rig, parrot.clone(), FEED, half).unwrap();
    // A feed that is asked for in capitals and answers in small letters is the same feed.
    let capitals = FEED.to_uppercase();
    let answer = pyth_answer(FEED, (1_000, 0, -2, rig.now() as i64), 1_000);
    rig.say(&pyth_query().replace(FEED, &capitals), &answer);
    set(&mut rig, parrot, &capitals, half).unwrap();
}

/// A staked token of 1.2 atom, asked as its hub's state, which may grow by a quarter in a year.
fn staked(rig: &Rig) -> LstRate {
    LstRate {
        contract: rig.parrot.to_string(),
        query: r#"{"state":{}}"#.into(),
        rate_path: vec!["exchange_rate".into()],
        time_path: None,
        max_rate_age: 86_400,
        base: "atom".into(),
        max_growth: Decimal256::percent(25),
        snapshot: RateSnapshot {
            rate: "1.2".parse().unwrap(),
            time: rig.now(),
        },
    }
}

fn rate(rig: &mut Rig, rate: &str) {
    let answer = format!(r#"{{"total":"5","exchange_rate":"{rate}"}}"#);
    rig.say(r#"{"state":{}}"#, &answer);
}

/// Atom at ten dollars and its staked token listed at 1.2 of it.
fn staking() -> Rig {
    let mut rig = Rig::new();
    rig.relay("atom", 1, 1, "10");
    rig.report(0, &[("atom", "10")]).unwrap();
    rate(&mut rig, "1.2");
    let source = Source::LstRate(staked(&rig));
    rig.list("statom", source, "12").unwrap();
    assert_eq!(rig.price("statom"), "12");
    rig
}

/// After `seconds` the base is published again and the rate says this: what the staked token is worth.
fn later(rig: &mut Rig, seconds: u64, text: &str) -> String {
    rig.wait(seconds);
    rig.report(0, &[("atom", "10")]).unwrap();
    rate(rig, text);
    assert_eq!(rig.refresh(&["statom"]), ["accepted"], "{text}");
    rig.price("statom")
}

#[test]
fn prc_9_a_jump_of_the_rate_counts_at_the_limit() {
    // A hundredth of a year: 1.2 * (1 + 0.25 / 100) = 1.203.
    let day = 315_576;
    for (said, worth) in [
        ("1.202999", "12.02999"),
        ("1.203", "12.03"),
        ("1.203000000000000000000001", "12.03"),
        ("1.3", "12.03"),
        ("1000000000", "12.03"),
    ] {
        assert_eq!(later(&mut staking(), day, said), worth, "{said}");
    }
    // The limit grows from what counted, and not twice in the same second.
    let mut rig = staking();
    assert_eq!(later(&mut rig, day, "5"), "12.03");
    assert_eq!(rig.refresh(&["statom"]), ["unchanged"]);
    let listed: SourceResponse = rig
        .ask(&QueryMsg::Source {
            denom: "statom".into(),
        })
        .unwrap();
    let highest = listed.highest_rate.unwrap();
    assert_eq!(
        (highest.rate.to_string(), highest.time),
        ("1.203".into(), rig.now())
    );
    // 1.203 * 1.0025 = 1.2060075.
    assert_eq!(later(&mut rig, day, "5"), "12.060075");
}

#[test]
fn prc_9_the_rate_falls_freely_and_returns_to_its_highest_at_once() {
    let mut rig = staking();
    assert_eq!(later(&mut rig, 60, "1.1"), "11");
    assert_eq!(later(&mut rig, 60, "1.2"), "12");
    // A hundredth of a year since the snapshot, although the rate was lower in between.
    assert_eq!(later(&mut rig, 315_576 - 120, "1.3"), "12.03");
}

#[test]
fn aave_capo_a_rate_that_grows_within_the_limit_is_never_cut_whenever_it_is_read() {
    // A fifth a year, read at irregular times; limit a quarter.
    let mut rig = staking();
    let (start, mut step) = (rig.now(), 7u64);
    for _ in 0..100 {
        step = step * 48_271 % 2_147_483_647;
        rig.wait(1 + step % 100_000);
        let elapsed = u128::from(rig.now() - start);
        let atomics = 1_200_000_000_000_000_000 + 240_000_000_000_000_000 * elapsed / 31_557_600;
        let said = format!("1.{:018}", atomics - 1_000_000_000_000_000_000);
        let expected = parse(&said).unwrap().raw() * 10;
        later(&mut rig, 0, &said);
        assert_eq!(rig.point("statom").price.raw(), expected);
    }
}

#[test]
fn v4_a_donation_to_the_staking_pool_moves_the_price_by_a_day_of_growth_at_most() {
    let mut rig = staking();
    let before = rig.point("statom").price.raw();
    later(&mut rig, 86_400, "2.4");
    let after = rig.point("statom").price.raw();
    // 0.25 * 86400 / 31557600 of the price, by hand 0.000684462...
    assert!(after > before && (after - before) * 1_000_000 < before * 685);
}

#[test]
fn v20_rates_of_every_known_shape_are_read() {
    let time = |rig: &Rig| rig.now() - 100;
    let path = |names: &[&str]| {
        names
            .iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    let shapes = [
        (
            r#"{"redemption_rate":{"denom":"stuatom"}}"#,
            r#"{"redemption_rate":"1.25","update_time":TIME}"#,
            path(&["redemption_rate"]),
            Some(path(&["update_time"])),
        ),
        (
            r#"{"price":{"denom":"stuatom","base_denom":"uatom"}}"#,
            r#"{"exchange_rate":"1.25","last_updated":"TIME"}"#,
            path(&["exchange_rate"]),
            Some(path(&["last_updated"])),
        ),
        (
            r#"{"state":{}}"#,
            r#"{"unlocked":[],"exchange_rate":"1.25","tvl":"9"}"#,
            path(&["exchange_rate"]),
            None,
        ),
        (r#"{"exchange_rate":{}}"#, r#""1.25""#, vec![], None),
        (
            r#"{"config":{}}"#,
            r#"{"pool":{"rate":{"value":"1.25"},"at":TIME}}"#,
            path(&["pool", "rate", "value"]),
            Some(path(&["pool", "at"])),
        ),
    ];
    for (query, answer, rate_path, time_path) in shapes {
        let mut rig = Rig::new();
        rig.relay("atom", 1, 1, "10");
        rig.report(0, &[("atom", "10")]).unwrap();
        let answer = answer.replace("TIME", &time(&rig).to_string());
        rig.say(query, &answer);
        let snapshot = RateSnapshot {
            rate: "1.25".parse().unwrap(),
            time: rig.now(),
        };
        let source = LstRate {
            query: query.into(),
            rate_path,
            time_path,
            snapshot,
            ..staked(&rig)
        };
        rig.list("statom", Source::LstRate(source), "12.5").unwrap();
        assert_eq!(rig.price("statom"), "12.5", "{query}");
    }
}

#[test]
fn prc_9_a_rate_too_old_from_the_future_or_unreadable_degrades_its_own_denom_only() {
    fn answers(rate: &str, time: String) -> String {
        format!(r#"{{"rate":{rate},"time":{time}}}"#)
    }
    fn now(rig: &Rig) -> u64 {
        rig.now()
    }
    type Answer = Box<dyn Fn(&Rig) -> String>;
    let at = move |offset: i64| -> Answer {
        Box::new(move |rig| answers("\"1.2\"", (now(rig) as i64 + offset).to_string()))
    };
    let saying = move |rate: &'static str| -> Answer {
        Box::new(move |rig| answers(rate, now(rig).to_string()))
    };
    let cases: Vec<(Answer, &str)> = vec![
        (at(-3_599), "accepted"),
        (at(-3_600), "accepted"),
        (at(-3_601), "degraded"),
        (at(9), "accepted"),
        (at(10), "accepted"),
        (at(11), "degraded"),
        (
            Box::new(move |rig| answers("\"1.2\"", (now(rig) * 1_000_000_000).to_string())),
            "degraded",
        ),
        (saying("\"1.2\""), "accepted"),
        (saying("\"0\""), "degraded"),
        (saying("\"-1\""), "degraded"),
        (saying("\"1e5\""), "degraded"),
        (saying("1.2"), "degraded"),
        (saying("null"), "degraded"),
        (saying("{\"a\":\"1.2\"}"), "degraded"),
        (
            Box::new(|_| answers("\"1.2\"", "\"soon\"".into())),
            "degraded",
        ),
        (Box::new(|_| r#"{"rate":"1.2"}"#.into()), "degraded"),
        (Box::new(|_| "fail".into()), "degraded"),
    ];
    for (index, (answer, expected)) in cases.into_iter().enumerate() {
        let mut rig = Rig::new();
        rig.relay("atom", 1, 1, "10");
        rig.report(0, &[("atom", "10")]).unwrap();
        let now = rig.now();
        rig.say("{}", &answers("\"1.2\"", now.to_string()));
        let source = LstRate {
            query: "{}".into(),
            rate_path: vec!["rate".into()],
            time_path: Some(vec!["time".into()]),
            max_rate_age: 3_600,
            ..staked(&rig)
        };
        rig.list("statom", Source::LstRate(source), "12").unwrap();
        rig.wait(7_200);
        rig.report(0, &[("atom", "10.1")]).unwrap();
        let answer = answer(&rig);
        rig.say("{}", &answer);
        assert_eq!(
            rig.refresh(&["atom", "statom"]),
            ["unchanged", expected],
            "case {index}"
        );
        let worth = if expected == "accepted" {
            "12.12"
        } else {
            "12"
        };
        assert_eq!(rig.price("statom"), worth, "case {index}");
        assert_eq!(rig.point("atom").status, Status::OK);
    }
}

#[test]
fn a_staked_token_shares_the_age_and_the_doubt_of_its_base() {
    let mut rig = staking();
    let base = rig.point("atom");
    assert_eq!(rig.point("statom").publish_time, base.publish_time);
    // The base has no fresh report: its staked token is as old, and in doubt with it.
    rig.wait(301);
    assert_eq!(rig.refresh(&["atom", "statom"]), ["degraded", "degraded"]);
    rig.report(0, &[("atom", "10.2")]).unwrap();
    assert_eq!(rig.refresh(&["statom"]), ["accepted"]);
    assert_eq!(
        (rig.price("statom").as_str(), rig.point("statom").status),
        ("12.24", Status::OK)
    );
    // A frozen base: nothing new.
    let guardian = rig.guardian.clone();
    let freeze = ExecuteMsg::Freeze {
        denom: "atom".into(),
        seconds: 100,
    };
    rig.run(&guardian, &freeze).unwrap();
    assert_eq!(rig.refresh(&["statom"]), ["degraded"]);
    assert_eq!(rig.price("statom"), "12.24");
}

#[test]
fn prc_9_a_base_that_fails_closes_borrowing_on_what_builds_on_it_though_nothing_newer_came() {
    let mut rig = Rig::new();
    let (now, source) = (rig.now(), rig.adapter("atom"));
    rig.quote("atom", "10", now, None);
    rig.list("atom", source, "10").unwrap();
    rate(&mut rig, "1.2");
    let source = Source::LstRate(staked(&rig));
    rig.list("statom", source, "12").unwrap();
    rig.wait(60);
    rig.say(&adapter_query("atom"), "fail");
    assert_eq!(rig.refresh(&["atom", "statom"]), ["degraded", "doubtful"]);
    assert_eq!(rig.refresh(&["statom"]), ["unchanged"]);
    assert_eq!(rig.point("statom").status, Status::DEGRADED);
    assert_eq!(rig.point("statom").publish_time.get(), now);
    let now = rig.now();
    rig.quote("atom", "10.1", now, None);
    assert_eq!(rig.refresh(&["atom", "statom"]), ["accepted", "accepted"]);
    assert_eq!(rig.price("statom"), "12.12");
}

#[test]
fn a_doubted_base_still_carries_its_staked_token_down_for_liquidation() {
    let mut rig = Rig::new();
    tick(&mut rig, 1_000, 0, -2);
    let source = pyth(&rig, Some(Decimal256::percent(5)));
    rig.list("atom", source, "10").unwrap();
    rate(&mut rig, "1.2");
    let source = Source::LstRate(staked(&rig));
    rig.list("statom", source, "12").unwrap();
    let legs = vec!["atom".into(), "statom".into()];
    let lowest = Source::Composite {
        legs,
        rule: Rule::Minimum {},
    };
    rig.list("lowest", lowest, "10").unwrap();
    rig.list("one", Source::Fixed { price: "1".into() }, "1")
        .unwrap();
    // The doubted leg last.
    let product = Source::Composite {
        legs: vec!["one".into(), "atom".into()],
        rule: Rule::Product {},
    };
    rig.list("product", product, "10").unwrap();
    rig.wait(60);
    let answer = pyth_answer(FEED, (920, 0, -2, rig.now() as i64), 1_000);
    rig.say(&pyth_query(), &answer);
    let all = ["atom", "statom", "lowest", "product"];
    assert_eq!(rig.refresh(&all), ["doubtful"; 4]);
    let now = Seconds::new(rig.now());
    for (denom, price) in all.into_iter().zip(["9.2", "11.04", "9.2", "9.2"]) {
        let point = rig.point(denom);
        assert_eq!(lenient(&point, &readers(), now), Ok(parse(price).unwrap()));
        assert_eq!(strict(&point, &readers(), now), Err(Unusable::Degraded));
    }
}

#[test]
fn staked_sources_are_checked_when_they_are_set() {
    let mut rig = staking();
    let good = staked(&rig);
    let mut refused = |change: &dyn Fn(&mut LstRate), with: &str| {
        let mut source = good.clone();
        change(&mut source);
        fails(rig.list("statom", Source::LstRate(source), "12"), with);
    };
    let own = wicker_address(&staking());
    refused(&|one| one.contract = own.clone(), "its own source");
    refused(&|one| one.contract = "x".into(), "");
    refused(&|one| one.base = "statom".into(), "statom has no source");
    refused(&|one| one.base = "luna".into(), "luna has no source");
    refused(&|one| one.query = String::new(), "query length 0");
    refused(&|one| one.query = " ".repeat(513), "query length 513");
    refused(&|one| one.query = "no JSON".into(), "");
    refused(&|one| one.rate_path = vec!["a".into(); 9], "path length 9");
    refused(&|one| one.rate_path = vec![String::new()], "name length 0");
    refused(
        &|one| one.time_path = Some(vec!["a".repeat(65)]),
        "name length 65",
    );
    refused(&|one| one.time_path = Some(vec!["total".into()]), "");
    refused(
        &|one| one.rate_path = vec!["rate".into()],
        "no rate where the path leads",
    );
    refused(&|one| one.max_rate_age = 0, "max_rate_age 0");
    refused(&|one| one.max_rate_age = 604_801, "max_rate_age 604801");
    refused(&|one| one.max_growth = Decimal256::zero(), "max_growth 0");
    refused(
        &|one| one.max_growth = Decimal256::one() + Decimal256::new(1u128.into()),
        "max_growth 1.0",
    );
    refused(
        &|one| one.snapshot.rate = Decimal256::zero(),
        "snapshot rate 0",
    );
    refused(
        &|one| one.snapshot.rate = "0.000999".parse().unwrap(),
        "snapshot rate 0.000999",
    );
    refused(
        &|one| one.snapshot.rate = "1000.1".parse().unwrap(),
        "snapshot rate 1000.1",
    );
    refused(&|one| one.snapshot.rate = Decimal256::MAX, "snapshot rate");
    refused(&|one| one.snapshot.time += 1, "snapshot time");
    refused(&|one| one.snapshot.time -= 31_557_601, "snapshot time");
    // The limit from this snapshot is under the band around the reference: one dollar and a bit for a token of twelve.
    refused(
        &|one| one.snapshot.rate = "0.1".parse().unwrap(),
        "from the reference",
    );
    rig.list("statom", Source::LstRate(good), "12").unwrap();
    let fixed = Source::Fixed { price: "12".into() };
    rig.list("statom", fixed, "12").unwrap();
    let listed: SourceResponse = rig
        .ask(&QueryMsg::Source {
            denom: "statom".into(),
        })
        .unwrap();
    assert_eq!(listed.highest_rate, None);
}

fn wicker_address(rig: &Rig) -> String {
    rig.oracle.to_string()
}

#[test]
fn an_adapter_answers_in_the_agreed_form_or_its_denom_is_degraded() {
    let mut rig = Rig::new();
    let (now, source) = (rig.now(), rig.adapter("factory/x/y"));
    rig.quote(
        "factory/x/y",
        "0.000000012345",
        now,
        Some("0.0000000000000001"),
    );
    rig.list("y", source.clone(), "0.000000012345").unwrap();
    let quoted = rig.quoted("y");
    assert_eq!(quoted.price, "0.000000012345");
    assert_eq!(quoted.confidence, "0.0000000000000001");
    let query = adapter_query("factory/x/y");
    let time = now + 60;
    rig.wait(60);
    for answer in [
        format!(r#"{{"price":"1e-8","publish_time":{time},"confidence":null}}"#),
        format!(r#"{{"price":0.000000012345,"publish_time":{time},"confidence":null}}"#),
        format!(r#"{{"price":"0.000000012345","publish_time":{time},"confidence":"-1"}}"#),
        format!(r#"{{"price":"0.000000012345","publish_time":{time}.5}}"#),
        format!(r#"{{"price":"0.000000012345","publish_time":-{time}}}"#),
        // Another oracle's answer carries a status that an adapter must not drop.
        format!(r#"{{"price":"0.000000012345","publish_time":{time},"status":"frozen"}}"#),
        r#"{"price":"0.000000012345"}"#.into(),
        " ".into(),
        "fail".into(),
    ] {
        rig.say(&query, &answer);
        assert_eq!(rig.refresh(&["y"]), ["degraded"], "{answer}");
        assert_eq!(rig.point("y").publish_time.get(), now);
    }
    rig.say(
        &query,
        &format!(r#"{{"price":"0.0000000124","publish_time":{time}}}"#),
    );
    assert_eq!(rig.refresh(&["y"]), ["accepted"]);
    assert_eq!(rig.quoted("y").confidence, "0");
    let own = Source::Adapter {
        contract: rig.oracle.to_string(),
        denom: "y".into(),
    };
    fails(rig.list("z", own, "1"), "its own source");
    let nameless = rig.adapter("");
    fails(rig.list("z", nameless, "1"), "adapter denom length 0");
    let long = rig.adapter(&"d".repeat(129));
    fails(rig.list("z", long, "1"), "adapter denom length 129");
    let unknown = rig.adapter("unknown");
    assert!(rig.list("z", unknown, "1").is_err());
}

#[test]
fn a_long_reason_is_cut_short() {
    let mut rig = Rig::new();
    let (now, source) = (rig.now(), rig.adapter("x"));
    rig.quote("x", "1", now, None);
    rig.list("x", source, "1").unwrap();
    rig.say(&adapter_query("x"), "fail");
    let anyone = rig.feeder(9);
    let refresh = ExecuteMsg::Refresh {
        denoms: vec!["x".into()],
    };
    let response = rig.run(&anyone, &refresh).unwrap();
    let reasons = attributes(&response, "reason");
    assert_eq!(reasons.len(), 1);
    assert!(
        (1..=200).contains(&reasons[0].chars().count()),
        "{reasons:?}"
    );
}

#[test]
fn prc_9_a_composite_follows_its_newest_leg_and_fails_with_its_oldest() {
    let mut rig = Rig::new();
    rig.relay("atom", 1, 1, "10");
    rig.relay("ratio", 1, 1, "2");
    rig.report(0, &[("atom", "10"), ("ratio", "2")]).unwrap();
    let legs = vec!["atom".into(), "ratio".into()];
    let product = Source::Composite {
        legs: legs.clone(),
        rule: Rule::Product {},
    };
    rig.list("pair", product, "20").unwrap();
    // One leg moves, the other is 300 seconds old: followed. One second more: not.
    rig.wait(300);
    rig.report(0, &[("atom", "10.5")]).unwrap();
    assert_eq!(rig.refresh(&["pair"]), ["accepted"]);
    assert_eq!(
        (rig.price("pair").as_str(), rig.quoted("pair").publish_time),
        ("21", rig.now())
    );
    rig.wait(1);
    rig.report(0, &[("atom", "10.6")]).unwrap();
    assert_eq!(rig.refresh(&["pair"]), ["degraded"]);
    assert_eq!(rig.price("pair"), "21");
}

#[test]
fn prc_5_a_median_leaves_out_legs_that_are_old_or_in_doubt() {
    let mut rig = Rig::new();
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        rig.relay(name, 1, 1, "10");
    }
    rig.report(0, &names.map(|name| (name, "10"))).unwrap();
    let median = Source::Composite {
        legs: names.map(String::from).to_vec(),
        rule: Rule::Median {
            quorum: 2,
            max_spread: Decimal256::percent(5),
        },
    };
    rig.list("median", median, "10").unwrap();
    assert_eq!(rig.point("median").sources, 5);
    // Three legs go silent while two follow the market.
    rig.wait(301);
    rig.report(0, &[("a", "9.2"), ("b", "9.4")]).unwrap();
    assert_eq!(rig.refresh(&["median"]), ["accepted"]);
    assert_eq!(
        (rig.price("median").as_str(), rig.point("median").sources),
        ("9.3", 2)
    );
    rig.wait(301);
    rig.report(0, &[("a", "9.3")]).unwrap();
    assert_eq!(rig.refresh(&["median"]), ["degraded"]);
    // A leg in doubt is left out although it is fresh.
    let mut rig = Rig::new();
    let now = rig.now();
    for name in ["a", "b", "c"] {
        let source = rig.adapter(name);
        rig.quote(name, "10", now, None);
        rig.list(name, source, "10").unwrap();
    }
    let median = Source::Composite {
        legs: ["a", "b", "c"].map(String::from).to_vec(),
        rule: Rule::Median {
            quorum: 2,
            max_spread: Decimal256::percent(5),
        },
    };
    rig.list("median", median, "10").unwrap();
    rig.wait(60);
    let now = rig.now();
    rig.quote("a", "10.1", now, None);
    rig.quote("b", "10.2", now, None);
    rig.say(&adapter_query("c"), "fail");
    let outcomes = rig.refresh(&["a", "b", "c", "median"]);
    assert_eq!(outcomes, ["accepted", "accepted", "degraded", "accepted"]);
    assert_eq!(
        (rig.price("median").as_str(), rig.point("median").sources),
        ("10.15", 2)
    );
}

#[test]
fn prc_9_what_is_built_is_as_uncertain_and_as_widely_sourced_as_its_parts() {
    let mut rig = Rig::new();
    let now = rig.now();
    for (name, price, width) in [("a", "10", "0.1"), ("b", "2", "0.05"), ("c", "0.5", "0")] {
        let source = rig.adapter(name);
        rig.quote(name, price, now, Some(width));
        rig.list(name, source, price).unwrap();
    }
    let fine = "0.000000000000000000000001";
    let source = rig.adapter("fine");
    rig.quote("fine", "3", now, Some(fine));
    rig.list("fine", source, "3").unwrap();
    rig.relay("wide", 3, 2, "1");
    for feeder in 0..3 {
        rig.report(feeder, &[("wide", "1")]).unwrap();
    }
    let of = |legs: &[&str], rule: Rule| Source::Composite {
        legs: legs.iter().map(|leg| leg.to_string()).collect(),
        rule,
    };
    // 10 within 1 % times 2 within 2.5 %: 0.1 * 2 + 0.05 * 10. A half of the smallest unit counts whole.
    let cases = [
        (vec!["a", "b"], Rule::Product {}, "20", "0.7", 1),
        (vec!["fine", "c"], Rule::Product {}, "1.5", fine, 1),
        (vec!["c", "fine"], Rule::Product {}, "1.5", fine, 1),
        (vec!["a", "b", "c"], Rule::Product {}, "10", "0.35", 1),
        (vec!["a", "b"], Rule::Minimum {}, "2", "0.05", 1),
        (vec!["b", "a"], Rule::Minimum {}, "2", "0.05", 1),
        (vec!["wide", "c"], Rule::Product {}, "0.5", "0", 1),
        (vec!["c", "wide"], Rule::Minimum {}, "0.5", "0", 1),
    ];
    for (index, (legs, rule, price, width, sources)) in cases.into_iter().enumerate() {
        let name = format!("built{index}");
        rig.list(&name, of(&legs, rule), price).unwrap();
        let quoted = rig.quoted(&name);
        assert_eq!(
            (quoted.confidence.as_str(), quoted.sources),
            (width, sources),
            "{legs:?}"
        );
        assert_eq!(quoted.price, price);
    }
    // Of a staked token: 1.2 times the base's, from as many sources.
    rate(&mut rig, "1.2");
    for (name, base, price, width, sources) in
        [("sa", "a", "12", "0.12", 1), ("sw", "wide", "1.2", "0", 2)]
    {
        let source = LstRate {
            base: base.into(),
            ..staked(&rig)
        };
        rig.list(name, Source::LstRate(source), price).unwrap();
        let quoted = rig.quoted(name);
        assert_eq!(
            (quoted.price.as_str(), quoted.confidence.as_str()),
            (price, width)
        );
        assert_eq!(quoted.sources, sources);
    }
}

/// An attacker moves a source, refreshes and (through a contract that reads the record) borrows, all in one transaction.
#[test]
fn prc_10_a_price_carried_in_with_the_same_transaction_is_paired_with_the_one_before() {
    let mut rig = Rig::new();
    let (now, source) = (rig.now(), rig.adapter("atom"));
    rig.quote("atom", "10", now, None);
    rig.list("atom", source, "10").unwrap();
    rig.wait(3_600);
    let carried = |rig: &mut Rig, quotes: &[(&str, u64)]| {
        let refresh = WasmMsg::Execute {
            contract_addr: rig.oracle.to_string(),
            msg: cosmwasm_std::to_json_binary(&ExecuteMsg::Refresh {
                denoms: vec!["atom".into()],
            })
            .unwrap(),
            funds: vec![],
        };
        let messages = quotes.iter().flat_map(|(price, time)| {
            let answer = format!(r#"{{"price":"{price}","publish_time":{time}}}"#);
            [
                rig.saying(&adapter_query("atom"), &answer),
                refresh.clone().into(),
            ]
        });
        let messages = messages.collect();
        let attacker = rig.feeder(66);
        let responses = rig.app.execute_multi(attacker, messages).unwrap();
        responses.iter().flat_map(outcomes).collect::<Vec<_>>()
    };
    let now = rig.now();
    // Three small steps at once: the price moves, the anchor does not.
    let pushed = carried(
        &mut rig,
        &[("10.9", now), ("11.8", now + 1), ("12.4", now + 2)],
    );
    assert_eq!(pushed, ["accepted"; 3]);
    let (point, at) = (rig.point("atom"), Seconds::new(now));
    assert_eq!(point.anchor, parse("10").unwrap());
    assert_eq!((point.accepted_at, point.anchor_at), (at, at));
    let range = strict(&point, &readers(), at).unwrap();
    let (low, high) = (parse("10").unwrap(), parse("12.4").unwrap());
    assert_eq!((range.low, range.high), (low, high));
    // To its last second before the delay is over, and then no more.
    let during = strict(&point, &readers(), Seconds::new(now + 599)).unwrap();
    assert_eq!(during.low, low);
    let after = strict(&point, &readers(), Seconds::new(now + 600)).unwrap();
    assert_eq!((after.low, after.high), (high, high));
    // Down again a minute later: the high price stood for a sixtieth of the window and weighs as much in the anchor.
    rig.wait(60);
    let now = rig.now();
    assert_eq!(
        carried(&mut rig, &[("11.5", now), ("10.5", now + 1)]),
        ["accepted"; 2]
    );
    let range = strict(&rig.point("atom"), &readers(), Seconds::new(now)).unwrap();
    assert_eq!(range.low, parse("10.04").unwrap());
    assert_eq!(range.high, parse("10.5").unwrap());
    // One large step: it only waits, and strict readers take the worse of the two.
    let mut rig = Rig::new();
    let (now, source) = (rig.now(), rig.adapter("atom"));
    rig.quote("atom", "10", now, None);
    rig.list("atom", source, "10").unwrap();
    rig.wait(60);
    let now = rig.now();
    assert_eq!(
        carried(&mut rig, &[("20", now), ("20", now + 10)]),
        ["limited"; 2]
    );
    let (point, at) = (rig.point("atom"), Seconds::new(now));
    let range = strict(&point, &readers(), at).unwrap();
    assert_eq!((range.low, range.high), (low, parse("20").unwrap()));
    assert_eq!(lenient(&point, &readers(), at), Ok(low));
}
