//! What a position's margin is, in floating point: SPEC 3 to 5 written a second time, from stored records and the oracle's bytes, without
//! the engine's prices, health, margin and ramps.

use std::collections::BTreeMap;

use cosmwasm_std::Uint256;
use wicker_cdp::market::Loaded;
use wicker_cdp::state;
use wicker_engine::basket::{Basket, Risk};
use wicker_engine::covariance::{CorrelationState, RiskState};
use wicker_engine::params::Protocol;
use wicker_engine::position::Position;
use wicker_math::{Index, Seconds, Shares};
use wicker_msgs::oracle::point_key;

use super::ghost::Ghost;
use super::world::World;

/// Relative to the dollars at stake, how far two calculations of a margin may come apart.
pub const APART: f64 = 1e-9;
/// An index's one times the shares of a base unit.
const SHARES_OF_UNIT: u128 = 1_000_000_000_000_000_000_000_000_000 * 1_000_000_000;
const DAY: f64 = 86_400.0;

/// A whole number at 1e-18.
pub fn at_18(raw: u128) -> f64 {
    raw as f64 / 1e18
}

/// The base units that shares owe, rounded up.
pub fn owed(shares: Shares, index: Index) -> u128 {
    let debt = Uint256::from(shares.raw()) * Uint256::from(index.raw());
    let most = Uint256::from(SHARES_OF_UNIT - 1);
    let units = (debt + most) / Uint256::from(SHARES_OF_UNIT);
    cosmwasm_std::Uint128::try_from(units).unwrap().u128()
}

/// The oracle's record, read by the table of docs/oracle.md.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Dollars.
    pub price: f64,
    /// Seconds since 1970.
    pub published: u64,
    accepted: u64,
    confidence: f64,
    status: u8,
    anchor: f64,
    pending: f64,
}

impl Point {
    /// Of the bytes.
    pub fn read(record: &[u8]) -> Self {
        let time = |at: usize| u64::from_be_bytes(record[at..at + 8].try_into().unwrap());
        let dollars = |at: usize| {
            let raw = u128::from_be_bytes(record[at..at + 16].try_into().unwrap());
            raw as f64 / 1e24
        };
        assert_eq!((record.len(), record[0]), (104, 1));
        Self {
            price: dollars(24),
            published: time(8),
            accepted: time(16),
            confidence: dollars(40),
            status: record[1],
            anchor: dollars(64),
            pending: dollars(88),
        }
    }

    /// For liquidation: whatever its status, unless it is too old.
    fn lenient(&self, terms: &Protocol, now: u64) -> Option<f64> {
        (now - self.published <= terms.max_age_liquidation.get()).then_some(self.price)
    }

    /// For new risk: the lowest and the highest of price, anchor and pending step. Degraded and frozen points have none.
    fn strict(&self, terms: &Protocol, now: u64) -> Option<(f64, f64)> {
        let doubtful = self.status & (4 | 8) != 0
            || self.confidence / self.price > at_18(terms.max_confidence.raw());
        if doubtful || now - self.published > terms.max_age.get() {
            return None;
        }
        let mut seen = vec![self.price];
        if now < self.accepted + terms.price_delay.get() {
            seen.push(self.anchor);
        }
        if self.pending > 0.0 {
            seen.push(self.pending);
        }
        let low = seen.iter().copied().fold(f64::MAX, f64::min);
        Some((low, seen.into_iter().fold(0.0, f64::max)))
    }
}

/// What was measured of a basket up to a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The settings, with who is out of its class.
    pub basket: Basket,
    /// Volatilities.
    pub risk: RiskState,
    /// What correlations are read from.
    pub correlation: CorrelationState,
}

impl From<Loaded> for Measured {
    fn from(loaded: Loaded) -> Self {
        Self {
            basket: loaded.basket,
            risk: loaded.risk,
            correlation: loaded.correlation,
        }
    }
}

