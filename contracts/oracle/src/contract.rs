//! Entry points; routes, nothing else.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{to_json_binary, Binary, Deps, DepsMut, Env, MessageInfo, Response};
use wicker_msgs::oracle::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use crate::{
    error::OracleError,
    execute::{govern, refresh, report, set_source},
    migrate, query,
    state::{Config, CONFIG},
};

/// Starts the contract.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, OracleError> {
    no_coins(&info)?;
    migrate::record(deps.storage)?;
    let owner = deps.api.addr_validate(&msg.owner)?;
    let guardian = govern::address(deps.as_ref(), msg.guardian)?;
    CONFIG.save(
        deps.storage,
        &Config {
            owner,
            proposed: None,
            guardian,
        },
    )?;
    Ok(Response::new())
}

/// Does one thing.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, OracleError> {
    no_coins(&info)?;
    let owner = |deps: &DepsMut| govern::only_owner(deps.as_ref(), &info);
    match msg {
        ExecuteMsg::Refresh { denoms } => refresh::refresh(deps, env, denoms),
        ExecuteMsg::Report { prices } => report::report(deps, env, info, prices),
        ExecuteMsg::SetSource {
            denom,
            source,
            guards,
            reference,
        } => {
            owner(&deps)?;
            set_source::set_source(
                deps,
                env,
                denom,
                (source, guards.unwrap_or_default(), reference),
            )
        }
        ExecuteMsg::RemoveSource { denom } => {
            owner(&deps)?;
            set_source::remove_source(deps, denom)
        }
        ExecuteMsg::Freeze { denom, seconds } => govern::freeze(deps, env, info, denom, seconds),
        ExecuteMsg::Unfreeze { denom } => {
            owner(&deps)?;
            govern::unfreeze(deps, denom)
        }
        ExecuteMsg::SetGuardian { guardian } => {
            let config = owner(&deps)?;
            govern::set_guardian(deps, config, guardian)
        }
        ExecuteMsg::ProposeOwner { owner: next } => {
            let config = owner(&deps)?;
            govern::propose_owner(deps, config, next)
        }
        ExecuteMsg::AcceptOwner {} => govern::accept_owner(deps, info),
    }
}

/// Answers one question.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, _env: Env, msg: QueryMsg) -> Result<Binary, OracleError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&query::config(deps)?),
        QueryMsg::Source { denom } => to_json_binary(&query::source(deps, denom)?),
        QueryMsg::Sources { start_after, limit } => {
            to_json_binary(&query::sources(deps, start_after, limit)?)
        }
        QueryMsg::Price { denom } => to_json_binary(&query::price(deps, denom)?),
        QueryMsg::Prices { start_after, limit } => {
            to_json_binary(&query::prices(deps, start_after, limit)?)
        }
        QueryMsg::Reports { denom } => to_json_binary(&query::reports(deps, denom)?),
    };
    Ok(answer?)
}

/// Moves on from the same or an older version; another contract's state or a newer version's is refused.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, _msg: MigrateMsg) -> Result<Response, OracleError> {
    let from = migrate::migrate(deps.storage)?;
    Ok(Response::new()
        .add_attribute("action", "migrate")
        .add_attribute("from", from)
        .add_attribute("to", migrate::VERSION))
}

fn no_coins(info: &MessageInfo) -> Result<(), OracleError> {
    if info.funds.is_empty() {
        return Ok(());
    }
    Err(OracleError::Coins(info.funds.len()))
}
