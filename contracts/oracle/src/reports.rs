//! What feeders said last, where there is more than one: a record a feeder. A feeder says all its prices at once, and a chain charges for
//! each record, so that it is far cheaper than one for each price.

use std::collections::BTreeMap;

use cosmwasm_std::Storage;
use serde::{Deserialize, Serialize};
use wicker_math::{Price, Seconds};

use crate::error::OracleError;

/// The most a feeder's record holds; the oldest report makes room. A feeder of more denoms needs a second address.
pub const MAX_REPORTS: usize = 64;

/// A feeder's last word on a denom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The listing it was said of: what was said of the denom's source before says nothing of this one.
    pub listing: u32,
    /// The price.
    pub price: Price,
    /// When the feeder saw it.
    pub publish_time: Seconds,
    /// At 1e-24 dollars.
    pub confidence: u128,
}

/// The records of feeders, each read when it is first asked for.
#[derive(Default)]
pub struct Book(BTreeMap<String, Vec<Report>>);

impl Book {
    /// What a feeder said last of a listing.
    pub fn last(
        &mut self,
        storage: &dyn Storage,
        feeder: &str,
        listing: u32,
    ) -> Result<Option<Report>, OracleError> {
        let reports = self.of(storage, feeder)?;
        Ok(reports
            .iter()
            .find(|report| report.listing == listing)
            .copied())
    }

    /// Puts a report in the place of the feeder's last one, or of its oldest where the record is full.
    pub fn enter(
        &mut self,
        storage: &dyn Storage,
        feeder: &str,
        report: Report,
    ) -> Result<(), OracleError> {
        let reports = self.of(storage, feeder)?;
        let mut place = reports.iter().position(|one| one.listing == report.listing);
        if place.is_none() && reports.len() >= MAX_REPORTS {
            let oldest = reports
                .iter()
                .enumerate()
                .min_by_key(|(_, one)| one.publish_time);
            place = oldest.map(|(at, _)| at);
        }
        match place.and_then(|at| reports.get_mut(at)) {
            Some(slot) => *slot = report,
            None => reports.push(report),
        }
        Ok(())
    }

    /// Writes a feeder's record, if it was asked for.
    pub fn save(&self, storage: &mut dyn Storage, feeder: &str) -> Result<(), OracleError> {
        if let Some(reports) = self.0.get(feeder) {
            let record = postcard::to_allocvec(reports);
            storage.set(&key(feeder), &record.map_err(OracleError::Record)?);
        }
        Ok(())
    }

    fn of(&mut self, storage: &dyn Storage, feeder: &str) -> Result<&mut Vec<Report>, OracleError> {
        if !self.0.contains_key(feeder) {
            let record = storage.get(&key(feeder));
            let reports = record.map(|bytes| postcard::from_bytes(&bytes)).transpose();
            let reports = reports.map_err(OracleError::Record)?.unwrap_or_default();
            self.0.insert(feeder.into(), reports);
        }
        Ok(self.0.entry(feeder.into()).or_default())
    }
}

/// The storage key of a feeder's record.
pub fn key(feeder: &str) -> Vec<u8> {
    [b"reports:", feeder.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    fn said(listing: u32, publish_time: u64) -> Report {
        Report {
            listing,
            price: wicker_engine::price::parse("2").unwrap(),
            publish_time: Seconds::new(publish_time),
            confidence: 0,
        }
    }

    #[test]
    fn a_full_record_loses_its_oldest_report_and_keeps_its_length() {
        let mut storage = MockStorage::new();
        let mut book = Book::default();
        for listing in 0..64 {
            let report = said(listing, 1_000 - u64::from(listing));
            book.enter(&storage, "feeder", report).unwrap();
        }
        // A denom that is there already is replaced, a new one takes the place of the oldest.
        book.enter(&storage, "feeder", said(63, 2_000)).unwrap();
        book.enter(&storage, "feeder", said(64, 2_001)).unwrap();
        book.save(&mut storage, "feeder").unwrap();
        let mut book = Book::default();
        let mut last = |listing| book.last(&storage, "feeder", listing).unwrap();
        assert_eq!(last(63), Some(said(63, 2_000)));
        assert_eq!(last(64), Some(said(64, 2_001)));
        assert_eq!((last(62), last(61)), (None, Some(said(61, 939))));
        assert_eq!(book.0.get("feeder").map(Vec::len), Some(MAX_REPORTS));
    }

    #[test]
    fn a_record_of_another_shape_is_an_error() {
        let mut storage = MockStorage::new();
        storage.set(&key("feeder"), &[9, 9]);
        let found = Book::default().last(&storage, "feeder", 0);
        assert!(matches!(found, Err(OracleError::Record(_))));
    }
}
