//! What the oracle knows of a denom: whether this account may report it, and what it reported last.

use wicker_client::{Chain, ClientError};
use wicker_engine::price::parse;
use wicker_math::Seconds;
use wicker_msgs::oracle::{PriceResponse, QueryMsg, ReportsResponse, Source, SourceResponse};

use crate::judge::Quote;

/// How a denom stands with the oracle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Not asked yet, or to be asked again.
    Unknown,
    /// This account reports it.
    Ours,
    /// It does not, and why.
    Foreign(String),
}

/// Asks how a denom stands, and for the account's last report of it.
pub async fn learn(
    chain: &Chain,
    (oracle, feeder): (&str, &str),
    denom: &str,
) -> Result<(Standing, Option<Quote>), ClientError> {
    let of = || denom.to_string();
    let question = QueryMsg::Source { denom: of() };
    let source: Option<SourceResponse> = asked(chain.query(oracle, &question).await)?;
    let foreign = |why: &str| Ok((Standing::Foreign(why.into()), None));
    let Some(source) = source else {
        return foreign("the oracle has no source for it");
    };
    let Source::Relayed { feeders, .. } = source.source else {
        return foreign("its source has no feeders");
    };
    if !feeders.iter().any(|one| one == feeder) {
        return foreign("this account is none of its feeders");
    }
    let last = match feeders.len() {
        // The last report of a lone feeder is the price.
        1 => {
            let question = QueryMsg::Price { denom: of() };
            let price: Option<PriceResponse> = asked(chain.query(oracle, &question).await)?;
            price.map(|price| (price.price, price.publish_time))
        }
        _ => {
            let question = QueryMsg::Reports { denom: of() };
            let reports: Option<ReportsResponse> = asked(chain.query(oracle, &question).await)?;
            let reports = reports.map_or(Vec::new(), |reports| reports.reports);
            let own = reports.into_iter().find(|report| report.feeder == feeder);
            own.map(|report| (report.price, report.publish_time))
        }
    };
    let last = last.and_then(|(price, time)| {
        Some(Quote {
            price: parse(&price).ok()?,
            time: Seconds::new(time),
        })
    });
    Ok((Standing::Ours, last))
}

/// `None` where the contract says that there is nothing.
fn asked<T>(answer: Result<T, ClientError>) -> Result<Option<T>, ClientError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(ClientError::Query(_)) => Ok(None),
        Err(why) => Err(why),
    }
}
