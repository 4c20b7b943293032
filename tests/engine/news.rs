//! News of every entity: exactly what was edited changes on the other side, and one more run writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use netwiz::config::Extension;
use netwiz::model::{Direction, EntityKind};
use netwiz::profile::FLOWS;
use netwiz::sandbox::seed::news::ENTITIES;
use netwiz::sync::Options;
use serde_json::Value;

use crate::world::{Differences, Reports, World, clean};

const RESOURCES: [&str; 17] = [
    "products",
    "product_groups",
    "price_lists",
    "inventories",
    "warehouses",
    "warehouse_inventories",
    "attributes",
    "sales_reps",
    "customers",
    "customer_addresses",
    "customer_contacts",
    "orders",
    "invoices",
    "shipments",
    "quotes",
    "payments",
    "credit_memos",
];

type Documents = BTreeMap<(&'static str, String), Value>;

fn documents(world: &World) -> Documents {
    let mut all = Documents::new();
    for resource in RESOURCES {
        for mut document in world.sandbox.wizcommerce.documents(resource).unwrap() {
            if ["customers", "product_groups"].contains(&resource) {
                // What belongs to them moves their stamp.
                document.as_object_mut().unwrap().remove("updated_at");
            }
            all.insert((resource, document["id"].as_str().unwrap().to_owned()), document);
        }
    }
    all
}

async fn sync_all(world: &mut World) -> Reports {
    world.clock.advance(SignedDuration::from_mins(15));
    let pulls = FLOWS.iter().filter(|(_, direction)| *direction == Direction::Pull);
    let entities: Vec<EntityKind> = pulls.map(|(entity, _)| *entity).collect();
    let reports = world.sync(&entities, Options::default()).await;
    clean(&reports);
    reports
}

async fn synced() -> World {
    let mut world = World::with(Differences { items: Some(60), ..Differences::default() });
    world.settings.wizcommerce.extensions = vec![Extension::CreditMemos, Extension::WarehouseInventories, Extension::Kits];
    sync_all(&mut world).await;
    world.clear_logs();
    sync_all(&mut world).await;
    assert_eq!(writes(&world), Vec::<String>::new(), "the world is in step");
    world
}

fn writes(world: &World) -> Vec<String> {
    let log = world.endpoints[1].log().into_iter().filter(|row| row.method != "GET");
    log.map(|row| format!("{} {}", row.method, row.target)).collect()
}

/// Records as people know them: the kind and the Internal ID; of stock the SKU, of what hangs off a customer the customer.
fn changed(before: &Documents, after: &Documents) -> BTreeSet<String> {
    assert!(before.keys().all(|key| after.contains_key(key)), "nothing is deleted");
    let differing = after.iter().filter(|(key, document)| before.get(*key) != Some(*document));
    differing
        .map(|((resource, _), document)| {
            let name = |member: &str| document[member].as_str().map(str::to_owned);
            let known = name("sku").filter(|_| resource.ends_with("inventories")).or_else(|| name("reference_id"));
            format!("{resource} {}", known.unwrap_or_else(|| document.to_string()))
        })
        .collect()
}

/// What an edit of an entity must change over there, by the ids it touched.
fn expected(world: &World, entity: &str, ids: &[String]) -> BTreeSet<String> {
    let sku = |id: &str| {
        world.text_netsuite(&format!("select itemid from item where id = {id}")).rsplit(" : ").next().unwrap().to_owned()
    };
    let source = |id: &str, kind: &str| {
        world.text_netsuite(&format!(
            "select cast(min(l.createdfrom) as text) from transactionline l join \"transaction\" t on t.id = l.createdfrom \
             where l.\"transaction\" = {id} and t.type = '{kind}'"
        ))
    };
    let mut wanted = BTreeSet::new();
    match entity {
        "products" => {
            wanted.insert(format!("products {}", ids[0]));
        }
        "kits" => {
            wanted.insert(format!("products {}", ids[0]));
        }
        "inventory" => {
            wanted.insert(format!("inventories {}", sku(&ids[0])));
            wanted.insert(format!("warehouse_inventories {}", sku(&ids[0])));
        }
        "customers" => {
            wanted.insert(format!("customers {}", ids[0]));
            let book = world.text_netsuite(&format!(
                "select cast(b.internalid as text) from customeraddressbook b join customer c on c.id = b.entity \
                 and c.defaultshippingaddress = b.addressbookaddress where c.id = {}",
                ids[1]
            ));
            wanted.insert(format!("customer_addresses {book}"));
        }
        "orders" => wanted.extend(ids.iter().map(|id| format!("orders {id}"))),
        "shipments" => {
            wanted.insert(format!("shipments {}", ids[0]));
            wanted.insert(format!("orders {}", source(&ids[0], "SalesOrd")));
        }
        "invoices" => {
            wanted.insert(format!("invoices {}", ids[0]));
        }
        "credit-memos" => {
            wanted.insert(format!("credit_memos {}", ids[0]));
            wanted.insert(format!("invoices {}", source(&ids[0], "CustInvc")));
        }
        other => panic!("{other}"),
    }
    wanted
}

/// What may change along with it: the stock of kits that a component limits.
fn may_follow(world: &World, entity: &str, ids: &[String]) -> BTreeSet<String> {
    let kits = match entity {
        "kits" => format!("select itemid from item where id = {}", ids[0]),
        "inventory" => {
            format!("select k.itemid from item k join kititemmember m on m.parentitem = k.id where m.item = {}", ids[0])
        }
        _ => return BTreeSet::new(),
    };
    world.sandbox.netsuite.with_database(|database| {
        let mut statement = database.prepare(&kits).unwrap();
        let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        names.iter().flat_map(|name| [format!("inventories {name}"), format!("warehouse_inventories {name}")]).collect()
    })
}

async fn check(world: &mut World, edits: &[(&str, Vec<String>)], before: &Documents) {
    sync_all(world).await;
    let after = documents(world);
    let mut wanted = BTreeSet::new();
    let mut allowed = BTreeSet::new();
    for (entity, ids) in edits {
        wanted.extend(expected(world, entity, ids));
        allowed.extend(may_follow(world, entity, ids));
    }
    let changed = changed(before, &after);
    let missing: Vec<&String> = wanted.difference(&changed).collect();
    let foreign: Vec<&String> = changed.difference(&wanted).filter(|one| !allowed.contains(*one)).collect();
    assert!(missing.is_empty() && foreign.is_empty(), "{edits:?}: missing {missing:?}, changed as well {foreign:?}");
    world.clear_logs();
    sync_all(world).await;
    assert_eq!(writes(world), Vec::<String>::new(), "{edits:?}: one more run writes nothing");
}

#[tokio::test(start_paused = true)]
async fn one_edit_changes_its_own_record_and_no_other() {
    let mut world = synced().await;
    for _ in 0..2 {
        for entity in ENTITIES {
            let before = documents(&world);
            let ids = world.sandbox.news(entity).unwrap();
            check(&mut world, &[(entity, ids)], &before).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn edits_of_everything_at_once_change_just_those_records() {
    let mut world = synced().await;
    for _ in 0..2 {
        let before = documents(&world);
        let edits: Vec<(&str, Vec<String>)> =
            ENTITIES.iter().map(|entity| (*entity, world.sandbox.news(entity).unwrap())).collect();
        check(&mut world, &edits, &before).await;
    }
}
