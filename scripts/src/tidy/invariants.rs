//! `docs/INVARIANTS.md` held to the random sequences: who is said to judge an invariant names it.

use super::Source;

const PAGE: &str = "docs/INVARIANTS.md";
const HARNESS: &str = "tests/src/harness/";
/// The invariants there are: every one has a row in the table of the sequences.
const NUMBER: usize = 32;

/// Rows whose file is not there or does not name the invariant, and invariants without a row.
pub fn findings(sources: &[Source]) -> Vec<String> {
    let find = |path: &str| sources.iter().find(|source| source.path == path);
    let page = find(PAGE).map_or("", |page| page.text.as_str());
    let section = page.split("## On random sequences").nth(1).unwrap_or("");
    let rows = section.lines().filter_map(row);
    let rows: Vec<(&str, Vec<&str>)> = rows.collect();
    let mut findings = Vec::new();
    for id in (1..=NUMBER).map(|number| format!("I-{number:02}")) {
        let Some((_, judges)) = rows.iter().find(|(named, _)| *named == id) else {
            findings.push(format!("{PAGE}: {id} has no row on random sequences"));
            continue;
        };
        for judge in judges {
            let path = format!("{HARNESS}{judge}.rs");
            let says = find(&path).is_some_and(|source| source.text.contains(&id));
            if !says {
                findings.push(format!("{PAGE}: {id}: {path} does not name it"));
            }
        }
    }
    findings
}

/// An id and the files that are said to judge it.
fn row(line: &str) -> Option<(&str, Vec<&str>)> {
    let mut cells = line.split('|').map(str::trim).skip(1);
    let id = cells.next().filter(|id| id.starts_with("I-"))?;
    let judges = cells.next()?.split('`').skip(1).step_by(2);
    Some((id, judges.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.into(),
            text: text.into(),
        }
    }

    #[test]
    fn a_row_whose_judge_does_not_name_the_invariant_is_found() {
        let page = "## On random sequences\n| I-01 | `judge` | coins |\n| I-02 | `absent`, `judge` | supply |\n";
        let sources = [
            source(PAGE, page),
            source("tests/src/harness/judge.rs", "/// I-01: coins"),
        ];
        let found = findings(&sources);
        let about = |id: &str| found.iter().filter(|one| one.contains(id)).count();
        assert_eq!((about("I-01"), about("I-02"), about("I-03")), (0, 2, 1));
        assert_eq!(found.len(), 2 + NUMBER - 2);
    }
}
