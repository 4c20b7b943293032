//! Changes of daylight saving, in sight and during an outage, for every stamp that customers, documents and deletions have.

use jiff::{SignedDuration, Timestamp};
use netwiz::model::EntityKind::Products;
use netwiz::sandbox::netsuite::Settings;
use netwiz::sync::Options;

use super::world::documents::TRADE;
use super::world::{Differences, World, clean};

/// A stamp, and how it is moved without any other: the entity, the SQL that finds records, the SQL that moves it.
const STAMPS: [(&str, &str, &str); 13] = [
    ("customers", "select id from customer", "update customer set lastmodifieddate = sim_now() where id = {id}"),
    (
        "customers",
        "select entity as id from customeraddressbook",
        "update customeraddressbookentityaddress set lastmodifieddate = sim_now() where nkey in (select addressbookaddress from customeraddressbook where entity = {id})",
    ),
    ("customers", "select company as id from contact", "update contact set lastmodifieddate = sim_now() where company = {id}"),
    ("orders", "select id from \"transaction\" where type = 'SalesOrd'", HEAD),
    ("orders", "select id from \"transaction\" where type = 'SalesOrd'", LINES),
    (
        "orders",
        "select t.id from \"transaction\" t where t.type = 'SalesOrd' and exists (select 1 from nexttransactionlinelink k where k.previousdoc = t.id)",
        "update nexttransactionlinelink set lastmodifieddate = sim_now() where previousdoc = {id}",
    ),
    (
        "orders",
        "select t.id from \"transaction\" t where t.type = 'SalesOrd' and exists (select 1 from transactionline l join \"transaction\" f on f.id = l.\"transaction\" and f.type = 'ItemShip' where l.createdfrom = t.id)",
        "update \"transaction\" set lastmodifieddate = sim_now() where type = 'ItemShip' and id in (select \"transaction\" from transactionline where createdfrom = {id})",
    ),
    ("invoices", "select id from \"transaction\" where type = 'CustInvc'", HEAD),
    (
        "invoices",
        "select t.id from \"transaction\" t where t.type = 'CustInvc' and exists (select 1 from nexttransactionlinelink k where k.previousdoc = t.id and k.linktype = 'Payment')",
        "update nexttransactionlinelink set lastmodifieddate = sim_now() where previousdoc = {id} and linktype = 'Payment'",
    ),
    ("shipments", "select id from \"transaction\" where type = 'ItemShip'", HEAD),
    ("shipments", "select id from \"transaction\" where type = 'ItemShip'", LINES),
    ("credit-memos", "select id from \"transaction\" where type = 'CustCred'", HEAD),
    ("credit-memos", "select id from \"transaction\" where type = 'CustCred'", LINES),
];
const HEAD: &str = "update \"transaction\" set lastmodifieddate = sim_now() where id = {id}";
const LINES: &str = "update transactionline set linelastmodifieddate = sim_now() where \"transaction\" = {id}";

/// Renames one linked record per stamp, moving that stamp alone, and may delete an invoice; `nth` says which record.
fn renames(world: &World, nth: usize, deletes: bool) {
    for (at, (entity, candidates, stamp)) in STAMPS.iter().enumerate() {
        let linked: Vec<i64> = world
            .facts(candidates)
            .iter()
            .map(|facts| facts["id"].parse().unwrap())
            .filter(|id| world.link(entity, *id).is_some())
            .collect();
        let id = linked[(nth * 5 + at) % linked.len()];
        let table =
            if *entity == "customers" { "customer set entityid = entityid" } else { "\"transaction\" set tranid = tranid" };
        world.edit_netsuite(&format!("update {table} || '-{nth}' where id = {id}; {}", stamp.replace("{id}", &id.to_string())));
    }
    if !deletes {
        return;
    }
    let invoices = world.facts(
        "select id from \"transaction\" t where type = 'CustInvc' and not exists (select 1 from transactionline l where l.createdfrom = t.id) \
         and not exists (select 1 from nexttransactionlinelink k where k.previousdoc = t.id) order by id desc",
    );
    let linked = invoices.iter().map(|facts| facts["id"].parse().unwrap()).find(|id| world.link("invoices", *id).is_some());
    if let Some(id) = linked {
        world.delete_document(id, "INVOICE");
    }
}

async fn world_before(change: &str, zone: &str, minutes: i64) -> World {
    let netsuite = Settings { zone: zone.into(), ..Settings::default() };
    let mut world =
        World::with(Differences { items: Some(14), orders: Some(44), netsuite: Some(netsuite), ..Differences::default() })
            .with_credit_memos();
    let change: Timestamp = change.parse().unwrap();
    let start: Timestamp = "2026-03-02T18:00:00Z".parse().unwrap();
    world.clock.advance(change.duration_since(start) - SignedDuration::from_mins(minutes));
    clean(&world.sync(&[Products], Options::default()).await);
    clean(&world.sync(&TRADE, Options::default()).await);
    world
}

/// Los Angeles goes forward at 2026-03-08T10:00Z and back at 2026-11-01T09:00Z.
const CHANGES: [(&str, &str); 4] = [
    ("2026-03-08T10:00:00Z", "America/Los_Angeles"),
    ("2026-11-01T09:00:00Z", "America/Los_Angeles"),
    ("2026-03-29T01:00:00Z", "Europe/Amsterdam"),
    ("2026-10-25T01:00:00Z", "Europe/Amsterdam"),
];

#[tokio::test(start_paused = true)]
async fn trade_during_an_outage_across_a_change_of_daylight_saving_arrives_after_it() {
    for (change, zone) in CHANGES {
        // When the outage begins before the change, and when it ends after it.
        for (before, after) in [(70, 50), (10, 130)] {
            let mut world = world_before(change, zone, before).await;
            // The hour before the change, the repeated one, and what comes after it.
            let step = (before + after) / 5;
            for nth in 0..5 {
                world.clock.advance(SignedDuration::from_secs(if nth == 0 { 20 } else { step * 60 }));
                // More than one would blow the fuse.
                renames(&world, nth, nth == 1);
            }
            world.clock.advance(SignedDuration::from_mins(before + after - 4 * step));
            clean(&world.sync(&TRADE, Options::default()).await);
            let what = format!("{zone}, {change}: {before} minutes before, {after} after");
            world.documents_agree(&what);
            world.writes_nothing(&TRADE, &what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trade_across_a_change_of_daylight_saving_arrives_run_by_run() {
    for (change, zone) in CHANGES {
        let mut world = world_before(change, zone, 80).await;
        for nth in 0..6 {
            world.clock.advance(SignedDuration::from_mins(25));
            renames(&world, nth, true);
            // A little later, so that the edits lie before the run.
            world.clock.advance(SignedDuration::from_mins(5));
            clean(&world.sync(&TRADE, Options::default()).await);
            world.documents_agree(&format!("{zone}, {change}, edit {nth}"));
        }
    }
}
