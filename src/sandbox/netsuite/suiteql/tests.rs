//! Queries end to end: language, meaning, times, numbers, pages and refusals.

use serde_json::{Value, json};

use crate::sandbox::exchange::Remote;
use crate::sandbox::netsuite::tests::{now, open, signed};
use crate::sandbox::netsuite::{AbsentStyle, NetSuite, Settings};

const ENDPOINT: &str = "/services/rest/query/v1/suiteql";

fn ask_at(netsuite: &NetSuite, target: &str, body: &Value) -> (u16, Value) {
    let reply = netsuite.handle(&signed(netsuite, "POST", target, &body.to_string(), now()), now());
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

pub(super) fn ask(netsuite: &NetSuite, query: &str) -> (u16, Value) {
    ask_at(netsuite, ENDPOINT, &json!({"q": query}))
}

/// Gives the rows without their empty links.
pub(super) fn rows(netsuite: &NetSuite, query: &str) -> Vec<Value> {
    let (status, body) = ask(netsuite, query);
    assert_eq!(status, 200, "{query}: {body}");
    let mut rows = body["items"].as_array().unwrap().clone();
    for row in &mut rows {
        assert_eq!(row.as_object_mut().unwrap().remove("links"), Some(json!([])));
    }
    rows
}

/// Gives the only value of the only row.
fn value(netsuite: &NetSuite, expression: &str) -> Value {
    let rows = rows(netsuite, &format!("SELECT {expression} AS v FROM dual"));
    assert_eq!(rows.len(), 1);
    rows[0].get("v").cloned().unwrap_or(Value::Null)
}

pub(super) fn detail(netsuite: &NetSuite, query: &str) -> String {
    let (status, body) = ask(netsuite, query);
    let detail = &body["o:errorDetails"][0];
    assert_eq!((status, detail["o:errorQueryParam"].as_str()), (400, Some("q")), "{query}: {body}");
    let text = detail["detail"].as_str().unwrap();
    text.strip_prefix("Invalid search query. Detailed unprocessed description follows. ").unwrap().to_owned()
}

fn standard() -> NetSuite {
    open(Settings::default())
}

pub(super) const UNSUPPORTED: &str = "Search error occurred: Invalid or unsupported search.";

#[test]
fn rows_are_texts_in_lower_case_without_nulls() {
    let netsuite = standard();
    let got = rows(
        &netsuite,
        "SELECT i.ID, i.ItemId AS Sku, i.weight, i.displayname, i.isinactive, BUILTIN.DF(i.class) AS class_name,
                BUILTIN.DF(i.weightunit) AS unit, i.lastmodifieddate
         FROM item i WHERE i.id <= 4102 ORDER BY i.id",
    );
    assert_eq!(
        got,
        [
            json!({"id": "4101", "sku": "LMP-220", "weight": ".5", "isinactive": "F", "class_name": "Home : Lighting", "unit": "lb",
                   "lastmodifieddate": "3/2/2026"}),
            json!({"id": "4102", "sku": "SET", "isinactive": "F", "lastmodifieddate": "1/12/2026"}),
        ]
    );
}

#[test]
fn the_reference_queries_run() {
    let netsuite = standard();
    let family = "SELECT i.id, i.itemid, i.fullname, i.displayname, i.itemtype, i.subtype, i.parent, i.matrixtype, i.externalid,
            i.description, i.storedescription, i.storedetaileddescription, i.upccode, i.mpn, i.manufacturer, i.countryofmanufacture,
            i.weight, i.weightunit, BUILTIN.DF(i.weightunit) AS weightunit_name, i.class, BUILTIN.DF(i.class) AS class_name,
            i.saleunit, BUILTIN.DF(i.saleunit) AS saleunit_name, i.minimumquantity, i.storedisplayimage, i.isinactive, i.isonline,
            TO_CHAR(SYS_EXTRACT_UTC(i.createddate), 'YYYY-MM-DD HH24:MI:SS') AS created_utc,
            TO_CHAR(SYS_EXTRACT_UTC(i.lastmodifieddate), 'YYYY-MM-DD HH24:MI:SS') AS modified_utc
        FROM item i
        WHERE i.itemtype IN ('InvtPart', 'Assembly', 'Kit', 'NonInvtPart') AND i.id > 0
          AND i.lastmodifieddate >= TO_DATE('2026-03-01 00:00:00', 'YYYY-MM-DD HH24:MI:SS')
          AND SYS_EXTRACT_UTC(i.lastmodifieddate) >= TO_TIMESTAMP('2026-03-02 10:15:00', 'YYYY-MM-DD HH24:MI:SS')
          AND SYS_EXTRACT_UTC(i.lastmodifieddate) <= TO_TIMESTAMP('2026-03-02 10:15:00', 'YYYY-MM-DD HH24:MI:SS')
        ORDER BY i.id";
    let got = rows(&netsuite, family);
    assert_eq!((got.len(), got[0]["modified_utc"].as_str()), (1, Some("2026-03-02 10:15:00")));
    let prices = "SELECT p.item, p.pricelevel, p.quantity AS break_no, q.mincount, q.maxcount, p.unitprice, p.saleunit
        FROM pricing p LEFT JOIN itemquantity q ON q.item = p.item AND q.seqnum = p.quantity
        WHERE p.item > 0 AND p.item <= 5000 ORDER BY p.item, p.pricelevel, p.quantity";
    assert_eq!(
        rows(&netsuite, prices),
        [
            json!({"item": "4101", "pricelevel": "1", "break_no": "1", "mincount": "0", "unitprice": "129"}),
            json!({"item": "4101", "pricelevel": "1", "break_no": "2", "mincount": "10", "unitprice": "119.5"}),
        ]
    );
    let sums = "SELECT k.parentitem, k.item, SUM(k.quantity) AS per_kit, a.location, a.quantityavailable
        FROM kititemmember k JOIN item c ON c.id = k.item AND c.itemtype IN ('InvtPart', 'Assembly')
        LEFT JOIN aggregateitemlocation a ON a.item = k.item
        WHERE k.parentitem > 0 AND k.parentitem <= 5000
        GROUP BY k.parentitem, k.item, a.location, a.quantityavailable ORDER BY k.parentitem, k.item, a.location";
    assert_eq!(rows(&netsuite, sums), [json!({"parentitem": "4102", "item": "4101", "per_kit": "2"})]);
    for query in [
        "SELECT f.internalid, f.scriptid, f.name, f.fieldtype, f.fieldvaluetype, f.fieldvaluetyperecord, f.isstored FROM customfield f WHERE f.internalid > 0 ORDER BY f.internalid",
        "SELECT f.id, f.name, f.isactive FROM companyfeaturesetup f ORDER BY f.id",
        "SELECT d.recordid, d.type, TO_CHAR(d.deleteddate, 'YYYY-MM-DD HH24:MI:SS') AS deleted_at FROM deletedrecord d WHERE d.deleteddate >= TO_DATE('2026-01-01 00:00:00', 'YYYY-MM-DD HH24:MI:SS') ORDER BY d.deleteddate, d.recordtypeid, d.recordid",
        "SELECT f.id, f.name, f.url, f.isonline, f.islink, f.filesize, TO_CHAR(f.lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS modified FROM file f WHERE f.id IN (1, 2) ORDER BY f.id",
        "SELECT i.id, BUILTIN.DF(i.matrixoptioncustitem_color) AS color_name FROM item i WHERE i.parent IN (1, 2) AND i.matrixtype = 'CHILD' ORDER BY i.id",
        "SELECT a.item, a.location, a.quantityonhand FROM aggregateitemlocation a WHERE a.item > 1 OR (a.item = 1 AND a.location > 2) ORDER BY a.item, a.location",
        "SELECT DISTINCT k.parentitem FROM kititemmember k JOIN aggregateitemlocation a ON a.item = k.item WHERE k.parentitem > 0 ORDER BY k.parentitem",
        "SELECT l.id, l.name, l.discountpct FROM pricelevel l ORDER BY l.id",
        "SELECT s.id, s.name, s.currency, s.country FROM subsidiary s ORDER BY s.id",
        "SELECT e.id, e.entityid FROM employee e WHERE e.issalesrep = 'T' AND e.id > 0 ORDER BY e.id",
        "SELECT item, location FROM inventoryitemlocations ORDER BY item, location",
    ] {
        assert_eq!(ask(&netsuite, query).0, 200, "{query}");
    }
}

#[test]
fn times_are_those_of_the_session() {
    let netsuite = standard();
    assert_eq!(value(&netsuite, "TO_CHAR(SYS_EXTRACT_UTC(CURRENT_TIMESTAMP), 'YYYY-MM-DD HH24:MI:SS')"), "2026-02-03 18:04:11");
    assert_eq!(
        value(&netsuite, "TO_CHAR(CURRENT_TIMESTAMP, 'YYYY-MM-DD HH24:MI:SS TZR TZH:TZM')"),
        "2026-02-03 10:04:11 America/Los_Angeles -08:00"
    );
    assert_eq!(value(&netsuite, "TO_CHAR(SYSDATE, 'HH24')"), "10");
    let east = open(Settings { zone: "Europe/Berlin".into(), ..Settings::default() });
    assert_eq!(value(&east, "TO_CHAR(SYSDATE, 'HH24') || '/' || TO_CHAR(LOCALTIMESTAMP, 'HH24')"), "10/19");
    let got = rows(&east, "SELECT TO_CHAR(lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS lm FROM item WHERE id = 4101");
    assert_eq!(got, [json!({"lm": "2026-03-02 11:15:00"})]);
    assert_eq!(value(&netsuite, "TO_CHAR(TRUNC(SYSDATE) - 1, 'YYYY-MM-DD')"), "2026-02-02");
    assert_eq!(value(&netsuite, "SYSDATE"), "2/3/2026");
    let zoned = "TO_CHAR(SYS_EXTRACT_UTC(FROM_TZ(CAST(TO_TIMESTAMP('2026-07-01 08:00', 'YYYY-MM-DD HH24:MI') AS TIMESTAMP), 'Europe/Berlin')), 'HH24')";
    assert_eq!(value(&netsuite, zoned), "06");
    assert_eq!(value(&netsuite, "TZ_OFFSET('Europe/Berlin')"), "+01:00");
}

#[test]
fn the_repeated_hour_is_compared_by_what_the_clock_showed() {
    let netsuite = standard();
    // Half past one twice, then two o'clock; the zone leaves daylight saving at 09:00 UTC.
    let stamps = ["2026-11-01 08:30:00", "2026-11-01 08:45:00", "2026-11-01 09:30:00", "2026-11-01 10:00:00"];
    for (id, stamp) in stamps.iter().enumerate() {
        netsuite
            .edit(
                &format!("insert into item (id, itemid, itemtype, lastmodifieddate) values ({id}, 'x', 'Kit', '{stamp}')"),
                now(),
            )
            .unwrap();
    }
    let ids = |condition: &str| -> Vec<String> {
        let query = format!("SELECT id FROM item WHERE id < 10 AND lastmodifieddate {condition} ORDER BY id");
        rows(&netsuite, &query).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let at = |text: &str| format!("TO_DATE('2026-11-01 {text}', 'YYYY-MM-DD HH24:MI:SS')");
    assert_eq!(ids(&format!(">= {}", at("01:40:00"))), ["1", "3"]);
    assert_eq!(ids(&format!("= {}", at("01:30:00"))), ["0", "2"]);
    assert_eq!(ids(&format!("< {}", at("01:45:00"))), ["0", "2"]);
    assert_eq!(ids(&format!("BETWEEN {} AND {}", at("01:30:00"), at("01:45:00"))), ["0", "1", "2"]);
    let query = "SELECT id FROM item WHERE id < 10 ORDER BY lastmodifieddate, id";
    let order: Vec<_> = rows(&netsuite, query).iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(order, ["0", "2", "1", "3"]);
}

#[test]
fn a_bare_text_is_a_date_only_as_the_user_writes_it() {
    let netsuite = standard();
    assert_eq!(rows(&netsuite, "SELECT id FROM item WHERE lastmodifieddate >= '03/01/2026'").len(), 1);
    let told = detail(&netsuite, "SELECT id FROM item WHERE lastmodifieddate >= '2026-03-01'");
    assert!(told.contains("Parse of date/time \"2026-03-01\" failed"), "{told}");
    assert_eq!(
        detail(&netsuite, "SELECT id FROM item WHERE SYS_EXTRACT_UTC(lastmodifieddate) >= TO_DATE('2026', 'YYYY')"),
        UNSUPPORTED
    );
    assert_eq!(detail(&netsuite, "SELECT id FROM item WHERE lastmodifieddate > 5"), UNSUPPORTED);
    let strict = open(Settings { refuse_extract_utc: true, ..Settings::default() });
    assert_eq!(detail(&strict, "SELECT SYS_EXTRACT_UTC(lastmodifieddate) AS x FROM item"), UNSUPPORTED);
}

#[test]
fn numbers_and_texts_behave_as_in_oracle() {
    let netsuite = standard();
    let cases = [
        ("5/2", json!("2.5")),
        ("0.1 + 0.2", json!(".3")),
        ("MOD(-7, 3)", json!("-1")),
        ("7 - 2 - 1", json!("4")),
        ("TRUNC(2.79, 1)", json!("2.7")),
        ("ROUND(2.5)", json!("3")),
        ("FLOOR(-2.5)", json!("-3")),
        ("CEIL(2.1)", json!("3")),
        ("ABS(-3) * SIGN(-9)", json!("-3")),
        ("GREATEST(1, 3, 2) + LEAST(4, 2)", json!("5")),
        ("NVL(NULL, 'x') || NULL || 1.50", json!("x1.5")),
        ("DECODE(NULL, 1, 'one', NULL, 'none', 'else')", json!("none")),
        ("CASE WHEN '' IS NULL THEN 'null' ELSE 'text' END", json!("null")),
        ("COALESCE(NULL, '', 'z')", json!("z")),
        ("SUBSTR('Lampe', -3, 2)", json!("mp")),
        ("INSTR('a:b:c', ':', 1, 2)", json!("4")),
        ("UPPER('straße') || LENGTH('äö')", json!("STRASSE2")),
        ("TO_CHAR(1234.5, 'FM9,999.00')", json!("1,234.50")),
        ("TO_NUMBER('12.50') + 1", json!("13.5")),
        ("LPAD('7', 3, '0')", json!("007")),
        ("NULLIF(1, 1)", Value::Null),
        ("''", Value::Null),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(&netsuite, expression), expected, "{expression}");
    }
    assert!(detail(&netsuite, "SELECT 1/0 AS x FROM dual").contains("divisor is equal to zero"));
    assert_eq!(detail(&netsuite, "SELECT id FROM item WHERE id = 'abc'"), "Search error occurred: invalid number");
    assert_eq!(rows(&netsuite, "SELECT id FROM item WHERE id = '4101'").len(), 1);
    assert_eq!(rows(&netsuite, "SELECT id FROM item WHERE itemid LIKE 'lmp%'").len(), 0);
    assert_eq!(rows(&netsuite, "SELECT id FROM item WHERE itemid LIKE 'LMP\\_2%' ESCAPE '\\'").len(), 0);
}

#[test]
fn money_sums_are_exact() {
    let netsuite = standard();
    netsuite
        .edit("insert into pricing (internalid, item, pricelevel, quantity, unitprice) values (11, 1, 1, 1, 0.1), (12, 2, 1, 1, 0.2), (13, 3, 1, 1, 0.3)", now())
        .unwrap();
    let got = rows(
        &netsuite,
        "SELECT SUM(unitprice) AS s, COUNT(*) AS n, AVG(unitprice) AS a, MAX(item) AS m FROM pricing WHERE internalid > 10 HAVING SUM(unitprice) = 0.6",
    );
    assert_eq!(got, [json!({"s": ".6", "n": "3", "a": ".2", "m": "3"})]);
    let none = rows(&netsuite, "SELECT SUM(unitprice) AS s, COUNT(*) AS n FROM pricing WHERE internalid > 99");
    assert_eq!(none, [json!({"n": "0"})]);
    assert!(detail(&netsuite, "SELECT item, SUM(unitprice) AS s FROM pricing").contains("not a GROUP BY expression"));
    assert!(detail(&netsuite, "SELECT item FROM pricing WHERE SUM(unitprice) > 1").contains("group function is not allowed"));
    let grouped = "SELECT MOD(item, 2) AS odd, MAX(lastmodifieddate) AS lm, COUNT(DISTINCT p.item) AS n FROM pricing p JOIN item i ON 1 = 1 WHERE internalid > 10 GROUP BY MOD(item, 2) ORDER BY odd";
    assert_eq!(
        rows(&netsuite, grouped),
        [json!({"odd": "0", "lm": "3/2/2026", "n": "1"}), json!({"odd": "1", "lm": "3/2/2026", "n": "2"})]
    );
}

fn many(settings: Settings, count: u32) -> NetSuite {
    let netsuite = NetSuite::open(None, settings).unwrap();
    let script = format!(
        "insert into item (id, itemid, itemtype, lastmodifieddate)
         with recursive n(i) as (select 1 union all select i + 1 from n where i < {count})
         select i, 'SKU-' || i, 'InvtPart', '2026-01-01 00:00:00' from n"
    );
    netsuite.edit(&script, now()).unwrap();
    netsuite
}

pub(super) fn ids(body: &Value) -> Vec<u64> {
    body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn rownum_counts_rows_before_they_are_sorted() {
    let netsuite = many(Settings::default(), 25);
    let bounds = "SELECT id FROM (SELECT id, ROWNUM AS rn FROM (SELECT i.id AS id FROM item i WHERE i.itemtype = 'InvtPart' ORDER BY i.id)) WHERE MOD(rn, 10) = 0 ORDER BY id";
    assert_eq!(ids(&ask(&netsuite, bounds).1), [10, 20]);
    let backwards = "SELECT id FROM (SELECT id, ROWNUM AS rn FROM (SELECT id FROM item ORDER BY id DESC) ORDER BY id) WHERE rn <= 2 ORDER BY id";
    assert_eq!(ids(&ask(&netsuite, backwards).1), [24, 25]);
    assert_eq!(ids(&ask(&netsuite, "SELECT * FROM (SELECT id FROM item ORDER BY id DESC) x WHERE ROWNUM <= 1").1), [25]);
    assert_eq!(rows(&netsuite, "SELECT id FROM item WHERE ROWNUM < 4 ORDER BY id DESC").len(), 3);
    assert_eq!(rows(&netsuite, "SELECT COUNT(*) AS n FROM item WHERE ROWNUM <= 7"), [json!({"n": "7"})]);
    assert_eq!(rows(&netsuite, "SELECT id FROM item WHERE ROWNUM > 1").len(), 0);
    let numbered =
        "SELECT id FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id DESC) AS rn FROM item) WHERE rn = 1 OR rn = 25 ORDER BY id";
    assert_eq!(ids(&ask(&netsuite, numbered).1), [1, 25]);
    let strict = many(Settings { refuse_nested_rownum: true, refuse_window: true, ..Settings::default() }, 5);
    assert_eq!(detail(&strict, bounds), UNSUPPORTED);
    assert_eq!(detail(&strict, numbered), UNSUPPORTED);
    assert_eq!(rows(&strict, "SELECT id FROM item WHERE ROWNUM <= 2").len(), 2);
}

#[test]
fn pages_follow_each_other_only_when_ordered() {
    let netsuite = many(Settings::default(), 2500);
    let page = |query: &str, limit: u64, offset: u64| {
        ask_at(&netsuite, &format!("{ENDPOINT}?limit={limit}&offset={offset}"), &json!({"q": query})).1
    };
    let ordered = "SELECT id FROM item ORDER BY id";
    let second = page(ordered, 1000, 1000);
    assert_eq!(ids(&second), (1001..=2000).collect::<Vec<_>>());
    assert_eq!(
        (second["count"].as_u64(), second["totalResults"].as_u64(), second["hasMore"].as_bool()),
        (Some(1000), Some(2500), Some(true))
    );
    assert_eq!((second["offset"].as_u64(), second["links"][2]["rel"].as_str()), (Some(1000), Some("next")));
    let last = page(ordered, 1000, 2000);
    assert_eq!((ids(&last).len(), last["totalResults"].as_u64(), last["hasMore"].as_bool()), (500, Some(2500), Some(false)));
    assert_eq!(page(ordered, 1000, 3000)["count"], 0);
    assert_eq!(page("SELECT id FROM item WHERE id > 100 AND id <= 110 ORDER BY id", 1000, 0)["totalResults"], 10);
    for unordered in [
        "SELECT id FROM item",
        "SELECT id FROM item ORDER BY itemtype",
        "SELECT DISTINCT id FROM item",
        "SELECT id FROM item GROUP BY id",
    ] {
        let (first, again) = (ids(&page(unordered, 1000, 0)), ids(&page(unordered, 1000, 0)));
        assert_ne!(first, again, "{unordered}");
    }
    assert_eq!(ids(&page("SELECT id FROM item ORDER BY id FETCH FIRST 3 ROWS ONLY", 2, 2)), [3]);
    assert_eq!(page("SELECT TOP 5 id FROM item ORDER BY id", 2, 0)["totalResults"], 5);
}

#[test]
fn a_page_past_the_reachable_rows_is_refused() {
    let netsuite = standard();
    let (status, body) = ask_at(&netsuite, &format!("{ENDPOINT}?limit=1000&offset=100000"), &json!({"q": "SELECT id FROM item"}));
    assert_eq!((status, body["o:errorDetails"][0]["o:errorQueryParam"].as_str()), (400, Some("offset")));
    assert_eq!(ask_at(&netsuite, &format!("{ENDPOINT}?limit=1000&offset=99000"), &json!({"q": "SELECT id FROM item"})).0, 200);
    assert_eq!(ask_at(&netsuite, &format!("{ENDPOINT}?limit=7&offset=10"), &json!({"q": "SELECT id FROM item"})).0, 400);
    let strict = open(Settings { past_end_not_found: true, ..Settings::default() });
    assert_eq!(ask_at(&strict, &format!("{ENDPOINT}?limit=10&offset=10"), &json!({"q": "SELECT id FROM item"})).0, 404);
}

#[test]
fn parameters_take_the_place_of_question_marks() {
    let netsuite = standard();
    let query = "SELECT id FROM item WHERE itemid = ? AND id > ? ORDER BY id";
    let with = |params: Value| ask_at(&netsuite, ENDPOINT, &json!({"q": query, "params": params}));
    assert_eq!(ids(&with(json!(["LMP-220", -5])).1), [4101]);
    assert_eq!(with(json!(["' OR 1=1 --", 0])).1["count"], 0);
    for refused in [json!(["LMP-220"]), json!(["LMP-220", null]), json!(["LMP-220", 1, 2])] {
        let (status, body) = with(refused);
        assert!(status == 400 && body["o:errorDetails"][0]["detail"].as_str().unwrap().ends_with(UNSUPPORTED));
    }
}

#[test]
fn what_is_not_there_is_named() {
    let netsuite = standard();
    assert_eq!(detail(&netsuite, "SELECT id FROM nothinghere"), "Invalid search type: nothinghere.");
    let unknown = |column: &str, available: &str| {
        format!("Search error occurred: Unknown identifier '{column}'. Available identifiers are: {{{available}}}.")
    };
    assert_eq!(detail(&netsuite, "SELECT salesdescription FROM item"), unknown("salesdescription", "item=item"));
    assert_eq!(
        detail(&netsuite, "SELECT i.foo FROM item i JOIN pricing p ON p.item = i.id"),
        unknown("foo", "i=item, p=pricing")
    );
    assert_eq!(detail(&netsuite, "SELECT z.id FROM item i"), unknown("z", "i=item"));
    assert_eq!(detail(&netsuite, "SELECT id FROM sim_display"), "Invalid search type: sim_display.");
    assert_eq!(detail(&netsuite, "SELECT rowid FROM item"), unknown("rowid", "item=item"));
    assert!(detail(&netsuite, "SELECT currency FROM pricing").contains("'currency'"));
    let poor = Settings {
        absent: vec!["classification".into(), "item.class".into()],
        denied_rows: vec!["Pricing".into()],
        ..Settings::default()
    };
    let netsuite = open(poor.clone());
    assert_eq!(
        detail(&netsuite, "SELECT id FROM classification"),
        "Search error occurred: Record 'classification' was not found."
    );
    assert_eq!(
        detail(&netsuite, "SELECT class FROM item"),
        "Search error occurred: Field 'class' for record 'item' was not found."
    );
    assert_eq!(rows(&netsuite, "SELECT item FROM pricing").len(), 0);
    let vague = open(Settings { absent_style: AbsentStyle::ServerError, ..poor });
    assert_eq!(ask(&vague, "SELECT id FROM classification").0, 500);
    let rich = open(Settings { pricing_currency: true, ..Settings::default() });
    assert_eq!(rows(&rich, "SELECT item, currency FROM pricing").len(), 2);
}

#[test]
fn the_language_has_limits() {
    let netsuite = standard();
    let list = (0..1001).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    for query in [
        "SELECT id FROM item LIMIT 5",
        "SELECT id FROM item ORDER BY id OFFSET 5 ROWS",
        "WITH x AS (SELECT id FROM item) SELECT id FROM x",
        &format!("SELECT id FROM item WHERE id IN ({list})"),
        "SELECT i.id FROM item i, pricing p JOIN item j ON j.id = p.item",
        "SELECT i.id FROM item i JOIN pricing p ON 1 = 1 WHERE i.id = p.item (+)",
        "SELECT i.id FROM pricing p, item i WHERE i.id = p.item (+)",
        "SELECT LISTAGG(itemid, ',') AS x FROM item",
        "SELECT LEFT(itemid, 2) AS x FROM item",
        "SELECT SUBSTRING(itemid, 1, 2) AS x FROM item",
        "SELECT IFNULL(itemid, 'x') AS x FROM item",
        "SELECT CEILING(weight) AS x FROM item",
        "SELECT NOW() AS x FROM dual",
        "SELECT [id] FROM item",
        "SELECT id FROM item; SELECT id FROM item",
        "DELETE FROM item",
        "UPDATE item SET itemid = 'x'",
        "DROP TABLE item",
        "SELECT id FROM item WHERE lastmodifieddate > DATE '2026-01-01'",
        "SELECT x.\"a\" FROM (SELECT id AS \"a\" FROM item) x",
        "SELECT id = 4101 AS x FROM item",
        "SELECT id FROM item WHERE 1",
        "SELECT 1",
        "SELECT ns_shuffle() AS x FROM dual",
        "SELECT sqlite_version() AS v FROM dual",
        "SELEC id FROM item",
    ] {
        detail(&netsuite, query);
    }
    assert!(detail(&netsuite, "SELECT id FROM item LIMIT 5").starts_with("Invalid search query."));
    let deep = format!("SELECT {}1{} AS x FROM dual", "(".repeat(400), ")".repeat(400));
    detail(&netsuite, &deep);
    let long = format!("SELECT id FROM item WHERE {}", (0..900).map(|n| format!("id = {n}")).collect::<Vec<_>>().join(" OR "));
    assert_eq!(ask(&netsuite, &long).0, 200);
    let wide = format!("SELECT {} FROM item", (0..101).map(|n| format!("id AS c{n}")).collect::<Vec<_>>().join(", "));
    let (status, body) = ask(&netsuite, &wide);
    assert_eq!((status, body["count"].as_u64(), body["totalResults"].as_u64()), (200, Some(0), Some(0)));
}

#[test]
fn joins_and_subqueries_work_in_both_styles() {
    let netsuite = standard();
    let ansi = "SELECT i.id, p.unitprice FROM item i LEFT JOIN pricing p ON p.item = i.id AND p.quantity = 1 ORDER BY i.id";
    let oracle = "SELECT i.id, p.unitprice FROM item i, pricing p WHERE i.id = p.item (+) AND p.quantity (+) = 1 ORDER BY i.id";
    assert_eq!(rows(&netsuite, ansi).len(), 3);
    assert_eq!(rows(&netsuite, ansi), rows(&netsuite, oracle));
    assert_eq!(ids(&ask(&netsuite, "SELECT i.id FROM item i, kititemmember k WHERE k.parentitem = i.id").1), [4102]);
    assert_eq!(
        ids(&ask(&netsuite, "SELECT id FROM item i WHERE EXISTS (SELECT 1 FROM pricing p WHERE p.item = i.id)").1),
        [4101]
    );
    assert_eq!(
        ids(&ask(&netsuite, "SELECT id FROM item WHERE id NOT IN (SELECT item FROM pricing) AND itemtype <> 'Kit'").1),
        [4103]
    );
    assert_eq!(ids(&ask(&netsuite, "SELECT id FROM item WHERE id = (SELECT MIN(item) FROM pricing)").1), [4101]);
    let union = "SELECT id FROM item WHERE id = 4101 UNION SELECT item FROM pricing UNION ALL SELECT id FROM item WHERE id = 4103 ORDER BY id DESC";
    assert_eq!(ids(&ask(&netsuite, union).1), [4103, 4101]);
    let all = rows(&netsuite, "SELECT * FROM kititemmember");
    assert_eq!(all, [json!({"parentitem": "4102", "item": "4101", "quantity": "2", "linenumber": "1"})]);
}

#[test]
fn the_request_itself_is_checked() {
    let netsuite = standard();
    let mut request = signed(&netsuite, "POST", ENDPOINT, r#"{"q": "SELECT id FROM item"}"#, now());
    request.headers.retain(|(name, _)| name != "prefer");
    let reply = netsuite.handle(&request, now());
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status, body["o:errorDetails"][0]["o:errorHeader"].as_str()), (400, Some("Prefer")));
    for body in
        ["", "[]", "{}", r#"{"q": 5}"#, r#"{"q": "SELECT id FROM item", "limit": 5}"#, "{\"q\": \"SELECT\tid FROM item\"}"]
    {
        let reply = netsuite.handle(&signed(&netsuite, "POST", ENDPOINT, body, now()), now());
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((reply.status, answer["o:errorDetails"][0]["o:errorCode"].as_str()), (400, Some("INVALID_CONTENT")), "{body}");
    }
    assert_eq!(netsuite.handle(&signed(&netsuite, "GET", ENDPOINT, "", now()), now()).status, 405);
}

#[test]
fn a_page_by_key_uses_the_key_and_a_date_bound_its_index() {
    let netsuite = many(Settings::default(), 2000);
    let plan = |query: &str| -> String {
        let block = {
            let world = netsuite.world.lock().unwrap();
            let session = super::Session {
                conn: &world.conn,
                catalogue: &world.catalogue,
                settings: &netsuite.settings,
                zone: &netsuite.session,
                now: now().as_second(),
                translations: &world.translations,
            };
            super::translate(query, &[], &session).unwrap().0
        };
        netsuite.with_database(|conn| {
            let mut statement = conn.prepare(&format!("explain query plan {}", block.page(10, 0))).unwrap();
            let steps = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
            steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
        })
    };
    let range = plan("SELECT id, itemid FROM item WHERE id > 10 AND id <= 900 ORDER BY id");
    assert!(range.contains("USING INTEGER PRIMARY KEY") && !range.contains("TEMP B-TREE"), "{range}");
    let changed = plan("SELECT id FROM item WHERE lastmodifieddate >= TO_DATE('2026-01-01', 'YYYY-MM-DD')");
    assert!(changed.contains("item_lastmodifieddate"), "{changed}");
    let stock = plan(
        "SELECT a.item, a.location FROM aggregateitemlocation a WHERE a.item > 5 AND a.item <= 9 ORDER BY a.item, a.location",
    );
    assert!(stock.contains("USING PRIMARY KEY") && !stock.contains("TEMP B-TREE"), "{stock}");
}
