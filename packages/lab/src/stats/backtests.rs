//! Is a limit that should be passed on a share `p` of days passed that often, and without clusters?
//!
//! Kupiec (1995), "Techniques for Verifying the Accuracy of Risk Measurement Models": the likelihood ratio of `p` against the rate that
//! was seen. Christoffersen (1998), "Evaluating Interval Forecasts": the likelihood ratio of independence against a first-order Markov
//! chain, and both together. The ratios follow χ² with one, one and two degrees of freedom.

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// A likelihood ratio and the chance of one as large when the model holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Test {
    /// The likelihood ratio.
    pub statistic: f64,
    /// Its p-value.
    pub p: f64,
}

/// What days say about a limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// Days.
    pub days: usize,
    /// Days on which the limit was passed.
    pub breaches: usize,
    /// Kupiec's test of the rate.
    pub kupiec: Test,
    /// Christoffersen's test of independence.
    pub independence: Test,
    /// Rate and independence together.
    pub conditional: Test,
}

/// Judges a row of days, each of which passed the limit or not, against the rate `expected`.
pub fn coverage(days: &[bool], expected: f64) -> Coverage {
    let breaches = days.iter().filter(|breach| **breach).count();
    let kupiec = kupiec(days.len(), breaches, expected);
    let independence = independence(days);
    Coverage {
        days: days.len(),
        breaches,
        kupiec: test(kupiec, 1.0),
        independence: test(independence, 1.0),
        conditional: test(kupiec + independence, 2.0),
    }
}

/// `-2 ln (L(expected) / L(seen))`.
fn kupiec(days: usize, breaches: usize, expected: f64) -> f64 {
    let (good, bad) = ((days - breaches) as f64, breaches as f64);
    let seen = if days == 0 { 0.0 } else { bad / days as f64 };
    ratio(likelihood(good, bad, expected), likelihood(good, bad, seen))
}

/// `-2 ln (L(one rate) / L(a rate after a good day, another after a bad one))`.
fn independence(days: &[bool]) -> f64 {
    let mut counts = [[0.0f64; 2]; 2];
    for (before, now) in days.iter().zip(days.iter().skip(1)) {
        counts[usize::from(*before)][usize::from(*now)] += 1.0;
    }
    let [[good_good, good_bad], [bad_good, bad_bad]] = counts;
    let share = |bad: f64, all: f64| if all > 0.0 { bad / all } else { 0.0 };
    let (good, bad) = (good_good + bad_good, good_bad + bad_bad);
    let one = likelihood(good, bad, share(bad, good + bad));
    let after_good = share(good_bad, good_good + good_bad);
    let after_bad = share(bad_bad, bad_good + bad_bad);
    let two =
        likelihood(good_good, good_bad, after_good) + likelihood(bad_good, bad_bad, after_bad);
    ratio(one, two)
}

/// ln of `(1-p)^good · p^bad`, where nothing to the power of nothing is one.
fn likelihood(good: f64, bad: f64, p: f64) -> f64 {
    let term = |count: f64, p: f64| if count > 0.0 { count * p.ln() } else { 0.0 };
    term(good, 1.0 - p) + term(bad, p)
}

fn ratio(restricted: f64, free: f64) -> f64 {
    (2.0 * (free - restricted)).max(0.0)
}

fn test(statistic: f64, freedom: f64) -> Test {
    let p = ChiSquared::new(freedom).map_or(f64::NAN, |chi| chi.sf(statistic));
    Test { statistic, p }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(count: usize, breaches: &[usize]) -> Vec<bool> {
        (0..count).map(|day| breaches.contains(&day)).collect()
    }

    fn spread(count: usize, breaches: usize) -> Vec<bool> {
        (0..count).map(|day| day < breaches).collect()
    }

    #[test]
    fn kupiec_accepts_exactly_the_counts_of_his_table() {
        // Kupiec (1995), table 3, p = 0.01 at 95 %: of 255 days N < 7, of 510 1 < N < 11, of 1000 4 < N < 17.
        let regions = [(255, 0..7), (510, 2..11), (1_000, 5..17)];
        for (count, region) in regions {
            for breaches in 1..30 {
                let found = coverage(&spread(count, breaches), 0.01);
                let accepted = found.kupiec.p > 0.05;
                assert_eq!(
                    accepted,
                    region.contains(&breaches),
                    "{breaches} of {count}"
                );
            }
        }
    }

    #[test]
    fn ratios_and_chances_are_those_of_an_independent_calculation() {
        // Computed with NumPy and scipy.stats.chi2: days, breaches, the three ratios, the three p-values.
        type Case<'a> = (usize, &'a [usize], [f64; 3], [f64; 3]);
        let cases: [Case<'_>; 4] = [
            (
                500,
                &[10, 11, 12, 100, 101, 300, 444, 445],
                [1.53827672877, 24.4628077871, 26.0010845159],
                [0.214874492985, 7.57582135523e-07, 2.25910405763e-06],
            ),
            (
                250,
                &[],
                [5.02516792675, 0.0, 5.02516792675],
                [0.0249815030534, 1.0, 0.0810585161622],
            ),
            (
                255,
                &[20, 90, 91, 160, 200, 201, 250],
                [5.31634134098, 6.81185331418, 12.1281946552],
                [0.0211263237898, 0.00905547314618, 0.00232485565072],
            ),
            (
                1_000,
                &[50, 150, 250, 350, 450, 550, 650, 750, 850, 950],
                [0.0, 0.2022279151, 0.2022279151],
                [1.0, 0.652928515222, 0.903830028761],
            ),
        ];
        for (count, breaches, statistics, chances) in cases {
            let found = coverage(&days(count, breaches), 0.01);
            let tests = [found.kupiec, found.independence, found.conditional];
            for ((test, statistic), p) in tests.iter().zip(statistics).zip(chances) {
                assert!(
                    (test.statistic - statistic).abs() < 1e-9,
                    "{test:?} {statistic}"
                );
                assert!((test.p / p - 1.0).abs() < 1e-8, "{test:?} {p}");
            }
        }
    }
}
