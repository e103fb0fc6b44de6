//! What the harness remembers of the past on its own: what was held of each asset and when, how debts have grown, what flowed.

use std::collections::BTreeMap;

use wicker_math::SECONDS_PER_YEAR;

use super::governed::{Figures, Waiting};
use super::reference::{at_18, Set, Way};
use super::view::View;

const DAY: u64 = 86_400;
/// Debt stops growing here.
const LARGEST_INDEX: f64 = 1e9;
/// How far the growth of a debt may lie from the one in floating point, as a share.
const GROWTH_APART: f64 = 1e-10;

/// The memory.
#[derive(Debug, Clone, Default)]
pub struct Ghost {
    /// When an asset's days begin, and what was held from when on.
    held: BTreeMap<String, (u64, Vec<(u64, u128)>)>,
    /// What a unit of the first debt owes, when that was, and the yearly fee since.
    grown: BTreeMap<u32, (f64, u64, f64)>,
    /// Parameters in force.
    pub figures: Figures,
    /// Changes that wait.
    pub waiting: Waiting,
    /// Changes of the margin on their way to open positions.
    pub ways: BTreeMap<u32, Way>,
    /// Flow caps on their way to open positions: what was in force, in dollars.
    pub caps: BTreeMap<String, Way<f64>>,
    /// φ on its way.
    pub share: Option<Way<f64>>,
    /// Dollars that ordinary liquidations seized of an asset, with their times.
    pub flows: BTreeMap<String, Vec<(u64, i128)>>,
    /// What baskets lent, and negative what was repaid, with times.
    pub lent: BTreeMap<u32, Vec<(u64, i128)>>,
}

impl Ghost {
    /// At the start: assets by denom and the time they were listed.
    pub fn new(view: &View, listed: &[(String, u64)], now: u64) -> Self {
        let mut ghost = Self::default();
        for (denom, since) in listed {
            let start = (*since, vec![(*since, view.total(denom))]);
            ghost.held.insert(denom.clone(), start);
        }
        for basket in &view.snapshot.baskets {
            let fee = at_18(basket.basket.terms.stability_fee.raw());
            ghost.grown.insert(basket.id, (1.0, now, fee));
        }
        ghost
    }

    /// What is held of an asset now.
    pub fn held(&self, denom: &str) -> u128 {
        self.held
            .get(denom)
            .map_or(0, |(_, steps)| steps.last().unwrap().1)
    }

    /// The least that was held since the day before the current one of the asset began.
    pub fn lasting(&self, denom: &str, now: u64) -> u128 {
        let Some((listed, steps)) = self.held.get(denom) else {
            return 0;
        };
        let days = (now - listed) / DAY;
        let from = listed + days.saturating_sub(1) * DAY;
        let before = steps.iter().rev().find(|(time, _)| *time <= from);
        let since = steps.iter().filter(|(time, _)| *time >= from);
        let all = since.chain(before).map(|(_, held)| *held);
        all.min().unwrap_or(0)
    }

    /// Takes in what a step has left.
    pub fn remember(&mut self, view: &View, now: u64) {
        for (denom, (_, steps)) in &mut self.held {
            let held = view.total(denom);
            if steps.last().unwrap().1 != held {
                steps.push((now, held));
            }
        }
    }

    /// Takes in what governance has decided: a change of the margin begins its way over `span`.
    pub fn governed(&mut self, before: &View, after: &View, now: u64, span: u64) {
        self.flows.clear();
        self.lent.clear();
        let baskets = before.snapshot.baskets.iter();
        for (old, new) in baskets.zip(&after.snapshot.baskets) {
            let (was, is) = (Set::of(&old.basket), Set::of(&new.basket));
            if was != is && was.legs() == is.legs() {
                let from = was.ramped(self.ways.get(&old.id), now);
                let start = now;
                self.ways.insert(old.id, Way { from, start, span });
            }
        }
    }

    /// Takes in what governance has decided of flow caps and φ, `figures` being the new ones.
    pub fn tightened(&mut self, figures: &Figures, now: u64, span: u64) {
        let start = now;
        for (key, value) in figures {
            let Some(was) = self.figures.get(key).filter(|was| *was != value) else {
                continue;
            };
            let (was, is) = (at_18(*was), at_18(*value));
            if key.1 == "flow_cap" {
                let from = self.cap(&key.0, was, now);
                self.caps.insert(key.0.clone(), Way { from, start, span });
            } else if key.1 == "exposure_share" {
                let from = self.share(was, now);
                self.share = (is > from).then_some(Way { from, start, span });
            }
        }
    }

    /// I-23: every index is what the fees of its whole past make of one.
    pub fn growth(&mut self, view: &View, now: u64) -> Vec<String> {
        let mut broken = Vec::new();
        for one in &view.snapshot.baskets {
            let (index, at, fee) = self.grown.get_mut(&one.id).unwrap();
            *index = after(*index, *fee, now - *at);
            (*at, *fee) = (now, at_18(one.basket.terms.stability_fee.raw()));
            let (totals, scale) = (&one.totals, 1e27);
            let stored = totals.index.raw() as f64 / scale;
            let found = after(stored, *fee, now - totals.accrued_at.get());
            if (found / *index - 1.0).abs() > GROWTH_APART {
                let id = one.id;
                broken.push(format!(
                    "I-23: basket {id} grew to {found}, fees make {index}"
                ));
            }
        }
        broken
    }
}

/// An index after so many seconds of a yearly fee, compounded each second.
fn after(index: f64, fee: f64, seconds: u64) -> f64 {
    let rate = (fee / SECONDS_PER_YEAR as f64).ln_1p();
    (index * (rate * seconds as f64).exp()).min(LARGEST_INDEX)
}
