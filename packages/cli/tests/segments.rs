//! From prices to a proposal: what `lab segment --out` writes is what `propose --segments` makes messages of, which the contract takes.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{Addr, Order};
use wicker_cli::chain::govern::Told;
use wicker_cli::chain::propose::effect;
use wicker_cli::chain::segments::{moves, Fate};
use wicker_lab::fork::{Fork, Moment, Records};
use wicker_lab::history::{History, HOUR};
use wicker_lab::prices::{Prices, Tick};
use wicker_lab::scenario::Scenario;
use wicker_lab::segment::plan::Plan;
use wicker_lab::segment::proposal::Segments;
use wicker_lab::segment::segment;
use wicker_lab::world::{address, money, World};
use wicker_msgs::cdp::{
    BasketResponse, BasketSettings, BasketsResponse, ExecuteMsg, GovernMsg, QueryMsg,
};

const START: u64 = 1_700_006_400;
/// BTC and ETH are in baskets of their own, ATOM with BTC, KAVA nowhere, and of SOL the study knows nothing.
const SCENARIO: &str = r#"
name = "one"
[[asset]]
name = "BTC"
class = "major"
[[asset]]
name = "ETH"
class = "major"
[[asset]]
name = "ATOM"
class = "alt"
[[asset]]
name = "KAVA"
class = "alt"
[[asset]]
name = "SOL"
class = "alt"
[[basket]]
name = "first"
[[basket.member]]
asset = "BTC"
[[basket.member]]
asset = "ATOM"
[[basket.member]]
asset = "SOL"
[[basket]]
name = "second"
[[basket.member]]
asset = "ETH"
[[user]]
name = "Ada"
basket = "first"
collateral = { BTC = 1000 }
ltv = 0.5
"#;
const PLAN: &str = r#"
asset = [
  { name = "bitcoin", denom = "BTC", daily_volume = 1e8 },
  { name = "ether", denom = "ETH", daily_volume = 1e8 },
  { name = "atom", denom = "ATOM", daily_volume = 1e8 },
  { name = "nobody", daily_volume = 1e8 },
]
"#;

/// Half a year in which bitcoin and ether move as one, and the others each by itself.
fn prices() -> Prices {
    let mut state = 7u64;
    let mut step = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((state >> 33) as f64 / f64::from(1u32 << 31) - 0.5) * 0.02
    };
    let mut prices = [100.0; 4];
    let mut tick = |hour: u64| {
        let market = step();
        for (asset, price) in prices.iter_mut().enumerate() {
            let change = match asset {
                0 | 1 => market + step() / 10.0,
                _ => step(),
            };
            *price *= 1.0 + change;
        }
        Tick {
            time: START + hour * HOUR,
            prices: prices.map(Some).to_vec(),
        }
    };
    Prices {
        ticks: (0..180 * 24).map(&mut tick).collect(),
        assets: Plan::parse(PLAN).unwrap().wanted().assets,
    }
}

/// Two baskets, of which Ada borrows in the first.
fn world() -> World {
    let scenario = Scenario::parse(SCENARIO).unwrap();
    let mut world = World::start(&scenario, &[50_000.0, 2_000.0, 10.0, 1.0, 100.0], START).unwrap();
    let ada = address("ada");
    world.users.push(ada.clone());
    world.give(&ada, 20_000, "BTC").unwrap();
    let open = ExecuteMsg::Adjust {
        position: None,
        basket: Some(1),
        withdraw: vec![],
        borrow: Some(500_000_000u128.into()),
        recipient: None,
    };
    world.act(&ada, &open, &[money(20_000, "BTC")]).unwrap();
    world
}

fn baskets(world: &World) -> Vec<BasketResponse> {
    let all = QueryMsg::Baskets {
        start_after: None,
        limit: None,
    };
    let found: BasketsResponse = world.ask(&all).unwrap();
    found.baskets
}

/// Settings for whatever may be proposed: the first basket's, and ETH's of the second.
fn terms(live: &[BasketResponse]) -> BasketSettings {
    let members = live.iter().flat_map(|basket| &basket.settings.members);
    BasketSettings {
        name: "measured".into(),
        members: members.cloned().collect(),
        ..live[0].settings.clone()
    }
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
    fork.set_points(records(world, &world.oracle));
    for (denom, is_debt) in fork.denoms().unwrap() {
        fork.set_balance(&denom, world.balance(&world.cdp, &denom));
        if is_debt {
            fork.set_supply(&denom, 500_000_000);
        }
    }
    fork
}

