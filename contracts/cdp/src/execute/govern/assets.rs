//! Listing collateral: once for all baskets, with a price that borrowing would accept and that governance expects.

use cosmwasm_std::{Deps, DepsMut, Env, QuerierWrapper, Response};
use wicker_engine::basket::Bucket;
use wicker_engine::params::{check_asset, AssetTerms, ParamError};
use wicker_engine::price::strict;
use wicker_math::{Amount, Decimals, Price, Ratio, Seconds, ONE};
use wicker_msgs::cdp::AssetSettings;

use super::super::now;
use crate::bank;
use crate::convert::{dollars, ratio};
use crate::error::{ContractError, Result};
use crate::market::readers;
use crate::prices::point;
use crate::state::{Asset, Config, Lasting, ASSETS, PROTOCOL};

/// The widest band around the expected price.
const WIDEST_BAND: Ratio = Ratio::percent(50);
/// The longest denom a chain accepts.
const MAX_DENOM: usize = 128;

/// Registers a collateral.
pub fn list(
    deps: DepsMut,
    env: &Env,
    config: &Config,
    settings: AssetSettings,
) -> Result<Response> {
    let denom = settings.denom.as_str();
    check_denom(denom)?;
    if ASSETS.may_load(deps.storage, denom)?.is_some() {
        return Err(ContractError::AlreadyListed(denom.into()).into());
    }
    let terms = AssetTerms {
        flow_cap: dollars(settings.flow_cap)?,
        flow_burst: dollars(settings.flow_burst)?,
        ceiling: None,
    };
    check_asset(&terms)?;
    let decimals = Decimals::new(settings.decimals)?;
    not_contradicted(&deps.querier, denom, decimals)?;
    expected(deps.as_ref(), config, &settings, now(env))?;
    let asset = Asset {
        decimals,
        flow_cap: terms.flow_cap,
        flow_burst: terms.flow_burst,
        bucket: Bucket::full(terms.flow_burst.raw(), now(env)),
        held: Amount::ZERO,
        lasting: Lasting::new(Amount::ZERO, now(env)),
        kept: Amount::ZERO,
        ceiling: None,
        cap_ramp: None,
    };
    ASSETS.save(deps.storage, denom, &asset)?;
    Ok(Response::new())
}

/// Errors unless a chain could have such a denom.
pub fn check_denom(denom: &str) -> Result<()> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"/:._-".contains(&byte);
    let starts = denom
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic());
    if starts && (3..=MAX_DENOM).contains(&denom.len()) && denom.bytes().all(legal) {
        return Ok(());
    }
    Err(ContractError::BadDenom(denom.into()).into())
}

/// The price that borrowing would accept; errors where there is none.
pub fn live_price(deps: Deps<'_>, config: &Config, denom: &str, now: Seconds) -> Result<Price> {
    let no_price = |why| ContractError::NoPrice {
        denom: denom.into(),
        why,
    };
    let found = point(&deps.querier, &config.oracle, denom).ok_or_else(|| no_price(None))?;
    let readers = readers(&PROTOCOL.load(deps.storage)?);
    strict(&found, &readers, now).map_err(|why| no_price(Some(why)))?;
    Ok(found.price)
}

fn expected(deps: Deps<'_>, config: &Config, settings: &AssetSettings, now: Seconds) -> Result<()> {
    let band = ratio(settings.reference_band)?;
    if band > WIDEST_BAND {
        return Err(ParamError::Bounds {
            name: "reference_band",
            value: band.raw(),
            min: 0,
            max: WIDEST_BAND.raw(),
        }
        .into());
    }
    let (amount, decimals) = (settings.reference_amount, Decimals::new(settings.decimals)?);
    let price = live_price(deps, config, &settings.denom, now)?;
    let worth = price.value_floor(Amount::new(amount.u128()), decimals)?;
    let reference = dollars(settings.reference_value)?;
    let width = reference.mul_div_floor(band.raw(), ONE)?;
    let (low, high) = (reference.saturating_sub(width), reference.plus(width)?);
    if (low..=high).contains(&worth) && !reference.is_zero() {
        return Ok(());
    }
    Err(ContractError::Worth {
        denom: settings.denom.clone(),
        amount: amount.u128(),
        decimals: settings.decimals,
        worth: worth.raw(),
        low: low.raw(),
        high: high.raw(),
    }
    .into())
}

/// Errors when the bank knows the token's decimals, and other ones than these.
pub fn not_contradicted(
    querier: &QuerierWrapper<'_>,
    denom: &str,
    decimals: Decimals,
) -> Result<()> {
    match bank::shown_decimals(querier, denom) {
        Some(known) if known != u32::from(decimals.get()) => Err(ContractError::Decimals {
            denom: denom.into(),
            declared: decimals.get(),
            known,
        }
        .into()),
        _ => Ok(()),
    }
}
