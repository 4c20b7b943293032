//! Customers against both simulators, NetSuite to WizCommerce: every record is walked by hand, from NetSuite's rows to what
//! WizCommerce shows, and every change costs exactly the requests it needs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use netwiz::entities::Wanted;
use netwiz::error::ErrorKind;
use netwiz::model::EntityKind::Customers;
use netwiz::model::Rejection;
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sandbox::wizcommerce::{DuplicateReference, Settings};
use netwiz::sync::{Options, Silent, Task};
use serde_json::{Value, json};
use world::{Differences, Reports, World, clean};

/// The company that most tests are about, its contact and its one address.
const HARBOR: i64 = 50_001;
const PAT: i64 = 51_001;
const QUAY: i64 = 60_001;

fn empty() -> World {
    World::with(Differences { items: Some(14), ..Differences::default() })
}

/// A world in which the company was synced with all others.
async fn small() -> World {
    with(Differences::default()).await
}

async fn with(differences: Differences) -> World {
    let mut world = World::with(Differences { items: Some(14), ..differences });
    add_company(&world, HARBOR, "HP-1");
    clean(&next(&mut world).await);
    world
}

/// Adds an active company at level 5 with a rep and terms, one address for everything and one contact.
fn add_company(world: &World, id: i64, number: &str) {
    world.edit_netsuite(&format!(
        "insert into customer (id, entityid, altname, companyname, isperson, email, phone, currency, terms, pricelevel, salesrep, \
         searchstage, isinactive, datecreated, lastmodifieddate) values ({id}, '{number}', 'Harbor {number}', 'Harbor {number} Ltd', \
         'F', 'buy{id}@harbor.example', '(503) 555-0142', 1, 1, 5, 12, 'Customer', 'F', sim_now(), sim_now()); \
         insert into customersubsidiaryrelationship (id, entity, subsidiary, isprimarysub) values ({id}, {id}, 1, 'T');"
    ));
    add_address(world, id, id + 10_000, "'T'", "'T'");
    add_contact(world, id, id + 1_000, "'pat@harbor.example'");
}

fn add_address(world: &World, customer: i64, id: i64, billing: &str, shipping: &str) {
    let nkey = id + 10_000;
    world.edit_netsuite(&format!(
        "insert into customeraddressbookentityaddress (nkey, addressee, attention, addr1, addr2, city, state, dropdownstate, zip, \
         country, addrphone, override, recordowner, lastmodifieddate) values ({nkey}, 'Harbor Store', 'Receiving', '12 Quay Street', \
         'Unit 3', 'Portland', 'Oregon', 'OR', '97201', 'US', '+1 503 555 0143', 'F', {id}, sim_now()); \
         insert into customeraddressbook (internalid, entity, addressbookaddress, label, defaultbilling, defaultshipping) values \
         ({id}, {customer}, {nkey}, 'Store', {billing}, {shipping});"
    ));
}

fn add_contact(world: &World, customer: i64, id: i64, email: &str) {
    world.edit_netsuite(&format!(
        "insert into contact (id, entityid, firstname, lastname, title, company, email, phone, isinactive, datecreated, \
         lastmodifieddate) values ({id}, 'Pat Rowe', 'Pat', 'Rowe', 'Buyer', {customer}, {email}, '503-555-0144', 'F', sim_now(), \
         sim_now());"
    ));
}

/// Changes columns of the company, and its stamp.
fn set(world: &World, columns: &str) {
    world.edit_netsuite(&format!("update customer set {columns}, lastmodifieddate = sim_now() where id = {HARBOR}"));
}

/// Changes columns of an address, and its own stamp alone.
fn set_address(world: &World, id: i64, columns: &str) {
    world.edit_netsuite(&format!(
        "update customeraddressbookentityaddress set {columns}, lastmodifieddate = sim_now() where nkey = {}",
        id + 10_000
    ));
}

async fn next(world: &mut World) -> Reports {
    world.clock.advance(SignedDuration::from_mins(15));
    world.sync(&[Customers], Options::default()).await
}

/// The requests of the next run that change WizCommerce, ids left out; one more run sends none.
async fn changes(world: &mut World) -> Vec<String> {
    world.clear_logs();
    clean(&next(world).await);
    let sent = writes(world);
    stays_quiet(world).await;
    sent
}

async fn stays_quiet(world: &mut World) {
    world.clear_logs();
    let reports = next(world).await;
    assert!(reports[0].1.is_none(), "{:?}", reports[0].1);
    assert_eq!(reports[0].0.counts.changes(), 0, "{:?}", reports[0].0);
    assert_eq!(writes(world), Vec::<String>::new());
}

fn writes(world: &World) -> Vec<String> {
    let log = world.endpoints[1].log();
    let changing = log.into_iter().filter(|row| row.method != "GET");
    let mut writes: Vec<String> = changing
        .map(|row| {
            let path: Vec<&str> = row.target.split('/').map(|part| if part.len() == 36 { "*" } else { part }).collect();
            format!("{} {}", row.method, path.join("/"))
        })
        .collect();
    writes.sort();
    writes
}

const PATCH: &str = "PATCH /v1/customers/*";
const PUT_ADDRESS: &str = "PUT /v1/customers/*/addresses/*";
const POST_ADDRESS: &str = "POST /v1/customers/*/addresses";
const PUT_CONTACT: &str = "PUT /v1/customers/*/contacts/*";
const POST_CONTACT: &str = "POST /v1/customers/*/contacts";
const POST: &str = "POST /v1/customers";

fn wiz_id(world: &World, id: i64) -> String {
    world.link("customers", id).unwrap_or_else(|| panic!("{id} is not linked")).wc_id.0
}

/// What WizCommerce answers for a customer, as it came.
async fn raw(world: &World, id: i64) -> Value {
    let (_, wizcommerce) = world.clients();
    let text = wizcommerce.read(&format!("/v1/customers/{}", wiz_id(world, id))).await.unwrap().unwrap();
    serde_json::from_str(text.get()).unwrap()
}

/// The same without ids and times: others are named by their reference, price list or e-mail.
async fn detail(world: &World, id: i64) -> Value {
    let mut shown = raw(world, id).await;
    let addresses = shown["addresses"].as_array().unwrap().clone();
    for member in ["default_billing_address_id", "default_shipping_address_id"] {
        if let Some(named) = shown.get(member).cloned() {
            shown[member] = addresses.iter().find(|address| address["id"] == named).unwrap()["reference_id"].clone();
        }
    }
    shown["assigned_price_list"] = shown["assigned_price_list"]["reference_id"].clone();
    let reps: Vec<Value> = shown["assigned_sales_reps"].as_array().unwrap().iter().map(|rep| rep["email"].clone()).collect();
    shown["assigned_sales_reps"] = json!(reps);
    tidy(&mut shown);
    for list in ["addresses", "contacts"] {
        for entry in shown[list].as_array_mut().unwrap() {
            tidy(entry);
        }
    }
    shown
}

fn tidy(record: &mut Value) {
    let record = record.as_object_mut().unwrap();
    for name in ["id", "customer_id", "status", "created_at", "updated_at"] {
        record.remove(name);
    }
    let attributes = record.get("attributes").and_then(Value::as_array).cloned().unwrap_or_default();
    let attributes: serde_json::Map<String, Value> =
        attributes.into_iter().map(|entry| (entry["name"].as_str().unwrap().to_owned(), entry["value"].clone())).collect();
    record.insert("attributes".into(), Value::Object(attributes));
}

/// What the company is in WizCommerce.
fn harbor() -> Value {
    json!({
        "reference_id": "50001", "display_id": "HP-1", "name": "Harbor HP-1 Ltd", "display_name": "Harbor HP-1",
        "email": "buy50001@harbor.example", "phone": "+15035550142", "payment_term": "Net 30",
        "assigned_sales_reps": ["ana.ruiz@netwiz.example"], "assigned_price_list": "WHOLESALE",
        "default_billing_address_id": "60001", "default_shipping_address_id": "60001", "attributes": {},
        "addresses": [quay()], "contacts": [pat()]
    })
}

