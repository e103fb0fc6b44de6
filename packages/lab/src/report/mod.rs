//! One page about a study, for people who decide and have not seen the code: charts and tables in one HTML file that needs nothing else.

pub mod figures;
pub mod page;
pub mod svg;

use crate::books::Study;
use crate::history::History;
use crate::path::{draw, Plan as Path, Walk};
use crate::prices::{Prices, Tick};
use crate::scenario::DEBT;
use crate::stress::plan::Plan;
use crate::stress::{stress, Asked};
use crate::study::{StudyError, Watch};

use figures::Figures;

/// The study used when none is given.
pub const STUDY: &str = include_str!("../../../../studies/books.toml");
/// 2025-01-01 00:00 UTC: where drawn prices begin.
const START: u64 = 1_735_689_600;
/// Hours of drawn prices: a year.
const HOURS: u64 = 24 * 365;
/// A calm day's σ over the floor that governance would set.
const CALM: f64 = 0.6;

/// What the page is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The books.
    pub study: &'a Study,
    /// Their prices.
    pub history: &'a History,
    /// Where the prices come from, in a few words.
    pub words: &'a str,
    /// What is stressed.
    pub plan: &'a Plan,
}

/// Makes the page.
pub fn report(source: Source<'_>, watch: Watch<'_>) -> Result<String, StudyError> {
    let figures = Figures::new(source.study, source.history, watch)?;
    let asked = Asked {
        prices: None,
        seed: 0,
        paths: 0,
    };
    let stress = stress(source.plan, asked, watch)?;
    let falls = figures::falls(source.plan)?;
    Ok(page::page(&source, &figures, (&stress, &falls)))
}

/// A year of hourly prices for a study's assets, drawn from a seed: a crash in May, a collapse of the last asset in August, a silent feed.
pub fn drawn(study: &Study, seed: u64) -> Prices {
    let kappa = study.margin.kappa(study.margin.z).max(1e-9);
    let walks = study.assets.iter().map(|asset| Walk {
        name: asset.column().to_string(),
        start: 100.0,
        volatility: CALM * asset.haircut * study.margin.floor_share / kappa,
        market: asset.correlation.clamp(0.0, 1.0).sqrt(),
        follows: None,
    });
    let last = study.assets.last();
    let last = last.map_or(DEBT.to_string(), |asset| asset.column().to_string());
    let plan = Path {
        start: START,
        hours: HOURS,
        assets: walks.collect(),
        crash: (24 * 120, 0.25),
        collapse: (last.clone(), 24 * 220, 0.4),
        silence: (last, 24 * 300, 24 * 300 + 10),
    };
    let prices = draw(&plan, seed);
    let hourly = |tick: &Tick| tick.time.is_multiple_of(3_600);
    Prices {
        assets: prices.assets,
        ticks: prices.ticks.into_iter().filter(hourly).collect(),
    }
}
