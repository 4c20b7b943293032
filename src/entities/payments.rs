//! Payments, WizCommerce to NetSuite: one customer deposit for all money that came in.
//!
//! Where WizCommerce has payments as records, each is one deposit. Where it only has an order's `amount_paid`, the rise of that
//! over what NetSuite has booked for the order is one: it is kept under `<order>/<amount paid in minor units>`, so that the same
//! rise can never be booked twice. A deposit is never changed once it is made: what does not fit any more is for a person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::customers::PRICE_LISTS;
use super::documents::START_DATE;
use super::push::{
    Excluded, Identity, Key, Outgoing, Proposal, Push, Source, Target, creation_of, external_id, refused as usually_refused,
};
use super::{Absent, Directory, Frame, Known, Reference, Rows, Table, cut};
use crate::model::{Direction, EntityKind, Exact, Fingerprint, Link, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::records::{Column, Row, Select};
use crate::netsuite::suiteql::id_list;
use crate::netsuite::{RecordCall, Refusal};
use crate::wizcommerce::records::{Members, PriceList};

const CUSTOMERS: &str = "customers";
const ORDERS: &str = "orders";
const RECORD: &str = "customerDeposit";
/// The beginning of external ids of deposits (`correctness.md` R6).
const PREFIX: &str = "wz_dp_";
/// What orders made in NetSuite are marked with: they are linked by the pull, and never pushed.
const FROM_NETSUITE: &str = "netsuite";
/// Where the orders are whose `amount_paid` is looked at.
const ORDERS_PATH: &str = "/v2/orders";

/// Names of the queries.
const DEPOSITS: &str = "deposits";
const REFUNDS: &str = "deposit refunds";
const OF_ORDERS: &str = "order deposits";
const SALES_ORDERS: &str = "deposit orders";
const CURRENCIES: &str = "deposit currencies";

/// Limits of NetSuite's fields, in characters.
const MEMO_LIMIT: usize = 999;
const CHECK_NUMBER_LIMIT: usize = 45;
/// Decimals of a currency of which nothing is known.
const USUAL_DECIMALS: u32 = 2;
/// More decimals than any currency has.
const MOST_DECIMALS: u32 = 6;

/// One list shows every payment: there is no filter by state.
const ALL: &[&[(&str, &str)]] = &[&[]];
/// Money is paid for orders that are confirmed, and may lie on ones that are cancelled.
const ORDER_STATES: &[&[(&str, &str)]] = &[&[("order_status", "confirmed")], &[("order_status", "cancelled")]];

/// What the profile says about payments.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where payments are; absent where WizCommerce has none, and the totals of orders have to do.
    pub path: Option<String>,
    /// NetSuite payment options by method type.
    pub methods: BTreeMap<String, String>,
    /// The payment option of a method that is not listed.
    pub default_method: Option<String>,
    /// The Internal ID of the deposit account; absent: undeposited funds.
    pub account: Option<String>,
    /// Members that a create sends as written.
    pub create_fields: Map<String, Value>,
    /// The zone in which a moment has its date.
    pub zone: TimeZone,
    /// The first date, ISO.
    pub start_date: Option<String>,
}

/// The payments flow.
pub struct Payments {
    settings: Settings,
    /// Decimals by the currency's symbol.
    decimals: HashMap<String, u32>,
    /// Currencies of price lists, by both of their ids.
    lists: HashMap<String, String>,
}

/// What NetSuite has of one deposit.
#[derive(Debug, Clone)]
struct Deposit {
    amount: Exact,
    counts: bool,
    external_id: Option<String>,
    date: Option<String>,
}

/// A deposit in the making.
struct Draft<'d> {
    customer: NetSuiteId,
    amount: Exact,
    order: Option<NetSuiteId>,
    option: Option<&'d str>,
    date: &'d str,
    memo: &'d str,
    check_number: Option<&'d str>,
}

/// An amount that an order had paid at some time, and the key of the deposit that reached it.
struct Level {
    amount: Exact,
    key: Key,
}

