//! The Internal-ID map: which record there is which record here, and what was last written to it.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::State;
use crate::error::Result;
use crate::model::{Fingerprint, Link, Listed, NetSuiteId, Pushed, WizId, rfc3339};

// Every kind is a large part of this table, and SQLite without statistics does not know: left alone it answers a question
// about one key by reading the whole kind along the primary key. So `indexed by` names the index, and a plus sign in front of
// a column keeps one out.
pub(super) const COLUMNS: &str = "kind, ns_id, wc_id, head, natural_key, external_id, fingerprint, image, flags, pushed, \
                       pushed_image, wc_seen, wc_number";

pub(super) fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let flags: String = row.get(8)?;
    Ok(Link {
        kind: row.get(0)?,
        ns_id: NetSuiteId(row.get(1)?),
        wc_id: WizId(row.get(2)?),
        head: NetSuiteId(row.get(3)?),
        natural_key: row.get(4)?,
        external_id: row.get(5)?,
        fingerprint: row.get::<_, Option<String>>(6)?.map(Fingerprint::from_stored),
        image: row.get(7)?,
        flags: flags.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        pushed: Some(Pushed {
            fingerprint: row.get::<_, Option<String>>(9)?.map(Fingerprint::from_stored),
            image: row.get(10)?,
            seen: row.get(11)?,
            number: row.get(12)?,
        })
        .filter(|pushed| *pushed != Pushed::default()),
    })
}

impl State {
    /// Finds the link of a NetSuite record.
    ///
    /// # Errors
    ///
    /// [`crate::error::ErrorKind::State`] when the file cannot be read; so for every question below.
    pub fn link(&self, kind: &str, ns_id: NetSuiteId) -> Result<Option<Link>> {
        self.one(&format!("select {COLUMNS} from link where kind = ?1 and ns_id = ?2"), params![kind, ns_id.0])
    }

    /// Finds the link of a natural key. Several records may carry one key; an active one is preferred.
    pub fn link_by_key(&self, kind: &str, key: &str) -> Result<Option<Link>> {
        self.one(
            &format!(
                "select {COLUMNS} from link indexed by link_by_key where kind = ?1 and natural_key = ?2 \
                 order by instr(flags, 'deactivated') > 0, ns_id limit 1"
            ),
            params![kind, key],
        )
    }

    /// Finds the link of a WizCommerce record.
    pub fn link_by_wiz(&self, kind: &str, wc_id: &str) -> Result<Option<Link>> {
        self.one(&format!("select {COLUMNS} from link where kind = ?1 and wc_id = ?2"), params![kind, wc_id])
    }

    /// Tells whether a WizCommerce record, or anything under a key that was derived from its id (`<id>/...`), is linked.
    pub fn has_links_of(&self, kind: &str, wc_id: &str) -> Result<bool> {
        self.connection
            .prepare_cached(
                "select 1 from link where kind = ?1 and (wc_id = ?2 or (wc_id >= ?2 || '/' and wc_id < ?2 || '0')) limit 1",
            )
            .and_then(|mut statement| statement.exists([kind, wc_id]))
            .map_err(|error| self.broken(error))
    }

    /// Finds the link of a record by the number people know it by in WizCommerce.
    pub fn link_by_number(&self, kind: &str, number: &str) -> Result<Option<Link>> {
        self.one(
            &format!(
                "select {COLUMNS} from link indexed by link_by_number where kind = ?1 and wc_number = ?2 order by ns_id limit 1"
            ),
            params![kind, number],
        )
    }

    /// Gives up to `limit` NetSuite ids above `after` that are linked as `kind` and kept, in order. Kept are records that are
    /// switched on and no stand-ins.
    pub fn linked_after(&self, kind: &str, after: i64, limit: usize) -> Result<Vec<i64>> {
        self.ids(
            "select ns_id from link where kind = ?1 and ns_id > ?2 and flags not like '%deactivated%' and flags not like '%ad_hoc%' \
             order by ns_id limit ?3",
            params![kind, after, i64::try_from(limit).unwrap_or(i64::MAX)],
        )
    }

    /// Gives the heads of links in an inclusive range of ids, whatever their flags.
    pub fn heads_between(&self, kind: &str, low: i64, high: i64) -> Result<Vec<i64>> {
        self.ids(
            "select distinct +head from link where kind = ?1 and ns_id between ?2 and ?3 order by 1",
            params![kind, low, high],
        )
    }

    /// Gives the kept linked records in an inclusive range of ids.
    pub fn linked_between(&self, kind: &str, low: i64, high: i64) -> Result<Vec<i64>> {
        self.ids(
            "select ns_id from link where kind = ?1 and ns_id between ?2 and ?3 and flags not like '%deactivated%' \
             and flags not like '%ad_hoc%' order by ns_id",
            params![kind, low, high],
        )
    }

