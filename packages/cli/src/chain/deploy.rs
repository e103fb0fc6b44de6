//! A deployment from nothing: code stored, both contracts started, the debt denom made, ownership handed on, a file written. What has
//! been done is remembered beside the file, so that a deployment that was cut off goes on where it was.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use cosmwasm_std::{Coin, Uint128};
use flate2::write::GzEncoder;
use flate2::Compression;
use serde::{Deserialize, Serialize};
use wicker_client::{Chain, Config, Execute, Executed, Message, Proposal};
use wicker_msgs::cdp::{ExecuteMsg, GovernMsg, OwnershipAction, TokenModule};
use wicker_msgs::{cdp, oracle};

use super::amount::{coin, units};
use super::connect::{act, agreed, attribute, Done, Live, Sending};
use super::deployment::{save, Deployment};
use super::keys::KeyArgs;
use super::propose::accept;
use super::trouble::Trouble;
use crate::output::print;

/// What stands for the gov module's account.
const GOV: &str = "gov";
/// What stands for the one who deploys.
const ME: &str = "me";

/// `deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// CometBFT RPC addresses; may be repeated.
    #[arg(
        long,
        env = "WICKER_NODE",
        value_delimiter = ',',
        required = true,
        value_name = "URL"
    )]
    node: Vec<String>,
    /// What the chain's addresses begin with.
    #[arg(long)]
    prefix: String,
    /// The price of a unit of gas, such as 0.025stake.
    #[arg(long, value_name = "PRICE")]
    gas_price: String,
    /// The folder with wicker_cdp.wasm and wicker_oracle.wasm, as `cargo xtask wasm` makes them.
    #[arg(long, default_value = "artifacts", value_name = "DIR")]
    wasm: PathBuf,
    /// Who is to own both contracts and may migrate them: `gov`, `me` or an address.
    #[arg(long, default_value = GOV, value_name = "WHO")]
    owner: String,
    /// Who may tighten for a while.
    #[arg(long, value_name = "ADDRESS")]
    guardian: Option<String>,
    /// The last part of the debt token's denom.
    #[arg(long, default_value = "usdw")]
    subdenom: String,
    /// The debt token's decimal places.
    #[arg(long, default_value_t = 6)]
    decimals: u8,
    /// The most that all baskets together may owe, in base units.
    #[arg(long, value_parser = units, value_name = "UNITS")]
    ceiling: Uint128,
    /// What the chain takes for a new denom, such as 10_000_000stake.
    #[arg(long, value_parser = coin, value_name = "COIN")]
    denom_fee: Option<Coin>,
    /// The type URLs of the chain's token module begin so.
    #[arg(
        long,
        default_value = "/osmosis.tokenfactory.v1beta1.",
        value_name = "URL"
    )]
    token_module: String,
    /// Mints straight to the borrower, where the chain's token module can.
    #[arg(long)]
    direct_mint: bool,
    /// With `--owner gov`: proposes that it accepts, with this deposit. Without it, `wicker propose --accept` does.
    #[arg(long, value_parser = coin, value_name = "COIN")]
    deposit: Option<Coin>,
    /// The deployment file; must not exist.
    #[arg(long, default_value = "wicker.json", value_name = "FILE")]
    out: PathBuf,
    /// Simulates the first step and stops: later ones need what it makes.
    #[arg(long)]
    dry_run: bool,
    /// Goes on without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    key: KeyArgs,
}

/// What has been done, in this order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    chain_id: String,
    oracle_code: Option<u64>,
    cdp_code: Option<u64>,
    oracle: Option<String>,
    cdp: Option<String>,
    debt: Option<String>,
    offered: bool,
}

/// A deployment under way.
struct Work<'a> {
    args: &'a Deploy,
    chain: Chain,
    /// Who deploys.
    me: String,
    /// Who is to own it.
    owner: String,
    done: Progress,
}

/// Deploys.
pub async fn deploy(args: Deploy) -> Result<(), Trouble> {
    if args.out.exists() {
        let why = "it exists\n  next: name another with --out";
        return Err(Trouble::file(&args.out, why));
    }
    let config = Config::new(args.node.clone(), &args.prefix, args.gas_price.parse()?);
    let chain = Chain::connect(config).await?;
    let me = args.key.signer(&args.prefix)?.address().to_string();
    let owner = match args.owner.as_str() {
        GOV => chain.module("gov").await?,
        ME => me.clone(),
        address => address.to_string(),
    };
    let done = progress(&args, chain.id())?;
    if args.dry_run {
        return dry_run(&args, &chain).await;
    }
    let question = format!("Deploy to {} as {me}, to be owned by {owner}?", chain.id());
    agreed(args.yes, &question)?;
    let mut work = Work {
        args: &args,
        chain,
        me,
        owner,
        done,
    };
    let deployment = work.run().await?;
    save(&args.out, &deployment)?;
    let _ = std::fs::remove_file(beside(&args.out));
    print(&serde_json::to_string_pretty(&deployment)?)?;
    eprintln!("written to {}", args.out.display());
    work.hand_over(&deployment).await
}

