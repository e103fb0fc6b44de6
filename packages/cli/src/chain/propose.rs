//! Proposals: what the gov module or a DAO is asked to do, tried on the deployment's own records before anyone signs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use cosmwasm_std::{Binary, Coin};
use serde::Serialize;
use serde_json::{json, Value};
use wicker_client::{Message, Proposal};
use wicker_lab::fork::{Fork, Standings};
use wicker_lab::segment::proposal::Segments;
use wicker_msgs::cdp::{
    ConfigResponse, ExecuteMsg, GovernMsg, OwnershipAction, ParameterChange, QueryMsg,
};

use super::amount::{change, coin};
use super::audit::fork;
use super::connect::{agreed, attribute, Live, Signing};
use super::govern::{read, settings, Told};
use super::segments::{self, Placed};
use super::show::{all_baskets, table};
use super::trouble::Trouble;
use crate::output::{print, Failure};

/// `propose`.
#[derive(Debug, Args)]
pub struct Propose {
    /// The title.
    #[arg(long)]
    title: String,
    /// Why.
    #[arg(long)]
    summary: String,
    /// What is deposited with it, such as 10_000_000stake.
    #[arg(long, value_parser = coin, required_unless_present = "dao")]
    deposit: Option<Coin>,
    #[command(flatten)]
    asked: Asked,
    /// Prints the proposal for a DAO DAO proposal module instead, whose core contract owns the deployment. Signs nothing.
    #[arg(long)]
    dao: bool,
    /// Goes on without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    signing: Signing,
}

/// What is proposed, in this order.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Asked {
    /// A file with a list of messages: [{"contract": "cdp", "msg": {...}, "funds": []}].
    #[arg(long, value_name = "FILE")]
    messages: Option<PathBuf>,
    /// A file with the settings of a basket to be opened.
    #[arg(long, value_name = "FILE")]
    basket: Option<PathBuf>,
    /// A file of `wicker lab segment --out`: baskets are opened, and collaterals join and are wound down until the deployment's are those.
    #[arg(long, value_name = "FILE")]
    segments: Option<PathBuf>,
    /// A parameter's new value, such as basket:1.multiplier=24 or member:1:uatom.jump=0.1; several are one change.
    #[arg(long, value_parser = change, value_name = "CHANGE")]
    change: Vec<ParameterChange>,
    /// Accepts the ownership of both contracts, as `wicker deploy` offers it.
    #[arg(long)]
    accept: bool,
}

/// What a proposal would do to the positions that are open.
#[derive(Debug, Clone, Serialize)]
pub struct Effect {
    /// What becomes of the collaterals that a segmentation places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collaterals: Vec<Placed>,
    /// By basket.
    pub baskets: BTreeMap<u32, BasketEffect>,
    /// Changes that would wait for their delay; they are counted as applied.
    pub waiting: usize,
    /// Messages whose effect is not shown: those of other contracts than the cdp.
    pub unseen: usize,
}

/// What it would do in a basket, at prices of now.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BasketEffect {
    /// As positions stand.
    pub now: Counts,
    /// Once it is applied: tighter margins have only begun to reach open positions.
    pub applied: Counts,
    /// Once it has reached open positions in full.
    pub in_full: Counts,
}

/// How many positions are under which level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All.
    pub positions: usize,
    /// Under the call level, those below it included.
    pub called: usize,
    /// Under the maintenance margin.
    pub liquidatable: usize,
    /// That cannot be judged for want of a price.
    pub unknown: usize,
}

impl From<Standings> for Counts {
    fn from(found: Standings) -> Self {
        let liquidatable = found.liquidatable.saturating_add(found.insolvent);
        let called = found.called.saturating_add(liquidatable);
        let calm = found.healthy.saturating_add(found.restricted);
        Self {
            positions: calm.saturating_add(called).saturating_add(found.unknown),
            called,
            liquidatable,
            unknown: found.unknown,
        }
    }
}

/// Proposes.
pub async fn propose(args: Propose) -> Result<(), Trouble> {
    let mut told = args.asked.told()?;
    let segments = args.asked.segments.as_deref().map(read_segments);
    let segments = segments.transpose()?;
    let live = args.signing.open().await?;
    let mut placed = Vec::new();
    if let Some(segments) = segments {
        let (moves, found) = segments::moves(&segments, &all_baskets(&live).await?)?;
        told.extend(moves);
        placed = found;
    }
    if told.is_empty() {
        let why = "the deployment's baskets are those of the file: there is nothing to propose";
        return Err(Trouble::Input(why.into()));
    }
    let actor = match args.dao {
        true => owner(&live).await?,
        false => live.chain.module("gov").await?,
    };
    let (_, _, mut fork) = fork(&live.chain, &live.at.cdp).await?;
    let effect = Effect {
        collaterals: placed,
        ..effect(&mut fork, &actor, &told)?
    };
    let shown = match live.json {
        true => serde_json::to_string_pretty(&effect)?,
        false => shown(&effect),
    };
    // Standard output is for the proposal or its transaction.
    eprintln!("{shown}");
    if args.dao {
        let document = dao(&live, &args.title, &args.summary, &told)?;
        return Ok(print(&serde_json::to_string_pretty(&document)?)?);
    }
    let messages = told
        .iter()
        .map(|told| told.message(&live).map(Message::from));
    let proposal = Message::Propose(Proposal {
        title: args.title,
        summary: args.summary,
        deposit: args.deposit.into_iter().collect(),
        authority: actor,
        messages: messages.collect::<Result<_, Trouble>>()?,
    });
    let sending = &args.signing.sending;
    if !sending.dry_run && !sending.generate_only {
        agreed(args.yes, "Sign and send this proposal?")?;
    }
    let Some(done) = args.signing.act(&live, vec![proposal]).await? else {
        return Ok(());
    };
    let id = attribute(&done, "submit_proposal", "proposal_id")?;
    eprintln!("proposal {id}\n  next: `wicker vote {id} yes`");
    Ok(())
}

