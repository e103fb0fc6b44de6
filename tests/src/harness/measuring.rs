//! SPEC 2 a second time, in floating point: what a record must have become since it was written.

use wicker_engine::basket::{Basket, Risk};
use wicker_engine::covariance::{CorrelationState, Moments, RiskState};

use super::reference::{at_18, Measured, Point};

/// What figures may differ by: a share, and what truncation at 1e-18 leaves.
const APART: (f64, f64) = (1e-9, 1e-16);
/// Covariances are kept in 64 bits at 1e-18.
const LARGEST: f64 = 9.223_372_036_854_775;

/// A record before it is measured, and the world then.
pub struct Case<'a> {
    /// The basket's settings.
    pub basket: &'a Basket,
    /// Its volatilities as written.
    pub risk: &'a RiskState,
    /// What correlations are read from, as written.
    pub correlation: &'a CorrelationState,
    /// Dollars an hour that each collateral's market takes; zero is without limit.
    pub flow_caps: &'a [u128],
    /// The legs' prices.
    pub points: &'a [Option<Point>],
    /// The block's time.
    pub now: u64,
}

/// Returns, their time and their weight on one grid, in hours.
struct Step {
    returns: Vec<Option<f64>>,
    hours: f64,
    age: f64,
}

impl Step {
    fn weight(&self, memory: f64) -> f64 {
        self.hours / (self.hours + memory.min(self.age))
    }

    /// A covariance of two legs afterwards.
    fn moved(&self, (i, j): (usize, usize), old: f64, memory: f64) -> f64 {
        let w = self.weight(memory);
        let new = match (self.returns[i], self.returns[j]) {
            (Some(one), Some(other)) => old + w * (one * other / self.hours - old),
            (None, None) => old,
            _ => old * (1.0 - w).sqrt(),
        };
        new.clamp(-LARGEST, LARGEST)
    }
}

impl Case<'_> {
    fn due(&self, grid: u64, moments: &Moments) -> bool {
        self.now / grid > moments.measured_at.get() / grid
    }

    fn step(&self, moments: &Moments) -> Step {
        let elapsed = (self.now - moments.measured_at.get()) as f64;
        let legs = self.points.iter().zip(&moments.last);
        let returns = legs.map(|(point, last)| {
            let (point, (price, time)) = ((*point)?, (*last)?);
            let fresh = self.now - point.published <= 4_050 && point.published > time.get();
            let change = (point.price / (price.raw() as f64 / 1e24) - 1.0).clamp(-2.0, 2.0);
            let span = (point.published - time.get().min(point.published)) as f64;
            let shorter = if span > elapsed {
                (elapsed / span).sqrt()
            } else {
                1.0
            };
            fresh.then_some(change * shorter)
        });
        Step {
            returns: returns.collect(),
            hours: elapsed / 3_600.0,
            age: moments.age.get() as f64 / 3_600.0,
        }
    }

    fn set(&self, leg: usize) -> &Risk {
        let member = self.basket.members.get(leg);
        member.map_or(&self.basket.debt_risk, |member| &member.risk)
    }

    /// Whose market takes less than its class demands has left it when the class is reviewed.
    fn misplaced(&self, found: &Measured) -> Vec<String> {
        let members = found.basket.members.iter().zip(self.flow_caps);
        let outside = members.filter(|(member, cap)| {
            **cap > 0 && **cap < member.bands.liquidity.raw() && !member.demoted
        });
        outside
            .map(|(member, cap)| format!("SPEC 2: {} stays in its class at {cap}", member.denom))
            .collect()
    }

    /// What is not as it must have become.
    pub fn wrong(&self, found: &Measured) -> Vec<String> {
        let coarse = &self.correlation.coarse;
        let reviewed = self.due(4 * 3_600, coarse);
        let mut wrong = match reviewed {
            true => self.misplaced(found),
            false => Vec::new(),
        };
        let mut same = |what: String, found: f64, due: f64| {
            if (found - due).abs() > APART.0 * due.abs() + APART.1 {
                wrong.push(format!("SPEC 2: {what} is {found}, not {due}"));
            }
        };
        let legs = self.points.len();
        let pairs = || (0..legs).flat_map(|i| (0..=i).map(move |j| (i, j)));
        let at = |moments: &Moments, (i, j)| moments.covariance(i, j) as f64 / 1e18;
        if reviewed {
            let step = self.step(coarse);
            for pair in pairs() {
                let due = step.moved(pair, at(coarse, pair), 720.0);
                same(
                    format!("G{pair:?}"),
                    at(&found.correlation.coarse, pair),
                    due,
                );
            }
        }
        let slow = &self.risk.slow;
        if !self.due(3_600, slow) {
            return wrong;
        }
        let mut step = self.step(slow);
        for (leg, change) in step.returns.iter_mut().enumerate() {
            let limit = 8.0 * at_18(self.risk.legs[leg].sigma.raw()) * step.hours.sqrt();
            *change = change.map(|change| change.clamp(-limit, limit));
        }
        for pair in pairs() {
            let due = step.moved(pair, at(slow, pair), 4_320.0);
            same(format!("C{pair:?}"), at(&found.risk.slow, pair), due);
        }
        for (leg, (old, new)) in self.risk.legs.iter().zip(&found.risk.legs).enumerate() {
            let fast = old.fast as f64 / 1e18;
            let due = step.returns[leg].map_or(fast, |_| step.moved((leg, leg), fast, 24.0));
            same(format!("F{leg}"), new.fast as f64 / 1e18, due);
            let floor = at_18(self.set(leg).floor.raw());
            let s = ((due + at(&found.risk.slow, (leg, leg))) / 2.0)
                .sqrt()
                .max(floor);
            same(format!("s{leg}"), at_18(new.measured.raw()), s);
            let sigma = at_18(old.sigma.raw());
            let (up, down) = (0.01 * step.hours * sigma, 0.0025 * step.hours * sigma);
            let due = (sigma + up).min((sigma - down).max(s)).max(floor);
            same(format!("σ{leg}"), at_18(new.sigma.raw()), due);
            let samples = old.samples + u32::from(step.returns[leg].is_some());
            same(format!("samples{leg}"), new.samples.into(), samples.into());
        }
        wrong
    }
}
