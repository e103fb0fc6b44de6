//! A node's RPC with faults: stands before the real one, passes everything on, and spoils what it is told to.

use std::{
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cosmwasm_std::Binary;
use serde_json::{json, Value};
use wicker_client::{
    proto::{
        cosmos::{base::abci::v1beta1::GasInfo, tx::v1beta1::SimulateResponse},
        cosmwasm::wasm::v1::QueryAllContractStateResponse,
        prost::Message as _,
    },
    testing::{ask, FakeNode, Reply},
};

use crate::error::Error;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Every answer comes so late.
    Slow(Duration),
    /// Connections end without an answer.
    Drops,
    /// Answers end in the middle.
    Torn,
    /// Something else answers, with this status: a limit, a gateway, a page for people.
    Page(u16),
    /// It says that it is of this chain.
    Chain(String),
    /// It says that it is still catching up.
    CatchesUp,
    /// It answers as of so many blocks ago.
    Lags(u64),
    /// It answers as of this block for ever.
    Stands(u64),
    /// A page of records ends in its middle and says that it was the last.
    HalfPages,
    /// The record under this key is in no page.
    Without(Vec<u8>),
    /// A simulation says that so much gas is enough.
    Simulates(u64),
    /// A transaction is taken, and nobody ever gets it.
    Swallows,
    /// A transaction is passed on, and the answer is lost.
    Mute,
    /// The mempool has no room.
    Full,
    /// A transaction waits here until [`Proxy::release`].
    Holds,
}

/// Stands before a node.
pub struct Proxy {
    node: FakeNode,
    state: Arc<State>,
}

struct State {
    behind: SocketAddr,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    fault: Fault,
    /// Transactions that wait here.
    held: usize,
    /// How transactions that wait end: passed on, or forgotten.
    let_go: Option<bool>,
}

impl Proxy {
    /// Stands before the node with this RPC address.
    pub fn before(rpc: &str) -> Result<Self, Error> {
        let wrong = |why: &dyn std::fmt::Display| Error::Wrong(format!("{rpc}: {why}"));
        let address = rpc.strip_prefix("http://").unwrap_or(rpc).parse();
        let behind: SocketAddr = address.map_err(|why| wrong(&why))?;
        let state = Arc::new(State {
            behind,
            inner: Mutex::default(),
            changed: Condvar::new(),
        });
        let serving = state.clone();
        let node = FakeNode::before(behind, move |method, params| serving.reply(method, params));
        Ok(Self {
            node: node.map_err(|why| wrong(&why))?,
            state,
        })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.node.url()
    }

    /// What goes wrong from now on.
    pub fn set(&self, fault: Fault) {
        self.state.inner().fault = fault;
    }

    /// How often a method was called.
    pub fn count(&self, method: &str) -> usize {
        self.node.count(method)
    }

    /// Drops every websocket, and says how many there were.
    pub fn hang_up(&self) -> usize {
        self.node.hang_up()
    }

    /// How many transactions wait here.
    pub fn held(&self) -> usize {
        self.state.inner().held
    }

    /// Lets transactions that wait go on to the node, or to nowhere, and holds no more. Returns when they are there.
    pub fn release(&self, on: bool) {
        let mut inner = self.state.inner();
        (inner.let_go, inner.fault) = (Some(on), Fault::None);
        self.state.changed.notify_all();
        while inner.held > 0 {
            inner = self.state.wait(inner);
        }
        inner.let_go = None;
    }
}

