//! Customers in both directions against both simulators: what is made in WizCommerce arrives in NetSuite once, with all that
//! hangs on it, and afterwards each side's changes arrive on the other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use jiff::SignedDuration;
use netwiz::model::EntityKind::Customers;
use netwiz::model::{Direction, WizId};
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sandbox::seed::shop::{Kind, id};
use netwiz::state::Mode;
use netwiz::sync::{Options, Silent, Task};
use serde_json::{Value, json};
use world::{Differences, Reports, World, clean};

const BOTH: [Direction; 2] = [Direction::Push, Direction::Pull];

fn small() -> World {
    World::with(Differences { items: Some(14), ..Differences::default() })
}

/// Lets a quarter of an hour pass and syncs customers in both directions.
async fn next(world: &mut World) -> Reports {
    world.clock.advance(SignedDuration::from_mins(15));
    let tasks = BOTH.map(|direction| (Customers, direction, Task::Changes));
    world.clear_logs();
    world.flows(&tasks, Options::default(), &Silent).await
}

async fn next_clean(world: &mut World) -> Reports {
    let reports = next(world).await;
    clean(&reports);
    reports
}

/// One more run writes nothing on either side.
async fn stays_quiet(world: &mut World) {
    let reports = next_clean(world).await;
    assert_eq!(writes(world), Vec::<String>::new(), "{reports:#?}");
    for (report, _) in reports {
        assert_eq!(report.counts.changes(), 0, "{report:?}");
    }
}

/// Gives the writes that both sides got, in order.
fn writes(world: &World) -> Vec<String> {
    let rows = world.endpoints.iter().flat_map(|endpoint| endpoint.log());
    let is_write = |method: &str, target: &str| method != "GET" && method != "OPTIONS" && !target.contains("/query/");
    rows.filter(|row| is_write(&row.method, &row.target)).map(|row| format!("{} {}", row.method, row.target)).collect()
}

fn set(world: &World, customer: &str, patch: &Value) {
    world.edit_wizcommerce(&json!([{ "set": format!("/v1/customers/{customer}"), "patch": patch }]).to_string());
}

fn stored(world: &World, customer: &str) -> Value {
    let all = world.sandbox.wizcommerce.documents("customers").unwrap();
    all.into_iter().find(|document| document["id"] == customer).unwrap()
}

fn parts(world: &World, kind: &str, customer: &str) -> Vec<Value> {
    let all = world.sandbox.wizcommerce.documents(kind).unwrap();
    all.into_iter().filter(|document| document["customer_id"] == customer).collect()
}

fn netsuite_id(world: &World, customer: &str) -> i64 {
    world.state.link_by_wiz("customers", customer).unwrap().unwrap().ns_id.0
}

