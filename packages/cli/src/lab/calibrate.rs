//! A calibration and its tables.

use std::path::{Path, PathBuf};

use clap::Args;
use wicker_lab::books::{Margin, Study};
use wicker_lab::calibrate::search::Search;
use wicker_lab::calibrate::unseen::Compared;
use wicker_lab::calibrate::{calibrate, shards, Pair, Report};
use wicker_lab::history::History;
use wicker_lab::shards::Shard;

use super::{history, study, Source};
use crate::output::{print, Failure, Screen};
use crate::tables::table;

/// What is searched, and how it is shown.
#[derive(Debug, Args)]
pub struct Calibrate {
    #[command(flatten)]
    /// Prices, and how the answer is shown.
    source: Source,
    /// The study whose assets, baskets and books hold; its own margin is what a choice must beat.
    #[arg(long)]
    books: PathBuf,
    /// Windows and figures that are tried; a usual set when left out.
    #[arg(long)]
    search: Option<PathBuf>,
    /// Tries this share of the sets alone, such as 3/16, and writes it to `--out` for `lab merge`.
    #[arg(long, value_name = "I/N", requires = "out", conflicts_with = "json")]
    shard: Option<Shard>,
    /// The Parquet file of the share.
    #[arg(long, value_name = "FILE", requires = "shard")]
    out: Option<PathBuf>,
}

/// Searches, and shows what was found.
pub fn run(asked: &Calibrate) -> Result<(), Failure> {
    let given = given(&asked.source.prices, &asked.books, asked.search.as_deref())?;
    let given = (&given.0, &given.1, &given.2);
    let screen = Screen::new(asked.source.json);
    let watch = |done, of| screen.progress(done, of);
    if let (Some(shard), Some(out)) = (asked.shard, &asked.out) {
        shards::write(given, shard, out, &watch)?;
        screen.end();
        return print(&out.display().to_string());
    }
    let report = calibrate(given, &watch)?;
    screen.end();
    asked.source.show(&report, &tables)
}

/// Puts shares together.
pub fn merge(
    (prices, books, search): (&Path, &Path, Option<&Path>),
    files: &[PathBuf],
) -> Result<Report, Failure> {
    let (study, search, history) = given(prices, books, search)?;
    Ok(shards::merge((&study, &search, &history), files)?)
}

fn given(
    prices: &Path,
    books: &Path,
    search: Option<&Path>,
) -> Result<(Study, Search, History), Failure> {
    let study = study(books)?;
    let search = match search {
        Some(path) => Search::from_file(path).map_err(|error| Failure::at(path, error))?,
        None => Search::default(),
    };
    let history = history(prices, &study.wanted())?;
    Ok((study, search, history))
}

/// All of it.
pub fn tables(report: &Report) -> String {
    let parts = [
        format!(
            "{} sets of figures tried. What each training window chose, and how it did there beside the study's own figures;\n\
             less: what was missing at shares of the margin, over what was missing under the own figures",
            report.tried
        ),
        choices(report),
        "\nIn the unseen windows: LTV, and shortfall in hundredths of a percent of the debt.\n\
         fixed: a limit a window, of the mean of the chosen. steady: one limit for all windows. Days against the basket's value at risk"
            .into(),
        books(report),
        "\nThe same by window, in the mean over the books".into(),
        windows(report),
        "\nThe same openings by regime".into(),
        regimes(report),
        "\nThe crashes it comes from: LTV there, and what of the mean over the books each makes".into(),
        crashes(report),
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
        &["less", "LTV", "bp", "own LTV", "bp"],
    ];
    let mut table = table(&header.concat());
    for choice in &report.choices {
        let mut row = vec![
            choice.train_from.clone(),
            choice.unseen_from.clone(),
            choice.unseen_to.clone(),
        ];
        row.extend(figures(&choice.margin));
        row.push(format!("{:.2}", choice.relative));
        row.extend(pair(&choice.trained));
        row.extend(pair(&choice.own));
        table.add_row(row);
    }
    table.to_string()
}

const RULES: [&str; 8] = [
    "LTV",
    "bp",
    "own LTV",
    "bp",
    "fixed bp",
    "steady bp",
    "haircuts' LTV",
    "bp",
];

fn compared(rules: &Compared) -> Vec<String> {
    let bp = |pair: &Pair| format!("{:.2}", pair.shortfall_bp);
    let mut row = Vec::new();
    row.extend(pair(&rules.chosen));
    row.extend(pair(&rules.own));
    row.extend([bp(&rules.fixed), bp(&rules.steady)]);
    row.extend(pair(&rules.haircuts));
    row
}

fn books(report: &Report) -> String {
    let header = [
        &["book", "openings"][..],
        &RULES,
        &[
            "deviations",
            "days",
            "passed",
            "Kupiec",
            "independence",
            "Christoffersen",
        ],
    ];
    let mut table = table(&header.concat());
    for book in &report.books {
        let least = book.deviations.iter().copied().fold(f64::NAN, f64::min);
        let most = book.deviations.iter().copied().fold(f64::NAN, f64::max);
        let mut row = vec![book.book.clone(), book.openings.to_string()];
        row.extend(compared(&book.rules));
        row.extend([
            format!("{least:.2} to {most:.2}"),
            book.days.days.to_string(),
            book.days.breaches.to_string(),
            format!("{:.3}", book.days.kupiec.p),
            format!("{:.3}", book.days.independence.p),
            format!("{:.3}", book.days.conditional.p),
        ]);
        table.add_row(row);
    }
    let rules: Vec<Compared> = report.books.iter().map(|book| book.rules).collect();
    let mean = Compared::mean(&rules);
    let mut row = vec!["mean".to_string(), String::new()];
    row.extend(compared(&mean));
    table.add_row(row);
    table.to_string()
}

fn windows(report: &Report) -> String {
    let mut table = table(&[&["unseen from", "to"][..], &RULES].concat());
    for window in &report.windows {
        let mut row = vec![window.from.clone(), window.to.clone()];
        row.extend(compared(&window.rules));
        table.add_row(row);
    }
    table.to_string()
}

fn regimes(report: &Report) -> String {
    let mut table = table(&[&["opened in", "openings"][..], &RULES].concat());
    for regime in &report.regimes {
        let name = regime.regime.name().to_string();
        let mut row = vec![name, regime.openings.to_string()];
        row.extend(compared(&regime.rules));
        table.add_row(row);
    }
    table.to_string()
}

fn crashes(report: &Report) -> String {
    let mut table = table(&[&["from", "to", "books", "openings"][..], &RULES].concat());
    for crash in &report.crashes {
        let mut row = vec![
            crash.from.clone(),
            crash.to.clone(),
            crash.books.to_string(),
            crash.openings.to_string(),
        ];
        row.extend(compared(&crash.rules));
        table.add_row(row);
    }
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
