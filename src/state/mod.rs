//! The state file: the only place of truth that is ours, and the only module that speaks SQL to it.
//!
//! What must be done next is derived from a record and its link; stored is only what cannot be derived: links, open
//! intents, cursors, checksums, rejections and runs. One file per profile, mode 0600 in a folder of mode 0700.

mod cursors;
mod lease;
mod links;
mod map;
mod queue;
mod runs;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, params};

pub use cursors::{Blocks, Bounds, Cursor, Mode};
pub use lease::{Lease, lock_path};
pub use map::{LinkRow, kinds_of};
pub use queue::{Asked, Cause, Wish};
pub use runs::{Commit, Due, RejectionRow, RunRow};

use crate::error::{Error, ErrorKind, Result};

/// An open state file.
pub struct State {
    connection: Connection,
    path: PathBuf,
}

impl State {
    /// Opens the state file of a profile, making or migrating it first.
    ///
    /// A file that is damaged is set aside under another name, never deleted. A file that a newer netwiz wrote, or that
    /// belongs to another account, is left alone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decision`] for a newer or foreign file, [`ErrorKind::State`] for one that cannot be used.
    pub fn open(path: &Path, owner: &str, now: Timestamp) -> Result<Self> {
        prepare_folder(path)?;
        let fresh = !path.exists();
        let connection = Connection::open(path).map_err(|error| unusable(path, error))?;
        restrict(path)?;
        let mut state = Self { connection, path: path.to_owned() };
        match state.set_up(fresh, owner, now) {
            Err(error) if is_damage(&error) => Err(set_aside(state, now, error)),
            other => other.map(|()| state),
        }
    }

