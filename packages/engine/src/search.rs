//! What an owner asks before acting: how much may I borrow, how much may I take out, at which price am I liquidated. Each answer is
//! found by bisection on the yes or no of the rules themselves, so that it cannot drift away from them.
//!
//! # What the answers promise
//!
//! [`max_borrow`] and [`max_withdraw`] keep an amount that passes and one that does not until they are neighbours: doing the answer
//! succeeds and one unit more fails, whatever the margin's shape. That nothing larger passes either needs the passing amounts to be
//! an interval that begins at the least one. Let `F = E - m·MM` along the amount `a`, of which only one leg's dollars depend.
//!
//! - `MM` is the largest of `K` and the jump floors, plus fees: `F` passes where it passes with each of them alone. The floors are
//!   convex in the leg and give intervals; what is left is `K`.
//! - At concentration 1, `K` is a norm (the larger of two, one for each stressed form) and `E` is linear, so `F` is concave and
//!   passes on an interval. This holds for hedges too, where taking collateral out first lowers the margin and then raises it.
//! - Concentration makes `y = CR·σ·x` grow like `x^1.5` between its ends, which is convex, and then like `x` again at `CR_max`, at
//!   a slope a third lower, which is not. `K` still falls with `|x|` to one lowest point and rises from there. A withdrawal
//!   therefore meets a concave `F` down to that point and a falling one below it, again an interval, as long as it does not start
//!   over `CR_max`. Over it, and for a debt that hedges, a gap of failing amounts needs a dollar of the leg to move `m·K` by more
//!   than a dollar. Then the answer is the end of one interval, and still exact to the unit.
//! - Where the rules already refuse the least amount the answer is zero, even if a larger one would pass.

use wicker_math::{mul_div_floor, Amount, MathError, Price, Ratio, Value};

use crate::adjust::{adjust, AdjustError, Adjusted, Adjustment};
use crate::basket::Totals;
use crate::health::{maintenance, Book, HealthError, Market, Quote, Test};
use crate::position::Position;

/// The largest factor of today's price that [`liquidation_price`] looks at.
pub const HIGHEST_FACTOR: Ratio = Ratio::percent(10_000);

/// The smallest.
const LOWEST_FACTOR: Ratio = Ratio::new(1);

/// [`liquidation_price`] is exact to this part of the factor.
const FACTOR_PARTS: u128 = 1_000_000_000;

/// The largest amount that [`adjust`] lends to a position of accrued `totals`, that leaves it at the initial margin and that `check`
/// accepts; zero where none is. Errors when no amount can be judged, and as `check` does.
///
/// `check` sees what the loan comes to and must not accept a loan after refusing a smaller one.
pub fn max_borrow<E: From<HealthError>>(
    market: &Market<'_>,
    totals: &Totals,
    position: &Position,
    check: impl Fn(&Adjusted) -> Result<bool, E>,
) -> Result<Amount, E> {
    let case = Case::new(market, totals, position)?;
    let Some(most) = case.most_lent()? else {
        return Ok(Amount::ZERO);
    };
    let least = case.least_lent()?;
    largest(least, most, |amount| {
        case.passes(&borrowing(amount), &check)
    })
}

/// The largest amount of a collateral that [`adjust`] gives back, that leaves the position at the initial margin and that `check`
/// accepts; zero where none is, all that is held where nothing is owed. Errors when no amount can be judged, and as `check` does.
///
/// `check` sees what the withdrawal comes to and must not accept one after refusing a smaller one.
pub fn max_withdraw<E: From<HealthError>>(
    market: &Market<'_>,
    totals: &Totals,
    position: &Position,
    leg: u8,
    check: impl Fn(&Adjusted) -> Result<bool, E>,
) -> Result<Amount, E> {
    let held = position.held(leg);
    if position.shares.is_zero() || held.is_zero() {
        return Ok(held);
    }
    let case = Case::new(market, totals, position)?;
    let withdrawing = |amount| Adjustment {
        withdraw: vec![(leg, Some(amount))],
        ..Adjustment::default()
    };
    largest(Amount::new(1), held, |amount| {
        case.passes(&withdrawing(amount), &check)
    })
}

