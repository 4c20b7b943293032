//! HTTP for both remotes: one transport seam, one retry loop, one gate of requests in flight.
//!
//! A client describes a request, says what an answer means ([`Class`]) and whether the request may be repeated; this
//! module sends it. reqwest is known only to [`Network`]; tests plug in a router that is called in process.

mod gate;
mod network;
mod retry;

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

pub use gate::{Gate, Learned, Reserved};
pub use network::{Network, Origin};
pub use retry::Schedule;

use crate::error::{Error, ErrorKind, Result};
use crate::model::Entropy;

/// The largest body read, decompressed, in bytes (`correctness.md` 8).
pub const BODY_LIMIT: usize = 32 * 1024 * 1024;
/// The deepest JSON nesting read (`correctness.md` 8).
pub const DEPTH_LIMIT: usize = 64;

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// OPTIONS.
    Options,
}

impl Method {
    /// Gives the upper-case name, as it is signed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Options => "OPTIONS",
        }
    }
}

/// A request ready to leave. Not `Debug`: its headers hold signatures and keys.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole address; path and query are sent exactly as they stand here.
    pub url: String,
    /// Headers, in order.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if any.
    pub body: Option<Vec<u8>>,
}

/// An answer, its body decompressed and within [`BODY_LIMIT`].
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Gives the first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Tells whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// Checks that the body is JSON by content type, first byte and depth, and gives it.
    ///
    /// # Errors
    ///
    /// Says in words what the body is instead, with its first characters.
    pub fn json(&self) -> std::result::Result<&[u8], String> {
        let content_type = self.header("content-type").unwrap_or("none");
        let first = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        if !content_type.contains("json") || !matches!(first, Some(b'{' | b'[')) {
            return Err(format!("{content_type} instead of JSON: {}", self.excerpt()));
        }
        match depth(&self.body) {
            Some(depth) if depth <= DEPTH_LIMIT => Ok(&self.body),
            Some(_) => Err(format!("JSON nested deeper than {DEPTH_LIMIT} levels")),
            None => Err(format!("JSON that ends early after {} bytes", self.body.len())),
        }
    }

    /// Gives the first characters of the body on one line, for an error message.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(self.body.get(..600).unwrap_or(&self.body));
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() { "an empty body".into() } else { line.chars().take(160).collect() }
    }
}

/// Measures the deepest nesting of JSON text without parsing it; `None` when something is left open.
pub(crate) fn depth(json: &[u8]) -> Option<usize> {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => in_text = true,
                b'{' | b'[' => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    (depth == 0 && !in_text).then_some(deepest)
}

/// Why no answer arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// Nothing was sent (name not resolved, connection refused, TLS failed): the remote cannot have acted.
    NotSent(String),
    /// Something was sent: the remote may have acted (`correctness.md` R9).
    Unknown(String),
}

/// What carries requests: the network in life, a router called in process in tests.
pub trait Transport {
    /// Sends one request once.
    fn send<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = std::result::Result<Response, Lost>> + 'a>>;
}

/// What an answer means for the retry loop. Decided beside each client, by code first, then by status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// The client can use it: a success, or a refusal that will not change.
    Final,
    /// Refused for flow control and not executed. Holds what to tell a person.
    Busy(String),
    /// The remote failed; it may or may not have acted. Holds what to tell a person.
    Failed(String),
}

/// Whether a request may be sent again when its outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Sending twice has the effect of sending once.
    Safe,
    /// Sending twice has the effect of sending once unless somebody else writes in between: what is there has to be compared
    /// first.
    Compared,
    /// Sending twice may do it twice: an unknown outcome is the caller's to find out. What was given up without an answer may
    /// still be executed, so it is not sent again in the same run (`correctness.md` R10).
    Never,
}

/// Why a call has no usable answer.
#[derive(Debug)]
pub enum CallError {
    /// The remote could not be reached; nothing was executed.
    Unavailable(String),
    /// The remote kept refusing for flow control; nothing was executed.
    Busy(String),
    /// The request may have been executed; one that may be repeated was, and in vain. Tells also whether the remote called
    /// itself down (502, 503, 504), which says nothing about the request.
    Unknown(String, bool),
    /// An earlier request was refused for its login; this one was not sent.
    Closed,
    /// The user asked to stop while waiting.
    Interrupted(u8),
}

/// A wish to stop, shared by everything that waits.
#[derive(Debug, Clone)]
pub struct Stop {
    receiver: tokio::sync::watch::Receiver<Option<u8>>,
}

impl Stop {
    /// Makes a stop that is asked for through the sender, with a signal's number.
    pub fn channel() -> (tokio::sync::watch::Sender<Option<u8>>, Self) {
        let (sender, receiver) = tokio::sync::watch::channel(None);
        (sender, Self { receiver })
    }

