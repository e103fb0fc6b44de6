//! The baskets that are open to a user as they are in one hour, and the engine's judgement of what is put into them.

use serde::Serialize;
use std::collections::BTreeMap;
use wicker_engine::correlation::Correlations;
use wicker_engine::margin::{margin, Leg, MarginParams};
use wicker_math::{Ratio, SignedValue, Value, ONE};

use crate::books::{Basket, Study};
use crate::measure::{ratio, Track};
use crate::study::StudyError;

use super::users::{User, Users};

/// Under this share of a holding or a debt an entry is an artefact of the search and not a position.
const DUST: f64 = 1e-6;

/// Dollars by basket and entry, in the order of [`Ground::places`] and of [`Place::entries`].
pub type Split = Vec<Vec<f64>>;

/// What is to be placed, and where it may go.
#[derive(Debug, Clone)]
pub struct Ground<'a> {
    /// Names and dollars of what is held, then of what is owed.
    pub goods: Vec<(String, f64)>,
    /// How many of them are held.
    pub held: usize,
    /// The open baskets.
    pub places: Vec<Place<'a>>,
    /// Equity that new debt needs, in multiples of the maintenance margin.
    pub initial: f64,
}

/// An open basket.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// Its name.
    pub name: &'a str,
    /// What can be put into it: its collaterals that are held, its debt last.
    pub entries: Vec<Entry>,
    /// ρ of its legs.
    pub correlations: &'a Correlations,
    /// κ, δ and c.
    pub params: MarginParams,
}

/// A leg of a basket that a user's goods can be put into.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The place among [`Ground::goods`].
    pub good: usize,
    /// The place among the basket's legs.
    pub leg: usize,
    /// σ̂ per √hour.
    pub sigma: Ratio,
    /// J.
    pub jump: Ratio,
}

/// A position as the engine judges it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Position {
    /// Its basket.
    pub basket: String,
    /// Dollars of each collateral.
    pub holds: BTreeMap<String, f64>,
    /// Dollars owed.
    pub owes: f64,
    /// Collateral less debt.
    pub equity: f64,
    /// The maintenance margin.
    pub margin: f64,
}

impl Position {
    /// Whether equity is enough for new debt. A position that owes nothing needs none.
    pub fn passes(&self, initial: f64) -> bool {
        self.owes == 0.0 || self.equity >= initial * self.margin
    }
}

impl<'a> Ground<'a> {
    /// What a user finds in an hour.
    pub fn new(
        (study, tracks): (&'a Study, &'a [Track]),
        (users, user): (&Users, &User),
        hour: usize,
    ) -> Self {
        let (held, owed) = (user.holds.iter(), user.owes.iter());
        let goods = held
            .chain(owed)
            .map(|(name, dollars)| (name.clone(), *dollars));
        let mut ground = Self {
            goods: goods.collect(),
            held: user.holds.len(),
            places: Vec::new(),
            initial: users.initial,
        };
        for at in user.open(study) {
            if let (Some(basket), Some(track)) = (study.baskets.get(at), tracks.get(at)) {
                let place = ground.place(basket, track, hour, params(study, users, basket));
                ground.places.extend(place);
            }
        }
        ground
    }

