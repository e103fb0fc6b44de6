//! What a feeder shows of itself: metrics, and tasks on the status page.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use wicker_status::prometheus_client::metrics::counter::Counter;
use wicker_status::prometheus_client::metrics::family::Family;
use wicker_status::prometheus_client::metrics::gauge::Gauge;
use wicker_status::{Status, Task, Watch};

/// A metric's labels.
type Labels = Vec<(&'static str, String)>;
/// A number that goes up and down.
type Level = Gauge<f64, AtomicU64>;

/// A feeder's metrics and tasks.
#[derive(Debug)]
pub struct Meter {
    /// A round was done.
    pub rounds: Task,
    /// A report was made.
    pub reports: Task,
    status: Status,
    price: Family<Labels, Level>,
    age: Family<Labels, Level>,
    dropped: Family<Labels, Counter>,
    done: Family<Labels, Counter>,
    refused: Family<Labels, Counter>,
    latency: Family<Labels, Level>,
    alarm: Family<Labels, Level>,
    balance: Level,
}

impl Meter {
    /// Expects a round within `round` and a report within `report`.
    pub fn new(status: &Status, round: Duration, report: Duration) -> Self {
        let meter = Self {
            rounds: status.task(Watch::required("rounds", "judges what inputs say", round)),
            reports: status.task(Watch::required("reports", "tells the oracle", report)),
            status: status.clone(),
            price: Family::default(),
            age: Family::default(),
            dropped: Family::default(),
            done: Family::default(),
            refused: Family::default(),
            latency: Family::default(),
            alarm: Family::default(),
            balance: Level::default(),
        };
        status.register(|registry| {
            let mut add = |name, help, family: &Family<Labels, Level>| {
                registry.register(name, help, family.clone());
            };
            add("price_dollars", "The price reported last", &meter.price);
            add(
                "report_age_seconds",
                "The age of the price reported last",
                &meter.age,
            );
            add(
                "input_seconds",
                "How long an input took to answer",
                &meter.latency,
            );
            add("alarm", "1 while something needs a person", &meter.alarm);
            let help = "Observations that did not count";
            registry.register("observations_dropped", help, meter.dropped.clone());
            registry.register(
                "reports",
                "Transactions by what became of them",
                meter.done.clone(),
            );
            let help = "Prices that the oracle refused";
            registry.register("prices_refused", help, meter.refused.clone());
            let help = "What the account holds of the fee's denom, in base units";
            registry.register("balance", help, meter.balance.clone());
        });
        meter
    }

    /// The last report of a denom.
    pub fn last(&self, denom: &str, price: f64, age: u64) {
        let labels = vec![("denom", denom.to_string())];
        self.price.get_or_create(&labels).set(price);
        self.age.get_or_create(&labels).set(age as f64);
    }

    /// An observation that did not count.
    pub fn drop(&self, (input, denom, reason): (&str, &str, &str)) {
        let labels = vec![
            ("input", input.to_string()),
            ("denom", denom.to_string()),
            ("reason", reason.to_string()),
        ];
        self.dropped.get_or_create(&labels).inc();
    }

    /// A report's transaction, `done` or `failed`.
    pub fn report(&self, result: &str) {
        let labels = vec![("result", result.to_string())];
        self.done.get_or_create(&labels).inc();
    }

    /// A price that the oracle refused.
    pub fn refuse(&self, denom: &str) {
        let labels = vec![("denom", denom.to_string())];
        self.refused.get_or_create(&labels).inc();
    }

    /// How long an input took.
    pub fn answered(&self, input: &str, took: Duration) {
        let labels = vec![("input", input.to_string())];
        self.latency.get_or_create(&labels).set(took.as_secs_f64());
    }

    /// What the account holds.
    pub fn holds(&self, balance: u128) {
        self.balance.set(balance as f64);
        self.status.show("balance", balance);
    }

    /// The alarms of now; others are over.
    pub fn alarms<'a>(&self, alarms: impl Iterator<Item = (&'a str, &'a str)>) {
        self.alarm.clear();
        for (kind, about) in alarms {
            let labels = vec![("kind", kind.to_string()), ("about", about.to_string())];
            self.alarm.get_or_create(&labels).set(1.0);
        }
    }
}
