//! What holds across messages: coins nobody asked for, payees that call back, time that stands still or jumps, every order of
//! several users, and answers that agree with what is then done. The rows X of docs/BAD_INPUTS.md, and QRY-4 and QRY-5.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{coin, Coin, Uint128};
use wicker_msgs::cdp::{
    ExecuteMsg, GovernMsg, GuardMsg, LiquidatableResponse, OwnershipAction, PreviewAdjustResponse,
    QueryMsg,
};
use wicker_tests::rig::{addr, Rig};
use wicker_tests::settings::dec;
use wicker_tests::verbs::{
    adjust, borrow, close, deposit, liquidate, liquidate_many, open_in, withdraw,
};

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;

/// What a message does with coins. A new variant does not compile until it stands here.
fn takes_coins(msg: &ExecuteMsg) -> bool {
    match msg {
        ExecuteMsg::Deposit { .. }
        | ExecuteMsg::Repay { .. }
        | ExecuteMsg::Close { .. }
        | ExecuteMsg::Adjust { .. }
        | ExecuteMsg::Liquidate { .. }
        | ExecuteMsg::LiquidateMany { .. }
        | ExecuteMsg::CoverDeficit { .. }
        | ExecuteMsg::FundBackstop { .. } => true,
        ExecuteMsg::Withdraw { .. }
        | ExecuteMsg::Borrow { .. }
        | ExecuteMsg::Recalibrate { .. }
        | ExecuteMsg::Call { .. }
        | ExecuteMsg::Claim { .. }
        | ExecuteMsg::UpdateOwnership(_)
        | ExecuteMsg::Govern(_)
        | ExecuteMsg::Guard(_)
        | ExecuteMsg::Apply { .. } => false,
    }
}

/// One message of every kind, all about position 1 of basket 1.
fn every_message(until: u64) -> Vec<ExecuteMsg> {
    vec![
        deposit(1),
        withdraw(1, Some(1), "btc"),
        borrow(1, USD),
        ExecuteMsg::Repay { position: 1 },
        close(1),
        adjust(1, &[], None),
        ExecuteMsg::Recalibrate { basket: 1 },
        ExecuteMsg::Call { positions: vec![1] },
        liquidate(1),
        liquidate_many(&[1]),
        ExecuteMsg::CoverDeficit { basket: 1 },
        ExecuteMsg::FundBackstop { basket: 1 },
        ExecuteMsg::Claim { recipient: None },
        ExecuteMsg::UpdateOwnership(OwnershipAction::RenounceOwnership),
        ExecuteMsg::Govern(GovernMsg::SetGuardian { guardian: None }),
        ExecuteMsg::Guard(GuardMsg::PauseBorrow { basket: 1, until }),
        ExecuteMsg::Apply { id: 1 },
    ]
}

#[test]
fn x_1_no_message_keeps_coins_that_it_does_not_take() {
    let mut rig = Rig::new();
    // One who may do everything, so that only the coins are in the way.
    let owner = rig.owner.clone();
    let id = rig.open(&owner, 1, &[(BTC, "btc")]);
    rig.borrow(&owner, id, 1_000 * USD).unwrap();
    rig.give(&owner, 100, "doge");
    let debt = rig.debt.clone();
    let messages = every_message(rig.now() + 1_000);
    assert_eq!(messages.len(), 17);
    for msg in messages {
        let doge = [coin(5, "doge")];
        let two = [coin(5, "doge"), coin(5, &debt)];
        if takes_coins(&msg) {
            for funds in [&doge[..], &two[..]] {
                let before = rig.digest();
                assert!(rig.run(&owner, &msg, funds).is_err(), "{msg:?} {funds:?}");
                assert_eq!(rig.digest(), before);
            }
        } else {
            rig.refused(&owner, &msg, &doge, "1 coins are sent, none is expected");
            rig.refused(&owner, &msg, &two, "2 coins are sent, none is expected");
        }
    }
    assert_eq!(rig.held(&owner, "doge"), 100);
    assert_eq!(rig.held(&rig.cdp.clone(), "doge"), 0);
    rig.sound();
}

