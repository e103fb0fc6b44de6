//! Pointing to another oracle: only to one that agrees with the prices in force.

use cosmwasm_std::{Addr, Deps, DepsMut, Response};
use wicker_engine::price::lenient;
use wicker_math::{mul_div_ceil, Price, Ratio, Seconds, ONE};

use super::assets::live_price;
use crate::error::{ContractError, Result};
use crate::market::readers;
use crate::prices::point;
use crate::state::{Config, ASSETS, CONFIG, PROTOCOL};

/// How far the two oracles' prices may be apart.
const AGREEMENT: Ratio = Ratio::percent(1);

/// Points to another oracle.
pub fn set(deps: DepsMut, config: Config, oracle: &str, now: Seconds) -> Result<Response> {
    let oracle = check(deps.as_ref(), &config, oracle, now)?;
    CONFIG.save(deps.storage, &Config { oracle, ..config })?;
    Ok(Response::new())
}

/// The new oracle; errors unless it has a price that borrowing would accept for every listed asset, near the present one where
/// that is still good enough for liquidation. A dead oracle can be replaced, a living one not contradicted.
pub fn check(deps: Deps<'_>, config: &Config, oracle: &str, now: Seconds) -> Result<Addr> {
    let oracle = deps.api.addr_validate(oracle)?;
    let next = Config {
        oracle: oracle.clone(),
        ..config.clone()
    };
    let readers = readers(&PROTOCOL.load(deps.storage)?);
    for denom in ASSETS.keys(deps.storage, None, usize::MAX)? {
        let new = live_price(deps, &next, &denom, now)?;
        let old = point(&deps.querier, &config.oracle, &denom);
        if let Some(Ok(old)) = old.map(|old| lenient(&old, &readers, now)) {
            near(&denom, new, old)?;
        }
    }
    Ok(oracle)
}

fn near(denom: &str, new: Price, old: Price) -> Result<()> {
    let width = mul_div_ceil(old.raw(), AGREEMENT.raw(), ONE)?;
    let (low, high) = (
        old.raw().saturating_sub(width),
        old.raw().saturating_add(width),
    );
    if (low..=high).contains(&new.raw()) {
        return Ok(());
    }
    Err(ContractError::Reference {
        denom: denom.into(),
        price: new.raw(),
        low,
        high,
    }
    .into())
}
