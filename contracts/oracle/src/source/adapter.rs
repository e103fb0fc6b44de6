//! Any contract that answers the adapter's question.

use cosmwasm_std::QuerierWrapper;
use wicker_engine::price::{parse, Observation};
use wicker_math::Seconds;
use wicker_msgs::oracle::{AdapterPrice, AdapterQuery};

use super::width;
use crate::error::OracleError;

/// The adapter's price; errors when the contract does not answer, or not in the agreed form.
pub fn read(
    querier: &QuerierWrapper,
    contract: &str,
    denom: &str,
) -> Result<Observation, OracleError> {
    let denom = denom.into();
    let answer: AdapterPrice =
        querier.query_wasm_smart(contract, &AdapterQuery::Price { denom })?;
    Ok(Observation {
        price: parse(&answer.price)?,
        publish_time: Seconds::new(answer.publish_time),
        confidence: width(answer.confidence.as_deref())?,
        sources: 1,
        doubtful: false,
    })
}
