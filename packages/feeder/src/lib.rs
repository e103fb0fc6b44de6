//! The feeder: it asks several inputs for prices, judges what they say, and reports to the oracle what is worth it.
//!
//! [`inputs`] read, [`judge`] decides about one denom, [`run`] reports. Numbers are texts until they are prices ([`decimal`]): no float
//! stands between.

pub mod clock;
pub mod config;
pub mod decimal;
pub mod error;
pub mod hear;
pub mod inputs;
pub mod judge;
pub mod learn;
pub mod meter;
pub mod push;
pub mod round;
pub mod run;

pub use config::Config;
pub use error::FeederError;
pub use round::{Alarm, Round};
pub use run::Feeder;
