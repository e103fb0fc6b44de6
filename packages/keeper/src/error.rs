//! Why the keeper did not do what it should.

use thiserror::Error;
use wicker_client::settings::SettingsError;
use wicker_client::ClientError;
use wicker_lab::error::LabError;

/// Why the keeper did not do what it should.
#[derive(Debug, Error)]
pub enum KeeperError {
    /// The configuration cannot be used.
    #[error("configuration: {0}")]
    Config(String),
    /// The configuration's file.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Fees are paid that nobody has put a price on.
    #[error("fee_price is not set: without the dollars of one {denom}, fees would count nothing against daily_gas. Only a dry run needs none")]
    NoFeePrice {
        /// The fee's denom.
        denom: String,
    },
    /// The chain.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The deployment's records.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The journal.
    #[error("journal: {0}")]
    Journal(#[from] rusqlite::Error),
    /// The journal's file.
    #[error("{path}: {why}")]
    File {
        /// Its path.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// Another keeper writes this journal.
    #[error("{0} is in use by another keeper: stop that one first, or give this one a journal and a key of its own")]
    Locked(String),
    /// The journal is another deployment's or another account's.
    #[error("the journal is of {found}, not of {expected}: name another file")]
    OtherJournal {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The records that were read do not add up: some are missing, or they are of different blocks.
    #[error("basket {basket}: the positions read at block {height} do not add up to its totals")]
    Partial {
        /// The basket.
        basket: u32,
        /// The block.
        height: u64,
    },
    /// The chain has gone back.
    #[error("the newest block is {found}, but {known} was seen before")]
    Behind {
        /// The newest block now.
        found: u64,
        /// The newest seen before.
        known: u64,
    },
}
