//! Queries of customers and documents: their names, signs, links and windows, and what a page of many reads.

use serde_json::{Value, json};

use super::tests::{UNSUPPORTED, ask, detail, ids, rows};
use super::{Session, translate};
use crate::sandbox::exchange::Remote;
use crate::sandbox::netsuite::tests::{now, with_documents};
use crate::sandbox::netsuite::{NetSuite, Settings};

fn standard() -> NetSuite {
    with_documents(Settings::default())
}

/// Gives the rows as lists of their values, in the order asked for; absent values are null.
fn table(netsuite: &NetSuite, query: &str, columns: &[&str]) -> Vec<Vec<Value>> {
    let row = |row: &Value| columns.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect();
    rows(netsuite, query).iter().map(row).collect()
}

/// The three conditions of a window of changes.
fn window(column: &str) -> String {
    format!(
        "{column} >= TO_DATE('2026-02-28 00:00:00', 'YYYY-MM-DD HH24:MI:SS')
         AND SYS_EXTRACT_UTC({column}) >= TO_TIMESTAMP('2026-03-01 00:00:00', 'YYYY-MM-DD HH24:MI:SS')
         AND SYS_EXTRACT_UTC({column}) <= TO_TIMESTAMP('2026-04-01 00:00:00', 'YYYY-MM-DD HH24:MI:SS')"
    )
}

#[test]
fn customers_come_with_what_belongs_to_them() {
    let netsuite = standard();
    let buyers = format!(
        "SELECT c.id, c.entityid, c.searchstage, r.subsidiary, BUILTIN.DF(c.terms) AS terms_name, BUILTIN.DF(c.salesrep) AS rep,
                BUILTIN.DF(c.category) AS category_name, BUILTIN.DF(c.currency) AS money, BUILTIN.DF(c.pricelevel) AS level_name,
                BUILTIN.DF(c.shippingitem) AS ship_by, BUILTIN.DF(c.entitystatus) AS stage,
                TO_CHAR(SYS_EXTRACT_UTC(c.datecreated), 'YYYY-MM-DD HH24:MI:SS') AS born
         FROM customer c LEFT JOIN customersubsidiaryrelationship r ON r.entity = c.id AND r.isprimarysub = 'T'
         WHERE c.id > 0 AND {} ORDER BY c.id",
        window("c.lastmodifieddate")
    );
    let expected = json!({"id": "1542", "entityid": "CUST1542", "searchstage": "Customer", "subsidiary": "1", "terms_name": "Net 30",
        "rep": "Ana Ortiz", "category_name": "Retail", "money": "US Dollar", "level_name": "Trade", "ship_by": "Parcel Ground",
        "stage": "Closed Won", "born": "2026-01-05 08:00:00"});
    assert_eq!(rows(&netsuite, &buyers), [expected]);
    let book = "SELECT b.entity, b.internalid, b.label, b.defaultshipping, a.addr1, BUILTIN.DF(a.country) AS land
        FROM customeraddressbook b JOIN customeraddressbookentityaddress a ON a.nkey = b.addressbookaddress
        WHERE b.entity IN (1542, 1543) AND b.internalid > 901 ORDER BY b.internalid";
    assert_eq!(
        rows(&netsuite, book),
        [json!({"entity": "1542", "internalid": "902", "label": "Office", "defaultshipping": "F", "addr1": "3 Pine Road",
                "land": "United States"})]
    );
    let moved = "SELECT DISTINCT b.entity FROM customeraddressbook b
        JOIN entityaddress a ON a.nkey = b.addressbookaddress
        WHERE a.lastmodifieddate >= TO_DATE('2026-02-01 00:00:00', 'YYYY-MM-DD HH24:MI:SS') AND b.entity > 0 ORDER BY b.entity";
    assert_eq!(rows(&netsuite, moved), [json!({"entity": "1542"})]);
    let people = format!(
        "SELECT k.id, k.company, BUILTIN.DF(k.company) AS firm, k.title FROM contact k
         WHERE k.company IS NOT NULL AND k.id > 0 AND {} ORDER BY k.id",
        window("k.lastmodifieddate")
    );
    let firm = "CUST1542 Harbor & Pine Home";
    assert_eq!(rows(&netsuite, &people), [json!({"id": "1601", "company": "1542", "firm": firm, "title": "Buyer"})]);
    let prices = "SELECT p.customer, p.item, p.level, BUILTIN.DF(p.level) AS level_name, p.price FROM customeritempricing p
        WHERE p.customer > 0 AND p.customer <= 2000 ORDER BY p.customer, p.item";
    assert_eq!(
        table(&netsuite, prices, &["item", "level_name", "price"]),
        [[json!("4101"), json!("Custom"), json!("95.5")], [json!("4205"), json!("Trade"), Value::Null]]
    );
    let group = "SELECT g.customer, g.\"group\", g.level FROM customergrouppricing g ORDER BY g.customer, g.\"group\"";
    assert_eq!(rows(&netsuite, group), [json!({"customer": "1542", "group": "3", "level": "5"})]);
    assert_eq!(rows(&netsuite, "SELECT id FROM customer WHERE externalid = 'wiz-cust-88'").len(), 1);
    assert!(rows(&netsuite, "SELECT id FROM customer WHERE externalid = 'WIZ-CUST-88'").is_empty());
    assert_eq!(rows(&netsuite, "SELECT s.key, s.name FROM entitystatus s ORDER BY s.key").len(), 2);
}

