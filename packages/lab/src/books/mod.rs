//! What is judged on history: assets with governance's figures, baskets that are measured together, and books, each one portfolio that
//! is opened anew every hour at the edge of its margin.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use crate::history::{DOLLAR, HOUR};
use crate::prices::Wanted;
use crate::scenario::unix;
use crate::study::{figure, text, unique, StudyError};

/// Hours within which a position at the edge of its margin should be wound up: the horizon of κ and of every test.
pub const HORIZON: usize = 24;
/// The longest horizon that is looked at, in hours.
pub const LONGEST: usize = 48;
/// Steps of σ̂ that hold nothing back.
const AT_ONCE: (f64, f64) = (1e6, 1.0);

/// A study, as its file says it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// The first moment that is judged; all before is measured only.
    pub judged_from: Option<Datetime>,
    /// The last moment that is judged.
    pub judged_to: Option<Datetime>,
    /// The margin's figures.
    #[serde(default)]
    pub margin: Margin,
    /// Assets.
    #[serde(rename = "asset")]
    pub assets: Vec<Asset>,
    /// Baskets.
    #[serde(rename = "basket")]
    pub baskets: Vec<Basket>,
    /// Books.
    #[serde(rename = "book")]
    pub books: Vec<Book>,
    /// Sets of books that are drawn.
    #[serde(rename = "random", default)]
    pub random: Vec<Random>,
}

/// The figures of the margin that hold for every basket; the defaults are SPEC.md's.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Margin {
    /// Standard deviations over the horizon.
    pub z: f64,
    /// Standard deviations of the value at risk whose breaches are tested.
    pub var_z: f64,
    /// κ·floor as a share of an asset's static haircut.
    pub floor_share: f64,
    /// Memory of the fast variance, in hours.
    pub fast_hours: u32,
    /// Memory of the covariances, in hours.
    pub slow_hours: u32,
    /// Memory of the correlations, in hours.
    pub correlation_hours: u32,
    /// Largest rise of σ an hour, as a share.
    pub step_up: f64,
    /// Largest fall of σ an hour, as a share.
    pub step_down: f64,
}

impl Default for Margin {
    fn default() -> Self {
        Self {
            z: 4.5,
            var_z: 2.6,
            floor_share: 0.8,
            fast_hours: 24,
            slow_hours: 4_320,
            correlation_hours: 720,
            step_up: 0.01,
            step_down: 0.0025,
        }
    }
}

impl Margin {
    /// κ of a number of standard deviations.
    pub fn kappa(&self, z: f64) -> f64 {
        z * (HORIZON as f64).sqrt()
    }
}

/// An asset and what governance would set for it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Its name.
    pub name: String,
    /// Its column in the price file; its name when left out.
    pub column: Option<String>,
    /// The margin of a model that measures nothing, as a share of the value.
    pub haircut: f64,
    /// Correlation with the others assumed before anything is measured.
    #[serde(default = "correlation")]
    pub correlation: f64,
    /// Share of the value that volatility cannot see.
    #[serde(default)]
    pub jump: f64,
}

impl Asset {
    /// Its column of the price file.
    pub fn column(&self) -> &str {
        self.column.as_ref().unwrap_or(&self.name)
    }
}

fn correlation() -> f64 {
    0.6
}

/// Assets that are measured together.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Basket {
    /// Its name.
    pub name: String,
    /// Its collaterals, at most 16.
    pub collaterals: Vec<String>,
    /// What is owed: an asset, or `USD`, which is always worth a dollar.
    pub debt: String,
    /// δ.
    #[serde(default = "stress")]
    pub stress: f64,
}

fn stress() -> f64 {
    0.25
}

/// A portfolio.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub basket: String,
    /// Shares of the collateral; they are scaled to sum to one.
    pub weights: BTreeMap<String, f64>,
}

/// Books drawn by a seed.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// What they are called together.
    pub name: String,
    /// Where they are.
    pub basket: String,
    /// How many.
    pub count: usize,
    /// The seed of the draw.
    pub seed: u64,
    /// Hours between two openings of a book.
    #[serde(default = "every")]
    pub every_hours: usize,
}

fn every() -> usize {
    4
}

impl Study {
    /// Reads and checks a study.
    pub fn parse(text: &str) -> Result<Self, StudyError> {
        let study: Self = toml::from_str(text)?;
        study.check()?;
        Ok(study)
    }

    /// Reads a file and checks it.
    pub fn from_file(path: &Path) -> Result<Self, StudyError> {
        Self::parse(&text(path)?)
    }

    /// What to read of a price file: all assets but the dollar, over all time, because what comes before is measured too.
    pub fn wanted(&self) -> Wanted {
        let last = self.judged_to.as_ref().map_or(u64::MAX, unix);
        // A horizon of prices after the last judged hour, and no more.
        let horizon = LONGEST as u64 * HOUR;
        Wanted {
            assets: self
                .assets
                .iter()
                .map(|asset| asset.column().to_string())
                .collect(),
            window: (0, last.saturating_add(horizon)),
            event: None,
        }
    }