impl Payments {
    /// Makes the flow for a profile.
    pub fn new(settings: Settings) -> Self {
        Self { settings, decimals: HashMap::new(), lists: HashMap::new() }
    }

    const fn has_records(&self) -> bool {
        self.settings.path.is_some()
    }

    /// Reads deposits together with the main line, where their order is.
    fn deposits(name: &'static str) -> Select {
        Select::new(name, "transaction t JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T'", "t.id")
            .columns("t", &["externalid", "entity", "foreigntotal", "voided"])
            .column(Column::new("TO_CHAR(t.trandate, 'YYYY-MM-DD')", "trandate"))
            .column(Column::new("m.createdfrom", "createdfrom"))
            .filter("t.type = 'CustDep'")
    }

    /// Gives the order that a payment is tied to: the one it is allocated to, when that is all it is allocated to.
    fn order_of(&self, record: &Members) -> Option<String> {
        if !self.has_records() {
            return record.text("id");
        }
        let mut orders = BTreeSet::new();
        for allocation in record.list("allocations") {
            if allocation.text("invoice_id").is_some() {
                return None;
            }
            orders.extend(allocation.text("order_id"));
        }
        if orders.len() == 1 { orders.pop_first() } else { None }
    }

    /// Gives the date that a moment is in the profile's zone; a pure date is itself.
    fn date_of(&self, text: &str) -> Option<String> {
        let moment: Option<Timestamp> = text.parse().ok();
        let date = moment.map(|moment| moment.to_zoned(self.settings.zone.clone()).date());
        date.or_else(|| text.parse::<Date>().ok()).map(|date| date.to_string())
    }

    fn is_too_early(&self, date: &str) -> bool {
        self.settings.start_date.as_deref().is_some_and(|start| date < start)
    }

    fn option_of(&self, method: &str) -> Option<&str> {
        self.settings.methods.get(method).or(self.settings.default_method.as_ref()).map(String::as_str)
    }

    /// Gives how many decimals an order's currency has. That of its price list counts, which is known before NetSuite is asked
    /// for the order: the key must not depend on what NetSuite answers.
    fn decimals(&self, order: &Members) -> u32 {
        let list = order.text("price_list_id").and_then(|list| self.lists.get(&list));
        let only = || self.decimals.values().next().filter(|_| self.decimals.len() == 1);
        list.and_then(|currency| self.decimals.get(currency)).or_else(only).copied().unwrap_or(USUAL_DECIMALS)
    }

    /// Gives what an order has paid, in whole minor units: less than that nobody can pay, and digits beyond are noise of
    /// somebody's binary fractions.
    fn paid(&self, order: &Members) -> Exact {
        let paid = order.get::<Exact>("amount_paid").unwrap_or(Exact::ZERO).at_least_zero();
        paid.rounded(self.decimals(order)).normalized()
    }

    /// Gives the levels of an order in ascending order: those whose outcome is not known, and the present one last or in its
    /// place.
    fn levels(&self, order: &Members, open: &[String]) -> Result<Vec<Level>, String> {
        let id = order.text("id").unwrap_or_default();
        let unit = (0..self.decimals(order)).try_fold(Exact::from(1), |unit, _| unit.checked_mul(Exact::from(10)));
        let unit = unit.unwrap_or(Exact::from(1));
        let paid = self.paid(order);
        let mut minors: BTreeSet<i64> = open.iter().filter_map(|key| key.split_once('/')?.1.parse().ok()).collect();
        if paid > Exact::ZERO {
            let minor = paid.checked_mul(unit).and_then(Exact::as_whole);
            minors.insert(minor.ok_or_else(|| format!("its `amount_paid` {paid} is no sum of money"))?);
        }
        let level = |minor: i64| {
            let amount = Exact::from(minor).checked_div(unit).unwrap_or(Exact::ZERO).normalized();
            let external_id = external_id(PREFIX, &format!("{id}_{minor}"))?;
            Ok(Level { amount, key: Key { key: WizId(format!("{id}/{minor}")), external_id } })
        };
        minors.into_iter().map(level).collect()
    }

