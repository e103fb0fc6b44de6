//! A world in memory whose verbs are those of the contracts.

use std::collections::BTreeMap;
use std::fmt::Display;

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{coin, Addr, Coin, Decimal256, Event, Storage, Uint128};
use cw_multi_test::{AppResponse, BankSudo, ContractWrapper, Executor, SudoMsg};
use serde::de::DeserializeOwned;
use wicker_cdp::{contract as cdp, state};
use wicker_engine::invariants::{check, BasketView, Snapshot};
use wicker_lab::chain::{start, Chain};
use wicker_lab::factory::{supply, FEE, PREFIX};
use wicker_math::Amount;
use wicker_msgs::cdp::{
    BasketSettings, ExecuteMsg, GovernMsg, GuardMsg, InstantiateMsg, ParameterChange,
    ProtocolSettings, QueryMsg, Target, TokenModule,
};
use wicker_msgs::oracle;
use wicker_oracle::contract as oracle_contract;

use crate::settings;

/// What a message comes to; the error is its text, with every cause.
pub type Outcome = Result<AppResponse, String>;

/// The chain with both contracts and who runs them.
pub struct Rig {
    /// The chain.
    pub chain: Chain,
    /// The cdp contract.
    pub cdp: Addr,
    /// The oracle contract.
    pub oracle: Addr,
    /// Governs both.
    pub owner: Addr,
    /// May tighten.
    pub guardian: Addr,
    /// Brings prices.
    pub feeder: Addr,
    /// The debt token.
    pub debt: String,
}

/// An address of a name.
pub fn addr(name: &str) -> Addr {
    MockApi::default().addr_make(name)
}

/// Both contracts' codes on a chain.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// The cdp's.
    pub cdp: u64,
    /// The oracle's.
    pub oracle: u64,
}

/// Stores both contracts.
pub fn store(chain: &mut Chain) -> Codes {
    let oracle = ContractWrapper::new(
        oracle_contract::execute,
        oracle_contract::instantiate,
        oracle_contract::query,
    );
    let cdp = ContractWrapper::new(cdp::execute, cdp::instantiate, cdp::query)
        .with_reply(cdp::reply)
        .with_migrate(cdp::migrate);
    Codes {
        oracle: chain.store_code(Box::new(oracle)),
        cdp: chain.store_code(Box::new(cdp)),
    }
}

/// Settings whose price delay is short, so that tests need not wait long.
pub fn protocol() -> ProtocolSettings {
    ProtocolSettings {
        max_age: 3_600,
        max_age_liquidation: 86_400,
        max_confidence: Decimal256::percent(2),
        price_delay: 60,
        exposure_share: Decimal256::percent(15),
        delay: 86_400,
        ramp: 86_400,
    }
}

impl Rig {
    /// Contracts and a debt token; no asset, no basket.
    pub fn bare() -> Self {
        let (owner, guardian, feeder) = (addr("owner"), addr("guardian"), addr("feeder"));
        let mut chain = start(vec![(owner.clone(), vec![coin(FEE.0, FEE.1)])]).unwrap();
        let codes = store(&mut chain);
        let msg = oracle::InstantiateMsg {
            owner: owner.to_string(),
            guardian: None,
        };
        let oracle = chain
            .instantiate_contract(codes.oracle, owner.clone(), &msg, &[], "oracle", None)
            .unwrap();
        let msg = InstantiateMsg {
            owner: owner.to_string(),
            guardian: Some(guardian.to_string()),
            oracle: oracle.to_string(),
            token: TokenModule {
                type_url_prefix: PREFIX.into(),
                direct_mint: false,
            },
            settings: Some(protocol()),
        };
        let admin = Some(owner.to_string());
        let cdp = chain
            .instantiate_contract(codes.cdp, owner.clone(), &msg, &[], "cdp", admin)
            .unwrap();
        let mut rig = Self {
            debt: format!("factory/{cdp}/usdw"),
            chain,
            cdp,
            oracle,
            owner,
            guardian,
            feeder,
        };
        let create = GovernMsg::CreateDenom {
            subdenom: "usdw".into(),
            decimals: 6,
            ceiling: Uint128::new(1_000_000_000_000_000),
        };
        let fee = [coin(FEE.0, FEE.1)];
        let owner = rig.owner.clone();
        rig.run(&owner, &ExecuteMsg::Govern(create), &fee).unwrap();
        let debt = rig.debt.clone();
        rig.feed(&debt, "1");
        rig
    }

