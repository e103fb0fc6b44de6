//! Measuring risk: how variances and covariances of a basket's legs move as prices arrive, on a clock of their own.
//!
//! Nothing here can fail: whatever the prices and however long the silence, measuring ends with finite figures, because deposits and
//! repayments pass through it.

use serde::{Deserialize, Serialize};
use wicker_math::{
    full_product, mul_div_ceil, mul_div_floor, sqrt_ceil_wide, sqrt_floor_wide, Divisor, Price,
    Ratio, Seconds, HOUR, ONE,
};

use crate::average::{gain, gain_of, scaled, Step};
use crate::basket::Risk;
use crate::correlation::Correlations;
use crate::monitor::{self, MeanCorrelation};

const UNIT: i64 = ONE as i64;

/// No return counts for more than this, whatever σ says.
const LARGEST_RETURN: i64 = 2 * UNIT;
/// Returns are clipped at this many σ.
const CLIP: u128 = 8;
/// Variances under this, at 1e-18, have no correlation.
const EPSILON: u64 = 1_000;

/// How a basket is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Time between measurements of variance.
    pub grid: Seconds,
    /// Memory of the fast variance.
    pub fast: Seconds,
    /// Memory of the covariances.
    pub slow: Seconds,
    /// Time between measurements of correlation.
    pub coarse_grid: Seconds,
    /// Memory of the correlations.
    pub coarse: Seconds,
    /// A leg with fewer samples is young: its stressed σ holds.
    pub min_samples: u32,
    /// A leg without a sample for longer is old: its stressed σ holds.
    pub max_age: Seconds,
    /// Largest rise of σ̂ an hour, as a share.
    pub step_up: Ratio,
    /// Largest fall of σ̂ an hour, as a share.
    pub step_down: Ratio,
    /// The horizon of the margin; σ on an old price is scaled by it.
    pub horizon: Seconds,
    /// A mean correlation of the last day further than this from that of the last months is told.
    pub correlation_gap: Ratio,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            grid: HOUR,
            fast: Seconds::hours(24),
            slow: Seconds::hours(4_320),
            coarse_grid: Seconds::hours(4),
            coarse: Seconds::hours(720),
            min_samples: 24,
            max_age: Seconds::hours(24),
            step_up: Ratio::percent(1),
            step_down: Ratio::bps(25),
            horizon: Seconds::hours(24),
            correlation_gap: Ratio::percent(30),
        }
    }
}

impl Clock {
    /// True when a boundary of the grid lies between the two moments. The coarse grid is a multiple of the grid, so none of its
    /// boundaries is missed.
    pub fn crossed(&self, before: Seconds, now: Seconds) -> bool {
        let grid = self.grid.get().max(1);
        now.get() / grid > before.get() / grid
    }

    /// How old a price may be to become a sample: a grid and an eighth. A source that publishes once a grid always has one that is
    /// not older, so that whoever measures first after a boundary cannot leave it without a sample.
    const fn window(&self) -> Seconds {
        let grid = self.grid.get();
        Seconds::new(grid.saturating_add(grid / 8))
    }
}

/// What governance assumes of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegPrior {
    /// Lowest σ per √hour.
    pub floor: Ratio,
    /// σ per √hour while the measurement is young or old.
    pub stressed: Ratio,
    /// Correlation with the others, as the product of the two legs' square roots.
    pub correlation: Ratio,
    /// Time of data the assumptions weigh.
    pub weight: Seconds,
}

impl From<&Risk> for LegPrior {
    fn from(risk: &Risk) -> Self {
        Self {
            floor: risk.floor,
            stressed: risk.stressed,
            correlation: risk.correlation,
            weight: risk.weight,
        }
    }
}

impl LegPrior {
    /// Variance an hour at the start, at 1e-18: twice the floor's.
    pub(crate) fn variance(&self) -> i64 {
        narrow(product(2 * self.floor.raw(), self.floor.raw()))
    }
}

impl LegRisk {
    /// What is assumed before the first sample.
    pub(crate) fn new(prior: &LegPrior) -> Self {
        let fast = prior.variance();
        let measured = sigma(fast, fast, prior.floor);
        Self {
            fast,
            measured,
            sigma: measured,
            samples: 0,
        }
    }
}

/// A price that may become a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The price.
    pub price: Price,
    /// When its source published it.
    pub publish_time: Seconds,
}

