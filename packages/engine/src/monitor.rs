//! How much a basket's collaterals move together, in one number, over the last day and over the last months.
//!
//! Of an index that holds every collateral in equal dollars, `S` is the variance it would have if none were correlated, `L` if all moved
//! as one. `ρ̄ = (variance - S) / (L - S)` is the mean of the pairs' correlations weighted by the product of their σ. Number and weight of
//! the assets cancel: with `P` the sum of the pairs' covariances, `ρ̄ = 2P / ((Σσ)² - Σσ²)`.
//!
//! The slow one is read from the covariances, the fast one from the fast variances and the one number `P` that is measured beside them.

use serde::{Deserialize, Serialize};
use wicker_math::{Seconds, ONE};

use crate::covariance::{Clock, Moments, RiskState};

/// Mean correlations at 1e-18, truncated toward zero; `None` where no asset moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeanCorrelation {
    /// Over the last day.
    pub fast: Option<i128>,
    /// Over the last months.
    pub slow: Option<i128>,
}

impl RiskState {
    /// The mean correlations of the collaterals. Those without a sample for longer than `max_age` are left out; `None` while there are
    /// fewer than two others or one of these is young. A leg that is back after a long silence counts as uncorrelated in the fast mean
    /// until the fast memory has seen it again.
    pub fn mean_correlation(&self, clock: &Clock, now: Seconds) -> Option<MeanCorrelation> {
        let mut counted = 0u16;
        for (leg, risk) in self.legs.iter().take(self.collaterals()).enumerate() {
            if self.slow.sampled(leg, clock.max_age, now) {
                if risk.samples < clock.min_samples {
                    return None;
                }
                counted |= bit(leg);
            }
        }
        if counted.count_ones() < 2 {
            return None;
        }
        let used = |leg: &usize| counted & bit(*leg) != 0;
        let legs = || (0..self.collaterals()).filter(used);
        let fast = |leg: usize| self.legs.get(leg).map_or(0, |leg| leg.fast);
        Some(MeanCorrelation {
            fast: mean(self.pairs.into(), legs().map(fast)),
            slow: mean(
                pairs(&self.slow, |leg| used(&leg)),
                legs().map(|leg| self.slow.variance(leg)),
            ),
        })
    }

    /// The mean correlations, when they are further apart than the clock's gap.
    pub fn correlation_gap(&self, clock: &Clock, now: Seconds) -> Option<MeanCorrelation> {
        let means = self.mean_correlation(clock, now)?;
        let gap = means.fast?.abs_diff(means.slow?);
        (gap > clock.correlation_gap.raw()).then_some(means)
    }

    /// All legs but the debt's.
    fn collaterals(&self) -> usize {
        self.legs.len().saturating_sub(1)
    }
}

impl Moments {
    /// True when a leg's last sample is at most `max_age` old.
    pub(crate) fn sampled(&self, leg: usize, max_age: Seconds, now: Seconds) -> bool {
        let last = self.last.get(leg).copied().flatten();
        last.is_some_and(|(_, time)| now.since(time) <= max_age)
    }
}

/// A leg's bit; none beyond the sixteenth.
fn bit(leg: usize) -> u16 {
    u32::try_from(leg)
        .ok()
        .and_then(|leg| 1u16.checked_shl(leg))
        .unwrap_or(0)
}

/// The sum of the covariances of all pairs of the collaterals that are used.
pub(crate) fn pairs(moments: &Moments, used: impl Fn(usize) -> bool) -> i128 {
    let collaterals = moments.last.len().saturating_sub(1);
    let (mut sum, mut rest) = (0i128, moments.lower.as_slice());
    for row in 0..collaterals {
        let Some((covariances, below)) = rest.split_at_checked(row.saturating_add(1)) else {
            break;
        };
        rest = below;
        if used(row) {
            let others = covariances.iter().take(row).enumerate();
            let others = others.filter(|(leg, _)| used(*leg));
            sum += others
                .map(|(_, covariance)| i128::from(*covariance))
                .sum::<i128>();
        }
    }
    sum
}

/// The sum of the products of all pairs of the collaterals' returns, at 1e-36; saturating.
pub(crate) fn products(returns: &[Option<i64>]) -> i128 {
    let (mut sum, mut before) = (0i128, 0i128);
    let collaterals = returns.split_last().map_or(&[][..], |(_, rest)| rest);
    for change in collaterals.iter().flatten() {
        // A return is ±2 at most, so the product fits; the sum of many may not.
        let change = i128::from(*change);
        sum = sum.saturating_add(change.wrapping_mul(before));
        before = before.saturating_add(change);
    }
    sum
}

