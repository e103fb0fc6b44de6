//! Drawn paths under every rule, and what they come to.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use super::plan::Plan;
use super::town::{self, Rule};
use super::{compare, draw};
use crate::parallel::each;
use crate::stats::{mean, upper_quantile};
use crate::study::StudyError;

/// One rule on one path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The path's number.
    pub path: u64,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// All paths.
#[derive(Debug, Clone, Serialize)]
pub struct Paths {
    /// The seed.
    pub seed: u64,
    /// How many.
    pub paths: u64,
    /// By rule.
    pub rules: Vec<Summary>,
    /// The rows, by path and rule.
    #[serde(skip)]
    pub rows: Vec<Row>,
}

/// A rule over all paths.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The rule.
    pub rule: Rule,
    /// Mean extra fall.
    pub extra_fall: f64,
    /// The extra fall that one path in twenty exceeds.
    pub extra_fall_95: f64,
    /// The largest.
    pub extra_fall_most: f64,
    /// Share of paths with a loss.
    pub with_loss: f64,
    /// Loss over all that was lent.
    pub loss: f64,
    /// The largest loss of a path over what was lent on it.
    pub loss_most: f64,
    /// Share of positions liquidated.
    pub liquidated: f64,
    /// Share of positions liquidated for the sake of others' sales alone.
    pub dragged: f64,
    /// Positions liquidated in baskets whose assets keep still.
    pub beside: u64,
    /// Losses that a basket bore for another, in dollars.
    pub crossed: f64,
    /// Runs in which an invariant broke or a coin was lost.
    pub broken: u64,
}

/// Plays some of a seed's paths, in order.
pub fn rows(
    plan: &Plan,
    seed: u64,
    paths: Range<u64>,
    step: &(dyn Fn() + Sync),
) -> Result<Vec<Row>, StudyError> {
    let baskets = &plan.random.baskets;
    let assets = town::assets(plan, baskets);
    let still = |name: &String| plan.random.still.contains(name);
    let quiet: Vec<String> = plan
        .named(baskets)
        .filter(|basket| basket.assets.iter().all(still))
        .map(|basket| basket.name.clone())
        .collect();
    let numbers: Vec<u64> = paths.collect();
    let rows = each(&numbers, |path| {
        let prices = draw::random(plan, &assets, seed, *path);
        let outcomes = compare(&prices, &quiet, |rule| {
            town::scenario(plan, "drawn", baskets, (rule, plan.town.size()))
        })?;
        step();
        let rows = outcomes.into_iter().map(|outcome| Row {
            path: *path,
            outcome,
        });
        Ok::<_, StudyError>(rows.collect::<Vec<_>>())
    })?;
    Ok(rows.into_iter().flatten().collect())
}

/// What rows come to.
pub fn summary(seed: u64, rows: Vec<Row>) -> Paths {
    let rules = Rule::ALL.into_iter().map(|rule| {
        let of_rule = rows.iter().map(|row| &row.outcome);
        let outcomes: Vec<&Outcome> = of_rule.filter(|one| one.rule == rule).collect();
        one(rule, &outcomes)
    });
    Paths {
        seed,
        paths: rows.len() as u64 / Rule::ALL.len() as u64,
        rules: rules.collect(),
        rows,
    }
}

fn one(rule: Rule, outcomes: &[&Outcome]) -> Summary {
    let sum = |figure: fn(&Outcome) -> f64| outcomes.iter().map(|one| figure(one)).sum::<f64>();
    let mut falls: Vec<f64> = outcomes.iter().map(|one| one.extra_fall).collect();
    let positions = sum(|one| one.positions as f64).max(1.0);
    let losses = outcomes.iter().map(|one| one.loss() / one.lent.max(1.0));
    let count = outcomes.len().max(1) as f64;
    Summary {
        rule,
        extra_fall: mean(falls.iter().copied()),
        extra_fall_95: upper_quantile(&mut falls, 0.05),
        extra_fall_most: falls.iter().copied().fold(0.0, f64::max),
        with_loss: sum(|one| f64::from(u8::from(one.loss() > 0.01))) / count,
        loss: sum(Outcome::loss) / sum(|one| one.lent).max(1.0),
        loss_most: losses.fold(0.0, f64::max),
        liquidated: sum(|one| one.liquidated as f64) / positions,
        dragged: sum(|one| one.dragged as f64) / positions,
        beside: outcomes.iter().map(|one| one.beside).sum(),
        crossed: sum(|one| one.crossed),
        broken: outcomes.iter().map(|one| u64::from(!one.holds)).sum(),
    }
}
