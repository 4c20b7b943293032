//! How rows become records: the properties of a kind of record, its sublists and subrecords, and the forms their values take.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::{ROOT, RecordType, Service, utc_text};
use crate::sandbox::netsuite::catalogue::{self, Display, Found, Kind};

/// What records of one kind are made of.
#[derive(Debug)]
pub(super) struct Shape {
    /// The table of their rows, called `r` in expressions.
    pub(super) table: &'static str,
    /// The column of the external id.
    pub(super) external: &'static str,
    /// What the role needs to see them.
    pub(super) permission: &'static str,
    /// Properties in groups: an expression over the row, the property's name and its form.
    pub(super) properties: &'static [&'static [Property]],
    /// Beginning of the names of the account's own columns; nothing for kinds without them.
    pub(super) custom: &'static str,
    /// Sublists and subrecords.
    pub(super) parts: &'static [Part],
}

/// An expression, the name of the property it fills, and its form.
pub(super) type Property = (&'static str, &'static str, Form);

/// How a value appears in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Text,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// A UTC moment.
    Moment,
    /// An id with the display text of this column of this table.
    Reference(&'static str, &'static str),
    /// A closed list: an object with the value as id, or the bare value.
    Choice,
    /// A closed list whose texts differ from its ids; the expression gives both in an array.
    Named,
}

/// A sublist or a subrecord.
#[derive(Debug)]
pub(super) struct Part {
    /// Its property.
    pub(super) name: &'static str,
    /// Gives a JSON object for each entry of the record `?1`; tables stand between spaces.
    ///
    /// `/*custom*/` is where the account's own line columns go.
    pub(super) sql: &'static str,
    /// The member that names an entry in addresses; nothing when entries have no address.
    pub(super) key: &'static str,
    /// It is one object instead of a list.
    pub(super) single: bool,
}

impl Part {
    /// Makes a sublist.
    pub(super) const fn list(name: &'static str, key: &'static str, sql: &'static str) -> Self {
        Self { name, sql, key, single: false }
    }

    /// Makes a subrecord.
    pub(super) const fn single(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, key: "", single: true }
    }
}

/// Reads one record.
pub(super) fn read(
    id: i64,
    kind: &RecordType,
    expanded: bool,
    plain_enums: bool,
    service: &Service<'_>,
) -> rusqlite::Result<Value> {
    let shape = kind.shape;
    let address = format!("{}{ROOT}{}/{id}", service.base, kind.name);
    let mut record = Map::new();
    record.insert("links".into(), json!([{"rel": "self", "href": address}]));
    record.insert("id".into(), id.to_string().into());
    let own = own_columns(shape.table, shape.custom, service);
    let known: Vec<&Property> = shape.properties.iter().copied().flatten().collect();
    let expressions = known.iter().map(|(sql, ..)| (*sql).to_owned()).chain(own.iter().map(|name| format!("r.{name}")));
    let list = expressions.collect::<Vec<_>>().join(", ");
    let sql = service.visible(&format!("select {list} from {} as r where r.id = ?1", shape.quoted()));
    let mut statement = service.conn.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Err(rusqlite::Error::QueryReturnedNoRows) };
    for (index, (_, property, form)) in known.iter().enumerate() {
        if let Some(shown) = show(*form, row.get_ref(index)?, plain_enums, service)? {
            record.insert((*property).to_owned(), shown);
        }
    }
    for (index, column) in own.iter().enumerate() {
        if let Some(shown) = show_own(shape.table, column, row.get_ref(known.len() + index)?, service)? {
            record.insert(column.clone(), shown);
        }
    }
    for part in shape.parts {
        let whole = match (expanded, part.single) {
            (true, _) => read_part(id, part, kind, service)?,
            (false, true) if entries(id, part, service)?.is_empty() => None,
            (false, _) => Some(json!({"links": [{"rel": "self", "href": format!("{address}/{}", part.name)}]})),
        };
        if let Some(whole) = whole {
            record.insert(part.name.to_owned(), whole);
        }
    }
    Ok(Value::Object(record))
}

/// Reads a sublist, or a subrecord when there is one.
pub(super) fn read_part(id: i64, part: &Part, kind: &RecordType, service: &Service<'_>) -> rusqlite::Result<Option<Value>> {
    let address = format!("{}{ROOT}{}/{id}/{}", service.base, kind.name, part.name);
    let links = |address: &str| json!([{"rel": "self", "href": address}]);
    let mut items = entries(id, part, service)?;
    if part.single {
        let mut only = items.pop();
        if let Some(members) = only.as_mut().and_then(Value::as_object_mut) {
            members.insert("links".into(), links(&address));
        }
        return Ok(only);
    }
    for members in items.iter_mut().filter_map(Value::as_object_mut) {
        if let Some(key) = members.get(part.key).map(key_text) {
            members.insert("links".into(), links(&format!("{address}/{key}")));
        }
    }
    let total = items.len();
    Ok(Some(json!({"links": links(&address), "items": items, "totalResults": total})))
}

