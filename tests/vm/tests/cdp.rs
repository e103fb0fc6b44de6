//! The cdp's wasm with the oracle's beside it: main actions for 1 to 16 collaterals, many positions and many baskets.

// The rig's verbs are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use serde_json::{json, Value};
use wicker_vm_tests::{
    budgets::{note, settle, Table},
    chain::Directory,
    contract::{address, coin, Contract, Gas},
};

const SIZES: [usize; 4] = [1, 2, 4, 16];
/// Base units of a dollar, and of each collateral's token.
const UNIT: u128 = 1_000_000;
/// What a chain takes for the transaction, loading a contract and moving the same coins where the contract does nothing else, and the
/// most that an action with 16 collaterals may cost of one with 2, in percent. A limit may only fall.
const WHOLE: [(&str, u64, u64); 5] = [
    ("deposit", 125_000, 150),
    ("borrow", 159_000, 150),
    ("withdraw with debt", 148_000, 150),
    ("repay", 126_000, 150),
    ("liquidate", 169_000, 150),
];

struct World {
    oracle: Contract,
    cdp: Contract,
    denoms: Vec<String>,
    debt: String,
}

impl World {
    /// A basket of this many collaterals at ten dollars each.
    fn new(assets: usize) -> Self {
        let contracts = Directory::default();
        let oracle = Contract::load("wicker_oracle.wasm", "oracle", &contracts).unwrap();
        let cdp = Contract::load("wicker_cdp.wasm", "cdp", &contracts).unwrap();
        let debt = format!("factory/{}/usdw", cdp.address());
        let denoms = (0..assets)
            .map(|asset| format!("ibc/asset{asset:02}"))
            .collect();
        let mut world = Self {
            oracle,
            cdp,
            denoms,
            debt,
        };
        let start = json!({ "owner": address("owner"), "guardian": null });
        world.oracle.instantiate(&address("owner"), &start).unwrap();
        let start = json!({
            "owner": address("owner"), "guardian": null, "oracle": world.oracle.address(),
            "token": { "type_url_prefix": "/osmosis.tokenfactory.v1beta1.", "direct_mint": false }, "settings": null
        });
        world.cdp.instantiate(&address("owner"), &start).unwrap();
        world.govern(json!({ "create_denom": { "subdenom": "usdw", "decimals": 6, "ceiling": "1000000000000000" } }));
        world.source(&world.debt.clone(), "1");
        for denom in world.denoms.clone() {
            world.source(&denom, "10");
            let price = "10";
            world.prices("10");
            world.govern(json!({ "list_asset": {
                "denom": denom, "decimals": 6, "flow_cap": "10000000", "flow_burst": "10000000",
                "reference_amount": "1000000", "reference_value": price, "reference_band": "0.2"
            } }));
        }
        world.open_basket();
        world
    }

    fn open_basket(&mut self) {
        let risk = |floor: &str, stressed: &str, jump: &str| json!({ "floor": floor, "stressed": stressed, "jump": jump, "correlation": "0.5", "weight_hours": 720 });
        let member = |denom: &String| {
            json!({
                "denom": denom, "supply_cap": "1000000000000000000", "value_cap": "1000000000", "risk_cap": "1",
                "risk": risk("0.006", "0.012", "0.05"),
                "bands": { "volatility": ["0", "100"], "liquidity": "0", "correlation": "-1" }
            })
        };
        let members: Vec<Value> = self.denoms.iter().map(member).collect();
        self.govern(json!({ "create_basket": {
            "name": "measured", "debt": self.debt, "multiplier": "22.045407685048602", "stress": "0.25",
            "concentration_max": "3", "initial": "1.25", "call": "1.15", "target": "1.25", "emergency": "0.5",
            "bonus_min": "0.02", "bonus_max": "0.08", "liquidation_fee": "0.01", "stability_fee": "0.05",
            "borrow_fee": "0.005", "min_debt": "100000000", "debt_ceiling": "1000000000000000",
            "mint_cap": "1000000000000000", "risk_floor": "1000000", "loss_order": ["reserve", "backstop"],
            "debt_risk": risk("0.0005", "0.001", "0"), "members": members
        } }));
    }

    fn govern(&mut self, what: Value) {
        let msg = json!({ "govern": what });
        self.cdp.execute(&address("owner"), &[], &msg).unwrap();
    }

    fn source(&mut self, denom: &str, price: &str) {
        let msg = json!({ "set_source": {
            "denom": denom, "reference": { "price": price, "band": "0.2" },
            "source": { "relayed": { "feeders": [address("feeder")], "quorum": 1, "max_spread": "0.05" } },
            "guards": {
                "max_age": 172_800, "max_future": 0, "max_confidence": "0.02", "max_step": "0.5", "step_interval": 1,
                "window": 60, "window_limit": "1", "window_interval": 1
            }
        } });
        self.oracle.execute(&address("owner"), &[], &msg).unwrap();
    }

    fn wait(&mut self, seconds: u64) {
        for contract in [&mut self.oracle, &mut self.cdp] {
            contract.env.block.time = contract.env.block.time.plus_seconds(seconds);
            contract.env.block.height += 1;
        }
    }

    /// All collaterals at `price` and the debt at a dollar, seen and confirmed, and no other price in sight.
    fn prices(&mut self, price: &str) {
        for _ in 0..2 {
            self.wait(40);
            let time = self.oracle.env.block.time.seconds();
            let entry = |denom: &str, price: &str| json!({ "denom": denom, "price": price, "publish_time": time, "confidence": null });
            let mut prices = vec![entry(&self.debt, "1")];
            for denom in &self.denoms {
                let known = self
                    .oracle
                    .query(&json!({ "source": { "denom": denom } }))
                    .is_ok();
                prices.extend(known.then(|| entry(denom, price)));
            }
            let msg = json!({ "report": { "prices": prices } });
            self.oracle.execute(&address("feeder"), &[], &msg).unwrap();
        }
    }

