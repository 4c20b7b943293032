//! Addresses: what can be written of one, and how it is stored.

use rusqlite::OptionalExtension;
use rusqlite::types::Value as Stored;

use super::fields::{COUNTRY, Field, Form, Writing};
use super::manner::Members;
use super::row::{self, Columns};
use crate::sandbox::netsuite::errors::Refusal;

/// Columns of an address that are copied with it.
pub(super) const COLUMNS: &str =
    "addressee, attention, addr1, addr2, addr3, city, state, dropdownstate, zip, country, addrphone, addrtext, override";

const FIELDS: &[Field] = &[
    ("addressee", "addressee", Form::Text),
    ("attention", "attention", Form::Text),
    ("addr1", "addr1", Form::Text),
    ("addr2", "addr2", Form::Text),
    ("addr3", "addr3", Form::Text),
    ("city", "city", Form::Text),
    ("state", "state", Form::Text),
    ("zip", "zip", Form::Text),
    ("country", "country", Form::Reference(&COUNTRY)),
    ("addrPhone", "addrphone", Form::Text),
    ("addrText", "addrtext", Form::Text),
    ("override", "override", Form::Flag),
];

/// Reads an address over what was there before.
pub(super) fn read(members: &Members, before: Columns, path: &str, writing: &Writing<'_>) -> Result<Columns, Refusal> {
    writing.names(members, |name| FIELDS.iter().any(|(property, ..)| *property == name), &[], path)?;
    let mut columns = before;
    columns.extend(writing.columns(members, FIELDS, path)?);
    if row::is_empty(&columns, "country") {
        columns.insert("country".into(), Stored::Text("US".into()));
    }
    if row::is_empty(&columns, "override") {
        columns.insert("override".into(), Stored::Text("F".into()));
    }
    if members.contains_key("state") || members.contains_key("country") {
        let listed = listed_state(&columns, writing)?;
        if let Some(short) = &listed {
            columns.insert("state".into(), Stored::Text(short.clone()));
        }
        // A state outside the country's list stays as free text.
        columns.insert("dropdownstate".into(), listed.map_or(Stored::Null, Stored::Text));
    }
    if row::text(&columns, "override") != Some("T") {
        columns.insert("addrtext".into(), written(&columns));
    }
    columns.insert("lastmodifieddate".into(), Stored::Text(writing.stamp.clone()));
    Ok(columns)
}

/// Finds the short name of a state of the country, given by either name.
fn listed_state(columns: &Columns, writing: &Writing<'_>) -> rusqlite::Result<Option<String>> {
    let mut statement = writing
        .service
        .conn
        .prepare_cached("select shortname from state where country = ?1 and (shortname = ?2 or fullname = ?2 collate nocase)")?;
    statement.query_row([columns.get("country"), columns.get("state")], |found| found.get(0)).optional()
}

/// Writes the address out as on an envelope.
fn written(columns: &Columns) -> Stored {
    let part = |name: &str| row::text(columns, name).unwrap_or_default();
    let town = [part("city"), part("state"), part("zip")].join(" ");
    let lines = [part("attention"), part("addressee"), part("addr1"), part("addr2"), part("addr3"), town.trim(), part("country")];
    Stored::Text(lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
}
