//! Liquidation: one entry point for a keeper, alone or in a list. It asks nothing that can be switched off, except a price.

use cosmwasm_std::{
    Addr, Coin, Deps, DepsMut, Env, Event, MessageInfo, Response, Storage, SubMsg, Uint128,
};
use wicker_engine::accrual::accrue;
use wicker_engine::basket::Basket;
use wicker_engine::health::{Book, Test};
use wicker_engine::liquidate::{liquidate as rules, Case, Liquidation};
use wicker_math::{Amount, Seconds, Value};
use wicker_msgs::cdp::{LiquidationItem, MAX_LIST};
use wicker_msgs::coins::Coins;
use wicker_msgs::events::Liquidated;

use super::call::skipped;
use super::{bounded, coins, in_time, now, one_coin, payee, sent};
use crate::convert::decimal;
use crate::error::{ContractError, Result};
use crate::market::{Loaded, Scope};
use crate::payments::{refund, send};
use crate::state::{self, Account, Config, ASSETS, CONFIG, TOTALS};
use crate::token::burn;

/// What a liquidator demands.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Least to receive of each denom, in all.
    pub min_received: Vec<Coin>,
    /// Refuse after this time, in seconds since 1970.
    pub deadline: Option<u64>,
    /// Who receives; `None` is the sender.
    pub recipient: Option<String>,
}

/// Pays debt of one position for a slice of its collateral.
pub fn liquidate(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    (position, max_repay): (u64, Option<Uint128>),
    terms: Terms,
) -> Result<Response> {
    in_time(terms.deadline, now(env))?;
    let config = CONFIG.load(deps.storage)?;
    let account = state::account(deps.storage, position)?;
    let basket = state::basket(deps.storage, account.basket)?;
    let debt = basket.debt.clone();
    let brought = sent(info, &debt)?;
    let offered = max_repay.map_or(brought, |most| brought.min(Amount::new(most.u128())));
    let subject = (position, account, basket);
    let outcome = judge_loaded(deps.as_ref(), &config, subject, offered, now(env))?;
    let mut done = Done::new(env, info, debt);
    done.commit(deps.storage, outcome)?;
    done.respond(deps, &config, brought, terms)
}

/// Liquidates what can be of a list with one coin. An entry that cannot be is reported and does not fail the rest.
pub fn liquidate_many(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    items: Vec<LiquidationItem>,
    terms: Terms,
) -> Result<Response> {
    in_time(terms.deadline, now(env))?;
    bounded(items.len(), MAX_LIST)?;
    let config = CONFIG.load(deps.storage)?;
    let debt = one_coin(info)?.denom.clone();
    if state::asset(deps.storage, &debt)?.ceiling.is_none() {
        return Err(ContractError::WrongRole {
            denom: debt,
            role: "a debt token",
        }
        .into());
    }
    let brought = sent(info, &debt)?;
    let mut done = Done::new(env, info, debt);
    let mut seen = Vec::with_capacity(items.len());
    for item in items {
        let left = brought.saturating_sub(done.paid);
        let most = item.max_repay.map_or(left, |most| Amount::new(most.u128()));
        let outcome = if seen.contains(&item.position) {
            Err(ContractError::Duplicate(format!("position {}", item.position)).into())
        } else {
            let id = item.position;
            judge(deps.as_ref(), &config, id, left.min(most), done.now).and_then(|outcome| {
                done.same_debt(&outcome)?;
                Ok(outcome)
            })
        };
        seen.push(item.position);
        match outcome {
            Ok(outcome) => done.commit(deps.storage, outcome)?,
            Err(why) => done.events.push(skipped(item.position, &why)),
        }
    }
    done.respond(deps, &config, brought, terms)
}

/// A liquidation that the rules allow, not written yet.
pub struct Outcome {
    /// The position.
    pub id: u64,
    /// Its account before.
    pub account: Account,
    /// Its basket's market.
    pub market: Loaded,
    /// What the rules make of it.
    pub result: Liquidation,
}

/// Asks the rules; nothing is written.
pub fn judge(
    deps: Deps<'_>,
    config: &Config,
    id: u64,
    offered: Amount,
    now: Seconds,
) -> Result<Outcome> {
    let account = state::account(deps.storage, id)?;
    let basket = state::basket(deps.storage, account.basket)?;
    judge_loaded(deps, config, (id, account, basket), offered, now)
}

fn judge_loaded(
    deps: Deps<'_>,
    config: &Config,
    (id, account, basket): (u64, Account, Basket),
    offered: Amount,
    now: Seconds,
) -> Result<Outcome> {
    let totals = accrue(&state::totals(deps.storage, account.basket)?, &basket, now)?;
    let scope = Scope::Held(&account.position);
    let market = Loaded::load(deps, &config.oracle, (account.basket, basket), scope, now)?;
    let room = room(&market, &account, now)?;
    let held = account.position.collateral.iter().map(|(leg, _)| *leg);
    let view = market.open();
    let result = rules(
        &Case {
            basket: &market.basket,
            totals: &totals,
            position: &account.position,
            book: &Book::new(&view, held, Test::Maintenance)?,
        },
        offered,
        &room,
    )?;
    Ok(Outcome {
        id,
        account,
        market,
        result,
    })
}

