//! Customer deposits, written: money that came in for an order.

use rusqlite::params;
use rusqlite::types::Value as Stored;
use rust_decimal::Decimal;

use super::document::{self, DEPOSIT, Head};
use super::fields::{
    CLASS, CURRENCY, CUSTOMER, DEPARTMENT, Field, Form, LOCATION, ORDER, PAYMENT_METHOD, SUBSIDIARY, Writing, pointed,
    unusable_value,
};
use super::manner::Members;
use super::row::{self, Columns, exact, stored};
use super::{is_shown, missing};
use crate::sandbox::netsuite::errors::Refusal;
use crate::sandbox::netsuite::records::customer_deposit::SHAPE;

const FIELDS: &[Field] = &[
    ("externalId", "externalid", Form::Text),
    ("customer", "entity", Form::Reference(&CUSTOMER)),
    ("payment", "foreigntotal", Form::Number),
    ("currency", "currency", Form::Reference(&CURRENCY)),
    ("exchangeRate", "exchangerate", Form::Number),
    ("paymentOption", "paymentoption", Form::Reference(&PAYMENT_METHOD)),
    ("tranDate", "trandate", Form::Day),
    ("account", "account", Form::Id),
    ("checkNumber", "sim_checknumber", Form::Text),
    ("memo", "memo", Form::Text),
];

const NUMBER: Field = ("tranId", "tranid", Form::Text);
const SOURCE: Field = ("salesOrder", "createdfrom", Form::Reference(&ORDER));

const SEGMENTS: &[Field] = &[
    ("location", "location", Form::Reference(&LOCATION)),
    ("class", "class", Form::Reference(&CLASS)),
    ("department", "department", Form::Reference(&DEPARTMENT)),
    ("subsidiary", "subsidiary", Form::Reference(&SUBSIDIARY)),
];

/// Known and without effect here.
const SILENT: &[&str] =
    &["undepFunds", "arAcct", "customForm", "postingPeriod", "salesOrderUnpaidAmount", "refundedAmountTotalBox"];

/// Creates a deposit.
pub(super) fn create(members: &Members, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let (mut columns, segments) = read(members, writing)?;
    let needed = [("entity", "Customer"), ("foreigntotal", "Payment Amount")];
    let lacking: Vec<&str> =
        needed.into_iter().filter(|(column, _)| row::is_empty(&columns, column)).map(|(_, label)| label).collect();
    let Some(entity) = row::whole(&columns, "entity").filter(|_| lacking.is_empty()) else { return Err(missing(&lacking)) };
    let amount = amount(&columns)?.unwrap_or_default();
    let buyer = document::buyer(entity, writing)?;
    let subsidiary = document::check_subsidiary(entity, row::whole(&segments, "subsidiary"), writing)?;
    let currency = document::check_currency(&buyer, row::whole(&columns, "currency"), writing)?;
    let order = source(members, writing)?;
    if let Some(order) = order {
        check_order(order, entity, currency, writing)?;
    }
    if let Some(currency) = currency {
        columns.insert("currency".into(), Stored::Integer(currency));
    }
    columns.insert("foreignpaymentamountused".into(), Stored::Integer(0));
    columns.insert("status".into(), Stored::Text(status(&columns).to_owned()));
    let id = document::enter(&DEPOSIT, &mut columns, writing)?;
    let location = row::whole(&segments, "location");
    let head = Head { id, kind: &DEPOSIT, entity, currency, subsidiary, location, source: order };
    document::main_line(&head, segments, writing)?;
    if let Some(order) = order {
        link(order, id, writing)?;
    }
    settle(id, amount, writing)?;
    Ok(id)
}

