//! A file of prices, replayed: the seconds of the file pass `speed` times as fast as ours.

use wicker_lab::prices::{Cell, Prices, Wanted};
use wicker_math::{Price, Seconds};

use super::{CsvConfig, Said, Unread};
use crate::decimal::Decimal;
use crate::error::FeederError;
use crate::judge::Quote;

/// A replay.
#[derive(Debug)]
pub struct Replay {
    denoms: Vec<String>,
    prices: Prices<Price>,
    start: Seconds,
    speed: u64,
}

impl Replay {
    /// Reads the whole file. It starts now unless the configuration says when.
    pub fn open(input: &str, config: &CsvConfig, now: Seconds) -> Result<Self, FeederError> {
        let wanted = Wanted {
            assets: config.columns.values().cloned().collect(),
            window: (0, u64::MAX),
            event: None,
        };
        let read = |cell: &str| {
            let price = Decimal::read(cell).and_then(Decimal::price);
            price.map_err(|_| Cell::NotNumber(cell.chars().take(40).collect()))
        };
        let prices = Prices::from_file_as(&config.file, &wanted, read);
        Ok(Self {
            denoms: config.columns.keys().cloned().collect(),
            prices: prices.map_err(|why| FeederError::Prices {
                input: input.into(),
                why: Box::new(why),
            })?,
            start: config.start.map_or(now, Seconds::new),
            speed: config.speed,
        })
    }

    /// What it says at a moment. While it runs a price is of that moment; after its last row it grows old.
    pub fn at(&self, now: Seconds) -> Said {
        let denoms = self.denoms.iter().enumerate();
        denoms
            .map(|(at, denom)| (denom.clone(), self.price(at, now)))
            .collect()
    }

    fn price(&self, asset: usize, now: Seconds) -> Result<Quote, Unread> {
        let ticks = &self.prices.ticks;
        let (Some(first), Some(last), true) = (ticks.first(), ticks.last(), now >= self.start)
        else {
            return Err(Unread::NoRow);
        };
        let passed = now.since(self.start).get().saturating_mul(self.speed);
        let moment = first.time.saturating_add(passed);
        let until = ticks.partition_point(|tick| tick.time <= moment);
        let passed = ticks.get(..until).unwrap_or_default().iter().rev();
        let price = passed.filter_map(|tick| tick.prices.get(asset).copied().flatten());
        let length = last.time.saturating_sub(first.time) / self.speed;
        Ok(Quote {
            price: price.into_iter().next().ok_or(Unread::NoRow)?,
            time: now.min(self.start.plus(Seconds::new(length))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wicker_engine::price::parse;

    #[test]
    fn a_file_is_replayed_to_the_last_digit_at_its_speed_and_then_grows_old() {
        let path = std::env::temp_dir().join(format!("wicker-feed-{}.csv", std::process::id()));
        let text = "ts,A,B\n3600,1.000000000000000000000001,\n7200,2,5\n10800,,6\n";
        std::fs::write(&path, text).unwrap();
        let columns = [
            ("ua".to_string(), "A".to_string()),
            ("ub".into(), "B".into()),
        ];
        let config = CsvConfig {
            file: path.clone(),
            speed: 360,
            start: Some(1_000),
            columns: columns.into(),
        };
        let replay = Replay::open("file", &config, Seconds::new(5)).unwrap();
        std::fs::remove_file(&path).unwrap();
        let at = |time, asset| replay.price(asset, Seconds::new(time));
        let quote = |price, time| {
            Ok(Quote {
                price: parse(price).unwrap(),
                time: Seconds::new(time),
            })
        };
        assert_eq!(at(999, 0), Err(Unread::NoRow));
        assert_eq!(at(1_000, 0), quote("1.000000000000000000000001", 1_000));
        assert_eq!(at(1_009, 0), quote("1.000000000000000000000001", 1_009));
        assert_eq!(at(1_009, 1), Err(Unread::NoRow));
        assert_eq!(
            (at(1_010, 0), at(1_010, 1)),
            (quote("2", 1_010), quote("5", 1_010))
        );
        assert_eq!(
            (at(1_020, 0), at(1_020, 1)),
            (quote("2", 1_020), quote("6", 1_020))
        );
        assert_eq!(at(5_000, 1), quote("6", 1_020));
    }
}
