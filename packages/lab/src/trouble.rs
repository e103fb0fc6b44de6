//! What goes wrong beside prices: one feeder that reports nonsense, a keeper that is not there, and how much a keeper offers to repay.

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use crate::scenario::unix;

/// A feeder that reports another price than the others.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Wick {
    /// The asset.
    pub asset: String,
    /// Which feeder, from 1.
    pub feeder: usize,
    /// The first moment.
    pub from: Datetime,
    /// The first moment after it.
    pub to: Datetime,
    /// What it reports over the price.
    pub factor: f64,
}

/// A time without a keeper.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// The first moment.
    pub from: Datetime,
    /// The first moment after it.
    pub to: Datetime,
}

/// How much of a debt a keeper offers to repay at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    /// All that the contract takes.
    #[default]
    All,
    /// Half of the debt.
    Half,
}

impl Wick {
    /// What this feeder, counted from 0, reports of an asset over its price.
    pub fn of(&self, feeder: usize, asset: &str, time: u64) -> Option<f64> {
        let here = self.feeder == feeder.saturating_add(1) && self.asset == asset;
        (here && within(time, (&self.from, &self.to))).then_some(self.factor)
    }
}

impl Outage {
    /// Whether the keeper is away.
    pub fn at(&self, time: u64) -> bool {
        within(time, (&self.from, &self.to))
    }
}

fn within(time: u64, (from, to): (&Datetime, &Datetime)) -> bool {
    (unix(from)..unix(to)).contains(&time)
}
