//! Edits of a running company, one believable change for each entity, with the stamps NetSuite moves for it and no others.
//!
//! Every edit takes the record that was left alone longest, so that a row of them goes round.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::books::Books;
use super::buyers::{Buyer, cents};
use super::figures::{Calendar, money};
use super::ledger::{Document, Entry, Kind, Ledger, Line};
use super::trade::{Order, Trade};
use super::{problems, snags};

/// The entities that are edited in NetSuite, in the order in which they depend on each other.
pub const ENTITIES: [&str; 8] = ["products", "kits", "inventory", "customers", "orders", "shipments", "invoices", "credit-memos"];

/// Makes one edit of an entity and gives the ids it touched.
///
/// - products: an item gets another name; its own stamp moves. In a world with problems the first edit makes the item that an
///   order of WizCommerce waits for.
/// - kits: a kit takes one more of a component; no stamp moves.
/// - inventory: a dozen pieces arrive; the stamp of the stock row moves, the item's does not.
/// - customers: one gets another telephone number, and its stamp moves; another moves house, and only the address's stamp does.
/// - orders: a new order, and one more piece on a line of another; head and line stamps move.
/// - shipments: goods of an order leave; the order's lines move and its status changes, its head's stamp stays.
/// - invoices: an invoice is paid; the link has a stamp, the invoice's stays.
/// - credit-memos: a credit is made from an invoice and applied to it; of the invoice only the amounts change.
///
/// # Errors
///
/// Names an entity that is not edited in NetSuite, or says what there is nothing left of to edit. Nothing is changed then.
pub fn news(conn: &Connection, now: Timestamp, entity: &str) -> Result<Vec<String>, String> {
    let edit = match entity {
        "products" => edit_product,
        "kits" => enlarge_kit,
        "inventory" => receive_goods,
        "customers" => edit_customers,
        "orders" => edit_orders,
        "shipments" => ship_order,
        "invoices" => pay_invoice,
        "credit-memos" => credit_invoice,
        _ => return Err(format!("{entity} are not edited in NetSuite; there are {}", ENTITIES.join(", "))),
    };
    let edited = || -> rusqlite::Result<Option<Vec<i64>>> {
        let transaction = conn.unchecked_transaction()?;
        let ids = edit(&transaction, Calendar::until(now))?;
        transaction.commit()?;
        Ok(ids)
    };
    let ids = edited().map_err(|cause| format!("the edit could not be written: {cause}"))?;
    let ids = ids.ok_or_else(|| format!("no {entity} are left that could be edited"))?;
    Ok(ids.iter().map(i64::to_string).collect())
}

/// The ids an edit touched; nothing where there was nothing to edit.
type Touched = rusqlite::Result<Option<Vec<i64>>>;

fn edit_product(conn: &Connection, calendar: Calendar) -> Touched {
    let is_wanted: bool = conn.query_row(
        "select exists (select 1 from customer where entityid = 'PROBLEM-NOTHING')
            and not exists (select 1 from item where itemid = ?1)",
        [snags::WANTED],
        |row| row.get(0),
    )?;
    if is_wanted {
        return problems::add_wanted(&mut Books::resume(conn, calendar)?).map(|item| Some(vec![item]));
    }
    rename_product(conn, calendar)
}

fn rename_product(conn: &Connection, calendar: Calendar) -> Touched {
    let item = conn
        .query_row(
            "select id from item where itemtype in ('InvtPart', 'Assembly') and isinactive = 'F'
                and coalesce(matrixtype, '') <> 'PARENT' order by lastmodifieddate, id limit 1",
            [],
            id,
        )
        .optional()?;
    let Some(item) = item else { return Ok(None) };
    conn.execute(
        "update item set displayname = coalesce(displayname, itemid) || ', New Edition', lastmodifieddate = ?2 where id = ?1",
        params![item, calendar.ago(0)],
    )?;
    Ok(Some(vec![item]))
}

