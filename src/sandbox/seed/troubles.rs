//! The customers and documents to learn troubleshooting on: each has exactly one thing wrong with it, and its number says what.
//!
//! They are written after the ordinary trade and draw nothing from its sequence, so both seeds agree on the rest.

use rusqlite::{Connection, params};

use super::buyers::{Address, Buyer, Good};
use super::courses::Part;
use super::customers::{Contact, Customer, Entry, Register};
use super::figures::{Age, BASE, EMPLOYEE, WHOLESALE};
use super::ledger::{Document, Kind, Line};
use super::snags;
use super::trade::{Order, Trade, goods};

const DAY: i64 = 86_400;

/// Writes the customers and documents that must be rejected, skipped or mended.
pub(super) fn add(conn: &Connection, register: &mut Register<'_>, trade: &mut Trade<'_, '_>) -> rusqlite::Result<()> {
    incomplete(register)?;
    unmapped(register)?;
    let good = faultless("PROBLEM-NOTHING", "Customer of the Orders to Learn On", 1);
    let good = register.enter(&good)?;
    let mut lacking = faultless("PROBLEM-REJECTED", "Customer Without Terms, Who Ordered", 1);
    lacking.terms = None;
    let lacking = register.enter(&lacking)?;
    let mut abroad = faultless("PROBLEM-EURO", "Customer Who Pays in Euros", 2);
    abroad.level = Some(BASE);
    let abroad = register.enter(&abroad)?;
    twice(register)?;
    let Some(goods) = trade.goods().iter().find(|good| !good.is_kit).cloned() else { return Ok(()) };
    for (customer, write) in [
        (good, sound as fn(&Connection, &mut Trade<'_, '_>, &Buyer, &Good) -> rusqlite::Result<()>),
        (good, adhoc),
        (good, sourceless),
        (lacking, left_out),
        (abroad, foreign),
        (good, named),
    ] {
        for buyer in Buyer::read(conn, &format!("c.id = {customer}"))? {
            write(conn, trade, &buyer, &goods)?;
        }
    }
    Ok(())
}

/// Begins an otherwise faultless customer: active, with an address, a contact, terms, a mapped price level and a sales rep.
fn faultless(number: &str, name: &str, subsidiary: i64) -> Customer {
    let email = format!("{}@problem.example", number.to_lowercase());
    let address = Address {
        addressee: Some(name.to_owned()),
        street: Some("1 Error Street".to_owned()),
        city: Some("Portland".to_owned()),
        state: Some("OR".to_owned()),
        zip: Some("97205".to_owned()),
        country: Some("US".to_owned()),
        ..Address::default()
    };
    let contact = Contact {
        first: "Pat".to_owned(),
        last: number.to_owned(),
        title: Some("Buyer"),
        email: Some(format!("pat.{email}")),
        phone: None,
        inactive: false,
    };
    Customer {
        name: name.to_owned(),
        person: None,
        number: number.to_owned(),
        parent: None,
        email: Some(email),
        phone: Some("(503) 555-0170".to_owned()),
        web: None,
        category: Some(1),
        subsidiary,
        currency: if subsidiary == 2 { 2 } else { 1 },
        terms: Some(1),
        level: Some(WHOLESALE),
        rep: Some(12),
        ship_method: None,
        stage: "Customer",
        inactive: false,
        credit_limit: None,
        addresses: vec![Entry { label: "Main", ships: true, bills: true, residential: false, address }],
        contacts: vec![contact],
        age: Age { created: 90 * DAY, modified: 6 * DAY },
    }
}

/// Customers without an address, without anybody to write to, and without terms (`missing_mandatory_fields`).
fn incomplete(register: &mut Register<'_>) -> rusqlite::Result<()> {
    let mut customer = faultless("PROBLEM-NO-ADDRESS", "Customer Without an Address", 1);
    customer.addresses.clear();
    register.enter(&customer)?;
    let mut customer = faultless("PROBLEM-NO-CONTACT", "Customer Without a Contact", 1);
    customer.contacts.clear();
    customer.email = None;
    register.enter(&customer)?;
    let mut customer = faultless("PROBLEM-NO-TERMS", "Customer Without Terms", 1);
    customer.terms = None;
    register.enter(&customer)?;
    Ok(())
}

/// A price level and a sales rep without a counterpart, which only a profile without defaults rejects
/// (`price_level_unmapped`, `sales_rep_unmapped`), and a customer of the eliminations subsidiary alone, out of scope wherever
/// subsidiaries are chosen.
fn unmapped(register: &mut Register<'_>) -> rusqlite::Result<()> {
    let mut customer = faultless("PROBLEM-LEVEL", "Staff Shop (Rejected Without a Default Price List)", 1);
    customer.level = Some(EMPLOYEE);
    register.enter(&customer)?;
    let mut customer = faultless("PROBLEM-REP", "Customer of Owen Pratt (Rejected Without a Default Rep)", 1);
    customer.rep = Some(15);
    register.enter(&customer)?;
    register.enter(&faultless("PROBLEM-OUTSIDE", "Customer Outside Every Chosen Subsidiary", 3))?;
    Ok(())
}

