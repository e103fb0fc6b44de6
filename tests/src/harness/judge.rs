//! What must hold after a step: the invariants of the moment, and what this step may have done to whom.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{coin, Addr, Coin, Deps, Order, Storage, Uint128};
use wicker_cdp::market::{Loaded, Scope};
use wicker_engine::accrual::accrue;
use wicker_engine::health::{require_initial, Assessment, Book, Test};
use wicker_engine::invariants::{
    a_loan_is_owed, bucket_is_kept, only_debt_repaid_is_forgiven, parameters_are_in_bounds,
    users_gain_nothing, BasketView, Snapshot, Violation,
};
use wicker_engine::position::Position;
use wicker_lab::bank::unblock;
use wicker_lab::factory::supply;
use wicker_math::{Amount, Ratio, Seconds, Value};
use wicker_msgs::cdp::{ExecuteMsg, GovernMsg};
use wicker_msgs::events::Liquidated;

use super::op::Amt;
use super::world::{World, BASKETS};
use crate::rig::{addr, Outcome, Rig};

/// What a message is about, as far as the judge must know.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// Baskets that may change.
    pub baskets: BTreeSet<u32>,
    /// Positions that may change.
    pub positions: BTreeSet<u64>,
    /// True when a position may be opened.
    pub opens: bool,
    /// Who sends; `None` is the owner or the guardian.
    pub who: Option<u8>,
    /// Who receives.
    pub to: Option<u8>,
    /// True for decisions of governance.
    pub governs: bool,
    /// True for the guardian's measures.
    pub guards: bool,
    /// True for skimming.
    pub skims: bool,
    /// True for claiming.
    pub claims: bool,
    /// True for a withdrawal alone.
    pub withdraws: bool,
    /// Collateral asked for; `None` is all.
    pub takes: Vec<(String, Option<u128>)>,
    /// Debt asked for.
    pub borrows: u128,
    /// Positions to be liquidated.
    pub liquidates: Vec<u64>,
    /// How far beyond the largest allowed amount, where that was asked for and is not zero.
    pub edge: Option<i8>,
}

impl Act {
    /// About a position of a basket.
    pub fn adjust(id: Option<u64>, basket: u32, who: u8, to: u8) -> Self {
        Self {
            baskets: [basket].into(),
            positions: id.into_iter().collect(),
            opens: id.is_none(),
            who: Some(who),
            to: Some(to),
            ..Self::default()
        }
    }

    /// About a basket alone.
    pub fn on_basket(basket: u32, who: u8) -> Self {
        Self {
            baskets: [basket].into(),
            ..Self::nothing(who)
        }
    }

    /// Changes nothing that positions see.
    pub fn nothing(who: u8) -> Self {
        Self {
            who: Some(who),
            ..Self::default()
        }
    }

    /// Governance; a user is refused.
    pub fn governs(who: Option<u8>) -> Self {
        Self {
            who,
            governs: true,
            baskets: (1..=BASKETS).collect(),
            ..Self::default()
        }
    }

    /// The guardian; a user is refused.
    pub fn guards(who: Option<u8>) -> Self {
        Self {
            who,
            guards: true,
            ..Self::default()
        }
    }

    /// Remembers that the largest amount was asked for.
    pub fn edge(&mut self, amount: Amt, found: u128) {
        if let Amt::Most(more) = amount {
            let most = found.saturating_add_signed(-i128::from(more));
            self.edge = Some(more).filter(|_| most > 0 && found > 0);
        }
    }
}

/// The world at a moment.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The contract's storage.
    pub storage: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Every account's coins.
    pub accounts: BTreeMap<String, BTreeMap<String, u128>>,
    /// What the contract says of itself.
    pub snapshot: Snapshot,
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
        self.basket(id).totals.debt_ceil().unwrap().raw()
    }

    /// An account's coins of a denom.
    pub fn held(&self, account: &Addr, denom: &str) -> u128 {
        let coins = self.accounts.get(account.as_str());
        coins
            .and_then(|coins| coins.get(denom))
            .copied()
            .unwrap_or(0)
    }

    fn sum(&self, denom: &str) -> u128 {
        let held = self.accounts.values().filter_map(|coins| coins.get(denom));
        held.sum()
    }
}

/// What was known of positions before they were liquidated.
pub struct Seen {
    stands: BTreeMap<u64, Assessment>,
}

