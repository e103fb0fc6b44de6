//! Coins that governance may move: earned fees, the backstop, and what nobody is credited with.

use cosmwasm_std::{Addr, Deps, DepsMut, Env, Response, Uint128};
use wicker_engine::adjust::AdjustError;
use wicker_engine::basket::{Basket, Totals};
use wicker_math::Amount;

use crate::bank;
use crate::error::{ContractError, Result};
use crate::execute::{brought_up_to_date, now, payee, with_asset};
use crate::payments::send;
use crate::plan::require_denom_ceiling;
use crate::state::{self, Config, ASSETS, TOTALS};
use crate::token::{bank_coin, mint};

/// Mints part of a basket's reserve: what borrowers owe already as interest and fees.
pub fn withdraw_reserve(
    deps: DepsMut,
    env: &Env,
    config: &Config,
    (id, amount): (u32, Uint128),
    recipient: String,
) -> Result<Response> {
    let payee = payee(deps.api, env, &env.contract.address, Some(recipient))?;
    let amount = not_zero(amount)?;
    let (basket, mut totals, measured) = brought_up_to_date(deps.as_ref(), config, id, now(env))?;
    totals.reserve = totals.reserve.minus(amount)?;
    let asset = state::asset(deps.storage, &basket.debt)?;
    require_denom_ceiling(&basket.debt, &asset, asset.held.plus(amount)?)?;
    TOTALS.save(deps.storage, id, &totals)?;
    with_asset(deps.storage, &basket.debt, |asset| {
        asset.hold(asset.held.plus(amount)?, now(env));
        Ok(())
    })?;
    let measured = measured
        .map(|market| market.save(deps.storage))
        .transpose()?;
    let own = env.contract.address.as_str();
    let module = &config.token;
    let straight = module.direct_mint.then_some(payee.as_str());
    let sent = straight.is_none().then(|| bank_coin(&basket.debt, amount));
    Ok(Response::new()
        .add_events(measured.unwrap_or_default())
        .add_message(mint(module, own, &basket.debt, amount, straight))
        .add_messages(send(&payee, sent)))
}

/// Takes coins out of a basket's backstop while the basket has no deficit.
pub fn withdraw_backstop(
    deps: DepsMut,
    env: &Env,
    (id, amount): (u32, Uint128),
    recipient: &str,
) -> Result<Response> {
    let amount = not_zero(amount)?;
    let (payee, basket, totals) = backstop_after(deps.as_ref(), env, (id, amount), recipient)?;
    TOTALS.save(deps.storage, id, &totals)?;
    with_asset(deps.storage, &basket.debt, |asset| {
        asset.kept = asset.kept.minus(amount)?;
        Ok(())
    })?;
    Ok(Response::new().add_messages(send(&payee, [bank_coin(&basket.debt, amount)])))
}

/// Who receives from a backstop, its basket and the totals afterwards; errors when it may not be taken.
pub fn backstop_after(
    deps: Deps<'_>,
    env: &Env,
    (id, amount): (u32, Amount),
    recipient: &str,
) -> Result<(Addr, Basket, Totals)> {
    let own = &env.contract.address;
    let payee = payee(deps.api, env, own, Some(recipient.into()))?;
    let basket = state::basket(deps.storage, id)?;
    // Its clock is left alone: nothing here depends on interest.
    let mut totals = state::totals(deps.storage, id)?;
    if !totals.deficit.is_zero() {
        return Err(ContractError::OpenDeficit {
            basket: id,
            deficit: totals.deficit.raw(),
        }
        .into());
    }
    totals.backstop = totals.backstop.minus(amount)?;
    Ok((payee, basket, totals))
}

/// Sends what nobody is credited with.
pub fn skim(deps: DepsMut, env: &Env, denom: &str, recipient: String) -> Result<Response> {
    let payee = payee(deps.api, env, &env.contract.address, Some(recipient))?;
    let held = bank::balance(&deps.querier, &env.contract.address, denom)?;
    let kept = ASSETS.may_load(deps.storage, denom)?;
    let kept = kept.map_or(Amount::ZERO, |asset| asset.kept);
    let excess = held.saturating_sub(kept);
    if excess.is_zero() {
        return Err(ContractError::NoExcess(denom.into()).into());
    }
    Ok(Response::new().add_messages(send(&payee, [bank_coin(denom, excess)])))
}

fn not_zero(amount: Uint128) -> Result<Amount> {
    if amount.is_zero() {
        return Err(AdjustError::Zero.into());
    }
    Ok(Amount::new(amount.u128()))
}
