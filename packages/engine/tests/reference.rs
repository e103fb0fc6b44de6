//! The engine against the same rules in floating point, written from SPEC.md alone, over six years of hourly prices. The prices are not
//! part of this repository: the test says so and ends where they are missing. `WICKER_DATA` names another folder than `../shared/data`.

#![allow(clippy::unwrap_used)] // Set-up outside test functions; a test may stop at anything unexpected.

use std::path::{Path, PathBuf};

use wicker_engine::correlation::Correlations;
use wicker_engine::covariance::{measure, Clock, CorrelationState, LegPrior, RiskState, Sample};
use wicker_engine::margin::{margin, Leg, MarginParams};
use wicker_math::{Price, Ratio, Seconds, SignedValue, Value};

/// Sixteen collaterals and, last, the debt.
const LEGS: [&str; 17] = [
    "BTC", "ETH", "SOL", "BNB", "LINK", "AVAX", "ATOM", "OSMO", "INJ", "TIA", "SEI", "KAVA",
    "RUNE", "LUNA", "FTT", "WBTC", "USDC",
];
/// The debt's leg, a dollar.
const DEBT: usize = 16;
const HOUR: f64 = 3_600.0;
const KAPPA: f64 = 22.045_407_685_048_602;
const DELTA: f64 = 0.25;

fn file() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder =
        std::env::var_os("WICKER_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    folder.join("hourly_close.csv")
}

/// An hour's prices as they are written, an empty text where there is none.
struct Row {
    time: u64,
    prices: Vec<String>,
}

fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let columns: Vec<usize> = LEGS
        .iter()
        .map(|leg| header.iter().position(|name| name == *leg).unwrap())
        .collect();
    let read = |record: csv::StringRecord| Row {
        time: record[0].parse().unwrap(),
        prices: columns
            .iter()
            .map(|column| record[*column].to_string())
            .collect(),
    };
    reader
        .records()
        .map(|record| read(record.unwrap()))
        .collect()
}

/// A decimal, such as `12.5` or `2.7e-05`, as a price, exactly.
fn price(text: &str) -> Price {
    let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent = power.parse::<i32>().unwrap() - part.len() as i32;
    Price::from_scientific(format!("{whole}{part}").parse().unwrap(), exponent).unwrap()
}

fn floor(leg: usize) -> f64 {
    if leg == DEBT {
        0.0005
    } else {
        0.004 + 0.0002 * leg as f64
    }
}

fn assumed(leg: usize) -> f64 {
    if leg == DEBT {
        0.0
    } else {
        0.5
    }
}

/// w.
fn weight(hours: f64, memory: f64, age: f64) -> f64 {
    hours / (hours + memory.min(age))
}

/// Second moments on one grid, hours as the unit of time.
struct Reference {
    at: u64,
    age: f64,
    last: Vec<Option<(f64, u64)>>,
    c: Vec<Vec<f64>>,
}

impl Reference {
    fn new(now: u64) -> Self {
        let pair = |i: usize, j: usize| {
            let rho = if i == j {
                1.0
            } else {
                (assumed(i) * assumed(j)).sqrt()
            };
            2.0 * rho * floor(i) * floor(j)
        };
        Self {
            at: now,
            age: 720.0,
            last: vec![None; LEGS.len()],
            c: (0..LEGS.len())
                .map(|i| (0..LEGS.len()).map(|j| pair(i, j)).collect())
                .collect(),
        }
    }

    fn hours(&self, now: u64) -> f64 {
        (now - self.at) as f64 / HOUR
    }

    fn returns(&self, prices: &[Option<f64>], now: u64) -> Vec<Option<f64>> {
        let hours = self.hours(now);
        let one = |(price, last): (&Option<f64>, &Option<(f64, u64)>)| {
            let ((was, when), price) = ((*last)?, (*price)?);
            let span = (now - when) as f64 / HOUR;
            let change = (price / was - 1.0).clamp(-2.0, 2.0);
            Some(if span > hours {
                change * (hours / span).sqrt()
            } else {
                change
            })
        };
        prices.iter().zip(&self.last).map(one).collect()
    }

