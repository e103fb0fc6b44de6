//! The contract that does nothing but move coins, on the chain.

use cosmwasm_std::Coin;
use serde_json::{json, Value};
use wicker_client::Signer;

use crate::{
    error::Error,
    net::{root, Net},
    protocol::DENOMS,
    settings::UNIT,
};

/// The most that one of its actions needs.
const LIMIT: u64 = 2_000_000;

/// What an action costs at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Floor {
    /// One coin goes in.
    In,
    /// One coin goes out.
    Out,
    /// A coin is minted and sent.
    Mint,
    /// A coin goes in and is burned.
    Burn,
    /// A coin goes in and is burned, so many others go out.
    Swap(usize),
}

/// The contract, started, with a denom of its own and coins to give.
#[derive(Debug)]
pub struct FloorContract<'a> {
    net: &'a Net,
    user: &'a Signer,
    address: String,
    debt: String,
}

impl<'a> FloorContract<'a> {
    /// Stores and starts it.
    pub async fn start(net: &'a Net) -> Result<Self, Error> {
        let deployer = net.account("deployer")?;
        let wasm = root().join("target/wasm/wasm32-unknown-unknown/release/floor.wasm");
        let code = net.store(deployer, &wasm).await?;
        let address = net.start(deployer, code, "floor", json!({})).await?;
        let floor = Self {
            net,
            user: net.account("alice")?,
            debt: format!("factory/{address}/usdw"),
            address,
        };
        let fee = vec![Coin::new(10_000_000u128, &net.denom)];
        let create = json!({ "create": { "subdenom": "usdw" } });
        net.tell(deployer, &floor.address, &create, fee, 4_000_000)
            .await?;
        let mut stock: Vec<Coin> = DENOMS.map(|denom| Coin::new(1_000 * UNIT, denom)).to_vec();
        stock.sort_by(|one, other| one.denom.cmp(&other.denom));
        floor.tell(&json!({ "take": {} }), stock).await?;
        let own = json!({ "mint": { "coin": Coin::new(1_000 * UNIT, &floor.debt) } });
        floor.tell(&own, Vec::new()).await?;
        Ok(floor)
    }

    /// What an action costs, every record it touches being there before.
    pub async fn cost(&self, floor: Floor) -> Result<u64, Error> {
        let one = |denom: &str| Coin::new(UNIT, denom);
        let (msg, funds) = match floor {
            Floor::In => (json!({ "take": {} }), vec![one(DENOMS[0])]),
            Floor::Out => (json!({ "give": { "coins": [one(DENOMS[0])] } }), Vec::new()),
            Floor::Mint => (json!({ "mint": { "coin": one(&self.debt) } }), Vec::new()),
            Floor::Burn => (json!({ "burn": {} }), vec![one(&self.debt)]),
            Floor::Swap(coins) => {
                let mut given: Vec<Coin> = DENOMS.iter().take(coins).map(|it| one(it)).collect();
                given.sort_by(|one, other| one.denom.cmp(&other.denom));
                let msg = json!({ "swap": { "coins": given } });
                (msg, vec![one(&self.debt)])
            }
        };
        self.tell(&msg, funds.clone()).await?;
        self.tell(&msg, funds).await
    }

    async fn tell(&self, msg: &Value, funds: Vec<Coin>) -> Result<u64, Error> {
        let done = self.net.tell(self.user, &self.address, msg, funds, LIMIT);
        Ok(done.await?.gas_used)
    }
}
