//! Round after round: settle what is open, look, plan, act.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;
use serde_json::json;
use wicker_client::{Chain, Signer};
use wicker_math::{Amount, Value};
use wicker_status::Status;
use wicker_strategy::{plan, screen, Budget, Plan};

use crate::config::{value, Config};
use crate::error::KeeperError;
use crate::eyes::Eyes;
use crate::hands::{Acted, Hands};
use crate::journal::Journal;
use crate::report::{Report, Step};

/// A keeper of one deployment.
pub struct Keeper {
    chain: Chain,
    signer: Signer,
    config: Config,
    cdp: String,
    oracle: String,
    journal: Journal,
    eyes: Eyes,
    report: Report,
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
    /// What holds it back is only that a transaction is on its way.
    #[serde(skip)]
    pub waits: bool,
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
            report: Report::new(&config),
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

    /// How it stands, for a server to show.
    pub const fn status(&self) -> &Status {
        self.report.status()
    }

    /// Lines for the log about what somebody should do something about, since the last time.
    pub fn alarms(&mut self) -> Vec<serde_json::Value> {
        self.report.alarms()
    }

    /// One round. With `dry`, nothing is sent and nothing but what was seen is written down. Errors when fees would be paid in a denom
    /// without a price.
    pub async fn round(&mut self, dry: bool) -> Result<Round, KeeperError> {
        if !dry {
            self.config.may_pay(&self.chain.config().gas.price)?;
        }
        let start = Instant::now();
        let done = self.steps(dry).await;
        let nodes = self.chain.endpoints();
        self.report.nodes(&nodes);
        match done {
            Ok(round) => {
                self.report.round(&round, start.elapsed(), dry);
                self.report.journal(&self.journal)?;
                Ok(round)
            }
            Err((step, why)) => {
                self.report.failed(step, &why, start.elapsed(), &nodes);
                Err(why)
            }
        }
    }

    async fn steps(&mut self, dry: bool) -> Result<Round, (Step, KeeperError)> {
        let acting = |why| (Step::Act, why);
        if !dry && !self.settle().await.map_err(acting)? {
            return Ok(Round::waits("a transaction is not confirmed yet"));
        }
        let planned = self.plan().await.map_err(|why| (Step::Plan, why))?;
        let Some((mut round, plan, funds)) = planned else {
            return Ok(Round::waits(
                "what was done is in a newer block than the one judged",
            ));
        };
        if !dry {
            let acted = self.act(&plan, funds, &mut round).await;
            acted.map_err(acting)?;
        }
        Ok(round)
    }

    /// Looks, and plans what the account and the day's budgets allow. With the plan come the chain's time and the gas that is left today.
    /// `None` when what is seen is older than what was done: the same would be planned again.
    async fn plan(&mut self) -> Result<Option<(Round, Plan, (u64, Value))>, KeeperError> {
        let settled = self.journal.settled()?;
        let snapshot = self.eyes.look().await?;
        let (height, now) = (snapshot.height, snapshot.now.get());
        if height < settled {
            return Ok(None);
        }
        let screened = screen(snapshot);
        let denoms = snapshot.baskets.iter().map(|state| &state.basket.debt);
        let mut held = BTreeMap::new();
        let fees = &self.chain.config().gas.price.denom;
        for denom in denoms.chain([fees]).chain(self.config.min_balance.keys()) {
            if !held.contains_key(denom) {
                let amount = self.chain.balance(self.signer.address(), denom).await?;
                held.insert(denom.clone(), amount.u128());
            }
        }
        let debts = snapshot.baskets.iter().map(|state| &state.basket.debt);
        let inventory: BTreeMap<String, Amount> = debts
            .map(|denom| {
                let held = held.get(denom).copied().unwrap_or_default();
                (denom.clone(), self.config.usable(denom, held))
            })
            .collect();
        let spent = self.journal.spent(now)?;
        self.report.wallet(&held);
        self.report.spent(spent);
        for (denom, usable) in &inventory {
            self.report.inventory(denom, usable.raw());
        }
        let left = |most, spent| {
            let most = value(most).unwrap_or(Value::ZERO);
            most.saturating_sub(Value::new(spent))
        };
        let budget = Budget {
            inventory,
            gas: left(self.config.daily_gas, spent.gas),
            loss: left(self.config.daily_loss, spent.loss),
        };
        let policy = self.config.policy();
        let plan = plan(snapshot, &screened.candidates, &policy, &budget);
        let round = Round {
            height,
            seen: screened.seen,
            under: screened.candidates.len(),
            planned: planned(&plan),
            skipped: skipped(&plan),
            ..Round::default()
        };
        self.journal.see(height, &notes(&plan))?;
        Ok(Some((round, plan, (now, budget.gas))))
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
        self.config.may_pay(&self.chain.config().gas.price)?;
        let mut blocks = self.chain.blocks();
        let poll = self.chain.config().limits.poll;
        loop {
            let next = tokio::select! {
                () = &mut stop => return Ok(()),
                next = blocks.next() => next,
            };
            let done = match next {
                Ok(block) => {
                    self.report.block(block);
                    self.round(false).await
                }
                Err(why) => {
                    let why = why.into();
                    self.report.lost(&why, &self.chain.endpoints());
                    Err(why)
                }
            };
            for line in self.alarms() {
                log(line);
            }
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
    fn waits(why: &str) -> Self {
        Self {
            held_back: Some(why.into()),
            waits: true,
            ..Self::default()
        }
    }
}

fn planned(plan: &Plan) -> Vec<u64> {
    let items = plan.batches.iter().flat_map(|batch| &batch.items);
    items.map(|item| item.position).collect()
}

fn skipped(plan: &Plan) -> Vec<(u64, String)> {
    let skipped = plan.skipped.iter();
    skipped
        .map(|one| (one.position, one.why.to_string()))
        .collect()
}

fn notes(plan: &Plan) -> Vec<(u64, String)> {
    let items = plan.batches.iter().flat_map(|batch| &batch.items);
    let planned = items.map(|item| (item.position, "planned".to_string()));
    let skipped = plan.skipped.iter();
    planned
        .chain(skipped.map(|one| (one.position, one.why.to_string())))
        .collect()
}
