//! Settings, each by what it changes on the other side. Those of products and inventory alone are tested with these.

use std::collections::BTreeMap;

use netwiz::entities::Wanted;
use netwiz::error::{Error, ErrorKind};
use netwiz::model::Direction;
use netwiz::model::EntityKind::{Customers, Inventory, Invoices, Orders, Products, Shipments};
use netwiz::sync::{Options, Silent, Task};
use serde_json::Value;

use crate::world::{Differences, Reports, World, clean};

fn world(profile: &'static str) -> World {
    World::with(Differences { items: Some(30), profile, ..Differences::default() })
}

async fn customers(world: &mut World) -> Reports {
    let reports = world.sync(&[Customers], Options::default()).await;
    clean(&reports);
    reports
}

/// The records of a kind by Internal ID.
fn by_id(world: &World, resource: &str) -> BTreeMap<i64, Value> {
    let all = world.sandbox.wizcommerce.documents(resource).unwrap();
    all.into_iter().filter_map(|one| Some((one["reference_id"].as_str()?.parse().ok()?, one))).collect()
}

fn skipped(reports: &Reports, reason: &str) -> u64 {
    reports[0].0.skipped_reasons.get(reason).copied().unwrap_or(0)
}

/// Customers that a sync without settings brings, under a further condition.
fn expected(world: &World, condition: &str) -> i64 {
    world.count_netsuite(&format!(
        "select count(*) from customer c where c.isinactive = 'F' and c.searchstage = 'Customer' and {condition}"
    ))
}

#[tokio::test(start_paused = true)]
async fn the_customer_filter_chooses_customers() {
    let mut world = world("[profile.test.customers]\nwhere = \"pricelevel = 5 or lower(email) = 'nobody'\"\n");
    let reports = customers(&mut world).await;
    let there = by_id(&world, "customers");
    assert_eq!(there.len() as i64, expected(&world, "c.pricelevel = 5"));
    assert!(skipped(&reports, "filter") > 0 && !there.is_empty(), "{:?}", reports[0].0);
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_may_not_be_sent_is_refused_before_anybody_is_asked() {
    for profile in ["[profile.test.customers]\nwhere = \"id = 1; drop\"\n", "[profile.test.products]\nwhere = \"id = 1; drop\"\n"]
    {
        let world = world(profile);
        let entity = if profile.contains("customers") { Customers } else { Products };
        let error = netwiz::profile::check(&world.settings, entity, Direction::Pull).unwrap_err();
        assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::Config, 6));
        assert!(error.to_string().contains(".where`") && error.to_string().contains("at column 7"), "{error}");
        assert!(error.hints()[0].contains("id = 1; drop"), "{:?}", error.hints());
    }
}

#[tokio::test(start_paused = true)]
async fn the_subsidiaries_choose_customers_and_orders() {
    let mut world = world("");
    world.settings.netsuite.subsidiaries = vec!["2".into()];
    let reports = customers(&mut world).await;
    let of_two = "exists (select 1 from customersubsidiaryrelationship r where r.entity = c.id and r.subsidiary = 2 and r.isprimarysub = 'T')";
    let there = by_id(&world, "customers");
    assert_eq!(there.len() as i64, expected(&world, of_two));
    assert!(skipped(&reports, "subsidiary") > 0 && !there.is_empty());
    let reports = world.sync(&[Products, Orders], Options::default()).await;
    let brought = by_id(&world, "orders");
    for id in brought.keys() {
        let subsidiary = world
            .count_netsuite(&format!("select subsidiary from transactionline where \"transaction\" = {id} and mainline = 'T'"));
        assert_eq!(subsidiary, 2, "{id}");
    }
    assert!(reports[1].0.skipped_reasons.contains_key("subsidiary"), "{:?}", reports[1].0.skipped_reasons);
}

