//! Sets of figures shared out over machines. A share writes what training saw of each set and what came of it; the choice and what is
//! reported of it need all sets and the prices again.

use std::path::{Path, PathBuf};

use super::trial::{Trained, Trial, Tried};
use super::{Given, Pair, Report, Setting};
use crate::books::{Margin, Study};
use crate::shards::{self, count, digest, Column, ParquetError, Record, RowAccessor, Shard, Sweep};
use crate::study::{StudyError, Watch};

/// A set of figures and a book in one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The set's number, from 0; the study's own figures stand first.
    pub set: u64,
    /// Its figures.
    pub margin: Margin,
    /// The window's number, from 0.
    pub window: u64,
    /// The book.
    pub book: String,
    /// What came of it.
    pub tried: Tried,
}

impl shards::Row for Row {
    const KIND: &'static str = "calibration";

    fn columns() -> Vec<(&'static str, Column<Self>)> {
        vec![
            ("set", Column::Whole(|row| row.set)),
            ("window", Column::Whole(|row| row.window)),
            ("book", Column::Text(|row| &row.book)),
            ("z", Column::Real(|row| row.margin.z)),
            ("var_z", Column::Real(|row| row.margin.var_z)),
            ("floor_share", Column::Real(|row| row.margin.floor_share)),
            (
                "fast_hours",
                Column::Whole(|row| row.margin.fast_hours.into()),
            ),
            (
                "slow_hours",
                Column::Whole(|row| row.margin.slow_hours.into()),
            ),
            (
                "correlation_hours",
                Column::Whole(|row| row.margin.correlation_hours.into()),
            ),
            ("step_up", Column::Real(|row| row.margin.step_up)),
            ("step_down", Column::Real(|row| row.margin.step_down)),
            ("trains", Column::Whole(|row| row.tried.trains as u64)),
            ("train_ltv", Column::Real(|row| row.tried.train.ltv)),
            (
                "train_bp_50",
                Column::Real(|row| row.tried.train.missing[0]),
            ),
            (
                "train_bp_65",
                Column::Real(|row| row.tried.train.missing[1]),
            ),
            (
                "train_bp_80",
                Column::Real(|row| row.tried.train.missing[2]),
            ),
            ("train_bp", Column::Real(|row| row.tried.train.missing[3])),
            ("openings", Column::Whole(|row| row.tried.openings as u64)),
            ("ltv", Column::Real(|row| row.tried.unseen.ltv)),
            ("bp", Column::Real(|row| row.tried.unseen.shortfall_bp)),
        ]
    }

    fn read(record: &Record) -> Result<Option<Self>, ParquetError> {
        let figure = |at| record.get_double(at);
        Ok(Some(Self {
            set: count(record, 0)?,
            window: count(record, 1)?,
            book: record.get_string(2)?.clone(),
            margin: Margin {
                z: figure(3)?,
                var_z: figure(4)?,
                floor_share: figure(5)?,
                fast_hours: count(record, 6)?,
                slow_hours: count(record, 7)?,
                correlation_hours: count(record, 8)?,
                step_up: figure(9)?,
                step_down: figure(10)?,
            },
            tried: Tried {
                trains: count(record, 11)?,
                train: Trained {
                    ltv: figure(12)?,
                    missing: [figure(13)?, figure(14)?, figure(15)?, figure(16)?],
                },
                openings: count(record, 17)?,
                unseen: Pair {
                    ltv: figure(18)?,
                    shortfall_bp: figure(19)?,
                },
            },
        }))
    }
}

/// Tries a share of the sets and writes what came of them. The file appears whole or not at all.
pub fn write(
    given: Given<'_>,
    shard: Shard,
    file: &Path,
    watch: Watch<'_>,
) -> Result<(), StudyError> {
    let setting = Setting::new(given)?;
    let sweep = sweep(given, &setting);
    let share = shard.items(sweep.items);
    let trials = setting.trials(share.start as usize..share.end as usize, watch)?;
    let rows = share
        .zip(&trials)
        .flat_map(|(set, trial)| rows(given.0, set, trial));
    shards::write(file, sweep, shard, &rows.collect::<Vec<_>>())?;
    Ok(())
}

/// The answer of all shards of this calibration.
pub fn merge(given: Given<'_>, files: &[PathBuf]) -> Result<Report, StudyError> {
    let setting = Setting::new(given)?;
    let sweep = sweep(given, &setting);
    let (windows, books) = (setting.windows.len(), &given.0.books);
    let fits = |share: std::ops::Range<u64>, rows: &[Row]| {
        let windows = 0..windows as u64;
        let expected = share.flat_map(|set| {
            let windows = windows.clone();
            windows.flat_map(move |window| books.iter().map(move |book| (set, window, &book.name)))
        });
        expected.eq(rows.iter().map(|row| (row.set, row.window, &row.book)))
    };
    let (_, rows) = shards::merge(files, Some(sweep), &fits)?;
    let trials = rows.chunks((windows * books.len()).max(1)).map(trial);
    setting.report(&trials.flatten().collect::<Vec<_>>())
}

fn rows<'a>(study: &'a Study, set: u64, trial: &'a Trial) -> impl Iterator<Item = Row> + 'a {
    let windows = (0..).zip(&trial.windows);
    windows.flat_map(move |(window, tried)| {
        let books = study.books.iter().zip(tried);
        books.map(move |(book, tried)| Row {
            set,
            margin: trial.margin,
            window,
            book: book.name.clone(),
            tried: *tried,
        })
    })
}

/// A set's rows as they were tried.
fn trial(rows: &[Row]) -> Option<Trial> {
    let windows = rows.chunk_by(|one, next| one.window == next.window);
    let tried = |rows: &[Row]| rows.iter().map(|row| row.tried).collect();
    Some(Trial {
        margin: rows.first()?.margin,
        windows: windows.map(tried).collect(),
    })
}

fn sweep((study, search, history): Given<'_>, setting: &Setting<'_>) -> Sweep {
    let text = |json: Result<Vec<u8>, serde_json::Error>| digest(&json.unwrap_or_default());
    Sweep::new(
        setting.candidates.len() as u64,
        [
            ("study", text(serde_json::to_vec(study))),
            ("search", text(serde_json::to_vec(search))),
            ("price history", digest(&history.bytes())),
        ],
    )
}
