//! Sales on their way to NetSuite: what orders and quotes have in common.
//!
//! A sale is created whole, with explicit rates, under an external id of its own. Once it is there its header is compared field by
//! field, and its lines as one: they are replaced only while nobody touched them in NetSuite and nothing came of them
//! (`correctness.md` R8). How a line, a charge or an address is written differs between the two systems, so each side is
//! remembered in its own words.

mod booked;
mod sale;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::value::RawValue;

use self::booked::{Booked, line_text};
use self::sale::{Address, Problem, Sale, date_of};
pub(in crate::entities) use self::sale::{Sort as ChargeSort, sort_of_charge};
use super::catalogs::Catalogs;
use super::documents::{Document, START_DATE};
use super::push::{Agreement, Excluded, Field, Guard, Identity, Key, Outgoing, Proposal, Push, Settled, Source};
use super::{Directory, Frame, Known, Reference, Rows, Table, cut};
use crate::http::Repeat;
use crate::model::{Direction, EntityKind, Exact, Fingerprint, Link, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::records::{Column, Row, Select};
use crate::netsuite::suiteql::{id_list, quote};
use crate::netsuite::{RecordCall, Refusal};
use crate::wizcommerce::records::{Members, PriceList};

const ADDRESSES: &str = "addresses";
const CUSTOMERS: &str = "customers";
const PRODUCTS: &str = "products";
const ITEMS: &str = "items";
const BUYERS: &str = "buyers";
const BOOK: &str = "address book";
const SHIP_TO: &str = "ship to";
const TERMS: &str = "terms";
const CURRENCIES: &str = "currencies";
/// What the lines of a sale that has ended are.
const ENDED: &str = "ended";
/// The price level of a price made by hand.
const CUSTOM: &str = "-1";
/// The longest memo NetSuite takes, in characters.
const MEMO_LIMIT: usize = 999;
/// The same of a line of a street.
const STREET_LIMIT: usize = 150;
/// The same of a name on an address.
const NAME_LIMIT: usize = 83;
/// The same of a town.
const TOWN_LIMIT: usize = 50;
/// SKUs that one query names.
const NAMES: usize = 200;
/// The field that method and price of shipping are.
const SHIPPING: &str = "shipping";
/// The field that the lines are.
const LINES: &str = "lines";
/// The field that the notes of the lines are.
const NOTES: &str = "line notes";
/// Item types that are no goods, whatever they are called.
const NO_GOODS: &str =
    "'ShipItem', 'TaxItem', 'TaxGroup', 'Discount', 'Markup', 'Subtotal', 'Description', 'Payment', 'EndGroup'";

/// What distinguishes orders from quotes.
pub struct Form {
    pub(super) entity: EntityKind,
    pub(super) document: Document,
    /// The REST record type.
    pub(super) record: &'static str,
    /// The condition for records of this kind.
    pub(super) is_it: &'static str,
    /// What external ids begin with (`correctness.md` R6).
    pub(super) prefix: &'static str,
    /// What people call it in WizCommerce.
    pub(super) noun: &'static str,
}

/// One of the two kinds of sale.
pub trait Kind {
    /// What distinguishes it.
    const FORM: Form;

    /// Where its records are.
    fn source(&self) -> Source;

    /// Says of a record what keeps it out, beside its date and where it came from.
    fn excludes(&self, record: &Members, link: Option<&Link>) -> Option<Excluded>;
}

/// What the profile says about sales that go to NetSuite.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The zone in which a moment is a date.
    pub zone: TimeZone,
    /// Sales made before stay out unless they are linked, `YYYY-MM-DD`.
    pub start_date: Option<String>,
    /// The status an order begins in; estimates have none.
    pub initial_status: Option<&'static str>,
    /// The item of discounts on the whole.
    pub discount_item: Option<String>,
    /// The item for SKUs that NetSuite does not know.
    pub adhoc_item: Option<String>,
    /// Items of other charges, by name.
    pub charge_items: BTreeMap<String, String>,
    /// Ship items, by the text of the method.
    pub ship_methods: BTreeMap<String, String>,
    /// The ship item for a text that is not listed.
    pub default_ship_method: Option<String>,
    /// Attributes and the fields they are sent into.
    pub attributes: BTreeMap<String, String>,
    /// Members that are sent as written on a create.
    pub create_fields: serde_json::Map<String, serde_json::Value>,
}

/// A flow of sales to NetSuite.
pub struct Sales<K> {
    kind: K,
    settings: Settings,
    /// Internal IDs of terms, by name in lower case.
    terms: HashMap<String, String>,
    /// ISO codes of currencies, by Internal ID.
    currencies: HashMap<String, String>,
    /// The currency of each price list, by id and by reference id.
    price_lists: HashMap<String, String>,
}

/// A sale as it should be in NetSuite.
#[derive(Debug, Clone)]
pub struct Body {
    /// What a create sends, the external id left out.
    create: Members,
    /// What each field of the header is written as.
    parts: BTreeMap<String, Members>,
    lines: Vec<BookedLine>,
    /// Keys of the lines to be closed; `None` when the sale goes on.
    close: Option<Vec<i64>>,
    /// What the customer lacks in NetSuite, as far as is known.
    lacks: Vec<&'static str>,
    customer: String,
    /// SKUs by Internal ID of the item.
    skus: BTreeMap<String, String>,
    is_there: bool,
}

