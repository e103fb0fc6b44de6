//! What somebody may bring or take out that they should not: the rows DEP and WDR of docs/BAD_INPUTS.md.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{coin, Coin, Uint256};
use cw_multi_test::{BankSudo, Executor, SudoMsg};
use wicker_msgs::cdp::{ExecuteMsg, GovernMsg, GuardMsg, Level};
use wicker_tests::rig::{addr, number, Rig};
use wicker_tests::settings::{self, dec};
use wicker_tests::verbs::{adjust, borrow, close, deposit, open_in, withdraw};

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;

#[test]
fn dep_1_no_coin_and_none_of_a_coin_are_refused() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    for msg in [deposit(id), open_in(1)] {
        rig.refused(&ann, &msg, &[], "0 coins are sent, one is expected");
        // A bank drops what is nothing of before it sends; the contract must not rely on it.
        let none = [coin(0, "btc")];
        assert!(rig.run(&ann, &msg, &none).is_err());
    }
    assert_eq!(rig.position(id).collateral, [coin(BTC, "btc")]);
}

#[test]
fn dep_2_two_coins_are_refused_and_nothing_is_kept() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.give(&ann, 7, "btc");
    rig.give(&ann, 7, "doge");
    let two = [coin(7, "btc"), coin(7, "doge")];
    for msg in [deposit(id), open_in(1)] {
        rig.refused(&ann, &msg, &two, "2 coins are sent, one is expected");
    }
    // Where a mix is allowed, every coin of it must be good.
    rig.refused(&ann, &adjust(id, &[], None), &two, "doge is not listed");
    assert_eq!((rig.held(&ann, "btc"), rig.held(&ann, "doge")), (7, 7));
    rig.sound();
}

#[test]
fn dep_3_one_denom_twice_is_refused() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.give(&ann, 9, "btc");
    let twice = [coin(4, "btc"), coin(5, "btc")];
    rig.refused(&ann, &deposit(id), &twice, "2 coins are sent");
    rig.refused(&ann, &adjust(id, &[], None), &twice, "leg 0 is named twice");
    rig.borrow(&ann, id, 200 * USD).unwrap();
    let debt = rig.debt.clone();
    let twice = [coin(50 * USD, &debt), coin(50 * USD, &debt)];
    let why = format!("{debt} is listed twice");
    rig.refused(&ann, &adjust(id, &[], None), &twice, &why);
    assert_eq!(rig.position(id).debt.u128(), 200 * USD);
}

#[test]
fn dep_4_denoms_that_the_basket_does_not_take_are_refused() {
    let mut rig = Rig::new();
    rig.create(settings::basket(&rig.debt, &["btc"])).unwrap();
    let ann = addr("ann");
    let id = rig.open(&ann, 2, &[(BTC, "btc")]);
    let long = "x".repeat(128);
    // Denoms are compared to the letter, so that no second spelling of one is another entrance.
    for denom in ["doge", "eth", "BTC", "btc ", "ibc/btc", "ßtc\u{0}", &long] {
        rig.give(&ann, 5, denom);
        let why = format!("{denom} is not listed");
        rig.refused(&ann, &deposit(id), &[coin(5, denom)], &why);
        rig.refused(&ann, &open_in(2), &[coin(5, denom)], &why);
    }
    // The debt token is no collateral: not of a new position, and not of one that owes.
    rig.borrow(&ann, id, 200 * USD).unwrap();
    let (debt, usd) = (rig.debt.clone(), [coin(USD, &rig.debt)]);
    rig.refused(&ann, &open_in(2), &usd, "owes nothing");
    rig.refused(&ann, &deposit(id), &usd, &format!("{debt} is not listed"));
}

