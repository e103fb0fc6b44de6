//! A segmentation as tables, and as a file for a proposal.

use std::path::Path;

use wicker_lab::segment::plan::Plan;
use wicker_lab::segment::proposal::{self, Segments};
use wicker_lab::segment::Report;

use crate::output::Failure;
use crate::tables::table;

/// Writes it in the contract's words, with the figures of a file of terms.
pub fn write(report: &Report, plan: &Plan, terms: &Path, out: &Path) -> Result<(), Failure> {
    let of = |error| Failure::at(terms, error);
    let read = proposal::terms(terms).map_err(of)?;
    let segments = Segments::of(report, plan, &read).map_err(of)?;
    let text = serde_json::to_string_pretty(&segments)?;
    std::fs::write(out, text + "\n").map_err(|why| Failure::Write {
        path: out.display().to_string(),
        why,
    })
}

/// All of it.
pub fn tables(report: &Report) -> String {
    let parts = [
        format!("Proposal of {}", report.at),
        baskets(report),
        "\nMoves between baskets on the way".into(),
        moves(report),
        "\nHow steady the assignment was".into(),
        years(report),
    ];
    parts.join("\n")
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn baskets(report: &Report) -> String {
    let mut table = table(&[
        "basket",
        "asset",
        "volatility",
        "its class",
        "mean correlation",
        "least",
        "why",
    ]);
    let correlation =
        |figure: Option<f64>| figure.map_or("alone".into(), |figure| format!("{figure:.2}"));
    for basket in &report.baskets {
        let (from, to) = basket.volatility;
        let class = match to {
            Some(to) => format!("{} to {}", percent(from), percent(to)),
            None => format!("from {}", percent(from)),
        };
        for member in &basket.members {
            table.add_row([
                basket.basket.to_string(),
                member.asset.clone(),
                percent(member.volatility),
                class.clone(),
                correlation(member.correlation),
                correlation(basket.correlation),
                member.reason.clone(),
            ]);
        }
    }
    for asset in &report.left_out {
        let row = [
            "none",
            &asset.asset,
            &percent(asset.volatility),
            "",
            "",
            "",
            &asset.reason,
        ];
        table.add_row(row);
    }
    table.to_string()
}

fn moves(report: &Report) -> String {
    let mut table = table(&["day", "asset", "from", "to", "why"]);
    for one in report.moves.iter().filter(|one| one.from.is_some()) {
        let place =
            |basket: Option<usize>| basket.map_or("none".into(), |basket| basket.to_string());
        table.add_row([
            one.at.clone(),
            one.asset.clone(),
            place(one.from),
            place(one.to),
            one.reason.clone(),
        ]);
    }
    table.to_string()
}

fn years(report: &Report) -> String {
    let mut table = table(&[
        "year",
        "assets",
        "baskets",
        "moves",
        "days on which bare clusters change",
        "pairs as the year before",
    ]);
    for year in &report.years {
        table.add_row([
            year.year.clone(),
            year.assets.to_string(),
            year.baskets.to_string(),
            year.moves.to_string(),
            year.restless_days.to_string(),
            year.agreement.map_or(String::new(), percent),
        ]);
    }
    table.to_string()
}
