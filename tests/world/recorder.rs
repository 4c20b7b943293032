//! A transport that keeps book of what is asked: how often, in which words, and how much came back.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use netwiz::http::{Lost, Request, Response, Transport};
use netwiz::sandbox::InProcess;

/// What was asked in one shape.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    pub requests: usize,
    /// Rows that came back.
    pub rows: usize,
    /// The most reference ids that one request named, and all of them.
    pub most_keys: usize,
    pub keys: usize,
}

/// What was asked, by shape.
pub type Book = Rc<RefCell<BTreeMap<String, Tally>>>;

/// Writes down what passes.
pub struct Recorder {
    pub inner: InProcess,
    pub book: Book,
}

impl Transport for Recorder {
    fn send<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Result<Response, Lost>> + 'a>> {
        let (shape, keys) = shape_of(&request);
        Box::pin(async move {
            let answer = self.inner.send(request).await;
            let mut book = self.book.borrow_mut();
            let tally = book.entry(shape).or_default();
            tally.requests += 1;
            tally.keys += keys;
            tally.most_keys = tally.most_keys.max(keys);
            if let Ok(answer) = &answer {
                tally.rows += rows_in(&answer.body);
            }
            answer
        })
    }
}

/// Reads how many rows a page of a query says it holds.
fn rows_in(body: &[u8]) -> usize {
    let text = String::from_utf8_lossy(body);
    let count = text.split_once("\"count\":").map_or("", |(_, rest)| rest);
    count.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

/// Gives a request without its numbers: a query's text, or method and path; and how many reference ids it names.
fn shape_of(request: &Request) -> (String, usize) {
    let address = request.url.split_once("://").map_or(request.url.as_str(), |(_, rest)| rest);
    let target = address.find('/').map_or("/", |at| &address[at..]);
    if target.starts_with("/services/rest/query") {
        let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
        return (without_numbers(&body), 0);
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let keys = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("reference_ids="))
        .map(|list| list.split("%2C").flat_map(|some| some.split(',')).filter(|key| !key.is_empty()).count());
    let path: Vec<&str> = path.split('/').map(|part| if part.len() == 36 && part.contains('-') { "*" } else { part }).collect();
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name).collect();
    (format!("{:?} {} {}", request.method, path.join("/"), names.join(" ")), keys.unwrap_or(0))
}

/// Puts `#` in the place of every number, and of every list of numbers.
fn without_numbers(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '0'..='9' if plain.ends_with('#') => {}
            '0'..='9' => plain.push('#'),
            other => plain.push(other),
        }
    }
    for list in ["#, #", "#,#"] {
        while plain.contains(list) {
            plain = plain.replace(list, "#");
        }
    }
    plain
}
