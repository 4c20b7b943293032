//! Customers and contacts: names, uniqueness, references, the address book.

use super::*;

fn shop() -> Value {
    json!({"externalId": "wz_cu_1", "companyName": "Blue Door Gifts", "subsidiary": {"id": "1"}, "email": "hello@bluedoor.example"})
}

fn changed(mut body: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn a_customer_is_created_whole_and_seen_at_once() {
    let netsuite = standard();
    let address = |label: &str, street: &str, bills: bool| {
        json!({"label": label, "defaultBilling": bills, "defaultShipping": !bills, "addressBookAddress": {"addressee": "Blue Door",
            "addr1": street, "city": "Austin", "state": "Texas", "zip": "78701", "country": {"id": "US"}}})
    };
    let body = changed(
        shop(),
        json!({
            "terms": 2, "priceLevel": "5", "salesRep": {"externalId": "rep-ana"}, "category": {"id": 4}, "creditLimit": 1250.5,
            "addressBook": {"items": [address("Shop", "5 Mill Lane", false), address("Office", "9 Hill Road", true)]},
            "itemPricing": {"items": [{"item": {"id": "4101"}, "level": {"id": "-1"}, "price": 88.8}]},
        }),
    );
    let written = send(&netsuite, "POST", "customer", &body);
    assert_eq!((written.status, written.body, written.warnings), (204, Value::Null, None));
    let seen = record(&netsuite, "customer/eid:wz_cu_1");
    assert_members(
        &seen,
        &json!({"id": written.id, "companyName": "Blue Door Gifts", "altName": "Blue Door Gifts", "isPerson": false,
            "isInactive": false, "entityId": format!("CUST{}", written.id), "terms": {"id": "2", "refName": "Net 30"},
            "salesRep": {"id": "311", "refName": "Ana Ortiz"}, "currency": {"id": "1", "refName": "US Dollar"}, "creditLimit": 1250.5,
            "subsidiary": {"id": "1", "refName": "Main Inc."}, "entityStatus": {"id": "13", "refName": "Closed Won"},
            "dateCreated": "2026-02-03T18:04:11Z", "lastModifiedDate": "2026-02-03T18:04:11Z"}),
    );
    let book = seen["addressBook"]["items"].as_array().unwrap();
    assert_eq!(book.len(), 2);
    assert_members(&book[0]["addressBookAddress"], &json!({"addr1": "5 Mill Lane", "state": "TX", "override": false}));
    assert_eq!((&book[0]["defaultShipping"], &book[1]["defaultBilling"]), (&json!(true), &json!(true)));
    assert_eq!(seen["itemPricing"]["items"][0]["price"], 88.8);
    let rows = query(
        &netsuite,
        "SELECT c.id, c.searchstage, a.addr1, r.subsidiary FROM customer c
         JOIN customeraddressbookentityaddress a ON a.nkey = c.defaultbillingaddress
         JOIN customersubsidiaryrelationship r ON r.entity = c.id WHERE c.externalid = 'wz_cu_1'",
    );
    assert_eq!(rows, [json!({"id": written.id, "searchstage": "Customer", "addr1": "9 Hill Road", "subsidiary": "1"})]);
}

#[test]
fn what_a_customer_lacks_or_repeats_is_refused() {
    let netsuite = standard();
    edit(
        &netsuite,
        "insert into subsidiary (id, name, isinactive) values (8, 'Sold Ltd.', 'T'); update employee set issalesrep = 'F'",
    );
    let cases = [
        (json!({"companyName": null}), "USER_ERROR", "You must enter a value for Company Name."),
        (json!({"companyName": ""}), "USER_ERROR", "You must enter a value for Company Name."),
        (json!({"isPerson": true}), "USER_ERROR", "Please enter value(s) for: First Name, Last Name."),
        (json!({"isPerson": true, "firstName": "Ada"}), "USER_ERROR", "Please enter value(s) for: Last Name."),
        (json!({"subsidiary": null}), "USER_ERROR", "Please enter value(s) for: Subsidiary."),
        (json!({"externalId": "wiz-cust-88"}), "USER_ERROR", "This entity already exists."),
        (json!({"externalId": "wiz-con-1"}), "USER_ERROR", "This entity already exists."),
        (json!({"externalId": "rep-ana"}), "USER_ERROR", "This entity already exists."),
        (
            json!({"subsidiary": {"id": "8"}}),
            "USER_ERROR",
            "You have entered an Invalid Field Value 8 for the following field: subsidiary",
        ),
        (
            json!({"salesRep": {"id": "311"}}),
            "USER_ERROR",
            "You have entered an Invalid Field Value 311 for the following field: salesrep",
        ),
        (
            json!({"priceLevel": {"id": "77"}}),
            "INVALID_CONTENT",
            "Error while accessing resource: You have entered an Invalid Field Value 77 for the following field: pricelevel",
        ),
        (
            json!({"category": {"externalId": "no-such"}}),
            "INVALID_CONTENT",
            "Error while accessing resource: You have entered an Invalid Field Value no-such for the following field: category",
        ),
        (json!({"email": 7}), "INVALID_CONTENT", "Invalid content in the request body. Invalid value for the property 'email'."),
        (
            json!({"creditLimit": "12"}),
            "INVALID_CONTENT",
            "Invalid content in the request body. Invalid value for the property 'creditLimit'.",
        ),
        (
            json!({"addressBook": {"items": [{"addressBookAddress": {"country": {"id": "XX"}}}]}}),
            "INVALID_CONTENT",
            "Error while accessing resource: You have entered an Invalid Field Value XX for the following field: country",
        ),
    ];
    let before = query(&netsuite, "SELECT COUNT(*) AS n FROM customer");
    for (change, code, detail) in cases {
        let got = turned_down(&netsuite, "POST", "customer", &changed(shop(), change.clone()));
        assert_eq!((got.0, got.1.as_str(), got.2.as_str()), (400, code, detail), "{change}");
    }
    assert_eq!(query(&netsuite, "SELECT COUNT(*) AS n FROM customer"), before);
    let body = signed(&netsuite, "POST", &format!("{ROOT}customer"), "[1", now());
    assert_eq!(netsuite.handle(&body, now()).status, 400);
}

#[test]
fn unknown_properties_are_warned_of_or_refused_as_the_header_says() {
    let netsuite = standard();
    let body = changed(shop(), json!({"compnayName": "x", "addressBook": {"items": [{"lable": "y"}]}}));
    let name = "x-netsuite-propertynamevalidation";
    let strict = send_with(&netsuite, "POST", "customer", &body, &[(name, "Error")]);
    assert_eq!(
        (strict.status, &strict.body["o:errorDetails"][0]["o:errorPath"], refused(&strict.body).0),
        (400, &json!("compnayName"), "INVALID_CONTENT")
    );
    let ignoring =
        send_with(&netsuite, "POST", "customer", &changed(body.clone(), json!({"externalId": "b"})), &[(name, "ignore")]);
    assert_eq!((ignoring.status, ignoring.warnings), (204, None));
    let usual = send(&netsuite, "POST", "customer", &body);
    assert_eq!(usual.status, 204);
    let warnings = usual.warnings.unwrap();
    assert!(warnings.contains("'compnayName'") && warnings.contains("'addressBook.items[0].lable'"), "{warnings}");
    // What can be shown but not set is known, and custom fields are known by their columns.
    edit(&netsuite, "alter table customer add column custentity_wiz_id text");
    let known = json!({"balance": 12, "custentity_wiz_id": "88", "altName": "z"});
    let strict = send_with(&netsuite, "PATCH", "customer/eid:wz_cu_1", &known, &[(name, "Error")]);
    assert_eq!(strict.status, 204, "{:?}", strict.body);
    assert_members(&record(&netsuite, "customer/eid:wz_cu_1"), &json!({"balance": 0.0, "custentity_wiz_id": "88"}));
    let lenient = [("x-netsuite-propertyvaluevalidation", "Warning")];
    let written = send_with(&netsuite, "PATCH", "customer/eid:wz_cu_1", &json!({"phone": 5, "fax": "1"}), &lenient);
    assert_eq!((written.status, written.warnings.as_deref()), (204, Some("Invalid value for the property 'phone'")));
    let wrong = send_with(&netsuite, "PATCH", "customer/eid:wz_cu_1", &json!({}), &[(name, "Perhaps")]);
    assert_eq!((wrong.status, wrong.body["o:errorDetails"][0]["o:errorHeader"].as_str()), (400, Some(name)));
}

#[test]
fn a_change_keeps_what_was_not_sent_and_null_clears() {
    let netsuite = standard();
    let written = send(&netsuite, "PATCH", "customer/1542", &json!({"phone": null, "comments": "VIP", "email": ""}));
    assert_eq!((written.status, written.id.as_str()), (204, "1542"));
    let seen = record(&netsuite, "customer/1542");
    assert!(seen.get("phone").is_none() && seen.get("email").is_none());
    assert_members(&seen, &json!({"comments": "VIP", "creditLimit": 5000.0, "lastModifiedDate": "2026-02-03T18:04:11Z"}));
    assert_eq!(turned_down(&netsuite, "PATCH", "customer/1542", &json!({"companyName": null})).0, 400);
    assert_eq!(
        turned_down(&netsuite, "PATCH", "customer/1542", &json!({"externalId": "wiz-con-1"})).2,
        "This entity already exists."
    );
    assert_eq!(send(&netsuite, "PATCH", "customer/1542", &json!({"externalId": "wiz-cust-88"})).status, 204);
    assert_eq!(turned_down(&netsuite, "PATCH", "customer/99", &json!({})).0, 404);
    let selected = "customer/1542?replace=comments%2Cterms&replaceSelectedFields=true";
    assert_eq!(send(&netsuite, "PATCH", selected, &json!({"terms": {"id": "2"}})).status, 204);
    let seen = record(&netsuite, "customer/1542");
    assert!(seen.get("comments").is_none() && seen["terms"]["id"] == "2");
}

#[test]
fn an_address_book_grows_by_entries_without_key() {
    let netsuite = standard();
    let labels = |netsuite: &NetSuite| -> Vec<(String, String)> {
        let seen = record(netsuite, "customer/1542");
        let items = seen["addressBook"]["items"].as_array().unwrap().clone();
        items.iter().map(|e| (e["id"].as_str().unwrap().into(), e["label"].as_str().unwrap().into())).collect()
    };
    let known = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(id, label)| ((*id).into(), (*label).into())).collect()
    };
    let dock = json!({"addressBook": {"items": [{"label": "Dock", "defaultShipping": true, "addressBookAddress": {"addr1": "1 Dock"}}]}});
    taken(&netsuite, "PATCH", "customer/1542", &dock);
    taken(&netsuite, "PATCH", "customer/1542", &dock);
    assert_eq!(labels(&netsuite), known(&[("901", "Store"), ("902", "Office"), ("903", "Dock"), ("904", "Dock")]));
    let shipping =
        query(&netsuite, "SELECT b.internalid FROM customeraddressbook b WHERE b.entity = 1542 AND b.defaultshipping = 'T'");
    assert_eq!(shipping, [json!({"internalid": "904"})]);
    let keyed = json!({"addressBook": {"items": [{"id": "901", "addressBookAddress": {"zip": "04109"}}, {"internalId": 903, "label": "Quay"}]}});
    taken(&netsuite, "PATCH", "customer/1542", &keyed);
    assert_eq!(labels(&netsuite), known(&[("901", "Store"), ("902", "Office"), ("903", "Quay"), ("904", "Dock")]));
    let store = record(&netsuite, "customer/1542")["addressBook"]["items"][0]["addressBookAddress"].clone();
    assert_members(&store, &json!({"zip": "04109", "addr1": "12 Quay Street", "attention": "Receiving"}));
    let replacing =
        json!({"addressBook": {"items": [{"id": "902"}, {"label": "New", "addressBookAddress": {"addr1": "2 New"}}]}});
    taken(&netsuite, "PATCH", "customer/1542?replace=addressBook", &replacing);
    assert_eq!(labels(&netsuite), known(&[("902", "Office"), ("905", "New")]));
    let left = query(&netsuite, "SELECT COUNT(*) AS n FROM customeraddressbookentityaddress");
    assert_eq!(left, [json!({"n": "2"})]);
    let stranger = json!({"addressBook": {"items": [{"id": "901", "label": "gone"}]}});
    assert_eq!(turned_down(&netsuite, "PATCH", "customer/1542", &stranger).1, "INVALID_CONTENT");
    taken(&netsuite, "PATCH", "customer/1542?replace=addressBook", &json!({"addressBook": {"items": []}}));
    assert_eq!(labels(&netsuite), []);
}

