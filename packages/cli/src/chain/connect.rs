//! From a deployment file to a chain, and from messages to a transaction: simulated, written for others to sign, or sent.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use cosmwasm_std::Event;
use serde::de::DeserializeOwned;
use serde_json::{json, Value};
use wicker_client::{Chain, Config, Execute, Executed, Gas, Message};
use wicker_msgs::events::CHAIN_PREFIX;
use wicker_msgs::{cdp, oracle};

use super::deployment::Deployment;
use super::keys::KeyArgs;
use super::trouble::Trouble;
use crate::output::print;

/// Which deployment, and how it is shown.
#[derive(Debug, Clone, Args)]
pub struct Reading {
    /// The deployment file.
    #[arg(
        long,
        env = "WICKER_DEPLOYMENT",
        default_value = "wicker.json",
        value_name = "FILE"
    )]
    pub deployment: PathBuf,
    /// CometBFT RPC addresses instead of those in the file; may be repeated.
    #[arg(long, env = "WICKER_NODE", value_delimiter = ',', value_name = "URL")]
    pub node: Vec<String>,
    /// JSON on standard output instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// How messages become a transaction.
#[derive(Debug, Clone, Args)]
pub struct Signing {
    #[command(flatten)]
    /// Which deployment.
    pub reading: Reading,
    #[command(flatten)]
    /// Whose key.
    pub key: KeyArgs,
    #[command(flatten)]
    /// What becomes of it.
    pub sending: Sending,
}

/// What becomes of a transaction.
#[derive(Debug, Clone, Default, Args)]
pub struct Sending {
    /// Simulates and shows messages, gas and fee; sends nothing.
    #[arg(long, conflicts_with = "generate_only")]
    pub dry_run: bool,
    /// Prints the unsigned transaction for a multisig or an offline key, in the form that the chain's own program signs. Needs --from and
    /// --gas.
    #[arg(long, requires_all = ["from", "gas"])]
    pub generate_only: bool,
    /// Whose transaction is written with --generate-only.
    #[arg(long, value_name = "ADDRESS", requires = "generate_only")]
    pub from: Option<String>,
    /// The gas limit; without it the transaction is simulated.
    #[arg(long, value_name = "UNITS")]
    pub gas: Option<u64>,
    /// The price of a unit of gas instead of the one in the deployment file, such as 0.025stake.
    #[arg(long, value_name = "PRICE")]
    pub gas_price: Option<String>,
}

/// A deployment on its chain.
pub struct Live {
    /// The chain.
    pub chain: Chain,
    /// The deployment.
    pub at: Deployment,
    /// JSON instead of tables.
    pub json: bool,
}

impl Reading {
    /// Reaches the chain.
    pub async fn open(&self) -> Result<Live, Trouble> {
        self.open_with(|_| {}).await
    }

    /// The same with another configuration of the client.
    pub async fn open_with(&self, adjust: impl FnOnce(&mut Config)) -> Result<Live, Trouble> {
        let at = Deployment::load(&self.deployment)?;
        let nodes = match self.node.is_empty() {
            true => at.nodes.clone(),
            false => self.node.clone(),
        };
        let mut config = Config::new(nodes, &at.prefix, at.gas_price.parse()?);
        config.chain_id = Some(at.chain_id.clone());
        adjust(&mut config);
        Ok(Live {
            chain: Chain::connect(config).await?,
            at,
            json: self.json,
        })
    }
}

impl Live {
    /// Asks the cdp contract.
    pub async fn cdp<T: DeserializeOwned>(&self, question: &cdp::QueryMsg) -> Result<T, Trouble> {
        Ok(self.chain.query(&self.at.cdp, question).await?)
    }

    /// A message for the cdp contract.
    pub fn tell(&self, msg: &cdp::ExecuteMsg) -> Result<Execute, Trouble> {
        Ok(Execute::new(&self.at.cdp, msg)?)
    }

    /// A message for the oracle contract.
    pub fn tell_oracle(&self, msg: &oracle::ExecuteMsg) -> Result<Execute, Trouble> {
        Ok(Execute::new(&self.at.oracle, msg)?)
    }

    /// The chain's time, in seconds since 1970.
    pub async fn now(&self) -> Result<u64, Trouble> {
        Ok(self.chain.block().await?.time)
    }
}

impl Signing {
    /// The address that acts.
    pub fn address(&self, prefix: &str) -> Result<String, Trouble> {
        match &self.sending.from {
            Some(from) => Ok(from.clone()),
            None => Ok(self.key.signer(prefix)?.address().to_string()),
        }
    }

