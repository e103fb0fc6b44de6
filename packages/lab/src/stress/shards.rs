//! Drawn paths shared out over machines: each plays its share and writes it as a Parquet file, and any number of files become the answer
//! that one machine would have given, to the last bit. What a file belongs to stands in its footer; it is refused beside others of another
//! plan, seed or program, twice, when one is missing, or when a figure has changed.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::record::{Row as Record, RowAccessor};
use parquet::schema::parser::parse_message_type;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::outcome::Outcome;
use super::plan::Plan;
use super::random::{rows, summary, Paths, Row};
use super::town::Rule;
use crate::study::{StudyError, Watch};

/// The key of a footer's words about the shard.
const KEY: &str = "wicker";
/// The key of the seal, which stands in front of its digest too, so that it is found without reading the file's format.
const SEAL: &str = "wicker sha256 ";
/// Hexadecimal digits of the digest.
const DIGITS: usize = 64;
/// Most shards there may be.
const MOST: u64 = 100_000;

/// What can be wrong with a shard.
#[derive(Debug, Error)]
pub enum ShardError {
    /// Not a share.
    #[error("{0:?} is not a shard such as 3/16, of 1 to {MOST}")]
    Share(String),
    /// A file cannot be read or written.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// Not a Parquet file, or not one of these.
    #[error("{path}: {why}")]
    Parquet {
        /// The file.
        path: String,
        /// What the library said.
        why: ParquetError,
    },
    /// The footer does not say what the file belongs to, or says nonsense.
    #[error("{0} is no shard of a stress test, or not a whole one")]
    Foreign(String),
    /// The file is not as it was written.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: String,
        /// What differs.
        what: &'static str,
    },
    /// Two files do not belong together.
    #[error("{one} and {other} do not belong together: {what} differs")]
    Strangers {
        /// A file.
        one: String,
        /// Another.
        other: String,
        /// What differs.
        what: &'static str,
    },
    /// A shard is there twice.
    #[error("shard {shard} is there twice: {one} and {other}")]
    Twice {
        /// Which.
        shard: u64,
        /// A file.
        one: String,
        /// Another.
        other: String,
    },
    /// Shards are missing.
    #[error("{count} of {of} shards are missing, the first of them {first}")]
    Missing {
        /// How many.
        count: u64,
        /// Of how many.
        of: u64,
        /// The first.
        first: u64,
    },
    /// No file was named.
    #[error("no shard to merge")]
    None,
}

/// One share of the paths: `3/16` is the third of sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 1.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// The paths of this share: neighbours, as many as in every other share or one more.
    pub fn paths(self, all: u64) -> Range<u64> {
        let edge = |index: u64| {
            let edge = u128::from(all) * u128::from(index) / u128::from(self.of.max(1));
            u64::try_from(edge).unwrap_or(u64::MAX)
        };
        edge(self.index.saturating_sub(1))..edge(self.index)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parts = text.split_once('/');
        let parts = parts.and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((index, of)) if (1..=of).contains(&index) && of <= MOST => Ok(Self { index, of }),
            _ => Err(ShardError::Share(text.into())),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// What a file belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Label {
    /// The program's version.
    version: String,
    /// A digest of the plan.
    plan: String,
    seed: u64,
    /// Paths of all shards.
    paths: u64,
    shard: Shard,
}

/// Plays a share and writes it. The file appears whole or not at all.
pub fn write(
    plan: &Plan,
    (seed, paths): (u64, u64),
    shard: Shard,
    file: &Path,
    watch: Watch<'_>,
) -> Result<(), StudyError> {
    let share = shard.paths(paths);
    let whole = (share.end - share.start) as usize;
    let done = std::sync::atomic::AtomicUsize::new(0);
    let step = || {
        watch(
            done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1,
            whole,
        )
    };
    let rows = rows(plan, seed, share, &step)?;
    let label = Label {
        version: env!("CARGO_PKG_VERSION").into(),
        plan: digest(&serde_json::to_vec(plan).unwrap_or_default()),
        seed,
        paths,
        shard,
    };
    save(file, &label, &rows)?;
    Ok(())
}

