//! Questions to the chain's own modules.

use cosmwasm_std::{Binary, QuerierWrapper};
use prost::Message;

use crate::error::OracleError;

/// `google.protobuf.Timestamp` and `google.protobuf.Duration`, which have the same fields.
#[derive(Clone, PartialEq, Message)]
pub struct Time {
    /// Seconds.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// And billionths.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Time {
    /// Of so many seconds; the largest there is where they do not fit.
    pub fn new(seconds: u64) -> Self {
        Self {
            seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
            nanos: 0,
        }
    }
}

/// The module's answer; errors where the chain refuses the question, as one without the module does, and where the answer has another form.
pub fn ask<A: Message + Default>(
    querier: &QuerierWrapper,
    path: &str,
    question: &impl Message,
) -> Result<A, OracleError> {
    let data = Binary::from(question.encode_to_vec());
    let answer = querier.query_grpc(path.into(), data)?;
    A::decode(answer.as_slice()).map_err(OracleError::Answer)
}

#[cfg(test)]
pub mod testing {
    use std::collections::BTreeMap;

    use cosmwasm_std::{
        from_json, Binary, ContractResult, Empty, Querier, QuerierResult, QueryRequest,
        SystemError, SystemResult,
    };

    /// A chain whose modules answer these questions and no others.
    #[derive(Default)]
    pub struct Modules(pub BTreeMap<(String, Vec<u8>), Vec<u8>>);

    impl Modules {
        pub fn of(answers: &[(&str, &str, &str)]) -> Self {
            let answers = answers.iter().map(|(path, question, answer)| {
                ((path.to_string(), bytes(question)), bytes(answer))
            });
            Self(answers.collect())
        }
    }

    impl Querier for Modules {
        fn raw_query(&self, request: &[u8]) -> QuerierResult {
            let Ok(QueryRequest::<Empty>::Grpc(query)) = from_json(request) else {
                let kind = "not grpc".into();
                return SystemResult::Err(SystemError::UnsupportedRequest { kind });
            };
            match self.0.get(&(query.path.clone(), query.data.to_vec())) {
                Some(answer) => SystemResult::Ok(ContractResult::Ok(Binary::from(answer.clone()))),
                None => SystemResult::Err(SystemError::UnsupportedRequest { kind: query.path }),
            }
        }
    }

    /// The bytes of hexadecimal text.
    pub fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<_> = hex.bytes().collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.chunks(2).map(|pair| byte(pair).unwrap()).collect()
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::{message_info, mock_env, MockApi, MockStorage};
    use cosmwasm_std::{Decimal256, Event, OwnedDeps};
    use wicker_engine::price::Rejected;
    use wicker_math::{PricePoint, Status};
    use wicker_msgs::oracle::{ExecuteMsg, InstantiateMsg, Reference, SlinkyVersion, Source, Twap};

    use super::testing::Modules;
    use crate::contract::{execute, instantiate};
    use crate::error::OracleError;

    type Chain = OwnedDeps<MockStorage, MockApi, Modules>;

    fn sent(chain: &mut Chain, msg: ExecuteMsg) -> Result<Vec<Event>, OracleError> {
        let owner = chain.api.addr_make("owner");
        let mut env = mock_env();
        env.block.time = cosmwasm_std::Timestamp::from_seconds(1_700_000_001);
        let response = execute(chain.as_mut(), env, message_info(&owner, &[]), msg);
        response.map(|response| response.events)
    }

    fn list(chain: &mut Chain, source: Source, price: &str) -> Result<Vec<Event>, OracleError> {
        let reference = Reference {
            price: price.into(),
            band: Decimal256::percent(10),
        };
        let set = ExecuteMsg::SetSource {
            denom: price.into(),
            source,
            guards: None,
            reference,
        };
        sent(chain, set)
    }

    fn chain() -> Chain {
        // 6500012345 with 5 decimals at 1,700,000,000 s.
        let answer = "0a180a0a3635303030313233343512080880e2cfaa06107b182a100718052003";
        let path = "/connect.oracle.v2.Query/GetPrice";
        let mut chain = OwnedDeps {
            storage: MockStorage::new(),
            api: MockApi::default(),
            querier: Modules::of(&[(path, "0a074254432f555344", answer)]),
            custom_query_type: Default::default(),
        };
        let owner = chain.api.addr_make("owner");
        let msg = InstantiateMsg {
            owner: owner.to_string(),
            guardian: None,
        };
        instantiate(chain.as_mut(), mock_env(), message_info(&owner, &[]), msg).unwrap();
        chain
    }

