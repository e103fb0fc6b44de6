//! The rig: both contracts on a chain in memory, with verbs. Scenarios, properties and bad inputs stand in `tests/`.

// Everything here is test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

pub mod harness;
pub mod puppet;
pub mod rig;
pub mod settings;
pub mod verbs;
