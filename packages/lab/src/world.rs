//! Both contracts on a chain in memory, and the people around them. Every coin that exists was made by [`World::give`] or by the
//! token module, so that an audit can find each of them again.

use std::collections::BTreeMap;

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{
    coin, coins, Addr, BlockInfo, Coin, Decimal256, StdError, Timestamp, Uint128, Uint256,
};
use cw_multi_test::{AppResponse, BankSudo, ContractWrapper, Executor, SudoMsg};
use serde::de::DeserializeOwned;
use wicker_msgs::{cdp, oracle};

use crate::chain::{start, Chain};
use crate::error::LabError;
use crate::factory::{FEE, PREFIX};
use crate::scenario::{Scenario, DEBT};
use crate::setup::{self, price_text, CENTS};

/// The denom of dollars outside the protocol.
pub const DOLLAR: &str = "usd";
/// How many feeders report each asset, and how many must agree.
pub const FEEDERS: (usize, u32) = (3, 2);
/// Seconds of a block.
const BLOCK: u64 = 6;

/// The contracts and the people.
pub struct World {
    /// The chain.
    pub chain: Chain,
    /// The oracle contract.
    pub oracle: Addr,
    /// The cdp contract.
    pub cdp: Addr,
    /// The debt token's denom.
    pub debt: String,
    /// Who governs both contracts.
    pub owner: Addr,
    /// Who liquidates.
    pub keeper: Addr,
    /// Who buys and sells everything at the market's price.
    pub market: Addr,
    /// Who report prices.
    pub feeders: Vec<Addr>,
    /// Everyone else who was given coins.
    pub users: Vec<Addr>,
    /// Of each denom, what was given.
    pub made: BTreeMap<String, u128>,
    /// Of each kind of event of the contracts, how many were seen.
    pub events: BTreeMap<String, u64>,
    /// Messages sent.
    pub messages: u64,
}

/// An account's address by its name.
pub fn address(name: &str) -> Addr {
    MockApi::default().addr_make(name)
}

/// An amount as a coin.
pub fn money(amount: u128, denom: &str) -> Coin {
    coin(amount, denom)
}

/// A coin's base units; saturates.
pub fn amount_of(amount: Uint256) -> u128 {
    Uint128::try_from(amount).map_or(u128::MAX, |amount| amount.u128())
}

impl World {
    /// Starts the chain at `time`, instantiates both contracts, lists the assets at their prices and opens the baskets.
    pub fn start(scenario: &Scenario, prices: &[f64], time: u64) -> Result<Self, LabError> {
        let owner = address("owner");
        let fee = coins(FEE.0, FEE.1);
        let mut chain = start(vec![(owner.clone(), fee.clone())])?;
        chain.set_block(BlockInfo {
            height: 1,
            time: Timestamp::from_seconds(time),
            chain_id: "wicker-lab-1".into(),
        });
        let mut world = Self {
            chain,
            oracle: Addr::unchecked(""),
            cdp: Addr::unchecked(""),
            debt: String::new(),
            owner,
            keeper: address("keeper"),
            market: address("market"),
            feeders: (1..=FEEDERS.0)
                .map(|at| address(&format!("feeder {at}")))
                .collect(),
            users: Vec::new(),
            made: [(FEE.1.to_string(), FEE.0)].into(),
            events: BTreeMap::new(),
            messages: 0,
        };
        world.instantiate()?;
        world.govern(&cdp::GovernMsg::CreateDenom {
            subdenom: DEBT.into(),
            decimals: CENTS,
            ceiling: Uint128::new(1 << 99),
        })?;
        world.debt = format!("factory/{}/{DEBT}", world.cdp);
        world.sources(scenario, prices)?;
        world.report_all(scenario, prices)?;
        for (asset, price) in scenario.assets.iter().zip(prices) {
            world.govern(&cdp::GovernMsg::ListAsset(setup::asset(asset, *price)?))?;
        }
        for basket in &scenario.baskets {
            let settings = setup::basket(scenario, basket, &world.debt)?;
            world.govern(&cdp::GovernMsg::CreateBasket(Box::new(settings)))?;
        }
        Ok(world)
    }

    fn instantiate(&mut self) -> Result<(), LabError> {
        let oracle = ContractWrapper::new(
            wicker_oracle::contract::execute,
            wicker_oracle::contract::instantiate,
            wicker_oracle::contract::query,
        );
        let cdp = ContractWrapper::new(
            wicker_cdp::contract::execute,
            wicker_cdp::contract::instantiate,
            wicker_cdp::contract::query,
        );
        let oracle = self.chain.store_code(Box::new(oracle));
        let cdp = cdp.with_reply(wicker_cdp::contract::reply);
        let cdp = self.chain.store_code(Box::new(cdp));
        let msg = oracle::InstantiateMsg {
            owner: self.owner.to_string(),
            guardian: None,
        };
        let made =
            self.chain
                .instantiate_contract(oracle, self.owner.clone(), &msg, &[], "oracle", None);
        self.oracle = made.map_err(|error| refused("instantiating the oracle", why(&error)))?;
        let msg = cdp::InstantiateMsg {
            owner: self.owner.to_string(),
            guardian: None,
            oracle: self.oracle.to_string(),
            token: cdp::TokenModule {
                type_url_prefix: PREFIX.into(),
                direct_mint: false,
            },
            settings: None,
        };
        let made = self
            .chain
            .instantiate_contract(cdp, self.owner.clone(), &msg, &[], "cdp", None);
        self.cdp = made.map_err(|error| refused("instantiating cdp", why(&error)))?;
        Ok(())
    }

