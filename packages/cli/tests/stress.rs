//! `lab stress`, `lab merge` and `lab report` from outside, one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One asset in one basket, three hours of one incident and of each path.
const PLAN: &str = r#"
[town]
scale = 5
burst = 0.25
backstop = 0
slippage = 0.003
[[town.borrower]]
name = "eager"
of_max = 0.98
count = 2
[[asset]]
name = "SOL"
class = "alt"
price = 100
[[basket]]
name = "alts"
assets = ["SOL"]
correlation = 0.5
[[incident]]
name = "fall"
about = "a fall"
source = "made up"
baskets = ["alts"]
hours = 3
seed = 1
[[incident.move]]
asset = "SOL"
knots = [[1, 1], [1.1, 0.8]]
[cascade]
incident = "fall"
scales = [5]
caps = [1]
[random]
baskets = ["alts"]
hours = 3
volatility = 2
correlation = 0.5
common_rate = 4
common_jump = [-0.1, 0.05]
own_rate = 0
own_jump = [0, 0]
"#;

const BOOKS: &str = r#"
[[asset]]
name = "SOL"
haircut = 0.3
[[basket]]
name = "alts"
collaterals = ["SOL"]
debt = "USD"
[[book]]
name = "SOL"
basket = "alts"
weights = { SOL = 1 }
"#;

/// A folder of this test's own with the plan and the study.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("plan.toml"), PLAN).unwrap();
    std::fs::write(folder.join("books.toml"), BOOKS).unwrap();
    folder
}

fn lab(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wicker"));
    command
        .current_dir(folder)
        .arg("lab")
        .args(words.split(' '));
    command.output().unwrap()
}

fn done(folder: &Path, words: &str) -> String {
    let output = lab(folder, words);
    let (out, err) = (output.stdout, String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{words}: {err}");
    assert_eq!(err, "", "{words}");
    String::from_utf8(out).unwrap()
}

#[test]
fn shares_of_a_sweep_come_to_what_one_run_says_of_its_paths() {
    let folder = folder("shares");
    let sweep = "stress --plan plan.toml --paths 3 --seed 9";
    let whole: serde_json::Value =
        serde_json::from_str(&done(&folder, &format!("{sweep} --json"))).unwrap();
    for share in ["1/2", "2/2"] {
        let file = share.replace('/', "of");
        let said = done(&folder, &format!("{sweep} --shard {share} --out {file}"));
        assert_eq!(said, format!("{file}\n"));
    }
    let merged = done(&folder, "merge --json 2of2 1of2");
    let merged: serde_json::Value = serde_json::from_str(&merged).unwrap();
    assert_eq!(merged, whole["random"]);
    assert!(done(&folder, "merge 1of2 2of2").starts_with("3 drawn paths of seed 9\n"));
    let short = lab(&folder, "merge 2of2");
    assert_eq!(short.status.code(), Some(2));
    let why = String::from_utf8(short.stderr).unwrap();
    assert!(
        why.contains("1 of 2 shards are missing, the first of them 1"),
        "{why}"
    );
}

#[test]
fn a_stress_test_prints_its_goals_and_a_report_is_one_file() {
    let folder = folder("page");
    let tables = done(&folder, "stress --plan plan.toml --paths 0");
    for words in [
        "fall (drawn)",
        "target and caps",
        "5, caps at 1",
        "What is aimed at",
    ] {
        assert!(tables.contains(words), "{tables}");
    }
    let said = done(
        &folder,
        "report --plan plan.toml --books books.toml --out new/page",
    );
    assert_eq!(said, "new/page/report.html\n");
    let html = std::fs::read_to_string(folder.join("new/page/report.html")).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    assert_eq!(
        std::fs::read_dir(folder.join("new/page")).unwrap().count(),
        1
    );
}

#[test]
fn what_cannot_be_used_is_named_and_nothing_is_written() {
    let folder = folder("unusable");
    for (words, named) in [
        ("stress --plan no.toml", "no.toml"),
        ("stress --plan books.toml", "books.toml: TOML"),
        ("stress --plan plan.toml --shard 3/2 --out x", "3/2"),
        ("stress --plan plan.toml --shard 1/2", "--out"),
        ("report --prices no.csv --out page", "no.csv"),
        ("report --books plan.toml --out page", "plan.toml: TOML"),
        ("merge plan.toml", "plan.toml is no shard"),
    ] {
        let output = lab(&folder, words);
        assert_eq!(output.status.code(), Some(2), "{words}");
        let why = String::from_utf8(output.stderr).unwrap();
        assert!(why.contains(named), "{words}: {why}");
    }
    let left = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, 2);
}
