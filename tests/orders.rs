//! Orders against both simulators: each walked by hand, what NetSuite holds on one side and the exact order on the other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use jiff::SignedDuration;
use netwiz::config::Extension;
use netwiz::entities::Wanted;
use netwiz::model::EntityKind::{self, CreditMemos, Customers, Invoices, Orders, Products, Shipments};
use netwiz::model::Flag;
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sync::{Options, Share, Silent, Task};
use serde_json::{Value, json};
use world::orders::{BULB, CHARGE, DISCOUNT, FREIGHT, KIT, LAMP, SERVICE, SIX_LAMPS, TAX, lines};
use world::{Differences, World, clean};

const ORDER: i64 = 95_001;
const OTHER: i64 = 95_002;

async fn trading() -> World {
    World::trading("").await
}

/// Enters the order of six lamps and brings it.
async fn with_lamps(profile: &'static str) -> World {
    let mut world = World::trading(profile).await;
    world.enter_order(ORDER, world.trading_buyer(), "B", &[SIX_LAMPS]);
    world.next_orders_clean().await;
    world
}

#[tokio::test(start_paused = true)]
async fn an_order_arrives_exactly() {
    let mut world = trading().await;
    let buyer = world.trading_buyer();
    world.enter_order(
        ORDER,
        buyer,
        "D",
        &[
            (LAMP, Some("-6"), Some("99.10"), "-594.60"),
            (DISCOUNT, None, Some("-10.0%"), "59.46"),
            (KIT, Some("-2"), Some("99.00"), "-198.00"),
            (BULB, Some("-6"), None, "0"),
            (LAMP, Some("-1"), Some("0.1"), "-0.10"),
            (DISCOUNT, None, Some("-5"), "5.04"),
            (FREIGHT, None, Some("18.50"), "-18.50"),
            (TAX, None, None, "-44.13"),
        ],
    );
    let memo = "é".repeat(300);
    world.edit_netsuite(&format!(
        "update transactionline set rate = null, ratepercent = '-10.0' where \"transaction\" = {ORDER} and id = 2; \
         update transactionline set kitmemberof = 3, kitcomponent = 'T' where \"transaction\" = {ORDER} and id = 4; \
         update transactionline set transactiondiscount = 'T' where \"transaction\" = {ORDER} and id = 6; \
         update transactionline set isclosed = 'T' where \"transaction\" = {ORDER} and id = 5; \
         update transactionline set quantityshiprecv = '4', quantitybilled = '2' where \"transaction\" = {ORDER} and id = 1; \
         insert into transactionshippingaddress (nkey, addressee, attention, addr1, addr2, city, state, zip, country) values \
         (99001, 'Lumen House', 'Ana Ruiz', '1 Pier Road', 'Dock 4', 'Portland', 'OR', '97205', 'US'); \
         update \"transaction\" set memo = '{memo}', message = 'Thank you', otherrefnum = 'PO-77', shipdate = '2026-03-09', \
         shippingaddress = 99001, terms = (select terms from customer where id = {buyer}), shipmethod = null where id = {ORDER}"
    ));
    let terms = world.text_netsuite(&format!("select n.name from term n join customer c on c.terms = n.id where c.id = {buyer}"));
    world.next_orders_clean().await;
    let mut order = world.order(ORDER).unwrap();
    let customer = world.link("customers", buyer).unwrap().wc_id.0;
    assert_eq!(order["customer_id"], customer.as_str());
    assert!(order["updated_at"].as_str().unwrap() > "2026-03-02T00:00:00Z");
    assert_eq!(
        lines(&order),
        ["LAMP 6 99.1 4 2 0", "KIT 2 99 0 0 0", "LAMP 1 0.1 0 0 1"],
        "components are no lines, and equal SKUs are two"
    );
    assert!(order["line_items"].as_array().unwrap().iter().all(|line| line["is_adhoc"] == false));
    for member in ["id", "customer_id", "price_list_id", "updated_at", "line_items", "attributes"] {
        order.as_object_mut().unwrap().remove(member);
    }
    // Numbers as texts: nothing went through a binary fraction. The amount is gross: 594.60 + 198.00 + 0.10.
    let numbers: Vec<String> = ["amount", "discount_value", "shipping_charge", "tax_value", "amount_paid"]
        .iter()
        .map(|name| order.as_object_mut().unwrap().remove(*name).unwrap().to_string())
        .collect();
    assert_eq!(numbers, ["792.7", "64.5", "18.5", "44.13", "0"]);
    assert_eq!(
        order,
        json!({
            "reference_id": ORDER.to_string(), "display_id": format!("SO{ORDER}"), "source": "netsuite", "status": "confirmed",
            "fulfillment_status": "PARTIALLY_FULFILLED", "payment_status": "PENDING", "payment_term": terms,
            "created_at": "2026-03-02T00:00:00Z", "shipment_date": "2026-03-09T00:00:00Z", "po_number": "PO-77",
            "internal_note": "é".repeat(255), "customer_note": "Thank you",
            "shipping_address": {
                "first_name": "Lumen House", "last_name": "Ana Ruiz", "address_line_1": "1 Pier Road", "address_line_2": "Dock 4",
                "city": "Portland", "state": "OR", "zip_code": "97205", "country": "US"
            },
        })
    );
    world.orders_stay_quiet("nothing changed").await;
}

