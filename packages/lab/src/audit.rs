//! The accounts: the engine's invariants over the contract's records, the token module's count of the debt token, and every coin of
//! every denom found in somebody's account.

use std::collections::BTreeMap;

use cosmwasm_std::{Addr, Storage};
use serde::Serialize;
use wicker_cdp::state::{self, BASKET_COUNT, CLAIMS};
use wicker_engine::invariants::{check, BasketView, Snapshot};
use wicker_math::Amount;
use wicker_msgs::cdp::{
    BasketResponse, LiquidatableResponse, PositionsResponse, QueryMsg, MAX_PAGE,
};

use crate::error::LabError;
use crate::factory::{collector, supply};
use crate::view::View;
use crate::world::{amount_of, refused, World};

/// The invariants an audit checks, with what each says.
pub const CHECKED: [(&str, &str); 10] = [
    (
        "I-01",
        "the contract has what positions hold, backstops keep and payees may claim",
    ),
    (
        "I-02",
        "the debt token's supply is what was minted less what was burned",
    ),
    (
        "I-03",
        "minted - burned = debt - reserve + deficit, exactly",
    ),
    (
        "I-04",
        "a basket's shares and collateral are its positions'",
    ),
    (
        "I-05",
        "positions owe the basket's debt, to a unit of rounding each",
    ),
    ("I-06", "every coin is in somebody's account"),
    ("I-07", "who owes holds some collateral"),
    ("I-08", "a deficit stands only where the reserve is empty"),
    ("I-31", "the pages of positions are the whole, once each"),
    (
        "query",
        "queries say what the records say, and the keeper's screen finds what the contract finds",
    ),
];

/// What an audit has found so far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Audit {
    /// Of each invariant, how often it was checked.
    pub checks: BTreeMap<String, u64>,
    /// What was broken, at most a hundred entries.
    pub broken: Vec<Breach>,
}

/// A broken invariant and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Seconds since 1970.
    pub time: u64,
    /// Which.
    pub id: String,
    /// Where, with its numbers.
    pub what: String,
}

/// Where the coins of a denom are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoinCount {
    /// The denom; the debt token by its short name.
    pub denom: String,
    /// What was made: given by the lab, or minted less burned by the token module.
    pub made: u128,
    /// In the cdp contract.
    pub contract: u128,
    /// Of this, what positions hold by its records.
    pub positions: u128,
    /// Of this, what backstops keep.
    pub backstop: u128,
    /// Of this, what payees may claim.
    pub claims: u128,
    /// Of this, what is nobody's.
    pub unassigned: u128,
    /// With users.
    pub users: u128,
    /// With the keeper.
    pub keeper: u128,
    /// With the market.
    pub market: u128,
    /// With the owner, the feeders, the oracle and the community pool.
    pub others: u128,
}

impl CoinCount {
    /// What was found, wherever it is.
    pub fn found(&self) -> u128 {
        [
            self.contract,
            self.users,
            self.keeper,
            self.market,
            self.others,
        ]
        .iter()
        .fold(0, |sum, part| sum.saturating_add(*part))
    }
}

impl Audit {
    /// True while nothing was found broken.
    pub fn holds(&self) -> bool {
        self.broken.is_empty()
    }

    fn checked(&mut self, ids: &[&str]) {
        for id in ids {
            let count = self.checks.entry(id.to_string()).or_default();
            *count = count.saturating_add(1);
        }
    }

    fn breach(&mut self, time: u64, id: &str, what: String) {
        if self.broken.len() < 100 {
            self.broken.push(Breach {
                time,
                id: id.into(),
                what,
            });
        }
    }

    /// Checks the engine's invariants on the contract's records now.
    pub fn step(&mut self, world: &World) -> Result<(), LabError> {
        let snapshot = snapshot(world)?;
        for violation in check(&snapshot) {
            self.breach(world.now(), violation.id, violation.what);
        }
        self.checked(&["I-01", "I-03", "I-04", "I-05", "I-07", "I-08"]);
        Ok(())
    }