    /// Every asset is relayed by all feeders, the debt token is a dollar.
    fn sources(&mut self, scenario: &Scenario, prices: &[f64]) -> Result<(), LabError> {
        let relayed = oracle::Source::Relayed {
            feeders: self.feeders.iter().map(Addr::to_string).collect(),
            quorum: FEEDERS.1,
            max_spread: Decimal256::percent(5),
        };
        let assets = scenario.assets.iter().zip(prices);
        let assets = assets.map(|(asset, price)| (asset.name.clone(), relayed.clone(), *price));
        let dollar = oracle::Source::Fixed { price: "1".into() };
        let sources: Vec<_> = assets.chain([(self.debt.clone(), dollar, 1.0)]).collect();
        for (denom, source, price) in sources {
            let msg = oracle::ExecuteMsg::SetSource {
                denom: denom.clone(),
                source,
                guards: None,
                reference: oracle::Reference {
                    price: price_text(price),
                    band: Decimal256::percent(20),
                },
            };
            let (owner, oracle) = (self.owner.clone(), self.oracle.clone());
            self.tell(&owner, &oracle, &msg, &[])
                .map_err(|why| refused(&format!("the source of {denom}"), why))?;
        }
        Ok(())
    }

    fn report_all(&mut self, scenario: &Scenario, prices: &[f64]) -> Result<(), LabError> {
        let names = scenario.assets.iter().map(|asset| asset.name.clone());
        let prices: Vec<_> = names.zip(prices.iter().copied()).collect();
        self.report(&prices, &|_, _, price| price)?;
        self.refresh_debt()
    }

    /// All feeders report these prices of now, each what `said` makes of them for it. Of each denom, what became of its price: `accepted`, `pending`, `limited`, or
    /// `reported` when nothing did.
    pub fn report(
        &mut self,
        prices: &[(String, f64)],
        said: &dyn Fn(usize, &str, f64) -> f64,
    ) -> Result<BTreeMap<String, String>, LabError> {
        let publish_time = self.now();
        let mut outcomes = BTreeMap::new();
        for page in prices.chunks(oracle::MAX_LIST) {
            for (at, feeder) in self.feeders.clone().into_iter().enumerate() {
                let entries = page.iter().map(|(denom, price)| oracle::ReportedPrice {
                    denom: denom.clone(),
                    price: price_text(said(at, denom, *price)),
                    publish_time,
                    confidence: None,
                });
                let msg = oracle::ExecuteMsg::Report {
                    prices: entries.collect(),
                };
                let oracle = self.oracle.clone();
                let response = self.tell(&feeder, &oracle, &msg, &[]);
                let response = response.map_err(|why| refused("a feeder's report", why))?;
                for (denom, outcome) in outcomes_of(&response) {
                    let stands = outcomes.contains_key(&denom) && outcome == "reported";
                    if !stands {
                        outcomes.insert(denom, outcome);
                    }
                }
            }
        }
        Ok(outcomes)
    }

    /// The debt token's price becomes one of now.
    pub fn refresh_debt(&mut self) -> Result<(), LabError> {
        let msg = oracle::ExecuteMsg::Refresh {
            denoms: vec![self.debt.clone()],
        };
        let (keeper, oracle) = (self.keeper.clone(), self.oracle.clone());
        self.tell(&keeper, &oracle, &msg, &[])
            .map_err(|why| refused("refreshing the debt token's price", why))?;
        Ok(())
    }

    /// The owner governs; the first denom's fee is what the owner was given.
    fn govern(&mut self, msg: &cdp::GovernMsg) -> Result<(), LabError> {
        let fee = match msg {
            cdp::GovernMsg::CreateDenom { .. } => coins(FEE.0, FEE.1),
            _ => Vec::new(),
        };
        let owner = self.owner.clone();
        self.act(&owner, &cdp::ExecuteMsg::Govern(msg.clone()), &fee)
            .map_err(|why| refused("governing", why))?;
        Ok(())
    }

