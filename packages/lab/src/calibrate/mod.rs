//! Searches the margin's figures on windows of history and tells how they did on later ones that the search never saw, beside the study's
//! own figures, fixed limits and static haircuts that lend as much.

pub mod search;
pub mod trial;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::backtest::daily::EXPECTED;
use crate::books::{Margin, Study};
use crate::history::History;
use crate::parallel::each;
use crate::scenario::clock;
use crate::stats::backtests::{coverage, Coverage};
use crate::study::{StudyError, Watch};

use search::{Search, Window};
use trial::{Trial, Unseen};

/// A finished calibration.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How many sets of figures were tried.
    pub tried: usize,
    /// What each training window chose.
    pub choices: Vec<Choice>,
    /// By book, over all unseen windows.
    pub books: Vec<BookReport>,
    /// Every set of figures over all unseen windows, those that lend the least first. The search sees none of it.
    pub front: Vec<Point>,
}

/// What a training window chose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The first hour that trains.
    pub train_from: String,
    /// The first hour that is unseen.
    pub unseen_from: String,
    /// The end of the unseen window.
    pub unseen_to: String,
    /// The figures that were chosen.
    pub margin: Margin,
    /// In training: of the chosen figures.
    pub trained: Pair,
    /// In training: of the study's own.
    pub own: Pair,
}

/// How much is lent, and what is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Pair {
    /// Mean debt over collateral.
    pub ltv: f64,
    /// Mean shortfall in hundredths of a percent of the debt.
    pub shortfall_bp: f64,
}

/// A book over all unseen windows.
#[derive(Debug, Clone, Serialize)]
pub struct BookReport {
    /// Its name.
    pub book: String,
    /// Unseen openings.
    pub openings: usize,
    /// Each window under the figures that its training chose.
    pub chosen: Pair,
    /// The study's own figures in the same windows.
    pub own: Pair,
    /// A fixed limit in each window, of the mean of the chosen.
    pub fixed: Pair,
    /// Static haircuts that lend as much as the chosen in each window, in the mean over the books.
    pub haircuts: Pair,
    /// Days against their value at risk.
    pub days: Coverage,
}

/// A set of figures over all unseen windows, in the mean over the books.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// The figures.
    pub margin: Margin,
    /// What came of it.
    pub unseen: Pair,
    /// No other set lends as much with less missing.
    pub best: bool,
}

/// Searches, and judges what was found.
pub fn calibrate(
    study: &Study,
    search: &Search,
    history: &History,
    watch: Watch<'_>,
) -> Result<Report, StudyError> {
    let windows = search.windows(study, history)?;
    let candidates = search.candidates(study.margin)?;
    let (done, of) = (AtomicUsize::new(0), candidates.len());
    let trials = each(&candidates, |margin| {
        let trial = Trial::new(study, history, &windows, *margin);
        watch(done.fetch_add(1, Ordering::Relaxed) + 1, of);
        trial
    })?;
    let chosen: Vec<usize> = (0..windows.len()).map(|at| choose(&trials, at)).collect();
    Ok(Report {
        tried: trials.len(),
        choices: choices(history, &windows, &trials, &chosen),
        books: books(study, &trials, &chosen),
        front: front(study, &trials),
    })
}

/// Of what lends at least as much in training as the study's own figures, which stand first, the one with the least missing.
fn choose(trials: &[Trial], window: usize) -> usize {
    let train = |trial: &Trial| trial.windows.get(window).map(|tried| tried.train);
    let mut best = (0, trials.first().and_then(train).unwrap_or_default());
    let least = best.1 .0;
    for (at, trial) in trials.iter().enumerate() {
        let (ltv, missing) = train(trial).unwrap_or_default();
        if ltv >= least && missing < best.1 .1 {
            best = (at, (ltv, missing));
        }
    }
    best.0
}

