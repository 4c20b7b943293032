//! Records that somebody sends to NetSuite by hand: all that changed, one by its id, one by its number, and one that failed before.

use netwiz::sandbox::seed::shop::{CONFIRMED, DRAFTS, Kind, id};
use netwiz::sandbox::seed::snags::{WAITING, WANTED};
use serde_json::Value;

use crate::program::{Home, NETSUITE, Outcome, Simulators};

/// The row of a flow in a summary: the numbers after its name.
#[track_caller]
fn row(outcome: &Outcome, flow: &str) -> Vec<u64> {
    let name = format!(" {flow} ");
    let rows: Vec<&str> = outcome.stdout.lines().filter_map(|line| line.strip_prefix(&name)).collect();
    let [row] = rows.as_slice() else { panic!("{flow} has {} rows\n{outcome}", rows.len()) };
    row.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

const CUSTOMERS: &str = "customers → NetSuite";
const ORDERS: &str = "orders → NetSuite";

/// What NetSuite holds of WizCommerce: customers and orders.
fn arrived(simulators: &Simulators) -> [i64; 2] {
    ["customer where externalid like 'wz_%'", "\"transaction\" where type = 'SalesOrd' and externalid like 'wz_so_%'"].map(
        |rest| {
            let query = format!("select count(*) from {rest}");
            simulators.world.netsuite.with_database(|database| database.query_row(&query, [], |row| row.get(0))).unwrap()
        },
    )
}

/// Writes to NetSuite since the logs were cleared.
fn writes_to_netsuite(simulators: &Simulators) -> usize {
    ["POST", "PATCH", "PUT", "DELETE"]
        .into_iter()
        .map(|method| simulators.requests(NETSUITE, method, "/services/rest/record"))
        .sum()
}

#[test]
fn an_order_takes_its_customer_along() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let outcome = home.succeed(&["push", "order", &id(Kind::Order, 1)]);
    assert!(outcome.stdout.starts_with("profile acme · sandbox · WizCommerce 127.0.0.1:"), "{outcome}");
    assert!(outcome.stdout.contains(" → NetSuite 1234567_SB1\n"), "{outcome}");
    // read, created, updated, unchanged, rejected, failed
    assert_eq!(row(&outcome, CUSTOMERS), [1, 1, 0, 0, 0, 0]);
    assert_eq!(row(&outcome, ORDERS), [1, 1, 0, 0, 0, 0]);
    assert!(outcome.stdout.contains("cursor unchanged"), "{outcome}");
    assert_eq!(arrived(&simulators), [1, 1]);

    // Once more: it is there, and nothing is sent.
    simulators.clear_logs();
    let again = home.succeed(&["push", "orders", &id(Kind::Order, 1)]);
    assert_eq!(row(&again, ORDERS), [1, 0, 0, 1, 0, 0]);
    assert!(!again.stdout.contains("customers"), "{again}");
    assert_eq!(writes_to_netsuite(&simulators), 0);
    assert_eq!(arrived(&simulators), [1, 1]);
}

#[test]
fn an_order_is_pushed_by_the_number_people_know() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let outcome = home.succeed(&["push", "order", "--number", CONFIRMED[2], "--number", CONFIRMED[0]]);
    assert_eq!(row(&outcome, ORDERS)[..2], [2, 2]);
    assert_eq!(arrived(&simulators)[1], 2);
    // By then it is known by its link.
    let again = home.succeed(&["push", "order", "--number", CONFIRMED[0]]);
    assert_eq!(row(&again, ORDERS), [1, 0, 0, 1, 0, 0]);
    // A draft is nobody's order yet, whoever names it and however.
    for named in [&["push", "order", &id(Kind::Order, 7)][..], &["push", "order", "--number", DRAFTS[0]]] {
        let draft = home.succeed(named);
        assert!(draft.stdout.contains("orders → NetSuite skipped: 1 status"), "{draft}");
    }
    home.run(&["push", "order", "--number", "W0000"]).hints("netwiz push order <id>");
    assert_eq!(arrived(&simulators)[1], 2);
}

#[test]
fn without_an_id_all_that_changed_is_pushed() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let outcome = home.succeed(&["push", "orders"]);
    assert_eq!(row(&outcome, CUSTOMERS)[..2], [3, 2], "one of them is a prospect already");
    assert_eq!(row(&outcome, ORDERS)[1], CONFIRMED.len() as u64);
    assert!(outcome.stdout.contains("cursor → "), "{outcome}");
    assert_eq!(arrived(&simulators)[1], CONFIRMED.len() as i64);
    simulators.clear_logs();
    let again = home.succeed(&["push", "orders"]);
    assert_eq!(row(&again, ORDERS)[1..3], [0, 0]);
    assert_eq!(writes_to_netsuite(&simulators), 0);
}

