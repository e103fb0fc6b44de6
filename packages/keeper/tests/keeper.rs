//! The keeper against a node of a closure that serves a real contract's records, and misbehaves: one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cosmwasm_std::{Addr, Binary, Decimal256, Order};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use wicker_client::proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountResponse};
use wicker_client::proto::cosmos::bank::v1beta1::QueryBalanceResponse;
use wicker_client::proto::cosmos::base::abci::v1beta1::GasInfo;
use wicker_client::proto::cosmos::base::query::v1beta1::PageResponse;
use wicker_client::proto::cosmos::base::v1beta1::Coin;
use wicker_client::proto::cosmos::tx::v1beta1::{AuthInfo, SimulateResponse, TxRaw};
use wicker_client::proto::cosmwasm::wasm::v1::{
    Model, QueryAllContractStateRequest, QueryAllContractStateResponse,
    QueryRawContractStateRequest, QueryRawContractStateResponse,
};
use wicker_client::proto::prost::{Message as _, Name};
use wicker_client::testing::{answer, status, FakeNode, Reply};
use wicker_client::{Any, Chain, Config as ClientConfig, Limits, Signer};
use wicker_keeper::journal::{Intent, Journal, Signature};
use wicker_keeper::{Config, Keeper, KeeperError, Round};
use wicker_lab::fork::Records;
use wicker_lab::scenario::Scenario;
use wicker_lab::world::{address, money, World};
use wicker_math::{Price, PricePoint, Seconds};
use wicker_msgs::cdp::ExecuteMsg;
use wicker_msgs::oracle::point_key;

