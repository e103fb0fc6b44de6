//! Sums over baskets: what a debt token's supply stands for, and who has lost what.

use cosmwasm_std::Deps;
use wicker_math::{Amount, Seconds};
use wicker_msgs::cdp::{ClaimsResponse, Deficit, DeficitsResponse, TotalsResponse};

use super::{accrued, units};
use crate::error::Result;
use crate::execute::govern::denoms::debt_token;
use crate::state::{self, claimed_denoms, BASKET_COUNT, CLAIMS};
use crate::token::bank_coin;

pub fn totals(deps: Deps<'_>, denom: String, now: Seconds) -> Result<TotalsResponse> {
    let asset = state::asset(deps.storage, &denom)?;
    debt_token(&asset, &denom)?;
    let (mut debt, mut reserve) = (Amount::ZERO, Amount::ZERO);
    let (mut deficit, mut backstop) = (Amount::ZERO, Amount::ZERO);
    for id in 1..=BASKET_COUNT.load(deps.storage)? {
        let (basket, totals) = accrued(deps, id, now)?;
        if basket.debt == denom {
            debt = debt.plus(totals.debt_ceil()?)?;
            reserve = reserve.plus(totals.reserve)?;
            deficit = deficit.plus(totals.deficit)?;
            backstop = backstop.plus(totals.backstop)?;
        }
    }
    Ok(TotalsResponse {
        supply: units(asset.held),
        debt: units(debt),
        reserve: units(reserve),
        deficit: units(deficit),
        backstop: units(backstop),
        denom,
    })
}

pub fn deficits(
    deps: Deps<'_>,
    after: Option<u32>,
    limit: usize,
    now: Seconds,
) -> Result<DeficitsResponse> {
    let mut deficits = Vec::new();
    for id in after.unwrap_or(0).saturating_add(1)..=BASKET_COUNT.load(deps.storage)? {
        let (basket, totals) = accrued(deps, id, now)?;
        if deficits.len() < limit && !totals.deficit.is_zero() {
            deficits.push(Deficit {
                basket: id,
                denom: basket.debt,
                amount: units(totals.deficit),
            });
        }
    }
    Ok(DeficitsResponse { deficits })
}

pub fn claims(deps: Deps<'_>, owner: &str) -> Result<ClaimsResponse> {
    let mut coins = Vec::new();
    for denom in claimed_denoms(deps.storage, owner)? {
        let amount = CLAIMS.may_load(deps.storage, (owner, denom.as_str()))?;
        coins.push(bank_coin(&denom, amount.unwrap_or(Amount::ZERO)));
    }
    Ok(ClaimsResponse { coins })
}
