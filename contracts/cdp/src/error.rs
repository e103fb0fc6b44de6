//! Everything the contract refuses, with the numbers that explain it.

use cosmwasm_std::{StdError, Uint256};
use thiserror::Error;
use wicker_engine::adjust::AdjustError;
use wicker_engine::health::HealthError;
use wicker_engine::limits::LimitError;
use wicker_engine::liquidate::LiquidateError;
use wicker_engine::params::ParamError;
use wicker_engine::price::Unusable;
use wicker_math::{MathError, PointError};

/// What may be refused. An error is moved by every `?` it passes: on the heap it is one word, and the code a tenth smaller.
pub type Result<T, E = Box<ContractError>> = core::result::Result<T, E>;

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
    /// Too little margin, or none that can be told.
    #[error(transparent)]
    Health(#[from] HealthError),
    /// A cap of the basket's book.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A liquidation that the rules refuse.
    #[error(transparent)]
    Liquidate(#[from] LiquidateError),
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
    /// A fraction where only whole numbers are.
    #[error("{0} is not a whole number")]
    Fraction(String),
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
    /// A third party's deposit would leave the position with less equity over its margin.
    #[error("only the owner may add {0} to this position now: it adds more margin than equity")]
    Harmful(String),
    /// The guardian has stopped new risk in the basket.
    #[error("basket {basket} takes no new risk until {until}, now is {now}")]
    Paused {
        /// The basket.
        basket: u32,
        /// Seconds since 1970.
        until: u64,
        /// Seconds since 1970.
        now: u64,
    },
    /// More of a debt token than governance allows.
    #[error("{supply} {denom} would be in circulation, the ceiling is {ceiling}")]
    DenomCeiling {
        /// The debt token.
        denom: String,
        /// What would be in circulation.
        supply: u128,
        /// The most.
        ceiling: u128,
    },
    /// Closing a position whose debt the coins do not pay.
    #[error("the position still owes {0}")]
    StillOwes(u128),
    /// A position of another contract's, or of nobody's.
    #[error("{0} cannot be a recipient")]
    Recipient(String),
    /// There is no deficit to cover.
    #[error("basket {0} has no deficit")]
    NoDeficit(u32),
    /// The basket's losses come first.
    #[error("basket {basket} has a deficit of {deficit}")]
    OpenDeficit {
        /// The basket.
        basket: u32,
        /// Base units.
        deficit: u128,
    },
    /// Nothing waits for the payee.
    #[error("nothing waits for {0}")]
    NoClaim(String),
    /// No coin is without an owner.
    #[error("the contract holds no {0} beyond what it keeps for others")]
    NoExcess(String),
    /// A margin call for a position that needs none.
    #[error("equity {equity}e-18 is not below the call level of a margin of {margin}e-18 dollars")]
    NotCalled {
        /// Dollars of equity.
        equity: i128,
        /// Dollars of maintenance margin.
        margin: u128,
    },
    /// Less is received than the message demands.
    #[error("{received} {denom} would be received, at least {minimum} is demanded")]
    BelowMinimum {
        /// The denom.
        denom: String,
        /// Base units.
        received: Uint256,
        /// Base units.
        minimum: Uint256,
    },
    /// The denom is listed already; its decimals never change.
    #[error("{0} is listed already")]
    AlreadyListed(String),
    /// A debt token where a collateral is expected, or the other way round.
    #[error("{denom} is not {role}")]
    WrongRole {
        /// The denom.
        denom: String,
        /// What is expected: a collateral, a debt token.
        role: &'static str,
    },
    /// A denom or the last part of one that no chain accepts.
    #[error("{0:?} cannot be a denom")]
    BadDenom(String),
    /// The type-url prefix does not begin with a slash and end with a dot.
    #[error("{0:?} is not a type-url prefix")]
    TypeUrl(String),
    /// An asset without a price that borrowing would accept.
    #[error("{denom} has no usable price{}", .why.map(|why| format!(": {why}")).unwrap_or_default())]
    NoPrice {
        /// The denom.
        denom: String,
        /// Why its price cannot be used; `None` where there is none.
        why: Option<Unusable>,
    },
    /// The bank's metadata gives the token other decimals.
    #[error("{denom} has {known} decimals by the bank's metadata, not {declared}")]
    Decimals {
        /// The denom.
        denom: String,
        /// What the message says.
        declared: u8,
        /// What the bank says of the unit that is shown.
        known: u32,
    },
    /// An amount is not worth what governance expects: the decimals or the price are wrong.
    #[error("{amount} {denom} with {decimals} decimals are worth {worth}e-18 dollars, outside {low}e-18 to {high}e-18")]
    Worth {
        /// The denom.
        denom: String,
        /// Base units.
        amount: u128,
        /// Its decimals.
        decimals: u8,
        /// Dollars at 1e-18.
        worth: u128,
        /// The least.
        low: u128,
        /// The most.
        high: u128,
    },
    /// Another oracle's price is not that of the one in force.
    #[error("{denom} has a price of {price}, outside {low} to {high}")]
    Reference {
        /// The denom.
        denom: String,
        /// The oracle's price, at 1e-24 dollars.
        price: u128,
        /// The least, at 1e-24 dollars.
        low: u128,
        /// The most, at 1e-24 dollars.
        high: u128,
    },
    /// No such queued change.
    #[error("there is no change {0}")]
    UnknownChange(u64),
    /// A queued change whose delay has not passed.
    #[error("the change can be applied at {ready_at}, now is {now}")]
    NotReady {
        /// Seconds since 1970.
        ready_at: u64,
        /// Seconds since 1970.
        now: u64,
    },
    /// A queued change that nobody applied in time.
    #[error("the change could be applied until {expires_at}, now is {now}")]
    Expired {
        /// Seconds since 1970.
        expires_at: u64,
        /// Seconds since 1970.
        now: u64,
    },
    /// A measure of the guardian that would loosen, or ends too late.
    #[error("the measure must not be weaker than the one in force, and end by {latest}")]
    Loosens {
        /// Seconds since 1970.
        latest: u64,
    },
    /// Creating the denom took coins that belong to users.
    #[error("{kept} {denom} are kept for others, {held} would be left")]
    Uncovered {
        /// The denom.
        denom: String,
        /// Base units.
        held: u128,
        /// Base units.
        kept: u128,
    },
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

/// `?` on what others refuse.
macro_rules! boxed {
    ($($source:ty),+ $(,)?) => {$(
        impl From<$source> for Box<ContractError> {
            fn from(source: $source) -> Self {
                Self::new(source.into())
            }
        }
    )+};
}

boxed!(
    StdError,
    MathError,
    AdjustError,
    HealthError,
    LimitError,
    LiquidateError,
    ParamError,
    PointError,
);
