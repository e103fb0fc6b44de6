//! `wicker feed`: a feeder's rounds, once or until it is stopped.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use wicker_feeder::{Config, Feeder};
use wicker_status::{log, stopped, Server, Status};

use super::connect::Reading;
use super::keys::KeyArgs;
use super::trouble::Trouble;

/// How the feeder is run.
#[derive(Debug, Args)]
pub struct FeedArgs {
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    key: KeyArgs,
    /// What it is told: see docs/feeder.md. `WICKER_FEED_...` in the environment stands above it.
    #[arg(long, env = "WICKER_FEED_FILE", value_name = "FILE")]
    config: PathBuf,
    /// Asks every input once and reports what is due.
    #[arg(long)]
    once: bool,
    /// Asks every input once and sends nothing.
    #[arg(long, conflicts_with = "once")]
    dry_run: bool,
}

/// Runs it. A line of JSON on standard output for every round.
pub async fn run(args: FeedArgs) -> Result<(), Trouble> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let own = environment.filter(|(name, _)| name != "WICKER_FEED_FILE");
    let config = Config::load(Some(&args.config), own)?;
    let (valid, listen) = (config.valid_blocks, config.listen);
    let live = args
        .reading
        .open_with(|client| client.limits.valid_blocks = valid);
    let live = live.await?;
    let signer = args.key.signer(&live.at.prefix)?;
    let status = Status::new("wicker feed", "wicker_feed");
    let account = (live.chain.clone(), signer);
    let variable = |name: &str| std::env::var(name).ok();
    let feeder = Feeder::new(account, config, &live.at.oracle, &status, variable);
    let mut feeder = feeder.await?;
    if args.once || args.dry_run {
        let round = feeder.once(args.dry_run).await;
        log(json!({ "level": round.level(), "round": round }));
        return feeder.failure().map_or(Ok(()), |why| Err(why.into()));
    }
    let stop = stopped().map_err(|why| Trouble::Input(format!("signals: {why}")))?;
    let server = listen.map(|address| Server::start(address, status));
    let server = server.transpose();
    let server = server.map_err(|why| Trouble::Input(why.to_string()))?;
    if let Some(server) = &server {
        let address = server.address().to_string();
        log(json!({ "level": "info", "listens": address }));
    }
    feeder.watch(stop, log).await;
    log(json!({ "level": "info", "why": "stopped" }));
    Ok(())
}
