//! The queue between processes: records that somebody names while a run is under way are served by that run.
//!
//! The run looks at the queue all the time and serves what is asked for at once, as a batch of its own beside the one that is
//! being written; both share the records in hand, so only a record of that very batch waits for it. Whoever asked waits for
//! the outcome, and works on its own when the lease falls free first.
//!
//! What a webhook asks for stands in the same queue. Nobody waits for it, so it is served until it is done: a record that is
//! rejected is done, since rejections come back by themselves, and what failed for another reason is put off.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;

use super::run::first_push;
use super::worker::{Asked, LOOK, Work, json_text, settled, summed_up, totals};
use crate::entities::Wanted;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Direction, EntityKind, Entropy as _, SystemEntropy, WizId};
use crate::state::{Asked as Row, Cause, State, Wish};
use crate::sync::report::{Reported, RunReport};
use crate::sync::{Options, Silent, SourceClock, Task};

/// What somebody asks a running sync for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Question {
    #[serde(skip)]
    flow: Option<(EntityKind, Direction)>,
    command: String,
    ids: Vec<i64>,
    /// WizCommerce's ids, of a push.
    #[serde(default)]
    wiz: Vec<String>,
    keys: Vec<String>,
    numbers: Vec<String>,
    linked: bool,
    /// What changed, and no record by name.
    #[serde(default)]
    changes: bool,
}

/// Rows of one flow that are served together.
const TOGETHER: usize = 100;
/// How long what could not be served waits for its second time; twice as long for each further one.
const FIRST_WAIT: Duration = Duration::from_secs(15);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// Gives how long to wait after so many failures in a row.
pub(super) fn wait_after(failures: u32) -> Duration {
    let doubled = 2_u32.checked_pow(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT)
}

/// Gives what can be asked of a running sync: named records of one entity, and nothing that only an own run can do.
pub(super) fn wanted(asked: &Asked, options: &Options) -> Option<Question> {
    let (entity, direction, _) = asked.tasks.first()?;
    let mut question = Question { linked: options.linked, ..Question::empty(*entity, *direction, asked.command.clone()) };
    for (_, _, task) in &asked.tasks {
        match task {
            Task::Wiz(ids) => question.wiz.extend(ids.iter().map(|id| id.0.clone())),
            Task::Named(wanted) => {
                for wanted in wanted {
                    match wanted {
                        Wanted::Ids(ids) => question.ids.extend(ids),
                        Wanted::Key(key) => question.keys.push(key.clone()),
                        Wanted::Number(number) => question.numbers.push(number.clone()),
                    }
                }
            }
            Task::Changes | Task::Again(_) | Task::Parents(_) | Task::Linked(..) | Task::Relink | Task::Join(..) => return None,
        }
    }
    let plain = Options { linked: options.linked, sweep: options.sweep, first_push: options.first_push, ..Options::default() };
    let is_one_flow = asked.tasks.iter().all(|(other, way, _)| (other, way) == (entity, direction));
    (*options == plain && is_one_flow).then_some(question)
}

impl Question {
    /// Puts the question into the queue; gives the number of the answer.
    pub(super) fn ask(&self, state: &mut State, now: jiff::Timestamp) -> Result<i64> {
        let (entity, direction) = self.flow.map_or(("", ""), |(entity, direction)| (entity.name(), direction.name()));
        state.ask(entity, direction, &json_text(self)?, now)
    }

