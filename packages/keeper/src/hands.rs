//! Acting: a batch becomes a transaction, is written down signed, then sent; and what became of those that are open.

use serde_json::json;
use wicker_client::{
    Chain, ClientError, Execute, Executed, Gas, GasPrice, Message, Signed, Signer,
};
use wicker_math::Value;
use wicker_msgs::cdp::{ExecuteMsg, LiquidationItem};
use wicker_msgs::oracle;
use wicker_strategy::Batch;

use crate::config::{value, Config};
use crate::error::KeeperError;
use crate::journal::{Intent, Journal, Open, Signature};

/// Seconds after which a liquidation refuses itself.
const PATIENCE: u64 = 120;

/// What acts.
pub struct Hands<'a> {
    /// The chain.
    pub chain: &'a Chain,
    /// The account that pays and receives.
    pub signer: &'a Signer,
    /// How.
    pub config: &'a Config,
    /// The cdp contract.
    pub cdp: &'a str,
    /// The oracle contract.
    pub oracle: &'a str,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acted {
    /// A node has the transaction.
    Sent(String),
    /// Nothing was sent; nothing is spent.
    Nothing(String),
    /// It is not known whether a node has it: it is looked up before anything else is done.
    Unknown(String),
}

impl Hands<'_> {
    /// Measures, refreshes and liquidates in one transaction, at a gas price.
    pub async fn act(
        &self,
        journal: &Journal,
        batch: &Batch,
        (now, price): (u64, GasPrice),
        gas_left: Value,
    ) -> Result<Acted, KeeperError> {
        let id = journal.intend(&intent(batch, now))?;
        let gas = Gas {
            limit: None,
            price: Some(price),
        };
        let messages = self.messages(batch, now)?;
        let signed = match self.chain.prepare(self.signer, &messages, &gas).await {
            Ok(signed) => signed,
            Err(why) => return nothing(journal, id, &why.to_string()),
        };
        let fee = self.dollars(&signed);
        if fee > gas_left.raw() {
            let left = gas_left.raw();
            let why =
                format!("its fee of {fee}e-18 dollars is more than the {left}e-18 left today");
            return nothing(journal, id, &why);
        }
        journal.sign(
            id,
            &Signature {
                hash: signed.sent.hash.clone(),
                sequence: signed.sequence,
                valid_until: signed.sent.valid_until,
                fee,
            },
        )?;
        match self.chain.submit(&signed).await {
            Ok(sent) => {
                journal.send(id)?;
                Ok(Acted::Sent(sent.hash))
            }
            // The only node said no: nobody has it. Of several, one that was lost before may have passed it on.
            Err(ClientError::Rejected(refused)) if self.chain.config().endpoints.len() == 1 => {
                nothing(journal, id, &refused.to_string())
            }
            Err(why) => Ok(Acted::Unknown(why.to_string())),
        }
    }

    /// The transaction's messages, in order.
    pub fn messages(&self, batch: &Batch, now: u64) -> Result<Vec<Message>, KeeperError> {
        let mut messages = Vec::new();
        if !self.config.refresh.is_empty() {
            let denoms = self.config.refresh.clone();
            let refresh = oracle::ExecuteMsg::Refresh { denoms };
            messages.push(Execute::new(self.oracle, &refresh)?.into());
        }
        let mut baskets: Vec<u32> = batch.items.iter().map(|item| item.basket).collect();
        baskets.sort_unstable();
        baskets.dedup();
        for basket in baskets {
            messages.push(Execute::new(self.cdp, &ExecuteMsg::Recalibrate { basket })?.into());
        }
        let items = batch.items.iter().map(|item| LiquidationItem {
            position: item.position,
            max_repay: Some(item.payment.raw().into()),
        });
        let liquidate = ExecuteMsg::LiquidateMany {
            items: items.collect(),
            min_received: Vec::new(),
            deadline: Some(now.saturating_add(PATIENCE)),
            recipient: None,
        };
        let funds = cosmwasm_std::Coin::new(batch.payment.raw(), &batch.denom);
        let liquidate = Execute::new(self.cdp, &liquidate)?.with_funds(vec![funds]);
        messages.push(liquidate.into());
        Ok(messages)
    }

    /// Finds out what became of every open transaction. True when none is open any more.
    pub async fn settle(&self, journal: &mut Journal) -> Result<bool, KeeperError> {
        let mut settled = true;
        for open in journal.open_actions()? {
            settled &= self.settle_one(journal, &open).await?;
        }
        Ok(settled)
    }

    async fn settle_one(&self, journal: &mut Journal, open: &Open) -> Result<bool, KeeperError> {
        let (Some(hash), Some(valid_until)) = (&open.hash, open.valid_until) else {
            journal.void(open.id, "it was never signed")?;
            return Ok(true);
        };
        // The height first: a block that comes between the two questions is asked for next time.
        let height = self.chain.block().await?.height;
        match self.chain.find(hash).await? {
            Some(Ok(done)) => {
                let found = (done.height, done.gas_used);
                journal.confirm(open.id, found, &results(self.cdp, &done))?;
            }
            Some(Err(ClientError::Failed {
                height, refused, ..
            })) => {
                journal.fail(open.id, height, &refused.to_string())?;
            }
            Some(Err(why)) => return Err(why.into()),
            // An index may be a block behind its chain.
            None if height > valid_until.saturating_add(2) => {
                journal.void(
                    open.id,
                    "it was in no block up to the last that could take it",
                )?;
            }
            None => return Ok(false),
        }
        Ok(true)
    }

    /// What a transaction pays at most, in dollars at 1e-18, rounded up.
    fn dollars(&self, signed: &Signed) -> u128 {
        let Some(fee) = &signed.estimate.fee else {
            return 0;
        };
        let amount = cosmwasm_std::Decimal256::checked_from_ratio(fee.amount, 1u64);
        let dollars = amount
            .ok()
            .and_then(|amount| amount.checked_mul(self.config.fee_price).ok());
        dollars.and_then(value).map_or(u128::MAX, Value::raw)
    }
}

fn nothing(journal: &Journal, id: i64, why: &str) -> Result<Acted, KeeperError> {
    journal.void(id, why)?;
    Ok(Acted::Nothing(why.to_string()))
}

fn intent(batch: &Batch, time: u64) -> Intent {
    let items = batch.items.iter().map(|item| {
        json!({ "position": item.position, "payment": item.payment.raw().to_string(), "profit": item.profit.to_string() })
    });
    let losses = batch.items.iter().filter(|item| item.profit < 0);
    Intent {
        time,
        items: serde_json::Value::from(items.collect::<Vec<_>>()).to_string(),
        payment: batch.payment.raw(),
        loss: losses
            .map(|item| item.profit.unsigned_abs())
            .fold(0, u128::saturating_add),
    }
}

/// What the contract told about each position: liquidated, or why not.
fn results(cdp: &str, done: &Executed) -> Vec<(u64, bool, String)> {
    let mut results = Vec::new();
    for event in &done.events {
        let of = |key: &str| {
            let found = event.attributes.iter().find(|one| one.key == key);
            found.map(|one| one.value.as_str())
        };
        let id = of("position").and_then(|id| id.parse::<u64>().ok());
        let (Some(id), true) = (id, of("_contract_address") == Some(cdp)) else {
            continue;
        };
        match event.ty.as_str() {
            "wasm-wicker_liquidated" => {
                let repaid = of("repaid").unwrap_or_default();
                results.push((id, true, format!("repaid {repaid}")));
            }
            "wasm-wicker_skipped" => {
                results.push((id, false, of("reason").unwrap_or_default().to_string()));
            }
            _ => {}
        }
    }
    results
}
