//! Runs of the real binary: a home folder of its own, both simulators, and what came out.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "what does not work here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use netwiz::sandbox::endpoint::Endpoint;
use netwiz::sandbox::exchange::Remote as _;
use netwiz::sandbox::faults::{Action, Fault, Faults};
use netwiz::sandbox::wizcommerce::Subscription;
use netwiz::sandbox::{self, Running, World};
use serde_json::Value;

/// Longer than any command of these tests takes; a hanging one fails instead of holding everything up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Where the numbers of the two remotes stand in arrays.
pub const NETSUITE: usize = 0;
pub const WIZCOMMERCE: usize = 1;
/// Where queries go.
pub const SUITEQL: &str = "/services/rest/query";

/// A home folder with a clean environment: nothing of whoever runs the tests gets in.
pub struct Home {
    folder: tempfile::TempDir,
    pub environment: BTreeMap<String, String>,
}

/// What a finished command left behind.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A command under way.
pub struct Started {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

/// Both remotes in this process, so that tests see what arrived and change either world.
pub struct Simulators {
    pub world: World,
    pub endpoints: [Arc<Endpoint>; 2],
    pub faults: Arc<Faults>,
    running: Running,
}

/// Both remotes in a process of their own: `netwiz sandbox serve`.
pub struct Served {
    child: Child,
    pub first_line: Value,
    _home: Home,
}

impl Home {
    /// Makes a home in which nothing is configured.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("netwiz-home-").tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let environment = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", folder.path().display().to_string()),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_STATE_HOME", at("state")),
            ("COLUMNS", "100".into()),
            ("NETWIZ_RETRY_BASE_MS", "1".into()),
        ];
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { folder, environment }
    }

    /// Makes a home with the profile `acme`, which points at two addresses and has the sandbox's secrets.
    pub fn at(netsuite: &str, wizcommerce: &str) -> Self {
        let mut home = Self::empty();
        home.configure(&profile(netsuite, wizcommerce));
        let login = sandbox::netsuite::Credentials::sandbox();
        for (name, value) in [
            ("NETWIZ_NETSUITE_CONSUMER_KEY", login.consumer_key),
            ("NETWIZ_NETSUITE_CONSUMER_SECRET", login.consumer_secret),
            ("NETWIZ_NETSUITE_TOKEN_ID", login.token_id),
            ("NETWIZ_NETSUITE_TOKEN_SECRET", login.token_secret),
            ("NETWIZ_WIZCOMMERCE_API_KEY", sandbox::wizcommerce::Settings::default().api_key),
        ] {
            home.set(name, &value);
        }
        home
    }

    /// Makes a home whose profile `acme` points at simulators of this process.
    pub fn of(simulators: &Simulators) -> Self {
        Self::at(&simulators.running.netsuite_url, &simulators.running.wizcommerce_url)
    }

    /// Sets an environment variable for every command from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Gives a path in this home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gives the same path as the text of an argument.
    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub fn config_file(&self) -> PathBuf {
        self.path("config/netwiz/config.toml")
    }

    pub fn state_file(&self) -> PathBuf {
        self.path("state/netwiz/acme.db")
    }

    /// Writes the configuration file.
    pub fn configure(&self, text: &str) {
        std::fs::create_dir_all(self.path("config/netwiz")).unwrap();
        std::fs::write(self.config_file(), text).unwrap();
    }

    /// Changes the configuration file.
    pub fn reconfigure(&self, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.config_file()).unwrap();
        assert!(text.contains(old), "{old} is not in {text}");
        std::fs::write(self.config_file(), text.replace(old, new)).unwrap();
    }

    /// Makes a command of the binary in this home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("netwiz"));
        command.env_clear().envs(&self.environment).current_dir(self.folder.path()).args(arguments);
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let output = assert_cmd::Command::from_std(self.command(arguments)).timeout(PATIENCE).output().unwrap();
        Outcome {
            code: output.status.code().unwrap_or_else(|| panic!("{arguments:?} was killed: {output:?}")),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that must succeed.
    pub fn succeed(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}\n{outcome}");
        outcome
    }

    /// Runs a command with `--json` and gives its code and its one document.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let outcome = self.run(&[arguments, &["--json"]].concat());
        (outcome.code, outcome.document())
    }

    /// Starts a command and leaves it running.
    pub fn start(&self, arguments: &[&str]) -> Started {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // The test may be over.
                let _ = sender.send(line);
            }
        });
        Started { child, lines, seen: Vec::new() }
    }
}

