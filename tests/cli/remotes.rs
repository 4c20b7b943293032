//! A remote that refuses, is down or talks nonsense: the right exit code, and the next run completes.

use netwiz::sandbox::faults::{Action, Fault};

use crate::program::{Home, NETSUITE, SUITEQL, Simulators, WIZCOMMERCE, dead_address, refusal};

/// Runs once while a remote misbehaves and once afterwards.
#[track_caller]
fn recovers(remote: usize, path: &str, action: Action, code: i32, texts: &[&str], hint: &str) {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    simulators.misbehave(remote, path, None, action);
    home.run(&["sync", "all"]).fails(code, texts).hints(hint);
    simulators.faults.clear();
    home.succeed(&["sync", "all"]);
    simulators.check_products();
    simulators.clear_logs();
    home.succeed(&["sync", "all"]);
    assert_eq!(simulators.writes(), 0, "one more run writes nothing");
}

#[test]
fn a_wrong_secret_is_tried_once_and_never_again() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    let right = home.environment["NETWIZ_NETSUITE_TOKEN_SECRET"].clone();
    home.set("NETWIZ_NETSUITE_TOKEN_SECRET", "mistyped-canary");
    let outcome = home.run(&["sync", "all"]);
    outcome
        .fails(4, &["NetSuite refused the credentials for account 1234567_SB1", "401 INVALID_LOGIN", "Login Audit Trail"])
        .hints("mistyped")
        .hints("netwiz verify-credentials netsuite");
    assert!(!outcome.stderr.contains("canary") && !outcome.stdout.contains("canary"), "{outcome}");
    // Five failures lock the user of the integration for half an hour.
    assert_eq!(simulators.all_requests(NETSUITE), 1);

    simulators.clear_logs();
    let verified = home.run(&["verify-credentials"]);
    assert_eq!(verified.code, 4, "{verified}");
    assert!(verified.stdout.contains("NetSuite refused the credentials"), "{verified}");
    assert_eq!(simulators.all_requests(NETSUITE), 1);

    // The failed run is not forgotten: it shows in `status` and says why in `runs show`.
    let status = home.run(&["status"]);
    assert!(status.stdout.contains("failing") && status.stderr.contains("netwiz runs show"), "{status}");
    let run = home.json(&["runs", "list"]).1["runs"][0]["run_id"].as_str().unwrap().to_owned();
    let shown = home.succeed(&["runs", "show", &run]);
    assert!(shown.stdout.contains("NetSuite refused the credentials"), "{shown}");

    home.set("NETWIZ_NETSUITE_TOKEN_SECRET", &right);
    home.succeed(&["sync", "all"]);
    let status = home.succeed(&["status"]);
    assert!(status.stdout.contains("ok") && !status.stdout.contains("failing"), "{status}");
}

#[test]
fn a_missing_secret_names_every_place_it_may_stand() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    home.environment.remove("NETWIZ_WIZCOMMERCE_API_KEY");
    home.run(&["sync", "all"])
        .fails(4, &["profile `acme` has no secret `wizcommerce-api-key`"])
        .hints("NETWIZ_WIZCOMMERCE_API_KEY")
        .hints("credentials.toml");
    assert_eq!(simulators.all_requests(NETSUITE) + simulators.all_requests(WIZCOMMERCE), 0);
}

#[test]
fn a_wrong_account_is_refused_and_a_changed_one_does_not_touch_the_state() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.reconfigure("1234567_SB1", "7654321");
    home.run(&["sync", "all"]).fails(4, &["account 7654321", "401"]).hints("`account` or a secret may be mistyped");
    // That state file is about the wrong account now; the message says so before anything is sent.
    home.reconfigure("7654321", "1234567_SB1");
    simulators.clear_logs();
    home.run(&["sync", "all"]).fails(7, &["belongs to NetSuite 7654321", "not to NetSuite 1234567_SB1"]).hints("--state");
    assert_eq!(simulators.all_requests(NETSUITE), 0);
    home.succeed(&["sync", "all", "--state", &home.text("fresh.db")]);
    simulators.check_products();
}

#[test]
fn a_wizcommerce_key_is_refused() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    let right = home.environment["NETWIZ_WIZCOMMERCE_API_KEY"].clone();
    home.set("NETWIZ_WIZCOMMERCE_API_KEY", "mistyped-canary");
    let outcome = home.run(&["sync", "all"]);
    outcome.fails(4, &["WizCommerce refused the API key", "401"]).hints("one year").hints("verify-credentials wizcommerce");
    assert!(!outcome.stderr.contains("canary"), "{outcome}");
    assert_eq!(simulators.all_requests(WIZCOMMERCE), 1);
    home.set("NETWIZ_WIZCOMMERCE_API_KEY", &right);
    home.succeed(&["sync", "all"]);
    simulators.check_products();
}

