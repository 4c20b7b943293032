//! What the README tells people to type: every command exists, and the first one works in an empty home.

mod program;

use program::{Home, repository};

/// The commands in the shell blocks of a Markdown text, one per line, continued lines joined.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut in_shell = false;
    let mut begun = String::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(language) = line.strip_prefix("```") {
            in_shell = !in_shell && matches!(language.trim(), "sh" | "shell" | "bash" | "console" | "crontab" | "cron");
            begun.clear();
        } else if in_shell {
            begun.push_str(line.strip_prefix("$ ").unwrap_or(line));
            match begun.strip_suffix('\\') {
                Some(more) => begun = more.to_owned(),
                None => commands.push(std::mem::take(&mut begun)),
            }
        }
    }
    commands
}

/// Cuts a line of a shell into the words of its netwiz commands; variables before the name are left out.
fn invocations(line: &str) -> Vec<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            // A comment, where a word would begin.
            (None, '#') if word.is_none() => break,
            (None, ';' | '|' | '&' | '>' | '<' | '(' | ')' | '`') => {
                words.extend(word.take());
                words.push(letter.to_string());
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    let ends = |word: &String| matches!(word.as_str(), ";" | "|" | "&" | ">" | "<" | "(" | ")" | "`");
    words
        .split(ends)
        .filter_map(|words| {
            let name = words.iter().position(|word| word == "netwiz" || word.ends_with("/netwiz"));
            // `cargo run --release -- ...` is netwiz too.
            let cargo =
                words.iter().position(|word| word == "cargo").filter(|at| words.get(at + 1).is_some_and(|word| word == "run"));
            match (cargo, name) {
                (Some(_), _) => words.iter().position(|word| word == "--").map(|at| words[at + 1..].to_vec()),
                // Only where a command stands: `cargo install netwiz` and `which netwiz` are none.
                (None, Some(at)) => {
                    let commanding = words[..at]
                        .iter()
                        .all(|word| word.contains('=') || is_schedule(word) || word == "sudo" || word == "exec");
                    commanding.then(|| words[at + 1..].to_vec())
                }
                (None, None) => None,
            }
        })
        .collect()
}

/// A field of a cron line.
fn is_schedule(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_digit() || "*/,-".contains(letter))
}

#[test]
fn every_command_of_the_readme_exists() {
    let Ok(text) = std::fs::read_to_string(repository().join("README.md")) else { return };
    let home = Home::empty();
    let mut count = 0;
    for line in commands(&text) {
        for words in invocations(&line) {
            count += 1;
            // With `--help` at its end a command is parsed as far as its subcommand, and nothing is run; an option or a
            // subcommand that does not exist is an error all the same.
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let end = words.iter().position(|word| *word == "--").unwrap_or(words.len());
            let outcome = home.run(&[&words[..end], &["--help"]].concat());
            assert_eq!(outcome.code, 0, "README: {line}\n{outcome}");
        }
    }
    assert!(count > 0, "no command was found in the README");
}

#[test]
fn the_first_command_works_in_an_empty_home() {
    // `cargo run --release -- --profile sandbox sync all`
    let mut home = Home::empty();
    home.environment.remove("NETWIZ_RETRY_BASE_MS");
    let first = home.succeed(&["--profile", "sandbox", "sync", "all"]);
    if let Ok(text) = std::fs::read_to_string(repository().join("README.md")) {
        let (_, wanted) = shown(&text, "Sixty seconds, without any account").remove(0);
        assert_eq!(steady(&first.stdout), steady(&wanted), "README\n{first}");
    }
    let header = first.stdout.lines().find(|line| line.trim_start().starts_with("entity")).expect("a table");
    for column in ["read", "created", "updated", "unchanged", "rejected", "failed"] {
        assert!(header.contains(column), "{column} is not in {header:?}");
    }
    assert!(first.stdout.lines().any(|line| line.trim_start().starts_with("products ")), "{first}");

    let second = home.succeed(&["--profile", "sandbox", "sync", "all", "--json"]).document();
    for flow in second["flows"].as_array().unwrap() {
        for count in ["created", "updated", "adopted", "deactivated", "rejected", "failed"] {
            assert_eq!(flow["counts"][count], 0, "{count} of {flow:#}");
        }
    }
}

/// What of an output is the same on every run: no ports, times, durations and run numbers.
fn steady(text: &str) -> Vec<String> {
    let word = |word: &str| match word.split_once("127.0.0.1:") {
        Some((before, _)) => format!("{before}127.0.0.1"),
        None if word.parse::<jiff::Timestamp>().is_ok() => "<time>".to_owned(),
        None => word.to_owned(),
    };
    let line = |line: &str| match line.split_once("--run ") {
        Some((before, _)) => format!("{before}--run"),
        None if line.starts_with("cursor ") => "cursor".to_owned(),
        None => line.split(' ').map(word).collect::<Vec<_>>().join(" "),
    };
    text.trim_end().lines().map(line).collect()
}

/// The blocks of a section: the commands of each that is for a shell, and the output below it.
fn shown(text: &str, section: &str) -> Vec<(String, String)> {
    let rest = text.split_once(&format!("## {section}\n")).unwrap_or_else(|| panic!("there is no section {section}")).1;
    let section = rest.split_once("\n## ").map_or(rest, |(section, _)| section);
    let mut blocks = section.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).peekable();
    let mut shown = Vec::new();
    while let Some((language, body)) = blocks.next() {
        if language == "sh" {
            let output = blocks.next_if(|(language, _)| *language == "text").map_or("", |(_, output)| output);
            shown.push((format!("```sh\n{body}```"), output.to_owned()));
        }
    }
    shown
}

#[test]
fn the_pushes_of_the_readme_end_as_it_shows_them() {
    let Ok(text) = std::fs::read_to_string(repository().join("README.md")) else { return };
    let home = Home::empty();
    let shown = shown(&text, "A push, a rejection, and the retry that succeeds");
    assert!(shown.len() >= 3, "{shown:#?}");
    for (block, wanted) in shown {
        let mut output = String::new();
        for words in commands(&block).iter().flat_map(|line| invocations(line)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let outcome = home.run(&words);
            assert!(matches!(outcome.code, 0 | 3), "{words:?}\n{outcome}");
            // What only says that the sandbox is there is left out.
            if words[..2] != ["sandbox", "seed"] {
                output.push_str(&outcome.stdout);
                let hints = outcome.stderr.lines().filter(|line| line.starts_with("hint:"));
                hints.for_each(|hint| output.push_str(&format!("{hint}\n")));
            }
        }
        assert_eq!(steady(&output), steady(&wanted), "README: {block}\n{output}");
    }
}

#[test]
fn commands_are_found_in_shell_blocks_alone() {
    let text = "Run `netwiz nonsense`.\n```toml\nnetwiz = 1\n```\n```sh\n# a comment: netwiz nonsense\n\
                NETWIZ_JSON=1 netwiz status | head   # netwiz nonsense\n*/15 * * * *  netwiz sync inventory -q \\\n  --no-input\n\
                cargo install netwiz\ncargo run --release -- --profile sandbox sync all\nnetwiz query \"SELECT id; x\" > f && netwiz status\n```\n";
    let found: Vec<Vec<String>> = commands(text).iter().flat_map(|line| invocations(line)).collect();
    let expected: [&[&str]; 5] = [
        &["status"],
        &["sync", "inventory", "-q", "--no-input"],
        &["--profile", "sandbox", "sync", "all"],
        &["query", "SELECT id; x"],
        &["status"],
    ];
    assert_eq!(found, expected);
}