fn quay() -> Value {
    json!({
        "reference_id": "60001", "type": "shipping", "is_default": true, "address_line_1": "12 Quay Street",
        "address_line_2": "Unit 3", "city": "Portland", "state": "OR", "country": "US", "zip_code": "97201",
        "first_name": "Harbor Store", "last_name": "Receiving", "phone": "+15035550143", "attributes": {}
    })
}

fn pat() -> Value {
    json!({
        "reference_id": "51001", "first_name": "Pat", "last_name": "Rowe", "email": "pat@harbor.example",
        "phone": "+15035550144", "designation": "Buyer", "is_default": false, "attributes": {}
    })
}

/// Adds the company, changes NetSuite further, and gives what WizCommerce shows after the first sync.
async fn brought(sql: &str) -> Value {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    world.edit_netsuite(sql);
    clean(&next(&mut world).await);
    let shown = detail(&world, HARBOR).await;
    stays_quiet(&mut world).await;
    shown
}

/// Brings the company after a change in NetSuite and of the settings; gives why it is not there.
async fn refused(sql: &str, settings: impl Fn(&mut World)) -> (&'static str, String) {
    let mut world = empty();
    settings(&mut world);
    add_company(&world, HARBOR, "HP-1");
    world.edit_netsuite(sql);
    let reports = next(&mut world).await;
    assert!(reports[0].1.is_none(), "{:?}", reports[0].1);
    assert!(world.link("customers", HARBOR).is_none());
    let stored = world.state.rejections(None).unwrap();
    let rejection = stored.into_iter().map(|row| row.rejection).find(|row| row.key == "50001");
    rejection.map_or(("", String::new()), |Rejection { reason, message, .. }| (reason.word(), message))
}

/// The reasons of the last run for what it skipped.
fn skipped(reports: &Reports) -> BTreeMap<String, u64> {
    reports[0].0.skipped_reasons.iter().map(|(word, count)| (word.to_string(), *count)).collect()
}

fn customers(world: &World) -> Vec<Value> {
    world.sandbox.wizcommerce.documents("customers").unwrap()
}

async fn named(world: &mut World, wanted: Wanted) -> Reports {
    world.run(&[(Customers, Task::Named(vec![wanted]))], Options::default(), &Silent).await
}

fn fault(method: &str, path: &str, contains: Option<&str>, action: Action) -> Fault {
    Fault {
        remote: "wizcommerce".into(),
        method: Some(method.into()),
        path: Some(path.into()),
        contains: contains.map(Into::into),
        skip: 0,
        times: Some(1),
        action,
    }
}

fn refusal() -> Action {
    Action::Reply {
        status: 400,
        headers: BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]),
        body: r#"{"code":"BAD_REQUEST","message":"scripted"}"#.to_owned(),
    }
}

// What a customer becomes.

#[tokio::test(start_paused = true)]
async fn a_company_arrives_with_everything_that_hangs_on_it() {
    let world = small().await;
    assert_eq!(detail(&world, HARBOR).await, harbor());
    assert_eq!(raw(&world, HARBOR).await["status"], "active");
}

#[tokio::test(start_paused = true)]
async fn every_customer_of_the_seed_arrives_once_and_the_others_have_a_reason() {
    let mut world = World::with(Differences { items: Some(200), ..Differences::default() });
    let reports = next(&mut world).await;
    clean(&reports);
    let wanted = world.count_netsuite("select count(*) from customer where isinactive = 'F' and searchstage = 'Customer'");
    assert_eq!(reports[0].0.counts.created as i64, wanted);
    let inactive = world.count_netsuite("select count(*) from customer where isinactive = 'T'") as u64;
    let early = world.count_netsuite("select count(*) from customer where isinactive = 'F' and searchstage <> 'Customer'") as u64;
    let reasons = skipped(&reports);
    assert_eq!((reasons["inactive"], reasons["stage"]), (inactive, early));
    let mut references: Vec<String> =
        customers(&world).iter().filter_map(|customer| Some(customer["reference_id"].as_str()?.to_owned())).collect();
    assert_eq!(references.len() as i64, wanted);
    references.sort();
    references.dedup();
    assert_eq!(references.len() as i64, wanted, "no reference twice");
    stays_quiet(&mut world).await;
}

#[tokio::test(start_paused = true)]
async fn a_person_is_their_own_contact() {
    let shown = brought(
        "update customer set isperson = 'T', companyname = null, altname = null, firstname = 'Nora', lastname = 'Quill', \
         entityid = 'P-9' where id = 50001; delete from contact where company = 50001",
    )
    .await;
    let mut expected = harbor();
    expected["display_id"] = json!("P-9");
    expected["name"] = json!("Nora Quill");
    expected["display_name"] = json!("Nora Quill");
    expected["first_name"] = json!("Nora");
    expected["last_name"] = json!("Quill");
    expected["contacts"] = json!([{
        "reference_id": "50001", "first_name": "Nora", "last_name": "Quill", "email": "buy50001@harbor.example",
        "phone": "+15035550142", "is_default": false, "attributes": {}
    }]);
    assert_eq!(shown, expected);
}

#[tokio::test(start_paused = true)]
async fn a_person_stays_their_own_contact_beside_others() {
    let shown = brought("update customer set isperson = 'T', firstname = 'Nora', lastname = 'Quill' where id = 50001").await;
    let references: Vec<&Value> = shown["contacts"].as_array().unwrap().iter().map(|contact| &contact["reference_id"]).collect();
    assert_eq!(references, ["50001", "51001"]);
    assert_eq!(shown["contacts"][1], pat());
}

#[tokio::test(start_paused = true)]
async fn a_customer_who_pays_in_euros_sees_the_list_in_euros() {
    let shown = brought("update customer set currency = 2 where id = 50001").await;
    assert_eq!(shown["assigned_price_list"], "WHOLESALE-EUR");
}

#[tokio::test(start_paused = true)]
async fn a_sub_customer_is_a_customer_of_its_own() {
    let mut world = small().await;
    add_company(&world, 50_002, "HP-1 : HP-2");
    world.edit_netsuite("update customer set parent = 50001, companyname = null, altname = null where id = 50002");
    assert_eq!(changes(&mut world).await, [PATCH, POST]);
    let shown = detail(&world, 50_002).await;
    assert_eq!(
        (&shown["display_id"], &shown["name"], &shown["display_name"], &shown["reference_id"]),
        (&json!("HP-1 : HP-2"), &json!("HP-2"), &json!("HP-2"), &json!("50002"))
    );
    assert_eq!(detail(&world, HARBOR).await, harbor());
}

#[tokio::test(start_paused = true)]
async fn bills_and_goods_may_have_addresses_of_their_own() {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    add_address(&world, HARBOR, 60_002, "'T'", "'F'");
    add_address(&world, HARBOR, 60_003, "'F'", "'F'");
    world.edit_netsuite("update customeraddressbook set defaultbilling = 'F' where internalid = 60001");
    clean(&next(&mut world).await);
    let shown = detail(&world, HARBOR).await;
    let address = |reference: &str, kind: &str, default: bool| {
        let mut address = quay();
        address["reference_id"] = json!(reference);
        address["type"] = json!(kind);
        address["is_default"] = json!(default);
        address
    };
    assert_eq!(
        shown["addresses"],
        json!([address("60001", "shipping", true), address("60002", "billing", true), address("60003", "shipping", false)])
    );
    assert_eq!((&shown["default_billing_address_id"], &shown["default_shipping_address_id"]), (&json!("60002"), &json!("60001")));
}

