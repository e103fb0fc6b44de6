//! Why a command did not do what was asked, what to do next, and the exit code that says so to a script.

use thiserror::Error;
use wicker_client::ClientError;
use wicker_feeder::FeederError;
use wicker_keeper::KeeperError;
use wicker_lab::error::LabError;
use wicker_status::StatusError;

use crate::output::Failure;

/// Done.
pub const DONE: u8 = 0;
/// What was checked does not hold.
pub const BROKEN: u8 = 1;
/// The arguments, a file or a key cannot be used; nothing happened.
pub const INPUT: u8 = 2;
/// No node could be used, or the transaction came in no block: nothing happened, and the same command may be given again.
pub const AGAIN: u8 = 3;
/// The contract or the chain refused before anything happened.
pub const REFUSED: u8 = 4;
/// The transaction is in a block and failed; its fee is paid.
pub const FAILED: u8 = 5;
/// Whether the transaction happened is not known.
pub const UNKNOWN: u8 = 6;

/// Why a command did not do what was asked.
#[derive(Debug, Error)]
pub enum Trouble {
    /// Something that was given cannot be used. Says what to give instead.
    #[error("{0}")]
    Input(String),
    /// A file.
    #[error("{path}: {why}")]
    File {
        /// Its path.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The chain.
    #[error("{0}{next}", next = advice(.0))]
    Client(#[from] ClientError),
    /// The records of a deployment, or a change tried on them.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The keeper.
    #[error(transparent)]
    Keeper(Box<KeeperError>),
    /// The feeder.
    #[error(transparent)]
    Feeder(Box<FeederError>),
    /// The status server.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The output.
    #[error(transparent)]
    Output(Box<Failure>),
}

impl Trouble {
    /// About a file.
    pub fn file(path: &std::path::Path, why: impl ToString) -> Self {
        Self::File {
            path: path.display().to_string(),
            why: why.to_string(),
        }
    }

    /// The program's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Client(error) => code(error),
            Self::Lab(_) => REFUSED,
            Self::Keeper(error) => match error.as_ref() {
                KeeperError::Client(error) => code(error),
                KeeperError::Partial { .. } | KeeperError::Behind { .. } => AGAIN,
                KeeperError::Lab(_) => REFUSED,
                _ => INPUT,
            },
            Self::Feeder(error) => match error.as_ref() {
                FeederError::Client(error) => code(error),
                _ => INPUT,
            },
            Self::Input(_) | Self::File { .. } | Self::Status(_) | Self::Output(_) => INPUT,
        }
    }
}

impl From<KeeperError> for Trouble {
    fn from(error: KeeperError) -> Self {
        Self::Keeper(Box::new(error))
    }
}

impl From<FeederError> for Trouble {
    fn from(error: FeederError) -> Self {
        Self::Feeder(Box::new(error))
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Output(Box::new(failure))
    }
}

fn code(error: &ClientError) -> u8 {
    match error {
        _ if error.is_transient() => AGAIN,
        ClientError::Config(_) | ClientError::Key(_) => INPUT,
        ClientError::NoAccount(_) | ClientError::GasCap { .. } => INPUT,
        ClientError::Failed { .. } => FAILED,
        ClientError::Unconfirmed { .. } => UNKNOWN,
        _ => REFUSED,
    }
}

/// What helps, by words of the sdk or of Wicker's contracts.
const KNOWN: [(&str, &str); 12] = [
    (
        "insufficient funds",
        "send the account what it lacks; `--dry-run` shows the fee",
    ),
    ("insufficient fee", "pay more with --gas-price"),
    ("out of gas", "give more with --gas"),
    (
        "has no usable price",
        "have a feeder report, or send the oracle a refresh",
    ),
    (
        "the debt asset",
        "have a feeder report the debt token's price, or send the oracle a refresh",
    ),
    (
        "initial margin",
        "borrow or withdraw less, or deposit first; `wicker preview adjust` shows what would be left",
    ),
    (
        "takes no new risk until",
        "wait; repaying and depositing go on, and so does withdrawing without debt",
    ),
    ("there is no position", "see `wicker positions`"),
    ("there is no basket", "see `wicker baskets`"),
    ("nothing waits for", "see `wicker pending`"),
    (
        "is not the owner",
        "the owner decides this: see `wicker propose`",
    ),
    (
        "is not the position's owner",
        "use the key of the owner; `wicker position` shows who it is",
    ),
];

/// What to do next, on a line of its own; nothing where nothing is known.
fn advice(error: &ClientError) -> String {
    if let ClientError::Unreachable(_) = error {
        return "\n  next: check --node, or the nodes of the deployment file".into();
    }
    next(&error.to_string())
}

fn next(said: &str) -> String {
    let found = KNOWN.iter().find(|(words, _)| said.contains(words));
    found.map_or(String::new(), |(_, next)| format!("\n  next: {next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_the_exit_code_that_the_manual_says() {
        let hash = || "AB".to_string();
        let cases = [
            (Trouble::Input("x".into()), INPUT),
            (ClientError::Key("x".into()).into(), INPUT),
            (ClientError::NoAccount("x".into()).into(), INPUT),
            (ClientError::Unreachable(vec![]).into(), AGAIN),
            (
                ClientError::Expired {
                    hash: hash(),
                    valid_until: 1,
                }
                .into(),
                AGAIN,
            ),
            (
                ClientError::Node {
                    code: 1,
                    message: "x".into(),
                }
                .into(),
                REFUSED,
            ),
            (
                ClientError::Unconfirmed {
                    hash: hash(),
                    valid_until: 1,
                    why: "x".into(),
                }
                .into(),
                UNKNOWN,
            ),
        ];
        for (trouble, expected) in cases {
            assert_eq!(trouble.code(), expected, "{trouble}");
        }
    }

    #[test]
    fn an_error_says_what_to_do_next() {
        let trouble = Trouble::from(ClientError::Unreachable(vec![]));
        assert!(trouble.to_string().contains("check --node"), "{trouble}");
        let said = "equity 5e-18 is below the initial margin 9e-18 dollars";
        assert!(next(said).contains("wicker preview adjust"));
        assert_eq!(next("something nobody has seen"), "");
    }
}
