//! The assignment through time. An asset joins the basket of its cluster when it is ripe, and moves when for a whole month another one
//! has been clearly better, or its tier has been another one.

use crate::history::History;

use super::cluster::{clusters, correlation, distance};
use super::memory::{Memory, STEP};
use super::plan::Plan;
use super::{Move, Proposed, Reasoned};

/// Hours without a price after which an asset is gone.
const GONE: usize = 168;

/// Tier of volatility and tier of volume.
type Cell = (usize, usize);

/// Who is where, and how long somebody has wanted to be elsewhere.
pub struct Walk<'a> {
    plan: &'a Plan,
    assets: Vec<Standing>,
    /// By number, the cell of each basket that there ever was.
    cells: Vec<Cell>,
    /// The clusters of the day before.
    fresh: Vec<Vec<usize>>,
    /// All moves so far.
    pub moves: Vec<Move>,
}

#[derive(Debug, Clone, Default)]
struct Standing {
    basket: Option<usize>,
    tier: Option<usize>,
    patience: usize,
    silent: usize,
}

impl<'a> Walk<'a> {
    /// Nobody is anywhere.
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            assets: vec![Standing::default(); plan.assets.len()],
            cells: Vec::new(),
            fresh: Vec::new(),
            moves: Vec::new(),
        }
    }

    /// Each asset's basket.
    pub fn places(&self) -> Vec<Option<usize>> {
        self.assets.iter().map(|asset| asset.basket).collect()
    }

    /// Lives through a day: how many moved between baskets, and whether the clusters of the same assets changed.
    pub fn day(
        &mut self,
        memory: &Memory,
        history: &History,
        hour: usize,
        at: &str,
    ) -> (usize, bool) {
        self.look(memory, history, hour, at);
        let there: Vec<usize> = (0..self.assets.len())
            .filter(|asset| self.assets[*asset].tier.is_some())
            .collect();
        let fresh = self.clusters(memory, &there);
        let mut before: Vec<usize> = self.fresh.iter().flatten().copied().collect();
        before.sort_unstable();
        let restless = before == there && self.fresh != fresh;
        self.fresh = fresh;
        let mut moved = 0;
        for asset in there {
            moved += usize::from(self.place(memory, asset, at));
        }
        (moved, restless)
    }

    /// Who is ripe, who is gone, and in which tier of volatility everyone is.
    fn look(&mut self, memory: &Memory, history: &History, hour: usize, at: &str) {
        let rules = &self.plan.rules;
        for (asset, standing) in self.assets.iter_mut().enumerate() {
            let since = (hour.saturating_sub(23)..=hour).rev();
            let priced = since
                .into_iter()
                .any(|hour| history.price(hour, asset).is_some());
            standing.silent = if priced { 0 } else { standing.silent + 24 };
            let ripe = memory.samples(asset) * STEP as f64 >= (rules.ripe_days * 24) as f64;
            if !ripe || standing.silent > GONE {
                standing.tier = None;
                if let Some(from) = standing.basket.take() {
                    self.moves.push(Move {
                        at: at.into(),
                        asset: self.plan.assets[asset].name.clone(),
                        from: Some(from),
                        to: None,
                        reason: "no price for a week".into(),
                    });
                }
                continue;
            }
            let volatility = memory.volatility(asset);
            let clear = |edge: f64| match standing.tier {
                // Above an edge that it was under, or under one that it was above: only when beyond it by a share.
                Some(tier) if tier_of(&rules.volatility, edge) > tier => edge * (1.0 + rules.edge),
                Some(_) => edge * (1.0 - rules.edge),
                None => edge,
            };
            let passed = rules
                .volatility
                .iter()
                .filter(|edge| volatility >= clear(**edge));
            standing.tier = Some(passed.count());
        }
    }

    fn cell(&self, asset: usize) -> Cell {
        let volume = tier_of(
            &self.plan.rules.daily_volume,
            self.plan.assets[asset].daily_volume,
        );
        (self.assets[asset].tier.unwrap_or(0), volume)
    }

    fn clusters(&self, memory: &Memory, there: &[usize]) -> Vec<Vec<usize>> {
        let mut cells: Vec<Cell> = there.iter().map(|asset| self.cell(*asset)).collect();
        cells.sort_unstable();
        cells.dedup();
        let rules = &self.plan.rules;
        let mut all = Vec::new();
        for cell in cells {
            let inside = there
                .iter()
                .copied()
                .filter(|asset| self.cell(*asset) == cell);
            let inside: Vec<usize> = inside.collect();
            let apart = |i: usize, j: usize| distance(memory.rho(inside[i], inside[j]));
            let groups = clusters(inside.len(), &apart, (rules.cut, rules.most));
            all.extend(
                groups
                    .iter()
                    .map(|group| group.iter().map(|at| inside[*at]).collect()),
            );
        }
        all
    }

    fn members(&self, basket: usize) -> Vec<usize> {
        let all = 0..self.assets.len();
        all.filter(|asset| self.assets[*asset].basket == Some(basket))
            .collect()
    }

    /// The basket of its cell in which most of its cluster is; `None` is one of its own.
    fn candidate(&self, asset: usize) -> Option<usize> {
        let cell = self.cell(asset);
        let cluster = self.fresh.iter().find(|cluster| cluster.contains(&asset))?;
        let others = |basket: usize| {
            let company = cluster.iter().filter(|other| **other != asset);
            company
                .filter(|other| self.assets[**other].basket == Some(basket))
                .count()
        };
        let baskets = (0..self.cells.len()).filter(|basket| self.cells[*basket] == cell);
        let room = baskets.filter(|basket| {
            let members = self.members(*basket);
            members.contains(&asset) || members.len() < self.plan.rules.most
        });
        // Of two with as many, the older.
        let best = room.rev().max_by_key(|basket| others(*basket));
        best.filter(|basket| others(*basket) > 0)
    }

    /// True when the asset moved from one basket to another.
    fn place(&mut self, memory: &Memory, asset: usize, at: &str) -> bool {
        let (cell, candidate) = (self.cell(asset), self.candidate(asset));
        let Some(now) = self.assets[asset].basket else {
            self.join(asset, candidate, at, "old enough to be measured".into());
            return false;
        };
        let alone = self.members(now).len() == 1 && self.cells[now] == cell;
        if candidate == Some(now) || (candidate.is_none() && alone) {
            self.assets[asset].patience = 0;
            return false;
        }
        // Who is in company leaves for none below the cut's correlation less the gain; who is alone joins above the cut's.
        let rules = &self.plan.rules;
        let with = |basket: Option<usize>, alone: f64| {
            let members = basket.map(|basket| self.members(basket));
            let mean = members.and_then(|members| memory.mean_rho(asset, &members));
            mean.unwrap_or(alone)
        };
        let cut = correlation(rules.cut);
        let (there, here) = (with(candidate, cut), with(Some(now), cut - rules.gain));
        let reason = match (self.cells[now] == cell, candidate) {
            (false, _) => format!(
                "volatility {:.0} % is of another tier",
                100.0 * memory.volatility(asset)
            ),
            (true, Some(_)) => format!("mean correlation {there:.2} there against {here:.2}"),
            (true, None) => format!(
                "mean correlation {here:.2} is under {:.2}",
                cut - rules.gain
            ),
        };
        if self.cells[now] == cell && there - here <= rules.gain {
            self.assets[asset].patience = 0;
            return false;
        }
        self.assets[asset].patience += 1;
        if self.assets[asset].patience < rules.days {
            return false;
        }
        self.join(
            asset,
            candidate,
            at,
            format!("{reason}, for {} days", rules.days),
        );
        true
    }

    fn join(&mut self, asset: usize, basket: Option<usize>, at: &str, reason: String) {
        let cell = self.cell(asset);
        let to = basket.unwrap_or(self.cells.len());
        if basket.is_none() {
            self.cells.push(cell);
        }
        let standing = &mut self.assets[asset];
        let from = standing.basket.replace(to);
        standing.patience = 0;
        self.moves.push(Move {
            at: at.into(),
            asset: self.plan.assets[asset].name.clone(),
            from,
            to: Some(to),
            reason,
        });
    }

    /// The baskets as they are, and who is in none.
    pub fn proposal(&self, memory: &Memory) -> (Vec<Proposed>, Vec<Reasoned>) {
        let rules = &self.plan.rules;
        let reasoned = |asset: usize, others: &[usize], reason: String| Reasoned {
            asset: self.plan.assets[asset].name.clone(),
            volatility: memory.volatility(asset),
            correlation: memory.mean_rho(asset, others),
            reason,
        };
        let mut baskets = Vec::new();
        for (basket, cell) in self.cells.iter().enumerate() {
            let members = self.members(basket);
            if members.is_empty() {
                continue;
            }
            let why = |asset: usize| {
                let name = &self.plan.assets[asset].name;
                let last = self.moves.iter().rev().find(|one| one.asset == *name);
                last.map_or(String::new(), |one| {
                    format!("since {}: {}", one.at, one.reason)
                })
            };
            baskets.push(Proposed {
                basket,
                volatility: band(&rules.volatility, cell.0),
                daily_volume: band(&rules.daily_volume, cell.1),
                correlation: (members.len() > 1).then(|| correlation(rules.cut) - rules.gain),
                members: members
                    .iter()
                    .map(|one| reasoned(*one, &members, why(*one)))
                    .collect(),
            });
        }
        let out = (0..self.assets.len()).filter(|asset| self.assets[*asset].basket.is_none());
        let left = out.map(|asset| {
            let reason = match self.assets[asset].silent > GONE {
                true => "no price for a week",
                false => "too young",
            };
            reasoned(asset, &[], reason.into())
        });
        (baskets, left.collect())
    }
}

/// How many edges a figure is at or above.
fn tier_of(edges: &[f64], figure: f64) -> usize {
    edges.iter().filter(|edge| figure >= **edge).count()
}

fn band(edges: &[f64], tier: usize) -> (f64, Option<f64>) {
    let from = tier.checked_sub(1).and_then(|below| edges.get(below));
    (from.copied().unwrap_or(0.0), edges.get(tier).copied())
}
