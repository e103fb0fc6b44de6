//! Rules. Pure: no storage, no addresses, no clock, no queries. State goes in by reference, a named outcome comes out, and on an
//! error nothing has changed.

pub mod accrual;
pub mod adjust;
mod average;
pub mod basket;
pub mod correlation;
pub mod covariance;
pub mod health;
pub mod invariants;
pub mod join;
pub mod limits;
pub mod liquidate;
pub mod margin;
pub mod monitor;
pub mod params;
pub mod position;
pub mod price;
pub mod ramp;
pub mod search;
pub mod segment;

#[cfg(test)]
mod testing;
