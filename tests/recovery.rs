//! What a run must not be stopped or misled by: its own linked documents, another flow's listing, deletions that were refused,
//! creates left open, features that an account does not have.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use std::time::Duration;

use jiff::SignedDuration;
use netwiz::entities::Wanted;
use netwiz::error::ErrorKind;
use netwiz::model::EntityKind::{self, Customers, Inventory, Invoices, Kits, Orders, Products, Shipments};
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sync::{Options, Silent, Task};
use world::{Differences, World};

const ALL: [EntityKind; 7] = [Products, Kits, Inventory, Customers, Orders, Shipments, Invoices];

/// The id of a transaction, by its number.
fn id_of(world: &World, number: &str) -> i64 {
    world.count_netsuite(&format!("select id from \"transaction\" where tranid = '{number}'"))
}

async fn synced() -> World {
    let mut world = World::new();
    let reports = world.sync(&ALL, Options::default()).await;
    world::clean(&reports);
    world
}

fn document(world: &World, resource: &str, reference: i64) -> Option<serde_json::Value> {
    let (all, reference) = (world.sandbox.wizcommerce.documents(resource).unwrap(), reference.to_string());
    all.into_iter().find(|document| document["reference_id"] == reference.as_str())
}

#[tokio::test(start_paused = true)]
async fn a_document_pulled_with_its_order_does_not_wait_for_itself() {
    let mut world = World::new();
    world::clean(&world.sync(&[Products, Customers], Options::default()).await);
    let invoice = world.count_netsuite(
        "select min(l.\"transaction\") from transactionline l join \"transaction\" t on t.id = l.\"transaction\" \
         and t.type = 'CustInvc' join \"transaction\" o on o.id = l.createdfrom and o.tranid = 'SO1001'",
    );
    let options = Options { linked: true, ..Options::default() };
    let named = [(Invoices, Task::Named(vec![Wanted::Ids(vec![invoice])]))];
    let run = tokio::time::timeout(Duration::from_secs(600), world.run(&named, options, &Silent)).await;
    world::clean(&run.expect("it comes to an end"));
    assert!(document(&world, "invoices", invoice).is_some());
    assert!(document(&world, "orders", id_of(&world, "SO1001")).is_some(), "its order came first");
    assert_eq!(world.sandbox.wizcommerce.count("shipments").unwrap(), 0, "nothing else of the order was asked for");
}

