//! What a keeper is told: a TOML file, each line of which an environment variable may replace.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cosmwasm_std::{Decimal256, Uint128};
use serde::Deserialize;
use wicker_client::settings::{self, FeeLadder, SettingsError};
use wicker_client::GasPrice;
use wicker_math::{Amount, Ratio, Value};
use wicker_msgs::cdp::MAX_LIST;
use wicker_strategy::Policy;

use crate::error::KeeperError;

/// What environment variables begin with: `WICKER_KEEPER_MIN_PROFIT` stands for `min_profit`.
pub const PREFIX: &str = "WICKER_KEEPER_";

/// Keys of decimals.
const DECIMALS: [&str; 6] = [
    "min_profit",
    "slippage",
    "gas_cost",
    "fee_price",
    "daily_gas",
    "daily_loss",
];

/// How a keeper works. Dollars and shares are decimals.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The journal's file.
    pub journal: PathBuf,
    /// Dollars that a liquidation must earn, after its costs.
    pub min_profit: Decimal256,
    /// Part of the collateral's worth that selling it loses.
    pub slippage: Decimal256,
    /// Dollars of gas that one liquidation is reckoned with.
    pub gas_cost: Decimal256,
    /// Dollars of one unit of the fee's denom, by which fees count against the day's budget.
    pub fee_price: Decimal256,
    /// Liquidate what owes more than it holds even at a loss, within `daily_loss`.
    pub realise_bad_debt: bool,
    /// Most liquidations of one transaction.
    pub batch: usize,
    /// Most candidates that are worked out in a round, the most valuable ones.
    pub examined: usize,
    /// Dollars of fees a day.
    pub daily_gas: Decimal256,
    /// Dollars of losses a day.
    pub daily_loss: Decimal256,
    /// Most base units of each debt token that are put into one round; what is not named is without limit.
    pub inventory: BTreeMap<String, Uint128>,
    /// Denoms the oracle is asked to refresh in front of a liquidation.
    pub refresh: Vec<String>,
    /// Gas prices to try one after the other, as multiples of the deployment's.
    pub fee_ladder: FeeLadder,
    /// Seconds to rest when every step of the ladder has failed.
    pub rest: u64,
    /// Blocks a transaction is valid for.
    pub valid_blocks: u64,
    /// Where metrics, health and the status page are served; nowhere without it.
    pub listen: Option<SocketAddr>,
    /// Seconds without a round after which the keeper is not ready.
    pub late: u64,
    /// Base units of each denom below which the account's balance is too low.
    pub min_balance: BTreeMap<String, Uint128>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            journal: "keeper.db".into(),
            min_profit: Decimal256::one(),
            slippage: Decimal256::permille(5),
            gas_cost: Decimal256::percent(10),
            fee_price: Decimal256::zero(),
            realise_bad_debt: false,
            batch: 8,
            examined: 1_000,
            daily_gas: Decimal256::percent(1_000),
            daily_loss: Decimal256::zero(),
            inventory: BTreeMap::new(),
            refresh: Vec::new(),
            fee_ladder: FeeLadder::default(),
            rest: 60,
            valid_blocks: 20,
            listen: None,
            late: 120,
            min_balance: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads a file, and over it the variables of `environment`. Without a file the defaults hold.
    pub fn load(
        path: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, KeeperError> {
        let table = settings::read(path, PREFIX, environment, &DECIMALS)?;
        let config: Self = table.try_into().map_err(SettingsError::from)?;
        config.check()
    }

    fn check(self) -> Result<Self, KeeperError> {
        let wrong = |why: &str| Err(KeeperError::Config(why.into()));
        if self.slippage > Decimal256::one() {
            return wrong("slippage is a part of one");
        }
        if !(1..=MAX_LIST).contains(&self.batch) {
            return Err(KeeperError::Config(format!(
                "batch is 1 to {MAX_LIST}, not {}",
                self.batch
            )));
        }
        if !self.fee_ladder.is_usable() {
            return wrong("fee_ladder is a list of multiples from 1 to 100");
        }
        if self.valid_blocks == 0 || self.valid_blocks > 10_000 {
            return wrong("valid_blocks is 1 to 10000");
        }
        if self.late == 0 {
            return wrong("late is at least 1");
        }
        for dollars in [
            self.min_profit,
            self.gas_cost,
            self.fee_price,
            self.daily_gas,
            self.daily_loss,
        ] {
            if value(dollars).is_none() {
                return wrong("an amount of dollars is too large");
            }
        }
        Ok(self)
    }

    /// Refuses to pay fees in a denom whose worth is not known: no budget would hold.
    pub fn may_pay(&self, gas: &GasPrice) -> Result<(), KeeperError> {
        match self.fee_price.is_zero() && !gas.amount.is_zero() {
            true => Err(KeeperError::NoFeePrice {
                denom: gas.denom.clone(),
            }),
            false => Ok(()),
        }
    }

    /// What is worth doing.
    pub fn policy(&self) -> Policy {
        let dollars = |decimal| value(decimal).unwrap_or(Value::MAX);
        Policy {
            min_profit: dollars(self.min_profit),
            slippage: Ratio::new(dollars(self.slippage).raw()),
            gas_cost: dollars(self.gas_cost),
            realise_bad_debt: self.realise_bad_debt,
            batch: self.batch,
            // One transaction at a time: the next plan knows what this one did.
            batches: 1,
            examined: self.examined,
        }
    }

    /// The most of a debt token that a round may use, of what is held.
    pub fn usable(&self, denom: &str, held: u128) -> Amount {
        let most = self.inventory.get(denom).copied();
        Amount::new(held.min(most.unwrap_or(Uint128::MAX).u128()))
    }
}

