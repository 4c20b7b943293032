//! Transforms: a document made from another, with links between their lines.

use rusqlite::params;
use rusqlite::types::Value as Stored;
use rust_decimal::Decimal;
use serde_json::Value;

use super::super::{RecordType, nonexistent};
use super::address_book::entries;
use super::document::{self, CREDIT, DocumentType, FULFILMENT, Head, INVOICE, ORDER, Origin};
use super::fields::{Writing, no_such_value, number, pointed, unusable_value};
use super::manner::Members;
use super::row::{self, Columns, exact, stored};
use super::{kind_of, lines, missing, progress};
use crate::sandbox::netsuite::errors::{Locator, Refusal};

/// Columns a line takes over from the one it is made from.
const KEPT: &[&str] =
    &["item", "memo", "rate", "ratepercent", "price", "location", "class", "department", "units", "expectedshipdate"];

/// Finds the record type a transform leads to.
pub(super) fn target(kind: &RecordType, name: &str) -> Result<&'static RecordType, Refusal> {
    let target =
        kind_of(name).ok_or_else(|| Refusal::new(404, "NONEXISTENT_ID", format!("Record type '{name}' does not exist.")))?;
    match (kind.name, target.name) {
        ("salesOrder", "invoice" | "itemFulfillment") | ("estimate", "salesOrder") | ("invoice", "creditMemo") => Ok(target),
        _ => Err(nonexistent()),
    }
}

/// A line to be made from another.
struct Pick {
    /// The line it is made from, as stored.
    held: Columns,
    /// How much of it.
    quantity: Option<Decimal>,
    /// What the caller sent beside.
    sent: Columns,
}

/// Makes a document of another kind from one.
pub(super) fn transform(
    kind: &RecordType,
    id: i64,
    target: &RecordType,
    members: &Members,
    writing: &Writing<'_>,
) -> Result<i64, Refusal> {
    let conn = writing.service.conn;
    let mut head = row::read(conn, "select * from \"transaction\" where id = ?1", id)?.unwrap_or_default();
    let segments = "select subsidiary, location, class, department from transactionline
                    where \"transaction\" = ?1 and mainline = 'T'";
    head.extend(row::read(conn, segments, id)?.unwrap_or_default());
    let status = row::text(&head, "status").unwrap_or_default();
    let possible = match target.name {
        "itemFulfillment" => matches!(status, "B" | "D" | "E"),
        "salesOrder" => status == "A",
        "creditMemo" => matches!(status, "A" | "B"),
        _ => matches!(status, "B" | "D" | "E" | "F"),
    };
    let refused = || Refusal::user(format!("You can not initialize {}: invalid reference {id}.", target.name.to_lowercase()));
    if !possible {
        return Err(refused());
    }
    let origin = Origin { id, head };
    let picks = picks(kind, target, &origin, members, writing)?;
    let fresh = if target.name == "itemFulfillment" { Vec::new() } else { unkeyed(members)? };
    if picks.is_empty() && fresh.is_empty() {
        return Err(refused());
    }
    match target.name {
        "itemFulfillment" => fulfil(&origin, picks, members, writing),
        "invoice" => bill(&origin, picks, members, writing),
        "creditMemo" => credit(&origin, picks, members, writing),
        _ => sell(&origin, picks, members, writing),
    }
}

/// Gives the entries that name no line.
fn unkeyed(members: &Members) -> Result<Vec<&Members>, Refusal> {
    let entries = entries(members, lines::NAME)?.unwrap_or_default();
    Ok(entries.into_iter().filter(|entry| key(entry).is_none()).collect())
}

fn key(entry: &Members) -> Option<String> {
    let sent = entry.get("orderLine").or_else(|| entry.get("line"))?;
    pointed(sent).map(|(id, _)| id)
}

