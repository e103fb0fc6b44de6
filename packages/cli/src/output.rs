//! Where a run is shown: a progress bar on standard error, the story and the accounts on standard output, files in a folder.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use thiserror::Error;
use wicker_lab::error::LabError;
use wicker_lab::plots;
use wicker_lab::run::Run;
use wicker_lab::scenario::clock;
use wicker_lab::stage::Beat;
use wicker_lab::study::StudyError;

/// Why a command could not finish.
#[derive(Debug, Error)]
pub enum Failure {
    /// The lab.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The lab, about a file.
    #[error("{0}: {1}")]
    In(String, Box<LabError>),
    /// A study.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A study, about a file.
    #[error("{0}: {1}")]
    StudyIn(String, Box<StudyError>),
    /// A file cannot be written.
    #[error("{path}: {why}")]
    Write {
        /// The file.
        path: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// The result cannot be written as JSON.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Failure {
    /// What is wrong with a file; an error of reading names it already.
    pub fn at(path: &Path, error: StudyError) -> Self {
        match error {
            StudyError::Lab(LabError::File { .. }) => Self::Study(error),
            error => Self::StudyIn(path.display().to_string(), Box::new(error)),
        }
    }
}

/// The terminal while a run goes on.
pub struct Screen {
    bar: ProgressBar,
    tells: bool,
}

impl Screen {
    /// A screen that tells the story, or with `json` says nothing.
    pub fn new(json: bool) -> Self {
        let shown = !json && std::io::stderr().is_terminal();
        let target = match shown {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{bar:40} {percent:>3} % {pos}/{len} {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { bar, tells: !json }
    }

    /// Shows a beat of the run.
    pub fn beat(&self, beat: Beat<'_>) {
        match beat {
            Beat::Step(done, of) => self.progress(done, of),
            Beat::Story(entry) if self.tells => {
                let line = format!("{}  {}", clock(entry.time), entry.happening);
                // A reader that has gone away is noticed when the accounts are printed.
                self.bar.suspend(|| print(&line).ok());
            }
            Beat::Story(_) => {}
        }
    }

    /// Moves the bar.
    pub fn progress(&self, done: usize, of: usize) {
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Prints a text and a line end.
pub fn print(text: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        // Who reads has seen enough, as `head` does: what was asked is done all the same.
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|why| Failure::Write {
            path: "standard output".into(),
            why,
        }),
    }
}

/// Prints the run as one JSON document.
pub fn print_json(run: &Run) -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(run)?)
}

/// Writes the plots and the JSON document.
pub fn save(run: &Run, folder: &Path) -> Result<(), Failure> {
    plots::draw(run, folder)?;
    let path = folder.join("run.json");
    let text = serde_json::to_string_pretty(run)?;
    std::fs::write(&path, text).map_err(|why| Failure::Write {
        path: path.display().to_string(),
        why,
    })
}
