//! Everything a change must pass, in the order in which it fails fastest.

use std::process::Command;

use crate::{
    live,
    localnet::Localnet,
    run::{self, Failure},
    schema, tidy, wasm,
};

/// Formatting, lints, tests, rules, schema, wasm, the virtual machine, the local chain's program and the protocol on it.
pub fn all() -> Result<(), Failure> {
    cargo(&["fmt", "--all", "--check"])?;
    tidy::check()?;
    schema::check()?;
    cargo(&[
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    cargo(&["test", "--locked", "--workspace"])?;
    wasm::build(wasm::Prefer::Active)?;
    vm()?;
    Localnet::named("").test()?;
    live::end_to_end()
}

/// The tests of `tests/vm`, on the contracts in `artifacts` and on pieces of the engine.
pub fn vm() -> Result<(), Failure> {
    wasm::bench()?;
    cargo(&[
        "fmt",
        "--manifest-path",
        "tests/vm/bench/Cargo.toml",
        "--check",
    ])?;
    cargo(&["fmt", "--manifest-path", "tests/vm/Cargo.toml", "--check"])?;
    cargo(&[
        "clippy",
        "--locked",
        "--manifest-path",
        "tests/vm/Cargo.toml",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    cargo(&["test", "--locked", "--manifest-path", "tests/vm/Cargo.toml"])
}

fn cargo(arguments: &[&str]) -> Result<(), Failure> {
    run::run(
        Command::new("cargo")
            .args(arguments)
            .current_dir(run::root()),
    )
}
