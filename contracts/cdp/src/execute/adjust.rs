//! What an owner does with a position: deposit, withdraw, borrow, repay, close, or any mix of them in one message.
//!
//! Each is a [`Request`]; [`crate::plan`] works it out, and here it is carried out.

use cosmwasm_std::{Addr, DepsMut, Env, Event, MessageInfo, Response, Storage, SubMsg, Uint128};
use wicker_engine::adjust::AdjustError;
use wicker_math::Seconds;
use wicker_msgs::cdp::Withdrawal;
use wicker_msgs::coins::Coins;
use wicker_msgs::events::Adjusted;

use super::{bounded, coins, no_coins, now, one_coin, payee};
use crate::error::{ContractError, Result};
use crate::payments::{refund, send};
use crate::plan::{plan, Plan, Request};
use crate::state::{self, Asset, Config, ASSETS, CONFIG, TOTALS};
use crate::token::{bank_coin, burn, mint};
use wicker_engine::basket::MAX_COLLATERALS;

/// Adds the one coin sent to a position, or opens one.
pub fn deposit(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    position: Option<u64>,
    basket: Option<u32>,
) -> Result<Response> {
    one_coin(info)?;
    let config = CONFIG.load(deps.storage)?;
    let request = Request {
        position,
        basket,
        funds: &info.funds,
        ..Request::default()
    };
    let planned = plan(
        deps.as_ref(),
        &config,
        Some(&info.sender),
        &request,
        now(env),
    )?;
    if !planned.adjustment.repay.is_zero() {
        return Err(ContractError::UnknownDenom(planned.basket.debt).into());
    }
    carry_out(deps, env, &config, planned, (&info.sender, &info.sender))
}

/// Takes collateral out.
pub fn withdraw(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    position: u64,
    asked: Withdrawal,
    recipient: Option<String>,
) -> Result<Response> {
    no_coins(info)?;
    let request = Request {
        position: Some(position),
        withdraw: &[asked],
        ..Request::default()
    };
    run(deps, env, &info.sender, &request, recipient)
}

/// Mints debt against a position.
pub fn borrow(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    position: u64,
    amount: Uint128,
    recipient: Option<String>,
) -> Result<Response> {
    no_coins(info)?;
    let request = Request {
        position: Some(position),
        borrow: Some(amount),
        ..Request::default()
    };
    run(deps, env, &info.sender, &request, recipient)
}

/// Pays debt back; the excess returns to the sender.
pub fn repay(deps: DepsMut, env: &Env, info: &MessageInfo, position: u64) -> Result<Response> {
    let request = Request {
        position: Some(position),
        funds: &info.funds,
        payment: Some(info),
        ..Request::default()
    };
    run(deps, env, &info.sender, &request, None)
}

/// Pays everything back and takes everything out.
pub fn close(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    position: u64,
    recipient: Option<String>,
) -> Result<Response> {
    let request = Request {
        position: Some(position),
        funds: &info.funds,
        close: true,
        payment: (!info.funds.is_empty()).then_some(info),
        ..Request::default()
    };
    run(deps, env, &info.sender, &request, recipient)
}

/// Any mix, judged once at the end.
pub fn adjust(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    (position, basket): (Option<u64>, Option<u32>),
    (withdraw, borrow): (Vec<Withdrawal>, Option<Uint128>),
    recipient: Option<String>,
) -> Result<Response> {
    if !withdraw.is_empty() {
        bounded(withdraw.len(), MAX_COLLATERALS)?;
    }
    let request = Request {
        position,
        basket,
        funds: &info.funds,
        withdraw: &withdraw,
        borrow,
        ..Request::default()
    };
    run(deps, env, &info.sender, &request, recipient)
}

fn run(
    deps: DepsMut,
    env: &Env,
    sender: &Addr,
    request: &Request<'_>,
    recipient: Option<String>,
) -> Result<Response> {
    let payee = payee(deps.api, env, sender, recipient)?;
    let config = CONFIG.load(deps.storage)?;
    let planned = plan(deps.as_ref(), &config, Some(sender), request, now(env))?;
    carry_out(deps, env, &config, planned, (sender, &payee))
}

fn carry_out(
    deps: DepsMut,
    env: &Env,
    config: &Config,
    planned: Plan,
    (sender, payee): (&Addr, &Addr),
) -> Result<Response> {
    let (id, measured) = save(deps.storage, &planned, now(env))?;
    let adjusted = &planned.adjusted;
    let withdrawn = coins(&planned.basket, &adjusted.withdrawn)?;
    let event = Adjusted {
        position: id,
        basket: planned.account.basket,
        owner: planned.account.owner.to_string(),
        sender: sender.to_string(),
        deposited: coins(&planned.basket, &planned.adjustment.deposit)?,
        repaid: adjusted.burned.raw().into(),
        withdrawn: withdrawn.clone(),
        borrowed: adjusted.minted.raw().into(),
        fee: adjusted.fee.raw().into(),
        debt: adjusted.debt.raw().into(),
    };
    Ok(Response::new()
        .add_events(measured)
        .add_event(event)
        .add_submessages(moved(env, config, &planned, withdrawn, payee)?)
        .add_submessages(refund(sender, &planned.basket.debt, adjusted.refund)?))
}

