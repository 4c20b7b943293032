//! What lines cost and documents come to: prices, freight, discounts of the head, totals.

use rusqlite::types::Value as Stored;
use rusqlite::{OptionalExtension, params};
use rust_decimal::Decimal;
use serde_json::Value;

use super::document::Head;
use super::fields::{DISCOUNT_ITEM, Form, Writing, number};
use super::lines;
use super::manner::Members;
use super::row::{self, Columns, exact, money, stored};
use crate::sandbox::netsuite::errors::Refusal;

/// The level of prices made by hand.
pub(super) const CUSTOM: i64 = -1;
/// The level every item has.
const BASE: i64 = 1;

/// Gives the price of an item on a level for so many pieces; a level without prices of its own is a part of the base price.
pub(super) fn listed(
    item: i64,
    level: i64,
    quantity: Decimal,
    head: &Head,
    writing: &Writing<'_>,
) -> rusqlite::Result<Option<Decimal>> {
    let mut statement = writing.service.conn.prepare_cached(
        "select p.unitprice from pricing p left join itemquantity q on q.item = p.item and q.seqnum = p.quantity
         where p.item = ?1 and p.pricelevel = ?2 and coalesce(q.mincount, 0) <= ?3 and coalesce(p.currency, ?4) is ?4
         order by coalesce(q.mincount, 0) desc limit 1",
    )?;
    let quantity = stored(quantity);
    let mut price = |level: i64| -> rusqlite::Result<Option<Decimal>> {
        let found: Option<Stored> =
            statement.query_row(params![item, level, quantity, head.currency], |row| row.get(0)).optional()?;
        Ok(found.and_then(|value| exact(&Columns::from([(String::new(), value)]), "")))
    };
    if let Some(found) = price(level)? {
        return Ok(Some(found));
    }
    let Some(base) = price(BASE)? else { return Ok(None) };
    let query = "select discountpct from pricelevel where id = ?1";
    let percent = row::read(writing.service.conn, query, level)?.and_then(|level| exact(&level, "discountpct"));
    Ok(percent.map(|percent| money(base + base * percent / Decimal::ONE_HUNDRED)))
}

