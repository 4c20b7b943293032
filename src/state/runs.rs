//! What happened: runs, the rejections they left, and the one transaction that ends a batch.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{State, links};
use crate::error::Result;
use crate::model::{Link, Reason, Rejection, rfc3339};

/// Everything one batch changes, written in one transaction.
#[derive(Debug, Default)]
pub struct Commit<'a> {
    /// The flow's entity.
    pub entity: &'a str,
    /// The flow's direction.
    pub direction: &'a str,
    /// The run.
    pub run: &'a str,
    /// Links made or renewed.
    pub links: Vec<Link>,
    /// Creates whose outcome is known now.
    pub closed: Vec<String>,
    /// Records that were not written.
    pub rejections: Vec<Rejection>,
    /// Records that are no longer rejected.
    pub cleared: Vec<String>,
    /// Heads up to this id are done.
    pub resume: Option<i64>,
    /// Creates of other entities whose outcome is known now: entity and key.
    pub closed_elsewhere: Vec<(String, String)>,
}

impl Commit<'_> {
    /// Forgets what was written, to go on with the same batch.
    pub fn reset(&mut self) {
        let (entity, direction, run) = (self.entity, self.direction, self.run);
        *self = Self { entity, direction, run, ..Self::default() };
    }
}

/// A stored rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectionRow {
    /// The row's own number, by which a person names it.
    pub id: i64,
    /// The flow's entity.
    pub entity: String,
    /// The flow's direction.
    pub direction: String,
    /// What and why.
    pub rejection: Rejection,
    /// How often it was tried.
    pub attempts: i64,
    /// First time, RFC 3339.
    pub first_at: String,
    /// Last time.
    pub last_at: String,
    /// When it is tried again by itself.
    pub next_at: String,
    /// The run that tried it last.
    pub run_id: String,
}

/// Which rejections to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Those whose time has come.
    At(Timestamp),
    /// All of them.
    All,
}

/// A stored run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// The run's id.
    pub id: String,
    /// The command as typed, without flags.
    pub command: String,
    /// Start, RFC 3339.
    pub started_at: String,
    /// End; `None` while it runs, or when it was killed.
    pub finished_at: Option<String>,
    /// `ok`, `partial`, `failed`, `interrupted` or `locked`.
    pub outcome: Option<String>,
    /// The exit code.
    pub exit_code: Option<i64>,
    /// Totals over all flows, JSON.
    pub counts: String,
    /// The whole result, JSON.
    pub report: Option<String>,
}

/// Rejections are tried again after 15 minutes, then at doubling distance, at most a day apart.
fn next_try(now: Timestamp, attempts: i64) -> Timestamp {
    let minutes = 15_u64 << attempts.clamp(1, 8).unsigned_abs().saturating_sub(1);
    let wait = Duration::from_secs(60 * minutes).min(Duration::from_secs(86_400));
    now.checked_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO)).unwrap_or(now)
}

fn rejection(row: &Row<'_>) -> rusqlite::Result<RejectionRow> {
    let reason: String = row.get(6)?;
    Ok(RejectionRow {
        id: row.get(0)?,
        entity: row.get(1)?,
        direction: row.get(2)?,
        rejection: Rejection {
            key: row.get(3)?,
            head: row.get(4)?,
            label: row.get(5)?,
            reason: Reason::from_word(&reason).unwrap_or(Reason::InvalidRecord),
            message: row.get(7)?,
            hint: row.get(8)?,
        },
        attempts: row.get(9)?,
        first_at: row.get(10)?,
        last_at: row.get(11)?,
        next_at: row.get(12)?,
        run_id: row.get(13)?,
    })
}

const REJECTION: &str =
    "id, entity, direction, key, head, label, reason, message, hint, attempts, first_at, last_at, next_at, run_id";

