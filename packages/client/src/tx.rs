//! Transactions: simulated, priced, signed, sent, and seen in a block.
//!
//! An account's next sequence is remembered and raised when a node takes a transaction. A node that expects another one is believed:
//! the sequence is read anew and the transaction signed again, a few times at most. Each transaction is valid for some blocks only, so
//! that one that was not seen is known to be void after them.

use std::sync::Arc;

use cosmrs::proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use cosmrs::proto::prost::Message as _;
use cosmrs::tendermint::chain;
use cosmrs::tx::{Body, Fee, Raw, SignDoc, SignerInfo};
use cosmrs::{Any, Coin as CosmosCoin};
use cosmwasm_std::{Binary, Coin, Event, Uint128, Uint256};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio::time::{sleep, Instant};

use crate::chain::{hex, Chain};
use crate::config::GasPrice;
use crate::error::{ClientError, Refused};
use crate::message::{Execute, Message};
use crate::node::{Broadcast, Found, RawEvent};
use crate::signer::Signer;

/// A transaction is signed again so many times when the account's sequence was another one.
const RETRIES: u32 = 3;

/// An account's number and the sequence of its next transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub number: u64,
    /// The next sequence.
    pub sequence: u64,
}

/// How a transaction is priced. The default simulates it and pays the configured price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gas {
    /// The limit; `None` simulates and adjusts.
    pub limit: Option<u64>,
    /// The price; `None` is the configured one.
    pub price: Option<GasPrice>,
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Executed {
    /// Its hash.
    pub hash: String,
    /// The block.
    pub height: u64,
    /// Its gas limit.
    pub gas_wanted: u64,
    /// What it used.
    pub gas_used: u64,
    /// What it told.
    pub events: Vec<Event>,
    /// What its messages answered, encoded.
    pub data: Vec<u8>,
}

/// What a transaction would cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// What the simulation used.
    pub gas_used: u64,
    /// The limit it would be sent with.
    pub gas_limit: u64,
    /// What it would pay.
    pub fee: Option<Coin>,
}

/// A signed transaction that no node has been given. Sending it twice is sending it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Its bytes.
    pub raw: Vec<u8>,
    /// Its hash and the last block that can take it.
    pub sent: Sent,
    /// Its sequence.
    pub sequence: u64,
    /// What it pays at most.
    pub estimate: Estimate,
}

/// A transaction that a node has taken and no block has yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its hash.
    pub hash: String,
    /// The last block that can take it.
    pub valid_until: u64,
}

impl Chain {
    /// Tells contracts something in one transaction, and waits until it is in a block.
    pub async fn execute(
        &self,
        signer: &Signer,
        messages: Vec<Execute>,
        gas: &Gas,
    ) -> Result<Executed, ClientError> {
        let messages: Vec<Message> = messages.into_iter().map(Message::from).collect();
        self.transact(signer, &messages, gas).await
    }

    /// Sends messages in one transaction, and waits until it is in a block.
    pub async fn transact(
        &self,
        signer: &Signer,
        messages: &[Message],
        gas: &Gas,
    ) -> Result<Executed, ClientError> {
        let messages = messages
            .iter()
            .map(|message| message.to_any(signer.address()));
        let sent = self.broadcast(signer, messages.collect(), gas).await?;
        let confirmed = self.confirm(&sent).await;
        if confirmed
            .as_ref()
            .is_err_and(|error| !matches!(error, ClientError::Failed { .. }))
        {
            // Whether the sequence was used is not known: the chain knows.
            self.slot(signer.address()).await.lock().await.take();
        }
        confirmed
    }

    /// What messages would cost. Errors with what the chain would refuse them for.
    pub async fn estimate(
        &self,
        signer: &Signer,
        messages: &[Message],
        gas: &Gas,
    ) -> Result<Estimate, ClientError> {
        let account = self.account(signer.address()).await?;
        let messages = messages
            .iter()
            .map(|message| message.to_any(signer.address()));
        let body = Body::new(messages.collect::<Vec<_>>(), "", 0u32);
        self.price(signer, account, &body, gas).await
    }