#[test]
fn prices_of_a_customer_have_no_keys() {
    let netsuite = standard();
    let one = json!({"itemPricing": {"items": [{"item": {"id": "4205"}, "level": {"id": "-1"}, "price": 3}]}});
    taken(&netsuite, "PATCH", "customer/1542", &one);
    assert_eq!(record(&netsuite, "customer/1542")["itemPricing"]["totalResults"], 3);
    taken(&netsuite, "PATCH", "customer/1542?replace=itemPricing", &one);
    assert_eq!(record(&netsuite, "customer/1542")["itemPricing"]["totalResults"], 1);
}

#[test]
fn an_upsert_creates_once_and_then_overwrites() {
    let netsuite = standard();
    let body = json!({"companyName": "Blue Door Gifts", "subsidiary": {"id": "1"},
        "addressBook": {"items": [{"label": "Shop", "addressBookAddress": {"addr1": "5 Mill Lane"}}]}});
    let first = taken(&netsuite, "PUT", "customer/eid:wz_cu_9", &body);
    edit(&netsuite, &format!("update customer set companyname = 'Blue Door', altname = 'Blue Door' where id = {first}"));
    assert_eq!(taken(&netsuite, "PUT", "customer/eid:wz_cu_9", &body), first);
    let seen = record(&netsuite, "customer/eid:wz_cu_9");
    assert_eq!((&seen["companyName"], &seen["addressBook"]["totalResults"]), (&json!("Blue Door Gifts"), &json!(2)));
    assert_eq!(turned_down(&netsuite, "PUT", "customer/1542", &body).0, 405);
    let other = json!({"externalId": "other", "companyName": "x", "subsidiary": {"id": "1"}});
    assert_eq!(turned_down(&netsuite, "PUT", "customer/eid:wz_cu_9", &other).1, "INVALID_CONTENT");
    assert_eq!(turned_down(&netsuite, "PUT", "customer/eid:wiz-con-1", &body).2, "This entity already exists.");
    let silent = with_documents(Settings { upsert_location: false, ..Settings::default() });
    assert_eq!(taken(&silent, "PUT", "customer/eid:wz_cu_9", &body), "");
    assert_eq!(get(&silent, &format!("{ROOT}customer/eid:wz_cu_9")).0, 200);
}

