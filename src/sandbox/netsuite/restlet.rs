//! The RESTlet that runs saved searches: deployed under one name, asked by GET, answering pages of rows with values and texts.

use jiff::Timestamp;
use jiff::fmt::strtime;
use rusqlite::types::{ToSql, ValueRef};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value, json};

use super::catalogue::{self, Catalogue, Display, Found, Kind};
use super::paging::parameters;
use super::{Settings, errors};
use crate::sandbox::exchange::{Reply, Request};

/// Where every RESTlet is called.
pub(super) const ADDRESS: &str = "/app/site/hosting/restlet.nl";

/// Units a call may spend, and those of loading, of running and of fetching a page.
const UNITS: [i64; 4] = [5000, 5, 5, 5];
/// Most pages a search is cut into.
const MOST_PAGES: i64 = 1000;

/// What the script runs on.
pub(super) struct Host<'a> {
    /// The database.
    pub(super) conn: &'a Connection,
    /// The tables of the account.
    pub(super) catalogue: &'a Catalogue,
    /// How this account deviates.
    pub(super) settings: &'a Settings,
    /// The service's clock.
    pub(super) now: Timestamp,
}

/// An error as the host reports it.
#[derive(Debug)]
struct Failure {
    status: u16,
    code: &'static str,
    message: String,
}

impl Failure {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn argument(name: &str) -> Self {
        Self::new(400, "SSS_INVALID_TYPE_ARG", format!("You have entered an invalid type argument: {name}"))
    }

    fn missing(name: &str) -> Self {
        Self::new(400, "SSS_MISSING_REQD_ARGUMENT", format!("{name}: Missing a required argument: {name}"))
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        tracing::debug!(%error, "the saved search could not be run");
        Self::new(500, "UNEXPECTED_ERROR", "An unexpected SuiteScript error has occurred")
    }
}

/// Answers a call.
pub(super) fn handle(request: &Request, host: &Host<'_>) -> Reply {
    if let Err(failure) = route(request, host.settings) {
        return errors::restlet(failure.status, failure.code, &failure.message);
    }
    // The answer takes the type of the request, and without one it is plain text, which an object is not.
    let is_text = request.header("content-type") != Some("application/json");
    let answer = search(&parameters(request), host).and_then(|answer| match is_text {
        true => Err(Failure::new(400, "INVALID_RETURN_DATA_FORMAT", "Invalid data format. You should return TEXT.")),
        false => Ok(answer),
    });
    match answer {
        Ok(answer) => Reply::new(200, "application/json;charset=utf-8", answer.to_string()),
        Err(Failure { status, code, message }) if is_text => {
            Reply::new(status, "text/plain;charset=utf-8", format!("error code: {code}\nerror message: {message}"))
        }
        Err(Failure { status, code, message }) => errors::restlet(status, code, &message),
    }
}

/// Checks everything the host checks before the script runs.
fn route(request: &Request, settings: &Settings) -> Result<(), Failure> {
    let asked = parameters(request);
    let is = |name: &str, deployed: &str| match asked.iter().find(|(asked, _)| asked == name) {
        None => Err(Failure::missing(name)),
        Some((_, id)) if id == deployed => Ok(()),
        // What is not released, or not for the role, does not exist either.
        Some(_) => Err(Failure::new(400, "SSS_INVALID_SCRIPTLET_ID", "That Suitelet is invalid, disabled, or no longer exists.")),
    };
    is("script", &settings.search_script)?;
    is("deploy", &settings.search_deploy)?;
    let media = request.header("content-type");
    // The case of the letters counts.
    let is_known = media.is_none_or(|media| matches!(media, "application/json" | "text/plain"));
    if !is_known || (media.is_none() && !request.body.is_empty()) {
        return Err(Failure::new(415, "INVALID_CONTENT_TYPE", "The content type is missing or is not supported."));
    }
    if request.method != "GET" {
        return Err(Failure::new(405, "METHOD_NOT_ALLOWED", format!("The script has no function for {}.", request.method)));
    }
    if !request.body.is_empty() {
        return Err(Failure::new(400, "INVALID_REQUEST", "The request could not be understood: a GET has no body."));
    }
    Ok(())
}

