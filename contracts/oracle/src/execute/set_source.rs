//! Gives a denom its source, and takes it away.

use std::collections::BTreeSet;

use cosmwasm_std::{Decimal256, Deps, DepsMut, Env, Order, Response};
use wicker_engine::price::{parse, Rejected};
use wicker_math::Seconds;
use wicker_msgs::oracle::{Guards, Reference, Rule, Source, MAX_DEPTH, MAX_LEGS};

use super::{degrade, near, settle};
use crate::{
    error::OracleError,
    source::{self, bounds},
    state::{Listing, LISTINGS, REPORTS},
};

/// Checks the source against its bounds and its reference, and stores it.
pub fn set_source(
    deps: DepsMut,
    env: Env,
    denom: String,
    (source, guards, reference): (Source, Guards, Reference),
) -> Result<Response, OracleError> {
    let now = Seconds::new(env.block.time.seconds());
    within("denom length", denom.len() as u64, 1, 128)?;
    check_guards(&guards)?;
    parse(&reference.price)?;
    share("band", reference.band, Decimal256::percent(50))?;
    check_source(deps.as_ref(), &denom, &source)?;
    check_depth(deps.as_ref(), &denom, &source)?;
    REPORTS.prefix(&denom).clear(deps.storage, None);
    let listing = Listing {
        source,
        guards,
        reference: Some(reference.clone()),
    };
    LISTINGS.save(deps.storage, &denom, &listing)?;
    if !matches!(listing.source, Source::Relayed { .. }) {
        let seen = source::read(deps.as_ref(), &denom, &listing, now)?;
        near(&seen, &reference)?;
        match settle(deps.storage, &denom, &listing, seen, now) {
            Ok(_) | Err(OracleError::Rejected(Rejected::NotNewer { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Response::new()
        .add_attribute("action", "set_source")
        .add_attribute("denom", denom))
}

/// Takes the source away; the price stays, degraded.
pub fn remove_source(deps: DepsMut, denom: String) -> Result<Response, OracleError> {
    if !LISTINGS.has(deps.storage, &denom) {
        return Err(OracleError::NoSource(denom));
    }
    for entry in LISTINGS.range(deps.storage, None, None, Order::Ascending) {
        let (other, listing) = entry?;
        if source::legs(&listing.source).contains(&&denom) {
            return Err(OracleError::InUse(other, denom));
        }
    }
    LISTINGS.remove(deps.storage, &denom);
    REPORTS.prefix(&denom).clear(deps.storage, None);
    degrade(deps.storage, &denom)?;
    Ok(Response::new()
        .add_attribute("action", "remove_source")
        .add_attribute("denom", denom))
}

fn within(name: &'static str, value: u64, low: u64, high: u64) -> Result<(), OracleError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(bounds(name, value, low, high))
}

fn share(name: &'static str, value: Decimal256, high: Decimal256) -> Result<(), OracleError> {
    if !value.is_zero() && value <= high {
        return Ok(());
    }
    Err(bounds(name, value, "above 0", high))
}

fn check_guards(guards: &Guards) -> Result<(), OracleError> {
    within("max_age", guards.max_age, 1, 172_800)?;
    within("max_future", guards.max_future, 0, 60)?;
    share(
        "max_confidence",
        guards.max_confidence,
        Decimal256::percent(20),
    )?;
    share("max_step", guards.max_step, Decimal256::percent(50))?;
    within(
        "step_interval",
        guards.step_interval,
        guards.max_future + 1,
        3_600,
    )?;
    within("window", guards.window, 60, 86_400)?;
    share("window_limit", guards.window_limit, Decimal256::one())?;
    if guards.window_limit < guards.max_step {
        return Err(bounds(
            "window_limit",
            guards.window_limit,
            guards.max_step,
            1,
        ));
    }
    within(
        "window_interval",
        guards.window_interval,
        guards.step_interval,
        3_600,
    )
}

fn check_source(deps: Deps, denom: &str, source: &Source) -> Result<(), OracleError> {
    match source {
        Source::Fixed { price } => parse(price).map(|_| ()).map_err(Into::into),
        Source::Relayed {
            feeders,
            quorum,
            max_spread,
        } => {
            names(feeders, 1)?;
            for feeder in feeders {
                deps.api.addr_validate(feeder)?;
            }
            within("quorum", (*quorum).into(), 1, feeders.len() as u64)?;
            share("max_spread", *max_spread, Decimal256::percent(20))
        }
        Source::Composite { legs, rule } => {
            names(legs, 2)?;
            if let Rule::Median { quorum, max_spread } = rule {
                within("quorum", (*quorum).into(), 1, legs.len() as u64)?;
                share("max_spread", *max_spread, Decimal256::percent(20))?;
            }
            match legs
                .iter()
                .find(|leg| !LISTINGS.has(deps.storage, leg) || *leg == denom)
            {
                Some(leg) => Err(OracleError::NoSource(leg.clone())),
                None => Ok(()),
            }
        }
        Source::Pyth { .. } => Err(OracleError::Unsupported("pyth")),
        Source::LstRate { .. } => Err(OracleError::Unsupported("lst_rate")),
        Source::Adapter { .. } => Err(OracleError::Unsupported("adapter")),
    }
}

fn names(list: &[String], least: usize) -> Result<(), OracleError> {
    if list.len() < least || list.len() > MAX_LEGS {
        return Err(OracleError::Length(list.len(), MAX_LEGS));
    }
    let mut seen = BTreeSet::new();
    match list.iter().find(|name| !seen.insert(*name)) {
        Some(name) => Err(OracleError::Duplicate(name.clone())),
        None => Ok(()),
    }
}

/// Walks what the source builds on, level by level; errors when it meets itself or goes too deep.
fn check_depth(deps: Deps, denom: &str, source: &Source) -> Result<(), OracleError> {
    let own = |names: Vec<&String>| names.into_iter().cloned().collect::<BTreeSet<_>>();
    let mut level = own(source::legs(source));
    for _ in 0..MAX_DEPTH {
        if level.is_empty() {
            return Ok(());
        }
        if level.contains(denom) {
            break;
        }
        let mut below = BTreeSet::new();
        for leg in &level {
            if let Some(listing) = LISTINGS.may_load(deps.storage, leg)? {
                below.extend(own(source::legs(&listing.source)));
            }
        }
        level = below;
    }
    if level.is_empty() {
        return Ok(());
    }
    Err(OracleError::Depth(denom.into(), MAX_DEPTH))
}
