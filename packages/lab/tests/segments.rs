//! Segmentation from outside, one claim a test. Prices are drawn by a seed.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use rand::Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha8Rng;
use wicker_lab::history::{History, HOUR};
use wicker_lab::prices::{Prices, Tick};
use wicker_lab::scenario::clock;
use wicker_lab::segment::plan::Plan;
use wicker_lab::segment::{segment, Report};

/// 2023-01-01.
const START: u64 = 1_672_531_200;
const DAYS: usize = 720;
/// The day on which C begins to follow the other market, G ends and H begins.
const TURN: usize = 240;

const PLAN: &str = r#"
asset = [
  { name = "A", daily_volume = 1e8 },
  { name = "B", daily_volume = 1e8 },
  { name = "C", daily_volume = 1e8 },
  { name = "D", daily_volume = 1e8 },
  { name = "E", daily_volume = 1e8 },
  { name = "F", daily_volume = 1e8 },
  { name = "G", daily_volume = 1e8 },
  { name = "H", daily_volume = 1e8 },
  { name = "S", daily_volume = 1e8 },
  { name = "T", daily_volume = 1e3 },
]
"#;

/// A, B, C and G follow one market, D, E, F and H another, of about 55 % a year; S is stable; T follows the first and is thin.
fn drawn() -> Prices {
    let mut dice = ChaCha8Rng::seed_from_u64(36);
    let mut prices = [100.0; 10];
    let mut tick = |hour: usize| {
        let mut step = |size: f64| dice.random_range(-size..size);
        let markets = [step(0.01), step(0.01)];
        let turned = hour >= TURN * 24;
        for (asset, price) in prices.iter_mut().enumerate() {
            let change = match asset {
                2 => markets[usize::from(turned)] + step(0.002),
                0 | 1 | 6 | 9 => markets[0] + step(0.002),
                8 => step(0.000_01),
                _ => markets[1] + step(0.002),
            };
            *price *= 1.0 + change;
        }
        let listed = |asset: usize| match asset {
            6 => !turned,
            7 => turned,
            _ => true,
        };
        Tick {
            time: START + hour as u64 * HOUR,
            prices: (0..10)
                .map(|asset| listed(asset).then_some(prices[asset]))
                .collect(),
        }
    };
    let ticks = (0..DAYS * 24).map(&mut tick).collect();
    let assets = Plan::parse(PLAN).unwrap().wanted().assets;
    Prices { assets, ticks }
}

fn report() -> Report {
    segment(
        &Plan::parse(PLAN).unwrap(),
        &History::new(&drawn()).unwrap(),
    )
    .unwrap()
}

fn day(day: usize) -> String {
    clock(START + day as u64 * 86_400)
}

#[test]
fn assets_are_grouped_by_tier_and_by_what_they_move_with() {
    let report = report();
    let mut groups: Vec<Vec<&str>> = report
        .baskets
        .iter()
        .map(|basket| {
            basket
                .members
                .iter()
                .map(|member| member.asset.as_str())
                .collect()
        })
        .collect();
    groups.sort_unstable();
    assert_eq!(
        groups,
        [
            vec!["A", "B"],
            vec!["C", "D", "E", "F", "H"],
            vec!["S"],
            vec!["T"]
        ]
    );
    assert_eq!(report.left_out.len(), 1);
    assert_eq!(
        (
            report.left_out[0].asset.as_str(),
            report.left_out[0].reason.as_str()
        ),
        ("G", "no price for a week")
    );
    let stable = report
        .baskets
        .iter()
        .find(|basket| basket.members[0].asset == "S")
        .unwrap();
    assert_eq!(
        (stable.volatility, stable.correlation),
        ((0.0, Some(0.05)), None)
    );
    let large = report
        .baskets
        .iter()
        .find(|basket| basket.members.len() == 5)
        .unwrap();
    assert!((large.correlation.unwrap() - 0.6408).abs() < 1e-12);
    // Uniform steps of ±1 % and ±0.2 %: √(8760·(0.01² + 0.002²)/3) = 55.1 % a year.
    assert!((large.members[1].volatility - 0.551).abs() < 0.02);
}

#[test]
fn who_changes_company_moves_after_a_month_of_it_and_nobody_else_does() {
    let report = report();
    let between = report.moves.iter().filter(|one| one.from.is_some());
    let (gone, moved): (Vec<_>, Vec<_>) = between.partition(|one| one.to.is_none());
    assert_eq!((gone.len(), gone[0].asset.as_str()), (1, "G"));
    assert!(
        gone[0].at > day(TURN + 7) && gone[0].at <= day(TURN + 9),
        "{}",
        gone[0].at
    );
    assert!(!moved.is_empty() && moved.len() <= 2, "{moved:?}");
    for one in moved {
        assert_eq!(one.asset, "C");
        assert!(one.at > day(TURN + 30), "{}", one.at);
    }
    let joined = report.moves.iter().find(|one| one.asset == "H").unwrap();
    assert!(
        joined.at >= day(TURN + 90) && joined.at <= day(TURN + 92),
        "{}",
        joined.at
    );
    let moves: usize = report.years.iter().map(|year| year.moves).sum();
    assert!(moves <= 2);
}

#[test]
fn the_same_prices_give_the_same_proposal_and_a_plan_with_an_asset_twice_is_refused() {
    let text = || serde_json::to_string(&report()).unwrap();
    assert_eq!(text(), text());
    let twice = PLAN.replace("\"B\"", "\"A\"");
    assert_eq!(
        Plan::parse(&twice).unwrap_err().to_string(),
        "asset A is defined twice"
    );
}
