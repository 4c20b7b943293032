//! Customer deposits: what they are for, when they may be booked, and what they never take.

use super::*;

fn deposit() -> Value {
    json!({"externalId": "wz_dp_1", "customer": {"id": "1542"}, "salesOrder": {"id": "88012"}, "payment": 200.5, "currency": {"id": "1"},
        "exchangeRate": 1.0, "paymentOption": {"id": "4"}, "tranDate": "2026-03-02", "account": {"id": "217"}, "checkNumber": "3f9b",
        "memo": "payment 3f9b"})
}

fn with(mut body: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn a_deposit_hangs_on_its_order() {
    let netsuite = standard();
    let strict = [("x-netsuite-propertynamevalidation", "Error")];
    let written = send_with(&netsuite, "POST", "customerDeposit", &deposit(), &strict);
    assert_eq!((written.status, &written.body), (204, &Value::Null));
    assert_members(
        &record(&netsuite, "customerDeposit/eid:wz_dp_1"),
        &json!({"id": written.id, "tranId": "DEP8", "payment": 200.5, "total": 200.5, "status": {"id": "B", "refName": "Deposited"},
            "customer": {"id": "1542", "refName": "CUST1542 Harbor & Pine Home"}, "account": {"id": "217"}, "checkNumber": "3f9b",
            "salesOrder": {"id": "88012", "refName": "Sales Order #SO1001"}, "paymentOption": {"id": "4"}}),
    );
    let rows = query(
        &netsuite,
        &format!(
            "SELECT k.previousdoc, k.linktype, m.createdfrom, m.foreignamount, t.foreignpaymentamountunused FROM transaction t
             JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T'
             JOIN nexttransactionlinelink k ON k.nextdoc = t.id WHERE t.id = {}",
            written.id
        ),
    );
    let expected = json!({"previousdoc": "88012", "linktype": "OrdDep", "createdfrom": "88012", "foreignamount": "200.5",
        "foreignpaymentamountunused": "200.5"});
    assert_eq!(rows, [expected]);
    let loose = json!({"customer": {"id": "1542"}, "payment": 10});
    let id = taken(&netsuite, "POST", "customerDeposit", &loose);
    assert_eq!(record(&netsuite, &format!("customerDeposit/{id}"))["status"]["id"], "A", "money without an account waits");
    taken(
        &netsuite,
        "PATCH",
        &format!("customerDeposit/{id}"),
        &json!({"salesOrder": {"id": "88012"}, "account": 217, "payment": 12}),
    );
    assert_members(
        &record(&netsuite, &format!("customerDeposit/{id}")),
        &json!({"payment": 12.0, "status": {"id": "B", "refName": "Deposited"}}),
    );
}

#[test]
fn a_deposit_is_refused_for_what_does_not_fit() {
    let netsuite = standard();
    edit(
        &netsuite,
        "insert into currency (id, symbol, name, exchangerate, isbasecurrency) values (2, 'EUR', 'Euro', 1.1, 'F');
         insert into \"transaction\" (id, type, entity, currency, status) values (88100, 'SalesOrd', 1542, 2, 'B')",
    );
    let invalid =
        |value: &str, field: &str| format!("You have entered an Invalid Field Value {value} for the following field: {field}");
    let cases = [
        (json!({"customer": null, "entity": {"id": "1542"}}), "Please enter value(s) for: Customer.".to_owned()),
        (
            json!({"payment": null, "amount": 3, "customer": null}),
            "Please enter value(s) for: Customer, Payment Amount.".to_owned(),
        ),
        (json!({"payment": 0}), invalid("0", "payment")),
        (json!({"salesOrder": {"id": "88013"}}), invalid("88013", "salesorder")),
        (json!({"salesOrder": {"id": "88100"}}), invalid("88100", "salesorder")),
        (json!({"currency": {"id": "2"}}), invalid("2", "currency")),
        (json!({"externalId": "wiz-so-1001"}), "This record already exists.".to_owned()),
    ];
    for (change, detail) in cases {
        let got = turned_down(&netsuite, "POST", "customerDeposit", &with(deposit(), change.clone()));
        assert_eq!((got.0, got.1.as_str(), got.2), (400, "USER_ERROR", detail), "{change}");
    }
    for wrong in [json!({"salesOrder": {"id": "90211"}}), json!({"paymentOption": {"id": "9"}})] {
        assert_eq!(turned_down(&netsuite, "POST", "customerDeposit", &with(deposit(), wrong)).1, "INVALID_CONTENT");
    }
    let strict = [("x-netsuite-propertynamevalidation", "Error")];
    let method =
        send_with(&netsuite, "POST", "customerDeposit", &with(deposit(), json!({"paymentMethod": {"id": "4"}})), &strict);
    assert_eq!(method.body["o:errorDetails"][0]["o:errorPath"], "paymentMethod");
    assert_eq!(turned_down(&netsuite, "PATCH", "customerDeposit/88500", &json!({"payment": 100})).2, invalid("100", "payment"));
    assert_eq!(
        turned_down(&netsuite, "PATCH", "customerDeposit/88500", &json!({"customer": {"id": "1543"}})).2,
        invalid("1543", "customer")
    );
}

#[test]
fn closed_books_take_no_deposit() {
    let closed = "The accounting period of the date you entered is closed or locked. Enter another date.";
    for column in ["closed", "arlocked", "alllocked"] {
        let netsuite = standard();
        edit(&netsuite, "update accountingperiod set closed = 'T' where isquarter = 'T'");
        taken(&netsuite, "POST", "customerDeposit", &with(deposit(), json!({"externalId": "a"})));
        edit(&netsuite, &format!("update accountingperiod set {column} = 'T' where id = 10"));
        let got = turned_down(&netsuite, "POST", "customerDeposit", &deposit());
        assert_eq!((got.0, got.1.as_str(), got.2.as_str()), (400, "USER_ERROR", closed), "{column}");
        assert_eq!(turned_down(&netsuite, "PATCH", "customerDeposit/eid:a", &json!({"tranDate": "2026-03-05"})).2, closed);
        taken(&netsuite, "POST", "customerDeposit", &with(deposit(), json!({"tranDate": "2026-04-01"})));
    }
    let netsuite = with_documents(Settings { locked_through: Some("2026-03-02".into()), ..Settings::default() });
    assert_eq!(turned_down(&netsuite, "POST", "customerDeposit", &deposit()).2, closed);
    taken(&netsuite, "POST", "customerDeposit", &with(deposit(), json!({"tranDate": "2026-03-03"})));
}
