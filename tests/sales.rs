//! Orders and quotes on their way to NetSuite: what its own tables hold afterwards, and that nothing is there twice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use netwiz::config::Extension;
use netwiz::entities::Wanted;
use netwiz::error::ErrorKind;
use netwiz::model::EntityKind::{Estimates, Orders};
use netwiz::model::{Link, NetSuiteId, WizId};
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sandbox::seed::shop::{CANCELLED, CONFIRMED, Kind, QUOTES, id};
use netwiz::state::{Commit, State};
use netwiz::sync::{Options, Silent, Task};
use serde_json::{Value, json};
use world::{Differences, Reports, World, clean};

const PROFILE: &str = r#"
[profile.test.orders]
discount-item = "1004"
charge-items = { "Handling" = "1005" }
ship-methods = { "UPS Ground" = "901", default = "902" }
create-fields = { location = { id = "1" } }
"#;

/// The lamp, and an item nobody sells any more.
const LAMP: i64 = 90_001;
const OLD: i64 = 90_002;

/// Opens a world with the shop's customers linked by hand, and two items more.
fn shop() -> World {
    shop_with(PROFILE)
}

fn shop_with(profile: &'static str) -> World {
    let mut world = World::with(Differences { items: Some(60), profile, ..Differences::default() });
    world.settings.wizcommerce.extensions.push(Extension::Quotes);
    world.add_item(LAMP, "LAMPS : LAMP", "99.00");
    world.add_item(OLD, "OLD", "5.00");
    world.edit_netsuite(&format!("update item set isinactive = 'T' where id = {OLD}"));
    link_customers(&mut world);
    world
}

fn buyers(world: &World) -> Vec<i64> {
    let sql = "select c.id from customer c join customersubsidiaryrelationship r on r.entity = c.id and r.isprimarysub = 'T' and \
               r.subsidiary = 1 where c.currency = 1 and c.isinactive = 'F' and c.searchstage = 'Customer' order by c.id limit 3";
    world.facts(sql).iter().map(|facts| facts["id"].parse().unwrap()).collect()
}

fn link(state: &mut State, kind: &str, ns_id: i64, wc_id: String) {
    let mut commit = Commit { entity: "customers", direction: "push", run: "by hand", ..Commit::default() };
    commit.links.push(Link::new(kind, NetSuiteId(ns_id), WizId(wc_id)));
    state.commit(&commit, jiff::Timestamp::UNIX_EPOCH).unwrap();
}

fn link_customers(world: &mut World) {
    for (nth, buyer) in (1..).zip(buyers(world)) {
        link(&mut world.state, "customers", buyer, id(Kind::Customer, nth));
    }
}

fn order(nth: usize) -> String {
    id(Kind::Order, nth)
}

async fn push(world: &mut World) -> Reports {
    world.clock.advance(SignedDuration::from_mins(15));
    world.push(&[(Orders, Task::Changes)], Options::default(), &Silent).await
}

async fn push_clean(world: &mut World) -> Reports {
    let reports = push(world).await;
    clean(&reports);
    reports
}

/// The document of an external id: its columns.
fn booked(world: &World, external_id: &str) -> BTreeMap<String, String> {
    let sql = format!(
        "select t.id, t.type, t.status, t.entity, t.trandate, t.shipdate, t.duedate, t.otherrefnum, t.memo, t.terms, t.shipmethod, t.foreigntotal, \
         t.currency, a.addressee, a.addr1, a.city from \"transaction\" t left join transactionshippingaddress a on a.nkey = t.shippingaddress \
         where t.externalid = '{external_id}'"
    );
    let mut found = world.facts(&sql);
    assert_eq!(found.len(), 1, "{external_id}: {found:?}");
    found.pop().unwrap()
}

fn order_booked(world: &World, nth: usize) -> BTreeMap<String, String> {
    booked(world, &format!("wz_so_{}", order(nth)))
}

/// Item name, quantity, rate, amount and description of each line below the main one, with the signs of a person.
fn lines(world: &World, external_id: &str) -> Vec<String> {
    let sql = format!(
        "select i.itemid, -l.quantity as quantity, l.rate, -l.foreignamount as amount, l.isclosed from transactionline l join item i on i.id = l.item \
         join \"transaction\" t on t.id = l.\"transaction\" where t.externalid = '{external_id}' and l.mainline = 'F' order by l.id"
    );
    let rows = world.facts(&sql);
    let text = |facts: &BTreeMap<String, String>, name: &str| facts.get(name).cloned().unwrap_or_default();
    rows.iter().map(|facts| ["itemid", "quantity", "rate", "amount"].map(|name| text(facts, name)).join(" ")).collect()
}

fn sales_orders(world: &World) -> i64 {
    world.count_netsuite("select count(*) from \"transaction\" where type = 'SalesOrd' and externalid like 'wz_so_%'")
}

