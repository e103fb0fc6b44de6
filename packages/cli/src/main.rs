//! The `wicker` command line: `demo` plays a drawn path and `replay` a real one through the contracts; `lab` studies history; the other
//! commands are for a deployment on a chain.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use wicker_cli::output::{self, Failure, Screen};
use wicker_cli::{chain, lab, tables};
use wicker_lab::demo::{demo, SEED};
use wicker_lab::error::LabError;
use wicker_lab::prices::Prices;
use wicker_lab::run::{play, Run};
use wicker_lab::scenario::Scenario;

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
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays ten days of drawn prices with a crash and a collapse: three baskets, a dozen users, three feeders, a keeper.
    Demo {
        /// The path's seed: the same seed gives the same output.
        #[arg(long, default_value_t = SEED)]
        seed: u64,
        #[command(flatten)]
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
        shown: Shown,
    },
    /// Studies of history, with the margin that the contracts compute.
    #[command(subcommand)]
    Lab(lab::Lab),
    #[command(flatten)]
    Chain(Box<chain::Command>),
    /// Prints completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// How a run is shown.
#[derive(Debug, Args)]
struct Shown {
    /// One JSON document on standard output instead of the story.
    #[arg(long)]
    json: bool,
    /// A folder for plots and the JSON document.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo { seed, shown } => played(drawn(seed, &shown)),
        Command::Replay {
            prices,
            scenario,
            shown,
        } => played(replayed(&scenario, &prices, &shown)),
        Command::Lab(command) => played(lab::run(&command).map(|()| true)),
        Command::Chain(command) => {
            chain::run(*command).map_err(|trouble| (trouble.code(), trouble.to_string()))
        }
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, "wicker", &mut std::io::stdout());
            Ok(0)
        }
    };
    let code = result.unwrap_or_else(|(code, why)| {
        eprintln!("wicker: {why}");
        code
    });
    ExitCode::from(code)
}

/// A run's exit code, or what went wrong.
fn played(result: Result<bool, Failure>) -> Result<u8, (u8, String)> {
    let code = code(&result);
    match result {
        Ok(_) => Ok(code),
        Err(failure) => Err((code, failure.to_string())),
    }
}

/// 0 when the accounts hold or a study is made, 1 when accounts do not hold, 2 when there are none.
fn code(result: &Result<bool, Failure>) -> u8 {
    match result {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(_) => 2,
    }
}

fn drawn(seed: u64, shown: &Shown) -> Result<bool, Failure> {
    let screen = Screen::new(shown.json);
    let run = demo(seed, &mut |beat| screen.beat(beat))?;
    finish(&screen, run, shown)
}

fn replayed(scenario: &Path, prices: &Path, shown: &Shown) -> Result<bool, Failure> {
    let (scenario, prices) = read(scenario, prices)?;
    let screen = Screen::new(shown.json);
    let run = play(&scenario, &prices, &mut |beat| screen.beat(beat))?;
    finish(&screen, run, shown)
}

fn read(scenario: &Path, prices: &Path) -> Result<(Scenario, Prices), Failure> {
    let scenario = Scenario::from_file(scenario)?;
    let found = Prices::from_file(prices, &scenario.wanted());
    let named = |error| match error {
        LabError::File { .. } => Failure::Lab(error),
        error => Failure::In(prices.display().to_string(), Box::new(error)),
    };
    Ok((scenario, found.map_err(named)?))
}

fn finish(screen: &Screen, run: Run, shown: &Shown) -> Result<bool, Failure> {
    screen.end();
    if let Some(folder) = &shown.out {
        output::save(&run, folder)?;
    }
    if shown.json {
        output::print_json(&run)?;
    } else {
        output::print(&tables::accounts(&run))?;
    }
    Ok(run.holds)
}

#[cfg(test)]
mod tests {
    use wicker_lab::audit::Breach;

    use super::*;

    #[test]
    fn a_broken_invariant_is_shown_and_changes_the_exit_code() {
        let mut run = demo(SEED, &mut |_| {}).unwrap();
        assert!(tables::accounts(&run).contains("Every invariant held"));
        run.audit.broken.push(Breach {
            time: run.to,
            id: "I-03".into(),
            what: "one too many".into(),
        });
        run.holds = run.audit.holds();
        let shown = tables::accounts(&run);
        assert!(!shown.contains("Every invariant held"));
        assert!(shown.contains("BROKEN") && shown.contains("I-03: one too many"));
        assert_eq!(code(&Ok(run.holds)), 1);
        assert_eq!(
            code(&Err(Failure::In(
                "x".into(),
                Box::new(LabError::Borrow("y".into()))
            ))),
            2
        );
    }
}
