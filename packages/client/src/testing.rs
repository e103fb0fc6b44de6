//! A node made of a closure, for tests without a chain: it answers what the closure says, or misbehaves as it says. It may stand before a
//! real node, whose answers the closure then has to pass on or to spoil.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cosmwasm_std::Binary;
use serde_json::{json, Value};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What a node answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// The result of the call.
    Result(Value),
    /// A refusal of the call.
    Refusal(i64, String),
    /// A status and a body that is no JSON-RPC.
    Page(u16, String),
    /// Nothing for so long, then the end of the connection.
    Hang(Duration),
}

type Handler = dyn Fn(&str, &Value) -> Reply + Send + Sync;

/// A server on this machine's own address that stops when it is dropped.
pub struct FakeNode {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The real node, which subscriptions go to.
    behind: Option<SocketAddr>,
    stopped: AtomicBool,
    calls: Mutex<Vec<String>>,
    sockets: Mutex<Vec<TcpStream>>,
}

impl FakeNode {
    /// Starts it on a free port. The closure gets the method and the parameters; a `GET` comes as the method `GET` with the path.
    /// `/websocket` is served by itself.
    pub fn start(
        handler: impl Fn(&str, &Value) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::serving(None, handler)
    }

    /// Starts it before the real node at an address. The closure answers calls, for which [`ask`] has the real answers; subscriptions are
    /// the real node's.
    pub fn before(
        node: SocketAddr,
        handler: impl Fn(&str, &Value) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::serving(Some(node), handler)
    }

    fn serving(
        behind: Option<SocketAddr>,
        handler: impl Fn(&str, &Value) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let node = Self {
            address: listener.local_addr()?,
            seen: Arc::new(Seen {
                behind,
                ..Seen::default()
            }),
        };
        let seen = node.seen.clone();
        let handler: Arc<Handler> = Arc::new(handler);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if seen.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (handler, seen) = (handler.clone(), seen.clone());
                std::thread::spawn(move || serve(&stream, &*handler, &seen));
            }
        });
        Ok(node)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The methods called so far, in order.
    pub fn calls(&self) -> Vec<String> {
        held(&self.seen.calls).clone()
    }

    /// How often a method was called.
    pub fn count(&self, method: &str) -> usize {
        self.calls().iter().filter(|call| *call == method).count()
    }

    /// Tells every subscriber that there is something, and how many there are.
    pub fn hint(&self) -> usize {
        let mut sockets = held(&self.seen.sockets);
        // A text frame of two letters.
        sockets.retain_mut(|socket| socket.write_all(b"\x81\x02{}").is_ok());
        sockets.len()
    }

    /// Drops every subscriber, and says how many there were.
    pub fn hang_up(&self) -> usize {
        let mut sockets = held(&self.seen.sockets);
        let dropped = sockets.drain(..);
        let dropped = dropped.filter(|socket| socket.shutdown(Shutdown::Both).is_ok());
        dropped.count()
    }
}

