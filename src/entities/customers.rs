//! Customers, NetSuite to WizCommerce: the customer with addresses, contacts, sales rep, price list and term.
//!
//! A customer is changed part by part: only what NetSuite changed since it was last written, and only where it differs from
//! what stands there. Addresses and contacts are known by their Internal IDs; what is gone in NetSuite stays in WizCommerce,
//! since a role may hide rows (`correctness.md` R19).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde_json::value::RawValue;

use super::catalogs::Catalogs;
use super::documents::{TEXT_LIMIT, by_head};
use super::{
    Action, BLOCK, Child, Desired, Directory, Finder, Flow, Known, Lookup, Mapped, Planned, Prerequisite, Reference, Rows,
    SavedSearch, Table, Universe, Wanted, Write, cut,
};
use crate::http::{Method, Repeat};
use crate::model::{EntityKind, Fingerprint, Link, NetSuiteId, Reason, WizId};
use crate::netsuite::Searched;
use crate::netsuite::records::{Column, Row, Select};
use crate::netsuite::suiteql::{id_list, quote};
use crate::wizcommerce::records::{Attribute, Call, Members, PriceList, SalesRep};

const KIND: &str = "customers";
/// The beginning of external ids of customers that came from WizCommerce (`correctness.md` R6).
const PUSHED: &str = "wz_cu_";
/// Longest city WizCommerce takes, in characters.
const CITY_LIMIT: usize = 50;

/// WizCommerce's price lists, for flows that name them by id or need their currency.
pub(super) const PRICE_LISTS: Directory =
    Directory { name: "price lists", path: "/v1/price-lists", parameters: &[("status", "active")] };
const SALES_REPS: Directory = Directory { name: "sales reps", path: "/v1/sales-reps", parameters: &[("status", "active")] };

/// Which side wins a field that both changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Winner {
    /// NetSuite.
    #[default]
    NetSuite,
    /// WizCommerce.
    WizCommerce,
}

/// What the profile says about customers.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// A checked condition over `customer c`.
    pub filter: Option<String>,
    /// The saved search whose members are customers.
    pub saved_search: Option<String>,
    /// Subsidiaries one of which must be the customer's own; empty for all.
    pub subsidiaries: Vec<String>,
    /// What a customer must have: `address`, `contact`, `terms`.
    pub required: Vec<&'static str>,
    /// Who wins on a first meeting, where both sides have a value.
    pub winner: Winner,
    /// Attribute name and the customer column that fills it.
    pub attributes: BTreeMap<String, String>,
    /// Price levels and price lists.
    pub catalogs: Catalogs,
    /// WizCommerce rep's e-mail by NetSuite employee id.
    pub reps: BTreeMap<String, String>,
    /// The e-mail of the rep for all others.
    pub default_rep: Option<String>,
}

/// The customers flow.
pub struct Customers {
    settings: Settings,
    /// Ids of price lists by reference id.
    lists: HashMap<String, String>,
    /// Ids of sales reps by e-mail, lower case.
    reps: HashMap<String, String>,
    members: Option<std::collections::HashSet<i64>>,
}

/// A customer as it should be.
#[derive(Debug, Clone)]
pub struct Body {
    /// Members of the customer itself, as they are sent.
    fields: Members,
    addresses: Vec<Address>,
    contacts: Vec<Contact>,
    default_billing: Option<String>,
    default_shipping: Option<String>,
    winner: Winner,
}

#[derive(Debug, Clone, Serialize)]
struct Address {
    reference_id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    address_line_1: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line_2: Option<String>,
    city: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    is_default: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Contact {
    reference_id: String,
    first_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    designation: Option<String>,
}

/// The part that the default addresses are.
const DEFAULTS: &str = "defaults";
/// Members of the answer for a nested record that a request has no place for.
const ANSWER_ONLY: [&str; 5] = ["id", "customer_id", "status", "created_at", "updated_at"];

impl Customers {
    /// Makes the flow for a profile.
    pub fn new(settings: Settings) -> Self {
        Self { settings, lists: HashMap::new(), reps: HashMap::new(), members: None }
    }

