//! Takes feeders' prices.

use cosmwasm_std::{Deps, DepsMut, Env, MessageInfo, Response, Uint128};
use wicker_engine::price::{parse, Observation, Rejected};
use wicker_math::Seconds;
use wicker_msgs::oracle::{ReportedPrice, Source};

use super::{degrade, distinct, event, outcome, refusal, settle};
use crate::{
    error::OracleError,
    source,
    state::{Listing, Report, LISTINGS, REPORTS},
};

/// Feeders only; each entry for itself.
pub fn report(
    mut deps: DepsMut,
    env: Env,
    info: MessageInfo,
    prices: Vec<ReportedPrice>,
) -> Result<Response, OracleError> {
    let denoms: Vec<_> = prices.iter().map(|entry| entry.denom.clone()).collect();
    distinct(denoms.iter())?;
    let now = Seconds::new(env.block.time.seconds());
    let feeder = info.sender.as_str();
    let mut response = Response::new();
    for entry in &prices {
        let (listing, feeders) = fed_by(deps.as_ref(), &entry.denom, feeder)?;
        response = response.add_event(
            match take(&mut deps, entry, (&listing, feeders, feeder), now) {
                Ok(outcome) => event(&entry.denom, outcome),
                Err(error) => refusal(&entry.denom, "rejected", &error),
            },
        );
    }
    Ok(response)
}

/// The listing and its number of feeders; errors unless `feeder` is one of them.
fn fed_by(deps: Deps, denom: &str, feeder: &str) -> Result<(Listing, usize), OracleError> {
    let listing = LISTINGS
        .may_load(deps.storage, denom)?
        .ok_or_else(|| OracleError::NoSource(denom.into()))?;
    let Source::Relayed { feeders, .. } = &listing.source else {
        return Err(OracleError::NotRelayed(denom.into()));
    };
    if !feeders.iter().any(|one| one == feeder) {
        return Err(OracleError::Unauthorized(feeder.into()));
    }
    let count = feeders.len();
    Ok((listing, count))
}

fn take(
    deps: &mut DepsMut,
    entry: &ReportedPrice,
    (listing, feeders, feeder): (&Listing, usize, &str),
    now: Seconds,
) -> Result<&'static str, OracleError> {
    let confidence = source::width(entry.confidence.as_deref())?;
    let said = Observation {
        price: parse(&entry.price)?,
        publish_time: Seconds::new(entry.publish_time),
        confidence,
        sources: 1,
        doubtful: false,
    };
    if feeders == 1 {
        return Ok(outcome(&settle(
            deps.storage,
            &entry.denom,
            listing,
            said,
            now,
        )?));
    }
    newer(deps.as_ref(), entry, feeder, listing, now)?;
    let report = Report {
        price: entry.price.clone(),
        publish_time: entry.publish_time,
        confidence: Uint128::new(confidence),
    };
    REPORTS.save(deps.storage, (&entry.denom, feeder), &report)?;
    let seen = match source::read(deps.branch(), &entry.denom, listing, now) {
        Ok(seen) => seen,
        Err(_) => {
            degrade(deps.storage, &entry.denom)?;
            return Ok("reported");
        }
    };
    match settle(deps.storage, &entry.denom, listing, seen, now) {
        Ok(point) => Ok(outcome(&point)),
        Err(OracleError::Rejected(Rejected::NotNewer { .. })) => Ok("reported"),
        Err(error) => Err(error),
    }
}

/// Errors unless the report is newer than the feeder's last one and not from the future.
fn newer(
    deps: Deps,
    entry: &ReportedPrice,
    feeder: &str,
    listing: &Listing,
    now: Seconds,
) -> Result<(), OracleError> {
    let max = listing.guards.max_future;
    let publish_time = entry.publish_time;
    if Seconds::new(publish_time) > now.plus(Seconds::new(max)) {
        let now = now.get();
        return Err(Rejected::Future {
            publish_time,
            now,
            max,
        }
        .into());
    }
    let last = REPORTS.may_load(deps.storage, (&entry.denom, feeder))?;
    match last {
        Some(last) if publish_time <= last.publish_time => Err(Rejected::NotNewer {
            publish_time,
            last: last.publish_time,
        }
        .into()),
        _ => Ok(()),
    }
}
