//! As much of a node's RPC as tells whether it lives.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use crate::run::Failure;

const PATIENCE: Duration = Duration::from_secs(5);

/// How far a node is.
#[derive(Debug)]
pub struct Status {
    /// Its last block.
    pub height: u64,
    /// That block's time.
    pub time: String,
}

/// Asks the node at `rpc`.
pub fn status(rpc: &str) -> Result<Status, Failure> {
    let answer = get(rpc, "/status").ok_or_else(|| silent(rpc))?;
    let text = |field: &str| {
        let value = answer.pointer(&format!("/result/sync_info/{field}"))?;
        Some(value.as_str()?.to_string())
    };
    let height = text("latest_block_height").and_then(|height| height.parse().ok());
    match (height, text("latest_block_time")) {
        (Some(height), Some(time)) => Ok(Status { height, time }),
        _ => Err(silent(rpc)),
    }
}

fn silent(rpc: &str) -> Failure {
    Failure::Missing(format!("no node answers at {rpc}"))
}

/// HTTP/1.0: the answer ends where the connection does.
fn get(rpc: &str, path: &str) -> Option<Value> {
    let host = rpc.strip_prefix("http://")?;
    let mut stream = TcpStream::connect_timeout(&host.parse().ok()?, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}