    /// Three listed collaterals, and basket 1 of all of them: btc at 50,000 dollars with 8 decimals, eth at 2,000 with 18, atom at 10 with 6.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same with other settings of the basket.
    pub fn with(spoil: impl FnOnce(&mut BasketSettings)) -> Self {
        let mut rig = Self::bare();
        for (denom, decimals, price) in ASSETS {
            rig.list(denom, decimals, price);
        }
        let mut basket = settings::basket(&rig.debt, &["btc", "eth", "atom"]);
        spoil(&mut basket);
        rig.govern(GovernMsg::CreateBasket(Box::new(basket)))
            .unwrap();
        rig
    }

    /// Gives a denom a source and a price, and lists it.
    pub fn list(&mut self, denom: &str, decimals: u8, price: &str) {
        self.feed(denom, price);
        let asset = settings::asset(denom, decimals, price);
        self.govern(GovernMsg::ListAsset(asset)).unwrap();
    }

    /// Gives a denom a source whose guards let a test move it, and its first price; then waits until that price stands alone.
    pub fn feed(&mut self, denom: &str, price: &str) {
        let source = oracle::Source::Relayed {
            feeders: vec![self.feeder.to_string()],
            quorum: 1,
            max_spread: Decimal256::percent(5),
        };
        let guards = oracle::Guards {
            max_age: 172_800,
            max_future: 0,
            max_step: Decimal256::percent(50),
            step_interval: 1,
            window: 60,
            window_limit: Decimal256::one(),
            window_interval: 1,
            ..oracle::Guards::default()
        };
        let reference = oracle::Reference {
            price: price.into(),
            band: Decimal256::percent(20),
        };
        let msg = oracle::ExecuteMsg::SetSource {
            denom: denom.into(),
            source,
            guards: Some(guards),
            reference,
        };
        let (owner, oracle) = (self.owner.clone(), self.oracle.clone());
        self.chain
            .execute_contract(owner, oracle, &msg, &[])
            .unwrap();
        self.price(denom, price);
        self.pass(61);
    }

    /// A price of the feeder, seen now.
    pub fn report(&mut self, prices: &[(&str, &str)]) -> Outcome {
        let time = self.now();
        let prices = prices.iter().map(|(denom, price)| oracle::ReportedPrice {
            denom: (*denom).into(),
            price: (*price).into(),
            publish_time: time,
            confidence: None,
        });
        let msg = oracle::ExecuteMsg::Report {
            prices: prices.collect(),
        };
        let (feeder, oracle) = (self.feeder.clone(), self.oracle.clone());
        told(self.chain.execute_contract(feeder, oracle, &msg, &[]))
    }

    /// Moves a price: a large step is confirmed by a second report.
    pub fn price(&mut self, denom: &str, price: &str) {
        for _ in 0..2 {
            self.pass(2);
            self.report(&[(denom, price)]).unwrap();
        }
    }

    /// Repeats every collateral's and the debt's last price, as feeders do.
    pub fn refresh(&mut self) {
        let msg = oracle::QueryMsg::Prices {
            start_after: None,
            limit: Some(100),
        };
        let prices: oracle::PricesResponse = self
            .chain
            .wrap()
            .query_wasm_smart(&self.oracle, &msg)
            .unwrap();
        let prices = prices.prices.into_iter();
        let prices: Vec<_> = prices.map(|price| (price.denom, price.price)).collect();
        for page in prices.chunks(oracle::MAX_LIST) {
            let page: Vec<_> = page.iter().map(|(d, p)| (d.as_str(), p.as_str())).collect();
            self.report(&page).unwrap();
        }
    }

    /// The block's time.
    pub fn now(&self) -> u64 {
        self.chain.block_info().time.seconds()
    }

    /// Lets time pass, in one block.
    pub fn pass(&mut self, seconds: u64) {
        self.chain.update_block(|block| {
            block.time = block.time.plus_seconds(seconds);
            block.height += 1;
        });
    }

    /// Lets time pass with prices that stay fresh.
    pub fn live(&mut self, seconds: u64) {
        self.pass(seconds);
        self.refresh();
    }

    /// Coins from nowhere.
    pub fn give(&mut self, to: &Addr, amount: u128, denom: &str) {
        let mint = BankSudo::Mint {
            to_address: to.to_string(),
            amount: vec![coin(amount, denom)],
        };
        self.chain.sudo(SudoMsg::Bank(mint)).unwrap();
    }

    /// What an account has.
    pub fn held(&self, owner: &Addr, denom: &str) -> u128 {
        amount(&self.chain.wrap().query_balance(owner, denom).unwrap())
    }

