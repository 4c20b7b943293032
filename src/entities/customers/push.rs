//! Customers, WizCommerce to NetSuite: created with addresses and contacts, then kept equal field by field.
//!
//! Both directions compare the same fields in the same words and share one image of what was agreed on, so each moves only
//! what its own side changed (`correctness.md` 6). What is deleted in WizCommerce stays in NetSuite.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::change::{as_sent, canonical, texts, there};
use super::parts::{ADDRESS, CONTACT, Part};
use super::{ADDRESSES, Batch, Body, CONTACTS, Customers, FIELDS, KIND, PRICE_LISTS, PUSHED, SALES_REPS, name_of};
use crate::entities::push::{
    Child, Excluded, Field, Identity, Key, Outgoing, Proposal, Push, Settled, Source, change, creation, external_id, refused,
};
use crate::entities::{Desired, Directory, Flow as _, Frame, Known, Reference, Rows, Table};
use crate::http::{Method, Repeat};
use crate::model::merge::Side;
use crate::model::{Direction, EntityKind, Fingerprint, Link, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::records::{Column, Row, Select};
use crate::netsuite::suiteql::{id_list, quote};
use crate::netsuite::{RecordCall, Refusal};
use crate::wizcommerce::records::{Call, Members, PriceList, SalesRep};

/// The beginning of external ids of contacts that came from WizCommerce (`correctness.md` R6).
const CONTACT_PREFIX: &str = "wz_ct_";
const RECORD: &str = "customer";
/// How contacts are known in NetSuite. Whether queries show their external ids is uncertain, so they are read directly.
const CONTACT_IDENTITY: Identity =
    Identity { record: "contact", from: "contact k", alias: "k", is_it: "1 = 1", owner: None, is_queried: false };

/// Members of a customer that are compared, and the NetSuite property of each; those without one are written in a way of
/// their own.
const BODY_FIELDS: [&str; 8] = [
    "company_name",
    "email",
    "phone",
    "first_name",
    "last_name",
    "payment_term",
    "assigned_price_list_id",
    "assigned_sales_rep_ids",
];
/// Members of an address that NetSuite takes, and its property for each.
const ADDRESS_FIELDS: [(&str, &str); 9] = [
    ("first_name", "addressee"),
    ("last_name", "attention"),
    ("address_line_1", "addr1"),
    ("address_line_2", "addr2"),
    ("city", "city"),
    ("state", "state"),
    ("zip_code", "zip"),
    ("country", "country"),
    ("phone", "addrPhone"),
];
/// Members of a contact, and NetSuite's property for each.
const CONTACT_FIELDS: [(&str, &str); 5] =
    [("first_name", "firstName"), ("last_name", "lastName"), ("email", "email"), ("phone", "phone"), ("designation", "title")];

/// What the profile says about customers on their way to NetSuite, beside what holds for both directions.
#[derive(Debug, Clone, Default)]
pub struct PushSettings {
    /// Members sent as written, on create only.
    pub create_fields: Map<String, Value>,
}

/// The customers flow to NetSuite.
pub struct PushCustomers {
    /// The other direction: how NetSuite's side reads in WizCommerce's words.
    pull: Customers,
    settings: PushSettings,
    /// Terms by name, lower case.
    terms: HashMap<String, String>,
    /// Employees by e-mail, lower case.
    employees: HashMap<String, String>,
    /// Where a new customer belongs when nothing is configured; `None` in an account of one company.
    subsidiary: Option<String>,
    /// Reference ids of price lists by id.
    lists: HashMap<String, String>,
    /// E-mails of sales reps by id.
    reps: HashMap<String, String>,
}

/// A customer on its way.
#[derive(Debug, Clone)]
pub struct Outbound {
    record: Members,
    /// What a create sends, without the external id.
    create: Map<String, Value>,
    is_person: bool,
    winner: Side,
    /// The customer's currency in NetSuite, where it is there.
    currency: Option<String>,
    /// The parts that both sides have, by reference: the record in WizCommerce.
    addresses: BTreeMap<String, Members>,
    contacts: BTreeMap<String, Members>,
    /// Addresses that NetSuite does not have.
    new_addresses: Vec<Members>,
}

/// Which records of WizCommerce are which parts in NetSuite.
struct Paired {
    known: BTreeMap<String, Members>,
    new: Vec<Members>,
}

impl PushCustomers {
    /// Makes the flow for a profile.
    pub fn new(pull: Customers, settings: PushSettings) -> Self {
        Self {
            pull,
            settings,
            terms: HashMap::new(),
            employees: HashMap::new(),
            subsidiary: None,
            lists: HashMap::new(),
            reps: HashMap::new(),
        }
    }

    /// Gives the id of the term that a text names.
    fn term(&self, text: &str) -> Option<&str> {
        self.terms.get(&text.trim().to_lowercase()).map(String::as_str)
    }

    /// Gives the price level that fills a price list in a currency; `None` for the account's base currency.
    fn level(&self, list: &str, currency: Option<&str>) -> Option<&str> {
        self.pull.settings.catalogs.level_of(self.lists.get(list)?, currency)
    }

    /// Gives the employee who is a sales rep of WizCommerce.
    fn employee(&self, rep: &str) -> Option<&str> {
        let email = self.reps.get(rep)?.to_lowercase();
        let mapped = self.pull.settings.reps.iter().find(|(_, mapped)| mapped.to_lowercase() == email);
        mapped.map(|(employee, _)| employee.as_str()).or_else(|| self.employees.get(&email).map(String::as_str))
    }

    /// Writes a member of the customer itself as NetSuite takes it; `None` when NetSuite has no word for it.
    fn property(&self, member: &str, value: Option<&Value>, currency: Option<&str>) -> Option<(&'static str, Value)> {
        let text = value.and_then(Value::as_str);
        let reference = |id: Option<&str>| id.map(|id| json!({ "id": id }));
        Some(match member {
            "company_name" => ("companyName", text?.into()),
            "email" => ("email", value.cloned().unwrap_or(Value::Null)),
            "phone" => ("phone", value.cloned().unwrap_or(Value::Null)),
            "first_name" => ("firstName", text?.into()),
            "last_name" => ("lastName", text?.into()),
            "payment_term" => ("terms", if text.is_some() { reference(self.term(text?))? } else { Value::Null }),
            "assigned_price_list_id" => ("priceLevel", reference(self.level(text?, currency))?),
            "assigned_sales_rep_ids" => {
                let rep = value.and_then(|value| value.get(0)).and_then(Value::as_str);
                ("salesRep", if rep.is_some() { reference(self.employee(rep?))? } else { Value::Null })
            }
            _ => return None,
        })
    }

    /// Makes everything that a create sends.
    fn creation_of(&self, record: &Members) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("isPerson".into(), false.into());
        for member in BODY_FIELDS.iter().filter(|member| !matches!(**member, "first_name" | "last_name")) {
            let value = value_of(record, member).filter(|value| !value.is_null() && value.as_str() != Some(""));
            if value.is_some()
                && let Some((property, value)) = self.property(member, value.as_ref(), None)
            {
                body.insert(property.into(), value);
            }
        }
        if let Some(subsidiary) = self.subsidiary() {
            body.insert("subsidiary".into(), json!({ "id": subsidiary }));
        }
        for (name, column) in &self.pull.settings.attributes {
            if let Some(value) = attribute(record, name) {
                body.insert(column.clone(), value.into());
            }
        }
        let addresses: Vec<Value> = usable_addresses(record).iter().map(|address| entry_of(address, record, None)).collect();
        if !addresses.is_empty() {
            body.insert("addressBook".into(), json!({ "items": addresses }));
        }
        body.extend(self.settings.create_fields.clone());
        body
    }

    fn subsidiary(&self) -> Option<&str> {
        self.pull.settings.subsidiaries.first().map(String::as_str).or(self.subsidiary.as_deref())
    }

    /// Says what a customer lacks that NetSuite needs.
    fn lacking(&self, record: &Members) -> Vec<&'static str> {
        let mut lacking = Vec::new();
        if record.text("name").is_none_or(|name| name.trim().is_empty()) {
            lacking.push("company name");
        }
        let has = |required: &str| match required {
            "address" => !usable_addresses(record).is_empty(),
            "contact" => record.list("contacts").iter().any(|contact| contact.text("email").is_some()),
            _ => record.text("payment_term").is_some(),
        };
        lacking.extend(self.pull.settings.required.iter().copied().filter(|required| !has(required)));
        lacking
    }

    /// Compares a customer that both sides have, field by field.
    fn fields(&self, record: &Members, body: &Body, outbound: &Outbound) -> Vec<Field> {
        let netsuite: HashMap<String, String> = texts(body).into_iter().collect();
        let mut fields = Vec::new();
        let mut add = |name: String, wizcommerce: Option<String>| {
            fields.push(Field::new(name.clone(), netsuite.get(&name).cloned(), wizcommerce));
        };
        for member in BODY_FIELDS {
            // What NetSuite has, but cannot say in WizCommerce's words, is left as it is; so is what it has no word for.
            let is_untold = body.fields.iter().any(|(name, value)| name == member && value.get() == "null");
            let is_person = matches!(member, "first_name" | "last_name");
            if is_untold || is_person != (outbound.is_person && is_person) || (member == "company_name" && outbound.is_person) {
                continue;
            }
            let value = there(record, member).and_then(|raw| canonical(member, &raw));
            let told = value_of(record, member).filter(|value| !value.is_null() && value.as_str() != Some(""));
            let is_sayable = told.is_none() || self.property(member, told.as_ref(), outbound.currency.as_deref()).is_some();
            if is_sayable && !(value.is_none() && member == "assigned_price_list_id") {
                add(member.to_owned(), value);
            }
        }
        for name in self.pull.settings.attributes.keys() {
            add(format!("attribute {name}"), attribute(record, name));
        }
        let parts = [("address", &outbound.addresses, &ADDRESS_FIELDS[..]), ("contact", &outbound.contacts, &CONTACT_FIELDS[..])];
        for (kind, parts, members) in parts {
            for (reference, present) in parts {
                for (member, _) in members {
                    let own = part_of(body, kind, reference);
                    let is_untold =
                        own.is_some_and(|part| part.own.iter().any(|(name, value)| name == *member && value.get() == "null"));
                    if !is_untold {
                        let value = present.get::<Box<RawValue>>(member).and_then(|raw| canonical(member, &raw));
                        add(format!("{kind} {reference} {member}"), value);
                    }
                }
            }
        }
        for address in &outbound.new_addresses {
            let id = address.text("id").unwrap_or_default();
            fields.push(Field::new(format!("new address {id}"), None, address.text("address_line_1")));
        }
        fields
    }

    /// Finds which records of WizCommerce are which parts of a customer; the others are new, unless a link says that NetSuite
    /// had them once.
    fn pair(present: Vec<Members>, parts: &[Part], kind: &'static str, known: &Known) -> Paired {
        let mut paired = Paired { known: BTreeMap::new(), new: Vec::new() };
        let mut taken = HashSet::new();
        for part in parts {
            if let Some(found) = part.find(&present, parts)
                && taken.insert(found.text("id").unwrap_or_default())
            {
                paired.known.insert(part.reference.clone(), found.clone());
            }
        }
        let was_linked = |entry: &Members| {
            // An Internal ID is the mark of another state file, which knew of it.
            let is_marked = entry.text("reference_id").is_some_and(|reference| reference.parse::<i64>().is_ok());
            is_marked || entry.text("id").is_some_and(|id| known.wiz(kind, &id).is_some())
        };
        paired.new = present
            .into_iter()
            .filter(|entry| !taken.contains(&entry.text("id").unwrap_or_default()) && !was_linked(entry))
            .collect();
        paired
    }

    /// Makes the records of contacts that NetSuite does not have yet.
    fn children(&self, label: &str, new: &[Members], subsidiary: Option<&str>) -> Vec<Child> {
        let child = |contact: &Members| {
            let id = contact.text("id")?;
            let mut body = Map::new();
            for (member, property) in CONTACT_FIELDS {
                if let Some(value) = contact.text(member) {
                    body.insert(property.into(), value.into());
                }
            }
            if let Some(subsidiary) = subsidiary {
                body.insert("subsidiary".into(), json!({ "id": subsidiary }));
            }
            Some(Child {
                kind: CONTACTS,
                label: format!("the contact {} of {label}", contact.text("email").unwrap_or_default()),
                external_id: external_id(CONTACT_PREFIX, &id).ok()?,
                key: WizId(id),
                identity: CONTACT_IDENTITY,
                parent_member: "company",
                body,
            })
        };
        new.iter().filter_map(child).collect()
    }

    fn row_of(rows: &Rows, id: NetSuiteId) -> Option<&Row> {
        rows.of("customers").iter().find(|row| row.head() == Some(id))
    }

    /// Gives the other direction's look at a customer, with the links of its parts.
    fn known_with_parts(known: &Known, record: &Members) -> Known {
        let mut with = Known::default();
        for (kind, list) in [(ADDRESSES, "addresses"), (CONTACTS, "contacts")] {
            for id in record.list(list).iter().filter_map(|entry| entry.text("id")) {
                if let Some(link) = known.wiz(kind, &id) {
                    with.add(Reference::Id(kind, link.ns_id.0), link.clone());
                }
            }
        }
        with
    }
}

