//! The Internal-ID map in the hands of a person: shown, mended, rebuilt, written out; and everything that can be typed wrong.

use netwiz::sandbox::exchange::Remote as _;
use netwiz::state::Lease;
use serde_json::Value;

use crate::program::{Home, NETSUITE, SUITEQL, Simulators};

/// A world whose customers are in step.
fn synced() -> (Simulators, Home) {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "customers"]);
    simulators.clear_logs();
    (simulators, home)
}

/// Links of customers as they are written out, by Internal ID.
fn customers(home: &Home) -> Vec<Value> {
    let out = home.succeed(&["map", "export", "customers"]).stdout;
    let rows = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.filter(|row| row["entity"] == "customers").collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The writes that both remotes got.
fn writes(simulators: &Simulators) -> usize {
    let netsuite = simulators.endpoints[NETSUITE].log();
    simulators.writes() + netsuite.iter().filter(|row| row.method != "GET" && !row.target.starts_with(SUITEQL)).count()
}

#[test]
fn a_link_is_shown_by_every_name() {
    let (_simulators, home) = synced();
    let pushed = customers(&home).into_iter().find(|row| !row["external_id"].is_null()).unwrap();
    for name in ["netsuite_id", "wizcommerce_id", "external_id", "key"] {
        let (code, document) = home.json(&["map", "show", "customer", text(&pushed[name])]);
        assert_eq!((code, &document["link"]["netsuite_id"]), (0, &pushed["netsuite_id"]), "{name}");
    }
    let shown = home.succeed(&["map", "show", "customers", text(&pushed["netsuite_id"])]);
    assert!(shown.stdout.contains("↔") && shown.stdout.contains("external id wz_cu_"), "{shown}");
}

#[test]
fn a_link_is_forgotten_and_set_again_by_hand() {
    let (simulators, home) = synced();
    let before = customers(&home);
    let row = before[0].clone();
    let (ns, wc) = (text(&row["netsuite_id"]), text(&row["wizcommerce_id"]));
    // Nobody is there to answer.
    home.run(&["map", "forget", "customer", ns]).fails(7, &["Forget this link", wc]).hints("--yes");
    home.run(&["map", "set", "customer", ns, wc]).fails(7, &["Link the customer", wc]).hints("--yes");
    assert_eq!(customers(&home), before);

    let outcome = home.succeed(&["map", "forget", "customer", ns, "--yes"]);
    assert!(outcome.stdout.contains("forgotten: customer"), "{outcome}");
    assert!(outcome.stderr.contains("links them again if they still refer to each other"), "{outcome}");
    home.run(&["map", "show", "customer", ns]).fails(2, &["no customer is linked as"]);

    simulators.clear_logs();
    let outcome = home.succeed(&["map", "set", "customer", ns, wc, "--yes"]);
    assert!(outcome.stdout.contains("linked: customer"), "{outcome}");
    assert!(outcome.stderr.contains(&format!("netwiz pull customer {ns}")), "{outcome}");
    let outcome = home.succeed(&["map", "set", "customer", ns, wc, "--yes"]);
    assert!(outcome.stdout.contains("linked already"), "{outcome}");
    assert_eq!(writes(&simulators), 0, "neither record is touched");
    home.succeed(&["pull", "customer", ns]);
    assert_eq!(home.json(&["map", "show", "customer", ns]).1["link"]["wizcommerce_id"], wc);
}

#[test]
fn what_cannot_be_linked_is_refused_with_the_reason() {
    let (simulators, home) = synced();
    let rows = customers(&home);
    let (one, other) = (&rows[0], &rows[1]);
    let (ns, wc) = (text(&one["netsuite_id"]), text(&one["wizcommerce_id"]));
    let (other_ns, other_wc) = (text(&other["netsuite_id"]), text(&other["wizcommerce_id"]));
    let set = |arguments: &[&str]| home.run(&[&["map", "set"], arguments, &["--yes"]].concat());
    set(&["customer", ns, other_wc]).fails(2, &["is linked with", wc]).hints(&format!("netwiz map forget customer {ns}"));
    home.succeed(&["map", "forget", "customer", ns, "--yes"]);
    set(&["customer", ns, other_wc]).fails(2, &["is linked with", other_wc]).hints(&format!("map forget customer {other_ns}"));
    set(&["customer", "999999", wc]).fails(2, &["NetSuite shows no customer with the Internal ID 999999"]).hints("check the id");
    set(&["customer", ns, "00000000-0000-4000-8000-00000000beef"]).fails(2, &["WizCommerce has no customer with the id"]);
    set(&["customer", "C1001", wc]).fails(2, &["`C1001` is not an Internal ID"]);
    set(&["customer", ns, "a/b"]).fails(2, &["`a/b` is no id of WizCommerce"]);
    set(&["custmer", ns, wc]).fails(2, &["did you mean `customers`?"]);
    set(&["inventory", ns, wc]).fails(2, &["stock has no link of its own"]).hints("map set product");
    // An order is no customer, whatever its number.
    let order = simulators.world.netsuite.with_database(|database| {
        database.query_row("select min(id) from \"transaction\" where type = 'SalesOrd'", [], |row| row.get::<_, i64>(0)).unwrap()
    });
    set(&["invoice", &order.to_string(), wc]).fails(2, &["NetSuite shows no invoice"]);
    assert_eq!(writes(&simulators), 0);
    assert_eq!(customers(&home).len(), rows.len() - 1);
}

#[test]
fn stored_failures_of_a_record_are_due_once_it_is_linked_by_hand() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "customers"]);
    let row = customers(&home).remove(0);
    let (ns, wc) = (text(&row["netsuite_id"]), text(&row["wizcommerce_id"]));
    home.succeed(&["map", "forget", "customer", ns, "--yes"]);
    // A second record of the same reference: which one is meant?
    let twin = customers(&home).remove(0);
    let patch = format!(r#"[{{"set": "/v1/customers/{}", "patch": {{"reference_id": "{ns}"}}}}]"#, text(&twin["wizcommerce_id"]));
    simulators.world.wizcommerce.edit(&patch, netwiz::sandbox::system_clock()()).unwrap();
    let outcome = home.run(&["pull", "customer", ns]);
    assert!(outcome.code == 3 && outcome.stdout.contains("ambiguous_match"), "{outcome}");
    let (_, failures) = home.json(&["failures", "list"]);
    assert!(text(&failures["failures"][0]["hint"]).contains("netwiz map set"), "{failures}");
    let (code, document) = home.json(&["map", "set", "customer", ns, wc, "--yes"]);
    assert_eq!((code, &document["failures_due"]), (0, &1.into()));
    home.run(&["sync", "customers"]);
    let open = home.json(&["failures", "list"]).1;
    assert!(open["failures"].as_array().unwrap().iter().all(|failure| failure["key"] != ns), "{open}");
}

