//! Products, quotients and roots of numbers of two to four words of 64 bits.
//!
//! The chain's machine multiplies and divides single words. Of wider numbers the language's own operators are calls of several hundred
//! steps there, and general 256-bit ones of a thousand; each step is paid for, and a branch as much as fourteen others. Hence these, from
//! the schoolbook: quotients are Knuth's algorithm D, roots Zimmermann's (INRIA RR-3805). What cannot overflow, or where what overflows
//! cancels, is written `wrapping`, because a check is a branch.

/// Bits of half a word.
const HALF: u32 = 32;
/// The lower half of a word.
const LOWER: u64 = u32::MAX as u64;

/// `a·b` of two words.
#[inline(always)]
pub(crate) fn product(a: u64, b: u64) -> u128 {
    let (a1, a0) = (a >> HALF, a & LOWER);
    let (b1, b0) = (b >> HALF, b & LOWER);
    // No line exceeds (2^32-1)² + 2·(2^32-1), the largest word.
    let carried = a0.wrapping_mul(b0) >> HALF;
    let middle = a1.wrapping_mul(b0).wrapping_add(carried);
    let other = a0.wrapping_mul(b1).wrapping_add(middle & LOWER);
    let high = a1.wrapping_mul(b1).wrapping_add(middle >> HALF);
    join(high.wrapping_add(other >> HALF), a.wrapping_mul(b))
}

/// `a·b` as its higher and its lower half.
pub(crate) fn wide_product(a: u128, b: u128) -> (u128, u128) {
    let ((a1, a0), (b1, b0)) = (split(a), split(b));
    let low = product(a0, b0);
    if a1 | b1 == 0 {
        return (0, low);
    }
    let (low1, low0) = split(low);
    let ((one1, one0), (other1, other0)) = (split(product(a1, b0)), split(product(a0, b1)));
    let middle = sum(low1, one0).wrapping_add(other0.into());
    let (carried, low1) = split(middle);
    let high = product(a1, b1).wrapping_add(sum(one1, other1));
    (high.wrapping_add(carried.into()), join(low1, low0))
}

/// `(high·2^64 + low) / divisor` and the rest, for `high < divisor`: then the quotient is a word.
pub(crate) fn divide(high: u64, low: u64, divisor: u64) -> (u64, u64) {
    let shift = divisor.leading_zeros();
    let divisor = divisor << shift;
    let (high, low) = shifted(high, low, shift);
    let (first, rest) = digit(high, low >> HALF, divisor);
    let (second, rest) = digit(rest, low & LOWER, divisor);
    (first << HALF | second, rest >> shift)
}

/// Half a word of a quotient and the rest, for a divisor with its first bit set and `high` below it.
#[inline(always)]
fn digit(high: u64, next: u64, divisor: u64) -> (u64, u64) {
    // The bit is set anyway; said here, no check for zero is compiled.
    let (upper, lower) = ((divisor | 1 << 63) >> HALF, divisor & LOWER);
    let mut digit = (high / upper).min(LOWER);
    let mut rest = high.wrapping_sub(digit.wrapping_mul(upper));
    // It is never too small, and too large by two at most.
    for _ in 0..2 {
        let over = (rest <= LOWER) & (digit.wrapping_mul(lower) > (rest << HALF | next));
        digit = digit.wrapping_sub(over.into());
        rest = rest.wrapping_add(upper & u64::from(over).wrapping_neg());
    }
    let rest = (rest << HALF | next).wrapping_sub(digit.wrapping_mul(lower));
    (digit, rest)
}

