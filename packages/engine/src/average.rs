//! Averages that forget: `C += w·(r_i r_j/dt - C)` with `w = dt/(dt + min(τ, age))`, an hour being the unit of `C` and a second that of time.
//!
//! Both parts of the step have one divisor, the same for every pair: `C += (3600·r_i r_j - dt·C) / (dt + min(τ, age))`. A basket of
//! sixteen assets has 153 pairs, so everything here is made of words of 64 bits, and nothing divides twice by what it divided by once.

use wicker_math::{full_product, mul_div_floor, sqrt_floor_wide, Divisor, Seconds, HOUR, ONE};

const HOUR_SECONDS: i64 = HOUR.get() as i64;
/// No time counts for more: 136 years.
const LONGEST: u64 = u32::MAX as u64;

/// One step of all averages with the same memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// dt.
    elapsed: i64,
    /// min(τ, age).
    kept: u64,
    /// Their sum.
    whole: Divisor,
}

impl Step {
    pub fn new(elapsed: Seconds, memory: Seconds, age: Seconds) -> Self {
        let elapsed = elapsed.get().min(LONGEST);
        let kept = memory.min(age).get().clamp(1, LONGEST);
        Self {
            elapsed: elapsed as i64,
            kept,
            whole: Divisor::new(kept + elapsed),
        }
    }

    /// The average after this step, which is truncated toward zero. `gained` is [`gain`]'s, or a sum of less than 2^40 of them.
    pub fn average(&self, old: i64, gained: i128) -> i64 {
        // Under 2^95 and under 2^115.
        let lost = full_product(old, self.elapsed);
        old.saturating_add(self.whole.quotient(gained.wrapping_sub(lost)))
    }

    /// `√(1-w)` at 1e-18, rounded down.
    pub fn fade(&self) -> i64 {
        let whole = u128::from(self.kept) + self.elapsed as u128;
        let left = mul_div_floor(self.kept.into(), ONE, whole).unwrap_or(0);
        sqrt_floor_wide(left, ONE).min(ONE) as i64
    }
}

/// `3600·r_i r_j` at 1e-18, the product truncated toward zero, for two returns of at most ±2.
pub(crate) fn gain(one: i64, other: i64) -> i128 {
    full_product(scaled(one, other), HOUR_SECONDS)
}

/// The same for a sum of products at 1e-36.
pub(crate) fn gain_of(products: i128) -> i128 {
    products / ONE as i128 * i128::from(HOUR_SECONDS)
}

/// `number·ratio`, both at 1e-18, truncated toward zero; the largest number where it does not fit.
pub(crate) fn scaled(number: i64, ratio: i64) -> i64 {
    Divisor::ONE.quotient(full_product(number, ratio))
}
