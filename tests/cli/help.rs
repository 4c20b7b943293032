//! The generated surface is pinned, and help fits a screen.

use crate::program::{Home, golden_is_renewed, repository};

/// Every command of the program, found by asking it.
fn commands(home: &Home, path: &[String], found: &mut Vec<Vec<String>>) {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("-h");
    let help = home.succeed(&arguments).stdout;
    found.push(path.to_vec());
    let Some((_, rest)) = help.split_once("\nCommands:\n") else { return };
    for line in rest.lines().take_while(|line| !line.is_empty()) {
        // A line that goes on in the next is indented further.
        let Some(name) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')).and_then(|line| line.split(' ').next())
        else {
            continue;
        };
        if name != "help" {
            commands(home, &[path, &[name.to_owned()]].concat(), found);
        }
    }
}

#[test]
fn every_command_has_help_that_fits_a_screen() {
    let home = Home::empty();
    let mut found = Vec::new();
    commands(&home, &[], &mut found);
    assert!(found.len() > 15, "{found:?}");
    for path in found {
        for flag in ["-h", "--help"] {
            let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
            arguments.push(flag);
            let help = home.succeed(&arguments);
            assert_eq!(help.stderr, "", "{path:?}");
            for line in help.stdout.lines() {
                assert!(line.chars().count() <= 100, "{path:?} {flag}: {line}");
                assert!(!line.contains("[secret]") && !line.contains("sandbox-token-secret"), "{path:?}: {line}");
            }
            if flag == "-h" {
                let lines = help.stdout.lines().count();
                assert!(lines <= 40, "`netwiz {} -h` has {lines} lines", path.join(" "));
            }
        }
    }
}

#[test]
fn the_exit_codes_are_in_the_help() {
    let home = Home::empty();
    let help = home.succeed(&["--help"]).stdout;
    for (code, word) in [
        ("0", "done"),
        ("1", "failed"),
        ("2", "usage"),
        ("3", "rejected"),
        ("4", "credentials"),
        ("5", "unavailable"),
        ("6", "configuration"),
        ("7", "person"),
        ("10", "--detailed-exitcode"),
        ("11", "lock"),
        ("130, 143", "interrupted"),
    ] {
        let found = help.lines().any(|line| line.trim_start().starts_with(&format!("{code}  ")) && line.contains(word));
        assert!(found, "{code} ({word}) is not in\n{help}");
    }
}

#[test]
fn the_version_is_the_packages() {
    let home = Home::empty();
    assert_eq!(home.succeed(&["--version"]).stdout, format!("netwiz {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_are_those_in_the_repository() {
    let home = Home::empty();
    for (shell, file) in [("bash", "netwiz.bash"), ("zsh", "_netwiz"), ("fish", "netwiz.fish"), ("powershell", "_netwiz.ps1")] {
        let path = repository().join("completions").join(file);
        let now = home.succeed(&["completions", shell]).stdout;
        if golden_is_renewed() {
            std::fs::write(&path, &now).unwrap();
        }
        let pinned = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            now == pinned,
            "completions/{file} is not what this program prints; look at it with `git diff` after UPDATE_GOLDEN=1 cargo test completions"
        );
    }
}
