//! The money: baskets, positions, debt, liquidation. This contract owns every coin and every debt.

pub mod convert;
pub mod error;
pub mod ownership;
pub mod payments;
pub mod state;
pub mod token;
