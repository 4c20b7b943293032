//! Records that somebody names while a sync is under way: served by that sync at once, or by whoever waits when it ends.

use std::time::Duration;

use netwiz::sandbox::faults::{Action, Fault};
use netwiz::state::{Lease, State};
use serde_json::Value;
use tokio::time::Instant;

use crate::program::{Home, Outcome, Simulators, Started, WIZCOMMERCE};

const RUN: &str = "another run of this profile is under way";
const SYNC: [&str; 2] = ["sync", "products"];

/// A world whose products are in step.
fn synced() -> (Simulators, Home) {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "products"]);
    simulators.clear_logs();
    (simulators, home)
}

/// Lone items, lowest id first.
fn items(simulators: &Simulators) -> Vec<i64> {
    let query = "select id from item where itemtype = 'InvtPart' and matrixtype is null and isinactive = 'F' order by id";
    simulators.world.netsuite.with_database(|database| {
        let mut statement = database.prepare(query).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    })
}

fn rename(simulators: &Simulators, condition: &str, name: &str) {
    simulators.edit_netsuite(&format!("update item set displayname = '{name}', lastmodifieddate = sim_now() where {condition}"));
}

fn product(simulators: &Simulators, item: i64) -> Value {
    let products = simulators.world.wizcommerce.documents("products").unwrap();
    let key = Value::from(item.to_string());
    let found = products.into_iter().find(|product| product["reference_id"] == key);
    found.unwrap_or_else(|| panic!("item {item} is no product"))
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Makes every write to a product take so long.
fn slow_writes(simulators: &Simulators, method: &str, contains: Option<&str>, millis: u64) {
    let slow = Fault::once("wizcommerce", method, "/v2/products", Action::DelayMs(millis));
    simulators.faults.add(Fault { times: None, contains: contains.map(str::to_owned), ..slow });
}

/// Starts a sync that has many products to write, slowly, and waits until it writes. The first item is none of them.
fn long_sync(simulators: &Simulators, home: &Home) -> (Started, i64) {
    let spared = items(simulators)[0];
    rename(simulators, &format!("id <> {spared}"), "Written by the sync");
    slow_writes(simulators, "PATCH", Some("Written by the sync"), 1000);
    let sync = home.start(&SYNC);
    simulators.wait_for_writes(4);
    (sync, spared)
}

fn lease(home: &Home) -> Lease {
    Lease::take(&home.state_file(), "sync orders", "2026-03-01T10:00:00Z".parse().unwrap()).unwrap().unwrap()
}

fn queued(home: &Home, entity: &str) -> u64 {
    let (_, status) = home.json(&["status"]);
    let flows = status["flows"].as_array().unwrap();
    flows.iter().find(|flow| flow["entity"] == entity).unwrap()["queued"].as_u64().unwrap()
}

fn cursor(home: &Home) -> Value {
    home.json(&["status"]).1["flows"][0]["cursor"].clone()
}

/// Waits until a command is in the queue.
fn in_queue(home: &Home, arguments: &[&str]) -> Started {
    let mut waiting = home.start(arguments);
    waiting.wait_for("queued to another run of this profile");
    waiting
}

fn ended(started: Started) -> Outcome {
    let outcome = started.finish();
    assert_eq!(outcome.code, 0, "{outcome}");
    outcome
}

#[test]
fn a_named_record_is_served_while_the_sync_goes_on() {
    let (simulators, home) = synced();
    let before = cursor(&home);
    let (sync, item) = long_sync(&simulators, &home);
    rename(&simulators, &format!("id = {item}"), "Asked for");

    let begin = Instant::now();
    let outcome = home.succeed(&["pull", "product", &item.to_string()]);
    let took = begin.elapsed();
    assert_eq!(product(&simulators, item)["name"], "Asked for");
    assert!(took < Duration::from_millis(2500), "{took:?}: it went before the sync's own requests\n{outcome}");
    assert!(outcome.stderr.contains("queued to another run of this profile"), "{outcome}");
    let row = outcome.stdout.lines().find(|line| line.trim_start().starts_with("products")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["products", "1", "0", "1", "0", "0", "0"], "{outcome}");
    assert_eq!(cursor(&home), before, "it moves no cursor");
    home.run(&["sync", "products"]).fails(11, &[RUN]);

    // As JSON, and nothing changed since.
    let (code, document) = home.json(&["pull", "product", &item.to_string()]);
    assert_eq!((code, &document["command"], &document["outcome"]), (0, &"pull".into(), &"ok".into()));
    let flow = &document["flows"][0];
    assert_eq!((&flow["entity"], &flow["mode"]), (&"products".into(), &"ids".into()));
    assert_eq!((&flow["counts"]["read"], &flow["counts"]["unchanged"]), (&1.into(), &1.into()));
    assert_eq!(flow["cursor"]["before"], flow["cursor"]["after"]);
    // It was a run of its own, and shows as one.
    let (_, runs) = home.json(&["runs", "list"]);
    let served = &runs["runs"][0];
    assert_eq!((&served["run_id"], &served["command"]), (&document["run_id"], &"pull products".into()));
    assert_eq!((&served["outcome"], &served["counts"]["unchanged"]), (&"ok".into(), &1.into()));
    let shown = home.succeed(&["runs", "show", document["run_id"].as_str().unwrap()]);
    assert!(shown.stdout.contains("pull products"), "{shown}");

    simulators.faults.clear();
    ended(sync);
    assert_eq!(queued(&home, "products"), 0);
    assert_eq!(product(&simulators, item)["name"], "Asked for");
    simulators.check_products();
    simulators.clear_logs();
    home.succeed(&SYNC);
    assert_eq!(simulators.writes(), 0, "one more run writes nothing");
}

#[test]
fn a_record_of_the_batch_in_hand_waits_for_it_and_is_written_once() {
    let (simulators, home) = synced();
    let (sync, spared) = long_sync(&simulators, &home);
    let item = items(&simulators).into_iter().find(|item| *item != spared).unwrap();
    let outcome = home.succeed(&["pull", "product", &item.to_string()]);
    assert!(outcome.stderr.contains("queued to"), "{outcome}");
    assert_eq!(product(&simulators, item)["name"], "Written by the sync");
    ended(sync);
    let id = product(&simulators, item)["id"].as_str().unwrap().to_owned();
    let log = simulators.endpoints[WIZCOMMERCE].log();
    let writes = log.iter().filter(|row| row.method != "GET" && row.target.contains(&id)).count();
    assert_eq!(writes, 1);
}

#[test]
fn what_the_sync_read_before_does_not_undo_what_was_served() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let text = std::fs::read_to_string(home.config_file()).unwrap();
    home.configure(&format!("{text}[profile.acme.inventory]\nbatch-size = 2\n"));
    home.succeed(&["sync", "products", "inventory"]);
    let set = |condition: &str, quantity: u32| {
        simulators.edit_netsuite(&format!(
            "update aggregateitemlocation set quantityavailable = {quantity}, quantityonhand = {quantity}, \
             lastquantityavailablechange = sim_now() where location = 1 and {condition}"
        ));
    };
    let all = items(&simulators);
    let (first, later) = (all[0], all[4]);
    let stock = |item: i64| {
        let sku = product(&simulators, item)["sku"].clone();
        let records = simulators.world.wizcommerce.documents("inventories").unwrap();
        let record = records.into_iter().find(|record| record["sku"] == sku).unwrap();
        let split: Value = match &record["dynamic_details"] {
            Value::String(text) => serde_json::from_str(text).unwrap(),
            other => other.clone(),
        };
        split["locations"][0]["available"].as_f64().unwrap()
    };
    set("1 = 1", 5);
    simulators.clear_logs();
    let slow = Fault::once("wizcommerce", "POST", "/v1/inventories", Action::DelayMs(1500));
    simulators.faults.add(slow);
    let sync = home.start(&["sync", "inventory"]);
    simulators.wait_for_writes(1);
    // By now the batches behind the first one were read.
    set(&format!("item = {later}"), 9);
    let outcome = home.succeed(&["pull", "inventory", &later.to_string()]);
    assert!(outcome.stderr.contains("queued to"), "{outcome}");
    assert_eq!(stock(later), 9.0);
    ended(sync);
    assert_eq!((stock(first), stock(later)), (5.0, 9.0));
}

