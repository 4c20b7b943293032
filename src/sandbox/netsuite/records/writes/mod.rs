//! Writing records: creates, changes, upserts, deletions and transforms, each one whole or not at all.

mod address;
mod address_book;
mod contact;
mod customer;
mod deletion;
mod deposit;
mod document;
mod fields;
mod lines;
mod manner;
mod money;
mod progress;
mod row;
mod transform;

use rusqlite::params;
use serde_json::Value;

use self::fields::Writing;
use self::manner::{Manner, Members};
use super::shape::Shape;
use super::{ROOT, RecordType, Service, TYPES, find, nonexistent, permission, shape};
use crate::sandbox::exchange::{Reply, Request};
use crate::sandbox::netsuite::errors::{Locator, Refusal};
use crate::sandbox::netsuite::{Effect, oauth};

/// Answers a request that is no reading.
pub(super) fn handle(request: &Request, kind: &RecordType, below: &[&str], service: &Service<'_>) -> Result<Reply, Refusal> {
    let method = request.method.as_str();
    let transaction = service.conn.unchecked_transaction()?;
    let (written, warnings) = match (method, below) {
        ("DELETE", [key]) if deletion::is_known(kind) => {
            may(method, kind, service)?;
            let id = find_absent(kind, key, request, service)?;
            deletion::delete(kind, id, service)?;
            transaction.commit()?;
            return Ok(done(None, None));
        }
        ("POST", [key, "!transform", target]) => {
            let target = transform::target(kind, target)?;
            may("POST", target, service)?;
            let id = find(kind, key, request, service)?;
            let writing = Writing::begin(service, Manner::of(request)?);
            let made = transform::transform(kind, id, target, &manner::body(request, true)?, &writing)?;
            ((target, made), writing.warnings())
        }
        ("POST", []) if is_written(kind) => {
            may(method, kind, service)?;
            let writing = Writing::begin(service, Manner::of(request)?);
            let id = create(kind, &manner::body(request, false)?, &writing)?;
            ((kind, id), writing.warnings())
        }
        ("PATCH", [key]) if is_written(kind) => {
            may(method, kind, service)?;
            let id = find(kind, key, request, service)?;
            let writing = Writing::begin(service, Manner::of(request)?);
            update(kind, id, &manner::body(request, false)?, &writing)?;
            ((kind, id), writing.warnings())
        }
        ("PUT", [key]) if is_written(kind) && key.starts_with("eid:") => {
            let writing = Writing::begin(service, Manner::of(request)?);
            let id = upsert(kind, key, request, &writing)?;
            ((kind, id), writing.warnings())
        }
        _ => return Err(Refusal::method(method)),
    };
    let (kind, id) = written;
    run_scripts(kind, id, service)?;
    check_mandatory(kind, id, service)?;
    transaction.commit()?;
    let says_where = method != "PUT" || service.settings.upsert_location;
    Ok(done(says_where.then(|| format!("{}{ROOT}{}/{id}", service.base, kind.name)), warnings))
}

/// Tells whether records of this kind can be created and changed.
fn is_written(kind: &RecordType) -> bool {
    matches!(kind.name, "customer" | "contact" | "salesOrder" | "estimate" | "customerDeposit")
}

/// Makes the empty answer, which says that it is JSON all the same.
fn done(location: Option<String>, warnings: Option<String>) -> Reply {
    let mut reply = Reply::new(204, "application/json", Vec::new());
    if let Some(location) = location {
        reply = reply.with_header("location", location);
    }
    match warnings {
        Some(warnings) => reply.with_header("x-netsuite-propertyvalidation", warnings),
        None => reply,
    }
}

/// Refuses what the role may not do.
fn may(method: &str, kind: &RecordType, service: &Service<'_>) -> Result<(), Refusal> {
    let denied = service.settings.denied_writes.iter().any(|denied| {
        let (verb, record) = denied.split_once(' ').unwrap_or((method, denied));
        verb.eq_ignore_ascii_case(method) && record.eq_ignore_ascii_case(kind.name)
    });
    // A transform also leads to types the role cannot open.
    let closed = service.settings.denied_records.iter().any(|record| record.eq_ignore_ascii_case(kind.name));
    if denied || closed { Err(permission(kind.shape.permission)) } else { Ok(()) }
}

/// Finds a record that may be gone; what is gone is never of a wrong type.
fn find_absent(kind: &RecordType, key: &str, request: &Request, service: &Service<'_>) -> Result<i64, Refusal> {
    let id = oauth::decode(key, false).parse::<i64>().ok().filter(|id| *id > 0);
    if let Some(id) = id.filter(|_| key.bytes().all(|b| b.is_ascii_digit()) && !key.starts_with('0')) {
        let sql = format!("select exists (select 1 from \"{}\" where id = ?1)", kind.shape.table);
        let exists: bool = service.conn.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?;
        if !exists {
            return Err(nonexistent());
        }
    }
    find(kind, key, request, service)
}

fn create(kind: &RecordType, members: &Members, writing: &Writing<'_>) -> Result<i64, Refusal> {
    match kind.name {
        "customer" => customer::create(members, writing),
        "contact" => contact::create(members, writing),
        "customerDeposit" => deposit::create(members, writing),
        "estimate" => document::create(&document::ESTIMATE, members, None, writing),
        _ => document::create(&document::ORDER, members, None, writing),
    }
}