    /// The first minute behind the next hour's measurement, with prices that stood for longer than the delay.
    fn measured(&mut self, price: &str, hours: u64) {
        for _ in 0..hours {
            let past = self.cdp.env.block.time.seconds() % 3_600;
            self.wait(3_600 - past);
            self.prices(price);
            self.run("anyone", &[], json!({ "recalibrate": { "basket": 1 } }));
        }
        self.wait(700);
    }

    fn run(&mut self, sender: &str, funds: &[(u128, &str)], msg: Value) -> Gas {
        let funds: Vec<_> = funds
            .iter()
            .flat_map(|(amount, denom)| coin(*amount, denom))
            .collect();
        let done = self.cdp.execute(&address(sender), &funds, &msg);
        done.map_err(|why| format!("{msg}: {why}")).unwrap().1
    }

    fn cost(&mut self, sender: &str, funds: &[(u128, &str)], msg: Value) -> Gas {
        let funds: Vec<_> = funds
            .iter()
            .flat_map(|(amount, denom)| coin(*amount, denom))
            .collect();
        self.cdp.cost(&address(sender), &funds, &msg).unwrap()
    }

    /// A position of `owner` with a thousand of every collateral and a debt of three tenths of their value.
    fn open(&mut self, owner: &str, basket: u32, position: u64) {
        for (place, denom) in self.denoms.clone().iter().enumerate() {
            let msg = match place {
                0 => json!({ "deposit": { "position": null, "basket": basket } }),
                _ => json!({ "deposit": { "position": position, "basket": null } }),
            };
            self.run(owner, &[(1_000 * UNIT, denom)], msg);
        }
        let amount = 3_000 * UNIT * self.denoms.len() as u128;
        let msg = json!({ "borrow": { "position": position, "amount": amount.to_string(), "recipient": null } });
        self.run(owner, &[], msg);
    }

    /// What an owner's actions cost on position 1, each from the same state.
    fn actions(&mut self) -> Vec<(&'static str, Gas)> {
        let (first, debt) = (self.denoms[0].clone(), self.debt.clone());
        let borrow = json!({ "borrow": { "position": 1, "amount": "1000000", "recipient": null } });
        let withdraw = json!({ "withdraw": { "position": 1, "denom": first, "amount": "1000000", "recipient": null } });
        let repay = json!({ "repay": { "position": 1 } });
        vec![
            (
                "deposit",
                self.cost(
                    "alice",
                    &[(UNIT, &first)],
                    json!({ "deposit": { "position": 1, "basket": null } }),
                ),
            ),
            ("borrow", self.cost("alice", &[], borrow)),
            ("withdraw with debt", self.cost("alice", &[], withdraw)),
            ("repay", self.cost("alice", &[(100 * UNIT, &debt)], repay)),
        ]
    }

    fn liquidation(&mut self) -> Gas {
        for price in ["6", "3.6", "3.3"] {
            self.prices(price);
        }
        self.wait(61);
        let debt = self.debt.clone();
        let msg = json!({ "liquidate": {
            "position": 1, "max_repay": null, "min_received": [], "deadline": null, "recipient": null
        } });
        self.cost("keeper", &[(100_000 * UNIT, &debt)], msg)
    }
}

fn plural(assets: usize) -> String {
    format!("{assets:02} assets")
}

#[test]
fn liq_11_main_actions_cost_what_the_table_says_with_every_number_of_assets() {
    let mut table = Table::new();
    for assets in SIZES {
        let mut world = World::new(assets);
        world.measured("10", 2);
        world.open("alice", 1, 1);
        world.measured("10.1", 1);
        let mut costs = world.actions();
        // The next hour, and with it the boundary of the coarse grid: both records are due.
        let past = world.cdp.env.block.time.seconds() % 14_400;
        world.wait(14_400 - past);
        world.prices("10");
        costs.push((
            "recalibrate",
            world.cost("anyone", &[], json!({ "recalibrate": { "basket": 1 } })),
        ));
        world.measured("10", 1);
        costs.push(("liquidate", world.liquidation()));
        for (action, gas) in costs {
            note(&mut table, action, &plural(assets), gas);
        }
    }
    for (action, base, limit) in WHOLE {
        let of = |assets: usize| {
            let cost = table[action][&plural(assets)];
            base + cost.compute + cost.store
        };
        let (few, four, many) = (of(2), of(4), of(16));
        println!("{action}: about {few} in all with 2 assets, {four} with 4, {many} with 16");
        assert!(
            many * 100 <= few * limit,
            "{action}: {many} is more than {limit} % of {few}"
        );
    }
    settle("cdp", table).unwrap();
}

#[test]
fn cost_is_flat_in_the_number_of_positions_and_baskets() {
    let mut world = World::new(4);
    world.measured("10", 2);
    world.open("alice", 1, 1);
    let alone = world.actions();
    for _ in 0..5 {
        world.open_basket();
    }
    for position in 2..40 {
        world.open(&format!("user{position}"), 1, position);
    }
    let crowded = world.actions();
    for ((action, one), (_, many)) in alone.iter().zip(&crowded) {
        let (one, many) = (one.total(), many.total());
        println!("{action}: {one} alone, {many} in a crowd");
        // Longer numbers are the only difference.
        assert!(
            many * 100 <= one * 102,
            "{action}: {one} alone, {many} in a crowd"
        );
    }
}
