//! The least total margin as a second-order cone programme: `K` is the larger of two norms, a jump floor is linear, and so is equity, so
//! that what the programme finds is the least there is, with a bound from its dual that no split can go under.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT, SupportedConeT::*,
};
use wicker_math::{Ratio, ONE};

use crate::study::StudyError;

use super::ground::{Ground, Place, Split};

/// The solver's equity is more than enough by this share, so that what it finds passes by whole numbers too.
const SPARE: f64 = 1e-6;
/// A pivot under this is zero: a direction in which nothing varies.
const ZERO: f64 = 1e-12;

/// What the programme says.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// The best split, and a margin in dollars that no split goes under.
    Best(Split, f64),
    /// Every split leaves some position under its initial margin.
    Nothing,
    /// The solver found neither an answer nor that there is none, as can happen where hardly any split passes; what it said.
    Stuck(String),
}

/// Solves for the least total margin of a user. Scaled so that all that is held is one.
pub fn least(ground: &Ground<'_>) -> Result<Found, StudyError> {
    let goods = 0..ground.held;
    let scale: f64 = goods.map(|good| ground.dollars(good)).sum();
    let mut programme = Programme::new(ground);
    programme.sums(ground, scale);
    programme.entries(ground);
    for at in 0..ground.places.len() {
        programme.place(ground, at);
    }
    let (solved, bound) = match programme.solve()? {
        Solution::Found(solved, bound) => (solved, bound),
        Solution::None => return Ok(Found::Nothing),
        Solution::Stuck(why) => return Ok(Found::Stuck(why)),
    };
    let mut split = ground.empty();
    for (entries, first) in split.iter_mut().zip(&programme.first) {
        for (at, entry) in entries.iter_mut().enumerate() {
            *entry = (solved.get(first + at).copied().unwrap_or(0.0) * scale).max(0.0);
        }
    }
    Ok(Found::Best(ground.tidied(&split), bound * scale))
}

/// What the solver says.
enum Solution {
    /// The variables and the dual's value.
    Found(Vec<f64>, f64),
    /// Nothing satisfies all cones.
    None,
    /// Neither.
    Stuck(String),
}

/// `min qx` so that `b - Ax` lies in the cones.
struct Programme {
    /// Each basket's first variable: its entries, then its K.
    first: Vec<usize>,
    costs: Vec<f64>,
    rows: Vec<(Vec<(usize, f64)>, f64)>,
    cones: Vec<SupportedConeT<f64>>,
}

impl Programme {
    fn new(ground: &Ground<'_>) -> Self {
        let (mut first, mut costs) = (Vec::new(), Vec::new());
        for place in &ground.places {
            first.push(costs.len());
            let entries = place.entries.len();
            costs.resize(costs.len() + entries, 0.0);
            if let Some(debt) = costs.last_mut() {
                *debt = float(place.params.cost);
            }
            costs.push(1.0);
        }
        Self {
            first,
            costs,
            rows: Vec::new(),
            cones: Vec::new(),
        }
    }

    fn variable(&self, place: usize, entry: usize) -> usize {
        self.first.get(place).map_or(0, |first| first + entry)
    }

    /// All of every good is placed.
    fn sums(&mut self, ground: &Ground<'_>, scale: f64) {
        for good in 0..ground.goods.len() {
            let places = ground.places.iter().enumerate();
            let row =
                places.filter_map(|(at, place)| Some((self.variable(at, place.entry(good)?), 1.0)));
            let row: Vec<(usize, f64)> = row.collect();
            self.rows.push((row, ground.dollars(good) / scale));
        }
        self.cones.push(ZeroConeT(ground.goods.len()));
    }

    /// No entry is under zero.
    fn entries(&mut self, ground: &Ground<'_>) {
        let before = self.rows.len();
        for (at, place) in ground.places.iter().enumerate() {
            for entry in 0..place.entries.len() {
                let variable = self.variable(at, entry);
                self.rows.push((vec![(variable, -1.0)], 0.0));
            }
        }
        self.cones.push(NonnegativeConeT(self.rows.len() - before));
    }

    /// A basket's K is at least both norms and every jump floor, and its equity is enough.
    fn place(&mut self, ground: &Ground<'_>, at: usize) {
        let Some(place) = ground.places.get(at) else {
            return;
        };
        let last = place.entries.len().saturating_sub(1);
        let margin = self.variable(at, place.entries.len());
        let multiple = ground.initial * (1.0 + SPARE);
        let equity = (0..=last).map(|entry| {
            let worth = match entry == last {
                true => 1.0 + multiple * float(place.params.cost),
                false => -1.0,
            };
            (self.variable(at, entry), worth)
        });
        let equity = equity.chain([(margin, multiple)]).collect();
        self.rows.push((equity, 0.0));
        let mut linear = 1;
        for (entry, leg) in place
            .entries
            .iter()
            .enumerate()
            .filter(|(_, leg)| !leg.jump.is_zero())
        {
            let row = vec![(self.variable(at, entry), float(leg.jump)), (margin, -1.0)];
            self.rows.push((row, 0.0));
            linear += 1;
        }
        self.cones.push(NonnegativeConeT(linear));
        for long in [true, false] {
            self.norm(place, (at, margin), long);
        }
    }

