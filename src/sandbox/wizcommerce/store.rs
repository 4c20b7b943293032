//! The simulator's records: JSON documents in SQLite, the columns they are found by, and the history of what was written.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::HistoryRow;
use super::json::Json;

/// The layout of the file; another number means another version of the program made it.
const LAYOUT: i64 = 3;
/// Statements kept prepared; every call uses a handful, lists one per combination of filters.
const PREPARED: usize = 128;
/// How long a second process on the same file waits for the first.
const PATIENCE: Duration = Duration::from_secs(10);
/// Into how many waits that time is cut where this file does the waiting.
const ATTEMPTS: u32 = 500;

const SCHEMA: &str = "
    create table record (
        sequence integer primary key autoincrement,
        resource text not null,
        id text not null unique,
        reference_id text,
        label text,
        scope text,
        created_at text not null,
        updated_at text not null,
        document text not null
    );
    create index record_by_reference on record (resource, reference_id) where reference_id is not null;
    create index record_by_label on record (resource, label, scope) where label is not null;
    create index record_by_scope on record (resource, scope) where scope is not null;
    create index record_by_creation on record (resource, created_at, sequence);
    create index record_by_change on record (resource, updated_at, sequence);
    create table sim_history (
        sequence integer primary key,
        at text not null,
        resource text not null,
        record_id text not null,
        verb text not null
    );
    create table id_counter (last integer not null);
    insert into id_counter values (0);
    pragma user_version = 1;";

/// What the second layout adds: lists ask for one state at a time and shall not read every document to find it.
const STATES: &str = "
    alter table record add column state text;
    update record set state = json_extract(document, '$.status');
    create index record_by_state on record (resource, state, updated_at, sequence) where state is not null;
    pragma user_version = 2;";

/// What the third layout adds: the outbox of webhooks. Moments are milliseconds since 1970.
const WEBHOOKS: &str = "
    create table webhook_delivery (
        number integer primary key autoincrement,
        sequence integer not null,
        event_id text not null,
        event text not null,
        record_id text not null,
        body text not null,
        state text not null,
        attempts integer not null default 0,
        due_at integer not null,
        status integer
    );
    create index webhook_delivery_by_moment on webhook_delivery (state, due_at, number);
    create index webhook_delivery_by_event on webhook_delivery (sequence);
    pragma user_version = 3;";

/// A kind of record. A new resource is one variant here, one file beside this one, and one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    Products,
    /// What a product's `parent_id` names; it has no path of its own.
    ProductGroups,
    PriceLists,
    Inventories,
    Warehouses,
    WarehouseInventories,
    Attributes,
    SalesReps,
    Customers,
    /// Addresses of customers, which the API shows inside theirs and below it.
    CustomerAddresses,
    CustomerContacts,
    Orders,
    Invoices,
    Shipments,
    PaymentMethods,
    Quotes,
    Payments,
    CreditMemos,
}

impl Resource {
    const ALL: [Self; 18] = [
        Self::Products,
        Self::ProductGroups,
        Self::PriceLists,
        Self::Inventories,
        Self::Warehouses,
        Self::WarehouseInventories,
        Self::Attributes,
        Self::SalesReps,
        Self::Customers,
        Self::CustomerAddresses,
        Self::CustomerContacts,
        Self::Orders,
        Self::Invoices,
        Self::Shipments,
        Self::PaymentMethods,
        Self::Quotes,
        Self::Payments,
        Self::CreditMemos,
    ];

