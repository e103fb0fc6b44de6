//! A basket measured hour by hour by the engine's own integer code, as a chain would that is updated every hour: in an hour without
//! prices there are no samples, and records age.

use wicker_engine::correlation::Correlations;
use wicker_engine::covariance::{measure, Clock, CorrelationState, LegPrior, RiskState, Sample};
use wicker_math::{Price, Ratio, Seconds, HOUR, ONE};

use crate::books::{Basket, Margin, Study, HORIZON};
use crate::history::{History, DOLLAR};
use crate::parallel::each;
use crate::study::{StudyError, Watch};

/// The lowest σ that governance may set, which a dollar has.
const LEAST_SIGMA: f64 = 0.00001;
/// Hours of data that the assumptions weigh.
const PRIOR: Seconds = Seconds::hours(720);
/// Hours between two words on how far it has come.
const STRIDE: usize = 1_024;

/// What was known of a basket in every hour: data up to that hour and none after it.
#[derive(Debug, Clone)]
pub struct Track {
    /// Columns of the legs in the history, the debt last; `None` is a dollar.
    pub columns: Vec<Option<usize>>,
    /// J of each leg.
    pub jumps: Vec<Ratio>,
    /// By hour and leg, σ̂ per √hour.
    sigmas: Vec<Ratio>,
    /// The correlations, each with the first hour it holds in.
    correlations: Vec<(usize, Correlations)>,
    /// By hour, the place of its correlations.
    current: Vec<u32>,
}

impl Track {
    /// Measures a basket over a whole history.
    pub fn new(
        study: &Study,
        basket: &Basket,
        history: &History,
        watch: &dyn Fn(usize),
    ) -> Result<Self, StudyError> {
        let names = basket.collaterals.iter().chain([&basket.debt]);
        let columns: Vec<Option<usize>> = names
            .clone()
            .map(|name| {
                study
                    .asset(name)
                    .and_then(|asset| history.column(asset.column()))
            })
            .collect();
        let kappa = study.margin.kappa(study.margin.z);
        let priors: Vec<LegPrior> = names
            .clone()
            .map(|name| prior(study, name, kappa))
            .collect();
        let jumps = names.map(|name| study.asset(name).map_or(0.0, |asset| asset.jump));
        let mut track = Self {
            columns,
            jumps: jumps.map(ratio).collect(),
            sigmas: Vec::with_capacity(history.hours() * priors.len()),
            correlations: Vec::new(),
            current: Vec::with_capacity(history.hours()),
        };
        track.run(history, &priors, &clock(&study.margin), watch);
        Ok(track)
    }

    fn run(
        &mut self,
        history: &History,
        priors: &[LegPrior],
        clock: &Clock,
        watch: &dyn Fn(usize),
    ) {
        // The records begin an hour before the first price, so that its hour is measured.
        let begin = Seconds::new(history.start.saturating_sub(HOUR.get()));
        let mut risk = RiskState::new(priors, begin);
        let mut correlation = CorrelationState::new(priors, begin);
        self.correlations.push((0, correlation.correlations()));
        for hour in 0..history.hours() {
            let now = Seconds::new(history.time(hour));
            let samples = self.samples(history, hour, now);
            let measured = measure(&risk, &correlation, clock, priors, &samples, now);
            risk = measured.risk.unwrap_or(risk);
            if let Some(next) = measured.correlation {
                correlation = next;
                self.correlations.push((hour, correlation.correlations()));
            }
            self.sigmas.extend(risk.sigmas(priors, clock, now, false));
            self.current.push(self.correlations.len() as u32 - 1);
            if hour % STRIDE == STRIDE - 1 {
                watch(STRIDE);
            }
        }
        watch(history.hours() % STRIDE);
    }

    fn samples(&self, history: &History, hour: usize, now: Seconds) -> Vec<Option<Sample>> {
        let sample = |column: &Option<usize>| {
            let price = match column {
                Some(column) => history.price(hour, *column).and_then(engine_price),
                None => Some(Price::ONE),
            };
            price.map(|price| Sample {
                price,
                publish_time: now,
            })
        };
        self.columns.iter().map(sample).collect()
    }

    /// Legs, the debt included.
    pub fn legs(&self) -> usize {
        self.columns.len()
    }

    /// Hours that were measured.
    pub fn hours(&self) -> usize {
        self.current.len()
    }

    /// σ̂ of each leg in an hour.
    pub fn sigmas(&self, hour: usize) -> &[Ratio] {
        let legs = self.legs();
        self.sigmas
            .get(hour * legs..(hour + 1) * legs)
            .unwrap_or(&[])
    }

    /// The correlations in force in an hour.
    pub fn correlations(&self, hour: usize) -> Option<&Correlations> {
        let at = *self.current.get(hour)? as usize;
        self.correlations
            .get(at)
            .map(|(_, correlations)| correlations)
    }
}

/// Measures every basket, on all cores.
pub fn tracks(
    study: &Study,
    history: &History,
    watch: Watch<'_>,
) -> Result<Vec<Track>, StudyError> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let whole = study.baskets.len() * history.hours();
    let done = AtomicUsize::new(0);
    let step = |hours: usize| watch(done.fetch_add(hours, Ordering::Relaxed) + hours, whole);
    each(&study.baskets, |basket| {
        Track::new(study, basket, history, &step)
    })
}

/// The engine's clock with a study's memories and steps.
pub fn clock(margin: &Margin) -> Clock {
    Clock {
        fast: Seconds::hours(margin.fast_hours.into()),
        slow: Seconds::hours(margin.slow_hours.into()),
        coarse: Seconds::hours(margin.correlation_hours.into()),
        step_up: ratio(margin.step_up),
        step_down: ratio(margin.step_down),
        horizon: Seconds::hours(HORIZON as u64),
        ..Clock::default()
    }
}

fn prior(study: &Study, name: &str, kappa: f64) -> LegPrior {
    let asset = study.asset(name).filter(|_| name != DOLLAR);
    let floor = asset.map_or(LEAST_SIGMA, |asset| {
        (asset.haircut * study.margin.floor_share / kappa).max(LEAST_SIGMA)
    });
    // Young and old records are judged like an asset under the whole haircut, twice over.
    let stressed = asset.map_or(LEAST_SIGMA, |asset| 2.0 * asset.haircut / kappa);
    LegPrior {
        floor: ratio(floor),
        stressed: ratio(stressed.max(floor)),
        correlation: ratio(asset.map_or(0.0, |asset| asset.correlation)),
        weight: PRIOR,
    }
}

/// A figure as the engine writes it; what is not a number above zero is zero.
pub fn ratio(figure: f64) -> Ratio {
    Ratio::new((figure * ONE as f64) as u128)
}

fn engine_price(dollars: f64) -> Option<Price> {
    Price::new((dollars * 1e24) as u128).ok()
}
