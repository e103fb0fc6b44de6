//! Both contracts as a chain's governance owns them.

use cosmwasm_std::{Coin, Decimal256, Uint128};
use serde::{de::DeserializeOwned, Serialize};
use serde_json::json;
use wicker_client::{Execute, Executed, Message, Signer};
use wicker_msgs::{
    cdp::{self, GovernMsg, OwnershipAction},
    events::Adjusted,
    oracle,
};

use crate::{
    error::{Error, Trying},
    governance::Governance,
    net::Net,
    protocol::Codes,
    settings::{relayed, token_module, UNIT},
};

/// Feeders of each denom, and how many must agree.
pub const FEEDERS: [&str; 3] = ["feeder1", "feeder2", "feeder3"];
const QUORUM: u32 = 2;

/// The contracts on the chain.
#[derive(Debug)]
pub struct Deployment<'a> {
    /// The chain.
    pub net: &'a Net,
    /// Its governance.
    pub gov: Governance<'a>,
    /// The cdp contract.
    pub cdp: String,
    /// The oracle contract.
    pub oracle: String,
    /// The debt denom.
    pub debt: String,
}

impl<'a> Deployment<'a> {
    /// Stores and starts both contracts, creates the debt denom, gives each of `prices` a source, and offers the ownership to the chain's
    /// governance, which is their admin from the start.
    pub async fn start(net: &'a Net, prices: &[(String, String)]) -> Result<Self, Error> {
        let gov = Governance::of(net).await?;
        let codes = Codes::store(net).await?;
        let deployer = net.account("deployer")?;
        let (owner, guardian) = (deployer.address(), net.account("guardian")?.address());
        let admin = Some(gov.authority.as_str());
        let start = json!({ "owner": owner, "guardian": guardian });
        let oracle = net
            .start_with(deployer, codes.oracle, "oracle", start, admin)
            .await?;
        let start = cdp::InstantiateMsg {
            owner: owner.into(),
            guardian: Some(guardian.into()),
            oracle: oracle.clone(),
            token: token_module(),
            settings: None,
        };
        let start = json!(start);
        let cdp = net
            .start_with(deployer, codes.cdp, "cdp", start, admin)
            .await?;
        let deployment = Self {
            net,
            gov,
            debt: format!("factory/{cdp}/usdw"),
            cdp,
            oracle,
        };
        deployment.create_denom(deployer).await?;
        deployment.sources(deployer, prices).await?;
        deployment.offer(deployer).await?;
        Ok(deployment)
    }

    async fn create_denom(&self, deployer: &Signer) -> Result<(), Error> {
        let create = GovernMsg::CreateDenom {
            subdenom: "usdw".into(),
            decimals: 6,
            ceiling: Uint128::new(1_000_000_000 * UNIT),
        };
        let fee = vec![Coin::new(10_000_000u128, &self.net.denom)];
        self.tell(deployer, &cdp::ExecuteMsg::Govern(create), fee)
            .await?;
        Ok(())
    }

    async fn sources(&self, deployer: &Signer, prices: &[(String, String)]) -> Result<(), Error> {
        let feeders = FEEDERS.map(|name| self.net.account(name));
        let feeders = feeders.into_iter().collect::<Result<Vec<_>, _>>()?;
        let feeders: Vec<&str> = feeders.iter().map(|feeder| feeder.address()).collect();
        let dollar = (self.debt.clone(), "1".to_string());
        let sources = prices.iter().chain([&dollar]);
        let sources = sources.map(|(denom, price)| {
            let msg = relayed(denom, price, &feeders, QUORUM, None);
            Execute::new(&*self.oracle, &msg).map(Message::from)
        });
        let sources = sources.collect::<Result<_, _>>();
        let sources = sources.trying("writing sources")?;
        self.net
            .act(deployer, sources, None, "setting sources")
            .await?;
        Ok(())
    }

