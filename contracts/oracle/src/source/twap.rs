//! A pool's time-weighted average on the same chain, by gRPC query, times the stored price of what the pool pays in.

use cosmwasm_std::Deps;
use prost::Message;
use wicker_engine::price::Observation;
use wicker_math::Seconds;
use wicker_msgs::oracle::{Mean, Twap};

use super::{composite, grpc, scaled};
use crate::error::OracleError;

/// The halts the detector knows, in seconds, in the order of its numbers for them.
pub const DOWNTIMES: [u64; 25] = [
    30, 60, 120, 180, 240, 300, 600, 1_200, 1_800, 2_400, 3_000, 3_600, 5_400, 7_200, 9_000,
    10_800, 14_400, 18_000, 21_600, 32_400, 43_200, 64_800, 86_400, 129_600, 172_800,
];

/// Averages are decimals, in protobuf as whole numbers of this power of ten.
const EXPONENT: i32 = -18;

#[derive(Clone, PartialEq, Message)]
struct TwapRequest {
    #[prost(uint64, tag = "1")]
    pool_id: u64,
    #[prost(string, tag = "2")]
    base_asset: String,
    #[prost(string, tag = "3")]
    quote_asset: String,
    #[prost(message, optional, tag = "4")]
    start_time: Option<grpc::Time>,
}

#[derive(Clone, PartialEq, Message)]
struct TwapAnswer {
    #[prost(string, tag = "1")]
    twap: String,
}

#[derive(Clone, PartialEq, Message)]
struct DowntimeRequest {
    #[prost(int32, tag = "1")]
    downtime: i32,
    #[prost(message, optional, tag = "2")]
    recovery: Option<grpc::Time>,
}

#[derive(Clone, PartialEq, Message)]
struct DowntimeAnswer {
    #[prost(bool, tag = "1")]
    recovered: bool,
}

/// The average over the window times the quote's price, as old as the quote's price. Errors when the chain has no such modules or does not let
/// contracts ask them, after a halt until it is over for long enough, when the quote has no price or is frozen, and out of range.
pub fn read(deps: Deps, pool: &Twap, now: Seconds) -> Result<Observation, OracleError> {
    recovered(deps, pool)?;
    let quote = composite::leg(deps, &pool.quote_price)?;
    let request = TwapRequest {
        pool_id: pool.pool_id,
        base_asset: pool.base.clone(),
        quote_asset: pool.quote.clone(),
        start_time: Some(grpc::Time::new(now.get().saturating_sub(pool.window))),
    };
    let path = match pool.mean {
        Mean::Arithmetic => "/osmosis.twap.v1beta1.Query/ArithmeticTwapToNow",
        Mean::Geometric => "/osmosis.twap.v1beta1.Query/GeometricTwapToNow",
    };
    let TwapAnswer { twap } = grpc::ask(&deps.querier, path, &request)?;
    // The pool counts in base units: a whole token is ten to its decimals of them.
    let places = i32::from(pool.base_decimals) - i32::from(pool.quote_decimals);
    let average = Observation {
        price: scaled(&twap, EXPONENT + places)?,
        publish_time: quote.publish_time,
        confidence: 0,
        sources: quote.sources,
        doubtful: false,
    };
    composite::product(&[quote, average])
}

