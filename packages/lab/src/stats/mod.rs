//! Tests of how often a limit is passed, and small statistics.

pub mod backtests;

/// The mean; zero of nothing.
pub fn mean(figures: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = figures.fold((0.0, 0usize), |(sum, count), figure| {
        (sum + figure, count + 1)
    });
    if count == 0 {
        return 0.0;
    }
    sum / count as f64
}

/// The smallest figure that at most a share `above` of the figures exceeds; zero of nothing. Sorts what it is given.
pub fn upper_quantile(figures: &mut [f64], above: f64) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    let exceed = (above * figures.len() as f64).floor() as usize;
    let at = figures.len().saturating_sub(exceed + 1);
    figures.get(at).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_share_exceeds_the_quantile() {
        let mut figures: Vec<f64> = (1..=1_000).rev().map(f64::from).collect();
        assert_eq!(upper_quantile(&mut figures, 0.01), 990.0);
        assert_eq!(upper_quantile(&mut figures, 0.001), 999.0);
        assert_eq!(upper_quantile(&mut figures, 0.0), 1_000.0);
        assert_eq!(upper_quantile(&mut [], 0.5), 0.0);
    }
}
