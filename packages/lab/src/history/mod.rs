//! Hourly prices on one grid, with what is missing counted. An hour without a price stays without one: nothing is made up, and the
//! engine sees the silence that a chain would have seen.

use serde::Serialize;

use crate::prices::Prices;
use crate::study::StudyError;

/// The name of a debt that is always worth a dollar, needing no column.
pub const DOLLAR: &str = "USD";
/// Seconds of a step of the grid.
pub const HOUR: u64 = 3_600;
/// The longest history: thirty years.
const LONGEST: u64 = 30 * 8_766;

/// Prices by hour and asset.
#[derive(Debug, Clone)]
pub struct History {
    /// Seconds since 1970 of the first hour.
    pub start: u64,
    /// Names, in the order of the columns.
    pub assets: Vec<String>,
    /// What is missing.
    pub gaps: Gaps,
    hours: usize,
    /// Hour by hour, an entry an asset.
    prices: Vec<Option<f64>>,
}

/// What is missing in a history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gaps {
    /// Hours of the grid without any row.
    pub missing_rows: usize,
    /// Runs of such hours.
    pub runs: usize,
    /// The longest run, in hours.
    pub longest: usize,
    /// By asset, hours without a price between its first and its last.
    pub holes: Vec<(String, usize)>,
}

impl History {
    /// Lays rows on the grid; errors on a row that is not on a whole hour.
    pub fn new(prices: &Prices) -> Result<Self, StudyError> {
        let time = |tick: Option<&crate::prices::Tick>| tick.map_or(0, |tick| tick.time);
        let (from, to) = (time(prices.ticks.first()), time(prices.ticks.last()));
        let hours = to.saturating_sub(from) / HOUR + 1;
        if hours > LONGEST {
            return Err(StudyError::TooLong {
                hours,
                from,
                to,
                most: LONGEST,
            });
        }
        let hours = usize::try_from(hours).unwrap_or(usize::MAX);
        let width = prices.assets.len();
        let mut table = vec![None; hours.saturating_mul(width)];
        let mut seen = vec![false; hours];
        for tick in &prices.ticks {
            let over = tick.time % HOUR;
            if over != 0 {
                return Err(StudyError::OffGrid {
                    time: tick.time,
                    over,
                });
            }
            let hour = usize::try_from((tick.time - from) / HOUR).unwrap_or(usize::MAX);
            seen[hour] = true;
            for (asset, price) in tick.prices.iter().enumerate() {
                table[hour * width + asset] = *price;
            }
        }
        let mut history = Self {
            start: from,
            assets: prices.assets.clone(),
            gaps: Gaps::default(),
            hours,
            prices: table,
        };
        history.gaps = history.gaps(&seen);
        Ok(history)
    }

    /// Hours of the grid.
    pub fn hours(&self) -> usize {
        self.hours
    }

    /// Seconds since 1970 of an hour.
    pub fn time(&self, hour: usize) -> u64 {
        self.start + hour as u64 * HOUR
    }

    /// The first hour at or after a moment.
    pub fn hour_of(&self, time: u64) -> usize {
        let hours = time.saturating_sub(self.start).div_ceil(HOUR);
        usize::try_from(hours).map_or(self.hours, |hours| hours.min(self.hours))
    }

    /// The column of an asset.
    pub fn column(&self, asset: &str) -> Option<usize> {
        self.assets.iter().position(|name| name == asset)
    }

    /// A price; `None` where there is none.
    pub fn price(&self, hour: usize, column: usize) -> Option<f64> {
        let row = self.row(hour)?;
        row.get(column).copied().flatten()
    }

    /// The prices of an hour.
    pub fn row(&self, hour: usize) -> Option<&[Option<f64>]> {
        let width = self.assets.len();
        self.prices.get(hour * width..(hour + 1) * width)
    }

    /// All that it holds, as bytes: equal for equal histories only.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.start.to_be_bytes().to_vec();
        for asset in &self.assets {
            bytes.extend((asset.len() as u64).to_be_bytes());
            bytes.extend(asset.as_bytes());
        }
        for price in &self.prices {
            bytes.push(price.is_some().into());
            bytes.extend(price.unwrap_or_default().to_be_bytes());
        }
        bytes
    }

    fn gaps(&self, seen: &[bool]) -> Gaps {
        let mut gaps = Gaps::default();
        let mut run = 0;
        for there in seen {
            run = if *there { 0 } else { run + 1 };
            gaps.runs += usize::from(run == 1);
            gaps.missing_rows += usize::from(run > 0);
            gaps.longest = gaps.longest.max(run);
        }
        let holes = self.assets.iter().enumerate().map(|(column, name)| {
            let there = |hour: &usize| self.price(*hour, column).is_some();
            let first = (0..self.hours).find(there);
            let last = (0..self.hours).rfind(there);
            let holes = match (first, last) {
                (Some(first), Some(last)) => (first..=last).filter(|hour| !there(hour)).count(),
                _ => 0,
            };
            (name.clone(), holes)
        });
        gaps.holes = holes.collect();
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::Wanted;

    fn history(text: &str) -> Result<History, StudyError> {
        let wanted = Wanted {
            assets: vec!["A".into(), "B".into()],
            window: (0, u64::MAX),
            event: None,
        };
        History::new(&Prices::read(text.as_bytes(), &wanted).unwrap())
    }

    #[test]
    fn missing_hours_stay_missing_and_are_counted() {
        let found = history("ts,A,B\n7200,1,\n10800,2,5\n21600,3,\n25200,,6\n").unwrap();
        assert_eq!(found.hours(), 6);
        assert_eq!(found.price(2, 0), None);
        assert_eq!(found.price(4, 0), Some(3.0));
        assert_eq!(found.gaps.missing_rows, 2);
        assert_eq!((found.gaps.runs, found.gaps.longest), (1, 2));
        assert_eq!(found.gaps.holes, [("A".into(), 2), ("B".into(), 3)]);
        assert_eq!((found.hour_of(0), found.hour_of(10_801)), (0, 2));
    }

    #[test]
    fn a_row_between_two_hours_is_refused() {
        let error = history("ts,A,B\n7200,1,1\n10801,2,5\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "time 10801 is not a whole hour: 1 seconds over; prices must be hourly"
        );
    }

    #[test]
    fn times_a_century_apart_are_refused() {
        let error = history("ts,A,B\n3600,1,1\n7200003600,2,5\n").unwrap_err();
        assert!(matches!(
            error,
            StudyError::TooLong {
                hours: 2_000_001,
                ..
            }
        ));
    }
}
