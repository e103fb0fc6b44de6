//! What must hold after every step, as functions: the single definition that tests, the lab and an audit of a chain call.
//!
//! Names are those of docs/INVARIANTS.md.

use std::collections::BTreeMap;
use std::fmt;

use wicker_math::{mul_div_ceil, mul_div_floor, Amount, Index, Shares};

use crate::basket::{Basket, Totals};
use crate::params::check_basket;
use crate::position::Position;

/// Shares times index to a base unit of debt (SPEC 6).
const SHARES_OF_UNIT: u128 = 1_000_000_000 * 1_000_000_000_000_000_000_000_000_000;

/// Everything the contract owes and owns, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The baskets.
    pub baskets: Vec<BasketView>,
    /// The contract's bank balances.
    pub balances: BTreeMap<String, Amount>,
    /// Coins waiting for their payees.
    pub claims: BTreeMap<String, Amount>,
    /// Of each debt denom, what the contract has minted less what it has burned, counted outside it.
    pub supply: BTreeMap<String, Amount>,
}

/// A basket with all its positions.
#[derive(Debug, Clone)]
pub struct BasketView {
    /// Its id.
    pub id: u32,
    /// What governance decided.
    pub basket: Basket,
    /// What its positions add up to.
    pub totals: Totals,
    /// Its positions.
    pub positions: Vec<(u64, Position)>,
}

/// A broken invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub id: &'static str,
    /// Where, with its numbers.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.what)
    }
}

/// Every invariant of one moment; an empty list when all hold.
pub fn check(snapshot: &Snapshot) -> Vec<Violation> {
    let mut broken = Vec::new();
    for view in &snapshot.baskets {
        broken.extend(shares_add_up(view));
        broken.extend(collateral_adds_up(view));
        broken.extend(debt_is_covered_by_positions(view));
        broken.extend(debt_has_collateral(view));
        broken.extend(deficit_is_met_by_the_reserve_first(view));
    }
    broken.extend(coins_are_there(snapshot));
    broken.extend(debt_tokens_are_owed(snapshot));
    broken
}

fn violation(id: &'static str, what: String) -> Violation {
    Violation { id, what }
}

/// I-01: of each denom the contract has at least what positions hold, backstops keep and payees may claim.
pub fn coins_are_there(snapshot: &Snapshot) -> Vec<Violation> {
    let mut due: BTreeMap<&str, u128> = BTreeMap::new();
    let mut add = |denom, amount: Amount| {
        let sum: &mut u128 = due.entry(denom).or_default();
        *sum = sum.saturating_add(amount.raw());
    };
    for view in &snapshot.baskets {
        for (member, held) in view.basket.members.iter().zip(&view.totals.collateral) {
            add(&member.denom, *held);
        }
        add(&view.basket.debt, view.totals.backstop);
    }
    for (denom, amount) in &snapshot.claims {
        add(denom, *amount);
    }
    due.into_iter()
        .filter_map(|(denom, due)| {
            let held = snapshot.balances.get(denom).map_or(0, |held| held.raw());
            (held < due).then(|| violation("I-01", format!("{held} {denom} held, {due} due")))
        })
        .collect()
}

/// I-02 and I-03: of each debt denom, what was minted less what was burned is what positions owe, less unminted fees, plus deficits.
pub fn debt_tokens_are_owed(snapshot: &Snapshot) -> Vec<Violation> {
    let mut sides: BTreeMap<&str, (u128, u128)> = BTreeMap::new();
    let mut broken = Vec::new();
    for view in &snapshot.baskets {
        let side = sides.entry(&view.basket.debt).or_default();
        match view.totals.debt_ceil() {
            Ok(debt) => side.0 = side.0.saturating_add(debt.raw()),
            Err(error) => broken.push(violation("I-03", format!("basket {}: {error}", view.id))),
        }
        side.0 = side.0.saturating_add(view.totals.deficit.raw());
        side.1 = side.1.saturating_add(view.totals.reserve.raw());
    }
    broken.extend(sides.into_iter().filter_map(|(denom, (owed, reserve))| {
        let supply = snapshot.supply.get(denom).map_or(0, |supply| supply.raw());
        let balanced = supply.checked_add(reserve) == Some(owed);
        (!balanced).then(|| {
            let what = format!("{supply} {denom} + reserve {reserve} against debt {owed}");
            violation("I-03", what)
        })
    }));
    broken
}

