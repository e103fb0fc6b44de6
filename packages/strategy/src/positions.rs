//! Very many positions in little memory: columns instead of a list for each.

use wicker_engine::position::Position;
use wicker_math::{Amount, Shares};

/// The positions of one basket, by id. A position of four collaterals takes 100 bytes.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    ids: Vec<u64>,
    shares: Vec<u128>,
    /// Where a position's legs begin, and how many they are.
    spans: Vec<(u32, u8)>,
    legs: Vec<u8>,
    amounts: Vec<u128>,
    /// Entries of `legs` that no position has any more.
    unused: usize,
}

/// A position where it lies.
#[derive(Debug, Clone, Copy)]
pub struct Packed<'a> {
    /// Its id.
    pub id: u64,
    /// Its part of the basket's debt.
    pub shares: u128,
    /// The legs it holds.
    pub legs: &'a [u8],
    /// What it holds of each.
    pub amounts: &'a [u128],
}

impl Packed<'_> {
    /// The engine's noun.
    pub fn position(&self) -> Position {
        let held = self.legs.iter().zip(self.amounts);
        Position {
            shares: Shares::new(self.shares),
            collateral: held
                .map(|(leg, amount)| (*leg, Amount::new(*amount)))
                .collect(),
        }
    }
}

impl Positions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The position at a place in the order of ids.
    pub fn at(&self, at: usize) -> Option<Packed<'_>> {
        let (start, count) = *self.spans.get(at)?;
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::from(count))?;
        Some(Packed {
            id: *self.ids.get(at)?,
            shares: *self.shares.get(at)?,
            legs: self.legs.get(start..end)?,
            amounts: self.amounts.get(start..end)?,
        })
    }

    /// The position with an id.
    pub fn get(&self, id: u64) -> Option<Packed<'_>> {
        self.at(self.ids.binary_search(&id).ok()?)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = Packed<'_>> {
        (0..self.len()).filter_map(|at| self.at(at))
    }

    /// Puts a position in the place of the one with this id; an empty one takes it out. Those that come in the order of their ids are
    /// appended.
    pub fn set(&mut self, id: u64, position: &Position) {
        let found = self.ids.binary_search(&id);
        let at = match found {
            Ok(at) if position.is_empty() => return self.remove(at),
            Err(_) if position.is_empty() => return,
            Ok(at) => {
                self.release(at);
                at
            }
            Err(at) => {
                self.ids.insert(at, id);
                self.shares.insert(at, 0);
                self.spans.insert(at, (0, 0));
                at
            }
        };
        let span = self.store(position);
        if let (Some(own), Some(shares)) = (self.spans.get_mut(at), self.shares.get_mut(at)) {
            *own = span;
            *shares = position.shares.raw();
        }
        self.tidy();
    }

    /// Bytes it occupies.
    pub fn bytes(&self) -> usize {
        let columns = [
            (self.ids.capacity(), size_of::<u64>()),
            (self.shares.capacity(), size_of::<u128>()),
            (self.spans.capacity(), size_of::<(u32, u8)>()),
            (self.legs.capacity(), size_of::<u8>()),
            (self.amounts.capacity(), size_of::<u128>()),
        ];
        let sizes = columns
            .iter()
            .map(|(many, size)| many.saturating_mul(*size));
        sizes.fold(0, usize::saturating_add)
    }

    fn store(&mut self, position: &Position) -> (u32, u8) {
        let start = u32::try_from(self.legs.len()).unwrap_or(u32::MAX);
        for (leg, amount) in &position.collateral {
            self.legs.push(*leg);
            self.amounts.push(amount.raw());
        }
        let count = u8::try_from(position.collateral.len()).unwrap_or(u8::MAX);
        (start, count)
    }

    fn remove(&mut self, at: usize) {
        self.release(at);
        self.ids.remove(at);
        self.shares.remove(at);
        self.spans.remove(at);
        self.tidy();
    }

    fn release(&mut self, at: usize) {
        let count = self.spans.get(at).map_or(0, |(_, count)| *count);
        self.unused = self.unused.saturating_add(usize::from(count));
    }

    /// Lets go of what nobody has, when that is more than half.
    fn tidy(&mut self) {
        if self.unused <= self.legs.len() / 2 {
            return;
        }
        let (mut legs, mut amounts) = (Vec::new(), Vec::new());
        let mut spans = Vec::with_capacity(self.spans.len());
        for held in self.iter() {
            let start = u32::try_from(legs.len()).unwrap_or(u32::MAX);
            spans.push((start, u8::try_from(held.legs.len()).unwrap_or(u8::MAX)));
            legs.extend_from_slice(held.legs);
            amounts.extend_from_slice(held.amounts);
        }
        (self.legs, self.amounts, self.spans) = (legs, amounts, spans);
        self.unused = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::testing::Draw;

    #[test]
    fn what_is_put_in_is_read_back_whatever_came_and_went() {
        let (mut draw, mut packed) = (Draw::new(1), Positions::default());
        let mut plain = BTreeMap::<u64, Position>::new();
        for _ in 0..20_000 {
            let id = draw.below(300);
            let mut position = Position::default();
            for leg in 0..draw.below(6) as u8 {
                position = position.with(leg, Amount::new(u128::from(draw.below(9))));
            }
            position.shares = Shares::new(u128::from(draw.below(3)));
            packed.set(id, &position);
            match position.is_empty() {
                true => plain.remove(&id),
                false => plain.insert(id, position),
            };
        }
        let read: BTreeMap<u64, Position> = packed
            .iter()
            .map(|held| (held.id, held.position()))
            .collect();
        assert_eq!(read, plain);
        assert!(packed.legs.len() <= 4 * 16 * 300, "{}", packed.legs.len());
        for (id, position) in &plain {
            assert_eq!(
                packed.get(*id).map(|held| held.position()).as_ref(),
                Some(position)
            );
        }
        assert!(packed.get(300).is_none());
    }
}
