//! What an owner's message may do, and what it may not be refused for.

use std::collections::BTreeMap;

use wicker_cdp::state;
use wicker_engine::invariants::{bucket_is_kept, debt_moves_as_paid};
use wicker_math::{Amount, Index, Shares};

use super::act::Act;
use super::judge::Seen;
use super::market::Market;
use super::reference::{at_18, holding, owed, Book, Stand};
use super::view::View;
use super::world::World;

/// Figures of a position before or after a message: collateral by leg, and debt to the unit.
type Figures = (BTreeMap<u8, u128>, u128);

impl World {
    /// I-04, I-09, I-19, I-22: amounts, margin and limits of what an owner did.
    pub fn adjusted(
        &mut self,
        act: &Act,
        after: &View,
        (seen, market): (&Seen, &Market),
        broken: &mut Vec<String>,
    ) {
        let opened = |view: &View| {
            let all = view.snapshot.baskets.iter().flat_map(|one| &one.positions);
            let new = all.map(|(id, _)| *id);
            new.filter(|id| self.view.position(*id).is_none()).max()
        };
        let Some(id) = act.position().or_else(|| opened(after)) else {
            return;
        };
        if act.risky() && act.strange {
            broken.push(format!("I-11: a stranger takes out of position {id}"));
        }
        let basket = *act.baskets.first().unwrap();
        let find = |view: &View| view.position(id).map(|(.., one)| one.clone());
        let (was, is) = (
            find(&self.view).unwrap_or_default(),
            find(after).unwrap_or_default(),
        );
        let index = market.indices[&basket];
        self.debt_moves(
            act,
            after,
            (id, basket),
            (was.shares, is.shares, index),
            broken,
        );
        let mut held = holding(&was);
        let view = after.basket(basket);
        let leg = |denom: &str| {
            let members = &view.basket.members;
            members.iter().position(|one| one.denom == denom)
        };
        for (denom, units) in &act.brings {
            if let Some(leg) = leg(denom) {
                *held.entry(leg as u8).or_default() += units;
            }
        }
        for (denom, units) in self.view.taken(act) {
            let left = held.entry(leg(&denom).unwrap() as u8).or_default();
            *left = left.checked_sub(units).unwrap_or(u128::MAX);
        }
        held.retain(|_, units| *units > 0);
        if held != holding(&is) {
            broken.push(format!("I-04: position {id} holds {is:?}, not {held:?}"));
        }
        for (denom, _) in &act.brings {
            if let Some(leg) = leg(denom) {
                let (member, total) = (&view.basket.members[leg], view.totals.collateral[leg]);
                let left = self.view.basket(basket).basket.members[leg].demoted;
                if total > member.supply_cap || member.wind_down || left {
                    broken.push(format!("I-19: basket {basket} takes {total:?} of {denom}"));
                }
            }
        }
        let debt = owed(is.shares, index);
        if !act.risky() || debt == 0 {
            return;
        }
        let book = self.judging(act, seen, basket);
        let initial = at_18(book.basket.levels.initial.raw());
        match book.stand(&book.new, &held, debt) {
            Some(stand) if !stand.under(initial) => {}
            stand => broken.push(format!("I-09: position {id} stands at {stand:?}")),
        }
        if self.stopped(basket) {
            broken.push(format!(
                "I-09: basket {basket} is stopped and takes new risk"
            ));
        }
        if act.borrows > 0 {
            self.lent(act, after, (id, basket, debt), (seen, market), broken);
        }
    }

    /// I-22: what an owner's message lends and burns is what his debt has moved by.
    fn debt_moves(
        &mut self,
        act: &Act,
        after: &View,
        (id, basket): (u64, u32),
        (was, is, index): (Shares, Shares, Index),
        broken: &mut Vec<String>,
    ) {
        let old = &self.view.basket(basket).basket;
        let supply = |view: &View| view.total(&old.debt);
        let burned = (supply(&self.view) + act.borrows).checked_sub(supply(after));
        let Some(burned) = burned else { return };
        let lent = self.ghost.lent.entry(basket).or_default();
        lent.push((self.rig.now(), -(burned as i128)));
        let fee = Amount::new(act.borrows).times_ceil(old.terms.borrow_fee);
        let lent = fee.unwrap().raw() + act.borrows;
        let moved = (Amount::new(lent), Amount::new(burned));
        let found = debt_moves_as_paid(id, (was, is), index, moved);
        broken.extend(found.map(|one| one.to_string()));
    }

