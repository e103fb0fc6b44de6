//! Words of 64 bits: their whole products, and the division of many such products by one number.

use crate::words::{divide, join, product, shifted, split};
use crate::ONE;

/// `a·b`, which cannot overflow.
#[inline(always)]
pub fn full_product(a: i64, b: i64) -> i128 {
    let (high, low) = split(product(a as u64, b as u64));
    // A negative word stands for itself plus 2^64 in there: the other is in the higher half once too often.
    let excess = ((a >> 63) & b).wrapping_add((b >> 63) & a);
    join(high.wrapping_sub(excess as u64), low) as i128
}

/// A number to divide by, with its inverse, so that a quotient takes two multiplications and no division (Möller and Granlund,
/// "Improved division by invariant integers", IEEE Trans. Comput. 60, 2011).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divisor {
    shift: u32,
    /// Moved up until its first bit is set.
    number: u64,
    /// `⌊(2^128 - 1) / number⌋ - 2^64`.
    inverse: u64,
}

impl Divisor {
    /// One, at the scale of ratios and values.
    pub const ONE: Self = {
        let shift = (ONE as u64).leading_zeros();
        let number = (ONE as u64) << shift;
        Self {
            shift,
            number,
            inverse: (u128::MAX / number as u128) as u64,
        }
    };

    /// Zero counts as one.
    pub fn new(number: u64) -> Self {
        let number = number.max(1);
        let shift = number.leading_zeros();
        let number = number << shift;
        let (inverse, _) = divide(!number, u64::MAX, number);
        Self {
            shift,
            number,
            inverse,
        }
    }

    /// `number / self`, truncated toward zero, and between -(2^63 - 1) and 2^63 - 1 where it would be beyond.
    #[inline(always)]
    pub fn quotient(&self, number: i128) -> i64 {
        let floor = self.floor(number.unsigned_abs()).min(i64::MAX as u64) as i64;
        let sign = (number >> 127) as i64;
        (floor ^ sign).wrapping_sub(sign)
    }

    /// `number / self`, rounded down, or the largest word.
    #[inline(always)]
    fn floor(&self, number: u128) -> u64 {
        let (high, low) = split(number);
        if high >= self.number >> self.shift {
            return u64::MAX;
        }
        let (high, low) = shifted(high, low, self.shift);
        // Their sum is under 2^128 by the choice of the inverse; the quotient is one too small or right, or one too large.
        let (guess, part) = split(product(self.inverse, high).wrapping_add(join(high, low)));
        let guess = guess.wrapping_add(1);
        let rest = low.wrapping_sub(guess.wrapping_mul(self.number));
        let over = u64::from(rest > part);
        let rest = rest.wrapping_add(self.number & over.wrapping_neg());
        let under = u64::from(rest >= self.number);
        guess.wrapping_sub(over).wrapping_add(under)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any word of any length, and those beside powers of two.
    fn word() -> impl Strategy<Value = u64> {
        let any = (any::<u64>(), 0u32..64).prop_map(|(word, shift)| word >> shift);
        let edge =
            (0u32..64, -2i64..=2).prop_map(|(power, by)| (1u64 << power).wrapping_add_signed(by));
        prop_oneof![3 => any, 2 => edge, 1 => Just(ONE as u64), 1 => Just(u64::MAX)]
    }

    /// What the language's own division says, within the same bounds.
    fn expected(number: i128, divisor: u64) -> i64 {
        let exact = number.checked_div(i128::from(divisor.max(1))).unwrap();
        exact.clamp(-i128::from(i64::MAX), i64::MAX.into()) as i64
    }

    #[test]
    fn one_is_the_divisor_it_says() {
        assert_eq!(Divisor::ONE, Divisor::new(ONE as u64));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50_000))]

        #[test]
        fn products_are_the_languages(a in word(), b in word()) {
            let (a, b) = (a as i64, b as i64);
            prop_assert_eq!(full_product(a, b), i128::from(a) * i128::from(b));
        }

        #[test]
        fn quotients_are_the_languages(high in word(), low in word(), shift in 0u32..128, divisor in word()) {
            let number = (join(high, low) as i128) >> shift;
            prop_assert_eq!(Divisor::new(divisor).quotient(number), expected(number, divisor));
        }

        /// Numbers just below, at and just above a multiple.
        #[test]
        fn quotients_of_multiples_are_the_languages(times in word(), divisor in word(), by in -2i128..=2, minus: bool) {
            let number = (u128::from(times >> 1) * u128::from(divisor)) as i128 + by;
            let number = if minus { -number } else { number };
            prop_assert_eq!(Divisor::new(divisor).quotient(number), expected(number, divisor));
        }
    }
}
