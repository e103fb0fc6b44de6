//! Every position's margin at a moment, in floating point; what was measured is read once a moment.

use std::collections::BTreeMap;

use cosmwasm_std::{Deps, Storage};
use wicker_cdp::market::{Loaded, Scope};
use wicker_cdp::state;
use wicker_engine::accrual::accrue;
use wicker_math::{Index, Seconds};

use super::measuring;
use super::reference::{holding, owed, Book, Measured, Stand};
use super::view::View;
use super::world::{World, BASKETS};

/// Every basket's market, and where every position that owes stands at the maintenance test.
#[derive(Debug, Clone)]
pub struct Market {
    /// By basket.
    pub books: BTreeMap<u32, Book>,
    /// By basket: what a share owes now.
    pub indices: BTreeMap<u32, Index>,
    /// By position. Where the debt has no price nobody stands.
    pub stands: BTreeMap<u64, Stand>,
}

impl World {
    /// What is measured of a basket up to now, though nothing be written; and what of it is wrong.
    fn measure(&self, id: u32) -> (Measured, Vec<String>) {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let storage: &dyn Storage = &*storage;
        let deps = Deps {
            storage,
            api: self.rig.chain.api(),
            querier: self.rig.chain.wrap(),
        };
        let basket = state::basket(storage, id).unwrap();
        let now = Seconds::new(self.rig.now());
        let (oracle, place) = (&self.rig.oracle, (id, basket.clone()));
        let loaded = Loaded::load(deps, oracle, place, Scope::All, now);
        let found = Measured::from(loaded.unwrap());
        let denoms = basket.members.iter().map(|member| &member.denom);
        let points = denoms.chain([&basket.debt]).map(|denom| self.point(denom));
        let cap = |denom: &String| state::asset(storage, denom).unwrap().flow_cap.raw();
        let flow_caps: Vec<u128> = basket.members.iter().map(|one| cap(&one.denom)).collect();
        let case = measuring::Case {
            basket: &basket,
            flow_caps: &flow_caps,
            risk: &state::RISK.may_load(storage, id).unwrap().unwrap(),
            correlation: &state::CORRELATION.may_load(storage, id).unwrap().unwrap(),
            points: &points.collect::<Vec<_>>(),
            now: now.get(),
        };
        let wrong = case.wrong(&found);
        (found, wrong)
    }

    /// The market now, of the positions of `view`.
    pub fn market(&mut self, view: &View) -> Market {
        let now = self.rig.now();
        for id in 1..=BASKETS {
            if !self.measured.contains_key(&id) {
                let (measured, wrong) = self.measure(id);
                self.measured.insert(id, measured);
                self.wrong.extend(wrong);
            }
        }
        let mut market = Market {
            books: BTreeMap::new(),
            indices: BTreeMap::new(),
            stands: BTreeMap::new(),
        };
        for basket in &view.snapshot.baskets {
            let book = Book::of(self, basket.id, &self.measured[&basket.id]);
            // That it is the right one is judged by its growth.
            let accrued = accrue(&basket.totals, &basket.basket, Seconds::new(now)).unwrap();
            let owing = basket.positions.iter();
            for (id, position) in owing.filter(|(_, position)| !position.shares.is_zero()) {
                let debt = owed(position.shares, accrued.index);
                if let Some(stand) = book.stand(&book.open, &holding(position), debt) {
                    market.stands.insert(*id, stand);
                }
            }
            market.indices.insert(basket.id, accrued.index);
            market.books.insert(basket.id, book);
        }
        market
    }

    /// The market now.
    pub fn look(&mut self) -> &Market {
        if self.seen.is_none() {
            let view = std::mem::take(&mut self.view);
            self.seen = Some(self.market(&view));
            self.view = view;
        }
        self.seen.as_ref().unwrap()
    }

    /// What a message writes of a measurement is what anybody would have measured.
    pub fn written(&self, after: &View) -> Vec<String> {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let mut broken = Vec::new();
        for (id, measured) in &self.measured {
            let changed = |name: &str| {
                let key = [&[0, name.len() as u8], name.as_bytes(), &id.to_be_bytes()].concat();
                self.view.storage.get(&key) != after.storage.get(&key)
            };
            let risk = || state::RISK.may_load(&*storage, *id).unwrap();
            let correlation = || state::CORRELATION.may_load(&*storage, *id).unwrap();
            let demoted = || state::basket(&*storage, *id).unwrap().demoted();
            if changed("risk") && risk().as_ref() != Some(&measured.risk)
                || changed("correlation") && correlation().as_ref() != Some(&measured.correlation)
                || changed("correlation") && demoted() != measured.basket.demoted()
            {
                broken.push(format!(
                    "QRY-4: basket {id} is not measured as it was asked"
                ));
            }
        }
        broken
    }
}