#[test]
fn order_heads_lines_and_sums_keep_their_signs() {
    let netsuite = standard();
    let heads = format!(
        "SELECT t.id, t.tranid, t.status, BUILTIN.DF(t.status) AS status_name, BUILTIN.CF(t.status) AS full_status, t.foreigntotal,
                TO_CHAR(t.trandate, 'YYYY-MM-DD') AS day, BUILTIN.DF(t.entity) AS buyer, BUILTIN.DF(t.employee) AS rep,
                BUILTIN.DF(t.shipmethod) AS ship_by, BUILTIN.DF(t.type) AS kind, BUILTIN.DF(m.createdfrom) AS source, m.subsidiary
         FROM transaction t JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T'
         WHERE t.type = 'SalesOrd' AND t.id > 0 AND {} ORDER BY t.id",
        window("t.lastmodifieddate")
    );
    let got = rows(&netsuite, &heads);
    assert_eq!(
        got[0],
        json!({"id": "88012", "tranid": "SO1001", "status": "E", "status_name": "Pending Billing/Partially Fulfilled",
               "full_status": "SalesOrd:E", "foreigntotal": "714.2", "day": "2026-03-02", "buyer": "CUST1542 Harbor & Pine Home",
               "rep": "Ana Ortiz", "ship_by": "Parcel Ground", "kind": "Sales Order", "source": "Estimate #EST9", "subsidiary": "1"})
    );
    assert_eq!((got.len(), got[1]["buyer"].as_str()), (2, Some("Nora Quill")));
    let touched = "SELECT DISTINCT l.transaction FROM transactionline l
        JOIN transaction t ON t.id = l.transaction AND t.type = 'SalesOrd'
        WHERE l.linelastmodifieddate >= TO_DATE('2026-03-08 00:00:00', 'YYYY-MM-DD HH24:MI:SS') AND l.transaction > 0
        ORDER BY l.transaction";
    assert_eq!(rows(&netsuite, touched), [json!({"transaction": "88013"})]);
    let lines =
        "SELECT l.transaction, l.id, l.uniquekey, i.itemid, -l.quantity AS quantity, l.rate, BUILTIN.DF(l.price) AS level_name,
            -l.foreignamount AS amount, TO_CHAR(l.expectedshipdate, 'YYYY-MM-DD') AS due, l.custcol_wiz_line_id
        FROM transactionline l LEFT JOIN item i ON i.id = l.item
        WHERE l.transaction IN (88012, 88013) AND l.mainline = 'F' AND l.taxline = 'F' AND NVL(l.iscogs, 'F') = 'F'
          AND i.itemtype <> 'ShipItem' AND NVL(l.kitcomponent, 'F') = 'F'
          AND (l.transaction > 88012 OR (l.transaction = 88012 AND l.id > 1))
        ORDER BY l.transaction, l.id";
    assert_eq!(
        rows(&netsuite, lines),
        [
            json!({"transaction": "88012", "id": "3", "uniquekey": "12", "itemid": "SET", "quantity": "1", "rate": "100",
                   "level_name": "Trade", "amount": "100", "custcol_wiz_line_id": "1001-2"}),
            json!({"transaction": "88013", "id": "1", "uniquekey": "21", "itemid": "BLB-E26", "quantity": "1", "rate": "10",
                   "level_name": "Base Price", "amount": "10"}),
        ]
    );
    let tax = "SELECT l.transaction, SUM(-l.foreignamount) AS tax FROM transactionline l
        WHERE l.transaction IN (88012, 88013) AND l.taxline = 'T' GROUP BY l.transaction ORDER BY l.transaction";
    assert_eq!(rows(&netsuite, tax), [json!({"transaction": "88012", "tax": "1.7"})]);
    for place in ["transactionshippingaddress", "salesordershippingaddress"] {
        let to = format!(
            "SELECT t.id, a.addr1 FROM transaction t JOIN {place} a ON a.nkey = t.shippingaddress WHERE t.id IN (88012, 88013) ORDER BY t.id"
        );
        assert_eq!(rows(&netsuite, &to), [json!({"id": "88012", "addr1": "12 Quay Street"})], "{place}");
    }
    let again = "SELECT t.id, t.type, t.status FROM transaction t WHERE t.externalid = 'wiz-so-1001' ORDER BY t.id";
    assert_eq!(rows(&netsuite, again), [json!({"id": "88012", "type": "SalesOrd", "status": "E"})]);
    let names = "SELECT s.trantype, s.id, s.name, s.fullname FROM transactionstatus s WHERE s.trantype IN ('CustInvc', 'ItemShip') ORDER BY s.trantype, s.id";
    let got = table(&netsuite, names, &["id", "fullname"]);
    assert_eq!((got.len(), &got[3][1]), (8, &json!("Invoice : Rejected")));
    assert_eq!(got[7], [json!("C"), json!("Item Fulfillment : Shipped")]);
    let quotes = "SELECT DISTINCT l.createdfrom AS quote, n.id AS next_id, n.type AS next_type FROM transactionline l
        JOIN transaction n ON n.id = l.transaction AND n.type IN ('SalesOrd', 'CustInvc', 'CashSale')
        WHERE l.createdfrom IN (88000) ORDER BY l.createdfrom, n.id";
    assert_eq!(rows(&netsuite, quotes), [json!({"quote": "88000", "next_id": "88012", "next_type": "SalesOrd"})]);
}

