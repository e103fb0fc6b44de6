//! Round numbers in few bytes, for `#[serde(with = "wicker_math::short")]`: the digits, and how many zeros follow them.
//!
//! What people decide is round: 0.6 % at 1e-18 has one digit and fifteen zeros, two bytes in place of eight. In a store each byte is paid for.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::pow10;
use crate::words::divide_wide;

/// Writes the digits and the number of zeros.
pub fn serialize<T: Copy + Into<u128>, S: Serializer>(
    number: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    split((*number).into()).serialize(serializer)
}

/// Reads what [`serialize`] wrote; errors when it does not fit.
pub fn deserialize<'de, T: From<u128>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let (digits, zeros) = <(u128, u8)>::deserialize(deserializer)?;
    let power = pow10(zeros.into()).ok();
    let number = power.and_then(|power| digits.checked_mul(power));
    number
        .map(T::from)
        .ok_or_else(|| serde::de::Error::custom("number out of range"))
}

fn split(number: u128) -> (u128, u8) {
    if number == 0 {
        return (0, 0);
    }
    let (mut digits, mut zeros) = (number, 0);
    // A division is dear: the zeros are taken sixteen at a time, then eight, and so on.
    for count in [16, 8, 4, 2, 1] {
        while let (rest, 0) = divide_wide(0, digits, 10u128.pow(count.into())) {
            digits = rest;
            zeros += count;
        }
    }
    (digits, zeros)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zeros_are_counted() {
        assert_eq!(split(0), (0, 0));
        assert_eq!(split(6_000_000_000_000_000), (6, 15));
        assert_eq!(split(10u128.pow(38)), (1, 38));
        assert_eq!(split(10u128.pow(32) * 101), (101, 32));
        assert_eq!(split(u128::MAX), (u128::MAX, 0));
    }

    proptest! {
        #[test]
        fn digits_and_zeros_are_the_number(digits: u64, zeros in 0u32..19) {
            let number = u128::from(digits) * 10u128.pow(zeros);
            let (short, count) = split(number);
            prop_assert_eq!(short * 10u128.pow(count.into()), number);
            prop_assert!(short % 10 != 0 || number == 0);
        }
    }
}
