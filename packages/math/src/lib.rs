//! Numbers. Every quantity Wicker reasons about has a type that carries its unit and its sign, and every operation that
//! rounds says in its name which way. Nothing here knows of storage, addresses, messages or time of day.
//!
//! | type | unit | scale |
//! |---|---|---|
//! | [`Amount`] | base units of a token | 1 |
//! | [`Shares`] | a position's part of a basket's debt | 1e-9 of a base unit at index one |
//! | [`Price`] | dollars for one whole token | 1e-24 |
//! | [`Value`] | dollars, unsigned | 1e-18 |
//! | [`SignedValue`] | dollars, signed | 1e-18 |
//! | [`Ratio`] | pure number | 1e-18 |
//! | [`Index`] | growth of one unit of debt | 1e-27 |
//! | [`Seconds`] | time or a span of it | 1 |

mod divisor;
mod error;
mod index;
mod number;
mod point;
mod price;
pub mod short;
mod wide;
mod words;

pub use divisor::{full_product, Divisor};
pub use error::{MathError, MathResult};
pub use index::{Index, Shares, SECONDS_PER_YEAR};
pub use number::{Amount, Ratio, Seconds, SignedValue, Value, HOUR};
pub use point::{PointError, PricePoint, Status, POINT_BYTES};
pub use price::{Decimals, Price};
pub use wide::{mul_div_ceil, mul_div_floor, pow10, sqrt_ceil_wide, sqrt_floor_wide, ONE};
