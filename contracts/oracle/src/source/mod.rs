//! One price source per file.

mod composite;
mod fixed;
pub mod relayed;

use cosmwasm_std::{Decimal256, Deps, Uint128};
use wicker_engine::price::{Guards, Observation};
use wicker_math::{Ratio, Seconds};
use wicker_msgs::oracle::{self as words, Source};

use crate::{error::OracleError, state::Listing};

/// What the source says now.
pub fn read(
    deps: Deps,
    denom: &str,
    listing: &Listing,
    now: Seconds,
) -> Result<Observation, OracleError> {
    match &listing.source {
        Source::Fixed { price } => fixed::read(price, now),
        Source::Relayed {
            feeders,
            quorum,
            max_spread,
        } => relayed::read(
            deps,
            denom,
            (feeders, *quorum, *max_spread),
            listing.guards.max_age,
            now,
        ),
        Source::Composite { legs, rule } => composite::read(deps, legs, rule),
        Source::Pyth { .. } => Err(OracleError::Unsupported("pyth")),
        Source::LstRate { .. } => Err(OracleError::Unsupported("lst_rate")),
        Source::Adapter { .. } => Err(OracleError::Unsupported("adapter")),
    }
}

/// The denoms a source builds on.
pub fn legs(source: &Source) -> Vec<&String> {
    match source {
        Source::Composite { legs, .. } => legs.iter().collect(),
        Source::LstRate { base, .. } => vec![base],
        _ => vec![],
    }
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
