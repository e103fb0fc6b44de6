//! What can go wrong.

use wicker_client::ClientError;

/// Why a program ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be used.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// The chain or the way to it.
    #[error("{what}: {cause}")]
    Chain {
        /// What was tried.
        what: String,
        /// What happened.
        cause: ClientError,
    },
    /// Something that must hold does not.
    #[error("{0}")]
    Wrong(String),
}

impl Error {
    /// A file that could not be used.
    pub fn file(path: &std::path::Path, why: &dyn std::fmt::Display) -> Self {
        Self::File {
            path: path.display().to_string(),
            why: why.to_string(),
        }
    }
}

/// Says what was tried when the chain refuses.
pub trait Trying<T> {
    /// Adds `what`.
    fn trying(self, what: &str) -> Result<T, Error>;
}

impl<T> Trying<T> for Result<T, ClientError> {
    fn trying(self, what: &str) -> Result<T, Error> {
        self.map_err(|cause| Error::Chain {
            what: what.into(),
            cause,
        })
    }
}
