//! The `wicker` command line: `demo` plays a drawn path and `replay` a real one through the contracts; `lab` studies history; the other
//! commands are for a deployment on a chain.

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use wicker_cli::arguments::{Cli, Command, Shown};
use wicker_cli::output::{self, Failure, Screen};
use wicker_cli::{chain, lab, tables};
use wicker_lab::demo::demo;
use wicker_lab::error::LabError;
use wicker_lab::prices::Prices;
use wicker_lab::run::{play, Run};
use wicker_lab::scenario::Scenario;

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
    use wicker_lab::demo::SEED;

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