/// A line as it is sent.
#[derive(Debug, Clone, Serialize)]
struct BookedLine {
    /// Its key, where it is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<i64>,
    item: Pointer,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<Exact>,
    price: Pointer,
    rate: Exact,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// A reference to another record.
#[derive(Debug, Clone, Serialize)]
struct Pointer {
    id: String,
}

impl Pointer {
    fn to(id: impl ToString) -> Self {
        Self { id: id.to_string() }
    }
}

/// A sublist as it is sent.
#[derive(Serialize)]
struct Sublist<T> {
    items: Vec<T>,
}

/// The key of a line and what is written of it.
#[derive(Serialize)]
struct LineChange<'a> {
    line: i64,
    #[serde(rename = "isClosed", skip_serializing_if = "Option::is_none")]
    closed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl<K: Kind> Sales<K> {
    const FORM: Form = K::FORM;

    /// Makes the flow for a profile.
    pub fn of(kind: K, settings: Settings) -> Self {
        Self { kind, settings, terms: HashMap::new(), currencies: HashMap::new(), price_lists: HashMap::new() }
    }

    fn headers(&self) -> Select {
        let mut select = Self::FORM
            .document
            .headers()
            .columns("t", &["otherrefnum", "terms"])
            .column(Column::new("TO_CHAR(t.shipdate, 'YYYY-MM-DD')", "shipdate"))
            .column(Column::new("TO_CHAR(t.duedate, 'YYYY-MM-DD')", "duedate"))
            .column(Column::optional("t.shipmethod", "shipmethod"));
        for field in self.settings.attributes.values() {
            let column = field.to_ascii_lowercase();
            select = select.column(Column::configured(format!("t.{column}"), column));
        }
        select
    }

    fn ship_to() -> Select {
        let from = "transaction t JOIN transactionshippingaddress a ON a.nkey = t.shippingaddress";
        Select::new(SHIP_TO, from, "t.id")
            .columns("a", &["addressee", "attention", "addr1", "addr2", "city", "state", "zip", "country"])
            .filter(Self::FORM.is_it)
    }

    fn read(&self, record: &Members) -> Result<Sale, Problem> {
        Sale::read(record, &self.settings.zone)
    }

    /// Finds the items of the batch: those of linked products by id, all others by name. A parent's name is before a child's.
    fn ask_items(sales: &[Sale], known: &Known) -> Vec<Select> {
        let skus: BTreeSet<&str> = sales.iter().flat_map(|sale| &sale.lines).map(|line| line.sku.as_str()).collect();
        let (linked, others): (Vec<&str>, Vec<&str>) = skus.into_iter().partition(|sku| known.key(PRODUCTS, sku).is_some());
        let select = |condition: String| {
            Select::new(ITEMS, "item i", "i.id")
                .columns("i", &["itemid", "isinactive", "matrixtype"])
                .filter(condition)
                .filter(format!("i.itemtype NOT IN ({NO_GOODS})"))
        };
        let mut ids: Vec<i64> = linked.iter().filter_map(|sku| known.key(PRODUCTS, sku)).map(|link| link.ns_id.0).collect();
        ids.sort_unstable();
        let by_id = ids.chunks(super::IN_LIST).map(|some| select(format!("i.id IN ({})", id_list(some))));
        let by_name = others.chunks(NAMES).map(|some| {
            let list = |names: &[String]| names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
            let whole: Vec<String> = some.iter().map(|sku| (*sku).to_owned()).collect();
            // No LIKE: the letters of a SKU may be wildcards.
            let mut ends: BTreeMap<usize, Vec<String>> = BTreeMap::new();
            for sku in some {
                let end = format!(" : {sku}");
                ends.entry(end.chars().count()).or_default().push(end);
            }
            let ends = ends.iter().map(|(length, ends)| format!(" OR SUBSTR(i.itemid, -{length}) IN ({})", list(ends)));
            select(format!("i.itemid IN ({}){}", list(&whole), ends.collect::<String>()))
        });
        by_id.chain(by_name).collect()
    }

    /// Finds the saved address that the sale goes to: only one of this customer that says the same.
    fn saved_address(&self, address: &Address, customer: NetSuiteId, rows: &Rows, known: &Known) -> Option<i64> {
        let id = address_id(address, known)?;
        let row =
            rows.of(BOOK).iter().find(|row| row.head().is_some_and(|head| head.0 == id) && row.id("entity") == Some(customer))?;
        let is_same = |ours: &Option<String>, name: &str| {
            let clean = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            clean(ours.as_deref().unwrap_or_default()) == clean(row.text(name).unwrap_or_default())
        };
        // The copy on a sale may have been changed there.
        let is_unchanged = is_same(&address.addr1, "addr1") && is_same(&address.city, "city") && is_same(&address.zip, "zip");
        (is_unchanged || !address.has_place()).then_some(id)
    }

    /// Maps a sale whose customer is known.
    fn propose(
        &self,
        sale: &Sale,
        id: &WizId,
        external_id: String,
        buyer: &Link,
        rows: &Rows,
        known: &Known,
    ) -> Result<Proposal<Body>, Problem> {
        let target = known.target(id);
        let booked = match target {
            Some(target) => {
                Booked::find(&Self::FORM, target.id, rows).map_err(|words| Problem::new(Reason::InvalidRecord, words))?
            }
            None => None,
        };
        if target.is_some() && booked.is_none() {
            return Err(Problem::new(Reason::Conflict, "it was deleted in NetSuite; it is not made again"));
        }
        let customer = buyer.ns_id;
        if booked.is_none() {
            self.check_currency(sale, customer, rows)?;
        }
        let is_cancelled = sale.status == "cancelled";
        let mut skus = BTreeMap::new();
        let agreed =
            known.wiz(self.kind(), &id.0).and_then(|link| link.pushed.as_ref()).and_then(|pushed| pushed.image.as_deref());
        let agreed = Agreement::of_pair(agreed);
        // What is not to be written need not be possible any more: an item may be gone, a setting changed.
        let is_settled = |name: &str, text: &str| booked.is_some() && is_as_agreed(&agreed, name, text);
        let mut blocked = Vec::new();
        let lines = match self.lines(sale, booked.as_ref(), rows, known, &mut skus) {
            Ok(lines) => Some(lines),
            Err(_) if is_cancelled => None,
            Err(problem) if is_settled(LINES, &sale.lines_text()) => {
                blocked.push((LINES, problem.message));
                None
            }
            Err(problem) => return Err(problem),
        };
        let mut parts = BTreeMap::new();
        let mut fields = Vec::new();
        // Each side is in its own words, so that another setting is no change of either. Nothing is an empty text: a side that
        // has none erases nothing on a first meeting.
        let mut add = |name: String, netsuite: String, wizcommerce: String, sent: Option<String>, members: Members| {
            let mut field = Field::new(name.clone(), Some(netsuite), Some(wizcommerce));
            field.is_alike |= sent.is_some() && sent == field.netsuite;
            fields.push(field);
            parts.insert(name, members);
        };
        let header = |name: &str| booked.as_ref().and_then(|booked| booked.header.text(name)).unwrap_or_default().to_owned();
        let po = sale.po.clone().unwrap_or_default();
        add("purchase order".into(), header("otherrefnum"), po, None, one("otherRefNum", &sale.po));
        let memo = self.memo(sale);
        add("memo".into(), header("memo"), memo.clone(), None, one("memo", &memo));
        let is_order = Self::FORM.entity == EntityKind::Orders;
        let (name, column, member, date) = if is_order {
            ("ship date", "shipdate", "shipDate", &sale.ship_date)
        } else {
            ("expiry date", "duedate", "dueDate", &sale.expires)
        };
        add(name.into(), header(column), date.clone().unwrap_or_default(), None, one(member, date));
        // A term that NetSuite does not know is not sent.
        let term = sale.term.as_ref().map(|term| self.terms.get(&term.to_lowercase()));
        let (sent, members) = match term {
            None => (None, one("terms", &None::<Pointer>)),
            Some(Some(term)) => (Some(term.clone()), one("terms", &Pointer::to(term))),
            Some(None) => (None, Members::default()),
        };
        add("terms".into(), header("terms"), sale.term.clone().unwrap_or_default(), sent, members);
        let text = format!("{} {}", sale.ship_method.as_deref().unwrap_or_default(), sale.charges.shipping);
        let (sent, members) = match self.shipping(sale) {
            Ok((sent, members)) => (Some(sent), members),
            Err(problem) if is_settled(SHIPPING, &text) => {
                blocked.push((SHIPPING, problem.message));
                (None, Members::default())
            }
            Err(problem) => return Err(problem),
        };
        let present = booked.as_ref().map(|booked| format!("{} {}", header("shipmethod"), booked.freight())).unwrap_or_default();
        add(SHIPPING.into(), present, text, sent, members);
        // Without an address, or without attributes shown, there is nothing to write, and nothing to forget.
        let address = sale.address.as_ref().filter(|address| !address.is_empty());
        let mut members = Members::default();
        if let Some(address) = address {
            match self.saved_address(address, customer, rows, known) {
                Some(saved) => members.set("shipAddressList", &Pointer::to(saved)),
                None => members.set("shippingAddress", &Sent::of(address)),
            }
        }
        let present = booked.as_ref().map(Booked::address_text).unwrap_or_default();
        add("shipping address".into(), present, address.map(Address::text).unwrap_or_default(), None, members);
        for (attribute, field) in &self.settings.attributes {
            let value = sale.attributes.as_ref().and_then(|shown| shown.get(attribute)).cloned();
            let members = if sale.attributes.is_some() { one(field, &value) } else { Members::default() };
            let present = header(&field.to_ascii_lowercase());
            add(format!("attribute {attribute}"), present, value.unwrap_or_default(), None, members);
        }
        if let Some(lock) = booked.as_ref().and_then(Booked::header_lock) {
            fields.iter_mut().for_each(|field| field.guard = Guard::Locked(lock.clone()));
        }
        let as_made = lines.as_deref().map(lines_text);
        match &booked {
            Some(booked) => {
                fields.extend(more_fields(sale, booked, customer, as_made.as_ref()));
                if is_cancelled && !agreed.is_known() && !booked.has_ended() {
                    call_off(booked, as_made.as_ref(), &mut fields)?;
                }
            }
            // What is sent now tells later what was edited since, should the answer be lost.
            None => {
                fields.push(Field::new(LINES, None, Some(sale.lines_text())));
                fields.push(Field::new(NOTES, None, Some(sale.line_notes())));
            }
        }
        for (name, why) in blocked {
            // Should it have to be written all the same.
            fields.iter_mut().filter(|field| field.name == name).for_each(|field| field.guard = Guard::Locked(why.clone()));
        }
        let mut lines = lines.unwrap_or_default();
        if let Some(booked) = &booked {
            give_keys(&mut lines, booked.keys());
        }
        Ok(Proposal {
            key: id.clone(),
            head: id.clone(),
            label: sale.number.clone(),
            external_id,
            owner: Some(customer),
            fields,
            children: Vec::new(),
            body: Body {
                create: self.create_body(sale, customer, &parts, &lines),
                parts,
                lines,
                close: is_cancelled.then(|| booked.as_ref().map(Booked::open_lines).unwrap_or_default()),
                lacks: lacks(customer, rows),
                customer: sale.customer.clone(),
                skus,
                is_there: booked.is_some(),
            },
        })
    }

    fn create_body(&self, sale: &Sale, customer: NetSuiteId, parts: &BTreeMap<String, Members>, lines: &[BookedLine]) -> Members {
        let mut body = Members::default();
        body.set("entity", &Pointer::to(customer));
        if let Some(date) = &sale.date {
            body.set("tranDate", date);
        }
        if let Some(status) = self.settings.initial_status {
            body.set("orderStatus", &Pointer::to(status));
        }
        for (name, value) in parts.values().flat_map(Members::iter).filter(|(_, value)| value.get() != "null") {
            body.set(name, value);
        }
        if body.get::<Box<RawValue>>("shipMethod").is_none() {
            body.drop_all(&["shippingCost"]);
        }
        body.set("item", &Sublist { items: lines.to_vec() });
        for (name, value) in &self.settings.create_fields {
            body.set(name, value);
        }
        body
    }

    fn check_currency(&self, sale: &Sale, customer: NetSuiteId, rows: &Rows) -> Result<(), Problem> {
        let sold_in = sale.price_list.as_ref().and_then(|list| self.price_lists.get(list));
        let buyer = rows.of(BUYERS).iter().find(|row| row.head() == Some(customer));
        let buys_in = buyer.and_then(|row| row.text("currency")).and_then(|currency| self.currencies.get(currency));
        match (sold_in, buys_in) {
            (Some(sold_in), Some(buys_in)) if sold_in != buys_in => {
                let noun = Self::FORM.noun;
                let message =
                    format!("the {noun} is priced in {sold_in}, but its customer {customer} buys in {buys_in} in NetSuite");
                Err(Problem::new(Reason::CurrencyMismatch, message))
            }
            _ => Ok(()),
        }
    }

    /// Writes the memo: what it is, and what people noted on it.
    fn memo(&self, sale: &Sale) -> String {
        let mut memo = format!("WizCommerce {} {}", Self::FORM.noun, sale.number);
        for (at, note) in sale.notes.iter().enumerate() {
            memo.push_str(if at == 0 { ": " } else { "; " });
            memo.push_str(note);
        }
        cut(&memo, MEMO_LIMIT)
    }

    /// Works out how it is shipped and what that costs. NetSuite books no freight without a method.
    fn shipping(&self, sale: &Sale) -> Result<(String, Members), Problem> {
        let settings = &self.settings;
        let listed = sale.ship_method.as_ref().and_then(|text| settings.ship_methods.get(text));
        let is_shipped = sale.ship_method.is_some() || sale.charges.shipping != Exact::ZERO;
        let method = listed.or(settings.default_ship_method.as_ref()).filter(|_| is_shipped);
        let cost = sale.charges.shipping;
        let mut members = Members::default();
        let Some(method) = method else {
            if cost == Exact::ZERO {
                members.set("shippingCost", &cost);
                return Ok((format!(" {cost}"), members));
            }
            let of = sale.ship_method.as_deref().map(|text| format!(" by {text}")).unwrap_or_default();
            let message = format!(
                "the shipping{of} costs {cost}, but no ship item is mapped to book it with: name one under \
                 `[profile.<name>.orders.ship-methods]`, or a `default`"
            );
            return Err(Problem::new(Reason::ChargeUnmapped, message));
        };
        members.set("shipMethod", &Pointer::to(method));
        members.set("shippingCost", &cost);
        Ok((format!("{method} {cost}"), members))
    }

    /// Works out the lines: goods, other charges, and the discount on the whole at the end.
    fn lines(
        &self,
        sale: &Sale,
        booked: Option<&Booked<'_>>,
        rows: &Rows,
        known: &Known,
        skus: &mut BTreeMap<String, String>,
    ) -> Result<Vec<BookedLine>, Problem> {
        let items = Items::of(rows, booked);
        let mut lines = Vec::new();
        let mut unknown = BTreeSet::new();
        for line in &sale.lines {
            let (item, description) = match items.find(&line.sku, known)? {
                Some(item) => (item.to_string(), line.note.clone()),
                None => match &self.settings.adhoc_item {
                    Some(item) => {
                        let note = line.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                        (item.clone(), Some(format!("{}{note}", line.sku)))
                    }
                    None => {
                        unknown.insert(line.sku.as_str());
                        continue;
                    }
                },
            };
            skus.insert(item.clone(), line.sku.clone());
            lines.push(BookedLine::new(item, Some(line.quantity), line.rate, description));
        }
        if !unknown.is_empty() {
            let names = unknown.into_iter().collect::<Vec<_>>().join(", ");
            return Err(Problem::new(Reason::SkuNotInNetsuite, format!("NetSuite has no active item of the SKU {names}")));
        }
        for (name, amount) in &sale.charges.others {
            let Some(item) = self.settings.charge_items.get(name) else {
                let message = format!("no NetSuite item is mapped for its charge {name} of {amount}");
                return Err(Problem::new(Reason::ChargeUnmapped, message));
            };
            lines.push(BookedLine::new(item.clone(), Some(Exact::from(1)), *amount, Some(name.clone())));
        }
        let discount = sale.charges.discount;
        if discount != Exact::ZERO {
            let Some(item) = &self.settings.discount_item else {
                let message = format!(
                    "its discount of {discount} on the whole has no NetSuite item: name one as `discount-item` under \
                     `[profile.<name>.orders]`"
                );
                return Err(Problem::new(Reason::ChargeUnmapped, message));
            };
            // It has no quantity: it is off the whole.
            lines.push(BookedLine::new(item.clone(), None, discount.negated().normalized(), None));
        }
        Ok(lines)
    }
}

/// Makes a record of one member.
fn one(name: &str, value: &impl Serialize) -> Members {
    let mut members = Members::default();
    members.set(name, value);
    members
}

/// An address as it is sent.
#[derive(Serialize)]
struct Sent {
    addressee: Option<String>,
    attention: Option<String>,
    addr1: Option<String>,
    addr2: Option<String>,
    city: Option<String>,
    state: Option<String>,
    zip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Pointer>,
    #[serde(rename = "addrPhone")]
    phone: Option<String>,
}

impl Sent {
    fn of(address: &Address) -> Self {
        let text = |text: &Option<String>, limit: usize| text.as_ref().map(|text| cut(text, limit));
        Self {
            addressee: text(&address.addressee, NAME_LIMIT),
            attention: text(&address.attention, NAME_LIMIT),
            addr1: text(&address.addr1, STREET_LIMIT),
            addr2: text(&address.addr2, STREET_LIMIT),
            city: text(&address.city, TOWN_LIMIT),
            state: address.state.clone(),
            zip: address.zip.clone(),
            country: address.country.as_ref().map(Pointer::to),
            phone: address.phone.clone(),
        }
    }
}

impl BookedLine {
    fn new(item: String, quantity: Option<Exact>, rate: Exact, description: Option<String>) -> Self {
        Self { line: None, item: Pointer { id: item }, quantity, price: Pointer::to(CUSTOM), rate, description }
    }

