//! Transactions against a node of a closure: sequences, gas, refusals and lost answers, one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cosmwasm_std::Binary;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use wicker_client::proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountResponse};
use wicker_client::proto::cosmos::bank::v1beta1::MsgSend;
use wicker_client::proto::cosmos::base::abci::v1beta1::GasInfo;
use wicker_client::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use wicker_client::proto::cosmos::gov::v1::{MsgSubmitProposal, MsgVote};
use wicker_client::proto::cosmos::tx::v1beta1::{AuthInfo, SimulateResponse, TxBody, TxRaw};
use wicker_client::proto::cosmwasm::wasm::v1::MsgExecuteContract;
use wicker_client::proto::prost::{Message as _, Name};
use wicker_client::testing::{answer, refusal, status, FakeNode, Reply};
use wicker_client::{
    Any, Chain, ClientError, Config, Execute, Gas, Limits, Message, Proposal, Signer, VoteOption,
};

const ID: &str = "test-1";
const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const USED: u64 = 100_001;

/// A chain of one account: it takes a transaction of the expected sequence, and has it in a block at once.
#[derive(Default)]
struct Ledger {
    height: u64,
    sequence: u64,
    /// What `account` answers, where it is behind what the mempool expects.
    stored: Option<u64>,
    sent: Vec<Sent>,
    /// What the next transactions come to in their block: a code and a log.
    outcome: Option<(u32, String)>,
    simulation: Option<String>,
    /// Transactions are taken and never in a block.
    loses: bool,
    /// The answer to a broadcast is lost on the way, so many times.
    mute: u32,
}

struct Sent {
    bytes: String,
    sequence: u64,
    gas: u64,
    fee: String,
    timeout: u64,
}

type Shared = Arc<Mutex<Ledger>>;

fn ledger(sequence: u64) -> Shared {
    let ledger = Ledger {
        height: 50,
        sequence,
        ..Ledger::default()
    };
    Arc::new(Mutex::new(ledger))
}

fn serve(shared: &Shared) -> FakeNode {
    let shared = shared.clone();
    FakeNode::start(move |method, params| {
        let mut ledger = shared.lock().unwrap();
        match method {
            "status" => {
                ledger.height += 1;
                status(ID, ledger.height, 1)
            }
            "abci_query" => ledger.query(params["path"].as_str().unwrap()),
            "broadcast_tx_sync" => ledger.take(params["tx"].as_str().unwrap()),
            "tx" => ledger.find(params["hash"].as_str().unwrap()),
            other => unreachable!("{other}"),
        }
    })
    .unwrap()
}

/// A transaction's hash is the SHA-256 of its bytes.
fn hash_of(base64: &str) -> Vec<u8> {
    Sha256::digest(Binary::from_base64(base64).unwrap()).to_vec()
}

impl Ledger {
    fn query(&mut self, path: &str) -> Reply {
        if path.ends_with("Query/Account") {
            let account = BaseAccount {
                account_number: 3,
                sequence: self.stored.unwrap_or(self.sequence),
                ..BaseAccount::default()
            };
            let account = Any {
                type_url: BaseAccount::type_url(),
                value: account.encode_to_vec(),
            };
            let found = QueryAccountResponse {
                account: Some(account),
            };
            return answer(&found.encode_to_vec(), self.height);
        }
        assert!(path.ends_with("Service/Simulate"), "{path}");
        if let Some(log) = &self.simulation {
            return refusal("sdk", 1, log);
        }
        let info = GasInfo {
            gas_wanted: 0,
            gas_used: USED,
        };
        let simulated = SimulateResponse {
            gas_info: Some(info),
            result: None,
        };
        answer(&simulated.encode_to_vec(), self.height)
    }

    fn take(&mut self, base64: &str) -> Reply {
        let bytes = Binary::from_base64(base64).unwrap();
        let raw = TxRaw::decode(bytes.as_slice()).unwrap();
        let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
        let info = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
        let (sequence, expected) = (info.signer_infos[0].sequence, self.sequence);
        if sequence != expected {
            let log = format!("account sequence mismatch, expected {expected}, got {sequence}: incorrect account sequence");
            return Reply::Result(json!({ "code": 32, "codespace": "sdk", "log": log }));
        }
        let fee = info.fee.unwrap();
        self.sequence += 1;
        self.sent.push(Sent {
            bytes: base64.into(),
            sequence,
            gas: fee.gas_limit,
            fee: format!("{}{}", fee.amount[0].amount, fee.amount[0].denom),
            timeout: body.timeout_height,
        });
        if self.mute > 0 {
            self.mute -= 1;
            return Reply::Page(502, String::new());
        }
        Reply::Result(json!({ "code": 0, "log": "", "codespace": "" }))
    }

