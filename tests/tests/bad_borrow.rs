//! What somebody may borrow or repay that they should not: the rows BOR and REP of docs/BAD_INPUTS.md.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::coin;
use wicker_msgs::cdp::{ExecuteMsg, GovernMsg, GuardMsg, Target};
use wicker_tests::rig::{addr, Rig};
use wicker_tests::settings::dec;
use wicker_tests::verbs::{adjust, borrow, deposit, liquidate, open_in, withdraw};

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;
const BASKET: Target = Target::Basket { basket: 1 };

#[test]
fn bor_1_nothing_and_less_than_the_smallest_debt_are_refused() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.refused(&ann, &borrow(id, 0), &[], "an amount is zero");
    for amount in [1, 100 * USD - 1] {
        let why = format!("debt {amount} is below the minimum 100000000");
        rig.refused(&ann, &borrow(id, amount), &[], &why);
    }
    rig.borrow(&ann, id, 100 * USD).unwrap();
    rig.borrow(&ann, id, 1).unwrap();
    rig.sound();
}

#[test]
fn bor_2_the_most_is_lent_and_one_unit_more_is_not() {
    for held in [
        &[(BTC, "btc")][..],
        &[(BTC, "btc"), (3_000 * USD, "atom")],
        &[(777 * USD, "atom")],
    ] {
        let mut rig = Rig::with(|basket| basket.borrow_fee = dec("0.005"));
        let ann = addr("ann");
        let id = rig.open(&ann, 1, held);
        let most = rig.max_borrow(id);
        assert!(most > 1_000 * USD);
        rig.refused(&ann, &borrow(id, most + 1), &[], "below the initial margin");
        rig.borrow(&ann, id, most).unwrap();
        assert_eq!(rig.max_borrow(id), 0);
        rig.sound();
    }
}

#[test]
fn bor_4_every_ceiling_is_reached_and_not_passed_and_the_query_knows() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(10 * BTC, "btc")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    let debt = Target::Asset {
        denom: rig.debt.clone(),
    };
    let until = rig.now() + 1_000;
    let guard = GuardMsg::LowerCeiling {
        basket: 1,
        ceiling: (4_000 * USD).into(),
        until,
    };
    rig.change(BASKET, "debt_ceiling", "5000000000").unwrap();
    assert_eq!(rig.max_borrow(id), 4_000 * USD);
    let why = "would owe 5000000001, its ceiling is 5000000000";
    rig.refused(&ann, &borrow(id, 4_000 * USD + 1), &[], why);
    rig.guard(guard).unwrap();
    assert_eq!(rig.max_borrow(id), 3_000 * USD);
    let why = "would owe 4000000001, its ceiling is 4000000000";
    rig.refused(&ann, &borrow(id, 3_000 * USD + 1), &[], why);
    rig.change(debt, "ceiling", "3000000000").unwrap();
    assert_eq!(rig.max_borrow(id), 2_000 * USD);
    rig.refused(
        &ann,
        &borrow(id, 2_000 * USD + 1),
        &[],
        "the ceiling is 3000000000",
    );
    rig.change(BASKET, "mint_cap", "1500000000").unwrap();
    assert_eq!(rig.max_borrow(id), 1_500 * USD);
    let why = "1500000001 is more than the 1500000000 that may be borrowed now";
    rig.refused(&ann, &borrow(id, 1_500 * USD + 1), &[], why);
    rig.borrow(&ann, id, 1_500 * USD).unwrap();
    rig.refused(&ann, &borrow(id, 1), &[], "more than the 0");
    // A third of an hour gives back a third of it.
    rig.pass(1_200);
    rig.refresh();
    assert_eq!(rig.max_borrow(id), 500 * USD);
    rig.borrow(&ann, id, 500 * USD).unwrap();
    rig.sound();
}

#[test]
fn bor_3_without_collateral_that_counts_nothing_is_lent() {
    let mut rig = Rig::with(|basket| basket.min_debt = 1u128.into());
    let ann = addr("ann");
    let naked = ExecuteMsg::Adjust {
        position: None,
        basket: Some(1),
        withdraw: vec![],
        borrow: Some(1u128.into()),
        recipient: None,
    };
    rig.refused(&ann, &naked, &[], "below the initial margin");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (1, "eth")]);
    let until = rig.now() + 1_000;
    let denom = "btc".to_string();
    rig.guard(GuardMsg::PauseMember {
        basket: 1,
        denom,
        until,
    })
    .unwrap();
    assert_eq!(rig.max_borrow(id), 0);
    rig.refused(&ann, &borrow(id, 1), &[], "leg 0 is closed to new debt");
    // It ends by itself.
    rig.pass(1_000);
    rig.borrow(&ann, id, 1).unwrap();
    rig.sound();
}

