//! Scripts that play the person in the app.

use super::*;

#[test]
fn edits_are_a_persons_changes() {
    let mut tenant = Tenant::new();
    for number in 0..150 {
        tenant.product(&format!("S{number}"));
    }
    tenant.later(60);
    tenant.edit(
        r#"[{"set":"/v1/products/*","patch":{"updated_at":"2026-01-01T00:00:00Z"}},
            {"set":"/v1/products/sku:S7","patch":{"name":"By hand","product_prices":[{"price_list_id":"RETAIL-EUR","price":1.0}]}},
            {"insert":"sales_reps","document":{"email":"ana@acme.example","first_name":"Ana","created_at":"2025-01-01T00:00:00Z"}},
            {"insert":"price_lists","document":{"reference_id":"GBP","name":"Pounds","currency":"GBP"}},
            {"delete":"/v1/products/ref:ref-S9"}]"#,
    );
    let first = &tenant.list("/v1/products?sort_by=updated_at&sort=desc&page_size=2");
    assert_eq!((first[0]["name"].as_str(), first[0]["updated_at"].as_str()), (Some("By hand"), Some("2026-03-04T05:07:07Z")));
    assert_eq!(first[1]["updated_at"], "2026-01-01T00:00:00Z");
    assert_eq!(tenant.remote.count("products").unwrap(), 149);
    let rep = &tenant.list("/v1/sales-reps?email=ana%40acme.example&status=active")[0];
    assert_eq!(
        (rep["created_at"].as_str(), rep["updated_at"].as_str()),
        (Some("2025-01-01T00:00:00Z"), Some("2026-03-04T05:07:07Z"))
    );
    assert_eq!(tenant.list("/v1/price-lists?sort_by=created_at&page_size=1")[0]["currency"], "GBP");
    let last = tenant.remote.history().unwrap().pop().unwrap();
    assert_eq!((last.resource.as_str(), last.verb.as_str(), last.at.as_str()), ("products", "remove", "2026-03-04T05:07:07Z"));
}

#[test]
fn an_edit_that_fails_changes_nothing() {
    let tenant = Tenant::new();
    tenant.product("A");
    for (operation, word) in [
        (r#"{"delete":"/v1/products/sku:B"}"#, "names no record"),
        (r#"{"set":"/v1/products/sku:A"}"#, "set with patch"),
        (r#"{"set":"/v1/products/sku:A","patch":{"id":"x"}}"#, "id cannot"),
        (r#"{"set":"/v1/products/sku:A","patch":{"updated_at":"yesterday"}}"#, "updated_at"),
        (r#"{"set":"/v1/products/sku:A","patch":{"product_prices":[{"price_list_id":"NONE","price":1}]}}"#, "unknown price list"),
        (r#"{"insert":"lists","document":{}}"#, "lists"),
        (r#"{"delete":"products"}"#, "not a path"),
    ] {
        let script = format!(r#"[{{"set":"/v1/products/sku:A","patch":{{"name":"Changed"}}}},{operation}]"#);
        let reason = tenant.remote.edit(&script, tenant.now).unwrap_err();
        assert!(reason.starts_with("operation 1: ") && reason.contains(word), "{reason}");
    }
    assert!(tenant.remote.edit("{}", tenant.now).is_err());
    assert_eq!(tenant.list("/v1/products")[0]["name"], "Lamp A");
    assert!(tenant.remote.count("prodcts").is_err());
}
