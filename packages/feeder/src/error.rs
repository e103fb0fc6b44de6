//! Why the feeder did not do what it should.

use thiserror::Error;
use wicker_client::settings::SettingsError;
use wicker_client::ClientError;
use wicker_lab::error::LabError;

/// Why the feeder did not do what it should.
#[derive(Debug, Error)]
pub enum FeederError {
    /// The configuration cannot be used.
    #[error("configuration: {0}")]
    Config(String),
    /// The configuration's file.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A file of prices.
    #[error("input {input}: {why}")]
    Prices {
        /// The input.
        input: String,
        /// What is wrong.
        why: Box<LabError>,
    },
    /// The chain.
    #[error(transparent)]
    Client(#[from] ClientError),
}
