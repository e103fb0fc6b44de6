//! Prices of any size and tokens of any decimals against exact rational numbers, in 512-bit integers.

#![allow(clippy::unwrap_used)] // The rig's verbs are test code too; clippy sees that only inside test functions.

mod rig;

use cosmwasm_std::{Decimal256, Uint512};
use proptest::prelude::*;
use rig::Rig;
use wicker_math::{mul_div_floor, Amount, Decimals};
use wicker_msgs::oracle::*;

const FEED: &str = "b00b60f88b03a6a625a8d1c048c3f66653edf217439983d037e7222c4e612819";
/// Exact numbers are whole numbers of 1e-48.
const SCALE: u32 = 48;
const PART: u128 = 1_000_000_000_000;

fn ten(power: u32) -> Uint512 {
    Uint512::from(10u8).pow(power)
}

fn exact(number: u128) -> Uint512 {
    Uint512::from(number)
}

/// True when `got` is not above `true_value` and below it by one part in 1e12 at most.
fn close(got: Uint512, true_value: Uint512) -> bool {
    got <= true_value && (true_value - got) * exact(PART) <= true_value
}

/// A mantissa of up to 19 digits and an exponent that make a price between 1e-12 and 1e9 dollars.
fn price() -> impl Strategy<Value = (i64, i32)> {
    let mantissa = (0u32..19).prop_flat_map(|digits| {
        let low = 10i64.pow(digits);
        let high = low.checked_mul(10).map_or(i64::MAX, |high| high - 1);
        (low..=high, Just(digits as i32))
    });
    (mantissa, -12i32..=8).prop_map(|((mantissa, digits), size)| (mantissa, size - digits))
}

