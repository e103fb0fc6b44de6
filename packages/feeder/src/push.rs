//! From prices to the oracle's message, and what the oracle says of each.

use wicker_client::{ClientError, Execute, Executed, Message};
use wicker_engine::price::format;
use wicker_msgs::events::CHAIN_PREFIX;
use wicker_msgs::oracle::{ExecuteMsg, ReportedPrice, MAX_LIST};

use crate::judge::Quote;

/// The messages of a report: one for as many prices as the oracle takes at once.
pub fn messages(oracle: &str, due: &[(String, Quote)]) -> Result<Vec<Message>, ClientError> {
    let parts = due.chunks(MAX_LIST).map(|part| {
        let prices = part.iter().map(|(denom, quote)| ReportedPrice {
            denom: denom.clone(),
            price: format(quote.price),
            publish_time: quote.time.get(),
            confidence: None,
        });
        let report = ExecuteMsg::Report {
            prices: prices.collect(),
        };
        Ok(Execute::new(oracle, &report)?.into())
    });
    parts.collect()
}

/// What the oracle refused, and why.
pub fn refused(oracle: &str, done: &Executed) -> Vec<(String, String)> {
    let mut refused = Vec::new();
    for event in &done.events {
        let of = |key: &str| {
            let found = event.attributes.iter().find(|one| one.key == key);
            found.map(|one| one.value.as_str())
        };
        let price = event.ty.strip_prefix(CHAIN_PREFIX) == Some("wicker_price");
        let ours = of("_contract_address") == Some(oracle);
        if let (true, true, Some("rejected"), Some(denom)) =
            (price, ours, of("outcome"), of("denom"))
        {
            let why = of("reason").unwrap_or_default();
            refused.push((denom.to_string(), why.to_string()));
        }
    }
    refused
}
