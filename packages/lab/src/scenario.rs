//! A scenario: which prices, which baskets, who borrows, who liquidates. Read from TOML; an unknown key is an error. What a scenario
//! does not say takes the defaults of MODEL.md, which stand here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use crate::depth::Impact;
use crate::error::LabError;
use crate::prices::{Wanted, HIGHEST, LOWEST};
use crate::study::text;
use crate::trouble::{Offer, Outage, Wick};
use crate::world::FEEDERS;

/// The denom's last part of the debt token.
pub const DEBT: &str = "usdw";

/// A whole run's settings.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What people call it.
    pub name: String,
    /// One sentence about it.
    #[serde(default)]
    pub about: String,
    /// Which part of the prices is played.
    #[serde(default)]
    pub window: Window,
    /// Who brings prices.
    #[serde(default)]
    pub feeder: Feeder,
    /// Who liquidates.
    #[serde(default)]
    pub keeper: Keeper,
    /// How sales move prices; left out, the market takes everything at its price.
    pub market: Option<Impact>,
    /// The collaterals.
    #[serde(rename = "asset")]
    pub assets: Vec<Asset>,
    /// The baskets.
    #[serde(rename = "basket")]
    pub baskets: Vec<Basket>,
    /// The borrowers.
    #[serde(rename = "user")]
    pub users: Vec<User>,
}

/// Which part of the prices is played.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first moment; a date or a time, UTC.
    pub from: Option<Datetime>,
    /// The last moment; a date or a time, UTC.
    pub to: Option<Datetime>,
    /// In the long form, rows of this event only.
    pub event: Option<String>,
    /// Hours of prices that are only measured, before anyone borrows.
    #[serde(default)]
    pub warmup_hours: u64,
}

/// Who brings prices.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Feeder {
    /// Seconds between reports; a report carries the last tick.
    pub interval: u64,
    /// Seconds after which a large step is reported again.
    pub confirm: u64,
    /// Times without reports.
    pub silences: Vec<Silence>,
    /// Times in which one feeder reports another price.
    pub wicks: Vec<Wick>,
}

impl Default for Feeder {
    fn default() -> Self {
        Self {
            interval: 3_600,
            confirm: 60,
            silences: Vec::new(),
            wicks: Vec::new(),
        }
    }
}

/// A time without reports.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// The asset; all of them when left out.
    pub asset: Option<String>,
    /// The first moment.
    pub from: Datetime,
    /// The first moment after it.
    pub to: Datetime,
}

/// Who liquidates.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keeper {
    /// Seconds between a price and the keeper's message.
    pub delay: u64,
    /// Dollars it starts with.
    pub capital: f64,
    /// Share of the price it loses when it sells what it received.
    pub slippage: f64,
    /// How much of a debt it offers to repay at once.
    pub offer: Offer,
    /// Times in which it is not there.
    pub outages: Vec<Outage>,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            delay: 30,
            capital: 1_000_000.0,
            slippage: 0.01,
            offer: Offer::All,
            outages: Vec::new(),
        }
    }
}

/// A collateral.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Its name, and its denom.
    pub name: String,
    /// Its column of the price file; its name when left out.
    pub column: Option<String>,
    /// Its token's decimal places.
    #[serde(default = "six")]
    pub decimals: u8,
    /// What kind of asset it is, which sets what is not said.
    pub class: Class,
    /// Dollars an hour that the market takes.
    pub flow_cap: Option<f64>,
    /// Dollars that the bucket of liquidations holds when full; an hour's flow when left out.
    pub flow_burst: Option<f64>,
    /// Dollars an hour in which `[market]` counts sales, where governance's flow cap is not that figure.
    pub depth: Option<f64>,
    /// Its price until its first tick, where the price file begins later than the scenario.
    pub before: Option<f64>,
}

fn six() -> u8 {
    6
}

