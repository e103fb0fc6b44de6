//! What is answered to whom.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderValue, ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use hyper::{Method, Response, StatusCode};
use prometheus_client::encoding::prometheus_text;
use serde::Serialize;
use serde_json::json;

use crate::page;
use crate::status::Status;

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
/// Nothing but what is on the page itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The answer to a request; its body is never read.
pub fn answer(
    status: &Status,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Response<Full<Bytes>> {
    if method != Method::GET && method != Method::HEAD {
        let mut refused = respond(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET or HEAD\n");
        let allowed = HeaderValue::from_static("GET, HEAD");
        refused.headers_mut().insert(ALLOW, allowed);
        return refused;
    }
    match path {
        "/healthz" => respond(StatusCode::OK, TEXT, "alive\n"),
        "/readyz" => ready(status),
        "/metrics" => metrics(status),
        "/status.json" => as_json(StatusCode::OK, &page::document(status)),
        "/" if wants_html(headers) => respond(StatusCode::OK, HTML, page::html(status)),
        "/" => as_json(StatusCode::OK, &page::document(status)),
        _ => match path.strip_prefix("/task/") {
            Some(label) => task(status, label),
            None => respond(StatusCode::NOT_FOUND, TEXT, "nothing here\n"),
        },
    }
}

fn ready(status: &Status) -> Response<Full<Bytes>> {
    let reasons = status.reasons();
    match reasons.is_empty() {
        true => respond(StatusCode::OK, TEXT, "ready\n"),
        false => respond(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            reasons.join("\n") + "\n",
        ),
    }
}

fn metrics(status: &Status) -> Response<Full<Bytes>> {
    match status.metrics() {
        Ok(text) => respond(StatusCode::OK, prometheus_text::CONTENT_TYPE, text),
        Err(_) => respond(
            StatusCode::INTERNAL_SERVER_ERROR,
            TEXT,
            "metrics cannot be written\n",
        ),
    }
}

fn task(status: &Status, label: &str) -> Response<Full<Bytes>> {
    let Some(view) = status.find(label) else {
        return as_json(StatusCode::NOT_FOUND, &json!({ "error": "no such task" }));
    };
    let code = match view.state.is_well() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    as_json(code, &view)
}

/// Whether the first of the two kinds that an `Accept` header names is HTML. Who names neither gets JSON.
fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).into_iter();
    let accepted = accepted.filter_map(|value| value.to_str().ok());
    let mut kinds = accepted
        .flat_map(|value| value.split(','))
        .map(|kind| kind.split(';').next().unwrap_or_default().trim());
    kinds.find(|kind| [JSON, "text/html"].contains(kind)) == Some("text/html")
}

fn as_json(code: StatusCode, document: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_string_pretty(document) {
        Ok(text) => respond(code, JSON, text + "\n"),
        Err(why) => respond(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{why}\n")),
    }
}

fn respond(code: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let guards = [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", POLICY),
    ];
    for (name, value) in guards {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(accept: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        wants_html(&headers)
    }

    #[test]
    fn a_browser_gets_html_and_everything_else_json() {
        assert!(html("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(html("image/png, text/html;q=0.5, application/json"));
        assert!(!html("application/json, text/html"));
        assert!(!html("*/*"));
        assert!(!html("text/htmlx"));
        assert!(!wants_html(&HeaderMap::new()));
    }
}
