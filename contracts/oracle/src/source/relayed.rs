//! Named feeders push; the median of fresh reports counts.

use cosmwasm_std::{Decimal256, Deps};
use wicker_engine::price::{consensus, Observation};
use wicker_math::Seconds;

use super::ratio;
use crate::{
    error::OracleError,
    reports::Book,
    state::{self, Listing},
};

/// The consensus of the fresh reports in the book; with a single feeder, who leaves no report, the stored point while it is fresh.
pub fn read(
    deps: Deps,
    book: &mut Book,
    (denom, listing): (&str, &Listing),
    (feeders, quorum, max_spread): (&[String], u32, Decimal256),
    now: Seconds,
) -> Result<Observation, OracleError> {
    let mut fresh = Vec::with_capacity(feeders.len());
    if feeders.len() == 1 {
        let point = state::point(deps.storage, denom)?;
        fresh.extend(point.map(|point| Observation {
            price: point.price,
            publish_time: point.publish_time,
            confidence: point.confidence,
            sources: point.sources,
            doubtful: false,
        }));
    } else {
        for feeder in feeders {
            let last = book.last(deps.storage, feeder, listing.id)?;
            fresh.extend(last.map(|report| Observation {
                price: report.price,
                publish_time: report.publish_time,
                confidence: report.confidence,
                sources: 1,
                doubtful: false,
            }));
        }
    }
    fresh.retain(|report| now.since(report.publish_time).get() <= listing.guards.max_age);
    Ok(consensus(&fresh, ratio(max_spread)?, quorum as usize)?)
}