    /// Puts together what a create sends. What the profile says counts, except for whose money it is, how much, and for what.
    fn body(&self, draft: &Draft<'_>) -> Members {
        let mut body = Members::default();
        let reference = |id: &str| json!({ "id": id });
        body.set("tranDate", draft.date);
        body.set("memo", &cut(draft.memo, MEMO_LIMIT));
        if let Some(option) = draft.option {
            body.set("paymentOption", &reference(option));
        }
        if let Some(account) = &self.settings.account {
            body.set("account", &reference(account));
        }
        if let Some(number) = draft.check_number {
            body.set("checkNumber", number);
        }
        for (name, value) in &self.settings.create_fields {
            body.set(name, value);
        }
        body.set("customer", &reference(&draft.customer.to_string()));
        body.set("payment", &draft.amount);
        body.drop_all(&["salesOrder"]);
        if let Some(order) = draft.order {
            body.set("salesOrder", &reference(&order.to_string()));
        }
        body
    }

    /// Maps one payment.
    fn map_payment(&self, record: &Members, rows: &Rows, known: &Known) -> Outgoing<Members> {
        let id = WizId(record.text("id").unwrap_or_default());
        let label = record.text("reference_id").unwrap_or_else(|| id.0.clone());
        let status = record.text("status").unwrap_or_default();
        let reject = |reason: Reason, message: String| Outgoing::rejected(&id, &label, reason, message);
        let external_id = match external_id(PREFIX, &id.0) {
            Ok(external_id) => external_id,
            Err(words) => return reject(Reason::InvalidRecord, words),
        };
        let customer = record.text("customer_id").and_then(|customer| known.wiz(CUSTOMERS, &customer));
        let order = self.order_of(record);
        let order_link = order.as_deref().and_then(|order| known.wiz(ORDERS, order));
        let proposal = |owner: Option<NetSuiteId>, body: Members| {
            Outgoing::Desired(Box::new(Proposal {
                key: id.clone(),
                head: id.clone(),
                label: label.clone(),
                external_id: external_id.clone(),
                owner,
                fields: Vec::new(),
                children: Vec::new(),
                body,
            }))
        };
        if let Some(target) = known.target(&id) {
            return match misfit(record, &label, &status, target, order_link, rows) {
                Some(message) => Outgoing::Rejected(
                    Rejection::new(&id.0, &label, Reason::Conflict, message)
                        .hinting("void or refund the deposit in NetSuite, then run `netwiz failures retry`"),
                ),
                None => proposal(customer.map(|link| link.ns_id), Members::default()),
            };
        }
        if status != "PAID" {
            return Outgoing::Skipped { key: id.0.clone(), label: label.clone(), reason: "status" };
        }
        let Some(customer_link) = customer else {
            let Some(customer_id) = record.text("customer_id") else {
                return reject(Reason::InvalidRecord, format!("{label} names no customer"));
            };
            return Outgoing::follows(&id, &label, EntityKind::Customers, &customer_id, known, Reason::CustomerNotLinked);
        };
        if let (Some(order), None) = (&order, order_link) {
            return Outgoing::follows(&id, &label, EntityKind::Orders, order, known, Reason::OrderNotLinked);
        }
        let Some(amount) = record.get::<Exact>("amount").filter(|amount| *amount > Exact::ZERO) else {
            return reject(Reason::InvalidRecord, format!("the `amount` of {label} is no sum of money"));
        };
        let Some(date) = record.text("payment_date").and_then(|text| self.date_of(&text)) else {
            return reject(Reason::InvalidRecord, format!("the `payment_date` of {label} is no date"));
        };
        let method = record.text("payment_method_type");
        let option = self.option_of(method.as_deref().unwrap_or_default());
        if let (Some(method), None) = (&method, option) {
            let message = format!("{label} was paid by {method}, and no NetSuite payment option is mapped for that");
            return reject(Reason::PaymentMethodUnmapped, message);
        }
        if let (Some(order), Some(link)) = (&order, order_link) {
            if status_of(link, rows) == Some("C") {
                let message = format!("{label} pays the order {order}, which is cancelled in NetSuite");
                return reject(Reason::Conflict, message);
            }
            // Deposits of the order's totals, made while WizCommerce showed no payments, contain what was paid until then.
            let totals = format!("{PREFIX}{}_", order.to_ascii_lowercase());
            let is_total = |deposit: &Deposit| deposit.external_id.as_deref().is_some_and(|name| name.starts_with(&totals));
            let last =
                deposits_of(link, rows).ok().and_then(|all| all.into_values().filter(is_total).filter_map(|d| d.date).max());
            match last.as_deref().map(|last| date.as_str().cmp(last)) {
                Some(std::cmp::Ordering::Less) => {
                    return Outgoing::Skipped { key: id.0.clone(), label: label.clone(), reason: "booked_with_order" };
                }
                Some(std::cmp::Ordering::Equal) => {
                    let message = format!(
                        "{label} was paid on the day of the last deposit that was made of the total of the order {order}: whether \
                         it is part of that one cannot be told"
                    );
                    return reject(Reason::Conflict, message);
                }
                Some(std::cmp::Ordering::Greater) | None => {}
            }
        }
        // An id is never cut: one that does not fit goes where there is room.
        let number = record.text("transaction_number").filter(|number| !number.is_empty());
        let fits = |number: &String| number.chars().count() <= CHECK_NUMBER_LIMIT;
        let mut memo =
            record.text("note").filter(|note| !note.is_empty()).unwrap_or_else(|| format!("WizCommerce payment {label}"));
        if let Some(number) = number.as_ref().filter(|number| !fits(number)) {
            memo = format!("{number} {memo}");
        }
        let body = self.body(&Draft {
            customer: customer_link.ns_id,
            amount,
            order: order_link.map(|link| link.ns_id),
            option,
            date: &date,
            memo: &memo,
            check_number: number.as_deref().filter(|_| number.as_ref().is_some_and(fits)),
        });
        proposal(Some(customer_link.ns_id), body)
    }

