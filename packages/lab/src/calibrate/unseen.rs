//! The unseen openings: under what their window chose, under the study's own figures, under fixed limits and under static haircuts.

use serde::Serialize;

use crate::backtest::daily::EXPECTED;
use crate::backtest::edge::Edge;
use crate::backtest::outcome::OWN;
use crate::backtest::regime::Regime;
use crate::backtest::score::shortfall;
use crate::backtest::{haircut_limit, placed, scale_that_lends};
use crate::books::{Basket, Margin, Study};
use crate::history::{History, HOUR};
use crate::measure::tracks;
use crate::parallel::each;
use crate::stats::{mean, upper_quantile};
use crate::study::StudyError;

use super::search::{Window, LEAST};
use super::trial::{edges, with, Opened};
use super::{mean_of, Pair};

/// Openings that training needs to say how many deviations a basket's value at risk is: half a year.
const RIPE: usize = 4_320;
/// Rules that are compared.
pub const RULES: usize = 5;

/// Five rules on the same openings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Compared {
    /// Each window under the figures that its training chose.
    pub chosen: Pair,
    /// The study's own figures.
    pub own: Pair,
    /// A fixed limit in each window, of the mean of the chosen in it.
    pub fixed: Pair,
    /// One fixed limit over all unseen windows, of the mean of the chosen.
    pub steady: Pair,
    /// Static haircuts that lend as much as the chosen in each window, in the mean over the books.
    pub haircuts: Pair,
}

impl Compared {
    /// The mean of each rule; zeros of none.
    pub fn mean(many: &[Self]) -> Self {
        let of = |rule: fn(&Self) -> Pair| mean_of(&many.iter().map(rule).collect::<Vec<_>>());
        Self {
            chosen: of(|rules| rules.chosen),
            own: of(|rules| rules.own),
            fixed: of(|rules| rules.fixed),
            steady: of(|rules| rules.steady),
            haircuts: of(|rules| rules.haircuts),
        }
    }
}

impl From<[Pair; RULES]> for Compared {
    fn from([chosen, own, fixed, steady, haircuts]: [Pair; RULES]) -> Self {
        Self {
            chosen,
            own,
            fixed,
            steady,
            haircuts,
        }
    }
}

/// An opening in an unseen window.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its hour.
    pub hour: usize,
    /// The lowest value of its collateral within a day, in units of what is owed.
    pub low: f64,
    /// The limit of each rule, in the order of [`Compared`].
    pub limits: [f64; RULES],
    /// When it was opened.
    pub regime: Regime,
    /// At midnight: whether the day lost more than its value at risk.
    pub day: Option<bool>,
}

impl Row {
    /// What is missing under each rule, in hundredths of a percent of the debt.
    pub fn missing(&self) -> [f64; RULES] {
        self.limits
            .map(|limit| 10_000.0 * shortfall(self.low, limit))
    }
}

/// A book's unseen openings.
#[derive(Debug, Clone, Default)]
pub struct Unseen {
    /// Openings in the order of time.
    pub rows: Vec<Row>,
    /// By window, the deviations of its value at risk.
    pub deviations: Vec<f64>,
}

/// The mean over openings, and how many they are.
pub fn compared<'a>(rows: impl Iterator<Item = &'a Row>) -> (usize, Compared) {
    let (mut count, mut sums) = (0usize, [Pair::default(); RULES]);
    for row in rows {
        count += 1;
        for ((sum, limit), missing) in sums.iter_mut().zip(row.limits).zip(row.missing()) {
            sum.ltv += limit;
            sum.shortfall_bp += missing;
        }
    }
    let whole = count.max(1) as f64;
    (count, sums.map(|sum| sum.over(whole)).into())
}

/// Every book's unseen openings. `chosen` has a set of figures a window.
pub fn unseen(
    (study, history): (&Study, &History),
    books: &[Opened],
    windows: &[Window],
    (own, chosen): (Margin, &[Margin]),
) -> Result<Vec<Unseen>, StudyError> {
    let mut margins = vec![own];
    for margin in chosen {
        if !margins.contains(margin) {
            margins.push(*margin);
        }
    }
    let measured = each(&margins, |margin| {
        Measured::new(study, history, books, *margin)
    })?;
    let of = |margin: &Margin| {
        let at = margins.iter().position(|one| one == margin);
        measured.get(at.unwrap_or(0))
    };
    let mut found = vec![Unseen::default(); books.len()];
    if let Some(own) = measured.first() {
        for (window, chosen) in windows.iter().zip(chosen.iter().filter_map(of)) {
            let judge = Judge {
                study,
                history,
                books,
                own,
                chosen,
                window,
            };
            judge.add(&mut found);
        }
    }
    found.iter_mut().for_each(steady);
    Ok(found)
}

/// The limit that is the same in all windows.
fn steady(unseen: &mut Unseen) {
    let limit = mean(unseen.rows.iter().map(|row| row.limits[0]));
    for row in &mut unseen.rows {
        row.limits[3] = limit;
    }
}