/// Gives a member of a customer as a JSON value, in the form in which it would be sent.
fn value_of(record: &Members, member: &str) -> Option<Value> {
    there(record, member).and_then(|raw| serde_json::from_str(raw.get()).ok())
}

fn attribute(record: &Members, name: &str) -> Option<String> {
    let attributes = record.list("attributes");
    let entry = attributes.iter().find(|entry| entry.text("name").as_deref() == Some(name))?;
    entry.get::<Box<RawValue>>("value").and_then(|raw| canonical("value", &raw))
}

/// Addresses that can be written: those with a street and a city.
fn usable_addresses(record: &Members) -> Vec<Members> {
    let is_usable = |address: &Members| address.text("address_line_1").is_some() && address.text("city").is_some();
    record.list("addresses").into_iter().filter(is_usable).collect()
}

fn part_of<'b>(body: &'b Body, kind: &str, reference: &str) -> Option<&'b Part> {
    let parts = if kind == "address" { &body.book.addresses } else { &body.people.contacts };
    parts.iter().find(|part| part.reference == reference)
}

/// Writes the value of a member of an address.
fn address_property(member: &str, text: Option<String>) -> Value {
    match (member, text) {
        (_, None) => Value::Null,
        ("country", Some(code)) => json!({ "id": code }),
        (_, Some(text)) => text.into(),
    }
}

