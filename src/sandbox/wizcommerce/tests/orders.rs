//! Orders: what they must look like, what comes back, and what a replacement takes away.

use super::customers::customer;
use super::*;

/// A tenant with the product `A`, a customer and a complete order for it.
pub(super) fn shop() -> (Tenant, Value) {
    shop_with(Settings::default())
}

pub(super) fn shop_with(settings: Settings) -> (Tenant, Value) {
    let tenant = Tenant::with(settings);
    tenant.product("A");
    // Through the API, a setting may ask for more.
    tenant.edit(r#"[{"insert":"customers","document":{"reference_id":"4410","name":"Company 4410"}}]"#);
    let buyer = &tenant.list("/v1/customers")[0];
    let body = json!({
        "reference_id": "88120", "customer_id": buyer["id"], "status": "confirmed", "source": "netsuite", "po_number": "HP-5521",
        "payment_status": "PENDING", "fulfillment_status": "UNFULFILLED", "payment_term": "Net 30",
        "created_at": "2026-02-10T17:00:00Z", "updated_at": "2026-02-10T17:05:00Z", "due_date": "2026-03-12T00:00:00Z",
        "shipment_date": "2026-02-20T00:00:00Z", "amount": 480.0, "discount_value": 24.0, "tax_value": 0, "amount_paid": 0,
        "customer_consent": {"has_consent": true}, "container_info": {"name": "40", "unit": "CFT", "volume": 2350.5},
        "additional_charges": [{"name": "Pallet", "type": "handling", "amount": 5, "value_type": "value"}],
        "shipping_address": {"first_name": "Receiving", "city": "Tacoma", "reference_id": "90"},
        "primary_contact": {"first_name": "Ana", "phone": "+12065550147"},
        "line_items": [
            {"sku": "A", "quantity": 4, "unit_price": 120.0, "discount": 5, "discount_type": "percentage"},
            {"sku": "HAND", "quantity": 1, "unit_price": 1, "is_adhoc": true, "note": "by hand"},
        ],
    });
    (tenant, body)
}

pub(super) fn order(tenant: &Tenant, body: &Value) -> String {
    tenant.write(201, "POST", "/v2/orders", body)["id"].as_str().unwrap().to_owned()
}

#[test]
fn names_what_is_wrong_with_an_order() {
    let (tenant, good) = shop();
    let long = json!("x".repeat(256));
    let too_long = |field: &str| format!("{field}: must have at most 255 characters");
    let moment = "must be a UTC time in whole seconds, like 2026-01-31T00:00:00Z";
    let wrong = [
        ("/reference_id", Some(long.clone()), too_long("reference_id")),
        ("/customer_note", Some(long.clone()), too_long("customer_note")),
        ("/internal_note", Some(long.clone()), too_long("internal_note")),
        ("/po_number", Some(long.clone()), too_long("po_number")),
        ("/payment_method_id", Some(long.clone()), too_long("payment_method_id")),
        ("/customer_id", None, "customer_id: is required".to_owned()),
        ("/customer_id", Some(json!("4410")), "customer_id: unknown customer".to_owned()),
        ("/line_items", None, "line_items: is required".to_owned()),
        ("/line_items", Some(json!([])), "line_items: must have at least one entry".to_owned()),
        ("/line_items/0/sku", Some(json!("B")), "line_items[0].sku: unknown sku".to_owned()),
        ("/line_items/0/quantity", None, "line_items[0].quantity: is required".to_owned()),
        ("/line_items/0/unit_price", Some(json!("120.00")), "line_items[0].unit_price: must be a number".to_owned()),
        ("/line_items/0/discount_type", Some(json!("PERCENT")), "line_items[0].discount_type: must be one of percentage, value".to_owned()),
        ("/line_items/0/reference_id", Some(json!("1")), "line_items[0].reference_id: unknown field".to_owned()),
        ("/line_items/0/product_id", Some(json!("1")), "line_items[0].product_id: unknown field".to_owned()),
        ("/line_items/1/is_adhoc", Some(json!(false)), "line_items[1].sku: unknown sku".to_owned()),
        ("/payment_status", Some(json!("UNPAID")), "payment_status: must be one of PAID, PENDING, PARTIALLY_PAID, REFUNDED, OVERPAID, VOIDED".to_owned()),
        ("/fulfillment_status", Some(json!("SHIPPED")), "fulfillment_status: must be one of PARTIALLY_DELIVERED, UNFULFILLED, PARTIALLY_FULFILLED, FULFILLED, IN_PROGRESS, DELIVERED".to_owned()),
        ("/created_at", Some(json!("2026-02-10T17:00:00.000Z")), format!("created_at: {moment}")),
        ("/updated_at", Some(json!("2026-02-10T18:00:00+01:00")), format!("updated_at: {moment}")),
        ("/updated_at", Some(json!("2026-02-10T17:00:00Z")), "updated_at: must be later than created_at".to_owned()),
        ("/due_date", Some(json!("2026-02-10T00:00:00Z")), "due_date: must be later than created_at".to_owned()),
        ("/shipment_date", Some(json!("2026-02-10")), format!("shipment_date: {moment}")),
        ("/shipment_date", Some(json!("2026-02-09T00:00:00Z")), "shipment_date: must be later than created_at".to_owned()),
        ("/shipment_date", Some(Value::Null), "shipment_date: must be a text".to_owned()),
        ("/shipping_charge", Some(json!("35")), "shipping_charge: must be a number".to_owned()),
        ("/currency", Some(json!("USD")), "currency: unknown field".to_owned()),
        ("/charges", Some(json!([])), "charges: unknown field".to_owned()),
        ("/shipping_address/id", Some(json!("x")), "shipping_address.id: is not one of this customer's".to_owned()),
        ("/shipping_address/country_code", Some(json!("US")), "shipping_address.country_code: unknown field".to_owned()),
        ("/shipping_address/phone", Some(json!("555")), "shipping_address.phone: must be a phone number like +12065550147".to_owned()),
        ("/primary_contact/id", Some(json!("x")), "primary_contact.id: is not one of this customer's".to_owned()),
        ("/attributes", Some(json!([{"name": "Memo", "value": "x"}])), "attributes[0].name: unknown attribute".to_owned()),
        ("/additional_charges/0/value_type", Some(json!("flat")), "additional_charges[0].value_type: must be one of percentage, value".to_owned()),
        ("/customer_consent/has_consent", Some(json!("yes")), "customer_consent.has_consent: must be true or false".to_owned()),
    ];
    let wrong: Vec<(&str, Option<Value>, &str)> =
        wrong.iter().map(|(place, value, detail)| (*place, value.clone(), detail.as_str())).collect();
    tenant.refuses("POST", "/v2/orders", &good, &wrong);
    tenant.refuses(
        "POST",
        "/v2/orders",
        &good,
        &[("/status", Some(json!("cancelled")), "status: must be one of draft, confirmed")],
    );
    let target = format!("/v2/orders/{}", order(&tenant, &good));
    let mut whole = good.clone();
    whole.as_object_mut().unwrap().remove("status");
    tenant.refuses("PUT", &target, &whole, &wrong);
    tenant.refuses("PUT", &target, &whole, &[("/status", Some(json!("confirmed")), "status: unknown field")]);
    tenant.refuses(
        "PATCH",
        &format!("{target}/status"),
        &json!({"status": "draft"}),
        &[
            ("/status", None, "status: is required"),
            ("/status", Some(json!("open")), "status: must be one of draft, confirmed, cancelled"),
            ("/note", Some(json!("x")), "note: unknown field"),
        ],
    );
    assert_eq!(tenant.verbs("orders"), ["create"]);
}

#[test]
fn the_first_version_knows_less_of_an_address() {
    let (tenant, good) = shop();
    assert_eq!(tenant.refused("POST", "/v1/orders", &good.to_string()), ["shipping_address.reference_id: unknown field"]);
    let id = order(&tenant, &good);
    let (first, second) = (tenant.get(&format!("/v1/orders/{id}")), tenant.get(&format!("/v2/orders/{id}")));
    assert_eq!(first["shipping_address"].get("reference_id"), None);
    assert_eq!(second["shipping_address"]["reference_id"], "90");
    assert_eq!(first.get("customer_name"), None);
    assert_eq!((&second["customer_name"], &second["customer_reference_id"]), (&json!("Company 4410"), &json!("4410")));
}

#[test]
fn what_only_looks_required_is_a_setting() {
    let (tenant, good) = shop_with(Settings { likely_required: true, ..Settings::default() });
    let wrong = ["payment_status", "fulfillment_status", "created_at", "updated_at"]
        .map(|field| (format!("/{field}"), format!("{field}: is required")));
    for (place, detail) in &wrong {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(&place[1..]).unwrap();
        assert!(tenant.refused("POST", "/v2/orders", &body.to_string()).contains(detail), "{place}");
    }
    let (tenant, mut good) = shop();
    for (place, _) in &wrong {
        good.as_object_mut().unwrap().remove(&place[1..]);
    }
    good["due_date"] = json!("2026-04-01T00:00:00Z");
    good["shipment_date"] = json!("2026-04-01T00:00:00Z");
    let created = tenant.write(201, "POST", "/v2/orders", &good);
    assert_eq!(
        (&created["created_at"], &created["updated_at"]),
        (&json!("2026-03-04T05:06:07Z"), &json!("2026-03-04T05:06:07Z"))
    );
}

#[test]
fn money_comes_back_as_charges_with_every_digit() {
    let (tenant, good) = shop();
    let text = good.to_string().replace("\"discount_value\":24.0", "\"discount_value\":24.50,\"shipping_charge\":35.00");
    let reply = tenant.reply("POST", "/v2/orders", &text);
    let answer = String::from_utf8(reply.body).unwrap();
    assert!(answer.contains(r#"{"name":"Discount","type":"discount","value_type":"value","amount":24.50}"#), "{answer}");
    assert!(answer.contains(r#"{"name":"Shipping","type":"shipping","value_type":"value","amount":35.00}"#), "{answer}");
    assert!(answer.contains(r#"{"name":"Pallet","type":"handling","value_type":"value","amount":5}"#), "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let created = &answer["data"];
    assert_eq!(created["charges"].as_array().unwrap().len(), 4);
    for sent in ["discount_value", "tax_value", "additional_charges", "customer_consent", "container_info", "attributes"] {
        assert_eq!(created.get(sent), None, "{sent}");
    }
    assert_eq!(created["line_items"][0]["product_id"], tenant.list("/v1/products")[0]["id"]);
    assert_eq!(created["line_items"][1].get("product_id"), None);
    assert_eq!((&created["created_at"], &created["updated_at"]), (&good["created_at"], &good["updated_at"]));
    let stored = &tenant.remote.documents("orders").unwrap()[0];
    assert_eq!((&stored["container_info"], &stored["customer_consent"]), (&good["container_info"], &good["customer_consent"]));
}

#[test]
fn fills_in_what_a_short_order_leaves_open() {
    let (tenant, good) = shop();
    tenant.edit(r#"[{"set":"/v1/customers/ref:4410","patch":{"assigned_price_list_id":"ref:WHOLESALE"}}]"#);
    let short = json!({"customer_id": good["customer_id"], "line_items": [{"sku": "A", "quantity": 1, "unit_price": 1}]});
    let created = tenant.write(201, "POST", "/v1/orders", &short);
    assert_eq!((created["status"].as_str(), created["source"].as_str()), (Some("confirmed"), Some("openapi")));
    assert!(!created["display_id"].as_str().unwrap().is_empty());
    assert!(created["price_list_id"].is_string());
    assert_eq!((created.get("reference_id"), &created["charges"]), (None, &json!([])));
}

#[test]
fn a_put_removes_what_it_leaves_out() {
    let (mut tenant, good) = shop();
    let before = tenant.write(201, "POST", "/v2/orders", &good);
    let target = format!("/v2/orders/{}", before["id"].as_str().unwrap());
    tenant.later(60);
    let whole = json!({"customer_id": good["customer_id"], "due_date": null, "updated_at": "2026-02-11T00:00:00Z",
                       "line_items": [{"sku": "A", "quantity": 2, "unit_price": 120}]});
    let after = tenant.write(201, "PUT", &target, &whole);
    for gone in ["reference_id", "po_number", "payment_status", "shipping_address", "primary_contact", "amount", "shipment_date"]
    {
        assert_eq!(after.get(gone), None, "{gone}");
    }
    for kept in ["id", "status", "created_at"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert_eq!((&after["source"], &after["due_date"]), (&json!("openapi"), &Value::Null));
    assert_eq!((&after["updated_at"], &after["charges"]), (&whole["updated_at"], &json!([])));
    assert_eq!(after["line_items"].as_array().unwrap().len(), 1);
    let stored = &tenant.remote.documents("orders").unwrap()[0];
    assert_eq!((stored.get("container_info"), stored.get("discount_value")), (None, None));
    assert_eq!(tenant.verbs("orders"), ["create", "update"]);
}

#[test]
fn addresses_named_by_id_are_copied() {
    let (tenant, mut good) = shop();
    let buyer = good["customer_id"].as_str().unwrap().to_owned();
    let saved = r#"{"reference_id":"90","type":"shipping","address_line_1":"12 Wharf Rd","city":"Tacoma"}"#;
    let address = tenant.post(&format!("/v1/customers/{buyer}/addresses"), saved)["id"].clone();
    let other = customer(&tenant, "other")["id"].as_str().unwrap().to_owned();
    let strange = tenant.post(&format!("/v1/customers/{other}/addresses"), saved)["id"].clone();
    good["billing_address"] = json!({"id": strange});
    assert_eq!(tenant.refused("POST", "/v2/orders", &good.to_string()), ["billing_address.id: is not one of this customer's"]);
    good["billing_address"] = json!({"id": address, "city": "Reno"});
    let created = tenant.write(201, "POST", "/v2/orders", &good);
    let copy = &created["billing_address"];
    assert_eq!((copy["city"].as_str(), copy["address_line_1"].as_str()), (Some("Reno"), Some("12 Wharf Rd")));
    tenant.edit(r#"[{"delete":"/v1/customer_addresses/*"}]"#);
    let mut whole = good.clone();
    whole.as_object_mut().unwrap().remove("status");
    let target = format!("/v2/orders/{}", created["id"].as_str().unwrap());
    assert_eq!(tenant.write(201, "PUT", &target, &whole)["billing_address"]["id"], address, "the copy outlives the saved one");
}

#[test]
fn lists_show_drafts_unless_told_otherwise() {
    let (mut tenant, good) = shop();
    for (reference, status) in [("1", "draft"), ("2", "confirmed"), ("3", "confirmed")] {
        let mut body = good.clone();
        body["reference_id"] = json!(reference);
        body["status"] = json!(status);
        body["updated_at"] = json!(format!("2026-02-1{reference}T00:00:00Z"));
        order(&tenant, &body);
    }
    let references = |tenant: &Tenant, query: &str| -> Vec<String> {
        let rows = tenant.list(&format!("/v2/orders?{query}"));
        rows.iter().map(|row| row["reference_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(references(&tenant, ""), ["1"]);
    assert!(references(&tenant, "reference_ids=2,3").is_empty(), "the hidden default stays");
    assert_eq!(references(&tenant, "order_status=confirmed&reference_ids=1,2,3&sort=asc"), ["2", "3"]);
    assert_eq!(references(&tenant, "order_status=confirmed&updated_after=2026-02-12T12:00:00Z"), ["3"]);
    assert_eq!(references(&tenant, "order_status=confirmed&source=netsuite&page_size=1&page=2"), ["2"]);
    assert!(references(&tenant, "order_status=confirmed&source=cart").is_empty());
    let row = &tenant.list("/v1/orders")[0];
    for detail in ["line_items", "charges", "customer_name"] {
        assert_eq!(row.get(detail), None, "{detail}");
    }
    for query in ["status=draft", "order_status=open", "sort_by=display_id", "customer_id=x"] {
        assert_eq!(tenant.refused("GET", &format!("/v2/orders?{query}"), "").len(), 1, "{query}");
    }
    tenant.later(60);
    let id = tenant.list("/v2/orders?order_status=confirmed&reference_ids=3")[0]["id"].as_str().unwrap().to_owned();
    let first = tenant.write(200, "PATCH", &format!("/v1/orders/{id}/status"), &json!({"status": "cancelled"}));
    assert_eq!((first["status"].as_str(), first["updated_at"].as_str()), (Some("cancelled"), Some("2026-03-04T05:07:07Z")));
    assert_eq!(first.get("line_items"), None);
    assert!(tenant.write(200, "PATCH", &format!("/v2/orders/{id}/status"), &json!({"status": "draft"})).is_string());
    assert_eq!(references(&tenant, "sort_by=updated_at"), ["3", "1"]);
    assert_eq!(tenant.reply("POST", &format!("/v2/orders/{id}/status"), "{}").header("allow"), Some("PATCH"));
    assert_eq!(tenant.reply("PATCH", &format!("/v2/orders/{id}"), "{}").header("allow"), Some("GET, PUT, DELETE"));
    assert_eq!(tenant.call("DELETE", &format!("/v2/orders/{id}"), "").0, 200);
    assert_eq!(tenant.call("GET", &format!("/v1/orders/{id}"), "").0, 404);
}

#[test]
fn a_person_may_enter_an_order() {
    let (mut tenant, _) = shop();
    tenant.edit(
        r#"[{"insert":"orders","document":{"reference_id":"w1","customer_id":"ref:4410",
              "line_items":[{"sku":"A","quantity":3,"unit_price":19.90},{"sku":"X","quantity":1,"unit_price":1,"is_adhoc":true}]}}]"#,
    );
    let row = &tenant.list("/v2/orders?order_status=confirmed&source=cart")[0];
    assert_eq!((row["payment_status"].as_str(), row["fulfillment_status"].as_str()), (Some("PENDING"), Some("UNFULFILLED")));
    let shown = tenant.get(&format!("/v2/orders/{}", row["id"].as_str().unwrap()));
    assert!(shown["line_items"][0]["product_id"].is_string());
    assert_eq!(shown["updated_at"], "2026-03-04T05:06:07Z");
    tenant.later(60);
    tenant.edit(r#"[{"set":"/v1/orders/ref:w1","patch":{"status":"cancelled","customer_note":"No more"}}]"#);
    assert_eq!(tenant.list("/v1/orders?order_status=cancelled&updated_after=2026-03-04T05:07:07Z").len(), 1);
    tenant.edit(r#"[{"delete":"/v1/orders/ref:w1"}]"#);
    assert_eq!(tenant.verbs("orders"), ["insert", "set", "remove"]);
    for (document, word) in
        [(r#"{"line_items":[]}"#, "customer_id is required"), (r#"{"customer_id":"ref:none"}"#, "names no customer")]
    {
        let script = format!(r#"[{{"insert":"orders","document":{document}}}]"#);
        assert!(tenant.remote.edit(&script, tenant.now).unwrap_err().contains(word), "{word}");
    }
    // The app may have sold what is no product any more.
    tenant.edit(r#"[{"insert":"orders","document":{"customer_id":"ref:4410","reference_id":"w2","line_items":[{"sku":"Z"}]}}]"#);
    assert_eq!(tenant.list("/v2/orders?order_status=confirmed&reference_ids=w2").len(), 1);
}