#[test]
fn x_3_a_payee_that_calls_back_finds_everything_written_already() {
    // Calling back while coins arrive must come to the same as sending the messages afterwards.
    let end = |inside: bool| {
        let mut rig = Rig::new();
        let puppet = rig.puppet();
        let (bob, debt) = (addr("bob"), rig.debt.clone());
        let whale = rig.open(&bob, 1, &[(100 * BTC, "btc")]);
        assert_eq!(whale, 1);
        rig.borrow(&bob, whale, 100_000 * USD).unwrap();
        rig.give(&puppet, 2 * BTC, "btc");
        let open = rig.word(&open_in(1), &[coin(BTC, "btc")]);
        let lend = rig.word(&borrow(2, 20_000 * USD), &[]);
        rig.at_once(&puppet, vec![open, lend]).unwrap();
        let usd = |amount: u128| -> Vec<Coin> { vec![coin(amount, &debt)] };
        let back = [
            (withdraw(2, None, "btc"), vec![]),
            (withdraw(2, Some(BTC / 5), "btc"), vec![]),
            (borrow(2, 15_000 * USD), vec![]),
            (borrow(2, 1_000 * USD), vec![]),
            (ExecuteMsg::Repay { position: 2 }, usd(500 * USD)),
            (deposit(2), vec![coin(7, "btc")]),
            (liquidate(2), usd(500 * USD)),
            (liquidate(1), usd(500 * USD)),
            (liquidate_many(&[1, 2]), usd(500 * USD)),
            (ExecuteMsg::FundBackstop { basket: 1 }, usd(3)),
            (ExecuteMsg::CoverDeficit { basket: 1 }, usd(3)),
            (ExecuteMsg::Claim { recipient: None }, vec![]),
            (withdraw(1, Some(1), "btc"), vec![]),
            (ExecuteMsg::Recalibrate { basket: 1 }, vec![]),
        ];
        let back: Vec<_> = back
            .iter()
            .map(|(msg, funds)| rig.word(msg, funds))
            .collect();
        let take = rig.word(&withdraw(2, Some(BTC / 5), "btc"), &[]);
        if inside {
            rig.reenter(&puppet, back);
            rig.at_once(&puppet, vec![take]).unwrap();
        } else {
            rig.at_once(&puppet, vec![take]).unwrap();
            let all = wicker_tests::puppet::pull(&puppet, back, true).unwrap();
            let sender = rig.owner.clone();
            cw_multi_test::Executor::execute(&mut rig.chain, sender, all.into()).unwrap();
        }
        rig.sound();
        let outcomes = rig.outcomes(&puppet);
        let done: Vec<bool> = outcomes.iter().map(Option::is_none).collect();
        let held = ["btc", &debt].map(|denom| rig.held(&puppet, denom));
        (done, held, rig.position(2), rig.totals())
    };
    let (done, ..) = end(true);
    // Nothing that a plain sender could not do: all collateral, too much debt, healthy or foreign positions, claims of nothing.
    assert_eq!(done.len(), 14);
    assert!(!done[0] && !done[2] && !done[6] && !done[7] && !done[10] && !done[11] && !done[12]);
    assert!(done[3] && done[4] && done[5] && done[9]);
    assert_eq!(end(true), end(false));
}

#[test]
fn x_4_time_that_stands_still_or_jumps_breaks_nothing() {
    let mut rig = Rig::with(|basket| basket.stability_fee = dec("0.05"));
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(10 * BTC, "btc")]);
    rig.borrow(&ann, id, 10_000 * USD).unwrap();
    let owed = rig.position(id).debt;
    // The same second: no interest, however often somebody asks for it.
    for _ in 0..3 {
        let msg = ExecuteMsg::Recalibrate { basket: 1 };
        rig.run(&ann, &msg, &[]).unwrap();
        rig.borrow(&ann, id, USD).unwrap();
        rig.repay(&ann, id, USD).unwrap();
    }
    assert_eq!(rig.position(id).debt, owed);
    for years in [1, 10] {
        rig.pass(years * 31_557_600);
        // A chain that stood still: nothing is liquidated on prices of before, and nothing is lent on them.
        let coins = [coin(1_000 * USD, &rig.debt)];
        rig.refused(&ann, &liquidate(id), &coins, "price is");
        rig.refused(&ann, &borrow(id, USD), &[], "price is");
        rig.repay(&ann, id, USD).unwrap();
        rig.refresh();
        rig.borrow(&ann, id, USD).unwrap();
        rig.sound();
    }
    // 10,000 at 5 % for eleven years is e^0.55 times as much: 17,332.53.
    let owed = rig.position(id).debt.u128() / USD;
    assert!((17_332..=17_334).contains(&owed), "{owed}");
}

/// All orders of the first `n` numbers.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let shorter = orders(n - 1);
    let inserted = shorter.iter().flat_map(|order| {
        (0..n).map(|at| {
            let mut longer = order.clone();
            longer.insert(at, n - 1);
            longer
        })
    });
    inserted.collect()
}