/// Chooses the lines and how much of each: all that is left, or what the body says.
fn picks(
    kind: &RecordType,
    target: &RecordType,
    origin: &Origin,
    members: &Members,
    writing: &Writing<'_>,
) -> Result<Vec<Pick>, Refusal> {
    let sent = entries(members, lines::NAME)?.unwrap_or_default();
    let only_sent = writing.manner.replaces(lines::NAME);
    let mut picks = Vec::new();
    let mut matched = vec![false; sent.len()];
    for held in lines::goods(origin.id, writing)? {
        let line = row::whole(&held, "id").unwrap_or_default();
        let place = sent.iter().position(|entry| key(entry) == Some(line.to_string()));
        if let Some(place) = place.and_then(|place| matched.get_mut(place)) {
            *place = true;
        }
        let entry = place.and_then(|place| sent.get(place).copied());
        if entry.map_or(only_sent, |entry| lines::says_no(entry, "itemReceive")) {
            continue;
        }
        let left = left(kind, target, &held, origin, writing)?;
        let path = format!("{}.items[{}].", lines::NAME, place.unwrap_or_default());
        let asked = entry.and_then(|entry| entry.get("quantity")).and_then(number);
        if let (Some(asked), Some(left)) = (asked, left)
            && (asked > left || asked < Decimal::ZERO)
        {
            return Err(unusable_value(&asked.to_string(), "quantity", &path));
        }
        let quantity = asked.or(left);
        if quantity.is_some_and(|quantity| quantity.is_zero()) {
            continue;
        }
        let sent = entry.map(|entry| lines::read(entry, &path, writing)).transpose()?.unwrap_or_default();
        picks.push(Pick { held, quantity, sent });
    }
    for (place, entry) in sent.iter().enumerate().filter(|(place, _)| !matched.get(*place).copied().unwrap_or_default()) {
        let path = format!("{}.items[{place}].", lines::NAME);
        match key(entry) {
            Some(key) => return Err(no_such_value(&key, "orderLine", &path)),
            None if target.name == "itemFulfillment" => return Err(missing(&["Order Line"])),
            None => {}
        }
    }
    Ok(picks)
}

/// Gives what is left of a line for a document of that kind; nothing for a line without pieces, zero for one that is done.
fn left(
    kind: &RecordType,
    target: &RecordType,
    held: &Columns,
    origin: &Origin,
    writing: &Writing<'_>,
) -> rusqlite::Result<Option<Decimal>> {
    let item = row::text(held, "sim_itemtype").unwrap_or_default();
    let ships = progress::ships(item, row::text(held, "sim_fulfillable"));
    let Some(ordered) = exact(held, "quantity").map(|quantity| quantity.abs()) else {
        return Ok((target.name == "itemFulfillment").then_some(Decimal::ZERO));
    };
    if kind.name != "salesOrder" {
        return Ok(Some(ordered));
    }
    let closed = row::text(held, "isclosed") == Some("T");
    if target.name == "invoice" {
        let billed = exact(held, "quantitybilled").unwrap_or_default();
        // Of a closed line only what left is billed.
        let due = if closed { exact(held, "quantityshiprecv").unwrap_or_default() } else { ordered };
        return Ok(Some((due - billed).max(Decimal::ZERO)));
    }
    if closed || !ships {
        return Ok(Some(Decimal::ZERO));
    }
    let query = format!(
        "select ns_sum(abs(f.quantity)) as taken from nexttransactionlinelink k
         join transactionline f on f.\"transaction\" = k.nextdoc and f.id = k.nextline
         where k.previousdoc = {} and k.previousline = ?1 and k.linktype in ('ShipRcpt', 'PickPack')",
        origin.id
    );
    let line = row::whole(held, "id").unwrap_or_default();
    let taken = row::read(writing.service.conn, &query, line)?.and_then(|row| exact(&row, "taken")).unwrap_or_default();
    let taken = taken.max(exact(held, "quantityshiprecv").unwrap_or_default());
    Ok(Some((ordered - taken).max(Decimal::ZERO)))
}

/// Makes the line of a pick, as people read it.
fn made(pick: &Pick, from: &DocumentType, with_money: bool) -> Columns {
    let held = &pick.held;
    let own = held.iter().filter(|(name, _)| name.starts_with("custcol"));
    let kept = KEPT.iter().filter_map(|name| held.get_key_value(*name));
    let mut line: Columns = kept.chain(own).map(|(name, value)| (name.clone(), value.clone())).collect();
    line.extend(pick.sent.iter().filter(|(name, _)| *name != "item").map(|(name, value)| (name.clone(), value.clone())));
    if let Some(quantity) = pick.quantity {
        line.insert("quantity".into(), stored(quantity));
    }
    line.remove("isclosed");
    if !with_money {
        for name in ["rate", "ratepercent", "price", "foreignamount", "expectedshipdate"] {
            line.remove(name);
        }
    } else if !pick.sent.contains_key("foreignamount") {
        let whole = exact(held, "foreignamount").map(|amount| amount * from.sign);
        let amount = match (exact(&line, "rate"), pick.quantity) {
            (Some(rate), Some(quantity)) => Some(rate * quantity),
            _ => whole,
        };
        line.insert("foreignamount".into(), amount.map_or(Stored::Null, |amount| stored(row::money(amount))));
    }
    line
}