/// I-04: the basket's shares are its positions' shares.
pub fn shares_add_up(view: &BasketView) -> Option<Violation> {
    let sum = view.positions.iter().try_fold(0u128, |sum, (_, position)| {
        sum.checked_add(position.shares.raw())
    });
    let stored = view.totals.shares.raw();
    (sum != Some(stored)).then(|| {
        let what = format!("basket {}: shares {stored}, positions {sum:?}", view.id);
        violation("I-04", what)
    })
}

/// I-04: the basket's collateral is its positions' collateral, and every leg is one of its members.
pub fn collateral_adds_up(view: &BasketView) -> Vec<Violation> {
    let mut sums = vec![0u128; view.totals.collateral.len()];
    let mut broken = Vec::new();
    for (id, position) in &view.positions {
        for (leg, amount) in &position.collateral {
            match sums.get_mut(usize::from(*leg)) {
                Some(sum) if !amount.is_zero() => *sum = sum.saturating_add(amount.raw()),
                _ => broken.push(violation(
                    "I-04",
                    format!("position {id}: leg {leg} of {amount:?}"),
                )),
            }
        }
    }
    let members = view.basket.members.len();
    if members != sums.len() {
        let what = format!(
            "basket {}: {members} members, {} totals",
            view.id,
            sums.len()
        );
        broken.push(violation("I-04", what));
    }
    for (leg, (sum, total)) in sums.iter().zip(&view.totals.collateral).enumerate() {
        if *sum != total.raw() {
            let what = format!(
                "basket {} leg {leg}: total {}, positions {sum}",
                view.id,
                total.raw()
            );
            broken.push(violation("I-04", what));
        }
    }
    broken
}

/// I-05: positions owe at least the basket's debt, and at most one unit of rounding each above it.
pub fn debt_is_covered_by_positions(view: &BasketView) -> Option<Violation> {
    let total = view.totals.debt_ceil().ok()?.raw();
    let mut sum = 0u128;
    let mut indebted = 0u128;
    for (_, position) in &view.positions {
        sum = sum.checked_add(view.totals.index.debt_ceil(position.shares).ok()?.raw())?;
        indebted = indebted.saturating_add(u128::from(!position.shares.is_zero()));
    }
    let holds = total <= sum && sum <= total.saturating_add(indebted);
    (!holds).then(|| {
        let what = format!(
            "basket {}: total {total}, {indebted} positions owe {sum}",
            view.id
        );
        violation("I-05", what)
    })
}

/// I-07: whoever owes holds some collateral; otherwise the loss would already be realised.
pub fn debt_has_collateral(view: &BasketView) -> Vec<Violation> {
    view.positions
        .iter()
        .filter(|(_, position)| !position.shares.is_zero() && position.collateral.is_empty())
        .map(|(id, position)| {
            violation(
                "I-07",
                format!("position {id} owes {:?} on nothing", position.shares),
            )
        })
        .collect()
}

/// I-08: a deficit stands only where the reserve is empty.
pub fn deficit_is_met_by_the_reserve_first(view: &BasketView) -> Option<Violation> {
    let (deficit, reserve) = (view.totals.deficit, view.totals.reserve);
    (!deficit.is_zero() && !reserve.is_zero()).then(|| {
        let what = format!(
            "basket {}: deficit {deficit:?} beside reserve {reserve:?}",
            view.id
        );
        violation("I-08", what)
    })
}

