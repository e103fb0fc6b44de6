//! A market that sales push down and that recovers. Without rules it takes everything at its price.
//!
//! Of each asset it remembers the dollars `Z` that were sold and not yet taken up; they halve in every half-life. The price stands at
//! `exp(-impact · (Z / flow_cap)^power)` of the undisturbed one, so what a sale does depends on how much is sold and not in how many pieces.

use serde::{Deserialize, Serialize};

/// How sales move prices.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Impact {
    /// The fall, as a logarithm, when an hour's flow cap is sold at once.
    pub impact: f64,
    /// Hours in which half of it is taken up.
    pub half_life: f64,
    /// The impact's shape.
    pub law: Law,
}

/// The shape of the impact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// Twice the sale, twice the fall.
    #[default]
    Linear,
    /// Four times the sale, twice the fall.
    SquareRoot,
}

impl Law {
    const fn power(self) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::SquareRoot => 0.5,
        }
    }
}

impl Default for Impact {
    fn default() -> Self {
        Self {
            impact: 0.1,
            half_life: 0.5,
            law: Law::Linear,
        }
    }
}

/// The market's memory of what was sold into it.
#[derive(Debug, Clone)]
pub struct Depth {
    rules: Option<Impact>,
    /// Of each asset, dollars an hour.
    flows: Vec<f64>,
    /// Of each asset, dollars sold and not taken up, at the undisturbed price.
    unsold: Vec<f64>,
    time: u64,
}

impl Depth {
    /// A market in which nothing was sold, of assets with these flow caps.
    pub fn new(rules: Option<Impact>, flows: Vec<f64>, time: u64) -> Self {
        Self {
            rules,
            unsold: vec![0.0; flows.len()],
            flows,
            time,
        }
    }

    /// Whether sales move it.
    pub const fn moves(&self) -> bool {
        self.rules.is_some()
    }

    /// Takes up what has been taken up by `now`.
    pub fn rest(&mut self, now: u64) {
        let hours = now.saturating_sub(self.time) as f64 / 3_600.0;
        self.time = self.time.max(now);
        if let Some(rules) = self.rules {
            let left = (-hours / rules.half_life).exp2();
            self.unsold.iter_mut().for_each(|sold| *sold *= left);
        }
    }

    /// An asset's price over its undisturbed one.
    pub fn factor(&self, asset: usize) -> f64 {
        self.after(asset, 0.0)
    }

    /// The mean factor at which a sale of so many undisturbed dollars is paid, by Simpson's rule.
    pub fn paid(&self, asset: usize, dollars: f64) -> f64 {
        let at = |part: f64| self.after(asset, dollars * part);
        (at(0.0) + 4.0 * at(0.5) + at(1.0)) / 6.0
    }

    /// Sells so many undisturbed dollars.
    pub fn sell(&mut self, asset: usize, dollars: f64) {
        if let Some(sold) = self.unsold.get_mut(asset) {
            *sold += dollars;
        }
    }

    fn after(&self, asset: usize, more: f64) -> f64 {
        let known = self.unsold.get(asset).zip(self.flows.get(asset));
        let (Some(rules), Some((sold, flow))) = (self.rules, known) else {
            return 1.0;
        };
        let hours = (sold + more) / flow.max(1.0);
        (-rules.impact * hours.powf(rules.law.power())).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(law: Law) -> Depth {
        let rules = Impact {
            impact: 0.1,
            half_life: 0.5,
            law,
        };
        Depth::new(Some(rules), vec![1_000.0], 0)
    }

    #[test]
    fn an_hours_flow_moves_the_price_by_the_impact_and_half_of_it_is_gone_in_a_half_life() {
        for (law, four) in [(Law::Linear, 0.4_f64), (Law::SquareRoot, 0.2)] {
            let mut market = depth(law);
            market.sell(0, 4_000.0);
            assert!((market.factor(0) - (-four).exp()).abs() < 1e-12);
            market.rest(1_800);
            market.rest(3_600);
            assert!((market.factor(0) - (-0.1_f64).exp()).abs() < 1e-12);
        }
    }

    #[test]
    fn the_price_after_a_sale_does_not_depend_on_its_pieces_and_what_is_paid_lies_between() {
        let (mut one, mut two) = (depth(Law::SquareRoot), depth(Law::SquareRoot));
        let paid = one.paid(0, 500.0);
        one.sell(0, 500.0);
        two.sell(0, 200.0);
        two.sell(0, 300.0);
        assert!((one.factor(0) - two.factor(0)).abs() < 1e-12);
        assert!(one.factor(0) < paid && paid < 1.0, "{paid}");
        // ∫exp(-0.1 z)dz over one hour's flow is (1-e^-0.1)/0.1.
        let paid = depth(Law::Linear).paid(0, 1_000.0);
        assert!((paid - 0.951_625_8).abs() < 1e-6, "{paid}");
    }

    #[test]
    fn without_rules_the_market_takes_everything_at_its_price() {
        let mut market = Depth::new(None, vec![1_000.0], 0);
        market.sell(0, 1e12);
        assert_eq!((market.factor(0), market.paid(0, 1e12)), (1.0, 1.0));
    }
}
