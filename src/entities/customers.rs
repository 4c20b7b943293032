//! Customers, NetSuite to WizCommerce: the customer with addresses, contacts, sales rep, price list and term.
//!
//! A customer is changed part by part: only what NetSuite changed since it was last written, and only where it differs from
//! what stands there. Addresses and contacts are known by their Internal IDs; what is gone in NetSuite stays in WizCommerce,
//! since a role may hide rows (`correctness.md` R19).

mod change;
mod parts;
mod push;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::value::RawValue;

use self::change::Change;
use self::parts::{AddressBook, Part, People, set_phone};
pub use self::push::{PushCustomers, PushSettings};
use super::catalogs::Catalogs;
use super::documents::{TEXT_LIMIT, by_head};
use super::{
    Action, BLOCK, Child, Desired, Directory, Finder, Flow, Frame, Known, Lookup, Mapped, Planned, Prerequisite, Reference, Rows,
    SavedSearch, Table, Universe, Wanted, Write, cut,
};
use crate::model::merge::Side;
use crate::model::{EntityKind, Link, NetSuiteId, Reason, WizId};
use crate::netsuite::Searched;
use crate::netsuite::records::{Column, Row, Select};
use crate::netsuite::suiteql::{id_list, quote, stamp};
use crate::wizcommerce::records::{Attribute, Members, PriceList, SalesRep};

const KIND: &str = "customers";
/// Under which names the links of what hangs on a customer are kept.
pub(super) const ADDRESSES: &str = "addresses";
pub(super) const CONTACTS: &str = "contacts";
/// The beginning of external ids of customers that came from WizCommerce (`correctness.md` R6).
const PUSHED: &str = "wz_cu_";

/// WizCommerce's price lists, for flows that name them by id or need their currency.
pub(super) const PRICE_LISTS: Directory =
    Directory { name: "price lists", path: "/v1/price-lists", parameters: &[("status", "active")] };
const SALES_REPS: Directory = Directory { name: "sales reps", path: "/v1/sales-reps", parameters: &[("status", "active")] };

/// What the profile says about customers.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// A checked condition over `customer c`.
    pub filter: Option<String>,
    /// The saved search whose members are customers.
    pub saved_search: Option<String>,
    /// Subsidiaries one of which the customer must belong to; empty for all.
    pub subsidiaries: Vec<String>,
    /// What a customer must have: `address`, `contact`, `terms`.
    pub required: Vec<&'static str>,
    /// Who wins what both sides changed, and a first meeting where both have a value; `None`: who changed last.
    pub winner: Option<Side>,
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
    /// Members of the customer itself, as they are sent: absent is empty in NetSuite, null is what cannot be told.
    fields: Members,
    /// The configured attributes, empty ones too.
    attributes: Vec<(String, Option<String>)>,
    book: AddressBook,
    people: People,
    /// Whether the sales rep is the one for those who have nobody.
    has_default_rep: bool,
    winner: Winner,
}

/// Who wins a field that both sides changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Winner {
    Always(Side),
    /// Who changed the customer last; this is when NetSuite's was saved, where that is known.
    Latest(Option<Timestamp>),
}

impl Winner {
    /// Decides about a customer that WizCommerce changed at a moment. In the same second, and where nothing is known, it is
    /// NetSuite.
    fn over(self, present: &Members) -> Side {
        match self {
            Self::Always(side) => side,
            Self::Latest(saved) => {
                let changed: Option<Timestamp> = present.text("updated_at").and_then(|stamp| stamp.parse().ok());
                if changed.zip(saved).is_some_and(|(changed, saved)| changed > saved) {
                    Side::WizCommerce
                } else {
                    Side::NetSuite
                }
            }
        }
    }
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
/// Those that are emptied when NetSuite's are; the others are required there.
const CLEARABLE: [&str; 5] = ["payment_term", "email", "first_name", "last_name", "phone"];

impl Customers {
    /// Makes the flow for a profile.
    pub fn new(settings: Settings) -> Self {
        Self { settings, lists: HashMap::new(), reps: HashMap::new(), members: None }
    }

