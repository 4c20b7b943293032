//! What the seed promises about customers and documents.

use rusqlite::Connection;

use super::{count, everything, now, seeded, standard, texts};
use crate::sandbox::seed::buyers::cents;
use crate::sandbox::seed::{Catalogue, courses, netsuite, snags};

/// Every document as type and number, with its total and the sum of its lines in cents, both as stored.
pub(super) fn sums(conn: &Connection) -> Vec<(String, String, i64, i64)> {
    let mut statement = conn
        .prepare(
            "select t.type, t.tranid, cast(t.foreigntotal as text), group_concat(cast(l.foreignamount as text), ' ')
             from \"transaction\" t join transactionline l on l.\"transaction\" = t.id and l.mainline = 'F'
             where t.type not in ('ItemShip', 'CustDep') group by t.id order by t.id",
        )
        .unwrap();
    let rows = statement.query_map([], |row| {
        let amounts: String = row.get(3)?;
        let sum = amounts.split(' ').map(|amount| cents(amount).unwrap()).sum();
        Ok((row.get(0)?, row.get(1)?, cents(&row.get::<_, String>(2)?).unwrap(), sum))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_customer_can_be_brought_over() {
    let conn = standard();
    assert_eq!(count(&conn, "customer"), 40);
    for lack in [
        "customer where terms is null or currency is null",
        "customer c where not exists (select 1 from customeraddressbook b join customeraddressbookentityaddress a
            on a.nkey = b.addressbookaddress where b.entity = c.id and a.addr1 is not null and a.city is not null)",
        "customer c where not exists (select 1 from customeraddressbookentityaddress a where a.nkey = c.defaultshippingaddress)",
        "customer c where not exists (select 1 from customeraddressbookentityaddress a where a.nkey = c.defaultbillingaddress)",
        "customer c where isperson = 'F' and not exists
            (select 1 from contact k where k.company = c.id and k.email is not null and k.isinactive = 'F')",
        "customer where isperson = 'T' and (email is null or firstname is null or lastname is null)",
        "customer c where not exists (select 1 from customersubsidiaryrelationship r where r.entity = c.id and r.isprimarysub = 'T')",
        "customer where salesrep is not null and salesrep not in (12, 13, 14)",
        "customer c join customer p on p.id = c.parent where c.entityid not like p.entityid || ' : %'",
        "customer c join customersubsidiaryrelationship r on r.entity = c.id where c.currency <> r.subsidiary",
        "(select email from customer group by email having count(*) > 1)",
        "(select companyname from customer where companyname is not null group by companyname having count(*) > 1)",
    ] {
        assert_eq!(count(&conn, lack), 0, "{lack}");
    }
    for kind in [
        "customer where isperson = 'T'",
        "customer where parent is not null",
        "customer where isinactive = 'T'",
        "customer where searchstage = 'Lead'",
        "customer where searchstage = 'Prospect'",
        "customer where currency = 2",
        "customer where pricelevel is null",
        "customer where pricelevel = 1",
        "customer where pricelevel = 5",
        "customer where pricelevel = 6",
        "customer where salesrep is null",
        "customer where salesrep = 13",
        "customer where salesrep = 14",
        "customer where defaultbillingaddress <> defaultshippingaddress",
        "customer where defaultbillingaddress = defaultshippingaddress",
        "customeraddressbook where sim_isresidential = 'T'",
        "customeraddressbook where defaultbilling = 'F' and defaultshipping = 'F'",
        "contact where email is null",
    ] {
        assert!(count(&conn, kind) > 0, "{kind}");
    }
}

#[test]
fn every_document_adds_up() {
    let conn = standard();
    let sums = sums(&conn);
    assert!(sums.len() > 150, "{}", sums.len());
    for (kind, number, total, sum) in sums {
        // A credit's head is negative and its lines are not; on everything else it is the other way round.
        assert_eq!(total, -sum, "{kind} {number}");
        assert_eq!(total < 0, kind == "CustCred" || kind == "RtnAuth", "{kind} {number}");
    }
    let open = "cast(round(foreigntotal * 100) as integer) <>
        cast(round((foreignamountpaid + foreignamountunpaid) * 100) as integer)";
    assert_eq!(count(&conn, &format!("\"transaction\" where type = 'CustInvc' and voided = 'F' and {open}")), 0);
    assert_eq!(
        count(
            &conn,
            "\"transaction\" where type in ('CustCred', 'CustDep', 'CustPymt') and cast(round(abs(foreigntotal) * 100) as integer)
                <> cast(round((foreignpaymentamountused + foreignpaymentamountunused) * 100) as integer)"
        ),
        0
    );
    assert_eq!(
        count(
            &conn,
            "(select t.id, t.foreignamountpaid as paid, coalesce(sum(k.foreignamount), 0) as linked from \"transaction\" t
                left join nexttransactionlinelink k on k.previousdoc = t.id and k.linktype = 'Payment'
                where t.type = 'CustInvc' group by t.id) where abs(paid - linked) > 0.001"
        ),
        0
    );
}

#[test]
fn signs_are_those_of_netsuite() {
    let conn = standard();
    let line = "\"transaction\" t join transactionline l on l.\"transaction\" = t.id";
    for wrong in [
        "t.type in ('SalesOrd', 'CustInvc') and l.mainline = 'F' and l.iscogs is not 'T' and l.quantity >= 0",
        "t.type in ('SalesOrd', 'CustInvc') and l.rate < 0 and l.foreignamount < 0",
        "t.type in ('SalesOrd', 'CustInvc') and (l.taxline = 'T' or l.transactionlinetype = 'SHIPPING') and l.foreignamount > 0",
        "t.type in ('SalesOrd', 'CustInvc') and l.transactiondiscount = 'T' and l.foreignamount < 0",
        "t.type = 'CustCred' and l.mainline = 'F' and (l.quantity <= 0 or l.foreignamount <= 0)",
        "t.type = 'CustCred' and t.foreigntotal >= 0",
        "l.mainline = 'T' and l.quantity is not null and t.type <> 'ItemShip'",
        "t.type = 'ItemShip' and l.mainline = 'T' and l.quantity >= 0",
        "l.mainline = 'T' and (l.id <> 0 or l.taxline = 'T')",
    ] {
        assert_eq!(count(&conn, &format!("{line} where {wrong}")), 0, "{wrong}");
    }
    assert_eq!(
        count(
            &conn,
            "\"transaction\" t where (select count(*) from transactionline l where l.\"transaction\" = t.id and mainline = 'T') <> 1"
        ),
        0
    );
}

#[test]
fn every_status_and_every_kind_of_line_occurs() {
    let conn = standard();
    assert_eq!(
        texts(
            &conn,
            "select type || group_concat(status, '') from (select distinct type, status from \"transaction\" order by 1, 2)
            group by type order by type"
        ),
        ["CustCredAB", "CustDepBC", "CustInvcABDV", "CustPymtBC", "DepApplB", "ItemShipABC", "RtnAuthG", "SalesOrdABCDEFGH"]
    );
    let line = "\"transaction\" t join transactionline l on l.\"transaction\" = t.id";
    for kind in [
        "t.type = 'SalesOrd' and l.kitcomponent = 'T'",
        "t.type = 'SalesOrd' and l.taxline = 'T'",
        "t.type = 'SalesOrd' and l.transactionlinetype = 'SHIPPING'",
        "t.type = 'SalesOrd' and l.transactiondiscount = 'T'",
        "t.type = 'SalesOrd' and l.transactiondiscount = 'F' and l.ratepercent is not null",
        "t.type = 'SalesOrd' and l.transactiondiscount = 'F' and l.foreignamount > 0 and l.mainline = 'F' and l.ratepercent is null",
        "t.type = 'SalesOrd' and l.isclosed = 'T' and t.status = 'B'",
        "t.type = 'SalesOrd' and l.quantitybackordered > 0",
        "t.type = 'SalesOrd' and l.price = -1",
        "t.type = 'SalesOrd' and l.id <> l.linesequencenumber",
        "t.type = 'SalesOrd' and t.currency = 2",
        "t.type = 'SalesOrd' and t.shipmethod is null",
        "t.type = 'ItemShip' and l.mainline = 'T' and l.item is not null",
        "t.type = 'ItemShip' and l.mainline = 'F' and l.quantity > 0",
        "t.type = 'CustInvc' and l.iscogs = 'T'",
        "t.type = 'CustInvc' and l.iscogs is null",
        "t.type = 'CustInvc' and t.approvalstatus = 1",
        "t.type = 'CustCred' and l.mainline = 'T' and l.createdfrom is null and exists
            (select 1 from transactionline o where o.\"transaction\" = t.id and o.createdfrom is not null)",
    ] {
        assert!(count(&conn, &format!("{line} where {kind}")) > 0, "{kind}");
    }
    for link in ["OrdBill", "ShipRcpt", "PickPack", "OrdDep", "DepAppl", "Payment", "SaleRet", "KitShip"] {
        assert!(count(&conn, &format!("nexttransactionlinelink where linktype = '{link}'")) > 0, "{link}");
    }
    let shipped = "\"transaction\" f where f.type = 'ItemShip' and f.status = 'C'";
    for numbers in [0, 1, 3] {
        let tracked =
            format!("{shipped} and {numbers} = (select count(*) from trackingnumbermap m where m.\"transaction\" = f.id)");
        assert!(count(&conn, &tracked) > 0, "{numbers} tracking numbers");
    }
    let parts = "(select count(*) from transactionline l where l.\"transaction\" = f.id and l.kitcomponent = 'T')";
    let kits = "(select count(*) from transactionline l join item i on i.id = l.item where l.\"transaction\" = f.id and i.itemtype = 'Kit')";
    assert!(count(&conn, &format!("{shipped} and {parts} > 0 and {kits} = 0")) > 0, "components in a kit's stead");
    assert!(count(&conn, &format!("{shipped} and {parts} > 0 and {kits} > 0")) > 0, "components beside their kit");
}

#[test]
fn whatever_a_row_names_exists() {
    let conn = seeded(60, true);
    let there = |table: &str, column: &str, wanted: &str, key: &str| {
        let lost = format!(
            "{table} a where a.{column} is not null and not exists (select 1 from {wanted} b where b.{key} = a.{column})"
        );
        assert_eq!(count(&conn, &lost), 0, "{table}.{column}");
    };
    let (head, line, link) = ("\"transaction\"", "transactionline", "nexttransactionlinelink");
    for (table, column, wanted) in [
        (head, "entity", "customer"),
        (head, "employee", "employee"),
        (head, "currency", "currency"),
        (head, "terms", "term"),
        (head, "shipmethod", "shipitem"),
        (head, "paymentmethod", "paymentmethod"),
        (line, "\"transaction\"", head),
        (line, "item", "item"),
        (line, "createdfrom", head),
        (line, "location", "location"),
        (line, "subsidiary", "subsidiary"),
        (line, "class", "classification"),
        (link, "previousdoc", head),
        (link, "nextdoc", head),
        ("contact", "company", "customer"),
        ("customer", "parent", "customer"),
        ("customer", "category", "customercategory"),
        ("customer", "pricelevel", "pricelevel"),
        ("customeraddressbook", "entity", "customer"),
        ("trackingnumbermap", "\"transaction\"", head),
        ("trackingnumbermap", "trackingnumber", "trackingnumber"),
        ("itemfulfillmentpackage", "itemfulfillment", head),
    ] {
        there(table, column, wanted, "id");
    }
    there(head, "shippingaddress", "transactionshippingaddress", "nkey");
    there(head, "billingaddress", "transactionbillingaddress", "nkey");
    there("customeraddressbook", "addressbookaddress", "customeraddressbookentityaddress", "nkey");
    there("customer", "entitystatus", "entitystatus", "key");
    for side in ["previous", "next"] {
        let lost = format!(
            "{link} k where not exists (select 1 from {line} l where l.\"transaction\" = k.{side}doc and l.id = k.{side}line)
                or not exists (select 1 from {head} t where t.id = k.{side}doc and t.type = k.{side}type)"
        );
        assert_eq!(count(&conn, &lost), 0, "{side} line");
    }
    let status = format!(
        "{head} t where t.type not in ('RtnAuth', 'DepAppl') and not exists
            (select 1 from transactionstatus s where s.trantype = t.type and s.id = t.status)"
    );
    assert_eq!(count(&conn, &status), 0);
}

#[test]
fn the_quantities_of_an_order_are_those_of_its_documents() {
    let conn = standard();
    let order = "transactionline l join \"transaction\" t on t.id = l.\"transaction\" and t.type = 'SalesOrd'
        join item i on i.id = l.item and i.itemtype <> 'Kit'";
    let sum = |link: &str, quantity: &str| {
        format!(
            "coalesce((select sum(abs({quantity})) from nexttransactionlinelink k
                join transactionline n on n.\"transaction\" = k.nextdoc and n.id = k.nextline
                join \"transaction\" d on d.id = k.nextdoc and d.voided = 'F'
                where k.linktype = '{link}' and k.previousdoc = l.\"transaction\" and k.previousline = l.id), 0)"
        )
    };
    let goods = "l.quantityshiprecv is not null and l.kitcomponent = 'F'";
    assert_eq!(count(&conn, &format!("{order} where {goods} and l.quantityshiprecv <> {}", sum("ShipRcpt", "n.quantity"))), 0);
    assert_eq!(count(&conn, &format!("{order} where {goods} and l.quantitybilled <> {}", sum("OrdBill", "n.quantity"))), 0);
    assert_eq!(count(&conn, &format!("{order} where {goods} and l.quantityshiprecv > -l.quantity")), 0);
    for (status, wrong) in [
        ("A", "l.quantityshiprecv > 0 or l.quantitycommitted > 0"),
        ("C", "l.quantityshiprecv > 0 or l.isclosed = 'F'"),
        ("F", "l.quantityshiprecv <> -l.quantity"),
        ("G", "l.quantitybilled <> -l.quantity"),
        ("H", "l.isclosed = 'F' and l.quantityshiprecv <> -l.quantity"),
    ] {
        assert_eq!(count(&conn, &format!("{order} where {goods} and t.status = '{status}' and ({wrong})")), 0, "{status}");
    }
}

#[test]
fn the_numbers_of_the_first_round_keep_their_word() {
    let conn = standard();
    let made = |order: &str, condition: &str| {
        count(
            &conn,
            &format!(
                "\"transaction\" o join transactionline l on l.createdfrom = o.id and l.mainline = 'T'
                    join \"transaction\" d on d.id = l.\"transaction\" where o.tranid = '{order}' and {condition}"
            ),
        )
    };
    assert_eq!(made(courses::TWO_INVOICES, "d.type = 'CustInvc'"), 2);
    assert_eq!(made(courses::TWO_INVOICES, "d.type = 'ItemShip'"), 2);
    assert_eq!(made(courses::CLOSED_HALFWAY, "o.status = 'H' and d.type = 'ItemShip'"), 1);
    assert_eq!(made(courses::PAID_BY_DEPOSIT, "d.type = 'CustDep' and d.status = 'C'"), 1);
    assert_eq!(made(courses::PAID, "d.type = 'CustInvc' and d.status = 'B'"), 1);
    assert_eq!(made(courses::PENDING, "true"), 0);
    assert_eq!(made(courses::SHIPPED, "o.status = 'F' and d.type = 'ItemShip'"), 1);
    assert_eq!(made(courses::PARTLY_BILLED, "o.status = 'E' and d.type = 'CustInvc'"), 1);
    assert_eq!(made(courses::UNPAID, "d.type = 'CustInvc' and d.foreignamountpaid = 0"), 1);
    assert_eq!(made(courses::VOIDED, "d.type = 'CustInvc' and d.voided = 'T'"), 1);
    assert_eq!(made(courses::RETURNED, "d.type = 'RtnAuth'"), 1);
    assert_eq!(made(courses::DEPOSITED, "d.type = 'CustDep' and d.status = 'B'"), 1);
    assert_eq!(made(courses::INVOICE_UNAPPROVED, "d.type = 'CustInvc' and d.approvalstatus = 1"), 1);
    let kit = format!(
        "\"transaction\" o join transactionline l on l.\"transaction\" = o.id join item i on i.id = l.item
            where o.tranid = '{}' and i.itemtype = 'Kit'",
        courses::PAID
    );
    assert!(count(&conn, &kit) > 0);
}

#[test]
fn stamps_never_run_ahead_of_now_or_of_what_they_follow() {
    let conn = standard();
    for (table, column) in [
        ("customer", "lastmodifieddate"),
        ("contact", "lastmodifieddate"),
        ("customeraddressbookentityaddress", "lastmodifieddate"),
        ("\"transaction\"", "lastmodifieddate"),
        ("transactionline", "linelastmodifieddate"),
        ("nexttransactionlinelink", "lastmodifieddate"),
    ] {
        assert_eq!(count(&conn, &format!("{table} where {column} is null or {column} > '2026-03-02 10:15:00'")), 0, "{table}");
    }
    for wrong in [
        "\"transaction\" where lastmodifieddate < createddate or createddate < '2024-12-31'",
        "\"transaction\" t join customer c on c.id = t.entity where t.createddate < c.datecreated",
        "\"transaction\" t join customer c on c.id = t.entity where c.isinactive = 'T' or c.searchstage <> 'Customer'",
        "nexttransactionlinelink k join \"transaction\" a on a.id = k.previousdoc join \"transaction\" b on b.id = k.nextdoc
            where b.createddate < a.createddate",
        "\"transaction\" where type = 'CustInvc' and (duedate is null or duedate < trandate)",
    ] {
        assert_eq!(count(&conn, wrong), 0, "{wrong}");
    }
    assert!(count(&conn, "\"transaction\" where type = 'SalesOrd' and trandate < '2025-03-02'") > 5);
}

#[test]
fn the_trade_does_not_touch_the_goods_and_grows_as_asked() {
    let wanted = |orders: usize| {
        let conn = super::empty();
        netsuite(&conn, &Catalogue { orders: Some(orders), ..Catalogue::standard(now()) }).unwrap();
        conn
    };
    let (few, many) = (wanted(10), wanted(300));
    let goods = |conn: &Connection| -> Vec<String> {
        let tables = ["item ", "pricing ", "aggregateitemlocation ", "kititemmember ", "file ", "deletedrecord "];
        everything(conn).into_iter().filter(|row| tables.iter().any(|table| row.starts_with(table))).collect()
    };
    assert_eq!(goods(&few), goods(&many));
    assert_eq!(count(&few, "\"transaction\" where type = 'SalesOrd'"), 10);
    assert_eq!(count(&many, "\"transaction\" where type = 'SalesOrd'"), 300);
    assert_eq!(count(&many, "(select 1 from \"transaction\" group by tranid having count(*) > 1)"), 0);
}

#[test]
fn every_trouble_is_the_one_its_number_names() {
    let conn = seeded(60, true);
    let customer = |number: &str| format!("customer c where entityid = '{number}' and isinactive = 'F' and");
    let document = |number: &str| format!("\"transaction\" t where tranid = '{number}' and");
    let contact = "exists (select 1 from contact k where k.company = c.id)";
    let address = "exists (select 1 from customeraddressbook b where b.entity = c.id)";
    let from = "(select l.createdfrom from transactionline l where l.\"transaction\" = t.id and l.mainline = 'T')";
    for case in [
        format!("{} not {address} and {contact} and terms = 1", customer("PROBLEM-NO-ADDRESS")),
        format!("{} not {contact} and {address} and email is null", customer("PROBLEM-NO-CONTACT")),
        format!("{} terms is null and {contact} and {address}", customer("PROBLEM-NO-TERMS")),
        format!("{} pricelevel = 2", customer("PROBLEM-LEVEL")),
        format!("{} salesrep = 15", customer("PROBLEM-REP")),
        format!("{} subsidiary = 3", customer("PROBLEM-OUTSIDE")),
        format!("{} type = 'SalesOrd' and status = 'F'", document("PROBLEM-PAPERS")),
        format!(
            "{} type = 'ItemShip' and not exists (select 1 from trackingnumbermap m where m.\"transaction\" = t.id)",
            document("PROBLEM-NO-TRACKING")
        ),
        format!("{} type = 'CustInvc' and approvalstatus = 1", document("PROBLEM-UNAPPROVED")),
        format!(
            "{} exists (select 1 from transactionline l join item i on i.id = l.item where l.\"transaction\" = t.id and i.itemtype = 'NonInvtPart')",
            document("PROBLEM-ADHOC")
        ),
        format!("{} currency <> (select c.currency from customer c where c.id = t.entity)", document("PROBLEM-CURRENCY")),
        format!(
            "{} exists (select 1 from customer c where c.id = t.entity and c.terms is null)",
            document("PROBLEM-CUSTOMER-REJECTED")
        ),
        format!(
            "{} {from} = (select o.id from \"transaction\" o where o.tranid = 'PROBLEM-CUSTOMER-REJECTED')",
            document("PROBLEM-ORDER-LEFT-OUT")
        ),
        format!("{} type = 'CustCred' and {from} is null", document("PROBLEM-NO-SOURCE")),
        format!("{} type = 'SalesOrd' and externalid = '{}'", document("PROBLEM-NAMED"), snags::taken_external_id()),
        "customer c where entityid = 'PROBLEM-TWICE-1' and searchstage = 'Prospect' and exists (select 1 from customer o
            where o.email = c.email and o.id <> c.id)"
            .to_owned(),
    ] {
        assert_eq!(count(&conn, &case), 1, "{case}");
    }
    for (kind, number, total, sum) in sums(&conn) {
        assert_eq!(total, -sum, "{kind} {number}");
    }
}

#[test]
fn what_the_shop_sells_is_known_to_netsuite() {
    let conn = standard();
    let script: serde_json::Value =
        serde_json::from_str(&crate::sandbox::seed::wizcommerce(&conn, &Catalogue::standard(now())).unwrap()).unwrap();
    let records = |kind: &str| -> Vec<serde_json::Value> {
        let operations = script.as_array().unwrap().iter();
        operations.filter(|operation| operation["insert"] == kind).map(|operation| operation["document"].clone()).collect()
    };
    let kinds = ["sales_reps", "customers", "orders", "quotes", "payments"];
    assert_eq!(kinds.map(|kind| records(kind).len()), [4, 3, 9, 3, 4]);
    let confirmed = records("orders").iter().filter(|order| order["status"] == "confirmed").count();
    assert_eq!(confirmed, 6);
    for order in records("orders").iter().chain(&records("quotes")) {
        for line in order["line_items"].as_array().unwrap() {
            let sku = line["sku"].as_str().unwrap();
            assert_eq!(count(&conn, &format!("item where itemid = '{sku}' or itemid like '% : {sku}'")), 1, "{sku}");
        }
    }
    let known = records("customers")[1]["email"].as_str().unwrap().to_owned();
    assert_eq!(count(&conn, &format!("customer where email = '{known}' and searchstage = 'Prospect'")), 1);
    for rep in records("sales_reps") {
        let email = rep["email"].as_str().unwrap();
        assert_eq!(
            count(&conn, &format!("employee where email = '{email}' and issalesrep = 'T' and isinactive = 'F'")),
            1,
            "{email}"
        );
    }
}

/// Gives the documents of a kind that a script inserts.
fn inserted(conn: &Connection, catalogue: &Catalogue, kind: &str) -> Vec<serde_json::Value> {
    let script: serde_json::Value = serde_json::from_str(&crate::sandbox::seed::wizcommerce(conn, catalogue).unwrap()).unwrap();
    let operations = script.as_array().unwrap().iter();
    operations.filter(|operation| operation["insert"] == kind).map(|operation| operation["document"].clone()).collect()
}

#[test]
fn problems_leave_what_the_shop_holds_as_it_is() {
    let conn = seeded(240, true);
    let plain = Catalogue::standard(now());
    let troubled = Catalogue { problems: true, ..plain.clone() };
    for kind in ["customers", "orders", "quotes", "payments"] {
        let (without, mut with) = (inserted(&conn, &plain, kind), inserted(&conn, &troubled, kind));
        with.retain(|document| without.contains(document));
        assert_eq!(with, without, "{kind}");
    }
}

#[test]
fn every_snag_of_the_shop_is_the_one_its_number_names() {
    let conn = seeded(60, true);
    let troubled = Catalogue { items: 60, orders: None, problems: true, now: now() };
    let orders = inserted(&conn, &troubled, "orders");
    let order = |number: &str| orders.iter().find(|order| order["display_id"] == number).unwrap();
    let sku = |number: &str| order(number)["line_items"][0]["sku"].as_str().unwrap();
    let items =
        |sku: &str| count(&conn, &format!("item where (itemid = '{sku}' or itemid like '% : {sku}') and isinactive = 'F'"));
    let known = snags::ORDERS.map(|number| items(sku(number)));
    assert_eq!(known, [0, 1, 1, 1, 1, 1]);
    assert_eq!(sku(snags::WAITING), snags::WANTED);
    let customers = inserted(&conn, &troubled, "customers");
    let customer = |number: &str| customers.iter().find(|customer| customer["display_id"] == number).unwrap();
    assert_eq!(customer(snags::INCOMPLETE)["id"], order("PROBLEM-FOLLOWS")["customer_id"]);
    let shared = customer(snags::TWICE)["email"].as_str().unwrap();
    assert_eq!(count(&conn, &format!("customer where email = '{shared}'")), 2);
}

#[test]
fn the_built_in_profile_names_items_that_exist() {
    let conn = standard();
    let named = |item: &str| texts(&conn, &format!("select cast(id as text) from item where itemid = '{item}'")).concat();
    assert_eq!([named("ORDER-DISCOUNT"), named("HANDLING"), named("UPS Ground")], ["1004", "1005", "901"]);
}

#[test]
fn a_world_takes_both_sides_of_the_seed() {
    use crate::sandbox::{Setup, World};

    let world = World::open(None, Setup::default(), std::sync::Arc::new(now)).unwrap();
    world.seed(30, true).unwrap();
    let kinds = ["price_lists", "sales_reps", "customers", "orders", "quotes", "payments"];
    assert_eq!(kinds.map(|kind| world.wizcommerce.count(kind).unwrap()), [6, 4, 7, 15, 4, 7]);
    for entity in crate::sandbox::seed::news::ENTITIES {
        assert!(!world.news(entity).unwrap().is_empty(), "{entity}");
    }
    assert!(world.seed(30, true).is_err());
}
