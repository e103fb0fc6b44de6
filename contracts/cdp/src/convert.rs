//! The door between words and rules: bare numbers of the messages become the engine's typed ones, and back.

use cosmwasm_std::{Coin, Decimal256, Int256, SignedDecimal256, Uint128, Uint256};
use wicker_engine::basket::{
    Bands, Basket, DebtTerms, Levels, LiquidationTerms, LossSource, Member, Risk,
};
use wicker_engine::params::Protocol;
use wicker_math::{Amount, Decimals, Ratio, Seconds, Value, HOUR, ONE};
use wicker_msgs::cdp;

use crate::error::{ContractError, Result};

/// A decimal's whole number at 1e-18; errors beyond 128 bits.
pub fn raw(decimal: Decimal256) -> Result<u128> {
    Uint128::try_from(decimal.atomics())
        .map(|atomics| atomics.u128())
        .map_err(|_| ContractError::TooLarge(decimal.to_string()).into())
}

/// A pure number.
pub fn ratio(decimal: Decimal256) -> Result<Ratio> {
    raw(decimal).map(Ratio::new)
}

/// Dollars.
pub fn dollars(decimal: Decimal256) -> Result<Value> {
    raw(decimal).map(Value::new)
}

/// A whole number at 1e-18 as a decimal.
pub fn decimal(raw: u128) -> Decimal256 {
    Decimal256::new(Uint256::from(raw))
}

/// A coin's amount; errors beyond 128 bits.
pub fn amount(coin: &Coin) -> Result<Amount> {
    Uint128::try_from(coin.amount)
        .map(|amount| Amount::new(amount.u128()))
        .map_err(|_| ContractError::TooLarge(coin.to_string()).into())
}

/// The protocol's settings from a message.
pub fn protocol(settings: &cdp::ProtocolSettings) -> Result<Protocol> {
    Ok(Protocol {
        max_age: Seconds::new(settings.max_age),
        max_age_liquidation: Seconds::new(settings.max_age_liquidation),
        max_confidence: ratio(settings.max_confidence)?,
        price_delay: Seconds::new(settings.price_delay),
        exposure_share: ratio(settings.exposure_share)?,
        delay: Seconds::new(settings.delay),
        ramp: Seconds::new(settings.ramp),
        exposure_ramp: None,
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
    decimals: impl Fn(&str) -> Result<Decimals>,
) -> Result<Basket> {
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
pub fn member(settings: &cdp::MemberSettings, decimals: Decimals) -> Result<Member> {
    Ok(Member {
        denom: settings.denom.clone(),
        decimals,
        supply_cap: Amount::new(settings.supply_cap.u128()),
        value_cap: dollars(settings.value_cap)?,
        risk_cap: ratio(settings.risk_cap)?,
        risk: risk(&settings.risk)?,
        bands: bands(&settings.bands)?,
        wind_down: false,
        demoted: false,
    })
}

fn bands(settings: &cdp::BandSettings) -> Result<Bands> {
    let (low, high) = settings.volatility;
    let correlation = settings.correlation;
    let outside = || ContractError::TooLarge(correlation.to_string());
    let atomics = correlation.atomics();
    let whole = cosmwasm_std::Int64::try_from(atomics)
        .ok()
        .map(|whole| whole.i64());
    let whole = whole.filter(|whole| u128::from(whole.unsigned_abs()) <= ONE);
    Ok(Bands {
        volatility: (ratio(low)?, ratio(high)?),
        liquidity: dollars(settings.liquidity)?,
        correlation: whole.ok_or_else(outside)?,
    })
}

fn band_settings(bands: &Bands) -> cdp::BandSettings {
    let (low, high) = bands.volatility;
    cdp::BandSettings {
        volatility: (decimal(low.raw()), decimal(high.raw())),
        liquidity: decimal(bands.liquidity.raw()),
        correlation: SignedDecimal256::new(Int256::from(bands.correlation)),
    }
}

/// A basket's settings for an answer.
pub fn basket_settings(basket: &Basket) -> cdp::BasketSettings {
    let sources = basket.loss_order.iter().map(|source| match source {
        LossSource::Reserve => cdp::LossSource::Reserve,
        LossSource::Backstop => cdp::LossSource::Backstop,
    });
    let ratio = |ratio: Ratio| decimal(ratio.raw());
    let units = |amount: Amount| Uint128::new(amount.raw());
    cdp::BasketSettings {
        name: basket.name.clone(),
        debt: basket.debt.clone(),
        multiplier: ratio(basket.multiplier),
        stress: ratio(basket.stress),
        concentration_max: ratio(basket.concentration_max),
        initial: ratio(basket.levels.initial),
        call: ratio(basket.levels.call),
        target: ratio(basket.levels.target),
        emergency: ratio(basket.levels.emergency),
        bonus_min: ratio(basket.liquidation.bonus_min),
        bonus_max: ratio(basket.liquidation.bonus_max),
        liquidation_fee: ratio(basket.liquidation.fee),
        stability_fee: ratio(basket.terms.stability_fee),
        borrow_fee: ratio(basket.terms.borrow_fee),
        min_debt: units(basket.terms.min_debt),
        debt_ceiling: units(basket.terms.ceiling),
        mint_cap: units(basket.terms.mint_cap),
        risk_floor: decimal(basket.risk_floor.raw()),
        loss_order: sources.collect(),
        debt_risk: risk_settings(&basket.debt_risk),
        members: basket.members.iter().map(member_settings).collect(),
    }
}

fn member_settings(member: &Member) -> cdp::MemberSettings {
    cdp::MemberSettings {
        denom: member.denom.clone(),
        supply_cap: Uint128::new(member.supply_cap.raw()),
        value_cap: decimal(member.value_cap.raw()),
        risk_cap: decimal(member.risk_cap.raw()),
        risk: risk_settings(&member.risk),
        bands: band_settings(&member.bands),
    }
}

fn loss_source(source: &cdp::LossSource) -> LossSource {
    match source {
        cdp::LossSource::Reserve => LossSource::Reserve,
        cdp::LossSource::Backstop => LossSource::Backstop,
    }
}

fn risk(settings: &cdp::RiskSettings) -> Result<Risk> {
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
            ratio(Decimal256::MAX).map_err(|why| *why),
            Err(ContractError::TooLarge(_))
        ));
        let coin = Coin::new(Uint256::MAX, "btc");
        assert!(matches!(
            amount(&coin).map_err(|why| *why),
            Err(ContractError::TooLarge(_))
        ));
    }
}