/// The answer of all shards.
pub fn merge(files: &[PathBuf]) -> Result<Paths, ShardError> {
    let mut found: Vec<(String, Label, Vec<Row>)> = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let (label, rows) = load(file)?;
        if let Some((other, first, _)) = found.first() {
            let differs = |what| ShardError::Strangers {
                one: other.clone(),
                other: name.clone(),
                what,
            };
            alike(first, &label).map_err(differs)?;
        }
        found.push((name, label, rows));
    }
    found.sort_by_key(|(_, label, _)| label.shard.index);
    let Some((_, first, _)) = found.first() else {
        return Err(ShardError::None);
    };
    let (seed, of) = (first.seed, first.shard.of);
    for pair in found.windows(2) {
        if let [(one, label, _), (other, next, _)] = pair {
            if label.shard == next.shard {
                return Err(ShardError::Twice {
                    shard: label.shard.index,
                    one: one.clone(),
                    other: other.clone(),
                });
            }
        }
    }
    complete(of, found.iter().map(|(_, label, _)| label.shard.index))?;
    let rows = found.into_iter().flat_map(|(_, _, rows)| rows);
    Ok(summary(seed, rows.collect()))
}

/// Errors with what differs between the labels of two shards of one answer.
fn alike(one: &Label, other: &Label) -> Result<(), &'static str> {
    let same = [
        (one.version == other.version, "the program's version"),
        (one.plan == other.plan, "the plan"),
        (one.seed == other.seed, "the seed"),
        (one.paths == other.paths, "the number of paths"),
        (one.shard.of == other.shard.of, "the number of shards"),
    ];
    let differs = same.into_iter().find(|(same, _)| !same);
    differs.map_or(Ok(()), |(_, what)| Err(what))
}

/// Errors when one of the shards is not among these, which are sorted and each there once.
fn complete(of: u64, there: impl Iterator<Item = u64>) -> Result<(), ShardError> {
    let (mut first, mut count) = (None, 0u64);
    for index in there {
        count += 1;
        if index != count && first.is_none() {
            first = Some(count);
        }
    }
    if count == of {
        return Ok(());
    }
    Err(ShardError::Missing {
        count: of.saturating_sub(count),
        of,
        first: first.unwrap_or(count + 1),
    })
}

/// SHA-256 in hexadecimal digits.
fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the seal's digits stand in a file.
fn seal(bytes: &[u8]) -> Option<Range<usize>> {
    let mut windows = bytes.windows(SEAL.len());
    let at = windows.rposition(|window| window == SEAL.as_bytes())? + SEAL.len();
    (at + DIGITS <= bytes.len()).then_some(at..at + DIGITS)
}

/// What the seal must say: a digest of the file in which its own digits are zeros.
fn sealed(bytes: &[u8], seal: &Range<usize>) -> String {
    let mut blank = bytes.to_vec();
    if let Some(digits) = blank.get_mut(seal.clone()) {
        digits.fill(b'0');
    }
    digest(&blank)
}