#[test]
fn bor_5_against_a_price_at_its_last_second_and_not_a_second_later() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.refresh();
    rig.pass(3_600);
    rig.borrow(&ann, id, 100 * USD).unwrap();
    rig.pass(1);
    assert!(rig.run(&ann, &borrow(id, 1), &[]).is_err());
    let debt = rig.debt.clone();
    rig.report(&[(&debt, "1")]).unwrap();
    rig.refused(
        &ann,
        &borrow(id, 1),
        &[],
        "leg 0 price is 3601 s old, more than 3600",
    );
    rig.report(&[("btc", "50000")]).unwrap();
    rig.borrow(&ann, id, 1).unwrap();
}

#[test]
fn bor_9_only_the_owner_borrows_and_may_send_it_on() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    let to_bob = |amount: u128| ExecuteMsg::Borrow {
        position: id,
        amount: amount.into(),
        recipient: Some(addr("bob").to_string()),
    };
    let why = "is not the position's owner";
    rig.refused(&bob, &to_bob(100 * USD), &[], why);
    rig.run(&ann, &to_bob(100 * USD), &[]).unwrap();
    // Having received once is no right to receive again.
    rig.refused(&bob, &to_bob(1), &[], why);
    rig.refused(&bob, &adjust(id, &[], Some(1)), &[], why);
    assert_eq!(rig.held(&bob, &rig.debt.clone()), 100 * USD);
    assert_eq!(rig.position(id).debt.u128(), 100 * USD);
}

#[test]
fn bor_10_borrowing_and_liquidating_oneself_in_one_transaction_is_refused() {
    let mut rig = Rig::new();
    let puppet = rig.puppet();
    rig.give(&puppet, BTC, "btc");
    let open = rig.word(&open_in(1), &[coin(BTC, "btc")]);
    rig.at_once(&puppet, vec![open]).unwrap();
    let (most, debt) = (rig.max_borrow(1), rig.debt.clone());
    let both = vec![
        rig.word(&borrow(1, most), &[]),
        rig.word(&liquidate(1), &[coin(most, &debt)]),
    ];
    let before = rig.digest();
    let refused = rig.at_once(&puppet, both).unwrap_err();
    assert!(
        refused.contains("is not below the maintenance margin"),
        "{refused}"
    );
    assert_eq!(rig.digest(), before);
    assert_eq!(rig.held(&puppet, &debt), 0);
}

#[test]
fn bor_11_the_first_debt_and_the_first_after_the_last_are_what_was_borrowed() {
    let mut rig = Rig::with(|basket| {
        basket.min_debt = 1u128.into();
        basket.stability_fee = dec("0.05");
    });
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    for amount in [1, 1_000 * USD, 1] {
        rig.live(31_557_600);
        rig.borrow(&ann, id, amount).unwrap();
        let owed = rig.position(id).debt.u128();
        // Rounded up against the borrower, by at most a unit.
        assert!((amount..=amount + 1).contains(&owed), "{owed} of {amount}");
        rig.sound();
        // What rounding adds is in the reserve, where it can be had.
        if owed > amount {
            let take = GovernMsg::WithdrawReserve {
                basket: 1,
                amount: (owed - amount).into(),
                recipient: ann.to_string(),
            };
            rig.govern(take).unwrap();
        }
        rig.repay(&ann, id, owed).unwrap();
        assert_eq!(rig.position(id).debt.u128(), 0);
        assert!(rig.totals()[0].shares.is_zero());
    }
}

#[test]
fn bor_12_coins_sent_along_are_refused() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.give(&ann, 5, "btc");
    for msg in [borrow(id, 100 * USD), withdraw(id, Some(1), "btc")] {
        rig.refused(
            &ann,
            &msg,
            &[coin(5, "btc")],
            "1 coins are sent, none is expected",
        );
    }
}

#[test]
fn rep_1_anything_but_the_debt_coin_is_refused() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    let repay = ExecuteMsg::Repay { position: id };
    rig.refused(&ann, &repay, &[], "0 coins are sent, one is expected");
    let (debt, fake) = (rig.debt.clone(), format!("factory/{ann}/usdw"));
    for denom in ["btc", "usdw", &fake] {
        rig.give(&ann, 5, denom);
        let why = format!("{denom} is sent, {debt} is expected");
        rig.refused(&ann, &repay, &[coin(5, denom)], &why);
    }
    let two = [coin(5, "btc"), coin(5, &debt)];
    rig.refused(&ann, &repay, &two, "2 coins are sent, one is expected");
    assert_eq!(rig.position(id).debt.u128(), 1_000 * USD);
}