fn link(
    from: (i64, i64, &str),
    to: (i64, i64, &str),
    sort: &str,
    amount: Option<Decimal>,
    writing: &Writing<'_>,
) -> rusqlite::Result<()> {
    writing
        .service
        .conn
        .prepare_cached(
            "insert into nexttransactionlinelink (previousdoc, previousline, previoustype, nextdoc, nextline, nexttype, linktype,
                 foreignamount, lastmodifieddate)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![from.0, from.1, from.2, to.0, to.1, to.2, sort, amount.map(stored), writing.stamp])
        .map(|_| ())
}

/// Adds to what was done of a line of the order.
fn advance(held: &Columns, column: &str, quantity: Decimal, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let done = exact(held, column).unwrap_or_default() + quantity;
    let mut columns = Columns::from([
        (column.to_owned(), stored(done)),
        ("linelastmodifieddate".to_owned(), Stored::Text(writing.stamp.clone())),
    ]);
    if column == "quantityshiprecv" {
        let whole = done >= exact(held, "quantity").unwrap_or_default().abs();
        columns.insert("isfullyshipped".into(), Stored::Text(if whole { "T" } else { "F" }.to_owned()));
    }
    let key = row::whole(held, "uniquekey").unwrap_or_default();
    row::update(writing.service.conn, "transactionline", "uniquekey", key, &columns)
}

/// Makes an order from an estimate.
fn sell(origin: &Origin, picks: Vec<Pick>, members: &Members, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let head = document::enter_sale(&ORDER, members, Some(origin), writing)?;
    for pick in &picks {
        let mut line = made(pick, &document::ESTIMATE, true);
        let to = lines::insert(&head, &mut line, writing)?;
        let from = row::whole(&pick.held, "id").unwrap_or_default();
        link((origin.id, from, "Estimate"), (head.id, to, "SalesOrd"), "EstInvc", None, writing)?;
    }
    add_unkeyed(&head, members, writing)?;
    copy_special(&head, origin, "EstInvc", "Estimate", writing)?;
    writing.service.conn.execute(
        "update \"transaction\" set status = 'B', lastmodifieddate = ?2 where id = ?1",
        params![origin.id, writing.stamp],
    )?;
    document::finish(&head, members, writing)?;
    Ok(head.id)
}

/// Makes an invoice from an order.
fn bill(origin: &Origin, picks: Vec<Pick>, members: &Members, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let head = document::enter_sale(&INVOICE, members, Some(origin), writing)?;
    for pick in &picks {
        let mut line = made(pick, &ORDER, true);
        let to = lines::insert(&head, &mut line, writing)?;
        let from = row::whole(&pick.held, "id").unwrap_or_default();
        link((origin.id, from, "SalesOrd"), (head.id, to, "CustInvc"), "OrdBill", None, writing)?;
        if let Some(quantity) = pick.quantity {
            advance(&pick.held, "quantitybilled", quantity, writing)?;
        }
    }
    add_unkeyed(&head, members, writing)?;
    copy_special(&head, origin, "OrdBill", "SalesOrd", writing)?;
    document::finish(&head, members, writing)?;
    let conn = writing.service.conn;
    conn.execute(
        "update \"transaction\" set duedate = coalesce(duedate, date(trandate, '+' || cast(coalesce(
             (select daysuntilnetdue from term where id = terms), 0) as integer) || ' days')) where id = ?1",
        [head.id],
    )?;
    owe(head.id, writing)?;
    progress::settle(origin.id, writing)?;
    Ok(head.id)
}

/// Makes a credit memo from an invoice, applied to what the body names.
fn credit(origin: &Origin, picks: Vec<Pick>, members: &Members, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let head = document::enter_sale(&CREDIT, members, Some(origin), writing)?;
    let conn = writing.service.conn;
    conn.execute("update \"transaction\" set foreignpaymentamountused = 0 where id = ?1", [head.id])?;
    for pick in &picks {
        let mut line = made(pick, &INVOICE, true);
        lines::insert(&head, &mut line, writing)?;
    }
    add_unkeyed(&head, members, writing)?;
    document::finish(&head, members, writing)?;
    owe(head.id, writing)?;
    for (place, entry) in entries(members, "apply")?.unwrap_or_default().into_iter().enumerate() {
        if entry.get("apply").and_then(Value::as_bool) == Some(true) {
            apply(&head, entry, &format!("apply.items[{place}]."), writing)?;
        }
    }
    Ok(head.id)
}

