//! A program's log: a line of JSON on standard output for each thing worth saying.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// Writes a line with the time, in seconds since 1970. A log whose reader has gone is no reason to stop.
pub fn log(line: Value) {
    let mut text = stamped(line, SystemTime::now()).to_string();
    text.push('\n');
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn stamped(mut line: Value, now: SystemTime) -> Value {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    if let Value::Object(fields) = &mut line {
        fields.insert("time".into(), since.as_secs().into());
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_carries_its_time_and_stays_a_line() {
        let now = UNIX_EPOCH + Duration::from_millis(7_900);
        let line = stamped(json!({ "level": "error", "why": "two\nlines" }), now);
        assert_eq!(line["time"], 7);
        assert!(!line.to_string().contains('\n'));
        assert_eq!(stamped(json!("text"), now), json!("text"));
    }
}
