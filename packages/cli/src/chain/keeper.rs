//! `wicker keeper`: a keeper's rounds, once or until it is stopped.

use std::path::PathBuf;

use clap::Args;
use serde_json::{json, Value};
use wicker_keeper::{Config, Keeper};

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
    let mut keeper = Keeper::new(live.chain.clone(), signer, config, contracts)?;
    if args.once || args.dry_run {
        let round = keeper.round(args.dry_run).await?;
        print(&json!({ "level": "info", "round": round }).to_string())?;
        if args.once {
            keeper.finish().await?;
        }
        return Ok(());
    }
    let stop = stopped()?;
    keeper.watch(stop, log).await?;
    log(json!({ "level": "info", "why": "stopped" }));
    Ok(())
}

/// A log whose reader has gone is no reason to stop.
fn log(mut line: Value) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    line["time"] = now.unwrap_or_default().as_secs().into();
    let _ = print(&line.to_string());
}

/// Done when the program is told to stop.
fn stopped() -> Result<impl std::future::Future<Output = ()>, Trouble> {
    use tokio::signal::unix::{signal, SignalKind};
    let broken = |why: std::io::Error| Trouble::Input(format!("signals: {why}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(broken)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(broken)?;
    Ok(async move {
        let one = std::pin::pin!(interrupt.recv());
        let other = std::pin::pin!(terminate.recv());
        tokio::select! {
            _ = one => {}
            _ = other => {}
        }
    })
}
