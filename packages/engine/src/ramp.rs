//! What governance sets of the margin, and its gradual way to open positions.

use serde::{Deserialize, Serialize};
use wicker_math::{mul_div_ceil, mul_div_floor, sqrt_ceil_wide, MathResult, Ratio, Seconds, Value};

use crate::basket::{Basket, Risk};

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
    /// Of each leg, the debt's last.
    pub legs: Vec<LegSide>,
}

/// The part of a leg's settings that enters the maintenance margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegSide {
    /// Lowest σ per √hour.
    pub floor: Ratio,
    /// σ per √hour while the measurement is young or old.
    pub stressed: Ratio,
    /// J: share of the value that volatility cannot see.
    pub jump: Ratio,
}

impl From<&Risk> for LegSide {
    fn from(risk: &Risk) -> Self {
        Self {
            floor: risk.floor,
            stressed: risk.stressed,
            jump: risk.jump,
        }
    }
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
                .map(LegSide::from)
                .collect(),
        })
    }
}

/// A tightening on its way: open positions meet it over a span of time, new risk at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ramp<T = MarginSide> {
    /// What was in force when it began.
    pub from: T,
    /// When it began.
    pub start: Seconds,
    /// How long it takes.
    pub span: Seconds,
}

impl Ramp {
    /// What is in force for open positions at `now`, each figure on the straight line from the old to the new one.
    /// A leg that was not there before has its new figures.
    pub fn in_force(&self, target: &MarginSide, now: Seconds) -> MathResult<MarginSide> {
        let elapsed = self.elapsed(now);
        let between = |from, to| self.between(from, to, elapsed);
        let mut legs = Vec::with_capacity(target.legs.len());
        for (at, leg) in target.legs.iter().enumerate() {
            let old = self.from.legs.get(at).unwrap_or(leg);
            legs.push(LegSide {
                floor: between(old.floor, leg.floor)?,
                stressed: between(old.stressed, leg.stressed)?,
                jump: between(old.jump, leg.jump)?,
            });
        }
        Ok(MarginSide {
            multiplier: between(self.from.multiplier, target.multiplier)?,
            stress: between(self.from.stress, target.stress)?,
            concentration_max: between(self.from.concentration_max, target.concentration_max)?,
            cost: between(self.from.cost, target.cost)?,
            legs,
        })
    }
}

impl Ramp<Ratio> {
    /// What is in force for open positions at `now` of a figure that tightens by rising.
    pub fn in_force(&self, target: Ratio, now: Seconds) -> MathResult<Ratio> {
        self.between(self.from, target, self.elapsed(now))
    }
}

impl Ramp<Value> {
    /// What is in force for open positions at `now` of a flow cap, which tightens by falling and is without limit where it is zero.
    ///
    /// `1/√cap` moves on a straight line, and with it the concentration factor of a given size, which is `√(size/depth)`: a cap that
    /// falls to a small part of itself, or comes where there was none, does not reach positions all at the end. Rounded down: toward
    /// more margin.
    pub fn in_force(&self, target: Value, now: Seconds) -> MathResult<Value> {
        let (old, new) = (self.from.raw(), target.raw());
        let (elapsed, span) = (self.elapsed(now).get(), self.span.get());
        let looser = new == 0 || old != 0 && new >= old;
        if looser || elapsed >= span {
            return Ok(target);
        }
        if elapsed == 0 {
            return Ok(self.from);
        }
        let (elapsed, span) = (u128::from(elapsed), u128::from(span));
        if old == 0 {
            // The cap over the square of the part that has passed: at first nearly without limit.
            let squares = (span.saturating_mul(span), elapsed.saturating_mul(elapsed));
            let cap = mul_div_floor(new, squares.0, squares.1).unwrap_or(0);
            return Ok(Value::new(cap));
        }
        let (old_root, new_root) = (sqrt_ceil_wide(old, 1), sqrt_ceil_wide(new, 1));
        let rest = mul_div_ceil(new_root, span.saturating_sub(elapsed), span)?;
        let gone = mul_div_ceil(old_root, elapsed, span)?;
        let root = rest.saturating_add(gone);
        let cap = mul_div_floor(old, new, root.saturating_mul(root))?;
        Ok(Value::new(cap.clamp(new, old)))
    }
}