    /// Gives the signal once stopping was asked for.
    pub fn requested(&self) -> Option<u8> {
        *self.receiver.borrow()
    }

    /// Waits until stopping is asked for; for ever when nobody can ask.
    pub async fn wait(&self) -> u8 {
        let mut receiver = self.receiver.clone();
        let signal = receiver.wait_for(Option::is_some).await.ok().and_then(|signal| *signal);
        match signal {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }

    /// Gives the error of an interrupted run, once stopping was asked for.
    pub fn error(&self) -> Option<Error> {
        self.requested().map(interrupted)
    }
}

/// Makes the error of a run that was asked to stop.
pub fn interrupted(signal: u8) -> Error {
    Error::new(ErrorKind::Interrupted { signal }, "stopped as asked; what was complete is committed")
        .hint("run the same command again: it goes on where this run stopped")
}

/// One remote system as seen through HTTP: transport, gate, retry budget and the count of requests.
pub struct Remote {
    name: &'static str,
    transport: Rc<dyn Transport>,
    gate: Gate,
    schedule: Schedule,
    entropy: Arc<dyn Entropy>,
    stop: Stop,
    sent: Cell<u64>,
    budget: Rc<Cell<u32>>,
    closed: Rc<Cell<bool>>,
    urgent: bool,
}

/// Retries that may be outstanding before a remote counts as plainly down; each success earns a part of one back.
const BUDGET: u32 = 200;

impl Remote {
    /// Puts a remote together.
    pub fn new(
        name: &'static str,
        transport: Rc<dyn Transport>,
        gate: Gate,
        schedule: Schedule,
        entropy: Arc<dyn Entropy>,
        stop: Stop,
    ) -> Self {
        Self {
            name,
            transport,
            gate,
            schedule,
            entropy,
            stop,
            sent: Cell::new(0),
            budget: Rc::new(Cell::new(BUDGET)),
            closed: Rc::new(Cell::new(false)),
            urgent: false,
        }
    }

    /// Gives the same remote for requests that go before all others at the gate. It counts its own requests; everything
    /// learned about the remote is shared.
    #[must_use]
    pub fn urgent(&self) -> Self {
        Self {
            name: self.name,
            transport: Rc::clone(&self.transport),
            gate: self.gate.clone(),
            schedule: self.schedule,
            entropy: Arc::clone(&self.entropy),
            stop: self.stop.clone(),
            sent: Cell::new(0),
            budget: Rc::clone(&self.budget),
            closed: Rc::clone(&self.closed),
            urgent: true,
        }
    }

    /// Gives the name a person knows it by.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Gives the gate of requests in flight.
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Gives the number of requests sent so far, retries included.
    pub fn sent(&self) -> u64 {
        self.sent.get()
    }

    /// Sends nothing any more, also of what is waiting for its turn: after a refused login each further one counts towards
    /// a lock-out (`correctness.md` 5).
    pub fn close(&self) {
        self.closed.set(true);
    }

    /// Gives the random source shared with the retry loop.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    /// Gives the schedule of waits.
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Gives the wish to stop.
    pub const fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Sends a request until an answer is final or trying on is pointless. `prepare` is called for every attempt, so that
    /// each is signed afresh.
    ///
    /// # Errors
    ///
    /// See the variants of [`CallError`]; what is not [`Repeat::Safe`] gives [`CallError::Unknown`] after one attempt.
    pub async fn call(
        &self,
        prepare: &dyn Fn() -> Request,
        classify: &dyn Fn(&Response) -> Class,
        repeat: Repeat,
    ) -> std::result::Result<Response, CallError> {
        let mut waits = self.schedule.waits();
        loop {
            let permit = if self.urgent { self.gate.acquire_urgent().await } else { self.gate.acquire().await };
            if self.closed.get() {
                return Err(CallError::Closed);
            }
            let request = prepare();
            let method = request.method.name();
            self.sent.set(self.sent.get() + 1);
            let result = self.transport.send(request).await;
            let is_down = |response: &Response| matches!(response.status, 502..=504);
            let (failure, after) = match result {
                Ok(response) => match classify(&response) {
                    Class::Final => {
                        permit.succeeded();
                        self.budget.set((self.budget.get() + 1).min(BUDGET));
                        return Ok(response);
                    }
                    Class::Busy(words) => {
                        permit.refused();
                        (Failure::Busy(words), retry::retry_after(&response))
                    }
                    Class::Failed(words) => {
                        drop(permit);
                        (Failure::Failed(words, is_down(&response)), retry::retry_after(&response))
                    }
                },
                Err(Lost::NotSent(words)) => {
                    drop(permit);
                    (Failure::NotSent(words), None)
                }
                Err(Lost::Unknown(words)) => {
                    drop(permit);
                    (Failure::Failed(words, false), None)
                }
            };
            if matches!((&failure, repeat), (Failure::Failed(..), Repeat::Compared | Repeat::Never)) {
                return Err(failure.into_error());
            }
            let wait = waits.next(matches!(failure, Failure::Busy(_)), after, self.entropy());
            let exhausted = self.budget.get() == 0;
            let (Some(wait), false) = (wait, exhausted) else {
                return Err(failure.into_error());
            };
            if !matches!(failure, Failure::Busy(_)) {
                self.budget.set(self.budget.get() - 1);
            }
            tracing::debug!(remote = self.name, method, wait_ms = wait.as_millis(), cause = failure.words(), "trying again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                signal = self.stop.wait() => return Err(CallError::Interrupted(signal)),
            }
        }
    }

