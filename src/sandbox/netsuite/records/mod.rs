//! The record service: addresses, record types and lists. Each writable or readable kind of record is a file of its own.

mod item;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::catalogue::Catalogue;
use super::errors::{Locator, Refusal};
use super::paging::{Page, parameters, unknown_parameter};
use super::zone;
use crate::sandbox::exchange::{Reply, Request};

/// What the service works on.
pub(super) struct Service<'a> {
    /// The database.
    pub(super) conn: &'a Connection,
    /// The tables of the account.
    pub(super) catalogue: &'a Catalogue,
    /// `scheme://authority` for links.
    pub(super) base: &'a str,
}

/// Where the service lives.
pub(super) const ROOT: &str = "/services/rest/record/v1/";

/// A kind of record and the rows that belong to it.
#[derive(Debug, Clone, Copy)]
struct RecordType {
    /// As the catalogue spells it; any case is understood.
    name: &'static str,
    /// The table its rows are in.
    table: &'static str,
    /// Which rows, as a condition.
    rows: &'static str,
}

/// Every record type served.
const TYPES: [RecordType; 15] = [
    of_item("inventoryItem", "itemtype = 'InvtPart' and coalesce(islotitem, 'F') = 'F' and coalesce(isserialitem, 'F') = 'F'"),
    of_item("lotNumberedInventoryItem", "itemtype = 'InvtPart' and islotitem = 'T'"),
    of_item("serializedInventoryItem", "itemtype = 'InvtPart' and isserialitem = 'T'"),
    of_item("assemblyItem", "itemtype = 'Assembly' and coalesce(islotitem, 'F') = 'F' and coalesce(isserialitem, 'F') = 'F'"),
    of_item("lotNumberedAssemblyItem", "itemtype = 'Assembly' and islotitem = 'T'"),
    of_item("serializedAssemblyItem", "itemtype = 'Assembly' and isserialitem = 'T'"),
    of_item("kitItem", "itemtype = 'Kit'"),
    of_item("itemGroup", "itemtype = 'Group'"),
    of_item("nonInventorySaleItem", "itemtype = 'NonInvtPart' and subtype = 'Sale'"),
    of_item("nonInventoryResaleItem", "itemtype = 'NonInvtPart' and subtype = 'Resale'"),
    of_item("nonInventoryPurchaseItem", "itemtype = 'NonInvtPart' and subtype = 'Purchase'"),
    of_item("serviceSaleItem", "itemtype = 'Service' and subtype = 'Sale'"),
    of_item("serviceResaleItem", "itemtype = 'Service' and subtype = 'Resale'"),
    of_item("otherChargeSaleItem", "itemtype = 'OthCharge' and subtype = 'Sale'"),
    of_item("discountItem", "itemtype = 'Discount'"),
];

const fn of_item(name: &'static str, rows: &'static str) -> RecordType {
    RecordType { name, table: "item", rows }
}

/// Media type of one record.
const SINGULAR: &str = "application/vnd.oracle.resource+json; type=singular";

