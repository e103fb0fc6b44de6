//! Asking all inputs at once, each at its own pace: one that hangs delays nobody.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::inputs::{Input, Said};

/// What an input said last, and how long that took.
#[derive(Debug, Clone)]
pub struct Answer {
    /// By denom.
    pub said: Said,
    /// How long it took.
    pub took: Duration,
}

/// All inputs, and what each said last.
#[derive(Debug, Clone)]
pub struct Ears {
    clock: Clock,
    inputs: Arc<Vec<Input>>,
    heard: Arc<Mutex<BTreeMap<String, Answer>>>,
}

impl Ears {
    /// Nobody is asked yet.
    pub fn new(inputs: Vec<Input>, clock: Clock) -> Self {
        Self {
            clock,
            inputs: Arc::new(inputs),
            heard: Arc::default(),
        }
    }

    /// Asks every input once, all at the same time, and waits for the last.
    pub async fn ask_all(&self) {
        join_all((0..self.inputs.len()).map(|at| self.ask(at))).await;
    }

    /// Asks every input again and again, until what is returned is dropped.
    pub fn listen(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for at in 0..self.inputs.len() {
            let ears = self.clone();
            tasks.spawn(async move {
                while let Some(input) = ears.inputs.get(at) {
                    ears.ask(at).await;
                    tokio::time::sleep(input.every).await;
                }
            });
        }
        tasks
    }

    /// What each input said last.
    pub fn heard(&self) -> BTreeMap<String, Answer> {
        // No code panics while it holds this lock.
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.clone()
    }

    async fn ask(&self, at: usize) {
        let Some(input) = self.inputs.get(at) else {
            return;
        };
        // Where the chain tells no time the clock goes on; the round says that nothing can be reported.
        let _ = self.clock.set().await;
        // The time before the question: an answer is never called younger than it is.
        let (began, time) = (Instant::now(), self.clock.now());
        let said = input.ask(time).await;
        let answer = Answer {
            said,
            took: began.elapsed(),
        };
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.insert(input.name.clone(), answer);
    }
}
