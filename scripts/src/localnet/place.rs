//! Where the chain's files are, and the one that tells other programs about it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::run::{self, Failure};

/// The chain's name.
pub const CHAIN_ID: &str = "wicker-localnet-1";
/// Beginning of its addresses.
pub const PREFIX: &str = "wasm";
/// What it stakes and takes fees in.
pub const DENOM: &str = "stake";
/// What a unit of gas costs at least, in the staking denom: as little as real chains ask, and not nothing, so that a client which
/// forgets fees fails here.
const GAS_PRICE: &str = "0.025";

/// A name in this variable of the environment stands for a chain beside the usual one.
pub const VARIABLE: &str = "WICKER_LOCALNET";
/// What a unit of gas costs at least on the chain, where it is another price than usual.
const PRICE_VARIABLE: &str = "WICKER_LOCALNET_GAS_PRICE";

/// The folders of a chain.
#[derive(Debug, Clone)]
pub struct Place {
    root: PathBuf,
    name: String,
    folder: PathBuf,
    gas_price: String,
}

impl Place {
    /// The place in a repository of the chain with this name; without one, of the usual chain.
    pub fn of(root: &Path, name: &str) -> Self {
        let folder = if name.is_empty() {
            "target/localnet".to_string()
        } else {
            format!("target/localnet-{name}")
        };
        Self {
            root: root.to_path_buf(),
            name: name.to_string(),
            folder: root.join(folder),
            gas_price: std::env::var(PRICE_VARIABLE).unwrap_or_else(|_| GAS_PRICE.into()),
        }
    }

    /// The place of a chain that takes transactions without a fee.
    pub fn without_fees(self) -> Self {
        Self {
            gas_price: "0".into(),
            ..self
        }
    }

    /// The least price of a unit of gas that the node asks for.
    pub fn gas_price(&self) -> &str {
        &self.gas_price
    }

    /// The chain's name here; empty for the usual one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The source of the node's program.
    pub fn source(&self) -> PathBuf {
        self.root.join("scripts/localnet")
    }

    /// The accounts that exist from the start.
    pub fn accounts(&self) -> PathBuf {
        self.source().join("accounts.json")
    }

    /// Where the program is, whatever the chain's name.
    fn built(&self) -> PathBuf {
        self.root.join("target/localnet")
    }

    /// The node's program.
    pub fn program(&self) -> PathBuf {
        self.built().join("bin/wasmd")
    }

    /// What the program was built from.
    pub fn built_from(&self) -> PathBuf {
        self.built().join("bin/built-from.txt")
    }

    /// The chain's state, settings and keys.
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// Where a home is made before it is one.
    pub fn unfinished(&self) -> PathBuf {
        self.folder.join("home.unfinished")
    }

    /// The node's process.
    pub fn pid(&self) -> PathBuf {
        self.folder.join("node.pid")
    }

    /// Whoever changes the chain's state or process has this file locked.
    pub fn lock(&self) -> PathBuf {
        self.folder.join("lock")
    }

    /// Whoever builds the program has this file locked.
    pub fn building(&self) -> PathBuf {
        self.built().join("bin/lock")
    }

    /// What the node says.
    pub fn log(&self) -> PathBuf {
        self.folder.join("node.log")
    }

    /// By how many seconds the chain's clock is ahead.
    pub fn clock(&self) -> PathBuf {
        self.folder.join("clock")
    }

    /// The parts of the program's source that are made before it is built.
    pub fn patched(&self) -> PathBuf {
        self.built().join("patched")
    }

    /// What other programs read.
    pub fn net(&self) -> PathBuf {
        self.folder.join("localnet.json")
    }
}

/// What a program needs to work with the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Net {
    /// The chain's name.
    pub chain_id: String,
    /// Beginning of its addresses.
    pub prefix: String,
    /// What it takes fees in.
    pub denom: String,
    /// The least price of a unit of gas.
    pub gas_price: String,
    /// CometBFT's RPC, on loopback.
    pub rpc: String,
    /// A list of accounts: `name`, `address` and the twelve words of `mnemonic`, which are no secret.
    pub accounts: PathBuf,
    /// The node's program, which is a command line too.
    pub program: PathBuf,
    /// The node's home; its keyring of the kind `test` holds the accounts.
    pub home: PathBuf,
}

impl Net {
    /// The net whose node listens at this port.
    pub fn at(place: &Place, port: u16) -> Self {
        Self {
            chain_id: CHAIN_ID.into(),
            prefix: PREFIX.into(),
            denom: DENOM.into(),
            gas_price: place.gas_price().into(),
            rpc: format!("http://127.0.0.1:{port}"),
            accounts: place.accounts(),
            program: place.program(),
            home: place.home(),
        }
    }

    /// The port of the RPC.
    pub fn port(&self) -> Option<u16> {
        self.rpc.rsplit(':').next()?.parse().ok()
    }

    /// The one that is written.
    pub fn read(place: &Place) -> Result<Self, Failure> {
        let path = place.net();
        let text = run::read(&path)?;
        serde_json::from_str(&text).map_err(|cause| run::file(&path, cause.into()))
    }

    /// Writes it.
    pub fn write(&self, place: &Place) -> Result<(), Failure> {
        let path = place.net();
        let text = serde_json::to_string_pretty(self);
        run::write(
            &path,
            &text.map_err(|cause| run::file(&path, cause.into()))?,
        )
    }
}