    /// Finds every coin, and compares the debt token's supply with the token module's count.
    pub fn count(&mut self, world: &World) -> Result<Vec<CoinCount>, LabError> {
        let snapshot = snapshot(world)?;
        let mut denoms: Vec<String> = world.made.keys().cloned().collect();
        denoms.push(world.debt.clone());
        let mut counts = Vec::new();
        for denom in denoms {
            let count = count(world, &snapshot, &denom)?;
            if count.found() != count.made {
                let what = format!("{denom}: {} made, {} found", count.made, count.found());
                self.breach(world.now(), "I-06", what);
            }
            counts.push(count);
        }
        let bank = world.chain.wrap().query_supply(&world.debt);
        let bank = bank.map_or(0, |coin| amount_of(coin.amount));
        let counted = supply(world.chain.storage(), &world.debt);
        if bank != counted {
            let what = format!("{counted} minted less burned, the bank knows {bank}");
            self.breach(world.now(), "I-02", what);
        }
        self.checked(&["I-02", "I-06"]);
        Ok(counts)
    }

    /// Compares what queries say with the records, and the engine's screen with the contract's.
    pub fn compare(&mut self, world: &World) -> Result<(), LabError> {
        for basket in 1..=baskets(world)? {
            let view = View::load(world, basket)?;
            let paged = pages(world, basket)?;
            let ids: Vec<u64> = view.positions.iter().map(|(id, _)| *id).collect();
            let found: Vec<u64> = paged.iter().map(|(id, _)| *id).collect();
            if ids != found {
                let what = format!(
                    "basket {basket}: {} positions, {} in pages",
                    ids.len(),
                    found.len()
                );
                self.breach(world.now(), "I-31", what);
            }
            for ((id, account), (_, debt)) in view.positions.iter().zip(&paged) {
                let owed = view.debt(&account.position).raw();
                if owed != *debt {
                    let what = format!("position {id} owes {owed}, the query says {debt}");
                    self.breach(world.now(), "query", what);
                }
            }
            self.compare_basket(world, &view, basket)?;
        }
        self.checked(&["I-31", "query"]);
        Ok(())
    }

    fn compare_basket(&mut self, world: &World, view: &View, basket: u32) -> Result<(), LabError> {
        let said: BasketResponse = ask(world, &QueryMsg::Basket { basket })?;
        let (owed, deficit) = (view.totals.debt_ceil(), view.totals.deficit.raw());
        let owed = owed.map_or(u128::MAX, Amount::raw);
        if (owed, deficit) != (said.debt.u128(), said.deficit.u128()) {
            let what = format!(
                "basket {basket} owes {owed} and lacks {deficit}, the query says {} and {}",
                said.debt, said.deficit
            );
            self.breach(world.now(), "query", what);
        }
        let screened: Vec<u64> = view
            .positions
            .iter()
            .filter(|(_, account)| {
                let standing = view.standing(&account.position);
                standing.is_some_and(|standing| standing.ratio.is_some_and(|ratio| ratio < 1.0))
            })
            .map(|(id, _)| *id)
            .collect();
        let found = liquidatable(world, basket)?;
        if screened != found {
            let what =
                format!("basket {basket}: {screened:?} screened, the contract says {found:?}");
            self.breach(world.now(), "query", what);
        }
        Ok(())
    }
}

fn ask<T: serde::de::DeserializeOwned>(world: &World, question: &QueryMsg) -> Result<T, LabError> {
    world.ask(question).map_err(|why| refused("a query", why))
}

/// Positions of a basket and their debts, page by page.
fn pages(world: &World, basket: u32) -> Result<Vec<(u64, u128)>, LabError> {
    let (mut all, mut start_after) = (Vec::new(), None);
    loop {
        let question = QueryMsg::Positions {
            owner: None,
            basket: Some(basket),
            start_after,
            limit: Some(MAX_PAGE),
        };
        let page: PositionsResponse = ask(world, &question)?;
        let Some(last) = page.positions.last() else {
            return Ok(all);
        };
        start_after = Some(last.position);
        let entries = page.positions.iter();
        all.extend(entries.map(|entry| (entry.position, entry.debt.u128())));
    }
}

/// What the contract finds under its maintenance margin.
fn liquidatable(world: &World, basket: u32) -> Result<Vec<u64>, LabError> {
    let (mut all, mut start_after) = (Vec::new(), None);
    loop {
        let question = QueryMsg::Liquidatable {
            basket,
            start_after,
            limit: Some(MAX_PAGE),
        };
        let page: LiquidatableResponse = ask(world, &question)?;
        all.extend(page.positions.iter().map(|entry| entry.position));
        start_after = page.next;
        if start_after.is_none() {
            return Ok(all);
        }
    }
}