impl State {
    // No code panics while it holds this lock, and the record is whole between any two statements.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, inner: MutexGuard<'a, Inner>) -> MutexGuard<'a, Inner> {
        let waited = self.changed.wait(inner);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self, method: &str, params: &Value) -> Reply {
        let fault = self.inner().fault.clone();
        let broadcast = method == "broadcast_tx_sync";
        match &fault {
            Fault::Slow(time) => std::thread::sleep(*time),
            Fault::Drops => return lost(),
            Fault::Page(status) => {
                return Reply::Page(*status, "<html><body>busy</body></html>".into())
            }
            Fault::Full if broadcast => {
                let why = "mempool is full: number of txs 5000 (max: 5000), total txs bytes 5242880 (max: 1073741824)";
                return Reply::Refusal(-32603, why.into());
            }
            Fault::Swallows if broadcast => {
                return Reply::Result(json!({ "code": 0, "data": "", "log": "", "codespace": "" }))
            }
            Fault::Holds if broadcast && !self.hold() => return lost(),
            _ => {}
        }
        let reply = self.passed(&fault, method, params);
        if fault == Fault::Holds && broadcast {
            self.inner().held -= 1;
            self.changed.notify_all();
        }
        match (fault, reply) {
            (Fault::Mute, _) if broadcast => lost(),
            (Fault::Torn, Reply::Page(status, body)) => {
                let half = body.chars().take(body.chars().count() / 2);
                Reply::Page(status, half.collect())
            }
            (_, reply) => reply,
        }
    }

    /// Waits until it is said what to do; true when the transaction is to be passed on.
    fn hold(&self) -> bool {
        let mut inner = self.inner();
        inner.held += 1;
        self.changed.notify_all();
        loop {
            match inner.let_go {
                Some(true) => return true,
                Some(false) => {
                    inner.held -= 1;
                    self.changed.notify_all();
                    return false;
                }
                None => inner = self.wait(inner),
            }
        }
    }

    /// The node's answer, with what the fault makes of its content.
    fn passed(&self, fault: &Fault, method: &str, params: &Value) -> Reply {
        let mut params = params.clone();
        let old = self.old(fault);
        if let (Some(height), "abci_query") = (old, method) {
            // What is asked for of a height has it or has it not.
            if params.get("height").is_some_and(|asked| asked == "0") {
                params["height"] = height.to_string().into();
            }
        }
        let Ok((status, body)) = ask(self.behind, method, &params) else {
            return lost();
        };
        let Ok(mut answer) = serde_json::from_str::<Value>(&body) else {
            return Reply::Page(status, body);
        };
        let spoilt = match method {
            "status" => self.status(fault, old, &mut answer),
            "abci_query" => query(fault, &params, &mut answer),
            _ => None,
        };
        match spoilt {
            Some(()) => Reply::Page(status, answer.to_string()),
            None => Reply::Page(status, body),
        }
    }

    /// The block that is the newest by the fault.
    fn old(&self, fault: &Fault) -> Option<u64> {
        match fault {
            Fault::Stands(height) => Some(*height),
            Fault::Lags(blocks) => {
                let (_, body) = ask(self.behind, "status", &json!({})).ok()?;
                let answer: Value = serde_json::from_str(&body).ok()?;
                let newest = answer.pointer("/result/sync_info/latest_block_height")?;
                let newest: u64 = newest.as_str()?.parse().ok()?;
                Some(newest.saturating_sub(*blocks))
            }
            _ => None,
        }
    }

    fn status(&self, fault: &Fault, old: Option<u64>, answer: &mut Value) -> Option<()> {
        match fault {
            Fault::Chain(id) => {
                *answer.pointer_mut("/result/node_info/network")? = id.clone().into();
            }
            Fault::CatchesUp => {
                *answer.pointer_mut("/result/sync_info/catching_up")? = true.into();
            }
            _ => {
                let height = old?.to_string();
                let (_, body) = ask(self.behind, "header", &json!({ "height": height })).ok()?;
                let header: Value = serde_json::from_str(&body).ok()?;
                let sync = answer.pointer_mut("/result/sync_info")?;
                sync["latest_block_time"] = header.pointer("/result/header/time")?.clone();
                sync["latest_block_height"] = height.into();
            }
        }
        Some(())
    }
}

/// No answer, and no connection any more.
fn lost() -> Reply {
    Reply::Hang(Duration::ZERO)
}

/// Spoils an answer of the application.
fn query(fault: &Fault, params: &Value, answer: &mut Value) -> Option<()> {
    let path = params.get("path")?.as_str()?.rsplit('/').next()?;
    let value = answer.pointer_mut("/result/response/value")?;
    let bytes = Binary::from_base64(value.as_str()?).ok()?;
    let spoilt = match (fault, path) {
        (Fault::HalfPages, "AllContractState") => {
            let mut page = QueryAllContractStateResponse::decode(bytes.as_slice()).ok()?;
            page.models.truncate(page.models.len() / 2);
            page.pagination = None;
            page.encode_to_vec()
        }
        (Fault::Without(key), "AllContractState") => {
            let mut page = QueryAllContractStateResponse::decode(bytes.as_slice()).ok()?;
            page.models.retain(|model| model.key != *key);
            page.encode_to_vec()
        }
        (Fault::Simulates(gas_used), "Simulate") => {
            let info = GasInfo {
                gas_wanted: 0,
                gas_used: *gas_used,
            };
            let answer = SimulateResponse {
                gas_info: Some(info),
                result: None,
            };
            answer.encode_to_vec()
        }
        _ => return None,
    };
    *value = Binary::from(spoilt).to_base64().into();
    Some(())
}