#[tokio::test(start_paused = true)]
async fn kits_leave_the_listing_that_products_rely_on_alone() {
    let mut world = World::with(Differences {
        profile: "[profile.test.products]\ninactive = \"all\"\n",
        items: Some(40),
        ..Differences::default()
    });
    // Everything is there already, brought by a state file that is lost; then a price list is missing for a while.
    world::clean(&world.sync(&[Products, Kits], Options::default()).await);
    let before = world.products();
    world.lose_state();
    world.edit_netsuite("update item set displayname = displayname || ' 2', lastmodifieddate = sim_now()");
    world.edit_wizcommerce(r#"[{"set": "/v1/price-lists/ref:DEALER", "patch": {"status": "inactive"}}]"#);
    world.clock.advance(SignedDuration::from_mins(5));
    let reports = world.sync(&[Products, Kits], Options::default()).await;
    assert_eq!(reports[0].1.as_ref().map(netwiz::error::Error::kind), Some(ErrorKind::Config));
    world.edit_wizcommerce(r#"[{"set": "/v1/price-lists/ref:DEALER", "patch": {"status": "active"}}]"#);
    world.clock.advance(SignedDuration::from_mins(5));
    let reports = world.sync(&[Products, Kits], Options::default()).await;
    world::clean(&reports);
    assert_eq!(reports[0].0.counts.created, 0, "{:?}", reports[0].0.counts);
    assert_eq!(world.products().len(), before.len());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_refused_is_told_again() {
    let mut world = synced().await;
    let order = id_of(&world, "SO1005");
    world.edit_netsuite(&format!(
        "delete from transactionline where \"transaction\" = {order}; delete from \"transaction\" where id = {order}; \
         insert into deletedrecord (recordid, recordtypeid, scriptid, name, type, deleteddate) \
         values ({order}, -30, 'SALESORDER', 'SO1005', 'Sales Order', sim_now());"
    ));
    let refusal = Action::Reply {
        status: 400,
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        body: r#"{"code":"BAD_REQUEST","message":"not now"}"#.into(),
    };
    world.faults.add(Fault { contains: Some("cancelled".into()), ..Fault::once("wizcommerce", "PATCH", "/v2/orders", refusal) });
    world.clock.advance(SignedDuration::from_mins(15));
    let reports = world.sync(&[Orders], Options::default()).await;
    assert_eq!(reports[0].0.counts.rejected, 1, "{:?}", reports[0].0.failures);
    assert_eq!(document(&world, "orders", order).unwrap()["status"], "confirmed");
    // Long after the list's overlap is past.
    world.clock.advance(SignedDuration::from_hours(2));
    world::clean(&world.sync(&[Orders], Options::default()).await);
    assert_eq!(document(&world, "orders", order).unwrap()["status"], "cancelled");
    assert_eq!(world.rejected().len(), 0);
    world.endpoints[1].clear_log();
    world.clock.advance(SignedDuration::from_mins(15));
    world::clean(&world.sync(&[Orders], Options::default()).await);
    assert_eq!(world.requests(1, "PATCH"), 0, "once is enough");
}

#[tokio::test(start_paused = true)]
async fn a_create_left_open_is_found_though_its_source_is_out_of_scope_now() {
    let mut world = World::new();
    world::clean(&world.sync(&[Products, Kits, Customers, Orders], Options::default()).await);
    let shipment = world.count_netsuite(
        "select min(t.id) from \"transaction\" t join transactionline l on l.\"transaction\" = t.id \
         join \"transaction\" o on o.id = l.createdfrom and o.tranid = 'SO1008' where t.type = 'ItemShip'",
    );
    let lost = Fault::once("wizcommerce", "POST", "/v1/shipments", Action::LoseReply);
    world.faults.add(Fault { contains: Some(format!("\"{shipment}\"")), ..lost });
    // Nor can it be looked up: the run ends with the create open.
    world.faults.add(Fault { times: None, skip: 3, ..Fault::once("wizcommerce", "GET", "/v1/shipments", Action::Cut) });
    let named = [(Shipments, Task::Named(vec![Wanted::Ids(vec![shipment])]))];
    let reports = world.run(&named, Options::default(), &Silent).await;
    assert_eq!(reports[0].1.as_ref().map(netwiz::error::Error::kind), Some(ErrorKind::Unavailable));
    assert_eq!(world.state.intents("shipments", "pull").unwrap().len(), 1);
    world.faults.clear();
    world.edit_netsuite(&format!("update \"transaction\" set status = 'B', lastmodifieddate = sim_now() where id = {shipment}"));
    world.clock.advance(SignedDuration::from_mins(15));
    world::clean(&world.sync(&[Shipments], Options::default()).await);
    assert_eq!(document(&world, "shipments", shipment).unwrap()["shipment_status"], "created", "it was taken back");
    assert_eq!(world.state.intents("shipments", "pull").unwrap(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_account_without_kits_packages_and_tracking_is_served() {
    let netsuite = netwiz::sandbox::netsuite::Settings {
        absent: ["kititemmember", "trackingnumbermap", "itemfulfillmentpackage"].map(str::to_owned).to_vec(),
        ..Default::default()
    };
    let profile = "[profile.test.products]\ntypes = [\"InvtPart\", \"Assembly\"]\n";
    let mut world = World::with(Differences { netsuite: Some(netsuite), profile, ..Differences::default() });
    for run in 0..2 {
        let reports = world.sync(&ALL, Options::default()).await;
        for (report, error) in &reports {
            assert!(error.is_none(), "{run} {} {error:?}", report.entity);
        }
        world.clock.advance(SignedDuration::from_mins(15));
    }
    assert!(world.sandbox.wizcommerce.count("shipments").unwrap() > 0);
}
