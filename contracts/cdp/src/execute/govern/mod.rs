//! What the owner decides. What protects takes effect at once; what loosens, or moves coins or keys, is queued, can be read and
//! cancelled while it waits, and is applied by anyone afterwards. What is queued must be valid when it is queued and again when it
//! is applied.

pub mod assets;
pub mod baskets;
pub mod change;
pub mod denoms;
pub mod funds;
pub mod oracle;

use cosmwasm_std::{to_json_vec, Addr, Deps, DepsMut, Env, MessageInfo, Response, Storage};
use wicker_math::Seconds;
use wicker_msgs::cdp::GovernMsg;
use wicker_msgs::events::Governed;

use super::{no_coins, now};
use crate::error::{ContractError, Result};
use crate::ownership::require_owner;
use crate::state::{Config, Waiting, CHANGE_COUNT, CONFIG, PROTOCOL, WAITING};

/// Does what the owner decides, or queues it.
pub fn govern(deps: DepsMut, env: &Env, info: &MessageInfo, msg: GovernMsg) -> Result<Response> {
    let config = CONFIG.load(deps.storage)?;
    require_owner(&config, &info.sender)?;
    if !matches!(msg, GovernMsg::CreateDenom { .. }) {
        no_coins(info)?;
    }
    if waits(deps.as_ref(), env, &config, &msg)? {
        return queue(deps.storage, &msg, now(env));
    }
    run(deps, env, config, msg)
}

/// True for what must wait; errors when it could not be done now.
fn waits(deps: Deps<'_>, env: &Env, config: &Config, msg: &GovernMsg) -> Result<bool> {
    let now = now(env);
    match msg {
        GovernMsg::Change { changes } => {
            return Ok(change::judge(deps.storage, changes)?.loosens);
        }
        GovernMsg::TransferDenomAdmin { denom, new_admin } => {
            denoms::check_admin(deps, env, denom, new_admin)?;
        }
        GovernMsg::AddMember { basket, member } => {
            baskets::with_member(deps, config, *basket, member, now)?;
        }
        GovernMsg::WindDown {
            basket,
            denom,
            stop,
        } => {
            baskets::wound_down(deps.storage, *basket, denom, *stop)?;
            return Ok(!stop);
        }
        GovernMsg::SetOracle { oracle } => {
            oracle::check(deps, config, oracle, now)?;
        }
        GovernMsg::WithdrawBackstop {
            basket,
            amount,
            recipient,
        } => {
            let amount = wicker_math::Amount::new(amount.u128());
            funds::backstop_after(deps, env, (*basket, amount), recipient)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn queue(storage: &mut dyn Storage, msg: &GovernMsg, now: Seconds) -> Result<Response> {
    let id = CHANGE_COUNT.may_load(storage)?.unwrap_or(0) + 1;
    let ready_at = now.plus(PROTOCOL.load(storage)?.delay);
    CHANGE_COUNT.save(storage, &id)?;
    let waiting = Waiting {
        ready_at,
        action: to_json_vec(msg)?,
    };
    WAITING.save(storage, id, &waiting)?;
    Ok(Response::new().add_event(Governed {
        action: name(msg).into(),
        change: id,
        ready_at: ready_at.get(),
    }))
}

/// Does it now.
pub fn run(deps: DepsMut, env: &Env, config: Config, msg: GovernMsg) -> Result<Response> {
    let event = Governed {
        action: name(&msg).into(),
        change: 0,
        ready_at: now(env).get(),
    };
    let now = now(env);
    let response = match msg {
        GovernMsg::CreateDenom {
            subdenom,
            decimals,
            ceiling,
        } => denoms::create(deps, env, &config, &subdenom, (decimals, ceiling)),
        GovernMsg::AdoptDenom {
            denom,
            decimals,
            ceiling,
        } => denoms::adopt(deps, env, &config, &denom, (decimals, ceiling)),
        GovernMsg::TransferDenomAdmin { denom, new_admin } => {
            denoms::transfer_admin(deps, env, &config, &denom, &new_admin)
        }
        GovernMsg::ListAsset(settings) => assets::list(deps, env, &config, settings),
        GovernMsg::CreateBasket(settings) => baskets::create(deps, &config, *settings, now),
        GovernMsg::AddMember { basket, member } => {
            baskets::add_member(deps, &config, basket, &member, now)
        }
        GovernMsg::WindDown {
            basket,
            denom,
            stop,
        } => baskets::wind_down(deps, basket, &denom, stop),
        GovernMsg::Change { changes } => change::change(deps, &config, &changes, now),
        GovernMsg::Cancel { id } => cancel(deps.storage, id),
        GovernMsg::SetGuardian { guardian } => set_guardian(deps, config, guardian),
        GovernMsg::SetOracle { oracle } => oracle::set(deps, config, &oracle, now),
        GovernMsg::WithdrawReserve {
            basket,
            amount,
            recipient,
        } => funds::withdraw_reserve(deps, env, &config, (basket, amount), recipient),
        GovernMsg::WithdrawBackstop {
            basket,
            amount,
            recipient,
        } => funds::withdraw_backstop(deps, env, (basket, amount), &recipient),
        GovernMsg::Skim { denom, recipient } => funds::skim(deps, env, &denom, recipient),
    }?;
    Ok(response.add_event(event))
}

fn cancel(storage: &mut dyn Storage, id: u64) -> Result<Response> {
    if WAITING.may_load(storage, id)?.is_none() {
        return Err(ContractError::UnknownChange(id).into());
    }
    WAITING.remove(storage, id);
    Ok(Response::new())
}

fn set_guardian(deps: DepsMut, config: Config, guardian: Option<String>) -> Result<Response> {
    let guardian = guardian.map(|guardian| deps.api.addr_validate(&guardian));
    let guardian: Option<Addr> = guardian.transpose()?;
    CONFIG.save(deps.storage, &Config { guardian, ..config })?;
    Ok(Response::new())
}

/// The message's name, as JSON has it.
const fn name(msg: &GovernMsg) -> &'static str {
    match msg {
        GovernMsg::CreateDenom { .. } => "create_denom",
        GovernMsg::AdoptDenom { .. } => "adopt_denom",
        GovernMsg::TransferDenomAdmin { .. } => "transfer_denom_admin",
        GovernMsg::ListAsset(_) => "list_asset",
        GovernMsg::CreateBasket(_) => "create_basket",
        GovernMsg::AddMember { .. } => "add_member",
        GovernMsg::WindDown { .. } => "wind_down",
        GovernMsg::Change { .. } => "change",
        GovernMsg::Cancel { .. } => "cancel",
        GovernMsg::SetGuardian { .. } => "set_guardian",
        GovernMsg::SetOracle { .. } => "set_oracle",
        GovernMsg::WithdrawReserve { .. } => "withdraw_reserve",
        GovernMsg::WithdrawBackstop { .. } => "withdraw_backstop",
        GovernMsg::Skim { .. } => "skim",
    }
}
