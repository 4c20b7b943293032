//! The RESTlet that `netwiz restlet` prints, run under Node: with stand-ins of our own where there is Node, and with
//! Oracle's stubs where the package `@oracle/suitecloud-unit-testing` is there too. Elsewhere these tests say that they
//! were skipped.
//!
//! `npm install --prefix FOLDER @oracle/suitecloud-unit-testing` and
//! `NETWIZ_SUITECLOUD_UNIT_TESTING=FOLDER/node_modules cargo test --test restlet` run them all.

#![allow(clippy::unwrap_used, reason = "what does not work here fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Names a folder `node_modules` that holds Oracle's package.
const STUBS: &str = "NETWIZ_SUITECLOUD_UNIT_TESTING";
const PACKAGE: &str = "@oracle/suitecloud-unit-testing/package.json";

/// Runs Node in the repository; nothing when there is none, or one without a test runner.
fn node(arguments: &[&str]) -> Option<Output> {
    let major = Command::new("node").args(["-p", "parseInt(process.versions.node)"]).output().ok()?;
    let major: u32 = String::from_utf8_lossy(&major.stdout).trim().parse().ok()?;
    if major < 20 {
        return None;
    }
    Command::new("node").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()
}

/// Finds the folder that holds Oracle's package: where the variable says, else where Node itself finds it.
fn stubs() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(STUBS).map(PathBuf::from) {
        // Whoever names a folder wants the test to run.
        assert!(folder.join(PACKAGE).exists(), "{STUBS} is {}, which has no {PACKAGE}", folder.display());
        return Some(folder);
    }
    let found = node(&["-p", &format!("require.resolve('{PACKAGE}')")])?;
    let text = String::from_utf8_lossy(&found.stdout);
    let package = Path::new(text.trim());
    Some(package.ancestors().nth(3)?.to_owned()).filter(|_| found.status.success())
}

fn passes(output: &Output) {
    let shown = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{shown}");
    assert!(!shown.contains("pass 0"), "no test ran:\n{shown}");
}

#[test]
fn the_restlet_keeps_its_contract() {
    match node(&["tests/restlet/run.mjs"]) {
        Some(output) => passes(&output),
        None => eprintln!("skipped: there is no Node 20 or later"),
    }
}

#[test]
fn the_restlet_uses_only_what_suitescript_has() {
    let Some(folder) = stubs() else {
        eprintln!("skipped: there is no Node 20 or later, or no {PACKAGE}; {STUBS} can name the folder it is in");
        return;
    };
    passes(&node(&["tests/restlet/run.mjs", &folder.display().to_string()]).expect("there are stubs, but no Node to run them"));
}
