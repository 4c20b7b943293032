//! Payments and credit memos, which exist only as extensions, and the stored cards, which do not need one.

use super::invoices::invoice;
use super::orders::{order, shop, shop_with};
use super::*;

/// A tenant with a customer, an order and an invoice, whose ids are given in that order.
fn billed() -> (Tenant, [Value; 3]) {
    let (tenant, body) = shop();
    let order = order(&tenant, &body);
    let invoice = tenant.write(201, "POST", "/v1/invoices", &invoice(&order))["id"].clone();
    (tenant, [body["customer_id"].clone(), json!(order), invoice])
}

fn payment([customer, order, invoice]: &[Value; 3]) -> Value {
    json!({
        "reference_id": "501", "customer_id": customer, "amount": 120.50, "payment_date": "2026-02-20T00:00:00Z",
        "payment_method_type": "check", "transaction_number": "1007", "note": "Thanks",
        "allocations": [{"invoice_id": invoice, "amount": 100.50}, {"order_id": order, "amount": 20}],
    })
}

fn credit_memo([customer, order, invoice]: &[Value; 3]) -> Value {
    json!({
        "reference_id": "601", "customer_id": customer, "credit_memo_number": "CM1", "order_id": order, "invoice_id": invoice,
        "total_amount": 15.00, "applied_amount": 5, "remarks": "Broken", "url": "https://files.example/cm1.pdf",
        "items": [{"reference_id": "1", "sku": "HAND", "quantity": 1, "amount": 15.00, "name": "By hand"}],
        "applications": [{"invoice_id": invoice, "amount": 5}],
    })
}

#[test]
fn names_what_is_wrong_with_a_payment() {
    let (tenant, ids) = billed();
    let good = payment(&ids);
    let wrong = [
        ("/reference_id", Some(json!("x".repeat(256))), "reference_id: must have at most 255 characters"),
        ("/customer_id", Some(json!("4410")), "customer_id: unknown customer"),
        ("/amount", Some(json!("120.50")), "amount: must be a number"),
        (
            "/payment_date",
            Some(json!("2026-02-20")),
            "payment_date: must be a UTC time in whole seconds, like 2026-01-31T00:00:00Z",
        ),
        ("/status", Some(json!("paid")), "status: must be one of PENDING, PAID, REFUNDED, VOIDED"),
        ("/allocations/0/invoice_id", Some(json!("x")), "allocations[0].invoice_id: unknown invoice"),
        ("/allocations/1/order_id", Some(json!("88120")), "allocations[1].order_id: unknown order"),
        ("/allocations/1/order_id", None, "allocations[1].invoice_id: must be given, or order_id instead of it"),
        ("/allocations/0/order_id", Some(ids[1].clone()), "allocations[0].invoice_id: must be given, or order_id instead of it"),
        ("/allocations/0/amount", None, "allocations[0].amount: is required"),
        ("/created_at", Some(json!("2026-02-20T00:00:00Z")), "created_at: unknown field"),
        ("/currency", Some(json!("USD")), "currency: unknown field"),
    ];
    tenant.refuses("POST", "/v1/payments", &good, &wrong);
    for field in ["reference_id", "customer_id", "amount", "payment_date"] {
        tenant.refuses("POST", "/v1/payments", &good, &[(&format!("/{field}"), None, &format!("{field}: is required"))]);
    }
    let created = tenant.write(201, "POST", "/v1/payments", &good);
    tenant.refuses("PATCH", &format!("/v1/payments/{}", created["id"].as_str().unwrap()), &good, &wrong);
}

#[test]
fn names_what_is_wrong_with_a_credit_memo() {
    let (tenant, ids) = billed();
    let good = credit_memo(&ids);
    let wrong = [
        ("/customer_id", Some(json!("x")), "customer_id: unknown customer"),
        ("/invoice_id", Some(json!("x")), "invoice_id: unknown invoice"),
        ("/status", Some(json!("CLOSED")), "status: must be one of OPEN, APPLIED, VOIDED"),
        ("/items/0/sku", Some(json!("B")), "items[0].sku: unknown sku"),
        ("/items/0/amount", None, "items[0].amount: is required"),
        ("/applications/0/invoice_id", Some(json!("x")), "applications[0].invoice_id: unknown invoice"),
        ("/applications/0/order_id", Some(json!("x")), "applications[0].order_id: unknown field"),
        ("/due_date", Some(json!("2026-02-20T00:00:00Z")), "due_date: unknown field"),
    ];
    tenant.refuses("POST", "/v1/credit-memos", &good, &wrong);
    let mut bare = good.clone();
    bare.as_object_mut().unwrap().remove("items");
    tenant.refuses("POST", "/v1/credit-memos", &bare, &[("/order_id", Some(json!("x")), "order_id: unknown order")]);
    for field in ["reference_id", "customer_id", "credit_memo_number", "total_amount"] {
        tenant.refuses("POST", "/v1/credit-memos", &good, &[(&format!("/{field}"), None, &format!("{field}: is required"))]);
    }
    let created = tenant.write(201, "POST", "/v1/credit-memos", &good);
    assert_eq!((&created["status"], &created["items"][0]["sku"]), (&json!("OPEN"), &json!("HAND")));
    let target = format!("/v1/credit-memos/{}", created["id"].as_str().unwrap());
    tenant.refuses("PATCH", &target, &good, &wrong);
    let after = tenant.write(200, "PATCH", &target, &json!({"status": "APPLIED", "applied_amount": 15}));
    assert_eq!((&after["status"], &after["applications"]), (&json!("APPLIED"), &created["applications"]));
    assert_eq!(tenant.list("/v1/credit-memos?reference_ids=601,602").len(), 1);
}

