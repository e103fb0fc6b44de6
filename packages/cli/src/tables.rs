//! The accounts at the end of a run, as tables.

use comfy_table::{presets, CellAlignment, Table};
use wicker_lab::audit::CHECKED;
use wicker_lab::run::Run;
use wicker_lab::scenario::clock;
use wicker_lab::story::dollars;

/// Baskets, coins and invariants.
pub fn accounts(run: &Run) -> String {
    let parts = [
        format!(
            "\n{}: {} to {}, {} steps, {} messages to the contracts",
            run.scenario,
            clock(run.from),
            clock(run.to),
            run.steps,
            run.messages
        ),
        baskets(run),
        format!("The keeper's profit: {}", dollars(run.keeper_profit)),
        "\nWhere every coin is, in base units".into(),
        coins(run),
        "\nInvariants".into(),
        invariants(run),
        verdict(run),
    ];
    parts.join("\n")
}

/// An empty table whose columns after the first stand to the right.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header(header.to_vec());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn baskets(run: &Run) -> String {
    let mut table = table(&[
        "basket",
        "positions",
        "lent",
        "calls",
        "liquidations",
        "of positions",
        "repaid",
        "seized",
        "bad debt",
        "to deficit",
        "deficit left",
        "underwater",
        "lowest ratio",
        "debt",
        "collateral",
        "reserve",
        "backstop",
    ]);
    for basket in &run.baskets {
        table.add_row([
            basket.basket.clone(),
            basket.positions.to_string(),
            dollars(basket.lent),
            basket.calls.to_string(),
            basket.liquidations.to_string(),
            basket.liquidated.to_string(),
            dollars(basket.repaid),
            dollars(basket.seized),
            dollars(basket.bad_debt),
            dollars(basket.to_deficit),
            dollars(basket.deficit),
            dollars(basket.underwater),
            basket
                .lowest
                .map_or("none".into(), |ratio| format!("{ratio:.3}")),
            dollars(basket.debt),
            dollars(basket.collateral),
            dollars(basket.reserve),
            dollars(basket.backstop),
        ]);
    }
    table.to_string()
}

fn coins(run: &Run) -> String {
    let mut table = table(&[
        "denom",
        "made",
        "contract",
        "of positions",
        "backstops",
        "claims",
        "nobody",
        "users",
        "keeper",
        "market",
        "others",
        "found",
        "",
    ]);
    for count in &run.coins {
        table.add_row([
            count.denom.clone(),
            count.made.to_string(),
            count.contract.to_string(),
            count.positions.to_string(),
            count.backstop.to_string(),
            count.claims.to_string(),
            count.unassigned.to_string(),
            count.users.to_string(),
            count.keeper.to_string(),
            count.market.to_string(),
            count.others.to_string(),
            count.found().to_string(),
            match count.found() == count.made {
                true => "all found".into(),
                false => "NOT ALL FOUND".into(),
            },
        ]);
    }
    table.to_string()
}

fn invariants(run: &Run) -> String {
    let mut table = table(&["id", "checked", "broken", "what it says"]);
    for (id, what) in CHECKED {
        let checked = run.audit.checks.get(id).copied().unwrap_or(0);
        let broken = run.audit.broken.iter().filter(|breach| breach.id == id);
        table.add_row([
            id.to_string(),
            checked.to_string(),
            broken.count().to_string(),
            what.to_string(),
        ]);
    }
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Left);
    }
    table.to_string()
}

fn verdict(run: &Run) -> String {
    if run.holds {
        return "\nEvery invariant held and every coin is accounted for.".into();
    }
    let breaches = run.audit.broken.iter();
    let lines = breaches.map(|breach| {
        let (time, id, what) = (clock(breach.time), &breach.id, &breach.what);
        format!("{time}  {id}: {what}")
    });
    let lines: Vec<String> = lines.collect();
    format!("\nBROKEN:\n{}", lines.join("\n"))
}