/// An order of the shop as a person enters it.
fn enter(world: &World, id: &str, more: Value) {
    let mut document = json!({
        "id": id, "customer_id": self::id(Kind::Customer, 1), "display_id": format!("WEB-{id}"), "status": "confirmed",
        "line_items": [{"sku": "LAMP", "quantity": 2, "unit_price": 99, "is_adhoc": true}]
    });
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    world.edit_wizcommerce(&json!([{"insert": "orders", "document": document}]).to_string());
}

fn edit(world: &World, id: &str, patch: Value) {
    world.edit_wizcommerce(&json!([{"set": format!("/v2/orders/{id}"), "patch": patch}]).to_string());
}

/// The order of most tests: two lamps at 99.
const WEB: &str = "0a1b2c3d-0000-4000-8000-00000000000a";
const RECORD: &str = "/services/rest/record/v1/salesOrder";

fn web(world: &World) -> BTreeMap<String, String> {
    booked(world, &format!("wz_so_{WEB}"))
}

fn web_lines(world: &World) -> Vec<String> {
    lines(world, &format!("wz_so_{WEB}"))
}

/// A shop whose only order is this one, pushed unless it cannot be.
async fn with(more: Value) -> (World, Reports) {
    with_profile(PROFILE, more).await
}

async fn with_profile(profile: &'static str, more: Value) -> (World, Reports) {
    let mut world = shop_with(profile);
    world.edit_wizcommerce(r#"[{"delete": "/v2/orders/*"}]"#);
    enter(&world, WEB, more);
    let reports = push(&mut world).await;
    assert!(reports[0].1.is_none(), "{:?}", reports[0].1);
    (world, reports)
}

/// Reason, message and hint of the one failure of a run.
fn failure(reports: &Reports) -> (String, String, String) {
    let failures = &reports[0].0.failures;
    assert_eq!(failures.len(), 1, "{failures:?}");
    (failures[0].reason.to_string(), failures[0].message.clone(), failures[0].hint.clone())
}

/// Nothing was sent to NetSuite that writes.
fn wrote(world: &World) -> usize {
    ["POST", "PATCH", "PUT", "DELETE"]
        .iter()
        .map(|method| {
            let log = world.endpoints[0].log();
            log.iter().filter(|row| row.method == *method && row.target.starts_with("/services/rest/record")).count()
        })
        .sum()
}

fn fault(method: &str, action: Action) -> Fault {
    Fault::once("netsuite", method, RECORD, action)
}

#[tokio::test(start_paused = true)]
async fn the_seeded_orders_arrive_once_and_exactly() {
    let mut world = shop();
    let reports = push_clean(&mut world).await;
    let report = &reports[0].0;
    assert_eq!(report.counts.created, CONFIRMED.len() as u64, "{report:?}");
    assert_eq!(report.notes, Vec::<String>::new(), "all totals agree");
    assert_eq!(sales_orders(&world), CONFIRMED.len() as i64);
    assert_eq!(report.skipped_reasons.get("status"), Some(&1), "{CANCELLED} was never in NetSuite");

    let expected: [&[&str]; 6] = [
        &["LAMP-ARC-BRS-S 6 69.99 419.94", "PLLW-DUN-IVR-L 2 67.45 134.9", "UPS Ground 1 18.5 18.5"],
        &["SET-ARC 1 323.65 323.65", "PLLW-DUN-NVY-24IN 12 72.855 874.26"],
        &["CLCK-RVR 3 63.99 191.97", "ORDER-DISCOUNT  -5 -5"],
        &["MUG-JUN 2 26.5 53", "LAMP-ARC-BRS-S 1 69.99 69.99", "HANDLING 1 7.5 7.5"],
        &["PLLW-DUN-IVR-L 4 66.95 267.8"],
        &["LAMP-ARC-BRS-S 4 69.99 279.96", "PLLW-DUN-IVR-L 2 67.45 134.9"],
    ];
    let buyers = buyers(&world);
    for (nth, (lines_expected, (customer, date))) in (1..).zip(expected.iter().zip([
        (0, "2026-02-21"),
        (0, "2026-02-23"),
        (1, "2026-02-24"),
        (2, "2026-02-25"),
        (2, "2026-02-26"),
        (1, "2026-02-27"),
    ])) {
        assert_eq!(lines(&world, &format!("wz_so_{}", order(nth))), *lines_expected, "order {nth}");
        let facts = order_booked(&world, nth);
        assert_eq!(facts["entity"], buyers[customer].to_string(), "order {nth}");
        assert_eq!((facts["trandate"].as_str(), facts["status"].as_str()), (date, "A"), "order {nth}");
        assert!(facts["memo"].starts_with(&format!("WizCommerce order {}", CONFIRMED[nth - 1])), "{facts:?}");
    }
    let first = order_booked(&world, 1);
    assert_eq!((first["otherrefnum"].as_str(), first["shipmethod"].as_str()), ("PP-118", "901"));
    assert_eq!(order_booked(&world, 3)["memo"], "WizCommerce order W2003: Please ring twice");
    let fourth = order_booked(&world, 4);
    assert_eq!((fourth["addressee"].as_str(), fourth["city"].as_str()), ("Lumen Pop-up", "Salem"));

    world.clear_logs();
    for full in [false, true] {
        world.clock.advance(SignedDuration::from_mins(15));
        let again = world.push(&[(Orders, Task::Changes)], Options { full, ..Options::default() }, &Silent).await;
        clean(&again);
        assert_eq!(again[0].0.counts.changes(), 0, "{:?}", again[0].0);
    }
    assert_eq!(wrote(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn every_digit_arrives() {
    let (world, reports) = with(json!({
        "created_at": "2026-03-01T05:30:00Z", "shipment_date": "2026-03-12T00:00:00Z", "po_number": "00123456789012345678901234567890",
        "line_items": [
            {"sku": "LAMP", "quantity": 3, "unit_price": 33.33, "discount": 10, "discount_type": "value", "is_adhoc": true, "note": "Blue"},
            {"sku": "LAMP", "quantity": 1.25, "unit_price": 1234567.89, "is_adhoc": true},
            {"sku": "LAMP", "quantity": 7, "unit_price": 19.99, "discount": 12.5, "discount_type": "percentage", "is_adhoc": true}
        ]
    }))
    .await;
    clean(&reports);
    assert_eq!(
        web_lines(&world),
        ["LAMPS : LAMP 3 29.99666667 89.99", "LAMPS : LAMP 1.25 1234567.89 1543209.86", "LAMPS : LAMP 7 17.49125 122.44"]
    );
    let facts = web(&world);
    assert_eq!(
        (facts["trandate"].as_str(), facts["shipdate"].as_str()),
        ("2026-02-28", "2026-03-12"),
        "a moment and a pure date"
    );
    assert_eq!(facts["otherrefnum"], "00123456789012345678901234567890");
    assert_eq!(
        world.text_netsuite(&format!("select memo from transactionline where \"transaction\" = {} and id = 1", facts["id"])),
        "Blue"
    );
    assert_eq!(reports[0].0.notes, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_charge_of_ones_own_in_percent_is_of_the_lines() {
    let charges = json!([{"name": "Handling", "type": "service", "amount": 2.5, "value_type": "percentage"}]);
    let (world, reports) = with(json!({"additional_charges": charges, "discount_value": 8})).await;
    clean(&reports);
    assert_eq!(web_lines(&world), ["LAMPS : LAMP 2 99 198", "HANDLING 1 4.95 4.95", "ORDER-DISCOUNT  -8 -8"]);
}

#[tokio::test(start_paused = true)]
async fn no_amount_is_dropped() {
    let fee = json!([{"name": "Fee", "type": "charge", "amount": 3, "value_type": "value"}]);
    let (world, reports) = with(json!({"additional_charges": fee})).await;
    let (reason, message, _) = failure(&reports);
    assert!(reason == "charge_unmapped" && message.contains("Fee"), "{message}");
    assert_eq!(sales_orders(&world), 0);
    let (_, reports) = with_profile("", json!({"discount_value": 3})).await;
    assert!(failure(&reports).1.contains("discount-item"), "{reports:?}");
    let (_, reports) = with_profile("", json!({"shipping_charge": 3})).await;
    assert!(failure(&reports).1.contains("ship-methods"), "{reports:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_sku_rejects_its_order_until_the_item_is_there() {
    let sold = |skus: &[&str]| {
        let line = |sku: &&str| json!({"sku": sku, "quantity": 1, "unit_price": 5, "is_adhoc": true});
        json!({"line_items": skus.iter().map(line).collect::<Vec<_>>()})
    };
    let (mut world, reports) = with(sold(&["LAMP", "OLD", "NEW"])).await;
    let (reason, message, _) = failure(&reports);
    assert_eq!(reason, "sku_not_in_netsuite");
    assert!(message.contains("NEW, OLD") && !message.contains("LAMP"), "{message}");
    world.edit_netsuite(&format!("update item set isinactive = 'F' where id = {OLD}"));
    world.add_item(90_005, "NEW", "5.00");
    world.clock.advance(SignedDuration::from_hours(24));
    clean(&push(&mut world).await);
    assert_eq!(web_lines(&world), ["LAMPS : LAMP 1 5 5", "OLD 1 5 5", "NEW 1 5 5"]);
    assert_eq!(world.rejected(), BTreeMap::new());

    let (mut world, reports) = with(sold(&["TWIN"])).await;
    assert_eq!(failure(&reports).0, "sku_not_in_netsuite");
    world.add_item(90_005, "TWIN", "5.00");
    world.add_item(90_006, "LAMPS : TWIN", "5.00");
    world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(failure(&push(&mut world).await).0, "duplicate_sku");

    let stand_in = "[profile.test.orders]\nadhoc-item = \"90001\"";
    let (world, reports) = with_profile(stand_in, sold(&["NEW"])).await;
    clean(&reports);
    let id = &web(&world)["id"];
    let text = format!("select memo from transactionline where \"transaction\" = {id} and id = 1");
    assert_eq!((world.text_netsuite(&text).as_str(), web_lines(&world)), ("NEW", vec!["LAMPS : LAMP 1 5 5".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn an_order_priced_in_another_currency_than_its_customer_buys_in_is_rejected() {
    let euros = json!({"price_list_id": "BASE-EUR"});
    let (mut world, reports) = with(euros).await;
    let (reason, message, _) = failure(&reports);
    assert_eq!(reason, "currency_mismatch", "{message}");
    assert!(message.contains("EUR") && message.contains("USD"), "{message}");
    edit(&world, WEB, json!({"price_list_id": "BASE"}));
    clean(&push(&mut world).await);
    assert_eq!(sales_orders(&world), 1);
}

#[tokio::test(start_paused = true)]
async fn an_edit_follows_and_lines_that_stay_keep_their_keys() {
    let (mut world, reports) = with(json!({})).await;
    clean(&reports);
    let keys = |world: &World| {
        let sql = format!(
            "select l.id, l.uniquekey from transactionline l where l.\"transaction\" = {} and l.mainline = 'F' order by l.id",
            web(world)["id"]
        );
        world.facts(&sql).iter().map(|facts| facts["uniquekey"].clone()).collect::<Vec<_>>()
    };
    let before = keys(&world);
    edit(
        &world,
        WEB,
        json!({
            "po_number": "PO-2", "customer_note": "Ring", "shipping_method": "UPS Ground", "shipping_charge": 12.5,
            "shipping_address": {"first_name": "Bo", "address_line_1": "1 New Way", "city": "Reno", "state": "NV", "zip_code": "89501", "country": "US"},
            "line_items": [
                {"sku": "LAMP", "quantity": 5, "unit_price": 90, "is_adhoc": true},
                {"sku": "MUG-JUN", "quantity": 1, "unit_price": 26.5, "is_adhoc": true}
            ]
        }),
    );
    let reports = push_clean(&mut world).await;
    assert_eq!((reports[0].0.counts.updated, reports[0].0.notes.len()), (1, 0), "{:?}", reports[0].0);
    assert_eq!(web_lines(&world), ["LAMPS : LAMP 5 90 450", "UPS Ground 1 12.5 12.5", "MUG-JUN 1 26.5 26.5"]);
    assert_eq!(keys(&world)[0], before[0]);
    let facts = web(&world);
    assert_eq!(
        (facts["otherrefnum"].as_str(), facts["memo"].as_str()),
        ("PO-2", "WizCommerce order WEB-0a1b2c3d-0000-4000-8000-00000000000a: Ring")
    );
    assert_eq!((facts["addressee"].as_str(), facts["city"].as_str()), ("Bo", "Reno"));
    // A note alone leaves the lines as they are.
    edit(
        &world,
        WEB,
        json!({"line_items": [
            {"sku": "LAMP", "quantity": 5, "unit_price": 90, "note": "Blue", "is_adhoc": true},
            {"sku": "MUG-JUN", "quantity": 1, "unit_price": 26.5, "is_adhoc": true}
        ]}),
    );
    push_clean(&mut world).await;
    let text = format!("select memo from transactionline where \"transaction\" = {} and id = 1", facts["id"]);
    assert_eq!(world.text_netsuite(&text), "Blue");
    world.clear_logs();
    push_clean(&mut world).await;
    assert_eq!(wrote(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn lines_that_a_person_touched_are_not_overwritten() {
    let (mut world, _) = with(json!({})).await;
    let id = web(&world)["id"].clone();
    world.edit_netsuite(&format!(
        "update transactionline set quantity = '-3', foreignamount = '-297', linelastmodifieddate = sim_now() where \"transaction\" = {id} and id = 1"
    ));
    edit(&world, WEB, json!({"po_number": "PO-3"}));
    push_clean(&mut world).await;
    assert_eq!((web(&world)["otherrefnum"].as_str(), web_lines(&world)), ("PO-3", vec!["LAMPS : LAMP 3 99 297".to_owned()]));
    edit(&world, WEB, json!({"line_items": [{"sku": "LAMP", "quantity": 4, "unit_price": 99, "is_adhoc": true}]}));
    world.clear_logs();
    let reports = push(&mut world).await;
    let (reason, message, _) = failure(&reports);
    assert!(reason == "conflict" && message.contains("lines"), "{message}");
    assert_eq!((wrote(&world), web_lines(&world)), (0, vec!["LAMPS : LAMP 3 99 297".to_owned()]));
    // Once both say the same, it is settled.
    edit(&world, WEB, json!({"line_items": [{"sku": "LAMP", "quantity": 3, "unit_price": 99, "is_adhoc": true}]}));
    world.clock.advance(SignedDuration::from_hours(24));
    push_clean(&mut world).await;
    assert_eq!(world.rejected(), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn what_is_shipped_or_billed_stays_as_it_is() {
    for (sql, word) in [
        ("update transactionline set quantityshiprecv = '1' where \"transaction\" = {} and id = 1", "shipped"),
        ("update transactionline set quantitybilled = '1' where \"transaction\" = {} and id = 1", "billed"),
        ("update \"transaction\" set status = 'G' where id = {}", "billed"),
    ] {
        let (mut world, _) = with(json!({})).await;
        world.edit_netsuite(&sql.replace("{}", &web(&world)["id"]));
        for patch in [
            json!({"line_items": [{"sku": "LAMP", "quantity": 4, "unit_price": 99, "is_adhoc": true}]}),
            json!({"line_items": [{"sku": "LAMP", "quantity": 2, "unit_price": 99, "is_adhoc": true}], "status": "cancelled"}),
        ] {
            edit(&world, WEB, patch);
            world.clock.advance(SignedDuration::from_hours(24));
            let (reason, message, _) = failure(&push(&mut world).await);
            assert!(reason == "conflict" && message.contains(word), "{message}");
            assert_eq!(web_lines(&world), ["LAMPS : LAMP 2 99 198"]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_order_is_closed_line_by_line() {
    let charges = json!([{"name": "Handling", "type": "charge", "amount": 3, "value_type": "value"}]);
    let (mut world, _) = with(json!({"discount_value": 5, "additional_charges": charges})).await;
    let id = web(&world)["id"].clone();
    edit(&world, WEB, json!({"status": "cancelled"}));
    push_clean(&mut world).await;
    let open = format!(
        "select count(*) from transactionline l join item i on i.id = l.item where l.\"transaction\" = {id} and l.mainline = 'F' and i.itemtype <> 'Discount'          and l.isclosed = 'F'"
    );
    assert_eq!((web(&world)["status"].as_str(), world.count_netsuite(&open)), ("H", 0));
    world.clear_logs();
    let again = push_clean(&mut world).await;
    assert_eq!((wrote(&world), again[0].0.counts.changes()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_order_ended_in_netsuite_is_no_conflict_when_it_is_cancelled() {
    let (mut world, _) = with(json!({})).await;
    world.edit_netsuite(&format!("update \"transaction\" set status = 'C' where id = {}", web(&world)["id"]));
    edit(&world, WEB, json!({"status": "cancelled"}));
    world.clear_logs();
    push_clean(&mut world).await;
    assert_eq!(wrote(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_order_whose_create_was_lost_is_closed_all_the_same() {
    let mut world = shop();
    world.edit_wizcommerce(r#"[{"delete": "/v2/orders/*"}]"#);
    enter(&world, WEB, json!({}));
    // Executed, and nobody learns of it: all answers are lost, those of the look-ups too.
    world.faults.add(fault("POST", Action::LoseReply));
    let lost = Fault {
        times: None,
        contains: Some("externalid IN".into()),
        ..Fault::once("netsuite", "POST", "/services/rest/query", Action::Cut)
    };
    world.faults.add(Fault { skip: 1, ..lost });
    push(&mut world).await;
    world.faults.clear();
    assert_eq!(world.state.intents("orders", "push").unwrap(), [WEB]);
    edit(&world, WEB, json!({"status": "cancelled"}));
    push_clean(&mut world).await;
    assert_eq!(web(&world)["status"], "H");
    assert_eq!(world.state.intents("orders", "push").unwrap(), Vec::<String>::new());
    // The same after the state was lost.
    let (mut world, _) = with(json!({})).await;
    world.lose_state();
    link_customers(&mut world);
    edit(&world, WEB, json!({"status": "cancelled"}));
    let reports = push_clean(&mut world).await;
    assert_eq!((sales_orders(&world), reports[0].0.counts.adopted), (1, 1), "{:?}", reports[0].0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_one_order() {
    for action in [Action::LoseReply, Action::Cut, Action::HoldMsThenExecute(3000), Action::Html, Action::Empty] {
        let mut world = shop();
        world.edit_wizcommerce(r#"[{"delete": "/v2/orders/*"}]"#);
        enter(&world, WEB, json!({}));
        let name = format!("{action:?}");
        world.faults.add(fault("POST", action));
        clean(&push(&mut world).await);
        // What is late arrives at last.
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        assert_eq!((sales_orders(&world), web_lines(&world)), (1, vec!["LAMPS : LAMP 2 99 198".to_owned()]), "{name}");
        world.clear_logs();
        clean(&push(&mut world).await);
        assert_eq!((wrote(&world), world.state.intents("orders", "push").unwrap().len()), (0, 0), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_an_edit_adds_no_line() {
    for action in [Action::LoseReply, Action::Cut, Action::HoldMsThenExecute(500)] {
        let (mut world, _) = with(json!({})).await;
        let name = format!("{action:?}");
        edit(
            &world,
            WEB,
            json!({"po_number": "PO-9", "line_items": [
                {"sku": "LAMP", "quantity": 3, "unit_price": 99, "note": "Red", "is_adhoc": true}, {"sku": "MUG-JUN", "quantity": 1, "unit_price": 26.5, "is_adhoc": true}
            ]}),
        );
        world.faults.add(Fault { contains: Some("replace=item".into()), ..fault("PATCH", action) });
        push_clean(&mut world).await;
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        assert_eq!(web_lines(&world), ["LAMPS : LAMP 3 99 297", "MUG-JUN 1 26.5 26.5"], "{name}");
        assert_eq!(web(&world)["otherrefnum"], "PO-9");
        world.clear_logs();
        push_clean(&mut world).await;
        assert_eq!(wrote(&world), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_states_that_push_the_same_order_make_one() {
    let (mut world, _) = with(json!({"shipping_charge": 4, "line_items": [{"sku": "LAMP", "quantity": 2, "unit_price": 99, "note": "Blue", "is_adhoc": true}]})).await;
    let before = (web(&world), web_lines(&world));
    world.lose_state();
    link_customers(&mut world);
    world.clear_logs();
    let reports = push_clean(&mut world).await;
    assert_eq!((reports[0].0.counts.adopted, reports[0].0.counts.created, wrote(&world)), (1, 0, 0), "{:?}", reports[0].0);
    assert_eq!((before, sales_orders(&world)), ((web(&world), web_lines(&world)), 1));
    let link = world.state.link_by_wiz("orders", WEB).unwrap().unwrap();
    assert_eq!(link.external_id, Some(format!("wz_so_{WEB}")));

    // What a person changed meanwhile is taken as agreed, and later edits are told apart from it.
    let id = web(&world)["id"].clone();
    world.edit_netsuite(&format!(
        "update \"transaction\" set otherrefnum = 'BY HAND', memo = null where id = {id}; \
         update transactionline set quantity = '-9', foreignamount = '-891' where \"transaction\" = {id} and id = 1"
    ));
    world.lose_state();
    link_customers(&mut world);
    world.clear_logs();
    let reports = push_clean(&mut world).await;
    assert_eq!((wrote(&world), reports[0].0.counts.adopted), (0, 1), "{:?}", reports[0].0);
    edit(&world, WEB, json!({"po_number": "PO-4"}));
    push_clean(&mut world).await;
    assert_eq!((web(&world)["otherrefnum"].as_str(), web_lines(&world)[0].as_str()), ("PO-4", "LAMPS : LAMP 9 99 891"));
}

#[tokio::test(start_paused = true)]
async fn the_other_direction_linking_first_changes_nothing() {
    use netwiz::model::Direction::{Pull, Push};
    let (mut world, _) = with(json!({})).await;
    world.lose_state();
    link_customers(&mut world);
    world.clear_logs();
    let tasks = [(Orders, Pull, Task::Changes), (Orders, Push, Task::Changes)];
    world.clock.advance(SignedDuration::from_mins(15));
    let reports = world.flows(&tasks, Options::default(), &Silent).await;
    assert!(reports[1].1.is_none() && reports[1].0.counts.rejected == 0, "{reports:?}");
    assert_eq!((wrote(&world), sales_orders(&world)), (0, 1));
    edit(&world, WEB, json!({"line_items": [{"sku": "LAMP", "quantity": 4, "unit_price": 99, "is_adhoc": true}]}));
    push_clean(&mut world).await;
    assert_eq!(web_lines(&world), ["LAMPS : LAMP 4 99 396"]);
    // What NetSuite's progress makes of the order is no news for this direction.
    world.edit_netsuite(&format!(
        "update \"transaction\" set status = 'D', lastmodifieddate = sim_now() where id = {id}; \
         update transactionline set quantityshiprecv = '1' where \"transaction\" = {id} and id = 1",
        id = web(&world)["id"]
    ));
    world.clear_logs();
    for _ in 0..2 {
        world.clock.advance(SignedDuration::from_mins(15));
        let reports = world.flows(&tasks, Options::default(), &Silent).await;
        assert!(
            reports[1].1.is_none() && reports[1].0.counts.changes() + reports[1].0.counts.rejected == 0,
            "{:?}",
            reports[1].0
        );
    }
    assert_eq!(wrote(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn an_order_deleted_in_netsuite_is_not_made_again() {
    let (mut world, _) = with(json!({})).await;
    let id = web(&world)["id"].clone();
    world.edit_netsuite(&format!(
        "delete from transactionline where \"transaction\" = {id}; delete from \"transaction\" where id = {id}"
    ));
    edit(&world, WEB, json!({"po_number": "PO-5"}));
    let (reason, message, _) = failure(&push(&mut world).await);
    assert!(reason == "conflict" && message.contains("deleted in NetSuite"), "{message}");
    assert_eq!(sales_orders(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn a_customer_netsuite_does_not_know_is_named_with_the_command_that_helps() {
    let mut world = shop();
    world.edit_wizcommerce(r#"[{"delete": "/v2/orders/*"}]"#);
    let gone = "0a1b2c3d-0000-4000-8000-0000000000ff";
    link(&mut world.state, "customers", 987_654, gone.to_owned());
    let customer = json!({"id": gone, "company_name": "Gone Ltd", "email": "gone@shop.example"});
    world.edit_wizcommerce(&json!([{"insert": "customers", "document": customer}]).to_string());
    enter(&world, WEB, json!({"customer_id": gone}));
    let (reason, message, hint) = failure(&push(&mut world).await);
    assert_eq!(reason, "nonexistent_id", "{message}");
    assert!(hint.contains(&format!("netwiz push customer {gone}")), "{hint}");
}

#[tokio::test(start_paused = true)]
async fn what_came_from_netsuite_never_goes_back_and_early_orders_stay_out() {
    let (mut world, reports) = with(json!({"source": "netsuite"})).await;
    assert_eq!((reports[0].0.counts.read, sales_orders(&world)), (0, 0));
    let named = world.push(&[(Orders, Task::Wiz(vec![WizId(WEB.into())]))], Options::default(), &Silent).await;
    assert_eq!(named[0].0.skipped_reasons.get("netsuite_origin"), Some(&1));

    let start = "[profile.test.orders]\nstart-date = \"2026-03-01\"";
    let (world, reports) = with_profile(start, json!({"created_at": "2026-03-01T07:00:00Z"})).await;
    assert_eq!((reports[0].0.skipped_reasons.get("start_date"), sales_orders(&world)), (Some(&1), 0));
    let (_, reports) = with_profile(start, json!({"created_at": "2026-03-01T09:00:00Z"})).await;
    assert_eq!(reports[0].0.counts.created, 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_is_pushed_by_its_number_and_by_its_id() {
    let mut world = shop();
    let wanted = Task::Named(vec![Wanted::Number("W2003".into())]);
    clean(&world.push(&[(Orders, wanted), (Orders, Task::Wiz(vec![WizId(order(1))]))], Options::default(), &Silent).await);
    assert_eq!(sales_orders(&world), 2);
    let missing = world.push(&[(Orders, Task::Wiz(vec![WizId("nobody".into())]))], Options::default(), &Silent).await;
    assert_eq!(failure(&missing).0, "nonexistent_id");
}

#[tokio::test(start_paused = true)]
async fn a_saved_address_is_named_and_one_that_was_changed_is_sent() {
    let mut world = shop();
    world.edit_wizcommerce(r#"[{"delete": "/v2/orders/*"}]"#);
    let book = world.facts(&format!(
        "select b.internalid, a.addr1, a.city, a.zip from customeraddressbook b join customeraddressbookentityaddress a on a.nkey = b.addressbookaddress          where b.entity = {} and a.addr1 is not null order by b.internalid desc limit 1",
        buyers(&world)[0]
    ));
    let saved = &book[0];
    let text = |name: &str| saved.get(name).cloned().unwrap_or_default();
    let copy = json!({"reference_id": text("internalid"), "address_line_1": text("addr1").to_uppercase(), "city": text("city"), "zip_code": text("zip")});
    enter(&world, WEB, json!({"shipping_address": copy}));
    let other = "0a1b2c3d-0000-4000-8000-00000000000b";
    let mut changed = copy.clone();
    changed["address_line_1"] = json!("77 Elsewhere");
    enter(&world, other, json!({"shipping_address": changed}));
    world.clear_logs();
    push_clean(&mut world).await;
    assert_eq!(web(&world)["addr1"], text("addr1"), "as NetSuite writes it");
    assert_eq!(booked(&world, &format!("wz_so_{other}"))["addr1"], "77 Elsewhere");
}

#[tokio::test(start_paused = true)]
async fn quotes_become_estimates_and_follow_while_they_are_open() {
    let mut world = shop();
    let wait = |world: &mut World| world.clock.advance(SignedDuration::from_mins(15));
    wait(&mut world);
    let reports = world.push(&[(Estimates, Task::Changes)], Options::default(), &Silent).await;
    clean(&reports);
    assert_eq!(reports[0].0.counts.created, 2, "{:?}", reports[0].0);
    assert_eq!(reports[0].0.notes, Vec::<String>::new());
    let name = |nth: usize| format!("wz_es_{}", id(Kind::Quote, nth));
    let first = booked(&world, &name(1));
    assert_eq!((first["type"].as_str(), first["status"].as_str(), first["duedate"].as_str()), ("Estimate", "A", "2026-04-01"));
    assert_eq!(first["memo"], format!("WizCommerce quote {}: Spring reset", QUOTES[0]));
    assert_eq!(lines(&world, &name(1)).len(), 1);
    let patch = |world: &World, patch: Value| {
        world.edit_wizcommerce(&json!([{"set": format!("/v1/quotes/{}", id(Kind::Quote, 1)), "patch": patch}]).to_string());
    };
    patch(
        &world,
        json!({"line_items": [{"sku": "LAMP", "quantity": 2, "unit_price": 80, "is_adhoc": true}], "shipping_charge": 9, "shipping_method": "UPS Ground"}),
    );
    wait(&mut world);
    clean(&world.push(&[(Estimates, Task::Changes)], Options::default(), &Silent).await);
    assert_eq!(lines(&world, &name(1)), ["UPS Ground 1 9 9", "LAMPS : LAMP 2 80 160"]);
    world.edit_netsuite(&format!("update \"transaction\" set status = 'B' where id = {}", first["id"]));
    patch(&world, json!({"line_items": [{"sku": "LAMP", "quantity": 3, "unit_price": 80, "is_adhoc": true}]}));
    wait(&mut world);
    let reports = world.push(&[(Estimates, Task::Changes)], Options::default(), &Silent).await;
    assert_eq!(failure(&reports).0, "conflict");
    // Rejected by the customer: nothing changes, and nothing is left to be tried again.
    patch(&world, json!({"status": "rejected"}));
    world.clock.advance(SignedDuration::from_hours(24));
    clean(&world.push(&[(Estimates, Task::Changes)], Options::default(), &Silent).await);
    assert_eq!(world.rejected(), BTreeMap::new());
    assert_eq!(booked(&world, &name(1))["status"], "B");
}

#[tokio::test(start_paused = true)]
async fn without_quotes_estimates_do_nothing() {
    let mut world = shop();
    world.settings.wizcommerce.extensions.clear();
    let reports = world.push(&[(Estimates, Task::Changes)], Options::default(), &Silent).await;
    clean(&reports);
    assert_eq!(reports[0].0.notes.len(), 1, "{:?}", reports[0].0);
}

#[tokio::test(start_paused = true)]
async fn a_first_push_stops_before_it_floods_netsuite() {
    let mut world = shop();
    let options = Options { first_push: Some(5), ..Options::default() };
    let reports = world.push(&[(Orders, Task::Changes)], options, &Silent).await;
    assert_eq!(reports[0].1.as_ref().map(netwiz::error::Error::kind), Some(ErrorKind::Decision));
    assert_eq!(sales_orders(&world), 0);
    let options = Options { first_push: Some(6), ..Options::default() };
    clean(&world.push(&[(Orders, Task::Changes)], options, &Silent).await);
}

#[tokio::test(start_paused = true)]
async fn a_customer_nobody_linked_is_brought_first_and_takes_its_order_along_when_it_cannot_be() {
    let mut world = World::with(Differences { items: Some(60), profile: PROFILE, ..Differences::default() });
    world.add_item(LAMP, "LAMPS : LAMP", "99.00");
    world.edit_wizcommerce(r#"[{"delete": "/v2/orders/*"}]"#);
    enter(&world, WEB, json!({}));
    push_clean(&mut world).await;
    let customer = world.state.link_by_wiz("customers", &id(Kind::Customer, 1)).unwrap().unwrap();
    assert_eq!(web(&world)["entity"], customer.ns_id.to_string());

    let other = "0a1b2c3d-0000-4000-8000-00000000000b";
    let bare = "0a1b2c3d-0000-4000-8000-0000000000ff";
    let customer = json!({"id": bare, "company_name": "Bare Ltd", "email": "bare@shop.example"});
    world.edit_wizcommerce(&json!([{"insert": "customers", "document": customer}]).to_string());
    enter(&world, other, json!({"customer_id": bare}));
    let reports = push(&mut world).await;
    let (reason, message, _) = failure(&reports);
    assert_eq!(reason, "missing_mandatory_fields", "{message}");
    assert_eq!(sales_orders(&world), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_is_in_the_currency_of_its_customer() {
    let mut world = shop();
    world.edit_wizcommerce(r#"[{"delete": "/v2/orders/*"}]"#);
    let euros =
        "select c.id from customer c join currency u on u.id = c.currency where u.symbol = 'EUR' and c.isinactive = 'F' limit 1";
    let buyer = world.count_netsuite(euros);
    let sold_there = format!(
        "insert into itemsubsidiarymap select {LAMP}, subsidiary from customersubsidiaryrelationship where entity = {buyer} and subsidiary <> 1"
    );
    world.edit_netsuite(&sold_there);
    let customer = "0a1b2c3d-0000-4000-8000-0000000000ff";
    link(&mut world.state, "customers", buyer, customer.to_owned());
    let document =
        json!({"id": customer, "company_name": "Quai Ltd", "email": "q@shop.example", "assigned_price_list_id": "ref:BASE-EUR"});
    world.edit_wizcommerce(&json!([{"insert": "customers", "document": document}]).to_string());
    enter(&world, WEB, json!({"customer_id": customer}));
    push_clean(&mut world).await;
    let symbol = format!("select u.symbol from currency u where u.id = {}", web(&world)["currency"]);
    assert_eq!((world.text_netsuite(&symbol).as_str(), web_lines(&world)), ("EUR", vec!["LAMPS : LAMP 2 99 198".to_owned()]));
}