    fn place(
        &self,
        basket: &'a Basket,
        track: &'a Track,
        hour: usize,
        params: MarginParams,
    ) -> Option<Place<'a>> {
        let entry = |(good, leg): (usize, usize)| {
            Some(Entry {
                good,
                leg,
                sigma: *track.sigmas(hour).get(leg)?,
                jump: *track.jumps.get(leg)?,
            })
        };
        let (held, owed) = self.goods.split_at(self.held);
        let mut pairs = Vec::new();
        for (leg, name) in basket.collaterals.iter().enumerate() {
            let good = held.iter().position(|(good, _)| good == name);
            pairs.extend(good.map(|good| (good, leg)));
        }
        let debt = owed.iter().position(|(good, _)| *good == basket.debt)?;
        pairs.push((self.held + debt, basket.collaterals.len()));
        Some(Place {
            name: &basket.name,
            entries: pairs.into_iter().map(entry).collect::<Option<_>>()?,
            correlations: track.correlations(hour)?,
            params,
        })
    }

    /// Dollars of a good.
    pub fn dollars(&self, good: usize) -> f64 {
        self.goods.get(good).map_or(0.0, |(_, dollars)| *dollars)
    }

    /// Nothing placed.
    pub fn empty(&self) -> Split {
        let places = self.places.iter();
        places.map(|place| vec![0.0; place.entries.len()]).collect()
    }

    /// The engine's judgement of every basket that something is put into.
    pub fn judge(&self, split: &Split) -> Result<Vec<Position>, StudyError> {
        let mut positions = Vec::new();
        for (place, entries) in self.places.iter().zip(split) {
            if entries.iter().all(|dollars| *dollars == 0.0) {
                continue;
            }
            let mut holds = BTreeMap::new();
            for (entry, dollars) in place.entries.iter().zip(entries) {
                let good = self
                    .goods
                    .get(entry.good)
                    .filter(|_| entry.good < self.held);
                if let Some((name, _)) = good.filter(|_| *dollars > 0.0) {
                    holds.insert(name.clone(), *dollars);
                }
            }
            positions.push(Position {
                basket: place.name.into(),
                holds,
                owes: entries.last().copied().unwrap_or(0.0),
                equity: equity(entries),
                margin: place.margin(entries)?,
            });
        }
        Ok(positions)
    }

    /// The same split whose dust is where most of the same good is, and whose sums are those of the goods.
    pub fn tidied(&self, split: &Split) -> Split {
        let mut tidied = split.clone();
        for good in 0..self.goods.len() {
            let whole = self.dollars(good);
            let (mut placed, mut most): (f64, (f64, usize, usize)) = (0.0, (-1.0, 0, 0));
            for (at, place) in self.places.iter().enumerate() {
                let Some(leg) = place.entry(good) else {
                    continue;
                };
                let Some(entry) = tidied.get_mut(at).and_then(|entries| entries.get_mut(leg))
                else {
                    continue;
                };
                if *entry < DUST * whole {
                    *entry = 0.0;
                }
                placed += *entry;
                if *entry > most.0 {
                    most = (*entry, at, leg);
                }
            }
            let largest = tidied.get_mut(most.1);
            if let Some(entry) = largest.and_then(|entries| entries.get_mut(most.2)) {
                *entry += whole - placed;
            }
        }
        tidied
    }
}

impl Place<'_> {
    /// Where a good is put, when the basket takes or lends it.
    pub fn entry(&self, good: usize) -> Option<usize> {
        self.entries.iter().position(|entry| entry.good == good)
    }

    /// The engine's maintenance margin, in dollars.
    pub fn margin(&self, entries: &[f64]) -> Result<f64, StudyError> {
        let last = self.entries.len().saturating_sub(1);
        let legs = self.entries.iter().zip(entries).enumerate();
        let legs = legs.map(|(at, (entry, dollars))| {
            let sign = if at == last { -1.0 } else { 1.0 };
            Leg {
                index: entry.leg,
                value: SignedValue::new((sign * dollars * ONE as f64) as i128),
                sigma: entry.sigma,
                exposure: Value::ZERO,
                depth: None,
                jump: entry.jump,
            }
        });
        let legs: Vec<Leg> = legs.collect();
        let margin = margin(&legs, self.correlations, &self.params)?;
        Ok(margin.maintenance.raw() as f64 / ONE as f64)
    }
}

/// Collateral less debt, which stands last.
pub fn equity(entries: &[f64]) -> f64 {
    match entries.split_last() {
        Some((debt, held)) => held.iter().sum::<f64>() - debt,
        None => 0.0,
    }
}

fn params(study: &Study, users: &Users, basket: &Basket) -> MarginParams {
    MarginParams {
        kappa: ratio(study.margin.kappa(study.margin.z)),
        delta: ratio(basket.stress),
        cr_max: Ratio::ONE,
        phi: Ratio::ZERO,
        cost: ratio(users.cost),
    }
}
