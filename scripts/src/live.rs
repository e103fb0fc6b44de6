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
    let program = ["run", "--quiet", "--locked", "--profile", "tool", "-p"];
    // A fee is another payment, of the chain's and not of the contract's.
    let net = Localnet::named("gas").without_fees();
    on_a_new_chain(&net, &program, &["wicker-localnet", "--bin", "gas"])
}

/// The protocol from nothing to its end: builds both contracts, then as [`end_to_end`].
pub fn e2e() -> Result<(), Failure> {
    wasm::build(wasm::Prefer::Active)?;
    end_to_end()
}

/// The protocol from nothing to its end, with the contracts in `artifacts`: first by the command line alone, then through a crash; and the
/// keeper through a node that misbehaves.
pub fn end_to_end() -> Result<(), Failure> {
    let stages = [("commands", "live"), ("e2e", "e2e"), ("faults", "faults")];
    for (name, test) in stages {
        // Of the whole workspace, so that what `cargo test --workspace` has compiled serves.
        let words = ["test", "--locked", "--workspace", "--test", test];
        let net = Localnet::named(name);
        on_a_new_chain(&net, &words, &["--", "--ignored", "--nocapture"])?;
    }
    Ok(())
}

/// Runs cargo beside a chain of its own, and new: nothing may depend on what one has lived through.
fn on_a_new_chain(net: &Localnet, words: &[&str], more: &[&str]) -> Result<(), Failure> {
    net.reset()?;
    net.up()?;
    let (variable, value) = net.variable();
    let done = run::run(
        Command::new("cargo")
            .current_dir(run::root())
            .env(variable, value)
            .args(words)
            .args(more),
    );
    net.down()?;
    done
}
