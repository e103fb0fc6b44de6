//! What each action of the protocol costs on the chain, every record it touches being there before.

use std::collections::BTreeMap;

use cosmwasm_std::{Coin, Uint128};
use wicker_client::{Execute, Gas, GasPrice, Message, Signer};
use wicker_msgs::{
    cdp::ExecuteMsg,
    oracle::{self, ReportedPrice},
};

use crate::{
    error::{Error, Trying},
    net::Net,
    protocol::{recalibrate, start_oracle, Codes, Protocol, DENOMS, START},
    settings::{loose, relayed, reported, UNIT},
};

/// The most that an action needs.
const LIMIT: u64 = 3_000_000;

/// Gas by action and number of collaterals.
pub type Costs = BTreeMap<(&'static str, usize), u64>;

/// The actions of owners, keepers and anyone, each where it is measured.
pub const DEPOSIT: &str = "deposit";
/// Without debt.
pub const WITHDRAW: &str = "withdraw";
/// With debt outstanding.
pub const WITHDRAW_WITH_DEBT: &str = "withdraw with debt";
/// Mints.
pub const BORROW: &str = "borrow";
/// Burns.
pub const REPAY: &str = "repay";
/// Burns and takes a slice of every collateral.
pub const LIQUIDATE: &str = "liquidate";
/// Burns and takes a slice of the only collateral which the position has, of those its basket has.
pub const LIQUIDATE_ONE: &str = "liquidate, one collateral held";
/// Both records of a basket's risk.
pub const RECALIBRATE: &str = "recalibrate";

/// What a fee adds to a transaction.
pub async fn fee(net: &Net, codes: Codes) -> Result<u64, Error> {
    let protocol = Protocol::start(net, codes, &[1]).await?;
    let alice = net.account("alice")?;
    let coins = || vec![Coin::new(UNIT, DENOMS[0])];
    let basket = protocol.baskets.values().next().copied();
    let basket = basket.ok_or_else(|| Error::Wrong("there is no basket".into()))?;
    let deposit = ExecuteMsg::Deposit {
        position: Some(protocol.open(alice, basket, coins(), None).await?),
        basket: None,
    };
    let deposit = Execute::new(&*protocol.cdp, &deposit).trying("writing a deposit")?;
    let price: GasPrice = format!("0.025{}", net.denom).parse().trying("a price")?;
    let mut used = Vec::new();
    for price in [None, Some(price.clone()), None, Some(price)] {
        let gas = Gas {
            limit: Some(LIMIT),
            price,
        };
        let messages = [deposit.clone().with_funds(coins()).into()];
        let done = net.chain.transact(alice, &messages, &gas).await;
        used.push(done.trying("depositing")?.gas_used);
    }
    match *used {
        [_, _, without, with] => Ok(with.saturating_sub(without)),
        _ => Err(Error::Wrong("a deposit is missing".into())),
    }
}

/// Measures a deployment of its own, whose baskets have so many positions beside those that are measured.
pub async fn measure(
    net: &Net,
    codes: Codes,
    sizes: &[usize],
    others: usize,
) -> Result<Costs, Error> {
    let protocol = Protocol::start(net, codes, sizes).await?;
    protocol.fill(others).await?;
    let keeper = net.account("keeper")?;
    lend(&protocol, keeper).await?;
    let mut costs = Costs::new();
    let mut debtors = Vec::new();
    for (size, basket) in &protocol.baskets {
        let owners = Owners::open(net, &protocol, *size, *basket).await?;
        let coins = vec![Coin::new(1_000 * UNIT, DENOMS[0])];
        let carol = net.account("carol")?;
        let one = protocol.open(carol, *basket, coins, Some(3_000 * UNIT));
        debtors.push((LIQUIDATE_ONE, *size, one.await?));
        debtors.push((LIQUIDATE, *size, owners.debtor));
        // The shares of risk, too, stand in records from the second time on.
        costs.extend(owners.costs().await?);
    }
    protocol.coarse(START).await?;
    for (size, basket) in &protocol.baskets {
        let msg = recalibrate(*basket);
        let done = protocol.tell(keeper, &msg, Vec::new(), LIMIT).await?;
        costs.insert((RECALIBRATE, *size), done.gas_used);
    }
    protocol.measure(START).await?;
    protocol.crash().await?;
    for (action, size, position) in debtors {
        let liquidate = ExecuteMsg::Liquidate {
            position,
            max_repay: None,
            min_received: Vec::new(),
            deadline: None,
            recipient: None,
        };
        // Less than is due, so that nothing returns.
        let coin = vec![Coin::new(1_000 * UNIT, &protocol.debt)];
        let done = protocol.tell(keeper, &liquidate, coin, LIMIT);
        costs.insert((action, size), done.await?.gas_used);
    }
    Ok(costs)
}

/// Debt tokens for who pays others' debts.
async fn lend(protocol: &Protocol<'_>, keeper: &Signer) -> Result<(), Error> {
    let (size, basket) = protocol
        .baskets
        .last_key_value()
        .ok_or_else(|| Error::Wrong("there is no basket".into()))?;
    let coins = all(*size, 20_000);
    let borrow = Some(20_000 * UNIT * *size as u128);
    protocol.open(keeper, *basket, coins, borrow).await?;
    Ok(())
}

/// So many whole tokens of each of a basket's collaterals, in the order the chain wants.
fn all(size: usize, tokens: u128) -> Vec<Coin> {
    let denoms = DENOMS.iter().take(size);
    let mut coins: Vec<Coin> = denoms.map(|it| Coin::new(tokens * UNIT, *it)).collect();
    coins.sort_by(|one, other| one.denom.cmp(&other.denom));
    coins
}

/// Two positions with all of a basket's collaterals.
struct Owners<'a> {
    protocol: &'a Protocol<'a>,
    alice: &'a Signer,
    bob: &'a Signer,
    size: usize,
    /// Alice's, which owes three tenths of its value.
    debtor: u64,
    /// Bob's, without debt.
    holder: u64,
}

