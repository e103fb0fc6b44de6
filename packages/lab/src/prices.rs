//! Price paths from files: the wide form, `ts` and one price a column, and the long form, one row an asset and hour with
//! `ts`, `asset` and `close`. An empty cell is no tick. What is not asked for is not judged.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::StringRecord;
use thiserror::Error;

use crate::error::LabError;

/// The lowest price the oracle takes, in dollars.
pub const LOWEST: f64 = 1e-12;
/// The highest price the oracle takes, in dollars.
pub const HIGHEST: f64 = 1e9;
/// Times after this, in the year 5138, are milliseconds or worse.
const LATEST: u64 = 100_000_000_000;

/// Prices of some assets over time, each as a `P`.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices<P = f64> {
    /// Their names: columns of the wide form, assets of the long one.
    pub assets: Vec<String>,
    /// By time, each time once.
    pub ticks: Vec<Tick<P>>,
}

/// Prices at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick<P = f64> {
    /// Seconds since 1970.
    pub time: u64,
    /// By asset, in dollars; `None` is no tick.
    pub prices: Vec<Option<P>>,
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Columns of the wide form, or assets of the long one.
    pub assets: Vec<String>,
    /// First and last time to keep, in seconds since 1970.
    pub window: (u64, u64),
    /// Rows of the long form whose `event` is another one are left out.
    pub event: Option<String>,
}

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Cell {
    /// Not a number.
    #[error("{0:?} is not a number")]
    NotNumber(String),
    /// Outside what the oracle takes.
    #[error("{0} is not a price between 0.000000000001 and 1000000000 dollars")]
    Range(f64),
    /// Not whole seconds.
    #[error("{0:?} is not a time in whole seconds since 1970")]
    NotTime(String),
    /// Milliseconds, perhaps.
    #[error("{0} seconds since 1970 is beyond the year 5138: is it in milliseconds?")]
    TooLate(u64),
    /// Times go backwards or stand still.
    #[error("time {time} is not after {last}, the row before")]
    Order {
        /// This row's.
        time: u64,
        /// The row before.
        last: u64,
    },
    /// The long form has the asset's price of that time already.
    #[error("{asset} has a price at {time} already")]
    Twice {
        /// The asset.
        asset: String,
        /// The time.
        time: u64,
    },
}

impl Prices {
    /// Reads a file; errors name row, column and reason.
    pub fn from_file(path: &Path, wanted: &Wanted) -> Result<Self, LabError> {
        Self::read(opened(path)?, wanted)
    }

    /// Reads either form; a header with `asset` and `close` is the long one.
    pub fn read(source: impl Read, wanted: &Wanted) -> Result<Self, LabError> {
        Self::read_as(source, wanted, price)
    }

    /// The first price of each asset, `None` for one that never ticks.
    pub fn first(&self) -> Vec<Option<f64>> {
        (0..self.assets.len())
            .map(|at| {
                let mut prices = self.ticks.iter().filter_map(|tick| tick.price(at));
                prices.next()
            })
            .collect()
    }
}

impl<P: Clone> Prices<P> {
    /// Reads a file whose prices `price` reads out of cells that are not empty.
    pub fn from_file_as(
        path: &Path,
        wanted: &Wanted,
        price: impl Fn(&str) -> Result<P, Cell>,
    ) -> Result<Self, LabError> {
        Self::read_as(opened(path)?, wanted, price)
    }

    fn read_as(
        source: impl Read,
        wanted: &Wanted,
        price: impl Fn(&str) -> Result<P, Cell>,
    ) -> Result<Self, LabError> {
        let price = |cell: &str| match cell.trim() {
            "" => Ok(None),
            text => price(text).map(Some),
        };
        let mut reader = csv::Reader::from_reader(source);
        let header = Header::new(reader.headers().map_err(row_error)?.clone());
        let ticks = if header.has("asset") && header.has("close") {
            long(&mut reader, &header, wanted, price)?
        } else {
            wide(&mut reader, &header, wanted, price)?
        };
        let any = |tick: &Tick<P>| tick.prices.iter().any(Option::is_some);
        if !ticks.iter().any(any) {
            return Err(LabError::NoPrices {
                wanted: wanted.assets.join(", "),
                from: wanted.window.0,
                to: wanted.window.1,
            });
        }
        Ok(Self {
            assets: wanted.assets.clone(),
            ticks,
        })
    }
}

fn opened(path: &Path) -> Result<File, LabError> {
    File::open(path).map_err(|why| LabError::File {
        path: path.display().to_string(),
        why,
    })
}

impl Tick {
    /// An asset's price, if it ticked.
    pub fn price(&self, asset: usize) -> Option<f64> {
        self.prices.get(asset).copied().flatten()
    }
}