/// The answer of the node at an address to a call: the status and the body, whatever it is.
pub fn ask(node: SocketAddr, method: &str, params: &Value) -> io::Result<(u16, String)> {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let mut stream = TcpStream::connect(node)?;
    // Of the old version, so that the answer comes in one piece and the connection ends with it.
    let head = format!(
        "POST / HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("not an answer"))?;
    Ok((status, body.to_string()))
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        self.seen.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, so that its port is free again.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, handler: &Handler, seen: &Seen) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = request(&mut reader) {
        if seen.stopped.load(Ordering::SeqCst) {
            return;
        }
        let (method, params) = match request {
            Request::Subscribe(key, head) => {
                match seen.behind {
                    None => subscribe(stream, &key, seen),
                    // It ends when either side does.
                    Some(node) => drop(relay(&mut reader, node, &head, seen)),
                }
                return;
            }
            Request::Call(method, params) => (method, params),
        };
        held(&seen.calls).push(method.clone());
        let (status, body) = match handler(&method, &params) {
            Reply::Result(result) => (
                200,
                json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string(),
            ),
            Reply::Refusal(code, data) => {
                let error = json!({ "code": code, "message": "Internal error", "data": data });
                (
                    500,
                    json!({ "jsonrpc": "2.0", "id": 1, "error": error }).to_string(),
                )
            }
            Reply::Page(status, body) => (status, body),
            Reply::Hang(time) => {
                std::thread::sleep(time);
                return;
            }
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = stream;
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

fn subscribe(stream: &TcpStream, key: &str, seen: &Seen) {
    let accept = derive_accept_key(key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n"
    );
    let mut writer = stream;
    let kept = writer
        .write_all(head.as_bytes())
        .and_then(|()| stream.try_clone());
    if let Ok(kept) = kept {
        held(&seen.sockets).push(kept);
    }
}

/// Passes a subscription on to the node behind, both ways, until one side ends it.
fn relay(
    reader: &mut BufReader<&TcpStream>,
    node: SocketAddr,
    head: &str,
    seen: &Seen,
) -> io::Result<()> {
    let (mut to_client, client) = (reader.get_ref().try_clone()?, reader.get_ref().try_clone()?);
    let mut to_node = TcpStream::connect(node)?;
    let mut from_node = to_node.try_clone()?;
    to_node.write_all(head.as_bytes())?;
    held(&seen.sockets).push(client);
    std::thread::spawn(move || {
        let _ = io::copy(&mut from_node, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let copied = io::copy(reader, &mut to_node);
    to_node.shutdown(Shutdown::Both)?;
    copied.map(|_| ())
}

enum Request {
    Call(String, Value),
    /// The key of the handshake, and everything that was said.
    Subscribe(String, String),
}

/// The next request on a connection.
fn request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let first = line.clone();
    let mut head = line.clone();
    let (mut length, mut key) = (0, None);
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line).ok()?;
        head.push_str(&line);
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "sec-websocket-key" => key = Some(value.trim().to_string()),
            _ => {}
        }
    }
    if let Some(key) = key {
        return Some(Request::Subscribe(key, head));
    }
    if let Some(path) = first.strip_prefix("GET ") {
        let path = path.split(' ').next()?;
        return Some(Request::Call("GET".into(), path.into()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut call: Value = serde_json::from_slice(&body).ok()?;
    let method = call.get("method")?.as_str()?.to_string();
    let params = call.get_mut("params")?.take();
    Some(Request::Call(method, params))
}

/// The answer to `status`: a chain, its height, and how many seconds old its newest block is.
pub fn status(chain_id: &str, height: u64, age: u64) -> Reply {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    status_at(chain_id, height, now.as_secs().saturating_sub(age))
}

/// The answer to `status` whose newest block has a time, in seconds since 1970.
pub fn status_at(chain_id: &str, height: u64, time: u64) -> Reply {
    let time = i64::try_from(time).unwrap_or_default();
    let time = cosmrs::tendermint::Time::from_unix_timestamp(time, 0);
    let time = time.map(|time| time.to_rfc3339()).unwrap_or_default();
    Reply::Result(json!({
        "node_info": { "network": chain_id, "version": "0.38.21" },
        "sync_info": {
            "latest_block_height": height.to_string(),
            "latest_block_time": time,
            "catching_up": false,
        },
    }))
}

/// The answer to `abci_query` with an encoded value.
pub fn answer(value: &[u8], height: u64) -> Reply {
    Reply::Result(json!({ "response": {
        "code": 0, "log": "", "value": Binary::from(value), "height": height.to_string(), "codespace": "",
    }}))
}

/// The answer to `abci_query` that refuses.
pub fn refusal(codespace: &str, code: u32, log: &str) -> Reply {
    Reply::Result(json!({ "response": {
        "code": code, "log": log, "value": null, "height": "0", "codespace": codespace,
    }}))
}
