//! The largest debt a book may have before it can be liquidated: where equity is the engine's maintenance margin, without costs.

use wicker_engine::margin::{margin, weights, Leg, MarginParams};
use wicker_math::{Ratio, SignedValue, Value, ONE};

use crate::books::{Basket, Book};
use crate::measure::{ratio, Track};
use crate::study::StudyError;

/// Dollars of collateral a book is opened with.
const OPENED: f64 = 1_000_000.0;
/// The debt is found to this share of the collateral.
const CLOSE: f64 = 1e-8;
/// Halvings after which the debt is exact to the last digit of a float.
const TRIES: usize = 60;

/// A book's collaterals: leg of the basket and share, the shares summing to one.
#[derive(Debug, Clone)]
pub struct Portfolio {
    /// Leg and share.
    pub shares: Vec<(usize, f64)>,
    /// The leg that is owed.
    pub debt: usize,
}

impl Portfolio {
    /// Shares of a book in its basket, scaled to sum to one.
    pub fn new(book: &Book, basket: &Basket) -> Self {
        let whole: f64 = book.weights.values().sum();
        let names = basket.collaterals.iter().enumerate();
        let shares = names.filter_map(|(leg, name)| {
            let weight = book.weights.get(name)?;
            Some((leg, weight / whole))
        });
        Self {
            shares: shares.collect(),
            debt: basket.collaterals.len(),
        }
    }

    /// All legs that have a share or are owed.
    pub fn legs(&self) -> impl Iterator<Item = usize> + '_ {
        self.shares.iter().map(|(leg, _)| *leg).chain([self.debt])
    }
}

/// A book under a margin rule.
pub struct Edge<'a> {
    track: &'a Track,
    portfolio: &'a Portfolio,
    params: MarginParams,
    jumps: bool,
}

impl<'a> Edge<'a> {
    /// A book under κ and δ, with or without jump floors.
    pub fn new(
        track: &'a Track,
        portfolio: &'a Portfolio,
        (kappa, delta): (f64, f64),
        jumps: bool,
    ) -> Self {
        let params = MarginParams {
            kappa: ratio(kappa),
            delta: ratio(delta),
            cr_max: Ratio::ONE,
            phi: Ratio::ZERO,
            cost: Ratio::ZERO,
        };
        Self {
            track,
            portfolio,
            params,
            jumps,
        }
    }

    /// The maintenance margin over the collateral's value when `ltv` of it is owed.
    pub fn margin(&self, hour: usize, ltv: f64) -> Result<f64, StudyError> {
        let Some(correlations) = self.track.correlations(hour) else {
            return Ok(1.0);
        };
        let margin = margin(&self.legs(hour, ltv), correlations, &self.params)?;
        Ok(margin.maintenance.raw() as f64 / (OPENED * ONE as f64))
    }

    /// Each collateral's share of the risk when `ltv` of the value is owed, and the debt's.
    pub fn weights(&self, hour: usize, ltv: f64) -> Result<Vec<f64>, StudyError> {
        let Some(correlations) = self.track.correlations(hour) else {
            return Ok(Vec::new());
        };
        let weights = weights(&self.legs(hour, ltv), correlations, &self.params)?;
        let share = |weight: i128| weight as f64 / ONE as f64;
        Ok(weights.into_iter().map(share).collect())
    }

    fn legs(&self, hour: usize, ltv: f64) -> Vec<Leg> {
        let sigmas = self.track.sigmas(hour);
        let leg = |leg: usize, dollars: f64| Leg {
            index: leg,
            value: SignedValue::new((dollars * OPENED * ONE as f64) as i128),
            sigma: sigmas.get(leg).copied().unwrap_or(Ratio::ZERO),
            exposure: Value::ZERO,
            depth: None,
            jump: match self.jumps {
                true => self.track.jumps.get(leg).copied().unwrap_or(Ratio::ZERO),
                false => Ratio::ZERO,
            },
        };
        let shares = self.portfolio.shares.iter();
        let mut legs: Vec<Leg> = shares.map(|(at, share)| leg(*at, *share)).collect();
        legs.push(leg(self.portfolio.debt, -ltv));
        legs
    }

    /// Debt over collateral at which equity is the margin; zero where nothing may be owed. K is convex in the debt, so that there is
    /// one such point. `guess` is where the search begins.
    pub fn ltv(&self, hour: usize, guess: f64) -> Result<f64, StudyError> {
        let (mut low, mut high, mut at) = (0.0, 1.0, guess.clamp(0.0, 1.0));
        let mut before: Option<(f64, f64)> = None;
        for _ in 0..TRIES {
            let gap = 1.0 - at - self.margin(hour, at)?;
            if gap.abs() < CLOSE {
                break;
            }
            if gap > 0.0 {
                low = at;
            } else {
                high = at;
            }
            let next = match before {
                Some((x, y)) if y != gap => at - gap * (at - x) / (gap - y),
                _ => at + gap,
            };
            before = Some((at, gap));
            at = match next > low && next < high {
                true => next,
                false => (low + high) / 2.0,
            };
        }
        Ok(at)
    }
}