    fn text(&self) -> String {
        // What has no quantity is one of itself.
        line_text(&self.item.id, self.quantity.unwrap_or(Exact::from(1)), self.rate)
    }
}

/// Gives lines the keys of those that are there, so that they are changed in place: equal items pair by order of appearance.
fn give_keys(lines: &mut [BookedLine], mut present: Vec<(i64, NetSuiteId)>) {
    for line in lines {
        if let Some(at) = present.iter().position(|(_, item)| item.to_string() == line.item.id) {
            line.line = Some(present.remove(at).0);
        }
    }
}

/// Tells whether WizCommerce's side of a field is what was agreed on, or nobody knows what that was.
fn is_as_agreed(agreed: &Agreement, name: &str, text: &str) -> bool {
    let now = Fingerprint::of(text.as_bytes());
    agreed.of(name).is_none_or(|agreed| agreed.wizcommerce == Some(now.as_str()))
}

/// The fields that are compared only where both sides have the sale: its customer and its lines. `as_made` is what its lines
/// would be made as now.
fn more_fields(sale: &Sale, booked: &Booked<'_>, customer: NetSuiteId, as_made: Option<&String>) -> Vec<Field> {
    let of = |name: &str, netsuite: String, wizcommerce: String, guard: Guard| Field {
        guard,
        ..Field::new(name, Some(netsuite), Some(wizcommerce))
    };
    let entity = booked.header.text("entity").unwrap_or_default().to_owned();
    let moved = Guard::Locked("NetSuite moves no document to another customer".to_owned());
    let is_cancelled = sale.status == "cancelled";
    let wanted = if is_cancelled { ENDED.to_owned() } else { sale.lines_text() };
    let guard = booked.lines_lock().map_or(Guard::Contested, Guard::Locked);
    let mut lines = of(LINES, booked.lines_text(), wanted, guard);
    lines.is_alike |= !is_cancelled && as_made == lines.netsuite.as_ref();
    let mut fields = vec![of("customer", entity, customer.to_string(), moved), lines];
    if !is_cancelled {
        // NetSuite describes lines by itself: only what WizCommerce says of them counts.
        let guard = booked.header_lock().map_or(Guard::Open, Guard::Locked);
        fields.push(of(NOTES, String::new(), sale.line_notes(), guard));
    }
    fields
}

/// Writes lines as one text, as [`Booked::lines_text`] writes those that are there.
fn lines_text(lines: &[BookedLine]) -> String {
    lines.iter().map(BookedLine::text).collect::<Vec<_>>().join("\n")
}

/// Sees to it that a sale that was called off ends in NetSuite though nothing is known of what both sides agreed on: its create
/// was lost, or the state was. That is done only where its lines are still those that were made (`correctness.md` R8).
fn call_off(booked: &Booked<'_>, as_made: Option<&String>, fields: &mut [Field]) -> Result<(), Problem> {
    let why = match booked.lines_lock() {
        Some(lock) => lock,
        None if as_made != Some(&booked.lines_text()) => "its lines are others in NetSuite".to_owned(),
        None => {
            // As if NetSuite had nothing: WizCommerce's side is taken.
            fields.iter_mut().filter(|field| field.name == LINES).for_each(|field| field.netsuite = None);
            return Ok(());
        }
    };
    Err(Problem::new(Reason::Conflict, format!("it was cancelled in WizCommerce, but {why}")))
}

/// The items of a batch.
struct Items<'r> {
    by_sku: HashMap<&'r str, Vec<&'r Row>>,
    by_id: HashMap<i64, &'r Row>,
    /// Items that the document has lines of: those may be inactive by now.
    booked: BTreeSet<i64>,
}

