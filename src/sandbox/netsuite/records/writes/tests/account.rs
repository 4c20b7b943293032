//! What the account itself has a say in: permissions, forms, scripts, and the log of what was deleted.

use super::*;
use crate::sandbox::netsuite::{Effect, Script};

fn shop(external: &str) -> Value {
    json!({"externalId": external, "companyName": "Blue Door", "subsidiary": {"id": "1"}})
}

#[test]
fn a_role_may_read_and_not_write() {
    let netsuite = with_documents(Settings {
        denied_writes: vec!["contact".into(), "delete customer".into(), "PATCH salesOrder".into(), "invoice".into()],
        ..Settings::default()
    });
    let cases = [
        ("POST", "contact", "Lists -> Contacts"),
        ("PATCH", "contact/1601", "Lists -> Contacts"),
        ("DELETE", "customer/1543", "Lists -> Customers"),
        ("PATCH", "salesOrder/88012", "Transactions -> Sales Order"),
        ("POST", "salesOrder/88012/!transform/invoice", "Transactions -> Invoice"),
    ];
    for (method, target, permission) in cases {
        let got = turned_down(&netsuite, method, target, &json!({}));
        assert_eq!((got.0, got.1.as_str()), (403, "INSUFFICIENT_PERMISSION"), "{method} {target}");
        assert!(got.2.contains(&format!("'{permission}'")), "{}", got.2);
    }
    assert_eq!(get(&netsuite, &format!("{ROOT}contact/1601")).0, 200);
    let id = taken(&netsuite, "POST", "customer", &shop("a"));
    taken(&netsuite, "PUT", "customer/eid:a", &shop("a"));
    assert_eq!(turned_down(&netsuite, "DELETE", &format!("customer/{id}"), &Value::Null).0, 403);
    assert_eq!(turned_down(&netsuite, "PUT", "salesOrder/eid:wiz-so-1001", &json!({})).0, 403);
}

#[test]
fn forms_ask_for_more_than_the_usual() {
    let mandatory = [
        ("customer", "category"),
        ("customer", "custentity_region"),
        ("salesOrder", "otherRefNum"),
        ("salesOrder", "item.location"),
    ];
    let netsuite = with_documents(Settings {
        mandatory_fields: mandatory.map(|(record, field)| (record.to_owned(), field.to_owned())).to_vec(),
        ..Settings::default()
    });
    edit(
        &netsuite,
        "alter table customer add column custentity_region text;
         insert into customfield (internalid, scriptid, name) values (1, 'CUSTENTITY_REGION', 'Sales Region')",
    );
    let got = turned_down(&netsuite, "POST", "customer", &shop("a"));
    assert_eq!((got.0, got.2.as_str()), (400, "Please enter value(s) for: Category, Sales Region."));
    let mut body = shop("a");
    body["category"] = json!({"id": "4"});
    body["custentity_region"] = json!("West");
    taken(&netsuite, "POST", "customer", &body);
    assert_eq!(
        turned_down(&netsuite, "PATCH", "customer/eid:a", &json!({"category": null})).2,
        "Please enter value(s) for: Category."
    );
    let order = json!({"entity": {"externalId": "a"}, "item": {"items": [{"item": 4101, "quantity": 1}]}});
    assert_eq!(turned_down(&netsuite, "POST", "salesOrder", &order).2, "Please enter value(s) for: Other Ref Num, Location.");
}

#[test]
fn scripts_change_and_refuse_what_was_written() {
    let script =
        |record: &str, condition: &str, effect: Effect| Script { record: record.into(), condition: condition.into(), effect };
    let netsuite = with_documents(Settings {
        scripts: vec![
            script("customer", "true", Effect::Set("companyname = upper(companyname)".into())),
            script("customer", "r.creditlimit > 1000", Effect::Refuse("Credit above 1000 needs the controller.".into())),
        ],
        ..Settings::default()
    });
    taken(&netsuite, "POST", "customer", &shop("a"));
    assert_eq!(record(&netsuite, "customer/eid:a")["companyName"], "BLUE DOOR");
    let got = turned_down(&netsuite, "PATCH", "customer/eid:a", &json!({"creditLimit": 2000, "comments": "rich"}));
    assert_eq!((got.0, got.1.as_str(), got.2.as_str()), (400, "USER_ERROR", "Credit above 1000 needs the controller."));
    assert!(record(&netsuite, "customer/eid:a").get("comments").is_none(), "a refused write leaves nothing behind");
}

