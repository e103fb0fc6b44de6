//! A chain: its blocks, its contracts, its accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use cosmrs::proto::cosmos::auth::v1beta1::{
    BaseAccount, ModuleAccount, QueryAccountRequest, QueryAccountResponse,
    QueryModuleAccountByNameRequest, QueryModuleAccountByNameResponse,
};
use cosmrs::proto::cosmos::bank::v1beta1::{
    QueryBalanceRequest, QueryBalanceResponse, QuerySupplyOfRequest, QuerySupplyOfResponse,
};
use cosmrs::proto::cosmos::base::query::v1beta1::PageRequest;
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use cosmrs::proto::cosmwasm::wasm::v1::{
    QueryAllContractStateRequest, QueryAllContractStateResponse, QueryRawContractStateRequest,
    QueryRawContractStateResponse, QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use cosmrs::proto::prost::{Message, Name};
use cosmwasm_std::{Event, Uint128};
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::json;
use tokio::sync::Mutex;

use crate::config::Config;
use crate::error::{ClientError, Refused};
use crate::node::{AbciQuery, BlockResults, RawEvent};
use crate::pool::{EndpointHealth, Pool};
use crate::tx::Account;

/// Entries of a contract's raw state that are asked for at once.
const STATE_PAGE: u64 = 1_000;

/// A block's place and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Its time, in seconds since 1970.
    pub time: u64,
}

/// A chain. Clones share endpoints, their health and the sequences of accounts.
#[derive(Debug, Clone)]
pub struct Chain {
    pub(crate) shared: Arc<Shared>,
    height: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub config: Config,
    pub pool: Pool,
    /// Numbers and next sequences of accounts that have signed, each locked while it signs.
    pub accounts: Mutex<BTreeMap<String, Arc<Mutex<Option<Account>>>>>,
}

impl Chain {
    /// Reaches a chain. Errors when no endpoint is usable: unreachable, of another chain, without new blocks.
    pub async fn connect(config: Config) -> Result<Self, ClientError> {
        let pool = Pool::new(&config)?;
        let chain = Self {
            shared: Arc::new(Shared {
                config,
                pool,
                accounts: Mutex::default(),
            }),
            height: None,
        };
        chain.block().await?;
        Ok(chain)
    }

    /// How it was configured.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// The chain's id.
    pub fn id(&self) -> &str {
        self.shared.pool.chain_id()
    }

    /// Each endpoint as it stands.
    pub fn endpoints(&self) -> Vec<EndpointHealth> {
        self.shared.pool.health()
    }

    /// The same chain, whose queries are answered as of `height`. The node must still have that state.
    pub fn at(&self, height: u64) -> Self {
        Self {
            height: Some(height),
            ..self.clone()
        }
    }

    /// The newest block.
    pub async fn block(&self) -> Result<Block, ClientError> {
        let sync = self.shared.pool.status().await?.sync_info;
        Ok(Block {
            height: sync.latest_block_height,
            time: sync.latest_block_time,
        })
    }

    /// What successful transactions of a block told, in order.
    pub async fn events(&self, height: u64) -> Result<Vec<Event>, ClientError> {
        let params = json!({ "height": height.to_string() });
        let pool = &self.shared.pool;
        let results: BlockResults = pool.call("block_results", params, |_, _| Ok(())).await?;
        let done = results.txs_results.unwrap_or_default().into_iter();
        let events = done.filter(|tx| tx.code == 0).flat_map(|tx| tx.events);
        Ok(events.map(RawEvent::event).collect())
    }

    /// Asks a contract.
    pub async fn query<Q: Serialize, A: DeserializeOwned>(
        &self,
        contract: &str,
        question: &Q,
    ) -> Result<A, ClientError> {
        let answer = self.smart(contract, question).await?;
        serde_json::from_slice(&answer).map_err(|why| unreadable(contract, why))
    }

    /// Asks a contract and takes its answer as it is.
    pub async fn smart<Q: Serialize>(
        &self,
        contract: &str,
        question: &Q,
    ) -> Result<Vec<u8>, ClientError> {
        let query_data = serde_json::to_vec(question).map_err(|why| unreadable(contract, why))?;
        let request = QuerySmartContractStateRequest {
            address: contract.to_string(),
            query_data,
        };
        let path = "/cosmwasm.wasm.v1.Query/SmartContractState";
        let answer: QuerySmartContractStateResponse = self.grpc(path, &request).await?;
        Ok(answer.data)
    }

    /// Reads a contract's record under a key; `None` when there is none.
    pub async fn raw(&self, contract: &str, key: &[u8]) -> Result<Option<Vec<u8>>, ClientError> {
        let request = QueryRawContractStateRequest {
            address: contract.to_string(),
            query_data: key.to_vec(),
        };
        let path = "/cosmwasm.wasm.v1.Query/RawContractState";
        let answer: QueryRawContractStateResponse = self.grpc(path, &request).await?;
        Ok((!answer.data.is_empty()).then_some(answer.data))
    }

    /// Every record of a contract, by key. Pin a height first, or the pages may be of different blocks.
    pub async fn records(&self, contract: &str) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, ClientError> {
        let (mut records, mut key) = (BTreeMap::new(), Vec::new());
        loop {
            let (page, next) = self.records_page(contract, key).await?;
            records.extend(page);
            key = next;
            if key.is_empty() {
                return Ok(records);
            }
        }
    }

