//! Splits without a solver: slices go where they cost the least, then slices are moved and exchanged between two baskets until no move
//! helps, from several starts. What a wallet or a contract without a cone solver could do.

use crate::study::StudyError;

use super::ground::{equity, Ground, Split};

/// Slices of each good in the first pass.
const SLICES: usize = 32;
/// What a dollar of missing equity costs, in dollars of margin: more than any move can save.
const PENALTY: f64 = 20.0;
/// Shares of a good that are moved at once, coarse to fine, each a quarter of the one before.
const SIZES: usize = 9;
/// Passes of one size, and judgements of a start. Both only bound the time that a large problem takes.
const PASSES: usize = 200;
const JUDGEMENTS: usize = 2_000_000;
/// A gain under this share of the margin is none.
const GAIN: f64 = 1e-10;

/// The best split that the walk finds from a start.
pub fn improved(ground: &Ground<'_>, start: &Split) -> Result<(Split, f64), StudyError> {
    let mut walk = Walk::new(ground, start)?;
    let mut size = 1.0;
    for _ in 0..SIZES {
        for _ in 0..PASSES {
            if !walk.pass(size)? {
                break;
            }
        }
        size /= 4.0;
    }
    Ok((walk.split, walk.costs.iter().sum()))
}

/// Where the walk begins: the slices, everything split evenly, and each basket with all that it takes.
pub fn starts(ground: &Ground<'_>) -> Result<Vec<Split>, StudyError> {
    let mut starts = vec![sliced(ground)?, even(ground)];
    for first in 0..ground.places.len() {
        let mut split = ground.empty();
        for good in 0..ground.goods.len() {
            let others = 0..ground.places.len();
            let mut order = [first].into_iter().chain(others);
            let takes = order.find_map(|at| Some((at, ground.places.get(at)?.entry(good)?)));
            if let Some(at) = takes {
                put(&mut split, at, ground.dollars(good));
            }
        }
        starts.push(split);
    }
    Ok(starts)
}

/// Every holding in equal parts over the baskets that take it; every debt by the collateral that stands behind it.
pub fn even(ground: &Ground<'_>) -> Split {
    let mut split = ground.empty();
    for good in 0..ground.goods.len() {
        let places = ground.places.iter().enumerate();
        let takes: Vec<(usize, usize)> = places
            .filter_map(|(at, place)| Some((at, place.entry(good)?)))
            .collect();
        let behind = |at: &usize| split.get(*at).map_or(0.0, |held: &Vec<f64>| equity(held));
        let parts: Vec<f64> = match good < ground.held {
            true => takes.iter().map(|_| 1.0).collect(),
            false => takes.iter().map(|(at, _)| behind(at)).collect(),
        };
        let whole: f64 = parts.iter().sum();
        for (at, part) in takes.iter().zip(&parts) {
            put(&mut split, *at, ground.dollars(good) * part / whole);
        }
    }
    split
}

/// Slice by slice, each of a holding and then of a debt, to where it costs the least.
fn sliced(ground: &Ground<'_>) -> Result<Split, StudyError> {
    let mut split = ground.empty();
    for _ in 0..SLICES {
        for good in 0..ground.goods.len() {
            let slice = ground.dollars(good) / SLICES as f64;
            let mut best: Option<(f64, (usize, usize))> = None;
            for (at, place) in ground.places.iter().enumerate() {
                let (Some(entry), Some(held)) = (place.entry(good), split.get(at)) else {
                    continue;
                };
                let mut with = held.clone();
                add(&mut with, entry, slice);
                let rise = cost(ground, at, &with)? - cost(ground, at, held)?;
                if best.is_none_or(|(least, _)| rise < least) {
                    best = Some((rise, (at, entry)));
                }
            }
            if let Some((_, at)) = best {
                put(&mut split, at, slice);
            }
        }
    }
    Ok(split)
}

fn put(split: &mut Split, (at, entry): (usize, usize), dollars: f64) {
    if let Some(entries) = split.get_mut(at) {
        add(entries, entry, dollars);
    }
}

fn add(entries: &mut [f64], entry: usize, dollars: f64) {
    if let Some(entry) = entries.get_mut(entry) {
        *entry = (*entry + dollars).max(0.0);
    }
}

