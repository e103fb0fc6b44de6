//! Made from the stored prices of other denoms.

use cosmwasm_std::Deps;
use wicker_engine::price::{consensus, Observation, Rejected};
use wicker_math::{mul_div_ceil, mul_div_floor, Price, Seconds, Status};
use wicker_msgs::oracle::Rule;

use super::ratio;
use crate::{error::OracleError, state};

/// The legs combined, published when the newest was. A product and a minimum need every leg, a median leaves out those that cannot be used
/// or are in doubt.
pub fn read(
    deps: Deps,
    legs: &[String],
    rule: &Rule,
    max_age: Seconds,
    now: Seconds,
) -> Result<Observation, OracleError> {
    let all = legs
        .iter()
        .map(|name| fresh(leg(deps, name)?, max_age, now));
    match rule {
        Rule::Product {} => product(&all.collect::<Result<Vec<_>, _>>()?),
        Rule::Minimum {} => minimum(&all.collect::<Result<Vec<_>, _>>()?),
        Rule::Median { quorum, max_spread } => {
            let usable = all.filter_map(Result::ok).filter(|leg| !leg.doubtful);
            let usable: Vec<_> = usable.collect();
            Ok(consensus(&usable, ratio(*max_spread)?, *quorum as usize)?)
        }
    }
}

/// A stored price as an observation, in doubt when it is degraded; errors when there is none or it is frozen.
pub fn leg(deps: Deps, denom: &str) -> Result<Observation, OracleError> {
    let point =
        state::point(deps.storage, denom)?.ok_or_else(|| OracleError::NoPrice(denom.into()))?;
    if point.status.has(Status::FROZEN) {
        return Err(OracleError::Leg(denom.into()));
    }
    Ok(Observation {
        price: point.price,
        publish_time: point.publish_time,
        confidence: point.confidence,
        sources: point.sources,
        doubtful: point.status.has(Status::DEGRADED),
    })
}

/// The leg, unless it is too old: what is published with a newer leg must not hide it.
fn fresh(leg: Observation, max_age: Seconds, now: Seconds) -> Result<Observation, OracleError> {
    let age = now.since(leg.publish_time);
    if age > max_age {
        return Err(Rejected::TooOld {
            age: age.get(),
            max: max_age.get(),
        }
        .into());
    }
    Ok(leg)
}

/// Prices multiplied; relative confidences add.
pub fn product(legs: &[Observation]) -> Result<Observation, OracleError> {
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
            confidence: width,
            ..together(a, b)
        })
    })
}

fn minimum(legs: &[Observation]) -> Result<Observation, OracleError> {
    let (first, rest) = legs.split_first().ok_or(OracleError::Length(0, 16))?;
    Ok(rest.iter().fold(*first, |a, b| {
        let lower = if b.price < a.price { *b } else { a };
        Observation {
            price: lower.price,
            confidence: lower.confidence,
            ..together(a, b)
        }
    }))
}

/// The newer time, the lower number of sources and either's doubt.
fn together(a: Observation, b: &Observation) -> Observation {
    Observation {
        publish_time: a.publish_time.max(b.publish_time),
        sources: a.sources.min(b.sources),
        doubtful: a.doubtful || b.doubtful,
        ..a
    }
}
