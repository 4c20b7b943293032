//! Invoices of orders.

use super::orders::{order, shop, shop_with};
use super::*;

/// A body for an order with the lines `A` and, typed in by hand, `HAND`.
pub(super) fn invoice(order: &str) -> Value {
    json!({
        "reference_id": "70210", "order_id": order, "invoice_number": "INV70210", "total_amount": 491.50, "paid_amount": 0,
        "status": "UNPAID", "due_date": "2026-03-12T00:00:00Z", "remarks": "Net 30", "url": "https://files.example/70210.pdf",
        "created_at": "2026-02-12T00:00:00Z", "updated_at": "2026-02-13T00:00:00Z",
        "items": [
            {"reference_id": "70210-1", "sku": "A", "quantity": 4, "amount": 114.0, "name": "Lamp A", "item_total": 456.0},
            {"reference_id": "70210-2", "sku": "HAND", "quantity": 1, "amount": 1, "name": "By hand", "rate": 1, "discount": 0},
        ],
    })
}

#[test]
fn names_what_is_wrong_with_an_invoice() {
    let (tenant, body) = shop();
    let good = invoice(&order(&tenant, &body));
    let moment = "must be a UTC time in whole seconds, like 2026-01-31T00:00:00Z";
    let (due, created) = (format!("due_date: {moment}"), format!("created_at: {moment}"));
    let missing = [
        ("/reference_id", None, "reference_id: is required"),
        ("/order_id", None, "order_id: is required"),
        ("/invoice_number", None, "invoice_number: is required"),
        ("/total_amount", None, "total_amount: is required"),
        ("/paid_amount", None, "paid_amount: is required"),
        ("/status", None, "status: is required"),
        ("/due_date", None, "due_date: is required"),
        ("/items", None, "items: is required"),
    ];
    let wrong = [
        ("/invoice_number", Some(json!("")), "invoice_number: must not be empty"),
        ("/total_amount", Some(json!("491.50")), "total_amount: must be a number"),
        ("/status", Some(json!("PARTIALLY_PAID")), "status: must be one of PAID, UNPAID"),
        ("/due_date", Some(json!("2026-03-12")), due.as_str()),
        ("/created_at", Some(json!("2026-02-12T00:00:00.0Z")), created.as_str()),
        ("/items/0/sku", Some(json!("B")), "items[0].sku: unknown sku"),
        ("/items/0/name", None, "items[0].name: is required"),
        ("/items/1/reference_id", None, "items[1].reference_id: is required"),
        ("/items/1/product_id", Some(json!("x")), "items[1].product_id: unknown field"),
        ("/customer_id", Some(json!("x")), "customer_id: unknown field"),
        ("/tax", Some(json!(1)), "tax: unknown field"),
    ];
    tenant.refuses("POST", "/v1/invoices", &good, &missing);
    tenant.refuses("POST", "/v1/invoices", &good, &wrong);
    let mut of_products = good.clone();
    of_products["items"].as_array_mut().unwrap().pop();
    let stray = [("/order_id", Some(json!("88120")), "order_id: unknown order")];
    tenant.refuses("POST", "/v1/invoices", &of_products, &stray);
    let created = tenant.write(201, "POST", "/v1/invoices", &good);
    tenant.refuses("PATCH", &format!("/v1/invoices/{}", created["id"].as_str().unwrap()), &good, &wrong);
    assert_eq!(tenant.verbs("invoices"), ["create"]);
}