#[test]
fn a_dry_push_sends_nothing() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let outcome = home.succeed(&["push", "order", &id(Kind::Order, 1), "--dry-run"]);
    assert!(outcome.stdout.contains("Plan: 2 to create, 0 to update, 0 to switch off. Nothing was sent."), "{outcome}");
    assert_eq!((writes_to_netsuite(&simulators), simulators.writes()), (0, 0));
    assert_eq!(home.run(&["push", "order", &id(Kind::Order, 1), "--dry-run", "--detailed-exitcode"]).code, 10);
}

#[test]
fn what_wizcommerce_does_not_have_is_rejected_and_what_is_no_id_is_refused() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let named = home.run(&["push", "order", "5eed0002-0000-4000-8000-000000000999"]);
    assert_eq!(named.code, 3, "{named}");
    assert!(named.stdout.contains("nonexistent_id · WizCommerce has no order with the id"), "{named}");
    let called = home.run(&["push", "order", "--number", "W9999"]);
    assert_eq!(called.code, 3, "{called}");
    assert!(called.stdout.contains("nonexistent_id · WizCommerce shows no order called W9999"), "{called}");

    simulators.clear_logs();
    for wrong in ["W2001/..", "a b", "ref:7", "1?x=2", ""] {
        home.run(&["push", "order", wrong]).fails(2, &["is no id of WizCommerce"]).hints("--number");
    }
    for (verb, entity, words, others) in [
        ("push", "products", "products do not go from WizCommerce to NetSuite", "customers, orders, estimates, payments"),
        ("push", "invoice", "invoices do not go from WizCommerce to NetSuite", "customers, orders, estimates, payments"),
        ("pull", "payments", "payments do not go from NetSuite to WizCommerce", "products, kits, inventory, customers, orders"),
        ("pull", "quote", "estimates do not go from NetSuite to WizCommerce", "products, kits, inventory, customers, orders"),
    ] {
        home.run(&[verb, entity]).fails(2, &[words]).hints(others);
        home.run(&[verb, entity, "1"]).fails(2, &[words]).hints(others);
    }
    assert_eq!(simulators.all_requests(NETSUITE), 0);
}

#[test]
fn a_rejected_order_says_what_to_do_and_its_retry_succeeds() {
    let simulators = Simulators::with(true);
    let home = Home::of(&simulators);
    let rejected = home.run(&["push", "order", "--number", WAITING]);
    assert_eq!(rejected.code, 3, "{rejected}");
    assert!(
        rejected.stdout.contains(&format!("sku_not_in_netsuite · {WAITING}: NetSuite has no active item of the SKU {WANTED}"))
    );
    rejected.hints("create the item in NetSuite").hints("netwiz failures list --run");
    assert_eq!(arrived(&simulators)[1], 0);

    let listed = home.succeed(&["failures", "list"]);
    assert!(listed.stdout.lines().any(|line| line.contains("orders → NetSuite") && line.contains(WAITING)), "{listed}");
    let failures = home.json(&["failures", "list"]).1["failures"].as_array().unwrap().clone();
    let [failure] = failures.as_slice() else { panic!("{failures:#?}") };
    assert_eq!((&failure["direction"], &failure["label"]), (&Value::from("push"), &Value::from(WAITING)));
    // Nothing was mended yet.
    let number = failure["id"].to_string();
    assert_eq!(home.run(&["failures", "retry", &number]).code, 3);
    // As NetSuite's people would: the item is made.
    simulators.world.news("products").unwrap();
    let retried = home.succeed(&["failures", "retry", "--all"]);
    assert_eq!(row(&retried, ORDERS), [1, 1, 0, 0, 0, 0]);
    assert_eq!(arrived(&simulators)[1], 1);
    assert_eq!(home.json(&["failures", "list"]).1["total"], 0);
}

#[test]
fn an_order_of_a_rejected_customer_carries_the_reason_of_the_customer() {
    let simulators = Simulators::with(true);
    let home = Home::of(&simulators);
    let outcome = home.run(&["push", "order", "--number", "PROBLEM-FOLLOWS"]);
    assert_eq!(outcome.code, 3, "{outcome}");
    assert_eq!(row(&outcome, CUSTOMERS), [1, 0, 0, 0, 1, 0]);
    assert_eq!(row(&outcome, ORDERS), [1, 0, 0, 0, 1, 0]);
    assert_eq!(outcome.stdout.matches("missing_mandatory_fields").count(), 2, "{outcome}");
    assert_eq!(arrived(&simulators), [0, 0]);
}
