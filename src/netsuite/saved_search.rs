//! Saved searches: the caller of the RESTlet, whose SuiteScript is beside this file.
//!
//! A search is walked by Internal ID like every other reading (`correctness.md` R2): each call asks for the records behind
//! the last one of the call before, so that what comes and goes in between moves nothing out of sight.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::records::scalar;
use super::{NetSuite, Refusal, refusal};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Method, Response, decode, percent_encode};

/// The SuiteScript of the RESTlet, as it is installed in an account.
pub const RESTLET: &str = include_str!("saved_search.js");

/// Rows of one call; the most the RESTlet gives.
const SIZE: usize = 1000;
/// Calls for one search; the RESTlet gives at least one row in each that is not the last.
const MOST_CALLS: usize = 100_000;

/// Item records, by the names that results have in SuiteScript, and `item` for a search over all of them.
const ITEMS: [&str; 25] = [
    "item",
    "assemblyitem",
    "descriptionitem",
    "discountitem",
    "downloaditem",
    "expenseitem",
    "giftcertificateitem",
    "inventoryitem",
    "itemgroup",
    "kititem",
    "lotnumberedassemblyitem",
    "lotnumberedinventoryitem",
    "markupitem",
    "noninventoryitem",
    "noninventoryresaleitem",
    "noninventorysaleitem",
    "otherchargeitem",
    "paymentitem",
    "serializedassemblyitem",
    "serializedinventoryitem",
    "serviceitem",
    // A search without a criterion on the type lists these too.
    "salestaxitem",
    "shipitem",
    "subtotalitem",
    "taxgroup",
];
/// Customers at every stage: a search over customers lists leads and prospects too.
const CUSTOMERS: [&str; 3] = ["customer", "lead", "prospect"];

const INSTALL: &str = "install the script that `netwiz restlet` prints, release its deployment and add the integration's role to \
                       its audience; both ids belong in `restlet` under `[profile.<name>.netsuite]`";

/// Where the RESTlet is.
#[derive(Debug, Clone)]
pub(super) struct Address {
    url: String,
    script: String,
    deploy: String,
}

/// What the records of a saved search have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searched {
    /// Items of any type.
    Items,
    /// Customers at any stage.
    Customers,
}

/// One answer of the RESTlet. Its rows are in the order of their ids, without repetition.
#[derive(Debug)]
pub struct SearchPage {
    /// The record type the search is over, lower case.
    pub record_type: Option<String>,
    /// The rows.
    pub rows: Vec<SearchRow>,
    /// How many rows there are behind `after`, by NetSuite's own count.
    pub count: Option<u64>,
    /// Whether there are rows behind the last one here.
    pub has_more: bool,
    /// The id behind which the next page begins.
    pub next_after: Option<i64>,
    /// NetSuite's clock when it answered.
    pub server_time: Option<Timestamp>,
}

/// One record that a saved search lists.
#[derive(Debug, Deserialize)]
pub struct SearchRow {
    /// The Internal ID.
    #[serde(deserialize_with = "whole_number")]
    pub id: i64,
    /// The record type in SuiteScript's words.
    #[serde(rename = "recordType", default)]
    record_type: Scalar,
    #[serde(default)]
    values: BTreeMap<String, Cell>,
}

impl SearchRow {
    /// Gives the value of a column, by its key `join.name`; of a list, the id of what is chosen.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.v.text()
    }

    /// Gives what a person sees in a column: of a list, the text of what is chosen.
    pub fn label(&self, key: &str) -> Option<&str> {
        let cell = self.values.get(key)?;
        cell.t.text().or_else(|| cell.v.text())
    }
}

#[derive(Debug, Default)]
struct Scalar(Option<Box<str>>);

impl Scalar {
    fn text(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        scalar(<&RawValue>::deserialize(deserializer)?).map(Self).map_err(serde::de::Error::custom)
    }
}

fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<i64, D::Error> {
    let text = Scalar::deserialize(deserializer)?;
    let text = text.text().unwrap_or("nothing");
    text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is no Internal ID")))
}