#[test]
fn without_automatic_numbers_a_customer_brings_its_own() {
    let netsuite = with_documents(Settings { auto_numbers: false, ..Settings::default() });
    assert_eq!(turned_down(&netsuite, "POST", "customer", &shop()).2, "Please enter value(s) for: Customer ID.");
    let body = changed(shop(), json!({"entityId": "CUST1542"}));
    assert_eq!(turned_down(&netsuite, "POST", "customer", &body).2, "This entity already exists.");
    taken(&netsuite, "POST", "customer", &changed(shop(), json!({"entityId": "BLUE"})));
    assert_eq!(record(&netsuite, "customer/eid:wz_cu_1")["entityId"], "BLUE");
}

#[test]
fn a_contact_belongs_to_a_company_and_shares_the_names_of_entities() {
    let netsuite = standard();
    let body = json!({"externalId": "wz_ct_1", "firstName": "Ada", "lastName": "Lane", "email": "ada@harborpine.example",
        "company": {"externalId": "wiz-cust-88"}, "subsidiary": {"id": "1"}});
    let id = taken(&netsuite, "POST", "contact", &body);
    assert_members(
        &record(&netsuite, "contact/eid:wz_ct_1"),
        &json!({"id": id, "entityId": "Ada Lane", "company": {"id": "1542", "refName": "CUST1542 Harbor & Pine Home"}, "isInactive": false}),
    );
    let cases = [
        (json!({"firstName": null, "lastName": null}), "Please enter value(s) for: First Name, Last Name."),
        (json!({"subsidiary": null}), "Please enter value(s) for: Subsidiary."),
        (json!({}), "This entity already exists."),
        (json!({"externalId": "wiz-cust-88"}), "This entity already exists."),
        (
            json!({"company": {"id": "5"}}),
            "Error while accessing resource: You have entered an Invalid Field Value 5 for the following field: company",
        ),
    ];
    for (change, detail) in cases {
        assert_eq!(turned_down(&netsuite, "POST", "contact", &changed(body.clone(), change.clone())).2, detail, "{change}");
    }
    taken(&netsuite, "PATCH", &format!("contact/{id}"), &json!({"title": "Owner", "company": null}));
    let seen = record(&netsuite, &format!("contact/{id}"));
    assert!(seen["title"] == "Owner" && seen.get("company").is_none());
    let rows = query(&netsuite, &format!("SELECT c.entityid, c.title FROM contact c WHERE c.id = {id}"));
    assert_eq!(rows, [json!({"entityid": "Ada Lane", "title": "Owner"})]);
}
