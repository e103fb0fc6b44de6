//! Three feeders: `wicker feed` as operators run it, each with a key, a file of prices and an opinion of its own, by the chain's clock.

use std::{cell::RefCell, collections::BTreeMap};

use cosmwasm_std::{Decimal256, Uint256};
use serde_json::Value;

use crate::{
    deployment::{Deployment, FEEDERS},
    desk::Desk,
    error::{Error, Trying},
    program::Program,
};

/// What each feeder sees of a price, in ten-thousandths: markets differ.
const SEEN: [u64; 3] = [10_000, 10_010, 9_990];
/// How far the oracle's price may then be from the path's, in ten-thousandths.
pub const SPREAD: u64 = 10;
/// The one with a decimal point misplaced, and by how much.
const WILD: usize = 2;
const SLIP: u64 = 10;
/// The one that is killed.
const KILLED: usize = 1;
/// Longer than the oracle's guards want between two observations of a large step, and than a feeder's heartbeat.
const CONFIRM: u64 = 61;
const DAY: u64 = 86_400;

/// Of each denom its price in dollars.
pub type Prices = Vec<(String, Decimal256)>;

/// What happens to feeders while they report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Nothing.
    None,
    /// One of them is killed once it has reported, and does not report again.
    Killed,
    /// The killed one is started again, and without it there is no quorum: another's prices are ten times what they should be.
    Wild,
}

/// The feeders, which run until this is dropped.
pub struct Feeders<'a> {
    deployment: &'a Deployment<'a>,
    all: Vec<Feeder>,
}

struct Feeder {
    desk: Desk,
    program: Option<Program>,
    seen: u64,
    /// The hashes of its reports, by its own account.
    reports: RefCell<Vec<String>>,
}

impl<'a> Feeders<'a> {
    /// Starts them. The path has the prices that hold from each time on; in one of its rows a feeder is wild.
    pub fn start(
        deployment: &'a Deployment<'a>,
        path: &[(u64, &Prices)],
        wild: usize,
    ) -> Result<Self, Error> {
        let (Some((start, first)), Some((last, end))) = (path.first(), path.last()) else {
            return Err(Error::Wrong("there is no path".into()));
        };
        let names: Vec<&str> = first.iter().map(|(denom, _)| denom.as_str()).collect();
        let mut all = Vec::new();
        for (at, (name, seen)) in FEEDERS.iter().zip(SEEN).enumerate() {
            let slips = |row| if (at, row) == (WILD, wild) { SLIP } else { 1 };
            let rows = path.iter().enumerate();
            let rows = rows.map(|(row, (time, prices))| line(*time, prices, seen * slips(row)));
            let mut text = format!("ts,{},usdw\n{}", names.join(","), rows.collect::<String>());
            // A file's prices grow old after its last row.
            text += &line(last + DAY, end, seen);
            let desk = Desk::new(deployment, name)?;
            desk.write("prices.csv", &text)?;
            desk.write("feed.toml", &config(*start, &names, &deployment.debt))?;
            all.push(Feeder {
                program: Some(desk.start("feed", "feed.toml")?),
                desk,
                seen,
                reports: RefCell::default(),
            });
        }
        Ok(Self { deployment, all })
    }

    /// Waits until all have reported the prices that hold since a time, and then again, as a large step needs a second observation.
    pub async fn follow(
        &mut self,
        since: u64,
        prices: &Prices,
        mishap: Mishap,
    ) -> Result<(), Error> {
        if mishap == Mishap::Wild {
            let killed = &mut self.all[KILLED];
            killed.program = Some(killed.desk.start("feed", "feed.toml")?);
        }
        self.all_report(since, prices, mishap)?;
        if mishap == Mishap::Killed {
            let killed = self.all[KILLED].program.take();
            killed.map_or(Ok(()), Program::kill)?;
        }
        let now = self.deployment.net.time().await?;
        self.deployment.net.forward(CONFIRM)?;
        self.all_report(now + CONFIRM, prices, mishap)
    }

    fn all_report(&self, since: u64, prices: &Prices, mishap: Mishap) -> Result<(), Error> {
        for (at, feeder) in self.all.iter().enumerate() {
            let slip = if (at, mishap) == (WILD, Mishap::Wild) {
                SLIP
            } else {
                1
            };
            feeder.reports(
                since,
                &expected(prices, feeder.seen * slip, &self.deployment.debt),
            )?;
        }
        Ok(())
    }