/// One of the two tests: figures by leg, the debt's last.
#[derive(Debug, Clone)]
pub struct Side {
    /// Dollars; `None` does not count.
    pub prices: Vec<Option<f64>>,
    sigmas: Vec<f64>,
    jumps: Vec<f64>,
    /// Whole tokens held by everybody.
    pub held: Vec<f64>,
    kappa: f64,
    delta: f64,
    cr_max: f64,
    cost: f64,
    /// T.
    depths: Vec<f64>,
    phi: f64,
}

/// A basket's market.
#[derive(Debug, Clone)]
pub struct Book {
    /// The settings.
    pub basket: Basket,
    decimals: Vec<i32>,
    rho: Vec<Vec<f64>>,
    /// The maintenance test.
    pub open: Side,
    /// The initial test.
    pub new: Side,
}

/// Where a position stands: dollars.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stand {
    /// V.
    pub collateral: f64,
    /// D.
    pub debt: f64,
    /// K.
    pub volatility: f64,
    /// MM.
    pub margin: f64,
}

impl Stand {
    /// E.
    pub fn equity(&self) -> f64 {
        self.collateral - self.debt
    }

    /// E less so many times MM.
    pub fn room(&self, multiple: f64) -> f64 {
        self.equity() - multiple * self.margin
    }

    /// How far another calculation may be from this one.
    pub fn apart(&self) -> f64 {
        APART * (self.collateral + self.debt + self.margin) + 1e-12
    }

    /// Surely under so many times the margin.
    pub fn under(&self, multiple: f64) -> bool {
        self.room(multiple) < -self.apart()
    }

    /// Surely at or over so many times the margin.
    pub fn over(&self, multiple: f64) -> bool {
        self.room(multiple) > self.apart()
    }
}

impl Book {
    /// A basket's market now.
    pub fn of(world: &World, id: u32, measured: &Measured) -> Self {
        let now = world.rig.now();
        let storage = world.rig.chain.contract_storage(&world.rig.cdp);
        let protocol = state::PROTOCOL.load(&*storage).unwrap();
        let guards = state::GUARDS.may_load(&*storage, id).unwrap();
        let stopped = guards.unwrap_or_default().legs;
        let basket = measured.basket.clone();
        let members = basket.members.len();
        let denoms = basket.members.iter().map(|member| member.denom.as_str());
        let denoms: Vec<&str> = denoms.chain([basket.debt.as_str()]).collect();
        let places = basket.members.iter().map(|member| member.decimals);
        let places = places.chain([basket.decimals]);
        let decimals: Vec<i32> = places.map(|places| places.get().into()).collect();
        let whole = |units: u128, leg: usize| units as f64 / 10f64.powi(decimals[leg]);
        let points: Vec<Option<Point>> = denoms.iter().map(|d| world.point(d)).collect();
        let closed = |leg: usize| {
            let paused =
                |(one, until): &(u8, Seconds)| usize::from(*one) == leg && until.get() > now;
            let member = basket.members.get(leg);
            member.is_some_and(|one| one.wind_down || one.demoted) || stopped.iter().any(paused)
        };
        let lenient = |point: &Option<Point>| point.and_then(|p| p.lenient(&protocol, now));
        let strict = |(leg, point): (usize, &Option<Point>)| {
            let (low, high) = point.and_then(|p| p.strict(&protocol, now))?;
            let price = if leg == members { high } else { low };
            (!closed(leg)).then_some(price)
        };
        let sigmas = |set: &Set, strict: bool| -> Vec<f64> {
            let legs = set.legs.iter().enumerate();
            legs.map(|(leg, (_, floor, stressed, _))| {
                let sigma = sigma(measured, leg, (*floor, *stressed), strict, now);
                let age = points[leg].map_or(0.0, |point| (now - point.published) as f64);
                sigma * (1.0 + age / DAY).sqrt()
            })
            .collect()
        };
        let target = Set::of(&basket);
        let open = target.clone().ramped(world.ghost.ways.get(&id), now);
        let side = |set: Set, prices, strict: bool, held: Vec<f64>, (depths, phi)| Side {
            depths,
            phi,
            prices,
            sigmas: sigmas(&set, strict),
            jumps: set.legs.iter().map(|(.., jump)| *jump).collect(),
            held,
            kappa: set.kappa,
            delta: set.delta,
            cr_max: set.cr_max,
            cost: set.cost,
        };
        let legs = denoms.iter().enumerate();
        let lasting = legs.clone();
        let lasting = lasting.map(|(leg, d)| whole(world.ghost.lasting(d, now), leg));
        let held = legs.map(|(leg, d)| whole(world.ghost.held(d), leg));
        let cap = |denom: &&str| {
            let cap = state::asset(&*storage, denom).unwrap().flow_cap.raw();
            if cap == 0 {
                f64::INFINITY
            } else {
                at_18(cap)
            }
        };
        let depths = denoms.iter().map(|denom| 24.0 * cap(denom));
        let open_cap = |denom: &&str| world.ghost.cap(denom, cap(denom), now);
        let open_depths = denoms.iter().map(|denom| 24.0 * open_cap(denom));
        let phi = at_18(protocol.exposure_share.raw());
        let open_phi = world.ghost.share(phi, now);
        Self {
            open: side(
                open,
                points.iter().map(lenient).collect(),
                false,
                lasting.collect(),
                (open_depths.collect(), open_phi),
            ),
            new: side(
                target,
                points.iter().enumerate().map(strict).collect(),
                true,
                held.collect(),
                (depths.collect(), phi),
            ),
            rho: correlations(&measured.correlation, members + 1),
            decimals,
            basket,
        }
    }