fn update(kind: &RecordType, id: i64, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    match kind.name {
        "customer" => customer::update(id, members, writing),
        "contact" => contact::update(id, members, writing),
        "customerDeposit" => deposit::update(id, members, writing),
        "estimate" => document::update(&document::ESTIMATE, id, members, writing),
        _ => document::update(&document::ORDER, id, members, writing),
    }
}

/// Creates what no record has the external id of the address, and changes what has.
fn upsert(kind: &RecordType, key: &str, request: &Request, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let decoded = oauth::decode(key, false);
    let external = decoded.strip_prefix("eid:").unwrap_or_default();
    let mut members = manner::body(request, false)?;
    if members.get("externalId").is_some_and(|sent| sent.as_str() != Some(external)) {
        return Err(Refusal::content("The external ID differs from that of the address.").at(Locator::Path("externalId".into())));
    }
    let sql = format!("select id from {} as r where {} = ?1 and {}", kind.shape.quoted(), kind.shape.external, kind.rows);
    let found: Vec<i64> = {
        let mut statement = writing.service.conn.prepare_cached(&sql)?;
        statement.query_map([external], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    if let Some(id) = found.first() {
        may("PATCH", kind, writing.service)?;
        update(kind, *id, &members, writing)?;
        return Ok(*id);
    }
    may("POST", kind, writing.service)?;
    members.insert("externalId".into(), external.into());
    create(kind, &members, writing)
}

/// Lets the account's own scripts have their way with the row.
fn run_scripts(kind: &RecordType, id: i64, service: &Service<'_>) -> Result<(), Refusal> {
    let table = kind.shape.quoted();
    for script in service.settings.scripts.iter().filter(|script| script.record.eq_ignore_ascii_case(kind.name)) {
        let concerned = format!("select exists (select 1 from {table} as r where r.id = ?1 and ({}))", script.condition);
        if !service.conn.query_row(&concerned, [id], |row| row.get(0))? {
            continue;
        }
        match &script.effect {
            Effect::Set(assignments) => {
                service.conn.execute(&format!("update {table} as r set {assignments} where r.id = ?1"), params![id])?;
            }
            Effect::Refuse(text) => return Err(Refusal::user(text)),
        }
    }
    Ok(())
}

/// Asks for what the account's forms ask for.
fn check_mandatory(kind: &RecordType, id: i64, service: &Service<'_>) -> Result<(), Refusal> {
    let fields = service.settings.mandatory_fields.iter().filter(|(record, _)| record.eq_ignore_ascii_case(kind.name));
    let fields: Vec<&str> = fields.map(|(_, field)| field.as_str()).collect();
    if fields.is_empty() {
        return Ok(());
    }
    let record = shape::read(id, kind, true, false, service)?;
    let is_missing = |field: &&str| match field.split_once('.') {
        None => record.get(*field).is_none(),
        Some((sublist, field)) => {
            let entries = record.get(sublist).and_then(|sublist| sublist.get("items")).and_then(Value::as_array);
            entries.is_some_and(|entries| entries.iter().any(|entry| entry.get(field).is_none()))
        }
    };
    let labels = fields.into_iter().filter(is_missing).map(|field| label(field, service)).collect::<Result<Vec<_>, _>>()?;
    if labels.is_empty() { Ok(()) } else { Err(missing(&labels)) }
}

/// Refuses a record that lacks what it must have.
fn missing(labels: &[impl AsRef<str>]) -> Refusal {
    let labels: Vec<&str> = labels.iter().map(AsRef::as_ref).collect();
    Refusal::user(format!("Please enter value(s) for: {}.", labels.join(", ")))
}

/// Gives the words people see for a property: its label, or the words of its name.
fn label(property: &str, service: &Service<'_>) -> rusqlite::Result<String> {
    let property = property.rsplit('.').next().unwrap_or(property);
    let mut statement = service.conn.prepare_cached("select name from customfield where lower(scriptid) = lower(?1)")?;
    let own: Vec<String> = statement.query_map([property], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if let Some(own) = own.into_iter().next() {
        return Ok(own);
    }
    let mut words = String::new();
    for (place, letter) in property.chars().enumerate() {
        if place == 0 {
            words.extend(letter.to_uppercase());
        } else {
            if letter.is_uppercase() {
                words.push(' ');
            }
            words.push(letter);
        }
    }
    Ok(words)
}

/// Tells whether a property is one that records of this shape show.
fn is_shown(shape: &Shape, name: &str) -> bool {
    shape.properties.iter().copied().flatten().any(|(_, property, _)| *property == name)
        || shape.parts.iter().any(|part| part.name == name)
}

/// Refuses an external id that another record of the group has.
fn check_external(taken: Option<i64>, own: Option<i64>, words: &str) -> Result<(), Refusal> {
    if taken.is_some() && taken != own { Err(Refusal::user(words)) } else { Ok(()) }
}

fn kind_of(name: &str) -> Option<&'static RecordType> {
    TYPES.iter().find(|kind| kind.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
