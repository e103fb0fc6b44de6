//! Covariance matrices stay positive semidefinite, whatever is measured, missed or added. Eigenvalues are computed here, in floating point.

#![allow(clippy::unwrap_used)] // Set-up outside test functions; a test may stop at anything unexpected.

use proptest::prelude::*;
use wicker_engine::covariance::{
    measure, Clock, CorrelationState, LegPrior, Moments, RiskState, Sample,
};
use wicker_math::{Price, Ratio, Seconds};

/// The matrix of a record with each leg's σ taken out, so that a quiet leg weighs as much as a loud one. A leg of so little variance that
/// its last digits count is left out: what is left of a positive semidefinite matrix is one too.
fn normalised(moments: &Moments) -> Vec<Vec<f64>> {
    let legs: Vec<usize> = (0..moments.last.len())
        .filter(|leg| moments.variance(*leg) > 1_000_000_000)
        .collect();
    let sigma = |leg: usize| (moments.variance(leg) as f64).sqrt();
    let row = |i: &usize| {
        legs.iter()
            .map(|j| moments.covariance(*i, *j) as f64 / sigma(*i) / sigma(*j))
            .collect()
    };
    legs.iter().map(row).collect()
}

/// The least eigenvalue of a symmetric matrix, by cyclic Jacobi rotations.
fn least_eigenvalue(mut a: Vec<Vec<f64>>) -> f64 {
    let n = a.len();
    for _ in 0..60 {
        let off: f64 = (0..n)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| a[i][j] * a[i][j])
            .sum();
        if off < 1e-26 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q].abs() < 1e-300 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in a.iter_mut() {
                    let (x, y) = (row[p], row[q]);
                    row[p] = c * x - s * y;
                    row[q] = s * x + c * y;
                }
                let (one, other) = (a[p].clone(), a[q].clone());
                let turned = |x: f64, y: f64, by: (f64, f64)| by.0 * x + by.1 * y;
                let pairs = || one.iter().zip(&other);
                a[p] = pairs().map(|(x, y)| turned(*x, *y, (c, -s))).collect();
                a[q] = pairs().map(|(x, y)| turned(*x, *y, (s, c))).collect();
            }
        }
    }
    (0..n).map(|i| a[i][i]).fold(f64::INFINITY, f64::min)
}

/// Eigenvalues 1, 3 and -1, known by hand, and those of a block of equal correlation.
#[test]
fn the_eigenvalues_of_these_tests_are_right() {
    assert!((least_eigenvalue(vec![vec![2.0, 1.0], vec![1.0, 2.0]]) - 1.0).abs() < 1e-12);
    assert!((least_eigenvalue(vec![vec![0.0, 1.0], vec![1.0, 0.0]]) + 1.0).abs() < 1e-12);
    let equal = |n: usize, rho: f64| {
        (0..n)
            .map(|i| (0..n).map(|j| if i == j { 1.0 } else { rho }).collect())
            .collect()
    };
    assert!((least_eigenvalue(equal(16, 0.7)) - 0.3).abs() < 1e-12);
    // 1 + (n - 1)·ρ
    assert!((least_eigenvalue(equal(5, -0.5)) + 1.0).abs() < 1e-12);
}

fn prior(floor_bps: u64, correlation: u64) -> LegPrior {
    LegPrior {
        floor: Ratio::bps(floor_bps),
        stressed: Ratio::bps(2 * floor_bps),
        correlation: Ratio::percent(correlation),
        weight: Seconds::hours(720),
    }
}

/// Governance's assumptions of 2 to 17 legs.
fn priors() -> impl Strategy<Value = Vec<LegPrior>> {
    proptest::collection::vec(
        (1u64..300, 0u64..=100).prop_map(|(floor, rho)| prior(floor, rho)),
        2..18,
    )
}

