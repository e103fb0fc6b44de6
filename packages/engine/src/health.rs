//! What is true of a position now: what it holds, what it owes, the margin it needs, the level it stands at.
//!
//! Two tests share one calculation. *Maintenance* is lenient, for open positions: the accepted price, σ̂, margin settings on their
//! ramp. *Initial* is strict, for new risk: collateral at its lowest and debt at its highest price within the oracle's delay, the
//! larger of the measured and the smoothed σ, margin settings as governance last set them.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wicker_math::{
    Amount, Decimals, MathError, Price, PricePoint, Ratio, Seconds, SignedValue, Value,
};

use crate::basket::{Basket, Levels};
use crate::correlation::Correlations;
use crate::covariance::{aged, Clock, LegPrior, RiskState};
use crate::margin::{explain, margin, weights, Explanation, Leg, Margin, MarginParams};
use crate::position::Position;
use crate::price::{lenient, strict, Readers, Unusable};
use crate::ramp::MarginSide;

/// A basket as the market sees it now.
#[derive(Debug, Clone, Copy)]
pub struct Market<'a> {
    /// What governance decided.
    pub basket: &'a Basket,
    /// The margin settings in force for open positions.
    pub side: &'a MarginSide,
    /// Measured volatility.
    pub risk: &'a RiskState,
    /// Measured correlation.
    pub correlation: &'a Correlations,
    /// How it was measured.
    pub clock: &'a Clock,
    /// What a price must satisfy.
    pub readers: &'a Readers,
    /// φ: share of the protocol's exposure to an asset that is expected to be sold together.
    pub exposure_share: Ratio,
    /// Each leg's quote, the debt's last.
    pub quotes: &'a [Quote],
    /// The block's time.
    pub now: Seconds,
}

/// A leg as the market sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// The oracle's point; `None` where there is none to read.
    pub point: Option<PricePoint>,
    /// Held over all baskets; for the debt, its supply.
    pub held: Amount,
    /// Dollars an hour the market takes at bounded impact; zero is unlimited.
    pub flow_cap: Value,
    /// The guardian has stopped new risk against it.
    pub paused: bool,
}

/// Which test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// For open positions.
    Maintenance,
    /// For new risk.
    Initial,
}

/// Why a collateral does not count.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Excluded {
    /// The oracle has no point.
    #[error("has no price")]
    NoPrice,
    /// Its price cannot be used.
    #[error("{0}")]
    Unusable(Unusable),
    /// It is wound down, has left its class or is paused.
    #[error("is closed to new debt")]
    Closed,
}

/// Why health cannot be told, or is not enough.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HealthError {
    /// Arithmetic outside what the types hold.
    #[error(transparent)]
    Math(#[from] MathError),
    /// The basket has no such leg.
    #[error("the basket has no leg {0}")]
    UnknownLeg(u8),
    /// The debt's price cannot be used, so nothing can be said.
    #[error("the debt asset {0}")]
    DebtUnpriced(Excluded),
    /// Equity under the initial margin.
    #[error("equity {equity}e-18 is below the initial margin {required}e-18 dollars{}", note(.excluded))]
    InsufficientMargin {
        /// Dollars of equity.
        equity: i128,
        /// Dollars of initial margin.
        required: u128,
        /// The first collateral that did not count, and why.
        excluded: Option<(u8, Excluded)>,
    },
}

fn note(excluded: &Option<(u8, Excluded)>) -> String {
    excluded
        .as_ref()
        .map_or_else(String::new, |(leg, why)| format!("; leg {leg} {why}"))
}

/// Where a position stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Nothing owed.
    NoDebt,
    /// At or over the initial margin.
    Healthy,
    /// Under the initial margin: no new risk.
    Restricted,
    /// Under the call level.
    Called,
    /// Under the maintenance margin.
    Liquidatable,
    /// Owes more than it holds.
    Insolvent,
}

/// A position's equity against its margin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// V.
    pub collateral: Value,
    /// D.
    pub debt: Value,
    /// E = V - D.
    pub equity: SignedValue,
    /// MM and its parts.
    pub margin: Margin,
}

