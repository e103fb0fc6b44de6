//! Several endpoints as one. The first that is well is asked; one that fails several times in a row rests; one of another chain, behind
//! the others or without new blocks gives no answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde_json::{json, Value};

use crate::config::{Config, Limits};
use crate::error::{Attempt, ClientError};
use crate::node::{CallError, Node, Status};

/// The endpoints of one chain.
#[derive(Debug)]
pub(crate) struct Pool {
    slots: Vec<Slot>,
    limits: Limits,
    chain_id: OnceLock<String>,
    /// The highest block seen on any endpoint.
    best: AtomicU64,
}

#[derive(Debug)]
struct Slot {
    node: Node,
    health: Mutex<Health>,
    requests: AtomicU64,
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct Health {
    /// Errors in a row.
    errors: u32,
    /// Left alone until then.
    rests_until: Option<Instant>,
    /// Its chain has been looked at since it last failed.
    known: bool,
    /// Its newest block, and since when it has been that one.
    head: Option<(u64, Instant)>,
    /// What went wrong last.
    last: Option<String>,
}

/// An endpoint as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointHealth {
    /// Its address.
    pub endpoint: String,
    /// True while it is used.
    pub well: bool,
    /// Errors in a row.
    pub errors: u32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Calls of its methods so far, `status` among them.
    pub requests: u64,
    /// Calls that gave nothing because of the endpoint, so far.
    pub failures: u64,
}

impl Pool {
    pub fn new(config: &Config) -> Result<Self, ClientError> {
        if config.endpoints.is_empty() {
            return Err(ClientError::Config("no endpoint is configured".into()));
        }
        let slots = config.endpoints.iter().map(|url| {
            Ok(Slot {
                node: Node::new(url, &config.limits)?,
                health: Mutex::default(),
                requests: AtomicU64::new(0),
                failures: AtomicU64::new(0),
            })
        });
        let chain_id = OnceLock::new();
        if let Some(id) = &config.chain_id {
            chain_id.get_or_init(|| id.clone());
        }
        Ok(Self {
            slots: slots.collect::<Result<_, ClientError>>()?,
            limits: config.limits.clone(),
            chain_id,
            best: AtomicU64::new(0),
        })
    }

    /// The chain's id; empty before the first answer of a chain that was not named.
    pub fn chain_id(&self) -> &str {
        self.chain_id.get().map_or("", String::as_str)
    }

    /// Each endpoint as it stands.
    pub fn health(&self) -> Vec<EndpointHealth> {
        let slots = self.slots.iter().map(|slot| {
            let health = slot.health();
            EndpointHealth {
                endpoint: slot.node.url.clone(),
                well: !health.rests(),
                errors: health.errors,
                last_error: health.last.clone(),
                requests: slot.requests.load(Ordering::Relaxed),
                failures: slot.failures.load(Ordering::Relaxed),
            }
        });
        slots.collect()
    }

    /// Where the first well endpoint listens for subscriptions.
    pub fn websocket(&self) -> Option<String> {
        self.order().first().map(|slot| slot.node.websocket())
    }

    /// The newest block of the first endpoint that is well and has it fresh.
    pub async fn status(&self) -> Result<Status, ClientError> {
        let mut tried = Vec::new();
        for slot in self.order() {
            match self.look(slot).await {
                Ok(status) => {
                    slot.works();
                    return Ok(status);
                }
                Err(error) => tried.push(slot.failed(error.to_string(), &self.limits)),
            }
        }
        Err(ClientError::Unreachable(tried))
    }