/// Kinds of assets, each with the risk settings governance would start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Bitcoin and its like.
    Major,
    /// Large liquid tokens.
    Alt,
    /// Thin or young tokens.
    Risky,
    /// Tokens that redeem to another.
    Staked,
    /// Dollar tokens.
    Stable,
}

impl Class {
    /// Floor and stressed σ per √hour, jump floor, dollars an hour.
    const fn figures(self) -> (f64, f64, f64, f64) {
        match self {
            Self::Major => (0.0060, 0.0120, 0.05, 20_000_000.0),
            Self::Alt => (0.0090, 0.0160, 0.08, 5_000_000.0),
            Self::Risky => (0.0130, 0.0220, 0.15, 1_000_000.0),
            Self::Staked => (0.0090, 0.0160, 0.10, 3_000_000.0),
            Self::Stable => (0.0010, 0.0040, 0.08, 10_000_000.0),
        }
    }

    /// The least σ per √hour.
    pub const fn floor(self) -> f64 {
        self.figures().0
    }

    /// Dollars an hour that the market takes.
    pub const fn flow(self) -> f64 {
        self.figures().3
    }
}

impl Asset {
    /// Its column of the price file.
    pub fn column(&self) -> &str {
        self.column.as_ref().unwrap_or(&self.name)
    }

    /// Dollars an hour in which sales are counted.
    pub fn depth(&self) -> f64 {
        self.depth.unwrap_or(self.flow())
    }

    /// Dollars an hour that the market takes.
    pub fn flow(&self) -> f64 {
        self.flow_cap.unwrap_or(self.class.flow())
    }

    /// Dollars that liquidations may sell at once.
    pub fn burst(&self) -> f64 {
        self.flow_burst.unwrap_or(self.flow())
    }
}

/// A basket.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Basket {
    /// Its name.
    pub name: String,
    /// Its collaterals.
    #[serde(rename = "member")]
    pub members: Vec<Member>,
    /// Its figures.
    #[serde(default)]
    pub terms: Terms,
    /// Dollars that bear losses before the basket has a deficit.
    #[serde(default)]
    pub backstop: f64,
}

/// A collateral of a basket; what is left out comes from the asset's class.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The asset.
    pub asset: String,
    /// Lowest σ per √hour.
    pub floor: Option<f64>,
    /// σ per √hour while the measurement is young or old.
    pub stressed: Option<f64>,
    /// Share of the value that volatility cannot see.
    pub jump: Option<f64>,
    /// Correlation with the others assumed at the start.
    #[serde(default = "prior_correlation")]
    pub correlation: f64,
    /// Hours of data that the assumptions weigh.
    #[serde(default = "prior_hours")]
    pub weight_hours: u64,
    /// Largest share of the book's risk.
    #[serde(default = "one")]
    pub risk_cap: f64,
    /// Most it may be worth for new debt to be taken against it, in dollars.
    #[serde(default = "value_cap")]
    pub value_cap: f64,
}

fn prior_correlation() -> f64 {
    0.6
}

fn prior_hours() -> u64 {
    720
}

fn one() -> f64 {
    1.0
}

fn value_cap() -> f64 {
    100_000_000.0
}

impl Member {
    /// Floor and stressed σ per √hour, and jump floor.
    pub fn risk(&self, class: Class) -> (f64, f64, f64) {
        let (floor, stressed, jump, _) = class.figures();
        (
            self.floor.unwrap_or(floor),
            self.stressed.unwrap_or(stressed),
            self.jump.unwrap_or(jump),
        )
    }
}

