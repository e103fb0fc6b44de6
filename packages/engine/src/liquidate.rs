//! What a liquidator may do to a position under its maintenance margin: pay debt for a slice of the whole collateral, pro rata by
//! value, with a bonus that grows with depth, and no more of it than brings the position back to the target.

use thiserror::Error;
use wicker_math::{mul_div_ceil, mul_div_floor, Amount, MathError, Ratio, Value};

use crate::accrual::{repay, write_off, Loss};
use crate::basket::{Basket, LiquidationTerms, Totals};
use crate::health::{Assessment, Book, HealthError};
use crate::position::Position;

/// The search along the pro-rata line stops at this part of the debt: 2^-32.
const STEPS: u32 = 32;
/// The part of the collateral that flow caps may be passed over for.
const SPARED: u128 = 20;

/// What a liquidation comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liquidation {
    /// What the liquidator pays: what the debt falls by, and the fee. All of it is burned.
    pub payment: Amount,
    /// What the debt falls by.
    pub repaid: Amount,
    /// What the basket's reserve earns.
    pub fee: Amount,
    /// The bonus; in an insolvent position what the liquidator gets over what it pays.
    pub bonus: Ratio,
    /// What the liquidator receives, rounded down.
    pub seized: Vec<(u8, Amount)>,
    /// What that is worth, leg by leg, for the flow buckets.
    pub seized_value: Vec<(u8, Value)>,
    /// The position.
    pub position: Position,
    /// The basket's totals.
    pub totals: Totals,
    /// What the position still owes.
    pub debt: Amount,
    /// Debt nobody repays, and who bears it.
    pub loss: Loss,
}

/// Why a liquidation is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LiquidateError {
    /// Arithmetic outside what the types hold.
    #[error(transparent)]
    Math(#[from] MathError),
    /// Health cannot be told.
    #[error(transparent)]
    Health(#[from] HealthError),
    /// Equity is at or over the maintenance margin.
    #[error("equity {equity}e-18 is not below the maintenance margin {margin}e-18 dollars")]
    Healthy {
        /// Dollars of equity.
        equity: i128,
        /// Dollars of maintenance margin.
        margin: u128,
    },
    /// Nothing is owed.
    #[error("the position owes nothing")]
    NoDebt,
    /// No collateral of the position has a price that liquidation accepts.
    #[error("no collateral of the position has a usable price")]
    Unpriced,
    /// The flow caps have no room now; they refill with time.
    #[error("the flow caps leave no room now")]
    FlowCap,
    /// An insolvent position is closed as a whole, which takes more than is offered.
    #[error("closing the position takes {needed}, {offered} is offered")]
    Insufficient {
        /// Base units of debt.
        needed: u128,
        /// Base units of debt.
        offered: u128,
    },
    /// The offer is too small to repay anything.
    #[error("an offer of {0} repays nothing")]
    TooSmall(u128),
}

/// A position to be liquidated.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What governance decided.
    pub basket: &'a Basket,
    /// Accrued totals.
    pub totals: &'a Totals,
    /// The position.
    pub position: &'a Position,
    /// Its legs at the maintenance test.
    pub book: &'a Book<'a>,
}