    /// True while the guardian stops new risk.
    fn stopped(&self, basket: u32) -> bool {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let guards = state::GUARDS.may_load(&*storage, basket).unwrap();
        guards.is_some_and(|guards| guards.borrow_until.get() > self.rig.now())
    }

    /// The least of the ceilings of a basket's debt.
    fn ceiling(&self, view: &View, basket: u32) -> u128 {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let guards = state::GUARDS.may_load(&*storage, basket).unwrap();
        let lowered = guards.and_then(|guards| guards.ceiling);
        let lowered = lowered.filter(|(_, until)| until.get() > self.rig.now());
        let own = view.basket(basket).basket.terms.ceiling.raw();
        lowered.map_or(own, |(ceiling, _)| own.min(ceiling.raw()))
    }

    fn denom_ceiling(&self, denom: &str) -> u128 {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let ceiling = state::asset(&*storage, denom).unwrap().ceiling;
        ceiling.unwrap().raw()
    }

    /// I-19 of a loan: ceilings, the hourly cap, the smallest debt, and the caps of the basket's book.
    fn lent(
        &mut self,
        act: &Act,
        after: &View,
        (id, basket, debt): (u64, u32, u128),
        (seen, market): (&Seen, &Market),
        broken: &mut Vec<String>,
    ) {
        let view = after.basket(basket);
        let (terms, denom) = (&view.basket.terms, &view.basket.debt);
        let index = market.indices[&basket];
        let total = owed(view.totals.shares, index);
        let over = total > self.ceiling(after, basket)
            || after.total(denom) > self.denom_ceiling(denom)
            || debt < terms.min_debt.raw()
            || view.totals.deficit.raw() > 0;
        if over {
            broken.push(format!("I-19: basket {basket} owes {total}, of it {debt}"));
        }
        let now = self.rig.now();
        let lent = self.ghost.lent.entry(basket).or_default();
        lent.push((now, act.borrows as i128));
        let cap = terms.mint_cap.raw();
        broken.extend(bucket_is_kept("mint", lent, cap, cap).map(|one| one.to_string()));
        let book = self.judging(act, seen, basket);
        let side = book.whole();
        let legs = view.totals.collateral.iter().enumerate();
        let whole: BTreeMap<u8, u128> = legs.map(|(leg, held)| (leg as u8, held.raw())).collect();
        let used = |leg: usize| {
            let held = after.position(id);
            held.is_some_and(|(.., position)| !position.held(leg as u8).is_zero())
        };
        let Some(stand) = book.stand(&side, &whole, total) else {
            return;
        };
        let risky = stand.volatility > at_18(view.basket.risk_floor.raw()) + stand.apart();
        let shares = book.shares(&side, &whole, total).filter(|_| risky);
        for (leg, member) in view.basket.members.iter().enumerate() {
            let worth = book.worth(leg as u8, whole[&(leg as u8)]);
            let share = shares.as_ref().map_or(0.0, |shares| shares[leg]);
            let capped = at_18(member.risk_cap.raw()) < 1.0;
            let fine = worth <= at_18(member.value_cap.raw()) * (1.0 + 1e-9)
                && (share <= at_18(member.risk_cap.raw()) + 1e-6 || !capped);
            if used(leg) && !fine {
                let denom = &member.denom;
                broken.push(format!(
                    "I-19: ${worth} and {share} of the risk of basket {basket} in {denom}"
                ));
            }
        }
    }

