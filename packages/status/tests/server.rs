//! The server asked from outside: one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use wicker_status::prometheus_client::metrics::gauge::Gauge;
use wicker_status::{Server, Status, StatusError, Task, Watch};

/// A server of one required task that has ten seconds, with a clock that stands still until it is moved.
struct Program {
    server: Server,
    status: Status,
    follow: Task,
    seconds: Arc<AtomicU64>,
}

impl Program {
    fn start() -> Self {
        let seconds = Arc::new(AtomicU64::new(1_000));
        let clock = seconds.clone();
        let clock = Arc::new(move || Duration::from_secs(clock.load(Ordering::SeqCst)));
        let status = Status::with_clock("wicker <try>", "wicker_try", clock);
        let watch = Watch::required("follow", "reads <blocks>", Duration::from_secs(10));
        let follow = status.task(watch);
        Self {
            server: Server::start(any_port(), status.clone()).unwrap(),
            status,
            follow,
            seconds,
        }
    }

    async fn get(&self, path: &str, accept: &str) -> (u16, String, String) {
        // The one that is already there is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}{path}", self.server.address());
        let request = client.get(url).header("accept", accept);
        let answer = request.send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap();
        let (code, kind) = (answer.status().as_u16(), kind.to_string());
        (code, kind, answer.text().await.unwrap())
    }

    async fn ready(&self) -> (u16, String) {
        let (code, _, body) = self.get("/readyz", "*/*").await;
        (code, body)
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }
}

fn any_port() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// What a server says to these bytes, until it hangs up.
fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    // A server that hangs up early refuses the rest.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn it_is_ready_while_its_tasks_report_in_time_and_again_when_they_recover() {
    let program = Program::start();
    let (code, why) = program.ready().await;
    assert_eq!(
        (code, why.as_str()),
        (503, "follow: starting: no report yet\n")
    );
    program.follow.done("block 7");
    assert_eq!(program.ready().await, (200, "ready\n".into()));
    program.pass(10);
    assert_eq!(program.ready().await.0, 200);
    program.pass(1);
    let (code, why) = program.ready().await;
    assert_eq!(code, 503);
    assert_eq!(
        why,
        "follow: out of date: no report for 11 s, 10 s allowed\n"
    );
    program.follow.failed("no node");
    let (code, why) = program.ready().await;
    assert_eq!((code, why.as_str()), (503, "follow: failing: no node\n"));
    program.follow.done("block 9");
    assert_eq!(program.ready().await.0, 200);
    // Being alive is another matter.
    program.pass(1_000);
    assert_eq!(program.get("/healthz", "*/*").await.0, 200);
    assert_eq!(program.ready().await.0, 503);
}

#[tokio::test]
async fn a_task_has_an_address_whose_code_says_whether_it_is_well() {
    let program = Program::start();
    assert_eq!(program.get("/task/follow", "*/*").await.0, 503);
    program.follow.done("block 7");
    let (code, kind, body) = program.get("/task/follow", "*/*").await;
    assert_eq!((code, kind.as_str()), (200, "application/json"));
    let task: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&task["state"], &task["last"]),
        (&"well".into(), &"block 7".into())
    );
    assert_eq!(program.get("/task/other", "*/*").await.0, 404);
    assert_eq!(program.get("/other", "*/*").await.0, 404);
}

#[tokio::test]
async fn the_page_is_html_for_a_browser_and_json_for_a_program() {
    let program = Program::start();
    program.status.show("inventory", "5 usd");
    let (code, kind, html) = program.get("/", "text/html,*/*;q=0.8").await;
    assert_eq!((code, kind.as_str()), (200, "text/html; charset=utf-8"));
    assert!(
        html.contains("not ready") && html.contains("5 usd"),
        "{html}"
    );
    for path in ["/", "/status.json"] {
        let (code, kind, body) = program.get(path, "application/json").await;
        assert_eq!((code, kind.as_str()), (200, "application/json"));
        let page: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(page["ready"], false);
        assert_eq!(page["tasks"][0]["label"], "follow");
        assert_eq!(page["figures"]["inventory"], "5 usd");
    }
}

