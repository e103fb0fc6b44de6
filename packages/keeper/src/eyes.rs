//! Watching: everything once, page by page, then from block to block what the events say has changed. What was read is used only if it
//! adds up.

use std::collections::BTreeSet;

use wicker_client::{Block, Chain};
use wicker_lab::watch::{position_key, Watched};
use wicker_strategy::Snapshot;

use crate::error::KeeperError;

/// More blocks behind than this are not followed one by one.
const MOST_BLOCKS: u64 = 200;

/// What is known of a deployment.
pub struct Eyes {
    chain: Chain,
    cdp: String,
    known: Option<Known>,
    /// The newest block ever seen.
    newest: u64,
}

struct Known {
    watched: Watched,
    height: u64,
}

/// What a look found out about the changes since the one before.
struct Changes {
    positions: BTreeSet<u64>,
    governed: bool,
}

impl Eyes {
    /// Looks at a deployment's cdp contract.
    pub const fn new(chain: Chain, cdp: String) -> Self {
        Self {
            chain,
            cdp,
            known: None,
            newest: 0,
        }
    }

    /// The deployment as of the newest block whose state every node has, judged at the newest block's time. Errors when what was read
    /// does not add up, or is older than what was seen before; the next look then begins anew.
    pub async fn look(&mut self) -> Result<&Snapshot, KeeperError> {
        let block = self.chain.block().await?;
        if block.height < self.newest {
            return Err(KeeperError::Behind {
                found: block.height,
                known: self.newest,
            });
        }
        self.newest = block.height;
        // A node answers of a block when the next one is there.
        let height = block.height.saturating_sub(1);
        // On any error below, what is known is let go.
        let known = match self.known.take() {
            Some(known) if height.saturating_sub(known.height) <= MOST_BLOCKS => {
                self.follow(known, height).await?
            }
            _ => None,
        };
        let mut known = match known {
            Some(known) => known,
            None => self.scan(height).await?,
        };
        if incomplete(&mut known, block)?.is_some() {
            // A change that no event told of: everything again, once.
            known = self.scan(height).await?;
            if let Some(basket) = incomplete(&mut known, block)? {
                return Err(KeeperError::Partial { basket, height });
            }
        }
        let known = self.known.insert(known);
        Ok(known.watched.snapshot(height, block.time)?)
    }

    /// Reads everything as of a height.
    async fn scan(&self, height: u64) -> Result<Known, KeeperError> {
        let then = self.chain.at(height);
        let mut watched = Watched::new(&self.cdp);
        let mut key = Vec::new();
        loop {
            let (page, next) = then.records_page(&self.cdp, key).await?;
            for (key, value) in page {
                watched.take(&key, &value)?;
            }
            key = next;
            if key.is_empty() {
                break;
            }
        }
        points(&then, &mut watched).await?;
        Ok(Known { watched, height })
    }

    /// What is known, with what has changed up to a height; `None` when everything has to be read again.
    async fn follow(&self, known: Known, height: u64) -> Result<Option<Known>, KeeperError> {
        let Known {
            mut watched,
            height: before,
        } = known;
        if height == before {
            return Ok(Some(Known { watched, height }));
        }
        let changes = self.changes(before, height).await?;
        if changes.governed {
            return Ok(None);
        }
        let then = self.chain.at(height);
        for id in changes.positions {
            let key = position_key(id);
            match then.raw(&self.cdp, &key).await? {
                Some(value) => watched.take(&key, &value)?,
                None => watched.forget(id),
            }
        }
        for key in watched.keys().to_vec() {
            // A record that is gone is one of those that make everything be read again.
            match then.raw(&self.cdp, &key).await? {
                Some(value) => watched.take(&key, &value)?,
                None => return Ok(None),
            }
        }
        points(&then, &mut watched).await?;
        Ok(Some(Known { watched, height }))
    }

    async fn changes(&self, before: u64, height: u64) -> Result<Changes, KeeperError> {
        let mut changes = Changes {
            positions: BTreeSet::new(),
            governed: false,
        };
        for height in before.saturating_add(1)..=height {
            for event in self.chain.events(height).await? {
                let of = |key: &str| {
                    let found = event.attributes.iter().find(|one| one.key == key);
                    found.map(|one| one.value.as_str())
                };
                if of("_contract_address") != Some(self.cdp.as_str()) {
                    continue;
                }
                changes.governed |=
                    ["wasm-wicker_governed", "wasm-wicker_guarded"].contains(&event.ty.as_str());
                let id = of("position").and_then(|id| id.parse::<u64>().ok());
                changes.positions.extend(id);
            }
        }
        Ok(changes)
    }
}

/// The basket whose positions do not add up to its totals.
fn incomplete(known: &mut Known, block: Block) -> Result<Option<u32>, KeeperError> {
    let snapshot = known.watched.snapshot(known.height, block.time)?;
    let mut baskets = snapshot.baskets.iter();
    Ok(baskets
        .find(|state| !state.is_whole())
        .map(|state| state.id))
}

/// Reads the oracle's points of every listed denom.
async fn points(then: &Chain, watched: &mut Watched) -> Result<(), KeeperError> {
    let oracle = watched.oracle()?;
    for key in watched.point_keys()? {
        let value = then.raw(&oracle, &key).await?;
        watched.take_point(key, value);
    }
    Ok(())
}
