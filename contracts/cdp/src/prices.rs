//! The only door to the oracle: raw reads of its stored points, which load no contract and cannot fail because a source is down.

use cosmwasm_std::{Addr, QuerierWrapper};
use wicker_math::PricePoint;
use wicker_msgs::oracle::point_key;

/// The oracle's point of a denom; `None` where there is none that can be read, so that a broken record closes new risk against its
/// asset and nothing else.
pub fn point(querier: &QuerierWrapper<'_>, oracle: &Addr, denom: &str) -> Option<PricePoint> {
    let record = querier.query_wasm_raw(oracle.as_str(), point_key(denom));
    PricePoint::from_bytes(&record.ok()??).ok()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockQuerier;
    use cosmwasm_std::{ContractResult, SystemError, SystemResult, WasmQuery};
    use wicker_math::{Price, Seconds, Status};

    use super::*;

    fn stored() -> PricePoint {
        PricePoint {
            status: Status::OK,
            sources: 3,
            price: Price::ONE,
            publish_time: Seconds::new(900),
            accepted_at: Seconds::new(905),
            confidence: 0,
            anchor: Price::ONE,
            anchor_at: Seconds::new(800),
            pending: None,
        }
    }

    fn querier(record: Vec<u8>) -> MockQuerier {
        let mut querier = MockQuerier::default();
        querier.update_wasm(move |query| match query {
            WasmQuery::Raw { contract_addr, key } if contract_addr == "oracle" => {
                let found = key.as_slice() == point_key("btc");
                let value = if found { record.clone() } else { vec![] };
                SystemResult::Ok(ContractResult::Ok(value.into()))
            }
            other => SystemResult::Err(SystemError::UnsupportedRequest {
                kind: format!("{other:?}"),
            }),
        });
        querier
    }

    #[test]
    fn a_stored_point_is_read_back() {
        let mock = querier(stored().to_bytes().to_vec());
        let read = |oracle: &str, denom| {
            point(&QuerierWrapper::new(&mock), &Addr::unchecked(oracle), denom)
        };
        assert_eq!(read("oracle", "btc"), Some(stored()));
        assert_eq!(read("oracle", "eth"), None);
        assert_eq!(read("elsewhere", "btc"), None);
    }

    #[test]
    fn a_record_of_another_length_or_layout_is_no_price() {
        let good = stored().to_bytes().to_vec();
        let mut other_layout = good.clone();
        other_layout[0] = 9;
        let mut no_price = good.clone();
        no_price[24..40].fill(0);
        for broken in [good[..103].to_vec(), other_layout, no_price] {
            let mock = querier(broken);
            let oracle = Addr::unchecked("oracle");
            assert_eq!(point(&QuerierWrapper::new(&mock), &oracle, "btc"), None);
        }
    }
}
