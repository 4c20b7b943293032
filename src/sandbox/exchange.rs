//! One request and what happens to it, as plain values: the seam between a simulated remote and whatever carries bytes.
//!
//! A simulator is a pure function from a request and a moment to a reply ([`Remote::handle`]). A socket server and an
//! in-process transport both drive it through [`crate::sandbox::endpoint::Endpoint`], which adds latency, the limit of
//! requests in flight and scripted faults.

use jiff::Timestamp;

/// An HTTP request exactly as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// Upper-case method.
    pub method: String,
    /// Path and query as sent, still percent-encoded, e.g. `/v1/products?sku_id=A%20B`.
    pub target: String,
    /// Header names in lower case, in order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, not compressed.
    pub body: Vec<u8>,
}

/// What the caller's connection experiences.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// The reply arrives whole.
    Whole(Reply),
    /// The status, headers and so many bytes of the body arrive, then the connection is cut.
    Truncated(Reply, usize),
    /// The connection is cut before any byte of an answer.
    Cut,
}

/// A simulated remote system.
pub trait Remote: Send + Sync {
    /// The name used in fault scripts and request logs: `netsuite` or `wizcommerce`.
    fn name(&self) -> &'static str;

    /// Executes one request at the given moment.
    fn handle(&self, request: &Request, now: Timestamp) -> Reply;

    /// The refusal a caller gets when too many requests are in flight. Nothing is executed.
    fn too_many(&self, request: &Request) -> Reply;

    /// Changes the world behind the API, as a person in the remote's own user interface would.
    ///
    /// The script's language is the remote's own (SQL for NetSuite, JSON for WizCommerce).
    ///
    /// # Errors
    ///
    /// Gives the reason in words when the script cannot be carried out.
    fn edit(&self, script: &str, now: Timestamp) -> Result<(), String>;
}

impl Request {
    /// Gives the first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Gives the path without the query, still encoded.
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// Gives the query without the question mark, still encoded; empty when there is none.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

impl Reply {
    /// Makes a reply with one content type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    /// Adds a header; the name must be lower case.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Gives the first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}
