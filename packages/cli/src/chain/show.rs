//! What a deployment answers, as tables that fit a terminal or as JSON.

use clap::Args;
use comfy_table::{presets, CellAlignment, ContentArrangement, Table};
use cosmwasm_std::{Coin, Decimal256, SignedDecimal256};
use serde::Serialize;
use serde_json::json;
use wicker_msgs::cdp::{
    BasketResponse, BasketsResponse, ExplainResponse, HealthResponse, LiquidatableResponse,
    LiquidationPriceResponse, PendingResponse, PositionResponse, PositionsResponse,
    PreviewAdjustResponse, PreviewLiquidateResponse, QueryMsg, MAX_PAGE,
};

use super::connect::{Live, Reading};
use super::trouble::Trouble;
use crate::output::print;

/// A position.
#[derive(Debug, Args)]
pub struct Position {
    /// The position.
    position: u64,
    #[command(flatten)]
    reading: Reading,
}

/// Positions.
#[derive(Debug, Args)]
pub struct Positions {
    /// Only this owner's.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "basket")]
    owner: Option<String>,
    /// Only this basket's.
    #[arg(long)]
    basket: Option<u32>,
    /// At most so many.
    #[arg(long, default_value_t = 1_000)]
    limit: usize,
    #[command(flatten)]
    reading: Reading,
}

/// Baskets.
#[derive(Debug, Args)]
pub struct Baskets {
    #[command(flatten)]
    reading: Reading,
}

/// Positions of a basket that can be liquidated.
#[derive(Debug, Args)]
pub struct Liquidatable {
    /// The basket.
    basket: u32,
    #[command(flatten)]
    reading: Reading,
}

/// Changes that wait.
#[derive(Debug, Args)]
pub struct Pending {
    #[command(flatten)]
    reading: Reading,
}

/// Shows a document as JSON or as a text.
pub fn document<T: Serialize>(
    live: &Live,
    document: &T,
    text: impl FnOnce(&T) -> String,
) -> Result<(), Trouble> {
    print(&match live.json {
        true => serde_json::to_string_pretty(document)?,
        false => text(document),
    })?;
    Ok(())
}

/// A table as wide as the terminal at most. All columns but the first are figures.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header.to_vec());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Names and values below each other.
fn pairs(rows: &[(&str, String)]) -> String {
    let mut table = table(&["", ""]);
    for (name, value) in rows {
        table.add_row([name.to_string(), value.clone()]);
    }
    table.to_string()
}

/// A figure with two places, cut off: for reading, never for computing.
fn short(value: impl ToString) -> String {
    let text = value.to_string();
    match text.split_once('.') {
        Some((whole, places)) => {
            let places: String = places.chars().take(2).collect();
            format!("{whole}.{places}")
        }
        None => text,
    }
}

fn dollars(value: impl ToString) -> String {
    format!("{} $", short(value))
}

/// A share as per cent; `-` for none.
fn percent(share: Option<SignedDecimal256>) -> String {
    let hundred = SignedDecimal256::percent(10_000);
    let share = share.and_then(|share| share.checked_mul(hundred).ok());
    share.map_or("-".into(), |share| format!("{} %", short(share)))
}

fn coins(coins: &[Coin]) -> String {
    let coins: Vec<String> = coins.iter().map(Coin::to_string).collect();
    coins.join(", ")
}

/// Shows a position, how it stands and where it would be liquidated.
pub async fn position(args: Position) -> Result<(), Trouble> {
    let live = args.reading.open().await?;
    let position = args.position;
    let found: PositionResponse = live.cdp(&QueryMsg::Position { position }).await?;
    let health: HealthResponse = live.cdp(&QueryMsg::Health { position }).await?;
    let question = QueryMsg::LiquidationPrice {
        position,
        denom: None,
    };
    // Without a debt there is no such price.
    let falls: Option<Decimal256> = match found.debt.is_zero() {
        true => None,
        false => {
            live.cdp::<LiquidationPriceResponse>(&question)
                .await?
                .factor
        }
    };
    let all = json!({ "position": found, "health": health, "liquidation_factor": falls });
    document(&live, &all, |_| {
        let mut rows = vec![
            ("position", found.position.to_string()),
            ("owner", found.owner.clone()),
            ("basket", found.basket.to_string()),
            ("collateral", coins(&found.collateral)),
            ("debt", found.debt.to_string()),
        ];
        rows.extend(standing(&health));
        let falls = falls.map_or("-".into(), |factor| {
            format!("{} times today's prices", short(factor))
        });
        rows.push(("liquidated at", falls));
        pairs(&rows)
    })
}

