//! Deletions: what may go, what it takes with it, and the row that says so.

use rusqlite::{Connection, params};

use super::super::{RecordType, Service};
use super::fields::Writing;
use super::manner::{Manner, Strictness};
use super::{progress, row};
use crate::sandbox::netsuite::errors::Refusal;
use crate::sandbox::netsuite::zone;

/// Tells whether records of this kind can be deleted.
pub(super) fn is_known(kind: &RecordType) -> bool {
    matches!(kind.shape.table, "customer" | "contact")
        || matches!(kind.name, "salesOrder" | "estimate" | "customerDeposit" | "invoice" | "itemFulfillment" | "creditMemo")
}

/// Deletes a record; its sublists go unlogged.
pub(super) fn delete(kind: &RecordType, id: i64, service: &Service<'_>) -> Result<(), Refusal> {
    match kind.shape.table {
        "customer" => customer(id, service)?,
        "contact" => {
            log((id, -6, "CONTACT", "Contact"), "select entityid from contact where id = ?1", service)?;
            row::retire(service.conn, "entity", id)?;
            service.conn.execute("delete from contact where id = ?1", [id])?;
        }
        _ => document(id, service)?,
    }
    Ok(())
}

fn customer(id: i64, service: &Service<'_>) -> Result<(), Refusal> {
    let conn = service.conn;
    let depended: bool = conn.query_row(
        "select exists (select 1 from \"transaction\" where entity = ?1) or exists (select 1 from customer where parent = ?1)",
        [id],
        |row| row.get(0),
    )?;
    if depended {
        return Err(Refusal::user("This record cannot be deleted because it has dependent records."));
    }
    log((id, -2, "CUSTOMER", "Customer"), "select name from sim_entity where record = 'customer' and id = ?1", service)?;
    row::retire(conn, "entity", id)?;
    retire_highest(conn, "address", "select max(nkey) from customeraddressbookentityaddress")?;
    retire_highest(conn, "addressbook", "select max(internalid) from customeraddressbook")?;
    for statement in [
        "delete from customeraddressbookentityaddress where nkey in (select addressbookaddress from customeraddressbook where entity = ?1)",
        "delete from customeraddressbook where entity = ?1",
        "delete from customersubsidiaryrelationship where entity = ?1",
        "delete from customeritempricing where customer = ?1",
        "delete from customergrouppricing where customer = ?1",
        "update contact set company = null where company = ?1",
        "delete from customer where id = ?1",
    ] {
        conn.execute(statement, [id])?;
    }
    Ok(())
}

fn document(id: i64, service: &Service<'_>) -> Result<(), Refusal> {
    let conn = service.conn;
    let linked: bool =
        conn.query_row("select exists (select 1 from nexttransactionlinelink where previousdoc = ?1)", [id], |row| row.get(0))?;
    if linked {
        return Err(Refusal::user("This transaction cannot be deleted because it is linked to by one or more transactions."));
    }
    let (record, name): (String, String) = conn.query_row(
        "select upper(t.recordtype), y.name from \"transaction\" t join sim_transactiontype y on y.type = t.type where t.id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    log((id, -30, &record, &name), "select tranid from \"transaction\" where id = ?1", service)?;
    row::retire(conn, "transaction", id)?;
    retire_highest(conn, "line", "select max(uniquekey) from transactionline")?;
    let sources = undo(id, service)?;
    for statement in [
        "delete from transactionshippingaddress where recordowner = ?1 and nkey = (select shippingaddress from \"transaction\" where id = ?1)",
        "delete from transactionbillingaddress where recordowner = ?1 and nkey = (select billingaddress from \"transaction\" where id = ?1)",
        "delete from nexttransactionlinelink where nextdoc = ?1",
        "delete from trackingnumbermap where \"transaction\" = ?1",
        "delete from itemfulfillmentpackage where itemfulfillment = ?1",
        "delete from transactionaccountingline where \"transaction\" = ?1",
        "delete from transactionline where \"transaction\" = ?1",
        "delete from \"transaction\" where id = ?1",
    ] {
        conn.execute(statement, [id])?;
    }
    let manner = Manner::plain(Strictness::Ignore);
    let writing = Writing::begin(service, manner);
    for order in sources {
        progress::settle(order, &writing)?;
    }
    Ok(())
}

