//! One set of figures over all windows: what training sees of it, and how it did where the search did not look.

use crate::backtest::edge::{Edge, Portfolio};
use crate::backtest::outcome::{Outcomes, OWN};
use crate::backtest::regime::{regimes, Regime};
use crate::backtest::score::shortfall;
use crate::backtest::{limits, opened, placed};
use crate::books::{Margin, Study};
use crate::history::History;
use crate::measure::{tracks, Track};
use crate::parallel::each;
use crate::stats::mean;
use crate::study::StudyError;

use super::search::Window;
use super::Pair;

/// Openings under which a book does not count in a window: thirty days.
pub const LEAST: usize = 720;
/// Shares of the margin that training looks at. Few crashes pass the whole margin; a share of it is passed often enough to learn from.
pub const THINNED: [f64; 4] = [0.5, 0.65, 0.8, 1.0];

/// A book and what became of it, whatever its margin.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Its portfolio.
    pub portfolio: Portfolio,
    /// What became of its openings.
    pub outcomes: Outcomes,
    /// When each was opened.
    pub regimes: Vec<Regime>,
}

/// A set of figures and what came of it.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The figures.
    pub margin: Margin,
    /// By window.
    pub windows: Vec<Tried>,
}

/// One window.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What training sees.
    pub train: Trained,
    /// By book, openings and what came of them where the search did not look; `None` where it was seldom opened.
    pub unseen: Vec<Option<(usize, Pair)>>,
}

/// What training sees: means over the books that it has seen enough of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Trained {
    /// Mean LTV.
    pub ltv: f64,
    /// Shortfall in hundredths of a percent at each of [`THINNED`].
    pub missing: [f64; THINNED.len()],
}

/// Opens every book of a study.
pub fn open(study: &Study, history: &History) -> Result<Vec<Opened>, StudyError> {
    let tracks = tracks(study, history, &|_, _| {})?;
    each(&study.books, |book| {
        let (portfolio, outcomes) = opened((study, &tracks), history, book)?;
        let (_, track) = placed(study, &tracks, &book.basket)?;
        Ok(Opened {
            regimes: regimes(history, track, &portfolio, &outcomes),
            portfolio,
            outcomes,
        })
    })
}

/// Of each book and opening, debt over collateral at the edge of the margin.
pub fn edges(
    study: &Study,
    history: &History,
    books: &[Opened],
) -> Result<Vec<Vec<f64>>, StudyError> {
    let tracks: Vec<Track> = tracks(study, history, &|_, _| {})?;
    let kappa = study.margin.kappa(study.margin.z);
    let limits = study.books.iter().zip(books).map(|(book, opened)| {
        let (basket, track) = placed(study, &tracks, &book.basket)?;
        let edge = Edge::new(track, &opened.portfolio, (kappa, basket.stress), true);
        limits(&edge, &opened.outcomes)
    });
    limits.collect()
}

/// The study with other figures.
pub fn with(study: &Study, margin: Margin) -> Study {
    Study {
        margin,
        ..study.clone()
    }
}

impl Trial {
    /// Measures and opens every book under these figures.
    pub fn new(
        study: &Study,
        history: &History,
        books: &[Opened],
        windows: &[Window],
        margin: Margin,
    ) -> Result<Self, StudyError> {
        let limits = edges(&with(study, margin), history, books)?;
        let windows = windows.iter();
        Ok(Self {
            margin,
            windows: windows
                .map(|window| Tried {
                    train: trained(books, &limits, window),
                    unseen: unseen(books, &limits, window),
                })
                .collect(),
        })
    }
}

/// What is missing of an opening at the lowest within a day, when only a share of the margin is asked.
fn thinned(low: f64, limit: f64, share: f64) -> f64 {
    shortfall(low, 1.0 - share * (1.0 - limit))
}

/// Lowest value and limit of the openings that `chosen` takes.
fn taken<'a>(
    (opened, limits): (&'a Opened, &'a [f64]),
    chosen: &'a dyn Fn(usize) -> bool,
) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    let openings = opened.outcomes.hours.iter().zip(&opened.outcomes.worst);
    let openings = openings.zip(limits);
    let openings = openings.filter(|((hour, _), _)| chosen(**hour));
    openings.map(|((_, worst), limit)| (worst[OWN], *limit))
}

fn trained(books: &[Opened], limits: &[Vec<f64>], window: &Window) -> Trained {
    let trains = |hour: usize| window.trains(hour);
    let books = books
        .iter()
        .zip(limits)
        .map(|(opened, limits)| taken((opened, limits), &trains).collect::<Vec<(f64, f64)>>());
    let books: Vec<Vec<(f64, f64)>> = books.filter(|book| book.len() >= LEAST).collect();
    let over = |of: &dyn Fn(f64, f64) -> f64| {
        mean(books.iter().map(|book| {
            let openings = book.iter();
            mean(openings.map(|(low, limit)| of(*low, *limit)))
        }))
    };
    Trained {
        ltv: over(&|_, limit| limit),
        missing: THINNED.map(|share| 10_000.0 * over(&|low, limit| thinned(low, limit, share))),
    }
}

fn unseen(books: &[Opened], limits: &[Vec<f64>], window: &Window) -> Vec<Option<(usize, Pair)>> {
    let tests = |hour: usize| window.tests(hour);
    let books = books.iter().zip(limits);
    let found = books.map(|(opened, limits)| {
        let openings = taken((opened, limits), &tests);
        let count = openings.clone().count();
        let pair = Pair {
            ltv: mean(openings.clone().map(|(_, limit)| limit)),
            shortfall_bp: 10_000.0 * mean(openings.map(|(low, limit)| shortfall(low, limit))),
        };
        (count >= LEAST).then_some((count, pair))
    });
    found.collect()
}
