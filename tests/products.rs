//! Products against both simulators: what a person changes in NetSuite is what WizCommerce shows, and nothing else moves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use jiff::SignedDuration;
use netwiz::entities::Wanted;
use netwiz::error::ErrorKind;
use netwiz::model::EntityKind::{self, Inventory, Products};
use netwiz::model::{Flag, NetSuiteId};
use netwiz::sync::{Options, Share, Silent, Task};
use serde_json::Value;
use world::{Differences, Reports, World, clean};

const SELLABLE: &str = "itemtype in ('InvtPart', 'Assembly', 'Kit') and coalesce(matrixtype, '') <> 'PARENT'";

/// A world whose first sync is done.
async fn synced(differences: Differences) -> World {
    let mut world = World::with(differences);
    let reports = world.sync(&[Products, Inventory], Options::default()).await;
    for (_, error) in &reports {
        assert!(error.is_none(), "{error:?} {:?}", error.as_ref().map(netwiz::error::Error::causes));
    }
    world
}

async fn small() -> World {
    synced(Differences { items: Some(30), ..Differences::default() }).await
}

/// An active lone item of the usual kind.
fn lone(world: &World) -> (i64, String) {
    nth_lone(world, 0)
}

fn nth_lone(world: &World, nth: usize) -> (i64, String) {
    let clause = "from item where itemtype = 'InvtPart' and matrixtype is null and isinactive = 'F' and parent is null and not \
                  exists (select 1 from kititemmember k where k.item = item.id)";
    let id = world.count_netsuite(&format!("select id {clause} order by id limit 1 offset {nth}"));
    (id, world.text_netsuite(&format!("select itemid from item where id = {id}")))
}

/// A family with at least two active children: the parent's id and name, and the first child's id and SKU.
fn family(world: &World) -> (i64, String, i64, String) {
    let parent = world.count_netsuite(
        "select parent from item where matrixtype = 'CHILD' and isinactive = 'F' group by parent having count(*) > 1 order by parent limit 1",
    );
    let child = world.count_netsuite(&format!("select min(id) from item where parent = {parent} and isinactive = 'F'"));
    let name = |id: i64| world.text_netsuite(&format!("select itemid from item where id = {id}"));
    (parent, name(parent), child, name(child))
}

async fn named(world: &mut World, entity: EntityKind, wanted: Wanted) -> Reports {
    world.run(&[(entity, Task::Named(vec![wanted]))], Options::default(), &Silent).await
}

fn group(world: &World, code: &str) -> Value {
    let groups = world.sandbox.wizcommerce.documents("product_groups").unwrap();
    groups.into_iter().find(|group| group["group_code"] == code).unwrap_or_else(|| panic!("there is no group {code}"))
}

fn posts(world: &World, path: &str) -> usize {
    world.endpoints[1].log().iter().filter(|row| row.method == "POST" && row.target.starts_with(path)).count()
}