#[test]
fn dep_5_a_base_unit_is_worth_what_it_is_worth() {
    let mut rig = Rig::with(|basket| basket.min_debt = 1u128.into());
    let ann = addr("ann");
    for (denom, dollars) in [
        ("btc", "0.0005"),
        ("eth", "0.000000000000002"),
        ("atom", "0.00001"),
    ] {
        let id = rig.open(&ann, 1, &[(1, denom)]);
        let health = rig.health(id);
        assert_eq!(health.level, Level::NoDebt);
        assert_eq!(health.collateral.to_string(), dollars);
        rig.withdraw(&ann, id, 1, denom).unwrap();
        assert_eq!(rig.held(&ann, denom), 1);
    }
    // A unit of eth is worth less than a unit of debt, so not even that is lent against it.
    let id = rig.open(&ann, 1, &[(1, "eth")]);
    rig.refused(&ann, &borrow(id, 1), &[], "below the initial margin");
    rig.sound();
}

#[test]
fn dep_6_the_largest_amounts_are_refused_with_the_number() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(1, "btc")]);
    let most = u128::MAX - 1;
    rig.give(&ann, most, "btc");
    let why = format!(
        "would hold {} of leg 0, its cap is {}",
        u128::MAX,
        1u128 << 99
    );
    rig.refused(&ann, &deposit(id), &[coin(most, "btc")], &why);
    // One unit more than 128 bits hold in sum, and one that is beyond them alone.
    rig.give(&ann, 1, "btc");
    assert!(rig.deposit(&ann, id, u128::MAX, "btc").is_err());
    let beyond = Uint256::from(u128::MAX) + Uint256::one();
    let coins = vec![Coin::new(beyond, "eth")];
    let mint = BankSudo::Mint {
        to_address: ann.to_string(),
        amount: coins.clone(),
    };
    rig.chain.sudo(SudoMsg::Bank(mint)).unwrap();
    let why = format!("{beyond}eth does not fit 128 bits");
    rig.refused(&ann, &deposit(id), &coins, &why);
    rig.refused(&ann, &adjust(id, &[], None), &coins, &why);
    rig.refused(
        &ann,
        &ExecuteMsg::Repay { position: id },
        &coins,
        "is expected",
    );
    rig.sound();
}

#[test]
fn dep_7_a_third_party_adds_only_what_is_held_and_gains_no_right() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.give(&bob, 100, "btc");
    rig.give(&bob, 100, "eth");
    rig.refused(
        &bob,
        &deposit(id),
        &[coin(9, "eth")],
        "only the owner may add eth",
    );
    let both = [coin(9, "btc"), coin(9, "eth")];
    rig.refused(
        &bob,
        &adjust(id, &[], None),
        &both,
        "only the owner may add eth",
    );
    rig.refused(
        &bob,
        &deposit(99),
        &[coin(9, "btc")],
        "there is no position 99",
    );
    let both_named = ExecuteMsg::Deposit {
        position: Some(id),
        basket: Some(1),
    };
    let why = "name a position, or the basket of a new one";
    rig.refused(&bob, &both_named, &[coin(9, "btc")], why);
    rig.deposit(&bob, id, 9, "btc").unwrap();
    let position = rig.position(id);
    assert_eq!(position.owner, ann.to_string());
    assert_eq!(position.collateral, [coin(BTC + 9, "btc")]);
    let why = "is not the position's owner";
    rig.refused(&bob, &withdraw(id, Some(9), "btc"), &[], why);
    rig.refused(
        &bob,
        &adjust(id, &[(Some(1), "btc")], None),
        &[coin(9, "btc")],
        why,
    );
    rig.withdraw(&ann, id, BTC + 9, "btc").unwrap();
    rig.sound();
}

