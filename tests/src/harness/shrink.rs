//! Shortening a failing sequence: ever smaller stretches are left out as long as the same invariant breaks.

use std::time::{Duration, Instant};

use super::op::Op;
use super::{replay, Failure};

/// The most replays that shortening spends, and the longest it takes.
const REPLAYS: usize = 400;
const LONGEST: Duration = Duration::from_secs(40);

/// A shorter sequence that breaks the same invariant, and its failure.
pub fn shortened(ops: &[Op], failure: &Failure) -> (Vec<Op>, Failure) {
    let start = Instant::now();
    let mut best = ops.to_vec();
    best.truncate(failure.step.saturating_add(1));
    let mut found = failure.clone();
    let (mut chunk, mut left) = (best.len().div_ceil(2), REPLAYS);
    while chunk > 0 && left > 0 {
        let (mut at, mut shorter) = (0, false);
        while at < best.len() && left > 0 {
            let end = best.len().min(at + chunk);
            let mut tried = best.clone();
            tried.drain(at..end);
            left -= 1;
            if start.elapsed() > LONGEST {
                return (best, found);
            }
            match replay(&tried) {
                Err(again) if again.id() == failure.id() => {
                    tried.truncate(again.step.saturating_add(1));
                    (best, found, shorter) = (tried, again, true);
                }
                _ => at = end,
            }
        }
        if !shorter || chunk > 1 {
            chunk /= 2;
        }
    }
    (best, found)
}