    fn headers(&self) -> Select {
        let from = "customer c LEFT JOIN customersubsidiaryrelationship r ON r.entity = c.id AND r.isprimarysub = 'T' \
                    LEFT JOIN employee e ON e.id = c.salesrep";
        let names = [
            "id",
            "entityid",
            "altname",
            "companyname",
            "isperson",
            "firstname",
            "lastname",
            "email",
            "phone",
            "externalid",
            "searchstage",
            "isinactive",
            "currency",
            "pricelevel",
            "salesrep",
        ];
        let mut select = Select::new("customers", from, "c.id")
            .columns("c", &names)
            .column(Column::new("BUILTIN.DF(c.terms)", "terms"))
            .column(Column::new("r.subsidiary", "subsidiary"))
            .column(Column::new("e.email", "rep_email"))
            .column(Column::new("e.entityid", "rep_name"));
        if let Some(filter) = &self.settings.filter {
            select = select.column(Column::new(format!("CASE WHEN {filter} THEN 'T' ELSE 'F' END"), "in_scope"));
        }
        for (at, column) in self.settings.attributes.values().enumerate() {
            select = select.column(Column::configured(format!("BUILTIN.DF(c.{column})"), format!("attribute_{at}")));
        }
        select
    }

    fn addresses() -> Select {
        let from = "customeraddressbook b JOIN customeraddressbookentityaddress a ON a.nkey = b.addressbookaddress";
        Select::new("addresses", from, "b.entity")
            .many()
            .tied("b.internalid")
            .columns("b", &["internalid", "defaultbilling", "defaultshipping"])
            .columns(
                "a",
                &["addressee", "attention", "addr1", "addr2", "city", "state", "dropdownstate", "zip", "country", "addrphone"],
            )
    }

    fn contacts() -> Select {
        Select::new("contacts", "contact k", "k.company")
            .many()
            .tied("k.id")
            .columns("k", &["entityid", "firstname", "lastname", "title", "email", "phone", "isinactive"])
            .column(Column::new("k.id", "contact"))
    }

    /// One checksum per block of customers over their address books: which address is the default has no stamp of its own.
    fn address_blocks() -> Select {
        let linear = format!("(MOD(b.entity, {BLOCK}) * 7919 + MOD(b.internalid, 100003) * 31 + 1)");
        let square = format!("MOD({linear} * {linear}, 999983)");
        let flags = "DECODE(b.defaultbilling, 'T', 2, 0) + DECODE(b.defaultshipping, 'T', 1, 0)";
        Select::new("address blocks", "customeraddressbook b", format!("b.entity - MOD(b.entity, {BLOCK})"))
            .column(Column::new("COUNT(*)", "n"))
            .column(Column::new(format!("SUM({square})"), "keys"))
            .column(Column::new(format!("SUM(({flags}) * {square})"), "flags"))
            .grouped()
    }

    /// Says why a customer is not brought; nothing when it may be.
    fn excluded(&self, row: &Row, linked: bool) -> Option<&'static str> {
        if row.flag("isinactive") {
            // WizCommerce cannot be told that a customer is off.
            return Some(if linked { Reason::UnsupportedByWizcommerce.word() } else { "inactive" });
        }
        let owner = row.text("subsidiary");
        if !self.settings.subsidiaries.is_empty()
            && owner.is_none_or(|owner| !self.settings.subsidiaries.iter().any(|wanted| wanted == owner))
        {
            return Some("subsidiary");
        }
        if self.settings.filter.is_some() && !row.flag("in_scope") {
            return Some("filter");
        }
        if let (Some(members), Some(id)) = (&self.members, row.head())
            && !members.contains(&id.0)
        {
            return Some("saved_search");
        }
        // A lead or a prospect is no customer yet, unless somebody linked it.
        (!linked && row.text("searchstage").is_some_and(|stage| !stage.eq_ignore_ascii_case("customer"))).then_some("stage")
    }