/// Gives the text of a configuration with the profile `acme`.
pub fn profile(netsuite: &str, wizcommerce: &str) -> String {
    format!(
        r#"default-profile = "acme"

[profile.acme]
environment = "sandbox"

[profile.acme.netsuite]
account = "1234567_SB1"
timezone = "America/Los_Angeles"
rest-url = "{netsuite}"
restlet-url = "{netsuite}"

[profile.acme.wizcommerce]
base-url = "{wizcommerce}"

[profile.acme.catalogs]
"1" = "BASE"
"5" = "WHOLESALE"
"6" = "DEALER"
"1:EUR" = "BASE-EUR"
"5:EUR" = "WHOLESALE-EUR"
"6:EUR" = "DEALER-EUR"
default = "BASE"

[profile.acme.sales-reps]
default = "house@netwiz.example"

[profile.acme.orders]
discount-item = "1004"
charge-items = {{ "Handling" = "1005" }}
ship-methods = {{ "UPS Ground" = "901", default = "901" }}

[profile.acme.payments]
methods = {{ "VISA" = "5", default = "4" }}
"#
    )
}

impl Outcome {
    /// Checks an error: its exit code, one block on stderr with every one of these texts, and a hint that says what to do.
    #[track_caller]
    pub fn fails(&self, code: i32, texts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self}");
        let errors = self.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!(errors, 1, "one clear message is wanted\n{self}");
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is missing\n{self}");
        }
        for noise in ["panicked", "RUST_BACKTRACE", "Error {", "Some("] {
            assert!(!self.stderr.contains(noise), "{noise}\n{self}");
        }
        self
    }

    /// Checks that there is a hint, so that the reader knows what to do.
    #[track_caller]
    pub fn hints(&self, text: &str) -> &Self {
        let hint = self.stderr.lines().any(|line| line.starts_with("hint:") && line.contains(text));
        assert!(hint, "no hint has {text:?}\n{self}");
        self
    }

    /// The same where a hint is wanted; an empty text wants none.
    #[track_caller]
    pub fn hints_if(&self, text: &str) -> &Self {
        if text.is_empty() { self } else { self.hints(text) }
    }

    /// Reads stdout, which must be exactly one JSON document.
    #[track_caller]
    pub fn document(&self) -> Value {
        let document: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"));
        assert!(self.stdout.starts_with("{\"schema_version\":1,"), "{self}");
        document
    }

    /// Reads stderr, which must be exactly one JSON object: an error.
    #[track_caller]
    pub fn error_document(&self) -> Value {
        let document: Value = serde_json::from_str(&self.stderr).unwrap_or_else(|error| panic!("{error}\n{self}"));
        assert!(self.stderr.starts_with("{\"schema_version\":1,\"error\":{"), "{self}");
        document
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

impl Started {
    /// Waits until stderr has a line with this text.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let found = line.contains(text);
                    self.seen.push(line);
                    if found {
                        return;
                    }
                }
                Err(_) => panic!("{text:?} never came; stderr was {:#?}", self.seen),
            }
        }
    }

    /// Sends a signal by name to this process alone.
    pub fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    /// Ends it at once.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Outcome {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        self.seen.extend(self.lines.iter());
        let code = status.code().unwrap_or_else(|| panic!("{status}\n{stdout}\n{:#?}", self.seen));
        Outcome { code, stdout, stderr: self.seen.join("\n") }
    }
}

impl Simulators {
    /// Starts a small, faultless world.
    pub fn start() -> Self {
        Self::with(false)
    }

    /// Starts a small world, on demand with records that must be rejected.
    pub fn with(problems: bool) -> Self {
        Self::set_up(problems, sandbox::Setup::default())
    }

    /// Starts a small world whose WizCommerce tells a subscriber of changes.
    pub fn telling(subscription: Subscription) -> Self {
        let mut setup = sandbox::Setup::default();
        setup.wizcommerce.webhooks = Some(subscription);
        Self::set_up(false, setup)
    }

    fn set_up(problems: bool, setup: sandbox::Setup) -> Self {
        let world = World::open(None, setup, sandbox::system_clock()).unwrap();
        world.seed(40, problems).unwrap();
        let faults = Arc::new(Faults::new(Vec::new()));
        let calm = sandbox::conditions(Duration::ZERO, None);
        let endpoints = world.endpoints(calm, calm, Arc::clone(&faults));
        let running = Running::start_with(endpoints.clone(), [0, 0], world.courier().unwrap()).unwrap();
        Self { world, endpoints, faults, running }
    }

