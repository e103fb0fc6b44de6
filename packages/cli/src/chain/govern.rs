//! What the owner, the guardian and everyone does about parameters: sent at once where the signer may, or put into a proposal.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use cosmwasm_std::{Coin, Uint128};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wicker_client::{Execute, Message, VoteOption};
use wicker_msgs::cdp::{BasketSettings, ConfigResponse, ExecuteMsg, GovernMsg, GuardMsg, QueryMsg};
use wicker_msgs::oracle;

use super::amount::{duration, units};
use super::connect::{Live, Signing};
use super::trouble::Trouble;

/// A message of a file: for the cdp, the oracle or any other contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// `cdp`, `oracle` or an address.
    pub contract: String,
    /// What it is told.
    pub msg: Value,
    /// The coins that go with it.
    #[serde(default)]
    pub funds: Vec<Coin>,
}

/// `basket`.
#[derive(Debug, Subcommand)]
pub enum Basket {
    /// Opens a basket. Only the owner may; where that is not the signer, `wicker propose --basket` does it.
    Create {
        /// A file with the basket's settings as JSON, in the form of the message `create_basket`.
        file: PathBuf,
        #[command(flatten)]
        /// How it is sent.
        signing: Signing,
    },
}

/// `govern`.
#[derive(Debug, Args)]
pub struct Govern {
    /// A file with a list of messages: [{"contract": "cdp", "msg": {...}, "funds": []}]. They are sent in one transaction.
    file: PathBuf,
    #[command(flatten)]
    signing: Signing,
}

/// `apply`.
#[derive(Debug, Args)]
pub struct Apply {
    /// The change, as `wicker pending` numbers it.
    id: u64,
    #[command(flatten)]
    signing: Signing,
}

/// `vote`.
#[derive(Debug, Args)]
pub struct Vote {
    /// The proposal.
    proposal: u64,
    /// The vote.
    option: Choice,
    #[command(flatten)]
    signing: Signing,
}

/// A vote.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Choice {
    /// For it.
    Yes,
    /// Counts for the quorum only.
    Abstain,
    /// Against it.
    No,
    /// Against it, and the deposit is to be burned.
    Veto,
}

/// `guardian`.
#[derive(Debug, Subcommand)]
pub enum Guardian {
    /// Stops borrowing and withdrawing with debt in a basket. Repaying, depositing and liquidating go on.
    PauseBorrow {
        /// The basket.
        basket: u32,
        #[command(flatten)]
        /// How long.
        span: Span,
    },
    /// Stops counting a collateral for new debt.
    PauseMember {
        /// The basket.
        basket: u32,
        /// The collateral.
        denom: String,
        #[command(flatten)]
        /// How long.
        span: Span,
    },
    /// Lowers a basket's debt ceiling.
    LowerCeiling {
        /// The basket.
        basket: u32,
        /// Base units of the debt denom.
        #[arg(value_parser = units)]
        ceiling: Uint128,
        #[command(flatten)]
        /// How long.
        span: Span,
    },
    /// Ends the guardian's measures in a basket. Owner only.
    Lift {
        /// The basket.
        basket: u32,
        #[command(flatten)]
        /// How it is sent.
        signing: Signing,
    },
    /// Stops borrowing against a denom everywhere: the oracle keeps its last price.
    Freeze {
        /// The denom.
        denom: String,
        #[command(flatten)]
        /// How long.
        span: Span,
    },
}

/// How long a measure holds.
#[derive(Debug, Args)]
pub struct Span {
    /// For how long from now, such as 6h or 2d.
    #[arg(long = "for", value_parser = duration, value_name = "SPAN")]
    seconds: u64,
    #[command(flatten)]
    signing: Signing,
}

/// Opens a basket.
pub async fn basket(args: Basket) -> Result<(), Trouble> {
    let Basket::Create { file, signing } = args;
    let settings = settings(&file)?;
    let live = signing.open().await?;
    owned(&live, &signing).await?;
    let msg = ExecuteMsg::Govern(GovernMsg::CreateBasket(Box::new(settings)));
    let message = live.tell(&msg)?;
    signing.act(&live, vec![message.into()]).await?;
    Ok(())
}

/// Sends a file of messages.
pub async fn govern(args: Govern) -> Result<(), Trouble> {
    let told = read(&args.file)?;
    let live = args.signing.open().await?;
    let messages = told.iter().map(|told| told.message(&live));
    let messages = messages.map(|message| message.map(Message::from));
    let messages = messages.collect::<Result<Vec<_>, Trouble>>()?;
    args.signing.act(&live, messages).await?;
    Ok(())
}

/// Applies a change that has waited.
pub async fn apply(args: Apply) -> Result<(), Trouble> {
    let live = args.signing.open().await?;
    let message = live.tell(&ExecuteMsg::Apply { id: args.id })?;
    args.signing.act(&live, vec![message.into()]).await?;
    Ok(())
}

