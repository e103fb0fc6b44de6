//! What stands around a contract on a chain: its store and the queries it makes, at the Cosmos SDK's default gas prices.

use std::{cell::RefCell, collections::BTreeMap, ops::Bound, rc::Rc};

use cosmwasm_std::{
    from_json, Binary, ContractResult, Empty, Order, QueryRequest, Record, SystemError,
    SystemResult, WasmQuery,
};
use cosmwasm_vm::{BackendError, BackendResult, GasInfo, Querier, Storage};

/// VM gas for one unit of SDK gas.
pub const VM_GAS: u64 = 140_000;

const READ_FLAT: u64 = 1_000;
const READ_BYTE: u64 = 3;
const WRITE_FLAT: u64 = 2_000;
const WRITE_BYTE: u64 = 30;
const DELETE: u64 = 1_000;
const NEXT_FLAT: u64 = 30;

/// A contract's keys and values; copies share them.
pub type Data = Rc<RefCell<BTreeMap<Vec<u8>, Vec<u8>>>>;

/// The contracts that can be read, by address.
pub type Directory = Rc<RefCell<BTreeMap<String, Data>>>;

fn priced(sdk_gas: u64) -> GasInfo {
    GasInfo::with_externally_used(sdk_gas * VM_GAS)
}

fn read(bytes: usize) -> GasInfo {
    priced(READ_FLAT + READ_BYTE * bytes as u64)
}

/// A contract's store.
#[derive(Default)]
pub struct Store {
    data: Data,
    iterators: Vec<std::vec::IntoIter<Record>>,
}

impl Store {
    /// Over these keys and values.
    pub fn new(data: Data) -> Self {
        Self {
            data,
            iterators: Vec::new(),
        }
    }
}

impl Storage for Store {
    fn get(&self, key: &[u8]) -> BackendResult<Option<Vec<u8>>> {
        let value = self.data.borrow().get(key).cloned();
        let bytes = key.len() + value.as_ref().map_or(0, Vec::len);
        (Ok(value), read(bytes))
    }

    fn scan(
        &mut self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> BackendResult<u32> {
        let from = start.map_or(Bound::Unbounded, |key| Bound::Included(key.to_vec()));
        let to = end.map_or(Bound::Unbounded, |key| Bound::Excluded(key.to_vec()));
        let empty = matches!((start, end), (Some(start), Some(end)) if start >= end);
        let mut records: Vec<Record> = Vec::new();
        if !empty {
            let data = self.data.borrow();
            records.extend(
                data.range((from, to))
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        if order == Order::Descending {
            records.reverse();
        }
        let first = records
            .first()
            .map_or(0, |(key, value)| key.len() + value.len());
        self.iterators.push(records.into_iter());
        (
            Ok(self.iterators.len() as u32),
            priced(NEXT_FLAT + READ_BYTE * first as u64),
        )
    }

    fn next(&mut self, iterator: u32) -> BackendResult<Option<Record>> {
        let place = (iterator as usize).checked_sub(1);
        let Some(records) = place.and_then(|place| self.iterators.get_mut(place)) else {
            return (
                Err(BackendError::iterator_does_not_exist(iterator)),
                GasInfo::free(),
            );
        };
        let record = records.next();
        let bytes = record
            .as_ref()
            .map_or(0, |(key, value)| key.len() + value.len());
        (Ok(record), priced(NEXT_FLAT + READ_BYTE * bytes as u64))
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> BackendResult<()> {
        self.data.borrow_mut().insert(key.to_vec(), value.to_vec());
        (
            Ok(()),
            priced(WRITE_FLAT + WRITE_BYTE * (key.len() + value.len()) as u64),
        )
    }

    fn remove(&mut self, key: &[u8]) -> BackendResult<()> {
        self.data.borrow_mut().remove(key);
        (Ok(()), priced(DELETE))
    }
}

/// Answers raw queries out of other contracts' stores; nothing else is asked on the way of an action.
pub struct RawQuerier {
    /// Who can be read.
    pub contracts: Directory,
}

impl Querier for RawQuerier {
    fn query_raw(
        &self,
        request: &[u8],
        _gas_limit: u64,
    ) -> BackendResult<SystemResult<ContractResult<Binary>>> {
        let asked: Result<QueryRequest<Empty>, _> = from_json(request);
        let Ok(QueryRequest::Wasm(WasmQuery::Raw { contract_addr, key })) = asked else {
            let kind = String::from_utf8_lossy(request).into_owned();
            return (
                Ok(SystemResult::Err(SystemError::UnsupportedRequest { kind })),
                GasInfo::free(),
            );
        };
        let contracts = self.contracts.borrow();
        let Some(data) = contracts.get(&contract_addr) else {
            let addr = contract_addr;
            return (
                Ok(SystemResult::Err(SystemError::NoSuchContract { addr })),
                read(0),
            );
        };
        let value = data
            .borrow()
            .get(key.as_slice())
            .cloned()
            .unwrap_or_default();
        let gas = read(key.len() + value.len());
        (Ok(SystemResult::Ok(ContractResult::Ok(value.into()))), gas)
    }
}
