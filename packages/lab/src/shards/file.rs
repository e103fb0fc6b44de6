//! A shard's file: rows by column, what they belong to in the footer, and a seal over all of it.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::{digest, Label, Row, ShardError};

/// The key of a footer's words about the shard.
const KEY: &str = "wicker";
/// The key of the seal, which stands in front of its digest too, so that it is found without reading the file's format.
const SEAL: &str = "wicker sha256 ";
/// Hexadecimal digits of the digest.
const DIGITS: usize = 64;

/// A figure of a row, by the type its column has.
pub enum Column<R> {
    /// A count.
    Whole(fn(&R) -> u64),
    /// A real number.
    Real(fn(&R) -> f64),
    /// A name.
    Text(fn(&R) -> &str),
    /// Yes or no.
    Truth(fn(&R) -> bool),
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

/// The file's schema, in Parquet's words.
fn schema<R: Row>() -> String {
    let columns = R::columns().into_iter();
    let fields = columns.map(|(name, column)| {
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

/// Writes rows under a label. The file appears whole or not at all.
pub fn save<R: Row>(path: &Path, label: &Label, rows: &[R]) -> Result<(), ShardError> {
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

fn fill<R: Row>(label: &Label, rows: &[R]) -> Result<Vec<u8>, ParquetError> {
    let words = serde_json::to_string(label).map_err(|why| ParquetError::External(why.into()))?;
    let words = vec![
        KeyValue::new(KEY.to_string(), words),
        KeyValue::new(
            SEAL.trim().to_string(),
            format!("{SEAL}{}", "0".repeat(DIGITS)),
        ),
    ];
    let properties = WriterProperties::builder().set_key_value_metadata(Some(words));
    let schema = Arc::new(parse_message_type(&schema::<R>())?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))?;
    let mut group = writer.next_row_group()?;
    for (_, column) in R::columns() {
        put(&mut group, &column, rows)?;
    }
    group.close()?;
    writer.into_inner()
}

fn put<R>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    column: &Column<R>,
    rows: &[R],
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

/// Reads a file of this kind of rows.
pub fn load<R: Row>(path: &Path) -> Result<(Label, Vec<R>), ShardError> {
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
    if label.kind != R::KIND {
        return Err(ShardError::Kind {
            path: name(),
            found: label.kind,
            wanted: R::KIND,
        });
    }
    let records = reader.get_row_iter(None).map_err(parquet)?;
    let mut rows = Vec::new();
    for record in records {
        let record = record.map_err(parquet)?;
        let row = R::read(&record).map_err(parquet)?;
        rows.push(row.ok_or_else(|| damaged("it names what there is not"))?);
    }
    Ok((label, rows))
}