#[test]
fn invoices_show_their_sources_and_what_was_applied() {
    let netsuite = standard();
    let sources = "SELECT DISTINCT l.transaction AS invoice, s.id AS source, s.type AS kind FROM transactionline l
        JOIN transaction s ON s.id = l.createdfrom WHERE l.transaction IN (90211, 90300) ORDER BY l.transaction, s.id";
    assert_eq!(rows(&netsuite, sources), [json!({"invoice": "90211", "source": "88012", "kind": "SalesOrd"})]);
    let billed = |links: &str| {
        format!(
            "SELECT DISTINCT k.previousline AS order_line, k.nextline AS invoice_line FROM {links} k
             WHERE k.linktype = 'OrdBill' AND k.nextdoc IN (90211, 90300) ORDER BY k.nextline"
        )
    };
    assert_eq!(
        detail(&netsuite, &billed("nexttransactionlinelink").replace("BY k.nextline", "BY k.nextdoc")),
        "Search error occurred: not a SELECTed expression"
    );
    for links in ["nexttransactionlinelink", "PreviousTransactionLineLink"] {
        let got = table(&netsuite, &billed(links), &["order_line", "invoice_line"]);
        assert_eq!(got, [[json!("1"), json!("1")], [json!("5"), json!("2")]], "{links}");
    }
    for links in ["nexttransactionlink", "previoustransactionlink"] {
        let pairs =
            format!("SELECT k.previousdoc, k.nextdoc, k.linktype FROM {links} k WHERE k.previousdoc = 90211 ORDER BY k.nextdoc");
        let got = table(&netsuite, &pairs, &["nextdoc", "linktype"]);
        assert_eq!(got.len(), 3, "two pairs of lines are one of documents: {links}");
    }
    let paid_since = "SELECT DISTINCT k.previousdoc AS invoice FROM nexttransactionlinelink k
        JOIN transaction t ON t.id = k.previousdoc AND t.type = 'CustInvc'
        WHERE k.linktype = 'Payment' AND k.lastmodifieddate >= TO_DATE('2026-03-15 00:00:00', 'YYYY-MM-DD HH24:MI:SS')
          AND k.previousdoc > 0 ORDER BY k.previousdoc";
    assert_eq!(rows(&netsuite, paid_since), [json!({"invoice": "90211"})]);
    let applied = "SELECT k.previousdoc AS invoice, n.type AS kind, n.tranid, TO_CHAR(n.trandate, 'YYYY-MM-DD') AS day,
            SUM(k.foreignamount) AS amount
        FROM nexttransactionlinelink k JOIN transaction n ON n.id = k.nextdoc
        WHERE k.linktype = 'Payment' AND k.previousdoc IN (90211, 90300)
        GROUP BY k.previousdoc, n.id, n.type, n.tranid, n.trandate ORDER BY k.previousdoc, n.id";
    assert_eq!(
        table(&netsuite, applied, &["kind", "day", "amount"]),
        [
            [json!("DepAppl"), json!("2026-03-10"), json!("150")],
            [json!("CustCred"), json!("2026-03-20"), json!("99")],
            [json!("CustPymt"), json!("2026-03-21"), json!(".3")],
        ]
    );
    let open_ones = "SELECT id FROM transaction WHERE type = 'CustInvc' AND id IN (SELECT k.previousdoc FROM nexttransactionlinelink k WHERE k.linktype = 'Payment') ORDER BY id";
    assert_eq!(ids(&ask(&netsuite, open_ones).1), [90211]);
}