    /// Reaches the chain.
    pub async fn open(&self) -> Result<Live, Trouble> {
        self.reading.open().await
    }

    /// Does what was asked with these messages, and shows it. `None` when nothing was sent.
    pub async fn act(
        &self,
        live: &Live,
        messages: Vec<Message>,
    ) -> Result<Option<Executed>, Trouble> {
        let chain = &live.chain;
        let done = act(chain, &self.key, &self.sending, messages).await?;
        match &done {
            Done::Shown(document) => print(&serde_json::to_string_pretty(document)?)?,
            Done::Sent(done) if live.json => print(&serde_json::to_string_pretty(&told(done))?)?,
            Done::Sent(done) => print(&lines(done))?,
        }
        Ok(match done {
            Done::Sent(done) => Some(done),
            Done::Shown(_) => None,
        })
    }
}

/// What became of messages.
pub enum Done {
    /// Only a document.
    Shown(Value),
    /// A transaction in a block.
    Sent(Executed),
}

/// Simulates, writes or sends messages.
pub async fn act(
    chain: &Chain,
    key: &KeyArgs,
    sending: &Sending,
    messages: Vec<Message>,
) -> Result<Done, Trouble> {
    let price = sending.gas_price.as_ref();
    let price = price.map(|price| price.parse()).transpose()?;
    let gas = Gas {
        limit: sending.gas,
        price,
    };
    if let (true, Some(from), Some(limit)) = (sending.generate_only, &sending.from, sending.gas) {
        return Ok(Done::Shown(chain.unsigned(from, &messages, limit, &gas)));
    }
    let signer = key.signer(&chain.config().prefix)?;
    if sending.dry_run {
        let estimate = chain.estimate(&signer, &messages, &gas).await?;
        let messages = messages.iter();
        let messages = messages.map(|message| message.to_json(signer.address()));
        return Ok(Done::Shown(json!({
            "sender": signer.address(),
            "gas_used": estimate.gas_used,
            "gas_limit": estimate.gas_limit,
            "fee": estimate.fee,
            "messages": messages.collect::<Vec<_>>(),
        })));
    }
    Ok(Done::Sent(chain.transact(&signer, &messages, &gas).await?))
}

/// Asks a person whether to go on; without one, `yes` must have been given.
pub fn agreed(yes: bool, question: &str) -> Result<(), Trouble> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Trouble::Input(format!(
            "{question} There is nobody to ask\n  next: give --yes"
        )));
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    match read.is_ok() && ["y", "yes"].contains(&answer.trim()) {
        true => Ok(()),
        false => Err(Trouble::Input("nothing was sent".into())),
    }
}

fn contracts(done: &Executed) -> impl Iterator<Item = &Event> {
    let events = done.events.iter();
    events.filter(|event| event.ty.starts_with(CHAIN_PREFIX))
}

fn told(done: &Executed) -> Value {
    let events = contracts(done).map(|event| {
        let attributes = event.attributes.iter();
        let attributes = attributes.map(|one| (one.key.clone(), Value::from(one.value.clone())));
        let name = event.ty.strip_prefix(CHAIN_PREFIX).unwrap_or(&event.ty);
        json!({ "type": name, "attributes": attributes.collect::<serde_json::Map<_, _>>() })
    });
    json!({
        "hash": done.hash,
        "height": done.height,
        "gas_wanted": done.gas_wanted,
        "gas_used": done.gas_used,
        "events": events.collect::<Vec<_>>(),
    })
}

fn lines(done: &Executed) -> String {
    let mut lines = vec![format!(
        "transaction {} in block {}, {} gas",
        done.hash, done.height, done.gas_used
    )];
    lines.extend(contracts(done).map(|event| {
        let name = event.ty.strip_prefix(CHAIN_PREFIX).unwrap_or(&event.ty);
        let attributes = event.attributes.iter();
        let shown = attributes
            .filter(|one| one.key != "_contract_address" && !one.value.is_empty())
            .map(|one| format!(" {}={}", one.key, one.value));
        format!("  {name}{}", shown.collect::<String>())
    }));
    lines.join("\n")
}

/// An attribute of a transaction's event.
pub fn attribute(done: &Executed, kind: &str, key: &str) -> Result<String, Trouble> {
    let events = done.events.iter().filter(|event| event.ty == kind);
    let mut values = events.flat_map(|event| &event.attributes);
    let found = values.find(|one| one.key == key);
    found.map(|one| one.value.clone()).ok_or_else(|| {
        Trouble::Input(format!(
            "transaction {} has no event {kind} with {key}: is this a chain with the wasm module?",
            done.hash
        ))
    })
}