    /// Finds the WizCommerce rep of a customer: as mapped, else by the employee's own address, else the default.
    fn rep_of(&self, row: &Row) -> Result<Option<String>, String> {
        let find = |email: &str| self.reps.get(&email.to_lowercase()).cloned();
        let default = || self.settings.default_rep.as_deref();
        let missing = |email: &str| format!("WizCommerce has no active sales rep with the e-mail {email}");
        let Some(employee) = row.text("salesrep") else {
            // Nobody sells to this customer: the default does, and without one nothing is said.
            return default().map(|email| find(email).ok_or_else(|| missing(email))).transpose();
        };
        if let Some(email) = self.settings.reps.get(employee) {
            return find(email).map(Some).ok_or_else(|| missing(email));
        }
        if let Some(rep) = row.text("rep_email").and_then(find) {
            return Ok(Some(rep));
        }
        let name = row.text("rep_name").unwrap_or(employee);
        match default() {
            Some(email) => find(email).map(Some).ok_or_else(|| missing(email)),
            None => Err(format!(
                "the sales rep {name} (employee {employee}) is not mapped, and WizCommerce has no rep with that e-mail"
            )),
        }
    }

    fn map_customer(&self, row: &Row, batch: &Batch<'_>, known: &Known) -> Mapped<Body> {
        let id = row.head().unwrap_or(NetSuiteId(0));
        let entityid = row.text("entityid").unwrap_or_default();
        let name = name_of(row);
        let label = if entityid.is_empty() { name.clone() } else { entityid.to_owned() };
        let child = Child::new(id, &label);
        let link = known.id(KIND, id);
        if let Some(reason) = self.excluded(row, link.is_some()) {
            return child.skipped(reason);
        }
        let (addresses, defaults) = addresses_of(batch.addresses.get(&id.0).map_or(&[][..], Vec::as_slice));
        let contacts = contacts_of(row, batch.contacts.get(&id.0).map_or(&[][..], Vec::as_slice));
        let terms = row.text("terms");
        let lacking: Vec<&str> = self
            .settings
            .required
            .iter()
            .copied()
            .filter(|what| match *what {
                "address" => addresses.is_empty(),
                "contact" => contacts.is_empty(),
                _ => terms.is_none(),
            })
            .collect();
        if name.is_empty() || !lacking.is_empty() {
            let lacking = if name.is_empty() { "name".to_owned() } else { lacking.join(", ") };
            let message = format!("customer {label} has no {lacking}");
            let hint = "fill it in on the customer in NetSuite (an address with street and city, a contact with an e-mail, terms); \
                        the next sync takes it up again. What is required is `required` under `[profile.<name>.customers]`";
            return child.rejected(Reason::MissingMandatoryFields, message, Some(hint));
        }
        let level = row.text("pricelevel");
        let Some(list) = self.settings.catalogs.list_of_customer(level, row.text("currency")) else {
            let level = level.unwrap_or("1");
            let message =
                format!("price level {level} of customer {label} is not mapped to a price list in the customer's currency");
            return child.rejected(Reason::PriceLevelUnmapped, message, None);
        };
        let Some(list) = self.lists.get(list) else {
            let message = format!("WizCommerce has no active price list {list}");
            return child.rejected(Reason::PriceLevelUnmapped, message, None);
        };
        let rep = match self.rep_of(row) {
            Ok(rep) => rep,
            Err(message) => return child.rejected(Reason::SalesRepUnmapped, message, None),
        };
        let country = addresses.first().and_then(|address| address.country.as_deref());
        let fields = self.fields(row, &name, list, rep, country);
        let body = Body {
            fields,
            addresses,
            contacts,
            default_billing: defaults.billing,
            default_shipping: defaults.shipping,
            winner: self.settings.winner,
        };
        let external = row.text("externalid").filter(|external| external.starts_with(PUSHED));
        Mapped::Desired(Box::new(Desired {
            key: id,
            head: id,
            natural_key: label.clone(),
            label: label.clone(),
            lane: id.to_string(),
            active: true,
            flags: Vec::new(),
            external_id: external.map(str::to_owned),
            target: external.map(|external| WizId(external[PUSHED.len()..].to_owned())),
            containers: Vec::new(),
            parts: body.parts(),
            body,
        }))
    }

