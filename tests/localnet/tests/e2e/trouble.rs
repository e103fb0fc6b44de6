//! A pause of the guardian's, and a node that is killed while transactions are on their way.

use cosmwasm_std::{Coin, Uint128};
use wicker_client::{ClientError, Gas, Message, Sent, Signer};
use wicker_engine::health::Level;
use wicker_localnet::{
    deployment::Deployment,
    error::{Error, Trying},
    keeper,
    mirror::Mirror,
    settings::UNIT,
};
use wicker_msgs::cdp::{ExecuteMsg, GuardMsg};

use crate::{
    decisions::{debt_coin, totals},
    town::MAJORS,
    HOUR,
};

/// A position with its owner.
struct Owned<'a> {
    position: u64,
    owner: &'a Signer,
}

/// Borrowing and withdrawing stop; repaying and depositing do not. Something is due in the paused basket, and the keeper comes next.
pub async fn a_pause_stops_new_risk_and_nothing_else(
    deployment: &Deployment<'_>,
) -> Result<(), Error> {
    let guardian = deployment.net.account("guardian")?;
    let pause = ExecuteMsg::Guard(GuardMsg::PauseBorrow {
        basket: 1,
        until: deployment.net.time().await? + HOUR / 2,
    });
    let stranger = deployment.net.account("carol")?;
    let why = deployment.refusal(stranger, &pause, Vec::new()).await?;
    assert!(why.contains("is not the guardian"), "{why}");
    deployment.tell(guardian, &pause, Vec::new()).await?;

    let mirror = Mirror::take(deployment).await?;
    let Some(healthy) = owned(deployment, &mirror, Level::Healthy)?.pop() else {
        panic!("nobody is healthy");
    };
    let (position, owner) = (healthy.position, healthy.owner);
    let account = &mirror.accounts()?[&position];
    let (leg, _) = account.position.collateral[0];
    let denom = MAJORS.1[usize::from(leg)];
    let borrow = ExecuteMsg::Borrow {
        position,
        amount: Uint128::new(UNIT),
        recipient: None,
    };
    let withdraw = ExecuteMsg::Withdraw {
        position,
        denom: denom.into(),
        amount: Some(Uint128::one()),
        recipient: None,
    };
    for msg in [borrow, withdraw] {
        let why = deployment.refusal(owner, &msg, Vec::new()).await?;
        assert!(why.contains("takes no new risk until"), "{why}");
    }
    let repay = ExecuteMsg::Repay { position };
    let coins = debt_coin(deployment, UNIT);
    deployment.tell(owner, &repay, coins).await?;
    let deposit = ExecuteMsg::Deposit {
        position: Some(position),
        basket: None,
    };
    let coins = vec![Coin::new(1u128, denom)];
    deployment.tell(owner, &deposit, coins).await?;

    let due = keeper::due(&mirror)?;
    let due: Vec<_> = due.into_iter().filter(|it| it.basket == 1).collect();
    assert!(!due.is_empty(), "nothing is due in the paused basket");
    Ok(())
}

/// Half of the users have repaid and the others' repayments are on their way when the node's process is killed. After its restart every
/// block before is there with the same state, each repayment is in a block or can be sent again, and each counts once.
pub async fn a_killed_node_loses_nothing_and_repeats_nothing(
    deployment: &Deployment<'_>,
) -> Result<(), Error> {
    let chain = &deployment.net.chain;
    let supply = totals(deployment).await?.supply.u128();
    let repayers = repayers(deployment).await?;
    let (early, late) = repayers.split_at(repayers.len() / 2);
    assert!(early.len() >= 5, "{} can repay", repayers.len());
    let mut done = Vec::new();
    for sent in &send(deployment, early).await? {
        done.push(chain.confirm(sent).await.trying("repaying")?);
    }
    let before = Mirror::take(deployment).await?;
    let under_way = send(deployment, late).await?;
    deployment.net.kill()?;
    assert!(deployment.net.time().await.is_err(), "the node is dead");
    deployment.net.restart()?;

    let again = Mirror::at(deployment, before.block).await?;
    assert_eq!(again.records, before.records);
    for before in done {
        let found = deployment.net.find(&before.hash).await?;
        assert_eq!(found.unwrap().trying("repaying")?, before);
    }
    let mut lost = Vec::new();
    for (at, sent) in under_way.iter().enumerate() {
        match chain.confirm(sent).await {
            Err(ClientError::Expired { .. }) => lost.push(at),
            other => {
                other.trying("repaying")?;
            }
        }
    }
    for at in &lost {
        for sent in send(deployment, &late[*at..=*at]).await? {
            chain.confirm(&sent).await.trying("repaying again")?;
        }
    }
    let repaid = repayers.len() as u128 * UNIT;
    assert_eq!(supply - totals(deployment).await?.supply.u128(), repaid);
    let (all, lost) = (under_way.len(), lost.len());
    eprintln!("killed with {all} repayments under way; {lost} were lost and sent again");
    Ok(())
}

/// A healthy position of every user who has one.
async fn repayers<'a>(deployment: &Deployment<'a>) -> Result<Vec<Owned<'a>>, Error> {
    let mirror = Mirror::take(deployment).await?;
    let mut repayers: Vec<Owned<'_>> = Vec::new();
    for one in owned(deployment, &mirror, Level::Healthy)? {
        let known = |other: &Owned<'_>| other.owner.address() == one.owner.address();
        if !repayers.iter().any(known) {
            repayers.push(one);
        }
    }
    Ok(repayers)
}

/// Sends a repayment of a dollar for each, and waits for none.
async fn send(deployment: &Deployment<'_>, repayers: &[Owned<'_>]) -> Result<Vec<Sent>, Error> {
    let gas = Gas {
        limit: Some(500_000),
        price: None,
    };
    let mut sent = Vec::new();
    for one in repayers {
        let repay = ExecuteMsg::Repay {
            position: one.position,
        };
        let repay = deployment.to_cdp(&repay)?;
        let message = Message::from(repay.with_funds(debt_coin(deployment, UNIT)));
        let messages = vec![message.to_any(one.owner.address())];
        let broadcast = deployment.net.chain.broadcast(one.owner, messages, &gas);
        sent.push(broadcast.await.trying("repaying")?);
    }
    Ok(sent)
}

/// Positions of the first basket at this level, with their owners.
fn owned<'a>(
    deployment: &Deployment<'a>,
    mirror: &Mirror,
    level: Level,
) -> Result<Vec<Owned<'a>>, Error> {
    let accounts = mirror.accounts()?;
    let standings = mirror.standings(1)?.into_iter();
    let standings = standings.filter(|standing| standing.level == level);
    let owned = standings.map(|standing| {
        let position = standing.position;
        let owner = deployment.net.signer(accounts[&position].owner.as_str())?;
        Ok(Owned { position, owner })
    });
    owned.collect()
}