/// A value, and the text beside it when it is chosen from a list.
#[derive(Debug, Default)]
struct Cell {
    v: Scalar,
    t: Scalar,
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Both {
            #[serde(default)]
            v: Scalar,
            #[serde(default)]
            t: Scalar,
        }
        let raw = <&RawValue>::deserialize(deserializer)?;
        let cell = if raw.get().starts_with('{') {
            serde_json::from_str::<Both>(raw.get()).map(|Both { v, t }| Self { v, t })
        } else {
            scalar(raw).map(|v| Self { v: Scalar(v), t: Scalar(None) })
        };
        cell.map_err(serde::de::Error::custom)
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "recordType", default)]
    record_type: Scalar,
    rows: Option<Vec<SearchRow>>,
    #[serde(default)]
    count: Scalar,
    #[serde(rename = "hasMore", default)]
    has_more: Scalar,
    #[serde(rename = "serverTime", default)]
    server_time: Scalar,
}

impl Address {
    pub(super) fn new(url: &str, script: &str, deploy: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), script: script.to_owned(), deploy: deploy.to_owned() }
    }

    fn call(&self, search: &str, since: Option<Timestamp>, after: Option<i64>) -> String {
        let encode = |text: &str| percent_encode(text.as_bytes());
        let (script, deploy, search) = (encode(&self.script), encode(&self.deploy), encode(search));
        let mut url = format!(
            "{}/app/site/hosting/restlet.nl?script={script}&deploy={deploy}&search={search}&page=0&size={SIZE}",
            self.url
        );
        if let Some(after) = after {
            url.push_str(&format!("&after={after}"));
        }
        if let Some(since) = since {
            url.push_str(&format!("&since={}", encode(&since.to_string())));
        }
        url
    }
}

impl Searched {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Items => &ITEMS,
            Self::Customers => &CUSTOMERS,
        }
    }

    fn check(self, search: &str, page: &SearchPage) -> Result<()> {
        let named = page.rows.iter().filter_map(|row| row.record_type.text()).chain(page.record_type.as_deref());
        let foreign = named.map(str::to_ascii_lowercase).find(|name| !self.names().contains(&name.as_str()));
        let Some(foreign) = foreign else { return Ok(()) };
        let wanted = match self {
            Self::Items => "items",
            Self::Customers => "customers",
        };
        Err(Error::new(ErrorKind::Config, format!("the saved search `{search}` is not over {wanted}"))
            .caused_by(format!("it lists records of the type `{foreign}`"))
            .hint(format!("name a saved search over {wanted} in `saved-search`")))
    }
}

impl SearchPage {
    fn read(search: &str, after: Option<i64>, response: &Response) -> Result<Self> {
        let wire: Wire = decode(&format!("the saved search `{search}`"), &response.body)?;
        let (Some(rows), Some(has_more)) = (wire.rows, wire.has_more.text()) else {
            // A script that catches its own errors answers 200.
            let refusal = refusal(response);
            return Err(if refusal.code.is_empty() { another_script(&refusal) } else { refused(search, refusal) });
        };
        let page = Self {
            record_type: wire.record_type.text().map(str::to_ascii_lowercase),
            next_after: rows.last().map(|row| row.id),
            rows,
            count: wire.count.text().and_then(|text| text.parse().ok()),
            has_more: matches!(has_more, "T" | "true"),
            server_time: wire.server_time.text().and_then(|text| text.parse().ok()),
        };
        page.check(search, after)?;
        Ok(page)
    }

    /// Checks what the walk rests on: every row is behind the one before, and a page that is not the last has rows.
    fn check(&self, search: &str, after: Option<i64>) -> Result<()> {
        let mut last = after;
        for row in &self.rows {
            if last == Some(row.id) && last != after {
                return Err(Error::new(ErrorKind::Config, format!("the saved search `{search}` lists a record more than once"))
                    .caused_by(format!("Internal ID {}", row.id))
                    .hint("take out columns and criteria of joined records: one with two addresses is listed twice"));
            }
            if last.is_some_and(|last| row.id <= last) {
                return Err(unordered(search, &format!("Internal ID {} comes behind {}", row.id, last.unwrap_or_default())));
            }
            last = Some(row.id);
        }
        if self.has_more && self.rows.is_empty() {
            return Err(unordered(search, "a page without rows that is not the last"));
        }
        Ok(())
    }