#[test]
fn dep_7_a_third_party_cannot_add_more_margin_than_equity() {
    // 1,000 dollars an hour flow off, so T is 24,000 dollars and 180,000 of it are charged twice and more: a dollar more adds
    // 1.5 · 22.05 · 0.012 · √7.5 = 1.087 dollars of margin.
    let mut rig = Rig::new();
    let mut thin = settings::asset("thin", 6, "1");
    (thin.flow_cap, thin.flow_burst) = (dec("1000"), dec("1000"));
    rig.list_as(thin);
    rig.create(settings::basket(&rig.debt, &["thin"])).unwrap();
    rig.refresh();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 2, &[(180_000 * USD, "thin")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    for owner in [&ann, &bob] {
        rig.give(owner, 5_000 * USD, "thin");
    }
    let coins = [coin(5_000 * USD, "thin")];
    rig.refused(&bob, &deposit(id), &coins, "adds more margin than equity");
    rig.run(&ann, &deposit(id), &coins).unwrap();
    rig.sound();
}

#[test]
fn dep_8_the_supply_cap_is_reached_and_not_passed() {
    let mut rig = Rig::with(|basket| basket.members[0].supply_cap = 500u128.into());
    let (ann, bob) = (addr("ann"), addr("bob"));
    let one = rig.open(&ann, 1, &[(400, "btc")]);
    rig.give(&bob, 200, "btc");
    let why = "would hold 501 of leg 0, its cap is 500";
    rig.refused(&bob, &open_in(1), &[coin(101, "btc")], why);
    let two = number(
        &rig.run(&bob, &open_in(1), &[coin(100, "btc")]).unwrap(),
        "wicker_adjusted",
        "position",
    );
    rig.refused(&bob, &deposit(two), &[coin(1, "btc")], why);
    // What leaves makes room, and the cap of one collateral is not another's.
    rig.withdraw(&ann, one, 1, "btc").unwrap();
    rig.deposit(&bob, two, 1, "btc").unwrap();
    rig.open(&ann, 1, &[(501, "eth")]);
    rig.sound();
}

#[test]
fn dep_9_paused_and_unpriced_collateral_can_be_added_and_wound_down_cannot() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (1_000 * USD, "atom")]);
    rig.borrow(&ann, id, 20_000 * USD).unwrap();
    rig.give(&ann, 30, "btc");
    let until = rig.now() + 86_400;
    let denom = "btc".to_string();
    rig.guard(GuardMsg::PauseMember {
        basket: 1,
        denom,
        until,
    })
    .unwrap();
    rig.guard(GuardMsg::PauseBorrow { basket: 1, until })
        .unwrap();
    rig.deposit(&ann, id, 10, "btc").unwrap();
    // No price of anything is younger than a year: whoever would be liquidated can still help himself.
    rig.pass(31_557_600);
    rig.deposit(&ann, id, 10, "btc").unwrap();
    assert_eq!(rig.position(id).collateral[0], coin(BTC + 20, "btc"));
    let stop = GovernMsg::WindDown {
        basket: 1,
        denom: "btc".into(),
        stop: true,
    };
    rig.govern(stop).unwrap();
    rig.refused(
        &ann,
        &deposit(id),
        &[coin(10, "btc")],
        "leg 0 takes no deposits",
    );
    rig.give(&ann, 5, "atom");
    rig.deposit(&ann, id, 5, "atom").unwrap();
    rig.sound();
}

#[test]
fn dep_10_donated_coins_are_credited_to_nobody_and_only_skimmed() {
    let mut rig = Rig::new();
    let (ann, bob, safe) = (addr("ann"), addr("bob"), addr("safe"));
    let cdp = rig.cdp.clone();
    rig.give(&cdp, 7 * BTC, "btc");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    let fund = ExecuteMsg::FundBackstop { basket: 1 };
    let debt = rig.debt.clone();
    rig.run(&ann, &fund, &[coin(300 * USD, &debt)]).unwrap();
    let seen = (rig.health(id), rig.max_borrow(id), rig.totals());
    rig.give(&cdp, 5 * BTC, "btc");
    rig.give(&cdp, 9, "doge");
    rig.chain
        .send_tokens(ann.clone(), cdp.clone(), &[coin(200 * USD, &debt)])
        .unwrap();
    let now = (rig.health(id), rig.max_borrow(id), rig.totals());
    assert_eq!((&now.0, now.1), (&seen.0, seen.1));
    assert_eq!(now.2, seen.2);
    let skim = |denom: &str| GovernMsg::Skim {
        denom: denom.into(),
        recipient: safe.to_string(),
    };
    let msg = ExecuteMsg::Govern(skim("btc"));
    rig.refused(&bob, &msg, &[], "is not the owner");
    for (denom, donated) in [("btc", 12 * BTC), (debt.as_str(), 200 * USD), ("doge", 9)] {
        rig.govern(skim(denom)).unwrap();
        assert_eq!(rig.held(&safe, denom), donated, "{denom}");
        let owner = rig.owner.clone();
        let msg = ExecuteMsg::Govern(skim(denom));
        let why = format!("holds no {denom} beyond");
        rig.refused(&owner, &msg, &[], &why);
    }
    assert_eq!(rig.held(&cdp, &debt), 300 * USD);
    rig.sound();
}

