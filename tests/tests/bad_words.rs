//! Messages, names and pages that make no sense to the cdp contract.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{coin, Addr, Coin};
use cw_multi_test::Executor;
use serde_json::{json, Value};
use wicker_msgs::cdp::{
    ConfigResponse, ExecuteMsg, HealthResponse, LiquidationPriceResponse, OwnershipAction,
    OwnershipResponse, PositionsResponse, QueryMsg,
};
use wicker_tests::rig::{addr, Rig};

const USD: u128 = 1_000_000;
const BTC: u128 = 100_000_000;

/// Starts another cdp.
fn start(
    rig: &mut Rig,
    owner: &str,
    guardian: Option<&str>,
    coins: &[Coin],
) -> Result<Addr, String> {
    let code = rig.chain.contract_data(&rig.cdp).unwrap().code_id;
    let token =
        json!({ "type_url_prefix": "/osmosis.tokenfactory.v1beta1.", "direct_mint": false });
    let msg = json!({
        "owner": owner, "guardian": guardian, "oracle": rig.oracle, "token": token, "settings": null,
    });
    let sender = rig.owner.clone();
    rig.chain
        .instantiate_contract(code, sender, &msg, coins, "cdp", None)
        .map_err(|why| format!("{why:?}"))
}

#[test]
fn ins_1_owner_and_guardian_of_the_cdp_are_addresses_of_this_chain() {
    let mut rig = Rig::bare();
    let name = rig.owner.to_string();
    for bad in [
        "",
        &name.to_uppercase(),
        "owner",
        "osmo1qyqszqgpqyqszqgpqyqszqgpqyqszqgpjnp7du",
        &name[..name.len() - 1],
    ] {
        assert!(start(&mut rig, bad, None, &[]).is_err(), "{bad}");
        assert!(start(&mut rig, &name, Some(bad), &[]).is_err(), "{bad}");
    }
    let cdp = start(&mut rig, &name, Some(&name), &[]).unwrap();
    let config: ConfigResponse = rig
        .chain
        .wrap()
        .query_wasm_smart(cdp, &QueryMsg::Config {})
        .unwrap();
    assert_eq!(
        (config.owner, config.guardian),
        (Some(name.clone()), Some(name))
    );
}

#[test]
fn ins_4_a_cdp_is_not_started_with_coins() {
    let mut rig = Rig::new();
    let owner = rig.owner.clone();
    rig.give(&owner, 1, "btc");
    assert!(start(&mut rig, owner.as_str(), None, &[coin(1, "btc")]).is_err());
    assert_eq!(rig.held(&owner, "btc"), 1);
}

#[test]
fn prm_7_an_offer_to_nobody_to_oneself_taken_by_another_twice_or_after_its_end() {
    let mut rig = Rig::new();
    let (owner, next, other) = (rig.owner.clone(), addr("dao"), addr("other"));
    let offer = |to: &str, expiry| {
        ExecuteMsg::UpdateOwnership(OwnershipAction::TransferOwnership {
            new_owner: to.into(),
            expiry,
        })
    };
    let accept = ExecuteMsg::UpdateOwnership(OwnershipAction::AcceptOwnership);
    for nobody in ["", "dao", &next.to_string().to_uppercase()] {
        assert!(rig.run(&owner, &offer(nobody, None), &[]).is_err());
    }
    rig.refused(&next, &offer(next.as_str(), None), &[], "the owner");
    rig.refused(&next, &accept, &[], "offered");
    // To oneself is no harm.
    rig.run(&owner, &offer(owner.as_str(), None), &[]).unwrap();
    rig.run(&owner, &accept, &[]).unwrap();
    rig.refused(&owner, &accept, &[], "offered");
    // Another offer takes the first one back.
    rig.run(&owner, &offer(next.as_str(), None), &[]).unwrap();
    rig.run(&owner, &offer(other.as_str(), None), &[]).unwrap();
    rig.refused(&next, &accept, &[], "offered");
    let end = rig.now() + 60;
    rig.run(&owner, &offer(next.as_str(), Some(end)), &[])
        .unwrap();
    rig.refused(&other, &accept, &[], "offered");
    rig.pass(61);
    assert!(rig.run(&next, &accept, &[]).is_err());
    assert!(rig
        .run(&owner, &offer(next.as_str(), Some(end)), &[])
        .is_err());
    rig.run(&owner, &offer(next.as_str(), None), &[]).unwrap();
    rig.run(&next, &accept, &[]).unwrap();
    rig.refused(&next, &accept, &[], "offered");
    let seen: OwnershipResponse = rig.ask(&QueryMsg::Ownership {});
    assert_eq!(seen.owner, Some(next.to_string()));
    assert_eq!(seen.pending_owner, None);
}

