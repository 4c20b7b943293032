//! Addresses and contacts below a customer.

use super::customers::customer;
use super::*;

const ADDRESS: &str = r#"{"reference_id":"90","type":"shipping","address_line_1":"12 Wharf Rd","city":"Tacoma","state":"WA",
    "zip_code":"98401","phone":"+12065550147","is_default":true}"#;
const CONTACT: &str = r#"{"reference_id":"7","first_name":"Ana","last_name":"Ruiz","email":"ana@x.example"}"#;

fn below(tenant: &Tenant, part: &str) -> String {
    format!("/v1/customers/{}/{part}", customer(tenant, "c")["id"].as_str().unwrap())
}

#[test]
fn names_what_is_wrong_with_an_address() {
    let tenant = Tenant::new();
    let target = below(&tenant, "addresses");
    let good: Value = serde_json::from_str(ADDRESS).unwrap();
    let wrong = [
        ("/reference_id", None, "reference_id: is required"),
        ("/reference_id", Some(json!("x".repeat(256))), "reference_id: must have at most 255 characters"),
        ("/address_line_1", Some(json!("")), "address_line_1: must not be empty"),
        ("/city", None, "city: is required"),
        ("/city", Some(json!("x".repeat(51))), "city: must have at most 50 characters"),
        ("/type", None, "type: is required"),
        ("/type", Some(json!("both")), "type: must be one of billing, shipping"),
        ("/phone", Some(json!("555-0147")), "phone: must be a phone number like +12065550147"),
        ("/is_default", Some(json!("yes")), "is_default: must be true or false"),
        ("/zip_code", Some(json!(98401)), "zip_code: must be a text"),
        ("/company", Some(json!("X")), "company: unknown field"),
        ("/status", Some(json!("inactive")), "status: unknown field"),
        ("/customer_id", Some(json!("x")), "customer_id: unknown field"),
        ("/attributes", Some(json!([{"name": "Dock", "value": "3"}])), "attributes[0].name: unknown attribute"),
    ];
    tenant.refuses("POST", &target, &good, &wrong);
    tenant.refuses("POST", &target.replace("v1", "v2"), &good, &wrong);
    let id = tenant.post(&target, ADDRESS)["id"].as_str().unwrap().to_owned();
    tenant.refuses("PUT", &format!("{target}/{id}"), &good, &wrong);
}

#[test]
fn names_what_is_wrong_with_a_contact() {
    let tenant = Tenant::new();
    let target = below(&tenant, "contacts");
    let good: Value = serde_json::from_str(CONTACT).unwrap();
    let wrong = [
        ("/reference_id", None, "reference_id: is required"),
        ("/first_name", Some(json!("")), "first_name: must not be empty"),
        ("/email", None, "email: is required"),
        ("/email", Some(Value::Null), "email: must be a text"),
        ("/phone", Some(json!("12065550147")), "phone: must be a phone number like +12065550147"),
        ("/title", Some(json!("Buyer")), "title: unknown field"),
        ("/id", Some(json!("x")), "id: unknown field"),
    ];
    tenant.refuses("POST", &target, &good, &wrong);
    let id = tenant.post(&target, CONTACT)["id"].as_str().unwrap().to_owned();
    tenant.refuses("PUT", &format!("{target}/{id}"), &good, &wrong);
}

