//! Writes, as a client sends them: what is taken, what is refused, and what the queries see afterwards.

mod account;
mod customers;
mod deposits;
mod jobs;
mod orders;
mod seeded;
mod transforms;

use serde_json::{Value, json};

use crate::sandbox::exchange::Remote;
use crate::sandbox::netsuite::tests::{get, now, refused, signed, with_documents};
use crate::sandbox::netsuite::{NetSuite, Settings};

const ROOT: &str = "/services/rest/record/v1/";

/// What came back: the status, the id in the location, the body and the warnings.
#[derive(Debug)]
struct Written {
    status: u16,
    id: String,
    body: Value,
    warnings: Option<String>,
}

fn standard() -> NetSuite {
    with_documents(Settings::default())
}

fn send(netsuite: &NetSuite, method: &str, target: &str, body: &Value) -> Written {
    send_with(netsuite, method, target, body, &[])
}

fn send_with(netsuite: &NetSuite, method: &str, target: &str, body: &Value, headers: &[(&str, &str)]) -> Written {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut request = signed(netsuite, method, &format!("{ROOT}{target}"), &body, now());
    request.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let reply = netsuite.handle(&request, now());
    let id = reply.header("location").and_then(|location| location.rsplit('/').next()).unwrap_or_default().to_owned();
    Written {
        status: reply.status,
        id,
        body: serde_json::from_slice(&reply.body).unwrap_or_default(),
        warnings: reply.header("x-netsuite-propertyvalidation").map(str::to_owned),
    }
}

/// Writes what must be taken; gives the id.
#[track_caller]
fn taken(netsuite: &NetSuite, method: &str, target: &str, body: &Value) -> String {
    let written = send(netsuite, method, target, body);
    assert_eq!((written.status, &written.body), (204, &Value::Null), "{method} {target}");
    written.id
}

/// Writes what must be refused; gives the status, the code and the words.
fn turned_down(netsuite: &NetSuite, method: &str, target: &str, body: &Value) -> (u16, String, String) {
    let written = send(netsuite, method, target, body);
    let (code, detail) = refused(&written.body);
    (written.status, code.to_owned(), detail.replace("Error while accessing a resource. ", ""))
}

/// Reads a record with everything below it.
#[track_caller]
fn record(netsuite: &NetSuite, target: &str) -> Value {
    let (status, body) = get(netsuite, &format!("{ROOT}{target}?expandSubResources=true"));
    assert_eq!(status, 200, "{target}: {body}");
    body
}

#[track_caller]
fn assert_members(record: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(record[name], *value, "{name}");
    }
}

/// Asks SuiteQL.
#[track_caller]
fn query(netsuite: &NetSuite, sql: &str) -> Vec<Value> {
    let body = json!({"q": sql}).to_string();
    let reply = netsuite.handle(&signed(netsuite, "POST", "/services/rest/query/v1/suiteql", &body, now()), now());
    let mut body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(reply.status, 200, "{body}");
    let mut items = body["items"].take();
    items.as_array_mut().unwrap().iter_mut().for_each(|item| drop(item.as_object_mut().unwrap().remove("links")));
    items.as_array().unwrap().clone()
}

fn edit(netsuite: &NetSuite, script: &str) {
    netsuite.edit(script, now()).unwrap();
}
