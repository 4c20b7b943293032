//! A whole world in memory for engine tests: both simulators in process, a state file, a clock that stands still.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses its own part of the world")]

pub mod documents;
pub mod orders;
pub mod papers;
pub mod recorder;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use netwiz::config::{Inputs, Secret, SecretName, Settings};
use netwiz::error::Error;
use netwiz::http::{Schedule, Stop, Transport};
use netwiz::model::{Clock, Direction, EntityKind, Flag, Link, NetSuiteId, Replay};
use netwiz::netsuite::NetSuite;
use netwiz::profile::{self, FLOWS, ProfileFlows, Surroundings};
use netwiz::sandbox::endpoint::{Conditions, Endpoint};
use netwiz::sandbox::faults::Faults;
use netwiz::sandbox::{self, InProcess};
use netwiz::state::State;
use netwiz::sync::report::FlowReport;
use netwiz::sync::{Engine, Flows as _, Hands, Memory, Observer, Options, Silent, SourceClock, Task};
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
    /// Whether the profile maps no second currency.
    pub single_currency: bool,
    pub limit: Option<usize>,
    /// How many orders, where the items are not to decide it.
    pub orders: Option<usize>,
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
    /// What the last run did on behalf of its flows.
    pub side: Vec<FlowReport>,
    /// What is asked of the two remotes, while somebody wants to know.
    pub books: Option<[recorder::Book; 2]>,
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
"1:EUR" = "BASE-EUR"
"5:EUR" = "WHOLESALE-EUR"
"6:EUR" = "DEALER-EUR"
default = "BASE"
[profile.test.sales-reps]
default = "house@netwiz.example"
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
        let catalogue = sandbox::seed::Catalogue {
            items: differences.items.unwrap_or(60),
            orders: differences.orders,
            problems: differences.problems,
            now: clock.now_(),
        };
        sandbox.fill(&catalogue).unwrap();
        let faults = Arc::new(Faults::new(Vec::new()));
        let netsuite = Conditions { latency: Duration::from_millis(200), concurrency_limit: differences.limit };
        let wizcommerce = Conditions { latency: Duration::from_millis(20), concurrency_limit: None };
        let endpoints = sandbox.endpoints(netsuite, wizcommerce, Arc::clone(&faults));
        let (stopper, stop) = Stop::channel();
        let settings = settings(differences.profile, differences.single_currency);
        Self {
            sandbox,
            endpoints,
            faults,
            clock,
            settings,
            state: State::in_memory().unwrap(),
            stop,
            stopper,
            side: Vec::new(),
            books: None,
            runs: 0,
        }
    }

    /// Opens a second state file on the same two systems, as after a lost disk.
    pub fn lose_state(&mut self) {
        self.state = State::in_memory().unwrap();
    }

    /// Lets a quarter of an hour pass and runs both flows, as cron does.
    pub async fn next(&mut self) -> Reports {
        self.clock.advance(SignedDuration::from_mins(15));
        self.sync(&[EntityKind::Products, EntityKind::Inventory], Options::default()).await
    }

    /// As [`World::next`], and nothing may be wrong.
    pub async fn next_clean(&mut self) -> Reports {
        let reports = self.next().await;
        clean(&reports);
        reports
    }

    /// One more run sends no write to WizCommerce.
    pub async fn stays_quiet(&mut self, what: &str) {
        self.endpoints[1].clear_log();
        let reports = self.next().await;
        for (report, error) in &reports {
            assert!(error.is_none(), "{what}: {error:?} {:?}", error.as_ref().map(Error::causes));
            assert_eq!(report.counts.changes(), 0, "{what}: {report:?}");
        }
        let writes: Vec<_> = self.endpoints[1].log().into_iter().filter(|row| row.method != "GET").collect();
        assert!(writes.is_empty(), "{what}: {writes:#?}");
    }

    /// Asks NetSuite's database a question of one text.
    pub fn text_netsuite(&self, sql: &str) -> String {
        self.sandbox.netsuite.with_database(|database| database.query_row(sql, [], |row| row.get(0)).unwrap())
    }

    /// Gives the product of a SKU.
    pub fn product(&self, sku: &str) -> Value {
        self.products().remove(sku).unwrap_or_else(|| panic!("there is no {sku}"))
    }

    /// Gives the link of an item.
    pub fn link(&self, kind: &str, id: i64) -> Option<Link> {
        self.state.link(kind, NetSuiteId(id)).unwrap()
    }

    /// Gives reason and key of all stored rejections.
    pub fn rejected(&self) -> BTreeMap<String, &'static str> {
        let rows = self.state.rejections(None).unwrap();
        rows.into_iter().map(|row| (row.rejection.key, row.rejection.reason.word())).collect()
    }

    /// Gives the prices of a SKU by price list: first band, then start and price of each tier.
    pub fn prices(&self, sku: &str) -> BTreeMap<String, (f64, Vec<(f64, f64)>)> {
        let lists: BTreeMap<String, String> = self
            .sandbox
            .wizcommerce
            .documents("price_lists")
            .unwrap()
            .into_iter()
            .map(|list| (list["id"].as_str().unwrap().to_owned(), list["reference_id"].as_str().unwrap_or("").to_owned()))
            .collect();
        let product = self.product(sku);
        prices_of(&product, &lists)
    }

    /// Adds an active item that sells at `price` at the base level, with stock at location 1.
    pub fn add_item(&self, id: i64, itemid: &str, price: &str) {
        self.edit_netsuite(&format!(
            "insert into item (id, itemid, fullname, displayname, itemtype, subsidiary, isinactive, custitem_b2b, createddate, \
             lastmodifieddate) values ({id}, '{itemid}', '{itemid}', 'New {itemid}', 'InvtPart', '1', 'F', 'T', sim_now(), \
             sim_now()); insert into itemsubsidiarymap values ({id}, 1); \
             insert into pricing (item, pricelevel, quantity, unitprice, currency) values ({id}, 1, 1, '{price}', 1); \
             insert into aggregateitemlocation (item, location, quantityonhand, quantityavailable, quantitycommitted, \
             quantityonorder, quantitybackordered) values ({id}, 1, 10, 8, 2, 0, 0);"
        ));
    }

    /// Adds a kit of components with their quantities.
    pub fn add_kit(&self, id: i64, itemid: &str, members: &[(i64, i64)]) {
        self.add_item(id, itemid, "99.00");
        let mut sql =
            format!("delete from aggregateitemlocation where item = {id}; update item set itemtype = 'Kit' where id = {id};");
        for (line, (item, quantity)) in members.iter().enumerate() {
            sql.push_str(&format!("insert into kititemmember values ({id}, {item}, {quantity}, {});", line + 1));
        }
        self.edit_netsuite(&sql);
    }

    /// Both sides and the map agree: every sellable item, its prices, its stock; read from NetSuite's own tables.
    pub fn agrees(&self, what: &str) {
        let mut products = self.products();
        let mut stock = self.stock();
        let lists: BTreeMap<String, String> = self
            .sandbox
            .wizcommerce
            .documents("price_lists")
            .unwrap()
            .into_iter()
            .map(|list| (list["id"].as_str().unwrap().to_owned(), list["reference_id"].as_str().unwrap_or("").to_owned()))
            .collect();
        for item in self.items() {
            let sku = item.sku.as_str();
            let product = products.remove(sku).unwrap_or_else(|| panic!("{what}: {sku} is missing"));
            assert_eq!(product["reference_id"], item.id.to_string(), "{what}: {sku}");
            assert_eq!(product["name"], item.name, "{what}: {sku}");
            assert_eq!(product["status"], if item.active { "active" } else { "inactive" }, "{what}: {sku}");
            assert_eq!(prices_of(&product, &lists), item.prices, "{what}: {sku}");
            let link = self.link("products", item.id).unwrap_or_else(|| panic!("{what}: {sku} has no link"));
            assert_eq!(link.wc_id.0, product["id"].as_str().unwrap(), "{what}: {sku}");
            assert_eq!(link.has(Flag::Deactivated), !item.active, "{what}: {sku}");
            assert!(link.fingerprint.is_some(), "{what}: {sku}");
            if item.active {
                let record = stock.remove(sku).unwrap_or_else(|| panic!("{what}: {sku} has no stock"));
                let number = |name: &str| record[name].as_f64().unwrap();
                let (available, on_hand, on_order) = item.stock;
                assert_eq!(number("available_quantity"), available, "{what}: {sku} available");
                assert_eq!(number("in_stock_quantity"), on_hand, "{what}: {sku} on hand");
                let expected: f64 =
                    record["on_order_details"].as_array().unwrap().iter().map(|d| d["quantity"].as_f64().unwrap()).sum();
                assert_eq!(expected, on_order, "{what}: {sku} on order");
            }
        }
        assert!(products.is_empty(), "{what}: nobody asked for {:?}", products.keys());
        for entity in ["products", "inventory"] {
            assert_eq!(self.state.intents(entity, "pull").unwrap(), Vec::<String>::new(), "{what}");
            assert!(self.state.cursor(entity, "pull").unwrap().unfinished.is_none(), "{what}");
        }
        assert_eq!(self.rejected(), BTreeMap::new(), "{what}");
    }

    /// Reads what every sellable item should be, independently of the engine.
    pub fn items(&self) -> Vec<Sellable> {
        self.sandbox.netsuite.with_database(|database| {
            let mut all = Vec::new();
            let mut statement = database
                .prepare(
                    "select id, itemid, coalesce(displayname, itemid), itemtype, isinactive from item where itemtype in \
                     ('InvtPart', 'Assembly', 'Kit') and coalesce(matrixtype, '') <> 'PARENT' order by id",
                )
                .unwrap();
            let rows: Vec<(i64, String, String, String, String)> = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let number = |sql: &str| -> f64 { database.query_row(sql, [], |row| row.get::<_, Option<f64>>(0)).unwrap().unwrap_or(0.0) };
            for (id, itemid, name, kind, inactive) in rows {
                let mut prices = BTreeMap::new();
                for (level, list) in [(1, "BASE"), (5, "WHOLESALE"), (6, "DEALER")] {
                    let mut bands = database
                        .prepare(&format!(
                            "select case when p.quantity <= 1 then 0 else q.mincount end, cast(p.unitprice as real) from pricing p \
                             left join itemquantity q on q.item = p.item and q.seqnum = p.quantity where p.item = {id} \
                             and p.pricelevel = {level} and p.unitprice is not null order by 1"
                        ))
                        .unwrap();
                    let bands: Vec<(f64, f64)> =
                        bands.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
                    if let Some(((_, first), tiers)) = bands.split_first() {
                        prices.insert(list.to_owned(), (*first, tiers.to_vec()));
                    }
                }
                let sum = |column: &str| {
                    number(&format!("select sum(max(coalesce({column}, 0), 0)) from aggregateitemlocation where item = {id}"))
                };
                let stock = if kind == "Kit" {
                    let mut total = 0.0;
                    for location in 1..=4 {
                        let there = number(&format!(
                            "select min(case when c.isinactive = 'T' then 0 else cast((select max(coalesce(max(quantityavailable), 0), 0) * 1.0 \
                             from aggregateitemlocation a where a.item = k.item and a.location = {location}) / k.n as integer) end) \
                             from (select item, sum(quantity) as n from kititemmember where parentitem = {id} group by item) k \
                             join item c on c.id = k.item where c.itemtype in ('InvtPart', 'Assembly') or c.isinactive = 'T'"
                        ));
                        total += there;
                    }
                    (total, total, 0.0)
                } else {
                    (sum("quantityavailable"), sum("quantityonhand"), sum("quantityonorder"))
                };
                let sku = itemid.rsplit(" : ").next().unwrap().to_owned();
                let name = name.chars().take(255).collect();
                all.push(Sellable { id, sku, name, active: inactive == "F", prices, stock });
            }
            all
        })
    }

    /// Runs entities one after the other, as one command does.
    pub async fn sync(&mut self, entities: &[EntityKind], options: Options) -> Vec<(FlowReport, Option<Error>)> {
        let tasks: Vec<(EntityKind, Task)> = entities.iter().map(|entity| (*entity, Task::Changes)).collect();
        self.run(&tasks, options, &Silent).await
    }

    /// Runs tasks; the error is that of a run that could not begin.
    pub async fn try_run(
        &mut self,
        tasks: &[(EntityKind, Task)],
        options: Options,
        observer: &dyn Observer,
    ) -> Result<Reports, Error> {
        let tasks: Vec<_> = tasks.iter().map(|(entity, task)| (*entity, Direction::Pull, task.clone())).collect();
        self.try_flows(&tasks, options, observer).await
    }

    /// Runs tasks to NetSuite.
    pub async fn push(&mut self, tasks: &[(EntityKind, Task)], options: Options, observer: &dyn Observer) -> Reports {
        let tasks: Vec<_> = tasks.iter().map(|(entity, task)| (*entity, Direction::Push, task.clone())).collect();
        self.flows(&tasks, options, observer).await
    }

    /// Lets a quarter of an hour pass and runs all flows, in all directions, as cron does.
    pub async fn next_all(&mut self) -> Reports {
        self.clock.advance(SignedDuration::from_mins(15));
        let tasks: Vec<_> = FLOWS.iter().map(|(entity, direction)| (*entity, *direction, Task::Changes)).collect();
        self.flows(&tasks, Options::default(), &Silent).await
    }

    /// Runs flows in either direction; panics when the run cannot begin.
    pub async fn flows(&mut self, tasks: &[(EntityKind, Direction, Task)], options: Options, observer: &dyn Observer) -> Reports {
        match self.try_flows(tasks, options, observer).await {
            Ok(reports) => reports,
            Err(error) => panic!("no clock: {error} {:?}", error.causes()),
        }
    }

    /// Runs flows in either direction; the error is that of a run that could not begin.
    pub async fn try_flows(
        &mut self,
        tasks: &[(EntityKind, Direction, Task)],
        options: Options,
        observer: &dyn Observer,
    ) -> Result<Reports, Error> {
        self.runs += 1;
        let run_id = format!("run{:04}", self.runs);
        let (netsuite, wizcommerce) = self.clients();
        self.state.begin_run(&run_id, "test", self.clock.now_()).unwrap();
        let zone = self.settings.netsuite.timezone.clone();
        let source = match SourceClock::read(&netsuite, &mut self.state, zone, true).await {
            Ok(source) => source,
            // Without a clock no flow begins.
            Err(error) => return Err(error),
        };
        let mut scratch = options.dry_run.then(|| self.state.scratch().unwrap());
        let state = scratch.as_mut().unwrap_or(&mut self.state);
        let flows = ProfileFlows::new(&self.settings);
        let pulls = tasks.iter().filter(|(_, direction, task)| *direction == Direction::Pull && *task == Task::Changes);
        let scheduled = pulls.map(|(entity, ..)| *entity).collect();
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
            flows: &flows,
            memory: Memory::new(scheduled, Hands::default()),
        };
        let mut reports = Vec::new();
        for (entity, direction, task) in tasks {
            reports.push(match direction {
                Direction::Pull => {
                    engine.memory.scheduled.remove(entity);
                    flows.run(&mut engine, *entity, task).await.unwrap()
                }
                Direction::Push => flows.push(&mut engine, *entity, task).await.unwrap(),
            });
        }
        self.side = std::mem::take(&mut engine.memory.side);
        self.state.end_run(&run_id, "ok", 0, "{}", "{}", self.clock.now_()).unwrap();
        Ok(reports)
    }

    /// Runs tasks; panics when the run cannot begin.
    pub async fn run(
        &mut self,
        tasks: &[(EntityKind, Task)],
        options: Options,
        observer: &dyn Observer,
    ) -> Vec<(FlowReport, Option<Error>)> {
        match self.try_run(tasks, options, observer).await {
            Ok(reports) => reports,
            Err(error) => panic!("no clock: {error} {:?}", error.causes()),
        }
    }

    /// Makes both clients, with what nobody learned yet.
    pub fn clients(&self) -> (NetSuite, WizCommerce) {
        let surroundings = Surroundings {
            clock: Arc::new(self.clock.clone()),
            entropy: Arc::new(Entropy(std::sync::Mutex::new(Replay::new(Timestamp::UNIX_EPOCH, self.runs + 1)))),
            stop: self.stop.clone(),
            schedule: Schedule::default(),
        };
        let transport = |at: usize| {
            let inner = InProcess::new(Arc::clone(&self.endpoints[at]));
            Some(match &self.books {
                Some(books) => Rc::new(recorder::Recorder { inner, book: Rc::clone(&books[at]) }) as Rc<dyn Transport>,
                None => Rc::new(inner) as Rc<dyn Transport>,
            })
        };
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

/// The reports of a run.
pub type Reports = Vec<(FlowReport, Option<Error>)>;

/// What a sellable item should be in WizCommerce.
#[derive(Debug)]
pub struct Sellable {
    pub id: i64,
    pub sku: String,
    pub name: String,
    pub active: bool,
    pub prices: BTreeMap<String, (f64, Vec<(f64, f64)>)>,
    pub stock: (f64, f64, f64),
}

/// Nothing went wrong in a run.
pub fn clean(reports: &Reports) {
    for (report, error) in reports {
        assert!(error.is_none(), "{error:?} {:?}", error.as_ref().map(Error::causes));
        assert_eq!((report.counts.rejected, report.counts.failed), (0, 0), "{:?}", report.failures);
    }
}

/// Reads the prices of a stored product by the list's reference id.
fn prices_of(product: &Value, lists: &BTreeMap<String, String>) -> BTreeMap<String, (f64, Vec<(f64, f64)>)> {
    let number = |value: &Value| value.as_f64().unwrap();
    let entries = product["product_prices"].as_array().unwrap().iter().map(|entry| {
        let tiers = entry["volume_tiers"].as_array().unwrap().iter();
        let tiers = tiers.map(|tier| (number(&tier["start_quantity"]), number(&tier["price"]))).collect();
        (lists[entry["price_list_id"].as_str().unwrap()].clone(), (number(&entry["price"]), tiers))
    });
    entries.collect()
}

/// Randomness that can be shared; tests have one thread all the same.
struct Entropy(std::sync::Mutex<Replay>);

impl netwiz::model::Entropy for Entropy {
    fn next(&self) -> u64 {
        netwiz::model::Entropy::next(&*self.0.lock().unwrap())
    }
}

fn settings(more: &str, single_currency: bool) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let is_wanted = |line: &&str| !single_currency || !line.contains(":EUR");
    let profile: Vec<&str> = PROFILE.lines().filter(is_wanted).collect();
    std::fs::write(&file, format!("{}\n{more}", profile.join("\n"))).unwrap();
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