fn standing(health: &HealthResponse) -> Vec<(&'static str, String)> {
    vec![
        ("level", level(health)),
        ("collateral's worth", dollars(health.collateral)),
        ("debt's worth", dollars(health.debt)),
        ("equity", dollars(health.equity)),
        ("maintenance margin", dollars(health.maintenance)),
        (
            "equity over margin",
            health.margin_ratio.map_or("-".into(), short),
        ),
    ]
}

fn level(health: &HealthResponse) -> String {
    let name = serde_json::to_value(&health.level);
    let name = name.ok().and_then(|name| name.as_str().map(str::to_string));
    name.unwrap_or_default().replace('_', " ")
}

/// Shows positions.
pub async fn positions(args: Positions) -> Result<(), Trouble> {
    let live = args.reading.open().await?;
    let (mut all, mut start_after) = (Vec::new(), None);
    while all.len() < args.limit {
        let left = u32::try_from(args.limit.saturating_sub(all.len())).unwrap_or(MAX_PAGE);
        let question = QueryMsg::Positions {
            owner: args.owner.clone(),
            basket: args.basket,
            start_after,
            limit: Some(left.min(MAX_PAGE)),
        };
        let page: PositionsResponse = live.cdp(&question).await?;
        let Some(last) = page.positions.last() else {
            break;
        };
        start_after = Some(last.position);
        all.extend(page.positions);
    }
    document(&live, &all, |all| {
        let mut table = table(&["position", "basket", "debt", "collateral", "owner"]);
        for one in all {
            table.add_row([
                one.position.to_string(),
                one.basket.to_string(),
                one.debt.to_string(),
                coins(&one.collateral),
                one.owner.clone(),
            ]);
        }
        table.to_string()
    })
}

/// All baskets of a deployment.
pub async fn all_baskets(live: &Live) -> Result<Vec<BasketResponse>, Trouble> {
    let (mut all, mut start_after) = (Vec::<BasketResponse>::new(), None);
    loop {
        let question = QueryMsg::Baskets {
            start_after,
            limit: None,
        };
        let page: BasketsResponse = live.cdp(&question).await?;
        let Some(last) = page.baskets.last() else {
            return Ok(all);
        };
        start_after = Some(last.basket);
        all.extend(page.baskets);
    }
}

/// Shows all baskets.
pub async fn baskets(args: Baskets) -> Result<(), Trouble> {
    let live = args.reading.open().await?;
    let all = all_baskets(&live).await?;
    document(&live, &all, |all| {
        let header = [
            "basket",
            "debt",
            "ceiling",
            "reserve",
            "backstop",
            "deficit",
            "collaterals",
        ];
        let mut table = table(&header);
        for one in all {
            let members = one
                .assets
                .iter()
                .filter(|asset| asset.denom != one.settings.debt);
            let members: Vec<String> = members
                .map(|asset| format!("{} {}", asset.total, asset.denom))
                .collect();
            table.add_row([
                format!("{} {}", one.basket, one.settings.name),
                one.debt.to_string(),
                one.settings.debt_ceiling.to_string(),
                one.reserve.to_string(),
                one.backstop.to_string(),
                one.deficit.to_string(),
                members.join(", "),
            ]);
        }
        table.to_string()
    })
}

/// Shows the parts of a position's margin and whose risk it is.
pub async fn explain(args: Position) -> Result<(), Trouble> {
    let live = args.reading.open().await?;
    let question = QueryMsg::Explain {
        position: args.position,
    };
    let parts: ExplainResponse = live.cdp(&question).await?;
    document(&live, &parts, |parts| {
        let margin = pairs(&[
            ("volatility of each alone", dollars(parts.base)),
            ("correlation", dollars(parts.correlation)),
            ("size against the market", dollars(parts.concentration)),
            ("jumps", dollars(parts.jump)),
            ("bonus and fees", dollars(parts.fees)),
            ("maintenance margin", dollars(parts.maintenance)),
        ]);
        let mut table = table(&["denom", "share of the risk"]);
        for one in &parts.weights {
            table.add_row([one.denom.clone(), percent(Some(one.weight))]);
        }
        format!("{margin}\n\n{table}")
    })
}