/// Takes back what the document did to those it came from; gives the orders among them.
fn undo(id: i64, service: &Service<'_>) -> rusqlite::Result<Vec<i64>> {
    let conn = service.conn;
    let now = zone::format(service.now);
    let links = [("ShipRcpt", "quantityshiprecv"), ("OrdBill", "quantitybilled")];
    for (link, column) in links {
        let sql = format!(
            "update transactionline as s set linelastmodifieddate = ?2, {column} = max(0, coalesce({column}, 0) -
                 (select ns_sum(abs(l.quantity)) from nexttransactionlinelink k
                  join transactionline l on l.\"transaction\" = k.nextdoc and l.id = k.nextline
                  where k.previousdoc = s.\"transaction\" and k.previousline = s.id and k.nextdoc = ?1 and k.linktype = '{link}'))
             where (s.\"transaction\", s.id) in (select k.previousdoc, k.previousline from nexttransactionlinelink k
                 join transactionline l on l.\"transaction\" = k.nextdoc and l.id = k.nextline
                 where k.nextdoc = ?1 and k.linktype = '{link}' and l.quantity is not null) and {column} is not null"
        );
        conn.execute(&sql, params![id, now])?;
    }
    conn.execute(
        "update \"transaction\" set status = 'A', lastmodifieddate = ?2 where type = 'Estimate' and status = 'B'
             and id in (select previousdoc from nexttransactionlinelink where nextdoc = ?1 and linktype = 'EstInvc')",
        params![id, now],
    )?;
    // What a credit had settled of invoices is open again.
    conn.execute(
        "update \"transaction\" as v set status = 'A', lastmodifieddate = ?2, foreignamountpaid = ns_sub(foreignamountpaid, settled),
             foreignamountunpaid = ns_add(foreignamountunpaid, settled)
         from (select previousdoc, ns_sum(abs(foreignamount)) as settled from nexttransactionlinelink
               where nextdoc = ?1 and linktype = 'Payment' group by previousdoc) k
         where v.id = k.previousdoc",
        params![id, now],
    )?;
    conn.execute(
        "update customer as c set balancesearch = ns_sub(coalesce(balancesearch, 0), t.foreigntotal)
         from \"transaction\" t where t.id = ?1 and t.entity = c.id and t.type in ('CustInvc', 'CustCred')",
        [id],
    )?;
    let mut statement = conn.prepare_cached(
        "select distinct t.id from nexttransactionlinelink k join \"transaction\" t on t.id = k.previousdoc
         where k.nextdoc = ?1 and t.type = 'SalesOrd' and k.linktype in ('ShipRcpt', 'PickPack', 'OrdBill')",
    )?;
    statement.query_map([id], |row| row.get(0))?.collect()
}

fn retire_highest(conn: &Connection, name: &str, query: &str) -> rusqlite::Result<()> {
    let highest: Option<i64> = conn.query_row(query, [], |row| row.get(0))?;
    row::retire(conn, name, highest.unwrap_or(0))
}

/// Enters the deletion in the log.
fn log((id, kind, script, name): (i64, i64, &str, &str), shown: &str, service: &Service<'_>) -> rusqlite::Result<()> {
    let shown: Option<String> = service.conn.query_row(shown, [id], |row| row.get(0))?;
    service
        .conn
        .prepare_cached(
            "insert or replace into deletedrecord (recordid, recordtypeid, scriptid, name, type, context, deleteddate, iscustomlist,
                 iscustomrecord, iscustomtransaction)
             values (?1, ?2, ?3, ?4, ?5, 'RESTWEBSERVICES', ?6, 'F', 'F', 'F')",
        )?
        .execute(params![id, kind, script, shown, name, zone::format(service.now)])
        .map(|_| ())
}
