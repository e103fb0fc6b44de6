//! Listed assets.

use cosmwasm_std::Deps;
use cw_storage_plus::Bound;
use wicker_math::Seconds;
use wicker_msgs::cdp::{AssetResponse, AssetsResponse};

use super::units;
use crate::convert::decimal;
use crate::error::Result;
use crate::state::{self, ASSETS};

pub fn asset(deps: Deps<'_>, denom: &str, now: Seconds) -> Result<AssetResponse> {
    let asset = state::asset(deps.storage, denom)?;
    let (rate, size) = asset.flow(now)?;
    Ok(AssetResponse {
        denom: denom.into(),
        decimals: asset.decimals.get(),
        flow_cap: decimal(asset.flow_cap.raw()),
        flow_burst: decimal(asset.flow_burst.raw()),
        flow_left: decimal(asset.bucket.level(rate, size, now)),
        held: units(asset.held),
        ceiling: asset.ceiling.map(units),
    })
}

pub fn assets(
    deps: Deps<'_>,
    after: Option<String>,
    limit: usize,
    now: Seconds,
) -> Result<AssetsResponse> {
    let denoms = ASSETS.keys(deps.storage, after.as_deref().map(Bound::exclusive), limit)?;
    let assets = denoms.iter().map(|denom| asset(deps, denom, now));
    Ok(AssetsResponse {
        assets: assets.collect::<Result<_, _>>()?,
    })
}