/// Liquidates as much as the target needs, within `offered` and within `room`: dollars of each leg that the flow caps leave,
/// a leg that is not named being without limit.
pub fn liquidate(
    case: &Case<'_>,
    offered: Amount,
    room: &[(u8, Value)],
) -> Result<Liquidation, LiquidateError> {
    let debt = case.totals.index.debt_ceil(case.position.shares)?;
    if debt.is_zero() {
        return Err(LiquidateError::NoDebt);
    }
    if case.book.counted().next().is_none() {
        return Err(LiquidateError::Unpriced);
    }
    let now = case.book.assess(case.position, debt)?;
    if now.passes(Ratio::ONE)? {
        return Err(LiquidateError::Healthy {
            equity: now.equity.raw(),
            margin: now.margin.maintenance.raw(),
        });
    }
    let terms = &case.basket.liquidation;
    let bonus = bonus_floor(terms, &now)?;
    let gross = Ratio::ONE.plus(bonus)?.plus(terms.fee)?;
    if now.collateral < now.debt {
        return case.insolvent(&now, debt, offered);
    }
    if now.collateral < now.debt.times_ceil(gross)? {
        return case.thin(&now, debt, offered);
    }
    let limit = offered.mul_div_floor(Ratio::ONE.raw(), Ratio::ONE.plus(terms.fee)?.raw())?;
    let wanted = case.wanted(&now, debt, gross)?;
    let emergency = !now.passes(case.basket.levels.emergency)?;
    let flow = if emergency {
        Amount::MAX
    } else {
        case.flow_limit(&now, gross, room)?
    };
    let repaid = without_dust(debt, wanted, limit.min(flow), case.basket.terms.min_debt);
    if repaid.is_zero() {
        return Err(if flow.is_zero() {
            LiquidateError::FlowCap
        } else {
            LiquidateError::TooSmall(offered.raw())
        });
    }
    let value = case.book.debt_value_floor(repaid)?.times_floor(gross)?;
    let fee = repaid.times_ceil(terms.fee)?;
    case.settle(repaid, fee, bonus, (value.raw(), now.collateral.raw()))
}

/// b: from its least at the maintenance margin to its most at no equity, rounded down.
fn bonus_floor(terms: &LiquidationTerms, now: &Assessment) -> Result<Ratio, MathError> {
    let margin = now.margin.maintenance;
    let equity = Value::new(u128::try_from(now.equity.raw()).unwrap_or(0));
    let missing = margin.saturating_sub(equity);
    let span = terms.bonus_max.saturating_sub(terms.bonus_min);
    terms
        .bonus_min
        .plus(span.mul_div_floor(missing.raw(), margin.raw().max(1))?)
}

/// The repayment, so that what is left is nothing, or at least the minimum, or what the limit enforces on a debt already under it.
fn without_dust(debt: Amount, wanted: Amount, limit: Amount, minimum: Amount) -> Amount {
    let repaid = wanted.min(limit).min(debt);
    let rest = debt.saturating_sub(repaid);
    if rest.is_zero() || rest >= minimum {
        repaid
    } else if limit >= debt {
        debt
    } else {
        let most = debt.saturating_sub(minimum);
        if most.is_zero() {
            repaid
        } else {
            repaid.min(most)
        }
    }
}

/// Two parts of the debt, of which repaying the smaller misses the target and the larger one reaches it. Between them what is missing
/// falls nearly along a straight line, so the next part to try is where a line would reach the target (the Illinois rule of false
/// position): that takes four or five margins, where halving takes thirty-two.
struct Bracket {
    short: u128,
    /// What is missing at `short`, or less where it has been tried in vain.
    missing: u128,
    enough: u128,
    /// What is over at `enough`, likewise; `None` when even the whole debt misses the target.
    over: Option<u128>,
    /// Whether the last part tried was enough.
    reached: Option<bool>,
}

impl Bracket {
    /// Between nothing and the whole debt, with the surplus of each.
    fn new(nothing: i128, (whole, all): (u128, i128)) -> Self {
        Self {
            short: 0,
            missing: nothing.unsigned_abs(),
            enough: whole,
            over: u128::try_from(all).ok(),
            reached: None,
        }
    }

    /// The part to try next; `None` when the two are neighbours.
    fn next(&self, tried: u32) -> Option<u128> {
        let width = self.enough.saturating_sub(self.short);
        if width <= 1 {
            return None;
        }
        // Halving cannot take more than its steps, whatever the shape of the line.
        let line = self.over.filter(|_| tried < STEPS).and_then(|over| {
            let sum = self.missing.checked_add(over)?.max(1);
            mul_div_ceil(width, self.missing, sum).ok()
        });
        let step = line.unwrap_or(width / 2);
        Some(
            self.short
                .saturating_add(step.clamp(1, width.saturating_sub(1))),
        )
    }

    fn narrow(&mut self, part: u128, surplus: i128) {
        let reached = surplus >= 0;
        let again = self.reached == Some(reached);
        if reached {
            (self.enough, self.over) = (part, Some(surplus.unsigned_abs()));
            self.missing >>= u32::from(again);
        } else {
            (self.short, self.missing) = (part, surplus.unsigned_abs());
            self.over = self.over.map(|over| over >> u32::from(again));
        }
        self.reached = Some(reached);
    }
}

