//! The screen against the engine: what it answers is what the engine says of every position, and it never misses one.

#![allow(clippy::unwrap_used)]

use wicker_engine::health::{Book, Test};
use wicker_engine::position::Position;
use wicker_math::{Amount, Ratio, Shares};
use wicker_strategy::testing::{add, snapshot, Draw, Scale, NOW};
use wicker_strategy::{screen, BasketState, Snapshot};

const SHARES_PER_UNIT: u128 = 1_000_000_000;

/// The engine's word; `None` where it cannot tell.
fn under(state: &BasketState, position: &Position) -> Option<bool> {
    let market = state.market(NOW);
    let held = position.collateral.iter().map(|(leg, _)| *leg);
    let book = Book::new(&market, held, Test::Maintenance).ok()?;
    let debt = state.totals.index.debt_ceil(position.shares).ok()?;
    let assessment = book.assess(position, debt).ok()?;
    Some(!debt.is_zero() && !assessment.passes(Ratio::ONE).ok()?)
}

fn by_the_engine(state: &BasketState) -> Vec<u64> {
    let all = state.positions.iter();
    all.filter(|packed| under(state, &packed.position()) == Some(true))
        .map(|packed| packed.id)
        .collect()
}

fn by_the_screen(snapshot: &Snapshot) -> Vec<u64> {
    let found = screen(snapshot).candidates;
    found.iter().map(|candidate| candidate.id).collect()
}

/// The most shares with which a position is not under its margin.
fn most_shares(state: &BasketState, position: &Position) -> u128 {
    let with = |shares: u128| Position {
        shares: Shares::new(shares),
        ..position.clone()
    };
    let (mut well, mut ill) = (0u128, position.shares.raw().max(SHARES_PER_UNIT) * 1_000);
    while ill - well > 1 {
        let middle = well + (ill - well) / 2;
        match under(state, &with(middle)) {
            Some(false) => well = middle,
            _ => ill = middle,
        }
    }
    well
}

#[test]
fn the_screen_answers_what_the_engine_says_of_every_position() {
    let mut draw = Draw::new(11);
    let (mut judged, mut seen, mut found) = (0, 0, 0);
    for round in 0..300u64 {
        let scale = Scale {
            legs: (round % 16) as u8 + 1,
            positions: 60,
            owed: (0, 1_100),
            thin: round % 2 == 0,
        };
        let snapshot = snapshot(&mut draw, scale).unwrap();
        let screened = screen(&snapshot);
        assert_eq!(
            by_the_screen(&snapshot),
            by_the_engine(&snapshot.baskets[0]),
            "round {round}"
        );
        judged += screened.judged;
        seen += screened.seen;
        found += screened.candidates.len();
    }
    // It would prove nothing if everything were under its margin, or were left to the engine.
    assert!(
        found > seen / 20 && judged < found + seen / 100,
        "{seen} seen, {judged} judged, {found} found"
    );
}

#[test]
fn a_share_at_the_boundary_decides_as_in_the_engine() {
    let mut draw = Draw::new(12);
    for round in 0..120u64 {
        let scale = Scale {
            legs: (round % 5) as u8 + 1,
            positions: 6,
            owed: (200, 900),
            thin: round % 2 == 0,
        };
        let mut snapshot = snapshot(&mut draw, scale).unwrap();
        let state = &mut snapshot.baskets[0];
        let drawn: Vec<Position> = state
            .positions
            .iter()
            .map(|packed| packed.position())
            .collect();
        let mut id = 1_000;
        for position in drawn {
            let most = most_shares(state, &position);
            for shares in [
                most.saturating_sub(SHARES_PER_UNIT),
                most.saturating_sub(1),
                most,
                most + 1,
                most + SHARES_PER_UNIT,
            ] {
                let shares = Shares::new(shares);
                add(
                    state,
                    id,
                    &Position {
                        shares,
                        ..position.clone()
                    },
                );
                id += 1;
            }
        }
        assert_eq!(
            by_the_screen(&snapshot),
            by_the_engine(&snapshot.baskets[0]),
            "round {round}"
        );
    }
}

#[test]
fn a_base_unit_of_collateral_at_the_boundary_decides_as_in_the_engine() {
    let mut draw = Draw::new(13);
    for round in 0..120u64 {
        let scale = Scale {
            legs: (round % 4) as u8 + 1,
            positions: 4,
            owed: (200, 900),
            thin: round % 2 == 0,
        };
        let mut snapshot = snapshot(&mut draw, scale).unwrap();
        let state = &mut snapshot.baskets[0];
        let drawn: Vec<Position> = state
            .positions
            .iter()
            .map(|packed| packed.position())
            .collect();
        let mut id = 1_000;
        for mut position in drawn {
            position.shares = Shares::new(most_shares(state, &position));
            for leg in 0..scale.legs {
                let held = position.held(leg).raw();
                for amount in [held.saturating_sub(1).max(1), held + 1] {
                    let moved = position.clone().with(leg, Amount::new(amount));
                    add(state, id, &moved);
                    id += 1;
                }
            }
        }
        assert_eq!(
            by_the_screen(&snapshot),
            by_the_engine(&snapshot.baskets[0]),
            "round {round}"
        );
    }
}

#[test]
fn extreme_amounts_and_prices_are_left_to_the_engine() {
    let mut draw = Draw::new(14);
    for round in 0..200u32 {
        let scale = Scale {
            legs: 3,
            positions: 3,
            owed: (0, 1_000),
            thin: true,
        };
        let mut snapshot = snapshot(&mut draw, scale).unwrap();
        let state = &mut snapshot.baskets[0];
        for id in 10..40u64 {
            let mut position = Position::default();
            for leg in 0..3 {
                position = position.with(leg, Amount::new(1u128 << draw.below(128)));
            }
            position.shares = Shares::new(1u128 << draw.below(128));
            state.positions.set(id, &position);
        }
        for quote in &mut state.quotes {
            if draw.below(3) == 0 {
                quote.held = Amount::new(u128::MAX >> draw.below(128));
            }
        }
        assert_eq!(
            by_the_screen(&snapshot),
            by_the_engine(&snapshot.baskets[0]),
            "round {round}"
        );
    }
}

#[test]
fn collateral_without_a_price_counts_nothing_and_a_debt_without_one_says_so() {
    let scale = Scale {
        legs: 3,
        positions: 50,
        owed: (300, 800),
        thin: false,
    };
    let mut snapshot = snapshot(&mut Draw::new(15), scale).unwrap();
    snapshot.baskets[0].quotes[1].point = None;
    assert_eq!(
        by_the_screen(&snapshot),
        by_the_engine(&snapshot.baskets[0])
    );
    snapshot.baskets[0].quotes[3].point = None;
    let screened = screen(&snapshot);
    assert_eq!((screened.unpriced, screened.seen), (vec![1], 0));
}

#[test]
fn a_snapshot_with_a_position_missing_or_doubled_is_not_whole() {
    let scale = Scale {
        legs: 2,
        positions: 20,
        owed: (300, 800),
        thin: false,
    };
    let mut snapshot = snapshot(&mut Draw::new(16), scale).unwrap();
    let state = &mut snapshot.baskets[0];
    assert!(state.is_whole());
    let held = state.positions.get(7).unwrap().position();
    state.positions.set(7, &Position::default());
    assert!(!state.is_whole());
    state.positions.set(7, &held);
    assert!(state.is_whole());
    state.positions.set(21, &held);
    assert!(!state.is_whole());
}
