//! What a liquidation may do, and when it may not be refused.

use wicker_cdp::state;
use wicker_engine::basket::LossSource;
use wicker_engine::invariants::bucket_is_kept;
use wicker_msgs::events::Liquidated;

use super::act::Act;
use super::judge::Seen;
use super::market::Market;
use super::reference::{at_18, holding, owed, Book, Stand};
use super::view::View;
use super::world::World;

/// A liquidation stops at this part of the debt from the target, and is never closer than units allow.
const TARGET_APART: f64 = 1e-6;

/// A case of SPEC 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ordinary,
    Thin,
    Insolvent,
    /// Too close to a border to tell.
    Unclear,
}

/// A liquidation of a message.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// What it tells.
    pub event: &'a Liquidated,
    /// True for the message's first: what later ones meet has changed since the message began.
    pub first: bool,
    /// True for the message's only one.
    pub alone: bool,
}

/// A position before it is liquidated.
struct Case<'a> {
    book: &'a Book,
    was: Stand,
    kind: Kind,
    /// True when nothing has changed since.
    exact: bool,
    bonus: f64,
    fee: f64,
    /// Dollars of a unit of the debt.
    unit: f64,
}

impl<'a> Case<'a> {
    fn new(world: &World, book: &'a Book, was: Stand, exact: bool) -> Self {
        let terms = &book.basket.liquidation;
        let (least, most) = (at_18(terms.bonus_min.raw()), at_18(terms.bonus_max.raw()));
        let missing = was.margin - was.equity().max(0.0);
        let bonus = least + (most - least) * (missing / was.margin).clamp(0.0, 1.0);
        let fee = at_18(terms.fee.raw());
        let gross = (1.0 + bonus + fee) * was.debt;
        let unit = world.unit_price(&book.basket.debt, book.basket.decimals.get());
        let near = was.apart() + unit;
        let kind =
            if (was.collateral - was.debt).abs() < near || (was.collateral - gross).abs() < near {
                Kind::Unclear
            } else if was.collateral < was.debt {
                Kind::Insolvent
            } else if was.collateral < gross {
                Kind::Thin
            } else {
                Kind::Ordinary
            };
        Self {
            book,
            was,
            kind,
            exact,
            bonus,
            fee,
            unit,
        }
    }

    /// The most that a dollar of debt pays for.
    fn price(&self) -> f64 {
        let terms = &self.book.basket.liquidation;
        match self.kind {
            Kind::Ordinary if self.exact => 1.0 + self.bonus + self.fee,
            Kind::Thin if self.exact => self.was.collateral / self.was.debt,
            Kind::Insolvent => 1.0 + at_18(terms.bonus_min.raw()),
            _ => 1.0 + at_18(terms.bonus_max.raw()) + self.fee,
        }
    }

    fn emergency(&self) -> f64 {
        at_18(self.book.basket.levels.emergency.raw())
    }
}

impl World {
    /// I-13 to I-17 and I-19 of a liquidation.
    pub fn liquidated(
        &mut self,
        told: Told<'_>,
        (seen, market): (&Seen, &Market),
        after: &View,
        broken: &mut Vec<String>,
    ) {
        let Told { event, alone, .. } = told;
        let id = event.position;
        let Some(was) = seen.market.stands.get(&id).copied() else {
            broken.push(format!("I-13: position {id} could not be judged"));
            return;
        };
        if was.over(1.0) {
            broken.push(format!("I-13: position {id} was healthy: {was:?}"));
        }
        let case = Case::new(self, &seen.market.books[&event.basket], was, told.first);
        let before = self.owed_before(seen, id);
        let repaid = event.repaid.u128();
        let worth = self.worth(&case, event);
        let paid = repaid as f64 * case.unit;
        let bonus = event.bonus.to_string().parse::<f64>().unwrap();
        let near = was.apart() + 2.0 * case.unit;
        if worth > paid * case.price() + near {
            broken.push(format!(
                "I-16: ${worth} seized of position {id} for ${paid}, {case}"
            ));
        }
        let fee = match case.kind {
            Kind::Ordinary if case.exact => (repaid as f64 * case.fee).ceil(),
            Kind::Ordinary | Kind::Unclear => event.fee.u128() as f64,
            Kind::Thin | Kind::Insolvent => 0.0,
        };
        if (event.fee.u128() as f64 - fee).abs() > 1.0 + fee * 1e-9 {
            broken.push(format!(
                "I-16: {} is the fee of position {id}, not {fee}",
                event.fee
            ));
        }
        let ordinary = case.kind == Kind::Ordinary;
        if ordinary && case.exact && (bonus - case.bonus).abs() > 1e-6 {
            broken.push(format!(
                "I-16: the bonus of position {id} is {bonus}, {case}"
            ));
        }
        if case.kind == Kind::Insolvent && self.left(&case, after, id) > near {
            broken.push(format!("I-15: position {id} keeps what is worth something"));
        }
        let lent = self.ghost.lent.entry(event.basket).or_default();
        lent.push((self.rig.now(), -(repaid as i128)));
        if alone {
            self.restored((event, &case), (market, after), near, broken);
        }
        self.lost((event, &case), (before, alone), seen, after, broken);
        // What other liquidations of the message free can only raise it over the emergency level.
        if ordinary && was.over(case.emergency()) {
            self.flows(event, &seen.market.books[&event.basket].clone(), broken);
        }
    }

