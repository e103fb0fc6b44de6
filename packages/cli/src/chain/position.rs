//! What an owner does with a position.

use clap::Args;
use cosmwasm_std::{Coin, Uint128};
use wicker_client::Message;
use wicker_msgs::cdp::{
    BasketResponse, ExecuteMsg, PositionResponse, PreviewAdjustResponse, PreviewLiquidateResponse,
    QueryMsg, Withdrawal,
};

use super::amount::{coin, units, withdrawal};
use super::connect::{Live, Reading, Signing};
use super::show;
use super::trouble::Trouble;

/// `deposit`.
#[derive(Debug, Args)]
pub struct Deposit {
    /// What to deposit, such as 1_500_000uatom.
    #[arg(value_parser = coin)]
    coin: Coin,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    signing: Signing,
}

/// Which position.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// The position.
    #[arg(long)]
    position: Option<u64>,
    /// Opens a position in this basket.
    #[arg(long)]
    basket: Option<u32>,
}

/// `withdraw`.
#[derive(Debug, Args)]
pub struct Withdraw {
    /// The position.
    position: u64,
    /// What to take out: an amount such as 1_500_000uatom, or a denom for all of it.
    #[arg(value_parser = withdrawal)]
    coin: Withdrawal,
    /// Who receives instead of the sender.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// `borrow`.
#[derive(Debug, Args)]
pub struct Borrow {
    /// The position.
    position: u64,
    /// Base units of the basket's debt denom.
    #[arg(value_parser = units)]
    amount: Uint128,
    /// Who receives instead of the sender.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// `repay`.
#[derive(Debug, Args)]
pub struct Repay {
    /// The position.
    position: u64,
    /// Base units of the basket's debt denom; what exceeds the debt returns.
    #[arg(value_parser = units)]
    amount: Uint128,
    #[command(flatten)]
    signing: Signing,
}

/// `close`.
#[derive(Debug, Args)]
pub struct Close {
    /// The position.
    position: u64,
    /// Base units of the debt denom to send; without it the debt and a thousandth more, for interest until the transaction is in a
    /// block. What exceeds the debt returns.
    #[arg(long, value_parser = units)]
    pay: Option<Uint128>,
    /// Who receives the collateral instead of the sender.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// What an adjustment consists of.
#[derive(Debug, Args)]
struct Parts {
    #[command(flatten)]
    place: Place,
    /// Coins to send: collateral is deposited, the debt denom repays. May be repeated.
    #[arg(long, value_parser = coin, value_name = "COIN")]
    send: Vec<Coin>,
    /// What to take out: an amount such as 5uatom, or a denom for all of it. May be repeated.
    #[arg(long, value_parser = withdrawal, value_name = "COIN")]
    withdraw: Vec<Withdrawal>,
    /// Base units of the debt denom to borrow.
    #[arg(long, value_parser = units, value_name = "UNITS")]
    borrow: Option<Uint128>,
}

/// `adjust`.
#[derive(Debug, Args)]
pub struct Adjust {
    #[command(flatten)]
    parts: Parts,
    /// Who receives instead of the sender.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// `preview adjust`.
#[derive(Debug, Args)]
pub struct PreviewAdjust {
    #[command(flatten)]
    parts: Parts,
    #[command(flatten)]
    reading: Reading,
}

/// `preview liquidate`.
#[derive(Debug, Args)]
pub struct PreviewLiquidate {
    /// The position.
    position: u64,
    /// Most to pay, in base units of debt.
    #[arg(long, value_parser = units)]
    most: Option<Uint128>,
    #[command(flatten)]
    reading: Reading,
}

/// Deposits.
pub async fn deposit(args: Deposit) -> Result<(), Trouble> {
    let live = args.signing.open().await?;
    let msg = ExecuteMsg::Deposit {
        position: args.place.position,
        basket: args.place.basket,
    };
    send(&args.signing, &live, &msg, vec![args.coin]).await
}

/// Withdraws.
pub async fn withdraw(args: Withdraw) -> Result<(), Trouble> {
    let live = args.signing.open().await?;
    let msg = ExecuteMsg::Withdraw {
        position: args.position,
        denom: args.coin.denom,
        amount: args.coin.amount,
        recipient: args.to,
    };
    send(&args.signing, &live, &msg, vec![]).await
}

/// Borrows.
pub async fn borrow(args: Borrow) -> Result<(), Trouble> {
    let live = args.signing.open().await?;
    let msg = ExecuteMsg::Borrow {
        position: args.position,
        amount: args.amount,
        recipient: args.to,
    };
    send(&args.signing, &live, &msg, vec![]).await
}

/// Repays.
pub async fn repay(args: Repay) -> Result<(), Trouble> {
    let live = args.signing.open().await?;
    let (_, debt) = debt(&live, args.position).await?;
    let msg = ExecuteMsg::Repay {
        position: args.position,
    };
    let paid = Coin::new(args.amount, debt);
    send(&args.signing, &live, &msg, vec![paid]).await
}

/// Closes.
pub async fn close(args: Close) -> Result<(), Trouble> {
    let live = args.signing.open().await?;
    let (owed, denom) = debt(&live, args.position).await?;
    let msg = ExecuteMsg::Close {
        position: args.position,
        recipient: args.to,
    };
    let pay = args.pay.unwrap_or_else(|| with_interest(owed));
    let funds = match pay.is_zero() {
        true => vec![],
        false => vec![Coin::new(pay, denom)],
    };
    send(&args.signing, &live, &msg, funds).await
}

/// A debt and a thousandth more, at least a unit; nothing of nothing.
fn with_interest(owed: Uint128) -> Uint128 {
    if owed.is_zero() {
        return owed;
    }
    let more = (owed.u128() / 1_000).saturating_add(1);
    Uint128::new(owed.u128().saturating_add(more))
}

/// Adjusts.
pub async fn adjust(args: Adjust) -> Result<(), Trouble> {
    let live = args.signing.open().await?;
    let parts = args.parts;
    let msg = ExecuteMsg::Adjust {
        position: parts.place.position,
        basket: parts.place.basket,
        withdraw: parts.withdraw,
        borrow: parts.borrow,
        recipient: args.to,
    };
    send(&args.signing, &live, &msg, parts.send).await
}

/// Shows what an adjustment would leave.
pub async fn preview_adjust(args: PreviewAdjust) -> Result<(), Trouble> {
    let live = args.reading.open().await?;
    let parts = args.parts;
    let question = QueryMsg::PreviewAdjust {
        position: parts.place.position,
        basket: parts.place.basket,
        funds: parts.send,
        withdraw: parts.withdraw,
        borrow: parts.borrow,
    };
    let after: PreviewAdjustResponse = live.cdp(&question).await?;
    show::document(&live, &after, show::adjusted)
}

/// Shows what a liquidation would pay and receive.
pub async fn preview_liquidate(args: PreviewLiquidate) -> Result<(), Trouble> {
    let live = args.reading.open().await?;
    let question = QueryMsg::PreviewLiquidate {
        position: args.position,
        max_repay: args.most,
    };
    let after: PreviewLiquidateResponse = live.cdp(&question).await?;
    show::document(&live, &after, show::liquidated)
}

async fn send(
    signing: &Signing,
    live: &Live,
    msg: &ExecuteMsg,
    funds: Vec<Coin>,
) -> Result<(), Trouble> {
    let message = live.tell(msg)?.with_funds(funds);
    signing.act(live, vec![Message::from(message)]).await?;
    Ok(())
}

/// What a position owes and in which denom.
async fn debt(live: &Live, position: u64) -> Result<(Uint128, String), Trouble> {
    let found: PositionResponse = live.cdp(&QueryMsg::Position { position }).await?;
    let basket = QueryMsg::Basket {
        basket: found.basket,
    };
    let basket: BasketResponse = live.cdp(&basket).await?;
    Ok((found.debt, basket.settings.debt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_brings_the_debt_and_a_thousandth_more() {
        for (owed, sent) in [(0u128, 0u128), (1, 2), (999, 1_000), (1_000_000, 1_001_001)] {
            assert_eq!(with_interest(Uint128::new(owed)), Uint128::new(sent));
        }
        assert_eq!(with_interest(Uint128::MAX), Uint128::MAX);
    }
}
