//! What governance and the guardian do, and what users see of it.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{coin, Addr, CosmosMsg, Decimal256, Uint128};
use cw_multi_test::Executor;
use wicker_lab::factory::{admin, FEE};
use wicker_math::Amount;
use wicker_msgs::cdp::{
    AssetResponse, BasketResponse, ConfigResponse, ExecuteMsg, GovernMsg, GuardMsg, HealthResponse,
    MigrateMsg, OwnershipAction, OwnershipResponse, ParameterChange, ParametersResponse,
    PendingResponse, QueryMsg, Target, TokenModule,
};
use wicker_tests::rig::{addr, number, Rig};
use wicker_tests::settings;

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;
const DAY: u64 = 86_400;
const BASKET: Target = Target::Basket { basket: 1 };

fn pending(rig: &Rig) -> PendingResponse {
    rig.ask(&QueryMsg::Pending {
        start_after: None,
        limit: None,
    })
}

/// Applies the oldest change that waits, a day later.
fn apply(rig: &mut Rig) {
    rig.live(DAY);
    let id = pending(rig).pending[0].id;
    rig.run(&addr("anyone"), &ExecuteMsg::Apply { id }, &[])
        .unwrap();
}

fn health(rig: &Rig, position: u64) -> HealthResponse {
    rig.ask(&QueryMsg::Health { position })
}

#[test]
fn what_loosens_waits_is_seen_and_can_be_cancelled_and_what_tightens_holds_at_once() {
    let mut rig = Rig::new();
    let stress = |rig: &Rig| {
        let basket: BasketResponse = rig.ask(&QueryMsg::Basket { basket: 1 });
        basket.settings.stress.to_string()
    };
    let done = rig.change(BASKET, "stress", "0.2").unwrap();
    let id = number(&done, "wicker_governed", "change");
    assert_eq!(stress(&rig), "0.25");
    let waiting = pending(&rig);
    assert_eq!(waiting.pending[0].id, id);
    assert_eq!(waiting.pending[0].ready_at, rig.now() + DAY);
    let anyone = addr("anyone");
    rig.pass(DAY - 1);
    rig.refused(&anyone, &ExecuteMsg::Apply { id }, &[], "can be applied at");
    rig.live(1);
    rig.run(&anyone, &ExecuteMsg::Apply { id }, &[]).unwrap();
    assert_eq!(stress(&rig), "0.2");
    rig.refused(&anyone, &ExecuteMsg::Apply { id }, &[], "no change");
    rig.change(BASKET, "stress", "0.9").unwrap();
    assert_eq!(stress(&rig), "0.9");
    let done = rig.change(BASKET, "stress", "0.8").unwrap();
    let id = number(&done, "wicker_governed", "change");
    rig.govern(GovernMsg::Cancel { id }).unwrap();
    assert!(pending(&rig).pending.is_empty());
    rig.live(DAY);
    rig.refused(&anyone, &ExecuteMsg::Apply { id }, &[], "no change");
    let owner = rig.owner.clone();
    let again = ExecuteMsg::Govern(GovernMsg::Cancel { id });
    rig.refused(&owner, &again, &[], "no change");
    rig.sound();
}

#[test]
fn a_tighter_margin_reaches_open_positions_over_the_ramp_and_new_risk_at_once() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 20_000 * USD).unwrap();
    let parts = |decimal: Decimal256| decimal.to_string().parse::<f64>().unwrap();
    // Prices of this second: an older one scales σ.
    rig.refresh();
    let before = health(&rig, id);
    rig.change(BASKET, "multiplier", "33.068111527572903")
        .unwrap();
    let start = health(&rig, id);
    assert_eq!(start.maintenance, before.maintenance);
    let initial = |health: &HealthResponse| parts(health.initial.unwrap());
    let volatility = parts(before.maintenance) - 0.09 * 20_000.0;
    // One and a half times κ: the volatility part of the initial margin, 1.25 times the maintenance, rises by half at once.
    let risen = initial(&start) - initial(&before);
    assert!((risen - 1.25 * volatility / 2.0).abs() < 1e-6, "{risen}");
    rig.live(DAY / 2);
    let half = parts(health(&rig, id).maintenance) - 0.09 * 20_000.0;
    assert!(
        (half / volatility - 1.25).abs() < 1e-9,
        "{}",
        half / volatility
    );
    rig.live(DAY / 2);
    let full = parts(health(&rig, id).maintenance) - 0.09 * 20_000.0;
    assert!(
        (full / volatility - 1.5).abs() < 1e-9,
        "{}",
        full / volatility
    );
}

