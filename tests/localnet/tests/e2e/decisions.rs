//! What the chain's governance decides, and what nobody else can.

use cosmwasm_std::{Coin, Decimal256, Uint128};
use wicker_client::{Execute, VoteOption};
use wicker_localnet::{
    deployment::Deployment,
    error::{Error, Trying},
    feeders::Prices,
    governance::Ending,
    settings::{asset, basket, member, UNIT},
};
use wicker_msgs::{
    cdp::{
        BasketResponse, BasketSettings, ConfigResponse, ExecuteMsg, GovernMsg, ParameterChange,
        PendingResponse, QueryMsg, Target, TotalsResponse,
    },
    oracle,
};

use crate::town::{MAJORS, SHAKY};

/// The delay of what loosens, by default.
pub const DELAY: u64 = 48 * 3_600;

/// One proposal accepts both contracts, lists the collaterals and opens both baskets.
pub async fn take_over(deployment: &Deployment<'_>, prices: &Prices) -> Result<(), Error> {
    let mut messages = deployment.acceptance()?;
    for (denom, price) in prices {
        let flow_cap = match MAJORS.1.contains(&denom.as_str()) {
            true => 10_000_000,
            false => 1_000_000,
        };
        let listed = GovernMsg::ListAsset(asset(denom, *price, flow_cap));
        messages.push(deployment.governed(listed)?);
    }
    for ((name, members), floor) in [(MAJORS, 60), (SHAKY, 90)] {
        let members = members.iter().map(|denom| member(denom, floor)).collect();
        let opened = GovernMsg::CreateBasket(Box::new(basket(name, &deployment.debt, members)));
        messages.push(deployment.governed(opened)?);
    }
    let ending = decide(
        deployment,
        "Take Wicker over and open two baskets",
        messages,
    )
    .await?;
    assert_eq!(ending, Ending::Passed);
    let config: ConfigResponse = deployment.ask(&QueryMsg::Config {}).await?;
    assert_eq!(config.owner, Some(deployment.gov.authority.clone()));
    assert_eq!(config.baskets, 2);
    let chain = &deployment.net.chain;
    let config: oracle::ConfigResponse = chain
        .query(&deployment.oracle, &oracle::QueryMsg::Config {})
        .await
        .trying("asking the oracle")?;
    assert_eq!(config.owner, deployment.gov.authority);
    Ok(())
}

/// Who deployed governs no more, what the vote is against is not done, and what is out of bounds fails as a whole.
pub async fn are_the_owners_alone(deployment: &Deployment<'_>) -> Result<(), Error> {
    let before = settings(deployment).await?;
    let deployer = deployment.net.account("deployer")?;
    let guardian = GovernMsg::SetGuardian { guardian: None };
    let msg = ExecuteMsg::Govern(guardian.clone());
    let why = deployment.refusal(deployer, &msg, Vec::new()).await?;
    assert!(why.contains("is not the owner"), "{why}");

    let message = vec![deployment.governed(guardian)?];
    let ending = deployment
        .gov
        .decide("Remove the guardian", message, VoteOption::No)
        .await?;
    assert_eq!(ending, Ending::Rejected);

    let tighter = change("min_debt", Decimal256::from_ratio(200 * UNIT, 1u128));
    let absurd = change("multiplier", Decimal256::from_ratio(1_000u64, 1u64));
    let messages = vec![deployment.governed(tighter)?, deployment.governed(absurd)?];
    let ending = decide(deployment, "One sound change and one absurd one", messages).await?;
    let failed = matches!(&ending, Ending::Failed(why) if why.contains("multiplier"));
    assert!(failed, "{ending:?}");
    assert_eq!(settings(deployment).await?, before);
    let config: ConfigResponse = deployment.ask(&QueryMsg::Config {}).await?;
    assert!(config.guardian.is_some());
    Ok(())
}