    /// Gives the name used in scripts, in the history and by tests.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::ProductGroups => "product_groups",
            Self::PriceLists => "price_lists",
            Self::Inventories => "inventories",
            Self::Warehouses => "warehouses",
            Self::WarehouseInventories => "warehouse_inventories",
            Self::Attributes => "attributes",
            Self::SalesReps => "sales_reps",
            Self::Customers => "customers",
            Self::CustomerAddresses => "customer_addresses",
            Self::CustomerContacts => "customer_contacts",
            Self::Orders => "orders",
            Self::Invoices => "invoices",
            Self::Shipments => "shipments",
            Self::PaymentMethods => "payment_methods",
            Self::Quotes => "quotes",
            Self::Payments => "payments",
            Self::CreditMemos => "credit_memos",
        }
    }

    /// Finds a resource by its name, written with underscores or, as in paths, with hyphens.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.replace('-', "_");
        Self::ALL.into_iter().find(|resource| resource.name() == name)
    }

    /// Gives the member that people know a record by, indexed as `label`.
    fn label_member(self) -> Option<&'static str> {
        match self {
            Self::Products | Self::Inventories | Self::WarehouseInventories => Some("sku"),
            Self::Attributes => Some("name"),
            Self::SalesReps => Some("email"),
            _ => None,
        }
    }

    /// Gives the member lists tell records apart by, indexed as `state`.
    fn state_member(self) -> &'static str {
        if self == Self::Shipments { "shipment_status" } else { "status" }
    }

    /// Gives the member a record is grouped by, indexed as `scope`.
    fn scope_member(self) -> Option<&'static str> {
        match self {
            Self::Products | Self::ProductGroups => Some("group_code"),
            Self::WarehouseInventories => Some("warehouse_id"),
            Self::Attributes => Some("entity"),
            Self::CustomerAddresses | Self::CustomerContacts | Self::PaymentMethods | Self::Payments | Self::CreditMemos => {
                Some("customer_id")
            }
            Self::Invoices | Self::Shipments => Some("order_id"),
            _ => None,
        }
    }
}

/// What happened to a record, as the history words it: the first three through the API, the others in the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Update,
    Delete,
    Insert,
    Set,
    Remove,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Insert => "insert",
            Self::Set => "set",
            Self::Remove => "remove",
        }
    }
}

/// The database behind the API.
pub(super) struct Store {
    database: Connection,
}

