//! Orders, NetSuite to WizCommerce: orders made in NetSuite whole; of those made in WizCommerce only what NetSuite owns.
//!
//! WizCommerce replaces an order whole, so it is read right before it is changed, and every part that NetSuite did not change
//! is sent back as it came (`correctness.md` R18). Lines have no id there: equal SKUs pair by order of appearance.

pub mod push;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use super::adhoc::Wanted as StandIn;
use super::catalogs::Catalogs;
use super::documents::{Document, Line, Scope, Sort, TEXT_LIMIT, by_head, lines_of, midnight, missing, sum_of};
use super::sales::{ChargeSort, sort_of_charge};
use super::{
    Action, Child, Desired, Directory, Finder, Flow, Frame, Known, Lookup, Mapped, Planned, Reference, Rows, Table, Universe,
    Wanted, Write, cut, is_another,
};
use crate::http::{Method, Repeat};
use crate::model::{EntityKind, Exact, Fingerprint, Flag, Link, NetSuiteId, Reason, WizId, rfc3339};
use crate::netsuite::records::{Column, Row, Select};
use crate::wizcommerce::records::{Call, Members, PriceList};

const KIND: &str = "orders";
const CUSTOMERS: &str = "customers";
const PRODUCTS: &str = "products";
const ORDER: Document = Document { kind: "SalesOrd", names: ("orders", "order lines"), is_sale: true };
/// The beginning of external ids of orders that came from WizCommerce (`correctness.md` R6).
const PUSHED: &str = "wz_so_";
/// What orders made in NetSuite are marked with, so that nothing takes them for orders to be pushed.
const SOURCE: &str = "netsuite";

/// What the profile says about orders.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Subsidiaries and the first date.
    pub scope: Scope,
    /// Letters of the statuses in which an order made in NetSuite is brought.
    pub statuses: Vec<String>,
    /// Price levels and price lists: which currency a customer buys in.
    pub catalogs: Catalogs,
}

/// The orders flow.
pub struct Orders {
    settings: Settings,
    /// The currency of each price list, by its reference id.
    currencies: HashMap<String, String>,
}

/// An order as it should be.
#[derive(Debug, Clone)]
pub enum Body {
    /// It was made in NetSuite: everything but payment and what people add in WizCommerce is NetSuite's.
    Ours(Box<Order>),
    /// It was made in WizCommerce: only its progress is NetSuite's.
    Theirs {
        /// How far it is shipped.
        fulfillment_status: &'static str,
        /// Quantities by line.
        lines: Vec<Progress>,
        /// Whether it was cancelled before anything was shipped.
        cancelled: bool,
    },
    /// It was deleted in NetSuite.
    Gone,
}

/// How far one line is.
#[derive(Debug, Clone, Serialize)]
pub struct Progress {
    sku: String,
    shipped_quantity: Exact,
    invoiced_quantity: Exact,
    cancelled_quantity: Exact,
}

/// An order made in NetSuite, as it is sent.
#[derive(Debug, Clone, Serialize)]
pub struct Order {
    reference_id: String,
    display_id: String,
    customer_id: String,
    source: &'static str,
    fulfillment_status: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipment_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_term: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    po_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    internal_note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<Address>,
    amount: Exact,
    discount_value: Exact,
    tax_value: Exact,
    shipping_charge: Exact,
    line_items: Vec<OrderLine>,
    #[serde(skip)]
    cancelled: bool,
}

#[derive(Debug, Clone, Serialize)]
struct OrderLine {
    sku: String,
    quantity: Exact,
    unit_price: Exact,
    shipped_quantity: Exact,
    invoiced_quantity: Exact,
    cancelled_quantity: Exact,
    is_adhoc: bool,
}

/// The address on an order: a copy, not one of the customer's saved ones.
#[derive(Debug, Clone, Serialize)]
struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line_1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line_2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip_code: Option<String>,
}

/// Members of an order that are compared and replaced together.
const GROUPS: [(&str, &[&str]); 13] = [
    ("reference", &["reference_id"]),
    ("number", &["display_id"]),
    ("customer", &["customer_id"]),
    ("fulfillment", &["fulfillment_status"]),
    ("dates", &["created_at", "shipment_date"]),
    ("terms", &["payment_term"]),
    ("shipping method", &["shipping_method"]),
    ("purchase order", &["po_number"]),
    ("internal note", &["internal_note"]),
    ("customer note", &["customer_note"]),
    ("billing address", &["billing_address"]),
    ("shipping address", &["shipping_address"]),
    ("money", &["amount", "discount_value", "tax_value", "shipping_charge"]),
];
/// The part that the lines are.
const LINES: &str = "lines";
/// The part that the status is.
const STATUS: &str = "status";
/// Members of an answer that a request has no place for.
const ANSWER_ONLY: [&str; 9] = [
    "id",
    "status",
    "charges",
    "price_list_id",
    "payment_method",
    "customer_reference_id",
    "customer_name",
    "card",
    "updated_at",
];

