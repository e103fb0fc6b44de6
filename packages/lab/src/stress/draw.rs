//! The prices that are played: an incident's, drawn through its knots or taken from a file, and jump diffusions.

use rand::Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::plan::{Asset, Incident, Plan};
use crate::path::rounded;
use crate::prices::{Prices, Tick, HIGHEST, LOWEST};

/// Hours that are only measured, before anyone borrows.
pub const WARMUP: u64 = 48;
/// Seconds between two prices once everyone has borrowed.
const STEP: u64 = 300;
const HOUR: u64 = 3_600;
/// 2025-01-06 00:00 UTC: when drawn paths begin.
const START: u64 = 1_736_121_600;
/// What is left of a stray from the drawn line after a step.
const KEPT: f64 = 0.98;

/// A generator of standard normal numbers.
struct Normal(ChaCha8Rng);

impl Normal {
    fn next(&mut self) -> f64 {
        let radius: f64 = 1.0 - self.0.random::<f64>();
        let angle = self.0.random::<f64>() * std::f64::consts::TAU;
        (-2.0 * radius.ln()).sqrt() * angle.cos()
    }
}

/// When prices are told: each hour of the warm-up, then each five minutes.
fn times(hours: u64) -> Vec<u64> {
    let warm = (0..WARMUP).map(|hour| START + hour * HOUR);
    let opens = START + WARMUP * HOUR;
    let steps = hours * HOUR / STEP;
    warm.chain((0..=steps).map(|step| opens + step * STEP))
        .collect()
}

/// When everyone has borrowed.
pub fn opens(prices: &Prices) -> u64 {
    let first = prices.ticks.first().map_or(START, |tick| tick.time);
    first + WARMUP * HOUR
}

/// An incident's path of these assets, drawn through its knots, with noise that returns to the line. With `real` prices, those of the
/// assets that move are real, at their times, and the others are drawn beside them.
pub fn incident(assets: &[&Asset], incident: &Incident, real: Option<&Prices>) -> Prices {
    let mut normal = Normal(ChaCha8Rng::seed_from_u64(incident.seed));
    let times = match real {
        Some(real) => real.ticks.iter().map(|tick| tick.time).collect(),
        None => times(incident.hours),
    };
    let opens = times.first().map_or(START, |first| first + WARMUP * HOUR);
    let mut strays = vec![0.0; assets.len()];
    let ticks = times.iter().enumerate().map(|(at, time)| {
        let hours = (*time as f64 - opens as f64) / HOUR as f64;
        let prices = assets.iter().zip(&mut strays).map(|(asset, stray)| {
            // The noise is a fifth of the floor an hour: seen, and not what the incident is about.
            let noise = asset.class.floor() / 5.0;
            *stray = *stray * KEPT + noise * normal.next();
            let told = real.and_then(|real| {
                let column = real.assets.iter().position(|name| name == &asset.name)?;
                Some(real.ticks.get(at)?.price(column))
            });
            told.unwrap_or_else(|| {
                let line = line(incident, &asset.name, hours);
                Some(rounded(asset.price * line * stray.exp()))
            })
        });
        Tick {
            time: *time,
            prices: prices.collect(),
        }
    });
    let ticks = ticks.collect();
    Prices {
        assets: assets.iter().map(|asset| asset.name.clone()).collect(),
        ticks,
    }
}

/// The knots' line at an hour, over the price at the start.
fn line(incident: &Incident, asset: &str, hours: f64) -> f64 {
    let mut moves = incident.moves.iter();
    let knots = moves.find(|one| one.asset == asset);
    let knots = knots.map_or(&[][..], |one| &one.knots);
    let early = knots.first().filter(|(hour, _)| *hour < 0.0);
    let (mut from, mut last) = early.copied().unwrap_or((0.0, 1.0));
    for (hour, factor) in knots {
        if hours <= *hour {
            let part = ((hours - from) / (hour - from).max(1e-9)).clamp(0.0, 1.0);
            let (low, high): (f64, f64) = (last, *factor);
            return (low.ln() * (1.0 - part) + high.ln() * part).exp();
        }
        (from, last) = (*hour, *factor);
    }
    last
}

/// A path of the plan's jump diffusion. Paths of one seed differ by `number` alone.
pub fn random(plan: &Plan, assets: &[&Asset], seed: u64, number: u64) -> Prices {
    let law = &plan.random;
    let mut source = ChaCha8Rng::seed_from_u64(seed);
    source.set_stream(number);
    let mut normal = Normal(source);
    let times = times(law.hours);
    let major = crate::scenario::Class::Major.floor();
    let mut logs = vec![0.0_f64; assets.len()];
    let mut last = START;
    let mut ticks = Vec::with_capacity(times.len());
    for time in times {
        let hours = (time - last) as f64 / HOUR as f64;
        last = time;
        let common = normal.next();
        let calm = time < START + WARMUP * HOUR;
        let days = if calm { 0.0 } else { hours / 24.0 };
        let shock = jump(&mut normal, law.common_rate * days, law.common_jump);
        for (asset, log) in assets.iter().zip(&mut logs) {
            let own = normal.next();
            let jumps = jump(&mut normal, law.own_rate * days, law.own_jump);
            if law.still.contains(&asset.name) {
                continue;
            }
            let mix = law.correlation.sqrt() * common + (1.0 - law.correlation).sqrt() * own;
            let deviation = asset.class.floor() * law.volatility * hours.sqrt();
            let diffusion = deviation * mix - deviation * deviation / 2.0;
            *log += diffusion + shock * asset.class.floor() / major + jumps;
        }
        let prices = assets.iter().zip(&logs);
        let prices = prices.map(|(asset, log)| {
            let price = (asset.price * log.exp()).clamp(LOWEST * 1e3, HIGHEST / 1e3);
            Some(rounded(price))
        });
        ticks.push(Tick {
            time,
            prices: prices.collect(),
        });
    }
    Prices {
        assets: assets.iter().map(|asset| asset.name.clone()).collect(),
        ticks,
    }
}

/// The jump of a step in which one comes with this chance. The same numbers are drawn whether it comes or not, so that a path's other
/// moves do not depend on it.
fn jump(normal: &mut Normal, chance: f64, (mean, deviation): (f64, f64)) -> f64 {
    let comes = normal.0.random::<f64>() < chance;
    let size = mean + deviation * normal.next();
    if comes {
        size
    } else {
        0.0
    }
}
