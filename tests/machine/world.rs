//! A small world in memory that a history begins from: filled once per thread, copied for every seed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use netwiz::config::{Inputs, SecretName, Settings};
use netwiz::error::Error;
use netwiz::http::{Lost, Request, Response, Schedule, Stop, Transport};
use netwiz::model::{Clock, Direction, EntityKind, Entropy, Replay};
use netwiz::profile::{self, ProfileFlows, Surroundings};
use netwiz::sandbox::endpoint::{Conditions, Endpoint};
use netwiz::sandbox::exchange::Remote as _;
use netwiz::sandbox::faults::Faults;
use netwiz::sandbox::{self, InProcess, seed};
use netwiz::state::State;
use netwiz::sync::report::FlowReport;
use netwiz::sync::{Engine, Event, Fate, Flows as _, Hands, Memory, Observer, Options, SourceClock, Task};
use rusqlite::Connection;
use serde_json::Value;

/// One flow of a run.
pub type Job = (EntityKind, Direction, Task);

const BEGINNING: &str = "2026-03-02T18:00:00Z";
const NETSUITE_URL: &str = "http://127.0.0.1:8081";
const WIZCOMMERCE_URL: &str = "http://127.0.0.1:8082";
/// The most requests at once that the profile allows.
pub const CEILINGS: [usize; 2] = [4, 6];

const PROFILE: &str = r#"
[profile.test]
environment = "sandbox"
[profile.test.netsuite]
account = "1234567_SB1"
timezone = "America/Los_Angeles"
rest-url = "http://127.0.0.1:8081"
restlet-url = "http://127.0.0.1:8081"
concurrency = 4
[profile.test.wizcommerce]
base-url = "http://127.0.0.1:8082"
concurrency = 6
extensions = ["quotes", "payments", "credit-memos"]
[profile.test.catalogs]
"1" = "BASE"
"5" = "WHOLESALE"
"6" = "DEALER"
default = "BASE"
[profile.test.sales-reps]
default = "house@netwiz.example"
[profile.test.orders]
initial-status = "B"
discount-item = "90012"
charge-items = { "Handling" = "90015" }
[profile.test.payments]
push = true
methods = { default = "4" }
"#;

/// The seed's numbers: everything random comes from here (`correctness.md` R17).
pub struct Dice(Replay);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Replay::new(Timestamp::UNIX_EPOCH, seed))
    }

    /// Gives a number below `sides`.
    pub fn below(&self, sides: usize) -> usize {
        usize::try_from(Entropy::next(&self.0) % sides.max(1) as u64).unwrap_or(0)
    }

    pub fn number(&self) -> u64 {
        Entropy::next(&self.0)
    }

    /// Is true so many times in a hundred.
    pub fn chance(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// The time of the paused runtime, with leaps between the steps.
#[derive(Clone)]
pub struct WorldClock {
    /// Milliseconds.
    base: Arc<AtomicI64>,
    begun: tokio::time::Instant,
}

impl WorldClock {
    fn new(at: Timestamp) -> Self {
        Self { base: Arc::new(AtomicI64::new(at.as_millisecond())), begun: tokio::time::Instant::now() }
    }

    pub fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(0);
        Timestamp::from_millisecond(self.base.load(Ordering::SeqCst) + elapsed).unwrap()
    }

    pub fn leap(&self, seconds: i64) {
        self.base.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        Self::now(self)
    }
}

/// Randomness that both clients share.
struct Shared(Mutex<Replay>);

impl Entropy for Shared {
    fn next(&self) -> u64 {
        Entropy::next(&*self.0.lock().unwrap())
    }
}

/// How the two systems of a history behave where their contracts leave it open.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// WizCommerce refuses a second record of a reference. Where it does not, nothing keeps two writers at the same moment apart.
    pub strict: bool,
    /// How far NetSuite's clock is ahead.
    pub skew: i64,
    /// NetSuite refuses more requests in flight than this.
    pub limit: Option<usize>,
    /// Date filters of WizCommerce include their bound.
    pub inclusive: bool,
    /// A change of an address or a contact moves the customer's stamp.
    pub parts_move: bool,
}

/// What histories begin from.
pub struct Template {
    sandbox: sandbox::World,
    pub settings: Rc<Settings>,
    /// The state after everything was brought in step once.
    state: Option<Connection>,
}

