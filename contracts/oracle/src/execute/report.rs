//! Takes feeders' prices.

use cosmwasm_std::{Deps, DepsMut, Env, MessageInfo, Response};
use wicker_engine::price::{parse, Observation, Rejected};
use wicker_math::Seconds;
use wicker_msgs::oracle::{ReportedPrice, Source};

use super::{degrade, distinct, event, outcome, refusal, settle};
use crate::{
    error::OracleError,
    reports::{Book, Report},
    source,
    state::{Listing, LISTINGS},
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
    let mut book = Book::default();
    let mut response = Response::new();
    for entry in &prices {
        let (listing, alone) = fed_by(deps.as_ref(), &entry.denom, feeder)?;
        let taken = seen(entry).and_then(|seen| {
            if alone {
                settle(deps.storage, &entry.denom, &listing, seen, now).map(|point| outcome(&point))
            } else {
                note(deps.as_ref(), &mut book, (feeder, &listing, seen), now)?;
                agree(&mut deps, &mut book, (&entry.denom, &listing), now)
            }
        });
        response = response.add_event(match taken {
            Ok(outcome) => event(&entry.denom, outcome),
            Err(error) => refusal(&entry.denom, "rejected", &error),
        });
    }
    book.save(deps.storage, feeder)?;
    Ok(response)
}

/// The listing, and whether its feeder is the only one; errors unless `feeder` is one of them.
fn fed_by(deps: Deps, denom: &str, feeder: &str) -> Result<(Listing, bool), OracleError> {
    let listing = LISTINGS
        .may_load(deps.storage, denom)?
        .ok_or_else(|| OracleError::NoSource(denom.into()))?;
    let Source::Relayed { feeders, .. } = &listing.source else {
        return Err(OracleError::NotRelayed(denom.into()));
    };
    if !feeders.iter().any(|one| one == feeder) {
        return Err(OracleError::Unauthorized(feeder.into()));
    }
    let alone = feeders.len() == 1;
    Ok((listing, alone))
}

/// What the feeder saw; errors on text that is no price.
fn seen(entry: &ReportedPrice) -> Result<Observation, OracleError> {
    Ok(Observation {
        confidence: source::width(entry.confidence.as_deref())?,
        price: parse(&entry.price)?,
        publish_time: Seconds::new(entry.publish_time),
        sources: 1,
        doubtful: false,
    })
}

/// Enters it into the book; errors unless it is newer than the feeder's last report and not from the future.
fn note(
    deps: Deps,
    book: &mut Book,
    (feeder, listing, seen): (&str, &Listing, Observation),
    now: Seconds,
) -> Result<(), OracleError> {
    let max = listing.guards.max_future;
    if seen.publish_time > now.plus(Seconds::new(max)) {
        let (publish_time, now) = (seen.publish_time.get(), now.get());
        return Err(Rejected::Future {
            publish_time,
            now,
            max,
        }
        .into());
    }
    match book.last(deps.storage, feeder, listing.id)? {
        Some(last) if seen.publish_time <= last.publish_time => Err(Rejected::NotNewer {
            publish_time: seen.publish_time.get(),
            last: last.publish_time.get(),
        }
        .into()),
        _ => {
            let report = Report {
                listing: listing.id,
                price: seen.price,
                publish_time: seen.publish_time,
                confidence: seen.confidence,
            };
            book.enter(deps.storage, feeder, report)
        }
    }
}

/// Settles what the feeders agree on; where they do not, the price in force is marked.
fn agree(
    deps: &mut DepsMut,
    book: &mut Book,
    (denom, listing): (&str, &Listing),
    now: Seconds,
) -> Result<&'static str, OracleError> {
    let Ok(seen) = source::read(deps.branch(), book, (denom, listing), now) else {
        degrade(deps.storage, denom)?;
        return Ok("reported");
    };
    match settle(deps.storage, denom, listing, seen, now) {
        Ok(point) => Ok(outcome(&point)),
        Err(OracleError::Rejected(Rejected::NotNewer { .. })) => Ok("reported"),
        Err(error) => Err(error),
    }
}
