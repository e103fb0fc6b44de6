//! The door between words and rules: bare numbers of the messages become the engine's typed ones, and back.

use cosmwasm_std::{Coin, Decimal256, Uint128, Uint256};
use wicker_engine::basket::{
    Basket, DebtTerms, Levels, LiquidationTerms, LossSource, Member, Risk,
};
use wicker_engine::params::Protocol;
use wicker_math::{Amount, Decimals, Ratio, Seconds, Value, HOUR};
use wicker_msgs::cdp;

use crate::error::ContractError;

/// A decimal's whole number at 1e-18; errors beyond 128 bits.
pub fn raw(decimal: Decimal256) -> Result<u128, ContractError> {
    Uint128::try_from(decimal.atomics())
        .map(|atomics| atomics.u128())
        .map_err(|_| ContractError::TooLarge(decimal.to_string()))
}

/// A pure number.
pub fn ratio(decimal: Decimal256) -> Result<Ratio, ContractError> {
    raw(decimal).map(Ratio::new)
}

/// Dollars.
pub fn dollars(decimal: Decimal256) -> Result<Value, ContractError> {
    raw(decimal).map(Value::new)
}

/// A whole number at 1e-18 as a decimal.
pub fn decimal(raw: u128) -> Decimal256 {
    Decimal256::new(Uint256::from(raw))
}

/// A coin's amount; errors beyond 128 bits.
pub fn amount(coin: &Coin) -> Result<Amount, ContractError> {
    Uint128::try_from(coin.amount)
        .map(|amount| Amount::new(amount.u128()))
        .map_err(|_| ContractError::TooLarge(coin.to_string()))
}

/// The protocol's settings from a message.
pub fn protocol(settings: &cdp::ProtocolSettings) -> Result<Protocol, ContractError> {
    Ok(Protocol {
        max_age: Seconds::new(settings.max_age),
        max_age_liquidation: Seconds::new(settings.max_age_liquidation),
        max_confidence: ratio(settings.max_confidence)?,
        price_delay: Seconds::new(settings.price_delay),
        exposure_share: ratio(settings.exposure_share)?,
        delay: Seconds::new(settings.delay),
        ramp: Seconds::new(settings.ramp),
    })
}

/// The protocol's settings for an answer.
pub fn protocol_settings(protocol: &Protocol) -> cdp::ProtocolSettings {
    cdp::ProtocolSettings {
        max_age: protocol.max_age.get(),
        max_age_liquidation: protocol.max_age_liquidation.get(),
        max_confidence: decimal(protocol.max_confidence.raw()),
        price_delay: protocol.price_delay.get(),
        exposure_share: decimal(protocol.exposure_share.raw()),
        delay: protocol.delay.get(),
        ramp: protocol.ramp.get(),
    }
}

/// A basket from a message; `decimals` tells a listed denom's decimal places.
pub fn basket(
    settings: &cdp::BasketSettings,
    decimals: impl Fn(&str) -> Result<Decimals, ContractError>,
) -> Result<Basket, ContractError> {
    let members = settings.members.iter();
    Ok(Basket {
        name: settings.name.clone(),
        debt: settings.debt.clone(),
        decimals: decimals(&settings.debt)?,
        levels: Levels {
            initial: ratio(settings.initial)?,
            call: ratio(settings.call)?,
            target: ratio(settings.target)?,
            emergency: ratio(settings.emergency)?,
        },
        liquidation: LiquidationTerms {
            bonus_min: ratio(settings.bonus_min)?,
            bonus_max: ratio(settings.bonus_max)?,
            fee: ratio(settings.liquidation_fee)?,
        },
        terms: DebtTerms {
            stability_fee: ratio(settings.stability_fee)?,
            borrow_fee: ratio(settings.borrow_fee)?,
            min_debt: Amount::new(settings.min_debt.u128()),
            ceiling: Amount::new(settings.debt_ceiling.u128()),
            mint_cap: Amount::new(settings.mint_cap.u128()),
        },
        multiplier: ratio(settings.multiplier)?,
        stress: ratio(settings.stress)?,
        concentration_max: ratio(settings.concentration_max)?,
        risk_floor: dollars(settings.risk_floor)?,
        loss_order: settings.loss_order.iter().map(loss_source).collect(),
        debt_risk: risk(&settings.debt_risk)?,
        members: members
            .map(|settings| member(settings, decimals(&settings.denom)?))
            .collect::<Result<_, _>>()?,
    })
}

/// A collateral from a message.
pub fn member(settings: &cdp::MemberSettings, decimals: Decimals) -> Result<Member, ContractError> {
    Ok(Member {
        denom: settings.denom.clone(),
        decimals,
        supply_cap: Amount::new(settings.supply_cap.u128()),
        value_cap: dollars(settings.value_cap)?,
        risk_cap: ratio(settings.risk_cap)?,
        risk: risk(&settings.risk)?,
        wind_down: false,
        demoted: false,
    })
}

fn loss_source(source: &cdp::LossSource) -> LossSource {
    match source {
        cdp::LossSource::Reserve => LossSource::Reserve,
        cdp::LossSource::Backstop => LossSource::Backstop,
    }
}

fn risk(settings: &cdp::RiskSettings) -> Result<Risk, ContractError> {
    let weight = settings.weight_hours.checked_mul(HOUR.get());
    Ok(Risk {
        floor: ratio(settings.floor)?,
        stressed: ratio(settings.stressed)?,
        jump: ratio(settings.jump)?,
        correlation: ratio(settings.correlation)?,
        weight: Seconds::new(
            weight.ok_or_else(|| ContractError::TooLarge(settings.weight_hours.to_string()))?,
        ),
    })
}

/// The risk settings for an answer.
pub fn risk_settings(risk: &Risk) -> cdp::RiskSettings {
    cdp::RiskSettings {
        floor: decimal(risk.floor.raw()),
        stressed: decimal(risk.stressed.raw()),
        jump: decimal(risk.jump.raw()),
        correlation: decimal(risk.correlation.raw()),
        weight_hours: risk.weight.get() / HOUR.get(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_settings_read_back_what_was_set() {
        let protocol_in = Protocol::default();
        let settings = protocol_settings(&protocol_in);
        assert_eq!(protocol(&settings).unwrap(), protocol_in);
    }

    #[test]
    fn numbers_beyond_128_bits_are_refused_with_the_number() {
        assert!(matches!(
            ratio(Decimal256::MAX),
            Err(ContractError::TooLarge(_))
        ));
        let coin = Coin::new(Uint256::MAX, "btc");
        assert!(matches!(amount(&coin), Err(ContractError::TooLarge(_))));
    }
}
