//! Calls through the front door of the simulator, as any client would make them.

use std::path::Path;

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::*;

mod customer_parts;
mod customers;
mod edit;
mod invoices;
mod orders;
mod payments;
mod quotes;
mod shipments;
mod webhooks;

/// A tenant with two price lists and the attribute `Finish`, at a fixed moment.
struct Tenant {
    remote: WizCommerce,
    now: Timestamp,
}

impl Tenant {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        Self::at(None, settings)
    }

    fn at(path: Option<&Path>, settings: Settings) -> Self {
        let now: Timestamp = "2026-03-04T05:06:07.5Z".parse().unwrap();
        let tenant = Self { remote: WizCommerce::open(path, settings).unwrap(), now };
        tenant.remote.seed_price_lists(&[("WHOLESALE", "Wholesale", "USD"), ("RETAIL-EUR", "Retail", "EUR")], now).unwrap();
        if path.is_none() {
            tenant.post("/v1/attributes", r#"{"entity":"product","name":"Finish","data_type":"text"}"#);
        }
        tenant
    }

    fn call(&self, method: &str, target: &str, body: &str) -> (u16, Value) {
        let reply = self.reply(method, target, body);
        let body = if reply.body.is_empty() { Value::Null } else { serde_json::from_slice(&reply.body).unwrap() };
        (reply.status, body)
    }

    fn reply(&self, method: &str, target: &str, body: &str) -> Reply {
        let headers = vec![
            ("x-api-key".to_owned(), "api_sandbox_wiz_0001".to_owned()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        let request = Request { method: method.to_owned(), target: target.to_owned(), headers, body: body.into() };
        self.remote.handle(&request, self.now)
    }

    /// Posts and expects success; gives `data`.
    fn post(&self, target: &str, body: &str) -> Value {
        let (status, answer) = self.call("POST", target, body);
        assert_eq!(status, 201, "{answer}");
        answer["data"].clone()
    }

    /// Expects a 400 and gives its details as `field: reason`.
    fn refused(&self, method: &str, target: &str, body: &str) -> Vec<String> {
        let (status, answer) = self.call(method, target, body);
        assert_eq!((status, answer["code"].as_str()), (400, Some("BAD_REQUEST")), "{answer}");
        let details = answer["details"].as_array().into_iter().flatten();
        details.map(|detail| format!("{}: {}", detail["field"].as_str().unwrap(), detail["reason"].as_str().unwrap())).collect()
    }

    /// Expects each change of a good body, made at a JSON pointer, to be refused for that reason alone; `None` leaves out.
    fn refuses(&self, method: &str, target: &str, good: &Value, wrong: &[(&str, Option<Value>, &str)]) {
        for (place, value, detail) in wrong {
            let mut body = good.clone();
            let (parent, member) = place.rsplit_once('/').unwrap();
            let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            match value {
                Some(value) => drop(parent.insert(member.to_owned(), value.clone())),
                None => drop(parent.remove(member).unwrap()),
            }
            assert_eq!(self.refused(method, target, &body.to_string()), [*detail], "{place}");
        }
    }

    /// Sends a change and expects success; gives `data`.
    fn write(&self, status: u16, method: &str, target: &str, body: &Value) -> Value {
        let (answered, answer) = self.call(method, target, &body.to_string());
        assert_eq!(answered, status, "{answer}");
        answer["data"].clone()
    }

    fn get(&self, target: &str) -> Value {
        let (status, answer) = self.call("GET", target, "");
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    }

    /// Gives what happened to records of a kind, as verbs.
    fn verbs(&self, resource: &str) -> Vec<String> {
        let rows = self.remote.history().unwrap().into_iter();
        rows.filter(|row| row.resource == resource).map(|row| row.verb).collect()
    }

    fn list(&self, target: &str) -> Vec<Value> {
        let (status, answer) = self.call("GET", target, "");
        assert_eq!(status, 200, "{answer}");
        answer["data"].as_array().unwrap().clone()
    }

    fn edit(&self, script: &str) {
        self.remote.edit(script, self.now).unwrap();
    }

    fn later(&mut self, seconds: i64) {
        self.now = self.now.checked_add(seconds.seconds()).unwrap();
    }

    fn product(&self, sku: &str) -> Value {
        self.post("/v2/products", &product(sku, sku))[0].clone()
    }
}

fn product(group: &str, sku: &str) -> String {
    format!(
        r#"{{"group_code":"{group}","variants":[{{"sku_id":"{sku}","reference_id":"ref-{sku}","name":"Lamp {sku}",
            "product_prices":[{{"price_list_id":"WHOLESALE","price":19.90}}]}}]}}"#
    )
}

