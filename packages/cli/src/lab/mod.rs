//! `wicker lab`: studies of history.

mod allocate;
mod backtest;
mod calibrate;
mod merge;
mod report;
mod segment;
mod stress;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use wicker_lab::allocate::allocate as split;
use wicker_lab::allocate::users::Users;
use wicker_lab::backtest::backtest;
use wicker_lab::books::Study;
use wicker_lab::history::History;
use wicker_lab::prices::{Prices, Wanted};
use wicker_lab::segment::plan::Plan;
use wicker_lab::segment::segment as propose;

use crate::output::{print, Failure, Screen};

/// What can be studied.
#[derive(Debug, Subcommand)]
pub enum Lab {
    /// Splits users' collateral and debt over the baskets open to them for the least total margin.
    Allocate {
        #[command(flatten)]
        /// Prices, and how the answer is shown.
        source: Source,
        /// The study whose assets, baskets and margin hold.
        #[arg(long)]
        books: PathBuf,
        /// What users hold and want to owe.
        #[arg(long)]
        users: PathBuf,
    },
    /// Opens books in every hour at the edge of their margin and counts what became of them, beside static haircuts and fixed limits.
    Backtest {
        #[command(flatten)]
        /// Prices, and how the answer is shown.
        source: Source,
        /// The study: assets, baskets, books.
        #[arg(long)]
        books: PathBuf,
    },
    /// Searches the margin's figures on windows of a history and tells how they did on later ones that the search never saw.
    Calibrate(calibrate::Calibrate),
    /// Proposes which assets belong in one basket, day by day through a history, with the reason for each.
    Segment {
        #[command(flatten)]
        /// Prices, and how the answer is shown.
        source: Source,
        /// Assets and rules.
        #[arg(long)]
        assets: PathBuf,
        /// Settings of `create_basket` whose members are all assets that may be proposed: what --out takes figures from.
        #[arg(long, value_name = "FILE", requires = "out")]
        terms: Option<PathBuf>,
        /// Writes the proposal in the contract's words, for `wicker propose --segments`.
        #[arg(long, value_name = "FILE", requires = "terms")]
        out: Option<PathBuf>,
    },
    /// Plays incidents and drawn paths through the contracts in a market that liquidations push down, under four rules of liquidation.
    Stress(stress::Stress),
    /// Puts the shares of a sweep together, written by `lab stress --shard` or `lab calibrate --shard`.
    Merge(merge::Merge),
    /// Writes one HTML page with charts and tables of a backtest and a stress test, for people who have not seen the code.
    Report(report::Page),
}

/// Where prices come from, and how the answer is shown.
#[derive(Debug, Args)]
pub struct Source {
    /// Hourly prices: columns `ts` and one an asset, or rows of `ts`, `asset`, `close`. An empty cell is no price.
    #[arg(long)]
    prices: PathBuf,
    /// One JSON document on standard output instead of tables.
    #[arg(long)]
    json: bool,
}

impl Source {
    fn history(&self, wanted: &Wanted) -> Result<History, Failure> {
        history(&self.prices, wanted)
    }

    fn show<T: Serialize>(&self, report: &T, tables: &dyn Fn(&T) -> String) -> Result<(), Failure> {
        show(self.json, report, tables)
    }
}

/// Prints a report as JSON or as tables.
fn show<T: Serialize>(
    json: bool,
    report: &T,
    tables: &dyn Fn(&T) -> String,
) -> Result<(), Failure> {
    match json {
        true => print(&serde_json::to_string_pretty(report)?),
        false => print(&tables(report)),
    }
}

/// Makes a study and shows it.
pub fn run(command: &Lab) -> Result<(), Failure> {
    match command {
        Lab::Allocate {
            source,
            books,
            users,
        } => {
            let study = study(books)?;
            let users =
                Users::from_file(users, &study).map_err(|error| Failure::at(users, error))?;
            let history = source.history(&study.wanted())?;
            let screen = Screen::new(source.json);
            let report = split(&study, &users, &history, &|done, of| {
                screen.progress(done, of)
            })?;
            screen.end();
            source.show(&report, &allocate::tables)
        }
        Lab::Backtest { source, books } => {
            let study = study(books)?;
            let history = source.history(&study.wanted())?;
            let screen = Screen::new(source.json);
            let report = backtest(&study, &history, &|done, of| screen.progress(done, of))?;
            screen.end();
            source.show(&report, &backtest::tables)
        }
        Lab::Calibrate(asked) => calibrate::run(asked),
        Lab::Segment {
            source,
            assets,
            terms,
            out,
        } => {
            let plan = Plan::from_file(assets).map_err(|error| Failure::at(assets, error))?;
            let history = source.history(&plan.wanted())?;
            let report = propose(&plan, &history)?;
            if let (Some(terms), Some(out)) = (terms, out) {
                segment::write(&report, &plan, terms, out)?;
            }
            source.show(&report, &segment::tables)
        }
        Lab::Stress(asked) => stress::run(asked),
        Lab::Merge(asked) => merge::run(asked),
        Lab::Report(asked) => report::run(asked),
    }
}

fn history(path: &Path, wanted: &Wanted) -> Result<History, Failure> {
    let named = |error| Failure::at(path, error);
    let prices = Prices::from_file(path, wanted).map_err(|error| named(error.into()))?;
    History::new(&prices).map_err(named)
}

fn study(path: &Path) -> Result<Study, Failure> {
    Study::from_file(path).map_err(|error| Failure::at(path, error))
}
