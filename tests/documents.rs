//! Invoices, shipments, credit memos and kits, walked by hand: what NetSuite has line by line, and the very record that
//! WizCommerce gets for it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use netwiz::config::Extension;
use netwiz::entities::Wanted;
use netwiz::model::EntityKind::{self, CreditMemos, Invoices, Kits, Products, Shipments};
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sync::Options;
use serde_json::{Value, json};
use world::papers::{CHAIN, STAMP, report_of};
use world::{Differences, World, clean};

const LAMP: i64 = 990_001;
const BULB: i64 = 990_002;
const KIT: i64 = 990_003;
const ORDER: i64 = 990_101;
const PAPER: i64 = 990_201;

/// A world whose first sync of the whole chain is done, with two items, a kit of one lamp and two bulbs, and one order.
async fn chain(profile: &'static str, extensions: &[Extension]) -> World {
    let mut world = World::with(Differences { items: Some(20), profile, ..Differences::default() });
    world.settings.wizcommerce.extensions.extend_from_slice(extensions);
    world.add_item(LAMP, "LAMP", "10.00");
    world.add_item(BULB, "BULB", "1.50");
    world.add_kit(KIT, "LAMP-SET", &[(LAMP, 1), (BULB, 2)]);
    world.add_kit(KIT + 10, "LAMP-PAIR", &[(LAMP, 2)]);
    world.add_order(ORDER, "SO-HAND", &[(LAMP, 6, "10.00"), (BULB, 12, "1.50")]);
    let reports = world.sync(&CHAIN, Options::default()).await;
    clean(&reports);
    world.chain_stays_quiet().await;
    world
}

async fn usual() -> World {
    chain("", &[Extension::CreditMemos]).await
}

fn skipped(reports: &world::Reports, entity: EntityKind, reason: &str) -> u64 {
    report_of(reports, entity).skipped_reasons.get(reason).copied().unwrap_or(0)
}

/// An invoice of six lamps at 10.00, nothing paid.
fn lamps(world: &World) {
    world.add_invoice(PAPER, "INV-1", ORDER, OPEN, &[(LAMP, 6, "10.00")]);
}

const OPEN: &str = "foreigntotal = '60.00', foreignamountpaid = '0.00', foreignamountunpaid = '60.00', duedate = '2026-03-22'";