/// A basket's figures; the defaults are MODEL.md's.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// κ.
    pub multiplier: f64,
    /// δ.
    pub stress: f64,
    /// Largest concentration factor.
    pub concentration_max: f64,
    /// Initial margin over maintenance margin.
    pub initial: f64,
    /// Call level over maintenance margin.
    pub call: f64,
    /// Margin ratio a liquidation aims at.
    pub target: f64,
    /// Margin ratio under which flow caps hold nothing back.
    pub emergency: f64,
    /// Bonus at the maintenance margin.
    pub bonus_min: f64,
    /// Largest bonus.
    pub bonus_max: f64,
    /// Share of the repaid debt that goes to the reserve.
    pub liquidation_fee: f64,
    /// Annual stability fee.
    pub stability_fee: f64,
    /// Share of a loan added to it once.
    pub borrow_fee: f64,
    /// Smallest debt of a position, in dollars.
    pub min_debt: f64,
    /// Largest debt of the basket, in dollars.
    pub debt_ceiling: f64,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            multiplier: 22.045_407_685_048_6,
            stress: 0.25,
            concentration_max: 4.0,
            initial: 1.25,
            call: 1.15,
            target: 1.25,
            emergency: 0.5,
            bonus_min: 0.02,
            bonus_max: 0.06,
            liquidation_fee: 0.01,
            stability_fee: 0.04,
            borrow_fee: 0.0005,
            min_debt: 100.0,
            debt_ceiling: 50_000_000.0,
        }
    }
}

/// A borrower.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name the story uses.
    pub name: String,
    /// The basket.
    pub basket: String,
    /// Dollars of each collateral at the start.
    pub collateral: BTreeMap<String, f64>,
    /// Debt over collateral at the start.
    pub ltv: Option<f64>,
    /// Debt at the start over the most that may be borrowed.
    pub of_max: Option<f64>,
    /// What a margin call moves the user to do.
    #[serde(default)]
    pub on_call: OnCall,
    /// So many users like this one, numbered when more than one.
    #[serde(default = "single")]
    pub count: u32,
}

fn single() -> u32 {
    1
}

/// What a margin call moves a user to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnCall {
    /// Nothing.
    #[default]
    Ignore,
    /// Repay a fifth of the debt, once.
    Repay,
    /// Add a fifth of the collateral, once.
    TopUp,
}