#[test]
fn shipments_show_their_order_numbers_and_lines() {
    let netsuite = standard();
    let shipped = format!(
        "SELECT DISTINCT f.id, BUILTIN.DF(f.status) AS state, l.createdfrom AS order_id, BUILTIN.DF(f.shipmethod) AS ship_by,
                TO_CHAR(SYS_EXTRACT_UTC(f.lastmodifieddate), 'YYYY-MM-DD HH24:MI:SS') AS changed
         FROM transaction f JOIN transactionline l ON l.transaction = f.id AND l.createdfrom IS NOT NULL
         WHERE f.type = 'ItemShip' AND f.id > 0 AND {} ORDER BY f.id",
        window("f.lastmodifieddate")
    );
    let got = table(&netsuite, &shipped, &["id", "state", "order_id", "ship_by"]);
    assert_eq!(got[0], [json!("89100"), json!("Shipped"), json!("88012"), json!("Parcel Ground")]);
    assert_eq!(got[1], [json!("89101"), json!("Picked"), json!("88012"), Value::Null]);
    let tracking = "SELECT m.transaction AS shipment, n.id, n.trackingnumber, BUILTIN.DF(m.trackingnumber) AS shown
        FROM trackingnumbermap m JOIN trackingnumber n ON n.id = m.trackingnumber WHERE m.transaction IN (89100) ORDER BY m.transaction, n.id";
    let number = "1Z999AA10123456784";
    assert_eq!(rows(&netsuite, tracking), [json!({"shipment": "89100", "id": "51", "trackingnumber": number, "shown": number})]);
    let cartons = "SELECT p.itemfulfillment, p.packagetrackingnumber, p.packageweight FROM itemfulfillmentpackage p
        WHERE p.itemfulfillment IN (89100) ORDER BY p.itemfulfillment, p.packagetrackingnumber";
    assert_eq!(table(&netsuite, cartons, &["packageweight"]), [[json!("12.4")], [json!("3")]]);
    let lines = "SELECT l.transaction AS shipment, l.id, l.mainline, i.itemid, l.quantity FROM transactionline l JOIN item i ON i.id = l.item
        WHERE l.transaction IN (89100, 89101) AND i.itemtype <> 'ShipItem' AND NVL(l.iscogs, 'F') = 'F'
          AND (l.mainline = 'T' OR l.quantity > 0) ORDER BY l.transaction, l.id";
    assert_eq!(
        table(&netsuite, lines, &["shipment", "mainline", "quantity"]),
        [[json!("89100"), json!("F"), json!("4")], [json!("89101"), json!("T"), json!("-1")]]
    );
    let methods = "SELECT i.id, i.itemid FROM item i JOIN shipitem s ON s.id = i.id WHERE i.itemtype = 'ShipItem' AND i.id > 0 ORDER BY i.id";
    assert_eq!(rows(&netsuite, methods), [json!({"id": "38", "itemid": "Parcel Ground"})]);
}