/// A record whose covariances are those of random exposures to one to four factors: positive semidefinite, and singular as a rule.
fn measured(priors: &[LegPrior], loadings: &[Vec<i64>]) -> Moments {
    let mut moments = Moments::new(priors, Seconds::default());
    moments.lower.clear();
    for (i, one) in loadings.iter().take(priors.len()).enumerate() {
        for other in loadings.iter().take(i + 1) {
            let dot: i64 = one.iter().zip(other).map(|(a, b)| a * b).sum();
            moments.lower.push(dot * 10_000_000_000);
        }
    }
    moments
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// MODEL 4.1 for a basket that gains a member.
    #[test]
    fn a_leg_that_joins_keeps_the_matrix_positive_semidefinite_and_the_others_as_they_were(
        all in priors(),
        (factors, loadings) in (1usize..5, proptest::collection::vec(proptest::collection::vec(-1_000i64..=1_000, 4), 17)),
        at in 0usize..17,
    ) {
        let at = at % all.len();
        let others: Vec<LegPrior> = all.iter().enumerate().filter(|(leg, _)| *leg != at).map(|(_, prior)| *prior).collect();
        let loadings: Vec<Vec<i64>> = loadings.iter().map(|row| row.iter().take(factors).copied().collect()).collect();
        let mut state = RiskState::new(&others, Seconds::default());
        state.slow = measured(&others, &loadings);
        for (leg, last) in state.slow.last.iter_mut().enumerate() {
            *last = Some((Price::ONE, Seconds::new(leg as u64)));
        }
        for (leg, risk) in state.legs.iter_mut().enumerate() {
            risk.samples = leg as u32;
        }
        let before = least_eigenvalue(normalised(&state.slow));
        prop_assert!(before > -1e-9, "the test's own matrix: {}", before);
        let joined = state.insert_leg(at, &all[at], &others);
        prop_assert_eq!(joined.legs.len(), all.len());
        prop_assert_eq!(joined.legs[at].samples, 0);
        prop_assert_eq!(joined.slow.last[at], None);
        let floor = all[at].floor.raw();
        prop_assert_eq!(joined.slow.variance(at), i64::try_from(2 * floor * floor / 1_000_000_000_000_000_000).unwrap());
        let shift = |leg: usize| if leg < at { leg } else { leg + 1 };
        for i in 0..others.len() {
            prop_assert_eq!(joined.legs[shift(i)], state.legs[i]);
            prop_assert_eq!(joined.slow.last[shift(i)], state.slow.last[i]);
            for j in 0..=i {
                prop_assert_eq!(joined.slow.covariance(shift(i), shift(j)), state.slow.covariance(i, j));
            }
        }
        let after = least_eigenvalue(normalised(&joined.slow));
        prop_assert!(after > -1e-9, "{} after {}", after, before);
    }

    /// Joining a record that has measured nothing is the same as having been there from the start.
    #[test]
    fn a_leg_that_joins_before_the_first_sample_starts_like_the_others(all in priors(), at in 0usize..17) {
        let all: Vec<LegPrior> = all.iter().map(|prior| LegPrior { correlation: prior.correlation.min(Ratio::percent(99)), ..*prior }).collect();
        let at = at % all.len();
        let others: Vec<LegPrior> = all.iter().enumerate().filter(|(leg, _)| *leg != at).map(|(_, prior)| *prior).collect();
        let joined = CorrelationState::new(&others, Seconds::default()).insert_leg(at, &all[at], &others).coarse;
        // The sum behind the fast mean correlation gains the new collateral's pairs; the debt has none.
        let (start, new) = (RiskState::new(&others, Seconds::default()), RiskState::new(&all, Seconds::default()));
        if at < others.len() {
            let grown = start.insert_leg(at, &all[at], &others).pairs;
            prop_assert!(grown.abs_diff(new.pairs) <= 100 + new.pairs.unsigned_abs() / 1_000_000_000);
        }
        for (other, assumed) in all.iter().enumerate().filter(|(leg, _)| *leg != at) {
            let part = |ratio: Ratio| ratio.raw() as f64 / 1e18;
            let rho = (part(assumed.correlation) * part(all[at].correlation)).sqrt();
            let expected = rho * 2.0 * part(assumed.floor) * part(all[at].floor) * 1e18;
            let found = joined.covariance(at, other) as f64;
            prop_assert!((found - expected).abs() <= 4.0 + expected * 1e-9, "{} instead of {}", found, expected);
        }
    }
}

