//! Where each flow stands: cursors, the bounds of an unfinished run, and checksums of blocks without time stamps.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::State;
use crate::error::Result;
use crate::model::{Direction, rfc3339};

/// How much a run looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything.
    Full,
    /// What changed since the cursor.
    Incremental,
    /// Named records only; no cursor is touched.
    Ids,
}

impl Mode {
    /// Gives the word used in JSON and the state file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
            Self::Ids => "ids",
        }
    }
}

/// The fixed filter of one run, kept so that an interrupted run resumes with the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// How much it looks at.
    pub mode: Mode,
    /// Changes from here on, UTC; `None` for all.
    pub low: Option<Timestamp>,
    /// The source's clock before the first query: the next cursor.
    pub high: Timestamp,
    /// Digest of the configuration it runs with.
    pub mapping: String,
    /// Heads up to this id are done.
    pub resume: Option<i64>,
    /// The number of the newest link when it began: what was linked later is looked at by the next run.
    pub links: i64,
}

/// Where a flow stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Everything up to here has arrived or is stored as rejected; `None` before the first finished run.
    pub position: Option<Timestamp>,
    /// Digest of the configuration the position was reached with.
    pub mapping: Option<String>,
    /// The bounds of a run that did not finish.
    pub unfinished: Option<Bounds>,
    /// When the last run finished.
    pub finished_at: Option<Timestamp>,
    /// The number of the newest link when the last finished run began.
    pub links_seen: i64,
}

/// Checksums by block: the block's first id and a digest of its rows.
pub type Blocks = BTreeMap<i64, String>;

