use thiserror::Error;

/// What can go wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MathError {
    /// The result does not fit its type; the operation is named.
    #[error("overflow in {0}")]
    Overflow(&'static str),
    /// A subtraction of unsigned numbers would be negative.
    #[error("underflow in {0}: {1} - {2}")]
    Underflow(&'static str, u128, u128),
    /// A division by zero; the operation is named.
    #[error("division by zero in {0}")]
    DivisionByZero(&'static str),
    /// A price outside what the protocol can represent faithfully.
    #[error("price {0}e-24 is outside 1e-12 to 1e9 dollars")]
    PriceRange(u128),
    /// More decimal places than a token may have.
    #[error("{0} decimals are more than 18")]
    Decimals(u8),
}

/// The result of checked arithmetic.
pub type MathResult<T> = Result<T, MathError>;
