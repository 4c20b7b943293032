//! The queue: records somebody asked for while a run was under way. The run serves them; whoever asked waits for the outcome.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::State;
use crate::error::Result;
use crate::model::rfc3339;

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its number.
    pub id: i64,
    /// The entity's name.
    pub entity: String,
    /// The direction's name.
    pub direction: String,
    /// Which records, and how; JSON.
    pub wanted: String,
    /// Who asked: `command`, who waits for the outcome, or `webhook`.
    pub cause: String,
    /// How often somebody began to serve it.
    pub attempts: i64,
}

fn asked(row: &Row<'_>) -> rusqlite::Result<Asked> {
    Ok(Asked {
        id: row.get(0)?,
        entity: row.get(1)?,
        direction: row.get(2)?,
        wanted: row.get(3)?,
        cause: row.get(4)?,
        attempts: row.get(5)?,
    })
}

impl State {
    /// Asks for records; gives the number under which the outcome will be found.
    ///
    /// # Errors
    ///
    /// [`crate::error::ErrorKind::State`] when the file cannot be read or written; so for every method below.
    pub fn ask(&mut self, entity: &str, direction: &str, wanted: &str, cause: &str, now: Timestamp) -> Result<i64> {
        let since = rfc3339(now);
        self.change(|transaction| {
            transaction.execute(
                "insert into queue (entity, direction, wanted, cause, since, not_before) values (?1, ?2, ?3, ?4, ?5, ?5)",
                params![entity, direction, wanted, cause, since],
            )?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Stores what a webhook asks for; gives whether it is news. A delivery that was received before, and a record that waits in
    /// the queue already and was not taken out of it yet, are none.
    pub fn receive(&mut self, delivery: &str, entity: &str, direction: &str, wanted: &str, now: Timestamp) -> Result<bool> {
        let at = rfc3339(now);
        self.change(|transaction| {
            let known =
                transaction.execute("insert into delivery (id, at) values (?1, ?2) on conflict do nothing", [delivery, &at])?;
            if known == 0 {
                return Ok(false);
            }
            // What is being served was read before this event; only what nobody began with covers it.
            let added = transaction.execute(
                "insert into queue (entity, direction, wanted, cause, since, not_before) select ?1, ?2, ?3, 'webhook', ?4, ?4 \
                 where not exists (select 1 from queue where entity = ?1 and direction = ?2 and wanted = ?3 and attempts = 0)",
                params![entity, direction, wanted, at],
            )?;
            Ok(added > 0)
        })
    }

    /// Forgets deliveries received before a moment: their sender has long given up repeating them.
    pub fn tidy_deliveries(&mut self, before: Timestamp) -> Result<()> {
        self.change(|transaction| transaction.execute("delete from delivery where at < ?1", [rfc3339(before)]).map(|_| ()))
    }

    /// Notes that somebody begins to serve what was asked for.
    pub fn begin_answer(&mut self, id: i64) -> Result<()> {
        self.change(|transaction| transaction.execute("update queue set attempts = attempts + 1 where id = ?1", [id]).map(|_| ()))
    }

    /// Puts off what could not be served now.
    pub fn put_off(&mut self, id: i64, until: Timestamp) -> Result<()> {
        self.change(|transaction| {
            transaction.execute("update queue set not_before = ?2 where id = ?1", params![id, rfc3339(until)]).map(|_| ())
        })
    }

    /// Gives what was asked for longest ago and is due.
    pub fn next_asked(&self, now: Timestamp) -> Result<Option<Asked>> {
        self.connection
            .prepare_cached(
                "select id, entity, direction, wanted, cause, attempts from queue where outcome is null and not_before <= ?1 order by id limit 1",
            )
            .and_then(|mut statement| statement.query_row([rfc3339(now)], asked).optional())
            .map_err(|error| self.broken(error))
    }

    /// Stores the outcome for who waits.
    pub fn answer(&mut self, id: i64, outcome: &str) -> Result<()> {
        self.change(|transaction| {
            transaction.execute("update queue set outcome = ?2 where id = ?1", params![id, outcome]).map(|_| ())
        })
    }

    /// Gives the outcome of what was asked for; `None` while it is not served. The outer `None`: nobody asks any more.
    pub fn answer_to(&self, id: i64) -> Result<Option<Option<String>>> {
        self.connection
            .prepare_cached("select outcome from queue where id = ?1")
            .and_then(|mut statement| statement.query_row([id], |row| row.get(0)).optional())
            .map_err(|error| self.broken(error))
    }

    /// Takes something back that was asked for, served or not.
    pub fn take_back(&mut self, id: i64) -> Result<()> {
        self.change(|transaction| transaction.execute("delete from queue where id = ?1", [id]).map(|_| ()))
    }

    /// Forgets outcomes that nobody fetched, and questions whose asker is long gone.
    pub fn tidy_queue(&mut self, before: Timestamp) -> Result<()> {
        self.change(|transaction| {
            transaction.execute("delete from queue where cause = 'command' and since < ?1", [rfc3339(before)]).map(|_| ())
        })
    }

    /// Counts what is asked for and not served, of one flow.
    pub fn count_asked(&self, entity: &str, direction: &str) -> Result<u64> {
        self.connection
            .query_row(
                "select count(*) from queue where entity = ?1 and direction = ?2 and outcome is null",
                [entity, direction],
                |row| row.get::<_, i64>(0),
            )
            .map(|count| u64::try_from(count).unwrap_or(0))
            .map_err(|error| self.broken(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_counts_once_and_a_record_waits_once() {
        let mut state = State::in_memory().unwrap();
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        assert!(state.receive("d-1", "orders", "push", "[a]", now).unwrap());
        assert!(!state.receive("d-1", "orders", "push", "[a]", now).unwrap(), "the same delivery");
        assert!(!state.receive("d-2", "orders", "push", "[a]", now).unwrap(), "the record waits already");
        let asked = state.next_asked(now).unwrap().unwrap();
        assert_eq!((asked.cause.as_str(), asked.attempts), ("webhook", 0));
        state.begin_answer(asked.id).unwrap();
        assert!(state.receive("d-3", "orders", "push", "[a]", now).unwrap(), "what is being served may have been read before");
        state.take_back(asked.id).unwrap();
        let later: Timestamp = "2026-03-01T10:05:00Z".parse().unwrap();
        let second = state.next_asked(now).unwrap().unwrap();
        state.put_off(second.id, later).unwrap();
        assert_eq!(state.next_asked(now).unwrap(), None);
        assert_eq!(state.next_asked(later).unwrap().map(|asked| asked.id), Some(second.id));
        state.tidy_deliveries(later).unwrap();
        assert!(state.receive("d-1", "orders", "push", "[b]", now).unwrap());
    }

    #[test]
    fn what_is_asked_for_is_served_in_order_and_answered_once() {
        let mut state = State::in_memory().unwrap();
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let first = state.ask("orders", "pull", "[1]", "command", now).unwrap();
        let second = state.ask("products", "pull", "[2]", "command", now).unwrap();
        assert_eq!(state.next_asked(now).unwrap().map(|asked| asked.id), Some(first));
        assert_eq!(state.count_asked("orders", "pull").unwrap(), 1);
        assert_eq!(state.answer_to(first).unwrap(), Some(None));
        state.answer(first, "{}").unwrap();
        assert_eq!(state.answer_to(first).unwrap(), Some(Some("{}".into())));
        assert_eq!(state.next_asked(now).unwrap().map(|asked| asked.id), Some(second));
        state.take_back(second).unwrap();
        assert_eq!((state.next_asked(now).unwrap(), state.answer_to(second).unwrap()), (None, None));
        state.tidy_queue("2026-03-01T11:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(state.answer_to(first).unwrap(), None);
    }
}
