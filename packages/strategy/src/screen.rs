//! Which positions are under their maintenance margin.
//!
//! A first pass works in floating point with figures that are the same for a whole basket, and asks one question: is the position
//! healthy beyond any doubt? Every figure that speaks for the position is taken lower and every one against it higher than the engine's
//! rounding and the machine's could ever make it. Only who fails goes to the engine, so the answer is the engine's exactly.
//!
//! How far off the first pass may be, with `u = 2^-53`, at most 17 legs, `y = CR·σ·x`, `A = Σ|y|`, `e` a bound on the sum of errors of y:
//! a value is wrong by less than `1e-15` of itself and the engine rounds it by one unit of `1e-18` dollars, which [`RELATIVE`] and
//! [`ABSOLUTE`] cover; the engine keeps 57 bits of the largest value and of the largest y, so `e ≤ n·max|x|·max(CR·σ)·4e-15` and the
//! like; for each form F of y (Q, L and S, as no correlation is beyond one) `|F(y + e) - F(y)| ≤ 2·e·A + e²`, and its sums in floating
//! point lose less than `n²·u·A² < 4e-14·A²`. [`FORM`] of `A²` is added instead.

use wicker_engine::health::{Assessment, Book, BookLeg, HealthError, Test};
use wicker_math::{Index, Price, Ratio, Seconds, Shares};

use crate::positions::Packed;
use crate::snapshot::{BasketState, Snapshot};

/// Legs of a basket, the debt among them.
const LEGS: usize = wicker_engine::basket::MAX_COLLATERALS + 1;
/// By which part of itself a sum of values may be wrong.
const RELATIVE: f64 = 1e-12;
/// Dollars by which it may be wrong besides: a thousand units of the engine's.
const ABSOLUTE: f64 = 1e-15;
/// By which part of A² a form may be wrong.
const FORM: f64 = 1e-12;
const UNIT: f64 = 1e18;

/// A position under its maintenance margin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The place of its basket in the snapshot.
    pub basket: usize,
    /// Its id.
    pub id: u64,
    /// Its equity and margin, as the engine says.
    pub assessment: Assessment,
}

/// What a screening found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screened {
    /// Positions under their maintenance margin, by basket and id.
    pub candidates: Vec<Candidate>,
    /// How many positions with debt were looked at.
    pub seen: usize,
    /// How many of them the engine had to judge.
    pub judged: usize,
    /// Baskets whose debt has no usable price: nothing can be said of their positions.
    pub unpriced: Vec<u32>,
    /// Positions of which the engine cannot tell, as some figure exceeds its type.
    pub unknown: usize,
}

/// Finds the positions under their maintenance margin.
pub fn screen(snapshot: &Snapshot) -> Screened {
    let mut found = Screened::default();
    for (at, state) in snapshot.baskets.iter().enumerate() {
        match Figures::new(state, snapshot.now) {
            Some(figures) => basket(&mut found, at, state, (&figures, snapshot.now)),
            None => found.unpriced.push(state.id),
        }
    }
    found
}

fn basket(
    found: &mut Screened,
    at: usize,
    state: &BasketState,
    (figures, now): (&Figures, Seconds),
) {
    for packed in state.positions.iter().filter(|packed| packed.shares > 0) {
        found.seen = found.seen.saturating_add(1);
        if figures.surely_healthy(&packed) {
            continue;
        }
        found.judged = found.judged.saturating_add(1);
        match judge(state, &packed, now) {
            Ok(Some(assessment)) => found.candidates.push(Candidate {
                basket: at,
                id: packed.id,
                assessment,
            }),
            Ok(None) => {}
            Err(_) => found.unknown = found.unknown.saturating_add(1),
        }
    }
}

/// The engine's word: the assessment of a position under its maintenance margin.
fn judge(
    state: &BasketState,
    packed: &Packed<'_>,
    now: Seconds,
) -> Result<Option<Assessment>, HealthError> {
    let market = state.market(now);
    let book = Book::new(&market, packed.legs.iter().copied(), Test::Maintenance)?;
    let debt = state.totals.index.debt_ceil(Shares::new(packed.shares))?;
    let assessment = book.assess(&packed.position(), debt)?;
    let healthy = debt.is_zero() || assessment.passes(Ratio::ONE)?;
    Ok((!healthy).then_some(assessment))
}

/// What a leg contributes for each base unit.
#[derive(Debug, Clone, Copy)]
struct Leg {
    /// Dollars of a base unit; zero for a leg that does not count.
    unit: f64,
    sigma: f64,
    jump: f64,
    /// φX in dollars.
    exposure: f64,
    /// 1/T; zero is without limit.
    thinness: f64,
    /// The engine cannot prepare it, so that it has to say so itself.
    unknown: bool,
}

/// A basket's figures in floating point.
struct Figures {
    legs: [Leg; LEGS],
    debt_leg: usize,
    /// Base units of debt of a share.
    share: f64,
    rho: [[f64; LEGS]; LEGS],
    kappa: f64,
    delta: f64,
    concentration_max: f64,
    cost: f64,
}

/// The sums over a position's legs.
#[derive(Default)]
struct Sums {
    y: [f64; LEGS],
    at: [usize; LEGS],
    count: usize,
    jump: f64,
    largest: f64,
    steepest: f64,
}

