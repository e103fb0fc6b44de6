//! I-20, I-31: what the contract answers, against the other calculation and against the whole of its storage.

use std::collections::BTreeSet;

use cosmwasm_std::{Decimal256, SignedDecimal256};
use wicker_cdp::state;
use wicker_msgs::cdp::{
    AmountResponse, AssetsResponse, BasketsResponse, DeficitsResponse, ExplainResponse,
    HealthResponse, LiquidatableResponse, LiquidationPriceResponse, PendingResponse,
    PositionsResponse, QueryMsg,
};

use super::market::Market;
use super::reference::{at_18, holding, owed, Book, Stand};
use super::world::World;
use wicker_engine::position::Position;

/// How far a liquidation price may be from the one of the other calculation: a part in a billion of the factor, in dollars.
const FACTOR_APART: f64 = 2e-8;

impl World {
    /// Asks everything about a position.
    pub fn ask(&mut self, id: u64) -> Result<(), Vec<String>> {
        let market = self.foresee(super::preview::Preview::None).market;
        let mut broken = Vec::new();
        if let Some((basket, _, position)) = self.view.position(id) {
            let book = &market.books[&basket];
            let debt = owed(position.shares, market.indices[&basket]);
            let case = Case {
                world: self,
                id,
                book,
                position,
                debt,
            };
            if let Some(stand) = market.stands.get(&id) {
                case.health(stand, &mut broken);
                case.prices(stand, &mut broken);
                case.limits(&mut broken);
            }
        }
        self.seen = Some(market);
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken)
        }
    }

    /// Turns the pages of every list.
    pub fn pages(&mut self, limit: u32) -> Result<(), Vec<String>> {
        let market = self.foresee(super::preview::Preview::None).market;
        let mut broken = Vec::new();
        self.lists(limit, &market, &mut broken);
        self.seen = Some(market);
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken)
        }
    }

    fn lists(&self, limit: u32, market: &Market, broken: &mut Vec<String>) {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let baskets = &self.view.snapshot.baskets;
        let all = baskets.iter().flat_map(|view| {
            let ids = view.positions.iter();
            ids.map(|(id, _)| (state::account(&*storage, *id).unwrap().owner, view.id, *id))
        });
        let all: Vec<(cosmwasm_std::Addr, u32, u64)> = all.collect();
        let limit = Some(limit);
        let owners = self
            .users
            .iter()
            .map(|user| Some(user.clone()))
            .chain([None]);
        for owner in owners {
            for basket in (1..=super::world::BASKETS).map(Some).chain([None]) {
                let mine = all.iter().filter(|(own, place, _)| {
                    owner.as_ref().is_none_or(|owner| owner == own)
                        && basket.is_none_or(|basket| basket == *place)
                });
                let expected: BTreeSet<u64> = mine.map(|(.., id)| *id).collect();
                let owner = owner.as_ref().map(ToString::to_string);
                let name = format!("positions of {owner:?} in {basket:?}");
                self.turned(&name, expected, broken, |after| {
                    let ask = QueryMsg::Positions {
                        owner: owner.clone(),
                        basket,
                        start_after: after,
                        limit,
                    };
                    let page: PositionsResponse = self.rig.ask(&ask);
                    page.positions.iter().map(|one| one.position).collect()
                });
            }
        }
        let ids: BTreeSet<u32> = baskets.iter().map(|view| view.id).collect();
        self.turned("baskets", ids.clone(), broken, |start_after| {
            let page: BasketsResponse = self.rig.ask(&QueryMsg::Baskets { start_after, limit });
            page.baskets.iter().map(|one| one.basket).collect()
        });
        let short = |id: &u32| {
            let view = self.view.basket(*id);
            let index = market.indices[id];
            let grown = owed(view.totals.shares, index) - self.view.debt(*id);
            view.totals.deficit.raw() > view.totals.reserve.raw() + grown
        };
        let short = ids.into_iter().filter(short).collect();
        self.turned("deficits", short, broken, |start_after| {
            let page: DeficitsResponse = self.rig.ask(&QueryMsg::Deficits { start_after, limit });
            page.deficits.iter().map(|one| one.basket).collect()
        });
        let denoms = self.denoms.iter().cloned().collect();
        self.turned("assets", denoms, broken, |start_after| {
            let page: AssetsResponse = self.rig.ask(&QueryMsg::Assets { start_after, limit });
            page.assets.into_iter().map(|one| one.denom).collect()
        });
        let waiting = self.waiting().into_iter().collect();
        self.turned("pending", waiting, broken, |start_after| {
            let page: PendingResponse = self.rig.ask(&QueryMsg::Pending { start_after, limit });
            page.pending.iter().map(|one| one.id).collect()
        });
        for view in baskets {
            self.liquidatable(view.id, limit, market, broken);
        }
    }

    /// Every page behind the last entry of the one before, until one is empty, is the whole, once each and in order.
    fn turned<T: Ord + Clone + std::fmt::Debug>(
        &self,
        name: &str,
        expected: BTreeSet<T>,
        broken: &mut Vec<String>,
        page: impl Fn(Option<T>) -> Vec<T>,
    ) {
        let mut seen: Vec<T> = Vec::new();
        loop {
            let next = page(seen.last().cloned());
            if next.is_empty() || seen.len() > expected.len() {
                break;
            }
            seen.extend(next);
        }
        if seen != expected.iter().cloned().collect::<Vec<T>>() {
            broken.push(format!("I-31: {name}: {seen:?}, not {expected:?}"));
        }
    }

    /// Who is under the margin is on a page, who is over it on none.
    fn liquidatable(
        &self,
        basket: u32,
        limit: Option<u32>,
        market: &Market,
        broken: &mut Vec<String>,
    ) {
        let (mut seen, mut start_after) = (Vec::new(), None);
        loop {
            let page: LiquidatableResponse = self.rig.ask(&QueryMsg::Liquidatable {
                basket,
                start_after,
                limit,
            });
            seen.extend(page.positions.iter().map(|one| one.position));
            start_after = page.next;
            if start_after.is_none() {
                break;
            }
        }
        let ids = self.view.basket(basket).positions.iter().map(|(id, _)| *id);
        for id in ids {
            let stand = market.stands.get(&id);
            let times = seen.iter().filter(|one| **one == id).count();
            let wrong = match stand {
                Some(stand) if stand.under(1.0) => times != 1,
                Some(stand) if !stand.over(1.0) => times > 1,
                _ => times != 0,
            };
            if wrong {
                broken.push(format!(
                    "I-31: position {id} at {stand:?} is liquidatable {times} times"
                ));
            }
        }
    }
}

