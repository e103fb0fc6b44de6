//! Slow volatilities and correlations of any number of assets, on the four-hour grid that the engine's correlations have. Each pair is
//! averaged over the steps in which both have prices: enough for a clustering, which needs no matrix without negative eigenvalues.

use crate::history::History;

/// Hours of a step.
pub const STEP: usize = 4;
/// Hours after which a sample weighs a third.
const MEMORY: f64 = 4_320.0;
/// Steps in a year of 365 days.
const STEPS_A_YEAR: f64 = 8_760.0 / STEP as f64;

/// Averages of products of returns.
#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    samples: f64,
    left: f64,
    both: f64,
    right: f64,
}

/// What is remembered of all pairs.
#[derive(Debug, Clone)]
pub struct Memory {
    assets: usize,
    /// Row by row; the diagonal holds the assets themselves.
    pairs: Vec<Pair>,
}

impl Memory {
    /// Of assets of which nothing is known.
    pub fn new(assets: usize) -> Self {
        Self {
            assets,
            pairs: vec![Pair::default(); assets * assets],
        }
    }

    /// Takes in the step that ends in an hour.
    pub fn learn(&mut self, history: &History, hour: usize) {
        let Some(before) = hour.checked_sub(STEP) else {
            return;
        };
        let change =
            |column| Some(history.price(hour, column)? / history.price(before, column)? - 1.0);
        let returns: Vec<Option<f64>> = (0..self.assets).map(change).collect();
        for (i, left) in returns.iter().enumerate() {
            for (j, right) in returns.iter().enumerate().skip(i) {
                if let (Some(left), Some(right), Some(pair)) =
                    (left, right, self.pairs.get_mut(i * self.assets + j))
                {
                    pair.learn(*left, *right);
                }
            }
        }
    }

    fn pair(&self, i: usize, j: usize) -> Pair {
        let at = i.min(j) * self.assets + i.max(j);
        self.pairs.get(at).copied().unwrap_or_default()
    }

    /// Steps in which an asset had prices.
    pub fn samples(&self, asset: usize) -> f64 {
        self.pair(asset, asset).samples
    }

    /// An asset's volatility of a year.
    pub fn volatility(&self, asset: usize) -> f64 {
        (self.pair(asset, asset).both * STEPS_A_YEAR).sqrt()
    }

    /// The correlation of two assets; zero where one does not move or nothing is known.
    pub fn rho(&self, i: usize, j: usize) -> f64 {
        let pair = self.pair(i, j);
        let scale = (pair.left * pair.right).sqrt();
        if scale > 0.0 {
            pair.both / scale
        } else {
            0.0
        }
    }

    /// The mean correlation of an asset with others; `None` without others.
    pub fn mean_rho(&self, asset: usize, others: &[usize]) -> Option<f64> {
        let others: Vec<usize> = others
            .iter()
            .copied()
            .filter(|other| *other != asset)
            .collect();
        let sum: f64 = others.iter().map(|other| self.rho(asset, *other)).sum();
        (!others.is_empty()).then(|| sum / others.len() as f64)
    }
}

impl Pair {
    fn learn(&mut self, left: f64, right: f64) {
        self.samples += 1.0;
        let step = STEP as f64;
        let weight = (step / (MEMORY + step)).max(1.0 / self.samples);
        self.left += weight * (left * left - self.left);
        self.both += weight * (left * right - self.both);
        self.right += weight * (right * right - self.right);
    }
}