    /// Sends a message to the cdp contract.
    pub fn run(&mut self, sender: &Addr, msg: &ExecuteMsg, funds: &[Coin]) -> Outcome {
        let cdp = self.cdp.clone();
        told(self.chain.execute_contract(sender.clone(), cdp, msg, funds))
    }

    /// The owner decides; what must wait is applied after its delay.
    pub fn govern(&mut self, msg: GovernMsg) -> Outcome {
        let owner = self.owner.clone();
        self.run(&owner, &ExecuteMsg::Govern(msg), &[])
    }

    /// The guardian acts.
    pub fn guard(&mut self, msg: GuardMsg) -> Outcome {
        let guardian = self.guardian.clone();
        self.run(&guardian, &ExecuteMsg::Guard(msg), &[])
    }

    /// Asks for one parameter's change.
    pub fn change(&mut self, target: Target, name: &str, value: &str) -> Outcome {
        let change = ParameterChange {
            target,
            name: name.into(),
            value: settings::dec(value),
            expected: None,
        };
        self.govern(GovernMsg::Change {
            changes: vec![change],
        })
    }

    /// Opens a position in a basket with coins from nowhere; its id.
    pub fn open(&mut self, owner: &Addr, basket: u32, coins: &[(u128, &str)]) -> u64 {
        let mut id = None;
        for (amount, denom) in coins {
            self.give(owner, *amount, denom);
            let msg = ExecuteMsg::Deposit {
                position: id,
                basket: id.is_none().then_some(basket),
            };
            let done = self.run(owner, &msg, &[coin(*amount, *denom)]).unwrap();
            id = Some(number(&done, "wicker_adjusted", "position"));
        }
        id.unwrap()
    }

    /// Borrows to the owner.
    pub fn borrow(&mut self, owner: &Addr, position: u64, amount: u128) -> Outcome {
        let msg = ExecuteMsg::Borrow {
            position,
            amount: Uint128::new(amount),
            recipient: None,
        };
        self.run(owner, &msg, &[])
    }

    /// Withdraws to the owner.
    pub fn withdraw(&mut self, owner: &Addr, position: u64, amount: u128, denom: &str) -> Outcome {
        let msg = ExecuteMsg::Withdraw {
            position,
            denom: denom.into(),
            amount: Some(Uint128::new(amount)),
            recipient: None,
        };
        self.run(owner, &msg, &[])
    }

    /// Repays with the payer's coins.
    pub fn repay(&mut self, payer: &Addr, position: u64, amount: u128) -> Outcome {
        let funds = [coin(amount, &self.debt)];
        self.run(payer, &ExecuteMsg::Repay { position }, &funds)
    }

    /// Liquidates with the payer's coins.
    pub fn liquidate(&mut self, payer: &Addr, position: u64, amount: u128) -> Outcome {
        let msg = ExecuteMsg::Liquidate {
            position,
            max_repay: None,
            min_received: vec![],
            deadline: None,
            recipient: None,
        };
        let funds = [coin(amount, &self.debt)];
        self.run(payer, &msg, &funds)
    }

    /// Asks the cdp contract.
    pub fn ask<T: DeserializeOwned>(&self, msg: &QueryMsg) -> T {
        self.try_ask(msg).unwrap()
    }

    /// Asks the cdp contract; the error is its text.
    pub fn try_ask<T: DeserializeOwned>(&self, msg: &QueryMsg) -> Result<T, String> {
        let answer = self.chain.wrap().query_wasm_smart(&self.cdp, msg);
        answer.map_err(|error| error.to_string())
    }

    /// Everything the contract owes and owns, read from its storage and from the bank.
    pub fn snapshot(&self) -> Snapshot {
        let storage = self.chain.contract_storage(&self.cdp);
        let storage: &dyn Storage = &*storage;
        let mut snapshot = Snapshot::default();
        for id in 1..=state::BASKET_COUNT.load(storage).unwrap() {
            let ids = state::of_basket(storage, id, None, usize::MAX).unwrap();
            let positions = ids.into_iter();
            let positions = positions.map(|id| (id, state::account(storage, id).unwrap().position));
            snapshot.baskets.push(BasketView {
                id,
                basket: state::basket(storage, id).unwrap(),
                totals: state::totals(storage, id).unwrap(),
                positions: positions.collect(),
            });
        }
        for denom in state::ASSETS.keys(storage, None, usize::MAX).unwrap() {
            let balance = Amount::new(self.held(&self.cdp, &denom));
            snapshot.balances.insert(denom.clone(), balance);
            let minted = supply(self.chain.storage(), &denom);
            if state::asset(storage, &denom).unwrap().ceiling.is_some() {
                snapshot.supply.insert(denom, Amount::new(minted));
            }
        }
        snapshot.claims = claims(storage);
        snapshot
    }

