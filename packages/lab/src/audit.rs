//! The accounts: the engine's invariants over the contract's records, the token module's count of the debt token, and every coin of
//! every denom found in somebody's account.

use std::collections::BTreeMap;

use cosmwasm_std::Addr;
use serde::Serialize;
use wicker_engine::invariants::{check, Snapshot};
use wicker_math::Amount;

use crate::answers::Answers;
use crate::error::LabError;
use crate::factory::{collector, supply};
use crate::records;
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
        self.judge(world.now(), &snapshot(world)?);
        Ok(())
    }

    /// Checks the engine's invariants on what was read at `time`.
    pub fn judge(&mut self, time: u64, snapshot: &Snapshot) {
        for violation in check(snapshot) {
            self.breach(time, violation.id, violation.what);
        }
        self.checked(&["I-01", "I-03", "I-04", "I-05", "I-07", "I-08"]);
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
        self.supply(world.now(), &world.debt, bank, counted);
        self.checked(&["I-06"]);
        Ok(counts)
    }

    /// Compares a debt token's supply with what was minted less burned by another count.
    pub fn supply(&mut self, time: u64, denom: &str, bank: u128, counted: u128) {
        if bank != counted {
            let what = format!("{denom}: {counted} minted less burned, the bank knows {bank}");
            self.breach(time, "I-02", what);
        }
        self.checked(&["I-02"]);
    }

    /// Compares what queries say with the records, and the engine's screen with the contract's.
    pub fn compare(&mut self, world: &World) -> Result<(), LabError> {
        let storage = world.chain.contract_storage(&world.cdp);
        for basket in 1..=records::baskets(&*storage)? {
            let view = View::load(world, basket)?;
            self.compare_basket(world.now(), &view, &Answers::of(world, basket)?);
        }
        Ok(())
    }

    /// Compares what the contract says of a basket with the basket's records.
    pub fn compare_basket(&mut self, time: u64, view: &View, said: &Answers) {
        let basket = said.basket.basket;
        let ids: Vec<u64> = view.positions.iter().map(|(id, _)| *id).collect();
        let found: Vec<u64> = said.positions.iter().map(|one| one.position).collect();
        if ids != found {
            let (held, paged) = (ids.len(), found.len());
            let what = format!("basket {basket}: {held} positions, {paged} in pages");
            self.breach(time, "I-31", what);
        }
        for ((id, account), said) in view.positions.iter().zip(&said.positions) {
            let (owed, debt) = (view.debt(&account.position).raw(), said.debt.u128());
            if owed != debt {
                let what = format!("position {id} owes {owed}, the query says {debt}");
                self.breach(time, "query", what);
            }
        }
        let (owed, deficit) = (view.totals.debt_ceil(), view.totals.deficit.raw());
        let owed = owed.map_or(u128::MAX, Amount::raw);
        let answer = &said.basket;
        if (owed, deficit) != (answer.debt.u128(), answer.deficit.u128()) {
            let what = format!(
                "basket {basket} owes {owed} and lacks {deficit}, the query says {} and {}",
                answer.debt, answer.deficit
            );
            self.breach(time, "query", what);
        }
        let (screened, found) = (view.liquidatable(), &said.liquidatable);
        if screened != *found {
            let what =
                format!("basket {basket}: {screened:?} screened, the contract says {found:?}");
            self.breach(time, "query", what);
        }
        self.checked(&["I-31", "query"]);
    }
}

/// Everything the contract owes and owns now.
pub fn snapshot(world: &World) -> Result<Snapshot, LabError> {
    let storage = world.chain.contract_storage(&world.cdp);
    let mut snapshot = records::snapshot(&*storage)?;
    snapshot.balances = balances(world, &world.cdp);
    let minted = supply(world.chain.storage(), &world.debt);
    let minted = Amount::new(minted);
    snapshot.supply.insert(world.debt.clone(), minted);
    Ok(snapshot)
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
