//! The lines of goods of a document: added, changed by their number, replaced, removed.

use rusqlite::params;
use rusqlite::types::Value as Stored;
use rust_decimal::Decimal;
use serde_json::Value;

use super::address_book::entries;
use super::document::Head;
use super::fields::{
    CLASS, DEPARTMENT, Field, Form, ITEM, LOCATION, PRICE_LEVEL, Writing, no_such_value, pointed, unusable_value,
};
use super::manner::Members;
use super::missing;
use super::money::{self, CUSTOM};
use super::row::{self, Columns, exact, stored};
use crate::sandbox::netsuite::errors::Refusal;

pub(super) const NAME: &str = "item";

pub(super) const FIELDS: &[Field] = &[
    ("item", "item", Form::Reference(&ITEM)),
    ("quantity", "quantity", Form::Number),
    ("rate", "rate", Form::Number),
    ("amount", "foreignamount", Form::Number),
    ("price", "price", Form::Reference(&PRICE_LEVEL)),
    ("description", "memo", Form::Text),
    ("location", "location", Form::Reference(&LOCATION)),
    ("class", "class", Form::Reference(&CLASS)),
    ("department", "department", Form::Reference(&DEPARTMENT)),
    ("units", "units", Form::Id),
    ("isClosed", "isclosed", Form::Flag),
    ("commitInventory", "commitinventory", Form::Id),
    ("expectedShipDate", "expectedshipdate", Form::Day),
];

/// Known and without effect here.
const SILENT: &[&str] = &[
    "line",
    "lineUniqueKey",
    "orderLine",
    "quantityFulfilled",
    "quantityBilled",
    "quantityCommitted",
    "quantityBackOrdered",
    "quantityAvailable",
    "quantityOnHand",
    "inventoryLocation",
    "inventoryDetail",
    "isTaxable",
    "isOpen",
    "isBillable",
    "itemType",
    "itemSubtype",
    "costEstimate",
    "costEstimateType",
    "fulfillable",
    "createdFrom",
    "grossAmt",
    "taxRate1",
    "taxAmount",
    "options",
    "serialNumbers",
    "itemReceive",
    "quantityRemaining",
    "kitMemberOf",
];

/// What a goods line is, as a condition over `l` and its item `i`.
pub(super) const GOODS: &str = "l.mainline = 'F' and l.taxline = 'F' and coalesce(l.iscogs, 'F') = 'F'
     and coalesce(l.kitcomponent, 'F') = 'F' and coalesce(l.transactiondiscount, 'F') = 'F'
     and coalesce(i.itemtype, '') not in ('ShipItem', 'TaxItem', 'TaxGroup')";

/// Writes what was sent of the lines.
pub(super) fn write(head: &Head, fresh: bool, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    let replaces = !fresh && writing.manner.replaces(NAME);
    if replaces && writing.service.settings.refuse_replace {
        return Err(Refusal::user("The record has been deleted since you retrieved it."));
    }
    let Some(entries) = entries(members, NAME)? else { return Ok(()) };
    let held = goods(head.id, writing)?;
    let mut kept = Vec::new();
    for (place, entry) in entries.into_iter().enumerate() {
        let path = format!("{NAME}.items[{place}].");
        let sent = read(entry, &path, writing)?;
        let key = entry.get("line").filter(|key| !key.is_null() && !fresh);
        match key {
            None => kept.push(add(head, sent, &path, writing)?),
            Some(key) => {
                let id = pointed(key).map(|(id, _)| id).unwrap_or_default();
                let line = held.iter().find(|line| row::whole(line, "id").is_some_and(|held| held.to_string() == id));
                let line = line.ok_or_else(|| no_such_value(&id, "line", &path))?;
                kept.push(change(head, line, sent, &path, writing)?);
            }
        }
    }
    if replaces {
        for line in held.iter().filter(|line| row::whole(line, "id").is_some_and(|id| !kept.contains(&id))) {
            remove(head, line, writing)?;
        }
    }
    Ok(())
}