    /// Tells whether rows are missing by NetSuite's own count. A page that is not the last may end early.
    fn is_short(&self) -> bool {
        !self.has_more && self.count.is_some_and(|count| count > self.rows.len() as u64)
    }
}

fn unordered(search: &str, cause: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the pages of the saved search `{search}` are not in the order of their ids"))
        .caused_by(cause)
        .hint("the script in the account may be an older one or changed: install the one that `netwiz restlet` prints")
}

fn another_script(refusal: &Refusal) -> Error {
    Error::new(ErrorKind::Config, "the configured RESTlet is not the one that serves saved searches")
        .caused_by(refusal.words())
        .hint(INSTALL)
}

/// Turns a refusal of the RESTlet into an error: by code first, then by status.
fn refused(search: &str, refusal: Refusal) -> Error {
    let words = refusal.words();
    let error = |kind, message: String| Error::new(kind, message).caused_by(words);
    match (refusal.code.as_str(), refusal.status) {
        ("SSS_INVALID_SCRIPTLET_ID", _) | ("", 404) => {
            error(ErrorKind::Config, "NetSuite has no RESTlet at the configured script and deployment".into()).hint(INSTALL)
        }
        ("", 405) => another_script(&refusal),
        ("RCRD_DSNT_EXIST" | "INVALID_SEARCH", _) => {
            error(ErrorKind::Config, format!("NetSuite has no saved search `{search}`, or the role may not see it"))
                .hint("check the id in `saved-search`; it is under \"ID\" in the saved search, e.g. `customsearch_items`")
                .hint("a private saved search has to be made public or shared with the integration's role")
        }
        ("NETWIZ_SUMMARY_SEARCH", _) => {
            error(ErrorKind::Config, format!("the saved search `{search}` summarizes, so its rows are not records"))
                .hint("take the summary types out of its columns, or name another one in `saved-search`")
        }
        ("SSS_USAGE_LIMIT_EXCEEDED" | "SSS_TIME_LIMIT_EXCEEDED", _) => {
            error(ErrorKind::Unavailable, format!("NetSuite gave up on the saved search `{search}`"))
                .hint("nothing is lost: the next run goes on where this one stopped")
                .hint("make the saved search lighter: fewer columns, joins and formulas")
        }
        (code, status) if status == 403 || code.starts_with("INSUFFICIENT_PERMISS") => {
            error(ErrorKind::Permission, format!("NetSuite's role may not run the saved search `{search}`"))
                .hint("the role needs Perform Search, and View on the records that the search lists")
                .hint("the role has to be in the audience of the RESTlet's deployment")
        }
        _ => error(ErrorKind::Refused, format!("NetSuite refused the saved search `{search}`")),
    }
}

impl NetSuite {
    /// Asks for the records of a saved search behind an id, only those modified at or after a moment if one is given. The
    /// moment counts to the minute.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when the RESTlet or the search is not there or is not of use, [`ErrorKind::Unavailable`] when
    /// the answer is not whole.
    pub async fn saved_search(&self, search: &str, since: Option<Timestamp>, after: Option<i64>) -> Result<SearchPage> {
        let Some(address) = &self.restlet else {
            return Err(Error::new(ErrorKind::Config, "no RESTlet is configured for saved searches").hint(INSTALL));
        };
        let what = format!("the saved search `{search}`");
        let url = address.call(search, since, after);
        // Without the type a RESTlet answers in plain text, also when there is no body.
        let headers = [("content-type", "application/json")];
        for _ in 0..2 {
            let response = self.exchange(Method::Get, &url, &headers, None, &what).await?;
            if !response.is_success() {
                return Err(refused(search, refusal(&response)));
            }
            // Whoever waited for this request's place sends now, not after the rows were parsed.
            tokio::task::yield_now().await;
            let page = SearchPage::read(search, after, &response)?;
            tracing::debug!(search, after, rows = page.rows.len(), count = page.count, has_more = page.has_more, "saved search");
            if !page.is_short() {
                return Ok(page);
            }
            tracing::warn!(search, rows = page.rows.len(), count = page.count, "a page is short; reading it once more");
        }
        Err(Error::new(ErrorKind::Unavailable, "NetSuite keeps sending fewer rows than it counts itself")
            .caused_by(format!("short page twice for {what}"))
            .hint("records may be changing while they are read; nothing was taken from this reading"))
    }