#[test]
fn a_wizcommerce_key_without_permission_is_told_from_a_wrong_one() {
    let forbidden = refusal(403, r#"{"code":"FORBIDDEN","message":"not for this user"}"#);
    recovers(
        WIZCOMMERCE,
        "/",
        forbidden,
        4,
        &["the WizCommerce key may not do this", "403 FORBIDDEN: not for this user"],
        "key of a user",
    );
}

#[test]
fn a_netsuite_role_without_permission_is_told_from_a_wrong_token() {
    let body = r#"{"o:errorDetails":[{"detail":"Your role does not allow this.","o:errorCode":"INSUFFICIENT_PERMISSION"}],"status":403}"#;
    let texts = ["NetSuite's role may not do this", "403 INSUFFICIENT_PERMISSION: Your role does not allow this."];
    recovers(NETSUITE, SUITEQL, refusal(403, body), 4, &texts, "SuiteAnalytics Workbook");
}

#[test]
fn a_dead_server_is_told_and_nothing_is_lost() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let (netsuite, wizcommerce) = (dead_address(), dead_address());
    let alive = std::fs::read_to_string(home.config_file()).unwrap();

    home.configure(&crate::program::profile(&netsuite, &wizcommerce));
    home.run(&["sync", "all", "--state", &home.text("a.db")])
        .fails(5, &["NetSuite is not available", "Connection refused"])
        .hints("nothing is lost")
        .hints("verify-credentials netsuite");
    home.run(&["query", "SELECT id FROM item", "--state", &home.text("a.db")]).fails(5, &["NetSuite is not available"]);
    let verified = home.run(&["verify-credentials"]);
    assert_eq!(verified.code, 5, "{verified}");

    home.configure(&alive);
    let url = alive.lines().find_map(|line| line.strip_prefix("base-url = ")).unwrap().trim_matches('"').to_owned();
    home.reconfigure(&url, &wizcommerce);
    home.run(&["sync", "all", "--state", &home.text("b.db")]).fails(5, &["WizCommerce is not available", "Connection refused"]);

    home.configure(&alive);
    home.succeed(&["sync", "all"]);
    simulators.check_products();
}

#[test]
fn a_maintenance_page_with_status_200_is_no_answer() {
    let texts = ["NetSuite is not available", "text/html", "instead of JSON", "Back soon"];
    recovers(NETSUITE, SUITEQL, Action::Html, 5, &texts, "nothing is lost");
    let texts = ["WizCommerce is not available", "text/html", "instead of JSON", "Back soon"];
    recovers(WIZCOMMERCE, "/v1/price-lists", Action::Html, 5, &texts, "nothing is lost");
}

#[test]
fn json_that_ends_early_is_no_answer() {
    recovers(NETSUITE, SUITEQL, Action::Garbage, 5, &["NetSuite is not available", "ends early"], "nothing is lost");
    recovers(NETSUITE, SUITEQL, Action::Truncate { bytes: 40 }, 5, &["NetSuite is not available"], "nothing is lost");
    recovers(
        WIZCOMMERCE,
        "/v1/price-lists",
        Action::Garbage,
        5,
        &["WizCommerce is not available", "ends early"],
        "nothing is lost",
    );
    recovers(NETSUITE, SUITEQL, Action::Empty, 5, &["an empty body"], "nothing is lost");
    recovers(NETSUITE, SUITEQL, Action::DeepJson, 5, &["nested deeper than 64 levels"], "nothing is lost");
}

#[test]
fn a_storm_of_429_names_the_quota() {
    let texts = ["NetSuite takes no more requests", "429", "Concurrent request limit exceeded"];
    recovers(NETSUITE, SUITEQL, Action::TooMany, 5, &texts, "lower `concurrency`");
    let texts = ["WizCommerce takes no more requests", "429 TOO_MANY_REQUESTS"];
    recovers(WIZCOMMERCE, "/", Action::TooMany, 5, &texts, "lower `concurrency`");
}

#[test]
fn a_storm_of_503_ends_the_run() {
    let busy = || Action::Reply { status: 503, headers: Default::default(), body: "the server is busy".into() };
    recovers(NETSUITE, SUITEQL, busy(), 5, &["NetSuite is not available", "503: the server is busy"], "nothing is lost");
    recovers(WIZCOMMERCE, "/", busy(), 5, &["WizCommerce is not available", "503 the server is busy"], "nothing is lost");
}