#[test]
fn a_put_removes_what_it_leaves_out() {
    let mut tenant = Tenant::new();
    tenant.post("/v1/attributes", r#"{"entity":"address","name":"Dock","data_type":"text"}"#);
    let target = below(&tenant, "addresses");
    let mut body: Value = serde_json::from_str(ADDRESS).unwrap();
    body["attributes"] = json!([{"name": "Dock", "value": "3"}]);
    let before = tenant.write(201, "POST", &target, &body);
    assert_eq!((before["status"].as_str(), before["attributes"][0]["value"].as_str()), (Some("active"), Some("3")));
    let own = format!("{target}/{}", before["id"].as_str().unwrap());
    assert_eq!(tenant.get(&own), before);
    tenant.later(60);
    let whole = json!({"reference_id": "90", "type": "billing", "address_line_1": "1 Quay", "city": "Reno"});
    let after = tenant.write(201, "PUT", &own, &whole);
    assert_eq!((after["city"].as_str(), after["type"].as_str()), (Some("Reno"), Some("billing")));
    assert_eq!((after.get("state"), after.get("phone"), &after["is_default"]), (None, None, &json!(false)));
    assert_eq!(after["attributes"], json!([]));
    assert_eq!((&after["id"], &after["created_at"], &after["status"]), (&before["id"], &before["created_at"], &before["status"]));
    assert_eq!(after["updated_at"], "2026-03-04T05:07:07Z");
    assert_eq!(tenant.verbs("customer_addresses"), ["create", "update"]);
}

#[test]
fn the_second_version_only_adds_addresses() {
    let tenant = Tenant::new();
    let addresses = below(&tenant, "addresses").replace("v1", "v2");
    let created = tenant.post(&addresses, ADDRESS);
    assert_eq!((created["city"].as_str(), created.get("status")), (Some("Tacoma"), None));
    assert_eq!(tenant.reply("GET", &addresses, "").header("allow"), Some("POST"));
    assert_eq!(tenant.call("GET", &format!("{addresses}/{}", created["id"].as_str().unwrap()), "").0, 404);
    assert_eq!(tenant.call("POST", &addresses.replace("addresses", "contacts"), CONTACT).0, 404);
    assert_eq!(tenant.call("GET", "/v2/customers", "").0, 404);
}

#[test]
fn lists_hide_inactive_contacts_but_not_addresses() {
    let tenant = Tenant::new();
    let contacts = below(&tenant, "contacts");
    let addresses = contacts.replace("contacts", "addresses");
    tenant.post(&contacts, CONTACT);
    tenant.post(&contacts, &CONTACT.replace('7', "8"));
    tenant.post(&addresses, ADDRESS);
    tenant.post(&addresses, &ADDRESS.replace("\"90\"", "\"91\""));
    let other = customer(&tenant, "other");
    tenant.post(&format!("/v1/customers/{}/addresses", other["id"].as_str().unwrap()), ADDRESS);
    tenant.edit(
        r#"[{"set":"/v1/customer_contacts/ref:8","patch":{"status":"inactive"}},
            {"set":"/v1/customer_addresses/ref:91","patch":{"status":"inactive"}}]"#,
    );
    assert_eq!(tenant.list(&contacts).len(), 1);
    assert_eq!(tenant.list(&format!("{contacts}?status=inactive"))[0]["reference_id"], "8");
    assert_eq!(tenant.list(&format!("{contacts}?updated_after=2026-03-04T05:06:08Z")).len(), 0);
    assert_eq!(tenant.list(&addresses).len(), 2);
    assert_eq!(tenant.list(&format!("{addresses}?status=active&reference_ids=90,91")).len(), 1);
    assert_eq!(tenant.refused("GET", &format!("{contacts}?reference_ids=7"), ""), ["reference_ids: unknown parameter"]);
    let dated = format!("{addresses}?updated_after=2026-03-04T05:06:08Z");
    assert_eq!(tenant.refused("GET", &dated, ""), ["updated_after: unknown parameter"]);
}

#[test]
fn parts_stay_below_their_customer() {
    let tenant = Tenant::new();
    let contacts = below(&tenant, "contacts");
    let id = tenant.post(&contacts, CONTACT)["id"].as_str().unwrap().to_owned();
    let other = format!("/v1/customers/{}/contacts/{id}", customer(&tenant, "other")["id"].as_str().unwrap());
    for (method, body) in [("GET", ""), ("PUT", CONTACT), ("DELETE", "")] {
        assert_eq!(tenant.call(method, &other, body).0, 404, "{method}");
        assert_eq!(tenant.call(method, &format!("{contacts}/none"), body).0, 404, "{method}");
        assert_eq!(tenant.call(method, &format!("{}/{id}", contacts.replace("contacts", "addresses")), body).0, 404);
    }
    assert_eq!(tenant.call("POST", "/v1/customers/none/contacts", CONTACT).0, 404);
    assert_eq!(tenant.reply("PATCH", &format!("{contacts}/{id}"), "{}").header("allow"), Some("GET, PUT, DELETE"));
    assert_eq!(tenant.call("GET", &format!("{contacts}/{id}/more"), "").0, 404);
}

#[test]
fn a_change_below_moves_the_customer_as_the_setting_says() {
    for moves in [true, false] {
        let mut tenant = Tenant::with(Settings { sub_resources_move_customer: moves, ..Settings::default() });
        let contacts = below(&tenant, "contacts");
        let owner = contacts.trim_end_matches("/contacts").to_owned();
        let expect = |tenant: &mut Tenant, step: &dyn Fn(&Tenant)| {
            let before = tenant.get(&owner)["updated_at"].clone();
            tenant.later(60);
            step(tenant);
            assert_eq!(tenant.get(&owner)["updated_at"] != before, moves);
        };
        expect(&mut tenant, &|tenant| drop(tenant.post(&contacts, CONTACT)));
        let id = tenant.list(&contacts)[0]["id"].as_str().unwrap().to_owned();
        expect(&mut tenant, &|tenant| assert_eq!(tenant.call("PUT", &format!("{contacts}/{id}"), CONTACT).0, 201));
        expect(&mut tenant, &|tenant| tenant.edit(r#"[{"set":"/v1/customer_contacts/ref:7","patch":{"last_name":"Roe"}}]"#));
        tenant.write(201, "PATCH", &owner, &json!({"primary_contact_id": id}));
        tenant.later(60);
        assert_eq!(tenant.call("DELETE", &format!("{contacts}/{id}"), "").0, 200);
        assert_eq!(tenant.get(&owner).get("primary_contact_id"), None);
        assert_eq!(tenant.verbs("customers"), ["create", "update", "update"], "a move alone is no story of the customer");
    }
}
