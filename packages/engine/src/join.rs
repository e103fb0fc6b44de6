//! A collateral joins a basket: every record that counts legs gets one more, at `at`. Legs from there on move up by one; the debt
//! stands last, so a new collateral joins at the number the debt had. What was measured of the others is kept.

use wicker_math::{mul_div_floor, sqrt_floor_wide, Amount, Ratio, ONE};

use crate::average::scaled;
use crate::basket::{Risk, Totals};
use crate::covariance::{CorrelationState, LegPrior, LegRisk, Moments, RiskState};
use crate::ramp::{LegSide, MarginSide, Ramp};

const UNIT: i128 = ONE as i128;

/// No assumed correlation counts for more in the new leg's row, so that the weights below stay finite.
const LARGEST_CORRELATION: u128 = ONE / 1_000 * 999;
/// At most this share of the new leg's variance is explained by the others: the matrix stays positive semidefinite after rounding.
const LARGEST_SHARE: u128 = ONE / 100 * 99;

impl RiskState {
    /// The record with a leg more, young until it has been measured. `others` are the assumptions of the legs that are there, in order.
    pub fn insert_leg(&self, at: usize, prior: &LegPrior, others: &[LegPrior]) -> Self {
        let mut legs = self.legs.clone();
        let at = at.min(legs.len());
        legs.insert(at, LegRisk::new(prior));
        let slow = self.slow.insert_leg(at, prior, others);
        let collaterals = legs.len().saturating_sub(1);
        let with_it = (0..collaterals).filter(|leg| *leg != at && at < collaterals);
        let added: i64 = with_it
            .map(|leg| slow.covariance(at, leg))
            .fold(0, i64::saturating_add);
        Self {
            pairs: self.pairs.saturating_add(added),
            slow,
            legs,
        }
    }
}

impl CorrelationState {
    /// The record with a leg more. `others` are the assumptions of the legs that are there, in order.
    pub fn insert_leg(&self, at: usize, prior: &LegPrior, others: &[LegPrior]) -> Self {
        Self {
            coarse: self.coarse.insert_leg(at, prior, others),
        }
    }
}

impl Moments {
    /// The moments with a leg more: its variance is twice its floor's, its covariances are as [`Moments::assumed`] has them.
    fn insert_leg(&self, at: usize, prior: &LegPrior, others: &[LegPrior]) -> Self {
        let legs = self.last.len();
        let at = at.min(legs);
        let variance = prior.variance();
        let row = self.assumed(variance, prior, others);
        let covariance = |leg: usize| row.get(leg).copied().unwrap_or(0);
        let mut lower = Vec::with_capacity(self.lower.len().saturating_add(legs).saturating_add(1));
        for i in 0..=legs {
            for j in 0..=i {
                lower.push(match (before(i, at), before(j, at)) {
                    (Some(i), Some(j)) => self.covariance(i, j),
                    (Some(leg), None) | (None, Some(leg)) => covariance(leg),
                    (None, None) => variance,
                });
            }
        }
        let mut last = self.last.clone();
        last.insert(at, None);
        Self {
            measured_at: self.measured_at,
            age: self.age.max(prior.weight),
            last,
            lower,
        }
    }

    /// Covariances of a leg of this variance with those that are there: it moves like a portfolio of them, with noise of its own for
    /// the rest of its variance. The portfolio is the one by which, were all correlations as governance assumes, the new leg's would be
    /// `√(c_i c_j)` too. A portfolio plus noise keeps the matrix positive semidefinite whatever has been measured since.
    fn assumed(&self, variance: i64, prior: &LegPrior, others: &[LegPrior]) -> Vec<i64> {
        let square = |prior: &LegPrior| prior.correlation.raw().min(LARGEST_CORRELATION);
        let odds = |prior: &LegPrior| ratio(square(prior), ONE - square(prior));
        let sum: u128 = others.iter().map(odds).sum();
        let portfolio = others.iter().map(|other| {
            let root = sqrt_floor_wide(square(prior), square(other));
            ratio(ratio(root, ONE - square(other)), ONE + sum) as i64
        });
        let portfolio: Vec<i64> = portfolio.collect();
        let correlations = self.correlations();
        let rho = correlations.times(0..portfolio.len(), &portfolio);
        let terms = rho.iter().zip(&portfolio);
        let explained: i128 = terms
            .map(|(rho, part)| i128::from(scaled(*rho, *part)))
            .sum();
        let scale = match u128::try_from(explained).unwrap_or(0) {
            share if share > LARGEST_SHARE => sqrt_floor_wide(ratio(LARGEST_SHARE, share), ONE),
            _ => ONE,
        };
        let own = root(variance) * scale as i128 / UNIT;
        let rows = rho.iter().enumerate();
        rows.map(|(leg, rho)| {
            let covariance =
                (i128::from(*rho) * own / UNIT).saturating_mul(root(self.variance(leg))) / UNIT;
            i64::try_from(covariance).unwrap_or(0)
        })
        .collect()
    }
}

