//! What the cdp contract's records say, wherever they are: on the lab's chain, or read from a live one.

use std::collections::BTreeMap;

use cosmwasm_std::Storage;
use wicker_cdp::error;
use wicker_cdp::state::{self, ASSETS, BASKET_COUNT, CLAIMS};
use wicker_engine::invariants::{BasketView, Snapshot};
use wicker_math::Amount;

use crate::error::LabError;
use crate::world::refused;

/// How many baskets there are: their ids are 1 to this number.
pub fn baskets(storage: &dyn Storage) -> Result<u32, LabError> {
    let count = BASKET_COUNT.may_load(storage);
    Ok(count.map_err(unreadable)?.unwrap_or(0))
}

/// Listed denoms, each with whether it is a debt token.
pub fn denoms(storage: &dyn Storage) -> Result<Vec<(String, bool)>, LabError> {
    let denoms = ASSETS.keys(storage, None, usize::MAX).map_err(unreadable)?;
    let denoms = denoms.into_iter();
    denoms
        .map(|denom| {
            let asset = state::asset(storage, &denom).map_err(unreadable)?;
            Ok((denom, asset.ceiling.is_some()))
        })
        .collect()
}

/// Every basket with all its positions, and every claim. Balances and supplies are the bank's, and the caller's to add.
pub fn snapshot(storage: &dyn Storage) -> Result<Snapshot, LabError> {
    let mut snapshot = Snapshot {
        claims: claims(storage).map_err(unreadable)?,
        ..Snapshot::default()
    };
    for id in 1..=baskets(storage)? {
        let view = basket_view(storage, id).map_err(unreadable)?;
        snapshot.baskets.push(view);
    }
    Ok(snapshot)
}

fn basket_view(storage: &dyn Storage, id: u32) -> error::Result<BasketView> {
    let ids = state::of_basket(storage, id, None, usize::MAX)?;
    let positions = ids.into_iter();
    let positions =
        positions.map(|position| Ok((position, state::account(storage, position)?.position)));
    Ok(BasketView {
        id,
        basket: state::basket(storage, id)?,
        totals: state::totals(storage, id)?,
        positions: positions.collect::<error::Result<_>>()?,
    })
}

/// Of each denom, what waits for payees.
fn claims(storage: &dyn Storage) -> error::Result<BTreeMap<String, Amount>> {
    let mut claims = BTreeMap::<String, Amount>::new();
    for (payee, denom) in state::claimants(storage)? {
        let waiting = CLAIMS.may_load(storage, (&payee, &denom))?;
        let sum = claims.entry(denom).or_default();
        let waiting = waiting.map_or(0, Amount::raw);
        *sum = Amount::new(sum.raw().saturating_add(waiting));
    }
    Ok(claims)
}

pub(crate) fn unreadable(error: impl std::fmt::Display) -> LabError {
    refused("reading the records", error.to_string())
}