impl State {
    /// Gives where a flow stands.
    ///
    /// # Errors
    ///
    /// [`crate::error::ErrorKind::State`] when the file cannot be read or written; so for every method below.
    pub fn cursor(&self, entity: &str, direction: &str) -> Result<Cursor> {
        let moment = |text: Option<String>| text.and_then(|text| text.parse::<Timestamp>().ok());
        let read = |row: &rusqlite::Row<'_>| {
            let mode: Option<String> = row.get(2)?;
            let high = moment(row.get(4)?);
            let mode = mode.map(|mode| if mode == "full" { Mode::Full } else { Mode::Incremental });
            let unfinished = match (mode, high) {
                (Some(mode), Some(high)) => Some(Bounds {
                    mode,
                    low: moment(row.get(3)?),
                    high,
                    mapping: row.get::<_, Option<String>>(5)?.unwrap_or_default(),
                    resume: row.get(6)?,
                    links: row.get::<_, Option<i64>>(9)?.unwrap_or_default(),
                }),
                _ => None,
            };
            Ok(Cursor {
                position: moment(row.get(0)?),
                mapping: row.get(1)?,
                unfinished,
                finished_at: moment(row.get(7)?),
                links_seen: row.get(8)?,
            })
        };
        self.connection
            .query_row(
                "select position, mapping, run_mode, run_low, run_high, run_mapping, run_resume, finished_at, \
                 links_seen, run_links from cursor where entity = ?1 and direction = ?2",
                [entity, direction],
                read,
            )
            .optional()
            .map(Option::unwrap_or_default)
            .map_err(|error| self.broken(error))
    }

    /// Stores the bounds of a run and the checksums as of its start, before anything is read.
    pub fn start_run_of(
        &mut self,
        entity: &str,
        direction: &str,
        bounds: &Bounds,
        blocks: &BTreeMap<String, Blocks>,
    ) -> Result<()> {
        self.change(|transaction| {
            transaction.execute(
                "insert into cursor (entity, direction, run_mode, run_low, run_high, run_mapping, run_resume, run_links) \
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict do update set run_mode = excluded.run_mode, \
                 run_low = excluded.run_low, run_high = excluded.run_high, run_mapping = excluded.run_mapping, \
                 run_resume = excluded.run_resume, run_links = excluded.run_links",
                params![
                    entity,
                    direction,
                    bounds.mode.word(),
                    bounds.low.map(rfc3339),
                    rfc3339(bounds.high),
                    bounds.mapping,
                    bounds.resume,
                    bounds.links
                ],
            )?;
            let kept = kept_by(entity, direction);
            transaction.execute("update block set pending = null where entity = ?1", [kept])?;
            let mut statement = transaction.prepare_cached(
                "insert into block (entity, finder, block, pending) values (?1, ?2, ?3, ?4) \
                 on conflict do update set pending = excluded.pending",
            )?;
            for (finder, blocks) in blocks {
                for (block, digest) in blocks {
                    statement.execute(params![kept, finder, block, digest])?;
                }
            }
            Ok(())
        })
    }

    /// Ends a run: moves the cursor, takes over the checksums of the run's start, forgets its bounds and its listing.
    pub fn finish_run_of(
        &mut self,
        entity: &str,
        direction: &str,
        bounds: &Bounds,
        kinds: &[&str],
        now: Timestamp,
    ) -> Result<()> {
        self.change(|transaction| {
            for kind in kinds {
                transaction.execute("delete from target where kind = ?1", [kind])?;
            }
            let kept = kept_by(entity, direction);
            transaction.execute("delete from block where entity = ?1 and pending is null", [kept])?;
            transaction.execute("update block set digest = pending, pending = null where entity = ?1", [kept])?;
            // The cursor moves last, and never backwards.
            transaction.execute(
                "update cursor set position = max(coalesce(position, ''), ?3), mapping = ?4, run_mode = null, run_low = null, \
                 run_high = null, run_mapping = null, run_resume = null, run_links = null, finished_at = ?5, \
                 links_seen = max(links_seen, ?6) where entity = ?1 and direction = ?2",
                params![entity, direction, rfc3339(bounds.high), bounds.mapping, rfc3339(now), bounds.links],
            )?;
            Ok(())
        })
    }

    /// Forgets a run that was stopped before its first write, with the checksums of its start.
    pub fn abandon_run_of(&mut self, entity: &str, direction: &str) -> Result<()> {
        self.change(|transaction| {
            let kept = kept_by(entity, direction);
            transaction.execute("delete from block where entity = ?1 and digest is null", [kept])?;
            transaction.execute("update block set pending = null where entity = ?1", [kept])?;
            transaction
                .execute(
                    "update cursor set run_mode = null, run_low = null, run_high = null, run_mapping = null, run_resume = null, \
                     run_links = null where entity = ?1 and direction = ?2",
                    [entity, direction],
                )
                .map(|_| ())
        })
    }

    /// Gives the checksums of the last finished run, or those of the unfinished one's start.
    pub fn blocks(&self, entity: &str, finder: &str, pending: bool) -> Result<Blocks> {
        let column = if pending { "pending" } else { "digest" };
        self.connection
            .prepare_cached(&format!(
                "select block, {column} from block where entity = ?1 and finder = ?2 and {column} is not null"
            ))
            .and_then(|mut statement| statement.query_map([entity, finder], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .map_err(|error| self.broken(error))
    }
}

/// Names the entity whose checksums belong to a flow: they are NetSuite's, so a flow that goes there has none and leaves those of
/// the way back alone.
fn kept_by<'a>(entity: &'a str, direction: &str) -> &'a str {
    if direction == Direction::Pull.name() { entity } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Commit;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn bounds(high: &str) -> Bounds {
        Bounds { mode: Mode::Full, low: None, high: at(high), mapping: "m".into(), resume: None, links: 0 }
    }

    #[test]
    fn an_unfinished_run_keeps_its_bounds_and_its_place() {
        let mut state = State::in_memory().unwrap();
        let run = bounds("2026-03-01T10:00:00Z");
        state.start_run_of("products", "pull", &run, &BTreeMap::new()).unwrap();
        let batch = Commit { entity: "products", direction: "pull", resume: Some(500), ..Commit::default() };
        state.commit(&batch, at("2026-03-01T10:01:00Z")).unwrap();
        let cursor = state.cursor("products", "pull").unwrap();
        assert_eq!(cursor.position, None, "nothing is finished yet");
        assert_eq!(cursor.unfinished, Some(Bounds { resume: Some(500), ..run }));
    }

    #[test]
    fn finishing_moves_the_cursor_forward_only() {
        let mut state = State::in_memory().unwrap();
        for high in ["2026-03-01T10:00:00Z", "2026-02-01T10:00:00Z"] {
            let run = bounds(high);
            state.start_run_of("products", "pull", &run, &BTreeMap::new()).unwrap();
            state.finish_run_of("products", "pull", &run, &["products"], at(high)).unwrap();
        }
        let cursor = state.cursor("products", "pull").unwrap();
        assert_eq!(cursor.position, Some(at("2026-03-01T10:00:00Z")));
        assert_eq!(cursor.unfinished, None);
    }

    #[test]
    fn checksums_of_the_start_count_only_once_the_run_is_finished() {
        let mut state = State::in_memory().unwrap();
        let known =
            |pairs: &[(i64, &str)]| pairs.iter().map(|(block, digest)| (*block, (*digest).to_owned())).collect::<Blocks>();
        let run = bounds("2026-03-01T10:00:00Z");
        let first = BTreeMap::from([("prices".to_owned(), known(&[(0, "a"), (100, "b")]))]);
        state.start_run_of("products", "pull", &run, &first).unwrap();
        assert_eq!(state.blocks("products", "prices", false).unwrap(), Blocks::new());
        assert_eq!(state.blocks("products", "prices", true).unwrap(), first["prices"]);
        state.finish_run_of("products", "pull", &run, &[], run.high).unwrap();
        let second = BTreeMap::from([("prices".to_owned(), known(&[(100, "c")]))]);
        state.start_run_of("products", "pull", &run, &second).unwrap();
        assert_eq!(state.blocks("products", "prices", false).unwrap(), first["prices"]);
        state.finish_run_of("products", "pull", &run, &[], run.high).unwrap();
        assert_eq!(state.blocks("products", "prices", false).unwrap(), second["prices"], "a block that is gone is forgotten");
    }

    #[test]
    fn a_push_leaves_the_checksums_of_the_pull_alone() {
        let mut state = State::in_memory().unwrap();
        let blocks = |digest: &str| BTreeMap::from([("address book".to_owned(), Blocks::from([(500, digest.to_owned())]))]);
        let run = bounds("2026-03-01T10:00:00Z");
        state.start_run_of("customers", "pull", &run, &blocks("a")).unwrap();
        state.finish_run_of("customers", "pull", &run, &[], run.high).unwrap();
        // One pull is under way when the pushes begin and end.
        state.start_run_of("customers", "pull", &run, &blocks("b")).unwrap();
        state.start_run_of("customers", "push", &run, &BTreeMap::new()).unwrap();
        state.finish_run_of("customers", "push", &run, &[], run.high).unwrap();
        state.start_run_of("customers", "push", &run, &BTreeMap::new()).unwrap();
        state.abandon_run_of("customers", "push").unwrap();
        assert_eq!(state.blocks("customers", "address book", false).unwrap(), blocks("a")["address book"]);
        assert_eq!(state.blocks("customers", "address book", true).unwrap(), blocks("b")["address book"]);
    }
}