#[tokio::test(start_paused = true)]
async fn every_letter_has_its_fulfilment_and_its_end() {
    let mut world = trading().await;
    let buyer = world.trading_buyer();
    let all = [
        ("B", "0", Some(("UNFULFILLED", "confirmed", "0"))),
        ("D", "2", Some(("PARTIALLY_FULFILLED", "confirmed", "0"))),
        ("E", "2", Some(("PARTIALLY_FULFILLED", "confirmed", "0"))),
        ("F", "6", Some(("FULFILLED", "confirmed", "0"))),
        ("G", "6", Some(("FULFILLED", "confirmed", "0"))),
        ("A", "0", None),
        ("C", "0", None),
        ("H", "0", None),
        ("H", "3", None),
    ];
    for ((status, shipped, _), id) in all.iter().zip(ORDER..) {
        world.enter_order(id, buyer, status, &[SIX_LAMPS]);
        world.edit_netsuite(&format!(
            "update transactionline set quantityshiprecv = '{shipped}' where \"transaction\" = {id} and id = 1"
        ));
    }
    let reports = world.next_orders_clean().await;
    assert_eq!((reports[0].0.counts.created, reports[0].0.counts.skipped), (5, 4), "{:?}", reports[0].0);
    for ((status, shipped, expected), id) in all.iter().zip(ORDER..) {
        let found = world.order(id);
        let found =
            found.as_ref().map(|order| (order["fulfillment_status"].as_str().unwrap(), order["status"].as_str().unwrap()));
        assert_eq!(found, expected.map(|(fulfilment, state, _)| (fulfilment, state)), "{status} {shipped}");
    }
    world.orders_stay_quiet("letters").await;
}

#[tokio::test(start_paused = true)]
async fn an_order_closed_after_a_part_was_shipped_stays_confirmed_and_one_ended_unshipped_is_cancelled() {
    for (status, shipped, expected) in [
        ("H", "2", ("confirmed", "PARTIALLY_FULFILLED", "LAMP 6 99 2 0 4")),
        ("C", "2", ("confirmed", "PARTIALLY_FULFILLED", "LAMP 6 99 2 0 4")),
        ("H", "0", ("cancelled", "UNFULFILLED", "LAMP 6 99 0 0 6")),
        ("C", "0", ("cancelled", "UNFULFILLED", "LAMP 6 99 0 0 6")),
    ] {
        let mut world = with_lamps("").await;
        world.edit_netsuite(&format!(
            "update \"transaction\" set status = '{status}', lastmodifieddate = sim_now() where id = {ORDER}; \
             update transactionline set quantityshiprecv = '{shipped}', isclosed = 'T' where \"transaction\" = {ORDER} and id = 1"
        ));
        world.next_orders_clean().await;
        let order = world.order(ORDER).unwrap();
        let found = (order["status"].as_str().unwrap(), order["fulfillment_status"].as_str().unwrap());
        assert_eq!(found, (expected.0, expected.1), "{status} {shipped}");
        assert_eq!(lines(&order), [expected.2]);
        world.orders_stay_quiet("ended").await;
    }
}

#[tokio::test(start_paused = true)]
async fn charges_without_a_quantity_and_services_are_lines_and_become_stand_ins() {
    let mut world = trading().await;
    let buyer = world.trading_buyer();
    let both = [(SERVICE, Some("-2"), Some("45.50"), "-91.00"), (CHARGE, None, None, "-12.34")];
    world.enter_order(ORDER, buyer, "B", &both);
    world.enter_order(OTHER, buyer, "B", &both);
    world.clear_logs();
    world.next_orders_clean().await;
    for id in [ORDER, OTHER] {
        assert_eq!(world.lines_of(id), ["SETUP 2 45.5 0 0 0", "HANDLING 1 12.34 0 0 0"]);
        let order = world.order(id).unwrap();
        assert!(order["line_items"].as_array().unwrap().iter().all(|line| line["is_adhoc"] == true), "{order}");
        assert_eq!(order["amount"].to_string(), "103.34");
    }
    let made: Vec<_> = world.endpoints[1].log().into_iter().filter(|row| row.method == "POST").map(|row| row.target).collect();
    assert_eq!(made.iter().filter(|path| path.contains("products")).count(), 2, "{made:?}");
    let product = world.product("SETUP");
    assert_eq!((&product["reference_id"], &product["name"]), (&json!(SERVICE.to_string()), &json!("The SETUP")));
    assert_eq!(
        world.prices("SETUP").into_iter().map(|(list, (price, _))| (list, price)).collect::<Vec<_>>(),
        [("WHOLESALE".into(), 45.5)]
    );
    assert!(world.link("products", SERVICE).unwrap().has(Flag::AdHoc));
    world.next().await;
    assert!(!world.stock().contains_key("SETUP"), "nobody keeps stock of a stand-in");
    world.orders_stay_quiet("stand-ins").await;
}

