//! Debt tokens: made here, taken over, handed on.

use cosmwasm_std::{Addr, Deps, DepsMut, Env, Reply, Response, SubMsg, Uint128};
use wicker_engine::basket::Bucket;
use wicker_engine::params::{check_asset, AssetTerms};
use wicker_math::{Amount, Decimals, Value};

use super::super::now;
use crate::bank;
use crate::error::{ContractError, Result};
use crate::state::{self, Asset, Config, Lasting, ASSETS};
use crate::token::{burn, change_admin, create as create_message, denom_of, mint, MAX_SUBDENOM};

/// The reply of a denom's creation.
pub const CREATED: u64 = 2;

/// Creates a denom. The chain takes its fee from the contract: that it took no user's coins is checked in the reply.
pub fn create(
    deps: DepsMut,
    env: &Env,
    config: &Config,
    subdenom: &str,
    terms: (u8, Uint128),
) -> Result<Response> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"./-_".contains(&byte);
    if !(1..=MAX_SUBDENOM).contains(&subdenom.len()) || !subdenom.bytes().all(legal) {
        return Err(ContractError::BadDenom(subdenom.into()).into());
    }
    let own = env.contract.address.as_str();
    list(deps, env, &denom_of(own, subdenom), terms, Amount::ZERO)?;
    let message = create_message(&config.token, own, subdenom);
    Ok(Response::new().add_submessage(SubMsg::reply_on_success(message, CREATED)))
}

/// Adopts a denom: a unit is minted and burned at once, which only its admin can. What others hold already counts as supply.
pub fn adopt(
    deps: DepsMut,
    env: &Env,
    config: &Config,
    denom: &str,
    terms: (u8, Uint128),
) -> Result<Response> {
    super::assets::check_denom(denom)?;
    super::assets::not_contradicted(&deps.querier, denom, Decimals::new(terms.0)?)?;
    let supply = bank::supply(&deps.querier, denom)?;
    list(deps, env, denom, terms, supply)?;
    let (own, unit) = (env.contract.address.as_str(), Amount::new(1));
    Ok(Response::new()
        .add_message(mint(&config.token, own, denom, unit, None))
        .add_message(burn(&config.token, own, denom, unit)))
}

fn list(
    deps: DepsMut,
    env: &Env,
    denom: &str,
    (decimals, ceiling): (u8, Uint128),
    supply: Amount,
) -> Result<()> {
    if ASSETS.may_load(deps.storage, denom)?.is_some() {
        return Err(ContractError::AlreadyListed(denom.into()).into());
    }
    let ceiling = Amount::new(ceiling.u128());
    check_asset(&AssetTerms {
        flow_cap: Value::ZERO,
        flow_burst: Value::ZERO,
        ceiling: Some(ceiling),
    })?;
    let asset = Asset {
        decimals: Decimals::new(decimals)?,
        flow_cap: Value::ZERO,
        flow_burst: Value::ZERO,
        bucket: Bucket::full(0, now(env)),
        held: supply,
        lasting: Lasting::new(supply, now(env)),
        kept: Amount::ZERO,
        ceiling: Some(ceiling),
        cap_ramp: None,
    };
    ASSETS.save(deps.storage, denom, &asset)
}

/// Errors when paying for the denom took coins that the contract keeps for others.
pub fn created(deps: Deps<'_>, env: &Env, reply: &Reply) -> Result<Response> {
    if reply.id != CREATED {
        return Err(ContractError::UnknownReply(reply.id).into());
    }
    for denom in ASSETS.keys(deps.storage, None, usize::MAX)? {
        let kept = state::asset(deps.storage, &denom)?.kept;
        let held = bank::balance(&deps.querier, &env.contract.address, &denom)?;
        if held < kept {
            return Err(ContractError::Uncovered {
                denom,
                held: held.raw(),
                kept: kept.raw(),
            }
            .into());
        }
    }
    Ok(Response::new())
}

/// Hands a debt token's admin on.
pub fn transfer_admin(
    deps: DepsMut,
    env: &Env,
    config: &Config,
    denom: &str,
    new_admin: &str,
) -> Result<Response> {
    let admin = check_admin(deps.as_ref(), env, denom, new_admin)?;
    let own = env.contract.address.as_str();
    Ok(Response::new().add_message(change_admin(&config.token, own, denom, admin.as_str())))
}

/// The new admin of a debt token; errors when the denom is none or the address is not one.
pub fn check_admin(deps: Deps<'_>, env: &Env, denom: &str, new_admin: &str) -> Result<Addr> {
    debt_token(&state::asset(deps.storage, denom)?, denom)?;
    let own = &env.contract.address;
    super::super::payee(deps.api, env, own, Some(new_admin.into()))
}

/// Errors unless the asset is a debt token.
pub fn debt_token(asset: &Asset, denom: &str) -> Result<()> {
    if asset.ceiling.is_some() {
        return Ok(());
    }
    Err(ContractError::WrongRole {
        denom: denom.into(),
        role: "a debt token",
    }
    .into())
}