    /// Signs and sends messages. A node has taken the transaction when this returns; no block need have.
    pub async fn broadcast(
        &self,
        signer: &Signer,
        messages: Vec<Any>,
        gas: &Gas,
    ) -> Result<Sent, ClientError> {
        let slot = self.slot(signer.address()).await;
        // Held until a node has the transaction: sequences are used in order.
        let mut known = slot.lock().await;
        let mut tries = 0u32;
        loop {
            let account = match *known {
                Some(account) => account,
                None => self.account(signer.address()).await?,
            };
            let refused = match self.try_send(signer, account, messages.clone(), gas).await {
                Ok(sent) => {
                    *known = Some(Account {
                        sequence: account.sequence.saturating_add(1),
                        ..account
                    });
                    return Ok(sent);
                }
                Err(error) => {
                    *known = None;
                    error
                }
            };
            let other = refused.refused().filter(|it| it.is_wrong_sequence());
            let Some(other) = other.filter(|_| tries < RETRIES) else {
                return Err(refused);
            };
            // Transactions that wait in the mempool count for the node and not yet for the account.
            *known = other.expected_sequence().map(|sequence| Account {
                sequence,
                ..account
            });
            sleep(self.config().limits.poll.saturating_mul(tries)).await;
            tries = tries.saturating_add(1);
        }
    }

    /// Signs messages and gives them to nobody, so that what is about to be sent can be written down first. The sequence is the chain's.
    pub async fn prepare(
        &self,
        signer: &Signer,
        messages: &[Message],
        gas: &Gas,
    ) -> Result<Signed, ClientError> {
        let account = self.account(signer.address()).await?;
        let messages = messages
            .iter()
            .map(|message| message.to_any(signer.address()));
        self.signed(signer, account, messages.collect(), gas).await
    }

    /// Gives a signed transaction to a node. What happened to it is looked up where that is not clear.
    pub async fn submit(&self, signed: &Signed) -> Result<Sent, ClientError> {
        self.send(&signed.raw, signed.sent.clone()).await
    }

    /// Waits until a transaction is in a block. Errors when it failed there, or when it did not come.
    pub async fn confirm(&self, sent: &Sent) -> Result<Executed, ClientError> {
        let limits = &self.config().limits;
        let began = Instant::now();
        let mut why = "no answer yet".to_string();
        while began.elapsed() < limits.confirm {
            // The height first: a block that comes between the two questions is asked for next time.
            let height = self.block().await.map(|block| block.height);
            match self.find(&sent.hash).await {
                Ok(Some(found)) => return found,
                Ok(None) => why = "no block has it".into(),
                Err(error) => why = error.to_string(),
            }
            // An index may be a block behind its chain.
            let over = sent.valid_until.saturating_add(2);
            if why == "no block has it" && height.is_ok_and(|height| height > over) {
                return Err(ClientError::Expired {
                    hash: sent.hash.clone(),
                    valid_until: sent.valid_until,
                });
            }
            sleep(limits.poll).await;
        }
        Err(sent.unconfirmed(why))
    }

    /// Looks a transaction up; `None` when no block has it. The inner error is the transaction's own.
    pub async fn find(
        &self,
        hash: &str,
    ) -> Result<Option<Result<Executed, ClientError>>, ClientError> {
        let bytes =
            bytes(hash).ok_or_else(|| ClientError::Config(format!("{hash:?} is no hash")))?;
        let params = json!({ "hash": Binary::from(bytes), "prove": false });
        let answer = self.shared.pool.call("tx", params, |_, _| Ok(()));
        let found: Found = match answer.await {
            Ok(found) => found,
            Err(ClientError::Node { message, .. }) if message.contains("not found") => {
                return Ok(None)
            }
            Err(error) => return Err(error),
        };
        let (hash, height, tx) = (hash.to_string(), found.height, found.tx_result);
        if tx.code != 0 {
            return Ok(Some(Err(ClientError::Failed {
                hash,
                height,
                gas_used: tx.gas_used,
                refused: Refused::new(tx.codespace, tx.code, tx.log),
            })));
        }
        Ok(Some(Ok(Executed {
            hash,
            height,
            gas_wanted: tx.gas_wanted,
            gas_used: tx.gas_used,
            events: tx.events.into_iter().map(RawEvent::event).collect(),
            data: tx.data.unwrap_or_default().to_vec(),
        })))
    }

