//! New blocks as they come. A websocket only hints that one is there; asking is what finds it, so that nothing is missed when the
//! websocket is lost, silent or speaks a version that nobody knows.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{connect_async_tls_with_config, Connector};

use crate::chain::{Block, Chain};
use crate::error::ClientError;
use crate::http::tls;

/// A lost websocket is opened again after this.
const AGAIN: Duration = Duration::from_secs(5);

/// New blocks.
#[derive(Debug)]
pub struct Blocks {
    chain: Chain,
    last: u64,
    hint: Arc<Notify>,
    listener: JoinHandle<()>,
}

impl Chain {
    /// Blocks from now on. Needs a tokio runtime.
    pub fn blocks(&self) -> Blocks {
        let hint = Arc::new(Notify::new());
        Blocks {
            chain: self.clone(),
            last: 0,
            listener: tokio::spawn(listen(self.clone(), hint.clone())),
            hint,
        }
    }
}

impl Blocks {
    /// The newest block, once it is newer than the one before. Blocks in between are passed over. Errors when no endpoint gives one;
    /// calling again goes on.
    pub async fn next(&mut self) -> Result<Block, ClientError> {
        loop {
            let block = self.chain.block().await?;
            if block.height > self.last {
                self.last = block.height;
                return Ok(block);
            }
            let poll = self.chain.config().limits.poll;
            // Either is a reason to ask.
            let _ = timeout(poll, self.hint.notified()).await;
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn listen(chain: Chain, hint: Arc<Notify>) {
    loop {
        if let Some(url) = chain.shared.pool.websocket() {
            // Why it ended does not matter: polling goes on meanwhile.
            let _ = hints(&url, &hint).await;
        }
        sleep(AGAIN).await;
    }
}

async fn hints(url: &str, hint: &Notify) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let connector = Connector::Rustls(Arc::new(tls()?));
    let connect = connect_async_tls_with_config(url, None, false, Some(connector));
    let (mut socket, _) = timeout(AGAIN, connect).await??;
    let subscribe = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "subscribe",
        "params": { "query": "tm.event='NewBlockHeader'" },
    });
    socket.send(Message::text(subscribe.to_string())).await?;
    while let Some(message) = socket.next().await {
        if message?.is_text() {
            hint.notify_one();
        }
    }
    Ok(())
}