fn parameter(target: Target, name: &str, value: &str) -> ParameterChange {
    ParameterChange {
        target,
        name: name.into(),
        value: settings::dec(value),
        expected: None,
    }
}

/// A tightening under which the position must be liquidated in the end: nothing happens to it at once, new risk is refused at once,
/// half way it stands closer to its margin, and after the ramp of a day it is liquidated.
fn reaches_gradually(rig: &mut Rig, (ann, id): (&Addr, u64), changes: Vec<ParameterChange>) {
    let (bob, healthy) = (addr("bob"), "is not below the maintenance margin");
    let seize = |rig: &mut Rig| rig.liquidate(&bob, id, 500 * USD);
    rig.refresh();
    let before = health(rig, id);
    rig.govern(GovernMsg::Change { changes }).unwrap();
    let begun = health(rig, id);
    assert_eq!(begun.maintenance, before.maintenance);
    assert!(begun.initial > before.initial);
    let refused = rig.borrow(ann, id, 100 * USD).unwrap_err();
    assert!(refused.contains("below the initial margin"), "{refused}");
    assert!(seize(rig).unwrap_err().contains(healthy));
    rig.live(DAY / 2);
    let half = health(rig, id);
    assert!(half.maintenance > before.maintenance);
    assert!(seize(rig).unwrap_err().contains(healthy));
    rig.live(DAY / 2);
    assert!(health(rig, id).maintenance > half.maintenance);
    seize(rig).unwrap();
    rig.sound();
}

/// A liquidator's coins, and a market in which so many dollars of "thin" are sold an hour.
fn thin_market(cap: &str) -> Rig {
    let mut rig = Rig::new();
    let bob = addr("bob");
    let rich = rig.open(&bob, 1, &[(100 * BTC, "btc")]);
    rig.borrow(&bob, rich, 100_000 * USD).unwrap();
    let mut thin = settings::asset("thin", 6, "1");
    (thin.flow_cap, thin.flow_burst) = (settings::dec(cap), settings::dec(cap));
    rig.list_as(thin);
    rig.create(settings::basket(&rig.debt, &["thin"])).unwrap();
    rig.refresh();
    rig
}

/// 180,000 dollars that were sold within two hours take a week of 1,000 dollars an hour: `CR` rises from 1 to `√7.5`. Liquidations are
/// let through at the rate that margins count on.
#[test]
fn prm_1_a_lower_flow_cap_reaches_open_positions_over_the_ramp() {
    let ann = addr("ann");
    let start = || {
        let mut rig = thin_market("100000");
        let id = rig.open(&ann, 2, &[(180_000 * USD, "thin")]);
        rig.borrow(&ann, id, 60_000 * USD).unwrap();
        (rig, id)
    };
    let thin = || Target::Asset {
        denom: "thin".into(),
    };
    let changes = vec![
        parameter(thin(), "flow_cap", "1000"),
        parameter(thin(), "flow_burst", "100"),
    ];
    let (mut rig, id) = start();
    reaches_gradually(&mut rig, (&ann, id), changes.clone());
    let left = |rig: &Rig| {
        let ask = QueryMsg::Asset {
            denom: "thin".into(),
        };
        let asset: AssetResponse = rig.ask(&ask);
        let flow_left: f64 = asset.flow_left.to_string().parse().unwrap();
        (asset.flow_cap.to_string(), flow_left.round())
    };
    let (mut other, _) = start();
    other.govern(GovernMsg::Change { changes }).unwrap();
    // Five minutes of the flow in force.
    assert_eq!(left(&other), ("1000".into(), 8_333.0));
    other.live(DAY / 2);
    // 1/√cap is half way between 1/√100,000 and 1/√1,000: five minutes of 3,306 are 275.
    assert_eq!(left(&other), ("1000".into(), 275.0));
    other.live(DAY / 2);
    assert_eq!(left(&other), ("1000".into(), 100.0));
}

