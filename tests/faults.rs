//! Both simulators misbehave by script: when the faults stop, three runs bring everything in step, and a fourth writes nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "faults/documents.rs"]
mod documents;
#[path = "faults/late.rs"]
mod late;
#[path = "faults/time.rs"]
mod time;
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use netwiz::error::{Error, ErrorKind};
use netwiz::model::EntityKind::{Inventory, Products};
use netwiz::model::NetSuiteId;
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sandbox::netsuite::{AbsentStyle, Settings};
use netwiz::sync::{Event, Observer, Options, Silent, Step, Task};
use world::{Differences, Reports, World, clean};

const BOTH: [(netwiz::model::EntityKind, Task); 2] = [(Products, Task::Changes), (Inventory, Task::Changes)];

fn reply(status: u16, retry_after: Option<&str>) -> Action {
    let mut headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
    if let Some(wait) = retry_after {
        headers.insert("retry-after".to_owned(), wait.to_owned());
    }
    Action::Reply { status, headers, body: r#"{"code":"X","message":"scripted"}"#.to_owned() }
}

/// Everything a remote may do to one request.
fn misbehaviour() -> Vec<(&'static str, Action)> {
    vec![
        ("429", Action::TooMany),
        ("429 plain", reply(429, None)),
        ("429 with a wait", reply(429, Some("7"))),
        ("500", reply(500, None)),
        ("503", reply(503, None)),
        ("html", Action::Html),
        ("empty", Action::Empty),
        ("truncate", Action::Truncate { bytes: 20 }),
        ("cut", Action::Cut),
        ("lose_reply", Action::LoseReply),
        ("held a moment", Action::HoldMsThenExecute(1_000)),
        ("held until the look-up", Action::HoldMsThenExecute(2_030)),
        ("held for long", Action::HoldMsThenExecute(45_000)),
        ("duplicate", Action::Duplicate),
        ("garbage", Action::Garbage),
        ("deep_json", Action::DeepJson),
        ("slow", Action::DelayMs(30_000)),
    ]
}

fn fault(remote: &str, method: &str, path: &str, contains: Option<&str>, skip: u32, times: Option<u32>, action: Action) -> Fault {
    Fault {
        remote: remote.into(),
        method: Some(method.into()),
        path: Some(path.into()),
        contains: contains.map(Into::into),
        skip,
        times,
        action,
    }
}

/// The error of a run, wherever it came from.
async fn attempt(world: &mut World) -> (Reports, Vec<ErrorKind>) {
    match world.try_run(&BOTH, Options::default(), &Silent).await {
        Ok(reports) => {
            let kinds = reports.iter().filter_map(|(_, error)| error.as_ref().map(Error::kind)).collect();
            (reports, kinds)
        }
        Err(error) => (Vec::new(), vec![error.kind()]),
    }
}

fn positions(world: &World) -> [Option<Timestamp>; 2] {
    ["products", "inventory"].map(|entity| world.state.cursor(entity, "pull").unwrap().position)
}

/// What is off the line: names of active items the map calls written although WizCommerce does not hold them so.
async fn converges(world: &mut World, what: &str) {
    // What was held is executed before anybody looks.
    tokio::time::sleep(Duration::from_secs(60)).await;
    for _ in 0..3 {
        world.clock.advance(SignedDuration::from_mins(15));
        let (_, kinds) = attempt(world).await;
        assert_eq!(kinds, [], "{what}: after the faults stopped");
    }
    world.agrees(what);
    world.stays_quiet(what).await;
}

/// One fault, then a storm of it, at one operation of a first run and of a later one.
async fn every_misbehaviour(remote: &'static str, method: &str, path: &str, contains: Option<&str>) {
    for (name, action) in misbehaviour() {
        // Each operation meets each fault once in a later run and for ever in a first one; all four with more time.
        let all = std::env::var_os("NETWIZ_TEST_ALL_FAULTS").is_some();
        let some = [(true, false), (false, true)];
        let every = [(false, false), (true, false), (false, true), (true, true)];
        for &(storm, later) in if all { &every[..] } else { &some[..] } {
            let what = format!("{name} at {remote} {method} {path}, storm {storm}, later run {later}");
            if storm && matches!(action, Action::DelayMs(_)) {
                continue;
            }
            let mut world = World::with(Differences { items: Some(14), ..Differences::default() });
            if later {
                clean(&world.sync(&[Products, Inventory], Options::default()).await);
                world.clock.advance(SignedDuration::from_mins(15));
                world.add_item(90001, "FAULTY-NEW", "5.00");
                world.add_item(90002, "FAULTY-OFF", "6.00");
                world.edit_netsuite(
                    "update item set isinactive = 'T' where id = 90002; update item set displayname = 'Edited', lastmodifieddate = \
                     sim_now() where id in (select id from item where itemtype = 'InvtPart' and matrixtype is null and isinactive = 'F' \
                     order by id limit 3); update pricing set unitprice = '3.33' where pricelevel = 1 and quantity = 1 and item in (select \
                     id from item where itemtype = 'InvtPart' order by id desc limit 3); update aggregateitemlocation set quantityonorder \
                     = 9 where item in (select id from item where itemtype = 'InvtPart' and matrixtype is null order by id limit 2)",
                );
            }
            let before = positions(&world);
            let times = if storm { None } else { Some(1) };
            world.faults.add(fault(remote, method, path, contains, 0, times, action.clone()));
            let (reports, kinds) = attempt(&mut world).await;
            // A request that the network doubled has a used nonce, which NetSuite calls a refused login.
            let doubled = remote == "netsuite" && action == Action::Duplicate;
            for kind in &kinds {
                assert!(*kind == ErrorKind::Unavailable || (doubled && *kind == ErrorKind::Credentials), "{what}: {kind:?}");
            }
            for (at, entity) in ["products", "inventory"].into_iter().enumerate() {
                let failed = reports.get(at).is_none_or(|(_, error)| error.is_some());
                if failed {
                    assert_eq!(positions(&world)[at], before[at], "{what}: the cursor of {entity} moved");
                }
            }
            world.faults.clear();
            converges(&mut world, &what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_the_clock_probe_everything_converges() {
    every_misbehaviour("netsuite", "GET", "/services/rest/system/v1/serverTime", None).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_the_session_clock_everything_converges() {
    every_misbehaviour("netsuite", "POST", "/services/rest/query", Some("CURRENT_TIMESTAMP")).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_a_page_of_items_everything_converges() {
    every_misbehaviour("netsuite", "POST", "/services/rest/query", Some("FROM item i")).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_a_page_of_prices_everything_converges() {
    every_misbehaviour("netsuite", "POST", "/services/rest/query", Some("FROM pricing p")).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_a_page_of_stock_everything_converges() {
    every_misbehaviour("netsuite", "POST", "/services/rest/query", Some("FROM aggregateitemlocation a")).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_a_page_of_kit_members_everything_converges() {
    every_misbehaviour("netsuite", "POST", "/services/rest/query", Some("FROM kititemmember k")).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_the_list_of_products_everything_converges() {
    every_misbehaviour("wizcommerce", "GET", "/v1/products", None).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_the_lists_of_prices_and_attributes_everything_converges() {
    every_misbehaviour("wizcommerce", "GET", "/v1/price-lists", None).await;
    every_misbehaviour("wizcommerce", "GET", "/v1/attributes", None).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_a_new_attribute_everything_converges() {
    every_misbehaviour("wizcommerce", "POST", "/v1/attributes", None).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_a_new_product_everything_converges() {
    every_misbehaviour("wizcommerce", "POST", "/v2/products", None).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_a_changed_product_everything_converges() {
    every_misbehaviour("wizcommerce", "PATCH", "/v2/products", None).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_stock_everything_converges() {
    every_misbehaviour("wizcommerce", "POST", "/v1/inventories", None).await;
}

#[tokio::test(start_paused = true)]
async fn an_item_created_inactive_is_switched_off_even_if_that_request_failed_at_first() {
    for action in [reply(503, None), reply(429, None), Action::Cut, reply(400, None)] {
        let mut world = World::with(Differences { items: Some(14), ..Differences::default() });
        clean(&world.sync(&[Products, Inventory], Options::default()).await);
        world.add_item(90001, "BORN-ASLEEP", "5.00");
        world.edit_netsuite("update item set isinactive = 'T' where id = 90001");
        world.faults.add(fault("wizcommerce", "PATCH", "/v2/products", None, 0, None, action));
        world.clock.advance(SignedDuration::from_mins(15));
        attempt(&mut world).await;
        assert_eq!(world.product("BORN-ASLEEP")["status"], "active");
        let link = world.link("products", 90001);
        assert!(
            link.is_none_or(|link| link.fingerprint.is_none() && !link.has(netwiz::model::Flag::Deactivated)),
            "it is not done"
        );
        world.faults.clear();
        converges(&mut world, "switched off").await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_bad_variant_does_not_keep_its_family_out() {
    let mut world = World::with(Differences { items: Some(30), ..Differences::default() });
    let child = world.count_netsuite("select min(id) from item where matrixtype = 'CHILD' and isinactive = 'F'");
    let parent = world.count_netsuite(&format!("select parent from item where id = {child}"));
    let sku = world.text_netsuite(&format!("select itemid from item where id = {child}"));
    // WizCommerce refuses whatever names this variant.
    let contains = format!("\"sku_id\":\"{sku}\"");
    world.faults.add(fault("wizcommerce", "POST", "/v2/products", Some(&contains), 0, None, reply(400, None)));
    world.sync(&[Products, Inventory], Options::default()).await;
    assert_eq!(world.rejected(), BTreeMap::from([(child.to_string(), "refused_by_wizcommerce")]));
    let siblings = world.count_netsuite(&format!("select count(*) from item where parent = {parent}")) - 1;
    let name = world.text_netsuite(&format!("select itemid from item where id = {parent}"));
    assert_eq!(world.products().values().filter(|product| product["group_code"] == name.as_str()).count() as i64, siblings);
    world.faults.clear();
    converges(&mut world, "the bad variant").await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_ends_the_run_at_once() {
    for (remote, at, path) in
        [("netsuite", 0, "/services/rest"), ("wizcommerce", 1, "/v1/products"), ("wizcommerce", 1, "/v2/products")]
    {
        let mut world = World::with(Differences { items: Some(14), ..Differences::default() });
        let mut refused = fault(remote, "POST", path, None, 0, None, reply(401, None));
        refused.method = None;
        world.faults.add(refused);
        let (_, kinds) = attempt(&mut world).await;
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == ErrorKind::Credentials), "{path}: {kinds:?}");
        assert_eq!(kinds[0].exit_code(), 4);
        let refused = world.endpoints[at].log().iter().filter(|row| row.status == Some(401)).count();
        // Five lock NetSuite's user. What waits at the gate when the first refusal arrives is not sent.
        assert!(refused <= if at == 0 { 1 } else { 4 }, "{path}: {refused} refused logins");
        assert_eq!(world.products().len(), 0);
        world.faults.clear();
        converges(&mut world, path).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_revoked_in_the_middle_costs_fewer_logins_than_lock_the_user() {
    let mut world = World::with(Differences { items: Some(1100), ..Differences::default() });
    world.settings.netsuite.concurrency = 20;
    world.faults.add(fault("netsuite", "POST", "/services/rest/query", None, 30, None, reply(401, None)));
    let (_, kinds) = attempt(&mut world).await;
    assert!(kinds.contains(&ErrorKind::Credentials), "{kinds:?}");
    let refused = world.endpoints[0].log().iter().filter(|row| row.status == Some(401)).count();
    // Those in flight at the moment cannot be called back; each flow may then find out once.
    assert!(refused < 5, "{refused} refused logins");
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_ends_the_flow_with_exit_4() {
    for (remote, path, contains) in [
        ("netsuite", "/services/rest/query", Some("FROM pricing")),
        ("netsuite", "/services/rest/system", None),
        ("wizcommerce", "/v1/products", None),
        ("wizcommerce", "/v2/products", None),
        ("wizcommerce", "/v1/inventories", None),
    ] {
        let mut world = World::with(Differences { items: Some(14), ..Differences::default() });
        let mut denied = fault(remote, "POST", path, contains, 0, None, reply(403, None));
        denied.method = None;
        world.faults.add(denied);
        let (_, kinds) = attempt(&mut world).await;
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| kind.exit_code() == 4), "{path}: {kinds:?}");
        world.faults.clear();
        converges(&mut world, path).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_gate_learns_a_limit_of_five_and_then_never_exceeds_it() {
    let mut world = World::with(Differences {
        items: Some(900),
        limit: Some(5),
        profile: "[profile.test.inventory]\nbatch-size = 20\n",
        ..Differences::default()
    });
    world.settings.netsuite.concurrency = 20;
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    let refused: Vec<u64> =
        world.endpoints[0].log().iter().filter(|row| row.status == Some(429)).map(|row| row.sequence).collect();
    assert!(!refused.is_empty(), "nothing was learned");
    assert!(refused.len() <= 6, "{} refusals", refused.len());
    let log = world.endpoints[0].log();
    let late = log.iter().filter(|row| row.sequence > refused[refused.len() - 1]).count();
    assert!(late * 2 > log.len(), "the limit is learned in the first half: {refused:?} of {}", log.len());
    assert_eq!(world.endpoints[0].highest_in_flight(), 5);
    world.agrees("a limit of five");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_was_nobodys_limit_does_not_narrow_the_gate_for_ever() {
    let mut world = World::with(Differences {
        items: Some(300),
        profile: "[profile.test.inventory]\nbatch-size = 20\n",
        ..Differences::default()
    });
    world.settings.netsuite.concurrency = 8;
    // Another integration of the account took the slots for a moment, while one request of ours was in flight.
    world.faults.add(fault("netsuite", "GET", "/services/rest/system", None, 0, Some(1), Action::TooMany));
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    assert!(world.endpoints[0].highest_in_flight() > 1, "one request at a time from then on");
}

#[tokio::test(start_paused = true)]
async fn a_page_with_fewer_rows_than_its_total_fails_the_flow_rather_than_losing_rows() {
    let short = Action::Reply {
        status: 200,
        headers: BTreeMap::from([(
            "content-type".to_owned(),
            "application/vnd.oracle.resource+json; type=collection".to_owned(),
        )]),
        body: r#"{"links":[],"count":0,"hasMore":false,"items":[],"offset":0,"totalResults":3}"#.to_owned(),
    };
    for contains in [
        "FROM item i",
        "FROM pricing p",
        "FROM aggregateitemlocation a",
        "FROM kititemmember k",
        "ROWNUM",
        "FROM location",
        "FROM currency",
        "FROM customfield",
    ] {
        for later in [false, true] {
            let what = format!("{contains}, later {later}");
            let mut world = World::with(Differences { items: Some(14), ..Differences::default() });
            if later {
                clean(&world.sync(&[Products, Inventory], Options::default()).await);
                world.clock.advance(SignedDuration::from_mins(15));
                world.add_item(90001, "SHORT-NEW", "5.00");
                world.edit_netsuite("update pricing set unitprice = '3.33' where pricelevel = 1 and quantity = 1 and item in (select id from item where itemtype = 'InvtPart' order by id desc limit 3)");
            }
            let before = positions(&world);
            world.faults.add(fault("netsuite", "POST", "/services/rest/query", Some(contains), 0, None, short.clone()));
            let (reports, kinds) = attempt(&mut world).await;
            for (at, (report, error)) in reports.iter().enumerate() {
                if error.is_some() {
                    assert_eq!(positions(&world)[at], before[at], "{what}: {}", report.entity);
                }
            }
            let asked = world.endpoints[0].log().iter().any(|row| row.fault == Some("reply"));
            assert!(kinds.iter().all(|kind| [ErrorKind::Unavailable, ErrorKind::Decision].contains(kind)), "{what}: {kinds:?}");
            assert!(!asked || !kinds.is_empty(), "{what}: rows were lost in silence");
            world.faults.clear();
            converges(&mut world, &what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_short_once_is_read_again() {
    let short = Action::Reply {
        status: 200,
        headers: BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]),
        body: r#"{"links":[],"count":0,"hasMore":false,"items":[],"offset":0,"totalResults":3}"#.to_owned(),
    };
    let mut world = World::with(Differences { items: Some(14), ..Differences::default() });
    world.faults.add(fault("netsuite", "POST", "/services/rest/query", Some("p.item IN ("), 0, Some(1), short));
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    world.agrees("short once");
}

#[tokio::test(start_paused = true)]
async fn an_empty_page_of_a_longer_list_of_products_creates_nothing_twice() {
    let empty = Action::Reply {
        status: 200,
        headers: BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]),
        body: r#"{"data":[],"pagination":{"page":1,"page_size":100,"total_pages":2,"total_records":150}}"#.to_owned(),
    };
    let wizcommerce = netwiz::sandbox::wizcommerce::Settings { duplicate_sku_refused: false, ..Default::default() };
    let mut world = World::with(Differences { items: Some(150), wizcommerce: Some(wizcommerce), ..Differences::default() });
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    let before = world.products().len();
    world.lose_state();
    world.faults.add(fault("wizcommerce", "GET", "/v1/products", None, 0, Some(1), empty));
    attempt(&mut world).await;
    assert_eq!(world.products().len(), before);
    converges(&mut world, "listed again").await;
}

#[tokio::test(start_paused = true)]
async fn rows_that_change_between_pages_are_neither_lost_nor_doubled() {
    for (what, contains, skip, script) in [
        (
            "rows go before the place",
            "FROM pricing p",
            3,
            "delete from pricing where item = (select min(id) from item where itemtype = 'InvtPart' and matrixtype is null and isinactive = 'F') and pricelevel = 6",
        ),
        (
            "an item comes with a low id",
            "FROM pricing p",
            3,
            "insert into item (id, itemid, fullname, displayname, itemtype, subsidiary, isinactive, createddate, lastmodifieddate) values (3, 'LOW', 'LOW', 'Low', 'InvtPart', '1', 'F', sim_now(), sim_now()); insert into pricing (item, pricelevel, quantity, unitprice, currency) values (3, 1, 1, '1.00', 1)",
        ),
        (
            "an item comes with a high id",
            "FROM item i",
            6,
            "insert into item (id, itemid, fullname, displayname, itemtype, subsidiary, isinactive, createddate, lastmodifieddate) values (99999, 'HIGH', 'HIGH', 'High', 'InvtPart', '1', 'F', sim_now(), sim_now()); insert into pricing (item, pricelevel, quantity, unitprice, currency) values (99999, 1, 1, '1.00', 1)",
        ),
        (
            "every item is edited",
            "FROM item i",
            6,
            "update item set displayname = coalesce(displayname, itemid) || '!', lastmodifieddate = sim_now()",
        ),
        ("every price moves", "FROM pricing p", 4, "update pricing set unitprice = '7.77' where pricelevel = 1 and quantity = 1"),
        (
            "all stock moves",
            "FROM aggregateitemlocation a",
            2,
            "update aggregateitemlocation set quantityonorder = coalesce(quantityonorder, 0) + 1",
        ),
    ] {
        let mut world = World::with(Differences { items: Some(700), ..Differences::default() });
        world.faults.add(fault(
            "netsuite",
            "POST",
            "/services/rest/query",
            Some(contains),
            skip,
            Some(1),
            Action::Edit { script: script.to_owned(), remote: None },
        ));
        let (_, kinds) = attempt(&mut world).await;
        assert_eq!(kinds, [], "{what}");
        assert!(world.faults.remaining().is_empty(), "{what}: the edit never happened");
        converges(&mut world, what).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_while_a_later_run_reads_is_found_by_the_next() {
    for contains in ["FROM item i", "FROM pricing p", "FROM aggregateitemlocation a"] {
        for skip in 0..3 {
            let mut world = World::with(Differences { items: Some(30), ..Differences::default() });
            clean(&world.sync(&[Products, Inventory], Options::default()).await);
            world.edit_netsuite("update pricing set unitprice = '3.33' where pricelevel = 1 and quantity = 1 and item in (select id from item where itemtype = 'InvtPart' order by id desc limit 3)");
            let script = "update item set displayname = 'Late ' || itemid, lastmodifieddate = sim_now() where itemtype = 'InvtPart'; update pricing set unitprice = '4.44' \
                 where pricelevel = 1 and quantity = 1; update aggregateitemlocation set quantityonorder = coalesce(quantityonorder, 0) + 3";
            world.faults.add(fault(
                "netsuite",
                "POST",
                "/services/rest/query",
                Some(contains),
                skip,
                Some(1),
                Action::Edit { script: script.into(), remote: None },
            ));
            world.clock.advance(SignedDuration::from_mins(15));
            attempt(&mut world).await;
            world.faults.clear();
            converges(&mut world, &format!("{contains}, skip {skip}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_column_or_an_optional_table_is_served_with_the_rest() {
    for absent in [
        "item.upccode",
        "item.class",
        "file",
        "customfield",
        "currency",
        "item.storedisplayimage",
        "item.saleunit",
        "item.stockunit",
        "item.custitem_image_url",
    ] {
        for style in [AbsentStyle::NotFound, AbsentStyle::Unknown, AbsentStyle::ServerError] {
            let what = format!("{absent} {style:?}");
            let netsuite = Settings { absent: vec![absent.into()], absent_style: style, ..Settings::default() };
            let mut world = World::with(Differences {
                items: Some(14),
                netsuite: Some(netsuite),
                single_currency: true,
                profile: "[profile.test.products]\nimage-columns = [\"custitem_image_url\"]\ncategory-column = \"class\"\nattributes = { \"UPC\" = \"upccode\", \"Maker\" = \"manufacturer\" }\n",
                ..Differences::default()
            });
            let (reports, kinds) = attempt(&mut world).await;
            if style == AbsentStyle::ServerError && !absent.contains('.') {
                // Not to be told apart from a remote that is down.
                assert!(kinds.iter().all(|kind| kind.exit_code() == 5), "{what}: {kinds:?}");
                continue;
            }
            assert_eq!(
                kinds,
                [],
                "{what}: {:?}",
                reports.iter().map(|(_, error)| error.as_ref().map(Error::causes)).collect::<Vec<_>>()
            );
            if absent.contains('.') {
                let column = absent.split('.').nth(1).unwrap();
                // What hangs on the display image is named in its place.
                let column = if column == "storedisplayimage" { "f.url" } else { column };
                assert!(
                    reports[0].0.notes.iter().chain(&reports[1].0.notes).any(|note| note.contains(column)),
                    "{what}: not reported by name"
                );
            }
            for product in world.products().values() {
                let maker = product["attributes"].as_array().unwrap().iter().any(|entry| entry["name"] == "Maker");
                assert!(maker, "{what}: the other columns stay");
            }
            world.agrees(&what);
            world.stays_quiet(&what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_column_that_goes_away_is_left_out_from_the_second_run_on() {
    let mut world = World::with(Differences {
        items: Some(14),
        profile: "[profile.test.products]\nattributes = { \"UPC\" = \"upccode\", \"Maker\" = \"manufacturer\" }\n",
        ..Differences::default()
    });
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    world.edit_netsuite("alter table item drop column upccode; update item set displayname = 'After', lastmodifieddate = sim_now() where itemtype = 'InvtPart'");
    world.next().await;
    world.next_clean().await;
    world.agrees("a column less");
    world.stays_quiet("a column less").await;
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_table_that_is_needed_fails_that_flow_with_exit_4() {
    for (absent, at) in
        [("pricing", 0), ("itemquantity", 0), ("item", 0), ("aggregateitemlocation", 1), ("kititemmember", 0), ("location", 1)]
    {
        let netsuite = Settings { absent: vec![absent.into()], ..Settings::default() };
        let mut world = World::with(Differences { items: Some(14), netsuite: Some(netsuite), ..Differences::default() });
        let reports = world.sync(&[Products, Inventory], Options::default()).await;
        let error = reports[at].1.as_ref().unwrap_or_else(|| panic!("{absent}: {:?}", reports[at].0));
        assert_eq!(error.kind().exit_code(), 4, "{absent}: {error}");
        assert_eq!(positions(&world)[at], None, "{absent}");
        if at == 1 {
            assert!(reports[0].1.is_none(), "{absent}: the other flow goes on");
            assert_eq!(world.stock().len(), 0, "{absent}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_refuses_one_way_of_planning_is_read_by_another() {
    for (rownum, window) in [(true, false), (false, true), (true, true)] {
        let netsuite = Settings { refuse_nested_rownum: rownum, refuse_window: window, ..Settings::default() };
        let mut world = World::with(Differences { items: Some(1100), netsuite: Some(netsuite), ..Differences::default() });
        clean(&world.sync(&[Products, Inventory], Options::default()).await);
        let what = format!("refuses rownum {rownum}, window {window}");
        world.agrees(&what);
        world.stays_quiet(&what).await;
    }
}

#[tokio::test(start_paused = true)]
async fn where_checksums_are_refused_prices_and_stock_are_swept_every_six_hours() {
    let mut world = World::with(Differences { items: Some(20), ..Differences::default() });
    world.faults.add(fault("netsuite", "POST", "/services/rest/query", Some("GROUP BY p.item"), 0, None, reply(400, None)));
    world.faults.add(fault("netsuite", "POST", "/services/rest/query", Some("GROUP BY a.item"), 0, None, reply(400, None)));
    world.faults.add(fault(
        "netsuite",
        "POST",
        "/services/rest/query",
        Some("GROUP BY k.parentitem - "),
        0,
        None,
        reply(400, None),
    ));
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    world.next_clean().await;
    world.edit_netsuite("update pricing set unitprice = '7.77' where pricelevel = 1 and quantity = 1; update aggregateitemlocation set quantityonorder = 5");
    for _ in 0..26 {
        world.next_clean().await;
    }
    world.agrees("swept");
    world.stays_quiet("swept").await;
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_failed_before_it_began_is_due_again_at_once() {
    let mut world = World::with(Differences { items: Some(20), ..Differences::default() });
    world.faults.add(fault("netsuite", "POST", "/services/rest/query", Some("GROUP BY a.item"), 0, None, reply(400, None)));
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    world.edit_netsuite("update aggregateitemlocation set quantityonorder = 5");
    world.clock.advance(SignedDuration::from_hours(7));
    world.faults.add(fault("netsuite", "POST", "/services/rest/query", Some("k.parentitem - MOD"), 0, Some(4), reply(503, None)));
    let (_, kinds) = attempt(&mut world).await;
    assert_eq!(kinds, [ErrorKind::Unavailable]);
    world.next_clean().await;
    world.agrees("swept although the first attempt failed");
}

#[tokio::test(start_paused = true)]
async fn the_zone_of_the_session_does_not_matter() {
    for zone in ["Asia/Kathmandu", "UTC", "Pacific/Auckland", "America/St_Johns", "Pacific/Honolulu"] {
        let netsuite = Settings { zone: zone.into(), ..Settings::default() };
        let mut world = World::with(Differences { items: Some(14), netsuite: Some(netsuite), ..Differences::default() });
        clean(&world.sync(&[Products, Inventory], Options::default()).await);
        for nth in 0..4 {
            world.clock.advance(SignedDuration::from_mins(3));
            world.edit_netsuite(&format!("update item set displayname = 'Edit {nth}', lastmodifieddate = sim_now() where id = (select min(id) from item where itemtype = 'InvtPart' and matrixtype is null and isinactive = 'F')"));
            let reports = world.next_clean().await;
            assert_eq!(reports[0].0.counts.updated, 1, "{zone}");
            assert!(reports[0].0.counts.read < 10, "{zone}: an incremental run reads little");
        }
        world.agrees(zone);
    }
}

#[tokio::test(start_paused = true)]
async fn a_remote_whose_clock_is_ahead_or_behind_loses_nothing() {
    for skew in [-3600, -290, 290, 3600, 86_400] {
        let netsuite = Settings { clock_offset_seconds: skew, ..Settings::default() };
        let mut world = World::with(Differences { items: Some(14), netsuite: Some(netsuite), ..Differences::default() });
        let (_, kinds) = attempt(&mut world).await;
        assert_eq!(kinds, [], "{skew} s");
        for _ in 0..3 {
            world.clock.advance(SignedDuration::from_mins(7));
            world.edit_netsuite("update item set displayname = displayname || '!', lastmodifieddate = sim_now() where id = (select min(id) from item where itemtype = 'InvtPart' and matrixtype is null and isinactive = 'F' and displayname is not null)");
            world.next_clean().await;
            world.agrees("skew");
        }
        world.stays_quiet("skew").await;
    }
}

#[tokio::test(start_paused = true)]
async fn edits_across_both_changes_of_daylight_saving_arrive() {
    // Los Angeles goes forward at 2026-03-08T10:00Z and back at 2026-11-01T09:00Z.
    for (change, zone) in [
        ("2026-03-08T10:00:00Z", "America/Los_Angeles"),
        ("2026-11-01T09:00:00Z", "America/Los_Angeles"),
        ("2026-10-25T01:00:00Z", "Europe/Amsterdam"),
        ("2026-03-29T01:00:00Z", "Europe/Amsterdam"),
    ] {
        for step in [7, 15, 45, 180] {
            let netsuite = Settings { zone: zone.into(), ..Settings::default() };
            let mut world = World::with(Differences { items: Some(14), netsuite: Some(netsuite), ..Differences::default() });
            let change: Timestamp = change.parse().unwrap();
            let to_change = change.duration_since("2026-03-02T18:00:00Z".parse().unwrap()) - SignedDuration::from_hours(4);
            world.clock.advance(to_change);
            clean(&world.sync(&[Products], Options::default()).await);
            let item = "(select min(id) from item where itemtype = 'InvtPart' and matrixtype is null and isinactive = 'F')";
            let sku = world.text_netsuite(&format!("select itemid from item where id = {item}"));
            for nth in 0..(480 / step) {
                world.clock.advance(SignedDuration::from_mins(step));
                world.edit_netsuite(&format!(
                    "update item set displayname = 'Edit {nth}', lastmodifieddate = sim_now() where id = {item}"
                ));
                // A minute later, so that the edit lies before the run.
                world.clock.advance(SignedDuration::from_mins(1));
                clean(&world.sync(&[Products], Options::default()).await);
                assert_eq!(world.product(&sku)["name"], format!("Edit {nth}"), "{zone} {change} every {step} minutes");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_before_an_outage_across_a_change_of_daylight_saving_arrives_after_it() {
    for change in ["2026-03-08T10:00:00Z", "2026-11-01T09:00:00Z"] {
        for (before, after) in [(10, 10), (50, 5), (5, 55), (70, 600), (600, 70)] {
            let mut world = World::with(Differences { items: Some(14), ..Differences::default() });
            let change: Timestamp = change.parse().unwrap();
            let to_change = change.duration_since("2026-03-02T18:00:00Z".parse().unwrap()) - SignedDuration::from_mins(before);
            world.clock.advance(to_change);
            clean(&world.sync(&[Products], Options::default()).await);
            world.clock.advance(SignedDuration::from_secs(30));
            world.edit_netsuite(
                "update item set displayname = 'Before ' || itemid, lastmodifieddate = sim_now() where itemtype = 'InvtPart'",
            );
            world.clock.advance(SignedDuration::from_mins(before + after));
            clean(&world.sync(&[Products, Inventory], Options::default()).await);
            world.agrees(&format!("{change}: {before} before, {after} after"));
        }
    }
}

/// Asks to stop at the nth step.
struct StopAt<'a> {
    step: Option<Step>,
    left: std::cell::Cell<usize>,
    stopper: &'a tokio::sync::watch::Sender<Option<u8>>,
}

impl Observer for StopAt<'_> {
    fn on(&self, event: &Event<'_>) {
        let counts = match (event, self.step) {
            (Event::Passed(step), Some(wanted)) => *step == wanted,
            (Event::Passed(_), None) => true,
            _ => false,
        };
        if counts {
            let left = self.left.get();
            if left == 0 {
                self.stopper.send_replace(Some(2));
            }
            self.left.set(left.saturating_sub(1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_anywhere_keeps_what_is_complete_and_the_next_one_finishes() {
    for nth in (0..24).chain([30, 40, 60]) {
        let mut world = World::with(Differences { items: Some(30), ..Differences::default() });
        let stopper = world.stopper.clone();
        let observer = StopAt { step: None, left: nth.into(), stopper: &stopper };
        let reports = world.try_run(&BOTH, Options::default(), &observer).await.unwrap();
        let interrupted = stopper.borrow().is_some();
        for (report, error) in &reports {
            if let Some(error) = error {
                assert_eq!(error.kind().exit_code(), 130, "stop {nth}: {error}");
                assert_eq!(world.state.cursor(&report.entity, "pull").unwrap().position, None, "stop {nth}");
            }
        }
        assert!(interrupted || nth > 20, "stop {nth} never came");
        // What the map says is so.
        let products = world.products();
        for item in world.items() {
            if let Some(link) = world.state.link("products", NetSuiteId(item.id)).unwrap() {
                assert_eq!(products[&item.sku]["id"], link.wc_id.0.as_str(), "stop {nth}");
            }
        }
        stopper.send_replace(None);
        converges(&mut world, &format!("stopped at step {nth}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_in_the_middle_of_anything_is_finished_by_the_next() {
    for after_ms in (0..6_000).step_by(170) {
        let mut world = World::with(Differences { items: Some(30), ..Differences::default() });
        let gone = tokio::time::timeout(Duration::from_millis(after_ms), world.try_run(&BOTH, Options::default(), &Silent)).await;
        drop(gone);
        converges(&mut world, &format!("killed after {after_ms} ms")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_run_that_is_dropped_in_the_middle_is_finished_by_the_next() {
    for after_ms in (0..6_000).step_by(230) {
        let mut world = World::with(Differences { items: Some(20), ..Differences::default() });
        clean(&world.sync(&[Products, Inventory], Options::default()).await);
        world.clock.advance(SignedDuration::from_mins(15));
        world.add_item(90001, "DROPPED-NEW", "5.00");
        world.add_item(90002, "DROPPED-OFF", "6.00");
        world.edit_netsuite("update item set isinactive = 'T' where id = 90002; update pricing set unitprice = '3.33' where pricelevel = 1 and quantity = 1; update aggregateitemlocation set quantityonorder = 4");
        let gone = tokio::time::timeout(Duration::from_millis(after_ms), world.try_run(&BOTH, Options::default(), &Silent)).await;
        drop(gone);
        converges(&mut world, &format!("killed after {after_ms} ms")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn many_faults_at_once_converge_too() {
    for seed in 0_u64..40 {
        let mut world = World::with(Differences { items: Some(20), ..Differences::default() });
        let actions = misbehaviour();
        let operations = [
            ("netsuite", "POST", "/services/rest/query"),
            ("wizcommerce", "GET", "/v1"),
            ("wizcommerce", "POST", "/v2/products"),
            ("wizcommerce", "PATCH", "/v2/products"),
            ("wizcommerce", "POST", "/v1/inventories"),
            ("wizcommerce", "POST", "/v1/attributes"),
        ];
        let mut number = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |most: u64| {
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            number % most
        };
        for round in 0..3 {
            for _ in 0..8 {
                let (remote, method, path) = operations[draw(6) as usize];
                let action = actions[draw(actions.len() as u64) as usize].1.clone();
                world.faults.add(fault(remote, method, path, None, draw(6) as u32, Some(1 + draw(5) as u32), action));
            }
            attempt(&mut world).await;
            world.clock.advance(SignedDuration::from_mins(15));
            world.add_item(90001 + round, &format!("ROUND-{round}"), "5.00");
            world.edit_netsuite(&format!("update pricing set unitprice = '{}.33' where pricelevel = 1 and quantity = 1; update aggregateitemlocation set quantityonorder = {round}", round + 2));
            if round == 1 {
                world.edit_netsuite("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = 90001");
            }
        }
        world.faults.clear();
        converges(&mut world, &format!("seed {seed}")).await;
    }
}