    /// Gives the kept links of one kind that have no written link of another, e.g. products without stock. Records that
    /// are stored as rejected have their own time of coming back.
    pub fn linked_without(&self, kind: &str, other: &str) -> Result<Vec<i64>> {
        self.ids(
            "select l.ns_id from link l where l.kind = ?1 and l.flags not like '%deactivated%' and l.flags not like '%ad_hoc%' and not exists \
             (select 1 from link o where o.kind = ?2 and o.ns_id = l.ns_id and o.wc_id = l.wc_id and o.fingerprint is not null) \
             and not exists (select 1 from rejection r where r.entity = ?2 and r.direction = 'pull' and r.key = cast(l.ns_id as text)) \
             order by l.ns_id",
            params![kind, other],
        )
    }

    /// Counts links of a kind that are kept.
    pub fn count_active(&self, kind: &str) -> Result<u64> {
        let kept = "select count(*) from link where kind = ?1 and flags not like '%deactivated%' and flags not like '%ad_hoc%'";
        self.connection
            .query_row(kept, [kind], |row| row.get::<_, i64>(0))
            .map(|count| u64::try_from(count).unwrap_or(0))
            .map_err(|error| self.broken(error))
    }

    /// Gives the number of the newest link of all.
    pub fn newest_link(&self) -> Result<i64> {
        self.read("select coalesce((select cast(value as integer) from meta where key = 'newest-link'), 0)", |row| row.get(0))
    }

    /// Gives the records of a kind that were linked for the first time after the link of that number.
    pub fn linked_since(&self, kind: &str, serial: i64) -> Result<Vec<i64>> {
        self.ids(
            "select ns_id from link indexed by link_by_serial where kind = ?1 and serial > ?2 order by ns_id",
            params![kind, serial],
        )
    }

    /// Tells whether a create may be in flight.
    pub fn has_intent(&self, entity: &str, direction: &str, key: &str) -> Result<bool> {
        self.connection
            .prepare_cached("select 1 from intent where entity = ?1 and direction = ?2 and key = ?3")
            .and_then(|mut statement| statement.exists(params![entity, direction, key]))
            .map_err(|error| self.broken(error))
    }

    /// Gives the keys of all creates that may be in flight.
    pub fn intents(&self, entity: &str, direction: &str) -> Result<Vec<String>> {
        self.connection
            .prepare_cached("select key from intent where entity = ?1 and direction = ?2 order by key")
            .and_then(|mut statement| statement.query_map([entity, direction], |row| row.get(0))?.collect())
            .map_err(|error| self.broken(error))
    }

    /// Gives the keys of creates that were last sent before a moment, and whose outcome is not known.
    pub fn intents_before(&self, entity: &str, direction: &str, moment: Timestamp) -> Result<Vec<String>> {
        self.connection
            .prepare_cached("select key from intent where entity = ?1 and direction = ?2 and since < ?3 order by key")
            .and_then(|mut statement| statement.query_map([entity, direction, &rfc3339(moment)], |row| row.get(0))?.collect())
            .map_err(|error| self.broken(error))
    }

    /// Notes creates about to be sent. Returns only when they are on the disk (`correctness.md` 0.4).
    pub fn intend(&mut self, entity: &str, direction: &str, keys: &[String], now: Timestamp) -> Result<()> {
        let keys: Vec<(String, Option<String>)> = keys.iter().map(|key| (key.clone(), None)).collect();
        self.intend_with(entity, direction, &keys, now)
    }

    /// As [`State::intend`], each with what its source says now. What was noted when it was first sent stays: nobody knows which
    /// of several requests will have been executed, and what was said alike later is no change.
    pub fn intend_with(
        &mut self,
        entity: &str,
        direction: &str,
        keys: &[(String, Option<String>)],
        now: Timestamp,
    ) -> Result<()> {
        let since = rfc3339(now);
        self.change(|transaction| {
            let mut statement = transaction.prepare_cached(
                "insert into intent (entity, direction, key, since, image) values (?1, ?2, ?3, ?4, ?5) \
                 on conflict do update set since = excluded.since",
            )?;
            for (key, image) in keys {
                statement.execute(params![entity, direction, key, since, image])?;
            }
            Ok(())
        })
    }

    /// Gives what its source said when a create was first sent.
    pub fn intent_image(&self, entity: &str, direction: &str, key: &str) -> Result<Option<String>> {
        self.connection
            .prepare_cached("select image from intent where entity = ?1 and direction = ?2 and key = ?3")
            .and_then(|mut statement| statement.query_row(params![entity, direction, key], |row| row.get(0)).optional())
            .map(Option::flatten)
            .map_err(|error| self.broken(error))
    }