    /// Maps the total that an order has paid.
    fn map_total(&self, order: &Members, rows: &Rows, known: &Known) -> Vec<Outgoing<Members>> {
        let id = WizId(order.text("id").unwrap_or_default());
        let label = order.text("display_id").unwrap_or_else(|| id.0.clone());
        let paid = self.paid(order);
        let is_cancelled = order.text("status").as_deref() == Some("cancelled");
        let skipped = |reason: &'static str| vec![Outgoing::Skipped { key: id.0.clone(), label: label.clone(), reason }];
        let reject = |reason: Reason, message: String| Outgoing::rejected(&id, &label, reason, message);
        let Some(link) = known.wiz(ORDERS, &id.0) else {
            if paid == Exact::ZERO {
                return Vec::new();
            }
            if is_cancelled {
                return skipped("status");
            }
            if is_from_netsuite(order) {
                let message = format!("the order {label} came from NetSuite, but is not linked any more");
                let hint = "bring orders with `netwiz pull orders`; the payment follows by itself";
                return vec![Outgoing::Rejected(Rejection::new(&id.0, &label, Reason::OrderNotLinked, message).hinting(hint))];
            }
            if let Some(Absent::Skipped(reason)) = known.absent_wiz(EntityKind::Orders, &id.0) {
                return skipped(reason);
            }
            return vec![Outgoing::follows(&id, &label, EntityKind::Orders, &id.0, known, Reason::OrderNotLinked)];
        };
        let open = known.open(&id.0);
        let (levels, deposits) = match (self.levels(order, open), deposits_of(link, rows)) {
            (Ok(levels), Ok(deposits)) => (levels, deposits),
            (Err(words), _) | (_, Err(words)) => return vec![reject(Reason::InvalidRecord, format!("{label}: {words}"))],
        };
        let Some(booked) = sum(deposits.values().filter(|deposit| deposit.counts).map(|deposit| deposit.amount)) else {
            return vec![reject(Reason::InvalidRecord, format!("the deposits of {label} cannot be added up"))];
        };
        let is_ours = |deposit: &Deposit| deposit.external_id.as_deref().is_some_and(|name| name.starts_with(PREFIX));
        let any_ours = deposits.values().any(|deposit| deposit.counts && is_ours(deposit));
        let customer = order_row(link, rows).and_then(|row| row.id("entity"));
        // In a dry run the order may be one that would be made just now: no Internal ID is below zero.
        let is_there = customer.is_some() || link.ns_id.0 < 0;
        let changed = order.text("updated_at").and_then(|text| self.date_of(&text));
        let card: Option<Members> = order.get("card");
        let method = card.and_then(|card| card.text("payment_method_type")).unwrap_or_default();
        let desired = |level: &Level, amount: Exact| {
            let body = self.body(&Draft {
                customer: customer.unwrap_or(NetSuiteId(0)),
                amount,
                order: Some(link.ns_id),
                option: self.option_of(&method),
                date: changed.as_deref().unwrap_or_default(),
                memo: &format!("WizCommerce order {label}"),
                check_number: None,
            });
            Outgoing::Desired(Box::new(Proposal {
                key: level.key.key.clone(),
                head: id.clone(),
                label: label.clone(),
                external_id: level.key.external_id.clone(),
                owner: customer,
                fields: Vec::new(),
                children: Vec::new(),
                body,
            }))
        };
        let of_level = |level: &Level| {
            deposits.values().find(|deposit| deposit.external_id.as_deref() == Some(level.key.external_id.as_str()))
        };
        let mut outgoing = Vec::new();
        let mut reached = booked;
        // What may be in flight comes first, each with its own amount: the money was there when it was sent.
        for level in &levels {
            if !open.contains(&level.key.key.0) {
                continue;
            }
            if known.target(&level.key.key).is_some() {
                outgoing.push(desired(level, level.amount));
            } else if let Some(deposit) = of_level(level) {
                // It arrived between two look-ups: a second create meets it, and links it.
                outgoing.push(desired(level, deposit.amount));
            } else if !is_cancelled
                && is_there
                && let Some(rest) = level.amount.checked_sub(reached).filter(|rest| *rest > Exact::ZERO)
            {
                outgoing.push(desired(level, rest));
                reached = level.amount;
            }
        }
        let present = levels.iter().find(|level| level.amount == paid && paid > Exact::ZERO);
        let target = present.and_then(|level| known.target(&level.key.key));
        if is_cancelled {
            if reached > Exact::ZERO && (any_ours || paid > Exact::ZERO) {
                let message = format!("the order {label} was cancelled, and deposits of {reached} lie on it in NetSuite");
                outgoing.push(unresolved(&id, &label, message));
            } else if paid > Exact::ZERO {
                outgoing.extend(skipped("status"));
            }
            return outgoing;
        }
        match (paid.cmp(&reached), present) {
            (std::cmp::Ordering::Less, _) => {
                // Deposits of an order that was never paid in WizCommerce are NetSuite's own business.
                if paid > Exact::ZERO || any_ours || reached > booked {
                    let message = format!(
                        "the order {label} has {paid} paid, but NetSuite has booked {reached}: a refund gives no deposit"
                    );
                    outgoing.push(unresolved(&id, &label, message));
                }
            }
            (std::cmp::Ordering::Equal, Some(level)) => {
                // Found by its external id, as after a lost state: it is only linked.
                let is_named = open.contains(&level.key.key.0);
                if target.is_some_and(|target| !target.is_linked) && !is_named {
                    outgoing.push(desired(level, paid));
                }
            }
            (std::cmp::Ordering::Greater, Some(level)) if target.is_some() || of_level(level).is_some() => {
                let message = format!(
                    "the order {label} has {paid} paid, and NetSuite has booked {reached}: the deposit {} that once reached {paid} \
                     was voided, changed or taken off the order, and is not made again",
                    level.key.external_id
                );
                outgoing.push(unresolved(&id, &label, message));
            }
            (std::cmp::Ordering::Greater, Some(_)) if !is_there => {
                let message = format!("the order {label} is not in NetSuite any more, so its payment has no place");
                outgoing.push(reject(Reason::OrderNotLinked, message));
            }
            (std::cmp::Ordering::Greater, Some(_)) if changed.is_none() => {
                outgoing.push(reject(Reason::InvalidRecord, format!("the `updated_at` of {label} is no date")));
            }
            (std::cmp::Ordering::Greater, Some(level)) => match paid.checked_sub(reached) {
                Some(rest) => outgoing.push(desired(level, rest)),
                None => outgoing.push(reject(Reason::InvalidRecord, format!("{label}: {paid} is no sum of money"))),
            },
            (_, None) => {}
        }
        outgoing
    }
}

