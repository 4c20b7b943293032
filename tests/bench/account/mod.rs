//! Both simulators on loopback, on a thread of their own, and everything a run against them needs.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each benchmark uses its own part of the account")]

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use netwiz::config::{Inputs, SecretName, Settings};
use netwiz::http::{Schedule, Stop, Transport};
use netwiz::model::{Clock as _, EntityKind, SystemClock, SystemEntropy};
use netwiz::netsuite::NetSuite;
use netwiz::profile::{self, ProfileFlows, Surroundings};
use netwiz::sandbox::{self, InProcess, Running};
use netwiz::state::State;
use netwiz::sync::report::FlowReport;
use netwiz::sync::{Engine, Flows as _, Memory, Options, Silent, SourceClock, Task};
use netwiz::wizcommerce::WizCommerce;
use tempfile::TempDir;

/// Requests that NetSuite takes at once: the smallest service tier.
const LIMIT: usize = 5;

pub struct Account {
    pub settings: Settings,
    pub netsuite: NetSuite,
    pub wizcommerce: WizCommerce,
    pub state: State,
    pub runtime: tokio::runtime::Runtime,
    folder: TempDir,
    stop: Stop,
    _stopper: tokio::sync::watch::Sender<Option<u8>>,
    _running: Option<Running>,
}

impl Account {
    /// Serves a world over sockets; NetSuite answers after the latency, WizCommerce at once.
    pub fn served(items: usize, latency: Duration) -> Self {
        let world = world(items);
        let endpoints =
            world.endpoints(sandbox::conditions(latency, Some(LIMIT)), sandbox::conditions(Duration::ZERO, None), Arc::default());
        let running = Running::start(endpoints, [0, 0]).unwrap();
        let urls = [running.netsuite_url.clone(), running.wizcommerce_url.clone()];
        Self::new(urls, [None, None], Some(running))
    }

    /// Calls a world in process and at once: for what needs its data, not its network.
    pub fn in_process(items: usize) -> Self {
        let world = world(items);
        let at_once = || sandbox::conditions(Duration::ZERO, None);
        let transports = world
            .endpoints(at_once(), at_once(), Arc::default())
            .map(|endpoint| Some(Rc::new(InProcess::new(endpoint)) as Rc<dyn Transport>));
        Self::new(["http://127.0.0.1:8081".into(), "http://127.0.0.1:8082".into()], transports, None)
    }

    fn new(urls: [String; 2], transports: [Option<Rc<dyn Transport>>; 2], running: Option<Running>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder, &urls);
        let (stopper, stop) = Stop::channel();
        let surroundings = Surroundings {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            stop: stop.clone(),
            schedule: Schedule::default(),
        };
        let [to_netsuite, to_wizcommerce] = transports;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let netsuite = profile::netsuite(&settings, to_netsuite, None, &surroundings).unwrap();
        let wizcommerce = profile::wizcommerce(&settings, to_wizcommerce, None, &surroundings).unwrap();
        let state = State::open(&folder.path().join("bench.db"), "bench", SystemClock.now()).unwrap();
        Self { settings, netsuite, wizcommerce, state, runtime, folder, stop, _stopper: stopper, _running: running }
    }

    /// Brings products and stock up to date, as `sync all` does.
    pub fn sync(&mut self) -> Vec<FlowReport> {
        let Self { settings, netsuite, wizcommerce, state, runtime, stop, .. } = self;
        runtime.block_on(async {
            let source = SourceClock::read(netsuite, state, settings.netsuite.timezone.clone(), true).await.unwrap();
            let flows = ProfileFlows::new(settings);
            let mut engine = Engine {
                netsuite,
                wizcommerce,
                state,
                clock: Arc::new(SystemClock),
                observer: &Silent,
                stop: stop.clone(),
                options: Options::default(),
                run_id: "bench".into(),
                source,
                flows: &flows,
                memory: Memory::default(),
            };
            let mut reports = Vec::new();
            for entity in [EntityKind::Products, EntityKind::Inventory] {
                let (report, error) = flows.run(&mut engine, entity, &Task::Changes).await.unwrap();
                assert!(error.is_none() && report.counts.rejected == 0, "{report:?}");
                reports.push(report);
            }
            reports
        })
    }
}

fn world(items: usize) -> sandbox::World {
    let world = sandbox::World::open(None, sandbox::Setup::default(), sandbox::system_clock()).unwrap();
    world.seed(items, false).unwrap();
    world
}

fn settings(folder: &TempDir, [netsuite, wizcommerce]: &[String; 2]) -> Settings {
    let profile = format!(
        "[profile.bench]\nenvironment = \"sandbox\"\n\
         [profile.bench.netsuite]\naccount = \"1234567_SB1\"\ntimezone = \"America/Los_Angeles\"\n\
         rest-url = \"{netsuite}\"\nrestlet-url = \"{netsuite}\"\n\
         [profile.bench.wizcommerce]\nbase-url = \"{wizcommerce}\"\n\
         [profile.bench.catalogs]\n\"1\" = \"BASE\"\n\"5\" = \"WHOLESALE\"\n\"6\" = \"DEALER\"\n"
    );
    let file = folder.path().join("config.toml");
    std::fs::write(&file, profile).unwrap();
    let login = sandbox::netsuite::Credentials::sandbox();
    let secrets = [
        (SecretName::NetSuiteConsumerKey, login.consumer_key),
        (SecretName::NetSuiteConsumerSecret, login.consumer_secret),
        (SecretName::NetSuiteTokenId, login.token_id),
        (SecretName::NetSuiteTokenSecret, login.token_secret),
        (SecretName::WizCommerceApiKey, sandbox::wizcommerce::Settings::default().api_key),
    ];
    let inputs = Inputs {
        profile: Some("bench".into()),
        config: Some(file),
        environment: secrets.iter().map(|(name, value)| (name.variable().to_owned(), value.clone())).collect(),
        state_home: Some(folder.path().to_owned()),
        ..Inputs::default()
    };
    Settings::load(&inputs).unwrap()
}