/// Second moments of the legs' returns an hour, on one grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    /// When they were last measured.
    pub measured_at: Seconds,
    /// Time of data behind them, assumptions included.
    pub age: Seconds,
    /// Each leg's last sample.
    #[serde(with = "samples")]
    pub last: Vec<Option<(Price, Seconds)>>,
    /// Rows of the lower triangle with the diagonal, at 1e-18 an hour.
    pub lower: Vec<i64>,
}

/// The hourly record: variances, covariances and the σ in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskState {
    /// Slow covariances.
    pub slow: Moments,
    /// Each leg's fast variance and σ.
    pub legs: Vec<LegRisk>,
    /// The sum of the fast covariances of all pairs of collaterals, an hour at 1e-18.
    pub pairs: i64,
}

/// A leg's risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegRisk {
    /// Fast variance an hour at 1e-18.
    pub fast: i64,
    /// s: σ per √hour as measured.
    pub measured: Ratio,
    /// σ̂: σ per √hour in force, which follows s by bounded steps.
    pub sigma: Ratio,
    /// Samples taken.
    pub samples: u32,
}

/// The coarse record: what correlations are read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrelationState {
    /// Covariances on the coarse grid.
    pub coarse: Moments,
}

/// What a measurement comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The hourly record, when its grid boundary has passed.
    pub risk: Option<RiskState>,
    /// The coarse record, when its grid boundary has passed.
    pub correlation: Option<CorrelationState>,
    /// Legs whose return was clipped.
    pub clipped: Vec<usize>,
    /// The mean correlations, when their gap has just passed the clock's.
    pub correlation_gap: Option<MeanCorrelation>,
}

/// Samples with the zeros of their prices counted: sources write few digits.
mod samples {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use wicker_math::{short, Price, Seconds};