#[test]
fn a_storm_of_503_on_writes_stops_early() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let busy = Action::Reply { status: 503, headers: Default::default(), body: "the server is busy".into() };
    let fault = Fault::once("wizcommerce", "POST", "/v2/products", busy);
    simulators.faults.add(Fault { times: None, ..fault });
    home.run(&["sync", "all"]).fails(5, &["WizCommerce is not available", "503 the server is busy"]).hints("nothing is lost");
    let sent = simulators.requests(WIZCOMMERCE, "POST", "/v2/products");
    assert!(sent < 80, "{sent} requests: plainly down is seen before every record was tried three times");
    simulators.faults.clear();
    home.succeed(&["sync", "all"]);
    simulators.check_products();
}

#[test]
fn records_that_a_failing_wizcommerce_did_not_take_arrive_later() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let busy = Action::Reply { status: 503, headers: Default::default(), body: "the server is busy".into() };
    let fault = Fault::once("wizcommerce", "POST", "/v2/products", busy);
    simulators.faults.add(Fault { times: None, ..fault });
    let first = home.run(&["sync", "products"]);
    assert!(matches!(first.code, 3 | 5), "{first}");
    simulators.faults.clear();
    if first.code == 3 {
        home.succeed(&["failures", "retry", "--all"]);
    }
    home.succeed(&["sync", "all"]);
    simulators.check_products();
}

#[test]
fn writes_whose_answers_are_lost_are_found_again() {
    for path in ["/v1/attributes", "/v2/products", "/v1/inventories"] {
        let simulators = Simulators::start();
        let home = Home::of(&simulators);
        let fault = Fault::once("wizcommerce", "POST", path, Action::LoseReply);
        simulators.faults.add(Fault { times: Some(3), ..fault });
        let first = home.run(&["sync", "all"]);
        assert!(matches!(first.code, 0 | 3 | 5), "{path}: {first}");
        home.succeed(&["sync", "all"]);
        simulators.check_products();
    }
}

#[test]
fn attributes_that_cannot_be_made_say_what_wizcommerce_said() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.reconfigure(
        "[profile.acme.catalogs]",
        "[profile.acme.products]\nattributes = { \"UPC\" = \"upccode\" }\n\n[profile.acme.catalogs]",
    );
    let busy = Action::Reply { status: 503, headers: Default::default(), body: "the server is busy".into() };
    let fault = Fault::once("wizcommerce", "POST", "/v1/attributes", busy);
    simulators.faults.add(Fault { times: None, ..fault });
    home.run(&["sync", "products"])
        .fails(5, &["WizCommerce is not available", "the making of attributes", "503 the server is busy"])
        .hints("nothing is lost");
    simulators.faults.clear();
    home.succeed(&["sync", "products"]);
}

#[test]
fn a_price_list_that_wizcommerce_lacks_stops_before_the_first_write() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.reconfigure("\"6\" = \"DEALER\"", "\"6\" = \"DEALERS\"");
    home.run(&["sync", "products"])
        .fails(6, &["WizCommerce has no active price list with the reference id DEALERS"])
        .hints("catalogs]`");
    assert_eq!(simulators.requests(WIZCOMMERCE, "POST", "/v2/products"), 0);
    let verified = home.run(&["verify-credentials"]);
    assert_eq!(verified.code, 6, "{verified}");
    home.reconfigure("DEALERS", "DEALER");
    home.succeed(&["sync", "all"]);
    simulators.check_products();
}

#[test]
fn the_fuse_stops_before_the_first_write_and_says_how_to_go_on() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "products"]);
    simulators.edit_netsuite("update item set isinactive = 'T', lastmodifieddate = lastmodifieddate");
    simulators.clear_logs();
    let outcome = home.run(&["sync", "products", "--full"]);
    outcome.fails(7, &["would be switched off, more than the"]).hints("--dry-run").hints("--max-deactivate");
    assert_eq!(simulators.writes(), 0);

    // The hint is good: a dry run shows what would happen.
    let plan = home.succeed(&["sync", "products", "--full", "--dry-run"]);
    assert!(plan.stdout.contains("to switch off") && !plan.stdout.contains(" 0 to switch off"), "{plan}");
    assert!(plan.stderr.contains("a real run would stop here"), "{plan}");
    assert_eq!(simulators.writes(), 0);

    home.succeed(&["sync", "products", "--full", "--max-deactivate", "100%"]);
    assert!(simulators.writes() > 0);
}

#[test]
fn a_source_that_is_suddenly_empty_stops_before_the_first_write() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "products"]);
    simulators.edit_netsuite("update item set itemtype = 'Service'");
    simulators.clear_logs();
    home.run(&["sync", "products", "--full"]).fails(7, &["suddenly shows no", "at all"]).hints("verify-credentials netsuite");
    assert_eq!(simulators.writes(), 0);
}

