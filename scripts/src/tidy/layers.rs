//! Who may import whom, as ARCHITECTURE.md says it: read from each crate's manifest.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::Source;

/// A crate, the Wicker crates it may use, and the others; `None` where any other may be used.
struct Layer {
    name: &'static str,
    ours: &'static [&'static str],
    others: Option<&'static [&'static str]>,
}

const RULES: &[&str] = &["wicker-engine", "wicker-math", "wicker-msgs"];
const CONTRACT: &[&str] = &[
    "cosmwasm-schema",
    "cosmwasm-std",
    "cw-storage-plus",
    "cw2",
    "postcard",
    "prost",
    "serde",
    "thiserror",
];

/// Programs stand above everything and are not listed: `xtask`, `wicker-tests` and `wicker-localnet`.
const LAYERS: &[Layer] = &[
    Layer {
        name: "wicker-math",
        ours: &[],
        others: Some(&["serde", "thiserror"]),
    },
    Layer {
        name: "wicker-engine",
        ours: &["wicker-math"],
        others: Some(&["serde", "thiserror"]),
    },
    Layer {
        name: "wicker-msgs",
        ours: &["wicker-math"],
        others: Some(&[
            "cosmwasm-schema",
            "cosmwasm-std",
            "schemars",
            "serde",
            "serde_json",
            "thiserror",
        ]),
    },
    Layer {
        name: "wicker-cdp",
        ours: RULES,
        others: Some(CONTRACT),
    },
    Layer {
        name: "wicker-oracle",
        ours: RULES,
        others: Some(CONTRACT),
    },
    Layer {
        name: "wicker-floor",
        ours: &[],
        others: Some(CONTRACT),
    },
    Layer {
        name: "wicker-lab",
        ours: &[
            "wicker-cdp",
            "wicker-engine",
            "wicker-math",
            "wicker-msgs",
            "wicker-oracle",
            "wicker-strategy",
        ],
        others: None,
    },
    Layer {
        name: "wicker-strategy",
        ours: &["wicker-engine", "wicker-math"],
        others: Some(&["thiserror"]),
    },
    Layer {
        name: "wicker-client",
        ours: RULES,
        others: None,
    },
    Layer {
        name: "wicker-status",
        ours: &[],
        others: None,
    },
    Layer {
        name: "wicker-keeper",
        ours: &[
            "wicker-client",
            "wicker-engine",
            "wicker-lab",
            "wicker-math",
            "wicker-msgs",
            "wicker-status",
            "wicker-strategy",
        ],
        others: None,
    },
    Layer {
        name: "wicker-feeder",
        ours: &[
            "wicker-client",
            "wicker-engine",
            "wicker-lab",
            "wicker-math",
            "wicker-msgs",
            "wicker-status",
        ],
        others: None,
    },
    Layer {
        name: "wicker",
        ours: &[
            "wicker-client",
            "wicker-engine",
            "wicker-feeder",
            "wicker-keeper",
            "wicker-lab",
            "wicker-math",
            "wicker-msgs",
            "wicker-status",
        ],
        others: None,
    },
];
const ABOVE: [&str; 3] = ["xtask", "wicker-tests", "wicker-localnet"];
/// What reaches the network or another thread of time: never under a contract or the lab.
const NETWORK: [&str; 3] = ["reqwest", "tokio", "hyper"];
/// Those that talk to a chain, or to those who run them.
const OUTWARD: [&str; 5] = [
    "wicker-client",
    "wicker-feeder",
    "wicker-status",
    "wicker-keeper",
    "wicker",
];

/// Manifests that use what their layer must not see.
pub fn findings(sources: &[Source]) -> Vec<String> {
    let rooms = |path: &str| {
        ["contracts/", "packages/", "scripts/", "tests/"]
            .iter()
            .any(|room| path.starts_with(room))
            && path.ends_with("Cargo.toml")
            && !path.starts_with("tests/vm/")
    };
    sources
        .iter()
        .filter(|source| rooms(&source.path))
        .flat_map(|source| match source.text.parse::<Table>() {
            Ok(manifest) => judged(&source.path, &manifest),
            Err(error) => vec![format!("{}: {error}", source.path)],
        })
        .collect()
}

fn judged(path: &str, manifest: &Table) -> Vec<String> {
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    let name = name.and_then(Value::as_str).unwrap_or_default();
    if ABOVE.contains(&name) {
        return Vec::new();
    }
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
        return vec![format!(
            "{path}: `{name}` has no layer in scripts/src/tidy/layers.rs"
        )];
    };
    let (used, tried) = (
        names(manifest, "dependencies"),
        names(manifest, "dev-dependencies"),
    );
    let ours = |one: &&String| one.starts_with("wicker");
    let mut findings = Vec::new();
    for one in used.iter().chain(&tried).filter(ours) {
        // A crate may try itself with another feature.
        if !layer.ours.contains(&one.as_str()) && one != name {
            findings.push(format!("{path}: `{name}` must not see `{one}`"));
        }
    }
    for one in used.iter().filter(|one| !ours(one)) {
        let listed = layer
            .others
            .is_none_or(|others| others.contains(&one.as_str()));
        let reaches = NETWORK.contains(&one.as_str()) && !OUTWARD.contains(&name);
        if !listed || reaches || one == "cw-ownable" {
            findings.push(format!("{path}: `{name}` must not depend on `{one}`"));
        }
    }
    findings
}

fn names(manifest: &Table, section: &str) -> BTreeSet<String> {
    let table = manifest.get(section).and_then(Value::as_table);
    table
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, section: &str, dependency: &str) -> usize {
        let text =
            format!("[package]\nname = \"{name}\"\n[{section}]\n{dependency}.workspace = true\n");
        let path = "packages/any/Cargo.toml".to_string();
        findings(&[Source { path, text }]).len()
    }

    #[test]
    fn what_a_layer_must_not_see_is_found() {
        assert_eq!(found("wicker-engine", "dependencies", "cosmwasm-std"), 1);
        assert_eq!(found("wicker-engine", "dependencies", "wicker-msgs"), 1);
        assert_eq!(found("wicker-msgs", "dependencies", "wicker-engine"), 1);
        assert_eq!(found("wicker-cdp", "dependencies", "wicker-oracle"), 1);
        assert_eq!(found("wicker-cdp", "dev-dependencies", "wicker-oracle"), 1);
        assert_eq!(found("wicker", "dependencies", "wicker-cdp"), 1);
        assert_eq!(found("wicker-lab", "dependencies", "reqwest"), 1);
        assert_eq!(found("wicker-client", "dependencies", "cw-ownable"), 1);
        assert_eq!(found("wicker-client", "dependencies", "wicker-cdp"), 1);
        assert_eq!(found("wicker-unheard-of", "dependencies", "serde"), 1);
    }

    #[test]
    fn what_a_layer_may_see_is_not() {
        assert_eq!(found("wicker-engine", "dependencies", "wicker-math"), 0);
        assert_eq!(found("wicker-engine", "dev-dependencies", "proptest"), 0);
        assert_eq!(found("wicker-cdp", "dependencies", "wicker-engine"), 0);
        assert_eq!(found("wicker-lab", "dependencies", "wicker-cdp"), 0);
        assert_eq!(found("wicker-client", "dependencies", "tokio"), 0);
        assert_eq!(found("wicker-tests", "dependencies", "wicker-cdp"), 0);
    }
}
