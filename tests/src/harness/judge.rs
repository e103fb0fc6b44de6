//! What must hold after a step: the invariants of the moment, and what this step may have done to whom.
//!
//! Figures of margin are those of [`super::reference`], and debts are compared in exact fractions: what the code computes is not its own judge.

use std::collections::{BTreeMap, BTreeSet};

use wicker_cdp::state::Guards;
use wicker_engine::invariants::users_gain_nothing;
use wicker_lab::factory::supply;
use wicker_math::{Amount, Seconds};
use wicker_msgs::events::Liquidated;

use super::act::Act;
use super::liquidated::Told;
use super::market::Market;
use super::preview::Preview;
use super::reference::{holding, owed};
use super::view::View;
use super::world::World;
use crate::rig::Outcome;

/// What was known before a message.
pub struct Seen {
    /// Where everybody stood.
    pub market: Market,
    /// What the contract said would come of it.
    pub preview: Preview,
    /// The guardian's measures, basket by basket.
    pub guards: Vec<Guards>,
}

impl World {
    /// After a step that is no message to the contract.
    pub fn passive(&mut self) -> Result<(), Vec<String>> {
        let after = View::of(&self.rig);
        let mut broken = Vec::new();
        if after.storage != self.view.storage {
            broken.push("I-30: the storage changed without a message".into());
        }
        self.conserved(&after, &mut broken);
        self.view = after;
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken)
        }
    }

    /// Looks at the world before a message.
    pub fn foresee(&mut self, preview: Preview) -> Seen {
        self.look();
        let market = self.seen.take().unwrap();
        let guards = self.measures();
        Seen {
            market,
            preview,
            guards,
        }
    }

    /// Everything that must hold after a message.
    pub fn judge(&mut self, act: &Act, seen: Seen, outcome: &Outcome) -> Vec<String> {
        let after = View::of(&self.rig);
        let mut broken = Vec::new();
        let done = match outcome {
            Ok(done) => done,
            Err(why) => {
                if after.storage != self.view.storage || after.accounts != self.view.accounts {
                    broken.push("I-30: an error changed something".into());
                }
                self.refused(act, &seen, why, &mut broken);
                broken.append(&mut self.wrong);
                self.seen = Some(seen.market);
                return broken;
            }
        };
        let now = self.rig.now();
        let liquidated: Vec<Liquidated> = done
            .events
            .iter()
            .filter_map(|event| Liquidated::read(event).map(Result::unwrap))
            .collect();
        broken.extend(self.rig.broken());
        self.conserved(&after, &mut broken);
        self.uncredited(act, &after, &mut broken);
        self.touched(act, &after, &mut broken);
        self.ghost.remember(&after, now);
        broken.extend(self.ghost.growth(&after, now));
        if (act.governs || act.guards) && act.who.is_some() {
            broken.push("I-29: a user governs".into());
        }
        if act.edge.is_some_and(|edge| edge > 0) {
            broken.push("I-20: more than the most was accepted".into());
        }
        if act.guards {
            self.guarded(act, &seen.guards, &mut broken);
        }
        if act.governs {
            self.governed(act, &after, &mut broken);
        } else {
            broken.extend(self.written(&after));
            self.paid(act, &after, &liquidated, &mut broken);
        }
        let market = self.market(&after);
        if !act.governs {
            self.unharmed(act, &seen.market, &market, &mut broken);
            self.gained(act, &after, &market, &liquidated, &mut broken);
        }
        if act.adjusts {
            self.adjusted(act, &after, (&seen, &market), &mut broken);
        }
        let mut twice = BTreeSet::new();
        for event in &liquidated {
            let told = Told {
                event,
                first: twice.is_empty(),
                alone: liquidated.len() == 1,
            };
            if !twice.insert(event.position) {
                let id = event.position;
                broken.push(format!("LIQ-12: position {id} is liquidated twice"));
            }
            self.liquidated(told, (&seen, &market), &after, &mut broken);
        }
        self.foreseen(act, &seen.preview, &liquidated, &mut broken);
        broken.append(&mut self.wrong);
        self.view = after;
        self.seen = Some(market);
        broken
    }

    /// I-06: coins come and go only by minting and burning.
    fn conserved(&self, after: &View, broken: &mut Vec<String>) {
        for (at, denom) in self.denoms.iter().enumerate() {
            let expected = match at {
                5 | 6 => supply(self.rig.chain.storage(), denom),
                _ => self.view.sum(denom),
            };
            if after.sum(denom) != expected {
                let sum = after.sum(denom);
                broken.push(format!(
                    "I-06: {sum} {denom} in all accounts, not {expected}"
                ));
            }
        }
    }

    /// I-01: what the contract holds and credits to nobody only moves by donations and skimming.
    fn uncredited(&self, act: &Act, after: &View, broken: &mut Vec<String>) {
        for denom in &self.denoms {
            let (kept, was) = (after.kept(denom), self.view.kept(denom));
            let (held, before) = (
                after.held(&self.rig.cdp, denom),
                self.view.held(&self.rig.cdp, denom),
            );
            let same = held.checked_sub(kept) == before.checked_sub(was);
            let skimmed = act.skims && held == kept;
            if !(same || skimmed) {
                broken.push(format!(
                    "I-01: {denom} held {before} of which {was} kept, now {held} and {kept}"
                ));
            }
        }
    }

    /// I-11, I-18, I-29: only the records that the message is about have changed.
    fn touched(&self, act: &Act, after: &View, broken: &mut Vec<String>) {
        let keys = self.view.storage.keys().chain(after.storage.keys());
        let keys: BTreeSet<_> = keys.collect();
        for key in keys {
            if self.view.storage.get(key) == after.storage.get(key) {
                continue;
            }
            let (name, rest) = named(key);
            let number = |size: usize| {
                let tail = rest.len().checked_sub(size).map_or(rest, |at| &rest[at..]);
                tail.iter()
                    .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
            };
            let basket = || act.baskets.contains(&u32::try_from(number(4)).unwrap());
            let fine = match name {
                "p" | "by_owner" | "by_basket" => {
                    let id = number(8);
                    act.positions.contains(&id) || act.opens && !self.view.storage.contains_key(key)
                }
                "position_count" => act.opens,
                "totals" | "risk" | "correlation" | "basket" => basket(),
                "a" => !act.guards,
                "claim" => act.who.is_some() && !act.governs,
                "guards" => act.guards,
                _ => act.governs,
            };
            if !fine {
                let id = if name == "p" { "I-11" } else { "I-18" };
                broken.push(format!("{id}: {name} {rest:?} changed"));
            }
        }
    }

    /// I-02, I-06, I-08: what a user's message burns, mints, sends, gives back and owes somebody, to the unit.
    fn paid(&self, act: &Act, after: &View, liquidated: &[Liquidated], broken: &mut Vec<String>) {
        let who = act.who.map(|who| self.user(who));
        let to = act.to.map(|to| self.user(to)).or(who.clone());
        let mut due: BTreeMap<(String, String), i128> = BTreeMap::new();
        let mut give = |account: &Option<cosmwasm_std::Addr>, denom: &str, units: i128| {
            let account = account.as_ref().map_or(String::new(), ToString::to_string);
            *due.entry((account, denom.into())).or_default() += units;
        };
        let mut claims = self.view.claims.clone();
        let mut back: BTreeMap<String, u128> = act.brings.iter().cloned().collect();
        let position = act.position().and_then(|id| self.view.position(id));
        if act.adjusts {
            let basket = self.view.basket(*act.baskets.first().unwrap());
            let kept = back
                .iter_mut()
                .filter(|(denom, _)| **denom != basket.basket.debt);
            kept.for_each(|(_, units)| *units = 0);
            give(&to, &basket.basket.debt, act.borrows as i128);
            for (denom, units) in self.view.taken(act) {
                give(&to, &denom, units as i128);
            }
        }
        for denom in &self.denoms[5..] {
            let (was, is) = (self.view.total(denom), after.total(denom));
            let lends = position.map_or(act.baskets.first().copied(), |(id, ..)| Some(id));
            let lends = lends.is_some_and(|id| self.view.basket(id).basket.debt == *denom);
            let minted = if act.adjusts && lends { act.borrows } else { 0 };
            let lost = |view: &View| -> u128 {
                let of = view.snapshot.baskets.iter();
                let of = of.filter(|one| one.basket.debt == *denom);
                of.map(|one| one.totals.backstop.raw()).sum()
            };
            let borne = if liquidated.is_empty() {
                0
            } else {
                lost(&self.view).saturating_sub(lost(after))
            };
            let Some(burned) = (was + minted).checked_sub(is + borne) else {
                broken.push(format!("I-02: supply of {denom} from {was} to {is}"));
                continue;
            };
            let Some(left) = back.entry(denom.clone()).or_default().checked_sub(burned) else {
                broken.push(format!(
                    "I-02: {burned} {denom} burned, not as many brought"
                ));
                continue;
            };
            back.insert(denom.clone(), left);
            let paid = liquidated
                .iter()
                .filter(|one| self.view.basket(one.basket).basket.debt == *denom);
            let paid: u128 = paid.map(|one| one.repaid.u128() + one.fee.u128()).sum();
            if !liquidated.is_empty() && paid != burned {
                broken.push(format!("I-16: {paid} {denom} paid, {burned} burned"));
            }
            if act.pays {
                let funded = lost(after) - lost(&self.view).min(lost(after));
                back.insert(denom.clone(), left.saturating_sub(funded));
            }
        }
        for one in liquidated {
            for coin in one.seized.iter() {
                give(&to, &coin.denom, crate::rig::amount(coin) as i128);
            }
        }
        if act.claims {
            let own = who.as_ref().unwrap().to_string();
            let taken = claims.clone();
            let taken = taken.iter().filter(|((payee, _), _)| *payee == own);
            for ((payee, denom), units) in taken {
                give(&to, denom, *units as i128);
                claims.remove(&(payee.clone(), denom.clone()));
            }
        }
        let refused = act.who.is_some_and(|who| self.refuses(who));
        for (denom, units) in back.iter().filter(|(_, units)| **units > 0) {
            if refused {
                let own = who.as_ref().unwrap().to_string();
                *claims.entry((own, denom.clone())).or_default() += units;
            } else {
                give(&who, denom, *units as i128);
            }
        }
        for (denom, units) in &act.brings {
            give(&who, denom, -(*units as i128));
        }
        if after.claims != claims {
            broken.push(format!(
                "I-08: {:?} may be claimed, not {claims:?}",
                after.claims
            ));
        }
        for (account, coins) in &after.accounts {
            for denom in self
                .denoms
                .iter()
                .filter(|_| *account != self.rig.cdp.as_str())
            {
                let was = self.view.held_by(account, denom) as i128;
                let is = coins.get(denom).copied().unwrap_or(0) as i128;
                let due = due.get(&(account.clone(), denom.clone())).copied();
                if is - was != due.unwrap_or(0) {
                    let due = due.unwrap_or(0);
                    broken.push(format!(
                        "I-06: {account} got {} {denom}, not {due}",
                        is - was
                    ));
                }
            }
        }
    }

    /// I-11, I-12: at the same prices and the same growth of debts, no message takes equity over the margin from anybody but the one it
    /// is about, and nobody but an owner makes a position liquidatable, by the size of his own collateral. Where somebody takes out what
    /// was a hedge in another's book, that hedge counts for less (RISKS).
    fn unharmed(&self, act: &Act, before: &Market, after: &Market, broken: &mut Vec<String>) {
        for (id, is) in &after.stands {
            let Some(was) = before.stands.get(id) else {
                continue;
            };
            let own = act.positions.contains(id);
            let lost = was.room(1.0) - is.room(1.0) > was.apart() + is.apart();
            if lost && !own && self.hedged(*id, before, after) {
                continue;
            }
            if lost && !own {
                broken.push(format!("I-11: position {id} from {was:?} to {is:?}"));
            }
            let brought = self.brings_collateral(act, *id);
            if was.over(1.0) && is.under(1.0) && !(own && brought) {
                broken.push(format!("I-12: position {id} from {was:?} to {is:?}"));
            }
            let strange = act.who.is_some_and(|who| !self.owns(who, *id));
            if own && act.only_brings() && strange && lost {
                broken.push(format!(
                    "I-12: a stranger takes position {id} from {was:?} to {is:?}"
                ));
            }
        }
        let gone = before
            .stands
            .keys()
            .filter(|id| !after.stands.contains_key(id));
        for id in gone.filter(|id| !act.positions.contains(id)) {
            broken.push(format!("I-11: position {id} is gone or cannot be judged"));
        }
    }

    /// True when an asset of which less is held now than before lowers the position's risk: its share of it is below nothing.
    fn hedged(&self, id: u64, before: &Market, after: &Market) -> bool {
        let Some((basket, _, position)) = self.view.position(id) else {
            return false;
        };
        let (old, new) = (&before.books[&basket].open, &after.books[&basket].open);
        let debt = owed(position.shares, after.indices[&basket]);
        let shares = after.books[&basket].shares(new, &holding(position), debt);
        let fell = old.held.iter().zip(&new.held).map(|(old, new)| new < old);
        let shares = shares.unwrap_or_default().into_iter();
        fell.zip(shares).any(|(fell, share)| fell && share < 0.0)
    }

    fn brings_collateral(&self, act: &Act, id: u64) -> bool {
        let Some((_, view, _)) = self.view.position(id) else {
            return false;
        };
        act.brings
            .iter()
            .any(|(denom, _)| *denom != view.basket.debt)
    }

    /// True when the position is the user's.
    pub fn owns(&self, who: u8, id: u64) -> bool {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let account = wicker_cdp::state::account(&*storage, id);
        account.is_ok_and(|account| account.owner == self.user(who))
    }

    /// I-27: no basket loses more than the debt that nobody repays, and at the prices of the moment all users together, in coins, claims
    /// and positions, gain no more than that.
    fn gained(
        &self,
        act: &Act,
        after: &View,
        market: &Market,
        liquidated: &[Liquidated],
        broken: &mut Vec<String>,
    ) {
        let now = Seconds::new(self.rig.now());
        let (mut gain, mut size) = (0.0, 0.0);
        let mut add = |dollars: f64| {
            gain += dollars;
            size += dollars.abs();
        };
        let baskets = self.view.snapshot.baskets.iter();
        for (old, new) in baskets.zip(&after.snapshot.baskets) {
            let lost = liquidated.iter().filter(|one| one.basket == new.id);
            let lost: u128 = lost.map(|one| one.bad_debt.u128()).sum();
            if old.totals != new.totals {
                let accrued = wicker_engine::accrual::accrue(&old.totals, &old.basket, now);
                let found =
                    users_gain_nothing(new.id, &accrued.unwrap(), &new.totals, Amount::new(lost));
                broken.extend(found.iter().map(ToString::to_string));
            }
            let shares = new.totals.shares.raw() as i128 - old.totals.shares.raw() as i128;
            let owed = shares as f64 * (market.indices[&new.id].raw() as f64 / 1e36);
            let price = self.unit_price(&new.basket.debt, new.basket.decimals.get());
            add(-owed * price);
            // A loss is counted to the unit of the basket's debt.
            add(-(lost as f64 + f64::from(u8::from(lost > 0))) * price);
        }
        let users: Vec<String> = self.users.iter().map(ToString::to_string).collect();
        for (at, denom) in self.denoms.iter().enumerate() {
            let held = |view: &View| {
                let coins = users.iter().map(|user| view.held_by(user, denom));
                let claims = view.claims.iter().filter(|((_, one), _)| one == denom);
                let positions = if at < 5 { view.total(denom) } else { 0 };
                (coins.sum::<u128>() + claims.map(|(_, units)| units).sum::<u128>() + positions)
                    as i128
            };
            let (_, decimals, ..) = super::world::COINS[at];
            let units = (held(after) - held(&self.view)) as f64;
            add(units * self.unit_price(denom, decimals));
        }
        if act.who.is_some() && gain > size * 1e-12 {
            broken.push(format!("I-27: users gain {gain} dollars"));
        }
    }

    /// Dollars of a base unit, by the last accepted price.
    pub fn unit_price(&self, denom: &str, decimals: u8) -> f64 {
        let price = self.point(denom).map_or(0.0, |point| point.price);
        price / 10f64.powi(decimals.into())
    }
}

/// The namespace of a key, and the rest.
fn named(key: &[u8]) -> (&str, &[u8]) {
    if let [0, length, rest @ ..] = key {
        let (name, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        return (std::str::from_utf8(name).unwrap_or("?"), rest);
    }
    (std::str::from_utf8(key).unwrap_or("?"), &[])
}
