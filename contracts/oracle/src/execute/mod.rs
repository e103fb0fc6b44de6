//! One verb per file.

pub mod govern;
pub mod refresh;
pub mod report;
pub mod set_source;

use std::collections::BTreeSet;

use cosmwasm_std::{Event, Storage};
use wicker_engine::price::{self, Observation};
use wicker_math::{PricePoint, Seconds, Status};
use wicker_msgs::oracle::{Reference, MAX_LIST};

use crate::{
    error::OracleError,
    source,
    state::{self, Listing, FREEZES, LISTINGS},
};

/// Holds an observation to the listing's guards and stores the outcome; errors change nothing.
pub fn settle(
    storage: &mut dyn Storage,
    denom: &str,
    listing: &Listing,
    seen: Observation,
    now: Seconds,
) -> Result<PricePoint, OracleError> {
    let point = thaw(storage, denom, now)?;
    if let Some(reference) = &listing.reference {
        near(&seen, reference)?;
    }
    let next = price::observe(&point, seen, &source::guards(&listing.guards)?, now)?;
    if listing.reference.is_some() {
        LISTINGS.save(
            storage,
            denom,
            &Listing {
                reference: None,
                ..listing.clone()
            },
        )?;
    }
    state::save_point(storage, denom, &next);
    Ok(next)
}

/// The point without a freeze that has ended; errors while it lasts.
fn thaw(
    storage: &mut dyn Storage,
    denom: &str,
    now: Seconds,
) -> Result<Option<PricePoint>, OracleError> {
    let point = state::point(storage, denom)?;
    let open = point.is_some_and(|point| !point.status.has(Status::FROZEN));
    if open {
        return Ok(point);
    }
    if let Some(until) = FREEZES.may_load(storage, denom)? {
        if until > now.get() {
            return Err(OracleError::Frozen(until));
        }
        FREEZES.remove(storage, denom);
    }
    Ok(point.map(|point| PricePoint {
        status: point.status.without(Status::FROZEN),
        ..point
    }))
}

/// Errors unless the price is within the reference's band.
fn near(seen: &Observation, reference: &Reference) -> Result<(), OracleError> {
    let expected = price::parse(&reference.price)?;
    let off = wicker_math::mul_div_ceil(
        seen.price.raw().abs_diff(expected.raw()),
        wicker_math::ONE,
        expected.raw(),
    )?;
    if off > source::ratio(reference.band)?.raw() {
        let (price, reference_price) = (price::format(seen.price), reference.price.clone());
        return Err(OracleError::OffReference {
            price,
            reference: reference_price,
            band: reference.band.to_string(),
        });
    }
    Ok(())
}

/// Marks the denom's point as degraded, if it has one and is not so marked already.
pub fn degrade(storage: &mut dyn Storage, denom: &str) -> Result<(), OracleError> {
    if let Some(point) = state::point(storage, denom)? {
        if !point.status.has(Status::DEGRADED) {
            state::save_point(storage, denom, &price::degrade(&point));
        }
    }
    Ok(())
}

/// What became of an entry.
pub fn event(denom: &str, outcome: &str) -> Event {
    Event::new("wicker_price")
        .add_attribute("denom", denom)
        .add_attribute("outcome", outcome)
}

/// What an accepted observation did.
pub fn outcome(point: &PricePoint) -> &'static str {
    if point.status.has(Status::LIMITED) {
        "limited"
    } else if point.status.has(Status::PENDING) {
        "pending"
    } else if point.status.has(Status::DEGRADED) {
        "doubtful"
    } else {
        "accepted"
    }
}

/// What became of an entry that is refused, and why: at most 200 characters, for a contract that is asked may answer at any length.
pub fn refusal(denom: &str, outcome: &str, error: &OracleError) -> Event {
    let reason: String = error.to_string().chars().take(200).collect();
    event(denom, outcome).add_attribute("reason", reason)
}

/// Errors on an empty or too long list and on repetitions.
pub fn distinct<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> Result<(), OracleError> {
    let length = names.len();
    if length == 0 || length > MAX_LIST {
        return Err(OracleError::Length(length, MAX_LIST));
    }
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(OracleError::Duplicate(name.clone()));
        }
    }
    Ok(())
}
