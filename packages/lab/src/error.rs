//! What can go wrong in the lab, each cause with its numbers.

use thiserror::Error;

use crate::prices::Cell;

/// Why a run could not be made or finished.
#[derive(Debug, Error)]
pub enum LabError {
    /// A file cannot be read or written.
    #[error("{path}: {why}")]
    File {
        /// The path as given.
        path: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// A cell of a price file is bad.
    #[error("row {row}, column {column}: {reason}")]
    Csv {
        /// The line in the file; the header is line 1.
        row: u64,
        /// The column's name.
        column: String,
        /// What is wrong with it.
        reason: Cell,
    },
    /// A row has too many or too few cells, or is not text.
    #[error("row {row}: {why}")]
    Row {
        /// The line in the file; the header is line 1.
        row: u64,
        /// What the reader said.
        why: String,
    },
    /// The header lacks a column.
    #[error("row 1: no column {column}; there are {found}")]
    Column {
        /// The missing column.
        column: String,
        /// Those that are there.
        found: String,
    },
    /// No price is left within the window.
    #[error("no prices of {wanted} between {from} and {to}")]
    NoPrices {
        /// What was looked for.
        wanted: String,
        /// Start of the window, in seconds since 1970.
        from: u64,
        /// End of the window, in seconds since 1970.
        to: u64,
    },
    /// Nobody would ever borrow.
    #[error("the warm-up of {hours} h ends at {opens}, after the last price at {last}")]
    Warmup {
        /// Hours that are measured only.
        hours: u64,
        /// When everyone would borrow.
        opens: String,
        /// The last price.
        last: String,
    },
    /// A scenario is not what the format allows.
    #[error("scenario: {0}")]
    Toml(#[from] toml::de::Error),
    /// A scenario names something it does not define.
    #[error("scenario: {what} names {name}, which is not defined")]
    Unknown {
        /// Who names it.
        what: String,
        /// What is missing.
        name: String,
    },
    /// A scenario defines something twice.
    #[error("scenario: {0} is defined twice")]
    Twice(String),
    /// A figure of a scenario is outside its range.
    #[error("scenario: {what} {value} is outside {min} to {max}")]
    Figure {
        /// Which.
        what: String,
        /// Its value.
        value: f64,
        /// Least.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// A user has both or neither of `ltv` and `of_max`.
    #[error("scenario: {0} needs exactly one of ltv and of_max")]
    Borrow(String),
    /// A contract refused a message that the run cannot do without.
    #[error("{verb}: {why}")]
    Refused {
        /// What was attempted.
        verb: String,
        /// What the contract said.
        why: String,
    },
    /// The drawing library refused.
    #[error("plot {name}: {why}")]
    Plot {
        /// The file.
        name: String,
        /// What it said.
        why: String,
    },
}

impl LabError {
    /// What `what` names is not defined.
    pub fn unknown(what: &str, name: &str) -> Self {
        Self::Unknown {
            what: what.into(),
            name: name.into(),
        }
    }
}
