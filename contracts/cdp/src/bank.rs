//! What is asked of the chain's bank. Answers are read as far as they are needed.

use cosmwasm_std::{Addr, BankQuery, Coin, QuerierWrapper, StdError};
use serde::Deserialize;
use wicker_math::Amount;
use wicker_msgs::json::Json;

use crate::convert::amount;
use crate::error::Result;

/// An answer of any kind, so that one function reads them all.
#[derive(Deserialize)]
struct Answer {
    amount: Option<Coin>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    denom_units: Vec<Unit>,
    display: String,
}

#[derive(Deserialize)]
struct Unit {
    denom: String,
    exponent: u32,
}

/// What an account holds of a denom.
pub fn balance(querier: &QuerierWrapper<'_>, account: &Addr, denom: &str) -> Result<Amount> {
    asked(
        querier,
        BankQuery::Balance {
            address: account.into(),
            denom: denom.into(),
        },
    )
}

/// What is in circulation of a denom.
pub fn supply(querier: &QuerierWrapper<'_>, denom: &str) -> Result<Amount> {
    let denom = denom.into();
    asked(querier, BankQuery::Supply { denom })
}

fn asked(querier: &QuerierWrapper<'_>, question: BankQuery) -> Result<Amount> {
    let coin = ask(querier, question)?.amount;
    amount(&coin.ok_or_else(|| StdError::msg("the bank names no amount"))?)
}

fn ask(querier: &QuerierWrapper<'_>, question: BankQuery) -> Result<Answer> {
    let Json(answer) = querier.query(&question.into())?;
    Ok(answer)
}

/// The decimal places of the unit that wallets show, where the bank's metadata say so: many denoms have none, or describe the base unit
/// alone.
pub fn shown_decimals(querier: &QuerierWrapper<'_>, denom: &str) -> Option<u32> {
    let question = BankQuery::DenomMetadata {
        denom: denom.into(),
    };
    let metadata = ask(querier, question).ok()?.metadata?;
    let mut units = metadata.denom_units.iter();
    let shown = units.find(|unit| unit.denom == metadata.display)?;
    Some(shown.exponent).filter(|places| *places > 0)
}