#[test]
fn prm_1_a_higher_exposure_share_reaches_open_positions_over_the_ramp() {
    let mut rig = thin_market("10000");
    let ann = addr("ann");
    rig.open(&addr("whale"), 2, &[(1_000_000 * USD, "thin")]);
    let id = rig.open(&ann, 2, &[(10_000 * USD, "thin")]);
    rig.borrow(&ann, id, 4_500 * USD).unwrap();
    // What is held counts against open positions when it has lasted.
    rig.live(2 * DAY);
    let change = parameter(Target::Protocol {}, "exposure_share", "1");
    reaches_gradually(&mut rig, (&ann, id), vec![change]);
}

#[test]
fn prm_1_a_higher_stressed_figure_reaches_open_positions_over_the_ramp() {
    let btc = Target::Member {
        basket: 1,
        denom: "btc".into(),
    };
    for (target, name, value) in [(btc, "stressed", "0.02"), (BASKET, "debt_stressed", "0.04")] {
        let mut rig = thin_market("10000");
        let ann = addr("ann");
        let id = rig.open(&ann, 1, &[(BTC, "btc")]);
        rig.borrow(&ann, id, 28_000 * USD).unwrap();
        reaches_gradually(&mut rig, (&ann, id), vec![parameter(target, name, value)]);
    }
}

#[test]
fn gov_1_a_queued_change_can_be_applied_for_fourteen_days_and_no_second_longer() {
    for beyond in [-1i64, 0, 1] {
        let mut rig = Rig::new();
        let done = rig.change(BASKET, "stress", "0.2").unwrap();
        let id = number(&done, "wicker_governed", "change");
        let expires_at = pending(&rig).pending[0].expires_at;
        assert_eq!(expires_at, rig.now() + DAY + 14 * DAY);
        rig.live((15 * DAY).saturating_add_signed(beyond));
        let (anyone, apply) = (addr("anyone"), ExecuteMsg::Apply { id });
        if beyond <= 0 {
            rig.run(&anyone, &apply, &[]).unwrap();
        } else {
            let why = format!("until {expires_at}, now is {}", expires_at + 1);
            rig.refused(&anyone, &apply, &[], &why);
            let basket: BasketResponse = rig.ask(&QueryMsg::Basket { basket: 1 });
            assert_eq!(basket.settings.stress.to_string(), "0.25");
            assert_eq!(pending(&rig).pending.len(), 1);
            rig.govern(GovernMsg::Cancel { id }).unwrap();
        }
        assert!(pending(&rig).pending.is_empty());
        rig.sound();
    }
}

#[test]
fn the_guardian_stops_new_risk_for_a_while_and_never_repaying_depositing_or_liquidating() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 28_000 * USD).unwrap();
    let rich = rig.open(&bob, 1, &[(10 * BTC, "btc")]);
    rig.borrow(&bob, rich, 50_000 * USD).unwrap();
    let until = rig.now() + 2 * 3_600;
    rig.guard(GuardMsg::PauseBorrow { basket: 1, until })
        .unwrap();
    let refused = rig.borrow(&bob, rich, 100 * USD).unwrap_err();
    assert!(refused.contains("takes no new risk until"), "{refused}");
    assert!(rig.withdraw(&bob, rich, 1, "btc").is_err());
    rig.repay(&bob, rich, 1_000 * USD).unwrap();
    rig.give(&ann, 10, "btc");
    let deposit = ExecuteMsg::Deposit {
        position: Some(id),
        basket: None,
    };
    rig.run(&ann, &deposit, &[coin(10, "btc")]).unwrap();
    rig.price("btc", "40000");
    rig.liquidate(&bob, id, 30_000 * USD).unwrap();
    rig.pass(2 * 3_600);
    rig.refresh();
    rig.borrow(&bob, rich, 100 * USD).unwrap();
    // A member, and a ceiling.
    let until = rig.now() + 3_600;
    let pause = GuardMsg::PauseMember {
        basket: 1,
        denom: "btc".into(),
        until,
    };
    rig.guard(pause).unwrap();
    let refused = rig.borrow(&bob, rich, 100 * USD).unwrap_err();
    assert!(refused.contains("closed to new debt"), "{refused}");
    let ceiling = Uint128::new(60_000 * USD);
    let lower = GuardMsg::LowerCeiling {
        basket: 1,
        ceiling,
        until: until + 3_600,
    };
    rig.guard(lower).unwrap();
    rig.live(3_600);
    let refused = rig.borrow(&bob, rich, 50_000 * USD).unwrap_err();
    assert!(refused.contains("its ceiling is 60000000000"), "{refused}");
    rig.govern(GovernMsg::SetGuardian { guardian: None })
        .unwrap();
    assert!(rig
        .guard(GuardMsg::PauseBorrow {
            basket: 1,
            until: until + 9_000
        })
        .is_err());
    let owner = rig.owner.clone();
    let lift = ExecuteMsg::Guard(GuardMsg::Lift { basket: 1 });
    rig.run(&owner, &lift, &[]).unwrap();
    rig.borrow(&bob, rich, 50_000 * USD).unwrap();
    rig.sound();
}

