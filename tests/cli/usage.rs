//! Wrong usage: exit code 2, the wrong word, the nearest right one, and nobody is asked.

use netwiz::model::EntityKind;
use netwiz::profile::FLOWS;

use crate::program::{Home, NETSUITE, Outcome, Simulators, WIZCOMMERCE};

#[test]
fn mistyped_things_get_a_suggestion() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.run(&["sync", "prodcts"]).fails(2, &["unknown entity `prodcts`", "did you mean `products`?"]);
    home.run(&["pull", "inventroy", "7"]).fails(2, &["did you mean `inventory`?"]);
    home.run(&["map", "show", "produkt", "7"]).fails(2, &["did you mean `products`?"]);
    home.run(&["sync", "bananas"]).fails(2, &["unknown entity `bananas`", "products", "credit-memos"]);
    home.run(&["snyc", "all"]).fails(2, &["'snyc'", "'sync'"]);
    home.run(&["sync", "all", "--ful"]).fails(2, &["--ful", "--full"]);
    home.run(&["sync"]).fails(2, &["<ENTITY>"]);
    home.run(&["pull", "all"]).fails(2, &["`pull` takes one entity at a time"]).hints("netwiz sync all");
    assert_eq!(simulators.all_requests(NETSUITE) + simulators.all_requests(WIZCOMMERCE), 0);
}

#[test]
fn webhooks_stay_on_this_machine_and_need_a_secret() {
    let home = Home::empty();
    let serve = |more: &[&str]| home.run(&[&["sandbox", "serve"], more].concat());
    let here = "http://127.0.0.1:8787/webhooks";
    serve(&["--webhook-url", "http://example.test/"]).fails(2, &["--webhook-url", here]);
    serve(&["--webhook-url", here]).fails(2, &["--webhook-secret <SECRET>"]);
    serve(&["--webhook-url", here, "--webhook-secret", ""]).fails(2, &["missing or empty"]).hints("--webhook-secret");
    serve(&["--webhook-url", here, "--webhook-secret", "s", "--webhook-style", "none"]).fails(2, &["header, signature"]);
}

#[test]
fn values_that_make_no_sense_are_told_with_an_example() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    for (arguments, text, hint) in [
        (&["sync", "all", "--since", "tomorrow"][..], "`--since tomorrow` is no past time", "2026-03-01"),
        (&["sync", "all", "--since", "2999-01-01"], "is no past time", "how long ago"),
        (&["sync", "all", "--max-deactivate", "many"], "`--max-deactivate many` is neither", "5%"),
        (&["sync", "all", "--max-deactivate", "101%"], "neither a number nor a percentage", "20"),
        (&["sync", "all", "--if-locked", "maybe"], "`--if-locked maybe` is not known", "wait=5m"),
        (&["pull", "products", "LAMP-1"], "`LAMP-1` is not an Internal ID", "--sku"),
        (&["pull", "products", "0"], "`0` is not an Internal ID", "whole numbers"),
        (&["runs", "show", "zzzzzz"], "the profile acme has no state yet", "netwiz sync all"),
    ] {
        let code = if text.contains("no state yet") { 1 } else { 2 };
        home.run(arguments).fails(code, &[text]).hints(hint);
    }
    home.run(&["sync", "all", "--limit", "few"]).fails(2, &["'few'", "--limit"]);
    home.run(&["completions", "tcsh"]).fails(2, &["'tcsh'", "bash"]);
    assert_eq!(simulators.all_requests(NETSUITE) + simulators.all_requests(WIZCOMMERCE), 0);
}

#[test]
fn an_entity_without_a_flow_in_this_version_says_so() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    // None is left once every entity has its flow.
    let without = EntityKind::ALL.into_iter().find(|kind| !FLOWS.iter().any(|(entity, _)| entity == kind));
    if let Some(entity) = without {
        for verb in ["sync", "pull"] {
            home.run(&[verb, entity.name()])
                .fails(2, &[&format!("{entity} cannot be synced in this version")])
                .hints("what can be synced: products, ");
        }
    }
    assert_eq!(simulators.all_requests(NETSUITE), 0);
}

#[test]
fn numbers_of_failures_and_runs_that_do_not_exist_are_told() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "products"]);
    home.run(&["failures", "show", "99"]).fails(2, &["there is no open failure 99"]).hints("netwiz failures list");
    home.run(&["failures", "retry", "99"]).fails(2, &["there is no open failure 99"]).hints("netwiz failures list");
    home.run(&["failures", "dismiss", "99"]).fails(2, &["there is no open failure 99"]).hints("netwiz failures list");
    home.run(&["failures", "list", "--run", "zzzzzz"]).fails(2, &["there is no run zzzzzz"]).hints("netwiz runs list");
    home.run(&["runs", "show", "zzzzzz"]).fails(2, &["there is no run zzzzzz"]).hints("netwiz runs list");
    home.run(&["map", "show", "product", "NO-SUCH"]).fails(2, &["no product is linked as NO-SUCH"]).hints("SKU");
}

#[test]
fn failures_are_listed_explained_retried_and_forgotten() {
    let simulators = Simulators::with(true);
    let home = Home::of(&simulators);
    let first = home.run(&["sync", "all"]);
    assert_eq!(first.code, 3, "{first}");
    assert!(first.stderr.contains("netwiz failures list --run "), "{first}");
    assert_eq!(home.run(&["status"]).code, 3);

    let (code, listed) = home.json(&["failures", "list"]);
    assert_eq!(code, 0);
    let failure = listed["failures"].as_array().unwrap().iter().find(|failure| failure["reason"] == "duplicate_sku").unwrap();
    let id = failure["id"].to_string();
    let shown = home.succeed(&["failures", "show", &id]);
    assert!(shown.stdout.contains("tried once") && shown.stderr.contains("give one of the two NetSuite items"), "{shown}");
    // A record that cannot arrive fails again.
    assert_eq!(home.run(&["failures", "retry", &id]).code, 3);
    assert!(home.succeed(&["failures", "show", &id]).stdout.contains("tried 2 times"));

    home.run(&["failures", "dismiss", &id]).fails(7, &["Forget 1 failure?"]).hints("--yes");
    let (_, still) = home.json(&["failures", "list"]);
    assert_eq!(still["total"], listed["total"]);
    let dismissed = home.succeed(&["failures", "dismiss", &id, "--yes"]);
    assert!(dismissed.stdout.contains("1 failure forgotten"), "{dismissed}");
    let (_, fewer) = home.json(&["failures", "list"]);
    assert_eq!(fewer["total"].as_u64().unwrap() + 1, listed["total"].as_u64().unwrap());

    // What was mended in NetSuite arrives with the next try, and is no failure any more.
    let unpriced = listed["failures"].as_array().unwrap().iter().find(|failure| failure["reason"] == "unit_conversion").unwrap();
    let (key, id) = (unpriced["key"].as_str().unwrap(), unpriced["id"].to_string());
    simulators.edit_netsuite(&format!("update item set saleunit = stockunit where id = {key}"));
    let retried: Outcome = home.run(&["failures", "retry", &id]);
    assert_eq!(retried.code, 0, "{retried}");
    home.run(&["failures", "show", &id]).fails(2, &["there is no open failure"]);
}

#[test]
fn an_id_that_does_not_exist_is_rejected() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    for arguments in
        [&["pull", "product", "999999"][..], &["pull", "product", "--sku", "NO-SUCH"], &["pull", "inventory", "999999"]]
    {
        let outcome = home.run(arguments);
        assert_eq!(outcome.code, 3, "{outcome}");
        assert!(outcome.stdout.contains("nonexistent_id"), "{outcome}");
    }
}
