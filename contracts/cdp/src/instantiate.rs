//! What the contract starts with.

use cosmwasm_std::{DepsMut, Response};
use wicker_engine::params::{Protocol, PROTOCOL as TABLE};
use wicker_msgs::cdp::{InstantiateMsg, TokenModule};

use crate::convert;
use crate::error::{ContractError, Result};
use crate::migrate;
use crate::state::{Config, BASKET_COUNT, CHANGE_COUNT, CONFIG, POSITION_COUNT, PROTOCOL};

/// Checks and stores the configuration.
pub fn instantiate(deps: DepsMut, msg: InstantiateMsg) -> Result<Response> {
    let address = |text: String| deps.api.addr_validate(&text);
    check_token(&msg.token)?;
    let config = Config {
        owner: Some(address(msg.owner)?),
        offered: None,
        guardian: msg.guardian.map(address).transpose()?,
        oracle: address(msg.oracle)?,
        token: msg.token,
    };
    let settings = msg.settings.as_ref().map(convert::protocol).transpose()?;
    let protocol = settings.unwrap_or_else(Protocol::default);
    for parameter in TABLE {
        parameter.bounded((parameter.get)(&protocol))?;
    }
    migrate::record(deps.storage)?;
    CONFIG.save(deps.storage, &config)?;
    PROTOCOL.save(deps.storage, &protocol)?;
    BASKET_COUNT.save(deps.storage, &0)?;
    POSITION_COUNT.save(deps.storage, &0)?;
    CHANGE_COUNT.save(deps.storage, &0)?;
    Ok(Response::new().add_attribute("action", "instantiate"))
}

fn check_token(token: &TokenModule) -> Result<()> {
    let prefix = &token.type_url_prefix;
    if prefix.len() > 2 && prefix.starts_with('/') && prefix.ends_with('.') {
        return Ok(());
    }
    Err(ContractError::TypeUrl(prefix.clone()).into())
}
