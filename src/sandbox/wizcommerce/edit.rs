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
//! Addresses and contacts of a customer are the kinds `customer_addresses` and `customer_contacts` with a `customer_id`; an
//! inserted customer may also carry its own as `addresses` and `contacts`. Wherever a record names another by id, `ref:` and a
//! reference id do as well.
//!
//! A record is named by its id, by `ref:` and its reference id, or by `sku:` and its SKU (of an attribute its name, of a sales
//! rep the e-mail); `*` names all of a kind. `set` replaces whole members of the stored record, null removes one, and
//! `updated_at` moves to now unless the patch gives it; `created_at` may be given too. `insert` fills in `id`, `status` and both
//! times. The API's checks do not apply, but prices must name a list and attributes a definition.

use jiff::Timestamp;

use super::answer::{Refusal, is_stamp, stamp};
use super::customer_parts::{self, ADDRESSES, CONTACTS};
use super::json::Json;
use super::payments::{CREDIT_MEMOS, PAYMENTS};
use super::store::{Resource, Store, Verb};
use super::{Settings, customers, invoices, orders, payment_methods, products, quotes, shipments, webhooks};

/// Carries out a script.
pub(super) fn run(store: &Store, settings: &Settings, script: &str, now: Timestamp) -> Result<(), String> {
    let script = Json::parse(script).map_err(|reason| format!("the script is not JSON: {reason}"))?;
    let Json::List(operations) = script else { return Err("the script is not an array of operations".to_owned()) };
    let app = App { store, settings, now: &stamp(now) };
    let work = || {
        for (index, operation) in operations.iter().enumerate() {
            app.perform(operation).map_err(|Failed(reason)| Failed(format!("operation {index}: {reason}")))?;
        }
        Ok(())
    };
    webhooks::told(store, settings, now, work).map_err(|Failed(reason)| reason)
}

/// The reason why an operation cannot be carried out.
struct Failed(String);

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self(format!("the store failed: {error}"))
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.words())
    }
}

/// The app at one moment.
struct App<'a> {
    store: &'a Store,
    settings: &'a Settings,
    now: &'a str,
}

