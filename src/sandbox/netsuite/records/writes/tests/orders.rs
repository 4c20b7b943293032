//! Orders and estimates: defaults, prices, lines and their numbers, status.

use super::*;

fn order(items: Value) -> Value {
    json!({"externalId": "wz_so_1", "entity": {"id": "1542"}, "item": {"items": items}})
}

fn lamp() -> Value {
    json!({"item": {"id": "4101"}, "quantity": 6, "price": {"id": "-1"}, "rate": 99.0})
}

fn with(mut body: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Numbers and quantities of the lines of an order.
fn lines(netsuite: &NetSuite, target: &str) -> Vec<(i64, f64, f64)> {
    let seen = record(netsuite, target);
    let items = seen["item"]["items"].as_array().unwrap().clone();
    items.iter().map(|l| (l["line"].as_i64().unwrap(), l["quantity"].as_f64().unwrap(), l["amount"].as_f64().unwrap())).collect()
}

#[test]
fn an_order_takes_from_its_customer_what_was_not_sent() {
    let netsuite = standard();
    edit(&netsuite, "insert into pricing (internalid, item, pricelevel, quantity, unitprice) values (3, 4205, 5, 1, 6.5)");
    let body = with(
        order(json!([
            with(lamp(), json!({"description": "Arc table lamp", "location": {"id": "2"}, "custcol_wiz_line_id": "1-1"})),
            {"item": {"id": "4205"}, "quantity": 2, "price": {"id": "5"}},
        ])),
        json!({"tranDate": "2026-03-02", "shipDate": "2026-03-09", "otherRefNum": "PO-77", "memo": "order 1", "shippingCost": 18.5,
            "location": {"id": "2"}, "custbody_wiz_order_id": "1", "shippingAddress": {"addressee": "Fair", "addr1": "1 Hall",
            "city": "Salem", "state": "OR", "zip": "97301", "country": "US"}}),
    );
    let strict = [("x-netsuite-propertynamevalidation", "Error")];
    let written = send_with(&netsuite, "POST", "salesOrder", &body, &strict);
    assert_eq!((written.status, &written.body), (204, &Value::Null));
    let seen = record(&netsuite, "salesOrder/eid:wz_so_1");
    let pending = json!({"id": "A", "refName": "Pending Approval"});
    assert_members(
        &seen,
        &json!({"id": written.id, "tranId": "SO1003", "status": pending, "orderStatus": pending, "subtotal": 607.0,
            "shippingCost": 18.5, "taxTotal": 0.0, "total": 625.5, "exchangeRate": 1.0, "shipComplete": false,
            "currency": {"id": "1", "refName": "US Dollar"}, "terms": {"id": "2", "refName": "Net 30"},
            "salesRep": {"id": "311", "refName": "Ana Ortiz"}, "shipMethod": {"id": "38", "refName": "Parcel Ground"},
            "subsidiary": {"id": "1", "refName": "Main Inc."}, "email": "buying@harborpine.example", "custbody_wiz_order_id": "1",
            "createdDate": "2026-02-03T18:04:11Z"}),
    );
    assert_members(
        &seen["shippingAddress"],
        &json!({"addr1": "1 Hall", "state": "OR", "country": {"id": "US", "refName": "United States"}}),
    );
    assert!(seen.get("billingAddress").is_none(), "the customer of this world has no usual one");
    let first = &seen["item"]["items"][0];
    assert_members(
        first,
        &json!({"line": 1, "quantity": 6, "rate": 99, "amount": 594, "description": "Arc table lamp", "isClosed": false,
            "quantityFulfilled": 0, "quantityBilled": 0, "custcol_wiz_line_id": "1-1", "location": {"id": "2", "refName": "Portland"}}),
    );
    let rows = query(
        &netsuite,
        "SELECT t.type, t.status, t.foreigntotal, l.id, l.item, l.quantity, l.foreignamount, l.mainline, l.linesequencenumber
         FROM transaction t JOIN transactionline l ON l.transaction = t.id WHERE t.externalid = 'wz_so_1' ORDER BY l.id",
    );
    let row = |id: &str, item: Value, quantity: Value, amount: &str, main: &str| {
        let mut row = json!({"type": "SalesOrd", "status": "A", "foreigntotal": "625.5", "id": id, "foreignamount": amount,
            "mainline": main, "linesequencenumber": id});
        for (name, value) in [("item", item), ("quantity", quantity)] {
            if !value.is_null() {
                row[name] = value;
            }
        }
        row
    };
    assert_eq!(
        rows,
        [
            row("0", Value::Null, Value::Null, "625.5", "T"),
            row("1", json!("4101"), json!("-6"), "-594", "F"),
            row("2", json!("4205"), json!("-2"), "-13", "F"),
            row("3", json!("38"), json!("-1"), "-18.5", "F"),
        ]
    );
}

#[test]
fn the_forms_of_the_published_samples_are_taken() {
    let netsuite = with_documents(Settings { new_order_status: "B".into(), ..Settings::default() });
    let id = taken(
        &netsuite,
        "POST",
        "salesorder",
        &with(order(json!([lamp()])), json!({"orderStatus": "A", "shipAddressList": {"id": "902"}})),
    );
    let seen = record(&netsuite, &format!("salesOrder/{id}"));
    assert_eq!((&seen["orderStatus"]["id"], &seen["shippingAddress"]["addr1"]), (&json!("A"), &json!("3 Pine Road")));
    assert_eq!(seen["tranDate"], "2026-02-03", "today, where the user is");
    taken(&netsuite, "PATCH", &format!("salesOrder/{id}"), &json!({"orderStatus": {"id": "B"}}));
    let bare = json!({"entity": 1542, "item": {"items": [{"item": "4101", "quantity": 1, "price": -1, "rate": 5}]}});
    let other = taken(&netsuite, "POST", "salesOrder", &bare);
    assert_eq!(record(&netsuite, &format!("salesOrder/{other}"))["orderStatus"]["id"], "B");
    taken(&netsuite, "PATCH", "salesOrder/eid:wz_so_1", &json!({"item": {"items": [{"line": 1, "quantity": 10}]}}));
    taken(&netsuite, "PATCH", "salesOrder/eid:wz_so_1", &json!({"shippingAddress": null, "memo": null}));
    assert!(record(&netsuite, "salesOrder/eid:wz_so_1").get("shippingAddress").is_none());
    let by_name = json!({"entity": {"externalId": "wiz-cust-88"}, "item": {"items": [
        {"item": {"externalId": "LMP-220"}, "quantity": 1, "price": {"id": "-1"}, "rate": 0.1},
        {"item": {"externalId": "LMP-220"}, "quantity": 3, "price": {"id": "-1"}, "rate": 0.1}]}});
    let upserted = taken(&netsuite, "PUT", "salesOrder/eid:wz_so_2", &by_name);
    assert_eq!(taken(&netsuite, "PUT", "salesOrder/eid:wz_so_2", &by_name), upserted);
    assert_eq!(lines(&netsuite, "salesOrder/eid:wz_so_2").len(), 4, "lines without number are added");
    assert_eq!(record(&netsuite, "salesOrder/eid:wz_so_2")["total"], 0.8);
    let replaced = taken(&netsuite, "PUT", "salesOrder/eid:wz_so_2?replace=item", &by_name);
    assert_eq!((replaced, lines(&netsuite, "salesOrder/eid:wz_so_2").len()), (upserted, 2));
}

#[test]
fn a_price_comes_from_its_level_and_only_a_custom_one_from_the_caller() {
    let netsuite = standard();
    let cases = [
        (json!({"item": {"id": 4101}, "quantity": 2, "price": {"id": "-1"}, "rate": 99}), (-1, 99.0, 198.0)),
        (json!({"item": {"id": 4101}, "quantity": 2}), (-1, 95.5, 191.0)),
        (json!({"item": {"id": 4101}, "quantity": 2, "rate": 5}), (-1, 95.5, 191.0)),
        (json!({"item": {"id": 4101}, "quantity": 2, "price": {"id": "1"}, "rate": 5}), (1, 129.0, 258.0)),
        (json!({"item": {"id": 4101}, "quantity": 12, "price": {"id": "1"}}), (1, 119.5, 1434.0)),
        (json!({"item": {"id": 4205}, "quantity": 3, "rate": 4.1}), (-1, 4.1, 12.3)),
        (json!({"item": {"id": 4101}, "quantity": 2, "price": {"id": "-1"}, "rate": 10, "amount": 19}), (-1, 10.0, 19.0)),
        (json!({"item": {"id": 4101}, "quantity": 0.3, "price": {"id": "-1"}, "rate": 0.7}), (-1, 0.7, 0.21)),
    ];
    for (line, (level, rate, amount)) in cases {
        let id = taken(&netsuite, "POST", "estimate", &json!({"entity": {"id": "1542"}, "item": {"items": [line]}}));
        let seen = record(&netsuite, &format!("estimate/{id}"))["item"]["items"][0].clone();
        let numbers = (seen["rate"].as_f64().unwrap(), seen["amount"].as_f64().unwrap());
        assert_eq!((seen["price"]["id"].as_str(), numbers), (Some(level.to_string().as_str()), (rate, amount)), "{line}");
    }
}

#[test]
fn an_order_is_refused_for_what_it_names_or_lacks() {
    let netsuite = standard();
    edit(
        &netsuite,
        "insert into currency (id, symbol, name, exchangerate, isbasecurrency) values (2, 'EUR', 'Euro', 1.1, 'F');
         insert into subsidiary (id, name, isinactive) values (2, 'Other Ltd.', 'F');
         insert into itemsubsidiarymap (item, subsidiary) values (4205, 2);
         insert into customer (id, entityid, companyname, isinactive, currency) values (1700, 'C1700', 'Gone', 'T', 1)",
    );
    let invalid =
        |value: &str, field: &str| format!("You have entered an Invalid Field Value {value} for the following field: {field}");
    let unknown = |value: &str, field: &str| format!("Error while accessing resource: {}", invalid(value, field));
    let line = |change: Value| json!({"item": {"items": [with(lamp(), change)]}});
    let cases = [
        (json!({"entity": null}), "USER_ERROR", "Please enter value(s) for: Customer.".to_owned()),
        (json!({"entity": {"id": "1700"}}), "USER_ERROR", invalid("1700", "entity")),
        (json!({"entity": {"id": "77"}}), "INVALID_CONTENT", unknown("77", "entity")),
        (json!({"subsidiary": {"id": "2"}}), "USER_ERROR", invalid("2", "subsidiary")),
        (json!({"currency": {"id": "2"}}), "USER_ERROR", invalid("2", "currency")),
        (json!({"orderStatus": {"id": "G"}}), "INVALID_CONTENT", unknown("G", "orderstatus")),
        (json!({"externalId": "wiz-est-9"}), "USER_ERROR", "This record already exists.".to_owned()),
        (json!({"shipAddressList": {"id": "5"}}), "INVALID_CONTENT", unknown("5", "shipaddresslist")),
        (
            json!({"tranDate": "3/2/2026"}),
            "INVALID_CONTENT",
            "Invalid content in the request body. Invalid value for the property 'tranDate'.".to_owned(),
        ),
        (json!({"item": {"items": []}}), "USER_ERROR", "You must enter at least one line item for this transaction.".to_owned()),
        (line(json!({"item": null})), "USER_ERROR", "Please enter value(s) for: Item.".to_owned()),
        (line(json!({"quantity": null})), "USER_ERROR", "Please enter value(s) for: Quantity.".to_owned()),
        (line(json!({"rate": null})), "USER_ERROR", "Please enter value(s) for: Rate.".to_owned()),
        (line(json!({"item": {"id": "4103"}})), "USER_ERROR", invalid("4103", "item")),
        (line(json!({"item": {"id": "4205"}})), "USER_ERROR", invalid("4205", "item")),
        (line(json!({"item": {"id": "38"}})), "USER_ERROR", invalid("38", "item")),
        (line(json!({"item": {"id": "9999"}})), "INVALID_CONTENT", unknown("9999", "item")),
        (line(json!({"taxCode": {"id": "1"}})), "USER_ERROR", "The record has been deleted since you retrieved it.".to_owned()),
    ];
    for (change, code, detail) in cases {
        let got = turned_down(&netsuite, "POST", "salesOrder", &with(order(json!([lamp()])), change.clone()));
        assert_eq!((got.0, got.1.as_str(), got.2), (400, code, detail), "{change}");
    }
    let written = send(&netsuite, "POST", "salesOrder", &with(order(json!([lamp()])), line(json!({"item": {"id": "9999"}}))));
    assert_eq!(written.body["o:errorDetails"][0]["o:errorPath"], "item.items[0].item");
    let ids = query(&netsuite, "SELECT COUNT(*) AS n FROM transaction t WHERE t.type = 'SalesOrd'");
    assert_eq!(ids, [json!({"n": "2"})]);
    taken(&netsuite, "POST", "salesOrder", &order(json!([lamp()])));
    let key = [("x-netsuite-idempotency-key", "7f3f6d6e-0d53-4d1a-9d0c-1d2c3b4a5f60")];
    let again = send_with(&netsuite, "POST", "salesOrder", &order(json!([lamp()])), &key);
    assert_eq!(refused(&again.body), ("USER_ERROR", "Error while accessing a resource. This record already exists."));
}

#[test]
fn lines_go_by_their_numbers() {
    let netsuite = standard();
    let bulb = |quantity: i64| json!({"item": {"id": "4205"}, "quantity": quantity, "price": {"id": "-1"}, "rate": 2});
    let body = with(order(json!([lamp(), bulb(4)])), json!({"shippingCost": 10}));
    let target = format!("salesOrder/{}", taken(&netsuite, "POST", "salesOrder", &body));
    let patch = |query: &str, items: Value| {
        turned_down(&netsuite, "PATCH", &format!("{target}{query}"), &json!({"item": {"items": items}}))
    };
    assert_eq!(lines(&netsuite, &target), [(1, 6.0, 594.0), (2, 4.0, 8.0)]);
    assert_eq!(patch("", json!([{"line": 1, "quantity": 10}])).0, 204);
    assert_eq!(lines(&netsuite, &target), [(1, 10.0, 990.0), (2, 4.0, 8.0)]);
    assert_eq!(patch("", json!([bulb(1)])).0, 204);
    assert_eq!(lines(&netsuite, &target), [(1, 10.0, 990.0), (2, 4.0, 8.0), (4, 1.0, 2.0)], "3 is the freight's");
    assert_eq!(record(&netsuite, &target)["total"], 1010.0);
    assert_eq!(patch("?replace=item", json!([{"line": 2, "rate": 2.5}, bulb(7)])).0, 204);
    assert_eq!(lines(&netsuite, &target), [(2, 4.0, 10.0), (5, 7.0, 14.0)]);
    assert_eq!(record(&netsuite, &target)["total"], 34.0);
    assert_eq!(patch("", json!([{"line": 1, "quantity": 1}])).1, "INVALID_CONTENT", "gone");
    assert_eq!(patch("?replace=item", json!([])).2, "You must enter at least one line item for this transaction.");
    assert_eq!(turned_down(&netsuite, "PATCH", &target, &json!({"shippingCost": null})).0, 204);
    assert_eq!(record(&netsuite, &target)["total"], 24.0);
    let stamps = query(
        &netsuite,
        "SELECT l.id, l.linesequencenumber, TO_CHAR(SYS_EXTRACT_UTC(l.linelastmodifieddate), 'YYYY-MM-DD') AS day FROM transactionline l
         JOIN transaction t ON t.id = l.transaction WHERE t.externalid = 'wz_so_1' AND l.mainline = 'F' ORDER BY l.id",
    );
    let row = |id: &str, place: &str| json!({"id": id, "linesequencenumber": place, "day": "2026-02-03"});
    assert_eq!(stamps, [row("2", "1"), row("5", "2")]);
    let strict = with_documents(Settings { refuse_replace: true, ..Settings::default() });
    let refusal = turned_down(&strict, "PATCH", "salesOrder/88013?replace=item", &json!({"item": {"items": [bulb(1)]}}));
    assert_eq!(refusal.2, "The record has been deleted since you retrieved it.");
    assert_eq!(turned_down(&strict, "PATCH", "salesOrder/88013", &json!({"item": {"items": [bulb(1)]}})).0, 204);
}

#[test]
fn what_was_shipped_or_billed_stays() {
    let netsuite = standard();
    let patch = |query: &str, items: Value| {
        turned_down(&netsuite, "PATCH", &format!("salesOrder/88012{query}"), &json!({"item": {"items": items}}))
    };
    assert_eq!(patch("", json!([{"line": 1, "quantity": 3}])).1, "USER_ERROR");
    assert_eq!(patch("?replace=item", json!([{"line": 3}])).1, "USER_ERROR");
    taken(&netsuite, "PATCH", "salesOrder/88012", &json!({"memo": "only this", "orderStatus": {"id": "B"}, "otherRefNum": null}));
    let seen = record(&netsuite, "salesOrder/88012");
    assert_members(
        &seen,
        &json!({"memo": "only this", "total": 714.2, "taxTotal": 1.7, "lastModifiedDate": "2026-02-03T18:04:11Z"}),
    );
    assert_eq!(turned_down(&netsuite, "PATCH", "salesOrder/88012", &json!({"orderStatus": {"id": "A"}})).1, "USER_ERROR");
    assert_eq!(turned_down(&netsuite, "PATCH", "salesOrder/88012", &json!({"entity": {"id": "1543"}})).1, "USER_ERROR");
    // A kit takes the rows of its components along.
    assert_eq!(patch("", json!([{"line": 3, "quantity": 2, "price": {"id": "-1"}, "rate": 100}])).0, 204);
    let part = query(&netsuite, "SELECT l.quantity FROM transactionline l WHERE l.transaction = 88012 AND l.id = 4");
    assert_eq!(part, [json!({"quantity": "-4"})]);
}

#[test]
fn closing_every_line_closes_the_order() {
    let netsuite = standard();
    let bulb = json!({"item": {"id": "4205"}, "quantity": 1, "price": {"id": "-1"}, "rate": 2});
    let id = taken(&netsuite, "POST", "salesOrder", &with(order(json!([lamp(), bulb])), json!({"orderStatus": {"id": "B"}})));
    let target = format!("salesOrder/{id}");
    let close = |line: i64, closed: bool| {
        taken(&netsuite, "PATCH", &target, &json!({"item": {"items": [{"line": line, "isClosed": closed}]}}));
        record(&netsuite, &target)["status"]["id"].clone()
    };
    assert_eq!((close(1, true), close(2, true), close(2, false)), (json!("B"), json!("H"), json!("B")));
    let closed = query(
        &netsuite,
        &format!("SELECT l.id, l.isclosed FROM transactionline l WHERE l.transaction = {id} AND l.id > 0 ORDER BY l.id"),
    );
    assert_eq!(closed, [json!({"id": "1", "isclosed": "T"}), json!({"id": "2", "isclosed": "F"})]);
}

#[test]
fn a_discount_on_the_whole_is_a_line_of_its_own() {
    let discounted = |settings: Settings| {
        let netsuite = with_documents(settings);
        edit(&netsuite, "insert into item (id, itemid, itemtype, isinactive) values (50, 'Fair', 'Discount', 'F')");
        let body = with(order(json!([lamp()])), json!({"discountItem": {"id": "50"}, "discountRate": -5}));
        taken(&netsuite, "POST", "salesOrder", &body);
        let seen = record(&netsuite, "salesOrder/eid:wz_so_1");
        (seen["total"].as_f64(), seen["discountTotal"].as_f64(), lines(&netsuite, "salesOrder/eid:wz_so_1").len())
    };
    assert_eq!(discounted(Settings::default()), (Some(589.0), Some(-5.0), 1));
    assert_eq!(discounted(Settings { discount_is_percent: true, ..Settings::default() }), (Some(564.3), Some(-29.7), 1));
}

#[test]
fn an_estimate_is_an_offer() {
    let netsuite = standard();
    let body = json!({"externalId": "wz_es_1", "entity": {"id": "1542"}, "tranDate": "2026-03-02", "dueDate": "2026-04-01",
        "expectedCloseDate": "2026-03-20", "title": "Spring reset", "otherRefNum": "Q-502", "entityStatus": {"id": "10"},
        "probability": 50, "includeInForecast": false, "salesRep": {"id": "311"}, "item": {"items": [lamp()]}});
    let strict = [("x-netsuite-propertynamevalidation", "Error")];
    let written = send_with(&netsuite, "POST", "estimate", &body, &strict);
    assert_eq!((written.status, &written.body), (204, &Value::Null));
    assert_members(
        &record(&netsuite, "estimate/eid:wz_es_1"),
        &json!({"tranId": "EST10", "status": {"id": "A", "refName": "Open"}, "title": "Spring reset", "dueDate": "2026-04-01",
            "probability": 50.0, "total": 594.0, "entityStatus": {"id": "10", "refName": "Proposal"}}),
    );
    taken(
        &netsuite,
        "PATCH",
        "estimate/eid:wz_es_1",
        &json!({"title": null, "probability": 75, "item": {"items": [{"line": 1, "quantity": 1}]}}),
    );
    let seen = record(&netsuite, "estimate/eid:wz_es_1");
    assert!(seen.get("title").is_none() && seen["probability"] == 75.0 && seen["total"] == 99.0);
    assert_eq!(
        turned_down(&netsuite, "POST", "salesOrder", &with(order(json!([lamp()])), json!({"externalId": "wz_es_1"}))).2,
        "This record already exists."
    );
    assert_eq!(
        turned_down(&netsuite, "PATCH", &format!("salesOrder/{}", written.id), &json!({})).2,
        "Transaction type specified is incorrect."
    );
}
