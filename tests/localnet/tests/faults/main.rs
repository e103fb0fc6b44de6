//! The keeper on a live chain whose node misbehaves: a proxy stands between the two. One claim a test, all on one deployment.
//!
//! `cargo xtask e2e` starts the chain and runs this on it.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::panic, clippy::unwrap_used)]

mod nodes;
mod restarts;
mod scene;
mod transactions;