async fn dry_run(args: &Deploy, chain: &Chain) -> Result<(), Trouble> {
    let wasm = compressed(&args.wasm.join("wicker_oracle.wasm"))?;
    let sending = Sending {
        dry_run: true,
        ..Sending::default()
    };
    if let Done::Shown(mut shown) =
        act(chain, &args.key, &sending, vec![Message::Store { wasm }]).await?
    {
        // The code itself is of no use on a screen.
        if let Some(code) = shown.pointer_mut("/messages/0/wasm_byte_code") {
            *code = "...".into();
        }
        print(&serde_json::to_string_pretty(&shown)?)?;
    }
    Ok(())
}

impl Work<'_> {
    async fn run(&mut self) -> Result<Deployment, Trouble> {
        let oracle_code = match self.done.oracle_code {
            Some(code) => code,
            None => self.store("wicker_oracle.wasm").await?,
        };
        self.remember(|done| done.oracle_code = Some(oracle_code))?;
        let cdp_code = match self.done.cdp_code {
            Some(code) => code,
            None => self.store("wicker_cdp.wasm").await?,
        };
        self.remember(|done| done.cdp_code = Some(cdp_code))?;
        let oracle = match self.done.oracle.clone() {
            Some(oracle) => oracle,
            None => self.start_oracle(oracle_code).await?,
        };
        self.remember(|done| done.oracle = Some(oracle.clone()))?;
        let cdp = match self.done.cdp.clone() {
            Some(cdp) => cdp,
            None => self.start_cdp(cdp_code, &oracle).await?,
        };
        self.remember(|done| done.cdp = Some(cdp.clone()))?;
        let debt = match self.done.debt.clone() {
            Some(debt) => debt,
            None => self.create_denom(&cdp).await?,
        };
        self.remember(|done| done.debt = Some(debt.clone()))?;
        if self.owner != self.me && !self.done.offered {
            self.offer(&cdp, &oracle).await?;
            self.remember(|done| done.offered = true)?;
        }
        Ok(Deployment {
            chain_id: self.chain.id().to_string(),
            prefix: self.args.prefix.clone(),
            gas_price: self.args.gas_price.clone(),
            nodes: self.args.node.clone(),
            cdp,
            oracle,
            debt,
            cdp_code,
            oracle_code,
            owner: self.owner.clone(),
            admin: Some(self.owner.clone()),
        })
    }

    fn remember(&mut self, set: impl FnOnce(&mut Progress)) -> Result<(), Trouble> {
        set(&mut self.done);
        save(&beside(&self.args.out), &self.done)
    }

    async fn send(&self, what: &str, message: Message) -> Result<Executed, Trouble> {
        eprintln!("{what} ...");
        let sending = Sending::default();
        match act(&self.chain, &self.args.key, &sending, vec![message]).await? {
            Done::Sent(done) => Ok(done),
            Done::Shown(_) => Err(Trouble::Input("nothing was sent".into())),
        }
    }

    async fn store(&self, file: &str) -> Result<u64, Trouble> {
        let wasm = compressed(&self.args.wasm.join(file))?;
        let done = self
            .send(&format!("storing {file}"), Message::Store { wasm })
            .await?;
        let code = attribute(&done, "store_code", "code_id")?;
        code.parse()
            .map_err(|_| Trouble::Input(format!("{code:?} is no number of a code")))
    }

    async fn start(
        &self,
        label: &str,
        code_id: u64,
        msg: impl Serialize,
    ) -> Result<String, Trouble> {
        let message = Message::Instantiate {
            code_id,
            msg: serde_json::to_value(msg)?,
            label: label.into(),
            admin: Some(self.owner.clone()),
        };
        let done = self.send(&format!("starting {label}"), message).await?;
        attribute(&done, "instantiate", "_contract_address")
    }

    async fn start_oracle(&self, code: u64) -> Result<String, Trouble> {
        let msg = oracle::InstantiateMsg {
            owner: self.me.clone(),
            guardian: self.args.guardian.clone(),
        };
        self.start("wicker oracle", code, msg).await
    }

    async fn start_cdp(&self, code: u64, oracle: &str) -> Result<String, Trouble> {
        let msg = cdp::InstantiateMsg {
            owner: self.me.clone(),
            guardian: self.args.guardian.clone(),
            oracle: oracle.into(),
            token: TokenModule {
                type_url_prefix: self.args.token_module.clone(),
                direct_mint: self.args.direct_mint,
            },
            settings: None,
        };
        self.start("wicker cdp", code, msg).await
    }

    async fn create_denom(&self, cdp: &str) -> Result<String, Trouble> {
        let create = ExecuteMsg::Govern(GovernMsg::CreateDenom {
            subdenom: self.args.subdenom.clone(),
            decimals: self.args.decimals,
            ceiling: self.args.ceiling,
        });
        let fee = self.args.denom_fee.iter().cloned().collect();
        let message = Execute::new(cdp, &create)?.with_funds(fee);
        self.send("creating the debt denom", message.into()).await?;
        Ok(format!("factory/{cdp}/{}", self.args.subdenom))
    }

    async fn offer(&self, cdp: &str, oracle: &str) -> Result<(), Trouble> {
        let new_owner = self.owner.clone();
        let offer = ExecuteMsg::UpdateOwnership(OwnershipAction::TransferOwnership {
            new_owner: new_owner.clone(),
            expiry: None,
        });
        let propose = oracle::ExecuteMsg::ProposeOwner {
            owner: Some(new_owner),
        };
        for message in [Execute::new(cdp, &offer)?, Execute::new(oracle, &propose)?] {
            self.send("offering the ownership", message.into()).await?;
        }
        Ok(())
    }

    /// What is left until the owner is the owner.
    async fn hand_over(&self, deployment: &Deployment) -> Result<(), Trouble> {
        if self.owner == self.me {
            return Ok(());
        }
        let (true, Some(deposit)) = (self.args.owner == GOV, &self.args.deposit) else {
            eprintln!(
                "{} is offered both contracts and must accept\n  next: `wicker propose --accept`",
                self.owner
            );
            return Ok(());
        };
        let live = Live {
            chain: self.chain.clone(),
            at: deployment.clone(),
            json: false,
        };
        let messages = accept()?;
        let messages = messages
            .iter()
            .map(|told| told.message(&live).map(Message::from));
        let proposal = Message::Propose(Proposal {
            title: "Own Wicker".into(),
            summary: "The governance module accepts the ownership of both contracts.".into(),
            deposit: vec![deposit.clone()],
            authority: self.owner.clone(),
            messages: messages.collect::<Result<_, Trouble>>()?,
        });
        let done = self.send("proposing that gov accepts", proposal).await?;
        let id = attribute(&done, "submit_proposal", "proposal_id")?;
        eprintln!("proposal {id}\n  next: `wicker vote {id} yes`");
        Ok(())
    }
}