/// Dollars that the flow caps leave of each leg the position holds.
fn room(market: &Loaded, account: &Account, now: Seconds) -> Result<Vec<(u8, Value)>> {
    let mut room = Vec::new();
    for (leg, _) in &account.position.collateral {
        let asset = market.asset(*leg)?;
        let (rate, size) = asset.flow(now)?;
        if rate > 0 {
            room.push((*leg, Value::new(asset.bucket.level(rate, size, now))));
        }
    }
    Ok(room)
}

/// What a message has liquidated so far.
struct Done<'a> {
    own: &'a Env,
    liquidator: &'a Addr,
    now: Seconds,
    debt: String,
    paid: Amount,
    burned: Amount,
    seized: Coins,
    events: Vec<Event>,
}

impl<'a> Done<'a> {
    fn new(env: &'a Env, info: &'a MessageInfo, debt: String) -> Self {
        Self {
            own: env,
            liquidator: &info.sender,
            now: now(env),
            debt,
            paid: Amount::ZERO,
            burned: Amount::ZERO,
            seized: Coins::default(),
            events: Vec::new(),
        }
    }

    fn same_debt(&self, outcome: &Outcome) -> Result<()> {
        let owed = &outcome.market.basket.debt;
        if *owed == self.debt {
            return Ok(());
        }
        Err(ContractError::WrongDenom {
            denom: self.debt.clone(),
            expected: owed.clone(),
        }
        .into())
    }

    /// Writes one liquidation.
    fn commit(&mut self, storage: &mut dyn Storage, outcome: Outcome) -> Result<()> {
        let Outcome {
            id,
            account,
            market,
            result,
        } = outcome;
        let seized = coins(&market.basket, &result.seized)?;
        self.events.extend(market.save(storage)?);
        self.events.push(event(
            id,
            &account,
            self.liquidator,
            &result,
            seized.clone(),
        ));
        TOTALS.save(storage, account.basket, &result.totals)?;
        // Records are written as they were loaded when this was judged: nothing has been written to them since.
        for (leg, amount) in &result.seized {
            let value = result.seized_value.iter().find(|(named, _)| named == leg);
            let value = value.map_or(Value::ZERO, |(_, value)| *value);
            let mut asset = market.asset(*leg)?.clone();
            let (rate, size) = asset.flow(self.now)?;
            asset.hold(asset.held.minus(*amount)?, self.now);
            asset.kept = asset.kept.minus(*amount)?;
            asset.bucket = asset.bucket.drain(rate, size, self.now, value.raw());
            let denom = market.denom(usize::from(*leg)).unwrap_or_default();
            ASSETS.save(storage, denom, &asset)?;
        }
        let from_backstop = result.loss.backstop;
        let burned = result.payment.plus(from_backstop)?;
        let mut debt = market.asset(market.market().debt_leg())?.clone();
        debt.hold(debt.held.minus(burned)?, self.now);
        debt.kept = debt.kept.minus(from_backstop)?;
        ASSETS.save(storage, &market.basket.debt, &debt)?;
        self.paid = self.paid.plus(result.payment)?;
        self.burned = self.burned.plus(burned)?;
        for coin in seized {
            self.seized.add(coin)?;
        }
        let account = Account {
            position: result.position,
            ..account
        };
        state::store(storage, id, &account)
    }

    fn respond(
        self,
        deps: DepsMut,
        config: &Config,
        brought: Amount,
        terms: Terms,
    ) -> Result<Response> {
        enough(&self.seized, &terms.min_received)?;
        let payee = payee(deps.api, self.own, self.liquidator, terms.recipient)?;
        let own = self.own.contract.address.as_str();
        let mut messages = Vec::new();
        if !self.burned.is_zero() {
            messages.push(burn(&config.token, own, &self.debt, self.burned));
        }
        messages.extend(send(&payee, self.seized.into_vec()));
        let back = brought.minus(self.paid)?;
        Ok(Response::new()
            .add_events(self.events)
            .add_submessages(messages.into_iter().map(SubMsg::new))
            .add_submessages(refund(self.liquidator, &self.debt, back)?))
    }
}

fn event(
    id: u64,
    account: &Account,
    liquidator: &Addr,
    result: &Liquidation,
    seized: Coins,
) -> Event {
    Liquidated {
        position: id,
        basket: account.basket,
        owner: account.owner.to_string(),
        liquidator: liquidator.to_string(),
        repaid: result.repaid.raw().into(),
        fee: result.fee.raw().into(),
        bonus: decimal(result.bonus.raw()),
        seized,
        debt: result.debt.raw().into(),
        bad_debt: result.loss.bad_debt.raw().into(),
        deficit: result.loss.deficit.raw().into(),
    }
    .into()
}

/// Errors when less of a denom is received than demanded.
fn enough(seized: &Coins, demanded: &[Coin]) -> Result<()> {
    let mut least = Coins::default();
    for coin in demanded {
        least.add(coin.clone())?;
    }
    for minimum in least {
        let received = seized.amount_of(&minimum.denom);
        if received < minimum.amount {
            return Err(ContractError::BelowMinimum {
                denom: minimum.denom,
                received,
                minimum: minimum.amount,
            }
            .into());
        }
    }
    Ok(())
}