    /// Keeps a page of the target's listing.
    pub fn keep_listed(&mut self, kind: &str, records: &[Listed]) -> Result<()> {
        self.change(|transaction| {
            let mut statement = transaction.prepare_cached(
                "insert into target (kind, natural_key, wc_id, reference_id, active, group_key) values (?1, ?2, ?3, ?4, ?5, ?6) \
                 on conflict do update set reference_id = excluded.reference_id, active = excluded.active, \
                 group_key = excluded.group_key",
            )?;
            for record in records {
                statement.execute(params![
                    kind,
                    record.natural_key,
                    record.wc_id.0,
                    record.reference_id,
                    record.active,
                    record.group
                ])?;
            }
            Ok(())
        })
    }

    /// Gives what the listing has for a natural key.
    pub fn listed(&self, kind: &str, key: &str) -> Result<Vec<Listed>> {
        self.listing("natural_key", kind, key)
    }

    /// Gives what the listing has in a group.
    pub fn listed_in_group(&self, kind: &str, group: &str) -> Result<Vec<Listed>> {
        self.listing("group_key", kind, group)
    }

    fn listing(&self, column: &str, kind: &str, value: &str) -> Result<Vec<Listed>> {
        let read = |row: &Row<'_>| {
            Ok(Listed {
                natural_key: row.get(0)?,
                wc_id: WizId(row.get(1)?),
                reference_id: row.get(2)?,
                active: row.get(3)?,
                group: row.get(4)?,
            })
        };
        self.connection
            .prepare_cached(&format!(
                "select natural_key, wc_id, reference_id, active, group_key from target where kind = ?1 and {column} = ?2"
            ))
            .and_then(|mut statement| statement.query_map([kind, value], read)?.collect())
            .map_err(|error| self.broken(error))
    }

    fn one(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Option<Link>> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(parameters, link).optional())
            .map_err(|error| self.broken(error))
    }

    fn ids(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<i64>> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(parameters, |row| row.get(0))?.collect())
            .map_err(|error| self.broken(error))
    }
}