#[test]
fn a_payment_changes_in_part() {
    let (mut tenant, ids) = billed();
    let created = tenant.write(201, "POST", "/v1/payments", &payment(&ids));
    assert_eq!((created["status"].as_str(), created["allocations"].as_array().unwrap().len()), (Some("PENDING"), 2));
    assert!(tenant.remote.texts("payments").unwrap()[0].contains("\"amount\":120.5"));
    let target = format!("/v1/payments/{}", created["id"].as_str().unwrap());
    assert_eq!(tenant.get(&target), created);
    tenant.later(60);
    let after = tenant.write(200, "PATCH", &target, &json!({"status": "PAID", "allocations": []}));
    assert_eq!((&after["status"], &after["allocations"], &after["amount"]), (&json!("PAID"), &json!([]), &created["amount"]));
    let of_customer = format!("/v1/payments?customer_id={}&updated_after=2026-03-04T05:07:07Z", ids[0].as_str().unwrap());
    assert_eq!(tenant.list(&of_customer).len(), 1);
    assert!(tenant.list("/v1/payments?customer_id=x").is_empty());
    assert_eq!(tenant.refused("GET", "/v1/payments?status=PAID", "").len(), 1);
    assert_eq!(tenant.reply("DELETE", &target, "").header("allow"), Some("GET, PATCH"));
    assert_eq!(tenant.verbs("payments"), ["create", "update"]);
}

#[test]
fn a_person_may_enter_payments_and_credit_memos() {
    let (tenant, _) = billed();
    tenant.edit(
        r#"[{"insert":"payments","document":{"reference_id":"p1","customer_id":"ref:4410","amount":10.00,
              "allocations":[{"invoice_id":"ref:70210","amount":10.00}]}},
            {"insert":"credit_memos","document":{"reference_id":"m1","customer_id":"ref:4410","total_amount":3,
              "invoice_id":"ref:70210","items":[{"sku":"HAND","quantity":1,"amount":3}]}},
            {"set":"/v1/credit-memos/ref:m1","patch":{"status":"VOIDED"}}]"#,
    );
    let paid = &tenant.list("/v1/payments")[0];
    assert_eq!((paid["status"].as_str(), paid["payment_date"].as_str()), (Some("PAID"), Some("2026-03-04T05:06:07Z")));
    assert_eq!(paid["allocations"][0]["invoice_id"], tenant.list("/v1/invoices")[0]["id"]);
    assert_eq!(tenant.list("/v1/credit-memos")[0]["status"], "VOIDED");
    let script = r#"[{"insert":"payments","document":{"customer_id":"ref:4410","allocations":[{"invoice_id":"ref:x"}]}}]"#;
    assert!(tenant.remote.edit(script, tenant.now).unwrap_err().contains("names no invoice"));
}

#[test]
fn there_are_none_without_the_extensions() {
    let (tenant, _) = shop_with(Settings { extensions: vec!["quotes".to_owned()], ..Settings::default() });
    for target in ["/v1/payments", "/v1/payments/x", "/v1/credit-memos", "/v1/credit-memos/x", "/v2/payments"] {
        assert_eq!(tenant.call("GET", target, "").0, 404, "{target}");
    }
}

#[test]
fn stored_cards_belong_to_customers_and_pay_orders() {
    let (tenant, mut body) = shop();
    let good = json!({
        "reference_id": "c1", "customer_id": body["customer_id"], "provider": "stripe", "payment_method_type": "card",
        "card_type": "credit", "brand": "visa", "card_expiry": "09/27", "last_four_digits": "4242", "token": "tok",
        "external_customer_id": "cus_1", "display_name": "Visa 4242",
    });
    tenant.refuses(
        "POST",
        "/v1/payment-methods",
        &good,
        &[
            ("/reference_id", None, "reference_id: is required"),
            ("/customer_id", Some(json!("x")), "customer_id: unknown customer"),
            ("/provider", Some(json!("x".repeat(51))), "provider: must have at most 50 characters"),
            ("/card_expiry", Some(json!("13/27")), "card_expiry: must be a month and a year like 09/27"),
            ("/card_expiry", Some(json!("2027-09")), "card_expiry: must be a month and a year like 09/27"),
            ("/phone", Some(json!("555")), "phone: must be a phone number like +12065550147"),
            ("/number", Some(json!("4242")), "number: unknown field"),
        ],
    );
    let card = tenant.write(201, "POST", "/v1/payment-methods", &good);
    assert_eq!((card["status"].as_str(), card.get("external_customer_id")), (Some("active"), None));
    body["payment_method_id"] = card["id"].clone();
    let order = tenant.write(201, "POST", "/v2/orders", &body);
    assert_eq!((order["payment_method"].as_str(), order["card"]["card_exp"].as_str()), (Some("Visa 4242"), Some("09/27")));
    let target = format!("/v1/payment-methods?customer_id={}", body["customer_id"].as_str().unwrap());
    assert_eq!(tenant.list(&target).len(), 1);
    assert_eq!(tenant.refused("GET", "/v1/payment-methods?sort=asc", ""), ["sort: unknown parameter"]);
    assert_eq!(tenant.call("DELETE", &format!("/v1/payment-methods/{}", card["id"].as_str().unwrap()), "").0, 200);
    assert!(tenant.list("/v1/payment-methods").is_empty());
    let (tenant, _) = shop_with(Settings { likely_required: true, ..Settings::default() });
    let mut short = good;
    short.as_object_mut().unwrap().remove("token");
    short["customer_id"] = tenant.list("/v1/customers")[0]["id"].clone();
    assert_eq!(tenant.refused("POST", "/v1/payment-methods", &short.to_string()), ["token: is required"]);
}
