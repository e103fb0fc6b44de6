//! Screening's throughput and memory: a million positions of four collaterals in a drawn market, on one core.
//!
//! `cargo run --profile tool -p wicker-strategy --features testing --example screening`

use std::time::Instant;

use wicker_strategy::screen;
use wicker_strategy::testing::{snapshot, Draw, Scale};

const POSITIONS: u64 = 1_000_000;
/// Thousandths of their worth that positions owe at most: about one in a hundred is under its margin.
const OWED_MOST: u64 = 850;
const ROUNDS: u32 = 15;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scale = Scale {
        legs: 4,
        positions: POSITIONS,
        owed: (300, OWED_MOST),
        thin: true,
    };
    let snapshot = snapshot(&mut Draw::new(7), scale)?;
    let state = snapshot.baskets.first().ok_or("no basket")?;
    let bytes = state.positions.bytes();
    println!(
        "{bytes} bytes of positions, {} each",
        bytes as u64 / POSITIONS
    );
    let mut speeds = Vec::new();
    let mut found = screen(&snapshot);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        found = screen(&snapshot);
        speeds.push(POSITIONS as f64 / began.elapsed().as_secs_f64());
    }
    speeds.sort_by(f64::total_cmp);
    let middle = speeds.get(speeds.len() / 2).copied().unwrap_or(0.0);
    println!(
        "{} seen, {} judged, {} under their margin",
        found.seen,
        found.judged,
        found.candidates.len()
    );
    println!(
        "{middle:.0} positions a second, the middle of {ROUNDS}; {:.0} to {:.0}",
        speeds.first().unwrap_or(&0.0),
        speeds.last().unwrap_or(&0.0)
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("{line}");
    }
    Ok(())
}
