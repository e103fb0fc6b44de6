//! What the contract answers, as things stand at the block's time: interest is accrued and risk is measured up to now, so that an answer
//! is what a message in the same block would find.

mod assets;
mod baskets;
mod config;
mod governance;
mod health;
mod limits;
mod positions;
mod preview;
mod totals;

use cosmwasm_std::{to_json_binary, Binary, Coin, Deps, Env, Int256, SignedDecimal256, Uint128};
use wicker_engine::accrual::accrue;
use wicker_engine::basket::{Basket, Totals};
use wicker_math::{Amount, Seconds};
use wicker_msgs::cdp::{QueryMsg, DEFAULT_PAGE, MAX_PAGE};

use crate::error::Result;
use crate::execute::now;
use crate::market::{denom, Loaded, Scope};
use crate::state::{self, Account, CONFIG};
use crate::token::bank_coin;

/// Answers one question.
pub fn query(deps: Deps<'_>, env: &Env, msg: QueryMsg) -> Result<Binary> {
    let now = now(env);
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config::config(deps)?),
        QueryMsg::Ownership {} => to_json_binary(&config::ownership(deps)?),
        QueryMsg::Asset { denom } => to_json_binary(&assets::asset(deps, &denom, now)?),
        QueryMsg::Assets { start_after, limit } => {
            to_json_binary(&assets::assets(deps, start_after, page(limit), now)?)
        }
        QueryMsg::Basket { basket } => to_json_binary(&baskets::basket(deps, basket, now)?),
        QueryMsg::Baskets { start_after, limit } => {
            to_json_binary(&baskets::baskets(deps, start_after, page(limit), now)?)
        }
        QueryMsg::Position { position } => {
            to_json_binary(&positions::position(deps, position, now)?)
        }
        QueryMsg::Positions {
            owner,
            basket,
            start_after,
            limit,
        } => to_json_binary(&positions::positions(
            deps,
            (owner, basket),
            (start_after, page(limit)),
            now,
        )?),
        QueryMsg::Health { position } => to_json_binary(&health::health(deps, position, now)?),
        QueryMsg::Explain { position } => to_json_binary(&health::explain(deps, position, now)?),
        QueryMsg::Liquidatable {
            basket,
            start_after,
            limit,
        } => to_json_binary(&health::liquidatable(
            deps,
            basket,
            (start_after, page(limit)),
            now,
        )?),
        QueryMsg::PreviewAdjust {
            position,
            basket,
            funds,
            withdraw,
            borrow,
        } => to_json_binary(&preview::adjust(
            deps,
            (position, basket),
            (&funds, &withdraw, borrow),
            now,
        )?),
        QueryMsg::PreviewLiquidate {
            position,
            max_repay,
        } => to_json_binary(&preview::liquidate(deps, position, max_repay, now)?),
        QueryMsg::MaxBorrow { position } => {
            to_json_binary(&limits::max_borrow(deps, position, now)?)
        }
        QueryMsg::MaxWithdraw { position, denom } => {
            to_json_binary(&limits::max_withdraw(deps, position, &denom, now)?)
        }
        QueryMsg::LiquidationPrice { position, denom } => {
            to_json_binary(&limits::liquidation_price(deps, position, denom, now)?)
        }
        QueryMsg::Pending { start_after, limit } => {
            to_json_binary(&governance::pending(deps, start_after, page(limit))?)
        }
        QueryMsg::Parameters {} => to_json_binary(&governance::parameters()),
        QueryMsg::Totals { denom } => to_json_binary(&totals::totals(deps, denom, now)?),
        QueryMsg::Deficits { start_after, limit } => {
            to_json_binary(&totals::deficits(deps, start_after, page(limit), now)?)
        }
        QueryMsg::Claims { owner } => to_json_binary(&totals::claims(deps, &owner)?),
    };
    Ok(answer?)
}

/// Entries of a page: at least one, never more than [`MAX_PAGE`].
fn page(limit: Option<u32>) -> usize {
    limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE) as usize
}

/// A position and everything needed to judge it now.
struct View {
    account: Account,
    totals: Totals,
    debt: Amount,
    loaded: Loaded,
}

/// Loads a position; all legs of its basket, or those that it holds.
fn view(deps: Deps<'_>, id: u64, whole: bool, now: Seconds) -> Result<View> {
    let config = CONFIG.load(deps.storage)?;
    let account = state::account(deps.storage, id)?;
    let (basket, totals) = accrued(deps, account.basket, now)?;
    let debt = totals.index.debt_ceil(account.position.shares)?;
    let scope = match whole {
        true => Scope::All,
        false => Scope::Held(&account.position),
    };
    let loaded = Loaded::load(deps, &config.oracle, (account.basket, basket), scope, now)?;
    Ok(View {
        account,
        totals,
        debt,
        loaded,
    })
}

/// A basket with interest up to now.
fn accrued(deps: Deps<'_>, id: u32, now: Seconds) -> Result<(Basket, Totals)> {
    let basket = state::basket(deps.storage, id)?;
    let totals = accrue(&state::totals(deps.storage, id)?, &basket, now)?;
    Ok((basket, totals))
}

/// Amounts of legs as coins, in the basket's order.
fn coins(basket: &Basket, amounts: &[(u8, Amount)]) -> Vec<Coin> {
    let coin = |(leg, amount): &(u8, Amount)| {
        let denom = denom(basket, usize::from(*leg)).unwrap_or_default();
        bank_coin(denom, *amount)
    };
    amounts.iter().map(coin).collect()
}

/// Base units.
fn units(amount: Amount) -> Uint128 {
    Uint128::new(amount.raw())
}

/// A signed whole number at 1e-18 as a decimal.
fn signed(raw: i128) -> SignedDecimal256 {
    SignedDecimal256::new(Int256::from(raw))
}
