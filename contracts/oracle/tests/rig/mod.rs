//! A chain with the oracle and a contract that answers what it is told to.

#![allow(dead_code, clippy::unwrap_used)] // Each test crate uses some of these verbs, which are test code too.

use cosmwasm_std::{
    from_json, to_json_binary, Addr, Binary, CosmosMsg, Decimal256, Deps, DepsMut, Env, Event,
    MessageInfo, Reply, Response, StdError, StdResult, WasmMsg,
};
use cw_multi_test::{App, AppResponse, Contract, ContractWrapper, Executor};
use serde::{Deserialize, Serialize};
use wicker_math::PricePoint;
use wicker_msgs::oracle::*;
use wicker_oracle::contract;

pub struct Rig {
    pub app: App,
    pub oracle: Addr,
    pub parrot: Addr,
    pub owner: Addr,
    pub guardian: Addr,
}

pub type Outcome = Result<AppResponse, String>;

/// Answers each query with the bytes it was last told for it; everything else fails.
struct Parrot;

#[derive(Serialize, Deserialize)]
struct Say {
    query: String,
    answer: String,
}

#[rustfmt::skip]
impl Contract<cosmwasm_std::Empty> for Parrot {
    fn instantiate(&self, _: DepsMut, _: Env, _: MessageInfo, _: Vec<u8>) -> StdResult<Response> {
        Ok(Response::new())
    }

    fn execute(&self, deps: DepsMut, _: Env, _: MessageInfo, msg: Vec<u8>) -> StdResult<Response> {
        let say: Say = from_json(msg)?;
        deps.storage.set(say.query.as_bytes(), say.answer.as_bytes());
        Ok(Response::new())
    }

    fn query(&self, deps: Deps, _: Env, msg: Vec<u8>) -> StdResult<Binary> {
        let answer = deps.storage.get(&msg).filter(|answer| answer != b"fail");
        answer.map(Binary::from).ok_or_else(|| StdError::msg("no answer to that ".repeat(50)))
    }

    fn reply(&self, _: DepsMut, _: Env, _: Reply) -> StdResult<Response> {
        Err(StdError::msg("no reply"))
    }

    fn sudo(&self, _: DepsMut, _: Env, _: Vec<u8>) -> StdResult<Response> {
        Err(StdError::msg("no sudo"))
    }

    fn migrate(&self, _: DepsMut, _: Env, _: Vec<u8>) -> StdResult<Response> {
        Err(StdError::msg("no migration"))
    }
}

impl Rig {
    pub fn new() -> Self {
        let mut app = App::default();
        let code = ContractWrapper::new(contract::execute, contract::instantiate, contract::query);
        let code = app.store_code(Box::new(code.with_migrate(contract::migrate)));
        let (owner, guardian) = (
            app.api().addr_make("owner"),
            app.api().addr_make("guardian"),
        );
        let msg = InstantiateMsg {
            owner: owner.to_string(),
            guardian: Some(guardian.to_string()),
        };
        let admin = Some(owner.to_string());
        let oracle = app
            .instantiate_contract(code, owner.clone(), &msg, &[], "oracle", admin)
            .unwrap();
        let code = app.store_code(Box::new(Parrot));
        let none = cosmwasm_std::Empty {};
        let parrot = app
            .instantiate_contract(code, owner.clone(), &none, &[], "parrot", None)
            .unwrap();
        Self {
            app,
            oracle,
            parrot,
            owner,
            guardian,
        }
    }

    pub fn feeder(&self, index: usize) -> Addr {
        self.app.api().addr_make(&format!("feeder{index}"))
    }

    /// One message to the oracle; on an error nothing it stores has changed.
    pub fn run(&mut self, sender: &Addr, msg: &ExecuteMsg) -> Outcome {
        let oracle = self.oracle.clone();
        let before = self.app.dump_wasm_raw(&oracle);
        let result = self
            .app
            .execute_contract(sender.clone(), oracle.clone(), msg, &[]);
        if result.is_err() {
            assert_eq!(self.app.dump_wasm_raw(&oracle), before, "I-30");
        }
        result.map_err(|error| format!("{error:?}"))
    }

    pub fn list(&mut self, denom: &str, source: Source, reference: &str) -> Outcome {
        self.list_with(denom, source, reference, Guards::default())
    }

    pub fn list_with(
        &mut self,
        denom: &str,
        source: Source,
        reference: &str,
        guards: Guards,
    ) -> Outcome {
        let reference = Reference {
            price: reference.into(),
            band: Decimal256::percent(20),
        };
        let msg = ExecuteMsg::SetSource {
            denom: denom.into(),
            source,
            guards: Some(guards),
            reference,
        };
        self.run(&self.owner.clone(), &msg)
    }