#[test]
fn money_is_followed_from_deposits_to_refunds() {
    let netsuite = standard();
    let deposits = "SELECT d.id, d.foreigntotal, d.foreignpaymentamountunused AS left_over, BUILTIN.DF(d.status) AS state, m.createdfrom AS order_id
        FROM transaction d JOIN transactionline m ON m.transaction = d.id AND m.mainline = 'T' AND m.createdfrom = 88012
        WHERE d.type = 'CustDep' AND d.voided = 'F' ORDER BY d.id";
    assert_eq!(
        rows(&netsuite, deposits),
        [json!({"id": "88500", "foreigntotal": "200", "left_over": "50", "state": "Deposited", "order_id": "88012"})]
    );
    let used = "SELECT m.createdfrom AS deposit, a.id, a.foreigntotal FROM transaction a
        JOIN transactionline m ON m.transaction = a.id AND m.mainline = 'T'
        WHERE a.type = 'DepAppl' AND m.createdfrom IN (88500) ORDER BY m.createdfrom, a.id";
    assert_eq!(rows(&netsuite, used), [json!({"deposit": "88500", "id": "88600", "foreigntotal": "150"})]);
    assert_eq!(rows(&netsuite, "SELECT p.id, p.name FROM paymentmethod p ORDER BY p.id"), [json!({"id": "4", "name": "Cash"})]);
    let period = "SELECT a.id, a.periodname FROM accountingperiod a WHERE a.isquarter = 'F' AND a.isyear = 'F' AND a.isadjust = 'F'
          AND a.startdate <= TO_DATE('2026-03-31', 'YYYY-MM-DD') AND a.enddate >= TO_DATE('2026-03-31', 'YYYY-MM-DD') ORDER BY a.id";
    assert_eq!(rows(&netsuite, period), [json!({"id": "10", "periodname": "Mar 2026"})]);
    let credits = "SELECT t.id, ABS(t.foreigntotal) AS total, t.foreignpaymentamountused AS used, m.createdfrom AS source
        FROM transaction t JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T' WHERE t.type = 'CustCred' ORDER BY t.id";
    assert_eq!(rows(&netsuite, credits), [json!({"id": "90877", "total": "99", "used": "99", "source": "90211"})]);
    let to = "SELECT DISTINCT k.nextdoc AS credit, k.previousdoc AS invoice, s.tranid, k.foreignamount AS amount
        FROM nexttransactionlinelink k JOIN transaction s ON s.id = k.previousdoc AND s.type = 'CustInvc'
        WHERE k.linktype = 'Payment' AND k.nextdoc IN (90877) ORDER BY k.nextdoc, k.previousdoc";
    assert_eq!(rows(&netsuite, to), [json!({"credit": "90877", "invoice": "90211", "tranid": "INV1187", "amount": "99"})]);
    let refunds =
        "SELECT DISTINCT c.id AS credit, r.id AS refund, ABS(r.foreigntotal) AS amount, TO_CHAR(r.trandate, 'YYYY-MM-DD') AS day
        FROM transaction c JOIN nexttransactionlinelink k ON (k.previousdoc = c.id OR k.nextdoc = c.id)
        JOIN transaction r ON r.type = 'CustRfnd' AND (r.id = k.nextdoc OR r.id = k.previousdoc)
        WHERE c.id IN (90877) ORDER BY c.id, r.id";
    assert_eq!(rows(&netsuite, refunds), [json!({"credit": "90877", "refund": "90950", "amount": "10", "day": "2026-03-22"})]);
}

