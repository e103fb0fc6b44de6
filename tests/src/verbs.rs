//! More of what a test does with the rig: coins from nowhere, payees that refuse or answer, and several messages at once.

use cosmwasm_std::{coin, to_json_binary, Addr, Coin, CosmosMsg, Uint128, WasmMsg};
use cw_multi_test::Executor;
use serde::de::DeserializeOwned;
use wicker_engine::basket::Totals;
use wicker_lab::bank;
use wicker_msgs::cdp::{
    AmountResponse, AssetSettings, BasketSettings, ClaimsResponse, ExecuteMsg, GovernMsg,
    HealthResponse, LiquidationItem, PendingResponse, PositionResponse, QueryMsg, Withdrawal,
};

use crate::puppet::{self, Outcomes};
use crate::rig::{Outcome, Rig};

impl Rig {
    /// Adds coins that the sender has to a position.
    pub fn deposit(&mut self, sender: &Addr, position: u64, amount: u128, denom: &str) -> Outcome {
        self.run(sender, &deposit(position), &[coin(amount, denom)])
    }

    /// A position as it stands.
    pub fn position(&self, position: u64) -> PositionResponse {
        self.ask(&QueryMsg::Position { position })
    }

    /// Where a position stands.
    pub fn health(&self, position: u64) -> HealthResponse {
        self.ask(&QueryMsg::Health { position })
    }

    /// What it may borrow.
    pub fn max_borrow(&self, position: u64) -> u128 {
        let most: AmountResponse = self.ask(&QueryMsg::MaxBorrow { position });
        most.amount.u128()
    }

    /// What may be taken out.
    pub fn max_withdraw(&self, position: u64, denom: &str) -> u128 {
        let denom = denom.into();
        let most: AmountResponse = self.ask(&QueryMsg::MaxWithdraw { position, denom });
        most.amount.u128()
    }

    /// What each basket's positions add up to.
    pub fn totals(&self) -> Vec<Totals> {
        let baskets = self.snapshot().baskets;
        baskets.into_iter().map(|basket| basket.totals).collect()
    }

    /// What waits for a payee.
    pub fn claims(&self, owner: &Addr) -> Vec<Coin> {
        let owner = owner.to_string();
        let claims: ClaimsResponse = self.ask(&QueryMsg::Claims { owner });
        claims.coins
    }

    /// The last change that waits.
    pub fn waiting(&self) -> u64 {
        let pending: PendingResponse = self.ask(&QueryMsg::Pending {
            start_after: None,
            limit: Some(100),
        });
        pending.pending.last().unwrap().id
    }

    /// Governance decides, waits and applies; prices stay fresh.
    pub fn enact(&mut self, msg: GovernMsg) -> Outcome {
        self.govern(msg)?;
        let (id, owner) = (self.waiting(), self.owner.clone());
        self.live(crate::rig::protocol().delay);
        self.run(&owner, &ExecuteMsg::Apply { id }, &[])
    }

    /// Gives a denom a price and lists it with these settings.
    pub fn list_as(&mut self, settings: AssetSettings) {
        self.feed(
            &settings.denom.clone(),
            &settings.reference_value.to_string(),
        );
        self.govern(GovernMsg::ListAsset(settings)).unwrap();
    }

    /// Opens one more basket.
    pub fn create(&mut self, settings: BasketSettings) -> Outcome {
        self.govern(GovernMsg::CreateBasket(Box::new(settings)))
    }

    /// Nobody can send coins to this address any more.
    pub fn block(&mut self, account: &Addr) {
        bank::block(self.chain.storage_mut(), account);
    }

    /// A contract that does what it is told.
    pub fn puppet(&mut self) -> Addr {
        let code = self.chain.store_code(puppet::code());
        let owner = self.owner.clone();
        let nothing = cosmwasm_std::Empty {};
        self.chain
            .instantiate_contract(code, owner, &nothing, &[], "puppet", None)
            .unwrap()
    }

