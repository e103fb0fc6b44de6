//! What is searched, and over which windows.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::backtest::judged;
use crate::books::{Margin, Study, LONGEST};
use crate::history::History;
use crate::study::{figure, text, StudyError};

/// Most combinations that are tried.
const MOST: usize = 10_000;
/// Hours under which the last window is left out, and openings under which a book does not count in one: thirty days.
pub const LEAST: usize = 720;

/// A search: each list is tried with each of the others. An empty list leaves the study's own figure.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// Days of a training window.
    pub train_days: usize,
    /// Days of the unseen window after it.
    pub unseen_days: usize,
    /// Standard deviations over the horizon.
    pub z: Vec<f64>,
    /// κ·floor as a share of a static haircut.
    pub floor_share: Vec<f64>,
    /// Memory of the fast variance, in hours.
    pub fast_hours: Vec<u32>,
    /// Memory of the covariances, in hours.
    pub slow_hours: Vec<u32>,
    /// Largest rise of σ an hour.
    pub step_up: Vec<f64>,
    /// Largest fall of σ an hour.
    pub step_down: Vec<f64>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            train_days: 730,
            unseen_days: 182,
            z: vec![4.0, 4.25, 4.5, 4.75, 5.0, 5.25],
            floor_share: vec![0.8, 0.9],
            fast_hours: vec![12, 24],
            slow_hours: vec![4_320, 8_760],
            // What stands against pumped volatility is not for a history without attackers to loosen.
            step_up: Vec::new(),
            step_down: vec![0.0025, 0.01, 0.02],
        }
    }
}

/// A training window and the unseen one after it, as hours from and before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Hours that train.
    pub train: (usize, usize),
    /// Hours that the search never sees.
    pub unseen: (usize, usize),
}

impl Window {
    /// Whether an opening trains: all that became of it is known before the unseen window begins.
    pub fn trains(&self, hour: usize) -> bool {
        (self.train.0..self.train.1.saturating_sub(LONGEST)).contains(&hour)
    }

    /// Whether an opening is unseen.
    pub fn tests(&self, hour: usize) -> bool {
        (self.unseen.0..self.unseen.1).contains(&hour)
    }
}

impl Search {
    /// Reads and checks a search.
    pub fn parse(text: &str) -> Result<Self, StudyError> {
        let search: Self = toml::from_str(text)?;
        figure("train_days", search.train_days as f64, (60.0, 10_000.0))?;
        figure("unseen_days", search.unseen_days as f64, (30.0, 10_000.0))?;
        Ok(search)
    }

    /// Reads a file and checks it.
    pub fn from_file(path: &Path) -> Result<Self, StudyError> {
        Self::parse(&text(path)?)
    }

    /// The figures that are tried, the study's own first.
    pub fn candidates(&self, own: Margin) -> Result<Vec<Margin>, StudyError> {
        let mut tried = vec![own];
        let counts = [
            self.z.len(),
            self.floor_share.len(),
            self.fast_hours.len(),
            self.slow_hours.len(),
            self.step_up.len(),
            self.step_down.len(),
        ];
        let count = counts
            .iter()
            .fold(1usize, |all, one| all.saturating_mul((*one).max(1)));
        figure("combinations", count as f64, (1.0, MOST as f64))?;
        spread(&mut tried, &self.z, |margin, z| margin.z = z);
        spread(&mut tried, &self.floor_share, |margin, share| {
            margin.floor_share = share
        });
        spread(&mut tried, &self.fast_hours, |margin, hours| {
            margin.fast_hours = hours
        });
        spread(&mut tried, &self.slow_hours, |margin, hours| {
            margin.slow_hours = hours
        });
        spread(&mut tried, &self.step_up, |margin, step| {
            margin.step_up = step
        });
        spread(&mut tried, &self.step_down, |margin, step| {
            margin.step_down = step
        });
        tried.retain(|margin| *margin != own);
        tried.insert(0, own);
        tried.iter().try_for_each(Margin::check)?;
        Ok(tried)
    }

    /// Windows from the first judged hour on, each an unseen window later than the one before.
    pub fn windows(&self, study: &Study, history: &History) -> Result<Vec<Window>, StudyError> {
        let (from, to) = judged(study, history);
        let last = to.min(history.hours().saturating_sub(LONGEST));
        let (train, unseen) = (self.train_days * 24, self.unseen_days * 24);
        let starts = (from..).step_by(unseen);
        let windows = starts.map(|start| {
            let middle = start + train;
            Window {
                train: (start, middle),
                unseen: (middle, (middle + unseen).min(last)),
            }
        });
        let windows: Vec<Window> = windows
            .take_while(|window| window.unseen.0 + LEAST <= last)
            .collect();
        figure("windows", windows.len() as f64, (1.0, 1_000.0))?;
        Ok(windows)
    }
}

/// Every figure with everything that is there.
fn spread<T: Copy>(tried: &mut Vec<Margin>, figures: &[T], set: fn(&mut Margin, T)) {
    if figures.is_empty() {
        return;
    }
    let with = tried.iter().flat_map(|margin| {
        figures.iter().map(|figure| {
            let mut margin = *margin;
            set(&mut margin, *figure);
            margin
        })
    });
    *tried = with.collect();
}