#[tokio::test(start_paused = true)]
async fn a_stand_in_is_upgraded_by_the_product_sync_and_never_doubled() {
    let mut world = trading().await;
    // Nobody can buy it yet: it has no price.
    world.edit_netsuite(
        "insert into item (id, itemid, fullname, displayname, itemtype, subsidiary, isinactive, createddate, lastmodifieddate) values \
         (90021, 'NOVEL', 'NOVEL', 'Novel', 'InvtPart', '1', 'T', sim_now(), sim_now()); insert into itemsubsidiarymap values (90021, 1)",
    );
    world.enter_order(ORDER, world.trading_buyer(), "B", &[(90_021, Some("-3"), Some("7.77"), "-23.31")]);
    world.next_orders_clean().await;
    let before = world.product("NOVEL")["id"].clone();
    assert_eq!(world.order(ORDER).unwrap()["line_items"][0]["is_adhoc"], true);
    world.edit_netsuite(
        "update item set isinactive = 'F', displayname = 'Novel Lamp', lastmodifieddate = sim_now() where id = 90021; insert into pricing \
         (item, pricelevel, quantity, unitprice, currency) values (90021, 1, 1, '8.00', 1); insert into aggregateitemlocation \
         (item, location, quantityonhand, quantityavailable, quantitycommitted, quantityonorder, quantitybackordered) values \
         (90021, 1, 10, 8, 2, 0, 0)",
    );
    let reports = world.next().await;
    assert!(reports.iter().all(|(_, error)| error.is_none()), "{reports:?}");
    let product = world.product("NOVEL");
    assert_eq!((&product["id"], product["name"].as_str()), (&before, Some("Novel Lamp")));
    assert_eq!(world.prices("NOVEL")["BASE"].0, 8.0);
    assert!(!world.link("products", 90_021).unwrap().has(Flag::AdHoc));
    world.next_clean().await;
    assert!(world.stock().contains_key("NOVEL"));
    world.stays_quiet("upgraded").await;
}

