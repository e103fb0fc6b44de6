//! KPR-6: servers that answer nonsense, or not at all. Each is a real server on this machine, asked as the feeder asks.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use wicker_client::proto::cosmwasm::wasm::v1::QuerySmartContractStateResponse;
use wicker_client::proto::prost::Message as _;
use wicker_client::testing::{answer, status, FakeNode};
use wicker_engine::price::parse;
use wicker_feeder::clock::Clock;
use wicker_feeder::hear::Ears;
use wicker_feeder::inputs::{Input, InputConfig, Said, Unread};
use wicker_feeder::judge::{judge, Decision, Hold, Memory, Policy, Quote, Seen};
use wicker_math::{Ratio, Seconds};

/// The moment at which inputs are asked here.
const NOW: Seconds = Seconds::new(1_700_000_000);

/// What a server does with a connection once it has read the request's head, which it is given.
type Manner = dyn Fn(&mut TcpStream, &str) + Send + Sync;

/// A server on a port that the system chooses; it ends with the test.
fn server(manner: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let manner: Arc<Manner> = Arc::new(manner);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let manner = manner.clone();
            thread::spawn(move || {
                let mut head = String::new();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                manner(&mut stream, &head);
            });
        }
    });
    format!("http://{address}/price")
}

fn page(kind: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// A server that always sends the same.
fn saying(text: String) -> String {
    server(move |stream, _| {
        let _ = stream.write_all(text.as_bytes());
    })
}

fn json_of(body: &str) -> String {
    saying(page("application/json; charset=utf-8", body))
}

/// The input `web` of the price at `/p`, with more lines of configuration.
fn input(url: &str, more: &str) -> Input {
    let text = format!("name = \"web\"\nkind = \"http\"\nurl = \"{url}\"\nmax_bytes = 2000\ntimeout = 2\nprice = [{{ denom = \"ua\", pointer = \"/p\"{more} }}]\n");
    opened(&text)
}

fn opened(text: &str) -> Input {
    let config: InputConfig = toml::from_str(text).unwrap();
    config.check().unwrap();
    let variable = |name: &str| (name == "A_SECRET").then(|| "s3cret".to_string());
    config.open((10, NOW), variable).unwrap()
}

fn only(said: Said) -> Result<Quote, Unread> {
    assert_eq!(said.len(), 1);
    said.into_iter().next().unwrap().1
}

async fn asked(url: &str) -> Result<Quote, Unread> {
    only(input(url, "").ask(NOW).await)
}

async fn label(url: &str) -> &'static str {
    asked(url).await.unwrap_err().label()
}

fn quote(price: &str, time: u64) -> Quote {
    Quote {
        price: parse(price).unwrap(),
        time: Seconds::new(time),
    }
}

#[tokio::test]
async fn a_price_is_read_as_number_and_as_text_without_losing_a_digit() {
    for body in [
        r#"{"p":12345.678901234567890123456789,"q":0}"#,
        r#"{"p":"12345.678901234567890123456789"}"#,
        r#"{"p":1234567890.1234567890123456789e-5}"#,
    ] {
        let found = asked(&json_of(body)).await;
        assert_eq!(
            found,
            Ok(quote("12345.678901234567890123456789", NOW.get())),
            "{body}"
        );
    }
}

