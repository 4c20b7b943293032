//! What was born in WizCommerce: its sales reps, and customers, orders, quotes and payments that wait to be pushed.
//!
//! They name nothing of NetSuite but SKUs and, once, an e-mail address: the second customer is a prospect there already, who now
//! signed up in the shop. The shop has no catalogue before the first sync, so all lines were typed in by the reps, as ad-hoc ones. All of it is a script of inserts, as the app behind the API would have made them.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::buyers::{Good, sku};
use super::figures::{Calendar, money};

const DAY: i64 = 86_400;

/// Numbers of the confirmed orders: plain with freight, with a line discount in percent, with a discount on the whole, with
/// another charge and an address of its own, with a line discount in money and tax, and one paid whole.
pub const CONFIRMED: [&str; 6] = ["W2001", "W2002", "W2003", "W2004", "W2005", "W2006"];
/// Numbers of the orders nobody confirmed yet.
pub const DRAFTS: [&str; 2] = ["W2007", "W2008"];
/// Number of the order that was called off before it was confirmed.
pub const CANCELLED: &str = "W2009";
/// Numbers of the quotes: submitted, accepted, and a draft that stays where it is.
pub const QUOTES: [&str; 3] = ["Q3001", "Q3002", "Q3003"];
/// Numbers of the payments: of one order whole, of one in part, of a customer without an order, and of two orders at once.
pub const PAYMENTS: [&str; 4] = ["P4001", "P4002", "P4003", "P4004"];

/// A kind of record, as its ids tell it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Customers, from 1 to 3; those with problems from 101 on, here and below.
    Customer = 1,
    /// Orders, from 1 to 9, in the order of their numbers.
    Order = 2,
    /// Quotes, from 1 to 3.
    Quote = 3,
    /// Payments, from 1 to 4.
    Payment = 4,
}

/// Gives the id of the nth record of a kind, counted from 1.
pub fn id(kind: Kind, nth: usize) -> String {
    format!("5eed000{}-0000-4000-8000-{nth:012}", kind as u8)
}

/// Something the shop sells: its SKU and its price in cents.
struct Offer {
    sku: String,
    cents: i64,
}

/// The shop's records in the making.
pub(super) struct Shop {
    calendar: Calendar,
    offers: Vec<Offer>,
    script: Vec<Value>,
}

/// A buyer of the shop.
pub(super) struct Buyer<'a> {
    pub(super) nth: usize,
    pub(super) number: &'a str,
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) list: &'a str,
    pub(super) rep: &'a str,
    pub(super) city: &'a str,
    pub(super) days: i64,
}

