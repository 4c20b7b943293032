//! Transforms: from an offer to the credit for it, and back by deletions.

use super::*;

fn status(netsuite: &NetSuite, target: &str) -> Value {
    record(netsuite, target)["status"]["id"].clone()
}

#[test]
fn an_offer_becomes_an_order_goods_an_invoice_and_a_credit() {
    let netsuite = standard();
    let offer = json!({"externalId": "wz_es_1", "entity": {"id": "1542"}, "otherRefNum": "Q-1", "item": {"items": [
        {"item": {"id": "4101"}, "quantity": 4, "price": {"id": "-1"}, "rate": 92, "custcol_wiz_line_id": "9-1"}]}});
    let estimate = format!("estimate/{}", taken(&netsuite, "POST", "estimate", &offer));
    let body = json!({"externalId": "wz_so_1", "orderStatus": {"id": "B"}, "shippingCost": 8});
    let id = taken(&netsuite, "POST", "estimate/eid:wz_es_1/!transform/salesOrder", &body);
    let order = format!("salesOrder/{id}");
    let seen = record(&netsuite, &order);
    assert_members(
        &seen,
        &json!({"externalId": "wz_so_1", "total": 376.0, "otherRefNum": "Q-1", "status": {"id": "B", "refName": "Pending Fulfillment"}}),
    );
    assert_members(&seen["item"]["items"][0], &json!({"quantity": 4, "rate": 92, "custcol_wiz_line_id": "9-1"}));
    assert_eq!((status(&netsuite, &estimate), &seen["createdFrom"]["refName"]), (json!("B"), &json!("Estimate #EST10")));
    let again = turned_down(&netsuite, "POST", &format!("{estimate}/!transform/salesOrder"), &json!({}));
    assert!(again.2.starts_with("You can not initialize salesorder: invalid reference"), "{again:?}");

    let ship = format!("{order}/!transform/itemFulfillment");
    assert_eq!(turned_down(&netsuite, "POST", &ship, &Value::Null).2, "Please enter value(s) for: Location.");
    let too_many = json!({"item": {"items": [{"orderLine": 1, "quantity": 5}]}});
    assert_eq!(turned_down(&netsuite, "POST", &ship, &too_many).1, "USER_ERROR");
    let three = json!({"item": {"items": [{"orderLine": 1, "quantity": 3, "location": {"id": "2"}}]},
        "package": {"items": [{"packageWeight": 4.5, "packageDescr": "Carton", "packageTrackingNumber": "1Z1"}]}});
    let first = taken(&netsuite, "POST", &ship, &three);
    let seen = record(&netsuite, &format!("itemFulfillment/{first}"));
    assert_members(
        &seen,
        &json!({"shipStatus": {"id": "C", "refName": "Shipped"}, "tranId": "IF2046", "shippedDate": "2026-02-03"}),
    );
    assert_members(&seen["item"]["items"][0], &json!({"orderLine": 1, "quantity": 3, "quantityRemaining": 1}));
    assert_eq!(seen["package"]["items"][0]["packageTrackingNumber"], "1Z1");
    assert_eq!(status(&netsuite, &order), "E");
    assert_eq!(record(&netsuite, &order)["item"]["items"][0]["quantityFulfilled"], 3);

    let picked = taken(&netsuite, "POST", &ship, &json!({"location": {"id": "2"}, "shipStatus": {"id": "A"}}));
    assert_eq!(status(&netsuite, &order), "E", "what is picked has not left");
    assert_eq!(
        turned_down(&netsuite, "POST", &ship, &json!({"location": {"id": "2"}})).2,
        format!("You can not initialize itemfulfillment: invalid reference {id}.")
    );
    taken(&netsuite, "DELETE", &format!("itemFulfillment/{picked}"), &Value::Null);
    let second = taken(&netsuite, "POST", &ship, &json!({"location": {"id": "2"}}));
    assert_eq!(status(&netsuite, &order), "F");

    let bill = json!({"externalId": "wz_in_1", "tranDate": "2026-03-01"});
    let invoice = format!("invoice/{}", taken(&netsuite, "POST", &format!("{order}/!transform/invoice"), &bill));
    let seen = record(&netsuite, &invoice);
    assert_members(
        &seen,
        &json!({"total": 376.0, "subtotal": 368.0, "shippingCost": 8.0, "amountPaid": 0.0, "amountRemaining": 376.0,
        "dueDate": "2026-03-31", "status": {"id": "Open", "refName": "Open"}}),
    );
    assert_members(&seen["item"]["items"][0], &json!({"quantity": 4, "orderLine": 1}));
    assert_eq!((status(&netsuite, &order), record(&netsuite, "customer/1542")["balance"].as_f64()), (json!("G"), Some(788.5)));

    let number = invoice.trim_start_matches("invoice/");
    let credit =
        json!({"item": {"items": [{"line": 1, "quantity": 1}]}, "apply": {"items": [{"doc": {"id": number}, "apply": true}]}});
    let credit = format!("creditMemo/{}", taken(&netsuite, "POST", &format!("{invoice}/!transform/creditMemo"), &credit));
    assert_members(
        &record(&netsuite, &credit),
        &json!({"total": 92.0, "applied": 92.0, "amountRemaining": 0.0,
        "status": {"id": "B", "refName": "Fully Applied"}, "createdFrom": {"id": number, "refName": "Invoice #INV1189"}}),
    );
    assert_members(&record(&netsuite, &invoice), &json!({"amountPaid": 92.0, "amountRemaining": 284.0}));

    let links = query(
        &netsuite,
        &format!(
            "SELECT DISTINCT k.linktype, k.nexttype FROM nexttransactionlinelink k
             WHERE k.previousdoc IN ({id}, {number}, {}) ORDER BY k.linktype, k.nexttype",
            estimate.trim_start_matches("estimate/")
        ),
    );
    let kinds: Vec<(&str, &str)> =
        links.iter().map(|l| (l["linktype"].as_str().unwrap(), l["nexttype"].as_str().unwrap())).collect();
    assert_eq!(kinds, [("EstInvc", "SalesOrd"), ("OrdBill", "CustInvc"), ("Payment", "CustCred"), ("ShipRcpt", "ItemShip")]);
    let signs = query(
        &netsuite,
        &format!(
            "SELECT l.quantity, l.createdfrom FROM transactionline l WHERE l.transaction = {first} AND l.mainline = 'F' ORDER BY l.id"
        ),
    );
    assert_eq!(signs, [json!({"quantity": "3", "createdfrom": id}), json!({"quantity": "-3"})]);

    let refusal = turned_down(&netsuite, "DELETE", &order, &Value::Null);
    assert!(refusal.2.contains("linked to by one or more transactions"), "{refusal:?}");
    taken(&netsuite, "DELETE", &credit, &Value::Null);
    assert_members(&record(&netsuite, &invoice), &json!({"amountPaid": 0.0, "amountRemaining": 376.0}));
    taken(&netsuite, "DELETE", &invoice, &Value::Null);
    assert_eq!((status(&netsuite, &order), record(&netsuite, "customer/1542")["balance"].as_f64()), (json!("F"), Some(412.5)));
    taken(&netsuite, "DELETE", &format!("itemFulfillment/{second}"), &Value::Null);
    assert_eq!(status(&netsuite, &order), "E");
    taken(&netsuite, "DELETE", &format!("itemFulfillment/{first}"), &Value::Null);
    assert_eq!(status(&netsuite, &order), "B");
    taken(&netsuite, "DELETE", &order, &Value::Null);
    assert_eq!(status(&netsuite, &estimate), "A");
}

