//! The feeder against an oracle's chain made of a closure, and sources that say what each test wants: one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cosmwasm_std::Binary;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use wicker_client::proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountResponse};
use wicker_client::proto::cosmos::bank::v1beta1::QueryBalanceResponse;
use wicker_client::proto::cosmos::base::v1beta1::Coin;
use wicker_client::proto::cosmos::tx::v1beta1::{AuthInfo, TxBody, TxRaw};
use wicker_client::proto::cosmwasm::wasm::v1::{
    MsgExecuteContract, QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use wicker_client::proto::prost::{Message as _, Name};
use wicker_client::testing::{answer, refusal, status, FakeNode, Reply};
use wicker_client::{Any, Chain, Config as ClientConfig, Limits, Signer};
use wicker_feeder::clock::Clock;
use wicker_feeder::{Config, Feeder, Round};
use wicker_math::Seconds;
use wicker_msgs::oracle::ExecuteMsg;
use wicker_status::Status;

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const ORACLE: &str = "wasm1oracle";

/// A chain with an oracle, and two sources that say the same.
#[derive(Default)]
struct World {
    height: u64,
    sequence: u64,
    feeders: Vec<String>,
    /// What the feeder said last, as the oracle tells it.
    reports: Vec<Value>,
    sent: Vec<(AuthInfo, ExecuteMsg)>,
    hashes: Vec<Value>,
    /// The refusal of the next broadcasts.
    refusal: Option<(u32, &'static str)>,
    /// What transactions come to: a code and events.
    outcome: (u32, Value),
    balance: u64,
    /// What both sources say: a status and a body.
    page: (u16, String),
}

type Shared = Arc<Mutex<World>>;

struct Rig {
    world: Shared,
    node: FakeNode,
    _sources: [FakeNode; 2],
    feeder: Feeder,
    status: Status,
}

fn now() -> Seconds {
    Clock::machine().now()
}

fn signer() -> Signer {
    Signer::from_mnemonic(WORDS, "wasm").unwrap()
}

fn source(world: &Shared) -> FakeNode {
    let world = world.clone();
    FakeNode::start(move |_, _| {
        let (status, body) = world.lock().unwrap().page.clone();
        Reply::Page(status, body)
    })
    .unwrap()
}

fn node(world: &Shared) -> FakeNode {
    let world = world.clone();
    FakeNode::start(move |method, params| {
        let mut world = world.lock().unwrap();
        match method {
            "status" => {
                world.height += 1;
                status("test-1", world.height, 1)
            }
            "abci_query" => world.query(params),
            "broadcast_tx_sync" => world.take(params["tx"].as_str().unwrap()),
            "tx" => world.find(&params["hash"]),
            other => unreachable!("{other}"),
        }
    })
    .unwrap()
}

impl World {
    /// There is no simulation: a report is never priced by one.
    fn query(&self, params: &Value) -> Reply {
        let data = params["data"].as_str().unwrap();
        let bytes: Vec<u8> = (0..data.len() / 2)
            .map(|at| u8::from_str_radix(&data[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let value = match params["path"].as_str().unwrap().rsplit('/').next().unwrap() {
            "SmartContractState" => {
                let asked = QuerySmartContractStateRequest::decode(bytes.as_slice()).unwrap();
                assert_eq!(asked.address, ORACLE);
                let Some(said) = self.oracle(&serde_json::from_slice(&asked.query_data).unwrap())
                else {
                    return refusal("wasm", 5, "no source: query wasm contract failed");
                };
                let data = said.to_string().into_bytes();
                QuerySmartContractStateResponse { data }.encode_to_vec()
            }
            "Balance" => {
                let (denom, amount) = ("ustake".into(), self.balance.to_string());
                let balance = Some(Coin { denom, amount });
                QueryBalanceResponse { balance }.encode_to_vec()
            }
            "Account" => {
                let account = BaseAccount {
                    account_number: 3,
                    sequence: self.sequence,
                    ..BaseAccount::default()
                };
                let account = Some(Any {
                    type_url: BaseAccount::type_url(),
                    value: account.encode_to_vec(),
                });
                QueryAccountResponse { account }.encode_to_vec()
            }
            other => unreachable!("{other}"),
        };
        answer(&value, self.height)
    }

    fn oracle(&self, question: &Value) -> Option<Value> {
        let guards = json!({ "max_age": 300, "max_future": 10, "max_confidence": "0.1", "max_step": "0.1",
            "step_interval": 30, "window": 3600, "window_limit": "0.25", "window_interval": 60 });
        if question["source"]["denom"] == "ua" {
            let source = json!({ "relayed": { "feeders": self.feeders, "quorum": 1, "max_spread": "0.02" } });
            return Some(json!({ "denom": "ua", "source": source, "guards": guards,
                "reference": null, "highest_rate": null }));
        }
        question
            .get("reports")
            .map(|_| json!({ "reports": self.reports }))
    }

    fn take(&mut self, base64: &str) -> Reply {
        let bytes = Binary::from_base64(base64).unwrap();
        let raw = TxRaw::decode(bytes.as_slice()).unwrap();
        let info = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
        let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
        assert_eq!(body.messages.len(), 1);
        let message = MsgExecuteContract::decode(body.messages[0].value.as_slice()).unwrap();
        assert_eq!(message.contract, ORACLE);
        assert_eq!(message.sender, signer().address());
        assert!(message.funds.is_empty());
        self.sent
            .push((info, serde_json::from_slice(&message.msg).unwrap()));
        if let Some((code, log)) = self.refusal {
            return Reply::Result(json!({ "code": code, "codespace": "sdk", "log": log }));
        }
        self.sequence += 1;
        let hash = Binary::from(Sha256::digest(bytes.as_slice()).to_vec()).to_base64();
        self.hashes.push(hash.into());
        Reply::Result(json!({ "code": 0, "log": "", "codespace": "" }))
    }

    fn find(&self, hash: &Value) -> Reply {
        if !self.hashes.contains(hash) {
            return Reply::Refusal(-32603, "tx (AB) not found, err: %!w(<nil>)".into());
        }
        let (code, events) = &self.outcome;
        Reply::Result(json!({ "height": "150", "tx_result": {
            "code": code, "log": "out of gas", "codespace": "sdk", "gas_wanted": "1", "gas_used": "1", "events": events,
        }}))
    }

    fn say(&mut self, price: &str, time: u64) {
        self.page = (200, json!({ "p": price, "t": time }).to_string());
    }
}

async fn rig(adjust: impl FnOnce(&mut World)) -> Rig {
    let mut world = World {
        height: 100,
        sequence: 4,
        feeders: vec![signer().address().to_string(), "wasm1other".into()],
        outcome: (0, json!([])),
        balance: 1_000,
        ..World::default()
    };
    world.say("12.5", now().get() - 20);
    adjust(&mut world);
    let world = Arc::new(Mutex::new(world));
    let node = node(&world);
    let sources = [source(&world), source(&world)];
    let inputs = sources.iter().enumerate().map(|(at, source)| {
        format!(
            "[[input]]\nname = \"{at}\"\nkind = \"http\"\nurl = \"{}\"\ncontent_type = \"\"\n\
            price = [{{ denom = \"ua\", pointer = \"/p\", time = \"/t\" }}]\n",
            source.url()
        )
    });
    let text = format!(
        "rest = 100000\nmin_balance = \"500\"\n{}",
        inputs.collect::<String>()
    );
    let config: Config = toml::from_str(&text).unwrap();
    let mut client = ClientConfig::new(vec![node.url()], "wasm", "0.025ustake".parse().unwrap());
    client.chain_id = Some("test-1".into());
    client.limits = Limits {
        poll: Duration::from_millis(5),
        rest: Duration::from_millis(1),
        ..Limits::default()
    };
    let chain = Chain::connect(client).await.unwrap();
    let status = Status::new("wicker feed", "wicker_feed");
    let feeder = Feeder::new((chain, signer()), config, ORACLE, &status, |_| None);
    Rig {
        world,
        node,
        _sources: sources,
        feeder: feeder.await.unwrap(),
        status,
    }
}

impl Rig {
    async fn round(&mut self) -> Round {
        self.feeder.once(false).await
    }

    fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    fn has_alarm(round: &Round, kind: &str) -> bool {
        round.alarms.iter().any(|alarm| alarm.kind == kind)
    }
}

#[tokio::test]
async fn the_message_is_the_oracles_report_and_its_gas_is_fixed() {
    let time = now().get() - 7;
    let mut rig = rig(|world| world.say("12.500000000000000000000001", time)).await;
    let round = rig.round().await;
    assert!(round.sent.is_some() && round.alarms.is_empty(), "{round:?}");
    let world = rig.world();
    let (info, message) = &world.sent[0];
    let expected = json!({ "report": { "prices": [
        { "denom": "ua", "price": "12.500000000000000000000001", "publish_time": time, "confidence": null },
    ]}});
    assert_eq!(serde_json::to_value(message).unwrap(), expected);
    let fee = info.fee.as_ref().unwrap();
    assert_eq!(fee.gas_limit, 190_000);
    // 190,000 · 0.025
    assert_eq!(
        (fee.amount[0].amount.as_str(), fee.amount[0].denom.as_str()),
        ("4750", "ustake")
    );
    assert_eq!(world.sent.len(), 1);
    drop(world);
    let metrics = rig.status.metrics().unwrap();
    for line in [
        "wicker_feed_reports_total{result=\"done\"} 1",
        "wicker_feed_price_dollars{denom=\"ua\"} 12.5",
        "wicker_feed_balance 1000.0",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn a_dry_round_sends_nothing() {
    let mut rig = rig(|_| {}).await;
    let round = rig.feeder.once(true).await;
    assert!(round.denoms[0].due && round.sent.is_none());
    assert_eq!(rig.node.count("broadcast_tx_sync"), 0);
}

#[tokio::test]
async fn kpr_6_what_is_no_fresh_price_is_never_pushed_and_raises_an_alarm() {
    let time = now().get();
    let mut rig = rig(|_| {}).await;
    let said = |price: &str, time: u64| (200, format!("{{\"p\":{price},\"t\":{time}}}"));
    for page in [
        said("0", time),
        said("\"NaN\"", time),
        said("NaN", time),
        said("1e30", time),
        said("-12.5", time),
        said("null", time),
        said("12.5", time - 3_600),
        said("12.5", time * 1_000),
        (200, "<html><body>12.5</body></html>".into()),
        (500, said("12.5", time).1),
        (302, String::new()),
        (200, "{\"p\":12.5".into()),
    ] {
        rig.world().page = page.clone();
        let round = rig.round().await;
        assert!(Rig::has_alarm(&round, "inputs"), "{page:?}: {round:?}");
        assert_eq!(round.denoms[0].dropped.len(), 2, "{page:?}");
        assert_eq!(round.sent, None, "{page:?}");
    }
    assert_eq!(rig.node.count("broadcast_tx_sync"), 0);
}

#[tokio::test]
async fn kpr_6_a_step_is_not_pushed_before_it_is_seen_again() {
    let start = now().get() - 50;
    let mut rig = rig(|world| world.say("12.5", start)).await;
    assert!(rig.round().await.sent.is_some());
    for (price, after, pushed) in [
        ("9", 10, false),
        ("9", 29, false),
        ("9", 30, true),
        ("9.001", 31, false),
    ] {
        rig.world().say(price, start + after);
        let round = rig.round().await;
        assert_eq!(round.sent.is_some(), pushed, "{price} {after}: {round:?}");
    }
}

#[tokio::test]
async fn a_step_whose_report_failed_is_reported_with_the_next_look() {
    let start = now().get() - 50;
    let mut rig = rig(|world| world.say("12.5", start)).await;
    rig.round().await;
    for (after, refusal, pushed) in [
        (10, None, false),
        (30, Some((13, "insufficient fee")), false),
        (31, None, true),
    ] {
        rig.world().say("9", start + after);
        rig.world().refusal = refusal;
        assert_eq!(rig.round().await.sent.is_some(), pushed, "{after}");
    }
}

#[tokio::test]
async fn what_the_oracle_refuses_is_counted_and_left_alone_for_a_while() {
    let start = now().get() - 20;
    let event = json!([{ "type": "wasm-wicker_price", "attributes": [
        { "key": "_contract_address", "value": ORACLE }, { "key": "denom", "value": "ua" },
        { "key": "outcome", "value": "rejected" }, { "key": "reason", "value": "frozen" },
    ]}]);
    let mut rig = rig(|world| world.outcome = (0, event)).await;
    let round = rig.round().await;
    assert_eq!(round.refused, [("ua".to_string(), "frozen".to_string())]);
    rig.world().say("13", start + 5);
    let round = rig.round().await;
    assert!(
        Rig::has_alarm(&round, "refused") && round.sent.is_none(),
        "{round:?}"
    );
    assert_eq!(rig.node.count("broadcast_tx_sync"), 1);
    let metrics = rig.status.metrics().unwrap();
    assert!(
        metrics.contains("wicker_feed_prices_refused_total{denom=\"ua\"} 1"),
        "{metrics}"
    );
}

#[tokio::test]
async fn failures_climb_the_fee_ladder_and_then_rest() {
    let mut rig = rig(|world| world.refusal = Some((13, "insufficient fee"))).await;
    for _ in 0..5 {
        let round = rig.round().await;
        assert!(round.held_back.is_some() && round.sent.is_none());
    }
    let world = rig.world();
    let fees = world
        .sent
        .iter()
        .map(|(info, _)| info.fee.as_ref().unwrap().amount[0].amount.as_str());
    // 190,000 · 0.025, times 1, 1.5 and 3; the fourth and the fifth round rest.
    assert_eq!(fees.collect::<Vec<_>>(), ["4750", "7125", "14250"]);
}

#[tokio::test]
async fn a_feeder_that_starts_again_goes_on_from_what_the_oracle_knows_of_it() {
    let time = now().get() - 20;
    let own = json!({ "feeder": signer().address(), "price": "12.5", "publish_time": time - 5 });
    let other = json!({ "feeder": "wasm1other", "price": "9", "publish_time": time - 5 });
    let mut rig = rig(|world| world.reports = vec![other, own]).await;
    // Nothing has changed since; a large step is still held to the old price.
    assert_eq!(rig.round().await.denoms[0].why, "nothing new");
    rig.world().say("20", time + 1);
    assert!(rig.round().await.denoms[0]
        .why
        .contains("waits to be seen again"));
    assert_eq!(rig.node.count("broadcast_tx_sync"), 0);
}

#[tokio::test]
async fn an_account_that_is_no_feeder_of_a_denom_sends_nothing_and_says_so() {
    let mut rig = rig(|world| world.feeders = vec!["wasm1other".into()]).await;
    rig.world().balance = 499;
    rig.round().await;
    let round = rig.round().await;
    assert!(
        Rig::has_alarm(&round, "foreign") && Rig::has_alarm(&round, "wallet"),
        "{round:?}"
    );
    assert_eq!(rig.node.count("broadcast_tx_sync"), 0);
}
