//! What an owner does: any mix of depositing, repaying, withdrawing and borrowing is one adjustment, judged once at its end.
//!
//! [`adjust`] moves the amounts and holds the limits that need no price. Where [`Adjusted::needs_margin`] says so, the caller then
//! asks [`crate::health`]; depositing and repaying never do, so nothing can switch them off.

use thiserror::Error;
use wicker_math::{Amount, MathError, Seconds};

use crate::accrual::{lend, repay};
use crate::basket::{Basket, Totals};
use crate::position::Position;

/// What the owner asks for. Legs are collaterals of the basket, each at most once a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adjustment {
    /// Collateral brought.
    pub deposit: Vec<(u8, Amount)>,
    /// Debt coins brought to repay.
    pub repay: Amount,
    /// Collateral taken out; `None` takes all.
    pub withdraw: Vec<(u8, Option<Amount>)>,
    /// Debt to mint.
    pub borrow: Amount,
}

/// What an adjustment comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjusted {
    /// The position.
    pub position: Position,
    /// The basket's totals.
    pub totals: Totals,
    /// What the position owes.
    pub debt: Amount,
    /// Debt coins to burn.
    pub burned: Amount,
    /// Debt coins to give back to the payer.
    pub refund: Amount,
    /// Debt coins to mint.
    pub minted: Amount,
    /// One-off fee, part of the debt.
    pub fee: Amount,
    /// Collateral to send.
    pub withdrawn: Vec<(u8, Amount)>,
    /// True when the position must pass the initial margin: it owes, and took something out.
    pub needs_margin: bool,
}

/// Why an adjustment is refused. Amounts are base units.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AdjustError {
    /// Arithmetic outside what the types hold.
    #[error(transparent)]
    Math(#[from] MathError),
    /// Nothing is asked for.
    #[error("nothing to do")]
    Nothing,
    /// An amount of zero.
    #[error("an amount is zero")]
    Zero,
    /// The basket has no such leg.
    #[error("the basket has no leg {0}")]
    UnknownLeg(u8),
    /// A leg stands twice in one list.
    #[error("leg {0} is named twice")]
    Duplicate(u8),
    /// The collateral is being wound down or has left its class.
    #[error("leg {0} takes no deposits")]
    Closed(u8),
    /// The basket would hold more than it takes.
    #[error("the basket would hold {total} of leg {leg}, its cap is {cap}")]
    SupplyCap {
        /// The leg.
        leg: u8,
        /// What the basket would hold.
        total: u128,
        /// What it takes.
        cap: u128,
    },
    /// More than the position holds.
    #[error("the position holds {held} of leg {leg}, not {asked}")]
    NotHeld {
        /// The leg.
        leg: u8,
        /// What it holds.
        held: u128,
        /// What is asked.
        asked: u128,
    },
    /// Repaying where nothing is owed.
    #[error("the position owes nothing")]
    NoDebt,
    /// The payment is too small to remove a share of debt.
    #[error("a payment of {0} repays nothing")]
    TooSmall(u128),
    /// Debt between nothing and the minimum.
    #[error("debt {debt} is below the minimum {minimum}")]
    MinDebt {
        /// What would be owed.
        debt: u128,
        /// The least.
        minimum: u128,
    },
    /// The basket would owe more than its ceiling.
    #[error("the basket would owe {debt}, its ceiling is {ceiling}")]
    Ceiling {
        /// What it would owe.
        debt: u128,
        /// The most.
        ceiling: u128,
    },
    /// More than may be borrowed within the hour.
    #[error("{asked} is more than the {left} that may be borrowed now")]
    MintCap {
        /// What is asked.
        asked: u128,
        /// What is left.
        left: u128,
    },
    /// The basket has a loss to work off first.
    #[error("the basket has a deficit of {0} and lends nothing until it is covered")]
    Deficit(u128),
}

