//! A feed of a Pyth contract, by smart query.

use cosmwasm_std::{Decimal256, Int64, QuerierWrapper, Uint64};
use serde::{Deserialize, Serialize};
use wicker_engine::price::{beyond, Observation};
use wicker_math::{pow10, MathError, MathResult, Price, Seconds};

use super::{bounds, ratio};
use crate::error::OracleError;

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Question<'a> {
    PriceFeed { id: &'a str },
}

#[derive(Deserialize)]
struct Answer {
    price_feed: Feed,
}

#[derive(Deserialize)]
struct Feed {
    id: String,
    price: Quote,
    ema_price: Quote,
}

/// `price` and `conf` in units of `10^expo` dollars.
#[derive(Deserialize)]
struct Quote {
    price: Int64,
    conf: Uint64,
    expo: i32,
    publish_time: i64,
}

/// The feed's price; in doubt when it is further than `max_ema_deviation` from the feed's moving average. Errors when the contract does not
/// answer, answers for another feed, or with a price that is not positive or out of range.
pub fn read(
    querier: &QuerierWrapper,
    contract: &str,
    feed: &str,
    max_ema_deviation: Option<Decimal256>,
) -> Result<Observation, OracleError> {
    let answer: Answer = querier.query_wasm_smart(contract, &Question::PriceFeed { id: feed })?;
    let Feed {
        id,
        price: quote,
        ema_price,
    } = answer.price_feed;
    if !id.eq_ignore_ascii_case(feed) {
        return Err(OracleError::OtherFeed(id.len()));
    }
    let price = dollars(&quote)?;
    let publish_time = u64::try_from(quote.publish_time)
        .map_err(|_| bounds("publish_time", quote.publish_time, 0, i64::MAX))?;
    let doubtful = match (max_ema_deviation, dollars(&ema_price)) {
        (None, _) => false,
        (Some(limit), Ok(average)) => beyond(price, average, ratio(limit)?)?,
        (Some(_), Err(_)) => true,
    };
    Ok(Observation {
        price,
        publish_time: Seconds::new(publish_time),
        confidence: scaled_ceil(quote.conf.u64(), quote.expo)?,
        sources: 1,
        doubtful,
    })
}

/// The quote's price, rounded down at 1e-24; errors when it is not positive or out of range.
fn dollars(quote: &Quote) -> Result<Price, OracleError> {
    let price = quote.price.i64();
    match u128::try_from(price) {
        Ok(mantissa) if mantissa > 0 => Ok(Price::from_scientific(mantissa, quote.expo)?),
        _ => Err(bounds("price", price, 1, i64::MAX)),
    }
}

/// `mantissa * 10^expo` dollars at 1e-24, rounded up.
fn scaled_ceil(mantissa: u64, expo: i32) -> MathResult<u128> {
    let shift = expo.saturating_add(Price::PLACES as i32);
    let power = pow10(shift.unsigned_abs())?;
    let mantissa = u128::from(mantissa);
    if shift < 0 {
        return Ok(mantissa.div_ceil(power));
    }
    mantissa
        .checked_mul(power)
        .ok_or(MathError::Overflow("confidence"))
}