#[tokio::test(start_paused = true)]
async fn two_invoices_of_one_order_are_two_records_of_that_order() {
    let mut world = usual().await;
    world.add_invoice(
        PAPER,
        "INV-1",
        ORDER,
        "foreigntotal = '66.00', foreignamountpaid = '26.00', foreignamountunpaid = '40.00', \
        duedate = '2026-03-22'",
        &[(LAMP, 6, "10.00"), (BULB, 4, "1.50")],
    );
    world.add_invoice(
        PAPER + 1,
        "INV-2",
        ORDER,
        "status = 'B', foreigntotal = '12.00', foreignamountpaid = '12.00', \
        foreignamountunpaid = '0.00'",
        &[(BULB, 8, "1.50")],
    );
    world.next_chain().await;
    let order = world.wiz("orders", ORDER);
    assert_eq!(world.writes(), ["POST invoices", "POST invoices"]);
    assert_eq!(
        world.paper("invoices", PAPER),
        json!({
            "reference_id": "990201", "order_id": order, "invoice_number": "INV-1", "total_amount": 66, "paid_amount": 26,
            "status": "UNPAID", "due_date": "2026-03-22T00:00:00Z", "created_at": "2026-02-20T00:00:00Z",
            "items": [
                { "reference_id": "990201-1", "sku": "LAMP", "name": "New LAMP", "quantity": 6, "amount": 10, "item_total": 60 },
                { "reference_id": "990201-2", "sku": "BULB", "name": "New BULB", "quantity": 4, "amount": 1.5, "item_total": 6 },
            ],
        })
    );
    // Without a due date, the day of the invoice.
    assert_eq!(
        world.paper("invoices", PAPER + 1),
        json!({
            "reference_id": "990202", "order_id": order, "invoice_number": "INV-2", "total_amount": 12, "paid_amount": 12,
            "status": "PAID", "due_date": "2026-02-20T00:00:00Z", "created_at": "2026-02-20T00:00:00Z",
            "items": [{ "reference_id": "990202-1", "sku": "BULB", "name": "New BULB", "quantity": 8, "amount": 1.5, "item_total": 12 }],
        })
    );
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_moves_no_stamp_of_the_invoice_is_found_by_its_link() {
    let mut world = usual().await;
    lamps(&world);
    world.next_chain().await;
    // A deposit is applied by a document of its own, which the link names; the invoice itself is not saved.
    world.add_head(PAPER + 9, "DepAppl", "DA-1", "B", "foreigntotal = '60.00'");
    world.tie((PAPER, 0), (PAPER + 9, 0), "Payment", "'25.00'");
    world.edit_netsuite(&format!(
        "update \"transaction\" set foreignamountpaid = '25.00', foreignamountunpaid = '35.00' where id = {PAPER}"
    ));
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH invoices"]);
    let invoice = world.paper("invoices", PAPER);
    assert_eq!((&invoice["paid_amount"], &invoice["status"]), (&json!(25), &json!("UNPAID")));
    world.chain_stays_quiet().await;
    world.tie((PAPER, 0), (PAPER + 9, 1), "Payment", "'35.00'");
    world.edit_netsuite(&format!(
        "update \"transaction\" set foreignamountpaid = '60.00', foreignamountunpaid = '0.00', status = 'B' where id = {PAPER}"
    ));
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH invoices"]);
    let invoice = world.paper("invoices", PAPER);
    assert_eq!((&invoice["paid_amount"], &invoice["status"]), (&json!(60), &json!("PAID")));
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_voided_invoice_is_worth_nothing_and_says_so() {
    let mut world = usual().await;
    lamps(&world);
    world.next_chain().await;
    world.edit_netsuite(&format!("update \"transaction\" set voided = 'T', status = 'V', {STAMP} where id = {PAPER}"));
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH invoices"]);
    assert_eq!(
        world.paper("invoices", PAPER),
        json!({
            "reference_id": "990201", "order_id": world.wiz("orders", ORDER), "invoice_number": "INV-1", "total_amount": 0,
            "paid_amount": 0, "status": "PAID", "due_date": "2026-03-22T00:00:00Z", "created_at": "2026-02-20T00:00:00Z",
            "remarks": "Voided in NetSuite",
            "items": [{ "reference_id": "990201-1", "sku": "LAMP", "name": "New LAMP", "quantity": 6, "amount": 10, "item_total": 60 }],
        })
    );
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn an_invoice_arrives_once_it_is_approved() {
    let mut world = usual().await;
    lamps(&world);
    world.edit_netsuite(&format!("update \"transaction\" set status = 'D', approvalstatus = 1 where id = {PAPER}"));
    let reports = world.next_chain().await;
    assert_eq!(skipped(&reports, Invoices, "unapproved"), 1);
    assert!(world.find_paper("invoices", PAPER).is_none());
    world.edit_netsuite(&format!("update \"transaction\" set status = 'A', approvalstatus = 2, {STAMP} where id = {PAPER}"));
    world.next_chain().await;
    assert_eq!(world.writes(), ["POST invoices"]);
    assert_eq!(world.paper("invoices", PAPER)["total_amount"], 60);
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn an_unapproved_invoice_brings_no_order() {
    let mut world = usual().await;
    world.add_order(ORDER + 1, "SO-WAITS", &[(LAMP, 1, "10.00")]);
    world.add_invoice(PAPER, "INV-1", ORDER + 1, OPEN, &[(LAMP, 1, "10.00")]);
    world.edit_netsuite(&format!("update \"transaction\" set status = 'D', approvalstatus = 1 where id = {PAPER}"));
    world.pull(Invoices, Wanted::Ids(vec![PAPER])).await;
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_invoice_without_an_order_stays_out_and_one_of_several_hangs_off_its_first_lines() {
    let mut world = usual().await;
    world.add_order(ORDER + 1, "SO-OTHER", &[(BULB, 2, "1.50")]);
    world.add_head(PAPER, "CustInvc", "INV-NONE", "A", OPEN);
    world.add_line(PAPER, 1, Some(LAMP), "quantity = -6, rate = '10.00', foreignamount = -60");
    world.add_invoice(PAPER + 1, "INV-TWO", ORDER + 1, OPEN, &[(BULB, 2, "1.50"), (LAMP, 1, "10.00")]);
    world.edit_netsuite(&format!(
        "update transactionline set createdfrom = {ORDER} where \"transaction\" = {} and id = 2",
        PAPER + 1
    ));
    let reports = world.next_chain().await;
    assert_eq!(skipped(&reports, Invoices, "no_order"), 1);
    assert!(world.find_paper("invoices", PAPER).is_none());
    assert_eq!(world.paper("invoices", PAPER + 1)["order_id"], world.wiz("orders", ORDER + 1));
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_missing_is_brought_first_and_only_when_it_may() {
    let mut world = usual().await;
    // In scope: the order and the invoice arrive in one run of invoices alone.
    world.add_order(ORDER + 1, "SO-NEW", &[(LAMP, 2, "10.00")]);
    world.add_invoice(PAPER + 1, "INV-NEW", ORDER + 1, OPEN, &[(LAMP, 2, "10.00")]);
    let reports = world.pull(Invoices, Wanted::Ids(vec![PAPER + 1])).await;
    clean(&reports);
    assert_eq!(world.writes(), ["POST orders", "POST invoices"]);
    assert_eq!(world.paper("invoices", PAPER + 1)["order_id"], world.wiz("orders", ORDER + 1));

    // Out of scope: left out with it.
    world.add_order(ORDER + 2, "SO-PENDING", &[(LAMP, 2, "10.00")]);
    world.edit_netsuite(&format!("update \"transaction\" set status = 'A' where id = {}", ORDER + 2));
    world.add_invoice(PAPER + 2, "INV-PENDING", ORDER + 2, OPEN, &[(LAMP, 2, "10.00")]);
    let reports = world.pull(Invoices, Wanted::Ids(vec![PAPER + 2])).await;
    clean(&reports);
    assert_eq!(skipped(&reports, Invoices, "order_not_linked"), 1);
    assert_eq!(world.writes(), Vec::<String>::new());

    // Rejected: with the order's reason.
    world.add_order(ORDER + 3, "SO-EURO", &[(LAMP, 2, "10.00")]);
    world.edit_netsuite(&format!("update \"transaction\" set currency = 2 where id = {}", ORDER + 3));
    world.add_invoice(PAPER + 3, "INV-EURO", ORDER + 3, OPEN, &[(LAMP, 2, "10.00")]);
    let reports = world.pull(Invoices, Wanted::Ids(vec![PAPER + 3])).await;
    let failure = &report_of(&reports, Invoices).failures[0];
    assert_eq!((failure.key.as_str(), &*failure.reason), ("990204", "currency_mismatch"));
    assert_eq!(world.rejected()["990204"], "currency_mismatch");
    // Mended in NetSuite, both arrive by themselves.
    world.edit_netsuite(&format!("update \"transaction\" set currency = 1, {STAMP} where id = {}", ORDER + 3));
    world.next_chain().await;
    assert_eq!(world.paper("invoices", PAPER + 3)["order_id"], world.wiz("orders", ORDER + 3));
    // What was out of scope comes into it, and its invoice with it.
    world.edit_netsuite(&format!("update \"transaction\" set status = 'B', {STAMP} where id = {}", ORDER + 2));
    world.next_chain().await;
    assert_eq!(world.paper("invoices", PAPER + 2)["order_id"], world.wiz("orders", ORDER + 2));
    assert_eq!(world.rejected().len(), 0);
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn only_what_was_sold_is_an_item_of_an_invoice_and_long_names_are_cut() {
    let mut world = usual().await;
    let item = |kind: &str| world.count_netsuite(&format!("select min(id) from item where itemtype = '{kind}'"));
    let (discount, shipping) = (item("Discount"), item("ShipItem"));
    let memo = "\u{e9}".repeat(300);
    world.add_head(
        PAPER,
        "CustInvc",
        "INV-1",
        "A",
        "foreigntotal = '71.23', foreignamountpaid = '0.00', foreignamountunpaid = '71.23'",
    );
    let from = format!("createdfrom = {ORDER}");
    world.add_line(PAPER, 1, Some(LAMP), &format!("quantity = -3, rate = '10.00', foreignamount = -30, memo = '{memo}', {from}"));
    world.add_line(PAPER, 2, Some(discount), "rate = '-3.00', foreignamount = 3");
    // A price agreed for the line: what was charged counts, not the rate.
    world.add_line(
        PAPER,
        3,
        Some(BULB),
        &format!("quantity = -3, rate = '1.50', foreignamount = '-4.00', memo = 'Warm', {from}"),
    );
    world.add_line(PAPER, 5, Some(KIT), &format!("quantity = -1, rate = '20.00', foreignamount = -20, {from}"));
    world.add_line(PAPER, 6, Some(LAMP), &format!("quantity = -1, kitcomponent = 'T', kitmemberof = 5, {from}"));
    world.add_line(PAPER, 7, Some(BULB), &format!("quantity = -2, kitcomponent = 'T', kitmemberof = 5, {from}"));
    world.add_line(PAPER, 8, None, "memo = 'With thanks'");
    world.add_line(PAPER, 9, Some(LAMP), "quantity = -3, foreignamount = '-9.00', iscogs = 'T'");
    world.add_line(PAPER, 10, Some(shipping), "foreignamount = '-18.50'");
    world.add_line(PAPER, 11, None, "foreignamount = '-1.73', taxline = 'T'");
    world.next_chain().await;
    let invoice = world.paper("invoices", PAPER);
    assert_eq!(invoice["total_amount"], 71.23);
    let item = |line: i64, sku: &str, name: &str, quantity: i64, amount: f64, total: i64| {
        let mut item = json!({ "reference_id": format!("990201-{line}"), "sku": sku, "name": name, "quantity": quantity, "item_total": total });
        item["amount"] = if amount.fract() == 0.0 { json!(amount as i64) } else { json!(amount) };
        item
    };
    assert_eq!(
        invoice["items"],
        json!([
            item(1, "LAMP", &"\u{e9}".repeat(255), 3, 10.0, 30),
            item(3, "BULB", "Warm", 3, 1.3333, 4),
            item(5, "LAMP-SET", "New LAMP-SET", 1, 20.0, 20),
        ])
    );
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_invoice_is_taken_out_of_the_books_exactly_once() {
    let mut world = usual().await;
    lamps(&world);
    world.next_chain().await;
    world.delete_document(PAPER, "CUSTINVC");
    let reports = world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH invoices"]);
    let invoice = world.paper("invoices", PAPER);
    let state = ["total_amount", "paid_amount", "status", "remarks"].map(|name| invoice[name].clone());
    assert_eq!(state, [json!(0), json!(0), json!("PAID"), json!("Deleted in NetSuite")], "{reports:?}");
    assert_eq!(invoice["items"][0]["item_total"], 60, "nothing else is known of it");
    world.chain_stays_quiet().await;
    world.clear_logs();
    clean(&world.sync(&CHAIN, Options { full: true, ..Options::default() }).await);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_new_due_date_is_one_change() {
    let mut world = usual().await;
    lamps(&world);
    world.next_chain().await;
    world.edit_netsuite(&format!("update \"transaction\" set duedate = '2026-04-30', {STAMP} where id = {PAPER}"));
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH invoices"]);
    assert_eq!(world.paper("invoices", PAPER)["due_date"], "2026-04-30T00:00:00Z");
    world.chain_stays_quiet().await;
}

fn shipment(order: &str, number: &str, id: i64, status: &str, items: Value) -> Value {
    json!({
        "reference_id": id.to_string(), "order_id": order, "created_at": "2026-02-20T00:00:00Z", "shipment_status": status,
        "status": "active", "name": number, "shipment_items": items,
    })
}

#[tokio::test(start_paused = true)]
async fn only_what_left_the_house_is_a_shipment() {
    let mut world = usual().await;
    for (at, status) in (0..).zip(["A", "B", "C"]) {
        world.add_fulfilment(PAPER + at, &format!("IF-{status}"), ORDER, &format!("status = '{status}'"), &[(LAMP, 2)]);
    }
    let reports = world.next_chain().await;
    assert_eq!(world.writes(), ["POST shipments"]);
    assert_eq!(skipped(&reports, Shipments, "not_shipped"), 2);
    let order = world.wiz("orders", ORDER);
    let items = json!([{ "sku_id": "LAMP", "quantity": 2 }]);
    assert_eq!(world.paper("shipments", PAPER + 2), shipment(&order, "IF-C", PAPER + 2, "shipped", items.clone()));
    // A packed one leaves: it arrives. The one that left comes back, and leaves again.
    world.edit_netsuite(&format!("update \"transaction\" set status = 'C', {STAMP} where id = {}", PAPER + 1));
    world.edit_netsuite(&format!("update \"transaction\" set status = 'B', {STAMP} where id = {}", PAPER + 2));
    world.next_chain().await;
    let mut writes = world.writes();
    writes.sort();
    assert_eq!(writes, ["PATCH shipments", "POST shipments"]);
    assert_eq!(world.paper("shipments", PAPER + 2), shipment(&order, "IF-C", PAPER + 2, "created", items.clone()));
    world.chain_stays_quiet().await;
    world.edit_netsuite(&format!("update \"transaction\" set status = 'C', {STAMP} where id = {}", PAPER + 2));
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH shipments"]);
    assert_eq!(world.paper("shipments", PAPER + 2), shipment(&order, "IF-C", PAPER + 2, "shipped", items));
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn tracking_numbers_are_joined_and_the_carrier_is_the_ship_method() {
    let mut world = usual().await;
    let method = world.count_netsuite("select min(id) from item where itemtype = 'ShipItem'");
    let name = world.text_netsuite(&format!("select coalesce(displayname, itemid) from item where id = {method}"));
    let track = |id: i64, number: i64| {
        format!(
            "insert into trackingnumber values ({number}, 'TN{number}'); insert into trackingnumbermap values ({id}, {number});"
        )
    };
    let pack = |id: i64, number: &str| {
        format!(
            "insert into itemfulfillmentpackage (itemfulfillment, packagetrackingnumber, packageweight) values ({id}, {number}, '1.5');"
        )
    };
    for at in 0..5 {
        world.add_fulfilment(PAPER + at, &format!("IF-{at}"), ORDER, &format!("shipmethod = {method}"), &[(LAMP, 1)]);
    }
    world.edit_netsuite(&format!("update \"transaction\" set shipmethod = null, shipcarrier = 'ups' where id = {}", PAPER + 3));
    world.edit_netsuite(&(track(PAPER, 8_000_001)
        // The map and the packages name the same two numbers: each once.
        + &track(PAPER + 1, 8_000_002) + &track(PAPER + 1, 8_000_003) + &pack(PAPER + 1, "'TN8000002'") + &pack(PAPER + 1, "'TN8000003'")
        + &pack(PAPER + 2, "'P-1'") + &pack(PAPER + 2, "null") + &pack(PAPER + 2, "'P-2'")
        + &pack(PAPER + 3, "'P-3'")
        + &pack(PAPER + 4, "null")));
    world.next_chain().await;
    let info = |id: i64| world.paper("shipments", id).get("tracking_info").cloned();
    assert_eq!(info(PAPER), Some(json!({ "tracking_number": "TN8000001", "delivery_partner": name })));
    assert_eq!(info(PAPER + 1), Some(json!({ "tracking_number": "TN8000002, TN8000003", "delivery_partner": name })));
    assert_eq!(info(PAPER + 2), Some(json!({ "tracking_number": "P-1, P-2", "delivery_partner": name })));
    assert_eq!(info(PAPER + 3), Some(json!({ "tracking_number": "P-3", "delivery_partner": "ups" })));
    assert_eq!(info(PAPER + 4), None);
    // A number that comes later.
    world
        .edit_netsuite(&(track(PAPER + 4, 8_000_009) + &format!("update \"transaction\" set {STAMP} where id = {};", PAPER + 4)));
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH shipments"]);
    assert_eq!(world.paper("shipments", PAPER + 4)["tracking_info"]["tracking_number"], "TN8000009");
    world.chain_stays_quiet().await;
}

fn shipped(world: &World, id: i64) -> Vec<(String, f64)> {
    let paper = world.paper("shipments", id);
    let items = paper["shipment_items"].as_array().unwrap().iter();
    items.map(|item| (item["sku_id"].as_str().unwrap().to_owned(), item["quantity"].as_f64().unwrap())).collect()
}

fn expected(items: &[(&str, f64)]) -> Vec<(String, f64)> {
    items.iter().map(|(sku, quantity)| ((*sku).to_owned(), *quantity)).collect()
}

/// Orders four sets; with the rows of the components where the order shows them.
fn order_of_kits(world: &World, shows: bool) {
    world.add_order(ORDER + 5, "SO-KITS", &[(KIT, 4, "20.00")]);
    if shows {
        let of_kit = "kitcomponent = 'T', kitmemberof = 1";
        world.add_line(ORDER + 5, 2, Some(LAMP), &format!("quantity = -4, {of_kit}"));
        world.add_line(ORDER + 5, 3, Some(BULB), &format!("quantity = -8, {of_kit}"));
    }
}

#[tokio::test(start_paused = true)]
async fn lines_of_a_fulfilment_come_in_two_shapes_and_one_item_is_told_once() {
    let mut world = usual().await;
    world.add_head(PAPER, "ItemShip", "IF-MAIN", "C", "");
    world.edit_netsuite(&format!(
        "update transactionline set item = {LAMP}, quantity = -3, createdfrom = {ORDER} where \"transaction\" = {PAPER} and id = 0"
    ));
    // The main row may carry an item beside the details: then the details count.
    world.add_fulfilment(PAPER + 1, "IF-LINES", ORDER, "", &[(BULB, 2), (LAMP, 1), (BULB, 5)]);
    world.edit_netsuite(&format!(
        "update transactionline set item = {BULB}, quantity = -9 where \"transaction\" = {} and id = 0",
        PAPER + 1
    ));
    world.next_chain().await;
    assert_eq!(shipped(&world, PAPER), expected(&[("LAMP", 3.0)]));
    assert_eq!(shipped(&world, PAPER + 1), expected(&[("BULB", 7.0), ("LAMP", 1.0)]));
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_kit_shipped_as_components_is_told_as_whole_kits() {
    for shows in [false, true] {
        let mut world = usual().await;
        order_of_kits(&world, shows);
        // Three lamps and five bulbs make two whole sets.
        for (at, links) in (0..).zip([&["KitShip"][..], &["ShipRcpt"], &["KitShip", "ShipRcpt"]]) {
            let paper = PAPER + at;
            world.add_fulfilment(paper, &format!("IF-{at}"), ORDER + 5, "", &[(LAMP, 3), (BULB, 5)]);
            for link in links {
                for (line, component) in [(1, 2), (3, 3)] {
                    // A link of kits begins at the kit's line of the order, a plain one at the component's.
                    let from = if *link == "KitShip" { 1 } else { component };
                    if *link == "KitShip" || shows {
                        world.tie((ORDER + 5, from), (paper, line), link, "null");
                    }
                }
            }
        }
        world.next_chain().await;
        let two = expected(&[("LAMP-SET", 2.0)]);
        assert_eq!(shipped(&world, PAPER), two, "{shows}");
        assert_eq!(shipped(&world, PAPER + 2), two, "{shows}");
        if shows {
            assert_eq!(shipped(&world, PAPER + 1), two);
        }
        world.chain_stays_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_kit_with_a_line_of_its_own_is_counted_once_and_its_components_not_at_all() {
    let mut world = usual().await;
    order_of_kits(&world, true);
    world.add_fulfilment(PAPER, "IF-KIT", ORDER + 5, "", &[(KIT, 2), (LAMP, 2), (BULB, 4)]);
    world.edit_netsuite(&format!(
        "update transactionline set kitmemberof = 1, kitcomponent = 'T' where \"transaction\" = {PAPER} and id in (3, 5)"
    ));
    world.tie((ORDER + 5, 1), (PAPER, 1), "ShipRcpt", "null");
    world.tie((ORDER + 5, 1), (PAPER, 3), "KitShip", "null");
    world.tie((ORDER + 5, 1), (PAPER, 5), "KitShip", "null");
    world.next_chain().await;
    assert_eq!(shipped(&world, PAPER), expected(&[("LAMP-SET", 2.0)]));
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_component_sold_by_itself_beside_its_kit_is_told_by_itself() {
    let mut world = usual().await;
    order_of_kits(&world, true);
    world.add_line(ORDER + 5, 4, Some(BULB), "quantity = -10, rate = '1.50', foreignamount = -15");
    world.add_fulfilment(PAPER, "IF-BOTH", ORDER + 5, "", &[(LAMP, 4), (BULB, 8), (BULB, 10)]);
    for (from, line) in [(2, 1), (3, 3), (4, 5)] {
        world.tie((ORDER + 5, from), (PAPER, line), "ShipRcpt", "null");
    }
    world.next_chain().await;
    assert_eq!(shipped(&world, PAPER), expected(&[("BULB", 10.0), ("LAMP-SET", 4.0)]));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_fulfilment_is_switched_off_exactly_once() {
    let mut world = usual().await;
    world.add_fulfilment(PAPER, "IF-1", ORDER, "", &[(LAMP, 2)]);
    world.next_chain().await;
    world.delete_document(PAPER, "ITEMSHIP");
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH shipments"]);
    let mut expected =
        shipment(&world.wiz("orders", ORDER), "IF-1", PAPER, "shipped", json!([{ "sku_id": "LAMP", "quantity": 2 }]));
    expected["status"] = json!("inactive");
    assert_eq!(world.paper("shipments", PAPER), expected);
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_fulfilment_of_a_transfer_order_is_nobodys_shipment() {
    let mut world = usual().await;
    world.add_head(ORDER + 6, "TrnfrOrd", "TO-1", "B", "");
    world.add_fulfilment(PAPER, "IF-TO", ORDER + 6, "", &[(LAMP, 2)]);
    let reports = world.next_chain().await;
    assert_eq!(skipped(&reports, Shipments, "no_order"), 1);
    assert!(world.find_paper("shipments", PAPER).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_dated_before_the_start_stays_out_unless_it_is_linked() {
    let mut world = chain("[profile.test.orders]\nstart-date = \"2026-01-01\"\n", &[Extension::CreditMemos]).await;
    for (at, date) in (0..).zip(["2025-12-31", "2026-01-01"]) {
        world.add_fulfilment(PAPER + at, &format!("IF-{at}"), ORDER, &format!("trandate = '{date}'"), &[(LAMP, 1)]);
        world.add_invoice(
            PAPER + 10 + at,
            &format!("INV-{at}"),
            ORDER,
            &format!("{OPEN}, trandate = '{date}'"),
            &[(LAMP, 1, "10.00")],
        );
        world.add_credit(
            PAPER + 20 + at,
            &format!("CM-{at}"),
            None,
            &format!("foreigntotal = '-10.00', trandate = '{date}'"),
            &[(LAMP, 1, "10.00")],
        );
    }
    let reports = world.next_chain().await;
    for (entity, collection, first) in
        [(Shipments, "shipments", PAPER), (Invoices, "invoices", PAPER + 10), (CreditMemos, "credit_memos", PAPER + 20)]
    {
        assert_eq!(skipped(&reports, entity, "start_date"), 1, "{entity}");
        assert!(world.find_paper(collection, first).is_none(), "{entity}");
        assert!(world.find_paper(collection, first + 1).is_some(), "{entity}");
    }
}

fn credit(world: &World, number: &str, id: i64, more: Value) -> Value {
    let mut credit = json!({
        "reference_id": id.to_string(), "customer_id": world.wiz("customers", world.buyer()), "credit_memo_number": number,
        "total_amount": 10, "applied_amount": 0, "status": "OPEN", "applications": [],
        "items": [{ "reference_id": format!("{id}-1"), "sku": "LAMP", "name": "New LAMP", "quantity": 1, "amount": 10, "item_total": 10 }],
    });
    for (name, value) in more.as_object().unwrap() {
        credit[name] = value.clone();
    }
    credit
}

/// A credit memo as WizCommerce has it, without the time it was made there.
fn credit_paper(world: &World, id: i64) -> Value {
    let mut paper = world.paper("credit_memos", id);
    paper.as_object_mut().unwrap().remove("created_at");
    paper
}

const TEN: &str = "foreigntotal = '-10.00', foreignpaymentamountused = '0.00', foreignpaymentamountunused = '10.00'";

#[tokio::test(start_paused = true)]
async fn a_credit_memo_names_the_invoice_and_the_order_it_comes_from() {
    let mut world = usual().await;
    lamps(&world);
    world.next_chain().await;
    let one = &[(LAMP, 1, "10.00")];
    world.add_credit(PAPER + 1, "CM-INVOICE", Some(PAPER), TEN, one);
    // A return of the invoice, one of the order, and nothing at all.
    world.add_credit(PAPER + 2, "RA-INVOICE", Some(PAPER), "type = 'RtnAuth', status = 'G'", one);
    world.add_credit(PAPER + 3, "CM-RETURN", Some(PAPER + 2), TEN, one);
    world.add_credit(PAPER + 4, "RA-ORDER", Some(ORDER), "type = 'RtnAuth', status = 'G'", one);
    world.add_credit(PAPER + 5, "CM-ORDER", Some(PAPER + 4), TEN, one);
    world.add_credit(PAPER + 6, "CM-ALONE", None, &format!("{TEN}, memo = 'Goodwill'"), one);
    world.next_chain().await;
    assert_eq!(world.writes(), ["POST credit-memos"; 4]);
    let (order, invoice) = (world.wiz("orders", ORDER), world.wiz("invoices", PAPER));
    let both = json!({ "order_id": order, "invoice_id": invoice });
    assert_eq!(credit_paper(&world, PAPER + 1), credit(&world, "CM-INVOICE", PAPER + 1, both.clone()));
    assert_eq!(credit_paper(&world, PAPER + 3), credit(&world, "CM-RETURN", PAPER + 3, both));
    assert_eq!(credit_paper(&world, PAPER + 5), credit(&world, "CM-ORDER", PAPER + 5, json!({ "order_id": order })));
    assert_eq!(credit_paper(&world, PAPER + 6), credit(&world, "CM-ALONE", PAPER + 6, json!({ "remarks": "Goodwill" })));
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_credit_memo_is_open_until_all_of_it_is_applied_and_both_sides_of_an_application_hear_of_it() {
    let mut world = usual().await;
    lamps(&world);
    world.add_invoice(PAPER + 1, "INV-2", ORDER, OPEN, &[(LAMP, 6, "10.00")]);
    world.add_credit(PAPER + 2, "CM-1", None, TEN, &[(LAMP, 1, "10.00")]);
    world.next_chain().await;
    assert_eq!(credit_paper(&world, PAPER + 2), credit(&world, "CM-1", PAPER + 2, json!({})));
    let apply = |invoice: i64, lines: (i64, i64), amount: &str, paid: &str, open: &str| {
        world.tie((invoice, lines.0), (PAPER + 2, lines.1), "Payment", &format!("'{amount}'"));
        world.edit_netsuite(&format!(
            "update \"transaction\" set foreignamountpaid = '{paid}', foreignamountunpaid = '{open}' where id = {invoice}"
        ));
    };
    // Six of it, on two pairs of lines of one invoice. No stamp of a document moves.
    apply(PAPER, (0, 0), "4.00", "4.00", "56.00");
    apply(PAPER, (0, 1), "2.00", "6.00", "54.00");
    world.edit_netsuite(&format!(
        "update \"transaction\" set foreignpaymentamountused = '6.00', foreignpaymentamountunused = '4.00' where id = {}",
        PAPER + 2
    ));
    let (first, second) = (world.wiz("invoices", PAPER), world.wiz("invoices", PAPER + 1));
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH invoices", "PATCH credit-memos"]);
    assert_eq!(world.paper("invoices", PAPER)["paid_amount"], 6);
    let six = json!({ "applied_amount": 6, "applications": [{ "invoice_id": first, "amount": 6 }] });
    assert_eq!(credit_paper(&world, PAPER + 2), credit(&world, "CM-1", PAPER + 2, six));
    world.chain_stays_quiet().await;
    // The rest on another invoice.
    world.tie((PAPER + 1, 0), (PAPER + 2, 0), "Payment", "'4.00'");
    world.edit_netsuite(&format!(
        "update \"transaction\" set foreignamountpaid = '4.00', foreignamountunpaid = '56.00' where id = {}; update \"transaction\" set \
         status = 'B', foreignpaymentamountused = '10.00', foreignpaymentamountunused = '0.00', {STAMP} where id = {}",
        PAPER + 1, PAPER + 2
    ));
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH invoices", "PATCH credit-memos"]);
    let mut applications = vec![json!({ "invoice_id": first, "amount": 6 }), json!({ "invoice_id": second, "amount": 4 })];
    applications.sort_by_key(|entry| entry["invoice_id"].to_string());
    let all = json!({ "applied_amount": 10, "status": "APPLIED", "applications": applications });
    assert_eq!(credit_paper(&world, PAPER + 2), credit(&world, "CM-1", PAPER + 2, all));
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_credit_memo_that_does_not_count_any_more_is_voided() {
    let mut world = usual().await;
    for at in 0..2 {
        world.add_credit(PAPER + at, &format!("CM-{at}"), None, TEN, &[(LAMP, 1, "10.00")]);
    }
    world.next_chain().await;
    world.edit_netsuite(&format!("update \"transaction\" set status = 'V', voided = 'T', {STAMP} where id = {PAPER}"));
    world.delete_document(PAPER + 1, "CUSTCRED");
    world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH credit-memos"; 2]);
    for at in 0..2 {
        assert_eq!(
            credit_paper(&world, PAPER + at),
            credit(&world, &format!("CM-{at}"), PAPER + at, json!({ "status": "VOIDED" }))
        );
    }
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_credit_memo_brings_its_invoice_its_order_and_its_customer() {
    let mut world = World::with(Differences { items: Some(20), ..Differences::default() });
    world.settings.wizcommerce.extensions.push(Extension::CreditMemos);
    world.add_item(LAMP, "LAMP", "10.00");
    clean(&world.sync(&[Products], Options::default()).await);
    world.add_order(ORDER, "SO-NEW", &[(LAMP, 6, "10.00")]);
    world.add_invoice(PAPER, "INV-NEW", ORDER, OPEN, &[(LAMP, 6, "10.00")]);
    world.add_credit(PAPER + 1, "CM-NEW", Some(PAPER), TEN, &[(LAMP, 1, "10.00")]);
    let reports = world.pull(CreditMemos, Wanted::Ids(vec![PAPER + 1])).await;
    clean(&reports);
    let mut writes = world.writes();
    // A customer is created and then told its default addresses.
    writes.retain(|write| write.starts_with("POST"));
    assert_eq!(writes, ["POST customers", "POST orders", "POST invoices", "POST credit-memos"]);
    let buyer = world.buyer();
    let paper = credit_paper(&world, PAPER + 1);
    assert_eq!(paper["customer_id"], world.wiz("customers", buyer));
    assert_eq!(paper["order_id"], world.wiz("orders", ORDER));
    assert_eq!(paper["invoice_id"], world.wiz("invoices", PAPER));
}

#[tokio::test(start_paused = true)]
async fn a_credit_memo_follows_its_order_and_does_not_wait_for_an_invoice_that_is_left_out() {
    let mut world = usual().await;
    world.add_order(ORDER + 1, "SO-PENDING", &[(LAMP, 6, "10.00")]);
    world.edit_netsuite(&format!("update \"transaction\" set status = 'A' where id = {}", ORDER + 1));
    let one = &[(LAMP, 1, "10.00")];
    world.add_credit(PAPER + 1, "RA-1", Some(ORDER + 1), "type = 'RtnAuth', status = 'G'", one);
    world.add_credit(PAPER + 2, "CM-LEFT-OUT", Some(PAPER + 1), TEN, one);
    lamps(&world);
    world.edit_netsuite(&format!("update \"transaction\" set status = 'D', approvalstatus = 1 where id = {PAPER}"));
    world.add_credit(PAPER + 3, "CM-EARLY", Some(PAPER), TEN, one);
    let reports = world.next_chain().await;
    assert_eq!(skipped(&reports, CreditMemos, "order_not_linked"), 1);
    assert!(world.find_paper("credit_memos", PAPER + 2).is_none());
    let order = world.wiz("orders", ORDER);
    assert_eq!(credit_paper(&world, PAPER + 3), credit(&world, "CM-EARLY", PAPER + 3, json!({ "order_id": order })));
    // Both come into scope, and their credit memos hear of it although nobody touches those.
    world.edit_netsuite(&format!(
        "update \"transaction\" set status = 'B', {STAMP} where id = {}; update \"transaction\" set status = 'A', approvalstatus = 2, \
         {STAMP} where id = {PAPER}", ORDER + 1
    ));
    world.next_chain().await;
    assert_eq!(credit_paper(&world, PAPER + 2)["order_id"], world.wiz("orders", ORDER + 1));
    assert_eq!(credit_paper(&world, PAPER + 3)["invoice_id"], world.wiz("invoices", PAPER));
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn without_the_extension_credit_memos_say_why_and_nothing_fails() {
    let mut world = chain("", &[]).await;
    world.add_credit(PAPER, "CM-1", None, TEN, &[(LAMP, 1, "10.00")]);
    let reports = world.next_chain().await;
    let report = report_of(&reports, CreditMemos);
    assert_eq!(report.notes.len(), 1, "{report:?}");
    assert!(report.notes[0].starts_with("credit-memos: "), "{report:?}");
    assert_eq!(world.writes(), Vec::<String>::new());
    // Switched on, everything that was left out arrives.
    world.settings.wizcommerce.extensions.push(Extension::CreditMemos);
    world.next_chain().await;
    assert_eq!(credit_paper(&world, PAPER)["total_amount"], 10);
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn another_path_of_the_extension_is_the_one_that_is_asked() {
    let mut world = usual().await;
    world.settings.wizcommerce.extension_paths.credit_memos = "/v9/credits".to_owned();
    world.add_credit(PAPER, "CM-1", None, TEN, &[(LAMP, 1, "10.00")]);
    world.pull(CreditMemos, Wanted::Ids(vec![PAPER])).await;
    let log = world.endpoints[1].log();
    assert!(!log.is_empty() && log.iter().all(|row| row.target.starts_with("/v9/credits")), "{log:#?}");
}

fn components(world: &World, sku: &str) -> Option<String> {
    let product = world.product(sku);
    let attributes = product["attributes"].as_array().unwrap().clone();
    let found = attributes.iter().find(|entry| entry["name"] == "Components");
    found.map(|entry| entry["value"].as_str().unwrap().to_owned())
}

fn kit_field(world: &World, sku: &str) -> Value {
    let product = world.product(sku);
    json!([product["product_type"], product["components"]])
}

async fn kits_only(world: &mut World, entities: &[EntityKind]) {
    world.clock.advance(jiff::SignedDuration::from_mins(15));
    world.clear_logs();
    clean(&world.sync(entities, Options::default()).await);
}

#[tokio::test(start_paused = true)]
async fn components_of_a_kit_are_an_attribute_that_follows_every_change_of_them() {
    let mut world = usual().await;
    assert_eq!(components(&world, "LAMP-SET").as_deref(), Some("1 x LAMP, 2 x BULB"));
    // No stamp of the kit moves for any of these.
    for (edit, text) in [
        (format!("update kititemmember set quantity = 3 where parentitem = {KIT} and item = {BULB}"), Some("1 x LAMP, 3 x BULB")),
        (format!("insert into kititemmember values ({KIT}, 1001, 1, 3)"), None),
        (format!("delete from kititemmember where parentitem = {KIT} and item = 1001"), Some("1 x LAMP, 3 x BULB")),
        (format!("insert into kititemmember values ({KIT}, {BULB}, 2, 9)"), Some("1 x LAMP, 5 x BULB")),
        (format!("delete from kititemmember where parentitem = {KIT}"), None),
    ] {
        world.edit_netsuite(&edit);
        world.next_chain().await;
        assert_eq!(world.writes(), ["PATCH products"], "{edit}");
        match (text, edit.contains("1001")) {
            (Some(text), _) => assert_eq!(components(&world, "LAMP-SET").as_deref(), Some(text), "{edit}"),
            (None, true) => assert!(components(&world, "LAMP-SET").unwrap().starts_with("1 x LAMP, 3 x BULB, 1 x "), "{edit}"),
            (None, false) => assert_eq!(components(&world, "LAMP-SET"), None, "{edit}"),
        }
        world.chain_stays_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_component_is_called_what_its_product_is_called_or_else_what_the_item_is() {
    for extensions in [&[][..], &[Extension::Kits]] {
        let mut world = chain("", extensions).await;
        // A product cannot get another SKU, so its kits go on naming the one it has.
        world.edit_netsuite(&format!("update item set itemid = 'BULB-NEW', {STAMP} where id = {BULB}"));
        world.edit_netsuite(&format!("update kititemmember set quantity = 3 where parentitem = {KIT} and item = {BULB}"));
        kits_only(&mut world, &[Kits]).await;
        if extensions.is_empty() {
            assert_eq!(components(&world, "LAMP-SET").as_deref(), Some("1 x LAMP, 3 x BULB"));
            // What is no product has no other name.
            let service = LAMP + 60;
            world.add_item(service, "WRAP", "4.00");
            world.edit_netsuite(&format!(
                "update item set itemtype = 'Service' where id = {service}; insert into kititemmember values ({KIT}, {service}, 1, 4)"
            ));
            kits_only(&mut world, &[Kits]).await;
            assert_eq!(components(&world, "LAMP-SET").as_deref(), Some("1 x LAMP, 3 x BULB, 1 x WRAP"));
            world.edit_netsuite(&format!("update item set itemid = 'GIFT-WRAP', {STAMP} where id = {service}"));
            kits_only(&mut world, &[Kits]).await;
            assert_eq!(components(&world, "LAMP-SET").as_deref(), Some("1 x LAMP, 3 x BULB, 1 x GIFT-WRAP"));
        } else {
            let parts = json!([{ "sku": "LAMP", "quantity": 1 }, { "sku": "BULB", "quantity": 3 }]);
            assert_eq!(kit_field(&world, "LAMP-SET"), json!(["kit", parts]));
        }
        kits_only(&mut world, &[Kits]).await;
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn with_the_extension_components_are_a_field_of_the_kit() {
    let mut world = chain("", &[Extension::Kits]).await;
    let of = |parts: Value| json!(["kit", parts]);
    assert_eq!(components(&world, "LAMP-SET"), None);
    let usual = json!([{ "sku": "LAMP", "quantity": 1 }, { "sku": "BULB", "quantity": 2 }]);
    assert_eq!(kit_field(&world, "LAMP-SET"), of(usual));
    world.edit_netsuite(&format!("update kititemmember set quantity = 3 where parentitem = {KIT} and item = {BULB}"));
    world.next_chain().await;
    let three = json!([{ "sku": "LAMP", "quantity": 1 }, { "sku": "BULB", "quantity": 3 }]);
    assert_eq!(kit_field(&world, "LAMP-SET"), of(three.clone()));
    world.chain_stays_quiet().await;
    // A component that is no product yet is named once it is.
    world.add_item(LAMP + 50, "SHADE", "4.00");
    world.edit_netsuite(&format!(
        "update item set itemtype = 'NonInvtPart' where id = {}; insert into kititemmember values ({KIT}, {}, 1, 4)",
        LAMP + 50,
        LAMP + 50
    ));
    world.next_chain().await;
    assert_eq!(kit_field(&world, "LAMP-SET"), of(three));
    world.chain_stays_quiet().await;
    world.edit_netsuite(&format!("update item set itemtype = 'InvtPart', {STAMP} where id = {}", LAMP + 50));
    world.next_chain().await;
    let four = json!([{ "sku": "LAMP", "quantity": 1 }, { "sku": "BULB", "quantity": 3 }, { "sku": "SHADE", "quantity": 1 }]);
    assert_eq!(kit_field(&world, "LAMP-SET"), of(four));
    world.chain_stays_quiet().await;
    // A kit that lost all of them is a kit of nothing.
    world.edit_netsuite(&format!("delete from kititemmember where parentitem = {KIT}"));
    world.next_chain().await;
    assert_eq!(kit_field(&world, "LAMP-SET"), of(json!([])));
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn kits_without_members_and_kits_within_kits_are_products_like_others() {
    let mut world = World::with(Differences { items: Some(20), ..Differences::default() });
    world.add_item(LAMP, "LAMP", "10.00");
    world.add_kit(KIT, "SET", &[(LAMP, 2)]);
    world.add_kit(KIT + 1, "SET-OF-SETS", &[(KIT, 2), (LAMP, 1)]);
    world.add_kit(KIT + 2, "SET-OF-NOTHING", &[]);
    clean(&world.sync(&CHAIN, Options::default()).await);
    assert_eq!(components(&world, "SET").as_deref(), Some("2 x LAMP"));
    assert_eq!(components(&world, "SET-OF-SETS").as_deref(), Some("2 x SET, 1 x LAMP"));
    assert_eq!(components(&world, "SET-OF-NOTHING"), None);
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn products_and_kits_write_the_same_record_and_never_answer_each_other() {
    for extensions in [&[][..], &[Extension::Kits]] {
        let mut world = chain("", extensions).await;
        world.edit_netsuite(&format!(
            "update kititemmember set quantity = 3 where parentitem = {KIT} and item = {BULB}; update item set displayname = 'Lamp set',              {STAMP} where id = {KIT}"
        ));
        kits_only(&mut world, &[Kits]).await;
        assert_eq!(world.writes(), ["PATCH products"]);
        for entities in [[Products, Kits], [Kits, Products], [Products, Products], [Kits, Kits]] {
            kits_only(&mut world, &entities).await;
            assert_eq!(world.writes(), Vec::<String>::new(), "{entities:?}");
        }
        world.edit_netsuite(&format!("update kititemmember set quantity = 4, linenumber = 7 where parentitem = {KIT} and item = {BULB}; update item set {STAMP} where id = {KIT}"));
        kits_only(&mut world, &[Products]).await;
        assert_eq!(world.writes(), ["PATCH products"]);
        for entities in [[Kits, Products], [Products, Kits]] {
            kits_only(&mut world, &entities).await;
            assert_eq!(world.writes(), Vec::<String>::new(), "{entities:?}");
        }
        world.clear_logs();
        clean(&world.sync(&[Products, Kits], Options { full: true, ..Options::default() }).await);
        assert_eq!(world.writes(), Vec::<String>::new());
        assert_eq!(world.products().values().filter(|product| product["sku"] == "LAMP-SET").count(), 1);
    }
}

/// One document of each kind, and the collections they go to.
fn one_of_each(world: &World) {
    world.add_fulfilment(PAPER + 1, "IF-1", ORDER, "", &[(LAMP, 2)]);
    lamps(world);
    world.add_credit(PAPER + 2, "CM-1", Some(PAPER), TEN, &[(LAMP, 1, "10.00")]);
}

const PLACES: [(&str, &str, i64); 3] = [
    ("/v1/shipments", "shipments", PAPER + 1),
    ("/v1/invoices", "invoices", PAPER),
    ("/v1/credit-memos", "credit_memos", PAPER + 2),
];

fn fault(method: &str, path: &str, action: Action) -> Fault {
    Fault {
        remote: "wizcommerce".into(),
        method: Some(method.into()),
        path: Some(path.into()),
        contains: None,
        skip: 0,
        times: Some(1),
        action,
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_doubles_nothing_and_loses_nothing() {
    let actions =
        || [Action::LoseReply, Action::Cut, Action::HoldMsThenExecute(1_000), Action::Truncate { bytes: 10 }, Action::Duplicate];
    for action in actions() {
        let mut world = usual().await;
        one_of_each(&world);
        let doubles = matches!(action, Action::Duplicate);
        for (path, _, _) in PLACES {
            if !doubles {
                world.faults.add(fault("POST", path, action.clone()));
            }
        }
        // The credit memo comes after its invoice, so a run later; what was not there when it was looked for is left to the next.
        for _ in 0..2 {
            world.clock.advance(jiff::SignedDuration::from_mins(15));
            world.sync(&CHAIN, Options::default()).await;
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
        for _ in 0..3 {
            world.next_chain().await;
        }
        for (_, collection, id) in PLACES {
            world.paper(collection, id);
        }
        world.chain_stays_quiet().await;
        // The same for changes.
        world.edit_netsuite(&format!(
            "update \"transaction\" set tranid = tranid || 'X', {STAMP} where id in ({PAPER}, {}, {})",
            PAPER + 1,
            PAPER + 2
        ));
        for (path, _, _) in PLACES {
            world.faults.add(fault("PATCH", path, action.clone()));
        }
        world.clock.advance(jiff::SignedDuration::from_mins(15));
        world.sync(&CHAIN, Options::default()).await;
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        for _ in 0..3 {
            world.next_chain().await;
        }
        assert_eq!(world.paper("shipments", PAPER + 1)["name"], "IF-1X");
        assert_eq!(world.paper("invoices", PAPER)["invoice_number"], "INV-1X");
        assert_eq!(world.paper("credit_memos", PAPER + 2)["credit_memo_number"], "CM-1X");
        world.chain_stays_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn documents_that_are_there_already_are_taken_over_by_their_reference() {
    let mut world = usual().await;
    let (order, customer) = (world.wiz("orders", ORDER), world.wiz("customers", world.buyer()));
    world.edit_wizcommerce(&json!([
        { "insert": "shipments", "document": { "reference_id": (PAPER + 1).to_string(), "order_id": order, "shipment_status": "created",
            "name": "by hand", "shipment_items": [{ "sku": "LAMP", "quantity": 1 }] } },
        { "insert": "invoices", "document": { "reference_id": PAPER.to_string(), "order_id": order, "invoice_number": "by hand",
            "total_amount": 1, "paid_amount": 1, "status": "PAID", "due_date": "2026-03-01T00:00:00Z", "items": [] } },
        { "insert": "credit_memos", "document": { "reference_id": (PAPER + 2).to_string(), "customer_id": customer,
            "credit_memo_number": "by hand", "total_amount": 1, "status": "VOIDED" } },
    ]).to_string());
    one_of_each(&world);
    let reports = world.next_chain().await;
    assert_eq!(world.writes(), ["PATCH shipments", "PATCH invoices", "PATCH credit-memos"]);
    for (entity, (_, collection, id)) in [Shipments, Invoices, CreditMemos].into_iter().zip(PLACES) {
        assert_eq!(report_of(&reports, entity).counts.adopted, 1, "{entity}");
        world.paper(collection, id);
    }
    assert_eq!(world.paper("invoices", PAPER)["status"], "UNPAID");
    assert_eq!(world.paper("shipments", PAPER + 1)["shipment_status"], "shipped");
    assert_eq!(world.paper("credit_memos", PAPER + 2)["status"], "OPEN");
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_file_doubles_no_document() {
    let mut world = usual().await;
    one_of_each(&world);
    world.next_chain().await;
    let all = |world: &World| -> Vec<(String, Vec<String>)> {
        let collections = ["shipments", "invoices", "credit_memos", "orders", "products"];
        collections
            .map(|name| {
                let mut ids: Vec<String> =
                    world.sandbox.wizcommerce.documents(name).unwrap().iter().map(|record| record["id"].to_string()).collect();
                ids.sort();
                (name.to_owned(), ids)
            })
            .to_vec()
    };
    let before = all(&world);
    let links = PLACES.map(|(_, collection, id)| world.wiz(&collection.replace('_', "-"), id));
    world.lose_state();
    world.next_chain().await;
    assert!(world.writes().iter().all(|write| !write.starts_with("POST")), "{:?}", world.writes());
    assert_eq!(all(&world), before);
    assert_eq!(PLACES.map(|(_, collection, id)| world.wiz(&collection.replace('_', "-"), id)), links);
    world.chain_stays_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn named_documents_are_brought_by_number_and_by_id() {
    let mut world = usual().await;
    one_of_each(&world);
    for (entity, number, (_, collection, id)) in
        [(Shipments, "IF-1", PLACES[0]), (Invoices, "INV-1", PLACES[1]), (CreditMemos, "CM-1", PLACES[2])]
    {
        clean(&world.pull(entity, Wanted::Number(number.to_owned())).await);
        assert_eq!(world.writes().len(), 1);
        world.paper(collection, id);
        // Ids of nothing, and of another kind of document.
        let reports = world.pull(entity, Wanted::Ids(vec![999_999, ORDER])).await;
        let report = report_of(&reports, entity);
        assert_eq!(
            report.failures.iter().map(|row| (row.key.as_str(), &*row.reason)).collect::<Vec<_>>(),
            [("999999", "nonexistent_id")]
        );
        assert_eq!((report.counts.skipped, skipped(&reports, entity, "type")), (1, 1));
        let reports = world.pull(entity, Wanted::Number("NO-SUCH".to_owned())).await;
        assert_eq!(&*report_of(&reports, entity).failures[0].reason, "nonexistent_id");
        assert_eq!(world.writes(), Vec::<String>::new());
        assert_eq!(world.rejected().len(), 0, "a slip of the pen is not tried again");
    }
    let cursor = world.state.cursor("invoices", "pull").unwrap().position;
    clean(&world.pull(Invoices, Wanted::Ids(vec![PAPER])).await);
    assert_eq!(world.state.cursor("invoices", "pull").unwrap().position, cursor);
}

#[tokio::test(start_paused = true)]
async fn a_run_asks_netsuite_no_more_than_it_must() {
    let mut world = usual().await;
    one_of_each(&world);
    world.next_chain().await;
    let asked =
        |reports: &world::Reports| [Shipments, Invoices, CreditMemos].map(|entity| report_of(reports, entity).requests.netsuite);
    // What is looked at once more: heads, lines, kits, tracking numbers and packages; heads and lines; heads, lines,
    // applications and what the sources come from. On top of what a quiet run asks.
    assert_eq!(asked(&world.next_chain().await), [3 + 5, 4 + 2, 4 + 4]);
    world.clock.advance(jiff::SignedDuration::from_hours(2));
    world.next_chain().await;
    // That there is anything at all, the changes of heads and lines, and of links where those settle something. The list of
    // deletions was read for the orders.
    assert_eq!(asked(&world.next_chain().await), [3, 4, 4]);
    assert_eq!(world.endpoints[1].log().len(), 0, "WizCommerce is not even asked");
}

#[tokio::test(start_paused = true)]
async fn the_seeds_documents_add_up() {
    let mut world = World::new();
    world.settings.wizcommerce.extensions.push(Extension::CreditMemos);
    clean(&world.sync(&CHAIN, Options::default()).await);
    let all = |name: &str| world.sandbox.wizcommerce.documents(name).unwrap();
    let number = |value: &Value| value.as_f64().unwrap_or(0.0);
    let asked = |column: &str, id: &Value| {
        let id = id.as_str().unwrap();
        world
            .text_netsuite(&format!("select cast({column} as text) from \"transaction\" where id = {id}"))
            .parse::<f64>()
            .unwrap()
    };
    // Money: what NetSuite says of each.
    let invoices = all("invoices");
    for invoice in invoices.iter().filter(|invoice| invoice.get("remarks").is_none()) {
        let id = &invoice["reference_id"];
        assert_eq!(number(&invoice["total_amount"]), asked("foreigntotal", id), "{invoice}");
        assert_eq!(number(&invoice["paid_amount"]), asked("foreignamountpaid", id), "{invoice}");
        assert_eq!(invoice["status"] == "PAID", asked("foreignamountunpaid", id) == 0.0, "{invoice}");
    }
    for credit in all("credit_memos") {
        let id = &credit["reference_id"];
        assert_eq!(number(&credit["total_amount"]), -asked("foreigntotal", id), "{credit}");
        assert_eq!(number(&credit["applied_amount"]), asked("foreignpaymentamountused", id), "{credit}");
    }
    // Goods: what orders say was shipped is what their shipments say, kits as kits.
    let mut sent: std::collections::BTreeMap<(String, String), f64> = std::collections::BTreeMap::new();
    for shipment in all("shipments").iter().filter(|shipment| shipment["shipment_status"] == "shipped") {
        for item in shipment["shipment_items"].as_array().unwrap() {
            let key = (shipment["order_id"].to_string(), item["sku_id"].as_str().unwrap().to_owned());
            *sent.entry(key).or_default() += number(&item["quantity"]);
        }
    }
    let mut ordered = std::collections::BTreeMap::new();
    for order in all("orders") {
        for line in order["line_items"].as_array().unwrap() {
            let key = (order["id"].to_string(), line["sku"].as_str().unwrap().to_owned());
            *ordered.entry(key).or_default() += number(&line["shipped_quantity"]);
        }
    }
    ordered.retain(|_, quantity| *quantity != 0.0);
    assert_eq!(sent, ordered);
    assert!(invoices.len() > 5 && sent.len() > 20);
}