/// Gives the level and price a customer has for an item without being asked.
pub(super) fn usual(
    item: i64,
    quantity: Decimal,
    head: &Head,
    writing: &Writing<'_>,
) -> rusqlite::Result<Option<(i64, Decimal)>> {
    let conn = writing.service.conn;
    let own: Option<(Option<i64>, Stored)> = conn
        .prepare_cached(
            "select level, price from customeritempricing where customer = ?1 and item = ?2 and coalesce(currency, ?3) is ?3 limit 1",
        )?
        .query_row(params![head.entity, item, head.currency], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let levels: (Option<i64>, Option<i64>) = conn
        .prepare_cached(
            "select (select g.level from customergrouppricing g join item i on i.pricinggroup = g.\"group\"
                     where g.customer = ?1 and i.id = ?2 limit 1), (select pricelevel from customer where id = ?1)",
        )?
        .query_row(params![head.entity, item], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut tried = Vec::new();
    if let Some((level, price)) = own {
        if let Some(price) = exact(&Columns::from([(String::new(), price)]), "") {
            return Ok(Some((level.unwrap_or(CUSTOM), price)));
        }
        tried.extend(level);
    }
    tried.extend(levels.0);
    tried.extend(levels.1);
    tried.push(BASE);
    for level in tried {
        if let Some(price) = listed(item, level, quantity, head, writing)? {
            return Ok(Some((level, price)));
        }
    }
    Ok(None)
}

/// Writes the line of the freight again when its cost or its way was sent. Without a way there is no cost.
pub(super) fn freight(head: &Head, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    if !["shippingCost", "shipMethod"].iter().any(|name| members.contains_key(*name)) {
        return Ok(());
    }
    let conn = writing.service.conn;
    let held = conn
        .prepare_cached(
            "select l.id, l.foreignamount from transactionline l join item i on i.id = l.item
             where l.\"transaction\" = ?1 and l.mainline = 'F' and i.itemtype = 'ShipItem'",
        )?
        .query_map([head.id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Stored>(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    let before = held.iter().find_map(|(_, amount)| exact(&Columns::from([(String::new(), amount.clone())]), ""));
    let sent = writing.columns(members, &[("shippingCost", "cost", Form::Number)], "")?;
    let cost = if sent.contains_key("cost") { exact(&sent, "cost") } else { before.map(|amount| amount * head.kind.sign) };
    for (line, _) in held {
        lines::erase(head.id, line, writing)?;
    }
    let method: Option<i64> =
        conn.query_row("select shipmethod from \"transaction\" where id = ?1", [head.id], |row| row.get(0))?;
    if let (Some(method), Some(cost)) = (method, cost) {
        let mut line = Columns::from([
            ("item".to_owned(), Stored::Integer(method)),
            ("quantity".to_owned(), Stored::Integer(1)),
            ("rate".to_owned(), stored(cost)),
            ("foreignamount".to_owned(), stored(money(cost))),
            ("transactionlinetype".to_owned(), Stored::Text("SHIPPING".to_owned())),
        ]);
        lines::insert(head, &mut line, writing)?;
    }
    Ok(())
}

/// Writes the line of the discount on the whole document again when its item or its rate was sent.
pub(super) fn discount(head: &Head, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    if !["discountItem", "discountRate"].iter().any(|name| members.contains_key(*name)) {
        return Ok(());
    }
    let conn = writing.service.conn;
    let held: Option<(i64, Option<i64>)> = conn
        .prepare_cached("select id, item from transactionline where \"transaction\" = ?1 and transactiondiscount = 'T'")?
        .query_row([head.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let sent = writing.columns(members, &[("discountItem", "item", Form::Reference(&DISCOUNT_ITEM))], "")?;
    let item = row::whole(&sent, "item").or(held.and_then(|(_, item)| item));
    if let Some((line, _)) = held {
        lines::erase(head.id, line, writing)?;
    }
    let rate = members.get("discountRate").filter(|rate| !rate.is_null());
    let (Some(item), Some(rate)) = (item, rate) else { return Ok(()) };
    // A typed text says by its sign what it means; a number alone does not.
    let typed = rate.as_str().map(|text| (text.trim_end_matches('%').parse().ok(), text.ends_with('%')));
    let (rate, percent) = typed.unwrap_or((number(rate), writing.service.settings.discount_is_percent));
    let Some(rate): Option<Decimal> = rate else {
        return Err(Refusal::content("Invalid value for the property 'discountRate'."));
    };
    let amount = if percent { money(sum(head.id, writing)? * head.kind.sign * rate / Decimal::ONE_HUNDRED) } else { rate };
    let mut line = Columns::from([
        ("item".to_owned(), Stored::Integer(item)),
        (if percent { "ratepercent" } else { "rate" }.to_owned(), stored(rate)),
        ("foreignamount".to_owned(), stored(amount)),
        ("transactiondiscount".to_owned(), Stored::Text("T".to_owned())),
    ]);
    lines::insert(head, &mut line, writing)?;
    Ok(())
}

/// Adds up the lines below the main one, as stored.
fn sum(document: i64, writing: &Writing<'_>) -> rusqlite::Result<Decimal> {
    let query = "select foreignamount from transactionline
                 where \"transaction\" = ?1 and mainline = 'F' and coalesce(iscogs, 'F') = 'F'";
    let lines = row::all(writing.service.conn, query, document)?;
    Ok(lines.iter().filter_map(|line| exact(line, "foreignamount")).sum())
}

/// Writes what the document comes to on its head and its main line.
pub(super) fn settle(head: &Head, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let conn = writing.service.conn;
    let total = -sum(head.id, writing)?;
    let query = "select exchangerate, foreignamountpaid, foreignpaymentamountused from \"transaction\" where id = ?1";
    let held = row::read(conn, query, head.id)?.unwrap_or_default();
    let rate = exact(&held, "exchangerate").unwrap_or(Decimal::ONE);
    let mut columns =
        Columns::from([("foreigntotal".to_owned(), stored(total)), ("total".to_owned(), stored(money(total * rate)))]);
    if let Some(paid) = exact(&held, "foreignamountpaid") {
        columns.insert("foreignamountunpaid".into(), stored(total - paid));
    }
    if let Some(used) = exact(&held, "foreignpaymentamountused") {
        columns.insert("foreignpaymentamountunused".into(), stored(total.abs() - used));
    }
    row::update(conn, "transaction", "id", head.id, &columns)?;
    let main = "update transactionline set foreignamount = ?2 where \"transaction\" = ?1 and mainline = 'T'";
    conn.prepare_cached(main)?.execute(params![head.id, stored(total)])?;
    // Positions follow the numbers of the lines, which have gaps.
    conn.prepare_cached(
        "update transactionline as l
         set linesequencenumber = (select count(*) from transactionline o where o.\"transaction\" = l.\"transaction\" and o.id < l.id)
         where \"transaction\" = ?1",
    )?
    .execute([head.id])
    .map(|_| ())
}

/// Tells whether something was sent that is not null.
pub(super) fn is_sent(members: &Members, name: &str) -> bool {
    members.get(name).is_some_and(|value| !matches!(value, Value::Null))
}
