//! Users who may choose between baskets, as a file says it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::value::Datetime;

use crate::books::{Basket, Study};
use crate::study::{figure, text, unique, StudyError};

/// Dollars that a holding or a debt may have.
const DOLLARS: (f64, f64) = (1.0, 1e12);

/// A file of users.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// When they choose; the last hour of prices when left out.
    pub at: Option<Datetime>,
    /// c: the largest bonus plus the fee.
    #[serde(default = "cost")]
    pub cost: f64,
    /// Equity that new debt needs, in multiples of the maintenance margin.
    #[serde(default = "initial")]
    pub initial: f64,
    /// The users.
    #[serde(rename = "user")]
    pub users: Vec<User>,
}

fn cost() -> f64 {
    0.08
}

fn initial() -> f64 {
    1.25
}

/// What a user holds and wants to owe.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// A name.
    pub name: String,
    /// Dollars of each collateral.
    pub holds: BTreeMap<String, f64>,
    /// Dollars of each debt, together over all baskets that lend it.
    pub owes: BTreeMap<String, f64>,
    /// The baskets that are open; all of the study when left out.
    pub baskets: Option<Vec<String>>,
}

impl Users {
    /// Reads users and checks them against the study whose baskets they choose from.
    pub fn parse(text: &str, study: &Study) -> Result<Self, StudyError> {
        let users: Self = toml::from_str(text)?;
        figure("cost", users.cost, (0.0, 0.5))?;
        figure("initial", users.initial, (1.0, 5.0))?;
        figure("users", users.users.len() as f64, (1.0, 1_000.0))?;
        unique("user", users.users.iter().map(|user| &user.name))?;
        users.users.iter().try_for_each(|user| user.check(study))?;
        Ok(users)
    }

    /// Reads a file and checks it.
    pub fn from_file(path: &Path, study: &Study) -> Result<Self, StudyError> {
        Self::parse(&text(path)?, study)
    }
}

impl User {
    /// Places in the study of the baskets that are open and lend what this user wants to owe.
    pub fn open(&self, study: &Study) -> Vec<usize> {
        let named = |basket: &Basket| match &self.baskets {
            Some(names) => names.contains(&basket.name),
            None => true,
        };
        let takes = |basket: &Basket| {
            let mut held = basket.collaterals.iter();
            self.owes.contains_key(&basket.debt) && held.any(|name| self.holds.contains_key(name))
        };
        let baskets = study.baskets.iter().enumerate();
        baskets
            .filter(|(_, basket)| named(basket) && takes(basket))
            .map(|(at, _)| at)
            .collect()
    }

    fn check(&self, study: &Study) -> Result<(), StudyError> {
        let what = format!("user {}", self.name);
        figure(
            &format!("{what}: holds"),
            self.holds.len() as f64,
            (1.0, 64.0),
        )?;
        figure(
            &format!("{what}: owes"),
            self.owes.len() as f64,
            (1.0, 16.0),
        )?;
        for (name, dollars) in self.holds.iter().chain(&self.owes) {
            figure(&format!("{what}: {name}"), *dollars, DOLLARS)?;
        }
        for name in self.baskets.iter().flatten() {
            study
                .basket(name)
                .ok_or_else(|| StudyError::unknown(&what, name))?;
        }
        unique(&what, self.baskets.iter().flatten())?;
        let open = self.open(study);
        let open = || open.iter().filter_map(|at| study.baskets.get(*at));
        for name in self.holds.keys() {
            if !open().any(|basket| basket.collaterals.contains(name)) {
                return Err(StudyError::unknown(
                    &format!("{what}: no open basket takes it: holds"),
                    name,
                ));
            }
        }
        for name in self.owes.keys() {
            if !open().any(|basket| basket.debt == *name) {
                return Err(StudyError::unknown(
                    &format!("{what}: no open basket lends it: owes"),
                    name,
                ));
            }
        }
        Ok(())
    }
}