    /// A question for nothing yet.
    fn empty(entity: EntityKind, direction: Direction, command: String) -> Self {
        let flow = Some((entity, direction));
        let (ids, wiz, keys, numbers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { flow, command, ids, wiz, keys, numbers, linked: false, changes: false }
    }

    /// Wishes for the push of one record of WizCommerce that a webhook named.
    ///
    /// # Errors
    ///
    /// When the question cannot be written.
    pub(super) fn of_webhook(entity: EntityKind, id: &str) -> Result<Wish> {
        let command = format!("push {}", entity.singular());
        let question = Self { wiz: vec![id.to_owned()], ..Self::empty(entity, Direction::Push, command) };
        question.wished(entity, Cause::Webhook)
    }

    /// Wishes for the push of what changed, since a webhook named something nobody knows.
    ///
    /// # Errors
    ///
    /// When the question cannot be written.
    pub(super) fn of_changes(entity: EntityKind) -> Result<Wish> {
        let question = Self { changes: true, ..Self::empty(entity, Direction::Push, format!("push {entity}")) };
        question.wished(entity, Cause::Look)
    }

    fn wished(&self, entity: EntityKind, cause: Cause) -> Result<Wish> {
        Ok(Wish { entity: entity.name(), direction: Direction::Push.name(), wanted: json_text(self)?, cause })
    }

    /// Makes one question of several for the same flow.
    fn joined(rows: &[Row]) -> Option<Self> {
        let mut questions = rows.iter().map_while(|row| serde_json::from_str::<Self>(&row.wanted).ok());
        let mut joined = questions.next()?;
        let mut known: BTreeSet<String> = joined.wiz.iter().cloned().collect();
        for question in questions {
            joined.wiz.extend(question.wiz.into_iter().filter(|id| known.insert(id.clone())));
        }
        Some(joined)
    }

    fn tasks(self, entity: EntityKind, direction: Direction) -> Vec<(EntityKind, Direction, Task)> {
        let mut tasks = Vec::new();
        if self.changes {
            tasks.push((entity, direction, Task::Changes));
        }
        if !self.wiz.is_empty() {
            tasks.push((entity, direction, Task::Wiz(self.wiz.iter().cloned().map(WizId).collect())));
        }
        let task = self.task();
        if task != Task::Named(Vec::new()) {
            tasks.push((entity, direction, task));
        }
        tasks
    }

    fn task(self) -> Task {
        let mut wanted = Vec::new();
        if !self.ids.is_empty() {
            wanted.push(Wanted::Ids(self.ids));
        }
        wanted.extend(self.keys.into_iter().map(Wanted::Key));
        wanted.extend(self.numbers.into_iter().map(Wanted::Number));
        Task::Named(wanted)
    }
}

/// The serving of a queue while the lease is held.
pub(super) struct Served<'w> {
    work: &'w Work<'w>,
    source: SourceClock,
    state: State,
    /// The error of what could not be served although it concerns no single flow: what nobody waits for is then left for later.
    failure: Option<Error>,
}

/// What became of something that was asked for.
struct Answer {
    result: RunReport,
    errors: Vec<Error>,
}

impl Answer {
    fn is_stopped(&self) -> bool {
        self.errors.iter().any(|error| matches!(error.kind(), ErrorKind::Interrupted { .. }))
    }
}

impl<'w> Served<'w> {
    /// Gets ready to serve, with a connection to the state file of its own.
    pub(super) fn new(work: &'w Work<'w>, source: SourceClock, state: &State) -> Result<Self> {
        Ok(Self { work, source, state: state.beside()?, failure: None })
    }

    /// Serves what is asked for until the run is done and nothing more is asked. Once the run is to stop, whoever still
    /// waits takes the lease over.
    async fn serve(mut self, mut is_done: watch::Receiver<bool>) -> Result<()> {
        while self.work.session.stop.requested().is_none() {
            let done = *is_done.borrow();
            match self.next(done)? {
                Some(row) => drop(self.take(row).await?),
                None if done => return Ok(()),
                // The end of the run is the last look, and nobody waits for it.
                None => drop(tokio::time::timeout(LOOK, is_done.changed()).await),
            }
        }
        Ok(())
    }