impl Assessment {
    /// True when equity is at least `multiple` of the maintenance margin, rounded up.
    pub fn passes(&self, multiple: Ratio) -> Result<bool, MathError> {
        Ok(self
            .equity
            .at_least(self.margin.maintenance.times_ceil(multiple)?))
    }

    /// Dollars at 1e-18 by which equity exceeds `multiple` of the maintenance margin, rounded up; saturating.
    pub fn surplus(&self, multiple: Ratio) -> Result<i128, MathError> {
        let needed = self.margin.maintenance.times_ceil(multiple)?;
        let needed = i128::try_from(needed.raw()).unwrap_or(i128::MAX);
        Ok(self.equity.raw().saturating_sub(needed))
    }

    /// E/MM at 1e-18, rounded toward zero; `None` without debt. It saturates where the margin is nearly nothing.
    pub fn ratio(&self) -> Option<i128> {
        if self.debt.is_zero() {
            return None;
        }
        let size = Ratio::of_floor(
            self.equity.magnitude().raw(),
            self.margin.maintenance.raw().max(1),
        );
        let size = size.map_or(i128::MAX, |ratio| {
            i128::try_from(ratio.raw()).unwrap_or(i128::MAX)
        });
        Some(if self.equity.raw() < 0 { -size } else { size })
    }

    /// Where the position stands.
    pub fn level(&self, levels: &Levels) -> Result<Level, MathError> {
        Ok(if self.debt.is_zero() {
            Level::NoDebt
        } else if self.equity.raw() < 0 {
            Level::Insolvent
        } else if !self.passes(Ratio::ONE)? {
            Level::Liquidatable
        } else if !self.passes(levels.call)? {
            Level::Called
        } else if !self.passes(levels.initial)? {
            Level::Restricted
        } else {
            Level::Healthy
        })
    }
}

/// A position's legs with everything about them that does not depend on amounts, so that many amounts can be tried.
#[derive(Debug, Clone)]
pub struct Book<'a> {
    legs: Vec<BookLeg>,
    debt: BookLeg,
    params: MarginParams,
    correlation: &'a Correlations,
    excluded: Option<(u8, Excluded)>,
}

/// A leg at the price and the σ a test asks for.
#[derive(Debug, Clone)]
pub struct BookLeg {
    /// Its place in the basket.
    pub leg: u8,
    /// Its price.
    pub price: Price,
    /// Its decimals.
    pub decimals: Decimals,
    /// σ per √hour, aged.
    pub sigma: Ratio,
    /// J: share of the value that volatility cannot see.
    pub jump: Ratio,
    /// X: dollars of the whole protocol in this asset.
    pub exposure: Value,
    /// T: dollars the market takes within the horizon; `None` is without limit.
    pub depth: Option<Value>,
}

impl<'a> Book<'a> {
    /// Prepares the legs of `held`; collateral that a test does not count is left out and remembered.
    pub fn new(
        market: &Market<'a>,
        held: impl IntoIterator<Item = u8>,
        test: Test,
    ) -> Result<Self, HealthError> {
        let target = match test {
            Test::Maintenance => None,
            Test::Initial => Some(MarginSide::of(market.basket)?),
        };
        let side = target.as_ref().unwrap_or(market.side);
        let sigmas = market.sigmas(side, test);
        let debt_leg = market.debt_leg();
        let (mut legs, mut excluded) = (Vec::new(), None);
        for leg in held {
            match market.leg(leg, side, &sigmas, test)? {
                Ok(prepared) => legs.push(prepared),
                Err(why) => {
                    excluded.get_or_insert((leg, why));
                }
            }
        }
        let debt = market
            .leg(debt_leg, side, &sigmas, test)?
            .map_err(HealthError::DebtUnpriced)?;
        Ok(Self {
            legs,
            debt,
            params: MarginParams {
                kappa: side.multiplier,
                delta: side.stress,
                cr_max: side.concentration_max,
                phi: market.exposure_share,
                cost: side.cost,
            },
            correlation: market.correlation,
            excluded,
        })
    }

