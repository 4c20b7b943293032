//! State files that cannot be used: nothing is overwritten, and the message names the way on.

use rusqlite::Connection;

use crate::program::{Home, NETSUITE, Simulators};

#[test]
fn a_place_where_nothing_can_be_made_is_told() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    std::fs::write(home.path("plain"), "a file, not a folder").unwrap();
    home.run(&["sync", "all", "--state", &home.text("plain/acme.db")])
        .fails(1, &["plain/acme.db cannot be used"])
        .hints("--state");
    home.run(&["sync", "all", "--state", &home.text("plain/deeper/acme.db")])
        .fails(1, &["plain/deeper cannot be made"])
        .hints("--state");
    assert_eq!(simulators.all_requests(NETSUITE), 0, "nobody is asked before the state is safe");
}

#[test]
fn a_folder_in_place_of_a_file_is_told() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    std::fs::create_dir(home.path("folder")).unwrap();
    for command in [&["sync", "all"][..], &["status"], &["failures", "list"], &["runs", "list"]] {
        let outcome = home.run(&[command, &["--state", &home.text("folder")]].concat());
        outcome.fails(1, &["folder cannot be used"]).hints("this is a folder: name a file with `--state`");
    }
}

#[test]
fn a_file_of_a_newer_netwiz_is_left_alone() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "products"]);
    let connection = Connection::open(home.state_file()).unwrap();
    let ours: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    for command in [&["sync", "all"][..], &["status"], &["failures", "list"], &["map", "show", "product", "1"]] {
        home.run(command).fails(7, &["was written by a newer netwiz"]).hints("upgrade this netwiz");
    }
    connection.pragma_update(None, "user_version", ours).unwrap();
    drop(connection);
    home.succeed(&["sync", "all"]);
    simulators.check_products();
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let path = home.text("foreign.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("create table recipe (name text); insert into recipe values ('soup')")
        .unwrap();
    for command in [&["sync", "all"][..], &["status"], &["failures", "list"]] {
        let outcome = home.run(&[command, &["--state", &path]].concat());
        outcome.fails(7, &["foreign.db is not a netwiz state file"]).hints("--state");
    }
    let name: String = Connection::open(&path).unwrap().query_row("select name from recipe", [], |row| row.get(0)).unwrap();
    assert_eq!(name, "soup");
}

#[test]
fn a_damaged_file_is_set_aside_and_the_next_run_links_everything_again() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "all"]);
    for suffix in ["-wal", "-shm"] {
        // They are there only after an unclean end.
        let _ = std::fs::remove_file(format!("{}{suffix}", home.state_file().display()));
    }
    std::fs::write(home.state_file(), "this is no database at all".repeat(500)).unwrap();
    home.run(&["sync", "all"]).fails(1, &["is damaged; it was moved to"]).hints("run the same command again");
    let folder = home.path("state/netwiz");
    let aside = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.contains("damaged"))
        .expect("the damaged file is kept");
    assert!(std::fs::read_to_string(home.path("state/netwiz").join(aside)).unwrap().starts_with("this is no database"));

    let again = home.succeed(&["sync", "all", "--json"]).document();
    let products = &again["flows"][0]["counts"];
    assert_eq!(products["created"], 0, "nothing is made a second time: {again:#}");
    simulators.check_products();
    simulators.clear_logs();
    home.succeed(&["sync", "all"]);
    assert_eq!(simulators.writes(), 0);
}

#[test]
fn without_any_state_there_is_a_way_to_begin() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let status = home.succeed(&["status"]);
    assert!(status.stderr.contains("netwiz sync all"), "{status}");
    assert!(!home.state_file().exists(), "`status` writes nothing");
    home.succeed(&["failures", "list"]);
    home.succeed(&["runs", "list"]);
    home.run(&["map", "show", "product", "1"]).fails(1, &["the profile acme has no state yet"]).hints("netwiz sync all");
}

#[cfg(unix)]
#[test]
fn state_is_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.succeed(&["sync", "products"]);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.state_file()), 0o600);
    assert_eq!(mode(home.state_file().parent().unwrap()), 0o700);
}
