//! Many drawn books of one basket: how much can be lent on them when a given share of all openings may go under.

use rand::Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::books::{Basket, Random, Study};
use crate::history::History;
use crate::measure::Track;
use crate::parallel::each;
use crate::stats::{mean, upper_quantile};
use crate::study::StudyError;

use super::edge::{Edge, Portfolio};
use super::outcome::{outcomes, Outcomes, OWN};
use super::{haircut_limit, judged, placed};

/// Shares of openings that may go under within 24 hours.
pub const RATES: [f64; 2] = [0.01, 0.001];
/// Most assets of a drawn book.
const MOST: usize = 6;

/// A set of drawn books.
#[derive(Debug, Clone, Serialize)]
pub struct Drawn {
    /// Its name.
    pub name: String,
    /// Books that had anything to judge.
    pub books: usize,
    /// Openings of all of them.
    pub openings: usize,
    /// At 1 % and at 0.1 % of the openings going under.
    pub at: Vec<AtRate>,
}

/// What both rules lend when they fail equally often.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AtRate {
    /// Share of openings that go under.
    pub rate: f64,
    /// Mean debt over collateral of static haircuts.
    pub haircuts: f64,
    /// Mean debt over collateral of the measured margin.
    pub model: f64,
    /// The multiple of κ that it took.
    pub scale: f64,
}

/// A drawn book with what became of it.
struct Opened {
    portfolio: Portfolio,
    outcomes: Outcomes,
    /// For each opening, the multiple of κ, and of the haircuts, at which it just did not go under.
    needed: Vec<f64>,
    needed_haircut: Vec<f64>,
}

/// Draws the books of a set and judges them.
pub fn random(
    study: &Study,
    history: &History,
    tracks: &[Track],
    set: &Random,
    step: &(dyn Fn() + Sync),
) -> Result<Drawn, StudyError> {
    let (basket, track) = placed(study, tracks, &set.basket)?;
    let opened = each(draw(set, basket), |portfolio| {
        let opened = open(study, history, (basket, track), set, portfolio);
        step();
        opened
    })?;
    let rates = RATES.iter();
    Ok(Drawn {
        name: set.name.clone(),
        books: opened.iter().filter(|one| !one.needed.is_empty()).count(),
        openings: opened.iter().map(|one| one.needed.len()).sum(),
        at: rates
            .map(|rate| at_rate(study, (basket, track), &opened, *rate))
            .collect::<Result<_, _>>()?,
    })
}

/// Two to six assets each, in shares drawn evenly from all there are.
fn draw(set: &Random, basket: &Basket) -> Vec<Portfolio> {
    let mut dice = ChaCha8Rng::seed_from_u64(set.seed);
    let legs = basket.collaterals.len();
    let book = |_| {
        let mut order: Vec<usize> = (0..legs).collect();
        let count = dice.random_range(2.min(legs)..=MOST.min(legs));
        for at in 0..count {
            let other = dice.random_range(at..legs);
            order.swap(at, other);
        }
        order.truncate(count);
        order.sort_unstable();
        let weights: Vec<f64> = order
            .iter()
            .map(|_| -(1.0 - dice.random::<f64>()).ln())
            .collect();
        let whole: f64 = weights.iter().sum();
        Portfolio {
            shares: order
                .into_iter()
                .zip(weights.iter().map(|weight| weight / whole))
                .collect(),
            debt: legs,
        }
    };
    (0..set.count).map(book).collect()
}

fn open(
    study: &Study,
    history: &History,
    (basket, track): (&Basket, &Track),
    set: &Random,
    portfolio: Portfolio,
) -> Result<Opened, StudyError> {
    let (from, to) = judged(study, history);
    let outcomes = outcomes(history, track, &portfolio, (from, to, set.every_hours));
    let kappa = study.margin.kappa(study.margin.z);
    let edge = Edge::new(track, &portfolio, (kappa, basket.stress), false);
    let openings = outcomes.hours.iter().zip(&outcomes.worst);
    let needed = openings.map(|(hour, worst)| {
        let owed = worst[OWN].clamp(0.0, 1.0);
        // K is homogeneous in κ: the position that owes what the collateral fell to needs this multiple.
        let margin = edge.margin(*hour, owed)?;
        Ok((1.0 - owed) / margin.max(1e-12))
    });
    let needed = needed.collect::<Result<_, StudyError>>()?;
    // A haircut limit is (1-s·h)/(1+s·d): with two of them h and d are known.
    let whole = haircut_limit(study, basket, &portfolio, 1.0);
    let debt = study.asset(&basket.debt).map_or(0.0, |asset| asset.haircut);
    let held = 1.0 - whole * (1.0 + debt);
    let lows = outcomes
        .worst
        .iter()
        .map(|worst| worst[OWN].clamp(0.0, 1.0));
    let needed_haircut = lows.map(|low| (1.0 - low) / (held + low * debt)).collect();
    Ok(Opened {
        portfolio,
        outcomes,
        needed,
        needed_haircut,
    })
}

fn at_rate(
    study: &Study,
    (basket, track): (&Basket, &Track),
    opened: &[Opened],
    rate: f64,
) -> Result<AtRate, StudyError> {
    let pooled = |needed: fn(&Opened) -> &Vec<f64>| {
        let mut all: Vec<f64> = opened.iter().flat_map(needed).copied().collect();
        upper_quantile(&mut all, rate)
    };
    let scale = pooled(|one| &one.needed);
    let haircut_scale = pooled(|one| &one.needed_haircut);
    let kappa = study.margin.kappa(study.margin.z) * scale;
    let limits = each(opened, |one| {
        let edge = Edge::new(track, &one.portfolio, (kappa, basket.stress), false);
        super::limits(&edge, &one.outcomes)
    })?;
    let haircuts = opened.iter().flat_map(|one| {
        let limit = haircut_limit(study, basket, &one.portfolio, haircut_scale);
        one.needed.iter().map(move |_| limit)
    });
    Ok(AtRate {
        rate,
        haircuts: mean(haircuts),
        model: mean(limits.iter().flatten().copied()),
        scale,
    })
}
