//! The whole state of both contracts at one height, read record by record, and judged by the engine without asking a contract.

use std::collections::BTreeMap;

use cosmwasm_std::{
    testing::{MockApi, MockStorage},
    Addr, ContractResult, Deps, Empty, Querier, QuerierResult, QuerierWrapper, QueryRequest,
    Storage, SystemError, SystemResult, WasmQuery,
};
use wicker_cdp::{
    error::Result as Read,
    market::{Loaded, Scope},
    state::{self, Account},
};
use wicker_client::{Block, Chain};
use wicker_engine::{
    accrual::accrue,
    health::{maintenance, Level},
    invariants::Snapshot,
};
use wicker_lab::{error::LabError, records};
use wicker_math::{Amount, Seconds};

use crate::{
    deployment::Deployment,
    error::{Error, Trying},
};

/// A contract's records by key.
pub type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// Both contracts' records after a block.
pub struct Mirror {
    /// The block.
    pub block: Block,
    /// The chain as of that block.
    pub chain: Chain,
    /// The cdp's records.
    pub records: Records,
    storage: MockStorage,
    oracle: Oracle,
}

/// A position that owes, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub position: u64,
    /// Its basket.
    pub basket: u32,
    /// What it owes, in base units.
    pub debt: u128,
    /// Where it stands.
    pub level: Level,
    /// Equity over maintenance margin, at 1e-18.
    pub ratio: i128,
}

impl Mirror {
    /// Reads everything as of the newest block. It waits for the block after: only then is that block's time what a query is answered at.
    pub async fn take(deployment: &Deployment<'_>) -> Result<Self, Error> {
        let chain = &deployment.net.chain;
        let block = chain.block().await.trying("reading the height")?;
        while chain.block().await.trying("reading the height")?.height <= block.height {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Self::at(deployment, block).await
    }

    /// Reads everything as of a block that is not the newest.
    pub async fn at(deployment: &Deployment<'_>, block: Block) -> Result<Self, Error> {
        let chain = deployment.net.chain.at(block.height);
        let records = chain.records(&deployment.cdp).await;
        let records = records.trying("reading the cdp's records")?;
        let points = chain.records(&deployment.oracle).await;
        let mut storage = MockStorage::new();
        for (key, value) in &records {
            storage.set(key, value);
        }
        Ok(Self {
            block,
            chain,
            records,
            storage,
            oracle: Oracle {
                address: deployment.oracle.clone(),
                records: points.trying("reading the oracle's records")?,
            },
        })
    }

    /// Every position.
    pub fn accounts(&self) -> Result<BTreeMap<u64, Account>, Error> {
        let mut accounts = BTreeMap::new();
        for basket in self.baskets()? {
            for id in state::of_basket(&self.storage, basket, None, usize::MAX).reading()? {
                accounts.insert(id, state::account(&self.storage, id).reading()?);
            }
        }
        Ok(accounts)
    }

    /// Ids of all baskets.
    pub fn baskets(&self) -> Result<std::ops::RangeInclusive<u32>, Error> {
        Ok(1..=records::baskets(&self.storage).map_err(unreadable)?)
    }

    /// Where every position of a basket stands that owes, by id.
    pub fn standings(&self, basket: u32) -> Result<Vec<Standing>, Error> {
        self.judge(basket).reading()
    }

    fn judge(&self, id: u32) -> Read<Vec<Standing>> {
        let (api, now) = (MockApi::default(), Seconds::new(self.block.time));
        let deps = Deps {
            storage: &self.storage,
            api: &api,
            querier: QuerierWrapper::new(&self.oracle),
        };
        let basket = state::basket(&self.storage, id)?;
        let totals = accrue(&state::totals(&self.storage, id)?, &basket, now)?;
        let oracle = Addr::unchecked(&self.oracle.address);
        let loaded = Loaded::load(deps, &oracle, (id, basket), Scope::All, now)?;
        let mut standings = Vec::new();
        for position in state::of_basket(&self.storage, id, None, usize::MAX)? {
            let held = state::account(&self.storage, position)?.position;
            let debt = totals.index.debt_ceil(held.shares)?;
            let stand = maintenance(&loaded.open(), &held, debt)?;
            if let Some(ratio) = stand.ratio() {
                standings.push(Standing {
                    position,
                    basket: id,
                    debt: debt.raw(),
                    level: stand.level(&loaded.basket.levels)?,
                    ratio,
                });
            }
        }
        Ok(standings)
    }

    /// Everything the cdp owes and owns, for the engine's invariants. `balances` are what the bank says it has, `supply` what the bank says
    /// there is of each debt token.
    pub fn snapshot(
        &self,
        balances: BTreeMap<String, Amount>,
        supply: BTreeMap<String, Amount>,
    ) -> Result<Snapshot, Error> {
        let snapshot = records::snapshot(&self.storage);
        Ok(Snapshot {
            balances,
            supply,
            ..snapshot.map_err(unreadable)?
        })
    }
}

/// Answers raw reads of the oracle's records and nothing else.
struct Oracle {
    address: String,
    records: Records,
}

impl Querier for Oracle {
    fn raw_query(&self, request: &[u8]) -> QuerierResult {
        match cosmwasm_std::from_json::<QueryRequest<Empty>>(request) {
            Ok(QueryRequest::Wasm(WasmQuery::Raw { contract_addr, key }))
                if contract_addr == self.address =>
            {
                let found = self.records.get(key.as_slice()).cloned();
                SystemResult::Ok(ContractResult::Ok(found.unwrap_or_default().into()))
            }
            other => SystemResult::Err(SystemError::UnsupportedRequest {
                kind: format!("{other:?}"),
            }),
        }
    }
}

fn unreadable(why: LabError) -> Error {
    Error::Wrong(why.to_string())
}

/// Says that the contract's records could not be read.
trait Reading<T> {
    fn reading(self) -> Result<T, Error>;
}

impl<T> Reading<T> for Read<T> {
    fn reading(self) -> Result<T, Error> {
        self.map_err(|why| Error::Wrong(format!("reading the cdp's records: {why}")))
    }
}