/// What the margin multiplies: `σ_i ρ_ij σ_j` of the σ in force, with the larger of the two scaled to one.
fn in_margin(
    risk: &RiskState,
    correlation: &CorrelationState,
    priors: &[LegPrior],
    now: Seconds,
) -> Vec<Vec<f64>> {
    let sigmas = risk.sigmas(priors, &Clock::default(), now, true);
    let largest = sigmas.iter().map(|sigma| sigma.raw()).max().unwrap() as f64;
    let sigmas: Vec<f64> = sigmas
        .iter()
        .map(|sigma| sigma.raw() as f64 / largest)
        .collect();
    let rho = correlation.correlations();
    let row = |i: usize| {
        (0..sigmas.len())
            .map(|j| sigmas[i] * sigmas[j] * rho.rho(i, j) as f64 / 1e18)
            .collect()
    };
    (0..sigmas.len()).map(row).collect()
}

/// An hour or more of prices: hours waited, and of each leg the seconds by which its price is old, if it has one, and its change in ppm.
type Step = (u64, Vec<(Option<u64>, i64)>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![6 => Just(1u64), 2 => 2u64..12, 1 => 12u64..2_000];
    let age = prop_oneof![1 => Just(None), 4 => (0u64..2_000).prop_map(Some)];
    let change = prop_oneof![4 => -20_000i64..20_000, 1 => -900_000i64..2_000_000, 1 => Just(0i64)];
    proptest::collection::vec((wait, proptest::collection::vec((age, change), 17)), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// MODEL 4.1: whatever is measured and whichever legs are missed, both records stay positive semidefinite, and so does what floors and
    /// steps make of them.
    #[test]
    fn updates_and_missed_samples_keep_every_matrix_positive_semidefinite(all in priors(), common in 0i64..=100, steps in steps()) {
        let clock = Clock::default();
        let start = Seconds::hours(400_000);
        let (mut risk, mut correlation) = (RiskState::new(&all, start), CorrelationState::new(&all, start));
        let mut now = start.get();
        let mut prices = vec![1_000_000_000u128; all.len()];
        for (wait, legs) in steps {
            now += wait * 3_600;
            let market = legs[0].1;
            let samples: Vec<Option<Sample>> = prices.iter_mut().zip(&legs).map(|(price, (age, own))| {
                let change = (market * common + own * (100 - common)) / 100;
                *price = (*price * (1_000_000 + change).max(1) as u128 / 1_000_000).clamp(1_000, 1_000_000_000_000_000);
                age.map(|age| Sample {
                    price: Price::from_scientific(*price, -9).unwrap(),
                    publish_time: Seconds::new(now - age),
                })
            }).collect();
            let measured = measure(&risk, &correlation, &clock, &all, &samples, Seconds::new(now));
            risk = measured.risk.unwrap();
            correlation = measured.correlation.unwrap_or(correlation);
            for moments in [&risk.slow, &correlation.coarse] {
                let least = least_eigenvalue(normalised(moments));
                prop_assert!(least > -1e-6, "{} of {:?}", least, moments.lower);
            }
            let least = least_eigenvalue(in_margin(&risk, &correlation, &all, Seconds::new(now)));
            prop_assert!(least > -1e-6, "{} in the margin", least);
            for (sigma, prior) in risk.legs.iter().zip(&all) {
                prop_assert!(sigma.sigma >= prior.floor);
            }
        }
    }
}
