//! Properties of the margin at full counts, over books of either sign and correlations of one to four factors. Where a figure is compared,
//! the other side is computed here, in floating point.

#![allow(clippy::unwrap_used)] // Set-up outside test functions; a test may stop at anything unexpected.

use proptest::prelude::*;
use wicker_engine::correlation::Correlations;
use wicker_engine::margin::{concentration, margin, weights, Leg, MarginParams};
use wicker_math::{Ratio, SignedValue, Value};

const ONE: f64 = 1e18;
const KAPPA: f64 = 22.045_407_685_048_602;

/// A book: cents, σ in units of 1e-6, loadings on four factors, δ in hundredths.
#[derive(Debug, Clone)]
struct Book {
    cents: Vec<i64>,
    sigma: Vec<u64>,
    loadings: Vec<[i64; 4]>,
    delta: u64,
}

fn book() -> impl Strategy<Value = Book> {
    let cents = prop_oneof![1 => Just(0i64), 9 => -100_000_000_000i64..100_000_000_000];
    let leg = (
        cents,
        1u64..60_000,
        proptest::array::uniform4(-100i64..=100),
    );
    (
        proptest::collection::vec(leg, 1..=17),
        0u64..=100,
        1usize..=4,
    )
        .prop_map(|(legs, delta, factors)| {
            let kept = |mut loading: [i64; 4]| {
                loading.iter_mut().skip(factors).for_each(|part| *part = 0);
                loading
            };
            Book {
                cents: legs.iter().map(|leg| leg.0).collect(),
                sigma: legs.iter().map(|leg| leg.1).collect(),
                loadings: legs.iter().map(|leg| kept(leg.2)).collect(),
                delta,
            }
        })
}

/// The same without short legs and without negative correlations.
fn long_book() -> impl Strategy<Value = Book> {
    book().prop_map(|book| Book {
        cents: book.cents.iter().map(|cents| cents.abs()).collect(),
        loadings: book
            .loadings
            .iter()
            .map(|loading| loading.map(i64::abs))
            .collect(),
        ..book
    })
}

impl Book {
    /// ρ of every pair: the cosine of the loadings, so that the matrix is a Gram matrix.
    fn rho(&self, i: usize, j: usize) -> f64 {
        let dot = |i: usize, j: usize| {
            self.loadings[i]
                .iter()
                .zip(&self.loadings[j])
                .map(|(a, b)| (a * b) as f64)
                .sum::<f64>()
        };
        let (one, other) = (dot(i, i), dot(j, j));
        if i == j {
            1.0
        } else if one == 0.0 || other == 0.0 {
            0.0
        } else {
            dot(i, j) / (one * other).sqrt()
        }
    }