/// What is known of an order that may be written.
struct Accepted<'k> {
    customer: Option<&'k Link>,
    list: Option<String>,
    /// The id in WizCommerce of an order that was made there.
    origin: Option<WizId>,
}

impl Orders {
    /// Makes the flow for a profile.
    pub fn new(settings: Settings) -> Self {
        Self { settings, currencies: HashMap::new() }
    }

    fn headers() -> Select {
        let mut select = ORDER.headers();
        select.from.push_str(" LEFT JOIN customer c ON c.id = t.entity");
        select
            .columns("t", &["otherrefnum"])
            .column(Column::optional("t.message", "message"))
            .column(Column::new("TO_CHAR(t.shipdate, 'YYYY-MM-DD')", "shipdate"))
            .column(Column::new("BUILTIN.DF(t.terms)", "terms"))
            .column(Column::optional("BUILTIN.DF(t.shipmethod)", "shipmethod"))
            .column(Column::optional("c.pricelevel", "pricelevel"))
            .column(Column::optional("c.currency", "customer_currency"))
    }

    fn lines() -> Select {
        ORDER.lines().columns("l", &["isclosed", "quantityshiprecv", "quantitybilled"])
    }

    /// The addresses on orders; which of the two it is goes by the table.
    fn addresses(name: &'static str, table: &str, column: &str) -> Select {
        let from = format!("transaction t JOIN {table} a ON a.nkey = t.{column}");
        Select::new(name, from, "t.id")
            .columns("a", &["addressee", "attention", "addr1", "addr2", "city", "state", "zip", "country"])
            .filter("t.type = 'SalesOrd'")
    }