    fn find(&self, hash: &str) -> Reply {
        let known = |sent: &Sent| Binary::from(hash_of(&sent.bytes)).to_base64() == hash;
        if self.loses || !self.sent.iter().any(known) {
            return Reply::Refusal(-32603, "tx (AB) not found, err: %!w(<nil>)".into());
        }
        let (code, log) = self.outcome.clone().unwrap_or_default();
        let events: Value = json!([{ "type": "wasm-x", "attributes": [{ "key": "k", "value": "v", "index": true }] }]);
        let codespace = if code == 0 { "" } else { "wasm" };
        Reply::Result(json!({ "height": "52", "tx_result": {
            "code": code, "log": log, "codespace": codespace, "gas_wanted": "130002", "gas_used": "100001", "events": events,
        }}))
    }
}

async fn chain(nodes: &[&FakeNode]) -> Chain {
    let endpoints = nodes.iter().map(|node| node.url()).collect();
    let mut config = Config::new(endpoints, "wasm", "0.025ustake".parse().unwrap());
    config.limits = Limits {
        timeout: Duration::from_millis(500),
        poll: Duration::from_millis(5),
        confirm: Duration::from_secs(5),
        valid_blocks: 10,
        max_lag: 1_000,
        ..Limits::default()
    };
    Chain::connect(config).await.unwrap()
}

fn signer() -> Signer {
    Signer::from_mnemonic(WORDS, "wasm").unwrap()
}

fn message() -> Vec<Execute> {
    vec![Execute::new("cdp", &json!({ "repay": { "position": 1 } })).unwrap()]
}

#[tokio::test]
async fn a_transaction_is_simulated_priced_bounded_in_time_and_confirmed() {
    let ledger = ledger(4);
    let node = serve(&ledger);
    let chain = chain(&[&node]).await;
    let done = chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap();
    assert_eq!((done.height, done.gas_used), (52, 100_001));
    assert_eq!(done.events[0].ty, "wasm-x");
    let ledger = ledger.lock().unwrap();
    let sent = &ledger.sent[0];
    // 1.3 · 100,001 = 130,001.3; 0.025 · 130,002 = 3,250.05
    assert_eq!((sent.gas, sent.fee.as_str()), (130_002, "3251ustake"));
    assert_eq!(sent.sequence, 4);
    assert!((61..=63).contains(&sent.timeout), "{}", sent.timeout);
    let hash: String = hash_of(&sent.bytes)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    assert_eq!(done.hash, hash);
}

#[tokio::test]
async fn the_next_transaction_uses_the_next_sequence_without_asking_for_the_account() {
    let ledger = ledger(4);
    let node = serve(&ledger);
    let chain = chain(&[&node]).await;
    let gas = Gas {
        limit: Some(200_000),
        price: Some("1ustake".parse().unwrap()),
    };
    for _ in 0..3 {
        chain.execute(&signer(), message(), &gas).await.unwrap();
    }
    assert_eq!(node.count("abci_query"), 1, "the account, once");
    let ledger = ledger.lock().unwrap();
    let sequences: Vec<u64> = ledger.sent.iter().map(|sent| sent.sequence).collect();
    assert_eq!(sequences, [4, 5, 6]);
    assert!(ledger.sent.iter().all(|sent| sent.fee == "200000ustake"));
}

#[tokio::test]
async fn a_wrong_sequence_is_signed_again_with_the_one_expected() {
    let ledger = ledger(9);
    // Another program's transaction waits in the mempool: the account still says 8.
    ledger.lock().unwrap().stored = Some(8);
    let node = serve(&ledger);
    let chain = chain(&[&node]).await;
    chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap();
    // And one of another program in between.
    ledger.lock().unwrap().sequence = 20;
    chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap();
    let ledger = ledger.lock().unwrap();
    let sequences: Vec<u64> = ledger.sent.iter().map(|sent| sent.sequence).collect();
    assert_eq!(sequences, [9, 20]);
}