#[test]
fn prm_9_what_is_no_message_of_the_cdp_changes_nothing() {
    let mut rig = Rig::new();
    let (ann, cdp) = (addr("ann"), rig.cdp.clone());
    let id = rig.open(&ann, 1, &[(BTC, "btc")]);
    let deep = (0..64).fold(json!(1), |inner, _| json!({ "borrow": inner }));
    let before = rig.digest();
    for wrong in [
        json!({}),
        json!(null),
        json!("borrow"),
        json!({ "borrow": {} }),
        json!({ "borrow": { "position": id, "amount": "1", "colour": "red" } }),
        json!({ "borrow": { "position": id, "amount": 1 } }),
        json!({ "borrow": { "position": "1", "amount": "1" } }),
        json!({ "borrow": { "position": -1, "amount": "1" } }),
        json!({ "borrow": { "position": id, "amount": "-1" } }),
        json!({ "borrow": { "position": id, "amount": "1e3" } }),
        json!({ "borrow": { "position": id, "amount": "340282366920938463463374607431768211456" } }),
        json!({ "borrow": { "position": id, "amount": "9".repeat(1_000_000) } }),
        json!({ "borrow": { "position": id, "amount": "1", "recipient": "x".repeat(1_000_000) } }),
        json!({ "borrow": { "position": id, "amount": "1" }, "repay": { "position": id } }),
        json!({ "print": { "amount": "1" } }),
        deep,
    ] {
        let done = rig
            .chain
            .execute_contract(ann.clone(), cdp.clone(), &wrong, &[]);
        assert!(done.is_err(), "{wrong}");
    }
    assert_eq!(rig.digest(), before);
}

fn page(rig: &Rig, start_after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
    let msg = QueryMsg::Positions {
        owner: None,
        basket: None,
        start_after,
        limit,
    };
    let page: PositionsResponse = rig.ask(&msg);
    page.positions.iter().map(|one| one.position).collect()
}

#[test]
fn qry_1_pages_of_positions_have_no_gap_while_others_come_and_go() {
    let mut rig = Rig::new();
    let ann = addr("ann");
    let mut ids: Vec<u64> = (0..45)
        .map(|_| rig.open(&ann, 1, &[(BTC, "btc")]))
        .collect();
    for (limit, size) in [(None, 10), (Some(0), 1), (Some(1), 1), (Some(30), 30)] {
        let first = page(&rig, None, limit);
        assert_eq!(first, ids[..size], "{limit:?}");
    }
    let most = page(&rig, None, Some(u32::MAX)).len();
    assert!((30..=100).contains(&most), "{most}");
    assert!(page(&rig, ids.last().copied(), None).is_empty());
    assert!(page(&rig, Some(u64::MAX), None).is_empty());
    assert_eq!(page(&rig, Some(0), Some(3)), ids[..3]);
    // Between two pages one that was seen goes, one that was not goes, the cursor's own goes, and one comes.
    let mut seen = page(&rig, None, Some(10));
    for gone in [ids[3], ids[9], ids[20]] {
        let close = ExecuteMsg::Close {
            position: gone,
            recipient: None,
        };
        rig.run(&ann, &close, &[]).unwrap();
    }
    ids.push(rig.open(&ann, 1, &[(BTC, "btc")]));
    while let Some(last) = seen.last().copied() {
        let next = page(&rig, Some(last), Some(10));
        if next.is_empty() {
            break;
        }
        seen.extend(next);
    }
    ids.remove(20);
    assert_eq!(seen, ids);
}

#[test]
fn qry_2_what_the_cdp_does_not_know_is_an_error_and_nothing_owed_has_no_ratio() {
    let mut rig = Rig::new();
    let nobody = addr("nobody").to_string();
    let unknown = [
        json!({ "position": { "position": 99 } }),
        json!({ "health": { "position": 99 } }),
        json!({ "explain": { "position": 99 } }),
        json!({ "max_borrow": { "position": 99 } }),
        json!({ "max_withdraw": { "position": 99, "denom": "btc" } }),
        json!({ "liquidation_price": { "position": 99, "denom": null } }),
        json!({ "preview_liquidate": { "position": 99, "max_repay": null } }),
        json!({ "basket": { "basket": 99 } }),
        json!({ "liquidatable": { "basket": 99, "start_after": null, "limit": null } }),
        json!({ "asset": { "denom": "luna" } }),
        json!({ "totals": { "denom": "luna" } }),
        json!({ "colour": {} }),
    ];
    for question in unknown {
        let answer: Result<Value, _> = rig.chain.wrap().query_wasm_smart(&rig.cdp, &question);
        assert!(answer.is_err(), "{question} {answer:?}");
    }
    let empty = [
        json!({ "positions": { "owner": nobody, "basket": null, "start_after": null, "limit": null } }),
        json!({ "positions": { "owner": nobody, "basket": 1, "start_after": null, "limit": null } }),
        json!({ "deficits": { "start_after": null, "limit": null } }),
        json!({ "claims": { "owner": nobody } }),
        json!({ "pending": { "start_after": null, "limit": null } }),
    ];
    for question in empty {
        let answer: Value = rig
            .chain
            .wrap()
            .query_wasm_smart(&rig.cdp, &question)
            .unwrap();
        let lists = answer.as_object().unwrap().values();
        let lists: Vec<&Vec<Value>> = lists.filter_map(Value::as_array).collect();
        assert!(
            !lists.is_empty() && lists.iter().all(|list| list.is_empty()),
            "{answer}"
        );
    }
    let ann = addr("ann");
    let id = rig.open(&ann, 1, &[(BTC, "btc"), (5 * USD, "atom")]);
    let health: HealthResponse = rig.ask(&QueryMsg::Health { position: id });
    assert_eq!(health.margin_ratio, None);
    let price = QueryMsg::LiquidationPrice {
        position: id,
        denom: None,
    };
    let price: Result<LiquidationPriceResponse, _> = rig.try_ask(&price);
    assert!(price.map_or(true, |price| price.factor.is_none()));
}