#[tokio::test(start_paused = true)]
async fn an_address_without_street_or_city_is_left_out_also_as_a_default() {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    add_address(&world, HARBOR, 60_002, "'T'", "'F'");
    add_address(&world, HARBOR, 60_003, "'F'", "'F'");
    world.edit_netsuite(
        "update customeraddressbookentityaddress set addr1 = null where nkey = 70002; \
         update customeraddressbookentityaddress set city = null where nkey = 70003; \
         update customeraddressbook set defaultbilling = 'F' where internalid = 60001",
    );
    let reports = next(&mut world).await;
    clean(&reports);
    assert_eq!(skipped(&reports)["address_incomplete"], 2);
    let mut expected = harbor();
    expected.as_object_mut().unwrap().remove("default_billing_address_id");
    assert_eq!(detail(&world, HARBOR).await, expected);
}

#[tokio::test(start_paused = true)]
async fn contacts_without_an_e_mail_and_inactive_ones_are_left_out() {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    add_contact(&world, HARBOR, 51_101, "null");
    add_contact(&world, HARBOR, 51_102, "'gone@harbor.example'");
    world.edit_netsuite("update contact set isinactive = 'T' where id = 51102");
    let without = |world: &World, clause: &str| {
        world.count_netsuite(&format!(
            "select count(*) from contact k join customer c on c.id = k.company where k.email is null and k.isinactive = 'F' and \
             c.isinactive = 'F' and c.searchstage = 'Customer' {clause}"
        )) as u64
    };
    assert_eq!(without(&world, "and c.id = 50001"), 1);
    let expected = without(&world, "");
    let reports = next(&mut world).await;
    clean(&reports);
    assert_eq!(skipped(&reports)["contact_without_email"], expected);
    assert_eq!(detail(&world, HARBOR).await, harbor());
}

#[tokio::test(start_paused = true)]
async fn the_third_line_of_an_address_is_not_lost() {
    let shown = brought("update customeraddressbookentityaddress set addr3 = 'Dock 7' where nkey = 70001").await;
    assert_eq!(shown["addresses"][0]["address_line_2"], "Unit 3, Dock 7");
}

