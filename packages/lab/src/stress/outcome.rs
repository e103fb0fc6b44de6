//! What became of a town under one rule.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::town::Rule;
use crate::run::Run;
use crate::stage::BasketResult;
use crate::story::Happening;

/// One rule on one path. Dollars, but for counts and shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The rule.
    pub rule: Rule,
    /// Debt at the start.
    pub lent: f64,
    /// The part of it in baskets that hold an asset which moves.
    pub exposed: f64,
    /// The most by which the mean price of a basket stood below the undisturbed one, as a share; of the basket where it is largest.
    pub extra_fall: f64,
    /// Debt that nobody repaid.
    pub bad_debt: f64,
    /// What positions owe above what they hold at the end.
    pub underwater: f64,
    /// Deficits that arose.
    pub deficit: f64,
    /// Positions opened.
    pub positions: u64,
    /// Positions liquidated.
    pub liquidated: u64,
    /// Of them those that are left alone where sales move nothing, all feeders tell the truth and the keeper is always there.
    pub dragged: u64,
    /// Positions liquidated in baskets whose own assets keep still.
    pub beside: u64,
    /// Losses that a basket bore beyond its own bad debt.
    pub crossed: f64,
    /// Whether every invariant held and every coin was found.
    pub holds: bool,
}

/// Names of those who were liquidated, each with the basket.
pub fn liquidated(run: &Run) -> BTreeSet<(String, String)> {
    let story = run.story.iter();
    story
        .filter_map(|entry| match &entry.happening {
            Happening::Liquidated { user, basket, .. } => Some((user.clone(), basket.clone())),
            _ => None,
        })
        .collect()
}

impl Outcome {
    /// Reads it off a run; `anyway` are those whom the still market liquidates, `quiet` the baskets whose assets keep still.
    pub fn new(
        rule: Rule,
        run: &Run,
        anyway: &BTreeSet<(String, String)>,
        quiet: &[String],
    ) -> Self {
        let baskets = || run.baskets.iter();
        let sum = |figure: fn(&BasketResult) -> f64| baskets().map(figure).sum();
        let who = liquidated(run);
        let dragged = who.difference(anyway).count() as u64;
        let beside = who.iter().filter(|(_, basket)| quiet.contains(basket));
        Self {
            rule,
            lent: sum(|basket| basket.lent),
            exposed: baskets()
                .filter(|basket| !quiet.contains(&basket.basket))
                .map(|basket| basket.lent)
                .sum(),
            extra_fall: baskets()
                .map(|basket| basket.extra_fall)
                .fold(0.0, f64::max),
            bad_debt: sum(|basket| basket.bad_debt),
            underwater: sum(|basket| basket.underwater),
            deficit: sum(|basket| basket.to_deficit),
            positions: baskets().map(|basket| basket.positions).sum(),
            liquidated: who.len() as u64,
            dragged,
            beside: beside.count() as u64,
            crossed: sum(crossed),
            holds: run.holds,
        }
    }

    /// What is lost or will be, in dollars.
    pub fn loss(&self) -> f64 {
        self.bad_debt + self.underwater
    }
}

/// What a basket's backstop and its deficit bore beyond its own bad debt.
fn crossed(basket: &BasketResult) -> f64 {
    let spent = (basket.funded - basket.backstop).max(0.0);
    let over = spent + basket.to_deficit - basket.bad_debt;
    // Base units are millionths; sums of floats are good to about that.
    if over > 0.01 {
        over
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backstop_that_pays_for_another_baskets_loss_is_seen() {
        let own = BasketResult {
            funded: 100.0,
            backstop: 0.0,
            bad_debt: 130.0,
            to_deficit: 25.0,
            ..BasketResult::default()
        };
        assert_eq!(crossed(&own), 0.0);
        let other = BasketResult {
            bad_debt: 0.0,
            ..own
        };
        assert_eq!(crossed(&other), 125.0);
    }
}
