//! The node's program, built when its source has changed.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

use super::{clock, files, lock, place::Place};
use crate::run::{self, Failure};

/// The oldest Go that builds it: a major and a minor number.
const GO: (u32, u32) = (1, 25);

/// The program, built if it must be.
pub fn ready(place: &Place) -> Result<PathBuf, Failure> {
    let _held = lock::hold(&place.building())?;
    let program = place.program();
    let source = fingerprint(&place.source())?;
    let built_from = run::read(&place.built_from()).unwrap_or_default();
    // It may be there and not start: it looks for a library in Go's cache.
    if built_from == source && run::output(Command::new(&program).arg("--help")).is_ok() {
        return Ok(program);
    }
    demand()?;
    eprintln!("building the node's program; the first time takes some minutes");
    run::run(
        Command::new("go")
            .current_dir(place.source())
            .arg("build")
            .args(FLAGS)
            .arg("-modfile")
            .arg(clock::module(place)?)
            .arg("-o")
            .arg(&program)
            .arg("."),
    )?;
    run::write(&place.built_from(), &source)?;
    Ok(program)
}

/// The JSON library of the Cosmos SDK reaches into Go's runtime, which must be allowed to it.
const FLAGS: [&str; 4] = [
    "-mod=readonly",
    "-tags=netgo",
    "-ldflags",
    "-checklinkname=0 -X github.com/cosmos/cosmos-sdk/version.AppName=wasmd \
     -X github.com/CosmWasm/wasmd/app.Bech32Prefix=wasm",
];

/// Go's tests of the module.
pub fn test(place: &Place) -> Result<(), Failure> {
    demand()?;
    let _held = lock::hold(&place.building())?;
    run::run(
        Command::new("go")
            .current_dir(place.source())
            .arg("test")
            .args(FLAGS)
            .arg("-modfile")
            .arg(clock::module(place)?)
            .arg("./..."),
    )
}

/// Errors with what is missing to build it.
fn demand() -> Result<(), Failure> {
    let (major, minor) = GO;
    let go = run::output(Command::new("go").args(["env", "GOVERSION"])).ok();
    let new_enough = go.as_deref().and_then(version) >= Some(GO);
    if !new_enough {
        let found = go.map_or("there is none".into(), |found| format!("{found} is here"));
        return Err(Failure::Missing(format!(
            "the localnet needs Go {major}.{minor} or newer, and {found}: https://go.dev/doc/install"
        )));
    }
    let compiler = run::output(Command::new("go").args(["env", "CC"])).unwrap_or_default();
    let compiler = compiler.split_whitespace().next().unwrap_or("cc");
    if !run::exists(compiler) {
        return Err(Failure::Missing(format!(
            "the localnet needs a C compiler, and `{compiler}` is not here \
             (package gcc of most systems; `CC` names another)"
        )));
    }
    Ok(())
}

/// The numbers of a version such as `go1.26.8`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("go")?.split('.');
    let mut next = || {
        let digits = numbers
            .next()?
            .split(|letter: char| !letter.is_ascii_digit());
        digits.into_iter().next()?.parse().ok()
    };
    Some((next()?, next().unwrap_or(0)))
}

/// A hash over everything that goes into the program.
fn fingerprint(source: &Path) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    for flag in FLAGS {
        hash.update(flag);
    }
    for file in files::below(source)? {
        let name = file.strip_prefix(source).unwrap_or(&file).to_string_lossy();
        let module = name == "go.mod" || name == "go.sum";
        if module || (name.ends_with(".go") && !name.ends_with("_test.go")) {
            hash.update(name.as_bytes());
            hash.update(Sha256::digest(run::read_bytes(&file)?));
        }
    }
    Ok(format!("{:x}", hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_versions_compare_by_number() {
        assert_eq!(version("go1.26.8"), Some((1, 26)));
        assert_eq!(version("go1.25rc1"), Some((1, 25)));
        assert!(version("go1.9.2") < Some(GO));
        assert_eq!(version("devel"), None);
    }

    #[test]
    fn a_test_changes_nothing_that_is_built_and_code_does() {
        let folder = std::env::temp_dir().join(format!("wicker-localnet-{}", std::process::id()));
        run::write(&folder.join("main.go"), "package main").unwrap();
        let first = fingerprint(&folder).unwrap();
        run::write(&folder.join("main_test.go"), "package main").unwrap();
        assert_eq!(fingerprint(&folder).unwrap(), first);
        run::write(&folder.join("inner/other.go"), "package inner").unwrap();
        assert_ne!(fingerprint(&folder).unwrap(), first);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