    fn fields(&self, row: &Row, name: &str, list: &str, rep: Option<String>, country: Option<&str>) -> Members {
        let mut fields = Members::default();
        let mut text = |member: &str, value: Option<&str>| {
            if let Some(value) = value {
                fields.set(member, &cut(value, TEXT_LIMIT));
            }
        };
        text("reference_id", row.head().map(|id| id.to_string()).as_deref());
        text("company_name", Some(name));
        text("display_name", Some(row.text("altname").unwrap_or(name)));
        text("display_id", row.text("entityid"));
        text("payment_term", row.text("terms"));
        text("email", row.text("email"));
        if row.flag("isperson") {
            text("first_name", row.text("firstname"));
            text("last_name", row.text("lastname"));
        }
        text("phone", row.text("phone").and_then(|phone| phone_of(phone, country)).as_deref());
        text("assigned_price_list_id", Some(list));
        if let Some(rep) = rep {
            fields.set("assigned_sales_rep_ids", &[rep]);
        }
        let attributes: Vec<Attribute> = self
            .settings
            .attributes
            .keys()
            .enumerate()
            .filter_map(|(at, name)| {
                Some(Attribute { name: name.clone(), value: row.text(&format!("attribute_{at}"))?.to_owned() })
            })
            .collect();
        if !attributes.is_empty() {
            fields.set("attributes", &attributes);
        }
        fields
    }
}

