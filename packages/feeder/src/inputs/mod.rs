//! Where prices come from: a file that is replayed, a document over HTTP, a contract of another chain. What an input says is read out of
//! text, exactly, or is an error with a word for counting.

mod csv;
mod http;
mod json;
mod remote;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;
use wicker_math::Seconds;

use crate::decimal::NotPrice;
use crate::error::FeederError;
use crate::judge::Quote;

pub use csv::Replay;
pub use http::Page;
pub use json::{Pointer, Unit};
pub use remote::Remote;

/// An input as it is configured. What its kind does not know is refused there.
#[derive(Debug, Clone, Deserialize)]
pub struct InputConfig {
    /// What it is called in logs and metrics; each once.
    pub name: String,
    /// Seconds an answer may take.
    #[serde(default = "five")]
    pub timeout: u64,
    /// Seconds between two questions; the feeder's `poll` where it is not given.
    #[serde(default)]
    pub every: Option<u64>,
    /// What kind it is.
    #[serde(flatten)]
    pub kind: Kind,
}

const fn five() -> u64 {
    5
}

/// A kind of input.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A file of prices, replayed.
    Csv(CsvConfig),
    /// A JSON document.
    Http(HttpConfig),
    /// A contract of another chain.
    Chain(ChainConfig),
}

/// A file of prices, in one of the forms that `wicker replay` reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvConfig {
    /// The file.
    pub file: PathBuf,
    /// Seconds of the file that pass in a second.
    pub speed: u64,
    /// When its first row holds, in seconds since 1970; the start of the feeder where it is not given.
    #[serde(default)]
    pub start: Option<u64>,
    /// By denom the column or asset.
    pub columns: BTreeMap<String, String>,
}

/// A JSON document over HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Its address.
    pub url: String,
    /// The longest answer, in bytes.
    #[serde(default = "longest")]
    pub max_bytes: usize,
    /// The type of the answer; others are refused.
    #[serde(default = "json_type")]
    pub content_type: String,
    /// Headers to send, each with the name of the environment variable that has its value.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What is read out of it.
    pub price: Vec<FieldConfig>,
}

const fn longest() -> usize {
    1 << 20
}

fn json_type() -> String {
    "application/json".into()
}

/// A contract of another chain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainConfig {
    /// CometBFT RPC addresses of its nodes.
    pub nodes: Vec<String>,
    /// Its id; a node of another chain is not believed.
    pub chain_id: String,
    /// The contract.
    pub contract: String,
    /// The question, as JSON text.
    pub query: String,
    /// What is read out of the answer.
    pub price: Vec<FieldConfig>,
}

/// A price in a JSON document.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldConfig {
    /// The denom.
    pub denom: String,
    /// Where the price is: a JSON pointer, such as `/data/0/last`.
    pub pointer: Pointer,
    /// Where its time is; without it the price is of the moment at which it was asked for.
    #[serde(default)]
    pub time: Option<Pointer>,
    /// What the time is written in.
    #[serde(default)]
    pub unit: Unit,
    /// The price is the number times ten to this power.
    #[serde(default)]
    pub scale: i32,
    /// The price is one over that.
    #[serde(default)]
    pub inverse: bool,
}

/// Why an input gives no price.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unread {
    /// Nothing came, or not all of it, or too late, or too much.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The server answers with something else than success; a redirection too.
    #[error("status {0}")]
    Status(u16),
    /// The answer is of another type.
    #[error("the answer is of type {0:?}")]
    Kind(String),
    /// The answer is no JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The answer has nothing there.
    #[error("nothing at {0:?}")]
    Missing(String),
    /// What is there is no number and no text.
    #[error("at {0:?} is no number and no text")]
    Shape(String),
    /// What is there is no price.
    #[error(transparent)]
    Price(#[from] NotPrice),
    /// What is there is no time.
    #[error("{0:?} is no time")]
    Time(String),
    /// The file has no price yet.
    #[error("the file has no price of this time")]
    NoRow,
}

