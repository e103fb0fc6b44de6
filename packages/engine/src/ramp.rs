//! What governance sets of the margin, and its gradual way to open positions.

use serde::{Deserialize, Serialize};
use wicker_math::{mul_div_ceil, MathResult, Ratio, Seconds};

use crate::basket::Basket;

/// The part of a basket's settings that enters the maintenance margin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarginSide {
    /// κ.
    pub multiplier: Ratio,
    /// δ.
    pub stress: Ratio,
    /// Largest concentration factor.
    pub concentration_max: Ratio,
    /// `c`: liquidation bonus plus fee.
    pub cost: Ratio,
    /// Floor of σ and jump floor of each leg, the debt's last.
    pub legs: Vec<(Ratio, Ratio)>,
}

impl MarginSide {
    /// What the basket's settings say.
    pub fn of(basket: &Basket) -> MathResult<Self> {
        let risks = basket.members.iter().map(|member| &member.risk);
        Ok(Self {
            multiplier: basket.multiplier,
            stress: basket.stress,
            concentration_max: basket.concentration_max,
            cost: basket.liquidation.cost()?,
            legs: risks
                .chain([&basket.debt_risk])
                .map(|risk| (risk.floor, risk.jump))
                .collect(),
        })
    }
}

/// A tightening on its way: open positions meet it over a span of time, new risk at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ramp {
    /// What was in force when it began.
    pub from: MarginSide,
    /// When it began.
    pub start: Seconds,
    /// How long it takes.
    pub span: Seconds,
}

impl Ramp {
    /// What is in force for open positions at `now`, each figure on the straight line from the old to the new one.
    /// A leg that was not there before has its new figures.
    pub fn in_force(&self, target: &MarginSide, now: Seconds) -> MathResult<MarginSide> {
        let elapsed = now.since(self.start).min(self.span);
        let between = |from, to| self.between(from, to, elapsed);
        let mut legs = Vec::with_capacity(target.legs.len());
        for (at, (floor, jump)) in target.legs.iter().enumerate() {
            let (old_floor, old_jump) = self.from.legs.get(at).copied().unwrap_or((*floor, *jump));
            legs.push((between(old_floor, *floor)?, between(old_jump, *jump)?));
        }
        Ok(MarginSide {
            multiplier: between(self.from.multiplier, target.multiplier)?,
            stress: between(self.from.stress, target.stress)?,
            concentration_max: between(self.from.concentration_max, target.concentration_max)?,
            cost: between(self.from.cost, target.cost)?,
            legs,
        })
    }

    /// True when nothing of it is left.
    pub fn over(&self, now: Seconds) -> bool {
        now.since(self.start) >= self.span
    }

    /// Rounded up: toward more margin. Where the new figure is the lower one it holds at once.
    fn between(&self, from: Ratio, to: Ratio, elapsed: Seconds) -> MathResult<Ratio> {
        if to <= from || self.span.get() == 0 {
            return Ok(to);
        }
        let way = to.minus(from)?;
        let gone = mul_div_ceil(way.raw(), elapsed.get().into(), self.span.get().into())?;
        from.plus(Ratio::new(gone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::basket;

    #[test]
    fn a_tightening_reaches_open_positions_on_a_straight_line() {
        let old = MarginSide::of(&basket()).unwrap();
        let mut tighter = basket();
        tighter.multiplier = Ratio::new(2 * tighter.multiplier.raw());
        let target = MarginSide::of(&tighter).unwrap();
        let ramp = Ramp {
            from: old.clone(),
            start: Seconds::new(1_000),
            span: Seconds::new(100),
        };
        let at = |seconds| ramp.in_force(&target, Seconds::new(seconds)).unwrap();
        assert_eq!(at(1_000), old);
        assert_eq!(
            at(1_050).multiplier,
            Ratio::new(old.multiplier.raw() * 3 / 2)
        );
        assert_eq!(at(1_100), target);
        assert_eq!(at(u64::MAX), target);
        assert!(ramp.over(Seconds::new(1_100)) && !ramp.over(Seconds::new(1_099)));
    }

    #[test]
    fn a_relief_holds_at_once() {
        let target = MarginSide::of(&basket()).unwrap();
        let mut from = target.clone();
        from.cost = Ratio::percent(50);
        let ramp = Ramp {
            from,
            start: Seconds::default(),
            span: Seconds::new(100),
        };
        assert_eq!(ramp.in_force(&target, Seconds::default()).unwrap(), target);
    }
}