#[test]
fn every_table_named_is_there() {
    let netsuite = standard();
    for query in [
        "SELECT d.recordid, d.scriptid, TO_CHAR(d.deleteddate, 'YYYY-MM-DD HH24:MI:SS') AS gone FROM deletedrecord d WHERE d.deleteddate >= TO_DATE('2026-03-01', 'YYYY-MM-DD') ORDER BY d.deleteddate, d.recordtypeid, d.recordid",
        "SELECT DISTINCT type, status, BUILTIN.DF(status) FROM transaction",
        "SELECT t.type, BUILTIN.DF(t.status) AS state, COUNT(*) AS n, COUNT(DISTINCT t.entity) AS buyers FROM transaction t WHERE t.trandate >= TO_DATE('2026-03-01', 'YYYY-MM-DD') GROUP BY t.type, BUILTIN.DF(t.status) ORDER BY t.type",
        "SELECT c.id, BUILTIN.DF(c.parent) AS parent_name FROM customer c WHERE c.id IN (SELECT t.entity FROM transaction t WHERE t.type = 'SalesOrd') ORDER BY c.id",
        "SELECT x.id, x.total FROM (SELECT t.id AS id, t.foreigntotal AS total FROM transaction t WHERE t.type = 'CustInvc') x WHERE x.total > 100 ORDER BY x.id",
        "SELECT s.id, s.field, s.newvalue, TO_CHAR(s.date, 'YYYY-MM-DD') AS day, s.name, s.type FROM systemnote s WHERE s.recordtypeid = -30 AND s.recordid = 88012 ORDER BY s.id",
        "SELECT h.item, BUILTIN.DF(h.pricetype) AS level_name, h.quantity, h.price, h.currency FROM invtitempricehistory h WHERE h.version = -1 ORDER BY h.item",
        "SELECT t.id, t.name, t.daysuntilnetdue FROM term t ORDER BY t.id",
        "SELECT t.id, BUILTIN.DF(t.status) AS s, BUILTIN.CF(status) AS full_status FROM transaction t WHERE BUILTIN.CF(t.status) = 'CustCred:B'",
        "SELECT id, BUILTIN.DF(status) AS s FROM transaction WHERE transaction.type = 'CustCred'",
        "SELECT e.id, e.entityid FROM employee e WHERE e.issalesrep = 'T' AND e.id > 0 ORDER BY e.id",
        "SELECT s.shortname, s.fullname FROM state s WHERE s.country = 'US' AND s.shortname = 'ME'",
        "SELECT c.id, c.name FROM country c WHERE c.id = 'US'",
        "SELECT c.id, c.name, c.externalid FROM customercategory c ORDER BY c.id",
    ] {
        assert!(!rows(&netsuite, query).is_empty(), "{query}");
    }
    for query in [
        "SELECT b.item, b.location, b.quantityonhand FROM inventorybalance b ORDER BY b.item",
        "SELECT m.parentitem, m.item, m.quantity FROM itemmember m ORDER BY m.parentitem, m.linenumber",
        "SELECT s.doc, s.weight, BUILTIN.DF(s.shippingmethod) AS m FROM transactionshipment s ORDER BY s.doc",
        "SELECT g.transaction, g.transactionline, g.amount, g.debit FROM transactionaccountingline g ORDER BY g.transaction",
        "SELECT a.nkey FROM invoiceshippingaddress a WHERE a.nkey = 1",
        "SELECT a.nkey FROM itemfulfillmentshippingaddress a WHERE a.nkey = 1",
    ] {
        assert_eq!(rows(&netsuite, query).len(), 0, "{query}");
    }
}