static NAMES: AtomicU64 = AtomicU64::new(0);

/// Gives the address of a database in memory that several connections of this process share.
fn new_address() -> String {
    format!("file:machine-{}?mode=memory&cache=shared", NAMES.fetch_add(1, Ordering::SeqCst))
}

fn copy(from: &Connection, into: &mut Connection) {
    let backup = rusqlite::backup::Backup::new(from, into).unwrap();
    backup.run_to_completion(100_000, Duration::ZERO, None).unwrap();
}

impl Template {
    /// Fills the world, and brings it in step unless it is to be fresh.
    pub fn new(settings: &Rc<Settings>, in_step: bool) -> Self {
        let at: Timestamp = BEGINNING.parse().unwrap();
        let sandbox = sandbox::World::open(None, sandbox::Setup::default(), Arc::new(move || at)).unwrap();
        fill(&sandbox, at);
        let template = Self { sandbox, settings: Rc::clone(settings), state: None };
        if !in_step {
            return template;
        }
        let manners = Manners { strict: false, skew: 0, limit: None, inclusive: true, parts_move: true };
        let (sandbox, state) = on_paused_clock(async {
            let world = World::new(&template, manners, 1, 0);
            for round in 0..3 {
                let ended = world.run(0, &Plan::scheduled()).await;
                for (report, error) in ended.reports() {
                    assert!(
                        error.is_none() && report.counts.rejected == 0,
                        "round {round}: {error:?} {:?} {:?}",
                        report.failures,
                        error.as_ref().map(netwiz::error::Error::causes)
                    );
                }
                world.clock.leap(900);
            }
            let mut state = Connection::open_in_memory().unwrap();
            copy(&world.workers[0].keeper, &mut state);
            (world.sandbox, state)
        });
        Self { sandbox, settings: template.settings, state: Some(state) }
    }
}

/// Runs a future on a clock of its own that stands still while there is something to do.
pub fn on_paused_clock<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// Makes the profile; without the extension a payment is the rise of what an order has paid.
pub fn settings(has_payments: bool) -> Rc<Settings> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let profile = if has_payments { PROFILE.to_owned() } else { PROFILE.replace("\"payments\", ", "") };
    std::fs::write(&file, profile).unwrap();
    let environment = secrets().into_iter().map(|(name, value)| (name.variable().to_owned(), value)).collect();
    let inputs = Inputs {
        profile: Some("test".into()),
        config: Some(file),
        environment,
        state_home: Some(folder.path().to_owned()),
        ..Inputs::default()
    };
    Rc::new(Settings::load(&inputs).unwrap_or_else(|error| panic!("{error} {:?}", error.causes())))
}

fn secrets() -> [(SecretName, String); 5] {
    let login = sandbox::netsuite::Credentials::sandbox();
    [
        (SecretName::NetSuiteConsumerKey, login.consumer_key),
        (SecretName::NetSuiteConsumerSecret, login.consumer_secret),
        (SecretName::NetSuiteTokenId, login.token_id),
        (SecretName::NetSuiteTokenSecret, login.token_secret),
        (SecretName::WizCommerceApiKey, sandbox::wizcommerce::Settings::default().api_key),
    ]
}

/// Words that must turn up nowhere (`correctness.md` R16).
pub fn canaries() -> Vec<String> {
    let secret = |(name, value): (SecretName, String)| {
        let is_id = matches!(name, SecretName::NetSuiteConsumerKey | SecretName::NetSuiteTokenId);
        (!is_id).then_some(value)
    };
    secrets().into_iter().filter_map(secret).collect()
}

/// A worker: a machine with a state file of its own.
pub struct Worker {
    address: String,
    /// Keeps the shared database alive, and looks into it.
    pub keeper: Connection,
    pub backups: Vec<Connection>,
}

impl Worker {
    fn new(state: Option<&Connection>) -> Self {
        let address = new_address();
        let mut keeper = Connection::open(&address).unwrap();
        if let Some(state) = state {
            copy(state, &mut keeper);
        }
        let worker = Self { address, keeper, backups: Vec::new() };
        // An empty one gets its tables.
        drop(worker.state());
        worker
    }