#[tokio::test(start_paused = true)]
async fn a_customer_of_the_shop_arrives_whole_and_once() {
    let mut world = small();
    let pine = id(Kind::Customer, 1);
    let reports = next_clean(&mut world).await;
    let (push, _) = &reports[0];
    assert_eq!((push.direction.as_ref(), push.mode.as_ref()), ("push", Mode::Full.word()));
    assert_eq!((push.counts.created, push.counts.adopted), (2, 1), "one is a prospect with that e-mail already: {push:?}");
    let ns = netsuite_id(&world, &pine);
    let text = |sql: &str| world.text_netsuite(&sql.replace("{}", &ns.to_string()));
    assert_eq!(text("select externalid from customer where id = {}"), format!("wz_cu_{pine}"));
    assert_eq!(text("select companyname from customer where id = {}"), "Pine & Petal Gifts");
    assert_eq!(text("select email from customer where id = {}"), "hello@pineandpetal.example");
    assert_eq!(text("select name from term where id = (select terms from customer where id = {})"), "Net 30");
    assert_eq!(text("select cast(pricelevel as text) from customer where id = {}"), "5");
    assert_eq!(
        text("select email from employee where id = (select salesrep from customer where id = {})"),
        "ana.ruiz@netwiz.example"
    );
    assert_eq!(text("select email from contact where company = {}"), "robin1@shop.example");
    assert_eq!(world.count_netsuite(&format!("select count(*) from customeraddressbook where entity = {ns}")), 2);
    assert_eq!(
        text(
            "select group_concat(a.addr1 || ' ' || b.defaultbilling || b.defaultshipping, ', ') from customeraddressbook b join \
              customeraddressbookentityaddress a on a.nkey = b.addressbookaddress where b.entity = {} order by b.internalid"
        ),
        "11 Wharf Road FT, 12 Bank Street TF"
    );
    // WizCommerce knows now which record is which.
    assert_eq!(stored(&world, &pine)["reference_id"], ns.to_string());
    for kind in ["customer_addresses", "customer_contacts"] {
        for part in parts(&world, kind, &pine) {
            assert!(part["reference_id"].as_str().unwrap().parse::<i64>().is_ok(), "{part}");
        }
    }
    assert_eq!(parts(&world, "customer_addresses", &pine).len(), 2);
    assert_eq!(parts(&world, "customer_contacts", &pine).len(), 1);
    stays_quiet(&mut world).await;
    stays_quiet(&mut world).await;
    assert_eq!(world.count_netsuite("select count(*) from customer where externalid like 'wz_cu_%'"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_one_field_on_each_side_in_the_same_minute_leaves_both_on_both_sides() {
    let mut world = small();
    next_clean(&mut world).await;
    let pine = id(Kind::Customer, 1);
    let ns = netsuite_id(&world, &pine);
    for round in 0..3 {
        let (email, phone) = (format!("new{round}@pineandpetal.example"), format!("+1503555019{round}"));
        set(&world, &pine, &json!({ "email": email }));
        world.edit_netsuite(&format!("update customer set phone = '{phone}', lastmodifieddate = sim_now() where id = {ns}"));
        next_clean(&mut world).await;
        let shown = stored(&world, &pine);
        assert_eq!((&shown["email"], &shown["phone"]), (&json!(email), &json!(phone)));
        assert_eq!(
            world.text_netsuite(&format!("select email || ' ' || phone from customer where id = {ns}")),
            format!("{email} {phone}")
        );
        stays_quiet(&mut world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_both_sides_changed_is_the_winners_and_the_loser_is_told() {
    for (profile, kept) in [("", "ours"), ("[profile.test.customers]\nconflict = \"wizcommerce\"\n", "theirs")] {
        let mut world = World::with(Differences { items: Some(14), profile, ..Differences::default() });
        next_clean(&mut world).await;
        let pine = id(Kind::Customer, 1);
        let ns = netsuite_id(&world, &pine);
        set(&world, &pine, &json!({ "email": "theirs@pine.example" }));
        world.edit_netsuite(&format!(
            "update customer set email = 'ours@pine.example', lastmodifieddate = sim_now() where id = {ns}"
        ));
        let reports = next_clean(&mut world).await;
        let email = format!("{kept}@pine.example");
        assert_eq!(stored(&world, &pine)["email"], email);
        assert_eq!(world.text_netsuite(&format!("select email from customer where id = {ns}")), email);
        let notes: Vec<String> = reports.iter().flat_map(|(report, _)| report.notes.clone()).collect();
        assert!(notes.iter().any(|note| note.contains("email was changed on both sides")), "{notes:?}");
        stays_quiet(&mut world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_latest_change_wins_where_that_is_configured() {
    let profile = "[profile.test.customers]\nconflict = \"latest\"\n";
    let mut world = World::with(Differences { items: Some(14), profile, ..Differences::default() });
    next_clean(&mut world).await;
    let pine = id(Kind::Customer, 1);
    let ns = netsuite_id(&world, &pine);
    for (round, theirs_is_last) in [(0, true), (1, false), (2, true)] {
        let (ours, theirs) = (format!("ours{round}@pine.example"), format!("theirs{round}@pine.example"));
        let edit_ours = format!("update customer set email = '{ours}', lastmodifieddate = sim_now() where id = {ns}");
        if theirs_is_last {
            world.edit_netsuite(&edit_ours);
            world.clock.advance(SignedDuration::from_secs(2));
            set(&world, &pine, &json!({ "email": theirs }));
        } else {
            set(&world, &pine, &json!({ "email": theirs }));
            world.clock.advance(SignedDuration::from_secs(2));
            world.edit_netsuite(&edit_ours);
        }
        next_clean(&mut world).await;
        let kept = if theirs_is_last { theirs } else { ours };
        assert_eq!(stored(&world, &pine)["email"], kept);
        assert_eq!(world.text_netsuite(&format!("select email from customer where id = {ns}")), kept);
        stays_quiet(&mut world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn addresses_and_contacts_go_both_ways_and_are_never_doubled() {
    let mut world = small();
    next_clean(&mut world).await;
    let pine = id(Kind::Customer, 1);
    let ns = netsuite_id(&world, &pine);
    world.edit_wizcommerce(
        &json!([
            { "insert": "customer_addresses", "document": { "customer_id": pine, "type": "shipping", "address_line_1": "7 New Road",
              "city": "Salem", "state": "OR", "country": "US", "zip_code": "97301" } },
            { "insert": "customer_contacts", "document": { "customer_id": pine, "first_name": "Sam", "email": "sam@shop.example" } },
            { "set": format!("/v1/customers/{pine}"), "patch": { "phone": "+15035550199" } }
        ])
        .to_string(),
    );
    next_clean(&mut world).await;
    assert_eq!(world.count_netsuite(&format!("select count(*) from customeraddressbook where entity = {ns}")), 3);
    assert_eq!(world.count_netsuite(&format!("select count(*) from contact where company = {ns}")), 2);
    stays_quiet(&mut world).await;
    let new = parts(&world, "customer_addresses", &pine).pop().unwrap();
    let (new_id, reference) = (new["id"].as_str().unwrap(), new["reference_id"].as_str().unwrap().to_owned());
    world.edit_wizcommerce(
        &json!([{ "set": format!("/v1/customer-addresses/{new_id}"), "patch": { "city": "Bend" } },
                { "set": format!("/v1/customers/{pine}"), "patch": { "phone": "+15035550198" } }])
        .to_string(),
    );
    next_clean(&mut world).await;
    let city = format!(
        "select a.city from customeraddressbookentityaddress a join customeraddressbook b on b.addressbookaddress = a.nkey \
         where b.internalid = {reference}"
    );
    assert_eq!(world.text_netsuite(&city), "Bend");
    assert_eq!(world.count_netsuite(&format!("select count(*) from customeraddressbook where entity = {ns}")), 3);
    stays_quiet(&mut world).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_a_late_one_and_a_lost_state_make_no_second_customer() {
    for action in [Action::LoseReply, Action::HoldMsThenExecute(90_000), Action::Cut] {
        let mut world = small();
        for _ in 0..3 {
            world.faults.add(Fault::once("netsuite", "POST", "/services/rest/record/v1/customer", action.clone()));
        }
        next(&mut world).await;
        tokio::time::sleep(std::time::Duration::from_secs(200)).await;
        next(&mut world).await;
        next_clean(&mut world).await;
        world.lose_state();
        next_clean(&mut world).await;
        assert_eq!(world.count_netsuite("select count(*) from customer where externalid like 'wz_cu_%'"), 2);
        assert_eq!(world.count_netsuite("select count(*) from contact where email = 'robin1@shop.example'"), 1);
        assert_eq!(world.sandbox.wizcommerce.count("customers").unwrap(), 3 + wanted(&world));
        stays_quiet(&mut world).await;
    }
}

/// How many customers of NetSuite belong into WizCommerce.
fn wanted(world: &World) -> u32 {
    let sql = "select count(*) from customer where isinactive = 'F' and searchstage = 'Customer' and externalid is null";
    u32::try_from(world.count_netsuite(sql)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_named_push_of_one_customer_touches_that_one_and_moves_no_cursor() {
    let mut world = small();
    let lumen = id(Kind::Customer, 3);
    let reports = world.push(&[(Customers, Task::Wiz(vec![WizId(lumen.clone())]))], Options::default(), &Silent).await;
    clean(&reports);
    assert_eq!((reports[0].0.counts.read, reports[0].0.counts.created), (1, 1));
    assert_eq!(world.state.cursor("customers", "push").unwrap().position, None);
    assert_eq!(world.count_netsuite("select count(*) from customer where externalid like 'wz_cu_%'"), 1);
    let again = world.push(&[(Customers, Task::Wiz(vec![WizId(lumen)]))], Options::default(), &Silent).await;
    assert_eq!(again[0].0.counts.unchanged, 1, "{again:?}");
    let gone = world.push(&[(Customers, Task::Wiz(vec![WizId("nobody".into())]))], Options::default(), &Silent).await;
    assert_eq!((gone[0].0.counts.rejected, gone[0].0.failures[0].reason.as_ref()), (1, "nonexistent_id"));
}

fn with(netsuite: impl FnOnce(&mut netwiz::sandbox::netsuite::Settings)) -> World {
    let mut settings = netwiz::sandbox::netsuite::Settings::default();
    netsuite(&mut settings);
    World::with(Differences { items: Some(14), netsuite: Some(settings), ..Differences::default() })
}

/// Gives the reason of every stored rejection of a customer that was to be pushed, by its number.
fn pushed_rejections(world: &World) -> Vec<(String, &'static str, String)> {
    let rows = world.state.rejections(None).unwrap().into_iter().filter(|row| row.direction == "push");
    rows.map(|row| (row.rejection.label.clone(), row.rejection.reason.word(), row.rejection.message + " " + &row.rejection.hint))
        .collect()
}

async fn push(world: &mut World) -> Reports {
    world.clock.advance(SignedDuration::from_mins(15));
    world.push(&[(Customers, Task::Changes)], Options::default(), &Silent).await
}

#[tokio::test(start_paused = true)]
async fn several_customers_of_that_e_mail_are_nobodys_guess() {
    let mut world = small();
    let corner = id(Kind::Customer, 2);
    let email = stored(&world, &corner)["email"].as_str().unwrap().to_owned();
    world.edit_netsuite(&format!(
        "insert into customer (id, entityid, companyname, isperson, email, searchstage, isinactive, datecreated, lastmodifieddate) \
         values (70001, 'TWIN', 'Twin', 'F', '{}', 'Customer', 'F', sim_now(), sim_now())",
        email.to_uppercase()
    ));
    push(&mut world).await;
    let rejected = pushed_rejections(&world);
    assert_eq!((rejected.len(), rejected[0].1), (1, "ambiguous_match"), "{rejected:?}");
    assert!(rejected[0].2.contains("70001") && rejected[0].2.contains("netwiz map set"), "{rejected:?}");
    assert!(world.state.link_by_wiz("customers", &corner).unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_lacks_something_names_it_and_is_taken_up_once_it_has_it() {
    let profile = "[profile.test.customers]\nrequired = [\"address\", \"contact\", \"terms\"]\n";
    let mut world = World::with(Differences { items: Some(14), profile, ..Differences::default() });
    let pine = id(Kind::Customer, 1);
    set(&world, &pine, &json!({ "payment_term": null }));
    push(&mut world).await;
    let rejected = pushed_rejections(&world);
    assert_eq!((rejected[0].0.as_str(), rejected[0].1), ("WC-1", "missing_mandatory_fields"));
    assert!(rejected[0].2.contains("has no terms in WizCommerce"), "{rejected:?}");
    set(&world, &pine, &json!({ "payment_term": "Net 30" }));
    clean(&push(&mut world).await);
    assert_eq!(pushed_rejections(&world), []);
}

#[tokio::test(start_paused = true)]
async fn what_a_form_asks_for_is_named_and_create_fields_answer_it() {
    let mandatory = |settings: &mut netwiz::sandbox::netsuite::Settings| {
        settings.mandatory_fields = vec![("customer".into(), "category".into())];
    };
    let mut world = with(mandatory);
    push(&mut world).await;
    let rejected = pushed_rejections(&world);
    assert!(
        rejected.iter().all(|(_, reason, text)| *reason == "missing_mandatory_fields" && text.contains("Category")),
        "{rejected:?}"
    );
    let mut settings = netwiz::sandbox::netsuite::Settings::default();
    mandatory(&mut settings);
    let profile = "[profile.test.customers]\ncreate-fields = { category = { id = \"3\" } }\n";
    let differences = Differences { items: Some(14), netsuite: Some(settings), profile, ..Differences::default() };
    let mut world = World::with(differences);
    push(&mut world).await;
    let pine = netsuite_id(&world, &id(Kind::Customer, 1));
    assert_eq!(world.count_netsuite(&format!("select category from customer where id = {pine}")), 3);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_write_ends_the_flow_and_leaves_the_reason() {
    let mut world = with(|settings| settings.denied_writes = vec!["POST customer".into()]);
    let reports = push(&mut world).await;
    assert_eq!(reports[0].1.as_ref().map(|error| error.kind().exit_code()), Some(4));
    assert!(pushed_rejections(&world).iter().any(|(_, reason, _)| *reason == "permission_denied"));
    assert_eq!(world.state.cursor("customers", "push").unwrap().position, None, "the cursor stays");
}

#[tokio::test(start_paused = true)]
async fn an_external_id_of_another_kind_is_never_taken_over() {
    let mut world = small();
    let pine = id(Kind::Customer, 1);
    world.edit_netsuite(&format!(
        "insert into contact (id, entityid, sim_externalid, isinactive, datecreated, lastmodifieddate) values (70002, 'X', \
         'wz_cu_{pine}', 'F', sim_now(), sim_now())"
    ));
    push(&mut world).await;
    let rejected = pushed_rejections(&world);
    assert_eq!((rejected.len(), rejected[0].1), (1, "refused_by_netsuite"), "{rejected:?}");
    assert!(rejected[0].2.contains("none carries the external id"), "{rejected:?}");
    assert!(world.state.link_by_wiz("customers", &pine).unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_a_script_makes_of_a_field_comes_back_and_ends_there() {
    let script = netwiz::sandbox::netsuite::Script {
        record: "customer".into(),
        condition: "externalid like 'wz_cu_%'".into(),
        effect: netwiz::sandbox::netsuite::Effect::Set("companyname = upper(companyname)".into()),
    };
    let mut world = with(|settings| settings.scripts = vec![script]);
    let pine = id(Kind::Customer, 1);
    next_clean(&mut world).await;
    assert_eq!(stored(&world, &pine)["name"], "PINE & PETAL GIFTS");
    stays_quiet(&mut world).await;
    set(&world, &pine, &json!({ "company_name": "Pine Ltd", "name": "Pine Ltd" }));
    next_clean(&mut world).await;
    assert_eq!(stored(&world, &pine)["name"], "PINE LTD");
    stays_quiet(&mut world).await;
}

#[tokio::test(start_paused = true)]
async fn a_customer_deleted_in_netsuite_is_not_made_again() {
    let mut world = small();
    next_clean(&mut world).await;
    let pine = id(Kind::Customer, 1);
    let ns = netsuite_id(&world, &pine);
    world.edit_netsuite(&format!(
        "delete from contact where company = {ns}; delete from customeraddressbook where entity = {ns}; \
         delete from customer where id = {ns}"
    ));
    set(&world, &pine, &json!({ "email": "again@pine.example" }));
    push(&mut world).await;
    let rejected = pushed_rejections(&world);
    assert_eq!((rejected.len(), rejected[0].1), (1, "conflict"), "{rejected:?}");
    assert_eq!(world.count_netsuite("select count(*) from customer where externalid like 'wz_cu_%'"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_address_whose_answer_was_lost_is_added_once() {
    for action in [Action::LoseReply, Action::HoldMsThenExecute(500), Action::HoldMsThenExecute(59_000)] {
        let mut world = small();
        next_clean(&mut world).await;
        let pine = id(Kind::Customer, 1);
        let ns = netsuite_id(&world, &pine);
        world.edit_wizcommerce(
            &json!([{ "insert": "customer_addresses", "document": { "customer_id": pine, "type": "shipping",
                      "address_line_1": "7 New Road", "city": "Salem", "country": "US", "zip_code": "97301" } }])
            .to_string(),
        );
        world.faults.add(Fault::once("netsuite", "PATCH", "/services/rest/record/v1/customer", action));
        // What is not there yet when it is looked for may still be executed: it is left to the next run.
        next(&mut world).await;
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        world.clock.advance(SignedDuration::from_hours(1));
        next_clean(&mut world).await;
        assert_eq!(world.count_netsuite(&format!("select count(*) from customeraddressbook where entity = {ns}")), 3);
        stays_quiet(&mut world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_did_not_arrive_is_sent_again_with_its_customer() {
    let mut world = small();
    let pine = id(Kind::Customer, 1);
    let cut = Fault::once("netsuite", "POST", "/services/rest/record/v1/contact", Action::Cut);
    world.faults.add(Fault { times: Some(50), ..cut });
    push(&mut world).await;
    let rejected = pushed_rejections(&world);
    assert!(rejected[0].0.starts_with("the contact robin1@shop.example of"), "{rejected:?}");
    let keys: Vec<String> = world.state.rejections(None).unwrap().into_iter().map(|row| row.rejection.key).collect();
    assert!(keys.contains(&pine), "it is the customer that is tried again: {keys:?}");
    world.faults.clear();
    world.clock.advance(SignedDuration::from_hours(2));
    next_clean(&mut world).await;
    let ns = netsuite_id(&world, &pine);
    assert_eq!(world.count_netsuite(&format!("select count(*) from contact where company = {ns}")), 1);
    assert_eq!(world.state.intents("contacts", "push").unwrap(), Vec::<String>::new());
    stays_quiet(&mut world).await;
}

#[tokio::test(start_paused = true)]
async fn two_workers_with_states_of_their_own_make_one_of_each() {
    let mut world = small();
    push(&mut world).await;
    let other = std::mem::replace(&mut world.state, netwiz::state::State::in_memory().unwrap());
    let reports = push(&mut world).await;
    clean(&reports);
    assert_eq!((reports[0].0.counts.created, reports[0].0.counts.adopted), (0, 3), "{reports:?}");
    world.state = other;
    clean(&push(&mut world).await);
    assert_eq!(world.count_netsuite("select count(*) from customer where externalid like 'wz_cu_%'"), 2);
    assert_eq!(world.count_netsuite("select count(*) from contact where email like 'robin%@shop.example'"), 3);
}

#[tokio::test(start_paused = true)]
async fn an_edit_after_a_lost_create_arrives_all_the_same() {
    let mut world = small();
    let pine = id(Kind::Customer, 1);
    // The answer is lost, and so is every look at what became of it.
    world.faults.add(Fault {
        contains: Some(format!("wz_cu_{pine}")),
        ..Fault::once("netsuite", "POST", "/services/rest/record/v1/customer", Action::LoseReply)
    });
    let down = Action::Reply { status: 503, headers: std::collections::BTreeMap::new(), body: "down".into() };
    world.faults.add(Fault {
        skip: 1,
        times: None,
        contains: Some("externalid IN".into()),
        ..Fault::once("netsuite", "POST", "/services/rest/query/v1/suiteql", down)
    });
    push(&mut world).await;
    assert!(world.state.link_by_wiz("customers", &pine).unwrap().is_none());
    assert_eq!(world.count_netsuite(&format!("select count(*) from customer where externalid = 'wz_cu_{pine}'")), 1);
    world.faults.clear();
    set(&world, &pine, &json!({ "email": "later@pine.example" }));
    clean(&push(&mut world).await);
    let ns = netsuite_id(&world, &pine);
    assert_eq!(world.text_netsuite(&format!("select email from customer where id = {ns}")), "later@pine.example");
    next_clean(&mut world).await;
    assert_eq!(stored(&world, &pine)["email"], "later@pine.example");
    stays_quiet(&mut world).await;
}
