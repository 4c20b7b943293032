//! A whole world in memory for engine tests: both simulators in process, a state file, a clock that stands still.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses its own part of the world")]

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use netwiz::config::{Inputs, Secret, SecretName, Settings};
use netwiz::error::Error;
use netwiz::http::{Schedule, Stop, Transport};
use netwiz::model::{Clock, EntityKind, Replay};
use netwiz::netsuite::NetSuite;
use netwiz::profile::{self, Surroundings};
use netwiz::sandbox::endpoint::{Conditions, Endpoint};
use netwiz::sandbox::faults::Faults;
use netwiz::sandbox::{self, InProcess};
use netwiz::state::State;
use netwiz::sync::report::FlowReport;
use netwiz::sync::{Engine, Observer, Options, Silent, SourceClock, Task};
use netwiz::wizcommerce::WizCommerce;
use serde_json::Value;

/// A clock that tests move, shared by the simulators and the engine.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    fn now_(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.now_()
    }
}

/// How a world differs from the usual one.
#[derive(Default)]
pub struct Differences {
    pub items: Option<usize>,
    pub problems: bool,
    pub netsuite: Option<sandbox::netsuite::Settings>,
    pub wizcommerce: Option<sandbox::wizcommerce::Settings>,
    /// Further lines of the profile, TOML tables below `[profile.test]`.
    pub profile: &'static str,
    pub limit: Option<usize>,
}

pub struct World {
    pub sandbox: sandbox::World,
    pub endpoints: [Arc<Endpoint>; 2],
    pub faults: Arc<Faults>,
    pub clock: TestClock,
    pub settings: Settings,
    pub state: State,
    pub stop: Stop,
    pub stopper: tokio::sync::watch::Sender<Option<u8>>,
    runs: u64,
}

const PROFILE: &str = r#"
[profile.test]
environment = "sandbox"
[profile.test.netsuite]
account = "1234567_SB1"
timezone = "America/Los_Angeles"
rest-url = "http://127.0.0.1:8081"
restlet-url = "http://127.0.0.1:8081"
[profile.test.wizcommerce]
base-url = "http://127.0.0.1:8082"
[profile.test.catalogs]
"1" = "BASE"
"5" = "WHOLESALE"
"6" = "DEALER"
"#;

impl World {
    pub fn new() -> Self {
        Self::with(Differences::default())
    }

    pub fn with(differences: Differences) -> Self {
        let clock = TestClock(Arc::new(AtomicI64::new("2026-03-02T18:00:00Z".parse::<Timestamp>().unwrap().as_second())));
        let ticking = clock.clone();
        let setup = sandbox::Setup {
            netsuite: differences.netsuite.unwrap_or_default(),
            wizcommerce: differences.wizcommerce.unwrap_or_default(),
        };
        let sandbox = sandbox::World::open(None, setup, Arc::new(move || ticking.now_())).unwrap();
        sandbox.seed(differences.items.unwrap_or(60), differences.problems).unwrap();
        let faults = Arc::new(Faults::new(Vec::new()));
        let netsuite = Conditions { latency: Duration::from_millis(200), concurrency_limit: differences.limit };
        let wizcommerce = Conditions { latency: Duration::from_millis(20), concurrency_limit: None };
        let endpoints = sandbox.endpoints(netsuite, wizcommerce, Arc::clone(&faults));
        let (stopper, stop) = Stop::channel();
        let settings = settings(differences.profile);
        Self { sandbox, endpoints, faults, clock, settings, state: State::in_memory().unwrap(), stop, stopper, runs: 0 }
    }

    /// Runs entities one after the other, as one command does.
    pub async fn sync(&mut self, entities: &[EntityKind], options: Options) -> Vec<(FlowReport, Option<Error>)> {
        let tasks: Vec<(EntityKind, Task)> = entities.iter().map(|entity| (*entity, Task::Changes)).collect();
        self.run(&tasks, options, &Silent).await
    }

    pub async fn run(
        &mut self,
        tasks: &[(EntityKind, Task)],
        options: Options,
        observer: &dyn Observer,
    ) -> Vec<(FlowReport, Option<Error>)> {
        self.runs += 1;
        let run_id = format!("run{:04}", self.runs);
        let (netsuite, wizcommerce) = self.clients();
        self.state.begin_run(&run_id, "test", self.clock.now_()).unwrap();
        let zone = self.settings.netsuite.timezone.clone();
        let source = match SourceClock::read(&netsuite, &mut self.state, zone, true).await {
            Ok(source) => source,
            Err(error) => panic!("no clock: {error} {:?}", error.causes()),
        };
        let mut scratch = options.dry_run.then(|| self.state.scratch().unwrap());
        let state = scratch.as_mut().unwrap_or(&mut self.state);
        let mut engine = Engine {
            netsuite: &netsuite,
            wizcommerce: &wizcommerce,
            state,
            clock: Arc::new(self.clock.clone()),
            observer,
            stop: self.stop.clone(),
            options,
            run_id: run_id.clone(),
            source,
        };
        let mut reports = Vec::new();
        for (entity, task) in tasks {
            reports.push(profile::run(&mut engine, &self.settings, *entity, task).await.unwrap());
        }
        self.state.end_run(&run_id, "ok", 0, "{}", "{}", self.clock.now_()).unwrap();
        reports
    }

