//! A live deployment's records in memory, as of one block: judged by the engine, and changed by the contract's own code to see what a
//! change would do. Nothing here reaches a chain; whoever reads one hands the records over.

use std::collections::BTreeMap;

use cosmwasm_std::testing::{message_info, mock_env, MockApi, MockStorage};
use cosmwasm_std::{
    from_json, to_json_binary, Addr, BalanceResponse, BankQuery, Coin, ContractResult, Deps,
    DepsMut, Env, Querier, QuerierResult, QuerierWrapper, QueryRequest, Storage, SupplyResponse,
    SystemError, SystemResult, Timestamp, WasmQuery,
};
use wicker_cdp::state::{self, ASSETS, CHANGE_COUNT, CONFIG, PROTOCOL, RAMPS, WAITING};
use wicker_engine::health::Level;
use wicker_engine::invariants::Snapshot;
use wicker_engine::params::Protocol;
use wicker_math::{Amount, Seconds};
use wicker_msgs::cdp::ExecuteMsg;
use wicker_msgs::json::Json;

use crate::error::LabError;
use crate::records::{self, unreadable};
use crate::view::View;
use crate::world::refused;

/// A contract's records, by key.
pub type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// The block as of which records are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The chain.
    pub chain_id: String,
    /// What its addresses begin with.
    pub prefix: String,
    /// The block's height.
    pub height: u64,
    /// Its time, in seconds since 1970.
    pub time: u64,
}

/// How many positions stand at each level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standings {
    /// At or over the initial margin, or without debt.
    pub healthy: usize,
    /// Under the initial margin.
    pub restricted: usize,
    /// Under the call level.
    pub called: usize,
    /// Under the maintenance margin.
    pub liquidatable: usize,
    /// Owing more than they hold.
    pub insolvent: usize,
    /// Without a price to judge them by.
    pub unknown: usize,
}

/// A deployment in memory.
pub struct Fork {
    storage: MockStorage,
    api: MockApi,
    outside: Outside,
    env: Env,
    oracle: Addr,
}

/// What the contract sees of the chain around it.
#[derive(Default)]
pub(crate) struct Outside {
    pub cdp: String,
    pub oracle: String,
    pub points: Records,
    pub balances: BTreeMap<String, u128>,
    pub supplies: BTreeMap<String, u128>,
}

impl Fork {
    /// The deployment whose cdp contract has these records. Errors when they are no cdp contract's.
    pub fn new(moment: Moment, cdp: &str, held: &Records) -> Result<Self, LabError> {
        let mut storage = MockStorage::new();
        for (key, value) in held {
            storage.set(key, value);
        }
        let config = CONFIG.load(&storage).map_err(unreadable)?;
        let mut env = mock_env();
        env.block.chain_id = moment.chain_id;
        env.block.height = moment.height;
        env.block.time = Timestamp::from_seconds(moment.time);
        env.contract.address = Addr::unchecked(cdp);
        Ok(Self {
            storage,
            // The library wants a name that lives as long as the program: a few letters for each fork.
            api: MockApi::default().with_prefix(moment.prefix.leak()),
            outside: Outside {
                cdp: cdp.into(),
                oracle: config.oracle.to_string(),
                points: Records::new(),
                balances: BTreeMap::new(),
                supplies: BTreeMap::new(),
            },
            env,
            oracle: config.oracle,
        })
    }

    /// The oracle contract.
    pub fn oracle(&self) -> &str {
        self.oracle.as_str()
    }

    /// The time its records are of.
    pub fn time(&self) -> u64 {
        self.env.block.time.seconds()
    }

    /// Takes the oracle's records, without which nothing has a price.
    pub fn set_points(&mut self, points: Records) {
        self.outside.points = points;
    }

    /// Listed denoms, each with whether it is a debt token.
    pub fn denoms(&self) -> Result<Vec<(String, bool)>, LabError> {
        records::denoms(&self.storage)
    }

    /// Takes what the contract has of a denom in the bank.
    pub fn set_balance(&mut self, denom: &str, amount: u128) {
        self.outside.balances.insert(denom.into(), amount);
    }

    /// Takes what there is of a debt denom.
    pub fn set_supply(&mut self, denom: &str, amount: u128) {
        self.outside.supplies.insert(denom.into(), amount);
    }

    /// Everything the contract owes and owns.
    pub fn snapshot(&self) -> Result<Snapshot, LabError> {
        let amounts = |of: &BTreeMap<String, u128>| {
            let amounts = of.iter();
            amounts
                .map(|(denom, amount)| (denom.clone(), Amount::new(*amount)))
                .collect()
        };
        Ok(Snapshot {
            balances: amounts(&self.outside.balances),
            supply: amounts(&self.outside.supplies),
            ..records::snapshot(&self.storage)?
        })
    }

    /// Every basket with its positions, as the engine judges them.
    pub fn views(&self) -> Result<BTreeMap<u32, View>, LabError> {
        let now = Seconds::new(self.time());
        (1..=records::baskets(&self.storage)?)
            .map(|basket| {
                let deps = Deps {
                    storage: &self.storage,
                    api: &self.api,
                    querier: QuerierWrapper::new(&self.outside),
                };
                let view = View::of(deps, &self.oracle, basket, now).map_err(unreadable)?;
                Ok((basket, view))
            })
            .collect()
    }