/// Makes the rejection of an order whose deposits a person has to put right.
fn unresolved(id: &WizId, label: &str, message: String) -> Outgoing<Members> {
    let hint = "correct the order's deposits in NetSuite (what is voided does not count), then run `netwiz failures retry`";
    Outgoing::Rejected(Rejection::new(&id.0, label, Reason::Conflict, message).hinting(hint))
}

/// Says why a deposit that is there does not fit its payment any more; nothing when a person dealt with it.
fn misfit(payment: &Members, label: &str, status: &str, target: Target, order: Option<&Link>, rows: &Rows) -> Option<String> {
    let is_it = |row: &&Row| row.head() == Some(target.id);
    let row = rows.of(DEPOSITS).iter().find(is_it)?;
    if row.flag("voided") || rows.of(REFUNDS).iter().any(|row| is_it(&row)) {
        return None;
    }
    let id = target.id;
    if status != "PAID" {
        return Some(format!("{label} is {status} in WizCommerce, and its deposit {id} stays in NetSuite"));
    }
    let booked = row.exact("foreigntotal").ok().flatten().unwrap_or(Exact::ZERO).rounded(USUAL_DECIMALS);
    let amount = payment.get::<Exact>("amount").unwrap_or(Exact::ZERO).rounded(USUAL_DECIMALS);
    if amount != booked {
        return Some(format!("{label} is {amount} in WizCommerce, and its deposit {id} is {booked}: a deposit is not changed"));
    }
    (order.and_then(|link| status_of(link, rows)) == Some("C"))
        .then(|| format!("the order of {label} was cancelled, and its deposit {id} stays in NetSuite"))
}

