//! The machine-readable contract: every JSON document, as the program prints it, against the golden files in `fixtures/json`.
//!
//! What differs from run to run (ids, times, ports, durations, paths) is replaced by fixed words. A changed golden is a
//! decision: readers of the documents are other programs. Renew them with `UPDATE_GOLDEN=1 cargo test --test contract`. What
//! people see is pinned in `fixtures/text`, and renewed with `INSTA_UPDATE=always cargo test --test contract`.

#![allow(clippy::unwrap_used, reason = "what does not work here fails the test")]

mod program;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use netwiz::sandbox::seed::shop::{Kind, id};
use program::{Home, Outcome, Served, Simulators, golden_is_renewed, repository};
use serde_json::Value;

/// Members whose values differ from run to run, and what stands for them.
const VOLATILE: &[(&str, &str)] = &[
    ("run_id", "<run id>"),
    ("started_at", "<time>"),
    ("finished_at", "<time>"),
    ("first_at", "<time>"),
    ("last_at", "<time>"),
    ("next_at", "<time>"),
    ("last_run_at", "<time>"),
    ("cursor", "<time>"),
    ("before", "<time>"),
    ("after", "<time>"),
    ("duration_ms", "<duration>"),
    ("url", "<address>"),
    ("last_served_at", "<time>"),
    ("wizcommerce_id", "<WizCommerce id>"),
    ("updated_at", "<time>"),
];

/// Replaces what differs from run to run; null stays null, since that is part of the contract.
fn steady(value: &mut Value, home: Option<&Home>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                let word = VOLATILE.iter().find(|(volatile, _)| volatile == name).map(|(_, word)| *word);
                match word {
                    Some(word) if value.is_string() || value.is_number() => *value = word.into(),
                    // How many requests a run takes is for the engine's own tests.
                    None if name == "requests" => {
                        for count in value.as_object_mut().into_iter().flatten() {
                            assert!(count.1.is_u64());
                            *count.1 = "<count>".into();
                        }
                    }
                    _ => steady(value, home),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| steady(value, home)),
        Value::String(text) => *text = steady_text(text, home),
        _ => {}
    }
}

fn steady_text(text: &str, home: Option<&Home>) -> String {
    let mut text = text.to_owned();
    if let Some(home) = home {
        text = text.replace(&home.text(""), "<home>/").replace(home.text("").trim_end_matches('/'), "<home>");
    }
    let mut steady = String::new();
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            steady.push(' ');
        }
        steady.push_str(&steady_word(word));
    }
    // "answered in 3 ms", "0 s from this machine's".
    let words: Vec<&str> = steady.split(' ').collect();
    let mut text: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    for at in 1..words.len() {
        if matches!(words[at], "ms" | "s") && words[at - 1].parse::<u64>().is_ok() {
            text[at - 1] = "<n>".into();
        }
    }
    text.join(" ")
}

fn steady_word(word: &str) -> String {
    if let Some((before, after)) = word.split_once("127.0.0.1:") {
        return format!("{before}127.0.0.1:<port>{}", after.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    }
    let bare = word.trim_end_matches(',');
    if bare.parse::<jiff::Timestamp>().is_ok() || bare.parse::<jiff::civil::DateTime>().is_ok() && bare.contains('T') {
        return word.replace(bare, "<time>");
    }
    word.to_owned()
}

/// Compares a document with its golden file.
#[track_caller]
fn golden(name: &str, mut document: Value, home: Option<&Home>) {
    assert_eq!(document["schema_version"], 1, "{document:#}");
    steady(&mut document, home);
    let now = format!("{document:#}\n");
    let path = repository().join("fixtures/json").join(format!("{name}.json"));
    if golden_is_renewed() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &now).unwrap();
    }
    let pinned = std::fs::read_to_string(&path).unwrap_or_default();
    if now == pinned {
        return;
    }
    let mut difference = String::new();
    let (old, new): (Vec<&str>, Vec<&str>) = (pinned.lines().collect(), now.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let rest = old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(old, new)| old == new).count();
    for line in &old[same.saturating_sub(3)..same] {
        difference.push_str(&format!("  {line}\n"));
    }
    for line in &old[same..old.len() - rest] {
        difference.push_str(&format!("- {line}\n"));
    }
    for line in &new[same..new.len() - rest] {
        difference.push_str(&format!("+ {line}\n"));
    }
    panic!(
        "fixtures/json/{name}.json differs from line {} on:\n{difference}\n\
         Programs read this. If the change is meant: UPDATE_GOLDEN=1 cargo test --test contract",
        same + 1
    );
}

