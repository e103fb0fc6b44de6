//! A scenario in the contracts' words.

use std::str::FromStr;

use cosmwasm_std::{Decimal256, SignedDecimal256, Uint128};
use wicker_msgs::cdp::{
    AssetSettings, BandSettings, BasketSettings, LossSource, MemberSettings, RiskSettings,
};

use crate::error::LabError;
use crate::path::rounded;
use crate::prices::HIGHEST;
use crate::scenario::{Asset, Basket, Member, Scenario};

/// Decimal places of dollars and of the debt token.
pub const CENTS: u8 = 6;
/// More base units than any run has.
const PLENTY: u128 = 1 << 99;
/// The largest figure a scenario may hold.
const LARGEST: f64 = 1e15;

/// A figure to twelve places; errors when it is negative, not a number or too large.
pub fn decimal(what: &str, value: f64) -> Result<Decimal256, LabError> {
    let figure = || LabError::Figure {
        what: what.into(),
        value,
        min: 0.0,
        max: LARGEST,
    };
    if !(0.0..=LARGEST).contains(&value) {
        return Err(figure());
    }
    Decimal256::from_str(&format!("{value:.12}")).map_err(|_| figure())
}

/// A price as feeders write it: plain decimal text of eight significant digits.
pub fn price_text(price: f64) -> String {
    rounded(price).to_string()
}

/// The base units that so many dollars buy, rounded down.
pub fn units(dollars: f64, price: f64, decimals: u8) -> u128 {
    let units = dollars / price * 10f64.powi(decimals.into());
    // A float beyond the range saturates.
    units.max(0.0) as u128
}

/// What so many base units are worth, in dollars.
pub fn worth(units: u128, price: f64, decimals: u8) -> f64 {
    units as f64 / 10f64.powi(decimals.into()) * price
}

/// An asset at the price it has at the start.
pub fn asset(asset: &Asset, price: f64) -> Result<AssetSettings, LabError> {
    let named = |name: &str, value| decimal(&format!("asset {}: {name}", asset.name), value);
    Ok(AssetSettings {
        denom: asset.name.clone(),
        decimals: asset.decimals,
        flow_cap: named("flow_cap", asset.flow())?,
        flow_burst: named("flow_burst", asset.burst())?,
        reference_amount: Uint128::new(10u128.pow(asset.decimals.into())),
        reference_value: Decimal256::from_str(&price_text(price)).map_err(|_| {
            LabError::Figure {
                what: format!("asset {}: price", asset.name),
                value: price,
                min: 1e-10,
                max: HIGHEST,
            }
        })?,
        reference_band: Decimal256::percent(20),
    })
}

/// A basket that lends `debt`.
pub fn basket(
    scenario: &Scenario,
    basket: &Basket,
    debt: &str,
) -> Result<BasketSettings, LabError> {
    let named = |name: &str, value| decimal(&format!("basket {}: {name}", basket.name), value);
    let terms = &basket.terms;
    let dollars =
        |name: &str, value: f64| named(name, value).map(|_| Uint128::new(units(value, 1.0, CENTS)));
    let members = basket.members.iter();
    Ok(BasketSettings {
        name: basket.name.clone(),
        debt: debt.into(),
        multiplier: named("multiplier", terms.multiplier)?,
        stress: named("stress", terms.stress)?,
        concentration_max: named("concentration_max", terms.concentration_max)?,
        initial: named("initial", terms.initial)?,
        call: named("call", terms.call)?,
        target: named("target", terms.target)?,
        emergency: named("emergency", terms.emergency)?,
        bonus_min: named("bonus_min", terms.bonus_min)?,
        bonus_max: named("bonus_max", terms.bonus_max)?,
        liquidation_fee: named("liquidation_fee", terms.liquidation_fee)?,
        stability_fee: named("stability_fee", terms.stability_fee)?,
        borrow_fee: named("borrow_fee", terms.borrow_fee)?,
        min_debt: dollars("min_debt", terms.min_debt)?.max(Uint128::one()),
        debt_ceiling: dollars("debt_ceiling", terms.debt_ceiling)?,
        mint_cap: dollars("debt_ceiling", terms.debt_ceiling)?,
        risk_floor: Decimal256::zero(),
        loss_order: vec![LossSource::Reserve, LossSource::Backstop],
        debt_risk: RiskSettings {
            floor: Decimal256::bps(1),
            stressed: Decimal256::bps(5),
            jump: Decimal256::zero(),
            correlation: Decimal256::zero(),
            weight_hours: 720,
        },
        members: members
            .map(|member| self::member(scenario, basket, member))
            .collect::<Result<_, _>>()?,
    })
}

fn member(
    scenario: &Scenario,
    basket: &Basket,
    member: &Member,
) -> Result<MemberSettings, LabError> {
    let what = format!("basket {}: {}", basket.name, member.asset);
    let asset = scenario
        .asset(&member.asset)
        .ok_or_else(|| LabError::unknown(&what, &member.asset))?;
    let named = |name: &str, value| decimal(&format!("{what}: {name}"), value);
    let (floor, stressed, jump) = member.risk(asset.class);
    Ok(MemberSettings {
        denom: asset.name.clone(),
        supply_cap: Uint128::new(PLENTY),
        value_cap: named("value_cap", member.value_cap)?,
        risk_cap: named("risk_cap", member.risk_cap)?,
        risk: RiskSettings {
            floor: named("floor", floor)?,
            stressed: named("stressed", stressed)?,
            jump: named("jump", jump)?,
            correlation: named("correlation", member.correlation)?,
            weight_hours: member.weight_hours,
        },
        bands: BandSettings {
            volatility: (Decimal256::zero(), Decimal256::percent(10_000)),
            liquidity: Decimal256::zero(),
            correlation: SignedDecimal256::percent(-100),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_plain_text_that_the_oracle_reads() {
        for (price, text) in [
            (5e-5, "0.00005"),
            (60_000.0, "60000"),
            (1.234_567_891_23, "1.2345679"),
            (1e-12, "0.000000000001"),
        ] {
            assert_eq!(price_text(price), text);
            wicker_engine::price::parse(text).unwrap();
        }
    }

    #[test]
    fn dollars_buy_units_and_units_are_worth_dollars() {
        assert_eq!(units(150.0, 60_000.0, 8), 250_000);
        assert_eq!(worth(250_000, 60_000.0, 8), 150.0);
        assert!(decimal("x", -1.0).is_err() && decimal("x", f64::NAN).is_err());
        assert_eq!(decimal("x", 22.5).unwrap().to_string(), "22.5");
    }
}