#[test]
fn a_collateral_joins_a_running_basket_and_another_is_wound_down() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (100 * USD, "atom")]);
    rig.borrow(&ann, id, 10_000 * USD).unwrap();
    rig.live(3_600 * 5);
    let before = health(&rig, id);
    rig.list("osmo", 6, "0.5");
    let add = GovernMsg::AddMember {
        basket: 1,
        member: Box::new(settings::member("osmo")),
    };
    rig.govern(add).unwrap();
    apply(&mut rig);
    rig.sound();
    let after = health(&rig, id);
    assert_eq!(after.debt, before.debt);
    assert_eq!(after.collateral, before.collateral);
    let more = rig.open(&ann, 1, &[(100_000 * USD, "osmo")]);
    rig.borrow(&ann, more, 1_000 * USD).unwrap();
    let basket: BasketResponse = rig.ask(&QueryMsg::Basket { basket: 1 });
    let denoms: Vec<_> = basket
        .assets
        .iter()
        .map(|asset| asset.denom.as_str())
        .collect();
    assert_eq!(denoms, ["btc", "eth", "atom", "osmo", rig.debt.as_str()]);
    assert_eq!(basket.assets[4].total, Uint128::new(11_000 * USD));
    let stop = |stop| GovernMsg::WindDown {
        basket: 1,
        denom: "atom".into(),
        stop,
    };
    rig.govern(stop(true)).unwrap();
    rig.give(&ann, 5, "atom");
    let deposit = ExecuteMsg::Deposit {
        position: Some(id),
        basket: None,
    };
    rig.refused(&ann, &deposit, &[coin(5, "atom")], "takes no deposits");
    rig.withdraw(&ann, id, 50 * USD, "atom").unwrap();
    rig.govern(stop(false)).unwrap();
    rig.refused(&ann, &deposit, &[coin(5, "atom")], "takes no deposits");
    apply(&mut rig);
    rig.run(&ann, &deposit, &[coin(5, "atom")]).unwrap();
    rig.sound();
}

#[test]
fn past_interest_is_the_old_fees_and_future_interest_the_new_ones() {
    let mut rig = Rig::with(|basket| basket.stability_fee = Decimal256::percent(10));
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 10_000 * USD).unwrap();
    let debt = |rig: &Rig| rig.snapshot().baskets[0].totals.debt_ceil().unwrap();
    rig.live(31_557_600 / 2);
    rig.change(BASKET, "stability_fee", "0").unwrap();
    // e^0.05 - 1 = 5.1271096 %, compounded each second.
    let grown = debt(&rig).raw();
    assert_eq!(grown / 1_000, 10_512_710);
    rig.live(31_557_600);
    rig.repay(&ann, id, 1_000 * USD).unwrap();
    assert_eq!(debt(&rig).raw(), grown - 1_000 * USD);
    rig.sound();
}

