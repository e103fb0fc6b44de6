//! Searches the margin's figures on windows of history and tells how they did on later ones that the search never saw, beside the study's
//! own figures, fixed limits and static haircuts that lend as much.

pub mod choice;
pub mod crashes;
pub mod search;
pub mod shards;
pub mod trial;
pub mod unseen;

use std::ops::Range;

use serde::Serialize;

use crate::backtest::daily::EXPECTED;
use crate::backtest::regime::Regime;
use crate::books::{Margin, Study};
use crate::history::History;
use crate::parallel::each;
use crate::scenario::clock;
use crate::stats::backtests::{coverage, Coverage};
use crate::study::{counted, StudyError, Watch};

use choice::{choices, choose, Choice};
use crashes::{crashes, Crash};
use search::{Search, Window, LEAST};
use trial::{open, Opened, Trial};
use unseen::{compared, unseen, Compared, Unseen};

/// A finished calibration.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How many sets of figures were tried.
    pub tried: usize,
    /// What each training window chose.
    pub choices: Vec<Choice>,
    /// By unseen window.
    pub windows: Vec<WindowReport>,
    /// By book, over all unseen windows.
    pub books: Vec<BookReport>,
    /// By regime, over all unseen openings of all books.
    pub regimes: Vec<RegimeReport>,
    /// The crashes that the figures come from.
    pub crashes: Vec<Crash>,
    /// Every set of figures over all unseen windows, those that lend the least first. The search sees none of it.
    pub front: Vec<Point>,
}

/// How much is lent, and what is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Pair {
    /// Mean debt over collateral.
    pub ltv: f64,
    /// Mean shortfall in hundredths of a percent of the debt.
    pub shortfall_bp: f64,
}

impl Pair {
    /// Both, divided.
    fn over(self, count: f64) -> Self {
        Self {
            ltv: self.ltv / count,
            shortfall_bp: self.shortfall_bp / count,
        }
    }
}

/// A book over all unseen windows.
#[derive(Debug, Clone, Serialize)]
pub struct BookReport {
    /// Its name.
    pub book: String,
    /// Unseen openings.
    pub openings: usize,
    /// The rules.
    #[serde(flatten)]
    pub rules: Compared,
    /// By window, the deviations of its basket's value at risk, set by training.
    pub deviations: Vec<f64>,
    /// Days against that value at risk.
    pub days: Coverage,
}

/// An unseen window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowReport {
    /// Its first hour.
    pub from: String,
    /// Its end.
    pub to: String,
    /// The rules, in the mean over the books that were often opened in it.
    #[serde(flatten)]
    pub rules: Compared,
}

/// A regime over all unseen openings.
#[derive(Debug, Clone, Serialize)]
pub struct RegimeReport {
    /// Which.
    pub regime: Regime,
    /// Unseen openings of all books.
    pub openings: usize,
    /// The rules, in the mean over these openings.
    #[serde(flatten)]
    pub rules: Compared,
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

/// What is calibrated: a study, what is searched, and prices.
pub type Given<'a> = (&'a Study, &'a Search, &'a History);

/// Searches, and judges what was found.
pub fn calibrate(given: Given<'_>, watch: Watch<'_>) -> Result<Report, StudyError> {
    let setting = Setting::new(given)?;
    let all = 0..setting.candidates.len();
    let trials = setting.trials(all, watch)?;
    setting.report(&trials)
}

/// What every set of figures is tried on.
struct Setting<'a> {
    study: Study,
    history: &'a History,
    windows: Vec<Window>,
    candidates: Vec<Margin>,
    opened: Vec<Opened>,
}

impl<'a> Setting<'a> {
    fn new((study, search, history): Given<'a>) -> Result<Self, StudyError> {
        let windows = search.windows(study, history)?;
        let candidates = search.candidates(study.margin)?;
        let study = study.books_only();
        Ok(Self {
            opened: open(&study, history)?,
            study,
            history,
            windows,
            candidates,
        })
    }