/// A position that is asked about.
struct Case<'a> {
    world: &'a World,
    id: u64,
    book: &'a Book,
    position: &'a Position,
    debt: u128,
}

impl Case<'_> {
    fn health(&self, stand: &Stand, broken: &mut Vec<String>) {
        let said: HealthResponse = self.world.rig.ask(&QueryMsg::Health { position: self.id });
        let initial = self
            .book
            .stand(&self.book.new, &holding(self.position), self.debt);
        let times = at_18(self.book.basket.levels.initial.raw());
        let initial = initial.map(|stand| stand.margin * times);
        let pairs = [
            (number(said.collateral), stand.collateral),
            (number(said.debt), stand.debt),
            (number(said.maintenance), stand.margin),
            (signed(said.equity), stand.equity()),
            (
                said.initial.map_or(0.0, number),
                initial.unwrap_or_default(),
            ),
        ];
        let near = |(one, other): &(f64, f64)| (one - other).abs() <= 4.0 * stand.apart();
        if !pairs.iter().all(near) {
            let id = self.id;
            broken.push(format!(
                "M-7: position {id} is said to stand at {said:?}, not {stand:?}"
            ));
        }
        let parts: ExplainResponse = self.world.rig.ask(&QueryMsg::Explain { position: self.id });
        let weights: f64 = parts.weights.iter().map(|one| signed(one.weight)).sum();
        let sum = [
            parts.base,
            parts.correlation,
            parts.concentration,
            parts.jump,
            parts.fees,
        ];
        let sum = sum
            .into_iter()
            .fold(SignedDecimal256::zero(), |sum, part| sum + part);
        let exact = sum.to_string() == parts.maintenance.to_string();
        let whole = stand.volatility == 0.0 || (weights - 1.0).abs() < 1e-12;
        if !exact || parts.maintenance != said.maintenance || !whole {
            broken.push(format!(
                "M-6: the parts of position {} are {parts:?}",
                self.id
            ));
        }
    }

    /// At the price that is answered the margin is met, and further on the bad side it is not.
    fn prices(&self, stand: &Stand, broken: &mut Vec<String>) {
        let debt = self.book.debt_leg();
        let legs = self.position.collateral.iter().map(|(leg, _)| Some(*leg));
        for leg in legs.chain([Some(debt), None]) {
            let denoms = self.book.basket.members.iter().map(|one| &one.denom);
            let mut denoms = denoms.chain([&self.book.basket.debt]);
            let denom = leg.map(|leg| denoms.nth(leg.into()).unwrap().clone());
            let said: LiquidationPriceResponse = self.world.rig.ask(&QueryMsg::LiquidationPrice {
                position: self.id,
                denom,
            });
            let bad =
                |why: String| format!("I-20: price of {leg:?} of position {}: {why}", self.id);
            let Some(factor) = said.factor.map(number) else {
                let ends = [1e-18, 100.0].map(|factor| self.moved(leg, factor));
                if ends.iter().any(|end| {
                    stand.over(1.0) && end.under(1.0) || stand.under(1.0) && end.over(1.0)
                }) {
                    broken.push(bad(format!("none, but {ends:?}")));
                }
                continue;
            };
            let there = self.moved(leg, factor);
            let slack = there.apart() * FACTOR_APART / super::reference::APART;
            if there.room(1.0).abs() > slack {
                broken.push(bad(format!("{factor} leaves {there:?}")));
            }
        }
    }

    /// Where the position stands at other prices.
    fn moved(&self, leg: Option<u8>, factor: f64) -> Stand {
        let mut side = self.book.open.clone();
        let debt = self.book.debt_leg();
        for (at, price) in side.prices.iter_mut().enumerate() {
            let at = at as u8;
            if leg.map_or(at != debt, |leg| leg == at) {
                // No price leaves the range that prices have.
                *price = price.map(|price| (price * factor).clamp(1e-12, 1e9));
            }
        }
        let stand = self.book.stand(&side, &holding(self.position), self.debt);
        stand.unwrap_or_default()
    }

    /// The most that may be borrowed or taken out leaves the initial margin.
    fn limits(&self, broken: &mut Vec<String>) {
        let initial = at_18(self.book.basket.levels.initial.raw());
        let ask = |msg: QueryMsg| self.world.rig.try_ask::<AmountResponse>(&msg);
        let mut judge = |what: &str, units: u128, held, debt| {
            let stand = self.book.stand(&self.book.new, &held, debt);
            if units > 0 && stand.is_none_or(|stand| stand.under(initial)) {
                broken.push(format!(
                    "I-20: {units} {what} leave position {} at {stand:?}",
                    self.id
                ));
            }
        };
        if let Ok(most) = ask(QueryMsg::MaxBorrow { position: self.id }) {
            let most = most.amount.u128();
            let debt = self.debt.saturating_add(most);
            judge("borrowed", most, holding(self.position), debt);
        }
        for (leg, held) in &self.position.collateral {
            let denom = self.book.basket.members[usize::from(*leg)].denom.clone();
            let position = self.id;
            if let Ok(most) = ask(QueryMsg::MaxWithdraw { position, denom }) {
                let mut left = holding(self.position);
                left.insert(*leg, held.raw() - most.amount.u128());
                judge("taken", most.amount.u128(), left, self.debt);
            }
        }
    }
}

fn number(decimal: Decimal256) -> f64 {
    decimal.to_string().parse().unwrap()
}

fn signed(decimal: SignedDecimal256) -> f64 {
    decimal.to_string().parse().unwrap()
}
