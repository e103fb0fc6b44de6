//! Three feeders, each with a key and an opinion of its own.

use cosmwasm_std::{Decimal256, Uint256};
use wicker_client::{Gas, Message};
use wicker_msgs::oracle;

use crate::{
    deployment::{Deployment, FEEDERS},
    error::{Error, Trying},
    settings::reported,
};

/// What each feeder sees of a price, in ten-thousandths: markets differ.
const SEEN: [u64; 3] = [10_000, 10_010, 9_990];
/// How far the oracle's price may then be from the path's, in ten-thousandths.
pub const SPREAD: u64 = 10;
/// Longer than the oracle's guards want between two observations of a large step.
pub const CONFIRM: u64 = 61;

/// What a report may use, and each price in it more. Not what a simulation says: a report that is simulated as the first of a quorum may
/// come to be the one that completes it, which costs more.
const GAS: u64 = 150_000;
const GAS_OF_A_PRICE: u64 = 40_000;

/// Of each denom its price in dollars.
pub type Prices = Vec<(String, Decimal256)>;

/// All feeders report prices of now, and again when a large step needs its second observation. `wild` has a decimal point misplaced.
pub async fn report(
    deployment: &Deployment<'_>,
    prices: &Prices,
    wild: Option<usize>,
) -> Result<(), Error> {
    for round in 0..2 {
        if round > 0 {
            deployment.net.forward(CONFIRM)?;
        }
        let time = deployment.net.time().await?;
        let gas = Gas {
            limit: Some(GAS + GAS_OF_A_PRICE * (prices.len() as u64 + 1)),
            price: None,
        };
        let mut sent = Vec::new();
        for (at, (name, seen)) in FEEDERS.iter().zip(SEEN).enumerate() {
            let slip = if wild == Some(at) { 10 } else { 1 };
            let seen = Decimal256::from_ratio(seen * slip, 10_000u64);
            let entries = prices.iter().map(|(denom, price)| {
                let price = *price * seen;
                reported(denom, &price.to_string(), time)
            });
            let dollar = reported(&deployment.debt, "1", time);
            let msg = oracle::ExecuteMsg::Report {
                prices: entries.chain([dollar]).collect(),
            };
            let feeder = deployment.net.account(name)?;
            let message = Message::from(deployment.to_oracle(&msg)?);
            let messages = vec![message.to_any(feeder.address())];
            let broadcast = deployment.net.chain.broadcast(feeder, messages, &gas);
            sent.push(broadcast.await.trying("a feeder's report")?);
        }
        for one in sent {
            let done = deployment.net.chain.confirm(&one).await;
            done.trying("a feeder's report")?;
        }
    }
    Ok(())
}

/// A file of prices: a column with the hour and one for each denom, lines of `#` apart.
pub fn path(text: &str) -> Result<Vec<(u64, Prices)>, Error> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    lines.map(|line| row(&names, line)).collect()
}

fn row(names: &[&str], line: &str) -> Result<(u64, Prices), Error> {
    let wrong = || Error::Wrong(format!("`{line}` is no row of prices"));
    let cells: Vec<&str> = line.split(',').collect();
    if cells.len() != names.len() {
        return Err(wrong());
    }
    let mut cells = names.iter().zip(cells);
    let (_, hour) = cells.next().ok_or_else(wrong)?;
    let prices = cells.map(|(name, cell)| {
        let price: Decimal256 = cell.parse().map_err(|_| wrong())?;
        if price.atomics() == Uint256::zero() {
            return Err(wrong());
        }
        Ok((name.to_string(), price))
    });
    Ok((
        hour.parse().map_err(|_| wrong())?,
        prices.collect::<Result<_, _>>()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_an_hour_and_a_price_of_each_denom() {
        let read = path("# drawn\nhour,a,b\n0,1.5,2\n3,1,2.25\n").unwrap();
        assert_eq!(read.len(), 2);
        let (hour, prices) = &read[1];
        assert_eq!(*hour, 3);
        assert_eq!(prices[1], ("b".into(), "2.25".parse().unwrap()));
    }

    #[test]
    fn a_row_without_a_price_is_refused() {
        for line in ["1,2", "1,2,", "1,2,0", "1,2,-3", "x,1,2", "1,2,3,4"] {
            assert!(path(&format!("hour,a,b\n{line}\n")).is_err(), "{line}");
        }
    }
}