/// Writes an address as an entry of the address book; `id` names the one that is there.
fn entry_of(address: &Members, record: &Members, id: Option<&str>) -> Value {
    let mut inner = Map::new();
    for (member, property) in ADDRESS_FIELDS {
        if let Some(text) = address.text(member).filter(|text| !text.is_empty()) {
            inner.insert(property.into(), address_property(member, Some(text)));
        }
    }
    let mut entry = Map::new();
    match id {
        Some(id) => drop(entry.insert("id".into(), id.into())),
        None => {
            let (billing, shipping) = defaults(address, record);
            entry.insert("defaultBilling".into(), billing.into());
            entry.insert("defaultShipping".into(), shipping.into());
        }
    }
    entry.insert("addressBookAddress".into(), Value::Object(inner));
    Value::Object(entry)
}

/// Tells whether an address is the default for bills and for goods: as the customer says, else by its own mark.
fn defaults(address: &Members, record: &Members) -> (bool, bool) {
    let id = address.text("id");
    let said = |member: &str| record.text(member).map(|default| Some(default) == id);
    let is_default = address.get::<bool>("is_default").unwrap_or(false);
    let is_kind = |kind: &str| is_default && address.text("type").as_deref() == Some(kind);
    let is_only = record.list("addresses").len() == 1;
    let billing = said("default_billing_address_id").unwrap_or_else(|| is_kind("billing") || is_only);
    let shipping = said("default_shipping_address_id").unwrap_or_else(|| is_kind("shipping") || is_only);
    (billing, shipping)
}