    #[derive(Serialize, Deserialize)]
    struct Stored(#[serde(with = "short")] u128, Seconds);

    pub fn serialize<S: Serializer>(
        last: &[Option<(Price, Seconds)>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let stored = |(price, time): (Price, Seconds)| Stored(price.raw(), time);
        serializer.collect_seq(last.iter().map(|last| last.map(stored)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Option<(Price, Seconds)>>, D::Error> {
        let stored = Vec::<Option<Stored>>::deserialize(deserializer)?;
        let sample = |Stored(raw, time)| Price::new(raw).map(|price| (price, time));
        let samples = stored
            .into_iter()
            .map(|stored| stored.map(sample).transpose());
        samples
            .collect::<Result<_, _>>()
            .map_err(serde::de::Error::custom)
    }
}

impl Moments {
    /// Twice the floor's variance and the assumed correlations.
    pub fn new(priors: &[LegPrior], now: Seconds) -> Self {
        let mut lower = Vec::new();
        for (i, one) in priors.iter().enumerate() {
            for other in priors.iter().take(i) {
                let rho = sqrt_floor_wide(one.correlation.raw(), other.correlation.raw());
                let sigmas = product(2 * one.floor.raw(), other.floor.raw());
                lower.push(narrow(product(rho.min(ONE), sigmas)));
            }
            lower.push(one.variance());
        }
        Self {
            measured_at: now,
            age: priors
                .iter()
                .map(|prior| prior.weight)
                .max()
                .unwrap_or(HOUR),
            last: vec![None; priors.len()],
            lower,
        }
    }

    fn at(row: usize, column: usize) -> usize {
        row.saturating_mul(row.saturating_add(1)) / 2 + column
    }

    /// Two legs' covariance an hour at 1e-18; zero for a pair that is not there.
    pub fn covariance(&self, i: usize, j: usize) -> i64 {
        let at = Self::at(i.max(j), i.min(j));
        self.lower.get(at).copied().unwrap_or(0)
    }

    /// A leg's variance an hour at 1e-18.
    pub fn variance(&self, leg: usize) -> i64 {
        self.covariance(leg, leg)
    }

    /// ρ of every pair, truncated toward zero; zero where a variance is next to nothing.
    pub fn correlations(&self) -> Correlations {
        // Without a root a leg has no correlation.
        let root = |leg| {
            let variance = u64::try_from(self.variance(leg)).unwrap_or(0);
            let defined = variance >= EPSILON;
            defined.then(|| Divisor::new(sqrt_ceil_wide(variance.into(), ONE) as u64))
        };
        let roots: Vec<Option<Divisor>> = (0..self.last.len()).map(root).collect();
        let mut lower = Vec::with_capacity(self.lower.len());
        let mut rest = self.lower.iter();
        for (i, one) in roots.iter().enumerate() {
            for (other, covariance) in roots.iter().take(i).zip(rest.by_ref()) {
                // One root at a time: their product would lose the digits of quiet assets.
                let rho = one
                    .zip(*other)
                    .map(|(one, other)| over(over(*covariance, &one), &other));
                lower.push(rho.unwrap_or(0));
            }
            // The diagonal.
            rest.next();
        }
        Correlations::new(lower)
    }

    /// True when a boundary of `grid` has passed since the last measurement.
    fn due(&self, grid: Seconds, now: Seconds) -> bool {
        let grid = grid.get().max(1);
        now.get() / grid > self.measured_at.get() / grid
    }

    /// Each leg's return since its last sample, scaled to `elapsed`; `None` without a fresh sample that is newer than the last.
    fn returns(
        &self,
        window: Seconds,
        samples: &[Option<Sample>],
        now: Seconds,
    ) -> Vec<Option<i64>> {
        let elapsed = now.since(self.measured_at);
        let fresh = |sample: &Sample| now.since(sample.publish_time) <= window;
        let one = |(sample, last): (&Option<Sample>, &Option<(Price, Seconds)>)| {
            let (sample, (price, time)) = (sample.filter(fresh)?, (*last)?);
            let span = sample.publish_time.since(time);
            if span.get() == 0 {
                return None;
            }
            let change = growth(price, sample.price);
            Some(if span > elapsed {
                shortened(change, elapsed, span)
            } else {
                change
            })
        };
        samples.iter().zip(&self.last).map(one).collect()
    }

    /// The moments after these returns over the time since the last measurement. A leg without a return keeps its variance, and its
    /// covariances fade by √(1-w), which keeps the matrix positive semidefinite.
    fn update(
        &self,
        returns: &[Option<i64>],
        step: &Step,
        samples: &[Option<Sample>],
        window: Seconds,
        now: Seconds,
    ) -> Self {
        let fade = step.fade();
        let mut lower = self.lower.clone();
        let mut rest = lower.iter_mut();
        for (i, one) in returns.iter().enumerate() {
            for (other, covariance) in returns.iter().take(i.saturating_add(1)).zip(rest.by_ref()) {
                match (one, other) {
                    (Some(one), Some(other)) => {
                        *covariance = step.average(*covariance, gain(*one, *other));
                    }
                    (None, None) => {}
                    _ => *covariance = scaled(*covariance, fade),
                }
            }
        }
        let fresh = |sample: &Sample| now.since(sample.publish_time) <= window;
        let last = samples.iter().zip(&self.last).map(|(sample, last)| {
            let newer = sample
                .filter(fresh)
                .filter(|sample| last.is_none_or(|(_, time)| sample.publish_time > time));
            newer.map_or(*last, |sample| Some((sample.price, sample.publish_time)))
        });
        Self {
            measured_at: now,
            age: self.age.plus(now.since(self.measured_at)),
            last: last.collect(),
            lower,
        }
    }
}

impl RiskState {
    /// Governance's assumptions.
    pub fn new(priors: &[LegPrior], now: Seconds) -> Self {
        let slow = Moments::new(priors, now);
        Self {
            pairs: clamp(monitor::pairs(&slow, |_| true)),
            legs: priors.iter().map(LegRisk::new).collect(),
            slow,
        }
    }

    /// σ per √hour of each leg: σ̂ for open positions, for new risk the larger of it and the measured one; while the measurement is
    /// young or old, at least the stressed figure.
    pub fn sigmas(
        &self,
        priors: &[LegPrior],
        clock: &Clock,
        now: Seconds,
        initial: bool,
    ) -> Vec<Ratio> {
        let legs = self.legs.iter().zip(priors).zip(&self.slow.last);
        legs.map(|((leg, prior), last)| {
            let sampled = last.map_or(0, |(_, time)| time.get());
            let old = now.get().saturating_sub(sampled) > clock.max_age.get();
            let mut sigma = leg.sigma.max(prior.floor);
            if initial {
                sigma = sigma.max(leg.measured);
            }
            if old || leg.samples < clock.min_samples {
                sigma = sigma.max(prior.stressed);
            }
            sigma
        })
        .collect()
    }

    fn next(
        &self,
        clock: &Clock,
        priors: &[LegPrior],
        samples: &[Option<Sample>],
        now: Seconds,
    ) -> (Self, Vec<usize>) {
        let elapsed = now.since(self.slow.measured_at);
        let window = clock.window();
        let mut returns = self.slow.returns(window, samples, now);
        let mut clipped = Vec::new();
        let spread = root_hours(elapsed);
        for (leg, (change, risk)) in returns.iter_mut().zip(&self.legs).enumerate() {
            let limit = clip(risk.sigma, spread);
            if let Some(change) = change.as_mut().filter(|change| change.abs() > limit) {
                *change = (*change).clamp(-limit, limit);
                clipped.push(leg);
            }
        }
        let slowly = Step::new(elapsed, clock.slow, self.slow.age);
        let slow = self.slow.update(&returns, &slowly, samples, window, now);
        let step = Step::new(elapsed, clock.fast, self.slow.age);
        let (up, down) = (clock.step_up, clock.step_down);
        let [up, down] = [up, down].map(|rate| share(rate, elapsed));
        let legs = self.legs.iter().zip(&returns).zip(priors).enumerate();
        let legs = legs.map(|(at, ((leg, change), prior))| {
            let fast = change.map_or(leg.fast, |change| {
                step.average(leg.fast, gain(change, change))
            });
            let measured = sigma(fast, slow.variance(at), prior.floor);
            LegRisk {
                fast,
                measured,
                sigma: stepped(leg.sigma, measured, up, down).max(prior.floor),
                samples: leg.samples.saturating_add(u32::from(change.is_some())),
            }
        });
        (
            Self {
                legs: legs.collect(),
                pairs: step.average(self.pairs, gain_of(monitor::products(&returns))),
                slow,
            },
            clipped,
        )
    }
}

impl CorrelationState {
    /// Governance's assumptions.
    pub fn new(priors: &[LegPrior], now: Seconds) -> Self {
        Self {
            coarse: Moments::new(priors, now),
        }
    }

    /// ρ of every pair, truncated toward zero; zero where a variance is next to nothing.
    pub fn correlations(&self) -> Correlations {
        self.coarse.correlations()
    }
}

/// Measures what is due at `now`. Never fails; records that are not due are `None`.
pub fn measure(
    risk: &RiskState,
    correlation: &CorrelationState,
    clock: &Clock,
    priors: &[LegPrior],
    samples: &[Option<Sample>],
    now: Seconds,
) -> Measured {
    let (mut next, mut clipped, mut correlation_gap) = (None, Vec::new(), None);
    if risk.slow.due(clock.grid, now) {
        let (state, legs) = risk.next(clock, priors, samples, now);
        // It is rarely there, and what was before is asked only then.
        correlation_gap = state.correlation_gap(clock, now).filter(|_| {
            let before = risk.correlation_gap(clock, risk.slow.measured_at);
            before.is_none()
        });
        (next, clipped) = (Some(state), legs);
    }
    let coarse = &correlation.coarse;
    let correlation = coarse.due(clock.coarse_grid, now).then(|| {
        let returns = coarse.returns(clock.window(), samples, now);
        let step = Step::new(now.since(coarse.measured_at), clock.coarse, coarse.age);
        let coarse = coarse.update(&returns, &step, samples, clock.window(), now);
        CorrelationState { coarse }
    });
    Measured {
        risk: next,
        correlation,
        clipped,
        correlation_gap,
    }
}

/// `number/divisor`, both at 1e-18, truncated toward zero.
fn over(number: i64, divisor: &Divisor) -> i64 {
    divisor.quotient(full_product(number, UNIT))
}

/// σ on a price of this age: `σ·√(1 + age/horizon)`, rounded up.
pub fn aged(sigma: Ratio, age: Seconds, horizon: Seconds) -> Ratio {
    if age.get() == 0 {
        return sigma;
    }
    let growth = mul_div_ceil(age.get().into(), ONE, horizon.get().max(1).into());
    let factor = growth
        .map(|growth| growth.saturating_add(ONE))
        .map(|factor| sqrt_ceil_wide(factor, ONE));
    factor
        .and_then(|factor| sigma.mul_div_ceil(factor, ONE))
        .unwrap_or(Ratio::MAX)
}

/// `to/from - 1` at 1e-18, truncated, at most [`LARGEST_RETURN`] either way.
fn growth(from: Price, to: Price) -> i64 {
    let size = mul_div_floor(from.raw().abs_diff(to.raw()), ONE, from.raw());
    let size = size
        .ok()
        .and_then(|size| i64::try_from(size).ok())
        .unwrap_or(LARGEST_RETURN)
        .min(LARGEST_RETURN);
    if to < from {
        -size
    } else {
        size
    }
}

/// A return over `span` as one over the shorter `elapsed`.
fn shortened(change: i64, elapsed: Seconds, span: Seconds) -> i64 {
    let share = ratio(elapsed.get().into(), span.get().into());
    scaled(change, sqrt_floor_wide(share, ONE).min(ONE) as i64)
}

/// The root of a time in hours at 1e-18, rounded down.
fn root_hours(time: Seconds) -> u128 {
    sqrt_floor_wide(ratio(time.get().into(), HOUR.get().into()), ONE)
}

/// The largest return that counts: 8σ over a time with this root.
fn clip(sigma: Ratio, root_hours: u128) -> i64 {
    let spread = sigma.mul_div_ceil(root_hours, ONE).unwrap_or(Ratio::MAX);
    i64::try_from(spread.raw().saturating_mul(CLIP))
        .unwrap_or(LARGEST_RETURN)
        .min(LARGEST_RETURN)
}

/// `max(floor, √((F + C)/2))`, rounded up.
fn sigma(fast: i64, slow: i64, floor: Ratio) -> Ratio {
    let sum = (i128::from(fast) + i128::from(slow)).max(0) as u128;
    Ratio::new(sqrt_ceil_wide(sum, ONE / 2)).max(floor)
}

/// The largest step of σ̂ in a time, at this rate an hour.
fn share(rate: Ratio, time: Seconds) -> u128 {
    rate.raw().saturating_mul(time.get().into()) / u128::from(HOUR.get())
}

/// σ̂ a step later: toward the measured one by at most these shares of itself.
fn stepped(from: Ratio, to: Ratio, up: u128, down: u128) -> Ratio {
    let share = if to > from { up } else { down };
    let step = from.mul_div_ceil(share, ONE).unwrap_or(Ratio::MAX).raw();
    let (from, to) = (from.raw(), to.raw());
    Ratio::new(if to > from {
        to.min(from.saturating_add(step))
    } else {
        to.max(from.saturating_sub(step))
    })
}

/// Two ratios' product, truncated; saturating.
fn product(one: u128, other: u128) -> u128 {
    mul_div_floor(one, other, ONE).unwrap_or(u128::MAX)
}

/// `part/whole` at 1e-18, truncated; saturating.
fn ratio(part: u128, whole: u128) -> u128 {
    mul_div_floor(part, ONE, whole).unwrap_or(u128::MAX)
}

fn narrow(raw: u128) -> i64 {
    i64::try_from(raw).unwrap_or(i64::MAX)
}

fn clamp(raw: i128) -> i64 {
    i64::try_from(raw).unwrap_or(if raw < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prior(floor: u64) -> LegPrior {
        LegPrior {
            floor: Ratio::new(u128::from(floor)),
            stressed: Ratio::percent(2),
            correlation: Ratio::percent(50),
            weight: Seconds::hours(10_000),
        }
    }

    fn sample(units: u128, exponent: i32, at: u64) -> Option<Sample> {
        Some(Sample {
            price: Price::from_scientific(units, exponent).unwrap(),
            publish_time: Seconds::new(at),
        })
    }

    /// MODEL V1: figures from a 60-digit decimal calculation, integers exact under truncation.
    #[test]
    fn v1_two_assets_fall_for_an_hour() {
        let priors = [prior(1), prior(1)];
        let mut risk = RiskState::new(&priors, Seconds::default());
        risk.slow.lower = vec![40_000_000_000_000, 42_000_000_000_000, 100_000_000_000_000];
        risk.slow.last = vec![
            Some((
                Price::from_scientific(60_000, 0).unwrap(),
                Seconds::default(),
            )),
            Some((Price::from_scientific(10, 0).unwrap(), Seconds::default())),
        ];
        for (leg, fast) in risk
            .legs
            .iter_mut()
            .zip([40_000_000_000_000, 100_000_000_000_000])
        {
            leg.fast = fast;
            leg.sigma = Ratio::percent(1);
        }
        let correlation = CorrelationState {
            coarse: risk.slow.clone(),
        };
        let now = Seconds::hours(1);
        let samples = [sample(59_400, 0, 3_600), sample(965, -2, 3_600)];
        let measured = measure(
            &risk,
            &correlation,
            &Clock::default(),
            &priors,
            &samples,
            now,
        );
        let next = measured.risk.unwrap();
        assert_eq!(
            next.slow.lower,
            [40_013_885_674_612, 42_071_279_796_343, 100_260_356_398_981]
        );
        assert_eq!(next.legs[0].fast, 42_400_000_000_000);
        assert_eq!(next.legs[1].fast, 145_000_000_000_000);
        // The published roots are floors of a truncated mean; ours are rounded up from the exact one.
        for (leg, root) in next
            .legs
            .iter()
            .zip([6_419_263_418_594_535, 11_073_851_100_655_543])
        {
            let over = leg.measured.raw() - root;
            assert!(over <= 40, "{over}");
        }
        let rho = CorrelationState { coarse: next.slow }
            .correlations()
            .rho(0, 1);
        assert!((rho - 664_225_795_811_597_000).abs() < 1_000, "{rho}");
        assert!(measured.correlation.is_none() && measured.clipped.is_empty());
    }

    #[test]
    fn stale_prices_do_not_calm_the_estimate() {
        let priors = [prior(1_000_000_000_000_000); 2];
        let mut risk = RiskState::new(&priors, Seconds::default());
        risk.slow.last = vec![Some((Price::ONE, Seconds::new(10))); 2];
        let correlation = CorrelationState::new(&priors, Seconds::default());
        let samples = [sample(1, 0, 10), None];
        let later = measure(
            &risk,
            &correlation,
            &Clock::default(),
            &priors,
            &samples,
            Seconds::hours(1),
        );
        let next = later.risk.unwrap();
        assert_eq!(next.slow.lower, risk.slow.lower);
        assert_eq!(next.legs, risk.legs);
    }

    #[test]
    fn sigma_in_force_rises_by_one_percent_an_hour_at_most() {
        let clock = Clock::default();
        let (from, high) = (Ratio::percent(1), Ratio::percent(9));
        let step = |to, time| {
            let (up, down) = (share(clock.step_up, time), share(clock.step_down, time));
            stepped(from, to, up, down)
        };
        assert_eq!(step(high, HOUR), Ratio::bps(101));
        assert_eq!(
            step(Ratio::ZERO, Seconds::hours(2)),
            Ratio::new(9_950_000_000_000_000)
        );
    }

    proptest! {
        /// Whatever the prices and the gaps, figures stay finite, variances do not fall below zero and every pair keeps |ρ| ≤ 1.
        #[test]
        fn measuring_never_fails(steps in proptest::collection::vec((1u64..400_000_000, proptest::collection::vec(proptest::option::of((1u128..1_000_000, -12i32..4, 0u64..2_000)), 4)), 1..40)) {
            let priors = [prior(1_000_000_000_000_000); 4];
            let clock = Clock::default();
            let (mut risk, mut correlation) = (RiskState::new(&priors, Seconds::default()), CorrelationState::new(&priors, Seconds::default()));
            let mut now = 0;
            for (wait, prices) in steps {
                now += wait;
                let samples: Vec<_> = prices.iter().map(|price| price.and_then(|(units, exponent, age)| sample(units, exponent, now.saturating_sub(age)))).collect();
                let measured = measure(&risk, &correlation, &clock, &priors, &samples, Seconds::new(now));
                risk = measured.risk.unwrap_or(risk);
                correlation = measured.correlation.unwrap_or(correlation);
                for (leg, figures) in risk.legs.iter().enumerate() {
                    prop_assert!(figures.fast >= 0 && risk.slow.variance(leg) >= 0);
                    prop_assert!(figures.sigma >= priors[leg].floor);
                }
                let rho = correlation.correlations();
                for i in 0..4 { for j in 0..4 { prop_assert!(rho.rho(i, j).abs() <= i128::from(UNIT)); } }
            }
        }
    }
}
