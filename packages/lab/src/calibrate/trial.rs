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

use super::search::{Window, LEAST};
use super::Pair;

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
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The figures.
    pub margin: Margin,
    /// By window and book.
    pub windows: Vec<Vec<Tried>>,
}

/// A book in one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tried {
    /// Openings that train.
    pub trains: usize,
    /// What training sees of them.
    pub train: Trained,
    /// Openings that the search does not see.
    pub openings: usize,
    /// What came of them.
    pub unseen: Pair,
}

/// What training sees.
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
        let of = |window: &Window| {
            let books = books.iter().zip(&limits);
            books
                .map(|(opened, limits)| tried((opened, limits), window))
                .collect()
        };
        Ok(Self {
            margin,
            windows: windows.iter().map(of).collect(),
        })
    }

    /// What training sees in a window: means over the books that it has seen enough of.
    pub fn trained(&self, window: usize) -> Trained {
        let books = self.windows.get(window).into_iter().flatten();
        let books = || books.clone().filter(|tried| tried.trains >= LEAST);
        let over = |of: &dyn Fn(&Trained) -> f64| mean(books().map(|tried| of(&tried.train)));
        Trained {
            ltv: over(&|train| train.ltv),
            missing: std::array::from_fn(|at| over(&|train| train.missing[at])),
        }
    }
}

/// What is missing of an opening at the lowest within a day, when only a share of the margin is asked.
fn thinned(low: f64, limit: f64, share: f64) -> f64 {
    shortfall(low, 1.0 - share * (1.0 - limit))
}

/// Lowest value and limit of the openings that `chosen` takes.
fn taken((opened, limits): (&Opened, &[f64]), chosen: &dyn Fn(usize) -> bool) -> Vec<(f64, f64)> {
    let openings = opened.outcomes.hours.iter().zip(&opened.outcomes.worst);
    let openings = openings.zip(limits);
    let openings = openings.filter(|((hour, _), _)| chosen(**hour));
    openings
        .map(|((_, worst), limit)| (worst[OWN], *limit))
        .collect()
}

fn tried(book: (&Opened, &[f64]), window: &Window) -> Tried {
    let train = taken(book, &|hour| window.trains(hour));
    let unseen = taken(book, &|hour| window.tests(hour));
    let ltv = |openings: &[(f64, f64)]| mean(openings.iter().map(|(_, limit)| *limit));
    let bp = |openings: &[(f64, f64)], missing: &dyn Fn(f64, f64) -> f64| {
        10_000.0 * mean(openings.iter().map(|(low, limit)| missing(*low, *limit)))
    };
    Tried {
        trains: train.len(),
        train: Trained {
            ltv: ltv(&train),
            missing: THINNED.map(|share| bp(&train, &|low, limit| thinned(low, limit, share))),
        },
        openings: unseen.len(),
        unseen: Pair {
            ltv: ltv(&unseen),
            shortfall_bp: bp(&unseen, &shortfall),
        },
    }
}