impl Frame for PushCustomers {
    fn entity(&self) -> EntityKind {
        EntityKind::Customers
    }

    fn direction(&self) -> Direction {
        Direction::Push
    }

    fn mapping(&self) -> String {
        format!("{:?} {:?}", self.pull.settings, self.settings)
    }

    fn tables(&self) -> Vec<Table> {
        let mut tables = self.pull.tables();
        let table = |select: Select| Table { select, keep: true, optional: true };
        tables.push(table(Select::new("terms", "term t", "t.id").columns("t", &["name"]).filter("t.isinactive = 'F'")));
        tables.push(table(
            Select::new("employees", "employee e", "e.id")
                .columns("e", &["email"])
                .filter("e.isinactive = 'F' AND e.issalesrep = 'T'"),
        ));
        tables.push(table(
            Select::new("subsidiaries", "subsidiary s", "s.id").columns("s", &["parent"]).filter("s.isinactive = 'F'"),
        ));
        tables
    }

    fn learn(&mut self, table: &str, rows: &[Row]) -> Result<(), String> {
        let by = |name: &str| {
            rows.iter().filter_map(|row| Some((row.text(name)?.trim().to_lowercase(), row.head()?.to_string()))).collect()
        };
        match table {
            "terms" => self.terms = by("name"),
            "employees" => self.employees = by("email"),
            "subsidiaries" => {
                let top = rows.iter().filter(|row| row.text("parent").is_none()).filter_map(Row::head).min();
                self.subsidiary = top.map(|id| id.to_string());
            }
            other => return self.pull.learn(other, rows),
        }
        Ok(())
    }

