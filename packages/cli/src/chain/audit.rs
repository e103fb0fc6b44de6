//! The accounts of a live deployment, read as of one block: the engine's invariants over its records, the bank's balances and supplies,
//! and what the contract's queries say beside what the records say.

use std::time::Duration;

use clap::Args;
use serde::de::DeserializeOwned;
use serde::Serialize;
use wicker_client::Chain;
use wicker_lab::answers::{liquidatable, positions, Answers};
use wicker_lab::audit::{Audit, CHECKED};
use wicker_lab::fork::{Fork, Moment};
use wicker_msgs::cdp::{LiquidatableResponse, PositionsResponse, QueryMsg, TotalsResponse};

use super::connect::Reading;
use super::show::{document, table};
use super::trouble::Trouble;

/// `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(flatten)]
    reading: Reading,
}

/// What an audit found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// True when nothing was found broken.
    pub holds: bool,
    /// The block as of which everything was read.
    pub height: u64,
    /// Its time, in seconds since 1970.
    pub time: u64,
    /// How many baskets there are.
    pub baskets: usize,
    /// How many positions there are.
    pub positions: usize,
    /// Invariants checked and broken.
    pub audit: Audit,
    /// What the contract has of each denom, and for debt denoms what there is of it.
    pub denoms: Vec<Held>,
}

/// What the contract has of a denom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The denom.
    pub denom: String,
    /// Its balance in the bank.
    pub balance: u128,
    /// For a debt denom, what there is of it.
    pub supply: Option<u128>,
}

/// Audits, shows the report, and answers whether everything holds.
pub async fn run(args: AuditArgs) -> Result<bool, Trouble> {
    let live = args.reading.open().await?;
    let report = audit(&live.chain, &live.at.cdp).await?;
    document(&live, &report, shown)?;
    Ok(report.holds)
}

/// Reads the whole state of a cdp contract and checks it. Errors when it cannot be read; what is broken is in the report.
pub async fn audit(chain: &Chain, cdp: &str) -> Result<Report, Trouble> {
    let (chain, height, mut fork) = fork(chain, cdp).await?;
    let time = fork.time();
    let mut audit = Audit::default();
    let mut denoms = Vec::new();
    for (denom, is_debt) in fork.denoms()? {
        let balance = chain.balance(cdp, &denom).await?.u128();
        fork.set_balance(&denom, balance);
        let mut supply = None;
        if is_debt {
            let counted: TotalsResponse = chain
                .query(
                    cdp,
                    &QueryMsg::Totals {
                        denom: denom.clone(),
                    },
                )
                .await?;
            let bank = chain.supply(&denom).await?.u128();
            // Of a denom that was adopted, others may have had some before; of its own the contract made every coin.
            if denom.starts_with(&format!("factory/{cdp}/")) {
                audit.supply(time, &denom, bank, counted.supply.u128());
                fork.set_supply(&denom, bank);
            } else {
                fork.set_supply(&denom, counted.supply.u128());
            }
            supply = Some(bank);
        }
        denoms.push(Held {
            denom,
            balance,
            supply,
        });
    }
    audit.judge(time, &fork.snapshot()?);
    let views = fork.views()?;
    for (basket, view) in &views {
        audit.compare_basket(time, view, &answers(&chain, cdp, *basket).await?);
    }
    Ok(Report {
        holds: audit.holds(),
        height,
        time,
        baskets: views.len(),
        positions: views.values().map(|view| view.positions.len()).sum(),
        audit,
        denoms,
    })
}

/// A deployment's records in memory and the chain as of the same block, and that block's height.
pub async fn fork(chain: &Chain, cdp: &str) -> Result<(Chain, u64, Fork), Trouble> {
    let block = chain.block().await?;
    // A node answers of a block when the next one is there: before it, the block's own changes may not be stored yet.
    while chain.block().await?.height <= block.height {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let then = chain.at(block.height);
    let moment = Moment {
        chain_id: chain.id().to_string(),
        prefix: chain.config().prefix.clone(),
        height: block.height,
        time: block.time,
    };
    let mut fork = Fork::new(moment, cdp, &then.records(cdp).await?)?;
    let points = then.records(fork.oracle()).await?;
    fork.set_points(points);
    Ok((then, block.height, fork))
}

async fn answers(chain: &Chain, cdp: &str, basket: u32) -> Result<Answers, Trouble> {
    let mut answers = Answers {
        basket: ask(chain, cdp, &QueryMsg::Basket { basket }).await?,
        positions: Vec::new(),
        liquidatable: Vec::new(),
    };
    let mut after = None;
    loop {
        let page: PositionsResponse = ask(chain, cdp, &positions(basket, after)).await?;
        let Some(last) = page.positions.last() else {
            break;
        };
        after = Some(last.position);
        answers.positions.extend(page.positions);
    }
    after = None;
    loop {
        let page: LiquidatableResponse = ask(chain, cdp, &liquidatable(basket, after)).await?;
        let found = page.positions.iter().map(|entry| entry.position);
        answers.liquidatable.extend(found);
        after = page.next;
        if after.is_none() {
            return Ok(answers);
        }
    }
}

async fn ask<T: DeserializeOwned>(
    chain: &Chain,
    cdp: &str,
    question: &QueryMsg,
) -> Result<T, Trouble> {
    Ok(chain.query(cdp, question).await?)
}

fn shown(report: &Report) -> String {
    let mut books = table(&["denom", "in the contract", "supply"]);
    for held in &report.denoms {
        books.add_row([
            held.denom.clone(),
            held.balance.to_string(),
            held.supply
                .map_or(String::new(), |supply| supply.to_string()),
        ]);
    }
    let mut checks = table(&["id", "checked", "broken", "what it says"]);
    for (id, what) in CHECKED {
        let checked = report.audit.checks.get(id).copied().unwrap_or(0);
        if checked == 0 {
            continue;
        }
        let broken = report.audit.broken.iter().filter(|one| one.id == id);
        checks.add_row([
            id.to_string(),
            checked.to_string(),
            broken.count().to_string(),
            what.to_string(),
        ]);
    }
    let verdict = match report.holds {
        true => "Every invariant holds.".to_string(),
        false => {
            let broken = report.audit.broken.iter();
            let lines = broken.map(|one| format!("{}: {}", one.id, one.what));
            format!("BROKEN:\n{}", lines.collect::<Vec<_>>().join("\n"))
        }
    };
    format!(
        "Block {}: {} baskets, {} positions\n\n{books}\n\n{checks}\n\n{verdict}",
        report.height, report.baskets, report.positions
    )
}