#[test]
fn what_an_account_does_not_have_is_refused() {
    let netsuite = standard();
    let unknown = [
        ("SELECT t.createdfrom FROM transaction t", "createdfrom"),
        ("SELECT t.amountremaining FROM transaction t", "amountremaining"),
        ("SELECT t.trackingnumbers FROM transaction t", "trackingnumbers"),
        ("SELECT t.sim_pickeddate FROM transaction t", "sim_pickeddate"),
        ("SELECT k.externalid FROM contact k", "externalid"),
        ("SELECT k.sim_externalid FROM contact k", "sim_externalid"),
        ("SELECT c.createddate FROM customer c", "createddate"),
        ("SELECT b.isresidential FROM customeraddressbook b", "isresidential"),
        ("SELECT p.packagedescr FROM itemfulfillmentpackage p", "packagedescr"),
        ("SELECT s.itemid FROM shipitem s", "itemid"),
        ("SELECT t.discountpercent FROM term t", "discountpercent"),
        ("SELECT p.isinactive FROM paymentmethod p", "isinactive"),
        ("SELECT s.id FROM state s", "id"),
        ("SELECT m.memberunit FROM kititemmember m", "memberunit"),
    ];
    for (query, column) in unknown {
        let told = detail(&netsuite, query);
        assert!(told.starts_with(&format!("Search error occurred: Unknown identifier '{column}'.")), "{query}: {told}");
    }
    for table in ["sim_entity", "sim_transactiontype", "sim_saved_search", "companycontactroles", "scriptnote"] {
        assert_eq!(detail(&netsuite, &format!("SELECT id FROM {table}")), format!("Invalid search type: {table}."));
    }
    assert_eq!(detail(&netsuite, "SELECT BUILTIN.DF(t.status, 1) AS s FROM transaction t"), UNSUPPORTED);
    assert!(detail(&netsuite, "SELECT g.group FROM customergrouppricing g WHERE group = 3").starts_with("Invalid search query."));
    let absent = Settings { absent: vec!["transaction.subsidiary".into(), "trackingnumbermap".into()], ..Settings::default() };
    let other = with_documents(absent);
    assert!(detail(&other, "SELECT t.subsidiary FROM transaction t").contains("Field 'subsidiary' for record 'transaction'"));
    assert!(
        detail(&other, "SELECT m.transaction FROM trackingnumbermap m").contains("Record 'trackingnumbermap' was not found.")
    );
    let blind = with_documents(Settings { denied_rows: vec!["customeraddressbookentityaddress".into()], ..Settings::default() });
    assert!(rows(&blind, "SELECT a.nkey FROM customeraddressbookentityaddress a").is_empty());
}

#[test]
fn external_ids_are_one_space_for_entities_and_one_for_documents() {
    let netsuite = standard();
    for refused in [
        "update contact set sim_externalid = 'wiz-cust-88' where id = 1602",
        "insert into contact (id, entityid) values (1542, 'x')",
        "insert into employee (id, entityid, externalid) values (9, 'x', 'wiz-con-1')",
        "update \"transaction\" set externalid = 'wiz-so-1001' where id = 88000",
    ] {
        assert!(netsuite.edit(refused, now()).is_err(), "{refused}");
    }
    let shown = "SELECT c.subsidiary FROM customer c WHERE c.id = 1542";
    assert_eq!(rows(&netsuite, shown), [json!({"subsidiary": "1"})], "the primary one");
}