#[test]
fn x_5_five_users_in_every_order_of_a_block() {
    let orders = orders(5);
    assert_eq!(orders.len(), 120);
    let mut lent = std::collections::BTreeSet::new();
    for order in orders {
        let mut rig = Rig::with(|basket| {
            basket.debt_ceiling = Uint128::new(140_000 * USD);
            basket.stability_fee = dec("0.05");
        });
        let names = ["ann", "bob", "cat", "dan", "eve"].map(addr);
        let ids = [0, 1, 2, 3, 4].map(|at: usize| rig.open(&names[at], 1, &[(BTC, "btc")]));
        for at in 0..5 {
            rig.borrow(&names[at], ids[at], 26_000 * USD).unwrap();
        }
        rig.price("btc", "39000");
        let debt = rig.debt.clone();
        rig.give(&names[2], BTC, "btc");
        // Two who repay and borrow compete for the ceiling; one adds, one liquidates another, one withdraws too much.
        let messages = [
            (
                adjust(ids[0], &[], Some(500 * USD)),
                vec![coin(20_000 * USD, &debt)],
            ),
            (
                adjust(ids[1], &[], Some(30_000 * USD)),
                vec![coin(25_000 * USD, &debt)],
            ),
            (deposit(ids[2]), vec![coin(BTC, "btc")]),
            (liquidate(ids[4]), vec![coin(10_000 * USD, &debt)]),
            (withdraw(ids[4], Some(BTC / 2), "btc"), vec![]),
        ];
        for at in &order {
            let (msg, funds) = &messages[*at];
            let before = rig.digest();
            if rig.run(&names[*at], msg, funds).is_err() {
                assert_eq!(rig.digest(), before);
            }
            rig.sound();
        }
        assert_eq!(rig.position(ids[2]).collateral, [coin(2 * BTC, "btc")]);
        // Half the collateral of a position under its margin never leaves.
        assert_eq!(rig.held(&names[4], "btc"), 0, "{order:?}");
        lent.insert(rig.position(ids[0]).debt.u128() / USD);
    }
    assert_eq!(
        lent.len(),
        1,
        "ann's own message does not depend on the others: {lent:?}"
    );
}

#[test]
fn qry_4_a_preview_is_what_the_message_then_does() {
    let mut rig = Rig::with(|basket| {
        basket.stability_fee = dec("0.05");
        basket.borrow_fee = dec("0.003");
    });
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (100 * USD, "atom")]);
    rig.borrow(&ann, id, 10_000 * USD).unwrap();
    rig.change(
        wicker_msgs::cdp::Target::Basket { basket: 1 },
        "stability_fee",
        "0.02",
    )
    .unwrap();
    rig.live(1_000_000);
    let debt = rig.debt.clone();
    rig.give(&ann, BTC, "btc");
    let funds = [coin(BTC, "btc"), coin(1_000 * USD, &debt)];
    let msg = adjust(id, &[(Some(50 * USD), "atom")], Some(2_000 * USD));
    let ExecuteMsg::Adjust {
        withdraw, borrow, ..
    } = msg.clone()
    else {
        return assert_eq!(format!("{msg:?}"), "an adjustment");
    };
    let preview: PreviewAdjustResponse = rig.ask(&QueryMsg::PreviewAdjust {
        position: Some(id),
        basket: None,
        funds: funds.to_vec(),
        withdraw,
        borrow,
    });
    rig.run(&ann, &msg, &funds).unwrap();
    let position = rig.position(id);
    assert_eq!(preview.debt, position.debt);
    assert_eq!(preview.collateral, position.collateral);
    assert_eq!(preview.fee.u128(), 6 * USD);
    assert_eq!(preview.refund.u128(), 0);
    assert_eq!(preview.health, rig.health(id));
}

#[test]
fn qry_5_every_page_of_the_liquidatable_ends_and_none_is_missed() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let mut bad = Vec::new();
    for at in 0..30 {
        let held = if at % 5 == 0 {
            (BTC, "btc")
        } else {
            (2_000 * USD, "atom")
        };
        let id = rig.open(&ann, 1, &[held]);
        if at % 3 != 0 {
            let debt = if at % 5 == 0 { 28_000 } else { 10_000 };
            rig.borrow(&ann, id, debt * USD).unwrap();
        }
        if at % 3 != 0 && at % 5 != 0 {
            bad.push(id);
        }
    }
    // All that borrowed against atom are insolvent; btc has no price any more.
    rig.pass(86_401);
    let debt = rig.debt.clone();
    for _ in 0..2 {
        rig.pass(2);
        rig.report(&[("atom", "4"), (&debt, "1")]).unwrap();
    }
    for limit in [1, 3, 7, 100] {
        let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page: LiquidatableResponse = rig.ask(&QueryMsg::Liquidatable {
                basket: 1,
                start_after: after,
                limit: Some(limit),
            });
            seen.extend(page.positions.iter().map(|entry| entry.position));
            pages += 1;
            assert!(pages < 40);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let found: Vec<u64> = seen.into_iter().filter(|id| bad.contains(id)).collect();
        assert_eq!(found, bad, "{limit}");
    }
}