    /// Signed dollars by leg.
    fn dollars(&self, side: &Side, held: &BTreeMap<u8, u128>, debt: u128) -> Option<Vec<f64>> {
        let last = self.decimals.len() - 1;
        side.prices[last]?;
        let worth = |leg: usize, units: u128| {
            let whole = units as f64 / 10f64.powi(self.decimals[leg]);
            side.prices[leg].map_or(0.0, |price| whole * price)
        };
        let units = |leg: usize| held.get(&(leg as u8)).copied().unwrap_or(0);
        let mut dollars: Vec<f64> = (0..last).map(|leg| worth(leg, units(leg))).collect();
        dollars.push(-worth(last, debt));
        Some(dollars)
    }

    /// `CR·σ·x` by leg.
    fn scaled(&self, side: &Side, dollars: &[f64]) -> Vec<f64> {
        let legs = dollars.iter().enumerate();
        legs.map(|(leg, x)| {
            let exposure = side.phi * side.held[leg] * side.prices[leg].unwrap_or(0.0);
            let times = x.abs().max(exposure) / side.depths[leg];
            let factor = times.max(1.0).sqrt().min(side.cr_max);
            factor * side.sigmas[leg] * x
        })
        .collect()
    }

    /// Q, L and S mixed: `(K/κ)²`.
    fn mixed(&self, side: &Side, y: &[f64]) -> f64 {
        let q: f64 = self.times_rho(y).iter().zip(y).map(|(r, y)| r * y).sum();
        let (sum, s): (f64, f64) = (y.iter().sum(), y.iter().map(|y| y * y).sum());
        (1.0 - side.delta) * q.max(0.0) + side.delta * (sum * sum).max(s)
    }

    fn times_rho(&self, y: &[f64]) -> Vec<f64> {
        let rows = self.rho.iter();
        rows.map(|row| row.iter().zip(y).map(|(rho, y)| rho * y).sum())
            .collect()
    }

