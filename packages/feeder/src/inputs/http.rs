//! A JSON document over HTTP. The server is not trusted: its answer has a deadline, a longest length and a type, and leads nowhere else.

use std::time::Duration;

use wicker_client::http::Http;
use wicker_math::Seconds;

use super::{json, HttpConfig, Said, Unread};
use crate::error::FeederError;

/// The document.
#[derive(Debug)]
pub struct Page {
    config: HttpConfig,
    http: Http,
}

impl Page {
    /// Where it is asked for, with headers out of the environment. Errors when the address or a header cannot be used.
    pub fn new(
        config: &HttpConfig,
        timeout: Duration,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, FeederError> {
        let headers = config.headers.iter().map(|(header, name)| {
            let value = variable(name);
            let value = value.ok_or_else(|| {
                FeederError::Config(format!("{name}, for the header {header}, is not set"))
            });
            Ok((header.clone(), value?))
        });
        let headers = headers.collect::<Result<Vec<_>, FeederError>>()?;
        Ok(Self {
            http: Http::guarded(&config.url, (timeout, config.max_bytes), &headers)?,
            config: config.clone(),
        })
    }

    /// Asks for it.
    pub async fn ask(&self, now: Seconds) -> Result<Said, Unread> {
        let answer = self.http.get(&self.config.url).await;
        let answer = answer.map_err(Unread::NoAnswer)?;
        if !answer.is_success() {
            return Err(Unread::Status(answer.status));
        }
        let kind = answer.kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case(&self.config.content_type) {
            return Err(Unread::Kind(kind.chars().take(40).collect()));
        }
        json::read(&answer.body, &self.config.price, now)
    }
}