/// Replaces what differs from run to run in a person's output, by words as wide, so that columns stay where they are.
fn steady_output(outcome: &Outcome, home: &Home) -> String {
    let mut text = format!("exit code {}\n--- stdout\n{}--- stderr\n{}", outcome.code, outcome.stdout, outcome.stderr);
    for run in home.json(&["runs", "list"]).1["runs"].as_array().unwrap() {
        text = text.replace(run["run_id"].as_str().unwrap(), "run-id");
    }
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut line = steady_text(line, Some(home)).replace("<time>", "2026-00-00T00:00:00Z");
        if let Some((before, _)) = line.split_once("duration_ms=") {
            line = format!("{before}duration_ms=<n>");
        }
        // Whether the cursor moved depends on whether a second went by.
        if line.starts_with("cursor ") {
            line = "cursor … · <duration> · run run-id".to_owned();
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// Compares what a person sees with the pinned text.
#[track_caller]
fn shown(name: &str, outcome: &Outcome, home: &Home) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(repository().join("fixtures/text"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, steady_output(outcome, home)));
}

#[test]
fn a_sync() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let (code, document) = home.json(&["sync", "products", "inventory"]);
    assert_eq!(code, 0);
    golden("sync", document, Some(&home));
    let (_, document) = home.json(&["sync", "products", "inventory"]);
    golden("sync-again", document, Some(&home));
}

#[test]
fn a_sync_with_failures_and_what_is_kept_of_it() {
    let simulators = Simulators::with(true);
    let home = Home::of(&simulators);
    let (code, document) = home.json(&["sync", "products", "inventory"]);
    assert_eq!(code, 3);
    golden("sync-with-failures", document, Some(&home));
    // Newest first, and which are newer depends on whether a second went by.
    let mut listed = home.json(&["failures", "list"]).1;
    listed["failures"].as_array_mut().unwrap().sort_by_key(|failure| failure["id"].as_u64());
    golden("failures-list", listed, Some(&home));
    golden("failures-show", home.json(&["failures", "show", "1"]).1, Some(&home));
    golden("status-with-failures", home.json(&["status"]).1, Some(&home));
    golden("runs-list", home.json(&["runs", "list"]).1, Some(&home));
    let run = home.json(&["runs", "list"]).1["runs"][0]["run_id"].as_str().unwrap().to_owned();
    golden("runs-show", home.json(&["runs", "show", &run]).1, Some(&home));
    let sku = simulators.world.wizcommerce.documents("products").unwrap()[0]["sku"].as_str().unwrap().to_owned();
    golden("map-show", home.json(&["map", "show", "product", &sku]).1, Some(&home));
}

#[test]
fn a_push_and_a_rejected_push() {
    let simulators = Simulators::with(true);
    let home = Home::of(&simulators);
    // The customer is not in NetSuite yet, and goes first.
    let (code, document) = home.json(&["push", "order", &id(Kind::Order, 1)]);
    assert_eq!(code, 0, "{document:#}");
    golden("push", document, Some(&home));
    // The order of an item that NetSuite does not know.
    let (code, document) = home.json(&["push", "order", &id(Kind::Order, 101)]);
    assert_eq!(code, 3, "{document:#}");
    golden("push-rejected", document, Some(&home));
    golden("failures-list-of-a-push", home.json(&["failures", "list"]).1, Some(&home));
}

#[test]
fn what_a_person_sees_of_a_push() {
    let simulators = Simulators::with(true);
    let home = Home::of(&simulators);
    shown("push", &home.run(&["push", "order", &id(Kind::Order, 1)]), &home);
    shown("push-rejected", &home.run(&["push", "order", &id(Kind::Order, 101)]), &home);
    shown("failures-list-of-a-push", &home.run(&["failures", "list"]), &home);
}

#[test]
fn a_dry_run() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    golden("dry-run", home.json(&["sync", "products", "--dry-run"]).1, Some(&home));
}

#[test]
fn a_locked_run() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    std::fs::create_dir_all(home.state_file().parent().unwrap()).unwrap();
    let now = "2026-03-01T10:00:00Z".parse().unwrap();
    let _lease = netwiz::state::Lease::take(&home.state_file(), "sync all", now).unwrap().unwrap();
    golden("sync-locked", home.json(&["sync", "products", "--if-locked", "skip"]).1, Some(&home));
}

#[test]
fn status_and_lists_before_anything_ran() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    golden("status-empty", home.json(&["status"]).1, Some(&home));
    golden("failures-list-empty", home.json(&["failures", "list"]).1, Some(&home));
    golden("runs-list-empty", home.json(&["runs", "list"]).1, Some(&home));
}

#[test]
fn status_in_step() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "all"]);
    golden("status", home.json(&["status"]).1, Some(&home));
}

