//! A lost state file: the map is rebuilt from what both systems say of each other, and nothing is made twice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use netwiz::model::{Direction, EntityKind, Link, NetSuiteId, WizId};
use netwiz::profile::FLOWS;
use netwiz::state::{Commit, State};
use netwiz::sync::report::FlowReport;
use netwiz::sync::{Options, Silent, Task};
use serde_json::Value;
use world::{Differences, Reports, World};

/// What orders of the seed need beside the usual profile.
const ORDERS: &str = r#"
[profile.test.orders]
discount-item = "1004"
charge-items = { "Handling" = "1005" }
ship-methods = { "UPS Ground" = "901", default = "902" }
create-fields = { location = { id = "1" } }
"#;

/// Every flow there is, for one task.
fn all(task: &Task) -> Vec<(EntityKind, Direction, Task)> {
    FLOWS.iter().map(|(entity, direction)| (*entity, *direction, task.clone())).collect()
}

fn links(state: &State) -> BTreeMap<(String, i64), Link> {
    let mut links = BTreeMap::new();
    state
        .each_link(&[], |row| {
            links.insert((row.link.kind.clone(), row.link.ns_id.0), row.link);
            Ok(())
        })
        .unwrap();
    links
}

fn counted(reports: &Reports) -> BTreeMap<String, &FlowReport> {
    reports.iter().map(|(report, _)| (format!("{} {}", report.direction, report.entity), report)).collect()
}

/// The requests of both remotes that may have changed something.
fn writes(world: &World) -> Vec<String> {
    let is_question = |method: &str, target: &str| method == "GET" || target.starts_with("/services/rest/query");
    let log = world.endpoints.iter().flat_map(|endpoint| endpoint.log());
    log.filter(|row| !is_question(&row.method, &row.target)).map(|row| format!("{} {}", row.method, row.target)).collect()
}

/// Nothing was made on either side. Stock is put under its SKU whether it is there or not, and is no record of its own.
fn created_nothing(reports: &Reports) {
    for (name, report) in counted(reports) {
        assert!(report.counts.created == 0 || name == "pull inventory", "{name}: {:?}", report.counts);
    }
}

/// Takes out what the next run may change without changing anything.
fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for name in ["updated_at", "display_id", "default_billing_address_id", "default_shipping_address_id"] {
                members.remove(name);
            }
            members.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Everything WizCommerce holds, without the time of its last change, and without what a customer made there gets from NetSuite
/// once both are compared as strangers: its number, and the addresses that are its defaults.
fn held(world: &World) -> BTreeMap<String, Value> {
    let mut held = BTreeMap::new();
    for resource in ["products", "customers", "orders", "invoices", "shipments", "credit_memos", "inventories"] {
        for mut document in world.sandbox.wizcommerce.documents(resource).unwrap() {
            let id = document["id"].as_str().unwrap().to_owned();
            strip(&mut document);
            held.insert(format!("{resource} {id}"), document);
        }
    }
    held
}

async fn synced() -> World {
    let mut world = World::with(Differences { profile: ORDERS, ..Differences::default() });
    world::clean(&world.flows(&all(&Task::Changes), Options::default(), &Silent).await);
    world.clock.advance(SignedDuration::from_mins(15));
    world
}

