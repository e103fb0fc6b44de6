//! What programs are told: a TOML file, each line of which an environment variable may replace, and gas prices to try in turn.

use std::path::Path;

use cosmwasm_std::Decimal256;
use serde::Deserialize;
use thiserror::Error;

use crate::config::GasPrice;

/// Why settings cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{path}: {why}")]
    File {
        /// Its path.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// It is no TOML.
    #[error("configuration: {0}")]
    Toml(#[from] toml::de::Error),
}

/// Reads a file, and over it the variables that begin with `prefix`: `WICKER_KEEPER_BATCH` stands for `batch`. Without a file there are
/// only those. Values of `decimals` are taken as texts, so that no float comes between.
pub fn read(
    path: Option<&Path>,
    prefix: &str,
    environment: impl Iterator<Item = (String, String)>,
    decimals: &[&str],
) -> Result<toml::Table, SettingsError> {
    let text = match path {
        None => String::new(),
        Some(path) => std::fs::read_to_string(path).map_err(|why| SettingsError::File {
            path: path.display().to_string(),
            why: why.to_string(),
        })?,
    };
    let mut table: toml::Table = toml::from_str(&text)?;
    for (name, text) in environment {
        let Some(key) = name.strip_prefix(prefix) else {
            continue;
        };
        let key = key.to_lowercase();
        let value = match decimals.contains(&key.as_str()) {
            true => toml::Value::String(text),
            false => value(&text),
        };
        table.insert(key, value);
    }
    Ok(table)
}

/// As TOML reads it, or else a text.
fn value(text: &str) -> toml::Value {
    let line = toml::from_str::<toml::Table>(&format!("v = {text}"));
    let value = line.ok().and_then(|mut table| table.remove("v"));
    value.unwrap_or_else(|| toml::Value::String(text.into()))
}

/// Gas prices to try one after the other, as multiples of the usual one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct FeeLadder(Vec<Decimal256>);

impl Default for FeeLadder {
    /// 1, 1.5 and 3.
    fn default() -> Self {
        let percents = [100, 150, 300].into_iter();
        Self(percents.map(Decimal256::percent).collect())
    }
}

impl FeeLadder {
    /// True when it has steps and each is from 1 to 100.
    pub fn is_usable(&self) -> bool {
        let most = Decimal256::from_ratio(100u64, 1u64);
        let step = |step: &Decimal256| *step >= Decimal256::one() && *step <= most;
        !self.0.is_empty() && self.0.iter().all(step)
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.0.len()
    }

    /// The gas price of an attempt after so many failures; after the last step it stays there.
    pub fn price(&self, base: &GasPrice, failures: usize) -> GasPrice {
        let last = self.0.len().saturating_sub(1);
        let step = self.0.get(failures.min(last)).copied();
        let amount = base
            .amount
            .checked_mul(step.unwrap_or_else(Decimal256::one));
        GasPrice {
            amount: amount.unwrap_or(base.amount),
            denom: base.denom.clone(),
        }
    }
}
