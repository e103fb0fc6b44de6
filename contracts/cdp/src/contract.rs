//! Entry points; routes, nothing else.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};
use wicker_msgs::cdp::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg, Withdrawal};
use wicker_msgs::json::Json;

use crate::error::Result;
use crate::execute::govern::{self, denoms};
use crate::execute::liquidate::{liquidate, liquidate_many, Terms};
use crate::execute::{adjust, apply, call, claim, deficit, guard, no_coins, now, recalibrate};
use crate::state::CONFIG;
use crate::{instantiate as start, migrate as version, ownership, payments, query as questions};

/// Starts the contract.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    Json(msg): Json<InstantiateMsg>,
) -> Result<Response> {
    no_coins(&info)?;
    start::instantiate(deps, msg)
}

/// Does one thing.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    Json(msg): Json<ExecuteMsg>,
) -> Result<Response> {
    match msg {
        ExecuteMsg::Deposit { position, basket } => {
            adjust::deposit(deps, &env, &info, position, basket)
        }
        ExecuteMsg::Withdraw {
            position,
            denom,
            amount,
            recipient,
        } => {
            let asked = Withdrawal { denom, amount };
            adjust::withdraw(deps, &env, &info, position, asked, recipient)
        }
        ExecuteMsg::Borrow {
            position,
            amount,
            recipient,
        } => adjust::borrow(deps, &env, &info, position, amount, recipient),
        ExecuteMsg::Repay { position } => adjust::repay(deps, &env, &info, position),
        ExecuteMsg::Close {
            position,
            recipient,
        } => adjust::close(deps, &env, &info, position, recipient),
        ExecuteMsg::Adjust {
            position,
            basket,
            withdraw,
            borrow,
            recipient,
        } => {
            let (place, asked) = ((position, basket), (withdraw, borrow));
            adjust::adjust(deps, &env, &info, place, asked, recipient)
        }
        ExecuteMsg::Recalibrate { basket } => recalibrate::recalibrate(deps, &env, &info, basket),
        ExecuteMsg::Call { positions } => call::call(deps, &env, &info, positions),
        ExecuteMsg::Liquidate {
            position,
            max_repay,
            min_received,
            deadline,
            recipient,
        } => {
            let terms = Terms {
                min_received,
                deadline,
                recipient,
            };
            liquidate(deps, &env, &info, (position, max_repay), terms)
        }
        ExecuteMsg::LiquidateMany {
            items,
            min_received,
            deadline,
            recipient,
        } => {
            let terms = Terms {
                min_received,
                deadline,
                recipient,
            };
            liquidate_many(deps, &env, &info, items, terms)
        }
        ExecuteMsg::CoverDeficit { basket } => deficit::cover_deficit(deps, &env, &info, basket),
        ExecuteMsg::FundBackstop { basket } => deficit::fund_backstop(deps, &env, &info, basket),
        ExecuteMsg::Claim { recipient } => claim::claim(deps, &env, &info, recipient),
        ExecuteMsg::UpdateOwnership(action) => {
            no_coins(&info)?;
            let config = CONFIG.load(deps.storage)?;
            let next = ownership::update(deps.api, &config, &info.sender, action, now(&env))?;
            CONFIG.save(deps.storage, &next)?;
            Ok(Response::new().add_attribute("action", "update_ownership"))
        }
        ExecuteMsg::Govern(msg) => govern::govern(deps, &env, &info, msg),
        ExecuteMsg::Guard(msg) => guard::guard(deps, &env, &info, msg),
        ExecuteMsg::Apply { id } => apply::apply(deps, &env, &info, id),
    }
}

/// Answers one question.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, env: Env, Json(msg): Json<QueryMsg>) -> Result<Binary> {
    questions::query(deps, &env, msg)
}

/// Hears of a refund that was refused, or of a denom that was created.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn reply(deps: DepsMut, env: Env, reply: Reply) -> Result<Response> {
    match reply.id {
        denoms::CREATED => denoms::created(deps.as_ref(), &env, &reply),
        _ => payments::refused(deps.storage, &reply),
    }
}

/// Moves to this code.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, _msg: Json<MigrateMsg>) -> Result<Response> {
    let from = version::migrate(deps.storage)?;
    Ok(Response::new()
        .add_attribute("action", "migrate")
        .add_attribute("from", from))
}
