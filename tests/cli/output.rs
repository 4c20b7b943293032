//! What goes where: results on stdout, the rest on stderr, nothing with `-q`, one document with `--json`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{Home, NETSUITE, SUITEQL, Simulators, WIZCOMMERCE, repository};

const ESCAPE: char = '\u{1b}';

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn quiet_says_nothing_on_success_and_the_error_otherwise() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    for arguments in [
        &["sync", "all", "-q"][..],
        &["sync", "all", "-q"],
        &["pull", "product", "1001", "-q"],
        &["verify-credentials", "-q"],
        &["config", "check", "-q"],
        &["sync", "all", "-q", "--dry-run"],
    ] {
        let outcome = home.succeed(arguments);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""), "{arguments:?}");
    }
    simulators.misbehave(NETSUITE, SUITEQL, None, netwiz::sandbox::faults::Action::Html);
    let outcome = home.run(&["sync", "all", "-q"]);
    outcome.fails(5, &["NetSuite is not available"]);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.starts_with("error: "), "{outcome}");
}

#[test]
fn quiet_keeps_rejected_records_for_the_log_the_run_and_the_exit_code() {
    let simulators = Simulators::with(true);
    let home = Home::of(&simulators);
    let log = home.text("netwiz.log");
    let outcome = home.run(&["sync", "all", "-q", "--no-input", "--log-format", "json", "--log-file", &log]);
    assert_eq!(outcome.code, 3, "{outcome}");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
    let rejected: Vec<Value> =
        lines(&std::fs::read_to_string(&log).unwrap()).into_iter().filter(|line| line["message"] == "rejected").collect();
    assert!(rejected.iter().any(|line| line["reason"] == "duplicate_sku" && line["entity"] == "products"), "{rejected:#?}");
    assert_eq!(home.json(&["runs", "list"]).1["runs"][0]["counts"]["rejected"], rejected.len());
}

#[test]
fn colours_are_off_unless_they_are_asked_for() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    let plain = home.succeed(&["sync", "all"]);
    let error = home.run(&["sync", "prodcts"]);
    assert!(!format!("{plain}{error}").contains(ESCAPE), "{plain}{error}");
    let coloured = home.run(&["sync", "prodcts", "--color", "always"]);
    assert!(coloured.stderr.contains(ESCAPE), "{coloured}");
    home.set("NO_COLOR", "1");
    let plain = home.run(&["sync", "prodcts"]);
    assert!(!plain.stderr.contains(ESCAPE), "{plain}");
    home.environment.remove("NO_COLOR");
    home.set("TERM", "dumb");
    assert!(!home.succeed(&["status"]).stdout.contains(ESCAPE));
    home.set("CLICOLOR_FORCE", "1");
    assert!(!home.succeed(&["status", "--color", "never"]).stdout.contains(ESCAPE));
}

#[test]
fn json_is_one_document_on_stdout_and_errors_are_one_object_on_stderr() {
    let simulators = Simulators::with(true);
    let mut home = Home::of(&simulators);
    for arguments in [
        &["sync", "all"][..],
        &["sync", "all", "--dry-run", "--full"],
        &["pull", "products"],
        &["status"],
        &["runs", "list"],
        &["failures", "list"],
        &["failures", "show", "1"],
        &["failures", "retry", "1"],
        &["verify-credentials"],
        &["config", "show"],
        &["config", "path"],
        &["config", "check"],
    ] {
        let outcome = home.run(&[arguments, &["--json"]].concat());
        outcome.document();
        assert_eq!(outcome.stderr, "", "{arguments:?}");
    }
    for (arguments, code, kind) in [
        (&["sync", "prodcts"][..], 2, "usage"),
        (&["snyc", "all"], 2, "usage"),
        (&["sync", "all", "--ful"], 2, "usage"),
        (&["status", "--profile", "nobody"], 6, "config"),
        (&["failures", "show", "99"], 2, "usage"),
        (&["failures", "dismiss", "1"], 7, "decision"),
    ] {
        let outcome = home.run(&[arguments, &["--json"]].concat());
        let error = &outcome.error_document()["error"];
        assert_eq!((outcome.code, &error["exit_code"], &error["kind"]), (code, &code.into(), &kind.into()), "{outcome}");
        assert_eq!(outcome.stdout, "", "{outcome}");
        assert!(!error["message"].as_str().unwrap().contains(ESCAPE));
    }

    // A run that ends early has both: the document of what was done, and the error, which the document repeats.
    home.set("NETWIZ_NETSUITE_TOKEN_SECRET", "mistyped");
    let outcome = home.run(&["sync", "all", "--json"]);
    let (document, error) = (outcome.document(), outcome.error_document());
    assert_eq!((outcome.code, &document["outcome"], &document["exit_code"]), (4, &"failed".into(), &4.into()));
    assert_eq!(document["error"], error["error"]);
    assert_eq!(error["error"]["kind"], "credentials");
}