impl Store {
    /// Opens the store, in memory without a path, and creates it when the file is new.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, String> {
        let explain = |error: rusqlite::Error| format!("the WizCommerce simulator's store cannot be opened: {error}");
        let mut database = match path {
            Some(path) => Connection::open(path).map_err(explain)?,
            None => Connection::open_in_memory().map_err(explain)?,
        };
        database.set_prepared_statement_cache_capacity(PREPARED);
        database.busy_timeout(PATIENCE).map_err(explain)?;
        if path.is_some() {
            // A killed process loses nothing this way, only a failed machine would; a sandbox may be seeded again.
            enter_wal(&database).map_err(explain)?;
            database.pragma_update(None, "synchronous", "off").map_err(explain)?;
        }
        // Two processes may meet at a new file; the second finds the layout made.
        let transaction = database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(explain)?;
        let layout: i64 = transaction.query_row("pragma user_version", [], |row| row.get(0)).map_err(explain)?;
        let missing = match layout {
            0 => &[SCHEMA, STATES, WEBHOOKS][..],
            1 => &[STATES, WEBHOOKS],
            2 => &[WEBHOOKS],
            LAYOUT => &[],
            other => return Err(format!("the WizCommerce simulator's store has layout {other}; this version knows {LAYOUT}")),
        };
        missing.iter().try_for_each(|batch| transaction.execute_batch(batch)).map_err(explain)?;
        transaction.commit().map_err(explain)?;
        Ok(Self { database })
    }

    /// Gives the database, for questions no function here asks.
    pub(super) fn database(&self) -> &Connection {
        &self.database
    }

    /// Gives the database to whoever replaces all of it.
    pub(super) const fn database_mut(&mut self) -> &mut Connection {
        &mut self.database
    }

    /// Carries out work that is kept whole or not at all.
    pub(super) fn transact<T, E: From<rusqlite::Error>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.database.execute_batch("begin immediate")?;
        let result = work().and_then(|value| {
            self.database.execute_batch("commit")?;
            Ok(value)
        });
        if result.is_err() {
            // The reason for the failure matters more than a rollback that SQLite may have done itself.
            let _ = self.database.execute_batch("rollback");
        }
        result
    }

    /// Makes the next id: a UUID that depends on nothing but how many were made before.
    pub(super) fn next_id(&self) -> rusqlite::Result<String> {
        let mut statement = self.database.prepare_cached("update id_counter set last = last + 1 returning last")?;
        let number: i64 = statement.query_row([], |row| row.get(0))?;
        Ok(derived_id(&format!("record {number}")))
    }

    /// Adds a record; its document carries `id`, `created_at` and `updated_at`.
    pub(super) fn insert(&self, resource: Resource, document: &Json, verb: Verb, at: &str) -> rusqlite::Result<()> {
        let id = member(document, "id");
        let mut statement = self.database.prepare_cached(
            "insert into record (resource, id, reference_id, label, scope, created_at, updated_at, document, state)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        statement.execute(params![
            resource.name(),
            id,
            document.text("reference_id"),
            resource.label_member().and_then(|name| document.text(name)),
            resource.scope_member().and_then(|name| document.text(name)),
            member(document, "created_at"),
            member(document, "updated_at"),
            document.to_string(),
            document.text(resource.state_member()),
        ])?;
        self.note(resource, id, verb, at)
    }

    /// Replaces a record's document; the id stays.
    pub(super) fn replace(&self, resource: Resource, document: &Json, verb: Verb, at: &str) -> rusqlite::Result<()> {
        let id = member(document, "id");
        let mut statement = self.database.prepare_cached(
            "update record set reference_id = ?2, label = ?3, scope = ?4, created_at = ?5, updated_at = ?6, document = ?7,
             state = ?8 where id = ?1",
        )?;
        statement.execute(params![
            id,
            document.text("reference_id"),
            resource.label_member().and_then(|name| document.text(name)),
            resource.scope_member().and_then(|name| document.text(name)),
            member(document, "created_at"),
            member(document, "updated_at"),
            document.to_string(),
            document.text(resource.state_member()),
        ])?;
        self.note(resource, id, verb, at)
    }

    /// Moves a record's `updated_at` forward because something that belongs to it changed; that something tells the story.
    pub(super) fn touch(&self, resource: Resource, id: &str, at: &str) -> rusqlite::Result<()> {
        self.database
            .prepare_cached(
                "update record set updated_at = ?3, document = json_set(document, '$.updated_at', ?3)
                 where id = ?1 and resource = ?2 and updated_at < ?3",
            )?
            .execute([id, resource.name(), at])
            .map(drop)
    }

    /// Takes a record away; nothing of it remains but the history.
    pub(super) fn delete(&self, resource: Resource, id: &str, verb: Verb, at: &str) -> rusqlite::Result<()> {
        self.database.prepare_cached("delete from record where id = ?1")?.execute([id])?;
        self.note(resource, id, verb, at)
    }

    /// Gives the record of that id.
    pub(super) fn find(&self, resource: Resource, id: &str) -> rusqlite::Result<Option<Json>> {
        self.one("select document from record where id = ?1 and resource = ?2", [id, resource.name()])
    }

    /// Gives the oldest record of that label, in any scope.
    pub(super) fn find_by_label(&self, resource: Resource, label: &str) -> rusqlite::Result<Option<Json>> {
        self.one(
            "select document from record where resource = ?1 and label = ?2 order by sequence limit 1",
            [resource.name(), label],
        )
    }

    /// Gives the oldest record of that scope.
    pub(super) fn find_by_scope(&self, resource: Resource, scope: &str) -> rusqlite::Result<Option<Json>> {
        self.one(
            "select document from record where resource = ?1 and scope = ?2 order by sequence limit 1",
            [resource.name(), scope],
        )
    }

    /// Gives the oldest record of that label in that scope.
    pub(super) fn find_within(&self, resource: Resource, label: &str, scope: &str) -> rusqlite::Result<Option<Json>> {
        self.one(
            "select document from record where resource = ?1 and label = ?2 and scope = ?3 order by sequence limit 1",
            [resource.name(), label, scope],
        )
    }

    /// Gives the ids of the records of that reference, oldest first.
    pub(super) fn ids_by_reference(&self, resource: Resource, reference: &str) -> rusqlite::Result<Vec<String>> {
        self.ids(
            "select id from record where resource = ?1 and reference_id = ?2 order by sequence",
            [resource.name(), reference],
        )
    }

    /// Gives the ids of the records of that label, oldest first.
    pub(super) fn ids_by_label(&self, resource: Resource, label: &str) -> rusqlite::Result<Vec<String>> {
        self.ids("select id from record where resource = ?1 and label = ?2 order by sequence", [resource.name(), label])
    }

    /// Gives the id of the record of that label and scope.
    pub(super) fn id_within(&self, resource: Resource, label: &str, scope: &str) -> rusqlite::Result<Option<String>> {
        let sql = "select id from record where resource = ?1 and label = ?2 and scope = ?3 order by sequence";
        Ok(self.ids(sql, [resource.name(), label, scope])?.into_iter().next())
    }

    /// Gives the records of that scope, oldest first.
    pub(super) fn all_within(&self, resource: Resource, scope: &str) -> rusqlite::Result<Vec<Json>> {
        let sql = "select document from record where resource = ?1 and scope = ?2 order by sequence";
        self.database.prepare_cached(sql)?.query_map([resource.name(), scope], document)?.collect()
    }

    /// Says whether a record of that id exists.
    pub(super) fn exists(&self, resource: Resource, id: &str) -> rusqlite::Result<bool> {
        let mut statement = self.database.prepare_cached("select 1 from record where id = ?1 and resource = ?2")?;
        statement.exists([id, resource.name()])
    }

    /// Gives the number of records.
    pub(super) fn count(&self, resource: Resource) -> rusqlite::Result<u32> {
        self.database
            .prepare_cached("select count(*) from record where resource = ?1")?
            .query_row([resource.name()], |row| row.get(0))
    }

    /// Gives every record in order of creation.
    pub(super) fn documents(&self, resource: Resource) -> rusqlite::Result<Vec<Json>> {
        let mut statement = self.database.prepare_cached("select document from record where resource = ?1 order by sequence")?;
        statement.query_map([resource.name()], document)?.collect()
    }

    /// Gives what was written, in order.
    pub(super) fn history(&self) -> rusqlite::Result<Vec<HistoryRow>> {
        self.changes_after(0)
    }

    /// Gives the number of the last change, 0 before the first.
    pub(super) fn last_change(&self) -> rusqlite::Result<i64> {
        self.database.prepare_cached("select coalesce(max(sequence), 0) from sim_history")?.query_row([], |row| row.get(0))
    }

    /// Gives what was written after a change, in order.
    pub(super) fn changes_after(&self, sequence: i64) -> rusqlite::Result<Vec<HistoryRow>> {
        let sql = "select sequence, at, resource, record_id, verb from sim_history where sequence > ?1 order by sequence";
        let mut statement = self.database.prepare_cached(sql)?;
        let rows = statement.query_map([sequence], |row| {
            Ok(HistoryRow { sequence: row.get(0)?, at: row.get(1)?, resource: row.get(2)?, id: row.get(3)?, verb: row.get(4)? })
        })?;
        rows.collect()
    }

    fn one<const N: usize>(&self, sql: &str, key: [&str; N]) -> rusqlite::Result<Option<Json>> {
        self.database.prepare_cached(sql)?.query_row(rusqlite::params_from_iter(key), document).optional()
    }

    fn ids<const N: usize>(&self, sql: &str, key: [&str; N]) -> rusqlite::Result<Vec<String>> {
        self.database.prepare_cached(sql)?.query_map(rusqlite::params_from_iter(key), |row| row.get(0))?.collect()
    }

    fn note(&self, resource: Resource, id: &str, verb: Verb, at: &str) -> rusqlite::Result<()> {
        // A group exists only as part of its products, whose own rows tell the story.
        if resource != Resource::ProductGroups {
            self.database
                .prepare_cached("insert into sim_history (at, resource, record_id, verb) values (?1, ?2, ?3, ?4)")?
                .execute([at, resource.name(), id, verb.word()])?;
        }
        Ok(())
    }
}

