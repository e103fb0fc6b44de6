//! What is stressed: assets, baskets, who borrows, how the market yields, the incidents and the law of drawn paths. Read from TOML.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use super::town::Size;
use crate::depth::Impact;
use crate::scenario::Class;
use crate::study::{figure, text, unique, StudyError};

/// The plan used when none is given.
pub const PLAN: &str = include_str!("../../../../studies/stress.toml");

/// A stress test.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How sales move prices.
    #[serde(default)]
    pub market: Impact,
    /// Who borrows how much.
    pub town: Town,
    /// All assets.
    #[serde(rename = "asset")]
    pub assets: Vec<Asset>,
    /// All baskets.
    #[serde(rename = "basket")]
    pub baskets: Vec<Basket>,
    /// The incidents.
    #[serde(rename = "incident", default)]
    pub incidents: Vec<Incident>,
    /// The cascade at several sizes.
    pub cascade: Cascade,
    /// The drawn paths.
    pub random: Random,
}

/// Who borrows how much.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Town {
    /// A basket's collateral over an hour of its assets' flow caps.
    pub scale: f64,
    /// Hours of its flow cap that an asset's bucket of liquidations holds when full.
    pub burst: f64,
    /// Dollars of a basket's backstop over its collateral.
    pub backstop: f64,
    /// A keeper's cost of a sale beside what the market yields, as a share.
    pub slippage: f64,
    /// The borrowers of every basket.
    #[serde(rename = "borrower")]
    pub borrowers: Vec<Borrower>,
}

/// Borrowers of one kind, in every basket.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Borrower {
    /// What the kind is called.
    pub name: String,
    /// Debt at the start over the most that may be borrowed.
    pub of_max: f64,
    /// So many of them; everyone of a basket holds the same.
    pub count: u32,
}

/// An asset.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Its name, and its column of a price file.
    pub name: String,
    /// What sets its floors and its flow cap.
    pub class: Class,
    /// Its price at the start of a drawn path.
    pub price: f64,
    /// Dollars an hour that the market takes, where it is not the class's.
    pub flow_cap: Option<f64>,
}

/// A basket.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Basket {
    /// Its name.
    pub name: String,
    /// Its collaterals.
    pub assets: Vec<String>,
    /// Correlation assumed at the start.
    pub correlation: f64,
}

/// Something that happened, or may.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// What people call it.
    pub name: String,
    /// One sentence about it.
    pub about: String,
    /// Where the figures of the drawn path come from.
    pub source: String,
    /// The baskets it is played in. Each has its own borrowers and lends the same debt token.
    pub baskets: Vec<String>,
    /// Hours that are played once everyone has borrowed.
    pub hours: u64,
    /// The seed of the noise.
    pub seed: u64,
    /// Where a price file has every moving asset at this time, its prices are played from here on.
    pub at: Option<Datetime>,
    /// How prices move. An asset without a move stays where it is, but for noise.
    #[serde(rename = "move", default)]
    pub moves: Vec<Move>,
    /// Feeds that fall silent.
    #[serde(rename = "silence", default)]
    pub silences: Vec<Spell>,
    /// One feeder's nonsense.
    #[serde(rename = "wick", default)]
    pub wicks: Vec<Spell>,
    /// Hours without a keeper: first, and first after.
    pub outage: Option<(f64, f64)>,
}

/// How one asset's price moves.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The asset.
    pub asset: String,
    /// Hours and the price then over the price at the start; between them logarithms run straight. Before hour 0 prices are measured
    /// and nobody borrows.
    pub knots: Vec<(f64, f64)>,
}

/// Something about one asset for a while.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spell {
    /// The asset.
    pub asset: String,
    /// The first hour, and the first after it.
    pub hours: (f64, f64),
    /// What is reported over the price; of no meaning for a silence.
    #[serde(default)]
    pub factor: f64,
}

/// One shock at several sizes of the baskets.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cascade {
    /// The incident.
    pub incident: String,
    /// Sizes, as [`Town::scale`].
    pub scales: Vec<f64>,
    /// Flow caps that governance sets over what the market takes in an hour.
    pub caps: Vec<f64>,
}

/// The law of drawn paths: a common and an own diffusion, a common and own jumps.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// The baskets.
    pub baskets: Vec<String>,
    /// Hours of a path.
    pub hours: u64,
    /// σ per √hour over the floor of the asset's class.
    pub volatility: f64,
    /// Correlation of any two assets' diffusions.
    pub correlation: f64,
    /// Common jumps a day.
    pub common_rate: f64,
    /// Mean and deviation of a common jump, as logarithms, of an asset with the class major's floor; others jump as their floor is higher.
    pub common_jump: (f64, f64),
    /// Own jumps a day.
    pub own_rate: f64,
    /// Mean and deviation of an own jump.
    pub own_jump: (f64, f64),
    /// Assets that keep still.
    #[serde(default)]
    pub still: Vec<String>,
}

impl Town {
    /// Its size, with flow caps that are what the market takes.
    pub const fn size(&self) -> Size {
        Size {
            scale: self.scale,
            caps: 1.0,
        }
    }
}