#[test]
fn dep_11_dust_deposits_leave_no_more_storage_than_one() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    let size = |rig: &Rig| -> (usize, usize) {
        let digest = rig.digest();
        let bytes = digest.iter().map(|(_, value)| value.len()).sum();
        (digest.len(), bytes)
    };
    let before = size(&rig);
    rig.give(&bob, 300, "btc");
    for _ in 0..300 {
        rig.deposit(&bob, id, 1, "btc").unwrap();
    }
    let after = size(&rig);
    assert_eq!(after.0, before.0);
    // Four numbers grew by at most a byte each.
    assert!(after.1 <= before.1 + 4, "{before:?} {after:?}");
    let done = rig.withdraw(&ann, id, BTC + 300, "btc").unwrap();
    assert_eq!(rig.held(&ann, "btc"), BTC + 300);
    assert!(done.events.len() < 10);
    rig.sound();
}

#[test]
fn wdr_1_nothing_and_more_than_there_is_are_refused_and_all_is_a_word_of_its_own() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(100, "btc"), (50, "eth")]);
    rig.refused(
        &ann,
        &withdraw(id, Some(0), "btc"),
        &[],
        "an amount is zero",
    );
    for asked in [101, u128::MAX] {
        let why = format!("holds 100 of leg 0, not {asked}");
        rig.refused(&ann, &withdraw(id, Some(asked), "btc"), &[], &why);
        rig.refused(&ann, &adjust(id, &[(Some(asked), "btc")], None), &[], &why);
    }
    for asked in [None, Some(0), Some(1)] {
        let why = format!("holds 0 of leg 2, not {}", asked.unwrap_or(0));
        rig.refused(&ann, &withdraw(id, asked, "atom"), &[], &why);
    }
    rig.run(&ann, &withdraw(id, None, "btc"), &[]).unwrap();
    assert_eq!(rig.held(&ann, "btc"), 100);
    assert_eq!(rig.position(id).collateral, [coin(50, "eth")]);
}

/// Dollars of initial margin of one collateral against a dollar debt, both measured for no time: σ of 0.012 and 0.001 per √hour, a
/// correlation of one half, κ = 4.5·√24, δ = 1/4, costs of 9 %, and 1.25 times all of that.
fn initial(collateral: f64, debt: f64) -> f64 {
    let (y, z) = (0.012 * collateral, -0.001 * debt);
    let (sum, squares) = (y + z, y * y + z * z);
    let measured = squares + y * z;
    let k = 4.5 * 24f64.sqrt() * (0.75 * measured + 0.25 * squares.max(sum * sum)).sqrt();
    1.25 * (k.max(0.05 * collateral) + 0.09 * debt)
}

