//! `docs/BAD_INPUTS.md` held to the tests: a row is covered by tests whose name begins with its id.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;

/// The table.
pub const PAGE: &str = "docs/BAD_INPUTS.md";
const ALLOWED: &str = "Rows that may still lack a test: ";
/// Rows there are; a row is never deleted, only given a reason why it does not apply.
const ROWS: usize = 118;

/// What the table and the tests say together.
pub struct Report {
    /// What is wrong.
    pub findings: Vec<String>,
    /// How many rows are covered, and which are not.
    pub summary: String,
}

struct Row<'a> {
    id: &'a str,
    what: &'a str,
    covered: &'a str,
}

impl Row<'_> {
    /// True when the row says why it does not concern these contracts.
    fn is_elsewhere(&self) -> bool {
        self.covered.starts_with("not here:")
    }

    /// The tests that the row names.
    fn named(&self) -> Vec<&str> {
        self.covered.split('`').skip(1).step_by(2).collect()
    }
}

/// Compares the table with the tests.
pub fn report(sources: &[Source]) -> Report {
    let tests = tests(sources);
    let all: BTreeSet<&String> = tests.values().flatten().collect();
    let page = page(sources);
    let rows = rows(page);
    let mut findings = Vec::new();
    if rows.len() != ROWS {
        findings.push(format!("{PAGE}: {} rows, expected {ROWS}", rows.len()));
    }
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id).collect();
    if ids.len() != rows.len() {
        findings.push(format!("{PAGE}: an id stands twice"));
    }
    for row in &rows {
        for name in row
            .named()
            .into_iter()
            .filter(|name| !all.contains(&name.to_string()))
        {
            findings.push(format!("{PAGE}: {}: there is no test `{name}`", row.id));
        }
    }
    let elsewhere = rows.iter().filter(|row| row.is_elsewhere()).count();
    let missing: Vec<&str> = rows
        .iter()
        .filter(|row| !row.is_elsewhere() && row.named().is_empty() && !tests.contains_key(row.id))
        .map(|row| row.id)
        .collect();
    match allowed(page) {
        None => findings.push(format!("{PAGE}: the line `{ALLOWED}n` is missing")),
        Some(allowed) if missing.len() > allowed => findings.push(format!(
            "{PAGE}: {} rows lack a test, {allowed} may; the number may only fall",
            missing.len()
        )),
        Some(_) => {}
    }
    let covered = rows.len() - elsewhere - missing.len();
    let summary = format!(
        "bad inputs: {covered} covered, {elsewhere} not of these contracts, {} without a test: {}",
        missing.len(),
        missing.join(" ")
    );
    Report { findings, summary }
}

/// The page with the tests that stand in the code, and the allowed number lowered to what is missing; none when there is no page.
pub fn rewritten(sources: &[Source]) -> Option<String> {
    let tests = tests(sources);
    let page = page(sources);
    let mut missing = 0;
    let lines: Vec<String> = page
        .lines()
        .map(|line| match row(line) {
            Some(row) if !row.is_elsewhere() => {
                let mut names: BTreeSet<&str> = tests
                    .get(row.id)
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect();
                let all: BTreeSet<&String> = tests.values().flatten().collect();
                names.extend(
                    row.named()
                        .into_iter()
                        .filter(|name| all.contains(&name.to_string())),
                );
                missing += usize::from(names.is_empty());
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("| {} | {} | {} |", row.id, row.what, names.join(", "))
                    .replace("|  |", "| |")
            }
            _ => line.to_string(),
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let allowed = allowed(page).unwrap_or(missing).min(missing);
    let lines = lines.into_iter().map(|line| {
        if line.starts_with(ALLOWED) {
            format!("{ALLOWED}{allowed}\n")
        } else {
            line + "\n"
        }
    });
    Some(lines.collect())
}

fn page(sources: &[Source]) -> &str {
    sources
        .iter()
        .find(|source| source.path == PAGE)
        .map_or("", |source| &source.text)
}

fn allowed(page: &str) -> Option<usize> {
    page.lines()
        .find_map(|line| line.strip_prefix(ALLOWED)?.trim().parse().ok())
}

fn rows(page: &str) -> Vec<Row<'_>> {
    page.lines().filter_map(row).collect()
}

/// A line `| ABC-1 | what | covered |`.
fn row(line: &str) -> Option<Row<'_>> {
    let mut cells = line
        .strip_prefix('|')?
        .strip_suffix('|')?
        .splitn(3, " | ")
        .map(str::trim);
    let (id, what) = (cells.next()?, cells.next()?);
    let covered = cells
        .next()
        .unwrap_or_default()
        .trim_start_matches('|')
        .trim();
    let (name, number) = id.split_once('-')?;
    let is_id =
        name.chars().all(|letter| letter.is_ascii_uppercase()) && number.parse::<u32>().is_ok();
    is_id.then_some(Row { id, what, covered })
}

/// The names of tests, by the id they begin with; other tests stand under the empty id.
fn tests(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let mut tests: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.ends_with(".rs")) {
        let mut is_test = false;
        for line in source.text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let Some(name) = function(line) {
                if is_test {
                    tests
                        .entry(id(name).unwrap_or_default())
                        .or_default()
                        .insert(name.to_string());
                }
                is_test = false;
            }
        }
    }
    tests
}

fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .next()
}

/// `prc_3_equal_times` to `PRC-3`.
fn id(name: &str) -> Option<String> {
    let mut parts = name.splitn(3, '_');
    let (kind, number) = (parts.next()?, parts.next()?);
    number.parse::<u32>().ok()?;
    Some(format!("{}-{number}", kind.to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(page: &str, code: &str) -> Vec<Source> {
        let file = |path: &str, text: &str| Source {
            path: path.into(),
            text: text.into(),
        };
        vec![file(PAGE, page), file("src/lib.rs", code)]
    }

    const CODE: &str = "#[test]\nfn dep_1_nothing_is_refused() {}\nfn dep_2_is_no_test() {}\n#[tokio::test]\nasync fn other() {}\n";

    #[test]
    fn a_test_covers_the_row_its_name_begins_with() {
        let page = format!("{ALLOWED}1\n| DEP-1 | nothing | |\n| DEP-2 | two | |\n| KPR-1 | x | not here: no keeper |\n");
        let report = report(&sources(&page, CODE));
        assert!(report.summary.starts_with(
            "bad inputs: 1 covered, 1 not of these contracts, 1 without a test: DEP-2"
        ));
        // The table of this test has fewer rows than the real one.
        assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    }

    #[test]
    fn more_missing_rows_than_allowed_and_unknown_tests_are_found() {
        let page = format!("{ALLOWED}0\n| DEP-2 | two | |\n| DEP-3 | three | `gone` |\n");
        let findings = report(&sources(&page, CODE)).findings.join("\n");
        assert!(findings.contains("no test `gone`"), "{findings}");
        assert!(findings.contains("1 rows lack a test, 0 may"), "{findings}");
    }

    #[test]
    fn rewriting_adds_tests_and_only_lowers_the_number() {
        let page = format!(
            "{ALLOWED}5\n| DEP-1 | nothing | |\n| DEP-2 | two | `other` |\n| DEP-3 | three | |\n"
        );
        let text = rewritten(&sources(&page, CODE)).unwrap();
        assert!(text.contains(&format!("{ALLOWED}1\n")), "{text}");
        assert!(
            text.contains("| DEP-1 | nothing | `dep_1_nothing_is_refused` |"),
            "{text}"
        );
        assert!(text.contains("| DEP-2 | two | `other` |"), "{text}");
        assert!(text.contains("| DEP-3 | three | |"), "{text}");
    }
}
