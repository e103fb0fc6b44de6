//! The messages that pages tell people to send.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::panic, clippy::unwrap_used)]

use serde_json::{from_str, to_value, Value};
use wicker_localnet::net::root;
use wicker_msgs::{cdp, oracle};

/// Reads a message as its contract would, and answers it as the contract would write it.
fn read(kind: &str, text: &str) -> serde_json::Result<Value> {
    match kind {
        "cdp instantiate" => to_value(from_str::<cdp::InstantiateMsg>(text)?),
        "cdp execute" => to_value(from_str::<cdp::ExecuteMsg>(text)?),
        "cdp migrate" => to_value(from_str::<cdp::MigrateMsg>(text)?),
        "oracle instantiate" => to_value(from_str::<oracle::InstantiateMsg>(text)?),
        "oracle execute" => to_value(from_str::<oracle::ExecuteMsg>(text)?),
        other => panic!("nothing reads `{other}`"),
    }
}

/// The blocks of a page: what they are, and their text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.trim_start().strip_prefix("```") {
            Some(kind) if !inside => {
                let kind = kind.strip_prefix("json ");
                let kind = kind.unwrap_or_else(|| panic!("{page}: a block is no message: {line}"));
                blocks.push((kind.to_string(), String::new()));
                inside = true;
            }
            Some(_) => inside = false,
            None if inside => blocks.last_mut().unwrap().1.push_str(line),
            None => {}
        }
    }
    blocks
}

#[test]
fn every_message_on_the_pages_is_one_that_its_contract_reads_in_full() {
    for (page, count) in [("docs/deploy.md", 11), ("docs/incident.md", 10)] {
        let blocks = blocks(page);
        assert_eq!(blocks.len(), count, "{page}");
        for (kind, text) in blocks {
            let read = read(&kind, &text).unwrap_or_else(|why| panic!("{page}: {why}: {text}"));
            // No field was left to its default.
            assert_eq!(read, from_str::<Value>(&text).unwrap(), "{page}");
        }
    }
}
