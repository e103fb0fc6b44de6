//! The rules of this repository that a program can hold.

mod inputs;
mod invariants;
mod layers;
mod links;
mod text;

use std::process::Command;

use crate::run::{self, Failure};

/// A file of the repository.
pub struct Source {
    /// Its path from the root.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// Errors with every finding.
pub fn check() -> Result<(), Failure> {
    let sources = sources()?;
    let mut findings = text::findings(&sources);
    findings.extend(layers::findings(&sources));
    findings.extend(links::findings(&sources));
    findings.extend(invariants::findings(&sources));
    let report = inputs::report(&sources);
    findings.extend(report.findings);
    println!("{}", report.summary);
    Failure::of(&findings)
}

/// Rewrites the table of bad inputs from the tests that stand in the code.
pub fn fix() -> Result<(), Failure> {
    let sources = sources()?;
    if let Some(text) = inputs::rewritten(&sources) {
        run::write(&run::root().join(inputs::PAGE), &text)?;
    }
    check()
}

/// Every text file that is committed or about to be.
fn sources() -> Result<Vec<Source>, Failure> {
    let root = run::root();
    let list = run::output(
        Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(&root),
    )?;
    let read = |path: &str| {
        let text = std::fs::read_to_string(root.join(path)).ok()?;
        Some(Source {
            path: path.to_string(),
            text,
        })
    };
    Ok(list.lines().filter_map(read).collect())
}