/// Applies a credit to an invoice.
fn apply(head: &Head, entry: &Members, path: &str, writing: &Writing<'_>) -> Result<(), Refusal> {
    let conn = writing.service.conn;
    let invoice = entry.get("doc").and_then(pointed).map(|(id, _)| id).unwrap_or_default();
    let query = "select id, foreignamountpaid, foreignamountunpaid, currency from \"transaction\"
                 where id = ?1 and type = 'CustInvc' and entity = (select entity from \"transaction\" where id = ";
    let query = format!("{query}{})", head.id);
    let held = match invoice.parse() {
        Ok(id) => row::read(conn, &query, id)?,
        Err(_) => None,
    };
    let held = held.ok_or_else(|| no_such_value(&invoice, "doc", path))?;
    let own = "select foreignpaymentamountused, foreignpaymentamountunused from \"transaction\" where id = ?1";
    let own = row::read(conn, own, head.id)?.unwrap_or_default();
    let (due, free) = (exact(&held, "foreignamountunpaid"), exact(&own, "foreignpaymentamountunused"));
    let (due, free) = (due.unwrap_or_default(), free.unwrap_or_default());
    let amount = entry.get("amount").and_then(number).unwrap_or(due.min(free));
    if amount <= Decimal::ZERO || amount > due || amount > free {
        return Err(unusable_value(&amount.to_string(), "amount", path));
    }
    let id = row::whole(&held, "id").unwrap_or_default();
    link((id, 0, "CustInvc"), (head.id, 0, "CustCred"), "Payment", Some(amount), writing)?;
    let settled = |left: Decimal| Stored::Text(if left.is_zero() { "B" } else { "A" }.to_owned());
    let paid = exact(&held, "foreignamountpaid").unwrap_or_default() + amount;
    let invoice = Columns::from([
        ("foreignamountpaid".to_owned(), stored(paid)),
        ("foreignamountunpaid".to_owned(), stored(due - amount)),
        ("status".to_owned(), settled(due - amount)),
        ("lastmodifieddate".to_owned(), Stored::Text(writing.stamp.clone())),
    ]);
    row::update(conn, "transaction", "id", id, &invoice)?;
    let used = exact(&own, "foreignpaymentamountused").unwrap_or_default() + amount;
    let credit = Columns::from([
        ("foreignpaymentamountused".to_owned(), stored(used)),
        ("foreignpaymentamountunused".to_owned(), stored(free - amount)),
        ("status".to_owned(), settled(free - amount)),
    ]);
    Ok(row::update(conn, "transaction", "id", head.id, &credit)?)
}

/// Adds what a document comes to to what the customer owes; a credit takes it off by its sign.
fn owe(document: i64, writing: &Writing<'_>) -> rusqlite::Result<()> {
    writing
        .service
        .conn
        .prepare_cached(
            "update customer as c set balancesearch = ns_add(coalesce(balancesearch, 0), t.foreigntotal)
             from \"transaction\" t where t.id = ?1 and t.entity = c.id",
        )?
        .execute([document])
        .map(|_| ())
}

fn add_unkeyed(head: &Head, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    for (place, entry) in unkeyed(members)?.into_iter().enumerate() {
        let path = format!("{}.items[{place}].", lines::NAME);
        let sent = lines::read(entry, &path, writing)?;
        let unlinked = Head { source: None, ..head.clone() };
        lines::add(&unlinked, sent, &path, writing)?;
    }
    Ok(())
}

/// Takes over freight, discount and tax, once: the next document of the same order has none.
fn copy_special(head: &Head, origin: &Origin, sort: &str, from: &str, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let query = format!(
        "select l.* from transactionline l left join item i on i.id = l.item
         where l.\"transaction\" = ?1 and l.mainline = 'F' and coalesce(l.iscogs, 'F') = 'F'
           and (i.itemtype in ('ShipItem', 'TaxItem', 'TaxGroup') or l.taxline = 'T' or l.transactiondiscount = 'T')
           and not exists (select 1 from nexttransactionlinelink k where k.previousdoc = l.\"transaction\"
                           and k.previousline = l.id and k.linktype = '{sort}') order by l.id"
    );
    for held in row::all(writing.service.conn, &query, origin.id)? {
        let line = lines::natural(&held, head);
        let names = [
            "item",
            "memo",
            "quantity",
            "rate",
            "ratepercent",
            "foreignamount",
            "taxline",
            "transactiondiscount",
            "transactionlinetype",
        ];
        let mut line: Columns =
            names.iter().filter_map(|name| line.get_key_value(*name)).map(|(n, v)| (n.clone(), v.clone())).collect();
        let to = lines::insert(head, &mut line, writing)?;
        let place = row::whole(&held, "id").unwrap_or_default();
        link((origin.id, place, from), (head.id, to, head.kind.code), sort, None, writing)?;
    }
    Ok(())
}

/// Makes a fulfilment from an order: a row for what left of each line, and its mirror in the stock.
fn fulfil(origin: &Origin, picks: Vec<Pick>, members: &Members, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let conn = writing.service.conn;
    let status = members.get("shipStatus").and_then(pointed).map_or_else(|| "C".to_owned(), |(id, _)| id);
    let mut sent = members.clone();
    sent.insert("shipStatus".into(), Value::from(status.clone()));
    let head = document::enter_sale(&FULFILMENT, &sent, Some(origin), writing)?;
    let stocked: bool = conn.query_row("select exists (select 1 from location)", [], |row| row.get(0))?;
    for pick in &picks {
        let mut line = made(pick, &ORDER, false);
        // What was sent for the line counts before what was sent for all, and that before what the order says.
        let own = row::whole(&line, "location");
        let sent = own.filter(|_| pick.sent.contains_key("location") || !members.contains_key("location"));
        let place = sent.or(head.location);
        let kind = row::text(&pick.held, "sim_itemtype").unwrap_or_default();
        if place.is_none() && stocked && matches!(kind, "InvtPart" | "Assembly") {
            return Err(missing(&["Location"]).at(Locator::Path("location".into())));
        }
        line.insert("location".into(), place.map_or(Stored::Null, Stored::Integer));
        let quantity = pick.quantity.unwrap_or_default();
        let mut mirror = line.clone();
        mirror.insert("quantity".into(), stored(-quantity));
        mirror.insert("isinventoryaffecting".into(), Stored::Text("T".into()));
        mirror.insert("createdfrom".into(), Stored::Null);
        let to = lines::insert(&head, &mut line, writing)?;
        lines::insert(&head, &mut mirror, writing)?;
        let from = row::whole(&pick.held, "id").unwrap_or_default();
        let sort = if status == "C" { "ShipRcpt" } else { "PickPack" };
        link((origin.id, from, "SalesOrd"), (head.id, to, "ItemShip"), sort, None, writing)?;
        if status == "C" {
            advance(&pick.held, "quantityshiprecv", quantity, writing)?;
        }
    }
    conn.execute(
        "update \"transaction\" set sim_pickeddate = coalesce(sim_pickeddate, trandate),
             sim_packeddate = coalesce(sim_packeddate, iif(status <> 'A', trandate, null)),
             sim_shippeddate = coalesce(sim_shippeddate, iif(status = 'C', trandate, null)) where id = ?1",
        [head.id],
    )?;
    packages(head.id, members, writing)?;
    progress::settle(origin.id, writing)?;
    Ok(head.id)
}

/// Writes the packages of a fulfilment and their tracking numbers.
fn packages(fulfilment: i64, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    let conn = writing.service.conn;
    for (place, entry) in entries(members, "package")?.unwrap_or_default().into_iter().enumerate() {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let tracking = text("packageTrackingNumber");
        let weight = entry.get("packageWeight").and_then(number).map(stored);
        conn.execute(
            "insert into itemfulfillmentpackage (itemfulfillment, packagetrackingnumber, packageweight, sim_packagedescr,
                 sim_packagecartonnumber) values (?1, ?2, ?3, ?4, ?5)",
            params![fulfilment, tracking, weight, text("packageDescr"), i64::try_from(place).unwrap_or(0) + 1],
        )?;
        if let Some(tracking) = tracking {
            let key = row::next(conn, "tracking", "select max(id) from trackingnumber")?;
            conn.execute("insert into trackingnumber (id, trackingnumber) values (?1, ?2)", params![key, tracking])?;
            conn.execute("insert into trackingnumbermap (\"transaction\", trackingnumber) values (?1, ?2)", [fulfilment, key])?;
        }
    }
    Ok(())
}
