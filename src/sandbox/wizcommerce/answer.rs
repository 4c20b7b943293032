//! Envelopes, refusals and timestamps as every WizCommerce call words them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::sandbox::exchange::Reply;

use super::json::Json;

const JSON_TYPE: &str = "application/json; charset=utf-8";

/// A successful answer.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    body: Json,
}

/// One field that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Detail {
    /// Path of the field, e.g. `variants[0].sku_id`; for a query, the parameter.
    pub(super) field: String,
    /// The reason in a few words.
    pub(super) reason: String,
}

/// A call that is not carried out.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    details: Vec<Detail>,
    headers: Vec<(&'static str, String)>,
}

impl Answer {
    /// Answers 200 with one value under `data`.
    pub(super) fn found(data: Json) -> Self {
        Self { status: 200, body: Json::object([("data", data)]) }
    }

    /// Answers 201 with one value under `data`, as creates and most changes do.
    pub(super) fn written(data: Json) -> Self {
        Self { status: 201, body: Json::object([("data", data)]) }
    }

    /// Answers 200 with one page of a list.
    pub(super) fn listed(data: Vec<Json>, pagination: Json) -> Self {
        Self { status: 200, body: Json::object([("data", Json::List(data)), ("pagination", pagination)]) }
    }

    /// Answers 200 with a body that has no envelope.
    pub(super) fn bare(body: Json) -> Self {
        Self { status: 200, body }
    }

    /// Answers a deletion. Neither status nor body is documented; the id is what a caller can check.
    pub(super) fn deleted(id: &str) -> Self {
        Self::found(Json::object([("id", Json::of_text(id))]))
    }
}

impl Refusal {
    /// Refuses a body or a query, naming every field that is wrong.
    pub(super) fn invalid(details: Vec<Detail>) -> Self {
        Self { details, ..Self::new(400, "BAD_REQUEST", "validation failed") }
    }

    /// Refuses a body that cannot be read at all.
    pub(super) fn unreadable(reason: impl Into<String>) -> Self {
        Self::new(400, "BAD_REQUEST", reason)
    }

    /// Refuses a caller without a valid key.
    pub(super) fn unauthorized(reason: &str) -> Self {
        Self::new(401, "UNAUTHORIZED", reason)
    }

    /// Gives everything that is wrong in one line, for people.
    pub(super) fn words(&self) -> String {
        let details: Vec<String> = self.details.iter().map(|Detail { field, reason }| format!("{field} {reason}")).collect();
        if details.is_empty() { self.message.clone() } else { details.join(", ") }
    }

    /// Refuses a path or an id that does not exist.
    pub(super) fn not_found(what: impl Into<String>) -> Self {
        Self::new(404, "NOT_FOUND", what)
    }

    /// Refuses a method, naming those the path has.
    pub(super) fn method_not_allowed(allowed: &[&str]) -> Self {
        let headers = vec![("allow", allowed.join(", "))];
        Self { headers, ..Self::new(405, "METHOD_NOT_ALLOWED", "the path does not have this method") }
    }

    /// Refuses one request too many, with a wait when there is one to name.
    pub(super) fn too_many(retry_after_seconds: Option<u32>) -> Self {
        let headers = retry_after_seconds.map(|seconds| ("retry-after", seconds.to_string())).into_iter().collect();
        Self { headers, ..Self::new(429, "TOO_MANY_REQUESTS", "too many requests, slow down") }
    }

    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new(), headers: Vec::new() }
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(500, "INTERNAL", format!("the simulator's store failed: {error}"))
    }
}

impl Detail {
    /// Makes a detail.
    pub(super) fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::new(answer.status, JSON_TYPE, answer.body.to_string())
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let mut body = Json::object([("code", Json::of_text(refusal.code)), ("message", Json::of_text(refusal.message))]);
        if !refusal.details.is_empty() {
            let details = refusal
                .details
                .into_iter()
                .map(|detail| Json::object([("field", Json::of_text(detail.field)), ("reason", Json::of_text(detail.reason))]));
            body.set("details", Json::List(details.collect()));
        }
        let reply = Self::new(refusal.status, JSON_TYPE, body.to_string());
        refusal.headers.into_iter().fold(reply, |reply, (name, value)| reply.with_header(name, value))
    }
}

/// Writes a moment as the API does: UTC, whole seconds, `Z`.
pub(super) fn stamp(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Says whether a text is a moment in exactly that form.
pub(super) fn is_stamp(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok_and(|moment| stamp(moment) == text)
}

/// Writes a moment as the `Date` header does.
pub(super) fn http_date(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_recognises_stamps() {
        let moment: Timestamp = "2026-03-04T05:06:07.987Z".parse().expect("valid");
        assert_eq!(stamp(moment), "2026-03-04T05:06:07Z");
        assert_eq!(http_date(moment), "Wed, 04 Mar 2026 05:06:07 GMT");
        assert!(is_stamp("2026-03-04T05:06:07Z"));
        for wrong in ["2026-03-04", "2026-03-04T05:06:07.5Z", "2026-03-04T05:06:07+00:00", "2026-02-30T05:06:07Z", "now"] {
            assert!(!is_stamp(wrong), "{wrong}");
        }
    }

    #[test]
    fn words_a_refusal_as_documented() {
        let reply = Reply::from(Refusal::invalid(vec![Detail::new("line_items[0].sku", "unknown sku")]));
        assert_eq!(reply.status, 400);
        assert_eq!(
            String::from_utf8(reply.body).expect("text"),
            r#"{"code":"BAD_REQUEST","message":"validation failed","details":[{"field":"line_items[0].sku","reason":"unknown sku"}]}"#
        );
        let reply = Reply::from(Refusal::too_many(Some(2)));
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("2")));
        assert_eq!(Reply::from(Refusal::too_many(None)).header("retry-after"), None);
        assert_eq!(Reply::from(Refusal::method_not_allowed(&["GET", "POST"])).header("allow"), Some("GET, POST"));
    }
}