    /// Opens a state file for reading only; `None` when there is none yet. Nothing is made, migrated or written.
    ///
    /// # Errors
    ///
    /// As [`State::open`].
    pub fn open_existing(path: &Path) -> Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        // Read-write without create: a WAL file may have to be recovered even for reading.
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .or_else(|_| Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX))
            .map_err(|error| unusable(path, error))?;
        let state = Self { connection, path: path.to_owned() };
        state.connection.busy_timeout(Duration::from_secs(5)).map_err(|error| unusable(path, error))?;
        match state.version()? {
            0 if state.has_tables()? => Err(foreign(path)),
            0 => Ok(None),
            schema::VERSION => Ok(Some(state)),
            version if version > schema::VERSION => Err(newer(path)),
            _ => Err(Error::new(ErrorKind::State, "the state file is from an older version")
                .hint("run any `netwiz sync` once: it migrates the file")),
        }
    }

    /// Opens a state in memory, for tests.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] when SQLite cannot start.
    pub fn in_memory() -> Result<Self> {
        let path = PathBuf::from(":memory:");
        let connection = Connection::open_in_memory().map_err(|error| unusable(&path, error))?;
        let mut state = Self { connection, path };
        state.set_up(true, "memory", Timestamp::UNIX_EPOCH)?;
        Ok(state)
    }

    /// Copies the state into memory: what a dry run works on, so that it plans with the records it would have made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] when the file cannot be read.
    pub fn scratch(&self) -> Result<Self> {
        let mut memory = Connection::open_in_memory().map_err(|error| self.broken(error))?;
        {
            let backup = rusqlite::backup::Backup::new(&self.connection, &mut memory).map_err(|error| self.broken(error))?;
            backup.run_to_completion(1000, Duration::ZERO, None).map_err(|error| self.broken(error))?;
        }
        memory.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection: memory, path: self.path.clone() })
    }

    fn set_pragmas(&self) -> Result<()> {
        let connection = &self.connection;
        let pragma =
            |name: &str, value: &str| connection.pragma_update(None, name, value).map_err(|error| unusable(&self.path, error));
        connection.busy_timeout(Duration::from_secs(5)).map_err(|error| unusable(&self.path, error))?;
        // Readers (`status` on a call) and the one writer do not wait for each other.
        connection
            .pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
            .map_err(|error| unusable(&self.path, error))?;
        // A commit is on the disk when it returns: intents are worthless otherwise.
        pragma("synchronous", "full")?;
        pragma("foreign_keys", "on")?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(())
    }

    fn set_up(&mut self, fresh: bool, owner: &str, now: Timestamp) -> Result<()> {
        self.set_pragmas()?;
        let version = self.version()?;
        if version > schema::VERSION {
            return Err(newer(&self.path));
        }
        if version == 0 && !fresh && self.has_tables()? {
            return Err(foreign(&self.path));
        }
        if version < schema::VERSION {
            if version > 0 {
                self.back_up(version)?;
            }
            schema::migrations().to_latest(&mut self.connection).map_err(|error| {
                Error::new(ErrorKind::State, format!("the state file {} cannot be migrated", self.path.display()))
                    .caused_by(error)
            })?;
        }
        self.claim(owner, now)
    }

    /// Binds the file to the pair of accounts it is about, or refuses one that is about others.
    fn claim(&self, owner: &str, now: Timestamp) -> Result<()> {
        match self.meta("owner")? {
            Some(known) if known == owner => Ok(()),
            Some(known) => Err(Error::new(
                ErrorKind::Decision,
                format!("the state file {} belongs to {known}, not to {owner}", self.path.display()),
            )
            .hint("ids of one account mean nothing in another: use another profile name, or another file with `--state`")),
            None => {
                self.set_meta("owner", owner)?;
                self.set_meta("made", &crate::model::rfc3339(now))
            }
        }
    }

    fn version(&self) -> Result<i64> {
        self.connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|error| unusable(&self.path, error))
    }

    fn has_tables(&self) -> Result<bool> {
        self.read("select exists (select 1 from sqlite_schema)", |row| row.get(0))
    }

    /// Opens a second connection to the same file: for who works beside a run, in the same process.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] when the file cannot be opened.
    pub fn beside(&self) -> Result<Self> {
        let connection = Connection::open(&self.path).map_err(|error| self.broken(error))?;
        let state = Self { connection, path: self.path.clone() };
        state.set_pragmas()?;
        Ok(state)
    }

    /// Makes sure that the file is whole, after a run that did not end; a damaged one is set aside. Whoever calls this holds
    /// the lease: a run that is still under way has not ended either.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] for a damaged file.
    pub fn checked(self, now: Timestamp) -> Result<Self> {
        match self.check_after_unclean_end() {
            Ok(()) => Ok(self),
            Err(error) if is_damage(&error) => Err(set_aside(self, now, error)),
            Err(error) => Err(error),
        }
    }

    fn check_after_unclean_end(&self) -> Result<()> {
        if !self.read("select exists (select 1 from run where finished_at is null)", |row| row.get(0))? {
            return Ok(());
        }
        let verdict: String = self.read("pragma quick_check(1)", |row| row.get(0))?;
        if verdict == "ok" {
            return Ok(());
        }
        Err(Error::new(ErrorKind::State, format!("the state file {} is damaged", self.path.display())).caused_by(verdict))
    }

    /// Copies the file before it is migrated, and makes sure that the copy can be read.
    fn back_up(&self, version: i64) -> Result<()> {
        let copy = self.path.with_extension(format!("v{version}.db"));
        let failed = |error: rusqlite::Error| {
            Error::new(ErrorKind::State, format!("no backup could be made at {}", copy.display())).caused_by(error)
        };
        self.connection.backup("main", &copy, None).map_err(failed)?;
        restrict(&copy)?;
        let verdict: String = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .and_then(|copy| copy.query_row("pragma quick_check(1)", [], |row| row.get(0)))
            .map_err(failed)?;
        if verdict == "ok" {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::State, "the backup of the state file is damaged").caused_by(verdict))
        }
    }

    /// Gives where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a remembered value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] when the file cannot be read.
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        self.connection
            .prepare_cached("select value from meta where key = ?1")
            .and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional())
            .map_err(|error| self.broken(error))
    }

    /// Remembers a value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] when the file cannot be written.
    pub fn set_meta(&self, key: &str, value: &str) -> Result<()> {
        self.connection
            .execute(
                "insert into meta (key, value) values (?1, ?2) on conflict do update set value = excluded.value",
                params![key, value],
            )
            .map(|_| ())
            .map_err(|error| self.broken(error))
    }

    fn read<T>(&self, sql: &str, row: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.connection.query_row(sql, [], row).map_err(|error| self.broken(error))
    }

    /// Runs a change as one transaction, begun for writing at once (`correctness.md` R13).
    fn change<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let path = self.path.clone();
        let result = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        result.map_err(|error| unusable(&path, error))
    }

    fn broken(&self, error: rusqlite::Error) -> Error {
        unusable(&self.path, error)
    }
}

fn prepare_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) else { return Ok(()) };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        Error::new(ErrorKind::State, format!("the folder {} cannot be made", folder.display()))
            .caused_by(error)
            .hint("name another place with `--state`")
    })
}