    /// `K ≥ κ·√((1-δ)·Q + δ·L)`, or with S for L.
    fn norm(&mut self, place: &Place<'_>, (at, margin): (usize, usize), long: bool) {
        let factor = factor(&form(place, long));
        self.rows.push((vec![(margin, -1.0)], 0.0));
        for row in 0..factor.len() {
            let column = factor.iter().enumerate();
            let row = column.filter_map(|(entry, of)| {
                let figure = of.get(row).copied().filter(|figure| *figure != 0.0)?;
                Some((self.variable(at, entry), -figure))
            });
            let row = row.collect();
            self.rows.push((row, 0.0));
        }
        self.cones.push(SecondOrderConeT(factor.len() + 1));
    }

    fn solve(&self) -> Result<Solution, StudyError> {
        let (mut at, mut column, mut figure) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (row, _)) in self.rows.iter().enumerate() {
            for (variable, value) in row {
                at.push(number);
                column.push(*variable);
                figure.push(*value);
            }
        }
        let count = self.costs.len();
        let matrix = CscMatrix::new_from_triplets(self.rows.len(), count, at, column, figure);
        let sides: Vec<f64> = self.rows.iter().map(|(_, side)| *side).collect();
        let settings = DefaultSettings {
            verbose: false,
            ..DefaultSettings::default()
        };
        let quadratic = CscMatrix::zeros((count, count));
        let solver = DefaultSolver::new(
            &quadratic,
            &self.costs,
            &matrix,
            &sides,
            &self.cones,
            settings,
        );
        let mut solver = solver.map_err(|why| StudyError::Solver(why.to_string()))?;
        solver.solve();
        let solution = &solver.solution;
        Ok(match solution.status {
            SolverStatus::Solved | SolverStatus::AlmostSolved => {
                Solution::Found(solution.x.clone(), solution.obj_val_dual)
            }
            SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible => Solution::None,
            other => Solution::Stuck(format!("{other:?}")),
        })
    }
}

/// The matrix of K² in dollars: collateral counts up, debt down.
fn form(place: &Place<'_>, long: bool) -> Vec<Vec<f64>> {
    let last = place.entries.len().saturating_sub(1);
    let (kappa, delta) = (float(place.params.kappa), float(place.params.delta));
    let weight = |at: usize| {
        let sigma = place
            .entries
            .get(at)
            .map_or(0.0, |entry| float(entry.sigma));
        kappa * if at == last { -sigma } else { sigma }
    };
    let leg = |at: usize| place.entries.get(at).map_or(0, |entry| entry.leg);
    let cell = |i: usize, j: usize| {
        let rho = place.correlations.rho(leg(i), leg(j)) as f64 / ONE as f64;
        let stressed = if long || i == j { 1.0 } else { 0.0 };
        ((1.0 - delta) * rho + delta * stressed) * weight(i) * weight(j)
    };
    let row = |i: usize| (0..=last).map(|j| cell(i, j)).collect();
    (0..=last).map(row).collect()
}

/// The lower triangle whose product with its own transpose is a matrix without negative eigenvalues.
fn factor(form: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let size = form.len();
    let mut lower = vec![vec![0.0; size]; size];
    for j in 0..size {
        let own: f64 = (0..j).map(|k| lower[j][k] * lower[j][k]).sum();
        let pivot = form[j][j] - own;
        if pivot <= ZERO * form[j][j] {
            continue;
        }
        lower[j][j] = pivot.sqrt();
        for i in j + 1..size {
            let both: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            lower[i][j] = (form[i][j] - both) / lower[j][j];
        }
    }
    lower
}

fn float(ratio: Ratio) -> f64 {
    ratio.raw() as f64 / ONE as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_times_itself_is_the_form_also_where_a_direction_has_no_variance() {
        // Rank two: the third row is the sum of the first two.
        let form = [[4.0, 2.0, 6.0], [2.0, 5.0, 7.0], [6.0, 7.0, 13.0]].map(Vec::from);
        let lower = factor(&form);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| lower[i][k] * lower[j][k]).sum();
                assert!((product - form[i][j]).abs() < 1e-9, "{i} {j}: {product}");
            }
        }
        assert_eq!(lower[2][2], 0.0);
    }
}
