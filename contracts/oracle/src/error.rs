//! Why a message is refused.

use cosmwasm_std::StdError;
use thiserror::Error;
use wicker_engine::price::{BadPrice, NoConsensus, Rejected};
use wicker_math::{MathError, PointError};

/// One variant for each cause.
#[derive(Debug, Error)]
pub enum OracleError {
    /// Storage or address trouble.
    #[error("{0}")]
    Std(#[from] StdError),
    /// A stored record has another shape.
    #[error("record of reports: {0}")]
    Record(postcard::Error),
    /// A module of the chain answered in another form.
    #[error("answer of the chain's module: {0}")]
    Answer(prost::DecodeError),
    /// The detector does not know a halt of this length.
    #[error("halts of {0} s are not detected")]
    Downtime(u64),
    /// The chain has not run for long enough since it stood still.
    #[error(
        "the chain stood still for {downtime} s or more and has not run for {recovery} s since"
    )]
    Halted {
        /// The shortest halt that counts, in seconds.
        downtime: u64,
        /// How long it must have run since.
        recovery: u64,
    },
    /// The sender may not do this.
    #[error("{0} may not do this")]
    Unauthorized(String),
    /// Coins were sent.
    #[error("this contract takes no coins, {0} were sent")]
    Coins(usize),
    /// The list is empty or too long.
    #[error("list of {0} entries, 1 to {1} allowed")]
    Length(usize, usize),
    /// Named twice.
    #[error("{0} is named twice")]
    Duplicate(String),
    /// No source for the denom.
    #[error("{0} has no source")]
    NoSource(String),
    /// No stored price.
    #[error("{0} has no price")]
    NoPrice(String),
    /// The source takes no reports.
    #[error("{0} takes no reports")]
    NotRelayed(String),
    /// A number outside its bounds.
    #[error("{name} {value} is outside {low} to {high}")]
    Bounds {
        /// Which number.
        name: &'static str,
        /// What was given.
        value: String,
        /// The least.
        low: String,
        /// The most.
        high: String,
    },
    /// The source is this contract.
    #[error("{0} is this contract: it cannot be its own source")]
    OwnContract(String),
    /// No id of a feed.
    #[error("feed id of {0} characters is not 64 hexadecimal digits")]
    FeedId(usize),
    /// The contract answered for another feed.
    #[error("answer is for another feed, id of {0} characters")]
    OtherFeed(usize),
    /// The answer of a contract lacks what it is asked for.
    #[error("answer has no {0} where the path leads")]
    NoValue(&'static str),
    /// The price is too far from its reference.
    #[error("price {price} is more than {band} from the reference {reference}")]
    OffReference {
        /// Observed.
        price: String,
        /// Expected.
        reference: String,
        /// Allowed share.
        band: String,
    },
    /// A composite leads back to itself or is too deep.
    #[error("{0} builds on itself or deeper than {1} levels")]
    Depth(String, u32),
    /// Another source builds on it.
    #[error("{0} builds on {1}")]
    InUse(String, String),
    /// A leg cannot be used.
    #[error("leg {0} is degraded or frozen")]
    Leg(String),
    /// The denom is frozen, or was until then and has no price since.
    #[error("frozen until {0}")]
    Frozen(u64),
    /// There is no freeze to end.
    #[error("{0} is not frozen")]
    NotFrozen(String),
    /// Migration from another contract.
    #[error("stored contract {0} is not this one")]
    WrongContract(String),
    /// Migration from a newer version, or from one that cannot be read.
    #[error("cannot migrate version {from} to {to}")]
    Downgrade {
        /// The stored version.
        from: String,
        /// This code's.
        to: String,
    },
    /// The text is no price.
    #[error(transparent)]
    Price(#[from] BadPrice),
    /// The observation is refused.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// The reports make no price.
    #[error(transparent)]
    Consensus(#[from] NoConsensus),
    /// A stored record is broken.
    #[error(transparent)]
    Point(#[from] PointError),
    /// A number left its range.
    #[error(transparent)]
    Math(#[from] MathError),
}
