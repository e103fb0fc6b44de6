//! The committed table of what actions cost, `budgets.toml`, and the comparison with it.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::contract::Gas;

/// Set to write the table instead of comparing with it.
pub const WRITE: &str = "WICKER_WRITE_BUDGETS";
/// How far a figure may be from the table's, in percent.
const TOLERANCE: u64 = 3;

/// What one action costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// For computing: VM gas / 140,000.
    pub compute: u64,
    /// For the store and queries, at the Cosmos SDK's default prices.
    pub store: u64,
}

/// Costs by action and by size, such as `16 assets`.
pub type Table = BTreeMap<String, BTreeMap<String, Cost>>;

/// Adds a measurement.
pub fn note(table: &mut Table, action: &str, size: &str, gas: Gas) {
    let cost = Cost {
        compute: gas.compute,
        store: gas.store,
    };
    table
        .entry(action.to_string())
        .or_default()
        .insert(size.to_string(), cost);
}

/// Compares measurements with the part of the table named `part`, or writes them there; errors with every difference.
pub fn settle(part: &str, measured: Table) -> Result<(), String> {
    println!("{}", lines(part, &measured));
    let mut committed = load()?;
    if std::env::var_os(WRITE).is_some() {
        committed.insert(part.to_string(), measured);
        return save(&committed);
    }
    let empty = Table::new();
    let findings = differences(committed.get(part).unwrap_or(&empty), &measured);
    if findings.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}\nIf the change is meant: `{WRITE}=1 cargo test --manifest-path tests/vm/Cargo.toml -- --test-threads 1`",
        findings.join("\n")
    ))
}

/// Where the two disagree by more than the tolerance, or where one has a row that the other lacks.
pub fn differences(committed: &Table, measured: &Table) -> Vec<String> {
    let mut findings = Vec::new();
    for (action, sizes) in measured {
        for (size, cost) in sizes {
            match committed.get(action).and_then(|sizes| sizes.get(size)) {
                None => findings.push(format!("{action}, {size}: not in budgets.toml")),
                Some(budget) => {
                    for (what, budget, cost) in [
                        ("compute", budget.compute, cost.compute),
                        ("store", budget.store, cost.store),
                    ] {
                        if budget.abs_diff(cost) * 100 > budget * TOLERANCE {
                            findings
                                .push(format!("{action}, {size}: {what} {cost}, budget {budget}"));
                        }
                    }
                }
            }
        }
    }
    for (action, sizes) in committed {
        for size in sizes.keys() {
            if !measured
                .get(action)
                .is_some_and(|sizes| sizes.contains_key(size))
            {
                findings.push(format!(
                    "{action}, {size}: in budgets.toml and not measured"
                ));
            }
        }
    }
    findings
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("budgets.toml")
}

fn load() -> Result<BTreeMap<String, Table>, String> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    toml::from_str(&text).map_err(|cause| cause.to_string())
}

fn save(parts: &BTreeMap<String, Table>) -> Result<(), String> {
    let mut text = String::from(
        "# What actions cost in the chain's virtual machine; written by the tests beside it, compared within 3 %.\n\
         # compute: VM gas / 140,000. store: reads, writes and raw queries at the Cosmos SDK's default prices. Not in here:\n\
         # loading the contract, the transaction itself, and what the bank and token modules do.\n",
    );
    for (part, table) in parts {
        text.push_str(&lines(part, table));
    }
    std::fs::write(path(), text).map_err(|cause| cause.to_string())
}

fn lines(part: &str, table: &Table) -> String {
    let mut text = String::new();
    for (action, sizes) in table {
        text.push_str(&format!("\n[{part}.\"{action}\"]\n"));
        for (size, cost) in sizes {
            text.push_str(&format!(
                "\"{size}\" = {{ compute = {}, store = {} }}\n",
                cost.compute, cost.store
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(compute: u64, store: u64) -> Table {
        let mut table = Table::new();
        note(&mut table, "verb", "1 asset", Gas { compute, store });
        table
    }

    #[test]
    fn three_percent_passes_and_more_does_not_in_either_direction() {
        let budget = table(100, 1_000);
        for (compute, store, found) in [
            (103, 1_030, 0),
            (97, 970, 0),
            (104, 1_000, 1),
            (96, 1_031, 2),
        ] {
            assert_eq!(
                differences(&budget, &table(compute, store)).len(),
                found,
                "{compute} {store}"
            );
        }
    }

    #[test]
    fn rows_that_only_one_side_has_are_differences() {
        assert_eq!(differences(&Table::new(), &table(1, 1)).len(), 1);
        assert_eq!(differences(&table(1, 1), &Table::new()).len(), 1);
    }
}
