//! Whoever liquidates: `wicker keeper` as an operator runs it, with a journal that outlives it, and what it did by the chain's own account.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;
use wicker_client::{Executed, Signer};
use wicker_engine::health::Level;
use wicker_keeper::journal::Journal;
use wicker_msgs::events::{Liquidated, Skipped};

use crate::{
    deployment::Deployment,
    desk::Desk,
    error::{Error, Trying},
    mirror::{Mirror, Standing},
    program::{get, Program},
};

/// Who it is on the chain.
const NAME: &str = "keeper";

/// What was done, as the chain tells it.
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

/// Where a keeper works.
pub struct Keeper<'a> {
    deployment: &'a Deployment<'a>,
    signer: &'a Signer,
    desk: Desk,
    /// Of its journal's transactions, how many were reported.
    known: Cell<usize>,
}

/// What happens to it while it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// It is killed as soon as a transaction is on its way, and started again.
    Killed,
    /// The node is killed then, and both have to go on.
    NodeKilled,
}

impl<'a> Keeper<'a> {
    /// Writes what it needs: the deployment file, its configuration, its key.
    pub fn new(deployment: &'a Deployment<'a>) -> Result<Self, Error> {
        let desk = Desk::new(deployment, NAME)?;
        desk.write("keeper.toml", CONFIG)?;
        Ok(Self {
            deployment,
            signer: deployment.net.account(NAME)?,
            known: Cell::new(0),
            desk,
        })
    }

    /// Runs it until nothing is due any more, whatever happens meanwhile. Says what it did since the last time.
    pub async fn work(&self, trouble: Trouble) -> Result<Report, Error> {
        let mut program = self.start()?;
        match trouble {
            Trouble::None => {}
            Trouble::Killed => {
                program.until("a transaction", sent)?;
                program.kill()?;
                program = self.start()?;
            }
            Trouble::NodeKilled => {
                program.until("a transaction", sent)?;
                self.deployment.net.kill()?;
                program.until("an error", |line| line["level"] == "error")?;
                self.deployment.net.restart()?;
            }
        }
        program.until("nothing due", |line| {
            line["round"]["under"] == 0 && line["round"]["held_back"].is_null()
        })?;
        let stopped = program.stop()?;
        if !stopped.success() {
            return Err(Error::Wrong(format!("the keeper ended with {stopped}")));
        }
        self.report().await
    }

    /// Starts it.
    pub fn start(&self) -> Result<Program, Error> {
        self.desk.start("keeper", "keeper.toml")
    }

    /// What its page and its metrics say of a keeper that works: queries of the node in a round, and seconds of one, on average.
    pub fn measured(&self, rounds: u64) -> Result<(f64, f64), Error> {
        let program = self.start()?;
        let line = program.until("an address", |line| line["listen"].is_string())?;
        let address = line["listen"].as_str().unwrap_or_default();
        let round = |line: &Value| line["round"]["height"].as_u64() > Some(0);
        // The first one reads everything.
        program.until("a round", round)?;
        let begin = figures(address)?;
        for _ in 0..rounds {
            program.until("a round", round)?;
        }
        let end = figures(address)?;
        let (code, ready) = get(address, "/readyz")?;
        if code != 200 {
            return Err(Error::Wrong(format!("/readyz is {code}: {ready}")));
        }
        program.stop()?;
        let [requests, done, seconds] = [0, 1, 2].map(|at| end[at] - begin[at]);
        Ok((requests / done, seconds / done))
    }

    /// Its journal, which must not be in use. Errors when a transaction is open.
    fn journal(&self) -> Result<Journal, Error> {
        let chain = self.deployment.net.chain.id();
        let whose = format!("{chain} {} {}", self.deployment.cdp, self.signer.address());
        let journal = Journal::open(&self.desk.path("keeper.db"), &whose);
        let journal = journal.map_err(|why| Error::Wrong(why.to_string()))?;
        match journal.open_actions() {
            Ok(open) if open.is_empty() => Ok(journal),
            other => Err(Error::Wrong(format!("the keeper left {other:?}"))),
        }
    }

    /// What it did since the last time, by the chain. Errors when the chain knows another story than its journal.
    async fn report(&self) -> Result<Report, Error> {
        let confirmed = self.journal()?.confirmed();
        let confirmed = confirmed.map_err(|why| Error::Wrong(why.to_string()))?;
        let mut report = Report::default();
        for (hash, height) in confirmed.iter().skip(self.known.get()) {
            let found = self.deployment.net.find(hash).await?;
            let lost = || Error::Wrong(format!("{hash} is in no block"));
            let done = found.ok_or_else(lost)?.trying("liquidating")?;
            if done.height != *height {
                return Err(Error::Wrong(format!("{hash} is not in block {height}")));
            }
            report.add(&done)?;
        }
        self.known.set(confirmed.len());
        Ok(report)
    }

    /// Every liquidation on the chain since a block is one that the journal has, and the other way round; no transaction is there twice.
    pub async fn tells_what_the_chain_does(&self, from: u64) -> Result<(), Error> {
        let wrong = |why: wicker_keeper::KeeperError| Error::Wrong(why.to_string());
        let (chain, journal) = (&self.deployment.net.chain, self.journal()?);
        let confirmed = journal.confirmed().map_err(wrong)?;
        let hashes: BTreeSet<&String> = confirmed.iter().map(|(hash, _)| hash).collect();
        let mut told: Vec<u64> = journal
            .results()
            .map_err(wrong)?
            .into_iter()
            .filter(|(_, done, _)| *done)
            .map(|(position, ..)| position)
            .collect();
        let mut found = Vec::new();
        let newest = chain.block().await.trying("reading the height")?.height;
        for height in from..newest {
            let events = chain.events(height).await.trying("reading events")?;
            for event in events.iter().filter_map(Liquidated::read) {
                let event = event.map_err(|why| Error::Wrong(format!("block {height}: {why}")))?;
                found.push(event.position);
            }
        }
        told.sort_unstable();
        found.sort_unstable();
        match told == found && hashes.len() == confirmed.len() {
            true => Ok(()),
            false => Err(Error::Wrong(format!(
                "the journal has {told:?}, the chain {found:?}"
            ))),
        }
    }
}

/// Everything that is due is worth it here, and nothing is spared.
const CONFIG: &str = r#"
min_profit = "0"
slippage = "0"
gas_cost = "0"
fee_price = "0.000001"
realise_bad_debt = true
daily_gas = "1000000"
daily_loss = "1000000000"
batch = 8
rest = 5
listen = "127.0.0.1:0"
"#;

fn sent(line: &Value) -> bool {
    line["round"]["sent"].is_string()
}

/// Requests of the node, rounds done, and the seconds that rounds took, so far.
fn figures(address: &str) -> Result<[f64; 3], Error> {
    let (_, text) = get(address, "/metrics")?;
    let of = |name: &str| {
        let lines = text.lines().filter(|line| line.starts_with(name));
        let figures = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        figures.sum()
    };
    Ok([
        of("wicker_keeper_node_requests_total"),
        of("wicker_keeper_round_duration_seconds_count"),
        of("wicker_keeper_round_duration_seconds_sum"),
    ])
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
