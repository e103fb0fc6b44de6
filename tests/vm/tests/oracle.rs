//! The oracle's wasm: it starts, answers, and its actions cost what the table says.

// The rig's verbs are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use serde_json::{json, Value};
use wicker_vm_tests::{
    budgets::{note, settle, Table},
    chain::Directory,
    contract::{address, Contract},
};

const SIZES: [usize; 3] = [1, 4, 16];

fn started() -> Contract {
    let mut oracle = Contract::load("wicker_oracle.wasm", "oracle", &Directory::default()).unwrap();
    let msg = json!({ "owner": address("owner"), "guardian": null });
    oracle.instantiate(&address("owner"), &msg).unwrap();
    oracle
}

fn set(oracle: &mut Contract, denom: &str, source: Value, expected: &str) {
    let reference = json!({ "price": expected, "band": "0.2" });
    let msg = json!({ "set_source": { "denom": denom, "source": source, "guards": null, "reference": reference } });
    oracle.execute(&address("owner"), &[], &msg).unwrap();
}

fn relay(oracle: &mut Contract, denom: &str, feeders: usize) {
    let feeders: Vec<String> = (0..feeders)
        .map(|feeder| address(&format!("feeder{feeder}")))
        .collect();
    let quorum = feeders.len() / 2 + 1;
    set(
        oracle,
        denom,
        json!({ "relayed": { "feeders": feeders, "quorum": quorum, "max_spread": "0.05" } }),
        "10",
    );
}

fn report(oracle: &Contract, denoms: &[String], price: &str) -> Value {
    let entry = |denom: &String| {
        let time = oracle.env.block.time.seconds();
        json!({ "denom": denom, "price": price, "publish_time": time, "confidence": "0.01" })
    };
    json!({ "report": { "prices": denoms.iter().map(entry).collect::<Vec<_>>() } })
}

fn denoms(kind: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|asset| format!("{kind}/asset{asset:02}"))
        .collect()
}

fn wait(oracle: &mut Contract, seconds: u64) {
    oracle.env.block.time = oracle.env.block.time.plus_seconds(seconds);
}

fn say(oracle: &mut Contract, feeder: usize, names: &[String], price: &str) {
    let msg = report(oracle, names, price);
    oracle
        .execute(&address(&format!("feeder{feeder}")), &[], &msg)
        .unwrap();
}

fn plural(assets: usize) -> String {
    format!("{assets:02} assets")
}

#[test]
fn a_reported_price_is_stored_as_a_record_of_104_bytes_and_answered() {
    let contracts = Directory::default();
    let mut oracle = Contract::load("wicker_oracle.wasm", "oracle", &contracts).unwrap();
    oracle
        .instantiate(
            &address("owner"),
            &json!({ "owner": address("owner"), "guardian": null }),
        )
        .unwrap();
    relay(&mut oracle, "uatom", 1);
    say(&mut oracle, 0, &["uatom".to_string()], "10.5");
    let (answer, _) = oracle
        .query(&json!({ "price": { "denom": "uatom" } }))
        .unwrap();
    assert_eq!(answer["price"], "10.5");
    let stored = contracts.borrow()[&oracle.address()].borrow()[b"point:uatom".as_slice()].clone();
    assert_eq!(stored.len(), 104);
    assert_eq!(stored[24..40], (105 * 10u128.pow(23)).to_be_bytes());
}

#[test]
fn an_error_of_the_contract_is_no_trap_and_changes_nothing() {
    let mut oracle = started();
    relay(&mut oracle, "uatom", 1);
    let msg = report(&oracle, &["uatom".to_string()], "10");
    let refused = oracle.execute(&address("stranger"), &[], &msg).unwrap_err();
    assert!(refused.contains(&address("stranger")), "{refused}");
    assert!(oracle
        .query(&json!({ "price": { "denom": "uatom" } }))
        .is_err());
}

#[test]
fn actions_cost_what_the_table_says() {
    let mut table = Table::new();
    for assets in SIZES {
        let mut oracle = started();
        let (one, three, fixed, product) = (
            denoms("one", assets),
            denoms("three", assets),
            denoms("fixed", assets),
            denoms("product", assets),
        );
        for asset in 0..assets {
            relay(&mut oracle, &one[asset], 1);
            relay(&mut oracle, &three[asset], 3);
            set(
                &mut oracle,
                &fixed[asset],
                json!({ "fixed": { "price": "2" } }),
                "2",
            );
        }
        say(&mut oracle, 0, &one, "10");
        for feeder in 0..3 {
            say(&mut oracle, feeder, &three, "10");
        }
        for asset in 0..assets {
            let legs = json!([one[asset], fixed[asset]]);
            let source = json!({ "composite": { "legs": legs, "rule": { "product": {} } } });
            set(&mut oracle, &product[asset], source, "20");
        }
        wait(&mut oracle, 60);
        let size = plural(assets);
        let msg = report(&oracle, &one, "10.1");
        note(
            &mut table,
            "report, one feeder",
            &size,
            oracle.cost(&address("feeder0"), &[], &msg).unwrap(),
        );
        say(&mut oracle, 0, &three, "10.1");
        let msg = report(&oracle, &three, "10.1");
        note(
            &mut table,
            "report, the quorum's",
            &size,
            oracle.cost(&address("feeder1"), &[], &msg).unwrap(),
        );
        for (kind, names) in [("fixed", &fixed), ("product", &product)] {
            let msg = json!({ "refresh": { "denoms": names } });
            let action = format!("refresh, {kind}");
            note(
                &mut table,
                &action,
                &size,
                oracle.cost(&address("anyone"), &[], &msg).unwrap(),
            );
        }
    }
    settle("oracle", table).unwrap();
}
