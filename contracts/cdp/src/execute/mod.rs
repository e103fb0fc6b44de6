//! What the contract does: one verb a file. Each loads, lets the engine compute, saves, and sends coins last.

pub mod adjust;
pub mod apply;
pub mod call;
pub mod claim;
pub mod deficit;
pub mod govern;
pub mod guard;
pub mod liquidate;
pub mod recalibrate;

use cosmwasm_std::{Addr, Api, Coin, Deps, Env, MessageInfo, Storage};
use wicker_engine::accrual::accrue;
use wicker_engine::basket::{Basket, Totals};
use wicker_engine::covariance::Clock;
use wicker_math::{Amount, Seconds};
use wicker_msgs::coins::Coins;

use crate::error::{ContractError, Result};
use crate::market::{Loaded, Scope};
use crate::state::{self, Asset, Config, ASSETS};
use crate::token::bank_coin;

/// The block's time.
pub fn now(env: &Env) -> Seconds {
    Seconds::new(env.block.time.seconds())
}

/// Errors when coins are sent.
pub fn no_coins(info: &MessageInfo) -> Result<()> {
    if info.funds.is_empty() {
        return Ok(());
    }
    Err(ContractError::NoFunds(info.funds.len()).into())
}

/// The one coin that is sent.
pub fn one_coin(info: &MessageInfo) -> Result<&Coin> {
    match info.funds.as_slice() {
        [coin] => Ok(coin),
        other => Err(ContractError::OneCoin(other.len()).into()),
    }
}

/// What is sent of `denom`, which must be the only coin.
pub fn sent(info: &MessageInfo, denom: &str) -> Result<Amount> {
    let coin = one_coin(info)?;
    if coin.denom != denom {
        return Err(ContractError::WrongDenom {
            denom: coin.denom.clone(),
            expected: denom.into(),
        }
        .into());
    }
    let amount = crate::convert::amount(coin)?;
    if amount.is_zero() {
        return Err(wicker_engine::adjust::AdjustError::Zero.into());
    }
    Ok(amount)
}

/// Who receives: the sender unless another is named; never the contract, where nobody could take it out again.
pub fn payee(api: &dyn Api, env: &Env, sender: &Addr, named: Option<String>) -> Result<Addr> {
    let payee = match named {
        Some(named) => api.addr_validate(&named)?,
        None => sender.clone(),
    };
    if payee == env.contract.address {
        return Err(ContractError::Recipient(payee.into()).into());
    }
    Ok(payee)
}

/// Errors when the deadline has passed.
pub fn in_time(deadline: Option<u64>, now: Seconds) -> Result<()> {
    match deadline {
        Some(deadline) if deadline < now.get() => Err(ContractError::Deadline {
            deadline,
            now: now.get(),
        }
        .into()),
        _ => Ok(()),
    }
}

/// Errors unless a list has 1 to `most` entries.
pub fn bounded(length: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&length) {
        return Ok(());
    }
    Err(ContractError::List { length, most }.into())
}

/// A basket with its totals up to now, and its market when a measurement is due: whoever moves a basket's clock measures it.
pub fn brought_up_to_date(
    deps: Deps<'_>,
    config: &Config,
    id: u32,
    now: Seconds,
) -> Result<(Basket, Totals, Option<Loaded>)> {
    let basket = state::basket(deps.storage, id)?;
    let stored = state::totals(deps.storage, id)?;
    let totals = accrue(&stored, &basket, now)?;
    let due = Clock::default().crossed(stored.accrued_at, now);
    let loaded = due.then(|| {
        let market = (id, basket.clone());
        Loaded::load(deps, &config.oracle, market, Scope::All, now)
    });
    Ok((basket, totals, loaded.and_then(Result::ok)))
}

/// Changes the stored asset of a denom.
pub fn with_asset(
    storage: &mut dyn Storage,
    denom: &str,
    change: impl FnOnce(&mut Asset) -> Result<()>,
) -> Result<()> {
    let mut asset = state::asset(storage, denom)?;
    change(&mut asset)?;
    ASSETS.save(storage, denom, &asset)
}

/// Amounts of a basket's legs as coins; zeros are left out.
pub fn coins(basket: &Basket, amounts: &[(u8, Amount)]) -> Result<Coins> {
    let mut coins = Coins::default();
    for (leg, amount) in amounts {
        let denom = crate::market::denom(basket, usize::from(*leg));
        coins.add(bank_coin(denom.unwrap_or_default(), *amount))?;
    }
    Ok(coins)
}
