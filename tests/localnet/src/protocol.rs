//! Oracle and cdp on the chain, with baskets of several sizes over the same assets.

use std::collections::BTreeMap;

use cosmwasm_std::{Coin, Uint128};
use serde::Serialize;
use serde_json::json;
use wicker_client::{Execute, Executed, Gas, Message, Sent, Signer};
use wicker_msgs::{
    cdp::{self, GovernMsg},
    events::Adjusted,
    oracle,
};

use crate::{
    error::{Error, Trying},
    net::{root, Net},
    settings::{asset, basket, dollars, loose, member, relayed, reported, token_module, UNIT},
};

/// What stands for collateral on the chain, all with six decimals, in the order in which baskets take them.
pub const DENOMS: [&str; 16] = [
    "uatom", "uosmo", "utia", "untrn", "uakt", "ubtc", "udydx", "ueth", "uinj", "ujuno", "usei",
    "usol", "ustars", "ustatom", "ustosmo", "uusdc",
];
/// The price of each at the start, in dollars.
pub const START: &str = "10";
/// An hour, and the coarse grid of measurements.
const HOUR: u64 = 3_600;
const COARSE: u64 = 4 * HOUR;
/// Dollars an hour that each collateral's market takes.
const MARKET: u64 = 10_000_000;
/// The least σ of each, in hundredths of a percent per √hour.
const FLOOR: u64 = 60;
/// More gas than a report of every price uses.
const REPORT: u64 = 2_000_000;
/// Longer than new prices are paired with older ones.
const SETTLED: u64 = 700;

/// The numbers of the stored codes.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// The oracle's.
    pub oracle: u64,
    /// The cdp's.
    pub cdp: u64,
}

impl Codes {
    /// Stores both contracts as `cargo xtask wasm` built them.
    pub async fn store(net: &Net) -> Result<Self, Error> {
        let artifacts = root().join("artifacts");
        let deployer = net.account("deployer")?;
        Ok(Self {
            oracle: net
                .store(deployer, &artifacts.join("wicker_oracle.wasm"))
                .await?,
            cdp: net
                .store(deployer, &artifacts.join("wicker_cdp.wasm"))
                .await?,
        })
    }
}

/// A deployment whose owner is an account, so that it is quick to set up.
#[derive(Debug)]
pub struct Protocol<'a> {
    net: &'a Net,
    /// The cdp contract.
    pub cdp: String,
    /// The oracle contract.
    pub oracle: String,
    /// The debt denom.
    pub debt: String,
    /// The basket of each number of collaterals.
    pub baskets: BTreeMap<usize, u32>,
}

impl<'a> Protocol<'a> {
    /// Starts both contracts, gives every denom a price and opens a basket for each size.
    pub async fn start(net: &'a Net, codes: Codes, sizes: &[usize]) -> Result<Self, Error> {
        let oracle = start_oracle(net, codes).await?;
        let deployer = net.account("deployer")?;
        let owner = deployer.address();
        let start = json!({
            "owner": owner, "guardian": null, "oracle": oracle, "settings": null,
            "token": token_module(),
        });
        let cdp = net.start(deployer, codes.cdp, "cdp", start).await?;
        let sizes = (1u32..).zip(sizes).map(|(basket, size)| (*size, basket));
        let protocol = Self {
            net,
            debt: format!("factory/{cdp}/usdw"),
            cdp,
            oracle,
            baskets: sizes.collect(),
        };
        protocol.create_denom().await?;
        protocol.price_everything().await?;
        protocol.open_baskets().await?;
        for _ in 0..2 {
            protocol.measure("10").await?;
        }
        Ok(protocol)
    }