/// A figure of a row, by the type its column has.
enum Column {
    Whole(fn(&Row) -> u64),
    Real(fn(&Row) -> f64),
    Text(fn(&Row) -> &'static str),
    Truth(fn(&Row) -> bool),
}

/// The columns, in the order of the file.
const COLUMNS: [(&str, Column); 13] = [
    ("path", Column::Whole(|row| row.path)),
    ("rule", Column::Text(|row| row.outcome.rule.name())),
    ("lent", Column::Real(|row| row.outcome.lent)),
    ("exposed", Column::Real(|row| row.outcome.exposed)),
    ("extra_fall", Column::Real(|row| row.outcome.extra_fall)),
    ("bad_debt", Column::Real(|row| row.outcome.bad_debt)),
    ("underwater", Column::Real(|row| row.outcome.underwater)),
    ("deficit", Column::Real(|row| row.outcome.deficit)),
    ("positions", Column::Whole(|row| row.outcome.positions)),
    ("liquidated", Column::Whole(|row| row.outcome.liquidated)),
    ("dragged", Column::Whole(|row| row.outcome.dragged)),
    ("beside", Column::Whole(|row| row.outcome.beside)),
    ("crossed", Column::Real(|row| row.outcome.crossed)),
];
/// The last one.
const HOLDS: (&str, Column) = ("holds", Column::Truth(|row| row.outcome.holds));

fn columns() -> impl Iterator<Item = (&'static str, Column)> {
    COLUMNS.into_iter().chain([HOLDS])
}

/// The file's schema, in Parquet's words.
fn schema() -> String {
    let fields = columns().map(|(name, column)| {
        let kind = match column {
            Column::Whole(_) => "int64",
            Column::Real(_) => "double",
            Column::Text(_) => "binary",
            Column::Truth(_) => "boolean",
        };
        let text = if kind == "binary" { " (UTF8)" } else { "" };
        format!("required {kind} {name}{text};")
    });
    format!("message outcome {{ {} }}", fields.collect::<String>())
}

fn save(path: &Path, label: &Label, rows: &[Row]) -> Result<(), ShardError> {
    let part = path.with_extension("part");
    let file = |why| ShardError::File {
        path: path.display().to_string(),
        why,
    };
    let parquet = |why| ShardError::Parquet {
        path: path.display().to_string(),
        why,
    };
    let mut bytes = fill(label, rows).map_err(parquet)?;
    if let Some(seal) = seal(&bytes) {
        let digits = sealed(&bytes, &seal);
        if let Some(place) = bytes.get_mut(seal) {
            place.copy_from_slice(digits.as_bytes());
        }
    }
    let mut out = File::create(&part).map_err(file)?;
    let written = out.write_all(&bytes).and_then(|()| out.sync_all());
    let placed = written
        .and_then(|()| std::fs::rename(&part, path))
        .map_err(file);
    if placed.is_err() {
        // What is left of it is of no use to anyone; that it cannot be removed changes nothing.
        std::fs::remove_file(&part).ok();
    }
    placed
}

fn fill(label: &Label, rows: &[Row]) -> Result<Vec<u8>, ParquetError> {
    let words = serde_json::to_string(label).map_err(|why| ParquetError::External(why.into()))?;
    let words = vec![
        KeyValue::new(KEY.to_string(), words),
        KeyValue::new(
            SEAL.trim().to_string(),
            format!("{SEAL}{}", "0".repeat(DIGITS)),
        ),
    ];
    let properties = WriterProperties::builder().set_key_value_metadata(Some(words));
    let schema = Arc::new(parse_message_type(&schema())?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))?;
    let mut group = writer.next_row_group()?;
    for (_, column) in columns() {
        put(&mut group, &column, rows)?;
    }
    group.close()?;
    writer.into_inner()
}

fn put(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    column: &Column,
    rows: &[Row],
) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else {
        return Ok(());
    };
    match column {
        Column::Whole(read) => {
            // Counts of one run are far below 2^63.
            let figures = rows
                .iter()
                .map(|row| i64::try_from(read(row)).unwrap_or(i64::MAX));
            let figures: Vec<i64> = figures.collect();
            writer
                .typed::<Int64Type>()
                .write_batch(&figures, None, None)?;
        }
        Column::Real(read) => {
            let figures: Vec<f64> = rows.iter().map(read).collect();
            writer
                .typed::<DoubleType>()
                .write_batch(&figures, None, None)?;
        }
        Column::Text(read) => {
            let words: Vec<ByteArray> = rows.iter().map(|row| read(row).into()).collect();
            writer
                .typed::<ByteArrayType>()
                .write_batch(&words, None, None)?;
        }
        Column::Truth(read) => {
            let truths: Vec<bool> = rows.iter().map(read).collect();
            writer
                .typed::<BoolType>()
                .write_batch(&truths, None, None)?;
        }
    }
    writer.close()
}

