//! The NetSuite client: a few verbs over signing, paging, quotas and error bodies.
//!
//! Reading goes through SuiteQL ([`NetSuite::page`] and the range reading beside it), and through a RESTlet for what a
//! saved search lists ([`NetSuite::members`]); every attempt of every request is signed afresh.

mod oauth1;
mod reading;
pub mod records;
mod saved_search;
pub mod suiteql;
mod writing;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Deserialize;

pub use oauth1::Keys;
pub use reading::Plan;
use records::{Page, Select, Selection};
use saved_search::Address;
pub use saved_search::{RESTLET, SearchPage, SearchRow, Searched};
use suiteql::Template;
pub use writing::{RecordCall, WriteError};

use crate::error::{Error, ErrorKind, Result};
use crate::http::{CallError, Class, Method, Remote, Repeat, Request, Response, decode};
use crate::model::{Clock, NetSuiteId};

/// NetSuite refuses signatures five minutes from its clock; its `Date` may be some seconds from that clock.
const TIMESTAMP_WINDOW: i64 = 240;

/// The NetSuite account as one role sees it.
pub struct NetSuite {
    remote: Remote,
    keys: Keys,
    rest_url: String,
    restlet: Option<Address>,
    clock: Arc<dyn Clock>,
    /// Seconds to add to the local clock so that timestamps fall within the five minutes NetSuite allows.
    skew: Rc<RefCell<i64>>,
}

/// A SuiteQL query that NetSuite understood and refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// NetSuite's code, e.g. `INVALID_PARAMETER`.
    pub code: String,
    /// NetSuite's words.
    pub detail: String,
}

/// Why a query gave no page.
#[derive(Debug)]
pub enum QueryError {
    /// NetSuite refused this query; another might work.
    Refused(Refusal),
    /// No query would work.
    Failed(Error),
}

impl From<Error> for QueryError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl QueryError {
    /// Turns it into the error of a query that has to work.
    pub fn into_error(self, what: &str) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::Refused(refusal) => refusal.into_error(what),
        }
    }
}

impl Refusal {
    /// Gives status, code and words on one line, as people search for them.
    pub fn words(&self) -> String {
        // A proxy in front of NetSuite knows no codes.
        if self.code.is_empty() {
            return format!("{}: {}", self.status, self.detail);
        }
        format!("{} {}: {}", self.status, self.code, self.detail)
    }

    /// Gives the column that the account does not have or the role may not see, lower case.
    ///
    /// The wordings are those recorded for SuiteQL; matching on English text is the only way, since the code is always
    /// the same.
    pub fn missing_column(&self) -> Option<String> {
        let after = |marker: &str| {
            let rest = self.detail.split_once(marker)?.1;
            Some(rest.split_once('\'')?.0.to_ascii_lowercase())
        };
        after("Unknown identifier '")
            .or_else(|| after("Field '"))
            .map(|name| name.rsplit_once('.').map_or(name.clone(), |(_, column)| column.to_owned()))
    }

    /// Gives the table that is missing or hidden from the role, lower case.
    pub fn missing_table(&self) -> Option<String> {
        let record = self.detail.split_once("Record '").and_then(|(_, rest)| rest.split_once("' was not found"));
        let search = self.detail.split_once("Invalid search type: ").map(|(_, rest)| (rest.trim_end_matches('.'), ""));
        record.or(search).map(|(table, _)| table.to_ascii_lowercase())
    }

    fn into_error(self, what: &str) -> Error {
        if self.missing_table().is_some() {
            return Error::new(ErrorKind::Permission, format!("NetSuite does not show a table needed for {what}"))
                .caused_by(self.words())
                .hint("give the integration's role the permission for that record, or turn the feature on")
                .hint("see which permissions are missing with `netwiz verify-credentials netsuite`");
        }
        let subject = if what.ends_with("query") { what.to_owned() } else { format!("the query for {what}") };
        Error::new(ErrorKind::Refused, format!("NetSuite refused {subject}")).caused_by(self.words())
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(rename = "o:errorDetails", default)]
    details: Vec<ErrorDetail>,
    error: Option<RestletError>,
}

#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(default)]
    detail: String,
    #[serde(rename = "o:errorCode", default)]
    code: String,
}

#[derive(Deserialize)]
struct RestletError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// What a script threw. It arrives as the code and message of a RESTlet's error, or whole, as JSON in that message.
#[derive(Deserialize)]
struct Thrown {
    name: String,
    message: String,
}