    fn owed_before(&self, seen: &Seen, id: u64) -> u128 {
        let found = self.view.position(id);
        found.map_or(0, |(basket, _, position)| {
            owed(position.shares, seen.market.indices[&basket])
        })
    }

    /// Dollars of what was seized.
    fn worth(&self, case: &Case<'_>, event: &Liquidated) -> f64 {
        let members = &case.book.basket.members;
        let worth = event.seized.iter().map(|coin| {
            let leg = members.iter().position(|one| one.denom == coin.denom);
            case.book
                .worth(leg.unwrap() as u8, crate::rig::amount(coin))
        });
        worth.sum()
    }

    /// Dollars of priced collateral that a position still has.
    fn left(&self, case: &Case<'_>, after: &View, id: u64) -> f64 {
        let Some((.., position)) = after.position(id) else {
            return 0.0;
        };
        let held = position.collateral.iter();
        held.map(|(leg, units)| case.book.worth(*leg, units.raw()))
            .sum()
    }

    /// I-13, I-14, I-15: no further than the target, and no worse than before.
    fn restored(
        &self,
        (event, case): (&Liquidated, &Case<'_>),
        (market, after): (&Market, &View),
        near: f64,
        broken: &mut Vec<String>,
    ) {
        let (id, was) = (event.position, case.was);
        let (is, left) = (market.stands.get(&id).copied(), after.position(id));
        let (Some(is), Some((.., position))) = (is, left) else {
            return;
        };
        // How much is wanted is asked while everything that is seized is still held.
        let debt = event.debt.u128();
        let aimed = case.book.stand(&case.book.open, &holding(position), debt);
        let beyond = |target: f64| aimed.map_or(0.0, |aimed| aimed.room(target));
        let legs = 0..case.book.debt_leg();
        let pieces: f64 = legs.map(|leg| case.book.worth(leg, 1)).sum();
        let target = at_18(case.book.basket.levels.target.raw());
        let slack = near + 4.0 * pieces + TARGET_APART * was.debt;
        let whole = event.debt.is_zero();
        if case.kind == Kind::Ordinary && !whole && beyond(target) > slack {
            broken.push(format!(
                "I-13: position {id} is taken from {was:?} to {is:?}"
            ));
        }
        let worse = match case.kind {
            Kind::Ordinary => {
                let (old, new) = (was.equity() / was.margin, is.equity() / is.margin);
                new < old - old.abs() * 1e-6 - 1e-9
            }
            Kind::Thin => is.collateral * was.debt < was.collateral * is.debt - near * was.debt,
            Kind::Insolvent | Kind::Unclear => false,
        };
        if worse && !whole {
            broken.push(format!("I-14: position {id} from {was:?} to {is:?}"));
        }
    }

    /// I-17: a loss is all that is left of the debt when no collateral is, and is borne in the basket's order.
    fn lost(
        &self,
        (event, case): (&Liquidated, &Case<'_>),
        (before, alone): (u128, bool),
        seen: &Seen,
        after: &View,
        broken: &mut Vec<String>,
    ) {
        let (id, bad) = (event.position, event.bad_debt.u128());
        let left = after.position(id).map(|(.., position)| position);
        let owes = left.is_some_and(|position| !position.shares.is_zero());
        if bad > 0 && left.is_some() || owes && left.is_some_and(|one| one.collateral.is_empty()) {
            broken.push(format!(
                "I-17: {bad} lost with position {id}, left is {left:?}"
            ));
        }
        let rest = before.saturating_sub(event.repaid.u128());
        if left.is_none() && bad.abs_diff(rest) > 2 {
            broken.push(format!(
                "I-17: {bad} lost with position {id}, {rest} was left"
            ));
        }
        if !alone {
            return;
        }
        let (old, new) = (self.view.basket(event.basket), after.basket(event.basket));
        let index = seen.market.indices[&event.basket];
        let grown = owed(old.totals.shares, index) - owed(old.totals.shares, old.totals.index);
        let deficit = old.totals.deficit.raw();
        let mut reserve = (old.totals.reserve.raw() + grown).saturating_sub(deficit);
        let (mut backstop, mut rest) = (old.totals.backstop.raw(), bad);
        for source in &case.book.basket.loss_order {
            let fund = match source {
                LossSource::Reserve => &mut reserve,
                LossSource::Backstop => &mut backstop,
            };
            let borne = rest.min(*fund);
            *fund -= borne;
            rest -= borne;
        }
        if new.totals.backstop.raw().abs_diff(backstop) > 2 {
            let found = new.totals.backstop;
            broken.push(format!(
                "I-17: {found:?} of a backstop left, not {backstop}"
            ));
        }
    }

    /// I-19: no asset flows faster than its cap, but for the thin ones that are a twentieth of what is seized.
    fn flows(&mut self, event: &Liquidated, book: &Book, broken: &mut Vec<String>) {
        let now = self.rig.now();
        let worth = |coin: &cosmwasm_std::Coin| {
            let members = &book.basket.members;
            let leg = members.iter().position(|one| one.denom == coin.denom);
            book.worth(leg.unwrap() as u8, crate::rig::amount(coin))
        };
        let all: f64 = event.seized.iter().map(worth).sum();
        for coin in event.seized.iter() {
            let storage = self.rig.chain.contract_storage(&self.rig.cdp);
            let asset = state::asset(&*storage, &coin.denom).unwrap();
            drop(storage);
            let dollars = worth(coin);
            if dollars * 20.0 < all * (1.0 + 1e-6) {
                continue;
            }
            // One part in a billion less, so that a sum of rounded figures is no breach.
            let units = (dollars * 1e18 * (1.0 - 1e-9)) as i128;
            let flows = self.ghost.flows.entry(coin.denom.clone()).or_default();
            flows.push((now, units));
            // A cap on its way to open positions falls: the highest is that at the first flow.
            let first = flows.first().map_or(now, |(time, _)| *time);
            let cap = at_18(asset.flow_cap.raw());
            let rate = match self.ghost.cap(&coin.denom, cap, first) {
                same if same == cap => asset.flow_cap.raw(),
                higher => (higher * 1e18 * (1.0 + 1e-9)) as u128,
            };
            let size = asset.flow_burst.raw().max(rate / 12);
            let flows = &self.ghost.flows[&coin.denom];
            if rate > 0 {
                let found = bucket_is_kept(&coin.denom, flows, rate, size);
                broken.extend(found.map(|one| one.to_string()));
            }
        }
    }

    /// I-25: who brings enough to repay everything is not refused a position under its margin, except by the flow caps.
    pub fn spared(&self, act: &Act, seen: &Seen, why: &str, broken: &mut Vec<String>) {
        let [id] = act.liquidates.as_slice() else {
            return;
        };
        let Some((basket, view, position)) = self.view.position(*id) else {
            return;
        };
        let stand = seen.market.stands.get(id).filter(|stand| stand.under(1.0));
        let Some(stand) = stand else { return };
        let book = &seen.market.books[&basket];
        let debt = owed(position.shares, seen.market.indices[&basket]);
        let fee = (at_18(book.basket.liquidation.fee.raw()) * debt as f64).ceil() as u128;
        let enough = act.brought(&view.basket.debt) > debt + fee;
        let emergency = at_18(book.basket.levels.emergency.raw());
        let capped = why.contains("the flow caps leave no room") && !stand.under(emergency);
        let priced = position
            .collateral
            .iter()
            .any(|(leg, _)| book.open.prices[usize::from(*leg)].is_some());
        let healthy = why.contains("is not below the maintenance margin");
        if healthy || enough && priced && !capped {
            broken.push(format!(
                "I-25: position {id} at {stand:?} is refused: {why}"
            ));
        }
    }
}

impl std::fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} with bonus {} at {:?}",
            self.kind, self.bonus, self.was
        )
    }
}
