//! The company around the catalogue: subsidiaries, locations, currencies, price levels, terms, staff, classes, features
//! and custom fields.

use rusqlite::{Connection, params};

use super::figures::Calendar;
use super::vocabulary::{CLASSES, COLORS, SIZES};

/// Account the sandbox's File Cabinet addresses belong to.
pub(super) const ACCOUNT: &str = "1234567_SB1";

/// Age of the company's set-up: three years, so that no incremental read mistakes it for news.
const FOUNDED: i64 = 3 * 365 * 86_400;

/// Rows that hold no moment in time. Location 3 may not sell its stock and location 4 is closed; subsidiary 3 only holds
/// eliminations; price levels 2 and 7 are there to be left unmapped.
const ROWS: &str = "
insert into currency (id, symbol, name, displaysymbol, currencyprecision, exchangerate, isbasecurrency, isinactive) values
    (1, 'USD', 'US Dollar', '$', 2, '1', 'T', 'F'),
    (2, 'EUR', 'Euro', '€', 2, '1.08', 'F', 'F');

insert into subsidiary (id, name, fullname, legalname, country, state, currency, email, parent, isinactive, iselimination) values
    (1, 'Harbor & Pine Inc.', 'Harbor & Pine Inc.', 'Harbor & Pine Incorporated', 'US', 'OR', 1,
        'office@netwiz.example', null, 'F', 'F'),
    (2, 'Harbor & Pine Europe B.V.', 'Harbor & Pine Inc. : Harbor & Pine Europe B.V.', 'Harbor & Pine Europe B.V.', 'NL', null, 2,
        'kantoor@netwiz.example', 1, 'F', 'F'),
    (3, 'Eliminations', 'Harbor & Pine Inc. : Eliminations', null, 'US', null, 1, null, 1, 'F', 'T');

insert into location (id, name, fullname, parent, subsidiary, isinactive, makeinventoryavailable, makeinventoryavailablestore,
        locationtype, usebins, tranprefix, includeinsupplyplanning) values
    (1, 'Portland DC', 'Portland DC', null, '1', 'F', 'T', 'T', 2, 'F', 'PDX', 'T'),
    (2, 'Rotterdam DC', 'Rotterdam DC', null, '2', 'F', 'T', 'F', 2, 'F', 'RTM', 'T'),
    (3, 'Returns', 'Portland DC : Returns', 1, '1', 'F', 'F', 'F', 2, 'F', null, 'F'),
    (4, 'Tacoma Store', 'Tacoma Store', null, '1', 'T', 'T', 'F', 1, 'F', 'TAC', 'F');

insert into pricelevel (id, name, discountpct, isonline, isinactive, updateexistingprices) values
    (1, 'Base Price', null, 'F', 'F', 'F'),
    (2, 'Employee Price', '-30', 'F', 'F', 'F'),
    (5, 'Wholesale', '-40', 'F', 'F', 'F'),
    (6, 'Dealer', '-48', 'F', 'F', 'F'),
    (7, 'Online Price', '-5', 'T', 'T', 'F');

insert into term (id, name, daysuntilnetdue, isinactive) values
    (1, 'Net 30', 30, 'F'),
    (2, 'Net 60', 60, 'F'),
    (3, 'Due on receipt', 0, 'F'),
    (4, '2% 10 Net 30', 30, 'F'),
    (5, 'Net 90', 90, 'T');

insert into employee (id, entityid, firstname, lastname, email, issalesrep, supervisor, subsidiary, isinactive) values
    (11, 'Mira Holt', 'Mira', 'Holt', 'mira.holt@netwiz.example', 'F', null, 1, 'F'),
    (12, 'Ana Ruiz', 'Ana', 'Ruiz', 'ana.ruiz@netwiz.example', 'T', 11, 1, 'F'),
    (13, 'Joris van Dam', 'Joris', 'van Dam', 'joris.vandam@netwiz.example', 'T', 11, 2, 'F'),
    (14, 'Chloë Tran', 'Chloë', 'Tran', 'chloe.tran@netwiz.example', 'T', 11, 1, 'F'),
    (15, 'Owen Pratt', 'Owen', 'Pratt', 'owen.pratt@netwiz.example', 'T', 11, 1, 'T'),
    (16, 'House Account', null, null, 'house@netwiz.example', 'T', null, 1, 'F');

insert into unitstype (id, name) values (1, 'Count'), (2, 'Weight');

