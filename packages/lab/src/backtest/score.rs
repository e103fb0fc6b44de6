//! How a rule of margin did: openings at its edge against what became of them.

use serde::Serialize;

use crate::stats::mean;

use super::outcome::{Outcomes, HORIZONS, OWN};

/// How a rule did on some openings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Score {
    /// Openings.
    pub openings: usize,
    /// Mean debt over collateral at which one can be liquidated.
    pub ltv: f64,
    /// Share of openings whose collateral was worth less than the debt within 1, 6, 12, 24 and 48 hours.
    pub breaches: [f64; HORIZONS.len()],
    /// Mean over all openings of what is missing at the lowest within 24 hours, in hundredths of a percent of the debt.
    pub shortfall_bp: f64,
}

/// Scores a limit, a figure an opening, over the openings that `chosen` takes.
pub fn score(
    outcomes: &Outcomes,
    ltv: &dyn Fn(usize) -> f64,
    chosen: &dyn Fn(usize) -> bool,
) -> Score {
    let mut score = Score::default();
    let (mut counts, mut missing, mut debts) = ([0usize; HORIZONS.len()], 0.0, 0.0);
    for (at, worst) in outcomes
        .worst
        .iter()
        .enumerate()
        .filter(|(at, _)| chosen(*at))
    {
        let limit = ltv(at);
        score.openings += 1;
        debts += limit;
        for (count, low) in counts.iter_mut().zip(worst) {
            *count += usize::from(*low < limit);
        }
        missing += shortfall(worst[OWN], limit);
    }
    let share = |figure: f64| figure / score.openings.max(1) as f64;
    score.ltv = share(debts);
    score.breaches = counts.map(|count| share(count as f64));
    score.shortfall_bp = 10_000.0 * share(missing);
    score
}

/// What is missing per unit of debt when collateral of one dollar falls to `low`.
pub fn shortfall(low: f64, ltv: f64) -> f64 {
    if ltv <= 0.0 {
        return 0.0;
    }
    (1.0 - low / ltv).max(0.0)
}

/// The fixed limit with the same mean.
pub fn fixed(ltv: &[f64]) -> f64 {
    mean(ltv.iter().copied())
}

/// The largest fall of a limit within a day, in hundredths: by how much margin rises on someone who does nothing.
pub fn rise(outcomes: &Outcomes, ltv: &[f64]) -> f64 {
    let hours = &outcomes.hours;
    let mut most: f64 = 0.0;
    let mut later = 0;
    for (at, hour) in hours.iter().enumerate() {
        while hours.get(later).is_some_and(|then| *then < hour + 24) {
            later += 1;
        }
        if hours.get(later) == Some(&(hour + 24)) {
            most = most.max(ltv[at] - ltv[later]);
        }
    }
    100.0 * most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn falls() -> Outcomes {
        Outcomes {
            hours: vec![0, 1, 24, 25],
            worst: vec![
                [1.0, 0.9, 0.9, 0.6, 0.6],
                [0.95; 5],
                [0.7, 0.7, 0.7, 0.7, 0.5],
                [1.0; 5],
            ],
            end: vec![1.0; 4],
            skipped: 0,
        }
    }

    #[test]
    fn breaches_and_what_is_missing_are_what_a_hand_counts() {
        let found = score(&falls(), &|_| 0.8, &|_| true);
        // 0.6 and 0.7 are under 0.8 within a day: a quarter and an eighth of the debt are missing, over four openings.
        assert_eq!(found.breaches, [0.25, 0.25, 0.25, 0.5, 0.5]);
        assert!((found.shortfall_bp - 10_000.0 * (0.25 + 0.125) / 4.0).abs() < 1e-9);
        assert!((found.ltv - 0.8).abs() < 1e-15);
        let second = score(&falls(), &|_| 0.8, &|at| at == 1);
        assert_eq!((second.openings, second.breaches[OWN]), (1, 0.0));
    }

    #[test]
    fn the_rise_is_over_a_day_and_not_over_an_opening() {
        // 0.80 to 0.70 a day later; 0.90 to 0.60 is within an hour of the first and not compared.
        let rise = rise(&falls(), &[0.80, 0.75, 0.70, 0.74]);
        assert!((rise - 10.0).abs() < 1e-9);
    }
}