    fn bitcoin() -> Source {
        Source::Slinky {
            version: SlinkyVersion::ConnectV2,
            base: "BTC".into(),
            quote: "USD".into(),
            inverse: false,
        }
    }

    #[test]
    fn a_module_that_is_gone_degrades_its_own_denom_and_no_other() {
        let mut chain = chain();
        list(&mut chain, bitcoin(), "65000").unwrap();
        list(&mut chain, Source::Fixed { price: "1".into() }, "1").unwrap();
        chain.querier.0.clear();
        assert_eq!(refreshed(&mut chain), ["degraded", "unchanged"]);
        // What cannot be read cannot be listed.
        assert!(list(&mut chain, bitcoin(), "64000").is_err());
    }

    /// What a refresh of both denoms comes to.
    fn refreshed(chain: &mut Chain) -> Vec<String> {
        let denoms = vec!["65000".into(), "1".into()];
        let events = sent(chain, ExecuteMsg::Refresh { denoms }).unwrap();
        let outcomes = events
            .iter()
            .filter_map(|event| event.attributes.iter().find(|one| one.key == "outcome"));
        outcomes.map(|outcome| outcome.value.clone()).collect()
    }

    #[test]
    fn an_answer_without_a_time_is_too_old_degrades_its_denom_and_moves_no_price() {
        let mut chain = chain();
        list(&mut chain, bitcoin(), "65000").unwrap();
        list(&mut chain, Source::Fixed { price: "1".into() }, "1").unwrap();
        let before = crate::state::point(&chain.storage, "65000").unwrap();
        // 7000012345 with 5 decimals and no block_timestamp.
        let timeless = super::testing::bytes("0a0e0a0a37303030303132333435182a100718052003");
        for answer in chain.querier.0.values_mut() {
            *answer = timeless.clone();
        }
        assert_eq!(refreshed(&mut chain), ["degraded", "unchanged"]);
        let after = crate::state::point(&chain.storage, "65000").unwrap();
        let (before, after) = (before.unwrap(), after.unwrap());
        assert_eq!(
            (before.status, after.status),
            (Status::OK, Status::DEGRADED)
        );
        let price = |point: &PricePoint| (point.price, point.publish_time, point.pending);
        assert_eq!(price(&after), price(&before));
        // Nor is it a price to begin with.
        let refused = list(&mut chain, bitcoin(), "70000").unwrap_err();
        let stale = matches!(refused, OracleError::Rejected(Rejected::TooOld { .. }));
        assert!(stale, "{refused}");
    }

    #[test]
    fn a_pool_outside_its_bounds_is_refused_and_names_the_bound() {
        let mut chain = chain();
        list(&mut chain, Source::Fixed { price: "1".into() }, "1").unwrap();
        let pool = || Twap {
            pool_id: 1,
            mean: wicker_msgs::oracle::Mean::Geometric,
            base: "uatom".into(),
            base_decimals: 6,
            quote: "uusdc".into(),
            quote_decimals: 6,
            quote_price: "1".into(),
            window: 600,
            downtime: 600,
            recovery: 600,
        };
        type Spoil = fn(&mut Twap);
        let cases: [(Spoil, &str); 8] = [
            (|pool| pool.window = 59, "window 59 is outside 60 to 172800"),
            (
                |pool| pool.recovery = 599,
                "recovery 599 is outside 600 to 604800",
            ),
            (
                |pool| pool.downtime = 601,
                "halts of 601 s are not detected",
            ),
            (
                |pool| pool.base_decimals = 19,
                "base_decimals 19 is outside 0 to 18",
            ),
            (|pool| pool.quote = "uatom".into(), "uatom is named twice"),
            (
                |pool| pool.base = String::new(),
                "denom length 0 is outside 1 to 128",
            ),
            (|pool| pool.quote_price = "2".into(), "2 has no source"),
            (|pool| pool.quote_price = "9".into(), "9 has no source"),
        ];
        for (spoil, says) in cases {
            let mut pool = pool();
            spoil(&mut pool);
            let error = list(&mut chain, Source::Twap(pool), "9").unwrap_err();
            assert_eq!(error.to_string(), says);
        }
    }
}
