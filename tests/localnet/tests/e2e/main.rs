//! The protocol on a live chain, from nothing to its end: deployed, governed, used by many, through a crash.
//!
//! `cargo xtask e2e` starts the chain and runs this on it.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::panic, clippy::unwrap_used)]

mod audit;
mod crash;
mod decisions;
mod town;
mod trouble;

use std::collections::BTreeSet;

use wicker_localnet::{
    deployment::Deployment,
    error::Error,
    feeders::{self, Feeders, Mishap, Prices},
    keeper::{Keeper, Trouble},
    net::Net,
};

const PATH: &str = include_str!("crash.csv");
/// The row of the path in which a feeder is killed, which is the first of the crash: users have come before; the one in which it is back
/// and another reports ten times the price; the one in which the guardian stops borrowing and the keeper is killed; and the one in which
/// the node is killed, first under users and then under the keeper.
const CRASH: usize = 3;
const WILD: usize = 4;
const PAUSED: usize = 5;
const KILLED: usize = 6;
/// A keeper is measured over so many rounds.
const ROUNDS: u64 = 20;

// Connections that the node closes are noticed while the test waits for a program.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn after_votes_a_crash_a_pause_and_a_killed_node_every_coin_is_accounted_for(
) -> Result<(), Error> {
    let net = Net::open().await?;
    let path = feeders::path(PATH)?;
    let (_, first) = &path[0];
    let deployment = deploy(&net, first).await?;
    // After all that is decided first.
    let (now, start) = (net.time().await?, next_hour(&net).await? + decisions::DELAY);
    let time = |hour: u64| start + hour * HOUR;
    let rows = path.iter().skip(1);
    let rows = rows.map(|(hour, prices)| (time(*hour), prices));
    let rows: Vec<_> = [(now, first)].into_iter().chain(rows).collect();
    let mut feeders = Feeders::start(&deployment, &rows, WILD)?;
    feeders.follow(now, first, Mishap::None).await?;
    decisions::take_over(&deployment, first).await?;
    decisions::are_the_owners_alone(&deployment).await?;
    decisions::tighten_at_once_and_loosen_after_the_delay(&deployment).await?;

    let (keeper, from) = (Keeper::new(&deployment)?, net.height().await?);
    let mut crash = crash::Crash::default();
    for (row, (hour, prices)) in path.iter().enumerate() {
        arrive(&deployment, time(*hour)).await?;
        let mishap = match row {
            CRASH => Mishap::Killed,
            WILD => Mishap::Wild,
            _ => Mishap::None,
        };
        feeders.follow(time(*hour), prices, mishap).await?;
        crash::prices_are_the_paths(&deployment, prices).await?;
        crash::measure(&deployment).await?;
        if row == CRASH - 1 {
            town::opens(&deployment, prices).await?;
            audit::holds(&deployment).await?;
            let (requests, seconds) = keeper.measured(ROUNDS)?;
            eprintln!("a keeper's round: {requests:.1} requests, {seconds:.3} s");
        }
        if row == PAUSED {
            trouble::a_pause_stops_new_risk_and_nothing_else(&deployment).await?;
        }
        if row == KILLED {
            trouble::a_killed_node_loses_nothing_and_repeats_nothing(&deployment).await?;
        }
        let trouble = match row {
            PAUSED => Trouble::Killed,
            KILLED => Trouble::NodeKilled,
            _ => Trouble::None,
        };
        crash.liquidate(&deployment, &keeper, trouble).await?;
        assert!(
            row != PAUSED || crash.reached(1),
            "a pause stops nobody from liquidating"
        );
        eprintln!("hour {hour}: {} liquidations so far", crash.liquidations());
    }
    crash.was_one();
    keeper.tells_what_the_chain_does(from).await?;
    let reports = feeders.tell_what_the_chain_has().await?;
    eprintln!("{reports} reports of three feeders");
    town::loss_stays_in_its_basket(&deployment).await?;
    town::survivor_leaves_with_everything(&deployment).await?;
    decisions::pay_out_interest(&deployment).await?;
    audit::holds(&deployment).await?;
    crash.summary();
    feeders.stop()
}

/// An hour, in seconds.
const HOUR: u64 = 3_600;

async fn deploy<'a>(net: &'a Net, first: &Prices) -> Result<Deployment<'a>, Error> {
    let references = first.iter();
    let references = references.map(|(denom, price)| (denom.clone(), price.to_string()));
    let references: Vec<_> = references.collect();
    let deployment = Deployment::start(net, &references).await?;
    let admins = [&deployment.cdp, &deployment.oracle];
    let mut found = BTreeSet::new();
    for contract in admins {
        found.insert(net.admin(contract).await?);
    }
    assert_eq!(found, [deployment.gov.authority.clone()].into());
    Ok(deployment)
}

/// The next full hour of the chain's clock.
async fn next_hour(net: &Net) -> Result<u64, Error> {
    Ok(net.time().await?.next_multiple_of(HOUR) + HOUR)
}

/// Goes on to a time; errors when it has passed.
async fn arrive(deployment: &Deployment<'_>, time: u64) -> Result<(), Error> {
    let now = deployment.net.time().await?;
    let ahead = time.checked_sub(now);
    let late = || Error::Wrong(format!("it is {now}, later than {time}"));
    deployment.net.forward(ahead.ok_or_else(late)?)
}