    /// The same without what no book uses.
    pub fn books_only(&self) -> Self {
        let mut only = self.clone();
        let used = |basket: &Basket| self.books.iter().any(|book| book.basket == basket.name);
        only.baskets.retain(used);
        only.random.clear();
        only
    }

    /// The same books without governance's floors, without stressed correlations and with a σ̂ that follows at once: what the measurements
    /// alone say.
    pub fn bare(&self) -> Self {
        let mut bare = self.books_only();
        bare.margin.floor_share = 0.0;
        (bare.margin.step_up, bare.margin.step_down) = AT_ONCE;
        for basket in &mut bare.baskets {
            basket.stress = 0.0;
        }
        bare
    }

    /// The asset of that name.
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.name == name)
    }

    /// The place of a basket.
    pub fn basket(&self, name: &str) -> Option<usize> {
        self.baskets.iter().position(|basket| basket.name == name)
    }

    /// First and last moment that are judged, in seconds since 1970.
    pub fn judged(&self) -> (u64, u64) {
        let from = self.judged_from.as_ref().map_or(0, unix);
        (from, self.judged_to.as_ref().map_or(u64::MAX, unix))
    }

    fn check(&self) -> Result<(), StudyError> {
        unique("asset", self.assets.iter().map(|asset| &asset.name))?;
        unique("basket", self.baskets.iter().map(|basket| &basket.name))?;
        let drawn = self.random.iter().map(|random| &random.name);
        unique(
            "book",
            self.books.iter().map(|book| &book.name).chain(drawn),
        )?;
        self.margin.check()?;
        for asset in &self.assets {
            let what = |name: &str| format!("asset {}: {name}", asset.name);
            figure(&what("haircut"), asset.haircut, (0.001, 0.95))?;
            figure(&what("correlation"), asset.correlation, (0.0, 1.0))?;
            figure(&what("jump"), asset.jump, (0.0, 0.5))?;
        }
        self.baskets
            .iter()
            .try_for_each(|basket| self.check_basket(basket))?;
        self.books
            .iter()
            .try_for_each(|book| self.check_book(book))?;
        for random in &self.random {
            let what = |name: &str| format!("random {}: {name}", random.name);
            self.named_basket(&what("basket"), &random.basket)?;
            figure(&what("count"), random.count as f64, (1.0, 100_000.0))?;
            figure(
                &what("every_hours"),
                random.every_hours as f64,
                (1.0, 168.0),
            )?;
        }
        Ok(())
    }

    fn check_basket(&self, basket: &Basket) -> Result<(), StudyError> {
        let what = format!("basket {}", basket.name);
        unique(&what, basket.collaterals.iter().chain([&basket.debt]))?;
        for name in &basket.collaterals {
            self.asset(name)
                .ok_or_else(|| StudyError::unknown(&what, name))?;
        }
        if basket.debt != DOLLAR {
            self.asset(&basket.debt)
                .ok_or_else(|| StudyError::unknown(&what, &basket.debt))?;
        }
        let collaterals = basket.collaterals.len() as f64;
        figure(&format!("{what}: collaterals"), collaterals, (1.0, 16.0))?;
        figure(&format!("{what}: stress"), basket.stress, (0.0, 1.0))
    }

    fn check_book(&self, book: &Book) -> Result<(), StudyError> {
        let what = format!("book {}", book.name);
        let basket = self.named_basket(&what, &book.basket)?;
        let count = book.weights.len() as f64;
        figure(&format!("{what}: weights"), count, (1.0, 16.0))?;
        for (name, weight) in &book.weights {
            if !basket.collaterals.contains(name) {
                return Err(StudyError::unknown(&what, name));
            }
            figure(&format!("{what}: {name}"), *weight, (1e-6, 1e12))?;
        }
        Ok(())
    }

    fn named_basket(&self, what: &str, name: &str) -> Result<&Basket, StudyError> {
        let basket = self.basket(name).and_then(|at| self.baskets.get(at));
        basket.ok_or_else(|| StudyError::unknown(what, name))
    }
}

impl Margin {
    /// Errors on a figure that is outside its range.
    pub fn check(&self) -> Result<(), StudyError> {
        figure("margin: z", self.z, (0.5, 20.0))?;
        figure("margin: var_z", self.var_z, (0.5, 20.0))?;
        figure("margin: floor_share", self.floor_share, (0.01, 2.0))?;
        figure(
            "margin: fast_hours",
            self.fast_hours.into(),
            (1.0, 100_000.0),
        )?;
        figure(
            "margin: slow_hours",
            self.slow_hours.into(),
            (1.0, 100_000.0),
        )?;
        let hours = self.correlation_hours.into();
        figure("margin: correlation_hours", hours, (1.0, 100_000.0))?;
        figure("margin: step_up", self.step_up, (0.000_001, 1e6))?;
        figure("margin: step_down", self.step_down, (0.000_001, 1.0))
    }
}
