//! Everything the contract refuses, with the numbers that explain it.

use cosmwasm_std::StdError;
use thiserror::Error;
use wicker_engine::adjust::AdjustError;
use wicker_engine::params::ParamError;
use wicker_math::{MathError, PointError};

/// Why a message is refused. Nothing has changed.
#[derive(Debug, Error)]
pub enum ContractError {
    /// The chain or the serializer.
    #[error("{0}")]
    Std(#[from] StdError),
    /// Arithmetic outside what the types hold.
    #[error(transparent)]
    Math(#[from] MathError),
    /// A limit of the basket.
    #[error(transparent)]
    Adjust(#[from] AdjustError),
    /// A parameter that governance may not set so.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// The oracle's record cannot be read.
    #[error(transparent)]
    Point(#[from] PointError),
    /// A stored record cannot be read.
    #[error("the stored {what} cannot be read: {why}")]
    Corrupt {
        /// Which record.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The sender may not.
    #[error("{sender} is not {role}")]
    Unauthorized {
        /// Who sent the message.
        sender: String,
        /// Who may: the owner, the guardian, the position's owner.
        role: &'static str,
    },
    /// The message takes no coins.
    #[error("{0} coins are sent, none is expected")]
    NoFunds(usize),
    /// The message takes one coin.
    #[error("{0} coins are sent, one is expected")]
    OneCoin(usize),
    /// A coin the message does not take.
    #[error("{denom} is sent, {expected} is expected")]
    WrongDenom {
        /// What was sent.
        denom: String,
        /// What is taken.
        expected: String,
    },
    /// An amount beyond 128 bits.
    #[error("{0} does not fit 128 bits")]
    TooLarge(String),
    /// No such basket.
    #[error("there is no basket {0}")]
    UnknownBasket(u32),
    /// No such position.
    #[error("there is no position {0}")]
    UnknownPosition(u64),
    /// No such asset, or it is not in the basket.
    #[error("{0} is not listed")]
    UnknownDenom(String),
    /// No such parameter.
    #[error("there is no parameter {0}")]
    UnknownParameter(String),
    /// A position and a basket are both named, or neither.
    #[error("name a position, or the basket of a new one")]
    PositionOrBasket,
    /// A third party brings what the position does not hold.
    #[error("only the owner may add {0} to this position")]
    NotHeld(String),
    /// A list is empty or too long.
    #[error("a list has 1 to {most} entries, not {length}")]
    List {
        /// Its length.
        length: usize,
        /// The most.
        most: usize,
    },
    /// The same entry twice in one list.
    #[error("{0} is listed twice")]
    Duplicate(String),
    /// The message comes after its deadline.
    #[error("the deadline {deadline} has passed at {now}")]
    Deadline {
        /// Seconds since 1970.
        deadline: u64,
        /// Seconds since 1970.
        now: u64,
    },
    /// The value is not the one the decision was taken on.
    #[error("{name} is {found}, not {expected}")]
    Expected {
        /// The parameter.
        name: String,
        /// In force.
        found: String,
        /// What the message expects.
        expected: String,
    },
    /// A reply that no message of this contract asks for.
    #[error("no message has reply {0}")]
    UnknownReply(u64),
    /// Migrating from another contract.
    #[error("the stored contract is {0}")]
    WrongContract(String),
    /// Migrating to an older version.
    #[error("{to} is older than the stored {from}")]
    Downgrade {
        /// The stored version.
        from: String,
        /// This code's version.
        to: String,
    },
}
