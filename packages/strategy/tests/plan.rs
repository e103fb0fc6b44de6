//! Plans: deterministic, within what may be spent, and not starved by dust.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use wicker_engine::position::Position;
use wicker_math::{Amount, Ratio, Shares, Value};
use wicker_strategy::testing::{add, basket_state, snapshot, Draw, Scale, NOW};
use wicker_strategy::{plan, screen, Budget, Plan, Policy, Skip, Snapshot};

fn policy() -> Policy {
    Policy {
        min_profit: Value::dollars(1),
        slippage: Ratio::bps(50),
        gas_cost: Value::new(Value::dollars(1).raw() / 10),
        realise_bad_debt: false,
        batch: 5,
        batches: 3,
        examined: 1_000,
    }
}

fn budget(dollars: u64) -> Budget {
    Budget {
        inventory: BTreeMap::from([("usd".into(), Amount::new(u128::from(dollars) * 1_000_000))]),
        gas: Value::dollars(10),
        loss: Value::dollars(0),
    }
}

fn drawn(seed: u64, owed: (u64, u64)) -> Snapshot {
    let scale = Scale {
        legs: 3,
        positions: 60,
        owed,
        thin: true,
    };
    snapshot(&mut Draw::new(seed), scale).unwrap()
}

fn planned(snapshot: &Snapshot, policy: &Policy, budget: &Budget) -> Plan {
    plan(snapshot, &screen(snapshot).candidates, policy, budget)
}

fn items(plan: &Plan) -> Vec<&wicker_strategy::Item> {
    plan.batches.iter().flat_map(|batch| &batch.items).collect()
}

#[test]
fn the_same_snapshot_has_the_same_plan_whatever_the_order_of_its_candidates() {
    for seed in 0..40 {
        let snapshot = drawn(seed, (600, 1_050));
        let mut candidates = screen(&snapshot).candidates;
        let one = plan(&snapshot, &candidates, &policy(), &budget(5_000_000));
        candidates.reverse();
        assert_eq!(
            plan(&snapshot, &candidates, &policy(), &budget(5_000_000)),
            one,
            "seed {seed}"
        );
    }
}

#[test]
fn no_plan_spends_more_than_its_budgets_and_none_is_larger_than_it_may_be() {
    let mut acted = 0;
    for seed in 0..120u64 {
        let snapshot = drawn(seed, (600, 1_100));
        let mut policy = policy();
        policy.realise_bad_debt = seed % 2 == 0;
        let mut budget = budget(seed * seed * 40);
        budget.loss = Value::dollars(seed * 10);
        budget.gas = Value::new(policy.gas_cost.raw() * u128::from(seed % 9));
        let plan = planned(&snapshot, &policy, &budget);
        let items = items(&plan);
        acted += items.len();
        let paid: u128 = items.iter().map(|item| item.payment.raw()).sum();
        assert!(paid <= budget.inventory["usd"].raw(), "seed {seed}");
        let lost: i128 = items.iter().map(|item| (-item.profit).max(0)).sum();
        assert!(lost as u128 <= budget.loss.raw(), "seed {seed}");
        assert!(items.len() as u64 <= seed % 9, "seed {seed}");
        assert!(plan.batches.len() <= 3 && plan.batches.iter().all(|batch| batch.items.len() <= 5));
        for batch in &plan.batches {
            let sum: u128 = batch.items.iter().map(|item| item.payment.raw()).sum();
            assert_eq!(batch.payment.raw(), sum);
        }
        for item in items {
            let good = item.profit >= policy.min_profit.raw() as i128;
            assert!(
                good || policy.realise_bad_debt && !item.bad_debt.is_zero(),
                "seed {seed}"
            );
        }
    }
    assert!(acted > 100, "{acted}");
}

