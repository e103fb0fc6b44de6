//! Reaching an address over HTTP, with bounds on time and size. TLS is rustls with ring and the system's certificates.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use crate::error::ClientError;

/// A connection that was unused for longer is not used again. CometBFT closes one after ten seconds, and a question that meets the end of its
/// connection fails: who asks every ten seconds would see that happen.
const IDLE: Duration = Duration::from_secs(5);

/// An answer: its status, its type and its body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The type that the server claims, such as `application/json`.
    pub kind: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// True for a status from 200 to 299.
    pub fn is_success(&self) -> bool {
        StatusCode::from_u16(self.status).is_ok_and(|status| status.is_success())
    }
}

/// One server's client.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    most: usize,
}

impl Http {
    /// A client for `url` that waits at most `timeout` for an answer of at most `most` bytes. Errors when `url` is no address.
    pub fn new(url: &str, timeout: Duration, most: usize) -> Result<Self, ClientError> {
        Self::with(url, (timeout, most), |builder| builder)
    }

    /// The same for a server that is not trusted: it is sent these headers, none of which is ever shown, and is followed nowhere else.
    pub fn guarded(
        url: &str,
        limits: (Duration, usize),
        headers: &[(String, String)],
    ) -> Result<Self, ClientError> {
        let mut sent = HeaderMap::new();
        for (name, value) in headers {
            let unusable = || ClientError::Config(format!("{name:?} cannot be sent as a header"));
            let key = HeaderName::try_from(name).map_err(|_| unusable())?;
            let mut value = HeaderValue::try_from(value).map_err(|_| unusable())?;
            value.set_sensitive(true);
            sent.insert(key, value);
        }
        Self::with(url, limits, |builder| {
            builder.default_headers(sent).redirect(Policy::none())
        })
    }

    fn with(
        url: &str,
        (timeout, most): (Duration, usize),
        adjust: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, ClientError> {
        let parsed = reqwest::Url::parse(url)
            .map_err(|why| ClientError::Config(format!("{url:?} is no address: {why}")))?;
        if !["http", "https"].contains(&parsed.scheme()) {
            return Err(ClientError::Config(format!(
                "{url:?} must begin with http:// or https://"
            )));
        }
        let mut builder = Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout)
            .pool_idle_timeout(IDLE)
            .tls_backend_preconfigured(tls()?);
        if is_loopback(&parsed) {
            builder = builder.no_proxy();
        }
        let client = adjust(builder)
            .build()
            .map_err(|why| ClientError::Config(format!("{url}: {why}")))?;
        Ok(Self { client, most })
    }

    /// Asks for a document. The error says what went wrong on the way.
    pub async fn get(&self, url: &str) -> Result<Answer, String> {
        self.read(self.client.get(url).send().await).await
    }

    /// Sends JSON.
    pub async fn post(&self, url: &str, body: Vec<u8>) -> Result<Answer, String> {
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json");
        self.read(request.body(body).send().await).await
    }

    async fn read(&self, sent: Result<Response, reqwest::Error>) -> Result<Answer, String> {
        let mut response = sent.map_err(shown)?;
        let kind = response.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let (status, kind) = (response.status().as_u16(), kind.to_string());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(shown)? {
            if body.len().saturating_add(chunk.len()) > self.most {
                return Err(format!("the answer is longer than {} bytes", self.most));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, kind, body })
    }
}

/// The innermost cause says more than "error sending request".
fn shown(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The system's certificates; none at all is not an error here, as plain addresses need none.
pub(crate) fn tls() -> Result<ClientConfig, ClientError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|why| ClientError::Config(format!("TLS: {why}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_must_be_http_and_loopback_is_known() {
        let second = Duration::from_secs(1);
        for wrong in ["", "localhost", "ftp://a", "file:///etc/hosts"] {
            assert!(Http::new(wrong, second, 1).is_err(), "{wrong:?}");
        }
        let loopback = |url: &str| is_loopback(&url.parse().unwrap());
        assert!(loopback("http://127.0.0.1:26657"));
        assert!(loopback("http://[::1]:1") && loopback("http://localhost"));
        assert!(!loopback("https://rpc.example"));
    }
}