#[test]
fn rep_2_the_rest_returns_to_the_payer_and_waits_when_it_is_refused() {
    let mut rig = Rig::new();
    let (ann, bob, cat) = (addr("ann"), addr("bob"), addr("cat"));
    let one = rig.open(&ann, 1, &[(BTC, "btc")]);
    let two = rig.open(&bob, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, one, 1_000 * USD).unwrap();
    rig.borrow(&bob, two, 3_000 * USD).unwrap();
    let debt = rig.debt.clone();
    rig.repay(&bob, one, 1_300 * USD).unwrap();
    assert_eq!(rig.held(&bob, &debt), 2_000 * USD);
    assert_eq!(rig.held(&ann, &debt), 1_000 * USD);
    rig.borrow(&ann, one, 500 * USD).unwrap();
    rig.block(&bob);
    rig.repay(&bob, one, 700 * USD).unwrap();
    assert_eq!(rig.claims(&bob), [coin(200 * USD, &debt)]);
    assert_eq!(rig.held(&bob, &debt), 1_300 * USD);
    rig.sound();
    // What waits is nobody else's, cannot be skimmed and is paid once.
    let to = |payee: &str| ExecuteMsg::Claim {
        recipient: Some(payee.into()),
    };
    rig.refused(&ann, &to(cat.as_str()), &[], "nothing waits for");
    rig.refused(
        &bob,
        &ExecuteMsg::Claim { recipient: None },
        &[],
        "not allowed to receive",
    );
    let owner = rig.owner.clone();
    let skim = ExecuteMsg::Govern(GovernMsg::Skim {
        denom: debt.clone(),
        recipient: owner.to_string(),
    });
    rig.refused(&owner, &skim, &[], "beyond what it keeps");
    rig.run(&bob, &to(cat.as_str()), &[]).unwrap();
    assert_eq!(rig.held(&cat, &debt), 200 * USD);
    rig.refused(&bob, &to(cat.as_str()), &[], "nothing waits for");
    rig.sound();
}

#[test]
fn rep_3_a_thousand_parts_are_never_cheaper_than_one() {
    let left = |parts: u128| {
        let mut rig = Rig::with(|basket| basket.stability_fee = dec("0.07"));
        let ann = addr("ann");
        let id = rig.open(&ann, 1, &[(BTC, "btc")]);
        rig.borrow(&ann, id, 1_000 * USD).unwrap();
        rig.live(12_345_678);
        for _ in 0..parts {
            rig.repay(&ann, id, 1_000 / parts).unwrap();
        }
        rig.sound();
        rig.position(id).debt
    };
    assert!(left(1_000) >= left(1));
}

#[test]
fn rep_4_where_nothing_is_owed_nothing_is_taken() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    let free = rig.open(&ann, 1, &[(BTC, "btc")]);
    let coins = [coin(5, &rig.debt)];
    rig.refused(
        &ann,
        &ExecuteMsg::Repay { position: free },
        &coins,
        "owes nothing",
    );
    let msg = ExecuteMsg::Repay { position: 77 };
    rig.refused(&ann, &msg, &coins, "there is no position 77");
}

#[test]
fn rep_6_nothing_that_is_stopped_stops_repaying() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    let debt = rig.debt.clone();
    rig.pass(10 * 31_557_600);
    let until = rig.now() + 1_000;
    rig.guard(GuardMsg::PauseBorrow { basket: 1, until })
        .unwrap();
    rig.change(BASKET, "debt_ceiling", "1").unwrap();
    rig.change(
        Target::Asset {
            denom: debt.clone(),
        },
        "ceiling",
        "0",
    )
    .unwrap();
    rig.repay(&ann, id, 300 * USD).unwrap();
    rig.give(&bob, 5, "btc");
    rig.run(&bob, &deposit(id), &[coin(5, "btc")]).unwrap();
    rig.repay(&ann, id, 700 * USD).unwrap();
    assert_eq!(rig.position(id).debt.u128(), 0);
    rig.sound();
}

#[test]
fn rep_7_the_last_debt_of_a_basket_is_paid_to_nothing() {
    let mut rig = Rig::with(|basket| {
        basket.stability_fee = dec("0.0731");
        basket.borrow_fee = dec("0.0037");
    });
    let ann = addr("ann");
    let debt = rig.debt.clone();
    let mut ids = Vec::new();
    for amount in [333_333_333, 777_777_777, 1_000_000_007] {
        let id = rig.open(&ann, 1, &[(BTC, "btc")]);
        rig.borrow(&ann, id, amount).unwrap();
        rig.live(1_234_567);
        ids.push(id);
    }
    for id in ids {
        // Who owes interest buys it from those it was minted for.
        let amount = rig.totals()[0].reserve.raw();
        if amount > 0 {
            let take = GovernMsg::WithdrawReserve {
                basket: 1,
                amount: amount.into(),
                recipient: ann.to_string(),
            };
            rig.govern(take).unwrap();
        }
        let owed = rig.position(id).debt.u128();
        rig.repay(&ann, id, owed).unwrap();
        assert_eq!(rig.position(id).debt.u128(), 0);
        rig.sound();
    }
    let totals = rig.totals().remove(0);
    assert!(totals.shares.is_zero() && totals.deficit.is_zero());
    assert_eq!(
        totals.reserve.raw() + rig.held(&ann, &debt),
        totals.reserve.raw()
    );
}
