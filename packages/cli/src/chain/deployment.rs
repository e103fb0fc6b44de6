//! The file that says where a deployment is: what every command but `deploy` begins with.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::trouble::Trouble;

/// Where a deployment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The chain.
    pub chain_id: String,
    /// What its addresses begin with.
    pub prefix: String,
    /// The price of a unit of gas, such as `0.025stake`.
    pub gas_price: String,
    /// CometBFT RPC addresses.
    pub nodes: Vec<String>,
    /// The cdp contract.
    pub cdp: String,
    /// The oracle contract.
    pub oracle: String,
    /// The debt denom that was created with it.
    pub debt: String,
    /// The number of the cdp's code.
    pub cdp_code: u64,
    /// The number of the oracle's code.
    pub oracle_code: u64,
    /// Who was to own both contracts; what the contracts say counts.
    pub owner: String,
    /// Who may migrate both contracts; `None` is nobody.
    pub admin: Option<String>,
}

impl Deployment {
    /// Reads it.
    pub fn load(path: &Path) -> Result<Self, Trouble> {
        let text = std::fs::read_to_string(path).map_err(|why| {
            let why = format!("{why}\n  next: name the file with --deployment or WICKER_DEPLOYMENT, or make one with `wicker deploy`");
            Trouble::file(path, why)
        })?;
        serde_json::from_str(&text).map_err(|why| Trouble::file(path, why))
    }
}

/// Writes a document, whole or not at all.
pub fn save(path: &Path, document: &impl Serialize) -> Result<(), Trouble> {
    let text = serde_json::to_string_pretty(document)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, text + "\n").map_err(|why| Trouble::file(path, why))?;
    std::fs::rename(&beside, path).map_err(|why| Trouble::file(path, why))
}