impl<'r> Items<'r> {
    fn of(rows: &'r Rows, booked: Option<&Booked<'_>>) -> Self {
        let sellable = |row: &&Row| row.text("matrixtype") != Some("PARENT");
        let mut by_id: HashMap<i64, &Row> = HashMap::new();
        let mut by_sku: HashMap<&str, Vec<&Row>> = HashMap::new();
        for row in rows.of(ITEMS).iter().filter(sellable) {
            let Some(id) = row.head() else { continue };
            if by_id.insert(id.0, row).is_none() {
                by_sku.entry(super::products::sku_of(row.text("itemid").unwrap_or_default())).or_default().push(row);
            }
        }
        let booked = booked.map(|booked| booked.keys().into_iter().map(|(_, item)| item.0).collect()).unwrap_or_default();
        Self { by_sku, by_id, booked }
    }

    /// Finds the active item of a SKU: that of the linked product, else the one that is called so.
    fn find(&self, sku: &str, known: &Known) -> Result<Option<NetSuiteId>, Problem> {
        let usable = |row: &Row| !row.flag("isinactive") || row.head().is_some_and(|id| self.booked.contains(&id.0));
        if let Some(link) = known.key(PRODUCTS, sku) {
            return Ok(self.by_id.get(&link.ns_id.0).filter(|row| usable(row)).map(|_| link.ns_id));
        }
        let found: Vec<NetSuiteId> =
            self.by_sku.get(sku).into_iter().flatten().filter(|row| usable(row)).filter_map(|row| row.head()).collect();
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => {
                let ids = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let message = format!("{} active items in NetSuite have the SKU {sku}: {ids}", several.len());
                Err(Problem::new(Reason::DuplicateSku, message))
            }
        }
    }
}

