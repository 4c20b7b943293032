//! Customers and documents as records: shapes, references, signs and refusals.

use serde_json::{Value, json};

use crate::sandbox::exchange::Remote;
use crate::sandbox::netsuite::tests::{get, now, refused, signed, with_documents};
use crate::sandbox::netsuite::{NetSuite, Settings};

fn standard() -> NetSuite {
    with_documents(Settings::default())
}

/// Reads a record with everything below it.
fn record(netsuite: &NetSuite, target: &str) -> Value {
    let (status, body) = get(netsuite, &format!("/services/rest/record/v1/{target}?expandSubResources=true"));
    assert_eq!(status, 200, "{target}: {body}");
    body
}

/// Takes the links out, which say nothing but addresses.
fn bare(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.remove("links");
            members.values_mut().for_each(|member| *member = bare(member.take()));
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| *entry = bare(entry.take())),
        _ => {}
    }
    value
}

#[track_caller]
fn assert_members(record: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(bare(record[name].clone()), *value, "{name}");
    }
}

#[test]
fn a_customer_has_an_address_book_and_prices() {
    let netsuite = standard();
    let body = record(&netsuite, "customer/1542");
    let expected = json!({
        "id": "1542", "externalId": "wiz-cust-88", "entityId": "CUST1542", "companyName": "Harbor & Pine Home", "isPerson": false,
        "isInactive": false, "creditLimit": 5000.0, "balance": 412.5,
        "subsidiary": {"id": "1", "refName": "Main Inc."}, "currency": {"id": "1", "refName": "US Dollar"},
        "terms": {"id": "2", "refName": "Net 30"}, "priceLevel": {"id": "5", "refName": "Trade"},
        "salesRep": {"id": "311", "refName": "Ana Ortiz"}, "category": {"id": "4", "refName": "Retail"},
        "entityStatus": {"id": "13", "refName": "Closed Won"}, "shippingItem": {"id": "38", "refName": "Parcel Ground"},
        "dateCreated": "2026-01-05T08:00:00Z", "lastModifiedDate": "2026-03-02T10:00:00Z",
        "itemPricing": {"totalResults": 2, "items": [
            {"item": {"id": "4101", "refName": "LMP-220"}, "level": {"id": "-1", "refName": "Custom"}, "price": 95.5,
             "currency": {"id": "1", "refName": "US Dollar"}},
            {"item": {"id": "4205", "refName": "BLB-E26"}, "level": {"id": "5", "refName": "Trade"},
             "currency": {"id": "1", "refName": "US Dollar"}},
        ]},
        "groupPricing": {"totalResults": 1, "items": [
            {"group": {"id": "3", "refName": "Lamps"}, "level": {"id": "5", "refName": "Trade"}},
        ]},
    });
    assert_members(&body, &expected);
    assert!(body.get("lastName").is_none() && body.get("searchStage").is_none());
    let store = json!({"id": "901", "internalId": 901, "label": "Store", "defaultBilling": false, "defaultShipping": true,
        "isResidential": false, "addressBookAddress": {"addressee": "Harbor & Pine Home", "attention": "Receiving",
        "addr1": "12 Quay Street", "city": "Portland", "state": "ME", "zip": "04101",
        "country": {"id": "US", "refName": "United States"}, "addrPhone": "+1 555 0100", "override": false}});
    assert_eq!(bare(body["addressBook"]["items"][0].clone()), store);
    assert_eq!(bare(get(&netsuite, "/services/rest/record/v1/customer/eid:wiz-cust-88/addressBook/901").1), store);
    let (_, links) = get(&netsuite, "/services/rest/record/v1/customer/1542");
    let href = "http://127.0.0.1:8081/services/rest/record/v1/customer/1542/addressBook";
    assert_eq!(links["addressBook"], json!({"links": [{"rel": "self", "href": href}]}));
}

