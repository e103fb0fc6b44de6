//! `wicker` as a tool for a chain: a deployment made, used, governed and audited.

pub mod amount;
pub mod audit;
pub mod connect;
pub mod deploy;
pub mod deployment;
pub mod feed;
pub mod govern;
pub mod keeper;
pub mod keys;
pub mod position;
pub mod propose;
pub mod segments;
pub mod show;
pub mod trouble;

use std::future::Future;

use clap::Subcommand;

use trouble::{Trouble, BROKEN, DONE};

/// What can be done on a chain.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Stores and starts both contracts, creates the debt denom, hands the ownership to gov, writes a deployment file.
    Deploy(Box<deploy::Deploy>),
    /// Opens baskets.
    #[command(subcommand)]
    Basket(govern::Basket),
    /// Adds collateral to a position, or opens one.
    Deposit(position::Deposit),
    /// Takes collateral out.
    Withdraw(position::Withdraw),
    /// Borrows against a position.
    Borrow(position::Borrow),
    /// Pays a debt back.
    Repay(position::Repay),
    /// Pays everything back and takes everything out.
    Close(position::Close),
    /// Any mix of depositing, repaying, withdrawing and borrowing, judged once.
    Adjust(position::Adjust),
    /// Shows a position and how it stands.
    Position(show::Position),
    /// Lists positions.
    Positions(show::Positions),
    /// Lists baskets.
    Baskets(show::Baskets),
    /// Shows the parts of a position's margin and whose risk it is.
    Explain(show::Position),
    /// Lists positions of a basket that can be liquidated.
    Liquidatable(show::Liquidatable),
    /// Shows what an action would do.
    #[command(subcommand)]
    Preview(Preview),
    /// Lists changes that wait.
    Pending(show::Pending),
    /// Applies a change that has waited. Anyone may.
    Apply(govern::Apply),
    /// Tightens for a while. Guardian or owner.
    #[command(subcommand)]
    Guardian(govern::Guardian),
    /// Sends a file of messages, as an owner does.
    Govern(govern::Govern),
    /// Proposes to the gov module or a DAO, and shows first what it would do to open positions.
    Propose(Box<propose::Propose>),
    /// Votes on a proposal of the gov module.
    Vote(govern::Vote),
    /// Reads a whole deployment and checks every invariant. Exit code 1 when one is broken.
    Audit(audit::AuditArgs),
    /// Liquidates what falls under its margin, block by block.
    Keeper(keeper::KeeperArgs),
    /// Reports prices from several inputs to the oracle, round after round.
    Feed(feed::FeedArgs),
    /// Encrypts keys and shows addresses.
    #[command(subcommand)]
    Key(keys::KeyCommand),
}

/// What can be previewed.
#[derive(Debug, Subcommand)]
pub enum Preview {
    /// What an adjustment would leave.
    Adjust(position::PreviewAdjust),
    /// What a liquidation would pay and receive.
    Liquidate(position::PreviewLiquidate),
}

/// Runs a command and answers the exit code.
pub fn run(command: Command) -> Result<u8, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Trouble::Input(format!("no runtime: {why}")))?;
    runtime.block_on(done(command))
}

async fn done(command: Command) -> Result<u8, Trouble> {
    match command {
        Command::Deploy(args) => nothing(deploy::deploy(*args)).await,
        Command::Basket(args) => nothing(govern::basket(args)).await,
        Command::Deposit(args) => nothing(position::deposit(args)).await,
        Command::Withdraw(args) => nothing(position::withdraw(args)).await,
        Command::Borrow(args) => nothing(position::borrow(args)).await,
        Command::Repay(args) => nothing(position::repay(args)).await,
        Command::Close(args) => nothing(position::close(args)).await,
        Command::Adjust(args) => nothing(position::adjust(args)).await,
        Command::Position(args) => nothing(show::position(args)).await,
        Command::Positions(args) => nothing(show::positions(args)).await,
        Command::Baskets(args) => nothing(show::baskets(args)).await,
        Command::Explain(args) => nothing(show::explain(args)).await,
        Command::Liquidatable(args) => nothing(show::liquidatable(args)).await,
        Command::Preview(Preview::Adjust(args)) => nothing(position::preview_adjust(args)).await,
        Command::Preview(Preview::Liquidate(args)) => {
            nothing(position::preview_liquidate(args)).await
        }
        Command::Pending(args) => nothing(show::pending(args)).await,
        Command::Apply(args) => nothing(govern::apply(args)).await,
        Command::Guardian(args) => nothing(govern::guardian(args)).await,
        Command::Govern(args) => nothing(govern::govern(args)).await,
        Command::Propose(args) => nothing(propose::propose(*args)).await,
        Command::Vote(args) => nothing(govern::vote(args)).await,
        Command::Audit(args) => audit::run(args).await.map(|holds| match holds {
            true => DONE,
            false => BROKEN,
        }),
        Command::Keeper(args) => nothing(keeper::run(args)).await,
        Command::Feed(args) => nothing(feed::run(args)).await,
        Command::Key(args) => keys::run(args).map(|()| DONE),
    }
}

async fn nothing(work: impl Future<Output = Result<(), Trouble>>) -> Result<u8, Trouble> {
    work.await.map(|()| DONE)
}
