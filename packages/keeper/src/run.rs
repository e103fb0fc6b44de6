//! Round after round: settle what is open, look, plan, act.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use wicker_client::{Chain, Signer};
use wicker_math::Value;
use wicker_strategy::{plan, screen, Budget, Plan};

use crate::config::{value, Config};
use crate::error::KeeperError;
use crate::eyes::Eyes;
use crate::hands::{Acted, Hands};
use crate::journal::Journal;

/// A keeper of one deployment.
pub struct Keeper {
    chain: Chain,
    signer: Signer,
    config: Config,
    cdp: String,
    oracle: String,
    journal: Journal,
    eyes: Eyes,
}

/// What a round came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Round {
    /// The block that was judged; zero when none was.
    pub height: u64,
    /// Positions with debt.
    pub seen: usize,
    /// Positions under their maintenance margin.
    pub under: usize,
    /// Liquidations that are planned, by position.
    pub planned: Vec<u64>,
    /// What was left alone, and why.
    pub skipped: Vec<(u64, String)>,
    /// The hash of the transaction that was sent.
    pub sent: Option<String>,
    /// Why nothing was sent although something was planned, or nothing was planned.
    pub held_back: Option<String>,
}

impl Keeper {
    /// Opens the journal. Errors when another keeper has it.
    pub fn new(
        chain: Chain,
        signer: Signer,
        config: Config,
        (cdp, oracle): (&str, &str),
    ) -> Result<Self, KeeperError> {
        let whose = format!("{} {cdp} {}", chain.id(), signer.address());
        Ok(Self {
            journal: Journal::open(&config.journal, &whose)?,
            eyes: Eyes::new(chain.clone(), cdp.to_string()),
            cdp: cdp.to_string(),
            oracle: oracle.to_string(),
            chain,
            signer,
            config,
        })
    }

    /// The journal.
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// One round. With `dry`, nothing is sent and nothing but what was seen is written down.
    pub async fn round(&mut self, dry: bool) -> Result<Round, KeeperError> {
        if !dry && !self.settle().await? {
            return Ok(Round::held("a transaction is not confirmed yet"));
        }
        let snapshot = self.eyes.look().await?;
        let (height, now) = (snapshot.height, snapshot.now.get());
        let screened = screen(snapshot);
        let denoms = snapshot.baskets.iter().map(|state| &state.basket.debt);
        let mut inventory = BTreeMap::new();
        for denom in denoms {
            let held = self.chain.balance(self.signer.address(), denom).await?;
            let usable = self.config.usable(denom, held.u128());
            inventory.insert(denom.clone(), usable);
        }
        let spent = self.journal.spent(now)?;
        let left = |most, spent| {
            let most = value(most).unwrap_or(Value::ZERO);
            most.saturating_sub(Value::new(spent))
        };
        let budget = Budget {
            inventory,
            gas: left(self.config.daily_gas, spent.gas),
            loss: left(self.config.daily_loss, spent.loss),
        };
        let plan = plan(
            snapshot,
            &screened.candidates,
            &self.config.policy(),
            &budget,
        );
        let mut round = Round {
            height,
            seen: screened.seen,
            under: screened.candidates.len(),
            planned: plan
                .batches
                .iter()
                .flat_map(|batch| &batch.items)
                .map(|item| item.position)
                .collect(),
            skipped: plan
                .skipped
                .iter()
                .map(|one| (one.position, one.why.to_string()))
                .collect(),
            ..Round::default()
        };
        self.journal.see(height, &notes(&plan))?;
        if !dry {
            self.act(&plan, (now, budget.gas), &mut round).await?;
        }
        Ok(round)
    }

    /// Waits until it is known of every transaction what became of it.
    pub async fn finish(&mut self) -> Result<(), KeeperError> {
        while !self.settle().await? {
            tokio::time::sleep(self.chain.config().limits.poll).await;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<bool, KeeperError> {
        let hands = Hands {
            chain: &self.chain,
            signer: &self.signer,
            config: &self.config,
            cdp: &self.cdp,
            oracle: &self.oracle,
        };
        hands.settle(&mut self.journal).await
    }

    async fn act(
        &self,
        plan: &Plan,
        (now, gas_left): (u64, Value),
        round: &mut Round,
    ) -> Result<(), KeeperError> {
        let Some(batch) = plan.batches.first() else {
            return Ok(());
        };
        let steps = self.config.fee_ladder.steps();
        let (failures, last) = self.journal.failures(steps)?;
        if failures >= steps && now < last.saturating_add(self.config.rest) {
            round.held_back = Some(format!("resting after {failures} failures in a row"));
            return Ok(());
        }
        // After a rest the ladder begins anew.
        let step = if failures >= steps { 0 } else { failures };
        let usual = &self.chain.config().gas.price;
        let price = self.config.fee_ladder.price(usual, step);
        let hands = Hands {
            chain: &self.chain,
            signer: &self.signer,
            config: &self.config,
            cdp: &self.cdp,
            oracle: &self.oracle,
        };
        match hands
            .act(&self.journal, batch, (now, price), gas_left)
            .await?
        {
            Acted::Sent(hash) => round.sent = Some(hash),
            Acted::Nothing(why) | Acted::Unknown(why) => round.held_back = Some(why),
        }
        Ok(())
    }

    /// Rounds at every block until `stop` is done; a round that has begun is finished. Each round is a line of JSON for `log`.
    pub async fn watch(
        &mut self,
        stop: impl std::future::Future<Output = ()>,
        mut log: impl FnMut(serde_json::Value),
    ) -> Result<(), KeeperError> {
        tokio::pin!(stop);
        let mut blocks = self.chain.blocks();
        let poll = self.chain.config().limits.poll;
        loop {
            let next = tokio::select! {
                () = &mut stop => return Ok(()),
                next = blocks.next() => next,
            };
            let done = match next {
                Ok(_) => self.round(false).await,
                Err(why) => Err(why.into()),
            };
            match done {
                Ok(round) => log(json!({ "level": "info", "round": round })),
                // A journal that cannot be written is the end: what is sent could not be remembered.
                Err(why @ KeeperError::Journal(_)) => return Err(why),
                Err(why) => {
                    log(json!({ "level": "error", "why": why.to_string() }));
                    tokio::select! {
                        () = &mut stop => return Ok(()),
                        () = tokio::time::sleep(poll) => {}
                    }
                }
            }
        }
    }
}

impl Round {
    fn held(why: &str) -> Self {
        Self {
            held_back: Some(why.into()),
            ..Self::default()
        }
    }
}

fn notes(plan: &Plan) -> Vec<(u64, String)> {
    let items = plan.batches.iter().flat_map(|batch| &batch.items);
    let planned = items.map(|item| (item.position, "planned".to_string()));
    let skipped = plan.skipped.iter();
    planned
        .chain(skipped.map(|one| (one.position, one.why.to_string())))
        .collect()
}
