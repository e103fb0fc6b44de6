//! What debt does: it grows by the fee, is lent, repaid and, when nobody can repay it, lost.
//!
//! Each step keeps `minted - burned = T - reserve + deficit` exact, with `T = ceil(shares · index)`: what rounding leaves over goes
//! to the reserve, so no unit of debt token is ever without an owner.

use wicker_math::{Amount, MathResult, Seconds, Shares};

use crate::basket::{Basket, LossSource, Totals};
use crate::position::Position;

/// The totals with interest up to `now`: the index grows, the growth is the reserve's, and a deficit is paid from it first.
pub fn accrue(totals: &Totals, basket: &Basket, now: Seconds) -> MathResult<Totals> {
    let elapsed = now.since(totals.accrued_at);
    if elapsed.get() == 0 {
        return Ok(totals.clone());
    }
    let before = totals.debt_ceil()?;
    let mut next = totals.clone();
    let grown = totals.index.grow(basket.terms.stability_fee, elapsed);
    // A basket whose debt no longer fits stops growing: repayment must not be locked behind an overflow.
    if let Ok(after) = grown.debt_ceil(totals.shares) {
        if let Ok(reserve) = totals.reserve.plus(after.saturating_sub(before)) {
            next.index = grown;
            next.reserve = reserve;
        }
    }
    next.accrued_at = now.max(totals.accrued_at);
    Ok(settle(next))
}

/// The totals with as much of the deficit paid from the reserve as it holds: both sides fall by the same amount.
pub fn settle(mut totals: Totals) -> Totals {
    let paid = totals.deficit.min(totals.reserve);
    totals.deficit = totals.deficit.saturating_sub(paid);
    totals.reserve = totals.reserve.saturating_sub(paid);
    totals
}

/// Debt after a loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lent {
    /// The totals.
    pub totals: Totals,
    /// The position's shares.
    pub shares: Shares,
    /// What the borrower owes more, and the basket has earned, for the loan.
    pub fee: Amount,
}

/// Lends `amount`, to be minted, and adds the fee to the debt. Shares are rounded up, against the borrower.
pub fn lend(totals: &Totals, basket: &Basket, shares: Shares, amount: Amount) -> MathResult<Lent> {
    let fee = amount.times_ceil(basket.terms.borrow_fee)?;
    let before = totals.debt_ceil()?;
    let added = totals.index.shares_ceil(amount.plus(fee)?)?;
    let mut next = totals.clone();
    next.shares = totals.shares.plus(added)?;
    let grown = next.debt_ceil()?.minus(before)?;
    // The debt grows by the loan, the fee and less than two units of rounding.
    next.reserve = totals.reserve.plus(grown)?.minus(amount)?;
    Ok(Lent {
        totals: settle(next),
        shares: shares.plus(added)?,
        fee,
    })
}

/// Debt after a repayment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaid {
    /// The totals.
    pub totals: Totals,
    /// The position's shares.
    pub shares: Shares,
    /// What is to be burned.
    pub burned: Amount,
}

/// Repays up to `offered`: the whole debt when it covers it, else as many shares as it buys, rounded down, against the payer. What is
/// burned may be minted again: who borrows and repays at once leaves the others what the bucket held.
pub fn repay(totals: &Totals, shares: Shares, offered: Amount) -> MathResult<Repaid> {
    let owed = totals.index.debt_ceil(shares)?;
    let (burned, removed) = if offered >= owed {
        (owed, shares)
    } else {
        (offered, totals.index.shares_floor(offered)?.min(shares))
    };
    let before = totals.debt_ceil()?;
    let mut next = totals.clone();
    next.shares = totals.shares.minus(removed)?;
    let fallen = before.minus(next.debt_ceil()?)?;
    // Never less: what rounding leaves of the payment is the basket's.
    next.reserve = totals.reserve.plus(burned)?.minus(fallen)?;
    next.mint.level = next.mint.level.saturating_add(burned.raw());
    Ok(Repaid {
        totals: settle(next),
        shares: shares.minus(removed)?,
        burned,
    })
}

/// Who bore a loss.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loss {
    /// The debt nobody repays.
    pub bad_debt: Amount,
    /// Borne by the reserve.
    pub reserve: Amount,
    /// Borne by the backstop: these coins are to be burned.
    pub backstop: Amount,
    /// Borne by nobody yet.
    pub deficit: Amount,
}

/// Writes all the debt of `position` off: the sources of the basket's loss order bear it in turn, the rest becomes its deficit.
pub fn write_off(
    totals: &Totals,
    basket: &Basket,
    position: &Position,
) -> MathResult<(Totals, Loss)> {
    let before = totals.debt_ceil()?;
    let mut next = totals.clone();
    next.shares = totals.shares.minus(position.shares)?;
    let bad_debt = before.minus(next.debt_ceil()?)?;
    let mut loss = Loss {
        bad_debt,
        ..Loss::default()
    };
    let mut rest = bad_debt;
    for source in &basket.loss_order {
        let fund = match source {
            LossSource::Reserve => (&mut next.reserve, &mut loss.reserve),
            LossSource::Backstop => (&mut next.backstop, &mut loss.backstop),
        };
        let borne = rest.min(*fund.0);
        *fund.0 = fund.0.minus(borne)?;
        *fund.1 = fund.1.plus(borne)?;
        rest = rest.minus(borne)?;
    }
    next.deficit = next.deficit.plus(rest)?;
    loss.deficit = rest;
    Ok((next, loss))
}