insert into companyfeaturesetup (id, name, isavailable, isactive) values
    ('ASSEMBLIES', 'Assembly Items', 'T', 'T'),
    ('BINMANAGEMENT', 'Bin Management', 'T', 'F'),
    ('CLASSES', 'Classes', 'T', 'T'),
    ('DEPARTMENTS', 'Departments', 'T', 'F'),
    ('INVENTORYSTATUS', 'Inventory Status', 'T', 'F'),
    ('LOCATIONS', 'Locations', 'T', 'T'),
    ('LOTNUMBEREDINVENTORY', 'Lot Tracking', 'T', 'F'),
    ('MATRIXITEMS', 'Matrix Items', 'T', 'T'),
    ('MULTICURRENCY', 'Multiple Currencies', 'T', 'T'),
    ('MULTILOCINVT', 'Multi-Location Inventory', 'T', 'T'),
    ('MULTPRICE', 'Multiple Prices', 'T', 'T'),
    ('QUANTITYPRICING', 'Quantity Pricing', 'T', 'T'),
    ('RESTWEBSERVICES', 'REST Web Services', 'T', 'T'),
    ('SERIALIZEDINVENTORY', 'Serialized Inventory', 'T', 'F'),
    ('SERVERSIDESCRIPTING', 'Server SuiteScript', 'T', 'T'),
    ('SUBSIDIARIES', 'Subsidiaries', 'T', 'T'),
    ('TBA', 'Token-Based Authentication', 'T', 'T'),
    ('UNITSOFMEASURE', 'Multiple Units of Measure', 'T', 'T');

insert into customfield (internalid, scriptid, name, fieldtype, fieldvaluetype, fieldvaluetyperecord, owner, description,
        ismandatory, isstored, isshowinlist) values
    (101, 'CUSTITEM_COLOR', 'Color', 'ITEM', 'List/Record', 201, 11, 'Matrix option', 'F', 'T', 'T'),
    (102, 'CUSTITEM_SIZE', 'Size', 'ITEM', 'List/Record', 202, 11, 'Matrix option', 'F', 'T', 'T'),
    (103, 'CUSTITEM_IMAGE_URL', 'Image URL', 'ITEM', 'Hyperlink', null, 11, 'Address of the main picture', 'F', 'T', 'F'),
    (104, 'CUSTITEM_B2B', 'B2B', 'ITEM', 'Check Box', null, 11, 'Offered to business customers', 'F', 'T', 'F');
";

/// Writes everything the items refer to.
pub(super) fn open(conn: &Connection, calendar: Calendar) -> rusqlite::Result<()> {
    conn.execute_batch(ROWS)?;
    let mut class = conn.prepare(
        "insert into classification (id, name, fullname, parent, subsidiary, isinactive) values (?1, ?2, ?3, ?4, '1,2', 'F')",
    )?;
    for &(id, name, parent) in CLASSES {
        class.execute(params![id, name, class_path(id), parent])?;
    }
    let founded = calendar.ago(FOUNDED);
    for table in ["subsidiary", "currency", "location", "pricelevel", "term", "employee", "classification", "customfield"] {
        conn.execute(&format!("update {table} set lastmodifieddate = ?1"), [&founded])?;
    }
    displays(conn)
}

/// Writes the texts behind list values that have no table of their own.
fn displays(conn: &Connection) -> rusqlite::Result<()> {
    let mut display = conn.prepare("insert or replace into sim_display (source, id, name) values (?1, ?2, ?3)")?;
    for (list, columns) in
        [(COLORS, ["custitem_color", "matrixoptioncustitem_color"]), (SIZES, ["custitem_size", "matrixoptioncustitem_size"])]
    {
        for value in list {
            for column in columns {
                display.execute(params![column, value.id, value.text])?;
            }
        }
    }
    for (id, unit) in [(1, "Each"), (2, "Pair"), (3, "Case of 12")] {
        for column in ["stockunit", "saleunit", "purchaseunit"] {
            display.execute(params![column, id, unit])?;
        }
    }
    for (id, unit) in [(1, "lb"), (2, "oz"), (3, "kg"), (4, "g")] {
        display.execute(params!["weightunit", id, unit])?;
    }
    Ok(())
}

/// Joins a class's name to those above it, outermost first.
fn class_path(id: i64) -> String {
    let mut names = Vec::new();
    let mut next = Some(id);
    while let Some((_, name, parent)) = next.and_then(|wanted| CLASSES.iter().find(|class| class.0 == wanted)) {
        names.insert(0, *name);
        next = *parent;
    }
    names.join(" : ")
}

#[cfg(test)]
mod tests {
    use super::class_path;

    #[test]
    fn a_class_is_spelled_from_the_outside_in() {
        assert_eq!(class_path(12), "Lighting : Floor Lamps");
        assert_eq!(class_path(60), "Gifts");
        assert_eq!(class_path(999), "");
    }
}
