//! Two runs at once, signals and sudden death: one worker at a time, no duplicates, and the next run completes.

use netwiz::sandbox::faults::{Action, Fault};
use netwiz::state::Lease;

use crate::program::{Home, Simulators, WIZCOMMERCE};

/// Takes the lease of the profile as a run under way has it.
fn lease(home: &Home) -> Lease {
    std::fs::create_dir_all(home.state_file().parent().unwrap()).unwrap();
    Lease::take(&home.state_file(), "sync orders", "2026-03-01T10:00:00Z".parse().unwrap()).unwrap().unwrap()
}

#[test]
fn while_another_run_holds_the_lock_there_are_three_ways() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let lease = lease(&home);

    home.run(&["sync", "all"])
        .fails(11, &["another run of this profile is under way", "sync orders", "since 2026-03-01T10:00:00Z"])
        .hints("--if-locked wait")
        .hints("--if-locked skip");
    let skipped = home.succeed(&["sync", "all", "--if-locked", "skip"]);
    assert!(skipped.stdout.contains("skipped: another run"), "{skipped}");
    let silent = home.succeed(&["sync", "all", "--if-locked", "skip", "-q"]);
    assert_eq!((silent.stdout.as_str(), silent.stderr.as_str()), ("", ""));
    let (code, document) = home.json(&["sync", "all", "--if-locked", "skip"]);
    assert_eq!((code, &document["outcome"]), (0, &"locked".into()));
    home.run(&["sync", "all", "--if-locked", "wait=0s"]).fails(11, &["another run of this profile"]);
    assert_eq!(simulators.all_requests(WIZCOMMERCE), 0);
    // Looking needs no lock.
    home.succeed(&["status"]);
    home.succeed(&["sync", "products", "--dry-run"]);

    let mut waiting = home.start(&["sync", "all", "--if-locked", "wait"]);
    waiting.wait_for("waiting for another run of this profile");
    // Somebody on a call who names a record waits by default, and whoever runs may answer.
    let mut named = home.start(&["pull", "product", "1001"]);
    named.wait_for("queued to another run of this profile");
    drop(lease);
    let outcome = waiting.finish();
    assert_eq!(outcome.code, 0, "{outcome}");
    let outcome = named.finish();
    assert_eq!(outcome.code, 0, "{outcome}");
    simulators.check_products();
}

#[cfg(unix)]
#[test]
fn waiting_for_the_lock_can_be_interrupted() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let _lease = lease(&home);
    let mut waiting = home.start(&["sync", "all", "--if-locked", "wait"]);
    waiting.wait_for("waiting for another run");
    waiting.signal("INT");
    let outcome = waiting.finish();
    assert_eq!(outcome.code, 130, "{outcome}");
}

#[test]
fn a_killed_run_leaves_no_lock_and_no_duplicates() {
    for step in ["batch_read", "intents_committed", "write_answered", "batch_committed"] {
        let simulators = Simulators::start();
        let mut home = Home::of(&simulators);
        let marker = home.text("marker");
        home.set("NETWIZ_PAUSE_AT", &format!("{step}:1:{marker}"));
        let first = home.start(&["sync", "all"]);
        while !home.path("marker").exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        home.environment.remove("NETWIZ_PAUSE_AT");
        home.run(&["sync", "all"]).fails(11, &["another run of this profile is under way", "sync all"]);
        first.kill();
        home.succeed(&["sync", "all"]);
        simulators.check_products();
        simulators.clear_logs();
        home.succeed(&["sync", "all"]);
        assert_eq!(simulators.writes(), 0, "after {step} one more run writes nothing");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_run_in_order_and_the_next_one_completes_it() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let simulators = Simulators::start();
        let home = Home::of(&simulators);
        // Slow enough that the run is still writing when the signal comes.
        let slow = Fault::once("wizcommerce", "POST", "/v2/products", Action::DelayMs(150));
        simulators.faults.add(Fault { times: None, ..slow });
        let first = home.start(&["sync", "all"]);
        simulators.wait_for_writes(8);
        first.signal(signal);
        let outcome = first.finish();
        outcome.fails(code, &["stopped as asked; what was complete is committed"]).hints("run the same command again");
        assert!(outcome.stdout.contains("products"), "the summary is printed\n{outcome}");
        let (_, runs) = home.json(&["runs", "list"]);
        assert_eq!((&runs["runs"][0]["outcome"], &runs["runs"][0]["exit_code"]), (&"interrupted".into(), &code.into()));

        simulators.faults.clear();
        let again = home.succeed(&["sync", "all", "--json"]).document();
        assert_eq!(again["outcome"], "ok");
        simulators.check_products();
        simulators.clear_logs();
        home.succeed(&["sync", "all"]);
        assert_eq!(simulators.writes(), 0);
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_at_once_and_nothing_is_made_twice() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let slow = Fault::once("wizcommerce", "POST", "/v2/products", Action::DelayMs(20_000));
    simulators.faults.add(Fault { times: None, ..slow });
    let mut first = home.start(&["sync", "all"]);
    simulators.wait_for_writes(5);
    first.signal("INT");
    first.wait_for("asked to stop");
    first.signal("INT");
    let outcome = first.finish();
    assert_eq!(outcome.code, 130, "{outcome}");
    simulators.faults.clear();
    home.succeed(&["sync", "all"]);
    simulators.check_products();
}