#[test]
fn several_errors_are_one_object() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let refusal = crate::program::refusal(403, r#"{"code":"FORBIDDEN","message":"no"}"#);
    simulators.misbehave(WIZCOMMERCE, "/", None, refusal);
    let outcome = home.run(&["sync", "all", "--json"]);
    assert_eq!(outcome.code, 4, "{outcome}");
    outcome.document();
    outcome.error_document();
}

#[test]
fn a_report_has_a_line_per_record() {
    let simulators = Simulators::with(true);
    let home = Home::of(&simulators);
    let path = home.text("report.jsonl");
    let outcome = home.run(&["sync", "all", "--report", &path, "--json"]);
    let document = outcome.document();
    let lines = lines(&std::fs::read_to_string(&path).unwrap());
    let sum = |member: &str| -> u64 {
        document["flows"].as_array().unwrap().iter().map(|flow| flow["counts"][member].as_u64().unwrap()).sum()
    };
    let with = |action: &str| lines.iter().filter(|line| line["action"] == action).count() as u64;
    let actions: std::collections::BTreeSet<&str> = lines.iter().filter_map(|line| line["action"].as_str()).collect();
    assert_eq!(with("rejected"), sum("rejected"), "{actions:?}");
    let fates = ["created", "updated", "adopted", "unchanged", "deactivated", "skipped", "rejected"];
    assert_eq!(lines.len() as u64, fates.iter().map(|fate| sum(fate)).sum::<u64>(), "{actions:?} {document:#}");
    let rejected = lines.iter().find(|line| line["action"] == "rejected").unwrap();
    for member in ["entity", "key", "label", "reason", "message", "hint"] {
        assert!(rejected[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {rejected}");
    }
    home.run(&["sync", "all", "--report", &home.text("no/such/folder.jsonl")])
        .fails(1, &["the report", "cannot be written"])
        .hints("--report");
}

#[test]
fn a_metrics_file_is_written_whole_and_tells_of_failures_too() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    let path = home.text("netwiz.prom");
    home.succeed(&["sync", "all", "--metrics-file", &path]);
    let text = std::fs::read_to_string(&path).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("netwiz_") && name.ends_with('}'), "{line}");
        assert!(value.parse::<u64>().is_ok(), "{line}");
    }
    assert!(text.contains("netwiz_run_success{profile=\"acme\"} 1\n"), "{text}");
    let names: Vec<&str> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len(), "a series is there twice: {text}");
    let last =
        |text: &str| text.lines().find(|line| line.starts_with("netwiz_last_success_timestamp_seconds{")).map(str::to_owned);
    let succeeded = last(&text).unwrap();
    let created = "netwiz_records{profile=\"acme\",entity=\"products\",direction=\"pull\",outcome=\"created\"} ";
    assert!(text.contains(created) && !text.contains(&format!("{created}0\n")), "{text}");

    home.set("NETWIZ_NETSUITE_TOKEN_SECRET", "mistyped");
    home.run(&["sync", "all", "--metrics-file", &path]).fails(4, &[]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("netwiz_run_success{profile=\"acme\"} 0\n"), "{text}");
    assert!(text.contains("netwiz_run_exit_code{profile=\"acme\"} 4\n"), "{text}");
    assert_eq!(last(&text), Some(succeeded), "{text}");
}

