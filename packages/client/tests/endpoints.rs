//! Endpoints that fail, lie or lag, one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{json, Value};
use wicker_client::proto::cosmwasm::wasm::v1::{
    QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use wicker_client::proto::prost::Message as _;
use wicker_client::testing::{answer, refusal, status, FakeNode, Reply};
use wicker_client::{Chain, ClientError, Config, Limits};
use wicker_msgs::cdp::{AmountResponse, QueryMsg};

const ID: &str = "test-1";

/// A node at a height that answers every contract query with `{"amount":"5"}`.
fn well(chain_id: &'static str, height: u64) -> FakeNode {
    node(move |method, _| match method {
        "status" => status(chain_id, height, 1),
        _ => five(height),
    })
}

fn node(handler: impl Fn(&str, &Value) -> Reply + Send + Sync + 'static) -> FakeNode {
    FakeNode::start(handler).unwrap()
}

fn five(height: u64) -> Reply {
    let data = br#"{"amount":"5"}"#.to_vec();
    answer(
        &QuerySmartContractStateResponse { data }.encode_to_vec(),
        height,
    )
}

fn config(nodes: &[&FakeNode]) -> Config {
    let endpoints = nodes.iter().map(|node| node.url()).collect();
    let mut config = Config::new(endpoints, "wasm", "0.025ustake".parse().unwrap());
    config.chain_id = Some(ID.into());
    config.limits = Limits {
        timeout: Duration::from_millis(300),
        rest: Duration::from_millis(400),
        poll: Duration::from_millis(20),
        ..Limits::default()
    };
    config
}

async fn ask(chain: &Chain) -> Result<u128, ClientError> {
    let question = QueryMsg::MaxBorrow { position: 1 };
    let answer: AmountResponse = chain.query("cdp", &question).await?;
    Ok(answer.amount.u128())
}

#[tokio::test]
async fn a_question_reaches_the_contract_and_its_answer_is_typed() {
    let node = node(|method, params| {
        if method == "status" {
            return status(ID, 7, 1);
        }
        assert_eq!(params["path"], "/cosmwasm.wasm.v1.Query/SmartContractState");
        let hex = params["data"].as_str().unwrap();
        let pairs = (0..hex.len()).step_by(2);
        let bytes: Vec<u8> = pairs
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        let asked = QuerySmartContractStateRequest::decode(bytes.as_slice()).unwrap();
        assert_eq!(asked.address, "cdp");
        assert_eq!(asked.query_data, br#"{"max_borrow":{"position":1}}"#);
        assert_eq!(params["height"], "6");
        five(6)
    });
    let chain = Chain::connect(config(&[&node])).await.unwrap();
    assert_eq!(chain.block().await.unwrap().height, 7);
    assert_eq!(ask(&chain.at(6)).await.unwrap(), 5);
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_asked_nothing_but_its_status() {
    let (other, right) = (well("test-2", 900), well(ID, 7));
    let chain = Chain::connect(config(&[&other, &right])).await.unwrap();
    assert_eq!(ask(&chain).await.unwrap(), 5);
    assert_eq!(other.count("abci_query"), 0);
    let health = chain.endpoints();
    assert_eq!(
        health[0].last_error.as_deref(),
        Some("it is of chain test-2, not test-1")
    );
    let alone = Chain::connect(config(&[&other])).await.unwrap_err();
    assert!(alone.to_string().contains("not test-1"), "{alone}");
}

#[tokio::test]
async fn without_a_name_the_first_answer_names_the_chain() {
    let (first, other) = (well("test-9", 7), well(ID, 7));
    let mut config = config(&[&first, &other]);
    config.chain_id = None;
    let chain = Chain::connect(config).await.unwrap();
    assert_eq!(chain.id(), "test-9");
}

#[tokio::test]
async fn an_endpoint_behind_the_others_gives_no_answers() {
    let (first, second) = (well(ID, 200), well(ID, 195));
    let late = well(ID, 194);
    let all = config(&[&first, &late, &second]);
    let chain = Chain::connect(all).await.unwrap();
    assert_eq!(chain.block().await.unwrap().height, 200);
    drop(first);
    assert_eq!(ask(&chain).await.unwrap(), 5);
    assert_eq!(
        late.count("abci_query"),
        0,
        "six blocks behind, five may be"
    );
    assert_eq!(second.count("abci_query"), 1);
    drop(second);
    let error = ask(&chain).await.unwrap_err().to_string();
    let why = "it is at block 194, others at 200";
    assert!(error.contains(why), "{error}");
}

#[tokio::test]
async fn an_endpoint_without_new_blocks_is_not_believed() {
    let old = node(|_, _| status(ID, 7, 500));
    let error = Chain::connect(config(&[&old])).await.unwrap_err();
    assert!(
        error.to_string().contains("its newest block is 50"),
        "{error}"
    );
    let late = node(|_, _| {
        let Reply::Result(mut value) = status(ID, 7, 1) else {
            unreachable!()
        };
        value["sync_info"]["catching_up"] = json!(true);
        Reply::Result(value)
    });
    let error = Chain::connect(config(&[&late])).await.unwrap_err();
    assert!(error.to_string().contains("still catching up"), "{error}");
}

#[tokio::test]
async fn pages_silence_and_half_answers_are_passed_over() {
    let page = node(|_, _| Reply::Page(200, "<html>hello</html>".into()));
    let busy = node(|_, _| Reply::Page(429, "slow down".into()));
    let silent = node(|_, _| Reply::Hang(Duration::from_secs(2)));
    let half = node(|_, _| {
        Reply::Page(
            200,
            r#"{"jsonrpc":"2.0","id":1,"result":{"node_info":{}}}"#.into(),
        )
    });
    let right = well(ID, 7);
    let all = config(&[&page, &busy, &silent, &half, &right]);
    let chain = Chain::connect(all).await.unwrap();
    assert_eq!(ask(&chain).await.unwrap(), 5);
    let error = Chain::connect(config(&[&page, &busy, &silent, &half]))
        .await
        .unwrap_err();
    let ClientError::Unreachable(attempts) = &error else {
        panic!("{error}")
    };
    assert_eq!(attempts.len(), 4);
    assert!(attempts[1].why.contains("429") && attempts[2].why.contains("no answer in time"));
}

#[tokio::test]
async fn an_endpoint_that_fails_three_times_rests_and_comes_back() {
    let broken = Arc::new(AtomicU64::new(0));
    let fails = broken.clone();
    let first = node(
        move |method, _| match (method, fails.load(Ordering::SeqCst)) {
            ("status", 0) => status(ID, 7, 1),
            (_, 0) => five(7),
            _ => Reply::Page(502, String::new()),
        },
    );
    let second = well(ID, 7);
    let chain = Chain::connect(config(&[&first, &second])).await.unwrap();
    broken.store(1, Ordering::SeqCst);
    for _ in 0..5 {
        assert_eq!(ask(&chain).await.unwrap(), 5);
    }
    let tried = first.calls().len();
    assert_eq!(
        tried,
        4,
        "one when connecting, then three failures: {:?}",
        first.calls()
    );
    assert!(!chain.endpoints()[0].well);
    broken.store(0, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert_eq!(ask(&chain).await.unwrap(), 5);
    assert!(first.calls().len() > tried && chain.endpoints()[0].well);
}

#[tokio::test]
async fn a_contracts_refusal_is_an_answer_and_no_reason_to_ask_another_endpoint() {
    let first = node(|method, _| match method {
        "status" => status(ID, 7, 1),
        _ => refusal(
            "wasm",
            9,
            "there is no position 1: query wasm contract failed",
        ),
    });
    let second = well(ID, 7);
    let chain = Chain::connect(config(&[&first, &second])).await.unwrap();
    let error = ask(&chain).await.unwrap_err();
    assert_eq!(error.contract(), Some("there is no position 1"));
    assert_eq!(second.calls().len(), 0);
}

#[tokio::test]
async fn new_blocks_come_with_and_without_a_websocket() {
    let height = Arc::new(AtomicU64::new(7));
    let seen = height.clone();
    let node = node(move |_, _| status(ID, seen.load(Ordering::SeqCst), 1));
    let mut config = config(&[&node]);
    config.limits.poll = Duration::from_secs(20);
    let chain = Chain::connect(config.clone()).await.unwrap();
    let mut blocks = chain.blocks();
    assert_eq!(blocks.next().await.unwrap().height, 7);
    // By the hint alone: polling would take twenty seconds.
    let waiting = tokio::spawn(async move { (blocks.next().await.unwrap().height, blocks) });
    while node.hint() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    height.store(9, Ordering::SeqCst);
    node.hint();
    let waited = tokio::time::timeout(Duration::from_secs(5), waiting).await;
    let (found, mut blocks) = waited.unwrap().unwrap();
    assert_eq!(found, 9);
    drop(blocks);
    // By polling alone: the websocket is gone.
    config.limits.poll = Duration::from_millis(20);
    let chain = Chain::connect(config).await.unwrap();
    blocks = chain.blocks();
    assert_eq!(blocks.next().await.unwrap().height, 9);
    node.hang_up();
    height.store(12, Ordering::SeqCst);
    assert_eq!(blocks.next().await.unwrap().height, 12);
}