    /// How many positions of each basket stand at each level.
    pub fn standings(&self) -> Result<BTreeMap<u32, Standings>, LabError> {
        let views = self.views()?.into_iter();
        Ok(views.map(|(id, view)| (id, standings(&view))).collect())
    }

    /// Runs a message of `sender` by the contract's own code; what it sends to others is dropped. What it queues is applied at once.
    /// Answers the ids of the changes that would wait on the chain. Errors with what the contract refuses.
    pub fn decide(
        &mut self,
        sender: &str,
        msg: ExecuteMsg,
        funds: &[Coin],
    ) -> Result<Vec<u64>, LabError> {
        let sender = Addr::unchecked(sender);
        let before = self.changes()?;
        self.run(&sender, msg, funds)?;
        let queued: Vec<u64> = (before.saturating_add(1)..=self.changes()?).collect();
        for id in &queued {
            self.fulfil(*id, &sender)?;
        }
        Ok(queued)
    }

    /// Lets every tightening reach open positions in full.
    pub fn end_ramps(&mut self) -> Result<(), LabError> {
        for basket in 1..=records::baskets(&self.storage)? {
            RAMPS.remove(&mut self.storage, basket);
        }
        let protocol = Protocol {
            exposure_ramp: None,
            ..PROTOCOL.load(&self.storage).map_err(unreadable)?
        };
        let saved = PROTOCOL.save(&mut self.storage, &protocol);
        saved.map_err(unreadable)?;
        let denoms = ASSETS.keys(&self.storage, None, usize::MAX);
        for denom in denoms.map_err(unreadable)? {
            let asset = state::asset(&self.storage, &denom).map_err(unreadable)?;
            if asset.cap_ramp.is_some() {
                let asset = state::Asset {
                    cap_ramp: None,
                    ..asset
                };
                let saved = ASSETS.save(&mut self.storage, &denom, &asset);
                saved.map_err(unreadable)?;
            }
        }
        Ok(())
    }

    fn changes(&self) -> Result<u64, LabError> {
        let count = CHANGE_COUNT.may_load(&self.storage).map_err(unreadable)?;
        Ok(count.unwrap_or(0))
    }

    /// Applies a change that waits, as if it were ready: prices are those of now, whenever it will be.
    fn fulfil(&mut self, id: u64, sender: &Addr) -> Result<(), LabError> {
        let waiting = WAITING.may_load(&self.storage, id).map_err(unreadable)?;
        // A message that was queued and taken back in the same proposal.
        let Some(mut waiting) = waiting else {
            return Ok(());
        };
        waiting.ready_at = Seconds::new(self.time());
        WAITING
            .save(&mut self.storage, id, &waiting)
            .map_err(unreadable)?;
        self.run(sender, ExecuteMsg::Apply { id }, &[])
    }

    fn run(&mut self, sender: &Addr, msg: ExecuteMsg, funds: &[Coin]) -> Result<(), LabError> {
        let deps = DepsMut {
            storage: &mut self.storage,
            api: &self.api,
            querier: QuerierWrapper::new(&self.outside),
        };
        let info = message_info(sender, funds);
        let done = wicker_cdp::contract::execute(deps, self.env.clone(), info, Json(msg));
        done.map(|_| ())
            .map_err(|error| refused("the contract refuses", error.to_string()))
    }
}

fn standings(view: &View) -> Standings {
    let mut found = Standings::default();
    for (_, account) in &view.positions {
        let standing = view.standing(&account.position);
        let count = match standing.map(|standing| standing.level) {
            Some(Level::NoDebt | Level::Healthy) => &mut found.healthy,
            Some(Level::Restricted) => &mut found.restricted,
            Some(Level::Called) => &mut found.called,
            Some(Level::Liquidatable) => &mut found.liquidatable,
            Some(Level::Insolvent) => &mut found.insolvent,
            None if account.position.shares.is_zero() => &mut found.healthy,
            None => &mut found.unknown,
        };
        *count = count.saturating_add(1);
    }
    found
}

impl Querier for Outside {
    fn raw_query(&self, request: &[u8]) -> QuerierResult {
        let unknown = |request: &[u8]| SystemError::UnsupportedRequest {
            kind: String::from_utf8_lossy(request).into_owned(),
        };
        let held = |of: &BTreeMap<String, u128>, denom: &str| {
            let amount = of.get(denom).copied().unwrap_or(0);
            Coin::new(amount, denom)
        };
        let answer = match from_json::<QueryRequest>(request) {
            Ok(QueryRequest::Wasm(WasmQuery::Raw { contract_addr, key }))
                if contract_addr == self.oracle =>
            {
                let value = self.points.get(key.as_slice()).cloned();
                return SystemResult::Ok(ContractResult::Ok(value.unwrap_or_default().into()));
            }
            Ok(QueryRequest::Bank(BankQuery::Balance { address, denom }))
                if address == self.cdp =>
            {
                to_json_binary(&BalanceResponse::new(held(&self.balances, &denom)))
            }
            Ok(QueryRequest::Bank(BankQuery::Supply { denom })) => {
                to_json_binary(&SupplyResponse::new(held(&self.supplies, &denom)))
            }
            _ => return SystemResult::Err(unknown(request)),
        };
        match answer {
            Ok(answer) => SystemResult::Ok(ContractResult::Ok(answer)),
            Err(_) => SystemResult::Err(unknown(request)),
        }
    }
}