#[test]
fn a_query_that_netsuite_refuses_is_told_in_its_words() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.run(&["query", "SELECT nothing_like_it FROM item"])
        .fails(1, &["error: NetSuite refused the query\n", "Unknown identifier 'nothing_like_it'"])
        .hints("Records Catalog");
    home.run(&["query", "SELECT id FROM nowhere"]).fails(4, &["does not show a table needed for the query"]).hints("permission");
    home.run(&["query", "SELECT id FROM item", "--key", "a b"]).fails(2, &["`a b` is not a column name"]).hints("--key");
}

#[test]
fn a_configured_condition_that_netsuite_refuses_is_told() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.reconfigure(
        "[profile.acme.catalogs]",
        "[profile.acme.products]\nwhere = \"custitem_nope = 'T'\"\n\n[profile.acme.catalogs]",
    );
    let outcome = home.run(&["sync", "products"]);
    outcome.fails(1, &["NetSuite refused the query", "custitem_nope"]);
    assert_eq!(simulators.writes(), 0);
}

/// Reads what was verified: the check's name, whether it is in order, and its detail.
fn verified(home: &Home) -> (i32, Vec<(String, bool, String)>) {
    let (code, document) = home.json(&["verify-credentials", "netsuite"]);
    let text = |check: &serde_json::Value, name: &str| check[name].as_str().unwrap().to_owned();
    let checks = document["checks"].as_array().unwrap().iter();
    (code, checks.map(|check| (text(check, "check"), check["ok"] == true, text(check, "detail"))).collect())
}

fn detail_of(checks: &[(String, bool, String)], name: &str) -> Option<String> {
    checks.iter().find(|(check, ..)| check == name).map(|(.., detail)| detail.clone())
}

#[test]
fn every_permission_an_entity_needs_is_a_line() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let (code, checks) = verified(&home);
    assert_eq!(code, 0, "{checks:#?}");
    assert!(checks.iter().all(|(_, ok, _)| *ok), "{checks:#?}");
    for (check, detail) in [
        ("table item", "for products"),
        ("table customer", "for customers"),
        ("table contact", "for customers (contacts)"),
        ("table customeraddressbook", "for customers (addresses)"),
        ("table employee", "for customers (sales reps)"),
        ("table transactionline", "for orders, shipments, invoices"),
        ("table deletedrecord", "for deletions"),
        ("transactions Sales Order", "visible; for orders"),
        ("transactions Item Fulfillment", "visible; for shipments"),
        ("transactions Invoice", "visible; for invoices"),
    ] {
        let found = detail_of(&checks, check).unwrap_or_else(|| panic!("{check} is missing: {checks:#?}"));
        assert!(found.contains(detail) && !found.contains("none visible"), "{check}: {found}");
    }
    // What is not configured is not asked for.
    for check in ["transactions Credit Memo", "table itemsubsidiarymap", "saved search customsearch_wc"] {
        assert_eq!(detail_of(&checks, check), None);
    }

    simulators.edit_netsuite(
        "insert into sim_saved_search (id, record, condition, columns) values ('customsearch_wc', 'item', 'true', 'internalid')",
    );
    let text = std::fs::read_to_string(home.config_file()).unwrap();
    let text = text.replace(
        "[profile.acme.wizcommerce]",
        "subsidiaries = [\"1\"]\n[profile.acme.wizcommerce]\nextensions = [\"credit-memos\"]",
    );
    home.configure(&format!("{text}[profile.acme.products]\nsaved-search = \"customsearch_wc\"\n"));
    let (code, checks) = verified(&home);
    assert_eq!(code, 0, "{checks:#?}");
    for check in ["transactions Credit Memo", "table itemsubsidiarymap", "saved search customsearch_wc"] {
        assert!(detail_of(&checks, check).is_some(), "{check}: {checks:#?}");
    }
    home.configure(&format!("{text}[profile.acme.customers]\nsaved-search = \"customsearch_wc\"\n"));
    let (code, checks) = verified(&home);
    assert_eq!(code, 6);
    assert!(detail_of(&checks, "saved search customsearch_wc").unwrap().contains("is not over customers"), "{checks:#?}");
    let outcome = home.run(&["verify-credentials", "netsuite"]);
    assert!(outcome.stderr.contains("hint: saved search customsearch_wc: name a saved search over customers"), "{outcome}");
}

#[test]
fn a_kind_of_transaction_that_the_role_does_not_show_is_told() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    simulators.edit_netsuite("update \"transaction\" set type = 'Journal' where type = 'ItemShip'");
    let (code, checks) = verified(&home);
    assert_eq!(code, 0, "there may be none");
    let detail = detail_of(&checks, "transactions Item Fulfillment").unwrap();
    assert!(detail.contains("none visible") && detail.contains("Transactions > Item Fulfillment"), "{detail}");
}
