//! Every storage key.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Storage};
use cw_storage_plus::{Item, Map};
use wicker_math::PricePoint;
use wicker_msgs::oracle::{point_key, Guards, RateSnapshot, Reference, Source};

use crate::error::OracleError;

/// Who governs.
#[cw_serde]
pub struct Config {
    /// Sets sources.
    pub owner: Addr,
    /// To whom the ownership is offered.
    pub proposed: Option<Addr>,
    /// May freeze.
    pub guardian: Option<Addr>,
}

/// A denom's checked source.
#[cw_serde]
pub struct Listing {
    /// Its number.
    pub id: u32,
    /// Where the price comes from.
    pub source: Source,
    /// What an observation is held to.
    pub guards: Guards,
    /// Until the first price: what it must be near.
    pub reference: Option<Reference>,
}

/// Who governs.
pub const CONFIG: Item<Config> = Item::new("config");
/// Denom to source.
pub const LISTINGS: Map<&str, Listing> = Map::new("listings");
/// Listings so far: each has a number of its own, which is never used twice.
pub const LISTED: Item<u32> = Item::new("listed");
/// Denom of a staked token to the highest rate that has counted and when it did; never falls while the source stands.
pub const HIGHEST: Map<&str, RateSnapshot> = Map::new("highest");
/// Denom to the end of its freeze. A denom that has a point and a freeze is marked as frozen there.
pub const FREEZES: Map<&str, u64> = Map::new("freezes");

/// A denom's point, if it has one.
pub fn point(storage: &dyn Storage, denom: &str) -> Result<Option<PricePoint>, OracleError> {
    let bytes = storage.get(&point_key(denom));
    Ok(bytes
        .map(|bytes| PricePoint::from_bytes(&bytes))
        .transpose()?)
}

/// Writes a denom's point.
pub fn save_point(storage: &mut dyn Storage, denom: &str, point: &PricePoint) {
    storage.set(&point_key(denom), &point.to_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::reports;

    #[test]
    fn v2_no_two_records_share_a_key() {
        let keys: [Vec<u8>; 8] = [
            CONFIG.as_slice().to_vec(),
            cw2::CONTRACT.as_slice().to_vec(),
            LISTINGS.key("a").to_vec(),
            LISTED.as_slice().to_vec(),
            reports::key("a"),
            HIGHEST.key("a").to_vec(),
            FREEZES.key("a").to_vec(),
            point_key("a"),
        ];
        let different: BTreeSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
    }
}
