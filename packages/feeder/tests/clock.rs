//! A replay that goes by the clock of a chain whose time a test sets.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{json, Value};
use wicker_client::proto::cosmwasm::wasm::v1::{
    QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use wicker_client::proto::prost::Message as _;
use wicker_client::testing::{answer, refusal, status_at, FakeNode, Reply};
use wicker_client::{Chain, ClientError, Config as ClientConfig, Limits, Signer};
use wicker_feeder::{Config, Feeder, FeederError, Round};
use wicker_status::Status;

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
/// The chain's time at the start: far from this machine's.
const START: u64 = 4_000_000_000;

/// A chain, and a file that says 10 dollars for an hour and 5 for another.
struct Rig {
    /// Its time, or nothing when it is gone.
    time: Arc<Mutex<Option<u64>>>,
    node: FakeNode,
    file: PathBuf,
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

fn signer() -> Signer {
    Signer::from_mnemonic(WORDS, "wasm").unwrap()
}

/// What the oracle says: this account is one of two feeders and has reported 10 dollars.
fn oracle(params: &Value) -> Reply {
    let data = params["data"].as_str().unwrap();
    let bytes: Vec<u8> = (0..data.len() / 2)
        .map(|at| u8::from_str_radix(&data[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let asked = QuerySmartContractStateRequest::decode(bytes.as_slice());
    let question = asked.ok().and_then(|asked| {
        let question: Value = serde_json::from_slice(&asked.query_data).ok()?;
        question.as_object()?.keys().next().cloned()
    });
    let feeder = signer().address().to_string();
    let said = match question.as_deref() {
        Some("source") => json!({
            "denom": "ua", "reference": null, "highest_rate": null,
            "source": { "relayed": { "feeders": [feeder, "wasm1other"], "quorum": 2, "max_spread": "0.02" } },
            "guards": { "max_age": 300, "max_future": 10, "max_confidence": "0.1", "max_step": "0.1",
                "step_interval": 30, "window": 3600, "window_limit": "0.25", "window_interval": 60 },
        }),
        Some("reports") => json!({ "reports": [
            { "feeder": feeder, "price": "10", "publish_time": START - 5 },
        ]}),
        _ => return refusal("sdk", 5, "not asked here"),
    };
    let data = said.to_string().into_bytes();
    answer(
        &QuerySmartContractStateResponse { data }.encode_to_vec(),
        100,
    )
}

impl Rig {
    fn new(name: &str) -> Self {
        let time = Arc::new(Mutex::new(Some(START)));
        let (shown, height) = (time.clone(), AtomicU64::new(100));
        let node = FakeNode::start(move |method, params| {
            let now = *shown.lock().unwrap();
            match (method, now) {
                (_, None) => Reply::Page(502, "gone".into()),
                ("status", Some(now)) => {
                    status_at("test-1", height.fetch_add(1, Ordering::SeqCst), now)
                }
                _ => oracle(params),
            }
        });
        let file = format!("wicker-feed-{name}-{}.csv", std::process::id());
        let file = std::env::temp_dir().join(file);
        std::fs::write(&file, "ts,A\n0,10\n3600,5\n7200,5\n").unwrap();
        Self {
            time,
            node: node.unwrap(),
            file,
        }
    }

    async fn feeder(&self, clock: &str) -> Result<Feeder, FeederError> {
        let file = self.file.display();
        let text = format!(
            "{clock}\ninputs = 1\n[[input]]\nname = \"file\"\nkind = \"csv\"\nfile = \"{file}\"\n\
            speed = 1\nstart = {START}\ncolumns = {{ ua = \"A\" }}\n"
        );
        let config: Config = toml::from_str(&text).unwrap();
        let gas = "0.025ustake".parse().unwrap();
        let mut client = ClientConfig::new(vec![self.node.url()], "wasm", gas);
        client.limits = Limits {
            rest: Duration::from_millis(1),
            ..Limits::default()
        };
        let account = (Chain::connect(client).await?, signer());
        let status = Status::new("wicker feed", "wicker_feed");
        Feeder::new(account, config, "wasm1oracle", &status, |_| None).await
    }

    /// A round when the chain's clock is so far from the start.
    async fn round(&self, feeder: &mut Feeder, passed: u64) -> Round {
        *self.time.lock().unwrap() = Some(START + passed);
        feeder.once(true).await
    }
}

#[tokio::test]
async fn a_replay_and_the_rules_of_steps_and_ages_go_by_the_chains_clock() {
    let rig = Rig::new("forward");
    let mut feeder = rig.feeder("clock = \"chain\"").await.unwrap();
    // The last report was 10 dollars, and a heartbeat is 120 seconds.
    for (passed, price, due, why) in [
        (0, Some("10"), false, "nothing new"),
        (130, Some("10"), true, "the last report is old"),
        (3_600, Some("5"), false, "waits to be seen again"),
        (3_610, Some("5"), false, "waits to be seen again"),
        (3_620, Some("5"), true, "a large step was seen twice"),
        // The file has ended.
        (7_261, None, false, "0 of 0 fresh inputs agree"),
        // A node's mistake of an hour does not last.
        (3_600, Some("5"), false, "waits to be seen again"),
    ] {
        let round = rig.round(&mut feeder, passed).await;
        // A round takes less than a few seconds.
        assert!((START + passed..START + passed + 5).contains(&round.now));
        let seen = &round.denoms[0];
        assert_eq!((seen.price.as_deref(), seen.due), (price, due), "{seen:?}");
        assert!(seen.why.contains(why), "{passed}: {seen:?}");
    }
}

#[tokio::test]
async fn this_machines_clock_is_the_usual_one() {
    let rig = Rig::new("machine");
    let mut feeder = rig.feeder("").await.unwrap();
    let round = rig.round(&mut feeder, 0).await;
    assert!(round.now < START);
    let (_, why) = &round.denoms[0].dropped[0];
    assert!(why.contains("no price of this time"), "{why}");
}

#[tokio::test]
async fn a_chain_that_tells_no_time_holds_the_round_back_and_no_feeder_starts() {
    let rig = Rig::new("gone");
    let mut feeder = rig.feeder("clock = \"chain\"").await.unwrap();
    *rig.time.lock().unwrap() = None;
    let round = feeder.once(false).await;
    assert!(round.held_back.is_some() && round.sent.is_none());
    assert!(
        round.now >= START,
        "it goes on from the time that was told last"
    );
    assert!(matches!(
        feeder.failure(),
        Some(ClientError::Unreachable(_))
    ));
    let refused = rig.feeder("clock = \"chain\"").await.err();
    let unreachable = |why| matches!(why, FeederError::Client(ClientError::Unreachable(_)));
    assert!(refused.is_some_and(unreachable));
}
