//! One history: at least twenty steps, each from the seed, then quiet, and a look at what became of both sides.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use netwiz::entities::Wanted;
use netwiz::model::{Direction, EntityKind, WizId};
use netwiz::profile::FLOWS;
use netwiz::sync::{Options, Share, Task};

use super::check;
use super::steps::{self, Trail};
use super::world::{self, Crash, Dice, Ended, Manners, Plan, Template, World};

/// How many steps all histories had together.
pub static STEPS: AtomicU64 = AtomicU64::new(0);

/// Runs that may be needed until everything is in step (`correctness.md` 0.6).
const ROUNDS: usize = 3;

/// What histories of one thread begin from.
pub struct Templates {
    /// Without and with the extension for payments; each before its first run and after it.
    of: [[Template; 2]; 2],
}

impl Templates {
    pub fn new() -> Self {
        let of = [false, true].map(|has_payments| {
            let settings = world::settings(has_payments);
            [true, false].map(|in_step| Template::new(&settings, in_step))
        });
        Self { of }
    }

    /// The world with all extensions, after its first run.
    pub fn in_step(&self) -> &Template {
        &self.of[1][0]
    }
}

/// What kind of history a seed makes.
struct Character {
    manners: Manners,
    workers: usize,
    /// Whether a state may be lost or be put back.
    forgets: bool,
    /// Whether people delete in WizCommerce what came from NetSuite: only a state that is whole can tell that from what never was.
    deletes: bool,
    begins_fresh: bool,
    has_payments: bool,
    steps: usize,
}

impl Character {
    fn of(dice: &Dice) -> Self {
        let workers = if dice.chance(25) { 2 } else { 1 };
        let forgets = dice.chance(40);
        Self {
            manners: Manners {
                strict: dice.chance(50),
                skew: i64::try_from(dice.below(360)).unwrap() - 180,
                limit: dice.chance(30).then(|| 2 + dice.below(3)),
                inclusive: dice.chance(50),
                parts_move: true,
            },
            workers,
            forgets,
            deletes: workers == 1 && !forgets && dice.chance(70),
            begins_fresh: dice.chance(25),
            has_payments: dice.chance(50),
            steps: 20 + dice.below(8),
        }
    }
}

/// Plays the history of a seed.
///
/// # Errors
///
/// Says what went wrong, after the history in words.
pub fn play(templates: &Templates, seed: u64) -> Result<(), String> {
    let words = Rc::new(RefCell::new(Vec::new()));
    let told = Rc::clone(&words);
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        world::on_paused_clock(async {
            let dice = Dice::new(seed);
            let character = Character::of(&dice);
            let template = &templates.of[usize::from(character.has_payments)][usize::from(character.begins_fresh)];
            let world = World::new(template, character.manners, character.workers, seed);
            History { world, dice, character, trail: Trail::default(), words: told }.play().await
        })
    }));
    let wrong = match played {
        Ok(wrong) if wrong.is_empty() => return Ok(()),
        Ok(wrong) => wrong.join("\n  "),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            format!("panicked: {}", text.unwrap_or_default())
        }
    };
    Err(format!("{}\n  {wrong}", words.borrow().join("\n")))
}

pub struct History {
    world: World,
    dice: Dice,
    character: Character,
    trail: Trail,
    words: Rc<RefCell<Vec<String>>>,
}

pub fn options() -> Options {
    // A handful of items is soon more than five of a hundred.
    Options { max_deactivate: Share::Count(1_000), ..Options::default() }
}

impl History {
    /// Makes a history of which only the end is left.
    pub fn of(world: World, trail: Trail) -> Self {
        let dice = Dice::new(0);
        let character = Character { manners: world.manners, ..Character::of(&dice) };
        Self { world, dice, character, trail, words: Rc::default() }
    }

    /// Lets the faults end and looks at both sides; gives what is wrong.
    pub async fn end(&mut self) -> Vec<String> {
        let mut wrong = self.settle().await;
        wrong.extend(self.world.breaches.borrow().iter().cloned());
        wrong
    }

    pub fn told(&self) -> String {
        self.words.borrow().join("\n")
    }

    pub fn say(&self, words: &str) {
        let number = self.words.borrow().len();
        self.words.borrow_mut().push(format!("  {number:2} {} {words}", self.world.clock.now()));
    }

