//! What users do on an ordinary day, and on a bad one.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{coin, Uint128};
use cw_multi_test::Executor;
use wicker_msgs::cdp::{
    AmountResponse, BasketResponse, DeficitsResponse, ExecuteMsg, ExplainResponse, GuardMsg,
    HealthResponse, Level, LiquidatableResponse, LiquidationItem, PositionResponse,
    PreviewLiquidateResponse, QueryMsg, TotalsResponse,
};
use wicker_tests::rig::{addr, attribute, events, value, Rig};

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;

#[test]
fn deposit_borrow_repay_and_close_leave_every_coin_where_it_belongs() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (100 * USD, "atom")]);
    rig.borrow(&ann, id, 20_000 * USD).unwrap();
    assert_eq!(rig.held(&ann, &rig.debt.clone()), 20_000 * USD);
    rig.sound();
    let health: HealthResponse = rig.ask(&QueryMsg::Health { position: id });
    assert_eq!(health.level, Level::Healthy);
    assert_eq!(health.collateral.to_string(), "51000");
    assert_eq!(health.debt.to_string(), "20000");
    assert_eq!(health.equity.to_string(), "31000");
    rig.withdraw(&ann, id, 100 * USD, "atom").unwrap();
    rig.repay(&ann, id, 5_000 * USD).unwrap();
    rig.sound();
    let close = ExecuteMsg::Close {
        position: id,
        recipient: None,
    };
    let funds = [coin(15_000 * USD, &rig.debt)];
    rig.run(&ann, &close, &funds).unwrap();
    assert_eq!(rig.held(&ann, "btc"), BTC);
    assert_eq!(rig.held(&ann, "atom"), 100 * USD);
    assert_eq!(rig.held(&ann, &rig.debt.clone()), 0);
    assert!(rig
        .try_ask::<PositionResponse>(&QueryMsg::Position { position: id })
        .is_err());
    rig.sound();
}

#[test]
fn the_explanation_adds_up_to_the_margin() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (5_000 * USD, "atom")]);
    rig.borrow(&ann, id, 30_000 * USD).unwrap();
    let health: HealthResponse = rig.ask(&QueryMsg::Health { position: id });
    let parts: ExplainResponse = rig.ask(&QueryMsg::Explain { position: id });
    let sum = parts.base + parts.correlation + parts.concentration + parts.jump + parts.fees;
    assert_eq!(sum.to_string(), parts.maintenance.to_string());
    assert_eq!(parts.maintenance, health.maintenance);
    let weights = parts.weights.iter().map(|weight| weight.weight);
    let whole = weights.fold(cosmwasm_std::SignedDecimal256::zero(), |sum, weight| {
        sum + weight
    });
    let off = (whole - cosmwasm_std::SignedDecimal256::one())
        .abs_diff(cosmwasm_std::SignedDecimal256::zero());
    assert!(off.to_string().parse::<f64>().unwrap() < 1e-9, "{whole}");
}

#[test]
fn a_fall_is_called_then_liquidated_to_the_target() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    rig.borrow(&ann, id, 28_000 * USD).unwrap();
    let whale = rig.open(&bob, 1, &[(100 * BTC, "btc")]);
    rig.borrow(&bob, whale, 100_000 * USD).unwrap();
    assert!(rig.liquidate(&bob, id, 1_000 * USD).is_err());
    rig.price("btc", "44000");
    rig.pass(61);
    let call = ExecuteMsg::Call {
        positions: vec![id, whale, 99],
    };
    let done = rig.run(&bob, &call, &[]).unwrap();
    assert_eq!(events(&done, "wicker_called").len(), 1);
    assert_eq!(events(&done, "wicker_skipped").len(), 2);
    rig.price("btc", "41000");
    let list: LiquidatableResponse = rig.ask(&QueryMsg::Liquidatable {
        basket: 1,
        start_after: None,
        limit: None,
    });
    assert_eq!(list.positions.len(), 1);
    let preview: PreviewLiquidateResponse = rig.ask(&QueryMsg::PreviewLiquidate {
        position: id,
        max_repay: None,
    });
    let before = rig.held(&bob, &rig.debt.clone());
    let done = rig.liquidate(&bob, id, 50_000 * USD).unwrap();
    assert_eq!(
        attribute(&done, "wicker_liquidated", "repaid"),
        preview.repaid.to_string()
    );
    let paid = before - rig.held(&bob, &rig.debt.clone());
    assert_eq!(paid, preview.payment.u128());
    assert_eq!(vec![coin(rig.held(&bob, "btc"), "btc")], preview.seized);
    rig.sound();
    let health: HealthResponse = rig.ask(&QueryMsg::Health { position: id });
    // The target is 1.25, and no more is taken than reaches it.
    let ratio: f64 = health.margin_ratio.unwrap().to_string().parse().unwrap();
    assert!((1.25..1.2501).contains(&ratio), "{ratio}");
}