    fn update(&mut self, returns: &[Option<f64>], memory: f64, prices: &[Option<f64>], now: u64) {
        let hours = self.hours(now);
        let w = weight(hours, memory, self.age);
        for (i, row) in self.c.iter_mut().enumerate() {
            for (j, c) in row.iter_mut().enumerate() {
                match (returns[i], returns[j]) {
                    (Some(one), Some(other)) => *c += w * (one * other / hours - *c),
                    (None, None) => {}
                    _ => *c *= (1.0 - w).sqrt(),
                }
            }
        }
        for (last, price) in self.last.iter_mut().zip(prices) {
            if let Some(price) = price {
                *last = Some((*price, now));
            }
        }
        self.age += hours;
        self.at = now;
    }

    fn rho(&self, i: usize, j: usize) -> f64 {
        let (one, other) = (self.c[i][i], self.c[j][j]);
        if i == j {
            1.0
        } else if one < 1e-15 || other < 1e-15 {
            0.0
        } else {
            (self.c[i][j] / (one * other).sqrt()).clamp(-1.0, 1.0)
        }
    }
}

/// The hourly figures beside the covariances.
struct Sigmas {
    fast: Vec<f64>,
    measured: Vec<f64>,
    in_force: Vec<f64>,
    samples: Vec<u32>,
    pairs: f64,
}

impl Sigmas {
    fn new(slow: &Reference) -> Self {
        let fast: Vec<f64> = (0..LEGS.len()).map(|leg| slow.c[leg][leg]).collect();
        let start: Vec<f64> = fast.iter().map(|variance| variance.sqrt()).collect();
        let pairs = (0..DEBT)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| slow.c[i][j]);
        Self {
            pairs: pairs.sum(),
            fast,
            measured: start.clone(),
            in_force: start,
            samples: vec![0; LEGS.len()],
        }
    }

    fn hour(&mut self, slow: &mut Reference, prices: &[Option<f64>], now: u64) {
        let hours = slow.hours(now);
        let mut returns = slow.returns(prices, now);
        for (change, sigma) in returns.iter_mut().zip(&self.in_force) {
            let limit = (8.0 * sigma * hours.sqrt()).min(2.0);
            *change = change.map(|change: f64| change.clamp(-limit, limit));
        }
        let w = weight(hours, 24.0, slow.age);
        slow.update(&returns, 4_320.0, prices, now);
        let mut together = 0.0;
        for (i, change) in returns.iter().enumerate() {
            if let Some(change) = change {
                self.fast[i] += w * (change * change / hours - self.fast[i]);
                self.samples[i] += 1;
                if i < DEBT {
                    together += change * returns[..i].iter().flatten().sum::<f64>() / hours;
                }
            }
            self.measured[i] = ((self.fast[i] + slow.c[i][i]) / 2.0).sqrt().max(floor(i));
            let (from, to) = (self.in_force[i], self.measured[i]);
            let step = if to > from { 0.01 } else { 0.0025 } * hours * from;
            self.in_force[i] = (from + (to - from).clamp(-step, step)).max(floor(i));
        }
        self.pairs += w * (together - self.pairs);
    }

    /// σ of a leg by which a margin is judged.
    fn sigma(&self, slow: &Reference, leg: usize, now: u64, initial: bool) -> f64 {
        let mut sigma = self.in_force[leg].max(floor(leg));
        if initial {
            sigma = sigma.max(self.measured[leg]);
        }
        let old = slow.last[leg].is_none_or(|(_, time)| now - time > 86_400);
        if old || self.samples[leg] < 24 {
            sigma.max(2.0 * floor(leg))
        } else {
            sigma
        }
    }
}

fn k(x: &[f64], sigma: &[f64], coarse: &Reference) -> f64 {
    let y: Vec<f64> = x.iter().zip(sigma).map(|(x, sigma)| x * sigma).collect();
    let (mut q, mut s) = (0.0, 0.0);
    for (i, one) in y.iter().enumerate() {
        s += one * one;
        q += y
            .iter()
            .enumerate()
            .map(|(j, other)| coarse.rho(i, j) * one * other)
            .sum::<f64>();
    }
    let l = y.iter().sum::<f64>().powi(2);
    KAPPA * ((1.0 - DELTA) * q.max(0.0) + DELTA * l.max(s)).sqrt()
}