    fn correlations(&self) -> Correlations {
        let pairs = (1..self.cents.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        Correlations::new(pairs.map(|(i, j)| (self.rho(i, j) * ONE) as i64).collect())
    }

    fn params(&self) -> MarginParams {
        MarginParams {
            // 4.5 · √24
            kappa: Ratio::new(22_045_407_685_048_602_000),
            delta: Ratio::percent(self.delta),
            cr_max: Ratio::percent(300),
            phi: Ratio::percent(15),
            cost: Ratio::percent(9),
        }
    }

    fn legs(&self) -> Vec<Leg> {
        let legs = self.cents.iter().zip(&self.sigma).enumerate();
        legs.map(|(index, (cents, sigma))| Leg {
            index,
            value: SignedValue::new(i128::from(*cents) * 10_000_000_000_000_000),
            sigma: Ratio::new(u128::from(*sigma) * 1_000_000_000_000),
            exposure: Value::ZERO,
            depth: None,
            jump: Ratio::ZERO,
        })
        .collect()
    }

    /// K in dollars as the engine has it.
    fn k(&self) -> f64 {
        margin(&self.legs(), &self.correlations(), &self.params())
            .unwrap()
            .volatility
            .raw() as f64
            / ONE
    }

    fn y(&self) -> Vec<f64> {
        self.cents
            .iter()
            .zip(&self.sigma)
            .map(|(cents, sigma)| *cents as f64 / 100.0 * *sigma as f64 / 1e6)
            .collect()
    }

    /// `(1-δ)·ρy + δ·(Σy or y)` of each leg: the slope of half the square under the root.
    fn slope(&self) -> Vec<f64> {
        let (y, delta) = (self.y(), self.delta as f64 / 100.0);
        let (sum, squares) = (y.iter().sum::<f64>(), self.independent());
        let rho_y = |i: usize| {
            y.iter()
                .enumerate()
                .map(|(j, y)| self.rho(i, j) * y)
                .sum::<f64>()
        };
        (0..y.len())
            .map(|i| {
                (1.0 - delta) * rho_y(i) + delta * if sum * sum >= squares { sum } else { y[i] }
            })
            .collect()
    }

    /// K in dollars, computed here.
    fn exact(&self) -> f64 {
        let form: f64 = self
            .y()
            .iter()
            .zip(self.slope())
            .map(|(y, slope)| y * slope)
            .sum();
        KAPPA * form.max(0.0).sqrt()
    }

    /// S.
    fn independent(&self) -> f64 {
        self.y().iter().map(|y| y * y).sum()
    }

    /// What a correlation's last digit can do to K where everything cancels.
    fn noise(&self) -> f64 {
        1e-7 * KAPPA * self.independent().sqrt() + 1e-15
    }

    fn with(&self, cents: Vec<i64>) -> Self {
        Self {
            cents,
            ..self.clone()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// MODEL 4.2: K is a norm. Two books together never need more than each for itself.
    #[test]
    fn two_books_together_need_at_most_what_they_need_apart(one in book(), seed in proptest::collection::vec(-100_000_000_000i64..100_000_000_000, 17)) {
        let other = one.with(seed.iter().take(one.cents.len()).copied().collect());
        let both = one.with(one.cents.iter().zip(&other.cents).map(|(a, b)| a + b).collect());
        let (together, apart) = (both.k(), one.k() + other.k());
        prop_assert!(together <= apart * (1.0 + 1e-12) + one.noise() + other.noise(), "{} > {}", together, apart);
    }

    /// MODEL 4.4: three times the book needs three times the margin, as does three times the volatility; nothing needs nothing.
    #[test]
    fn margin_is_proportional_to_size_and_to_volatility(one in book()) {
        let larger = one.with(one.cents.iter().map(|cents| 3 * cents).collect());
        let louder = Book { sigma: one.sigma.iter().map(|sigma| 3 * sigma).collect(), ..one.clone() };
        let k = one.k();
        for other in [larger.k(), louder.k()] {
            prop_assert!((other - 3.0 * k).abs() <= 1e-9 * k + 4.0 * one.noise(), "{} and {}", k, other);
        }
        prop_assert_eq!(one.with(vec![0; one.cents.len()]).k(), 0.0);
    }

    /// MODEL 4.6 and the formula itself: K is the formula's, never under it by more than the cut to 58 bits and the last digits of ρ.
    #[test]
    fn k_is_the_formula_and_rounded_up(one in book()) {
        let (found, exact) = (one.k(), one.exact());
        prop_assert!(found >= exact * (1.0 - 1e-12) - one.noise(), "{} under {}", found, exact);
        prop_assert!(found <= exact * (1.0 + 1e-12) + one.noise(), "{} over {}", found, exact);
    }

    /// MODEL 4.3, first half: with legs of one sign and no negative correlation, more volatility of any leg never lowers K. Without these
    /// conditions it can: see the hedge below.
    #[test]
    fn more_volatility_never_lowers_the_margin_of_a_long_book(one in long_book(), leg in 0usize..17, more in 1u64..10_000) {
        let mut louder = one.clone();
        let leg = leg % louder.sigma.len();
        louder.sigma[leg] += more;
        prop_assert!(louder.k() >= one.k() * (1.0 - 1e-12));
    }

    /// MODEL 4.3, second half: with legs of one sign, more correlation of a pair never lowers K, whatever the other correlations.
    #[test]
    fn more_correlation_never_lowers_the_margin_of_legs_of_one_sign(one in book(), pair in (0usize..17, 0usize..17), more in 1i64..100) {
        let one = one.with(one.cents.iter().map(|cents| cents.abs()).collect());
        let n = one.cents.len();
        let pairs = (1..n).flat_map(|i| (0..i).map(move |j| (i, j)));
        let rows: Vec<i64> = pairs.map(|(i, j)| (one.rho(i, j) * ONE) as i64).collect();
        let mut raised = rows.clone();
        if !raised.is_empty() {
            let at = (pair.0 * 17 + pair.1) % raised.len();
            raised[at] = raised[at].saturating_add(more * 10_000_000_000_000_000).min(ONE as i64);
        }
        let k = |rows: Vec<i64>| margin(&one.legs(), &Correlations::new(rows), &one.params()).unwrap().volatility;
        prop_assert!(k(raised).raw() as f64 >= k(rows).raw() as f64 * (1.0 - 1e-12));
    }

    /// ω is each leg's part of the slope, and a negative one belongs to a hedge.
    #[test]
    fn shares_of_risk_are_the_slopes_of_the_margin(one in book()) {
        let form: f64 = one.y().iter().zip(one.slope()).map(|(y, slope)| y * slope).sum();
        // Where legs cancel, the parts are differences of large numbers.
        if form > 1e-6 * one.independent() {
            let shares = weights(&one.legs(), &one.correlations(), &one.params()).unwrap();
            for (share, (y, slope)) in shares.iter().zip(one.y().iter().zip(one.slope())) {
                prop_assert!((*share as f64 / ONE - y * slope / form).abs() < 1e-6, "{} is not {}", share, y * slope / form);
            }
        }
    }

    /// MODEL 4.6: concentration, jump floor and fees are rounded up, by less than a unit of the last place.
    #[test]
    fn the_other_parts_are_rounded_up(cents in 1i64..100_000_000_000, other in 1i64..100_000_000_000, depth in 1u64..1_000_000_000, jump in 0u64..1_000_000_000, exposure in 0u64..10_000_000_000) {
        let params = Book { cents: vec![], sigma: vec![], loadings: vec![], delta: 25 }.params();
        let leg = |cents: i64, index| Leg {
            index,
            value: SignedValue::new(i128::from(cents) * 10_000_000_000_000_000),
            sigma: Ratio::bps(60),
            exposure: Value::dollars(exposure),
            depth: Some(Value::dollars(depth)),
            jump: Ratio::new(u128::from(jump) * 333_333_333),
        };
        let (long, short) = (leg(cents, 0), leg(-other, 1));
        let found = margin(&[long, short], &Correlations::new(vec![0]), &params).unwrap();
        let tight = |found: Value, exact: u128, unit: u128| found.raw() * unit >= exact && found.raw() * unit < exact + unit;
        // All of these products fit 128 bits.
        let largest = cents.max(other) as u128 * 10_000_000_000;
        prop_assert!(tight(found.jump, largest * (jump as u128 * 333_333_333), 1_000_000_000_000));
        prop_assert!(tight(found.fees, other as u128 * 10_000_000_000_000_000 * 9, 100));
        prop_assert_eq!(found.maintenance.raw(), found.volatility.max(found.jump).raw() + found.fees.raw());
        // CR² · T ≥ the size, and a unit less of CR is not enough.
        let factor = concentration(&long, &params).unwrap();
        let size = (cents as f64 / 100.0).max(exposure as f64 * 0.15);
        let exact = (size / depth as f64).max(1.0).sqrt().min(3.0);
        prop_assert!((factor.raw() as f64 / ONE - exact).abs() <= exact * 1e-12);
        prop_assert!(factor >= Ratio::ONE && factor <= params.cr_max);
    }
}

/// By hand: x = (1000, -850), ρ = 0.98, δ = 0. At σ = (0.007, 0.007) `Q` = 49 + 35.4025 - 81.634 = 2.7685. At σ = (0.007, 0.008) `y` is
/// (7, -6.8) and `Q` = 49 + 46.24 - 93.296 = 1.944: the hedge fits better, and more volatility needs less margin.
#[test]
fn more_volatility_of_a_hedge_can_lower_the_margin() {
    let rho = Correlations::new(vec![980_000_000_000_000_000]);
    let mut book = Book {
        cents: vec![100_000, -85_000],
        sigma: vec![7_000, 7_000],
        loadings: vec![[1, 0, 0, 0]; 2],
        delta: 0,
    };
    let k = |book: &Book| {
        margin(&book.legs(), &rho, &book.params())
            .unwrap()
            .volatility
            .raw() as f64
            / ONE
    };
    assert!((k(&book) - KAPPA * 2.7685f64.sqrt()).abs() < 1e-9);
    book.sigma[1] = 8_000;
    assert!((k(&book) - KAPPA * 1.944f64.sqrt()).abs() < 1e-9);
}

/// κ·σ·|x| by hand: 22.045407685048602 · 0.01 · 1234.56 = 272.163785116...
#[test]
fn a_single_leg_needs_kappa_sigma_x() {
    for cents in [123_456, -123_456] {
        let book = Book {
            cents: vec![cents],
            sigma: vec![10_000],
            loadings: vec![[1, 0, 0, 0]],
            delta: 25,
        };
        assert!((book.k() - 22.045_407_685_048_602 * 0.01 * 1_234.56).abs() < 1e-12 * 300.0);
    }
}
