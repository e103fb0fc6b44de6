//! A live deployment followed from block to block: its records as they come, its positions packed, and the snapshot that a keeper plans
//! from. Nothing here reaches a chain; whoever reads one hands the records over.

use cosmwasm_std::testing::{MockApi, MockStorage};
use cosmwasm_std::{Addr, Deps, QuerierWrapper, Storage};
use wicker_cdp::error;
use wicker_cdp::market::{Loaded, Scope};
use wicker_cdp::state::{self, Account, CONFIG};
use wicker_engine::accrual::accrue;
use wicker_engine::position::Position;
use wicker_math::{Seconds, Value};
use wicker_msgs::oracle::point_key;
use wicker_strategy::{BasketState, Positions, Snapshot};

use crate::error::LabError;
use crate::fork::Outside;
use crate::records::{self, unreadable};

/// Where positions stand: the length of the namespace, its name, the id.
const POSITION: &[u8] = b"\x00\x01p";
/// Indices and queues that no margin needs.
const UNNEEDED: [&[u8]; 4] = [
    b"\x00\x08by_owner",
    b"\x00\x09by_basket",
    b"\x00\x07waiting",
    b"\x00\x05claim",
];

/// The key of a position's record.
pub fn position_key(id: u64) -> Vec<u8> {
    [POSITION, &id.to_be_bytes()].concat()
}

/// A deployment as it is followed.
pub struct Watched {
    /// Records other than positions.
    storage: MockStorage,
    keys: Vec<Vec<u8>>,
    outside: Outside,
    snapshot: Snapshot,
    /// Positions of baskets that have no record yet.
    early: Vec<(u64, Account)>,
}

impl Watched {
    /// One of which no record is known yet.
    pub fn new(cdp: &str) -> Self {
        Self {
            storage: MockStorage::new(),
            keys: Vec::new(),
            outside: Outside {
                cdp: cdp.into(),
                ..Outside::default()
            },
            snapshot: Snapshot::default(),
            early: Vec::new(),
        }
    }

    /// Takes a record of the cdp contract.
    pub fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), LabError> {
        if let Some(id) = position_id(key) {
            let read = |storage: &MockStorage| state::account(storage, id).map_err(unreadable);
            let mut one = MockStorage::new();
            one.set(key, value);
            let account = read(&one)?;
            self.early.push((id, account));
        } else if !UNNEEDED.iter().any(|start| key.starts_with(start)) {
            if self.storage.get(key).is_none() {
                self.keys.push(key.to_vec());
            }
            self.storage.set(key, value);
        }
        Ok(())
    }

    /// Forgets a position that the contract has no record of any more.
    pub fn forget(&mut self, id: u64) {
        for state in &mut self.snapshot.baskets {
            state.positions.set(id, &Position::default());
        }
    }

    /// The keys of the records that may change without a position changing. A record that appears later comes with a change of
    /// governance, the guardian's included.
    pub fn keys(&self) -> &[Vec<u8>] {
        &self.keys
    }

    /// The oracle contract. Errors when the records are no cdp contract's.
    pub fn oracle(&self) -> Result<String, LabError> {
        let config = CONFIG.load(&self.storage).map_err(unreadable)?;
        Ok(config.oracle.to_string())
    }

    /// The keys of the oracle's points of every listed denom.
    pub fn point_keys(&self) -> Result<Vec<Vec<u8>>, LabError> {
        let denoms = records::denoms(&self.storage)?.into_iter();
        Ok(denoms.map(|(denom, _)| point_key(&denom)).collect())
    }

    /// Takes the oracle's record of a point; `None` where there is none.
    pub fn take_point(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        match value {
            Some(value) => self.outside.points.insert(key, value),
            None => self.outside.points.remove(&key),
        };
    }

    /// How many baskets there are.
    pub fn baskets(&self) -> Result<u32, LabError> {
        records::baskets(&self.storage)
    }

    /// How many positions there are.
    pub fn positions(&self) -> usize {
        let baskets = self.snapshot.baskets.iter();
        baskets.map(|state| state.positions.len()).sum()
    }

    /// Everything judged at a time, measured and accrued as the contract would.
    pub fn snapshot(&mut self, height: u64, now: u64) -> Result<&Snapshot, LabError> {
        self.outside.oracle = self.oracle()?;
        let oracle = Addr::unchecked(&self.outside.oracle);
        let now = Seconds::new(now);
        let mut old = std::mem::take(&mut self.snapshot.baskets).into_iter();
        let mut baskets = Vec::new();
        for id in 1..=self.baskets()? {
            let positions = old.next().map(|state| state.positions).unwrap_or_default();
            let state = self.state(&oracle, id, now).map_err(unreadable);
            baskets.push(BasketState {
                positions,
                ..state?
            });
        }
        let mut early = std::mem::take(&mut self.early);
        early.sort_by_key(|(id, _)| *id);
        for (id, account) in early {
            let at = usize::try_from(account.basket.saturating_sub(1)).unwrap_or(usize::MAX);
            if let Some(state) = baskets.get_mut(at) {
                state.positions.set(id, &account.position);
            }
        }
        self.snapshot = Snapshot {
            height,
            now,
            baskets,
        };
        Ok(&self.snapshot)
    }

    fn state(&self, oracle: &Addr, id: u32, now: Seconds) -> error::Result<BasketState> {
        let api = MockApi::default();
        let deps = Deps {
            storage: &self.storage,
            api: &api,
            querier: QuerierWrapper::new(&self.outside),
        };
        let basket = state::basket(&self.storage, id)?;
        let totals = accrue(&state::totals(&self.storage, id)?, &basket, now)?;
        let loaded = Loaded::load(deps, oracle, (id, basket), Scope::All, now)?;
        let open = loaded.open();
        let mut room = Vec::new();
        for leg in 0..open.debt_leg() {
            let asset = loaded.asset(leg)?;
            if !asset.flow_cap.is_zero() {
                let (rate, size) = asset.flow(now)?;
                room.push((leg, Value::new(asset.bucket.level(rate, size, now))));
            }
        }
        Ok(BasketState {
            id,
            basket: open.basket.clone(),
            side: open.side.clone(),
            risk: open.risk.clone(),
            correlations: open.correlation.clone(),
            clock: *open.clock,
            readers: *open.readers,
            exposure_share: open.exposure_share,
            quotes: open.quotes.to_vec(),
            totals,
            room,
            positions: Positions::default(),
        })
    }
}

fn position_id(key: &[u8]) -> Option<u64> {
    let id = key.strip_prefix(POSITION)?;
    Some(u64::from_be_bytes(id.try_into().ok()?))
}