fn engine_k(x: &[f64], sigmas: &[Ratio], correlations: &Correlations) -> f64 {
    let params = MarginParams {
        kappa: Ratio::new(22_045_407_685_048_602_000),
        delta: Ratio::percent(25),
        cr_max: Ratio::ONE,
        phi: Ratio::ZERO,
        cost: Ratio::ZERO,
    };
    let legs: Vec<Leg> = x
        .iter()
        .zip(sigmas)
        .enumerate()
        .map(|(index, (x, sigma))| Leg {
            index,
            value: SignedValue::new(*x as i128 * 1_000_000_000_000_000_000),
            sigma: *sigma,
            exposure: Value::ZERO,
            depth: None,
            jump: Ratio::ZERO,
        })
        .collect();
    margin(&legs, correlations, &params)
        .unwrap()
        .volatility
        .raw() as f64
        / 1e18
}

/// Books in whole dollars: one of everything, two of few against dollars, a hedge, and some of any sign.
fn books() -> Vec<Vec<f64>> {
    let few = |held: &[(usize, f64)]| {
        let mut book = vec![0.0; LEGS.len()];
        held.iter().for_each(|(leg, dollars)| book[*leg] = *dollars);
        book
    };
    let mut books = vec![
        vec![10_000.0; LEGS.len()],
        few(&[(0, 50_000.0), (1, 50_000.0), (DEBT, -70_000.0)]),
        few(&[(6, 3_000.0), (DEBT, -1_800.0)]),
        few(&[(15, 1_000_000.0), (0, -850_000.0)]),
    ];
    let mut seed = 20_190_429u64;
    for _ in 0..6 {
        let book = (0..LEGS.len()).map(|_| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 - 8_388_608.0
        });
        books.push(book.collect());
    }
    books
}

/// The largest relative errors met.
#[derive(Debug, Default)]
struct Worst {
    margin: f64,
    covariance: f64,
    quiet: f64,
    correlation: f64,
    sigma: f64,
    mean: f64,
}