impl State {
    /// Ends a batch: links, closed intents, rejections and the resume key, in one transaction.
    ///
    /// # Errors
    ///
    /// [`crate::error::ErrorKind::State`] when the file cannot be written; nothing of the batch is kept then.
    pub fn commit(&mut self, batch: &Commit<'_>, now: Timestamp) -> Result<()> {
        let stamp = rfc3339(now);
        self.change(|transaction| {
            links::write(transaction, &batch.links, &stamp)?;
            let mut close = transaction.prepare_cached("delete from intent where entity = ?1 and direction = ?2 and key = ?3")?;
            for key in &batch.closed {
                close.execute(params![batch.entity, batch.direction, key])?;
            }
            for (entity, key) in &batch.closed_elsewhere {
                close.execute(params![entity, batch.direction, key])?;
            }
            let mut clear =
                transaction.prepare_cached("delete from rejection where entity = ?1 and direction = ?2 and key = ?3")?;
            for key in &batch.cleared {
                clear.execute(params![batch.entity, batch.direction, key])?;
            }
            let mut attempts =
                transaction.prepare_cached("select attempts from rejection where entity = ?1 and direction = ?2 and key = ?3")?;
            let mut reject = transaction.prepare_cached(
                "insert into rejection (entity, direction, key, head, label, reason, message, hint, attempts, first_at, last_at, \
                 next_at, run_id) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12) \
                 on conflict (entity, direction, key) do update set head = excluded.head, label = excluded.label, \
                 reason = excluded.reason, message = excluded.message, hint = excluded.hint, attempts = excluded.attempts, \
                 last_at = excluded.last_at, next_at = excluded.next_at, run_id = excluded.run_id",
            )?;
            for rejection in &batch.rejections {
                let before: Option<i64> =
                    attempts.query_row(params![batch.entity, batch.direction, rejection.key], |row| row.get(0)).optional()?;
                let count = before.unwrap_or(0) + 1;
                reject.execute(params![
                    batch.entity,
                    batch.direction,
                    rejection.key,
                    rejection.head,
                    rejection.label,
                    rejection.reason.word(),
                    rejection.message,
                    rejection.hint,
                    count,
                    stamp,
                    rfc3339(next_try(now, count)),
                    batch.run,
                ])?;
            }
            if let Some(resume) = batch.resume {
                transaction.execute(
                    "update cursor set run_resume = ?3 where entity = ?1 and direction = ?2 and run_mode is not null",
                    params![batch.entity, batch.direction, resume],
                )?;
            }
            Ok(())
        })
    }

    /// Gives the heads of rejected records that should be tried again, in order.
    ///
    /// # Errors
    ///
    /// [`crate::error::ErrorKind::State`] when the file cannot be read or written; so for every method below.
    pub fn rejected_heads(&self, entity: &str, direction: &str, due: Due) -> Result<Vec<i64>> {
        let until = match due {
            Due::At(now) => rfc3339(now),
            // Later than any stamp that is written.
            Due::All => "9999".to_owned(),
        };
        self.connection
            .prepare_cached(
                "select distinct cast(head as integer) from rejection where entity = ?1 and direction = ?2 and next_at <= ?3 order by 1",
            )
            .and_then(|mut statement| statement.query_map(params![entity, direction, until], |row| row.get(0))?.collect())
            .map_err(|error| self.broken(error))
    }

    /// As [`State::rejected_heads`], for heads that are no numbers.
    pub fn rejected_keys(&self, entity: &str, direction: &str, due: Due) -> Result<Vec<String>> {
        let until = match due {
            Due::At(now) => rfc3339(now),
            // Later than any stamp that is written.
            Due::All => "9999".to_owned(),
        };
        self.connection
            .prepare_cached(
                "select distinct head from rejection where entity = ?1 and direction = ?2 and next_at <= ?3 order by head",
            )
            .and_then(|mut statement| statement.query_map(params![entity, direction, until], |row| row.get(0))?.collect())
            .map_err(|error| self.broken(error))
    }

    /// Gives the heads of rejected records in an inclusive range of ids.
    pub fn rejected_between(&self, entity: &str, direction: &str, low: i64, high: i64) -> Result<Vec<i64>> {
        self.connection
            .prepare_cached(
                "select distinct cast(head as integer) from rejection \
                 where entity = ?1 and direction = ?2 and cast(key as integer) between ?3 and ?4 order by 1",
            )
            .and_then(|mut statement| statement.query_map(params![entity, direction, low, high], |row| row.get(0))?.collect())
            .map_err(|error| self.broken(error))
    }