    async fn offer(&self, deployer: &Signer) -> Result<(), Error> {
        let owner = &self.gov.authority;
        let offer = OwnershipAction::TransferOwnership {
            new_owner: owner.clone(),
            expiry: None,
        };
        let messages = [
            self.to_cdp(&cdp::ExecuteMsg::UpdateOwnership(offer))?,
            self.to_oracle(&oracle::ExecuteMsg::ProposeOwner {
                owner: Some(owner.clone()),
            })?,
        ];
        let messages = messages.map(Message::from).to_vec();
        self.net.act(deployer, messages, None, "offering").await?;
        Ok(())
    }

    /// What governance accepts both contracts with.
    pub fn acceptance(&self) -> Result<Vec<Execute>, Error> {
        let accept = OwnershipAction::AcceptOwnership;
        Ok(vec![
            self.to_cdp(&cdp::ExecuteMsg::UpdateOwnership(accept))?,
            self.to_oracle(&oracle::ExecuteMsg::AcceptOwner {})?,
        ])
    }

    /// A message of governance for the cdp.
    pub fn governed(&self, msg: GovernMsg) -> Result<Execute, Error> {
        self.to_cdp(&cdp::ExecuteMsg::Govern(msg))
    }

    /// A message for the cdp.
    pub fn to_cdp(&self, msg: &cdp::ExecuteMsg) -> Result<Execute, Error> {
        Execute::new(&*self.cdp, msg).trying("writing a message")
    }

    /// A message for the oracle.
    pub fn to_oracle(&self, msg: &oracle::ExecuteMsg) -> Result<Execute, Error> {
        Execute::new(&*self.oracle, msg).trying("writing a message")
    }

    /// Tells the cdp something.
    pub async fn tell(
        &self,
        signer: &Signer,
        msg: &cdp::ExecuteMsg,
        funds: Vec<Coin>,
    ) -> Result<Executed, Error> {
        let message = self.to_cdp(msg)?.with_funds(funds);
        let told = message.msg.to_string();
        self.net
            .act(signer, vec![message.into()], None, &told)
            .await
    }

    /// Why the cdp refuses something; an error when it does not.
    pub async fn refusal(
        &self,
        signer: &Signer,
        msg: &cdp::ExecuteMsg,
        funds: Vec<Coin>,
    ) -> Result<String, Error> {
        match self.tell(signer, msg, funds).await {
            Err(Error::Chain { what, cause }) => match cause.contract() {
                Some(why) => Ok(why.to_string()),
                None => Err(Error::Chain { what, cause }),
            },
            Err(other) => Err(other),
            Ok(done) => Err(Error::Wrong(format!("{} was not refused", done.hash))),
        }
    }

    /// Asks the cdp.
    pub async fn ask<A: DeserializeOwned>(&self, question: &cdp::QueryMsg) -> Result<A, Error> {
        self.question(&self.cdp, question).await
    }

    /// The oracle's price of a denom, in dollars.
    pub async fn price(&self, denom: &str) -> Result<Decimal256, Error> {
        let question = oracle::QueryMsg::Price {
            denom: denom.into(),
        };
        let answer: oracle::PriceResponse = self.question(&self.oracle, &question).await?;
        let wrong = |why| Error::Wrong(format!("{} is no price: {why}", answer.price));
        answer.price.parse().map_err(wrong)
    }

    async fn question<Q: Serialize, A: DeserializeOwned>(
        &self,
        contract: &str,
        question: &Q,
    ) -> Result<A, Error> {
        let answer = self.net.chain.query(contract, question).await;
        answer.trying("asking a contract")
    }
}

/// The positions a transaction opened or changed, in order.
pub fn adjusted(done: &Executed) -> Result<Vec<Adjusted>, Error> {
    let events = done.events.iter().filter_map(Adjusted::read);
    let unreadable = |why| Error::Wrong(format!("an event of {} cannot be read: {why}", done.hash));
    events.map(|read| read.map_err(unreadable)).collect()
}