/// Reads code and words out of either error envelope; the body's beginning when it is neither.
fn refusal(response: &Response) -> Refusal {
    let status = response.status;
    if let Ok(body) = serde_json::from_slice::<ErrorBody>(&response.body) {
        if !body.details.is_empty() {
            let code = body.details.first().map(|detail| detail.code.clone()).unwrap_or_default();
            let detail = body.details.iter().map(|detail| detail.detail.as_str()).collect::<Vec<_>>().join("; ");
            return Refusal { status, code, detail };
        }
        if let Some(error) = body.error {
            return match serde_json::from_str::<Thrown>(&error.message) {
                Ok(thrown) => Refusal { status, code: thrown.name, detail: thrown.message },
                Err(_) => Refusal { status, code: error.code, detail: error.message },
            };
        }
    }
    // A RESTlet that took the request for plain text answers in two lines.
    let text = String::from_utf8_lossy(&response.body);
    let line = |label: &str| text.lines().find_map(|line| Some(line.trim().strip_prefix(label)?.trim().to_owned()));
    let code = line("error code:").unwrap_or_default();
    Refusal { status, code, detail: line("error message:").unwrap_or_else(|| response.excerpt()) }
}

/// Tells a refused login; RESTlets have called it forbidden, which by itself is a missing permission.
fn is_refused_login(response: &Response) -> bool {
    response.status == 401 || response.status == 403 && refusal(response).code.starts_with("INVALID_LOGIN")
}

/// Says what an answer means for the retry loop: by code first, then by status.
fn classify(response: &Response) -> Class {
    let busy = ["CONCURRENCY_LIMIT_EXCEEDED", "SSS_REQUEST_LIMIT_EXCEEDED"];
    match response.status {
        204 => Class::Final,
        200..=299 => {
            response.json().map_or_else(|words| Class::Failed(format!("{} with {words}", response.status)), |_| Class::Final)
        }
        429 => Class::Busy(refusal(response).words()),
        400 if busy.contains(&refusal(response).code.as_str()) => Class::Busy(refusal(response).words()),
        500.. => Class::Failed(refusal(response).words()),
        _ => Class::Final,
    }
}

impl NetSuite {
    /// Makes a client. `rest_url` is scheme and host, without a path.
    pub fn new(remote: Remote, keys: Keys, rest_url: &str, clock: Arc<dyn Clock>) -> Self {
        let rest_url = rest_url.trim_end_matches('/').to_owned();
        Self { remote, keys, rest_url, restlet: None, clock, skew: Rc::default() }
    }

    /// Gives the same account for requests that go before all others.
    #[must_use]
    pub fn urgent(&self) -> Self {
        Self {
            remote: self.remote.urgent(),
            keys: self.keys.clone(),
            rest_url: self.rest_url.clone(),
            restlet: self.restlet.clone(),
            clock: Arc::clone(&self.clock),
            skew: Rc::clone(&self.skew),
        }
    }

    /// Says where the RESTlet for saved searches is: scheme and host without a path, and the ids of script and deployment.
    #[must_use]
    pub fn with_restlet(mut self, url: &str, script: &str, deploy: &str) -> Self {
        self.restlet = Some(Address::new(url, script, deploy));
        self
    }

    /// Gives the connection, for its counters and its gate.
    pub const fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Gives the account id in realm form.
    pub fn account(&self) -> &str {
        &self.keys.realm
    }