/// Where what has been done is remembered.
fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".progress");
    name.into()
}

fn progress(args: &Deploy, chain_id: &str) -> Result<Progress, Trouble> {
    let path = beside(&args.out);
    if !path.exists() {
        return Ok(Progress {
            chain_id: chain_id.into(),
            ..Progress::default()
        });
    }
    let text = std::fs::read_to_string(&path).map_err(|why| Trouble::file(&path, why))?;
    let done: Progress = serde_json::from_str(&text).map_err(|why| Trouble::file(&path, why))?;
    if done.chain_id != chain_id {
        let why = format!("it is of chain {}, not {chain_id}", done.chain_id);
        return Err(Trouble::file(&path, why));
    }
    eprintln!("going on with {}", path.display());
    Ok(done)
}

/// A file's bytes as gzip: nodes take requests of a megabyte, and a contract's text in one is longer.
fn compressed(path: &Path) -> Result<Vec<u8>, Trouble> {
    let wasm = std::fs::read(path).map_err(|why| {
        Trouble::file(
            path,
            format!("{why}\n  next: `cargo xtask wasm`, or name the folder with --wasm"),
        )
    })?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(&wasm).and_then(|()| encoder.finish());
    written.map_err(|why| Trouble::file(path, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_that_was_cut_off_goes_on_where_it_was_and_only_on_its_chain() {
        let folder = std::env::temp_dir().join(format!("wicker-deploy-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let out = folder.join("wicker.json");
        let words = [
            "deploy",
            "--node",
            "http://x",
            "--prefix",
            "wasm",
            "--gas-price",
            "0.1stake",
            "--ceiling",
            "1",
            "--out",
            out.to_str().unwrap(),
        ];
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            deploy: Deploy,
        }
        let args = <Line as clap::Parser>::parse_from(words).deploy;
        let fresh = progress(&args, "one").unwrap();
        assert!(fresh.cdp_code.is_none());
        let halfway = Progress {
            cdp_code: Some(7),
            ..fresh
        };
        save(&beside(&out), &halfway).unwrap();
        assert_eq!(progress(&args, "one").unwrap().cdp_code, Some(7));
        assert!(progress(&args, "two").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
