//! Opens the database behind the simulator and creates its tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::suiteql::functions::{self, Surroundings};

/// Creates every table that is not there yet.
///
/// # Errors
///
/// Gives the database's refusal.
pub fn create_schema(conn: &Connection) -> rusqlite::Result<()> {
    for part in [include_str!("schema.sql"), include_str!("customers.sql"), include_str!("documents.sql")] {
        conn.execute_batch(part)?;
    }
    Ok(())
}

/// Opens the database, in memory without a path, with the functions SuiteQL needs.
pub(super) fn open(path: Option<&Path>, around: &Surroundings) -> rusqlite::Result<Connection> {
    let conn = match path {
        Some(path) => Connection::open(path)?,
        None => Connection::open_in_memory()?,
    };
    conn.busy_timeout(Duration::from_secs(5))?;
    // A write-ahead log survives the end of the process; only the end of the machine could lose the last writes, and this is a toy world.
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", "off")?;
    // A hundred thousand items stay in memory, so that a page costs no reads.
    conn.pragma_update(None, "cache_size", -131_072)?;
    conn.set_prepared_statement_cache_capacity(512);
    functions::register(&conn, around)?;
    create_schema(&conn)?;
    Ok(conn)
}