#[test]
fn the_map() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "customers"]);
    let first = home.succeed(&["map", "export", "customers"]).stdout;
    let lines: Vec<Value> = first.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = lines.iter().find(|row| row["entity"] == "customers").unwrap().clone();
    // Lines are no document; they are pinned inside one.
    golden("map-export", serde_json::json!({ "schema_version": 1, "lines": [row] }), Some(&home));
    let (ns, wc) = (row["netsuite_id"].as_str().unwrap(), row["wizcommerce_id"].as_str().unwrap());
    golden("map-forget", home.json(&["map", "forget", "customer", ns, "--yes"]).1, Some(&home));
    golden("map-set", home.json(&["map", "set", "customer", ns, wc, "--yes"]).1, Some(&home));
    // Two records that say they are the same one.
    home.succeed(&["map", "forget", "customer", ns, "--yes"]);
    let mut others = lines.iter().filter(|other| other["entity"] == "customers" && other["wizcommerce_id"] != wc);
    let other = others.next_back().unwrap()["wizcommerce_id"].as_str().unwrap();
    let patch = format!(r#"[{{"set": "/v1/customers/{other}", "patch": {{"reference_id": "{ns}"}}}}]"#);
    let wizcommerce = &*simulators.world.wizcommerce;
    netwiz::sandbox::exchange::Remote::edit(wizcommerce, &patch, netwiz::sandbox::system_clock()()).unwrap();
    let (code, mut rebuilt) = home.json(&["map", "rebuild", "customers", "--yes"]);
    assert_eq!(code, 3);
    // The ids in the sentence differ from run to run.
    let message = &mut rebuilt["contradictions"][0]["message"];
    *message = message.as_str().unwrap().split(": ").next().unwrap().into();
    golden("map-rebuild", rebuilt, Some(&home));
}

#[test]
fn verified_credentials() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    let (code, document) = home.json(&["verify-credentials"]);
    assert_eq!(code, 0, "{document:#}");
    golden("verify-credentials", document, Some(&home));
    home.set("NETWIZ_WIZCOMMERCE_API_KEY", "mistyped");
    let (code, document) = home.json(&["verify-credentials", "wizcommerce"]);
    assert_eq!(code, 4, "{document:#}");
    golden("verify-credentials-refused", document, Some(&home));
}

#[test]
fn configuration() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    golden("config-show", home.json(&["config", "show"]).1, Some(&home));
    golden("config-path", home.json(&["config", "path"]).1, Some(&home));
    golden("config-check", home.json(&["config", "check"]).1, Some(&home));
    home.reconfigure("timezone", "timezoen");
    golden("config-check-failed", home.json(&["config", "check"]).1, Some(&home));
}

#[test]
fn the_first_line_of_the_sandbox() {
    let served = Served::start(&[]);
    golden("sandbox-serve", served.first_line.clone(), None);
}

#[test]
fn the_first_line_of_a_listener_and_its_health() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    home.set("NETWIZ_WIZCOMMERCE_WEBHOOK_SECRET", "shared");
    let mut command = home.command(&["listen", "--json", "--bind", "127.0.0.1:0"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let first: Value = serde_json::from_str(&line).unwrap();
    let address = first["url"].as_str().unwrap().replace("http://", "");
    let ask = |head: &str| {
        let mut call = TcpStream::connect(&address).unwrap();
        write!(call, "{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        call.read_to_string(&mut answer).unwrap();
        serde_json::from_str::<Value>(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    golden("listen", first.clone(), Some(&home));
    golden("listen-health", ask("GET /health"), Some(&home));
    golden("listen-refused", ask("POST /webhooks"), Some(&home));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn errors() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    golden("error-usage", home.run(&["sync", "orderz", "--json"]).error_document(), Some(&home));
    golden("error-arguments", home.run(&["snyc", "--json"]).error_document(), Some(&home));
    home.set("NETWIZ_NETSUITE_TOKEN_SECRET", "mistyped");
    let outcome = home.run(&["sync", "products", "--json"]);
    golden("error-credentials", outcome.error_document(), Some(&home));
    golden("sync-failed", outcome.document(), Some(&home));
}

#[test]
fn what_a_person_sees_of_a_sync() {
    let simulators = Simulators::with(true);
    let home = Home::of(&simulators);
    let outcome = home.run(&["sync", "products", "inventory"]);
    shown("sync-with-failures", &outcome, &home);
    shown("sync-again", &home.run(&["sync", "products", "inventory"]), &home);
    // Newest first, and which are newer depends on whether a second went by.
    let mut listed = home.run(&["failures", "list"]);
    let mut lines: Vec<&str> = listed.stdout.lines().collect();
    lines[1..].sort_unstable();
    listed.stdout = lines.join("\n") + "\n";
    shown("failures-list", &listed, &home);
    shown("failures-show", &home.run(&["failures", "show", "2"]), &home);
    shown("runs-list", &home.run(&["runs", "list"]), &home);
}

#[test]
fn what_a_person_sees_of_a_plan() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "products"]);
    simulators.edit_netsuite("update item set displayname = 'Renamed' where id in (1021, 1022)");
    simulators.edit_netsuite("update item set isinactive = 'T' where id = 1024");
    simulators.clear_logs();
    let outcome = home.run(&["sync", "products", "--full", "--dry-run"]);
    shown("dry-run", &outcome, &home);
    assert_eq!(simulators.writes(), 0);
}

#[test]
fn what_a_person_sees_of_an_error() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    home.set("NETWIZ_NETSUITE_TOKEN_SECRET", "mistyped");
    shown("error", &home.run(&["sync", "products"]), &home);
    shown("status-after-error", &home.run(&["status"]), &home);
}