impl Cascade {
    /// Every scale with every cap.
    pub fn sizes(&self) -> Vec<Size> {
        let caps = self.caps.iter();
        let sizes = caps.flat_map(|caps| {
            let scales = self.scales.iter();
            scales.map(|scale| Size {
                scale: *scale,
                caps: *caps,
            })
        });
        sizes.collect()
    }
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

    /// The asset of that name.
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.name == name)
    }

    /// The baskets of those names, in that order.
    pub fn named<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = &'a Basket> {
        let find = |name| self.baskets.iter().find(move |basket| &basket.name == name);
        names.iter().filter_map(find)
    }

    /// The incident of that name.
    pub fn incident(&self, name: &str) -> Option<&Incident> {
        let mut incidents = self.incidents.iter();
        incidents.find(|incident| incident.name == name)
    }

    fn check(&self) -> Result<(), StudyError> {
        unique("asset", self.assets.iter().map(|asset| &asset.name))?;
        unique("basket", self.baskets.iter().map(|basket| &basket.name))?;
        unique("incident", self.incidents.iter().map(|one| &one.name))?;
        figure("market.impact", self.market.impact, (0.0, 10.0))?;
        figure("market.half_life", self.market.half_life, (0.001, 10_000.0))?;
        figure("town.scale", self.town.scale, (0.001, 10_000.0))?;
        figure("town.burst", self.town.burst, (0.09, 24.0))?;
        figure("town.backstop", self.town.backstop, (0.0, 1.0))?;
        figure("town.slippage", self.town.slippage, (0.0, 0.5))?;
        for borrower in &self.town.borrowers {
            let what = |name| format!("borrower {}: {name}", borrower.name);
            figure(&what("of_max"), borrower.of_max, (0.0, 1.0))?;
            figure(&what("count"), borrower.count.into(), (1.0, 1_000.0))?;
        }
        for basket in &self.baskets {
            for name in &basket.assets {
                self.known(&format!("basket {}", basket.name), name)?;
            }
        }
        self.incidents.iter().try_for_each(|one| self.judge(one))?;
        self.check_cascade()?;
        self.check_random()
    }

    fn known(&self, what: &str, asset: &str) -> Result<(), StudyError> {
        let found = self.asset(asset).map(|_| ());
        found.ok_or_else(|| StudyError::unknown(what, asset))
    }

    fn lent(&self, what: &str, baskets: &[String]) -> Result<(), StudyError> {
        figure(
            &format!("{what}: baskets"),
            baskets.len() as f64,
            (1.0, 16.0),
        )?;
        for name in baskets {
            if !self.baskets.iter().any(|basket| &basket.name == name) {
                return Err(StudyError::unknown(what, name));
            }
        }
        Ok(())
    }

    fn judge(&self, incident: &Incident) -> Result<(), StudyError> {
        let what = format!("incident {}", incident.name);
        let hours = (0.0, incident.hours as f64);
        figure(&format!("{what}: hours"), hours.1, (1.0, 720.0))?;
        self.lent(&what, &incident.baskets)?;
        for one in &incident.moves {
            self.known(&what, &one.asset)?;
            let mut last = -(super::draw::WARMUP as f64);
            for (hour, factor) in &one.knots {
                figure(&format!("{what}: a knot's hour"), *hour, (last, hours.1))?;
                figure(&format!("{what}: a knot's factor"), *factor, (1e-6, 1e3))?;
                last = *hour;
            }
        }
        for spell in incident.silences.iter().chain(&incident.wicks) {
            self.known(&what, &spell.asset)?;
            figure(&format!("{what}: a spell's hour"), spell.hours.0, hours)?;
            figure(&format!("{what}: a spell's hour"), spell.hours.1, hours)?;
        }
        for spell in &incident.wicks {
            figure(
                &format!("{what}: a wick's factor"),
                spell.factor,
                (1e-3, 1e3),
            )?;
        }
        Ok(())
    }

    fn check_cascade(&self) -> Result<(), StudyError> {
        let name = &self.cascade.incident;
        self.incident(name)
            .ok_or_else(|| StudyError::unknown("cascade", name))?;
        let mut scales = self.cascade.scales.iter();
        scales.try_for_each(|scale| figure("cascade: a scale", *scale, (0.001, 10_000.0)))?;
        let mut caps = self.cascade.caps.iter();
        caps.try_for_each(|share| figure("cascade: a cap", *share, (0.01, 1.0)))
    }

    fn check_random(&self) -> Result<(), StudyError> {
        let law = &self.random;
        self.lent("random", &law.baskets)?;
        for name in &law.still {
            self.known("random: still", name)?;
        }
        figure("random: hours", law.hours as f64, (1.0, 720.0))?;
        figure("random: volatility", law.volatility, (0.0, 100.0))?;
        figure("random: correlation", law.correlation, (0.0, 1.0))?;
        figure("random: common_rate", law.common_rate, (0.0, 100.0))?;
        figure("random: own_rate", law.own_rate, (0.0, 100.0))?;
        for (name, (mean, deviation)) in
            [("common_jump", law.common_jump), ("own_jump", law.own_jump)]
        {
            figure(&format!("random: {name}'s mean"), mean, (-5.0, 5.0))?;
            figure(
                &format!("random: {name}'s deviation"),
                deviation,
                (0.0, 5.0),
            )?;
        }
        Ok(())
    }
}
