//! One set of figures over all windows: what training sees of it, and how it did where the search did not look.

use crate::backtest::outcome::Outcomes;
use crate::backtest::score::{fixed, score, Score};
use crate::backtest::{haircut_limit, run, scale_that_lends, Run};
use crate::books::{Margin, Study};
use crate::history::{History, HOUR};
use crate::measure::tracks;
use crate::stats::mean;
use crate::study::StudyError;

use super::search::Window;

/// Openings under which a book does not count in a window: thirty days.
const LEAST: usize = 720;

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
    /// Mean LTV and shortfall over the books that training has seen enough of.
    pub train: (f64, f64),
    /// By book, where the search did not look; `None` where it was seldom opened.
    pub unseen: Vec<Option<Unseen>>,
}

/// A book in an unseen window.
#[derive(Debug, Clone)]
pub struct Unseen {
    /// The measured margin.
    pub model: Score,
    /// A fixed limit of the same mean in this window, which no one could have known.
    pub fixed: Score,
    /// Static haircuts that lend as much in this window, in the mean over the books.
    pub haircuts: Score,
    /// Days, and whether each lost more than its value at risk.
    pub days: Vec<bool>,
}

impl Trial {
    /// Measures and opens every book under these figures.
    pub fn new(
        study: &Study,
        history: &History,
        windows: &[Window],
        margin: Margin,
    ) -> Result<Self, StudyError> {
        let mut study = study.clone();
        study.margin = margin;
        let bare = study.bare();
        study.baskets = bare.baskets.clone();
        let silent = |_: usize, _: usize| {};
        let (with, without) = (
            tracks(&study, history, &silent)?,
            tracks(&bare, history, &silent)?,
        );
        let runs = study
            .books
            .iter()
            .map(|book| run((&study, &with), (&bare, &without), history, book));
        let runs: Vec<Run> = runs.collect::<Result<_, _>>()?;
        let windows = windows.iter();
        Ok(Self {
            margin,
            windows: windows
                .map(|window| tried(&study, history, &runs, window))
                .collect(),
        })
    }
}

fn tried(study: &Study, history: &History, runs: &[Run], window: &Window) -> Tried {
    let train = runs.iter().map(|run| of(run, &|hour| window.trains(hour)));
    let train: Vec<Score> = train.filter(|score| score.openings >= LEAST).collect();
    let scale = scale(study, runs, window);
    let unseen = study.books.iter().zip(runs).map(|(book, run)| {
        let basket = study.baskets.get(study.basket(&book.basket)?)?;
        let haircut = haircut_limit(study, basket, &run.portfolio, scale);
        unseen(history, run, window, haircut)
    });
    Tried {
        train: (
            mean(train.iter().map(|score| score.ltv)),
            mean(train.iter().map(|score| score.shortfall_bp)),
        ),
        unseen: unseen.collect(),
    }
}

fn of(run: &Run, chosen: &dyn Fn(usize) -> bool) -> Score {
    let (outcomes, limits) = (&run.outcomes, &run.limits);
    score(outcomes, &|at| limits[at], &|at| chosen(outcomes.hours[at]))
}

fn unseen(history: &History, run: &Run, window: &Window, haircut: f64) -> Option<Unseen> {
    let outcomes = &run.outcomes;
    let here = |at: usize| window.tests(outcomes.hours[at]);
    let model = score(outcomes, &|at| run.limits[at], &here);
    if model.openings < LEAST {
        return None;
    }
    Some(Unseen {
        fixed: score(outcomes, &|_| model.ltv, &here),
        haircuts: score(outcomes, &|_| haircut, &here),
        days: days(history, outcomes, run, window),
        model,
    })
}

/// Days from midnight to midnight UTC.
fn days(history: &History, outcomes: &Outcomes, run: &Run, window: &Window) -> Vec<bool> {
    let midnight = |hour: usize| (history.time(hour) / HOUR).is_multiple_of(24);
    let hours = outcomes.hours.iter().enumerate();
    let days = hours.filter(|(_, hour)| window.tests(**hour) && midnight(**hour));
    days.map(|(at, _)| outcomes.end[at] < run.var_limits[at])
        .collect()
}

/// The scale at which haircuts lend as much as the model in the unseen window, in the mean over the books that count.
fn scale(study: &Study, runs: &[Run], window: &Window) -> f64 {
    let mut wanted = Vec::new();
    let mut counted = Vec::new();
    for (book, run) in study.books.iter().zip(runs) {
        let hours = run.outcomes.hours.iter().zip(&run.limits);
        let limits = hours.filter(|(hour, _)| window.tests(**hour));
        let limits: Vec<f64> = limits.map(|(_, limit)| *limit).collect();
        let basket = study
            .basket(&book.basket)
            .and_then(|at| study.baskets.get(at));
        if let (Some(basket), true) = (basket, limits.len() >= LEAST) {
            wanted.push(fixed(&limits));
            counted.push((basket, &run.portfolio));
        }
    }
    let lent = |scale: f64| {
        let limits = counted.iter();
        mean(limits.map(|(basket, portfolio)| haircut_limit(study, basket, portfolio, scale)))
    };
    scale_that_lends(&lent, mean(wanted.into_iter()))
}