impl Figures {
    fn new(state: &BasketState, now: Seconds) -> Option<Self> {
        let market = state.market(now);
        let none = Leg {
            unit: 0.0,
            sigma: 0.0,
            jump: 0.0,
            exposure: 0.0,
            thinness: 0.0,
            unknown: true,
        };
        let (debt_leg, mut legs) = (usize::from(market.debt_leg()), [none; LEGS]);
        let book = Book::new(&market, [], Test::Maintenance).ok()?;
        let params = book.params();
        let phi = ratio(params.phi);
        *legs.get_mut(debt_leg)? = Leg::new(book.prepared_debt(), phi);
        for (at, slot) in legs.iter_mut().take(debt_leg).enumerate() {
            let leg = u8::try_from(at).ok()?;
            if let Ok(book) = Book::new(&market, [leg], Test::Maintenance) {
                let prepared = book.prepared().first();
                *slot = prepared.map_or(
                    Leg {
                        unknown: false,
                        ..none
                    },
                    |leg| Leg::new(leg, phi),
                );
            }
        }
        let mut rho = [[0.0; LEGS]; LEGS];
        for (i, row) in rho.iter_mut().enumerate() {
            for (j, rho) in row.iter_mut().enumerate() {
                *rho = state.correlations.rho(i, j) as f64 / UNIT;
            }
        }
        // What a share owes, as `Index::debt_ceil` says it, of so many shares that rounding does not show.
        let many = Shares::new(Index::ONE.raw());
        let owed = state.totals.index.debt_ceil(many).ok()?;
        Some(Self {
            legs,
            debt_leg,
            share: owed.raw() as f64 / many.raw() as f64,
            rho,
            kappa: ratio(params.kappa),
            delta: ratio(params.delta).min(1.0),
            concentration_max: ratio(params.cr_max),
            cost: ratio(params.cost),
        })
    }

    /// True only if the engine says that equity is at least the maintenance margin.
    fn surely_healthy(&self, packed: &Packed<'_>) -> bool {
        let (mut sums, mut collateral) = (Sums::default(), 0.0);
        for (leg, amount) in packed.legs.iter().zip(packed.amounts) {
            let at = usize::from(*leg);
            match self.legs.get(at).filter(|_| at < self.debt_leg) {
                Some(leg) if !leg.unknown => {
                    let value = leg.unit * *amount as f64;
                    collateral += value;
                    self.add(&mut sums, at, leg, value);
                }
                _ => return false,
            }
        }
        let Some(leg) = self.legs.get(self.debt_leg) else {
            return false;
        };
        // The debt is rounded up to a base unit.
        let debt = (packed.shares as f64 * self.share + 2.0) * leg.unit;
        self.add(&mut sums, self.debt_leg, leg, -debt);
        let equity = collateral - debt - RELATIVE * (collateral + debt) - ABSOLUTE;
        let margin = self.volatility(&sums).max(sums.jump) + self.cost * debt;
        // A comparison with what is no number is false, and the engine is asked.
        equity >= margin * (1.0 + RELATIVE) + ABSOLUTE
    }

    #[inline]
    fn add(&self, sums: &mut Sums, at: usize, leg: &Leg, value: f64) {
        let size = value.abs();
        let crowded = (size.max(leg.exposure) * leg.thinness).max(1.0).sqrt();
        let slope = leg.sigma * crowded.min(self.concentration_max).max(1.0);
        if let (Some(y), Some(own)) = (sums.y.get_mut(sums.count), sums.at.get_mut(sums.count)) {
            (*y, *own) = (value * slope, at);
            sums.count += 1;
        }
        sums.jump = sums.jump.max(size * leg.jump);
        sums.largest = sums.largest.max(size);
        sums.steepest = sums.steepest.max(slope);
    }

    /// K, not below the engine's.
    #[inline]
    fn volatility(&self, sums: &Sums) -> f64 {
        let held = sums.y.iter().zip(&sums.at).take(sums.count);
        let (mut sum, mut all, mut squares, mut q) = (0.0, 0.0, 0.0, 0.0);
        for (place, (y, i)) in held.clone().enumerate() {
            sum += y;
            all += y.abs();
            squares += y * y;
            let Some(rho) = self.rho.get(*i) else {
                return f64::INFINITY;
            };
            let mut row = 0.0;
            for (other, j) in held.clone().take(place) {
                row += other * rho.get(*j).copied().unwrap_or(1.0);
            }
            q += y * (y + 2.0 * row);
        }
        let each = sums.largest * (sums.steepest * 4e-15 + 2e-18);
        let error = each * sums.count as f64 + all * 1e-14;
        let all = all + error;
        let slack = FORM * all * all + 4.0 * error * all;
        let stressed = (sum * sum).max(squares);
        let mixed = (1.0 - self.delta) * q.max(0.0) + self.delta * stressed + slack;
        self.kappa * mixed.sqrt() + all * RELATIVE
    }
}

impl Leg {
    fn new(leg: &BookLeg, phi: f64) -> Self {
        Self {
            unit: leg.price.raw() as f64
                / Price::ONE.raw() as f64
                / 10f64.powi(i32::from(leg.decimals.get())),
            sigma: ratio(leg.sigma),
            jump: ratio(leg.jump),
            exposure: leg.exposure.raw() as f64 / UNIT * phi,
            thinness: leg.depth.map_or(0.0, |depth| UNIT / depth.raw() as f64),
            unknown: false,
        }
    }
}

fn ratio(ratio: Ratio) -> f64 {
    ratio.raw() as f64 / UNIT
}