    /// A message to the cdp contract, as a contract sends it.
    pub fn word(&self, msg: &ExecuteMsg, funds: &[Coin]) -> CosmosMsg {
        let execute = WasmMsg::Execute {
            contract_addr: self.cdp.to_string(),
            msg: to_json_binary(msg).unwrap(),
            funds: funds.to_vec(),
        };
        execute.into()
    }

    /// The puppet sends all messages in one transaction; an error of one fails all.
    pub fn at_once(&mut self, puppet: &Addr, messages: Vec<CosmosMsg>) -> Outcome {
        let pull = puppet::pull(puppet, messages, false).unwrap();
        let sender = self.owner.clone();
        let done = self.chain.execute(sender, pull.into());
        done.map_err(|error| error.to_string())
    }

    /// The next time the puppet is sent coins it sends these messages before the sender goes on, and swallows their errors.
    pub fn reenter(&mut self, puppet: &Addr, messages: Vec<CosmosMsg>) {
        let pull = puppet::pull(puppet, messages, true).unwrap();
        bank::answer(self.chain.storage_mut(), puppet, &pull).unwrap();
    }

    /// What came of the messages that a puppet caught.
    pub fn outcomes(&self, puppet: &Addr) -> Outcomes {
        self.tell(puppet, &cosmwasm_std::Empty {})
    }

    fn tell<T: DeserializeOwned>(&self, contract: &Addr, msg: &cosmwasm_std::Empty) -> T {
        self.chain.wrap().query_wasm_smart(contract, msg).unwrap()
    }
}

/// Adds to a position.
pub fn deposit(position: u64) -> ExecuteMsg {
    ExecuteMsg::Deposit {
        position: Some(position),
        basket: None,
    }
}

/// Opens a position.
pub fn open_in(basket: u32) -> ExecuteMsg {
    ExecuteMsg::Deposit {
        position: None,
        basket: Some(basket),
    }
}

/// Takes collateral out to the sender.
pub fn withdraw(position: u64, amount: Option<u128>, denom: &str) -> ExecuteMsg {
    ExecuteMsg::Withdraw {
        position,
        denom: denom.into(),
        amount: amount.map(Uint128::new),
        recipient: None,
    }
}

/// Borrows to the sender.
pub fn borrow(position: u64, amount: u128) -> ExecuteMsg {
    ExecuteMsg::Borrow {
        position,
        amount: Uint128::new(amount),
        recipient: None,
    }
}

/// Any mix with a position.
pub fn adjust(
    position: u64,
    withdraw: &[(Option<u128>, &str)],
    borrow: Option<u128>,
) -> ExecuteMsg {
    let entry = |(amount, denom): &(Option<u128>, &str)| Withdrawal {
        denom: (*denom).into(),
        amount: amount.map(Uint128::new),
    };
    ExecuteMsg::Adjust {
        position: Some(position),
        basket: None,
        withdraw: withdraw.iter().map(entry).collect(),
        borrow: borrow.map(Uint128::new),
        recipient: None,
    }
}

/// Closes a position to the sender.
pub fn close(position: u64) -> ExecuteMsg {
    ExecuteMsg::Close {
        position,
        recipient: None,
    }
}

/// Liquidates without conditions.
pub fn liquidate(position: u64) -> ExecuteMsg {
    ExecuteMsg::Liquidate {
        position,
        max_repay: None,
        min_received: vec![],
        deadline: None,
        recipient: None,
    }
}

/// Liquidates a list without conditions.
pub fn liquidate_many(positions: &[u64]) -> ExecuteMsg {
    let item = |position: &u64| LiquidationItem {
        position: *position,
        max_repay: None,
    };
    ExecuteMsg::LiquidateMany {
        items: positions.iter().map(item).collect(),
        min_received: vec![],
        deadline: None,
        recipient: None,
    }
}
