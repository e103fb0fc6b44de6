//! Drawn markets and positions, the same for the same seed.

use wicker_engine::basket::{
    Bands, Basket, DebtTerms, Levels, LiquidationTerms, LossSource, Member, Risk, Totals,
};
use wicker_engine::correlation::Correlations;
use wicker_engine::covariance::{Clock, LegPrior, RiskState};
use wicker_engine::health::Quote;
use wicker_engine::position::Position;
use wicker_engine::price::Readers;
use wicker_engine::ramp::MarginSide;
use wicker_math::{
    Amount, Decimals, MathError, Price, PricePoint, Ratio, Seconds, Shares, Status, Value, HOUR,
};

use crate::positions::Positions;
use crate::snapshot::{BasketState, Snapshot};

/// The time of every drawn market.
pub const NOW: Seconds = Seconds::hours(1_000);

/// Numbers that look random (splitmix64).
#[derive(Debug, Clone)]
pub struct Draw(u64);

impl Draw {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number under `end`, or zero.
    pub fn below(&mut self, end: u64) -> u64 {
        self.word().checked_rem(end).unwrap_or(0)
    }
}

/// How a market is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Collaterals of the basket.
    pub legs: u8,
    /// Positions.
    pub positions: u64,
    /// Thousandths of their collateral's worth that positions owe, at least and at most.
    pub owed: (u64, u64),
    /// The market takes only so much, and size counts.
    pub thin: bool,
}

/// A drawn snapshot of one basket.
pub fn snapshot(draw: &mut Draw, scale: Scale) -> Result<Snapshot, MathError> {
    Ok(Snapshot {
        height: 1,
        now: NOW,
        baskets: vec![basket_state(draw, scale)?],
    })
}

/// A drawn basket, whose positions hold every collateral.
pub fn basket_state(draw: &mut Draw, scale: Scale) -> Result<BasketState, MathError> {
    let mut basket = basket(draw, scale.legs)?;
    let priors: Vec<LegPrior> = std::iter::repeat_n(LegPrior::from(&basket.debt_risk), 1)
        .cycle()
        .take(usize::from(scale.legs).saturating_add(1))
        .collect();
    let mut risk = RiskState::new(&priors, NOW);
    for leg in &mut risk.legs {
        leg.sigma = Ratio::bps(draw.below(300));
        leg.measured = leg.sigma;
    }
    if draw.below(2) == 0 {
        basket.debt_risk.jump = Ratio::ZERO;
    }
    let one = 1_000_000_000_000_000_000i64;
    let loadings: Vec<i64> = (0..=scale.legs)
        .map(|_| draw.below(201) as i64 - 100)
        .collect();
    let mut lower = Vec::new();
    for (row, a) in loadings.iter().enumerate() {
        lower.extend(loadings.iter().take(row).map(|b| a * b * (one / 10_000)));
    }
    let mut totals = Totals::new(usize::from(scale.legs), Amount::MAX, NOW);
    totals.index = totals.index.grow(
        Ratio::percent(draw.below(30)),
        Seconds::hours(draw.below(9_000)),
    );
    let quotes = (0..=scale.legs)
        .map(|leg| quote(draw, leg < scale.legs, scale.thin))
        .collect::<Result<Vec<_>, _>>()?;
    let mut state = BasketState {
        id: 1,
        side: MarginSide::of(&basket)?,
        basket,
        risk,
        correlations: Correlations::new(lower),
        clock: Clock::default(),
        readers: Readers {
            max_age: HOUR,
            max_age_liquidation: Seconds::hours(24),
            max_confidence: Ratio::percent(2),
            delay: Seconds::new(600),
        },
        exposure_share: Ratio::percent(draw.below(20)),
        quotes,
        totals,
        room: Vec::new(),
        positions: Positions::default(),
    };
    for id in 1..=scale.positions {
        let position = position(draw, &state, scale)?;
        add(&mut state, id, &position);
    }
    Ok(state)
}

/// Adds a position and counts it in the totals.
pub fn add(state: &mut BasketState, id: u64, position: &Position) {
    let totals = &mut state.totals;
    totals.shares = Shares::new(totals.shares.raw().saturating_add(position.shares.raw()));
    for (leg, amount) in &position.collateral {
        if let Some(total) = totals.collateral.get_mut(usize::from(*leg)) {
            *total = Amount::new(total.raw().saturating_add(amount.raw()));
        }
    }
    state.positions.set(id, position);
}

