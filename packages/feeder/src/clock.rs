//! What time it is: this machine's, or that of the chain's newest block.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use wicker_client::{Chain, ClientError};
use wicker_math::Seconds;

/// Whose time a feeder goes by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// This machine's.
    #[default]
    Machine,
    /// That of the chain it reports to.
    Chain,
}

/// A clock. Clones show the same.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    Machine,
    Chain(Box<Chain>, Arc<Mutex<Reading>>),
}

/// The time of a block, and when it was told.
#[derive(Debug, Clone, Copy)]
struct Reading {
    block: Seconds,
    told: Instant,
}

impl Clock {
    /// This machine's.
    pub const fn machine() -> Self {
        Self(Source::Machine)
    }

    /// A clock of a kind. The chain's shows a time from the start: it errors when the chain does not tell one.
    pub async fn new(kind: ClockKind, chain: &Chain) -> Result<Self, ClientError> {
        Ok(match kind {
            ClockKind::Machine => Self::machine(),
            ClockKind::Chain => {
                let reading = Reading::of(chain).await?;
                let reading = Arc::new(Mutex::new(reading));
                Self(Source::Chain(Box::new(chain.clone()), reading))
            }
        })
    }

    /// What it shows. Between two settings the chain's goes on as fast as this machine's, whatever time that has.
    pub fn now(&self) -> Seconds {
        match &self.0 {
            Source::Machine => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                Seconds::new(since.unwrap_or_default().as_secs())
            }
            Source::Chain(_, reading) => {
                let reading = *reading.lock().unwrap_or_else(PoisonError::into_inner);
                reading.at(Instant::now())
            }
        }
    }

    /// Sets the chain's clock by its newest block, forward or back; this machine's is as it is. On an error it goes on as it was.
    pub async fn set(&self) -> Result<(), ClientError> {
        if let Source::Chain(chain, shown) = &self.0 {
            let reading = Reading::of(chain).await?;
            // No code panics while it holds this lock.
            *shown.lock().unwrap_or_else(PoisonError::into_inner) = reading;
        }
        Ok(())
    }
}

impl Reading {
    async fn of(chain: &Chain) -> Result<Self, ClientError> {
        let block = Seconds::new(chain.block().await?.time);
        Ok(Self {
            block,
            // After the answer: the clock is never ahead of the chain's.
            told: Instant::now(),
        })
    }

    fn at(&self, moment: Instant) -> Seconds {
        let passed = moment.saturating_duration_since(self.told);
        self.block.plus(Seconds::new(passed.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_reading_goes_on_by_whole_seconds_that_have_passed() {
        let told = Instant::now();
        let reading = Reading {
            block: Seconds::new(5_000),
            told,
        };
        let after = |millis| reading.at(told + Duration::from_millis(millis)).get();
        assert_eq!([after(0), after(999), after(1_000)], [5_000, 5_000, 5_001]);
        assert_eq!(after(61_500), 5_061);
    }
}