/// One line: place among the offers, pieces, and a discount with its type.
pub(super) type Pick = (usize, i64, Option<(i64, &'static str)>);

/// What distinguishes one order or quote from the others.
#[derive(Default)]
pub(super) struct Basket {
    pub(super) customer: usize,
    pub(super) lines: Vec<Pick>,
    /// Members that only this one has.
    pub(super) more: Vec<(&'static str, Value)>,
    pub(super) paid: i64,
    pub(super) days: i64,
}

/// Makes the script of everything that was born in WizCommerce, to go with the goods of a seeded NetSuite; on demand with what
/// must be rejected or skipped.
pub(super) fn script(conn: &Connection, now: Timestamp, problems: bool) -> rusqlite::Result<String> {
    let goods = Good::read(conn)?;
    let mut offers = Vec::new();
    // A kit first, then goods from all over the catalogue.
    let kit = goods.iter().find(|good| good.is_kit);
    let singles = goods.iter().filter(|good| !good.is_kit).step_by((goods.len() / 8).max(1));
    for good in kit.into_iter().chain(singles) {
        offers.push(Offer { sku: sku(conn, good.id)?, cents: good.base() });
    }
    let known: Option<String> = conn.query_row(
        "select min(email) from customer where searchstage = 'Prospect' and isinactive = 'F' and entityid not like 'PROBLEM-%'",
        [],
        |row| row.get(0),
    )?;
    let mut shop = Shop { calendar: Calendar::until(now), offers, script: Vec::new() };
    shop.sales_reps();
    shop.customers(known.as_deref().unwrap_or("buying@corner.example"));
    if !shop.offers.is_empty() {
        shop.orders();
        shop.quotes();
        shop.payments();
        if problems {
            super::snags::add(&mut shop);
        }
    }
    Ok(Value::Array(shop.script).to_string())
}

impl Shop {
    pub(super) fn insert(&mut self, resource: &str, document: Value) {
        self.script.push(json!({ "insert": resource, "document": document }));
    }

    /// Gives the moment so many seconds ago, as WizCommerce writes it.
    pub(super) fn stamp(&self, age: i64) -> String {
        format!("{}Z", self.calendar.ago(age).replace(' ', "T"))
    }

    /// Everybody who sells in NetSuite and is still there, the house account for the rest among them.
    fn sales_reps(&mut self) {
        for (first, last, email) in [
            ("Ana", "Ruiz", "ana.ruiz@netwiz.example"),
            ("Joris", "van Dam", "joris.vandam@netwiz.example"),
            ("Chloë", "Tran", "chloe.tran@netwiz.example"),
            ("House", "Account", "house@netwiz.example"),
        ] {
            let made = self.stamp(700 * DAY);
            let rep = json!({ "email": email, "first_name": first, "last_name": last, "created_at": made, "updated_at": made });
            self.insert("sales_reps", rep);
        }
    }

    fn customers(&mut self, known: &str) {
        for (nth, name, email, list, rep, city) in [
            (1, "Pine & Petal Gifts", "hello@pineandpetal.example", "ref:WHOLESALE", "ana.ruiz@netwiz.example", "Portland"),
            (2, "Corner House", known, "ref:DEALER", "chloe.tran@netwiz.example", "Bend"),
            (3, "Lumen Lighting Bar", "shop@lumenbar.example", "ref:BASE", "house@netwiz.example", "Eugene"),
        ] {
            let number = format!("WC-{nth}");
            let days = 12 - i64::try_from(nth).unwrap_or(0);
            let customer = self.customer(&Buyer { nth, number: &number, name, email, list, rep, city, days });
            self.insert("customers", customer);
        }
    }

    /// Makes a customer who has everything that NetSuite needs.
    pub(super) fn customer(&self, buyer: &Buyer<'_>) -> Value {
        let Buyer { nth, number, name, email, list, rep, city, days } = *buyer;
        let made = self.stamp(days * DAY);
        let address = |kind: &str, street: &str| {
            json!({
                "type": kind, "first_name": name, "address_line_1": street, "city": city, "state": "OR", "country": "US",
                "zip_code": "97201", "phone": "+15035550160", "is_default": true
            })
        };
        json!({
            "id": id(Kind::Customer, nth), "display_id": number, "company_name": name, "display_name": name,
            "email": email, "phone": format!("+1503555015{}", nth % 10), "payment_term": "Net 30",
            "assigned_sales_rep_ids": [rep], "assigned_price_list_id": list,
            "addresses": [address("shipping", &format!("{nth}1 Wharf Road")), address("billing", &format!("{nth}2 Bank Street"))],
            "contacts": [{
                "first_name": "Robin", "last_name": format!("Vale {nth}"), "email": format!("robin{nth}@shop.example"),
                "designation": "Buyer", "is_default": true
            }],
            "created_at": made, "updated_at": made
        })
    }

    fn orders(&mut self) {
        let paid = self.total(&[(1, 4, None), (2, 2, None)]);
        let baskets = [
            Basket {
                customer: 1,
                lines: vec![(1, 6, None), (2, 2, None)],
                more: vec![
                    ("po_number", json!("PP-118")),
                    ("shipping_method", json!("UPS Ground")),
                    ("shipping_charge", amount(1_850)),
                ],
                paid: 5_000,
                days: 9,
            },
            Basket { customer: 1, lines: vec![(0, 1, None), (3, 12, Some((10, "percentage")))], days: 7, ..Basket::default() },
            Basket {
                customer: 2,
                lines: vec![(4, 3, None)],
                more: vec![("discount_value", amount(500)), ("customer_note", json!("Please ring twice"))],
                days: 6,
                ..Basket::default()
            },
            Basket {
                customer: 3,
                lines: vec![(5, 2, None), (1, 1, None)],
                more: vec![
                    (
                        "additional_charges",
                        json!([{ "name": "Handling", "type": "charge", "amount": amount(750), "value_type": "value" }]),
                    ),
                    (
                        "shipping_address",
                        json!({
                            "first_name": "Lumen Pop-up", "address_line_1": "5 Fair Street", "city": "Salem", "state": "OR",
                            "country": "US", "zip_code": "97301"
                        }),
                    ),
                ],
                days: 5,
                ..Basket::default()
            },
            Basket {
                customer: 3,
                lines: vec![(2, 4, Some((200, "value")))],
                more: vec![("tax_value", amount(310))],
                days: 4,
                ..Basket::default()
            },
            Basket { customer: 2, lines: vec![(1, 4, None), (2, 2, None)], paid, days: 3, ..Basket::default() },
            Basket { customer: 1, lines: vec![(3, 1, None)], days: 2, ..Basket::default() },
            Basket { customer: 3, lines: vec![(4, 8, None)], days: 2, ..Basket::default() },
            Basket { customer: 1, lines: vec![(2, 1, None)], days: 8, ..Basket::default() },
        ];
        let numbers = CONFIRMED.iter().chain(&DRAFTS).chain([&CANCELLED]);
        for (nth, (basket, number)) in (1..).zip(baskets.iter().zip(numbers)) {
            let status = match nth {
                1..=6 => "confirmed",
                7 | 8 => "draft",
                _ => "cancelled",
            };
            let mut order = self.document(basket, id(Kind::Order, nth), number, status);
            self.begin(&mut order, basket);
            self.insert("orders", order);
        }
    }

    /// Says how far an order is: nothing is shipped, and so much is paid.
    pub(super) fn begin(&self, order: &mut Value, basket: &Basket) {
        let total = self.total(&basket.lines);
        let payment = match basket.paid {
            0 => "PENDING",
            cents if cents < total => "PARTIALLY_PAID",
            _ => "PAID",
        };
        order["source"] = json!("cart");
        order["payment_status"] = json!(payment);
        order["fulfillment_status"] = json!("UNFULFILLED");
        order["amount_paid"] = amount(basket.paid);
    }

    fn quotes(&mut self) {
        let baskets = [
            Basket {
                customer: 1,
                lines: vec![(4, 24, None)],
                more: vec![("internal_note", json!("Spring reset"))],
                days: 6,
                ..Basket::default()
            },
            Basket { customer: 2, lines: vec![(1, 12, None), (3, 6, Some((5, "percentage")))], days: 5, ..Basket::default() },
            Basket { customer: 3, lines: vec![(2, 1, None)], days: 1, ..Basket::default() },
        ];
        for (nth, ((basket, number), status)) in (1..).zip(baskets.iter().zip(QUOTES).zip(["submitted", "accepted", "draft"])) {
            let mut quote = self.document(basket, id(Kind::Quote, nth), number, status);
            quote["expiry_date"] = json!(self.stamp(-30 * DAY));
            self.insert("quotes", quote);
        }
    }

    /// Makes what orders and quotes have in common.
    pub(super) fn document(&self, basket: &Basket, id: String, number: &str, status: &str) -> Value {
        let lines: Vec<Value> = basket
            .lines
            .iter()
            .map(|(place, pieces, discount)| {
                let offer = self.offer(*place);
                let mut line = json!({
                    "sku": offer.sku, "quantity": pieces, "unit_price": amount(offer.cents), "is_adhoc": true,
                });
                if let Some((off, sort)) = discount {
                    line["discount"] = if *sort == "value" { amount(*off) } else { json!(off) };
                    line["discount_type"] = json!(sort);
                }
                line
            })
            .collect();
        let gross = basket.lines.iter().map(|(place, pieces, _)| self.offer(*place).cents * pieces).sum();
        let mut document = json!({
            "id": id, "display_id": number, "customer_id": self::id(Kind::Customer, basket.customer), "status": status,
            "payment_term": "Net 30", "amount": amount(gross), "line_items": lines,
            "created_at": self.stamp(basket.days * DAY), "updated_at": self.stamp(basket.days * DAY - 3_600)
        });
        for (member, value) in &basket.more {
            document[*member] = value.clone();
        }
        document
    }

    fn payments(&mut self) {
        let whole = self.total(&[(1, 4, None), (2, 2, None)]);
        let order = |nth: usize, cents: i64| json!({ "order_id": id(Kind::Order, nth), "amount": amount(cents) });
        for (nth, number, customer, cents, method, allocations) in [
            (1, PAYMENTS[0], 2, whole, "VISA", vec![order(6, whole)]),
            (2, PAYMENTS[1], 1, 5_000, "ACH", vec![order(1, 5_000)]),
            (3, PAYMENTS[2], 3, 12_000, "VISA", Vec::new()),
            (4, PAYMENTS[3], 3, 3_000, "CHECK", vec![order(4, 1_000), order(5, 2_000)]),
        ] {
            let payment = self.payment(nth, number, customer, cents, method, &allocations);
            self.insert("payments", payment);
        }
    }

    /// Makes a payment of a customer, a minute after the one before.
    pub(super) fn payment(
        &self,
        nth: usize,
        number: &str,
        customer: usize,
        cents: i64,
        method: &str,
        allocations: &[Value],
    ) -> Value {
        let paid = self.stamp(2 * DAY - 60 * i64::try_from(nth).unwrap_or(0));
        json!({
            "id": id(Kind::Payment, nth), "reference_id": number, "customer_id": id(Kind::Customer, customer),
            "amount": amount(cents), "payment_date": paid, "payment_method_type": method, "status": "PAID",
            "transaction_number": format!("txn-{number}"), "allocations": allocations,
            "created_at": paid, "updated_at": paid
        })
    }

    fn offer(&self, place: usize) -> &Offer {
        // A small catalogue offers less; there is always one.
        &self.offers[place % self.offers.len()]
    }

    /// Adds up what lines without discounts come to.
    fn total(&self, lines: &[Pick]) -> i64 {
        lines.iter().map(|(place, pieces, _)| self.offer(*place).cents * pieces).sum()
    }
}

/// Writes cents as a JSON number.
pub(super) fn amount(cents: i64) -> Value {
    serde_json::from_str(&money(cents)).unwrap_or_default()
}
