//! Contacts, written.

use rusqlite::types::Value as Stored;

use super::customer::{check_entity, name_of, subsidiary};
use super::fields::{Field, Form, Target, Writing};
use super::manner::Members;
use super::row::{self, Columns};
use super::{is_shown, missing};
use crate::sandbox::netsuite::errors::Refusal;
use crate::sandbox::netsuite::records::contact::SHAPE;

/// A contact may stay with a company that is no longer active.
static COMPANY: Target = Target { rows: " customer ", key: "id", external: Some("externalid"), usable: "true" };

const FIELDS: &[Field] = &[
    ("externalId", "sim_externalid", Form::Text),
    ("entityId", "entityid", Form::Text),
    ("firstName", "firstname", Form::Text),
    ("middleName", "middlename", Form::Text),
    ("lastName", "lastname", Form::Text),
    ("title", "title", Form::Text),
    ("company", "company", Form::Reference(&COMPANY)),
    ("email", "email", Form::Text),
    ("phone", "phone", Form::Text),
    ("mobilePhone", "mobilephone", Form::Text),
    ("isInactive", "isinactive", Form::Flag),
];

/// Known and without effect here.
const SILENT: &[&str] = &[
    "subsidiary",
    "salutation",
    "comments",
    "fax",
    "homePhone",
    "officePhone",
    "altEmail",
    "category",
    "isPrivate",
    "contactRole",
    "addressBook",
    "supervisor",
    "assistant",
    "customForm",
];

/// Creates a contact.
pub(super) fn create(members: &Members, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let conn = writing.service.conn;
    let mut columns = read(members, writing)?;
    let mut lacking = Vec::new();
    if row::is_empty(&columns, "entityid") {
        match name_of(&columns) {
            Some(name) => drop(columns.insert("entityid".into(), Stored::Text(name))),
            None => lacking.extend(["First Name", "Last Name"]),
        }
    }
    if subsidiary(members, writing)?.is_none() && super::customer::is_one_world(writing)? {
        lacking.push("Subsidiary");
    }
    if !lacking.is_empty() {
        return Err(missing(&lacking));
    }
    check_entity(row::text(&columns, "sim_externalid"), None, writing)?;
    let id = row::next(conn, "entity", "select max(id) from sim_entity")?;
    columns.insert("id".into(), Stored::Integer(id));
    row::default(&mut columns, "isinactive", "F".to_owned());
    columns.insert("datecreated".into(), Stored::Text(writing.stamp.clone()));
    row::insert(conn, "contact", &columns)?;
    Ok(id)
}

/// Changes a contact.
pub(super) fn update(id: i64, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    let mut members = members.clone();
    writing.manner.complete(&mut members, |name| FIELDS.iter().any(|(property, ..)| *property == name));
    let columns = read(&members, writing)?;
    subsidiary(&members, writing)?;
    check_entity(row::text(&columns, "sim_externalid"), Some(id), writing)?;
    row::update(writing.service.conn, "contact", "id", id, &columns)?;
    let nameless = writing.service.conn.query_row(
        "select entityid is null or (firstname is null and lastname is null) from contact where id = ?1",
        [id],
        |row| row.get::<_, bool>(0),
    )?;
    if nameless { Err(missing(&["First Name", "Last Name"])) } else { Ok(()) }
}

fn read(members: &Members, writing: &Writing<'_>) -> Result<Columns, Refusal> {
    let known = |name: &str| is_shown(&SHAPE, name) || SILENT.contains(&name);
    writing.names(members, known, &[("contact", SHAPE.custom)], "")?;
    let mut columns = writing.columns(members, FIELDS, "")?;
    writing.own(members, "contact", SHAPE.custom, &mut columns);
    columns.insert("lastmodifieddate".into(), Stored::Text(writing.stamp.clone()));
    Ok(columns)
}
