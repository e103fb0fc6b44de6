//! The messages of both contracts as JSON schema, generated from `wicker-msgs`.

use std::path::PathBuf;

use cosmwasm_schema::{generate_api, Api};
use wicker_msgs::{cdp, oracle};

use crate::run::{self, Failure};

/// Writes `schema/*.json`.
pub fn write() -> Result<(), Failure> {
    for (path, text) in files()? {
        run::write(&path, &text)?;
    }
    Ok(())
}

/// Errors where a file differs from what the messages say.
pub fn check() -> Result<(), Failure> {
    let mut findings = Vec::new();
    for (path, text) in files()? {
        if run::read(&path).ok().as_deref() != Some(&text) {
            findings.push(format!(
                "{} is not what the messages say: run `cargo xtask schema` and commit it",
                path.display()
            ));
        }
    }
    Failure::of(&findings)
}

fn files() -> Result<Vec<(PathBuf, String)>, Failure> {
    let cdp = generate_api! {
        name: "wicker-cdp",
        instantiate: cdp::InstantiateMsg,
        execute: cdp::ExecuteMsg,
        query: cdp::QueryMsg,
        migrate: cdp::MigrateMsg,
    };
    let oracle = generate_api! {
        name: "wicker-oracle",
        instantiate: oracle::InstantiateMsg,
        execute: oracle::ExecuteMsg,
        query: oracle::QueryMsg,
        migrate: oracle::MigrateMsg,
    };
    Ok(vec![rendered("cdp", cdp)?, rendered("oracle", oracle)?])
}

fn rendered(name: &str, api: Api) -> Result<(PathBuf, String), Failure> {
    let path = run::root().join("schema").join(format!("{name}.json"));
    let text = api
        .render()
        .to_string()
        .map_err(|cause| Failure::Missing(format!("schema of {name}: {cause}")))?;
    Ok((path, text + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_kind_is_described_for_both_contracts() {
        let files = files().unwrap();
        assert_eq!(files.len(), 2);
        for (path, text) in files {
            for part in ["instantiate", "execute", "query", "migrate", "responses"] {
                assert!(
                    text.contains(&format!("\"{part}\": {{")),
                    "{} {part}",
                    path.display()
                );
            }
        }
    }
}