#[test]
fn people_are_records_of_their_own() {
    let netsuite = standard();
    let contact = json!({"id": "1601", "externalId": "wiz-con-1", "firstName": "Mia", "lastName": "Stone", "title": "Buyer",
        "company": {"id": "1542", "refName": "CUST1542 Harbor & Pine Home"}, "isInactive": false});
    assert_members(&record(&netsuite, "contact/eid:wiz-con-1"), &contact);
    let employee = json!({"id": "311", "externalId": "rep-ana", "isSalesRep": true, "subsidiary": {"id": "1", "refName": "Main Inc."},
        "email": "ana@main.example", "lastModifiedDate": "2026-01-02T09:00:00Z"});
    assert_members(&record(&netsuite, "employee/311"), &employee);
    let person = json!({"isPerson": true, "entityId": "Nora Quill", "addressBook": {"items": [], "totalResults": 0}});
    assert_members(&record(&netsuite, "customer/1543"), &person);
}

#[test]
fn an_order_shows_goods_without_the_sign_of_the_books() {
    let netsuite = standard();
    let body = record(&netsuite, "salesOrder/eid:wiz-so-1001");
    let status = json!({"id": "E", "refName": "Pending Billing/Partially Fulfilled"});
    let expected = json!({
        "id": "88012", "tranId": "SO1001", "tranDate": "2026-03-02", "shipDate": "2026-03-09", "otherRefNum": "PO-7781",
        "memo": "order 1001", "custbody_wiz_order_id": "1001", "shipComplete": false, "exchangeRate": 1.0, "shippingCost": 18.5,
        "subtotal": 694.0, "taxTotal": 1.7, "total": 714.2, "status": status, "orderStatus": status,
        "entity": {"id": "1542", "refName": "CUST1542 Harbor & Pine Home"}, "salesRep": {"id": "311", "refName": "Ana Ortiz"},
        "subsidiary": {"id": "1", "refName": "Main Inc."}, "location": {"id": "2", "refName": "Portland"},
        "shipMethod": {"id": "38", "refName": "Parcel Ground"}, "createdFrom": {"id": "88000", "refName": "Estimate #EST9"},
        "createdDate": "2026-03-02T09:00:00Z", "lastModifiedDate": "2026-03-06T16:00:00Z",
        "shippingAddress": {"addressee": "Harbor & Pine Home", "addr1": "12 Quay Street", "city": "Portland", "state": "ME",
            "zip": "04101", "country": {"id": "US", "refName": "United States"}, "override": false},
    });
    assert_members(&body, &expected);
    assert_eq!(body["billingAddress"]["addr1"], "3 Pine Road");
    assert!(body.get("customer").is_none() && body.get("amountRemaining").is_none());
    let lines = bare(body["item"]["items"].clone());
    assert_eq!(lines.as_array().unwrap().len(), 2, "no parts of kits, no tax, no freight, no cost: {lines}");
    let lamp = json!({"line": 1, "lineUniqueKey": 11, "item": {"id": "4101", "refName": "LMP-220"}, "quantity": 6, "rate": 99,
        "amount": 594, "price": {"id": "-1", "refName": "Custom"}, "description": "Arc lamp", "isClosed": false,
        "location": {"id": "2", "refName": "Portland"}, "units": {"id": "1", "refName": "Each"}, "expectedShipDate": "2026-03-08",
        "quantityFulfilled": 4, "quantityBilled": 6, "custcol_wiz_line_id": "1001-1"});
    assert_eq!(lines[0], lamp);
    assert_eq!(bare(get(&netsuite, "/services/rest/record/v1/salesOrder/88012/item/1").1), lamp);
    assert_eq!(get(&netsuite, "/services/rest/record/v1/salesOrder/88012/shippingAddress").1["city"], "Portland");
    let (_, plain) = get(&netsuite, "/services/rest/record/v1/salesOrder/88012?simpleEnumFormat=true&fields=orderStatus");
    assert_eq!(plain["orderStatus"], "E");
    let (_, other) = get(&netsuite, "/services/rest/record/v1/salesOrder/88013");
    assert!(other.get("shippingAddress").is_none(), "what is not there has no link");
    let quote = json!({"title": "Spring reset", "dueDate": "2026-03-20", "probability": 50.0, "total": 92.0,
        "entityStatus": {"id": "10", "refName": "Proposal"}, "status": {"id": "B", "refName": "Processed"}});
    assert_members(&record(&netsuite, "estimate/88000"), &quote);
}

