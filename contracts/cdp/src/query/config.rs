//! Addresses and settings.

use cosmwasm_std::{Addr, Deps};
use wicker_msgs::cdp::{ConfigResponse, OwnershipResponse};

use crate::convert::protocol_settings;
use crate::error::Result;
use crate::state::{BASKET_COUNT, CONFIG, POSITION_COUNT, PROTOCOL};

pub fn config(deps: Deps<'_>) -> Result<ConfigResponse> {
    let config = CONFIG.load(deps.storage)?;
    Ok(ConfigResponse {
        owner: config.owner.map(Addr::into_string),
        guardian: config.guardian.map(Addr::into_string),
        oracle: config.oracle.into_string(),
        token: config.token,
        settings: protocol_settings(&PROTOCOL.load(deps.storage)?),
        baskets: BASKET_COUNT.load(deps.storage)?,
        next_position: POSITION_COUNT.load(deps.storage)?.saturating_add(1),
    })
}

pub fn ownership(deps: Deps<'_>) -> Result<OwnershipResponse> {
    let config = CONFIG.load(deps.storage)?;
    let (pending_owner, expiry) = config.offered.unzip();
    Ok(OwnershipResponse {
        owner: config.owner.map(Addr::into_string),
        pending_owner: pending_owner.map(Addr::into_string),
        pending_expiry: expiry.flatten().map(|expiry| expiry.get()),
    })
}
