//! A basket for the engine's own tests.

use wicker_math::{Amount, Decimals, Ratio, Seconds, Value};

use crate::basket::{Basket, DebtTerms, Levels, LiquidationTerms, LossSource, Member, Risk};

fn risk(floor: u64, jump: u64) -> Risk {
    Risk {
        floor: Ratio::bps(floor),
        stressed: Ratio::bps(2 * floor),
        jump: Ratio::percent(jump),
        correlation: Ratio::percent(50),
        weight: Seconds::hours(720),
    }
}

fn member(denom: &str, decimals: u8) -> Member {
    Member {
        denom: denom.into(),
        decimals: Decimals::new(decimals).unwrap(),
        supply_cap: Amount::MAX,
        value_cap: Value::MAX,
        risk_cap: Ratio::ONE,
        risk: risk(60, 5),
        wind_down: false,
        demoted: false,
    }
}

/// Two collaterals against a dollar stablecoin, at the model's defaults.
pub fn basket() -> Basket {
    Basket {
        name: "test".into(),
        debt: "usd".into(),
        decimals: Decimals::new(6).unwrap(),
        levels: Levels {
            initial: Ratio::percent(125),
            call: Ratio::percent(115),
            target: Ratio::percent(125),
            emergency: Ratio::percent(50),
        },
        liquidation: LiquidationTerms {
            bonus_min: Ratio::percent(2),
            bonus_max: Ratio::percent(8),
            fee: Ratio::percent(1),
        },
        terms: DebtTerms {
            stability_fee: Ratio::percent(5),
            borrow_fee: Ratio::bps(50),
            min_debt: Amount::new(100_000_000),
            ceiling: Amount::MAX,
            mint_cap: Amount::MAX,
        },
        multiplier: Ratio::new(22_045_407_685_048_602_000),
        stress: Ratio::percent(25),
        concentration_max: Ratio::percent(300),
        risk_floor: Value::ZERO,
        loss_order: vec![LossSource::Reserve, LossSource::Backstop],
        debt_risk: risk(5, 0),
        members: vec![member("btc", 8), member("eth", 18)],
    }
}

/// The same basket with every limit inside governance's bounds.
pub fn bounded_basket() -> Basket {
    let mut basket = basket();
    let most = Amount::new(1_000_000_000_000_000);
    basket.terms.ceiling = most;
    basket.terms.mint_cap = most;
    for member in &mut basket.members {
        member.supply_cap = most;
        member.value_cap = Value::dollars(1_000_000_000);
    }
    basket
}
