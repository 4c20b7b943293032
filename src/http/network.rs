//! The transport over real sockets: reqwest with rustls, gzip, no redirects, and only to the configured origins.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::{BODY_LIMIT, Lost, Method, Request, Response, Transport};
use crate::error::{Error, ErrorKind, Result};

/// Scheme, host and port that requests may go to, e.g. `https://1234567.suitetalk.api.netsuite.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Takes the origin out of an address without path, as the configuration holds it.
    pub fn of(base: &str) -> Self {
        Self(base.trim_end_matches('/').to_owned())
    }

    fn covers(&self, url: &str) -> bool {
        url.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Tells whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.0.split("://").nth(1).unwrap_or_default();
        host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]")
    }
}

/// The network, limited to a list of origins (`correctness.md` R15).
pub struct Network {
    client: reqwest::Client,
    allowed: Vec<Origin>,
}

impl Network {
    /// Opens a client that reaches the given origins only.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the TLS library cannot start, e.g. without any root certificate.
    pub fn new(allowed: Vec<Origin>, timeout: Duration) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("netwiz/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(timeout)
            .tcp_nodelay(true)
            .gzip(true);
        if allowed.iter().all(Origin::is_loopback) {
            // A proxy of the environment has no business between this machine and itself.
            builder = builder.no_proxy();
        }
        let client =
            builder.build().map_err(|error| Error::new(ErrorKind::Internal, "the HTTP client cannot start").caused_by(error))?;
        Ok(Self { client, allowed })
    }

    async fn exchange(&self, request: Request) -> std::result::Result<Response, Lost> {
        if !self.allowed.iter().any(|origin| origin.covers(&request.url)) {
            return Err(Lost::NotSent("the address is not one of the configured hosts".into()));
        }
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Options => reqwest::Method::OPTIONS,
        };
        let mut builder = self.client.request(method, &request.url);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let mut answer = builder.send().await.map_err(|error| lost(&error))?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| lost(&error))? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(Lost::Unknown(format!("the answer is larger than {} MiB", BODY_LIMIT / 1024 / 1024)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }
}

impl Transport for Network {
    fn send<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = std::result::Result<Response, Lost>> + 'a>> {
        Box::pin(self.exchange(request))
    }
}

/// Tells a failure before anything was sent from one after it. The words hold the innermost cause, without the address.
fn lost(error: &reqwest::Error) -> Lost {
    let mut words = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    if error.is_timeout() && !error.is_connect() {
        words = "no answer within the time limit".into();
    }
    if words.is_empty() {
        words = if error.is_decode() { "the answer ended early".into() } else { "the connection failed".into() };
    }
    if error.is_connect() || error.is_builder() { Lost::NotSent(words) } else { Lost::Unknown(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_covers_its_own_paths_only() {
        let origin = Origin::of("http://127.0.0.1:8081/");
        assert!(origin.covers("http://127.0.0.1:8081/services/rest"));
        assert!(!origin.covers("http://127.0.0.1:80815/services"));
        assert!(!origin.covers("http://127.0.0.1:8081@evil.example/"));
        assert!(!origin.covers("https://127.0.0.1:8081/"));
    }

    #[tokio::test]
    async fn other_hosts_are_never_contacted() {
        let network = Network::new(vec![Origin::of("http://127.0.0.1:9")], Duration::from_secs(1)).unwrap();
        let request = Request { method: Method::Get, url: "http://127.0.0.1:10/x".into(), headers: Vec::new(), body: None };
        assert!(matches!(network.send(request).await, Err(Lost::NotSent(words)) if words.contains("configured hosts")));
    }

    #[tokio::test]
    async fn a_refused_connection_was_not_sent() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let network = Network::new(vec![Origin::of(&base)], Duration::from_secs(1)).unwrap();
        let request = Request { method: Method::Get, url: format!("{base}/x"), headers: Vec::new(), body: None };
        assert!(matches!(network.send(request).await, Err(Lost::NotSent(_))));
    }
}
