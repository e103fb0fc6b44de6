//! docs/SPEC.md says of every parameter what the tables of `engine::params` say, and the documents name tests that exist.

#![allow(clippy::unwrap_used)] // Set-up outside test functions; a test may stop at anything unexpected.

use std::fs;
use std::path::{Path, PathBuf};

use wicker_engine::params::{Parameter, Protocol, Tighter, Unit, ASSET, BASKET, MEMBER, PROTOCOL};
use wicker_math::{Ratio, Value};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// The rows of the first table under a heading.
fn rows<'a>(spec: &'a str, heading: &str) -> Vec<&'a str> {
    let mut lines = spec.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "no heading {heading}");
    let section = lines.take_while(|line| !line.starts_with('#'));
    let table = section.skip_while(|line| !line.starts_with('|'));
    let table = table.take_while(|line| line.starts_with('|'));
    table.skip(2).collect()
}

/// Everything of a row but what the parameter is in words.
fn expected<T>(parameter: &Parameter<T>, default: Option<u128>) -> String {
    let unit = match parameter.unit {
        Unit::Ratio => "ratio",
        Unit::Dollars => "dollars",
        Unit::Seconds => "seconds",
        Unit::Units => "units",
    };
    let tighter = match parameter.tighter {
        Tighter::Up => "up",
        Tighter::Down => "down",
    };
    let ramps = if parameter.ramps { "yes" } else { "no" };
    let show = |value| show(parameter.unit, value);
    format!(
        "| {} | {unit} | {} | {} | {tighter} | {} % | {ramps} | {} | ",
        parameter.name,
        show(parameter.min),
        show(parameter.max),
        Ratio::new(parameter.step.raw() * 100),
        default.map_or("none".into(), show),
    )
}

fn show(unit: Unit, value: u128) -> String {
    match unit {
        Unit::Ratio => Ratio::new(value).to_string(),
        Unit::Dollars => Value::new(value).to_string(),
        Unit::Units if value > 1 && value.is_power_of_two() => format!("2^{}", value.ilog2()),
        Unit::Units => value.to_string(),
        Unit::Seconds if value.is_multiple_of(86_400) => format!("{} d", value / 86_400),
        Unit::Seconds if value.is_multiple_of(3_600) => format!("{} h", value / 3_600),
        Unit::Seconds => format!("{value} s"),
    }
}

fn compare<T>(
    heading: &str,
    parameters: &[Parameter<T>],
    default: impl Fn(&Parameter<T>) -> Option<u128>,
) {
    let spec = document("SPEC.md");
    let rows = rows(&spec, heading);
    for (parameter, row) in parameters.iter().zip(&rows) {
        let expected = expected(parameter, default(parameter));
        let words = row
            .strip_prefix(&expected)
            .and_then(|rest| rest.strip_suffix(" |"));
        assert!(
            words.is_some_and(|words| !words.is_empty()),
            "under {heading}\nis   {row}\nnot  {expected}... |"
        );
    }
    assert_eq!(rows.len(), parameters.len(), "rows under {heading}");
}

#[test]
fn spec_lists_every_parameter() {
    let defaults = Protocol::default();
    compare("### Protocol", PROTOCOL, |parameter| {
        Some((parameter.get)(&defaults))
    });
    compare("### Asset", ASSET, |_| None);
    compare("### Basket", BASKET, |_| None);
    compare("### Collateral of a basket", MEMBER, |_| None);
}

/// Appends the text of every Rust file under a directory.
fn collect(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn documents_name_tests_and_functions_that_exist() {
    let mut sources = String::new();
    collect(&root().join("packages"), &mut sources);
    collect(&root().join("contracts"), &mut sources);
    collect(&root().join("tests"), &mut sources);
    for name in ["SPEC.md", "INVARIANTS.md"] {
        let text = document(name);
        let quoted = text.split('`').skip(1).step_by(2);
        let functions = quoted.filter_map(|quoted| Some(quoted.rsplit_once("::")?.1));
        for function in functions.filter(|function| function.contains('_')) {
            let known = sources.contains(&format!("fn {function}("));
            assert!(known, "{name} names {function}, which does not exist");
        }
    }
}
