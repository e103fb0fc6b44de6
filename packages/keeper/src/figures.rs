//! The keeper's metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cosmwasm_std::Decimal256;
use wicker_client::{Block, EndpointHealth};
use wicker_status::prometheus_client::metrics::counter::Counter;
use wicker_status::prometheus_client::metrics::family::Family;
use wicker_status::prometheus_client::metrics::gauge::Gauge;
use wicker_status::prometheus_client::metrics::histogram::Histogram;
use wicker_status::prometheus_client::registry::Registry;
use wicker_status::Status;

use crate::config::{value, Config};
use crate::journal::Spent;
use crate::run::Round;

/// Seconds of a round.
const ROUND: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

type Number = Gauge<f64, AtomicU64>;
type Labels = [(&'static str, String); 1];

/// The keeper's metrics. Amounts are base units, and floats: what is paid is never worked out from them.
#[derive(Default)]
pub struct Figures {
    height: Gauge,
    time: Gauge,
    positions: Gauge,
    under: Gauge,
    planned: Gauge,
    open: Gauge,
    fees: Number,
    losses: Number,
    balances: Family<Labels, Number>,
    inventory: Family<Labels, Number>,
    rounds: Family<Labels, Counter>,
    transactions: Family<Labels, Counter>,
    liquidations: Family<Labels, Counter>,
    up: Family<Labels, Gauge>,
    requests: Family<Labels, Counter>,
    failures: Family<Labels, Counter>,
    took: Took,
}

struct Took(Histogram);

impl Default for Took {
    fn default() -> Self {
        Self(Histogram::new(ROUND))
    }
}

impl Figures {
    /// All of them, registered.
    pub fn new(status: &Status, config: &Config) -> Self {
        let figures = Self::default();
        status.register(|registry| {
            figures.register(registry);
            limits(registry, config);
        });
        figures
    }

    fn register(&self, to: &mut Registry) {
        let help = "How long a round took";
        to.register("round_duration_seconds", help, self.took.0.clone());
        let help = "The newest block";
        to.register("block_height", help, self.height.clone());
        let help = "The newest block's time, in seconds since 1970";
        to.register("block_timestamp_seconds", help, self.time.clone());
        let help = "Positions with debt";
        to.register("positions", help, self.positions.clone());
        let help = "Positions under their maintenance margin";
        to.register("positions_under_margin", help, self.under.clone());
        let help = "Liquidations planned in the last round";
        to.register("liquidations_planned", help, self.planned.clone());
        let help = "Transactions of which it is not known what became of them";
        to.register("open_transactions", help, self.open.clone());
        let help = "Fees of today, in dollars, at most";
        to.register("fees_today_dollars", help, self.fees.clone());
        let help = "Losses of today, in dollars, at most";
        to.register("losses_today_dollars", help, self.losses.clone());
        let help = "What the account holds, in base units";
        to.register("balance", help, self.balances.clone());
        let help = "What may be put into a round, in base units";
        to.register("inventory", help, self.inventory.clone());
        let help = "Rounds since the start, by whether they were done";
        to.register("rounds", help, self.rounds.clone());
        let help = "Transactions in the journal, by what became of them";
        to.register("transactions", help, self.transactions.clone());
        let help = "Positions of confirmed transactions in the journal, by what became of them";
        to.register("liquidations", help, self.liquidations.clone());
        let help = "1 while a node is used";
        to.register("node_up", help, self.up.clone());
        let help = "Calls of a node since the start";
        to.register("node_requests", help, self.requests.clone());
        let help = "Calls that a node gave no answer to since the start";
        to.register("node_errors", help, self.failures.clone());
    }

    /// The newest block.
    pub fn block(&self, block: Block) {
        self.height.set(whole(block.height));
        self.time.set(whole(block.time));
    }

    /// What a round saw.
    pub fn seen(&self, round: &Round) {
        self.positions.set(whole(round.seen));
        self.under.set(whole(round.under));
        self.planned.set(whole(round.planned.len()));
    }

    /// A round, and how long it took.
    pub fn round(&self, took: Duration, done: bool) {
        let outcome = if done { "done" } else { "failed" };
        self.rounds
            .get_or_create(&[("outcome", outcome.into())])
            .inc();
        self.took.0.observe(took.as_secs_f64());
    }

    /// What the account holds of a denom.
    pub fn balance(&self, denom: &str, amount: u128) {
        self.balances
            .get_or_create(&[("denom", denom.into())])
            .set(amount as f64);
    }

    /// What may be put into a round of a denom.
    pub fn inventory(&self, denom: &str, amount: u128) {
        self.inventory
            .get_or_create(&[("denom", denom.into())])
            .set(amount as f64);
    }

    /// What was spent today.
    pub fn spent(&self, spent: Spent) {
        self.fees.set(dollars(spent.gas));
        self.losses.set(dollars(spent.loss));
    }

    /// Transactions by their states.
    pub fn transactions(&self, counts: &BTreeMap<String, u64>) {
        let of = |state: &str| counts.get(state).copied().unwrap_or_default();
        for state in ["confirmed", "failed", "void"] {
            set(&self.transactions, ("outcome", state), of(state));
        }
        let open = ["intended", "signed", "sent"].map(of).iter().sum::<u64>();
        self.open.set(whole(open));
    }

    /// Positions by what became of them.
    pub fn liquidations(&self, liquidated: u64, skipped: u64) {
        set(&self.liquidations, ("outcome", "liquidated"), liquidated);
        set(&self.liquidations, ("outcome", "skipped"), skipped);
    }

    /// A node as it stands.
    pub fn node(&self, name: &str, node: &EndpointHealth) {
        self.up
            .get_or_create(&[("node", name.into())])
            .set(i64::from(node.well));
        set(&self.requests, ("node", name), node.requests);
        set(&self.failures, ("node", name), node.failures);
    }
}

/// What the configuration bounds, for rules that compare with it.
fn limits(to: &mut Registry, config: &Config) {
    let fees = Number::default();
    fees.set(budget(config.daily_gas));
    let help = "Most dollars of fees a day";
    to.register("fees_budget_dollars", help, fees);
    let losses = Number::default();
    losses.set(budget(config.daily_loss));
    let help = "Most dollars of losses a day";
    to.register("losses_budget_dollars", help, losses);
    let least: Family<Labels, Number> = Family::default();
    for (denom, amount) in &config.min_balance {
        least
            .get_or_create(&[("denom", denom.clone())])
            .set(amount.u128() as f64);
    }
    let help = "Base units of which the account should hold more";
    to.register("balance_minimum", help, least);
}

/// A counter that somebody else counts.
fn set(family: &Family<Labels, Counter>, (name, label): (&'static str, &str), count: u64) {
    let counter = family.get_or_create(&[(name, label.into())]);
    counter.inner().store(count, Ordering::Relaxed);
}

fn budget(most: Decimal256) -> f64 {
    value(most).map_or(f64::INFINITY, |value| dollars(value.raw()))
}

fn dollars(raw: u128) -> f64 {
    raw as f64 / 1e18
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
