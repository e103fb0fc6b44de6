//! Made from the stored prices of other denoms.

use cosmwasm_std::Deps;
use wicker_engine::price::{consensus, Observation};
use wicker_math::{mul_div_ceil, mul_div_floor, Price, Status};
use wicker_msgs::oracle::Rule;

use super::ratio;
use crate::{error::OracleError, state};

/// The legs combined; as old as the oldest needed leg.
pub fn read(deps: Deps, legs: &[String], rule: &Rule) -> Result<Observation, OracleError> {
    let all = legs.iter().map(|leg| usable(deps, leg));
    match rule {
        Rule::Product {} => product(&all.collect::<Result<Vec<_>, _>>()?),
        Rule::Minimum {} => minimum(&all.collect::<Result<Vec<_>, _>>()?),
        Rule::Median { quorum, max_spread } => {
            let some: Vec<_> = all.filter_map(Result::ok).collect();
            Ok(consensus(&some, ratio(*max_spread)?, *quorum as usize)?)
        }
    }
}

fn usable(deps: Deps, leg: &str) -> Result<Observation, OracleError> {
    let point = state::point(deps.storage, leg)?.ok_or_else(|| OracleError::NoPrice(leg.into()))?;
    if point.status.has(Status::DEGRADED) || point.status.has(Status::FROZEN) {
        return Err(OracleError::Leg(leg.into()));
    }
    Ok(Observation {
        price: point.price,
        publish_time: point.publish_time,
        confidence: point.confidence,
        sources: point.sources,
    })
}

/// Prices multiplied; relative confidences add.
fn product(legs: &[Observation]) -> Result<Observation, OracleError> {
    let (first, rest) = legs.split_first().ok_or(OracleError::Length(0, 16))?;
    rest.iter().try_fold(*first, |a, b| {
        let one = Price::ONE.raw();
        let width = mul_div_ceil(a.confidence, b.price.raw(), one)?.saturating_add(mul_div_ceil(
            b.confidence,
            a.price.raw(),
            one,
        )?);
        Ok(Observation {
            price: Price::new(mul_div_floor(a.price.raw(), b.price.raw(), one)?)?,
            publish_time: a.publish_time.min(b.publish_time),
            confidence: width,
            sources: a.sources.min(b.sources),
        })
    })
}

fn minimum(legs: &[Observation]) -> Result<Observation, OracleError> {
    let lowest = legs
        .iter()
        .min_by_key(|leg| leg.price)
        .ok_or(OracleError::Length(0, 16))?;
    let oldest = legs.iter().map(|leg| leg.publish_time).min();
    Ok(Observation {
        publish_time: oldest.unwrap_or(lowest.publish_time),
        ..*lowest
    })
}
