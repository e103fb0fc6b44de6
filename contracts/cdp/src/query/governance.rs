//! What waits, and what may be changed how far.

use cosmwasm_std::{from_json, Deps};
use cw_storage_plus::Bound;
use wicker_engine::params::{Parameter, Tighter, Unit, ASSET, BASKET, MEMBER, PROTOCOL};
use wicker_msgs::cdp::{ParameterInfo, ParametersResponse, PendingChange, PendingResponse};
use wicker_msgs::json::Json;

use crate::convert::decimal;
use crate::error::Result;
use crate::execute::govern::change::shown;
use crate::state::WAITING;

pub fn pending(deps: Deps<'_>, after: Option<u64>, limit: usize) -> Result<PendingResponse> {
    let ids = WAITING.keys(deps.storage, after.map(Bound::exclusive), limit)?;
    let mut pending = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(waiting) = WAITING.may_load(deps.storage, id)? {
            pending.push(PendingChange {
                id,
                ready_at: waiting.ready_at.get(),
                expires_at: waiting.expires_at().get(),
                action: from_json::<Json<_>>(&waiting.action)?.0,
            });
        }
    }
    Ok(PendingResponse { pending })
}

pub fn parameters() -> ParametersResponse {
    let mut parameters = table("protocol", PROTOCOL);
    parameters.extend(table("asset", ASSET));
    parameters.extend(table("basket", BASKET));
    parameters.extend(table("member", MEMBER));
    ParametersResponse { parameters }
}

fn table<T>(target: &str, table: &[Parameter<T>]) -> Vec<ParameterInfo> {
    let info = |parameter: &Parameter<T>| ParameterInfo {
        target: target.into(),
        name: parameter.name.into(),
        unit: unit(parameter.unit).into(),
        min: shown(parameter.unit, parameter.min),
        max: shown(parameter.unit, parameter.max),
        max_step: decimal(parameter.step.raw()),
        tighter_up: parameter.tighter == Tighter::Up,
        ramps: parameter.ramps,
    };
    table.iter().map(info).collect()
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Ratio => "ratio",
        Unit::Dollars => "dollars",
        Unit::Seconds => "seconds",
        Unit::Units => "units",
    }
}
