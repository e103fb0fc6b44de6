//! The status page: as HTML for people, as JSON for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::board::View;
use crate::status::Status;

/// Everything the page says.
#[derive(Debug, Serialize)]
pub struct Document {
    name: String,
    version: &'static str,
    uptime: u64,
    ready: bool,
    reasons: Vec<String>,
    tasks: Vec<View>,
    figures: BTreeMap<String, String>,
}

const STYLE: &str = "body{font:16px/1.45 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem;color:#1b1b1b;background:#fff}\
h1{font-size:1.3rem;margin:0}h2{font-size:1.05rem;margin:1.5rem 0 .5rem}p{margin:.3rem 0}\
section{border:1px solid #ccc;border-left-width:.4rem;border-radius:.3rem;padding:.6rem .8rem;margin:.6rem 0}\
.well{border-left-color:#1a7f37}.failing,.out-of-date{border-left-color:#b42318}.starting{border-left-color:#9a6700}\
b.well{color:#1a7f37}b.failing,b.out-of-date{color:#b42318}b.starting{color:#9a6700}\
small{color:#555}dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.2rem 1rem;margin:0}\
dt{color:#555}dd{margin:0}p,dd{overflow-wrap:anywhere}\
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}section{border-color:#444}small,dt{color:#aaa}}";

/// The page as it stands.
pub fn document(status: &Status) -> Document {
    let reasons = status.reasons();
    Document {
        name: status.name().into(),
        version: env!("CARGO_PKG_VERSION"),
        uptime: status.uptime().as_secs(),
        ready: reasons.is_empty(),
        reasons,
        tasks: status.tasks(),
        figures: status.figures().into_iter().collect(),
    }
}

/// The page for a browser: it loads nothing, runs nothing and comes again by itself every ten seconds.
pub fn html(status: &Status) -> String {
    let page = document(status);
    let name = escaped(&page.name);
    let (class, ready) = match page.ready {
        true => ("well", "ready"),
        false => ("failing", "not ready"),
    };
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta http-equiv=\"refresh\" content=\"10\">\
<title>{name}: {ready}</title><style>{STYLE}</style></head><body>\n\
<h1>{name}: <b class=\"{class}\">{ready}</b></h1><p><small>{}, up {}</small></p>\n",
        page.version,
        span(page.uptime),
    );
    html.push_str("<h2>Tasks</h2>\n");
    for view in &page.tasks {
        html.push_str(&section(view));
    }
    if !page.figures.is_empty() {
        html.push_str("<h2>Figures</h2>\n<dl>");
        for (name, figure) in &page.figures {
            let (name, figure) = (escaped(name), escaped(figure));
            let _ = write!(html, "<dt>{name}</dt><dd>{figure}</dd>");
        }
        html.push_str("</dl>\n");
    }
    html.push_str("</body></html>\n");
    html
}

fn section(view: &View) -> String {
    let words = view.state.words();
    let class = words.replace(' ', "-");
    let required = match view.required {
        true => "required",
        false => "not required",
    };
    let reported = match view.age {
        Some(age) => format!("reported {} ago", span(age)),
        None => "no report yet".into(),
    };
    let mut html = format!(
        "<section class=\"{class}\"><p><b>{}</b> <b class=\"{class}\">{words}</b></p><p><small>{}; {required}; {reported}, {} allowed; \
{} good, {} failed</small></p>",
        escaped(&view.label),
        escaped(&view.about),
        span(view.limit),
        view.successes,
        view.errors,
    );
    if let Some(last) = &view.last {
        let _ = write!(html, "<p>{}</p>", escaped(last));
    }
    if let Some(error) = &view.last_error {
        let _ = write!(html, "<p>last error: {}</p>", escaped(error));
    }
    html.push_str("</section>\n");
    html
}

/// A text that is nothing but text in HTML, in an attribute too.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Seconds as people say them.
fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_the_unit_that_fits() {
        for (seconds, said) in [
            (119, "119 s"),
            (120, "2 min"),
            (7_199, "119 min"),
            (7_200, "2 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(seconds), said);
        }
    }

    #[test]
    fn what_a_node_says_is_text_and_never_markup() {
        assert_eq!(
            escaped("<a href=\"x\" on='y'>&"),
            "&lt;a href=&quot;x&quot; on=&#39;y&#39;&gt;&amp;"
        );
    }
}