/// Errors while the chain has not run for `recovery` since the last halt of `downtime`: pools stood still, and so did their prices.
fn recovered(deps: Deps, pool: &Twap) -> Result<(), OracleError> {
    let known = DOWNTIMES
        .iter()
        .position(|seconds| *seconds == pool.downtime);
    let number = known.and_then(|number| i32::try_from(number).ok());
    let request = DowntimeRequest {
        downtime: number.ok_or(OracleError::Downtime(pool.downtime))?,
        recovery: Some(grpc::Time::new(pool.recovery)),
    };
    let path = "/osmosis.downtimedetector.v1beta1.Query/RecoveredSinceDowntimeOfLength";
    let answer: DowntimeAnswer = grpc::ask(&deps.querier, path, &request)?;
    if answer.recovered {
        return Ok(());
    }
    Err(OracleError::Halted {
        downtime: pool.downtime,
        recovery: pool.recovery,
    })
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::{MockApi, MockStorage};
    use cosmwasm_std::QuerierWrapper;
    use wicker_engine::price::parse;
    use wicker_math::{PricePoint, Status};

    use super::grpc::testing::Modules;
    use super::*;
    use crate::state::save_point;

    const ARITHMETIC: &str = "/osmosis.twap.v1beta1.Query/ArithmeticTwapToNow";
    const GEOMETRIC: &str = "/osmosis.twap.v1beta1.Query/GeometricTwapToNow";
    const DETECTOR: &str = "/osmosis.downtimedetector.v1beta1.Query/RecoveredSinceDowntimeOfLength";
    // Questions and answers as Google's protobuf library for Python writes them, at 1,700,000,000 s with a window of 600 s.
    const ATOM: &str = "080112057561746f6d1a057575736463220608a8ddcfaa06";
    const ETHER: &str = "08c5091204616574681a057575736463220608a8ddcfaa06";
    const NINE_AND_A_HALF: &str = "0a1339353030303030303030303030303030303030";
    const TEN_MINUTES: &str = "0806120308d804";
    const HALF_A_MINUTE: &str = "120308d804";
    const YES: &str = "0801";

    fn atom() -> Twap {
        Twap {
            pool_id: 1,
            mean: Mean::Arithmetic,
            base: "uatom".into(),
            base_decimals: 6,
            quote: "uusdc".into(),
            quote_decimals: 6,
            quote_price: "usdc".into(),
            window: 600,
            downtime: 600,
            recovery: 600,
        }
    }

    fn asked(pool: &Twap, answers: &[(&str, &str, &str)]) -> Result<Observation, OracleError> {
        let (modules, api) = (Modules::of(answers), MockApi::default());
        let mut storage = MockStorage::new();
        let price = parse("0.999").unwrap();
        let point = PricePoint {
            status: Status::OK,
            sources: 3,
            price,
            publish_time: Seconds::new(1_699_999_990),
            accepted_at: Seconds::new(1_699_999_995),
            confidence: 0,
            anchor: price,
            anchor_at: Seconds::new(1_699_999_995),
            pending: None,
        };
        save_point(&mut storage, "usdc", &point);
        let deps = Deps {
            storage: &storage,
            api: &api,
            querier: QuerierWrapper::new(&modules),
        };
        read(deps, pool, Seconds::new(1_700_000_000))
    }

    #[test]
    fn the_average_times_the_quotes_price_is_as_old_as_that_price() {
        let seen = asked(
            &atom(),
            &[
                (ARITHMETIC, ATOM, NINE_AND_A_HALF),
                (DETECTOR, TEN_MINUTES, YES),
            ],
        )
        .unwrap();
        assert_eq!(seen.price, parse("9.4905").unwrap());
        assert_eq!(seen.publish_time, Seconds::new(1_699_999_990));
        let geometric = Twap {
            mean: Mean::Geometric,
            downtime: 30,
            ..atom()
        };
        let answers = [
            (GEOMETRIC, ATOM, NINE_AND_A_HALF),
            (DETECTOR, HALF_A_MINUTE, YES),
        ];
        assert_eq!(asked(&geometric, &answers).unwrap(), seen);
    }

    #[test]
    fn decimals_of_both_coins_place_the_point() {
        // 3,210e6 base units of the quote for 1e18 of the base.
        let ether = Twap {
            pool_id: 1_221,
            base: "aeth".into(),
            base_decimals: 18,
            ..atom()
        };
        // "3210000000", 3.21e-9 at 1e-18.
        let answer = "0a0a33323130303030303030";
        let seen = asked(
            &ether,
            &[(ARITHMETIC, ETHER, answer), (DETECTOR, TEN_MINUTES, YES)],
        );
        assert_eq!(seen.unwrap().price, parse("3206.79").unwrap());
    }

    #[test]
    fn there_is_no_price_during_and_shortly_after_a_halt() {
        let error = asked(
            &atom(),
            &[
                (ARITHMETIC, ATOM, NINE_AND_A_HALF),
                (DETECTOR, TEN_MINUTES, ""),
            ],
        );
        let says = "the chain stood still for 600 s or more and has not run for 600 s since";
        assert_eq!(error.unwrap_err().to_string(), says);
        // Nor without a detector, nor without an average.
        assert!(asked(&atom(), &[(ARITHMETIC, ATOM, NINE_AND_A_HALF)]).is_err());
        assert!(asked(&atom(), &[(DETECTOR, TEN_MINUTES, YES)]).is_err());
    }

    #[test]
    fn what_is_no_average_is_an_error() {
        // Nothing, 0, -1, and 9.5 with a point, which is the form of JSON answers.
        for answer in ["", "0a0130", "0a022d31", "0a03392e35"] {
            let answers = [(ARITHMETIC, ATOM, answer), (DETECTOR, TEN_MINUTES, YES)];
            assert!(asked(&atom(), &answers).is_err(), "{answer}");
        }
    }
}