fn position(draw: &mut Draw, state: &BasketState, scale: Scale) -> Result<Position, MathError> {
    let (mut position, mut worth) = (Position::default(), 0u128);
    for leg in 0..scale.legs {
        let dollars =
            Value::new(u128::from(draw.below(100_000_000).max(1)) * 1_000_000_000_000_000);
        let (price, decimals) = terms(state, leg)?;
        let amount = price.amount_ceil(dollars, decimals)?;
        worth = worth.saturating_add(price.value_floor(amount, decimals)?.raw());
        position = position.with(leg, amount);
    }
    let span = scale.owed.1.saturating_sub(scale.owed.0).max(1);
    let part = scale.owed.0.saturating_add(draw.below(span));
    let (price, decimals) = terms(state, scale.legs)?;
    let owed = Value::new(worth).mul_div_floor(part.into(), 1_000)?;
    let owed = price.amount_floor(owed, decimals)?;
    position.shares = state.totals.index.shares_floor(owed)?;
    Ok(position)
}

fn terms(state: &BasketState, leg: u8) -> Result<(Price, Decimals), MathError> {
    let at = usize::from(leg);
    let point = state.quotes.get(at).and_then(|quote| quote.point);
    let member = state.basket.members.get(at);
    let decimals = member.map_or(state.basket.decimals, |member| member.decimals);
    Ok((point.map_or(Price::ONE, |point| point.price), decimals))
}

fn risk(draw: &mut Draw) -> Risk {
    Risk {
        floor: Ratio::ZERO,
        stressed: Ratio::ZERO,
        jump: Ratio::percent(draw.below(12)),
        correlation: Ratio::ZERO,
        weight: HOUR,
    }
}

fn quote(draw: &mut Draw, collateral: bool, thin: bool) -> Result<Quote, MathError> {
    let cents = if collateral {
        draw.below(10_000_000).max(1)
    } else {
        100
    };
    let price = Price::from_scientific(cents.into(), -2)?;
    let thin = thin && draw.below(3) > 0;
    Ok(Quote {
        point: Some(PricePoint {
            status: Status::OK,
            sources: 1,
            price,
            publish_time: NOW,
            accepted_at: NOW,
            confidence: 0,
            anchor: price,
            anchor_at: NOW,
            pending: None,
        }),
        held: Amount::new(u128::from(draw.below(1_000_000_000)) * 1_000),
        flow_cap: Value::dollars(if thin { draw.below(1_000_000) } else { 0 }),
        paused: false,
    })
}

fn basket(draw: &mut Draw, legs: u8) -> Result<Basket, MathError> {
    let decimals = [0u8, 6, 8, 18];
    let members = (0..legs).map(|leg| {
        let places = decimals.get(draw.below(4) as usize).copied().unwrap_or(6);
        Ok(Member {
            denom: format!("c{leg}"),
            decimals: Decimals::new(places)?,
            supply_cap: Amount::MAX,
            value_cap: Value::MAX,
            risk_cap: Ratio::ONE,
            risk: risk(draw),
            bands: Bands::OPEN,
            wind_down: false,
            demoted: false,
        })
    });
    let members = members.collect::<Result<Vec<_>, MathError>>()?;
    Ok(Basket {
        name: "drawn".into(),
        debt: "usd".into(),
        decimals: Decimals::new(6)?,
        levels: Levels {
            initial: Ratio::percent(125),
            call: Ratio::percent(115),
            target: Ratio::percent(125),
            emergency: Ratio::percent(50),
        },
        liquidation: LiquidationTerms {
            bonus_min: Ratio::percent(2),
            bonus_max: Ratio::percent(8),
            fee: Ratio::percent(1),
        },
        terms: DebtTerms {
            stability_fee: Ratio::percent(5),
            borrow_fee: Ratio::ZERO,
            min_debt: Amount::new(1),
            ceiling: Amount::MAX,
            mint_cap: Amount::MAX,
        },
        multiplier: Ratio::percent(draw.below(2_500)),
        stress: Ratio::percent(draw.below(100)),
        concentration_max: Ratio::percent(100u64.saturating_add(draw.below(300))),
        risk_floor: Value::ZERO,
        loss_order: vec![LossSource::Reserve, LossSource::Backstop],
        debt_risk: risk(draw),
        members,
    })
}