/// A feed's price, written out in whole dollars and places.
fn text(mantissa: u128, exponent: i32) -> String {
    if exponent >= 0 {
        return (mantissa * 10u128.pow(exponent as u32)).to_string();
    }
    let places = -exponent as usize;
    let digits = format!("{mantissa:0>width$}", width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    format!("{whole}.{part}")
}

fn listed(mantissa: i64, exponent: i32) -> Rig {
    let mut rig = Rig::new();
    let time = rig.now();
    let quote =
        format!(r#"{{"price":"{mantissa}","conf":"0","expo":{exponent},"publish_time":{time}}}"#);
    let answer =
        format!(r#"{{"price_feed":{{"id":"{FEED}","price":{quote},"ema_price":{quote}}}}}"#);
    rig.say(&format!(r#"{{"price_feed":{{"id":"{FEED}"}}}}"#), &answer);
    let source = Source::Pyth {
        contract: rig.parrot.to_string(),
        feed: FEED.into(),
        max_ema_deviation: None,
    };
    // The reference to 24 places: a band of a fifth around it is no part of what is tested.
    let full = text(mantissa as u128, exponent);
    let cut = full
        .split_once('.')
        .map_or(full.clone(), |(whole, places)| {
            format!("{whole}.{}", &places[..places.len().min(24)])
        });
    rig.list("token", source, &cut).unwrap();
    rig
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn v20_a_feed_of_any_exponent_is_stored_to_one_part_in_1e12((mantissa, exponent) in price()) {
        let raw = listed(mantissa, exponent).point("token").price.raw();
        let true_value = exact(mantissa as u128) * ten((SCALE as i32 + exponent) as u32);
        prop_assert!(close(exact(raw) * ten(SCALE - 24), true_value), "{mantissa}e{exponent}: {raw}");
    }

    #[test]
    fn v20_amounts_of_tokens_with_any_decimals_are_worth_what_they_should(
        (mantissa, exponent) in price(),
        places in 0u8..=18,
        size in -6i32..=12,
        digits in 1_000_000u128..10_000_000,
    ) {
        let rig = listed(mantissa, exponent);
        let (price, decimals) = (rig.point("token").price, Decimals::new(places).unwrap());
        // An amount worth about 10^size dollars; the price is at least 1e-12 dollars.
        let dollars = digits * 10u128.pow((size + 6) as u32);
        let amount = mul_div_floor(dollars, 10u128.pow(u32::from(places) + 12), price.raw()).unwrap_or(0);
        prop_assume!(amount > 0);
        let floor = price.value_floor(Amount::new(amount), decimals).unwrap().raw();
        let ceil = price.value_ceil(Amount::new(amount), decimals).unwrap().raw();
        let true_value = exact(amount) * exact(mantissa as u128)
            * ten((SCALE as i32 + exponent) as u32 - u32::from(places).min(18));
        // In units of 1e-48; a value has steps of 1e-18.
        let unit = ten(SCALE - 18);
        prop_assert!(exact(floor) * unit <= true_value);
        prop_assert!((true_value - exact(floor) * unit - unit.min(true_value - exact(floor) * unit)) * exact(PART) <= true_value);
        prop_assert!(ceil - floor <= 1);
    }

    #[test]
    fn an_adapters_text_is_stored_exactly(raw in 1_000_000_000_000u128..=1_000_000_000_000_000_000_000_000_000_000_000) {
        let mut rig = Rig::new();
        let (now, source) = (rig.now(), rig.adapter("token"));
        let said = text(raw, -24);
        rig.quote("token", &said, now, None);
        rig.list("token", source, &said).unwrap();
        prop_assert_eq!(rig.point("token").price.raw(), raw);
    }

    #[test]
    fn prc_9_a_staked_tokens_price_is_the_exact_product_cut_at_1e_24((mantissa, exponent) in price(), rate in 1_000u128..1_000_000_000) {
        let mut rig = listed(mantissa, exponent);
        let base = rig.point("token").price.raw();
        let true_value = exact(base) * exact(rate) * ten(SCALE - 30);
        let raw = (exact(base) * exact(rate)) / ten(6);
        prop_assume!(raw >= ten(12) && raw <= ten(33));
        rig.say("{}", &format!("\"{}\"", text(rate, -6)));
        let source = LstRate {
            contract: rig.parrot.to_string(),
            query: "{}".into(),
            rate_path: vec![],
            time_path: None,
            max_rate_age: 1,
            base: "token".into(),
            max_growth: Decimal256::percent(1),
            snapshot: RateSnapshot {
                rate: Decimal256::from_atomics(rate, 6).unwrap(),
                time: rig.now(),
            },
        };
        let reference = text(raw.to_string().parse().unwrap(), -24);
        rig.list("staked", Source::LstRate(source), &reference).unwrap();
        let stored = rig.point("staked").price.raw();
        prop_assert_eq!(exact(stored), raw);
        prop_assert!(close(exact(stored) * ten(SCALE - 24), true_value));
    }

    #[test]
    fn v32_nothing_that_a_contract_answers_stops_a_refresh(
        (price, conf, expo, time) in (any::<i64>(), any::<u64>(), any::<i32>(), any::<i64>()),
        (near, small, soon) in (1i64..10_000, -30i32..12, -400i64..400),
        average in any::<i64>(),
        said in "[0-9a-z.\"{}:,-]{0,50}",
        rate in "[0-9]{0,40}[.]?[0-9]{0,40}",
    ) {
        let mut rig = listed(1_000, -2);
        rig.say("{}", "\"1.2\"");
        let now = rig.now();
        let staked = LstRate {
            contract: rig.parrot.to_string(),
            query: "{}".into(),
            rate_path: vec![],
            time_path: None,
            max_rate_age: 1,
            base: "token".into(),
            max_growth: Decimal256::percent(1),
            snapshot: RateSnapshot {
                rate: Decimal256::percent(120),
                time: now,
            },
        };
        rig.list("staked", Source::LstRate(staked), "12").unwrap();
        rig.quote("other", "10", now, None);
        let adapter = rig.adapter("other");
        rig.list("other", adapter, "10").unwrap();
        rig.list("fixed", Source::Fixed { price: "1".into() }, "1").unwrap();
        rig.wait(60);
        let query = format!(r#"{{"price_feed":{{"id":"{FEED}"}}}}"#);
        let near_time = rig.now() as i64 + soon;
        for (price, expo, time) in [(price, expo, time), (near, small, near_time), (price, small, near_time)] {
            let quote = |price: i64| {
                format!(r#"{{"price":"{price}","conf":"{conf}","expo":{expo},"publish_time":{time}}}"#)
            };
            let answer = format!(
                r#"{{"price_feed":{{"id":"{FEED}","price":{},"ema_price":{}}}}}"#,
                quote(price),
                quote(average)
            );
            rig.say(&query, &answer);
            rig.say("{}", &format!("\"{rate}\""));
            rig.say(&rig::adapter_query("other"), &format!(" {said}"));
            let outcomes = rig.refresh(&["token", "staked", "other", "fixed"]);
            prop_assert_eq!(outcomes.len(), 4);
            prop_assert!(outcomes[2] == "degraded", "{}", said);
            prop_assert!(outcomes[3] == "accepted" || outcomes[3] == "unchanged");
        }
    }
}
