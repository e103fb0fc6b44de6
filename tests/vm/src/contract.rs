//! A contract's code, compiled once, and its calls, each in a new instance as on a chain.

use std::path::Path;

use cosmwasm_std::{coins, Addr, Binary, Coin, ContractResult, Empty, Env, MessageInfo, Response};
use cosmwasm_vm::{
    call_execute, call_instantiate, call_query,
    internals::{compile_module, instance_from_module, make_runtime_engine},
    testing::{mock_env, MockApi},
    Backend, Instance, Size, VmResult,
};
use serde_json::Value;
use wasmer::{Engine, Module, Store as Memory};

use crate::chain::{Data, Directory, RawQuerier, Store, VM_GAS};

const GAS_LIMIT: u64 = 100_000_000 * VM_GAS;
const MEMORY: Size = Size::mebi(32);

/// What a call cost, in SDK gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gas {
    /// For computing: VM gas / 140,000.
    pub compute: u64,
    /// For the store and queries.
    pub store: u64,
}

impl Gas {
    /// All of it.
    pub fn total(self) -> u64 {
        self.compute + self.store
    }
}

type Vm = Instance<MockApi, Store, RawQuerier>;

/// A contract on the chain of a test.
pub struct Contract {
    module: Module,
    _engine: Engine,
    data: Data,
    contracts: Directory,
    /// Its address and the block it sees.
    pub env: Env,
}

impl Contract {
    /// Compiles an artifact and gives it an address made from `name`; errors when the file is missing or not a contract.
    pub fn load(file: &str, name: &str, contracts: &Directory) -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../artifacts");
        Self::at(&folder.join(file), name, contracts)
    }

    /// The same from a file anywhere.
    pub fn at(path: &Path, name: &str, contracts: &Directory) -> Result<Self, String> {
        let wasm = std::fs::read(path).map_err(|cause| {
            format!("{}: {cause}; `cargo xtask wasm` builds it", path.display())
        })?;
        let (module, engine) =
            compile_module(&wasm, Some(MEMORY)).map_err(|cause| cause.to_string())?;
        let mut env = mock_env();
        env.contract.address = Addr::unchecked(address(name));
        let data = Data::default();
        let by_address = (env.contract.address.to_string(), data.clone());
        contracts.borrow_mut().extend([by_address]);
        Ok(Self {
            module,
            _engine: engine,
            data,
            contracts: contracts.clone(),
            env,
        })
    }

    /// Its address.
    pub fn address(&self) -> String {
        self.env.contract.address.to_string()
    }

    /// Starts it.
    pub fn instantiate(&mut self, sender: &str, msg: &Value) -> Result<Gas, String> {
        let (env, info) = (self.env.clone(), info(sender, &[]));
        let answer: (Response<Empty>, Gas) =
            self.call(|vm| call_instantiate(vm, &env, &info, msg.to_string().as_bytes()))?;
        Ok(answer.1)
    }

    /// One message; an error of the contract changes nothing.
    pub fn execute(
        &mut self,
        sender: &str,
        funds: &[Coin],
        msg: &Value,
    ) -> Result<(Response<Empty>, Gas), String> {
        let (env, info) = (self.env.clone(), info(sender, funds));
        let before = self.data.borrow().clone();
        let answer = self.call(|vm| call_execute(vm, &env, &info, msg.to_string().as_bytes()));
        if answer.is_err() {
            self.data.replace(before);
        }
        answer
    }

    /// The cost of a message that is then undone, for measuring from the same state again.
    pub fn cost(&mut self, sender: &str, funds: &[Coin], msg: &Value) -> Result<Gas, String> {
        let before = self.data.borrow().clone();
        let answer = self.execute(sender, funds, msg);
        self.data.replace(before);
        answer
            .map(|(_, gas)| gas)
            .map_err(|why| format!("{msg}: {why}"))
    }

    /// One question.
    pub fn query(&mut self, msg: &Value) -> Result<(Value, Gas), String> {
        let env = self.env.clone();
        let (answer, gas): (Binary, Gas) =
            self.call(|vm| call_query(vm, &env, msg.to_string().as_bytes()))?;
        let answer =
            serde_json::from_slice(answer.as_slice()).map_err(|cause| cause.to_string())?;
        Ok((answer, gas))
    }

    fn call<T>(
        &self,
        run: impl FnOnce(&mut Vm) -> VmResult<ContractResult<T>>,
    ) -> Result<(T, Gas), String> {
        let backend = Backend {
            api: MockApi::default(),
            storage: Store::new(self.data.clone()),
            querier: RawQuerier {
                contracts: self.contracts.clone(),
            },
        };
        let memory = Memory::new(make_runtime_engine(Some(MEMORY)));
        let mut vm = instance_from_module(memory, &self.module, backend, GAS_LIMIT, None)
            .map_err(|e| e.to_string())?;
        let answer = run(&mut vm).map_err(|cause| cause.to_string())?;
        let report = vm.create_gas_report();
        let gas = Gas {
            compute: report.used_internally.div_ceil(VM_GAS),
            store: report.used_externally.div_ceil(VM_GAS),
        };
        Ok((answer.into_result()?, gas))
    }
}

/// A valid address made from a name.
pub fn address(name: &str) -> String {
    MockApi::default().addr_make(name)
}

/// One coin.
pub fn coin(amount: u128, denom: &str) -> Vec<Coin> {
    coins(amount, denom)
}

fn info(sender: &str, funds: &[Coin]) -> MessageInfo {
    MessageInfo {
        sender: Addr::unchecked(sender),
        funds: funds.to_vec(),
    }
}
