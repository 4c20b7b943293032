//! What an account shows: its tables and columns, read from the schema itself, less what the role cannot see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::Connection;

/// What a value means to SuiteQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole number.
    Integer,
    /// A number that may have a fraction.
    Decimal,
    /// Text, flags included.
    Text,
    /// A stored moment: UTC in the database, the session's wall clock to the caller.
    Instant,
    /// A wall clock, as `TO_DATE` makes it.
    Date,
    /// A wall clock that is a timestamp, as `TO_TIMESTAMP` makes it.
    Stamp,
    /// A moment with its zone.
    Zoned,
    /// A null without a type.
    Absent,
    /// A truth, which is no value.
    Condition,
}

impl Kind {
    /// Tells whether it is a number.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    /// Tells whether it is a point in time.
    pub(super) fn is_time(self) -> bool {
        matches!(self, Self::Instant | Self::Date | Self::Stamp | Self::Zoned)
    }
}

/// A column of a table or of a subquery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Lower-case name.
    pub(super) name: String,
    /// What its values mean.
    pub(super) kind: Kind,
    /// Stored without a time of day, which SuiteQL takes for midnight.
    pub(super) pure_date: bool,
    /// Never null.
    pub(super) required: bool,
}

/// A table, or the result of a subquery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Columns in order.
    pub(super) columns: Vec<Column>,
    /// Columns that together are unique; empty when unknown.
    pub(super) key: Vec<String>,
    /// Columns that exist but not for this account.
    pub(super) hidden: BTreeSet<String>,
}

/// The tables of an account.
#[derive(Debug, Clone, Default)]
pub(super) struct Catalogue {
    tables: BTreeMap<String, Arc<Table>>,
    absent: BTreeSet<String>,
    version: i64,
}

/// The answer to a question for a table.
pub(super) enum Found {
    /// It is there.
    Table(Arc<Table>),
    /// The account or role lacks it.
    Absent,
    /// There is no such thing.
    Unknown,
}

impl Catalogue {
    /// Reads the schema, leaving out what is listed as `table` or `table.column`.
    pub(super) fn read(conn: &Connection, absent: &[String]) -> rusqlite::Result<Self> {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        let mut statement = conn.prepare_cached(
            "select lower(m.name), lower(c.name), lower(c.type), c.\"notnull\", c.pk
             from sqlite_master m, pragma_table_info(m.name) c
             where m.type in ('table', 'view') and m.name not like 'sim\\_%' escape '\\' and m.name not like 'sqlite\\_%' escape '\\'
               and c.name not like 'sim\\_%' escape '\\'
             order by m.name, c.cid",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (table, name, declared): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let entry = tables.entry(table.clone()).or_default();
            if absent.iter().any(|gone| gone.eq_ignore_ascii_case(&format!("{table}.{name}"))) {
                entry.hidden.insert(name);
                continue;
            }
            if row.get::<_, i64>(4)? > 0 {
                entry.key.push(name.clone());
            }
            let (kind, pure_date) = match declared.as_str() {
                // The short names are a view's, for what it computes.
                "integer" | "int" => (Kind::Integer, false),
                "numeric" | "num" => (Kind::Decimal, false),
                "datetime text" => (Kind::Instant, false),
                "date text" => (Kind::Date, true),
                _ => (Kind::Text, false),
            };
            entry.columns.push(Column { name, kind, pure_date, required: row.get(3)? });
        }
        let version = Self::schema_version(conn)?;
        let absent = absent.iter().filter(|name| !name.contains('.')).map(|name| name.to_ascii_lowercase()).collect();
        Ok(Self { tables: tables.into_iter().map(|(name, table)| (name, Arc::new(table))).collect(), absent, version })
    }

    /// Tells whether the schema changed since it was read.
    pub(super) fn is_stale(&self, conn: &Connection) -> rusqlite::Result<bool> {
        Ok(Self::schema_version(conn)? != self.version)
    }

    fn schema_version(conn: &Connection) -> rusqlite::Result<i64> {
        conn.prepare_cached("pragma schema_version")?.query_row([], |row| row.get(0))
    }

    /// Looks a table up by its lower-case name.
    pub(super) fn find(&self, name: &str) -> Found {
        match self.tables.get(name) {
            Some(_) if self.absent.contains(name) => Found::Absent,
            Some(table) => Found::Table(Arc::clone(table)),
            None => Found::Unknown,
        }
    }
}

/// Where the display text of a column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Display {
    /// A row of another table, by its key.
    Row(&'static str, &'static str),
    /// Rows of another table, by a comma-separated list of ids.
    Rows(&'static str, &'static str),
    /// The list of texts under this name.
    List(String),
    /// A price level, or the custom price that has no row.
    PriceLevel,
    /// The letter's name, which depends on the kind of document.
    Status,
    /// The value is its own text.
    Own,
}

