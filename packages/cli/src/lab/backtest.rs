//! A backtest as tables.

use wicker_lab::backtest::outcome::{HORIZONS, OWN};
use wicker_lab::backtest::{BookReport, Report, Slice};

use crate::tables::table;

/// All of it.
pub fn tables(report: &Report) -> String {
    let gaps = &report.gaps;
    let holes = gaps
        .holes
        .iter()
        .map(|(asset, hours)| format!("{asset} {hours}"));
    let parts = [
        format!(
            "{} hours of prices from {}; {} hours without a row in {} gaps, the longest of {} h\nHours without a price, by asset: {}",
            report.hours,
            report.prices_from,
            gaps.missing_rows,
            gaps.runs,
            gaps.longest,
            holes.collect::<Vec<_>>().join(", ")
        ),
        format!(
            "\nBooks opened in every hour at the edge of their margin, within 24 h, before any bonus.\n\
             fixed: one limit, the mean of the measured one. haircuts: governance's, times {:.3}, to lend as much in the mean over the books.",
            report.haircut_scale
        ),
        rules(&report.books),
        "\nShare of openings whose collateral was worth less than the debt within so many hours".into(),
        horizons(&report.books),
        "\nDays against the value at risk of 99 %, p-values: under 0.05 rejects".into(),
        daily(&report.books),
        "\nReliability by year".into(),
        slices(&report.books, |book| &book.years),
        "\nReliability by regime at the opening".into(),
        slices(&report.books, |book| &book.regimes),
        drawn(report),
    ];
    parts.join("\n")
}

fn rules(books: &[BookReport]) -> String {
    let mut table = table(&[
        "book",
        "openings",
        "skipped",
        "mean LTV",
        "shortfall bp",
        "fixed",
        "haircuts' LTV",
        "bp",
        "rise of margin in 24 h, points",
    ]);
    for book in books {
        table.add_row([
            book.book.clone(),
            book.model.openings.to_string(),
            book.skipped.to_string(),
            format!("{:.3}", book.model.ltv),
            format!("{:.2}", book.model.shortfall_bp),
            format!("{:.2}", book.fixed.shortfall_bp),
            format!("{:.3}", book.haircuts.ltv),
            format!("{:.2}", book.haircuts.shortfall_bp),
            format!("{:.1}", book.rise_24h),
        ]);
    }
    table.to_string()
}

fn horizons(books: &[BookReport]) -> String {
    let mut header = vec!["book".to_string(), "rule".to_string()];
    header.extend(HORIZONS.map(|hours| format!("{hours} h")));
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = table(&names);
    for book in books {
        let rules = [
            ("measured", &book.model),
            ("fixed", &book.fixed),
            ("haircuts", &book.haircuts),
        ];
        for (rule, score) in rules {
            let mut row = vec![book.book.clone(), rule.to_string()];
            row.extend(score.breaches.map(percent));
            table.add_row(row);
        }
    }
    table.to_string()
}

fn daily(books: &[BookReport]) -> String {
    let mut table = table(&[
        "book",
        "days",
        "passed",
        "Kupiec",
        "independence",
        "Christoffersen",
        "of 24 hours Kupiec passes",
        "independence",
        "RiskMetrics passed",
        "Kupiec",
        "independence",
        "Christoffersen",
    ]);
    for book in books {
        let (model, other) = (&book.daily.model, &book.daily.riskmetrics);
        let p = |figure: f64| format!("{figure:.3}");
        table.add_row([
            book.book.clone(),
            model.days.to_string(),
            model.breaches.to_string(),
            p(model.kupiec.p),
            p(model.independence.p),
            p(model.conditional.p),
            book.daily.kupiec_hours.to_string(),
            book.daily.independence_hours.to_string(),
            other.breaches.to_string(),
            p(other.kupiec.p),
            p(other.independence.p),
            p(other.conditional.p),
        ]);
    }
    table.to_string()
}

fn slices(books: &[BookReport], of: fn(&BookReport) -> &Vec<Slice>) -> String {
    let mut table = table(&[
        "book",
        "when",
        "openings",
        "mean LTV",
        "under within 24 h",
        "shortfall bp",
        "fixed: under",
        "bp",
        "beyond value at risk",
    ]);
    for book in books {
        for slice in of(book) {
            table.add_row([
                book.book.clone(),
                slice.label.clone(),
                slice.model.openings.to_string(),
                format!("{:.3}", slice.model.ltv),
                percent(slice.model.breaches[OWN]),
                format!("{:.2}", slice.model.shortfall_bp),
                percent(slice.fixed.breaches[OWN]),
                format!("{:.2}", slice.fixed.shortfall_bp),
                percent(slice.var_breaches),
            ]);
        }
    }
    table.to_string()
}

fn drawn(report: &Report) -> String {
    if report.random.is_empty() {
        return String::new();
    }
    let mut table = table(&[
        "drawn books",
        "books",
        "openings",
        "go under within 24 h",
        "haircuts lend",
        "measured lends",
        "κ times",
    ]);
    for set in &report.random {
        for at in &set.at {
            table.add_row([
                set.name.clone(),
                set.books.to_string(),
                set.openings.to_string(),
                percent(at.rate),
                format!("{:.3}", at.haircuts),
                format!("{:.3}", at.model),
                format!("{:.3}", at.scale),
            ]);
        }
    }
    format!("\nWhat can be lent when both rules fail equally often\n{table}")
}

fn percent(share: f64) -> String {
    format!("{:.3} %", 100.0 * share)
}