#[test]
fn the_engine_and_floating_point_agree_over_the_whole_history() {
    let path = file();
    if !path.exists() {
        println!("skipped: the hourly prices are not there; set WICKER_DATA to their folder");
        return;
    }
    let rows = rows(&path);
    let ratio = |number: f64| Ratio::new((number * 1e6).round() as u128 * 1_000_000_000_000);
    let prior = |leg: usize| LegPrior {
        floor: ratio(floor(leg)),
        stressed: ratio(2.0 * floor(leg)),
        correlation: ratio(assumed(leg)),
        weight: Seconds::hours(720),
    };
    let priors: Vec<LegPrior> = (0..LEGS.len()).map(prior).collect();
    let clock = Clock::default();
    let start = rows[0].time;
    let (mut risk, mut correlation) = (
        RiskState::new(&priors, Seconds::new(start)),
        CorrelationState::new(&priors, Seconds::new(start)),
    );
    let (mut slow, mut coarse) = (Reference::new(start), Reference::new(start));
    let mut sigmas = Sigmas::new(&slow);
    let books = books();
    let (mut worst, mut measured_hours, mut gaps, mut margins) = (Worst::default(), 0, 0, 0);
    for row in &rows[1..] {
        let now = row.time;
        let prices: Vec<Option<f64>> = row.prices.iter().map(|text| text.parse().ok()).collect();
        let samples: Vec<Option<Sample>> = row
            .prices
            .iter()
            .map(|text| {
                (!text.is_empty()).then(|| Sample {
                    price: price(text),
                    publish_time: Seconds::new(now),
                })
            })
            .collect();
        let measured = measure(
            &risk,
            &correlation,
            &clock,
            &priors,
            &samples,
            Seconds::new(now),
        );
        gaps += u32::from(measured.correlation_gap.is_some());
        risk = measured.risk.unwrap();
        sigmas.hour(&mut slow, &prices, now);
        measured_hours += 1;
        if let Some(state) = measured.correlation {
            correlation = state;
            let returns = coarse.returns(&prices, now);
            coarse.update(&returns, 720.0, &prices, now);
        }
        if measured_hours % 24 != 0 {
            continue;
        }
        compare(&risk, &correlation, (&slow, &coarse, &sigmas), &mut worst);
        let correlations = correlation.correlations();
        for initial in [false, true] {
            let engine = risk.sigmas(&priors, &clock, Seconds::new(now), initial);
            let float: Vec<f64> = (0..LEGS.len())
                .map(|leg| sigmas.sigma(&slow, leg, now, initial))
                .collect();
            for book in &books {
                let (found, expected) = (
                    engine_k(book, &engine, &correlations),
                    k(book, &float, &coarse),
                );
                worst.margin = worst.margin.max((found / expected - 1.0).abs());
                margins += 1;
            }
        }
        if let Some(means) = risk.mean_correlation(&clock, Seconds::new(now)) {
            let counted: Vec<usize> = (0..DEBT)
                .filter(|leg| slow.last[*leg].is_some_and(|(_, time)| now - time <= 86_400))
                .collect();
            let mean = |pairs: f64, variance: &dyn Fn(usize) -> f64| {
                let sum: f64 = counted.iter().map(|leg| variance(*leg).sqrt()).sum();
                let squares: f64 = counted.iter().map(|leg| variance(*leg)).sum();
                (2.0 * pairs / (sum * sum - squares)).clamp(-1.0, 1.0)
            };
            let pairs = counted.iter().flat_map(|i| {
                counted
                    .iter()
                    .take_while(move |j| *j < i)
                    .map(move |j| (*i, *j))
            });
            let expected = (
                mean(sigmas.pairs, &|leg| sigmas.fast[leg]),
                mean(pairs.map(|(i, j)| slow.c[i][j]).sum(), &|leg| {
                    slow.c[leg][leg]
                }),
            );
            for (found, expected) in [(means.fast, expected.0), (means.slow, expected.1)] {
                worst.mean = worst
                    .mean
                    .max((found.unwrap() as f64 / 1e18 - expected).abs());
            }
        }
    }
    println!("{measured_hours} hours, {margins} margins, {gaps} gaps of mean correlation; largest errors {worst:?}");
    assert!(measured_hours > 50_000, "the prices are not whole");
    assert!(worst.margin <= 1e-9, "{worst:?}");
    assert!(worst.covariance <= 1e-9, "{worst:?}");
    // Of the dollar, whose variance has nine digits less, the error in units of 1e-18: at most one for each hour of
    // the memory, and two of a return's square.
    assert!(worst.quiet <= 4_322.0, "{worst:?}");
    assert!(worst.correlation <= 1e-9, "{worst:?}");
    assert!(worst.sigma <= 1e-9, "{worst:?}");
    assert!(worst.mean <= 1e-6, "{worst:?}");
}

fn compare(
    risk: &RiskState,
    correlation: &CorrelationState,
    float: (&Reference, &Reference, &Sigmas),
    worst: &mut Worst,
) {
    let (slow, coarse, sigmas) = float;
    let rho = correlation.correlations();
    for (state, float) in [(&risk.slow, slow), (&correlation.coarse, coarse)] {
        for i in 0..LEGS.len() {
            for j in 0..=i {
                let error = (state.covariance(i, j) as f64 - float.c[i][j] * 1e18).abs();
                if i == DEBT {
                    worst.quiet = worst.quiet.max(error);
                } else {
                    let scale = (float.c[i][i] * float.c[j][j]).sqrt() * 1e18;
                    worst.covariance = worst.covariance.max(error / scale);
                }
            }
        }
    }
    for i in 0..DEBT {
        for j in 0..i {
            worst.correlation = worst
                .correlation
                .max((rho.rho(i, j) as f64 / 1e18 - coarse.rho(i, j)).abs());
        }
    }
    for (leg, found) in risk.legs.iter().enumerate().take(DEBT) {
        for (found, expected) in [
            (found.sigma, sigmas.in_force[leg]),
            (found.measured, sigmas.measured[leg]),
        ] {
            worst.sigma = worst
                .sigma
                .max((found.raw() as f64 / 1e18 / expected - 1.0).abs());
        }
        assert_eq!(found.samples, sigmas.samples[leg]);
    }
}
