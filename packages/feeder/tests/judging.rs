//! What is believed and what is reported: figures by hand, and what must hold whatever the inputs say.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::panic, clippy::unwrap_used)]

use proptest::prelude::*;
use wicker_engine::price::parse;
use wicker_feeder::judge::{
    judge, Cause, Decision, Doubt, Hold, Judged, Memory, Policy, Quote, Seen, Waiting,
};
use wicker_math::{Price, Ratio, Seconds};

const NOW: u64 = 1_700_000_000;

fn policy() -> Policy {
    Policy {
        inputs: 2,
        max_age: Seconds::new(60),
        max_future: Seconds::new(5),
        max_deviation: Ratio::percent(2),
        max_step: Ratio::percent(10),
        step_interval: Seconds::new(20),
        min_change: Ratio::bps(10),
        heartbeat: Seconds::new(120),
    }
}

fn quote(price: &str, time: u64) -> Quote {
    Quote {
        price: parse(price).unwrap(),
        time: Seconds::new(time),
    }
}

fn seen(input: &str, price: &str, time: u64) -> Seen {
    Seen {
        input: input.into(),
        quote: quote(price, time),
    }
}

/// Inputs `a`, `b`, ... of this moment.
fn fresh(prices: &[&str], time: u64) -> Vec<Seen> {
    let names = ["a", "b", "c", "d", "e"];
    let pairs = names.iter().zip(prices);
    pairs.map(|(name, price)| seen(name, price, time)).collect()
}

fn after(last: Quote) -> Memory {
    Memory {
        last: Some(last),
        waiting: None,
    }
}

fn judged(memory: &Memory, seen: &[Seen], now: u64) -> Judged {
    judge(&policy(), memory, seen, Seconds::new(now))
}

fn price(judged: &Judged) -> Option<(Price, Cause)> {
    match judged.decision {
        Decision::Report(quote, cause) => Some((quote.price, cause)),
        Decision::Hold(_) => None,
    }
}

