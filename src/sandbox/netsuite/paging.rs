//! Paging by limit and offset, the same for queries and for lists of records.

use serde_json::{Value, json};

use super::errors::Refusal;
use super::oauth;
use crate::sandbox::exchange::Request;

/// Longest page, and the length of a page when none is asked for.
const LONGEST_PAGE: u64 = 1000;

/// The part of a result that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// At most so many entries.
    pub(super) limit: u64,
    /// Entries before them.
    pub(super) offset: u64,
}

/// Gives the decoded query parameters in order.
pub(super) fn parameters(request: &Request) -> Vec<(String, String)> {
    let parts = request.query().split('&').filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
    pairs.map(|(name, value)| (oauth::decode(name, true), oauth::decode(value, true))).collect()
}

/// Refuses a parameter nobody knows.
pub(super) fn unknown_parameter(name: &str) -> Refusal {
    Refusal::new(400, "INVALID_PARAMETER", format!("Invalid query parameter name '{name}'."))
}

impl Page {
    /// Reads `limit` and `offset`; other parameters must be among those named.
    pub(super) fn read(request: &Request, others: &[&str]) -> Result<Self, Refusal> {
        let mut page = Self { limit: LONGEST_PAGE, offset: 0 };
        for (name, value) in parameters(request) {
            match name.as_str() {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=LONGEST_PAGE).contains(limit));
                    page.limit = limit.ok_or_else(|| {
                        Refusal::parameter(
                            "limit",
                            format!("Invalid value '{value}' for the query parameter limit. Use 1 to {LONGEST_PAGE}."),
                        )
                    })?;
                }
                "offset" => {
                    let offset = value.parse().ok();
                    page.offset = offset.ok_or_else(|| {
                        Refusal::parameter("offset", format!("Invalid value '{value}' for the query parameter offset."))
                    })?;
                }
                other if others.contains(&other) => {}
                other => return Err(unknown_parameter(other)),
            }
        }
        if !page.offset.is_multiple_of(page.limit) {
            return Err(Refusal::parameter("offset", "The offset must be a multiple of the limit."));
        }
        Ok(page)
    }

    /// Gives the links to this page and its neighbours.
    pub(super) fn links(self, address: &str, total: u64) -> Value {
        let link =
            |rel: &str, offset: u64| json!({"rel": rel, "href": format!("{address}?limit={}&offset={offset}", self.limit)});
        let last = total.saturating_sub(1) / self.limit * self.limit;
        let mut links = Vec::new();
        if self.offset > 0 {
            links.push(link("prev", self.offset - self.limit));
            links.push(link("first", 0));
        }
        if self.offset.saturating_add(self.limit) < total {
            links.push(link("next", self.offset + self.limit));
            links.push(link("last", last));
        }
        links.push(link("self", self.offset));
        Value::Array(links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str) -> Request {
        Request { method: "GET".into(), target: format!("/x?{query}"), headers: Vec::new(), body: Vec::new() }
    }

    #[test]
    fn pages_are_bounded_and_aligned() {
        assert_eq!(Page::read(&request(""), &[]), Ok(Page { limit: 1000, offset: 0 }));
        assert_eq!(Page::read(&request("limit=5&offset=10"), &[]), Ok(Page { limit: 5, offset: 10 }));
        for refused in ["limit=0", "limit=1001", "limit=5&offset=7", "offset=-5", "size=3"] {
            assert!(Page::read(&request(refused), &[]).is_err(), "{refused}");
        }
        assert!(Page::read(&request("q=x"), &["q"]).is_ok());
    }

    #[test]
    fn links_name_the_neighbours() {
        let rels = |offset: u64, total: u64| -> Vec<String> {
            let links = Page { limit: 2, offset }.links("http://h/x", total);
            links.as_array().unwrap().iter().map(|l| l["rel"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(rels(0, 5), ["next", "last", "self"]);
        assert_eq!(rels(2, 5), ["prev", "first", "next", "last", "self"]);
        assert_eq!(rels(4, 5), ["prev", "first", "self"]);
        let links = Page { limit: 2, offset: 0 }.links("http://h/x", 5);
        assert_eq!(links[1]["href"], "http://h/x?limit=2&offset=4");
    }
}
