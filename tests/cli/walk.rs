//! The first walk: both remotes in one process, netwiz in another.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

use crate::program::{Home, Served};

#[test]
fn two_processes_come_into_step_and_stay_there() {
    let served = Served::start(&[]);
    let home = served.home();

    let (code, first) = home.json(&["sync", "all"]);
    assert_eq!((code, &first["outcome"], &first["exit_code"]), (0, &"ok".into(), &0.into()), "{first:#}");
    for flow in first["flows"].as_array().unwrap() {
        assert_eq!(flow["failures_total"], 0, "{flow:#}");
        match flow["entity"].as_str().unwrap() {
            // An extension that a tenant has or has not.
            "credit-memos" | "estimates" => {
                assert!(flow["notes"][0].as_str().unwrap().contains("extension"), "{flow:#}");
            }
            // The products flow has brought the kits whole; their own looks whether anything is missing.
            "kits" => assert!(flow["counts"]["unchanged"].as_u64().unwrap() > 0, "{flow:#}"),
            _ => assert!(flow["counts"]["created"].as_u64().unwrap() > 0, "{flow:#}"),
        }
    }

    let shown = home.succeed(&["runs", "show", first["run_id"].as_str().unwrap()]);
    assert!(shown.stdout.contains("\nnote: credit-memos: WizCommerce has no place for them"), "{shown}");

    let (code, second) = home.json(&["sync", "all"]);
    assert_eq!(code, 0);
    let mut netsuite = 2; // The two questions for the time belong to no flow.
    for flow in second["flows"].as_array().unwrap() {
        for count in ["created", "updated", "adopted", "deactivated", "rejected", "failed"] {
            assert_eq!(flow["counts"][count], 0, "{count} of {flow:#}");
        }
        // What goes to NetSuite is asked of WizCommerce; what comes from there is not, when nothing changed.
        if flow["direction"] == "pull" {
            assert_eq!(flow["requests"]["wizcommerce"], 0, "{flow:#}");
        }
        netsuite += flow["requests"]["netsuite"].as_u64().unwrap();
    }
    // Each flow from NetSuite asks its few finders and how many records there are; the list of deletions is shared. Customers
    // and orders are met once more, because what the first run pushed changed them.
    assert!(netsuite <= 46, "{netsuite} requests to NetSuite: {second:#}");

    home.succeed(&["verify-credentials"]);
    home.succeed(&["status"]);
}

#[test]
fn serving_takes_faults_from_a_file_and_a_bad_one_is_refused() {
    let scripts = Home::empty();
    let faults = scripts.path("faults.json");
    let script = r#"{"faults": [{"remote": "netsuite", "path": "/services/rest/query", "do": "html"}]}"#;
    std::fs::write(&faults, script).unwrap();
    let served = Served::start(&["--faults", faults.to_str().unwrap()]);
    // One page of maintenance is passed over by trying again.
    served.home().succeed(&["sync", "products"]);

    std::fs::write(&faults, r#"{"faults": [{"remote": "netsuite", "do": "sulk"}]}"#).unwrap();
    let outcome = scripts.run(&["sandbox", "serve", "--faults", faults.to_str().unwrap()]);
    outcome.fails(2, &["is not a script of faults", "sulk"]).hints("smallest script");
    scripts.run(&["sandbox", "serve", "--faults", "absent.json"]).fails(2, &["absent.json cannot be read"]).hints("--faults");

    let port = served.first_line["netsuite"]["url"].as_str().unwrap().rsplit_once(':').unwrap().1.to_owned();
    let outcome = scripts.run(&["sandbox", "serve", "--netsuite-port", &port]);
    outcome.fails(1, &["cannot be served", &port]).hints("0 picks a free one");
}

#[cfg(unix)]
#[test]
fn serving_ends_well_when_it_is_stopped() {
    for signal in ["INT", "TERM"] {
        let mut served = Served::start(&[]);
        let command = format!("kill -{signal} {}", served.id());
        assert!(std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success());
        assert_eq!(served.wait().code(), Some(0), "being stopped is how serving ends");
    }
}

#[test]
fn the_built_in_profile_needs_nothing_and_keeps_its_world() {
    let home = Home::empty();
    let first = home.succeed(&["--profile", "sandbox", "sync", "all", "--json"]).document();
    assert!(first["flows"][0]["counts"]["created"].as_u64().unwrap() > 100, "{first:#}");
    let second = home.succeed(&["--profile", "sandbox", "sync", "all", "--json"]).document();
    assert_eq!(second["flows"][0]["counts"]["created"], 0, "{second:#}");

    let edited = home.succeed(&["sandbox", "edit", "product", "orders"]);
    assert!(edited.stdout.starts_with("products: 1") && edited.stdout.contains("\norders: 5"), "{edited}");
    home.run(&["sandbox", "edit", "payments"]).fails(2, &["payments are not edited in NetSuite"]).hints("credit-memos");
    let third = home.succeed(&["--profile", "sandbox", "sync", "products", "--json"]).document();
    assert_eq!(third["flows"][0]["counts"]["updated"], 1, "{third:#}");
    let all = home.succeed(&["sandbox", "edit", "--json"]).document();
    assert_eq!(all["edits"].as_array().unwrap().len(), 8, "{all:#}");

    home.run(&["sandbox", "reset"]).fails(7, &["Remove the sandbox's data and state?"]).hints("--yes");
    home.succeed(&["sandbox", "reset", "--yes"]);
    home.run(&["sandbox", "edit"]).fails(2, &["the sandbox is empty"]).hints("netwiz sandbox seed");
    home.succeed(&["sandbox", "seed", "--items", "40", "--problems"]);
    let third = home.run(&["--profile", "sandbox", "sync", "all", "--json"]);
    assert_eq!(third.code, 3, "{third}");
    let created = third.document()["flows"][0]["counts"]["created"].as_u64().unwrap();
    assert!((40..100).contains(&created), "{third}");
}

#[test]
fn served_webhooks_reach_their_receiver() {
    for (style, proof) in [("header", "webhook-secret: shared"), ("signature", "x-wizcommerce-signature: ")] {
        let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/webhooks", receiver.local_addr().unwrap());
        let served = Served::start(&["--webhook-url", &url, "--webhook-secret", "shared", "--webhook-style", style]);
        let (wizcommerce, text) = (&served.first_line["wizcommerce"], |value: &Value| value.as_str().unwrap().to_owned());
        let (address, key) = (text(&wizcommerce["url"]).replace("http://", ""), text(&wizcommerce["api_key"]));
        let mut call = TcpStream::connect(&address).unwrap();
        // The first customer of the seed.
        let path = "/v1/customers/5eed0001-0000-4000-8000-000000000001";
        write!(call, "DELETE {path} HTTP/1.1\r\nhost: {address}\r\nx-api-key: {key}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        call.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let (mut delivery, _) = receiver.accept().unwrap();
        let mut request = String::new();
        let mut chunk = [0; 1024];
        while !request.ends_with("}}") {
            let count = delivery.read(&mut chunk).unwrap();
            assert_ne!(count, 0, "{request}");
            request.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        }
        assert!(request.contains(proof) && request.contains(r#""event":"customer."#), "{request}");
    }
}