/// Applies `adjustment` to a position of a basket whose totals are accrued to `now`.
pub fn adjust(
    basket: &Basket,
    totals: &Totals,
    position: &Position,
    adjustment: &Adjustment,
    now: Seconds,
) -> Result<Adjusted, AdjustError> {
    let empty = adjustment.deposit.is_empty() && adjustment.withdraw.is_empty();
    if empty && adjustment.repay.is_zero() && adjustment.borrow.is_zero() {
        return Err(AdjustError::Nothing);
    }
    let before = totals.index.debt_ceil(position.shares)?;
    let (position, totals) = deposit(basket, totals, position, &adjustment.deposit)?;
    let (position, totals, withdrawn) = withdraw(basket, &totals, &position, &adjustment.withdraw)?;
    let (position, totals, burned) = pay(&totals, position, adjustment.repay)?;
    let (position, totals, fee) = borrow(basket, &totals, position, adjustment.borrow, now)?;
    let debt = totals.index.debt_ceil(position.shares)?;
    let owes = !position.shares.is_zero();
    // A minimum that governance raised above a debt must not keep its owner from paying a part of it.
    let judged = !adjustment.borrow.is_zero() || before >= basket.terms.min_debt;
    let touched = judged && debt != before;
    if touched && owes && debt < basket.terms.min_debt {
        return Err(AdjustError::MinDebt {
            debt: debt.raw(),
            minimum: basket.terms.min_debt.raw(),
        });
    }
    Ok(Adjusted {
        needs_margin: owes && !(withdrawn.is_empty() && adjustment.borrow.is_zero()),
        refund: adjustment.repay.minus(burned)?,
        minted: adjustment.borrow,
        position,
        totals,
        debt,
        burned,
        fee,
        withdrawn,
    })
}

fn deposit(
    basket: &Basket,
    totals: &Totals,
    position: &Position,
    coins: &[(u8, Amount)],
) -> Result<(Position, Totals), AdjustError> {
    let (mut position, mut totals) = (position.clone(), totals.clone());
    for (at, (leg, amount)) in coins.iter().enumerate() {
        once(coins.iter().take(at).map(|(seen, _)| *seen), *leg)?;
        let unknown = AdjustError::UnknownLeg(*leg);
        let member = basket
            .members
            .get(usize::from(*leg))
            .ok_or(unknown.clone())?;
        let held = totals
            .collateral
            .get_mut(usize::from(*leg))
            .ok_or(unknown)?;
        if amount.is_zero() {
            return Err(AdjustError::Zero);
        }
        if !member.open() {
            return Err(AdjustError::Closed(*leg));
        }
        let total = held.plus(*amount)?;
        if total > member.supply_cap {
            return Err(AdjustError::SupplyCap {
                leg: *leg,
                total: total.raw(),
                cap: member.supply_cap.raw(),
            });
        }
        *held = total;
        let sum = position.held(*leg).plus(*amount)?;
        position = position.with(*leg, sum);
    }
    Ok((position, totals))
}

/// A position after a withdrawal, the totals, and what left.
type Withdrawn = (Position, Totals, Vec<(u8, Amount)>);

fn withdraw(
    basket: &Basket,
    totals: &Totals,
    position: &Position,
    asked: &[(u8, Option<Amount>)],
) -> Result<Withdrawn, AdjustError> {
    let (mut position, mut totals) = (position.clone(), totals.clone());
    let mut withdrawn = Vec::with_capacity(asked.len());
    for (at, (leg, amount)) in asked.iter().enumerate() {
        once(asked.iter().take(at).map(|(seen, _)| *seen), *leg)?;
        if usize::from(*leg) >= basket.members.len() {
            return Err(AdjustError::UnknownLeg(*leg));
        }
        let held = position.held(*leg);
        let amount = amount.unwrap_or(held);
        if held < amount || held.is_zero() {
            return Err(AdjustError::NotHeld {
                leg: *leg,
                held: held.raw(),
                asked: amount.raw(),
            });
        }
        if amount.is_zero() {
            return Err(AdjustError::Zero);
        }
        let total = totals
            .collateral
            .get_mut(usize::from(*leg))
            .ok_or(AdjustError::UnknownLeg(*leg))?;
        *total = total.minus(amount)?;
        position = position.with(*leg, held.minus(amount)?);
        withdrawn.push((*leg, amount));
    }
    Ok((position, totals, withdrawn))
}

fn pay(
    totals: &Totals,
    position: Position,
    offered: Amount,
) -> Result<(Position, Totals, Amount), AdjustError> {
    if offered.is_zero() {
        return Ok((position, totals.clone(), Amount::ZERO));
    }
    if position.shares.is_zero() {
        return Err(AdjustError::NoDebt);
    }
    let repaid = repay(totals, position.shares, offered)?;
    if repaid.shares == position.shares {
        return Err(AdjustError::TooSmall(offered.raw()));
    }
    let position = Position {
        shares: repaid.shares,
        ..position
    };
    Ok((position, repaid.totals, repaid.burned))
}