#[test]
fn an_invoice_comes_back_with_products_and_changes_in_part() {
    let (mut tenant, body) = shop();
    let good = invoice(&order(&tenant, &body));
    let created = tenant.write(201, "POST", "/v1/invoices", &good);
    assert_eq!((&created["created_at"], &created["updated_at"]), (&good["created_at"], &good["updated_at"]));
    let item = &created["items"][0];
    assert_eq!((&item["product_id"], item.get("sku")), (&tenant.list("/v1/products")[0]["id"], None));
    assert_eq!((&item["item_total"], item["id"].is_string()), (&json!(456.0), true));
    assert_eq!(created["items"][1].get("product_id"), None);
    assert!(tenant.remote.texts("invoices").unwrap()[0].contains(r#""sku":"HAND""#));
    let target = format!("/v1/invoices/{}", created["id"].as_str().unwrap());
    assert_eq!(tenant.get(&target), created);
    tenant.later(60);
    let after = tenant.write(201, "PATCH", &target, &json!({"status": "PAID", "paid_amount": 491.5}));
    assert_eq!((after["status"].as_str(), &after["items"]), (Some("PAID"), &created["items"]));
    assert_eq!((&after["created_at"], &after["updated_at"]), (&good["created_at"], &json!("2026-03-04T05:07:07Z")));
    let after = tenant.write(201, "PATCH", &target, &json!({"items": [good["items"][0]]}));
    assert_eq!(after["items"].as_array().unwrap().len(), 1, "the list is replaced");
    assert_eq!(tenant.call("DELETE", &target, "").0, 200);
    assert_eq!(tenant.call("GET", &target, "").0, 404);
    assert_eq!(tenant.verbs("invoices"), ["create", "update", "update", "delete"]);
}

#[test]
fn the_list_knows_states_and_references_but_no_dates() {
    let (tenant, body) = shop();
    let good = invoice(&order(&tenant, &body));
    let wanted: Vec<String> = (0..255).map(|number| number.to_string()).collect();
    for reference in &wanted[..30] {
        let mut body = good.clone();
        body["reference_id"] = json!(reference);
        body["status"] = json!(if reference == "7" { "PAID" } else { "UNPAID" });
        tenant.write(201, "POST", "/v1/invoices", &body);
    }
    assert_eq!(tenant.list("/v1/invoices?status=PAID")[0]["reference_id"], "7");
    let all = format!("/v1/invoices?sort=asc&sort_by=created_at&page_size=20&page=2&reference_ids={}", wanted.join(","));
    let rows = tenant.list(&all);
    assert_eq!((rows.len(), &rows[0]["reference_id"], rows[0]["items"].is_array()), (10, &json!("20"), true));
    let query = format!("/v1/invoices?reference_ids={},x", wanted.join(","));
    assert_eq!(tenant.refused("GET", &query, ""), ["reference_ids: must have at most 255 entries"]);
    for query in ["updated_after=2026-01-01T00:00:00Z", "created_before=2026-01-01T00:00:00Z", "order_id=x", "status=paid"] {
        assert_eq!(tenant.refused("GET", &format!("/v1/invoices?{query}"), "").len(), 1, "{query}");
    }
}

#[test]
fn an_order_may_be_named_by_its_reference_when_the_setting_says_so() {
    let (tenant, body) = shop_with(Settings { order_by_reference: true, ..Settings::default() });
    let id = order(&tenant, &body);
    assert_eq!(tenant.write(201, "POST", "/v1/invoices", &invoice("88120"))["order_id"], id.as_str());
    let lost = tenant.refused("POST", "/v1/invoices", &invoice("88121").to_string());
    assert_eq!(lost, ["order_id: unknown order", "items[1].sku: unknown sku"], "a line typed in by hand is known by its order");
}

#[test]
fn a_person_may_enter_an_invoice() {
    let (tenant, body) = shop();
    order(&tenant, &body);
    tenant.edit(
        r#"[{"insert":"invoices","document":{"reference_id":"i1","order_id":"ref:88120","total_amount":10.00,
              "items":[{"sku":"A","quantity":1,"amount":10}]}},
            {"set":"/v1/invoices/ref:i1","patch":{"paid_amount":10.00,"status":"PAID"}}]"#,
    );
    let row = &tenant.list("/v1/invoices?status=PAID")[0];
    assert!(row["items"][0]["product_id"].is_string());
    assert_eq!(tenant.verbs("invoices"), ["insert", "set"]);
    let script = r#"[{"insert":"invoices","document":{"order_id":"ref:none"}}]"#;
    assert!(tenant.remote.edit(script, tenant.now).unwrap_err().contains("names no order"));
}