    /// Tries some of the sets.
    fn trials(&self, sets: Range<usize>, watch: Watch<'_>) -> Result<Vec<Trial>, StudyError> {
        let candidates = self.candidates.get(sets).unwrap_or_default();
        let step = counted(watch, candidates.len());
        each(candidates, |margin| {
            let (study, history) = (&self.study, self.history);
            let trial = Trial::new(study, history, &self.opened, &self.windows, *margin);
            step();
            trial
        })
    }

    /// What came of all sets.
    fn report(&self, trials: &[Trial]) -> Result<Report, StudyError> {
        let (study, history, windows) = (&self.study, self.history, &self.windows);
        let chosen = choose(trials, windows.len());
        let figures = chosen.iter().filter_map(|at| self.candidates.get(*at));
        let figures: Vec<Margin> = figures.copied().collect();
        let whole = (study, history);
        let unseen = unseen(whole, &self.opened, windows, (study.margin, &figures))?;
        Ok(Report {
            tried: trials.len(),
            choices: choices(history, windows, trials, &chosen),
            windows: windows
                .iter()
                .map(|window| seen(history, window, &unseen))
                .collect(),
            books: books(study, &unseen),
            regimes: regimes(&unseen),
            crashes: crashes(history, &unseen),
            front: front(study, trials),
        })
    }
}

fn seen(history: &History, window: &Window, unseen: &[Unseen]) -> WindowReport {
    let books = unseen.iter().filter_map(|book| {
        let here = book.rows.iter().filter(|row| window.tests(row.hour));
        let (openings, rules) = compared(here);
        (openings > 0).then_some(rules)
    });
    let time = |hour| clock(history.time(hour));
    WindowReport {
        from: time(window.unseen.0),
        to: time(window.unseen.1),
        rules: Compared::mean(&books.collect::<Vec<_>>()),
    }
}

fn books(study: &Study, unseen: &[Unseen]) -> Vec<BookReport> {
    let books = study.books.iter().zip(unseen);
    books
        .map(|(book, unseen)| {
            let (openings, rules) = compared(unseen.rows.iter());
            let days = unseen.rows.iter().filter_map(|row| row.day);
            BookReport {
                book: book.name.clone(),
                openings,
                rules,
                deviations: unseen.deviations.clone(),
                days: coverage(&days.collect::<Vec<bool>>(), EXPECTED),
            }
        })
        .collect()
}

fn regimes(unseen: &[Unseen]) -> Vec<RegimeReport> {
    let of = |regime: Regime| {
        let rows = unseen.iter().flat_map(|unseen| &unseen.rows);
        let (openings, rules) = compared(rows.filter(|row| row.regime == regime));
        RegimeReport {
            regime,
            openings,
            rules,
        }
    };
    Regime::ALL.into_iter().map(of).collect()
}

/// The mean of pairs; zero of none.
pub fn mean_of(pairs: &[Pair]) -> Pair {
    let sum = pairs.iter().fold(Pair::default(), |sum, pair| Pair {
        ltv: sum.ltv + pair.ltv,
        shortfall_bp: sum.shortfall_bp + pair.shortfall_bp,
    });
    sum.over(pairs.len().max(1) as f64)
}

/// A set of figures over all unseen windows: a book's mean is over its openings in windows that it was often opened in, and all books
/// count alike.
fn point(study: &Study, trial: &Trial) -> Pair {
    let books = (0..study.books.len()).filter_map(|book| {
        let windows = trial.windows.iter();
        let seen = windows.filter_map(|books| books.get(book));
        let seen = seen.filter(|tried| tried.openings >= LEAST);
        let (count, sum) = seen.fold((0usize, Pair::default()), |(count, sum), tried| {
            let weight = tried.openings as f64;
            let sum = Pair {
                ltv: sum.ltv + weight * tried.unseen.ltv,
                shortfall_bp: sum.shortfall_bp + weight * tried.unseen.shortfall_bp,
            };
            (count + tried.openings, sum)
        });
        (count > 0).then(|| sum.over(count as f64))
    });
    mean_of(&books.collect::<Vec<_>>())
}

fn front(study: &Study, trials: &[Trial]) -> Vec<Point> {
    let points = trials.iter();
    let points = points.map(|trial| (trial.margin, point(study, trial)));
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
