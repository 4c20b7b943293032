//! The Internal-ID map in the hands of a person: found by any name, listed whole, mended link by link.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::State;
use super::links::{COLUMNS, link};
use crate::error::Result;
use crate::model::{Link, Listed, NetSuiteId, WizId, rfc3339};

/// A link with the time of its last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The link.
    pub link: Link,
    /// When it was last written, RFC 3339.
    pub updated_at: String,
}

/// Kinds of links that mean nothing without a link of this kind: they are forgotten with it.
fn kept_with(kind: &str) -> &'static [&'static str] {
    match kind {
        "products" => &["inventory"],
        "customers" => &["contacts", "addresses"],
        _ => &[],
    }
}

/// Kinds of links that belong to an entity: its own, and those of what its records consist of or hang in.
pub fn kinds_of(kind: &str) -> Vec<&str> {
    let beside: &[&str] = match kind {
        "products" => &["product-groups"],
        "inventory" => &["warehouses"],
        "customers" => &["contacts", "addresses"],
        _ => &[],
    };
    std::iter::once(kind).chain(beside.iter().copied()).collect()
}

impl State {
    /// Finds the link of a record by its external id in NetSuite.
    ///
    /// # Errors
    ///
    /// [`crate::error::ErrorKind::State`] when the file cannot be read or written; so for every method below.
    pub fn link_by_external(&self, kind: &str, external_id: &str) -> Result<Option<Link>> {
        self.connection
            .prepare_cached(&format!("select {COLUMNS} from link where kind = ?1 and external_id = ?2 order by ns_id limit 1"))
            .and_then(|mut statement| statement.query_row([kind, external_id], link).optional())
            .map_err(|error| self.broken(error))
    }

    /// Finds the link of a record by whatever a person calls it: Internal ID, WizCommerce id, SKU or number on either side,
    /// external id; in this order, since an Internal ID may look like somebody's number.
    pub fn link_by_any(&self, kind: &str, name: &str) -> Result<Option<Link>> {
        if let Ok(id) = name.parse()
            && let Some(link) = self.link(kind, NetSuiteId(id))?
        {
            return Ok(Some(link));
        }
        if let Some(link) = self.link_by_wiz(kind, name)? {
            return Ok(Some(link));
        }
        if let Some(link) = self.link_by_key(kind, name)? {
            return Ok(Some(link));
        }
        match self.link_by_number(kind, name)? {
            Some(link) => Ok(Some(link)),
            None => self.link_by_external(kind, name),
        }
    }

