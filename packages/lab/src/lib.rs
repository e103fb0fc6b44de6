//! The lab: price paths, real or drawn, played through the real contracts, and what comes of it.
//!
//! Numbers here are for reading and drawing and may be floats; nothing of this runs in a contract.

pub mod chain;
pub mod error;
pub mod factory;
pub mod path;
pub mod prices;
pub mod scenario;
