//! A pair of the price module that a chain's validators feed, by gRPC query.

use cosmwasm_std::QuerierWrapper;
use prost::Message;
use wicker_engine::price::Observation;
use wicker_math::Seconds;
use wicker_msgs::oracle::SlinkyVersion;

use super::{bounds, grpc, inverted, scaled};
use crate::error::OracleError;

/// More places than any feed has.
const MAX_DECIMALS: u64 = 36;

#[derive(Clone, PartialEq, Message)]
struct SlinkyRequest {
    #[prost(message, optional, tag = "1")]
    currency_pair: Option<CurrencyPair>,
}

#[derive(Clone, PartialEq, Message)]
struct CurrencyPair {
    #[prost(string, tag = "1")]
    base: String,
    #[prost(string, tag = "2")]
    quote: String,
}

#[derive(Clone, PartialEq, Message)]
struct ConnectRequest {
    #[prost(string, tag = "1")]
    currency_pair: String,
}

#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(message, optional, tag = "1")]
    price: Option<QuotePrice>,
    #[prost(uint64, tag = "3")]
    decimals: u64,
}

/// `price` in units of `10^-decimals`, a whole number as text.
#[derive(Clone, PartialEq, Message)]
struct QuotePrice {
    #[prost(string, tag = "1")]
    price: String,
    #[prost(message, optional, tag = "2")]
    block_timestamp: Option<grpc::Time>,
}

/// The pair's price, published at the time of the block that has it. Errors when the chain has no such module, does not let contracts ask it or
/// knows no such pair, when the pair has no price yet, and out of range.
pub fn read(
    querier: &QuerierWrapper,
    version: &SlinkyVersion,
    (base, quote): (&str, &str),
    inverse: bool,
) -> Result<Observation, OracleError> {
    let answer: Answer = match version {
        SlinkyVersion::SlinkyV1 => {
            let currency_pair = Some(CurrencyPair {
                base: base.into(),
                quote: quote.into(),
            });
            let request = SlinkyRequest { currency_pair };
            grpc::ask(querier, "/slinky.oracle.v1.Query/GetPrice", &request)?
        }
        SlinkyVersion::ConnectV2 => {
            let currency_pair = format!("{base}/{quote}");
            let request = ConnectRequest { currency_pair };
            grpc::ask(querier, "/connect.oracle.v2.Query/GetPrice", &request)?
        }
    };
    let said = answer.price.ok_or(OracleError::NoValue("price"))?;
    let price = scaled(&said.price, exponent(answer.decimals)?)?;
    let time = said.block_timestamp.map_or(0, |time| time.seconds);
    let publish_time =
        u64::try_from(time).map_err(|_| bounds("block_timestamp", time, 0, i64::MAX))?;
    Ok(Observation {
        price: if inverse { inverted(price)? } else { price },
        publish_time: Seconds::new(publish_time),
        confidence: 0,
        sources: 1,
        doubtful: false,
    })
}

fn exponent(decimals: u64) -> Result<i32, OracleError> {
    match i32::try_from(decimals) {
        Ok(places) if decimals <= MAX_DECIMALS => Ok(-places),
        _ => Err(bounds("decimals", decimals, 0, MAX_DECIMALS)),
    }
}

#[cfg(test)]
mod tests {
    use wicker_engine::price::parse;

    use super::grpc::testing::Modules;
    use super::*;

    // Questions and answers as Google's protobuf library for Python writes them.
    const CONNECT: &str = "0a074254432f555344";
    const SLINKY: &str = "0a0a0a034254431203555344";

    fn connect(answer: &str, inverse: bool) -> Result<Observation, OracleError> {
        let path = "/connect.oracle.v2.Query/GetPrice";
        let modules = Modules::of(&[(path, CONNECT, answer)]);
        let querier = QuerierWrapper::new(&modules);
        read(&querier, &SlinkyVersion::ConnectV2, ("BTC", "USD"), inverse)
    }

    #[test]
    fn both_versions_are_asked_in_their_own_words_and_answer_alike() {
        // 6500012345 with 5 decimals, block 42 at 1,700,000,000 s and 123 ns, nonce 7, id 3.
        let answer = "0a180a0a3635303030313233343512080880e2cfaa06107b182a100718052003";
        let seen = connect(answer, false).unwrap();
        assert_eq!(seen.price, parse("65000.12345").unwrap());
        assert_eq!(seen.publish_time, Seconds::new(1_700_000_000));
        let path = "/slinky.oracle.v1.Query/GetPrice";
        let modules = Modules::of(&[(path, SLINKY, answer)]);
        let querier = QuerierWrapper::new(&modules);
        let pair = ("BTC", "USD");
        assert_eq!(
            read(&querier, &SlinkyVersion::SlinkyV1, pair, false).unwrap(),
            seen
        );
        // A chain with one of the modules does not have the other.
        assert!(read(&querier, &SlinkyVersion::ConnectV2, pair, false).is_err());
    }

    #[test]
    fn decimals_from_0_to_18_place_the_point() {
        let eighteen =
            "0a210a133132333435363738393031323334353637383912080880e2cfaa06107b182a100718122003";
        let seen = connect(eighteen, false).unwrap();
        assert_eq!(seen.price, parse("1.234567890123456789").unwrap());
        let none = "0a0f0a013312080880e2cfaa06107b182a10072003";
        assert_eq!(connect(none, false).unwrap().price, parse("3").unwrap());
    }

    #[test]
    fn an_inverse_pair_counts_one_over_its_price() {
        // A dollar is 150 of it: 15000000000 with 8 decimals.
        let answer = "0a190a0b313530303030303030303012080880e2cfaa06107b182a100718082003";
        let seen = connect(answer, true).unwrap();
        assert_eq!(seen.price, parse("0.006666666666666666666666").unwrap());
    }

    #[test]
    fn what_is_no_price_is_an_error() {
        let refused = |answer| connect(answer, false).unwrap_err().to_string();
        assert_eq!(
            refused("18052003"),
            "answer has no price where the path leads"
        );
        // -6500012345.
        let negative = "0a190a0b2d3635303030313233343512080880e2cfaa06107b182a100718052003";
        assert!(refused(negative).contains("price in digits"));
        // Not protobuf: a length beyond the end.
        assert!(refused("0aff").contains("answer"));
        // 300 decimals.
        assert!(refused("0a030a013318ac02").contains("decimals 300 is outside 0 to 36"));
    }
}
