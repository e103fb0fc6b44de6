//! The chain's bank, as far as a contract meets it: some addresses take no coins, and some act at once when they get any.

use cosmwasm_std::{
    from_json, to_json_vec, Addr, Api, BankMsg, BankQuery, Binary, BlockInfo, CustomMsg,
    CustomQuery, Querier, StdError, StdResult, Storage, WasmMsg,
};
use cw_multi_test::{AppResponse, BankKeeper, BankSudo, CosmosRouter, Module};
use serde::de::DeserializeOwned;

/// The module; its state is in the chain's storage.
#[derive(Default)]
pub struct Bank(pub BankKeeper);

/// From now on nobody can send coins to this address, as with a chain's module accounts.
pub fn block(storage: &mut dyn Storage, account: &Addr) {
    storage.set(&key("blocked", account.as_str()), b"yes");
}

/// From now on it takes coins again.
pub fn unblock(storage: &mut dyn Storage, account: &Addr) {
    storage.remove(&key("blocked", account.as_str()));
}

/// True while nobody can send coins to this address.
pub fn blocked(storage: &dyn Storage, account: &Addr) -> bool {
    storage.get(&key("blocked", account.as_str())).is_some()
}

/// What this address does the next time it is sent coins, before the sender goes on: what a hook on a token lets it do. An error of
/// it fails the sending.
pub fn answer(storage: &mut dyn Storage, account: &Addr, msg: &WasmMsg) -> StdResult<()> {
    storage.set(&key("answer", account.as_str()), &to_json_vec(msg)?);
    Ok(())
}

impl cw_multi_test::Bank for Bank {}

impl Module for Bank {
    type ExecT = BankMsg;
    type QueryT = BankQuery;
    type SudoT = BankSudo;

    fn execute<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        sender: Addr,
        msg: BankMsg,
    ) -> StdResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        let to = match &msg {
            BankMsg::Send { to_address, .. } => to_address.clone(),
            _ => String::new(),
        };
        if storage.get(&key("blocked", &to)).is_some() {
            return Err(StdError::msg(format!(
                "{to} is not allowed to receive funds"
            )));
        }
        let mut done = self.0.execute(api, storage, router, block, sender, msg)?;
        let key = key("answer", &to);
        if let Some(bytes) = storage.get(&key) {
            storage.remove(&key);
            let msg: WasmMsg = from_json(bytes)?;
            let answered = router.execute(api, storage, block, Addr::unchecked(to), msg.into())?;
            done.events.extend(answered.events);
        }
        Ok(done)
    }

    fn query(
        &self,
        api: &dyn Api,
        storage: &dyn Storage,
        querier: &dyn Querier,
        block: &BlockInfo,
        request: BankQuery,
    ) -> StdResult<Binary> {
        self.0.query(api, storage, querier, block, request)
    }

    fn sudo<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        msg: BankSudo,
    ) -> StdResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        self.0.sudo(api, storage, router, block, msg)
    }
}

fn key(kind: &str, account: &str) -> Vec<u8> {
    format!("bank_rules/{kind}/{account}").into_bytes()
}
