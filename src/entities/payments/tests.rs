use super::*;
use crate::netsuite::records::Page;

fn flow(path: Option<&str>, change: impl FnOnce(&mut Settings)) -> Payments {
    let mut settings = Settings {
        path: path.map(str::to_owned),
        methods: BTreeMap::from([("VISA".to_owned(), "5".to_owned())]),
        default_method: None,
        account: None,
        create_fields: Map::new(),
        zone: TimeZone::get("America/Los_Angeles").unwrap(),
        start_date: None,
    };
    change(&mut settings);
    let mut flow = Payments::new(settings);
    if path.is_none() {
        flow.learn(CURRENCIES, &page(r#"{"symbol":"USD","currencyprecision":"2"},{"symbol":"JPY","currencyprecision":0}"#))
            .unwrap();
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let lists =
            [r#"{"id":"l-1","reference_id":"BASE","currency":"USD"}"#, r#"{"id":"l-2","reference_id":"YEN","currency":"JPY"}"#];
        flow.consult("price lists", &lists.map(raw)).unwrap();
    }
    flow
}

fn records() -> Payments {
    flow(Some("/v1/payments"), |_| {})
}

fn totals() -> Payments {
    flow(None, |_| {})
}

fn page(rows: &str) -> Vec<Row> {
    serde_json::from_str::<Page>(&format!(r#"{{"totalResults":0,"items":[{rows}]}}"#)).unwrap().rows
}

fn members(text: &str) -> Members {
    serde_json::from_str(text).unwrap()
}

/// An order of what is given, paid in dollars.
fn order(more: &str) -> Members {
    members(&format!(
        r#"{{"id":"O-1","display_id":"W1","status":"confirmed","source":"cart","price_list_id":"l-1","updated_at":"2026-03-03T05:00:00Z",{more}}}"#
    ))
}

/// A payment of one order with other members than the usual.
fn payment(more: &str) -> Members {
    let mut record = members(
        r#"{"id":"P-1","reference_id":"P4001","customer_id":"C-1","amount":19.90,"payment_date":"2026-03-03T05:00:00Z",
            "payment_method_type":"VISA","status":"PAID","transaction_number":"t-1","allocations":[{"order_id":"O-1","amount":1}]}"#,
    );
    for (name, value) in members(more).iter() {
        record.set(name, value);
    }
    record
}

/// The order is 88 in NetSuite, of the customer 15.
fn linked() -> Known {
    let mut known = Known::default();
    for (kind, ns_id, wc_id) in [(ORDERS, 88, "O-1"), (CUSTOMERS, 15, "C-1")] {
        known.add(Reference::Wiz(kind, wc_id.into()), Link::new(kind, NetSuiteId(ns_id), WizId(wc_id.into())));
    }
    known
}

/// NetSuite's rows: the order in a status, and its deposits.
fn rows(status: &str, deposits: &str) -> Rows {
    let mut rows = Rows::default();
    rows.add(SALES_ORDERS, page(&format!(r#"{{"head":"88","entity":"15","status":"{status}"}}"#)));
    rows.add(OF_ORDERS, page(deposits));
    rows
}

fn deposit(id: i64, external_id: &str, amount: &str, voided: &str) -> String {
    format!(
        r#"{{"head":"{id}","externalid":"{external_id}","entity":"15","foreigntotal":"{amount}","voided":"{voided}","trandate":"2026-03-02","createdfrom":"88"}}"#
    )
}

/// What mapping says, in words: key and amount, or the reason.
fn told(outgoing: &[Outgoing<Members>]) -> Vec<String> {
    let word = |outgoing: &Outgoing<Members>| match outgoing {
        Outgoing::Desired(proposal) => {
            let amount: Option<Exact> = proposal.body.get("payment");
            format!("{} {}", proposal.key, amount.map_or_else(String::new, |amount| amount.to_string()))
        }
        Outgoing::Skipped { reason, .. } => format!("skipped {reason}"),
        Outgoing::Rejected(rejection) => format!("{} {}", rejection.reason, rejection.key),
    };
    outgoing.iter().map(word).collect()
}

#[test]
fn a_payment_is_a_deposit_with_every_digit() {
    let flow = flow(Some("/v1/payments"), |settings| {
        settings.account = Some("122".into());
        settings.create_fields = serde_json::from_str(r#"{"memo":"web","location":{"id":"2"},"salesOrder":{"id":"1"}}"#).unwrap();
    });
    let Some(Outgoing::Desired(proposal)) = flow.map(&payment("{}"), &rows("B", ""), &linked()).pop() else { panic!() };
    let call = flow.create(&proposal);
    assert_eq!(call.path, "/services/rest/record/v1/customerDeposit");
    assert_eq!(
        call.body,
        r#"{"account":{"id":"122"},"checkNumber":"t-1","customer":{"id":"15"},"externalId":"wz_dp_p-1","location":{"id":"2"},"memo":"web","payment":19.90,"paymentOption":{"id":"5"},"salesOrder":{"id":"88"},"tranDate":"2026-03-02"}"#
    );
    let long = "9".repeat(46);
    let record = payment(&format!(r#"{{"transaction_number":"{long}","amount":99999999999999.99,"allocations":[]}}"#));
    let Some(Outgoing::Desired(proposal)) = records().map(&record, &rows("B", ""), &linked()).pop() else { panic!() };
    let body = records().create(&proposal).body;
    assert!(
        body.contains(r#""payment":99999999999999.99"#) && !body.contains("checkNumber") && !body.contains("salesOrder"),
        "{body}"
    );
    assert!(body.contains(&format!(r#""memo":"{long} WizCommerce payment P4001""#)), "{body}");
}

#[test]
fn what_keeps_a_payment_back_is_named() {
    let flow = records();
    let said = |more: &str, known: &Known| told(&flow.map(&payment(more), &rows("B", ""), known)).concat();
    for status in ["PENDING", "VOIDED", "REFUNDED"] {
        assert_eq!(said(&format!(r#"{{"status":"{status}"}}"#), &linked()), "skipped status");
        assert!(flow.parents(&payment(&format!(r#"{{"status":"{status}"}}"#))).is_empty());
    }
    assert_eq!(said("{}", &Known::default()), "customer_not_linked P-1");
    assert_eq!(said(r#"{"allocations":[{"order_id":"O-2","amount":1}]}"#, &linked()), "order_not_linked P-1");
    assert_eq!(said(r#"{"payment_method_type":"CASH"}"#, &linked()), "payment_method_unmapped P-1");
    assert_eq!(said(r#"{"payment_method_type":null}"#, &linked()), "P-1 19.90", "without a method none is sent");
    assert_eq!(said(r#"{"amount":0}"#, &linked()), "invalid_record P-1");
    assert_eq!(said(r#"{"payment_date":"soon"}"#, &linked()), "invalid_record P-1");
    assert_eq!(told(&flow.map(&payment("{}"), &rows("C", ""), &linked())), ["conflict P-1"], "its order was cancelled");
    let wanted = |more: &str| flow.parents(&payment(more)).into_iter().map(|(_, id)| id.0).collect::<Vec<_>>().join(" ");
    assert_eq!(wanted("{}"), "C-1 O-1");
    for alone in [
        "[]",
        r#"[{"invoice_id":"I-1","amount":1}]"#,
        r#"[{"invoice_id":"I-1","amount":1},{"order_id":"O-1","amount":1}]"#,
        r#"[{"order_id":"O-1","amount":1},{"order_id":"O-2","amount":1}]"#,
    ] {
        assert_eq!(wanted(&format!(r#"{{"allocations":{alone}}}"#)), "C-1", "{alone}");
    }
    let early = self::flow(Some("/v1/payments"), |settings| settings.start_date = Some("2026-03-03".into()));
    assert_eq!(early.excludes(&payment("{}"), None), Some(Excluded::Skipped(START_DATE)), "the date in the profile's zone");
    let link = Link::new("payments", NetSuiteId(7), WizId("P-1".into()));
    assert_eq!(early.excludes(&payment("{}"), Some(&link)), None);
}

#[test]
fn a_deposit_that_does_not_fit_any_more_is_for_a_person() {
    let flow = records();
    let said = |more: &str, status: &str, voided: &str, refunded: bool| {
        let mut known = linked();
        known.add_target(&WizId("P-1".into()), Target { id: NetSuiteId(7), is_linked: true });
        let mut rows = rows(status, "");
        rows.add(DEPOSITS, page(&deposit(7, "wz_dp_p-1", "19.9", voided)));
        if refunded {
            rows.add(REFUNDS, page(r#"{"head":"7"}"#));
        }
        told(&flow.map(&payment(more), &rows, &known)).concat()
    };
    assert_eq!(said("{}", "B", "F", false), "P-1 ", "as it was");
    for (more, status) in
        [(r#"{"status":"REFUNDED"}"#, "B"), (r#"{"status":"VOIDED"}"#, "B"), (r#"{"amount":20}"#, "B"), ("{}", "C")]
    {
        assert_eq!(said(more, status, "F", false), "conflict P-1", "{more} {status}");
        assert_eq!(said(more, status, "T", false), "P-1 ", "{more} {status}: it was voided");
        assert_eq!(said(more, status, "F", true), "P-1 ", "{more} {status}: it was refunded");
    }
    assert_ne!(flow.digest(&payment("{}")), flow.digest(&payment(r#"{"status":"VOIDED"}"#)));
}

#[test]
fn keys_are_minor_units_of_the_currency() {
    let flow = totals();
    let keys = |more: &str, open: &[&str]| {
        let open: Vec<String> = open.iter().map(|key| (*key).to_owned()).collect();
        let keys = flow.keys(&order(more), &open).unwrap();
        keys.into_iter().map(|key| format!("{} {}", key.key, key.external_id)).collect::<Vec<_>>()
    };
    assert_eq!(keys(r#""amount_paid":100"#, &[]), ["O-1/10000 wz_dp_o-1_10000"]);
    assert_eq!(keys(r#""amount_paid":0.1"#, &[]), ["O-1/10 wz_dp_o-1_10"]);
    assert_eq!(keys(r#""amount_paid":300.29999999999995"#, &[]), ["O-1/30030 wz_dp_o-1_30030"], "noise is no money");
    assert_eq!(keys(r#""amount_paid":100,"price_list_id":"l-2""#, &[]), ["O-1/100 wz_dp_o-1_100"], "no cents in a yen");
    assert_eq!(
        keys(r#""amount_paid":1.5,"price_list_id":"other""#, &[]),
        ["O-1/150 wz_dp_o-1_150"],
        "two where nothing is known"
    );
    assert_eq!(keys(r#""amount_paid":0"#, &[]), Vec::<String>::new());
    assert_eq!(keys(r#""amount_paid":null"#, &["O-1/900"]), ["O-1/900 wz_dp_o-1_900"]);
    assert_eq!(
        keys(r#""amount_paid":100"#, &["O-1/9000", "O-1/10000", "O-1/20000"]),
        ["O-1/9000 wz_dp_o-1_9000", "O-1/10000 wz_dp_o-1_10000", "O-1/20000 wz_dp_o-1_20000"],
        "in the order of the amounts, not of the letters"
    );
}

/// Name, members of the order, its deposits, keys of creates whose outcome is not known, and what is said.
type Rise = (&'static str, &'static str, Vec<String>, &'static [&'static str], &'static [&'static str]);

#[test]
fn the_rise_over_what_is_booked_is_one_deposit() {
    let flow = totals();
    let ours = |minor: i64, amount: &str, voided: &str| deposit(minor, &format!("wz_dp_o-1_{minor}"), amount, voided);
    let hand = |amount: &str| deposit(1, "", amount, "F");
    let none: &'static [&'static str] = &[];
    let cases: &[Rise] = &[
        ("first", r#""amount_paid":100.10"#, vec![], none, &["O-1/10010 100.1"]),
        ("a rise", r#""amount_paid":100.10"#, vec![ours(3005, "30.05", "F")], none, &["O-1/10010 70.05"]),
        ("by hand", r#""amount_paid":100.10"#, vec![hand("30.05"), ours(4000, "9.95", "F")], none, &["O-1/10010 60.1"]),
        ("void", r#""amount_paid":100.10"#, vec![ours(3005, "30.05", "T")], none, &["O-1/10010 100.1"]),
        ("even", r#""amount_paid":100.10"#, vec![hand("100.1")], none, &[]),
        ("unpaid", r#""amount_paid":0"#, vec![], none, &[]),
        ("unpaid here", r#""amount_paid":0"#, vec![hand("50")], none, &[]),
        ("refunded", r#""amount_paid":0"#, vec![ours(5000, "50", "F")], none, &["conflict O-1"]),
        ("refunded in part", r#""amount_paid":20"#, vec![hand("50")], none, &["conflict O-1"]),
        ("voided by a person", r#""amount_paid":50"#, vec![ours(5000, "50", "T")], none, &["conflict O-1"]),
        ("open", r#""amount_paid":150"#, vec![], &["O-1/10000"], &["O-1/10000 100", "O-1/15000 50"]),
        (
            "two open",
            r#""amount_paid":150"#,
            vec![hand("10")],
            &["O-1/10000", "O-1/9000"],
            &["O-1/9000 80", "O-1/10000 10", "O-1/15000 50"],
        ),
        ("open and present", r#""amount_paid":100"#, vec![], &["O-1/10000"], &["O-1/10000 100"]),
        ("open and booked", r#""amount_paid":100"#, vec![hand("100")], &["O-1/9000"], &[]),
        (
            "open and there",
            r#""amount_paid":150"#,
            vec![ours(10_000, "100", "F")],
            &["O-1/10000"],
            &["O-1/10000 100", "O-1/15000 50"],
        ),
        ("open and fallen", r#""amount_paid":60"#, vec![], &["O-1/10000"], &["O-1/10000 100", "conflict O-1"]),
        ("cancelled", r#""amount_paid":50,"status":"cancelled""#, vec![ours(5000, "50", "F")], none, &["conflict O-1"]),
        ("cancelled unbooked", r#""amount_paid":50,"status":"cancelled""#, vec![], &["O-1/4000"], &["skipped status"]),
        ("cancelled unpaid", r#""amount_paid":0,"status":"cancelled""#, vec![hand("5")], none, &[]),
    ];
    for (name, more, deposits, open, expected) in cases {
        let mut known = linked();
        known.add_open(&WizId("O-1".into()), open.iter().map(|key| (*key).to_owned()).collect());
        assert_eq!(told(&flow.map(&order(more), &rows("B", &deposits.join(",")), &known)), *expected, "{name}");
    }
}

#[test]
fn a_deposit_that_is_found_last_counts_and_is_only_linked() {
    let flow = totals();
    let mut known = linked();
    known.add_target(&WizId("O-1/10000".into()), Target { id: NetSuiteId(9), is_linked: false });
    // It arrived after the deposits of the order were listed.
    let mut rows = rows("B", "");
    rows.add(DEPOSITS, page(&deposit(9, "wz_dp_o-1_10000", "100", "F")));
    assert_eq!(told(&flow.map(&order(r#""amount_paid":100"#), &rows, &known)), ["O-1/10000 100"]);
    known.add_open(&WizId("O-1".into()), vec!["O-1/10000".into()]);
    assert_eq!(told(&flow.map(&order(r#""amount_paid":150"#), &rows, &known)), ["O-1/10000 100", "O-1/15000 50"]);
    known.add_target(&WizId("O-1/10000".into()), Target { id: NetSuiteId(9), is_linked: true });
    known.add_open(&WizId("O-1".into()), Vec::new());
    assert_eq!(told(&flow.map(&order(r#""amount_paid":100"#), &rows, &known)), Vec::<String>::new());
}

#[test]
fn an_order_that_is_not_linked_decides_for_its_payment() {
    let flow = totals();
    let paid = r#""amount_paid":5"#;
    let said = |more: &str, known: &Known| told(&flow.map(&order(more), &Rows::default(), known));
    assert_eq!(said(paid, &Known::default()), ["order_not_linked O-1"]);
    assert_eq!(said(r#""amount_paid":0"#, &Known::default()), Vec::<String>::new());
    assert_eq!(said(r#""amount_paid":5,"status":"cancelled""#, &Known::default()), ["skipped status"]);
    let mut known = Known::default();
    known.add_absent_wiz(EntityKind::Orders, "O-1".into(), Absent::Skipped(START_DATE));
    assert_eq!(said(paid, &known), ["skipped start_date"]);
    assert_eq!(said(r#""amount_paid":5,"source":"netsuite""#, &known), ["order_not_linked O-1"], "it waits for the pull");
    let rejection = Rejection::new("O-1", "W1", Reason::SkuNotInNetsuite, "X is unknown");
    known.add_absent_wiz(EntityKind::Orders, "O-1".into(), Absent::Rejected(rejection));
    assert_eq!(said(paid, &known), ["sku_not_in_netsuite O-1"]);
    let wanted = |more: &str| flow.parents(&order(more)).len();
    assert_eq!([wanted(paid), wanted(r#""amount_paid":0"#), wanted(r#""amount_paid":5,"source":"netsuite""#)], [1, 0, 0]);
    assert_eq!(flow.excludes(&order(r#""amount_paid":5,"status":"draft""#), None), Some(Excluded::Echo("status")));
}

#[test]
fn a_value_that_netsuite_does_not_take_is_named() {
    let flow = records();
    let Some(Outgoing::Desired(proposal)) = flow.map(&payment("{}"), &rows("B", ""), &linked()).pop() else { panic!() };
    let refused = |detail: &str| {
        let refusal =
            Refusal { status: 400, code: "USER_ERROR".into(), detail: format!("Error while accessing a resource. {detail}") };
        flow.refused(&proposal, &refusal)
    };
    let invalid = |field: &str| refused(&format!("You have entered an Invalid Field Value 88 for the following field: {field}"));
    for (field, reason) in [
        ("salesorder", Reason::OrderNotLinked),
        ("customer", Reason::CustomerNotLinked),
        ("paymentOption", Reason::PaymentMethodUnmapped),
        ("account", Reason::RefusedByNetsuite),
        ("class", Reason::RefusedByNetsuite),
    ] {
        let rejection = invalid(field);
        assert_eq!(rejection.reason, reason, "{field}");
        assert!(rejection.message.contains("88") && rejection.message.contains("P4001"), "{}", rejection.message);
    }
    assert!(
        refused("The accounting period of the date you entered is closed or locked.").hint.contains("open the accounting period")
    );
}
