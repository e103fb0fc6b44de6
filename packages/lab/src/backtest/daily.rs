//! The value at risk of a day: how often a book lost more than 99 days of a hundred should, by the measured margin and by RiskMetrics.

use serde::Serialize;

use crate::books::HORIZON;
use crate::history::{History, HOUR};
use crate::measure::Track;
use crate::stats::backtests::{coverage, Coverage};

use super::edge::Portfolio;
use super::outcome::{returns, Outcomes};

/// The rate at which the limit should be passed.
pub const EXPECTED: f64 = 0.01;
/// A p-value under this rejects.
const REJECTED: f64 = 0.05;
/// RiskMetrics' memory of a day, and the normal quantile of 99 %.
const LAMBDA: f64 = 0.94;
const QUANTILE: f64 = 2.326_347_874_040_841;
/// Daily returns after which RiskMetrics' record counts.
const RIPE: usize = 60;

/// How days did against their value at risk.
#[derive(Debug, Clone, Serialize)]
pub struct Daily {
    /// The measured margin, days from midnight to midnight UTC.
    pub model: Coverage,
    /// RiskMetrics 0.94 on the same days.
    pub riskmetrics: Coverage,
    /// Of the 24 hours at which days may begin, those at which Kupiec's test passes.
    pub kupiec_hours: usize,
    /// And Christoffersen's of independence.
    pub independence_hours: usize,
}

/// Judges days. `limits` is, for each opening, the debt over collateral at which equity is the value at risk.
pub fn daily(
    history: &History,
    track: &Track,
    portfolio: &Portfolio,
    outcomes: &Outcomes,
    limits: &[f64],
) -> Daily {
    let openings = || outcomes.hours.iter().zip(limits).zip(&outcomes.end);
    let starts = |hour: usize, of_day: usize| history.time(hour) / HOUR % 24 == of_day as u64;
    let days = |of_day: usize| -> Vec<bool> {
        let begun = openings().filter(|((hour, _), _)| starts(**hour, of_day));
        begun.map(|((_, limit), end)| end < limit).collect()
    };
    let by_hour: Vec<Coverage> = (0..24)
        .map(|hour| coverage(&days(hour), EXPECTED))
        .collect();
    let passing = |p: fn(&Coverage) -> f64| by_hour.iter().filter(|one| p(one) >= REJECTED).count();
    let limit = |hour: usize| {
        let at = outcomes.hours.binary_search(&hour).ok()?;
        limits.get(at).copied()
    };
    Daily {
        model: coverage(&days(0), EXPECTED),
        riskmetrics: coverage(&riskmetrics(history, track, portfolio, &limit), EXPECTED),
        kupiec_hours: passing(|one| one.kupiec.p),
        independence_hours: passing(|one| one.independence.p),
    }
}

/// Days on which a book lost more than RiskMetrics' value at risk of the same book.
fn riskmetrics(
    history: &History,
    track: &Track,
    portfolio: &Portfolio,
    limit: &dyn Fn(usize) -> Option<f64>,
) -> Vec<bool> {
    let (mut up, mut both, mut owed) = (0.0, 0.0, 0.0);
    let (mut seen, mut days) = (0usize, Vec::new());
    let midnights =
        (0..history.hours()).filter(|hour| (history.time(*hour) / HOUR).is_multiple_of(24));
    for hour in midnights.filter(|hour| *hour >= HORIZON) {
        if let Some((u, o)) = returns(history, track, portfolio, (hour - HORIZON, hour)) {
            let weight = if seen == 0 { 1.0 } else { 1.0 - LAMBDA };
            up += weight * (u * u - up);
            both += weight * (u * o - both);
            owed += weight * (o * o - owed);
            seen += 1;
        }
        let next = returns(history, track, portfolio, (hour, hour + HORIZON));
        if let (Some(debt), Some((u, o)), true) = (limit(hour), next, seen >= RIPE) {
            let variance = up - 2.0 * debt * both + debt * debt * owed;
            days.push(u - debt * o < -QUANTILE * variance.max(0.0).sqrt());
        }
    }
    days
}
