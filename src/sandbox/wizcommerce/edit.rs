//! Changes of the world behind the API, as a person in the app would make them.
//!
//! A script is a JSON array of operations, carried out together or not at all:
//!
//! ```json
//! [ {"insert": "sales_reps", "document": {"email": "ana@acme.example", "first_name": "Ana", "last_name": "Ruiz"}},
//!   {"set": "/v1/products/sku:LAMP-ARC-BRS", "patch": {"name": "Arc Lamp", "brand": null}},
//!   {"set": "/v1/products/*", "patch": {"updated_at": "2026-01-01T00:00:00Z"}},
//!   {"delete": "/v1/price-lists/ref:WHOLESALE"} ]
//! ```
//!
//! A record is named by its id, by `ref:` and its reference id, or by `sku:` and its SKU (of an attribute its name, of a sales
//! rep the e-mail); `*` names all of a kind. `set` replaces whole members of the stored record, null removes one, and
//! `updated_at` moves to now unless the patch gives it; `created_at` may be given too. `insert` fills in `id`, `status` and both
//! times. The API's checks do not apply, but prices must name a list and attributes a definition.

use super::answer::{Detail, is_stamp};
use super::json::Json;
use super::products;
use super::store::{Resource, Store, Verb};

/// Carries out a script.
pub(super) fn run(store: &Store, script: &str, now: &str) -> Result<(), String> {
    let script = Json::parse(script).map_err(|reason| format!("the script is not JSON: {reason}"))?;
    let Json::List(operations) = script else { return Err("the script is not an array of operations".to_owned()) };
    store
        .transact(|| {
            for (index, operation) in operations.iter().enumerate() {
                perform(store, operation, now).map_err(|Failed(reason)| Failed(format!("operation {index}: {reason}")))?;
            }
            Ok(())
        })
        .map_err(|Failed(reason)| reason)
}

/// The reason why an operation cannot be carried out.
struct Failed(String);

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self(format!("the store failed: {error}"))
    }
}

fn perform(store: &Store, operation: &Json, now: &str) -> Result<(), Failed> {
    let names: Vec<&str> = operation.members().iter().map(|(name, _)| name.as_str()).collect();
    match names.as_slice() {
        ["insert", "document"] | ["document", "insert"] => {
            let resource = resource_named(operation.text("insert").unwrap_or_default())?;
            insert(store, resource, object(operation, "document")?, now)
        }
        ["set", "patch"] | ["patch", "set"] => {
            let patch = object(operation, "patch")?;
            let (resource, ids) = named(store, operation.text("set").unwrap_or_default())?;
            ids.iter().try_for_each(|id| set(store, resource, id, patch, now))
        }
        ["delete"] => {
            let (resource, ids) = named(store, operation.text("delete").unwrap_or_default())?;
            ids.iter().try_for_each(|id| Ok(store.delete(resource, id, Verb::Remove, now)?))
        }
        _ => Err(Failed("must be insert with document, set with patch, or delete".to_owned())),
    }
}

fn insert(store: &Store, resource: Resource, document: &Json, now: &str) -> Result<(), Failed> {
    let mut record = Json::object([("id", Json::of_text(store.next_id()?))]);
    for (name, value) in document.members() {
        record.set(name, value.clone());
    }
    if resource != Resource::Attributes {
        record.set_default("status", Json::of_text("active"));
    }
    if resource == Resource::PriceLists {
        record.set_default("currency", Json::of_text("USD"));
    }
    record.set_default("created_at", Json::of_text(now));
    record.set_default("updated_at", Json::of_text(now));
    settle(store, resource, &mut record, now)?;
    Ok(store.insert(resource, &record, Verb::Insert, now)?)
}

fn set(store: &Store, resource: Resource, id: &str, patch: &Json, now: &str) -> Result<(), Failed> {
    let mut record = store.find(resource, id)?.ok_or_else(|| Failed(format!("no record has the id {id}")))?;
    if patch.get("id").is_some() {
        return Err(Failed("an id cannot be changed".to_owned()));
    }
    record.set("updated_at", Json::of_text(now));
    for (name, value) in patch.members() {
        match value {
            Json::Null => drop(record.take(name)),
            value => record.set(name, value.clone()),
        }
    }
    settle(store, resource, &mut record, now)?;
    Ok(store.replace(resource, &record, Verb::Set, now)?)
}

/// Brings a record into its stored form and refuses times the API could not write.
fn settle(store: &Store, resource: Resource, record: &mut Json, now: &str) -> Result<(), Failed> {
    if let Some(name) = ["created_at", "updated_at"].into_iter().find(|name| !record.text(name).is_some_and(is_stamp)) {
        return Err(Failed(format!("{name} is not a UTC time in whole seconds")));
    }
    if resource == Resource::Products {
        products::settle(store, record, now).map_err(|details| {
            let words: Vec<String> = details.iter().map(|Detail { field, reason }| format!("{field} {reason}")).collect();
            Failed(words.join(", "))
        })?;
    }
    Ok(())
}

/// Finds the records a path names.
fn named(store: &Store, path: &str) -> Result<(Resource, Vec<String>), Failed> {
    let mut parts = path.splitn(4, '/');
    let (Some(""), Some("v1" | "v2"), Some(resource), Some(key)) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Failed(format!("{path:?} is not a path like /v1/products/sku:A")));
    };
    let resource = resource_named(resource)?;
    if key == "*" {
        let all = store.documents(resource)?;
        return Ok((resource, all.iter().filter_map(|record| record.text("id")).map(str::to_owned).collect()));
    }
    let ids = match key.split_once(':') {
        Some(("ref", reference)) => store.ids_by_reference(resource, reference)?,
        Some(("sku", label)) => store.ids_by_label(resource, label)?,
        _ if store.exists(resource, key)? => vec![key.to_owned()],
        _ => Vec::new(),
    };
    match ids.len() {
        0 => Err(Failed(format!("{path:?} names no record"))),
        1 => Ok((resource, ids)),
        several => Err(Failed(format!("{path:?} names {several} records"))),
    }
}

fn resource_named(name: &str) -> Result<Resource, Failed> {
    Resource::named(name).ok_or_else(|| Failed(format!("no kind of record is called {name:?}")))
}

fn object<'a>(operation: &'a Json, name: &str) -> Result<&'a Json, Failed> {
    operation.get(name).filter(|value| matches!(value, Json::Object(_))).ok_or_else(|| Failed(format!("{name} is not an object")))
}
