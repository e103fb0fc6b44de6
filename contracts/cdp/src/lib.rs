//! The money: baskets, positions, debt, liquidation. This contract owns every coin and every debt.

pub mod convert;
pub mod error;
pub mod market;
pub mod migrate;
pub mod ownership;
pub mod payments;
pub mod prices;
pub mod state;
pub mod token;