/// Reads one entry of the sublist.
pub(super) fn read(entry: &Members, path: &str, writing: &Writing<'_>) -> Result<Columns, Refusal> {
    // Where tax is the account's business, a code sent by others breaks the write with words that say nothing of it.
    if entry.contains_key("taxCode") {
        return Err(Refusal::user("The record has been deleted since you retrieved it."));
    }
    let known = |name: &str| SILENT.contains(&name) || FIELDS.iter().any(|(property, ..)| *property == name);
    writing.names(entry, known, &[("transactionline", "custcol")], path)?;
    let mut columns = writing.columns(entry, FIELDS, path)?;
    writing.own(entry, "transactionline", "custcol", &mut columns);
    Ok(columns)
}

/// Reads the goods lines of a document as stored.
pub(super) fn goods(document: i64, writing: &Writing<'_>) -> rusqlite::Result<Vec<Columns>> {
    let query = format!(
        "select l.*, i.itemtype as sim_itemtype, i.isfulfillable as sim_fulfillable from transactionline l
         left join item i on i.id = l.item where l.\"transaction\" = ?1 and {GOODS} order by l.id"
    );
    row::all(writing.service.conn, &query, document)
}

/// Adds a line.
pub(super) fn add(head: &Head, mut line: Columns, path: &str, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let sent = line.clone();
    price(head, &mut line, &sent, path, writing)?;
    if row::text(&line, "isclosed") == Some("T") {
        line.insert("closedate".into(), Stored::Text(writing.today.clone()));
    }
    Ok(insert(head, &mut line, writing)?)
}

/// Changes a line in place.
fn change(head: &Head, held: &Columns, sent: Columns, path: &str, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let id = row::whole(held, "id").unwrap_or_default();
    let mut line = natural(held, head);
    let before = exact(&line, "quantity");
    line.extend(sent.clone());
    let repriced = ["item", "quantity", "rate", "foreignamount", "price"].iter().any(|name| sent.contains_key(*name));
    if repriced {
        price(head, &mut line, &sent, path, writing)?;
    }
    let done = ["quantityshiprecv", "quantitybilled"].iter().filter_map(|name| exact(held, name)).max().unwrap_or_default();
    if done > Decimal::ZERO && (exact(&line, "quantity").unwrap_or_default() < done || line.get("item") != held.get("item")) {
        return Err(Refusal::user("The line was fulfilled or billed already and cannot be changed to less."));
    }
    let mut columns: Columns = sent.keys().map(|name| (name.clone(), line.get(name).cloned().unwrap_or(Stored::Null))).collect();
    if repriced {
        for name in ["quantity", "rate", "price", "foreignamount"] {
            columns.insert(name.into(), line.get(name).cloned().unwrap_or(Stored::Null));
        }
    }
    for name in ["quantity", "foreignamount"] {
        if let Some(number) = exact(&columns, name) {
            columns.insert(name.into(), stored(number * head.kind.sign));
        }
    }
    if let Some(closed) = row::text(&columns, "isclosed").map(|flag| flag == "T") {
        let day = if closed { Stored::Text(writing.today.clone()) } else { Stored::Null };
        columns.insert("closedate".into(), day);
    }
    columns.insert("linelastmodifieddate".into(), Stored::Text(writing.stamp.clone()));
    let key = row::whole(held, "uniquekey").unwrap_or_default();
    row::update(writing.service.conn, "transactionline", "uniquekey", key, &columns)?;
    if let (Some(before), Some(after)) = (before, exact(&line, "quantity")) {
        components(head.id, id, (!before.is_zero()).then(|| after / before), writing)?;
    }
    Ok(id)
}

/// Removes a line and the rows of its components, unless something came of it.
fn remove(head: &Head, line: &Columns, writing: &Writing<'_>) -> Result<(), Refusal> {
    let done = ["quantityshiprecv", "quantitybilled"].iter().filter_map(|name| exact(line, name));
    if done.into_iter().any(|quantity| quantity > Decimal::ZERO) {
        return Err(Refusal::user("The line was fulfilled or billed already and cannot be removed."));
    }
    let id = row::whole(line, "id").unwrap_or_default();
    components(head.id, id, None, writing)?;
    erase(head.id, id, writing)?;
    Ok(())
}

