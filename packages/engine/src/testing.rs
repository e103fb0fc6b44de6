//! A basket for the engine's own tests, and positions in a market.

use proptest::prelude::*;
use wicker_math::{
    Amount, Decimals, Price, PricePoint, Ratio, Seconds, Shares, Status, Value, HOUR,
};

use crate::accrual::lend;
use crate::basket::{
    Bands, Basket, DebtTerms, Levels, LiquidationTerms, LossSource, Member, Risk, Totals,
};
use crate::correlation::Correlations;
use crate::covariance::{Clock, LegPrior, RiskState};
use crate::health::{maintenance, Level, Market, Quote};
use crate::position::Position;
use crate::price::Readers;
use crate::ramp::MarginSide;

/// The time of every scene.
pub const NOW: Seconds = Seconds::new(1_000 * HOUR.get());

fn risk(floor: u64, jump: u64) -> Risk {
    Risk {
        floor: Ratio::bps(floor),
        stressed: Ratio::bps(2 * floor),
        jump: Ratio::percent(jump),
        correlation: Ratio::percent(50),
        weight: Seconds::hours(720),
    }
}

fn member(denom: &str, decimals: u8) -> Member {
    Member {
        denom: denom.into(),
        decimals: Decimals::new(decimals).unwrap(),
        supply_cap: Amount::MAX,
        value_cap: Value::MAX,
        risk_cap: Ratio::ONE,
        risk: risk(60, 5),
        bands: Bands::OPEN,
        wind_down: false,
        demoted: false,
    }
}

/// Two collaterals against a dollar stablecoin, at the model's defaults.
pub fn basket() -> Basket {
    Basket {
        name: "test".into(),
        debt: "usd".into(),
        decimals: Decimals::new(6).unwrap(),
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
            borrow_fee: Ratio::bps(50),
            min_debt: Amount::new(100_000_000),
            ceiling: Amount::MAX,
            mint_cap: Amount::MAX,
        },
        multiplier: Ratio::new(22_045_407_685_048_602_000),
        stress: Ratio::percent(25),
        concentration_max: Ratio::percent(300),
        risk_floor: Value::ZERO,
        loss_order: vec![LossSource::Reserve, LossSource::Backstop],
        debt_risk: risk(5, 0),
        members: vec![member("btc", 8), member("eth", 18)],
    }
}

/// The same basket with every limit inside governance's bounds.
pub fn bounded_basket() -> Basket {
    let mut basket = basket();
    let most = Amount::new(1_000_000_000_000_000);
    basket.terms.ceiling = most;
    basket.terms.mint_cap = most;
    for member in &mut basket.members {
        member.supply_cap = most;
        member.value_cap = Value::dollars(1_000_000_000);
    }
    basket
}

/// A position in a market, with everything the rules look at.
#[derive(Debug, Clone)]
pub struct Scene {
    pub basket: Basket,
    pub risk: RiskState,
    pub correlations: Correlations,
    pub exposure_share: Ratio,
    pub quotes: Vec<Quote>,
    pub position: Position,
    pub totals: Totals,
}

impl Scene {
    /// Collaterals of six decimals at a dollar, as is the debt, whose volatility is next to nothing. There are no limits and no fees
    /// but a bonus of 5 %.
    pub fn new(held: &[u128], owed: u128) -> Self {
        let mut basket = basket();
        basket.liquidation = LiquidationTerms {
            bonus_min: Ratio::percent(5),
            bonus_max: Ratio::percent(5),
            fee: Ratio::ZERO,
        };
        basket.terms.borrow_fee = Ratio::ZERO;
        basket.terms.min_debt = Amount::new(1);
        basket.stress = Ratio::ZERO;
        basket.debt_risk = calm();
        basket.members = vec![member("c", 6); held.len()];
        for member in &mut basket.members {
            member.risk = calm();
        }
        let priors = vec![
            LegPrior {
                floor: Ratio::ZERO,
                stressed: Ratio::ZERO,
                correlation: Ratio::ZERO,
                weight: HOUR
            };
            held.len() + 1
        ];
        let mut totals = Totals::new(held.len(), Amount::MAX, NOW);
        let mut position = Position::default();
        for (leg, amount) in held.iter().enumerate() {
            position = position.with(leg as u8, Amount::new(*amount));
            totals.collateral[leg] = Amount::new(*amount);
        }
        let mut scene = Self {
            basket,
            risk: RiskState::new(&priors, NOW),
            correlations: Correlations::new(Vec::new()),
            exposure_share: Ratio::ZERO,
            quotes: vec![quote(Price::ONE); held.len() + 1],
            position,
            totals,
        };
        scene.set_sigmas(&vec![Ratio::ZERO; held.len() + 1]);
        scene.owe(owed);
        scene
    }

