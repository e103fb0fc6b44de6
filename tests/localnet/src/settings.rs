//! What baskets, their collaterals and the sources of their prices are set to.

use cosmwasm_std::{Decimal256, SignedDecimal256, Uint128};
use wicker_msgs::{
    cdp::{
        AssetSettings, BandSettings, BasketSettings, LossSource, MemberSettings, RiskSettings,
        TokenModule,
    },
    oracle::{self, Guards, Reference, ReportedPrice, Source},
};

/// Base units of a dollar, and of each collateral's token.
pub const UNIT: u128 = 1_000_000;
/// More than any run has of anything.
const PLENTY: u128 = 1_000_000_000 * UNIT;

/// The messages of the local chain's token factory.
pub fn token_module() -> TokenModule {
    TokenModule {
        type_url_prefix: "/osmosis.tokenfactory.v1beta1.".into(),
        direct_mint: false,
    }
}

/// A collateral of six decimals at its price in dollars, of which the market takes `flow_cap` dollars an hour.
pub fn asset(denom: &str, price: Decimal256, flow_cap: u64) -> AssetSettings {
    AssetSettings {
        denom: denom.into(),
        decimals: 6,
        flow_cap: dollars(flow_cap),
        flow_burst: dollars(flow_cap),
        reference_amount: Uint128::new(UNIT),
        reference_value: price,
        reference_band: Decimal256::percent(20),
    }
}

/// A collateral whose σ is at least `floor` hundredths of a percent per √hour.
pub fn member(denom: &str, floor: u64) -> MemberSettings {
    MemberSettings {
        denom: denom.into(),
        supply_cap: Uint128::new(PLENTY),
        value_cap: dollars(1_000_000_000),
        risk_cap: Decimal256::one(),
        risk: risk(floor, 5),
        bands: BandSettings {
            volatility: (Decimal256::zero(), dollars(100)),
            liquidity: Decimal256::zero(),
            correlation: SignedDecimal256::percent(-100),
        },
    }
}

/// A basket.
pub fn basket(name: &str, debt: &str, members: Vec<MemberSettings>) -> BasketSettings {
    BasketSettings {
        name: name.into(),
        debt: debt.into(),
        // 4.5·√24, in millionths.
        multiplier: Decimal256::from_ratio(22_045_408u64, 1_000_000u64),
        stress: Decimal256::percent(25),
        concentration_max: dollars(3),
        initial: Decimal256::percent(125),
        call: Decimal256::percent(115),
        target: Decimal256::percent(125),
        emergency: Decimal256::percent(50),
        bonus_min: Decimal256::percent(2),
        bonus_max: Decimal256::percent(8),
        liquidation_fee: Decimal256::percent(1),
        stability_fee: Decimal256::percent(5),
        borrow_fee: Decimal256::permille(5),
        min_debt: Uint128::new(100 * UNIT),
        debt_ceiling: Uint128::new(PLENTY),
        mint_cap: Uint128::new(PLENTY),
        risk_floor: dollars(1_000_000),
        loss_order: vec![LossSource::Reserve, LossSource::Backstop],
        debt_risk: risk(5, 0),
        members,
    }
}

fn risk(floor: u64, jump: u64) -> RiskSettings {
    RiskSettings {
        floor: Decimal256::bps(floor),
        stressed: Decimal256::bps(2 * floor),
        jump: Decimal256::percent(jump),
        correlation: Decimal256::percent(50),
        weight_hours: 720,
    }
}

/// A source of named feeders.
pub fn relayed(
    denom: &str,
    price: &str,
    feeders: &[&str],
    quorum: u32,
    guards: Option<Guards>,
) -> oracle::ExecuteMsg {
    oracle::ExecuteMsg::SetSource {
        denom: denom.into(),
        source: Source::Relayed {
            feeders: feeders.iter().map(ToString::to_string).collect(),
            quorum,
            max_spread: Decimal256::percent(5),
        },
        guards,
        reference: Reference {
            price: price.into(),
            band: Decimal256::percent(20),
        },
    }
}

/// Guards that let prices move fast and grow old.
pub fn loose() -> Guards {
    Guards {
        max_age: 172_800,
        max_future: 0,
        max_confidence: Decimal256::percent(2),
        max_step: Decimal256::percent(50),
        step_interval: 1,
        window: 60,
        window_limit: Decimal256::one(),
        window_interval: 1,
    }
}

/// A feeder's price.
pub fn reported(denom: &str, price: &str, publish_time: u64) -> ReportedPrice {
    ReportedPrice {
        denom: denom.into(),
        price: price.into(),
        publish_time,
        confidence: None,
    }
}

/// So many whole dollars, or a whole number of anything.
pub fn dollars(whole: u64) -> Decimal256 {
    Decimal256::from_ratio(whole, 1u64)
}