/// What a person calls a customer.
fn name_of(row: &Row) -> String {
    let person = [row.text("firstname"), row.text("lastname")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let company = row.text("companyname").filter(|_| !row.flag("isperson"));
    let person = Some(person).filter(|name| !name.is_empty());
    company.or(row.text("altname")).map(str::to_owned).or(person).unwrap_or_else(|| {
        // A customer number may carry those above it: "Parent : Child".
        row.text("entityid").and_then(|text| text.rsplit(" : ").next()).unwrap_or_default().to_owned()
    })
}

/// Writes a phone number as WizCommerce takes it: digits behind a plus. What cannot be told is not sent.
fn phone_of(text: &str, country: Option<&str>) -> Option<String> {
    // An extension is nothing a number can carry.
    let text = text.split(['x', 'X', ';', '/']).next().unwrap_or(text).trim();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let international = text.starts_with('+') && (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    let american = matches!(country, Some("US" | "CA"));
    match digits.len() {
        _ if international => Some(format!("+{digits}")),
        10 if american => Some(format!("+1{digits}")),
        11 if american && digits.starts_with('1') => Some(format!("+{digits}")),
        _ => None,
    }
}

/// The references of the default addresses.
#[derive(Default)]
struct Defaults {
    billing: Option<String>,
    shipping: Option<String>,
}

/// Reads the addresses that can be sent: those with a street and a city.
fn addresses_of(rows: &[&Row]) -> (Vec<Address>, Defaults) {
    let mut defaults = Defaults::default();
    let mut addresses = Vec::new();
    for row in rows {
        let text = |name: &str| row.text(name).map(str::to_owned);
        let (Some(id), Some(street), Some(city)) = (row.id("internalid"), text("addr1"), text("city")) else { continue };
        let (billing, shipping) = (row.flag("defaultbilling"), row.flag("defaultshipping"));
        let reference_id = id.to_string();
        if billing {
            defaults.billing = Some(reference_id.clone());
        }
        if shipping {
            defaults.shipping = Some(reference_id.clone());
        }
        let country = text("country");
        addresses.push(Address {
            reference_id,
            kind: if billing && !shipping { "billing" } else { "shipping" },
            address_line_1: street,
            address_line_2: text("addr2"),
            city: cut(&city, CITY_LIMIT),
            state: text("dropdownstate").or_else(|| text("state")),
            zip_code: text("zip"),
            first_name: text("addressee"),
            last_name: text("attention"),
            phone: row.text("addrphone").and_then(|phone| phone_of(phone, country.as_deref())),
            country,
            is_default: billing || shipping,
        });
    }
    addresses.sort_by_key(|address| address.reference_id.parse::<i64>().unwrap_or(i64::MAX));
    (addresses, defaults)
}

/// Reads the contacts that can be sent: those with an e-mail. A person without any is their own contact.
fn contacts_of(customer: &Row, rows: &[&Row]) -> Vec<Contact> {
    let read = |row: &Row, id: Option<NetSuiteId>| {
        let (id, email) = (id?, row.text("email")?);
        let last_part = row.text("entityid").and_then(|text| text.rsplit(" : ").next());
        Some(Contact {
            reference_id: id.to_string(),
            first_name: row.text("firstname").or(last_part).unwrap_or(email).to_owned(),
            last_name: row.text("lastname").map(str::to_owned),
            email: email.to_owned(),
            phone: row.text("phone").and_then(|phone| phone_of(phone, None)),
            designation: row.text("title").map(str::to_owned),
        })
    };
    let active = rows.iter().filter(|row| !row.flag("isinactive"));
    let mut contacts: Vec<Contact> = active.filter_map(|row| read(row, row.id("contact"))).collect();
    if contacts.is_empty() && customer.flag("isperson") {
        contacts.extend(read(customer, customer.head()));
    }
    contacts.sort_by_key(|contact| contact.reference_id.parse::<i64>().unwrap_or(i64::MAX));
    contacts
}

/// The rows of a batch, by customer.
struct Batch<'r> {
    addresses: HashMap<i64, Vec<&'r Row>>,
    contacts: HashMap<i64, Vec<&'r Row>>,
}

/// Members of a customer in the order in which they are compared.
const FIELDS: [&str; 11] = [
    "reference_id",
    "company_name",
    "display_name",
    "display_id",
    "payment_term",
    "email",
    "first_name",
    "last_name",
    "phone",
    "assigned_price_list_id",
    "assigned_sales_rep_ids",
];

impl Body {
    fn parts(&self) -> Vec<(String, Fingerprint)> {
        let text = |raw: Option<Box<RawValue>>| Fingerprint::of(raw.map_or_else(String::new, |raw| raw.to_string()).as_bytes());
        let of = |value: &dyn erased::Json| Fingerprint::of(value.json().as_bytes());
        let fields = FIELDS.iter().chain(&["attributes"]).map(|name| ((*name).to_owned(), text(self.fields.get(name))));
        let addresses = self.addresses.iter().map(|address| (format!("address {}", address.reference_id), of(address)));
        let contacts = self.contacts.iter().map(|contact| (format!("contact {}", contact.reference_id), of(contact)));
        let defaults = format!("{:?} {:?}", self.default_billing, self.default_shipping);
        let defaults = [(DEFAULTS.to_owned(), Fingerprint::of(defaults.as_bytes()))];
        fields.chain(addresses).chain(contacts).chain(defaults).collect()
    }

    fn create(&self) -> String {
        let mut members = self.fields.clone();
        members.set("addresses", &self.addresses);
        members.set("contacts", &self.contacts);
        members.json()
    }
}

/// A value that can be written as JSON, whatever its type.
mod erased {
    use serde::Serialize;

    pub(super) trait Json {
        fn json(&self) -> String;
    }

    impl<T: Serialize> Json for T {
        fn json(&self) -> String {
            serde_json::to_string(self).unwrap_or_default()
        }
    }
}

/// A customer that is changed: what it should be, what was last written, and what stands there.
struct Change<'p> {
    record: &'p Planned<Body>,
    present: Members,
    path: String,
}

