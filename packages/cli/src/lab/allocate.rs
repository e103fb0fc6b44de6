//! An allocation as tables.

use wicker_lab::allocate::{Outcome, Report, Rule, UserReport};
use wicker_lab::story::dollars;

use crate::tables::table;

/// All of it.
pub fn tables(report: &Report) -> String {
    let mut parts = vec![format!(
        "As measured at {}. New debt needs equity of {} times the maintenance margin.",
        report.at, report.initial
    )];
    for user in &report.users {
        parts.push(format!("\n{}{}", user.user, verdict(user)));
        parts.push(splits(user));
        parts.push(positions(user));
    }
    parts.join("\n")
}

fn verdict(user: &UserReport) -> String {
    match (user.bound, &user.stuck) {
        (Some(bound), _) => format!(": no split needs less margin than {}", dollars(bound)),
        (None, Some(why)) => {
            format!(": the solver found neither a split nor that there is none: {why}")
        }
        (None, None) => ": no split gives every position its initial margin".into(),
    }
}

fn splits(user: &UserReport) -> String {
    let mut table = table(&[
        "split",
        "positions",
        "not placed",
        "margin",
        "over the least",
        "to spare",
        "lowest equity over margin",
        "",
    ]);
    for split in &user.splits {
        let over = user.bound.filter(|_| split.outside == 0.0);
        table.add_row([
            split.rule.name().to_string(),
            split.positions.len().to_string(),
            dollars(split.outside),
            dollars(split.margin),
            over.map_or(String::new(), |bound| {
                // The bound is the solver's and may be over the engine's figure by its tolerance.
                format!("{:.3} %", 100.0 * (split.margin / bound - 1.0).max(0.0))
            }),
            dollars(split.spare),
            format!("{:.3}", split.lowest),
            match split.passes {
                true => "passes".into(),
                false => "UNDER ITS INITIAL MARGIN".into(),
            },
        ]);
    }
    table.to_string()
}

/// The positions of the balanced split; of the greedy one where there is none.
fn positions(user: &UserReport) -> String {
    let best = |split: &&Outcome| matches!(split.rule, Rule::Balanced | Rule::Greedy);
    let shown = user.splits.iter().find(best);
    let rule = shown.map_or("", |split| split.rule.name());
    let mut table = table(&[
        rule,
        "holds",
        "owes",
        "equity",
        "margin",
        "equity over margin",
    ]);
    for position in shown.into_iter().flat_map(|split| &split.positions) {
        let held = position.holds.iter();
        let held: Vec<String> = held
            .map(|(name, worth)| format!("{name} {}", dollars(*worth)))
            .collect();
        table.add_row([
            position.basket.clone(),
            held.join(", "),
            dollars(position.owes),
            dollars(position.equity),
            dollars(position.margin),
            match position.owes > 0.0 {
                true => format!("{:.3}", position.equity / position.margin),
                false => "owes nothing".into(),
            },
        ]);
    }
    table.to_string()
}
