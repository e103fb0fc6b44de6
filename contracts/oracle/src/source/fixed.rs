//! A constant.

use wicker_engine::price::{parse, Observation};
use wicker_math::Seconds;

use crate::error::OracleError;

/// The constant, published now.
pub fn read(price: &str, now: Seconds) -> Result<Observation, OracleError> {
    Ok(Observation {
        price: parse(price)?,
        publish_time: now,
        confidence: 0,
        sources: 1,
        doubtful: false,
    })
}
