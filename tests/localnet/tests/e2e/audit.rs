//! The accounts, from the chain's own records.

use std::collections::BTreeMap;

use wicker_client::Chain;
use wicker_engine::invariants::{check, parameters_are_in_bounds};
use wicker_localnet::{
    deployment::Deployment,
    error::{Error, Trying},
    mirror::Mirror,
};
use wicker_math::Amount;
use wicker_msgs::cdp::{PositionsResponse, QueryMsg, TotalsResponse, MAX_PAGE};

use crate::town::{MAJORS, SHAKY};

/// As of one block: every invariant of the engine; the bank's supply is debt and deficits less interest that is not minted; pages hold
/// every position once, with its debt; and every coin of every denom is in somebody's account.
pub async fn holds(deployment: &Deployment<'_>) -> Result<(), Error> {
    let mirror = Mirror::take(deployment).await?;
    let denoms = MAJORS.1.iter().chain(SHAKY.1).map(ToString::to_string);
    let denoms: Vec<String> = denoms.chain([deployment.debt.clone()]).collect();
    let (mut balances, mut supplies) = (BTreeMap::new(), BTreeMap::new());
    for denom in &denoms {
        let held = balance(&mirror.chain, &deployment.cdp, denom).await?;
        balances.insert(denom.clone(), Amount::new(held));
        let supply = mirror.chain.supply(denom).await.trying("a supply")?.u128();
        supplies.insert(denom.clone(), Amount::new(supply));
        let mut found = 0;
        let modules = [
            &deployment.oracle,
            &deployment.cdp,
            &deployment.gov.authority,
        ];
        let accounts = deployment.net.addresses();
        let accounts = accounts.into_iter().chain(modules.map(String::as_str));
        for account in accounts {
            found += balance(&mirror.chain, account, denom).await?;
        }
        assert_eq!(found, supply, "{denom} in accounts and in all");
    }
    let debt = &deployment.debt;
    let supply = [(debt.clone(), supplies[debt])].into();
    let snapshot = mirror.snapshot(balances, supply)?;
    assert_eq!(check(&snapshot), []);
    for basket in &snapshot.baskets {
        assert_eq!(parameters_are_in_bounds(basket), []);
    }
    supply_is_owed(deployment, &mirror, supplies[debt].raw()).await?;
    pages_are_the_whole(deployment, &mirror).await
}

async fn supply_is_owed(
    deployment: &Deployment<'_>,
    mirror: &Mirror,
    supply: u128,
) -> Result<(), Error> {
    let question = QueryMsg::Totals {
        denom: deployment.debt.clone(),
    };
    let totals = mirror.chain.query(&deployment.cdp, &question).await;
    let totals: TotalsResponse = totals.trying("asking for the totals")?;
    let [debt, deficit, reserve] =
        [totals.debt, totals.deficit, totals.reserve].map(|it| it.u128());
    assert!(reserve > 0, "borrowing has fees");
    assert_eq!(supply, debt + deficit - reserve);
    assert_eq!(supply, totals.supply.u128());
    Ok(())
}

async fn pages_are_the_whole(deployment: &Deployment<'_>, mirror: &Mirror) -> Result<(), Error> {
    let accounts = mirror.accounts()?;
    let mut seen = 0;
    for basket in mirror.baskets()? {
        let standings = mirror.standings(basket)?.into_iter();
        let owed: BTreeMap<u64, u128> = standings.map(|it| (it.position, it.debt)).collect();
        let mut start_after = None;
        loop {
            let question = QueryMsg::Positions {
                owner: None,
                basket: Some(basket),
                start_after,
                limit: Some(MAX_PAGE),
            };
            let page = mirror.chain.query(&deployment.cdp, &question).await;
            let page: PositionsResponse = page.trying("asking for positions")?;
            for one in &page.positions {
                assert_eq!(accounts[&one.position].owner.as_str(), one.owner);
                let owed = owed.get(&one.position).copied().unwrap_or_default();
                assert_eq!(one.debt.u128(), owed, "position {}", one.position);
            }
            seen += page.positions.len();
            let Some(last) = page.positions.last() else {
                break;
            };
            start_after = Some(last.position);
        }
    }
    assert_eq!(seen, accounts.len());
    Ok(())
}

async fn balance(chain: &Chain, account: &str, denom: &str) -> Result<u128, Error> {
    let held = chain.balance(account, denom).await;
    Ok(held.trying("a balance")?.u128())
}