fn is_from_netsuite(order: &Members) -> bool {
    order.text("source").as_deref() == Some(FROM_NETSUITE)
}

fn order_row<'r>(link: &Link, rows: &'r Rows) -> Option<&'r Row> {
    rows.of(SALES_ORDERS).iter().find(|row| row.head() == Some(link.ns_id))
}

fn status_of<'r>(link: &Link, rows: &'r Rows) -> Option<&'r str> {
    order_row(link, rows).and_then(|row| row.text("status"))
}

/// Gives the deposits of an order by Internal ID. What was found by its external id is read last: it may have arrived after the
/// others were listed.
fn deposits_of(order: &Link, rows: &Rows) -> Result<BTreeMap<i64, Deposit>, String> {
    let mut deposits = BTreeMap::new();
    for row in rows.of(OF_ORDERS).iter().chain(rows.of(DEPOSITS)) {
        let Some(id) = row.head() else { continue };
        if row.id("createdfrom") != Some(order.ns_id) {
            continue;
        }
        let text = |name: &str| row.text(name).map(str::to_owned);
        let deposit = Deposit {
            amount: row.exact("foreigntotal")?.unwrap_or(Exact::ZERO),
            counts: !row.flag("voided"),
            external_id: text("externalid"),
            date: text("trandate"),
        };
        deposits.insert(id.0, deposit);
    }
    Ok(deposits)
}

fn sum(mut amounts: impl Iterator<Item = Exact>) -> Option<Exact> {
    amounts.try_fold(Exact::ZERO, Exact::checked_add).map(Exact::normalized)
}

impl Frame for Payments {
    fn entity(&self) -> EntityKind {
        EntityKind::Payments
    }