/// Sets the journal mode, waiting for a process that does the same to the same new file.
///
/// SQLite does not apply its own waiting time here: it answers "busy" at once, lest the two wait for each other.
fn enter_wal(database: &Connection) -> rusqlite::Result<()> {
    let mut attempts = 1;
    loop {
        match database.pragma_update(None, "journal_mode", "wal") {
            Err(error) if attempts < ATTEMPTS && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                attempts += 1;
                std::thread::sleep(PATIENCE / ATTEMPTS);
            }
            outcome => return outcome,
        }
    }
}

/// Reads the document of a row that selects nothing else.
pub(super) fn document(row: &Row<'_>) -> rusqlite::Result<Json> {
    let text: String = row.get(0)?;
    Json::parse(&text).map_err(|reason| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, reason.into()))
}

/// Makes a UUID from a text, always the same one.
pub(super) fn derived_id(seed: &str) -> String {
    let digest = Sha256::digest(format!("wizcommerce {seed}"));
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    // Version 8 is the one for values made by a rule of one's own.
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn member<'a>(document: &'a Json, name: &str) -> &'a str {
    document.text(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, reference: &str) -> Json {
        Json::object([
            ("id", Json::of_text(id)),
            ("reference_id", Json::of_text(reference)),
            ("sku", Json::of_text("S")),
            ("group_code", Json::of_text("G")),
            ("price", Json::Number("19.90".into())),
            ("created_at", Json::of_text("2026-01-01T00:00:00Z")),
            ("updated_at", Json::of_text("2026-01-01T00:00:00Z")),
        ])
    }

    #[test]
    fn finds_records_by_every_key() {
        let store = Store::open(None).expect("opens");
        store.insert(Resource::Products, &record("a", "1"), Verb::Create, "t").expect("inserted");
        store.insert(Resource::Products, &record("b", "1"), Verb::Create, "t").expect("inserted");
        assert_eq!(store.ids_by_reference(Resource::Products, "1").expect("read"), ["a", "b"]);
        assert_eq!(store.ids_by_label(Resource::Products, "S").expect("read"), ["a", "b"]);
        assert_eq!(store.id_within(Resource::Products, "S", "G").expect("read"), Some("a".to_owned()));
        assert_eq!(store.find(Resource::Products, "b").expect("read"), Some(record("b", "1")));
        assert_eq!(store.find(Resource::PriceLists, "b").expect("read"), None);
        assert_eq!(store.find_by_scope(Resource::Products, "H").expect("read"), None);
        store.delete(Resource::Products, "a", Verb::Delete, "t").expect("deleted");
        assert_eq!(store.count(Resource::Products).expect("read"), 1);
        let verbs: Vec<String> = store.history().expect("read").into_iter().map(|row| row.verb).collect();
        assert_eq!(verbs, ["create", "create", "delete"]);
    }

    #[test]
    fn a_failed_transaction_leaves_nothing() {
        let store = Store::open(None).expect("opens");
        let result: rusqlite::Result<()> = store.transact(|| {
            store.insert(Resource::Products, &record("a", "1"), Verb::Create, "t")?;
            store.insert(Resource::Products, &record("a", "2"), Verb::Create, "t")
        });
        assert!(result.is_err());
        assert_eq!(store.count(Resource::Products).expect("read"), 0);
        assert!(store.history().expect("read").is_empty());
    }

    #[test]
    fn ids_are_uuids_that_repeat() {
        let ids = |count| {
            let store = Store::open(None).expect("opens");
            (0..count).map(|_| store.next_id().expect("made")).collect::<Vec<_>>()
        };
        let first = ids(3);
        assert_eq!(first, ids(3));
        assert_ne!(first[0], first[1]);
        assert_eq!(first[0].len(), 36);
        assert!(first[0].split('-').all(|part| part.chars().all(|digit| digit.is_ascii_hexdigit())));
    }

    #[test]
    fn a_new_file_may_be_opened_by_several_at_once() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().expect("folder");
            let path = folder.path().join("wiz.sqlite");
            let outcomes: Vec<Result<(), String>> = std::thread::scope(|scope| {
                let open = || scope.spawn(|| Store::open(Some(&path)).map(drop));
                [open(), open(), open(), open()].into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            assert_eq!(outcomes, [Ok(()), Ok(()), Ok(()), Ok(())]);
        }
    }

    #[test]
    fn a_file_of_the_first_layout_learns_states() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("wiz.sqlite");
        let first = Connection::open(&path).expect("opens");
        first.execute_batch(SCHEMA).expect("made");
        let row = "insert into record (resource, id, created_at, updated_at, document)
                   values ('price_lists', 'a', 't', 't', '{\"id\":\"a\",\"status\":\"active\"}')";
        first.execute_batch(row).expect("inserted");
        drop(first);
        let store = Store::open(Some(&path)).expect("taken up");
        let state: String = store.database().query_row("select state from record", [], |row| row.get(0)).expect("has a state");
        assert_eq!(state, "active");
        assert_eq!(store.count(Resource::PriceLists).expect("read"), 1);
    }

    #[test]
    fn a_file_of_the_second_layout_gets_an_outbox() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("wiz.sqlite");
        let second = Connection::open(&path).expect("opens");
        second.execute_batch(SCHEMA).expect("made");
        second.execute_batch(STATES).expect("made");
        drop(second);
        let store = Store::open(Some(&path)).expect("taken up");
        let rows: i64 =
            store.database().query_row("select count(*) from webhook_delivery", [], |row| row.get(0)).expect("is there");
        assert_eq!(rows, 0);
    }

    #[test]
    fn refuses_a_file_of_another_layout() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("wiz.sqlite");
        Store::open(Some(&path)).expect("made");
        Connection::open(&path).expect("opens").pragma_update(None, "user_version", 7).expect("set");
        assert!(Store::open(Some(&path)).err().expect("refused").contains("layout 7"));
    }
}