    /// Finds the stored rejection of a record.
    pub fn rejection_of(&self, entity: &str, direction: &str, key: &str) -> Result<Option<RejectionRow>> {
        self.connection
            .prepare_cached(&format!("select {REJECTION} from rejection where entity = ?1 and direction = ?2 and key = ?3"))
            .and_then(|mut statement| statement.query_row(params![entity, direction, key], rejection).optional())
            .map_err(|error| self.broken(error))
    }

    /// Lists stored rejections, newest first; those of one run when it is named (a prefix of its id is enough).
    pub fn rejections(&self, run: Option<&str>) -> Result<Vec<RejectionRow>> {
        self.connection
            .prepare_cached(&format!(
                "select {REJECTION} from rejection where ?1 is null or substr(run_id, 1, length(?1)) = ?1 order by last_at desc, id"
            ))
            .and_then(|mut statement| statement.query_map([run], rejection)?.collect())
            .map_err(|error| self.broken(error))
    }

    /// Finds one stored rejection by its number.
    pub fn rejection(&self, id: i64) -> Result<Option<RejectionRow>> {
        self.connection
            .query_row(&format!("select {REJECTION} from rejection where id = ?1"), [id], rejection)
            .optional()
            .map_err(|error| self.broken(error))
    }

    /// Forgets a rejection; the record is taken up again when it changes.
    pub fn dismiss(&mut self, id: i64) -> Result<bool> {
        self.change(|transaction| transaction.execute("delete from rejection where id = ?1", [id]).map(|rows| rows > 0))
    }

    /// Counts open rejections of a flow.
    pub fn count_rejections(&self, entity: &str, direction: &str) -> Result<u64> {
        self.connection
            .query_row("select count(*) from rejection where entity = ?1 and direction = ?2", [entity, direction], |row| {
                row.get::<_, i64>(0)
            })
            .map(|count| u64::try_from(count).unwrap_or(0))
            .map_err(|error| self.broken(error))
    }

    /// Notes the start of a run that another one makes on behalf of somebody who waits.
    pub fn begin_side_run(&mut self, id: &str, command: &str, now: Timestamp) -> Result<()> {
        let started = started(now);
        self.change(|transaction| {
            transaction
                .execute("insert into run (id, command, started_at) values (?1, ?2, ?3)", params![id, command, started])
                .map(|_| ())
        })
    }

    /// Notes the end of runs that were killed. Whoever calls this holds the lease, and runs nothing yet.
    pub fn end_killed_runs(&mut self) -> Result<()> {
        if !self.read("select exists (select 1 from run where finished_at is null)", |row| row.get(0))? {
            return Ok(());
        }
        self.change(|transaction| transaction.execute(END_KILLED, []).map(|_| ()))
    }

    /// Notes the start of a run.
    pub fn begin_run(&mut self, id: &str, command: &str, now: Timestamp) -> Result<()> {
        let started = started(now);
        self.change(|transaction| {
            transaction.execute(END_KILLED, [])?;
            transaction
                .execute("insert into run (id, command, started_at) values (?1, ?2, ?3)", params![id, command, started])
                .map(|_| ())
        })
    }

    /// Notes the end of a run.
    pub fn end_run(&mut self, id: &str, outcome: &str, exit_code: u8, counts: &str, report: &str, now: Timestamp) -> Result<()> {
        let finished = rfc3339(now);
        self.change(|transaction| {
            transaction
                .execute(
                    "update run set finished_at = ?2, outcome = ?3, exit_code = ?4, counts = ?5, report = ?6 where id = ?1",
                    params![id, finished, outcome, exit_code, counts, report],
                )
                .map(|_| ())
        })
    }

    /// Lists runs, newest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunRow>> {
        self.connection
            .prepare_cached(
                "select id, command, started_at, finished_at, outcome, exit_code, counts, report from run \
                 order by started_at desc, id limit ?1",
            )
            .and_then(|mut statement| statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], run)?.collect())
            .map_err(|error| self.broken(error))
    }

    /// Finds a run by its id or a prefix of it.
    pub fn run(&self, id: &str) -> Result<Option<RunRow>> {
        self.connection
            .query_row(
                "select id, command, started_at, finished_at, outcome, exit_code, counts, report from run \
                 where substr(id, 1, length(?1)) = ?1 order by started_at desc limit 1",
                [id],
                run,
            )
            .optional()
            .map_err(|error| self.broken(error))
    }
}