    /// Hands over every link, by kind and Internal ID; those of some kinds when they are named. One row is held at a time.
    pub fn each_link(&self, kinds: &[&str], mut take: impl FnMut(LinkRow) -> Result<()>) -> Result<()> {
        // Texts of a closed list, quoted all the same.
        let named: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.replace('\'', "''"))).collect();
        let condition = if named.is_empty() { String::new() } else { format!("where kind in ({}) ", named.join(", ")) };
        let sql = format!("select {COLUMNS}, updated_at from link {condition}order by kind, ns_id");
        let mut statement = self.connection.prepare(&sql).map_err(|error| self.broken(error))?;
        let mut rows = statement.query([]).map_err(|error| self.broken(error))?;
        while let Some(row) = rows.next().map_err(|error| self.broken(error))? {
            let read = link(row).and_then(|link| Ok(LinkRow { link, updated_at: row.get("updated_at")? }));
            take(read.map_err(|error| self.broken(error))?)?;
        }
        Ok(())
    }

    /// Removes a link and those that mean nothing without it. Gives what was removed, the link itself first.
    pub fn forget(&mut self, kind: &str, ns_id: NetSuiteId) -> Result<Vec<Link>> {
        self.change(|transaction| {
            let mut own = transaction.prepare_cached(&format!("select {COLUMNS} from link where kind = ?1 and ns_id = ?2"))?;
            let mut headed = transaction
                .prepare_cached(&format!("select {COLUMNS} from link where kind = ?1 and head = ?2 order by ns_id"))?;
            let mut remove = transaction.prepare_cached("delete from link where kind = ?1 and ns_id = ?2")?;
            let mut gone: Vec<Link> = own.query_map(params![kind, ns_id.0], link)?.collect::<rusqlite::Result<_>>()?;
            let Some(head) = gone.first().map(|link| link.head) else { return Ok(gone) };
            for kind in kept_with(kind) {
                gone.extend(headed.query_map(params![kind, ns_id.0], link)?.collect::<rusqlite::Result<Vec<_>>>()?);
            }
            for link in &gone {
                remove.execute(params![link.kind, link.ns_id.0])?;
            }
            // A group is known through its members.
            if kind == "products" && !headed.exists(params![kind, head.0])? {
                let groups: Vec<Link> =
                    own.query_map(params!["product-groups", head.0], link)?.collect::<rusqlite::Result<_>>()?;
                for group in groups {
                    remove.execute(params![group.kind, group.ns_id.0])?;
                    gone.push(group);
                }
            }
            Ok(gone)
        })
    }

    /// Makes stored rejections of a record due now, whichever way it was to go: the next run tries it again, and success
    /// clears them. Gives how many there are.
    pub fn retry_now(&mut self, entity: &str, ns_id: NetSuiteId, wc_id: &str, now: Timestamp) -> Result<usize> {
        let (now, ns_id) = (rfc3339(now), ns_id.to_string());
        self.change(|transaction| {
            transaction.execute(
                "update rejection set next_at = min(next_at, ?4) where entity = ?1 \
                 and ((direction = 'pull' and (key = ?2 or head = ?2)) or (direction = 'push' and (key = ?3 or head = ?3)))",
                params![entity, ns_id, wc_id, now],
            )
        })
    }

    /// Gives the records of a listing whose natural keys come after one, of so many keys, in order; all records of a key
    /// together.
    pub fn listed_after(&self, kind: &str, after: &str, keys: usize) -> Result<Vec<Listed>> {
        self.connection
            .prepare_cached(
                "select natural_key, wc_id, reference_id, active, group_key from target where kind = ?1 and natural_key in \
                 (select distinct natural_key from target where kind = ?1 and natural_key > ?2 order by natural_key limit ?3) \
                 order by natural_key, wc_id",
            )
            .and_then(|mut statement| {
                let rows = statement.query_map(params![kind, after, i64::try_from(keys).unwrap_or(i64::MAX)], |row| {
                    Ok(Listed {
                        natural_key: row.get(0)?,
                        wc_id: WizId(row.get(1)?),
                        reference_id: row.get(2)?,
                        active: row.get(3)?,
                        group: row.get(4)?,
                    })
                })?;
                rows.collect()
            })
            .map_err(|error| self.broken(error))
    }

    /// Forgets a listing.
    pub fn forget_listing(&mut self, kind: &str) -> Result<()> {
        self.change(|transaction| transaction.execute("delete from target where kind = ?1", [kind]).map(|_| ()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Pushed, Reason, Rejection};
    use crate::state::Commit;

    fn with_links(links: Vec<Link>) -> State {
        let mut state = State::in_memory().unwrap();
        let commit = Commit { entity: "products", direction: "pull", links, ..Commit::default() };
        state.commit(&commit, Timestamp::UNIX_EPOCH).unwrap();
        state
    }

    fn made(kind: &str, ns_id: i64, head: i64, wc_id: &str) -> Link {
        let mut link = Link::new(kind, NetSuiteId(ns_id), WizId(wc_id.into()));
        link.head = NetSuiteId(head);
        link
    }

    #[test]
    fn a_link_is_found_by_every_name_and_by_its_internal_id_first() {
        let mut order = made("orders", 7, 7, "w-7");
        order.natural_key = Some("SO7".into());
        order.external_id = Some("wz_so_w-7".into());
        order.pushed = Some(Pushed { number: Some("W2001".into()), ..Pushed::default() });
        let mut other = made("orders", 8, 8, "w-8");
        other.natural_key = Some("7".into());
        let state = with_links(vec![order, other]);
        for name in ["7", "w-7", "SO7", "W2001", "wz_so_w-7"] {
            assert_eq!(state.link_by_any("orders", name).unwrap().map(|link| link.ns_id), Some(NetSuiteId(7)), "{name}");
        }
        assert_eq!(state.link_by_any("orders", "9").unwrap(), None);
        assert_eq!(state.link_by_any("invoices", "7").unwrap(), None);
    }

    #[test]
    fn links_are_listed_in_order_and_by_kind() {
        let links = [("orders", 10), ("customers", 3), ("orders", 9), ("product-groups", 1)];
        let state = with_links(links.iter().map(|(kind, id)| made(kind, *id, *id, &format!("w-{id}"))).collect());
        let listed = |kinds: &[&str]| {
            let mut seen = Vec::new();
            let take = |row: LinkRow| {
                assert_eq!(row.updated_at, "1970-01-01T00:00:00Z");
                seen.push((row.link.kind, row.link.ns_id.0));
                Ok(())
            };
            state.each_link(kinds, take).unwrap();
            seen
        };
        let names = |seen: Vec<(String, i64)>| seen.into_iter().map(|(kind, id)| format!("{kind} {id}")).collect::<Vec<_>>();
        assert_eq!(names(listed(&[])), ["customers 3", "orders 9", "orders 10", "product-groups 1"]);
        assert_eq!(names(listed(&["orders"])), ["orders 9", "orders 10"]);
        assert_eq!(names(listed(&["it's none"])), [""; 0]);
        assert_eq!(kinds_of("products"), ["products", "product-groups"]);
    }

    #[test]
    fn what_hangs_on_a_link_is_forgotten_with_it_and_nothing_else_is() {
        let mut state = with_links(vec![
            made("products", 11, 10, "p-11"),
            made("products", 12, 10, "p-12"),
            made("inventory", 11, 11, "p-11"),
            made("inventory", 12, 12, "p-12"),
            made("product-groups", 10, 10, "LAMP"),
            made("customers", 11, 11, "c-11"),
            made("contacts", 90, 11, "k-90"),
        ]);
        let forget = |state: &mut State, kind: &str, id: i64| {
            let gone = state.forget(kind, NetSuiteId(id)).unwrap();
            gone.into_iter().map(|link| format!("{} {}", link.kind, link.ns_id)).collect::<Vec<_>>()
        };
        assert_eq!(forget(&mut state, "products", 11), ["products 11", "inventory 11"]);
        assert_eq!(forget(&mut state, "products", 12), ["products 12", "inventory 12", "product-groups 10"]);
        assert_eq!(forget(&mut state, "products", 12), [""; 0]);
        assert_eq!(forget(&mut state, "customers", 11), ["customers 11", "contacts 90"]);
        let mut left = 0;
        state
            .each_link(&[], |_| {
                left += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn rejections_of_a_record_are_due_at_once_in_both_directions() {
        let mut state = State::in_memory().unwrap();
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        for (direction, key) in [("pull", "7"), ("push", "w-7"), ("pull", "8")] {
            let rejections = vec![Rejection::new(key, key, Reason::AmbiguousMatch, "two records")];
            state.commit(&Commit { entity: "orders", direction, rejections, ..Commit::default() }, now).unwrap();
        }
        assert_eq!(state.retry_now("orders", NetSuiteId(7), "w-7", now).unwrap(), 2);
        assert_eq!(state.rejected_heads("orders", "pull", crate::state::Due::At(now)).unwrap(), [7]);
        assert_eq!(state.rejected_keys("orders", "push", crate::state::Due::At(now)).unwrap(), ["w-7"]);
        assert_eq!(state.retry_now("invoices", NetSuiteId(7), "w-7", now).unwrap(), 0);
    }

    #[test]
    fn a_listing_is_read_by_keys_and_forgotten() {
        let mut state = State::in_memory().unwrap();
        let listed = |key: &str, id: &str| Listed {
            natural_key: key.into(),
            wc_id: WizId(id.into()),
            reference_id: Some(key.into()),
            active: true,
            group: None,
        };
        let all = [listed("1", "a"), listed("2", "b"), listed("2", "c"), listed("3", "d")];
        state.keep_listed("orders", &all).unwrap();
        assert_eq!(state.listed_after("orders", "", 2).unwrap(), all[..3]);
        assert_eq!(state.listed_after("orders", "2", 2).unwrap(), all[3..]);
        state.forget_listing("orders").unwrap();
        assert_eq!(state.listed_after("orders", "", 2).unwrap(), []);
    }
}