    /// Loses the state file.
    pub fn lose(&mut self) {
        let backups = std::mem::take(&mut self.backups);
        *self = Self { backups, ..Self::new(None) };
    }

    pub fn back_up(&mut self) {
        let mut backup = Connection::open_in_memory().unwrap();
        copy(&self.keeper, &mut backup);
        self.backups.push(backup);
    }

    /// Puts an older state in the place of this one.
    pub fn restore(&mut self, which: usize) {
        let address = new_address();
        let mut keeper = Connection::open(&address).unwrap();
        copy(&self.backups[which], &mut keeper);
        (self.address, self.keeper) = (address, keeper);
    }

    pub fn state(&self) -> State {
        State::open(std::path::Path::new(&self.address), "machine", Timestamp::UNIX_EPOCH).unwrap()
    }

    /// Gives everything the state holds, as text.
    pub fn dump(&self) -> String {
        dump(&self.keeper).into_iter().collect::<Vec<_>>().join("\n")
    }

    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        rows(&self.keeper, sql)
    }
}

/// Gives the rows of all tables as texts, each with its table.
fn dump(database: &Connection) -> BTreeSet<String> {
    let tables = rows(database, "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'");
    let of = |table: &str| rows(database, &format!("select * from \"{table}\"")).into_iter();
    tables.iter().flat_map(|table| of(&table[0]).map(|row| format!("{}: {}", table[0], row.join("|")))).collect()
}

/// Gives the rows of a question as texts; null is empty.
pub fn rows(database: &Connection, sql: &str) -> Vec<Vec<String>> {
    use rusqlite::types::ValueRef;
    let mut statement = database.prepare_cached(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let width = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let text = |at: usize| match row.get_ref(at).unwrap() {
            ValueRef::Null => String::new(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => number.to_string(),
            ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
        };
        all.push((0..width).map(text).collect());
    }
    all
}

/// Where a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// Right after so many points of the line were passed.
    AtStep(u64),
    /// Before so many requests left.
    BeforeRequest(u64),
    /// After so many requests were answered, before anybody heard of the answer.
    AfterRequest(u64),
    /// After so many milliseconds, whatever is under way then.
    AtMillisecond(u64),
}

/// What one process is to do.
#[derive(Debug, Clone)]
pub struct Plan {
    pub jobs: Vec<Job>,
    pub options: Options,
    pub crash: Option<Crash>,
}

impl Plan {
    /// Everything in order, as cron does it.
    pub fn scheduled() -> Self {
        let jobs = profile::FLOWS.iter().map(|(entity, direction)| (*entity, *direction, Task::Changes)).collect();
        Self { jobs, options: Options::default(), crash: None }
    }
}

/// How a process ended.
pub enum Ended {
    Killed,
    /// Without a clock no flow begins.
    NoClock(Error),
    Done(Vec<(FlowReport, Option<Error>)>),
}

impl Ended {
    pub fn reports(&self) -> &[(FlowReport, Option<Error>)] {
        match self {
            Self::Done(reports) => reports,
            Self::NoClock(error) => panic!("no clock: {error} {:?}", error.causes()),
            Self::Killed => panic!("nobody was to kill this one"),
        }
    }

    pub fn words(&self) -> String {
        match self {
            Self::Killed => "killed".into(),
            Self::NoClock(error) => format!("no clock: {error}"),
            Self::Done(reports) => {
                let words = |(report, error): &(FlowReport, Option<Error>)| {
                    let counts = &report.counts;
                    let numbers = [
                        ("created", counts.created),
                        ("updated", counts.updated),
                        ("adopted", counts.adopted),
                        ("deactivated", counts.deactivated),
                        ("rejected", counts.rejected),
                        ("failed", counts.failed),
                    ];
                    let mut words: Vec<String> =
                        numbers.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} {word}")).collect();
                    words.extend(error.as_ref().map(|error| format!("error: {error} {:?}", error.causes())));
                    words.extend(
                        report
                            .failures
                            .iter()
                            .map(|failure| format!("{} {}: {}", failure.reason, failure.label, failure.message)),
                    );
                    (!words.is_empty()).then(|| format!("{} {}: {}", report.direction, report.entity, words.join(", ")))
                };
                let all: Vec<String> = reports.iter().filter_map(words).collect();
                if all.is_empty() { "nothing to do".into() } else { all.join("; ") }
            }
        }
    }
}

