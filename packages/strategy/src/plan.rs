//! What to do about the positions under their margin: the most valuable first, each worth its costs, within what may be spent.

use std::collections::BTreeMap;

use thiserror::Error;
use wicker_engine::health::{Book, HealthError, Test};
use wicker_engine::liquidate::{liquidate, Case, LiquidateError, Liquidation};
use wicker_math::{mul_div_floor, Amount, Ratio, Value};

use crate::screen::Candidate;
use crate::snapshot::{BasketState, Snapshot};

/// What is worth doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Dollars that a liquidation must earn, after its costs.
    pub min_profit: Value,
    /// Part of the collateral's worth that selling it loses.
    pub slippage: Ratio,
    /// Dollars of gas of one liquidation.
    pub gas_cost: Value,
    /// Liquidate what owes more than it holds even at a loss, within the budget of losses, so that bad debt is booked and stops growing.
    pub realise_bad_debt: bool,
    /// Most liquidations of one transaction.
    pub batch: usize,
    /// Most transactions of one plan.
    pub batches: usize,
    /// Most candidates that are worked out, the most valuable ones.
    pub examined: usize,
}

/// What may be spent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// Debt tokens at hand, of each denom.
    pub inventory: BTreeMap<String, Amount>,
    /// Dollars of gas that may still be spent.
    pub gas: Value,
    /// Dollars that may still be lost.
    pub loss: Value,
}

/// A liquidation worth sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The position.
    pub position: u64,
    /// Its basket.
    pub basket: u32,
    /// The most to pay, in base units of debt.
    pub payment: Amount,
    /// What it should bring, each leg's denom and amount.
    pub seized: Vec<(String, Amount)>,
    /// Dollars at 1e-18 it should earn after its costs; below zero for bad debt that is booked at a loss.
    pub profit: i128,
    /// Base units of debt that nobody repays.
    pub bad_debt: Amount,
}

/// Liquidations of one transaction, paid in one denom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The debt token.
    pub denom: String,
    /// The most that is paid in all.
    pub payment: Amount,
    /// The liquidations, in order.
    pub items: Vec<Item>,
}

/// Why a candidate is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Skip {
    /// The engine refuses it.
    #[error("{0}")]
    Refused(LiquidateError),
    /// It earns too little.
    #[error("it would earn {profit}e-18 dollars, {least}e-18 are the least")]
    Unprofitable {
        /// What it would earn.
        profit: i128,
        /// What it must.
        least: u128,
    },
    /// Booking its bad debt loses more than may still be lost.
    #[error("it would lose {loss}e-18 dollars, {left}e-18 may be lost")]
    LossBudget {
        /// What it would lose.
        loss: u128,
        /// What may be lost.
        left: u128,
    },
    /// Its gas is more than may still be spent.
    #[error("{left}e-18 dollars of gas are left")]
    GasBudget {
        /// What may be spent.
        left: u128,
    },
    /// No debt tokens are at hand.
    #[error("no {denom} is at hand")]
    NoInventory {
        /// The debt token.
        denom: String,
    },
    /// Others are worth more; it waits for the next plan.
    #[error("others come first")]
    Later,
}

/// A candidate that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The position.
    pub position: u64,
    /// Why.
    pub why: Skip,
}

/// What to do, and what not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Transactions, in order.
    pub batches: Vec<Batch>,
    /// What was worked out and left alone.
    pub skipped: Vec<Skipped>,
    /// Candidates that were not worked out, as others are worth more.
    pub waiting: usize,
}