/// Pays up to `offered` of the deficit; returns the totals and what is to be burned.
pub fn cover(totals: &Totals, offered: Amount) -> (Totals, Amount) {
    let burned = totals.deficit.min(offered);
    let mut next = totals.clone();
    next.deficit = totals.deficit.saturating_sub(burned);
    (next, burned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wicker_math::{Ratio, SECONDS_PER_YEAR};

    use super::*;
    use crate::testing::basket;

    /// `minted - burned` against `T - reserve + deficit`.
    fn balanced(outstanding: i128, totals: &Totals) -> bool {
        let signed = |amount: Amount| i128::try_from(amount.raw()).unwrap();
        let owed = signed(totals.debt_ceil().unwrap()) + signed(totals.deficit);
        owed == outstanding + signed(totals.reserve)
    }

    #[test]
    fn a_year_of_fees_is_the_reserves() {
        let basket = basket();
        let totals = Totals::new(2, Amount::MAX, Seconds::default());
        let lent = lend(&totals, &basket, Shares::ZERO, Amount::new(1_000_000)).unwrap();
        assert_eq!(lent.fee, Amount::new(5_000));
        let year = accrue(&lent.totals, &basket, Seconds::new(SECONDS_PER_YEAR)).unwrap();
        // 1,005,000 at 5 % compounded each second: 1,056,527.45..., from a 60-digit decimal calculation.
        assert_eq!(year.debt_ceil(), Ok(Amount::new(1_056_528)));
        assert_eq!(year.reserve, Amount::new(56_528));
    }

    #[test]
    fn v22_a_thousand_years_leave_debt_that_can_be_repaid() {
        let mut basket = basket();
        basket.terms.stability_fee = Ratio::percent(100);
        let totals = Totals::new(2, Amount::MAX, Seconds::default());
        let lent = lend(&totals, &basket, Shares::ZERO, Amount::new(1 << 80)).unwrap();
        let late = accrue(
            &lent.totals,
            &basket,
            Seconds::new(1_000 * SECONDS_PER_YEAR),
        )
        .unwrap();
        let owed = late.index.debt_ceil(lent.shares).unwrap();
        let repaid = repay(&late, lent.shares, owed).unwrap();
        assert!(repaid.shares.is_zero() && repaid.totals.debt_ceil().unwrap().is_zero());
    }

    #[test]
    fn a_loss_goes_down_the_order_and_the_rest_is_a_deficit() {
        let mut basket = basket();
        basket.terms.borrow_fee = Ratio::ZERO;
        let totals = Totals::new(2, Amount::MAX, Seconds::default());
        let lent = lend(&totals, &basket, Shares::ZERO, Amount::new(1_000)).unwrap();
        let mut totals = lent.totals;
        totals.reserve = Amount::new(100);
        totals.backstop = Amount::new(250);
        let position = Position {
            shares: lent.shares,
            collateral: Vec::new(),
        };
        let (after, loss) = write_off(&totals, &basket, &position).unwrap();
        assert_eq!(loss.reserve, Amount::new(100));
        assert_eq!(loss.backstop, Amount::new(250));
        assert_eq!(after.deficit, Amount::new(650));
        let (covered, burned) = cover(&after, Amount::new(700));
        assert_eq!((covered.deficit, burned), (Amount::ZERO, Amount::new(650)));
    }

    proptest! {
        #[test]
        fn i_03_every_unit_of_debt_token_is_accounted_for(steps in proptest::collection::vec((0u8..4, 0usize..4, 0u128..1 << 70, 0u64..40_000_000), 1..60)) {
            let basket = basket();
            let mut totals = Totals::new(2, Amount::MAX, Seconds::default());
            let mut shares = [Shares::ZERO; 4];
            // Here interest may be paid with tokens that were never minted, so the sum may be negative.
            let (mut outstanding, mut now) = (0i128, 0u64);
            for (verb, who, amount, wait) in steps {
                match verb {
                    0 => {
                        let lent = lend(&totals, &basket, shares[who], Amount::new(amount)).unwrap();
                        (totals, shares[who]) = (lent.totals, lent.shares);
                        outstanding += amount as i128;
                    }
                    1 => {
                        let repaid = repay(&totals, shares[who], Amount::new(amount)).unwrap();
                        (totals, shares[who]) = (repaid.totals, repaid.shares);
                        outstanding -= repaid.burned.raw() as i128;
                    }
                    2 => {
                        let position = Position { shares: shares[who], collateral: Vec::new() };
                        let (next, loss) = write_off(&totals, &basket, &position).unwrap();
                        outstanding -= loss.backstop.raw() as i128;
                        (totals, shares[who]) = (next, Shares::ZERO);
                    }
                    _ => {
                        now += wait;
                        totals = accrue(&totals, &basket, Seconds::new(now)).unwrap();
                    }
                }
                prop_assert!(balanced(outstanding, &totals));
                let sum: u128 = shares.iter().map(|s| s.raw()).sum();
                prop_assert_eq!(sum, totals.shares.raw());
            }
        }

        #[test]
        fn i_21_repaying_in_parts_never_owes_less(debt in 1u128..1 << 60, parts in proptest::collection::vec(1u128..1 << 50, 1..20), growth in 0u64..40_000_000) {
            let basket = basket();
            let totals = Totals::new(2, Amount::MAX, Seconds::default());
            let lent = lend(&totals, &basket, Shares::ZERO, Amount::new(debt)).unwrap();
            let totals = accrue(&lent.totals, &basket, Seconds::new(growth)).unwrap();
            let (mut split, mut shares, mut paid) = (totals.clone(), lent.shares, 0);
            for part in parts {
                let repaid = repay(&split, shares, Amount::new(part)).unwrap();
                (split, shares) = (repaid.totals, repaid.shares);
                paid += repaid.burned.raw();
            }
            let once = repay(&totals, lent.shares, Amount::new(paid)).unwrap();
            prop_assert!(once.shares <= shares);
        }
    }
}
