//! Prices fall, and who falls with them is liquidated, nobody else.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::Decimal256;
use wicker_cdp::state::Account;
use wicker_client::Execute;
use wicker_localnet::{
    deployment::Deployment,
    error::{Error, Trying},
    feeders::{Prices, SPREAD},
    keeper::{self, Keeper, Report, Trouble},
    mirror::{Mirror, Standing},
};
use wicker_msgs::cdp::{ExecuteMsg, LiquidatableResponse, QueryMsg, MAX_PAGE};

/// What keepers have done so far.
#[derive(Default)]
pub struct Crash {
    reports: Vec<Report>,
}

/// Each price is the path's, up to how far feeders that see different markets are from each other.
pub async fn prices_are_the_paths(
    deployment: &Deployment<'_>,
    prices: &Prices,
) -> Result<(), Error> {
    for (denom, expected) in prices {
        let price = deployment.price(denom).await?;
        let most = *expected * Decimal256::from_ratio(SPREAD, 10_000u64);
        assert!(
            price.abs_diff(*expected) <= most,
            "{denom} is {price} instead of {expected}"
        );
    }
    Ok(())
}

/// Anyone measures both baskets.
pub async fn measure(deployment: &Deployment<'_>) -> Result<(), Error> {
    let messages = [1, 2].map(|basket| {
        Execute::new(&*deployment.cdp, &ExecuteMsg::Recalibrate { basket }).map(Into::into)
    });
    let messages = messages.into_iter().collect::<Result<_, _>>();
    let anyone = deployment.net.account("carol")?;
    deployment
        .net
        .act(anyone, messages.trying("measuring")?, None, "measuring")
        .await?;
    Ok(())
}

impl Crash {
    /// The keeper does what is due, whatever happens to it. What is due is what the contract finds, and no position that was not changes.
    pub async fn liquidate(
        &mut self,
        deployment: &Deployment<'_>,
        keeper: &Keeper<'_>,
        trouble: Trouble,
    ) -> Result<(), Error> {
        let before = Mirror::take(deployment).await?;
        agrees_with_the_contract(deployment, &before).await?;
        let report = keeper.work(trouble).await?;
        let after = Mirror::take(deployment).await?;
        let touched: BTreeSet<u64> = report.liquidated.iter().map(|it| it.position).collect();
        let untouched = |accounts: BTreeMap<u64, Account>| {
            let mut accounts = accounts;
            accounts.retain(|id, _| !touched.contains(id));
            accounts
        };
        assert_eq!(untouched(before.accounts()?), untouched(after.accounts()?));
        assert_eq!(keeper::due(&after)?, []);
        self.reports.push(report);
        Ok(())
    }

    /// How many liquidations there were.
    pub fn liquidations(&self) -> usize {
        self.reports.iter().map(|it| it.liquidated.len()).sum()
    }

    /// Whether the keeper liquidated in a basket when it worked last.
    pub fn reached(&self, basket: u32) -> bool {
        let last = self.reports.iter().next_back();
        last.is_some_and(|last| last.liquidated.iter().any(|it| it.basket == basket))
    }

    /// Many were liquidated, in both baskets; some left a loss, all of it in the shaky basket.
    pub fn was_one(&self) {
        let all = || self.reports.iter().flat_map(|report| &report.liquidated);
        for basket in [1, 2] {
            let count = all().filter(|it| it.basket == basket).count();
            assert!(count >= 10, "{count} liquidations in basket {basket}");
        }
        let losses: BTreeSet<u32> = all()
            .filter(|it| !it.bad_debt.is_zero())
            .map(|it| it.basket)
            .collect();
        assert_eq!(losses, [2].into());
    }

    /// Says what was done.
    pub fn summary(&self) {
        let sum = |of: fn(&Report) -> u64| self.reports.iter().map(of).sum::<u64>();
        let lost: u128 = self
            .reports
            .iter()
            .flat_map(|it| &it.liquidated)
            .map(|it| it.bad_debt.u128())
            .sum();
        eprintln!(
            "{} liquidations in {} transactions with {} gas; a loss of {} dollars",
            self.liquidations(),
            sum(|it| it.transactions as u64),
            sum(|it| it.gas),
            lost / wicker_localnet::settings::UNIT,
        );
    }
}

/// The contract, asked at the same height, finds the same positions with the same debts and the same ratios, to the last digit.
async fn agrees_with_the_contract(
    deployment: &Deployment<'_>,
    mirror: &Mirror,
) -> Result<(), Error> {
    let mut found = Vec::new();
    for basket in mirror.baskets()? {
        let mut start_after = None;
        loop {
            let question = QueryMsg::Liquidatable {
                basket,
                start_after,
                limit: Some(MAX_PAGE),
            };
            let page = mirror.chain.query(&deployment.cdp, &question).await;
            let page: LiquidatableResponse = page.trying("asking what is liquidatable")?;
            found.extend(page.positions.iter().map(|one| {
                (
                    one.position,
                    one.debt.u128(),
                    one.margin_ratio.atomics().to_string(),
                )
            }));
            start_after = page.next;
            if start_after.is_none() {
                break;
            }
        }
    }
    let mut due = keeper::due(mirror)?;
    due.sort_by_key(|standing| (standing.basket, standing.position));
    let figures = |it: &Standing| (it.position, it.debt, it.ratio.to_string());
    assert_eq!(found, due.iter().map(figures).collect::<Vec<_>>());
    Ok(())
}