    /// Where amounts by leg stand; `None` when the debt has no price.
    pub fn stand(&self, side: &Side, held: &BTreeMap<u8, u128>, debt: u128) -> Option<Stand> {
        let dollars = self.dollars(side, held, debt)?;
        let volatility = side.kappa * self.mixed(side, &self.scaled(side, &dollars)).sqrt();
        let jumps = dollars.iter().zip(&side.jumps);
        let jump = jumps.map(|(x, jump)| x.abs() * jump).fold(0.0, f64::max);
        let (owed, collateral) = dollars.split_last()?;
        Some(Stand {
            collateral: collateral.iter().sum(),
            debt: -owed,
            volatility,
            margin: volatility.max(jump) - side.cost * owed,
        })
    }

    /// Each leg's share of the risk of such amounts; nothing without risk.
    pub fn shares(&self, side: &Side, held: &BTreeMap<u8, u128>, debt: u128) -> Option<Vec<f64>> {
        let y = self.scaled(side, &self.dollars(side, held, debt)?);
        let (whole, sum): (f64, f64) = (self.mixed(side, &y), y.iter().sum());
        let long = sum * sum >= y.iter().map(|y| y * y).sum();
        let share = |(y, rho_y): (&f64, f64)| {
            let stressed = if long { sum } else { *y };
            y * ((1.0 - side.delta) * rho_y + side.delta * stressed) / whole
        };
        (whole > 0.0).then(|| y.iter().zip(self.times_rho(&y)).map(share).collect())
    }

    /// What a leg's amount is worth at the maintenance test.
    pub fn worth(&self, leg: u8, units: u128) -> f64 {
        let leg = usize::from(leg);
        let whole = units as f64 / 10f64.powi(self.decimals[leg]);
        whole * self.open.prices[leg].unwrap_or(0.0)
    }

    /// How the basket's book is judged: open positions' prices and σ with everything that is held and the newest caps and φ.
    pub fn whole(&self) -> Side {
        Side {
            held: self.new.held.clone(),
            depths: self.new.depths.clone(),
            phi: self.new.phi,
            ..self.open.clone()
        }
    }

    /// Counts so many units of a leg more as held, for new risk.
    pub fn bring(&mut self, leg: usize, units: u128) {
        self.new.held[leg] += units as f64 / 10f64.powi(self.decimals[leg]);
    }

    /// The debt's leg.
    pub fn debt_leg(&self) -> u8 {
        self.basket.members.len() as u8
    }
}

/// A position's collateral by leg.
pub fn holding(position: &Position) -> BTreeMap<u8, u128> {
    let held = position.collateral.iter();
    held.map(|(leg, amount)| (*leg, amount.raw())).collect()
}

/// σ̂ or the larger of it and s, not under its floor, and while it is young or old not under the stressed figure.
fn sigma(
    measured: &Measured,
    leg: usize,
    (floor, stressed): (f64, f64),
    strict: bool,
    now: u64,
) -> f64 {
    let risk = &measured.risk;
    let own = &risk.legs[leg];
    let sampled = risk.slow.last[leg].map_or(0, |(_, time)| time.get());
    let mut sigma = at_18(own.sigma.raw()).max(floor);
    if strict {
        sigma = sigma.max(at_18(own.measured.raw()));
    }
    if own.samples < 24 || now - sampled > 86_400 {
        sigma = sigma.max(stressed);
    }
    sigma
}

fn correlations(state: &CorrelationState, legs: usize) -> Vec<Vec<f64>> {
    let covariance = |i, j| state.coarse.covariance(i, j) as f64 / 1e18;
    let rho = |i: usize, j: usize| {
        if i == j {
            return 1.0;
        }
        let (one, other) = (covariance(i, i), covariance(j, j));
        if one < 1e-15 || other < 1e-15 {
            return 0.0;
        }
        (covariance(i, j) / one.sqrt() / other.sqrt()).clamp(-1.0, 1.0)
    };
    (0..legs)
        .map(|i| (0..legs).map(|j| rho(i, j)).collect())
        .collect()
}

