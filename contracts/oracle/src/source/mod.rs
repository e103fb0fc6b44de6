//! One price source per file.

mod adapter;
mod answer;
mod band;
mod composite;
mod fixed;
mod grpc;
mod lst_rate;
mod pyth;
pub mod relayed;
mod slinky;
pub mod twap;

use cosmwasm_std::{Decimal256, DepsMut, Uint128};
use wicker_engine::price::{parse_width, Guards, Observation};
use wicker_math::{Price, Ratio, Seconds};
use wicker_msgs::oracle::{self as words, Source};

use crate::{error::OracleError, reports::Book, state::Listing};

/// What the source says now. The highest rate of a staked token moves with it, whatever becomes of the price; nothing else is written.
pub fn read(
    deps: DepsMut,
    book: &mut Book,
    (denom, listing): (&str, &Listing),
    now: Seconds,
) -> Result<Observation, OracleError> {
    let max_age = Seconds::new(listing.guards.max_age);
    match &listing.source {
        Source::Fixed { price } => fixed::read(price, now),
        Source::Relayed {
            feeders,
            quorum,
            max_spread,
        } => relayed::read(
            deps.as_ref(),
            book,
            (denom, listing),
            (feeders, *quorum, *max_spread),
            now,
        ),
        Source::Pyth {
            contract,
            feed,
            max_ema_deviation,
        } => pyth::read(&deps.querier, contract, feed, *max_ema_deviation),
        Source::LstRate(rate) => {
            let max_future = Seconds::new(listing.guards.max_future);
            lst_rate::read(deps, denom, rate, max_future, now)
        }
        Source::Adapter { contract, denom } => adapter::read(&deps.querier, contract, denom),
        Source::Band {
            contract,
            base,
            quote,
            inverse,
        } => band::read(&deps.querier, contract, (base, quote), *inverse),
        Source::Slinky {
            version,
            base,
            quote,
            inverse,
        } => slinky::read(&deps.querier, version, (base, quote), *inverse),
        Source::Twap(pool) => twap::read(deps.as_ref(), pool, now),
        Source::Composite { legs, rule } => {
            composite::read(deps.as_ref(), legs, rule, max_age, now)
        }
    }
}

/// The denoms a source builds on.
pub fn legs(source: &Source) -> Vec<&String> {
    match source {
        Source::Composite { legs, .. } => legs.iter().collect(),
        Source::LstRate(rate) => vec![&rate.base],
        Source::Twap(pool) => vec![&pool.quote_price],
        _ => vec![],
    }
}

/// The contract a source asks.
pub fn contract(source: &Source) -> Option<&String> {
    match source {
        Source::Pyth { contract, .. }
        | Source::Band { contract, .. }
        | Source::Adapter { contract, .. } => Some(contract),
        Source::LstRate(rate) => Some(&rate.contract),
        _ => None,
    }
}

/// One over a price, rounded down at 1e-24; errors out of range.
fn inverted(price: Price) -> Result<Price, OracleError> {
    const DOLLAR: u128 = 10u128.pow(Price::PLACES);
    let raw = wicker_math::mul_div_floor(DOLLAR, DOLLAR, price.raw())?;
    Ok(Price::new(raw)?)
}

/// What one token of another denom is worth, as `10^exponent` of these digits; errors on anything but digits and out of range.
fn scaled(digits: &str, exponent: i32) -> Result<Price, OracleError> {
    let mantissa = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse());
    match mantissa {
        Some(Ok(mantissa)) => Ok(Price::from_scientific(mantissa, exponent)?),
        _ => Err(OracleError::NoValue("price in digits")),
    }
}

/// A confidence at 1e-24 dollars, zero when none is given; errors on text that is no plain decimal.
pub fn width(text: Option<&str>) -> Result<u128, OracleError> {
    Ok(text.map_or(Ok(0), parse_width)?)
}

/// A share as a ratio; errors where it does not fit.
pub fn ratio(share: Decimal256) -> Result<Ratio, OracleError> {
    let raw =
        Uint128::try_from(share.atomics()).map_err(|_| bounds("share", share, "0", "1e20"))?;
    Ok(Ratio::new(raw.u128()))
}

/// The guards as the engine takes them.
pub fn guards(words: &words::Guards) -> Result<Guards, OracleError> {
    Ok(Guards {
        max_age: Seconds::new(words.max_age),
        max_future: Seconds::new(words.max_future),
        max_confidence: ratio(words.max_confidence)?,
        max_step: ratio(words.max_step)?,
        step_interval: Seconds::new(words.step_interval),
        window: Seconds::new(words.window),
        window_limit: ratio(words.window_limit)?,
        window_interval: Seconds::new(words.window_interval),
    })
}

/// A number outside its bounds.
pub fn bounds(
    name: &'static str,
    value: impl ToString,
    low: impl ToString,
    high: impl ToString,
) -> OracleError {
    OracleError::Bounds {
        name,
        value: value.to_string(),
        low: low.to_string(),
        high: high.to_string(),
    }
}