async fn rebuilt(world: &mut World) -> Reports {
    world.clear_logs();
    let reports = world.flows(&all(&Task::Relink), Options::default(), &Silent).await;
    for (report, error) in &reports {
        assert!(error.is_none(), "{} {error:?}", report.entity);
    }
    assert_eq!(writes(world), [""; 0], "nothing may be written");
    reports
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_is_rebuilt_link_by_link_and_nothing_is_written() {
    let mut world = synced().await;
    let before = links(&world.state);
    let held_before = held(&world);
    world.lose_state();
    let reports = rebuilt(&mut world).await;
    world::clean(&reports);
    let after = links(&world.state);
    // Stock is sent by SKU and has a link only to remember what was sent; addresses and contacts are met with their customer.
    let later = ["inventory", "contacts", "addresses"];
    let known = |links: &BTreeMap<(String, i64), Link>| {
        let known = links.values().filter(|link| !later.contains(&link.kind.as_str())).cloned();
        // Of what was pushed the number of NetSuite is learned by the next pull.
        let known =
            known.map(|link| Link { natural_key: link.natural_key.clone().filter(|_| link.external_id.is_none()), ..link });
        let bare = known.map(|link| Link { fingerprint: None, image: None, pushed: None, flags: link.flags.clone(), ..link });
        bare.map(|link| ((link.kind.clone(), link.ns_id.0), link)).collect::<BTreeMap<_, _>>()
    };
    let (before, after) = (known(&before), known(&after));
    for (key, link) in &before {
        assert_eq!(after.get(key), Some(link), "{key:?}");
    }
    assert_eq!(after.len(), before.len());

    // Once more finds nothing to do.
    let reports = rebuilt(&mut world).await;
    for (name, report) in counted(&reports) {
        assert_eq!(report.counts.adopted, 0, "{name}");
    }

    // The next run creates nothing and changes nothing.
    world.clear_logs();
    let reports = world.flows(&all(&Task::Changes), Options::default(), &Silent).await;
    world::clean(&reports);
    created_nothing(&reports);
    // What WizCommerce does not show whole is sent once more, by calls that change what is there and can make nothing.
    for write in writes(&world) {
        assert!(!write.starts_with("POST") || write.ends_with("/inventories"), "{write}");
        assert!(!write.contains("/services/rest/record/"), "{write}");
    }
    let held_now = held(&world);
    for (name, before) in &held_before {
        assert_eq!(held_now.get(name), Some(before), "{name}");
    }
    assert_eq!(held_now.len(), held_before.len());
    world.clear_logs();
    world.clock.advance(SignedDuration::from_mins(15));
    world::clean(&world.flows(&all(&Task::Changes), Options::default(), &Silent).await);
    assert_eq!(writes(&world), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn without_a_rebuild_a_lost_state_creates_nothing_either() {
    let mut world = synced().await;
    let before = held(&world);
    world.lose_state();
    let reports = world.flows(&all(&Task::Changes), Options::default(), &Silent).await;
    world::clean(&reports);
    created_nothing(&reports);
    let is_create = |write: &String| write.starts_with("POST") && !write.contains("inventories");
    assert_eq!(held(&world).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    world.clear_logs();
    world.clock.advance(SignedDuration::from_mins(15));
    world::clean(&world.flows(&all(&Task::Changes), Options::default(), &Silent).await);
    assert!(!writes(&world).iter().any(is_create));
}

#[tokio::test(start_paused = true)]
async fn a_dry_rebuild_links_nothing_and_plans_the_same() {
    let mut world = synced().await;
    world.lose_state();
    world.clear_logs();
    let options = Options { dry_run: true, ..Options::default() };
    let planned = world.flows(&all(&Task::Relink), options, &Silent).await;
    assert_eq!(writes(&world), [""; 0]);
    assert!(links(&world.state).is_empty());
    let made = rebuilt(&mut world).await;
    let adopted = |reports: &Reports| -> Vec<u64> { reports.iter().map(|(report, _)| report.counts.adopted).collect() };
    assert_eq!(adopted(&planned), adopted(&made));
    assert_eq!(planned[0].0.plan.len() as u64, planned[0].0.counts.adopted);
}

#[tokio::test(start_paused = true)]
async fn what_is_on_one_side_only_or_contradicts_itself_is_told_and_left_alone() {
    let mut world = synced().await;
    let customers = world.sandbox.wizcommerce.documents("customers").unwrap();
    let of = |id: i64| -> String {
        let found = customers.iter().find(|customer| customer["reference_id"] == id.to_string().as_str());
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let mut linked: Vec<i64> =
        links(&world.state).into_keys().filter(|(kind, _)| kind == "customers").map(|(_, id)| id).collect();
    linked.sort_unstable();
    let (twice, gone, first, second) = (linked[0], linked[1], linked[2], linked[3]);
    // A second record of one reference, a reference to nothing, and a link that says otherwise.
    world.edit_wizcommerce(&format!(
        r#"[{{"set": "/v1/customers/{}", "patch": {{"reference_id": "{twice}"}}}},
            {{"set": "/v1/customers/{}", "patch": {{"reference_id": "999999"}}}}]"#,
        of(linked[4]),
        of(gone)
    ));
    world.lose_state();
    let mut wrong = Link::new("customers", NetSuiteId(first), WizId(of(second)));
    wrong.natural_key = Some("by hand".into());
    let commit = Commit { entity: "customers", direction: "pull", links: vec![wrong.clone()], ..Commit::default() };
    world.state.commit(&commit, jiff::Timestamp::UNIX_EPOCH).unwrap();
    let reports = rebuilt(&mut world).await;
    let report = counted(&reports)["pull customers"].clone();
    let mut told: Vec<(String, String)> =
        report.failures.iter().map(|failure| (failure.key.clone(), failure.reason.to_string())).collect();
    told.sort();
    let mut expected = vec![
        (twice.to_string(), "ambiguous_match".to_owned()),
        (first.to_string(), "conflict".to_owned()),
        (second.to_string(), "conflict".to_owned()),
    ];
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(report.skipped_reasons.get("only_in_wizcommerce"), Some(&1));
    let now = links(&world.state);
    assert_eq!(now[&("customers".to_owned(), first)], Link { pushed: None, ..wrong });
    for id in [twice, gone, second] {
        assert!(!now.contains_key(&("customers".to_owned(), id)), "{id}");
    }
    assert_eq!(world.state.rejections(None).unwrap().len(), 0, "nothing is stored of it");
    // A product that carries another item's reference.
    let product = world.products().into_values().next().unwrap();
    world.edit_wizcommerce(&format!(
        r#"[{{"set": "/v1/products/{}", "patch": {{"reference_id": "999999"}}}}]"#,
        product["id"].as_str().unwrap()
    ));
    world.lose_state();
    let reports = rebuilt(&mut world).await;
    let report = counted(&reports)["pull products"];
    assert_eq!((report.counts.rejected, report.failures[0].reason.as_ref()), (1, "conflict"), "{:?}", report.failures);
    assert_eq!(world.state.link_by_wiz("products", product["id"].as_str().unwrap()).unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn documents_out_of_scope_by_now_are_linked_all_the_same() {
    let mut world = synced().await;
    let linked = links(&world.state).into_keys().filter(|(kind, _)| kind == "invoices").count();
    assert!(linked > 0);
    world.settings.orders.start_date = Some("2030-01-01".parse().unwrap());
    world.lose_state();
    rebuilt(&mut world).await;
    assert_eq!(links(&world.state).into_keys().filter(|(kind, _)| kind == "invoices").count(), linked);
}