const ID: &str = "test-1";
const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const SCENARIO: &str = r#"
name = "one"
[[asset]]
name = "BTC"
decimals = 8
class = "major"
[[basket]]
name = "majors"
[[basket.member]]
asset = "BTC"
[[user]]
name = "Ada"
basket = "majors"
collateral = { BTC = 1000 }
ltv = 0.6
"#;

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A chain on which Ada owes 600 dollars against BTC that was worth 1,000 and is worth 650.
#[derive(Default)]
struct Ledger {
    height: u64,
    sequence: u64,
    cdp: String,
    oracle: String,
    records: Records,
    points: Records,
    sent: Vec<Value>,
    fees: Vec<u128>,
    /// What the next transactions come to in their block: a code and events.
    outcome: (u32, Value),
    /// The refusal of the next broadcasts.
    refusal: Option<(u32, &'static str)>,
    /// The block of transactions; the newest one without it.
    settled: Option<u64>,
    /// Transactions are taken and never in a block.
    loses: bool,
    /// The answer to a broadcast is lost on the way.
    mute: bool,
    /// The next broadcast is taken and its answer lost, and the other node then sees a used sequence.
    torn: bool,
    /// Pages of records end early, as if that were all.
    half: bool,
}

type Shared = Arc<Mutex<Ledger>>;

fn records(world: &World, contract: &Addr) -> Records {
    let storage = world.chain.contract_storage(contract);
    let records = storage.range(None, None, Order::Ascending);
    records.collect()
}

fn ledger() -> Shared {
    let start = now() / 3_600 * 3_600 - 7_200;
    let scenario = Scenario::parse(SCENARIO).unwrap();
    let mut world = World::start(&scenario, &[50_000.0], start).unwrap();
    for name in ["ada", "bob"] {
        let user = address(name);
        world.users.push(user.clone());
        world.give(&user, 2_000_000, "BTC").unwrap();
        let open = ExecuteMsg::Adjust {
            position: None,
            basket: Some(1),
            withdraw: vec![],
            borrow: Some(
                if name == "ada" {
                    600_000_000u128
                } else {
                    200_000_000
                }
                .into(),
            ),
            recipient: None,
        };
        world.act(&user, &open, &[money(2_000_000, "BTC")]).unwrap();
    }
    let mut points = records(&world, &world.oracle);
    for denom in ["BTC", &world.debt] {
        let record = points.get_mut(&point_key(denom)).unwrap();
        let mut point = PricePoint::from_bytes(record).unwrap();
        if denom == "BTC" {
            point.price = Price::new(point.price.raw() / 100 * 65).unwrap();
        }
        point.anchor = point.price;
        let time = Seconds::new(now() - 60);
        (point.publish_time, point.accepted_at, point.anchor_at) = (time, time, time);
        *record = point.to_bytes().to_vec();
    }
    Arc::new(Mutex::new(Ledger {
        height: 100,
        sequence: 4,
        cdp: world.cdp.to_string(),
        oracle: world.oracle.to_string(),
        records: records(&world, &world.cdp),
        points,
        outcome: (0, json!([])),
        ..Ledger::default()
    }))
}

fn serve(shared: &Shared, chain_id: &'static str) -> FakeNode {
    let shared = shared.clone();
    FakeNode::start(move |method, params| {
        let mut ledger = shared.lock().unwrap();
        match method {
            "status" => {
                ledger.height += 1;
                status(chain_id, ledger.height, 1)
            }
            "abci_query" => {
                let data = params["data"].as_str().unwrap();
                let bytes: Vec<u8> = (0..data.len() / 2)
                    .map(|at| u8::from_str_radix(&data[2 * at..2 * at + 2], 16).unwrap())
                    .collect();
                let path = params["path"].as_str().unwrap();
                answer(&ledger.query(path, &bytes), ledger.height)
            }
            "block_results" => Reply::Result(json!({ "height": "1", "txs_results": null })),
            "broadcast_tx_sync" => ledger.take(params["tx"].as_str().unwrap()),
            "tx" => ledger.find(&params["hash"]),
            other => unreachable!("{other}"),
        }
    })
    .unwrap()
}

impl Ledger {
    fn query(&mut self, path: &str, data: &[u8]) -> Vec<u8> {
        match path.rsplit('/').next().unwrap() {
            "AllContractState" => self.page(&QueryAllContractStateRequest::decode(data).unwrap()),
            "RawContractState" => {
                let asked = QueryRawContractStateRequest::decode(data).unwrap();
                let of = if asked.address == self.cdp {
                    &self.records
                } else {
                    &self.points
                };
                let data = of.get(&asked.query_data).cloned().unwrap_or_default();
                QueryRawContractStateResponse { data }.encode_to_vec()
            }
            "Balance" => {
                let coin = Coin {
                    denom: "usd".into(),
                    amount: "5000000000".into(),
                };
                QueryBalanceResponse {
                    balance: Some(coin),
                }
                .encode_to_vec()
            }
            "Account" => {
                let account = BaseAccount {
                    account_number: 3,
                    sequence: self.sequence,
                    ..BaseAccount::default()
                };
                let account = Any {
                    type_url: BaseAccount::type_url(),
                    value: account.encode_to_vec(),
                };
                QueryAccountResponse {
                    account: Some(account),
                }
                .encode_to_vec()
            }
            "Simulate" => {
                let info = GasInfo {
                    gas_wanted: 0,
                    gas_used: 400_000,
                };
                SimulateResponse {
                    gas_info: Some(info),
                    result: None,
                }
                .encode_to_vec()
            }
            other => unreachable!("{other}"),
        }
    }

    /// Seven records at a time, so that a scan takes several pages.
    fn page(&self, asked: &QueryAllContractStateRequest) -> Vec<u8> {
        let from = asked.pagination.as_ref().unwrap().key.clone();
        let mut rest = self.records.iter().filter(|(key, _)| **key >= from);
        let models: Vec<Model> = rest
            .by_ref()
            .take(7)
            .map(|(key, value)| Model {
                key: key.clone(),
                value: value.clone(),
            })
            .collect();
        let next_key = rest.next().map(|(key, _)| key.clone()).unwrap_or_default();
        // The last page, where the positions are, is not given.
        let cut = self.half && next_key.is_empty();
        let pagination = Some(PageResponse { next_key, total: 0 });
        let models = if cut { Vec::new() } else { models };
        QueryAllContractStateResponse { models, pagination }.encode_to_vec()
    }

    fn take(&mut self, base64: &str) -> Reply {
        let bytes = Binary::from_base64(base64).unwrap();
        let raw = TxRaw::decode(bytes.as_slice()).unwrap();
        let info = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
        self.fees
            .push(info.fee.unwrap().amount[0].amount.parse().unwrap());
        if let Some((code, log)) = self.refusal {
            return Reply::Result(json!({ "code": code, "codespace": "sdk", "log": log }));
        }
        self.sequence += 1;
        let hash = Binary::from(Sha256::digest(bytes.as_slice()).to_vec()).to_base64();
        self.sent.push(hash.into());
        if std::mem::take(&mut self.torn) {
            self.loses = true;
            self.refusal = Some((32, "account sequence mismatch, expected 5, got 4"));
            return Reply::Page(502, String::new());
        }
        match self.mute {
            true => Reply::Page(502, String::new()),
            false => Reply::Result(json!({ "code": 0, "log": "", "codespace": "" })),
        }
    }