    /// Decides whether an order may be written at all.
    fn accept<'k, B>(&self, header: &Row, known: &'k Known) -> Result<Accepted<'k>, Box<Mapped<B>>> {
        let id = header.head().unwrap_or(NetSuiteId(0));
        let label = header.text("tranid").unwrap_or_default();
        let child = Child::new(id, label);
        let link = known.id(KIND, id);
        let origin = origin_of(header);
        if origin.is_some() {
            // An order of WizCommerce is never left out: it is theirs already.
            return Ok(Accepted { customer: None, list: None, origin });
        }
        if link.is_none() {
            if let Some(reason) = self.settings.scope.excludes(header, known) {
                return Err(Box::new(child.skipped(reason)));
            }
            let status = header.text("status").unwrap_or_default();
            if !self.settings.statuses.iter().any(|wanted| wanted == status) {
                return Err(Box::new(child.skipped("status")));
            }
        }
        let Some(customer) = header.id("entity") else {
            return Err(Box::new(child.rejected(Reason::MissingMandatoryFields, "the order has no customer", None)));
        };
        let Some(customer_link) = known.id(CUSTOMERS, customer) else {
            return Err(Box::new(known.follow(&child, EntityKind::Customers, customer, Reason::CustomerNotLinked)));
        };
        let list = self.settings.catalogs.list_of_customer(header.text("pricelevel"), header.text("customer_currency"));
        let buys_in = list.and_then(|list| self.currencies.get(list));
        let sold_in = header.text("currency").and_then(|currency| self.settings.catalogs.symbol(currency));
        if let (Some(list), Some(buys_in), Some(sold_in)) = (list, buys_in, sold_in)
            && buys_in != sold_in
        {
            let message = format!("the order is in {sold_in}, but the customer's price list {list} is in {buys_in}");
            return Err(Box::new(child.rejected(Reason::CurrencyMismatch, message, None)));
        }
        Ok(Accepted { customer: Some(customer_link), list: list.map(str::to_owned), origin: None })
    }

    fn map_order(&self, header: &Row, rows: &Detail<'_>, known: &Known) -> Mapped<Body> {
        let id = header.head().unwrap_or(NetSuiteId(0));
        let label = header.text("tranid").map_or_else(|| id.to_string(), str::to_owned);
        let child = Child::new(id, &label);
        let accepted = match self.accept(header, known) {
            Ok(accepted) => accepted,
            Err(mapped) => return *mapped,
        };
        let lines = match lines_of(rows.lines.get(&id.0).map_or(&[][..], Vec::as_slice), ORDER) {
            Ok(lines) => lines,
            Err(message) => return child.rejected(Reason::InvalidRecord, message, None),
        };
        let order = match self.order(header, &lines, rows, &accepted, known) {
            Ok(order) => order,
            Err(Problem::Invalid(message)) => return child.rejected(Reason::InvalidRecord, message, None),
            Err(Problem::Unknown(sku)) => {
                let message = format!("the item {sku} is not in WizCommerce and could not be made there");
                return child.rejected(Reason::SkuNotInWizcommerce, message, None);
            }
        };
        let external_id = accepted.origin.as_ref().and_then(|_| header.text("externalid")).map(str::to_owned);
        let target = accepted.origin.clone();
        let (parts, body) = if target.is_some() {
            let progress: Vec<Progress> = order.line_items.iter().map(Progress::of).collect();
            let text = |value: &str| Fingerprint::of(value.as_bytes());
            let parts = vec![
                ("fulfillment".to_owned(), text(order.fulfillment_status)),
                (LINES.to_owned(), text(&serde_json::to_string(&progress).unwrap_or_default())),
                (STATUS.to_owned(), text(if order.cancelled { "cancelled" } else { "open" })),
            ];
            let (fulfillment_status, cancelled) = (order.fulfillment_status, order.cancelled);
            (parts, Body::Theirs { fulfillment_status, lines: progress, cancelled })
        } else {
            (order.parts(), Body::Ours(Box::new(order)))
        };
        Mapped::Desired(Box::new(Desired { external_id, target, ..Desired::new(id, &label, parts, body) }))
    }

    fn order(
        &self,
        header: &Row,
        lines: &[Line<'_>],
        rows: &Detail<'_>,
        accepted: &Accepted<'_>,
        known: &Known,
    ) -> Result<Order, Problem> {
        let id = header.head().unwrap_or(NetSuiteId(0));
        let status = header.text("status").unwrap_or_default();
        let ended = matches!(status, "C" | "H");
        let mut line_items = Vec::new();
        for line in lines.iter().filter(|line| line.sort == Sort::Item) {
            let product = line.item().and_then(|item| known.id(PRODUCTS, item));
            let namesake = known.key(PRODUCTS, line.sku());
            let sku = product.and_then(|product| product.natural_key.as_deref()).unwrap_or_else(|| line.sku());
            if accepted.origin.is_none() && product.or(namesake).is_none() {
                return Err(Problem::Unknown(sku.to_owned()));
            }
            let (shipped, billed) = (line.number("quantityshiprecv")?.magnitude(), line.number("quantitybilled")?.magnitude());
            let rest = line.quantity.checked_sub(shipped).unwrap_or(Exact::ZERO).at_least_zero();
            line_items.push(OrderLine {
                sku: sku.to_owned(),
                quantity: line.quantity,
                unit_price: line.price,
                shipped_quantity: shipped,
                invoiced_quantity: billed,
                cancelled_quantity: if ended || line.row.flag("isclosed") { rest.normalized() } else { Exact::ZERO },
                is_adhoc: product.is_some_and(|product| product.has(Flag::AdHoc)),
            });
        }
        let shipped = line_items.iter().any(|line| line.shipped_quantity > Exact::ZERO);
        let all_shipped = shipped && line_items.iter().all(|line| line.shipped_quantity >= line.quantity);
        let date = header.text("trandate").unwrap_or_default();
        let text = |name: &str| header.text(name).map(|text| cut(text, TEXT_LIMIT));
        let address = |of: &HashMap<i64, Vec<&Row>>| of.get(&id.0).and_then(|rows| rows.first()).map(|row| Address::read(row));
        Ok(Order {
            reference_id: id.to_string(),
            display_id: text("tranid").unwrap_or_else(|| id.to_string()),
            customer_id: accepted.customer.map(customer_reference).unwrap_or_default(),
            source: SOURCE,
            fulfillment_status: fulfillment(status, shipped, all_shipped),
            created_at: midnight(date),
            // Only a later date is taken.
            shipment_date: header.text("shipdate").filter(|shipdate| *shipdate > date).map(midnight),
            payment_term: text("terms"),
            shipping_method: text("shipmethod"),
            po_number: text("otherrefnum"),
            internal_note: text("memo"),
            customer_note: text("message"),
            billing_address: address(&rows.bill_to),
            shipping_address: address(&rows.ship_to),
            amount: sum_of(lines, Sort::Item)?,
            discount_value: sum_of(lines, Sort::Discount)?.negated().normalized(),
            tax_value: sum_of(lines, Sort::Tax)?,
            shipping_charge: sum_of(lines, Sort::Shipping)?,
            line_items,
            cancelled: ended && !shipped,
        })
    }
}