/// The factor of today's accepted price at which a position of accrued `totals` meets its maintenance margin: of one leg, the debt's
/// included, or of all collaterals together for `None`. A position in good standing has it on the side where it is lost, first looked
/// for where the collateral falls or the debt rises; a position to be liquidated on the side where it recovers. `None` when nothing is
/// owed, and when neither end of `(0, 100]` changes anything.
///
/// At the factor the margin is met. One part in a billion of the factor further on the bad side it is not. Volatility, depth and the
/// amounts held over all baskets stay as they are; prices stay in the range that [`Price`] has.
///
/// Errors when the debt has no usable price or the basket no such leg.
pub fn liquidation_price(
    market: &Market<'_>,
    totals: &Totals,
    position: &Position,
    leg: Option<u8>,
) -> Result<Option<Ratio>, HealthError> {
    let debt_leg = market.debt_leg();
    if let Some(unknown) = leg.filter(|leg| *leg > debt_leg) {
        return Err(HealthError::UnknownLeg(unknown));
    }
    let debt = totals.index.debt_ceil(position.shares)?;
    if debt.is_zero() {
        return Ok(None);
    }
    let met = |factor: Ratio| -> Result<bool, HealthError> {
        let quotes = moved(market, leg, factor)?;
        let quotes = quotes.as_slice();
        let moved = Market { quotes, ..*market };
        Ok(maintenance(&moved, position, debt)?.passes(Ratio::ONE)?)
    };
    let met_now = met(Ratio::ONE)?;
    let falls_first = met_now != (leg == Some(debt_leg));
    let ends = if falls_first {
        [LOWEST_FACTOR, HIGHEST_FACTOR]
    } else {
        [HIGHEST_FACTOR, LOWEST_FACTOR]
    };
    for end in ends {
        if met(end)? != met_now {
            let (good, bad) = if met_now {
                (Ratio::ONE, end)
            } else {
                (end, Ratio::ONE)
            };
            return crossing(good, bad, met).map(Some);
        }
    }
    Ok(None)
}

/// A position whose adjustments are tried.
struct Case<'a> {
    market: &'a Market<'a>,
    totals: &'a Totals,
    position: &'a Position,
    debt: Amount,
    /// Its legs at the initial test; a leg taken out as a whole stays in it and counts nothing.
    book: Book<'a>,
}

impl<'a> Case<'a> {
    fn new(
        market: &'a Market<'a>,
        totals: &'a Totals,
        position: &'a Position,
    ) -> Result<Self, HealthError> {
        let held = position.collateral.iter().map(|(leg, _)| *leg);
        Ok(Self {
            market,
            totals,
            position,
            debt: totals.index.debt_ceil(position.shares)?,
            book: Book::new(market, held, Test::Initial)?,
        })
    }

    fn adjust(&self, adjustment: &Adjustment) -> Result<Adjusted, AdjustError> {
        let market = self.market;
        adjust(
            market.basket,
            self.totals,
            self.position,
            adjustment,
            market.now,
        )
    }

    /// True when doing this would succeed; a figure outside its type is a refusal like any other.
    fn passes<E>(
        &self,
        adjustment: &Adjustment,
        check: impl Fn(&Adjusted) -> Result<bool, E>,
    ) -> Result<bool, E> {
        match self.adjust(adjustment) {
            Ok(adjusted) if !adjusted.needs_margin || self.has_margin(&adjusted) => {
                check(&adjusted)
            }
            _ => Ok(false),
        }
    }

    fn has_margin(&self, adjusted: &Adjusted) -> bool {
        let initial = self.market.basket.levels.initial;
        let assessment = self.book.assess(&adjusted.position, adjusted.debt);
        assessment.is_ok_and(|after| after.passes(initial).unwrap_or(false))
    }