#[test]
fn who_waits_takes_over_when_the_run_ends_without_serving() {
    let (simulators, home) = synced();
    let item = items(&simulators)[0];
    rename(&simulators, &format!("id = {item}"), "Asked for");
    let lease = lease(&home);
    let waiting = home.start(&["pull", "product", &item.to_string(), "--json"]);
    wait_until("status shows it", || queued(&home, "products") == 1);
    assert_eq!(queued(&home, "orders"), 0);
    let text = home.run(&["status"]).stdout;
    let row = text.lines().find(|line| line.trim_start().starts_with("products")).unwrap();
    assert_eq!(row.split_whitespace().rev().nth(1), Some("1"), "{text}");
    drop(lease);
    let document = ended(waiting).document();
    assert_eq!((&document["command"], &document["flows"][0]["counts"]["updated"]), (&"pull".into(), &1.into()));
    assert_eq!(product(&simulators, item)["name"], "Asked for");
    assert_eq!(queued(&home, "products"), 0);
}

#[test]
fn who_waits_takes_over_from_a_run_that_dies_while_serving() {
    let (simulators, home) = synced();
    let (sync, item) = long_sync(&simulators, &home);
    rename(&simulators, &format!("id = {item}"), "Asked for");
    let lost = Fault::once("wizcommerce", "PATCH", "/v2/products", Action::DelayMs(30_000));
    simulators.faults.add(Fault { contains: Some("Asked for".into()), ..lost });
    let waiting = in_queue(&home, &["pull", "product", &item.to_string()]);
    wait_until("it is being served", || {
        State::open_existing(&home.state_file()).unwrap().unwrap().runs(1).unwrap()[0].command == "pull products"
    });
    std::thread::sleep(Duration::from_millis(500));
    sync.kill();
    simulators.faults.clear();
    ended(waiting);
    assert_eq!(product(&simulators, item)["name"], "Asked for");
    assert_eq!(queued(&home, "products"), 0);
    let (_, runs) = home.json(&["runs", "list"]);
    let outcomes: Vec<&str> = runs["runs"].as_array().unwrap().iter().map(|run| run["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["ok", "interrupted", "interrupted", "ok"], "{runs}");
    home.succeed(&["sync", "products"]);
    simulators.check_products();
}

#[cfg(unix)]
#[test]
fn a_run_that_is_asked_to_stop_leaves_the_question_to_who_waits() {
    let (simulators, home) = synced();
    let (sync, item) = long_sync(&simulators, &home);
    rename(&simulators, &format!("id = {item}"), "Asked for");
    slow_writes(&simulators, "PATCH", Some("Asked for"), 300);
    sync.signal("INT");
    // Whether it is still served or not, who asked gets the record and not the other's interruption.
    let waiting = home.start(&["pull", "product", &item.to_string()]);
    let stopped = sync.finish();
    assert_eq!(stopped.code, 130, "{stopped}");
    ended(waiting);
    assert_eq!(product(&simulators, item)["name"], "Asked for");
}

#[cfg(unix)]
#[test]
fn a_question_goes_with_who_asked_it() {
    let (simulators, home) = synced();
    let item = items(&simulators)[0].to_string();
    let lease = lease(&home);
    let waiting = in_queue(&home, &["pull", "product", &item]);
    wait_until("it is queued", || queued(&home, "products") == 1);
    waiting.signal("INT");
    let outcome = waiting.finish();
    assert_eq!(outcome.code, 130, "{outcome}");
    assert_eq!(queued(&home, "products"), 0);

    // Who dies takes nothing back; the next run serves nobody with it and does no harm.
    let waiting = in_queue(&home, &["pull", "product", &item]);
    wait_until("it is queued", || queued(&home, "products") == 1);
    waiting.kill();
    assert_eq!(queued(&home, "products"), 1);
    drop(lease);
    simulators.clear_logs();
    home.succeed(&["sync", "products"]);
    assert_eq!(queued(&home, "products"), 0);
    assert_eq!(simulators.writes(), 0);
    simulators.check_products();
}

#[test]
fn several_wait_at_once_and_each_gets_its_own() {
    let (simulators, home) = synced();
    let (sync, first) = long_sync(&simulators, &home);
    let second = items(&simulators)[1];
    let pull = |item: i64| home.start(&["pull", "product", &item.to_string(), "--json"]);
    let (one, other, same) = (pull(first), pull(second), pull(first));
    for (started, key) in [(one, first), (other, second), (same, first)] {
        let document = ended(started).document();
        assert_eq!(document["flows"][0]["counts"]["read"], 1, "{key}: {document}");
    }
    simulators.faults.clear();
    ended(sync);

    // The same when nobody serves: one takes the lease over, and serves or precedes the other.
    let lease = lease(&home);
    let (one, other) = (pull(first), pull(second));
    wait_until("both are queued", || queued(&home, "products") == 2);
    drop(lease);
    ended(one);
    ended(other);
    assert_eq!(queued(&home, "products"), 0);
    simulators.check_products();
}

#[test]
fn whoever_wants_no_waiting_says_so() {
    let (simulators, home) = synced();
    let item = items(&simulators)[0].to_string();
    let _lease = lease(&home);
    home.run(&["pull", "product", &item, "--if-locked", "fail"]).fails(11, &[RUN, "sync orders"]);
    let skipped = home.succeed(&["pull", "product", &item, "--if-locked", "skip"]);
    assert!(skipped.stdout.contains("skipped: another run"), "{skipped}");
    let begin = Instant::now();
    home.run(&["pull", "product", &item, "--if-locked", "wait=2s"]).fails(11, &[RUN]);
    assert!(begin.elapsed() >= Duration::from_secs(2));
    assert_eq!(queued(&home, "products"), 0, "what nobody waits for is not asked for");
    let asked = simulators.endpoints.iter().map(|endpoint| endpoint.log().len()).sum::<usize>();
    assert_eq!(asked, 0);
    // A dry run needs neither lease nor queue.
    let dry = home.succeed(&["pull", "product", &item, "--dry-run"]);
    assert!(!dry.stderr.contains("queued"), "{dry}");
    assert_eq!(queued(&home, "products"), 0);
}

#[test]
fn what_is_rejected_in_the_queue_is_a_stored_failure() {
    let (simulators, home) = synced();
    let (sync, item) = long_sync(&simulators, &home);
    simulators.edit_netsuite(&format!("delete from pricing where item = {item}"));
    rename(&simulators, &format!("id = {item}"), "Without a price");
    let (code, document) = home.json(&["pull", "product", &item.to_string()]);
    assert_eq!((code, &document["outcome"]), (3, &"partial".into()), "{document}");
    let failure = &document["flows"][0]["failures"][0];
    assert_eq!((&failure["key"], &failure["reason"]), (&item.to_string().into(), &"missing_mandatory_fields".into()));
    let (_, stored) = home.json(&["failures", "list"]);
    assert_eq!((&stored["failures"][0]["id"], &stored["failures"][0]["key"]), (&failure["id"], &failure["key"]));
    let text = home.run(&["pull", "product", &item.to_string()]);
    assert_eq!(text.code, 3, "{text}");
    assert!(text.stdout.contains("missing_mandatory_fields") || text.stdout.contains("price"), "{text}");

    let (code, document) = home.json(&["pull", "product", "99999999"]);
    assert_eq!(code, 3, "{document}");
    assert_eq!(document["flows"][0]["failures"][0]["reason"], "nonexistent_id");
    simulators.faults.clear();
    ended(sync);
}

#[test]
fn a_retry_of_failures_waits_for_the_run() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let item = items(&simulators)[0];
    simulators.edit_netsuite(&format!("create table kept as select * from pricing where item = {item}"));
    simulators.edit_netsuite(&format!("delete from pricing where item = {item}"));
    assert_eq!(home.run(&["sync", "products"]).code, 3);
    simulators.edit_netsuite("insert into pricing select * from kept");
    let failure = home.json(&["failures", "list"]).1["failures"][0]["id"].to_string();
    let lease = lease(&home);
    let mut waiting = home.start(&["failures", "retry", &failure]);
    waiting.wait_for("waiting for another run of this profile");
    assert_eq!(queued(&home, "products"), 0);
    drop(lease);
    ended(waiting);
    assert_eq!(home.json(&["failures", "list"]).1["total"], 0);
    simulators.check_products();
}