    /// Calls a method on the first endpoint whose answer `accept` takes; the error says what is wrong with it.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
        accept: impl Fn(&Self, &T) -> Result<(), String>,
    ) -> Result<T, ClientError> {
        let mut tried = Vec::new();
        for slot in self.order() {
            match self.on(slot, method, &params, &accept).await {
                Ok(answer) => {
                    slot.works();
                    return Ok(answer);
                }
                Err(CallError::Node { code, message }) => {
                    slot.works();
                    return Err(ClientError::Node { code, message });
                }
                Err(CallError::Endpoint(why)) => tried.push(slot.failed(why, &self.limits)),
            }
        }
        Err(ClientError::Unreachable(tried))
    }

    async fn on<T: DeserializeOwned>(
        &self,
        slot: &Slot,
        method: &str,
        params: &Value,
        accept: &impl Fn(&Self, &T) -> Result<(), String>,
    ) -> Result<T, CallError> {
        if !slot.health().known {
            self.look(slot).await?;
        }
        let answer = slot.call(method, params).await?;
        accept(self, &answer).map_err(CallError::Endpoint)?;
        Ok(answer)
    }

    /// Asks an endpoint for its chain and its newest block, and judges both.
    async fn look(&self, slot: &Slot) -> Result<Status, CallError> {
        let status: Status = slot.call("status", &json!({})).await?;
        let found = &status.node_info.network;
        let expected = self.chain_id.get_or_init(|| found.clone());
        let wrong = |why: String| Err(CallError::Endpoint(why));
        if found != expected {
            return wrong(format!("it is of chain {found}, not {expected}"));
        }
        if status.sync_info.catching_up {
            return wrong("it is still catching up".into());
        }
        let age = since(status.sync_info.latest_block_time);
        if age > self.limits.max_block_age {
            return wrong(format!("its newest block is {} s old", age.as_secs()));
        }
        let height = status.sync_info.latest_block_height;
        // A block's time says little where the chain's clock and this machine's differ.
        let still = slot.health().still(height);
        if still > self.limits.max_block_age {
            return wrong(format!("no new block in {} s", still.as_secs()));
        }
        self.fresh(height).map_err(CallError::Endpoint)?;
        slot.health().known = true;
        Ok(status)
    }

    /// Takes note of a height; errors when it is too far behind the highest one.
    pub fn fresh(&self, height: u64) -> Result<(), String> {
        let best = self.best.fetch_max(height, Ordering::Relaxed);
        match height.saturating_add(self.limits.max_lag) < best {
            true => Err(format!("it is at block {height}, others at {best}")),
            false => Ok(()),
        }
    }

    /// Those that are well in the order given, then those that rest, the longest-resting first: when none is well all are tried.
    fn order(&self) -> Vec<&Slot> {
        let now = Instant::now();
        let mut order: Vec<&Slot> = self.slots.iter().collect();
        order.sort_by_key(|slot| slot.health().rests_until.filter(|until| *until > now));
        order
    }
}

impl Slot {
    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &Value,
    ) -> Result<T, CallError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.node.call(method, params).await
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        // No code panics while it holds this lock, and the record is whole between any two statements.
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn works(&self) {
        let mut health = self.health();
        health.errors = 0;
        health.rests_until = None;
        health.last = None;
    }

    fn failed(&self, why: String, limits: &Limits) -> Attempt {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut health = self.health();
        health.errors = health.errors.saturating_add(1);
        health.known = false;
        health.last = Some(why.clone());
        if health.errors >= limits.errors {
            health.rests_until = Instant::now().checked_add(limits.rest);
        }
        Attempt {
            endpoint: self.node.url.clone(),
            why,
        }
    }
}

impl Health {
    /// For how long its newest block has been this one.
    fn still(&mut self, height: u64) -> Duration {
        match self.head {
            Some((known, since)) if height <= known => since.elapsed(),
            _ => {
                self.head = Some((height, Instant::now()));
                Duration::ZERO
            }
        }
    }

    fn rests(&self) -> bool {
        self.rests_until.is_some_and(|until| until > Instant::now())
    }
}

/// How long ago a time was by this machine's clock; nothing for the future.
fn since(time: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
        .saturating_sub(Duration::from_secs(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_stays_the_newest_grows_old_and_a_newer_one_is_new() {
        let span = Duration::from_secs(10);
        let mut health = Health {
            head: Instant::now().checked_sub(span).map(|since| (5, since)),
            ..Health::default()
        };
        assert!(health.still(5) >= span);
        // One that goes back is no new one.
        assert!(health.still(4) >= span);
        assert_eq!(health.still(6), Duration::ZERO);
        assert!(health.still(6) < span);
    }
}