/// Says what a customer lacks in NetSuite that a sale needs, as far as that can be seen.
fn lacks(customer: NetSuiteId, rows: &Rows) -> Vec<&'static str> {
    let Some(row) = rows.of(BUYERS).iter().find(|row| row.head() == Some(customer)) else { return Vec::new() };
    let needed = [("email", "an e-mail address"), ("terms", "a payment term"), ("defaultshippingaddress", "a shipping address")];
    let missing = needed.into_iter().filter(|(column, _)| row.text(column).is_none()).map(|(_, words)| words);
    let inactive = row.flag("isinactive").then_some("being active");
    inactive.into_iter().chain(missing).collect()
}

/// Gives the Internal ID that an address says it has in NetSuite: by its link, else by its reference.
fn address_id(address: &Address, known: &Known) -> Option<i64> {
    let linked = address.id.as_ref().and_then(|id| known.wiz(ADDRESSES, id)).map(|link| link.ns_id.0);
    linked.or_else(|| address.reference.as_ref()?.parse().ok())
}

impl<K: Kind> Frame for Sales<K> {
    fn entity(&self) -> EntityKind {
        Self::FORM.entity
    }

    fn direction(&self) -> Direction {
        Direction::Push
    }

    fn mapping(&self) -> String {
        // What is only sent with a create changes nothing of what is there.
        let settings = Settings { zone: TimeZone::UTC, create_fields: serde_json::Map::new(), ..self.settings.clone() };
        format!("{:?} {settings:?}", self.settings.zone.iana_name())
    }