#[test]
fn a_collapse_ends_in_a_deficit_of_its_basket_alone() {
    let mut rig = Rig::new();
    let (ann, bob) = (addr("ann"), addr("bob"));
    let mut other = wicker_tests::settings::basket(&rig.debt, &["btc"]);
    other.name = "other".into();
    rig.govern(wicker_msgs::cdp::GovernMsg::CreateBasket(Box::new(other)))
        .unwrap();
    let id = rig.open(&ann, 1, &[(5_000 * USD, "atom")]);
    rig.borrow(&ann, id, 30_000 * USD).unwrap();
    let safe = rig.open(&bob, 2, &[(10 * BTC, "btc")]);
    rig.borrow(&bob, safe, 100_000 * USD).unwrap();
    let untouched = rig.snapshot().baskets[1].totals.clone();
    rig.price("atom", "3");
    let many = ExecuteMsg::LiquidateMany {
        items: [id, safe, id, 77]
            .map(|position| LiquidationItem {
                position,
                max_repay: None,
            })
            .to_vec(),
        min_received: vec![coin(5_000 * USD, "atom")],
        deadline: None,
        recipient: None,
    };
    let funds = [coin(20_000 * USD, &rig.debt)];
    let done = rig.run(&bob, &many, &funds).unwrap();
    let skipped = events(&done, "wicker_skipped");
    let reasons: Vec<_> = skipped.iter().map(|event| value(event, "reason")).collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons[0].contains("not below"), "{reasons:?}");
    assert!(reasons[1].contains("listed twice") && reasons[2].contains("no position"));
    let deficits: DeficitsResponse = rig.ask(&QueryMsg::Deficits {
        start_after: None,
        limit: None,
    });
    assert_eq!(deficits.deficits.len(), 1);
    let deficit = deficits.deficits[0].amount.u128();
    // 15,000 dollars of collateral at the least bonus of 2 % repay 14,705.88, the rest of 30,000 nobody.
    assert_eq!(deficit, 30_000 * USD - 14_705_882_353);
    assert_eq!(rig.snapshot().baskets[1].totals, untouched);
    rig.sound();
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    let refused = rig.borrow(&ann, id, 1_000 * USD).unwrap_err();
    assert!(refused.contains("deficit"), "{refused}");
    let funds = [coin(deficit + 5, &rig.debt)];
    let before = rig.held(&bob, &rig.debt.clone());
    rig.run(&bob, &ExecuteMsg::CoverDeficit { basket: 1 }, &funds)
        .unwrap();
    assert_eq!(before - rig.held(&bob, &rig.debt.clone()), deficit);
    rig.borrow(&ann, id, 1_000 * USD).unwrap();
    let denom = rig.debt.clone();
    let totals: TotalsResponse = rig.ask(&QueryMsg::Totals { denom });
    assert_eq!(totals.supply, totals.debt);
    rig.sound();
}

