//! The address book of a customer, a sublist with keys.

use rusqlite::types::Value as Stored;
use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::address;
use super::fields::{Field, Form, Writing, no_such_value, pointed};
use super::manner::Members;
use super::row::{self, Columns};
use crate::sandbox::netsuite::errors::{Locator, Refusal};

const NAME: &str = "addressBook";

const FIELDS: &[Field] = &[
    ("label", "label", Form::Text),
    ("defaultBilling", "defaultbilling", Form::Flag),
    ("defaultShipping", "defaultshipping", Form::Flag),
    ("isResidential", "sim_isresidential", Form::Flag),
];

/// Gives the entries of a sublist as it was sent: none when it was cleared.
pub(super) fn entries<'a>(members: &'a Members, name: &str) -> Result<Option<Vec<&'a Members>>, Refusal> {
    let wrong = || Refusal::content(format!("Invalid value for the property '{name}'.")).at(Locator::Path(name.to_owned()));
    let items = match members.get(name) {
        None => return Ok(None),
        Some(Value::Null) => return Ok(Some(Vec::new())),
        Some(Value::Object(sublist)) => sublist.get("items").and_then(Value::as_array).ok_or_else(wrong)?,
        Some(_) => return Err(wrong()),
    };
    items.iter().map(|item| item.as_object().ok_or_else(wrong)).collect::<Result<_, _>>().map(Some)
}

/// Writes what was sent of the address book of a customer.
pub(super) fn write(customer: i64, fresh: bool, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    let Some(entries) = entries(members, NAME)? else { return Ok(()) };
    let mut kept = Vec::new();
    for (place, entry) in entries.into_iter().enumerate() {
        let path = format!("{NAME}.items[{place}].");
        let known = |name: &str| {
            name == "internalId" || name == "addressBookAddress" || FIELDS.iter().any(|(property, ..)| *property == name)
        };
        writing.names(entry, known, &[], &path)?;
        let key = entry.get("id").or_else(|| entry.get("internalId")).filter(|key| !key.is_null() && !fresh);
        let existing = key.map(|key| keyed(customer, key, &path, writing)).transpose()?;
        kept.push(put(customer, existing, entry, &path, writing)?);
    }
    if writing.manner.replaces(NAME) {
        let mut statement =
            writing.service.conn.prepare_cached("select internalid from customeraddressbook where entity = ?1")?;
        let all: Vec<i64> = statement.query_map([customer], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for gone in all.into_iter().filter(|entry| !kept.contains(entry)) {
            remove(gone, writing)?;
        }
    }
    settle_defaults(customer, writing)?;
    Ok(())
}

/// Finds the entry a key names.
fn keyed(customer: i64, key: &Value, path: &str, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let id = pointed(key).map(|(id, _)| id).unwrap_or_default();
    let mut statement = writing
        .service
        .conn
        .prepare_cached("select internalid from customeraddressbook where entity = ?1 and internalid = ?2")?;
    let found = statement.query_row(params![customer, id], |row| row.get(0)).optional()?;
    found.ok_or_else(|| no_such_value(&id, "id", path))
}

/// Adds or changes an entry.
fn put(customer: i64, existing: Option<i64>, entry: &Members, path: &str, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let conn = writing.service.conn;
    let mut columns = writing.columns(entry, FIELDS, path)?;
    let id = match existing {
        Some(id) => id,
        None => row::next(conn, "addressbook", "select max(internalid) from customeraddressbook")?,
    };
    let held: Option<i64> = conn
        .prepare_cached("select addressbookaddress from customeraddressbook where internalid = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    // There is one address of each use.
    for flag in ["defaultbilling", "defaultshipping"] {
        if row::text(&columns, flag) == Some("T") {
            conn.execute(&format!("update customeraddressbook set {flag} = 'F' where entity = ?1"), [customer])?;
        }
        if existing.is_none() {
            row::default(&mut columns, flag, "F".to_owned());
        }
    }
    let sent = match entry.get("addressBookAddress") {
        Some(Value::Object(sent)) => Some(sent.clone()),
        None | Some(Value::Null) => None,
        Some(_) => {
            let full = format!("{path}addressBookAddress");
            return Err(Refusal::content(format!("Invalid value for the property '{full}'.")).at(Locator::Path(full)));
        }
    };
    let path = format!("{path}addressBookAddress.");
    let fresh = Members::new();
    match (held, sent) {
        (Some(key), Some(sent)) => {
            let query = format!("select {} from customeraddressbookentityaddress where nkey = ?1", address::COLUMNS);
            let before = row::read(conn, &query, key)?.unwrap_or_default();
            let address = address::read(&sent, before, &path, writing)?;
            row::update(conn, "customeraddressbookentityaddress", "nkey", key, &address)?;
        }
        (Some(_), None) => {}
        (None, sent) => {
            let mut address = address::read(sent.as_ref().unwrap_or(&fresh), Columns::new(), &path, writing)?;
            let key = row::next(conn, "address", "select max(nkey) from customeraddressbookentityaddress")?;
            address.insert("nkey".into(), Stored::Integer(key));
            address.insert("recordowner".into(), Stored::Integer(id));
            row::insert(conn, "customeraddressbookentityaddress", &address)?;
            columns.insert("internalid".into(), Stored::Integer(id));
            columns.insert("entity".into(), Stored::Integer(customer));
            columns.insert("addressbookaddress".into(), Stored::Integer(key));
            row::default(&mut columns, "sim_isresidential", "F".to_owned());
            if row::is_empty(&columns, "label") {
                let first = address.get("addr1").cloned().unwrap_or(Stored::Null);
                columns.insert("label".into(), first);
            }
            row::insert(conn, "customeraddressbook", &columns)?;
            return Ok(id);
        }
    }
    row::update(conn, "customeraddressbook", "internalid", id, &columns)?;
    Ok(id)
}

/// Removes an entry with its address; neither is logged as deleted.
fn remove(entry: i64, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let conn = writing.service.conn;
    for (name, key) in [("addressbook", "internalid"), ("address", "addressbookaddress")] {
        let number =
            conn.query_row(&format!("select {key} from customeraddressbook where internalid = ?1"), [entry], |row| row.get(0))?;
        row::retire(conn, name, number)?;
    }
    conn.execute(
        "delete from customeraddressbookentityaddress
         where nkey = (select addressbookaddress from customeraddressbook where internalid = ?1)",
        [entry],
    )?;
    conn.execute("delete from customeraddressbook where internalid = ?1", [entry]).map(|_| ())
}

/// Names the chosen addresses on the customer, as the account does.
fn settle_defaults(customer: i64, writing: &Writing<'_>) -> rusqlite::Result<()> {
    writing
        .service
        .conn
        .prepare_cached(
            "update customer set
                 defaultbillingaddress = (select b.addressbookaddress from customeraddressbook b
                                          where b.entity = ?1 and b.defaultbilling = 'T' limit 1),
                 defaultshippingaddress = (select b.addressbookaddress from customeraddressbook b
                                           where b.entity = ?1 and b.defaultshipping = 'T' limit 1)
             where id = ?1",
        )?
        .execute([customer])
        .map(|_| ())
}