    /// A loan over this is refused: it exceeds the bucket, the ceiling (a loan's debt is at least the loan and its fee) or the
    /// equity there is. `None` without equity.
    fn most_lent(&self) -> Result<Option<Amount>, HealthError> {
        let terms = &self.market.basket.terms;
        let now = self.book.assess(self.position, self.debt)?;
        let Ok(equity) = u128::try_from(now.equity.raw()) else {
            return Ok(None);
        };
        // The debt's value is rounded up, so that up to one unit of value is equity too.
        let equity = Value::new(equity.saturating_add(1));
        let cap = terms.mint_cap.raw();
        let bucket = Amount::new(self.totals.mint.level(cap, cap, self.market.now));
        let room = terms.ceiling.saturating_sub(self.totals.debt_ceil()?);
        let most = self.book.debt_amount_ceil(equity).unwrap_or(Amount::MAX);
        Ok(Some(most.min(bucket).min(self.before_fee(room)?)))
    }

    /// A loan under this leaves less than the smallest debt.
    fn least_lent(&self) -> Result<Amount, HealthError> {
        let missing = self.market.basket.terms.min_debt.saturating_sub(self.debt);
        if missing.is_zero() {
            return Ok(Amount::new(1));
        }
        // With its fee, rounded up, `less` is less than what is missing and one more is not; but rounding of shares may have added a
        // unit of debt.
        let less = self.before_fee(missing.saturating_sub(Amount::new(1)))?;
        let short = matches!(
            self.adjust(&borrowing(less)),
            Err(AdjustError::MinDebt { .. } | AdjustError::Nothing)
        );
        Ok(if short {
            less.plus(Amount::new(1))?
        } else {
            less
        })
    }

    /// `debt / (1 + fee)`, rounded down.
    fn before_fee(&self, debt: Amount) -> Result<Amount, MathError> {
        let with_fee = Ratio::ONE.plus(self.market.basket.terms.borrow_fee)?;
        debt.mul_div_floor(Ratio::ONE.raw(), with_fee.raw())
    }
}

fn borrowing(amount: Amount) -> Adjustment {
    Adjustment {
        borrow: amount,
        ..Adjustment::default()
    }
}

