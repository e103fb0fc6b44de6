//! Margin calls: a public notice that a position is under its call level. Nothing is seized.

use cosmwasm_std::{Deps, DepsMut, Env, Event, Int256, MessageInfo, Response, SignedDecimal256};
use wicker_engine::accrual::accrue;
use wicker_engine::health::{maintenance, Level};
use wicker_math::Seconds;
use wicker_msgs::cdp::MAX_LIST;
use wicker_msgs::events::{Called, Skipped};

use super::{bounded, no_coins, now};
use crate::error::{ContractError, Result};
use crate::market::{Loaded, Scope};
use crate::state::{self, Config, CONFIG};

/// An event for each listed position under its call level; every other entry is reported with the reason.
pub fn call(deps: DepsMut, env: &Env, info: &MessageInfo, positions: Vec<u64>) -> Result<Response> {
    no_coins(info)?;
    bounded(positions.len(), MAX_LIST)?;
    for (at, id) in positions.iter().enumerate() {
        if positions.iter().take(at).any(|before| before == id) {
            return Err(ContractError::Duplicate(format!("position {id}")).into());
        }
    }
    let config = CONFIG.load(deps.storage)?;
    let events = positions.into_iter().map(|id| {
        notice(deps.as_ref(), &config, id, now(env)).unwrap_or_else(|why| skipped(id, &why))
    });
    Ok(Response::new().add_events(events))
}

/// The event of an entry that was left out.
pub fn skipped(position: u64, why: &ContractError) -> Event {
    Skipped {
        position,
        reason: why.to_string(),
    }
    .into()
}

fn notice(deps: Deps<'_>, config: &Config, id: u64, now: Seconds) -> Result<Event> {
    let account = state::account(deps.storage, id)?;
    let basket = state::basket(deps.storage, account.basket)?;
    let totals = accrue(&state::totals(deps.storage, account.basket)?, &basket, now)?;
    let debt = totals.index.debt_ceil(account.position.shares)?;
    let scope = Scope::Held(&account.position);
    let loaded = Loaded::load(deps, &config.oracle, (account.basket, basket), scope, now)?;
    let health = maintenance(&loaded.open(), &account.position, debt)?;
    let level = health.level(&loaded.basket.levels)?;
    let ratio = health.ratio().filter(|_| level >= Level::Called);
    let ratio = ratio.ok_or(ContractError::NotCalled {
        equity: health.equity.raw(),
        margin: health.margin.maintenance.raw(),
    })?;
    Ok(Called {
        position: id,
        basket: account.basket,
        owner: account.owner.into(),
        margin_ratio: SignedDecimal256::new(Int256::from(ratio)),
    }
    .into())
}
