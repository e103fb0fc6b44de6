//! The program as a shell sees it, without a chain: what it refuses, with which exit code, and what it says to do next.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

const MANUAL: &str = include_str!("../../../docs/commands.md");

/// An exit code, standard output and standard error.
fn wicker(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wicker"));
    for name in [
        "WICKER_DEPLOYMENT",
        "WICKER_NODE",
        "WICKER_KEY_FILE",
        "WICKER_MNEMONIC",
    ] {
        program.env_remove(name);
    }
    let done = program.current_dir(folder).args(words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        done.status.code().unwrap(),
        text(done.stdout),
        text(done.stderr),
    )
}

/// An empty folder, or one with a deployment file whose node nobody is at.
fn folder(name: &str, deployed: bool) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("wicker-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    if deployed {
        let file = r#"{
            "chain_id": "wicker-localnet-1", "prefix": "wasm", "gas_price": "0.025stake", "nodes": ["http://127.0.0.1:1"],
            "cdp": "wasm1cdp", "oracle": "wasm1oracle", "debt": "factory/wasm1cdp/usdw",
            "cdp_code": 2, "oracle_code": 1, "owner": "wasm1gov", "admin": null
        }"#;
        std::fs::write(folder.join("wicker.json"), file).unwrap();
    }
    folder
}

#[test]
fn without_a_deployment_file_it_says_how_to_get_one() {
    let folder = folder("none", false);
    let (code, _, error) = wicker(&folder, &["baskets"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("wicker deploy"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_node_that_is_away_is_worth_another_try() {
    let folder = folder("away", true);
    let (code, _, error) = wicker(&folder, &["deposit", "1_000_000uatom", "--basket", "1"]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("next: check --node"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_key_is_refused_as_an_argument_and_asked_for_otherwise() {
    let folder = folder("key", false);
    let (code, _, error) = wicker(&folder, &["key", "address"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("--key-file"), "{error}");
    let (code, ..) = wicker(&folder, &["key", "address", "--mnemonic", "some words"]);
    assert_eq!(code, 2);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_decimal_point_in_an_amount_is_refused() {
    let (code, _, error) = wicker(&std::env::temp_dir(), &["borrow", "1", "1.5"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("1_500_000"), "{error}");
}

/// The names under `Commands:` in a help text.
fn commands(help: &str) -> Vec<&str> {
    let listed = help.split("Commands:").nth(1).unwrap();
    let listed = listed.split("\n\n").next().unwrap();
    let names = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

#[test]
fn every_command_and_every_exit_code_stands_in_the_manual() {
    let (code, help, _) = wicker(&std::env::temp_dir(), &["-h"]);
    assert_eq!(code, 0);
    let commands = commands(&help);
    assert!(commands.len() > 20, "{commands:?}");
    for name in commands {
        let named = [format!("`{name} "), format!("`{name}`")];
        let found = named.iter().any(|name| MANUAL.contains(name));
        let of_key = name == "key" && MANUAL.contains("`wicker key ");
        assert!(found || of_key, "{name}");
    }
    let codes = help.split("Exit codes:").nth(1).unwrap();
    let codes: Vec<&str> = codes.trim().lines().map(str::trim).collect();
    assert_eq!(codes.len(), 7);
    for line in codes {
        let (code, says) = line.split_once("  ").unwrap();
        let says = says.replace("(audit, demo, replay)", "(`audit`, `demo`, `replay`)");
        let row = format!("| {code} | {says} |");
        assert!(MANUAL.contains(&row), "{row}");
    }
}

#[test]
fn completions_know_the_commands() {
    let (code, script, _) = wicker(&std::env::temp_dir(), &["completions", "bash"]);
    assert_eq!(code, 0);
    for name in ["liquidatable", "propose", "guardian", "--generate-only"] {
        assert!(script.contains(name), "{name}");
    }
}