    fn direction(&self) -> Direction {
        Direction::Push
    }

    fn mapping(&self) -> String {
        // What else there is decides about deposits to come, and none is changed.
        format!("{:?} {:?}", self.settings.path, self.settings.start_date)
    }

    fn tables(&self) -> Vec<Table> {
        if self.has_records() {
            return Vec::new();
        }
        let select = Select::new(CURRENCIES, "currency c", "c.id").columns("c", &["symbol", "currencyprecision"]);
        vec![Table { select, keep: true, optional: true }]
    }

    fn learn(&mut self, _table: &str, rows: &[Row]) -> Result<(), String> {
        let decimals = |row: &Row| row.text("currencyprecision")?.parse().ok().filter(|decimals| *decimals <= MOST_DECIMALS);
        self.decimals = rows.iter().filter_map(|row| Some((row.text("symbol")?.to_owned(), decimals(row)?))).collect();
        Ok(())
    }

    fn directories(&self) -> Vec<Directory> {
        if self.has_records() { Vec::new() } else { vec![PRICE_LISTS] }
    }

    fn consult(&mut self, _directory: &str, entries: &[Box<RawValue>]) -> Result<(), String> {
        for list in entries.iter().filter_map(|raw| serde_json::from_str::<PriceList>(raw.get()).ok()) {
            let Some(currency) = list.currency else { continue };
            self.lists.extend(list.reference_id.map(|reference| (reference, currency.clone())));
            self.lists.insert(list.id, currency);
        }
        Ok(())
    }
}

impl Push for Payments {
    type Body = Members;

    fn source(&self) -> Source {
        match &self.settings.path {
            Some(path) => Source { path: path.clone(), states: ALL, out_of_scope: &[], number: "reference_id", whole_rows: true },
            None => Source {
                path: ORDERS_PATH.into(),
                states: ORDER_STATES,
                out_of_scope: &[],
                number: "display_id",
                whole_rows: true,
            },
        }
    }

    fn identity(&self) -> Identity {
        Identity {
            record: RECORD,
            from: "transaction t",
            alias: "t",
            is_it: "t.type = 'CustDep'",
            owner: Some("t.entity"),
            is_queried: true,
        }
    }

    fn excludes(&self, record: &Members, link: Option<&Link>) -> Option<Excluded> {
        if !self.has_records() {
            if record.text("status").as_deref() == Some("draft") {
                return Some(Excluded::Echo("status"));
            }
            // One that was never paid; what was paid and given back has a deposit, and a link that says so.
            let is_paid = self.paid(record) != Exact::ZERO;
            return (!is_paid && link.is_none()).then_some(Excluded::Idle("unpaid"));
        }
        // The state of a payment is judged later, when it is known whether its deposit is there.
        let date = record.text("payment_date").and_then(|text| self.date_of(&text));
        (link.is_none() && date.is_some_and(|date| self.is_too_early(&date))).then_some(Excluded::Skipped(START_DATE))
    }

    fn keys(&self, record: &Members, open: &[String]) -> Result<Vec<Key>, String> {
        let id = record.text("id").unwrap_or_default();
        if self.has_records() {
            return Ok(vec![Key { external_id: external_id(PREFIX, &id)?, key: WizId(id) }]);
        }
        Ok(self.levels(record, open)?.into_iter().map(|level| level.key).collect())
    }

    fn digest(&self, record: &Members) -> Fingerprint {
        let names: &[&str] = if self.has_records() {
            &[
                "customer_id",
                "amount",
                "payment_date",
                "payment_method_type",
                "status",
                "transaction_number",
                "allocations",
                "note",
            ]
        } else {
            &["amount_paid", "status"]
        };
        let texts: Vec<String> =
            names.iter().map(|name| record.get::<Box<RawValue>>(name).map_or_else(String::new, |raw| raw.to_string())).collect();
        Fingerprint::of(texts.join("\n").as_bytes())
    }