/// Writes links as part of a commit. A WizCommerce record that moves to another NetSuite record leaves the old one.
pub(super) fn write(transaction: &Transaction<'_>, links: &[Link], now: &str) -> rusqlite::Result<()> {
    let mut release = transaction.prepare_cached("delete from link where kind = ?1 and wc_id = ?2 and ns_id <> ?3")?;
    let mut write = transaction.prepare_cached(
        "insert into link (kind, ns_id, wc_id, head, natural_key, external_id, fingerprint, image, flags, updated_at, serial, \
         pushed, pushed_image, wc_seen, wc_number) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?13, ?14, ?15, ?16) \
         on conflict (kind, ns_id) do update set wc_id = excluded.wc_id, head = excluded.head, natural_key = excluded.natural_key, \
         external_id = excluded.external_id, fingerprint = excluded.fingerprint, image = excluded.image, flags = excluded.flags, updated_at = excluded.updated_at, \
         pushed = case when ?12 then excluded.pushed else link.pushed end, \
         pushed_image = case when ?12 then excluded.pushed_image else link.pushed_image end, \
         wc_seen = case when ?12 then excluded.wc_seen else link.wc_seen end, \
         wc_number = case when ?12 then excluded.wc_number else link.wc_number end",
    )?;
    // What hangs off a record is not kept up while that is off, so it counts as never written when it is back.
    let mut unkept = transaction.prepare_cached(
        "update link indexed by link_by_ns set fingerprint = null where ns_id = ?1 and wc_id = ?2 and kind <> ?3",
    )?;
    // Numbers are never given twice: a flow that saw the newest link must see the next one.
    let counted = "select coalesce((select cast(value as integer) from meta where key = 'newest-link'), 0)";
    let mut serial: i64 = transaction.prepare_cached(counted)?.query_row([], |row| row.get(0))?;
    for link in links {
        // A link that is there keeps its number.
        serial += 1;
        release.execute(params![link.kind, link.wc_id.0, link.ns_id.0])?;
        if link.has(crate::model::Flag::Deactivated) {
            unkept.execute(params![link.ns_id.0, link.wc_id.0, link.kind])?;
        }
        let pushed = link.pushed.clone().unwrap_or_default();
        write.execute(params![
            link.kind,
            link.ns_id.0,
            link.wc_id.0,
            link.head.0,
            link.natural_key,
            link.external_id,
            link.fingerprint.as_ref().map(Fingerprint::as_str),
            link.image,
            link.flags.join(","),
            now,
            serial,
            link.pushed.is_some(),
            pushed.fingerprint.as_ref().map(Fingerprint::as_str),
            pushed.image,
            pushed.seen,
            pushed.number,
        ])?;
    }
    if !links.is_empty() {
        transaction
            .prepare_cached(
                "insert into meta (key, value) values ('newest-link', ?1) on conflict do update set value = excluded.value",
            )?
            .execute([serial.to_string()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Flag;
    use crate::state::Commit;

    fn with_links(links: Vec<Link>) -> State {
        let mut state = State::in_memory().unwrap();
        state
            .commit(&Commit { entity: "products", direction: "pull", links, ..Commit::default() }, Timestamp::UNIX_EPOCH)
            .unwrap();
        state
    }

    #[test]
    fn links_are_found_from_every_side() {
        let mut lamp = Link::new("products", NetSuiteId(12), WizId("w-12".into()));
        lamp.head = NetSuiteId(10);
        lamp.natural_key = Some("LAMP".into());
        lamp.mark(Flag::AdHoc, true);
        let state = with_links(vec![lamp.clone()]);
        assert_eq!(state.link("products", NetSuiteId(12)).unwrap(), Some(lamp.clone()));
        assert_eq!(state.link_by_key("products", "LAMP").unwrap(), Some(lamp.clone()));
        assert_eq!(state.link_by_wiz("products", "w-12").unwrap(), Some(lamp.clone()));
        assert_eq!(state.heads_between("products", 12, 12).unwrap(), [10]);
        assert_eq!(state.link("inventory", NetSuiteId(12)).unwrap(), None);
    }

    #[test]
    fn what_a_push_noted_survives_a_pull() {
        let mut order = Link::new("orders", NetSuiteId(7), WizId("w-7".into()));
        let pushed = Pushed {
            fingerprint: Some(Fingerprint::of(b"as pushed")),
            number: Some("W2001".into()),
            seen: Some("2026-03-01T00:00:00Z".into()),
            image: None,
        };
        order.pushed = Some(pushed.clone());
        let mut state = with_links(vec![order]);
        let mut pulled = Link::new("orders", NetSuiteId(7), WizId("w-7".into()));
        pulled.fingerprint = Some(Fingerprint::of(b"as pulled"));
        let commit = Commit { entity: "orders", direction: "pull", links: vec![pulled.clone()], ..Commit::default() };
        state.commit(&commit, Timestamp::UNIX_EPOCH).unwrap();
        let found = state.link_by_number("orders", "W2001").unwrap().unwrap();
        assert_eq!((found.pushed, found.fingerprint), (Some(pushed), pulled.fingerprint));
        assert_eq!(state.link_by_number("estimates", "W2001").unwrap(), None);
    }

    #[test]
    fn a_wizcommerce_record_has_one_owner() {
        let mut state = with_links(vec![Link::new("products", NetSuiteId(1), WizId("w".into()))]);
        let moved = Commit {
            entity: "products",
            direction: "pull",
            links: vec![Link::new("products", NetSuiteId(2), WizId("w".into()))],
            ..Commit::default()
        };
        state.commit(&moved, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(state.link("products", NetSuiteId(1)).unwrap(), None);
        assert_eq!(state.link_by_wiz("products", "w").unwrap().unwrap().ns_id, NetSuiteId(2));
    }

    #[test]
    fn switched_off_records_are_not_listed_as_active() {
        let mut off = Link::new("products", NetSuiteId(1), WizId("a".into()));
        off.mark(Flag::Deactivated, true);
        let state = with_links(vec![off, Link::new("products", NetSuiteId(2), WizId("b".into()))]);
        assert_eq!(state.linked_after("products", 0, 10).unwrap(), [2]);
        assert_eq!(state.linked_without("products", "inventory").unwrap(), [2]);
        assert_eq!(state.count_active("products").unwrap(), 1);
    }

    #[test]
    fn what_hangs_under_a_record_counts_as_its_link_and_a_namesake_does_not() {
        let mut state = State::in_memory().unwrap();
        let link = |id, key: &str| Link::new("payments", NetSuiteId(id), WizId(key.into()));
        let links = vec![link(1, "w/1000"), link(2, "wide"), link(3, "x")];
        let commit = Commit { entity: "payments", direction: "push", links, ..Commit::default() };
        state.commit(&commit, Timestamp::UNIX_EPOCH).unwrap();
        for (id, expected) in [("w", true), ("x", true), ("wid", false), ("w/1", false), ("y", false)] {
            assert_eq!(state.has_links_of("payments", id).unwrap(), expected, "{id}");
        }
        assert!(!state.has_links_of("orders", "w").unwrap());
    }

    #[test]
    fn intents_stay_until_they_are_closed() {
        let mut state = State::in_memory().unwrap();
        state.intend("products", "pull", &["A".into(), "B".into()], Timestamp::UNIX_EPOCH).unwrap();
        assert!(state.has_intent("products", "pull", "A").unwrap());
        let closed = Commit { entity: "products", direction: "pull", closed: vec!["A".into()], ..Commit::default() };
        state.commit(&closed, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(state.intents("products", "pull").unwrap(), ["B"]);
    }
}
