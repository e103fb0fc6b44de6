//! A contract of another chain, asked through nodes of its own.

use std::time::Duration;

use cosmwasm_std::Decimal256;
use serde_json::value::RawValue;
use tokio::sync::OnceCell;
use wicker_client::{Chain, ClientError, Config, GasPrice};
use wicker_math::Seconds;

use super::{json, ChainConfig, Said, Unread};

/// The contract.
#[derive(Debug)]
pub struct Remote {
    config: ChainConfig,
    timeout: Duration,
    chain: OnceCell<Chain>,
}

impl Remote {
    /// Nobody is asked yet.
    pub fn new(config: &ChainConfig, timeout: Duration) -> Self {
        Self {
            config: config.clone(),
            timeout,
            chain: OnceCell::new(),
        }
    }

    /// Asks the contract. A price without a time is of the newest block: that of a chain that stands still grows old.
    pub async fn ask(&self) -> Result<Said, Unread> {
        let failed = |why: ClientError| Unread::NoAnswer(why.to_string());
        let chain = self.chain.get_or_try_init(|| self.connect()).await;
        let chain = chain.map_err(failed)?;
        let time = Seconds::new(chain.block().await.map_err(failed)?.time);
        let question: &RawValue = serde_json::from_str(&self.config.query)
            .map_err(|why| Unread::NotJson(why.to_string()))?;
        let answer = chain.smart(&self.config.contract, &question).await;
        json::read(&answer.map_err(failed)?, &self.config.price, time)
    }

    async fn connect(&self) -> Result<Chain, ClientError> {
        // Nothing is ever sent there: there is no prefix and no price.
        let price = GasPrice {
            amount: Decimal256::zero(),
            denom: String::new(),
        };
        let mut config = Config::new(self.config.nodes.clone(), "", price);
        config.chain_id = Some(self.config.chain_id.clone());
        config.limits.timeout = self.timeout;
        Chain::connect(config).await
    }
}