    fn lacks(&mut self, select: &str, missing: &[String]) {
        self.pull.lacks(select, missing);
    }

    fn directories(&self) -> Vec<Directory> {
        self.pull.directories()
    }

    fn consult(&mut self, directory: &str, entries: &[Box<RawValue>]) -> Result<(), String> {
        if directory == SALES_REPS.name {
            let reps = entries.iter().filter_map(|raw| serde_json::from_str::<SalesRep>(raw.get()).ok());
            self.reps = reps.filter_map(|rep| Some((rep.id, rep.email?))).collect();
        } else if directory == PRICE_LISTS.name {
            let lists = entries.iter().filter_map(|raw| serde_json::from_str::<PriceList>(raw.get()).ok());
            self.lists = lists.filter_map(|list| Some((list.id, list.reference_id?))).collect();
        }
        self.pull.consult(directory, entries)
    }
}

impl Push for PushCustomers {
    type Body = Outbound;

    fn source(&self) -> Source {
        Source {
            path: "/v1/customers".into(),
            states: &[&[("status", "active")]],
            out_of_scope: &[&[("status", "inactive")]],
            number: "display_id",
            whole_rows: false,
        }
    }

    fn identity(&self) -> Identity {
        Identity { record: RECORD, from: "customer c", alias: "c", is_it: "1 = 1", owner: None, is_queried: true }
    }

    fn winner(&self, proposal: &Proposal<Outbound>) -> Side {
        proposal.body.winner
    }

    fn shares_image(&self) -> bool {
        true
    }

    fn is_document(&self) -> bool {
        false
    }

    fn excludes(&self, record: &Members, _link: Option<&Link>) -> Option<Excluded> {
        (record.text("status").as_deref() == Some("inactive")).then_some(Excluded::Skipped("inactive"))
    }

    fn keys(&self, record: &Members, _open: &[String]) -> Result<Vec<Key>, String> {
        let id = record.text("id").unwrap_or_default();
        Ok(vec![Key { external_id: external_id(PUSHED, &id)?, key: WizId(id) }])
    }

    fn digest(&self, record: &Members) -> Fingerprint {
        let mut text = String::new();
        let mut add = |name: &str, raw: Option<Box<RawValue>>| {
            let value = raw.and_then(|raw| canonical(name, &raw)).unwrap_or_default();
            text.push_str(&format!("{name}={value}\n"));
        };
        for member in FIELDS.iter().filter(|member| BODY_FIELDS.contains(member)) {
            add(member, there(record, member));
        }
        for member in ["default_billing_address_id", "default_shipping_address_id", "status"] {
            add(member, record.get(member));
        }
        for (list, members) in [("addresses", &ADDRESS[..]), ("contacts", &CONTACT[..])] {
            for entry in record.list(list) {
                for member in members.iter().chain(&["id"]) {
                    add(member, entry.get(member));
                }
            }
        }
        for name in self.pull.settings.attributes.keys() {
            text.push_str(&format!("{name}={}\n", attribute(record, name).unwrap_or_default()));
        }
        Fingerprint::of(text.as_bytes())
    }