    pub fn relayed(&self, feeders: usize, quorum: u32) -> Source {
        let feeders = (0..feeders)
            .map(|index| self.feeder(index).to_string())
            .collect();
        Source::Relayed {
            feeders,
            quorum,
            max_spread: Decimal256::percent(5),
        }
    }

    pub fn relay(&mut self, denom: &str, feeders: usize, quorum: u32, reference: &str) {
        let source = self.relayed(feeders, quorum);
        self.list(denom, source, reference).unwrap();
    }

    pub fn now(&self) -> u64 {
        self.app.block_info().time.seconds()
    }

    pub fn wait(&mut self, seconds: u64) {
        self.app
            .update_block(|block| block.time = block.time.plus_seconds(seconds));
    }

    pub fn report(&mut self, feeder: usize, prices: &[(&str, &str)]) -> Outcome {
        let publish_time = self.now();
        let prices = prices.iter().map(|(denom, price)| ReportedPrice {
            denom: denom.to_string(),
            price: price.to_string(),
            publish_time,
            confidence: None,
        });
        let msg = ExecuteMsg::Report {
            prices: prices.collect(),
        };
        self.run(&self.feeder(feeder), &msg)
    }

    /// The message that makes the parrot answer so.
    pub fn saying(&self, query: &str, answer: &str) -> CosmosMsg {
        let say = Say {
            query: query.into(),
            answer: answer.into(),
        };
        WasmMsg::Execute {
            contract_addr: self.parrot.to_string(),
            msg: to_json_binary(&say).unwrap(),
            funds: vec![],
        }
        .into()
    }

    /// Makes the parrot answer so; `fail` makes the query fail.
    pub fn say(&mut self, query: &str, answer: &str) {
        let msg = self.saying(query, answer);
        self.app.execute(self.owner.clone(), msg).unwrap();
    }

    /// What the parrot says as an adapter.
    pub fn quote(&mut self, denom: &str, price: &str, publish_time: u64, confidence: Option<&str>) {
        let confidence = confidence.map_or("null".into(), |text| format!("\"{text}\""));
        let answer = format!(
            r#"{{"price":"{price}","publish_time":{publish_time},"confidence":{confidence}}}"#
        );
        self.say(&adapter_query(denom), &answer);
    }

    pub fn adapter(&self, denom: &str) -> Source {
        Source::Adapter {
            contract: self.parrot.to_string(),
            denom: denom.into(),
        }
    }

    pub fn refresh(&mut self, denoms: &[&str]) -> Vec<String> {
        let denoms = denoms.iter().map(|denom| denom.to_string()).collect();
        let anyone = self.feeder(99);
        outcomes(&self.run(&anyone, &ExecuteMsg::Refresh { denoms }).unwrap())
    }

    pub fn point(&self, denom: &str) -> PricePoint {
        let raw = self
            .app
            .wrap()
            .query_wasm_raw(&self.oracle, point_key(denom))
            .unwrap();
        PricePoint::from_bytes(&raw.unwrap()).unwrap()
    }

    pub fn ask<T: serde::de::DeserializeOwned>(&self, msg: &QueryMsg) -> StdResult<T> {
        self.app.wrap().query_wasm_smart(&self.oracle, msg)
    }

    pub fn quoted(&self, denom: &str) -> PriceResponse {
        let denom = denom.into();
        self.ask(&QueryMsg::Price { denom }).unwrap()
    }

    pub fn price(&self, denom: &str) -> String {
        self.quoted(denom).price
    }
}

pub fn adapter_query(denom: &str) -> String {
    format!(r#"{{"price":{{"denom":"{denom}"}}}}"#)
}

/// The outcomes of a response's price events, in order.
pub fn outcomes(response: &AppResponse) -> Vec<String> {
    attributes(response, "outcome")
}

/// The values of an attribute of a response's price events, in order.
pub fn attributes(response: &AppResponse, key: &str) -> Vec<String> {
    let named = |event: &&Event| event.ty == "wasm-wicker_price";
    let found = response.events.iter().filter(named);
    let values = found.flat_map(|event| event.attributes.iter().filter(|one| one.key == key));
    values.map(|one| one.value.clone()).collect()
}

pub fn fails(result: Outcome, with: &str) {
    let error = result.unwrap_err();
    assert!(error.contains(with), "{error}");
}
