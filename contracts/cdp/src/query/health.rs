//! Where positions stand, and why.

use cosmwasm_std::{Decimal256, Deps};
use wicker_engine::health::{maintenance, Book, Level as Stand, Test};
use wicker_engine::position::Position;
use wicker_math::{Amount, Ratio, Seconds, Value};
use wicker_msgs::cdp::{
    ExplainResponse, HealthResponse, Level, LiquidatablePosition, LiquidatableResponse, Weight,
};

use super::{accrued, signed, units, view};
use crate::convert::decimal;
use crate::error::Result;
use crate::market::{Loaded, Scope};
use crate::state::{self, of_basket, CONFIG};

pub fn health(deps: Deps<'_>, id: u64, now: Seconds) -> Result<HealthResponse> {
    let view = view(deps, id, false, now)?;
    judged(&view.loaded, &view.account.position, view.debt)
}

/// The answer for any position of a loaded basket.
pub fn judged(loaded: &Loaded, position: &Position, debt: Amount) -> Result<HealthResponse> {
    let market = loaded.market();
    let now = maintenance(&loaded.open(), position, debt)?;
    let levels = &loaded.basket.levels;
    let held = position.collateral.iter().map(|(leg, _)| *leg);
    let strict = Book::new(&market, held, Test::Initial);
    let strict = strict.and_then(|book| book.assess(position, debt)).ok();
    let initial = strict.map(|strict| strict.margin.maintenance.times_ceil(levels.initial));
    Ok(HealthResponse {
        level: level(now.level(levels)?),
        collateral: dollars(now.collateral),
        debt: dollars(now.debt),
        equity: signed(now.equity.raw()),
        maintenance: dollars(now.margin.maintenance),
        margin_ratio: now.ratio().map(signed),
        initial: initial.transpose()?.map(dollars),
        ltv: ltv_ceil(now.debt, now.collateral),
    })
}

pub fn explain(deps: Deps<'_>, id: u64, now: Seconds) -> Result<ExplainResponse> {
    let view = view(deps, id, false, now)?;
    let (loaded, position) = (&view.loaded, &view.account.position);
    let market = loaded.open();
    let held = position.collateral.iter().map(|(leg, _)| *leg);
    let book = Book::new(&market, held, Test::Maintenance)?;
    let parts = book.explain(position, view.debt)?;
    let weights = book.weights(position, view.debt)?.into_iter();
    let weights = weights.map(|(leg, weight)| Weight {
        denom: loaded.denom(usize::from(leg)).unwrap_or_default().into(),
        weight: signed(weight),
    });
    Ok(ExplainResponse {
        base: signed(parts.base.raw()),
        correlation: signed(parts.correlation.raw()),
        concentration: signed(parts.concentration.raw()),
        jump: signed(parts.jump.raw()),
        fees: signed(parts.fees.raw()),
        maintenance: dollars(parts.maintenance),
        weights: weights.collect(),
    })
}

/// Positions under their maintenance margin among the next `limit` of a basket. One that cannot be judged is left out, so that a
/// keeper never sticks at it.
pub fn liquidatable(
    deps: Deps<'_>,
    basket: u32,
    (after, limit): (Option<u64>, usize),
    now: Seconds,
) -> Result<LiquidatableResponse> {
    let oracle = CONFIG.load(deps.storage)?.oracle;
    let (settings, totals) = accrued(deps, basket, now)?;
    let loaded = Loaded::load(deps, &oracle, (basket, settings), Scope::All, now)?;
    let market = loaded.open();
    let ids = of_basket(deps.storage, basket, after, limit)?;
    let next = ids.last().copied().filter(|_| ids.len() == limit);
    let mut positions = Vec::new();
    for id in ids {
        let position = state::account(deps.storage, id)?.position;
        let debt = totals.index.debt_ceil(position.shares)?;
        let Ok(stand) = maintenance(&market, &position, debt) else {
            continue;
        };
        let level = stand.level(&loaded.basket.levels)?;
        if let Some(ratio) = stand.ratio().filter(|_| level >= Stand::Liquidatable) {
            positions.push(LiquidatablePosition {
                position: id,
                margin_ratio: signed(ratio),
                debt: units(debt),
                insolvent: level == Stand::Insolvent,
            });
        }
    }
    Ok(LiquidatableResponse { positions, next })
}

const fn level(stand: Stand) -> Level {
    match stand {
        Stand::NoDebt => Level::NoDebt,
        Stand::Healthy => Level::Healthy,
        Stand::Restricted => Level::Restricted,
        Stand::Called => Level::Called,
        Stand::Liquidatable => Level::Liquidatable,
        Stand::Insolvent => Level::Insolvent,
    }
}

fn dollars(value: Value) -> Decimal256 {
    decimal(value.raw())
}

/// Debt over collateral, rounded up; `None` without collateral.
fn ltv_ceil(debt: Value, collateral: Value) -> Option<Decimal256> {
    let ltv = debt.mul_div_ceil(Ratio::ONE.raw(), collateral.raw());
    ltv.ok().map(dollars)
}