    fn tables(&self) -> Vec<Table> {
        let terms = Select::new(TERMS, "term t", "t.id").columns("t", &["name"]).filter("t.isinactive = 'F'");
        vec![Catalogs::table(), Table { select: terms, keep: true, optional: true }]
    }

    fn learn(&mut self, table: &str, rows: &[Row]) -> Result<(), String> {
        for row in rows {
            let Some(id) = row.head() else { continue };
            if let (TERMS, Some(name)) = (table, row.text("name")) {
                self.terms.insert(name.to_lowercase(), id.to_string());
            }
            if let (CURRENCIES, Some(symbol)) = (table, row.text("symbol")) {
                self.currencies.insert(id.to_string(), symbol.to_owned());
            }
        }
        Ok(())
    }

    fn directories(&self) -> Vec<Directory> {
        vec![super::customers::PRICE_LISTS]
    }

    fn consult(&mut self, _directory: &str, entries: &[Box<RawValue>]) -> Result<(), String> {
        for list in entries.iter().filter_map(|raw| serde_json::from_str::<PriceList>(raw.get()).ok()) {
            let Some(currency) = list.currency else { continue };
            for key in list.reference_id.into_iter().chain([list.id]) {
                self.price_lists.insert(key, currency.clone());
            }
        }
        Ok(())
    }
}