#[tokio::test(start_paused = true)]
async fn a_product_that_a_person_made_under_the_sku_serves_as_it_is() {
    let mut world = trading().await;
    world.edit_wizcommerce(r#"[{"insert": "products", "document": {"sku": "SETUP", "name": "By hand"}}]"#);
    let before = world.product("SETUP");
    world.enter_order(ORDER, world.trading_buyer(), "B", &[(SERVICE, Some("-2"), Some("45.50"), "-91.00")]);
    world.next_orders_clean().await;
    assert_eq!(world.product("SETUP"), before);
    assert_eq!(world.lines_of(ORDER), ["SETUP 2 45.5 0 0 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_between_stand_in_and_order_leaves_neither_doubled() {
    for action in [Action::Cut, Action::LoseReply, Action::HoldMsThenExecute(3_000), Action::HoldMsThenExecute(45_000)] {
        for path in ["/v2/products", "/v2/orders"] {
            let mut world = trading().await;
            world.enter_order(ORDER, world.trading_buyer(), "B", &[(SERVICE, Some("-2"), Some("45.50"), "-91.00")]);
            world.faults.add(Fault::once("wizcommerce", "POST", path, action.clone()));
            world.next_orders().await;
            // What was held is executed before anybody looks again.
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            world.next_orders_clean().await;
            assert_eq!(world.lines_of(ORDER), ["SETUP 2 45.5 0 0 0"], "{action:?} {path}");
            world.product("SETUP");
            world.orders_stay_quiet(path).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_in_another_currency_than_its_customers_list_is_rejected() {
    let mut world = trading().await;
    world.enter_order(ORDER, world.trading_buyer(), "B", &[SIX_LAMPS]);
    world.edit_netsuite(&format!("update \"transaction\" set currency = 2 where id = {ORDER}"));
    world.next_orders().await;
    assert_eq!(world.rejected().get(&ORDER.to_string()), Some(&"currency_mismatch"));
    let euro = world.count_netsuite(
        "select entity from \"transaction\" t join customer c on c.id = t.entity where t.type = 'SalesOrd' and c.currency = 2 \
         and t.currency = 2 and t.status = 'B' order by t.id limit 1",
    );
    world.enter_order(OTHER, euro, "B", &[SIX_LAMPS]);
    world.edit_netsuite(&format!(
        "update \"transaction\" set currency = 2 where id = {OTHER}; update \"transaction\" set currency = 1, lastmodifieddate = \
         sim_now() where id = {ORDER}"
    ));
    world.next_orders_clean().await;
    assert!(world.order(OTHER).is_some() && world.order(ORDER).is_some());
    assert_eq!(world.rejected().get(&ORDER.to_string()), None);
}

#[tokio::test(start_paused = true)]
async fn settings_say_which_orders_come_and_a_linked_one_stays_in() {
    let mut world = World::trading("[profile.test.orders]\nstart-date = \"2026-03-02\"\npull-statuses = [\"B\", \"D\"]\n").await;
    world.settings.netsuite.subsidiaries = vec!["1".into()];
    let buyer = world.trading_buyer();
    for (id, status, date, subsidiary) in [
        (ORDER, "B", "2026-03-02", 1),
        (ORDER + 1, "B", "2026-03-01", 1),
        (ORDER + 2, "G", "2026-03-02", 1),
        (ORDER + 3, "B", "2026-03-02", 2),
    ] {
        world.enter_order(id, buyer, status, &[SIX_LAMPS]);
        world.edit_netsuite(&format!(
            "update \"transaction\" set trandate = '{date}', subsidiary = {subsidiary} where id = {id}; \
             update transactionline set subsidiary = {subsidiary} where \"transaction\" = {id}"
        ));
    }
    let reports = world.next_orders_clean().await;
    let orders: Vec<bool> = (ORDER..ORDER + 4).map(|id| world.order(id).is_some()).collect();
    assert_eq!(orders, [true, false, false, false]);
    for reason in ["start_date", "status", "subsidiary"] {
        assert!(reports[0].0.skipped_reasons.contains_key(reason), "{reason}: {:?}", reports[0].0);
    }
    world.edit_netsuite(&format!(
        "update \"transaction\" set trandate = '2026-02-01', status = 'G', lastmodifieddate = sim_now() where id = {ORDER}"
    ));
    world.next_orders_clean().await;
    assert_eq!(world.order(ORDER).unwrap()["fulfillment_status"], "FULFILLED", "what is linked is kept in step");
}

#[tokio::test(start_paused = true)]
async fn orders_bring_their_customers_along_once() {
    let mut world = World::trading_unsynced("");
    let buyer = world.trading_buyer();
    world.enter_order(ORDER, buyer, "B", &[SIX_LAMPS]);
    world.enter_order(OTHER, buyer, "B", &[SIX_LAMPS]);
    clean(&world.sync(&[Orders], Options::default()).await);
    assert!(world.order(ORDER).is_some() && world.order(OTHER).is_some());
    assert!(world.link("customers", buyer).is_some());
    let products = world.products();
    assert_eq!(products["LAMP"]["name"], "New LAMPS : LAMP");
    assert!(!world.link("products", LAMP).unwrap().has(Flag::AdHoc), "a product that can be synced needs no stand-in");
    let made =
        |path: &str| world.endpoints[1].log().iter().filter(|row| row.method == "POST" && row.target.ends_with(path)).count();
    let customers = world.sandbox.wizcommerce.documents("customers").unwrap();
    assert_eq!(made("/customers"), customers.iter().filter(|customer| customer["reference_id"].is_string()).count());
}

#[tokio::test(start_paused = true)]
async fn a_customer_left_out_takes_its_orders_along_with_its_reason_and_later_brings_them() {
    let mut world = World::trading_unsynced("");
    let (lead, bare) = (world.trading_buyer(), world.count_netsuite(&format!(
        "select id from customer where currency = 1 and pricelevel = 5 and searchstage = 'Customer' and isinactive = 'F' and terms is \
         not null and id > {} order by id limit 1",
        world.trading_buyer()
    )));
    let terms = world.count_netsuite(&format!("select terms from customer where id = {bare}"));
    world.edit_netsuite(&format!(
        "update customer set searchstage = 'Lead' where id = {lead}; update customer set terms = null where id = {bare}"
    ));
    world.enter_order(ORDER, lead, "B", &[SIX_LAMPS]);
    world.enter_order(OTHER, bare, "B", &[SIX_LAMPS]);
    let reports = world.sync(&[Products, Customers, Orders], Options::default()).await;
    let skipped: u64 =
        reports[2].0.skipped_reasons.iter().filter(|(reason, _)| **reason != "status").map(|(_, count)| count).sum();
    let of_lead = world.count_netsuite(&format!(
        "select count(*) from \"transaction\" where type = 'SalesOrd' and entity = {lead} and status in ('B', 'D', 'E', 'F', 'G')"
    ));
    assert_eq!(i64::try_from(skipped).unwrap(), of_lead, "{:?}", reports[2].0.skipped_reasons);
    assert_eq!(world.rejected().get(&OTHER.to_string()), Some(&"missing_mandatory_fields"));
    let why = reports[2].0.failures.iter().find(|failure| failure.key == OTHER.to_string()).unwrap();
    assert!(why.message.contains("its customer"), "{}", why.message);
    assert!(world.order(ORDER).is_none() && world.order(OTHER).is_none());

    // Days later both customers are made good, and nobody touches the orders.
    world.clock.advance(SignedDuration::from_hours(72));
    clean(&world.sync(&[Products], Options::default()).await);
    world.sync(&[Orders], Options::default()).await;
    world.edit_netsuite(&format!(
        "update customer set searchstage = 'Customer', lastmodifieddate = sim_now() where id = {lead}; \
         update customer set terms = {terms}, lastmodifieddate = sim_now() where id = {bare}"
    ));
    world.clock.advance(SignedDuration::from_mins(15));
    clean(&world.sync(&[Customers, Orders], Options::default()).await);
    assert!(world.order(ORDER).is_some() && world.order(OTHER).is_some());
    assert_eq!(world.rejected().len(), 0);
    world.orders_stay_quiet("made good").await;
}

const SHOP: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// An order of WizCommerce with everything people can put into it, and the Sales Order that was made of it.
async fn with_shop_order() -> World {
    let world = trading().await;
    let buyer = world.trading_buyer();
    world.edit_wizcommerce(
        &json!([{"insert": "orders", "document": {
            "id": SHOP, "customer_id": format!("ref:{buyer}"), "display_id": "WEB-7", "amount": 602.4, "discount_value": 5.5,
            "shipping_charge": 18, "tax_value": 44.1, "payment_status": "PARTIALLY_PAID", "amount_paid": 10, "payment_term": "Prepaid",
            "internal_note": "Ring twice", "customer_note": "A gift", "po_number": "P-1", "freight_term": "FOB", "source": "cart",
            "due_date": "2026-04-02T00:00:00Z",
            "additional_charges": [
                {"name": "Shipping insurance", "type": "insurance", "value_type": "value", "amount": 3},
                {"name": "Tax advice", "type": "service", "value_type": "percentage", "amount": 2}
            ],
            "billing_address": {"first_name": "Ana", "city": "Tacoma", "reference_id": "B-1"},
            "shipping_address": {"first_name": "Bo", "city": "Salem"},
            "primary_contact": {"first_name": "Ana", "email": "ana@example.com"},
            "line_items": [
                {"sku": "LAMP", "quantity": 6, "unit_price": 99, "note": "Blue", "discount": 10, "discount_type": "percentage"},
                {"sku": "BULB", "quantity": 2, "unit_price": 4.2},
                {"sku": "LAMP", "quantity": 1, "unit_price": 90, "note": "Red"}
            ]}}])
        .to_string(),
    );
    world.enter_order(
        ORDER,
        buyer,
        "B",
        &[SIX_LAMPS, (BULB, Some("-2"), Some("4.20"), "-8.40"), (LAMP, Some("-1"), Some("90"), "-90.00")],
    );
    world.edit_netsuite(&format!(
        "update \"transaction\" set externalid = 'wz_so_{SHOP}', memo = 'By the ERP' where id = {ORDER}"
    ));
    world
}

/// What a Sales Order gets when a part of it is shipped and billed.
fn ship_a_part(world: &World) {
    world.edit_netsuite(&format!(
        "update \"transaction\" set status = 'E', lastmodifieddate = sim_now() where id = {ORDER}; \
         update transactionline set quantityshiprecv = '4', quantitybilled = '3' where \"transaction\" = {ORDER} and id = 1; \
         update transactionline set quantityshiprecv = '1', isclosed = 'T' where \"transaction\" = {ORDER} and id = 2; \
         update transactionline set quantityshiprecv = '1' where \"transaction\" = {ORDER} and id = 3"
    ));
}

/// An order without what a pull of its progress may change.
fn without_progress(order: &Value) -> Value {
    let mut order = order.clone();
    let members = order.as_object_mut().unwrap();
    members.remove("updated_at");
    members.remove("fulfillment_status");
    for line in order["line_items"].as_array_mut().unwrap() {
        for name in ["shipped_quantity", "invoiced_quantity", "cancelled_quantity"] {
            line.as_object_mut().unwrap().remove(name);
        }
    }
    order
}

#[tokio::test(start_paused = true)]
async fn of_an_order_of_the_shop_only_its_progress_flows_back() {
    let mut world = with_shop_order().await;
    let before = world.order_named(SHOP).unwrap();
    world.next_orders_clean().await;
    assert_eq!(without_progress(&world.order_named(SHOP).unwrap()), without_progress(&before));
    ship_a_part(&world);
    world.next_orders_clean().await;
    let after = world.order_named(SHOP).unwrap();
    assert_eq!(after["fulfillment_status"], "PARTIALLY_FULFILLED");
    assert_eq!(lines(&after), ["LAMP 6 99 4 3 0", "BULB 2 4.2 1 0 1", "LAMP 1 90 1 0 0"]);
    assert_eq!(without_progress(&after), without_progress(&before));
    assert!(world.order(ORDER).is_none(), "it is not made a second time");
    world.orders_stay_quiet("progress").await;
    clean(&world.sync(&[Orders], Options { full: true, ..Options::default() }).await);
    assert_eq!(world.order_named(SHOP).unwrap(), after);
}

#[tokio::test(start_paused = true)]
async fn an_order_of_the_shop_that_ends_unshipped_is_cancelled_there() {
    let mut world = with_shop_order().await;
    world.next_orders_clean().await;
    let before = world.order_named(SHOP).unwrap();
    world.edit_netsuite(&format!(
        "update \"transaction\" set status = 'H', lastmodifieddate = sim_now() where id = {ORDER}; \
         update transactionline set isclosed = 'T' where \"transaction\" = {ORDER}"
    ));
    world.next_orders_clean().await;
    let after = world.order_named(SHOP).unwrap();
    assert_eq!((after["status"].as_str(), lines(&after)[0].as_str()), (Some("cancelled"), "LAMP 6 99 0 0 6"));
    assert_eq!(after["internal_note"], before["internal_note"]);
}

#[tokio::test(start_paused = true)]
async fn a_persons_edit_right_before_the_read_and_a_lost_answer_change_nothing_else() {
    let edit = || {
        let script = json!([{"set": format!("/v2/orders/{SHOP}"), "patch": {"internal_note": "By a person"}}]).to_string();
        serde_json::from_value::<Action>(json!({"edit": {"script": script}})).unwrap()
    };
    for (method, action) in
        [("GET", edit()), ("PUT", Action::LoseReply), ("PUT", Action::Cut), ("PUT", Action::HoldMsThenExecute(3_000))]
    {
        let mut world = with_shop_order().await;
        world.next_orders_clean().await;
        let before = world.order_named(SHOP).unwrap();
        ship_a_part(&world);
        world.faults.add(Fault::once("wizcommerce", method, &format!("/v2/orders/{SHOP}"), action.clone()));
        world.next_orders().await;
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        world.next_orders_clean().await;
        let after = world.order_named(SHOP).unwrap();
        assert_eq!(lines(&after), ["LAMP 6 99 4 3 0", "BULB 2 4.2 1 0 1", "LAMP 1 90 1 0 0"], "{action:?}");
        let note = if method == "GET" { &json!("By a person") } else { &before["internal_note"] };
        assert_eq!(&after["internal_note"], note);
        world.orders_stay_quiet("lost").await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_a_person_deleted_is_a_conflict_and_never_made_again() {
    for of_the_shop in [true, false] {
        let mut world = if of_the_shop { with_shop_order().await } else { with_lamps("").await };
        world.next_orders_clean().await;
        let path = if of_the_shop { format!("/v2/orders/{SHOP}") } else { format!("/v2/orders/ref:{ORDER}") };
        world.edit_wizcommerce(&json!([{"delete": path}]).to_string());
        world.edit_netsuite(&format!("update \"transaction\" set status = 'F', lastmodifieddate = sim_now() where id = {ORDER}"));
        world.clear_logs();
        for full in [false, true] {
            world.clock.advance(SignedDuration::from_mins(15));
            let reports = world.sync(&[Orders], Options { full, ..Options::default() }).await;
            assert!(reports[0].1.is_none(), "{:?}", reports[0].1);
            assert_eq!(world.rejected().get(&ORDER.to_string()), Some(&"conflict"));
        }
        assert_eq!(world.requests(1, "POST"), 0);
        assert!(world.order(ORDER).is_none() && world.order_named(SHOP).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_sales_order_of_an_unknown_order_of_the_shop_is_a_conflict() {
    let mut world = trading().await;
    world.enter_order(ORDER, world.trading_buyer(), "B", &[SIX_LAMPS]);
    world.edit_netsuite(&format!("update \"transaction\" set externalid = 'wz_so_{SHOP}' where id = {ORDER}"));
    world.clear_logs();
    world.next_orders().await;
    assert_eq!(world.rejected().get(&ORDER.to_string()), Some(&"conflict"));
    assert_eq!(world.requests(1, "POST") + world.requests(1, "PUT"), 0);
}

#[tokio::test(start_paused = true)]
async fn lines_and_texts_follow_netsuite_and_what_people_added_stays() {
    let mut world = trading().await;
    let buyer = world.trading_buyer();
    world.enter_order(
        ORDER,
        buyer,
        "B",
        &[SIX_LAMPS, (BULB, Some("-2"), Some("4.20"), "-8.40"), (LAMP, Some("-1"), Some("90"), "-90.00")],
    );
    world.next_orders_clean().await;
    world.edit_wizcommerce(
        &json!([{"set": format!("/v2/orders/ref:{ORDER}"), "patch": {
            "customer_note": "Typed in the shop", "amount_paid": 25.5, "payment_status": "PARTIALLY_PAID", "freight_term": "FOB",
            "additional_charges": [{"name": "Gift wrap", "type": "other", "value_type": "value", "amount": 4.5}]
        }}])
        .to_string(),
    );
    let kept = |world: &World| {
        let order = world.order(ORDER).unwrap();
        ["customer_note", "amount_paid", "payment_status", "freight_term", "additional_charges", "created_at", "source", "status"]
            .map(|name| order[name].clone())
    };
    let before = kept(&world);
    let header = format!("update \"transaction\" set lastmodifieddate = sim_now() where id = {ORDER}");
    // One added, one changed, one removed, one step each.
    world.add_order_line(ORDER, 4, (KIT, Some("-1"), Some("99.00"), "-99.00"));
    world.next_orders_clean().await;
    assert_eq!(world.lines_of(ORDER), ["LAMP 6 99 0 0 0", "BULB 2 4.2 0 0 0", "LAMP 1 90 0 0 0", "KIT 1 99 0 0 0"]);
    assert_eq!(world.order(ORDER).unwrap()["amount"].to_string(), "791.4");
    world.edit_netsuite(&format!(
        "update transactionline set quantity = '-3', foreignamount = '-12.60' where \"transaction\" = {ORDER} and id = 2; {header}"
    ));
    world.next_orders_clean().await;
    assert_eq!(world.lines_of(ORDER)[1], "BULB 3 4.2 0 0 0");
    world.edit_netsuite(&format!("delete from transactionline where \"transaction\" = {ORDER} and id = 1; {header}"));
    world.next_orders_clean().await;
    assert_eq!(world.lines_of(ORDER), ["BULB 3 4.2 0 0 0", "LAMP 1 90 0 0 0", "KIT 1 99 0 0 0"]);
    world.edit_netsuite(&format!(
        "update \"transaction\" set memo = 'Now with a memo', lastmodifieddate = sim_now() where id = {ORDER}"
    ));
    world.next_orders_clean().await;
    assert_eq!(world.order(ORDER).unwrap()["internal_note"], "Now with a memo");
    world.edit_netsuite(&format!("update \"transaction\" set memo = null, lastmodifieddate = sim_now() where id = {ORDER}"));
    world.next_orders_clean().await;
    assert!(world.order(ORDER).unwrap().get("internal_note").is_none_or(Value::is_null));
    assert_eq!(kept(&world), before);
    world.orders_stay_quiet("edits").await;
}

#[tokio::test(start_paused = true)]
async fn an_order_dated_back_keeps_its_dates_in_order() {
    let mut world = with_lamps("").await;
    world.edit_netsuite(&format!(
        "update \"transaction\" set trandate = '2026-02-20', shipdate = '2026-02-25', lastmodifieddate = sim_now() where id = {ORDER}"
    ));
    world.next_orders_clean().await;
    let order = world.order(ORDER).unwrap();
    assert_eq!((&order["created_at"], &order["shipment_date"]), (&json!("2026-02-20T00:00:00Z"), &json!("2026-02-25T00:00:00Z")));
    world.edit_netsuite(&format!(
        "update \"transaction\" set trandate = '2026-02-27', lastmodifieddate = sim_now() where id = {ORDER}"
    ));
    world.next_orders_clean().await;
    assert!(world.order(ORDER).unwrap().get("shipment_date").is_none_or(Value::is_null));
    world.orders_stay_quiet("dates").await;
}

#[tokio::test(start_paused = true)]
async fn a_fulfilment_moves_its_order_although_the_header_stands_still() {
    let mut world = with_lamps("").await;
    world.clock.advance(SignedDuration::from_hours(24));
    world.next_orders_clean().await;
    world.edit_netsuite(&format!(
        "update transactionline set quantityshiprecv = '4' where \"transaction\" = {ORDER} and id = 1; \
         insert into \"transaction\" (id, tranid, type, recordtype, status, entity, trandate, createddate, lastmodifieddate, currency, \
         subsidiary, voided) values (95900, 'IF95900', 'ItemShip', 'itemfulfillment', 'C', {}, '2026-03-03', sim_now(), sim_now(), 1, 1, 'F'); \
         insert into transactionline (uniquekey, \"transaction\", id, linesequencenumber, item, quantity, mainline, createdfrom) values \
         (95900000, 95900, 0, 0, null, null, 'T', null), (95900001, 95900, 1, 1, {LAMP}, '4', 'F', {ORDER})",
        world.trading_buyer()
    ));
    world.next_orders_clean().await;
    assert_eq!(world.lines_of(ORDER), ["LAMP 6 99 4 0 0"]);
    // The status is the header's, which NetSuite had not moved yet.
    assert_eq!(world.order(ORDER).unwrap()["fulfillment_status"], "UNFULFILLED");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_order_is_cancelled_after_two_signals_only() {
    let mut world = with_lamps("").await;
    let deleted = |kind: &str| {
        format!(
            "insert into deletedrecord (recordid, recordtypeid, scriptid, type, name, deleteddate) values ({ORDER}, -30, '{kind}', 'X', \
             'SO', sim_now());"
        )
    };
    world.edit_netsuite(&deleted("salesorder"));
    world.next_orders_clean().await;
    assert_eq!(world.order(ORDER).unwrap()["status"], "confirmed", "the list alone proves nothing");
    world.edit_netsuite(&format!(
        "create table sim_kept as select * from transactionline where \"transaction\" = {ORDER}; \
         delete from transactionline where \"transaction\" = {ORDER}; delete from \"transaction\" where id = {ORDER}; \
         delete from deletedrecord"
    ));
    world.next_orders_clean().await;
    assert_eq!(world.order(ORDER).unwrap()["status"], "confirmed", "absence alone proves nothing");
    world.edit_netsuite(&deleted("salesorder"));
    world.clock.advance(SignedDuration::from_mins(15));
    let reports = world.sync(&[Orders], Options { max_deactivate: Share::Count(0), ..Options::default() }).await;
    assert_eq!(reports[0].1.as_ref().map(|error| error.kind().exit_code()), Some(7), "the fuse counts deletions");
    assert_eq!(world.order(ORDER).unwrap()["status"], "confirmed");
    world.next_orders_clean().await;
    assert_eq!(world.order(ORDER).unwrap()["status"], "cancelled");
    world.orders_stay_quiet("deleted").await;
}

#[tokio::test(start_paused = true)]
async fn an_id_deleted_as_another_kind_of_record_concerns_no_order() {
    let mut world = with_lamps("").await;
    world.edit_netsuite(&format!(
        "insert into deletedrecord (recordid, recordtypeid, scriptid, type, name, deleteddate) values ({ORDER}, -2, 'customer', \
         'Customer', 'X', sim_now())"
    ));
    world.next_orders_clean().await;
    assert_eq!(world.order(ORDER).unwrap()["status"], "confirmed");
}

#[tokio::test(start_paused = true)]
async fn new_orders_are_looked_up_by_the_hundred_in_every_state() {
    let mut world = trading().await;
    let buyer = world.trading_buyer();
    for id in ORDER..ORDER + 150 {
        world.enter_order(id, buyer, "B", &[SIX_LAMPS]);
    }
    world.clear_logs();
    world.next_orders_clean().await;
    let log = world.endpoints[1].log();
    let looked: Vec<&str> = log
        .iter()
        .filter(|row| row.method == "GET" && row.target.contains("reference_ids="))
        .map(|row| row.target.as_str())
        .collect();
    for state in ["draft", "confirmed", "cancelled"] {
        let of_state = looked.iter().filter(|target| target.contains(&format!("order_status={state}"))).count();
        assert_eq!(of_state, 2, "{state}: {looked:#?}");
    }
    assert_eq!(looked.len(), 6);
    assert_eq!((ORDER..ORDER + 150).filter(|id| world.order(*id).is_some()).count(), 150);
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_links_what_is_there_and_keeps_what_people_added() {
    let mut world = with_lamps("").await;
    world.edit_wizcommerce(
        &json!([{"set": format!("/v2/orders/ref:{ORDER}"), "patch": {"customer_note": "Typed in the shop"}}]).to_string(),
    );
    let before = world.sandbox.wizcommerce.documents("orders").unwrap().len();
    world.lose_state();
    clean(&world.sync(&[Products, Customers, Orders], Options::default()).await);
    assert_eq!(world.sandbox.wizcommerce.documents("orders").unwrap().len(), before);
    assert_eq!(world.order(ORDER).unwrap()["customer_note"], "Typed in the shop");
}

#[tokio::test(start_paused = true)]
async fn an_order_of_fifteen_hundred_lines_is_whole() {
    let mut world = trading().await;
    world.enter_order(ORDER, world.trading_buyer(), "B", &[SIX_LAMPS]);
    world.edit_netsuite(&format!(
        "with recursive n(i) as (select 2 union all select i + 1 from n where i < 1500) insert into transactionline (uniquekey, \
         \"transaction\", id, linesequencenumber, item, quantity, rate, foreignamount, mainline, taxline, isclosed, linecreateddate, \
         linelastmodifieddate) select {ORDER}0000 + i, {ORDER}, i, i, {BULB}, -i, '1', -i, 'F', 'F', 'F', sim_now(), sim_now() from n"
    ));
    world.next_orders_clean().await;
    let lines = world.lines_of(ORDER);
    assert_eq!(lines.len(), 1500);
    assert!(lines.iter().enumerate().skip(1).all(|(at, line)| *line == format!("BULB {} 1 0 0 0", at + 1)));
    world.orders_stay_quiet("a long one").await;
}

/// Reference ids of all records of a kind.
fn references(world: &World, kind: &str) -> Vec<String> {
    let all = world.sandbox.wizcommerce.documents(kind).unwrap();
    let mut ids: Vec<String> = all.iter().filter_map(|record| Some(record["reference_id"].as_str()?.to_owned())).collect();
    ids.sort();
    ids
}

fn documents_of(world: &World, order: i64, kind: &str) -> Vec<String> {
    world.sandbox.netsuite.with_database(|database| {
        let sql = format!(
            "select distinct cast(t.id as text) from transactionline l join \"transaction\" t on t.id = l.\"transaction\" where \
             t.type = '{kind}' and l.createdfrom = {order} order by 1"
        );
        let mut statement = database.prepare(&sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    })
}

/// A world in which credit memos have their place, before its first sync.
fn with_credit_memos(profile: &'static str) -> World {
    let wizcommerce = netwiz::sandbox::wizcommerce::Settings { extensions: vec!["credit-memos".into()], ..Default::default() };
    let mut world =
        World::with(Differences { items: Some(20), profile, wizcommerce: Some(wizcommerce), ..Differences::default() });
    world.settings.wizcommerce.extensions = vec![Extension::CreditMemos];
    world
}

fn named(entity: EntityKind, number: &str) -> [(EntityKind, Task); 1] {
    [(entity, Task::Named(vec![Wanted::Number(number.into())]))]
}

fn linked() -> Options {
    Options { linked: true, ..Options::default() }
}

#[tokio::test(start_paused = true)]
async fn linked_brings_the_documents_of_just_that_order() {
    // By its invoice, by its lines alone, by its return, and an order of two invoices.
    for (number, credits) in [("SO1001", 0), ("SO1015", 1), ("SO1016", 1), ("SO1019", 1)] {
        let mut world = with_credit_memos("");
        let id = world.count_netsuite(&format!("select id from \"transaction\" where tranid = '{number}'"));
        clean(&world.sync(&[Products, Customers], Options::default()).await);
        let task = named(Orders, number);
        clean(&world.run(&task, linked(), &Silent).await);
        assert_eq!(references(&world, "orders"), [id.to_string()], "{number}");
        assert_eq!(references(&world, "invoices"), documents_of(&world, id, "CustInvc"), "{number}");
        assert_eq!(references(&world, "shipments"), documents_of(&world, id, "ItemShip"), "{number}");
        let memos = references(&world, "credit_memos");
        assert_eq!(memos.len(), credits, "{number}");
        world.clear_logs();
        world.clock.advance(SignedDuration::from_mins(15));
        clean(&world.run(&task, linked(), &Silent).await);
        assert_eq!(world.requests(1, "POST") + world.requests(1, "PUT") + world.requests(1, "PATCH"), 0, "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_linked_sync_of_everything_writes_every_document_once() {
    let mut world = with_credit_memos("");
    let entities = [Products, Customers, Orders, Shipments, Invoices, CreditMemos];
    clean(&world.sync(&entities, linked()).await);
    for kind in ["orders", "invoices", "shipments", "credit_memos"] {
        let mut ids = references(&world, kind);
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "{kind}");
        assert!(all > 0, "{kind}");
    }
    assert!(world.side.is_empty(), "what is scheduled is not read on behalf of others: {:?}", world.side);
    // Orders alone bring the others, each document once.
    let mut alone = with_credit_memos("");
    clean(&alone.sync(&[Products, Customers], Options::default()).await);
    alone.clear_logs();
    clean(&alone.sync(&[Orders], linked()).await);
    let of_orders = |kind: &str| {
        alone.count_netsuite(&format!(
        "select count(distinct t.id) from transactionline l join \"transaction\" t on t.id = l.\"transaction\" where t.type = '{kind}' and t.status = 'C' \
         and l.createdfrom in (select id from \"transaction\" where type = 'SalesOrd' and status in ('B', 'D', 'E', 'F', 'G'))"
    ))
    };
    assert_eq!(references(&alone, "shipments").len() as i64, of_orders("ItemShip"));
    let posted =
        |path: &str| alone.endpoints[1].log().iter().filter(|row| row.method == "POST" && row.target.ends_with(path)).count();
    assert_eq!(posted("/shipments"), references(&alone, "shipments").len());
    assert_eq!(posted("/invoices"), references(&alone, "invoices").len());
    assert_eq!(posted("/credit-memos"), references(&alone, "credit_memos").len());
    assert!(alone.side.iter().any(|report| report.entity == "invoices"), "{:?}", alone.side);
}

#[tokio::test(start_paused = true)]
async fn a_linked_invoice_brings_its_order_from_before_the_start_date() {
    for is_linked in [false, true] {
        let mut world = with_credit_memos("[profile.test.orders]\nstart-date = \"2026-03-02\"\n");
        let order = world.count_netsuite("select id from \"transaction\" where tranid = 'SO1011'");
        let invoice = documents_of(&world, order, "CustInvc").remove(0);
        let number = world.text_netsuite(&format!("select tranid from \"transaction\" where id = {invoice}"));
        world.edit_netsuite(&format!("update \"transaction\" set trandate = '2026-03-02' where id = {invoice}"));
        clean(&world.sync(&[Products, Customers, Orders], Options::default()).await);
        assert!(world.order(order).is_none());
        let options = Options { linked: is_linked, ..Options::default() };
        let reports = world.run(&named(Invoices, &number), options, &Silent).await;
        clean(&reports);
        assert_eq!((world.order(order).is_some(), references(&world, "invoices").len()), (is_linked, usize::from(is_linked)));
    }
}