#[test]
fn a_metrics_file_that_cannot_be_written_does_not_hide_the_summary() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let outcome = home.run(&["sync", "all", "--metrics-file", &home.text("no/such/netwiz.prom")]);
    outcome.fails(1, &["the metrics file", "cannot be written"]).hints("--metrics-file");
    assert!(outcome.stdout.contains("products"), "{outcome}");
    simulators.check_products();
    assert_eq!(home.json(&["runs", "list"]).1["runs"][0]["exit_code"], 1);
}

#[test]
fn a_log_file_grows_in_the_asked_form() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let path = home.text("netwiz.log");
    home.succeed(&["sync", "all", "-q", "--log-file", &path, "--log-format", "json"]);
    let first = lines(&std::fs::read_to_string(&path).unwrap());
    assert!(first.iter().any(|line| line["message"] == "flow finished" && line["entity"] == "products"), "{first:#?}");
    home.succeed(&["sync", "all", "-q", "--log-file", &path, "--log-format", "json"]);
    assert!(lines(&std::fs::read_to_string(&path).unwrap()).len() > first.len());
    home.succeed(&["sync", "all", "-q", "--log-file", &home.text("plain.log")]);
    assert!(std::fs::read_to_string(home.path("plain.log")).unwrap().contains(" INFO flow finished entity=\"products\""));
    home.run(&["status", "--log-file", &home.text("no/such/netwiz.log")])
        .fails(1, &["the log file", "cannot be opened"])
        .hints("--log-file");
}

#[test]
fn not_even_the_loudest_log_shows_a_secret() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let outcome = home.run(&["sync", "all", "-vvv", "--log-file", &home.text("netwiz.log")]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let mut said = format!("{outcome}{}", std::fs::read_to_string(home.path("netwiz.log")).unwrap());
    said.push_str(&String::from_utf8_lossy(&std::fs::read(home.state_file()).unwrap()));
    for (name, secret) in
        home.environment.iter().filter(|(name, _)| name.starts_with("NETWIZ_NETSUITE") || name.contains("API_KEY"))
    {
        assert!(!said.contains(secret.as_str()), "{name} shows");
    }
}

#[test]
fn a_dry_run_writes_nothing_anywhere() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let first = home.succeed(&["sync", "products", "inventory", "--dry-run"]);
    assert!(first.stdout.contains("to update, 0 to switch off. Nothing was sent.\n"), "{first}");
    let second = home.succeed(&["sync", "products", "inventory", "--dry-run"]);
    let plan = |outcome: &crate::program::Outcome| outcome.stdout.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(plan(&first), plan(&second), "nothing was remembered of the first");
    assert_eq!(simulators.writes(), 0);
    assert_eq!(home.run(&["sync", "products", "--dry-run", "--detailed-exitcode"]).code, 10);
    let (_, document) = home.json(&["sync", "products", "--dry-run"]);
    assert_eq!((&document["dry_run"], &document["outcome"]), (&true.into(), &"ok".into()));
    assert!(document["flows"][0]["plan"].as_array().is_some_and(|plan| !plan.is_empty()), "{document:#}");

    let state = rusqlite::Connection::open(home.state_file()).unwrap();
    for table in ["link", "intent", "run", "rejection"] {
        let rows: i64 = state.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    drop(state);
    home.succeed(&["sync", "products", "inventory"]);
    simulators.check_products();
    assert_eq!(home.run(&["sync", "products", "--dry-run", "--detailed-exitcode"]).code, 0, "there are no changes");
}