/// Answers a request below [`ROOT`].
pub(super) fn handle(request: &Request, service: &Service<'_>) -> Result<Reply, Refusal> {
    let rest = request.path().strip_prefix(ROOT).unwrap_or_default();
    let mut parts = rest.split('/');
    let (asked, key, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let Some(kind) = TYPES.iter().find(|kind| kind.name.eq_ignore_ascii_case(asked)) else {
        return Err(Refusal::new(404, "NONEXISTENT_ID", format!("Record type '{asked}' does not exist.")));
    };
    match (request.method.as_str(), key, more) {
        ("GET", None, _) => list(request, *kind, service),
        ("GET", Some(key), None) => {
            let id = find(*kind, key, request, service)?;
            one(request, *kind, id, service)
        }
        ("GET", Some(key), Some(sublist)) => {
            let id = find(*kind, key, request, service)?;
            let body = item::sublist(id, sublist, kind.name, service).map_err(|_| Refusal::unexpected())?;
            let body = body.ok_or_else(nonexistent)?;
            Ok(Reply::new(200, "application/vnd.oracle.resource+json; type=collection", body.to_string()))
        }
        (method, ..) => Err(Refusal::method(method)),
    }
}

fn nonexistent() -> Refusal {
    Refusal::new(404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID.")
}

/// Finds the row a key of the address names: an internal id, or an external id after `eid:`.
fn find(kind: RecordType, key: &str, request: &Request, service: &Service<'_>) -> Result<i64, Refusal> {
    let key = super::oauth::decode(key, false);
    let (column, value) = match key.strip_prefix("eid:") {
        Some(external) => ("externalid", rusqlite::types::Value::from(external.to_owned())),
        None => {
            let id =
                key.parse::<i64>().ok().filter(|id| *id > 0 && key.bytes().all(|b| b.is_ascii_digit()) && !key.starts_with('0'));
            let id = id.ok_or_else(|| {
                Refusal::new(
                    400,
                    "INVALID_ID",
                    format!("Invalid record instance identifier '{key}'. Provide a valid record instance ID."),
                )
                .at(Locator::Url(request.path().to_owned()))
            })?;
            ("id", id.into())
        }
    };
    let sql = format!("select id from {} where {column} = ?1 and {}", kind.table, kind.rows);
    let found = service.conn.prepare_cached(&sql).and_then(|mut s| s.query_row([value], |row| row.get(0)));
    found.map_err(|e| if e == rusqlite::Error::QueryReturnedNoRows { nonexistent() } else { Refusal::unexpected() })
}

fn one(request: &Request, kind: RecordType, id: i64, service: &Service<'_>) -> Result<Reply, Refusal> {
    let (mut expanded, mut plain_enums, mut fields) = (false, false, None);
    for (name, value) in parameters(request) {
        match name.as_str() {
            "expandSubResources" => expanded = value.eq_ignore_ascii_case("true"),
            "simpleEnumFormat" => plain_enums = value.eq_ignore_ascii_case("true"),
            "fields" => fields = Some(value.split(',').map(|field| field.trim().to_owned()).collect::<Vec<_>>()),
            other => return Err(unknown_parameter(other)),
        }
    }
    let mut body = item::read(id, kind.name, expanded, plain_enums, service).map_err(|_| Refusal::unexpected())?;
    if let (Some(fields), Some(members)) = (fields, body.as_object_mut()) {
        members.retain(|name, _| matches!(name.as_str(), "links" | "id") || fields.iter().any(|field| field == name));
    }
    Ok(Reply::new(200, SINGULAR, body.to_string()))
}

fn list(request: &Request, kind: RecordType, service: &Service<'_>) -> Result<Reply, Refusal> {
    if parameters(request).iter().any(|(name, _)| name == "q") {
        return Err(Refusal::parameter("q", "Invalid search query. Provide a valid search query."));
    }
    let page = Page::read(request, &[])?;
    let (limit, offset) = (i64::try_from(page.limit).unwrap_or(0), i64::try_from(page.offset).unwrap_or(i64::MAX));
    let address = format!("{}{ROOT}{}", service.base, kind.name);
    let read = || -> rusqlite::Result<(Vec<i64>, i64)> {
        let filter = format!("from {} where {}", kind.table, kind.rows);
        let mut statement = service.conn.prepare_cached(&format!("select id {filter} order by id limit ?1 offset ?2"))?;
        let ids = statement.query_map([limit, offset], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let total = service.conn.prepare_cached(&format!("select count(*) {filter}"))?.query_row([], |row| row.get(0))?;
        Ok((ids, total))
    };
    let (ids, total) = read().map_err(|_| Refusal::unexpected())?;
    let total = u64::try_from(total).unwrap_or(0);
    let items: Vec<Value> = ids
        .iter()
        .map(|id| json!({"links": [{"rel": "self", "href": format!("{address}/{id}")}], "id": id.to_string()}))
        .collect();
    let count = u64::try_from(items.len()).unwrap_or(0);
    let body = json!({
        "links": page.links(&address, total),
        "count": count,
        "hasMore": page.offset + count < total,
        "items": items,
        "offset": page.offset,
        "totalResults": total,
    });
    Ok(Reply::new(200, "application/vnd.oracle.resource+json; type=collection", body.to_string()))
}

/// Shows a stored stamp as the UTC moment it is.
fn utc_text(stored: &str) -> String {
    zone::parse(stored).map_or_else(|| stored.to_owned(), |utc| zone::format(utc).replace(' ', "T") + "Z")
}