/// A saved search, its parameters read.
struct Search<'a> {
    id: &'a str,
    table: &'static str,
    columns: Vec<Column>,
    /// Conditions on the rows `r`.
    filter: String,
    /// The values the conditions name.
    values: Vec<(&'static str, String)>,
    page: i64,
    size: i64,
}

fn search(asked: &[(String, String)], host: &Host<'_>) -> Result<Value, Failure> {
    let given = |name: &str| asked.iter().find(|(asked, _)| asked == name).map(|(_, value)| value.as_str());
    let number = |name: &str, otherwise: i64| match given(name) {
        None => Ok(otherwise),
        Some(text) => text.parse().ok().filter(|number| *number >= 0).ok_or_else(|| Failure::argument(name)),
    };
    let id = given("search").filter(|id| !id.is_empty()).ok_or_else(|| Failure::missing("search"))?;
    let saved: Option<(String, String, String)> = host
        .conn
        .prepare_cached("select record, condition, columns from sim_saved_search where id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (record, condition, columns) =
        saved.ok_or_else(|| Failure::new(400, "INVALID_SEARCH", "That search or mass update does not exist."))?;
    let table = if record == "customer" { "customer" } else { "item" };
    let size = number("size", 1000)?;
    if !(5..=1000).contains(&size) {
        return Err(Failure::new(400, "SSS_INVALID_PAGE_SIZE", "The page size must be between 5 and 1000."));
    }
    let (mut filter, mut values) = (format!("({condition})"), Vec::new());
    if let Some(since) = given("since") {
        let since: Timestamp = since.parse().map_err(|_| Failure::argument("since"))?;
        let stored = strtime::format("%Y-%m-%d %H:%M:%S", since).map_err(|_| Failure::argument("since"))?;
        filter.push_str(" and r.lastmodifieddate >= :since");
        values.push((":since", stored));
    }
    if given("after").is_some() {
        filter.push_str(" and r.id > cast(:after as integer)");
        values.push((":after", number("after", 0)?.to_string()));
    }
    if host.settings.denied_rows.iter().any(|denied| denied.eq_ignore_ascii_case(table)) {
        filter.push_str(" and false");
    }
    let columns = columns.split(',').map(|column| Column::read(column.trim(), table, host)).collect::<Result<_, _>>()?;
    Search { id, table, columns, filter, values, page: number("page", 0)?, size }.run(host)
}

impl Search<'_> {
    fn run(&self, host: &Host<'_>) -> Result<Value, Failure> {
        let source = format!("from {} as r where {}", self.table, self.filter);
        let values: Vec<(&str, &dyn ToSql)> = self.values.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect();
        let count: i64 =
            host.conn.prepare_cached(&format!("select count(*) {source}"))?.query_row(values.as_slice(), |row| row.get(0))?;
        let pages = (count + self.size - 1).div_euclid(self.size).min(MOST_PAGES);
        if self.page > 0 && self.page >= pages {
            return Err(Failure::new(400, "INVALID_PAGE_RANGE", "Invalid page range."));
        }
        let list: String = self.columns.iter().map(|column| format!(", {}, {}", column.value, column.text)).collect();
        let sql = format!(
            "select r.id, {}{list} {source} order by r.id limit {} offset {}",
            record_type(self.table),
            self.size,
            self.page * self.size
        );
        let mut statement = host.conn.prepare_cached(&sql)?;
        let mut found = statement.query(values.as_slice())?;
        let mut rows = Vec::new();
        let mut last = Value::Null;
        while let Some(row) = found.next()? {
            let mut shown = Map::new();
            for (index, column) in self.columns.iter().enumerate() {
                let place = 2 + 2 * index;
                shown.insert(self.key(index), column.show(row.get_ref(place)?, row.get_ref(place + 1)?));
            }
            last = row.get::<_, i64>(0)?.to_string().into();
            rows.push(json!({"id": last, "recordType": row.get::<_, String>(1)?, "values": shown}));
        }
        let [whole, load, run, fetch] = UNITS;
        let spent = load + run + if pages > 0 { fetch } else { 0 };
        let columns: Vec<Value> = (0..self.columns.len()).filter_map(|index| self.describe(index)).collect();
        Ok(json!({
            "ok": true,
            "search": self.id,
            "recordType": self.table,
            "columns": columns,
            "page": self.page,
            "pageCount": pages,
            "pageSize": self.size,
            "count": count,
            "rows": rows,
            "nextAfterId": last,
            "hasMore": self.page + 1 < pages,
            "units": {"remaining": whole - spent},
            "serverTime": strtime::format("%Y-%m-%dT%H:%M:%S.%3fZ", host.now).unwrap_or_default(),
        }))
    }

    /// Gives a column's key, which is its place when its name is taken.
    fn key(&self, index: usize) -> String {
        let name = self.columns.get(index).map(Column::full_name).unwrap_or_default();
        let is_taken = self.columns.iter().take(index).any(|column| column.full_name() == name);
        if is_taken { index.to_string() } else { name }
    }

    fn describe(&self, index: usize) -> Option<Value> {
        let column = self.columns.get(index)?;
        Some(json!({
            "key": self.key(index), "name": column.name, "join": column.join, "summary": null, "label": column.label(),
            "type": column.form,
        }))
    }
}

