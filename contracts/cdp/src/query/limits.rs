//! How far an owner may go.

use cosmwasm_std::Deps;
use wicker_engine::limits::require_book;
use wicker_engine::search;
use wicker_math::{mul_div_floor, Amount, Seconds, ONE};
use wicker_msgs::cdp::{AmountResponse, LiquidationPriceResponse};

use super::{units, view};
use crate::convert::decimal;
use crate::error::Result;
use crate::market::leg_of;

/// A price at 1e-24 dollars has this many parts of 1e-18.
const PRICE_PARTS: u128 = 1_000_000;

pub fn max_borrow(deps: Deps<'_>, id: u64, now: Seconds) -> Result<AmountResponse> {
    let view = view(deps, id, true, now)?;
    if view.loaded.not_paused().is_err() {
        return Ok(amount(Amount::ZERO));
    }
    let market = view.loaded.market();
    let most = search::max_borrow(
        &market,
        &view.totals,
        &view.account.position,
        |after| -> Result<bool> {
            let within = view.loaded.within_ceilings(after).is_ok();
            Ok(within && require_book(&market, &after.totals, &after.position).is_ok())
        },
    )?;
    Ok(amount(most))
}

pub fn max_withdraw(deps: Deps<'_>, id: u64, denom: &str, now: Seconds) -> Result<AmountResponse> {
    let view = view(deps, id, false, now)?;
    let leg = leg_of(&view.loaded.basket, denom)?;
    let paused = view.loaded.not_paused().is_err();
    let market = view.loaded.market();
    let position = &view.account.position;
    let most = search::max_withdraw(
        &market,
        &view.totals,
        position,
        leg,
        |after| -> Result<bool> { Ok(!(after.needs_margin && paused)) },
    )?;
    Ok(amount(most))
}

pub fn liquidation_price(
    deps: Deps<'_>,
    id: u64,
    denom: Option<String>,
    now: Seconds,
) -> Result<LiquidationPriceResponse> {
    let view = view(deps, id, true, now)?;
    let market = view.loaded.open();
    let basket = &view.loaded.basket;
    let leg = match &denom {
        Some(denom) if *denom == basket.debt => Some(market.debt_leg()),
        Some(denom) => Some(leg_of(basket, denom)?),
        None => None,
    };
    let position = &view.account.position;
    let factor = search::liquidation_price(&market, &view.totals, position, leg)?;
    let quote = leg.and_then(|leg| market.quotes.get(usize::from(leg)));
    let price = quote.and_then(|quote| quote.point).map(|point| point.price);
    let moved = match (factor, price) {
        (Some(factor), Some(price)) => Some(mul_div_floor(price.raw(), factor.raw(), ONE)?),
        _ => None,
    };
    Ok(LiquidationPriceResponse {
        factor: factor.map(|factor| decimal(factor.raw())),
        price: moved.map(|price| decimal(price / PRICE_PARTS)),
    })
}

fn amount(amount: Amount) -> AmountResponse {
    AmountResponse {
        amount: units(amount),
    }
}
