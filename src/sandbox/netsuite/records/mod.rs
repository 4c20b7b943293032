//! The record service: addresses, record types and lists. Each kind of record is a file of its own.

mod contact;
mod credit_memo;
mod customer;
mod customer_deposit;
mod customer_payment;
mod document;
mod employee;
mod estimate;
mod invoice;
mod item;
mod item_fulfillment;
mod sales_order;
mod shape;
mod writes;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};

use self::shape::Shape;
use super::Settings;
use super::catalogue::Catalogue;
use super::errors::{Locator, Refusal};
use super::paging::{Page, parameters, unknown_parameter};
use super::zone::{self, Zone};
use crate::sandbox::exchange::{Reply, Request};

/// What the service works on.
pub(super) struct Service<'a> {
    /// The database.
    pub(super) conn: &'a Connection,
    /// The tables of the account.
    pub(super) catalogue: &'a Catalogue,
    /// How this account deviates.
    pub(super) settings: &'a Settings,
    /// Zone of the user, whose calendar says what day it is.
    pub(super) zone: &'a Zone,
    /// The service's clock.
    pub(super) now: i64,
    /// `scheme://authority` for links.
    pub(super) base: &'a str,
}

impl Service<'_> {
    /// Empties the tables of a query whose rows the role cannot see; a table stands between spaces.
    fn visible(&self, sql: &str) -> String {
        let mut sql = sql.to_owned();
        for table in &self.settings.denied_rows {
            let table = table.to_ascii_lowercase();
            for written in [format!(" {table} "), format!(" \"{table}\" ")] {
                sql = sql.replace(&written, &format!(" (select * from \"{table}\" where 0) "));
            }
        }
        sql
    }
}

/// Where the service lives.
pub(super) const ROOT: &str = "/services/rest/record/v1/";

/// A kind of record and the rows that belong to it.
#[derive(Debug, Clone, Copy)]
struct RecordType {
    /// As the catalogue spells it; any case is understood.
    name: &'static str,
    /// Which rows of the table, as a condition.
    rows: &'static str,
    /// What they are made of.
    shape: &'static Shape,
}

/// Every record type served.
const TYPES: [RecordType; 25] = [
    of(
        &item::SHAPE,
        "inventoryItem",
        "itemtype = 'InvtPart' and coalesce(islotitem, 'F') = 'F' and coalesce(isserialitem, 'F') = 'F'",
    ),
    of(&item::SHAPE, "lotNumberedInventoryItem", "itemtype = 'InvtPart' and islotitem = 'T'"),
    of(&item::SHAPE, "serializedInventoryItem", "itemtype = 'InvtPart' and isserialitem = 'T'"),
    of(
        &item::SHAPE,
        "assemblyItem",
        "itemtype = 'Assembly' and coalesce(islotitem, 'F') = 'F' and coalesce(isserialitem, 'F') = 'F'",
    ),
    of(&item::SHAPE, "lotNumberedAssemblyItem", "itemtype = 'Assembly' and islotitem = 'T'"),
    of(&item::SHAPE, "serializedAssemblyItem", "itemtype = 'Assembly' and isserialitem = 'T'"),
    of(&item::SHAPE, "kitItem", "itemtype = 'Kit'"),
    of(&item::SHAPE, "itemGroup", "itemtype = 'Group'"),
    of(&item::SHAPE, "nonInventorySaleItem", "itemtype = 'NonInvtPart' and subtype = 'Sale'"),
    of(&item::SHAPE, "nonInventoryResaleItem", "itemtype = 'NonInvtPart' and subtype = 'Resale'"),
    of(&item::SHAPE, "nonInventoryPurchaseItem", "itemtype = 'NonInvtPart' and subtype = 'Purchase'"),
    of(&item::SHAPE, "serviceSaleItem", "itemtype = 'Service' and subtype = 'Sale'"),
    of(&item::SHAPE, "serviceResaleItem", "itemtype = 'Service' and subtype = 'Resale'"),
    of(&item::SHAPE, "otherChargeSaleItem", "itemtype = 'OthCharge' and subtype = 'Sale'"),
    of(&item::SHAPE, "discountItem", "itemtype = 'Discount'"),
    of(&customer::SHAPE, "customer", "true"),
    of(&contact::SHAPE, "contact", "true"),
    of(&employee::SHAPE, "employee", "true"),
    of(&estimate::SHAPE, "estimate", "type = 'Estimate'"),
    of(&sales_order::SHAPE, "salesOrder", "type = 'SalesOrd'"),
    of(&item_fulfillment::SHAPE, "itemFulfillment", "type = 'ItemShip'"),
    of(&invoice::SHAPE, "invoice", "type = 'CustInvc'"),
    of(&customer_deposit::SHAPE, "customerDeposit", "type = 'CustDep'"),
    of(&customer_payment::SHAPE, "customerPayment", "type = 'CustPymt'"),
    of(&credit_memo::SHAPE, "creditMemo", "type = 'CustCred'"),
];

const fn of(shape: &'static Shape, name: &'static str, rows: &'static str) -> RecordType {
    RecordType { name, rows, shape }
}

/// Media type of one record.
const SINGULAR: &str = "application/vnd.oracle.resource+json; type=singular";
/// Media type of a list.
const COLLECTION: &str = "application/vnd.oracle.resource+json; type=collection";

