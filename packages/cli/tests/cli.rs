//! The program from outside, one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::{Command, Output};

fn wicker(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_wicker");
    Command::new(program).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("wicker-cli-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

const SCENARIO: &str = r#"
name = "small"
[[asset]]
name = "BTC"
decimals = 8
class = "major"
[[basket]]
name = "majors"
[[basket.member]]
asset = "BTC"
[[user]]
name = "Ada"
basket = "majors"
collateral = { BTC = 10_000 }
of_max = 0.9
"#;

/// Replays these prices.
fn replay(name: &str, prices: &str) -> Output {
    let folder = folder(name);
    let (csv, toml) = (folder.join("prices.csv"), folder.join("small.toml"));
    std::fs::write(&csv, prices).unwrap();
    std::fs::write(&toml, SCENARIO).unwrap();
    let output = wicker(&[
        "replay",
        "--prices",
        csv.to_str().unwrap(),
        "--scenario",
        toml.to_str().unwrap(),
    ]);
    std::fs::remove_dir_all(&folder).unwrap();
    output
}

#[test]
fn the_demo_is_the_same_for_the_same_seed_and_says_nothing_on_standard_error() {
    let (one, same, other) = (
        wicker(&["demo", "--seed", "5", "--json"]),
        wicker(&["demo", "--seed", "5", "--json"]),
        wicker(&["demo", "--seed", "6", "--json"]),
    );
    assert!(
        one.status.success() && one.stderr.is_empty(),
        "{}",
        text(&one.stderr)
    );
    assert_eq!(one.stdout, same.stdout);
    assert_ne!(one.stdout, other.stdout);
    let run: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    assert_eq!(run["holds"], true);
    assert_eq!(run["seed"], 5);
    assert_eq!(run["baskets"].as_array().unwrap().len(), 3);
}

#[test]
fn the_demo_tells_a_story_and_ends_with_the_accounts() {
    let folder = folder("out");
    let output = wicker(&["demo", "--out", folder.to_str().unwrap()]);
    let story = text(&output.stdout);
    assert!(output.status.success(), "{story}");
    for words in [
        "MARGIN CALL",
        "LIQUIDATION",
        "DEFICIT",
        "and in no other basket",
        "| I-01",
        "Every invariant held and every coin is accounted for.",
    ] {
        assert!(story.contains(words), "no {words:?}");
    }
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, 10, "nine plots and a document");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_replay_plays_a_file() {
    let output = replay(
        "good",
        "ts,BTC\n1700006400,50000\n1700010000,48000\n1700013600,\n1700017200,30000\n",
    );
    let story = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(story.contains("LIQUIDATION Ada"), "{story}");
}

#[test]
fn a_bad_price_file_is_refused_with_row_column_and_reason() {
    let output = replay("bad", "ts,BTC\n1700006400,50000\n1700010000,fifty\n");
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(
        error.contains("prices.csv: row 3, column BTC: \"fifty\" is not a number"),
        "{error}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn a_missing_file_is_named() {
    let output = wicker(&["replay", "--prices", "no.csv", "--scenario", "no.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no.toml"));
}

const STUDY: &str = r#"
[[asset]]
name = "BTC"
haircut = 0.2
[[basket]]
name = "majors"
collaterals = ["BTC"]
debt = "USD"
[[book]]
name = "one coin"
basket = "majors"
weights = { BTC = 1 }
"#;

/// Backtests these prices.
fn backtest(name: &str, prices: &str, more: &[&str]) -> Output {
    let folder = folder(name);
    let (csv, toml) = (folder.join("prices.csv"), folder.join("books.toml"));
    std::fs::write(&csv, prices).unwrap();
    std::fs::write(&toml, STUDY).unwrap();
    let files = [
        "lab",
        "backtest",
        "--prices",
        csv.to_str().unwrap(),
        "--books",
        toml.to_str().unwrap(),
    ];
    let output = wicker(&[&files, more].concat());
    std::fs::remove_dir_all(&folder).unwrap();
    output
}

/// Forty days that fall by a third once, with an hour left out.
fn forty_days() -> String {
    let rows = (0..960u64).filter(|hour| *hour != 500).map(|hour| {
        let price = if hour < 800 {
            50_000 + hour % 7
        } else {
            33_000
        };
        format!("{},{price}\n", 1_700_006_400 + 3_600 * hour)
    });
    ["ts,BTC\n".to_string()].into_iter().chain(rows).collect()
}

#[test]
fn a_backtest_counts_breaches_and_gaps_and_is_the_same_for_the_same_prices() {
    let shown = backtest("backtest", &forty_days(), &[]);
    assert!(
        shown.status.success() && shown.stderr.is_empty(),
        "{}",
        text(&shown.stderr)
    );
    assert!(text(&shown.stdout).contains("1 hours without a row in 1 gaps, the longest of 1 h"));
    let one = backtest("backtest-one", &forty_days(), &["--json"]);
    let two = backtest("backtest-two", &forty_days(), &["--json"]);
    assert_eq!(one.stdout, two.stdout);
    let report: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    let book = &report["books"][0];
    // 960 hours less two days and one without a price; the 24 before the fall, of a third, go under.
    assert_eq!(book["model"]["openings"], 911);
    let breaches = book["model"]["breaches"][3].as_f64().unwrap();
    assert!((breaches - 24.0 / 911.0).abs() < 1e-12, "{breaches}");
}

#[test]
fn a_backtest_refuses_a_bad_row_by_row_column_and_reason() {
    let output = backtest(
        "bad-backtest",
        "ts,BTC\n1700006400,50000\n1700010000,fifty\n",
        &[],
    );
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(
        error.contains("prices.csv: row 3, column BTC: \"fifty\" is not a number"),
        "{error}"
    );
    let output = backtest(
        "half-hours",
        "ts,BTC\n1700006400,50000\n1700008200,50000\n",
        &[],
    );
    assert!(text(&output.stderr).contains("time 1700008200 is not a whole hour: 1800 seconds over"));
}

/// A hundred and forty days that fall by a third every twenty, come back, and are restless for a day before the fall.
fn falls() -> String {
    let rows = (0..140 * 24u64).map(|hour| {
        let of_cycle = hour % 480;
        let step = if of_cycle < 408 { 0 } else { 900 };
        let fallen = if of_cycle < 432 { 0 } else { 16_000 };
        let price = 50_000 + (hour % 2) * step + hour % 7 - fallen;
        format!("{},{price}\n", 1_700_006_400 + 3_600 * hour)
    });
    ["ts,BTC\n".to_string()].into_iter().chain(rows).collect()
}

const SEARCH: &str = "train_days = 60\nunseen_days = 40\nz = [4.0, 5.0]\nfloor_share = []\n\
                      fast_hours = [12, 48]\nslow_hours = []\nstep_up = []\nstep_down = []\n";

#[test]
fn a_calibration_is_the_same_for_the_same_prices_and_names_what_it_chose() {
    let folder = folder("calibrate");
    let path = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    let (prices, books) = (path("prices.csv", &falls()), path("books.toml", STUDY));
    let (search, bad) = (
        path("search.toml", SEARCH),
        path("bad.toml", "train_days = 3"),
    );
    let run = |search: &str, more: &[&str]| {
        let files = ["--prices", &prices, "--books", &books, "--search", search];
        wicker(&[&["lab", "calibrate"], &files[..], more].concat())
    };
    let shown = run(&search, &[]);
    assert!(
        shown.status.success() && shown.stderr.is_empty(),
        "{}",
        text(&shown.stderr)
    );
    for words in ["5 sets of figures tried", "crash from calm", "one coin"] {
        assert!(text(&shown.stdout).contains(words), "{words}");
    }
    let (one, two) = (run(&search, &["--json"]), run(&search, &["--json"]));
    assert_eq!(one.stdout, two.stdout);
    let report: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    // Unseen are days 60 to 100 and 100 to 138.
    let choices = report["choices"].as_array().unwrap();
    assert_eq!(choices.len(), 2);
    for choice in choices {
        assert_ne!(choice["margin"]["z"], 4.5, "the study's own");
        assert!(choice["relative"].as_f64().unwrap() < 1.0);
    }
    assert_eq!(report["front"].as_array().unwrap().len(), 5);
    assert!(
        report["books"][0]["fixed"]["shortfall_bp"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    let shares = ["1/2", "2/2"].map(|which| {
        let out = path(&which.replace('/', "of"), "");
        let said = run(&search, &["--shard", which, "--out", &out]);
        assert_eq!(text(&said.stdout), format!("{out}\n"));
        out
    });
    let merge = |more: &[&str]| wicker(&[&["lab", "merge", &shares[1], &shares[0]], more].concat());
    let given = ["--prices", &prices, "--books", &books, "--search", &search];
    let merged = merge(&[&given[..], &["--json"]].concat());
    assert_eq!(merged.stdout, one.stdout);
    assert_eq!(merge(&given).stdout, shown.stdout);
    let alone = merge(&[]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(text(&alone.stderr).contains("is a shard of a calibration, not of a stress test"));
    let refused = run(&bad, &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("bad.toml: train_days 3 is outside 60 to 10000"));
    std::fs::remove_dir_all(&folder).unwrap();
}

const USERS: &str = r#"
[[user]]
name = "Ada"
holds = { BTC = 100_000 }
owes = { USD = 30_000 }
"#;

#[test]
fn an_allocation_shows_its_bound_and_its_splits_as_tables_and_as_json() {
    let folder = folder("allocate");
    let path = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    let (prices, books) = (path("prices.csv", &forty_days()), path("books.toml", STUDY));
    let (users, stranger) = (
        path("users.toml", USERS),
        path("stranger.toml", &USERS.replace("BTC", "ETH")),
    );
    let run = |users: &str, more: &[&str]| {
        let files = ["--prices", &prices, "--books", &books, "--users", users];
        wicker(&[&["lab", "allocate"], &files[..], more].concat())
    };
    let shown = run(&users, &[]);
    assert!(
        shown.status.success() && shown.stderr.is_empty(),
        "{}",
        text(&shown.stderr)
    );
    assert!(text(&shown.stdout).contains("Ada: no split needs less margin than $"));
    let report: serde_json::Value =
        serde_json::from_slice(&run(&users, &["--json"]).stdout).unwrap();
    let splits = report["users"][0]["splits"].as_array().unwrap();
    assert_eq!(splits.len(), 5);
    assert!(splits
        .iter()
        .all(|split| split["positions"][0]["owes"] == 30_000.0));
    let refused = run(&stranger, &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr)
        .contains("stranger.toml: user Ada: no open basket takes it: holds names ETH"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_segmentation_places_an_asset_alone_and_refuses_one_that_is_named_twice() {
    let folder = folder("segment");
    let (csv, plan) = (folder.join("prices.csv"), folder.join("assets.toml"));
    let rows = (0..2_400u64).map(|hour| {
        format!(
            "{},{}\n",
            1_700_006_400 + 3_600 * hour,
            50_000 + hour * hour % 997
        )
    });
    std::fs::write(
        &csv,
        ["ts,BTC\n".to_string()]
            .into_iter()
            .chain(rows)
            .collect::<String>(),
    )
    .unwrap();
    let run = |names: &str| {
        std::fs::write(&plan, format!("asset = [{names}]")).unwrap();
        let files = [
            "--prices",
            csv.to_str().unwrap(),
            "--assets",
            plan.to_str().unwrap(),
        ];
        wicker(&[&["lab", "segment", "--json"], &files[..]].concat())
    };
    let one = "{ name = \"BTC\", daily_volume = 1e9 },";
    let found = run(one);
    assert!(found.status.success(), "{}", text(&found.stderr));
    let report: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(report["baskets"][0]["members"][0]["asset"], "BTC");
    let twice = run(&format!("{one}{one}"));
    assert_eq!(twice.status.code(), Some(2));
    assert!(text(&twice.stderr).contains("asset BTC is defined twice"));
    std::fs::remove_dir_all(&folder).unwrap();
}
