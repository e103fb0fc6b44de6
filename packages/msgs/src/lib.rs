//! Words: the messages, answers and events of the Wicker contracts. Integrators import this crate alone.
//!
//! Numbers are bare at this door: amounts are base units as `Uint128`, ratios, dollars and annual rates are decimals, times are
//! seconds since 1970. The contracts turn them into the typed numbers of `wicker-math` before anything is computed.

pub mod cdp;
pub mod coins;
pub mod events;
pub mod json;
pub mod oracle;
