//! Shares of a sweep put together.

use std::path::PathBuf;

use clap::Args;
use wicker_lab::stress::shards;
use wicker_lab::study::StudyError;

use super::{calibrate, show, stress};
use crate::output::Failure;

/// Shares of a sweep. A stress test's need nothing else; a calibration's are judged on the prices and the study that they were made from.
#[derive(Debug, Args)]
pub struct Merge {
    /// Every share of one sweep, in any order.
    #[arg(required = true, value_name = "FILE")]
    shards: Vec<PathBuf>,
    /// Of a calibration: its prices.
    #[arg(long, value_name = "FILE", requires = "books")]
    prices: Option<PathBuf>,
    /// Of a calibration: its study.
    #[arg(long, value_name = "FILE", requires = "prices")]
    books: Option<PathBuf>,
    /// Of a calibration: its search, where one was named.
    #[arg(long, value_name = "FILE", requires = "books")]
    search: Option<PathBuf>,
    /// One JSON document on standard output instead of tables.
    #[arg(long)]
    json: bool,
}

/// Puts shares together and shows what one machine would have shown.
pub fn run(asked: &Merge) -> Result<(), Failure> {
    let files = &asked.shards;
    match (&asked.prices, &asked.books) {
        (Some(prices), Some(books)) => {
            let given = (prices.as_path(), books.as_path(), asked.search.as_deref());
            let report = calibrate::merge(given, files)?;
            show(asked.json, &report, &calibrate::tables)
        }
        _ => {
            let paths = shards::merge(files).map_err(StudyError::from)?;
            show(asked.json, &paths, &stress::drawn)
        }
    }
}
