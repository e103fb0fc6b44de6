//! The built contracts in the virtual machine that chains run, with storage and queries priced as the Cosmos SDK prices them.

pub mod budgets;
pub mod chain;
pub mod contract;
