//! Settings that tests start from: bare messages, so that a test can spoil any of them.

use cosmwasm_std::{Decimal256, SignedDecimal256, Uint128};
use wicker_msgs::cdp::{
    AssetSettings, BandSettings, BasketSettings, LossSource, MemberSettings, RiskSettings,
};

/// A decimal from text.
pub fn dec(text: &str) -> Decimal256 {
    text.parse().unwrap()
}

/// An asset with a deep market, expected near `price`.
pub fn asset(denom: &str, decimals: u8, price: &str) -> AssetSettings {
    AssetSettings {
        denom: denom.into(),
        decimals,
        flow_cap: dec("10000000"),
        flow_burst: dec("10000000"),
        reference_amount: Uint128::new(10u128.pow(decimals.min(18).into())),
        reference_value: dec(price),
        reference_band: Decimal256::percent(20),
    }
}

/// Risk with a σ floor in basis points per √hour and a jump floor in percent.
pub fn risk(floor: u64, jump: u64) -> RiskSettings {
    RiskSettings {
        floor: Decimal256::bps(floor),
        stressed: Decimal256::bps(2 * floor),
        jump: Decimal256::percent(jump),
        correlation: Decimal256::percent(50),
        weight_hours: 720,
    }
}

/// A collateral without tight limits.
pub fn member(denom: &str) -> MemberSettings {
    MemberSettings {
        denom: denom.into(),
        supply_cap: Uint128::new(1 << 99),
        value_cap: dec("1000000000"),
        risk_cap: Decimal256::one(),
        risk: risk(60, 5),
        bands: BandSettings {
            volatility: (Decimal256::zero(), dec("100")),
            liquidity: Decimal256::zero(),
            correlation: SignedDecimal256::percent(-100),
        },
    }
}

/// A basket at the model's defaults, without fees.
pub fn basket(debt: &str, collaterals: &[&str]) -> BasketSettings {
    BasketSettings {
        name: "test".into(),
        debt: debt.into(),
        multiplier: dec("22.045407685048602"),
        stress: Decimal256::percent(25),
        concentration_max: dec("3"),
        initial: Decimal256::percent(125),
        call: Decimal256::percent(115),
        target: Decimal256::percent(125),
        emergency: Decimal256::percent(50),
        bonus_min: Decimal256::percent(2),
        bonus_max: Decimal256::percent(8),
        liquidation_fee: Decimal256::percent(1),
        stability_fee: Decimal256::zero(),
        borrow_fee: Decimal256::zero(),
        min_debt: Uint128::new(100_000_000),
        debt_ceiling: Uint128::new(1_000_000_000_000_000),
        mint_cap: Uint128::new(1_000_000_000_000_000),
        risk_floor: dec("1000000"),
        loss_order: vec![LossSource::Reserve, LossSource::Backstop],
        debt_risk: risk(5, 0),
        members: collaterals.iter().map(|denom| member(denom)).collect(),
    }
}
