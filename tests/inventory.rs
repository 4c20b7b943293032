//! Stock against both simulators: sums, splits, kits, and which change is found by what.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use netwiz::entities::Wanted;
use netwiz::model::EntityKind::{Inventory, Products};
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sync::{Options, Silent, Task};
use serde_json::Value;
use world::{Differences, World, clean};

async fn small() -> World {
    synced("").await
}

async fn synced(profile: &'static str) -> World {
    let mut world = World::with(Differences { items: Some(20), profile, ..Differences::default() });
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    world
}

/// A world with the extension `warehouse-inventories`.
async fn by_warehouse() -> World {
    let mut world = World::with(Differences { items: Some(12), ..Differences::default() });
    world.settings.wizcommerce.extensions.push(netwiz::config::Extension::WarehouseInventories);
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    world
}

fn number(record: &Value, name: &str) -> f64 {
    record[name].as_f64().unwrap_or_else(|| panic!("{name} in {record}"))
}

fn available(world: &World, sku: &str) -> f64 {
    number(&world.stock()[sku], "available_quantity")
}

fn set_stock(world: &World, id: i64, location: i64, quantities: [&str; 5]) {
    world.edit_netsuite(&format!(
        "insert or replace into aggregateitemlocation (item, location, quantityonhand, quantityavailable, quantitycommitted, \
         quantityonorder, quantitybackordered) values ({id}, {location}, {})",
        quantities.join(", ")
    ));
}

fn written(world: &World) -> Vec<String> {
    let log = world.endpoints[1].log();
    log.into_iter().filter(|row| row.method != "GET").map(|row| format!("{} {}", row.method, row.target)).collect()
}