/// A run that never ended was killed: it holds the lease no more, or the next one could not begin.
const END_KILLED: &str =
    "update run set finished_at = started_at, outcome = 'interrupted', exit_code = 137 where finished_at is null";

/// Gives the start of a run as it is stored: short runs share a second, and the last one must be told from the others.
fn started(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: row.get(0)?,
        command: row.get(1)?,
        started_at: to_seconds(row.get(2)?),
        finished_at: row.get::<_, Option<String>>(3)?.map(to_seconds),
        outcome: row.get(4)?,
        exit_code: row.get(5)?,
        counts: row.get(6)?,
        report: row.get(7)?,
    })
}

/// Gives a stored moment as it is shown.
fn to_seconds(moment: String) -> String {
    moment.parse::<Timestamp>().map_or(moment, rfc3339)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn runs_of_one_second_are_listed_newest_first() {
        let mut state = State::in_memory().unwrap();
        for (id, moment) in
            [("b", "2026-03-01T10:00:00.100Z"), ("a", "2026-03-01T10:00:00.2Z"), ("c", "2026-03-01T10:00:00.003Z")]
        {
            state.begin_run(id, "sync all", at(moment)).unwrap();
        }
        let runs = state.runs(9).unwrap();
        assert_eq!(runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(runs.iter().all(|run| run.started_at == "2026-03-01T10:00:00Z"));
    }

    #[test]
    fn rejections_wait_longer_each_time_and_are_cleared_by_success() {
        let mut state = State::in_memory().unwrap();
        let rejected = Rejection::new(2201, "LAMP", Reason::DuplicateSku, "two items").of_head(2200);
        let now = at("2026-03-01T10:00:00Z");
        for _ in 0..3 {
            let batch = Commit {
                entity: "products",
                direction: "pull",
                run: "r1",
                rejections: vec![rejected.clone()],
                ..Commit::default()
            };
            state.commit(&batch, now).unwrap();
        }
        let rows = state.rejections(None).unwrap();
        assert_eq!((rows.len(), rows[0].attempts, rows[0].next_at.as_str()), (1, 3, "2026-03-01T11:00:00Z"));
        assert_eq!(rows[0].rejection, rejected);
        assert_eq!(state.rejected_heads("products", "pull", Due::At(now)).unwrap(), Vec::<i64>::new());
        assert_eq!(state.rejected_heads("products", "pull", Due::At(at("2026-03-01T11:00:00Z"))).unwrap(), [2200]);
        assert_eq!(state.rejected_between("products", "pull", 2200, 2299).unwrap(), [2200]);
        assert_eq!(state.rejections(Some("r2")).unwrap(), []);
        let cleared = Commit { entity: "products", direction: "pull", cleared: vec!["2201".into()], ..Commit::default() };
        state.commit(&cleared, now).unwrap();
        assert_eq!(state.rejections(None).unwrap(), []);
    }

    #[test]
    fn the_longest_wait_is_a_day() {
        let now = at("2026-03-01T00:00:00Z");
        assert_eq!(next_try(now, 1), at("2026-03-01T00:15:00Z"));
        assert_eq!(next_try(now, 40), at("2026-03-02T00:00:00Z"));
    }

    #[test]
    fn a_killed_run_is_told_from_one_that_goes_on() {
        let mut state = State::in_memory().unwrap();
        state.begin_run("aaa", "sync all", at("2026-03-01T10:00:00Z")).unwrap();
        state.begin_run("bbb", "sync all", at("2026-03-01T11:00:00Z")).unwrap();
        state.end_run("bbb", "ok", 0, "{}", "{}", at("2026-03-01T11:01:00Z")).unwrap();
        let runs = state.runs(10).unwrap();
        assert_eq!(runs.iter().map(|run| run.outcome.as_deref()).collect::<Vec<_>>(), [Some("ok"), Some("interrupted")]);
        assert_eq!(state.run("bb").unwrap().unwrap().id, "bbb");
    }
}