impl Case<'_> {
    /// V < D: all collateral that has a price for what it is worth less the least bonus; what that does not repay is a loss, unless
    /// collateral without a price stays behind, which keeps the rest of the debt until it can be judged.
    fn insolvent(
        &self,
        now: &Assessment,
        debt: Amount,
        offered: Amount,
    ) -> Result<Liquidation, LiquidateError> {
        let bonus = self.basket.liquidation.bonus_min;
        let worth = mul_div_ceil(
            now.collateral.raw(),
            Ratio::ONE.raw(),
            Ratio::ONE.plus(bonus)?.raw(),
        )?;
        let repaid = self.book.debt_amount_ceil(Value::new(worth))?.min(debt);
        if offered < repaid {
            return Err(LiquidateError::Insufficient {
                needed: repaid.raw(),
                offered: offered.raw(),
            });
        }
        self.settle(repaid, Amount::ZERO, bonus, (1, 1))
    }

    /// D ≤ V < (1 + b + fee) · D: no fee, and a bonus that leaves the ratio of collateral to debt as it is.
    fn thin(
        &self,
        now: &Assessment,
        debt: Amount,
        offered: Amount,
    ) -> Result<Liquidation, LiquidateError> {
        let repaid = without_dust(debt, debt, offered, self.basket.terms.min_debt);
        if repaid.is_zero() {
            return Err(LiquidateError::TooSmall(offered.raw()));
        }
        let bonus = Ratio::of_floor(now.collateral.raw(), now.debt.raw().max(1))?;
        let bonus = bonus.saturating_sub(Ratio::ONE);
        self.settle(repaid, Amount::ZERO, bonus, (repaid.raw(), debt.raw()))
    }

    /// The least repayment after which equity is at least the target's multiple of the margin; the whole debt when none is.
    fn wanted(
        &self,
        now: &Assessment,
        debt: Amount,
        gross: Ratio,
    ) -> Result<Amount, LiquidateError> {
        let whole = 1u128 << STEPS;
        let target = self.basket.levels.target;
        let surplus = |part: u128| {
            let repaid = debt.mul_div_ceil(part, whole)?;
            let value = self.book.debt_value_floor(repaid)?.times_floor(gross)?;
            let (position, _) = self.seize((value.raw(), now.collateral.raw()))?;
            let after = self.book.assess(&position, debt.saturating_sub(repaid))?;
            Ok::<_, LiquidateError>(after.surplus(target)?)
        };
        let mut bracket = Bracket::new(now.surplus(target)?, (whole, surplus(whole)?));
        for tried in 0.. {
            let Some(part) = bracket.next(tried) else {
                break;
            };
            bracket.narrow(part, surplus(part)?);
        }
        Ok(debt.mul_div_ceil(bracket.enough, whole)?)
    }

    /// The most that may be repaid before the flow caps of legs that matter are used up: the tightest ones that together are at most a
    /// [`SPARED`]th of the collateral do not hold back the rest. A few coins of an asset nobody trades would otherwise stop everything.
    fn flow_limit(
        &self,
        now: &Assessment,
        gross: Ratio,
        room: &[(u8, Value)],
    ) -> Result<Amount, LiquidateError> {
        let mut tight = Vec::new();
        for leg in self.book.counted() {
            let Some((_, left)) = room.iter().find(|(named, _)| *named == leg) else {
                continue;
            };
            let held = self.position.held(leg);
            let value = self
                .book
                .value_floor(leg, held)
                .unwrap_or(Ok(Value::ZERO))?;
            if *left >= value {
                continue;
            }
            let all = now.collateral.mul_div_floor(left.raw(), value.raw())?;
            tight.push((all, value));
        }
        let mut spared = now.collateral.raw() / SPARED;
        let seizable = loop {
            let tightest = tight.iter().enumerate().min_by_key(|(_, (all, _))| *all);
            let Some((at, (all, value))) = tightest else {
                return Ok(Amount::MAX);
            };
            match spared.checked_sub(value.raw()) {
                Some(left) => spared = left,
                None => break *all,
            }
            tight.swap_remove(at);
        };
        let repaid = seizable.mul_div_floor(Ratio::ONE.raw(), gross.raw())?;
        let debt = self.totals.index.debt_ceil(self.position.shares)?;
        Ok(debt.mul_div_floor(repaid.raw(), now.debt.raw().max(1))?)
    }

    /// Takes `share` of every leg that counts, rounded down, at most what is held.
    fn seize(&self, share: (u128, u128)) -> Result<(Position, Vec<(u8, Amount)>), MathError> {
        let (part, whole) = share;
        let mut position = self.position.clone();
        let mut seized = Vec::new();
        for leg in self.book.counted() {
            let held = self.position.held(leg);
            let taken = Amount::new(mul_div_floor(held.raw(), part.min(whole), whole.max(1))?);
            if !taken.is_zero() {
                position = position.with(leg, held.minus(taken)?);
                seized.push((leg, taken));
            }
        }
        Ok((position, seized))
    }

    fn settle(
        &self,
        repaid: Amount,
        fee: Amount,
        bonus: Ratio,
        share: (u128, u128),
    ) -> Result<Liquidation, LiquidateError> {
        let (mut position, seized) = self.seize(share)?;
        let paid = repay(self.totals, position.shares, repaid)?;
        position.shares = paid.shares;
        let mut totals = paid.totals;
        totals.reserve = totals.reserve.plus(fee)?;
        let mut seized_value = Vec::with_capacity(seized.len());
        for (leg, amount) in &seized {
            let value = self.book.value_floor(*leg, *amount);
            seized_value.push((*leg, value.unwrap_or(Ok(Value::ZERO))?));
            if let Some(total) = totals.collateral.get_mut(usize::from(*leg)) {
                *total = total.minus(*amount)?;
            }
        }
        let mut loss = Loss::default();
        if position.collateral.is_empty() && !position.shares.is_zero() {
            (totals, loss) = write_off(&totals, self.basket, &position)?;
            position.shares = wicker_math::Shares::ZERO;
        }
        Ok(Liquidation {
            payment: paid.burned.plus(fee)?,
            repaid: paid.burned,
            fee,
            bonus,
            seized,
            seized_value,
            debt: totals.index.debt_ceil(position.shares)?,
            position,
            totals: crate::accrual::settle(totals),
            loss,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: u128 = 1 << STEPS;

    /// The part the search ends at, and how many it tried.
    fn found(surplus: impl Fn(u128) -> i128) -> (u128, u32) {
        let mut bracket = Bracket::new(surplus(0), (WHOLE, surplus(WHOLE)));
        let mut tried = 0;
        while let Some(part) = bracket.next(tried) {
            bracket.narrow(part, surplus(part));
            tried += 1;
        }
        (bracket.enough, tried)
    }

    #[test]
    fn a_target_that_no_part_reaches_takes_the_whole_debt() {
        assert_eq!(found(|_| -1), (WHOLE, STEPS));
    }

    proptest! {
        /// A slope that flattens out, as equity less a convex margin does: a handful of tries.
        #[test]
        fn the_least_part_that_reaches_the_target_is_found_soon(root in 1..WHOLE, slope in 1u64..1_000_000_000_000, bend in 1u128..8) {
            let line = |part: u128| part as i128 - (part * part / (bend * 4 * WHOLE)) as i128;
            let surplus = |part: u128| (line(part) - line(root)) * i128::from(slope);
            let (part, tried) = found(surplus);
            prop_assert!(surplus(part) >= 0 && surplus(part - 1) < 0);
            prop_assert!(tried <= 16, "{tried}");
        }

        /// A cliff, the worst there is for lines.
        #[test]
        fn it_is_found_whatever_the_shape(root in 1..=WHOLE, below in 1i128..1_000_000_000, above in 0i128..1_000_000_000_000_000_000) {
            let (part, tried) = found(|part| if part < root { -below } else { above });
            prop_assert_eq!(part, root);
            prop_assert!(tried <= 2 * STEPS + 1, "{tried}");
        }
    }
}
