//! Customers: what they must look like, what they show, and what a change does.

use super::*;

/// A body that names the sales rep `ana@acme.example` and the list `WHOLESALE`, with the attribute `Territory`.
fn harbor(tenant: &Tenant) -> Value {
    tenant.edit(r#"[{"insert":"sales_reps","document":{"email":"ana@acme.example","first_name":"Ana","department":"West"}}]"#);
    tenant.post("/v1/attributes", r#"{"entity":"customer","name":"Territory","data_type":"text"}"#);
    let list = tenant.list("/v1/price-lists?sort_by=name&sort=desc")[0]["id"].clone();
    json!({
        "reference_id": "4410", "company_name": "Harbor & Pine LLC", "display_name": "Harbor & Pine",
        "assigned_sales_rep_ids": [tenant.list("/v1/sales-reps")[0]["id"]], "assigned_price_list_id": list,
        "payment_term": "Net 30", "email": "ap@harborpine.example", "phone": "+12065550147",
        "addresses": [
            {"reference_id": "90", "type": "shipping", "address_line_1": "12 Wharf Rd", "city": "Tacoma", "state": "WA",
             "is_default": true},
            {"reference_id": "91", "type": "billing", "address_line_1": "Box 7", "city": "Tacoma"},
        ],
        "contacts": [{"reference_id": "7", "first_name": "Ana", "email": "ana@harborpine.example", "designation": "Buyer"}],
        "attributes": [{"name": "Territory", "value": "Pacific"}],
    })
}

/// Creates a plain customer of that reference.
pub(super) fn customer(tenant: &Tenant, reference: &str) -> Value {
    let body = json!({"reference_id": reference, "company_name": format!("Company {reference}"), "display_name": reference});
    tenant.write(201, "POST", "/v1/customers", &body)
}

fn path(customer: &Value) -> String {
    format!("/v1/customers/{}", customer["id"].as_str().unwrap())
}

#[test]
fn creates_a_customer_with_everything_below_it() {
    let tenant = Tenant::new();
    let body = harbor(&tenant);
    let created = tenant.write(201, "POST", "/v1/customers", &body);
    assert_eq!((&created["name"], created.get("company_name")), (&body["company_name"], None));
    assert_eq!((created["status"].as_str(), created["phone"].as_str()), (Some("active"), Some("+12065550147")));
    assert_eq!(created["assigned_sales_reps"][0]["department"], "West");
    assert_eq!(created["assigned_price_list"]["reference_id"], "WHOLESALE");
    assert_eq!(created["assigned_price_list"].get("currency"), None);
    assert_eq!(created["addresses"][0]["customer_id"], created["id"]);
    assert_eq!((&created["addresses"][0]["is_default"], &created["addresses"][1]["is_default"]), (&json!(true), &json!(false)));
    assert_eq!((created["contacts"][0]["status"].as_str(), created["contacts"][0].get("customer_id")), (Some("active"), None));
    assert_eq!(created["attributes"][0]["value"], "Pacific");
    assert_eq!(created["attributes"][0]["created_at"], "2026-03-04T05:06:07Z");
    assert!(created["display_id"].as_str().unwrap().starts_with("C-"));
    assert_eq!(tenant.get(&path(&created)), created);

    let row = &tenant.list("/v1/customers")[0];
    assert_eq!((&row["id"], &row["name"]), (&created["id"], &created["name"]));
    for nested in ["addresses", "contacts", "attributes", "assigned_sales_reps", "assigned_price_list"] {
        assert_eq!(row.get(nested), None, "{nested}");
    }
    let stored = &tenant.remote.documents("customers").unwrap()[0];
    assert_eq!(stored["assigned_sales_rep_ids"], body["assigned_sales_rep_ids"]);
    assert_eq!(tenant.remote.documents("customer_addresses").unwrap()[1]["reference_id"], "91");
    assert_eq!(tenant.verbs("customer_contacts"), ["create"]);
}

#[test]
fn names_what_is_wrong_with_a_customer() {
    let tenant = Tenant::new();
    let good = harbor(&tenant);
    let long = json!("x".repeat(256));
    let too_long = |field: &str| format!("{field}: must have at most 255 characters");
    tenant.refuses(
        "POST",
        "/v1/customers",
        &good,
        &[
            ("/reference_id", None, "reference_id: is required"),
            ("/company_name", Some(json!("")), "company_name: must not be empty"),
            ("/display_name", None, "display_name: is required"),
            ("/reference_id", Some(long.clone()), &too_long("reference_id")),
            ("/display_id", Some(long.clone()), &too_long("display_id")),
            ("/payment_term", Some(long.clone()), &too_long("payment_term")),
            ("/shipping_method", Some(long.clone()), &too_long("shipping_method")),
            ("/last_name", Some(long.clone()), &too_long("last_name")),
            ("/payment_mode", Some(Value::Null), "payment_mode: must be a text"),
            ("/phone", Some(json!("(206) 555-0147")), "phone: must be a phone number like +12065550147"),
            ("/status", Some(json!("inactive")), "status: unknown field"),
            ("/name", Some(json!("Harbor")), "name: unknown field"),
            ("/primary_contact_id", Some(json!("x")), "primary_contact_id: unknown field"),
            ("/assigned_sales_rep_ids", Some(json!([])), "assigned_sales_rep_ids: must have at least one entry"),
            ("/assigned_sales_rep_ids", Some(json!(["x"])), "assigned_sales_rep_ids[0]: unknown sales rep"),
            ("/assigned_price_list_id", Some(json!("WHOLESALE")), "assigned_price_list_id: unknown price list"),
            ("/attributes/0/name", Some(json!("Region")), "attributes[0].name: unknown attribute"),
            ("/attributes/0/value", Some(json!(7)), "attributes[0].value: must be a text"),
            ("/addresses/0/type", Some(json!("home")), "addresses[0].type: must be one of billing, shipping"),
            ("/addresses/0/city", Some(json!("x".repeat(51))), "addresses[0].city: must have at most 50 characters"),
            ("/addresses/1/address_line_1", None, "addresses[1].address_line_1: is required"),
            ("/addresses/1/id", Some(json!("x")), "addresses[1].id: unknown field"),
            ("/addresses/1/phone", Some(json!("555")), "addresses[1].phone: must be a phone number like +12065550147"),
            ("/contacts/0/email", Some(json!("")), "contacts[0].email: must not be empty"),
            ("/contacts/0/first_name", None, "contacts[0].first_name: is required"),
            (
                "/contacts/0/attributes",
                Some(json!([{"name": "X", "value": ""}])),
                "contacts[0].attributes[0].name: unknown attribute",
            ),
        ],
    );
    assert_eq!(tenant.remote.count("customers").unwrap() + tenant.remote.count("customer_addresses").unwrap(), 0);

    let tenant =
        Tenant::with(Settings { likely_required: true, duplicate_reference: DuplicateReference::Refuse, ..Settings::default() });
    let good = harbor(&tenant);
    tenant.refuses(
        "POST",
        "/v1/customers",
        &good,
        &[
            ("/assigned_sales_rep_ids", None, "assigned_sales_rep_ids: is required"),
            ("/assigned_price_list_id", None, "assigned_price_list_id: is required"),
            ("/addresses/1/reference_id", Some(json!("90")), "addresses[1].reference_id: already exists"),
        ],
    );
    tenant.write(201, "POST", "/v1/customers", &good);
    assert!(tenant.refused("POST", "/v1/customers", &good.to_string()).contains(&"reference_id: already exists".to_owned()));
}

#[test]
fn a_change_touches_only_what_it_names() {
    let mut tenant = Tenant::new();
    let body = harbor(&tenant);
    let before = tenant.write(201, "POST", "/v1/customers", &body);
    let target = path(&before);
    tenant.later(60);
    let patch = json!({
        "company_name": "Harbor Ltd", "phone": "", "primary_contact_id": before["contacts"][0]["id"],
        "default_shipping_address_id": before["addresses"][0]["id"],
        "default_billing_address_id": before["addresses"][1]["id"],
    });
    let after = tenant.write(201, "PATCH", &target, &patch);
    assert_eq!((after["name"].as_str(), after["phone"].as_str()), (Some("Harbor Ltd"), Some("")));
    for pointer in ["primary_contact_id", "default_shipping_address_id", "default_billing_address_id"] {
        assert_eq!(after[pointer], patch[pointer]);
    }
    for same in ["created_at", "display_id", "payment_term", "addresses", "contacts", "attributes", "assigned_sales_reps"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_eq!(after["updated_at"], "2026-03-04T05:07:07Z");
    let strange = customer(&tenant, "other");
    let wrong = [
        ("/status", Some(json!("inactive")), "status: unknown field"),
        ("/company_name", Some(json!("")), "company_name: must not be empty"),
        ("/primary_contact_id", Some(json!("x")), "primary_contact_id: is not one of this customer's"),
        ("/primary_contact_id", Some(before["addresses"][0]["id"].clone()), "primary_contact_id: is not one of this customer's"),
        ("/default_billing_address_id", Some(json!("")), "default_billing_address_id: is not one of this customer's"),
        ("/assigned_price_list_id", Some(json!("x")), "assigned_price_list_id: unknown price list"),
        ("/assigned_sales_rep_ids", Some(json!([])), "assigned_sales_rep_ids: must have at least one entry"),
        ("/addresses", Some(json!([{"id": "x"}])), "addresses[0].id: unknown address"),
        ("/addresses", Some(json!([{"id": ""}])), "addresses[0].id: must be a text that is not empty"),
        ("/contacts", Some(json!([{"first_name": "Bo", "email": "bo@x.example"}])), "contacts[0].reference_id: is required"),
    ];
    tenant.refuses("PATCH", &target, &json!({}), &wrong);
    let of_another = json!({"addresses": [{"id": before["addresses"][0]["id"], "city": "Reno"}]});
    assert_eq!(tenant.refused("PATCH", &path(&strange), &of_another.to_string()), ["addresses[0].id: unknown address"]);
    assert_eq!(tenant.verbs("customers"), ["create", "update", "create"]);
    assert_eq!(tenant.get(&target), after);
}

#[test]
fn nested_lists_merge_or_replace() {
    for nested_lists in [NestedLists::MergeById, NestedLists::Replace] {
        let mut tenant = Tenant::with(Settings { nested_lists, ..Settings::default() });
        let body = harbor(&tenant);
        let before = tenant.write(201, "POST", "/v1/customers", &body);
        let target = path(&before);
        let pointers = json!({"default_billing_address_id": before["addresses"][1]["id"]});
        tenant.write(201, "PATCH", &target, &pointers);
        tenant.later(60);
        let patch = json!({"addresses": [
            {"id": before["addresses"][0]["id"], "city": "Reno"},
            {"reference_id": "92", "type": "shipping", "address_line_1": "1 Quay", "city": "Olympia"},
        ]});
        let after = tenant.write(201, "PATCH", &target, &patch);
        let cities: Vec<&str> =
            after["addresses"].as_array().unwrap().iter().map(|address| address["city"].as_str().unwrap()).collect();
        let changed = &after["addresses"][0];
        assert_eq!((&changed["id"], &changed["created_at"]), (&before["addresses"][0]["id"], &before["created_at"]));
        assert_eq!(after["contacts"], before["contacts"]);
        if nested_lists == NestedLists::MergeById {
            assert_eq!(cities, ["Reno", "Tacoma", "Olympia"]);
            assert_eq!((changed["state"].as_str(), &changed["is_default"]), (Some("WA"), &json!(true)));
            assert_eq!(after["default_billing_address_id"], before["addresses"][1]["id"]);
        } else {
            assert_eq!(cities, ["Reno", "Olympia"]);
            assert_eq!((changed.get("state"), &changed["is_default"]), (None, &json!(false)));
            assert_eq!(after.get("default_billing_address_id"), None);
        }
    }
}

#[test]
fn lists_hide_inactive_customers_unless_told() {
    let mut tenant = Tenant::new();
    for reference in ["a", "b", "c"] {
        customer(&tenant, reference);
        tenant.later(60);
    }
    tenant.edit(r#"[{"set":"/v1/customers/ref:b","patch":{"status":"inactive","updated_at":"2026-03-04T05:07:07Z"}}]"#);
    let references = |target: &str| -> Vec<String> {
        tenant.list(target).iter().map(|row| row["reference_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(references("/v1/customers"), ["c", "a"]);
    assert_eq!(references("/v1/customers?status=inactive"), ["b"]);
    assert!(references("/v1/customers?reference_ids=b").is_empty(), "the hidden default stays");
    assert_eq!(references("/v1/customers?reference_ids=a,b,c&sort=asc&sort_by=display_name"), ["a", "c"]);
    assert_eq!(references("/v1/customers?created_after=2026-03-04T05:07:00Z"), ["c"]);
    assert_eq!(references("/v1/customers?updated_before=2026-03-04T05:07:00Z&sort_by=company_name"), ["a"]);
    for query in ["status=all", "sort_by=name", "email=x", "updated_after=2026-03-04", "customer_id=1"] {
        assert_eq!(tenant.refused("GET", &format!("/v1/customers?{query}"), "").len(), 1, "{query}");
    }
}

#[test]
fn references_are_paged_through() {
    let tenant = Tenant::new();
    let wanted: Vec<String> = (0..30).map(|number| format!("r{number:02}")).collect();
    for reference in &wanted {
        customer(&tenant, reference);
        customer(&tenant, &format!("not-{reference}"));
    }
    let mut seen = Vec::new();
    for page in 1..=3 {
        let target = format!("/v1/customers?reference_ids={}&page={page}&page_size=12&sort=asc", wanted.join(","));
        let (_, answer) = tenant.call("GET", &target, "");
        assert_eq!((&answer["pagination"]["total_records"], &answer["pagination"]["total_pages"]), (&json!(30), &json!(3)));
        seen.extend(answer["data"].as_array().unwrap().iter().map(|row| row["reference_id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, wanted);
}

#[test]
fn a_deleted_customer_takes_its_parts_along() {
    let tenant = Tenant::new();
    let body = harbor(&tenant);
    let created = tenant.write(201, "POST", "/v1/customers", &body);
    assert_eq!(tenant.call("DELETE", &path(&created), "").0, 200);
    assert_eq!(tenant.call("GET", &path(&created), "").0, 404);
    assert_eq!(tenant.call("DELETE", &path(&created), "").0, 404);
    assert_eq!(tenant.call("GET", &format!("{}/addresses", path(&created)), "").0, 404);
    assert_eq!(tenant.remote.count("customer_addresses").unwrap() + tenant.remote.count("customer_contacts").unwrap(), 0);
    assert_eq!(tenant.verbs("customer_addresses"), ["create", "create", "delete", "delete"]);
}

#[test]
fn a_person_may_enter_a_customer_whole() {
    let mut tenant = Tenant::new();
    harbor(&tenant);
    tenant.edit(
        r#"[{"insert":"customers","document":{"reference_id":"w1","name":"Walk-in","assigned_price_list_id":"ref:WHOLESALE",
              "assigned_sales_rep_ids":["ana@acme.example"],"attributes":[{"name":"Territory","value":"East"}],
              "addresses":[{"reference_id":"wa","type":"billing","address_line_1":"1 Main","city":"Reno"}],
              "contacts":[{"first_name":"Bo","email":"bo@x.example"}]}},
            {"insert":"customer_contacts","document":{"reference_id":"wc","customer_id":"ref:w1","first_name":"Cy"}},
            {"set":"/v1/customers/ref:w1","patch":{"default_billing_address_id":"ref:wa"}}]"#,
    );
    let id = tenant.list("/v1/customers")[0]["id"].as_str().unwrap().to_owned();
    let shown = tenant.get(&format!("/v1/customers/{id}"));
    assert_eq!((shown["display_name"].as_str(), shown["contacts"].as_array().unwrap().len()), (Some("Walk-in"), 2));
    assert_eq!(shown["assigned_price_list"]["name"], "Wholesale");
    assert_eq!(shown["assigned_sales_reps"][0]["first_name"], "Ana");
    assert_eq!(shown["default_billing_address_id"], shown["addresses"][0]["id"]);
    assert!(shown["attributes"][0]["id"].is_string());
    tenant.later(60);
    tenant.edit(
        r#"[{"set":"/v1/customer_contacts/ref:wc","patch":{"status":"inactive"}},{"delete":"/v1/customer_addresses/ref:wa"}]"#,
    );
    let shown = tenant.get(&format!("/v1/customers/{id}"));
    assert_eq!((shown["updated_at"].as_str(), shown.get("default_billing_address_id")), (Some("2026-03-04T05:07:07Z"), None));
    tenant.edit(r#"[{"delete":"/v1/customers/ref:w1"}]"#);
    assert_eq!(tenant.remote.count("customer_contacts").unwrap(), 0);
    assert_eq!(tenant.verbs("customer_contacts"), ["insert", "insert", "set", "remove", "remove"]);
    for (document, word) in [
        (r#"{"name":"X","assigned_price_list_id":"ref:NONE"}"#, "names no price list"),
        (r#"{"name":"X","assigned_sales_rep_ids":["bo"]}"#, "names no sales rep"),
        (r#"{"name":"X","attributes":[{"name":"Size","value":"S"}]}"#, "unknown attribute"),
        (r#"{"name":"X","contacts":[{"created_at":"now"}]}"#, "created_at"),
    ] {
        let reason = tenant.remote.edit(&format!(r#"[{{"insert":"customers","document":{document}}}]"#), tenant.now).unwrap_err();
        assert!(reason.contains(word), "{reason}");
    }
    assert_eq!(tenant.remote.count("customers").unwrap(), 0);
}