/// The largest amount from `least` to `most` that passes, by bisection in at most 128 steps; zero when `least` does not pass.
fn largest<E>(
    least: Amount,
    most: Amount,
    passes: impl Fn(Amount) -> Result<bool, E>,
) -> Result<Amount, E> {
    if most < least {
        return Ok(Amount::ZERO);
    }
    if passes(most)? {
        return Ok(most);
    }
    if !passes(least)? {
        return Ok(Amount::ZERO);
    }
    let (mut good, mut bad) = (least.raw(), most.raw());
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if passes(Amount::new(middle))? {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(Amount::new(good))
}

/// The factor nearest to `bad` at which the margin is met, to one part in [`FACTOR_PARTS`].
fn crossing<E>(
    good: Ratio,
    bad: Ratio,
    met: impl Fn(Ratio) -> Result<bool, E>,
) -> Result<Ratio, E> {
    let (mut good, mut bad) = (good.raw(), bad.raw());
    while good.abs_diff(bad) > (good / FACTOR_PARTS).max(1) {
        let middle = good.min(bad) + good.abs_diff(bad) / 2;
        if met(Ratio::new(middle))? {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(Ratio::new(good))
}

/// The quotes with the accepted price of a leg, or of all collaterals, at `factor` of what it is. The lenient test reads no other.
fn moved(market: &Market<'_>, leg: Option<u8>, factor: Ratio) -> Result<Vec<Quote>, MathError> {
    let debt_leg = usize::from(market.debt_leg());
    let moves = |at: usize| leg.map_or(at != debt_leg, |leg| usize::from(leg) == at);
    let quotes = market.quotes.iter().enumerate();
    let quotes = quotes.map(|(at, quote)| {
        let mut quote = *quote;
        if let Some(point) = quote.point.as_mut().filter(|_| moves(at)) {
            let price = mul_div_floor(point.price.raw(), factor.raw(), Ratio::ONE.raw())?;
            point.price = Price::new(price.clamp(Price::MIN.raw(), Price::MAX.raw()))?;
        }
        Ok(quote)
    });
    quotes.collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;
    use wicker_math::{Seconds, Shares};

    use super::*;
    use crate::health::{require_initial, Level};
    use crate::testing::{scene, Scene, NOW};

    const UNIT: u128 = 1_000_000;

    fn any(_: &Adjusted) -> Result<bool, HealthError> {
        Ok(true)
    }

    /// What the contract does with an adjustment.
    fn does(scene: &Scene, adjustment: &Adjustment) -> bool {
        let done = adjust(
            &scene.basket,
            &scene.totals,
            &scene.position,
            adjustment,
            NOW,
        );
        done.is_ok_and(|done| {
            !done.needs_margin
                || scene.with_market(|market| {
                    require_initial(market, &done.position, done.debt).is_ok()
                })
        })
    }

    fn lends(scene: &Scene, units: u128) -> bool {
        does(scene, &borrowing(Amount::new(units)))
    }

    fn gives_back(scene: &Scene, leg: u8, units: u128) -> bool {
        let withdraw = vec![(leg, Some(Amount::new(units)))];
        does(
            scene,
            &Adjustment {
                withdraw,
                ..Adjustment::default()
            },
        )
    }

    fn borrowable(scene: &Scene) -> u128 {
        let found =
            scene.with_market(|market| max_borrow(market, &scene.totals, &scene.position, any));
        found.unwrap().raw()
    }

    fn withdrawable(scene: &Scene, leg: u8) -> u128 {
        let found = scene
            .with_market(|market| max_withdraw(market, &scene.totals, &scene.position, leg, any));
        found.unwrap().raw()
    }

    fn factor(scene: &Scene, leg: Option<u8>) -> Option<Ratio> {
        let found = scene
            .with_market(|market| liquidation_price(market, &scene.totals, &scene.position, leg));
        found.unwrap()
    }

    /// True when the position meets its maintenance margin at this factor.
    fn meets(scene: &Scene, leg: Option<u8>, factor: Ratio) -> bool {
        let mut scene = scene.clone();
        scene.quotes = scene.with_market(|market| moved(market, leg, factor).unwrap());
        scene.level() < Level::Liquidatable
    }

    /// 1,000 dollars of one collateral whose volatility asks for a margin of 16 cents a dollar, against 500 dollars.
    fn plain() -> Scene {
        let mut scene = Scene::new(&[1_000 * UNIT], 500 * UNIT);
        scene.basket.terms.min_debt = Amount::new(100 * UNIT);
        scene.set_margin(16);
        scene
    }

    #[test]
    fn i_20_a_plain_position_borrows_up_to_the_initial_margin() {
        // D + 1.25 (0.16 * 1000 + 0.05 D) = 1000 at D = 800 / 1.0625 = 752.94117647..., 500 of which are owed.
        assert_eq!(borrowable(&plain()), 252_941_176);
    }

    #[test]
    fn i_20_a_plain_position_gives_back_down_to_the_initial_margin() {
        // V (1 - 0.2) = 500 * 1.0625 at V = 664.0625.
        assert_eq!(withdrawable(&plain(), 0), 335_937_500);
    }

    #[test]
    fn a_plain_position_is_liquidated_where_equity_is_the_maintenance_margin() {
        // Of the collateral: f V (1 - 0.16) = 500 * 1.05. Of the debt: the inverse.
        let exact = [(None, 0.625), (Some(0), 0.625), (Some(1), 1.6)];
        for (leg, exact) in exact {
            let found = factor(&plain(), leg).unwrap().raw() as f64 / 1e18;
            assert!((found / exact - 1.0).abs() < 1e-8, "{leg:?}: {found}");
        }
    }

    #[test]
    fn a_position_to_be_liquidated_is_told_where_it_recovers() {
        let mut scene = plain();
        scene.owe(900 * UNIT);
        assert_eq!(scene.level(), Level::Liquidatable);
        let found = factor(&scene, None).unwrap().raw() as f64 / 1e18;
        assert!((found / 1.125 - 1.0).abs() < 1e-8, "{found}");
        let found = factor(&scene, Some(1)).unwrap().raw() as f64 / 1e18;
        assert!((found * 1.125 - 1.0).abs() < 1e-8, "{found}");
        assert_eq!((borrowable(&scene), withdrawable(&scene, 0)), (0, 0));
    }

    #[test]
    fn without_debt_everything_is_given_back_even_without_prices() {
        let mut scene = plain();
        scene.owe(0);
        scene.quotes.iter_mut().for_each(|quote| quote.point = None);
        assert_eq!(withdrawable(&scene, 0), 1_000 * UNIT);
        assert_eq!(factor(&scene, None), None);
    }

    #[test]
    fn what_is_not_held_cannot_be_given_back_and_moves_nothing() {
        let mut scene = Scene::new(&[1_000 * UNIT, 0], 500 * UNIT);
        scene.set_margin(16);
        assert_eq!(withdrawable(&scene, 1), 0);
        assert_eq!(factor(&scene, Some(1)), None);
        let unknown = scene.with_market(|market| {
            liquidation_price(market, &scene.totals, &scene.position, Some(3))
        });
        assert_eq!(unknown, Err(HealthError::UnknownLeg(3)));
    }

    #[test]
    fn debt_without_a_price_is_an_error_and_not_an_answer_of_nothing() {
        let mut scene = plain();
        scene.quotes[1].point = None;
        let found =
            scene.with_market(|market| max_borrow(market, &scene.totals, &scene.position, any));
        assert!(
            matches!(found, Err(HealthError::DebtUnpriced(_))),
            "{found:?}"
        );
    }

    #[test]
    fn rep_5_less_than_the_minimum_debt_is_not_offered() {
        let mut scene = plain();
        scene.owe(0);
        // 1000 dollars carry 752.9; the minimum is one unit more, then exactly that.
        scene.basket.terms.min_debt = Amount::new(752_941_177);
        assert_eq!(borrowable(&scene), 0);
        scene.basket.terms.min_debt = Amount::new(752_941_176);
        assert_eq!(borrowable(&scene), 752_941_176);
    }

    #[test]
    fn the_basket_limits_what_is_offered() {
        let mut scene = plain();
        scene.basket.terms.borrow_fee = Ratio::percent(1);
        scene.basket.terms.ceiling = Amount::new(601 * UNIT);
        assert_eq!(borrowable(&scene), 100 * UNIT);
        scene.basket.terms.mint_cap = Amount::new(40 * UNIT);
        assert_eq!(borrowable(&scene), 40 * UNIT);
        scene.totals.mint = scene.totals.mint.drain(0, u128::MAX, NOW, u128::MAX);
        assert_eq!(borrowable(&scene), 0);
        scene.totals.mint.at = Seconds::new(NOW.get() - 1_800);
        assert_eq!(borrowable(&scene), 20 * UNIT);
        scene.totals.deficit = Amount::new(1);
        assert_eq!(borrowable(&scene), 0);
    }

    #[test]
    fn the_check_limits_what_is_offered_and_its_errors_are_returned() {
        let scene = plain();
        let under =
            |most: u128| move |after: &Adjusted| Ok::<_, HealthError>(after.debt.raw() <= most);
        let found = scene.with_market(|market| {
            max_borrow(market, &scene.totals, &scene.position, under(510 * UNIT))
        });
        assert_eq!(found, Ok(Amount::new(10 * UNIT)));
        let keeps =
            |after: &Adjusted| Ok::<_, HealthError>(after.position.held(0).raw() >= 900 * UNIT);
        let found = scene
            .with_market(|market| max_withdraw(market, &scene.totals, &scene.position, 0, keeps));
        assert_eq!(found, Ok(Amount::new(100 * UNIT)));
        let fails = |_: &Adjusted| Err(HealthError::UnknownLeg(9));
        let found =
            scene.with_market(|market| max_borrow(market, &scene.totals, &scene.position, fails));
        assert_eq!(found, Err(HealthError::UnknownLeg(9)));
    }

    #[test]
    fn bisection_takes_at_most_128_steps() {
        for threshold in [1, 2, 77, u128::MAX - 1] {
            let steps = Cell::new(0);
            let found = largest(Amount::new(1), Amount::MAX, |amount| {
                steps.set(steps.get() + 1);
                Ok::<_, HealthError>(amount.raw() <= threshold)
            });
            assert_eq!(found, Ok(Amount::new(threshold)));
            assert!(steps.get() <= 130, "two ends and {} steps", steps.get() - 2);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]

        #[test]
        fn i_20_doing_the_answer_succeeds_and_one_unit_more_fails(scene in scene(true)) {
            let most = borrowable(&scene);
            prop_assert!(most == 0 || lends(&scene, most), "{}", most);
            prop_assert!(!lends(&scene, most + 1), "{}", most);
            for (leg, held) in &scene.position.collateral {
                let most = withdrawable(&scene, *leg);
                prop_assert!(most == 0 || gives_back(&scene, *leg, most), "{}: {}", leg, most);
                prop_assert!(!gives_back(&scene, *leg, most + 1), "{}: {} of {}", leg, most, held);
            }
        }

        /// The rounding of K is a few parts in 2^58 of the largest leg, so amounts next to the answer are left out.
        #[test]
        fn i_20_nothing_larger_passes_at_concentration_one(scene in scene(false), parts in proptest::collection::vec(0u128..1_000_000, 20)) {
            let beyond = |from: u128, to: u128, part: u128| {
                let least = from + from / 1_000_000_000_000 + 1_000_000;
                least + to.saturating_sub(least) / 1_000_000 * part
            };
            let most = borrowable(&scene);
            let (leg, held) = scene.position.collateral[0];
            let out = withdrawable(&scene, leg);
            let passes_now = scene.with_market(|market| require_initial(market, &scene.position, scene.debt()).is_ok());
            for part in parts {
                if most > 0 {
                    prop_assert!(!lends(&scene, beyond(most, most * 3, part)), "{}", most);
                }
                if passes_now {
                    prop_assert!(!gives_back(&scene, leg, beyond(out, held.raw(), part)), "{}", out);
                }
            }
        }

        /// Where no dollar of a leg carries a dollar of margin; `scene` keeps κσ under 0.9 and J under 0.3.
        #[test]
        fn i_12_no_adjustment_makes_a_position_liquidatable_at_concentration_one(scene in scene(false), verb in 0u8..4, part in 1u128..=1_000_000) {
            let (leg, held) = scene.position.collateral[part as usize % scene.position.collateral.len()];
            let of = |whole: u128| Amount::new((whole / 1_000_000 * part).max(1));
            let mut asked = Adjustment::default();
            match verb {
                0 => asked.deposit = vec![(leg, of(held.raw() * 3))],
                1 => asked.repay = of(scene.debt().raw()),
                2 => asked.withdraw = vec![(leg, Some(of(withdrawable(&scene, leg))))],
                _ => asked.borrow = of(borrowable(&scene)),
            }
            if scene.level() < Level::Liquidatable && does(&scene, &asked) {
                let done = adjust(&scene.basket, &scene.totals, &scene.position, &asked, NOW).unwrap();
                let mut after = scene.clone();
                (after.position, after.totals) = (done.position, done.totals);
                prop_assert!(after.level() < Level::Liquidatable);
            }
        }

        #[test]
        fn i_20_at_the_factor_the_margin_is_met_and_a_step_further_it_is_not(scene in scene(true)) {
            let now = scene.level() < Level::Liquidatable;
            let legs = (0..scene.quotes.len()).map(|leg| Some(leg as u8));
            for leg in legs.chain([None]) {
                let Some(factor) = factor(&scene, leg) else {
                    let ends = [LOWEST_FACTOR, HIGHEST_FACTOR];
                    prop_assert!(ends.into_iter().all(|end| meets(&scene, leg, end) == now));
                    continue;
                };
                let step = (factor.raw() / FACTOR_PARTS).max(1);
                let (down, up) = (Ratio::new(factor.raw() - step), Ratio::new(factor.raw() + step));
                prop_assert!(meets(&scene, leg, factor));
                let bad = if now == (factor < Ratio::ONE) { down } else { up };
                prop_assert!(!meets(&scene, leg, bad), "{:?} {}", leg, factor);
            }
        }
    }

    #[test]
    fn shares_of_another_index_change_nothing_about_the_promise() {
        let mut scene = plain();
        scene.totals.index = scene
            .totals
            .index
            .grow(Ratio::percent(700), Seconds::hours(20_000));
        scene.position.shares = Shares::ZERO;
        scene.totals.shares = Shares::ZERO;
        scene.basket.terms.min_debt = Amount::new(752_941_176);
        let most = borrowable(&scene);
        assert!(lends(&scene, most) && !lends(&scene, most + 1), "{most}");
    }
}
