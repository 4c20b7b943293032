//! The schema of the state file: a list of migrations, appended to and never edited.

use rusqlite_migration::{M, Migrations};

/// The first schema.
const ONE: &str = "
create table meta (
  key text primary key,
  value text not null
) strict, without rowid;

-- One row per record known on both sides. `kind` is an entity or a container such as a product group.
create table link (
  kind text not null,
  ns_id integer not null,
  wc_id text not null,
  head integer not null,          -- the head the record is read with: a matrix parent, else the record itself
  natural_key text,               -- the SKU, for products
  external_id text,
  fingerprint text,               -- of what was last written; null: write it again
  image text,                     -- JSON: what each part was written as, or the last agreed image
  flags text not null default '', -- words, comma separated
  updated_at text not null,
  primary key (kind, ns_id)
) strict, without rowid;
create unique index link_by_wc on link (kind, wc_id);
create index link_by_key on link (kind, natural_key);
create index link_by_ns on link (ns_id);

-- Creates that may be in flight. A row here means: look the record up before creating it.
create table intent (
  entity text not null,
  direction text not null,
  key text not null,
  since text not null,
  primary key (entity, direction, key)
) strict, without rowid;

-- One row per flow: where it stands, and the bounds of a run that did not finish.
create table cursor (
  entity text not null,
  direction text not null,
  position text,                  -- UTC; null: never finished
  mapping text,                   -- digest of the configuration the position was reached with
  run_mode text,                  -- full or incremental; null: no unfinished run
  run_low text,
  run_high text,
  run_mapping text,
  run_resume integer,             -- heads up to this id are done
  target_listed integer not null default 0,
  finished_at text,
  primary key (entity, direction)
) strict, without rowid;

-- Checksums of blocks of rows that carry no time stamp of their own.
create table block (
  entity text not null,
  finder text not null,
  block integer not null,
  digest text,                    -- as of the last finished run
  pending text,                   -- as of the start of the unfinished run
  primary key (entity, finder, block)
) strict, without rowid;

-- What the target already holds, listed once before a first run; emptied when that run is done.
create table target (
  kind text not null,
  natural_key text not null,
  wc_id text not null,
  reference_id text,
  active integer not null,
  group_key text,
  primary key (kind, natural_key, wc_id)
) strict, without rowid;

create index target_by_group on target (kind, group_key);

create table rejection (
  id integer primary key,
  entity text not null,
  direction text not null,
  key text not null,
  head text not null,
  label text not null,
  reason text not null,
  message text not null,
  hint text not null,
  fingerprint text,
  attempts integer not null,
  first_at text not null,
  last_at text not null,
  next_at text not null,
  run_id text not null,
  unique (entity, direction, key)
) strict;

create table run (
  id text primary key,
  command text not null,
  started_at text not null,
  finished_at text,
  outcome text,
  exit_code integer,
  counts text not null default '{}',
  report text                     -- the machine-readable result, as printed
) strict, without rowid;
create index run_by_start on run (started_at);
";

/// Records that hang off newly linked ones are looked at, so links are numbered in the order in which they were made; and the
/// queue of records that somebody asked for while a run was under way.
const TWO: &str = "
alter table link add column serial integer not null default 0;
create index link_by_serial on link (serial);

alter table cursor add column links_seen integer not null default 0; -- links up to this serial were looked at
alter table cursor add column run_links integer;                     -- the same for the unfinished run

create table queue (
  id integer primary key,
  entity text not null,
  direction text not null,
  wanted text not null,           -- JSON: which records, and how
  cause text not null,            -- who asked
  since text not null,
  not_before text not null,
  attempts integer not null default 0,
  outcome text                    -- JSON: the result for who waits; null: not served yet
) strict;
create index queue_by_outcome on queue (outcome, not_before);
";

/// Records go the other way, too: what of a WizCommerce record NetSuite was told, and the webhooks that were received.
const THREE: &str = "
alter table link add column pushed text;       -- fingerprint of the WizCommerce record as it was last pushed; null: push it again
alter table link add column pushed_image text; -- JSON: what NetSuite held right after that
alter table link add column wc_seen text;      -- the WizCommerce record's updated_at up to which it was compared
alter table link add column wc_number text;    -- the number people know it by in WizCommerce
create index link_by_number on link (kind, wc_number);

-- What WizCommerce had of a record when its create was first sent: later edits are told by it, should the answer be lost.
alter table intent add column image text;

-- Webhooks that were received: a second delivery of one does nothing.
create table delivery (
  id text primary key,
  at text not null
) strict, without rowid;
";

/// A listing of the target answers for the run that made it only, so no run after it has to know of it.
const FOUR: &str = "
alter table cursor drop column target_listed;
";

/// Gives all migrations, oldest first.
pub(super) fn migrations() -> Migrations<'static> {
    Migrations::new(vec![M::up(ONE), M::up(TWO), M::up(THREE), M::up(FOUR)])
}

/// The schema version this build writes.
pub(super) const VERSION: i64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_valid_and_counted() {
        migrations().validate().unwrap();
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        migrations().to_latest(&mut connection).unwrap();
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, VERSION);
    }
}