    /// Sends a message to cdp; on an error nothing has changed, and it is what the contract said.
    pub fn act(
        &mut self,
        sender: &Addr,
        msg: &cdp::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, String> {
        let cdp = self.cdp.clone();
        self.tell(sender, &cdp, msg, funds)
    }

    fn tell<M: serde::Serialize + std::fmt::Debug>(
        &mut self,
        sender: &Addr,
        contract: &Addr,
        msg: &M,
        funds: &[Coin],
    ) -> Result<AppResponse, String> {
        self.messages = self.messages.saturating_add(1);
        let mut funds = funds.to_vec();
        funds.sort_by(|one, other| one.denom.cmp(&other.denom));
        let sent = self
            .chain
            .execute_contract(sender.clone(), contract.clone(), msg, &funds);
        let response = sent.map_err(|error| why(&error))?;
        let kinds = response.events.iter();
        for event in kinds.filter(|event| event.ty.starts_with("wasm-")) {
            let seen = self.events.entry(event.ty.clone()).or_default();
            *seen = seen.saturating_add(1);
        }
        Ok(response)
    }

    /// Asks cdp.
    pub fn ask<T: DeserializeOwned>(&self, question: &cdp::QueryMsg) -> Result<T, String> {
        let answer = self.chain.wrap().query_wasm_smart(&self.cdp, question);
        answer.map_err(|error| why(&error))
    }

    /// Makes coins of a denom that is not the debt token.
    pub fn give(&mut self, to: &Addr, amount: u128, denom: &str) -> Result<(), LabError> {
        if amount == 0 {
            return Ok(());
        }
        let mint = SudoMsg::Bank(BankSudo::Mint {
            to_address: to.to_string(),
            amount: vec![money(amount, denom)],
        });
        let done = self.chain.sudo(mint);
        done.map_err(|error| refused("making coins", why(&error)))?;
        let made = self.made.entry(denom.into()).or_default();
        *made = made.saturating_add(amount);
        Ok(())
    }

    /// Sends coins between accounts; nothing when the amount is zero.
    pub fn send(
        &mut self,
        from: &Addr,
        to: &Addr,
        amount: u128,
        denom: &str,
    ) -> Result<(), LabError> {
        if amount == 0 {
            return Ok(());
        }
        let coins = [money(amount, denom)];
        let sent = self.chain.send_tokens(from.clone(), to.clone(), &coins);
        sent.map_err(|error| refused(&format!("sending {amount} {denom}"), why(&error)))?;
        Ok(())
    }

    /// What an account holds of a denom.
    pub fn balance(&self, owner: &Addr, denom: &str) -> u128 {
        let held = self.chain.wrap().query_balance(owner, denom);
        held.map_or(0, |coin| amount_of(coin.amount))
    }

    /// The block's time.
    pub fn now(&self) -> u64 {
        self.chain.block_info().time.seconds()
    }

    /// Moves the clock to `time`, never back.
    pub fn wait_until(&mut self, time: u64) {
        let now = self.now();
        let blocks = time.saturating_sub(now) / BLOCK;
        self.chain.update_block(|block| {
            block.time = Timestamp::from_seconds(time.max(now));
            block.height = block.height.saturating_add(blocks.max(1));
        });
    }

    /// Moves the clock by a block.
    pub fn next_block(&mut self) {
        self.wait_until(self.now().saturating_add(BLOCK));
    }
}

/// An error of the chain as its innermost cause says it, without what the chain puts in front; figures at 1e-18 as decimals.
pub fn why(error: &StdError) -> String {
    let text = (**error).to_string();
    let cause = text.rsplit("error: ").next().unwrap_or_default();
    let words: Vec<String> = cause.split(' ').map(word).collect();
    words.join(" ")
}

/// A word, or what a figure such as `2500000000000000000e-18` comes to.
fn word(word: &str) -> String {
    let figure = word.strip_suffix("e-18").and_then(|raw| raw.parse().ok());
    figure.map_or_else(
        || word.into(),
        |raw: i128| format!("{:.2}", raw as f64 / 1e18),
    )
}

/// A message that the run cannot do without was refused.
pub fn refused(verb: &str, why: String) -> LabError {
    LabError::Refused {
        verb: verb.into(),
        why,
    }
}

fn outcomes_of(response: &AppResponse) -> Vec<(String, String)> {
    let prices = response.events.iter();
    let prices = prices.filter(|event| event.ty == "wasm-wicker_price");
    prices
        .filter_map(|event| {
            let value = |key: &str| {
                let mut found = event.attributes.iter().filter(|entry| entry.key == key);
                found.next().map(|entry| entry.value.clone())
            };
            Some((value("denom")?, value("outcome")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_without_the_chains_words_and_in_decimals() {
        let cause = "equity -2500000000000000000e-18 is below 12e-18 dollars";
        let error = StdError::msg(format!("Error executing X:\nkind: Other, error: {cause}"));
        assert_eq!(why(&error), "equity -2.50 is below 0.00 dollars");
        assert_eq!(why(&StdError::msg("a plain cause")), "a plain cause");
    }
}