#[tokio::test(start_paused = true)]
async fn a_state_without_a_list_is_the_text_that_stands_there() {
    let shown = brought(
        "update customeraddressbookentityaddress set dropdownstate = null, state = 'Noord-Holland', country = 'NL' where nkey = 70001",
    )
    .await;
    assert_eq!((&shown["addresses"][0]["state"], &shown["addresses"][0]["country"]), (&json!("Noord-Holland"), &json!("NL")));
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_cannot_be_told_is_not_sent() {
    // Ten digits have no country outside North America.
    let shown = brought(
        "update customeraddressbookentityaddress set country = 'NL', addrphone = '020 555 0143' where nkey = 70001; \
         update customer set phone = '020 555 0142' where id = 50001; update contact set phone = 'ask Mia' where id = 51001",
    )
    .await;
    assert_eq!((shown.get("phone"), shown["addresses"][0].get("phone"), shown["contacts"][0].get("phone")), (None, None, None));
    let shown = brought("update customer set phone = '+31 (0)20 555 0142 ext. 7' where id = 50001").await;
    assert_eq!(shown["phone"], "+31205550142");
}

#[tokio::test(start_paused = true)]
async fn long_texts_are_cut_and_a_number_is_not() {
    let shown = brought(
        "update customer set companyname = printf('%.*c', 300, 'n') where id = 50001; \
         update contact set title = printf('%.*c', 300, 't') where id = 51001; \
         update customeraddressbookentityaddress set city = printf('%.*c', 60, 'c'), addr1 = printf('%.*c', 300, 's'), \
         attention = printf('%.*c', 300, 'a') where nkey = 70001",
    )
    .await;
    let length = |value: &Value| value.as_str().unwrap().len();
    let address = &shown["addresses"][0];
    assert_eq!((length(&shown["name"]), length(&shown["contacts"][0]["designation"])), (255, 255));
    assert_eq!((length(&address["city"]), length(&address["address_line_1"]), length(&address["last_name"])), (50, 255, 255));
}

#[tokio::test(start_paused = true)]
async fn no_level_is_the_base_level_and_no_rep_is_the_house_account() {
    let shown = brought("update customer set pricelevel = null, salesrep = null, terms = 4 where id = 50001").await;
    assert_eq!(shown["assigned_price_list"], "BASE");
    assert_eq!(shown["assigned_sales_reps"], json!(["house@netwiz.example"]));
    assert_eq!(shown["payment_term"], "2% 10 Net 30");
}

#[tokio::test(start_paused = true)]
async fn an_unmapped_level_is_the_default_list_or_a_reason() {
    let level = "update customer set pricelevel = 2 where id = 50001";
    assert_eq!(brought(level).await["assigned_price_list"], "BASE");
    let (reason, message) = refused(level, |world| world.settings.catalogs.default = None).await;
    assert_eq!(reason, "price_level_unmapped");
    assert!(message.contains("price level 2") && message.contains("HP-1"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_rep_is_found_as_mapped_then_by_the_own_address_then_the_default() {
    async fn rep(employee: &str, settings: impl Fn(&mut World)) -> Value {
        let mut world = empty();
        settings(&mut world);
        add_company(&world, HARBOR, "HP-1");
        world.edit_netsuite(&format!("update customer set salesrep = {employee} where id = 50001"));
        clean(&next(&mut world).await);
        detail(&world, HARBOR).await["assigned_sales_reps"].clone()
    }
    let list = |world: &mut World| {
        world.settings.sales_reps.emails = BTreeMap::from([("12".to_owned(), "Chloe.Tran@netwiz.example".to_owned())]);
    };
    let alone = |world: &mut World| world.settings.sales_reps.default = None;
    assert_eq!(rep("12", list).await, json!(["chloe.tran@netwiz.example"]), "listed");
    assert_eq!(rep("13", list).await, json!(["joris.vandam@netwiz.example"]), "by the own address");
    assert_eq!(rep("11", list).await, json!(["house@netwiz.example"]), "the default for somebody who is no rep there");
    let (reason, message) = refused("update customer set salesrep = 11 where id = 50001", alone).await;
    assert_eq!(reason, "sales_rep_unmapped");
    assert!(message.contains("Mira Holt"), "{message}");
    let (reason, message) = refused("select 1", |world| {
        world.settings.sales_reps.emails = BTreeMap::from([("12".to_owned(), "nobody@netwiz.example".to_owned())]);
    })
    .await;
    assert_eq!(reason, "sales_rep_unmapped");
    assert!(message.contains("nobody@netwiz.example"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn without_a_default_a_customer_without_a_rep_has_none() {
    let mut world = empty();
    world.settings.sales_reps.default = None;
    world.edit_netsuite("update customer set salesrep = null");
    add_company(&world, HARBOR, "HP-1");
    set(&world, "salesrep = null");
    clean(&next(&mut world).await);
    assert_eq!(detail(&world, HARBOR).await["assigned_sales_reps"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn what_is_required_and_lacking_is_named() {
    let nothing = |_: &mut World| {};
    let address = "delete from customeraddressbook where entity = 50001";
    let contact = "delete from contact where company = 50001";
    let terms = "update customer set terms = null where id = 50001";
    for (sql, lacking) in [
        (address, "has no address"),
        (contact, "has no contact"),
        (terms, "has no terms"),
        ("update contact set email = null where company = 50001", "has no contact"),
        ("update customeraddressbookentityaddress set city = null where nkey = 70001", "has no address"),
        (&format!("{address}; {contact}; {terms}"), "has no address, contact, terms"),
    ] {
        let (reason, message) = refused(sql, nothing).await;
        assert_eq!(reason, "missing_mandatory_fields", "{sql}");
        assert!(message.ends_with(lacking) && message.contains("HP-1"), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_required_may_lack() {
    let mut world = with(Differences { profile: "[profile.test.customers]\nrequired = []\n", ..Differences::default() }).await;
    add_company(&world, 50_002, "HP-2");
    world.edit_netsuite(
        "delete from customeraddressbook where entity = 50002; delete from contact where company = 50002; \
         update customer set terms = null where id = 50002",
    );
    assert_eq!(changes(&mut world).await, [POST]);
    let shown = detail(&world, 50_002).await;
    assert_eq!((&shown["addresses"], &shown["contacts"], shown.get("payment_term")), (&json!([]), &json!([]), None));
    // Ten digits without an address have no country.
    assert_eq!(shown.get("phone"), None);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_customer_comes_as_soon_as_it_is_mended() {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    world.edit_netsuite("update customer set terms = null where id = 50001");
    let reports = next(&mut world).await;
    assert_eq!((reports[0].0.counts.rejected, world.rejected().get("50001")), (1, Some(&"missing_mandatory_fields")));
    set(&world, "terms = 1");
    assert_eq!(changes(&mut world).await, [PATCH, POST]);
    assert_eq!(detail(&world, HARBOR).await, harbor());
    assert_eq!(world.rejected(), BTreeMap::new());
}

// Who is brought at all.

#[tokio::test(start_paused = true)]
async fn a_lead_stays_out_unless_it_is_linked() {
    let mut world = small().await;
    add_company(&world, 50_002, "HP-2");
    world.edit_netsuite("update customer set searchstage = 'Lead' where id = 50002");
    set(&world, "searchstage = 'Prospect', phone = '503 555 0199'");
    let reports = next(&mut world).await;
    assert_eq!(skipped(&reports)["stage"], 1);
    assert!(world.link("customers", 50_002).is_none());
    assert_eq!(detail(&world, HARBOR).await["phone"], "+15035550199", "linked: it goes on");
    world.edit_netsuite("update customer set searchstage = 'Customer', lastmodifieddate = sim_now() where id = 50002");
    assert_eq!(changes(&mut world).await, [PATCH, POST]);
}

#[tokio::test(start_paused = true)]
async fn an_inactive_customer_is_skipped_and_a_linked_one_cannot_be_switched_off() {
    let mut world = small().await;
    add_company(&world, 50_002, "HP-2");
    world.edit_netsuite("update customer set isinactive = 'T' where id = 50002");
    set(&world, "isinactive = 'T', phone = '503 555 0199'");
    world.clear_logs();
    let reports = next(&mut world).await;
    clean(&reports);
    let reasons = skipped(&reports);
    assert_eq!((reasons.get("unsupported_by_wizcommerce"), reasons.get("inactive")), (Some(&1), Some(&1)));
    assert_eq!(writes(&world), Vec::<String>::new());
    assert_eq!(detail(&world, HARBOR).await, harbor());
    assert!(world.link("customers", 50_002).is_none());
    set(&world, "isinactive = 'F'");
    assert_eq!(changes(&mut world).await, [PATCH]);
    assert_eq!(detail(&world, HARBOR).await["phone"], "+15035550199");
}

#[tokio::test(start_paused = true)]
async fn outside_the_subsidiaries_is_skipped() {
    let mut world = empty();
    world.settings.netsuite.subsidiaries = vec!["1".into()];
    add_company(&world, HARBOR, "HP-1");
    add_company(&world, 50_002, "HP-2");
    world.edit_netsuite("update customersubsidiaryrelationship set subsidiary = 2 where entity = 50002");
    let reports = next(&mut world).await;
    clean(&reports);
    assert!(skipped(&reports)["subsidiary"] >= 1);
    assert!(world.link("customers", HARBOR).is_some() && world.link("customers", 50_002).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_customer_of_several_subsidiaries_is_inside_with_any_of_them() {
    let mut world = empty();
    world.settings.netsuite.subsidiaries = vec!["1".into()];
    add_company(&world, HARBOR, "HP-1");
    world.edit_netsuite(
        "update customersubsidiaryrelationship set subsidiary = 2 where entity = 50001; \
         insert into customersubsidiaryrelationship (id, entity, subsidiary, isprimarysub) values (59999, 50001, 1, 'F')",
    );
    clean(&next(&mut world).await);
    assert_eq!(detail(&world, HARBOR).await, harbor());
}

#[tokio::test(start_paused = true)]
async fn an_account_with_one_company_one_currency_and_one_price_is_served() {
    let absent = ["customersubsidiaryrelationship", "currency", "customer.currency", "customer.pricelevel"];
    let netsuite = netwiz::sandbox::netsuite::Settings { absent: absent.map(str::to_owned).to_vec(), ..Default::default() };
    let mut world = World::with(Differences { items: Some(14), netsuite: Some(netsuite), ..Differences::default() });
    let lists = &mut world.settings.catalogs.price_lists;
    lists.retain(|key, _| key.currency.is_none());
    add_company(&world, HARBOR, "HP-1");
    clean(&next(&mut world).await);
    let mut expected = harbor();
    expected["assigned_price_list"] = json!("BASE");
    assert_eq!(detail(&world, HARBOR).await, expected);
    stays_quiet(&mut world).await;
}

#[tokio::test(start_paused = true)]
async fn hidden_customers_or_addresses_fail_the_run_or_reject_but_never_empty_anything() {
    let netsuite = netwiz::sandbox::netsuite::Settings { absent: vec!["customeraddressbook".into()], ..Default::default() };
    let mut world = World::with(Differences { items: Some(14), netsuite: Some(netsuite), ..Differences::default() });
    let reports = next(&mut world).await;
    assert_eq!(reports[0].1.as_ref().map(|error| error.kind().exit_code()), Some(4));
    // Rows that the role stops seeing are no deletions.
    let mut world = small().await;
    world.edit_netsuite("delete from customeraddressbook where entity = 50001; delete from contact where company = 50001");
    set(&world, "phone = '503 555 0199'");
    world.settings.customers.required.clear();
    let reports = next(&mut world).await;
    clean(&reports);
    let mut expected = harbor();
    // Without an address nobody knows the country of ten digits.
    expected["phone"] = json!("+15035550142");
    assert_eq!(detail(&world, HARBOR).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_leaves_the_filter_is_left_as_it_is() {
    let profile = "[profile.test.customers]\nwhere = \"category = '3'\"\n";
    let mut world = World::with(Differences { items: Some(14), profile, ..Differences::default() });
    add_company(&world, HARBOR, "HP-1");
    world.edit_netsuite("update customer set category = 3 where id = 50001");
    let reports = next(&mut world).await;
    clean(&reports);
    let inside = world
        .count_netsuite("select count(*) from customer where category = 3 and isinactive = 'F' and searchstage = 'Customer'");
    assert_eq!(reports[0].0.counts.created as i64, inside);
    assert!(skipped(&reports)["filter"] > 0);
    set(&world, "category = 1, phone = '503 555 0199'");
    world.clear_logs();
    let reports = next(&mut world).await;
    assert_eq!(skipped(&reports)["filter"], 1);
    assert_eq!(writes(&world), Vec::<String>::new());
    assert_eq!(detail(&world, HARBOR).await["phone"], "+15035550142");
    set(&world, "category = 3");
    assert_eq!(changes(&mut world).await, [PATCH]);
    assert_eq!(detail(&world, HARBOR).await["phone"], "+15035550199");
}

#[tokio::test(start_paused = true)]
async fn a_missing_price_list_ends_the_run_before_its_first_write() {
    let mut world = empty();
    world.edit_wizcommerce(r#"[{"delete": "/v1/price-lists/ref:WHOLESALE"}]"#);
    let reports = next(&mut world).await;
    let error = reports[0].1.as_ref().unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("WHOLESALE"), "{error}");
    assert_eq!(writes(&world), Vec::<String>::new());
    assert_eq!(world.rejected(), BTreeMap::new(), "it is no customer's fault");
    world.edit_wizcommerce(
        r#"[{"insert": "price_lists", "document": {"reference_id": "WHOLESALE", "name": "Wholesale", "currency": "USD"}}]"#,
    );
    clean(&next(&mut world).await);
}

// Changes.

#[tokio::test(start_paused = true)]
async fn every_change_is_exactly_its_requests() {
    type Edit = (&'static str, &'static str, &'static [&'static str], fn(&mut Value));
    let edits: [Edit; 16] = [
        (
            "phone",
            "update customer set phone = '503.555.0199', lastmodifieddate = sim_now() where id = 50001",
            &[PATCH],
            |harbor| harbor["phone"] = json!("+15035550199"),
        ),
        (
            "the same phone, written differently",
            "update customer set phone = '+1 503 555-0142', lastmodifieddate = sim_now() where id = 50001",
            &[],
            |_| {},
        ),
        (
            "a phone that cannot be told leaves the old one",
            "update customer set phone = 'ask Mia', lastmodifieddate = sim_now() where id = 50001",
            &[],
            |_| {},
        ),
        (
            "a phone that is gone",
            "update customer set phone = null, lastmodifieddate = sim_now() where id = 50001",
            &[PATCH],
            |harbor| harbor["phone"] = json!(""),
        ),
        (
            "the text of an address without the customer's stamp",
            "update customeraddressbookentityaddress set addr1 = '1 New Wharf', lastmodifieddate = sim_now() where nkey = 70001",
            &[PUT_ADDRESS],
            |harbor| harbor["addresses"][0]["address_line_1"] = json!("1 New Wharf"),
        ),
        (
            "a second line that is gone",
            "update customeraddressbookentityaddress set addr2 = null, lastmodifieddate = sim_now() where nkey = 70001",
            &[PUT_ADDRESS],
            |harbor| drop(harbor["addresses"][0].as_object_mut().unwrap().remove("address_line_2")),
        ),
        (
            "a default that moves without any stamp",
            "update customeraddressbook set defaultbilling = 'F' where internalid = 60001; \
             update customeraddressbook set defaultbilling = 'T' where internalid = 60009",
            &[PATCH, PUT_ADDRESS],
            |harbor| {
                harbor["addresses"][1]["is_default"] = json!(true);
                harbor["addresses"][1]["type"] = json!("billing");
                harbor["default_billing_address_id"] = json!("60009");
            },
        ),
        (
            "both defaults move without any stamp",
            "update customeraddressbook set defaultbilling = 'F', defaultshipping = 'F' where internalid = 60001; \
             update customeraddressbook set defaultbilling = 'T', defaultshipping = 'T' where internalid = 60009",
            &[PATCH, PUT_ADDRESS, PUT_ADDRESS],
            |harbor| {
                harbor["addresses"][0]["is_default"] = json!(false);
                harbor["addresses"][1]["is_default"] = json!(true);
                harbor["default_billing_address_id"] = json!("60009");
                harbor["default_shipping_address_id"] = json!("60009");
            },
        ),
        (
            "a new address",
            "insert into customeraddressbookentityaddress (nkey, addr1, city, country, lastmodifieddate) values (70010, '9 Far Lane', \
             'Bend', 'US', sim_now()); insert into customeraddressbook (internalid, entity, addressbookaddress, defaultbilling, \
             defaultshipping) values (60010, 50001, 70010, 'F', 'F')",
            &[POST_ADDRESS],
            |harbor| {
                harbor["addresses"].as_array_mut().unwrap().push(json!({
                    "reference_id": "60010", "type": "shipping", "is_default": false, "address_line_1": "9 Far Lane", "city": "Bend",
                    "country": "US", "attributes": {}
                }));
            },
        ),
        (
            "a new address that is a default",
            "insert into customeraddressbookentityaddress (nkey, addr1, city, country, lastmodifieddate) values (70010, '9 Far Lane', \
             'Bend', 'US', sim_now()); insert into customeraddressbook (internalid, entity, addressbookaddress, defaultbilling, \
             defaultshipping) values (60010, 50001, 70010, 'T', 'F'); \
             update customeraddressbook set defaultbilling = 'F' where internalid = 60001",
            &[PATCH, POST_ADDRESS],
            |harbor| {
                harbor["addresses"].as_array_mut().unwrap().push(json!({
                    "reference_id": "60010", "type": "billing", "is_default": true, "address_line_1": "9 Far Lane", "city": "Bend",
                    "country": "US", "attributes": {}
                }));
                harbor["default_billing_address_id"] = json!("60010");
            },
        ),
        ("an address that is gone stays", "delete from customeraddressbook where internalid = 60009", &[], |_| {}),
        (
            "a new contact",
            "insert into contact (id, entityid, firstname, company, email, isinactive, datecreated, lastmodifieddate) values (51010, \
             'Ida', 'Ida', 50001, 'ida@harbor.example', 'F', sim_now(), sim_now())",
            &[POST_CONTACT],
            |harbor| {
                harbor["contacts"].as_array_mut().unwrap().push(json!({
                    "reference_id": "51010", "first_name": "Ida", "email": "ida@harbor.example", "is_default": false, "attributes": {}
                }));
            },
        ),
        (
            "a contact",
            "update contact set title = 'Owner', lastmodifieddate = sim_now() where id = 51001",
            &[PUT_CONTACT],
            |harbor| harbor["contacts"][0]["designation"] = json!("Owner"),
        ),
        ("the rep", "update customer set salesrep = 14, lastmodifieddate = sim_now() where id = 50001", &[PATCH], |harbor| {
            harbor["assigned_sales_reps"] = json!(["chloe.tran@netwiz.example"]);
        }),
        ("the level", "update customer set pricelevel = 6, lastmodifieddate = sim_now() where id = 50001", &[PATCH], |harbor| {
            harbor["assigned_price_list"] = json!("DEALER");
        }),
        ("the terms", "update customer set terms = 2, lastmodifieddate = sim_now() where id = 50001", &[PATCH], |harbor| {
            harbor["payment_term"] = json!("Net 60");
        }),
    ];
    for (what, sql, requests, expect) in edits {
        let mut world = empty();
        add_company(&world, HARBOR, "HP-1");
        add_address(&world, HARBOR, 60_009, "'F'", "'F'");
        clean(&next(&mut world).await);
        world.edit_netsuite(sql);
        assert_eq!(changes(&mut world).await, requests, "{what}");
        let mut expected = harbor();
        let mut second = quay();
        second["reference_id"] = json!("60009");
        second["is_default"] = json!(false);
        expected["addresses"].as_array_mut().unwrap().push(second);
        expect(&mut expected);
        assert_eq!(detail(&world, HARBOR).await, expected, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_with_nothing_to_do_asks_wizcommerce_nothing() {
    let mut world = small().await;
    next(&mut world).await;
    world.clear_logs();
    next(&mut world).await;
    assert_eq!(world.endpoints[1].log().len(), 0);
    let asked = world.endpoints[0].log().len();
    assert!(asked <= 9, "{asked} requests");
}

#[tokio::test(start_paused = true)]
async fn what_people_changed_stays_when_netsuite_changes_something_else() {
    let mut world = small().await;
    let (address, contact) = {
        let shown = raw(&world, HARBOR).await;
        (shown["addresses"][0]["id"].as_str().unwrap().to_owned(), shown["contacts"][0]["id"].as_str().unwrap().to_owned())
    };
    world.clock.advance(SignedDuration::from_mins(1));
    world.edit_wizcommerce(&format!(
        r#"[{{"insert": "attributes", "document": {{"name": "Dock", "entity": "address", "data_type": "text"}}}},
            {{"insert": "attributes", "document": {{"name": "Rank", "entity": "customer", "data_type": "text"}}}},
            {{"set": "/v1/customers/ref:50001", "patch": {{"email": "theirs@harbor.example", "freight_term": "FOB",
              "payment_mode": "card", "shipping_method": "Truck", "attributes": [{{"name": "Rank", "value": "gold"}}]}}}},
            {{"set": "/v1/customer_addresses/{address}", "patch": {{"zip_code": "97299", "email": "dock@harbor.example",
              "attributes": [{{"name": "Dock", "value": "7"}}]}}}},
            {{"set": "/v1/customer_contacts/{contact}", "patch": {{"last_name": "Theirs", "is_default": true}}}},
            {{"insert": "customer_addresses", "document": {{"customer_id": "ref:50001", "reference_id": "own", "type": "shipping",
              "address_line_1": "Their Road", "city": "Bend"}}}},
            {{"insert": "customer_contacts", "document": {{"customer_id": "ref:50001", "reference_id": "own", "first_name": "Their",
              "email": "own@harbor.example"}}}}]"#
    ));
    set(&world, "phone = '503 555 0199'");
    set_address(&world, QUAY, "addr1 = '1 New Wharf'");
    world.edit_netsuite(&format!("update contact set title = 'Owner', lastmodifieddate = sim_now() where id = {PAT}"));
    assert_eq!(changes(&mut world).await, [PATCH, PUT_ADDRESS, PUT_CONTACT]);
    let mut expected = harbor();
    expected["phone"] = json!("+15035550199");
    expected["email"] = json!("theirs@harbor.example");
    expected["freight_term"] = json!("FOB");
    expected["payment_mode"] = json!("card");
    expected["shipping_method"] = json!("Truck");
    expected["attributes"] = json!({"Rank": "gold"});
    let quay = &mut expected["addresses"][0];
    quay["address_line_1"] = json!("1 New Wharf");
    quay["zip_code"] = json!("97299");
    quay["email"] = json!("dock@harbor.example");
    quay["attributes"] = json!({"Dock": "7"});
    let pat = &mut expected["contacts"][0];
    pat["designation"] = json!("Owner");
    pat["last_name"] = json!("Theirs");
    pat["is_default"] = json!(true);
    expected["addresses"].as_array_mut().unwrap().push(json!({
        "reference_id": "own", "type": "shipping", "address_line_1": "Their Road", "city": "Bend", "is_default": false,
        "attributes": {}
    }));
    expected["contacts"].as_array_mut().unwrap().push(json!({
        "reference_id": "own", "first_name": "Their", "email": "own@harbor.example", "is_default": false, "attributes": {}
    }));
    assert_eq!(detail(&world, HARBOR).await, expected);
}

#[tokio::test(start_paused = true)]
async fn what_both_changed_is_the_winners() {
    for (profile, kept) in
        [("", "ours@harbor.example"), ("[profile.test.customers]\nconflict = \"wizcommerce\"\n", "theirs@harbor.example")]
    {
        let mut world = with(Differences { profile, ..Differences::default() }).await;
        world.edit_wizcommerce(r#"[{"set": "/v1/customers/ref:50001", "patch": {"email": "theirs@harbor.example"}}]"#);
        set(&world, "email = 'ours@harbor.example', phone = '503 555 0199'");
        world.clear_logs();
        let reports = next(&mut world).await;
        clean(&reports);
        assert_eq!(writes(&world), [PATCH]);
        let shown = detail(&world, HARBOR).await;
        assert_eq!((&shown["email"], &shown["phone"]), (&json!(kept), &json!("+15035550199")));
        // The run keeps the value that lost, and says nothing of what one side alone changed.
        let (winner, lost) = if profile.is_empty() { ("NetSuite", "theirs") } else { ("WizCommerce", "ours") };
        let words = format!("HP-1: email was changed on both sides; {winner}'s is kept, not {lost}@harbor.example");
        assert_eq!(reports[0].0.notes, [words]);
        stays_quiet(&mut world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn configured_attributes_are_made_once_and_sent_whole_beside_those_of_others() {
    let profile = "[profile.test.customers]\nattributes = { \"Resale\" = \"resalenumber\", \"Kind\" = \"category\" }\n";
    let mut world = World::with(Differences { items: Some(14), profile, ..Differences::default() });
    add_company(&world, HARBOR, "HP-1");
    world.edit_netsuite("update customer set resalenumber = 'R-1', category = 3 where id = 50001");
    clean(&next(&mut world).await);
    assert_eq!(writes(&world).iter().filter(|write| *write == "POST /v1/attributes").count(), 2);
    assert_eq!(detail(&world, HARBOR).await["attributes"], json!({"Kind": "Hospitality", "Resale": "R-1"}));
    world.edit_wizcommerce(
        r#"[{"insert": "attributes", "document": {"name": "Rank", "entity": "customer", "data_type": "number"}},
            {"set": "/v1/customers/ref:50001", "patch": {"attributes": [{"name": "Rank", "value": "7"},
              {"name": "Kind", "value": "theirs"}, {"name": "Resale", "value": "R-1"}]}}]"#,
    );
    set(&world, "resalenumber = 'R-2'");
    assert_eq!(changes(&mut world).await, [PATCH]);
    assert_eq!(detail(&world, HARBOR).await["attributes"], json!({"Kind": "theirs", "Rank": "7", "Resale": "R-2"}));
    set(&world, "resalenumber = null");
    assert_eq!(changes(&mut world).await, [PATCH]);
    assert_eq!(detail(&world, HARBOR).await["attributes"], json!({"Kind": "theirs", "Rank": "7"}));
}

// First meetings.

/// A customer that WizCommerce has already, with our reference where one is given.
fn add_theirs(world: &World, id: &str, reference: Option<&str>) {
    let mut document = json!({
        "id": id, "company_name": "Theirs", "display_name": "Theirs", "email": "theirs@harbor.example", "freight_term": "FOB",
        "assigned_price_list_id": "ref:DEALER", "assigned_sales_rep_ids": ["house@netwiz.example"],
        "addresses": [{"reference_id": "60001", "type": "shipping", "address_line_1": "Their Road", "address_line_2": "Their floor",
            "city": "Bend", "email": "dock@harbor.example"}]
    });
    if let Some(reference) = reference {
        document["reference_id"] = json!(reference);
    }
    world.edit_wizcommerce(&json!([{ "insert": "customers", "document": document }]).to_string());
}

const THEIRS: &str = "aaaaaaaa-0000-4000-8000-000000000001";

#[tokio::test(start_paused = true)]
async fn a_customer_with_our_reference_is_taken_over() {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    world.edit_netsuite("update customeraddressbookentityaddress set addr2 = null where nkey = 70001; update customer set phone = null where id = 50001");
    add_theirs(&world, THEIRS, Some("50001"));
    world.edit_wizcommerce(r#"[{"set": "/v1/customers/ref:50001", "patch": {"phone": "+15035550111"}}]"#);
    let before = customers(&world).len() as u64;
    let reports = next(&mut world).await;
    clean(&reports);
    assert_eq!(reports[0].0.counts.adopted, 1);
    assert_eq!(customers(&world).len() as u64, before + reports[0].0.counts.created);
    assert_eq!(wiz_id(&world, HARBOR), THEIRS);
    let mut expected = harbor();
    expected["freight_term"] = json!("FOB");
    expected["phone"] = json!("+15035550111");
    expected["addresses"][0]["email"] = json!("dock@harbor.example");
    // Ours has no second line, and an empty side never erases a filled one.
    expected["addresses"][0]["address_line_2"] = json!("Their floor");
    let mut shown = detail(&world, HARBOR).await;
    shown["display_id"] = json!("HP-1");
    assert_eq!(shown, expected);
    stays_quiet(&mut world).await;
}

#[tokio::test(start_paused = true)]
async fn where_wizcommerce_wins_a_first_meeting_keeps_theirs_and_fills_what_is_empty() {
    let mut world = World::with(Differences {
        items: Some(14),
        profile: "[profile.test.customers]\nconflict = \"wizcommerce\"\n",
        ..Differences::default()
    });
    add_company(&world, HARBOR, "HP-1");
    add_theirs(&world, THEIRS, Some("50001"));
    clean(&next(&mut world).await);
    let shown = detail(&world, HARBOR).await;
    assert_eq!((&shown["name"], &shown["email"]), (&json!("Theirs"), &json!("theirs@harbor.example")));
    assert_eq!((&shown["assigned_price_list"], &shown["payment_term"]), (&json!("DEALER"), &json!("Net 30")));
    assert_eq!(shown["phone"], "+15035550142");
    let address = &shown["addresses"][0];
    assert_eq!((&address["address_line_1"], &address["zip_code"]), (&json!("Their Road"), &json!("97201")));
    assert_eq!(shown["contacts"], json!([pat()]));
    stays_quiet(&mut world).await;
    set(&world, "companyname = 'Renamed'");
    assert_eq!(changes(&mut world).await, Vec::<String>::new());
    assert_eq!(detail(&world, HARBOR).await["name"], "Theirs");
}

#[tokio::test(start_paused = true)]
async fn an_inactive_customer_with_our_reference_is_found_too() {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    add_theirs(&world, THEIRS, Some("50001"));
    world.edit_wizcommerce(r#"[{"set": "/v1/customers/ref:50001", "patch": {"status": "inactive"}}]"#);
    clean(&next(&mut world).await);
    assert_eq!(wiz_id(&world, HARBOR), THEIRS);
    // Also when it is looked up alone.
    let mut world = small().await;
    add_company(&world, 50_002, "HP-2");
    add_theirs(&world, THEIRS, Some("50002"));
    world.edit_wizcommerce(r#"[{"set": "/v1/customers/ref:50002", "patch": {"status": "inactive"}}]"#);
    clean(&next(&mut world).await);
    assert_eq!(wiz_id(&world, 50_002), THEIRS);
}

#[tokio::test(start_paused = true)]
async fn two_customers_with_our_reference_are_a_question_for_a_person() {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    add_theirs(&world, THEIRS, Some("50001"));
    add_theirs(&world, "aaaaaaaa-0000-4000-8000-000000000002", Some("50001"));
    let before = customers(&world).len() as u64;
    let reports = next(&mut world).await;
    assert_eq!(world.rejected().get("50001"), Some(&"ambiguous_match"));
    assert_eq!(customers(&world).len() as u64, before + reports[0].0.counts.created);
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_came_from_wizcommerce_is_linked_to_exactly_that_one() {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    add_theirs(&world, THEIRS, None);
    world.edit_netsuite(&format!("update customer set externalid = 'wz_cu_{THEIRS}' where id = 50001"));
    let before = customers(&world).len() as u64;
    let reports = next(&mut world).await;
    clean(&reports);
    assert_eq!((reports[0].0.counts.adopted, wiz_id(&world, HARBOR).as_str()), (1, THEIRS));
    assert_eq!(customers(&world).len() as u64, before + reports[0].0.counts.created);
    assert_eq!(detail(&world, HARBOR).await["reference_id"], "50001", "the Internal ID is written back");
    stays_quiet(&mut world).await;
    world.lose_state();
    clean(&next(&mut world).await);
    assert_eq!(wiz_id(&world, HARBOR), THEIRS);
    // A record somebody else numbered keeps its number.
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    add_theirs(&world, THEIRS, Some("CRM-7"));
    world.edit_netsuite(&format!("update customer set externalid = 'wz_cu_{THEIRS}' where id = 50001"));
    clean(&next(&mut world).await);
    assert_eq!(detail(&world, HARBOR).await["reference_id"], "CRM-7");
    stays_quiet(&mut world).await;
}

// Lost replies, lost files, deleted records.

#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_record() {
    let lost = [
        Action::LoseReply,
        Action::Cut,
        Action::HoldMsThenExecute(1_000),
        Action::HoldMsThenExecute(2_030),
        Action::HoldMsThenExecute(59_000),
        Action::Garbage,
        Action::Truncate { bytes: 20 },
    ];
    for action in lost {
        let what = format!("{action:?}");
        let wizcommerce = Settings { duplicate_reference: DuplicateReference::Allow, ..Settings::default() };
        // The create of a customer.
        let mut world = World::with(Differences { items: Some(14), wizcommerce: Some(wizcommerce), ..Differences::default() });
        add_company(&world, HARBOR, "HP-1");
        world.faults.add(fault("POST", "/v1/customers", Some("HP-1"), action.clone()));
        // What was not there when it was looked for is left to the next run: it may still be executed.
        next(&mut world).await;
        clean(&next(&mut world).await);
        assert_eq!(detail(&world, HARBOR).await, harbor(), "create, {what}");
        let twins = customers(&world).iter().filter(|customer| customer["reference_id"] == "50001").count();
        assert_eq!(twins, 1, "create, {what}");
        stays_quiet(&mut world).await;
        // An address, a contact, a change.
        add_address(&world, HARBOR, 60_002, "'F'", "'F'");
        add_contact(&world, HARBOR, 51_101, "'ida@harbor.example'");
        set(&world, "phone = '503 555 0199'");
        set_address(&world, QUAY, "addr1 = '1 New Wharf'");
        for (method, path) in [
            ("POST", "/v1/customers/*/addresses"),
            ("POST", "/v1/customers/*/contacts"),
            ("PATCH", "/v1/customers"),
            ("PUT", "/v1/customers/*/addresses"),
        ] {
            world.faults.add(fault(method, path, None, action.clone()));
        }
        next(&mut world).await;
        world.faults.clear();
        // What was not there when it was looked for may have been executed by now; the next try finds it.
        world.clock.advance(SignedDuration::from_hours(1));
        clean(&next(&mut world).await);
        let mut expected = harbor();
        expected["phone"] = json!("+15035550199");
        expected["addresses"][0]["address_line_1"] = json!("1 New Wharf");
        let (mut second, mut ida) = (quay(), pat());
        second["reference_id"] = json!("60002");
        second["is_default"] = json!(false);
        ida["reference_id"] = json!("51101");
        ida["email"] = json!("ida@harbor.example");
        expected["addresses"].as_array_mut().unwrap().push(second);
        expected["contacts"].as_array_mut().unwrap().push(ida);
        assert_eq!(detail(&world, HARBOR).await, expected, "parts, {what}");
        stays_quiet(&mut world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_is_a_reason_and_is_tried_again() {
    let mut world = small().await;
    set(&world, "phone = '503 555 0199'");
    world.edit_wizcommerce(r#"[{"set": "/v1/customers/ref:50001", "patch": {"email": "theirs@harbor.example"}}]"#);
    world.faults.add(fault("PATCH", "/v1/customers", None, refusal()));
    next(&mut world).await;
    assert_eq!(world.rejected(), BTreeMap::from([("50001".to_owned(), "refused_by_wizcommerce")]));
    for _ in 0..3 {
        world.clock.advance(SignedDuration::from_hours(1));
        next(&mut world).await;
    }
    assert_eq!(world.rejected(), BTreeMap::new());
    let shown = detail(&world, HARBOR).await;
    assert_eq!(shown["phone"], "+15035550199");
    assert_eq!(shown["email"], "theirs@harbor.example", "what a person changed meanwhile survives the second try");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_half_executed_and_taken_back_is_taken_back_there_too() {
    let mut world = small().await;
    set(&world, "phone = '503 555 0199', terms = null");
    set_address(&world, QUAY, "addr1 = '1 New Wharf', addr2 = null");
    world.faults.add(fault("PUT", "/v1/customers", None, refusal()));
    next(&mut world).await;
    assert_eq!(world.rejected(), BTreeMap::from([("50001".to_owned(), "missing_mandatory_fields")]));
    set(&world, "terms = 1");
    next(&mut world).await;
    assert_eq!(world.rejected(), BTreeMap::from([("50001".to_owned(), "refused_by_wizcommerce")]));
    assert_eq!(detail(&world, HARBOR).await["phone"], "+15035550199");
    set(&world, "phone = '(503) 555-0142'");
    set_address(&world, QUAY, "addr1 = '12 Quay Street', addr2 = null");
    assert_eq!(changes(&mut world).await, [PATCH, PUT_ADDRESS]);
    let mut expected = harbor();
    expected["addresses"][0].as_object_mut().unwrap().remove("address_line_2");
    assert_eq!(detail(&world, HARBOR).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_a_person_deleted_is_not_made_again() {
    let mut world = small().await;
    world.edit_wizcommerce(r#"[{"delete": "/v1/customers/ref:50001"}]"#);
    let count = customers(&world).len();
    set(&world, "phone = '503 555 0199'");
    world.clear_logs();
    next(&mut world).await;
    assert_eq!(world.rejected(), BTreeMap::from([("50001".to_owned(), "conflict")]));
    for _ in 0..3 {
        world.clock.advance(SignedDuration::from_hours(3));
        next(&mut world).await;
    }
    assert_eq!(writes(&world), Vec::<String>::new());
    assert_eq!(customers(&world).len(), count);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_a_person_deleted_stays_away_until_netsuite_changes_it() {
    let mut world = small().await;
    add_address(&world, HARBOR, 60_002, "'F'", "'F'");
    clean(&next(&mut world).await);
    let shown = raw(&world, HARBOR).await;
    let second = shown["addresses"][1]["id"].as_str().unwrap().to_owned();
    world.edit_wizcommerce(&format!(r#"[{{"delete": "/v1/customer_addresses/{second}"}}]"#));
    set(&world, "phone = '503 555 0199'");
    assert_eq!(changes(&mut world).await, [PATCH]);
    set_address(&world, 60_002, "addr1 = '1 New Wharf'");
    assert_eq!(changes(&mut world).await, [POST_ADDRESS]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_file_links_again_and_creates_nothing() {
    let mut world = small().await;
    let before = customers(&world);
    world.lose_state();
    world.clear_logs();
    let reports = next(&mut world).await;
    clean(&reports);
    assert_eq!(reports[0].0.counts.created, 0);
    assert_eq!(writes(&world), Vec::<String>::new());
    assert_eq!(customers(&world), before);
    assert_eq!(detail(&world, HARBOR).await, harbor());
    set(&world, "phone = '503 555 0199'");
    assert_eq!(changes(&mut world).await, [PATCH]);
}

#[tokio::test(start_paused = true)]
async fn a_customer_deleted_in_netsuite_stays_and_says_so() {
    let mut world = small().await;
    world.edit_netsuite(
        "delete from customeraddressbook where entity = 50001; delete from contact where company = 50001; \
         delete from customersubsidiaryrelationship where entity = 50001; delete from customer where id = 50001; \
         insert into deletedrecord (recordid, recordtypeid, scriptid, type, name, deleteddate) values (50001, -2, 'CUSTOMER', 'Customer', 'HP-1', sim_now())",
    );
    world.clear_logs();
    let reports = next(&mut world).await;
    clean(&reports);
    assert_eq!(skipped(&reports).get("unsupported_by_wizcommerce"), Some(&1));
    assert_eq!(writes(&world), Vec::<String>::new());
    assert!(world.link("customers", HARBOR).is_some());
    assert_eq!(detail(&world, HARBOR).await, harbor());
    for _ in 0..3 {
        stays_quiet(&mut world).await;
    }
}

// On demand, and dry.

#[tokio::test(start_paused = true)]
async fn one_customer_can_be_brought_by_id_and_by_number() {
    let mut world = empty();
    add_company(&world, HARBOR, "HP-1");
    add_company(&world, 50_002, "HP-1 : HP-2");
    add_company(&world, 50_003, "HP-3");
    let theirs = customers(&world).len();
    clean(&named(&mut world, Wanted::Ids(vec![HARBOR])).await);
    assert_eq!(customers(&world).len(), theirs + 1);
    assert_eq!(detail(&world, HARBOR).await, harbor());
    assert!(world.state.cursor("customers", "pull").unwrap().position.is_none(), "no cursor moves");
    clean(&named(&mut world, Wanted::Number("HP-3".into())).await);
    assert!(world.link("customers", 50_003).is_some());
    // A sub-customer by its whole number and by its own part of it.
    clean(&named(&mut world, Wanted::Number("HP-2".into())).await);
    assert!(world.link("customers", 50_002).is_some());
    set(&world, "phone = '503 555 0199'");
    world.edit_netsuite("update customer set phone = '503 555 0188', lastmodifieddate = sim_now() where id in (50002, 50003)");
    world.clear_logs();
    clean(&named(&mut world, Wanted::Number("HP-1 : HP-2".into())).await);
    assert_eq!(writes(&world), [PATCH]);
    assert_eq!(detail(&world, 50_002).await["phone"], "+15035550188");
    let reports = named(&mut world, Wanted::Ids(vec![59_999])).await;
    assert_eq!(reports[0].0.failures[0].reason, "nonexistent_id");
    let reports = named(&mut world, Wanted::Number("HP_3".into())).await;
    assert_eq!(reports[0].0.failures[0].reason, "nonexistent_id");
    assert_eq!(customers(&world).len(), theirs + 3);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_writes_nothing_and_plans_what_the_run_then_does() {
    let profile = "[profile.test.customers]\nattributes = { \"Resale\" = \"resalenumber\" }\n";
    let mut world = World::with(Differences { items: Some(14), profile, ..Differences::default() });
    add_company(&world, HARBOR, "HP-1");
    world.clock.advance(SignedDuration::from_mins(15));
    let dry = world.sync(&[Customers], Options { dry_run: true, ..Options::default() }).await;
    clean(&dry);
    assert_eq!(writes(&world), Vec::<String>::new());
    assert!(world.link("customers", HARBOR).is_none());
    let wet = next(&mut world).await;
    assert_eq!(dry[0].0.counts, wet[0].0.counts);
    set(&world, "phone = '503 555 0199'");
    world.clear_logs();
    world.clock.advance(SignedDuration::from_mins(15));
    let dry = world.sync(&[Customers], Options { dry_run: true, ..Options::default() }).await;
    assert_eq!(writes(&world), Vec::<String>::new());
    let wet = next(&mut world).await;
    assert_eq!((dry[0].0.counts.updated, wet[0].0.counts.updated), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn each_problem_of_the_seed_has_its_reason() {
    let mut world = World::with(Differences { items: Some(14), problems: true, ..Differences::default() });
    world.settings.catalogs.default = None;
    world.settings.sales_reps.default = None;
    world.settings.netsuite.subsidiaries = vec!["1".into(), "2".into()];
    let reports = next(&mut world).await;
    let of = |number: &str| {
        let id = world.count_netsuite(&format!("select id from customer where entityid = '{number}'"));
        world.rejected().get(&id.to_string()).copied()
    };
    assert_eq!(of("PROBLEM-NO-ADDRESS"), Some("missing_mandatory_fields"));
    assert_eq!(of("PROBLEM-NO-CONTACT"), Some("missing_mandatory_fields"));
    assert_eq!(of("PROBLEM-NO-TERMS"), Some("missing_mandatory_fields"));
    assert_eq!(of("PROBLEM-LEVEL"), Some("price_level_unmapped"));
    assert_eq!(of("PROBLEM-REP"), Some("sales_rep_unmapped"));
    assert_eq!(of("PROBLEM-NOTHING"), None);
    let outside = world.count_netsuite("select id from customer where entityid = 'PROBLEM-OUTSIDE'");
    assert_eq!(skipped(&reports)["subsidiary"], 1);
    assert!(world.link("customers", outside).is_none());
}