#[test]
fn a_deletion_is_logged_once_and_its_number_does_not_return() {
    let netsuite = standard();
    let id = taken(&netsuite, "POST", "customer", &shop("a"));
    let book = json!({"addressBook": {"items": [{"addressBookAddress": {"addr1": "1 Road"}}]}});
    taken(&netsuite, "PATCH", &format!("customer/{id}"), &book);
    let target = format!("customer/{id}");
    assert_eq!(taken(&netsuite, "DELETE", &target, &Value::Null), "");
    let got = turned_down(&netsuite, "DELETE", &target, &Value::Null);
    assert_eq!((got.0, got.1.as_str()), (404, "NONEXISTENT_ID"));
    let log = query(
        &netsuite,
        &format!("SELECT d.recordid, d.recordtypeid, d.scriptid, d.type, d.name FROM deletedrecord d WHERE d.recordid = {id}"),
    );
    let name = format!("CUST{id} Blue Door");
    assert_eq!(log, [json!({"recordid": id, "recordtypeid": "-2", "scriptid": "CUSTOMER", "type": "Customer", "name": name})]);
    let left = query(&netsuite, &format!("SELECT a.internalid FROM customeraddressbook a WHERE a.entity = {id}"));
    assert!(left.is_empty());
    assert_ne!(taken(&netsuite, "POST", "customer", &shop("a")), id, "the external id is free again, the number is not");

    let order = json!({"externalId": "wz_so_1", "entity": {"id": "1542"}, "item": {"items": [{"item": 4101, "quantity": 1}]}});
    let first = taken(&netsuite, "POST", "salesOrder", &order);
    taken(&netsuite, "DELETE", "salesOrder/eid:wz_so_1", &Value::Null);
    assert_eq!(turned_down(&netsuite, "DELETE", &format!("salesOrder/{first}"), &Value::Null).0, 404);
    assert_eq!(turned_down(&netsuite, "DELETE", "salesOrder/90211", &Value::Null).0, 400, "an invoice");
    let log =
        query(&netsuite, &format!("SELECT d.recordtypeid, d.scriptid, d.name FROM deletedrecord d WHERE d.recordid = {first}"));
    assert_eq!(log, [json!({"recordtypeid": "-30", "scriptid": "SALESORDER", "name": "SO1003"})]);
    let second = taken(&netsuite, "POST", "salesOrder", &order);
    assert!(second.parse::<i64>().unwrap() > first.parse().unwrap());
    assert_eq!(record(&netsuite, "salesOrder/eid:wz_so_1")["tranId"], "SO1004");
    let refusal = turned_down(&netsuite, "DELETE", "customer/1542", &Value::Null);
    assert_eq!(refusal.2, "This record cannot be deleted because it has dependent records.");
    taken(&netsuite, "DELETE", "contact/1601", &Value::Null);
    assert_eq!(get(&netsuite, &format!("{ROOT}contact/1601")).0, 404);
}

#[test]
fn every_address_says_what_it_cannot_do() {
    let netsuite = standard();
    let cases = [
        ("PATCH", "customer"),
        ("DELETE", "customer"),
        ("POST", "customer/1542"),
        ("PUT", "customer/1542"),
        ("PATCH", "salesOrder/88012/item/1"),
        ("DELETE", "salesOrder/88012/item/1"),
        ("POST", "invoice"),
        ("PATCH", "itemFulfillment/89100"),
        ("POST", "inventoryItem"),
    ];
    for (method, target) in cases {
        assert_eq!(turned_down(&netsuite, method, target, &json!({})).0, 405, "{method} {target}");
    }
    let unknown = turned_down(&netsuite, "POST", "customer?expand=all", &shop("a"));
    assert_eq!((unknown.0, unknown.1.as_str()), (400, "INVALID_PARAMETER"));
}