    /// An unsigned transaction in the form that the chain's own program signs, for a multisig or an offline key.
    pub fn unsigned(&self, sender: &str, messages: &[Message], gas_limit: u64, gas: &Gas) -> Value {
        let messages = messages.iter().map(|message| message.to_json(sender));
        let fee = self.gas_price(gas).fee(gas_limit);
        json!({
            "body": {
                "messages": messages.collect::<Vec<_>>(),
                "memo": "",
                "timeout_height": "0",
                "extension_options": [],
                "non_critical_extension_options": [],
            },
            "auth_info": {
                "signer_infos": [],
                "fee": {
                    "amount": fee.into_iter().collect::<Vec<_>>(),
                    "gas_limit": gas_limit.to_string(),
                    "payer": "",
                    "granter": "",
                },
                "tip": null,
            },
            "signatures": [],
        })
    }

    async fn slot(&self, address: &str) -> Arc<Mutex<Option<Account>>> {
        let mut accounts = self.shared.accounts.lock().await;
        accounts.entry(address.to_string()).or_default().clone()
    }

    fn gas_price<'a>(&'a self, gas: &'a Gas) -> &'a GasPrice {
        gas.price.as_ref().unwrap_or(&self.config().gas.price)
    }

    async fn try_send(
        &self,
        signer: &Signer,
        account: Account,
        messages: Vec<Any>,
        gas: &Gas,
    ) -> Result<Sent, ClientError> {
        let signed = self.signed(signer, account, messages, gas).await?;
        self.submit(&signed).await
    }

    async fn signed(
        &self,
        signer: &Signer,
        account: Account,
        messages: Vec<Any>,
        gas: &Gas,
    ) -> Result<Signed, ClientError> {
        let height = self.block().await?.height;
        let valid_until = height.saturating_add(self.config().limits.valid_blocks);
        let timeout = u32::try_from(valid_until).unwrap_or(u32::MAX);
        let body = Body::new(messages, "", timeout);
        let estimate = self.price(signer, account, &body, gas).await?;
        let fee = self.fee(&estimate)?;
        let raw = self.sign(signer, account, &body, fee)?;
        let sent = Sent {
            hash: hex(&Sha256::digest(&raw)).to_uppercase(),
            valid_until,
        };
        Ok(Signed {
            raw,
            sent,
            sequence: account.sequence,
            estimate,
        })
    }

    /// Gives a signed transaction to a node. What happened to it is looked up where that is not clear.
    async fn send(&self, raw: &[u8], sent: Sent) -> Result<Sent, ClientError> {
        let params = json!({ "tx": Binary::from(raw) });
        let answer = self
            .shared
            .pool
            .call("broadcast_tx_sync", params, |_, _| Ok(()));
        let answer: Broadcast = match answer.await {
            Ok(answer) => answer,
            Err(ClientError::Node { message, .. })
                if message.contains("already exists in cache") =>
            {
                return Ok(sent)
            }
            // CometBFT's own mempool has no code for it.
            Err(ClientError::Node { message, .. }) if message.contains("mempool is full") => {
                return Err(ClientError::Rejected(Refused::mempool_full(message)))
            }
            // A node that was lost in the middle may have passed it on.
            Err(ClientError::Unreachable(tried)) => {
                let why = ClientError::Unreachable(tried).to_string();
                return Err(sent.unconfirmed(why));
            }
            Err(error) => return Err(error),
        };
        let refused = Refused::new(answer.codespace, answer.code, answer.log);
        if refused.code == 0 || refused.is_known() {
            return Ok(sent);
        }
        // The first node may have taken it and the answer been lost: the second then sees a used sequence.
        if refused.is_wrong_sequence() && matches!(self.find(&sent.hash).await, Ok(Some(_))) {
            return Ok(sent);
        }
        Err(ClientError::Rejected(refused))
    }