/// Changes a deposit.
pub(super) fn update(id: i64, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    let conn = writing.service.conn;
    let mut members = members.clone();
    writing.manner.complete(&mut members, |name| is_shown(&SHAPE, name));
    let (mut columns, segments) = read(&members, writing)?;
    let held = row::read(conn, "select * from \"transaction\" where id = ?1", id)?.unwrap_or_default();
    for (column, property) in [("entity", "customer"), ("currency", "currency")] {
        if columns.remove(column).is_some_and(|sent| held.get(column) != Some(&sent)) {
            let sent = members.get(property).and_then(pointed).map(|(id, _)| id).unwrap_or_default();
            return Err(unusable_value(&sent, property, ""));
        }
    }
    let used = exact(&held, "foreignpaymentamountused").unwrap_or_default();
    let before = exact(&held, "foreigntotal").unwrap_or_default();
    if columns.contains_key("foreigntotal") && row::is_empty(&columns, "foreigntotal") {
        return Err(missing(&["Payment Amount"]));
    }
    let after = amount(&columns)?.unwrap_or(before);
    if after < used {
        return Err(unusable_value(&after.to_string(), "payment", ""));
    }
    if columns.contains_key("account") && row::text(&held, "status") != Some("C") {
        columns.insert("status".into(), Stored::Text(status(&columns).to_owned()));
    }
    document::save(&DEPOSIT, id, &columns, writing)?;
    let main = "select uniquekey, createdfrom from transactionline where \"transaction\" = ?1 and mainline = 'T'";
    let main = row::read(conn, main, id)?.unwrap_or_default();
    row::update(conn, "transactionline", "uniquekey", row::whole(&main, "uniquekey").unwrap_or_default(), &segments)?;
    let order = source(&members, writing)?;
    match (row::whole(&main, "createdfrom"), order) {
        (Some(held), Some(sent)) if held != sent => return Err(unusable_value(&sent.to_string(), "salesOrder", "")),
        (None, Some(order)) => {
            let entity = row::whole(&held, "entity").unwrap_or_default();
            check_order(order, entity, row::whole(&held, "currency"), writing)?;
            let query = "update transactionline set createdfrom = ?2 where \"transaction\" = ?1 and mainline = 'T'";
            conn.execute(query, [id, order])?;
            link(order, id, writing)?;
        }
        _ => {}
    }
    Ok(settle(id, after, writing)?)
}

fn read(members: &Members, writing: &Writing<'_>) -> Result<(Columns, Columns), Refusal> {
    let known = |name: &str| is_shown(&SHAPE, name) || SILENT.contains(&name);
    writing.names(members, known, &[("transaction", "custbody")], "")?;
    let mut columns = writing.columns(members, FIELDS, "")?;
    if !writing.service.settings.auto_numbers {
        columns.extend(writing.columns(members, &[NUMBER], "")?);
    }
    writing.own(members, "transaction", "custbody", &mut columns);
    Ok((columns, writing.columns(members, SEGMENTS, "")?))
}

fn source(members: &Members, writing: &Writing<'_>) -> Result<Option<i64>, Refusal> {
    Ok(row::whole(&writing.columns(members, &[SOURCE], "")?, "createdfrom"))
}

/// Reads the amount, which is more than nothing.
fn amount(columns: &Columns) -> Result<Option<Decimal>, Refusal> {
    match exact(columns, "foreigntotal") {
        Some(amount) if amount <= Decimal::ZERO => Err(unusable_value(&amount.to_string(), "payment", "")),
        amount => Ok(amount),
    }
}

/// Money with an account is in the bank; without, it waits to be deposited.
fn status(columns: &Columns) -> &'static str {
    if row::is_empty(columns, "account") { "A" } else { "B" }
}

/// Refuses an order of another customer or currency.
fn check_order(order: i64, entity: i64, currency: Option<i64>, writing: &Writing<'_>) -> Result<(), Refusal> {
    let query = "select entity, currency from \"transaction\" where id = ?1";
    let held = row::read(writing.service.conn, query, order)?.unwrap_or_default();
    if row::whole(&held, "entity") != Some(entity) || row::whole(&held, "currency") != currency {
        return Err(unusable_value(&order.to_string(), "salesOrder", ""));
    }
    Ok(())
}

fn link(order: i64, deposit: i64, writing: &Writing<'_>) -> rusqlite::Result<()> {
    writing
        .service
        .conn
        .prepare_cached(
            "insert into nexttransactionlinelink (previousdoc, previousline, previoustype, nextdoc, nextline, nexttype, linktype,
                 lastmodifieddate)
             values (?1, 0, 'SalesOrd', ?2, 0, 'CustDep', 'OrdDep', ?3)",
        )?
        .execute(params![order, deposit, writing.stamp])
        .map(|_| ())
}

/// Writes the amount where it is kept.
fn settle(id: i64, amount: Decimal, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let conn = writing.service.conn;
    let query = "select exchangerate, foreignpaymentamountused from \"transaction\" where id = ?1";
    let held = row::read(conn, query, id)?.unwrap_or_default();
    let rate = exact(&held, "exchangerate").unwrap_or(Decimal::ONE);
    let used = exact(&held, "foreignpaymentamountused").unwrap_or_default();
    let columns = Columns::from([
        ("foreigntotal".to_owned(), stored(amount)),
        ("total".to_owned(), stored(row::money(amount * rate))),
        ("foreignpaymentamountunused".to_owned(), stored(amount - used)),
    ]);
    row::update(conn, "transaction", "id", id, &columns)?;
    conn.prepare_cached(
        "update transactionline set foreignamount = ?2, linelastmodifieddate = ?3 where \"transaction\" = ?1 and mainline = 'T'",
    )?
    .execute(params![id, stored(amount), writing.stamp])
    .map(|_| ())
}
