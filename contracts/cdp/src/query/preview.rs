//! What a message would do.

use cosmwasm_std::{Coin, Deps, Uint128};
use wicker_math::{Amount, Seconds};
use wicker_msgs::cdp::{PreviewAdjustResponse, PreviewLiquidateResponse, Withdrawal};

use super::health::judged;
use super::{coins, units};
use crate::convert::decimal;
use crate::error::Result;
use crate::execute::liquidate::judge;
use crate::market::{Loaded, Scope};
use crate::plan::{plan, Request};
use crate::state::CONFIG;

/// An adjustment by the position's owner; errors as the message would, and where health cannot be told.
pub fn adjust(
    deps: Deps<'_>,
    (position, basket): (Option<u64>, Option<u32>),
    (funds, withdraw, borrow): (&[Coin], &[Withdrawal], Option<Uint128>),
    now: Seconds,
) -> Result<PreviewAdjustResponse> {
    let config = CONFIG.load(deps.storage)?;
    let request = Request {
        position,
        basket,
        funds,
        withdraw,
        borrow,
        ..Request::default()
    };
    let planned = plan(deps, &config, None, &request, now)?;
    let (after, id) = (&planned.adjusted, planned.account.basket);
    let basket = (id, planned.basket.clone());
    let scope = Scope::Held(&after.position);
    let mut loaded = Loaded::load(deps, &config.oracle, basket, scope, now)?;
    loaded.bring(&planned.adjustment.deposit)?;
    Ok(PreviewAdjustResponse {
        health: judged(&loaded, &after.position, after.debt)?,
        debt: units(after.debt),
        collateral: coins(&planned.basket, &after.position.collateral),
        fee: units(after.fee),
        refund: units(after.refund),
    })
}

/// A liquidation; errors as the message would.
pub fn liquidate(
    deps: Deps<'_>,
    position: u64,
    max_repay: Option<Uint128>,
    now: Seconds,
) -> Result<PreviewLiquidateResponse> {
    let config = CONFIG.load(deps.storage)?;
    let offered = max_repay.map_or(Amount::MAX, |most| Amount::new(most.u128()));
    let outcome = judge(deps, &config, position, offered, now)?;
    let result = &outcome.result;
    Ok(PreviewLiquidateResponse {
        payment: units(result.payment),
        repaid: units(result.repaid),
        seized: coins(&outcome.market.basket, &result.seized),
        bonus: decimal(result.bonus.raw()),
        bad_debt: units(result.loss.bad_debt),
        full: result.debt.is_zero(),
    })
}
