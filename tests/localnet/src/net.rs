//! The running chain, its accounts, its clock.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use cosmwasm_std::{Coin, Event};
use flate2::{write::GzEncoder, Compression};
use serde::Deserialize;
use serde_json::Value;
use wicker_client::{
    proto::cosmwasm::wasm::v1::{QueryContractInfoRequest, QueryContractInfoResponse},
    Chain, ClientError, Config, Execute, Executed, Gas, Message, Signer,
};

use crate::error::{Error, Trying};

/// As `cargo xtask localnet up` describes it.
#[derive(Debug, Deserialize)]
struct Description {
    chain_id: String,
    prefix: String,
    denom: String,
    gas_price: String,
    rpc: String,
    accounts: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Words {
    name: String,
    mnemonic: String,
}

/// A connection to the chain.
#[derive(Debug)]
pub struct Net {
    /// The chain.
    pub chain: Chain,
    /// What it takes fees in.
    pub denom: String,
    accounts: Vec<(String, Signer)>,
}

/// The repository's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The folder of the chain: the usual one's, or that of the one which the environment names.
pub fn folder() -> PathBuf {
    match std::env::var("WICKER_LOCALNET") {
        Ok(name) if !name.is_empty() => root().join(format!("target/localnet-{name}")),
        _ => root().join("target/localnet"),
    }
}

impl Net {
    /// Connects to the chain that is up.
    pub async fn open() -> Result<Self, Error> {
        let description: Description = read(&folder().join("localnet.json"))?;
        let words = words(&description)?;
        let price = format!("{}{}", description.gas_price, description.denom);
        let price = price.parse().trying("reading the price of gas")?;
        let mut config = Config::new(vec![description.rpc], &description.prefix, price);
        config.chain_id = Some(description.chain_id);
        config.limits.poll = std::time::Duration::from_millis(100);
        config.gas.cap = 50_000_000;
        let signer = |one: &Words| Signer::from_mnemonic(&one.mnemonic, &description.prefix);
        let accounts = words
            .iter()
            .map(|one| Ok((one.name.clone(), signer(one)?)))
            .collect::<Result<_, _>>();
        Ok(Self {
            chain: Chain::connect(config).await.trying("connecting")?,
            denom: description.denom,
            accounts: accounts.trying("reading the accounts")?,
        })
    }

    /// An account that exists from the chain's start.
    pub fn account(&self, name: &str) -> Result<&Signer, Error> {
        let found = self.accounts.iter().find(|(other, _)| other == name);
        found
            .map(|(_, signer)| signer)
            .ok_or_else(|| Error::Wrong(format!("there is no account {name}")))
    }

    /// The mnemonic of such an account, for a program that is given a key.
    pub fn words(&self, name: &str) -> Result<String, Error> {
        let description: Description = read(&folder().join("localnet.json"))?;
        let found = words(&description)?
            .into_iter()
            .find(|one| one.name == name);
        found
            .map(|one| one.mnemonic)
            .ok_or_else(|| Error::Wrong(format!("there is no account {name}")))
    }

    /// A key of such an account for a program to keep.
    pub fn key(&self, name: &str) -> Result<Signer, Error> {
        let description: Description = read(&folder().join("localnet.json"))?;
        let words = words(&description)?;
        let found = words.iter().find(|one| one.name == name);
        let found = found.ok_or_else(|| Error::Wrong(format!("there is no account {name}")))?;
        Signer::from_mnemonic(&found.mnemonic, &description.prefix).trying("reading a key")
    }

    /// Who may migrate a contract; empty when nobody may.
    pub async fn admin(&self, contract: &str) -> Result<String, Error> {
        let path = "/cosmwasm.wasm.v1.Query/ContractInfo";
        let request = QueryContractInfoRequest {
            address: contract.into(),
        };
        let answer = self.chain.grpc(path, &request).await;
        let answer: QueryContractInfoResponse = answer.trying("reading who is admin")?;
        Ok(answer.contract_info.unwrap_or_default().admin)
    }

    /// An account by its address.
    pub fn signer(&self, address: &str) -> Result<&Signer, Error> {
        let mut accounts = self.accounts.iter().map(|(_, signer)| signer);
        accounts
            .find(|signer| signer.address() == address)
            .ok_or_else(|| Error::Wrong(format!("nobody has the key of {address}")))
    }

    /// The addresses of all accounts.
    pub fn addresses(&self) -> Vec<&str> {
        let accounts = self.accounts.iter();
        accounts.map(|(_, signer)| signer.address()).collect()
    }

    /// The accounts whose names begin so.
    pub fn accounts(&self, beginning: &str) -> Vec<&Signer> {
        let named = self.accounts.iter();
        named
            .filter(|(name, _)| name.starts_with(beginning))
            .map(|(_, signer)| signer)
            .collect()
    }