    /// Serves what is asked for until nothing is due, time is up or a remote is down, which is the error. Each result is shown.
    pub(super) async fn serve_due(mut self, until: Instant, show: impl Fn(&RunReport) -> Result<()>) -> Result<()> {
        while self.work.session.stop.requested().is_none() && Instant::now() < until {
            let Some(row) = self.next(true)? else { break };
            show(&self.take(row).await?)?;
            if let Some(error) = self.failure.take() {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Gives what is served next. While a run is under way it moves the cursors, and nobody else.
    fn next(&self, is_alone: bool) -> Result<Option<Row>> {
        let causes: &[Cause] = match (&self.failure, is_alone) {
            (Some(_), _) => &[Cause::Command],
            (None, false) => &[Cause::Command, Cause::Webhook],
            (None, true) => &[Cause::Command, Cause::Webhook, Cause::Look],
        };
        self.state.next_asked(causes, self.work.session.now())
    }

    /// Serves something that was asked for, and takes care of who waits for it, or of when to try again.
    async fn take(&mut self, row: Row) -> Result<RunReport> {
        if row.cause == Cause::Command.word() {
            let id = row.id;
            let answer = self.answer(&[row]).await?;
            // What was stopped halfway is done anew by who waits.
            if !answer.is_stopped() {
                self.state.answer(id, &json_text(&answer.result)?)?;
            }
            return Ok(answer.result);
        }
        let mut rows = self.state.asked_alike(&row, TOGETHER, self.work.session.now())?;
        let is_readable = |row: &Row| serde_json::from_str::<Question>(&row.wanted).is_ok();
        if is_readable(&row) {
            rows.retain(is_readable);
        } else {
            rows = vec![row];
        }
        self.state.begin_answer(&rows)?;
        let mut answer = self.answer(&rows).await?;
        if answer.is_stopped() {
            return Ok(answer.result);
        }
        if answer.errors.is_empty() {
            self.state.end_answer(&rows)?;
            return Ok(answer.result);
        }
        let now = self.work.session.now();
        let off = rows.iter().map(|row| (row.id, put_off(row, now))).collect::<Vec<_>>();
        self.state.put_off(&off)?;
        let error = answer.errors.swap_remove(0);
        tracing::warn!(
            command = answer.result.command, records = rows.len(), %error, causes = ?error.causes(), "put off; it is tried again"
        );
        // A question that cannot be read, or a flow that this version lacks, says nothing about the remotes.
        if !error.is_local() && !matches!(error.kind(), ErrorKind::Usage | ErrorKind::Internal) {
            self.failure = Some(error);
        }
        Ok(answer.result)
    }

    /// Does what rows of one flow ask for, as a run of its own.
    async fn answer(&mut self, rows: &[Row]) -> Result<Answer> {
        let _reserved = self.work.remotes.reserve();
        let started_at = self.work.session.now();
        let run_id = SystemEntropy.token(6).to_ascii_lowercase();
        let flow = rows.first().and_then(|row| row.entity.parse::<EntityKind>().ok().zip(Some(&row.direction)));
        let (command, (flows, failed)) = match flow.zip(Question::joined(rows)) {
            None => {
                self.state.begin_side_run(&run_id, "queue", started_at)?;
                ("queue".to_owned(), (Vec::new(), Some(unreadable())))
            }
            Some(((entity, direction), question)) => {
                let first_push = first_push(self.work.settings);
                let options = Options { linked: question.linked, first_push, ..Options::default() };
                let command = question.command.clone();
                self.state.begin_side_run(&run_id, &command, started_at)?;
                let direction = if direction == Direction::Push.name() { Direction::Push } else { Direction::Pull };
                let tasks = question.tasks(entity, direction);
                let source = self.source.clone();
                (command, self.work.flows(tasks, &mut self.state, &Silent, options, &run_id, source).await)
            }
        };
        let (flows, errors) = settled(flows, failed);
        let finished_at = self.work.session.now();
        let result = summed_up(&command, &run_id, self.work.settings, false, flows, &errors, started_at, finished_at);
        let (counts, text) = (json_text(&totals(&result.flows))?, json_text(&result)?);
        self.state.end_run(&run_id, result.outcome.word(), result.exit_code, &counts, &text, finished_at)?;
        Ok(Answer { result, errors })
    }
}

/// Gives when to try again what could not be served now.
fn put_off(row: &Row, now: Timestamp) -> Timestamp {
    let wait = wait_after(u32::try_from(row.attempts + 1).unwrap_or(u32::MAX));
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(now)
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Internal, "a queued question cannot be read").hint("ask again")
}

/// Runs flows, and serves the queue beside them until they are done. A failure of the serving is the failure of who asked;
/// the flows go on.
pub(super) async fn beside(
    served: Option<Served<'_>>,
    flows: impl Future<Output = (Vec<Reported>, Option<Error>)>,
) -> (Vec<Reported>, Option<Error>) {
    let Some(served) = served else { return flows.await };
    let (done, is_done) = watch::channel(false);
    let flows = async {
        let result = flows.await;
        done.send_replace(true);
        result
    };
    let serving = async {
        if let Err(error) = served.serve(is_done).await {
            tracing::warn!(%error, causes = ?error.causes(), "the queue cannot be served");
        }
    };
    let (result, ()) = tokio::join!(flows, serving);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let seconds: Vec<u64> = (1..9).map(|failures| wait_after(failures).as_secs()).collect();
        assert_eq!(seconds, [15, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!((wait_after(0), wait_after(u32::MAX)), (FIRST_WAIT, LONGEST_WAIT));
    }

    #[test]
    fn questions_for_one_flow_are_put_together() {
        let row = |wish: Wish| Row {
            id: 1,
            entity: wish.entity.into(),
            direction: wish.direction.into(),
            wanted: wish.wanted,
            cause: wish.cause.word().into(),
            attempts: 0,
        };
        let order = |id: &str| row(Question::of_webhook(EntityKind::Orders, id).unwrap());
        let joined = Question::joined(&[order("a"), order("b"), order("a")]).unwrap();
        assert_eq!(joined.command, "push order");
        let named = Task::Wiz(vec![WizId("a".into()), WizId("b".into())]);
        assert_eq!(joined.tasks(EntityKind::Orders, Direction::Push), [(EntityKind::Orders, Direction::Push, named)]);
        let look = Question::joined(&[row(Question::of_changes(EntityKind::Customers).unwrap())]).unwrap();
        let changes = (EntityKind::Customers, Direction::Push, Task::Changes);
        assert_eq!(look.tasks(EntityKind::Customers, Direction::Push), [changes]);
        assert_eq!(Question::joined(&[Row { wanted: "?".into(), ..order("a") }]), None);
    }
}