impl Unread {
    /// One word for counting.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) => "no_answer",
            Self::Status(_) => "status",
            Self::Kind(_) => "content_type",
            Self::NotJson(_) => "not_json",
            Self::Missing(_) => "missing",
            Self::Shape(_) | Self::Price(NotPrice::Decimal(_)) => "not_a_number",
            Self::Price(NotPrice::Negative(_)) => "negative",
            Self::Price(NotPrice::Zero) => "zero",
            Self::Price(NotPrice::Range(_)) => "range",
            Self::Time(_) => "time",
            Self::NoRow => "no_row",
        }
    }
}

/// What an input says of each of its denoms.
pub type Said = Vec<(String, Result<Quote, Unread>)>;

/// An input that can be asked.
#[derive(Debug)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How long until it is asked again.
    pub every: Duration,
    denoms: Vec<String>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Csv(Replay),
    Http(Page),
    Chain(Remote),
}

impl InputConfig {
    /// The denoms it gives, as often as it gives them.
    pub fn denoms(&self) -> Vec<String> {
        match &self.kind {
            Kind::Csv(csv) => csv.columns.keys().cloned().collect(),
            Kind::Http(HttpConfig { price, .. }) | Kind::Chain(ChainConfig { price, .. }) => {
                price.iter().map(|field| field.denom.clone()).collect()
            }
        }
    }

    /// Whether it gives a denom.
    pub fn gives(&self, denom: &str) -> bool {
        self.denoms().iter().any(|own| own == denom)
    }

    /// Errors on what cannot be used.
    pub fn check(&self) -> Result<(), FeederError> {
        let wrong = |why: &str| {
            let name = &self.name;
            Err(FeederError::Config(format!("input {name:?}: {why}")))
        };
        let mut denoms = self.denoms();
        let count = denoms.len();
        denoms.sort_unstable();
        denoms.dedup();
        if self.name.is_empty() || self.timeout == 0 || self.every == Some(0) {
            return wrong("it needs a name, a timeout and an interval");
        }
        if denoms.is_empty() || denoms.len() != count {
            return wrong("it gives no denom, or one of them twice");
        }
        match &self.kind {
            Kind::Csv(csv) if csv.speed == 0 => wrong("speed is at least 1"),
            Kind::Chain(chain)
                if serde_json::from_str::<&serde_json::value::RawValue>(&chain.query).is_err() =>
            {
                wrong("query is no JSON")
            }
            _ => Ok(()),
        }
    }

    /// The input, ready to be asked; a replay begins now.
    pub fn open(
        &self,
        (poll, now): (u64, Seconds),
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Input, FeederError> {
        let timeout = Duration::from_secs(self.timeout);
        let source = match &self.kind {
            Kind::Csv(config) => Source::Csv(Replay::open(&self.name, config, now)?),
            Kind::Http(config) => Source::Http(Page::new(config, timeout, variable)?),
            Kind::Chain(config) => Source::Chain(Remote::new(config, timeout)),
        };
        Ok(Input {
            name: self.name.clone(),
            timeout,
            every: Duration::from_secs(self.every.unwrap_or(poll)),
            denoms: self.denoms(),
            source,
        })
    }
}

impl Input {
    /// Asks it. It answers within its timeout, whatever happens; prices without a time are of `now`.
    pub async fn ask(&self, now: Seconds) -> Said {
        let asked = async {
            match &self.source {
                Source::Csv(replay) => Ok(replay.at(now)),
                Source::Http(page) => page.ask(now).await,
                Source::Chain(remote) => remote.ask().await,
            }
        };
        let answer = match tokio::time::timeout(self.timeout, asked).await {
            Ok(answer) => answer,
            Err(_) => {
                let seconds = self.timeout.as_secs();
                Err(Unread::NoAnswer(format!("nothing within {seconds} s")))
            }
        };
        answer.unwrap_or_else(|why| {
            let denoms = self.denoms.iter();
            denoms
                .map(|denom| (denom.clone(), Err(why.clone())))
                .collect()
        })
    }
}
