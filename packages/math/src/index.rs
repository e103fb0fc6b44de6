//! Debt that grows: a position holds shares, and the basket's index says what a share owes.

use serde::{Deserialize, Serialize};

use crate::number::unsigned;
use crate::{mul_div_ceil, mul_div_floor, Amount, MathError, MathResult, Ratio, Seconds, ONE};

/// Seconds in a Julian year, the unit of the annual fee.
pub const SECONDS_PER_YEAR: u64 = 31_557_600;

/// `1e27`: one, at the index's scale.
const RAY: u128 = 1_000_000_000_000_000_000_000_000_000;

/// Shares to a base unit of debt at index one, so that the smallest repayment burns shares however far the index has grown.
const SHARES_PER_UNIT: u128 = 1_000_000_000;

/// `SHARES_PER_UNIT * RAY`: shares times index over this is an amount.
const SCALE: u128 = SHARES_PER_UNIT * RAY;

unsigned! {
    /// A position's part of a basket's debt. At [`Index::ONE`] a base unit of debt is 1e9 shares.
    Shares
}

/// What one unit of debt taken when the basket opened owes now, at 1e-27. It starts at one, never falls, and stops at 1e9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Index(u128);

impl Index {
    /// One: where a basket begins.
    pub const ONE: Self = Self(RAY);
    /// A billion: where it stops, so that no fee and no age can lock repayment behind an overflow.
    pub const MAX: Self = Self(RAY * 1_000_000_000);

    /// The whole number at 1e-27.
    pub const fn raw(self) -> u128 {
        self.0
    }

    /// What `shares` owe, rounded up: a debtor never owes a fraction less.
    pub fn debt_ceil(self, shares: Shares) -> MathResult<Amount> {
        mul_div_ceil(shares.raw(), self.0, SCALE).map(Amount::new)
    }

    /// The shares a loan of `amount` adds, rounded up: against the borrower.
    pub fn shares_ceil(self, amount: Amount) -> MathResult<Shares> {
        mul_div_ceil(amount.raw(), SCALE, self.0).map(Shares::new)
    }

    /// The shares a repayment of `amount` removes, rounded down: against the payer.
    pub fn shares_floor(self, amount: Amount) -> MathResult<Shares> {
        mul_div_floor(amount.raw(), SCALE, self.0).map(Shares::new)
    }

    /// The index after `elapsed` at a nominal annual `rate` compounded every second, rounded up; `grow(rate, 0)` is the
    /// identity. It saturates at [`Index::MAX`] for any rate and any time.
    pub fn grow(self, annual: Ratio, elapsed: Seconds) -> Self {
        let per_second = match mul_div_ceil(annual.raw(), RAY / ONE, u128::from(SECONDS_PER_YEAR)) {
            Ok(rate) => RAY.saturating_add(rate),
            Err(_) => return Self::MAX,
        };
        let grown = power_ceil(per_second, elapsed.get())
            .and_then(|factor| mul_div_ceil(self.0, factor, RAY));
        Self(grown.unwrap_or(Self::MAX.0).min(Self::MAX.0).max(self.0))
    }
}

/// `base^exponent` at 1e-27 by squaring, each product rounded up. At most 64 squarings; errors when it exceeds the index's limit.
fn power_ceil(base: u128, exponent: u64) -> MathResult<u128> {
    let (mut result, mut square, mut rest) = (RAY, base, exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            result = bounded(mul_div_ceil(result, square, RAY)?)?;
        }
        rest >>= 1;
        if rest > 0 {
            square = bounded(mul_div_ceil(square, square, RAY)?)?;
        }
    }
    Ok(result)
}

fn bounded(factor: u128) -> MathResult<u128> {
    if factor > Index::MAX.0 {
        return Err(MathError::Overflow("index"));
    }
    Ok(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// (1 + 0.05/31557600)^31557600 to 27 places, from a 60-digit decimal calculation.
    #[test]
    fn a_year_at_five_percent_compounds_every_second() {
        let index = Index::ONE.grow(Ratio::percent(5), Seconds::new(SECONDS_PER_YEAR));
        let exact = 1_051_271_096_334_383_076_219_433_994u128;
        assert!(
            index.raw().abs_diff(exact) < RAY / 10u128.pow(19),
            "{}",
            index.raw()
        );
    }

    #[test]
    fn the_index_is_finite_for_any_time_and_rate() {
        assert_eq!(
            Index::ONE.grow(Ratio::MAX, Seconds::new(u64::MAX)),
            Index::MAX
        );
        assert_eq!(
            Index::ONE.grow(Ratio::ZERO, Seconds::new(u64::MAX)),
            Index::ONE
        );
        assert_eq!(
            Index::MAX.grow(Ratio::percent(5), Seconds::new(1)),
            Index::MAX
        );
        let decade = Index::ONE.grow(Ratio::percent(100), Seconds::new(10 * SECONDS_PER_YEAR));
        assert!(decade < Index::MAX && decade.raw() > 22_000 * RAY);
    }

    #[test]
    fn the_smallest_repayment_burns_shares_even_at_the_largest_index() {
        assert!(!Index::MAX.shares_floor(Amount::new(1)).unwrap().is_zero());
    }

    proptest! {
        #[test]
        fn i_23_the_index_never_falls_and_splits_within_the_bound(rate in 0u64..10_000, first in 0u64..400_000_000, second in 0u64..400_000_000) {
            let rate = Ratio::bps(rate);
            let once = Index::ONE.grow(rate, Seconds::new(first + second));
            let twice = Index::ONE.grow(rate, Seconds::new(first)).grow(rate, Seconds::new(second));
            prop_assert!(once >= Index::ONE && twice >= Index::ONE);
            // At most 128 products of one ulp each, carried through squarings over at most the elapsed seconds.
            let bound = (first + second + 256) as u128 * (once.raw() / RAY + 1);
            prop_assert!(once.raw().abs_diff(twice.raw()) <= bound, "{} {}", once.raw(), twice.raw());
            prop_assert_eq!(once.grow(rate, Seconds::new(0)), once);
        }

        #[test]
        fn i_22_borrowing_then_repaying_never_gains(amount in 0u128..1u128 << 90, index in RAY..RAY * 1_000_000) {
            let (index, amount) = (Index(index), Amount::new(amount));
            let shares = index.shares_ceil(amount).unwrap();
            prop_assert!(index.debt_ceil(shares).unwrap() >= amount);
            prop_assert!(index.shares_floor(amount).unwrap() <= shares);
        }
    }
}
