//! Which assets belong in one basket: tiers of volatility and liquidity, clusters of correlation within them, and patience, so that
//! a proposal does not follow every month's noise. The lab proposes, governance adopts, the contract checks each member's bands.

pub mod cluster;
pub mod memory;
pub mod plan;
pub mod proposal;
mod walk;

use serde::Serialize;

use crate::history::{Gaps, History, HOUR};
use crate::scenario::clock;
use crate::study::StudyError;

use memory::Memory;
use plan::Plan;
use walk::Walk;

/// A finished segmentation.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What is missing in the prices.
    pub gaps: Gaps,
    /// The day of the proposal.
    pub at: String,
    /// The proposed baskets.
    pub baskets: Vec<Proposed>,
    /// Assets that are in none, and why.
    pub left_out: Vec<Reasoned>,
    /// Every move on the way.
    pub moves: Vec<Move>,
    /// Year by year.
    pub years: Vec<Year>,
}

/// A proposed basket.
#[derive(Debug, Clone, Serialize)]
pub struct Proposed {
    /// A number that it keeps through time.
    pub basket: usize,
    /// Annual volatility of its class: at least, and less than; `None` is without limit.
    pub volatility: (f64, Option<f64>),
    /// Dollars a day of its class: at least, and less than; `None` is without limit.
    pub daily_volume: (f64, Option<f64>),
    /// The least mean correlation with the others; `None` for one asset alone.
    pub correlation: Option<f64>,
    /// Its assets.
    pub members: Vec<Reasoned>,
}

/// An asset and why it is where it is.
#[derive(Debug, Clone, Serialize)]
pub struct Reasoned {
    /// The asset.
    pub asset: String,
    /// Its slow annual volatility.
    pub volatility: f64,
    /// Its mean correlation with the others of its basket.
    pub correlation: Option<f64>,
    /// Why.
    pub reason: String,
}

/// An asset that moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Move {
    /// The day.
    pub at: String,
    /// The asset.
    pub asset: String,
    /// The basket it left.
    pub from: Option<usize>,
    /// The basket it joined.
    pub to: Option<usize>,
    /// Why.
    pub reason: String,
}

/// How steady a year was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Year {
    /// The year.
    pub year: String,
    /// Assets in a basket at its end.
    pub assets: usize,
    /// Baskets at its end.
    pub baskets: usize,
    /// Moves between baskets; what joins for the first time or is delisted is not counted.
    pub moves: usize,
    /// Days on which the clusters of the day differ from those of the day before, the same assets being there: how often a rule
    /// without patience would have moved something.
    pub restless_days: usize,
    /// Of the pairs of assets that were there at the end of the year before too, the share that is together or apart as before.
    pub agreement: Option<f64>,
}

/// Walks through history day by day and proposes what holds at its end.
pub fn segment(plan: &Plan, history: &History) -> Result<Report, StudyError> {
    let mut memory = Memory::new(plan.assets.len());
    let mut walk = Walk::new(plan);
    let mut years: Vec<(String, Vec<Option<usize>>, usize, usize)> = Vec::new();
    for hour in 0..history.hours() {
        let now = history.time(hour);
        if now.is_multiple_of(memory::STEP as u64 * HOUR) {
            memory.learn(history, hour);
        }
        if !now.is_multiple_of(24 * HOUR) {
            continue;
        }
        let at = clock(now);
        let year: String = at.chars().take(4).collect();
        let (moves, restless) = walk.day(&memory, history, hour, &at);
        if years.last().is_none_or(|(last, ..)| *last != year) {
            years.push((year, Vec::new(), 0, 0));
        }
        if let Some((_, places, moved, nights)) = years.last_mut() {
            *places = walk.places();
            *moved += moves;
            *nights += usize::from(restless);
        }
    }
    let mut before: Option<&Vec<Option<usize>>> = None;
    let mut shown = Vec::new();
    for (year, places, moves, restless_days) in &years {
        let mut baskets: Vec<usize> = places.iter().copied().flatten().collect();
        let assets = baskets.len();
        baskets.sort_unstable();
        baskets.dedup();
        shown.push(Year {
            year: year.clone(),
            assets,
            baskets: baskets.len(),
            moves: *moves,
            restless_days: *restless_days,
            agreement: before.and_then(|before| agreement(before, places)),
        });
        before = Some(places);
    }
    let (baskets, left_out) = walk.proposal(&memory);
    Ok(Report {
        gaps: history.gaps.clone(),
        at: clock(history.time(history.hours().saturating_sub(1))),
        baskets,
        left_out,
        moves: walk.moves,
        years: shown,
    })
}

/// The Rand index of two partitions over what both hold; `None` with fewer than two assets in both.
fn agreement(one: &[Option<usize>], other: &[Option<usize>]) -> Option<f64> {
    let both = one
        .iter()
        .zip(other)
        .filter_map(|(one, other)| Some(((*one)?, (*other)?)));
    let both: Vec<(usize, usize)> = both.collect();
    let (mut pairs, mut same) = (0usize, 0usize);
    for (at, left) in both.iter().enumerate() {
        for right in both.iter().skip(at + 1) {
            pairs += 1;
            same += usize::from((left.0 == right.0) == (left.1 == right.1));
        }
    }
    (pairs > 0).then(|| same as f64 / pairs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_the_share_of_pairs_together_or_apart_in_both() {
        // a,b | c against a | b,c: ab and bc differ, ac does not. The fourth is new.
        let one = [Some(1), Some(1), Some(2), None];
        let other = [Some(1), Some(2), Some(2), Some(2)];
        assert_eq!(agreement(&one, &other), Some(1.0 / 3.0));
        assert_eq!(agreement(&one[..1], &other[..1]), None);
    }
}
