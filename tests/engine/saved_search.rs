//! Scope by saved searches: what joins one arrives, what leaves it is switched off, and what cannot be read is told.

use jiff::SignedDuration;
use netwiz::entities::Wanted;
use netwiz::error::ErrorKind;
use netwiz::model::EntityKind::{self, Customers, Inventory, Kits, Products};
use netwiz::model::Flag;
use netwiz::sandbox::netsuite::Settings as Account;
use netwiz::sync::{Event, Observer, Options, Share, Silent, Step, Task};

use crate::world::{Differences, Reports, World, clean};

const PROFILE: &str = "[profile.test.products]\nsaved-search = \"customsearch_wc\"\n";
const SELLABLE: &str = "itemtype in ('InvtPart', 'Assembly', 'Kit') and coalesce(matrixtype, '') <> 'PARENT'";

/// A world with a saved search, nothing synced.
fn world(profile: &'static str, record: &str, condition: &str) -> World {
    let world = World::with(Differences { items: Some(40), profile, ..Differences::default() });
    let condition = condition.replace('\'', "''");
    world.edit_netsuite(&format!(
        "insert into sim_saved_search (id, record, condition, columns) values ('customsearch_wc', '{record}', '{condition}', 'internalid')"
    ));
    world
}

async fn synced(condition: &str) -> World {
    let mut world = world(PROFILE, "item", condition);
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    world
}

/// Items that are for sale and under a condition.
fn sellable(world: &World, condition: &str) -> usize {
    let count = world.count_netsuite(&format!("select count(*) from item r where {SELLABLE} and {condition}"));
    usize::try_from(count).unwrap()
}

async fn pull(world: &mut World, entity: EntityKind, id: i64) -> Reports {
    world.run(&[(entity, Task::Named(vec![Wanted::Ids(vec![id])]))], Options::default(), &Silent).await
}

