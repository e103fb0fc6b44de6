//! The feeder: it asks several inputs for prices, judges what they say, and reports to the oracle what is worth it.
//!
//! [`decimal`] reads a number's text exactly, [`judge`] decides about one denom; both are pure.

pub mod decimal;
pub mod judge;
