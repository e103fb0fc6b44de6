//! What a good liquidator would do. A [`Snapshot`] of every basket and position goes in, a [`Plan`] comes out: which positions to
//! liquidate, in which transactions, at what price and for what profit. Nothing here reaches a network, a clock or a key.
//!
//! The margin is the engine's. [`screen`] leaves out, in floating point and with a proven margin of error, the positions that are
//! certainly healthy; what is left, the engine judges exactly.

pub mod plan;
pub mod positions;
pub mod screen;
pub mod snapshot;
#[cfg(feature = "testing")]
pub mod testing;

pub use plan::{plan, Batch, Budget, Item, Plan, Policy, Skip, Skipped};
pub use positions::Positions;
pub use screen::{screen, Screened};
pub use snapshot::{BasketState, Snapshot};