/// Changes the component rows that follow a kit by a factor, or removes them.
fn components(document: i64, kit: i64, factor: Option<Decimal>, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let query = format!(
        "select uniquekey, id, quantity from transactionline where \"transaction\" = {document} and kitcomponent = 'T' and id > ?1
           and id < coalesce((select min(id) from transactionline where \"transaction\" = {document} and id > ?1
                              and coalesce(kitcomponent, 'F') = 'F'), 1e18)"
    );
    for part in row::all(writing.service.conn, &query, kit)? {
        let (Some(key), Some(id)) = (row::whole(&part, "uniquekey"), row::whole(&part, "id")) else { continue };
        match (factor, exact(&part, "quantity")) {
            (None, _) => erase(document, id, writing)?,
            (Some(factor), Some(quantity)) => {
                let columns = Columns::from([("quantity".to_owned(), stored(quantity * factor))]);
                row::update(writing.service.conn, "transactionline", "uniquekey", key, &columns)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes a line out; its number and its key are not given out again.
pub(super) fn erase(document: i64, line: i64, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let conn = writing.service.conn;
    let query = "select uniquekey from transactionline where \"transaction\" = ?1 and id = ?2";
    let key: i64 = conn.query_row(query, [document, line], |row| row.get(0))?;
    row::retire(conn, "line", key)?;
    row::retire(conn, &format!("line of {document}"), line)?;
    let linked = "delete from nexttransactionlinelink where nextdoc = ?1 and nextline = ?2";
    conn.execute(linked, [document, line])?;
    conn.execute("delete from transactionline where uniquekey = ?1", params![key]).map(|_| ())
}

/// Gives a stored line with quantities and amounts as people read them.
pub(super) fn natural(held: &Columns, head: &Head) -> Columns {
    let mut line = held.clone();
    for name in ["quantity", "foreignamount"] {
        if let Some(number) = exact(held, name) {
            line.insert(name.into(), stored(number * head.kind.sign));
        }
    }
    line
}

/// Works out level, rate and amount of a line; `sent` is what the caller asked for.
fn price(head: &Head, line: &mut Columns, sent: &Columns, path: &str, writing: &Writing<'_>) -> Result<(), Refusal> {
    let item = row::whole(line, "item").ok_or_else(|| missing(&["Item"]))?;
    let kind = belongs(item, head, path, writing)?;
    let rate = exact(line, "rate");
    if matches!(kind.as_str(), "Discount" | "Markup" | "Subtotal" | "Description" | "Payment") {
        let amount = if sent.contains_key("foreignamount") { exact(line, "foreignamount") } else { rate };
        line.insert("foreignamount".into(), amount.map_or(Stored::Null, |amount| stored(row::money(amount))));
        return Ok(());
    }
    let quantity = exact(line, "quantity").ok_or_else(|| missing(&["Quantity"]))?;
    let (level, rate) = match row::whole(line, "price") {
        Some(CUSTOM) => (CUSTOM, rate.ok_or_else(|| missing(&["Rate"]))?),
        // A level has its own price, whatever rate was sent beside it.
        Some(level) => match money::listed(item, level, quantity, head, writing)? {
            Some(listed) => (level, listed),
            None => (level, rate.ok_or_else(|| missing(&["Rate"]))?),
        },
        None => match (money::usual(item, quantity, head, writing)?, rate) {
            (Some(usual), _) => usual,
            (None, Some(rate)) => (CUSTOM, rate),
            (None, None) => return Err(missing(&["Amount"])),
        },
    };
    let amount = sent.get("foreignamount").filter(|_| level == CUSTOM).and_then(|_| exact(sent, "foreignamount"));
    line.insert("price".into(), Stored::Integer(level));
    line.insert("rate".into(), stored(rate));
    line.insert("foreignamount".into(), stored(row::money(amount.unwrap_or(rate * quantity))));
    Ok(())
}

/// Checks that the item is sold in the subsidiary of the document; gives its type.
fn belongs(item: i64, head: &Head, path: &str, writing: &Writing<'_>) -> Result<String, Refusal> {
    let (kind, elsewhere): (String, bool) = writing
        .service
        .conn
        .prepare_cached(
            "select i.itemtype, ?2 is not null and exists (select 1 from itemsubsidiarymap m where m.item = i.id)
                 and not exists (select 1 from itemsubsidiarymap m where m.item = i.id and (m.subsidiary = ?2
                     or (i.includechildren = 'T' and m.subsidiary = (select s.parent from subsidiary s where s.id = ?2))))
             from item i where i.id = ?1",
        )?
        .query_row(params![item, head.subsidiary], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if elsewhere { Err(unusable_value(&item.to_string(), "item", path)) } else { Ok(kind) }
}

/// Inserts a line given as people read it; signs, numbers and what follows from the item are put on here.
pub(super) fn insert(head: &Head, line: &mut Columns, writing: &Writing<'_>) -> rusqlite::Result<i64> {
    let conn = writing.service.conn;
    let id = row::next(
        conn,
        &format!("line of {}", head.id),
        &format!("select max(id) from transactionline where \"transaction\" = {}", head.id),
    )?;
    let query = "select itemtype, description, saleunit, class, isfulfillable from item where id = ?1";
    let item = match row::whole(line, "item") {
        Some(item) => row::read(conn, query, item)?.unwrap_or_default(),
        None => Columns::new(),
    };
    let kind = row::text(&item, "itemtype").unwrap_or_default();
    let is_goods = !matches!(kind, "ShipItem" | "TaxItem" | "TaxGroup") && row::is_empty(line, "transactiondiscount");
    for name in ["quantity", "foreignamount"] {
        if let Some(number) = exact(line, name) {
            line.insert(name.into(), stored(number * head.kind.sign));
        }
    }
    row::inherit(line, &item, &[("itemtype", "itemtype")]);
    if is_goods {
        row::inherit(line, &item, &[("memo", "description"), ("units", "saleunit"), ("class", "class")]);
        if let Some(location) = head.location {
            row::default(line, "location", location);
        }
        if head.kind.code == "SalesOrd" {
            let ships = super::progress::ships(kind, row::text(&item, "isfulfillable"));
            row::default(line, "fulfillable", if ships { "T" } else { "F" }.to_owned());
            row::default(line, "isfullyshipped", "F".to_owned());
            row::default(line, "commitinventory", 1);
            for name in ["quantityshiprecv", "quantitybilled"] {
                row::default(line, name, 0);
            }
        }
        if matches!(head.kind.code, "SalesOrd" | "Estimate") {
            row::default(line, "isclosed", "F".to_owned());
        }
        if let Some(source) = head.source {
            row::default(line, "createdfrom", source);
        }
    }
    for name in ["mainline", "taxline", "iscogs", "kitcomponent", "transactiondiscount"] {
        row::default(line, name, "F".to_owned());
    }
    let key = row::next(conn, "line", "select max(uniquekey) from transactionline")?;
    for (name, number) in
        [("uniquekey", key), ("transaction", head.id), ("id", id), ("linesequencenumber", id), ("entity", head.entity)]
    {
        line.insert(name.into(), Stored::Integer(number));
    }
    if let Some(subsidiary) = head.subsidiary {
        row::default(line, "subsidiary", subsidiary);
    }
    for name in ["linecreateddate", "linelastmodifieddate"] {
        line.insert(name.into(), Stored::Text(writing.stamp.clone()));
    }
    row::insert(conn, "transactionline", line)?;
    Ok(id)
}

/// Tells whether a flag of an entry says no.
pub(super) fn says_no(entry: &Members, name: &str) -> bool {
    entry.get(name).and_then(Value::as_bool) == Some(false)
}