fn baskets(world: &World) -> Result<u32, LabError> {
    let storage = world.chain.contract_storage(&world.cdp);
    let count = BASKET_COUNT.may_load(&*storage);
    let count = count.map_err(|error| refused("reading the records", error.to_string()))?;
    Ok(count.unwrap_or(0))
}

/// Everything the contract owes and owns now.
pub fn snapshot(world: &World) -> Result<Snapshot, LabError> {
    let storage = world.chain.contract_storage(&world.cdp);
    let mut snapshot = Snapshot::default();
    for id in 1..=baskets(world)? {
        let view = basket_view(&*storage, id);
        let view = view.map_err(|error| refused("reading the records", error.to_string()))?;
        snapshot.baskets.push(view);
    }
    snapshot.balances = balances(world, &world.cdp);
    snapshot.claims = claims(world, &*storage);
    let minted = supply(world.chain.storage(), &world.debt);
    snapshot
        .supply
        .insert(world.debt.clone(), Amount::new(minted));
    Ok(snapshot)
}

fn basket_view(storage: &dyn Storage, id: u32) -> wicker_cdp::error::Result<BasketView> {
    let ids = state::of_basket(storage, id, None, usize::MAX)?;
    let positions = ids.into_iter();
    let positions =
        positions.map(|position| Ok((position, state::account(storage, position)?.position)));
    Ok(BasketView {
        id,
        basket: state::basket(storage, id)?,
        totals: state::totals(storage, id)?,
        positions: positions.collect::<wicker_cdp::error::Result<_>>()?,
    })
}

/// Claims of everyone who ever sent debt tokens: only refunds can become claims.
fn claims(world: &World, storage: &dyn Storage) -> BTreeMap<String, Amount> {
    let payees = world.users.iter().chain([&world.keeper, &world.owner]);
    let waiting = payees.map(|payee| {
        let claim = CLAIMS.may_load(storage, (payee.as_str(), &world.debt));
        claim.ok().flatten().map_or(0, Amount::raw)
    });
    let waiting = waiting.fold(0u128, u128::saturating_add);
    [(world.debt.clone(), Amount::new(waiting))].into()
}

/// What an account holds of every denom there is.
fn balances(world: &World, owner: &Addr) -> BTreeMap<String, Amount> {
    let denoms = world.made.keys().chain([&world.debt]);
    denoms
        .map(|denom| (denom.clone(), Amount::new(world.balance(owner, denom))))
        .collect()
}

fn count(world: &World, snapshot: &Snapshot, denom: &str) -> Result<CoinCount, LabError> {
    let is_debt = denom == world.debt;
    let made = match is_debt {
        true => supply(world.chain.storage(), denom),
        false => world.made.get(denom).copied().unwrap_or(0),
    };
    let (mut positions, mut backstop) = (0u128, 0u128);
    for view in &snapshot.baskets {
        let members = view.basket.members.iter().zip(&view.totals.collateral);
        for (_, held) in members.filter(|(member, _)| member.denom == denom) {
            positions = positions.saturating_add(held.raw());
        }
        if is_debt {
            backstop = backstop.saturating_add(view.totals.backstop.raw());
        }
    }
    let claims = snapshot.claims.get(denom).map_or(0, |claim| claim.raw());
    let assigned = positions.saturating_add(backstop).saturating_add(claims);
    let held = world.balance(&world.cdp, denom);
    let sum = |accounts: &[&Addr]| {
        let held = accounts.iter().map(|account| world.balance(account, denom));
        held.fold(0u128, u128::saturating_add)
    };
    let pool = collector(world.chain.api());
    let pool = Addr::unchecked(pool.map_err(|error| refused("an address", error.to_string()))?);
    let others: Vec<&Addr> = world
        .feeders
        .iter()
        .chain([&world.owner, &world.oracle, &pool])
        .collect();
    Ok(CoinCount {
        denom: short(world, denom),
        made,
        contract: held,
        positions,
        backstop,
        claims,
        unassigned: held.saturating_sub(assigned),
        users: sum(&world.users.iter().collect::<Vec<_>>()),
        keeper: world.balance(&world.keeper, denom),
        market: world.balance(&world.market, denom),
        others: sum(&others),
    })
}

/// A denom's name for reading.
pub fn short(world: &World, denom: &str) -> String {
    if denom == world.debt {
        return crate::scenario::DEBT.into();
    }
    denom.into()
}
