//! The money: baskets, positions, debt, liquidation. This contract owns every coin and every debt.

pub mod bank;
pub mod contract;
pub mod convert;
pub mod error;
pub mod execute;
pub mod instantiate;
pub mod market;
pub mod migrate;
pub mod ownership;
pub mod payments;
pub mod plan;
pub mod prices;
pub mod query;
pub mod state;
pub mod token;
