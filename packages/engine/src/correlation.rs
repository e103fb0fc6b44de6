//! Correlations of a basket's legs.

use wicker_math::{full_product, Divisor, ONE};

/// ρ of every pair of legs: a symmetric matrix with ones on its diagonal, its lower triangle stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlations {
    /// ρ of leg i with legs 0 to i - 1, row by row, at 1e-18.
    lower: Vec<i64>,
}

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
        self.word(i, j).into()
    }

    #[inline(always)]
    fn word(&self, i: usize, j: usize) -> i64 {
        if i == j {
            return ONE as i64;
        }
        let (row, column) = (i.max(j), i.min(j));
        let at = row.wrapping_mul(row.wrapping_sub(1)) / 2;
        self.lower
            .get(at.wrapping_add(column))
            .copied()
            .unwrap_or(0)
    }

    /// `ρ·y` for the legs at `indices`, each exact sum truncated toward zero; a sum that does not fit is the largest number.
    pub fn times(&self, indices: impl Iterator<Item = usize> + Clone, y: &[i64]) -> Vec<i64> {
        let legs = indices.zip(y.iter().copied());
        let diagonal = y.iter().map(|y| full_product(*y, ONE as i64));
        let mut sums: Vec<i128> = diagonal.collect();
        for (at, (i, one)) in legs.clone().enumerate() {
            let Some((own, before)) = sums.get_mut(..=at).and_then(<[i128]>::split_last_mut) else {
                break;
            };
            for ((j, other), sum) in legs.clone().zip(before) {
                let rho = self.word(i, j);
                // Under 2^123 each: it takes thirty to overflow, and a basket has seventeen legs.
                *own = own.wrapping_add(full_product(rho, other));
                *sum = sum.wrapping_add(full_product(rho, one));
            }
        }
        sums.iter().map(|sum| Divisor::ONE.quotient(*sum)).collect()
    }
}