    /// Fails unless every invariant of one moment holds, and the running sums of assets are what they say.
    pub fn sound(&self) {
        let broken = self.broken();
        assert!(broken.is_empty(), "{broken:#?}");
    }

    /// Every invariant that does not hold.
    pub fn broken(&self) -> Vec<String> {
        let snapshot = self.snapshot();
        let broken = check(&snapshot);
        let mut broken: Vec<_> = broken.iter().map(ToString::to_string).collect();
        broken.extend(self.wrong_sums(&snapshot));
        broken
    }

    /// What an asset's record says of coins held and kept, against the baskets.
    fn wrong_sums(&self, snapshot: &Snapshot) -> Vec<String> {
        let storage = self.chain.contract_storage(&self.cdp);
        let (mut held, mut kept) = (BTreeMap::new(), snapshot.claims.clone());
        let add = |sums: &mut BTreeMap<String, Amount>, denom: &str, amount: Amount| {
            let sum = sums.entry(denom.into()).or_insert(Amount::ZERO);
            *sum = sum.plus(amount).unwrap();
        };
        for view in &snapshot.baskets {
            for (member, amount) in view.basket.members.iter().zip(&view.totals.collateral) {
                add(&mut held, &member.denom, *amount);
                add(&mut kept, &member.denom, *amount);
            }
            add(&mut kept, &view.basket.debt, view.totals.backstop);
        }
        held.extend(snapshot.supply.clone());
        let mut wrong = Vec::new();
        for denom in state::ASSETS.keys(&*storage, None, usize::MAX).unwrap() {
            let asset = state::asset(&*storage, &denom).unwrap();
            let of =
                |sums: &BTreeMap<String, Amount>| sums.get(&denom).copied().unwrap_or_default();
            if (asset.held, asset.kept) != (of(&held), of(&kept)) {
                wrong.push(format!("{denom}: {asset:?}, held {:?}", of(&held)));
            }
        }
        wrong
    }

    /// A digest of the cdp contract's whole storage: what an error must not change.
    pub fn digest(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let storage = self.chain.contract_storage(&self.cdp);
        storage
            .range(None, None, cosmwasm_std::Order::Ascending)
            .collect()
    }

    /// Fails unless the message is refused with `why` in its error and nothing has changed.
    pub fn refused(&mut self, sender: &Addr, msg: &ExecuteMsg, funds: &[Coin], why: &str) {
        let before = self.digest();
        let error = match self.run(sender, msg, funds) {
            Err(error) => error,
            Ok(done) => panic!("{msg:?} was accepted: {done:?}"),
        };
        assert!(error.contains(why), "{msg:?} was refused with {error}");
        assert_eq!(self.digest(), before, "{msg:?} changed the storage");
    }
}

impl Default for Rig {
    fn default() -> Self {
        Self::new()
    }
}

/// Denom, decimals and price of the listed collaterals.
pub const ASSETS: [(&str, u8, &str); 3] =
    [("btc", 8, "50000"), ("eth", 18, "2000"), ("atom", 6, "10")];

fn claims(storage: &dyn Storage) -> BTreeMap<String, Amount> {
    let mut sums = BTreeMap::new();
    for (payee, denom) in state::claimants(storage).unwrap() {
        let key = (payee.as_str(), denom.as_str());
        let claim = state::CLAIMS.may_load(storage, key).unwrap().unwrap();
        let sum = sums.entry(denom).or_insert(Amount::ZERO);
        *sum = sum.plus(claim).unwrap();
    }
    sums
}

/// A coin's amount.
pub fn amount(coin: &Coin) -> u128 {
    Uint128::try_from(coin.amount).unwrap().u128()
}

/// A number an event carries.
pub fn number(done: &AppResponse, event: &str, key: &str) -> u64 {
    attribute(done, event, key).parse().unwrap()
}

/// An attribute of the first event of a type.
pub fn attribute(done: &AppResponse, event: &str, key: &str) -> String {
    let name = format!("wasm-{event}");
    let found = done.events.iter().find(|event| event.ty == name);
    value(found.unwrap(), key)
}

/// An attribute of an event.
pub fn value(event: &Event, key: &str) -> String {
    let found = event.attributes.iter().find(|found| found.key == key);
    found.unwrap().value.clone()
}

/// All events of a type.
pub fn events<'a>(done: &'a AppResponse, event: &str) -> Vec<&'a Event> {
    let name = format!("wasm-{event}");
    done.events
        .iter()
        .filter(|event| event.ty == name)
        .collect()
}

fn told<T, E: Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}