    /// The first collateral that did not count, and why.
    pub const fn excluded(&self) -> Option<&(u8, Excluded)> {
        self.excluded.as_ref()
    }

    /// The legs that count, as they were prepared.
    pub fn prepared(&self) -> &[BookLeg] {
        &self.legs
    }

    /// The debt's leg, as it was prepared.
    pub const fn prepared_debt(&self) -> &BookLeg {
        &self.debt
    }

    /// The settings of the margin.
    pub const fn params(&self) -> &MarginParams {
        &self.params
    }

    /// The legs that count.
    pub fn counted(&self) -> impl Iterator<Item = u8> + '_ {
        self.legs.iter().map(|leg| leg.leg)
    }

    /// Equity and margin of these amounts; legs the book did not prepare count nothing.
    pub fn assess(&self, position: &Position, debt: Amount) -> Result<Assessment, HealthError> {
        let (legs, collateral, debt) = self.legs(position, debt)?;
        Ok(Assessment {
            collateral,
            debt,
            equity: SignedValue::difference(collateral, debt)?,
            margin: margin(&legs, self.correlation, &self.params)?,
        })
    }

    /// The parts of the margin of these amounts.
    pub fn explain(&self, position: &Position, debt: Amount) -> Result<Explanation, HealthError> {
        let (legs, ..) = self.legs(position, debt)?;
        Ok(explain(&legs, self.correlation, &self.params)?)
    }

    /// Each leg's share of the risk at 1e-18, the debt's last.
    pub fn weights(
        &self,
        position: &Position,
        debt: Amount,
    ) -> Result<Vec<(u8, i128)>, HealthError> {
        let (legs, ..) = self.legs(position, debt)?;
        let shares = weights(&legs, self.correlation, &self.params)?;
        let names = self.counted().chain([self.debt.leg]);
        Ok(names.zip(shares).collect())
    }

    /// What an amount of a collateral is worth, rounded down; `None` for a leg that does not count.
    pub fn value_floor(&self, leg: u8, amount: Amount) -> Option<Result<Value, MathError>> {
        let leg = self.legs.iter().find(|counted| counted.leg == leg)?;
        Some(leg.price.value_floor(amount, leg.decimals))
    }

    /// What an amount of debt is worth, rounded down.
    pub fn debt_value_floor(&self, amount: Amount) -> Result<Value, MathError> {
        self.debt.price.value_floor(amount, self.debt.decimals)
    }

    /// The debt worth `value`, rounded up.
    pub fn debt_amount_ceil(&self, value: Value) -> Result<Amount, MathError> {
        self.debt.price.amount_ceil(value, self.debt.decimals)
    }

    fn legs(
        &self,
        position: &Position,
        debt: Amount,
    ) -> Result<(Vec<Leg>, Value, Value), MathError> {
        let mut legs = Vec::with_capacity(self.legs.len().saturating_add(1));
        let mut collateral = Value::ZERO;
        for leg in &self.legs {
            let value = leg
                .price
                .value_floor(position.held(leg.leg), leg.decimals)?;
            collateral = collateral.plus(value)?;
            legs.push(leg.signed(value.signed()?));
        }
        let debt = self.debt.price.value_ceil(debt, self.debt.decimals)?;
        legs.push(
            self.debt
                .signed(SignedValue::difference(Value::ZERO, debt)?),
        );
        Ok((legs, collateral, debt))
    }
}

impl BookLeg {
    fn signed(&self, value: SignedValue) -> Leg {
        Leg {
            index: usize::from(self.leg),
            value,
            sigma: self.sigma,
            exposure: self.exposure,
            depth: self.depth,
            jump: self.jump,
        }
    }
}