fn few(judged: &Judged) -> (usize, usize) {
    match judged.decision {
        Decision::Hold(Hold::Few {
            agreeing, fresh, ..
        }) => (agreeing, fresh),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_median_is_the_middle_and_of_an_even_number_the_mean_of_the_middle_two() {
    let none = Memory::default();
    for (prices, expected) in [
        (vec!["10", "10.2"], "10.1"),
        (vec!["10.1", "10", "10.15"], "10.1"),
        (vec!["10", "10.1", "10.05", "10.2"], "10.075"),
        // The lower of the middle two, 10, is what 30 is measured against; then the mean of 10 and 10.1.
        (vec!["10", "10.1", "30"], "10.05"),
    ] {
        let found = judged(&none, &fresh(&prices, NOW), NOW);
        assert_eq!(
            price(&found),
            Some((parse(expected).unwrap(), Cause::First)),
            "{prices:?}"
        );
    }
}

#[test]
fn its_time_is_when_enough_inputs_had_spoken() {
    let said = [
        seen("a", "10", NOW - 50),
        seen("b", "10", NOW - 9),
        seen("c", "10", NOW - 3),
    ];
    let found = judged(&Memory::default(), &said, NOW);
    assert_eq!(found.agreed, Some(quote("10", NOW - 9)));
}

#[test]
fn kpr_6_a_stale_or_a_future_observation_is_dropped_to_the_second_and_the_rest_counted_again() {
    let none = Memory::default();
    let with = |time| judged(&none, &[seen("a", "10", NOW), seen("b", "10", time)], NOW);
    for time in [NOW - 60, NOW + 5] {
        let found = with(time);
        assert!(
            price(&found).is_some() && found.dropped.is_empty(),
            "{time}"
        );
        // Nothing is ever said to be of a later time than now.
        assert!(found.agreed.unwrap().time <= Seconds::new(NOW));
    }
    for (time, label) in [
        (NOW - 61, "stale"),
        (0, "stale"),
        (NOW + 6, "future"),
        (NOW * 1_000, "future"),
        (u64::MAX, "future"),
    ] {
        let found = with(time);
        assert_eq!(few(&found), (1, 1));
        assert_eq!(found.dropped.len(), 1);
        assert_eq!(
            (
                found.dropped[0].input.as_str(),
                found.dropped[0].why.label()
            ),
            ("b", label)
        );
    }
}

#[test]
fn kpr_6_an_outlier_is_dropped_and_the_quorum_counted_again() {
    let none = Memory::default();
    let found = judged(
        &none,
        &fresh(&["10", "10.2", "10.200000000000000000000001"], NOW),
        NOW,
    );
    assert!(
        price(&found).is_some() && found.dropped.is_empty(),
        "2 % is still near the middle one"
    );
    let found = judged(&none, &fresh(&["10", "10.1", "100"], NOW), NOW);
    assert_eq!(found.dropped[0].input, "c");
    assert_eq!(
        found.dropped[0].why,
        Doubt::Outlier {
            median: parse("10.1").unwrap()
        }
    );
    assert_eq!(price(&found), Some((parse("10.05").unwrap(), Cause::First)));
    // Two that contradict each other: neither is believed.
    assert_eq!(few(&judged(&none, &fresh(&["10", "11"], NOW), NOW)), (1, 2));
    // Two of four agree, which is enough of them and no majority.
    assert_eq!(
        few(&judged(&none, &fresh(&["1", "10", "10", "50"], NOW), NOW)),
        (2, 4)
    );
    assert_eq!(few(&judged(&none, &[], NOW)), (0, 0));
}

#[test]
fn an_input_that_speaks_twice_does_not_count_at_all() {
    let said = [
        seen("a", "10", NOW),
        seen("a", "10", NOW),
        seen("b", "10", NOW),
    ];
    let found = judged(&Memory::default(), &said, NOW);
    assert_eq!(few(&found), (1, 1));
    assert!(found.dropped.iter().all(|one| one.why == Doubt::Twice));
}

#[test]
fn small_changes_wait_for_the_heartbeat() {
    let last = after(quote("100", NOW));
    let with = |price: &str, time| judged(&last, &fresh(&[price, price], time), time);
    assert_eq!(
        with("100.1", NOW + 10).decision,
        Decision::Hold(Hold::Quiet)
    );
    let moved = "100.100000000000000000000001";
    assert_eq!(price(&with(moved, NOW + 10)).unwrap().1, Cause::Change);
    assert_eq!(with("100", NOW + 119).decision, Decision::Hold(Hold::Quiet));
    assert_eq!(price(&with("100", NOW + 120)).unwrap().1, Cause::Heartbeat);
}

#[test]
fn nothing_is_reported_of_a_time_that_was_reported_already() {
    let last = after(quote("100", NOW));
    for time in [NOW, NOW - 1] {
        let found = judged(&last, &fresh(&["105", "105"], time), NOW + 5);
        assert_eq!(
            found.decision,
            Decision::Hold(Hold::NotNewer { time, last: NOW })
        );
    }
}

#[test]
fn a_large_step_is_reported_when_it_is_seen_again_later_and_not_before() {
    let mut memory = after(quote("100", NOW));
    let mut look = |price: &str, time: u64| {
        let found = judged(&memory, &fresh(&[price, price], NOW + time), NOW + time);
        memory.waiting = found.waiting;
        found.decision
    };
    assert_eq!(
        look("110", 1),
        Decision::Report(quote("110", NOW + 1), Cause::Change)
    );
    let waits = |decision| matches!(decision, Decision::Hold(Hold::Step { .. }));
    assert!(waits(look("80", 10)));
    // The same look again, and a second one too early.
    assert!(waits(look("80", 10)) && waits(look("80", 29)));
    // Far from the one before it: a third is needed.
    assert!(waits(look("50", 31)));
    assert_eq!(
        look("51", 32),
        Decision::Report(quote("51", NOW + 32), Cause::Step)
    );
}

#[test]
fn a_wick_is_forgotten_and_one_to_the_other_side_begins_anew() {
    let mut memory = after(quote("100", NOW));
    let mut look = |price: &str, time: u64| {
        let found = judged(&memory, &fresh(&[price, price], NOW + time), NOW + time);
        memory.waiting = found.waiting;
        (found.decision, found.waiting)
    };
    assert!(look("80", 10).1.is_some());
    assert_eq!(look("100", 20), (Decision::Hold(Hold::Quiet), None));
    let up = quote("130", NOW + 40);
    look("80", 30);
    let found = look("130", 40).1;
    assert_eq!(
        found,
        Some(Waiting {
            since: up.time,
            newest: up
        })
    );
    // A moment in which too few inputs agree forgets nothing.
    let waiting = Memory {
        last: Some(quote("100", NOW)),
        waiting: found,
    };
    assert_eq!(judged(&waiting, &[], NOW + 50).waiting, found);
}

/// True when the distance is more than `limit` of `from`, for limits in whole millionths up to a third.
fn far(to: Price, from: Price, limit: Ratio) -> bool {
    let (to, from) = (to.raw(), from.raw());
    // Where the product does not fit, the distance is more than a third of the highest price.
    match to.abs_diff(from).checked_mul(1_000_000) {
        Some(distance) => distance > from * (limit.raw() / 1_000_000_000_000),
        None => true,
    }
}

/// Prices near each other, far off, and at the ends of the range.
fn raw() -> impl Strategy<Value = u128> {
    let one = Price::ONE.raw();
    prop_oneof![
        4 => (990u128..=1_010).prop_map(move |share| one / 1_000 * share),
        2 => (500u128..=2_000).prop_map(move |share| one / 1_000 * share),
        1 => Price::MIN.raw()..=Price::MAX.raw(),
        1 => Just(Price::MIN.raw()),
        1 => Just(Price::MAX.raw()),
    ]
}

fn times() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => NOW - 70..=NOW + 8,
        1 => Just(0u64),
        1 => Just(u64::MAX),
    ]
}