#[test]
fn wdr_2_withdrawing_ends_at_the_initial_margin_to_the_unit() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(2 * BTC, "btc")]);
    rig.refresh();
    rig.borrow(&ann, id, 30_000 * USD).unwrap();
    let most = rig.max_withdraw(id, "btc");
    // The margin's own formula, in floating point, says where that is.
    let left = |amount: u128| (2 * BTC - amount) as f64 / BTC as f64 * 50_000.0;
    let room = |amount| left(amount) - 30_000.0 - initial(left(amount), 30_000.0);
    assert!(room(most) > -1e-3 && room(most + 100) < 0.0, "{most}");
    let why = "is below the initial margin";
    rig.refused(&ann, &withdraw(id, Some(most + 1), "btc"), &[], why);
    rig.withdraw(&ann, id, most, "btc").unwrap();
    rig.refused(&ann, &withdraw(id, Some(1), "btc"), &[], why);
    rig.sound();
}

#[test]
fn wdr_3_only_the_owner_takes_out_of_a_position_that_exists() {
    let mut rig = Rig::new();
    rig.create(settings::basket(&rig.debt, &["btc"])).unwrap();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 2, &[(BTC, "btc")]);
    let own = rig.open(&bob, 1, &[(BTC, "btc")]);
    let why = "is not the position's owner";
    let owner = rig.owner.clone();
    for sender in [&bob, &owner] {
        for msg in [
            withdraw(id, Some(1), "btc"),
            close(id),
            borrow(id, 100 * USD),
        ] {
            rig.refused(sender, &msg, &[], why);
        }
    }
    for id in [0, 3, u64::MAX] {
        let why = format!("there is no position {id}");
        rig.refused(&ann, &withdraw(id, Some(1), "btc"), &[], &why);
        rig.refused(&ann, &close(id), &[], &why);
    }
    rig.refused(
        &ann,
        &withdraw(id, Some(1), "eth"),
        &[],
        "eth is not listed",
    );
    // Ids are never used twice: what was closed stays unknown.
    rig.run(&bob, &close(own), &[]).unwrap();
    rig.refused(&bob, &close(own), &[], &format!("no position {own}"));
    assert!(rig.open(&bob, 1, &[(BTC, "btc")]) > own);
}

#[test]
fn wdr_4_a_denom_twice_in_a_list_is_refused() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(100, "btc"), (100, "eth")]);
    for list in [
        &[(Some(1), "btc"), (Some(1), "btc")][..],
        &[(None, "btc"), (None, "btc")],
        &[(Some(1), "btc"), (Some(1), "eth"), (None, "btc")],
    ] {
        rig.refused(&ann, &adjust(id, list, None), &[], "leg 0 is named twice");
    }
    let many = vec![(Some(1), "btc"); 17];
    let why = "a list has 1 to 16 entries, not 17";
    rig.refused(&ann, &adjust(id, &many, None), &[], why);
    rig.run(
        &ann,
        &adjust(id, &[(Some(1), "btc"), (Some(2), "eth")], None),
        &[],
    )
    .unwrap();
    assert_eq!((rig.held(&ann, "btc"), rig.held(&ann, "eth")), (1, 2));
}

#[test]
fn wdr_5_the_last_collateral_stays_while_a_unit_is_owed() {
    let mut rig = Rig::with(|basket| basket.min_debt = 1u128.into());
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (1, "atom")]);
    rig.borrow(&ann, id, 1).unwrap();
    rig.run(&ann, &withdraw(id, None, "atom"), &[]).unwrap();
    let why = "equity -1000000000000e-18 is below the initial margin";
    rig.refused(&ann, &withdraw(id, None, "btc"), &[], why);
    rig.refused(&ann, &adjust(id, &[(None, "btc")], None), &[], why);
    rig.refused(&ann, &close(id), &[], "the position still owes 1");
    let debt = rig.debt.clone();
    rig.run(&ann, &close(id), &[coin(1, &debt)]).unwrap();
    assert_eq!(rig.held(&ann, "btc"), BTC);
    rig.sound();
}

