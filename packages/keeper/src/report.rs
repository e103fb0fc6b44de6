//! What the keeper says of itself to those who run it: tasks, metrics, alarms.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{json, Value};
use wicker_client::{Block, EndpointHealth};
use wicker_status::{Status, Task, Watch};

use crate::config::Config;
use crate::error::KeeperError;
use crate::figures::Figures;
use crate::journal::{Journal, Spent};
use crate::run::Round;

/// Tasks, metrics and alarms of one keeper.
pub struct Report {
    status: Status,
    follow: Task,
    plan: Task,
    act: Task,
    wallet: Task,
    nodes: Task,
    figures: Figures,
    least: BTreeMap<String, u128>,
    /// Denoms of which the account has too little, as was last said.
    low: BTreeSet<String>,
    alarms: Vec<Value>,
}

/// Where a round has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Looking and planning.
    Plan,
    /// Settling and sending.
    Act,
}

impl Report {
    /// Nothing done yet.
    pub fn new(config: &Config) -> Self {
        let status = Status::new("wicker keeper", "wicker_keeper");
        let late = Duration::from_secs(config.late);
        let required = |label: &str, about: &str| status.task(Watch::required(label, about, late));
        let optional = |label: &str, about: &str| status.task(Watch::optional(label, about, late));
        let figures = Figures::new(&status, config);
        let least = config.min_balance.iter();
        Self {
            follow: required("follow", "sees new blocks"),
            plan: required("plan", "reads the deployment and judges every position"),
            act: required("act", "settles what was sent and sends what is planned"),
            wallet: optional("wallet", "holds enough of each denom"),
            nodes: optional("nodes", "every node of the deployment answers"),
            figures,
            least: least
                .map(|(denom, least)| (denom.clone(), least.u128()))
                .collect(),
            low: BTreeSet::new(),
            alarms: Vec::new(),
            status,
        }
    }

    /// What a server shows.
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// A block was seen.
    pub fn block(&self, block: Block) {
        self.figures.block(block);
        self.follow.done(format_args!("block {}", block.height));
        self.status.show("block", block.height);
    }

    /// No block was seen.
    pub fn lost(&self, why: &KeeperError, nodes: &[EndpointHealth]) {
        self.follow.failed(hidden(&why.to_string(), nodes));
        self.nodes(nodes);
    }

    /// A round was done. A dry one says nothing of acting.
    pub fn round(&self, round: &Round, took: Duration, dry: bool) {
        self.figures.round(took, true);
        match round.height {
            0 => self.plan.done("waits until what was sent is settled"),
            height => {
                self.figures.seen(round);
                let (under, seen) = (round.under, round.seen);
                let planned = round.planned.len();
                let what = format!("{under} of {seen} positions under their margin at block {height}, {planned} planned");
                self.plan.done(&what);
                self.status.show("positions", what);
            }
        }
        match (&round.sent, &round.held_back) {
            _ if dry => {}
            (Some(hash), _) => self.act.done(format_args!("sent {hash}")),
            (None, Some(why)) if round.waits => self.act.done(why),
            (None, Some(why)) => self.act.failed(why),
            (None, None) => self.act.done("nothing to do"),
        }
    }

    /// A round was not done.
    pub fn failed(&self, step: Step, why: &KeeperError, took: Duration, nodes: &[EndpointHealth]) {
        self.figures.round(took, false);
        let why = hidden(&why.to_string(), nodes);
        match step {
            Step::Plan => self.plan.failed(why),
            Step::Act => self.act.failed(why),
        }
    }

    /// What the account holds of each denom. Those that newly are too little, and those that no longer are, are worth a line in the log.
    pub fn wallet(&mut self, held: &BTreeMap<String, u128>) {
        let none = 0;
        let amount = |denom: &str| *held.get(denom).unwrap_or(&none);
        let low = self.least.iter();
        let low: BTreeSet<String> = low
            .filter(|(denom, least)| amount(denom) < **least)
            .map(|(denom, _)| denom.clone())
            .collect();
        let line = |level: &str, alarm: &str, denom: &String| {
            let least = self.least.get(denom).copied().unwrap_or_default();
            json!({ "level": level, "alarm": alarm, "denom": denom, "held": amount(denom).to_string(), "least": least.to_string() })
        };
        let new = low.difference(&self.low);
        let mut alarms: Vec<Value> = new
            .map(|denom| line("error", "low balance", denom))
            .collect();
        let over = self.low.difference(&low);
        alarms.extend(over.map(|denom| line("info", "balance is enough again", denom)));
        self.alarms.append(&mut alarms);
        match low.is_empty() {
            true => self.wallet.done("enough of everything"),
            false => {
                let words = low.iter().map(|denom| format!("{} {denom}", amount(denom)));
                let words: Vec<String> = words.collect();
                self.wallet
                    .failed(format_args!("too little: {}", words.join(", ")));
            }
        }
        for (denom, amount) in held {
            self.figures.balance(denom, *amount);
            self.status.show(&format!("balance {denom}"), amount);
        }
        self.low = low;
    }

