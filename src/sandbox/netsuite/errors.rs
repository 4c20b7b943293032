//! Refusals in the two envelopes NetSuite uses: `o:errorDetails` for REST services, `{"error" : …}` for RESTlets.

use serde_json::{Value, json};

use crate::sandbox::exchange::Reply;

/// Names the part of a request that an error points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Locator {
    /// Nothing in particular.
    None,
    /// A query parameter; SuiteQL also blames `q` this way although it travels in the body.
    Query(&'static str),
    /// A request header.
    Header(&'static str),
    /// A path in the JSON body.
    Path(String),
    /// The address itself.
    Url(String),
}

/// A refused request of a REST service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    detail: String,
    locator: Locator,
}

impl Refusal {
    /// Makes a refusal that points at nothing in particular.
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), locator: Locator::None }
    }

    /// Points at the part of the request that is wrong.
    #[must_use]
    pub(super) fn at(mut self, locator: Locator) -> Self {
        self.locator = locator;
        self
    }

    /// Makes a 400 for a query parameter.
    pub(super) fn parameter(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(400, "INVALID_PARAMETER", detail).at(Locator::Query(name))
    }

    /// Makes a 400 for a body that cannot be read.
    pub(super) fn content(detail: impl Into<String>) -> Self {
        Self::new(400, "INVALID_CONTENT", format!("Invalid content in the request body. {}", detail.into()))
    }

    /// Makes a 400 for what the business rules of a record do not allow.
    pub(super) fn user(detail: impl std::fmt::Display) -> Self {
        Self::new(400, "USER_ERROR", format!("Error while accessing a resource. {detail}"))
    }

    /// Makes the 405 for a method the address does not have.
    pub(super) fn method(method: &str) -> Self {
        Self::new(405, "METHOD_NOT_ALLOWED", format!("The method {method} is not allowed for this resource."))
    }

    /// Makes the 500 whose cause only the vendor can look up.
    pub(super) fn unexpected() -> Self {
        Self::new(500, "UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: simulated0000000000")
    }

    /// Renders the envelope.
    pub(super) fn reply(&self) -> Reply {
        let mut detail = json!({"detail": self.detail, "o:errorCode": self.code});
        let (member, value) = match &self.locator {
            Locator::None => ("", Value::Null),
            Locator::Query(name) => ("o:errorQueryParam", Value::from(*name)),
            Locator::Header(name) => ("o:errorHeader", Value::from(*name)),
            Locator::Path(path) => ("o:errorPath", Value::from(path.as_str())),
            Locator::Url(url) => ("o:errorUrl", Value::from(url.as_str())),
        };
        if let (Some(members), false) = (detail.as_object_mut(), value.is_null()) {
            members.insert(member.to_owned(), value);
        }
        let (title, section) = title(self.status);
        let body = json!({
            "type": format!("https://www.rfc-editor.org/rfc/rfc9110.html#section-{section}"),
            "title": title,
            "status": self.status,
            "o:errorDetails": [detail],
        });
        Reply::new(self.status, ERROR_TYPE, body.to_string())
    }
}

impl From<rusqlite::Error> for Refusal {
    /// A database that cannot answer is a failure without explanation to the caller.
    fn from(error: rusqlite::Error) -> Self {
        tracing::debug!(%error, "the sandbox database refused");
        Self::unexpected()
    }
}

/// Media type of a refusal.
const ERROR_TYPE: &str = "application/vnd.oracle.resource+json; type=error";

fn title(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("Bad Request", "15.5.1"),
        401 => ("Unauthorized", "15.5.2"),
        403 => ("Forbidden", "15.5.4"),
        404 => ("Not Found", "15.5.5"),
        405 => ("Method Not Allowed", "15.5.6"),
        _ => ("Internal Server Error", "15.6.1"),
    }
}

/// Renders a RESTlet refusal; the spaces around the colons are the server's own.
pub(super) fn restlet(status: u16, code: &str, message: &str) -> Reply {
    let (code, message) = (Value::from(code), Value::from(message));
    Reply::new(status, "application/json;charset=utf-8", format!(r#"{{"error" : {{"code" : {code}, "message" : {message}}}}}"#))
}

/// Renders the refusal of a request whose key an earlier job has: a conflict by its title, with the status of a bad request.
pub(super) fn repeated(job: &str) -> Reply {
    let body = json!({
        "type": "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.10",
        "title": "Conflict",
        "status": 400,
        "o:errorDetails": [{
            "detail": "A request with the same idempotency key was already submitted.",
            "o:errorCode": "IDEMPOTENCY_ERROR",
        }],
    });
    Reply::new(400, ERROR_TYPE, body.to_string()).with_header("location", job)
}

/// Renders the refusal of a request above the concurrency limit, with its mismatched title and code.
pub(super) fn too_many() -> Reply {
    let body = json!({
        "type": "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4",
        "title": "Bad Request",
        "status": 429,
        "o:errorCode": "USER_ERROR",
        "o:errorDetails": [{
            "detail": "Concurrent request limit exceeded. Request blocked. Verify your concurrency limits at \
                       Setup > Integration > Integration Management > Integration Governance.",
            "o:errorCode": "CONCURRENCY_LIMIT_EXCEEDED",
        }],
    });
    Reply::new(429, ERROR_TYPE, body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_place_and_its_code() {
        let reply = Refusal::parameter("q", "No.").reply();
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(reply.status, 400);
        assert_eq!(reply.header("content-type"), Some(ERROR_TYPE));
        assert_eq!(
            body["o:errorDetails"][0],
            json!({"detail": "No.", "o:errorCode": "INVALID_PARAMETER", "o:errorQueryParam": "q"})
        );
        assert_eq!(body["title"], "Bad Request");
    }

    #[test]
    fn a_blocked_request_says_bad_request_with_429() {
        let body: Value = serde_json::from_slice(&too_many().body).unwrap();
        assert_eq!((body["title"].as_str(), body["status"].as_u64()), (Some("Bad Request"), Some(429)));
        assert_eq!(body["o:errorDetails"][0]["o:errorCode"], "CONCURRENCY_LIMIT_EXCEEDED");
    }

    #[test]
    fn a_restlet_refusal_keeps_the_spaces() {
        let reply = restlet(400, "X", "say \"no\"");
        assert_eq!(String::from_utf8(reply.body).unwrap(), r#"{"error" : {"code" : "X", "message" : "say \"no\""}}"#);
    }
}
