//! A staked token: what it redeems to, times the price of that.

use cosmwasm_std::{
    Binary, Decimal256, DepsMut, Empty, QuerierWrapper, QueryRequest, Uint128, Uint256, WasmQuery,
};
use wicker_engine::price::{parse, Observation, Rejected};
use wicker_math::{mul_div_floor, Price, Seconds, ONE, SECONDS_PER_YEAR};
use wicker_msgs::oracle::{LstRate, RateSnapshot};

use super::{answer::Json, bounds, composite, ratio};
use crate::{error::OracleError, state::HIGHEST};

/// 1e-18, the scale of decimals, at 1e-24, the scale of prices.
const PER_ATOMIC: u128 = 1_000_000;

/// The price of what one staked token redeems to, as old as the base's price. A rate above the limit counts at the limit. Errors when the
/// contract does not answer as described, when its rate is too old or from the future, and when the base has no price or is frozen.
pub fn read(
    deps: DepsMut,
    denom: &str,
    source: &LstRate,
    max_future: Seconds,
    now: Seconds,
) -> Result<Observation, OracleError> {
    let rate = asked(&deps.querier, source, max_future, now)?;
    let base = composite::leg(deps.as_ref(), &source.base)?;
    let highest = HIGHEST.may_load(deps.storage, denom)?;
    let highest = highest.unwrap_or_else(|| source.snapshot.clone());
    let counted = rate.min(limit(&highest, source.max_growth, now)?);
    if counted > price(highest.rate)? {
        let next = RateSnapshot {
            rate: decimal_floor(counted)?,
            time: now.get(),
        };
        HIGHEST.save(deps.storage, denom, &next)?;
    }
    let constant = Observation {
        price: counted,
        publish_time: base.publish_time,
        confidence: 0,
        sources: base.sources,
        doubtful: false,
    };
    composite::product(&[base, constant])
}

/// The highest rate that counts now: the highest so far and `max_growth` of it for each year since, rounded down.
fn limit(
    highest: &RateSnapshot,
    max_growth: Decimal256,
    now: Seconds,
) -> Result<Price, OracleError> {
    let rate = price(highest.rate)?.raw();
    let elapsed = now.since(Seconds::new(highest.time)).get();
    let growth = mul_div_floor(
        ratio(max_growth)?.raw(),
        elapsed.into(),
        SECONDS_PER_YEAR.into(),
    )?;
    let grown = rate.saturating_add(mul_div_floor(rate, growth, ONE)?);
    Ok(Price::new(grown.min(Price::MAX.raw()))?)
}

/// What the contract says the rate is.
fn asked(
    querier: &QuerierWrapper,
    source: &LstRate,
    max_future: Seconds,
    now: Seconds,
) -> Result<Price, OracleError> {
    let request = QueryRequest::<Empty>::Wasm(WasmQuery::Smart {
        contract_addr: source.contract.clone(),
        msg: Binary::from(source.query.as_bytes()),
    });
    let answer: Json = querier.query(&request)?;
    let digits = |path: &[String], name| {
        let value = answer.at(path).and_then(Json::digits);
        value.ok_or(OracleError::NoValue(name))
    };
    let rate = parse(&digits(&source.rate_path, "rate")?)?;
    if let Some(path) = &source.time_path {
        let text = digits(path, "time")?;
        let time = text
            .parse()
            .map_err(|_| OracleError::NoValue("time in whole seconds"))?;
        recent(time, source.max_rate_age, max_future, now)?;
    }
    Ok(rate)
}

fn recent(time: u64, max_age: u64, max_future: Seconds, now: Seconds) -> Result<(), Rejected> {
    if Seconds::new(time) > now.plus(max_future) {
        return Err(Rejected::Future {
            publish_time: time,
            now: now.get(),
            max: max_future.get(),
        });
    }
    let age = now.since(Seconds::new(time)).get();
    if age > max_age {
        return Err(Rejected::TooOld { age, max: max_age });
    }
    Ok(())
}

/// A rate as the number of base tokens at 1e-24; errors outside 1e-12 to 1e9.
pub fn price(rate: Decimal256) -> Result<Price, OracleError> {
    let atomics = Uint128::try_from(rate.atomics())
        .map_err(|_| bounds("rate", rate, "0.000000000001", "1000000000"))?;
    Ok(Price::new(atomics.u128().saturating_mul(PER_ATOMIC))?)
}

fn decimal_floor(rate: Price) -> Result<Decimal256, OracleError> {
    let atomics = Uint256::from(rate.raw() / PER_ATOMIC);
    Decimal256::from_atomics(atomics, 18).map_err(|_| bounds("rate", atomics, "0", "1e27"))
}
