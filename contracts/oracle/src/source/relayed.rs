//! Named feeders push; the median of fresh reports counts.

use cosmwasm_std::{Decimal256, Deps};
use wicker_engine::price::{consensus, parse, Observation};
use wicker_math::Seconds;

use super::ratio;
use crate::{error::OracleError, state, state::REPORTS};

/// The consensus of the stored fresh reports; with a single feeder, who leaves no report, the stored point while it is fresh.
pub fn read(
    deps: Deps,
    denom: &str,
    (feeders, quorum, max_spread): (&[String], u32, Decimal256),
    max_age: u64,
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
            if let Some(report) = REPORTS.may_load(deps.storage, (denom, feeder))? {
                fresh.push(Observation {
                    price: parse(&report.price)?,
                    publish_time: Seconds::new(report.publish_time),
                    confidence: report.confidence.u128(),
                    sources: 1,
                    doubtful: false,
                });
            }
        }
    }
    fresh.retain(|report| now.since(report.publish_time).get() <= max_age);
    Ok(consensus(&fresh, ratio(max_spread)?, quorum as usize)?)
}