fn messages(told: &[Told]) -> Vec<ExecuteMsg> {
    let messages = told.iter().map(|told| told.msg.clone());
    messages
        .map(|message| serde_json::from_value(message).unwrap())
        .collect()
}

#[test]
fn a_segmentation_is_proposed_with_its_reasons_and_shown_on_live_positions() {
    let world = world();
    let live = baskets(&world);
    let plan = Plan::parse(PLAN).unwrap();
    let report = segment(&plan, &History::new(&prices()).unwrap()).unwrap();
    let made = Segments::of(&report, &plan, &terms(&live)).unwrap();
    // What is written is what is read.
    let text = serde_json::to_string(&made).unwrap();
    let file = std::env::temp_dir().join(format!("wicker-segments-{}", std::process::id()));
    std::fs::write(&file, text).unwrap();
    let read = Segments::from_file(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(read, made);
    assert_eq!(read.baskets.len(), 2, "what has no denom is not proposed");

    let (told, placed) = moves(&read, &live).unwrap();
    let fates: Vec<_> = placed
        .iter()
        .map(|one| (one.basket, one.denom.as_str(), one.fate))
        .collect();
    let wanted = [
        (Some(1), "BTC", Fate::Stays),
        (Some(1), "ETH", Fate::Joins),
        (None, "ATOM", Fate::Opens),
        (Some(1), "ATOM", Fate::Leaves),
        (Some(2), "ETH", Fate::Leaves),
    ];
    assert_eq!(fates, wanted);
    assert!(placed.iter().all(|one| !one.reason.is_empty()));
    assert_eq!(placed[0].held, 20_000);
    let sent = messages(&told);
    let named = |message: &ExecuteMsg| match message {
        ExecuteMsg::Govern(GovernMsg::AddMember { basket, member }) => {
            format!("add {} to {basket}", member.denom)
        }
        ExecuteMsg::Govern(GovernMsg::CreateBasket(settings)) => {
            format!("create with {}", settings.members[0].denom)
        }
        ExecuteMsg::Govern(GovernMsg::WindDown {
            basket,
            denom,
            stop,
        }) => format!("wind down {denom} of {basket}: {stop}"),
        other => format!("{other:?}"),
    };
    assert_eq!(
        sent.iter().map(named).collect::<Vec<_>>(),
        [
            "add ETH to 1",
            "create with ATOM",
            "wind down ATOM of 1: true",
            "wind down ETH of 2: true",
        ]
    );

    let mut fork = fork(&world);
    let seen = effect(&mut fork, world.owner.as_str(), &told).unwrap();
    assert_eq!(seen.waiting, 1, "a member joins after the delay");
    assert_eq!(seen.baskets[&1].in_full.positions, 1);
    assert_eq!(seen.baskets[&1].in_full.called, 0);
}

/// Once it is done there is nothing left to do, and a collateral that was wound down for it is taken again when it belongs there again.
#[test]
fn a_segmentation_that_is_in_force_asks_for_nothing_and_turns_back() {
    let world = world();
    let live = baskets(&world);
    let plan = Plan::parse(PLAN).unwrap();
    let report = segment(&plan, &History::new(&prices()).unwrap()).unwrap();
    let mut made = Segments::of(&report, &plan, &terms(&live)).unwrap();
    made.baskets.retain(|segment| segment.reasons.len() == 2);
    let mut done = live.clone();
    done[0].settings.members = made.baskets[0].settings.members.clone();
    done.truncate(1);
    let (told, placed) = moves(&made, &done).unwrap();
    assert!(told.is_empty(), "{told:?}");
    assert!(placed.iter().all(|one| one.fate == Fate::Stays));
    let bitcoin = done[0].assets.iter_mut().find(|one| one.denom == "BTC");
    bitcoin.unwrap().wind_down = true;
    let (told, _) = moves(&made, &done).unwrap();
    assert!(matches!(
        messages(&told).as_slice(),
        [ExecuteMsg::Govern(GovernMsg::WindDown { denom, stop: false, .. })] if denom == "BTC"
    ));
}
