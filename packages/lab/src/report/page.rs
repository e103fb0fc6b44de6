//! The page: words around charts and tables. It needs no network, no fonts and no scripts, follows light and dark, and is read on a phone.

use std::fmt::Write;

use super::figures::{Figures, Margins};
use super::svg::{bars, escape, layers, lines, matrix, tree, Frame, Line, Unit};
use super::Source;
use crate::backtest::outcome::OWN;
use crate::scenario::clock;
use crate::story::dollars;
use crate::stress::outcome::Outcome;
use crate::stress::{Report as Stress, FALL_GOAL};

/// Hours of the cascade that are shown: what comes after is quiet.
const SHOWN: f64 = 8.0;
/// The distance at which a dendrogram is cut, as SPEC.md has it.
const CUT: f64 = 0.36;
const STYLE: &str = include_str!("page.css");

/// The page as HTML.
pub fn page(source: &Source<'_>, figures: &Figures, (stress, falls): (&Stress, &[Line])) -> String {
    let mut html = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
        content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>Wicker: is \
        the margin enough?</title>\n");
    add(
        &mut html,
        format_args!("<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"),
    );
    html.push_str(&opening(source, figures, stress));
    html.push_str(&margin(figures));
    html.push_str(&correlation(figures));
    html.push_str(&weights(figures));
    html.push_str(&cascades(stress, falls));
    html.push_str(&goals(stress));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn add(html: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    html.write_fmt(what).ok();
}

fn section(title: &str, words: &str, parts: &[String]) -> String {
    format!(
        "<section>\n<h2>{title}</h2>\n<p>{words}</p>\n{}</section>\n",
        parts.concat()
    )
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A share to a hundredth of a percent.
fn hundredths(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A count with its thousands apart.
fn grouped(count: usize) -> String {
    dollars(count as f64).replace('$', "")
}

fn opening(source: &Source<'_>, figures: &Figures, stress: &Stress) -> String {
    let books = &figures.backtest.books;
    let openings: usize = books.iter().map(|book| book.model.openings).sum();
    let fallen: usize = figures.books.iter().map(|book| book.breaches).sum();
    let missed = stress.goals.iter().filter(|goal| !goal.met).count();
    let last = source
        .history
        .time(source.history.hours().saturating_sub(1));
    format!(
        "<h1>Is the margin enough?</h1>\n<p>Borrowers put up collateral and owe debt. <em>Margin</em> is how much more the \
            collateral must be worth than the debt. Wicker measures it from prices, hour by hour. This page shows what would have \
            happened on {}, from {} to {}, and in made-up crashes.</p>\n<dl class=\"facts\"><div><dt>Loans opened on \
            paper</dt><dd>{}</dd></div><div><dt>of them worth less than their debt within a \
            day</dt><dd>{}</dd></div><div><dt>Aims of the stress test missed</dt><dd>{missed} of {}</dd></div></dl>\n<p>The \
            prices are history or a drawing, not a forecast, and the code is not audited. Nothing on this page is advice.</p>\n",
        escape(source.words),
        clock(source.history.start),
        clock(last),
        grouped(openings),
        hundredths(fallen as f64 / openings.max(1) as f64),
        stress.goals.len()
    )
}

/// Moments between the first and the last, as months.
fn months((from, to): (f64, f64)) -> Vec<(f64, String)> {
    let at = |step: u32| from + (to - from) * f64::from(step) / 3.0;
    let word = |time: f64| clock(time as u64).chars().take(7).collect();
    (0..=3).map(|step| (at(step), word(at(step)))).collect()
}

fn span(points: &[(f64, f64)]) -> (f64, f64) {
    let ends = points.first().zip(points.last());
    ends.map_or((0.0, 1.0), |(first, last)| (first.0, last.0))
}

fn highest<'a>(lines: impl IntoIterator<Item = &'a Line>) -> f64 {
    let points = lines.into_iter().flat_map(|line| &line.points);
    points.map(|(_, y)| *y).fold(0.0, f64::max)
}

/// A round figure at or over it, so that a grid of four is readable.
fn ceiling(figure: f64) -> f64 {
    let power = 10f64.powf(figure.max(1e-6).log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
    let found = steps.into_iter().find(|step| step * power >= figure);
    found.unwrap_or(10.0) * power
}

fn margin(figures: &Figures) -> String {
    let charts = figures.books.iter().map(margin_chart);
    let mut parts = vec!["<div class=\"charts\">".to_string()];
    parts.extend(charts);
    parts.push(breaches(figures));
    parts.push("</div>\n".into());
    parts.push(scores(figures));
    section(
        "Margin against loss",
        "Every hour a loan is opened on paper, as large as its margin allows. The bars show how far the collateral then fell \
            within a day; the line is the margin that was asked. A bar over the line is a loan that was worth less than its debt \
            before anyone could be expected to wind it up.",
        &parts,
    )
}

fn margin_chart(book: &Margins) -> String {
    let x = span(&book.margin.points);
    let frame = Frame {
        title: book.book.clone(),
        about: format!(
            "Margin and the largest fall within 24 hours, as shares of the collateral. {} openings fell further than their \
                margin. Good: no red bars.",
            book.breaches
        ),
        x,
        y: (0.0, ceiling(highest([&book.margin, &book.loss])).min(1.0)),
        labels: months(x),
        unit: Unit::Percent,
    };
    bars(
        &frame,
        (&book.loss, &book.margin),
        ("fall within a day", "more than the margin"),
    )
}

fn breaches(figures: &Figures) -> String {
    let first = figures.breaches.first();
    let x = span(first.map_or(&[], |line| &line.points));
    let frame = Frame {
        title: "Breaches over time".into(),
        about: "Openings of all books under water so far, under three rules that lend the same in the mean. Good: a low, slowly \
            rising line; steps are crashes.".into(),
        x,
        y: (0.0, ceiling(highest(&figures.breaches).max(4.0))),
        labels: months(x),
        unit: Unit::Count,
    };
    lines(&frame, &figures.breaches, &[])
}

/// A table that scrolls within itself where the screen is narrow; the first column names the row.
fn table(caption: &str, header: &[&str], rows: &[Vec<String>]) -> String {
    let caption = escape(caption);
    let mut html = format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table><caption><span>{caption}</span></caption><thead><tr>"
    );
    for name in header {
        add(
            &mut html,
            format_args!("<th scope=\"col\">{}</th>", escape(name)),
        );
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        html.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let cell = escape(cell);
            match at {
                0 => add(&mut html, format_args!("<th scope=\"row\">{cell}</th>")),
                _ => add(&mut html, format_args!("<td>{cell}</td>")),
            }
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>\n");
    html
}

fn scores(figures: &Figures) -> String {
    let rows = figures.backtest.books.iter().map(|book| {
        let (model, fixed, haircuts) = (&book.model, &book.fixed, &book.haircuts);
        vec![
            book.book.clone(),
            percent(model.ltv),
            hundredths(model.breaches[OWN]),
            format!("{:.2}", model.shortfall_bp),
            format!("{:.2}", fixed.shortfall_bp),
            format!("{:.2}", haircuts.shortfall_bp),
            format!("{:.1}", book.rise_24h),
        ]
    });
    table(
        "Good: a high mean loan with few breaches and a shortfall under those of the fixed limit and of static haircuts. \
            Shortfall is what is missing at the worst moment of the day, in hundredths of a percent of all debt.",
        &[
            "Book",
            "Mean loan to value",
            "Breaches in a day",
            "Shortfall, bp",
            "Fixed limit, bp",
            "Static haircuts, bp",
            "Most margin rises in a day, points",
        ],
        &rows.collect::<Vec<_>>(),
    )
}

fn correlation(figures: &Figures) -> String {
    let (names, rows) = (&figures.basket.collaterals, &figures.correlations);
    let of = |i: usize, j: usize| {
        rows.get(i)
            .and_then(|row| row.get(j))
            .copied()
            .unwrap_or(0.0)
    };
    let x = span(&figures.mean.points);
    let frame = Frame {
        title: "Mean correlation through time".into(),
        about: "Of all pairs that had prices. When it is near 1 everything falls together and holding several assets protects nobody.".into(),
        x,
        y: (0.0, 1.0),
        labels: months(x),
        unit: Unit::Plain,
    };
    let parts = [
        "<div class=\"charts\">".to_string(),
        matrix(
            "Correlations at the end",
            "1 is moving as one, 0 is having nothing to do with each other, below 0 is moving against each other.",
            names,
            &of,
        ),
        lines(&frame, std::slice::from_ref(&figures.mean), &[]),
        tree(
            "Which assets belong together",
            "Branches that meet left of the dashed line, at a distance of 0.36, are one basket; the further right they meet, the \
                less they move together. Good: a basket holds what meets on the left. By correlation at the end alone; `lab \
                segment` also asks for volatility, volume and patience.",
            names,
            (&figures.joints, CUT),
        ),
        "</div>\n".into(),
    ];
    section(
        "What moves together",
        "Margin is lower for collateral that does not all fall at once, so it matters how assets move together. Losses stay \
            within a basket of assets, so each basket should hold assets that belong together.",
        &parts,
    )
}

fn weights(figures: &Figures) -> String {
    let (book, weights) = &figures.weights;
    let x = span(weights.first().map_or(&[], |line| &line.points));
    let frame = Frame {
        title: format!("Shares of risk: {}", book.name),
        about: "Each asset's part of the margin, while its part of the value is set anew each hour. An asset whose band is wider \
            than its part of the value is what the margin is asked for.".into(),
        x,
        y: (0.0, 1.0),
        labels: months(x),
        unit: Unit::Percent,
    };
    let parts = [
        "<div class=\"charts\">".to_string(),
        layers(&frame, weights),
        "</div>\n".into(),
    ];
    section(
        "Where the risk comes from",
        "A thousand dollars of a wild asset ask for more margin than a thousand dollars of a calm one. Governance can cap an \
            asset's share of a basket's risk.",
        &parts,
    )
}

fn cascades(stress: &Stress, falls: &[Line]) -> String {
    let (from, to) = span(falls.first().map_or(&[], |line| &line.points));
    let x = (from, to.min(SHOWN));
    let lowest = falls.iter().flat_map(|line| &line.points);
    let lowest = lowest.map(|(_, y)| *y).fold(1.0, f64::min);
    let frame = Frame {
        title: "A cascade, with and without caps".into(),
        about: "Mean price of the basket, 1 when everyone has borrowed. The top line is the shock alone; what the others are \
            below it was caused by liquidations. Good: near the top line.".into(),
        x,
        y: ((lowest * 10.0).floor() / 10.0, 1.1),
        labels: (0..=4).map(|step| (x.1 * f64::from(step) / 4.0, format!("{:.0} h", x.1 * f64::from(step) / 4.0))).collect(),
        unit: Unit::Plain,
    };
    let parts = [
        "<div class=\"charts\">".to_string(),
        lines(&frame, falls, &[]),
        "</div>\n".into(),
        incidents(stress),
    ];
    section(
        "When liquidations push prices down",
        "Liquidators sell what they seize; that lowers prices and may cause the next liquidation. Caps on how much is liquidated \
            in an hour slow this down. The contracts are the real ones; the market that yields is a model, with assumed depth.",
        &parts,
    )
}

fn incidents(stress: &Stress) -> String {
    let row = |name: &str, outcome: &Outcome| {
        vec![
            name.to_string(),
            outcome.rule.name().into(),
            percent(outcome.extra_fall),
            dollars(outcome.bad_debt + outcome.underwater),
            dollars(outcome.exposed),
            format!("{} of {}", outcome.liquidated, outcome.positions),
            outcome.dragged.to_string(),
            dollars(outcome.crossed),
        ]
    };
    let rows = stress.incidents.iter().flat_map(|incident| {
        let outcomes = incident.outcomes.iter();
        outcomes.map(|outcome| row(&incident.incident, outcome))
    });
    table(
        "Good: a small extra fall, no loss, nobody dragged in, and never a loss borne for another basket. Extra fall is what \
            liquidations added to the fall; dragged in are loans liquidated only because others were, or because of a false price.",
        &[
            "Incident",
            "Rule",
            "Extra fall",
            "Loss",
            "Lent",
            "Liquidated",
            "Dragged in",
            "Borne for another basket",
        ],
        &rows.collect::<Vec<_>>(),
    )
}

fn goals(stress: &Stress) -> String {
    let rows = stress.goals.iter().map(|goal| {
        vec![
            goal.goal.clone(),
            format!("{:.2}", goal.most),
            format!("{:.2}", goal.found),
            if goal.met { "met" } else { "missed" }.into(),
        ]
    });
    let words = format!(
        "What the stress test aims at, met or not. {FALL_GOAL} of half-close's extra fall is the aim in the cascade; where it is \
            missed, flow caps are set higher than the market is deep."
    );
    let rows: Vec<_> = rows.collect();
    let parts = [table(
        "Good: every row is met.",
        &["Aim", "At most", "Found", ""],
        &rows,
    )];
    section("Aims", &words, &parts)
}
