//! Shipments of orders.

use super::orders::{order, shop};
use super::*;

/// A body that ships the product `A`.
fn shipment(tenant: &Tenant, order: &str) -> Value {
    json!({
        "reference_id": "33019", "order_id": order, "created_at": "2026-02-12T20:00:00Z", "shipment_status": "fulfilled",
        "tracking_info": {"tracking_number": "1Z", "delivery_partner": "UPS", "tracking_url": "https://carrier.example/1Z"},
        "note": "By the back door", "name": "Box 1",
        "shipment_items": [{"product_id": tenant.list("/v1/products")[0]["id"], "quantity": 4.0}],
    })
}

#[test]
fn names_what_is_wrong_with_a_shipment() {
    let (tenant, body) = shop();
    let good = shipment(&tenant, &order(&tenant, &body));
    let moment = "must be a UTC time in whole seconds, like 2026-01-31T00:00:00Z";
    let wrong = [
        ("/order_id", Some(json!("88120")), "order_id: unknown order"),
        ("/tracking_info/tracking_number", None, "tracking_info.tracking_number: is required"),
        ("/tracking_info/tracking_number", Some(json!("")), "tracking_info.tracking_number: must not be empty"),
        ("/tracking_info/carrier", Some(json!("UPS")), "tracking_info.carrier: unknown field"),
        ("/shipment_items", Some(json!([])), "shipment_items: must have at least one entry"),
        ("/shipment_items/0/product_id", Some(json!("A")), "shipment_items[0].product_id: unknown product"),
        ("/shipment_items/0/product_id", None, "shipment_items[0].product_id: is required"),
        ("/shipment_items/0/quantity", None, "shipment_items[0].quantity: is required"),
        ("/shipment_items/0/sku", Some(json!("A")), "shipment_items[0].sku: unknown field"),
        ("/shipped_date", Some(json!("2026-02-12T20:00:00Z")), "shipped_date: unknown field"),
    ];
    tenant.refuses("POST", "/v1/shipments", &good, &wrong);
    tenant.refuses(
        "POST",
        "/v1/shipments",
        &good,
        &[
            ("/reference_id", None, "reference_id: is required"),
            ("/created_at", None, "created_at: is required"),
            ("/created_at", Some(json!("2026-02-12")), &format!("created_at: {moment}")),
            ("/shipment_status", None, "shipment_status: is required"),
            ("/shipment_status", Some(json!("delivered")), "shipment_status: must be one of created, shipped, fulfilled"),
            ("/shipment_items", None, "shipment_items: is required"),
            ("/status", Some(json!("active")), "status: unknown field"),
            ("/remark", Some(json!("x")), "remark: unknown field"),
            ("/updated_at", Some(json!("2026-02-12T20:00:00Z")), "updated_at: unknown field"),
        ],
    );
    let target = format!("/v1/shipments/{}", tenant.write(201, "POST", "/v1/shipments", &good)["id"].as_str().unwrap());
    let mut change = good.clone();
    for gone in ["reference_id", "created_at"] {
        change.as_object_mut().unwrap().remove(gone);
    }
    change["shipment_status"] = json!("shipped");
    tenant.refuses("PATCH", &target, &change, &wrong);
    tenant.refuses(
        "PATCH",
        &target,
        &change,
        &[
            ("/shipment_status", Some(json!("fulfilled")), "shipment_status: must be one of created, shipped"),
            ("/status", Some(json!("shipped")), "status: must be one of active, inactive"),
            ("/reference_id", Some(json!("1")), "reference_id: unknown field"),
            ("/updated_at", Some(json!("now")), &format!("updated_at: {moment}")),
        ],
    );
}

#[test]
fn a_shipment_comes_back_with_skus_and_changes_in_part() {
    let (mut tenant, body) = shop();
    let good = shipment(&tenant, &order(&tenant, &body));
    let created = tenant.write(201, "POST", "/v1/shipments", &good);
    assert_eq!((created["status"].as_str(), &created["created_at"]), (Some("active"), &good["created_at"]));
    assert_eq!((&created["shipment_items"][0]["sku_id"], created["shipment_items"][0].get("product_id")), (&json!("A"), None));
    assert_eq!((&created["tracking_info"], created.get("shipment_status")), (&good["tracking_info"], None));
    let target = format!("/v1/shipments/{}", created["id"].as_str().unwrap());
    assert_eq!(tenant.get(&target), created);
    tenant.later(60);
    let patch = json!({"status": "inactive", "remark": "Returned", "updated_at": "2026-02-14T00:00:00Z"});
    let after = tenant.write(201, "PATCH", &target, &patch);
    assert_eq!((&after["status"], &after["updated_at"]), (&patch["status"], &patch["updated_at"]));
    assert_eq!((&after["shipment_items"], after.get("remark")), (&created["shipment_items"], None));
    assert_eq!(tenant.remote.documents("shipments").unwrap()[0]["remark"], "Returned");
    tenant.write(201, "PATCH", &target, &json!({"shipment_status": "shipped"}));
    assert_eq!(tenant.list("/v1/shipments?shipment_status=shipped&reference_ids=33019,1").len(), 1);
    tenant.write(200, "PATCH", &format!("{target}/status"), &json!({"status": "fulfilled"}));
    assert!(tenant.list("/v1/shipments?shipment_status=shipped").is_empty());
    assert_eq!(tenant.list("/v1/shipments?sort_by=created_at&sort=asc").len(), 1, "no state is hidden");
    for query in ["status=active", "updated_after=2026-01-01T00:00:00Z", "shipment_status=open", "order_id=x"] {
        assert_eq!(tenant.refused("GET", &format!("/v1/shipments?{query}"), "").len(), 1, "{query}");
    }
    assert_eq!(tenant.call("DELETE", &target, "").0, 200);
    assert_eq!(tenant.verbs("shipments"), ["create", "update", "update", "update", "delete"]);
}

#[test]
fn a_person_may_enter_a_shipment() {
    let (tenant, body) = shop();
    order(&tenant, &body);
    tenant.edit(
        r#"[{"insert":"shipments","document":{"reference_id":"s1","order_id":"ref:88120",
              "shipment_items":[{"sku":"A","quantity":1}]}}]"#,
    );
    assert_eq!(tenant.list("/v1/shipments?shipment_status=shipped")[0]["shipment_items"][0]["sku_id"], "A");
    let script = r#"[{"insert":"shipments","document":{"order_id":"ref:88120","shipment_items":[{"sku":"B","quantity":1}]}}]"#;
    assert!(tenant.remote.edit(script, tenant.now).unwrap_err().contains("unknown product"));
}