/// `(high·2^128 + low) / divisor` and the rest, for `high < divisor`: then the quotient is no wider than the divisor.
pub(crate) fn divide_wide(high: u128, low: u128, divisor: u128) -> (u128, u128) {
    let ((d1, d0), (low1, low0)) = (split(divisor), split(low));
    if d1 == 0 {
        let (_, high) = split(high);
        let (first, rest) = if high == 0 && low1 < d0 {
            (0, low1)
        } else {
            divide(high, low1, d0)
        };
        let (second, rest) = divide(rest, low0, d0);
        return (join(first, second), rest.into());
    }
    let shift = d1.leading_zeros();
    let moved = |number: u128| {
        let (high, low) = split(number);
        let (high, low) = shifted(high, low, shift);
        join(high, low)
    };
    let divisor = moved(divisor);
    let spilt = (low1 >> 1) >> (63 - shift);
    let high = moved(high) | u128::from(spilt);
    let (low1, low0) = split(moved(low));
    let (first, rest) = if high == 0 {
        (0, low1.into())
    } else {
        word(high, low1, divisor)
    };
    let (second, rest) = word(rest, low0, divisor);
    let (rest1, rest0) = split(rest);
    let rest0 = rest0 >> shift | (rest1 << 1) << (63 - shift);
    (join(first, second), join(rest1 >> shift, rest0))
}

/// A word of a quotient and the rest: `(high·2^64 + next) / divisor`, for a divisor with its first bit set and `high` below it.
fn word(high: u128, next: u64, divisor: u128) -> (u64, u128) {
    let ((high1, high0), (d1, d0)) = (split(high), split(divisor));
    let (mut word, mut rest) = if high1 < d1 {
        let (word, rest) = divide(high1, high0, d1);
        (word, u128::from(rest))
    } else {
        (u64::MAX, sum(high0, d1))
    };
    // As with half a word.
    let mut below = product(word, d0);
    for _ in 0..2 {
        let (carried, known) = split(rest);
        if carried == 0 && below > join(known, next) {
            word = word.wrapping_sub(1);
            rest = rest.wrapping_add(d1.into());
            below = below.wrapping_sub(d0.into());
        }
    }
    let (_, known) = split(rest);
    (word, join(known, next).wrapping_sub(below))
}

/// `⌊√number⌋`.
pub(crate) fn root(number: u128) -> u64 {
    let (high, low) = split(number);
    if high == 0 {
        return low.isqrt();
    }
    let shift = high.leading_zeros() & !1;
    let (high, low) = shifted(high, low, shift);
    // The first half of the root, and the second from what is left; the second is too large by one at most.
    let first = high.isqrt() | 1 << 31;
    let rest = high.wrapping_sub(first.wrapping_mul(first));
    let second = ((rest << 31 | low >> 33) / first).min(LOWER);
    let root = first << HALF | second;
    let over = product(root, root) > join(high, low);
    root.wrapping_sub(over.into()) >> (shift / 2)
}

/// `⌊√(high·2^128 + low)⌋`.
pub(crate) fn root_wide(high: u128, low: u128) -> u128 {
    if high == 0 {
        return root(low).into();
    }
    let shift = high.leading_zeros() & !1;
    let (high, low) = (high << shift | (low >> 1) >> (127 - shift), low << shift);
    let first = root(high);
    let rest = high.wrapping_sub(product(first, first));
    let (rest1, rest0) = split(rest << 63 | low >> 65);
    let second = if rest1 < first {
        divide(rest1, rest0, first).0
    } else {
        u64::MAX
    };
    let root = join(first, second);
    let over = wide_product(root, root) > (high, low);
    root.wrapping_sub(over.into()) >> (shift / 2)
}

/// The words of a number, the higher first.
#[inline(always)]
pub(crate) fn split(number: u128) -> (u64, u64) {
    ((number >> 64) as u64, number as u64)
}

#[inline(always)]
pub(crate) fn join(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

fn sum(a: u64, b: u64) -> u128 {
    u128::from(a).wrapping_add(b.into())
}

/// Two words moved up by less than a word.
#[inline(always)]
pub(crate) fn shifted(high: u64, low: u64, by: u32) -> (u64, u64) {
    (high << by | (low >> 1) >> (63 - by), low << by)
}
