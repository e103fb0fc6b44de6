//! Which chain, through which nodes, and at what price.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cosmwasm_std::{Coin, Decimal256, Uint256};

use crate::error::ClientError;

/// How a chain is reached and paid.
#[derive(Debug, Clone)]
pub struct Config {
    /// CometBFT RPC addresses, such as `http://127.0.0.1:26657`. The first one that is well is used.
    pub endpoints: Vec<String>,
    /// The chain's id; `None` takes the first endpoint's word for it. An endpoint of another chain is never used.
    pub chain_id: Option<String>,
    /// What the chain's addresses begin with, such as `wasm`.
    pub prefix: String,
    /// What transactions may cost.
    pub gas: GasPolicy,
    /// When an endpoint is given up, and how long things are waited for.
    pub limits: Limits,
}

impl Config {
    /// A chain with the usual limits.
    pub fn new(endpoints: Vec<String>, prefix: impl Into<String>, price: GasPrice) -> Self {
        Self {
            endpoints,
            chain_id: None,
            prefix: prefix.into(),
            gas: GasPolicy {
                price,
                adjustment: Decimal256::percent(130),
                cap: 20_000_000,
            },
            limits: Limits::default(),
        }
    }
}

/// What transactions may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GasPolicy {
    /// The price of a unit.
    pub price: GasPrice,
    /// The limit is what a simulation used, times this.
    pub adjustment: Decimal256,
    /// A transaction that needs more is not sent.
    pub cap: u64,
}

/// The price of a unit of gas, such as `0.025ustake`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GasPrice {
    /// Base units of the denom for one unit of gas.
    pub amount: Decimal256,
    /// The denom.
    pub denom: String,
}

impl GasPrice {
    /// What so much gas costs, rounded up; no coin when it is nothing.
    pub fn fee(&self, gas: u64) -> Option<Coin> {
        let amount = Uint256::from(gas).mul_ceil(self.amount);
        (!amount.is_zero()).then(|| Coin::new(amount, &self.denom))
    }
}

impl FromStr for GasPrice {
    type Err = ClientError;

    fn from_str(text: &str) -> Result<Self, ClientError> {
        let wrong = || {
            ClientError::Config(format!(
                "{text:?} is no gas price: write it as in 0.025ustake"
            ))
        };
        let at = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let (amount, denom) = text
            .split_at_checked(at.ok_or_else(wrong)?)
            .ok_or_else(wrong)?;
        let amount = Decimal256::from_str(amount).map_err(|_| wrong())?;
        denom.parse::<cosmrs::Denom>().map_err(|_| wrong())?;
        // A price that no chain has would make the fee overflow.
        if amount > Decimal256::from_ratio(1_000_000_000_000u64, 1u64) {
            return Err(wrong());
        }
        Ok(Self {
            amount,
            denom: denom.to_string(),
        })
    }
}

impl fmt::Display for GasPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

/// When an endpoint is given up, and how long things are waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// An answer must come within this.
    pub timeout: Duration,
    /// So many errors in a row make an endpoint unwell.
    pub errors: u32,
    /// An unwell endpoint is left alone for this long.
    pub rest: Duration,
    /// An endpoint may be so many blocks behind the highest one seen.
    pub max_lag: u64,
    /// An endpoint whose newest block is older than this is not believed.
    pub max_block_age: Duration,
    /// A transaction is waited for this long.
    pub confirm: Duration,
    /// A transaction is valid for so many blocks from its signing: what was not taken by then never is.
    pub valid_blocks: u64,
    /// How often is looked for a new block or a transaction.
    pub poll: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            errors: 3,
            rest: Duration::from_secs(30),
            max_lag: 5,
            max_block_age: Duration::from_secs(120),
            confirm: Duration::from_secs(60),
            valid_blocks: 50,
            poll: Duration::from_millis(500),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gas_price_reads_and_its_fee_is_rounded_up() {
        let price: GasPrice = "0.025ustake".parse().unwrap();
        // 101 · 0.025 = 2.525
        assert_eq!(price.fee(101), Some(Coin::new(3u64, "ustake")));
        let ibc: GasPrice = "1ibc/AB0".parse().unwrap();
        assert_eq!(ibc.denom, "ibc/AB0");
        assert_eq!("0ustake".parse::<GasPrice>().unwrap().fee(100), None);
        for wrong in ["", "0.025", "ustake", "-1ustake", "99999999999999ustake"] {
            assert!(wrong.parse::<GasPrice>().is_err(), "{wrong}");
        }
    }
}
