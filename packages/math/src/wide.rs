//! Products and roots that need more than 128 bits on the way.

use cosmwasm_std::{Isqrt, Uint128, Uint256};

use crate::{MathError, MathResult};

/// One, at the scale of ratios and values.
pub const ONE: u128 = 1_000_000_000_000_000_000;

/// `a * b / c`, rounded down, with a 256-bit product. Errors when `c` is zero or the quotient exceeds 128 bits.
pub fn mul_div_floor(a: u128, b: u128, c: u128) -> MathResult<u128> {
    if c == 0 {
        return Err(MathError::DivisionByZero("mul_div_floor"));
    }
    if let Some(product) = a.checked_mul(b) {
        return Ok(product / c);
    }
    narrow(Uint128::new(a).full_mul(b) / Uint256::from(c))
}

/// `a * b / c`, rounded up, with a 256-bit product. Errors when `c` is zero or the quotient exceeds 128 bits.
pub fn mul_div_ceil(a: u128, b: u128, c: u128) -> MathResult<u128> {
    if c == 0 {
        return Err(MathError::DivisionByZero("mul_div_ceil"));
    }
    if let Some(product) = a.checked_mul(b) {
        return Ok(product.div_ceil(c));
    }
    let (product, divisor) = (Uint128::new(a).full_mul(b), Uint256::from(c));
    let quotient = product / divisor;
    let exact = quotient * divisor == product;
    let floor = narrow(quotient)?;
    if exact {
        Ok(floor)
    } else {
        floor
            .checked_add(1)
            .ok_or(MathError::Overflow("mul_div_ceil"))
    }
}

/// `floor(sqrt(a * b))`; the product of two 128-bit numbers has a 128-bit root, so this cannot fail.
pub fn sqrt_floor_wide(a: u128, b: u128) -> u128 {
    if let Some(product) = a.checked_mul(b) {
        return product.isqrt();
    }
    narrow(Uint128::new(a).full_mul(b).isqrt()).unwrap_or(u128::MAX)
}

/// `ceil(sqrt(a * b))`. Errors only when the root of the largest products would exceed 128 bits.
pub fn sqrt_ceil_wide(a: u128, b: u128) -> MathResult<u128> {
    let floor = sqrt_floor_wide(a, b);
    let product = Uint128::new(a).full_mul(b);
    if Uint128::new(floor).full_mul(floor) == product {
        Ok(floor)
    } else {
        floor
            .checked_add(1)
            .ok_or(MathError::Overflow("sqrt_ceil_wide"))
    }
}

/// Ten to the power `exponent`. Errors above 38.
pub fn pow10(exponent: u32) -> MathResult<u128> {
    10u128
        .checked_pow(exponent)
        .ok_or(MathError::Overflow("pow10"))
}

fn narrow(wide: Uint256) -> MathResult<u128> {
    Uint128::try_from(wide)
        .map(|n| n.u128())
        .map_err(|_| MathError::Overflow("128-bit quotient"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        assert_eq!(
            mul_div_ceil(1, 1, 0),
            Err(MathError::DivisionByZero("mul_div_ceil"))
        );
    }

    proptest! {
        #[test]
        fn floor_and_ceil_differ_by_the_remainder(a: u128, b: u64, c in 1u128..) {
            if let Ok(floor) = mul_div_floor(a, b.into(), c) {
                let product = Uint128::new(a).full_mul(u128::from(b));
                let rest = product - Uint128::new(floor).full_mul(c);
                prop_assert!(rest < Uint256::from(c));
                if let Ok(ceil) = mul_div_ceil(a, b.into(), c) {
                    prop_assert_eq!(ceil - floor, u128::from(!rest.is_zero()));
                }
            }
        }

        #[test]
        fn roots_bracket_the_product(a: u128, b: u64) {
            let (low, high) = (sqrt_floor_wide(a, b.into()), sqrt_ceil_wide(a, b.into()).unwrap());
            let product = Uint128::new(a).full_mul(u128::from(b));
            prop_assert!(Uint128::new(low).full_mul(low) <= product);
            prop_assert!(Uint128::new(high).full_mul(high) >= product);
            prop_assert!(high - low <= 1);
        }
    }
}
