//! Shows that the random sequences can fail. All bugs of `tests/mutants.toml` are put into one copy of the tree, asleep; the copy is
//! built once, and each bug in turn is woken by its number and must break the sequences.

use std::path::Path;
use std::process::Command;

use crate::run::{self, Failure};

const LIST: &str = "tests/mutants.toml";
/// Seeds and calls of the sequences that are played against each bug after the recorded ones, until one is broken: about what `.ci/run`
/// plays.
const SEQUENCES: [(&str, &str); 5] = [
    ("0", "2500"),
    ("0", "10000"),
    ("1", "25000"),
    ("2", "25000"),
    ("3", "25000"),
];
/// What tells which bug is awake.
const AWAKE: &str = "
/// The bug that is awake.
#[must_use]
pub fn awake(number: usize) -> bool {
    static AWAKE: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();
    let awake = AWAKE.get_or_init(|| std::env::var(\"WICKER_MUTANT\").ok()?.parse().ok());
    *awake == Some(number)
}
";

/// Plays the sequences against every bug; errors when one survives.
pub fn all() -> Result<(), Failure> {
    let root = run::root();
    let copy = root.join("target/mutants");
    let files = run::output(Command::new("git").current_dir(&root).arg("ls-files"))?;
    for file in files.lines() {
        run::write(&copy.join(file), &run::read(&root.join(file))?)?;
    }
    let mutants = list(&root)?;
    infect(&copy, &mutants)?;
    run::run(sequences(&root, &copy).arg("--no-run"))?;
    let asleep = outcome(&root, &copy, 0)?;
    if let Some(how) = asleep {
        let why = format!("the sequences fail without any bug: {how}");
        return Err(Failure::Missing(why));
    }
    let mut findings = Vec::new();
    for (mutant, number) in mutants.iter().zip(1..) {
        let found = outcome(&root, &copy, number)?;
        let told = found.as_deref().unwrap_or("SURVIVES");
        println!("{number:3} {:64} {told}", mutant.name);
        if found.is_none() {
            findings.push(format!("{} survives", mutant.name));
        }
    }
    Failure::of(&findings)
}

struct Mutant {
    name: String,
    file: String,
    find: String,
    replace: String,
}

fn list(root: &Path) -> Result<Vec<Mutant>, Failure> {
    let bad = |why: String| Failure::Missing(format!("{LIST}: {why}"));
    let text = run::read(&root.join(LIST))?;
    let table: toml::Table = text.parse().map_err(|why| bad(format!("{why}")))?;
    let entries = table.get("mutant").and_then(toml::Value::as_array);
    let entries = entries.ok_or_else(|| bad("no mutants".into()))?;
    let field = |entry: &toml::Value, name: &str| {
        let found = entry.get(name).and_then(toml::Value::as_str);
        found
            .map(String::from)
            .ok_or_else(|| bad(format!("a mutant without `{name}`")))
    };
    let read = |entry: &toml::Value| {
        Ok(Mutant {
            name: field(entry, "name")?,
            file: field(entry, "file")?,
            find: field(entry, "find")?,
            replace: field(entry, "replace")?,
        })
    };
    entries.iter().map(read).collect()
}

/// Puts every bug into the copy. What ends with a semicolon is a statement, everything else an expression.
fn infect(copy: &Path, mutants: &[Mutant]) -> Result<(), Failure> {
    let math = copy.join("packages/math/src/lib.rs");
    run::write(&math, &(run::read(&math)? + AWAKE))?;
    for (mutant, number) in mutants.iter().zip(1..) {
        let Mutant { find, replace, .. } = mutant;
        let file = copy.join(&mutant.file);
        let text = run::read(&file)?;
        if text.matches(find).count() != 1 {
            let why = format!("{}: not found once in {}", mutant.name, mutant.file);
            return Err(Failure::Missing(why));
        }
        let awake = format!("if wicker_math::awake({number}) {{ {replace} }} else {{ {find} }}");
        let awake = if find.ends_with(';') {
            awake
        } else {
            format!("({awake})")
        };
        run::write(&file, &text.replacen(find, &awake, 1))?;
    }
    Ok(())
}

fn sequences(root: &Path, copy: &Path) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(copy)
        // A directory of its own: cargo takes a copy's build for the tree's.
        .env("CARGO_TARGET_DIR", root.join("target/mutants-build"))
        .env("WICKER_SHORTEN", "no")
        .args(["test", "--quiet", "--locked", "-p", "wicker-tests"])
        .args(["--test", "stateful"]);
    command
}

/// How a bug is caught; `None` when no invariant breaks.
fn outcome(root: &Path, copy: &Path, number: usize) -> Result<Option<String>, Failure> {
    let drawn = SEQUENCES.map(|(seed, calls)| ("replayed", seed, calls));
    for (test, seed, calls) in [("recorded", "0", "0")].into_iter().chain(drawn) {
        let mut command = sequences(root, copy);
        command
            .env("WICKER_SEED", seed)
            .env("WICKER_CALLS", calls)
            .env("WICKER_MUTANT", number.to_string())
            .arg(test);
        let done = command.output().map_err(|why| {
            let what = format!("the sequences cannot be run: {why}");
            Failure::Missing(what)
        })?;
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        let how = told.lines().find_map(|line| {
            let at = line.find("caught at step")?;
            line.get(at..)
        });
        // That too few calls are valid is no invariant.
        if !done.status.success() && how.is_some() {
            return Ok(how.map(String::from));
        }
    }
    Ok(None)
}
