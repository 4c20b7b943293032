//! What trade needs beside goods and customers: categories, statuses, ship methods, taxes, payment methods and periods.

use rusqlite::{Connection, params};

use super::figures::Calendar;

/// The tax item of sales within Washington.
pub(super) const SALES_TAX: i64 = 911;
/// The tax item of sales within the Netherlands.
pub(super) const VALUE_ADDED_TAX: i64 = 912;
/// The ship methods: id, name, and the carrier family NetSuite files them under. The ids lie below those of the goods.
pub(super) const SHIP_METHODS: &[(i64, &str, &str)] = &[
    (901, "UPS Ground", "ups"),
    (902, "FedEx Ground", "nonups"),
    (903, "LTL Freight", "nonups"),
    (904, "DHL Parcel Europe", "nonups"),
];

const DAY: i64 = 86_400;
/// The set-up is two years old and never touched since, but for the periods that close month by month.
const SET_UP: i64 = 729 * DAY;

/// Rows that hold no moment in time.
const ROWS: &str = "
insert into customercategory (id, name) values (1, 'Gift Shop'), (2, 'Interior Design'), (3, 'Hospitality'), (4, 'Online');

insert into entitystatus (key, name) values (6, 'LEAD-Unqualified'), (7, 'LEAD-Qualified'), (8, 'PROSPECT-In Discussion'),
    (10, 'PROSPECT-Proposal'), (13, 'CUSTOMER-Closed Won'), (16, 'CUSTOMER-Lost Customer');

insert into paymentmethod (id, name) values (1, 'Check'), (2, 'Bank Transfer'), (3, 'Cash'), (4, 'Credit Card'), (5, 'VISA');
";

/// Writes everything documents refer to.
pub(super) fn open(conn: &Connection, calendar: Calendar) -> rusqlite::Result<()> {
    conn.execute_batch(ROWS)?;
    let mut item = conn.prepare(
        "insert into item (id, itemid, fullname, displayname, itemtype, subsidiary, includechildren, isinactive, isonline,
            isfulfillable, createddate, lastmodifieddate)
         values (?1, ?2, ?2, ?2, ?3, '1,2', 'F', 'F', 'F', 'F', ?4, ?4)",
    )?;
    let mut display = conn.prepare("insert or replace into sim_display (source, id, name) values ('shipmethod', ?1, ?2)")?;
    let founded = calendar.ago(SET_UP);
    for &(id, name, _) in SHIP_METHODS {
        item.execute(params![id, name, "ShipItem", founded])?;
        display.execute(params![id, name])?;
    }
    for (id, name) in [(SALES_TAX, "WA Sales Tax 8.9%"), (VALUE_ADDED_TAX, "NL VAT 21%")] {
        item.execute(params![id, name, "TaxItem", founded])?;
    }
    periods(conn, calendar)
}

/// Writes the months around the company's trade; those that ended more than forty days ago are closed.
fn periods(conn: &Connection, calendar: Calendar) -> rusqlite::Result<()> {
    let mut period = conn.prepare(
        "insert into accountingperiod (id, periodname, startdate, enddate, closed, alllocked, arlocked, aplocked, isadjust,
            isposting, isquarter, isyear, isinactive, lastmodifieddate)
         values (?1, ?2, ?3, ?4, ?5, ?5, ?5, ?5, 'F', 'T', 'F', 'F', 'F', ?6)",
    )?;
    let founded = calendar.ago(SET_UP);
    let closing = calendar.day(40 * DAY);
    for (id, month) in (101..).zip(calendar.months(26, 28)) {
        let closed = month.last < closing;
        period.execute(params![id, month.name, month.first, month.last, if closed { "T" } else { "F" }, founded])?;
    }
    Ok(())
}
