//! The rules of writing against the company of the sandbox, whose documents were written by other rules.

use super::*;
use crate::sandbox::seed;

fn company() -> NetSuite {
    let netsuite = NetSuite::open(None, Settings::default()).unwrap();
    // The clock of the functions is set by the first request.
    edit(&netsuite, "select 1");
    netsuite.with_database(|conn| seed::netsuite(conn, &seed::Catalogue::standard(now()))).unwrap();
    netsuite
}

fn texts(netsuite: &NetSuite, sql: &str) -> Vec<[String; 3]> {
    netsuite.with_database(|conn| {
        let mut statement = conn.prepare(sql).unwrap();
        let text = |row: &rusqlite::Row<'_>, n: usize| row.get::<_, Option<String>>(n).map(Option::unwrap_or_default);
        let rows = statement.query_map([], |row| Ok([text(row, 0)?, text(row, 1)?, text(row, 2)?])).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    })
}

const ORDERS: &str = "select cast(id as text), status, cast(foreigntotal as text) from \"transaction\"
    where type = 'SalesOrd' and entity in (select id from customer where isinactive = 'F') order by id limit 150";

#[test]
fn an_order_saved_without_a_change_stays_what_it_is() {
    let netsuite = company();
    // What is shipped in part is D or E by what of it was billed, which the company's books take the other way round.
    let orders = || -> Vec<[String; 3]> {
        let rows = texts(&netsuite, ORDERS).into_iter();
        rows.map(|[id, status, total]| [id, status.replace('D', "E"), total]).collect()
    };
    let before = orders();
    assert!(before.len() > 50);
    for [id, ..] in &before {
        taken(&netsuite, "PATCH", &format!("salesOrder/{id}"), &json!({"item": {"items": []}}));
    }
    let after = orders();
    let changed: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
    assert!(changed.is_empty(), "{changed:?}");
}

#[test]
fn every_customer_can_buy() {
    let netsuite = company();
    let customers = texts(&netsuite, "select cast(id as text), cast(subsidiary as text), isinactive from customer order by id");
    for [id, subsidiary, inactive] in &customers {
        let items = format!(
            "select cast(i.id as text), i.itemid, i.itemtype from item i join pricing p on p.item = i.id
             join itemsubsidiarymap m on m.item = i.id
             where i.isinactive = 'F' and i.itemtype = 'InvtPart' and coalesce(i.matrixtype, '') <> 'PARENT'
               and m.subsidiary = {subsidiary} limit 1"
        );
        let Some([item, ..]) = texts(&netsuite, &items).into_iter().next() else { panic!("{subsidiary} sells nothing") };
        let body = json!({"entity": {"id": id}, "shippingCost": 4, "item": {"items": [
            {"item": {"id": item}, "quantity": 2, "price": {"id": "-1"}, "rate": 10.25}]}});
        let got = turned_down(&netsuite, "POST", "salesOrder", &body);
        assert_eq!(got.0, if inactive == "T" { 400 } else { 204 }, "{id}: {got:?}");
    }
}
