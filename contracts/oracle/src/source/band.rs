//! A pair of a Band standard reference contract, by smart query.

use cosmwasm_std::QuerierWrapper;
use serde::Serialize;
use wicker_engine::price::Observation;
use wicker_math::Seconds;

use super::{answer::Json, inverted, scaled};
use crate::error::OracleError;

/// Rates are whole numbers of this power of ten.
const EXPONENT: i32 = -18;

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Question<'a> {
    GetReferenceData { symbol_pair: (&'a str, &'a str) },
}

/// The pair's rate, published when the older of its two symbols was. Errors when the contract does not answer in this form, and out of range.
pub fn read(
    querier: &QuerierWrapper,
    contract: &str,
    symbol_pair: (&str, &str),
    inverse: bool,
) -> Result<Observation, OracleError> {
    let question = Question::GetReferenceData { symbol_pair };
    let answer: Json = querier.query_wasm_smart(contract, &question)?;
    // Some versions write times as text.
    let field = |name: &'static str| {
        let value = answer.at(&[name.into()]).and_then(Json::digits);
        value.ok_or(OracleError::NoValue(name))
    };
    let time = |name: &'static str| -> Result<u64, OracleError> {
        field(name)?.parse().map_err(|_| OracleError::NoValue(name))
    };
    let rate = scaled(&field("rate")?, EXPONENT)?;
    let updated = time("last_updated_base")?.min(time("last_updated_quote")?);
    Ok(Observation {
        price: if inverse { inverted(rate)? } else { rate },
        publish_time: Seconds::new(updated),
        confidence: 0,
        sources: 1,
        doubtful: false,
    })
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockQuerier;
    use cosmwasm_std::{ContractResult, QuerierResult, SystemResult, WasmQuery};
    use wicker_engine::price::parse;

    use super::*;

    fn asked(answer: &'static str, inverse: bool) -> Result<Observation, OracleError> {
        let mut querier: MockQuerier = MockQuerier::new(&[]);
        querier.update_wasm(move |query| -> QuerierResult {
            let WasmQuery::Smart { contract_addr, msg } = query else {
                unreachable!("only smart queries are made")
            };
            assert_eq!(contract_addr, "band");
            let question = r#"{"get_reference_data":{"symbol_pair":["ATOM","USD"]}}"#;
            assert_eq!(msg.as_slice(), question.as_bytes());
            SystemResult::Ok(ContractResult::Ok(answer.as_bytes().into()))
        });
        read(
            &QuerierWrapper::new(&querier),
            "band",
            ("ATOM", "USD"),
            inverse,
        )
    }

    #[test]
    fn a_rate_is_at_1e18_and_as_old_as_its_older_symbol() {
        let seen = asked(
            r#"{"rate":"9876543210987654321","last_updated_base":"1700000000","last_updated_quote":"1700000009"}"#,
            false,
        )
        .unwrap();
        assert_eq!(seen.price, parse("9.876543210987654321").unwrap());
        assert_eq!(seen.publish_time, Seconds::new(1_700_000_000));
    }

    #[test]
    fn a_rate_of_1e_minus_18_is_below_every_price() {
        let seen = asked(
            r#"{"rate":"1","last_updated_base":1700000009,"last_updated_quote":1700000000}"#,
            false,
        );
        assert!(seen.unwrap_err().to_string().contains("price"));
    }

    #[test]
    fn an_inverse_pair_counts_one_over_its_rate() {
        let seen = asked(
            r#"{"rate":"160000000000000000","last_updated_base":1700000009,"last_updated_quote":1700000000}"#,
            true,
        )
        .unwrap();
        assert_eq!(seen.price, parse("6.25").unwrap());
        assert_eq!(seen.publish_time, Seconds::new(1_700_000_000));
    }

    #[test]
    fn what_is_no_rate_is_an_error() {
        for answer in [
            r#"{"rate":"0","last_updated_base":1,"last_updated_quote":1}"#,
            r#"{"rate":"-5","last_updated_base":1,"last_updated_quote":1}"#,
            r#"{"rate":"+5000000000000000000","last_updated_base":1,"last_updated_quote":1}"#,
            r#"{"rate":"1e18","last_updated_base":1,"last_updated_quote":1}"#,
            r#"{"rate":"","last_updated_base":1,"last_updated_quote":1}"#,
            r#"{"rate":"5000000000000000000","last_updated_base":"soon","last_updated_quote":1}"#,
            r#"{"rate":"5000000000000000000","last_updated_base":1}"#,
            r#"{"rate":"115792089237316195423570985008687907853269984665640564039457584007913129639935","last_updated_base":1,"last_updated_quote":1}"#,
            "[]",
            "<html>",
        ] {
            assert!(asked(answer, false).is_err(), "{answer}");
            assert!(asked(answer, true).is_err(), "{answer}");
        }
    }
}
