//! Figures as tables of a page.

use std::fmt::Write;

/// Digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A ratio in hundredths, rounded up: what is a little over a goal is over it.
pub fn ratio(of: u64, to: u64) -> u64 {
    (of * 100).div_ceil(to.max(1))
}

/// Hundredths as a number.
pub fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// A table with these columns and rows.
pub fn table(columns: &[String], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n", columns.join(" | "));
    let lines = columns.iter().enumerate().map(|(place, _)| match place {
        0 => "---",
        _ => "---:",
    });
    let _ = writeln!(text, "|{}|", lines.collect::<Vec<_>>().join("|"));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

/// The page with what stands between the marks of `name` replaced; `None` where it has no such marks.
pub fn placed(page: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{text}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_ratio_is_rounded_up() {
        assert_eq!(ratio(125, 100), 125);
        assert_eq!(ratio(1_250_001, 1_000_000), 126);
        assert_eq!(hundredths(105), "1.05");
    }

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let page = "a\n<!-- gas -->\nold\n<!-- /gas -->\nb\n";
        let new = placed(page, "gas", "new").unwrap();
        assert_eq!(new, "a\n<!-- gas -->\n\nnew\n<!-- /gas -->\nb\n");
        assert_eq!(placed(&new, "gas", "new").unwrap(), new);
        assert_eq!(placed(page, "other", "new"), None);
    }
}