fn skipped(reports: &Reports, reason: &str) -> u64 {
    reports[0].0.skipped_reasons.get(reason).copied().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn only_members_are_products() {
    let mut world = synced("r.id % 2 = 0").await;
    let products = world.products();
    assert_eq!(products.len(), sellable(&world, "r.id % 2 = 0"));
    assert!(products.values().all(|product| product["reference_id"].as_str().unwrap().parse::<i64>().unwrap() % 2 == 0));
    world.stays_quiet("a second run").await;
}

#[tokio::test(start_paused = true)]
async fn the_search_holds_together_with_the_filter_and_the_types() {
    const ALL: &str =
        "[profile.test.products]\nsaved-search = \"customsearch_wc\"\nwhere = \"custitem_b2b = 'T'\"\ntypes = [\"InvtPart\"]\n";
    let mut world = world(ALL, "item", "r.id % 2 = 0");
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    let expected = sellable(&world, "r.id % 2 = 0 and r.custitem_b2b = 'T' and r.itemtype = 'InvtPart'");
    assert!(expected > 0 && expected < sellable(&world, "r.id % 2 = 0"));
    assert_eq!(world.products().len(), expected);
    world.stays_quiet("a second run").await;
}

#[tokio::test(start_paused = true)]
async fn who_leaves_is_switched_off_and_who_returns_is_switched_on_without_a_stamp() {
    let mut world = synced("coalesce(r.custitem_b2b, 'F') <> 'F' or r.id < 90000").await;
    world.add_item(90001, "COMES-AND-GOES", "5.00");
    world.edit_netsuite("update item set lastmodifieddate = '2026-01-01 00:00:00' where id = 90001");
    world.next_clean().await;
    assert_eq!(world.product("COMES-AND-GOES")["status"], "active", "it joined, and its stamp is old");
    for _ in 0..2 {
        world.edit_netsuite("update item set custitem_b2b = 'F' where id = 90001");
        let reports = world.next_clean().await;
        assert_eq!(reports[0].0.counts.deactivated, 1);
        assert_eq!(world.product("COMES-AND-GOES")["status"], "inactive");
        assert!(world.link("products", 90001).unwrap().has(Flag::Deactivated));
        world.stays_quiet("gone").await;
        world.edit_netsuite("update item set custitem_b2b = 'T' where id = 90001");
        world.next_clean().await;
        assert_eq!(world.product("COMES-AND-GOES")["status"], "active");
        world.stays_quiet("back").await;
    }
    world.agrees("back");
}

#[tokio::test(start_paused = true)]
async fn a_search_that_loses_too_many_members_stops_before_the_first_write() {
    let mut world = synced("true").await;
    let active = world.state.count_active("products").unwrap();
    for condition in ["false", "r.id % 2 = 0"] {
        world.edit_netsuite(&format!("update sim_saved_search set condition = '{condition}'"));
        world.clear_logs();
        let reports = world.next().await;
        let error = reports[0].1.as_ref().unwrap();
        assert_eq!(error.kind(), ErrorKind::Decision, "{condition}: {error}");
        assert!(error.hints().iter().any(|hint| hint.contains("--max-deactivate")), "{:?}", error.hints());
        assert_eq!(world.requests(1, "PATCH") + world.requests(1, "DELETE") + world.requests(1, "POST"), 0, "{condition}");
    }
    // Once it is mended everything goes on by itself.
    world.edit_netsuite("update sim_saved_search set condition = 'true'");
    world.next_clean().await;
    assert_eq!(world.state.count_active("products").unwrap(), active);
    world.edit_netsuite("update sim_saved_search set condition = 'r.id % 2 = 0'");
    let reports = world.sync(&[Products], Options { max_deactivate: Share::Percent(100), ..Options::default() }).await;
    clean(&reports);
    assert_eq!(world.state.count_active("products").unwrap(), active - reports[0].0.counts.deactivated);
    let on = world.products().into_values().filter(|product| product["status"] == "active").count();
    assert_eq!(on, sellable(&world, "r.id % 2 = 0 and r.isinactive = 'F'"));
}

#[tokio::test(start_paused = true)]
async fn a_named_item_outside_the_search_is_skipped() {
    let mut world = world(PROFILE, "item", "r.id % 2 = 0");
    let outside = world.count_netsuite(&format!(
        "select min(id) from item where {SELLABLE} and id % 2 = 1 and isinactive = 'F' and itemtype <> 'Kit' and matrixtype is null"
    ));
    let inside = world.count_netsuite(&format!(
        "select min(id) from item where {SELLABLE} and id % 2 = 0 and isinactive = 'F' and itemtype <> 'Kit' and matrixtype is null"
    ));
    let reports = pull(&mut world, Products, outside).await;
    clean(&reports);
    assert_eq!((reports[0].0.counts.created, skipped(&reports, "saved_search")), (0, 1), "{:?}", reports[0].0);
    let reports = pull(&mut world, Products, inside).await;
    clean(&reports);
    assert_eq!(reports[0].0.counts.created, 1);
    assert_eq!(world.products().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn kits_follow_the_same_search() {
    let mut world = synced("r.itemtype <> 'Kit' or r.custitem_b2b = 'T' and r.id >= 90000").await;
    let component =
        world.count_netsuite("select min(id) from item where itemtype = 'InvtPart' and isinactive = 'F' and matrixtype is null");
    world.add_kit(90001, "SET", &[(component, 2)]);
    let all = [Products, Kits, Inventory];
    world.clock.advance(SignedDuration::from_mins(15));
    clean(&world.sync(&all, Options::default()).await);
    assert_eq!(world.product("SET")["status"], "active");
    let outside = world.count_netsuite("select min(id) from item where itemtype = 'Kit' and isinactive = 'F' and id < 90000");
    let reports = pull(&mut world, Kits, outside).await;
    clean(&reports);
    assert_eq!(world.link("products", outside), None);
    assert_eq!(skipped(&reports, "saved_search"), 1, "{:?}", reports[0].0);

    world.edit_netsuite("update item set custitem_b2b = 'F' where id = 90001");
    world.clock.advance(SignedDuration::from_mins(15));
    clean(&world.sync(&all, Options::default()).await);
    assert_eq!(world.product("SET")["status"], "inactive");
    // Its list changes while it is out: still no reason to switch it on.
    world.edit_netsuite("update kititemmember set quantity = 3 where parentitem = 90001");
    world.clock.advance(SignedDuration::from_mins(15));
    clean(&world.sync(&all, Options::default()).await);
    assert_eq!(world.product("SET")["status"], "inactive");
    world.edit_netsuite("update item set custitem_b2b = 'T' where id = 90001");
    world.clock.advance(SignedDuration::from_mins(15));
    clean(&world.sync(&all, Options::default()).await);
    assert_eq!(world.product("SET")["status"], "active");
}

#[tokio::test(start_paused = true)]
async fn customers_outside_their_search_are_skipped() {
    const OF_CUSTOMERS: &str = "[profile.test.customers]\nsaved-search = \"customsearch_wc\"\n";
    let mut world = world(OF_CUSTOMERS, "customer", "r.id % 2 = 0");
    let reports = world.sync(&[Customers], Options::default()).await;
    clean(&reports);
    let outside = "c.isinactive = 'F' and c.searchstage = 'Customer' and c.id % 2 = 1";
    let outside = world.count_netsuite(&format!("select count(*) from customer c where {outside}"));
    assert!(skipped(&reports, "saved_search") >= u64::try_from(outside).unwrap(), "{:?}", reports[0].0.skipped_reasons);
    let ids = |world: &World| -> Vec<i64> {
        let customers = world.sandbox.wizcommerce.documents("customers").unwrap();
        customers.iter().filter_map(|customer| customer["reference_id"].as_str()?.parse().ok()).collect()
    };
    let there = ids(&world);
    assert!(!there.is_empty() && there.iter().all(|id| id % 2 == 0), "{there:?}");

    // One that joins arrives although its stamp did not move; one that leaves is left as it is.
    let joining =
        world.count_netsuite("select min(id) from customer where isinactive = 'F' and searchstage = 'Customer' and id % 2 = 1");
    let leaving = there[0];
    world.edit_netsuite(&format!(
        "update sim_saved_search set condition = 'r.id % 2 = 0 and r.id <> {leaving} or r.id = {joining}'"
    ));
    world.edit_netsuite(&format!("update customer set phone = '5035550199', lastmodifieddate = sim_now() where id = {leaving}"));
    world.clock.advance(SignedDuration::from_mins(15));
    let before = world.sandbox.wizcommerce.documents("customers").unwrap();
    let reports = world.sync(&[Customers], Options::default()).await;
    clean(&reports);
    assert_eq!(reports[0].0.counts.created, 1, "{:?}", reports[0].0);
    assert!(ids(&world).contains(&joining));
    let key = serde_json::Value::from(leaving.to_string());
    let of = |all: &[serde_json::Value]| all.iter().find(|one| one["reference_id"] == key).cloned();
    assert_eq!(of(&world.sandbox.wizcommerce.documents("customers").unwrap()), of(&before));
    let reports = pull(&mut world, Customers, leaving).await;
    assert_eq!(skipped(&reports, "saved_search"), 1, "{:?}", reports[0].0);
}

#[tokio::test(start_paused = true)]
async fn a_search_that_cannot_be_used_is_told_before_anything_is_written() {
    let other = Account { search_script: "customscript_other".into(), ..Account::default() };
    for (what, record, rename, account, hint) in [
        ("wrong id", "item", true, None, "check the id in `saved-search`"),
        ("not deployed", "item", false, Some(other), "netwiz restlet"),
        ("wrong record", "customer", false, None, "name a saved search over items"),
    ] {
        let differences = Differences { items: Some(12), profile: PROFILE, netsuite: account, ..Differences::default() };
        let mut world = World::with(differences);
        let id = if rename { "customsearch_other" } else { "customsearch_wc" };
        world.edit_netsuite(&format!(
            "insert into sim_saved_search (id, record, condition, columns) values ('{id}', '{record}', 'true', 'internalid')"
        ));
        let reports = world.sync(&[Products], Options::default()).await;
        let error = reports[0].1.as_ref().unwrap_or_else(|| panic!("{what}"));
        assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::Config, 6), "{what}: {error}");
        assert!(error.hints().iter().any(|text| text.contains(hint)), "{what}: {:?}", error.hints());
        assert_eq!(world.products().len(), 0, "{what}");
        let reports = pull(&mut world, Products, 1).await;
        assert_eq!(reports[0].1.as_ref().map(netwiz::error::Error::kind), Some(ErrorKind::Config), "{what}");
    }
}

/// Asks to stop once a batch is committed.
struct StopOnce<'a>(&'a tokio::sync::watch::Sender<Option<u8>>);

