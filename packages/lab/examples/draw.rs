//! Writes a drawn year of hourly prices as a price file: `draw [SEED]`. The columns are those of scenarios/year.toml.

use std::io::Write;

use wicker_lab::path::{draw, Plan, Walk};

const DAYS: u64 = 365;
/// 2025-01-01 00:00 UTC.
const START: u64 = 1_735_689_600;

fn main() -> std::io::Result<()> {
    let seed = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let walk = |name: &str, start, volatility, market| Walk {
        name: name.into(),
        start,
        volatility,
        market,
        follows: None,
    };
    let plan = Plan {
        start: START,
        hours: 24 * DAYS,
        assets: vec![
            walk("BTC", 95_000.0, 0.004, 0.9),
            walk("ETH", 3_400.0, 0.005, 0.85),
            walk("LINK", 20.0, 0.006, 0.7),
            walk("ATOM", 6.5, 0.006, 0.7),
        ],
        crash: (24 * 120, 0.25),
        collapse: ("ATOM".into(), 24 * 240, 0.4),
        silence: ("LINK".into(), 24 * 300, 24 * 300 + 10),
    };
    let prices = draw(&plan, seed.unwrap_or(1));
    let mut out = std::io::stdout().lock();
    writeln!(out, "ts,{}", prices.assets.join(","))?;
    for tick in prices.ticks.iter().filter(|tick| tick.time % 3_600 == 0) {
        let cells = tick.prices.iter();
        let cells: Vec<String> = cells
            .map(|price| price.map_or(String::new(), |price| price.to_string()))
            .collect();
        writeln!(out, "{},{}", tick.time, cells.join(","))?;
    }
    Ok(())
}
