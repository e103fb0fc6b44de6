//! Programs against the chain that `cargo xtask localnet up` starts: what actions cost there, and the protocol from nothing to its end.

pub mod actions;
pub mod deployment;
pub mod desk;
pub mod error;
pub mod feeders;
pub mod floor;
pub mod governance;
pub mod keeper;
pub mod mirror;
pub mod net;
pub mod program;
pub mod protocol;
pub mod proxy;
pub mod settings;
pub mod table;
