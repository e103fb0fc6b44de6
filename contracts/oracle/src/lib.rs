//! THE PRICES: one validated point for each denom. Owns no coins.

pub mod contract;
pub mod error;
mod execute;
pub mod migrate;
mod query;
mod reports;
mod source;
pub mod state;
