//! What pieces of the engine cost alone: `cargo xtask vm` builds the wasm that runs them.

// The rig's verbs are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use serde_json::json;
use wicker_vm_tests::{
    budgets::{note, settle, Table},
    chain::Directory,
    contract::{Contract, Gas},
};

const TIMES: u64 = 16;

/// One run of a piece, from the difference of none and sixteen.
fn cost(bench: &mut Contract, piece: &str, collaterals: usize) -> Gas {
    let mut compute = |times: u64| {
        let run = json!({ "piece": piece, "legs": collaterals + 1, "times": times });
        bench.query(&run).unwrap().1.compute
    };
    Gas {
        compute: (compute(TIMES) - compute(0)).div_ceil(TIMES),
        store: 0,
    }
}

#[test]
fn pieces_of_the_engine_cost_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/wasm/wasm32-unknown-unknown/release/bench.wasm");
    let mut bench = Contract::at(&path, "bench", &Directory::default()).unwrap();
    let mut table = Table::new();
    for collaterals in [1, 4, 16] {
        for piece in ["update", "correlations", "margin", "concentrated"] {
            let gas = cost(&mut bench, piece, collaterals);
            note(&mut table, piece, &format!("{collaterals:02} assets"), gas);
        }
    }
    // What an update and a margin may cost at most, whatever the table says.
    let of = |piece: &str| table[piece]["16 assets"].compute;
    println!(
        "16 assets: update {}, margin {}, concentrated {}",
        of("update"),
        of("margin"),
        of("concentrated")
    );
    assert!(
        of("update") <= 500 && of("margin") <= 250,
        "update {}, margin {}",
        of("update"),
        of("margin")
    );
    settle("pieces", table).unwrap();
}
