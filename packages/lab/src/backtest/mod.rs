//! The measured margin against what was: each hour a book is opened at the edge of its margin, and what prices did next says whether
//! the margin was enough. Beside it the same with static haircuts and with a fixed limit of the same mean, which knows the mean of the
//! whole window beforehand.

pub mod daily;
pub mod edge;
pub mod outcome;
pub mod random;
pub mod regime;
pub mod score;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::books::{Basket, Book, Study};
use crate::history::{Gaps, History};
use crate::measure::{tracks, Track};
use crate::parallel::each;
use crate::scenario::clock;
use crate::study::{StudyError, Watch};

use daily::{daily, Daily};
use edge::{Edge, Portfolio};
use outcome::{outcomes, Outcomes};
use random::{random, Drawn};
use regime::{regimes, Regime};
use score::{fixed, rise, score, Score};

/// Openings under which nothing is said about a book: thirty days.
const LEAST: usize = 720;
/// Halvings that find the scale of static haircuts.
const HALVINGS: usize = 50;

/// A finished backtest.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The first hour of prices.
    pub prices_from: String,
    /// Hours of prices.
    pub hours: usize,
    /// What is missing in them.
    pub gaps: Gaps,
    /// By how much governance's haircuts were multiplied, so that their mean limit over the books is the model's.
    pub haircut_scale: f64,
    /// The books.
    pub books: Vec<BookReport>,
    /// The sets of drawn books.
    pub random: Vec<Drawn>,
}

/// A book.
#[derive(Debug, Clone, Serialize)]
pub struct BookReport {
    /// Its name.
    pub book: String,
    /// Its basket.
    pub basket: String,
    /// The first hour it was opened in.
    pub from: String,
    /// The last.
    pub to: String,
    /// Hours in which it could not be judged.
    pub skipped: usize,
    /// The measured margin.
    pub model: Score,
    /// A fixed limit, the mean of the model's.
    pub fixed: Score,
    /// Static haircuts, on one scale for all books.
    pub haircuts: Score,
    /// The largest rise of the measured margin within 24 hours, in points of the collateral's value.
    pub rise_24h: f64,
    /// Days against their value at risk.
    pub daily: Daily,
    /// By calendar year.
    pub years: Vec<Slice>,
    /// By regime.
    pub regimes: Vec<Slice>,
}

/// Some openings of a book.
#[derive(Debug, Clone, Serialize)]
pub struct Slice {
    /// Which.
    pub label: String,
    /// The measured margin.
    pub model: Score,
    /// The fixed limit of the whole window.
    pub fixed: Score,
    /// Share of openings that lost more than the value at risk within a day; a hundredth is meant.
    pub var_breaches: f64,
}

/// A book's openings, outcomes and limits: all that scores are made of.
#[derive(Debug, Clone)]
pub struct Run {
    /// The portfolio.
    pub portfolio: Portfolio,
    /// What became of the openings.
    pub outcomes: Outcomes,
    /// For each opening, debt over collateral at the edge of the margin.
    pub limits: Vec<f64>,
    /// The same at the value at risk, without floors and stress.
    pub var_limits: Vec<f64>,
}

/// Judges every book of a study.
pub fn backtest(study: &Study, history: &History, watch: Watch<'_>) -> Result<Report, StudyError> {
    Ok(judge(study, history, watch)?.report)
}

/// A backtest with what it was made of.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What came of it.
    pub report: Report,
    /// Of each basket of the study, its measurements.
    pub tracks: Vec<Track>,
    /// Of each book of the study, its openings.
    pub runs: Vec<Run>,
}

