//! Prices and what an amount is worth.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{mul_div_ceil, mul_div_floor, pow10, Amount, MathError, MathResult, Value};

/// Decimal places of a token: 0 to 18.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Decimals(u8);

impl Decimals {
    /// Errors above 18.
    pub fn new(places: u8) -> MathResult<Self> {
        if places > 18 {
            return Err(MathError::Decimals(places));
        }
        Ok(Self(places))
    }

    /// The number of places.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// `10^(places + 6)`: an amount times a price divided by this is a value.
    fn divisor(self) -> u128 {
        10u128.pow(u32::from(self.0) + 6)
    }
}

/// Dollars for one whole token at 1e-24, between 1e-12 and 1e9 dollars: its relative step is at most 1e-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Price(u128);

impl Price {
    /// Decimal places of the scale.
    pub const PLACES: u32 = 24;
    /// One dollar.
    pub const ONE: Self = Self(1_000_000_000_000_000_000_000_000);
    /// 1e-12 dollars.
    pub const MIN: Self = Self(1_000_000_000_000);
    /// 1e9 dollars.
    pub const MAX: Self = Self(1_000_000_000_000_000_000_000_000_000_000_000);

    /// From a whole number at 1e-24 dollars; errors outside [`Price::MIN`] to [`Price::MAX`], so never zero.
    pub fn new(raw: u128) -> MathResult<Self> {
        if !(Self::MIN.0..=Self::MAX.0).contains(&raw) {
            return Err(MathError::PriceRange(raw));
        }
        Ok(Self(raw))
    }

    /// From `mantissa * 10^exponent` dollars, rounded down at 1e-24; errors outside the range.
    pub fn from_scientific(mantissa: u128, exponent: i32) -> MathResult<Self> {
        let shift = exponent.saturating_add(Self::PLACES as i32);
        let power = pow10(shift.unsigned_abs())?;
        let raw = if shift >= 0 {
            mantissa
                .checked_mul(power)
                .ok_or(MathError::Overflow("price"))?
        } else {
            mantissa / power
        };
        Self::new(raw)
    }

    /// The whole number at 1e-24 dollars.
    pub const fn raw(self) -> u128 {
        self.0
    }

    /// What `amount` is worth, rounded down: for collateral.
    pub fn value_floor(self, amount: Amount, decimals: Decimals) -> MathResult<Value> {
        mul_div_floor(amount.raw(), self.0, decimals.divisor()).map(Value::new)
    }

    /// What `amount` is worth, rounded up: for debt.
    pub fn value_ceil(self, amount: Amount, decimals: Decimals) -> MathResult<Value> {
        mul_div_ceil(amount.raw(), self.0, decimals.divisor()).map(Value::new)
    }

    /// The amount worth `value`, rounded down: for what leaves the protocol.
    pub fn amount_floor(self, value: Value, decimals: Decimals) -> MathResult<Amount> {
        mul_div_floor(value.raw(), decimals.divisor(), self.0).map(Amount::new)
    }

    /// The amount worth `value`, rounded up: for what is owed to the protocol.
    pub fn amount_ceil(self, value: Value, decimals: Decimals) -> MathResult<Amount> {
        mul_div_ceil(value.raw(), decimals.divisor(), self.0).map(Amount::new)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = format!("{:024}", self.0 % Self::ONE.0);
        let places = places.trim_end_matches('0');
        write!(f, "${}", self.0 / Self::ONE.0)?;
        if !places.is_empty() {
            write!(f, ".{places}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// BOR-8: eighteen against six and zero decimals, figures by hand.
    #[test]
    fn bor_8_values_agree_across_decimals() {
        let price = Price::from_scientific(60_000, 0).unwrap();
        for (places, amount) in [(0, 2), (6, 2_000_000), (18, 2_000_000_000_000_000_000)] {
            let decimals = Decimals::new(places).unwrap();
            assert_eq!(
                price.value_floor(Amount::new(amount), decimals),
                Ok(Value::dollars(120_000))
            );
            assert_eq!(
                price.amount_ceil(Value::dollars(120_000), decimals),
                Ok(Amount::new(amount))
            );
        }
        assert_eq!(Decimals::new(19), Err(MathError::Decimals(19)));
    }

    /// BOR-6: prices outside the range are refused, so no amount is worth infinity or rounds to nothing silently.
    #[test]
    fn bor_6_prices_outside_the_range_are_refused() {
        assert!(Price::new(0).is_err());
        assert!(Price::from_scientific(1, -18).is_err());
        assert!(Price::new(u128::MAX).is_err());
        assert!(Price::from_scientific(1, 10).is_err());
        assert!(Price::from_scientific(1, i32::MAX).is_err());
        assert_eq!(Price::from_scientific(1, -12), Ok(Price::MIN));
        assert_eq!(Price::from_scientific(1, 9), Ok(Price::MAX));
        let whole = Decimals::new(0).unwrap();
        assert!(Price::MAX.value_ceil(Amount::MAX, whole).is_err());
    }

    proptest! {
        #[test]
        fn a_value_and_back_never_gains(raw in Price::MIN.0..=Price::MAX.0, amount: u32, places in 0u8..=18) {
            let (price, decimals, amount) = (Price::new(raw).unwrap(), Decimals::new(places).unwrap(), Amount::new(amount.into()));
            let value = price.value_floor(amount, decimals).unwrap();
            prop_assert!(price.amount_floor(value, decimals).unwrap() <= amount);
            let value = price.value_ceil(amount, decimals).unwrap();
            prop_assert!(price.amount_ceil(value, decimals).unwrap() >= amount);
        }
    }
}