    async fn create_denom(&self) -> Result<(), Error> {
        let create = GovernMsg::CreateDenom {
            subdenom: "usdw".into(),
            decimals: 6,
            ceiling: Uint128::new(1_000_000_000 * UNIT),
        };
        let fee = vec![Coin::new(10_000_000u128, &self.net.denom)];
        let deployer = self.net.account("deployer")?;
        let msg = cdp::ExecuteMsg::Govern(create);
        self.net
            .tell(deployer, &self.cdp, &msg, fee, 4_000_000)
            .await?;
        Ok(())
    }

    async fn price_everything(&self) -> Result<(), Error> {
        let feeders = [self.net.account("feeder1")?.address()];
        let sources = self.denoms().into_iter().map(|denom| {
            let price = if denom == self.debt { "1" } else { START };
            relayed(&denom, price, &feeders, 1, Some(loose()))
        });
        let deployer = self.net.account("deployer")?;
        self.all(deployer, &self.oracle, sources.collect()).await?;
        self.prices(START).await
    }

    async fn open_baskets(&self) -> Result<(), Error> {
        let assets = DENOMS.map(|denom| GovernMsg::ListAsset(asset(denom, dollars(10), MARKET)));
        let baskets = self.baskets.keys().map(|size| {
            let members = DENOMS.iter().take(*size).map(|denom| member(denom, FLOOR));
            let name = format!("of {size}");
            GovernMsg::CreateBasket(Box::new(basket(&name, &self.debt, members.collect())))
        });
        let governed = assets.into_iter().chain(baskets);
        let deployer = self.net.account("deployer")?;
        let messages = governed.map(cdp::ExecuteMsg::Govern).collect();
        self.all(deployer, &self.cdp, messages).await
    }

    /// Several messages in one transaction.
    async fn all<M: Serialize>(
        &self,
        signer: &Signer,
        contract: &str,
        messages: Vec<M>,
    ) -> Result<(), Error> {
        let messages = messages
            .iter()
            .map(|msg| Execute::new(contract, msg).map(Message::from));
        let messages = messages
            .collect::<Result<_, _>>()
            .trying("writing messages")?;
        self.net
            .act(signer, messages, None, "several messages at once")
            .await?;
        Ok(())
    }

    /// Every denom with a price.
    fn denoms(&self) -> Vec<String> {
        let denoms = DENOMS.iter().map(ToString::to_string);
        denoms.chain([self.debt.clone()]).collect()
    }

    /// All collaterals at `price` and the debt at a dollar, seen and confirmed.
    pub async fn prices(&self, price: &str) -> Result<(), Error> {
        self.report(&DENOMS, price).await
    }

    /// Some collaterals at `price` and the debt at a dollar, seen and confirmed.
    pub async fn report(&self, denoms: &[&str], price: &str) -> Result<(), Error> {
        for _ in 0..2 {
            self.net.forward(40)?;
            let time = self.net.time().await?;
            let prices = denoms.iter().map(|denom| reported(denom, price, time));
            let msg = oracle::ExecuteMsg::Report {
                prices: prices.chain([reported(&self.debt, "1", time)]).collect(),
            };
            // Not at what a simulation says: that may run at the block before the one whose time the prices have, and refuse them.
            let feeder = self.net.account("feeder1")?;
            let told = self
                .net
                .tell(feeder, &self.oracle, &msg, Vec::new(), REPORT);
            told.await?;
        }
        Ok(())
    }

    /// Measures every basket at the next hour, and lets the prices settle.
    pub async fn measure(&self, price: &str) -> Result<(), Error> {
        self.turn(HOUR, price).await?;
        let recalibrate = self.baskets.values().map(|basket| recalibrate(*basket));
        let anyone = self.net.account("carol")?;
        self.all(anyone, &self.cdp, recalibrate.collect()).await?;
        self.net.forward(SETTLED)
    }

    /// Goes to the next hour of the coarse grid, with new prices: every basket's measurement is due in full.
    pub async fn coarse(&self, price: &str) -> Result<(), Error> {
        self.turn(COARSE, price).await
    }