    fn headers(&self) -> Select {
        let from = "customer c LEFT JOIN employee e ON e.id = c.salesrep";
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
            "salesrep",
        ];
        let mut select = Select::new("customers", from, "c.id")
            .columns("c", &names)
            .column(Column::new("BUILTIN.DF(c.terms)", "terms"))
            // Without the features behind them all customers have one currency, and all items one price.
            .column(Column::optional("c.currency", "currency"))
            .column(Column::optional("c.pricelevel", "pricelevel"))
            .column(Column::new("e.email", "rep_email"))
            .column(Column::new("e.entityid", "rep_name"));
        if !self.settings.subsidiaries.is_empty() {
            // An account with a single company has no such table, and no subsidiaries to configure.
            let shared = format!(
                "EXISTS (SELECT 1 FROM customersubsidiaryrelationship r WHERE r.entity = c.id AND r.subsidiary IN ({}))",
                self.settings.subsidiaries.join(", ")
            );
            select = select.column(Column::new(format!("CASE WHEN {shared} THEN 'T' ELSE 'F' END"), "in_subsidiary"));
        }
        if let Some(filter) = &self.settings.filter {
            select = select.column(Column::new(format!("CASE WHEN {filter} THEN 'T' ELSE 'F' END"), "in_scope"));
        }
        if self.settings.winner.is_none() {
            // Stamps are in the zone of the session, which is not known here; how long ago a save was is the same in all zones.
            select = select
                .column(Column::new(stamp("c.lastmodifieddate"), "saved"))
                .column(Column::new(stamp("CURRENT_TIMESTAMP"), "asked"))
                .column(Column::new(stamp("SYS_EXTRACT_UTC(CURRENT_TIMESTAMP)"), "asked_utc"));
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
                &[
                    "addressee",
                    "attention",
                    "addr1",
                    "addr2",
                    "addr3",
                    "city",
                    "state",
                    "dropdownstate",
                    "zip",
                    "country",
                    "addrphone",
                ],
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
        if !self.settings.subsidiaries.is_empty() && !row.flag("in_subsidiary") {
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

    /// Finds the WizCommerce rep of a customer: as mapped, else by the employee's own address, else the default; and whether it
    /// is the default.
    fn rep_of(&self, row: &Row) -> Result<Option<(String, bool)>, String> {
        let find = |email: &str| self.reps.get(&email.to_lowercase()).cloned();
        let default = || self.settings.default_rep.as_deref();
        let missing = |email: &str| format!("WizCommerce has no active sales rep with the e-mail {email}");
        let Some(employee) = row.text("salesrep") else {
            // Nobody sells to this customer: the default does, and without one nothing is said.
            return default().map(|email| find(email).map(|rep| (rep, true)).ok_or_else(|| missing(email))).transpose();
        };
        if let Some(email) = self.settings.reps.get(employee) {
            return find(email).map(|rep| Some((rep, false))).ok_or_else(|| missing(email));
        }
        if let Some(rep) = row.text("rep_email").and_then(find) {
            return Ok(Some((rep, false)));
        }
        let name = row.text("rep_name").unwrap_or(employee);
        match default() {
            Some(email) => find(email).map(|rep| Some((rep, true))).ok_or_else(|| missing(email)),
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
        let (book, people) = batch.parts_of(row, known);
        let country = book.country.clone();
        let terms = row.text("terms");
        let lacking: Vec<&str> = self
            .settings
            .required
            .iter()
            .copied()
            .filter(|what| match *what {
                "address" => book.addresses.is_empty(),
                "contact" => people.contacts.is_empty(),
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
        let has_default_rep = rep.as_ref().is_some_and(|(_, is_default)| *is_default);
        let fields = Self::fields(row, &name, Some(list), rep.map(|(rep, _)| rep), country.as_deref());
        let attributes = self.attributes(row);
        let body = Body { fields, attributes, book, people, has_default_rep, winner: self.winner(row) };
        let external = row.text("externalid").filter(|external| external.starts_with(PUSHED));
        Mapped::Desired(Box::new(Desired {
            external_id: external.map(str::to_owned),
            target: external.map(|external| WizId(external[PUSHED.len()..].to_owned())),
            ..Desired::new(id, &label, change::parts(&body), body)
        }))
    }

    /// Gives a customer as it reads in WizCommerce's words, whatever keeps it from being written there.
    fn compose(&self, row: &Row, batch: &Batch<'_>, known: &Known) -> Body {
        let (book, people) = batch.parts_of(row, known);
        let list = self.settings.catalogs.list_of_customer(row.text("pricelevel"), row.text("currency"));
        let list = list.and_then(|list| self.lists.get(list)).map(String::as_str);
        let rep = self.rep_of(row).ok().flatten();
        let has_default_rep = rep.as_ref().is_some_and(|(_, is_default)| *is_default);
        let country = book.country.clone();
        let fields = Self::fields(row, &name_of(row), list, rep.map(|(rep, _)| rep), country.as_deref());
        Body { fields, attributes: self.attributes(row), book, people, has_default_rep, winner: self.winner(row) }
    }

    /// Says who wins what both sides changed of a customer.
    fn winner(&self, row: &Row) -> Winner {
        match self.settings.winner {
            Some(side) => Winner::Always(side),
            None => Winner::Latest(saved_at(row)),
        }
    }

    /// Gives the configured attributes, empty ones too.
    fn attributes(&self, row: &Row) -> Vec<(String, Option<String>)> {
        let columns = self.settings.attributes.keys().enumerate();
        columns.map(|(at, name)| (name.clone(), row.text(&format!("attribute_{at}")).map(str::to_owned))).collect()
    }

    fn fields(row: &Row, name: &str, list: Option<&str>, rep: Option<String>, country: Option<&str>) -> Members {
        let mut fields = Members::default();
        let mut text = |member: &str, value: Option<&str>| {
            if let Some(value) = value {
                fields.set(member, &cut(value, TEXT_LIMIT));
            }
        };
        text("company_name", Some(name));
        text("display_name", Some(row.text("altname").unwrap_or(name)));
        text("payment_term", row.text("terms"));
        if row.flag("isperson") {
            text("first_name", row.text("firstname"));
            text("last_name", row.text("lastname"));
        }
        // Ids, numbers and addresses of people are never cut.
        for (member, value) in [("display_id", row.text("entityid")), ("email", row.text("email"))] {
            if let Some(value) = value {
                fields.set(member, value);
            }
        }
        if let Some(id) = row.head() {
            fields.set("reference_id", &id.to_string());
        }
        set_phone(&mut fields, row.text("phone"), country);
        if let Some(list) = list {
            fields.set("assigned_price_list_id", list);
        }
        if let Some(rep) = rep {
            fields.set("assigned_sales_rep_ids", &[rep]);
        }
        fields
    }
}

/// Gives the moment at which a customer was saved, from its stamp and the clock of the session that showed it.
fn saved_at(row: &Row) -> Option<Timestamp> {
    let read = |name: &str| DateTime::strptime("%Y-%m-%d %H:%M:%S", row.text(name)?).ok();
    let (saved, asked, asked_utc) = (read("saved")?, read("asked")?, read("asked_utc")?);
    let age = asked.duration_since(saved);
    asked_utc.to_zoned(TimeZone::UTC).ok()?.timestamp().checked_sub(age).ok()
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

/// The condition for customers of a number; that of a sub-customer is shown behind those above it: "Parent : Child".
fn called(number: &str) -> String {
    let whole = format!("c.entityid = {}", quote(number));
    // Wildcards are nothing a person means in a number.
    if number.contains(['%', '_']) { whole } else { format!("({whole} OR c.entityid LIKE {})", quote(&format!("% : {number}"))) }
}

/// The rows of a batch, by customer.
struct Batch<'r> {
    addresses: HashMap<i64, Vec<&'r Row>>,
    contacts: HashMap<i64, Vec<&'r Row>>,
}

impl<'r> Batch<'r> {
    fn of(rows: &'r Rows) -> Self {
        Self { addresses: by_head(rows, "addresses"), contacts: by_head(rows, "contacts") }
    }

    /// Gives what hangs on a customer, each with its record in WizCommerce where a link names it.
    fn parts_of(&self, row: &Row, known: &Known) -> (AddressBook, People) {
        let rows = |of: &HashMap<i64, Vec<&'r Row>>| row.head().and_then(|id| of.get(&id.0).cloned()).unwrap_or_default();
        let mut book = AddressBook::read(&rows(&self.addresses));
        let mut people = People::read(row, &rows(&self.contacts), book.country.as_deref());
        let linked = |kind: &'static str, part: &Part| {
            let id = part.reference.parse().ok().map(NetSuiteId)?;
            known.id(kind, id).map(|link| link.wc_id.0.clone())
        };
        for part in &mut book.addresses {
            part.linked = linked(ADDRESSES, part);
        }
        for part in &mut people.contacts {
            part.linked = linked(CONTACTS, part);
        }
        (book, people)
    }
}

impl Body {
    fn create(&self) -> String {
        let mut members = self.fields.clone();
        members.drop_nulls();
        let attributes =
            self.attributes.iter().filter_map(|(name, value)| Some(Attribute { name: name.clone(), value: value.clone()? }));
        let attributes: Vec<Attribute> = attributes.collect();
        if !attributes.is_empty() {
            members.set("attributes", &attributes);
        }
        members.set("addresses", &self.book.addresses.iter().map(Part::whole).collect::<Vec<_>>());
        members.set("contacts", &self.people.contacts.iter().map(Part::whole).collect::<Vec<_>>());
        members.json()
    }
}

impl Frame for Customers {
    fn entity(&self) -> EntityKind {
        EntityKind::Customers
    }

    fn mapping(&self) -> String {
        format!("{:?}", self.settings)
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
        // Before anything is mapped: a list that is missing is the configuration's fault and no customer's.
        let mut missing = self.settings.catalogs.all_lists();
        missing.retain(|list| !self.lists.contains_key(*list));
        if !missing.is_empty() {
            let missing = missing.into_iter().collect::<Vec<_>>().join(", ");
            return Err(format!(
                "WizCommerce has no active price list with the reference id {missing}: make it there in the right currency (its \
                 API cannot set one), or correct `[profile.<name>.catalogs]`"
            ));
        }
        Ok(())
    }
}

impl Flow for Customers {
    type Body = Body;

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
            Wanted::Key(number) | Wanted::Number(number) => called(number),
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
        let customers = rows.of("customers").iter().filter_map(Row::head).map(|id| Reference::Id(KIND, id.0));
        let addresses = rows.of("addresses").iter().filter_map(|row| row.id("internalid"));
        let contacts = rows.of("contacts").iter().filter_map(|row| row.id("contact"));
        let addresses = addresses.map(|id| Reference::Id(ADDRESSES, id.0));
        customers.chain(addresses).chain(contacts.map(|id| Reference::Id(CONTACTS, id.0))).collect()
    }

    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Body>> {
        let batch = Batch::of(rows);
        rows.of("customers").iter().map(|row| self.map_customer(row, &batch, known)).collect()
    }

    fn left_out(&self, body: &Body) -> Vec<(&'static str, usize)> {
        let counts = [("address_incomplete", body.book.incomplete), ("contact_without_email", body.people.unreachable)];
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    fn lookup(&self) -> Option<Lookup> {
        Some(Lookup::by_reference("/v1/customers", &[&[("status", "active")], &[("status", "inactive")]]))
    }

    fn prerequisites(&self) -> Vec<Prerequisite> {
        vec![Prerequisite::Attributes("customer", self.settings.attributes.keys().cloned().collect())]
    }

    fn detail(&self, wc_id: &WizId) -> Option<String> {
        Some(format!("/v1/customers/{wc_id}"))
    }

    fn is_unfinished(&self, created: &Desired<Body>) -> bool {
        // Which addresses are the defaults is said by their ids, and those are known only now.
        created.body.book.billing.is_some() || created.body.book.shipping.is_some()
    }

    fn overruled(&self, record: &Planned<Body>) -> Vec<String> {
        match (&record.action, record.present.as_deref()) {
            (Action::Update(_) | Action::Adopt(_), Some(present)) => Change::new(record, present, String::new()).overruled(),
            _ => Vec::new(),
        }
    }

    fn writes(&self, planned: &[Planned<Body>]) -> Vec<Write> {
        let Some(record) = planned.first() else { return Vec::new() };
        match &record.action {
            Action::Create => vec![Write::create("/v1/customers", record.desired.body.create(), 0)],
            Action::Update(wc_id) | Action::Adopt(wc_id) => {
                let Some(present) = record.present.as_deref() else { return Vec::new() };
                Change::new(record, present, format!("/v1/customers/{wc_id}")).writes()
            }
            Action::Unchanged => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::parts::phone_of;
    use super::*;
    use crate::netsuite::records::Page;

    const PRESENT: &str = include_str!("../../fixtures/wizcommerce/customer.json");

    fn flow(change: impl FnOnce(&mut Settings)) -> Customers {
        let lists = [("1", None, "BASE"), ("5", None, "WHOLESALE"), ("5", Some("EUR"), "WHOLESALE-EUR")];
        let lists = lists.map(|(level, symbol, list)| (level.to_owned(), symbol.map(str::to_owned), list.to_owned()));
        let mut settings = Settings {
            required: vec!["address", "contact", "terms"],
            attributes: BTreeMap::from([("Territory".into(), "custentity_territory".into())]),
            catalogs: Catalogs::new(lists.into(), None),
            reps: BTreeMap::from([("12".into(), "ana@acme.example".into())]),
            winner: Some(Side::NetSuite),
            ..Settings::default()
        };
        change(&mut settings);
        let mut flow = Customers::new(settings);
        let currencies =
            r#"{"totalResults":2,"items":[{"head":"1","symbol":"USD","isbasecurrency":"T"},{"head":"4","symbol":"EUR"}]}"#;
        flow.learn("currencies", &serde_json::from_str::<Page>(currencies).unwrap().rows).unwrap();
        let raw = |value: Value| serde_json::value::to_raw_value(&value).unwrap();
        let list = |name: &str| raw(json!({ "id": format!("list-{}", name.to_lowercase()), "reference_id": name }));
        flow.consult(PRICE_LISTS.name, &["BASE", "WHOLESALE", "WHOLESALE-EUR"].map(list)).unwrap();
        flow.consult(SALES_REPS.name, &[raw(json!({ "id": "rep-ana", "email": "Ana@acme.example" }))]).unwrap();
        flow
    }

    fn rows() -> Rows {
        let mut rows = Rows::default();
        for (name, page) in [
            ("customers", include_str!("../../fixtures/netsuite/customers.json")),
            ("addresses", include_str!("../../fixtures/netsuite/customer-addresses.json")),
            ("contacts", include_str!("../../fixtures/netsuite/customer-contacts.json")),
        ] {
            rows.add(name, serde_json::from_str::<Page>(page).unwrap().rows);
        }
        rows
    }

    fn desired(flow: &Customers) -> Vec<Desired<Body>> {
        let mapped = flow.map(&rows(), &Known::default());
        mapped
            .into_iter()
            .filter_map(|record| if let Mapped::Desired(desired) = record { Some(*desired) } else { None })
            .collect()
    }

    fn company(flow: &Customers) -> Desired<Body> {
        desired(flow).remove(0)
    }

    fn sent(writes: &[Write]) -> Vec<(String, Value)> {
        let sent = writes.iter().map(|write| {
            let body = serde_json::from_str(&write.call.body).unwrap();
            (format!("{:?} {}", write.call.method, write.call.path), body)
        });
        sent.collect()
    }

    /// What is sent for a change of a customer that was last written as `image` says.
    fn changes(flow: &Customers, desired: Desired<Body>, image: Option<String>) -> Vec<(String, Value)> {
        let present = serde_json::from_str(PRESENT).unwrap();
        let action = Action::Update(WizId("w-1".into()));
        let at = jiff::Timestamp::UNIX_EPOCH;
        sent(&flow.writes(&[Planned { desired, action, was_active: Some(true), image, present: Some(present), at }]))
    }

    #[test]
    fn a_company_is_one_create_with_everything_that_hangs_on_it() {
        let flow = flow(|_| {});
        let planned = Planned {
            desired: company(&flow),
            action: Action::Create,
            was_active: None,
            image: None,
            present: None,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        assert!(flow.is_unfinished(&planned.desired), "the defaults are said by ids that are not known yet");
        let writes = flow.writes(&[planned]);
        let expected: Value = serde_json::from_str(include_str!("../../fixtures/wizcommerce/customer-create.json")).unwrap();
        assert_eq!(sent(&writes), [("Post /v1/customers".to_owned(), expected)]);
    }

    #[test]
    fn a_person_in_another_currency_is_their_own_contact() {
        let person = desired(&flow(|_| {})).remove(1);
        assert_eq!(person.natural_key, "Harbor & Pine LLC : Nora Quill");
        assert_eq!(person.target, Some(WizId("5f0c1f0e-0b1a-4a5e-9d0e-2f6d7c1a9b10".into())));
        let body: Value = serde_json::from_str(&person.body.create()).unwrap();
        let mut expected = json!({
            "reference_id": "1543", "display_id": "Harbor & Pine LLC : Nora Quill", "company_name": "Nora Quill",
            "display_name": "Nora Quill", "first_name": "Nora", "last_name": "Quill", "email": "nora@quill.example",
            "phone": "+31205550142", "payment_term": "Due on receipt", "assigned_price_list_id": "list-wholesale-eur",
            "addresses": [{
                "reference_id": "904", "type": "shipping", "is_default": true, "address_line_1": "Damrak 1", "city": "Amsterdam",
                "state": "Noord-Holland", "country": "NL"
            }]
        });
        expected["contacts"] = json!([{
            "reference_id": "1543", "first_name": "Nora", "last_name": "Quill", "email": "nora@quill.example",
            "phone": "+31205550142"
        }]);
        assert_eq!(body, expected);
    }

    #[test]
    fn everything_that_lacks_is_named() {
        let mapped = flow(|_| {}).map(&rows(), &Known::default());
        let Some(Mapped::Rejected(rejection)) = mapped.into_iter().nth(2) else { panic!("rejected") };
        assert_eq!((rejection.key.as_str(), rejection.reason), ("1544", Reason::MissingMandatoryFields));
        assert_eq!(rejection.message, "customer CUST1544 has no address, contact, terms");
    }

    #[test]
    fn a_missing_price_list_is_named_before_anything_is_mapped() {
        let mut flow = flow(|_| {});
        let error = flow.consult(PRICE_LISTS.name, &[]).unwrap_err();
        assert!(error.contains("BASE, WHOLESALE, WHOLESALE-EUR"), "{error}");
    }

    #[test]
    fn a_first_meeting_fills_and_overwrites_but_erases_nothing() {
        let flow = flow(|_| {});
        let first = changes(&flow, company(&flow), None);
        let mut merged: Value = serde_json::from_str::<Value>(PRESENT).unwrap()["addresses"][0].clone();
        for name in ["id", "customer_id", "status", "created_at", "updated_at"] {
            merged.as_object_mut().unwrap().remove(name);
        }
        merged["city"] = json!("Tacoma");
        merged["attributes"] = json!([{ "name": "Dock", "value": "7" }]);
        let created: Value = serde_json::from_str(include_str!("../../fixtures/wizcommerce/customer-create.json")).unwrap();
        let patch = json!({
            "reference_id": "1542", "email": "ap@harborpine.example", "payment_term": "Net 30",
            "attributes": [{ "name": "Rank", "value": 7 }, { "name": "Territory", "value": "Pacific" }]
        });
        let lou = json!({ "reference_id": "1602", "first_name": "Lou", "email": "lou@harborpine.example" });
        let expected = [
            ("Patch /v1/customers/w-1", patch),
            ("Put /v1/customers/w-1/addresses/a-1", merged),
            ("Post /v1/customers/w-1/addresses", created["addresses"][1].clone()),
            ("Put /v1/customers/w-1/contacts/c-2", lou),
        ];
        assert_eq!(first, expected.map(|(request, body)| (request.to_owned(), body)));
        // The winner may be the other side: then only what is empty is filled.
        let flow = self::flow(|settings| settings.winner = Some(Side::WizCommerce));
        let first = changes(&flow, company(&flow), None);
        let expected = [
            ("Patch /v1/customers/w-1", json!({ "reference_id": "1542" })),
            ("Post /v1/customers/w-1/addresses", created["addresses"][1].clone()),
        ];
        assert_eq!(first, expected.map(|(request, body)| (request.to_owned(), body)));
    }

    #[test]
    fn what_netsuite_did_not_change_is_left_as_people_made_it() {
        let flow = flow(|_| {});
        let image = company(&flow).image();
        assert_eq!(changes(&flow, company(&flow), image.clone()), []);
        let mut now = company(&flow);
        now.body.fields.set("payment_term", "Net 60");
        now.body.fields.drop_all(&["email"]);
        now.body.fields.set("phone", &None::<String>);
        now.body.book.addresses[0].own.drop_all(&["address_line_2"]);
        now.parts = change::parts(&now.body);
        let sent = changes(&flow, now, image);
        assert_eq!(sent[0], ("Patch /v1/customers/w-1".to_owned(), json!({ "payment_term": "Net 60", "email": "" })));
        assert_eq!(sent[1].0, "Put /v1/customers/w-1/addresses/a-1");
        assert_eq!((sent[1].1.get("address_line_2"), &sent[1].1["city"]), (None, &json!("Seattle")));
        assert_eq!(sent.len(), 2);
    }

    #[test]
    fn the_default_rep_takes_no_customer_away_from_another() {
        let flow = flow(|_| {});
        let before = company(&flow).image();
        let mut now = company(&flow);
        now.body.fields.set("assigned_sales_rep_ids", &["rep-house"]);
        now.parts = change::parts(&now.body);
        let rep_sent = |now: &Desired<Body>, image: Option<String>| {
            let sent = changes(&flow, now.clone(), image);
            sent.iter().find_map(|(_, body)| body.get("assigned_sales_rep_ids").cloned())
        };
        assert_eq!(rep_sent(&now, None), Some(json!(["rep-house"])), "NetSuite names a rep");
        now.body.has_default_rep = true;
        assert_eq!(rep_sent(&now, None), None, "nobody is named, and a person chose somebody");
        assert_eq!(rep_sent(&now, before), Some(json!(["rep-house"])), "NetSuite took its own rep away");
    }

    #[test]
    fn phones_are_digits_behind_a_plus_or_nothing() {
        for (text, country, expected) in [
            ("(206) 555-0147", Some("US"), Some("+12065550147")),
            ("206.555.0147", Some("CA"), Some("+12065550147")),
            ("1-206-555-0147", Some("US"), Some("+12065550147")),
            ("206-555-0147 ext. 12", Some("US"), Some("+12065550147")),
            ("206-555-0147", Some("NL"), None),
            ("206-555-0147", None, None),
            ("+1 206 555 0147", None, Some("+12065550147")),
            ("+31 (0)20 555 0142", None, Some("+31205550142")),
            ("020 555 0142", Some("NL"), None),
            ("0031 20 555 0142", Some("NL"), None),
            ("206-555-0147 / 206-555-0148", Some("US"), Some("+12065550147")),
            ("206-555-0147 or 206-555-0148", Some("US"), None),
            ("+12", None, None),
            ("1-800-FLOWERS", Some("US"), None),
            ("ask Mia", Some("US"), None),
        ] {
            assert_eq!(phone_of(text, country).as_deref(), expected, "{text} {country:?}");
        }
    }
}