fn by_location(world: &World, sku: &str) -> std::collections::BTreeMap<String, f64> {
    let references: std::collections::BTreeMap<String, String> = world
        .sandbox
        .wizcommerce
        .documents("warehouses")
        .unwrap()
        .iter()
        .map(|warehouse| (warehouse["id"].as_str().unwrap().to_owned(), warehouse["reference_id"].as_str().unwrap().to_owned()))
        .collect();
    let all = world.sandbox.wizcommerce.documents("warehouse_inventories").unwrap();
    let own = all.iter().filter(|record| record["sku"] == sku);
    own.map(|record| (references[record["warehouse_id"].as_str().unwrap()].clone(), number(record, "available_quantity")))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn stock_is_the_sum_over_locations_with_the_split_beside_it() {
    let mut world = small().await;
    world.add_item(90001, "SUMMED", "5.00");
    set_stock(&world, 90001, 1, ["10", "8", "2", "3", "0"]);
    set_stock(&world, 90001, 2, ["5", "5", "0", "0", "1"]);
    world.next_clean().await;
    let record = world.stock().remove("SUMMED").unwrap();
    for (name, expected) in
        [("in_stock_quantity", 15.0), ("available_quantity", 13.0), ("reserved_quantity", 2.0), ("back_order_quantity", 1.0)]
    {
        assert_eq!(number(&record, name), expected, "{name}");
    }
    assert_eq!(record["inventory_status"], "IN_STOCK");
    assert_eq!(record["on_order_details"].as_array().unwrap().len(), 1);
    assert_eq!(number(&record["on_order_details"][0], "quantity"), 3.0);
    let split: Value = match &record["dynamic_details"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        other => other.clone(),
    };
    let locations = split["locations"].as_array().unwrap();
    assert_eq!(locations.len(), 4, "explicit zeros where it has none");
    assert_eq!((locations[1]["id"].as_str(), locations[1]["name"].as_str()), (Some("2"), Some("Rotterdam DC")));
    assert_eq!(number(&locations[1], "available"), 5.0);
    assert_eq!(number(&locations[3], "on_hand"), 0.0);
    world.agrees("summed");
}

#[tokio::test(start_paused = true)]
async fn only_the_configured_locations_count() {
    let mut world = synced("[profile.test.inventory]\nlocations = [\"2\"]\n").await;
    world.add_item(90001, "ELSEWHERE", "5.00");
    set_stock(&world, 90001, 2, ["5", "4", "0", "0", "0"]);
    world.add_kit(90002, "KIT-ELSEWHERE", &[(90001, 2)]);
    world.next_clean().await;
    assert_eq!((available(&world, "ELSEWHERE"), available(&world, "KIT-ELSEWHERE")), (4.0, 2.0));
    world.endpoints[1].clear_log();
    set_stock(&world, 90001, 1, ["500", "500", "0", "0", "0"]);
    world.next_clean().await;
    assert_eq!(written(&world), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn nothing_negative_and_no_null_is_sent() {
    let mut world = small().await;
    for (id, itemid, quantities, status) in [
        (90001, "NEGATIVE", ["-4", "-6", "2", "0", "6"], "BACK_ORDER"),
        (90002, "NULLS", ["null", "null", "null", "null", "null"], "OUT_OF_STOCK"),
        (90003, "FRACTION", ["0.5", "0.25", "0.25", "0", "0"], "IN_STOCK"),
    ] {
        world.add_item(id, itemid, "5.00");
        set_stock(&world, id, 1, quantities);
        world.next_clean().await;
        assert_eq!(world.stock()[itemid]["inventory_status"], status, "{itemid}");
    }
    assert_eq!(available(&world, "NEGATIVE"), 0.0);
    assert_eq!(available(&world, "FRACTION"), 0.25);
    world.add_item(90004, "NOWHERE", "5.00");
    world.edit_netsuite("delete from aggregateitemlocation where item = 90004");
    world.next_clean().await;
    assert_eq!(available(&world, "NOWHERE"), 0.0, "an explicit zero");
    world.agrees("odd quantities");
    world.stays_quiet("odd quantities").await;
}

#[tokio::test(start_paused = true)]
async fn every_quantity_that_changes_alone_is_found() {
    let mut world = small().await;
    world.add_item(90001, "MOVING", "5.00");
    set_stock(&world, 90001, 1, ["10", "8", "2", "3", "1"]);
    set_stock(&world, 90001, 2, ["20", "18", "2", "3", "1"]);
    world.next_clean().await;
    for (what, edit) in [
        ("on order", "update aggregateitemlocation set quantityonorder = 4 where item = 90001 and location = 1"),
        ("on hand", "update aggregateitemlocation set quantityonhand = 11 where item = 90001 and location = 1"),
        ("available", "update aggregateitemlocation set quantityavailable = 9 where item = 90001 and location = 1"),
        ("committed", "update aggregateitemlocation set quantitycommitted = 1 where item = 90001 and location = 1"),
        ("backordered", "update aggregateitemlocation set quantitybackordered = 0 where item = 90001 and location = 1"),
        (
            "swapped locations",
            "update aggregateitemlocation set location = 5 - location where item = 90001 and location in (1, 2)",
        ),
        ("a row that goes", "delete from aggregateitemlocation where item = 90001 and location = 4"),
        (
            "an item's stock to another",
            "update aggregateitemlocation set item = 90001 where location = 1 and item = (select min(item) from aggregateitemlocation where location = 1)",
        ),
    ] {
        world.endpoints[1].clear_log();
        world.edit_netsuite(edit);
        world.next_clean().await;
        assert!(!written(&world).is_empty(), "{what}");
        world.agrees(what);
    }
    world.stays_quiet("moved").await;
}

#[tokio::test(start_paused = true)]
async fn a_kit_is_available_as_often_as_its_scarcest_component_allows_per_location() {
    let mut world = small().await;
    for (id, itemid) in [(90001, "PART-A"), (90002, "PART-B"), (90003, "PART-OFF")] {
        world.add_item(id, itemid, "5.00");
    }
    set_stock(&world, 90001, 1, ["10", "10", "0", "0", "0"]);
    set_stock(&world, 90001, 2, ["3", "3", "0", "0", "0"]);
    set_stock(&world, 90002, 1, ["4", "4", "0", "0", "0"]);
    set_stock(&world, 90002, 2, ["9", "9", "0", "0", "0"]);
    world.edit_netsuite("update item set isinactive = 'T' where id = 90003");
    world.edit_netsuite("insert into item (id, itemid, displayname, itemtype, isinactive, createddate, lastmodifieddate) values (90009, 'ENGRAVING', 'Engraving', 'Service', 'F', sim_now(), sim_now())");
    world.add_kit(90011, "KIT-PLAIN", &[(90001, 2), (90002, 1)]);
    world.add_kit(90012, "KIT-TWO-LINES", &[(90001, 2), (90001, 3)]);
    world.add_kit(90013, "KIT-OFF", &[(90001, 1), (90003, 1)]);
    world.add_kit(90014, "KIT-WITH-SERVICE", &[(90001, 1), (90009, 1)]);
    world.add_kit(90015, "KIT-OF-SERVICES", &[(90009, 1)]);
    world.add_kit(90016, "KIT-EMPTY", &[]);
    world.next_clean().await;
    let expected = [("KIT-PLAIN", 5.0), ("KIT-TWO-LINES", 2.0), ("KIT-OFF", 0.0), ("KIT-WITH-SERVICE", 13.0), ("KIT-EMPTY", 0.0)];
    for (sku, times) in expected {
        assert_eq!(available(&world, sku), times, "{sku}");
        assert_eq!(world.stock()[sku]["track_inventory"], true, "{sku}");
    }
    assert_eq!(world.stock()["KIT-OF-SERVICES"]["track_inventory"], false);
    world.stays_quiet("kits").await;

    // A component's stock, its state and a member line each rename the kits they touch, and no other.
    for (edit, touched) in [
        (
            "update aggregateitemlocation set quantityavailable = 2 where item = 90002 and location = 1",
            vec!["KIT-PLAIN", "PART-B"],
        ),
        ("update item set isinactive = 'F', lastmodifieddate = sim_now() where id = 90003", vec!["KIT-OFF", "PART-OFF"]),
        ("update kititemmember set quantity = 4 where parentitem = 90012 and linenumber = 2", vec!["KIT-TWO-LINES"]),
        ("insert into kititemmember values (90016, 90001, 1, 1)", vec!["KIT-EMPTY"]),
        ("delete from kititemmember where parentitem = 90014 and item = 90001", vec!["KIT-WITH-SERVICE"]),
    ] {
        let before = world.stock();
        world.edit_netsuite(edit);
        world.next_clean().await;
        let after = world.stock();
        let changed: Vec<&str> =
            after.iter().filter(|(sku, record)| before.get(*sku) != Some(*record)).map(|(sku, _)| sku.as_str()).collect();
        assert_eq!(changed, touched, "{edit}");
    }
    assert_eq!(available(&world, "KIT-OFF"), 8.0, "min(10, 8) at location 1, min(3, 0) at location 2");
}

#[tokio::test(start_paused = true)]
async fn a_kit_within_a_kit_follows_the_stock_of_its_innermost_component() {
    let mut world = small().await;
    world.add_item(90001, "CORE", "5.00");
    set_stock(&world, 90001, 1, ["12", "12", "0", "0", "0"]);
    // Far apart, so that no checksum block holds two of them.
    world.add_kit(91001, "INNER", &[(90001, 2)]);
    world.add_kit(92001, "OUTER", &[(91001, 3)]);
    world.add_kit(93001, "OUTERMOST", &[(92001, 1)]);
    world.next_clean().await;
    let all = |world: &World| ["CORE", "INNER", "OUTER", "OUTERMOST"].map(|sku| available(world, sku));
    assert_eq!(all(&world), [12.0, 6.0, 2.0, 2.0]);
    // Beyond the overlap, so that no stamp finds what a checksum should.
    for _ in 0..3 {
        world.next_clean().await;
    }
    world.edit_netsuite("update aggregateitemlocation set quantityavailable = 30 where item = 90001");
    world.next_clean().await;
    assert_eq!(all(&world), [30.0, 15.0, 5.0, 5.0], "stock");
    world.edit_netsuite("update kititemmember set quantity = 1 where parentitem = 91001");
    world.next_clean().await;
    assert_eq!(all(&world), [30.0, 30.0, 10.0, 10.0], "a member of the inner kit");
    world.edit_netsuite("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = 90001");
    world.next_clean().await;
    assert_eq!(
        ["INNER", "OUTER", "OUTERMOST"].map(|sku| available(&world, sku)),
        [0.0, 0.0, 0.0],
        "an inactive innermost component"
    );
}

#[tokio::test(start_paused = true)]
async fn a_component_the_role_cannot_see_never_makes_a_kit_look_available() {
    let mut world = small().await;
    world.add_item(90001, "SEEN", "5.00");
    world.add_kit(90011, "KIT-HALF-SEEN", &[(90001, 1), (96001, 1)]);
    world.next().await;
    let stock = world.stock();
    let shown = stock.get("KIT-HALF-SEEN").map_or(0.0, |record| number(record, "available_quantity"));
    assert_eq!(shown, 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_newly_linked_product_gets_its_stock_although_no_stamp_moved() {
    let mut world = small().await;
    world.add_item(90001, "LATE-PRICE", "5.00");
    world.edit_netsuite("delete from pricing where item = 90001");
    world.next().await;
    for _ in 0..20 {
        world.next().await;
    }
    assert!(!world.stock().contains_key("LATE-PRICE"));
    world.edit_netsuite("insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 1, '7.00', 1)");
    world.next_clean().await;
    assert_eq!(available(&world, "LATE-PRICE"), 8.0);
    world.agrees("late price");
}

#[tokio::test(start_paused = true)]
async fn an_item_sold_in_another_unit_is_rejected_until_its_units_agree() {
    let mut world = small().await;
    world.add_item(90001, "BY-THE-CASE", "5.00");
    world.edit_netsuite("update item set stockunit = 1, saleunit = 3 where id = 90001");
    world.next().await;
    assert_eq!(world.rejected()["90001"], "unit_conversion");
    assert!(!world.stock().contains_key("BY-THE-CASE"));
    world.edit_netsuite("update item set saleunit = 1, lastmodifieddate = sim_now() where id = 90001");
    world.next_clean().await;
    world.agrees("one unit");
}

#[tokio::test(start_paused = true)]
async fn each_location_is_a_warehouse_with_stock_of_its_own() {
    let mut world = by_warehouse().await;
    assert_eq!(world.sandbox.wizcommerce.documents("warehouses").unwrap().len(), 4);
    world.add_item(90001, "HOUSED", "5.00");
    set_stock(&world, 90001, 2, ["5", "4", "0", "0", "0"]);
    world.next_clean().await;
    let expected = [("1", 8.0), ("2", 4.0), ("3", 0.0), ("4", 0.0)].map(|(id, stock)| (id.to_owned(), stock));
    assert_eq!(by_location(&world, "HOUSED"), expected.into());
    world.agrees("housed");
    world.stays_quiet("housed").await;
    // Only the parts that changed are sent again: the sum and one warehouse.
    world.endpoints[1].clear_log();
    set_stock(&world, 90001, 2, ["5", "3", "1", "0", "0"]);
    world.next_clean().await;
    assert_eq!(written(&world), ["POST /v1/inventories", "POST /v1/warehouse-inventories"]);
    assert_eq!(by_location(&world, "HOUSED")["2"], 3.0);
}

#[tokio::test(start_paused = true)]
async fn the_extension_can_be_switched_on_and_off_later() {
    let mut world = small().await;
    assert_eq!(world.sandbox.wizcommerce.documents("warehouses").unwrap().len(), 0);
    world.settings.wizcommerce.extensions.push(netwiz::config::Extension::WarehouseInventories);
    world.next_clean().await;
    let records = world.sandbox.wizcommerce.documents("warehouse_inventories").unwrap().len();
    assert_eq!(records, world.stock().len() * 4);
    world.stays_quiet("on").await;
    world.settings.wizcommerce.extensions.clear();
    world.stays_quiet("off").await;
    world.agrees("off");
}

#[tokio::test(start_paused = true)]
async fn a_warehouse_part_that_could_not_be_sent_is_sent_by_the_next_run() {
    // A remote that calls itself down ends the run; another failure concerns the record alone.
    for (status, ends) in [(503, Some(5)), (500, None)] {
        let mut world = by_warehouse().await;
        world.add_item(90001, "HOUSED", "5.00");
        world.next_clean().await;
        set_stock(&world, 90001, 2, ["5", "4", "0", "0", "0"]);
        let action = Action::Reply { status, headers: Default::default(), body: "down".into() };
        world.faults.add(Fault { times: None, ..Fault::once("wizcommerce", "POST", "/v1/warehouse-inventories", action) });
        let reports = world.next().await;
        assert_eq!(reports[1].1.as_ref().map(|error| error.kind().exit_code()), ends);
        assert_eq!(reports[1].0.counts.rejected, u64::from(ends.is_none()));
        world.faults.clear();
        world.next_clean().await;
        assert_eq!(by_location(&world, "HOUSED")["2"], 4.0);
        world.stays_quiet("sent late").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_warehouse_that_was_made_although_the_answer_was_lost_is_not_made_twice() {
    for action in [Action::LoseReply, Action::Duplicate, Action::HoldMsThenExecute(500), Action::Garbage, Action::Cut] {
        let mut world = World::with(Differences { items: Some(12), ..Differences::default() });
        world.settings.wizcommerce.extensions.push(netwiz::config::Extension::WarehouseInventories);
        world.faults.add(Fault::once("wizcommerce", "POST", "/v1/warehouses", action.clone()));
        world.sync(&[Products, Inventory], Options::default()).await;
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        world.next_clean().await;
        let made = world.sandbox.wizcommerce.documents("warehouses").unwrap().len();
        // A request that the network doubles makes two: WizCommerce promises no unique reference id.
        assert_eq!(made, if action == Action::Duplicate { 5 } else { 4 }, "{action:?}");
        world.agrees("warehouses");
    }
}

#[tokio::test(start_paused = true)]
async fn stock_of_one_named_item_is_refreshed_alone() {
    let mut world = small().await;
    world.add_item(90001, "NAMED", "5.00");
    world.next_clean().await;
    let cursor = world.state.cursor("inventory", "pull").unwrap();
    world.edit_netsuite("update aggregateitemlocation set quantityavailable = 3");
    for wanted in [Wanted::Ids(vec![90001]), Wanted::Key("NAMED".into())] {
        world.endpoints[1].clear_log();
        clean(&world.run(&[(Inventory, Task::Named(vec![wanted]))], Options::default(), &Silent).await);
        assert!(written(&world).len() <= 1);
        assert_eq!(available(&world, "NAMED"), 3.0);
    }
    assert_eq!(world.state.cursor("inventory", "pull").unwrap(), cursor);
    let reports = world.run(&[(Inventory, Task::Named(vec![Wanted::Ids(vec![4_000_000])]))], Options::default(), &Silent).await;
    assert_eq!(reports[0].0.counts.rejected, 1, "an item without a product is not passed over in silence");
    world.next_clean().await;
    world.agrees("the rest by the ordinary run");
}

#[tokio::test(start_paused = true)]
async fn a_stock_table_that_suddenly_shows_nothing_stops_the_run() {
    let mut world = small().await;
    let before = world.stock();
    world.edit_netsuite("create table sim_kept as select * from aggregateitemlocation; delete from aggregateitemlocation");
    let reports = world.next().await;
    assert_eq!(reports[1].1.as_ref().map(|error| error.kind().exit_code()), Some(7));
    assert_eq!(world.stock(), before);
    world.edit_netsuite("insert into aggregateitemlocation select * from sim_kept; drop table sim_kept");
    world.next_clean().await;
    world.agrees("stock is back");
}

#[tokio::test(start_paused = true)]
async fn a_location_the_role_does_not_see_is_a_mistake_in_the_configuration() {
    let mut world = World::with(Differences {
        items: Some(12),
        profile: "[profile.test.inventory]\nlocations = [\"1\", \"99\"]\n",
        ..Differences::default()
    });
    let reports = world.sync(&[Products, Inventory], Options::default()).await;
    assert_eq!(reports[1].1.as_ref().map(|error| error.kind().exit_code()), Some(6));
    assert_eq!(world.stock().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn small_batches_change_nothing_but_the_number_of_requests() {
    let mut world = World::with(Differences {
        items: Some(60),
        profile: "[profile.test.inventory]\nbatch-size = 3\n",
        ..Differences::default()
    });
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    world.agrees("small batches");
    world.stays_quiet("small batches").await;
}
