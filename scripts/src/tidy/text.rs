//! Rules of single lines.

use super::Source;

/// Formatting holds code to 100; this is for what formatting leaves alone, such as macro calls.
const MAX_CODE: usize = 200;
/// Prose; rows of tables are as long as they are.
const MAX_PROSE: usize = 160;

/// Folders that exist on one machine only, in two halves so that this file passes its own rule.
const FOLDERS: [(&str, &str); 5] = [
    ("/ro", "ot/"),
    ("/wo", "rk/"),
    ("/tm", "p/"),
    ("/ho", "me/"),
    ("/Us", "ers/"),
];
/// How hosts of package registries begin and end: which one a build uses is its machine's choice.
const REGISTRIES: [&str; 6] = ["index", "static", "registry", "deb", "proxy", "files"];
const DOMAINS: [&str; 5] = ["io", "org", "com", "net", "dev"];
/// Unfinished work.
const UNFINISHED: [(&str, &str); 5] = [
    ("to", "do!"),
    ("unimple", "mented!"),
    ("TO", "DO"),
    ("FIX", "ME"),
    ("XX", "X:"),
];
/// Crates that must give the same answer on every machine.
const EXACT: [&str; 5] = [
    "packages/math/src/",
    "packages/engine/src/",
    "packages/msgs/src/",
    "contracts/cdp/src/",
    "contracts/oracle/src/",
];
const INEXACT: [&str; 5] = ["f64", "f32", "HashMap", "HashSet", "SystemTime"];

/// What is wrong with single lines.
pub fn findings(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources
        .iter()
        .filter(|source| !source.path.ends_with(".lock"))
    {
        for (number, line) in source.text.lines().enumerate() {
            for what in line_findings(&source.path, line) {
                findings.push(format!("{}:{}: {what}", source.path, number + 1));
            }
        }
        for (number, word) in inexact(source) {
            findings.push(format!(
                "{}:{number}: `{word}` in code that must be exact",
                source.path
            ));
        }
        if !source.text.is_empty() && !source.text.ends_with('\n') {
            findings.push(format!("{}: no end of line at the end", source.path));
        }
    }
    findings
}

fn line_findings(path: &str, line: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (kind, words) in [
        ("a folder of one machine", FOLDERS.as_slice()),
        ("unfinished work", UNFINISHED.as_slice()),
    ] {
        for (first, second) in words {
            let word = format!("{first}{second}");
            if line.contains(&word) {
                findings.push(format!("{kind}: `{word}`"));
            }
        }
    }
    findings.extend(registries(line).map(|host| format!("a registry's host: `{host}`")));
    let (code, prose) = (path.ends_with(".rs"), path.ends_with(".md"));
    let max = if code { MAX_CODE } else { MAX_PROSE };
    let length = line.chars().count();
    if (code || prose && !line.starts_with('|')) && length > max {
        findings.push(format!("{length} characters, more than {max}"));
    }
    if (code || prose) && line.ends_with([' ', '\t']) {
        findings.push("blanks at the end".to_string());
    }
    findings
}

/// Hosts of package registries in a line.
fn registries(line: &str) -> impl Iterator<Item = &str> {
    let words =
        line.split(|letter: char| !letter.is_ascii_alphanumeric() && !".-_".contains(letter));
    words.map(|word| word.trim_end_matches('.')).filter(|word| {
        let (first, rest) = word.split_once('.').unwrap_or_default();
        let last = rest.rsplit_once('.').map(|(_, last)| last);
        REGISTRIES.contains(&first) && last.is_some_and(|last| DOMAINS.contains(&last))
    })
}

/// Words in code before its tests that would make two machines disagree, with their line.
fn inexact(source: &Source) -> Vec<(usize, &'static str)> {
    if !EXACT.iter().any(|folder| source.path.starts_with(folder)) {
        return Vec::new();
    }
    let lines = source.text.lines().enumerate();
    let code = lines.take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
    code.filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(|(number, line)| {
            let words: Vec<&str> = line
                .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .collect();
            INEXACT
                .into_iter()
                .filter(move |word| words.contains(word))
                .map(move |word| (number + 1, word))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let (path, text) = (path.to_string(), text.to_string());
        findings(&[Source { path, text }])
    }

    #[test]
    fn each_rule_finds_its_breach() {
        for (first, second) in FOLDERS.iter().chain(&UNFINISHED) {
            assert_eq!(
                found("a.rs", &format!("// {first}{second}\n")).len(),
                1,
                "{first}"
            );
        }
        assert_eq!(
            found("a.rs", &format!("//{}\n", "x".repeat(MAX_CODE - 1))).len(),
            1
        );
        assert_eq!(
            found("a.rs", &format!("//{}\n", "x".repeat(MAX_CODE - 2))).len(),
            0
        );
        assert_eq!(found("a.md", "blank \n").len(), 1);
        assert_eq!(found("a.md", "no end").len(), 1);
    }

    #[test]
    fn a_registrys_host_is_found_by_its_shape() {
        for first in REGISTRIES {
            let host = format!("{first}.example.org");
            assert_eq!(found("a.rs", &format!("// https://{host}/x.\n")).len(), 1);
            assert_eq!(found("a.rs", &format!("// at {host}.\n")).len(), 1);
        }
        assert_eq!(found("a.rs", "// index.debt and files.rs\n").len(), 0);
    }

    #[test]
    fn floats_are_found_in_exact_code_and_not_in_its_tests() {
        let code = "fn half(x: f64) {}\n";
        assert_eq!(found("packages/engine/src/a.rs", code).len(), 1);
        assert_eq!(
            found("packages/engine/src/a.rs", &format!("#[cfg(test)]\n{code}")).len(),
            0
        );
        assert_eq!(found("packages/lab/src/a.rs", code).len(), 0);
    }

    #[test]
    fn rows_of_tables_may_be_long() {
        assert_eq!(found("a.md", &format!("|{}\n", "x".repeat(300))).len(), 0);
        assert_eq!(found("a.md", &format!("{}\n", "x".repeat(300))).len(), 1);
    }
}
