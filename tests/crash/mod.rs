//! Kills of the real binary: both systems in a process of their own, moments to kill at, and a book of where kills landed.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use netwiz::state::State;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a test waits for a step, a line or an end.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// What is logged when nothing came back for a create.
pub const LOST: &str = "the answer to a create was lost";
/// The secret of webhooks, should a world receive any.
pub const WEBHOOK_SECRET: &str = "shared-by-both";

/// The row of `correctness.md` 9 that a step is at which the binary can be paused.
pub fn row_of(step: &str) -> &'static str {
    match step {
        "lease_taken" => "lease taken",
        "bounds_stored" => "bounds stored",
        "batch_read" => "page fetched",
        "intents_committed" => "intent committed, request not sent",
        "write_answered" => "answer in, not committed",
        "batch_committed" => "page committed, cursor not moved",
        "cursor_moved" => "cursor moved",
        "parents_done" => "parent done, child not",
        other => panic!("the step {other} is not in the table"),
    }
}

/// When a run is killed.
pub enum Moment<'a> {
    /// So long after its start.
    After(Duration),
    /// When it has passed a step so many times.
    At(&'a str, usize),
    /// When it has logged these words.
    Says(&'a str),
    /// When it has logged nothing for so long, after these words.
    Silent(&'a str, Duration),
    /// When either system has got a request, by method and path.
    Asked(&'a str, &'a str),
    /// When a file exists, and a little later.
    Exists(&'a Path, Duration),
}

/// Where kills landed: by the last step of the log, and by row of the table.
#[derive(Default)]
pub struct Book {
    steps: BTreeMap<String, [u32; 2]>,
    pub rows: BTreeMap<&'static str, u32>,
}

static BOOK: Mutex<Option<Book>> = Mutex::new(None);
/// Kills at random moments so far.
pub static RANDOM: AtomicU32 = AtomicU32::new(0);

pub fn note_row(row: &'static str) {
    let mut book = BOOK.lock().unwrap();
    *book.get_or_insert_default().rows.entry(row).or_default() += 1;
}

pub fn note_step(step: &str, random: bool) {
    let mut book = BOOK.lock().unwrap();
    book.get_or_insert_default().steps.entry(step.to_owned()).or_default()[usize::from(random)] += 1;
}

/// Where the kills landed, as text.
pub fn table() -> String {
    let mut text = format!("{:<34}{:>8}{:>12}\n", "last step passed", "random", "on purpose");
    let mut totals = [0; 2];
    let book = BOOK.lock().unwrap();
    let Some(book) = book.as_ref() else { return text };
    for (step, [purpose, random]) in &book.steps {
        totals = [totals[0] + random, totals[1] + purpose];
        writeln!(text, "{step:<34}{random:>8}{purpose:>12}").unwrap();
    }
    writeln!(text, "{:<34}{:>8}{:>12}\n", "all", totals[0], totals[1]).unwrap();
    for (row, times) in &book.rows {
        writeln!(text, "{row:<42}{times:>4}").unwrap();
    }
    text
}

/// Prints the table, and checks that every row of it was hit; gives the number of all kills.
pub fn close(rows: &[&str]) -> u32 {
    let table = table();
    println!("{table}");
    let book = BOOK.lock().unwrap().take().unwrap();
    for row in rows {
        assert!(book.rows.contains_key(row), "nothing was killed at: {row}\n{table}");
    }
    book.steps.values().flatten().sum()
}

/// What distinguishes a world.
pub struct Setting<'s> {
    /// Items of the catalogue.
    pub items: &'s str,
    /// What every answer of either system takes.
    pub latency_ms: &'s str,
    /// Sections of the profile.
    pub sections: &'s str,
    /// What its WizCommerce has beyond the documented.
    pub extensions: &'s str,
    /// How many requests NetSuite takes at once. Where a script says what happens, flow control must not come in between.
    pub limit: &'s str,
    /// A script of faults.
    pub faults: Option<&'s str>,
}

/// Both systems, served by another process until dropped.
struct Served {
    process: Child,
    wizcommerce: String,
    api_key: String,
    environment: Vec<(&'static str, String)>,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub struct World {
    pub name: String,
    pub folder: TempDir,
    served: Served,
    runs: AtomicU32,
}

impl World {
    pub fn serve(name: &str, setting: &Setting<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_netwiz"));
        command.env_clear().env("HOME", folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.args(["sandbox", "serve", "--json", "--items", setting.items, "--latency-ms", setting.latency_ms]);
        command.args(["--wizcommerce-latency-ms", setting.latency_ms, "-vv", "--log-format", "json", "--log-file"]);
        command.arg(folder.path().join("requests.log"));
        command.args(["--concurrency-limit", setting.limit]);
        if let Some(faults) = setting.faults {
            let script = folder.path().join("faults.json");
            fs::write(&script, faults).unwrap();
            command.arg("--faults").arg(script);
        }
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{name}: no sandbox: {error}: {line}"));
        let text = |pointer: &str| told.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let (netsuite, wizcommerce) = (text("/netsuite/url"), text("/wizcommerce/url"));
        let profile = format!(
            "[profile.acme]\nenvironment = \"sandbox\"\n\
             [profile.acme.netsuite]\naccount = \"{}\"\ntimezone = \"America/Los_Angeles\"\nrest-url = \"{netsuite}\"\nrestlet-url = \"{netsuite}\"\n\
             [profile.acme.catalogs]\n\"1\" = \"BASE\"\n\"5\" = \"WHOLESALE\"\n\"6\" = \"DEALER\"\n\
             \"1:EUR\" = \"BASE-EUR\"\n\"5:EUR\" = \"WHOLESALE-EUR\"\n\"6:EUR\" = \"DEALER-EUR\"\ndefault = \"BASE\"\n\
             [profile.acme.sales-reps]\ndefault = \"house@netwiz.example\"\n\
             [profile.acme.orders]\ndiscount-item = \"1004\"\ncharge-items = {{ \"Handling\" = \"1005\" }}\n\
             ship-methods = {{ \"UPS Ground\" = \"901\", default = \"902\" }}\n\
             [profile.acme.payments]\nmethods = {{ VISA = \"5\", CHECK = \"1\", default = \"4\" }}\n\
             {}\n\
             [profile.acme.wizcommerce]\nbase-url = \"{wizcommerce}\"\nextensions = [{}]\n",
            text("/netsuite/account"),
            setting.sections,
            setting.extensions,
        );
        fs::write(folder.path().join("config.toml"), profile).unwrap();
        let environment = vec![
            ("NETWIZ_NETSUITE_CONSUMER_KEY", text("/netsuite/consumer_key")),
            ("NETWIZ_NETSUITE_CONSUMER_SECRET", text("/netsuite/consumer_secret")),
            ("NETWIZ_NETSUITE_TOKEN_ID", text("/netsuite/token_id")),
            ("NETWIZ_NETSUITE_TOKEN_SECRET", text("/netsuite/token_secret")),
            ("NETWIZ_WIZCOMMERCE_API_KEY", text("/wizcommerce/api_key")),
            ("NETWIZ_WIZCOMMERCE_WEBHOOK_SECRET", WEBHOOK_SECRET.into()),
        ];
        let served = Served { process, wizcommerce, api_key: text("/wizcommerce/api_key"), environment };
        Self { name: name.into(), folder, served, runs: AtomicU32::new(0) }
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("acme.db")
    }

    pub fn netwiz(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netwiz"));
        command.env_clear().env("HOME", self.folder.path()).env("NETWIZ_CONFIG_DIR", self.folder.path());
        command.env("NETWIZ_PROFILE", "acme").env("NETWIZ_STATE", self.state()).env("NETWIZ_RETRY_BASE_MS", "5");
        command.envs(self.served.environment.iter().map(|(name, value)| (name, value))).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Starts a command and kills it. Gives the last step it passed, or `None` when it ended before: then successfully.
    pub fn kill(&self, arguments: &[&str], moment: &Moment<'_>) -> Option<String> {
        let number = self.runs.fetch_add(1, Ordering::SeqCst);
        let log = self.folder.path().join(format!("run-{number}.log"));
        let marker = self.folder.path().join(format!("run-{number}.paused"));
        let mut command = self.netwiz(arguments);
        command.args(["--no-progress", "-vv", "--log-format", "json", "--log-file"]).arg(&log);
        match moment {
            Moment::At(step, count) => {
                command.env("NETWIZ_PAUSE_AT", format!("{step}:{count}:{}", marker.display()));
            }
            // Nothing is tried again before the kill.
            Moment::Says(_) | Moment::Silent(..) | Moment::Asked(..) => {
                command.env("NETWIZ_RETRY_BASE_MS", "120000");
            }
            Moment::After(_) | Moment::Exists(..) => {}
        }
        let started = Instant::now();
        let mut process = command.spawn().unwrap();
        let mut seen = (0, Instant::now());
        let ended = loop {
            let text = || fs::read_to_string(&log).unwrap_or_default();
            let is_time = match moment {
                Moment::After(wait) => started.elapsed() >= *wait,
                Moment::At(..) => marker.exists(),
                Moment::Says(words) => text().contains(words),
                Moment::Asked(method, path) => {
                    let got = fs::read_to_string(self.folder.path().join("requests.log")).unwrap_or_default();
                    got.contains(&format!(r#""method":"{method}","target":"{path}"#))
                }
                Moment::Silent(words, wait) => {
                    let text = text();
                    if text.len() != seen.0 {
                        seen = (text.len(), Instant::now());
                    }
                    text.contains(words) && seen.1.elapsed() >= *wait
                }
                Moment::Exists(file, wait) => {
                    let there = file.exists();
                    if there {
                        thread::sleep(*wait);
                    }
                    there
                }
            };
            if is_time {
                break None;
            }
            if let Some(status) = process.try_wait().unwrap() {
                break Some(status);
            }
            if started.elapsed() >= PATIENCE {
                let _ = process.kill();
                panic!("{}: {arguments:?}, run {number}, does not get there:\n{}", self.name, tail(&text()));
            }
            match moment {
                Moment::Exists(..) => std::hint::spin_loop(),
                Moment::After(_) | Moment::At(..) => thread::sleep(Duration::from_millis(1)),
                Moment::Says(_) | Moment::Silent(..) | Moment::Asked(..) => thread::sleep(Duration::from_millis(5)),
            }
        };
        if ended.is_none() {
            process.kill().unwrap();
        }
        // A run may end by itself between the last look and the kill.
        let status = process.wait().unwrap();
        let log = fs::read_to_string(&log).unwrap_or_default();
        if status.code().is_some() {
            assert!(status.success(), "{}: {arguments:?}, run {number}, ended with {status}:\n{}", self.name, tail(&log));
            return None;
        }
        Some(last_step(&log))
    }

    /// Removes the state file; with or without what SQLite keeps beside it.
    pub fn lose_state(&self, companions: bool) {
        for suffix in if companions { &["", "-wal", "-shm"][..] } else { &[""] } {
            let _ = fs::remove_file(beside(&self.state(), suffix));
        }
        note_row("state lost");
    }

    /// Puts a copy of the state file back in its place.
    pub fn put_back(&self, copy: &Path) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(&self.state(), suffix));
        }
        keep(copy, &self.state());
    }

    pub fn output(&self, arguments: &[&str]) -> Output {
        self.netwiz(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap()
    }

    /// Runs a command to its end, which must be a success, and gives the report.
    pub fn run(&self, arguments: &[&str]) -> Value {
        let output = self.output(&[arguments, &["--json"]].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{}: {arguments:?}: {text} {words}", self.name);
        serde_json::from_str(&text).unwrap()
    }

    pub fn query(&self, sql: &str) -> Vec<Value> {
        let output = self.output(&["query", sql, "--format", "jsonl", "-q"]);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Asks WizCommerce, as any caller with the key can.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Costly to make; and without kept connections, which would hang on a runtime that is gone.
        static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
        let client = || reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let url = format!("{}{path}", self.served.wizcommerce);
        let mut request =
            CLIENT.get_or_init(client).request(method.parse().unwrap(), &url).header("x-api-key", &self.served.api_key);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = runtime.block_on(async { request.send().await.unwrap().bytes().await.unwrap() });
        serde_json::from_slice(&answer).unwrap_or_else(|error| panic!("{url}: {error}: {answer:?}"))
    }

    /// Reads a whole list from WizCommerce.
    pub fn list(&self, path: &str, parameters: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        for page in 1.. {
            let body = self.ask("GET", &format!("{path}?page={page}&page_size=100{parameters}"), None);
            let rows = body["data"].as_array().unwrap_or_else(|| panic!("{path}: {body}"));
            all.extend(rows.iter().cloned());
            if page >= body["pagination"]["total_pages"].as_u64().unwrap_or(0) {
                break;
            }
        }
        all
    }

    /// Gives what both systems wrote down of the requests that may have changed something, oldest first.
    pub fn writes(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("requests.log")).unwrap();
        let rows = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let requests = rows.filter(|row| row["message"] == "request");
        requests
            .map(|row| ["remote", "method", "target"].map(|name| row[name].as_str().unwrap().to_owned()).join(" "))
            .filter(|row| !row.contains(" GET ") && !row.contains(" /services/rest/query"))
            .collect()
    }
}

pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

pub fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// The last step in a log, with its entity.
pub fn last_step(log: &str) -> String {
    let lines = log.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let step = lines.into_iter().find_map(|line| Some((line["step"].as_str()?.to_owned(), line["entity"].as_str()?.to_owned())));
    step.map_or_else(|| "before the lease".into(), |(step, entity)| format!("{step} {entity}").trim().to_owned())
}

/// Tells how to replay a world that failed, whatever it failed at.
pub struct Replayable(pub &'static str, pub u64);

impl Drop for Replayable {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("replay this world with NETWIZ_KILL_SEED={} cargo test --test {} -- --nocapture", self.1, self.0);
        }
    }
}

/// Copies a state file with what SQLite keeps beside it.
pub fn keep(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        if beside(from, suffix).exists() {
            fs::copy(beside(from, suffix), beside(to, suffix)).unwrap();
        }
    }
}

/// Tells whether a state file is ready for use, without touching it.
pub fn is_complete(state: &Path) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    keep(state, &copy);
    State::open_existing(&copy).ok().flatten().is_some_and(|state| state.meta("made").is_ok_and(|made| made.is_some()))
}

/// Writes a fault of a script.
pub fn fault(remote: &str, method: &str, path: &str, contains: &str, skip: u32, action: &str) -> String {
    format!(
        r#"{{"remote": "{remote}", "method": "{method}", "path": "{path}", "contains": {}, "skip": {skip}, "do": {action}}}"#,
        Value::from(contains)
    )
}

pub fn script(faults: &[String]) -> String {
    format!(r#"{{"faults": [{}]}}"#, faults.join(", "))
}

pub fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