#[test]
fn documents_of_money_are_positive() {
    let netsuite = standard();
    let invoice = record(&netsuite, "invoice/90211");
    let expected = json!({"tranId": "INV1187", "status": {"id": "Open", "refName": "Open"}, "dueDate": "2026-04-09", "total": 612.5,
        "subtotal": 594.0, "shippingCost": 18.5, "amountPaid": 249.0, "amountRemaining": 363.5,
        "createdFrom": {"id": "88012", "refName": "Sales Order #SO1001"}});
    assert_members(&invoice, &expected);
    assert_eq!((&invoice["item"]["items"][0]["orderLine"], &invoice["item"]["items"][0]["quantity"]), (&json!(1), &json!(6)));
    let credit = record(&netsuite, "creditMemo/90877");
    let expected = json!({"total": 99.0, "subtotal": 99.0, "applied": 99.0, "amountPaid": 99.0, "amountRemaining": 0.0,
        "status": {"id": "B", "refName": "Fully Applied"}, "createdFrom": {"id": "90211", "refName": "Invoice #INV1187"}});
    assert_members(&credit, &expected);
    assert_eq!((&credit["item"]["items"][0]["quantity"], &credit["item"]["items"][0]["amount"]), (&json!(1), &json!(99)));
    let applied = json!({"line": 0, "apply": true, "doc": {"id": "90211", "refName": "Invoice #INV1187"}, "type": "Invoice",
        "refNum": "INV1187", "applyDate": "2026-03-10", "total": 612.5, "due": 363.5, "amount": 99.0});
    let open_one = json!({"line": 1, "apply": false, "doc": {"id": "90300", "refName": "Invoice #INV1188"}, "type": "Invoice",
        "refNum": "INV1188", "applyDate": "2026-03-12", "total": 20, "due": 20});
    assert_eq!(bare(credit["apply"]["items"].clone()), json!([applied, open_one]));
    let deposit = record(&netsuite, "customerDeposit/eid:wiz-dep-3f9a");
    let expected = json!({"customer": {"id": "1542", "refName": "CUST1542 Harbor & Pine Home"}, "payment": 200.0, "total": 200.0,
        "salesOrder": {"id": "88012", "refName": "Sales Order #SO1001"}, "checkNumber": "3f9a", "account": {"id": "217"},
        "paymentOption": {"id": "4"}, "status": {"id": "B", "refName": "Deposited"}});
    assert_members(&deposit, &expected);
    assert!(deposit.get("entity").is_none() && deposit.get("paymentMethod").is_none() && deposit.get("amount").is_none());
    let payment = record(&netsuite, "customerPayment/90900");
    assert_members(
        &payment,
        &json!({"payment": 0.3, "applied": 0.3, "unapplied": 0.0, "status": {"id": "C", "refName": "Deposited"}}),
    );
    assert_eq!(payment["apply"]["items"][0]["amount"], 0.3);
}

#[test]
fn a_shipment_shows_what_left_and_what_is_still_due() {
    let netsuite = standard();
    let body = record(&netsuite, "itemFulfillment/89100");
    let expected = json!({"shipStatus": {"id": "C", "refName": "Shipped"}, "pickedDate": "2026-03-05", "shippedDate": "2026-03-06",
        "shipMethod": {"id": "38", "refName": "Parcel Ground"}, "createdFrom": {"id": "88012", "refName": "Sales Order #SO1001"}});
    assert_members(&body, &expected);
    assert!(body.get("status").is_none() && body.get("total").is_none() && body.get("packedDate").is_none());
    let line = json!({"line": 1, "lineUniqueKey": 31, "orderLine": 1, "item": {"id": "4101", "refName": "LMP-220"}, "quantity": 4,
        "location": {"id": "2", "refName": "Portland"}, "itemReceive": true, "quantityRemaining": 2});
    assert_eq!(bare(body["item"]["items"].clone()), json!([line]));
    let boxes = json!([
        {"packageCartonNumber": 1, "packageWeight": 12.4, "packageDescr": "Carton 1", "packageTrackingNumber": "1Z999AA10123456784"},
        {"packageCartonNumber": 2, "packageWeight": 3, "packageDescr": "Carton 2"},
    ]);
    assert_eq!(bare(body["package"]["items"].clone()), boxes);
    let lone = record(&netsuite, "itemFulfillment/89101");
    assert_eq!((&lone["item"]["items"][0]["quantity"], &lone["item"]["items"][0]["orderLine"]), (&json!(1), &json!(3)));
}

