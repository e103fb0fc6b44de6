//! A stress test and its tables.

use std::path::PathBuf;

use clap::Args;
use wicker_lab::shards::Shard;
use wicker_lab::story::dollars;
use wicker_lab::stress::outcome::Outcome;
use wicker_lab::stress::plan::{Plan, PLAN};
use wicker_lab::stress::random::Paths;
use wicker_lab::stress::shards;
use wicker_lab::stress::{stress, Asked, Goal, Report};

use super::report::read;
use super::show;
use crate::output::{print, Failure, Screen};
use crate::tables::table;

/// What is played, and how it is shown.
#[derive(Debug, Args)]
pub struct Stress {
    /// The plan; the project's own when left out.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Hourly prices for the incidents that have a date; the others are drawn.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// The seed of the drawn paths: the same seed gives the same output.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How many paths are drawn, beside the incidents.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    paths: u64,
    /// Plays this share of the drawn paths alone, such as 3/16, and no incidents, and writes it to `--out` for `lab merge`.
    #[arg(long, value_name = "I/N", requires = "out", conflicts_with_all = ["json", "prices"])]
    shard: Option<Shard>,
    /// The Parquet file of the share.
    #[arg(long, value_name = "FILE", requires = "shard")]
    out: Option<PathBuf>,
    /// One JSON document on standard output instead of tables.
    #[arg(long)]
    json: bool,
}

/// Plays it and shows what came of it.
pub fn run(asked: &Stress) -> Result<(), Failure> {
    let plan = read(asked.plan.as_deref(), PLAN, Plan::from_file, Plan::parse)?;
    let screen = Screen::new(asked.json);
    if let (Some(shard), Some(out)) = (asked.shard, &asked.out) {
        let watch = |done, of| screen.progress(done, of);
        shards::write(&plan, (asked.seed, asked.paths), shard, out, &watch)?;
        screen.end();
        return print(&out.display().to_string());
    }
    let what = Asked {
        prices: asked.prices.as_deref(),
        seed: asked.seed,
        paths: asked.paths,
    };
    let report = stress(&plan, what, &|done, of| screen.progress(done, of))?;
    screen.end();
    show(asked.json, &report, &tables)
}

/// All of it.
pub fn tables(report: &Report) -> String {
    let mut parts = vec!["Incidents".into(), incidents(report)];
    parts.push("\nThe cascade by size, a basket's collateral over what the market takes in an hour, and by flow caps over that".into());
    parts.push(cascade(report));
    if let Some(random) = &report.random {
        parts.push(format!("\n{}", drawn(random)));
    }
    parts.push("\nWhat is aimed at".into());
    parts.push(goals(&report.goals));
    parts.join("\n")
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

const HEADER: [&str; 11] = [
    "",
    "rule",
    "lent where prices move",
    "extra fall",
    "bad debt",
    "underwater",
    "deficit",
    "liquidated",
    "dragged in",
    "beside",
    "crossed",
];

fn row(what: String, outcome: &Outcome) -> Vec<String> {
    vec![
        what,
        outcome.rule.name().into(),
        dollars(outcome.exposed),
        percent(outcome.extra_fall),
        dollars(outcome.bad_debt),
        dollars(outcome.underwater),
        dollars(outcome.deficit),
        format!("{} of {}", outcome.liquidated, outcome.positions),
        outcome.dragged.to_string(),
        outcome.beside.to_string(),
        dollars(outcome.crossed),
    ]
}

fn incidents(report: &Report) -> String {
    let mut table = table(&HEADER);
    for incident in &report.incidents {
        let kind = if incident.real { "real" } else { "drawn" };
        for outcome in &incident.outcomes {
            table.add_row(row(format!("{} ({kind})", incident.incident), outcome));
        }
    }
    table.to_string()
}

fn cascade(report: &Report) -> String {
    let mut table = table(&HEADER);
    for sized in &report.cascade {
        for outcome in &sized.outcomes {
            table.add_row(row(
                format!("{}, caps at {}", sized.size.scale, sized.size.caps),
                outcome,
            ));
        }
    }
    table.to_string()
}

/// All drawn paths as a table.
pub fn drawn(paths: &Paths) -> String {
    let mut table = table(&[
        "rule",
        "mean extra fall",
        "1 path in 20",
        "worst path",
        "paths with a loss",
        "loss over lent",
        "worst path's",
        "liquidated",
        "dragged in",
        "beside",
        "crossed",
        "broken",
    ]);
    for rule in &paths.rules {
        table.add_row([
            rule.rule.name().to_string(),
            percent(rule.extra_fall),
            percent(rule.extra_fall_95),
            percent(rule.extra_fall_most),
            percent(rule.with_loss),
            format!("{:.2} bp", 1e4 * rule.loss),
            percent(rule.loss_most),
            percent(rule.liquidated),
            percent(rule.dragged),
            rule.beside.to_string(),
            dollars(rule.crossed),
            rule.broken.to_string(),
        ]);
    }
    format!(
        "{} drawn paths of seed {}\n{table}",
        paths.paths, paths.seed
    )
}

fn goals(goals: &[Goal]) -> String {
    let mut table = table(&["goal", "at most", "found", ""]);
    for goal in goals {
        table.add_row([
            goal.goal.clone(),
            format!("{:.2}", goal.most),
            format!("{:.2}", goal.found),
            if goal.met { "met" } else { "MISSED" }.into(),
        ]);
    }
    table.to_string()
}