/// Shows positions that can be liquidated.
pub async fn liquidatable(args: Liquidatable) -> Result<(), Trouble> {
    let live = args.reading.open().await?;
    let (mut all, mut start_after) = (Vec::new(), None);
    loop {
        let question = QueryMsg::Liquidatable {
            basket: args.basket,
            start_after,
            limit: Some(MAX_PAGE),
        };
        let page: LiquidatableResponse = live.cdp(&question).await?;
        all.extend(page.positions);
        start_after = page.next;
        if start_after.is_none() {
            break;
        }
    }
    document(&live, &all, |all| {
        let mut table = table(&["position", "equity over margin", "debt", "insolvent"]);
        for one in all {
            table.add_row([
                one.position.to_string(),
                short(one.margin_ratio),
                one.debt.to_string(),
                one.insolvent.to_string(),
            ]);
        }
        table.to_string()
    })
}

/// Shows changes that wait.
pub async fn pending(args: Pending) -> Result<(), Trouble> {
    let live = args.reading.open().await?;
    let now = live.now().await?;
    let (mut all, mut start_after) = (Vec::new(), None);
    loop {
        let question = QueryMsg::Pending {
            start_after,
            limit: Some(MAX_PAGE),
        };
        let page: PendingResponse = live.cdp(&question).await?;
        let Some(last) = page.pending.last() else {
            break;
        };
        start_after = Some(last.id);
        all.extend(page.pending);
    }
    document(&live, &all, |all| {
        let mut table = table(&["change", "ready", "expires", "what it does"]);
        for one in all {
            let expired = now > one.expires_at;
            let ready = match one.ready_at.saturating_sub(now) {
                _ if expired => "no more".to_string(),
                0 => "now: wicker apply".to_string(),
                left => hours(left),
            };
            let expires = match expired {
                true => "expired: to be cancelled".to_string(),
                false => hours(one.expires_at.saturating_sub(now)),
            };
            let action = serde_json::to_string(&one.action).unwrap_or_default();
            table.add_row([one.id.to_string(), ready, expires, action]);
        }
        table.to_string()
    })
}

fn hours(seconds: u64) -> String {
    format!("in {} h {} min", seconds / 3_600, seconds % 3_600 / 60)
}

/// What an adjustment would leave.
pub fn adjusted(after: &PreviewAdjustResponse) -> String {
    let mut rows = vec![
        ("collateral", coins(&after.collateral)),
        ("debt", after.debt.to_string()),
        ("one-off fee", after.fee.to_string()),
        ("returned", after.refund.to_string()),
    ];
    rows.extend(standing(&after.health));
    pairs(&rows)
}

/// What a liquidation would pay and receive.
pub fn liquidated(after: &PreviewLiquidateResponse) -> String {
    pairs(&[
        ("pays", after.payment.to_string()),
        ("debt falls by", after.repaid.to_string()),
        ("receives", coins(&after.seized)),
        (
            "bonus",
            percent(SignedDecimal256::try_from(after.bonus).ok()),
        ),
        ("bad debt", after.bad_debt.to_string()),
        ("no debt left", after.full.to_string()),
    ])
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn figures_are_cut_for_reading_and_never_rounded_up() {
        assert_eq!(short("0.999"), "0.99");
        assert_eq!(short("12"), "12");
        assert_eq!(dollars("-3.5"), "-3.5 $");
        let share = SignedDecimal256::from_str("-0.12345").unwrap();
        assert_eq!(percent(Some(share)), "-12.34 %");
        assert_eq!(percent(None), "-");
    }

    #[test]
    fn a_table_is_no_wider_than_the_terminal() {
        let mut wide = table(&["a", "b"]);
        wide.set_width(40)
            .add_row(["x".repeat(60), "y ".repeat(60)]);
        for line in wide.to_string().lines() {
            assert!(line.chars().count() <= 40, "{line}");
        }
    }
}