    fn parents(&self, record: &Members) -> Vec<(EntityKind, WizId)> {
        let status = record.text("status").unwrap_or_default();
        let order = self.order_of(record).map(|order| (EntityKind::Orders, WizId(order)));
        if self.has_records() {
            if status != "PAID" {
                return Vec::new();
            }
            let customer = record.text("customer_id").map(|customer| (EntityKind::Customers, WizId(customer)));
            return customer.into_iter().chain(order).collect();
        }
        // An order that came from NetSuite is linked by the pull of orders alone.
        let is_wanted = status != "cancelled" && !is_from_netsuite(record) && self.paid(record) > Exact::ZERO;
        order.filter(|_| is_wanted).into_iter().collect()
    }

    fn references(&self, records: &[Members]) -> Vec<Reference> {
        let of = |record: &Members| {
            let order = self.order_of(record).map(|order| Reference::Wiz(ORDERS, order));
            let customer = record.text("customer_id").filter(|_| self.has_records());
            [order, customer.map(|customer| Reference::Wiz(CUSTOMERS, customer))]
        };
        records.iter().flat_map(of).flatten().collect()
    }

    fn questions(&self, records: &[Members], known: &Known) -> Vec<Select> {
        let link = |record: &Members| known.wiz(ORDERS, &self.order_of(record)?).map(|link| link.ns_id.0);
        let orders: BTreeSet<i64> = records.iter().filter_map(link).filter(|id| *id > 0).collect();
        if orders.is_empty() {
            return Vec::new();
        }
        let orders = id_list(&orders.into_iter().collect::<Vec<_>>());
        let heads = Select::new(SALES_ORDERS, "transaction t", "t.id").columns("t", &["entity", "status"]);
        vec![
            Self::deposits(OF_ORDERS).filter(format!("m.createdfrom IN ({orders})")),
            heads.filter(format!("t.type = 'SalesOrd' AND t.id IN ({orders})")),
        ]
    }

    fn details(&self) -> Vec<Select> {
        let refunds = Select::new(REFUNDS, "nexttransactionlinelink k", "k.previousdoc").grouped().optional();
        vec![Self::deposits(DEPOSITS), refunds.filter("k.linktype = 'DepRfnd'")]
    }

    fn map(&self, record: &Members, rows: &Rows, known: &Known) -> Vec<Outgoing<Members>> {
        if self.has_records() { vec![self.map_payment(record, rows, known)] } else { self.map_total(record, rows, known) }
    }

    fn create(&self, proposal: &Proposal<Members>) -> RecordCall {
        creation_of(RECORD, &proposal.external_id, proposal.body.clone())
    }

    fn changes(&self, _proposal: &Proposal<Members>, _id: NetSuiteId, _fields: &BTreeSet<String>) -> Vec<RecordCall> {
        Vec::new()
    }

    fn refused(&self, proposal: &Proposal<Members>, refusal: &Refusal) -> Rejection {
        let usual = usually_refused(&proposal.head, &proposal.label, refusal);
        let Some((value, field)) = refusal.invalid_value().filter(|_| usual.reason == Reason::RefusedByNetsuite) else {
            return usual;
        };
        let label = &proposal.label;
        let make = |reason: Reason, what: &str, hint: &str| {
            let message = format!("NetSuite does not take the {what} {value} for the deposit of {label}: {}", refusal.words());
            Rejection::new(&proposal.head.0, label, reason, message).hinting(hint)
        };
        match field.to_lowercase().as_str() {
            "salesorder" => make(
                Reason::OrderNotLinked,
                "Sales Order",
                "see that the order is there, open, and of the payment's customer; then run `netwiz failures retry`",
            ),
            "customer" => make(
                Reason::CustomerNotLinked,
                "customer",
                "see that the customer is there and active in NetSuite; then run `netwiz failures retry`",
            ),
            "paymentoption" => {
                make(Reason::PaymentMethodUnmapped, "payment option", "correct it under `[profile.<name>.payments.methods]`")
            }
            "account" => make(Reason::RefusedByNetsuite, "account", "correct `account` under `[profile.<name>.payments]`"),
            _ => usual,
        }
    }
}

#[cfg(test)]
mod tests;
