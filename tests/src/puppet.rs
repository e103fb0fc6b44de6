//! A contract that does what it is told: several messages in one transaction, and remembers what came of each.

use cosmwasm_std::{
    from_json, to_json_binary, to_json_vec, Binary, CosmosMsg, Deps, DepsMut, Empty, Env,
    MessageInfo, Reply, Response, StdResult, SubMsg, SubMsgResult, WasmMsg,
};
use cw_multi_test::{Contract, ContractWrapper};
use serde::{Deserialize, Serialize};

/// What it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Sent one after the other, from this contract.
    pub messages: Vec<CosmosMsg>,
    /// True goes on after an error and remembers it, false fails with it.
    pub catch: bool,
}

/// What came of the messages it caught: the error of each, `None` where there was none.
pub type Outcomes = Vec<Option<String>>;

const OUTCOMES: &[u8] = b"outcomes";

/// The contract's code.
pub fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query).with_reply(reply))
}

fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

fn execute(_: DepsMut, _: Env, _: MessageInfo, msg: Run) -> StdResult<Response> {
    let messages = msg.messages.into_iter().zip(1..);
    let messages = messages.map(|(inner, id)| match msg.catch {
        true => SubMsg::reply_always(inner, id),
        false => SubMsg::new(inner),
    });
    Ok(Response::new().add_submessages(messages))
}

fn reply(deps: DepsMut, _: Env, reply: Reply) -> StdResult<Response> {
    let mut outcomes = outcomes(deps.as_ref())?;
    outcomes.push(match reply.result {
        SubMsgResult::Ok(_) => None,
        SubMsgResult::Err(why) => Some(why),
    });
    deps.storage.set(OUTCOMES, &to_json_vec(&outcomes)?);
    Ok(Response::new())
}

fn query(deps: Deps<'_>, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&outcomes(deps)?)
}

fn outcomes(deps: Deps<'_>) -> StdResult<Outcomes> {
    let stored = deps.storage.get(OUTCOMES);
    stored.map_or(Ok(Vec::new()), from_json)
}

/// The message that makes a puppet run.
pub fn pull(
    puppet: &cosmwasm_std::Addr,
    messages: Vec<CosmosMsg>,
    catch: bool,
) -> StdResult<WasmMsg> {
    Ok(WasmMsg::Execute {
        contract_addr: puppet.to_string(),
        msg: to_json_binary(&Run { messages, catch })?,
        funds: vec![],
    })
}