#[tokio::test]
async fn transactions_of_one_key_sent_at_once_take_their_sequences_in_turn() {
    let ledger = ledger(1);
    let node = serve(&ledger);
    let chain = chain(&[&node]).await;
    let (signer, gas) = (signer(), Gas::default());
    let (one, two, three) = tokio::join!(
        chain.execute(&signer, message(), &gas),
        chain.execute(&signer, message(), &gas),
        chain.execute(&signer, message(), &gas),
    );
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    let ledger = ledger.lock().unwrap();
    let sequences: Vec<u64> = ledger.sent.iter().map(|sent| sent.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
}

#[tokio::test]
async fn a_refused_simulation_sends_nothing_and_carries_the_contracts_words() {
    let ledger = ledger(1);
    let log = "failed to execute message; message index: 0: position 1 owes nothing: execute wasm contract failed";
    ledger.lock().unwrap().simulation = Some(log.into());
    let node = serve(&ledger);
    let chain = chain(&[&node]).await;
    let error = chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Simulation(_)));
    assert_eq!(error.contract(), Some("position 1 owes nothing"));
    assert_eq!(node.count("broadcast_tx_sync"), 0);
}

#[tokio::test]
async fn a_failure_in_a_block_carries_the_contracts_words_and_the_gas() {
    let ledger = ledger(1);
    let log =
        "failed to execute message; message index: 0: price moved: execute wasm contract failed";
    ledger.lock().unwrap().outcome = Some((5, log.into()));
    let node = serve(&ledger);
    let chain = chain(&[&node]).await;
    let error = chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap_err();
    assert_eq!(error.contract(), Some("price moved"));
    let ClientError::Failed {
        gas_used, height, ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!((gas_used, height), (100_001, 52));
    // The failed one has used its sequence.
    ledger.lock().unwrap().outcome = None;
    chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap();
    assert_eq!(node.count("broadcast_tx_sync"), 2);
}

#[tokio::test]
async fn more_gas_than_the_cap_is_not_sent() {
    let ledger = ledger(1);
    let node = serve(&ledger);
    let mut config = chain(&[&node]).await.config().clone();
    config.gas.cap = 130_001;
    let chain = Chain::connect(config).await.unwrap();
    let error = chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::GasCap {
                needed: 130_002,
                cap: 130_001
            }
        ),
        "{error}"
    );
    assert_eq!(node.count("broadcast_tx_sync"), 0);
}

#[tokio::test]
async fn an_answer_lost_by_the_first_endpoint_does_not_send_the_transaction_twice() {
    let ledger = ledger(1);
    ledger.lock().unwrap().mute = 1;
    let (first, second) = (serve(&ledger), serve(&ledger));
    let chain = chain(&[&first, &second]).await;
    let done = chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap();
    assert_eq!(done.height, 52);
    assert_eq!(
        (
            first.count("broadcast_tx_sync"),
            second.count("broadcast_tx_sync")
        ),
        (1, 1)
    );
    assert_eq!(ledger.lock().unwrap().sent.len(), 1);
}

#[tokio::test]
async fn an_answer_lost_by_all_is_unconfirmed_with_its_hash() {
    let ledger = ledger(1);
    ledger.lock().unwrap().mute = 9;
    let node = serve(&ledger);
    let chain = chain(&[&node]).await;
    let error = chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap_err();
    let ClientError::Unconfirmed { hash, .. } = &error else {
        panic!("{error}")
    };
    assert!(chain.find(hash).await.unwrap().unwrap().is_ok());
}