/// Reads one entry of a sublist by its key.
pub(super) fn read_entry(
    id: i64,
    part: &Part,
    key: &str,
    kind: &RecordType,
    service: &Service<'_>,
) -> rusqlite::Result<Option<Value>> {
    let whole = read_part(id, part, kind, service)?;
    let items = whole.as_ref().and_then(|whole| whole.get("items")).and_then(Value::as_array);
    let is_asked = |item: &&Value| item.get(part.key).is_some_and(|found| key_text(found) == key);
    Ok(items.and_then(|items| items.iter().find(is_asked)).cloned())
}

fn key_text(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

fn entries(id: i64, part: &Part, service: &Service<'_>) -> rusqlite::Result<Vec<Value>> {
    let own = own_columns("transactionline", "custcol", service);
    let own: String = own.iter().map(|name| format!(", '{name}', l.{name}")).collect();
    let sql = service.visible(&part.sql.replace("/*custom*/", &own));
    let mut statement = service.conn.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let entry: Value = serde_json::from_str(row.get_ref(0)?.as_str()?).unwrap_or_default();
        items.extend(pruned(entry));
    }
    Ok(items)
}

/// Leaves out what is absent, also below; nothing when nothing is left.
fn pruned(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            let kept: Map<String, Value> = members.into_iter().filter_map(|(name, value)| Some((name, pruned(value)?))).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        other => Some(other),
    }
}

/// Gives the account's own columns of a table, as far as the role sees them.
fn own_columns(table: &str, prefix: &str, service: &Service<'_>) -> Vec<String> {
    let Found::Table(table) = service.catalogue.find(table) else { return Vec::new() };
    let names = table.columns.iter().map(|column| &column.name);
    names.filter(|name| !prefix.is_empty() && name.starts_with(prefix)).cloned().collect()
}

/// Shows a column of the account's own, guessing the form from the value, as its definition is not kept.
fn show_own(table: &str, column: &str, value: ValueRef<'_>, service: &Service<'_>) -> rusqlite::Result<Option<Value>> {
    match value {
        ValueRef::Integer(id) => reference(table, column, &id.to_string(), service).map(Some),
        ValueRef::Real(_) => show(Form::Number, value, false, service),
        ValueRef::Text(b"T" | b"F") => show(Form::Flag, value, false, service),
        _ => show(Form::Text, value, false, service),
    }
}

fn show(form: Form, value: ValueRef<'_>, plain_enums: bool, service: &Service<'_>) -> rusqlite::Result<Option<Value>> {
    let text = match value {
        ValueRef::Null | ValueRef::Blob(_) => return Ok(None),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(f) => f.to_string(),
    };
    Ok(Some(match form {
        Form::Text => text.into(),
        Form::Flag => (text == "T").into(),
        Form::Number => text.parse::<f64>().ok().map_or(Value::Null, Value::from),
        Form::Moment => utc_text(&text).into(),
        Form::Choice if plain_enums => text.into(),
        Form::Choice => json!({"id": text, "refName": text}),
        Form::Reference(table, column) => reference(table, column, &text, service)?,
        Form::Named => {
            let (id, name): (Option<String>, Option<String>) = serde_json::from_str(&text).unwrap_or_default();
            match (id, plain_enums) {
                (None, _) => return Ok(None),
                (Some(id), true) => id.into(),
                (Some(id), false) => json!({"refName": name.unwrap_or_else(|| id.clone()), "id": id}),
            }
        }
    }))
}

/// Makes a reference with its display text.
fn reference(table: &str, column: &str, id: &str, service: &Service<'_>) -> rusqlite::Result<Value> {
    let name: Option<String> = match catalogue::display(table, column, Kind::Integer) {
        Display::Row(table, name) => service
            .conn
            .prepare_cached(&format!("select {name} from \"{table}\" where {} = ?1", catalogue::key_of(table)))?
            .query_row([id], |row| row.get(0))
            .optional()?
            .flatten(),
        Display::List(source) => {
            let mut statement =
                service.conn.prepare_cached("select name from sim_display where source in (?1, ?2) and id = ?3")?;
            statement.query_row(params![source, source.trim_start_matches("matrixoption"), id], |row| row.get(0)).optional()?
        }
        Display::Rows(..) | Display::PriceLevel | Display::Status | Display::Own => None,
    };
    let mut shown = json!({"id": id});
    if let (Some(name), Some(members)) = (name, shown.as_object_mut()) {
        members.insert("refName".into(), name.into());
    }
    Ok(shown)
}

impl Shape {
    /// Gives the table's name as it stands in a query.
    pub(super) fn quoted(&self) -> String {
        format!("\"{}\"", self.table)
    }
}
