//! Measuring a basket's risk when its grid boundary has passed.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};

use super::{no_coins, now};
use crate::error::ContractError;
use crate::market::{Loaded, Scope};
use crate::state::{self, CONFIG};

/// Measures what is due; nothing is due twice within an hour.
pub fn recalibrate(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    basket: u32,
) -> Result<Response, ContractError> {
    no_coins(&info)?;
    let config = CONFIG.load(deps.storage)?;
    let settings = state::basket(deps.storage, basket)?;
    let loaded = Loaded::load(
        deps.as_ref(),
        &config.oracle,
        (basket, settings),
        Scope::All,
        now(&env),
    )?;
    Ok(Response::new().add_events(loaded.save(deps.storage)?))
}
