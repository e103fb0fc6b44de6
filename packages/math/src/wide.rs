//! Products and roots that need more than 128 bits on the way.

use crate::words::{divide_wide, product, root_wide, wide_product};
use crate::{MathError, MathResult};

/// One, at the scale of ratios and values.
pub const ONE: u128 = 1_000_000_000_000_000_000;

/// The powers of ten that are words.
const TENS: [u64; 20] = {
    let mut powers = [1; 20];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// `a * b / c`, rounded down, with a 256-bit product. Errors when `c` is zero or the quotient exceeds 128 bits.
pub fn mul_div_floor(a: u128, b: u128, c: u128) -> MathResult<u128> {
    let (quotient, _) = mul_div(a, b, c, "mul_div_floor")?;
    Ok(quotient)
}

/// `a * b / c`, rounded up, with a 256-bit product. Errors when `c` is zero or the quotient exceeds 128 bits.
pub fn mul_div_ceil(a: u128, b: u128, c: u128) -> MathResult<u128> {
    let (quotient, rest) = mul_div(a, b, c, "mul_div_ceil")?;
    quotient
        .checked_add(u128::from(rest > 0))
        .ok_or(MathError::Overflow("mul_div_ceil"))
}

/// The quotient and the rest.
fn mul_div(a: u128, b: u128, c: u128, name: &'static str) -> MathResult<(u128, u128)> {
    if c == 0 {
        return Err(MathError::DivisionByZero(name));
    }
    let (high, low) = wide_product(a, b);
    if high >= c {
        return Err(MathError::Overflow("128-bit quotient"));
    }
    Ok(divide_wide(high, low, c))
}

/// `floor(sqrt(a * b))`; the product of two 128-bit numbers has a 128-bit root, so this cannot fail.
pub fn sqrt_floor_wide(a: u128, b: u128) -> u128 {
    let (high, low) = wide_product(a, b);
    root_wide(high, low)
}

/// `ceil(sqrt(a * b))`. It cannot fail: the root of the largest product is whole.
pub fn sqrt_ceil_wide(a: u128, b: u128) -> u128 {
    let product = wide_product(a, b);
    let floor = root_wide(product.0, product.1);
    let exact = wide_product(floor, floor) == product;
    floor.saturating_add(u128::from(!exact))
}

/// Ten to the power `exponent`. Errors above 38.
pub fn pow10(exponent: u32) -> MathResult<u128> {
    // Two powers that are words: one product in place of a dozen.
    let power = |exponent: u32| TENS.get(exponent as usize).copied();
    let half = exponent / 2;
    let halves = power(half).zip(power(exponent.saturating_sub(half)));
    halves
        .map(|(one, other)| product(one, other))
        .ok_or(MathError::Overflow("pow10"))
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{Isqrt, Uint128, Uint256};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn products_over_128_bits_are_exact() {
        assert_eq!(
            mul_div_floor(u128::MAX, u128::MAX, u128::MAX),
            Ok(u128::MAX)
        );
        assert_eq!(
            mul_div_ceil(u128::MAX, 3, 7),
            mul_div_floor(u128::MAX, 3, 7).map(|q| q + u128::from(u128::MAX % 7 * 3 % 7 != 0))
        );
        assert_eq!(
            mul_div_floor(u128::MAX, 2, 1),
            Err(MathError::Overflow("128-bit quotient"))
        );
        // Only what is added for the rest exceeds 128 bits: (2^128-1)² + 2·(2^128-1) = 2^256 - 1.
        assert_eq!(
            mul_div_floor(u128::MAX, u128::MAX - 1, u128::MAX - 2),
            Err(MathError::Overflow("128-bit quotient"))
        );
        assert_eq!(
            mul_div_ceil(1, 1, 0),
            Err(MathError::DivisionByZero("mul_div_ceil"))
        );
        assert_eq!(
            mul_div_floor(1, 1, 0),
            Err(MathError::DivisionByZero("mul_div_floor"))
        );
    }

    #[test]
    fn the_root_of_the_largest_product_is_whole() {
        assert_eq!(sqrt_floor_wide(u128::MAX, u128::MAX), u128::MAX);
        assert_eq!(sqrt_ceil_wide(u128::MAX, u128::MAX), u128::MAX);
        assert_eq!(sqrt_ceil_wide(u128::MAX, u128::MAX - 1), u128::MAX);
        assert_eq!(sqrt_floor_wide(u128::MAX, u128::MAX - 1), u128::MAX - 1);
    }

    #[test]
    fn powers_of_ten_are_the_languages() {
        for exponent in 0..=38 {
            assert_eq!(pow10(exponent), Ok(10u128.pow(exponent)));
        }
        assert_eq!(pow10(39), Err(MathError::Overflow("pow10")));
        assert_eq!(pow10(u32::MAX), Err(MathError::Overflow("pow10")));
    }

    /// Any number of any length, and those beside powers of two.
    fn number() -> impl Strategy<Value = u128> {
        let any = (any::<u128>(), 0u32..128).prop_map(|(number, shift)| number >> shift);
        let edge = (0u32..128, -2i8..=2)
            .prop_map(|(power, by)| (1u128 << power).wrapping_add_signed(by.into()));
        prop_oneof![3 => any, 2 => edge, 1 => Just(ONE), 1 => Just(0), 1 => Just(u128::MAX)]
    }

    /// The same from another library's 256-bit integers.
    fn reference(a: u128, b: u128, c: u128) -> Option<(u128, bool)> {
        let (product, divisor) = (Uint128::new(a).full_mul(b), Uint256::from(c));
        let quotient = product.checked_div(divisor).ok()?;
        let narrow = Uint128::try_from(quotient).ok()?;
        Some((narrow.u128(), quotient * divisor == product))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50_000))]

        #[test]
        fn quotients_are_those_of_another_library(a in number(), b in number(), c in number()) {
            let expected = reference(a, b, c);
            prop_assert_eq!(mul_div_floor(a, b, c).ok(), expected.map(|(floor, _)| floor));
            let ceil = expected.and_then(|(floor, exact)| floor.checked_add(u128::from(!exact)));
            prop_assert_eq!(mul_div_ceil(a, b, c).ok(), ceil);
        }

        /// Products that are just below, at and just above a multiple of the divisor.
        #[test]
        fn quotients_beside_whole_ones_are_those_of_another_library(a in number(), b in number(), by in -2i8..=2) {
            let (high, _) = crate::words::wide_product(a, b);
            for c in [a, b, high].map(|c| c.saturating_add_signed(by.into())) {
                let expected = reference(a, b, c);
                prop_assert_eq!(mul_div_floor(a, b, c).ok(), expected.map(|(floor, _)| floor));
            }
        }

        #[test]
        fn roots_are_those_of_another_library(a in number(), b in number()) {
            let product = Uint128::new(a).full_mul(b);
            let floor = product.isqrt();
            let ceil = if floor * floor == product { floor } else { floor + Uint256::one() };
            prop_assert_eq!(Uint256::from(sqrt_floor_wide(a, b)), floor);
            prop_assert_eq!(Uint256::from(sqrt_ceil_wide(a, b)), ceil);
        }

        /// Of a square, and of its neighbours.
        #[test]
        fn roots_beside_whole_ones_are_exact(root in number()) {
            if let (Some(below), Some(above)) = (root.checked_sub(1), root.checked_add(1)) {
                prop_assert_eq!((sqrt_floor_wide(root, root), sqrt_ceil_wide(root, root)), (root, root));
                // (r-1)(r+1) = r² - 1
                let short = (sqrt_floor_wide(below, above), sqrt_ceil_wide(below, above));
                prop_assert_eq!(short, (below, if below == 0 { 0 } else { root }));
            }
        }
    }
}
