//! A calibration as tables.

use wicker_lab::books::Margin;
use wicker_lab::calibrate::{mean_of, BookReport, Pair, Report};

use crate::tables::table;

/// All of it.
pub fn tables(report: &Report) -> String {
    let parts = [
        format!(
            "{} sets of figures tried. What each training window chose, and how it did there beside the study's own figures",
            report.tried
        ),
        choices(report),
        "\nIn the unseen windows: LTV, and shortfall in hundredths of a percent of the debt, of the chosen figures; what others miss".into(),
        books(report),
        "\nEvery set of figures in the unseen windows, in the mean over the books; the search saw none of it. * is on the front".into(),
        front(report),
    ];
    parts.join("\n")
}

fn figures(margin: &Margin) -> [String; 6] {
    [
        margin.z.to_string(),
        margin.floor_share.to_string(),
        margin.fast_hours.to_string(),
        margin.slow_hours.to_string(),
        margin.step_up.to_string(),
        margin.step_down.to_string(),
    ]
}

const FIGURES: [&str; 6] = [
    "z",
    "floor share",
    "fast h",
    "slow h",
    "step up",
    "step down",
];

fn pair(pair: &Pair) -> [String; 2] {
    [
        format!("{:.3}", pair.ltv),
        format!("{:.2}", pair.shortfall_bp),
    ]
}

fn choices(report: &Report) -> String {
    let header = [
        &["trains from", "unseen from", "to"][..],
        &FIGURES,
        &["LTV", "bp", "own LTV", "bp"],
    ];
    let mut table = table(&header.concat());
    for choice in &report.choices {
        let mut row = vec![
            choice.train_from.clone(),
            choice.unseen_from.clone(),
            choice.unseen_to.clone(),
        ];
        row.extend(figures(&choice.margin));
        row.extend(pair(&choice.trained));
        row.extend(pair(&choice.own));
        table.add_row(row);
    }
    table.to_string()
}

fn books(report: &Report) -> String {
    let mut table = table(&[
        "book",
        "openings",
        "LTV",
        "bp",
        "own LTV",
        "bp",
        "fixed LTV",
        "bp",
        "haircuts' LTV",
        "bp",
        "days",
        "passed",
        "Kupiec",
        "Christoffersen",
    ]);
    for book in &report.books {
        let mut row = vec![book.book.clone(), book.openings.to_string()];
        for one in [&book.chosen, &book.own, &book.fixed, &book.haircuts] {
            row.extend(pair(one));
        }
        row.extend([
            book.days.days.to_string(),
            book.days.breaches.to_string(),
            format!("{:.3}", book.days.kupiec.p),
            format!("{:.3}", book.days.conditional.p),
        ]);
        table.add_row(row);
    }
    let mut row = vec!["mean".to_string(), String::new()];
    let all: [fn(&BookReport) -> Pair; 4] = [
        |one| one.chosen,
        |one| one.own,
        |one| one.fixed,
        |one| one.haircuts,
    ];
    for of in all {
        row.extend(pair(&mean_of(
            &report.books.iter().map(of).collect::<Vec<_>>(),
        )));
    }
    table.add_row(row);
    table.to_string()
}

fn front(report: &Report) -> String {
    let mut table = table(&[&[""][..], &FIGURES, &["LTV", "bp"]].concat());
    for point in &report.front {
        let mut row = vec![if point.best { "*" } else { "" }.to_string()];
        row.extend(figures(&point.margin));
        row.extend(pair(&point.unseen));
        table.add_row(row);
    }
    table.to_string()
}