fn stock(sku: &str, available: &str) -> String {
    format!(
        r#"{{"sku":"{sku}","in_stock_quantity":{available},"reserved_quantity":0,"available_quantity":{available},
            "out_of_stock_threshold":0,"inventory_status":"IN_STOCK","track_inventory":true,"back_order_allowed":null,
            "on_order_details":[{{"quantity":200,"date":"2026-05-01T00:00:00Z","identifier":"PO-1"}}],"in_transit_details":[],
            "dynamic_details":"{{\"locations\":[]}}"}}"#
    )
}

const LAMPS: &str = r#"{"group_code":"LAMP","grouping_attributes":["Finish"],"variants":[
    {"sku_id":"LAMP-BRS","reference_id":"2201","name":"Lamp, brass","categories":["Lighting::Floor"],
     "medias":[{"url":"https://cdn.example.com/a.jpg","type":"image","order":1,"is_default":true}],
     "attributes":[{"name":"Finish","value":"Brass"}],
     "product_prices":[{"price_list_id":"WHOLESALE","price":120.00,"min_order_quantity":2,"sale_price":99.990,
        "volume_tiers":[{"start_quantity":24,"price":108.10,"step_increment":2}]}],
     "is_primary":true,"priority":1},
    {"sku_id":"LAMP-CHR","reference_id":"2202","name":"Lamp, chrome","product_prices":[]}]}"#;

#[test]
fn asks_for_the_key_before_anything_else() {
    let tenant = Tenant::new();
    for headers in [vec![], vec![("x-api-key".to_owned(), "wrong".to_owned())]] {
        let request = Request { method: "GET".into(), target: "/v1/nothing".into(), headers, body: vec![] };
        let reply = tenant.remote.handle(&request, tenant.now);
        assert_eq!(reply.status, 401);
        assert_eq!(reply.header("date"), Some("Wed, 04 Mar 2026 05:06:07 GMT"));
        assert!(String::from_utf8(reply.body).unwrap().contains("\"code\":\"UNAUTHORIZED\""));
    }
    assert_eq!(
        tenant.remote.too_many(&Request { method: "GET".into(), target: "/".into(), headers: vec![], body: vec![] }).status,
        429
    );
}