fn choices(
    history: &History,
    windows: &[Window],
    trials: &[Trial],
    chosen: &[usize],
) -> Vec<Choice> {
    let time = |hour: usize| clock(history.time(hour));
    let trained = |trial: &Trial, at: usize| {
        let train = trial.windows.get(at).map(|tried| tried.train);
        let (ltv, shortfall_bp) = train.unwrap_or_default();
        Pair { ltv, shortfall_bp }
    };
    let choice = |(at, window): (usize, &Window)| {
        let trial = trials.get(*chosen.get(at)?)?;
        Some(Choice {
            train_from: time(window.train.0),
            unseen_from: time(window.unseen.0),
            unseen_to: time(window.unseen.1),
            margin: trial.margin,
            trained: trained(trial, at),
            own: trained(trials.first()?, at),
        })
    };
    windows.iter().enumerate().filter_map(choice).collect()
}

fn books(study: &Study, trials: &[Trial], chosen: &[usize]) -> Vec<BookReport> {
    let books = study.books.iter().enumerate();
    books
        .map(|(book, named)| {
            let of = |trial: usize, window: usize| {
                let tried = trials.get(trial)?.windows.get(window)?;
                tried.unseen.get(book)?.as_ref()
            };
            let picked = || {
                let windows = chosen.iter().enumerate();
                windows.filter_map(|(window, trial)| of(*trial, window))
            };
            let own = (0..chosen.len()).filter_map(|window| of(0, window));
            let days: Vec<bool> = picked().flat_map(|one| one.days.iter().copied()).collect();
            BookReport {
                book: named.name.clone(),
                openings: picked().map(|one| one.model.openings).sum(),
                chosen: pooled(picked(), |one| (one.model.ltv, one.model.shortfall_bp)),
                own: pooled(own, |one| (one.model.ltv, one.model.shortfall_bp)),
                fixed: pooled(picked(), |one| (one.fixed.ltv, one.fixed.shortfall_bp)),
                haircuts: pooled(picked(), |one| {
                    (one.haircuts.ltv, one.haircuts.shortfall_bp)
                }),
                days: coverage(&days, EXPECTED),
            }
        })
        .collect()
}

/// The mean over the openings of several windows.
fn pooled<'a>(windows: impl Iterator<Item = &'a Unseen>, of: fn(&Unseen) -> (f64, f64)) -> Pair {
    let (mut sum, mut count) = (Pair::default(), 0.0);
    for window in windows {
        let (openings, (ltv, missing)) = (window.model.openings as f64, of(window));
        sum.ltv += openings * ltv;
        sum.shortfall_bp += openings * missing;
        count += openings;
    }
    if count == 0.0 {
        return sum;
    }
    Pair {
        ltv: sum.ltv / count,
        shortfall_bp: sum.shortfall_bp / count,
    }
}

/// The mean of pairs; zero of none.
pub fn mean_of(pairs: &[Pair]) -> Pair {
    let count = pairs.len().max(1) as f64;
    let sum = |of: fn(&Pair) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    Pair {
        ltv: sum(|pair| pair.ltv),
        shortfall_bp: sum(|pair| pair.shortfall_bp),
    }
}

fn front(study: &Study, trials: &[Trial]) -> Vec<Point> {
    let points = trials.iter().map(|trial| {
        let books = (0..study.books.len()).map(|book| {
            let windows = trial.windows.iter();
            let seen = windows.filter_map(|tried| tried.unseen.get(book)?.as_ref());
            pooled(seen, |one| (one.model.ltv, one.model.shortfall_bp))
        });
        (trial.margin, mean_of(&books.collect::<Vec<_>>()))
    });
    let points: Vec<(Margin, Pair)> = points.collect();
    let beats = |one: &Pair, other: &Pair| {
        one.ltv >= other.ltv && one.shortfall_bp <= other.shortfall_bp && one != other
    };
    let mut front: Vec<Point> = points
        .iter()
        .map(|(margin, unseen)| Point {
            margin: *margin,
            unseen: *unseen,
            best: !points.iter().any(|(_, other)| beats(other, unseen)),
        })
        .collect();
    front.sort_by(|one, other| one.unseen.ltv.total_cmp(&other.unseen.ltv));
    front
}