    /// Turns a call without an answer into the error a person sees.
    pub fn unavailable(&self, what: &str, error: CallError) -> Error {
        match error {
            CallError::Interrupted(signal) => interrupted(signal),
            CallError::Closed => {
                Error::new(ErrorKind::Credentials, format!("{} refused the credentials of an earlier request", self.name))
                    .hint(format!("check which secret is in use with `netwiz verify-credentials {}`", self.name.to_lowercase()))
            }
            CallError::Unavailable(words) | CallError::Unknown(words, _) => {
                let message = format!("{} is not available: no usable answer to {what}, also after retries", self.name);
                Error::new(ErrorKind::Unavailable, message)
                    .caused_by(words)
                    .hint("nothing is lost: the next run goes on where this one stopped")
                    .hint(format!("check the connection with `netwiz verify-credentials {}`", self.name.to_lowercase()))
            }
            CallError::Busy(words) => {
                let message = format!("{} takes no more requests: it kept refusing {what}, also after retries", self.name);
                Error::new(ErrorKind::Unavailable, message)
                    .caused_by(words)
                    .hint("nothing is lost: the next run goes on where this one stopped")
                    .hint(format!(
                        "run again later, or leave more room to other integrations: lower `concurrency` under `[profile.<name>.{}]`",
                        self.name.to_lowercase()
                    ))
            }
        }
    }
}

enum Failure {
    Busy(String),
    Failed(String, bool),
    NotSent(String),
}

impl Failure {
    fn words(&self) -> &str {
        match self {
            Self::Busy(words) | Self::Failed(words, _) | Self::NotSent(words) => words,
        }
    }

    fn into_error(self) -> CallError {
        match self {
            Self::Busy(words) => CallError::Busy(words),
            Self::Failed(words, down) => CallError::Unknown(words, down),
            Self::NotSent(words) => CallError::Unavailable(words),
        }
    }
}

/// Percent-encodes (RFC 3986, and so RFC 5849): all but letters, digits and `-._~` becomes upper-case `%XX`.
pub fn percent_encode(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Decodes a JSON answer and names the member that was wrong.
///
/// # Errors
///
/// [`ErrorKind::Unavailable`]: an answer nobody can read is a failure of the remote.
pub fn decode<'a, T: serde::Deserialize<'a>>(what: &str, body: &'a [u8]) -> Result<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        Error::new(ErrorKind::Unavailable, format!("the answer to {what} cannot be read")).caused_by(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(content_type: &str, body: &str) -> Response {
        Response { status: 200, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    #[test]
    fn only_json_passes_for_json() {
        assert!(response("application/vnd.oracle.resource+json; type=collection", " {}").json().is_ok());
        assert!(response("text/html", "<html>maintenance</html>").json().is_err_and(|text| text.contains("maintenance")));
        assert!(response("application/json", "<html>").json().is_err());
        assert!(response("application/json", r#"{"items":[{"a":"b"#).json().is_err_and(|text| text.contains("ends early")));
        assert!(response("application/json", "").json().is_err_and(|text| text.contains("an empty body")));
    }

    #[test]
    fn deep_json_is_refused_and_brackets_in_text_do_not_count() {
        let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
        assert!(response("application/json", &deep).json().is_err());
        let text = format!("[\"{}\\\"{}\"]", "[".repeat(100), "{".repeat(100));
        assert!(response("application/json", &text).json().is_ok());
    }

    #[test]
    fn decoding_names_the_member() {
        #[derive(Debug, serde::Deserialize)]
        struct Reply {
            #[expect(dead_code, reason = "only its type matters here")]
            rows: Vec<u32>,
        }
        let error = decode::<Reply>("the test", br#"{"rows":[1,"x"]}"#).unwrap_err();
        assert!(error.causes()[0].starts_with("rows[1]:"), "{:?}", error.causes());
    }
}