#[test]
fn wdr_6_without_debt_everything_leaves_whatever_is_stopped_or_silent() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let held = [(BTC, "btc"), (5, "eth"), (1_000 * USD, "atom")];
    let id = rig.open(&ann, 1, &held);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    rig.repay(&ann, id, 1_000 * USD).unwrap();
    rig.pass(10 * 31_557_600);
    let until = rig.now() + 86_400;
    rig.guard(GuardMsg::PauseBorrow { basket: 1, until })
        .unwrap();
    for (_, denom) in held {
        let denom = denom.to_string();
        let stop = GovernMsg::WindDown {
            basket: 1,
            denom: denom.clone(),
            stop: true,
        };
        rig.govern(stop).unwrap();
        rig.guard(GuardMsg::PauseMember {
            basket: 1,
            denom,
            until,
        })
        .unwrap();
    }
    for (amount, denom) in held {
        assert_eq!(rig.max_withdraw(id, denom), amount);
        rig.run(&ann, &withdraw(id, None, denom), &[]).unwrap();
        assert_eq!(rig.held(&ann, denom), amount);
    }
    let why = format!("no position {id}");
    rig.refused(&ann, &close(id), &[], &why);
    rig.sound();
}

#[test]
fn wdr_7_with_debt_collateral_of_an_old_price_counts_nothing() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (2_000 * USD, "atom")]);
    rig.borrow(&ann, id, 30_000 * USD).unwrap();
    rig.withdraw(&ann, id, BTC / 10, "btc").unwrap();
    rig.deposit(&ann, id, BTC / 10, "btc").unwrap();
    rig.pass(3_601);
    let debt = rig.debt.clone();
    rig.report(&[("btc", "50000"), ("eth", "2000"), (&debt, "1")])
        .unwrap();
    // 50,000 dollars of btc alone carry the debt; a tenth less does not, though there are 20,000 dollars of atom.
    rig.withdraw(&ann, id, 100, "btc").unwrap();
    let why = "leg 2 price is 36";
    rig.refused(&ann, &withdraw(id, Some(BTC / 10), "btc"), &[], why);
    assert!(rig.max_withdraw(id, "btc") < BTC / 10);
    // Without a price of the debt nothing can be told, and nothing leaves.
    rig.pass(3_601);
    rig.report(&[("btc", "50000"), ("atom", "10")]).unwrap();
    let why = "the debt asset price is";
    rig.refused(&ann, &withdraw(id, Some(1), "btc"), &[], why);
    rig.refresh();
    rig.withdraw(&ann, id, BTC / 10, "btc").unwrap();
    rig.sound();
}