/// Judges every book of a study, and keeps what is judged.
pub fn judge(study: &Study, history: &History, watch: Watch<'_>) -> Result<Judged, StudyError> {
    let bare = study.bare();
    let bare_tracks = tracks(&bare, history, watch)?;
    let tracks = tracks(study, history, watch)?;
    let done = AtomicUsize::new(0);
    let drawn: usize = study.random.iter().map(|random| random.count).sum();
    let whole = study.books.len() + drawn;
    let step = || watch(done.fetch_add(1, Ordering::Relaxed) + 1, whole);
    let runs = each(&study.books, |book| {
        let run = run((study, &tracks), (&bare, &bare_tracks), history, book);
        step();
        run
    })?;
    let scale = haircut_scale(study, &runs);
    let books = (&study.books, &runs);
    let report = Report {
        prices_from: clock(history.start),
        hours: history.hours(),
        gaps: history.gaps.clone(),
        haircut_scale: scale,
        books: each(books, |(book, run)| {
            report(study, history, &tracks, book, run, scale)
        })?,
        random: study
            .random
            .iter()
            .map(|set| random(study, history, &tracks, set, &step))
            .collect::<Result<_, _>>()?,
    };
    Ok(Judged {
        report,
        tracks,
        runs,
    })
}

/// The basket of a name and its measurements.
pub fn placed<'a>(
    study: &'a Study,
    tracks: &'a [Track],
    name: &str,
) -> Result<(&'a Basket, &'a Track), StudyError> {
    let at = study.basket(name);
    let found = at.and_then(|at| Some((study.baskets.get(at)?, tracks.get(at)?)));
    found.ok_or_else(|| StudyError::unknown("a book", name))
}

/// First and last hour that are judged.
pub fn judged(study: &Study, history: &History) -> (usize, usize) {
    let (from, to) = study.judged();
    (history.hour_of(from), history.hour_of(to.saturating_add(1)))
}

/// A study and the measurements of its baskets.
pub type Measured<'a> = (&'a Study, &'a [Track]);

/// A book's portfolio, and what became of it opened in every judged hour.
pub fn opened(
    (study, tracks): Measured<'_>,
    history: &History,
    book: &Book,
) -> Result<(Portfolio, Outcomes), StudyError> {
    let (basket, track) = placed(study, tracks, &book.basket)?;
    let portfolio = Portfolio::new(book, basket);
    let (from, to) = judged(study, history);
    let outcomes = outcomes(history, track, &portfolio, (from, to, 1));
    if outcomes.hours.len() < LEAST {
        return Err(StudyError::TooShort {
            book: book.name.clone(),
            hours: outcomes.hours.len(),
            least: LEAST,
        });
    }
    Ok((portfolio, outcomes))
}

/// Opens a book in every hour, at the margin under floors and stress and at the value at risk without them: both are governance's
/// caution, and the tests judge what is measured.
pub fn run(
    (study, tracks): Measured<'_>,
    (bare, bare_tracks): Measured<'_>,
    history: &History,
    book: &Book,
) -> Result<Run, StudyError> {
    let (portfolio, outcomes) = opened((study, tracks), history, book)?;
    let (basket, track) = placed(study, tracks, &book.basket)?;
    let (bare_basket, bare_track) = placed(bare, bare_tracks, &book.basket)?;
    let margin = &study.margin;
    let kappa = margin.kappa(margin.z);
    let edge = Edge::new(track, &portfolio, (kappa, basket.stress), true);
    let kappa = margin.kappa(margin.var_z);
    let var = Edge::new(bare_track, &portfolio, (kappa, bare_basket.stress), false);
    let (limits, var_limits) = (limits(&edge, &outcomes)?, limits(&var, &outcomes)?);
    Ok(Run {
        portfolio,
        outcomes,
        limits,
        var_limits,
    })
}

/// The limit of each opening; the search begins at the one before.
pub fn limits(edge: &Edge<'_>, outcomes: &Outcomes) -> Result<Vec<f64>, StudyError> {
    let mut guess = 0.8;
    let hours = outcomes.hours.iter();
    hours
        .map(|hour| {
            guess = edge.ltv(*hour, guess)?;
            Ok(guess)
        })
        .collect()
}

