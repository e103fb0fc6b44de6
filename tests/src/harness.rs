//! Random sequences against the contracts: drawn from a seed, judged after every step, shortened when they fail.

pub mod act;
mod adjusted;
mod answers;
mod decide;
mod decision;
pub mod draw;
pub mod ghost;
pub mod governed;
pub mod judge;
mod leaving;
mod liquidated;
pub mod market;
mod measuring;
mod message;
pub mod op;
pub mod preview;
pub mod reference;
pub mod shrink;
mod verbs;
pub mod view;
pub mod world;

use std::panic::{catch_unwind, AssertUnwindSafe};

use draw::Draw;
use op::Op;
use world::World;

/// Why a sequence failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The step; the number of steps when it was the leaving at the end.
    pub step: usize,
    /// Broken invariants, or the panic.
    pub what: Vec<String>,
}

impl Failure {
    /// The invariant that names the failure: its first word.
    pub fn id(&self) -> &str {
        let first = self.what.first().map_or("", String::as_str);
        first.split([':', ' ']).next().unwrap_or_default()
    }
}

/// How many messages were sent to the contract, and how many it accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sent.
    pub calls: u64,
    /// Accepted.
    pub valid: u64,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.valid += other.valid;
    }
}

/// Draws and runs a sequence of so many calls; what was run, and how it went.
pub fn explore(seed: u64, calls: u64) -> (Vec<Op>, Result<Tally, Failure>) {
    let mut ops = Vec::new();
    let result = guarded(|step| {
        let (mut world, mut draw) = (World::new(), Draw::new(seed));
        while world.tally.calls < calls {
            let op = draw.next(&mut world);
            ops.push(op.clone());
            *step = ops.len() - 1;
            world.step(&op)?;
        }
        *step = ops.len();
        world.everyone_leaves()?;
        Ok(world.tally)
    });
    (ops, result)
}

/// Runs a recorded sequence, then lets everyone leave.
pub fn replay(ops: &[Op]) -> Result<Tally, Failure> {
    guarded(|step| {
        let mut world = World::new();
        for (at, op) in ops.iter().enumerate() {
            *step = at;
            world.step(op)?;
        }
        *step = ops.len();
        world.everyone_leaves()?;
        Ok(world.tally)
    })
}

/// The same from JSON, as a failure prints it.
pub fn replay_json(ops: &str) -> Result<Tally, Failure> {
    let ops: Vec<Op> = serde_json::from_str(ops).unwrap();
    replay(&ops)
}

fn guarded(run: impl FnOnce(&mut usize) -> Result<Tally, Vec<String>>) -> Result<Tally, Failure> {
    let mut step = 0;
    let done = catch_unwind(AssertUnwindSafe(|| run(&mut step)));
    let what = match done {
        Ok(Ok(tally)) => return Ok(tally),
        Ok(Err(what)) => what,
        Err(cause) => {
            let text = cause.downcast_ref::<String>().cloned();
            let text = text.or_else(|| cause.downcast_ref::<&str>().map(ToString::to_string));
            vec![format!("panic: {}", text.unwrap_or_default())]
        }
    };
    Err(Failure { step, what })
}

/// Explores seeds in turn; fails with the shortened sequence, and when fewer than half of the calls are valid.
pub fn campaign(seeds: impl IntoIterator<Item = u64>, calls: u64) {
    let (mut tally, start) = (Tally::default(), std::time::Instant::now());
    for seed in seeds {
        let (ops, result) = explore(seed, calls);
        match result {
            Ok(done) => tally.add(done),
            Err(failure) if std::env::var("WICKER_SHORTEN").is_ok_and(|set| set == "no") => {
                let first = failure.what.first().map_or("", String::as_str);
                let first: String = first.chars().take(120).collect();
                println!("caught at step {}: {first}", failure.step);
                panic!("WICKER_SEED={seed} WICKER_CALLS={calls} fails: {failure:#?}");
            }
            Err(failure) => {
                println!("seed {seed} fails: {failure:#?}; shortening");
                let (short, failure) = shrink::shortened(&ops, &failure);
                let json = serde_json::to_string(&short).unwrap();
                panic!("WICKER_SEED={seed} WICKER_CALLS={calls} fails: {failure:#?}\n{json}");
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let Tally { calls, valid } = tally;
    let share = 100 * valid / calls.max(1);
    println!(
        "{calls} calls, {share} % valid, {:.0} a second",
        calls as f64 / seconds
    );
    assert!(2 * valid >= calls, "{valid} of {calls} calls are valid");
}