fn said() -> impl Strategy<Value = Vec<Seen>> {
    prop::collection::vec((0u8..8, raw(), times()), 0..8).prop_map(|rows| {
        let rows = rows.into_iter();
        rows.map(|(input, raw, time)| Seen {
            input: input.to_string(),
            quote: Quote {
                price: Price::new(raw).unwrap(),
                time: Seconds::new(time),
            },
        })
        .collect()
    })
}

fn quotes() -> impl Strategy<Value = Quote> {
    (raw(), NOW - 300..=NOW).prop_map(|(raw, time)| Quote {
        price: Price::new(raw).unwrap(),
        time: Seconds::new(time),
    })
}

fn memory() -> impl Strategy<Value = Memory> {
    let waiting = (quotes(), 0u64..60).prop_map(|(newest, before)| Waiting {
        since: Seconds::new(newest.time.get() - before),
        newest,
    });
    (prop::option::of(quotes()), prop::option::of(waiting))
        .prop_map(|(last, waiting)| Memory { last, waiting })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Who is fresh, alone and near is counted here anew, by the words of the manual.
    #[test]
    fn what_is_reported_is_near_a_majority_of_the_fresh_inputs_newer_and_within_the_step(
        said in said(), memory in memory(), inputs in 1usize..4,
    ) {
        let policy = Policy { inputs, ..policy() };
        let now = Seconds::new(NOW);
        let found = judge(&policy, &memory, &said, now);
        let fresh: Vec<&Seen> = said.iter().filter(|one| {
            let once = said.iter().filter(|other| other.input == one.input).count() == 1;
            once && (NOW - 60..=NOW + 5).contains(&one.quote.time.get())
        }).collect();
        if let Decision::Report(quote, cause) = found.decision {
            let near = fresh.iter().filter(|one| !far(one.quote.price, quote.price, policy.max_deviation)).count();
            prop_assert!(near >= inputs && near * 2 > fresh.len(), "{near} of {}", fresh.len());
            prop_assert!((Price::MIN..=Price::MAX).contains(&quote.price));
            prop_assert!(quote.time <= now && now.since(quote.time) <= policy.max_age);
            if let Some(last) = memory.last {
                prop_assert!(quote.time > last.time);
                let large = far(quote.price, last.price, policy.max_step);
                prop_assert_eq!(large, cause == Cause::Step);
                if large {
                    let waiting = memory.waiting.unwrap();
                    prop_assert!(quote.time.get() >= waiting.since.get() + 20);
                    prop_assert!(!far(quote.price, waiting.newest.price, policy.max_step));
                }
            }
            prop_assert_eq!(found.waiting.is_some(), cause == Cause::Step);
        }
        // Each observation is dropped at most once, and a majority that agrees is never called too few.
        prop_assert!(found.dropped.len() <= said.len());
        let first = fresh.first().map(|one| one.quote.price);
        if fresh.len() >= inputs && first.is_some_and(|first| fresh.iter().all(|one| one.quote.price == first)) {
            prop_assert!(found.agreed.is_some());
        }
    }

    #[test]
    fn the_order_of_inputs_changes_nothing((said, mixed) in said().prop_flat_map(|said| (Just(said.clone()), Just(said).prop_shuffle())), memory in memory()) {
        let now = Seconds::new(NOW);
        prop_assert_eq!(judge(&policy(), &memory, &said, now), judge(&policy(), &memory, &mixed, now));
    }
}
