//! A deployment read into memory is judged as the contract judges it, and shows what a change would do without doing it.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::str::FromStr;

use cosmwasm_std::{Addr, Decimal256, Order};
use wicker_engine::invariants::check;
use wicker_lab::fork::{Fork, Moment, Records, Standings};
use wicker_lab::scenario::Scenario;
use wicker_lab::world::{address, money, World};
use wicker_msgs::cdp::{BasketResponse, ExecuteMsg, GovernMsg, ParameterChange, QueryMsg, Target};

const START: u64 = 1_700_006_400;
const SCENARIO: &str = r#"
name = "one"
[[asset]]
name = "BTC"
decimals = 8
class = "major"
[[basket]]
name = "majors"
[[basket.member]]
asset = "BTC"
[[user]]
name = "Ada"
basket = "majors"
collateral = { BTC = 1000 }
ltv = 0.6
"#;

/// Ada has a thousand dollars of BTC and owes 600.
fn world() -> World {
    let scenario = Scenario::parse(SCENARIO).unwrap();
    let mut world = World::start(&scenario, &[50_000.0], START).unwrap();
    let ada = address("ada");
    world.users.push(ada.clone());
    world.give(&ada, 2_000_000, "BTC").unwrap();
    let open = ExecuteMsg::Adjust {
        position: None,
        basket: Some(1),
        withdraw: vec![],
        borrow: Some(600_000_000u128.into()),
        recipient: None,
    };
    world.act(&ada, &open, &[money(2_000_000, "BTC")]).unwrap();
    world
}

fn records(world: &World, contract: &Addr) -> Records {
    let storage = world.chain.contract_storage(contract);
    let records = storage.range(None, None, Order::Ascending);
    records.collect()
}

fn fork(world: &World) -> Fork {
    let moment = Moment {
        chain_id: "wicker-lab-1".into(),
        prefix: "cosmwasm".into(),
        height: 9,
        time: world.now(),
    };
    let mut fork = Fork::new(moment, world.cdp.as_str(), &records(world, &world.cdp)).unwrap();
    assert_eq!(fork.oracle(), world.oracle.as_str());
    fork.set_points(records(world, &world.oracle));
    for (denom, is_debt) in fork.denoms().unwrap() {
        fork.set_balance(&denom, world.balance(&world.cdp, &denom));
        if is_debt {
            fork.set_supply(&denom, 600_000_000);
        }
    }
    fork
}

fn change(name: &str, value: &str) -> ExecuteMsg {
    changed(Target::Basket { basket: 1 }, name, value)
}

fn changed(target: Target, name: &str, value: &str) -> ExecuteMsg {
    let change = ParameterChange {
        target,
        name: name.into(),
        value: Decimal256::from_str(value).unwrap(),
        expected: None,
    };
    ExecuteMsg::Govern(GovernMsg::Change {
        changes: vec![change],
    })
}

fn one(set: impl FnOnce(&mut Standings)) -> Standings {
    let mut standings = Standings::default();
    set(&mut standings);
    standings
}

#[test]
fn a_fork_has_the_books_and_the_levels_of_the_chain() {
    let world = world();
    let fork = fork(&world);
    assert_eq!(check(&fork.snapshot().unwrap()), vec![]);
    assert_eq!(fork.standings().unwrap()[&1], one(|s| s.healthy = 1));
    let mut poorer = self::fork(&world);
    poorer.set_supply(&world.debt, 600_000_001);
    let broken = check(&poorer.snapshot().unwrap());
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert_eq!(broken[0].id, "I-03");
}

#[test]
fn without_the_oracles_records_nobody_can_be_judged() {
    let world = world();
    let mut fork = fork(&world);
    fork.set_points(Records::new());
    assert_eq!(fork.standings().unwrap()[&1], one(|s| s.unknown = 1));
}

#[test]
fn a_tightening_is_seen_at_once_and_in_full_and_the_chain_knows_nothing_of_it() {
    let world = world();
    let (mut fork, owner) = (fork(&world), world.owner.as_str());
    // Ada's equity is 400; at 60 standard deviations of at least half a per cent an hour the margin is 300 and the call level 345,
    // before jumps and fees.
    let queued = fork.decide(owner, change("multiplier", "60"), &[]).unwrap();
    assert_eq!(queued, Vec::<u64>::new());
    assert_eq!(fork.standings().unwrap()[&1], one(|s| s.healthy = 1));
    fork.end_ramps().unwrap();
    let after = fork.standings().unwrap()[&1];
    assert_eq!((after.healthy, after.unknown), (0, 0), "{after:?}");
    let basket: BasketResponse = world.ask(&QueryMsg::Basket { basket: 1 }).unwrap();
    assert!(basket.settings.multiplier < Decimal256::percent(6_000));
}

/// At a dollar an hour, a thousand dollars take the largest concentration there is: three times the margin.
#[test]
fn a_lower_flow_cap_is_seen_in_full_too() {
    let world = world();
    let (mut fork, owner) = (fork(&world), world.owner.as_str());
    let asset = Target::Asset {
        denom: "BTC".into(),
    };
    let queued = fork.decide(owner, changed(asset, "flow_cap", "1"), &[]);
    assert_eq!(queued.unwrap(), Vec::<u64>::new());
    assert_eq!(fork.standings().unwrap()[&1], one(|s| s.healthy = 1));
    fork.end_ramps().unwrap();
    let after = fork.standings().unwrap()[&1];
    assert_eq!((after.healthy, after.unknown), (0, 0), "{after:?}");
}

#[test]
fn a_loosening_waits_on_the_chain_and_is_shown_as_if_it_were_applied() {
    let world = world();
    let (mut fork, owner) = (fork(&world), world.owner.as_str());
    let queued = fork.decide(owner, change("multiplier", "20"), &[]).unwrap();
    assert_eq!(queued, [1]);
    // The same again changes nothing: it was applied.
    assert_eq!(
        fork.decide(owner, change("multiplier", "20"), &[]).unwrap(),
        Vec::<u64>::new()
    );
}

#[test]
fn what_the_contract_refuses_is_refused_here_in_its_words() {
    let world = world();
    let mut fork = fork(&world);
    let mut refusal = |sender: &Addr, value| {
        let done = fork.decide(sender.as_str(), change("multiplier", value), &[]);
        done.unwrap_err().to_string()
    };
    let error = refusal(&world.owner, "100000");
    assert!(error.contains("multiplier"), "{error}");
    let error = refusal(&address("ada"), "30");
    assert!(error.contains("owner"), "{error}");
}