    async fn price(
        &self,
        signer: &Signer,
        account: Account,
        body: &Body,
        gas: &Gas,
    ) -> Result<Estimate, ClientError> {
        let policy = &self.config().gas;
        let price = self.gas_price(gas);
        let (gas_used, gas_limit) = match gas.limit {
            Some(limit) => (limit, limit),
            None => {
                let used = self.simulate(signer, account, body, price).await?;
                let adjusted = Uint256::from(used).mul_ceil(policy.adjustment);
                let adjusted = Uint128::try_from(adjusted).unwrap_or(Uint128::MAX);
                (used, u64::try_from(adjusted.u128()).unwrap_or(u64::MAX))
            }
        };
        if gas_limit > policy.cap {
            return Err(ClientError::GasCap {
                needed: gas_limit,
                cap: policy.cap,
            });
        }
        Ok(Estimate {
            gas_used,
            gas_limit,
            fee: price.fee(gas_limit),
        })
    }

    async fn simulate(
        &self,
        signer: &Signer,
        account: Account,
        body: &Body,
        price: &GasPrice,
    ) -> Result<u64, ClientError> {
        // The least fee instead of none: taking it costs as much gas as taking the whole, a third of what a small transaction uses.
        let fee = self.fee(&Estimate {
            gas_used: 0,
            gas_limit: 0,
            fee: price.fee(1),
        })?;
        let tx_bytes = self.sign(signer, account, body, fee)?;
        // The old field of the request stays empty.
        let request = SimulateRequest {
            tx_bytes,
            ..SimulateRequest::default()
        };
        let path = "/cosmos.tx.v1beta1.Service/Simulate";
        let answer = self.abci(path, &request.encode_to_vec()).await;
        let (value, _) = answer.map_err(|error| match error {
            ClientError::Query(refused) => ClientError::Simulation(refused),
            other => other,
        })?;
        let broken = |why: String| ClientError::Answer {
            what: path.into(),
            why,
        };
        let answer = SimulateResponse::decode(value.as_slice());
        let info = answer.map_err(|why| broken(why.to_string()))?.gas_info;
        let used = info.map_or(0, |info| info.gas_used);
        (used > 0)
            .then_some(used)
            .ok_or_else(|| broken("no gas was used".into()))
    }

    fn fee(&self, estimate: &Estimate) -> Result<Fee, ClientError> {
        let coin = estimate.fee.as_ref().map(|coin| {
            let amount =
                coin.amount.to_string().parse().map_err(|_| {
                    ClientError::Config(format!("a fee of {coin} is beyond 128 bits"))
                })?;
            let denom = coin.denom.parse().map_err(key)?;
            Ok::<_, ClientError>(CosmosCoin { denom, amount })
        });
        Ok(Fee {
            amount: coin.transpose()?.into_iter().collect(),
            gas_limit: estimate.gas_limit,
            payer: None,
            granter: None,
        })
    }

    fn sign(
        &self,
        signer: &Signer,
        account: Account,
        body: &Body,
        fee: Fee,
    ) -> Result<Vec<u8>, ClientError> {
        let id: chain::Id = self.id().parse().map_err(key)?;
        let info = SignerInfo::single_direct(Some(signer.public_key()), account.sequence);
        let info = info.auth_info(fee);
        let document = SignDoc::new(body, &info, &id, account.number).map_err(key)?;
        let raw: Raw = document.sign(signer.key()).map_err(key)?;
        raw.to_bytes().map_err(key)
    }
}

impl Sent {
    fn unconfirmed(&self, why: String) -> ClientError {
        ClientError::Unconfirmed {
            hash: self.hash.clone(),
            valid_until: self.valid_until,
            why,
        }
    }
}

fn key(why: impl std::fmt::Display) -> ClientError {
    ClientError::Key(why.to_string())
}

/// The bytes of hexadecimal digits.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let pairs = hex.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}
