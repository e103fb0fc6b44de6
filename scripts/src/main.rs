//! Repository tasks: `cargo xtask wasm | schema | tidy | mutants | vm | localnet | gas | e2e | ci`.

mod ci;
mod live;
mod localnet;
mod mutants;
mod run;
mod schema;
mod tidy;
mod wasm;

use std::process::ExitCode;

use run::Failure;

const USAGE: &str = "\
Usage: cargo xtask <task>

  wasm [--distribution]   build, shrink and check both contracts into artifacts/
                          (--distribution: with the compiler of the system's packages)
  schema [--check]        write schema/*.json, or fail where it differs from the messages
  tidy [--fix]            hold the repository to its rules; --fix rewrites what it can
  mutants                 put known bugs into a copy of the tree and demand that the random sequences catch them
  vm                      measure the built contracts in the chain's virtual machine
  localnet ...            a chain on this machine; `cargo xtask localnet` says what it can
  gas                     measure on a new local chain what actions cost, and write docs/benchmarks.md
  e2e                     deploy, govern and use the protocol on a new local chain, through a crash
  ci                      everything a change must pass";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match task(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn task(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        ["wasm"] => wasm::build(wasm::Prefer::Active),
        ["wasm", "--distribution"] => wasm::build(wasm::Prefer::Distribution),
        ["schema"] => schema::write(),
        ["schema", "--check"] => schema::check(),
        ["tidy"] => tidy::check(),
        ["tidy", "--fix"] => tidy::fix(),
        ["mutants"] => mutants::all(),
        ["vm"] => ci::vm(),
        ["localnet", words @ ..] => localnet::task(words),
        ["gas"] => live::gas(),
        ["e2e"] => live::e2e(),
        ["ci"] => ci::all(),
        _ => Err(Failure::Usage(USAGE)),
    }
}
