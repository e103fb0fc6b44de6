//! Taking coins that an earlier payment could not deliver.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use wicker_msgs::coins::Coins;
use wicker_msgs::events::Claimed;

use super::{no_coins, payee, with_asset};
use crate::error::{ContractError, Result};
use crate::payments::send;
use crate::state::{claimed_denoms, CLAIMS};
use crate::token::bank_coin;

/// Sends the sender everything that waits for it, to an address that takes it.
pub fn claim(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    recipient: Option<String>,
) -> Result<Response> {
    no_coins(info)?;
    let payee = payee(deps.api, env, &info.sender, recipient)?;
    let owner = info.sender.as_str();
    let mut coins = Coins::default();
    for denom in claimed_denoms(deps.storage, owner)? {
        let key = (owner, denom.as_str());
        let Some(amount) = CLAIMS.may_load(deps.storage, key)? else {
            continue;
        };
        CLAIMS.remove(deps.storage, key);
        with_asset(deps.storage, &denom, |asset| {
            asset.kept = asset.kept.minus(amount)?;
            Ok(())
        })?;
        coins.add(bank_coin(&denom, amount))?;
    }
    if coins.is_empty() {
        return Err(ContractError::NoClaim(owner.into()).into());
    }
    let event = Claimed {
        owner: owner.into(),
        coins: coins.clone(),
    };
    Ok(Response::new()
        .add_event(event)
        .add_messages(send(&payee, coins.into_vec())))
}