impl World {
    fn at_market<T>(
        &self,
        id: u64,
        test: Test,
        ask: impl FnOnce(&Loaded, &Position, Amount, &Book<'_>) -> T,
    ) -> Option<T> {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let storage: &dyn Storage = &*storage;
        let now = Seconds::new(self.rig.now());
        let account = wicker_cdp::state::account(storage, id).ok()?;
        let basket = wicker_cdp::state::basket(storage, account.basket).unwrap();
        let totals = wicker_cdp::state::totals(storage, account.basket).unwrap();
        let totals = accrue(&totals, &basket, now).unwrap();
        let deps = Deps {
            storage,
            api: self.rig.chain.api(),
            querier: self.rig.chain.wrap(),
        };
        let (place, scope) = ((account.basket, basket), Scope::Held(&account.position));
        let loaded = Loaded::load(deps, &self.rig.oracle, place, scope, now).ok()?;
        let market = match test {
            Test::Maintenance => loaded.open(),
            Test::Initial => loaded.market(),
        };
        let held = account.position.collateral.iter().map(|(leg, _)| *leg);
        let book = Book::new(&market, held, test).ok()?;
        let debt = totals.index.debt_ceil(account.position.shares).unwrap();
        Some(ask(&loaded, &account.position, debt, &book))
    }

    /// Where a position stands now, at the maintenance test.
    pub fn stand(&self, id: u64) -> Option<Assessment> {
        self.at_market(id, Test::Maintenance, |_, position, debt, book| {
            book.assess(position, debt).ok()
        })?
    }

    /// Looks at what is about to be liquidated.
    pub fn foresee(&self, act: &Act) -> Seen {
        let ids = act.liquidates.iter();
        Seen {
            stands: ids.filter_map(|id| Some((*id, self.stand(*id)?))).collect(),
        }
    }

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

    /// Everything that must hold after a message.
    pub fn judge(&mut self, act: &Act, seen: &Seen, outcome: &Outcome) -> Vec<String> {
        let after = View::of(&self.rig);
        let mut broken = Vec::new();
        let done = match outcome {
            Ok(done) => done,
            Err(why) => {
                if let Some(id) = spared(act, seen, why) {
                    broken.push(format!(
                        "I-25: position {id} is under its margin and was refused: {why}"
                    ));
                }
                return self.unchanged(act, &after, broken);
            }
        };
        broken.extend(self.rig.broken());
        self.conserved(&after, &mut broken);
        self.uncredited(act, &after, &mut broken);
        self.touched(act, &after, &mut broken);
        self.paid(act, &after, &mut broken);
        if (act.governs || act.guards) && act.who.is_some() {
            broken.push("I-29: a user governs".into());
        }
        if act.edge.is_some_and(|edge| edge > 0) {
            broken.push("I-20: more than the most was accepted".into());
        }
        if act.governs {
            let found = after.snapshot.baskets.iter();
            broken.extend(
                found
                    .flat_map(parameters_are_in_bounds)
                    .map(|one| one.to_string()),
            );
            self.flows.clear();
            self.lent.clear();
        }
        let events = done.events.iter();
        let liquidated: Vec<Liquidated> = events
            .filter_map(|event| Liquidated::read(event).map(Result::unwrap))
            .collect();
        let violations = self.books(act, &after, &liquidated);
        broken.extend(violations.iter().map(ToString::to_string));
        self.adjusted(act, &after, &mut broken);
        for one in &liquidated {
            self.liquidated(one, seen, &after, liquidated.len() == 1, &mut broken);
        }
        self.view = after;
        broken
    }

    /// Everything that must hold after a message that was refused.
    fn unchanged(&self, act: &Act, after: &View, mut broken: Vec<String>) -> Vec<String> {
        if after.storage != self.view.storage || after.accounts != self.view.accounts {
            broken.push("I-30: an error changed something".into());
        }
        self.not_refused(act, &mut broken);
        broken
    }

    /// What must not be refused: I-20 at the edge, I-24 for who owes nothing.
    fn not_refused(&self, act: &Act, broken: &mut Vec<String>) {
        let refuses = act.to.is_some_and(|to| self.refuses(to));
        let Some(who) = act.who.filter(|_| !refuses) else {
            return;
        };
        let id = act.positions.first().copied();
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let account = id.and_then(|id| wicker_cdp::state::account(&*storage, id).ok());
        let Some(account) = account else { return };
        let own = account.owner == self.user(who);
        if own && act.edge.is_some_and(|edge| edge == 0) {
            broken.push("I-20: the most was refused".into());
        }
        let basket = self.view.basket(account.basket);
        let free = account.position.shares.is_zero() && own && act.withdraws;
        let held = |denom: &str| {
            let leg = basket
                .basket
                .members
                .iter()
                .position(|one| one.denom == denom);
            leg.map_or(0, |leg| account.position.held(leg as u8).raw())
        };
        let has = |(denom, amount): &(String, Option<u128>)| {
            held(denom) > 0 && amount.is_none_or(|amount| amount > 0 && amount <= held(denom))
        };
        if free && act.takes.len() == 1 && act.takes.iter().all(has) {
            broken.push("I-24: who owes nothing may not withdraw".into());
        }
    }

    /// I-01: what the contract holds and credits to nobody only moves by donations and skimming.
    fn uncredited(&self, act: &Act, after: &View, broken: &mut Vec<String>) {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        for denom in &self.denoms {
            let kept = wicker_cdp::state::asset(&*storage, denom)
                .unwrap()
                .kept
                .raw();
            let was = self.kept(denom);
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

    /// What the contract kept of a denom before the step, from what it kept it for.
    fn kept(&self, denom: &str) -> u128 {
        let snapshot = &self.view.snapshot;
        let claims = snapshot.claims.get(denom).copied().unwrap_or_default();
        let baskets = snapshot.baskets.iter().map(|view| {
            let legs = view.basket.members.iter().zip(&view.totals.collateral);
            let held = legs.filter(|(member, _)| member.denom == denom);
            let held: u128 = held.map(|(_, held)| held.raw()).sum();
            held + if view.basket.debt == denom {
                view.totals.backstop.raw()
            } else {
                0
            }
        });
        claims.raw() + baskets.sum::<u128>()
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
                "position" | "by_owner" | "by_basket" => {
                    let id = number(8);
                    act.positions.contains(&id) || act.opens && !self.view.storage.contains_key(key)
                }
                "position_count" => act.opens,
                "totals" | "risk" | "correlation" | "basket" => basket(),
                "asset" => !act.guards,
                "claim" => act.who.is_some() && !act.governs,
                "guards" => act.guards,
                _ => act.governs,
            };
            if !fine {
                let id = if name == "position" { "I-11" } else { "I-18" };
                broken.push(format!("{id}: {name} {rest:?} changed"));
            }
        }
    }

    /// I-06: no account but sender, receiver, contract and treasury gains or loses; who only receives loses nothing.
    fn paid(&self, act: &Act, after: &View, broken: &mut Vec<String>) {
        let treasury = addr("treasury").to_string();
        let sender = act.who.map(|who| self.user(who).to_string());
        let receiver = act.to.map(|to| self.user(to).to_string());
        for (name, coins) in &after.accounts {
            let own = *name == self.rig.cdp.as_str() || act.governs && *name == treasury;
            if own || Some(name) == sender.as_ref() && sender == receiver {
                continue;
            }
            for denom in &self.denoms {
                let before = self.view.held(&Addr::unchecked(name), denom);
                let now = coins.get(denom).copied().unwrap_or(0);
                let fine = if Some(name) == sender.as_ref() {
                    now <= before
                } else if Some(name) == receiver.as_ref() {
                    now >= before
                } else {
                    now == before
                };
                if !fine {
                    broken.push(format!("I-06: {name} has {now} {denom}, had {before}"));
                }
            }
        }
    }

    /// I-23, I-27: of each basket, its index and what the protocol has.
    fn books(&self, act: &Act, after: &View, liquidated: &[Liquidated]) -> Vec<Violation> {
        let now = Seconds::new(self.rig.now());
        let mut broken = Vec::new();
        for (old, new) in self
            .view
            .snapshot
            .baskets
            .iter()
            .zip(&after.snapshot.baskets)
        {
            if old.totals == new.totals || act.governs {
                continue;
            }
            let accrued = accrue(&old.totals, &old.basket, now).unwrap();
            let lost = liquidated.iter().filter(|one| one.basket == new.id);
            let lost: u128 = lost.map(|one| one.bad_debt.u128()).sum();
            let lost = Amount::new(lost);
            broken.extend(users_gain_nothing(new.id, &accrued, &new.totals, lost));
        }
        broken
    }

    /// I-09, I-19, I-22 and the amounts asked for, of owners' messages.
    fn adjusted(&mut self, act: &Act, after: &View, broken: &mut Vec<String>) {
        if !act.liquidates.is_empty() || act.governs {
            return;
        }
        let id = act.positions.first().copied();
        let Some((basket, new, position)) = id.and_then(|id| after.position(id)) else {
            return;
        };
        let id = id.unwrap_or_default();
        let now = Seconds::new(self.rig.now());
        let old = self.view.basket(basket);
        let accrued = accrue(&old.totals, &old.basket, now).unwrap();
        let was = self
            .view
            .position(id)
            .map(|(_, _, position)| position.clone());
        let was = was.unwrap_or_default();
        let debt = |shares| accrued.index.debt_ceil(shares).unwrap();
        let denom = &new.basket.debt;
        let (supply_before, supply_after) = (
            self.view.snapshot.supply[denom].raw(),
            after.snapshot.supply[denom].raw(),
        );
        let burned = (supply_before + act.borrows).checked_sub(supply_after);
        let (before, left) = (debt(was.shares), debt(position.shares));
        let loan = Amount::new(act.borrows);
        let fee = loan.times_ceil(old.basket.terms.borrow_fee).unwrap();
        let found = match burned {
            Some(0) => a_loan_is_owed(id, before, left, loan.plus(fee).unwrap()),
            Some(burned) if act.borrows == 0 => {
                only_debt_repaid_is_forgiven(id, before, left, Amount::new(burned))
            }
            Some(_) => None,
            None => Some(Violation {
                id: "I-02",
                what: format!("supply of {denom} from {supply_before} to {supply_after}"),
            }),
        };
        broken.extend(found.map(|one| one.to_string()));
        let risky = act.borrows > 0 || !act.takes.is_empty();
        if risky && !position.shares.is_zero() {
            let passes = self.at_market(id, Test::Initial, |loaded, position, debt, _| {
                require_initial(&loaded.market(), position, debt)
            });
            match passes {
                Some(Ok(())) => {}
                Some(Err(why)) => broken.push(format!("I-09: position {id}: {why}")),
                None => broken.push(format!("I-09: position {id} without prices")),
            }
        }
        if act.borrows > 0 {
            let terms = &new.basket.terms;
            if new.totals.debt_ceil().unwrap() > terms.ceiling || left < terms.min_debt {
                broken.push(format!(
                    "I-19: basket {basket} over its ceiling or {left:?} too small"
                ));
            }
            let lent = self.lent.entry(basket).or_default();
            lent.push((now.get(), act.borrows));
            let cap = terms.mint_cap.raw();
            broken.extend(bucket_is_kept("mint", lent, cap, cap).map(|one| one.to_string()));
        }
    }

    /// I-13, I-14, I-16, I-17, I-19 of a liquidation.
    fn liquidated(
        &mut self,
        event: &Liquidated,
        seen: &Seen,
        after: &View,
        alone: bool,
        broken: &mut Vec<String>,
    ) {
        let id = event.position;
        let Some(stand) = seen.stands.get(&id) else {
            broken.push(format!("I-13: position {id} could not be judged"));
            return;
        };
        if stand.passes(wicker_math::Ratio::ONE).unwrap() {
            broken.push(format!("I-13: position {id} was healthy: {stand:?}"));
        }
        let view = self.view.basket(event.basket);
        let price = |denom: &str, units: u128, up: bool| {
            let storage = self.rig.chain.contract_storage(&self.rig.cdp);
            let decimals = wicker_cdp::state::asset(&*storage, denom).unwrap().decimals;
            let oracle = &self.rig.oracle;
            let point = wicker_cdp::prices::point(&self.rig.chain.wrap(), oracle, denom).unwrap();
            let units = Amount::new(units);
            match up {
                true => point.price.value_ceil(units, decimals).unwrap(),
                false => point.price.value_floor(units, decimals).unwrap(),
            }
        };
        let terms = &view.basket.liquidation;
        let values: Vec<(String, Value)> = event
            .seized
            .iter()
            .map(|one| {
                let units = crate::rig::amount(one);
                (one.denom.clone(), price(&one.denom, units, false))
            })
            .collect();
        let taken: u128 = values.iter().map(|(_, value)| value.raw()).sum();
        let paid = price(&view.basket.debt, event.repaid.u128(), true).raw();
        let share = event.bonus.atomics() + cosmwasm_std::Uint256::from(terms.fee.raw());
        let share = Uint128::try_from(share).unwrap().u128();
        let gross =
            paid + wicker_math::mul_div_ceil(paid, share, 1_000_000_000_000_000_000).unwrap();
        // Of an insolvent position everything goes for what it is worth less the bonus; its payment is rounded up.
        if taken > gross {
            broken.push(format!("I-16: {taken} seized of position {id} for {gross}"));
        }
        let left = after.position(id);
        if !event.bad_debt.is_zero() && left.is_some() {
            broken.push(format!(
                "I-17: bad debt of position {id}, which still stands"
            ));
        }
        let (v, d) = (stand.collateral.raw(), stand.debt.raw());
        let cost = 1_000_000_000_000_000_000 + terms.bonus_max.raw() + terms.fee.raw();
        let ordinary = v > wicker_math::mul_div_ceil(d, cost, 1_000_000_000_000_000_000).unwrap();
        if alone && ordinary {
            if let (Some(was), Some(is)) =
                (stand.ratio(), self.stand(id).and_then(|one| one.ratio()))
            {
                if is < was - was.abs() / 1_000_000 - 1_000_000_000 {
                    broken.push(format!(
                        "I-14: margin ratio of position {id} from {was} to {is}"
                    ));
                }
            }
            if stand.passes(view.basket.levels.emergency).unwrap() {
                for (denom, value) in values {
                    let storage = self.rig.chain.contract_storage(&self.rig.cdp);
                    let asset = wicker_cdp::state::asset(&*storage, &denom).unwrap();
                    let flows = self.flows.entry(denom.clone()).or_default();
                    flows.push((self.rig.now(), value.raw()));
                    let (rate, size) = (asset.flow_cap.raw(), asset.flow_burst.raw());
                    if rate > 0 {
                        let found = bucket_is_kept(&denom, flows, rate, size);
                        broken.extend(found.map(|one| one.to_string()));
                    }
                }
            }
        }
    }

    /// I-24: everyone repays and takes everything out, long after the last price.
    pub fn everyone_leaves(&mut self) -> Result<(), Vec<String>> {
        for who in 0..super::world::USERS {
            let user = self.user(who);
            unblock(self.rig.chain.storage_mut(), &user);
            let _ = self
                .rig
                .run(&user, &ExecuteMsg::Claim { recipient: None }, &[]);
        }
        self.rig.pass(100 * 86_400);
        let mut broken = Vec::new();
        let ids = View::of(&self.rig)
            .snapshot
            .baskets
            .into_iter()
            .flat_map(|view| view.positions);
        for (id, _) in ids {
            let storage = self.rig.chain.contract_storage(&self.rig.cdp);
            let account = wicker_cdp::state::account(&*storage, id).unwrap();
            drop(storage);
            let debt = self.rig.snapshot().baskets[account.basket as usize - 1]
                .basket
                .debt
                .clone();
            (1..=BASKETS).for_each(|basket| self.mint_reserve(basket));
            let owed = self.owed(id);
            let funds = if owed == 0 {
                vec![]
            } else {
                vec![coin(owed, &debt)]
            };
            if owed > 0 {
                self.rig.give(&account.owner, owed, &debt);
            }
            let close = ExecuteMsg::Close {
                position: id,
                recipient: None,
            };
            if let Err(why) = self.rig.run(&account.owner, &close, &funds) {
                broken.push(format!(
                    "I-24: position {id} of {} cannot leave: {why}",
                    account.basket
                ));
            }
        }
        broken.extend(self.rig.broken());
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken)
        }
    }
}

impl World {
    /// Fees, and what rounding leaves, are owed and not minted: without them the last who repays could not find the coins.
    fn mint_reserve(&mut self, basket: u32) {
        let ask = wicker_msgs::cdp::QueryMsg::Basket { basket };
        let found: wicker_msgs::cdp::BasketResponse = self.rig.ask(&ask);
        if !found.reserve.is_zero() {
            let take = GovernMsg::WithdrawReserve {
                basket,
                amount: found.reserve,
                recipient: addr("treasury").to_string(),
            };
            // Refused at the ceiling of the denom; repaying makes room.
            let _ = self.rig.govern(take);
        }
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

/// The position under its margin whose liquidation was refused because it is not.
fn spared(act: &Act, seen: &Seen, why: &str) -> Option<u64> {
    let healthy = why.contains("is not below the maintenance margin");
    let [id] = act.liquidates.as_slice() else {
        return None;
    };
    let stand = seen.stands.iter().find(|(seen, _)| *seen == id);
    let (_, stand) = stand.filter(|(_, stand)| !stand.debt.is_zero())?;
    (healthy && !stand.passes(Ratio::ONE).unwrap()).then_some(*id)
}