    fn references(&self, records: &[Members]) -> Vec<Reference> {
        let parts = |record: &Members, list: &str, kind: &'static str| {
            let ids = record.list(list).into_iter().filter_map(|entry| entry.text("id"));
            ids.map(|id| Reference::Wiz(kind, id)).collect::<Vec<_>>()
        };
        let of = |record: &Members| [parts(record, "addresses", ADDRESSES), parts(record, "contacts", CONTACTS)].concat();
        records.iter().flat_map(of).collect()
    }

    fn questions(&self, records: &[Members], known: &Known) -> Vec<Select> {
        let unlinked = records.iter().filter(|record| known.wiz(KIND, &record.text("id").unwrap_or_default()).is_none());
        let (mut emails, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for record in unlinked {
            emails.extend(record.text("email").map(|email| quote(&email.to_lowercase())));
            ids.extend(record.text("reference_id").and_then(|reference| reference.parse::<i64>().ok()).filter(|id| *id > 0));
        }
        let mut conditions = Vec::new();
        if !emails.is_empty() {
            conditions.push(format!("LOWER(c.email) IN ({})", emails.into_iter().collect::<Vec<_>>().join(", ")));
        }
        if !ids.is_empty() {
            conditions.push(format!("c.id IN ({})", id_list(&ids.into_iter().collect::<Vec<_>>())));
        }
        if conditions.is_empty() {
            return Vec::new();
        }
        let select = Select::new("customers that could be", "customer c", "c.id")
            .columns("c", &["email", "companyname", "altname"])
            .column(Column::new("c.id", "id"));
        vec![select.filter(format!("({})", conditions.join(" OR ")))]
    }

    fn matches(&self, record: &Members, rows: &Rows) -> Vec<NetSuiteId> {
        let candidates = rows.of("customers that could be");
        let plain = |text: Option<&str>| text.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
        let (email, name) = (plain(record.text("email").as_deref()), plain(record.text("name").as_deref()));
        let has_email = |row: &&Row| email.is_some() && plain(row.text("email")) == email;
        // A reference may be another system's number, so it counts only for a customer that looks the same.
        let is_named = |row: &&Row| {
            let is_called = name.is_some() && (plain(row.text("companyname")) == name || plain(row.text("altname")) == name);
            row.head().map(|id| id.to_string()) == record.text("reference_id") && (is_called || has_email(row))
        };
        if let Some(id) = candidates.iter().find(is_named).and_then(Row::head) {
            return vec![id];
        }
        candidates.iter().filter(has_email).filter_map(Row::head).collect()
    }

    fn details(&self) -> Vec<Select> {
        self.pull.details()
    }

    fn map(&self, record: &Members, rows: &Rows, known: &Known) -> Vec<Outgoing<Outbound>> {
        let key = WizId(record.text("id").unwrap_or_default());
        let label = record.text("display_id").or_else(|| record.text("name")).unwrap_or_else(|| key.0.clone());
        let external = external_id(PUSHED, &key.0).unwrap_or_default();
        let target = known.target(&key);
        let row = target.and_then(|target| Self::row_of(rows, target.id));
        if let (Some(target), None) = (target, row) {
            let message = format!("customer {label} is {} in NetSuite, which does not show it any more", target.id);
            let hint = "a deleted customer is not made again; one that is hidden needs a role that may see it. \
                        To link another one, see `netwiz map forget`";
            return vec![Outgoing::Rejected(Rejection::new(&key.0, &label, Reason::Conflict, message).hinting(hint))];
        }
        let Some(row) = row else { return vec![self.map_new(record, key, label, external)] };
        let parts_known = Self::known_with_parts(known, record);
        let body = self.pull.compose(row, &Batch::of(rows), &parts_known);
        let addresses = Self::pair(usable_addresses(record), &body.book.addresses, ADDRESSES, known);
        let contacts = Self::pair(record.list("contacts"), &body.people.contacts, CONTACTS, known);
        let subsidiary = self.subsidiary().map(str::to_owned);
        let children = self.children(&label, &contacts.new, subsidiary.as_deref());
        let base = row.text("currency").filter(|currency| self.pull.settings.catalogs.symbol(currency).is_some());
        let outbound = Outbound {
            record: record.clone(),
            create: Map::new(),
            is_person: row.flag("isperson"),
            winner: body.winner.over(record),
            currency: base.map(str::to_owned),
            addresses: addresses.known,
            contacts: contacts.known,
            new_addresses: addresses.new,
        };
        let fields = self.fields(record, &body, &outbound);
        let proposal =
            Proposal { head: key.clone(), key, label, external_id: external, owner: None, fields, children, body: outbound };
        vec![Outgoing::Desired(Box::new(proposal))]
    }

    fn create(&self, proposal: &Proposal<Outbound>) -> RecordCall {
        creation(RECORD, &proposal.external_id, proposal.body.create.clone())
    }

    fn changes(&self, proposal: &Proposal<Outbound>, id: NetSuiteId, fields: &BTreeSet<String>) -> Vec<RecordCall> {
        let outbound = &proposal.body;
        let mut own = Map::new();
        for member in BODY_FIELDS.iter().filter(|member| fields.contains(**member)) {
            let value = value_of(&outbound.record, member).filter(|value| value.as_str() != Some(""));
            let value = value.filter(|value| !value.is_null() && value.as_array().is_none_or(|entries| !entries.is_empty()));
            if let Some((property, value)) = self.property(member, value.as_ref(), outbound.currency.as_deref()) {
                own.insert(property.into(), value);
            }
        }
        for (name, column) in &self.pull.settings.attributes {
            if fields.contains(&format!("attribute {name}")) {
                own.insert(column.clone(), attribute(&outbound.record, name).map_or(Value::Null, Value::String));
            }
        }
        let changed = |kind: &str, reference: &str, member: &str| fields.contains(&format!("{kind} {reference} {member}"));
        let mut entries = Vec::new();
        for (reference, address) in &outbound.addresses {
            let mut inner = Map::new();
            for (member, property) in ADDRESS_FIELDS.iter().filter(|(member, _)| changed("address", reference, member)) {
                let text = address.text(member).filter(|text| !text.is_empty());
                inner.insert((*property).into(), address_property(member, text));
                if *member == "address_line_2" {
                    // NetSuite has two lines for what is one over there.
                    inner.insert("addr3".into(), Value::Null);
                }
            }
            if !inner.is_empty() {
                entries.push(json!({ "id": reference, "addressBookAddress": inner }));
            }
        }
        let mut contacts = Vec::new();
        for (reference, contact) in &outbound.contacts {
            let mut body = Map::new();
            for (member, property) in CONTACT_FIELDS.iter().filter(|(member, _)| changed("contact", reference, member)) {
                body.insert(
                    (*property).into(),
                    contact.text(member).filter(|text| !text.is_empty()).map_or(Value::Null, Value::String),
                );
            }
            let Ok(contact_id) = reference.parse().map(NetSuiteId) else { continue };
            if body.is_empty() {
                continue;
            }
            if contact_id == id {
                // A person is their own contact.
                body.remove("title");
                own.extend(body);
            } else {
                contacts.push(change("contact", contact_id, body));
            }
        }
        if !entries.is_empty() {
            own.insert("addressBook".into(), json!({ "items": entries }));
        }
        let mut calls = Vec::new();
        if !own.is_empty() {
            calls.push(change(RECORD, id, own));
        }
        calls.extend(contacts);
        let is_new = |address: &&Members| fields.contains(&format!("new address {}", address.text("id").unwrap_or_default()));
        for address in outbound.new_addresses.iter().filter(is_new) {
            let mut entry = entry_of(address, &outbound.record, None);
            // Which address is the default is decided where the others are.
            if let Some(entry) = entry.as_object_mut() {
                entry.remove("defaultBilling");
                entry.remove("defaultShipping");
            }
            let mut body = Map::new();
            body.insert("addressBook".into(), json!({ "items": [entry] }));
            // An entry without a key is added each time it is sent.
            calls.push(RecordCall { repeat: Repeat::Never, ..change(RECORD, id, body) });
        }
        calls
    }

    fn settle(&self, record: &Members, id: NetSuiteId, rows: &Rows, known: &Known) -> Settled {
        let Some(row) = Self::row_of(rows, id) else { return Settled::default() };
        let parts_known = Self::known_with_parts(known, record);
        let batch = Batch::of(rows);
        let body = self.pull.compose(row, &batch, &parts_known);
        let path = format!("/v1/customers/{}", record.text("id").unwrap_or_default());
        let mut settled = Settled::default();
        if record.text("reference_id").is_none_or(|reference| reference.is_empty()) {
            let body = json!({ "reference_id": id.to_string() }).to_string();
            settled.calls.push(Call { method: Method::Patch, path: path.clone(), body, repeat: Repeat::Safe });
        }
        let parts = [
            (ADDRESSES, "addresses", usable_addresses(record), &body.book.addresses),
            (CONTACTS, "contacts", record.list("contacts"), &body.people.contacts),
        ];
        for (kind, list, present, parts) in parts {
            for (reference, entry) in Self::pair(present, parts, kind, known).known {
                let (Ok(part_id), Some(wc_id)) = (reference.parse().map(NetSuiteId), entry.text("id")) else { continue };
                if part_id == id {
                    continue;
                }
                if known.wiz(kind, &wc_id).is_none_or(|link| link.ns_id != part_id) {
                    let mut link = Link::new(kind, part_id, WizId(wc_id.clone()));
                    link.head = id;
                    settled.links.push(link);
                }
                if entry.text("reference_id").is_none_or(|reference| reference.is_empty()) {
                    let mut whole = as_sent(&entry);
                    whole.set("reference_id", &reference);
                    let (method, path) = (Method::Put, format!("{path}/{list}/{wc_id}"));
                    settled.calls.push(Call { method, path, body: whole.json(), repeat: Repeat::Safe });
                }
            }
        }
        let label = row.text("entityid").map_or_else(|| name_of(row), str::to_owned);
        let echo = Desired::new(id, &label, super::change::parts(&body), body);
        settled.echo = echo.image().map(|image| (echo.fingerprint(), image));
        settled
    }

    fn refused(&self, proposal: &Proposal<Outbound>, refusal: &Refusal) -> Rejection {
        refused(&proposal.head, &proposal.label, refusal)
    }
}