fn load(path: &Path) -> Result<(Label, Vec<Row>), ShardError> {
    let name = || path.display().to_string();
    let parquet = |why| ShardError::Parquet { path: name(), why };
    let damaged = |what| ShardError::Damaged { path: name(), what };
    let bytes = std::fs::read(path).map_err(|why| ShardError::File { path: name(), why })?;
    // The library trusts the format of what it reads and may panic on nonsense, so that the seal is looked at first.
    let seal = seal(&bytes).ok_or_else(|| ShardError::Foreign(name()))?;
    let said = bytes.get(seal.clone()).unwrap_or_default();
    if said != sealed(&bytes, &seal).as_bytes() {
        return Err(damaged("its seal does not fit what it holds"));
    }
    let reader = SerializedFileReader::new(Bytes::from(bytes)).map_err(parquet)?;
    let words = reader.metadata().file_metadata().key_value_metadata();
    let mut words = words.into_iter().flatten();
    let words = words.find(|word| word.key == KEY);
    let words = words.and_then(|word| word.value.as_ref());
    let label = words.and_then(|words| serde_json::from_str::<Label>(words).ok());
    let label = label.ok_or_else(|| ShardError::Foreign(name()))?;
    let records = reader.get_row_iter(None).map_err(parquet)?;
    let mut rows = Vec::new();
    for record in records {
        let record = record.map_err(parquet)?;
        let row = row(&record).map_err(parquet)?;
        rows.push(row.ok_or_else(|| damaged("a rule has an unknown name"))?);
    }
    let expected = label.shard.paths(label.paths);
    let expected = expected.flat_map(|path| Rule::ALL.map(|rule| (path, rule)));
    if !expected.eq(rows.iter().map(|row| (row.path, row.outcome.rule))) {
        return Err(damaged("its paths are not those of its share"));
    }
    Ok((label, rows))
}

/// A record as a row; `None` when its rule is none.
fn row(record: &Record) -> Result<Option<Row>, ParquetError> {
    let name = record.get_string(1)?;
    let rule = Rule::ALL.into_iter().find(|rule| rule.name() == name);
    let count = |at| {
        let figure = record.get_long(at)?;
        u64::try_from(figure).map_err(|_| ParquetError::General(format!("{figure} is no count")))
    };
    let figure = |at| record.get_double(at);
    let Some(rule) = rule else {
        return Ok(None);
    };
    Ok(Some(Row {
        path: count(0)?,
        outcome: Outcome {
            rule,
            lent: figure(2)?,
            exposed: figure(3)?,
            extra_fall: figure(4)?,
            bad_debt: figure(5)?,
            underwater: figure(6)?,
            deficit: figure(7)?,
            positions: count(8)?,
            liquidated: count(9)?,
            dragged: count(10)?,
            beside: count(11)?,
            crossed: figure(12)?,
            holds: record.get_bool(13)?,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_all_paths_once_and_differ_by_at_most_one() {
        for (all, of) in [(10, 3), (1, 5), (0, 2), (1_000_000, 7), (16, 16)] {
            let shares = (1..=of).map(|index| Shard { index, of }.paths(all));
            let mut next = 0;
            for share in shares {
                assert_eq!(share.start, next);
                let length = share.end - share.start;
                assert!((all / of..=all / of + 1).contains(&length));
                next = share.end;
            }
            assert_eq!(next, all);
        }
    }

    #[test]
    fn a_share_is_one_number_of_another() {
        assert_eq!("3/16".parse::<Shard>().unwrap().to_string(), "3/16");
        for text in [
            "", "3", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "1/100001", "a/b", " 1/4",
        ] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_missing_shard_is_named() {
        let missing = |there: &[u64]| complete(4, there.iter().copied()).unwrap_err().to_string();
        assert_eq!(
            missing(&[1, 2, 4]),
            "1 of 4 shards are missing, the first of them 3"
        );
        assert_eq!(
            missing(&[1, 2, 3]),
            "1 of 4 shards are missing, the first of them 4"
        );
        assert_eq!(
            missing(&[2]),
            "3 of 4 shards are missing, the first of them 1"
        );
        assert!(complete(2, [1, 2].into_iter()).is_ok());
    }
}