impl<'a> Owners<'a> {
    async fn open(
        net: &'a Net,
        protocol: &'a Protocol<'a>,
        size: usize,
        basket: u32,
    ) -> Result<Self, Error> {
        let (alice, bob) = (net.account("alice")?, net.account("bob")?);
        let (coins, debt) = (all(size, 1_000), 3_000 * UNIT * size as u128);
        let debtor = protocol.open(alice, basket, coins.clone(), Some(debt));
        let debtor = debtor.await?;
        Ok(Self {
            protocol,
            alice,
            bob,
            size,
            debtor,
            holder: protocol.open(bob, basket, coins, None).await?,
        })
    }

    async fn costs(&self) -> Result<Costs, Error> {
        let withdraw = |position| ExecuteMsg::Withdraw {
            position,
            denom: DENOMS[0].into(),
            amount: Some(Uint128::new(UNIT)),
            recipient: None,
        };
        let deposit = ExecuteMsg::Deposit {
            position: Some(self.debtor),
            basket: None,
        };
        let borrow = ExecuteMsg::Borrow {
            position: self.debtor,
            amount: Uint128::new(UNIT),
            recipient: None,
        };
        let repay = ExecuteMsg::Repay {
            position: self.debtor,
        };
        let coin = |denom: &str| vec![Coin::new(UNIT, denom)];
        let (first, debt) = (DENOMS[0], &self.protocol.debt);
        let mut costs = Costs::new();
        for (action, who, msg, funds) in [
            (DEPOSIT, self.alice, deposit, coin(first)),
            (WITHDRAW, self.bob, withdraw(self.holder), Vec::new()),
            (
                WITHDRAW_WITH_DEBT,
                self.alice,
                withdraw(self.debtor),
                Vec::new(),
            ),
            (BORROW, self.alice, borrow, Vec::new()),
            (REPAY, self.alice, repay, coin(debt)),
        ] {
            self.protocol.tell(who, &msg, funds.clone(), LIMIT).await?;
            let done = self.protocol.tell(who, &msg, funds, LIMIT).await?;
            costs.insert((action, self.size), done.gas_used);
        }
        Ok(costs)
    }
}

/// What a report costs: of a lone feeder, of the first of two, and of the second, whose report makes the price.
#[derive(Debug, Clone, Copy)]
pub struct Reports {
    /// Prices in it.
    pub prices: usize,
    /// A lone feeder's.
    pub alone: u64,
    /// Stored, and no price yet.
    pub first: u64,
    /// With it the quorum is there.
    pub second: u64,
}

/// Measures reports of so many prices each.
pub async fn reports(net: &Net, codes: Codes, sizes: &[usize]) -> Result<Vec<Reports>, Error> {
    let names = ["feeder1", "feeder2", "feeder3"];
    let feeders = names.map(|name| net.account(name)).into_iter();
    let feeders = feeders.collect::<Result<Vec<_>, _>>()?;
    let addresses: Vec<&str> = feeders.iter().map(|feeder| feeder.address()).collect();
    let deployer = net.account("deployer")?;
    let mut oracles = Vec::new();
    for (feeders, quorum) in [(addresses.get(..1), 1), (addresses.get(..), 2)] {
        let oracle = start_oracle(net, codes).await?;
        let sources = DENOMS.map(|denom| {
            let msg = relayed(
                denom,
                START,
                feeders.unwrap_or_default(),
                quorum,
                Some(loose()),
            );
            Execute::new(&*oracle, &msg).map(Message::from)
        });
        let sources = sources.into_iter().collect::<Result<_, _>>();
        let sources = sources.trying("writing sources")?;
        net.act(deployer, sources, None, "setting sources").await?;
        oracles.push(oracle);
    }
    let mut reports = Vec::new();
    for size in sizes {
        let mut last = Vec::new();
        // The last of three rounds: every record is there and prices are confirmed.
        for _ in 0..3 {
            net.forward(40)?;
            let time = net.time().await?;
            last.clear();
            for (oracle, feeder) in [(0, 0), (1, 0), (1, 1)] {
                let prices = DENOMS.iter().take(*size);
                let prices = prices.map(|denom| reported(denom, START, time));
                let msg = oracle::ExecuteMsg::Report {
                    prices: prices.collect::<Vec<ReportedPrice>>(),
                };
                let (Some(oracle), Some(feeder)) = (oracles.get(oracle), feeders.get(feeder))
                else {
                    return Err(Error::Wrong("an oracle or a feeder is missing".into()));
                };
                let done = net.tell(feeder, oracle, &msg, Vec::new(), LIMIT).await?;
                last.push(done.gas_used);
            }
        }
        if let [alone, first, second] = *last {
            reports.push(Reports {
                prices: *size,
                alone,
                first,
                second,
            });
        }
    }
    Ok(reports)
}