    /// Every report of which they tell is in a block, once. Says how many there are.
    pub async fn tell_what_the_chain_has(&self) -> Result<usize, Error> {
        let mut told = Vec::new();
        for feeder in &self.all {
            told.extend(feeder.reports.borrow().clone());
        }
        for hash in &told {
            let found = self.deployment.net.find(hash).await?;
            let lost = || Error::Wrong(format!("the report {hash} is in no block"));
            found.ok_or_else(lost)?.trying("reporting")?;
        }
        let count = told.len();
        told.sort_unstable();
        told.dedup();
        match told.len() == count {
            true => Ok(count),
            false => Err(Error::Wrong("a report is told twice".into())),
        }
    }

    /// Asks them to stop; errors unless each ends well.
    pub fn stop(self) -> Result<(), Error> {
        for program in self.all.into_iter().filter_map(|feeder| feeder.program) {
            let stopped = program.stop()?;
            if !stopped.success() {
                return Err(Error::Wrong(format!("a feeder ended with {stopped}")));
            }
        }
        Ok(())
    }
}

impl Feeder {
    /// Waits until it has reported each of these prices, and no other, of a time since then. One that is dead has nothing to report.
    fn reports(&self, since: u64, expected: &BTreeMap<String, Decimal256>) -> Result<(), Error> {
        let Some(program) = &self.program else {
            return Ok(());
        };
        let reported = RefCell::new(BTreeMap::new());
        program.until("the report that is due", |line| {
            let round = &line["round"];
            if let Some(hash) = round["sent"].as_str() {
                self.reports.borrow_mut().push(hash.into());
                reported.borrow_mut().extend(prices_of(round, since));
            }
            reported.borrow().len() == expected.len()
        })?;
        let reported = reported.into_inner();
        match reported == *expected {
            true => Ok(()),
            false => Err(Error::Wrong(format!(
                "reported {reported:?} instead of {expected:?}"
            ))),
        }
    }
}

/// The prices in a round's report that are of a time since then and that the oracle did not refuse.
fn prices_of(round: &Value, since: u64) -> Vec<(String, Decimal256)> {
    let list = |name: &str| round[name].as_array().cloned().unwrap_or_default();
    let refused = list("refused");
    let seen = list("denoms").into_iter().filter_map(|seen| {
        let new = seen["due"] == true && seen["of"].as_u64() >= Some(since);
        let taken = !refused.iter().any(|one| one[0] == seen["denom"]);
        let price = seen["price"].as_str()?.parse().ok()?;
        (new && taken).then_some((seen["denom"].as_str()?.to_string(), price))
    });
    seen.collect()
}

/// What a feeder sees of prices and of the dollar, in ten-thousandths.
fn expected(prices: &Prices, seen: u64, debt: &str) -> BTreeMap<String, Decimal256> {
    let prices = prices
        .iter()
        .map(|(denom, price)| (denom.clone(), of(*price, seen)));
    prices
        .chain([(debt.to_string(), Decimal256::one())])
        .collect()
}

fn of(price: Decimal256, seen: u64) -> Decimal256 {
    price * Decimal256::from_ratio(seen, 10_000u64)
}

/// A row of a feeder's file.
fn line(time: u64, prices: &Prices, seen: u64) -> String {
    let cells = prices
        .iter()
        .map(|(_, price)| format!("{},", of(*price, seen)));
    format!("{time},{}1\n", cells.collect::<String>())
}

/// Large steps wait for the next round, and the oracle's guards for the next heartbeat.
fn config(start: u64, denoms: &[&str], debt: &str) -> String {
    let columns = denoms
        .iter()
        .map(|denom| format!("{denom} = \"{denom}\", "));
    let columns = columns.collect::<String>();
    format!(
        r#"
poll = 1
clock = "chain"
inputs = 1
max_step = "0.5"
step_interval = 1
heartbeat = 60
rest = 5

[[input]]
name = "market"
kind = "csv"
file = "prices.csv"
speed = 1
start = {start}
columns = {{ {columns}"{debt}" = "usdw" }}
"#
    )
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