fn enlarge_kit(conn: &Connection, _: Calendar) -> Touched {
    // Members have no stamp: the smallest kit is the one that was enlarged least.
    let kit = conn
        .query_row(
            "select m.parentitem from kititemmember m join item k on k.id = m.parentitem and k.isinactive = 'F'
             group by m.parentitem order by sum(m.quantity), m.parentitem limit 1",
            [],
            id,
        )
        .optional()?;
    let Some(kit) = kit else { return Ok(None) };
    conn.execute(
        "update kititemmember set quantity = quantity + 1 where parentitem = ?1
            and linenumber = (select min(linenumber) from kititemmember where parentitem = ?1)",
        [kit],
    )?;
    Ok(Some(vec![kit]))
}

fn receive_goods(conn: &Connection, calendar: Calendar) -> Touched {
    let row = conn
        .query_row(
            "select a.item, a.location from aggregateitemlocation a join item i on i.id = a.item and i.isinactive = 'F'
             where a.location in (1, 2) and a.quantityonhand is not null
             order by a.lastquantityavailablechange, a.item, a.location limit 1",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )
        .optional()?;
    let Some((item, location)) = row else { return Ok(None) };
    conn.execute(
        "update aggregateitemlocation set quantityonhand = quantityonhand + 12, quantityavailable = quantityavailable + 12,
            lastquantityavailablechange = ?3 where item = ?1 and location = ?2",
        params![item, location, calendar.ago(0)],
    )?;
    conn.execute("update item set totalquantityonhand = coalesce(totalquantityonhand, 0) + 12 where id = ?1", [item])?;
    Ok(Some(vec![item]))
}

fn edit_customers(conn: &Connection, calendar: Calendar) -> Touched {
    let active = "c.isinactive = 'F' and c.searchstage = 'Customer' and c.entityid not like '%PROBLEM-%'";
    let called = conn
        .query_row(&format!("select c.id from customer c where {active} order by c.lastmodifieddate, c.id limit 1"), [], id)
        .optional()?;
    let moved = conn
        .query_row(
            &format!(
                "select c.id, a.nkey from customer c
                 join customeraddressbookentityaddress a on a.nkey = c.defaultshippingaddress
                 where {active} and c.id <> ?1 order by a.lastmodifieddate, c.id limit 1"
            ),
            [called],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )
        .optional()?;
    let (Some(called), Some((moved, address))) = (called, moved) else { return Ok(None) };
    let now = calendar.ago(0);
    // In a form that is understood in every country.
    let number = format!("+1 503 555 0{}", 180 + called % 20);
    conn.execute("update customer set phone = ?2, lastmodifieddate = ?3 where id = ?1", params![called, number, now])?;
    conn.execute(
        "update customeraddressbookentityaddress set addr1 = 'c/o ' || addr1, lastmodifieddate = ?2 where nkey = ?1",
        params![address, now],
    )?;
    Ok(Some(vec![called, moved]))
}

fn edit_orders(conn: &Connection, calendar: Calendar) -> Touched {
    let changed = conn
        .query_row(
            "select t.id, l.id, cast(l.rate as text), cast(l.foreignamount as text), cast(t.foreigntotal as text)
             from \"transaction\" t
             join transactionline l on l.\"transaction\" = t.id and l.mainline = 'F' and l.quantity < 0 and l.kitcomponent = 'F'
                and l.isclosed = 'F' and l.rate > 0
             join item i on i.id = l.item and i.itemtype in ('InvtPart', 'Assembly')
             where t.type = 'SalesOrd' and t.status = 'B' and t.tranid not like 'PROBLEM-%'
                and not exists (select 1 from transactionline o where o.createdfrom = t.id)
                and not exists (select 1 from transactionline o where o.\"transaction\" = t.id
                    and (o.taxline = 'T' or o.foreignamount > 0 and o.mainline = 'F'))
             order by t.lastmodifieddate, t.id, l.id limit 1",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, amount(row, 2)?, amount(row, 3)?, amount(row, 4)?)),
        )
        .optional()?;
    let Some((order, line, rate, line_amount, total)) = changed else { return Ok(None) };
    let now = calendar.ago(0);
    conn.execute(
        "update transactionline set quantity = quantity - 1, quantitycommitted = coalesce(quantitycommitted, 0) + 1,
            foreignamount = ?3, linelastmodifieddate = ?4 where \"transaction\" = ?1 and id = ?2",
        params![order, line, money(line_amount - rate), now],
    )?;
    conn.execute(
        "update transactionline set foreignamount = ?2, linelastmodifieddate = ?3 where \"transaction\" = ?1 and mainline = 'T'",
        params![order, money(total + rate), now],
    )?;
    conn.execute(
        "update \"transaction\" set foreigntotal = ?2, lastmodifieddate = ?3 where id = ?1",
        params![order, money(total + rate), now],
    )?;

    let condition = format!("c.id = (select entity from \"transaction\" where id = {order})");
    let mut ledger = Ledger::open(conn, calendar)?;
    let id = usize::try_from(ledger.next_id()).unwrap_or(0);
    let mut trade = Trade::open(conn, &mut ledger, 0)?;
    let Some(buyer) = Buyer::read(conn, &condition)?.into_iter().next() else { return Ok(None) };
    let mut document = Document::new(Kind::Order, "B", &buyer, 0);
    document.memo = Some("Ordered by telephone".to_owned());
    let offered: Vec<_> =
        trade.goods().iter().filter(|good| !good.is_kit && (buyer.subsidiary == 1 || good.abroad)).cloned().collect();
    for good in offered.iter().cycle().skip(id % offered.len().max(1)).take(2) {
        let (level, rate) = good.price_for(&buyer);
        trade.put(&mut document.lines, good, 3, rate, level, false);
    }
    for line in &mut document.lines {
        line.committed = line.quantity;
    }
    let made = trade.enter_order(document)?;
    Ok(Some(vec![made.entry.id, order]))
}

fn ship_order(conn: &Connection, calendar: Calendar) -> Touched {
    let order = conn
        .query_row(
            "select t.id from \"transaction\" t where t.type = 'SalesOrd' and t.status = 'B' and t.tranid not like 'PROBLEM-%'
                and not exists (select 1 from transactionline o where o.createdfrom = t.id)
                and not exists (select 1 from transactionline l join item i on i.id = l.item
                    where l.\"transaction\" = t.id and (i.itemtype = 'Kit' or l.isclosed = 'T'))
             order by t.lastmodifieddate, t.id limit 1",
            [],
            id,
        )
        .optional()?;
    let Some(order) = order else { return Ok(None) };
    let Some(buyer) = buyer_of(conn, order)? else { return Ok(None) };
    let document = read_order(conn, order, &buyer)?;
    let Some((line, quantity)) = document.entry.lines.first().copied().zip(document.lines.first().map(|line| line.quantity))
    else {
        return Ok(None);
    };
    let mut ledger = Ledger::open(conn, calendar)?;
    let mut trade = Trade::open(conn, &mut ledger, 0)?;
    let shipment = trade.ship(&document, &[(0, quantity)], "C", 0, false)?.id;
    conn.execute(
        "update transactionline set quantityshiprecv = ?3, quantitypicked = ?3, quantitycommitted = 0, quantitybackordered = 0,
            isfullyshipped = 'T', linelastmodifieddate = ?4 where \"transaction\" = ?1 and id = ?2",
        params![order, line, quantity, calendar.ago(0)],
    )?;
    // The system moves the order on; nobody saves its head.
    let status = if document.lines.len() > 1 { "D" } else { "F" };
    conn.execute("update \"transaction\" set status = ?2 where id = ?1", params![order, status])?;
    Ok(Some(vec![shipment]))
}

/// An invoice that can be settled: its id, what was paid, and what is open, in cents.
struct Open {
    invoice: i64,
    paid: i64,
    left: i64,
}

impl Open {
    /// Finds the eldest one made from an order of which at least the price of one piece is open.
    fn find(conn: &Connection) -> rusqlite::Result<Option<Self>> {
        conn.query_row(
            "select t.id, cast(t.foreignamountpaid as text), cast(t.foreignamountunpaid as text) from \"transaction\" t
             where t.type = 'CustInvc' and t.status = 'A' and t.approvalstatus = 2 and t.tranid not like 'PROBLEM-%'
                and exists (select 1 from transactionline l where l.\"transaction\" = t.id and l.createdfrom is not null
                    and l.mainline = 'F' and l.rate <= t.foreignamountunpaid)
             order by t.id limit 1",
            [],
            |row| Ok(Self { invoice: row.get(0)?, paid: amount(row, 1)?, left: amount(row, 2)? }),
        )
        .optional()
    }

    /// Takes note of what was applied; of the invoice no stamp moves.
    fn settle(&self, conn: &Connection, applied: i64) -> rusqlite::Result<()> {
        conn.execute(
            "update \"transaction\" set foreignamountpaid = ?2, foreignamountunpaid = ?3, status = ?4 where id = ?1",
            params![
                self.invoice,
                money(self.paid + applied),
                money(self.left - applied),
                if applied == self.left { "B" } else { "A" }
            ],
        )
        .map(drop)
    }
}

fn pay_invoice(conn: &Connection, calendar: Calendar) -> Touched {
    let Some(open) = Open::find(conn)? else { return Ok(None) };
    let Some(buyer) = buyer_of(conn, open.invoice)? else { return Ok(None) };
    let mut ledger = Ledger::open(conn, calendar)?;
    let entry = Entry { id: open.invoice, ..Entry::default() };
    Trade::open(conn, &mut ledger, 0)?.pay(&entry, &buyer, open.left, 0)?;
    open.settle(conn, open.left)?;
    Ok(Some(vec![open.invoice]))
}

fn credit_invoice(conn: &Connection, calendar: Calendar) -> Touched {
    let Some(open) = Open::find(conn)? else { return Ok(None) };
    let Some(buyer) = buyer_of(conn, open.invoice)? else { return Ok(None) };
    let invoice = read_order(conn, open.invoice, &buyer)?;
    let line = invoice.lines.into_iter().find(|line| line.rate.is_some_and(|rate| rate <= open.left));
    let Some((line, rate)) = line.and_then(|line| line.rate.map(|rate| (line, rate))) else { return Ok(None) };
    let mut ledger = Ledger::open(conn, calendar)?;
    let lines = vec![Line { quantity: 1, cents: rate, ..line }];
    let credit = Trade::open(conn, &mut ledger, 0)?.credit(&buyer, &invoice.entry, lines, rate, true, 0)?;
    open.settle(conn, rate)?;
    Ok(Some(vec![credit.id]))
}

fn buyer_of(conn: &Connection, document: i64) -> rusqlite::Result<Option<Buyer>> {
    let condition = format!("c.id = (select entity from \"transaction\" where id = {document})");
    Ok(Buyer::read(conn, &condition)?.into_iter().next())
}

/// Reads the goods of an order or an invoice back.
fn read_order<'b>(conn: &Connection, document: i64, buyer: &'b Buyer) -> rusqlite::Result<Order<'b>> {
    let (method, addresses) = conn.query_row(
        "select shipmethod, coalesce(shippingaddress, 0), coalesce(billingaddress, 0) from \"transaction\" where id = ?1",
        [document],
        |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))),
    )?;
    let mut statement = conn.prepare(
        "select l.id, l.item, l.memo, cast(-l.quantity as integer), cast(l.rate as text), l.price, l.class, l.units
         from transactionline l join item i on i.id = l.item and i.itemtype in ('InvtPart', 'Assembly', 'Kit')
         where l.\"transaction\" = ?1 and l.mainline = 'F' and l.kitcomponent = 'F' and coalesce(l.iscogs, 'F') = 'F'
         order by l.id",
    )?;
    let mut order = Order { entry: Entry { id: document, lines: Vec::new(), addresses }, buyer, lines: Vec::new(), method };
    let mut rows = statement.query([document])?;
    while let Some(row) = rows.next()? {
        order.entry.lines.push(row.get(0)?);
        order.lines.push(Line {
            item: row.get(1)?,
            memo: row.get(2)?,
            quantity: row.get(3)?,
            rate: row.get::<_, Option<String>>(4)?.as_deref().and_then(cents),
            price: row.get(5)?,
            class: row.get(6)?,
            units: row.get(7)?,
            ..Line::default()
        });
    }
    Ok(order)
}

fn id(row: &Row<'_>) -> rusqlite::Result<i64> {
    row.get(0)
}

fn amount(row: &Row<'_>, column: usize) -> rusqlite::Result<i64> {
    Ok(row.get::<_, Option<String>>(column)?.as_deref().and_then(cents).unwrap_or_default())
}