/// A basket's margin, and what its missing equity costs.
fn cost(ground: &Ground<'_>, at: usize, entries: &[f64]) -> Result<f64, StudyError> {
    let Some(place) = ground.places.get(at) else {
        return Ok(0.0);
    };
    let margin = place.margin(entries)?;
    let missing = (ground.initial * margin - equity(entries)).max(0.0);
    Ok(margin + PENALTY * missing)
}

/// A split that is being improved.
struct Walk<'a> {
    ground: &'a Ground<'a>,
    split: Split,
    costs: Vec<f64>,
    judged: usize,
}

/// Dollars that go from the first basket's entry to the second's; under zero they come back.
type Step = (usize, usize, f64);

impl<'a> Walk<'a> {
    fn new(ground: &'a Ground<'a>, start: &Split) -> Result<Self, StudyError> {
        let costs = start.iter().enumerate();
        let costs = costs.map(|(at, entries)| cost(ground, at, entries));
        Ok(Self {
            ground,
            split: start.clone(),
            costs: costs.collect::<Result<_, _>>()?,
            judged: 0,
        })
    }

    /// Tries every move of one size between every two baskets; true when one helped.
    fn pass(&mut self, size: f64) -> Result<bool, StudyError> {
        let mut helped = false;
        for from in 0..self.split.len() {
            for to in 0..self.split.len() {
                if from != to && self.judged < JUDGEMENTS {
                    helped |= self.between(from, to, size)?;
                }
            }
        }
        Ok(helped)
    }

    /// One good alone; two together or in exchange; and a share of all that both take.
    fn between(&mut self, from: usize, to: usize, size: f64) -> Result<bool, StudyError> {
        let shared = self.shared(from, to);
        let step = |(a, b, whole): (usize, usize, f64), size: f64| (a, b, size * whole);
        let mut helped = false;
        for (at, one) in shared.iter().enumerate() {
            helped |= self.attempt(from, to, &[step(*one, size)])?;
            for other in shared.iter().skip(at + 1) {
                for (left, right) in [(size, size), (size, -size), (-size, size)] {
                    let steps = [step(*one, left), step(*other, right)];
                    helped |= self.attempt(from, to, &steps)?;
                }
            }
        }
        let held = |entry: usize| self.split.get(from).and_then(|held| held.get(entry));
        let all = shared.iter().map(|(a, b, _)| {
            let dollars = held(*a).copied().unwrap_or(0.0);
            (*a, *b, size * dollars)
        });
        let all: Vec<Step> = all.collect();
        Ok(helped | self.attempt(from, to, &all)?)
    }

    /// The goods that both baskets take: where they stand in each, and dollars in all.
    fn shared(&self, from: usize, to: usize) -> Vec<(usize, usize, f64)> {
        let places = (self.ground.places.get(from), self.ground.places.get(to));
        let (Some(from), Some(to)) = places else {
            return Vec::new();
        };
        let entries = from.entries.iter().enumerate();
        entries
            .filter_map(|(at, entry)| {
                let there = to.entry(entry.good)?;
                Some((at, there, self.ground.dollars(entry.good)))
            })
            .collect()
    }

    /// Makes a move if it helps. What is not there is not moved.
    fn attempt(&mut self, from: usize, to: usize, steps: &[Step]) -> Result<bool, StudyError> {
        let (Some(giver), Some(taker)) = (self.split.get(from), self.split.get(to)) else {
            return Ok(false);
        };
        let (mut giver, mut taker) = (giver.clone(), taker.clone());
        let mut moved = false;
        for (a, b, dollars) in steps {
            let (mine, theirs) = (giver.get(*a).copied(), taker.get(*b).copied());
            let (mine, theirs) = (mine.unwrap_or(0.0), theirs.unwrap_or(0.0));
            let dollars = dollars.clamp(-theirs, mine);
            moved |= dollars != 0.0;
            add(&mut giver, *a, -dollars);
            add(&mut taker, *b, dollars);
        }
        if !moved {
            return Ok(false);
        }
        self.judged += 1;
        let (left, right) = (
            cost(self.ground, from, &giver)?,
            cost(self.ground, to, &taker)?,
        );
        let before = self.costs[from] + self.costs[to];
        if left + right >= before * (1.0 - GAIN) {
            return Ok(false);
        }
        (self.split[from], self.split[to]) = (giver, taker);
        (self.costs[from], self.costs[to]) = (left, right);
        Ok(true)
    }
}