/// Why an order cannot be put together.
enum Problem {
    Invalid(String),
    Unknown(String),
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self::Invalid(message)
    }
}

/// The rows of a batch, by order.
struct Detail<'r> {
    lines: HashMap<i64, Vec<&'r Row>>,
    ship_to: HashMap<i64, Vec<&'r Row>>,
    bill_to: HashMap<i64, Vec<&'r Row>>,
}

impl<'r> Detail<'r> {
    fn of(rows: &'r Rows) -> Self {
        Self { lines: by_head(rows, "order lines"), ship_to: by_head(rows, "ship to"), bill_to: by_head(rows, "bill to") }
    }
}

impl Progress {
    /// Gives the members of a line that say how far it is.
    const fn quantities(&self) -> [(&'static str, Exact); 3] {
        [
            ("shipped_quantity", self.shipped_quantity),
            ("invoiced_quantity", self.invoiced_quantity),
            ("cancelled_quantity", self.cancelled_quantity),
        ]
    }

    fn of(line: &OrderLine) -> Self {
        Self {
            sku: line.sku.clone(),
            shipped_quantity: line.shipped_quantity,
            invoiced_quantity: line.invoiced_quantity,
            cancelled_quantity: line.cancelled_quantity,
        }
    }
}

impl Address {
    fn read(row: &Row) -> Self {
        let text = |name: &str| row.text(name).map(str::to_owned);
        Self {
            first_name: text("addressee"),
            last_name: text("attention"),
            address_line_1: text("addr1"),
            address_line_2: text("addr2"),
            city: text("city"),
            state: text("state"),
            country: text("country"),
            zip_code: text("zip"),
        }
    }
}

impl Order {
    fn members(&self) -> Members {
        serde_json::value::to_raw_value(self).map(|raw| Members::of(&raw)).unwrap_or_default()
    }

    fn parts(&self) -> Vec<(String, Fingerprint)> {
        let members = self.members();
        let digest = |names: &[&str]| {
            let texts: Vec<String> = names
                .iter()
                .map(|name| members.get::<Box<RawValue>>(name).map_or_else(String::new, |raw| raw.to_string()))
                .collect();
            Fingerprint::of(texts.join("\n").as_bytes())
        };
        let mut parts: Vec<(String, Fingerprint)> =
            GROUPS.iter().map(|(name, members)| ((*name).to_owned(), digest(members))).collect();
        parts.push((LINES.to_owned(), digest(&["line_items"])));
        parts.push((STATUS.to_owned(), Fingerprint::of(if self.cancelled { b"cancelled" } else { b"open" })));
        parts
    }

    /// The body of the create. Payment is WizCommerce's: it starts with nothing paid.
    fn create(&self, at: Timestamp) -> String {
        let mut members = self.members();
        members.set("payment_status", "PENDING");
        members.set("amount_paid", &Exact::ZERO);
        members.set("status", "confirmed");
        members.set("updated_at", &updated_at(&self.created_at, None, at));
        members.json()
    }
}

/// Gives the id in WizCommerce of an order that was made there. An external id is free text in NetSuite, so what could not be
/// such an id (`correctness.md` R6) names none, and never gets into a path.
fn origin_of(header: &Row) -> Option<WizId> {
    let id = header.text("externalid")?.strip_prefix(PUSHED)?;
    let fits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    fits.then(|| WizId(id.to_owned()))
}

/// The form in which an order names its customer. Which form WizCommerce takes is not documented beyond its type, so it is
/// decided here and nowhere else.
fn customer_reference(customer: &Link) -> String {
    customer.wc_id.0.clone()
}

/// Names how far an order is shipped, by the letter of its status; the letters of an ended order leave that to its lines.
fn fulfillment(status: &str, shipped: bool, all_shipped: bool) -> &'static str {
    match status {
        "D" | "E" => "PARTIALLY_FULFILLED",
        "F" | "G" => "FULFILLED",
        "C" | "H" if all_shipped => "FULFILLED",
        "C" | "H" if shipped => "PARTIALLY_FULFILLED",
        _ => "UNFULFILLED",
    }
}