impl Change<'_> {
    /// Tells whether NetSuite changed a part since it was last written.
    fn differs(&self, part: &str) -> bool {
        let now = self.record.desired.parts.iter().find(|(name, _)| name == part);
        now.is_some_and(|(name, now)| self.record.differs(name, now))
    }

    /// Tells whether a value may replace what stands there: on a first meeting the configured winner decides, and an empty
    /// side never erases a filled one (`correctness.md` 6).
    fn may_replace(&self, there: bool) -> bool {
        let first = self.record.image.is_none();
        !(first && there && self.record.desired.body.winner == Winner::WizCommerce)
    }

    /// Gives what stands there in the form in which it would be sent.
    fn there(&self, member: &str) -> Option<Box<RawValue>> {
        let raw = |value: &dyn erased::Json| RawValue::from_string(value.json()).ok();
        match member {
            "company_name" => self.present.get("name"),
            "assigned_price_list_id" => raw(&self.present.get::<Members>("assigned_price_list")?.text("id")?),
            "assigned_sales_rep_ids" => {
                let ids: Vec<String> = self.present.list("assigned_sales_reps").iter().filter_map(|rep| rep.text("id")).collect();
                if ids.is_empty() { None } else { raw(&ids) }
            }
            other => self.present.get(other),
        }
    }

    /// Collects the members of the customer itself that have to be sent.
    fn fields(&self) -> Members {
        let mut changed = Members::default();
        for name in FIELDS.iter().filter(|name| self.differs(name)) {
            let (Some(wanted), there) = (self.record.desired.body.fields.get::<Box<RawValue>>(name), self.there(name)) else {
                continue;
            };
            let same = there.as_ref().is_some_and(|there| same_json(there, &wanted));
            if !same && self.may_replace(there.is_some()) {
                changed.set(name, &wanted);
            }
        }
        if let (Some(attributes), true) = (self.attributes(), self.differs("attributes")) {
            changed.set("attributes", &attributes);
        }
        changed
    }

    /// Puts our attributes over those that are there: a list is always sent whole. `None` when nothing differs.
    fn attributes(&self) -> Option<Vec<Attribute>> {
        let ours: Vec<Attribute> = self.record.desired.body.fields.get("attributes")?;
        let mut all: Vec<Attribute> = self
            .present
            .list("attributes")
            .iter()
            .filter_map(|entry| Some(Attribute { name: entry.text("name")?, value: entry.text("value")? }))
            .collect();
        let before = all.clone();
        for own in ours {
            match all.iter_mut().find(|known| known.name == own.name) {
                Some(known) => known.value = own.value,
                None => all.push(own),
            }
        }
        (all != before).then_some(all)
    }

    /// Gives the writes of one nested record: a new one is posted, a changed one replaced with what else is in it.
    fn nested(&self, list: &str, part: &str, reference: &str, own: &dyn erased::Json) -> Option<Write> {
        let path = format!("{}/{list}", self.path);
        let own: Members = serde_json::from_str(&own.json()).unwrap_or_default();
        let present = self.present.list(list).into_iter().find(|entry| entry.text("reference_id").as_deref() == Some(reference));
        let Some(present) = present else {
            // Not repeated blindly: after a lost answer the customer is read again, and the record may be there.
            let call = Call { method: Method::Post, path, body: own.json(), repeat: Repeat::Never };
            return Some(Write { call, covers: vec![0], creates: false, again: true });
        };
        if !self.differs(part) || !self.may_replace(true) {
            return None;
        }
        let id = present.text("id")?;
        let mut merged = present.clone();
        merged.drop_all(&ANSWER_ONLY);
        merged.drop_nulls();
        for (name, value) in own.iter() {
            merged.set(name, value);
        }
        let mut before = present;
        before.drop_all(&ANSWER_ONLY);
        before.drop_nulls();
        let unchanged =
            own.iter().all(|(name, value)| before.get::<Box<RawValue>>(name).is_some_and(|there| same_json(&there, value)));
        (!unchanged).then(|| Write::change(Method::Put, format!("{path}/{id}"), merged.json()))
    }

    /// Adds the default addresses to the members to send. Gives whether one of them is not there yet.
    fn defaults(&self, changed: &mut Members) -> bool {
        let addresses = self.present.list("addresses");
        let mut waiting = false;
        let body = &self.record.desired.body;
        for (member, reference) in
            [("default_billing_address_id", &body.default_billing), ("default_shipping_address_id", &body.default_shipping)]
        {
            let (Some(reference), true) = (reference, self.differs(DEFAULTS)) else { continue };
            let found = addresses.iter().find(|address| address.text("reference_id").as_ref() == Some(reference));
            match found.and_then(|address| address.text("id")) {
                Some(id)
                    if self.present.text(member).as_ref() != Some(&id)
                        && self.may_replace(self.present.text(member).is_some()) =>
                {
                    changed.set(member, &id);
                }
                Some(_) => {}
                None => waiting = true,
            }
        }
        waiting
    }

    fn writes(&self) -> Vec<Write> {
        let body = &self.record.desired.body;
        let mut changed = self.fields();
        self.defaults(&mut changed);
        let mut writes = Vec::new();
        if !changed.is_empty() {
            writes.push(Write::change(Method::Patch, self.path.clone(), changed.json()));
        }
        let addresses = body.addresses.iter().filter_map(|address| {
            self.nested("addresses", &format!("address {}", address.reference_id), &address.reference_id, address)
        });
        let contacts = body.contacts.iter().filter_map(|contact| {
            self.nested("contacts", &format!("contact {}", contact.reference_id), &contact.reference_id, contact)
        });
        writes.extend(addresses.chain(contacts));
        writes
    }
}