#[test]
fn half_an_order_is_billed_and_the_rest_later() {
    let netsuite = standard();
    let line = |item: i64| json!({"item": {"id": item}, "quantity": 4, "price": {"id": "-1"}, "rate": 10});
    let body =
        json!({"entity": {"id": "1542"}, "orderStatus": "B", "shippingCost": 5, "item": {"items": [line(4101), line(4205)]}});
    let order = format!("salesOrder/{}", taken(&netsuite, "POST", "salesOrder", &body));
    let bill = |query: &str, body: Value| {
        let id = taken(&netsuite, "POST", &format!("{order}/!transform/invoice{query}"), &body);
        record(&netsuite, &format!("invoice/{id}"))["total"].as_f64()
    };
    assert_eq!(bill("?replace=item", json!({"item": {"items": [{"orderLine": 2, "quantity": 1}]}})), Some(15.0));
    assert_eq!(bill("", json!({"item": {"items": [{"orderLine": 1, "quantity": 2}]}})), Some(50.0), "freight was billed");
    assert_eq!(bill("", Value::Null), Some(20.0));
    assert_eq!(status(&netsuite, &order), "B", "nothing left the house yet");
    assert_eq!(turned_down(&netsuite, "POST", &format!("{order}/!transform/invoice"), &Value::Null).1, "USER_ERROR");
}

#[test]
fn what_cannot_become_of_something_is_refused() {
    let netsuite = standard();
    let cases = [
        ("salesOrder/88012/!transform/nothing", 404, "NONEXISTENT_ID"),
        ("salesOrder/88012/!transform/estimate", 404, "NONEXISTENT_ID"),
        ("salesOrder/7/!transform/invoice", 400, "USER_ERROR"),
        ("estimate/88000/!transform/salesOrder", 400, "USER_ERROR"),
        ("customer/1542/!transform/salesOrder", 404, "NONEXISTENT_ID"),
    ];
    for (target, status, code) in cases {
        let got = turned_down(&netsuite, "POST", target, &Value::Null);
        assert_eq!((got.0, got.1.as_str()), (status, code), "{target}");
    }
    let pending = json!({"entity": {"id": "1542"}, "orderStatus": "A", "item": {"items": [{"item": 4101, "quantity": 1}]}});
    let id = taken(&netsuite, "POST", "salesOrder", &pending);
    assert_eq!(turned_down(&netsuite, "POST", &format!("salesOrder/{id}/!transform/invoice"), &Value::Null).1, "USER_ERROR");
}
