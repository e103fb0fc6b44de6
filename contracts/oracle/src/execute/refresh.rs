//! Reads sources.

use cosmwasm_std::{DepsMut, Env, Response};
use wicker_engine::price::Rejected;
use wicker_math::Seconds;

use super::{degrade, distinct, event, outcome, refusal, settle};
use crate::{error::OracleError, reports::Book, source, state::LISTINGS};

/// Anyone; each denom for itself.
pub fn refresh(mut deps: DepsMut, env: Env, denoms: Vec<String>) -> Result<Response, OracleError> {
    distinct(denoms.iter())?;
    let now = Seconds::new(env.block.time.seconds());
    let mut book = Book::default();
    let mut response = Response::new();
    for denom in denoms {
        let listing = LISTINGS
            .may_load(deps.storage, &denom)?
            .ok_or_else(|| OracleError::NoSource(denom.clone()))?;
        let result = source::read(deps.branch(), &mut book, (&denom, &listing), now)
            .and_then(|seen| settle(deps.storage, &denom, &listing, seen, now));
        response = response.add_event(match result {
            Ok(point) => event(&denom, outcome(&point)),
            Err(OracleError::Rejected(Rejected::NotNewer { .. })) => event(&denom, "unchanged"),
            Err(error @ OracleError::Frozen(_)) => refusal(&denom, "rejected", &error),
            Err(error) => {
                degrade(deps.storage, &denom)?;
                refusal(&denom, "degraded", &error)
            }
        });
    }
    Ok(response)
}