/// Makes the file readable by its owner only.
fn restrict(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let private = fs::Permissions::from_mode(0o600);
        let wide = fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
        if wide {
            fs::set_permissions(path, private).map_err(|error| {
                Error::new(ErrorKind::State, format!("{} cannot be made private", path.display())).caused_by(error)
            })?;
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn newer(path: &Path) -> Error {
    Error::new(ErrorKind::Decision, format!("the state file {} was written by a newer netwiz", path.display()))
        .hint("upgrade this netwiz, or name another file with `--state`")
}

fn foreign(path: &Path) -> Error {
    Error::new(ErrorKind::Decision, format!("{} is not a netwiz state file", path.display()))
        .hint("name another file with `--state`, or move this one away")
}

fn unusable(path: &Path, error: rusqlite::Error) -> Error {
    let code = error.sqlite_error_code();
    let made = Error::new(ErrorKind::State, format!("the state file {} cannot be used", path.display())).caused_by(error);
    match code {
        _ if path.is_dir() => made.hint("this is a folder: name a file with `--state`"),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => made
            .hint("check that the file and its folder belong to this user and can be written to, or name another with `--state`"),
        Some(ErrorCode::DiskFull) => made.hint("free some space on the disk, then run the same command again: nothing is lost"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            made.hint("another process holds the file; try again when it is done")
        }
        _ => made,
    }
}

fn is_damage(error: &Error) -> bool {
    error.to_string().ends_with("is damaged")
        || error.causes().iter().any(|cause| cause.contains("malformed") || cause.contains("not a database"))
}

/// Moves a damaged file out of the way, so that the next run starts anew and finds its records again by reference.
fn set_aside(state: State, now: Timestamp, error: Error) -> Error {
    let path = state.path.clone();
    drop(state);
    let aside = path.with_extension(format!("damaged-{}", now.as_second()));
    let moved = fs::rename(&path, &aside);
    for suffix in ["-wal", "-shm"] {
        let companion = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        // The companions exist only sometimes.
        let _ = fs::rename(companion(&path), companion(&aside));
    }
    match moved {
        Ok(()) => error
            .context(format!("the state file {} is damaged; it was moved to {}", path.display(), aside.display()))
            .hint("run the same command again: it starts with an empty state file, finds every record on both sides and links it again"),
        Err(cause) => error.hint(format!("it could not be moved aside ({cause}): move it by hand")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_new_file_is_private_and_remembers_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/acme.db");
        drop(State::open(&path, "1234567 and api.example", now()).unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        }
        assert!(State::open(&path, "1234567 and api.example", now()).is_ok());
        let error = State::open(&path, "7654321 and api.example", now()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Decision);
        assert!(error.to_string().contains("belongs to 1234567"));
    }

    #[test]
    fn an_older_file_is_backed_up_and_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.db");
        Connection::open(&path).unwrap().execute_batch(include_str!("../../fixtures/state/schema-1.sql")).unwrap();
        assert!(State::open_existing(&path).is_err(), "reading does not migrate");
        let state = State::open(&path, "x", now()).unwrap();
        assert!(folder.path().join("acme.v1.db").exists());
        let link = state.link("products", crate::model::NetSuiteId(2202)).unwrap().unwrap();
        assert!(link.has(crate::model::Flag::Deactivated));
        assert_eq!(state.cursor("products", "pull").unwrap().links_seen, 0);
        assert_eq!(state.intents("products", "pull").unwrap(), ["2300/2300"]);
        assert_eq!(state.rejections(None).unwrap().len(), 1);
        assert_eq!(state.linked_since("products", 0).unwrap(), Vec::<i64>::new(), "what was linked before is not new");
    }

    #[test]
    fn a_file_of_the_second_schema_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.db");
        Connection::open(&path).unwrap().execute_batch(include_str!("../../fixtures/state/schema-2.sql")).unwrap();
        let state = State::open(&path, "x", now()).unwrap();
        assert!(folder.path().join("acme.v2.db").exists());
        let link = state.link("products", crate::model::NetSuiteId(2201)).unwrap().unwrap();
        assert_eq!((link.pushed, link.natural_key.as_deref()), (None, Some("LAMP-ARC-BRS")));
        assert_eq!(state.cursor("products", "pull").unwrap().links_seen, 3);
        assert_eq!(state.next_asked(&[Cause::Command], now()).unwrap().map(|asked| asked.entity), Some("orders".into()));
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.db");
        drop(State::open(&path, "x", now()).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert_eq!(State::open(&path, "x", now()).err().unwrap().kind(), ErrorKind::Decision);
        assert_eq!(State::open_existing(&path).err().unwrap().kind(), ErrorKind::Decision);
    }

    #[test]
    fn a_foreign_database_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("create table customers (name text)").unwrap();
        assert_eq!(State::open(&path, "x", now()).err().unwrap().kind(), ErrorKind::Decision);
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_the_next_run_starts_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.db");
        fs::write(&path, vec![0x5a; 8192]).unwrap();
        let error = State::open(&path, "x", now()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::State);
        assert!(error.to_string().contains("moved to"), "{error}");
        assert!(folder.path().join("acme.damaged-1772323200").exists());
        assert!(State::open(&path, "x", now()).is_ok());
    }

    #[test]
    fn reading_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.db");
        assert!(State::open_existing(&path).unwrap().is_none());
        assert!(!path.exists());
    }
}