/// What static haircuts lend on a portfolio when all are multiplied by `scale`.
pub fn haircut_limit(study: &Study, basket: &Basket, portfolio: &Portfolio, scale: f64) -> f64 {
    let haircut = |name: &String| study.asset(name).map_or(0.0, |asset| asset.haircut);
    let shares = portfolio.shares.iter();
    let held =
        shares.filter_map(|(leg, share)| Some(share * haircut(basket.collaterals.get(*leg)?)));
    let held: f64 = held.sum();
    ((1.0 - scale * held) / (1.0 + scale * haircut(&basket.debt))).max(0.0)
}

/// The scale at which haircuts lend as much as the model, in the mean over the books.
fn haircut_scale(study: &Study, runs: &[Run]) -> f64 {
    let books = || study.books.iter().zip(runs);
    let wanted: f64 = runs.iter().map(|run| fixed(&run.limits)).sum();
    let lent = |scale: f64| -> f64 {
        let limits = books().filter_map(|(book, run)| {
            let basket = study.baskets.get(study.basket(&book.basket)?)?;
            Some(haircut_limit(study, basket, &run.portfolio, scale))
        });
        limits.sum()
    };
    scale_that_lends(&lent, wanted)
}

/// The scale of haircuts under which `lent` is `wanted`; the larger the scale, the less is lent.
pub fn scale_that_lends(lent: &dyn Fn(f64) -> f64, wanted: f64) -> f64 {
    let (mut low, mut high) = (0.0, 10.0);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        match lent(middle) > wanted {
            true => low = middle,
            false => high = middle,
        }
    }
    (low + high) / 2.0
}

fn report(
    study: &Study,
    history: &History,
    tracks: &[Track],
    book: &Book,
    run: &Run,
    scale: f64,
) -> Result<BookReport, StudyError> {
    let (basket, track) = placed(study, tracks, &book.basket)?;
    let (outcomes, limits) = (&run.outcomes, &run.limits);
    let haircut = haircut_limit(study, basket, &run.portfolio, scale);
    let fixed = fixed(limits);
    let all = |_: usize| true;
    let time = |hour: Option<&usize>| clock(hour.map_or(0, |hour| history.time(*hour)));
    let regimes = regimes(history, track, &run.portfolio, outcomes);
    let year = |at: usize| {
        time(outcomes.hours.get(at))
            .chars()
            .take(4)
            .collect::<String>()
    };
    let years: Vec<String> = (0..outcomes.hours.len()).map(year).collect();
    let mut labels = years.clone();
    labels.dedup();
    let slice = |label: &str, chosen: &dyn Fn(usize) -> bool| slice(run, fixed, label, chosen);
    Ok(BookReport {
        book: book.name.clone(),
        basket: book.basket.clone(),
        from: time(outcomes.hours.first()),
        to: time(outcomes.hours.last()),
        skipped: outcomes.skipped,
        model: score(outcomes, &|at| limits[at], &all),
        fixed: score(outcomes, &|_| fixed, &all),
        haircuts: score(outcomes, &|_| haircut, &all),
        rise_24h: rise(outcomes, limits),
        daily: daily(history, track, &run.portfolio, outcomes, &run.var_limits),
        years: labels
            .iter()
            .map(|label| slice(label, &|at| years[at] == *label))
            .collect(),
        regimes: Regime::ALL
            .iter()
            .map(|regime| slice(regime.name(), &|at| regimes[at] == *regime))
            .collect(),
    })
}

fn slice(run: &Run, fixed: f64, label: &str, chosen: &dyn Fn(usize) -> bool) -> Slice {
    let (outcomes, limits) = (&run.outcomes, &run.limits);
    let openings = (0..limits.len()).filter(|at| chosen(*at));
    let passed = openings
        .filter(|at| outcomes.end[*at] < run.var_limits[*at])
        .count();
    let model = score(outcomes, &|at| limits[at], chosen);
    Slice {
        label: label.into(),
        var_breaches: passed as f64 / model.openings.max(1) as f64,
        model,
        fixed: score(outcomes, &|_| fixed, chosen),
    }
}
