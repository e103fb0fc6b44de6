//! The demo: three baskets, a dozen users, and a drawn path with a crash of everything, the collapse of one asset and a halt of its
//! trading.

use crate::error::LabError;
use crate::path::{draw, Plan, Walk};
use crate::prices::Prices;
use crate::run::{play, Run};
use crate::scenario::Scenario;
use crate::stage::Beat;

/// The demo's scenario.
pub const SCENARIO: &str = include_str!("demo.toml");
/// The seed used when none is given.
pub const SEED: u64 = 7;
/// 2025-01-06 00:00 UTC.
const START: u64 = 1_736_121_600;

/// Plays the demo on the path of a seed.
pub fn demo(seed: u64, watch: &mut dyn FnMut(Beat<'_>)) -> Result<Run, LabError> {
    let scenario = Scenario::parse(SCENARIO)?;
    let run = play(&scenario, &path(seed), watch)?;
    Ok(Run {
        seed: Some(seed),
        ..run
    })
}

/// The demo's prices.
pub fn path(seed: u64) -> Prices {
    draw(&plan(), seed)
}

fn plan() -> Plan {
    let walk = |name: &str, start, volatility, market| Walk {
        name: name.into(),
        start,
        volatility,
        market,
        follows: None,
    };
    Plan {
        start: START,
        hours: 24 * 10,
        assets: vec![
            walk("BTC", 95_000.0, 0.005, 0.9),
            walk("ETH", 3_400.0, 0.006, 0.85),
            walk("SOL", 200.0, 0.008, 0.8),
            walk("ATOM", 6.5, 0.007, 0.7),
            Walk {
                follows: Some("ATOM".into()),
                ..walk("stATOM", 9.2, 0.000_8, 0.0)
            },
            walk("EMBER", 1.8, 0.007, 0.4),
            walk("DRIFT", 0.35, 0.009, 0.4),
        ],
        crash: (96, 0.25),
        collapse: ("EMBER".into(), 160, 0.02),
        silence: ("EMBER".into(), 162, 174),
    }
}