/// Compares two JSON values without regard to how they are written.
fn same_json(a: &RawValue, b: &RawValue) -> bool {
    let read = |raw: &RawValue| serde_json::from_str::<serde_json::Value>(raw.get()).ok();
    a.get() == b.get() || read(a) == read(b)
}

impl Flow for Customers {
    type Body = Body;

    fn entity(&self) -> EntityKind {
        EntityKind::Customers
    }

    fn mapping(&self) -> String {
        format!("{:?}", self.settings)
    }

    fn batch(&self) -> usize {
        1000
    }

    fn tables(&self) -> Vec<Table> {
        vec![Catalogs::table()]
    }

    fn learn(&mut self, _table: &str, rows: &[Row]) -> Result<(), String> {
        self.settings.catalogs.learn(rows)
    }

    fn directories(&self) -> Vec<Directory> {
        vec![PRICE_LISTS, SALES_REPS]
    }

    fn consult(&mut self, directory: &str, entries: &[Box<RawValue>]) -> Result<(), String> {
        if directory == SALES_REPS.name {
            let reps = entries.iter().filter_map(|raw| serde_json::from_str::<SalesRep>(raw.get()).ok());
            self.reps = reps.filter_map(|rep| Some((rep.email?.to_lowercase(), rep.id))).collect();
            return Ok(());
        }
        let lists = entries.iter().filter_map(|raw| serde_json::from_str::<PriceList>(raw.get()).ok());
        self.lists = lists.filter_map(|list| Some((list.reference_id?, list.id))).collect();
        Ok(())
    }

    fn universe(&self) -> Universe {
        Universe::Source(Select::new("customers", "customer c", "c.id"))
    }