/// A column of a saved search.
struct Column {
    name: String,
    join: Option<String>,
    /// `select`, `checkbox`, `datetime` and so on.
    form: &'static str,
    /// Expression of the value.
    value: String,
    /// Expression of the display text.
    text: String,
}

impl Column {
    /// Reads `name` or `join.name`.
    fn read(written: &str, table: &'static str, host: &Host<'_>) -> Result<Self, Failure> {
        let unknown = || {
            let message = format!("An nlobjSearchColumn contains an invalid column, or is not in proper syntax: {written}.");
            Failure::new(400, "SSS_INVALID_SRCH_COL", message)
        };
        let (join, name) = match written.split_once('.') {
            Some((join, name)) => (Some(join), name),
            None => (None, written),
        };
        let stored = if name == "internalid" { "id" } else { name };
        let (owner, value) = match join {
            None => (table, format!("r.\"{stored}\"")),
            Some(join) => {
                let kind = kind_of(table, join, host).ok_or_else(unknown)?;
                let Display::Row(target, _) = catalogue::display(table, join, kind) else { return Err(unknown()) };
                let target = if target == "sim_entity" { "customer" } else { target };
                let key = catalogue::key_of(target);
                (target, format!("(select j.\"{stored}\" from \"{target}\" as j where j.\"{key}\" = r.\"{join}\")"))
            }
        };
        let kind = kind_of(owner, stored, host).ok_or_else(unknown)?;
        let text = match (stored, catalogue::display(owner, stored, kind)) {
            ("id", _) => Some(value.clone()),
            (_, Display::Row(target, name)) => {
                Some(format!("(select d.\"{name}\" from \"{target}\" as d where d.\"{}\" = {value})", catalogue::key_of(target)))
            }
            (_, Display::List(source)) => Some(format!(
                "(select d.name from sim_display as d where d.source in ('{source}', replace('{source}', 'matrixoption', '')) and d.id = {value})"
            )),
            _ => None,
        };
        let form = match kind {
            _ if text.is_some() => "select",
            Kind::Instant => "datetime",
            Kind::Date => "date",
            Kind::Integer => "integer",
            Kind::Decimal => "float",
            _ if is_flag(owner, stored, host)? => "checkbox",
            _ => "text",
        };
        let text = text.unwrap_or_else(|| "null".to_owned());
        Ok(Self { name: name.to_owned(), join: join.map(str::to_owned), form, value, text })
    }

    fn full_name(&self) -> String {
        self.join.as_ref().map_or_else(|| self.name.clone(), |join| format!("{join}.{}", self.name))
    }

    fn label(&self) -> String {
        match (self.join.as_deref(), self.name.as_str()) {
            (None, "internalid") => "Internal ID".to_owned(),
            (join, name) => {
                let mut letters = join.unwrap_or(name).chars();
                letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
            }
        }
    }