    async fn turn(&self, grid: u64, price: &str) -> Result<(), Error> {
        let past = self.net.time().await? % grid;
        self.net.forward(grid - past)?;
        self.prices(price).await
    }

    /// Lets all collaterals fall to a third, in steps the oracle takes.
    pub async fn crash(&self) -> Result<(), Error> {
        self.crash_of(&DENOMS).await
    }

    /// Lets some collaterals fall to a third, in steps the oracle takes.
    pub async fn crash_of(&self, denoms: &[&str]) -> Result<(), Error> {
        for price in ["6", "3.6", "3.3"] {
            self.report(denoms, price).await?;
        }
        self.net.forward(61)
    }

    /// Opens a position with coins and a debt, and answers its number.
    pub async fn open(
        &self,
        owner: &Signer,
        basket: u32,
        coins: Vec<Coin>,
        borrow: Option<u128>,
    ) -> Result<u64, Error> {
        let limit = 20_000_000;
        let done = self
            .tell(owner, &opening(basket, borrow), coins, limit)
            .await?;
        let read = done.events.iter().find_map(Adjusted::read);
        let lost = || Error::Wrong(format!("{} opened nothing", done.hash));
        let adjusted = read.ok_or_else(lost)?.map_err(|_| lost())?;
        Ok(adjusted.position)
    }

    /// Tells the cdp something.
    pub async fn tell(
        &self,
        signer: &Signer,
        msg: &cdp::ExecuteMsg,
        funds: Vec<Coin>,
        limit: u64,
    ) -> Result<Executed, Error> {
        self.net.tell(signer, &self.cdp, msg, funds, limit).await
    }

    /// Opens positions of many users until each basket has so many more.
    pub async fn fill(&self, positions: usize) -> Result<(), Error> {
        const BATCH: usize = 25;
        let users = self.net.accounts("user");
        let mut sent = Vec::new();
        for basket in self.baskets.values() {
            for batch in 0..positions.div_ceil(BATCH) {
                let user = users
                    .get(batch % users.len())
                    .ok_or_else(|| Error::Wrong("there are no users".into()))?;
                let count = BATCH.min(positions - batch * BATCH);
                let msg = opening(*basket, Some(200 * UNIT));
                let funds = vec![Coin::new(100 * UNIT, DENOMS[0])];
                let one = Execute::new(&*self.cdp, &msg).trying("opening")?;
                let message = Message::Execute(one.with_funds(funds));
                let messages = vec![message.to_any(user.address()); count];
                let gas = Gas {
                    limit: Some(600_000 * count as u64),
                    price: None,
                };
                let broadcast = self.net.chain.broadcast(user, messages, &gas);
                sent.push(broadcast.await.trying("opening positions")?);
                // What a mempool holds and how long a transaction is valid are both bounded.
                if sent.len() == users.len() {
                    self.confirm(std::mem::take(&mut sent)).await?;
                }
            }
        }
        self.confirm(sent).await
    }

    async fn confirm(&self, sent: Vec<Sent>) -> Result<(), Error> {
        for one in sent {
            let done = self.net.chain.confirm(&one).await;
            done.trying("opening positions")?;
        }
        Ok(())
    }
}

/// Starts an oracle.
pub async fn start_oracle(net: &Net, codes: Codes) -> Result<String, Error> {
    let deployer = net.account("deployer")?;
    let start = json!({ "owner": deployer.address(), "guardian": null });
    net.start(deployer, codes.oracle, "oracle", start).await
}

/// A basket's measurement.
pub const fn recalibrate(basket: u32) -> cdp::ExecuteMsg {
    cdp::ExecuteMsg::Recalibrate { basket }
}

fn opening(basket: u32, borrow: Option<u128>) -> cdp::ExecuteMsg {
    cdp::ExecuteMsg::Adjust {
        position: None,
        basket: Some(basket),
        withdraw: Vec::new(),
        borrow: borrow.map(Uint128::new),
        recipient: None,
    }
}