    fn finders(&self) -> Vec<Finder> {
        let book = "customeraddressbook b JOIN customeraddressbookentityaddress a ON a.nkey = b.addressbookaddress";
        let all = Select::new("changed customers", "customer c", "c.id");
        let mut finders = vec![
            Finder::Stamped { select: all.clone(), stamp: "c.lastmodifieddate".into() },
            Finder::Stamped {
                select: Select::new("changed addresses", book, "b.entity").grouped(),
                stamp: "a.lastmodifieddate".into(),
            },
            Finder::Stamped {
                select: Select::new("changed contacts", "contact k JOIN customer c ON c.id = k.company", "k.company").grouped(),
                stamp: "k.lastmodifieddate".into(),
            },
            Finder::Blocks { name: "address book", select: Self::address_blocks(), dependents: None },
        ];
        if let Some(search) = &self.settings.saved_search {
            let heads = (Select { name: "members of the saved search", ..all }, "c.id".into());
            finders.push(Finder::SavedSearch(SavedSearch { id: search.clone(), heads, of: Searched::Customers }));
        }
        finders
    }

    fn admit(&mut self, members: std::collections::HashSet<i64>) {
        self.members = Some(members);
    }

    fn locate(&self, wanted: &Wanted) -> Option<Select> {
        let condition = match wanted {
            Wanted::Ids(ids) => format!("c.id IN ({})", id_list(ids)),
            Wanted::Key(number) | Wanted::Number(number) => format!("c.entityid = {}", quote(number)),
        };
        let select = Select::new("named customers", "customer c", "c.id").columns("c", &["id"]);
        Some(select.column(Column::new("c.entityid", "label")).column(Column::new("'T'", "in_scope")).filter(condition))
    }

    fn record_types(&self) -> &'static [&'static str] {
        &["customer"]
    }

    fn deleted(&self, link: &Link) -> Option<Mapped<Body>> {
        let label = link.natural_key.clone().unwrap_or_else(|| link.ns_id.to_string());
        Some(Child::new(link.ns_id, &label).skipped(Reason::UnsupportedByWizcommerce.word()))
    }

    fn details(&self) -> Vec<Select> {
        vec![self.headers(), Self::addresses(), Self::contacts()]
    }

    fn references(&self, rows: &Rows) -> Vec<Reference> {
        rows.of("customers").iter().filter_map(Row::head).map(|id| Reference::Id(KIND, id.0)).collect()
    }

    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Body>> {
        let batch = Batch { addresses: by_head(rows, "addresses"), contacts: by_head(rows, "contacts") };
        rows.of("customers").iter().map(|row| self.map_customer(row, &batch, known)).collect()
    }

    fn lookup(&self) -> Option<Lookup> {
        Some(Lookup::by_reference("/v1/customers", &[&[("status", "active")], &[("status", "inactive")]]))
    }

    fn prerequisites(&self) -> Vec<Prerequisite> {
        let lists: BTreeSet<&str> = self.settings.catalogs.all_lists();
        vec![
            Prerequisite::PriceLists(lists.into_iter().map(str::to_owned).collect()),
            Prerequisite::Attributes("customer", self.settings.attributes.keys().cloned().collect()),
        ]
    }

    fn detail(&self, wc_id: &WizId) -> Option<String> {
        Some(format!("/v1/customers/{wc_id}"))
    }

    fn is_unfinished(&self, created: &Desired<Body>) -> bool {
        // Which addresses are the defaults is said by their ids, and those are known only now.
        created.body.default_billing.is_some() || created.body.default_shipping.is_some()
    }

    fn writes(&self, planned: &[Planned<Body>]) -> Vec<Write> {
        let Some(record) = planned.first() else { return Vec::new() };
        match &record.action {
            Action::Create => vec![Write::create("/v1/customers", record.desired.body.create(), 0)],
            Action::Update(wc_id) | Action::Adopt(wc_id) => {
                let Some(present) = record.present.as_deref().map(Members::of) else { return Vec::new() };
                Change { record, present, path: format!("/v1/customers/{wc_id}") }.writes()
            }
            Action::Unchanged => Vec::new(),
        }
    }
}