/// Writes the plan; the position's id, and what was measured.
fn save(storage: &mut dyn Storage, planned: &Plan, now: Seconds) -> Result<(u64, Vec<Event>)> {
    let (account, adjusted) = (&planned.account, &planned.adjusted);
    let id = match planned.id {
        Some(id) => {
            state::store(storage, id, account)?;
            id
        }
        None if account.position.is_empty() => return Err(AdjustError::Nothing.into()),
        None => state::open(storage, account)?,
    };
    TOTALS.save(storage, account.basket, &adjusted.totals)?;
    let mut assets = Assets::new(planned);
    for (leg, amount) in &planned.adjustment.deposit {
        let mut asset = assets.take(storage, *leg)?;
        asset.hold(asset.held.plus(*amount)?, now);
        asset.kept = asset.kept.plus(*amount)?;
        assets.put(*leg, asset);
    }
    for (leg, amount) in &adjusted.withdrawn {
        let mut asset = assets.take(storage, *leg)?;
        asset.hold(asset.held.minus(*amount)?, now);
        asset.kept = asset.kept.minus(*amount)?;
        assets.put(*leg, asset);
    }
    if !(adjusted.minted.is_zero() && adjusted.burned.is_zero()) {
        let leg = planned.basket.debt_leg();
        let mut asset = assets.take(storage, leg)?;
        let held = asset.held.plus(adjusted.minted)?;
        asset.hold(held.minus(adjusted.burned)?, now);
        assets.put(leg, asset);
    }
    assets.save(storage)?;
    let measured = planned.market.as_ref();
    let measured = measured.map(|market| market.save(storage)).transpose()?;
    Ok((id, measured.unwrap_or_default()))
}

/// The assets that an adjustment moves, each read once and written once.
struct Assets<'a> {
    planned: &'a Plan,
    moved: Vec<(u8, Asset)>,
}

impl<'a> Assets<'a> {
    const fn new(planned: &'a Plan) -> Self {
        Self {
            planned,
            moved: Vec::new(),
        }
    }

    /// A leg's asset as it stands by now, to be changed and put back.
    fn take(&mut self, storage: &dyn Storage, leg: u8) -> Result<Asset> {
        match self.moved.iter().position(|(moved, _)| *moved == leg) {
            Some(at) => Ok(self.moved.swap_remove(at).1),
            None => self.stored(storage, leg),
        }
    }

    fn put(&mut self, leg: u8, asset: Asset) {
        self.moved.push((leg, asset));
    }

    /// As the market has loaded it, if it did: nothing has been written to it since.
    fn stored(&self, storage: &dyn Storage, leg: u8) -> Result<Asset> {
        let market = self.planned.market.as_ref();
        match market.and_then(|market| market.asset(leg).ok()) {
            Some(asset) => Ok(asset.clone()),
            None => state::asset(storage, self.denom(leg)),
        }
    }

    fn save(self, storage: &mut dyn Storage) -> Result<()> {
        for (leg, asset) in &self.moved {
            ASSETS.save(storage, self.denom(*leg), asset)?;
        }
        Ok(())
    }

    fn denom(&self, leg: u8) -> &str {
        crate::market::denom(&self.planned.basket, usize::from(leg)).unwrap_or_default()
    }
}

/// What is burned, minted and sent, in this order.
fn moved(
    env: &Env,
    config: &Config,
    planned: &Plan,
    mut out: Coins,
    payee: &Addr,
) -> Result<Vec<SubMsg>> {
    let (own, debt) = (env.contract.address.as_str(), &planned.basket.debt);
    let (module, adjusted) = (&config.token, &planned.adjusted);
    let mut messages = Vec::new();
    if !adjusted.burned.is_zero() {
        messages.push(burn(module, own, debt, adjusted.burned));
    }
    if !adjusted.minted.is_zero() {
        let straight = module.direct_mint.then_some(payee.as_str());
        messages.push(mint(module, own, debt, adjusted.minted, straight));
        if straight.is_none() {
            out.add(bank_coin(debt, adjusted.minted))?;
        }
    }
    messages.extend(send(payee, out.into_vec()));
    Ok(messages.into_iter().map(SubMsg::new).collect())
}
