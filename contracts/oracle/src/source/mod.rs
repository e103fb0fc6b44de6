//! One price source per file.

mod adapter;
mod answer;
mod composite;
mod fixed;
mod lst_rate;
mod pyth;
pub mod relayed;

use cosmwasm_std::{Decimal256, DepsMut, Uint128};
use wicker_engine::price::{parse_width, Guards, Observation};
use wicker_math::{Ratio, Seconds};
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
        _ => vec![],
    }
}

/// The contract a source asks.
pub fn contract(source: &Source) -> Option<&String> {
    match source {
        Source::Pyth { contract, .. } | Source::Adapter { contract, .. } => Some(contract),
        Source::LstRate(rate) => Some(&rate.contract),
        _ => None,
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
