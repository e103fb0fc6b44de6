//! The world at a moment, read from its storage and its bank.

use std::collections::BTreeMap;

use cosmwasm_std::{Addr, Coin, Order};
use wicker_cdp::state;
use wicker_engine::invariants::{BasketView, Snapshot};
use wicker_engine::position::Position;

use super::act::Act;
use super::reference::owed;
use crate::rig::Rig;

/// The world at a moment.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The contract's storage.
    pub storage: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Every account's coins.
    pub accounts: BTreeMap<String, BTreeMap<String, u128>>,
    /// What the contract says of itself.
    pub snapshot: Snapshot,
    /// What waits for payees, by payee and denom.
    pub claims: BTreeMap<(String, String), u128>,
}

impl View {
    /// Now.
    pub fn of(rig: &Rig) -> Self {
        let storage = rig.digest().into_iter().collect();
        let bank = rig.chain.prefixed_storage(b"bank");
        let mut start = vec![0, 8];
        start.extend(b"balances");
        let mut end = start.clone();
        *end.last_mut().unwrap() += 1;
        let accounts = bank.range(Some(&start), Some(&end), Order::Ascending);
        let accounts = accounts.map(|(key, coins)| {
            let coins: Vec<Coin> = serde_json::from_slice(&coins).unwrap();
            let coins = coins.iter().map(|coin| {
                let units = crate::rig::amount(coin);
                (coin.denom.clone(), units)
            });
            let name = String::from_utf8(key[start.len()..].to_vec()).unwrap();
            (name, coins.collect())
        });
        Self {
            accounts: accounts.collect(),
            storage,
            snapshot: rig.snapshot(),
            claims: claims(rig),
        }
    }

    /// A position with its basket.
    pub fn position(&self, id: u64) -> Option<(u32, &BasketView, &Position)> {
        self.snapshot.baskets.iter().find_map(|view| {
            let found = view.positions.iter().find(|(one, _)| *one == id)?;
            Some((view.id, view, &found.1))
        })
    }

    /// A basket.
    pub fn basket(&self, id: u32) -> &BasketView {
        &self.snapshot.baskets[id as usize - 1]
    }

    /// A basket's deficit.
    pub fn deficit(&self, id: u32) -> u128 {
        self.basket(id).totals.deficit.raw()
    }

    /// A basket's reserve.
    pub fn reserve(&self, id: u32) -> u128 {
        self.basket(id).totals.reserve.raw()
    }

    /// A basket's backstop.
    pub fn backstop(&self, id: u32) -> u128 {
        self.basket(id).totals.backstop.raw()
    }

    /// What a basket's positions owed when it was last touched.
    pub fn debt(&self, id: u32) -> u128 {
        let totals = &self.basket(id).totals;
        owed(totals.shares, totals.index)
    }

    /// What the contract must have of a denom: for positions, backstops and claims.
    pub fn kept(&self, denom: &str) -> u128 {
        let claims = self.snapshot.claims.get(denom).copied();
        let baskets = self.snapshot.baskets.iter().map(|view| {
            let legs = view.basket.members.iter().zip(&view.totals.collateral);
            let held = legs.filter(|(member, _)| member.denom == denom);
            let held: u128 = held.map(|(_, held)| held.raw()).sum();
            held + if view.basket.debt == denom {
                view.totals.backstop.raw()
            } else {
                0
            }
        });
        claims.unwrap_or_default().raw() + baskets.sum::<u128>()
    }

    /// What an owner's message takes out, by denom.
    pub fn taken(&self, act: &Act) -> Vec<(String, u128)> {
        let Some((_, view, position)) = act.position().and_then(|id| self.position(id)) else {
            return vec![];
        };
        let members = &view.basket.members;
        let held = position.collateral.iter();
        let held = held.map(|(leg, units)| (members[usize::from(*leg)].denom.clone(), units.raw()));
        let held: Vec<(String, u128)> = held.collect();
        if act.closes {
            return held;
        }
        let all = |denom: &String| {
            let found = held.iter().find(|(one, _)| one == denom);
            found.map_or(0, |(_, units)| *units)
        };
        let takes = act.takes.iter();
        takes
            .map(|(denom, units)| (denom.clone(), units.unwrap_or_else(|| all(denom))))
            .collect()
    }

    /// An account's coins of a denom.
    pub fn held(&self, account: &Addr, denom: &str) -> u128 {
        self.held_by(account.as_str(), denom)
    }

    /// The same of an account by its text.
    pub fn held_by(&self, account: &str, denom: &str) -> u128 {
        let coins = self.accounts.get(account);
        coins
            .and_then(|coins| coins.get(denom))
            .copied()
            .unwrap_or(0)
    }

    /// The coins of a denom in all accounts.
    pub fn sum(&self, denom: &str) -> u128 {
        let held = self.accounts.values().filter_map(|coins| coins.get(denom));
        held.sum()
    }

    /// What counts as held of an asset: of a debt token its supply, of another what positions hold.
    pub fn total(&self, denom: &str) -> u128 {
        if let Some(supply) = self.snapshot.supply.get(denom) {
            return supply.raw();
        }
        let held = self.snapshot.baskets.iter().flat_map(|view| {
            let legs = view.basket.members.iter().zip(&view.totals.collateral);
            legs.filter(|(member, _)| member.denom == denom)
                .map(|(_, held)| held.raw())
        });
        held.sum()
    }
}

fn claims(rig: &Rig) -> BTreeMap<(String, String), u128> {
    let storage = rig.chain.contract_storage(&rig.cdp);
    let waiting = state::claimants(&*storage).unwrap().into_iter();
    let waiting = waiting.map(|(payee, denom)| {
        let key = (payee.as_str(), denom.as_str());
        let units = state::CLAIMS.may_load(&*storage, key).unwrap().unwrap();
        ((payee, denom), units.raw())
    });
    waiting.collect()
}
