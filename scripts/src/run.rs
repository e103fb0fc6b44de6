//! Running other programs, and what can go wrong.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No such task.
    #[error("{0}")]
    Usage(&'static str),
    /// A file could not be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A program could not be started.
    #[error("cannot start `{program}`: {cause}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A program ended with an error.
    #[error("`{0}` failed")]
    Program(String),
    /// Something the task needs is not there; the text says how to get it.
    #[error("{0}")]
    Missing(String),
    /// What was checked does not hold; one line each.
    #[error("{0} finding(s):\n{1}")]
    Findings(usize, String),
}

impl Failure {
    /// The failure that lists these findings; none is no failure.
    pub fn of(findings: &[String]) -> Result<(), Self> {
        if findings.is_empty() {
            return Ok(());
        }
        Err(Self::Findings(findings.len(), findings.join("\n")))
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR"));
    scripts.parent().unwrap_or(scripts).to_path_buf()
}

/// Runs a command to its end, its output shown; errors when it fails.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let text = shown(command);
    eprintln!("+ {text}");
    let status = command.status().map_err(|cause| start(command, cause))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Program(text))
}

/// What a command prints, without the last line's end; errors when it fails.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command.output().map_err(|cause| start(command, cause))?;
    if !output.status.success() {
        return Err(Failure::Program(shown(command)));
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_string())
}

/// True when a program of this name answers `--version`.
pub fn exists(program: &str) -> bool {
    output(Command::new(program).arg("--version")).is_ok()
}

/// A file's text.
pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|cause| file(path, cause))
}

/// A file's last lines.
pub fn tail(path: &Path, lines: usize) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(&read_bytes(path)?).into_owned();
    let all: Vec<&str> = text.lines().collect();
    let shown = all.get(all.len().saturating_sub(lines)..);
    Ok(shown.unwrap_or_default().join("\n") + "\n")
}

/// A file's bytes.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|cause| file(path, cause))
}

/// Writes a file, and its folder where there is none.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|cause| file(folder, cause))?;
    }
    std::fs::write(path, text).map_err(|cause| file(path, cause))
}

/// The failure of a file.
pub fn file(path: &Path, cause: std::io::Error) -> Failure {
    Failure::File {
        path: path.display().to_string(),
        cause,
    }
}

/// The failure of a start.
pub fn start(command: &Command, cause: std::io::Error) -> Failure {
    Failure::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        cause,
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