    fn find(&self, hash: &Value) -> Reply {
        if self.loses || !self.sent.contains(hash) {
            return Reply::Refusal(-32603, "tx (AB) not found, err: %!w(<nil>)".into());
        }
        let (code, events) = &self.outcome;
        let height = self.settled.unwrap_or(self.height).to_string();
        Reply::Result(json!({ "height": height, "tx_result": {
            "code": code, "log": "out of gas", "codespace": "sdk", "gas_wanted": "520000", "gas_used": "400000", "events": events,
        }}))
    }
}

/// A journal's file of its own, gone when the test is over.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "wicker-keeper-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::SeqCst)
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn journal(&self) -> PathBuf {
        self.0.join("keeper.db")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn keeper(node: &FakeNode, ledger: &Shared, place: &Place) -> Result<Keeper, KeeperError> {
    keeper_of(&[node], ledger, place).await
}

async fn keeper_of(
    nodes: &[&FakeNode],
    ledger: &Shared,
    place: &Place,
) -> Result<Keeper, KeeperError> {
    let urls = nodes.iter().map(|node| node.url()).collect();
    let mut client = ClientConfig::new(urls, "wasm", "0.025ustake".parse().unwrap());
    client.chain_id = Some(ID.into());
    client.limits = Limits {
        timeout: Duration::from_secs(20),
        poll: Duration::from_millis(5),
        rest: Duration::from_millis(1),
        valid_blocks: 20,
        max_lag: 1_000,
        ..Limits::default()
    };
    let config = Config {
        journal: place.journal(),
        fee_price: Decimal256::from_ratio(1u64, 1_000_000u64),
        rest: 100_000,
        ..Config::default()
    };
    keeper_with(client, config, ledger).await
}

async fn keeper_with(
    client: ClientConfig,
    config: Config,
    ledger: &Shared,
) -> Result<Keeper, KeeperError> {
    let chain = Chain::connect(client).await?;
    let (cdp, oracle) = {
        let ledger = ledger.lock().unwrap();
        (ledger.cdp.clone(), ledger.oracle.clone())
    };
    Keeper::new(
        chain,
        Signer::from_mnemonic(WORDS, "wasm").unwrap(),
        config,
        (&cdp, &oracle),
    )
}

fn states(keeper: &Keeper) -> Vec<(String, u64)> {
    keeper.journal().counts().unwrap()
}

fn state(name: &str, count: u64) -> (String, u64) {
    (name.into(), count)
}

fn events(ledger: &Shared, kind: &str) -> Value {
    let cdp = ledger.lock().unwrap().cdp.clone();
    let attribute = |key: &str, value: &str| json!({ "key": key, "value": value });
    json!([{ "type": kind, "attributes": [
        attribute("_contract_address", &cdp), attribute("position", "1"),
        attribute("repaid", "600000000"), attribute("reason", "equity is not below the margin"),
    ]}])
}

#[tokio::test]
async fn who_is_under_its_margin_is_liquidated_and_the_result_is_remembered() {
    let (ledger, place) = (ledger(), Place::new());
    let node = serve(&ledger, ID);
    let mut keeper = keeper(&node, &ledger, &place).await.unwrap();
    // A dry run sends nothing and writes no action down.
    let dry = keeper.round(true).await.unwrap();
    assert_eq!(
        (dry.seen, dry.under, dry.planned.as_slice()),
        (2, 1, [1].as_slice())
    );
    assert_eq!(
        (node.count("broadcast_tx_sync"), states(&keeper)),
        (0, vec![])
    );
    let liquidated = events(&ledger, "wasm-wicker_liquidated");
    ledger.lock().unwrap().outcome = (0, liquidated);
    let done = keeper.round(false).await.unwrap();
    assert!(done.sent.is_some(), "{done:?}");
    assert_eq!(states(&keeper), [state("sent", 1)]);
    // 520,000 · 0.025 = 13,000 units at a millionth of a dollar.
    let spent = keeper.journal().spent(now()).unwrap();
    assert_eq!(spent.gas, 13_000_000_000_000_000);
    ledger.lock().unwrap().refusal = Some((5, "no"));
    keeper.round(false).await.unwrap();
    assert_eq!(states(&keeper)[0], state("confirmed", 1));
    let results = keeper.journal().results().unwrap();
    assert_eq!(results, [(1, true, "repaid 600000000".to_string())]);
}

#[tokio::test]
async fn kpr_1_another_chain_older_blocks_and_half_pages_are_not_acted_upon() {
    let (ledger, place) = (ledger(), Place::new());
    let wrong = serve(&ledger, "other-1");
    let refused = keeper(&wrong, &ledger, &place)
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains("other-1"), "{refused}");
    let node = serve(&ledger, ID);
    let mut keeper = keeper(&node, &ledger, &place).await.unwrap();
    ledger.lock().unwrap().half = true;
    let half = keeper.round(false).await;
    assert!(half.is_err(), "{half:?}");
    {
        let mut ledger = ledger.lock().unwrap();
        ledger.half = false;
        // A position that some page has left out.
        let key = wicker_lab::watch::position_key(2);
        let gone = ledger.records.remove(&key).unwrap();
        ledger.points.insert(key, gone);
    }
    let partial = keeper.round(false).await;
    assert!(
        matches!(partial, Err(KeeperError::Partial { basket: 1, .. })),
        "{partial:?}"
    );
    {
        let mut ledger = ledger.lock().unwrap();
        let key = wicker_lab::watch::position_key(2);
        let back = ledger.points.remove(&key).unwrap();
        ledger.records.insert(key, back);
        ledger.height -= 50;
    }
    let behind = keeper.round(false).await;
    assert!(
        matches!(behind, Err(KeeperError::Behind { .. })),
        "{behind:?}"
    );
    assert_eq!(
        (node.count("broadcast_tx_sync"), states(&keeper)),
        (0, vec![])
    );
    // As soon as the node is well the keeper acts.
    ledger.lock().unwrap().height += 100;
    assert!(keeper.round(false).await.unwrap().sent.is_some());
}

#[tokio::test]
async fn kpr_2_failures_climb_the_fee_ladder_then_rest_and_spend_nothing() {
    let (ledger, place) = (ledger(), Place::new());
    let node = serve(&ledger, ID);
    let mut keeper = keeper(&node, &ledger, &place).await.unwrap();
    let refusals = [
        (32, "account sequence mismatch, expected 9, got 4"),
        (13, "insufficient fee"),
        (20, "mempool is full"),
    ];
    for refusal in refusals {
        ledger.lock().unwrap().refusal = Some(refusal);
        let round = keeper.round(false).await.unwrap();
        assert_eq!(round.sent, None);
        assert!(round.held_back.unwrap().contains(refusal.1));
    }
    let round: Round = keeper.round(false).await.unwrap();
    assert_eq!(
        round.held_back.as_deref(),
        Some("resting after 3 failures in a row")
    );
    // 520,000 gas at 0.025, at 1.5 times and at 3 times that.
    assert_eq!(ledger.lock().unwrap().fees, [13_000, 19_500, 39_000]);
    assert_eq!(states(&keeper), [state("void", 3)]);
    assert_eq!(keeper.journal().spent(now()).unwrap().gas, 0);
}

#[tokio::test]
async fn kpr_2_a_transaction_that_runs_out_of_gas_costs_its_fee_and_is_tried_again_dearer() {
    let (ledger, place) = (ledger(), Place::new());
    let node = serve(&ledger, ID);
    let mut keeper = keeper(&node, &ledger, &place).await.unwrap();
    ledger.lock().unwrap().outcome = (11, json!([]));
    keeper.round(false).await.unwrap();
    keeper.round(false).await.unwrap();
    assert_eq!(states(&keeper), [state("failed", 1), state("sent", 1)]);
    assert_eq!(ledger.lock().unwrap().fees, [13_000, 19_500]);
    assert_eq!(
        keeper.journal().spent(now()).unwrap().gas,
        32_500_000_000_000_000
    );
}

#[tokio::test]
async fn kpr_4_a_position_repaired_in_the_meantime_costs_a_fee_only() {
    let (ledger, place) = (ledger(), Place::new());
    let node = serve(&ledger, ID);
    let mut keeper = keeper(&node, &ledger, &place).await.unwrap();
    let skipped = events(&ledger, "wasm-wicker_skipped");
    ledger.lock().unwrap().outcome = (0, skipped);
    keeper.round(false).await.unwrap();
    ledger.lock().unwrap().refusal = Some((5, "no"));
    keeper.round(false).await.unwrap();
    assert_eq!(states(&keeper)[0], state("confirmed", 1));
    let spent = keeper.journal().spent(now()).unwrap();
    assert_eq!((spent.gas, spent.loss), (13_000_000_000_000_000, 0));
    let results = keeper.journal().results().unwrap();
    let why = "equity is not below the margin".to_string();
    assert_eq!(results, [(1, false, why)]);
}

#[tokio::test]
async fn kpr_5_what_was_sent_before_a_crash_is_looked_up_and_never_sent_twice() {
    let (ledger, place) = (ledger(), Place::new());
    let node = serve(&ledger, ID);
    let mut first = keeper(&node, &ledger, &place).await.unwrap();
    {
        let mut ledger = ledger.lock().unwrap();
        (ledger.mute, ledger.loses) = (true, true);
    }
    let lost = first.round(false).await.unwrap();
    assert!(lost.sent.is_none() && lost.held_back.is_some());
    assert_eq!(states(&first), [state("signed", 1)]);
    let second = keeper(&node, &ledger, &place).await;
    assert!(matches!(second, Err(KeeperError::Locked(_))));
    // The program ends, another one starts: it waits for the transaction and sends nothing.
    drop(first);
    let mut second = keeper(&node, &ledger, &place).await.unwrap();
    let waits = second.round(false).await.unwrap();
    assert_eq!(
        waits.held_back.as_deref(),
        Some("a transaction is not confirmed yet")
    );
    assert_eq!(node.count("broadcast_tx_sync"), 1);
    // It was in a block after all.
    ledger.lock().unwrap().loses = false;
    ledger.lock().unwrap().refusal = Some((5, "no"));
    second.round(false).await.unwrap();
    assert_eq!(states(&second)[0], state("confirmed", 1));
}

#[tokio::test]
async fn kpr_5_what_was_signed_and_never_sent_is_void_only_when_no_block_can_take_it() {
    let (ledger, place) = (ledger(), Place::new());
    let node = serve(&ledger, ID);
    let height = ledger.lock().unwrap().height;
    let whose = {
        let keeper = keeper(&node, &ledger, &place).await.unwrap();
        drop(keeper);
        format!(
            "{ID} {} {}",
            ledger.lock().unwrap().cdp,
            Signer::from_mnemonic(WORDS, "wasm").unwrap().address()
        )
    };
    let journal = Journal::open(&place.journal(), &whose).unwrap();
    let intent = Intent {
        time: now(),
        items: "[]".into(),
        payment: 1,
        loss: 0,
    };
    journal.intend(&intent).unwrap();
    let id = journal.intend(&intent).unwrap();
    let signature = Signature {
        hash: "AB".repeat(32),
        sequence: 4,
        valid_until: height + 20,
        fee: 7,
    };
    journal.sign(id, &signature).unwrap();
    drop(journal);
    let other = Journal::open(&place.journal(), "another account");
    assert!(matches!(other, Err(KeeperError::OtherJournal { .. })));
    let mut keeper = keeper(&node, &ledger, &place).await.unwrap();
    let waits = keeper.round(false).await.unwrap();
    assert!(waits.sent.is_none());
    assert_eq!(states(&keeper), [state("signed", 1), state("void", 1)]);
    assert_eq!(keeper.journal().spent(now()).unwrap().gas, 7);
    ledger.lock().unwrap().height += 30;
    let acts = keeper.round(false).await.unwrap();
    assert!(acts.sent.is_some());
    assert_eq!(states(&keeper), [state("sent", 1), state("void", 2)]);
}

#[tokio::test]
async fn kpr_5_what_a_lost_node_may_have_passed_on_is_not_void_because_another_refuses_it() {
    let (ledger, place) = (ledger(), Place::new());
    let (one, other) = (serve(&ledger, ID), serve(&ledger, ID));
    let mut keeper = keeper_of(&[&one, &other], &ledger, &place).await.unwrap();
    ledger.lock().unwrap().torn = true;
    let round = keeper.round(false).await.unwrap();
    assert!(round.sent.is_none(), "{round:?}");
    assert_eq!(states(&keeper), [state("signed", 1)]);
    assert_eq!(
        keeper.journal().spent(now()).unwrap().gas,
        13_000_000_000_000_000
    );
    let waits = keeper.round(false).await.unwrap();
    assert_eq!(
        waits.held_back.as_deref(),
        Some("a transaction is not confirmed yet")
    );
    ledger.lock().unwrap().loses = false;
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1)]);
}