fn read_segments(path: &Path) -> Result<Segments, Trouble> {
    Segments::from_file(path).map_err(|error| Failure::at(path, error).into())
}

async fn owner(live: &Live) -> Result<String, Trouble> {
    let config: ConfigResponse = live.cdp(&QueryMsg::Config {}).await?;
    config
        .owner
        .ok_or_else(|| Trouble::Input("the deployment's ownership was given up for good".into()))
}

impl Asked {
    fn told(&self) -> Result<Vec<Told>, Trouble> {
        let mut told = Vec::new();
        if self.accept {
            told.extend(accept()?);
        }
        if let Some(file) = &self.messages {
            told.extend(read(file)?);
        }
        if let Some(file) = &self.basket {
            let create = GovernMsg::CreateBasket(Box::new(settings(file)?));
            told.push(Told::cdp(&ExecuteMsg::Govern(create))?);
        }
        if !self.change.is_empty() {
            let changes = self.change.clone();
            let change = ExecuteMsg::Govern(GovernMsg::Change { changes });
            told.push(Told::cdp(&change)?);
        }
        Ok(told)
    }
}

/// Taking the ownership of both contracts.
pub fn accept() -> Result<[Told; 2], Trouble> {
    let cdp = ExecuteMsg::UpdateOwnership(OwnershipAction::AcceptOwnership);
    let oracle = Told {
        contract: "oracle".into(),
        msg: json!({ "accept_owner": {} }),
        funds: vec![],
    };
    Ok([Told::cdp(&cdp)?, oracle])
}

/// Runs what is proposed on the records, as `actor`. Errors with what the contract would refuse.
pub fn effect(fork: &mut Fork, actor: &str, told: &[Told]) -> Result<Effect, Trouble> {
    let now = fork.standings()?;
    let (mut waiting, mut unseen) = (0usize, 0usize);
    for told in told {
        if told.contract != "cdp" {
            unseen = unseen.saturating_add(1);
            continue;
        }
        let msg: ExecuteMsg = serde_json::from_value(told.msg.clone())?;
        let queued = fork.decide(actor, msg, &told.funds)?.len();
        waiting = waiting.saturating_add(queued);
    }
    let applied = fork.standings()?;
    fork.end_ramps()?;
    let in_full = fork.standings()?;
    let of = |standings: &BTreeMap<u32, Standings>, basket: &u32| -> Counts {
        standings.get(basket).copied().unwrap_or_default().into()
    };
    let baskets = in_full.iter().map(|(basket, found)| {
        let effect = BasketEffect {
            now: of(&now, basket),
            applied: of(&applied, basket),
            in_full: (*found).into(),
        };
        (*basket, effect)
    });
    Ok(Effect {
        collaterals: Vec::new(),
        baskets: baskets.collect(),
        waiting,
        unseen,
    })
}

fn shown(effect: &Effect) -> String {
    let header = ["basket", "positions", "", "now", "when applied", "in full"];
    let mut table = table(&header);
    for (basket, found) in &effect.baskets {
        let (now, applied, in_full) = (found.now, found.applied, found.in_full);
        let rows = [
            ("called", now.called, applied.called, in_full.called),
            (
                "liquidatable",
                now.liquidatable,
                applied.liquidatable,
                in_full.liquidatable,
            ),
            (
                "without a price",
                now.unknown,
                applied.unknown,
                in_full.unknown,
            ),
        ];
        for (name, now, applied, full) in rows {
            table.add_row([
                basket.to_string(),
                found.now.positions.to_string(),
                name.to_string(),
                now.to_string(),
                applied.to_string(),
                full.to_string(),
            ]);
        }
    }
    let mut text = format!("Open positions under it, at prices of now:\n{table}");
    if !effect.collaterals.is_empty() {
        let collaterals = segments::shown(&effect.collaterals);
        text = format!("Collaterals and where they belong:\n{collaterals}\n{text}");
    }
    if effect.waiting > 0 {
        text += &format!(
            "\n{} changes will wait for their delay; then `wicker apply`.",
            effect.waiting
        );
    }
    if effect.unseen > 0 {
        text += &format!(
            "\n{} messages are for other contracts: their effect is not shown.",
            effect.unseen
        );
    }
    text
}

/// The proposal as DAO DAO's proposal modules take it, to be pasted or sent by a member.
fn dao(live: &Live, title: &str, summary: &str, told: &[Told]) -> Result<Value, Trouble> {
    let messages = told.iter().map(|told| {
        let execute = told.message(live)?;
        Ok(json!({ "wasm": { "execute": {
            "contract_addr": execute.contract,
            "msg": Binary::from(execute.msg.to_string().as_bytes()),
            "funds": execute.funds,
        } } }))
    });
    let messages = messages.collect::<Result<Vec<_>, Trouble>>()?;
    Ok(json!({ "title": title, "description": summary, "msgs": messages }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_under_the_margin_are_counted_as_called_too() {
        let counts = Counts::from(Standings {
            healthy: 1,
            restricted: 2,
            called: 4,
            liquidatable: 8,
            insolvent: 16,
            unknown: 32,
        });
        assert_eq!(counts.positions, 63);
        assert_eq!((counts.called, counts.liquidatable), (28, 24));
        assert_eq!(counts.unknown, 32);
    }
}