    /// Asks the REST services.
    async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>, what: &str) -> Result<Response> {
        let mut headers = Vec::new();
        if body.is_some() {
            headers.extend([("content-type", "application/json"), ("prefer", "transient")]);
        }
        let response = self.exchange(method, &format!("{}{path}", self.rest_url), &headers, body, what).await?;
        if response.status == 403 {
            return Err(Error::new(ErrorKind::Permission, format!("NetSuite's role may not do this: {what}"))
                .caused_by(refusal(&response).words())
                .hint("the role needs REST Web Services, SuiteAnalytics Workbook and View on the records it reads")
                .hint("see what is missing with `netwiz verify-credentials netsuite`"));
        }
        Ok(response)
    }

    /// Sends one request to either host, signed for the address as it stands, query included.
    async fn exchange(
        &self,
        method: Method,
        url: &str,
        own: &[(&'static str, &str)],
        body: Option<Vec<u8>>,
        what: &str,
    ) -> Result<Response> {
        let answered = self.answered(method, url, own, body, Repeat::Safe).await;
        let response = answered.map_err(|error| self.remote.unavailable(what, error))?;
        self.check_access(&response)?;
        Ok(response)
    }

    /// Sends one request until there is an answer that says something about it, each attempt signed afresh.
    async fn answered(
        &self,
        method: Method,
        url: &str,
        own: &[(&'static str, &str)],
        body: Option<Vec<u8>>,
        repeat: Repeat,
    ) -> std::result::Result<Response, CallError> {
        let prepare = || {
            let timestamp = self.clock.now().as_second() + *self.skew.borrow();
            let nonce = self.remote.entropy().token(20);
            let mut headers = vec![
                ("authorization", self.keys.authorization(method.name(), url, &nonce, timestamp)),
                ("accept", "application/json".to_owned()),
            ];
            headers.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
            Request { method, url: url.to_owned(), headers, body: body.clone() }
        };
        let response = self.remote.call(&prepare, &classify, repeat).await?;
        if is_refused_login(&response) && self.learn_skew(&response) {
            // Signed with a clock that NetSuite does not accept; once more with its own time, and never again.
            return self.remote.call(&prepare, &classify, repeat).await;
        }
        Ok(response)
    }

    /// Turns an answer that concerns the login or the address, not the request, into an error.
    fn check_access(&self, response: &Response) -> Result<()> {
        match response.status {
            _ if is_refused_login(response) => {
                self.remote.close();
                Err(self.refused_login(response))
            }
            300..=399 => Err(Error::new(ErrorKind::Config, "NetSuite answered with a redirect, which is never followed")
                .caused_by(format!("{} to {}", response.status, response.header("location").unwrap_or("nowhere")))
                .hint("check `account`, `rest-url` and `restlet-url` in the profile")),
            _ => Ok(()),
        }
    }

    /// Takes NetSuite's time from the `Date` of a refused login. Gives whether the signature's time may have been the cause.
    fn learn_skew(&self, response: &Response) -> bool {
        let date = response.header("date").map(jiff::fmt::rfc2822::parse);
        let Some(Ok(date)) = date else { return false };
        let skew = date.timestamp().as_second() - self.clock.now().as_second();
        let mut known = self.skew.borrow_mut();
        let is_far = (skew - *known).abs() >= TIMESTAMP_WINDOW;
        if is_far {
            *known = skew;
        }
        is_far
    }

    fn refused_login(&self, response: &Response) -> Error {
        let refusal = refusal(response);
        let audit = response
            .header("www-authenticate")
            .and_then(|header| header.split("error=\"").nth(1)?.split('"').next())
            .map_or_else(String::new, |word| format!(" ({word})"));
        Error::new(ErrorKind::Credentials, format!("NetSuite refused the credentials for account {}", self.keys.realm))
            .caused_by(format!("{} {}{audit}: {}", refusal.status, refusal.code, refusal.detail))
            .hint("`account` or a secret may be mistyped, the token revoked, or its role lacks \"Log in using Access Tokens\"")
            .hint("check which secret is in use with `netwiz verify-credentials netsuite`")
            .hint("the Login Audit Trail in NetSuite (Setup > Users/Roles) names the cause; five failures lock the user for 30 minutes")
    }

    /// Checks that a signed request is accepted, with the cheapest request there is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credentials`] when refused, [`ErrorKind::Unavailable`] when out of reach.
    pub async fn ping(&self) -> Result<()> {
        self.send(Method::Options, "/services/rest/*", None, "the check of the credentials").await.map(|_| ())
    }

    /// Reads NetSuite's own clock, in UTC. Cursors come from here and nowhere else (`correctness.md` R1).
    ///
    /// # Errors
    ///
    /// As [`NetSuite::ping`].
    pub async fn server_time(&self) -> Result<Timestamp> {
        #[derive(Deserialize)]
        struct ServerTime {
            #[serde(rename = "serverTime")]
            server_time: String,
        }
        let what = "the request for its clock";
        let response = self.send(Method::Get, "/services/rest/system/v1/serverTime", None, what).await?;
        let body: ServerTime = decode(what, &response.body)?;
        let now: Timestamp = body.server_time.parse().map_err(|error: jiff::Error| {
            Error::new(ErrorKind::Unavailable, "NetSuite's clock cannot be read").caused_by(error)
        })?;
        *self.skew.borrow_mut() = now.as_second() - self.clock.now().as_second();
        Ok(now)
    }

    /// Gives the difference between NetSuite's clock and the local one, in seconds, once [`NetSuite::server_time`] ran.
    pub fn skew_seconds(&self) -> i64 {
        *self.skew.borrow()
    }

    /// Asks what the wall clock of the session shows now: the zone in which SuiteQL renders and compares stamps.
    ///
    /// # Errors
    ///
    /// As [`NetSuite::ping`], and [`ErrorKind::Refused`] when the account refuses the query.
    pub async fn session_clock(&self) -> Result<DateTime> {
        let sql = format!("SELECT {} AS session_now FROM DUAL", suiteql::stamp("CURRENT_TIMESTAMP"));
        let what = "the session's clock";
        let page = self.page(&sql, suiteql::PAGE, 0).await.map_err(|error| error.into_error(what))?;
        let text = page.rows.first().and_then(|row| row.text("session_now")).unwrap_or_default();
        DateTime::strptime("%Y-%m-%d %H:%M:%S", text).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "NetSuite's session clock cannot be read").caused_by(format!("`{text}`: {error}"))
        })
    }

    /// Reads one page of a query.
    ///
    /// # Errors
    ///
    /// [`QueryError::Refused`] when NetSuite refuses the query itself.
    pub async fn page(&self, sql: &str, limit: usize, offset: usize) -> std::result::Result<Page, QueryError> {
        let path = format!("/services/rest/query/v1/suiteql?limit={limit}&offset={offset}");
        let body = serde_json::to_vec(&serde_json::json!({ "q": sql }))
            .map_err(|error| Error::new(ErrorKind::Internal, "a query cannot be written as JSON").caused_by(error))?;
        let started = tokio::time::Instant::now();
        let response = self.send(Method::Post, &path, Some(body), "a query").await?;
        if !response.is_success() {
            return Err(QueryError::Refused(refusal(&response)));
        }
        // Whoever waited for this request's place sends now, not after the rows were parsed.
        tokio::task::yield_now().await;
        let page: Page = decode("a query", &response.body)?;
        tracing::debug!(rows = page.rows.len(), total = page.total, ms = started.elapsed().as_millis(), sql, "page");
        if page.rows.len() > limit {
            return Err(Error::new(ErrorKind::Unavailable, "NetSuite sent more rows than were asked for")
                .caused_by(format!("{} rows for a limit of {limit}", page.rows.len()))
                .into());
        }
        Ok(page)
    }

    /// Tells whether a record answers to an Internal ID, by a direct read of the record service.
    ///
    /// A record that the role may not read counts as being there: hidden is not deleted (`correctness.md` R19).
    ///
    /// # Errors
    ///
    /// As [`NetSuite::ping`], and [`ErrorKind::Refused`] for an answer that says neither.
    pub async fn exists(&self, record_type: &str, id: i64) -> Result<bool> {
        let path = format!("/services/rest/record/v1/{record_type}/{id}");
        let what = format!("the record {record_type} {id}");
        let response = match self.send(Method::Get, &path, None, &what).await {
            Err(error) if error.kind() == ErrorKind::Permission => return Ok(true),
            other => other?,
        };
        if response.is_success() {
            return Ok(true);
        }
        let refusal = refusal(&response);
        if is_gone(&refusal) { Ok(false) } else { Err(refusal.into_error(&what)) }
    }

    /// Finds a record by its external id, by a direct read of the record service.
    ///
    /// # Errors
    ///
    /// As [`NetSuite::exists`].
    pub async fn find_external(&self, record_type: &str, external_id: &str) -> Result<Option<NetSuiteId>> {
        #[derive(Deserialize)]
        struct Identified {
            id: String,
        }
        let path = format!("/services/rest/record/v1/{record_type}/eid:{external_id}");
        let what = format!("the record {record_type} {external_id}");
        let response = self.send(Method::Get, &path, None, &what).await?;
        if response.is_success() {
            let found: Identified = decode(&what, &response.body)?;
            return Ok(found.id.parse().ok().map(NetSuiteId));
        }
        let refusal = refusal(&response);
        if is_gone(&refusal) { Ok(None) } else { Err(refusal.into_error(&what)) }
    }

    /// Finds out which optional columns of a query this account has, by asking for nothing but their names.
    ///
    /// Gives the names that must be left out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`] or [`ErrorKind::Permission`] when a column or table that is needed is missing.
    pub async fn missing_columns(&self, select: &Select) -> Result<Vec<String>> {
        let mut select = select.clone();
        let mut missing = Vec::new();
        loop {
            let sql = Template::of(&select).sql(&Selection::Range(Some(0), Some(0)), None);
            let refusal = match self.page(&sql, 1, 0).await {
                Ok(_) => return Ok(missing),
                Err(QueryError::Failed(error)) => return Err(error),
                Err(QueryError::Refused(refusal)) => refusal,
            };
            let named = refusal.missing_column();
            let table = refusal.missing_table();
            let culprit = select.columns.iter().position(|column| {
                let named_in = |text: &String| named.as_ref().is_some_and(|name| mentions(text, name));
                let by_name = named_in(&column.expression) || column.join.as_ref().is_some_and(named_in);
                let by_join = matches!((&table, &column.join), (Some(table), Some(join)) if mentions(join, table));
                column.optional && (by_name || by_join)
            });
            // Without a name in the answer the optional columns are dropped one by one, last first.
            let unnamed = named.is_none() && table.is_none();
            let culprit =
                culprit.or_else(|| unnamed.then(|| select.columns.iter().rposition(|column| column.optional)).flatten());
            let Some(at) = culprit else {
                return Err(refusal.into_error(select.name));
            };
            missing.push(select.columns.remove(at).name);
        }
    }
}

