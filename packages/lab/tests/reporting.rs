//! The report's page, one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use wicker_lab::books::Study;
use wicker_lab::history::History;
use wicker_lab::report::{drawn, report, Source, STUDY};
use wicker_lab::stress::plan::{Plan, PLAN};

const BOOKS: &str = r#"
[[asset]]
name = "A<b>"
haircut = 0.2
[[asset]]
name = "B&\"c"
haircut = 0.3
[[basket]]
name = "both"
collaterals = ["A<b>", "B&\"c"]
debt = "USD"
[[book]]
name = "half <i>"
basket = "both"
weights = { "A<b>" = 1, "B&\"c" = 1 }
"#;

fn page(books: &str, hours: usize) -> String {
    let study = Study::parse(books).unwrap();
    let mut prices = drawn(&study, 5);
    prices.ticks.truncate(hours);
    let history = History::new(&prices).unwrap();
    let mut plan = Plan::parse(PLAN).unwrap();
    plan.incidents.retain(|one| one.name == "cascade");
    plan.incidents.iter_mut().for_each(|one| one.hours = 3);
    plan.cascade.scales = vec![1.0];
    plan.cascade.caps = vec![1.0];
    plan.town.scale = 1.0;
    let source = Source {
        study: &study,
        history: &history,
        words: "prices <drawn>",
        plan: &plan,
    };
    report(source, &|_, _| {}).unwrap()
}

/// Errors on a tag that is closed by another, or never.
fn unbalanced(html: &str) -> Option<String> {
    let mut open: Vec<String> = Vec::new();
    for piece in html.split('<').skip(1) {
        let Some((tag, _)) = piece.split_once('>') else {
            return Some(format!("<{piece}"));
        };
        let name: String = tag.split_whitespace().next()?.to_string();
        if name.starts_with('!') || name == "meta" || tag.ends_with('/') {
            continue;
        }
        match name.strip_prefix('/') {
            Some(closed) if open.pop().as_deref() != Some(closed) => return Some(tag.into()),
            Some(_) => {}
            None => open.push(name),
        }
    }
    open.pop()
}

#[test]
fn the_page_needs_nothing_else_is_well_formed_and_says_what_each_chart_shows() {
    let html = page(BOOKS, 24 * 60);
    assert_eq!(unbalanced(&html), None);
    for outside in [
        "http:", "https:", "<script", "<link", "@import", "url(", "src=",
    ] {
        assert!(!html.contains(outside), "{outside}");
    }
    let count = |what: &str| html.matches(what).count();
    // Two for the book and its breaches, three of correlation, one of weights, one of the cascade.
    assert_eq!(count("<svg role=\"img\""), 7);
    assert_eq!(count("<svg"), count("<desc>"));
    assert_eq!(count("<table>"), 3);
    assert_eq!(count("<caption><span>Good: "), 3);
    assert!(!html.contains("NaN") && !html.contains("inf "));
}

#[test]
fn names_from_a_file_are_text_and_never_markup() {
    let html = page(BOOKS, 24 * 60);
    for raw in ["A<b>", "half <i>", "prices <drawn>", "B&\"c"] {
        assert!(!html.contains(raw), "{raw}");
    }
    assert!(html.contains("A&lt;b&gt;") && html.contains("half &lt;i&gt;"));
}

#[test]
fn the_same_source_makes_the_same_page_and_one_asset_is_enough() {
    let one = r#"
[[asset]]
name = "A"
haircut = 0.2
[[basket]]
name = "alone"
collaterals = ["A"]
debt = "USD"
[[book]]
name = "A"
basket = "alone"
weights = { A = 1 }
"#;
    let html = page(one, 24 * 60);
    assert_eq!(unbalanced(&html), None);
    assert_eq!(html, page(one, 24 * 60));
}

#[test]
fn the_drawn_year_is_hourly_and_has_every_asset_of_the_projects_study() {
    let study = Study::parse(STUDY).unwrap();
    let prices = drawn(&study, 1);
    assert_eq!(prices.ticks.len(), 24 * 365 + 1);
    assert_eq!(prices.assets.len(), study.assets.len());
    assert!(History::new(&prices).is_ok());
    assert_ne!(prices, drawn(&study, 2));
}
