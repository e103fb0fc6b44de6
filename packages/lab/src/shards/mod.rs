//! Sweeps shared out over machines: each plays its share and writes it as a Parquet file, and any number of files become the answer that
//! one machine would have given, to the last bit. What a file belongs to stands in its footer; it is refused beside files of another
//! sweep or program, twice, when one is missing, or when a byte has changed.

mod file;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use file::Column;
pub use parquet::errors::ParquetError;
pub use parquet::record::{Row as Record, RowAccessor};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

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
    #[error("{0} is no shard of a sweep, or not a whole one")]
    Foreign(String),
    /// A shard of another kind of sweep.
    #[error("{path} is a shard of a {found}, not of a {wanted}")]
    Kind {
        /// The file.
        path: String,
        /// Its kind.
        found: String,
        /// What was expected.
        wanted: &'static str,
    },
    /// The file is not as it was written.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: String,
        /// What differs.
        what: &'static str,
    },
    /// Two files do not belong together.
    #[error("{one} and {other} do not belong together: the {what} differs")]
    Strangers {
        /// A file.
        one: String,
        /// Another, or what was given beside it.
        other: String,
        /// What differs.
        what: String,
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

/// One share of a sweep: `3/16` is the third of sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 1.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// The items of this share: neighbours, as many as in every other share or one more.
    pub fn items(self, all: u64) -> Range<u64> {
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

/// A sweep that is shared out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// Items of all shards.
    pub items: u64,
    /// All that its answer depends on, by name: a figure, or a digest of what is long. The program's version stands first.
    pub given: Vec<(String, String)>,
}

impl Sweep {
    /// A sweep of this version of the program.
    pub fn new<const N: usize>(items: u64, given: [(&str, String); N]) -> Self {
        let version = ("program's version", env!("CARGO_PKG_VERSION").to_string());
        let given = [version].into_iter().chain(given);
        Self {
            items,
            given: given.map(|(name, value)| (name.into(), value)).collect(),
        }
    }

    /// What was given under a name.
    pub fn given(&self, name: &str) -> Option<&str> {
        let mut given = self.given.iter();
        given.find_map(|(one, value)| (one == name).then_some(value.as_str()))
    }
}

/// A row of a sweep's files.
pub trait Row: Sized {
    /// What such a sweep is called.
    const KIND: &'static str;

    /// Its columns, in the order of the file.
    fn columns() -> Vec<(&'static str, Column<Self>)>;

    /// A record as a row; `None` when it names what there is not.
    fn read(record: &Record) -> Result<Option<Self>, ParquetError>;
}

/// What a file belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Label {
    /// The kind of its rows.
    kind: String,
    sweep: Sweep,
    shard: Shard,
}

/// Writes a share's rows. The file appears whole or not at all.
pub fn write<R: Row>(
    path: &Path,
    sweep: Sweep,
    shard: Shard,
    rows: &[R],
) -> Result<(), ShardError> {
    let label = Label {
        kind: R::KIND.into(),
        sweep,
        shard,
    };
    file::save(path, &label, rows)
}

/// The rows of all shards in order, and the sweep they are of. `own` is the sweep they must be of, where it is known; `fits` says whether
/// rows are those of a share's items.
pub fn merge<R: Row>(
    files: &[PathBuf],
    own: Option<Sweep>,
    fits: &dyn Fn(Range<u64>, &[R]) -> bool,
) -> Result<(Sweep, Vec<R>), ShardError> {
    let mut first = own.map(|sweep| ("what was given".to_string(), sweep, None));
    let mut found: Vec<(String, Shard, Vec<R>)> = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let (label, rows) = file::load::<R>(file)?;
        if !fits(label.shard.items(label.sweep.items), &rows) {
            return Err(ShardError::Damaged {
                path: name,
                what: "its rows are not those of its share",
            });
        }
        let of = label.shard.of;
        if let Some((other, sweep, shards)) = &first {
            let differs = match shards {
                Some(shards) if *shards != of => Some("number of shards".into()),
                _ => difference(sweep, &label.sweep),
            };
            if let Some(what) = differs {
                return Err(ShardError::Strangers {
                    one: other.clone(),
                    other: name,
                    what,
                });
            }
        }
        first = Some((name.clone(), label.sweep, Some(of)));
        found.push((name, label.shard, rows));
    }
    found.sort_by_key(|(_, shard, _)| shard.index);
    let (Some((_, sweep, _)), Some((_, shard, _))) = (first, found.first()) else {
        return Err(ShardError::None);
    };
    complete(shard.of, &found)?;
    let rows = found.into_iter().flat_map(|(_, _, rows)| rows);
    Ok((sweep, rows.collect()))
}

/// What differs between two sweeps of one kind.
fn difference(one: &Sweep, other: &Sweep) -> Option<String> {
    let mut given = one.given.iter().zip(&other.given);
    let differs = given.find(|(one, other)| one != other);
    let differs = differs.map(|((name, _), _)| name.clone());
    differs.or_else(|| (one != other).then(|| "sweep".into()))
}

/// Errors when one of the shards is not among these, which are sorted, or is there twice.
fn complete<R>(of: u64, there: &[(String, Shard, R)]) -> Result<(), ShardError> {
    for pair in there.windows(2) {
        if let [(one, shard, _), (other, next, _)] = pair {
            if shard == next {
                return Err(ShardError::Twice {
                    shard: shard.index,
                    one: one.clone(),
                    other: other.clone(),
                });
            }
        }
    }
    let count = there.len() as u64;
    if count == of {
        return Ok(());
    }
    let mut places = (1..).zip(there);
    let first = places.find(|(place, (_, shard, _))| shard.index != *place);
    Err(ShardError::Missing {
        count: of.saturating_sub(count),
        of,
        first: first.map_or(count + 1, |(place, _)| place),
    })
}

/// A count of a record.
pub fn count<T: TryFrom<i64>>(record: &Record, at: usize) -> Result<T, ParquetError> {
    let figure = record.get_long(at)?;
    T::try_from(figure).map_err(|_| ParquetError::General(format!("{figure} is no count")))
}

/// SHA-256 in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_all_items_once_and_differ_by_at_most_one() {
        for (all, of) in [(10, 3), (1, 5), (0, 2), (1_000_000, 7), (16, 16)] {
            let shares = (1..=of).map(|index| Shard { index, of }.items(all));
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
        let of = |of: u64, there: &[u64]| {
            let shard = |index: &u64| (index.to_string(), Shard { index: *index, of }, ());
            complete(of, &there.iter().map(shard).collect::<Vec<_>>())
        };
        let missing = |there: &[u64]| of(4, there).unwrap_err().to_string();
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
        assert_eq!(missing(&[1, 2, 2, 3]), "shard 2 is there twice: 2 and 2");
        assert!(of(2, &[1, 2]).is_ok());
    }

    #[test]
    fn two_sweeps_differ_in_what_was_given_or_in_their_size() {
        let sweep =
            |seed: &str, items| Sweep::new(items, [("plan", "x".into()), ("seed", seed.into())]);
        let from = |other| difference(&sweep("1", 5), &other);
        assert_eq!(from(sweep("1", 5)), None);
        assert_eq!(from(sweep("2", 5)).as_deref(), Some("seed"));
        assert_eq!(from(sweep("1", 6)).as_deref(), Some("sweep"));
        let mut old = sweep("1", 5);
        old.given[0].1 = "0.0.0".into();
        assert_eq!(from(old).as_deref(), Some("program's version"));
    }
}
