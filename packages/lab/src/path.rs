//! A seeded price path: geometric Brownian motion driven by one market factor, calm and rough days in turn, one crash of everything,
//! one asset that collapses, and one feed that falls silent. The same seed gives the same path.

use rand::Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::prices::{Prices, Tick, LOWEST};

/// Steps of five minutes in an hour.
const STEPS: u64 = 12;
/// Seconds of a step.
pub const STEP: u64 = 3_600 / STEPS;
/// Rough days move this much more than calm ones.
const ROUGH: f64 = 2.0;
/// The chance that a day changes between calm and rough.
const TURN: f64 = 0.25;

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The first tick, in seconds since 1970.
    pub start: u64,
    /// How long the path is.
    pub hours: u64,
    /// The assets.
    pub assets: Vec<Walk>,
    /// The hour in which everything falls by its part of `depth`, over six hours.
    pub crash: (u64, f64),
    /// The asset that collapses, the hour in which it begins, and the share of its price that is left a day later.
    pub collapse: (String, u64, f64),
    /// The asset whose feed falls silent, and the hours in which it is.
    pub silence: (String, u64, u64),
}

/// One asset's motion.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// Its name.
    pub name: String,
    /// Its first price, in dollars.
    pub start: f64,
    /// Standard deviation of an hour's return on a calm day.
    pub volatility: f64,
    /// Correlation with the market factor.
    pub market: f64,
    /// The name of the asset it redeems to, and how far it strays from it in an hour: its price is that asset's times its first ratio.
    pub follows: Option<String>,
}

/// Draws the path of a seed.
pub fn draw(plan: &Plan, seed: u64) -> Prices {
    let mut walker = Walker::new(plan, seed);
    let steps = plan.hours.saturating_mul(STEPS);
    let ticks = (0..=steps).map(|step| walker.tick(step)).collect();
    Prices {
        assets: plan.assets.iter().map(|walk| walk.name.clone()).collect(),
        ticks,
    }
}

struct Walker<'a> {
    plan: &'a Plan,
    random: ChaCha8Rng,
    rough: bool,
    prices: Vec<f64>,
    strays: Vec<f64>,
}

impl<'a> Walker<'a> {
    fn new(plan: &'a Plan, seed: u64) -> Self {
        Self {
            plan,
            random: ChaCha8Rng::seed_from_u64(seed),
            rough: false,
            prices: plan.assets.iter().map(|walk| walk.start).collect(),
            strays: vec![0.0; plan.assets.len()],
        }
    }

    fn tick(&mut self, step: u64) -> Tick {
        if step > 0 {
            self.advance(step);
        }
        let hour = step / STEPS;
        let (silent, from, to) = &self.plan.silence;
        let prices = self
            .plan
            .assets
            .iter()
            .zip(&self.prices)
            .map(|(walk, price)| {
                let quiet = &walk.name == silent && (*from..*to).contains(&hour);
                (!quiet).then(|| rounded(*price))
            });
        Tick {
            time: self.plan.start.saturating_add(step.saturating_mul(STEP)),
            prices: prices.collect(),
        }
    }

    fn advance(&mut self, step: u64) {
        if step.is_multiple_of(24 * STEPS) && self.random.random_bool(TURN) {
            self.rough = !self.rough;
        }
        let pace = if self.rough { ROUGH } else { 1.0 } / (STEPS as f64).sqrt();
        let market = self.normal();
        let shock = self.shock(step);
        for at in 0..self.plan.assets.len() {
            let own = self.normal();
            let Some(walk) = self.plan.assets.get(at) else {
                continue;
            };
            let drift = self.collapse(&walk.name, step);
            let next = match walk.follows.as_ref().and_then(|name| self.price_of(name)) {
                Some((base, ratio)) => {
                    let stray = self.strays.get(at).copied().unwrap_or(0.0) * 0.98;
                    let stray = stray + walk.volatility * pace * own + drift;
                    if let Some(slot) = self.strays.get_mut(at) {
                        *slot = stray;
                    }
                    base * (walk.start / ratio) * stray.exp()
                }
                None => {
                    let mix = walk.market * market + (1.0 - walk.market * walk.market).sqrt() * own;
                    let deviation = walk.volatility * pace;
                    let growth = deviation * mix - deviation * deviation / 2.0;
                    let price = self.prices.get(at).copied().unwrap_or(walk.start);
                    price * (growth + shock * walk.volatility + drift).exp()
                }
            };
            if let Some(slot) = self.prices.get_mut(at) {
                *slot = next.max(LOWEST * 1e3);
            }
        }
    }

    /// The market's fall in this step for one unit of an asset's volatility.
    fn shock(&self, step: u64) -> f64 {
        let (hour, depth) = self.plan.crash;
        let steps = 6 * STEPS;
        let first = hour.saturating_mul(STEPS);
        let calm = self.plan.assets.first().map_or(1.0, |walk| walk.volatility);
        match (first..first.saturating_add(steps)).contains(&step) {
            true => (1.0 - depth).ln() / steps as f64 / calm,
            false => 0.0,
        }
    }

    /// The collapsing asset's fall in this step.
    fn collapse(&self, name: &str, step: u64) -> f64 {
        let (collapses, hour, left) = &self.plan.collapse;
        let steps = 24 * STEPS;
        let first = hour.saturating_mul(STEPS);
        match name == collapses && (first..first.saturating_add(steps)).contains(&step) {
            true => left.ln() / steps as f64,
            false => 0.0,
        }
    }

    /// An asset's price now and at the start.
    fn price_of(&self, name: &str) -> Option<(f64, f64)> {
        let at = self.plan.assets.iter().position(|walk| walk.name == name)?;
        Some((*self.prices.get(at)?, self.plan.assets.get(at)?.start))
    }

    /// A standard normal number, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius: f64 = 1.0 - self.random.random::<f64>();
        let angle = self.random.random::<f64>() * std::f64::consts::TAU;
        (-2.0 * radius.ln()).sqrt() * angle.cos()
    }
}

/// Eight significant digits: what a feed says, and the same on every machine.
pub fn rounded(price: f64) -> f64 {
    format!("{price:.7e}").parse().unwrap_or(price)
}