    /// What may be put into a round of each debt token.
    pub fn inventory(&self, denom: &str, usable: u128) {
        self.figures.inventory(denom, usable);
    }

    /// What was spent today.
    pub fn spent(&self, spent: Spent) {
        self.figures.spent(spent);
    }

    /// What the journal says came of everything so far.
    pub fn journal(&self, journal: &Journal) -> Result<(), KeeperError> {
        let counts: BTreeMap<String, u64> = journal.counts()?.into_iter().collect();
        self.figures.transactions(&counts);
        let (liquidated, skipped) = journal.outcomes()?;
        self.figures.liquidations(liquidated, skipped);
        self.status.show("liquidated so far", liquidated);
        Ok(())
    }

    /// How the nodes stand.
    pub fn nodes(&self, nodes: &[EndpointHealth]) {
        let mut unwell = Vec::new();
        for (number, node) in (1u32..).zip(nodes) {
            let name = format!("{number}: {}", place(&node.endpoint));
            self.figures.node(&name, node);
            if let (false, Some(why)) = (node.well, &node.last_error) {
                unwell.push(format!("{name}: {}", hidden(why, nodes)));
            }
        }
        match unwell.is_empty() {
            true => self.nodes.done(format_args!("{} answer", nodes.len())),
            false => self.nodes.failed(unwell.join("; ")),
        }
    }

    /// Lines for the log that were not taken yet.
    pub fn alarms(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.alarms)
    }
}

/// Host and port of a node's address: the rest of it may be a key that the page and the metrics must not show.
fn place(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit('@').next().unwrap_or_default()
}

/// A text in which nodes' addresses are cut to host and port.
fn hidden(text: &str, nodes: &[EndpointHealth]) -> String {
    nodes.iter().fold(text.to_string(), |text, node| {
        text.replace(&node.endpoint, place(&node.endpoint))
    })
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::Uint128;
    use wicker_status::Wellness;

    use super::*;

    fn node(endpoint: &str, last_error: Option<&str>) -> EndpointHealth {
        EndpointHealth {
            endpoint: endpoint.into(),
            well: last_error.is_none(),
            errors: 0,
            last_error: last_error.map(String::from),
            requests: 12,
            failures: 3,
        }
    }

    fn state(report: &Report, label: &str) -> Wellness {
        report.status().find(label).unwrap().state
    }

    #[test]
    fn a_balance_that_falls_too_low_is_told_once_and_once_when_it_is_over() {
        let config = Config {
            min_balance: [("ustake".to_string(), Uint128::new(100))].into(),
            ..Config::default()
        };
        let mut report = Report::new(&config);
        let mut held = |amount: u128| {
            report.wallet(&[("ustake".to_string(), amount)].into());
            let lines = report.alarms();
            let said = lines.iter().map(|line| line["alarm"].to_string());
            (said.collect::<String>(), state(&report, "wallet"))
        };
        assert_eq!(held(100), (String::new(), Wellness::Well));
        assert_eq!(held(99), ("\"low balance\"".into(), Wellness::Failing));
        assert_eq!(held(98), (String::new(), Wellness::Failing));
        let over = "\"balance is enough again\"".to_string();
        assert_eq!(held(100), (over, Wellness::Well));
        // A denom that nothing is said of is one of which there is nothing.
        report.wallet(&BTreeMap::new());
        assert_eq!(report.alarms().len(), 1);
    }

    #[test]
    fn what_is_held_back_fails_unless_it_only_waits() {
        let report = Report::new(&Config::default());
        let took = Duration::from_millis(20);
        let mut round = Round {
            height: 7,
            held_back: Some("insufficient funds".into()),
            ..Round::default()
        };
        report.round(&round, took, false);
        assert_eq!(state(&report, "act"), Wellness::Failing);
        round.waits = true;
        report.round(&round, took, false);
        assert_eq!(state(&report, "act"), Wellness::Well);
        let why = KeeperError::Behind { found: 1, known: 2 };
        report.failed(Step::Plan, &why, took, &[]);
        assert_eq!(state(&report, "plan"), Wellness::Failing);
        assert_eq!(state(&report, "act"), Wellness::Well);
    }

    #[test]
    fn a_key_in_a_nodes_address_is_shown_nowhere() {
        let report = Report::new(&Config::default());
        let secret = "https://user:secret@rpc.example:443/secret?key=secret";
        let why = format!("{secret}: no answer in time");
        report.nodes(&[node("http://127.0.0.1:1", None), node(secret, Some(&why))]);
        let view = report.status().find("nodes").unwrap();
        assert_eq!(view.state, Wellness::Failing);
        let said = view.last_error.unwrap() + &report.status().metrics().unwrap();
        assert!(
            said.contains("rpc.example:443") && !said.contains("secret"),
            "{said}"
        );
        assert!(
            said.contains("node_requests_total{node=\"2: rpc.example:443\"} 12"),
            "{said}"
        );
    }
}