fn attribute(product: &Value, name: &str) -> Option<String> {
    let all = product["attributes"].as_array().unwrap();
    all.iter().find(|entry| entry["name"] == name).map(|entry| entry["value"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn everything_arrives_as_netsuite_has_it() {
    for items in [30, 130] {
        let mut world = synced(Differences { items: Some(items), ..Differences::default() }).await;
        world.agrees("first sync");
        world.stays_quiet("first sync").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_family_is_one_group_with_its_options_as_grouping_attributes() {
    let world = small().await;
    let (parent, name, child, sku) = family(&world);
    let products = world.products();
    let children: Vec<&Value> = products.values().filter(|product| product["group_code"] == name.as_str()).collect();
    let count = world.count_netsuite(&format!("select count(*) from item where parent = {parent} and matrixtype = 'CHILD'"));
    assert_eq!(children.len() as i64, count);
    assert!(!products.contains_key(&name), "a parent is a container, not a product");
    let has = |column: &str| {
        world.count_netsuite(&format!("select count(*) from item where parent = {parent} and {column} is not null")) > 0
    };
    let mut expected = Vec::new();
    if has("matrixoptioncustitem_color") {
        expected.push("Color");
    }
    if has("matrixoptioncustitem_size") {
        expected.push("Size");
    }
    assert_eq!(group(&world, &name)["grouping_attributes"], serde_json::json!(expected));
    for option in expected {
        let column = format!("matrixoptioncustitem_{}", option.to_lowercase());
        let text = world.text_netsuite(&format!(
            "select d.name from item i join sim_display d on d.source = '{column}' and d.id = i.{column} where i.id = {child}"
        ));
        assert_eq!(attribute(&products[&sku], option).as_deref(), Some(text.as_str()));
    }
}

#[tokio::test(start_paused = true)]
async fn only_attributes_that_are_used_are_made_and_each_only_once() {
    let mut world = small().await;
    let names = |world: &World| -> Vec<String> {
        let all = world.sandbox.wizcommerce.documents("attributes").unwrap();
        let mut names: Vec<String> = all.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&world), ["Color", "Components", "Size"]);
    world.edit_netsuite("update item set displayname = 'Renamed', lastmodifieddate = sim_now() where matrixtype = 'CHILD'");
    world.next_clean().await;
    assert_eq!(names(&world), ["Color", "Components", "Size"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_child_of_a_known_family_is_one_post_of_that_variant_alone() {
    let mut world = small().await;
    let (parent, name, child, _) = family(&world);
    world.edit_netsuite(&format!(
        "insert into item (id, itemid, fullname, displayname, itemtype, matrixtype, parent, subsidiary, isinactive, createddate, \
         lastmodifieddate, matrixoptioncustitem_color, matrixoptioncustitem_size) select 90001, '{name}-NEW', '{name} : {name}-NEW', \
         'A new one', 'InvtPart', 'CHILD', {parent}, '1', 'F', sim_now(), sim_now(), matrixoptioncustitem_color, \
         matrixoptioncustitem_size from item where id = {child}; \
         insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 1, '12.50', 1);"
    ));
    let before = world.products();
    world.clear_logs();
    world.next_clean().await;
    assert_eq!((posts(&world, "/v2/products"), world.requests(1, "PATCH")), (1, 0));
    let mut after = world.products();
    let new = after.remove(&format!("{name}-NEW")).unwrap();
    assert_eq!(new["group_code"], name.as_str());
    assert_eq!(new["parent_id"], group(&world, &name)["id"]);
    assert_eq!(after, before, "its siblings did not move");
    assert_eq!(world.link("products", 90001).unwrap().head, NetSuiteId(parent));
    world.agrees("a new child");
    world.stays_quiet("a new child").await;
}

#[tokio::test(start_paused = true)]
async fn without_variants_every_child_is_a_product_of_its_own() {
    let mut world =
        synced(Differences { items: Some(30), profile: "[profile.test.products]\nvariants = false\n", ..Differences::default() })
            .await;
    let (_, name, child, sku) = family(&world);
    assert_eq!(world.product(&sku)["group_code"], sku.as_str());
    assert!(world.products().values().all(|product| product["group_code"] != name.as_str()));
    assert_eq!(world.link("products", child).unwrap().head, NetSuiteId(child));
    world.agrees("no variants");
    world.stays_quiet("no variants").await;
}

#[tokio::test(start_paused = true)]
async fn breaks_become_tiers_that_start_at_their_quantity_not_at_their_number() {
    let mut world = small().await;
    world.add_item(90001, "TIERED", "20.00");
    world.edit_netsuite(
        "insert into itemquantity values (90001, 1, 0, 23), (90001, 2, 24, 95), (90001, 3, 96, null); \
         insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 2, '18.75', 1), (90001, 1, 3, '17.5', 1), \
         (90001, 5, 1, '12', 1), (90001, 2, 1, '1.00', 1);",
    );
    world.next_clean().await;
    let prices = world.prices("TIERED");
    assert_eq!(prices["BASE"], (20.0, vec![(24.0, 18.75), (96.0, 17.5)]));
    assert_eq!(prices["WHOLESALE"], (12.0, vec![]));
    assert_eq!(prices.len(), 2, "a mapped level without a price is left out, an unmapped one does not count");
}

#[tokio::test(start_paused = true)]
async fn an_inactive_item_is_created_and_switched_off() {
    let mut world = small().await;
    world.add_item(90001, "ASLEEP", "20.00");
    world.edit_netsuite("update item set isinactive = 'T' where id = 90001");
    world.next_clean().await;
    assert_eq!(world.product("ASLEEP")["status"], "inactive");
    assert!(world.link("products", 90001).unwrap().has(Flag::Deactivated));
    assert!(!world.stock().contains_key("ASLEEP"));
    world.agrees("asleep");
    world.stays_quiet("asleep").await;
}

#[tokio::test(start_paused = true)]
async fn deactivated_is_switched_off_and_activated_is_switched_on_again() {
    let mut world = small().await;
    let (id, sku) = lone(&world);
    world.edit_netsuite(&format!("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = {id}"));
    let reports = world.next_clean().await;
    assert_eq!(reports[0].0.counts.deactivated, 1);
    assert_eq!(world.product(&sku)["status"], "inactive");
    world.stays_quiet("off").await;
    // Its stock moves while it is off.
    world.edit_netsuite(&format!("update aggregateitemlocation set quantityavailable = 77 where item = {id} and location = 1"));
    world.stays_quiet("stock of what is off").await;
    world.edit_netsuite(&format!("update item set isinactive = 'F', lastmodifieddate = sim_now() where id = {id}"));
    world.next_clean().await;
    world.agrees("on again");
    world.stays_quiet("on again").await;
}

#[tokio::test(start_paused = true)]
async fn stock_that_moved_while_a_product_was_off_arrives_when_it_comes_back_later_than_its_date() {
    let mut world = small().await;
    world.add_item(90001, "SLEEPER", "20.00");
    world.next_clean().await;
    world.edit_netsuite("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = 90001");
    world.next_clean().await;
    world.edit_netsuite(
        "update aggregateitemlocation set quantityavailable = 77 where item = 90001; delete from pricing where item = 90001",
    );
    world.next().await;
    // It comes back without a price, is rejected for that, and the price comes long after its date.
    world.edit_netsuite("update item set isinactive = 'F', lastmodifieddate = sim_now() where id = 90001");
    world.next().await;
    assert_eq!(world.rejected()["90001"], "missing_mandatory_fields");
    for _ in 0..4 {
        world.next().await;
    }
    world.edit_netsuite("insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 1, '21.00', 1)");
    world.next_clean().await;
    world.agrees("back");
}

#[tokio::test(start_paused = true)]
async fn a_refused_reactivation_is_said_and_mends_once_a_person_switches_the_product_on() {
    let mut world = synced(Differences {
        items: Some(30),
        wizcommerce: Some(netwiz::sandbox::wizcommerce::Settings { refuse_reactivation: true, ..Default::default() }),
        ..Differences::default()
    })
    .await;
    let (id, sku) = lone(&world);
    world.edit_netsuite(&format!("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = {id}"));
    world.next_clean().await;
    world.edit_netsuite(&format!("update item set isinactive = 'F', lastmodifieddate = sim_now() where id = {id}"));
    world.next().await;
    assert_eq!(world.rejected()[&id.to_string()], "unsupported_by_wizcommerce");
    assert_eq!(world.product(&sku)["status"], "inactive");
    assert!(world.link("products", id).unwrap().has(Flag::Deactivated), "the map says what is so");
    world.edit_wizcommerce(&format!(r#"[{{"set": "/v1/products/sku:{sku}", "patch": {{"status": "active"}}}}]"#));
    let reports = world.run(&[(Products, Task::Again(vec![id.to_string()]))], Options::default(), &Silent).await;
    clean(&reports);
    world.next_clean().await;
    world.agrees("switched on by hand");
}

#[tokio::test(start_paused = true)]
async fn price_changes_are_found_although_the_item_did_not_move() {
    for (what, edit) in [
        ("a price", "update pricing set unitprice = '3.21' where item = {id} and pricelevel = 1 and quantity = 1"),
        (
            "a price by one cent",
            "update pricing set unitprice = printf('%.2f', unitprice + 0.01) where item = {id} and pricelevel = 5",
        ),
        ("a deleted row", "delete from pricing where item = {id} and pricelevel = 5 and quantity = 1"),
        (
            "an added break",
            "insert into pricing (item, pricelevel, quantity, unitprice, currency) values ({id}, 1, 9, '1.11', 1); \
          insert or replace into itemquantity values ({id}, 9, 999, null)",
        ),
        (
            "two levels swapped",
            "update pricing set unitprice = case pricelevel when 1 then (select unitprice from pricing p where p.item = {id} \
          and p.pricelevel = 5 and p.quantity = 1) else (select unitprice from pricing p where p.item = {id} and p.pricelevel = 1 and p.quantity = 1) end \
          where item = {id} and pricelevel in (1, 5) and quantity = 1",
        ),
    ] {
        let mut world = small().await;
        let (id, sku) = lone(&world);
        world.clock.advance(SignedDuration::from_hours(2));
        world.sync(&[Products, Inventory], Options::default()).await;
        let before = world.prices(&sku);
        world.edit_netsuite(&edit.replace("{id}", &id.to_string()));
        world.clock.advance(SignedDuration::from_hours(2));
        world.next_clean().await;
        assert_ne!(world.prices(&sku), before, "{what}");
        world.agrees(what);
        world.stays_quiet(what).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_items_of_one_block_that_swap_their_prices_are_found() {
    let mut world = small().await;
    for (id, itemid, price) in [(90001, "SWAP-A", "10.00"), (90002, "SWAP-B", "30.00"), (90003, "SWAP-C", "20.00")] {
        world.add_item(id, itemid, price);
    }
    world.next_clean().await;
    world.clock.advance(SignedDuration::from_hours(2));
    world.next_clean().await;
    world.edit_netsuite(
        "update pricing set unitprice = case item when 90001 then '30.00' else '10.00' end where item in (90001, 90002)",
    );
    world.next_clean().await;
    assert_eq!((world.prices("SWAP-A")["BASE"].0, world.prices("SWAP-B")["BASE"].0), (30.0, 10.0));
    // A swap that keeps count, sum and the sum weighted by a linear key.
    world.edit_netsuite("update pricing set unitprice = case item when 90001 then '31.00' when 90002 then '8.00' else '21.00' end where item between 90001 and 90003");
    world.next_clean().await;
    world.agrees("kept sums");
}

#[tokio::test(start_paused = true)]
async fn a_break_that_moves_in_itemquantity_is_found() {
    let mut world = small().await;
    world.add_item(90001, "TIERED", "20.00");
    world.edit_netsuite(
        "insert into itemquantity values (90001, 1, 0, 23), (90001, 2, 24, null); \
         insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 2, '18.75', 1);",
    );
    world.next_clean().await;
    world.edit_netsuite("update itemquantity set mincount = 48 where item = 90001 and seqnum = 2");
    world.next_clean().await;
    assert_eq!(world.prices("TIERED")["BASE"], (20.0, vec![(48.0, 18.75)]));
    world.agrees("moved break");
}

#[tokio::test(start_paused = true)]
async fn images_are_the_configured_columns_and_the_display_image_only_if_it_is_online() {
    let mut world = synced(Differences {
        items: Some(30),
        profile: "[profile.test.products]\nimage-columns = [\"custitem_image_url\"]\n",
        ..Differences::default()
    })
    .await;
    for (id, itemid, online, column) in [
        (90001, "IMG-BOTH", "T", "'https://img.example/a.jpg'"),
        (90002, "IMG-PRIVATE", "F", "null"),
        (90003, "IMG-FILE", "T", "null"),
    ] {
        world.add_item(id, itemid, "5.00");
        world.edit_netsuite(&format!(
            "insert into file (id, name, url, isonline, isinactive) values ({id}, 'f', '/core/media/media.nl?id={id}', '{online}', 'F'); \
             update item set storedisplayimage = {id}, custitem_image_url = {column} where id = {id}"
        ));
    }
    world.next_clean().await;
    let urls = |sku: &str| -> Vec<String> {
        world.product(sku)["medias"].as_array().unwrap().iter().map(|media| media["url"].as_str().unwrap().to_owned()).collect()
    };
    let host = "https://1234567-sb1.app.netsuite.com/core/media/media.nl?id=";
    assert_eq!(urls("IMG-BOTH"), ["https://img.example/a.jpg".to_owned(), format!("{host}90001")]);
    assert_eq!(urls("IMG-PRIVATE"), Vec::<String>::new());
    assert_eq!(urls("IMG-FILE"), [format!("{host}90003")]);
    let both = world.product("IMG-BOTH");
    assert_eq!((both["medias"][0]["is_default"].clone(), both["medias"][1]["is_default"].clone()), (true.into(), false.into()));
}

#[tokio::test(start_paused = true)]
async fn configured_attributes_and_the_category_are_sent() {
    let mut world = synced(Differences {
        items: Some(30),
        profile: "[profile.test.products]\ncategory-column = \"class\"\nattributes = { \"UPC\" = \"upccode\" }\n",
        ..Differences::default()
    })
    .await;
    world.add_item(90001, "CLASSY", "5.00");
    world.edit_netsuite("update item set class = 12, upccode = '0123' where id = 90001");
    world.next_clean().await;
    let product = world.product("CLASSY");
    assert_eq!(product["categories"], serde_json::json!(["Lighting::Floor Lamps"]));
    assert_eq!(attribute(&product, "UPC").as_deref(), Some("0123"));
    world.edit_netsuite("update item set upccode = null, lastmodifieddate = sim_now() where id = 90001");
    world.next_clean().await;
    assert_eq!(attribute(&world.product("CLASSY"), "UPC"), None, "a value that is gone does not stay");
}

#[tokio::test(start_paused = true)]
async fn the_sku_is_the_last_part_of_the_item_name() {
    let mut world = small().await;
    world.add_item(90001, "RANGE : SHELF : CUP-1", "5.00");
    world.next_clean().await;
    assert_eq!(world.product("CUP-1")["reference_id"], "90001");
    assert_eq!(world.stock()["CUP-1"]["available_quantity"].as_f64(), Some(8.0));
    world.agrees("path");
}

#[tokio::test(start_paused = true)]
async fn a_second_active_item_of_a_sku_is_rejected_and_takes_over_once_the_first_is_off() {
    let mut world = small().await;
    world.add_item(90001, "TWIN", "5.00");
    world.next_clean().await;
    world.add_item(90002, "OTHER : TWIN", "6.00");
    world.next().await;
    assert_eq!(world.rejected()["90002"], "duplicate_sku");
    assert_eq!(world.product("TWIN")["reference_id"], "90001");
    assert!(world.link("products", 90002).is_none());
    world.edit_netsuite("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = 90001");
    for _ in 0..3 {
        world.next().await;
    }
    assert_eq!(world.rejected().len(), 0);
    let product = world.product("TWIN");
    assert_eq!((product["reference_id"].clone(), product["status"].clone()), ("90002".into(), "active".into()));
    assert!(world.link("products", 90001).is_none(), "one product has one item");
    assert_eq!(world.stock()["TWIN"]["available_quantity"].as_f64(), Some(8.0));
    world.stays_quiet("taken over").await;
}

#[tokio::test(start_paused = true)]
async fn an_item_without_a_price_is_rejected_and_arrives_by_itself_when_it_has_one() {
    let mut world = small().await;
    world.add_item(90001, "PRICELESS", "5.00");
    world.edit_netsuite("delete from pricing where item = 90001");
    world.next().await;
    assert_eq!(world.rejected()["90001"], "missing_mandatory_fields");
    assert!(!world.products().contains_key("PRICELESS"));
    world.clock.advance(SignedDuration::from_hours(3));
    world.next().await;
    world.edit_netsuite("insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 1, '7.00', 1)");
    world.next_clean().await;
    world.agrees("priced");
    world.stays_quiet("priced").await;
}

#[tokio::test(start_paused = true)]
async fn a_long_name_is_cut_between_letters() {
    let mut world = small().await;
    world.add_item(90001, "LONG", "5.00");
    world.edit_netsuite(&format!("update item set displayname = '{}' where id = 90001", "Déjà Vu ".repeat(60)));
    world.next_clean().await;
    assert_eq!(world.product("LONG")["name"].as_str().unwrap().chars().count(), 255);
    world.agrees("long");
    world.stays_quiet("long").await;
}

#[tokio::test(start_paused = true)]
async fn an_item_that_leaves_the_filter_is_switched_off_and_comes_back() {
    let mut world = synced(Differences {
        items: Some(40),
        profile: "[profile.test.products]\nwhere = \"custitem_b2b = 'T'\"\n",
        ..Differences::default()
    })
    .await;
    let expected = world.count_netsuite(&format!("select count(*) from item where {SELLABLE} and custitem_b2b = 'T'"));
    assert_eq!(world.products().len() as i64, expected);
    for gone in ["'F'", "null"] {
        world.add_item(90001, "COMES-AND-GOES", "5.00");
        world.next_clean().await;
        assert_eq!(world.product("COMES-AND-GOES")["status"], "active");
        world.edit_netsuite(&format!("update item set custitem_b2b = {gone}, lastmodifieddate = sim_now() where id = 90001"));
        world.next_clean().await;
        assert_eq!(world.product("COMES-AND-GOES")["status"], "inactive", "{gone}");
        assert!(world.link("products", 90001).unwrap().has(Flag::Deactivated));
        world.edit_netsuite("update item set custitem_b2b = 'T', lastmodifieddate = sim_now() where id = 90001");
        world.next_clean().await;
        assert_eq!(world.product("COMES-AND-GOES")["status"], "active", "{gone}");
        world.stays_quiet(gone).await;
        world.edit_netsuite("delete from item where id = 90001; delete from pricing where item = 90001; delete from itemsubsidiarymap where item = 90001; delete from aggregateitemlocation where item = 90001");
        world.edit_wizcommerce(r#"[{"delete": "/v1/products/sku:COMES-AND-GOES"}]"#);
        world.lose_state();
        let reports = world.sync(&[Products, Inventory], Options::default()).await;
        clean(&reports);
    }
}

#[tokio::test(start_paused = true)]
async fn only_items_of_the_chosen_subsidiaries_are_brought() {
    let mut world = World::with(Differences { items: Some(40), ..Differences::default() });
    world.settings.netsuite.subsidiaries = vec!["2".into()];
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    let expected = world.count_netsuite(&format!(
        "select count(*) from item where {SELLABLE} and exists (select 1 from itemsubsidiarymap m where m.item = item.id and m.subsidiary = 2)"
    ));
    assert_eq!(world.products().len() as i64, expected);
    world.stays_quiet("subsidiary").await;
}

#[tokio::test(start_paused = true)]
async fn inactive_linked_leaves_out_what_was_never_synced() {
    let mut world = World::with(Differences {
        items: Some(60),
        profile: "[profile.test.products]\ninactive = \"linked\"\n",
        ..Differences::default()
    });
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    let active = world.count_netsuite(&format!("select count(*) from item where {SELLABLE} and isinactive = 'F'"));
    assert_eq!(world.products().len() as i64, active);
    let (id, sku) = lone(&world);
    world.edit_netsuite(&format!("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = {id}"));
    world.next_clean().await;
    assert_eq!(world.product(&sku)["status"], "inactive");
    world.stays_quiet("linked").await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_price_list_ends_the_flow_before_anything_is_written() {
    let mut world = World::with(Differences { items: Some(20), ..Differences::default() });
    world.edit_wizcommerce(r#"[{"delete": "/v1/price-lists/ref:DEALER"}]"#);
    let reports = world.sync(&[Products], Options::default()).await;
    let error = reports[0].1.as_ref().unwrap();
    assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::Config, 6));
    assert!(error.to_string().contains("DEALER"), "{error}");
    assert_eq!((world.requests(1, "POST"), world.requests(1, "PATCH")), (0, 0));
    assert_eq!(world.state.cursor("products", "pull").unwrap().position, None);
    assert_eq!(world.state.intents("products", "pull").unwrap(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_product_that_exists_already_is_adopted_by_its_sku() {
    let mut world = World::with(Differences { items: Some(20), ..Differences::default() });
    let (id, sku) = lone(&world);
    world.edit_wizcommerce(&format!(
        r#"[{{"insert": "products", "document": {{"sku": "{sku}", "name": "By hand", "group_code": "HAND", "brand": "Mine", "product_prices": []}}}},
            {{"insert": "products", "document": {{"sku": "HAND-2", "name": "Another", "group_code": "HAND", "product_prices": []}}}}]"#
    ));
    let (own, other) = (world.product(&sku)["id"].clone(), world.product("HAND-2"));
    let reports = world.sync(&[Products, Inventory], Options::default()).await;
    clean(&reports);
    assert_eq!(reports[0].0.counts.adopted, 1);
    let product = world.product(&sku);
    assert_eq!((product["id"].clone(), product["reference_id"].clone()), (own, id.to_string().into()));
    assert_eq!(product["brand"], "Mine", "what netwiz does not own stays");
    assert_eq!(world.product("HAND-2"), other);
    world.edit_wizcommerce(r#"[{"delete": "/v1/products/sku:HAND-2"}]"#);
    world.agrees("adopted");
    world.stays_quiet("adopted").await;
}

#[tokio::test(start_paused = true)]
async fn a_group_of_somebody_else_keeps_its_members_and_grouping() {
    let mut world = World::with(Differences { items: Some(20), ..Differences::default() });
    let (id, sku) = lone(&world);
    world.edit_wizcommerce(&format!(
        r#"[{{"insert": "attributes", "document": {{"entity": "product", "name": "Finish", "data_type": "text"}}}},
            {{"insert": "products", "document": {{"sku": "FOREIGN-1", "name": "Foreign", "group_code": "{sku}", "product_prices": [], "attributes": [{{"name": "Finish", "value": "Matt"}}]}}}},
            {{"set": "/v1/product-groups/*", "patch": {{"grouping_attributes": ["Finish"]}}}}]"#
    ));
    clean(&world.sync(&[Products, Inventory], Options::default()).await);
    assert_eq!(group(&world, &sku)["grouping_attributes"], serde_json::json!(["Finish"]));
    assert_eq!(world.product(&sku)["group_code"], format!("{sku}-{id}"));
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_state_everything_is_adopted_and_nothing_created() {
    let mut world = synced(Differences { items: Some(80), ..Differences::default() }).await;
    let before = world.products();
    world.lose_state();
    world.clock.advance(SignedDuration::from_mins(15));
    let reports = world.sync(&[Products, Inventory], Options::default()).await;
    clean(&reports);
    assert_eq!(reports[0].0.counts.created, 0);
    assert_eq!(reports[0].0.counts.adopted, before.len() as u64);
    assert_eq!(before.keys().collect::<Vec<_>>(), world.products().keys().collect::<Vec<_>>());
    world.agrees("lost state");
    world.stays_quiet("lost state").await;
}

#[tokio::test(start_paused = true)]
async fn a_child_without_a_visible_parent_is_rejected_until_the_parent_shows() {
    let mut world = small().await;
    let (parent, ..) = family(&world);
    world.edit_netsuite(
        "insert into item (id, itemid, fullname, displayname, itemtype, matrixtype, parent, subsidiary, isinactive, createddate, lastmodifieddate) \
         values (90001, 'ORPHAN-1', 'X : ORPHAN-1', 'Orphan', 'InvtPart', 'CHILD', 90100, '1', 'F', sim_now(), sim_now()); \
         insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 1, '12.50', 1);"
    );
    world.next().await;
    assert_eq!(world.rejected()["90001"], "parent_not_synced");
    assert!(!world.products().contains_key("ORPHAN-1"));
    world.edit_netsuite(&format!(
        "insert into item (id, itemid, fullname, displayname, itemtype, matrixtype, subsidiary, isinactive, createddate, lastmodifieddate) \
         select 90100, 'ORPHANS', 'ORPHANS', 'Orphans', itemtype, matrixtype, subsidiary, 'F', createddate, lastmodifieddate from item where id = {parent}"
    ));
    world.clock.advance(SignedDuration::from_hours(1));
    world.next_clean().await;
    assert_eq!(world.product("ORPHAN-1")["group_code"], "ORPHANS");
    world.agrees("parent shows");
}

#[tokio::test(start_paused = true)]
async fn a_renamed_sku_is_rejected_and_the_product_stays_one() {
    let mut world = small().await;
    world.add_item(90001, "OLD-NAME", "5.00");
    world.next_clean().await;
    let count = world.products().len();
    world.edit_netsuite("update item set itemid = 'NEW-NAME', lastmodifieddate = sim_now() where id = 90001");
    world.next().await;
    assert_eq!(world.rejected()["90001"], "unsupported_by_wizcommerce");
    assert_eq!(world.products().len(), count);
    assert!(world.products().contains_key("OLD-NAME"));
    // Made inactive, it must not stay for sale under its old name.
    world.edit_netsuite("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = 90001");
    world.next().await;
    assert_eq!(world.product("OLD-NAME")["status"], "inactive");
    assert_eq!(world.products().len(), count);
    world.edit_netsuite("update item set itemid = 'OLD-NAME', isinactive = 'F', lastmodifieddate = sim_now() where id = 90001");
    world.next_clean().await;
    world.agrees("named back");
}

#[tokio::test(start_paused = true)]
async fn an_item_named_like_a_family_gets_a_group_of_its_own() {
    let mut world = small().await;
    let (parent, name, ..) = family(&world);
    world.add_item(90001, &format!("SHELF : {name}"), "5.00");
    world.next_clean().await;
    assert_eq!(world.product(&name)["group_code"], format!("{name}-90001"));
    world.edit_netsuite(&format!(
        "update item set displayname = 'Moved', lastmodifieddate = sim_now() where parent = {parent} or id = {parent}"
    ));
    world.next_clean().await;
    let products = world.products();
    let own = products.values().filter(|product| product["group_code"] == name.as_str()).count() as i64;
    assert_eq!(
        own,
        world.count_netsuite(&format!("select count(*) from item where parent = {parent}")),
        "the family keeps its name"
    );
    world.agrees("namesakes");
    world.stays_quiet("namesakes").await;
    world.sync(&[Products, Inventory], Options { full: true, ..Options::default() }).await;
    assert_eq!(world.product(&name)["group_code"], format!("{name}-90001"));
}

#[tokio::test(start_paused = true)]
async fn a_child_named_by_id_touches_just_that_child() {
    let mut world = small().await;
    let (parent, _, child, sku) = family(&world);
    world.clock.advance(SignedDuration::from_mins(15));
    let cursor = world.state.cursor("products", "pull").unwrap();
    world
        .edit_netsuite(&format!("update item set displayname = 'Touched', lastmodifieddate = sim_now() where parent = {parent}"));
    world.clear_logs();
    clean(&named(&mut world, Products, Wanted::Ids(vec![child])).await);
    let touched: Vec<String> = world.products().into_iter().filter(|(_, p)| p["name"] == "Touched").map(|(sku, _)| sku).collect();
    assert_eq!(touched, [sku]);
    assert_eq!(world.requests(1, "PATCH"), 1);
    assert_eq!(world.state.cursor("products", "pull").unwrap(), cursor, "named records move no cursor");
    world.next_clean().await;
    world.agrees("the rest by the ordinary run");
}

#[tokio::test(start_paused = true)]
async fn an_item_named_by_sku_is_brought_alone_even_when_it_is_new() {
    let mut world = small().await;
    let (parent, name, child, sku) = family(&world);
    world.clock.advance(SignedDuration::from_mins(15));
    world
        .edit_netsuite(&format!("update item set displayname = 'Touched', lastmodifieddate = sim_now() where parent = {parent}"));
    clean(&named(&mut world, Products, Wanted::Key(sku.clone())).await);
    assert_eq!(world.products().values().filter(|product| product["name"] == "Touched").count(), 1);
    world.edit_netsuite(&format!(
        "insert into item (id, itemid, fullname, displayname, itemtype, matrixtype, parent, subsidiary, isinactive, createddate, \
         lastmodifieddate, matrixoptioncustitem_color, matrixoptioncustitem_size) select 90001, '{name}-NEW', '{name} : {name}-NEW', \
         'A new one', 'InvtPart', 'CHILD', {parent}, '1', 'F', sim_now(), sim_now(), matrixoptioncustitem_color, \
         matrixoptioncustitem_size from item where id = {child}; \
         insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 1, '12.50', 1);"
    ));
    clean(&named(&mut world, Products, Wanted::Key(format!("{name}-NEW"))).await);
    assert_eq!(world.product(&format!("{name}-NEW"))["reference_id"], "90001");
    assert_eq!(
        world.products().values().filter(|product| product["name"] == "Touched").count(),
        1,
        "its siblings were not named"
    );
    world.next_clean().await;
    world.agrees("named by SKU");
}

#[tokio::test(start_paused = true)]
async fn a_sku_with_a_wildcard_names_only_itself() {
    let mut world = small().await;
    world.add_item(90001, "SHELF : A_B", "5.00");
    world.add_item(90002, "SHELF : AXB", "5.00");
    clean(&named(&mut world, Products, Wanted::Key("A_B".into())).await);
    assert!(world.products().contains_key("A_B"));
    assert!(!world.products().contains_key("AXB"));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_does_not_exist_is_rejected_as_such() {
    let mut world = small().await;
    let reports = named(&mut world, Products, Wanted::Ids(vec![4_000_000])).await;
    assert!(reports[0].1.is_none());
    assert_eq!(reports[0].0.counts.rejected, 1, "{:?}", reports[0].0);
    assert_eq!(reports[0].0.failures[0].reason, "nonexistent_id");
    let reports = named(&mut world, Products, Wanted::Key("NO-SUCH-SKU".into())).await;
    assert_eq!(reports[0].0.counts.rejected, 1, "{:?}", reports[0].0);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_writes_nothing_and_plans_what_the_run_then_does() {
    let mut world = World::with(Differences { items: Some(60), problems: true, ..Differences::default() });
    for round in 0..2 {
        if round == 1 {
            let (id, _) = lone(&world);
            let (other, _) = nth_lone(&world, 1);
            world.add_item(90001, "PLANNED", "5.00");
            world.edit_netsuite(&format!("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = {id}; \
                update pricing set unitprice = '4.44' where item = {other}; update aggregateitemlocation set quantityonorder = 5 where item = {other}"));
            world.clock.advance(SignedDuration::from_mins(15));
        }
        let (products, stock, rejected) = (world.products(), world.stock(), world.rejected());
        let cursors = [world.state.cursor("products", "pull").unwrap(), world.state.cursor("inventory", "pull").unwrap()];
        world.clear_logs();
        let planned = world.sync(&[Products, Inventory], Options { dry_run: true, ..Options::default() }).await;
        assert!(world.endpoints[1].log().iter().all(|row| row.method == "GET"));
        assert_eq!((world.products(), world.stock(), world.rejected()), (products, stock, rejected));
        assert_eq!([world.state.cursor("products", "pull").unwrap(), world.state.cursor("inventory", "pull").unwrap()], cursors);
        assert_eq!(world.state.intents("products", "pull").unwrap(), Vec::<String>::new());
        let done = world.sync(&[Products, Inventory], Options::default()).await;
        for ((plan, error), (real, failed)) in planned.iter().zip(&done) {
            assert!(error.is_none() && failed.is_none(), "{error:?} {failed:?}");
            assert_eq!(plan.counts, real.counts, "round {round}, {}", plan.entity);
            assert_eq!(plan.plan.len() as u64, real.counts.changes(), "round {round}, {}", plan.entity);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_stops_after_so_many_records_and_the_next_run_goes_on() {
    let mut world = World::with(Differences { items: Some(60), ..Differences::default() });
    let reports = world.sync(&[Products], Options { limit: Some(10), ..Options::default() }).await;
    assert!(reports[0].1.is_none());
    let first = world.products().len();
    assert!((1..40).contains(&first), "{first} records for a limit of 10 heads");
    assert_eq!(world.state.cursor("products", "pull").unwrap().position, None);
    world.next_clean().await;
    world.agrees("after the limit");
}

#[tokio::test(start_paused = true)]
async fn too_many_failures_stop_the_run_without_moving_the_cursor() {
    let mut world = World::with(Differences { items: Some(20), problems: true, ..Differences::default() });
    let reports = world.sync(&[Products], Options { max_failures: Some(0), ..Options::default() }).await;
    assert!(reports[0].0.counts.rejected > 0);
    assert_eq!(world.state.cursor("products", "pull").unwrap().position, None);
}

#[tokio::test(start_paused = true)]
async fn more_than_a_twentieth_switched_off_stops_before_the_first_write() {
    for (what, edit) in [
        ("inactive", "update item set isinactive = 'T', lastmodifieddate = sim_now() where itemtype = 'InvtPart'"),
        ("out of the filter", "update item set custitem_b2b = 'F', lastmodifieddate = sim_now() where itemtype = 'InvtPart'"),
        (
            "out of the filter by null",
            "update item set custitem_b2b = null, lastmodifieddate = sim_now() where itemtype = 'InvtPart'",
        ),
    ] {
        let mut world = synced(Differences {
            items: Some(60),
            profile: "[profile.test.products]\nwhere = \"custitem_b2b = 'T'\"\n",
            ..Differences::default()
        })
        .await;
        world.edit_netsuite(edit);
        world.clock.advance(SignedDuration::from_mins(15));
        let (before, cursor) = (world.products(), world.state.cursor("products", "pull").unwrap().position);
        world.clear_logs();
        for _ in 0..2 {
            let reports = world.sync(&[Products], Options::default()).await;
            let error =
                reports[0].1.as_ref().unwrap_or_else(|| panic!("{what}: the fuse did not blow: {:?}", reports[0].0.counts));
            assert_eq!(error.kind().exit_code(), 7, "{what}");
            assert_eq!(world.products(), before, "{what}");
            assert_eq!(world.state.cursor("products", "pull").unwrap().position, cursor, "{what}");
        }
        let reports = world.sync(&[Products], Options { max_deactivate: Share::Percent(100), ..Options::default() }).await;
        assert!(reports[0].1.is_none(), "{what}");
        assert!(reports[0].0.counts.deactivated > 3, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_suddenly_shows_no_items_stops_the_run_and_loses_nothing() {
    for full in [false, true] {
        let mut world = small().await;
        let (id, sku) = lone(&world);
        let before = world.products();
        world.edit_netsuite("create table sim_kept as select * from item; delete from item");
        world.clock.advance(SignedDuration::from_mins(15));
        let reports = world.sync(&[Products], Options { full, ..Options::default() }).await;
        let error = reports[0].1.as_ref().unwrap_or_else(|| panic!("full {full}: nothing was said: {:?}", reports[0].0.counts));
        assert!([4, 7].contains(&error.kind().exit_code()), "{error}");
        assert_eq!(world.products(), before);
        // Somebody edits an item meanwhile, and the role is mended hours later.
        world.edit_netsuite(&format!(
            "update sim_kept set displayname = 'Meanwhile', lastmodifieddate = sim_now() where id = {id}"
        ));
        for _ in 0..6 {
            world.clock.advance(SignedDuration::from_mins(15));
            world.sync(&[Products], Options::default()).await;
        }
        world.edit_netsuite("insert into item select * from sim_kept; drop table sim_kept");
        for _ in 0..2 {
            world.next_clean().await;
        }
        assert_eq!(world.product(&sku)["name"], "Meanwhile", "full {full}");
        world.agrees("the role is mended");
    }
}

#[tokio::test(start_paused = true)]
async fn a_price_table_that_suddenly_shows_nothing_stops_the_run() {
    let mut world = small().await;
    let before = world.products();
    world.edit_netsuite("create table sim_kept as select * from pricing; delete from pricing");
    let reports = world.next().await;
    assert_eq!(reports[0].1.as_ref().map(|error| error.kind().exit_code()), Some(7));
    assert_eq!((world.products(), world.rejected().len()), (before, 0));
    world.edit_netsuite("insert into pricing select * from sim_kept; drop table sim_kept");
    world.next_clean().await;
    world.agrees("prices are back");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_never_sees_items_or_prices_writes_nothing() {
    for (denied, absent) in [
        (vec!["item".to_owned()], vec![]),
        (vec!["pricing".to_owned()], vec![]),
        (vec![], vec!["item".to_owned()]),
        (vec![], vec!["pricing".to_owned()]),
    ] {
        let netsuite =
            netwiz::sandbox::netsuite::Settings { denied_rows: denied.clone(), absent: absent.clone(), ..Default::default() };
        let mut world = World::with(Differences { items: Some(20), netsuite: Some(netsuite), ..Differences::default() });
        let reports = world.sync(&[Products], Options::default()).await;
        if !absent.is_empty() {
            assert_eq!(reports[0].1.as_ref().map(|error| error.kind().exit_code()), Some(4), "{absent:?}");
        }
        assert_eq!(world.products().len(), 0, "{denied:?} {absent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_configuration_compares_everything() {
    let mut world = small().await;
    let other = World::with(Differences {
        items: Some(1),
        profile: "[profile.test.products]\ncategory-column = \"class\"\n",
        ..Differences::default()
    });
    world.settings = other.settings.clone();
    world.clock.advance(SignedDuration::from_hours(10));
    let reports = world.sync(&[Products], Options::default()).await;
    clean(&reports);
    assert_eq!(reports[0].0.mode, "full");
    let classed = world.count_netsuite(&format!("select count(*) from item where {SELLABLE} and class is not null"));
    let categorised =
        world.products().values().filter(|product| product["categories"].as_array().is_some_and(|all| !all.is_empty())).count();
    assert_eq!(categorised as i64, classed);
    world.stays_quiet("configuration").await;
}

#[tokio::test(start_paused = true)]
async fn a_cursor_older_than_thirty_days_compares_everything() {
    let mut world = small().await;
    let (id, sku) = lone(&world);
    // Nothing else would find it: its date lies before the cursor.
    world.edit_netsuite(&format!("update item set displayname = 'Silent' where id = {id}"));
    world.clock.advance(SignedDuration::from_hours(24 * 31));
    let reports = world.next_clean().await;
    assert_eq!(reports[0].0.mode, "full");
    assert_eq!(world.product(&sku)["name"], "Silent");
    world.stays_quiet("old cursor").await;
}

#[tokio::test(start_paused = true)]
async fn prices_in_another_currency_never_pass_for_the_base_currency() {
    for (absent, single_currency) in [(vec![], false), (vec!["currency".to_owned()], false), (vec!["currency".to_owned()], true)]
    {
        let is_told = absent.is_empty();
        let netsuite = netwiz::sandbox::netsuite::Settings { pricing_currency: true, absent, ..Default::default() };
        let mut world =
            World::with(Differences { items: Some(20), netsuite: Some(netsuite), single_currency, ..Differences::default() });
        world.add_item(90001, "TWO-MONEYS", "10.00");
        world.edit_netsuite(
            "insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 1, '9.00', 2)",
        );
        let reports = world.sync(&[Products], Options::default()).await;
        match (is_told, single_currency) {
            (true, _) => {
                clean(&reports);
                assert_eq!(world.prices("TWO-MONEYS")["BASE"].0, 10.0);
            }
            // The profile maps euros, and this account cannot tell them from dollars.
            (false, false) => {
                let error = reports[0].1.as_ref().unwrap();
                assert_eq!((error.kind().exit_code(), error.to_string().contains("1:EUR")), (6, true), "{error}");
                assert!(world.products().is_empty());
            }
            (false, true) => match world.products().get("TWO-MONEYS") {
                Some(_) => assert_eq!(world.prices("TWO-MONEYS")["BASE"].0, 10.0),
                None => assert!(world.rejected().contains_key("90001")),
            },
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_mapped_currency_goes_to_its_own_list() {
    let netsuite = netwiz::sandbox::netsuite::Settings { pricing_currency: true, ..Default::default() };
    let mut world = World::with(Differences { items: Some(20), netsuite: Some(netsuite), ..Differences::default() });
    world.add_item(90001, "TWO-MONEYS", "10.00");
    world.edit_netsuite("insert into pricing (item, pricelevel, quantity, unitprice, currency) values (90001, 1, 1, '9.00', 2)");
    clean(&world.sync(&[Products], Options::default()).await);
    let prices = world.prices("TWO-MONEYS");
    assert_eq!((prices["BASE"].0, prices["BASE-EUR"].0), (10.0, 9.0));
    world.clock.advance(SignedDuration::from_hours(3));
    world.next_clean().await;
    world.edit_netsuite("update pricing set unitprice = case currency when 2 then '10.00' else '9.00' end where item = 90001");
    world.next_clean().await;
    let prices = world.prices("TWO-MONEYS");
    assert_eq!((prices["BASE"].0, prices["BASE-EUR"].0), (9.0, 10.0), "two currencies that swap their amounts are found");
}

#[tokio::test(start_paused = true)]
async fn the_problems_of_the_seed_are_rejected_with_their_reasons_and_the_rest_arrives() {
    let mut world = World::with(Differences { items: Some(30), problems: true, ..Differences::default() });
    world.sync(&[Products, Inventory], Options::default()).await;
    let id = |itemid: &str| world.count_netsuite(&format!("select id from item where itemid = '{itemid}'")).to_string();
    let rejected = world.rejected();
    let reason = |itemid: &str| rejected.get(&id(itemid)).copied();
    assert_eq!(reason("PROBLEM-NO-PRICE"), Some("missing_mandatory_fields"));
    assert_eq!(reason("PROBLEM-OLD-RANGE : PROBLEM-TWIN"), Some("duplicate_sku"));
    assert_eq!(reason("PROBLEM-CASE"), Some("unit_conversion"));
    assert_eq!(reason("PROBLEM-ORPHAN-BRS"), Some("parent_not_synced"));
    assert_eq!(reason("PROBLEM-BAND"), Some("invalid_record"));
    assert_eq!(rejected.len(), 5, "{rejected:?}");
    assert!(world.products().contains_key("PROBLEM-MARGINAL"));
    world.endpoints[1].clear_log();
    for _ in 0..6 {
        world.next().await;
    }
    assert_eq!(world.requests(1, "POST") + world.requests(1, "PATCH"), 0);
}