#[tokio::test]
async fn scale_inverse_and_time_are_as_configured() {
    let url = json_of(r#"{"p":400000000,"t":{"at":"2023-11-14T22:13:20Z"}}"#);
    let more = ", scale = -8, inverse = true, time = \"/t/at\", unit = \"rfc3339\"";
    let found = only(input(&url, more).ask(Seconds::new(5)).await);
    assert_eq!(found, Ok(quote("0.25", NOW.get())));
}

#[tokio::test]
async fn kpr_6_nothing_negative_nonsense_and_beyond_the_range_are_no_prices() {
    for (said, expected) in [
        ("0", "zero"),
        ("0.0e9", "zero"),
        ("\"0\"", "zero"),
        ("-1", "negative"),
        ("\"-12.5\"", "negative"),
        ("1e30", "range"),
        ("\"1e30\"", "range"),
        ("1e-30", "range"),
        ("1e999", "range"),
        ("\"NaN\"", "not_a_number"),
        ("\"Infinity\"", "not_a_number"),
        ("\"\"", "not_a_number"),
        ("\"1,000\"", "not_a_number"),
        ("null", "not_a_number"),
        ("true", "not_a_number"),
        ("[1]", "not_a_number"),
        ("{\"p\":1}", "not_a_number"),
        ("NaN", "not_json"),
        ("Infinity", "not_json"),
        ("01", "not_json"),
        ("1 2", "not_json"),
        ("'1'", "not_json"),
    ] {
        let url = json_of(&format!("{{\"p\":{said}}}"));
        assert_eq!(label(&url).await, expected, "{said}");
    }
    assert_eq!(label(&json_of("{\"q\":1}")).await, "missing");
    assert_eq!(label(&json_of("")).await, "not_json");
}

#[tokio::test]
async fn kpr_6_a_page_for_people_is_no_price() {
    let html = "<!doctype html><html><body>Attention required: 12.5</body></html>";
    assert_eq!(
        label(&saying(page("text/html", html))).await,
        "content_type"
    );
    // Of the right type and still a page; and the right answer under a wrong type.
    assert_eq!(label(&json_of(html)).await, "not_json");
    assert_eq!(
        label(&saying(page("text/plain", "{\"p\":1}"))).await,
        "content_type"
    );
    for status in [
        "204 No Content",
        "404 Not Found",
        "429 Too Many Requests",
        "500 Oops",
        "503 Soon",
    ] {
        let body = "content-type: application/json\r\ncontent-length: 7\r\nconnection: close\r\n\r\n{\"p\":1}";
        let found = label(&saying(format!("HTTP/1.1 {status}\r\n{body}"))).await;
        // A success without content has none.
        assert!(
            ["status", "content_type", "not_json"].contains(&found),
            "{status}: {found}"
        );
    }
}

#[tokio::test]
async fn kpr_6_an_answer_that_breaks_off_or_is_no_http_is_no_price() {
    let broken = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"p\":12.5}";
    assert_eq!(label(&saying(broken.into())).await, "no_answer");
    let chunk = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"p\":1}\n\r\n";
    assert_eq!(label(&saying(chunk.into())).await, "no_answer");
    // Half of the document in an answer that is whole.
    assert_eq!(label(&json_of("{\"p\":12.5")).await, "not_json");
    assert_eq!(label(&saying("12.5\r\n\r\n".into())).await, "no_answer");
    assert_eq!(label(&saying(String::new())).await, "no_answer");
    let nobody = {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
    };
    assert_eq!(label(&format!("http://{nobody}/")).await, "no_answer");
}

#[tokio::test]
async fn kpr_6_an_endless_answer_is_cut_off() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let url = server(move |stream, _| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"p\":1,\"x\":\"",
        );
        // Until the reader has had enough and closes.
        while stream.write_all(&[b'a'; 4_096]).is_ok() {
            count.fetch_add(4_096, Ordering::SeqCst);
        }
    });
    assert_eq!(label(&url).await, "no_answer");
    // One byte more than is allowed is too much as well, and the longest is not.
    let padded = |length: usize| format!("{{\"p\":1}}{}", " ".repeat(length - 7));
    assert_eq!(label(&json_of(&padded(2_001))).await, "no_answer");
    assert!(asked(&json_of(&padded(2_000))).await.is_ok());
}