#[tokio::test]
async fn without_a_price_of_fees_only_a_dry_run_is_done() {
    let (ledger, place) = (ledger(), Place::new());
    let node = serve(&ledger, ID);
    let mut client = ClientConfig::new(vec![node.url()], "wasm", "0.025ustake".parse().unwrap());
    client.limits.max_lag = 1_000;
    let config = Config {
        journal: place.journal(),
        ..Config::default()
    };
    let mut keeper = keeper_with(client, config, &ledger).await.unwrap();
    assert_eq!(keeper.round(true).await.unwrap().planned, [1]);
    let never = std::future::pending();
    for refused in [
        keeper.round(false).await.err().unwrap(),
        keeper.watch(never, |_| {}).await.err().unwrap(),
    ] {
        assert!(matches!(&refused, KeeperError::NoFeePrice { denom } if denom == "ustake"));
        assert!(refused.to_string().contains("fee_price"), "{refused}");
    }
    assert_eq!(node.count("broadcast_tx_sync"), 0);
}

#[tokio::test]
async fn what_was_done_and_what_went_wrong_stands_in_tasks_and_metrics() {
    let (ledger, place) = (ledger(), Place::new());
    let node = serve(&ledger, ID);
    let mut keeper = keeper(&node, &ledger, &place).await.unwrap();
    let status = keeper.status().clone();
    let says = |line: &str| {
        let text = status.metrics().unwrap();
        let line = format!("wicker_keeper_{line}");
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    };
    let state = |label: &str| status.find(label).unwrap().state.words();
    assert_eq!(state("plan"), "starting");
    let liquidated = events(&ledger, "wasm-wicker_liquidated");
    ledger.lock().unwrap().outcome = (0, liquidated);
    assert!(keeper.round(false).await.unwrap().sent.is_some());
    says("positions 2");
    says("positions_under_margin 1");
    says("liquidations_planned 1");
    says("open_transactions 1");
    says("balance{denom=\"ustake\"} 5000000000.0");
    says("fees_budget_dollars 10.0");
    says("rounds_total{outcome=\"done\"} 1");
    ledger.lock().unwrap().refusal = Some((5, "no"));
    keeper.round(false).await.unwrap();
    says("open_transactions 0");
    says("fees_today_dollars 0.013");
    says("transactions_total{outcome=\"confirmed\"} 1");
    says("liquidations_total{outcome=\"liquidated\"} 1");
    assert_eq!((state("plan"), state("act")), ("well", "failing"));
    assert_eq!((state("nodes"), state("wallet")), ("well", "well"));
    ledger.lock().unwrap().height -= 50;
    keeper.round(false).await.unwrap_err();
    says("rounds_total{outcome=\"failed\"} 1");
    assert_eq!(state("plan"), "failing");
    let why = status.find("plan").unwrap().last_error.unwrap();
    assert!(why.contains("was seen before"), "{why}");
}

#[tokio::test]
async fn what_was_done_is_not_planned_again_from_a_block_before_it() {
    let (ledger, place) = (ledger(), Place::new());
    let node = serve(&ledger, ID);
    let mut keeper = keeper(&node, &ledger, &place).await.unwrap();
    let liquidated = events(&ledger, "wasm-wicker_liquidated");
    ledger.lock().unwrap().outcome = (0, liquidated);
    assert!(keeper.round(false).await.unwrap().sent.is_some());
    // It is in a block that a query is not answered of yet.
    let far = ledger.lock().unwrap().height + 100;
    ledger.lock().unwrap().settled = Some(far);
    let waits = keeper.round(false).await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1)]);
    assert!(waits.waits && waits.planned.is_empty(), "{waits:?}");
    assert_eq!(node.count("broadcast_tx_sync"), 1);
    // The block before that of the transaction shows Ada as she was: one more is waited for.
    ledger.lock().unwrap().height = far - 1;
    let waits = keeper.round(true).await.unwrap();
    assert!(waits.waits, "{waits:?}");
    ledger.lock().unwrap().height = far + 1;
    assert_eq!(keeper.round(true).await.unwrap().planned, [1]);
}