    async fn play(mut self) -> Vec<String> {
        let character = &self.character;
        self.say(&format!(
            "{:?}, {} workers, forgets: {}, deletes: {}, fresh: {}",
            character.manners, character.workers, character.forgets, character.deletes, character.begins_fresh
        ));
        let mut done = 0;
        while done < self.character.steps {
            if self.step().await {
                done += 1;
                STEPS.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.end().await
    }

    /// Makes one step; false when there was nothing to do it with.
    async fn step(&mut self) -> bool {
        let words = match self.dice.below(100) {
            0..33 => steps::here(&self.world, &self.dice, &mut self.trail),
            33..53 => steps::there(&self.world, &self.dice, &mut self.trail, self.character.deletes),
            53..68 => Some(steps::fault(&self.world, &self.dice)),
            68..93 => {
                self.let_run().await;
                return true;
            }
            93..96 => {
                let minutes = *self.dice.pick(&[1, 5, 20, 45, 240, 1_500]);
                self.world.clock.leap(minutes * 60);
                Some(format!("{minutes} minutes pass"))
            }
            _ => self.state_happens(),
        };
        if let Some(words) = &words {
            self.say(words);
        }
        words.is_some()
    }

    fn state_happens(&mut self) -> Option<String> {
        if !self.character.forgets {
            return None;
        }
        let which = self.dice.below(self.world.workers.len());
        let worker = &mut self.world.workers[which];
        let doing = self.dice.below(3);
        if doing == 0 || (doing == 1 && worker.backups.is_empty()) {
            worker.back_up();
            return Some(format!("the state of worker {which} is backed up"));
        }
        self.trail.forgot = true;
        if doing == 1 {
            let backup = self.dice.below(worker.backups.len());
            worker.restore(backup);
            return Some(format!("the state of worker {which} is that of backup {backup} again"));
        }
        worker.lose();
        Some(format!("the state of worker {which} is lost"))
    }

    fn plan(&self) -> Plan {
        let dice = &self.dice;
        let all: Vec<(EntityKind, Direction)> = FLOWS.to_vec();
        let changes = |(entity, direction): &(EntityKind, Direction)| (*entity, *direction, Task::Changes);
        let jobs = match dice.below(10) {
            0..5 => all.iter().map(changes).collect(),
            5 | 6 => all.iter().filter(|_| dice.chance(40)).map(changes).collect(),
            7 => vec![changes(dice.pick(&all))],
            _ => vec![self.named()],
        };
        let crash = dice.chance(40).then(|| match dice.below(8) {
            0..3 => Crash::AtStep(1 + dice.number() % 40),
            3 | 4 => Crash::AfterRequest(1 + dice.number() % 90),
            5 => Crash::BeforeRequest(1 + dice.number() % 90),
            _ => Crash::AtMillisecond(dice.number() % 15_000),
        });
        let options = Options { full: dice.chance(12), linked: dice.chance(20), ..options() };
        Plan { jobs, options, crash }
    }

    /// Somebody asks for one record.
    fn named(&self) -> world::Job {
        let dice = &self.dice;
        let (entity, direction) = *dice.pick(&FLOWS);
        if direction == Direction::Push {
            let resource = match entity {
                EntityKind::Customers => "customers",
                EntityKind::Estimates => "quotes",
                EntityKind::Payments => "payments",
                _ => "orders",
            };
            let documents = self.world.documents(resource);
            let ids = (0..1 + dice.below(2))
                .filter(|_| !documents.is_empty())
                .map(|_| WizId(dice.pick(&documents)["id"].as_str().unwrap().to_owned()));
            return (entity, direction, Task::Wiz(ids.collect()));
        }
        let sql = match entity {
            EntityKind::Products | EntityKind::Kits | EntityKind::Inventory => {
                "select id from item where itemtype in ('InvtPart', 'Assembly', 'Kit')"
            }
            EntityKind::Customers => "select id from customer",
            EntityKind::Shipments => "select id from \"transaction\" where type = 'ItemShip'",
            EntityKind::Invoices => "select id from \"transaction\" where type = 'CustInvc'",
            EntityKind::CreditMemos => "select id from \"transaction\" where type = 'CustCred'",
            _ => "select id from \"transaction\" where type = 'SalesOrd'",
        };
        let rows = self.world.netsuite(sql);
        let ids = if rows.is_empty() { vec![4] } else { vec![dice.pick(&rows)[0].parse().unwrap()] };
        (entity, direction, Task::Named(vec![Wanted::Ids(ids)]))
    }

    async fn let_run(&mut self) {
        if !self.character.manners.strict || self.dice.chance(30) {
            // What was given up is executed by then.
            tokio::time::sleep(Duration::from_secs(150)).await;
        }
        let worker = self.dice.below(self.world.workers.len());
        let plan = self.plan();
        self.say(&format!("worker {worker} runs {}", in_words(&plan)));
        if self.character.manners.strict && self.world.workers.len() == 2 && self.dice.chance(60) {
            let other = self.plan();
            self.say(&format!("beside it, worker {} runs {}", 1 - worker, in_words(&other)));
            let (one, two) = tokio::join!(self.world.run(worker, &plan), self.world.run(1 - worker, &other));
            self.say(&format!("they end: {} | {}", one.words(), two.words()));
            return;
        }
        let ended = self.world.run(worker, &plan).await;
        self.say(&format!("it ends: {}", ended.words()));
    }

    /// Faults end; then everything has to come in step, and stay so.
    async fn settle(&mut self) -> Vec<String> {
        self.world.faults.clear();
        tokio::time::sleep(Duration::from_secs(200)).await;
        self.say("the faults end");
        let mut wrong = Vec::new();
        let mut before = self.world.written();
        for round in 1..=ROUNDS {
            // What was rejected is due again after a day at the latest.
            self.world.clock.leap(25 * 3_600);
            for worker in 0..self.world.workers.len() {
                self.scheduled(worker, &format!("round {round}"), &mut wrong).await;
            }
            // Where all of them found nothing to do, another round would not either.
            let after = self.world.written();
            // What an interrupted run had begun with is done by the first round; what came after that, by the second.
            if std::mem::replace(&mut before, after) == before && round > 1 {
                break;
            }
        }
        wrong.extend(check::agree(&self.world, &self.trail));
        self.world.clock.leap(25 * 3_600);
        for worker in 0..self.world.workers.len() {
            let before = self.world.written();
            self.scheduled(worker, "one more", &mut wrong).await;
            let after = self.world.written();
            if before.1 != after.1 {
                let history = self.world.sandbox.wizcommerce.history().unwrap();
                let rows: Vec<String> =
                    history[before.1..].iter().map(|row| format!("{} {} {}", row.verb, row.resource, row.id)).collect();
                wrong.push(format!("I7: one more run writes to WizCommerce: {rows:?}"));
            }
            if before.0 != after.0 {
                let rows: Vec<&String> = after.0.difference(&before.0).collect();
                wrong.push(format!("I7: one more run writes to NetSuite: {rows:?}"));
            }
        }
        wrong
    }

    async fn scheduled(&self, worker: usize, what: &str, wrong: &mut Vec<String>) {
        let plan = Plan { options: options(), ..Plan::scheduled() };
        let ended = self.world.run(worker, &plan).await;
        self.say(&format!("{what}: worker {worker}: {}", ended.words()));
        match &ended {
            Ended::Done(reports) => {
                let errors = reports.iter().filter_map(|(report, error)| Some((report, error.as_ref()?)));
                wrong.extend(errors.map(|(report, error)| {
                    format!(
                        "I16: {what}: {} {} ends with an error: {error} {:?}",
                        report.direction,
                        report.entity,
                        error.causes()
                    )
                }));
            }
            Ended::NoClock(error) => wrong.push(format!("I16: {what}: no clock: {error}")),
            Ended::Killed => wrong.push(format!("{what}: died by itself")),
        }
    }
}

fn in_words(plan: &Plan) -> String {
    let jobs: Vec<String> = if plan.jobs.len() == FLOWS.len() {
        vec!["everything".into()]
    } else {
        let one = |(entity, direction, task): &world::Job| match task {
            Task::Changes => format!("{} {entity}", direction.name()),
            task => format!("{} {entity} {task:?}", direction.name()),
        };
        plan.jobs.iter().map(one).collect()
    };
    let mut words = jobs.join(", ");
    for (is_so, word) in [(plan.options.full, " in full"), (plan.options.linked, " with what is linked")] {
        words.push_str(if is_so { word } else { "" });
    }
    plan.crash.map_or(words.clone(), |crash| format!("{words}, and is killed {crash:?}"))
}