#[test]
fn a_document_is_refused_unlike_anything_else() {
    let netsuite = standard();
    let wrong_type = "Error while accessing a resource. Transaction type specified is incorrect.";
    let nothing = "The record instance does not exist. Provide a valid record instance ID.";
    let cases = [
        ("salesOrder/90211", 400, "USER_ERROR", wrong_type),
        ("salesOrder/7", 400, "USER_ERROR", wrong_type),
        ("invoice/88012/item", 400, "USER_ERROR", wrong_type),
        ("salesOrder/eid:wiz-est-9", 400, "USER_ERROR", wrong_type),
        ("salesOrder/eid:WIZ-SO-1001", 404, "NONEXISTENT_ID", nothing),
        ("salesOrder/88012/lines", 404, "NONEXISTENT_ID", nothing),
        ("salesOrder/88012/item/99", 404, "NONEXISTENT_ID", nothing),
        ("salesOrder/88013/shippingAddress", 404, "NONEXISTENT_ID", nothing),
        ("customer/7", 404, "NONEXISTENT_ID", nothing),
        ("customer/1601", 404, "NONEXISTENT_ID", nothing),
        ("contact/eid:wiz-cust-88", 404, "NONEXISTENT_ID", nothing),
        ("vendorBill/1", 404, "NONEXISTENT_ID", "Record type 'vendorBill' does not exist."),
    ];
    for (target, status, code, detail) in cases {
        let (got, body) = get(&netsuite, &format!("/services/rest/record/v1/{target}"));
        assert_eq!((got, refused(&body)), (status, (code, detail)), "{target}");
    }
    for (method, target) in
        [("POST", "invoice"), ("PATCH", "inventoryItem/4101"), ("DELETE", "employee/311"), ("PUT", "customer/1542")]
    {
        let request = signed(&netsuite, method, &format!("/services/rest/record/v1/{target}"), "{}", now());
        assert_eq!(netsuite.handle(&request, now()).status, 405, "{method} {target}");
    }
}

#[test]
fn lists_hold_one_type_and_only_what_the_role_sees() {
    let netsuite = standard();
    for (kind, total) in [("salesOrder", 2), ("customer", 2), ("contact", 2), ("itemFulfillment", 2), ("creditMemo", 1)] {
        let (status, body) = get(&netsuite, &format!("/services/rest/record/v1/{kind}?limit=1"));
        assert_eq!((status, body["totalResults"].as_u64(), body["count"].as_u64()), (200, Some(total), Some(1)), "{kind}");
    }
    let denied = Settings {
        denied_rows: vec!["contact".into(), "customeraddressbookentityaddress".into()],
        denied_records: vec!["invoice".into(), "inventoryitem".into()],
        ..Settings::default()
    };
    let netsuite = with_documents(denied);
    assert_eq!(get(&netsuite, "/services/rest/record/v1/contact").1["totalResults"], 0);
    assert_eq!(get(&netsuite, "/services/rest/record/v1/contact/1601").0, 404);
    let book = record(&netsuite, "customer/1542")["addressBook"].clone();
    assert_eq!((&book["totalResults"], book["items"][0].get("addressBookAddress")), (&json!(2), None));
    for (target, permission) in [("invoice/90211", "Transactions -> Invoice"), ("inventoryItem", "Lists -> Items")] {
        let (status, body) = get(&netsuite, &format!("/services/rest/record/v1/{target}"));
        let (code, detail) = refused(&body);
        assert_eq!((status, code), (403, "INSUFFICIENT_PERMISSION"), "{target}");
        assert!(detail.contains(&format!("'{permission}'")), "{detail}");
    }
    assert_eq!(get(&netsuite, "/services/rest/record/v1/kitItem/4102").0, 200);
}