    /// Makes the position, alone in its basket, owe this much.
    pub fn owe(&mut self, owed: u128) {
        self.totals.shares = Shares::ZERO;
        let lent = lend(&self.totals, &self.basket, Shares::ZERO, Amount::new(owed)).unwrap();
        self.position.shares = lent.shares;
        self.totals.shares = lent.totals.shares;
    }

    /// Sets the volatility of each leg, the debt's last.
    pub fn set_sigmas(&mut self, sigmas: &[Ratio]) {
        for (leg, sigma) in self.risk.legs.iter_mut().zip(sigmas) {
            leg.sigma = *sigma;
            leg.measured = *sigma;
        }
    }

    /// Makes K this many hundredths of a lone collateral's value.
    pub fn set_margin(&mut self, percent: u64) {
        self.basket.multiplier = Ratio::ONE;
        self.risk.legs[0].sigma = Ratio::percent(percent);
        self.risk.legs[0].measured = Ratio::percent(percent);
    }

    pub fn debt(&self) -> Amount {
        self.totals.index.debt_ceil(self.position.shares).unwrap()
    }

    /// Where the position stands.
    pub fn level(&self) -> Level {
        let assessment = self
            .with_market(|market| maintenance(market, &self.position, self.debt()))
            .unwrap();
        assessment.level(&self.basket.levels).unwrap()
    }