/// One vote tightens a parameter, which holds at once, and loosens another, which waits for its delay and may then be applied by anyone.
pub async fn tighten_at_once_and_loosen_after_the_delay(
    deployment: &Deployment<'_>,
) -> Result<(), Error> {
    let before = settings(deployment).await?;
    let least = before.min_debt + Uint128::new(50 * UNIT);
    let most = before.debt_ceiling + before.debt_ceiling.multiply_ratio(1u128, 5u128);
    let messages = vec![
        deployment.governed(change("min_debt", Decimal256::from_ratio(least, 1u128)))?,
        deployment.governed(change("debt_ceiling", Decimal256::from_ratio(most, 1u128)))?,
    ];
    let ending = decide(deployment, "Raise the least debt and the ceiling", messages).await?;
    assert_eq!(ending, Ending::Passed);
    let now = settings(deployment).await?;
    assert_eq!(
        (now.min_debt, now.debt_ceiling),
        (least, before.debt_ceiling)
    );

    let pending: PendingResponse = deployment
        .ask(&QueryMsg::Pending {
            start_after: None,
            limit: None,
        })
        .await?;
    let [waiting] = &pending.pending[..] else {
        panic!("one change waits: {:?}", pending.pending);
    };
    let apply = ExecuteMsg::Apply { id: waiting.id };
    let anyone = deployment.net.account("carol")?;
    let why = deployment.refusal(anyone, &apply, Vec::new()).await?;
    assert!(why.contains("the change can be applied at"), "{why}");
    deployment.net.forward(DELAY)?;
    deployment.tell(anyone, &apply, Vec::new()).await?;
    assert_eq!(settings(deployment).await?.debt_ceiling, most);
    let why = deployment.refusal(anyone, &apply, Vec::new()).await?;
    assert!(why.contains("there is no change"), "{why}");
    Ok(())
}

/// Interest that borrowers owe is minted for somebody, and the accounts go on to balance.
pub async fn pay_out_interest(deployment: &Deployment<'_>) -> Result<(), Error> {
    let payee = deployment.net.account("bob")?.address();
    let amount = 100 * UNIT;
    let before: TotalsResponse = totals(deployment).await?;
    let message = deployment.governed(GovernMsg::WithdrawReserve {
        basket: 1,
        amount: Uint128::new(amount),
        recipient: payee.into(),
    })?;
    let ending = decide(deployment, "Pay interest out", vec![message]).await?;
    assert_eq!(ending, Ending::Passed);
    let after = totals(deployment).await?;
    assert_eq!(after.supply.u128() - before.supply.u128(), amount);
    let held = deployment.net.chain.balance(payee, &deployment.debt).await;
    assert_eq!(held.trying("a balance")?.u128(), amount);
    Ok(())
}

/// The debt token's totals.
pub async fn totals(deployment: &Deployment<'_>) -> Result<TotalsResponse, Error> {
    let denom = deployment.debt.clone();
    deployment.ask(&QueryMsg::Totals { denom }).await
}

async fn decide(
    deployment: &Deployment<'_>,
    title: &str,
    messages: Vec<Execute>,
) -> Result<Ending, Error> {
    deployment
        .gov
        .decide(title, messages, VoteOption::Yes)
        .await
}

async fn settings(deployment: &Deployment<'_>) -> Result<BasketSettings, Error> {
    let question = QueryMsg::Basket { basket: 1 };
    Ok(deployment.ask::<BasketResponse>(&question).await?.settings)
}

fn change(name: &str, value: Decimal256) -> GovernMsg {
    GovernMsg::Change {
        changes: vec![ParameterChange {
            target: Target::Basket { basket: 1 },
            name: name.into(),
            value,
            expected: None,
        }],
    }
}

/// A coin of the debt token.
pub fn debt_coin(deployment: &Deployment<'_>, amount: u128) -> Vec<Coin> {
    vec![Coin::new(amount, &deployment.debt)]
}