/// Answers a request below [`ROOT`].
pub(super) fn handle(request: &Request, service: &Service<'_>) -> Result<Reply, Refusal> {
    let rest = request.path().strip_prefix(ROOT).unwrap_or_default();
    let mut parts = rest.split('/');
    let asked = parts.next().unwrap_or_default();
    let Some(kind) = TYPES.iter().find(|kind| kind.name.eq_ignore_ascii_case(asked)) else {
        return Err(Refusal::new(404, "NONEXISTENT_ID", format!("Record type '{asked}' does not exist.")));
    };
    if service.settings.denied_records.iter().any(|denied| denied.eq_ignore_ascii_case(kind.name)) {
        return Err(permission(kind.shape.permission));
    }
    match (request.method.as_str(), parts.collect::<Vec<_>>().as_slice()) {
        ("GET", []) => list(request, kind, service),
        ("GET", [key]) => {
            let id = find(kind, key, request, service)?;
            one(request, kind, id, service)
        }
        ("GET", [key, below @ ..]) => {
            let id = find(kind, key, request, service)?;
            part(kind, id, below, service)
        }
        (_, below) => writes::handle(request, kind, below, service),
    }
}

/// Refuses what the role may not do.
fn permission(needed: &str) -> Refusal {
    Refusal::new(
        403,
        "INSUFFICIENT_PERMISSION",
        format!("Permission Violation: You need a higher level of the '{needed}' permission to access this page."),
    )
}

/// Answers for a sublist, an entry of one, or a subrecord.
fn part(kind: &RecordType, id: i64, below: &[&str], service: &Service<'_>) -> Result<Reply, Refusal> {
    let Some(part) = kind.shape.parts.iter().find(|part| below.first().is_some_and(|name| part.name == *name)) else {
        return Err(nonexistent());
    };
    let (body, media) = match below {
        [_] if part.single => (shape::read_part(id, part, kind, service), SINGULAR),
        [_] => (shape::read_part(id, part, kind, service), COLLECTION),
        [_, key] => (shape::read_entry(id, part, key, kind, service), SINGULAR),
        _ => return Err(nonexistent()),
    };
    let body = body.map_err(|_| Refusal::unexpected())?.ok_or_else(nonexistent)?;
    Ok(Reply::new(200, media, body.to_string()))
}

fn nonexistent() -> Refusal {
    Refusal::new(404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID.")
}

/// Finds the row a key of the address names: an internal id, or an external id after `eid:`.
fn find(kind: &RecordType, key: &str, request: &Request, service: &Service<'_>) -> Result<i64, Refusal> {
    let shape = kind.shape;
    let key = super::oauth::decode(key, false);
    let external = key.strip_prefix("eid:");
    let (column, value) = match external {
        Some(external) => (shape.external, rusqlite::types::Value::from(external.to_owned())),
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
    let sql = service.visible(&format!("select id, {} from {} as r where {column} = ?1", kind.rows, shape.quoted()));
    let found = service.conn.prepare_cached(&sql).and_then(|mut statement| {
        statement.query_row([value], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<bool>>(1)?))).optional()
    });
    match found.map_err(|_| Refusal::unexpected())? {
        Some((id, Some(true))) => Ok(id),
        // An id is not looked for among documents of other types, so none at all is the same to the service.
        None if external.is_some() => Err(nonexistent()),
        _ if shape.table == "transaction" => {
            Err(Refusal::new(400, "USER_ERROR", "Error while accessing a resource. Transaction type specified is incorrect."))
        }
        _ => Err(nonexistent()),
    }
}

fn one(request: &Request, kind: &RecordType, id: i64, service: &Service<'_>) -> Result<Reply, Refusal> {
    let (mut expanded, mut plain_enums, mut fields) = (false, false, None);
    for (name, value) in parameters(request) {
        match name.as_str() {
            "expandSubResources" => expanded = value.eq_ignore_ascii_case("true"),
            "simpleEnumFormat" => plain_enums = value.eq_ignore_ascii_case("true"),
            "fields" => fields = Some(value.split(',').map(|field| field.trim().to_owned()).collect::<Vec<_>>()),
            other => return Err(unknown_parameter(other)),
        }
    }
    let mut body = shape::read(id, kind, expanded, plain_enums, service).map_err(|_| Refusal::unexpected())?;
    if let (Some(fields), Some(members)) = (fields, body.as_object_mut()) {
        members.retain(|name, _| matches!(name.as_str(), "links" | "id") || fields.iter().any(|field| field == name));
    }
    Ok(Reply::new(200, SINGULAR, body.to_string()))
}

fn list(request: &Request, kind: &RecordType, service: &Service<'_>) -> Result<Reply, Refusal> {
    if parameters(request).iter().any(|(name, _)| name == "q") {
        return Err(Refusal::parameter("q", "Invalid search query. Provide a valid search query."));
    }
    let page = Page::read(request, &[])?;
    let (limit, offset) = (i64::try_from(page.limit).unwrap_or(0), i64::try_from(page.offset).unwrap_or(i64::MAX));
    let address = format!("{}{ROOT}{}", service.base, kind.name);
    let read = || -> rusqlite::Result<(Vec<i64>, i64)> {
        let filter = service.visible(&format!(" from {} as r where {}", kind.shape.quoted(), kind.rows));
        let mut statement = service.conn.prepare_cached(&format!("select id{filter} order by id limit ?1 offset ?2"))?;
        let ids = statement.query_map([limit, offset], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let total = service.conn.prepare_cached(&format!("select count(*){filter}"))?.query_row([], |row| row.get(0))?;
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
    Ok(Reply::new(200, COLLECTION, body.to_string()))
}

/// Shows a stored stamp as the UTC moment it is.
fn utc_text(stored: &str) -> String {
    zone::parse(stored).map_or_else(|| stored.to_owned(), |utc| zone::format(utc).replace(' ', "T") + "Z")
}

#[cfg(test)]
mod tests;
