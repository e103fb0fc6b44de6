//! The program's arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use wicker_lab::demo::SEED;

use crate::{chain, lab};

/// What the exit code says, for scripts.
const CODES: &str = "Exit codes:
  0  done
  1  what was checked does not hold (audit, demo, replay)
  2  the arguments, a file or a key cannot be used; nothing happened
  3  no node could be used, or no block took the transaction: nothing happened, try again
  4  the contract or the chain refused; nothing happened
  5  the transaction is in a block and failed; its fee is paid
  6  whether the transaction happened is not known; look it up before sending it again";

/// Baskets of collateral with measured margin: on a chain in memory, or on a live one.
#[derive(Debug, Parser)]
#[command(name = "wicker", version, about, after_help = CODES)]
pub struct Cli {
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plays ten days of drawn prices with a crash and a collapse: three baskets, a dozen users, three feeders, a keeper.
    Demo {
        /// The path's seed: the same seed gives the same output.
        #[arg(long, default_value_t = SEED)]
        seed: u64,
        #[command(flatten)]
        /// How it is shown.
        shown: Shown,
    },
    /// Plays prices from a file by the rules of a scenario.
    Replay {
        /// Prices: columns `ts` and one an asset, or rows of `ts`, `asset`, `close`. An empty cell is no tick.
        #[arg(long)]
        prices: PathBuf,
        /// The scenario: assets, baskets, users, keeper.
        #[arg(long)]
        scenario: PathBuf,
        #[command(flatten)]
        /// How it is shown.
        shown: Shown,
    },
    /// Studies of history, with the margin that the contracts compute.
    #[command(subcommand)]
    Lab(lab::Lab),
    #[command(flatten)]
    /// What is done on a chain.
    Chain(Box<chain::Command>),
    /// Prints completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// How a run is shown.
#[derive(Debug, Args)]
pub struct Shown {
    /// One JSON document on standard output instead of the story.
    #[arg(long)]
    pub json: bool,
    /// A folder for plots and the JSON document.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