    /// Gives scheme, host and port of WizCommerce.
    pub fn wizcommerce_url(&self) -> &str {
        &self.running.wizcommerce_url
    }

    /// Makes a remote misbehave, for ever or so many times.
    pub fn misbehave(&self, remote: usize, path: &str, times: Option<u32>, action: Action) {
        let remote = ["netsuite", "wizcommerce"][remote].to_owned();
        self.faults.add(Fault { remote, method: None, path: Some(path.to_owned()), contains: None, skip: 0, times, action });
    }

    /// Gives the number of requests a remote got on a path since the log was cleared.
    pub fn requests(&self, remote: usize, method: &str, path: &str) -> usize {
        self.endpoints[remote].log().iter().filter(|row| row.method == method && row.target.starts_with(path)).count()
    }

    /// Gives the number of all requests a remote got since the log was cleared.
    pub fn all_requests(&self, remote: usize) -> usize {
        self.endpoints[remote].log().len()
    }

    /// Gives the number of requests that may have changed WizCommerce since the log was cleared.
    pub fn writes(&self) -> usize {
        self.endpoints[WIZCOMMERCE].log().iter().filter(|row| row.method != "GET").count()
    }

    pub fn clear_logs(&self) {
        for endpoint in &self.endpoints {
            endpoint.clear_log();
        }
    }

    /// Waits until WizCommerce got so many writes.
    pub fn wait_for_writes(&self, count: usize) {
        for _ in 0..PATIENCE.as_millis() / 5 {
            if self.writes() >= count {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("only {} writes", self.writes());
    }

    /// Changes NetSuite as a person would; SQL.
    pub fn edit_netsuite(&self, sql: &str) {
        let now = sandbox::system_clock()();
        self.world.netsuite.edit(sql, now).unwrap();
    }

    /// Checks that every item for sale is one product and that nothing exists twice; gives how many there are.
    #[track_caller]
    pub fn check_products(&self) -> usize {
        let products = self.world.wizcommerce.documents("products").unwrap();
        let skus: BTreeSet<String> = products.iter().map(|product| product["sku"].as_str().unwrap().to_owned()).collect();
        assert_eq!(skus.len(), products.len(), "a product exists twice");
        let sellable = "select count(*) from item where itemtype in ('InvtPart', 'Assembly', 'Kit') \
                        and coalesce(matrixtype, '') <> 'PARENT'";
        let sellable: i64 =
            self.world.netsuite.with_database(|database| database.query_row(sellable, [], |row| row.get(0)).unwrap());
        assert_eq!(products.len() as i64, sellable);
        products.len()
    }
}

impl Served {
    /// Starts `netwiz sandbox serve` on free ports and reads its first line.
    pub fn start(more: &[&str]) -> Self {
        let home = Home::empty();
        let mut command = home.command(&[&["sandbox", "serve", "--json", "--items", "40"], more].concat());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let first_line = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Self { child, first_line, _home: home }
    }

    /// Makes a home that points at it, with the secrets it named.
    pub fn home(&self) -> Home {
        let (netsuite, wizcommerce) = (&self.first_line["netsuite"], &self.first_line["wizcommerce"]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut home = Home::empty();
        home.configure(&profile(&text(&netsuite["url"]), &text(&wizcommerce["url"])));
        for (variable, value) in [
            ("NETWIZ_NETSUITE_CONSUMER_KEY", &netsuite["consumer_key"]),
            ("NETWIZ_NETSUITE_CONSUMER_SECRET", &netsuite["consumer_secret"]),
            ("NETWIZ_NETSUITE_TOKEN_ID", &netsuite["token_id"]),
            ("NETWIZ_NETSUITE_TOKEN_SECRET", &netsuite["token_secret"]),
            ("NETWIZ_WIZCOMMERCE_API_KEY", &wizcommerce["api_key"]),
        ] {
            home.set(variable, &text(value));
        }
        home
    }

    /// Waits until the process has ended.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Gives an address of this machine at which nobody listens.
pub fn dead_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Gives a refusal with a JSON body.
pub fn refusal(status: u16, body: &str) -> Action {
    let headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
    Action::Reply { status, headers, body: body.to_owned() }
}

/// Tells whether golden files shall be written instead of compared.
pub fn golden_is_renewed() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1")
}

/// Gives the folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