impl PushCustomers {
    /// Maps a customer that NetSuite does not have.
    fn map_new(&self, record: &Members, key: WizId, label: String, external: String) -> Outgoing<Outbound> {
        let lacking = self.lacking(record);
        if !lacking.is_empty() {
            let message = format!("customer {label} has no {} in WizCommerce", lacking.join(", "));
            let hint = "fill it in on the customer in WizCommerce (an address with street and city, a contact with an e-mail, payment \
                        terms); it is tried again by itself. What is required is `required` under `[profile.<name>.customers]`";
            return Outgoing::Rejected(Rejection::new(&key.0, &label, Reason::MissingMandatoryFields, message).hinting(hint));
        }
        let subsidiary = self.subsidiary().map(str::to_owned);
        let children = self.children(&label, &record.list("contacts"), subsidiary.as_deref());
        let body = Outbound {
            record: record.clone(),
            create: self.creation_of(record),
            is_person: false,
            winner: Side::NetSuite,
            currency: None,
            addresses: BTreeMap::new(),
            contacts: BTreeMap::new(),
            new_addresses: Vec::new(),
        };
        let head = key.clone();
        // What is sent now tells later what was edited since, should the answer be lost.
        let texts = BODY_FIELDS.iter().filter(|member| !matches!(**member, "first_name" | "last_name")).map(|member| {
            let value = there(record, member).and_then(|raw| canonical(member, &raw));
            Field::new(*member, None, value)
        });
        let attributes = self.pull.settings.attributes.keys();
        let attributes = attributes.map(|name| Field::new(format!("attribute {name}"), None, attribute(record, name)));
        let fields = texts.chain(attributes).collect();
        let proposal = Proposal { key, head, label, external_id: external, owner: None, fields, children, body };
        Outgoing::Desired(Box::new(proposal))
    }
}
