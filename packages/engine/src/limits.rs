//! What a basket as a whole may hold for new debt to be taken in it: a cap on the value of each collateral and a cap on its share of
//! the risk of the basket's book, so that no single asset decides over the whole.
//!
//! Only new debt asks. Who repays, withdraws or is liquidated makes the book smaller and is never held back by it.

use thiserror::Error;
use wicker_math::{Amount, MathError, Ratio, Value};

use crate::basket::Totals;
use crate::health::{Book, HealthError, Market, Test};
use crate::position::Position;

/// Why a basket takes no more debt against a collateral.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LimitError {
    /// Arithmetic outside what the types hold.
    #[error(transparent)]
    Math(#[from] MathError),
    /// The book cannot be judged.
    #[error(transparent)]
    Health(#[from] HealthError),
    /// The basket holds more of the collateral than its value cap.
    #[error("the basket holds {value}e-18 dollars of leg {leg}, its cap is {cap}e-18")]
    ValueCap {
        /// The leg.
        leg: u8,
        /// Dollars held by all positions.
        value: u128,
        /// The most.
        cap: u128,
    },
    /// The collateral's share of the book's risk is larger than its risk cap.
    #[error("leg {leg} has {share}e-18 of the basket's risk, its cap is {cap}e-18")]
    RiskCap {
        /// The leg.
        leg: u8,
        /// Its share ω.
        share: i128,
        /// The largest.
        cap: u128,
    },
}

/// Errors when new debt of `position` would be taken against a collateral over one of its caps. `totals` are those after the loan.
/// Collateral without a usable price is left out: the initial margin does not count it either.
pub fn require_book(
    market: &Market<'_>,
    totals: &Totals,
    position: &Position,
) -> Result<(), LimitError> {
    let whole = book_of(totals);
    let legs = whole.collateral.iter().map(|(leg, _)| *leg);
    let book = Book::new(market, legs, Test::Maintenance)?;
    let used = |leg: u8| !position.held(leg).is_zero();
    let members = market.basket.members.iter().enumerate();
    let members = members.filter_map(|(at, member)| Some((u8::try_from(at).ok()?, member)));
    for (leg, member) in members.clone().filter(|(leg, _)| used(*leg)) {
        if let Some(value) = book.value_floor(leg, whole.held(leg)) {
            let value: Value = value?;
            if value > member.value_cap {
                return Err(LimitError::ValueCap {
                    leg,
                    value: value.raw(),
                    cap: member.value_cap.raw(),
                });
            }
        }
    }
    if members
        .clone()
        .all(|(_, member)| member.risk_cap >= Ratio::ONE)
    {
        return Ok(());
    }
    let debt = totals.debt_ceil()?;
    if book.assess(&whole, debt)?.margin.volatility <= market.basket.risk_floor {
        return Ok(());
    }
    let shares = book.weights(&whole, debt)?;
    for (leg, share) in shares.into_iter().filter(|(leg, _)| used(*leg)) {
        let member = market.basket.members.get(usize::from(leg));
        let cap = member.map_or(Ratio::ONE, |member| member.risk_cap).raw();
        if u128::try_from(share).is_ok_and(|share| share > cap) {
            return Err(LimitError::RiskCap { leg, share, cap });
        }
    }
    Ok(())
}

/// All positions of a basket as if they were one.
pub fn book_of(totals: &Totals) -> Position {
    let start = Position {
        shares: totals.shares,
        ..Position::default()
    };
    let held = totals.collateral.iter().enumerate();
    held.filter_map(|(leg, amount)| Some((u8::try_from(leg).ok()?, *amount)))
        .fold(start, |book, (leg, amount): (u8, Amount)| {
            book.with(leg, amount)
        })
}

#[cfg(test)]
mod tests {
    use wicker_math::{Price, PricePoint, Seconds, Status};

    use super::*;
    use crate::basket::Basket;
    use crate::correlation::Correlations;
    use crate::covariance::{Clock, LegPrior, RiskState};
    use crate::health::Quote;
    use crate::price::Readers;
    use crate::ramp::MarginSide;

    const NOW: Seconds = Seconds::new(1_000_000);

    fn quote(price: u128, priced: bool) -> Quote {
        let price = Price::from_scientific(price, 0).unwrap();
        let point = PricePoint {
            status: Status::OK,
            sources: 1,
            price,
            publish_time: NOW,
            accepted_at: NOW,
            confidence: 0,
            anchor: price,
            anchor_at: NOW,
            pending: None,
        };
        Quote {
            point: priced.then_some(point),
            held: Amount::ZERO,
            flow_cap: Value::ZERO,
            paused: false,
        }
    }

    /// A book of `btc` and `eth` whole dollars of collateral, and whether btc has a price.
    fn judge(
        basket: &Basket,
        btc: u128,
        eth: u128,
        priced: bool,
        held: u8,
    ) -> Result<(), LimitError> {
        let risks = basket.members.iter().map(|member| &member.risk);
        let priors: Vec<LegPrior> = risks
            .chain([&basket.debt_risk])
            .map(LegPrior::from)
            .collect();
        let mut totals = Totals::new(2, Amount::MAX, NOW);
        totals.collateral = vec![
            Amount::new(btc * 100_000_000),
            Amount::new(eth * 1_000_000_000_000_000_000),
        ];
        let market = Market {
            basket,
            side: &MarginSide::of(basket).unwrap(),
            risk: &RiskState::new(&priors, NOW),
            correlation: &Correlations::new(vec![0; 3]),
            clock: &Clock::default(),
            readers: &Readers {
                max_age: Seconds::hours(1),
                max_age_liquidation: Seconds::hours(24),
                max_confidence: Ratio::percent(2),
                delay: Seconds::new(600),
            },
            exposure_share: Ratio::ZERO,
            quotes: &[quote(1, priced), quote(1, true), quote(1, true)],
            now: NOW,
        };
        require_book(
            &market,
            &totals,
            &Position::default().with(held, Amount::new(1)),
        )
    }

    fn capped(value: u64, risk: u64, floor: u64) -> Basket {
        let mut basket = crate::testing::basket();
        basket.members[0].value_cap = Value::dollars(value);
        basket.members[0].risk_cap = Ratio::percent(risk);
        basket.risk_floor = Value::dollars(floor);
        basket
    }

    #[test]
    fn a_collateral_is_capped_by_value_at_the_dollar() {
        assert_eq!(judge(&capped(1_000, 100, 0), 1_000, 0, true, 0), Ok(()));
        let over = judge(&capped(1_000, 100, 0), 1_001, 0, true, 0);
        assert!(
            matches!(over, Err(LimitError::ValueCap { leg: 0, .. })),
            "{over:?}"
        );
    }

    /// Equal volatility and no correlation: with δ = 0.25 and values a and b, ω_a = (0.75 a² + 0.25 a (a + b)) / (their sum over both).
    #[test]
    fn a_collateral_is_capped_by_its_share_of_risk() {
        // a = 600, b = 400: (270,000 + 150,000) / (390,000 + 250,000) = 0.65625.
        assert_eq!(judge(&capped(1_000, 66, 0), 600, 400, true, 0), Ok(()));
        let over = judge(&capped(1_000, 65, 0), 600, 400, true, 0);
        let Err(LimitError::RiskCap { leg: 0, share, .. }) = over else {
            panic!("{over:?}");
        };
        assert!(
            (share - 656_250_000_000_000_000).abs() < 1_000_000,
            "{share}"
        );
    }

    #[test]
    fn a_small_book_and_positions_without_the_collateral_are_not_held_back() {
        assert_eq!(judge(&capped(1_000, 65, 1_000), 600, 400, true, 0), Ok(()));
        assert_eq!(judge(&capped(500, 65, 0), 600, 400, true, 1), Ok(()));
    }

    #[test]
    fn a_collateral_without_a_price_is_left_out() {
        assert_eq!(judge(&capped(1_000, 65, 0), 5_000, 400, false, 0), Ok(()));
    }
}