/// By book and opening, what a set of figures says.
struct Measured {
    /// Debt over collateral at the edge of the margin.
    limits: Vec<Vec<f64>>,
    /// What the day after the opening lost, in deviations as measured: without floors and without stressed correlations.
    lost: Vec<Vec<f64>>,
}

impl Measured {
    fn new(
        study: &Study,
        history: &History,
        books: &[Opened],
        margin: Margin,
    ) -> Result<Self, StudyError> {
        let study = with(study, margin);
        let bare = study.bare();
        let tracks = tracks(&bare, history, &|_, _| {})?;
        let lost = study.books.iter().zip(books).map(|(book, opened)| {
            let (basket, track) = placed(&bare, &tracks, &book.basket)?;
            let deviation = (margin.kappa(1.0), basket.stress);
            let edge = Edge::new(track, &opened.portfolio, deviation, false);
            let openings = opened.outcomes.hours.iter().zip(&opened.outcomes.end);
            // A debt of what the collateral is worth after the day is passed by a margin of just so many deviations.
            let lost = openings.map(|(hour, end)| Ok((1.0 - end) / edge.margin(*hour, *end)?));
            lost.collect::<Result<_, _>>()
        });
        Ok(Self {
            lost: lost.collect::<Result<_, StudyError>>()?,
            limits: edges(&study, history, books)?,
        })
    }
}

/// A window to be judged.
struct Judge<'a> {
    study: &'a Study,
    history: &'a History,
    books: &'a [Opened],
    own: &'a Measured,
    chosen: &'a Measured,
    window: &'a Window,
}

impl Judge<'_> {
    /// Adds the window's openings to every book that has enough of them.
    fn add(&self, found: &mut [Unseen]) {
        let means: Vec<Option<f64>> = (0..self.books.len()).map(|book| self.mean(book)).collect();
        let scale = self.scale(&means);
        for (book, (unseen, mean)) in found.iter_mut().zip(means).enumerate() {
            let (Some(fixed), Some(basket)) = (mean, self.basket(book)) else {
                continue;
            };
            let z = self.deviations(book);
            let portfolio = &self.books[book].portfolio;
            let haircut = haircut_limit(self.study, basket, portfolio, scale);
            unseen.rows.extend(self.rows(book, (fixed, haircut), z));
            unseen.deviations.push(z);
        }
    }

    fn basket(&self, book: usize) -> Option<&Basket> {
        let name = &self.study.books.get(book)?.basket;
        self.study.baskets.get(self.study.basket(name)?)
    }

    /// Places of a book's openings in the window.
    fn here(&self, book: usize) -> impl Iterator<Item = usize> + '_ {
        let hours = self.books[book].outcomes.hours.iter().enumerate();
        let here = hours.filter(|(_, hour)| self.window.tests(**hour));
        here.map(|(at, _)| at)
    }

    /// The mean limit of a book; `None` where it was seldom opened.
    fn mean(&self, book: usize) -> Option<f64> {
        let limits = &self.chosen.limits[book];
        let many = self.here(book).count() >= LEAST;
        many.then(|| mean(self.here(book).map(|at| limits[at])))
    }

    /// The scale at which haircuts lend as much, in the mean over the books that count.
    fn scale(&self, means: &[Option<f64>]) -> f64 {
        let counted = || (0..means.len()).filter(|book| means[*book].is_some());
        let lent = |scale: f64| {
            mean(counted().filter_map(|book| {
                let portfolio = &self.books[book].portfolio;
                Some(haircut_limit(
                    self.study,
                    self.basket(book)?,
                    portfolio,
                    scale,
                ))
            }))
        };
        scale_that_lends(&lent, mean(means.iter().copied().flatten()))
    }

    /// How many deviations the value at risk of a book's basket is: passed by one opening in a hundred that trains, over the basket's
    /// books; the study's own where few train.
    fn deviations(&self, book: usize) -> f64 {
        let basket = &self.study.books[book].basket;
        let mut lost = Vec::new();
        for (other, named) in self.study.books.iter().enumerate() {
            if named.basket == *basket {
                let hours = self.books[other].outcomes.hours.iter();
                let days = hours.zip(&self.chosen.lost[other]);
                let trains = days.filter(|(hour, _)| self.window.trains(**hour));
                lost.extend(trains.map(|(_, lost)| *lost));
            }
        }
        if lost.len() < RIPE {
            return self.study.margin.var_z;
        }
        upper_quantile(&mut lost, EXPECTED)
    }

    fn rows(&self, book: usize, (fixed, haircut): (f64, f64), z: f64) -> Vec<Row> {
        let Opened {
            outcomes, regimes, ..
        } = &self.books[book];
        let (own, chosen) = (&self.own.limits[book], &self.chosen.limits[book]);
        let lost = &self.chosen.lost[book];
        let midnight = |hour: usize| (self.history.time(hour) / HOUR).is_multiple_of(24);
        let row = |at: usize| {
            let hour = outcomes.hours[at];
            Row {
                hour,
                low: outcomes.worst[at][OWN],
                limits: [chosen[at], own[at], fixed, fixed, haircut],
                regime: regimes[at],
                day: midnight(hour).then(|| lost[at] > z),
            }
        };
        self.here(book).map(row).collect()
    }
}