    /// Reads the ids of all records that a saved search lists, in ascending order, and makes sure that they are of the
    /// expected kind.
    ///
    /// # Errors
    ///
    /// As [`NetSuite::saved_search`], and [`ErrorKind::Config`] when the search is over something else.
    pub async fn members(&self, search: &str, expected: Searched, since: Option<Timestamp>) -> Result<Vec<i64>> {
        let mut ids = Vec::new();
        for _ in 0..MOST_CALLS {
            let page = self.saved_search(search, since, ids.last().copied()).await?;
            expected.check(search, &page)?;
            ids.extend(page.rows.iter().map(|row| row.id));
            if !page.has_more {
                return Ok(ids);
            }
        }
        Err(Error::new(ErrorKind::Unavailable, format!("the saved search `{search}` does not end"))
            .caused_by(format!("{} records in {MOST_CALLS} pages", ids.len())))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::Future;
    use std::pin::Pin;
    use std::rc::Rc;
    use std::sync::Arc;

    use super::*;
    use crate::http::{Gate, Lost, Remote, Request, Schedule, Stop, Transport};
    use crate::model::{SystemClock, SystemEntropy};
    use crate::netsuite::Keys;

    /// Answers in the order written, and keeps what was asked.
    struct Script {
        answers: RefCell<Vec<Response>>,
        asked: RefCell<Vec<Request>>,
    }

    impl Transport for Script {
        fn send<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = std::result::Result<Response, Lost>> + 'a>> {
            self.asked.borrow_mut().push(request);
            Box::pin(async { Ok(self.answers.borrow_mut().remove(0)) })
        }
    }

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: vec![("content-type".into(), "application/json".into())], body: body.into() }
    }

    fn page(record_type: &str, ids: &[i64], has_more: bool, count: u64) -> Response {
        let rows: Vec<_> = ids.iter().map(|id| serde_json::json!({ "id": id.to_string(), "recordType": record_type })).collect();
        let body =
            serde_json::json!({ "ok": true, "recordType": record_type, "rows": rows, "hasMore": has_more, "count": count });
        answer(200, &body.to_string())
    }

    fn netsuite(answers: Vec<Response>) -> (NetSuite, Rc<Script>) {
        let script = Rc::new(Script { answers: answers.into(), asked: RefCell::default() });
        let keys = Keys {
            realm: "1234567_SB1".into(),
            consumer_key: "a".into(),
            consumer_secret: "b".into(),
            token_id: "c".into(),
            token_secret: "d".into(),
        };
        let transport: Rc<dyn Transport> = Rc::<Script>::clone(&script);
        let (_, stop) = Stop::channel();
        let remote = Remote::new("NetSuite", transport, Gate::new(5, None), Schedule::default(), Arc::new(SystemEntropy), stop);
        let netsuite = NetSuite::new(remote, keys, "https://rest.example", Arc::new(SystemClock));
        (netsuite.with_restlet("https://restlets.example/", "customscript_s", "customdeploy_d"), script)
    }

    async fn members(answers: Vec<Response>) -> Result<Vec<i64>> {
        netsuite(answers).0.members("customsearch_items", Searched::Items, None).await
    }

    /// The golden answer is what the script itself gives (`tests/restlet`).
    #[tokio::test]
    async fn the_answer_of_the_script_is_read_whole() {
        let (netsuite, script) = netsuite(vec![answer(200, include_str!("../../fixtures/netsuite/saved-search.json"))]);
        let since = "2026-01-31T18:04:00Z".parse().unwrap();
        let page = netsuite.saved_search("customsearch_items", Some(since), Some(40)).await.unwrap();
        assert_eq!((page.count, page.has_more, page.next_after), (Some(2), false, Some(328)));
        assert_eq!(page.server_time, Some("2026-02-03T18:04:11Z".parse().unwrap()));
        let [set, mug] = &page.rows[..] else { panic!("{page:?}") };
        assert_eq!((set.id, set.value("itemid"), set.value("isinactive")), (41, Some("SET \"A\" Ä"), Some("T")));
        assert_eq!((mug.value("location"), mug.label("location")), (Some("2"), Some("West")));
        assert_eq!((mug.value("parent.itemid"), mug.label("parent.itemid")), (Some("MUG"), Some("MUG")));
        assert_eq!((mug.value("modified"), mug.value("custitem_launch")), (Some("2026-02-01T01:04:00.000Z"), Some("2026-02-01")));
        assert_eq!(mug.value("price"), None);
        Searched::Items.check("x", &page).unwrap();

        let asked = script.asked.borrow();
        let [request] = &asked[..] else { panic!("{} requests", asked.len()) };
        assert_eq!(
            request.url,
            "https://restlets.example/app/site/hosting/restlet.nl?script=customscript_s&deploy=customdeploy_d\
             &search=customsearch_items&page=0&size=1000&after=40&since=2026-01-31T18%3A04%3A00Z"
        );
        let header = |name: &str| request.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str());
        assert_eq!((header("content-type"), header("prefer"), request.body.is_none()), (Some("application/json"), None, true));
        assert!(header("authorization").is_some_and(|value| value.contains("realm=\"1234567_SB1\"")));
    }

    #[tokio::test]
    async fn values_are_read_however_they_are_written() {
        let body = r#"{"recordType":null,"hasMore":"false","count":"1","serverTime":"today",
            "rows":[{"id":7,"values":{"a":1.50,"b":{"v":true},"c":null,"d":{"v":"x","t":""},"e":{}},"more":[1]}]}"#;
        let (netsuite, _) = netsuite(vec![answer(200, body)]);
        let page = netsuite.saved_search("1", None, None).await.unwrap();
        let row = &page.rows[0];
        assert_eq!((row.id, row.value("a"), row.value("b"), row.value("c")), (7, Some("1.50"), Some("T"), None));
        assert_eq!((row.label("d"), row.value("e"), page.count, page.server_time), (Some("x"), None, Some(1), None));
    }

    #[tokio::test]
    async fn members_are_walked_behind_the_last_id_of_each_page() {
        let answers =
            vec![page("kititem", &[-4, 2], true, 5), page("inventoryitem", &[3], true, 3), page("Item", &[10, 11], false, 2)];
        let (netsuite, script) = netsuite(answers);
        let ids = netsuite.members("customsearch_items", Searched::Items, None).await.unwrap();
        assert_eq!(ids, [-4, 2, 3, 10, 11]);
        let asked = script.asked.borrow();
        let after: Vec<_> = asked.iter().map(|request| request.url.split_once("&after=").map(|(_, after)| after)).collect();
        assert_eq!(after, [None, Some("2"), Some("3")]);
    }

    #[tokio::test]
    async fn a_reading_that_is_not_whole_and_in_order_is_an_error() {
        for (answers, kind, words) in [
            (vec![page("item", &[], true, 9)], ErrorKind::Unavailable, "not in the order"),
            (vec![page("item", &[1, 3, 2], false, 3)], ErrorKind::Unavailable, "not in the order"),
            (vec![page("item", &[1, 2], true, 4), page("item", &[2, 3], false, 2)], ErrorKind::Unavailable, "not in the order"),
            (vec![page("item", &[1, 2, 2], false, 3)], ErrorKind::Config, "more than once"),
            (vec![page("item", &[1], false, 2), page("item", &[1], false, 2)], ErrorKind::Unavailable, "fewer rows"),
            (vec![answer(200, r#"{"rows":[{"id":"a"}],"hasMore":false}"#)], ErrorKind::Unavailable, "cannot be read"),
        ] {
            let error = members(answers).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(words), "{error} is not about {words}");
        }
        let mended = members(vec![page("item", &[1], false, 2), page("item", &[1, 2], false, 2)]).await.unwrap();
        assert_eq!(mended, [1, 2]);
        assert_eq!(members(vec![page("item", &[], false, 0)]).await.unwrap(), [0_i64; 0]);
    }

    #[tokio::test]
    async fn a_search_over_something_else_is_named() {
        let error = members(vec![page("salesorder", &[1], false, 1)]).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Config, "the saved search `customsearch_items` is not over items")
        );
        assert_eq!(error.causes(), ["it lists records of the type `salesorder`"]);
        let (netsuite, _) = netsuite(vec![page("lead", &[1], false, 1), page("item", &[1], false, 1)]);
        assert_eq!(netsuite.members("c", Searched::Customers, None).await.unwrap(), [1]);
        let error = netsuite.members("c", Searched::Customers, None).await.unwrap_err();
        assert_eq!(error.to_string(), "the saved search `c` is not over customers");
    }

    #[tokio::test]
    async fn refusals_say_what_to_do() {
        for (status, code, kind, words, hint) in [
            (400, "SSS_INVALID_SCRIPTLET_ID", ErrorKind::Config, "no RESTlet", "`netwiz restlet`"),
            (400, "RCRD_DSNT_EXIST", ErrorKind::Config, "no saved search `customsearch_items`", "`saved-search`"),
            (400, "INVALID_SEARCH", ErrorKind::Config, "no saved search `customsearch_items`", "private"),
            (400, "NETWIZ_SUMMARY_SEARCH", ErrorKind::Config, "summarizes", "summary"),
            (400, "SSS_USAGE_LIMIT_EXCEEDED", ErrorKind::Unavailable, "gave up", "lighter"),
            (400, "SSS_TIME_LIMIT_EXCEEDED", ErrorKind::Unavailable, "gave up", "lighter"),
            (400, "INSUFFICIENT_PERMISSION", ErrorKind::Permission, "may not run", "audience"),
            (403, "", ErrorKind::Permission, "may not run", "audience"),
            (404, "", ErrorKind::Config, "no RESTlet", "deployment"),
            (400, "SSS_SEARCH_ERROR_OCCURRED", ErrorKind::Refused, "refused", ""),
            // A script that catches its own errors.
            (200, "INVALID_SEARCH", ErrorKind::Config, "no saved search", ""),
            (200, "", ErrorKind::Config, "not the one", "`netwiz restlet`"),
        ] {
            let error = members(vec![answer(status, &format!(r#"{{"error" : {{"code" : "{code}", "message" : "Words."}}}}"#))]);
            let error = error.await.unwrap_err();
            assert_eq!(error.kind(), kind, "{status} {code}: {error}");
            assert!(error.to_string().contains(words), "{status} {code}: {error}");
            assert!(error.causes()[0].contains("Words."), "{:?}", error.causes());
            assert!(hint.is_empty() || error.hints().iter().any(|line| line.contains(hint)), "{code}: {:?}", error.hints());
        }
        let refused = answer(403, r#"{"error" : {"code" : "INVALID_LOGIN_ATTEMPT", "message" : "Invalid login attempt."}}"#);
        assert_eq!(members(vec![refused]).await.unwrap_err().kind(), ErrorKind::Credentials);
        let (mut netsuite, _) = netsuite(Vec::new());
        netsuite.restlet = None;
        assert_eq!(netsuite.saved_search("x", None, None).await.unwrap_err().kind(), ErrorKind::Config);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_for_flow_control_is_waited_out() {
        let busy = answer(400, r#"{"error" : {"code" : "SSS_REQUEST_LIMIT_EXCEEDED", "message" : "Request Limit Exceeded"}}"#);
        let (netsuite, script) = netsuite(vec![busy, page("item", &[5], false, 1)]);
        assert_eq!(netsuite.members("s", Searched::Items, None).await.unwrap(), [5]);
        let asked = script.asked.borrow();
        let signature = |at: usize| asked[at].headers[0].1.clone();
        assert_ne!(signature(0), signature(1), "every attempt is signed afresh");
    }
}
