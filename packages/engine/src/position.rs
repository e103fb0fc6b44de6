//! The noun of a user: collateral and debt in one basket.

use serde::{Deserialize, Serialize};
use wicker_math::{Amount, Shares};

/// Collateral amounts and debt shares in one basket. No credit crosses to another position.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The part of the basket's debt.
    pub shares: Shares,
    /// Leg and amount, by leg, none of them zero.
    pub collateral: Vec<(u8, Amount)>,
}

impl Position {
    /// What it holds of a leg.
    pub fn held(&self, leg: u8) -> Amount {
        self.collateral
            .iter()
            .find(|(held, _)| *held == leg)
            .map_or(Amount::ZERO, |(_, amount)| *amount)
    }

    /// The position with `amount` of a leg; zero takes the leg out.
    pub fn with(mut self, leg: u8, amount: Amount) -> Self {
        match self
            .collateral
            .binary_search_by_key(&leg, |(held, _)| *held)
        {
            Ok(at) if amount.is_zero() => {
                self.collateral.remove(at);
            }
            Ok(at) => {
                if let Some(entry) = self.collateral.get_mut(at) {
                    entry.1 = amount;
                }
            }
            Err(_) if amount.is_zero() => {}
            Err(at) => self.collateral.insert(at, (leg, amount)),
        }
        self
    }

    /// True without collateral and without debt.
    pub fn is_empty(&self) -> bool {
        self.shares.is_zero() && self.collateral.is_empty()
    }
}