/// Two prospects with one e-mail address: which of them a buyer of that address is, nobody can tell (`ambiguous_match`).
fn twice(register: &mut Register<'_>) -> rusqlite::Result<()> {
    for (number, name) in [("PROBLEM-TWICE-1", "Twice & Co."), ("PROBLEM-TWICE-2", "Twice and Company")] {
        let mut customer = faultless(number, name, 1);
        customer.stage = "Prospect";
        customer.email = Some(snags::SHARED_EMAIL.to_owned());
        register.enter(&customer)?;
    }
    Ok(())
}

/// Begins an order of two pieces, pending fulfilment unless said otherwise.
fn order<'b>(trade: &Trade<'_, '_>, number: &str, buyer: &'b Buyer, good: &Good) -> Document<'b> {
    let (level, cents) = good.price_for(buyer);
    let mut document = Document::new(Kind::Order, "B", buyer, 5 * DAY);
    document.number = Some(number.to_owned());
    trade.put(&mut document.lines, good, 2, cents, level, false);
    document
}

/// An order that is sound, with papers that are not: a fulfilment without a tracking number and an invoice nobody approved.
fn sound(conn: &Connection, trade: &mut Trade<'_, '_>, buyer: &Buyer, good: &Good) -> rusqlite::Result<()> {
    let mut document = order(trade, "PROBLEM-PAPERS", buyer, good);
    document.status = "F";
    for line in &mut document.lines {
        line.shipped = line.quantity;
    }
    let order = trade.enter_order(document)?;
    let shipment = trade.ship(&order, &order.pieces(Part::Whole), "C", 4 * DAY, false)?.id;
    conn.execute("delete from trackingnumbermap where \"transaction\" = ?1", [shipment])?;
    conn.execute("update itemfulfillmentpackage set packagetrackingnumber = null where itemfulfillment = ?1", [shipment])?;
    rename(conn, shipment, "PROBLEM-NO-TRACKING")?;
    invoice(trade, &order, "PROBLEM-UNAPPROVED", true)
}

/// An order with an item no product type covers: it goes ad hoc.
fn adhoc(conn: &Connection, trade: &mut Trade<'_, '_>, buyer: &Buyer, good: &Good) -> rusqlite::Result<()> {
    let item: i64 = conn.query_row("select id from item where itemid = 'MISC-ITEM'", [], |row| row.get(0))?;
    let mut document = order(trade, "PROBLEM-ADHOC", buyer, good);
    document.lines.push(Line {
        item: Some(item),
        memo: Some("Prototype lamp".to_owned()),
        quantity: 1,
        rate: Some(4_500),
        price: Some(-1),
        cents: 4_500,
        ..Line::default()
    });
    trade.enter_order(document).map(drop)
}

/// A credit memo without a source: it goes with its customer alone.
fn sourceless(_: &Connection, trade: &mut Trade<'_, '_>, buyer: &Buyer, good: &Good) -> rusqlite::Result<()> {
    let lines = order(trade, "", buyer, good).lines;
    let mut document = Document::new(Kind::Credit, "A", buyer, 3 * DAY);
    document.number = Some("PROBLEM-NO-SOURCE".to_owned());
    document.lines = goods(&lines, 1);
    trade.ledger.enter(&document).map(drop)
}

/// An order that was given the external id a quote of WizCommerce needs (`external_id_taken`, for the quote).
fn named(conn: &Connection, trade: &mut Trade<'_, '_>, buyer: &Buyer, good: &Good) -> rusqlite::Result<()> {
    let document = order(trade, "PROBLEM-NAMED", buyer, good);
    let order = trade.enter_order(document)?.entry.id;
    conn.execute("update \"transaction\" set externalid = ?2 where id = ?1", params![order, snags::taken_external_id()]).map(drop)
}

/// An order of a customer who is rejected, and its invoice, which is left out for the same reason.
fn left_out(_: &Connection, trade: &mut Trade<'_, '_>, buyer: &Buyer, good: &Good) -> rusqlite::Result<()> {
    let mut document = order(trade, "PROBLEM-CUSTOMER-REJECTED", buyer, good);
    document.status = "G";
    for line in &mut document.lines {
        (line.shipped, line.billed) = (line.quantity, line.quantity);
    }
    let order = trade.enter_order(document)?;
    invoice(trade, &order, "PROBLEM-ORDER-LEFT-OUT", false)
}

/// An order in dollars of a customer whose price list is in euros (`currency_mismatch`).
fn foreign(_: &Connection, trade: &mut Trade<'_, '_>, buyer: &Buyer, good: &Good) -> rusqlite::Result<()> {
    let mut document = order(trade, "PROBLEM-CURRENCY", buyer, good);
    document.currency = 1;
    trade.enter_order(document).map(drop)
}

fn invoice(trade: &mut Trade<'_, '_>, order: &Order<'_>, number: &str, unapproved: bool) -> rusqlite::Result<()> {
    let mut document = Document::new(Kind::Invoice, if unapproved { "D" } else { "A" }, order.buyer, 3 * DAY);
    document.number = Some(number.to_owned());
    document.source = Some(order.entry.id);
    document.unapproved = unapproved;
    document.addresses = Some(order.entry.addresses);
    document.lines = goods(&order.lines, 2);
    trade.ledger.enter(&document).map(drop)
}

fn rename(conn: &Connection, document: i64, number: &str) -> rusqlite::Result<()> {
    conn.execute("update \"transaction\" set tranid = ?2, trandisplayname = ?2 where id = ?1", params![document, number])
        .map(drop)
}