#[test]
fn wdr_8_payees_that_cannot_be_paid_fail_the_message() {
    let mut rig = Rig::new();
    let (ann, vault) = (addr("ann"), addr("vault"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.block(&vault);
    let to = |recipient: &str| ExecuteMsg::Withdraw {
        position: id,
        denom: "btc".into(),
        amount: None,
        recipient: Some(recipient.into()),
    };
    let upper = ann.as_str().to_uppercase();
    for wrong in ["", "ann", "osmo1ann", upper.as_str()] {
        let before = rig.digest();
        assert!(rig.run(&ann, &to(wrong), &[]).is_err(), "{wrong:?}");
        assert_eq!(rig.digest(), before);
    }
    let cdp = rig.cdp.clone();
    rig.refused(&ann, &to(cdp.as_str()), &[], "cannot be a recipient");
    rig.refused(
        &ann,
        &to(vault.as_str()),
        &[],
        "not allowed to receive funds",
    );
    // Nothing waits for the payee: what the sender asked for did not happen.
    assert!(rig.claims(&vault).is_empty() && rig.claims(&ann).is_empty());
    rig.run(&ann, &to(addr("bob").as_str()), &[]).unwrap();
    assert_eq!(rig.held(&addr("bob"), "btc"), BTC);
    rig.sound();
}

#[test]
fn wdr_9_one_message_does_what_its_parts_do_one_after_the_other() {
    let parts = |whole: bool| {
        let mut rig = Rig::with(|basket| basket.borrow_fee = dec("0.005"));
        let ann = addr("ann");
        let id = rig.open(&ann, 1, &[(BTC, "btc"), (10 * USD, "atom")]);
        rig.borrow(&ann, id, 20_000 * USD).unwrap();
        rig.give(&ann, 1_000 * USD, "atom");
        let debt = rig.debt.clone();
        let out = [(Some(BTC / 10), "btc")];
        let (coins, usd) = (coin(1_000 * USD, "atom"), coin(5_000 * USD, &debt));
        if whole {
            let funds = [coins, usd];
            rig.run(&ann, &adjust(id, &out, Some(2_000 * USD)), &funds)
                .unwrap();
        } else {
            rig.run(&ann, &deposit(id), &[coins]).unwrap();
            rig.repay(&ann, id, 5_000 * USD).unwrap();
            rig.withdraw(&ann, id, BTC / 10, "btc").unwrap();
            rig.borrow(&ann, id, 2_000 * USD).unwrap();
        }
        rig.sound();
        let held = ["btc", "atom", &debt].map(|denom| rig.held(&ann, denom));
        (rig.position(id), held, rig.totals())
    };
    let (position, held, baskets) = parts(true);
    assert_eq!(
        position.debt.u128(),
        20_100 * USD - 5_000 * USD + 2_010 * USD
    );
    assert_eq!((position, held, baskets), parts(false));
}

#[test]
fn wdr_9_back_and_forth_in_a_block_gains_nothing() {
    let mut rig = Rig::with(|basket| basket.stability_fee = dec("0.07"));
    let ann = addr("ann");
    let debt = rig.debt.clone();
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    rig.live(1_000_000);
    let owed = rig.position(id).debt.u128();
    for amount in [1, 2, 3, 7, 999, 123_456_789] {
        rig.give(&ann, amount, "btc");
        let before = (rig.held(&ann, "btc"), rig.held(&ann, &debt));
        rig.deposit(&ann, id, amount, "btc").unwrap();
        rig.withdraw(&ann, id, amount, "btc").unwrap();
        rig.borrow(&ann, id, amount).unwrap();
        rig.repay(&ann, id, amount).unwrap();
        let after = (rig.held(&ann, "btc"), rig.held(&ann, &debt));
        assert_eq!(before, after);
        let now = rig.position(id).debt.u128();
        // Each trip may cost a unit and never saves one.
        assert!((owed..=owed + 6).contains(&now), "{owed} {now}");
    }
    rig.sound();
}

#[test]
fn wdr_9_a_price_brought_along_lends_and_releases_nothing() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 20_000 * USD).unwrap();
    rig.live(60);
    let (lent, freed) = (rig.max_borrow(id), rig.max_withdraw(id, "btc"));
    rig.pass(1);
    let debt = rig.debt.clone();
    rig.report(&[("btc", "70000"), (&debt, "1")]).unwrap();
    let now = (rig.max_borrow(id), rig.max_withdraw(id, "btc"));
    assert!(now.0 <= lent && now.1 <= freed, "{now:?} {lent} {freed}");
    let why = "below the initial margin";
    rig.refused(&ann, &borrow(id, lent + 1), &[], why);
    rig.refused(&ann, &withdraw(id, Some(freed + 1), "btc"), &[], why);
    // It lends once it has stood alone for the delay.
    rig.pass(61);
    rig.borrow(&ann, id, lent + 1).unwrap();
}

#[test]
fn wdr_10_a_last_unit_can_be_left_and_taken() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let before = rig.digest().len();
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.withdraw(&ann, id, BTC - 1, "btc").unwrap();
    assert_eq!(rig.position(id).collateral, [coin(1, "btc")]);
    // Debt has a least size, so dust of collateral never carries any.
    rig.refused(&ann, &borrow(id, 1), &[], "below the minimum 100000000");
    rig.refused(
        &ann,
        &borrow(id, 100 * USD),
        &[],
        "below the initial margin",
    );
    rig.withdraw(&ann, id, 1, "btc").unwrap();
    assert_eq!(rig.held(&ann, "btc"), BTC);
    assert_eq!(rig.digest().len(), before);
    rig.sound();
}