/// Column names and where they stand.
struct Header {
    names: StringRecord,
}

impl Header {
    fn new(names: StringRecord) -> Self {
        Self { names }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|found| found.trim() == name)
    }

    fn find(&self, name: &str) -> Result<usize, LabError> {
        let found = self.names.iter().position(|found| found.trim() == name);
        found.ok_or_else(|| LabError::Column {
            column: name.into(),
            found: self.names.iter().collect::<Vec<_>>().join(", "),
        })
    }
}

fn wide<P: Clone>(
    reader: &mut csv::Reader<impl Read>,
    header: &Header,
    wanted: &Wanted,
    price: impl Fn(&str) -> Result<Option<P>, Cell>,
) -> Result<Vec<Tick<P>>, LabError> {
    let ts = header.find("ts")?;
    let columns = wanted.assets.iter().map(|name| header.find(name));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let (mut ticks, mut last) = (Vec::new(), None);
    for record in reader.records() {
        let record = record.map_err(row_error)?;
        let row = line(&record);
        let time = time(&record, ts).map_err(|reason| bad(row, "ts", reason))?;
        if let Some(last) = last.filter(|last| time <= *last) {
            return Err(bad(row, "ts", Cell::Order { time, last }));
        }
        last = Some(time);
        if !within(time, wanted) {
            continue;
        }
        let cells = columns.iter().zip(&wanted.assets);
        let prices = cells.map(|(at, name)| {
            price(record.get(*at).unwrap_or("")).map_err(|reason| bad(row, name, reason))
        });
        ticks.push(Tick {
            time,
            prices: prices.collect::<Result<_, _>>()?,
        });
    }
    Ok(ticks)
}

fn long<P: Clone>(
    reader: &mut csv::Reader<impl Read>,
    header: &Header,
    wanted: &Wanted,
    price: impl Fn(&str) -> Result<Option<P>, Cell>,
) -> Result<Vec<Tick<P>>, LabError> {
    let (ts, asset, close) = (
        header.find("ts")?,
        header.find("asset")?,
        header.find("close")?,
    );
    let event = match &wanted.event {
        Some(name) => Some((header.find("event")?, name)),
        None => None,
    };
    let mut ticks: BTreeMap<u64, Vec<Option<P>>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(row_error)?;
        let row = line(&record);
        if event.is_some_and(|(at, name)| record.get(at) != Some(name)) {
            continue;
        }
        let time = time(&record, ts).map_err(|reason| bad(row, "ts", reason))?;
        let name = record.get(asset).unwrap_or("").trim();
        let Some(at) = wanted.assets.iter().position(|wanted| wanted == name) else {
            continue;
        };
        if !within(time, wanted) {
            continue;
        }
        let price = price(record.get(close).unwrap_or(""));
        let price = price.map_err(|reason| bad(row, "close", reason))?;
        let tick = ticks
            .entry(time)
            .or_insert_with(|| vec![None; wanted.assets.len()]);
        if let Some(slot) = tick.get_mut(at) {
            if slot.is_some() {
                let asset = name.into();
                return Err(bad(row, "ts", Cell::Twice { asset, time }));
            }
            *slot = price;
        }
    }
    let ticks = ticks.into_iter();
    Ok(ticks.map(|(time, prices)| Tick { time, prices }).collect())
}

fn within(time: u64, wanted: &Wanted) -> bool {
    (wanted.window.0..=wanted.window.1).contains(&time)
}

fn line(record: &StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

fn time(record: &StringRecord, at: usize) -> Result<u64, Cell> {
    let text = record.get(at).unwrap_or("").trim();
    let time = text
        .parse()
        .map_err(|_| Cell::NotTime(text.chars().take(40).collect()))?;
    if time > LATEST {
        return Err(Cell::TooLate(time));
    }
    Ok(time)
}

fn price(text: &str) -> Result<f64, Cell> {
    let price: f64 = text
        .parse()
        .map_err(|_| Cell::NotNumber(text.chars().take(40).collect()))?;
    if !(LOWEST..=HIGHEST).contains(&price) {
        return Err(Cell::Range(price));
    }
    Ok(price)
}

fn bad(row: u64, column: &str, reason: Cell) -> LabError {
    LabError::Csv {
        row,
        column: column.into(),
        reason,
    }
}

fn row_error(error: csv::Error) -> LabError {
    LabError::Row {
        row: error.position().map_or(1, csv::Position::line),
        why: match error.kind() {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => {
                format!("{len} cells under a header of {expected_len}")
            }
            _ => error.to_string(),
        },
    }
}