    /// Looks at the market.
    pub fn with_market<T>(&self, look: impl FnOnce(&Market<'_>) -> T) -> T {
        look(&Market {
            basket: &self.basket,
            side: &MarginSide::of(&self.basket).unwrap(),
            risk: &self.risk,
            correlation: &self.correlations,
            clock: &Clock::default(),
            readers: &Readers {
                max_age: HOUR,
                max_age_liquidation: Seconds::hours(24),
                max_confidence: Ratio::percent(2),
                delay: Seconds::new(600),
            },
            exposure_share: self.exposure_share,
            quotes: &self.quotes,
            now: NOW,
        })
    }
}

fn calm() -> Risk {
    Risk {
        floor: Ratio::ZERO,
        stressed: Ratio::ZERO,
        jump: Ratio::ZERO,
        correlation: Ratio::ZERO,
        weight: HOUR,
    }
}

fn quote(price: Price) -> Quote {
    Quote {
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
        held: Amount::ZERO,
        flow_cap: Value::ZERO,
        paused: false,
    }
}

/// What is random about a leg.
#[derive(Debug, Clone)]
struct RandomLeg {
    dollars: u128,
    cents: u128,
    decimals: u8,
    sigma: u64,
    anchor: u64,
    loading: i64,
    jump: u64,
    depth: Option<u64>,
    shut: bool,
}

fn random_leg() -> impl Strategy<Value = RandomLeg> {
    (
        (1u128..10_000_000, 1u128..10_000_000),
        prop_oneof![Just(0u8), Just(6), Just(8), Just(18)],
        (1u64..1_500, 900u64..1_100),
        -100i64..=100,
        prop_oneof![3 => Just(0u64), 1 => 0u64..30],
        proptest::option::of(10u64..1_000_000),
        proptest::bool::weighted(0.05),
    )
        .prop_map(
            |(size, decimals, moves, loading, jump, depth, shut)| RandomLeg {
                dollars: size.0,
                cents: size.1,
                decimals,
                sigma: moves.0,
                anchor: moves.1,
                loading,
                jump,
                depth,
                shut,
            },
        )
}

/// Any position in any market: one to six collaterals and a debt that may be as volatile, correlated as one factor makes them (so that
/// the matrix is one), some of them shut, owing from nothing to more than all is worth. Without `concentrated`, depth has no limit.
pub fn scene(concentrated: bool) -> impl Strategy<Value = Scene> {
    let legs = proptest::collection::vec(random_leg(), 2..8);
    let owed = prop_oneof![1 => Just(0u128), 9 => 0u128..1_100];
    let terms = (0u64..300, 1u128..2_000, 0u64..100, 0u64..1_000);
    let limits = (0u128..3_000, 0u128..3_000, 0u64..60);
    (legs, owed, terms, limits, proptest::bool::ANY).prop_map(
        move |(legs, owed, terms, limits, calm_debt)| {
            let mut legs = legs;
            let last = legs.len() - 1;
            if calm_debt {
                legs[last].sigma = 5;
                legs[last].cents = 100;
            }
            let worth: u128 = legs.iter().take(last).map(|leg| leg.dollars).sum();
            let units = |leg: &RandomLeg, dollars: u128| {
                (dollars * 100 * 10u128.pow(leg.decimals.into()) / leg.cents).max(1)
            };
            let held: Vec<u128> = legs
                .iter()
                .take(last)
                .map(|leg| units(leg, leg.dollars))
                .collect();
            let mut scene = Scene::new(&held, 0);
            scene.basket.decimals = Decimals::new(legs[last].decimals).unwrap();
            scene.basket.debt_risk.jump = Ratio::percent(legs[last].jump);
            for (member, leg) in scene.basket.members.iter_mut().zip(&legs) {
                member.decimals = Decimals::new(leg.decimals).unwrap();
                member.risk.jump = Ratio::percent(leg.jump);
                member.wind_down = leg.shut;
            }
            for (quote, leg) in scene.quotes.iter_mut().zip(&legs) {
                let point = quote.point.as_mut().unwrap();
                point.price = Price::from_scientific(leg.cents, -2).unwrap();
                point.anchor =
                    Price::new(point.price.raw() / 1_000 * u128::from(leg.anchor)).unwrap();
                if concentrated {
                    quote.held = Amount::new(units(leg, leg.dollars) * 2);
                    quote.flow_cap = leg.depth.map_or(Value::ZERO, Value::dollars);
                }
            }
            let bps: Vec<Ratio> = legs.iter().map(|leg| Ratio::bps(leg.sigma)).collect();
            scene.set_sigmas(&bps);
            let pairs = (1..legs.len()).flat_map(|row| (0..row).map(move |column| (row, column)));
            let rho = |(row, column): (usize, usize)| {
                legs[row].loading * legs[column].loading * 100_000_000_000_000
            };
            scene.correlations = Correlations::new(pairs.map(rho).collect());
            scene.exposure_share = Ratio::bps(terms.3);
            scene.basket.multiplier = Ratio::percent(300 + terms.0);
            scene.basket.stress = Ratio::percent(terms.2);
            let share = |parts: u128| units(&legs[last], worth) * parts / 1_000;
            scene.totals.index = scene
                .totals
                .index
                .grow(Ratio::percent(terms.2), Seconds::hours(terms.3 * 10));
            scene.owe(share(owed));
            scene.basket.terms.borrow_fee = Ratio::bps(terms.0);
            scene.basket.terms.min_debt = Amount::new(share(terms.1 / 4).max(1));
            scene.basket.terms.ceiling = Amount::new(share(limits.0));
            scene.basket.terms.mint_cap = Amount::new(share(limits.1));
            scene.totals.mint = crate::basket::Bucket {
                level: 0,
                at: Seconds::new(NOW.get() - 60 * limits.2),
            };
            scene
        },
    )
}