/// Gives the moment of a change: now, but after the creation, and never before what stands there.
fn updated_at(created_at: &str, present: Option<String>, at: Timestamp) -> String {
    let after = |text: &str| text.parse::<Timestamp>().ok()?.checked_add(SignedDuration::from_secs(1)).ok();
    let present = present.and_then(|text| text.parse().ok());
    let latest = after(created_at).into_iter().chain(present).fold(at, Timestamp::max);
    rfc3339(latest)
}

/// Turns the charges of an answer back into members of a request. How they are named there is documented for none of them,
/// so it is decided here and nowhere else.
fn take_charges(request: &mut Members, charges: Vec<Members>) {
    let mut sums: BTreeMap<&str, Exact> = BTreeMap::new();
    let mut others = Vec::new();
    for charge in charges {
        let member = sort_of_charge(&charge).map(|sort| match sort {
            ChargeSort::Discount => "discount_value",
            ChargeSort::Tax => "tax_value",
            ChargeSort::Shipping => "shipping_charge",
        });
        let is_money = charge.text("value_type").is_none_or(|kind| kind == "value");
        match (member, charge.get::<Exact>("amount")) {
            (Some(member), Some(amount)) if is_money => {
                let sum = sums.entry(member).or_insert(Exact::ZERO);
                *sum = sum.checked_add(amount).unwrap_or(*sum);
            }
            _ => others.push(charge),
        }
    }
    for (member, sum) in sums {
        request.set(member, &sum);
    }
    if !others.is_empty() {
        request.set("additional_charges", &others);
    }
}

/// Pairs lines with those that are there, equal SKUs by order of appearance; gives for each line the one that is there.
fn pair<'s>(skus: impl Iterator<Item = &'s str>, present: &[Members]) -> Vec<Option<usize>> {
    let mut taken = BTreeSet::new();
    skus.map(|sku| {
        let found = (0..present.len()).find(|at| !taken.contains(at) && present[*at].text("sku").as_deref() == Some(sku))?;
        taken.insert(found);
        Some(found)
    })
    .collect()
}

/// Makes the body of a change out of the order as it is there: what NetSuite changed replaces what stands there, the rest
/// goes back as it came. `None` when nothing changed.
fn replacement(record: &Planned<Body>, present: &Members) -> Option<String> {
    let differs = |part: &str| {
        record.desired.parts.iter().find(|(name, _)| name == part).is_some_and(|(name, now)| record.differs(name, now))
    };
    let there = present.list("line_items");
    let mut lines: Vec<Members> = there.clone();
    let mut request = present.clone();
    request.drop_all(&ANSWER_ONLY);
    request.drop_nulls();
    take_charges(&mut request, present.list("charges"));
    let mut changed = false;
    match &record.desired.body {
        Body::Ours(order) => {
            let ours = order.members();
            for (_, members) in GROUPS.iter().filter(|(part, _)| differs(part)) {
                // What was never written here and is empty there erases nothing that a person filled in.
                if record.image.is_none() && members.iter().all(|name| ours.get::<Box<RawValue>>(name).is_none()) {
                    continue;
                }
                changed = true;
                request.drop_all(members);
                for name in *members {
                    if let Some(value) = ours.get::<Box<RawValue>>(name) {
                        request.set(name, &value);
                    }
                }
            }
            if differs(LINES) {
                changed = true;
                let pairs = pair(order.line_items.iter().map(|line| line.sku.as_str()), &there);
                lines = order.line_items.iter().zip(pairs).map(|(line, at)| line.over(at.map(|at| &there[at]))).collect();
            }
        }
        // A PUT takes away what an answer does not show (consent, attributes), so it is only made where it says something new.
        Body::Theirs { fulfillment_status, lines: progress, .. } => {
            if differs("fulfillment") && present.text("fulfillment_status").as_deref() != Some(*fulfillment_status) {
                changed = true;
                request.set("fulfillment_status", fulfillment_status);
            }
            if differs(LINES) {
                let pairs = pair(progress.iter().map(|line| line.sku.as_str()), &there);
                let pairs: Vec<_> = progress.iter().zip(pairs).filter_map(|(line, at)| Some((line, at?))).collect();
                let is_there = |at: usize, member: &str, quantity: Exact| {
                    there[at].get::<Exact>(member).unwrap_or(Exact::ZERO).normalized() == quantity.normalized()
                };
                if pairs.iter().any(|(line, at)| line.quantities().iter().any(|(member, n)| !is_there(*at, member, *n))) {
                    changed = true;
                    for (line, at) in pairs {
                        for (member, quantity) in line.quantities() {
                            lines[at].set(member, &quantity);
                        }
                    }
                }
            }
        }
        Body::Gone => {}
    }
    if !changed {
        return None;
    }
    for line in &mut lines {
        line.drop_all(&["product_id", "id"]);
        line.drop_nulls();
    }
    request.set("line_items", &lines);
    let created_at = request.text("created_at").unwrap_or_default();
    request.set("updated_at", &updated_at(&created_at, present.text("updated_at"), record.at));
    Some(request.json())
}

