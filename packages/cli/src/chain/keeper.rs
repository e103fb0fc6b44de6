//! `wicker keeper`: a keeper's rounds, once or until it is stopped.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use wicker_keeper::{Config, Keeper};
use wicker_status::{log, stopped, Server};

use super::connect::Reading;
use super::keys::KeyArgs;
use super::trouble::Trouble;
use crate::output::print;

/// How the keeper is run.
#[derive(Debug, Args)]
pub struct KeeperArgs {
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    key: KeyArgs,
    /// What it is told: see docs/keeper.md. `WICKER_KEEPER_...` in the environment stands above it.
    #[arg(long, env = "WICKER_KEEPER_FILE", value_name = "FILE")]
    config: Option<PathBuf>,
    /// One round, and wait for its transaction.
    #[arg(long)]
    once: bool,
    /// One round that sends nothing.
    #[arg(long, conflicts_with = "once")]
    dry_run: bool,
}

/// Runs it. A line of JSON on standard output for every round.
pub async fn run(args: KeeperArgs) -> Result<(), Trouble> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let own = environment.filter(|(name, _)| name != "WICKER_KEEPER_FILE");
    let config = Config::load(args.config.as_deref(), own)?;
    let valid = config.valid_blocks;
    let live = args
        .reading
        .open_with(|client| client.limits.valid_blocks = valid);
    let live = live.await?;
    let signer = args.key.signer(&live.at.prefix)?;
    let contracts = (live.at.cdp.as_str(), live.at.oracle.as_str());
    let listen = config.listen;
    let mut keeper = Keeper::new(live.chain.clone(), signer, config, contracts)?;
    if args.once || args.dry_run {
        let round = keeper.round(args.dry_run).await?;
        keeper.alarms().into_iter().for_each(log);
        print(&json!({ "level": "info", "round": round }).to_string())?;
        if args.once {
            keeper.finish().await?;
        }
        return Ok(());
    }
    let unheard = |why: std::io::Error| Trouble::Input(format!("signals: {why}"));
    let stop = stopped().map_err(unheard)?;
    let server = listen.map(|address| Server::start(address, keeper.status().clone()));
    let server = server.transpose()?;
    if let Some(server) = &server {
        let address = server.address().to_string();
        log(json!({ "level": "info", "listen": address }));
    }
    keeper.watch(stop, log).await?;
    log(json!({ "level": "info", "why": "stopped" }));
    Ok(())
}
