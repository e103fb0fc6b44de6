//! Where a program works as an operator runs it: a folder with the deployment file, a key and its configuration.

use std::path::PathBuf;

use serde_json::{json, Value};

use crate::{deployment::Deployment, error::Error, net, program::Program};

/// A folder of a program that acts for an account.
#[derive(Debug)]
pub struct Desk {
    folder: PathBuf,
}

impl Desk {
    /// Makes it, named after the account, without what was there of another chain.
    pub fn new(deployment: &Deployment<'_>, account: &str) -> Result<Self, Error> {
        let desk = Self {
            folder: net::folder().join(account),
        };
        let _ = std::fs::remove_dir_all(&desk.folder);
        std::fs::create_dir_all(&desk.folder).map_err(|why| Error::file(&desk.folder, &why))?;
        desk.write("wicker.json", &file(deployment).to_string())?;
        desk.write("key", &deployment.net.words(account)?)?;
        Ok(desk)
    }

    /// Writes a file that only its owner reads.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::write(&path, text)
            .and_then(|()| std::fs::set_permissions(&path, private))
            .map_err(|why| Error::file(&path, &why))
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Starts `wicker` in it with a command, a configuration and the key.
    pub fn start(&self, command: &str, config: &str) -> Result<Program, Error> {
        let words = [command, "--config", config, "--key-file", "key"];
        Program::start(&self.folder, &words)
    }
}

fn file(deployment: &Deployment<'_>) -> Value {
    let config = deployment.net.chain.config();
    json!({
        "chain_id": deployment.net.chain.id(), "prefix": config.prefix,
        "gas_price": config.gas.price.to_string(), "nodes": config.endpoints,
        "cdp": deployment.cdp, "oracle": deployment.oracle, "debt": deployment.debt,
        "cdp_code": 0, "oracle_code": 0, "owner": deployment.gov.authority, "admin": null,
    })
}
