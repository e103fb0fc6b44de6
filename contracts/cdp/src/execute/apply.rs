//! Applying a queued change: anyone may, once its delay has passed and before it expires, and once only.

use cosmwasm_std::{from_json, DepsMut, Env, MessageInfo, Response};
use wicker_msgs::cdp::GovernMsg;
use wicker_msgs::json::Json;

use super::govern::run;
use super::{no_coins, now};
use crate::error::{ContractError, Result};
use crate::state::{CONFIG, WAITING};

/// Runs the change as if it were decided now.
pub fn apply(deps: DepsMut, env: &Env, info: &MessageInfo, id: u64) -> Result<Response> {
    no_coins(info)?;
    let waiting = WAITING.may_load(deps.storage, id)?;
    let waiting = waiting.ok_or(ContractError::UnknownChange(id))?;
    let now = now(env);
    if now < waiting.ready_at {
        return Err(ContractError::NotReady {
            ready_at: waiting.ready_at.get(),
            now: now.get(),
        }
        .into());
    }
    let expires_at = waiting.expires_at();
    if now > expires_at {
        return Err(ContractError::Expired {
            expires_at: expires_at.get(),
            now: now.get(),
        }
        .into());
    }
    WAITING.remove(deps.storage, id);
    let Json(action): Json<GovernMsg> = from_json(&waiting.action)?;
    let config = CONFIG.load(deps.storage)?;
    run(deps, env, config, action)
}