/// The death of a process: it unwinds past everything, so that what was committed stays and nothing else.
struct Death;

fn die() -> ! {
    std::panic::resume_unwind(Box::new(Death))
}

/// Watches one process: counts what passes, kills it at its time, and notes what must never happen.
pub struct Seat {
    crash: Option<Crash>,
    passed: Cell<u64>,
    left: Cell<u64>,
    answered: Cell<u64>,
    in_flight: [Cell<usize>; 2],
    ledger: Connection,
    canaries: Rc<Vec<String>>,
    breaches: Rc<RefCell<Vec<String>>>,
    unsent: Rc<RefCell<Vec<(String, String, u32)>>>,
    /// What became of records, by entity and word.
    fates: RefCell<BTreeMap<(&'static str, &'static str), u64>>,
}

impl Seat {
    fn breach(&self, words: String) {
        self.breaches.borrow_mut().push(words);
    }

    /// No secret is in a text that leaves the process or stays behind.
    fn hush(&self, place: &str, text: &str) {
        if let Some(secret) = self.canaries.iter().find(|secret| text.contains(secret.as_str())) {
            self.breach(format!("I12: the secret {}... is in {place}", &secret[..4]));
        }
    }

    fn check(&self, remote: usize, request: &Request) {
        let base = [NETSUITE_URL, WIZCOMMERCE_URL][remote];
        if !request.url.starts_with(&format!("{base}/")) {
            self.breach(format!("I13: a request goes to {}", request.url));
        }
        self.hush("an address", &request.url);
        let body = request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        self.hush("a body", &body);
        if request.method.name() == "POST" {
            self.check_intent(remote, &request.url[base.len()..], &body);
        }
    }

    /// Tells whether a request is one that never leaves.
    fn is_unsent(&self, request: &Request) -> bool {
        let mut unsent = self.unsent.borrow_mut();
        let path = request.url.splitn(4, '/').nth(3).unwrap_or_default();
        let fits = |(method, begin, _): &(String, String, u32)| {
            *method == request.method.name() && format!("/{path}").starts_with(begin.as_str())
        };
        let Some(at) = unsent.iter().position(fits) else { return false };
        if unsent[at].2 > 0 {
            unsent[at].2 -= 1;
            return false;
        }
        unsent.remove(at);
        true
    }

    /// Of every create the intent is on the disk (`correctness.md` 0.4).
    fn check_intent(&self, remote: usize, target: &str, body: &str) {
        let Ok(body) = serde_json::from_str::<Value>(body) else { return };
        let path = target.split('?').next().unwrap_or(target);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let wanted: Vec<(&str, &str, String)> = if remote == 1 {
            let entity = match path {
                "/v2/products" => "products",
                "/v1/customers" => "customers",
                "/v2/orders" => "orders",
                "/v1/invoices" => "invoices",
                "/v1/shipments" => "shipments",
                "/v1/credit-memos" => "credit-memos",
                _ => return,
            };
            let all = if entity == "products" {
                body["variants"].as_array().into_iter().flatten().map(|variant| text(&variant["reference_id"])).collect()
            } else {
                vec![text(&body["reference_id"])]
            };
            all.into_iter().map(|reference| (entity, "pull", format!("/{reference}"))).collect()
        } else {
            let name = text(&body["externalId"]);
            if !path.starts_with("/services/rest/record/v1/") {
                return;
            }
            if name.is_empty() {
                self.breach(format!("R5: a create without an external id at {path}"));
                return;
            }
            vec![("", "push", name)]
        };
        for (entity, direction, key) in wanted {
            let open = rows(&self.ledger, &format!("select entity, key from intent where direction = '{direction}'"));
            let is_it = |row: &Vec<String>| match direction {
                "pull" => row[0] == entity && row[1].ends_with(&key),
                _ => {
                    let plain = |text: &str| text.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
                    let tail = plain(key.splitn(3, '_').nth(2).unwrap_or(&key));
                    tail.contains(&plain(&row[1])) || plain(&row[1]).contains(&tail)
                }
            };
            // A product that stands in for an unknown item belongs to the order that needs it.
            if !open.iter().any(is_it) {
                self.breach(format!(
                    "I5: a create of {entity} {key} leaves for {path} without an open intent; there are {open:?}"
                ));
            }
        }
    }
}

