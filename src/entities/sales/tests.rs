//! What sales are mapped to, from fixtures as WizCommerce sends them.

use super::*;
use crate::entities::estimates::{self, Estimates};
use crate::entities::orders::push::{self, PushOrders};
use crate::model::Pushed;
use crate::netsuite::records::Page;

const ORDER: &str = include_str!("../../../fixtures/wizcommerce/order.json");
const QUOTE: &str = include_str!("../../../fixtures/wizcommerce/quote.json");
const ORDER_ID: &str = "7b3f0c52-9d3b-4f0e-8c43-1a9d0f6f2b77";
const CUSTOMER: &str = "b0a6c6a2-9d3b-4f0e-8c43-1a9d0f6f2b77";

fn settings() -> Settings {
    let text = |text: &str| Some(text.to_owned());
    Settings {
        zone: TimeZone::get("America/Los_Angeles").unwrap(),
        start_date: text("2026-01-01"),
        initial_status: Some("A"),
        discount_item: text("77"),
        adhoc_item: None,
        charge_items: BTreeMap::from([("Shipping insurance".into(), "88".into()), ("Handling".into(), "89".into())]),
        ship_methods: BTreeMap::from([("UPS Ground".into(), "38".into())]),
        default_ship_method: text("39"),
        attributes: BTreeMap::from([("Season".into(), "custbody_season".into())]),
        create_fields: serde_json::Map::from_iter([("location".to_owned(), serde_json::json!({"id": "2"}))]),
    }
}

