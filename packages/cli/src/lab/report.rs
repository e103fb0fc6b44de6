//! Writes the report's page.

use std::path::{Path, PathBuf};

use clap::Args;
use wicker_lab::books::Study;
use wicker_lab::error::LabError;
use wicker_lab::history::History;
use wicker_lab::prices::Prices;
use wicker_lab::report::{drawn, report, Source, STUDY};
use wicker_lab::stress::plan::{Plan, PLAN};
use wicker_lab::study::StudyError;

use crate::output::{print, Failure, Screen};

/// What the page is about, and where it goes.
#[derive(Debug, Args)]
pub struct Page {
    /// Hourly prices; a drawn year when left out.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// The study: assets, baskets, books; the project's own when left out.
    #[arg(long, value_name = "FILE")]
    books: Option<PathBuf>,
    /// The plan of the stress test; the project's own when left out.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// The seed of the drawn year.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The folder for the page, `report.html`; made if need be.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Makes the page and says where it is.
pub fn run(asked: &Page) -> Result<(), Failure> {
    let study = read(
        asked.books.as_deref(),
        STUDY,
        Study::from_file,
        Study::parse,
    )?;
    let plan = read(asked.plan.as_deref(), PLAN, Plan::from_file, Plan::parse)?;
    let (prices, words) = match &asked.prices {
        Some(path) => {
            let prices = Prices::from_file(path, &study.wanted());
            let prices = prices.map_err(|error| Failure::at(path, error.into()))?;
            (prices, "hourly prices from a file".to_string())
        }
        None => (
            drawn(&study, asked.seed),
            format!("a drawn year of prices (seed {})", asked.seed),
        ),
    };
    let history = History::new(&prices)?;
    let screen = Screen::new(false);
    let source = Source {
        study: &study,
        history: &history,
        words: &words,
        plan: &plan,
    };
    let page = report(source, &|done, of| screen.progress(done, of))?;
    screen.end();
    let path = asked.out.join("report.html");
    let file = |why| {
        let path = path.display().to_string();
        Failure::Lab(LabError::File { path, why })
    };
    std::fs::create_dir_all(&asked.out).map_err(file)?;
    std::fs::write(&path, page).map_err(file)?;
    print(&path.display().to_string())
}

/// A file of settings, or the project's own.
pub fn read<T>(
    path: Option<&Path>,
    own: &str,
    from_file: fn(&Path) -> Result<T, StudyError>,
    parse: fn(&str) -> Result<T, StudyError>,
) -> Result<T, Failure> {
    match path {
        Some(path) => from_file(path).map_err(|error| Failure::at(path, error)),
        None => Ok(parse(own)?),
    }
}