/// Works out what to do about `candidates`. The same input has the same plan.
pub fn plan(
    snapshot: &Snapshot,
    candidates: &[Candidate],
    policy: &Policy,
    budget: &Budget,
) -> Plan {
    let mut order: Vec<&Candidate> = candidates.iter().collect();
    // By what there is to win, so that very many tiny ones cannot stand in front of a large one.
    let worth = |candidate: &Candidate| {
        candidate
            .assessment
            .collateral
            .min(candidate.assessment.debt)
    };
    order.sort_by_key(|candidate| (std::cmp::Reverse(worth(candidate)), candidate.id));
    let mut desk = Desk {
        policy,
        left: budget.clone(),
        baskets: BTreeMap::new(),
        plan: Plan {
            waiting: order.len().saturating_sub(policy.examined),
            ..Plan::default()
        },
    };
    for candidate in order.into_iter().take(policy.examined) {
        let Some(state) = snapshot.baskets.get(candidate.basket) else {
            continue;
        };
        if let Err(why) = desk.take(snapshot, state, candidate) {
            desk.plan.skipped.push(Skipped {
                position: candidate.id,
                why,
            });
        }
    }
    desk.plan
}

/// A plan in the making.
struct Desk<'a> {
    policy: &'a Policy,
    left: Budget,
    /// Baskets as what is planned leaves them.
    baskets: BTreeMap<u32, BasketState>,
    plan: Plan,
}

/// A liquidation worked out.
struct Sized {
    outcome: Liquidation,
    profit: i128,
}

impl Desk<'_> {
    fn take(
        &mut self,
        snapshot: &Snapshot,
        state: &BasketState,
        candidate: &Candidate,
    ) -> Result<(), Skip> {
        let denom = state.basket.debt.clone();
        if self.left.gas < self.policy.gas_cost {
            return Err(Skip::GasBudget {
                left: self.left.gas.raw(),
            });
        }
        let slot = self.slot(&denom).ok_or(Skip::Later)?;
        let offered = self.left.inventory.get(&denom).copied().unwrap_or_default();
        if offered.is_zero() {
            return Err(Skip::NoInventory { denom });
        }
        // Without its positions: they are looked up in the snapshot.
        let ahead = self.baskets.entry(state.id).or_insert_with(|| bare(state));
        let sized = sized(snapshot, (state, ahead), candidate, (offered, self.policy))?;
        self.affordable(&sized)?;
        let item = item(state, candidate.id, &sized);
        if let Some(ahead) = self.baskets.get_mut(&state.id) {
            apply(ahead, &sized.outcome);
        }
        self.spend(&denom, &sized);
        self.enter(slot, denom, item);
        Ok(())
    }

    /// The transaction an item of this denom goes into.
    fn slot(&self, denom: &str) -> Option<usize> {
        let open = |batch: &Batch| batch.denom == denom && batch.items.len() < self.policy.batch;
        let found = self.plan.batches.iter().position(open);
        let next = self.plan.batches.len();
        found.or((next < self.policy.batches && self.policy.batch > 0).then_some(next))
    }

    fn affordable(&self, sized: &Sized) -> Result<(), Skip> {
        let least = self.policy.min_profit.raw();
        if u128::try_from(sized.profit).is_ok_and(|profit| profit >= least) {
            return Ok(());
        }
        let bad = !sized.outcome.loss.bad_debt.is_zero();
        if !(bad && self.policy.realise_bad_debt) {
            return Err(Skip::Unprofitable {
                profit: sized.profit,
                least,
            });
        }
        let (loss, left) = (loss(sized.profit), self.left.loss.raw());
        match loss <= left {
            true => Ok(()),
            false => Err(Skip::LossBudget { loss, left }),
        }
    }

    fn spend(&mut self, denom: &str, sized: &Sized) {
        self.left.gas = self.left.gas.saturating_sub(self.policy.gas_cost);
        let lost = Value::new(loss(sized.profit));
        self.left.loss = self.left.loss.saturating_sub(lost);
        if let Some(held) = self.left.inventory.get_mut(denom) {
            *held = held.saturating_sub(sized.outcome.payment);
        }
    }

    fn enter(&mut self, slot: usize, denom: String, item: Item) {
        match self.plan.batches.get_mut(slot) {
            Some(batch) => {
                batch.payment = Amount::new(batch.payment.raw().saturating_add(item.payment.raw()));
                batch.items.push(item);
            }
            None => self.plan.batches.push(Batch {
                denom,
                payment: item.payment,
                items: vec![item],
            }),
        }
    }
}