impl Market<'_> {
    /// The debt's leg: behind the collaterals.
    pub fn debt_leg(&self) -> u8 {
        self.basket.debt_leg()
    }

    /// σ per √hour of each leg under such settings, the debt's last.
    pub fn sigmas(&self, side: &MarginSide, test: Test) -> Vec<Ratio> {
        let risks = self.basket.members.iter().map(|member| &member.risk);
        let priors: Vec<LegPrior> = risks
            .chain([&self.basket.debt_risk])
            .zip(&side.legs)
            .map(|(risk, leg)| LegPrior {
                floor: leg.floor,
                stressed: leg.stressed,
                ..LegPrior::from(risk)
            })
            .collect();
        let initial = test == Test::Initial;
        self.risk.sigmas(&priors, self.clock, self.now, initial)
    }

    /// A leg at the price and the σ of `test`, or why it does not count.
    fn leg(
        &self,
        leg: u8,
        side: &MarginSide,
        sigmas: &[Ratio],
        test: Test,
    ) -> Result<Result<BookLeg, Excluded>, HealthError> {
        let at = usize::from(leg);
        let unknown = HealthError::UnknownLeg(leg);
        let quote = self.quotes.get(at).ok_or(unknown.clone())?;
        let sigma = *sigmas.get(at).ok_or(unknown.clone())?;
        let jump = side.legs.get(at).ok_or(unknown)?.jump;
        let member = self.basket.members.get(at);
        let decimals = member.map_or(self.basket.decimals, |member| member.decimals);
        let open = member.is_none_or(|member| member.open()) && !quote.paused;
        if test == Test::Initial && !open {
            return Ok(Err(Excluded::Closed));
        }
        let price = match self.price(quote, member.is_none(), test) {
            Ok(price) => price,
            Err(why) => return Ok(Err(why)),
        };
        let age = quote.point.map_or(Seconds::default(), |point| {
            self.now.since(point.publish_time)
        });
        Ok(Ok(BookLeg {
            leg,
            price,
            decimals,
            sigma: aged(sigma, age, self.clock.horizon),
            jump,
            // Of a token without end nobody's position may become one that cannot be judged.
            exposure: price.value_ceil(quote.held, decimals).unwrap_or(Value::MAX),
            depth: self.depth(quote),
        }))
    }

    fn price(&self, quote: &Quote, debt: bool, test: Test) -> Result<Price, Excluded> {
        let point = quote.point.ok_or(Excluded::NoPrice)?;
        let price = match test {
            Test::Maintenance => lenient(&point, self.readers, self.now),
            Test::Initial => strict(&point, self.readers, self.now).map(|price| {
                if debt {
                    price.high
                } else {
                    price.low
                }
            }),
        };
        price.map_err(Excluded::Unusable)
    }

    /// T: what the market takes within the horizon.
    fn depth(&self, quote: &Quote) -> Option<Value> {
        if quote.flow_cap.is_zero() {
            return None;
        }
        let hours = u128::from(self.clock.horizon.get()) / u128::from(wicker_math::HOUR.get());
        Some(Value::new(quote.flow_cap.raw().saturating_mul(hours)))
    }
}

/// Errors unless the position passes the initial margin, or owes nothing.
pub fn require_initial(
    market: &Market<'_>,
    position: &Position,
    debt: Amount,
) -> Result<(), HealthError> {
    if debt.is_zero() {
        return Ok(());
    }
    let held = position.collateral.iter().map(|(leg, _)| *leg);
    let book = Book::new(market, held, Test::Initial)?;
    let assessment = book.assess(position, debt)?;
    let initial = market.basket.levels.initial;
    if assessment.passes(initial)? {
        return Ok(());
    }
    Err(HealthError::InsufficientMargin {
        equity: assessment.equity.raw(),
        required: assessment.margin.maintenance.times_ceil(initial)?.raw(),
        excluded: book.excluded,
    })
}

/// Equity and margin of an open position.
pub fn maintenance(
    market: &Market<'_>,
    position: &Position,
    debt: Amount,
) -> Result<Assessment, HealthError> {
    let held = position.collateral.iter().map(|(leg, _)| *leg);
    Book::new(market, held, Test::Maintenance)?.assess(position, debt)
}
