//! Gives a denom its source, and takes it away.

use std::collections::BTreeSet;

use cosmwasm_std::{Decimal256, Deps, DepsMut, Env, Order, Response};
use wicker_engine::price::{parse, Rejected};
use wicker_math::{Seconds, SECONDS_PER_YEAR};
use wicker_msgs::oracle::{
    Guards, LstRate, RateSnapshot, Reference, Rule, Source, Twap, MAX_DEPTH, MAX_LEGS, MAX_PATH,
    MAX_QUERY,
};

use super::{degrade, settle};
use crate::{
    error::OracleError,
    reports::Book,
    source::{self, bounds, twap::DOWNTIMES},
    state::{Listing, HIGHEST, LISTED, LISTINGS},
};

/// Checks the source against its bounds and its reference, and stores it.
pub fn set_source(
    mut deps: DepsMut,
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
    check_contract(deps.as_ref(), &env, &source)?;
    HIGHEST.remove(deps.storage, &denom);
    if let Source::LstRate(rate) = &source {
        check_rate(rate, now)?;
        HIGHEST.save(deps.storage, &denom, &rate.snapshot)?;
    }
    let id = LISTED
        .may_load(deps.storage)?
        .unwrap_or(0)
        .saturating_add(1);
    LISTED.save(deps.storage, &id)?;
    let listing = Listing {
        id,
        source,
        guards,
        reference: Some(reference),
    };
    LISTINGS.save(deps.storage, &denom, &listing)?;
    if !matches!(listing.source, Source::Relayed { .. }) {
        let book = &mut Book::default();
        let seen = source::read(deps.branch(), book, (&denom, &listing), now)?;
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
    HIGHEST.remove(deps.storage, &denom);
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
        Source::Pyth {
            feed,
            max_ema_deviation,
            ..
        } => {
            if feed.len() != 64 || !feed.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(OracleError::FeedId(feed.len()));
            }
            let limit = max_ema_deviation.unwrap_or(Decimal256::percent(50));
            share("max_ema_deviation", limit, Decimal256::percent(50))
        }
        Source::LstRate(LstRate { base, .. }) => {
            if base == denom || !LISTINGS.has(deps.storage, base) {
                return Err(OracleError::NoSource(base.clone()));
            }
            Ok(())
        }
        Source::Adapter { denom: name, .. } => {
            within("adapter denom length", name.len() as u64, 1, 128)
        }
        Source::Band { base, quote, .. } | Source::Slinky { base, quote, .. } => {
            within("symbol length", base.len() as u64, 1, 64)?;
            within("symbol length", quote.len() as u64, 1, 64)
        }
        Source::Twap(pool) => {
            if pool.quote_price == denom || !LISTINGS.has(deps.storage, &pool.quote_price) {
                return Err(OracleError::NoSource(pool.quote_price.clone()));
            }
            check_pool(pool)
        }
    }
}

/// Errors unless the contract a source asks has a valid address, and another one than this contract.
fn check_contract(deps: Deps, env: &Env, source: &Source) -> Result<(), OracleError> {
    let Some(contract) = source::contract(source) else {
        return Ok(());
    };
    if deps.api.addr_validate(contract)? == env.contract.address {
        return Err(OracleError::OwnContract(contract.clone()));
    }
    Ok(())
}

fn check_pool(pool: &Twap) -> Result<(), OracleError> {
    for coin in [&pool.base, &pool.quote] {
        within("denom length", coin.len() as u64, 1, 128)?;
    }
    if pool.base == pool.quote {
        return Err(OracleError::Duplicate(pool.base.clone()));
    }
    within("base_decimals", pool.base_decimals.into(), 0, 18)?;
    within("quote_decimals", pool.quote_decimals.into(), 0, 18)?;
    within("window", pool.window, 60, 172_800)?;
    if !DOWNTIMES.contains(&pool.downtime) {
        return Err(OracleError::Downtime(pool.downtime));
    }
    within("recovery", pool.recovery, pool.window, 604_800)
}

fn check_rate(rate: &LstRate, now: Seconds) -> Result<(), OracleError> {
    within("query length", rate.query.len() as u64, 1, MAX_QUERY as u64)?;
    for path in [Some(&rate.rate_path), rate.time_path.as_ref()] {
        let path = path.map_or(&[][..], Vec::as_slice);
        within("path length", path.len() as u64, 0, MAX_PATH as u64)?;
        for name in path {
            within("name length", name.len() as u64, 1, 64)?;
        }
    }
    within("max_rate_age", rate.max_rate_age, 1, 604_800)?;
    share("max_growth", rate.max_growth, Decimal256::one())?;
    let RateSnapshot { rate, time } = rate.snapshot;
    if rate < Decimal256::permille(1) || rate > Decimal256::percent(100_000) {
        return Err(bounds("snapshot rate", rate, "0.001", 1_000));
    }
    let earliest = now.get().saturating_sub(SECONDS_PER_YEAR);
    within("snapshot time", time, earliest, now.get())
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
