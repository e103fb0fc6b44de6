//! Numbers as servers write them, exactly: no float stands between a text and a price.

use thiserror::Error;
use wicker_math::{mul_div_floor, pow10, MathError, Price};

/// The longest text that is read.
const LONGEST: usize = 128;
/// Significant digits that are kept; further ones are smaller than any price can tell.
const KEPT: usize = 36;

/// A positive decimal: `mantissa · 10^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    mantissa: u128,
    exponent: i32,
}

/// Why a text is no price.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotPrice {
    /// Not a decimal: `NaN`, a word, a page, nothing.
    #[error("{0:?} is not a decimal number")]
    Decimal(String),
    /// Below zero.
    #[error("{0:?} is negative")]
    Negative(String),
    /// Zero.
    #[error("it is zero")]
    Zero,
    /// Outside the oracle's range.
    #[error("outside 1e-12 to 1e9 dollars: {0}")]
    Range(#[from] MathError),
}

impl Decimal {
    /// Reads `12.5`, `1.25e1`, `1.25E+1`. Errors on a sign, on blanks, on zero and on anything that is no number.
    pub fn read(text: &str) -> Result<Self, NotPrice> {
        let wrong = || NotPrice::Decimal(text.chars().take(40).collect());
        if text.len() > LONGEST {
            return Err(wrong());
        }
        if let Some(rest) = text.strip_prefix('-') {
            return match Self::read(rest) {
                Ok(_) => Err(NotPrice::Negative(text.into())),
                Err(NotPrice::Zero) => Err(NotPrice::Zero),
                Err(_) => Err(wrong()),
            };
        }
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, power(exponent).ok_or_else(wrong)?),
            None => (text, 0),
        };
        let (whole, places) = match digits.split_once('.') {
            Some((whole, places)) if !places.is_empty() => (whole, places),
            Some(_) => return Err(wrong()),
            None => (digits, ""),
        };
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(places) {
            return Err(wrong());
        }
        let all = format!("{whole}{places}");
        let significant = all.trim_start_matches('0');
        let kept = significant.get(..KEPT).unwrap_or(significant);
        let lost = significant.len().saturating_sub(kept.len());
        if significant.is_empty() {
            return Err(NotPrice::Zero);
        }
        let shift = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        Ok(Self {
            mantissa: kept.parse().map_err(|_| wrong())?,
            exponent: exponent
                .saturating_sub(shift(places.len()))
                .saturating_add(shift(lost)),
        })
    }

    /// The same times `10^places`.
    pub const fn scaled(self, places: i32) -> Self {
        Self {
            mantissa: self.mantissa,
            exponent: self.exponent.saturating_add(places),
        }
    }

    /// As dollars, cut at 1e-24. Errors outside the range of prices.
    pub fn price(self) -> Result<Price, NotPrice> {
        Ok(Price::from_scientific(self.mantissa, self.exponent)?)
    }

    /// One over it as dollars, cut at 1e-24. Errors outside the range of prices.
    pub fn inverse(self) -> Result<Price, NotPrice> {
        // 10^24 / (mantissa · 10^exponent), the power in two parts because it may exceed 128 bits.
        let power = (Price::PLACES as i32).saturating_sub(self.exponent);
        let power = u32::try_from(power).unwrap_or(0);
        let (first, second) = (power.min(38), power.saturating_sub(38));
        let raw = mul_div_floor(pow10(first)?, pow10(second)?, self.mantissa)?;
        Ok(Price::new(raw)?)
    }

    /// As a whole number, where it is one below 2^64.
    pub fn whole(self) -> Option<u64> {
        let power = pow10(self.exponent.unsigned_abs()).ok()?;
        let whole = match self.exponent {
            0.. => self.mantissa.checked_mul(power)?,
            _ => self.mantissa.checked_div(power)?,
        };
        u64::try_from(whole).ok()
    }
}

/// An exponent of at most four digits.
fn power(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=4).contains(&digits.len()) || !plain {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wicker_engine::price::{format, parse};

    fn price(text: &str) -> Result<String, NotPrice> {
        Decimal::read(text)?.price().map(format)
    }

    #[test]
    fn a_number_is_read_to_its_last_digit_however_it_is_written() {
        for (text, expected) in [
            ("12.5", "12.5"),
            ("1.25e1", "12.5"),
            ("1250E-2", "12.5"),
            ("0.00001234e+3", "0.01234"),
            ("60000", "60000"),
            ("1e9", "1000000000"),
            ("1e-12", "0.000000000001"),
            ("0.1", "0.1"),
            ("00012.50", "12.5"),
            // What a float of 0.1 is to its last digit: cut at 1e-24.
            (
                "0.1000000000000000055511151231257827021181583404541015625",
                "0.100000000000000005551115",
            ),
            (
                "123456789.123456789012345678901234",
                "123456789.123456789012345678901234",
            ),
        ] {
            assert_eq!(price(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn kpr_6_what_is_no_positive_number_is_no_price() {
        for text in [
            "", " ", "NaN", "nan", "inf", "Infinity", "null", "<html>", "1,000", "1_000", "0x10",
            ".5", "5.", "+1", " 1", "1 ", "1e", "1e1.5", "1e99999", "1.2.3", "--1", "٣",
        ] {
            assert!(
                matches!(price(text), Err(NotPrice::Decimal(_))),
                "{text:?}: {:?}",
                price(text)
            );
        }
        assert_eq!(
            price(&"1".repeat(129)),
            Err(NotPrice::Decimal("1".repeat(40)))
        );
        for text in ["0", "0.000", "-0", "0e5"] {
            assert_eq!(price(text), Err(NotPrice::Zero), "{text:?}");
        }
        for text in ["-1", "-0.5e3"] {
            assert!(
                matches!(price(text), Err(NotPrice::Negative(_))),
                "{text:?}"
            );
        }
        for text in [
            "1e30",
            "1e-13",
            "1000000000.1",
            "1e9999",
            "1e-9999",
            "9".repeat(40).as_str(),
        ] {
            assert!(
                matches!(price(text), Err(NotPrice::Range(_))),
                "{text:?}: {:?}",
                price(text)
            );
        }
    }

    #[test]
    fn scale_and_inverse_are_exact_and_cut_downwards() {
        let read = |text| Decimal::read(text).unwrap();
        assert_eq!(
            read("1234567").scaled(-8).price(),
            Ok(parse("0.01234567").unwrap())
        );
        // One over 3 is 0.333..., one over 0.0125 is 80.
        assert_eq!(
            read("3").inverse(),
            Ok(parse("0.333333333333333333333333").unwrap())
        );
        assert_eq!(read("0.0125").inverse(), Ok(parse("80").unwrap()));
        assert_eq!(read("1e-9").inverse(), Ok(parse("1000000000").unwrap()));
        assert!(read("1e-10").inverse().is_err() && read("1e13").inverse().is_err());
        assert!(read("1e-9999").inverse().is_err() && read("1e9999").inverse().is_err());
    }

    #[test]
    fn a_time_is_a_whole_number() {
        let whole = |text| Decimal::read(text).unwrap().whole();
        assert_eq!(whole("1700000000"), Some(1_700_000_000));
        assert_eq!(whole("1.7e9"), Some(1_700_000_000));
        assert_eq!(whole("1700000000.75"), Some(1_700_000_000));
        assert_eq!(whole("1e30"), None);
    }
}
