//! What an edit changes and, above all, which stamps it moves.

use rusqlite::Connection;

use super::{count, everything, seeded, standard, texts};
use crate::sandbox::seed::news::{ENTITIES, news};

const LATER: &str = "2026-03-04 08:00:00";

/// Every column that holds a stamp, with the key of its table.
const STAMPS: &[(&str, &str, &str)] = &[
    ("item", "id", "lastmodifieddate"),
    ("aggregateitemlocation", "item", "lastquantityavailablechange"),
    ("customer", "id", "lastmodifieddate"),
    ("customeraddressbookentityaddress", "recordowner", "lastmodifieddate"),
    ("contact", "id", "lastmodifieddate"),
    ("\"transaction\"", "id", "lastmodifieddate"),
    ("transactionline", "\"transaction\"", "linelastmodifieddate"),
    ("nexttransactionlinelink", "previousdoc", "lastmodifieddate"),
];

fn edit(conn: &Connection, entity: &str) -> Vec<String> {
    news(conn, "2026-03-04T08:00:00Z".parse().unwrap(), entity).unwrap()
}

/// Lists what moved: table and key, each once.
fn moved(conn: &Connection) -> Vec<String> {
    let mut found = Vec::new();
    for (table, key, column) in STAMPS {
        let rows =
            format!("select distinct '{}:' || {key} from {table} where {column} = '{LATER}' order by 1", table.trim_matches('"'));
        found.extend(texts(conn, &rows));
    }
    found
}

#[test]
fn an_edit_moves_the_stamps_of_netsuite_and_no_others() {
    for (entity, wanted) in [
        ("products", vec!["item:0"]),
        ("kits", vec![]),
        ("inventory", vec!["aggregateitemlocation:0"]),
        ("customers", vec!["customer:0", "customeraddressbookentityaddress:1"]),
        ("orders", vec!["transaction:1", "transaction:0", "transactionline:1", "transactionline:0"]),
    ] {
        let conn = standard();
        let ids = edit(&conn, entity);
        let mut wanted: Vec<String> = wanted
            .iter()
            .filter_map(|row| row.split_once(':'))
            .map(|(table, place)| format!("{table}:{}", ids[place.parse::<usize>().unwrap()]))
            .collect();
        wanted.sort();
        let mut moved = moved(&conn);
        moved.sort();
        assert_eq!(moved, wanted, "{entity} {ids:?}");
    }
}

#[test]
fn the_item_that_an_order_waits_for_is_made_once() {
    use crate::sandbox::seed::snags::WANTED;

    let conn = seeded(60, true);
    let items = count(&conn, "item");
    let made = edit(&conn, "products");
    let sellable = format!(
        "item i where i.itemid = '{WANTED}' and i.isinactive = 'F' and i.id = {} and i.lastmodifieddate = '{LATER}'
            and exists (select 1 from pricing p where p.item = i.id and p.pricelevel = 1 and p.unitprice > 0)
            and exists (select 1 from aggregateitemlocation a where a.item = i.id and a.quantityavailable > 0)",
        made[0]
    );
    assert_eq!((made.len(), count(&conn, &sellable), count(&conn, "item")), (1, 1, items + 1));
    // From then on edits are ordinary ones, and without problems they always are.
    assert_ne!(edit(&conn, "products"), made);
    assert_eq!(count(&conn, "item"), items + 1);
    let conn = standard();
    edit(&conn, "products");
    assert_eq!(count(&conn, &format!("item where itemid = '{WANTED}'")), 0);
}

#[test]
fn a_fulfilment_leaves_the_head_of_its_order_alone() {
    let conn = standard();
    let shipment = edit(&conn, "shipments").remove(0);
    let order = &texts(
        &conn,
        &format!("select cast(createdfrom as text) from transactionline where \"transaction\" = {shipment} and createdfrom > 0"),
    )[0];
    assert_eq!(
        moved(&conn),
        [
            format!("transaction:{shipment}"),
            format!("transactionline:{order}"),
            format!("transactionline:{shipment}"),
            format!("nexttransactionlinelink:{order}"),
        ]
    );
    assert_eq!(count(&conn, &format!("\"transaction\" where id = {order} and status in ('D', 'F')")), 1);
    assert_eq!(count(&conn, &format!("transactionline where \"transaction\" = {order} and quantityshiprecv = -quantity")), 1);
}

#[test]
fn settling_an_invoice_moves_the_link_and_the_new_document_alone() {
    for entity in ["invoices", "credit-memos"] {
        let conn = standard();
        let id = edit(&conn, entity).remove(0);
        let link = "nexttransactionlinelink where linktype = 'Payment' and lastmodifieddate";
        let invoice = &texts(&conn, &format!("select cast(previousdoc as text) from {link} = '{LATER}'"))[0];
        let paper = &texts(&conn, &format!("select cast(nextdoc as text) from {link} = '{LATER}'"))[0];
        assert_eq!(&id, if entity == "invoices" { invoice } else { paper });
        assert_eq!(
            moved(&conn),
            [format!("transaction:{paper}"), format!("transactionline:{paper}"), format!("nexttransactionlinelink:{invoice}")]
        );
        assert_eq!(count(&conn, &format!("\"transaction\" where id = {invoice} and foreignamountpaid > 0")), 1);
        assert_eq!(
            count(
                &conn,
                &format!(
                    "(select t.foreignamountpaid as paid, sum(k.foreignamount) as linked from \"transaction\" t
                        join nexttransactionlinelink k on k.previousdoc = t.id and k.linktype = 'Payment'
                        where t.id = {invoice}) where abs(paid - linked) < 0.001"
                )
            ),
            1,
            "{entity}"
        );
    }
}

#[test]
fn edits_go_round_and_keep_the_books_in_order() {
    let conn = seeded(120, true);
    for _ in 0..4 {
        for entity in ENTITIES {
            let before = everything(&conn);
            assert!(!edit(&conn, entity).is_empty());
            assert_ne!(everything(&conn), before, "{entity}");
        }
    }
    for (kind, number, total, sum) in super::trade::sums(&conn) {
        assert_eq!(total, -sum, "{kind} {number}");
    }
    let first = edit(&conn, "products");
    assert_ne!(edit(&conn, "kits"), edit(&conn, "customers"));
    assert_ne!(count(&conn, &format!("item where id = {} and displayname like '%, New Edition'", first[0])), 0);
}

#[test]
fn what_is_not_edited_in_netsuite_is_refused_and_changes_nothing() {
    let conn = standard();
    let before = everything(&conn);
    let refusal = news(&conn, super::now(), "payments").unwrap_err();
    assert!(refusal.contains("payments are not edited in NetSuite") && refusal.contains("credit-memos"), "{refusal}");
    assert_eq!(everything(&conn), before);
}
