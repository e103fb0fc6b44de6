//! A chain seen from outside: its blocks, contracts and accounts, through several endpoints of which any may be lost or wrong; and
//! transactions, simulated, priced, signed, sent and confirmed.
//!
//! ```no_run
//! # async fn example() -> Result<(), wicker_client::ClientError> {
//! use wicker_client::{Chain, Config, Execute, Gas, Signer};
//! use wicker_msgs::cdp::{ExecuteMsg, PositionResponse, QueryMsg};
//!
//! let endpoints = vec!["http://127.0.0.1:26657".to_string()];
//! let chain = Chain::connect(Config::new(endpoints, "wasm", "0.025ustake".parse()?)).await?;
//! let position: PositionResponse = chain.query("wasm1...", &QueryMsg::Position { position: 1 }).await?;
//!
//! let signer = Signer::from_mnemonic("...", "wasm")?;
//! let message = Execute::new("wasm1...", &ExecuteMsg::Recalibrate { basket: position.basket })?;
//! let done = chain.execute(&signer, vec![message], &Gas::default()).await?;
//! println!("{} used {} gas", done.hash, done.gas_used);
//! # Ok(())
//! # }
//! ```

mod blocks;
mod chain;
mod config;
mod error;
pub mod http;
mod message;
mod node;
mod pool;
mod refusal;
pub mod settings;
mod signer;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;

pub use blocks::Blocks;
pub use chain::{Block, Chain};
pub use config::{Config, GasPolicy, GasPrice, Limits};
pub use error::{Attempt, ClientError, Refused};
pub use message::{Execute, Message, Proposal, VoteOption};
pub use node::moment;
pub use pool::EndpointHealth;
pub use refusal::Refusal;
pub use signer::{secret, Signer, PATH};
pub use tx::{Account, Estimate, Executed, Gas, Sent, Signed};

/// The protocol buffers of cosmos chains, for queries of modules with [`Chain::grpc`].
pub use cosmrs::proto;
/// A message of any module, for [`Chain::broadcast`].
pub use cosmrs::Any;
