//! Paying for losses: covering a deficit that stands, and filling a backstop before one arises.

use cosmwasm_std::{Addr, DepsMut, Env, MessageInfo, Response, SubMsg};
use wicker_engine::accrual::cover;
use wicker_math::Amount;
use wicker_msgs::events::Funded;

use super::{brought_up_to_date, now, sent, with_asset};
use crate::error::{ContractError, Result};
use crate::payments::refund;
use crate::state::{CONFIG, TOTALS};
use crate::token::burn;

/// What becomes of the coins that the deficit does not need.
enum Rest {
    Returns,
    IsBackstop,
}

/// Burns the coin against a basket's deficit; the excess returns.
pub fn cover_deficit(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    basket: u32,
) -> Result<Response> {
    pay(deps, env, info, basket, Rest::Returns)
}

/// Adds the coin to a basket's backstop; a deficit that stands is paid first.
pub fn fund_backstop(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    basket: u32,
) -> Result<Response> {
    pay(deps, env, info, basket, Rest::IsBackstop)
}

fn pay(deps: DepsMut, env: &Env, info: &MessageInfo, id: u32, rest: Rest) -> Result<Response> {
    let config = CONFIG.load(deps.storage)?;
    let (basket, totals, measured) = brought_up_to_date(deps.as_ref(), &config, id, now(env))?;
    let brought = sent(info, &basket.debt)?;
    let (mut next, burned) = cover(&totals, brought);
    let left = brought.minus(burned)?;
    let (returned, backstop) = match rest {
        Rest::Returns if burned.is_zero() => return Err(ContractError::NoDeficit(id).into()),
        Rest::Returns => (left, Amount::ZERO),
        Rest::IsBackstop => (Amount::ZERO, left),
    };
    next.backstop = next.backstop.plus(backstop)?;
    TOTALS.save(deps.storage, id, &next)?;
    with_asset(deps.storage, &basket.debt, |asset| {
        asset.hold(asset.held.minus(burned)?, now(env));
        asset.kept = asset.kept.plus(backstop)?;
        Ok(())
    })?;
    let measured = measured
        .map(|market| market.save(deps.storage))
        .transpose()?;
    let own = env.contract.address.as_str();
    let burn = (!burned.is_zero()).then(|| burn(&config.token, own, &basket.debt, burned));
    Ok(Response::new()
        .add_events(measured.unwrap_or_default())
        .add_event(funded(id, &info.sender, burned, backstop))
        .add_submessages(burn.map(SubMsg::new))
        .add_submessages(refund(&info.sender, &basket.debt, returned)?))
}

fn funded(basket: u32, sender: &Addr, covered: Amount, backstop: Amount) -> Funded {
    Funded {
        basket,
        sender: sender.to_string(),
        covered: covered.raw().into(),
        backstop: backstop.raw().into(),
    }
}
