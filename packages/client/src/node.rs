//! One node's JSON-RPC. Of an answer only what is needed is read, so that versions of CometBFT from 0.37 on serve alike.

use std::fmt;

use cosmrs::tendermint::Time;
use cosmwasm_std::{Attribute, Binary, Event};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{json, Value};

use crate::config::Limits;
use crate::error::ClientError;
use crate::http::Http;

/// The longest answer that is read, in bytes.
const LONGEST: usize = 64 << 20;

/// A node.
#[derive(Debug)]
pub(crate) struct Node {
    /// Where it is.
    pub url: String,
    http: Http,
}

/// Why a call gave nothing.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The endpoint: another one may do better.
    Endpoint(String),
    /// The node understood and refused: another one would too.
    Node {
        /// The JSON-RPC code.
        code: i64,
        /// What it said.
        message: String,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(why) => f.write_str(why),
            Self::Node { code, message } => write!(f, "{code}: {message}"),
        }
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    result: Option<T>,
    error: Option<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    code: i64,
    message: String,
    #[serde(default)]
    data: Value,
}

impl Node {
    /// A node at `url`.
    pub fn new(url: &str, limits: &Limits) -> Result<Self, ClientError> {
        Ok(Self {
            url: url.trim_end_matches('/').to_string(),
            http: Http::new(url, limits.timeout, LONGEST)?,
        })
    }

    /// Calls a method.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &Value,
    ) -> Result<T, CallError> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = self.http.post(&self.url, request.to_string().into_bytes());
        let answer = answer.await.map_err(CallError::Endpoint)?;
        // Refusals come with status 200 or 500, depending on the version; anything that is no JSON-RPC comes from something else.
        let envelope: Envelope<T> = serde_json::from_slice(&answer.body).map_err(|why| {
            CallError::Endpoint(match answer.is_success() {
                true => format!("{method}: not an answer of a node: {why}"),
                false => format!("{method}: status {}", answer.status),
            })
        })?;
        match (envelope.result, envelope.error) {
            (_, Some(fault)) => Err(CallError::Node {
                code: fault.code,
                message: match fault.data {
                    Value::String(data) if !data.is_empty() => {
                        format!("{}: {data}", fault.message)
                    }
                    _ => fault.message,
                },
            }),
            (Some(result), None) => Ok(result),
            (None, None) => Err(CallError::Endpoint(format!("{method}: an empty answer"))),
        }
    }

    /// Where it listens for subscriptions.
    pub fn websocket(&self) -> String {
        // `http` to `ws`, `https` to `wss`.
        format!("{}/websocket", self.url.replacen("http", "ws", 1))
    }
}

/// What `status` says.
#[derive(Debug, Deserialize)]
pub(crate) struct Status {
    pub node_info: NodeInfo,
    pub sync_info: SyncInfo,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NodeInfo {
    pub network: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SyncInfo {
    #[serde(deserialize_with = "number")]
    pub latest_block_height: u64,
    #[serde(deserialize_with = "seconds")]
    pub latest_block_time: u64,
    pub catching_up: bool,
}

/// What `abci_query` says.
#[derive(Debug, Deserialize)]
pub(crate) struct AbciQuery {
    pub response: QueryResponse,
}

#[derive(Debug, Deserialize)]
pub(crate) struct QueryResponse {
    #[serde(default)]
    pub code: u32,
    #[serde(default)]
    pub log: String,
    #[serde(default)]
    pub codespace: String,
    #[serde(default)]
    pub value: Option<Binary>,
    #[serde(default, deserialize_with = "number")]
    pub height: u64,
}

/// What `broadcast_tx_sync` says.
#[derive(Debug, Deserialize)]
pub(crate) struct Broadcast {
    #[serde(default)]
    pub code: u32,
    #[serde(default)]
    pub log: String,
    #[serde(default)]
    pub codespace: String,
}

/// What `tx` says.
#[derive(Debug, Deserialize)]
pub(crate) struct Found {
    #[serde(deserialize_with = "number")]
    pub height: u64,
    pub tx_result: TxResult,
}

/// What a transaction did.
#[derive(Debug, Deserialize)]
pub(crate) struct TxResult {
    #[serde(default)]
    pub code: u32,
    #[serde(default)]
    pub log: String,
    #[serde(default)]
    pub codespace: String,
    #[serde(default)]
    pub data: Option<Binary>,
    #[serde(default, deserialize_with = "number")]
    pub gas_wanted: u64,
    #[serde(default, deserialize_with = "number")]
    pub gas_used: u64,
    #[serde(default)]
    pub events: Vec<RawEvent>,
}

/// What `block_results` says of transactions. What blocks do by themselves is named differently in each version and not needed.
#[derive(Debug, Deserialize)]
pub(crate) struct BlockResults {
    #[serde(default)]
    pub txs_results: Option<Vec<TxResult>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RawEvent {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    attributes: Vec<RawAttribute>,
}

#[derive(Debug, Deserialize)]
struct RawAttribute {
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: Option<String>,
}

impl RawEvent {
    /// As contracts write it.
    pub fn event(self) -> Event {
        let attributes = self.attributes.into_iter().map(|attribute| Attribute {
            key: attribute.key,
            value: attribute.value.unwrap_or_default(),
        });
        let mut event = Event::new(self.kind);
        event.attributes = attributes.collect();
        event
    }
}

/// Numbers come as text, in some places as numbers, and as nothing for zero.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::Null => Some(0),
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    number.ok_or_else(|| serde::de::Error::custom(format!("{value} is no number")))
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    moment(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no time")))
}

/// Seconds since 1970 of a time as RFC 3339 writes it, such as `2026-01-31T12:00:00Z`.
pub fn moment(text: &str) -> Option<u64> {
    let time = Time::parse_from_rfc3339(text).ok()?;
    u64::try_from(time.unix_timestamp()).ok()
}