#[test]
fn ownership_passes_in_two_steps_and_can_be_given_up() {
    let mut rig = Rig::new();
    let (owner, next) = (rig.owner.clone(), addr("dao"));
    let offer = ExecuteMsg::UpdateOwnership(OwnershipAction::TransferOwnership {
        new_owner: next.to_string(),
        expiry: None,
    });
    rig.run(&owner, &offer, &[]).unwrap();
    let seen: OwnershipResponse = rig.ask(&QueryMsg::Ownership {});
    assert_eq!(seen.owner, Some(owner.to_string()));
    assert_eq!(seen.pending_owner, Some(next.to_string()));
    let accept = ExecuteMsg::UpdateOwnership(OwnershipAction::AcceptOwnership);
    rig.refused(&owner, &accept, &[], "offered");
    rig.run(&next, &accept, &[]).unwrap();
    assert!(rig.change(BASKET, "stress", "0.9").is_err());
    let renounce = ExecuteMsg::UpdateOwnership(OwnershipAction::RenounceOwnership);
    rig.run(&next, &renounce, &[]).unwrap();
    let config: ConfigResponse = rig.ask(&QueryMsg::Config {});
    assert_eq!(config.owner, None);
}

#[test]
fn a_backstop_bears_a_loss_before_a_deficit_and_is_taken_back_only_after_the_delay() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let rich = rig.open(&bob, 1, &[(10 * BTC, "btc")]);
    rig.borrow(&bob, rich, 100_000 * USD).unwrap();
    let funds = [coin(5_000 * USD, &rig.debt)];
    rig.run(&bob, &ExecuteMsg::FundBackstop { basket: 1 }, &funds)
        .unwrap();
    rig.sound();
    let take = GovernMsg::WithdrawBackstop {
        basket: 1,
        amount: Uint128::new(1_000 * USD),
        recipient: bob.to_string(),
    };
    rig.govern(take).unwrap();
    assert_eq!(
        rig.snapshot().baskets[0].totals.backstop,
        Amount::new(5_000 * USD)
    );
    let before = rig.held(&bob, &rig.debt.clone());
    apply(&mut rig);
    assert_eq!(rig.held(&bob, &rig.debt.clone()), before + 1_000 * USD);
    let id = rig.open(&ann, 1, &[(5_000 * USD, "atom")]);
    rig.borrow(&ann, id, 30_000 * USD).unwrap();
    rig.price("atom", "5.5");
    rig.liquidate(&bob, id, 40_000 * USD).unwrap();
    // 27,500 dollars at a bonus of 2 % repay 26,960.78; of the 3,039.22 left the backstop bears all.
    let totals = rig.snapshot().baskets[0].totals.clone();
    assert_eq!(totals.deficit, Amount::ZERO);
    assert_eq!(
        totals.backstop.raw(),
        4_000 * USD - (30_000 * USD - 26_960_784_314)
    );
    rig.sound();
}