impl OrderLine {
    /// Puts the line over the one that is there, whose other members stay.
    fn over(&self, present: Option<&Members>) -> Members {
        let mut line = present.cloned().unwrap_or_default();
        if let Ok(own) = serde_json::to_value(self) {
            for name in own.as_object().into_iter().flatten().map(|(name, _)| name) {
                line.drop_all(&[name]);
            }
        }
        line.set("sku", &self.sku);
        line.set("quantity", &self.quantity);
        line.set("unit_price", &self.unit_price);
        line.set("shipped_quantity", &self.shipped_quantity);
        line.set("invoiced_quantity", &self.invoiced_quantity);
        line.set("cancelled_quantity", &self.cancelled_quantity);
        line.set("is_adhoc", &self.is_adhoc);
        line
    }
}

impl Frame for Orders {
    fn entity(&self) -> EntityKind {
        EntityKind::Orders
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
        vec![super::customers::PRICE_LISTS]
    }

    fn consult(&mut self, _directory: &str, entries: &[Box<RawValue>]) -> Result<(), String> {
        let lists = entries.iter().filter_map(|raw| serde_json::from_str::<PriceList>(raw.get()).ok());
        self.currencies = lists.filter_map(|list| Some((list.reference_id?, list.currency?))).collect();
        Ok(())
    }
}

impl Flow for Orders {
    type Body = Body;

    fn universe(&self) -> Universe {
        Universe::Source(ORDER.universe())
    }

    fn finders(&self) -> Vec<Finder> {
        // A fulfilment or an invoice moves its order's quantities without the order being saved.
        let results = "transactionline l JOIN transaction f ON f.id = l.transaction AND f.type IN ('ItemShip', 'CustInvc') \
                       JOIN transaction t ON t.id = l.createdfrom AND t.type = 'SalesOrd'";
        let mut finders = ORDER.finders();
        finders.push(ORDER.linked("previousdoc", &[]));
        finders.push(Finder::Stamped {
            select: Select::new("orders of changed documents", results, "l.createdfrom").grouped(),
            stamp: "f.lastmodifieddate".into(),
        });
        finders.push(Finder::NewlyLinked(EntityKind::Customers));
        finders
    }

    fn hanging_off(&self, parent: EntityKind) -> Vec<(Select, String)> {
        match parent {
            EntityKind::Customers => vec![(ORDER.universe(), "t.entity".into())],
            _ => Vec::new(),
        }
    }

