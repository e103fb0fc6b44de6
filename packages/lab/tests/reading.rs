//! What the lab reads and draws, one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use wicker_lab::path::{draw, Plan, Walk};
use wicker_lab::prices::{Prices, Wanted};
use wicker_lab::scenario::{clock, unix, Scenario};

fn wanted(assets: &[&str]) -> Wanted {
    Wanted {
        assets: assets.iter().map(|name| name.to_string()).collect(),
        window: (0, u64::MAX),
        event: None,
    }
}

fn read(text: &str) -> Result<Prices, String> {
    Prices::read(text.as_bytes(), &wanted(&["BTC", "ATOM"])).map_err(|error| error.to_string())
}

#[test]
fn an_empty_cell_is_no_tick_and_other_columns_are_not_judged() {
    let prices = read("ts,BTC,note,ATOM\n10,5000,x,\n20,,?,4.5\n").unwrap();
    assert_eq!(prices.ticks[0].prices, [Some(5000.0), None]);
    assert_eq!(prices.ticks[1].prices, [None, Some(4.5)]);
    assert_eq!(prices.first(), [Some(5000.0), Some(4.5)]);
}

#[test]
fn the_long_form_is_gathered_by_time() {
    let text = "event,ts,asset,close\na,10,BTC,5000\na,20,BTC,5100\na,20,ETH,x\na,10,ATOM,4\n";
    let prices = read(text).unwrap();
    assert_eq!(prices.ticks[0].prices, [Some(5000.0), Some(4.0)]);
    assert_eq!(prices.ticks[1].prices, [Some(5100.0), None]);
}

#[test]
fn a_bad_cell_is_named_by_row_column_and_reason() {
    let cases = [
        (
            "ts,BTC,ATOM\n10,5000,4\n20,five,4\n",
            "row 3, column BTC: \"five\" is not a number",
        ),
        (
            "ts,BTC,ATOM\n10,5000,-4\n",
            "row 2, column ATOM: -4 is not a price",
        ),
        (
            "ts,BTC,ATOM\n10,NaN,4\n",
            "row 2, column BTC: NaN is not a price",
        ),
        (
            "ts,BTC,ATOM\n10,0,4\n",
            "row 2, column BTC: 0 is not a price",
        ),
        (
            "ts,BTC,ATOM\n10,5000,4\n10,5000,4\n",
            "row 3, column ts: time 10 is not after 10",
        ),
        (
            "ts,BTC,ATOM\n1e3,5000,4\n",
            "row 2, column ts: \"1e3\" is not a time",
        ),
        (
            "ts,BTC,ATOM\n1700000000000,5000,4\n",
            "is it in milliseconds?",
        ),
        (
            "ts,BTC,ATOM\n10,5000\n",
            "row 2: 2 cells under a header of 3",
        ),
        (
            "ts,BTC\n10,5000\n",
            "row 1: no column ATOM; there are ts, BTC",
        ),
        ("ts,BTC,ATOM\n10,,\n", "no prices of BTC, ATOM"),
        (
            "ts,asset,close\n10,BTC,1\n10,BTC,2\n",
            "row 3, column ts: BTC has a price at 10 already",
        ),
    ];
    for (text, reason) in cases {
        let error = read(text).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
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
        start: 1_700_000_000,
        hours: 24 * 14,
        assets: vec![
            walk("BTC", 60_000.0, 0.005, 0.9),
            walk("ATOM", 10.0, 0.009, 0.7),
            Walk {
                follows: Some("ATOM".into()),
                ..walk("stATOM", 13.0, 0.0005, 0.0)
            },
            walk("SHADE", 2.0, 0.014, 0.4),
        ],
        crash: (96, 0.3),
        collapse: ("SHADE".into(), 168, 0.02),
        silence: ("ATOM".into(), 240, 246),
    }
}

#[test]
fn a_seed_draws_the_same_path_again_and_another_seed_another_one() {
    assert_eq!(draw(&plan(), 7), draw(&plan(), 7));
    assert_ne!(draw(&plan(), 7), draw(&plan(), 8));
}

#[test]
fn a_drawn_path_crashes_collapses_and_falls_silent_where_planned() {
    let at = |prices: &Prices, hour: usize, asset| prices.ticks[hour * 12].price(asset);
    for seed in 0..20 {
        let path = draw(&plan(), seed);
        let ratio =
            |from, to, asset| at(&path, to, asset).unwrap() / at(&path, from, asset).unwrap();
        assert!((0.6..0.82).contains(&ratio(96, 102, 0)), "seed {seed}");
        assert!(ratio(168, 192, 3) < 0.05, "seed {seed}");
        assert!(
            (0.95..1.05).contains(&(ratio(96, 102, 2) / ratio(96, 102, 1))),
            "seed {seed}"
        );
        assert_eq!((at(&path, 240, 1), at(&path, 245, 1)), (None, None));
        assert!(at(&path, 239, 1).is_some() && at(&path, 246, 1).is_some());
    }
}

const SMALL: &str = r#"
name = "small"
[window]
from = 2022-05-05
to = 2022-05-12T12:30:00Z
[[asset]]
name = "BTC"
class = "major"
[[basket]]
name = "majors"
[[basket.member]]
asset = "BTC"
[[user]]
name = "Ada"
basket = "majors"
collateral = { BTC = 1000 }
ltv = 0.5
"#;

#[test]
fn a_scenario_says_what_to_read() {
    let scenario = Scenario::parse(SMALL).unwrap();
    let wanted = scenario.wanted();
    assert_eq!(wanted.window, (1_651_708_800, 1_652_358_600));
    assert_eq!(wanted.assets, ["BTC"]);
    let back = [1_651_708_800, 1_652_358_600].map(clock);
    assert_eq!(back, ["2022-05-05 00:00", "2022-05-12 12:30"]);
    assert_eq!(
        unix(&"2020-02-29T23:59:59+01:00".parse().unwrap()),
        1_583_017_199
    );
    assert_eq!(clock(1_583_017_199), "2020-02-29 22:59");
}

#[test]
fn a_scenario_with_a_mistake_is_refused_by_name() {
    let cases = [
        ("ltv = 0.5", "lvt = 0.5", "unknown field `lvt`"),
        (
            "ltv = 0.5",
            "",
            "user Ada needs exactly one of ltv and of_max",
        ),
        (
            "ltv = 0.5",
            "ltv = 1.5",
            "user Ada: ltv 1.5 is outside 0 to 1",
        ),
        (
            "basket = \"majors\"",
            "basket = \"alts\"",
            "user Ada names alts",
        ),
        ("BTC = 1000", "ETH = 1000", "user Ada names ETH"),
        (
            "asset = \"BTC\"",
            "asset = \"ETH\"",
            "basket majors names ETH",
        ),
        (
            "[[user]]",
            "[keeper]\ncapital = -1\n[[user]]",
            "keeper.capital -1 is outside",
        ),
    ];
    for (from, to, reason) in cases {
        let error = Scenario::parse(&SMALL.replace(from, to))
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{error}");
    }
}
