//! Every operation of a push meets every phase of the fault matrix (`correctness.md` 10), once and as a storm.

use std::time::Duration;

use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sync::Options;

use super::history::{self, History, Templates};
use super::steps::{Trail, busy_script, reply};
use super::world::{self, Manners, Plan, World};

/// The operations: remote, method, path, and how many such requests pass before.
pub const OPERATIONS: [(&str, &str, &str, u32); 17] = [
    ("netsuite", "GET", "/services/rest/system/v1/serverTime", 0),
    ("netsuite", "POST", "/services/rest/query/v1/suiteql", 8),
    ("netsuite", "POST", "/services/rest/query/v1/suiteql", 25),
    ("netsuite", "GET", "/services/rest/record/v1", 0),
    ("netsuite", "POST", "/services/rest/record/v1/customer", 0),
    ("netsuite", "POST", "/services/rest/record/v1/contact", 0),
    ("netsuite", "POST", "/services/rest/record/v1/salesOrder", 0),
    ("netsuite", "POST", "/services/rest/record/v1/estimate", 0),
    ("netsuite", "POST", "/services/rest/record/v1/customerDeposit", 0),
    ("netsuite", "PATCH", "/services/rest/record/v1/customer", 0),
    ("netsuite", "PATCH", "/services/rest/record/v1/salesOrder", 0),
    ("wizcommerce", "GET", "/v1/customers", 0),
    ("wizcommerce", "GET", "/v1/customers/*", 0),
    ("wizcommerce", "GET", "/v2/orders", 0),
    ("wizcommerce", "GET", "/v2/orders/*", 0),
    ("wizcommerce", "PATCH", "/v1/customers", 0),
    ("wizcommerce", "PUT", "/v2/orders", 0),
];

/// Where on its way a request is lost, and how a remote may answer it.
pub fn phases() -> Vec<(&'static str, Option<Action>)> {
    let mut phases = vec![
        ("before it was sent", None),
        ("lost on the way", Some(Action::Cut)),
        ("executed, its answer lost", Some(Action::LoseReply)),
        ("executed late", Some(Action::HoldMsThenExecute(45_000))),
    ];
    if std::env::var_os("NETWIZ_TEST_ALL_FAULTS").is_some() {
        phases.extend([
            ("executed a moment later", Some(Action::HoldMsThenExecute(1_000))),
            ("429", Some(Action::TooMany)),
            ("429 with a wait", Some(reply(429, Some("7")))),
            ("500", Some(reply(500, None))),
            ("503", Some(reply(503, None))),
            ("504", Some(reply(504, None))),
            ("html", Some(Action::Html)),
            ("empty", Some(Action::Empty)),
            ("truncated", Some(Action::Truncate { bytes: 20 })),
            ("garbage", Some(Action::Garbage)),
            ("deep", Some(Action::DeepJson)),
            ("slow", Some(Action::DelayMs(30_000))),
        ]);
    }
    phases
}

/// Meets one operation with one fault in a run that has something to push of every kind.
///
/// # Errors
///
/// Says what is wrong in the end.
pub fn meet(
    templates: &Templates,
    (remote, method, path, skip): (&str, &str, &str, u32),
    (phase, action): &(&str, Option<Action>),
    times: u32,
) -> Result<(), String> {
    let what = format!("{method} {path} at {remote}, {times} times {phase}");
    let manners = Manners { strict: true, skew: 0, limit: None, inclusive: true, parts_move: true };
    let wrong = world::on_paused_clock(async {
        let world = World::new(templates.in_step(), manners, 1, 7);
        world.clock.leap(900);
        world.edit_wizcommerce(&busy_script());
        world.edit_netsuite("update item set displayname = 'Busy', lastmodifieddate = sim_now() where id = 90001");
        if (method, path) == ("GET", "/services/rest/record/v1") {
            // A contact is looked for by its external id once its create is in doubt.
            world.faults.add(Fault::once(remote, "POST", "/services/rest/record/v1/contact", Action::LoseReply));
        }
        match action {
            Some(action) => {
                world.faults.add(Fault { skip, times: Some(times), ..Fault::once(remote, method, path, action.clone()) });
            }
            None => world.unsent.borrow_mut().extend((0..times).map(|_| (method.to_owned(), path.replace("/*", "/"), skip))),
        }
        let plan = Plan { options: Options { full: path.ends_with('*'), ..history::options() }, ..Plan::scheduled() };
        let ended = world.run(0, &plan).await;
        let met = world.faults.remaining().len() + world.unsent.borrow().len();
        // A storm may be over before it has spent itself; one blow has to strike.
        let was_met = times > 1 || met == 0;
        world.unsent.borrow_mut().clear();
        world.faults.clear();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let mut history = History::of(world, Trail::default());
        history.say(&ended.words());
        let mut wrong = history.end().await;
        if !was_met {
            wrong.push("nobody asked for it".into());
        }
        if !wrong.is_empty() {
            wrong.insert(0, history.told());
        }
        wrong
    });
    if wrong.is_empty() { Ok(()) } else { Err(format!("{what}:\n{}", wrong.join("\n  "))) }
}

/// Makes sure that a run over what is busy is one that pushes every kind of record at all.
pub fn is_busy(templates: &Templates) -> Vec<String> {
    let manners = Manners { strict: true, skew: 0, limit: None, inclusive: true, parts_move: true };
    world::on_paused_clock(async {
        let world = World::new(templates.in_step(), manners, 1, 7);
        world.clock.leap(900);
        world.edit_wizcommerce(&busy_script());
        let ended = world.run(0, &Plan::scheduled()).await;
        let quiet = |entity: &str| {
            let of_it =
                |(report, _): &&(netwiz::sync::report::FlowReport, _)| report.direction == "push" && report.entity == entity;
            ended.reports().iter().find(of_it).is_none_or(|(report, _)| report.counts.created == 0)
        };
        let kinds = ["customers", "orders", "estimates", "payments"];
        kinds.into_iter().filter(|entity| quiet(entity)).map(str::to_owned).collect()
    })
}
