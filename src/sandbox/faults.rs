//! Scripted misbehaviour between a caller and a simulated remote, first in first out per operation.
//!
//! A script is a JSON file. Each fault names an operation (remote, method, path, and optionally a text that the body or the
//! target must contain), how many matching requests pass first (`skip`, default 0), how often it acts (`times`, default 1,
//! `null` for ever) and what it does. Unknown members are refused, so that a misspelt fault cannot silently do nothing.
//!
//! ```json
//! {"faults": [
//!   {"remote": "netsuite", "method": "POST", "path": "/services/rest/query", "contains": "FROM pricing",
//!    "skip": 2, "times": 1, "do": {"reply": {"status": 503, "headers": {"retry-after": "3"}, "body": "busy"}}},
//!   {"remote": "wizcommerce", "method": "POST", "path": "/v2/products", "do": "lose_reply"},
//!   {"remote": "wizcommerce", "path": "/v1/customers/*/addresses", "times": null, "do": {"delay_ms": 250}},
//!   {"remote": "netsuite", "path": "/services/rest/query", "skip": 1,
//!    "do": {"edit": {"remote": "netsuite", "script": "update item set displayname = 'Changed' where id = 7"}}}
//! ]}
//! ```
//!
//! A path matches itself and everything below it; `*` stands for one segment. Faults with the same operation form one queue:
//! while the first of them still lets requests pass, the next one waits. Among different operations that fit one request, the
//! first in the file that acts wins, and the request counts only for those looked at before it.
//!
//! | action | executed | the caller gets |
//! | --- | --- | --- |
//! | `{"reply": {"status", "headers", "body"}}` | no | that reply |
//! | `"lose_reply"` | yes | a cut connection |
//! | `"cut"` | no | a cut connection |
//! | `{"truncate": {"bytes": n}}` | yes | n bytes of the body, then a cut connection |
//! | `"html"` | no | 200 and a maintenance page |
//! | `"empty"` | no | 200, the JSON content type and no body |
//! | `{"delay_ms": n}` | yes, later | the answer |
//! | `{"hold_ms_then_execute": n}` | yes, after the caller is gone | a cut connection, at once |
//! | `"duplicate"` | twice | the second answer |
//! | `{"edit": {"script", "remote"}}` | yes, after the edit | the answer |
//! | `"too_many"` | no | the remote's own refusal of one request too many |
//! | `"garbage"` | yes | the answer's JSON broken off, in a response that is complete as HTTP |
//! | `"deep_json"` | no | 200 and JSON nested 10,000 deep |
//! | `"huge"` | no | 200 and 40 MiB of JSON |
//!
//! An edit's script may be a string or, for a remote whose scripts are JSON, the JSON itself; without `remote` it changes the
//! world of the remote the request was sent to.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::sandbox::exchange::{Reply, Request};

const REMOTES: [&str; 2] = ["netsuite", "wizcommerce"];
/// Headers that belong to the connection; a script that set them would break the framing in ways no server does.
const FRAMING_HEADERS: [&str; 3] = ["connection", "content-length", "transfer-encoding"];
const DEEP_LEVELS: usize = 10_000;
const HUGE_BYTES: usize = 40 * 1024 * 1024;
const JSON_TYPE: &str = "application/json";

/// One scripted fault: which operation it waits for, and what it does to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `netsuite` or `wizcommerce`.
    pub remote: String,
    /// Upper-case method; absent for any.
    #[serde(default)]
    pub method: Option<String>,
    /// Path of the operation, matching everything below it; absent for any.
    #[serde(default)]
    pub path: Option<String>,
    /// A text that the body or the target must contain.
    #[serde(default)]
    pub contains: Option<String>,
    /// How many matching requests pass before the fault acts.
    #[serde(default)]
    pub skip: u32,
    /// How often it acts; `None` for ever.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// What it does.
    #[serde(rename = "do")]
    pub action: Action,
}

/// What a fault does to a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Refuses with a given reply; nothing is executed.
    Reply {
        /// Status code, 200 to 599.
        status: u16,
        /// Header names in lower case.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body, as text.
        #[serde(default)]
        body: String,
    },
    /// Executes, then cuts the connection.
    LoseReply,
    /// Cuts the connection without executing.
    Cut,
    /// Executes and cuts the connection inside the answer's body.
    Truncate {
        /// Bytes of the body that still arrive.
        bytes: usize,
    },
    /// Answers 200 with a maintenance page.
    Html,
    /// Answers 200 with the JSON content type and no body.
    Empty,
    /// Waits so many milliseconds, then goes on normally.
    DelayMs(u64),
    /// Cuts the connection at once and executes so many milliseconds later.
    HoldMsThenExecute(u64),
    /// Executes twice and gives the second answer.
    Duplicate,
    /// Changes a world, then goes on normally.
    Edit {
        /// The change, in the remote's own language.
        #[serde(deserialize_with = "script_text")]
        script: String,
        /// Whose world; absent for the remote that received the request.
        #[serde(default)]
        remote: Option<String>,
    },
    /// Refuses as the remote does when too many requests are in flight.
    TooMany,
    /// Executes and breaks the answer's JSON off half way.
    Garbage,
    /// Answers 200 with absurdly nested JSON.
    DeepJson,
    /// Answers 200 with more JSON than anyone should read.
    Huge,
}