/// Columns that refer to a table, whatever table they are in.
const REFERENCES: [(&str, &str, &str); 46] = [
    ("category", "customercategory", "name"),
    ("class", "classification", "fullname"),
    ("company", "sim_entity", "name"),
    ("country", "country", "name"),
    ("createdby", "sim_entity", "name"),
    ("createdfrom", "transaction", "trandisplayname"),
    ("createdpo", "transaction", "trandisplayname"),
    ("currency", "currency", "name"),
    ("customer", "sim_entity", "name"),
    ("department", "department", "name"),
    ("doc", "transaction", "trandisplayname"),
    ("employee", "employee", "entityid"),
    ("entity", "sim_entity", "name"),
    ("entitystatus", "entitystatus", "name"),
    ("group", "", "pricinggroup"),
    ("inventorylocation", "location", "name"),
    ("item", "item", "fullname"),
    ("itemfulfillment", "transaction", "trandisplayname"),
    ("lastmodifiedby", "sim_entity", "name"),
    ("location", "location", "name"),
    ("memberunit", "", "unit"),
    ("nextdoc", "transaction", "trandisplayname"),
    ("parentitem", "item", "fullname"),
    ("paymentmethod", "paymentmethod", "name"),
    ("postingperiod", "accountingperiod", "periodname"),
    ("preferredlocation", "location", "name"),
    ("previousdoc", "transaction", "trandisplayname"),
    ("pricelevel", "pricelevel", "name"),
    ("pricetype", "pricelevel", "name"),
    ("purchaseunit", "", "unit"),
    ("quantitypricingschedule", "quantitypricingschedule", "name"),
    ("salesrep", "employee", "entityid"),
    ("saleunit", "", "unit"),
    // A shipping method is an item, and a short name is all it has.
    ("shipmethod", "item", "itemid"),
    ("shippingitem", "item", "itemid"),
    ("shippingmethod", "item", "itemid"),
    ("stockunit", "", "unit"),
    ("storedisplayimage", "file", "name"),
    ("storedisplaythumbnail", "file", "name"),
    ("supervisor", "employee", "entityid"),
    ("terms", "term", "name"),
    ("thirdpartycountry", "country", "name"),
    ("transaction", "transaction", "trandisplayname"),
    ("unit", "", "unit"),
    ("units", "", "unit"),
    ("unitstype", "unitstype", "name"),
];

/// Gives the source of a column's display text.
pub(super) fn display(table: &str, column: &str, kind: Kind) -> Display {
    match (table, column, kind) {
        (_, "subsidiary", Kind::Text) => return Display::Rows("subsidiary", "name"),
        (_, "subsidiary", _) => return Display::Row("subsidiary", "name"),
        ("transaction", "status", _) => return Display::Status,
        ("transaction", "type", _) | (_, "trantype" | "previoustype" | "nexttype", _) => {
            return Display::Row("sim_transactiontype", "name");
        }
        ("transactionline", "price", _) | ("customeritempricing" | "customergrouppricing", "level", _) => {
            return Display::PriceLevel;
        }
        ("trackingnumbermap", "trackingnumber", _) => return Display::Row("trackingnumber", "trackingnumber"),
        (_, "parent", _) => {
            return match table {
                "accountingperiod" => Display::Row("accountingperiod", "periodname"),
                "classification" => Display::Row("classification", "fullname"),
                "customer" => Display::Row("sim_entity", "name"),
                "item" => Display::Row("item", "fullname"),
                "location" => Display::Row("location", "fullname"),
                "subsidiary" => Display::Row("subsidiary", "name"),
                _ => Display::Own,
            };
        }
        _ => {}
    }
    match REFERENCES.iter().find(|(name, ..)| *name == column) {
        Some((_, "", list)) => Display::List((*list).to_owned()),
        Some((_, target, name)) => Display::Row(target, name),
        None if kind == Kind::Integer && column != "id" && !column.ends_with("id") => Display::List(column.to_owned()),
        None => Display::Own,
    }
}

/// Gives the column a table's rows are referred to by.
pub(super) fn key_of(table: &str) -> &'static str {
    match table {
        "entitystatus" => "key",
        "sim_transactiontype" => "type",
        _ => "id",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meaning_is_read_from_the_declaration() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "create table t (id integer primary key not null, at datetime text, day date text, flag flag text, n numeric, gone text);
             create table sim_x (id integer); create view v as select id, at from t;
             create table u (id integer, sim_kept text); create view w as select cast(1 as integer) i, cast(n as numeric) d from t;",
        )
        .unwrap();
        let catalogue = Catalogue::read(&conn, &["t.gone".into(), "v".into()]).unwrap();
        let Found::Table(table) = catalogue.find("t") else { panic!("t is there") };
        let kinds: Vec<Kind> = table.columns.iter().map(|c| c.kind).collect();
        assert_eq!(kinds, [Kind::Integer, Kind::Instant, Kind::Date, Kind::Text, Kind::Decimal]);
        assert_eq!((table.key.clone(), table.hidden.contains("gone")), (vec!["id".to_owned()], true));
        let Found::Table(table) = catalogue.find("u") else { panic!("u is there") };
        assert_eq!(table.columns.len(), 1, "the simulator's own column does not show");
        let Found::Table(table) = catalogue.find("w") else { panic!("w is there") };
        assert_eq!(table.columns.iter().map(|c| c.kind).collect::<Vec<_>>(), [Kind::Integer, Kind::Decimal]);
        assert!(matches!(catalogue.find("v"), Found::Absent));
        assert!(matches!(catalogue.find("sim_x"), Found::Unknown));
        conn.execute_batch("alter table t add column more text").unwrap();
        assert!(catalogue.is_stale(&conn).unwrap());
    }

    #[test]
    fn display_texts_have_their_sources() {
        assert_eq!(display("item", "class", Kind::Integer), Display::Row("classification", "fullname"));
        assert_eq!(display("item", "saleunit", Kind::Integer), Display::List("unit".into()));
        assert_eq!(
            display("item", "matrixoptioncustitem_color", Kind::Integer),
            Display::List("matrixoptioncustitem_color".into())
        );
        assert_eq!(display("item", "subsidiary", Kind::Text), Display::Rows("subsidiary", "name"));
        assert_eq!(display("item", "itemtype", Kind::Text), Display::Own);
        assert_eq!(display("transaction", "status", Kind::Text), Display::Status);
        assert_eq!(display("file", "type", Kind::Text), Display::Own);
        assert!(REFERENCES.is_sorted_by_key(|(name, ..)| *name));
    }
}