/// What governance sets of the margin: figures of each leg by its denom.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    kappa: f64,
    delta: f64,
    cr_max: f64,
    cost: f64,
    /// Floor of σ, stressed σ and jump floor.
    legs: Vec<(String, f64, f64, f64)>,
}

/// A change on its way to open positions.
#[derive(Debug, Clone)]
pub struct Way<T = Set> {
    /// What was in force when it began.
    pub from: T,
    /// When that was.
    pub start: u64,
    /// How long it takes.
    pub span: u64,
}

impl Set {
    /// What the settings say.
    pub fn of(basket: &Basket) -> Self {
        let risks = basket
            .members
            .iter()
            .map(|member| (&member.denom, &member.risk));
        let legs = risks.chain([(&basket.debt, &basket.debt_risk)]);
        let leg = |(denom, risk): (&String, &Risk)| {
            (
                denom.clone(),
                at_18(risk.floor.raw()),
                at_18(risk.stressed.raw()),
                at_18(risk.jump.raw()),
            )
        };
        let terms = &basket.liquidation;
        Self {
            kappa: at_18(basket.multiplier.raw()),
            delta: at_18(basket.stress.raw()),
            cr_max: at_18(basket.concentration_max.raw()),
            cost: at_18(terms.bonus_max.raw()) + at_18(terms.fee.raw()),
            legs: legs.map(leg).collect(),
        }
    }

    /// The number of legs.
    pub fn legs(&self) -> usize {
        self.legs.len()
    }

    /// What is in force for open positions: a higher figure comes on a straight line, a lower one at once.
    pub fn ramped(self, way: Option<&Way>, now: u64) -> Self {
        let Some(way) = way else { return self };
        let part = way.part(now);
        let between = |from: f64, to: f64| {
            if to > from {
                from + (to - from) * part
            } else {
                to
            }
        };
        let from = &way.from;
        let leg = |(denom, floor, stressed, jump): (String, f64, f64, f64)| {
            let old = from.legs.iter().find(|(one, ..)| *one == denom);
            let old = old.map_or((floor, stressed, jump), |old| (old.1, old.2, old.3));
            let (floor, stressed) = (between(old.0, floor), between(old.1, stressed));
            (denom, floor, stressed, between(old.2, jump))
        };
        Self {
            kappa: between(from.kappa, self.kappa),
            delta: between(from.delta, self.delta),
            cr_max: between(from.cr_max, self.cr_max),
            cost: between(from.cost, self.cost),
            legs: self.legs.into_iter().map(leg).collect(),
        }
    }
}

impl<T> Way<T> {
    /// How much of it has passed.
    fn part(&self, now: u64) -> f64 {
        ((now - self.start) as f64 / self.span as f64).min(1.0)
    }
}

impl Ghost {
    /// The flow cap that open positions are judged by, given the newest: `1/√cap` rises on a straight line.
    pub fn cap(&self, denom: &str, newest: f64, now: u64) -> f64 {
        let way = self.caps.get(denom).filter(|way| newest < way.from);
        way.map_or(newest, |way| {
            let (from, to) = (1.0 / way.from.sqrt(), 1.0 / newest.sqrt());
            (from + (to - from) * way.part(now)).powi(-2)
        })
    }

    /// φ for open positions, given the newest.
    pub fn share(&self, newest: f64, now: u64) -> f64 {
        let way = self.share.as_ref().filter(|way| newest > way.from);
        way.map_or(newest, |way| way.from + (newest - way.from) * way.part(now))
    }
}

impl World {
    /// The oracle's record of a denom.
    pub fn point(&self, denom: &str) -> Option<Point> {
        let oracle = self.rig.chain.contract_storage(&self.rig.oracle);
        let record = cosmwasm_std::Storage::get(&*oracle, &point_key(denom))?;
        Some(Point::read(&record))
    }
}
