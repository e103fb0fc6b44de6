//! Changing parameters: each within its bounds and step, all of them judged together.

use cosmwasm_std::{Decimal256, DepsMut, Response, Storage, Uint128, Uint256};
use wicker_engine::basket::Basket;
use wicker_engine::params::{
    check_asset, check_basket, find, find_asset, AssetTerms, Effect, Parameter, Protocol, Unit,
    BASKET, MEMBER, PROTOCOL as PROTOCOL_TABLE,
};
use wicker_engine::ramp::{MarginSide, Ramp};
use wicker_math::{Seconds, ONE};
use wicker_msgs::cdp::{ParameterChange, Target, MAX_LIST};

use crate::convert::decimal;
use crate::error::{ContractError, Result};
use crate::execute::{bounded, brought_up_to_date, with_asset};
use crate::market::leg_of;
use crate::state::{self, Config, BASKETS, PROTOCOL, RAMPS, TOTALS};

/// What a set of changes comes to, not written yet.
#[derive(Debug, Default)]
pub struct Judged {
    /// True when one of the changes loosens: all of them wait.
    pub loosens: bool,
    protocol: Option<Protocol>,
    assets: Vec<(String, AssetTerms)>,
    baskets: Vec<(u32, Basket)>,
}

/// Judges changes against what is in force; errors when one of them, or all together, may not be.
pub fn judge(storage: &dyn Storage, changes: &[ParameterChange]) -> Result<Judged> {
    bounded(changes.len(), MAX_LIST)?;
    let mut judged = Judged::default();
    for (at, change) in changes.iter().enumerate() {
        let same = |other: &ParameterChange| {
            (&other.target, &other.name) == (&change.target, &change.name)
        };
        if changes.iter().take(at).any(same) {
            return Err(ContractError::Duplicate(change.name.clone()).into());
        }
        let effect = judged.one(storage, change)?;
        judged.loosens |= effect == Effect::Loosens;
    }
    let (assets, baskets) = (&judged.assets, &judged.baskets);
    assets
        .iter()
        .try_for_each(|(_, terms)| check_asset(terms))?;
    baskets
        .iter()
        .try_for_each(|(_, basket)| check_basket(basket))?;
    Ok(judged)
}

/// Writes changes. Interest up to now is the old fee's, and open positions meet a tighter margin gradually.
pub fn change(
    deps: DepsMut,
    config: &Config,
    changes: &[ParameterChange],
    now: Seconds,
) -> Result<Response> {
    let mut response = Response::new();
    // Baskets are measured first: what is found out of its class is part of the settings that are judged and written back.
    for id in baskets_of(changes) {
        let (_, totals, measured) = brought_up_to_date(deps.as_ref(), config, id, now)?;
        if let Some(market) = measured {
            response = response.add_events(market.save(deps.storage)?);
        }
        TOTALS.save(deps.storage, id, &totals)?;
    }
    let judged = judge(deps.storage, changes)?;
    let before = PROTOCOL.load(deps.storage)?;
    let span = before.ramp;
    if let Some(protocol) = judged.protocol {
        PROTOCOL.save(deps.storage, &before.ramped(protocol, now)?)?;
    }
    for (denom, terms) in &judged.assets {
        with_asset(deps.storage, denom, |asset| {
            asset.set_terms(terms, span, now)
        })?;
    }
    for (id, next) in &judged.baskets {
        let basket = state::basket(deps.storage, *id)?;
        ramp(deps.storage, (*id, &basket, next), span, now)?;
        BASKETS.save(deps.storage, *id, next)?;
    }
    Ok(response)
}

/// The baskets that changes are about.
fn baskets_of(changes: &[ParameterChange]) -> Vec<u32> {
    let mut baskets = Vec::new();
    for change in changes {
        match change.target {
            Target::Basket { basket } | Target::Member { basket, .. } => {
                if !baskets.contains(&basket) {
                    baskets.push(basket);
                }
            }
            Target::Protocol {} | Target::Asset { .. } => {}
        }
    }
    baskets
}

/// Starts a ramp from what is in force for open positions, where their margin changes.
fn ramp(
    storage: &mut dyn Storage,
    (id, old, new): (u32, &Basket, &Basket),
    span: Seconds,
    now: Seconds,
) -> Result<()> {
    let target = MarginSide::of(old)?;
    if target == MarginSide::of(new)? {
        return Ok(());
    }
    let from = match RAMPS.may_load(storage, id)? {
        Some(ramp) => ramp.in_force(&target, now)?,
        None => target,
    };
    let start = now;
    RAMPS.save(storage, id, &Ramp { from, start, span })
}

