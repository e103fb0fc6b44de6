//! Correlations of a basket's legs.

use wicker_math::ONE;

/// ρ of every pair of legs: a symmetric matrix with ones on its diagonal, its lower triangle stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlations {
    /// ρ of leg i with legs 0 to i - 1, row by row, at 1e-18.
    lower: Vec<i64>,
}

/// One, as a signed number at 1e-18.
const UNIT: i128 = ONE as i128;

impl Correlations {
    /// From the rows below the diagonal at 1e-18; figures beyond ±1 count as ±1.
    pub fn new(lower: Vec<i64>) -> Self {
        let one = ONE as i64;
        Self {
            lower: lower.into_iter().map(|rho| rho.clamp(-one, one)).collect(),
        }
    }

    /// ρ at 1e-18; zero for a pair that is not there.
    pub fn rho(&self, i: usize, j: usize) -> i128 {
        if i == j {
            return UNIT;
        }
        let (row, column) = (i.max(j), i.min(j));
        let at = row.saturating_mul(row.saturating_sub(1)) / 2;
        let rho = self.lower.get(at.saturating_add(column));
        rho.copied().map_or(0, i128::from)
    }

    /// `ρ·y` for the legs at `indices`, truncated. Exact sums for |y| < 2^58 and up to 17 legs.
    pub fn times(&self, indices: impl Iterator<Item = usize> + Clone, y: &[i128]) -> Vec<i128> {
        let row = |i: usize| {
            let terms = indices
                .clone()
                .zip(y)
                .map(|(j, y)| self.rho(i, j).saturating_mul(*y));
            terms.fold(0i128, i128::saturating_add) / UNIT
        };
        indices.clone().map(row).collect()
    }
}