#[test]
fn a_page_of_many_lines_reads_no_others() {
    let netsuite = standard();
    const LINES: &str = "sqlite_autoindex_transactionline_1";
    let item = "SEARCH i USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN";
    let keyset = "(l.transaction > 109000 OR (l.transaction = 109000 AND l.id > 2)) ORDER BY l.transaction, l.id";
    let joined = "SELECT l.transaction, l.id, i.itemid FROM transactionline l LEFT JOIN item i ON i.id = l.item";
    let queries = [
        (
            format!("{joined} WHERE l.transaction IN (109000, 109001) AND l.mainline = 'F' AND {keyset}"),
            vec![format!("SEARCH l USING INDEX {LINES} (transaction=?)"), item.into()],
        ),
        (format!("{joined} WHERE {keyset}"), vec![format!("SEARCH l USING INDEX {LINES} (transaction>?)"), item.into()]),
        (
            "SELECT p.item, p.pricelevel, p.quantity FROM pricing p
             WHERE p.item > 7 OR (p.item = 7 AND p.pricelevel > 1) OR (p.item = 7 AND p.pricelevel = 1 AND p.quantity > 2)
             ORDER BY p.item, p.pricelevel, p.quantity"
                .into(),
            vec!["SEARCH p USING COVERING INDEX pricing_item (item>?)".into()],
        ),
        (
            "SELECT l.uniquekey, l.quantity FROM transactionline l WHERE l.uniquekey > 198000 ORDER BY l.uniquekey".into(),
            vec!["SEARCH l USING INTEGER PRIMARY KEY (rowid>?)".into()],
        ),
        (
            format!(
                "SELECT t.id, BUILTIN.DF(t.status) AS s, m.subsidiary FROM transaction t
                 JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T'
                 WHERE t.type = 'SalesOrd' AND t.id > 109000 AND {} ORDER BY t.id",
                window("t.lastmodifieddate")
            ),
            vec![
                "SEARCH t USING INDEX transaction_type (type=? AND rowid>?)".into(),
                format!("SEARCH m USING INDEX {LINES} (transaction=?)"),
                "SEARCH d USING PRIMARY KEY (trantype=? AND id=?)".into(),
            ],
        ),
        (
            "SELECT l.transaction, COUNT(*) AS n FROM transactionline l WHERE l.transaction > 109000 AND l.transaction <= 110000
             GROUP BY l.transaction ORDER BY l.transaction"
                .into(),
            vec![format!("SEARCH l USING COVERING INDEX {LINES} (transaction>? AND transaction<?)")],
        ),
        (
            "SELECT k.previousdoc, t.id FROM previoustransactionlink k JOIN transaction t ON t.id = k.nextdoc
             WHERE k.nextdoc IN (90211, 90877) ORDER BY t.id"
                .into(),
            vec![
                "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)".into(),
                "SEARCH k USING COVERING INDEX nexttransactionlinelink_nextdoc (nextdoc=?)".into(),
                "SEARCH o USING COVERING INDEX nexttransactionlinelink_nextdoc (nextdoc=? AND previousdoc=? AND previousline<?)"
                    .into(),
            ],
        ),
    ];
    for (query, steps) in queries {
        assert_eq!(ask(&netsuite, &query).0, 200, "{query}");
        assert_eq!(plan(&netsuite, &query), steps, "{query}");
    }
}

/// Gives how the database would read a page, as far as it names tables.
fn plan(netsuite: &NetSuite, query: &str) -> Vec<String> {
    let world = netsuite.world();
    let session = Session {
        conn: &world.conn,
        catalogue: &world.catalogue,
        settings: netsuite.settings(),
        zone: &netsuite.session,
        now: now().as_second(),
        translations: &world.translations,
    };
    let page = translate(query, &[], &session).unwrap().0.page(1000, 0);
    let mut statement = world.conn.prepare(&format!("explain query plan {page}")).unwrap();
    let steps = statement.query_map([], |row| row.get::<_, String>(3)).unwrap().map(Result::unwrap);
    steps.filter(|step| step.starts_with("SEARCH") || step.starts_with("SCAN")).collect()
}