#[tokio::test]
async fn a_transaction_in_no_block_until_it_ends_is_void_and_says_so() {
    let ledger = ledger(1);
    ledger.lock().unwrap().loses = true;
    let node = serve(&ledger);
    let chain = chain(&[&node]).await;
    let error = chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap_err();
    let ClientError::Expired { valid_until, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(*valid_until, ledger.lock().unwrap().sent[0].timeout);
    assert!(error.is_transient());
    // Its sequence was not used: the chain is asked for it again.
    {
        let mut ledger = ledger.lock().unwrap();
        ledger.loses = false;
        ledger.sequence = 1;
    }
    chain
        .execute(&signer(), message(), &Gas::default())
        .await
        .unwrap();
    assert_eq!(ledger.lock().unwrap().sent[1].sequence, 1);
}

#[tokio::test]
async fn an_unsigned_transaction_is_what_the_chains_own_program_reads() {
    let ledger = ledger(1);
    let node = serve(&ledger);
    let chain = chain(&[&node]).await;
    let messages: Vec<_> = message().into_iter().map(Into::into).collect();
    let unsigned = chain.unsigned("ann", &messages, 200_000, &Gas::default());
    assert_eq!(
        unsigned["body"]["messages"][0]["@type"],
        "/cosmwasm.wasm.v1.MsgExecuteContract"
    );
    assert_eq!(unsigned["auth_info"]["fee"]["amount"][0]["amount"], "5000");
    assert_eq!(unsigned["signatures"], json!([]));
    assert_eq!(node.count("broadcast_tx_sync"), 0);
}

/// What a multisig is handed is a committed document in the Cosmos SDK's JSON form, and what it says, read field by field, is the bytes that a
/// key would have signed.
#[tokio::test]
async fn an_unsigned_transaction_is_the_document_that_the_chains_own_program_signs() {
    let golden: Value = serde_json::from_str(include_str!("golden/unsigned.json")).unwrap();
    let (sender, coin) = ("wasm1multisig", |amount: u128, denom: &str| {
        cosmwasm_std::Coin::new(amount, denom)
    });
    let adjust = json!({ "adjust": { "position": 7, "withdraw": [], "borrow": "250" } });
    let adjust = Execute::new("wasm1cdp", &adjust).unwrap();
    let cancel = json!({ "govern": { "cancel": { "id": 3 } } });
    let cancel = Execute::new("wasm1cdp", &cancel).unwrap();
    let messages = [
        adjust
            .with_funds(vec![coin(5, "uosmo"), coin(3, "uatom")])
            .into(),
        Message::Send {
            to: "wasm1keeper".into(),
            coins: vec![coin(1 << 64, "ustake")],
        },
        Message::Propose(Proposal {
            title: "Cancel change 3".into(),
            summary: "It was decided on other figures.".into(),
            deposit: vec![coin(10_000_000, "ustake")],
            authority: "wasm1gov".into(),
            messages: vec![cancel.into()],
        }),
        Message::Vote {
            proposal: 12,
            option: VoteOption::Yes,
        },
    ];
    let node = serve(&ledger(1));
    let chain = chain(&[&node]).await;
    let gas = Gas {
        limit: None,
        price: Some("0.025ustake".parse().unwrap()),
    };
    assert_eq!(chain.unsigned(sender, &messages, 300_001, &gas), golden);
    let shown = golden["body"]["messages"].as_array().unwrap();
    for (message, shown) in messages.iter().zip(shown) {
        let signed = message.to_any(sender);
        let read = read(shown);
        assert_eq!(read, (signed.type_url, signed.value), "{shown}");
    }
}

/// A message's bytes from its JSON form.
fn read(shown: &Value) -> (String, Vec<u8>) {
    let text = |name: &str| shown[name].as_str().unwrap().to_string();
    let coins = |name: &str| -> Vec<ProtoCoin> {
        let coins = shown[name].as_array().unwrap().iter();
        let coins = coins.map(|coin| ProtoCoin {
            denom: coin["denom"].as_str().unwrap().into(),
            amount: coin["amount"].as_str().unwrap().into(),
        });
        coins.collect()
    };
    let value = match text("@type").as_str() {
        "/cosmwasm.wasm.v1.MsgExecuteContract" => MsgExecuteContract {
            sender: text("sender"),
            contract: text("contract"),
            msg: serde_json::to_vec(&shown["msg"]).unwrap(),
            funds: coins("funds"),
        }
        .encode_to_vec(),
        "/cosmos.bank.v1beta1.MsgSend" => MsgSend {
            from_address: text("from_address"),
            to_address: text("to_address"),
            amount: coins("amount"),
        }
        .encode_to_vec(),
        "/cosmos.gov.v1.MsgSubmitProposal" => {
            let messages = shown["messages"].as_array().unwrap().iter().map(read);
            let messages = messages.map(|(type_url, value)| Any { type_url, value });
            MsgSubmitProposal {
                messages: messages.collect(),
                initial_deposit: coins("initial_deposit"),
                proposer: text("proposer"),
                metadata: text("metadata"),
                title: text("title"),
                summary: text("summary"),
                expedited: shown["expedited"].as_bool().unwrap(),
            }
            .encode_to_vec()
        }
        "/cosmos.gov.v1.MsgVote" => MsgVote {
            proposal_id: text("proposal_id").parse().unwrap(),
            voter: text("voter"),
            option: match text("option").as_str() {
                "VOTE_OPTION_YES" => 1,
                other => unreachable!("{other}"),
            },
            metadata: text("metadata"),
        }
        .encode_to_vec(),
        other => unreachable!("{other}"),
    };
    (text("@type"), value)
}