impl<K: Kind> Push for Sales<K> {
    type Body = Body;

    fn source(&self) -> Source {
        self.kind.source()
    }

    fn identity(&self) -> Identity {
        let Form { record, is_it, .. } = Self::FORM;
        Identity { record, from: "transaction t", alias: "t", is_it, owner: Some("t.entity"), is_queried: true }
    }

    fn excludes(&self, record: &Members, link: Option<&Link>) -> Option<Excluded> {
        let is_ours = |link: &Link| link.external_id.as_ref().is_some_and(|id| id.starts_with(Self::FORM.prefix));
        if record.text("source").as_deref() == Some("netsuite") || link.is_some_and(|link| !is_ours(link)) {
            return Some(Excluded::Echo("netsuite_origin"));
        }
        let excluded = self.kind.excludes(record, link);
        if matches!(excluded, Some(Excluded::Skipped(_))) {
            return excluded;
        }
        let made = record.text("created_at").and_then(|text| date_of(&text, &self.settings.zone, false));
        // Dates in this form compare as text.
        let is_early = self.settings.start_date.as_ref().zip(made).is_some_and(|(start, made)| made < *start);
        if is_early && link.is_none() { Some(Excluded::Skipped(START_DATE)) } else { excluded }
    }

    fn keys(&self, record: &Members, _open: &[String]) -> Result<Vec<Key>, String> {
        let id = record.text("id").unwrap_or_default();
        let external_id = super::push::external_id(Self::FORM.prefix, &id)?;
        Ok(vec![Key { key: WizId(id), external_id }])
    }

    fn digest(&self, record: &Members) -> Fingerprint {
        match self.read(record) {
            Ok(sale) => sale.digest(),
            Err(problem) => Fingerprint::of(problem.message.as_bytes()),
        }
    }

    fn parents(&self, record: &Members) -> Vec<(EntityKind, WizId)> {
        let customer = record.text("customer_id").filter(|id| !id.is_empty());
        customer.into_iter().map(|id| (EntityKind::Customers, WizId(id))).collect()
    }

    fn references(&self, records: &[Members]) -> Vec<Reference> {
        let mut references = Vec::new();
        for sale in records.iter().filter_map(|record| self.read(record).ok()) {
            references.extend(sale.lines.iter().map(|line| Reference::Key(PRODUCTS, line.sku.clone())));
            references.extend(sale.address.and_then(|address| address.id).map(|id| Reference::Wiz(ADDRESSES, id)));
        }
        references
    }

    fn questions(&self, records: &[Members], known: &Known) -> Vec<Select> {
        let sales: Vec<Sale> = records.iter().filter_map(|record| self.read(record).ok()).collect();
        let mut questions = Self::ask_items(&sales, known);
        let customer = |sale: &Sale| known.wiz(CUSTOMERS, &sale.customer).map(|link| link.ns_id.0);
        let buyers: Vec<i64> = sales.iter().filter_map(customer).collect::<BTreeSet<i64>>().into_iter().collect();
        if !buyers.is_empty() {
            let mut select = Select::new(BUYERS, "customer c", "c.id")
                .columns("c", &["isinactive", "email", "terms", "defaultshippingaddress"])
                .filter(format!("c.id IN ({})", id_list(&buyers)));
            if !self.currencies.is_empty() {
                // Where there are no currencies, customers have none.
                select = select.columns("c", &["currency"]);
            }
            questions.push(select);
        }
        let saved: BTreeSet<i64> = sales.iter().filter_map(|sale| address_id(sale.address.as_ref()?, known)).collect();
        if !saved.is_empty() && !buyers.is_empty() {
            let from = "customeraddressbook b JOIN customeraddressbookentityaddress a ON a.nkey = b.addressbookaddress";
            let saved: Vec<i64> = saved.into_iter().collect();
            let select =
                Select::new(BOOK, from, "b.internalid").columns("b", &["entity"]).columns("a", &["addr1", "city", "zip"]);
            questions.push(
                select
                    .filter(format!("b.entity IN ({})", id_list(&buyers)))
                    .filter(format!("b.internalid IN ({})", id_list(&saved))),
            );
        }
        questions
    }

    fn details(&self) -> Vec<Select> {
        let lines = Self::FORM.document.lines().columns("l", &["isclosed", "quantityshiprecv", "quantitybilled"]);
        vec![self.headers(), lines, Self::ship_to()]
    }