/// Tells whether a read was refused because there is no such record: a transaction that is gone, or is one of another type, has
/// a refusal of its own.
fn is_gone(refusal: &Refusal) -> bool {
    refusal.status == 404 || refusal.detail.contains("Transaction type specified is incorrect")
}

/// Tells whether an expression names a column, as a whole word.
fn mentions(expression: &str, column: &str) -> bool {
    expression.to_ascii_lowercase().split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Response {
        Response { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    #[test]
    fn answers_are_judged_by_code_first() {
        let json = "application/vnd.oracle.resource+json; type=error";
        let limit = r#"{"status":400,"o:errorDetails":[{"detail":"Concurrent request limit exceeded.","o:errorCode":"CONCURRENCY_LIMIT_EXCEEDED"}]}"#;
        let restlet = r#"{"error" : {"code" : "SSS_REQUEST_LIMIT_EXCEEDED", "message" : "Request Limit Exceeded"}}"#;
        assert!(matches!(classify(&answer(429, json, limit)), Class::Busy(_)));
        assert!(matches!(classify(&answer(400, json, limit)), Class::Busy(_)));
        assert!(matches!(classify(&answer(400, "application/json", restlet)), Class::Busy(_)));
        assert_eq!(classify(&answer(401, json, "{}")), Class::Final);
        let text = "error code: SSS_REQUEST_LIMIT_EXCEEDED\nerror message: Request Limit Exceeded";
        assert!(
            matches!(classify(&answer(400, "text/plain", text)), Class::Busy(words) if words.ends_with(": Request Limit Exceeded"))
        );
        assert!(matches!(classify(&answer(200, "text/html", "<html>")), Class::Failed(_)));
        assert!(matches!(classify(&answer(503, "text/html", "maintenance")), Class::Failed(words) if words.contains("503")));
    }

    #[test]
    fn what_a_script_threw_is_found_inside_the_message() {
        let thrown = r#"{"error" : {"code" : "UNEXPECTED_ERROR", "message" : "{\"type\":\"error.SuiteScriptError\",\"name\":\"INVALID_SEARCH\",\"message\":\"That search does not exist.\",\"stack\":[]}"}}"#;
        assert_eq!(refusal(&answer(400, "application/json", thrown)).words(), "400 INVALID_SEARCH: That search does not exist.");
        let login = r#"{"error" : {"code" : "INVALID_LOGIN_ATTEMPT", "message" : "Invalid login attempt."}}"#;
        assert!(is_refused_login(&answer(403, "application/json", login)));
        assert!(!is_refused_login(&answer(403, "application/json", "{}")));
    }

    #[test]
    fn missing_columns_are_read_from_every_recorded_wording() {
        let refused = |detail: &str| Refusal { status: 400, code: "INVALID_PARAMETER".into(), detail: detail.into() };
        let start = "Invalid search query. Detailed unprocessed description follows. Search error occurred: ";
        assert_eq!(
            refused(&format!("{start}Unknown identifier 'i.Class'. Available identifiers are: {{item=item}}.")).missing_column(),
            Some("class".into())
        );
        assert_eq!(
            refused(&format!("{start}Field 'upccode' for record 'item' was not found.")).missing_column(),
            Some("upccode".into())
        );
        assert!(
            refused(&format!("{start}Record 'location' was not found.")).missing_table().is_some_and(|table| table == "location")
        );
        assert_eq!(refused("Invalid or unsupported search.").missing_column(), None);
    }

    #[test]
    fn a_column_is_found_as_a_whole_word() {
        assert!(mentions("BUILTIN.DF(i.class)", "class"));
        assert!(!mentions("i.classification", "class"));
    }
}