#[test]
fn kpr_3_a_hundred_thousand_tiny_positions_do_not_starve_the_valuable_one() {
    let scale = Scale {
        legs: 1,
        positions: 0,
        owed: (0, 1),
        thin: false,
    };
    let mut state = basket_state(&mut Draw::new(3), scale).unwrap();
    // A position that owes all it is worth less 3 %, a thousandth of a dollar large or ten thousand dollars.
    let mut put = |id: u64, millis: u128| {
        let point = state.quotes[0].point.unwrap();
        let decimals = state.basket.members[0].decimals;
        let value = Value::new(millis * 1_000_000_000_000_000);
        let amount = point.price.amount_ceil(value, decimals).unwrap();
        let worth = point.price.value_floor(amount, decimals).unwrap();
        let owed = Amount::new(worth.raw() / 1_000_000_000_000 * 97 / 100);
        let shares = state.totals.index.shares_floor(owed).unwrap();
        let position = Position::default().with(0, amount);
        add(&mut state, id, &Position { shares, ..position });
    };
    for id in 1..=100_000 {
        put(id, 1);
    }
    put(100_001, 10_000_000);
    let snapshot = Snapshot {
        height: 1,
        now: NOW,
        baskets: vec![state],
    };
    let screened = screen(&snapshot);
    assert_eq!(screened.candidates.len(), 100_001);
    let plan = plan(
        &snapshot,
        &screened.candidates,
        &policy(),
        &budget(1_000_000),
    );
    let positions: Vec<u64> = items(&plan).iter().map(|item| item.position).collect();
    assert_eq!(positions, [100_001]);
    assert_eq!(plan.waiting, 99_001);
    assert!(plan
        .skipped
        .iter()
        .all(|skipped| matches!(skipped.why, Skip::Unprofitable { .. })));
}

#[test]
fn bad_debt_is_realised_at_a_loss_only_when_asked_for_and_within_the_budget() {
    let mut snapshot = drawn(5, (1_060, 1_100));
    let mut policy = policy();
    policy.slippage = Ratio::percent(20);
    assert!(items(&planned(&snapshot, &policy, &budget(100_000_000))).is_empty());
    policy.realise_bad_debt = true;
    let poor = planned(&snapshot, &policy, &budget(100_000_000));
    assert!(items(&poor).is_empty());
    assert!(poor
        .skipped
        .iter()
        .any(|skipped| matches!(skipped.why, Skip::LossBudget { .. })));
    let rich = Budget {
        loss: Value::dollars(100_000_000),
        ..budget(100_000_000)
    };
    let done = planned(&snapshot, &policy, &rich);
    assert!(!items(&done).is_empty() && items(&done).iter().all(|item| !item.bad_debt.is_zero()));
    // Without debt tokens nothing is planned, and the reason is said.
    let none = planned(&snapshot, &policy, &budget(0));
    assert!(none.batches.is_empty());
    assert!(none
        .skipped
        .iter()
        .all(|skipped| matches!(skipped.why, Skip::NoInventory { .. })));
    snapshot.baskets.clear();
    assert_eq!(planned(&snapshot, &policy, &rich), Plan::default());
}

#[test]
fn what_one_liquidation_leaves_of_a_flow_cap_is_all_the_next_one_has() {
    let mut found = 0;
    for seed in 0..60u64 {
        let mut snapshot = drawn(seed, (700, 880));
        let state = &mut snapshot.baskets[0];
        let room = Value::dollars(20_000);
        state.room = (0..3).map(|leg| (leg, room)).collect();
        // In an emergency the flow cap does not hold; here none is one.
        state.basket.levels.emergency = Ratio::ZERO;
        let plan = planned(&snapshot, &policy(), &budget(100_000_000));
        let state = &snapshot.baskets[0];
        let worth = |(denom, amount): &(String, Amount)| {
            let mut members = state.basket.members.iter();
            let leg = members.position(|member| member.denom == *denom).unwrap();
            let point = state.quotes[leg].point.unwrap();
            let decimals = state.basket.members[leg].decimals;
            point.price.value_floor(*amount, decimals).unwrap().raw()
        };
        for member in &state.basket.members {
            let taken = items(&plan).into_iter().map(|item| {
                let all: u128 = item.seized.iter().map(worth).sum();
                let own = item
                    .seized
                    .iter()
                    .filter(|(denom, _)| *denom == member.denom);
                let own: u128 = own.map(worth).sum();
                // A leg of a twentieth is passed over.
                own * u128::from(own * 20 > all)
            });
            let taken: u128 = taken.sum();
            assert!(taken <= room.raw(), "seed {seed}: {taken}");
            found += usize::from(taken > 0);
        }
    }
    assert!(found > 10, "{found}");
}

#[test]
fn shares_of_nothing_owe_nothing_and_are_not_looked_at() {
    let mut snapshot = drawn(1, (600, 900));
    let state = &mut snapshot.baskets[0];
    let free = Position {
        shares: Shares::ZERO,
        ..state.positions.get(1).unwrap().position()
    };
    state.positions.set(1, &free);
    let screened = screen(&snapshot);
    assert_eq!(screened.seen, 59);
    assert!(screened
        .candidates
        .iter()
        .all(|candidate| candidate.id != 1));
}