#[test]
fn gives_out_the_key_for_the_login() {
    let tenant = Tenant::new();
    let login = format!(r#"{{"email":"{LOGIN_EMAIL}","password":"{LOGIN_PASSWORD}"}}"#);
    let (status, token) = tenant.call("POST", "/auth/token", &login);
    assert_eq!(status, 200);
    assert_eq!(token["access_token"], "api_sandbox_wiz_0001");
    assert_eq!(token["expires_at"], "2027-03-04T05:06:07Z");
    assert_eq!(token["user"]["email"], LOGIN_EMAIL);
    assert_eq!(tenant.call("POST", "/auth/token", r#"{"email":"a","password":"b"}"#).0, 401);
    assert_eq!(tenant.refused("POST", "/auth/token", r#"{"email":"a"}"#), ["password: is required"]);
    assert_eq!(tenant.call("GET", "/auth/token", "").0, 405);
}

#[test]
fn routes_only_what_exists() {
    let tenant = Tenant::with(Settings { extensions: vec![], ..Settings::default() });
    for target in ["/", "/v1", "/v3/products", "/v2/price-lists", "/v1/products/a/b", "/v1/products/", "/v1/product", "/v1/%zz"] {
        assert_eq!(tenant.call("GET", target, "").0, 404, "{target}");
    }
    for target in ["/v1/warehouses", "/v1/warehouse-inventories", "/v1/quotes"] {
        assert_eq!(tenant.call("GET", target, "").0, 404, "{target}");
    }
    for (method, target, allow) in [
        ("PUT", "/v1/products", "GET, POST"),
        ("GET", "/v2/products", "POST"),
        ("GET", "/v2/products/x", "PATCH"),
        ("POST", "/v1/price-lists/x", "GET, PATCH, DELETE"),
        ("DELETE", "/v1/inventories", "GET, POST"),
        ("POST", "/v1/sales-reps", "GET"),
    ] {
        let reply = tenant.reply(method, target, "{}");
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)), "{method} {target}");
    }
    assert_eq!(tenant.call("GET", "/v1/products/unknown", "").0, 404);
    assert_eq!(tenant.call("PATCH", "/v2/products/unknown", "{}").0, 404);
}

#[test]
fn refuses_bodies_that_are_not_declared_json_objects() {
    let tenant = Tenant::new();
    for body in ["", "[]", "{", "null", r#"{"name":1,"name":2}"#] {
        assert_eq!(tenant.refused("POST", "/v1/price-lists", body), Vec::<String>::new(), "{body}");
    }
    let headers = vec![("x-api-key".to_owned(), "api_sandbox_wiz_0001".to_owned())];
    let request = Request { method: "POST".into(), target: "/v1/price-lists".into(), headers, body: b"{}".to_vec() };
    assert_eq!(tenant.remote.handle(&request, tenant.now).status, 400);
    assert_eq!(tenant.refused("POST", "/v2/products?dry=1", &product("A", "A")), ["dry: unknown parameter"]);
}

#[test]
fn creates_a_group_and_answers_one_entry_per_variant() {
    let tenant = Tenant::new();
    let created = tenant.post("/v2/products", LAMPS);
    assert_eq!(created.as_array().unwrap().len(), 2);
    let brass = &created[0];
    assert_eq!((brass["sku"].as_str(), brass["reference_id"].as_str()), (Some("LAMP-BRS"), Some("2201")));
    assert_eq!((brass["status"].as_str(), brass["created_at"].as_str()), (Some("active"), Some("2026-03-04T05:06:07Z")));
    assert_eq!(brass["attributes"][0]["value"], "Brass");
    assert_eq!(brass["price_lists"][0]["min_order_quantity"], 2);
    assert_eq!(brass["price_lists"][0].get("volume_tiers"), None);
    assert_eq!(brass["parent_id"], created[1]["parent_id"]);
    assert_eq!(brass.get("sku_id"), None);
    let list = &tenant.list("/v1/price-lists?sort_by=name&sort=desc")[0];
    assert_eq!(brass["price_lists"][0]["id"], list["id"]);

    let text = String::from_utf8(tenant.reply("GET", "/v1/products?sku_id=LAMP-BRS", "").body).unwrap();
    assert!(text.contains("\"price\":120.00"), "{text}");
    let stored = &tenant.remote.texts("products").unwrap()[0];
    assert!(stored.contains("\"sale_price\":99.990") && stored.contains("\"price\":108.10"), "{stored}");
    assert_eq!(tenant.remote.documents("product_groups").unwrap()[0]["grouping_attributes"], json!(["Finish"]));
    assert_eq!(tenant.remote.history().unwrap().len(), 5);
}

#[test]
fn names_what_is_wrong_with_a_product() {
    let tenant = Tenant::new();
    let body = r#"{"group_code":"G","grouping_attributes":["Size"],"variants":[
        {"sku_id":"A","reference_id":"1","name":"A","attributes":[{"name":"Size","value":"S"}],
         "product_prices":[{"price_list_id":"NONE","price":1},{"price_list_id":"WHOLESALE","price":1},
                           {"price_list_id":"WHOLESALE","price":2}]},
        {"sku_id":"A","reference_id":"2","name":"B","product_prices":[],"product_type":"kit",
         "components":[{"sku":"Z","quantity":1},{"sku":"A","quantity":2}]}]}"#;
    assert_eq!(
        tenant.refused("POST", "/v2/products", body),
        [
            "grouping_attributes[0]: unknown attribute",
            "variants[0].attributes[0].name: unknown attribute",
            "variants[0].product_prices[0].price_list_id: unknown price list",
            "variants[0].product_prices[2].price_list_id: is named twice",
            "variants[1].sku_id: already exists",
            "variants[1].components[0].sku: unknown sku",
        ]
    );
    let body = r#"{"group_code":7,"variants":[{"sku_id":"","reference_id":"1","product_prices":[{"price":"1"}]}]}"#;
    assert_eq!(
        tenant.refused("POST", "/v2/products", body),
        [
            "group_code: must be a text",
            "variants[0].sku_id: must not be empty",
            "variants[0].name: is required",
            "variants[0].product_prices[0].price_list_id: is required",
            "variants[0].product_prices[0].price: must be a number",
        ]
    );
    assert_eq!(
        tenant.refused("POST", "/v2/products", r#"{"group_code":"G","variants":[]}"#),
        ["variants: must have at least one entry"]
    );
    let v2_only = product("G", "A").replace("19.90", "19.90,\"sale_price\":1");
    assert_eq!(tenant.refused("POST", "/v1/products", &v2_only), ["variants[0].product_prices[0].sale_price: unknown field"]);
    assert_eq!(tenant.remote.count("products").unwrap(), 0);
    assert_eq!(tenant.remote.history().unwrap().len(), 3, "nothing was written by refused calls");
}

#[test]
fn a_new_variant_joins_its_group() {
    let tenant = Tenant::new();
    let first = tenant.post("/v2/products", LAMPS)[0].clone();
    let second = tenant.post("/v2/products", &product("LAMP", "LAMP-BLK"))[0].clone();
    assert_eq!(first["parent_id"], second["parent_id"]);
    assert_eq!(tenant.list("/v1/products?group_code=LAMP").len(), 3);
    assert_eq!(tenant.list("/v1/products?is_primary=true").len(), 1);
    assert_eq!(tenant.list("/v1/products?is_primary=false").len(), 2);
    assert_eq!(tenant.remote.count("product_groups").unwrap(), 1);
}

#[test]
fn uniqueness_follows_the_settings() {
    let tenant = Tenant::new();
    tenant.product("A");
    assert_eq!(tenant.refused("POST", "/v2/products", &product("B", "A")), ["variants[0].sku_id: already exists"]);
    let same_reference = product("B", "B").replace("ref-B", "ref-A");
    tenant.post("/v2/products", &same_reference);

    let tenant = Tenant::with(Settings {
        duplicate_reference: DuplicateReference::Refuse,
        duplicate_sku_refused: false,
        ..Settings::default()
    });
    let id = tenant.product("A")["id"].clone();
    assert_eq!(tenant.refused("POST", "/v2/products", &same_reference), ["variants[0].reference_id: already exists"]);
    tenant.post("/v2/products", &product("B", "A").replace("ref-A", "ref-C"));
    let own = format!("/v2/products/{}", id.as_str().unwrap());
    assert_eq!(tenant.call("PATCH", &own, r#"{"reference_id":"ref-A"}"#).0, 201);
    assert_eq!(tenant.refused("PATCH", &own, r#"{"reference_id":"ref-C"}"#), ["reference_id: already exists"]);
}

#[test]
fn a_change_touches_only_what_it_names_and_replaces_lists() {
    let mut tenant = Tenant::new();
    let lamp = tenant.post("/v2/products", LAMPS)[0].clone();
    let path = format!("/v2/products/{}", lamp["id"].as_str().unwrap());
    tenant.later(60);
    let body = r#"{"name":"New","product_prices":[{"price_list_id":"RETAIL-EUR","price":5.10},
                   {"price_list_id":"WHOLESALE","price":6}],"attributes":[],"brand":"Acme"}"#;
    let (status, answer) = tenant.call("PATCH", &path, body);
    assert_eq!(status, 201, "{answer}");
    let changed = &answer["data"];
    assert_eq!((changed["name"].as_str(), changed["sku"].as_str()), (Some("New"), Some("LAMP-BRS")));
    assert_eq!(changed["medias"], lamp["medias"]);
    assert_eq!(changed["attributes"], json!([]));
    assert_eq!(changed["price_lists"].as_array().unwrap().len(), 2);
    assert_eq!(changed["price_lists"][1]["created_at"], "2026-03-04T05:06:07Z");
    assert_eq!(changed["price_lists"][1].get("min_order_quantity"), None);
    assert_eq!(changed["updated_at"], "2026-03-04T05:07:07Z");
    assert_eq!(changed["created_at"], lamp["created_at"]);
    assert_eq!(changed.get("parent_id"), None);
    for (body, detail) in [
        (r#"{"is_primary":true}"#, "is_primary: unknown field"),
        (r#"{"sku_id":"X"}"#, "sku_id: unknown field"),
        (r#"{"name":null}"#, "name: must be a text"),
        (r#"{"status":"deleted"}"#, "status: must be one of inactive, active"),
    ] {
        assert_eq!(tenant.refused("PATCH", &path, body), [detail]);
    }
}

#[test]
fn switching_a_product_back_on_depends_on_the_setting() {
    for refuse_reactivation in [false, true] {
        let tenant = Tenant::with(Settings { refuse_reactivation, ..Settings::default() });
        let path = format!("/v2/products/{}", tenant.product("A")["id"].as_str().unwrap());
        assert_eq!(tenant.call("PATCH", &path, r#"{"status":"inactive"}"#).1["data"]["status"], "inactive");
        let (status, _) = tenant.call("PATCH", &path, r#"{"status":"active"}"#);
        assert_eq!(status, if refuse_reactivation { 400 } else { 201 });
    }
}

#[test]
fn a_deleted_product_takes_its_stock_along() {
    let tenant = Tenant::new();
    let path = format!("/v1/products/{}", tenant.product("A")["id"].as_str().unwrap());
    tenant.post("/v1/inventories", &stock("A", "5"));
    assert_eq!(tenant.call("DELETE", &path, "").0, 200);
    assert_eq!(tenant.call("GET", &path, "").0, 404);
    assert_eq!(tenant.call("DELETE", &path, "").0, 404);
    assert_eq!(tenant.remote.count("inventories").unwrap(), 0);
    tenant.product("A");
}

#[test]
fn pages_through_ties_without_losing_any() {
    let tenant = Tenant::new();
    for number in 0..57 {
        tenant.product(&format!("S{number:02}"));
    }
    let mut seen = Vec::new();
    let mut page = 1;
    while page != 0 {
        let (_, answer) = tenant.call("GET", &format!("/v1/products?page={page}&page_size=10&sort_by=updated_at&sort=asc"), "");
        assert_eq!(answer["pagination"]["total_records"], 57);
        assert_eq!(answer["pagination"]["total_pages"], 6);
        assert_eq!(answer["pagination"]["prev_page"], page - 1);
        seen.extend(answer["data"].as_array().unwrap().iter().map(|row| row["sku"].as_str().unwrap().to_owned()));
        page = answer["pagination"]["next_page"].as_i64().unwrap();
    }
    let expected: Vec<String> = (0..57).map(|number| format!("S{number:02}")).collect();
    assert_eq!(seen, expected);
    assert!(tenant.list("/v1/products?page=7&page_size=10").is_empty());
    assert_eq!(tenant.list("/v1/products").len(), 25);
    assert_eq!(tenant.list("/v1/products?sort_by=sku_id&page_size=1")[0]["sku"], "S56");
    assert_eq!(tenant.refused("GET", "/v1/products?status=active&page_size=500", "").len(), 2);
}

#[test]
fn price_lists_keep_their_currency() {
    let mut tenant = Tenant::new();
    let body = r#"{"reference_id":"NEW","name":"New","priority":3}"#;
    let created = tenant.post("/v1/price-lists", body);
    assert_eq!((created["currency"].as_str(), created["status"].as_str()), (Some("USD"), Some("active")));
    assert_eq!(created.get("priority"), None);
    assert_eq!(
        tenant.refused("POST", "/v1/price-lists", r#"{"reference_id":"N2","name":"N","currency":"EUR"}"#),
        ["currency: unknown field"]
    );
    let path = format!("/v1/price-lists/{}", created["id"].as_str().unwrap());
    tenant.later(5);
    let (status, changed) = tenant.call("PATCH", &path, r#"{"status":"inactive"}"#);
    assert_eq!((status, changed["data"]["status"].as_str()), (201, Some("inactive")));
    assert_eq!(changed["data"]["updated_at"], "2026-03-04T05:06:12Z");
    assert_eq!(tenant.refused("PATCH", &path, r#"{"reference_id":"X"}"#), ["reference_id: unknown field"]);
    assert_eq!(tenant.list("/v1/price-lists?status=inactive").len(), 1);
    assert_eq!(tenant.list("/v1/price-lists").len(), 3);
    assert_eq!(tenant.call("DELETE", &path, "").0, 200);
    assert_eq!(tenant.call("GET", &path, "").0, 404);
    let long = format!(r#"{{"reference_id":"{}","name":"N"}}"#, "x".repeat(51));
    assert_eq!(tenant.refused("POST", "/v1/price-lists", &long), ["reference_id: must have at most 50 characters"]);
}

#[test]
fn product_pricings_show_and_change_one_price() {
    let tenant = Tenant::new();
    let id = tenant.product("A")["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/product-pricings/{id}");
    let row = tenant.list(&path)[0].clone();
    assert_eq!((row["currency"].as_str(), row["product_id"].as_str()), (Some("USD"), Some(id.as_str())));
    let (status, changed) = tenant.call("PATCH", &path, r#"{"price_list_id":"WHOLESALE","price":21.50}"#);
    assert_eq!((status, &changed["data"]["id"]), (201, &row["id"]));
    assert!(tenant.remote.texts("products").unwrap()[0].contains("21.50"));
    assert_eq!(
        tenant.refused("PATCH", &path, r#"{"price_list_id":"RETAIL-EUR","price":1}"#),
        ["price_list_id: the product has no price on this list"]
    );
    assert_eq!(tenant.call("GET", "/v1/product-pricings/none", "").0, 404);
}

#[test]
fn stock_is_one_record_per_sku() {
    let mut tenant = Tenant::new();
    let id = tenant.product("A")["id"].clone();
    assert_eq!(tenant.refused("POST", "/v1/inventories", &stock("B", "1")), ["sku: unknown sku"]);
    let first = tenant.post("/v1/inventories", &stock("A", "10.50"));
    tenant.later(10);
    let second = tenant.post("/v1/inventories", &stock("A", "7"));
    assert_eq!((&first["id"], &first["created_at"]), (&second["id"], &second["created_at"]));
    assert_eq!(second["updated_at"], "2026-03-04T05:06:17Z");
    assert_eq!((&second["product_id"], &second["available_quantity"]), (&id, &json!(7)));
    assert_eq!(second["on_order_details"][0]["date"], "2026-05-01");
    assert_eq!(second.get("dynamic_details"), None);
    assert_eq!(tenant.remote.documents("inventories").unwrap()[0]["dynamic_details"], r#"{"locations":[]}"#);
    assert_eq!(tenant.list("/v1/inventories?sku=A&status=active&sort_by=product_id").len(), 1);
    assert!(tenant.list("/v1/inventories?sku=B").is_empty());
    for (old, new, detail) in [
        (
            r#""dynamic_details":"{\"locations\":[]}""#,
            r#""dynamic_details":{}"#,
            "dynamic_details: must be a text that holds JSON",
        ),
        (r#""dynamic_details":"{\"locations\":[]}""#, r#""dynamic_details":"{""#, "dynamic_details: must hold JSON"),
        (
            "2026-05-01T00:00:00Z",
            "2026-05-01",
            "on_order_details[0].date: must be a UTC time in whole seconds, like 2026-01-31T00:00:00Z",
        ),
        (r#""reserved_quantity":0,"#, "", "reserved_quantity: is required"),
        ("IN_STOCK", "SOME", "inventory_status: must be one of IN_STOCK, OUT_OF_STOCK, BACK_ORDER"),
    ] {
        assert_eq!(tenant.refused("POST", "/v1/inventories", &stock("A", "1").replace(old, new)), [detail]);
    }
    let verbs: Vec<String> =
        tenant.remote.history().unwrap().into_iter().filter(|row| row.resource == "inventories").map(|row| row.verb).collect();
    assert_eq!(verbs, ["create", "update"]);
}

#[test]
fn warehouses_hold_stock_of_their_own() {
    let mut tenant = Tenant::new();
    tenant.product("A");
    let reno = tenant.post("/v1/warehouses", r#"{"reference_id":"1","name":"Reno","city":"Reno"}"#);
    tenant.later(60);
    let tacoma = tenant.post("/v1/warehouses", r#"{"reference_id":"2","name":"Tacoma"}"#);
    let path = format!("/v1/warehouses/{}", reno["id"].as_str().unwrap());
    assert_eq!(tenant.call("PATCH", &path, r#"{"status":"inactive"}"#).0, 200);
    assert_eq!(tenant.call("GET", &path, "").1["data"]["status"], "inactive");
    assert_eq!(tenant.list("/v1/warehouses?reference_ids=2,3")[0]["id"], tacoma["id"]);
    for (warehouse, available) in [(&reno, 5), (&tacoma, 6), (&reno, 7)] {
        let body = json!({"warehouse_id": warehouse["id"], "sku": "A", "available_quantity": available});
        tenant.post("/v1/warehouse-inventories", &body.to_string());
    }
    assert_eq!(tenant.list("/v1/warehouse-inventories?sku=A").len(), 2);
    let of_reno = tenant.list(&format!("/v1/warehouse-inventories?warehouse_id={}", reno["id"].as_str().unwrap()));
    assert_eq!(of_reno[0]["available_quantity"], 7);
    assert_eq!(
        tenant.refused("POST", "/v1/warehouse-inventories", r#"{"warehouse_id":"x","sku":"A"}"#),
        ["warehouse_id: unknown warehouse"]
    );
}

#[test]
fn date_bounds_include_their_second_or_not() {
    for (inclusive, expected) in [(true, 1), (false, 0)] {
        let tenant = Tenant::with(Settings { list_bound_inclusive: inclusive, ..Settings::default() });
        tenant.post("/v1/warehouses", r#"{"reference_id":"1","name":"Reno"}"#);
        for name in ["created_after", "created_before", "updated_after", "updated_before"] {
            let target = format!("/v1/warehouses?{name}=2026-03-04T05%3A06%3A07Z");
            assert_eq!(tenant.list(&target).len(), expected, "{name}");
        }
        assert_eq!(tenant.list("/v1/warehouses?updated_after=2026-03-04T05:06:06Z&updated_before=2026-03-04T05:06:08Z").len(), 1);
    }
}

#[test]
fn attributes_are_unique_per_entity() {
    let tenant = Tenant::new();
    let body = r#"{"entity":"product","name":"Size","data_type":"select",
                   "configuration":{"options":[{"label":"Small","value":"S"},{"label":"Large"}]}}"#;
    assert_eq!(tenant.post("/v1/attributes", body)["options"], json!(["S", "Large"]));
    assert_eq!(tenant.refused("POST", "/v1/attributes", body), ["name: already exists for this entity"]);
    tenant.post("/v1/attributes", &body.replace("product", "customer"));
    assert_eq!(tenant.list("/v1/attributes?entity=product").len(), 2);
    assert_eq!(tenant.refused("GET", "/v1/attributes", ""), ["entity: is required"]);
    assert_eq!(tenant.refused("GET", "/v1/attributes?entity=invoice&sort=asc", "").len(), 2);
    assert_eq!(tenant.refused("POST", "/v1/attributes", &body.replace("select", "colour")).len(), 1);
}

#[test]
fn a_file_is_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wiz.sqlite");
    let id = {
        let tenant = Tenant::at(Some(&path), Settings::default());
        let id = tenant.product("A")["id"].clone();
        // Leaked, so that nothing is closed in order, as when the process is killed.
        std::mem::forget(tenant);
        id
    };
    let tenant = Tenant::at(Some(&path), Settings::default());
    assert_eq!(tenant.list("/v1/products?sku_id=A")[0]["id"], id);
    assert_eq!(tenant.remote.count("price_lists").unwrap(), 2);
    assert_ne!(tenant.product("B")["id"], id);
    let again: i64 =
        tenant.remote.with_database(|database| database.query_row("select count(*) from record", [], |row| row.get(0))).unwrap();
    assert_eq!(again, 6, "two lists, two products, two groups");
}

#[test]
fn calls_may_come_from_many_threads() {
    let tenant = Tenant::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let tenant = &tenant;
            scope.spawn(move || (0..25).for_each(|number| drop(tenant.product(&format!("T{thread}-{number}")))));
        }
    });
    assert_eq!(tenant.remote.count("products").unwrap(), 100);
}