impl Observer for Seat {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::Passed(_) => {
                let passed = self.passed.get() + 1;
                self.passed.set(passed);
                if self.crash == Some(Crash::AtStep(passed)) {
                    die();
                }
            }
            Event::Record { entity, fate, label, .. } => {
                let word = match fate {
                    Fate::Written(word) => *word,
                    Fate::Unchanged => "unchanged",
                    Fate::Skipped(_) => "skipped",
                    Fate::Rejected(_) => "rejected",
                    Fate::Failed => "failed",
                };
                self.hush("an event", label);
                *self.fates.borrow_mut().entry((entity, word)).or_default() += 1;
            }
            Event::Note(note) => self.hush("a note", note),
            _ => {}
        }
    }
}

/// One remote as a process under watch sees it.
struct Wire {
    remote: usize,
    inner: InProcess,
    seat: Rc<Seat>,
}

/// A request in flight; it ends also when its caller dies.
struct Flight<'w>(&'w Wire);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let count = &self.0.seat.in_flight[self.0.remote];
        count.set(count.get() - 1);
    }
}

impl Transport for Wire {
    fn send<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Result<Response, Lost>> + 'a>> {
        Box::pin(async move {
            let seat = &self.seat;
            seat.left.set(seat.left.get() + 1);
            if seat.crash == Some(Crash::BeforeRequest(seat.left.get())) {
                die();
            }
            seat.check(self.remote, &request);
            let count = &seat.in_flight[self.remote];
            count.set(count.get() + 1);
            let _flight = Flight(self);
            if count.get() > CEILINGS[self.remote] {
                seat.breach(format!("I10: {} requests in flight at remote {}", count.get(), self.remote));
            }
            if seat.is_unsent(&request) {
                return Err(Lost::NotSent("the connection was refused".into()));
            }
            let answer = self.inner.send(request).await;
            seat.answered.set(seat.answered.get() + 1);
            if seat.crash == Some(Crash::AfterRequest(seat.answered.get())) {
                die();
            }
            answer
        })
    }
}

/// Both systems, the network between, and the workers.
pub struct World {
    pub sandbox: sandbox::World,
    pub endpoints: [Arc<Endpoint>; 2],
    pub faults: Arc<Faults>,
    pub clock: WorldClock,
    pub settings: Rc<Settings>,
    pub workers: Vec<Worker>,
    pub breaches: Rc<RefCell<Vec<String>>>,
    pub manners: Manners,
    /// Requests that never leave: method, what the path begins with, and how many such requests pass before.
    pub unsent: Rc<RefCell<Vec<(String, String, u32)>>>,
    canaries: Rc<Vec<String>>,
    entropy: Arc<Shared>,
    stop: Stop,
    _stopper: tokio::sync::watch::Sender<Option<u8>>,
    runs: Cell<u64>,
    seed: u64,
}

impl World {
    pub fn new(template: &Template, manners: Manners, workers: usize, seed: u64) -> Self {
        let clock = WorldClock::new(
            BEGINNING.parse::<Timestamp>().unwrap()
                + jiff::SignedDuration::from_hours(if template.state.is_some() { 6 } else { 2 }),
        );
        let netsuite = sandbox::netsuite::Settings { clock_offset_seconds: manners.skew, seed: seed | 1, ..Default::default() };
        let wizcommerce = sandbox::wizcommerce::Settings {
            duplicate_reference: if manners.strict {
                sandbox::wizcommerce::DuplicateReference::Refuse
            } else {
                sandbox::wizcommerce::DuplicateReference::Allow
            },
            list_bound_inclusive: manners.inclusive,
            sub_resources_move_customer: manners.parts_move,
            ..Default::default()
        };
        let ticking = clock.clone();
        let setup = sandbox::Setup { netsuite, wizcommerce };
        let sandbox = template.sandbox.copy(setup, Arc::new(move || ticking.now())).unwrap();
        let faults = Arc::new(Faults::new(Vec::new()));
        let conditions = |millis, limit| Conditions { latency: Duration::from_millis(millis), concurrency_limit: limit };
        let endpoints = sandbox.endpoints(conditions(180, manners.limit), conditions(35, None), Arc::clone(&faults));
        let (stopper, stop) = Stop::channel();
        Self {
            sandbox,
            endpoints,
            faults,
            clock,
            settings: Rc::clone(&template.settings),
            workers: (0..workers).map(|at| Worker::new(template.state.as_ref().filter(|_| at == 0))).collect(),
            breaches: Rc::default(),
            manners,
            unsent: Rc::default(),
            canaries: Rc::new(canaries()),
            entropy: Arc::new(Shared(Mutex::new(Replay::new(Timestamp::UNIX_EPOCH, seed)))),
            stop,
            _stopper: stopper,
            runs: Cell::new(0),
            seed,
        }
    }