/// Votes.
pub async fn vote(args: Vote) -> Result<(), Trouble> {
    let live = args.signing.open().await?;
    let option = match args.option {
        Choice::Yes => VoteOption::Yes,
        Choice::Abstain => VoteOption::Abstain,
        Choice::No => VoteOption::No,
        Choice::Veto => VoteOption::Veto,
    };
    let vote = Message::Vote {
        proposal: args.proposal,
        option,
    };
    args.signing.act(&live, vec![vote]).await?;
    Ok(())
}

/// Tightens for a while.
pub async fn guardian(args: Guardian) -> Result<(), Trouble> {
    let (signing, seconds) = match &args {
        Guardian::PauseBorrow { span, .. }
        | Guardian::PauseMember { span, .. }
        | Guardian::LowerCeiling { span, .. }
        | Guardian::Freeze { span, .. } => (&span.signing, span.seconds),
        Guardian::Lift { signing, .. } => (signing, 0),
    };
    let live = signing.open().await?;
    let until = live.now().await?.saturating_add(seconds);
    let guard = match &args {
        Guardian::PauseBorrow { basket, .. } => GuardMsg::PauseBorrow {
            basket: *basket,
            until,
        },
        Guardian::PauseMember { basket, denom, .. } => GuardMsg::PauseMember {
            basket: *basket,
            denom: denom.clone(),
            until,
        },
        Guardian::LowerCeiling {
            basket, ceiling, ..
        } => GuardMsg::LowerCeiling {
            basket: *basket,
            ceiling: *ceiling,
            until,
        },
        Guardian::Lift { basket, .. } => GuardMsg::Lift { basket: *basket },
        Guardian::Freeze { denom, .. } => {
            let freeze = oracle::ExecuteMsg::Freeze {
                denom: denom.clone(),
                seconds,
            };
            let message = live.tell_oracle(&freeze)?;
            signing.act(&live, vec![message.into()]).await?;
            return Ok(());
        }
    };
    let message = live.tell(&ExecuteMsg::Guard(guard))?;
    signing.act(&live, vec![message.into()]).await?;
    Ok(())
}

/// Reads a basket's settings.
pub fn settings(path: &std::path::Path) -> Result<BasketSettings, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|why| Trouble::file(path, why))?;
    serde_json::from_str(&text).map_err(|why| Trouble::file(path, why))
}

/// Reads a list of messages.
pub fn read(path: &std::path::Path) -> Result<Vec<Told>, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|why| Trouble::file(path, why))?;
    let told: Vec<Told> = serde_json::from_str(&text).map_err(|why| Trouble::file(path, why))?;
    for (at, told) in told.iter().enumerate() {
        told.check()
            .map_err(|why| Trouble::file(path, format!("message {at}: {why}")))?;
    }
    match told.is_empty() {
        true => Err(Trouble::file(path, "it has no message")),
        false => Ok(told),
    }
}

impl Told {
    /// A message of the cdp's own words.
    pub fn cdp(msg: &ExecuteMsg) -> Result<Self, Trouble> {
        Ok(Self {
            contract: "cdp".into(),
            msg: serde_json::to_value(msg)?,
            funds: vec![],
        })
    }

    /// What the contracts of Wicker would not read is refused before anything is signed.
    fn check(&self) -> Result<(), serde_json::Error> {
        match self.contract.as_str() {
            "cdp" => serde_json::from_value::<ExecuteMsg>(self.msg.clone()).map(|_| ()),
            "oracle" => serde_json::from_value::<oracle::ExecuteMsg>(self.msg.clone()).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// As a message to the contract of this deployment.
    pub fn message(&self, live: &Live) -> Result<Execute, Trouble> {
        let contract = match self.contract.as_str() {
            "cdp" => &live.at.cdp,
            "oracle" => &live.at.oracle,
            address => address,
        };
        Ok(Execute::new(contract, &self.msg)?.with_funds(self.funds.clone()))
    }
}

/// Refuses where the one who acts is not the owner, and says how it is done then.
async fn owned(live: &Live, signing: &Signing) -> Result<(), Trouble> {
    let config: ConfigResponse = live.cdp(&QueryMsg::Config {}).await?;
    let address = signing.address(&live.at.prefix)?;
    match config.owner {
        Some(owner) if owner == address => Ok(()),
        owner => Err(Trouble::Input(format!(
            "the owner is {}, not {address}\n  next: put it into a proposal with `wicker propose --basket`",
            owner.unwrap_or("nobody".into())
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(contract: &str, msg: &str) -> Told {
        Told {
            contract: contract.into(),
            msg: serde_json::from_str(msg).unwrap(),
            funds: vec![],
        }
    }

    #[test]
    fn a_message_that_the_contract_would_not_read_is_refused_before_signing() {
        assert!(told("cdp", r#"{"apply":{"id":1}}"#).check().is_ok());
        assert!(told("cdp", r#"{"apply":{"id":1,"x":2}}"#).check().is_err());
        assert!(told("cdp", r#"{"accept_owner":{}}"#).check().is_err());
        assert!(told("oracle", r#"{"accept_owner":{}}"#).check().is_ok());
        assert!(told("oracle", r#"{"unfreeze":{}}"#).check().is_err());
        assert!(told("wasm1other", r#"{"anything":1}"#).check().is_ok());
    }
}