    /// What a message may not be refused for: I-10, I-12, I-20, I-24, I-25.
    pub fn refused(&self, act: &Act, seen: &Seen, why: &str, broken: &mut Vec<String>) {
        let blocked = act.to.is_some_and(|to| self.refuses(to));
        let Some(who) = act.who.filter(|_| !blocked) else {
            return;
        };
        let sender = self.user(who);
        let mut brings = act.brings.iter();
        if brings.any(|(denom, units)| self.view.held(&sender, denom) < *units || *units == 0) {
            return;
        }
        self.spared(act, seen, why, broken);
        self.must_succeed(act, &seen.preview, why, broken);
        let waits = |((payee, _), _): (&(String, String), &u128)| *payee == sender.as_str();
        if act.claims && self.view.claims.iter().any(waits) {
            broken.push(format!("I-24: what waits for {sender} is refused: {why}"));
        }
        let none = wicker_engine::position::Position::default();
        let place = match act.position() {
            Some(id) => self.view.position(id),
            None => act
                .baskets
                .first()
                .map(|id| (*id, self.view.basket(*id), &none)),
        };
        let Some((basket, view, position)) = place.filter(|_| act.adjusts) else {
            return;
        };
        let own = act.position().is_none_or(|id| self.owns(who, id));
        if own && act.edge == Some(0) {
            broken.push(format!("I-20: the most was refused: {why}"));
        }
        let debt = owed(position.shares, seen.market.indices[&basket]);
        let paid = act.brought(&view.basket.debt);
        let taken = self.view.taken(act);
        let leg = |denom: &str| {
            let members = &view.basket.members;
            members.iter().position(|one| one.denom == denom)
        };
        let has = |(denom, units): &(String, u128)| {
            let held = leg(denom).map_or(0, |leg| position.held(leg as u8).raw());
            *units > 0 && *units <= held
        };
        let out = own && act.borrows == 0 && taken.iter().all(has);
        if out && debt == 0 && act.takes.len() == 1 && act.brings.is_empty() {
            broken.push(format!("I-24: who owes nothing may not withdraw: {why}"));
        }
        if own && act.closes && paid >= debt && act.brings.len() <= 1 && (paid > 0) == (debt > 0) {
            broken.push(format!("I-24: who pays all may not close: {why}"));
        }
        let least = view.basket.terms.min_debt.raw();
        let left = debt.saturating_sub(paid);
        let allowed = left == 0 || left >= least || debt < least;
        let legal = |(denom, units): &(String, u128)| match leg(denom) {
            Some(leg) => {
                let member = &view.basket.members[leg];
                let total = view.totals.collateral[leg].raw().saturating_add(*units);
                let demoted = seen.market.books[&basket].basket.members[leg].demoted;
                let open = !member.wind_down && !member.demoted && !demoted;
                own && open && total <= member.supply_cap.raw()
            }
            None => *denom == view.basket.debt && debt > 0 && allowed,
        };
        if act.only_brings() && act.brings.iter().all(legal) {
            broken.push(format!("I-10: what was brought is refused: {why}"));
        }
        let limited = [
            "ceiling",
            "may be borrowed now",
            "'s risk, its cap",
            "dollars of leg",
        ];
        if act.borrows == 0 && limited.iter().any(|text| why.contains(text)) {
            broken.push(format!("I-19: what uses nothing more is refused: {why}"));
        }
        if why.contains("takes no new risk until") && !self.stopped(basket) {
            broken.push(format!("I-20: what nobody stops is refused: {why}"));
        }
        if why.contains("is below the initial margin") {
            let stand = self.would_stand(act, seen, (basket, position), debt);
            let initial = at_18(view.basket.levels.initial.raw());
            let price = self.unit_price(&view.basket.debt, view.basket.decimals.get());
            if stand.is_some_and(|stand| stand.room(initial) > stand.apart() + 4.0 * price) {
                broken.push(format!("I-09: {stand:?} is refused: {why}"));
            }
        }
    }

    /// Where a position would stand at the initial test after what was asked for.
    fn would_stand(
        &self,
        act: &Act,
        seen: &Seen,
        (basket, position): (u32, &wicker_engine::position::Position),
        debt: u128,
    ) -> Option<Stand> {
        let view = self.view.basket(basket);
        let book = self.judging(act, seen, basket);
        let (mut held, debt): Figures = (holding(position), debt);
        let leg = |denom: &str| {
            let members = &view.basket.members;
            members.iter().position(|one| one.denom == denom)
        };
        for (denom, units) in &act.brings {
            if let Some(leg) = leg(denom) {
                *held.entry(leg as u8).or_default() += units;
            }
        }
        for (denom, units) in self.view.taken(act) {
            let left = held.entry(leg(&denom)? as u8).or_default();
            *left = left.checked_sub(units)?;
        }
        let debt = debt.saturating_sub(act.brought(&view.basket.debt));
        let fee = at_18(view.basket.terms.borrow_fee.raw()) * act.borrows as f64;
        let debt = debt
            .checked_add(act.borrows)?
            .checked_add(fee.ceil() as u128)?;
        book.stand(&book.new, &held, debt)
    }

    /// The market that new risk is judged by: what a message brings counts as held, and what it takes out still does.
    fn judging(&self, act: &Act, seen: &Seen, basket: u32) -> Book {
        let mut book = seen.market.books[&basket].clone();
        let members = &self.view.basket(basket).basket.members;
        for (denom, units) in &act.brings {
            let leg = members.iter().position(|one| one.denom == *denom);
            leg.into_iter().for_each(|leg| book.bring(leg, *units));
        }
        book
    }
}