/// A script of faults being worked off, shared by both remotes.
#[derive(Debug, Default)]
pub struct Faults {
    queue: Mutex<Vec<Fault>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    faults: Vec<Fault>,
}

impl Faults {
    /// Takes faults in the order in which they shall act.
    pub fn new(faults: Vec<Fault>) -> Self {
        Self { queue: Mutex::new(faults) }
    }

    /// Reads a script file's text.
    ///
    /// # Errors
    ///
    /// Says in words what is wrong: no JSON, an unknown member or action, or a value that can never match.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let script: Script = serde_json::from_str(text).map_err(|error| format!("the fault script cannot be read: {error}"))?;
        for (index, fault) in script.faults.iter().enumerate() {
            fault.check().map_err(|reason| format!("faults[{index}]: {reason}"))?;
        }
        Ok(Self::new(script.faults))
    }

    /// Appends one more fault behind the others.
    pub fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    /// Forgets every fault that is still waiting.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Gives the faults that have not acted as often as they shall; those that act for ever are always among them.
    pub fn remaining(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// Takes the action that awaits this request, if any, and counts it.
    pub fn next(&self, remote: &str, request: &Request) -> Option<Action> {
        let mut queue = self.lock();
        // Queues whose head still lets requests pass; what stands behind such a head must wait.
        let mut waiting: Vec<usize> = Vec::new();
        for index in 0..queue.len() {
            if !queue[index].matches(remote, request) || waiting.iter().any(|head| queue[*head].same_operation(&queue[index])) {
                continue;
            }
            if queue[index].skip > 0 {
                queue[index].skip -= 1;
                waiting.push(index);
                continue;
            }
            let action = queue[index].action.clone();
            if let Some(times) = &mut queue[index].times {
                *times = times.saturating_sub(1);
                if *times == 0 {
                    queue.remove(index);
                }
            }
            return Some(action);
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault {
    /// Makes a fault that acts once on the next matching request.
    pub fn once(remote: &str, method: &str, path: &str, action: Action) -> Self {
        Self {
            remote: remote.to_owned(),
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            contains: None,
            skip: 0,
            times: once(),
            action,
        }
    }

    fn matches(&self, remote: &str, request: &Request) -> bool {
        self.remote == remote
            && self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path.as_ref().is_none_or(|path| covers(path, request.path()))
            && self.contains.as_ref().is_none_or(|text| {
                request.target.contains(text.as_str()) || String::from_utf8_lossy(&request.body).contains(text.as_str())
            })
    }

    fn same_operation(&self, other: &Self) -> bool {
        self.remote == other.remote && self.method == other.method && self.path == other.path && self.contains == other.contains
    }

    fn check(&self) -> Result<(), String> {
        known_remote(&self.remote)?;
        if self.times == Some(0) {
            return Err("times is 0, so the fault would never act".to_owned());
        }
        if let Some(method) = &self.method
            && method.chars().any(|letter| !letter.is_ascii_uppercase())
        {
            return Err(format!("the method {method:?} is not in upper case"));
        }
        if let Some(path) = &self.path
            && (!path.starts_with('/') || path.contains('?'))
        {
            return Err(format!("the path {path:?} does not start with a slash, or has a query"));
        }
        match &self.action {
            Action::Reply { status, headers, .. } => check_reply(*status, headers),
            Action::Edit { remote: Some(remote), .. } => known_remote(remote),
            _ => Ok(()),
        }
    }
}

impl Action {
    /// Gives the action's name as scripts write it, for the request log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reply { .. } => "reply",
            Self::LoseReply => "lose_reply",
            Self::Cut => "cut",
            Self::Truncate { .. } => "truncate",
            Self::Html => "html",
            Self::Empty => "empty",
            Self::DelayMs(_) => "delay_ms",
            Self::HoldMsThenExecute(_) => "hold_ms_then_execute",
            Self::Duplicate => "duplicate",
            Self::Edit { .. } => "edit",
            Self::TooMany => "too_many",
            Self::Garbage => "garbage",
            Self::DeepJson => "deep_json",
            Self::Huge => "huge",
        }
    }
}

/// Gives a fixed maintenance page, as a proxy in front of a remote would.
pub(super) fn maintenance_page() -> Reply {
    let page = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>";
    Reply::new(200, "text/html; charset=utf-8", page)
}

/// Gives a success that carries nothing.
pub(super) fn empty_answer() -> Reply {
    Reply::new(200, JSON_TYPE, "")
}

/// Gives a success whose JSON nests far deeper than any record.
pub(super) fn deep_answer() -> Reply {
    let body = format!("{{\"data\":{}{}}}", "[".repeat(DEEP_LEVELS), "]".repeat(DEEP_LEVELS));
    Reply::new(200, JSON_TYPE, body)
}

/// Gives a success whose valid JSON is larger than any page.
pub(super) fn huge_answer() -> Reply {
    let body = format!("{{\"data\":\"{}\"}}", "x".repeat(HUGE_BYTES));
    Reply::new(200, JSON_TYPE, body)
}

/// Breaks a reply's body off half way while its length stays consistent.
pub(super) fn broken_off(mut reply: Reply) -> Reply {
    reply.body.truncate(reply.body.len() / 2);
    if reply.body.is_empty() {
        // Half of nothing would still be a clean answer.
        reply.body.extend_from_slice(b"{\"data\":");
    }
    reply
}

fn once() -> Option<u32> {
    Some(1)
}

fn covers(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    pattern.trim_end_matches('/').split('/').all(|wanted| segments.next().is_some_and(|found| wanted == "*" || wanted == found))
}

fn known_remote(name: &str) -> Result<(), String> {
    if REMOTES.contains(&name) { Ok(()) } else { Err(format!("the remote {name:?} is neither netsuite nor wizcommerce")) }
}

fn check_reply(status: u16, headers: &BTreeMap<String, String>) -> Result<(), String> {
    if !(200..=599).contains(&status) {
        return Err(format!("{status} is not a final status"));
    }
    for (name, value) in headers {
        let lower_case = !name.chars().any(|letter| letter.is_ascii_uppercase());
        if !lower_case || HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err() {
            return Err(format!("the header {name:?} is not lower case or not a header"));
        }
        if FRAMING_HEADERS.contains(&name.as_str()) {
            return Err(format!("the header {name:?} belongs to the connection"));
        }
    }
    Ok(())
}

/// Reads a script that is either a text or, unquoted, JSON that is the script.
fn script_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    if raw.get().starts_with('"') {
        return serde_json::from_str(raw.get()).map_err(serde::de::Error::custom);
    }
    Ok(raw.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, body: &str) -> Request {
        Request { method: method.into(), target: target.into(), headers: vec![], body: body.into() }
    }

    fn script(text: &str) -> Faults {
        Faults::from_json(text).expect("the script is valid")
    }

    #[test]
    fn skips_acts_and_is_spent() {
        let faults = script(
            r#"{"faults":[{"remote":"netsuite","method":"POST","path":"/services/rest/query","contains":"FROM pricing",
                "skip":2,"times":1,"do":{"reply":{"status":503,"headers":{"retry-after":"3"},"body":"busy"}}}]}"#,
        );
        let hit = request("POST", "/services/rest/query/v1/suiteql?limit=5", r#"{"q":"SELECT 1 FROM pricing"}"#);
        let other = request("POST", "/services/rest/query/v1/suiteql", r#"{"q":"SELECT 1 FROM item"}"#);
        assert_eq!(faults.next("netsuite", &other), None);
        assert_eq!(faults.next("wizcommerce", &hit), None);
        assert_eq!(faults.next("netsuite", &hit), None);
        assert_eq!(faults.next("netsuite", &hit), None);
        let expected = Action::Reply {
            status: 503,
            headers: BTreeMap::from([("retry-after".to_owned(), "3".to_owned())]),
            body: "busy".to_owned(),
        };
        assert_eq!(faults.next("netsuite", &hit), Some(expected));
        assert_eq!(faults.next("netsuite", &hit), None);
        assert!(faults.remaining().is_empty());
    }

    #[test]
    fn one_operation_is_one_queue() {
        let faults = script(
            r#"{"faults":[
                {"remote":"wizcommerce","path":"/v2/products","skip":1,"times":2,"do":"cut"},
                {"remote":"wizcommerce","path":"/v2/products","do":"html"},
                {"remote":"wizcommerce","path":"/v2/products","contains":"LAMP","do":"empty"}]}"#,
        );
        let post = request("POST", "/v2/products", "LAMP");
        let acted: Vec<Option<Action>> = (0..5).map(|_| faults.next("wizcommerce", &post)).collect();
        // The first request passes the head of the first queue and is free for the other operation.
        assert_eq!(acted, [Some(Action::Empty), Some(Action::Cut), Some(Action::Cut), Some(Action::Html), None]);
    }

    #[test]
    fn null_times_act_for_ever() {
        let faults = script(r#"{"faults":[{"remote":"netsuite","times":null,"do":"lose_reply"}]}"#);
        for _ in 0..50 {
            assert_eq!(faults.next("netsuite", &request("GET", "/x", "")), Some(Action::LoseReply));
        }
        assert_eq!(faults.remaining().len(), 1);
        faults.clear();
        assert_eq!(faults.next("netsuite", &request("GET", "/x", "")), None);
    }

    #[test]
    fn paths_match_by_segment() {
        assert!(covers("/v1/products", "/v1/products/abc"));
        assert!(covers("/v1/products/", "/v1/products"));
        assert!(!covers("/v1/product", "/v1/products"));
        assert!(!covers("/v1/products/abc", "/v1/products"));
        assert!(covers("/v1/customers/*/addresses", "/v1/customers/7/addresses/9"));
        assert!(!covers("/v1/customers/*/addresses", "/v1/customers/7/contacts"));
    }

    #[test]
    fn reads_every_action() {
        for (text, name) in [
            (r#"{"reply":{"status":204}}"#, "reply"),
            (r#""lose_reply""#, "lose_reply"),
            (r#""cut""#, "cut"),
            (r#"{"truncate":{"bytes":5}}"#, "truncate"),
            (r#""html""#, "html"),
            (r#""empty""#, "empty"),
            (r#"{"delay_ms":5}"#, "delay_ms"),
            (r#"{"hold_ms_then_execute":5}"#, "hold_ms_then_execute"),
            (r#""duplicate""#, "duplicate"),
            (r#"{"edit":{"script":"delete from item"}}"#, "edit"),
            (r#""too_many""#, "too_many"),
            (r#""garbage""#, "garbage"),
            (r#""deep_json""#, "deep_json"),
            (r#""huge""#, "huge"),
        ] {
            let faults = script(&format!(r#"{{"faults":[{{"remote":"netsuite","do":{text}}}]}}"#));
            let action = faults.next("netsuite", &request("GET", "/", "")).expect("it acts");
            assert_eq!(action.name(), name);
        }
    }

    #[test]
    fn an_edit_script_may_be_json_itself() {
        let faults = script(
            r#"{"faults":[{"remote":"netsuite","do":{"edit":{"remote":"wizcommerce","script":[{"delete":"/v1/products/sku:A"}]}}}]}"#,
        );
        assert_eq!(
            faults.next("netsuite", &request("GET", "/", "")),
            Some(Action::Edit {
                script: r#"[{"delete":"/v1/products/sku:A"}]"#.to_owned(),
                remote: Some("wizcommerce".to_owned())
            })
        );
    }

    #[test]
    fn refuses_what_could_never_work() {
        for (text, word) in [
            ("[]", "cannot be read"),
            (r#"{"faults":[],"more":1}"#, "more"),
            (r#"{"faults":[{"remote":"netsuite","verb":"GET","do":"cut"}]}"#, "verb"),
            (r#"{"faults":[{"remote":"netsuite","do":"explode"}]}"#, "explode"),
            (r#"{"faults":[{"remote":"netsuite","do":{"truncate":{"bytes":1,"more":1}}}]}"#, "more"),
            (r#"{"faults":[{"remote":"shop","do":"cut"}]}"#, "shop"),
            (r#"{"faults":[{"remote":"netsuite","times":0,"do":"cut"}]}"#, "times"),
            (r#"{"faults":[{"remote":"netsuite","method":"get","do":"cut"}]}"#, "upper case"),
            (r#"{"faults":[{"remote":"netsuite","path":"v1","do":"cut"}]}"#, "slash"),
            (r#"{"faults":[{"remote":"netsuite","do":{"reply":{"status":99}}}]}"#, "99"),
            (r#"{"faults":[{"remote":"netsuite","do":{"reply":{"status":200,"headers":{"A B":"c"}}}}]}"#, "A B"),
            (
                r#"{"faults":[{"remote":"netsuite","do":{"reply":{"status":200,"headers":{"content-length":"9"}}}}]}"#,
                "connection",
            ),
            (r#"{"faults":[{"remote":"netsuite","do":{"edit":{"script":"x","remote":"shop"}}}]}"#, "shop"),
        ] {
            let reason = Faults::from_json(text).expect_err(text);
            assert!(reason.contains(word), "{reason}");
        }
    }

    #[test]
    fn prepared_answers_are_what_they_claim() {
        assert!(serde_json::from_slice::<serde_json::Value>(&deep_answer().body).is_err());
        assert!(huge_answer().body.len() > HUGE_BYTES);
        assert_eq!(broken_off(Reply::new(200, JSON_TYPE, r#"{"data":[]}"#)).body, br#"{"dat"#);
        assert_eq!(broken_off(Reply::new(204, JSON_TYPE, "")).body, b"{\"data\":");
        assert!(maintenance_page().header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
        assert!(empty_answer().body.is_empty());
    }
}
