//! What a plan is made from: every basket as of one block, with its positions.

use wicker_engine::basket::{Basket, Totals};
use wicker_engine::correlation::Correlations;
use wicker_engine::covariance::{Clock, RiskState};
use wicker_engine::health::{Market, Quote};
use wicker_engine::price::Readers;
use wicker_engine::ramp::MarginSide;
use wicker_math::{Ratio, Seconds, Value};

use crate::positions::Positions;

/// Every basket as of one block.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The block.
    pub height: u64,
    /// The time it is judged at.
    pub now: Seconds,
    /// The baskets, by id.
    pub baskets: Vec<BasketState>,
}

/// A basket with everything that its margin needs, and its positions.
#[derive(Debug, Clone)]
pub struct BasketState {
    /// Its id.
    pub id: u32,
    /// What governance decided.
    pub basket: Basket,
    /// The margin settings in force for open positions.
    pub side: MarginSide,
    /// Volatility, measured up to now.
    pub risk: RiskState,
    /// Correlation, measured up to now.
    pub correlations: Correlations,
    /// How it was measured.
    pub clock: Clock,
    /// What a price must satisfy.
    pub readers: Readers,
    /// φ: share of the protocol's exposure to an asset that is expected to be sold together.
    pub exposure_share: Ratio,
    /// Each leg's quote, the debt's last.
    pub quotes: Vec<Quote>,
    /// What is added up over its positions, accrued up to now.
    pub totals: Totals,
    /// Dollars of each leg that its flow cap leaves; a leg that is not named is without limit.
    pub room: Vec<(u8, Value)>,
    /// Its positions.
    pub positions: Positions,
}

impl BasketState {
    /// The basket as the engine looks at it.
    pub fn market(&self, now: Seconds) -> Market<'_> {
        Market {
            basket: &self.basket,
            side: &self.side,
            risk: &self.risk,
            correlation: &self.correlations,
            clock: &self.clock,
            readers: &self.readers,
            exposure_share: self.exposure_share,
            quotes: &self.quotes,
            now,
        }
    }

    /// True when the positions add up to the basket's totals: none is missing and none is of another block.
    pub fn is_whole(&self) -> bool {
        let mut shares = 0u128;
        let mut held = vec![0u128; self.totals.collateral.len()];
        for position in self.positions.iter() {
            shares = shares.saturating_add(position.shares);
            for (leg, amount) in position.legs.iter().zip(position.amounts) {
                if let Some(sum) = held.get_mut(usize::from(*leg)) {
                    *sum = sum.saturating_add(*amount);
                }
            }
        }
        let totals = self.totals.collateral.iter().map(|amount| amount.raw());
        shares == self.totals.shares.raw() && totals.eq(held)
    }
}