/// I-27: what a basket has - reserve and backstop less deficit - falls by no more than the debt that was lost. `before` is accrued to the
/// moment of the action; governance, which may take from both, is not judged by this.
pub fn users_gain_nothing(
    basket: u32,
    before: &Totals,
    after: &Totals,
    lost: Amount,
) -> Vec<Violation> {
    let mut broken = Vec::new();
    let has = |totals: &Totals| {
        let plus = totals.reserve.raw().saturating_add(totals.backstop.raw());
        (plus, totals.deficit.raw())
    };
    let ((plus, minus), (now_plus, now_minus)) = (has(before), has(after));
    let left = now_plus.saturating_add(minus).saturating_add(lost.raw());
    if left < plus.saturating_add(now_minus) {
        let what = format!(
            "basket {basket}: {plus} - {minus} became {now_plus} - {now_minus}, lost {lost:?}"
        );
        broken.push(violation("I-27", what));
    }
    if after.index != before.index || after.accrued_at != before.accrued_at {
        let what = format!(
            "basket {basket}: index {:?} at {:?}, accrued {:?} at {:?}",
            after.index, after.accrued_at, before.index, before.accrued_at
        );
        broken.push(violation("I-23", what));
    }
    broken
}

/// I-22, to the fraction of a unit: who borrows owes at least `lent`, the loan with its fee, more; who pays owes at most what was `burned`
/// less. Neither differs from that by more than rounding takes: two shares, and a unit where the last share is paid.
pub fn debt_moves_as_paid(
    position: u64,
    (before, after): (Shares, Shares),
    index: Index,
    (lent, burned): (Amount, Amount),
) -> Option<Violation> {
    let (lent, paid) = (i128::try_from(lent.raw()), i128::try_from(burned.raw()));
    let (lent, paid) = (lent.ok()?, paid.ok()?);
    let more = i128::try_from(after.raw().abs_diff(before.raw())).ok()?;
    let more = if after < before { -more } else { more };
    let last = i128::from(after.is_zero() && !before.is_zero());
    let due = lent.saturating_sub(paid);
    let holds = owes_at_least(index, more, due)
        && owes_at_least(
            index,
            2i128.saturating_sub(more),
            (due.saturating_add(last)).saturating_neg(),
        );
    (!holds).then(|| {
        let what = format!("position {position}: shares {before:?} to {after:?} at {index:?}, lent {lent}, burned {paid}");
        violation("I-22", what)
    })
}

/// True when so many shares owe so many units or more, without rounding.
fn owes_at_least(index: Index, shares: i128, units: i128) -> bool {
    let size = shares.unsigned_abs();
    if shares >= 0 {
        let whole = mul_div_floor(size, index.raw(), SHARES_OF_UNIT);
        units <= 0 || whole.is_ok_and(|whole| whole >= units.unsigned_abs())
    } else {
        let whole = mul_div_ceil(size, index.raw(), SHARES_OF_UNIT);
        units <= 0 && whole.is_ok_and(|whole| whole <= units.unsigned_abs())
    }
}

/// I-19: over no span did more flow than the bucket holds and what filled it meanwhile, `rate` an hour. Flows by time, in seconds; what
/// came back is negative.
pub fn bucket_is_kept(
    name: &str,
    flows: &[(u64, i128)],
    rate: u128,
    size: u128,
) -> Option<Violation> {
    let (end, _) = flows.last()?;
    let mut sum = 0i128;
    for (start, flow) in flows.iter().rev() {
        sum = sum.saturating_add(*flow);
        let span = u128::from(end.saturating_sub(*start));
        let filled = wicker_math::mul_div_ceil(rate, span, 3_600).unwrap_or(u128::MAX);
        if u128::try_from(sum).is_ok_and(|sum| sum > size.saturating_add(filled)) {
            let what = format!("{name}: {sum} within {span} s, {size} and {filled} allowed");
            return Some(violation("I-19", what));
        }
    }
    None
}