#[tokio::test]
async fn kpr_6_a_redirection_is_followed_nowhere() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let url = server(move |stream, _| {
        count.fetch_add(1, Ordering::SeqCst);
        let _ = stream.write_all(b"HTTP/1.1 302 Found\r\nlocation: /price\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    assert_eq!(label(&url).await, "status");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// Three inputs, of which one takes its connection and never answers: its own deadline passes, the others are heard at once.
#[tokio::test]
async fn kpr_6_an_input_that_hangs_delays_nobody() {
    let held: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let kept = held.clone();
    let mute = server(move |stream, _| kept.lock().unwrap().push(stream.try_clone().unwrap()));
    let body = "{\"p\":12.5}";
    let named = |name: &str, url: &str, timeout: u64| {
        opened(&format!("name = \"{name}\"\nkind = \"http\"\nurl = \"{url}\"\ntimeout = {timeout}\nprice = [{{ denom = \"ua\", pointer = \"/p\" }}]\n"))
    };
    let inputs = vec![
        named("mute", &mute, 30),
        named("one", &json_of(body), 5),
        named("two", &json_of(body), 5),
    ];
    let ears = Ears::new(inputs, Clock::machine());
    let listening = ears.listen();
    // Both that answer are heard while the third is still waited for: it has not even failed yet.
    while ears.heard().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let heard = ears.heard();
    assert!(!heard.contains_key("mute"));
    let seen: Vec<Seen> = heard
        .iter()
        .map(|(input, answer)| Seen {
            input: input.clone(),
            quote: only(answer.said.clone()).unwrap(),
        })
        .collect();
    let now = seen[0].quote.time.max(seen[1].quote.time);
    let found = judge(&policy(), &Memory::default(), &seen, now);
    assert!(matches!(found.decision, Decision::Report(..)));
    drop(listening);
    // Alone, it fails at its own deadline and not before an answer could have come.
    let found = named("mute", &mute, 1).ask(NOW).await;
    assert_eq!(only(found).unwrap_err().label(), "no_answer");
}

fn policy() -> Policy {
    Policy {
        inputs: 2,
        max_age: Seconds::new(60),
        max_future: Seconds::new(5),
        max_deviation: Ratio::percent(2),
        max_step: Ratio::percent(10),
        step_interval: Seconds::new(20),
        min_change: Ratio::bps(10),
        heartbeat: Seconds::new(120),
    }
}

#[tokio::test]
async fn kpr_6_a_time_in_another_unit_makes_an_observation_stale_or_future_and_never_fresh() {
    for (unit, said, fresh) in [
        ("s", "1700000000", true),
        ("s", "1700000000000", false),
        ("s", "1700000000000000000", false),
        ("ms", "1700000000000", true),
        ("ms", "1700000000", false),
        ("ns", "1700000000000000000", true),
        ("ns", "1700000000000", false),
    ] {
        let url = json_of(&format!("{{\"p\":12.5,\"t\":{said}}}"));
        let more = format!(", time = \"/t\", unit = \"{unit}\"");
        let said_now = only(input(&url, &more).ask(NOW).await).unwrap();
        let seen = [
            Seen {
                input: "web".into(),
                quote: said_now,
            },
            Seen {
                input: "other".into(),
                quote: quote("12.5", NOW.get()),
            },
        ];
        let found = judge(&policy(), &Memory::default(), &seen, NOW);
        assert_eq!(
            matches!(found.decision, Decision::Report(..)),
            fresh,
            "{unit} {said}"
        );
        if !fresh {
            assert!(matches!(
                found.decision,
                Decision::Hold(Hold::Few {
                    agreeing: 1,
                    fresh: 1,
                    needed: 2
                })
            ));
        }
    }
    let url = json_of("{\"p\":12.5,\"t\":\"yesterday\"}");
    let found = only(input(&url, ", time = \"/t\"").ask(NOW).await);
    assert_eq!(found, Err(Unread::Time("yesterday".into())));
}

#[tokio::test]
async fn headers_come_from_the_environment_and_never_show() {
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = heads.clone();
    let url = server(move |stream, head| {
        seen.lock().unwrap().push(head.to_ascii_lowercase());
        let _ = stream.write_all(page("application/json", "{\"p\":1}").as_bytes());
        let _ = stream.read(&mut [0; 1]);
    });
    let text = format!("name = \"web\"\nkind = \"http\"\nurl = \"{url}\"\nheaders = {{ \"X-Key\" = \"A_SECRET\" }}\nprice = [{{ denom = \"ua\", pointer = \"/p\" }}]\n");
    let input = opened(&text);
    assert!(!format!("{input:?}").contains("s3cret"));
    assert!(only(input.ask(NOW).await).is_ok());
    assert!(heads.lock().unwrap()[0].contains("x-key: s3cret"));
    let unset: InputConfig = toml::from_str(&text.replace("A_SECRET", "NOT_SET")).unwrap();
    let refused = unset.open((10, NOW), |_| None).unwrap_err().to_string();
    assert!(refused.contains("NOT_SET"), "{refused}");
}

/// Another chain's contract, whose newest block is so many seconds old.
fn chain(age: u64, body: &'static str) -> FakeNode {
    FakeNode::start(move |method, _| match method {
        "status" => status("other-1", 50, age),
        _ => {
            let data = QuerySmartContractStateResponse { data: body.into() };
            answer(&data.encode_to_vec(), 50)
        }
    })
    .unwrap()
}

fn remote(node: &FakeNode, id: &str) -> Input {
    opened(&format!(
        "name = \"far\"\nkind = \"chain\"\nnodes = [\"{}\"]\nchain_id = \"{id}\"\ncontract = \"c\"\nquery = '{}'\nprice = [{{ denom = \"ua\", pointer = \"/data/price\" }}]\n",
        node.url(), json!({ "price": { "denom": "ua" } }),
    ))
}

#[tokio::test]
async fn another_chains_price_is_as_old_as_its_newest_block() {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let node = chain(40, r#"{"data":{"price":"12.5"}}"#);
    let found = only(remote(&node, "other-1").ask(NOW).await).unwrap();
    assert_eq!(found.price, parse("12.5").unwrap());
    // The node works its time out when it is asked: a second may have passed since.
    assert!((now - 40..=now - 35).contains(&found.time.get()));
    let nonsense = chain(0, r#"{"data":{"price":"NaN"}}"#);
    assert_eq!(
        only(remote(&nonsense, "other-1").ask(NOW).await)
            .unwrap_err()
            .label(),
        "not_a_number"
    );
    assert_eq!(
        only(remote(&node, "third-1").ask(NOW).await)
            .unwrap_err()
            .label(),
        "no_answer"
    );
}