impl Scenario {
    /// Reads and checks a scenario.
    pub fn parse(text: &str) -> Result<Self, LabError> {
        let scenario: Self = toml::from_str(text)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Reads a file and checks it.
    pub fn from_file(path: &std::path::Path) -> Result<Self, LabError> {
        Self::parse(&text(path)?)
    }

    /// What to read of a price file.
    pub fn wanted(&self) -> Wanted {
        let time = |at: &Option<Datetime>, otherwise| at.as_ref().map_or(otherwise, unix);
        let columns = self.assets.iter().map(|asset| asset.column().to_string());
        Wanted {
            assets: columns.collect(),
            window: (time(&self.window.from, 0), time(&self.window.to, u64::MAX)),
            event: self.window.event.clone(),
        }
    }

    /// The asset of that name.
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.name == name)
    }

    fn check(&self) -> Result<(), LabError> {
        unique("asset", self.assets.iter().map(|asset| &asset.name))?;
        unique("basket", self.baskets.iter().map(|basket| &basket.name))?;
        unique("user", self.users.iter().map(|user| &user.name))?;
        self.baskets
            .iter()
            .try_for_each(|basket| self.check_basket(basket))?;
        self.users
            .iter()
            .try_for_each(|user| self.check_user(user))?;
        for asset in &self.assets {
            let what = |name| format!("asset {}: {name}", asset.name);
            figure(&what("decimals"), asset.decimals.into(), 0.0, 18.0)?;
            figure(&what("flow_cap"), asset.flow(), 0.0, 1e12)?;
            figure(&what("flow_burst"), asset.burst(), 0.0, 1e12)?;
            figure(&what("depth"), asset.depth(), 0.0, 1e12)?;
            figure(
                &what("before"),
                asset.before.unwrap_or(1.0),
                LOWEST,
                HIGHEST,
            )?;
        }
        for silence in &self.feeder.silences {
            if let Some(name) = &silence.asset {
                self.asset(name)
                    .ok_or_else(|| LabError::unknown("a silence", name))?;
            }
        }
        for wick in &self.feeder.wicks {
            self.asset(&wick.asset)
                .ok_or_else(|| LabError::unknown("a wick", &wick.asset))?;
            figure("a wick's factor", wick.factor, 0.001, 1_000.0)?;
            figure("a wick's feeder", wick.feeder as f64, 1.0, FEEDERS.0 as f64)?;
        }
        if let Some(market) = self.market {
            figure("market.impact", market.impact, 0.0, 10.0)?;
            figure("market.half_life", market.half_life, 0.001, 10_000.0)?;
        }
        figure(
            "feeder.interval",
            self.feeder.interval as f64,
            1.0,
            86_400.0,
        )?;
        figure("feeder.confirm", self.feeder.confirm as f64, 30.0, 3_600.0)?;
        figure("keeper.delay", self.keeper.delay as f64, 0.0, 86_400.0)?;
        figure("keeper.capital", self.keeper.capital, 0.0, 1e12)?;
        figure("keeper.slippage", self.keeper.slippage, 0.0, 0.9)
    }

    fn check_basket(&self, basket: &Basket) -> Result<(), LabError> {
        let what = format!("basket {}", basket.name);
        unique(&what, basket.members.iter().map(|member| &member.asset))?;
        for member in &basket.members {
            self.asset(&member.asset)
                .ok_or_else(|| LabError::unknown(&what, &member.asset))?;
        }
        figure(&format!("{what}: backstop"), basket.backstop, 0.0, 1e12)
    }

    fn check_user(&self, user: &User) -> Result<(), LabError> {
        let what = format!("user {}", user.name);
        let baskets = &mut self.baskets.iter();
        let basket = baskets.find(|basket| basket.name == user.basket);
        let basket = basket.ok_or_else(|| LabError::unknown(&what, &user.basket))?;
        for (name, dollars) in &user.collateral {
            let members = &mut basket.members.iter();
            if !members.any(|member| &member.asset == name) {
                return Err(LabError::unknown(&what, name));
            }
            figure(&format!("{what}: {name}"), *dollars, 0.01, 1e12)?;
        }
        figure(&format!("{what}: count"), user.count.into(), 1.0, 10_000.0)?;
        match (user.ltv, user.of_max) {
            (Some(ltv), None) => figure(&format!("{what}: ltv"), ltv, 0.0, 1.0),
            (None, Some(share)) => figure(&format!("{what}: of_max"), share, 0.0, 1.0),
            _ => Err(LabError::Borrow(what)),
        }
    }
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Result<(), LabError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(LabError::Twice(format!("{what}: {name}")));
        }
    }
    Ok(())
}

fn figure(what: &str, value: f64, min: f64, max: f64) -> Result<(), LabError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(LabError::Figure {
        what: what.into(),
        value,
        min,
        max,
    })
}

/// Seconds since 1970 of a date or time, UTC where it names no offset; zero for a time of day alone and before 1970.
pub fn unix(at: &Datetime) -> u64 {
    let Some(date) = at.date else { return 0 };
    let days = days_from_civil(date.year.into(), date.month.into(), date.day.into());
    let clock = at.time.map_or(0, |time| {
        i64::from(time.hour) * 3_600 + i64::from(time.minute) * 60 + i64::from(time.second)
    });
    let offset = match at.offset {
        Some(toml::value::Offset::Custom { minutes }) => i64::from(minutes) * 60,
        _ => 0,
    };
    u64::try_from(days * 86_400 + clock - offset).unwrap_or(0)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, by Hinnant's algorithm.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date and time of day of a moment, such as `2022-05-11 14:00`, UTC.
pub fn clock(time: u64) -> String {
    let (days, seconds) = (time / 86_400, time % 86_400);
    let shifted = days as i64 + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (seconds / 3_600, seconds / 60 % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
}
