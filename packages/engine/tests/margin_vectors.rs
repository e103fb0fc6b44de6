//! MODEL's worked examples V2 to V4 and the properties of the margin. Figures of V2-V4 are 60-digit decimals computed outside this code.

use proptest::prelude::*;
use wicker_engine::correlation::Correlations;
use wicker_engine::margin::{explain, margin, weights, Leg, MarginParams};
use wicker_math::{Ratio, SignedValue, Value};

const ONE: i128 = 1_000_000_000_000_000_000;

fn params(delta: u64) -> MarginParams {
    MarginParams {
        // 4.5 · √24
        kappa: Ratio::new(22_045_407_685_048_602_000),
        delta: Ratio::percent(delta),
        cr_max: Ratio::percent(300),
        phi: Ratio::ZERO,
        cost: Ratio::ZERO,
    }
}

fn leg(index: usize, dollars: i128, sigma_bps: u64) -> Leg {
    Leg {
        index,
        value: SignedValue::new(dollars * ONE),
        sigma: Ratio::bps(sigma_bps),
        exposure: Value::ZERO,
        depth: None,
        jump: Ratio::ZERO,
    }
}

fn rho(percent: i64) -> Correlations {
    Correlations::new(vec![percent * 10_000_000_000_000_000])
}

/// `expected` has `places` decimal places; the margin may exceed it by its rounding only.
fn close(value: Value, expected: u128, places: u32) {
    let expected = expected * 10u128.pow(18 - places);
    let error = value.raw().abs_diff(expected);
    assert!(
        error <= expected / 1_000_000_000_000,
        "{} against {expected}",
        value.raw()
    );
}

#[test]
fn v2_a_long_book() {
    let legs = [leg(0, 600, 60), leg(1, 400, 100)];
    let k = margin(&legs, &rho(65), &params(25)).unwrap();
    close(k.volatility, 1_561_960_306_793_998, 13);
    close(
        margin(&legs[..1], &rho(65), &params(25))
            .unwrap()
            .volatility,
        7_936_346_766_617_497,
        14,
    );
    close(
        margin(&legs[1..], &rho(65), &params(25))
            .unwrap()
            .volatility,
        8_818_163_074_019_441,
        14,
    );
    let shares = weights(&legs, &rho(65), &params(25)).unwrap();
    assert_eq!(shares.iter().sum::<i128>(), ONE);
    assert!((shares[0] - 469_721_115_537_850_000).abs() < 10_000);
    assert!((shares[1] - 530_278_884_462_150_000).abs() < 10_000);
}

#[test]
fn v3_a_hedge() {
    let legs = [leg(0, 1_000, 70), leg(1, -850, 70)];
    close(
        margin(&legs, &rho(98), &params(25)).unwrap().volatility,
        1_061_320_969_358_459,
        13,
    );
    close(
        margin(&legs, &rho(98), &params(0)).unwrap().volatility,
        3_668_093_510_258_429,
        14,
    );
}

#[test]
fn v4_a_concentrated_book() {
    let mut legs = [leg(0, 400, 100), leg(1, 600, 60)];
    close(
        margin(&legs, &rho(65), &params(25)).unwrap().volatility,
        1_561_960_306_793_998,
        13,
    );
    legs[0].depth = Some(Value::dollars(100));
    close(
        margin(&legs, &rho(65), &params(25)).unwrap().volatility,
        2_409_311_934_972_307,
        13,
    );
}

#[test]
fn nothing_needs_no_margin_and_extremes_do_not_overflow() {
    let nothing = margin(&[], &rho(0), &params(25)).unwrap();
    assert!(nothing.maintenance.is_zero());
    let mut huge = leg(0, 1_000_000_000_000_000, 10_000);
    huge.depth = Some(Value::ZERO);
    assert!(margin(&[huge, huge], &rho(100), &params(100)).is_ok());
    let mut dust = leg(0, 0, 60);
    dust.value = SignedValue::new(1);
    assert_eq!(
        margin(&[dust], &rho(0), &params(25)).unwrap().volatility,
        Value::new(1)
    );
}

fn book() -> impl Strategy<Value = (Vec<Leg>, Correlations)> {
    let legs = proptest::collection::vec((-1_000_000i128..1_000_000, 1u64..500), 1..17);
    // One factor with loadings in ±1: positive semidefinite by construction.
    let loadings = proptest::collection::vec(-1_000i64..=1_000, 17);
    (legs, loadings).prop_map(|(legs, loadings)| {
        let lower = (1..17usize).flat_map(|i| (0..i).map(move |j| (i, j)));
        let rho = lower.map(|(i, j)| loadings[i] * loadings[j] * 1_000_000_000_000);
        let legs = legs
            .iter()
            .enumerate()
            .map(|(i, (x, sigma))| leg(i, *x, *sigma));
        (legs.collect(), Correlations::new(rho.collect()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    /// MODEL 4.2: diversification never raises the margin over the sum of its parts.
    #[test]
    fn the_margin_of_a_sum_is_at_most_the_sum_of_margins((legs, correlations) in book(), split in proptest::collection::vec(-100i128..=100, 17)) {
        let k = |legs: &[Leg]| margin(legs, &correlations, &params(25)).unwrap().volatility.raw();
        let part = |keep: bool| -> Vec<Leg> {
            legs.iter().zip(&split).map(|(leg, split)| {
                let first = leg.value.raw() / 100 * split;
                let value = if keep { first } else { leg.value.raw() - first };
                Leg { value: SignedValue::new(value), ..*leg }
            }).collect()
        };
        let (whole, sum) = (k(&legs), k(&part(true)) + k(&part(false)));
        prop_assert!(whole <= sum + sum / 1_000_000_000 + 1, "{} > {}", whole, sum);
    }

    /// MODEL 4.4 with CR at one.
    #[test]
    fn twice_the_book_needs_twice_the_margin((legs, correlations) in book()) {
        let k = |legs: &[Leg]| margin(legs, &correlations, &params(25)).unwrap().volatility.raw();
        let double: Vec<Leg> = legs.iter().map(|leg| Leg { value: SignedValue::new(2 * leg.value.raw()), ..*leg }).collect();
        let (one, two) = (k(&legs), k(&double));
        prop_assert!(two.abs_diff(2 * one) <= one / 1_000_000_000 + 2);
    }

    #[test]
    fn the_parts_add_up_exactly((legs, correlations) in book(), cost in 0u64..2_000, jump in 0u64..3_000, depth in 1u64..1_000_000) {
        let params = MarginParams { cost: Ratio::bps(cost), ..params(25) };
        let legs: Vec<Leg> = legs.iter().map(|leg| Leg { jump: Ratio::bps(jump), depth: Some(Value::dollars(depth)), ..*leg }).collect();
        let parts = explain(&legs, &correlations, &params).unwrap();
        let sum = parts.base.raw() + parts.correlation.raw() + parts.concentration.raw() + parts.jump.raw() + parts.fees.raw();
        prop_assert_eq!(sum, i128::try_from(parts.maintenance.raw()).unwrap());
        prop_assert_eq!(parts.maintenance, margin(&legs, &correlations, &params).unwrap().maintenance);
        let shares: i128 = weights(&legs, &correlations, &params).unwrap().iter().sum();
        prop_assert!(shares == ONE || shares == 0);
    }
}