#[tokio::test(start_paused = true)]
async fn a_mapped_employee_becomes_the_mapped_rep() {
    let mut world = world("");
    world.settings.sales_reps.emails.insert("12".into(), "chloe.tran@netwiz.example".into());
    customers(&mut world).await;
    let reps = world.sandbox.wizcommerce.documents("sales_reps").unwrap();
    let rep = |email: &str| reps.iter().find(|rep| rep["email"] == email).unwrap()["id"].clone();
    let there = by_id(&world, "customers");
    for (condition, email) in [
        ("c.salesrep = 12", "chloe.tran@netwiz.example"),
        ("c.salesrep = 14", "chloe.tran@netwiz.example"),
        ("c.salesrep is null", "house@netwiz.example"),
    ] {
        let all: Vec<&Value> = there
            .iter()
            .filter(|(id, _)| {
                world.count_netsuite(&format!("select count(*) from customer c where c.id = {id} and {condition}")) > 0
            })
            .map(|(_, customer)| customer)
            .collect();
        assert!(!all.is_empty() || condition.ends_with("null"), "{condition}");
        for customer in all {
            assert_eq!(customer["assigned_sales_rep_ids"], serde_json::json!([rep(email)]), "{condition}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_catalogs_name_the_price_lists_of_customers_and_products() {
    let mut world = world("");
    // Level 6 is not mapped any more, nor level 5 in euros.
    let catalogs = &mut world.settings.catalogs.price_lists;
    catalogs.retain(|_, list| list != "DEALER" && list != "DEALER-EUR" && list != "WHOLESALE-EUR");
    let reports = world.sync(&[Products, Customers], Options::default()).await;
    assert!(reports.iter().all(|(_, error)| error.is_none()));
    let lists: BTreeMap<String, String> = world
        .sandbox
        .wizcommerce
        .documents("price_lists")
        .unwrap()
        .iter()
        .map(|list| (list["id"].as_str().unwrap().into(), list["reference_id"].as_str().unwrap_or_default().into()))
        .collect();
    for product in world.products().values() {
        for price in product["product_prices"].as_array().unwrap() {
            let list = &lists[price["price_list_id"].as_str().unwrap()];
            assert!(["BASE", "WHOLESALE", "BASE-EUR"].contains(&list.as_str()), "{list}");
        }
    }
    let mut seen = BTreeMap::new();
    for (id, customer) in by_id(&world, "customers") {
        let level =
            world.text_netsuite(&format!("select coalesce(pricelevel, 1) || ':' || currency from customer where id = {id}"));
        let list = lists[customer["assigned_price_list_id"].as_str().unwrap()].clone();
        seen.insert(level, list);
    }
    for (level, list) in [("1:1", "BASE"), ("5:1", "WHOLESALE"), ("6:1", "BASE"), ("1:2", "BASE-EUR")] {
        if let Some(found) = seen.get(level) {
            assert_eq!(found, list, "{level}");
        }
    }
    assert!(seen.contains_key("6:1") && seen.contains_key("5:1"), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn attributes_of_customers_are_filled_from_their_fields() {
    let mut world = world("[profile.test.customers]\nattributes = { \"Group\" = \"pricelevel\" }\n");
    customers(&mut world).await;
    let there = by_id(&world, "customers");
    let attribute = |customer: &Value| {
        let all = customer["attributes"].as_array().cloned().unwrap_or_default();
        all.iter().find(|one| one["name"] == "Group").map(|one| one["value"].as_str().unwrap().to_owned())
    };
    let mut some = 0;
    for (id, customer) in &there {
        let level = world.text_netsuite(&format!(
            "select coalesce((select name from pricelevel p where p.id = c.pricelevel), '') from customer c where c.id = {id}"
        ));
        assert_eq!(attribute(customer).unwrap_or_default(), level, "{id}");
        some += usize::from(!level.is_empty());
    }
    assert!(some > 0);
}

#[tokio::test(start_paused = true)]
async fn orders_before_the_start_date_stay_out() {
    let mut world = world("[profile.test.orders]\nstart-date = \"2026-02-15\"\n");
    let reports = world.sync(&[Products, Customers, Orders], Options::default()).await;
    assert!(reports.iter().all(|(_, error)| error.is_none()));
    let orders = by_id(&world, "orders");
    assert!(!orders.is_empty());
    for id in orders.keys() {
        let date = world.text_netsuite(&format!("select substr(trandate, 1, 10) from \"transaction\" where id = {id}"));
        assert!(date.as_str() >= "2026-02-15", "{id}: {date}");
    }
    let early = world.count_netsuite("select count(*) from \"transaction\" where type = 'SalesOrd' and trandate < '2026-02-15'");
    assert!(early > 0);
    assert_eq!(reports[2].0.skipped_reasons.get("start_date").copied(), Some(u64::try_from(early).unwrap()));
}

#[tokio::test(start_paused = true)]
async fn linked_brings_the_documents_of_an_order() {
    for linked in [false, true] {
        let mut world = world("");
        world.settings.wizcommerce.extensions.push(netwiz::config::Extension::CreditMemos);
        clean(&world.sync(&[Products, Inventory], Options::default()).await);
        let order = world.count_netsuite("select id from \"transaction\" where type = 'SalesOrd' and tranid = 'SO1001'");
        let options = Options { linked, ..Options::default() };
        clean(&world.run(&[(Orders, Task::Named(vec![Wanted::Ids(vec![order])]))], options, &Silent).await);
        assert_eq!(by_id(&world, "orders").keys().copied().collect::<Vec<_>>(), [order]);
        let made = |kind: &str| {
            world.count_netsuite(&format!(
                "select count(distinct l.\"transaction\") from transactionline l join \"transaction\" t on t.id = l.\"transaction\" \
                 where t.type = '{kind}' and l.createdfrom = {order}"
            ))
        };
        assert_eq!(made("CustInvc"), 2);
        for (resource, kind) in [("invoices", "CustInvc"), ("shipments", "ItemShip")] {
            let count = by_id(&world, resource).len() as i64;
            assert_eq!(count, if linked { made(kind) } else { 0 }, "{resource}, linked: {linked}");
        }
        let names: Vec<&str> = world.side.iter().map(|report| report.entity.as_ref()).collect();
        assert_eq!(names.contains(&Invoices.name()) && names.contains(&Shipments.name()), linked, "{names:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_zone_in_the_profile_moves_no_bound() {
    let mut world = world("");
    world.settings.netsuite.timezone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    clean(&world.sync(&[Products], Options::default()).await);
    let id =
        world.count_netsuite("select min(id) from item where itemtype = 'InvtPart' and isinactive = 'F' and matrixtype is null");
    world.edit_netsuite(&format!("update item set displayname = 'Seen', lastmodifieddate = sim_now() where id = {id}"));
    let reports = world.next().await;
    let errors: Vec<&Error> = reports.iter().filter_map(|(_, error)| error.as_ref()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(by_id(&world, "products")[&id]["name"], "Seen", "the account's own clock is followed");
}
