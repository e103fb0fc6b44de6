//! A price as a stored fact: what the oracle writes for each denom and what readers take by raw query.
//!
//! The record is 104 bytes, numbers big-endian, and says all that a reader needs to decide for its own purpose:
//!
//! | bytes | field | unit |
//! |---|---|---|
//! | 0 | layout version, 1 | |
//! | 1 | status bits, see [`Status`] | |
//! | 2 | sources that agreed on the price | |
//! | 3..8 | zero | |
//! | 8..16 | publish time of the price | seconds since 1970 |
//! | 16..24 | block time at which it was accepted | seconds since 1970 |
//! | 24..40 | price | 1e-24 dollars a whole token |
//! | 40..56 | confidence: half width of the source's interval, 0 if it gives none | 1e-24 dollars |
//! | 56..64 | block time at which the anchor was accepted | seconds since 1970 |
//! | 64..80 | anchor: the price that stood before the current one could have been chosen by a borrower | 1e-24 dollars |
//! | 80..88 | publish time of the pending price, 0 if none | seconds since 1970 |
//! | 88..104 | pending: a large step seen once and not yet confirmed, 0 if none | 1e-24 dollars |

use thiserror::Error;

use crate::{MathError, Price, Seconds};

/// The length of the record.
pub const POINT_BYTES: usize = 104;

const LAYOUT: u8 = 1;

/// What is unusual about a price, as bits; none set is an ordinary price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status(u8);

impl Status {
    /// Nothing unusual.
    pub const OK: Self = Self(0);
    /// A large step waits for its second observation.
    pub const PENDING: Self = Self(1);
    /// The cumulative limit of the window held the last observation back.
    pub const LIMITED: Self = Self(2);
    /// The source failed, lost its quorum, its legs disagree or it warns of the price, which is the last accepted one.
    pub const DEGRADED: Self = Self(4);
    /// Governance or the guardian has frozen the denom.
    pub const FROZEN: Self = Self(8);

    /// From the stored byte.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The stored byte.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Both.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This one less the other's bits.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// True when every bit of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The stored price of one denom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PricePoint {
    /// What is unusual about it.
    pub status: Status,
    /// How many sources agreed.
    pub sources: u8,
    /// The last accepted price.
    pub price: Price,
    /// When the source published it.
    pub publish_time: Seconds,
    /// The block time at which the oracle accepted it.
    pub accepted_at: Seconds,
    /// Half the width of the source's confidence interval at 1e-24 dollars; zero when the source gives none.
    pub confidence: u128,
    /// A price that stood before the current one.
    pub anchor: Price,
    /// When the anchor was accepted.
    pub anchor_at: Seconds,
    /// A large step seen once, and when it was published.
    pub pending: Option<(Price, Seconds)>,
}

/// Why a stored record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PointError {
    /// The record has another length.
    #[error("a price point has {POINT_BYTES} bytes, this record {0}")]
    Length(usize),
    /// The record has another layout.
    #[error("price point layout {0} is not {LAYOUT}")]
    Layout(u8),
    /// A price of the record is out of range.
    #[error(transparent)]
    Price(#[from] MathError),
}

impl PricePoint {
    /// The record.
    pub fn to_bytes(&self) -> [u8; POINT_BYTES] {
        let (pending, pending_time) = self
            .pending
            .map_or((0, 0), |(price, time)| (price.raw(), time.get()));
        let mut bytes = Vec::with_capacity(POINT_BYTES);
        bytes.extend([LAYOUT, self.status.bits(), self.sources, 0, 0, 0, 0, 0]);
        bytes.extend(self.publish_time.get().to_be_bytes());
        bytes.extend(self.accepted_at.get().to_be_bytes());
        bytes.extend(self.price.raw().to_be_bytes());
        bytes.extend(self.confidence.to_be_bytes());
        bytes.extend(self.anchor_at.get().to_be_bytes());
        bytes.extend(self.anchor.raw().to_be_bytes());
        bytes.extend(pending_time.to_be_bytes());
        bytes.extend(pending.to_be_bytes());
        let mut record = [0; POINT_BYTES];
        record.copy_from_slice(&bytes);
        record
    }

    /// Reads a record; errors on another length or layout and on prices out of range.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PointError> {
        let record: &[u8; POINT_BYTES] = bytes
            .try_into()
            .map_err(|_| PointError::Length(bytes.len()))?;
        let [layout, status, sources, ..] = *record;
        if layout != LAYOUT {
            return Err(PointError::Layout(layout));
        }
        let pending = match wide(record, 88) {
            0 => None,
            raw => Some((Price::new(raw)?, time(record, 80))),
        };
        Ok(Self {
            status: Status::from_bits(status),
            sources,
            publish_time: time(record, 8),
            accepted_at: time(record, 16),
            price: Price::new(wide(record, 24))?,
            confidence: wide(record, 40),
            anchor_at: time(record, 56),
            anchor: Price::new(wide(record, 64))?,
            pending,
        })
    }
}

fn time(record: &[u8; POINT_BYTES], at: usize) -> Seconds {
    let mut word = [0; 8];
    word.copy_from_slice(&record[at..at + 8]);
    Seconds::new(u64::from_be_bytes(word))
}

fn wide(record: &[u8; POINT_BYTES], at: usize) -> u128 {
    let mut word = [0; 16];
    word.copy_from_slice(&record[at..at + 16]);
    u128::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(raw: u128, pending: bool) -> PricePoint {
        let price = Price::new(raw).unwrap();
        PricePoint {
            status: Status::PENDING.with(Status::DEGRADED),
            sources: 3,
            price,
            publish_time: Seconds::new(1),
            accepted_at: Seconds::new(2),
            confidence: 7,
            anchor: Price::ONE,
            anchor_at: Seconds::new(3),
            pending: pending.then_some((price, Seconds::new(4))),
        }
    }

    #[test]
    fn the_price_stands_at_byte_24() {
        let bytes = point(Price::ONE.raw(), false).to_bytes();
        assert_eq!(bytes[24..40], Price::ONE.raw().to_be_bytes());
        assert_eq!(bytes[8..16], 1u64.to_be_bytes());
    }

    #[test]
    fn other_lengths_and_layouts_are_refused() {
        assert_eq!(PricePoint::from_bytes(&[]), Err(PointError::Length(0)));
        let mut bytes = point(Price::ONE.raw(), false).to_bytes();
        bytes[0] = 2;
        assert_eq!(PricePoint::from_bytes(&bytes), Err(PointError::Layout(2)));
        bytes[0] = 1;
        bytes[24..40].fill(0);
        assert!(matches!(
            PricePoint::from_bytes(&bytes),
            Err(PointError::Price(_))
        ));
    }

    proptest! {
        #[test]
        fn a_record_reads_back_as_written(raw in Price::MIN.raw()..=Price::MAX.raw(), pending: bool) {
            let point = point(raw, pending);
            prop_assert_eq!(PricePoint::from_bytes(&point.to_bytes()), Ok(point));
        }
    }
}