    fn map(&self, record: &Members, rows: &Rows, known: &Known) -> Vec<Outgoing<Body>> {
        let id = WizId(record.text("id").unwrap_or_default());
        let label = record.text("display_id").unwrap_or_else(|| id.0.clone());
        let reject = |problem: Problem| {
            let message = format!("{label}: {}", problem.message);
            vec![Outgoing::rejected(&id, &label, problem.reason, message)]
        };
        let sale = match self.read(record) {
            Ok(sale) => sale,
            Err(problem) => return reject(problem),
        };
        if sale.status == "cancelled" && known.target(&id).is_none() {
            return vec![Outgoing::Skipped { key: id.0.clone(), label, reason: "status" }];
        }
        if sale.customer.is_empty() {
            return reject(Problem::new(Reason::CustomerNotLinked, "it has no customer"));
        }
        let Some(buyer) = known.wiz(CUSTOMERS, &sale.customer) else {
            let parent = EntityKind::Customers;
            return vec![Outgoing::follows(&id, &label, parent, &sale.customer, known, Reason::CustomerNotLinked)];
        };
        if sale.lines.is_empty() {
            return reject(Problem::new(Reason::InvalidRecord, "it has no lines"));
        }
        let external_id = match super::push::external_id(Self::FORM.prefix, &id.0) {
            Ok(external_id) => external_id,
            Err(words) => return reject(Problem::new(Reason::InvalidRecord, words)),
        };
        match self.propose(&sale, &id, external_id, buyer, rows, known) {
            Ok(proposal) => vec![Outgoing::Desired(Box::new(proposal))],
            Err(problem) => reject(problem),
        }
    }

    fn create(&self, proposal: &Proposal<Body>) -> RecordCall {
        super::push::creation(Self::FORM.record, &proposal.external_id, proposal.body.create.clone())
    }

    fn changes(&self, proposal: &Proposal<Body>, id: NetSuiteId, fields: &BTreeSet<String>) -> Vec<RecordCall> {
        let body = &proposal.body;
        let record = Self::FORM.record;
        let mut calls = Vec::new();
        let mut header = Members::default();
        for (name, value) in fields.iter().filter_map(|field| body.parts.get(field)).flat_map(Members::iter) {
            header.set(name, value);
        }
        if !header.is_empty() {
            calls.push(super::push::change(record, id, header));
        }
        let of_lines = |items: Vec<LineChange<'_>>| {
            let mut members = Members::default();
            members.set("item", &Sublist { items });
            super::push::change(record, id, members)
        };
        let keyed = || body.lines.iter().filter_map(|line| Some((line.line?, line.description.as_deref()?)));
        if fields.contains(LINES) {
            match &body.close {
                Some(open) if open.is_empty() => {}
                Some(open) => {
                    let closed = |line: &i64| LineChange { line: *line, closed: Some(true), description: None };
                    calls.push(of_lines(open.iter().map(closed).collect()));
                }
                None => {
                    let mut members = Members::default();
                    members.set("item", &Sublist { items: body.lines.clone() });
                    // Somebody may have changed the lines since: what became of it is looked at before it is sent again.
                    let call = super::push::change(record, id, members);
                    calls.push(RecordCall { path: format!("{}?replace=item", call.path), repeat: Repeat::Compared, ..call });
                }
            }
        } else if fields.contains(NOTES) {
            let described: Vec<LineChange<'_>> =
                keyed().map(|(line, text)| LineChange { line, closed: None, description: Some(text) }).collect();
            if !described.is_empty() {
                calls.push(of_lines(described));
            }
        }
        calls
    }

    fn settle(&self, record: &Members, id: NetSuiteId, rows: &Rows, _known: &Known) -> Settled {
        let mut settled = Settled::default();
        let booked = Booked::find(&Self::FORM, id, rows).ok().flatten();
        let (Some(booked), Ok(sale)) = (booked, self.read(record)) else { return settled };
        let half_a_cent = "0.005".parse().unwrap_or(Exact::ZERO);
        if let (Some(there), Some(here)) = (booked.net_total(), sale.total())
            && there.checked_sub(here).is_some_and(|difference| difference.magnitude() > half_a_cent)
        {
            settled.notes.push(format!(
                "{}: without tax NetSuite comes to {there}, WizCommerce to {here}: compare the two before it is billed",
                sale.number
            ));
        }
        settled
    }

    fn refused(&self, proposal: &Proposal<Body>, refusal: &Refusal) -> Rejection {
        let Proposal { head, label, body, .. } = proposal;
        let words = refusal.words();
        let invalid = refusal.invalid_value();
        if let Some((value, "item")) = invalid
            && let Some(sku) = body.skus.get(value)
        {
            let message = format!("{label}: NetSuite does not take the item {value} of the SKU {sku}: {words}");
            let hint = "make the item active and available to the customer's subsidiary in NetSuite; the record is tried again by itself";
            return Rejection::new(&head.0, label, Reason::SkuNotInNetsuite, message).hinting(hint);
        }
        if refusal.is_nonexistent() && body.is_there {
            let message = format!("{label}: it was deleted in NetSuite; it is not made again");
            return Rejection::new(&head.0, label, Reason::Conflict, message);
        }
        if refusal.is_nonexistent() || invalid.is_some_and(|(_, field)| field == "entity") {
            let customer = &body.customer;
            let fill = match body.lacks.join(", ") {
                none if none.is_empty() => "complete its profile".to_owned(),
                missing => format!("fill in what it lacks ({missing})"),
            };
            let message = format!("{label}: its customer {customer} is incomplete or not in NetSuite yet: {words}");
            return Rejection::new(&head.0, label, Reason::NonexistentId, message)
                .hinting(format!("{fill}, then run `netwiz push customer {customer}`"));
        }
        super::push::refused(head, label, refusal)
    }
}

#[cfg(test)]
mod tests;
