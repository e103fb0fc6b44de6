//! Runs one piece of the engine a number of times: the difference of two numbers of times is what the piece costs.

use std::hint::black_box;

use cosmwasm_std::{
    entry_point, to_json_binary, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Response,
    StdError, StdResult,
};
use serde::Deserialize;
use wicker_engine::covariance::{measure, Clock, CorrelationState, LegPrior, RiskState, Sample};
use wicker_engine::margin::{margin, Leg, MarginParams};
use wicker_math::{Price, Ratio, Seconds, SignedValue, Value, ONE};

/// What is run.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Both records of a basket measured.
    Update,
    /// The correlations of all pairs.
    Correlations,
    /// A margin, every leg held, none concentrated.
    Margin,
    /// The same with every leg larger than its market.
    Concentrated,
}

/// A piece, for this many legs, this often.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Run {
    piece: Piece,
    legs: usize,
    times: u32,
}

const START: Seconds = Seconds::hours(1_000);

/// Nothing to start.
#[entry_point]
pub fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

/// Runs it; answers with a figure that depends on the result.
#[entry_point]
pub fn query(_: Deps, _: Env, run: Run) -> StdResult<Binary> {
    let Run { piece, legs, times } = run;
    let prior = LegPrior {
        floor: Ratio::bps(60),
        stressed: Ratio::bps(120),
        correlation: Ratio::percent(50),
        weight: Seconds::hours(720),
    };
    let (priors, clock) = (vec![prior; legs], Clock::default());
    let (later, last) = (Seconds::hours(1_004), Seconds::hours(1_008));
    let first = measure(
        &RiskState::new(&priors, START),
        &CorrelationState::new(&priors, START),
        &clock,
        &priors,
        &samples(legs, 0, later)?,
        later,
    );
    let (Some(mut risk), Some(correlation)) = (first.risk, first.correlation) else {
        return Err(StdError::msg("nothing was due"));
    };
    // Of age: the mean correlations are compared too.
    for leg in &mut risk.legs {
        leg.samples = clock.min_samples;
    }
    let samples = samples(legs, 1, last)?;
    let correlations = correlation.correlations();
    let legs = portfolio(legs, matches!(piece, Piece::Concentrated));
    let params = MarginParams {
        kappa: Ratio::new(22_045_407_685_048_602_000),
        delta: Ratio::percent(25),
        cr_max: Ratio::percent(300),
        phi: Ratio::percent(15),
        cost: Ratio::percent(9),
    };
    let mut sum = 0u128;
    for _ in 0..times {
        sum = sum.wrapping_add(match piece {
            Piece::Update => {
                let measured = black_box(measure(
                    &risk,
                    &correlation,
                    &clock,
                    &priors,
                    black_box(&samples),
                    last,
                ));
                let both = measured.risk.is_some() && measured.correlation.is_some();
                u128::from(both)
            }
            Piece::Correlations => {
                let all = black_box(black_box(&correlation).correlations());
                u128::from(all.rho(0, 1) > 0)
            }
            Piece::Margin | Piece::Concentrated => {
                let margin = margin(black_box(&legs), black_box(&correlations), &params);
                margin
                    .map_err(|cause| StdError::msg(cause.to_string()))?
                    .maintenance
                    .raw()
            }
        });
    }
    to_json_binary(&sum.to_string())
}

/// Prices around ten dollars, each leg moved by its own part of a percent at the second sample.
fn samples(legs: usize, step: u128, publish_time: Seconds) -> StdResult<Vec<Option<Sample>>> {
    (0..legs as u128)
        .map(|leg| {
            let millis = 10_000 + leg * 7 + step * (leg % 5 + 1) * 31;
            let price = Price::new(millis * ONE * 1_000)
                .map_err(|cause| StdError::msg(cause.to_string()))?;
            Ok(Some(Sample {
                price,
                publish_time,
            }))
        })
        .collect()
}

/// Ten thousand dollars of every leg, and a debt of half of it all in the last one.
fn portfolio(legs: usize, concentrated: bool) -> Vec<Leg> {
    let held = 10_000 * ONE as i128;
    let depth = if concentrated {
        Value::dollars(4_000)
    } else {
        Value::dollars(1_000_000)
    };
    (0..legs)
        .map(|index| {
            let debt = index + 1 == legs;
            let value = if debt {
                -held * (legs as i128 - 1) / 2
            } else {
                held
            };
            Leg {
                index,
                value: SignedValue::new(value),
                sigma: Ratio::bps(60 + index as u64),
                exposure: Value::dollars(50_000),
                depth: Some(depth),
                jump: Ratio::percent(5),
            }
        })
        .collect()
}
