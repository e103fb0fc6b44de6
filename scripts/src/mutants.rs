//! Shows that the random sequences can fail: each bug of `tests/mutants.toml` is put into a copy of the tree, where they must.

use std::path::Path;
use std::process::Command;

use crate::run::{self, Failure};

const LIST: &str = "tests/mutants.toml";
/// Calls of the one sequence that is played against each bug.
const CALLS: &str = "10000";

/// Plays the sequences against every bug; errors when one survives.
pub fn all() -> Result<(), Failure> {
    let root = run::root();
    let copy = root.join("target/mutants");
    let files = run::output(Command::new("git").current_dir(&root).arg("ls-files"))?;
    for file in files.lines() {
        run::write(&copy.join(file), &run::read(&root.join(file))?)?;
    }
    let mut findings = Vec::new();
    if !survives(&root, &copy)? {
        return Err(Failure::Missing(
            "the sequences fail without any bug".into(),
        ));
    }
    for mutant in list(&root)? {
        let file = copy.join(&mutant.file);
        let text = run::read(&file)?;
        if text.matches(&mutant.find).count() != 1 {
            findings.push(format!(
                "{}: not found once in {}",
                mutant.name, mutant.file
            ));
            continue;
        }
        run::write(&file, &text.replacen(&mutant.find, &mutant.replace, 1))?;
        let survived = survives(&root, &copy)?;
        run::write(&file, &text)?;
        let outcome = if survived { "SURVIVES" } else { "caught" };
        println!("{outcome:9} {}", mutant.name);
        if survived {
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

/// True when the copy's sequences pass; errors when the copy cannot be built, so that a broken bug does not count as caught.
fn survives(root: &Path, copy: &Path) -> Result<bool, Failure> {
    let cargo = |rest: &[&str]| {
        let mut command = Command::new("cargo");
        command
            .current_dir(copy)
            .env("CARGO_TARGET_DIR", root.join("target"))
            .env("WICKER_SEED", "0")
            .env("WICKER_CALLS", CALLS)
            .args([
                "test",
                "--quiet",
                "--locked",
                "-p",
                "wicker-tests",
                "--test",
                "stateful",
            ])
            .args(rest);
        command
    };
    run::run(&mut cargo(&["--no-run"]))?;
    Ok(run::output(&mut cargo(&["replayed"])).is_ok())
}