    /// Lets a process run, and die where it is told to.
    pub async fn run(&self, worker: usize, plan: &Plan) -> Ended {
        let life = AssertUnwindSafe(self.live(worker, plan)).catch_unwind();
        let lived = match plan.crash {
            Some(Crash::AtMillisecond(millis)) => tokio::time::timeout(Duration::from_millis(millis), life).await,
            _ => Ok(life.await),
        };
        match lived {
            Err(_) => Ended::Killed,
            Ok(Ok(ended)) => ended,
            Ok(Err(death)) if death.is::<Death>() => Ended::Killed,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
        }
    }

    async fn live(&self, worker: usize, plan: &Plan) -> Ended {
        let worker = &self.workers[worker];
        self.runs.set(self.runs.get() + 1);
        let run_id = format!("run-{}-{}", self.seed, self.runs.get());
        let seat = Rc::new(Seat {
            crash: plan.crash,
            passed: Cell::new(0),
            left: Cell::new(0),
            answered: Cell::new(0),
            in_flight: Default::default(),
            ledger: Connection::open(&worker.address).unwrap(),
            canaries: Rc::clone(&self.canaries),
            breaches: Rc::clone(&self.breaches),
            unsent: Rc::clone(&self.unsent),
            fates: RefCell::default(),
        });
        let surroundings = Surroundings {
            clock: Arc::new(self.clock.clone()),
            entropy: Arc::clone(&self.entropy) as Arc<dyn Entropy>,
            stop: self.stop.clone(),
            schedule: Schedule::default(),
        };
        let wire = |remote: usize| {
            let inner = InProcess::new(Arc::clone(&self.endpoints[remote]));
            Some(Rc::new(Wire { remote, inner, seat: Rc::clone(&seat) }) as Rc<dyn Transport>)
        };
        let netsuite = profile::netsuite(&self.settings, wire(0), None, &surroundings).unwrap();
        let wizcommerce = profile::wizcommerce(&self.settings, wire(1), None, &surroundings).unwrap();
        let mut state = worker.state().checked(self.clock.now()).unwrap();
        state.begin_run(&run_id, "sync", self.clock.now()).unwrap();
        let begun = self.clock.now();
        let zone = self.settings.netsuite.timezone.clone();
        let source = match SourceClock::read(&netsuite, &mut state, zone, true).await {
            Ok(source) => source,
            Err(error) => return Ended::NoClock(error),
        };
        let high = source.now;
        let flows = ProfileFlows::new(&self.settings);
        let is_scheduled = |job: &&Job| job.1 == Direction::Pull && job.2 == Task::Changes;
        let scheduled = plan.jobs.iter().filter(is_scheduled).map(|(entity, ..)| *entity).collect();
        let mut engine = Engine {
            netsuite: &netsuite,
            wizcommerce: &wizcommerce,
            state: &mut state,
            clock: Arc::new(self.clock.clone()),
            observer: &*seat,
            stop: self.stop.clone(),
            options: plan.options.clone(),
            run_id: run_id.clone(),
            source,
            flows: &flows,
            memory: Memory::new(scheduled, Hands::default()),
        };
        let mut reports = Vec::new();
        for (entity, direction, task) in &plan.jobs {
            let ran = match direction {
                Direction::Pull => {
                    engine.memory.scheduled.remove(entity);
                    flows.run(&mut engine, *entity, task).await
                }
                Direction::Push => flows.push(&mut engine, *entity, task).await,
            };
            reports.push(ran.unwrap());
        }
        let side = std::mem::take(&mut engine.memory.side);
        drop(engine);
        self.audit(&seat, &state, &reports, &side, &run_id, (begun, high));
        state.end_run(&run_id, "ok", 0, "{}", "{}", self.clock.now()).unwrap();
        Ended::Done(reports)
    }