/// `2P / ((Σσ)² - Σσ²)` within ±1. All variances are scaled by one power of four, so that the largest has a root of 31 bits; eight bits of
/// the quotient's parts are given up, so that it fits 128.
fn mean(pairs: i128, variances: impl Iterator<Item = i64> + Clone) -> Option<i128> {
    let size = |variance: i64| u64::try_from(variance).unwrap_or(0);
    let largest = variances.clone().map(size).max()?;
    let shift = largest.leading_zeros().saturating_sub(1) & !1;
    let (mut sum, mut squares) = (0u64, 0u128);
    for variance in variances {
        let sigma = (size(variance) << shift).isqrt();
        sum += sigma;
        squares += u128::from(sigma * sigma);
    }
    let whole = (u128::from(sum) * u128::from(sum) - squares) >> 8;
    let part = pairs.unsigned_abs().saturating_mul(2 << shift) >> 8;
    let share = part.saturating_mul(ONE).checked_div(whole)?.min(ONE) as i128;
    Some(if pairs < 0 { -share } else { share })
}

#[cfg(test)]
mod tests {
    use wicker_math::{Price, Ratio, HOUR};

    use super::*;
    use crate::covariance::{measure, CorrelationState, LegPrior, Sample};

    const UNIT: i128 = ONE as i128;

    fn state(samples: u32) -> RiskState {
        let prior = LegPrior {
            floor: Ratio::bps(50),
            stressed: Ratio::bps(100),
            correlation: Ratio::percent(50),
            weight: Seconds::hours(720),
        };
        let mut state = RiskState::new(&[prior; 4], Seconds::default());
        for leg in &mut state.legs {
            leg.samples = samples;
        }
        state.slow.last = vec![Some((Price::ONE, Seconds::default())); 4];
        state
    }

    fn near(found: Option<i128>, expected: i128) {
        assert!(
            found.is_some_and(|found| (found - expected).abs() < UNIT / 100_000_000),
            "{found:?}"
        );
    }

    /// σ = (1, 2, 4) and ρ = (0.5, 0.25, -0.5) of the pairs (1,2), (1,4), (2,4): P = 1 + 1 - 4 = -2, and 2 + 4 + 8 = 14.
    #[test]
    fn the_mean_is_weighted_by_volatility() {
        let mut state = state(24);
        let unit = 1_000_000_000_000;
        state.slow.lower = [1, 1, 4, 1, -4, 16, 9, 9, 9, 99]
            .iter()
            .map(|c| c * unit)
            .collect();
        // Fast variances 1, 4 and 9 and P = 5.5 of at most 2 + 3 + 6.
        for (leg, fast) in state.legs.iter_mut().zip([1, 4, 9, 50]) {
            leg.fast = fast * unit;
        }
        state.pairs = 5 * unit + unit / 2;
        let means = state.mean_correlation(&Clock::default(), HOUR).unwrap();
        near(means.slow, -UNIT / 7);
        near(means.fast, UNIT / 2);
    }

    #[test]
    fn assumptions_alone_have_the_assumed_mean_and_both_are_undefined_while_young() {
        let clock = Clock::default();
        assert_eq!(state(23).mean_correlation(&clock, HOUR), None);
        let means = state(24).mean_correlation(&clock, HOUR).unwrap();
        near(means.slow, UNIT / 2);
        near(means.fast, UNIT / 2);
        let mut one_left = state(24);
        one_left.slow.last[0] = None;
        assert!(one_left.mean_correlation(&clock, HOUR).is_some());
        one_left.slow.last[1] = None;
        assert_eq!(one_left.mean_correlation(&clock, HOUR), None);
        let mut still = state(24);
        still.legs.iter_mut().for_each(|leg| leg.fast = 0);
        assert_eq!(still.mean_correlation(&clock, HOUR).unwrap().fast, None);
    }

    /// All collaterals rise together, then alternate: the fast mean passes the gap, which is told once each time.
    #[test]
    fn a_gap_is_told_when_it_is_passed_and_not_again() {
        let clock = Clock::default();
        let priors = [LegPrior {
            floor: Ratio::bps(50),
            stressed: Ratio::bps(100),
            correlation: Ratio::ZERO,
            weight: Seconds::hours(720),
        }; 4];
        let mut risk = RiskState::new(&priors, Seconds::default());
        let correlation = CorrelationState::new(&priors, Seconds::default());
        let (mut told, mut price) = (Vec::new(), 1_000_000u128);
        for hour in 1..=60u64 {
            price = if hour % 2 == 0 {
                price * 102 / 100
            } else {
                price * 100 / 102
            };
            let sample = Some(Sample {
                price: Price::from_scientific(price, -6).unwrap(),
                publish_time: Seconds::hours(hour),
            });
            let measured = measure(
                &risk,
                &correlation,
                &clock,
                &priors,
                &[sample; 4],
                Seconds::hours(hour),
            );
            risk = measured.risk.unwrap();
            if let Some(means) = measured.correlation_gap {
                assert!(means.fast > means.slow);
                told.push(hour);
            }
        }
        // Young up to the 24th return; 2 % moves against a prior of 0.7 % make the fast mean nearly one by then.
        assert_eq!(told, [25]);
        let means = risk.mean_correlation(&clock, Seconds::hours(60));
        assert!(means.is_some_and(|means| means.fast > Some(UNIT / 10 * 9)));
    }
}
