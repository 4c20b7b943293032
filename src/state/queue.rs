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
    /// Who asked; see [`Cause`].
    pub cause: String,
    /// How often somebody began to serve it.
    pub attempts: i64,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A command, which waits for the outcome.
    Command,
    /// A webhook that named a record. Nobody waits for the outcome.
    Webhook,
    /// A webhook that named a record nothing is known of: what changed is looked at. Nobody waits for the outcome.
    Look,
}

impl Cause {
    /// Gives the word in the state file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Webhook => "webhook",
            Self::Look => "look",
        }
    }
}

/// What a webhook asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The entity's name.
    pub entity: &'static str,
    /// The direction's name.
    pub direction: &'static str,
    /// Which records, and how; JSON.
    pub wanted: String,
    /// Why it is asked for.
    pub cause: Cause,
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
    pub fn ask(&mut self, entity: &str, direction: &str, wanted: &str, now: Timestamp) -> Result<i64> {
        let since = rfc3339(now);
        self.change(|transaction| {
            transaction.execute(
                "insert into queue (entity, direction, wanted, cause, since, not_before) values (?1, ?2, ?3, ?4, ?5, ?5)",
                params![entity, direction, wanted, Cause::Command.word(), since],
            )?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Stores what a webhook asks for, all of it or nothing; gives whether any of it is news. A delivery that was received
    /// before, and a record that waits in the queue already and was not taken out of it yet, are none.
    pub fn receive(&mut self, delivery: &str, wishes: &[Wish], now: Timestamp) -> Result<bool> {
        let at = rfc3339(now);
        self.change(|transaction| {
            let known =
                transaction.execute("insert into delivery (id, at) values (?1, ?2) on conflict do nothing", [delivery, &at])?;
            if known == 0 {
                return Ok(false);
            }
            // What is being served was read before this event; only what nobody began with covers it.
            let mut statement = transaction.prepare_cached(
                "insert into queue (entity, direction, wanted, cause, since, not_before) select ?1, ?2, ?3, ?4, ?5, ?5 where not \
                 exists (select 1 from queue where entity = ?1 and direction = ?2 and wanted = ?3 and cause = ?4 and attempts = 0)",
            )?;
            let mut added = 0;
            for wish in wishes {
                added += statement.execute(params![wish.entity, wish.direction, wish.wanted, wish.cause.word(), at])?;
            }
            Ok(added > 0)
        })
    }

    /// Forgets deliveries received before a moment: their sender has long given up repeating them.
    pub fn tidy_deliveries(&mut self, before: Timestamp) -> Result<()> {
        self.change(|transaction| transaction.execute("delete from delivery where at < ?1", [rfc3339(before)]).map(|_| ()))
    }

    /// Notes that somebody begins to serve what was asked for.
    pub fn begin_answer(&mut self, rows: &[Asked]) -> Result<()> {
        self.of_each(rows, "update queue set attempts = attempts + 1 where id = ?1")
    }

    /// Takes what nobody waits for out of the queue, once it is served.
    pub fn end_answer(&mut self, rows: &[Asked]) -> Result<()> {
        self.of_each(rows, "delete from queue where id = ?1")
    }

    /// Puts off what could not be served, each until its own moment.
    pub fn put_off(&mut self, rows: &[(i64, Timestamp)]) -> Result<()> {
        self.change(|transaction| {
            let mut statement = transaction.prepare_cached("update queue set not_before = ?2 where id = ?1")?;
            for (id, until) in rows {
                statement.execute(params![id, rfc3339(*until)])?;
            }
            Ok(())
        })
    }

    fn of_each(&mut self, rows: &[Asked], sql: &str) -> Result<()> {
        self.change(|transaction| {
            let mut statement = transaction.prepare_cached(sql)?;
            for row in rows {
                statement.execute([row.id])?;
            }
            Ok(())
        })
    }

    /// Gives what was asked for longest ago and is due, among some causes.
    pub fn next_asked(&self, causes: &[Cause], now: Timestamp) -> Result<Option<Asked>> {
        let among = |cause: Cause| causes.contains(&cause).then_some(cause.word());
        self.connection
            .prepare_cached(
                "select id, entity, direction, wanted, cause, attempts from queue \
                 where outcome is null and not_before <= ?1 and cause in (?2, ?3, ?4) order by id limit 1",
            )
            .and_then(|mut statement| {
                let parameters = params![rfc3339(now), among(Cause::Command), among(Cause::Webhook), among(Cause::Look)];
                statement.query_row(parameters, asked).optional()
            })
            .map_err(|error| self.broken(error))
    }

    /// Gives what is due for the same reason and the same flow as something that was asked for, itself among it.
    pub fn asked_alike(&self, asked_for: &Asked, limit: usize, now: Timestamp) -> Result<Vec<Asked>> {
        let Asked { entity, direction, cause, .. } = asked_for;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached(
                "select id, entity, direction, wanted, cause, attempts from queue \
                 where outcome is null and not_before <= ?1 and entity = ?2 and direction = ?3 and cause = ?4 order by id limit ?5",
            )
            .and_then(|mut statement| {
                statement.query_map(params![rfc3339(now), entity, direction, cause, limit], asked)?.collect()
            })
            .map_err(|error| self.broken(error))
    }

    /// Counts what is asked for and not served.
    pub fn count_waiting(&self) -> Result<u64> {
        let count: i64 = self.read("select count(*) from queue where outcome is null", |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
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

    const ALL: [Cause; 3] = [Cause::Command, Cause::Webhook, Cause::Look];

    fn wish(entity: &'static str, wanted: &str) -> Wish {
        Wish { entity, direction: "push", wanted: wanted.to_owned(), cause: Cause::Webhook }
    }

    #[test]
    fn a_delivery_counts_once_and_a_record_waits_once() {
        let mut state = State::in_memory().unwrap();
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let order = [wish("orders", "[a]")];
        assert!(state.receive("d-1", &order, now).unwrap());
        assert!(!state.receive("d-1", &order, now).unwrap(), "the same delivery");
        assert!(!state.receive("d-2", &order, now).unwrap(), "the record waits already");
        let asked = state.next_asked(&ALL, now).unwrap().unwrap();
        assert_eq!((asked.cause.as_str(), asked.attempts), ("webhook", 0));
        state.begin_answer(std::slice::from_ref(&asked)).unwrap();
        assert!(state.receive("d-3", &order, now).unwrap(), "what is being served may have been read before");
        state.end_answer(&[asked]).unwrap();
        let later: Timestamp = "2026-03-01T10:05:00Z".parse().unwrap();
        let second = state.next_asked(&ALL, now).unwrap().unwrap();
        state.put_off(&[(second.id, later)]).unwrap();
        assert_eq!((state.next_asked(&ALL, now).unwrap(), state.count_waiting().unwrap()), (None, 1));
        assert_eq!(state.next_asked(&ALL, later).unwrap().map(|asked| asked.id), Some(second.id));
        state.tidy_queue("2026-04-01T10:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(state.count_waiting().unwrap(), 1, "what a webhook asked for is served, however late");
        state.tidy_deliveries(later).unwrap();
        assert!(state.receive("d-1", &[wish("orders", "[b]")], now).unwrap());
    }

    #[test]
    fn a_delivery_may_ask_for_several_things_and_those_of_a_kind_are_served_together() {
        let mut state = State::in_memory().unwrap();
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-03-01T10:05:00Z".parse().unwrap();
        state.receive("d-1", &[wish("orders", "[a]"), wish("payments", "[a]")], now).unwrap();
        state.receive("d-2", &[wish("orders", "[b]"), wish("payments", "[b]")], now).unwrap();
        state.receive("d-3", &[wish("orders", "[c]")], later).unwrap();
        state.receive("d-4", &[Wish { cause: Cause::Look, ..wish("orders", "[]") }], now).unwrap();
        assert!(!state.receive("d-5", &[], now).unwrap());
        let first = state.next_asked(&ALL, now).unwrap().unwrap();
        let alike = |limit, at| state.asked_alike(&first, limit, at).unwrap().into_iter().map(|asked| asked.wanted);
        assert_eq!(alike(9, now).collect::<Vec<_>>(), ["[a]", "[b]"]);
        assert_eq!(alike(9, later).collect::<Vec<_>>(), ["[a]", "[b]", "[c]"]);
        assert_eq!(alike(1, later).collect::<Vec<_>>(), ["[a]"]);
        assert_eq!(state.next_asked(&[Cause::Look], now).unwrap().unwrap().wanted, "[]");
        assert_eq!(state.next_asked(&[Cause::Command], now).unwrap(), None);
        assert_eq!(state.count_waiting().unwrap(), 6);
    }

    #[test]
    fn what_is_asked_for_is_served_in_order_and_answered_once() {
        let mut state = State::in_memory().unwrap();
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let first = state.ask("orders", "pull", "[1]", now).unwrap();
        let second = state.ask("products", "pull", "[2]", now).unwrap();
        assert_eq!(state.next_asked(&ALL, now).unwrap().map(|asked| asked.id), Some(first));
        assert_eq!(state.count_asked("orders", "pull").unwrap(), 1);
        assert_eq!(state.answer_to(first).unwrap(), Some(None));
        state.answer(first, "{}").unwrap();
        assert_eq!(state.answer_to(first).unwrap(), Some(Some("{}".into())));
        assert_eq!(state.next_asked(&ALL, now).unwrap().map(|asked| asked.id), Some(second));
        state.take_back(second).unwrap();
        assert_eq!((state.next_asked(&ALL, now).unwrap(), state.answer_to(second).unwrap()), (None, None));
        state.tidy_queue("2026-03-01T11:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(state.answer_to(first).unwrap(), None);
    }
}
