//! What is segmented and by which rules.

use std::path::Path;

use serde::Deserialize;

use crate::prices::Wanted;
use crate::study::{figure, text, unique, StudyError};

/// A file of assets and rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The rules.
    #[serde(default)]
    pub rules: Rules,
    /// Assets.
    #[serde(rename = "asset")]
    pub assets: Vec<Candidate>,
}

/// The rules; the defaults are SPEC.md's bands and patience.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Annual volatilities between two tiers, rising.
    pub volatility: Vec<f64>,
    /// Dollars a day between two tiers, rising.
    pub daily_volume: Vec<f64>,
    /// The distance at which clusters are cut.
    pub cut: f64,
    /// Most assets of a basket.
    pub most: usize,
    /// By how much another basket's mean correlation must be better.
    pub gain: f64,
    /// For how many days in a row.
    pub days: usize,
    /// By what share of a tier's edge a volatility must be beyond it to change tiers.
    pub edge: f64,
    /// Days of prices before an asset is placed.
    pub ripe_days: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            volatility: vec![0.05, 0.70, 1.10],
            daily_volume: vec![5e6, 50e6],
            cut: 0.36,
            most: 16,
            gain: 0.1,
            days: 30,
            edge: 0.1,
            ripe_days: 90,
        }
    }
}

/// An asset.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Its name, and its column of the price file.
    pub name: String,
    /// Dollars traded on an average day.
    pub daily_volume: f64,
    /// Its denom on the chain; what has none is measured and not proposed.
    pub denom: Option<String>,
}

impl Plan {
    /// Reads and checks a plan.
    pub fn parse(text: &str) -> Result<Self, StudyError> {
        let plan: Self = toml::from_str(text)?;
        plan.check()?;
        Ok(plan)
    }

    /// Reads a file and checks it.
    pub fn from_file(path: &Path) -> Result<Self, StudyError> {
        Self::parse(&text(path)?)
    }

    /// What to read of a price file.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            assets: self.assets.iter().map(|asset| asset.name.clone()).collect(),
            window: (0, u64::MAX),
            event: None,
        }
    }

    fn check(&self) -> Result<(), StudyError> {
        figure("assets", self.assets.len() as f64, (1.0, 256.0))?;
        unique("asset", self.assets.iter().map(|asset| &asset.name))?;
        let denoms = self.assets.iter().filter_map(|asset| asset.denom.as_ref());
        unique("denom", denoms)?;
        for asset in &self.assets {
            figure(
                &format!("asset {}: daily_volume", asset.name),
                asset.daily_volume,
                (0.0, 1e15),
            )?;
        }
        let rules = &self.rules;
        for edges in [&rules.volatility, &rules.daily_volume] {
            let mut least = 0.0;
            for edge in edges {
                figure("rules: a tier's edge", *edge, (least, 1e15))?;
                least = *edge;
            }
        }
        figure("rules: cut", rules.cut, (0.01, 0.99))?;
        figure("rules: most", rules.most as f64, (1.0, 16.0))?;
        figure("rules: gain", rules.gain, (0.0, 1.0))?;
        figure("rules: days", rules.days as f64, (1.0, 365.0))?;
        figure("rules: edge", rules.edge, (0.0, 0.5))?;
        figure("rules: ripe_days", rules.ripe_days as f64, (7.0, 365.0))
    }
}