impl MarginSide {
    /// The settings with a leg more.
    pub fn insert_leg(&self, at: usize, risk: &Risk) -> Self {
        let mut side = self.clone();
        let at = at.min(side.legs.len());
        side.legs.insert(at, LegSide::from(risk));
        side
    }
}

impl Ramp {
    /// The tightening with a leg more, whose own figures hold at once. Without this the debt's old figures would be the new leg's.
    pub fn insert_leg(&self, at: usize, risk: &Risk) -> Self {
        Self {
            from: self.from.insert_leg(at, risk),
            ..self.clone()
        }
    }
}

impl Totals {
    /// The totals with a collateral more, of which nothing is held.
    pub fn insert_leg(&self, at: usize) -> Self {
        let mut totals = self.clone();
        let at = at.min(totals.collateral.len());
        totals.collateral.insert(at, Amount::ZERO);
        totals
    }
}

/// A leg's number before the one at `at` joined.
fn before(leg: usize, at: usize) -> Option<usize> {
    match leg.cmp(&at) {
        std::cmp::Ordering::Less => Some(leg),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => leg.checked_sub(1),
    }
}

/// σ of a variance, rounded down.
fn root(variance: i64) -> i128 {
    sqrt_floor_wide(u128::try_from(variance).unwrap_or(0), ONE) as i128
}

/// `part/whole` at 1e-18, truncated; saturating.
fn ratio(part: u128, whole: u128) -> u128 {
    mul_div_floor(part, ONE, whole).unwrap_or(Ratio::MAX.raw())
}

#[cfg(test)]
mod tests {
    use wicker_math::{Seconds, HOUR};

    use super::*;
    use crate::testing::basket;

    /// The debt's figures are ramped as the debt's, the new leg's hold at once.
    #[test]
    fn a_leg_that_joins_during_a_ramp_leaves_the_debts_figures_the_debts() {
        let old = MarginSide::of(&basket()).unwrap();
        let mut tighter = basket();
        tighter.debt_risk.floor = Ratio::bps(20);
        let mut member = tighter.members[0].clone();
        member.denom = "atom".into();
        member.risk.floor = Ratio::bps(90);
        tighter.members.push(member.clone());
        let target = MarginSide::of(&tighter).unwrap();
        let ramp = Ramp {
            from: old.clone(),
            start: Seconds::default(),
            span: HOUR,
        };
        let half = Seconds::new(HOUR.get() / 2);
        let legs = ramp.insert_leg(2, &member.risk).in_force(&target, half);
        let floors: Vec<Ratio> = legs.unwrap().legs.iter().map(|leg| leg.floor).collect();
        // From 5 to 20 basis points, half way.
        let expected =
            [6_000, 6_000, 9_000, 1_250].map(|units| Ratio::new(units * ONE / 1_000_000));
        assert_eq!(floors, expected);
    }

    #[test]
    fn a_leg_that_joins_holds_nothing_and_others_keep_what_they_hold() {
        let mut totals = Totals::new(2, Amount::ZERO, Seconds::default());
        totals.collateral = vec![Amount::new(3), Amount::new(5)];
        let held: Vec<u128> = totals
            .insert_leg(2)
            .collateral
            .iter()
            .map(|held| held.raw())
            .collect();
        assert_eq!(held, [3, 5, 0]);
    }
}