#[test]
fn a_lost_map_is_rebuilt_from_both_systems() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let orders = "discount-item = \"1004\"\ncharge-items = { Handling = \"1005\" }\nship-methods = { default = \"902\" }\ncreate-fields = { location = { id = \"1\" } }";
    home.reconfigure("[profile.acme.catalogs]", &format!("[profile.acme.orders]\n{orders}\n\n[profile.acme.catalogs]"));
    home.succeed(&["sync", "all"]);
    let before = home.succeed(&["map", "export", "--format", "csv"]).stdout;
    std::fs::remove_file(home.state_file()).unwrap();
    simulators.clear_logs();
    home.run(&["map", "rebuild"]).fails(7, &["all entities", "Nothing is written to either"]).hints("--yes");
    let dry = home.succeed(&["map", "rebuild", "--dry-run"]);
    assert!(dry.stdout.contains("to link") && dry.stdout.contains("Nothing was linked"), "{dry}");
    let outcome = home.succeed(&["map", "rebuild", "--yes"]);
    assert!(outcome.stderr.contains("`netwiz sync all`"), "{outcome}");
    assert_eq!(writes(&simulators), 0, "nothing is written to either side");
    let (code, again) = home.json(&["map", "rebuild", "all", "--yes"]);
    assert_eq!((code, again["flows"][0]["linked"].as_u64()), (0, Some(0)));
    let after = home.succeed(&["map", "export", "--format", "csv"]).stdout;
    let ids = |csv: &str| -> Vec<String> {
        let later = ["inventory,", "contacts,", "addresses,"];
        let rows = csv.lines().filter(|line| !later.iter().any(|kind| line.starts_with(kind)));
        rows.map(|line| line.splitn(5, ',').take(4).collect::<Vec<_>>().join(",")).collect()
    };
    assert_eq!(ids(&after), ids(&before));
    let (_, runs) = home.json(&["runs", "list"]);
    assert_eq!(runs["runs"][0]["command"], "map rebuild");
    home.succeed(&["sync", "all"]);
    simulators.check_products();
    home.run(&["map", "rebuild", "zebra", "--yes"]).fails(2, &["unknown entity `zebra`"]);
    let only = home.json(&["map", "rebuild", "kits", "--yes"]).1;
    assert_eq!((only["flows"].as_array().unwrap().len(), &only["flows"][0]["entity"]), (1, &"products".into()));
}

#[test]
fn the_map_is_written_out_in_stable_order() {
    let (_simulators, home) = synced();
    let csv = home.succeed(&["map", "export", "--format", "csv"]).stdout;
    assert_eq!(csv.lines().next(), Some("entity,netsuite_id,wizcommerce_id,external_id,flags,key,number,updated_at"));
    assert_eq!(csv, home.succeed(&["map", "export", "--format", "csv"]).stdout);
    let table = home.succeed(&["map", "export", "customers", "--format", "table"]).stdout;
    assert!(table.lines().count() > 3 && table.contains("netsuite_id"), "{table}");
    assert_eq!(home.succeed(&["map", "export", "orders"]).stdout, "");
    home.run(&["map", "export", "oders"]).fails(2, &["did you mean `orders`?"]);
    assert!(home.succeed(&["map", "export", "--json"]).stdout.lines().count() >= customers(&home).len());
}

#[test]
fn the_map_stays_as_it_is_while_a_run_uses_it_and_before_there_is_one() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    for arguments in [&["map", "show", "product", "7"][..], &["map", "forget", "product", "7", "--yes"], &["map", "export"]] {
        home.run(arguments).fails(1, &["has no state yet"]).hints("netwiz sync all");
    }
    home.succeed(&["sync", "customers"]);
    let row = customers(&home).remove(0);
    let (ns, wc) = (text(&row["netsuite_id"]), text(&row["wizcommerce_id"]));
    let _lease = Lease::take(&home.state_file(), "sync all", "2026-03-01T10:00:00Z".parse().unwrap()).unwrap().unwrap();
    for arguments in [&["map", "set", "customer", ns, wc][..], &["map", "forget", "customer", ns], &["map", "rebuild"]] {
        let busy = home.run(&[arguments, &["--yes"]].concat());
        busy.fails(11, &["another run of this profile is under way", "sync all"]).hints("when that one is done");
    }
    home.succeed(&["map", "show", "customer", ns]);
    home.succeed(&["map", "rebuild", "customers", "--dry-run"]);
    assert_eq!(customers(&home)[0], row);
}
