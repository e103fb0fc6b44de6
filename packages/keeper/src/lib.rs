//! The keeper: it follows a deployment from block to block, judges every position with the engine, and liquidates what is worth it.
//!
//! Watch ([`eyes`]), plan (`wicker-strategy`), act ([`hands`]). Whatever is signed is written down first ([`journal`]), so that a
//! program that is killed at any moment loses and repeats nothing.

pub mod config;
pub mod error;
pub mod eyes;
mod figures;
pub mod hands;
pub mod journal;
pub mod report;
pub mod run;

pub use config::Config;
pub use error::KeeperError;
pub use run::{Keeper, Round};