fn bare(state: &BasketState) -> BasketState {
    BasketState {
        basket: state.basket.clone(),
        side: state.side.clone(),
        risk: state.risk.clone(),
        correlations: state.correlations.clone(),
        quotes: state.quotes.clone(),
        totals: state.totals.clone(),
        room: state.room.clone(),
        positions: crate::positions::Positions::default(),
        ..*state
    }
}

/// The liquidation that the contract would make after those before it, and what it earns.
fn sized(
    snapshot: &Snapshot,
    (state, ahead): (&BasketState, &BasketState),
    candidate: &Candidate,
    (offered, policy): (Amount, &Policy),
) -> Result<Sized, Skip> {
    let gone = Skip::Refused(LiquidateError::NoDebt);
    let packed = state.positions.get(candidate.id).ok_or(gone)?;
    let market = ahead.market(snapshot.now);
    let book = Book::new(&market, packed.legs.iter().copied(), Test::Maintenance);
    let book = book.map_err(|error| Skip::Refused(error.into()))?;
    let position = packed.position();
    let case = Case {
        basket: &ahead.basket,
        totals: &ahead.totals,
        position: &position,
        book: &book,
    };
    let outcome = liquidate(&case, offered, &ahead.room).map_err(Skip::Refused)?;
    let profit = profit(&book, &outcome, policy).map_err(|error| Skip::Refused(error.into()))?;
    Ok(Sized { outcome, profit })
}

/// What the collateral brings when sold, less what is paid and the gas.
fn profit(book: &Book<'_>, outcome: &Liquidation, policy: &Policy) -> Result<i128, HealthError> {
    let seized = outcome.seized_value.iter().map(|(_, value)| value.raw());
    let seized = seized.fold(0u128, u128::saturating_add);
    let kept = Ratio::ONE.saturating_sub(policy.slippage);
    let proceeds = mul_div_floor(seized, kept.raw(), Ratio::ONE.raw())?;
    let paid = book.debt_value_floor(outcome.payment)?.raw();
    let costs = paid.saturating_add(policy.gas_cost.raw()).saturating_add(1);
    let signed = |raw: u128| i128::try_from(raw).unwrap_or(i128::MAX);
    Ok(signed(proceeds).saturating_sub(signed(costs)))
}

fn loss(profit: i128) -> u128 {
    if profit < 0 {
        profit.unsigned_abs()
    } else {
        0
    }
}

fn item(state: &BasketState, position: u64, sized: &Sized) -> Item {
    let seized = sized.outcome.seized.iter().filter_map(|(leg, amount)| {
        let member = state.basket.members.get(usize::from(*leg))?;
        Some((member.denom.clone(), *amount))
    });
    Item {
        position,
        basket: state.id,
        payment: sized.outcome.payment,
        seized: seized.collect(),
        profit: sized.profit,
        bad_debt: sized.outcome.loss.bad_debt,
    }
}

/// The basket as a liquidation leaves it: less is held, and less room is left.
fn apply(ahead: &mut BasketState, outcome: &Liquidation) {
    ahead.totals = outcome.totals.clone();
    let debt_leg = ahead.basket.debt_leg();
    let burned = outcome
        .payment
        .raw()
        .saturating_add(outcome.loss.backstop.raw());
    let taken = outcome.seized.iter().copied();
    for (leg, amount) in taken.chain([(debt_leg, Amount::new(burned))]) {
        if let Some(quote) = ahead.quotes.get_mut(usize::from(leg)) {
            quote.held = quote.held.saturating_sub(amount);
        }
    }
    for (leg, value) in &outcome.seized_value {
        if let Some((_, left)) = ahead.room.iter_mut().find(|(named, _)| named == leg) {
            *left = left.saturating_sub(*value);
        }
    }
}