#[test]
fn every_flag_has_an_environment_variable() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    for (name, value) in [("NETWIZ_DRY_RUN", "true"), ("NETWIZ_JSON", "1"), ("NETWIZ_DETAILED_EXITCODE", "yes")] {
        home.set(name, value);
    }
    let outcome = home.run(&["sync", "products"]);
    assert_eq!((outcome.code, &outcome.document()["dry_run"]), (10, &true.into()), "{outcome}");
    home.set("NETWIZ_DRY_RUN", "0");
    home.set("NETWIZ_JSON", "false");
    home.set("NETWIZ_QUIET", "1");
    let outcome = home.succeed(&["sync", "products"]);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
    for (name, value, code, text) in [
        ("NETWIZ_PROFILE", "nobody", 6, "there is no profile `nobody`"),
        ("NETWIZ_SINCE", "tomorrow", 2, "--since tomorrow"),
        ("NETWIZ_MAX_DEACTIVATE", "many", 2, "--max-deactivate many"),
        ("NETWIZ_IF_LOCKED", "maybe", 2, "--if-locked maybe"),
        ("NETWIZ_LIMIT", "few", 2, "few"),
    ] {
        home.set(name, value);
        home.run(&["sync", "all"]).fails(code, &[text]);
        home.environment.remove(name);
    }
    for (name, file) in
        [("NETWIZ_REPORT", "report.jsonl"), ("NETWIZ_METRICS_FILE", "netwiz.prom"), ("NETWIZ_LOG_FILE", "netwiz.log")]
    {
        let path = home.text(file);
        home.set(name, &path);
        home.succeed(&["sync", "all", "--full"]);
        assert!(home.path(file).exists(), "{name}");
        home.environment.remove(name);
    }
    home.set("NETWIZ_STATE", "elsewhere.db");
    home.succeed(&["sync", "products"]);
    assert!(home.path("elsewhere.db").exists());
}

#[test]
fn a_flag_wins_over_its_variable() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    home.set("NETWIZ_PROFILE", "nobody");
    home.succeed(&["status", "--profile", "acme"]);
}

#[test]
fn query_streams_every_row_in_three_forms() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let sql = "SELECT id, itemid FROM item ORDER BY id";
    let rows = lines(&home.succeed(&["query", sql]).stdout);
    let count: i64 = simulators
        .world
        .netsuite
        .with_database(|database| database.query_row("select count(*) from item", [], |row| row.get(0)).unwrap());
    assert_eq!(rows.len() as i64, count);
    let csv = home.succeed(&["query", sql, "--format", "csv"]).stdout;
    assert_eq!(csv.lines().next(), Some("id,itemid"));
    assert_eq!(csv.lines().count(), rows.len() + 1);
    let table = home.succeed(&["query", sql, "--format", "table"]).stdout;
    assert_eq!(table.lines().count(), rows.len() + 1);
    let keyed = lines(&home.succeed(&["query", "SELECT id, itemid FROM item", "--key", "id"]).stdout);
    assert_eq!(keyed, rows);
    let nothing = home.succeed(&["query", "SELECT id FROM item WHERE id < 0", "--format", "table"]);
    assert_eq!(nothing.stdout, "no rows\n");
    assert_eq!(home.succeed(&["query", "SELECT id FROM item WHERE id < 0"]).stdout, "");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    // Far more than a pipe holds, so that the writer meets the closed end.
    let sql = "SELECT a.id, a.itemid, b.itemid AS other, a.displayname FROM item a, item b ORDER BY a.id, b.id";
    for arguments in [&["query", sql][..], &["query", sql, "--format", "csv"]] {
        let mut child = home.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        {
            let mut stdout = BufReader::with_capacity(64, child.stdout.take().unwrap());
            stdout.read_line(&mut first).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!first.is_empty());
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn the_restlet_is_printed_as_it_is_installed() {
    let home = Home::empty();
    let script = std::fs::read_to_string(repository().join("src/netsuite/saved_search.js")).unwrap();
    let outcome = home.succeed(&["restlet"]);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), (script.as_str(), ""));
    // NetSuite reads the version and the type of a script out of its first comment.
    let first = script.split_once("*/").unwrap().0;
    assert!(first.starts_with("/**") && first.contains("@NApiVersion 2.1") && first.contains("@NScriptType Restlet"), "{first}");
    assert_eq!(home.succeed(&["restlet", "-q", "--color", "always"]).stdout, script);
    let (code, document) = home.json(&["restlet"]);
    assert_eq!((code, document), (0, json!({ "schema_version": 1, "file_name": "netwiz_search.js", "script": script })));
}