fn rows(items: &str) -> Vec<Row> {
    serde_json::from_str::<Page>(&format!(r#"{{"items":[{items}],"totalResults":99,"hasMore":false}}"#)).unwrap().rows
}

fn record(text: &str) -> Members {
    serde_json::from_str(text).unwrap()
}

fn learned<K: Kind>(mut flow: Sales<K>) -> Sales<K> {
    flow.learn(TERMS, &rows(r#"{"head":"2","name":"Net 30"}"#)).unwrap();
    flow.learn(CURRENCIES, &rows(r#"{"head":"1","symbol":"USD"},{"head":"4","symbol":"EUR"}"#)).unwrap();
    let lists =
        [r#"{"id":"l1","reference_id":"BASE","currency":"USD"}"#, r#"{"id":"l2","reference_id":"EURO","currency":"EUR"}"#];
    let lists = lists.map(|text| RawValue::from_string(text.to_owned()).unwrap());
    flow.consult("price lists", &lists).unwrap();
    flow
}

fn orders() -> PushOrders {
    learned(push::flow(settings()))
}

fn quotes() -> Estimates {
    learned(estimates::flow(Settings { initial_status: None, ..settings() }, "/v1/quotes".into()))
}

/// What NetSuite answers to the questions, and the customer's link.
fn answers() -> (Rows, Known) {
    let mut all = Rows::default();
    all.add(
        ITEMS,
        rows(
            r#"{"head":"5","itemid":"LAMPS : LAMP","isinactive":"F"},{"head":"6","itemid":"BULB","isinactive":"F"},
               {"head":"7","itemid":"SHADE","isinactive":"F"},{"head":"8","itemid":"OLD","isinactive":"T"}"#,
        ),
    );
    all.add(BUYERS, rows(r#"{"head":"501","currency":"1","isinactive":"F","email":"a@b.example"}"#));
    let mut known = Known::default();
    known.add(Reference::Wiz(CUSTOMERS, CUSTOMER.into()), Link::new(CUSTOMERS, NetSuiteId(501), WizId(CUSTOMER.into())));
    (all, known)
}

fn desired<K: Kind>(flow: &Sales<K>, record: &Members, rows: &Rows, known: &Known) -> Proposal<Body> {
    match flow.map(record, rows, known).pop().unwrap() {
        Outgoing::Desired(proposal) => *proposal,
        Outgoing::Rejected(rejection) => panic!("{rejection:?}"),
        Outgoing::Skipped { reason, .. } => panic!("{reason}"),
    }
}

fn rejected<K: Kind>(flow: &Sales<K>, record: &Members, rows: &Rows, known: &Known) -> Rejection {
    match flow.map(record, rows, known).pop().unwrap() {
        Outgoing::Rejected(rejection) => rejection,
        _ => panic!("it is not rejected"),
    }
}

#[test]
fn an_order_is_created_whole_with_every_digit() {
    let (rows, known) = answers();
    let flow = orders();
    let proposal = desired(&flow, &record(ORDER), &rows, &known);
    let call = flow.create(&proposal);
    assert_eq!((call.path.as_str(), call.repeat), ("/services/rest/record/v1/salesOrder", Repeat::Never));
    let expected = concat!(
        r#"{"entity":{"id":"501"},"externalId":"wz_so_7b3f0c52-9d3b-4f0e-8c43-1a9d0f6f2b77","item":{"items":["#,
        r#"{"item":{"id":"5"},"quantity":4,"price":{"id":"-1"},"rate":114.095,"description":"Blue"},"#,
        r#"{"item":{"id":"6"},"quantity":3,"price":{"id":"-1"},"rate":3.86666667},"#,
        r#"{"item":{"id":"7"},"quantity":0.5,"price":{"id":"-1"},"rate":1234567.89},"#,
        r#"{"item":{"id":"88"},"quantity":1,"price":{"id":"-1"},"rate":6177.52,"description":"Shipping insurance"},"#,
        r#"{"item":{"id":"77"},"price":{"id":"-1"},"rate":-24}]},"location":{"id":"2"},"#,
        r#""memo":"WizCommerce order W2117: Please ring twice; Second floor","orderStatus":{"id":"A"},"otherRefNum":"HP-5521","#,
        r#""shipDate":"2026-03-12","shipMethod":{"id":"38"},"shippingAddress":{"addressee":"Receiving","attention":null,"#,
        r#""addr1":"12 Wharf Rd","addr2":null,"city":"Tacoma","state":"WA","zip":"98401","country":{"id":"US"},"addrPhone":"+12535550100"},"#,
        r#""shippingCost":18.5,"terms":{"id":"2"},"tranDate":"2026-03-01"}"#,
    );
    assert_eq!(call.body, expected);
}

#[test]
fn a_quote_has_an_expiry_and_no_approval() {
    let (rows, known) = answers();
    let flow = quotes();
    let proposal = desired(&flow, &record(QUOTE), &rows, &known);
    let call = flow.create(&proposal);
    assert_eq!(call.path, "/services/rest/record/v1/estimate");
    let expected = concat!(
        r#"{"custbody_season":"Spring","dueDate":"2026-04-01","entity":{"id":"501"},"externalId":"wz_es_9c1d2e3f-9d3b-4f0e-8c43-1a9d0f6f2b77","#,
        r#""item":{"items":[{"item":{"id":"5"},"quantity":24,"price":{"id":"-1"},"rate":92},"#,
        r#"{"item":{"id":"89"},"quantity":1,"price":{"id":"-1"},"rate":7.5,"description":"Handling"},"#,
        r#"{"item":{"id":"77"},"price":{"id":"-1"},"rate":-10}]},"location":{"id":"2"},"memo":"WizCommerce quote Q3017","#,
        r#""shipMethod":{"id":"39"},"shippingCost":9,"tranDate":"2026-03-01"}"#,
    );
    assert_eq!(call.body, expected);
}

#[test]
fn a_saved_address_that_says_the_same_is_named() {
    let (mut rows_, known) = answers();
    rows_.add(BOOK, rows(r#"{"head":"90","entity":"501","addr1":"12 wharf  rd","city":"TACOMA","zip":"98401"}"#));
    let body = |rows: &Rows| orders().create(&desired(&orders(), &record(ORDER), rows, &known)).body;
    assert!(body(&rows_).contains(r#""shipAddressList":{"id":"90"}"#));
    assert!(!body(&rows_).contains("shippingAddress"));
    for other in [
        r#"{"head":"90","entity":"502","addr1":"12 Wharf Rd","city":"Tacoma","zip":"98401"}"#,
        r#"{"head":"90","entity":"501","addr1":"14 Wharf Rd","city":"Tacoma","zip":"98401"}"#,
    ] {
        let (mut rows_, _) = answers();
        rows_.add(BOOK, rows(other));
        assert!(body(&rows_).contains("shippingAddress") && !body(&rows_).contains("shipAddressList"), "{other}");
    }
}

#[test]
fn progress_is_no_news_and_edits_are() {
    let flow = orders();
    let digest = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut order: serde_json::Value = serde_json::from_str(ORDER).unwrap();
        edit(&mut order);
        flow.digest(&record(&order.to_string()))
    };
    let before = digest(&|_| {});
    let same = digest(&|order| {
        order["updated_at"] = "2026-03-05T00:00:00Z".into();
        order["fulfillment_status"] = "FULFILLED".into();
        order["payment_status"] = "PAID".into();
        order["amount_paid"] = 12.into();
        order["charges"].as_array_mut().unwrap().retain(|charge| charge["type"] != "tax");
        for name in ["shipped_quantity", "invoiced_quantity", "cancelled_quantity"] {
            order["line_items"][0][name] = 3.into();
        }
    });
    assert_eq!(before, same);
    for (pointer, value) in [
        ("/status", serde_json::json!("cancelled")),
        ("/po_number", "X".into()),
        ("/internal_note", "X".into()),
        ("/line_items/0/quantity", 5.into()),
        ("/line_items/0/note", "Red".into()),
        ("/charges/0/amount", 25.into()),
        ("/shipping_address/city", "Olympia".into()),
    ] {
        let after = digest(&|order| *order.pointer_mut(pointer).unwrap() = value.clone());
        assert_ne!(before, after, "{pointer}");
    }
}

#[test]
fn dates_are_those_of_the_profiles_zone() {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    for (text, is_pure, expected) in [
        ("2026-03-02T03:30:00Z", false, Some("2026-03-01")),
        ("2026-03-02T08:00:00Z", false, Some("2026-03-02")),
        ("2026-03-02T00:00:00Z", false, Some("2026-03-01")),
        ("2026-03-02T00:00:00Z", true, Some("2026-03-02")),
        ("2026-03-02T00:00:01Z", true, Some("2026-03-01")),
        ("2026-03-02", true, Some("2026-03-02")),
        ("soon", true, None),
    ] {
        assert_eq!(date_of(text, &zone, is_pure).as_deref(), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_booked_is_told_by_name() {
    let (rows, known) = answers();
    let edited = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut order: serde_json::Value = serde_json::from_str(ORDER).unwrap();
        edit(&mut order);
        record(&order.to_string())
    };
    let told = |flow: &PushOrders, edit: &dyn Fn(&mut serde_json::Value)| {
        let rejection = rejected(flow, &edited(edit), &rows, &known);
        (rejection.reason, rejection.message)
    };
    let skus = told(&orders(), &|order| {
        order["line_items"][0]["sku"] = "NEW".into();
        order["line_items"][2]["sku"] = "OLD".into();
    });
    assert_eq!(skus, (Reason::SkuNotInNetsuite, "W2117: NetSuite has no active item of the SKU NEW, OLD".into()));
    let (reason, message) = told(&orders(), &|order| order["charges"][3]["name"] = "Fee".into());
    assert!(reason == Reason::ChargeUnmapped && message.contains("Fee"), "{message}");
    let (reason, message) = told(&orders(), &|order| order["price_list_id"] = "l2".into());
    assert!(reason == Reason::CurrencyMismatch && message.contains("EUR") && message.contains("USD"), "{message}");
    let (reason, message) = told(&orders(), &|order| order["line_items"][0]["discount_type"] = serde_json::Value::Null);
    assert!(reason == Reason::InvalidRecord && message.contains("discount"), "{message}");
    let plain = learned(push::flow(Settings { discount_item: None, ..settings() }));
    assert_eq!(told(&plain, &|_| {}).0, Reason::ChargeUnmapped);
    assert_eq!(rejected(&orders(), &record(ORDER), &rows, &Known::default()).reason, Reason::CustomerNotLinked);
}

#[test]
fn refusals_are_told_by_what_they_mean() {
    let (rows, known) = answers();
    let flow = orders();
    let proposal = desired(&flow, &record(ORDER), &rows, &known);
    let refused = |status, code: &str, detail: &str| {
        let rejection = flow.refused(&proposal, &Refusal { status, code: code.into(), detail: detail.into() });
        (rejection.reason, rejection.message, rejection.hint)
    };
    let invalid =
        |value: &str, field: &str| format!("You have entered an Invalid Field Value {value} for the following field: {field}");
    let (reason, message, _) = refused(400, "USER_ERROR", &invalid("6", "item"));
    assert!(reason == Reason::SkuNotInNetsuite && message.contains("BULB"), "{message}");
    for (status, code, detail) in
        [(404, "NONEXISTENT_ID", "The record instance does not exist.".to_owned()), (400, "USER_ERROR", invalid("501", "entity"))]
    {
        let (reason, _, hint) = refused(status, code, &detail);
        assert_eq!(reason, Reason::NonexistentId);
        assert!(hint.contains(&format!("netwiz push customer {CUSTOMER}")) && hint.contains("a payment term"), "{hint}");
    }
    assert_eq!(refused(400, "USER_ERROR", "Our script says no.").0, Reason::RefusedByNetsuite);
}

/// What NetSuite has of the order, its lines as they were made.
fn booked(status: &str, lines: &str) -> (Rows, Known) {
    let (mut all, mut known) = answers();
    all.add(
        "orders",
        rows(&format!(r#"{{"head":"700","status":"{status}","entity":"501","memo":"By hand","shipmethod":"38"}}"#)),
    );
    all.add("order lines", rows(lines));
    all.add(SHIP_TO, rows(r#"{"head":"700","addressee":"Receiving","addr1":"12 Wharf Rd"}"#));
    known.add_target(&WizId(ORDER_ID.into()), super::super::push::Target { id: NetSuiteId(700), is_linked: true });
    (all, known)
}

const MADE: &str = r#"
    {"head":"700","line":"1","linesequencenumber":"1","item":"5","itemtype":"InvtPart","quantity":"-4","rate":"114.095","foreignamount":"-456.38"},
    {"head":"700","line":"2","linesequencenumber":"2","item":"9","itemtype":"InvtPart","quantity":"-1","rate":"1","foreignamount":"-1","isclosed":"T"},
    {"head":"700","line":"3","linesequencenumber":"3","item":"6","itemtype":"Kit","quantity":"-3","rate":"3.9","foreignamount":"-11.7"},
    {"head":"700","line":"4","linesequencenumber":"4","item":"5","itemtype":"InvtPart","quantity":"-9","kitmemberof":"3"},
    {"head":"700","line":"5","linesequencenumber":"5","item":"77","itemtype":"Discount","rate":"-24","foreignamount":"24"},
    {"head":"700","line":"6","linesequencenumber":"6","item":"38","itemtype":"ShipItem","quantity":"-1","rate":"18.5","foreignamount":"-18.5"}"#;

#[test]
fn lines_are_replaced_whole_and_those_that_stay_keep_their_keys() {
    let (rows, known) = booked("B", MADE);
    let flow = orders();
    let proposal = desired(&flow, &record(ORDER), &rows, &known);
    let calls =
        flow.changes(&proposal, NetSuiteId(700), &BTreeSet::from([LINES.to_owned(), NOTES.to_owned(), "memo".to_owned()]));
    let paths: Vec<(&str, Repeat)> = calls.iter().map(|call| (call.path.as_str(), call.repeat)).collect();
    assert_eq!(
        paths,
        [
            ("/services/rest/record/v1/salesOrder/700", Repeat::Safe),
            ("/services/rest/record/v1/salesOrder/700?replace=item", Repeat::Compared)
        ]
    );
    assert_eq!(calls[0].body, r#"{"memo":"WizCommerce order W2117: Please ring twice; Second floor"}"#);
    let keys: Vec<Option<&str>> =
        calls[1].body.split(r#""item":{"id""#).map(|part| part.split_once(r#"{"line":"#).map(|(_, key)| key)).collect();
    assert_eq!(keys, [Some("1,"), Some("3,"), None, None, Some("5,"), None], "{}", calls[1].body);
    let notes = flow.changes(&proposal, NetSuiteId(700), &BTreeSet::from([NOTES.to_owned()]));
    assert_eq!(notes[0].body, r#"{"item":{"items":[{"line":1,"description":"Blue"}]}}"#);
}

#[test]
fn both_sides_of_the_lines_are_told_in_their_own_words() {
    let (rows, known) = booked("B", MADE);
    let proposal = desired(&orders(), &record(ORDER), &rows, &known);
    let field = |name: &str| proposal.fields.iter().find(|field| field.name == name).unwrap();
    let lines = field(LINES);
    assert_eq!(
        lines.netsuite.as_deref(),
        Some("5 x 4 at 114.095\n9 x 1 at 1 closed\n6 x 3 at 3.9\n77 x 1 at -24"),
        "no components, no freight"
    );
    assert_eq!((lines.guard.clone(), lines.is_alike), (Guard::Contested, false));
    assert!(field(SHIPPING).is_alike, "{:?}", field(SHIPPING));
    assert_eq!(field("customer").netsuite, field("customer").wizcommerce);
    for (status, word) in [("C", "cancelled"), ("H", "closed"), ("G", "billed"), ("E", "shipped")] {
        let (rows, known) = booked(status, MADE);
        let proposal = desired(&orders(), &record(ORDER), &rows, &known);
        let guard = |name: &str| proposal.fields.iter().find(|field| field.name == name).unwrap().guard.clone();
        assert!(matches!(guard(LINES), Guard::Locked(why) if why.contains(word)), "{status}");
        assert_eq!(matches!(guard("memo"), Guard::Locked(_)), status != "E", "{status}");
    }
}

#[test]
fn what_is_not_to_be_written_need_not_be_possible_any_more() {
    let (rows, mut known) = booked("G", MADE);
    let flow = learned(push::flow(Settings { discount_item: None, ..settings() }));
    let mut link = Link::new("orders", NetSuiteId(700), WizId(ORDER_ID.into()));
    let mut image = Agreement::default();
    let sale = Sale::read(&record(ORDER), &TimeZone::UTC).unwrap_or_else(|problem| panic!("{problem:?}"));
    image.set(LINES, Some("whatever"), Some(&sale.lines_text()));
    link.pushed = Some(Pushed { image: image.pair(), ..Pushed::default() });
    known.add(Reference::Wiz("orders", ORDER_ID.into()), link.clone());
    desired(&flow, &record(ORDER), &rows, &known);
    image.set(LINES, Some("whatever"), Some("before the edit"));
    link.pushed = Some(Pushed { image: image.pair(), ..Pushed::default() });
    known.add(Reference::Wiz("orders", ORDER_ID.into()), link);
    assert_eq!(rejected(&flow, &record(ORDER), &rows, &known).reason, Reason::ChargeUnmapped);
}

#[test]
fn totals_are_compared_without_tax() {
    let (_, known) = answers();
    let note = |total: &str| {
        let mut all = Rows::default();
        all.add("orders", rows(&format!(r#"{{"head":"700","status":"A","foreigntotal":"{total}"}}"#)));
        all.add("order lines", rows(r#"{"head":"700","line":"9","taxline":"T","foreignamount":"-44.1"}"#));
        orders().settle(&record(ORDER), NetSuiteId(700), &all, &known).notes
    };
    // 456.38 + 11.6 + 617283.945 + 6177.52 - 24 + 18.5, and the tax.
    assert_eq!(note("623968.045"), Vec::<String>::new());
    let notes = note("623968.10");
    assert!(notes[0].contains("623924") && notes[0].contains("W2117"), "{notes:?}");
}

#[test]
fn what_came_from_netsuite_or_is_not_confirmed_stays_out() {
    let flow = orders();
    let of = |member: &str, value: &str| {
        let mut order = record(ORDER);
        order.set(member, value);
        order
    };
    let link = |external_id: Option<&str>| {
        let mut link = Link::new("orders", NetSuiteId(700), WizId(ORDER_ID.into()));
        link.external_id = external_id.map(str::to_owned);
        link
    };
    let (ours, theirs) = (link(Some("wz_so_1")), link(None));
    assert_eq!(flow.excludes(&record(ORDER), None), None);
    assert_eq!(flow.excludes(&record(ORDER), Some(&theirs)), Some(Excluded::Echo("netsuite_origin")));
    assert_eq!(flow.excludes(&of("source", "netsuite"), None), Some(Excluded::Echo("netsuite_origin")));
    assert_eq!(flow.excludes(&of("status", "draft"), Some(&ours)), Some(Excluded::Skipped("status")));
    assert_eq!(flow.excludes(&of("status", "cancelled"), Some(&ours)), None);
    assert_eq!(flow.excludes(&of("status", "cancelled"), None), Some(Excluded::Unmade("status")));
    let early = of("created_at", "2025-12-31T09:00:00Z");
    assert_eq!(flow.excludes(&early, None), Some(Excluded::Skipped(START_DATE)));
    assert_eq!(flow.excludes(&early, Some(&ours)), None);
}
