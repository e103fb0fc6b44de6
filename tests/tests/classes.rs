//! A collateral that leaves its class, and comes back.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{coin, Decimal256};
use wicker_msgs::cdp::{BasketResponse, ExecuteMsg, QueryMsg, Target};
use wicker_tests::rig::{addr, events, value, Rig};

const USD: u128 = 1_000_000;
const HOUR: u64 = 3_600;

/// Lets hours pass in which atom moves by `percent` up and down, btc and eth by a little.
fn hours(rig: &mut Rig, hours: u64, percent: u64) -> Vec<(String, String)> {
    let keeper = addr("keeper");
    let mut reviews = Vec::new();
    for hour in 0..hours {
        rig.pass(HOUR - rig.now() % HOUR + 1);
        let up = hour % 2 == 0;
        let atom = if up { 1_000 + 10 * percent } else { 1_000 };
        let atom = Decimal256::from_ratio(atom, 100u64).to_string();
        let (btc, eth) = if up {
            ("50050", "2002")
        } else {
            ("50000", "2000")
        };
        let debt = rig.debt.clone();
        rig.report(&[("atom", &atom), ("btc", btc), ("eth", eth), (&debt, "1")])
            .unwrap();
        let done = rig
            .run(&keeper, &ExecuteMsg::Recalibrate { basket: 1 }, &[])
            .unwrap();
        for event in events(&done, "wicker_reviewed") {
            reviews.push((value(event, "demoted"), value(event, "returned")));
        }
    }
    reviews
}

#[test]
fn a_collateral_too_volatile_for_its_class_takes_no_new_risk_until_it_is_calm_or_moved() {
    let mut rig = Rig::with(|basket| {
        // A step of 2 % an hour is 187 % a year.
        basket.members[2].bands.volatility.1 = Decimal256::percent(110);
        basket.members[2].risk.floor = Decimal256::bps(60);
    });
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(1_000 * USD, "atom"), (1_000_000, "btc")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    assert!(hours(&mut rig, 700, 2).is_empty());
    let left = hours(&mut rig, 40, 2);
    assert_eq!(left, [("atom:volatility".to_string(), String::new())]);
    let basket: BasketResponse = rig.ask(&QueryMsg::Basket { basket: 1 });
    let demoted: Vec<_> = basket.assets.iter().map(|asset| asset.demoted).collect();
    assert_eq!(demoted, [false, false, true, false]);
    assert!(basket.mean_correlation_fast.is_some() && basket.mean_correlation_slow.is_some());
    // In: no deposit, and what is held counts nothing for new debt.
    rig.give(&ann, USD, "atom");
    let deposit = ExecuteMsg::Deposit {
        position: Some(id),
        basket: None,
    };
    rig.refused(&ann, &deposit, &[coin(USD, "atom")], "takes no deposits");
    let refused = rig.borrow(&ann, id, 1_000 * USD).unwrap_err();
    assert!(refused.contains("closed to new debt"), "{refused}");
    // Out: repaying and leaving.
    rig.repay(&ann, id, 1_000 * USD).unwrap();
    rig.withdraw(&ann, id, 500 * USD, "atom").unwrap();
    // Governance moves the band; the next review lets it back.
    let target = Target::Member {
        basket: 1,
        denom: "atom".into(),
    };
    let mut back = Vec::new();
    for _ in 0..4 {
        let queued = rig.snapshot().baskets[0].basket.members[2]
            .bands
            .volatility
            .1;
        let next = queued.mul_div_floor(5, 4).unwrap();
        rig.change(target.clone(), "volatility_max", &decimal(next.raw()))
            .unwrap();
        rig.live(86_401);
        let pending: wicker_msgs::cdp::PendingResponse = rig.ask(&QueryMsg::Pending {
            start_after: None,
            limit: None,
        });
        let apply = ExecuteMsg::Apply {
            id: pending.pending[0].id,
        };
        let done = rig.run(&ann, &apply, &[]).unwrap();
        let reviews = events(&done, "wicker_reviewed").into_iter();
        back.extend(reviews.map(|event| (value(event, "demoted"), value(event, "returned"))));
    }
    back.extend(hours(&mut rig, 8, 2));
    assert_eq!(back, [(String::new(), "atom".to_string())]);
    rig.run(&ann, &deposit, &[coin(USD, "atom")]).unwrap();
    rig.sound();
}

fn decimal(raw: u128) -> String {
    Decimal256::new(raw.into()).to_string()
}