#[tokio::test]
async fn what_others_have_said_stands_on_the_page_as_text() {
    let program = Program::start();
    let evil = "</p><script>alert(1)</script>";
    program.follow.failed(evil);
    program.follow.done(evil);
    program.status.show(evil, evil);
    let html = program.get("/", "text/html").await.2;
    assert!(!html.contains("<script") && !html.contains("<try>") && !html.contains("<blocks>"));
    assert_eq!(html.matches("&lt;script&gt;").count(), 4, "{html}");
    assert!(html.contains("wicker &lt;try&gt;"));
}

#[tokio::test]
async fn metrics_hold_the_tasks_and_what_the_program_adds() {
    let program = Program::start();
    let height: Gauge = Gauge::default();
    program.status.register(|registry| {
        registry.register("block_height", "The newest block", height.clone());
    });
    height.set(77);
    program.follow.done("block 7");
    program.follow.failed("no node");
    program.pass(3);
    let (code, kind, text) = program.get("/metrics", "*/*").await;
    assert_eq!(code, 200);
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    for line in [
        "wicker_try_block_height 77",
        "wicker_try_task_up{task=\"follow\"} 0",
        "wicker_try_task_report_age_seconds{task=\"follow\"} 3",
        "wicker_try_task_report_limit_seconds{task=\"follow\"} 10",
        "wicker_try_task_successes_total{task=\"follow\"} 1",
        "wicker_try_task_errors_total{task=\"follow\"} 1",
        "# TYPE wicker_try_task_errors_total counter",
        "# TYPE wicker_try_task_up gauge",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
}

#[tokio::test]
async fn only_reading_is_answered_and_no_client_keeps_others_out() {
    let program = Program::start();
    let address = program.server.address();
    let post = say(
        address,
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 999\r\n\r\n",
    );
    assert!(
        post.starts_with("HTTP/1.1 405") && post.contains("allow: GET, HEAD"),
        "{post}"
    );
    let head = say(address, b"HEAD /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 200") && !head.contains("alive"),
        "{head}"
    );
    let garbage = say(address, b"\x16\x03\x01 not a request\r\n\r\n");
    assert!(garbage.starts_with("HTTP/1.1 400"), "{garbage}");
    let long = format!(
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "y".repeat(1 << 20)
    );
    assert!(!say(address, long.as_bytes()).starts_with("HTTP/1.1 200"));
    let many = "x: y\r\n".repeat(100);
    let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    assert!(!say(address, many.as_bytes()).starts_with("HTTP/1.1 200"));
    // More clients that never finish their heads than there are places: each is let go, and the next one is answered.
    let stalled: Vec<TcpStream> = (0..80)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
            stream
        })
        .collect();
    assert_eq!(program.get("/healthz", "*/*").await.0, 200);
    drop(stalled);
}

#[test]
fn a_server_that_stops_finishes_what_it_has_begun_and_frees_its_port() {
    let program = Program::start();
    let address = program.server.address();
    let mut begun = TcpStream::connect(address).unwrap();
    begun.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    // Connections are taken in turn: once this one is answered, the one before was taken.
    let other = say(address, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(other.starts_with("HTTP/1.1 200"), "{other}");
    let server = program.server;
    let stopping = std::thread::spawn(move || server.stop());
    begun.write_all(b"host: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    begun.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    stopping.join().unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_port_in_use_is_an_error_that_names_it() {
    let taken = TcpListener::bind(any_port()).unwrap();
    let address = taken.local_addr().unwrap();
    let refused = Server::start(address, Status::new("wicker try", "wicker_try"));
    let error = refused.err().unwrap();
    assert!(matches!(error, StatusError::Listen { address: found, .. } if found == address));
    assert!(
        error
            .to_string()
            .starts_with(&format!("listen: {address}: ")),
        "{error}"
    );
}