    /// A page of a contract's records from a key on, and the key of the next page; it is empty on the last one, and before the first.
    pub async fn records_page(
        &self,
        contract: &str,
        key: Vec<u8>,
    ) -> Result<(Vec<(Vec<u8>, Vec<u8>)>, Vec<u8>), ClientError> {
        let request = QueryAllContractStateRequest {
            address: contract.to_string(),
            pagination: Some(PageRequest {
                key,
                limit: STATE_PAGE,
                ..PageRequest::default()
            }),
        };
        let path = "/cosmwasm.wasm.v1.Query/AllContractState";
        let page: QueryAllContractStateResponse = self.grpc(path, &request).await?;
        let next = page.pagination.map(|page| page.next_key);
        let models = page.models.into_iter();
        let models = models.map(|model| (model.key, model.value));
        Ok((models.collect(), next.unwrap_or_default()))
    }

    /// What an account holds of a denom.
    pub async fn balance(&self, address: &str, denom: &str) -> Result<Uint128, ClientError> {
        let request = QueryBalanceRequest {
            address: address.to_string(),
            denom: denom.to_string(),
        };
        let path = "/cosmos.bank.v1beta1.Query/Balance";
        let answer: QueryBalanceResponse = self.grpc(path, &request).await?;
        amount(path, answer.balance)
    }

    /// What there is of a denom.
    pub async fn supply(&self, denom: &str) -> Result<Uint128, ClientError> {
        let request = QuerySupplyOfRequest {
            denom: denom.to_string(),
        };
        let path = "/cosmos.bank.v1beta1.Query/SupplyOf";
        let answer: QuerySupplyOfResponse = self.grpc(path, &request).await?;
        amount(path, answer.amount)
    }

    /// An account's number and next sequence, as the chain knows them. Errors when the account does not exist.
    pub async fn account(&self, address: &str) -> Result<Account, ClientError> {
        let request = QueryAccountRequest {
            address: address.to_string(),
        };
        let path = "/cosmos.auth.v1beta1.Query/Account";
        let answer = self.grpc::<_, QueryAccountResponse>(path, &request).await;
        let found = match answer {
            Err(ClientError::Query(refused)) if refused.log.contains("not found") => {
                return Err(ClientError::NoAccount(address.to_string()))
            }
            answer => answer?.account,
        };
        // Every kind of account has a base account; only the plain one signs transactions of ours.
        let base = found.filter(|any| any.type_url.ends_with(BaseAccount::NAME));
        let base = base.and_then(|any| BaseAccount::decode(any.value.as_slice()).ok());
        let base = base.ok_or_else(|| broken(path, "not a plain account"))?;
        Ok(Account {
            number: base.account_number,
            sequence: base.sequence,
        })
    }

    /// The address of a module, such as `gov`.
    pub async fn module(&self, name: &str) -> Result<String, ClientError> {
        let request = QueryModuleAccountByNameRequest {
            name: name.to_string(),
        };
        let path = "/cosmos.auth.v1beta1.Query/ModuleAccountByName";
        let answer: QueryModuleAccountByNameResponse = self.grpc(path, &request).await?;
        let account = answer
            .account
            .map(|any| ModuleAccount::decode(any.value.as_slice()));
        let account = account.and_then(Result::ok);
        let base = account.and_then(|account| account.base_account);
        base.map(|base| base.address)
            .ok_or_else(|| broken(path, "no address"))
    }

    /// Calls a query of a module by its gRPC path.
    pub async fn grpc<Q: Message, A: Message + Default>(
        &self,
        path: &str,
        request: &Q,
    ) -> Result<A, ClientError> {
        let (value, _) = self.abci(path, &request.encode_to_vec()).await?;
        A::decode(value.as_slice()).map_err(|why| broken(path, why))
    }

    /// The answer of an application query, and the height it is of.
    pub(crate) async fn abci(
        &self,
        path: &str,
        data: &[u8],
    ) -> Result<(Vec<u8>, u64), ClientError> {
        let params = json!({
            "path": path,
            "data": hex(data),
            "height": self.height.unwrap_or(0).to_string(),
            "prove": false,
        });
        let pinned = self.height.is_some();
        let accept = |pool: &Pool, answer: &AbciQuery| match answer.response.height {
            // A refusal has no height, and one that was asked for is as old as it is.
            0 => Ok(()),
            _ if pinned => Ok(()),
            height => pool.fresh(height),
        };
        let answer: AbciQuery = self.shared.pool.call("abci_query", params, accept).await?;
        let response = answer.response;
        if response.code != 0 {
            let refused = Refused::new(response.codespace, response.code, response.log);
            return Err(ClientError::Query(refused));
        }
        let value = response.value.unwrap_or_default();
        Ok((value.to_vec(), response.height))
    }
}

fn amount(path: &str, coin: Option<ProtoCoin>) -> Result<Uint128, ClientError> {
    let Some(coin) = coin else {
        return Ok(Uint128::zero());
    };
    coin.amount.parse().map_err(|why| broken(path, why))
}

fn broken(what: &str, why: impl ToString) -> ClientError {
    ClientError::Answer {
        what: what.to_string(),
        why: why.to_string(),
    }
}

fn unreadable(contract: &str, why: serde_json::Error) -> ClientError {
    broken(&format!("contract {contract}"), why)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