    /// Makes both clients, with what nobody learned yet.
    pub fn clients(&self) -> (NetSuite, WizCommerce) {
        let surroundings = Surroundings {
            clock: Arc::new(self.clock.clone()),
            entropy: Arc::new(Entropy(std::sync::Mutex::new(Replay::new(Timestamp::UNIX_EPOCH, self.runs + 1)))),
            stop: self.stop.clone(),
            schedule: Schedule::default(),
        };
        let transport = |at: usize| Some(Rc::new(InProcess::new(Arc::clone(&self.endpoints[at]))) as Rc<dyn Transport>);
        let netsuite = profile::netsuite(&self.settings, transport(0), None, &surroundings).unwrap();
        let wizcommerce = profile::wizcommerce(&self.settings, transport(1), None, &surroundings).unwrap();
        (netsuite, wizcommerce)
    }

    /// Changes NetSuite as a person would; SQL.
    pub fn edit_netsuite(&self, sql: &str) {
        use netwiz::sandbox::exchange::Remote as _;
        self.sandbox.netsuite.edit(sql, self.clock.now_()).unwrap();
    }

    /// Changes WizCommerce as a person would; JSON operations.
    pub fn edit_wizcommerce(&self, script: &str) {
        use netwiz::sandbox::exchange::Remote as _;
        self.sandbox.wizcommerce.edit(script, self.clock.now_()).unwrap();
    }

    /// Gives all WizCommerce products by SKU. Panics on a duplicate: that is the promise.
    pub fn products(&self) -> BTreeMap<String, Value> {
        let mut products = BTreeMap::new();
        for document in self.sandbox.wizcommerce.documents("products").unwrap() {
            let sku = document["sku"].as_str().unwrap().to_owned();
            assert!(products.insert(sku.clone(), document).is_none(), "{sku} exists twice");
        }
        products
    }

    /// Gives all summed stock records by SKU.
    pub fn stock(&self) -> BTreeMap<String, Value> {
        let records = self.sandbox.wizcommerce.documents("inventories").unwrap();
        records.into_iter().map(|record| (record["sku"].as_str().unwrap().to_owned(), record)).collect()
    }

    /// Counts the requests of a kind that one remote got since the log was cleared.
    pub fn requests(&self, remote: usize, method: &str) -> usize {
        self.endpoints[remote].log().iter().filter(|row| row.method == method).count()
    }

    pub fn clear_logs(&self) {
        for endpoint in &self.endpoints {
            endpoint.clear_log();
        }
    }

    /// Asks NetSuite's database a question of one number.
    pub fn count_netsuite(&self, sql: &str) -> i64 {
        self.sandbox.netsuite.with_database(|database| database.query_row(sql, [], |row| row.get(0)).unwrap())
    }
}

/// Randomness that can be shared; tests have one thread all the same.
struct Entropy(std::sync::Mutex<Replay>);

impl netwiz::model::Entropy for Entropy {
    fn next(&self) -> u64 {
        netwiz::model::Entropy::next(&*self.0.lock().unwrap())
    }
}

fn settings(more: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, format!("{PROFILE}{more}")).unwrap();
    let login = sandbox::netsuite::Credentials::sandbox();
    let secrets = [
        (SecretName::NetSuiteConsumerKey, login.consumer_key),
        (SecretName::NetSuiteConsumerSecret, login.consumer_secret),
        (SecretName::NetSuiteTokenId, login.token_id),
        (SecretName::NetSuiteTokenSecret, login.token_secret),
        (SecretName::WizCommerceApiKey, sandbox::wizcommerce::Settings::default().api_key),
    ];
    let inputs = Inputs {
        profile: Some("test".into()),
        config: Some(file),
        environment: secrets.iter().map(|(name, value)| (name.variable().to_owned(), value.clone())).collect(),
        state_home: Some(folder.path().to_owned()),
        ..Inputs::default()
    };
    let settings = Settings::load(&inputs).unwrap_or_else(|error| panic!("{error} {:?}", error.causes()));
    let _ = Secret::new(String::new());
    settings
}
