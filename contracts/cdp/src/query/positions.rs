//! Positions.

use cosmwasm_std::Deps;
use cw_storage_plus::Bound;
use wicker_math::Seconds;
use wicker_msgs::cdp::{PositionResponse, PositionsResponse};

use super::{accrued, coins, units};
use crate::error::Result;
use crate::state::{self, of_basket, of_owner, POSITIONS};

pub fn position(deps: Deps<'_>, id: u64, now: Seconds) -> Result<PositionResponse> {
    let account = state::account(deps.storage, id)?;
    let (basket, totals) = accrued(deps, account.basket, now)?;
    Ok(PositionResponse {
        position: id,
        owner: account.owner.into(),
        basket: account.basket,
        collateral: coins(&basket, &account.position.collateral),
        debt: units(totals.index.debt_ceil(account.position.shares)?),
        shares: account.position.shares.raw().into(),
    })
}

/// A page of all positions, of an owner's, of a basket's, or of an owner's in a basket.
pub fn positions(
    deps: Deps<'_>,
    (owner, basket): (Option<String>, Option<u32>),
    (after, limit): (Option<u64>, usize),
    now: Seconds,
) -> Result<PositionsResponse> {
    let storage = deps.storage;
    let ids = match (&owner, basket) {
        (Some(owner), None) => of_owner(storage, owner, after, limit)?,
        (None, Some(basket)) => of_basket(storage, basket, after, limit)?,
        (None, None) => POSITIONS.keys(storage, after.map(Bound::exclusive), limit)?,
        (Some(owner), Some(basket)) => {
            let mut found = of_owner(storage, owner, after, usize::MAX)?.into_iter();
            let mut ids = Vec::new();
            while let Some(id) = found.next().filter(|_| ids.len() < limit) {
                if state::account(storage, id)?.basket == basket {
                    ids.push(id);
                }
            }
            ids
        }
    };
    let positions = ids.into_iter().map(|id| position(deps, id, now));
    Ok(PositionsResponse {
        positions: positions.collect::<Result<_, _>>()?,
    })
}