/// Dollars at 1e-18.
pub fn value(dollars: Decimal256) -> Option<Value> {
    let raw = dollars.atomics().to_string().parse().ok()?;
    (raw < u128::MAX / 2).then_some(Value::new(raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, KeeperError> {
        let path = std::env::temp_dir().join(format!(
            "wicker-config-{}-{}",
            std::process::id(),
            text.len()
        ));
        std::fs::write(&path, text).unwrap();
        let pairs = environment
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()));
        let loaded = Config::load(Some(&path), pairs);
        std::fs::remove_file(&path).unwrap();
        loaded
    }

    #[test]
    fn a_variable_replaces_what_the_file_says_and_the_rest_is_the_default() {
        let config = load(
            "min_profit = \"2.5\"\nbatch = 4\n[inventory]\nusd = \"7\"\n",
            &[
                ("WICKER_KEEPER_BATCH", "6"),
                ("WICKER_KEEPER_DAILY_LOSS", "0.5"),
                ("WICKER_KEEPER_REALISE_BAD_DEBT", "true"),
                ("OTHER", "x"),
                ("WICKER_KEEPER_GAS_COST", "2"),
                ("WICKER_KEEPER_LISTEN", "127.0.0.1:9464"),
            ],
        )
        .unwrap();
        assert_eq!((config.batch, config.realise_bad_debt), (6, true));
        assert_eq!(config.policy().min_profit.raw(), 2_500_000_000_000_000_000);
        assert_eq!(config.gas_cost, Decimal256::percent(200));
        assert_eq!(config.daily_loss, Decimal256::percent(50));
        assert_eq!(config.usable("usd", 9), Amount::new(7));
        assert_eq!(config.usable("eur", 9), Amount::new(9));
        assert_eq!(config.rest, Config::default().rest);
        assert_eq!(config.listen, Some(([127, 0, 0, 1], 9464).into()));
        assert_eq!(Config::default().listen, None);
    }

    #[test]
    fn fees_in_a_denom_without_a_price_are_refused_by_the_keys_name() {
        let config = Config::default();
        let refused = config.may_pay(&"0.025ustake".parse().unwrap());
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("fee_price") && error.contains("ustake"));
        config.may_pay(&"0ustake".parse().unwrap()).unwrap();
        let priced = load("fee_price = \"0.000001\"", &[]).unwrap();
        priced.may_pay(&"0.025ustake".parse().unwrap()).unwrap();
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (text, named) in [
            ("slippage = \"1.5\"", "slippage"),
            ("batch = 0", "batch"),
            ("batch = 33", "batch"),
            ("fee_ladder = []", "fee_ladder"),
            ("fee_ladder = [\"0.5\"]", "fee_ladder"),
            ("valid_blocks = 0", "valid_blocks"),
            ("min_profits = \"1\"", "min_profits"),
            ("daily_gas = \"999999999999999999999999999999\"", "dollars"),
            ("min_profit = \"-1\"", "min_profit"),
            ("listen = \"localhost\"", "listen"),
            ("late = 0", "late"),
        ] {
            let error = load(text, &[]).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
