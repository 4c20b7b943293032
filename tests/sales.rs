//! Orders and quotes on their way to NetSuite: what its own tables hold afterwards, and that nothing is there twice.

mod world;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use netwiz::config::Extension;
use netwiz::entities::Wanted;
use netwiz::model::EntityKind::{Estimates, Orders};
use netwiz::model::{Link, NetSuiteId, WizId};
use netwiz::sandbox::seed::shop::{CANCELLED, CONFIRMED, DRAFTS, Kind, id};
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

#[tokio::test(start_paused = true)]
async fn the_seeded_orders_arrive_once_and_exactly() {
    let mut world = shop();
    let reports = push_clean(&mut world).await;
    let report = &reports[0].0;
    assert_eq!(report.counts.created, CONFIRMED.len() as u64, "{report:?}");
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(sales_orders(&world), CONFIRMED.len() as i64);
    assert_eq!(report.skipped_reasons, BTreeMap::from([("status".to_owned(), 1)].map(|(k, v): (String, u64)| (k.into(), v))));
    let _ = (CANCELLED, DRAFTS);

    for nth in 1..=6 {
        let facts = order_booked(&world, nth);
        println!("{nth} {facts:?} {:#?}", lines(&world, &format!("wz_so_{}", order(nth))));
    }
    let again = push_clean(&mut world).await;
    assert_eq!(again[0].0.counts.changes(), 0, "{:?}", again[0].0);
}
