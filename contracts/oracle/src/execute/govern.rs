//! Who governs, and freezing.

use cosmwasm_std::{Addr, Deps, DepsMut, Env, MessageInfo, Response};
use wicker_math::{PricePoint, Status};
use wicker_msgs::oracle::MAX_FREEZE;

use crate::{
    error::OracleError,
    source::bounds,
    state::{self, Config, CONFIG, FREEZES, LISTINGS},
};

/// Errors unless the sender is the owner.
pub fn only_owner(deps: Deps, info: &MessageInfo) -> Result<Config, OracleError> {
    let config = CONFIG.load(deps.storage)?;
    if info.sender != config.owner {
        return Err(OracleError::Unauthorized(info.sender.to_string()));
    }
    Ok(config)
}

/// Owner or guardian; a denom that is frozen, or has no price since it was, cannot be frozen.
pub fn freeze(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    denom: String,
    seconds: u64,
) -> Result<Response, OracleError> {
    let config = CONFIG.load(deps.storage)?;
    if info.sender != config.owner && Some(&info.sender) != config.guardian.as_ref() {
        return Err(OracleError::Unauthorized(info.sender.to_string()));
    }
    if seconds == 0 || seconds > MAX_FREEZE {
        return Err(bounds("seconds", seconds, 1, MAX_FREEZE));
    }
    if !LISTINGS.has(deps.storage, &denom) {
        return Err(OracleError::NoSource(denom));
    }
    if let Some(until) = FREEZES.may_load(deps.storage, &denom)? {
        return Err(OracleError::Frozen(until));
    }
    let until = env.block.time.seconds().saturating_add(seconds);
    FREEZES.save(deps.storage, &denom, &until)?;
    mark(deps, &denom, |status| status.with(Status::FROZEN))?;
    Ok(Response::new()
        .add_attribute("action", "freeze")
        .add_attribute("denom", denom)
        .add_attribute("until", until.to_string()))
}

/// Ends a freeze; errors when there is none.
pub fn unfreeze(deps: DepsMut, denom: String) -> Result<Response, OracleError> {
    if !FREEZES.has(deps.storage, &denom) {
        return Err(OracleError::NotFrozen(denom));
    }
    FREEZES.remove(deps.storage, &denom);
    mark(deps, &denom, |status| status.without(Status::FROZEN))?;
    Ok(Response::new()
        .add_attribute("action", "unfreeze")
        .add_attribute("denom", denom))
}

fn mark(deps: DepsMut, denom: &str, change: impl Fn(Status) -> Status) -> Result<(), OracleError> {
    if let Some(point) = state::point(deps.storage, denom)? {
        state::save_point(
            deps.storage,
            denom,
            &PricePoint {
                status: change(point.status),
                ..point
            },
        );
    }
    Ok(())
}

/// Names the guardian.
pub fn set_guardian(
    deps: DepsMut,
    config: Config,
    guardian: Option<String>,
) -> Result<Response, OracleError> {
    let guardian = address(deps.as_ref(), guardian)?;
    CONFIG.save(deps.storage, &Config { guardian, ..config })?;
    Ok(Response::new().add_attribute("action", "set_guardian"))
}

/// Offers the ownership.
pub fn propose_owner(
    deps: DepsMut,
    config: Config,
    owner: Option<String>,
) -> Result<Response, OracleError> {
    let proposed = address(deps.as_ref(), owner)?;
    CONFIG.save(deps.storage, &Config { proposed, ..config })?;
    Ok(Response::new().add_attribute("action", "propose_owner"))
}

/// Takes the offered ownership.
pub fn accept_owner(deps: DepsMut, info: MessageInfo) -> Result<Response, OracleError> {
    let config = CONFIG.load(deps.storage)?;
    if config.proposed.as_ref() != Some(&info.sender) {
        return Err(OracleError::Unauthorized(info.sender.to_string()));
    }
    CONFIG.save(
        deps.storage,
        &Config {
            owner: info.sender,
            proposed: None,
            ..config
        },
    )?;
    Ok(Response::new().add_attribute("action", "accept_owner"))
}

/// A valid address, if one is given.
pub fn address(deps: Deps, text: Option<String>) -> Result<Option<Addr>, OracleError> {
    Ok(text.map(|text| deps.api.addr_validate(&text)).transpose()?)
}
