//! Measuring a basket's risk when its grid boundary has passed.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use wicker_engine::accrual::accrue;

use super::{no_coins, now};
use crate::error::Result;
use crate::market::{Loaded, Scope};
use crate::state::{self, CONFIG, TOTALS};

/// Measures what is due; nothing is due twice within an hour. The basket's clock moves with it, so that who comes next within the hour
/// need not look.
pub fn recalibrate(deps: DepsMut, env: &Env, info: &MessageInfo, basket: u32) -> Result<Response> {
    no_coins(info)?;
    let now = now(env);
    let oracle = CONFIG.load(deps.storage)?.oracle;
    let settings = state::basket(deps.storage, basket)?;
    let totals = accrue(&state::totals(deps.storage, basket)?, &settings, now)?;
    let market = (basket, settings);
    let loaded = Loaded::load(deps.as_ref(), &oracle, market, Scope::All, now)?;
    TOTALS.save(deps.storage, basket, &totals)?;
    Ok(Response::new().add_events(loaded.save(deps.storage)?))
}