#[test]
fn i_20_the_most_that_may_be_borrowed_or_withdrawn_is_exact() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (2_000 * USD, "atom")]);
    let most: AmountResponse = rig.ask(&QueryMsg::MaxBorrow { position: id });
    let one_more = most.amount + Uint128::one();
    assert!(rig.borrow(&ann, id, one_more.u128()).is_err());
    rig.borrow(&ann, id, most.amount.u128()).unwrap();
    let debt = most.amount.u128() / 2;
    rig.repay(&ann, id, debt).unwrap();
    let most: AmountResponse = rig.ask(&QueryMsg::MaxWithdraw {
        position: id,
        denom: "btc".into(),
    });
    assert!(rig
        .withdraw(&ann, id, most.amount.u128() + 1, "btc")
        .is_err());
    rig.withdraw(&ann, id, most.amount.u128(), "btc").unwrap();
    rig.sound();
}

#[test]
fn a_year_of_fees_goes_to_the_reserve_and_governance_mints_it() {
    let mut rig = Rig::with(|basket| {
        basket.stability_fee = wicker_tests::settings::dec("0.05");
    });
    let (ann, treasury) = (addr("ann"), addr("treasury"));
    let id = rig.open(&ann, 1, &[(10 * BTC, "btc")]);
    rig.borrow(&ann, id, 100_000 * USD).unwrap();
    rig.live(31_557_600);
    let position: PositionResponse = rig.ask(&QueryMsg::Position { position: id });
    // 100,000 at 5 % compounded each second of a Julian year: 105,127.1095..., from a 60-digit decimal calculation.
    assert_eq!(position.debt.u128() / 10_000, 10_512_710);
    let take = wicker_msgs::cdp::GovernMsg::WithdrawReserve {
        basket: 1,
        amount: Uint128::new(5_000 * USD),
        recipient: treasury.to_string(),
    };
    rig.govern(take).unwrap();
    assert_eq!(rig.held(&treasury, &rig.debt.clone()), 5_000 * USD);
    rig.sound();
    rig.give(&ann, 1, "uatom");
    let owed = position.debt.u128();
    let debt = rig.debt.clone();
    rig.chain
        .send_tokens(treasury, ann.clone(), &[coin(5_000 * USD, &debt)])
        .unwrap();
    rig.repay(&ann, id, 105_000 * USD).unwrap();
    let left: PositionResponse = rig.ask(&QueryMsg::Position { position: id });
    assert!(left.debt.u128() >= owed - 105_000 * USD);
    rig.sound();
}

#[test]
fn a_basket_tells_what_its_caps_leave_and_what_the_guardian_stopped() {
    let mut rig = Rig::with(|basket| basket.mint_cap = Uint128::new(90_000 * USD));
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(2 * BTC, "btc"), (7 * USD, "atom")]);
    rig.borrow(&ann, id, 30_000 * USD).unwrap();
    let ask = |rig: &Rig| rig.ask::<BasketResponse>(&QueryMsg::Basket { basket: 1 });
    let basket = ask(&rig);
    assert_eq!(basket.mint_left.u128(), 60_000 * USD);
    assert_eq!(basket.lowered_ceiling, None);
    let values = basket.assets.iter().map(|one| one.value);
    let expected = ["100000", "", "70", "30000"].map(|value| value.parse().ok());
    assert_eq!(values.collect::<Vec<_>>(), expected);
    assert!(basket.assets.iter().all(|one| one.paused_until.is_none()));
    let until = rig.now() + 3_600;
    let (ceiling, denom) = (Uint128::new(40_000 * USD), "atom".into());
    let lower = GuardMsg::LowerCeiling {
        basket: 1,
        ceiling,
        until,
    };
    rig.guard(lower).unwrap();
    let pause = GuardMsg::PauseMember {
        basket: 1,
        denom,
        until,
    };
    rig.guard(pause).unwrap();
    let stopped = ask(&rig);
    assert_eq!(stopped.lowered_ceiling, Some(ceiling));
    let paused = stopped.assets.iter().map(|one| one.paused_until);
    assert_eq!(paused.collect::<Vec<_>>(), [None, None, Some(until), None]);
    rig.pass(3_600);
    rig.refresh();
    let over = ask(&rig);
    assert_eq!(over.lowered_ceiling, None);
    assert!(over.assets.iter().all(|one| one.paused_until.is_none()));
    assert_eq!(over.mint_left.u128(), 90_000 * USD);
}
