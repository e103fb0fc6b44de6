//! What a training window chooses.

use serde::Serialize;

use crate::books::Margin;
use crate::history::History;
use crate::scenario::clock;
use crate::stats::mean;

use super::search::Window;
use super::trial::{Trained, Trial, THINNED};
use super::Pair;

/// Less than this is missing of nothing, in hundredths of a percent.
const NOTHING: f64 = 0.001;

/// What a training window chose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The first hour that trains.
    pub train_from: String,
    /// The first hour that is unseen.
    pub unseen_from: String,
    /// The end of the unseen window.
    pub unseen_to: String,
    /// The figures that were chosen.
    pub margin: Margin,
    /// What was missing in training at shares of the margin, over what was missing under the study's own figures, in the mean over the
    /// shares: what is made small.
    pub relative: f64,
    /// In training: of the chosen figures.
    pub trained: Pair,
    /// In training: of the study's own.
    pub own: Pair,
}

/// Of what lends at least as much in training as the study's own figures, which stand first, the one with the least missing relative to
/// them. For each window the place of its choice.
pub fn choose(trials: &[Trial], windows: usize) -> Vec<usize> {
    let of = |window: usize| {
        let own = train(trials.first(), window);
        let mut best = (0, 1.0);
        for (at, trial) in trials.iter().enumerate() {
            let found = train(Some(trial), window);
            let relative = relative(&found, &own);
            if found.ltv >= own.ltv && relative < best.1 {
                best = (at, relative);
            }
        }
        best.0
    };
    (0..windows).map(of).collect()
}

/// The choices in words.
pub fn choices(
    history: &History,
    windows: &[Window],
    trials: &[Trial],
    chosen: &[usize],
) -> Vec<Choice> {
    let time = |hour: usize| clock(history.time(hour));
    let choice = |(at, window): (usize, &Window)| {
        let trial = trials.get(*chosen.get(at)?)?;
        let (found, own) = (train(Some(trial), at), train(trials.first(), at));
        Some(Choice {
            train_from: time(window.train.0),
            unseen_from: time(window.unseen.0),
            unseen_to: time(window.unseen.1),
            margin: trial.margin,
            relative: relative(&found, &own),
            trained: whole(&found),
            own: whole(&own),
        })
    };
    windows.iter().enumerate().filter_map(choice).collect()
}

fn train(trial: Option<&Trial>, window: usize) -> Trained {
    trial.map(|trial| trial.trained(window)).unwrap_or_default()
}

/// At the whole margin.
fn whole(trained: &Trained) -> Pair {
    Pair {
        ltv: trained.ltv,
        shortfall_bp: trained.missing[THINNED.len() - 1],
    }
}

fn relative(found: &Trained, own: &Trained) -> f64 {
    let shares = found.missing.iter().zip(own.missing);
    mean(shares.map(|(found, own)| found.max(NOTHING) / own.max(NOTHING)))
}
