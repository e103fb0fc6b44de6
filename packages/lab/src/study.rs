//! What can go wrong in a study of history, each cause with its numbers.

use std::sync::atomic::{AtomicUsize, Ordering};

use thiserror::Error;
use wicker_math::MathError;

use crate::error::LabError;
use crate::shards::ShardError;

/// Why a study could not be made.
#[derive(Debug, Error)]
pub enum StudyError {
    /// Prices cannot be read.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// Shards of a sweep do not fit.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// A file is not what the format allows.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A file of the contract's words is not in its form.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// A row does not stand on an hour.
    #[error("time {time} is not a whole hour: {over} seconds over; prices must be hourly")]
    OffGrid {
        /// The row's time.
        time: u64,
        /// Seconds after the hour.
        over: u64,
    },
    /// More hours than anything here is made for.
    #[error("{hours} hours from {from} to {to} are more than {most}")]
    TooLong {
        /// Hours of the window.
        hours: u64,
        /// Its start, in seconds since 1970.
        from: u64,
        /// Its end.
        to: u64,
        /// The most.
        most: u64,
    },
    /// Something is named that is not defined.
    #[error("{what} names {name}, which is not defined")]
    Unknown {
        /// Who names it.
        what: String,
        /// What is missing.
        name: String,
    },
    /// Something is defined twice.
    #[error("{0} is defined twice")]
    Twice(String),
    /// A figure is outside its range.
    #[error("{what} {value} is outside {min} to {max}")]
    Figure {
        /// Which.
        what: String,
        /// Its value.
        value: f64,
        /// Least.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// A book has too few hours to say anything about.
    #[error("book {book}: {hours} hours can be judged, {least} are needed")]
    TooShort {
        /// The book.
        book: String,
        /// Hours with prices and a whole horizon after them.
        hours: usize,
        /// The least.
        least: usize,
    },
    /// The cone solver refuses a programme.
    #[error("the cone solver: {0}")]
    Solver(String),
    /// A moment is asked for of which there are no prices.
    #[error("no prices at {at}; they are from {from} to {to}")]
    Outside {
        /// The moment, in seconds since 1970.
        at: u64,
        /// The first hour of prices.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The engine cannot hold a figure.
    #[error("the engine: {0}")]
    Engine(#[from] MathError),
}

impl StudyError {
    /// What `what` names is not defined.
    pub fn unknown(what: &str, name: &str) -> Self {
        Self::Unknown {
            what: what.into(),
            name: name.into(),
        }
    }
}

/// The text of a file.
pub fn text(path: &std::path::Path) -> Result<String, LabError> {
    std::fs::read_to_string(path).map_err(|why| LabError::File {
        path: path.display().to_string(),
        why,
    })
}

/// Errors when a name stands twice.
pub fn unique<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Result<(), StudyError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(StudyError::Twice(format!("{what} {name}")));
        }
    }
    Ok(())
}

/// Errors when `value` is outside `range`, or not a number.
pub fn figure(what: &str, value: f64, range: (f64, f64)) -> Result<(), StudyError> {
    let (min, max) = range;
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(StudyError::Figure {
        what: what.into(),
        value,
        min,
        max,
    })
}

/// How far long work has come: steps done and steps in all. Called from any thread.
pub type Watch<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Counts steps of so many for whoever watches.
pub fn counted(watch: Watch<'_>, whole: usize) -> impl Fn() + Sync + '_ {
    let done = AtomicUsize::new(0);
    move || watch(done.fetch_add(1, Ordering::Relaxed) + 1, whole)
}
