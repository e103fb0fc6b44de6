//! Whoever liquidates: reads the whole state, judges it by the engine, and tells the contract what is due. It remembers nothing, so that it
//! may end and begin anew at any moment.

use std::collections::BTreeMap;

use cosmwasm_std::{Coin, Uint128};
use wicker_client::{Executed, Signer};
use wicker_engine::health::Level;
use wicker_msgs::{
    cdp::{ExecuteMsg, LiquidationItem},
    events::{Liquidated, Skipped},
};

use crate::{
    deployment::Deployment,
    error::{Error, Trying},
    mirror::{Mirror, Standing},
};

/// Positions in one transaction.
const BATCH: usize = 16;
/// More rounds than positions need that are liquidated in parts.
const ROUNDS: usize = 6;
/// Seconds of the chain's time after which a transaction is void.
const DEADLINE: u64 = 120;

/// What was done.
#[derive(Debug, Default)]
pub struct Report {
    /// Each liquidation, in order.
    pub liquidated: Vec<Liquidated>,
    /// Of each position that was refused, why.
    pub skipped: BTreeMap<u64, String>,
    /// Transactions.
    pub transactions: usize,
    /// Their gas.
    pub gas: u64,
}

/// Liquidates until nothing is due any more. Errors when something stays due.
pub async fn work(deployment: &Deployment<'_>, keeper: &Signer) -> Result<Report, Error> {
    let mut report = Report::default();
    for _ in 0..ROUNDS {
        let due = due(&Mirror::take(deployment).await?)?;
        if due.is_empty() {
            return Ok(report);
        }
        for batch in due.chunks(BATCH) {
            let done = liquidate(deployment, keeper, batch).await?;
            report.add(&done)?;
        }
    }
    Err(Error::Wrong(format!(
        "positions stay liquidatable: {:?}",
        report.skipped
    )))
}

/// What is due, the lowest margin ratio first.
pub fn due(mirror: &Mirror) -> Result<Vec<Standing>, Error> {
    let mut due = Vec::new();
    for basket in mirror.baskets()? {
        let standings = mirror.standings(basket)?.into_iter();
        due.extend(standings.filter(|standing| standing.level >= Level::Liquidatable));
    }
    due.sort_by_key(|standing| standing.ratio);
    Ok(due)
}

/// Pays for a batch with what there is; the contract returns what it does not take.
pub async fn liquidate(
    deployment: &Deployment<'_>,
    keeper: &Signer,
    batch: &[Standing],
) -> Result<Executed, Error> {
    let chain = &deployment.net.chain;
    let held = chain.balance(keeper.address(), &deployment.debt).await;
    let held = held.trying("reading the keeper's balance")?;
    // A debt with its fee, and the interest until the transaction is in a block.
    let most = |standing: &Standing| Uint128::new(standing.debt.saturating_add(standing.debt / 20));
    let wanted = batch
        .iter()
        .map(most)
        .fold(Uint128::zero(), |sum, one| sum + one);
    let msg = ExecuteMsg::LiquidateMany {
        items: batch
            .iter()
            .map(|standing| LiquidationItem {
                position: standing.position,
                max_repay: Some(most(standing)),
            })
            .collect(),
        min_received: Vec::new(),
        deadline: Some(deployment.net.time().await? + DEADLINE),
        recipient: None,
    };
    let coin = Coin::new(wanted.min(held), &deployment.debt);
    deployment.tell(keeper, &msg, vec![coin]).await
}

impl Report {
    /// Takes note of a transaction.
    pub fn add(&mut self, done: &Executed) -> Result<(), Error> {
        let unreadable = |why| Error::Wrong(format!("an event of {}: {why}", done.hash));
        for event in &done.events {
            if let Some(read) = Liquidated::read(event) {
                self.liquidated.push(read.map_err(unreadable)?);
            }
            if let Some(read) = Skipped::read(event) {
                let skipped = read.map_err(unreadable)?;
                self.skipped.insert(skipped.position, skipped.reason);
            }
        }
        self.transactions += 1;
        self.gas += done.gas_used;
        Ok(())
    }
}
