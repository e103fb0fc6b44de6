//! What became of a book opened in each hour: the lowest and the last value of its collateral in units of what is owed.

use crate::books::{HORIZON, LONGEST};
use crate::history::History;
use crate::measure::Track;

use super::edge::Portfolio;

/// Horizons at which breaches are counted, in hours.
pub const HORIZONS: [usize; 5] = [1, 6, 12, HORIZON, LONGEST];
/// The place of [`HORIZON`] among them.
pub const OWN: usize = 3;
/// A window with more hours than this without a leg's price is not judged. The longest pause of an exchange fits in.
const BLIND: usize = 12;

/// A book's openings and what became of them.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// Hours in which it was opened.
    pub hours: Vec<usize>,
    /// For each, the lowest value within each of [`HORIZONS`], one when it was opened.
    pub worst: Vec<[f64; 5]>,
    /// For each, the value after [`HORIZON`].
    pub end: Vec<f64>,
    /// Hours that could not be judged: prices missing when it would be opened, or for too long after.
    pub skipped: usize,
}

/// Outcomes of openings in every `every`th hour from `from` up to `to`.
pub fn outcomes(
    history: &History,
    track: &Track,
    portfolio: &Portfolio,
    (from, to, every): (usize, usize, usize),
) -> Outcomes {
    let mut found = Outcomes::default();
    let last = history.hours().saturating_sub(LONGEST);
    for hour in (from..to.min(last)).step_by(every.max(1)) {
        match one(history, track, portfolio, hour) {
            Some((worst, end)) => {
                found.hours.push(hour);
                found.worst.push(worst);
                found.end.push(end);
            }
            None => found.skipped += 1,
        }
    }
    found
}

/// The path of one opening. A price that is missing on the way is the last one that was there, as it is for whoever must liquidate.
fn one(
    history: &History,
    track: &Track,
    portfolio: &Portfolio,
    opened: usize,
) -> Option<([f64; 5], f64)> {
    let mut lows = [1.0; 5];
    let (mut lowest, mut end) = (f64::INFINITY, 1.0);
    let mut legs = Vec::with_capacity(portfolio.shares.len() + 1);
    for leg in portfolio.legs() {
        let column = track.columns.get(leg).copied().flatten();
        let price = column.map_or(Some(1.0), |column| history.price(opened, column))?;
        legs.push((column, price, 1.0, 0usize));
    }
    let mut at = 0;
    for step in 1..=LONGEST {
        for (column, first, ratio, missing) in &mut legs {
            let Some(column) = *column else { continue };
            match history.price(opened + step, column) {
                Some(price) => *ratio = price / *first,
                None if step <= HORIZON => *missing += 1,
                None => {}
            }
        }
        let value = value(portfolio, &legs);
        lowest = value.min(lowest);
        if step == HORIZON {
            end = value;
        }
        if HORIZONS.get(at) == Some(&step) {
            lows[at] = lowest;
            at += 1;
        }
    }
    let blind = legs.iter().any(|(_, _, _, missing)| *missing > BLIND);
    (!blind).then_some((lows, end))
}

/// The collateral's value in units of the debt's, both one at the opening.
fn value(portfolio: &Portfolio, legs: &[(Option<usize>, f64, f64, usize)]) -> f64 {
    let collateral = portfolio.shares.iter().zip(legs);
    let collateral: f64 = collateral
        .map(|((_, share), (_, _, ratio, _))| share * ratio)
        .sum();
    let debt = legs.last().map_or(1.0, |(_, _, ratio, _)| *ratio);
    collateral / debt
}

/// A book's return from the hour `before` to the hour `now`, of its collateral and of its debt; `None` without all prices.
pub fn returns(
    history: &History,
    track: &Track,
    portfolio: &Portfolio,
    (before, now): (usize, usize),
) -> Option<(f64, f64)> {
    let change = |leg: usize| match track.columns.get(leg).copied().flatten() {
        Some(column) => Some(history.price(now, column)? / history.price(before, column)? - 1.0),
        None => Some(0.0),
    };
    let mut sum = 0.0;
    for (leg, share) in &portfolio.shares {
        sum += share * change(*leg)?;
    }
    Some((sum, change(portfolio.debt)?))
}