    /// What a process says of itself is what happened (`correctness.md` I14), and its cursors stand where they may (I4).
    fn audit(
        &self,
        seat: &Seat,
        state: &State,
        reports: &[(FlowReport, Option<Error>)],
        side: &[FlowReport],
        run_id: &str,
        (begun, high): (Timestamp, Timestamp),
    ) {
        let mut told: BTreeMap<(String, &str), u64> = BTreeMap::new();
        for report in reports.iter().map(|(report, _)| report).chain(side) {
            seat.hush("a report", &serde_json::to_string(report).unwrap());
            let counts = &report.counts;
            for (word, count) in [
                ("created", counts.created),
                ("updated", counts.updated),
                ("adopted", counts.adopted),
                ("deactivated", counts.deactivated),
                ("unchanged", counts.unchanged),
                ("skipped", counts.skipped),
                ("rejected", counts.rejected),
                ("failed", counts.failed),
            ] {
                *told.entry((report.entity.to_string(), word)).or_default() += count;
            }
        }
        for ((entity, word), count) in seat.fates.borrow().iter() {
            let said = told.get(&((*entity).to_owned(), *word)).copied().unwrap_or(0);
            if said != *count && !matches!(*word, "skipped" | "unchanged") {
                seat.breach(format!("I14: {count} {entity} were {word}, the report says {said}"));
            }
        }
        let stored = state.rejections(Some(run_id)).unwrap();
        for (report, error) in reports {
            if let Some(error) = error {
                seat.hush("an error", &format!("{error} {error:?} {:?} {:?}", error.causes(), error.hints()));
            }
            if report.counts.rejected != report.failures_total {
                seat.breach(format!("I14: {report:?} counts rejections it does not list"));
            }
            for failure in &report.failures {
                let is_kept = stored.iter().any(|row| row.rejection.key == failure.key && row.entity == report.entity);
                // A slip of the pen is told and not kept.
                let is_slip = matches!(&*failure.reason, "nonexistent_id" | "parent_not_synced");
                if !is_kept && !is_slip && error.is_none() {
                    seat.breach(format!("I3: the rejection of {} {} is not stored: {failure:?}", report.entity, failure.key));
                }
            }
            let position = if report.direction == "push" { begun.max(self.clock.now()) } else { high };
            let cursor = state.cursor(&report.entity, &report.direction).unwrap().position;
            if cursor.is_some_and(|cursor| cursor > position) {
                seat.breach(format!("I4: the cursor of {} stands at {cursor:?}, after {position}", report.entity));
            }
        }
    }

    pub fn has_payments(&self) -> bool {
        self.settings.wizcommerce.has(netwiz::config::Extension::Payments)
    }

