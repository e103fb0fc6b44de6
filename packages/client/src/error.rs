//! What can go wrong between here and a chain, with what the chain itself said.

use std::fmt;

use thiserror::Error;

use crate::refusal::Refusal;

/// The sdk's own code space, in which the codes below are meant.
const SDK: &str = "sdk";
/// `x/auth`: the transaction was signed for another sequence.
const WRONG_SEQUENCE: u32 = 32;
/// The transaction needed more gas than its limit.
const OUT_OF_GAS: u32 = 11;
/// The fee is lower than the node accepts.
const INSUFFICIENT_FEE: u32 = 13;
/// The mempool has the transaction already.
const KNOWN: u32 = 19;
/// The mempool is full.
const MEMPOOL_FULL: u32 = 20;

/// Why something did not happen.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The configuration cannot be used.
    #[error("{0}")]
    Config(String),
    /// No endpoint gave a usable answer.
    #[error("no endpoint could be used: {}", listed(.0))]
    Unreachable(Vec<Attempt>),
    /// A node understood the request and refused it.
    #[error("the node answers {code}: {message}")]
    Node {
        /// The JSON-RPC code.
        code: i64,
        /// What it said.
        message: String,
    },
    /// A query failed.
    #[error("{0}")]
    Query(Box<Refused>),
    /// A transaction failed when it was simulated: nothing was sent and nothing paid.
    #[error("{0}")]
    Simulation(Box<Refused>),
    /// The node did not let a transaction into its mempool: nothing was paid.
    #[error("{0}")]
    Rejected(Box<Refused>),
    /// A transaction is in a block and failed: its fee was paid.
    #[error("transaction {hash} failed in block {height}: {refused}")]
    Failed {
        /// The transaction.
        hash: String,
        /// The block.
        height: u64,
        /// Gas it used.
        gas_used: u64,
        /// Why.
        refused: Box<Refused>,
    },
    /// The transaction needs more gas than the configured most.
    #[error("the transaction needs {needed} gas, more than the cap of {cap}: raise the cap or do less at once")]
    GasCap {
        /// What it needs, adjusted.
        needed: u64,
        /// The cap.
        cap: u64,
    },
    /// The transaction may have been sent and has not been seen in a block. It may still come, until block `valid_until`.
    #[error("transaction {hash} is not confirmed: {why}; look it up before sending it again, or wait for block {valid_until}")]
    Unconfirmed {
        /// The transaction.
        hash: String,
        /// The last block that can take it.
        valid_until: u64,
        /// What is known.
        why: String,
    },
    /// The transaction was in no block up to the last that could take it: nothing happened, and sending it again is safe.
    #[error(
        "transaction {hash} was in no block up to {valid_until}: nothing happened, send it again"
    )]
    Expired {
        /// The transaction.
        hash: String,
        /// The last block that could take it.
        valid_until: u64,
    },
    /// An answer is not what it should be.
    #[error("{what}: {why}")]
    Answer {
        /// What was asked.
        what: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// The account does not exist on the chain.
    #[error("account {0} is not on the chain yet: send it some coins first")]
    NoAccount(String),
    /// A key cannot be made or used.
    #[error("key: {0}")]
    Key(String),
}

impl ClientError {
    /// What the chain refused with, if it did.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Query(refused)
            | Self::Simulation(refused)
            | Self::Rejected(refused)
            | Self::Failed { refused, .. } => Some(refused.as_ref()),
            _ => None,
        }
    }

    /// The contract's own words, if a contract refused.
    pub fn contract(&self) -> Option<&str> {
        self.refused()?.contract.as_ref().map(|it| it.text.as_str())
    }

    /// True when nothing happened and trying again later may help: nobody could be reached, or the mempool was full.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Expired { .. })
            || self.refused().is_some_and(Refused::is_mempool_full)
    }
}

/// An endpoint that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its address.
    pub endpoint: String,
    /// Why it could not be used.
    pub why: String,
}

fn listed(attempts: &[Attempt]) -> String {
    let lines = attempts
        .iter()
        .map(|it| format!("{} ({})", it.endpoint, it.why));
    lines.collect::<Vec<_>>().join("; ")
}

/// What a chain said when it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whose code it is: `sdk`, `wasm`, `gov` ...
    pub codespace: String,
    /// The code.
    pub code: u32,
    /// The whole text.
    pub log: String,
    /// The contract's part of it, if a contract refused.
    pub contract: Option<Refusal>,
}

impl Refused {
    pub(crate) fn new(codespace: String, code: u32, log: String) -> Box<Self> {
        let contract = Refusal::read(&log);
        Box::new(Self {
            codespace,
            code,
            log,
            contract,
        })
    }

    /// What a node says whose mempool has no room.
    pub(crate) fn mempool_full(log: String) -> Box<Self> {
        Self::new(SDK.into(), MEMPOOL_FULL, log)
    }

    fn is(&self, code: u32) -> bool {
        self.codespace == SDK && self.code == code
    }

    /// Signed for another sequence than the account's.
    pub fn is_wrong_sequence(&self) -> bool {
        // A simulation answers with the text and a code of its own.
        self.is(WRONG_SEQUENCE) || self.log.contains("account sequence mismatch")
    }

    /// The gas limit was too low.
    pub fn is_out_of_gas(&self) -> bool {
        self.is(OUT_OF_GAS)
    }

    /// The fee was too low for the node.
    pub fn is_insufficient_fee(&self) -> bool {
        self.is(INSUFFICIENT_FEE)
    }

    /// The mempool has the same transaction.
    pub fn is_known(&self) -> bool {
        self.is(KNOWN)
    }

    /// The mempool has no room.
    pub fn is_mempool_full(&self) -> bool {
        self.is(MEMPOOL_FULL)
    }

    /// The sequence that the chain expects, where a refusal for a wrong one says it.
    pub fn expected_sequence(&self) -> Option<u64> {
        let (_, rest) = self
            .log
            .split_once("account sequence mismatch, expected ")?;
        let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
        digits.parse().ok()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.contract {
            Some(refusal) => write!(f, "the contract refuses: {}", refusal.text),
            None => write!(
                f,
                "the chain refuses ({} {}): {}",
                self.codespace, self.code, self.log
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_for_a_wrong_sequence_says_which_one_is_expected() {
        let log = "account sequence mismatch, expected 12, got 11: incorrect account sequence";
        let refused = Refused::new("sdk".into(), 32, log.into());
        assert!(refused.is_wrong_sequence());
        assert_eq!(refused.expected_sequence(), Some(12));
        let other = Refused::new("wasm".into(), 32, "no".into());
        assert!(!other.is_wrong_sequence());
        assert_eq!(other.expected_sequence(), None);
    }

    #[test]
    fn every_endpoint_that_was_tried_stands_in_the_message() {
        let attempt = |endpoint: &str, why: &str| Attempt {
            endpoint: endpoint.into(),
            why: why.into(),
        };
        let error = ClientError::Unreachable(vec![attempt("a", "refused"), attempt("b", "slow")]);
        assert_eq!(
            error.to_string(),
            "no endpoint could be used: a (refused); b (slow)"
        );
    }
}
