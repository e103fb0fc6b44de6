//! Programs of `tests/localnet` against the local chain, with the contracts as they are now.

use std::process::Command;

use crate::{
    localnet::Localnet,
    run::{self, Failure},
    wasm,
};

/// What actions cost, into docs/benchmarks.md.
pub fn gas() -> Result<(), Failure> {
    wasm::build(wasm::Prefer::Active)?;
    wasm::floor()?;
    // A chain of its own, and new: figures must not depend on what one has lived through.
    let net = Localnet::named("gas");
    net.reset()?;
    net.up()?;
    let measured = program("gas", &net);
    net.down()?;
    measured
}

fn program(name: &str, net: &Localnet) -> Result<(), Failure> {
    let (variable, value) = net.variable();
    run::run(
        Command::new("cargo")
            .current_dir(run::root())
            .env(variable, value)
            .args(["run", "--quiet", "--locked", "--profile", "tool"])
            .args(["-p", "wicker-localnet", "--bin", name]),
    )
}
