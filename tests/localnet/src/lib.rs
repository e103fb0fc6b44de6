//! Programs against the chain that `cargo xtask localnet up` starts: what actions cost there, and the protocol from nothing to its end.

pub mod actions;
pub mod error;
pub mod floor;
pub mod net;
pub mod protocol;
pub mod table;