/// I-28: a basket's parameters are in bounds and fit each other.
pub fn parameters_are_in_bounds(view: &BasketView) -> Vec<Violation> {
    let found = check_basket(&view.basket).err();
    found
        .map(|why| violation("I-28", format!("basket {}: {why}", view.id)))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use wicker_math::Seconds;

    use super::*;
    use crate::adjust::{adjust, Adjustment};
    use crate::testing::basket;

    fn healthy() -> Snapshot {
        let basket = basket();
        let now = Seconds::default();
        let open = Adjustment {
            deposit: vec![(0, Amount::new(10))],
            borrow: Amount::new(200_000_000),
            ..Adjustment::default()
        };
        let totals = Totals::new(2, basket.terms.mint_cap, now);
        let opened = adjust(&basket, &totals, &Position::default(), &open, now).unwrap();
        Snapshot {
            balances: [("btc".into(), Amount::new(10))].into(),
            claims: BTreeMap::new(),
            supply: [("usd".into(), Amount::new(200_000_000))].into(),
            baskets: vec![BasketView {
                id: 1,
                basket,
                totals: opened.totals,
                positions: vec![(1, opened.position)],
            }],
        }
    }

    /// Breaks the snapshot and names what is found.
    fn broken_by(change: impl FnOnce(&mut Snapshot)) -> Vec<&'static str> {
        let mut snapshot = healthy();
        change(&mut snapshot);
        check(&snapshot)
            .iter()
            .map(|violation| violation.id)
            .collect()
    }

    #[test]
    fn a_loan_breaks_nothing_and_each_break_is_named() {
        assert_eq!(check(&healthy()), vec![]);
        assert_eq!(broken_by(|s| s.balances.clear()), ["I-01"]);
        assert_eq!(
            broken_by(|s| {
                s.supply.insert("usd".into(), Amount::new(200_000_001));
            }),
            ["I-03"]
        );
        assert_eq!(
            broken_by(|s| {
                s.claims.insert("btc".into(), Amount::new(1));
            }),
            ["I-01"]
        );
        assert_eq!(
            broken_by(|s| s.baskets[0].positions.clear()),
            ["I-04", "I-04", "I-05"]
        );
        assert_eq!(
            broken_by(|s| s.baskets[0].positions[0].1.collateral.clear()),
            ["I-04", "I-07"]
        );
        assert_eq!(
            broken_by(|s| {
                s.baskets[0].totals.deficit = Amount::new(1);
                s.baskets[0].totals.reserve = Amount::new(1_000_001);
            }),
            ["I-08"]
        );
    }

    #[test]
    fn what_an_action_did_is_judged_by_hand_made_figures() {
        let totals = |reserve, deficit| Totals {
            reserve: Amount::new(reserve),
            deficit: Amount::new(deficit),
            ..Totals::new(1, Amount::MAX, Seconds::default())
        };
        let amount = Amount::new;
        assert!(users_gain_nothing(1, &totals(5, 0), &totals(0, 4), amount(9)).is_empty());
        assert_eq!(
            users_gain_nothing(1, &totals(5, 0), &totals(0, 4), amount(8)).len(),
            1
        );
        // At index one a unit is 1e9 shares.
        let moves = |before, after, lent, burned| {
            let shares = (Shares::new(before), Shares::new(after));
            debt_moves_as_paid(1, shares, Index::ONE, (amount(lent), amount(burned))).is_none()
        };
        assert!(moves(3, 7_000_000_003, 7, 0) && moves(3, 7_000_000_005, 7, 0));
        assert!(!moves(3, 7_000_000_002, 7, 0) && !moves(3, 7_000_000_006, 7, 0));
        assert!(moves(7_000_000_003, 3, 0, 7) && moves(7_000_000_003, 5, 0, 7));
        assert!(!moves(7_000_000_003, 2, 0, 7) && !moves(7_000_000_003, 6, 0, 7));
        // The last share: up to a unit more is paid than it owed.
        assert!(moves(6_000_000_001, 0, 0, 7) && !moves(5_999_999_997, 0, 0, 7));
        assert!(moves(5, 4_000_000_005, 7, 3) && !moves(5, 3_999_999_999, 7, 3));
        // A bucket of 100 that fills 60 an hour: 100 and half an hour later 30.
        assert!(bucket_is_kept("x", &[(0, 100), (1_800, 30)], 60, 100).is_none());
        assert!(bucket_is_kept("x", &[(0, 100), (1_800, 31)], 60, 100).is_some());
        let returned = |last| [(0, 100), (900, -20), (1_800, last)];
        assert!(bucket_is_kept("x", &returned(50), 60, 100).is_none());
        assert!(bucket_is_kept("x", &returned(51), 60, 100).is_some());
    }
}
