//! Baskets with their risk.

use cosmwasm_std::Deps;
use wicker_engine::basket::Totals;
use wicker_engine::health::{Book, Test};
use wicker_engine::limits::book_of;
use wicker_math::{Amount, Ratio, Seconds};
use wicker_msgs::cdp::{AssetRisk, BasketResponse, BasketsResponse};

use super::{accrued, signed, units};
use crate::convert::{basket_settings, decimal};
use crate::error::Result;
use crate::market::{Loaded, Scope};
use crate::state::{Guards, BASKET_COUNT, CONFIG, GUARDS};

/// The index counts in parts of 1e-27, an answer in parts of 1e-18.
const INDEX_PARTS: u128 = 1_000_000_000;

pub fn basket(deps: Deps<'_>, id: u32, now: Seconds) -> Result<BasketResponse> {
    let oracle = CONFIG.load(deps.storage)?.oracle;
    let (settings, totals) = accrued(deps, id, now)?;
    let loaded = Loaded::load(deps, &oracle, (id, settings), Scope::All, now)?;
    let guards = GUARDS.may_load(deps.storage, id)?.unwrap_or_default();
    let means = loaded.mean_correlation();
    let cap = loaded.basket.terms.mint_cap.raw();
    Ok(BasketResponse {
        basket: id,
        settings: basket_settings(&loaded.basket),
        debt: units(totals.debt_ceil()?),
        index: decimal(totals.index.raw() / INDEX_PARTS),
        reserve: units(totals.reserve),
        backstop: units(totals.backstop),
        deficit: units(totals.deficit),
        measured_at: loaded.risk.slow.measured_at.get(),
        assets: assets(&loaded, &totals, &guards, now)?,
        correlation: correlations(&loaded),
        mean_correlation_fast: means.and_then(|means| means.fast).map(signed),
        mean_correlation_slow: means.and_then(|means| means.slow).map(signed),
        paused_until: ahead(guards.borrow_until, now),
        mint_left: totals.mint.level(cap, cap, now).into(),
        lowered_ceiling: guards
            .ceiling
            .filter(|(_, until)| *until > now)
            .map(|(ceiling, _)| units(ceiling)),
    })
}

pub fn baskets(
    deps: Deps<'_>,
    after: Option<u32>,
    limit: usize,
    now: Seconds,
) -> Result<BasketsResponse> {
    let first = after.unwrap_or(0).saturating_add(1);
    let ids = first..=BASKET_COUNT.load(deps.storage)?;
    let baskets = ids.take(limit).map(|id| basket(deps, id, now));
    Ok(BasketsResponse {
        baskets: baskets.collect::<Result<_, _>>()?,
    })
}

/// A time that is not over.
fn ahead(until: Seconds, now: Seconds) -> Option<u64> {
    (until > now).then_some(until.get())
}

fn assets(
    loaded: &Loaded,
    totals: &Totals,
    guards: &Guards,
    now: Seconds,
) -> Result<Vec<AssetRisk>> {
    let market = loaded.market();
    let debt = totals.debt_ceil()?;
    let whole = book_of(totals);
    let legs = whole.collateral.iter().map(|(leg, _)| *leg);
    let book = Book::new(&market, legs, Test::Maintenance).ok();
    let shares = book.as_ref().map(|book| book.weights(&whole, debt));
    let shares = shares.and_then(|shares| shares.ok()).unwrap_or_default();
    let sigmas = loaded.sigmas();
    let held = totals.collateral.iter().copied().chain([debt]);
    let risks = loaded.risk.legs.iter().zip(&loaded.risk.slow.last);
    let legs = held.zip(risks).enumerate();
    let legs = legs.map(|(at, (total, (risk, last)))| {
        let member = loaded.basket.members.get(at);
        let share = shares.iter().find(|(leg, _)| usize::from(*leg) == at);
        let value = book.as_ref().and_then(|book| match member {
            Some(_) => book.value_floor(u8::try_from(at).ok()?, total)?.ok(),
            None => book.debt_value_floor(total).ok(),
        });
        let mut stopped = guards.legs.iter();
        let stopped = stopped.find(|(leg, _)| usize::from(*leg) == at);
        AssetRisk {
            denom: loaded.denom(at).unwrap_or_default().into(),
            total: units(total),
            value: value.map(|value| decimal(value.raw())),
            sigma: decimal(sigmas.get(at).copied().unwrap_or(Ratio::ZERO).raw()),
            measured: decimal(risk.measured.raw()),
            samples: risk.samples,
            sampled_at: last.map_or(0, |(_, time)| time.get()),
            weight: share
                .filter(|_| total != Amount::ZERO)
                .map(|(_, share)| signed(*share)),
            demoted: member.is_some_and(|member| member.demoted),
            wind_down: member.is_some_and(|member| member.wind_down),
            paused_until: stopped.and_then(|(_, until)| ahead(*until, now)),
        }
    });
    Ok(legs.collect())
}

fn correlations(loaded: &Loaded) -> Vec<Vec<cosmwasm_std::SignedDecimal256>> {
    let rho = loaded.correlation.correlations();
    let row = |i| (0..i).map(|j| signed(rho.rho(i, j))).collect();
    (0..loaded.risk.legs.len()).map(row).collect()
}
