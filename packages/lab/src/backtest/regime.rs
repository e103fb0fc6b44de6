//! Whether a book was opened in calm, in a storm, or in a calm that a crash ended.

use serde::Serialize;

use crate::books::HORIZON;
use crate::history::History;
use crate::measure::Track;

use super::edge::Portfolio;
use super::outcome::{returns, Outcomes, OWN};

/// Hours whose volatility is the usual one.
const USUAL: usize = 4_320;
/// Over so many times the usual volatility is a storm.
const STORM: f64 = 2.0;
/// A fall of more than so many usual deviations of a day is a crash.
const CRASH: f64 = 4.0;

/// When a book was opened. All but the crash were known at the opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// The last day moved less than the last half year usually did.
    Calm,
    /// More, and up to twice as much.
    Unsettled,
    /// Over twice as much.
    Storm,
    /// Calm, and within 24 hours a fall of more than four usual deviations: known afterwards only.
    CrashFromCalm,
}

impl Regime {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Calm,
        Self::Unsettled,
        Self::Storm,
        Self::CrashFromCalm,
    ];

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Unsettled => "unsettled",
            Self::Storm => "storm",
            Self::CrashFromCalm => "crash from calm",
        }
    }
}

/// The regime of each opening.
pub fn regimes(
    history: &History,
    track: &Track,
    portfolio: &Portfolio,
    outcomes: &Outcomes,
) -> Vec<Regime> {
    // Running sums of squares and of hours that have a return.
    let mut sums = Vec::with_capacity(history.hours() + 1);
    let (mut squares, mut count) = (0.0, 0usize);
    sums.push((squares, count));
    for hour in 0..history.hours() {
        let change = hour.checked_sub(1).and_then(|before| {
            let (up, owed) = returns(history, track, portfolio, (before, hour))?;
            Some((1.0 + up) / (1.0 + owed) - 1.0)
        });
        if let Some(change) = change {
            squares += change * change;
            count += 1;
        }
        sums.push((squares, count));
    }
    let deviation = |hour: usize, hours: usize| {
        let (now, before) = (sums[hour + 1], sums[(hour + 1).saturating_sub(hours)]);
        ((now.0 - before.0).max(0.0) / (now.1 - before.1).max(1) as f64).sqrt()
    };
    let openings = outcomes.hours.iter().zip(&outcomes.worst);
    openings
        .map(|(hour, worst)| {
            let (now, usual) = (deviation(*hour, HORIZON), deviation(*hour, USUAL));
            let crash = 1.0 - CRASH * usual * (HORIZON as f64).sqrt();
            match now / usual {
                ratio if ratio > STORM => Regime::Storm,
                ratio if ratio >= 1.0 => Regime::Unsettled,
                _ if worst[OWN] < crash => Regime::CrashFromCalm,
                _ => Regime::Calm,
            }
        })
        .collect()
}