#[test]
fn coins_that_nobody_is_credited_with_can_be_skimmed_and_no_others() {
    let mut rig = Rig::new();
    let (ann, treasury) = (addr("ann"), addr("treasury"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    let skim = |denom: &str| GovernMsg::Skim {
        denom: denom.into(),
        recipient: treasury.to_string(),
    };
    let refused = rig.govern(skim("btc")).unwrap_err();
    assert!(refused.contains("no btc beyond"), "{refused}");
    let (cdp, debt) = (rig.cdp.clone(), rig.debt.clone());
    rig.give(&cdp, 7, "btc");
    rig.give(&cdp, 9, "airdrop");
    let gift = [coin(11, &debt)];
    rig.chain.send_tokens(ann.clone(), cdp, &gift).unwrap();
    for denom in ["btc", "airdrop", debt.as_str()] {
        rig.govern(skim(denom)).unwrap();
    }
    let held = ["btc", "airdrop", &debt].map(|denom| rig.held(&treasury, denom));
    assert_eq!(held, [7, 9, 11]);
    rig.sound();
}

#[test]
fn a_denom_is_adopted_by_its_admin_only_and_handed_on_after_the_delay() {
    let mut rig = Rig::new();
    let maker = addr("maker");
    rig.give(&maker, FEE.0, FEE.1);
    let module = TokenModule {
        type_url_prefix: wicker_lab::factory::PREFIX.into(),
        direct_mint: false,
    };
    let send = |rig: &mut Rig, message: CosmosMsg| {
        rig.chain.execute(maker.clone(), message).unwrap();
    };
    let own = maker.as_str();
    send(&mut rig, wicker_cdp::token::create(&module, own, "gold"));
    let denom = format!("factory/{maker}/gold");
    let first = wicker_cdp::token::mint(&module, own, &denom, Amount::new(500), Some(own));
    send(&mut rig, first);
    let adopt = GovernMsg::AdoptDenom {
        denom: denom.clone(),
        decimals: 6,
        ceiling: Uint128::new(1_000_000),
    };
    let refused = rig.govern(adopt.clone()).unwrap_err();
    assert!(refused.contains("not the admin"), "{refused}");
    let cdp = rig.cdp.clone();
    send(
        &mut rig,
        wicker_cdp::token::change_admin(&module, own, &denom, cdp.as_str()),
    );
    rig.govern(adopt).unwrap();
    let asset: AssetResponse = rig.ask(&QueryMsg::Asset {
        denom: denom.clone(),
    });
    assert_eq!(
        (asset.held.u128(), asset.ceiling),
        (500, Some(Uint128::new(1_000_000)))
    );
    let hand = GovernMsg::TransferDenomAdmin {
        denom: denom.clone(),
        new_admin: maker.to_string(),
    };
    rig.govern(hand).unwrap();
    assert_eq!(admin(rig.chain.storage(), &denom), Some(cdp.to_string()));
    apply(&mut rig);
    assert_eq!(admin(rig.chain.storage(), &denom), Some(maker.to_string()));
}

#[test]
fn prm_5_another_oracle_must_agree_with_the_one_in_force() {
    let mut rig = Rig::new();
    let old = rig.oracle.clone();
    let code = rig.chain.contract_data(&old).unwrap().code_id;
    let msg = wicker_msgs::oracle::InstantiateMsg {
        owner: rig.owner.to_string(),
        guardian: None,
    };
    let owner = rig.owner.clone();
    let new = rig
        .chain
        .instantiate_contract(code, owner, &msg, &[], "second", None)
        .unwrap();
    let set = GovernMsg::SetOracle {
        oracle: new.to_string(),
    };
    let refused = rig.govern(set.clone()).unwrap_err();
    assert!(refused.contains("has no usable price"), "{refused}");
    rig.oracle = new.clone();
    let debt = rig.debt.clone();
    for (denom, price) in [
        ("btc", "50600"),
        ("eth", "2000"),
        ("atom", "10"),
        (debt.as_str(), "1"),
    ] {
        rig.feed(denom, price);
    }
    let refused = rig.govern(set.clone()).unwrap_err();
    assert!(refused.contains("outside"), "{refused}");
    rig.price("btc", "50400");
    rig.pass(61);
    rig.govern(set).unwrap();
    rig.oracle = old.clone();
    rig.live(DAY);
    rig.oracle = new.clone();
    rig.refresh();
    let id = pending(&rig).pending[0].id;
    rig.run(&addr("anyone"), &ExecuteMsg::Apply { id }, &[])
        .unwrap();
    let config: ConfigResponse = rig.ask(&QueryMsg::Config {});
    assert_eq!(config.oracle, new.to_string());
    rig.sound();
}

#[test]
fn parameters_are_listed_with_their_bounds_and_migrating_to_the_same_version_changes_nothing() {
    let mut rig = Rig::new();
    let all: ParametersResponse = rig.ask(&QueryMsg::Parameters {});
    let stress = all
        .parameters
        .iter()
        .find(|one| one.name == "stress")
        .unwrap();
    assert_eq!(
        (stress.target.as_str(), stress.unit.as_str()),
        ("basket", "ratio")
    );
    assert_eq!(
        (stress.min, stress.max),
        (Decimal256::zero(), Decimal256::one())
    );
    assert!(stress.tighter_up && stress.ramps);
    let before = rig.digest();
    let (owner, cdp) = (rig.owner.clone(), rig.cdp.clone());
    let code = rig.chain.contract_data(&cdp).unwrap().code_id;
    rig.chain
        .migrate_contract(owner, cdp, &MigrateMsg {}, code)
        .unwrap();
    assert_eq!(rig.digest(), before);
}
