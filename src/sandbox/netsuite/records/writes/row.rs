//! Rows as they are written: columns with values, running numbers, exact amounts.

use std::collections::BTreeMap;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::sandbox::netsuite::suiteql::numbers;

/// Columns by name, with what they are to hold.
pub(super) type Columns = BTreeMap<String, Value>;

/// Places of money and of quantities in the books.
const PLACES: u32 = 2;

/// Inserts a row.
pub(super) fn insert(conn: &Connection, table: &str, columns: &Columns) -> rusqlite::Result<()> {
    let names = columns.keys().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let places = (1..=columns.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
    let mut statement = conn.prepare_cached(&format!("insert into \"{table}\" ({names}) values ({places})"))?;
    statement.execute(params_from_iter(columns.values())).map(|_| ())
}

/// Changes the row of a key; no columns, no change.
pub(super) fn update(conn: &Connection, table: &str, key: &str, id: i64, columns: &Columns) -> rusqlite::Result<()> {
    if columns.is_empty() {
        return Ok(());
    }
    let set = columns.keys().enumerate().map(|(n, name)| format!("\"{name}\" = ?{}", n + 2)).collect::<Vec<_>>().join(", ");
    let mut statement = conn.prepare_cached(&format!("update \"{table}\" set {set} where {key} = ?1"))?;
    let id = Value::Integer(id);
    statement.execute(params_from_iter(std::iter::once(&id).chain(columns.values()))).map(|_| ())
}

/// Gives out the next number of a kind, above all that a query finds in use.
pub(super) fn next(conn: &Connection, name: &str, highest: &str) -> rusqlite::Result<i64> {
    let used: Option<i64> = conn.prepare_cached(highest)?.query_row([], |row| row.get(0))?;
    let last: Option<i64> =
        conn.prepare_cached("select last from sim_sequence where name = ?1")?.query_row([name], |row| row.get(0)).optional()?;
    let number = used.unwrap_or(0).max(last.unwrap_or(0)) + 1;
    retire(conn, name, number)?;
    Ok(number)
}

/// Gives out the next number of a kind; the query, which may be slow, is asked the first time only.
pub(super) fn continued(conn: &Connection, name: &str, highest: &str) -> rusqlite::Result<i64> {
    let begun: bool = conn.query_row("select exists (select 1 from sim_sequence where name = ?1)", [name], |row| row.get(0))?;
    next(conn, name, if begun { "select null" } else { highest })
}

/// Makes sure that a number is not given out again.
pub(super) fn retire(conn: &Connection, name: &str, number: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "insert into sim_sequence (name, last) values (?1, ?2) on conflict (name) do update set last = max(last, excluded.last)",
    )?
    .execute(params![name, number])
    .map(|_| ())
}

/// Reads one row as columns; nothing when there is none.
pub(super) fn read(conn: &Connection, query: &str, key: i64) -> rusqlite::Result<Option<Columns>> {
    let mut statement = conn.prepare_cached(query)?;
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    statement
        .query_row([key], |row| {
            names.into_iter().enumerate().map(|(n, name)| Ok((name, row.get(n)?))).collect::<rusqlite::Result<Columns>>()
        })
        .optional()
}

/// Reads several rows as columns.
pub(super) fn all(conn: &Connection, query: &str, key: i64) -> rusqlite::Result<Vec<Columns>> {
    let mut statement = conn.prepare_cached(query)?;
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let rows = statement.query_map([key], |row| {
        names.iter().enumerate().map(|(n, name)| Ok((name.clone(), row.get(n)?))).collect::<rusqlite::Result<Columns>>()
    })?;
    rows.collect()
}

/// Gives a column as a whole number.
pub(super) fn whole(columns: &Columns, name: &str) -> Option<i64> {
    match columns.get(name) {
        Some(Value::Integer(n)) => Some(*n),
        _ => None,
    }
}

/// Gives a column as text.
pub(super) fn text<'a>(columns: &'a Columns, name: &str) -> Option<&'a str> {
    match columns.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// Gives a column as an exact number.
pub(super) fn exact(columns: &Columns, name: &str) -> Option<Decimal> {
    columns.get(name).and_then(|value| numbers::read(ValueRef::from(value)).ok().flatten())
}

/// Gives an exact number as the database holds it.
pub(super) fn stored(number: Decimal) -> Value {
    match numbers::write(number) {
        ToSqlOutput::Owned(value) => value,
        _ => Value::Null,
    }
}

/// Rounds money as the books do.
pub(super) fn money(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(PLACES, RoundingStrategy::MidpointAwayFromZero)
}

/// Tells whether a column holds nothing.
pub(super) fn is_empty(columns: &Columns, name: &str) -> bool {
    matches!(columns.get(name), None | Some(Value::Null))
}

/// Fills a column that was not sent. One that was cleared stays so.
pub(super) fn default(columns: &mut Columns, name: &str, value: impl Into<Value>) {
    columns.entry(name.to_owned()).or_insert_with(|| value.into());
}

/// Fills columns that were not sent from another row, as far as that has something.
pub(super) fn inherit(columns: &mut Columns, from: &Columns, pairs: &[(&str, &str)]) {
    for (name, source) in pairs {
        if let Some(value) = from.get(*source).filter(|value| **value != Value::Null) {
            default(columns, name, value.clone());
        }
    }
}