    fn followers(&self) -> &'static [EntityKind] {
        &[EntityKind::Shipments, EntityKind::Invoices, EntityKind::CreditMemos]
    }

    fn locate(&self, wanted: &Wanted) -> Option<Select> {
        Some(ORDER.locate(wanted))
    }

    fn record_types(&self) -> &'static [&'static str] {
        &["salesOrder"]
    }

    fn deleted(&self, link: &Link) -> Option<Mapped<Body>> {
        let label = link.natural_key.clone().unwrap_or_else(|| link.ns_id.to_string());
        let parts = vec![(STATUS.to_owned(), Fingerprint::of(b"deleted"))];
        Some(Mapped::Desired(Box::new(Desired {
            flags: vec![Flag::Tombstone],
            external_id: link.external_id.clone(),
            ..Desired::new(link.ns_id, &label, parts, Body::Gone)
        })))
    }

    fn details(&self) -> Vec<Select> {
        vec![
            Self::headers(),
            Self::lines(),
            Self::addresses("ship to", "transactionshippingaddress", "shippingaddress"),
            Self::addresses("bill to", "transactionbillingaddress", "billingaddress"),
        ]
    }

    fn references(&self, rows: &Rows) -> Vec<Reference> {
        let mut references = Vec::new();
        for row in rows.of("orders") {
            references.extend(row.head().map(|id| Reference::Id(KIND, id.0)));
            references.extend(row.id("entity").map(|id| Reference::Id(CUSTOMERS, id.0)));
        }
        for row in rows.of("order lines") {
            references.extend(row.id("item").map(|id| Reference::Id(PRODUCTS, id.0)));
            references.extend(row.text("itemid").map(|name| Reference::Key(PRODUCTS, super::products::sku_of(name).to_owned())));
        }
        references
    }

    fn missing_parents(&self, rows: &Rows, known: &Known) -> BTreeMap<EntityKind, BTreeSet<i64>> {
        let is_ours = |row: &&Row| origin_of(row).is_none();
        // An order that stays out brings nobody.
        let stays_out = |row: &Row| {
            let is_new = row.head().is_none_or(|id| known.id(KIND, id).is_none());
            let status = row.text("status").unwrap_or_default();
            is_new
                && (self.settings.scope.excludes(row, known).is_some()
                    || !self.settings.statuses.iter().any(|wanted| wanted == status))
        };
        let wanted: Vec<&Row> = rows.of("orders").iter().filter(is_ours).filter(|row| !stays_out(row)).collect();
        let customers: BTreeSet<NetSuiteId> = wanted.iter().filter_map(|row| row.id("entity")).collect();
        let mut parents = missing(EntityKind::Customers, &customers, known);
        let orders: BTreeSet<Option<NetSuiteId>> = wanted.iter().map(|row| row.head()).collect();
        let lines = by_head(rows, "order lines");
        let mut items = BTreeSet::new();
        for order in orders.into_iter().flatten() {
            for line in lines_of(lines.get(&order.0).map_or(&[][..], Vec::as_slice), ORDER).unwrap_or_default() {
                let is_known = known.key(PRODUCTS, line.sku()).is_some();
                items.extend(line.item().filter(|_| line.sort == Sort::Item && !is_known));
            }
        }
        parents.extend(missing(EntityKind::Products, &items, known));
        parents
    }

    fn stand_ins(&self, rows: &Rows, known: &Known) -> Vec<StandIn> {
        let lines = by_head(rows, "order lines");
        let mut wanted = Vec::new();
        for header in rows.of("orders") {
            let Ok(Accepted { list: Some(list), origin: None, .. }) = self.accept::<Body>(header, known) else { continue };
            let of_order = header.head().and_then(|id| lines.get(&id.0)).map_or(&[][..], Vec::as_slice);
            for line in lines_of(of_order, ORDER).unwrap_or_default() {
                let Some(item) = line.item().filter(|_| line.sort == Sort::Item) else { continue };
                if known.id(PRODUCTS, item).is_none() && known.key(PRODUCTS, line.sku()).is_none() {
                    wanted.push(StandIn { item, price: line.price, list: list.clone() });
                }
            }
        }
        wanted
    }

    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Body>> {
        let detail = Detail::of(rows);
        rows.of("orders").iter().map(|header| self.map_order(header, &detail, known)).collect()
    }

    fn lookup(&self) -> Option<Lookup> {
        const STATES: &[&[(&str, &str)]] =
            &[&[("order_status", "draft")], &[("order_status", "confirmed")], &[("order_status", "cancelled")]];
        Some(Lookup::by_reference("/v2/orders", STATES))
    }

    fn detail(&self, wc_id: &WizId) -> Option<String> {
        // The newer form shows members that the older would hide, and so lose.
        Some(format!("/v2/orders/{wc_id}"))
    }

    fn unreadable(&self, wc_id: &WizId, present: &Members) -> Option<String> {
        // The lines are replaced whole: an order that shows none would lose them.
        let lines = present.list("line_items");
        let shows_lines = !lines.is_empty() && lines.iter().all(|line| line.text("sku").is_some());
        is_another(wc_id, present).or_else(|| (!shows_lines).then(|| "it shows no lines that can be read".to_owned()))
    }

    fn is_unfinished(&self, created: &Desired<Body>) -> bool {
        matches!(&created.body, Body::Ours(order) if order.cancelled)
    }

    fn writes(&self, planned: &[Planned<Body>]) -> Vec<Write> {
        let Some(record) = planned.first() else { return Vec::new() };
        let wc_id = match (&record.action, &record.desired.body) {
            (Action::Create, Body::Ours(order)) => return vec![Write::create("/v2/orders", order.create(record.at), 0)],
            (Action::Update(wc_id) | Action::Adopt(wc_id), _) => wc_id,
            _ => return Vec::new(),
        };
        let Some(present) = record.present.as_deref().map(Members::of) else { return Vec::new() };
        let mut writes = Vec::new();
        if let Some(body) = replacement(record, &present) {
            // Not repeated blindly: after a lost answer the order is read again, since somebody may have changed it.
            let call = Call { method: Method::Put, path: format!("/v2/orders/{wc_id}"), body, repeat: Repeat::Compared };
            writes.push(Write { call, covers: vec![0], creates: false, again: false });
        }
        let cancelled = match &record.desired.body {
            Body::Ours(order) => order.cancelled,
            Body::Theirs { cancelled, .. } => *cancelled,
            Body::Gone => true,
        };
        if cancelled && present.text("status").as_deref() != Some("cancelled") {
            let path = format!("/v2/orders/{wc_id}/status");
            writes.push(Write::change(Method::Patch, path, r#"{"status":"cancelled"}"#.to_owned()));
        }
        writes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::records::Page;

    fn row(members: &str) -> Row {
        let text = format!(r#"{{"items":[{{{members}}}],"totalResults":1,"hasMore":false}}"#);
        serde_json::from_str::<Page>(&text).unwrap().rows.remove(0)
    }

    fn members(json: &str) -> Members {
        Members::of(&RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn the_letter_says_how_far_an_order_is_shipped() {
        let words = ["A", "B", "C", "D", "E", "F", "G", "H"].map(|letter| fulfillment(letter, false, false));
        let (none, part, whole) = ("UNFULFILLED", "PARTIALLY_FULFILLED", "FULFILLED");
        assert_eq!(words, [none, none, none, part, part, whole, whole, none]);
        assert_eq!((fulfillment("H", true, false), fulfillment("C", true, false)), (part, part));
        assert_eq!((fulfillment("H", true, true), fulfillment("B", true, true)), ("FULFILLED", "UNFULFILLED"));
    }

    #[test]
    fn a_change_is_dated_after_the_creation_and_never_before_what_stands_there() {
        let at = "2026-03-02T18:00:00Z".parse().unwrap();
        assert_eq!(updated_at("2026-03-02T00:00:00Z", None, at), "2026-03-02T18:00:00Z");
        assert_eq!(updated_at("2026-03-03T00:00:00Z", None, at), "2026-03-03T00:00:01Z");
        assert_eq!(updated_at("2026-03-02T00:00:00Z", Some("2026-03-04T00:00:00Z".into()), at), "2026-03-04T00:00:00Z");
    }

    #[test]
    fn charges_become_request_fields_by_their_type_and_no_amount_is_lost() {
        let mut request = members("{}");
        let charges = [
            r#"{"name":"Spring","type":"discount","value_type":"value","amount":5.10}"#,
            r#"{"name":"Loyalty","type":"order_discount","value_type":"value","amount":0.20}"#,
            r#"{"name":"Tax","value_type":"value","amount":44.1}"#,
            r#"{"name":"Carrier","type":"shipping_charge","amount":18.50}"#,
            r#"{"name":"Shipping insurance","type":"insurance","value_type":"value","amount":3}"#,
            r#"{"name":"Shipping insurance","amount":2}"#,
            r#"{"name":"Member","type":"discount","value_type":"percentage","amount":10}"#,
        ];
        take_charges(&mut request, charges.into_iter().map(members).collect());
        let number = |name: &str| request.get::<Exact>(name).unwrap().normalized().to_string();
        assert_eq!([number("discount_value"), number("tax_value"), number("shipping_charge")], ["5.3", "44.1", "18.5"]);
        let others: Vec<Option<String>> = request.list("additional_charges").iter().map(|charge| charge.text("name")).collect();
        assert_eq!(others, [Some("Shipping insurance".into()), Some("Shipping insurance".into()), Some("Member".into())]);
    }

    #[test]
    fn equal_skus_pair_by_order_of_appearance() {
        let present: Vec<Members> =
            ["LAMP", "BULB", "LAMP"].iter().map(|sku| members(&format!(r#"{{"sku":"{sku}"}}"#))).collect();
        let paired = pair(["LAMP", "LAMP", "LAMP", "KIT", "BULB"].into_iter(), &present);
        assert_eq!(paired, [Some(0), Some(2), None, None, Some(1)]);
    }

    #[test]
    fn only_what_can_be_an_id_names_an_order_of_wizcommerce() {
        let origin = |external: &str| origin_of(&row(&format!(r#""head":"1","externalid":"{external}""#))).map(|id| id.0);
        assert_eq!(origin("wz_so_0a1b-2c"), Some("0a1b-2c".into()));
        for foreign in ["shop-7", "wz_so_", "wz_so_../customers/7", "wz_so_a?x=1", "wz_es_7"] {
            assert_eq!(origin(foreign), None, "{foreign}");
        }
        assert!(origin_of(&row(r#""head":"1""#)).is_none());
    }
}