impl<T> Ramp<T> {
    /// True when nothing of it is left.
    pub fn over(&self, now: Seconds) -> bool {
        now.since(self.start) >= self.span
    }

    fn elapsed(&self, now: Seconds) -> Seconds {
        now.since(self.start).min(self.span)
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

    const SPAN: Seconds = Seconds::new(100);

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

    #[test]
    fn each_figure_of_a_leg_has_its_own_line() {
        let from = MarginSide::of(&basket()).unwrap();
        let mut tighter = basket();
        tighter.members[0].risk.stressed = Ratio::percent(10);
        tighter.debt_risk.stressed = Ratio::percent(20);
        let target = MarginSide::of(&tighter).unwrap();
        let ramp = Ramp {
            from: from.clone(),
            start: Seconds::default(),
            span: SPAN,
        };
        let half = ramp.in_force(&target, Seconds::new(50)).unwrap();
        for at in 0..from.legs.len() {
            let (old, new, found) = (from.legs[at], target.legs[at], half.legs[at]);
            let middle = (old.stressed.raw() + new.stressed.raw()) / 2;
            assert_eq!(found.stressed, Ratio::new(middle));
            assert_eq!((found.floor, found.jump), (old.floor, old.jump));
        }
    }

    #[test]
    fn a_share_rises_on_a_straight_line_and_falls_at_once() {
        let ramp = Ramp {
            from: Ratio::percent(10),
            start: Seconds::new(7),
            span: SPAN,
        };
        let at = |to, seconds| ramp.in_force(Ratio::percent(to), Seconds::new(seconds));
        assert_eq!(at(30, 7), Ok(Ratio::percent(10)));
        assert_eq!(at(30, 57), Ok(Ratio::percent(20)));
        assert_eq!(at(30, 107), Ok(Ratio::percent(30)));
        assert_eq!(at(5, 7), Ok(Ratio::percent(5)));
    }

    fn narrowing(from: u64) -> impl Fn(u64, u64) -> Value {
        let ramp = Ramp {
            from: Value::dollars(from),
            start: Seconds::default(),
            span: SPAN,
        };
        move |to, seconds| {
            let found = ramp.in_force(Value::dollars(to), Seconds::new(seconds));
            found.unwrap()
        }
    }

    /// From 900 to 100: 1/√cap goes from 1/30 to 1/10, half way it is 1/15.
    #[test]
    fn a_cap_falls_so_that_concentration_rises_on_a_straight_line() {
        let cap = narrowing(900);
        assert_eq!(cap(100, 0), Value::dollars(900));
        assert_eq!(cap(100, 50), Value::dollars(225));
        assert_eq!(cap(100, 100), Value::dollars(100));
        assert_eq!(cap(100, u64::MAX), Value::dollars(100));
        assert_eq!(cap(901, 0), Value::dollars(901));
        assert_eq!(cap(0, 0), Value::ZERO);
        let falls = (0..100).all(|second| cap(100, second) > cap(100, second + 1));
        assert!(falls);
    }

    #[test]
    fn a_cap_that_comes_where_none_was_comes_gradually() {
        let cap = narrowing(0);
        assert_eq!(cap(100, 0), Value::ZERO);
        assert_eq!(cap(100, 1), Value::dollars(1_000_000));
        assert_eq!(cap(100, 50), Value::dollars(400));
        assert_eq!(cap(100, 100), Value::dollars(100));
        // The largest cap and the longest ramp there are: without limit where the figure exceeds its type.
        let longest = Ramp {
            from: Value::ZERO,
            start: Seconds::default(),
            span: Seconds::hours(720),
        };
        let largest = Value::dollars(1_000_000_000_000);
        assert_eq!(longest.in_force(largest, Seconds::new(1)), Ok(Value::ZERO));
        assert!(longest.in_force(largest, Seconds::hours(719)).unwrap() > largest);
    }

    #[test]
    fn a_ramp_of_no_time_is_over() {
        let cap = Ramp {
            from: Value::dollars(9),
            start: Seconds::default(),
            span: Seconds::default(),
        };
        let target = Value::dollars(4);
        assert_eq!(cap.in_force(target, Seconds::default()), Ok(target));
    }
}