    /// Shows a value as a script gets it: text, except what is checked or not, and nothing as an empty text.
    fn show(&self, value: ValueRef<'_>, text: ValueRef<'_>) -> Value {
        let value = plain(value);
        let shown: Value = match self.form {
            "checkbox" => (value == "T").into(),
            "datetime" if !value.is_empty() => format!("{}Z", value.replace(' ', "T")).into(),
            _ => value.into(),
        };
        match self.form {
            "select" => json!({"v": shown, "t": plain(text)}),
            _ => json!({"v": shown}),
        }
    }
}

fn plain(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => String::new(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(f) => f.to_string(),
    }
}

fn kind_of(table: &str, column: &str, host: &Host<'_>) -> Option<Kind> {
    let Found::Table(table) = host.catalogue.find(table) else { return None };
    table.columns.iter().find(|known| known.name == column).map(|known| known.kind)
}

fn is_flag(table: &str, column: &str, host: &Host<'_>) -> rusqlite::Result<bool> {
    host.conn
        .prepare_cached("select 1 from pragma_table_info(?1) where name = ?2 and type = 'flag text'")?
        .exists([table, column])
}

/// Gives the expression of the script name of a row's record type.
fn record_type(table: &str) -> &'static str {
    if table == "customer" {
        return "lower(coalesce(r.searchstage, 'customer'))";
    }
    "case when r.itemtype in ('InvtPart', 'Assembly') then
         case when r.islotitem = 'T' then 'lotnumbered' when r.isserialitem = 'T' then 'serialized' else '' end
         || iif(r.itemtype = 'Assembly', 'assemblyitem', 'inventoryitem')
     else case r.itemtype when 'Kit' then 'kititem' when 'Group' then 'itemgroup' when 'NonInvtPart' then 'noninventoryitem'
         when 'Service' then 'serviceitem' when 'OthCharge' then 'otherchargeitem' when 'Discount' then 'discountitem'
         when 'Markup' then 'markupitem' when 'Description' then 'descriptionitem' when 'Subtotal' then 'subtotalitem'
         when 'Payment' then 'paymentitem' when 'GiftCert' then 'giftcertificateitem' when 'DwnLdItem' then 'downloaditem'
         when 'TaxItem' then 'salestaxitem' when 'Expense' then 'expenseitem'
         else lower(r.itemtype) end end"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::exchange::Remote;
    use crate::sandbox::netsuite::NetSuite;
    use crate::sandbox::netsuite::tests::{now, signed, with_documents};

    const DEPLOYED: &str = "deploy=customdeploy_netwiz_search&script=customscript_netwiz_search";

    fn call(netsuite: &NetSuite, query: &str, media: Option<&str>) -> Reply {
        let mut request = signed(netsuite, "GET", &format!("{ADDRESS}?{query}"), "", now());
        request.headers.extend(media.map(|media| ("content-type".to_owned(), media.to_owned())));
        netsuite.handle(&request, now())
    }

    fn ask(netsuite: &NetSuite, query: &str) -> (u16, Value) {
        let reply = call(netsuite, &format!("{DEPLOYED}&{query}"), Some("application/json"));
        assert_eq!(reply.header("content-type"), Some("application/json;charset=utf-8"));
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    }

    fn code(body: &Value) -> &str {
        body["error"]["code"].as_str().unwrap_or_default()
    }

    #[test]
    fn a_search_gives_its_columns_and_rows() {
        let netsuite = with_documents(Settings::default());
        let (status, body) = ask(&netsuite, "search=customsearch_wc_items");
        let members = ["columns", "count", "hasMore", "nextAfterId", "ok", "page", "pageCount", "pageSize", "recordType", "rows"];
        let names: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!((status, &names[..10]), (200, &members.map(String::from).iter().collect::<Vec<_>>()[..]));
        assert_eq!(
            (body["recordType"].as_str(), body["count"].as_i64(), body["pageCount"].as_i64()),
            (Some("item"), Some(4), Some(1))
        );
        assert_eq!(
            (body["page"].as_i64(), body["pageSize"].as_i64(), body["hasMore"].as_bool()),
            (Some(0), Some(1000), Some(false))
        );
        assert_eq!((body["nextAfterId"].as_str(), body["units"]["remaining"].as_i64()), (Some("4205"), Some(4985)));
        assert_eq!(body["serverTime"], "2026-02-03T18:04:11.250Z");
        let column = |key: &str, name: &str, join: Option<&str>, label: &str, form: &str| json!({"key": key, "name": name, "join": join, "summary": null, "label": label, "type": form});
        assert_eq!(
            body["columns"],
            json!([
                column("internalid", "internalid", None, "Internal ID", "select"),
                column("itemid", "itemid", None, "Itemid", "text"),
                column("class", "class", None, "Class", "select"),
                column("class.name", "name", Some("class"), "Class", "text"),
                column("isinactive", "isinactive", None, "Isinactive", "checkbox"),
                column("weight", "weight", None, "Weight", "float"),
                column("lastmodifieddate", "lastmodifieddate", None, "Lastmodifieddate", "datetime"),
            ])
        );
        let lamp = json!({"id": "4101", "recordType": "inventoryitem", "values": {
            "internalid": {"v": "4101", "t": "4101"}, "itemid": {"v": "LMP-220"}, "class": {"v": "7", "t": "Home : Lighting"},
            "class.name": {"v": "Lighting"}, "isinactive": {"v": false}, "weight": {"v": "0.5"},
            "lastmodifieddate": {"v": "2026-03-02T10:15:00Z"},
        }});
        assert_eq!(body["rows"][0], lamp);
        assert_eq!(
            (&body["rows"][1]["recordType"], &body["rows"][1]["values"]["class"]),
            (&json!("kititem"), &json!({"v": "", "t": ""}))
        );
        let (_, buyers) = ask(&netsuite, "search=customsearch_wc_buyers");
        assert_eq!(buyers["rows"][1]["recordType"], "prospect");
        let values = json!({"entityid": {"v": "CUST1542"}, "salesrep": {"v": "311", "t": "Ana Ortiz"}, "firstorderdate": {"v": ""},
            "3": {"v": "CUST1542"}});
        assert_eq!(buyers["rows"][0]["values"], values, "the second of two names is called by its place");
    }

    #[test]
    fn pages_go_by_number_or_by_id() {
        let netsuite = with_documents(Settings::default());
        let script = "insert into item (id, itemid, itemtype, lastmodifieddate)
            with recursive n(i) as (select 1 union all select i + 1 from n where i < 12) select i, 'X' || i, 'Kit', '2026-05-0' || (1 + i % 3) || ' 00:00:00' from n";
        netsuite.edit(script, now()).unwrap();
        let ids = |query: &str| -> (Vec<String>, bool, i64) {
            let (status, body) = ask(&netsuite, &format!("search=customsearch_wc_items&{query}"));
            assert_eq!(status, 200, "{query}: {body}");
            let rows = body["rows"].as_array().unwrap();
            let ids = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
            (ids, body["hasMore"].as_bool().unwrap(), body["pageCount"].as_i64().unwrap())
        };
        assert_eq!(ids("page=1&size=5"), (["6", "7", "8", "9", "10"].map(String::from).to_vec(), true, 4));
        assert_eq!(ids("after=9&size=5"), (["10", "11", "12", "4101", "4102"].map(String::from).to_vec(), true, 2));
        assert_eq!(ids("after=4102&size=5"), (["4103", "4205"].map(String::from).to_vec(), false, 1));
        assert_eq!(ids("after=5000"), (vec![], false, 0));
        assert_eq!(ids("since=2026-05-03T00%3A00%3A00Z").0, ["2", "5", "8", "11"]);
        assert_eq!(ids("since=2026-05-03T00%3A00%3A01Z").0, [""; 0]);
        assert_eq!(ids("since=2026-05-03T02%3A00%3A00%2B02%3A00&after=5").0, ["8", "11"]);
    }

    #[test]
    fn what_is_wrong_is_said_in_the_scripts_envelope() {
        let netsuite = with_documents(Settings::default());
        netsuite
            .edit("insert into sim_saved_search values ('bad_column', 'item', 'true', 'itemid, color'), ('bad_join', 'item', 'true', 'itemid.name'), ('bad_filter', 'item', 'no such thing', 'itemid')", now())
            .unwrap();
        let cases = [
            ("page=0", 400, "SSS_MISSING_REQD_ARGUMENT"),
            ("search=customsearch_nothing", 400, "INVALID_SEARCH"),
            ("search=bad_column", 400, "SSS_INVALID_SRCH_COL"),
            ("search=bad_join", 400, "SSS_INVALID_SRCH_COL"),
            ("search=bad_filter", 500, "UNEXPECTED_ERROR"),
            ("search=customsearch_wc_items&size=4", 400, "SSS_INVALID_PAGE_SIZE"),
            ("search=customsearch_wc_items&size=1001", 400, "SSS_INVALID_PAGE_SIZE"),
            ("page=1&search=customsearch_wc_items", 400, "INVALID_PAGE_RANGE"),
            ("page=-1&search=customsearch_wc_items", 400, "SSS_INVALID_TYPE_ARG"),
            ("search=customsearch_wc_items&since=yesterday", 400, "SSS_INVALID_TYPE_ARG"),
            ("after=x&search=customsearch_wc_items", 400, "SSS_INVALID_TYPE_ARG"),
        ];
        for (query, status, expected) in cases {
            let (got, body) = ask(&netsuite, query);
            assert_eq!((got, code(&body)), (status, expected), "{query}");
        }
    }

    #[test]
    fn the_host_refuses_before_the_script_runs() {
        let netsuite = with_documents(Settings::default());
        let json = Some("application/json");
        let cases = [
            ("deploy=customdeploy_netwiz_search&script=customscript_other", json, 400, "SSS_INVALID_SCRIPTLET_ID"),
            ("deploy=1&script=customscript_netwiz_search", json, 400, "SSS_INVALID_SCRIPTLET_ID"),
            ("script=customscript_netwiz_search", json, 400, "SSS_MISSING_REQD_ARGUMENT"),
            (DEPLOYED, Some("application/x-www-form-urlencoded"), 415, "INVALID_CONTENT_TYPE"),
            (DEPLOYED, Some("Application/JSON"), 415, "INVALID_CONTENT_TYPE"),
        ];
        for (query, media, status, expected) in cases {
            let reply = call(&netsuite, query, media);
            let body: Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!((reply.status, code(&body)), (status, expected), "{query} {media:?}");
        }
        for (method, body, media, status) in
            [("GET", "{}", json, 400), ("POST", "{}", json, 405), ("POST", "{}", None, 415), ("DELETE", "", json, 405)]
        {
            let mut request = signed(&netsuite, method, &format!("{ADDRESS}?{DEPLOYED}"), body, now());
            request.headers.extend(media.map(|media| ("content-type".to_owned(), media.to_owned())));
            assert_eq!(netsuite.handle(&request, now()).status, status, "{method} {body} {media:?}");
        }
        let text = |query: &str, media| {
            let reply = call(&netsuite, &format!("{DEPLOYED}&{query}"), media);
            assert_eq!(reply.header("content-type"), Some("text/plain;charset=utf-8"));
            (reply.status, String::from_utf8(reply.body).unwrap())
        };
        for media in [None, Some("text/plain")] {
            let (status, body) = text("search=customsearch_wc_items", media);
            assert_eq!((status, body.lines().next()), (400, Some("error code: INVALID_RETURN_DATA_FORMAT")));
        }
        let told = "error code: INVALID_SEARCH\nerror message: That search or mass update does not exist.";
        assert_eq!(text("search=x", None), (400, told.to_owned()));
        let elsewhere = with_documents(Settings { search_script: "customscript_own".into(), ..Settings::default() });
        assert_eq!(call(&elsewhere, DEPLOYED, json).status, 400);
        let blind = with_documents(Settings { denied_rows: vec!["item".into()], ..Settings::default() });
        let (_, body) = ask(&blind, "search=customsearch_wc_items");
        assert_eq!((&body["count"], &body["nextAfterId"], &body["units"]["remaining"]), (&json!(0), &Value::Null, &json!(4990)));
    }
}
