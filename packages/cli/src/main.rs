//! The `wicker` command line: `demo` plays a drawn path and `replay` a real one through the contracts; `lab` studies history.

mod lab;
mod output;
mod tables;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use wicker_lab::demo::{demo, SEED};
use wicker_lab::error::LabError;
use wicker_lab::prices::Prices;
use wicker_lab::run::{play, Run};
use wicker_lab::scenario::Scenario;

use output::{Failure, Screen};

/// Baskets of collateral with measured margin, on a chain in memory.
#[derive(Debug, Parser)]
#[command(name = "wicker", version, about)]
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
    let result = run(Cli::parse().command);
    if let Err(failure) = &result {
        eprintln!("wicker: {failure}");
    }
    ExitCode::from(code(&result))
}

/// 0 when the accounts hold or a study is made, 1 when accounts do not hold, 2 when there are none.
fn code(result: &Result<bool, Failure>) -> u8 {
    match result {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(_) => 2,
    }
}

/// True unless accounts do not hold.
fn run(command: Command) -> Result<bool, Failure> {
    match command {
        Command::Demo { seed, shown } => {
            let screen = Screen::new(shown.json);
            let run = demo(seed, &mut |beat| screen.beat(beat))?;
            finish(&screen, run, &shown)
        }
        Command::Replay {
            prices,
            scenario,
            shown,
        } => {
            let (scenario, prices) = read(&scenario, &prices)?;
            let screen = Screen::new(shown.json);
            let run = play(&scenario, &prices, &mut |beat| screen.beat(beat))?;
            finish(&screen, run, &shown)
        }
        Command::Lab(command) => lab::run(&command).map(|()| true),
    }
}

fn read(
    scenario: &std::path::Path,
    prices: &std::path::Path,
) -> Result<(Scenario, Prices), Failure> {
    let scenario = Scenario::from_file(scenario)?;
    let found = Prices::from_file(prices, &scenario.wanted());
    let named = |error| match error {
        LabError::File { .. } => Failure::Lab(error),
        error => Failure::In(prices.display().to_string(), error),
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
            code(&Err(Failure::In("x".into(), LabError::Borrow("y".into())))),
            2
        );
    }
}