fn borrow(
    basket: &Basket,
    totals: &Totals,
    position: Position,
    amount: Amount,
    now: Seconds,
) -> Result<(Position, Totals, Amount), AdjustError> {
    if amount.is_zero() {
        return Ok((position, totals.clone(), Amount::ZERO));
    }
    if !totals.deficit.is_zero() {
        return Err(AdjustError::Deficit(totals.deficit.raw()));
    }
    let cap = basket.terms.mint_cap.raw();
    let lent = lend(totals, basket, position.shares, amount)?;
    let mut next = lent.totals;
    next.mint =
        totals
            .mint
            .take(cap, cap, now, amount.raw())
            .map_err(|_| AdjustError::MintCap {
                asked: amount.raw(),
                left: totals.mint.level(cap, cap, now),
            })?;
    let debt = next.debt_ceil()?;
    if debt > basket.terms.ceiling {
        return Err(AdjustError::Ceiling {
            debt: debt.raw(),
            ceiling: basket.terms.ceiling.raw(),
        });
    }
    let position = Position {
        shares: lent.shares,
        ..position
    };
    Ok((position, next, lent.fee))
}

fn once(mut seen: impl Iterator<Item = u8>, leg: u8) -> Result<(), AdjustError> {
    if seen.any(|other| other == leg) {
        return Err(AdjustError::Duplicate(leg));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wicker_math::HOUR;

    use super::*;
    use crate::testing::basket;

    const NOW: Seconds = HOUR;

    fn start() -> (Basket, Totals, Position) {
        let mut basket = basket();
        basket.terms.borrow_fee = wicker_math::Ratio::ZERO;
        let totals = Totals::new(2, basket.terms.mint_cap, NOW);
        (basket, totals, Position::default())
    }

    fn amount(units: u128) -> Amount {
        Amount::new(units)
    }

    fn opened() -> (Basket, Totals, Position) {
        let (basket, totals, position) = start();
        let open = Adjustment {
            deposit: vec![(0, amount(500))],
            borrow: amount(200_000_000),
            ..Adjustment::default()
        };
        let opened = adjust(&basket, &totals, &position, &open, NOW).unwrap();
        assert!(opened.needs_margin);
        (basket, opened.totals, opened.position)
    }

    #[test]
    fn a_mix_moves_every_amount_once() {
        let (basket, totals, position) = opened();
        let mix = Adjustment {
            deposit: vec![(1, amount(70))],
            withdraw: vec![(0, Some(amount(100)))],
            repay: amount(50_000_000),
            borrow: amount(10_000_000),
        };
        let after = adjust(&basket, &totals, &position, &mix, NOW).unwrap();
        assert_eq!(after.position.held(0), amount(400));
        assert_eq!(after.position.held(1), amount(70));
        assert_eq!(after.totals.collateral, vec![amount(400), amount(70)]);
        assert_eq!(after.debt, amount(160_000_000));
        assert_eq!(after.withdrawn, vec![(0, amount(100))]);
    }

    #[test]
    fn i_10_depositing_and_repaying_need_no_margin() {
        let (basket, totals, position) = opened();
        let more = Adjustment {
            deposit: vec![(0, amount(1))],
            repay: amount(1_000),
            ..Adjustment::default()
        };
        assert!(
            !adjust(&basket, &totals, &position, &more, NOW)
                .unwrap()
                .needs_margin
        );
    }

    #[test]
    fn rep_2_what_exceeds_the_debt_is_given_back() {
        let (basket, totals, position) = opened();
        let all = Adjustment {
            repay: amount(200_000_007),
            withdraw: vec![(0, None)],
            ..Adjustment::default()
        };
        let after = adjust(&basket, &totals, &position, &all, NOW).unwrap();
        assert_eq!(after.refund, amount(7));
        assert!(after.position.is_empty() && !after.needs_margin);
    }

    #[test]
    fn rep_5_debt_under_the_minimum_is_refused_and_the_minimum_itself_is_not() {
        let (basket, totals, position) = opened();
        let repay = |units| Adjustment {
            repay: amount(units),
            ..Adjustment::default()
        };
        assert!(adjust(&basket, &totals, &position, &repay(100_000_000), NOW).is_ok());
        assert_eq!(
            adjust(&basket, &totals, &position, &repay(100_000_001), NOW),
            Err(AdjustError::MinDebt {
                debt: 99_999_999,
                minimum: 100_000_000
            })
        );
    }

    #[test]
    fn a_hundred_percent_of_the_mint_cap_is_lent_an_hour_and_one_more_is_not() {
        let (mut basket, mut totals, position) = start();
        basket.terms.mint_cap = amount(300_000_000);
        totals.mint = crate::basket::Bucket::full(300_000_000, NOW);
        let borrow = |units| Adjustment {
            borrow: amount(units),
            ..Adjustment::default()
        };
        let first = adjust(&basket, &totals, &position, &borrow(300_000_000), NOW).unwrap();
        let next = adjust(&basket, &first.totals, &first.position, &borrow(1), NOW);
        assert_eq!(next, Err(AdjustError::MintCap { asked: 1, left: 0 }));
        let half = NOW.plus(Seconds::new(1_800));
        assert!(adjust(
            &basket,
            &first.totals,
            &first.position,
            &borrow(150_000_000),
            half
        )
        .is_ok());
        assert!(adjust(
            &basket,
            &first.totals,
            &first.position,
            &borrow(150_000_001),
            half
        )
        .is_err());
    }

    #[test]
    fn each_refusal_says_why() {
        let (mut basket, mut totals, position) = opened();
        let try_it = |basket: &Basket, totals: &Totals, change: Adjustment| {
            adjust(basket, totals, &position, &change, NOW).unwrap_err()
        };
        let none = Adjustment::default;
        assert_eq!(try_it(&basket, &totals, none()), AdjustError::Nothing);
        let deposit = |deposit| Adjustment { deposit, ..none() };
        let withdraw = |withdraw| Adjustment { withdraw, ..none() };
        let borrow = |units| Adjustment {
            borrow: amount(units),
            ..none()
        };
        assert_eq!(
            try_it(&basket, &totals, deposit(vec![(0, amount(0))])),
            AdjustError::Zero
        );
        assert_eq!(
            try_it(&basket, &totals, deposit(vec![(2, amount(1))])),
            AdjustError::UnknownLeg(2)
        );
        assert_eq!(
            try_it(
                &basket,
                &totals,
                deposit(vec![(0, amount(1)), (0, amount(1))])
            ),
            AdjustError::Duplicate(0)
        );
        assert_eq!(
            try_it(&basket, &totals, withdraw(vec![(0, None), (0, None)])),
            AdjustError::Duplicate(0)
        );
        assert_eq!(
            try_it(&basket, &totals, withdraw(vec![(0, Some(amount(0)))])),
            AdjustError::Zero
        );
        assert_eq!(
            try_it(&basket, &totals, withdraw(vec![(0, Some(amount(501)))])),
            AdjustError::NotHeld {
                leg: 0,
                held: 500,
                asked: 501
            }
        );
        basket.terms.ceiling = amount(200_000_010);
        assert_eq!(
            try_it(&basket, &totals, borrow(11)),
            AdjustError::Ceiling {
                debt: 200_000_011,
                ceiling: 200_000_010
            }
        );
        assert!(adjust(&basket, &totals, &position, &borrow(10), NOW).is_ok());
        if let Some(member) = basket.members.first_mut() {
            member.supply_cap = amount(501);
        }
        assert!(adjust(
            &basket,
            &totals,
            &position,
            &deposit(vec![(0, amount(1))]),
            NOW
        )
        .is_ok());
        assert_eq!(
            try_it(&basket, &totals, deposit(vec![(0, amount(2))])),
            AdjustError::SupplyCap {
                leg: 0,
                total: 502,
                cap: 501
            }
        );
        if let Some(member) = basket.members.first_mut() {
            member.demoted = true;
        }
        assert_eq!(
            try_it(&basket, &totals, deposit(vec![(0, amount(1))])),
            AdjustError::Closed(0)
        );
        totals.deficit = amount(3);
        assert_eq!(try_it(&basket, &totals, borrow(1)), AdjustError::Deficit(3));
    }
}