impl App<'_> {
    fn perform(&self, operation: &Json) -> Result<(), Failed> {
        let names: Vec<&str> = operation.members().iter().map(|(name, _)| name.as_str()).collect();
        match names.as_slice() {
            ["insert", "document"] | ["document", "insert"] => {
                let resource = resource_named(operation.text("insert").unwrap_or_default())?;
                self.insert(resource, object(operation, "document")?)
            }
            ["set", "patch"] | ["patch", "set"] => {
                let patch = object(operation, "patch")?;
                let (resource, ids) = named(self.store, operation.text("set").unwrap_or_default())?;
                ids.iter().try_for_each(|id| self.set(resource, id, patch))
            }
            ["delete"] => {
                let (resource, ids) = named(self.store, operation.text("delete").unwrap_or_default())?;
                ids.iter().try_for_each(|id| self.delete(resource, id))
            }
            _ => Err(Failed("must be insert with document, set with patch, or delete".to_owned())),
        }
    }

    fn insert(&self, resource: Resource, document: &Json) -> Result<(), Failed> {
        let mut record = Json::object([("id", Json::of_text(self.store.next_id()?))]);
        record.take_over(document);
        let nested: &[_] = if resource == Resource::Customers { &[ADDRESSES, CONTACTS] } else { &[] };
        let nested: Vec<_> = nested.iter().map(|part| (part.resource, record.take(part.member))).collect();
        if let Some(status) = first_status(resource) {
            record.set_default("status", Json::of_text(status));
        }
        if resource == Resource::PriceLists {
            record.set_default("currency", Json::of_text("USD"));
        }
        record.set_default("created_at", Json::of_text(self.now));
        record.set_default("updated_at", Json::of_text(self.now));
        self.settle(resource, &mut record)?;
        self.store.insert(resource, &record, Verb::Insert, self.now)?;
        for (part, entries) in nested {
            for entry in entries.as_ref().map_or(&[][..], Json::items) {
                let mut entry = entry.clone();
                for member in ["created_at", "updated_at"] {
                    entry.set_default(member, record.get(member).cloned().unwrap_or(Json::Null));
                }
                entry.set("customer_id", Json::of_text(record.text("id").unwrap_or_default()));
                self.insert(part, &entry)?;
            }
        }
        self.follow_up(resource, &record)
    }

    fn set(&self, resource: Resource, id: &str, patch: &Json) -> Result<(), Failed> {
        let mut record = self.store.find(resource, id)?.ok_or_else(|| Failed(format!("no record has the id {id}")))?;
        if patch.get("id").is_some() {
            return Err(Failed("an id cannot be changed".to_owned()));
        }
        record.set("updated_at", Json::of_text(self.now));
        for (name, value) in patch.members() {
            match value {
                Json::Null => drop(record.take(name)),
                value => record.set(name, value.clone()),
            }
        }
        self.settle(resource, &mut record)?;
        self.store.replace(resource, &record, Verb::Set, self.now)?;
        self.follow_up(resource, &record)
    }

    fn delete(&self, resource: Resource, id: &str) -> Result<(), Failed> {
        let mut record = self.store.find(resource, id)?.unwrap_or(Json::Null);
        if resource == Resource::Customers {
            customers::forget_parts(self.store, id, Verb::Remove, self.now)?;
        }
        self.store.delete(resource, id, Verb::Remove, self.now)?;
        record.set("updated_at", Json::of_text(self.now));
        self.follow_up(resource, &record)
    }

    /// Tells a customer of a change below it, which happened when the changed record says so.
    fn follow_up(&self, resource: Resource, record: &Json) -> Result<(), Failed> {
        if matches!(resource, Resource::CustomerAddresses | Resource::CustomerContacts) {
            let customer = record.text("customer_id").unwrap_or_default();
            customers::changed_below(self.store, self.settings, customer, record.text("updated_at").unwrap_or(self.now))?;
        }
        Ok(())
    }

    /// Brings a record into its stored form and refuses times the API could not write.
    fn settle(&self, resource: Resource, record: &mut Json) -> Result<(), Failed> {
        let (store, now) = (self.store, self.now);
        if let Some(name) = ["created_at", "updated_at"].into_iter().find(|name| !record.text(name).is_some_and(is_stamp)) {
            return Err(Failed(format!("{name} is not a UTC time in whole seconds")));
        }
        match resource {
            Resource::Products => products::settle(store, record, now)?,
            Resource::Customers => customers::settle(store, record, now)?,
            Resource::CustomerAddresses => customer_parts::settle(store, ADDRESSES, record, now)?,
            Resource::CustomerContacts => customer_parts::settle(store, CONTACTS, record, now)?,
            Resource::Orders => orders::settle(store, record, now)?,
            Resource::Quotes => quotes::settle(store, record, now)?,
            Resource::Invoices => invoices::settle(store, record)?,
            Resource::Shipments => shipments::settle(store, record)?,
            Resource::PaymentMethods => payment_methods::settle(store, record)?,
            Resource::Payments => PAYMENTS.settle(store, record, now)?,
            Resource::CreditMemos => CREDIT_MEMOS.settle(store, record, now)?,
            _ => {}
        }
        Ok(())
    }
}

/// Gives the state a record of that kind begins in.
fn first_status(resource: Resource) -> Option<&'static str> {
    match resource {
        Resource::Attributes => None,
        Resource::Orders => Some("confirmed"),
        Resource::Quotes => Some("submitted"),
        Resource::Invoices => Some("UNPAID"),
        Resource::Payments => Some("PAID"),
        Resource::CreditMemos => Some("OPEN"),
        _ => Some("active"),
    }
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
