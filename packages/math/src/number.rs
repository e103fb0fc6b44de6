//! The plain quantities. Each is a whole number at a fixed scale; arithmetic is checked and names its operation.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{mul_div_ceil, mul_div_floor, MathError, MathResult, ONE};

macro_rules! unsigned {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(u128);

        impl From<$name> for u128 {
            fn from(number: $name) -> Self {
                number.0
            }
        }

        impl From<u128> for $name {
            fn from(raw: u128) -> Self {
                Self(raw)
            }
        }

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest the type holds.
            pub const MAX: Self = Self(u128::MAX);

            /// From a whole number at the type's scale.
            pub const fn new(raw: u128) -> Self {
                Self(raw)
            }

            /// The whole number at the type's scale.
            pub const fn raw(self) -> u128 {
                self.0
            }

            /// True for nothing.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// The sum; errors on overflow.
            pub fn plus(self, other: Self) -> MathResult<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Ok(Self(sum)),
                    None => Err(MathError::Overflow(concat!(stringify!($name), " addition"))),
                }
            }

            /// The difference; errors when it would be negative.
            pub fn minus(self, other: Self) -> MathResult<Self> {
                match self.0.checked_sub(other.0) {
                    Some(rest) => Ok(Self(rest)),
                    None => Err(MathError::Underflow(stringify!($name), self.0, other.0)),
                }
            }

            /// The difference, or nothing where it would be negative.
            pub const fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }

            /// `self * part / whole`, rounded down. Errors when `whole` is zero or the result overflows.
            pub fn mul_div_floor(self, part: u128, whole: u128) -> MathResult<Self> {
                mul_div_floor(self.0, part, whole).map(Self)
            }

            /// `self * part / whole`, rounded up. Errors when `whole` is zero or the result overflows.
            pub fn mul_div_ceil(self, part: u128, whole: u128) -> MathResult<Self> {
                mul_div_ceil(self.0, part, whole).map(Self)
            }
        }
    };
}
pub(crate) use unsigned;

unsigned! {
    /// Base units of a token, such as `uatom`.
    Amount
}

unsigned! {
    /// Dollars at 1e-18, never negative.
    Value
}

unsigned! {
    /// A pure number at 1e-18.
    Ratio
}

impl Value {
    /// A whole number of dollars.
    pub const fn dollars(dollars: u64) -> Self {
        Self(dollars as u128 * ONE)
    }

    /// As a signed value; errors above 1.7e20 dollars.
    pub fn signed(self) -> MathResult<SignedValue> {
        i128::try_from(self.0)
            .map(SignedValue)
            .map_err(|_| MathError::Overflow("signed value"))
    }

    /// `self * ratio`, rounded down.
    pub fn times_floor(self, ratio: Ratio) -> MathResult<Self> {
        self.mul_div_floor(ratio.0, ONE)
    }

    /// `self * ratio`, rounded up.
    pub fn times_ceil(self, ratio: Ratio) -> MathResult<Self> {
        self.mul_div_ceil(ratio.0, ONE)
    }
}

impl Amount {
    /// `self * ratio`, rounded down.
    pub fn times_floor(self, ratio: Ratio) -> MathResult<Self> {
        self.mul_div_floor(ratio.0, ONE)
    }

    /// `self * ratio`, rounded up.
    pub fn times_ceil(self, ratio: Ratio) -> MathResult<Self> {
        self.mul_div_ceil(ratio.0, ONE)
    }
}

impl Ratio {
    /// One.
    pub const ONE: Self = Self(ONE);

    /// Hundredths.
    pub const fn percent(percent: u64) -> Self {
        Self(percent as u128 * (ONE / 100))
    }

    /// Ten-thousandths.
    pub const fn bps(bps: u64) -> Self {
        Self(bps as u128 * (ONE / 10_000))
    }

    /// `part / whole`, rounded down. Errors when `whole` is zero.
    pub fn of_floor(part: u128, whole: u128) -> MathResult<Self> {
        mul_div_floor(part, ONE, whole).map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", Fixed(self.0))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fixed(self.0).fmt(f)
    }
}

/// Eighteen places, trailing zeros left out.
struct Fixed(u128);

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = format!("{:018}", self.0 % ONE);
        let places = places.trim_end_matches('0');
        write!(f, "{}", self.0 / ONE)?;
        if !places.is_empty() {
            write!(f, ".{places}")?;
        }
        Ok(())
    }
}

/// Dollars at 1e-18, of either sign: equity, and the legs of a position where debt is negative. Never part of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignedValue(i128);

impl SignedValue {
    /// From a whole number at 1e-18 dollars.
    pub const fn new(raw: i128) -> Self {
        Self(raw)
    }

    /// The whole number at 1e-18 dollars.
    pub const fn raw(self) -> i128 {
        self.0
    }

    /// `plus - minus`; errors beyond 1.7e20 dollars.
    pub fn difference(plus: Value, minus: Value) -> MathResult<Self> {
        let (plus, minus) = (plus.signed()?, minus.signed()?);
        plus.0
            .checked_sub(minus.0)
            .map(Self)
            .ok_or(MathError::Overflow("signed difference"))
    }

    /// True when this is at least `bar`.
    pub fn at_least(self, bar: Value) -> bool {
        u128::try_from(self.0).is_ok_and(|own| own >= bar.raw())
    }

    /// The size without the sign.
    pub const fn magnitude(self) -> Value {
        Value(self.0.unsigned_abs())
    }
}

/// A span of time, or a moment as seconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seconds(u64);

/// One hour.
pub const HOUR: Seconds = Seconds(3_600);

impl Seconds {
    /// From whole seconds.
    pub const fn new(seconds: u64) -> Self {
        Self(seconds)
    }

    /// From whole hours; saturates.
    pub const fn hours(hours: u64) -> Self {
        Self(hours.saturating_mul(3_600))
    }

    /// Whole seconds.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to this moment; zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// The moment `span` later; saturates.
    pub const fn plus(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_people_write_them() {
        assert_eq!(Ratio::percent(125).to_string(), "1.25");
        assert_eq!(Value::dollars(3).to_string(), "$3");
        assert_eq!(Ratio::new(1).to_string(), "0.000000000000000001");
    }

    #[test]
    fn a_negative_difference_is_an_error_with_its_numbers() {
        let error = Amount::new(1).minus(Amount::new(2));
        assert_eq!(error, Err(MathError::Underflow("Amount", 1, 2)));
    }

    #[test]
    fn equity_compares_with_a_bar() {
        let equity = SignedValue::difference(Value::dollars(1), Value::dollars(3)).unwrap();
        assert!(!equity.at_least(Value::ZERO));
        assert_eq!(equity.magnitude(), Value::dollars(2));
    }
}
