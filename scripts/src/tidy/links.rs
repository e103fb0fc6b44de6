//! Links in pages lead to files that are there.

use std::{collections::BTreeSet, path::Component, path::Path};

use super::Source;

/// Links whose file is not part of the repository.
pub fn findings(sources: &[Source]) -> Vec<String> {
    let files: BTreeSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let there = |path: &str| {
        files.contains(path)
            || files
                .iter()
                .any(|file| file.starts_with(&format!("{path}/")))
    };
    let mut findings = Vec::new();
    for page in sources.iter().filter(|source| source.path.ends_with(".md")) {
        for target in targets(&page.text) {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            match resolved(&page.path, path) {
                Some(path) if there(&path) => {}
                _ => findings.push(format!(
                    "{}: the link to `{target}` leads nowhere",
                    page.path
                )),
            }
        }
    }
    findings
}

/// What stands in the brackets of every `[text](target)` outside code.
fn targets(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut targets = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Every second part stands between backquotes; a link whose text is code still has its brackets outside.
        for prose in line.split('`').step_by(2) {
            let parts = prose.split("](").skip(1);
            targets.extend(parts.filter_map(|rest| rest.split(')').next()));
        }
    }
    targets
}

/// A link's path from the root; none when it leaves the repository.
fn resolved(page: &str, path: &str) -> Option<String> {
    let folder = Path::new(page).parent()?;
    let mut parts: Vec<String> = Vec::new();
    for part in folder.join(path).components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str()?.to_string()),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        let page = |path: &str, text: &str| Source {
            path: path.into(),
            text: text.into(),
        };
        findings(&[
            page("docs/A.md", text),
            page("README.md", ""),
            page("docs/deep/B.md", ""),
        ])
        .len()
    }

    #[test]
    fn a_link_resolves_from_its_page() {
        for good in [
            "../README.md",
            "../README.md#part",
            "deep/B.md",
            "deep",
            "#here",
            "A.md",
        ] {
            assert_eq!(found(&format!("see [it]({good}).")), 0, "{good}");
        }
        for bad in ["README.md", "../../README.md", "B.md", "deep/C.md"] {
            assert_eq!(found(&format!("see [it]({bad}).")), 1, "{bad}");
            assert_eq!(found(&format!("see [`it`]({bad}).")), 1, "{bad}");
        }
    }

    #[test]
    fn code_has_no_links() {
        assert_eq!(found("`m[i](nowhere)`\n```text\n[a](nowhere)\n```\n"), 0);
    }
}
