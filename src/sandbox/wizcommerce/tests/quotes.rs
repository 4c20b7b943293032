//! Quotes, which exist only as an extension.

use super::orders::{shop, shop_with};
use super::*;

/// Turns the body of an order into that of a quote.
fn quote(order: &Value) -> Value {
    let mut quote = order.clone();
    let members = quote.as_object_mut().unwrap();
    for foreign in
        ["status", "payment_status", "fulfillment_status", "due_date", "shipment_date", "amount_paid", "customer_consent"]
    {
        members.remove(foreign).unwrap();
    }
    members.insert("expiry_date".to_owned(), json!("2026-04-01T00:00:00Z"));
    quote
}

#[test]
fn names_what_is_wrong_with_a_quote() {
    let (tenant, order) = shop();
    let good = quote(&order);
    let wrong = [
        ("/reference_id", None, "reference_id: is required"),
        ("/customer_id", Some(json!("x")), "customer_id: unknown customer"),
        ("/line_items/0/sku", Some(json!("B")), "line_items[0].sku: unknown sku"),
        ("/line_items/0/quantity", None, "line_items[0].quantity: is required"),
        ("/payment_status", Some(json!("PENDING")), "payment_status: unknown field"),
        ("/fulfillment_status", Some(json!("FULFILLED")), "fulfillment_status: unknown field"),
        ("/due_date", Some(json!("2026-04-01T00:00:00Z")), "due_date: unknown field"),
        ("/amount_paid", Some(json!(0)), "amount_paid: unknown field"),
        ("/payment_method_id", Some(json!("x")), "payment_method_id: unknown field"),
        ("/converted_order_id", Some(json!("x")), "converted_order_id: unknown field"),
        (
            "/expiry_date",
            Some(json!("2026-04-01")),
            "expiry_date: must be a UTC time in whole seconds, like 2026-01-31T00:00:00Z",
        ),
        ("/updated_at", Some(json!("2026-02-10T17:00:00Z")), "updated_at: must be later than created_at"),
        ("/status", Some(json!("open")), "status: must be one of draft, submitted, accepted, rejected, expired, cancelled"),
    ];
    tenant.refuses("POST", "/v1/quotes", &good, &wrong);
    let created = tenant.write(201, "POST", "/v1/quotes", &good);
    tenant.refuses("PUT", &format!("/v1/quotes/{}", created["id"].as_str().unwrap()), &good, &wrong);
}

#[test]
fn a_quote_lives_from_draft_to_its_end() {
    let (mut tenant, order) = shop();
    let created = tenant.write(201, "POST", "/v1/quotes", &quote(&order));
    assert_eq!((created["status"].as_str(), &created["line_items"][0]["unit_price"]), (Some("draft"), &json!(120.0)));
    let target = format!("/v1/quotes/{}", created["id"].as_str().unwrap());
    assert_eq!(tenant.get(&target), created);
    tenant.later(60);
    let whole = json!({"reference_id": "88120", "customer_id": order["customer_id"],
                       "line_items": [{"sku": "A", "quantity": 9, "unit_price": 1}]});
    let after = tenant.write(200, "PUT", &target, &whole);
    assert_eq!((after.get("expiry_date"), after.get("po_number"), &after["status"]), (None, None, &json!("draft")));
    assert_eq!((&after["created_at"], &after["updated_at"]), (&created["created_at"], &json!("2026-03-04T05:07:07Z")));
    let after = tenant.write(200, "PATCH", &format!("{target}/status"), &json!({"status": "accepted"}));
    assert_eq!(after["status"], "accepted");
    assert_eq!(tenant.list("/v1/quotes").len(), 1, "no state is hidden");
    assert_eq!(tenant.list("/v1/quotes?quote_status=accepted&reference_ids=88120").len(), 1);
    assert!(tenant.list("/v1/quotes?quote_status=draft").is_empty());
    assert_eq!(tenant.refused("GET", "/v1/quotes?order_status=draft", "").len(), 1);
    assert_eq!(tenant.call("GET", "/v2/quotes", "").0, 404);
    assert_eq!(tenant.call("DELETE", &target, "").0, 200);
    assert_eq!(tenant.verbs("quotes"), ["create", "update", "update", "delete"]);
}

#[test]
fn a_person_may_enter_a_quote() {
    let (tenant, order) = shop();
    tenant.write(201, "POST", "/v2/orders", &order);
    tenant.edit(
        r#"[{"insert":"quotes","document":{"reference_id":"q1","customer_id":"ref:4410",
              "line_items":[{"sku":"A","quantity":3,"unit_price":19.90}]}},
            {"set":"/v1/quotes/ref:q1","patch":{"status":"accepted","converted_order_id":"ref:88120"}}]"#,
    );
    let shown = &tenant.list("/v1/quotes?quote_status=accepted")[0];
    assert_eq!(shown["converted_order_id"], tenant.list("/v1/orders?order_status=confirmed")[0]["id"]);
    let target = format!("/v1/quotes/{}", shown["id"].as_str().unwrap());
    let after = tenant.write(200, "PUT", &target, &quote(&order));
    assert_eq!(after["converted_order_id"], shown["converted_order_id"], "a caller cannot take it away");
}

#[test]
fn there_are_no_quotes_without_the_extension() {
    let (tenant, order) = shop_with(Settings { extensions: vec!["payments".to_owned()], ..Settings::default() });
    assert_eq!(tenant.call("POST", "/v1/quotes", &quote(&order).to_string()).0, 404);
    assert_eq!(tenant.call("PATCH", "/v1/quotes/x/status", "{}").0, 404);
}