    /// Stores code and answers its number.
    pub async fn store(&self, signer: &Signer, path: &Path) -> Result<u64, Error> {
        let wasm = compressed(path).map_err(|why| Error::file(path, &why))?;
        let message = Message::Store { wasm };
        let what = &format!("storing {}", path.display());
        let done = self.act(signer, vec![message], None, what).await?;
        let number = attribute(&done, "store_code", "code_id")?;
        let wrong = |_| Error::Wrong(format!("{number} is no number of a code"));
        number.parse().map_err(wrong)
    }

    /// Starts a contract that nobody may migrate and answers its address.
    pub async fn start(
        &self,
        signer: &Signer,
        code_id: u64,
        label: &str,
        msg: Value,
    ) -> Result<String, Error> {
        self.start_with(signer, code_id, label, msg, None).await
    }

    /// Starts a contract that `admin` may migrate and answers its address.
    pub async fn start_with(
        &self,
        signer: &Signer,
        code_id: u64,
        label: &str,
        msg: Value,
        admin: Option<&str>,
    ) -> Result<String, Error> {
        let message = Message::Instantiate {
            code_id,
            msg,
            label: label.into(),
            admin: admin.map(String::from),
        };
        let what = &format!("starting {label}");
        let done = self.act(signer, vec![message], None, what).await?;
        attribute(&done, "instantiate", "_contract_address")
    }

    /// Tells a contract something, with coins, at a limit of gas.
    pub async fn tell(
        &self,
        signer: &Signer,
        contract: &str,
        msg: &impl serde::Serialize,
        funds: Vec<Coin>,
        limit: u64,
    ) -> Result<Executed, Error> {
        let told = serde_json::to_string(msg).unwrap_or_default();
        let message = Execute::new(contract, msg).trying(&told)?.with_funds(funds);
        self.act(signer, vec![message.into()], Some(limit), &told)
            .await
    }

    /// Sends messages in one transaction, at a limit of gas or at what a simulation says.
    pub async fn act(
        &self,
        signer: &Signer,
        messages: Vec<Message>,
        limit: Option<u64>,
        what: &str,
    ) -> Result<Executed, Error> {
        let gas = Gas { limit, price: None };
        self.chain
            .transact(signer, &messages, &gas)
            .await
            .trying(what)
    }

    /// Looks a transaction up. Asked again when the connection is one to a node that has been killed since.
    pub async fn find(&self, hash: &str) -> Result<Option<Result<Executed, ClientError>>, Error> {
        for _ in 0..10 {
            match self.chain.find(hash).await {
                Err(ClientError::Unreachable(_)) => {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
                found => return found.trying("looking up"),
            }
        }
        self.chain.find(hash).await.trying("looking up")
    }

    /// The chain's time, in seconds since 1970.
    pub async fn time(&self) -> Result<u64, Error> {
        let block = self.chain.block().await.trying("reading the time")?;
        Ok(block.time)
    }

    /// The chain's newest block.
    pub async fn height(&self) -> Result<u64, Error> {
        let block = self.chain.block().await.trying("reading the height")?;
        Ok(block.height)
    }

    /// Sets the chain's clock forward.
    pub fn forward(&self, seconds: u64) -> Result<(), Error> {
        xtask(&["localnet", "forward", &seconds.to_string()])
    }

    /// Ends the node as a failing machine would: without a word to it.
    pub fn kill(&self) -> Result<(), Error> {
        xtask(&["localnet", "kill"])
    }

    /// Starts the node with what it has left.
    pub fn restart(&self) -> Result<(), Error> {
        xtask(&["localnet", "up"])
    }
}

/// Runs a task of the repository, quietly.
pub fn xtask(words: &[&str]) -> Result<(), Error> {
    let mut command = Command::new("cargo");
    command.args(["xtask"]).args(words).current_dir(root());
    let done = command
        .output()
        .map_err(|why| Error::Wrong(format!("cargo cannot be started: {why}")))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    Err(Error::Wrong(format!(
        "cargo xtask {}: {said}",
        words.join(" ")
    )))
}

/// An attribute of a transaction's event.
pub fn attribute(done: &Executed, kind: &str, key: &str) -> Result<String, Error> {
    let of = |event: &Event| {
        let found = event.attributes.iter().find(|one| one.key == key)?;
        Some(found.value.clone())
    };
    let mut events = done.events.iter().filter(|event| event.ty == kind);
    events
        .find_map(of)
        .ok_or_else(|| Error::Wrong(format!("no {kind} with a {key} in {}", done.hash)))
}

/// A file's bytes as gzip: nodes take requests of a megabyte, and a contract's text in one is longer.
fn compressed(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&std::fs::read(path)?)?;
    encoder.finish()
}

fn words(description: &Description) -> Result<Vec<Words>, Error> {
    read(&description.accounts)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read_to_string(path).map_err(|why| {
        let why = format!("{why}; is the chain up? `cargo xtask localnet up`");
        Error::file(path, &why)
    })?;
    serde_json::from_str(&text).map_err(|why| Error::file(path, &why))
}
