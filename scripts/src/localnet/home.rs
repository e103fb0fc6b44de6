//! A new chain's genesis, settings and keys.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde::Deserialize;
use serde_json::{json, Value};

use super::{
    files,
    place::{Place, CHAIN_ID, DENOM},
};
use crate::run::{self, Failure};

/// The account that makes the blocks and, with its stake, decides every proposal.
const VALIDATOR: &str = "validator";
/// What each account has, in base units: ten million of the staking token and a billion of each collateral.
const STAKE: u64 = 10_000_000_000_000;
const COLLATERAL: u64 = 1_000_000_000_000_000;
/// What the validator puts up.
const BONDED: u64 = 5_000_000_000_000;
/// Coins that stand for collateral: as many as a basket can hold.
const DENOMS: [&str; 16] = [
    "uakt", "uatom", "ubtc", "udydx", "ueth", "uinj", "ujuno", "untrn", "uosmo", "usei", "usol",
    "ustars", "ustatom", "ustosmo", "utia", "uusdc",
];
/// How long a proposal is voted on, in the chain's notation; an expedited one; how long deposits may come in.
const VOTING: &str = "10s";
const EXPEDITED: &str = "5s";
const DEPOSITS: &str = "60s";
/// The gas a block takes, as on chains in use.
const BLOCK_GAS: &str = "100000000";

#[derive(Debug, Deserialize)]
struct Account {
    name: String,
    address: String,
}

/// Makes the home where there is none; one that is half made is made again.
pub fn ready(place: &Place, program: &Path) -> Result<(), Failure> {
    let (home, unfinished) = (place.home(), place.unfinished());
    if home.exists() {
        return Ok(());
    }
    files::remove(&unfinished)?;
    let tool = Tool {
        program,
        home: &unfinished,
    };
    tool.run(&[
        "init",
        VALIDATOR,
        "--chain-id",
        CHAIN_ID,
        "--default-denom",
        DENOM,
    ])?;
    let accounts = accounts(place)?;
    tool.run(&[
        "import",
        &place.accounts().to_string_lossy(),
        "--keyring-backend",
        "test",
    ])?;
    let funds = unfinished.join("funds.json");
    run::write(&funds, &balances(&accounts).to_string())?;
    tool.run(&[
        "genesis",
        "bulk-add-genesis-account",
        &funds.to_string_lossy(),
    ])?;
    genesis(&unfinished.join("config/genesis.json"))?;
    let bonded = format!("{BONDED}{DENOM}");
    tool.run(&[
        "genesis",
        "gentx",
        VALIDATOR,
        &bonded,
        "--chain-id",
        CHAIN_ID,
        "--keyring-backend",
        "test",
    ])?;
    tool.run(&["genesis", "collect-gentxs"])?;
    tool.run(&["genesis", "validate"])?;
    std::fs::rename(&unfinished, &home).map_err(|cause| run::file(&home, cause))
}

/// Removes the home and what tells of it.
pub fn forget(place: &Place) -> Result<(), Failure> {
    files::remove(&place.home())?;
    files::remove(&place.unfinished())?;
    for file in [place.log(), place.net(), place.pid(), place.clock()] {
        if file.exists() {
            std::fs::remove_file(&file).map_err(|cause| run::file(&file, cause))?;
        }
    }
    Ok(())
}

struct Tool<'a> {
    program: &'a Path,
    home: &'a Path,
}

impl Tool<'_> {
    fn run(&self, words: &[&str]) -> Result<(), Failure> {
        let mut command = Command::new(self.program);
        command.args(words).arg("--home").arg(self.home);
        let done = command
            .stdin(Stdio::null())
            .output()
            .map_err(|cause| run::start(&command, cause))?;
        if done.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        Err(Failure::Missing(format!(
            "wasmd {}: {said}",
            words.join(" ")
        )))
    }
}

fn accounts(place: &Place) -> Result<Vec<Account>, Failure> {
    let path = place.accounts();
    serde_json::from_str(&run::read(&path)?).map_err(|cause| run::file(&path, cause.into()))
}

fn balances(accounts: &[Account]) -> Value {
    let coin = |denom: &str, amount: u64| json!({ "denom": denom, "amount": amount.to_string() });
    let accounts = accounts.iter().map(|account| {
        let stake = STAKE * if account.name == VALIDATOR { 10 } else { 1 };
        // The chain wants coins in the order of their denoms.
        let mut coins = vec![(DENOM, stake)];
        coins.extend(DENOMS.map(|denom| (denom, COLLATERAL)));
        coins.sort_unstable();
        let coins = coins.into_iter().map(|(denom, amount)| coin(denom, amount));
        json!({ "address": account.address, "coins": coins.collect::<Vec<_>>() })
    });
    accounts.collect()
}

/// Makes proposals quick and blocks finite.
fn genesis(path: &Path) -> Result<(), Failure> {
    let text = run::read(path)?;
    let mut genesis: Value =
        serde_json::from_str(&text).map_err(|cause| run::file(path, cause.into()))?;
    for (pointer, value) in [
        ("/app_state/gov/params/voting_period", VOTING),
        ("/app_state/gov/params/expedited_voting_period", EXPEDITED),
        ("/app_state/gov/params/max_deposit_period", DEPOSITS),
        ("/consensus/params/block/max_gas", BLOCK_GAS),
    ] {
        let place = genesis
            .pointer_mut(pointer)
            .ok_or_else(|| Failure::Missing(format!("{pointer} is not in {}", path.display())))?;
        *place = value.into();
    }
    run::write(path, &genesis.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_has_words_of_its_own_and_the_validator_is_among_them() {
        let place = Place::of(&run::root(), "");
        let accounts = accounts(&place).unwrap();
        let mut addresses: Vec<&str> = accounts.iter().map(|one| one.address.as_str()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), accounts.len());
        assert!(accounts.iter().any(|account| account.name == VALIDATOR));
    }

    #[test]
    fn funds_are_in_the_order_the_chain_wants() {
        let account = Account {
            name: "alice".into(),
            address: "wasm1".into(),
        };
        let funds = balances(&[account]);
        let coins = funds.pointer("/0/coins").and_then(Value::as_array).unwrap();
        let denoms: Vec<&str> = coins
            .iter()
            .filter_map(|coin| coin.pointer("/denom")?.as_str())
            .collect();
        assert!(denoms.is_sorted());
        assert_eq!(denoms.len(), DENOMS.len() + 1);
    }
}