impl Judged {
    fn one(&mut self, storage: &dyn Storage, change: &ParameterChange) -> Result<Effect> {
        let name = change.name.as_str();
        match &change.target {
            Target::Protocol {} => {
                let mut subject = match self.protocol {
                    Some(protocol) => protocol,
                    None => PROTOCOL.load(storage)?,
                };
                let effect = set(find(PROTOCOL_TABLE, name), &mut subject, change);
                self.protocol = Some(subject);
                effect
            }
            Target::Asset { denom } => {
                let subject = self.asset(storage, denom)?;
                set(find_asset(subject, name), subject, change)
            }
            Target::Basket { basket } => {
                set(find(BASKET, name), self.basket(storage, *basket)?, change)
            }
            Target::Member { basket, denom } => {
                let basket = self.basket(storage, *basket)?;
                let leg = leg_of(basket, denom)?;
                let unknown = ContractError::UnknownDenom(denom.clone());
                let member = basket.members.get_mut(usize::from(leg)).ok_or(unknown)?;
                set(find(MEMBER, name), member, change)
            }
        }
    }

    fn asset(&mut self, storage: &dyn Storage, denom: &str) -> Result<&mut AssetTerms> {
        entry(&mut self.assets, denom.into(), || terms(storage, denom))
    }

    fn basket(&mut self, storage: &dyn Storage, id: u32) -> Result<&mut Basket> {
        entry(&mut self.baskets, id, || state::basket(storage, id))
    }
}

/// What a list has under a key; loaded when it is not there yet.
fn entry<K: PartialEq, T>(
    list: &mut Vec<(K, T)>,
    key: K,
    load: impl FnOnce() -> Result<T>,
) -> Result<&mut T> {
    let found = list.iter().position(|(there, _)| *there == key);
    let item = match found {
        Some(at) => list.swap_remove(at),
        None => (key, load()?),
    };
    Ok(&mut list.push_mut(item).1)
}

fn terms(storage: &dyn Storage, denom: &str) -> Result<AssetTerms> {
    let asset = state::asset(storage, denom)?;
    Ok(AssetTerms {
        flow_cap: asset.flow_cap,
        flow_burst: asset.flow_burst,
        ceiling: asset.ceiling,
    })
}

fn set<T>(
    parameter: Option<&Parameter<T>>,
    subject: &mut T,
    change: &ParameterChange,
) -> Result<Effect> {
    let unknown = || ContractError::UnknownParameter(change.name.clone());
    let parameter = parameter.ok_or_else(unknown)?;
    let value = wanted(parameter.unit, (parameter.get)(subject), change)?;
    let effect = parameter.judge(subject, value)?;
    (parameter.set)(subject, value);
    Ok(effect)
}

/// The value that a change asks for, if the one in force is what it expects.
fn wanted(unit: Unit, found: u128, change: &ParameterChange) -> Result<u128> {
    if let Some(expected) = change.expected {
        if number(unit, expected)? != found {
            return Err(ContractError::Expected {
                name: change.name.clone(),
                found: shown(unit, found).to_string(),
                expected: expected.to_string(),
            }
            .into());
        }
    }
    number(unit, change.value)
}

/// A decimal of the message as the parameter's whole number; seconds and base units have no fraction.
fn number(unit: Unit, value: Decimal256) -> Result<u128> {
    match unit {
        Unit::Ratio | Unit::Dollars => crate::convert::raw(value),
        Unit::Seconds | Unit::Units => {
            let one = Uint256::from(ONE);
            let whole = value.atomics() / one;
            if whole * one != value.atomics() {
                return Err(ContractError::Fraction(value.to_string()).into());
            }
            Uint128::try_from(whole)
                .map(|whole| whole.u128())
                .map_err(|_| ContractError::TooLarge(value.to_string()).into())
        }
    }
}

/// A parameter's whole number as the decimal of an answer.
pub fn shown(unit: Unit, value: u128) -> Decimal256 {
    match unit {
        Unit::Ratio | Unit::Dollars => decimal(value),
        Unit::Seconds | Unit::Units => Decimal256::new(Uint256::from(value) * Uint256::from(ONE)),
    }
}
