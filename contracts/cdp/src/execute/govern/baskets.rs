//! Opening a basket, adding a collateral to it, and winding one down.

use cosmwasm_std::{Deps, DepsMut, Response, Storage};
use wicker_engine::basket::{Basket, Totals};
use wicker_engine::covariance::{CorrelationState, LegPrior, RiskState};
use wicker_engine::params::check_basket;
use wicker_math::{Decimals, Seconds};
use wicker_msgs::cdp::{BasketSettings, MemberSettings};

use super::assets::live_price;
use super::denoms::debt_token;
use crate::convert;
use crate::error::{ContractError, Result};
use crate::execute::brought_up_to_date;
use crate::market::{leg_of, priors};
use crate::state::{self, Config, BASKETS, BASKET_COUNT, CORRELATION, RAMPS, RISK, TOTALS};

/// Opens a basket under the next id.
pub fn create(
    deps: DepsMut,
    config: &Config,
    settings: BasketSettings,
    now: Seconds,
) -> Result<Response> {
    let debt = state::asset(deps.storage, &settings.debt)?;
    debt_token(&debt, &settings.debt)?;
    let basket = convert::basket(&settings, |denom| decimals(deps.storage, denom))?;
    check_basket(&basket)?;
    for member in &basket.members {
        collateral(deps.as_ref(), config, &member.denom, now)?;
    }
    live_price(deps.as_ref(), config, &basket.debt, now)?;
    let id = BASKET_COUNT.may_load(deps.storage)?.unwrap_or(0) + 1;
    let priors = priors(&basket);
    let totals = Totals::new(basket.members.len(), basket.terms.mint_cap, now);
    BASKET_COUNT.save(deps.storage, &id)?;
    BASKETS.save(deps.storage, id, &basket)?;
    TOTALS.save(deps.storage, id, &totals)?;
    RISK.save(deps.storage, id, &RiskState::new(&priors, now))?;
    CORRELATION.save(deps.storage, id, &CorrelationState::new(&priors, now))?;
    Ok(Response::new().add_attribute("basket", id.to_string()))
}

fn decimals(storage: &dyn Storage, denom: &str) -> Result<Decimals> {
    Ok(state::asset(storage, denom)?.decimals)
}

/// Errors unless the denom is a listed collateral with a live price.
fn collateral(deps: Deps<'_>, config: &Config, denom: &str, now: Seconds) -> Result<()> {
    if state::asset(deps.storage, denom)?.ceiling.is_some() {
        return Err(ContractError::WrongRole {
            denom: denom.into(),
            role: "a collateral",
        }
        .into());
    }
    live_price(deps, config, denom, now).map(|_| ())
}

/// A basket's settings with one collateral more, behind the others; errors when they would not be valid.
pub fn with_member(
    deps: Deps<'_>,
    config: &Config,
    basket: u32,
    settings: &MemberSettings,
    now: Seconds,
) -> Result<Basket> {
    let mut next = state::basket(deps.storage, basket)?;
    collateral(deps, config, &settings.denom, now)?;
    let decimals = decimals(deps.storage, &settings.denom)?;
    next.members.push(convert::member(settings, decimals)?);
    check_basket(&next)?;
    Ok(next)
}

/// Adds a collateral: every record that counts legs gets one more, where the debt stood.
pub fn add_member(
    deps: DepsMut,
    config: &Config,
    id: u32,
    settings: &MemberSettings,
    now: Seconds,
) -> Result<Response> {
    let (basket, totals, measured) = brought_up_to_date(deps.as_ref(), config, id, now)?;
    let measured = measured
        .map(|market| market.save(deps.storage))
        .transpose()?;
    // What the measurement found out of its class is written: only now are the settings read that are written back.
    let next = with_member(deps.as_ref(), config, id, settings, now)?;
    let at = basket.members.len();
    let others = priors(&basket);
    let risk = next
        .members
        .get(at)
        .map_or(&next.debt_risk, |member| &member.risk);
    let prior = LegPrior::from(risk);
    let missing = ContractError::UnknownBasket(id);
    let state = RISK.may_load(deps.storage, id)?.ok_or(missing)?;
    RISK.save(deps.storage, id, &state.insert_leg(at, &prior, &others))?;
    let missing = ContractError::UnknownBasket(id);
    let state = CORRELATION.may_load(deps.storage, id)?.ok_or(missing)?;
    CORRELATION.save(deps.storage, id, &state.insert_leg(at, &prior, &others))?;
    if let Some(ramp) = RAMPS.may_load(deps.storage, id)? {
        RAMPS.save(deps.storage, id, &ramp.insert_leg(at, risk))?;
    }
    TOTALS.save(deps.storage, id, &totals.insert_leg(at))?;
    BASKETS.save(deps.storage, id, &next)?;
    Ok(Response::new().add_events(measured.unwrap_or_default()))
}

/// A basket's settings with a collateral stopped or reopened.
pub fn wound_down(storage: &dyn Storage, basket: u32, denom: &str, stop: bool) -> Result<Basket> {
    let mut next = state::basket(storage, basket)?;
    let leg = leg_of(&next, denom)?;
    if let Some(member) = next.members.get_mut(usize::from(leg)) {
        member.wind_down = stop;
    }
    Ok(next)
}

/// Stops or reopens a collateral.
pub fn wind_down(deps: DepsMut, basket: u32, denom: &str, stop: bool) -> Result<Response> {
    let next = wound_down(deps.storage, basket, denom, stop)?;
    BASKETS.save(deps.storage, basket, &next)?;
    Ok(Response::new())
}