    /// Changes NetSuite as a person would; SQL.
    pub fn edit_netsuite(&self, sql: &str) {
        self.sandbox.netsuite.edit(sql, self.clock.now()).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Changes WizCommerce as a person would.
    pub fn edit_wizcommerce(&self, script: &Value) {
        self.sandbox.wizcommerce.edit(&script.to_string(), self.clock.now()).unwrap_or_else(|error| panic!("{script}: {error}"));
    }

    /// Tells whether every worker knows what both sides agreed on about a customer.
    pub fn is_agreed(&self, id: &str) -> bool {
        let sql = format!(
            "select 1 from link where kind = 'customers' and (wc_id = '{id}' or cast(ns_id as text) = '{id}') and image is not null"
        );
        self.workers.iter().all(|worker| !worker.rows(&sql).is_empty())
    }

    pub fn netsuite(&self, sql: &str) -> Vec<Vec<String>> {
        self.sandbox.netsuite.with_database(|database| rows(database, sql))
    }

    pub fn documents(&self, resource: &str) -> Vec<Value> {
        self.sandbox.wizcommerce.documents(resource).unwrap()
    }

    /// Gives everything NetSuite has, and counts WizCommerce's changes. What a refused request rolled back is nothing.
    pub fn written(&self) -> (BTreeSet<String>, usize) {
        let netsuite = self.sandbox.netsuite.with_database(dump);
        (netsuite, self.sandbox.wizcommerce.history().unwrap().len())
    }
}

/// The lamps, the kit and the buyers that histories are about.
pub const ITEMS: [i64; 4] = [90_001, 90_002, 90_003, 90_004];
pub const KIT: i64 = 90_003;
pub const DISCOUNT: i64 = 90_012;
pub const CHARGE: i64 = 90_015;
pub const BUYERS: [i64; 2] = [50_001, 50_002];

/// Fills the world: four items and a matrix family, two buyers with a trade, and what was born in the shop.
fn fill(sandbox: &sandbox::World, at: Timestamp) {
    let catalogue = seed::Catalogue { items: 14, orders: Some(0), problems: false, now: at };
    sandbox.netsuite.with_database(|database| seed::netsuite(database, &catalogue)).unwrap();
    let family = "select id from item where matrixtype = 'PARENT' limit 1";
    let mut prune = format!(
        "delete from item where id not in ({family}) and (parent is null or parent not in ({family})) and itemtype in ('InvtPart', 'Assembly', 'Kit'); \
         delete from item where matrixtype = 'CHILD' and id not in (select id from item where matrixtype = 'CHILD' order by id limit 2);"
    );
    for table in ["pricing", "itemquantity", "aggregateitemlocation", "itemsubsidiarymap"] {
        prune.push_str(&format!("delete from {table} where item not in (select id from item);"));
    }
    for table in [
        "kititemmember",
        "assemblyitemmember",
        "\"transaction\"",
        "transactionline",
        "transactionaccountingline",
        "nexttransactionlinelink",
        "customer",
        "contact",
        "customeraddressbook",
        "customeraddressbookentityaddress",
        "customersubsidiaryrelationship",
        "deletedrecord",
    ] {
        prune.push_str(&format!("delete from {table};"));
    }
    let edit = |sql: &str| sandbox.netsuite.edit(sql, at).unwrap_or_else(|error| panic!("{sql}: {error}"));
    edit(&prune);
    for (id, name, price) in
        [(90_001, "LAMP", "99.00"), (90_002, "BULB", "4.20"), (90_003, "SET", "120.00"), (90_004, "SHADE", "17.50")]
    {
        edit(&super::steps::item_sql(id, name, price));
    }
    edit(&format!(
        "delete from aggregateitemlocation where item = {KIT}; update item set itemtype = 'Kit' where id = {KIT}; \
         insert into kititemmember values ({KIT}, 90001, 1, 1); insert into kititemmember values ({KIT}, 90002, 3, 2);"
    ));
    for (id, name, kind) in
        [(DISCOUNT, "TEN-OFF", "Discount"), (90_013, "FREIGHT", "ShipItem"), (CHARGE, "HANDLING", "OthCharge")]
    {
        edit(&format!(
            "insert into item (id, itemid, fullname, displayname, itemtype, subsidiary, isinactive, createddate, lastmodifieddate) \
             values ({id}, '{name}', '{name}', 'The {name}', '{kind}', '1', 'F', sim_now(), sim_now()); \
             insert into itemsubsidiarymap values ({id}, 1)"
        ));
    }
    for (nth, id) in (1..).zip(BUYERS) {
        edit(&super::steps::customer_sql(id, nth));
    }
    for (id, buyer) in [(70_001, BUYERS[0]), (70_002, BUYERS[0]), (70_003, BUYERS[1])] {
        edit(&super::steps::order_sql(id, buyer, &[(90_001, 2, "99.00"), (90_002, 5, "4.20")]));
    }
    edit(&super::steps::invoice_sql(71_001, 70_001));
    edit(&super::steps::shipment_sql(72_001, 70_001));
    edit(&super::steps::credit_sql(73_001, 71_001, 70_001));

    let lists: Vec<(&str, &str, &str)> =
        seed::price_lists().iter().map(|list| (list.reference_id, list.name, list.currency)).collect();
    sandbox.wizcommerce.seed_price_lists(&lists, at).unwrap();
    sandbox.wizcommerce.seed(&super::steps::shop_script().to_string(), at).unwrap();
}