impl Observer for StopOnce<'_> {
    fn on(&self, event: &Event<'_>) {
        if matches!(event, Event::Passed(Step::BatchCommitted)) {
            self.0.send_replace(Some(2));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_goes_on_with_the_members_it_began_with() {
    let mut world = World::with(Differences { items: Some(1400), profile: PROFILE, ..Differences::default() });
    world.edit_netsuite(
        "insert into sim_saved_search (id, record, condition, columns) values ('customsearch_wc', 'item', 'true', 'internalid')",
    );
    let stopper = world.stopper.clone();
    let reports = world.run(&[(Products, Task::Changes)], Options::default(), &StopOnce(&stopper)).await;
    assert!(matches!(reports[0].1.as_ref().map(netwiz::error::Error::kind), Some(ErrorKind::Interrupted { .. })));
    stopper.send_replace(None);
    let some = world.products().len();
    let all = sellable(&world, "true");
    assert!(some > 0 && some < all, "{some} of {all}");

    // Meanwhile one leaves that is still to come: the run that goes on brings it, the one after it switches it off.
    let last = world.count_netsuite(&format!(
        "select max(id) from item where {SELLABLE} and isinactive = 'F' and matrixtype is null and itemtype = 'InvtPart'"
    ));
    let name = world.text_netsuite(&format!("select itemid from item where id = {last}"));
    let sku = name.rsplit(" : ").next().unwrap();
    assert_eq!(world.link("products", last), None);
    world.edit_netsuite(&format!("update sim_saved_search set condition = 'r.id <> {last}'"));
    clean(&world.sync(&[Products], Options::default()).await);
    assert_eq!(world.products().len(), all);
    assert_eq!(world.product(sku)["status"], "active");
    clean(&world.next().await);
    assert_eq!(world.product(sku)["status"], "inactive");
    world.stays_quiet("after all").await;
}
