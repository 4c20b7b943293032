//! The queue between processes: records that somebody names while a run is under way are served by that run.
//!
//! The run looks at the queue all the time and serves what is asked for at once, as a batch of its own beside the one that is
//! being written; both share the records in hand, so only a record of that very batch waits for it. Whoever asked waits for
//! the outcome, and works on its own when the lease falls free first.

use std::future::Future;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::worker::{Asked, LOOK, Work, json_text, settled, summed_up, totals};
use crate::entities::Wanted;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Direction, EntityKind, Entropy as _, SystemEntropy, WizId};
use crate::state::State;
use crate::sync::report::Reported;
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
        state.ask(entity, direction, &json_text(self)?, "command", now)
    }

    /// A question for nothing yet.
    fn empty(entity: EntityKind, direction: Direction, command: String) -> Self {
        let flow = Some((entity, direction));
        Self { flow, command, ids: Vec::new(), wiz: Vec::new(), keys: Vec::new(), numbers: Vec::new(), linked: false }
    }

    /// A question for one record of WizCommerce that a webhook named; JSON.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn of_webhook(entity: EntityKind, id: &str) -> Result<String> {
        let command = format!("push {}", entity.singular());
        json_text(&Self { wiz: vec![id.to_owned()], ..Self::empty(entity, Direction::Push, command) })
    }

    fn tasks(self, entity: EntityKind, direction: Direction) -> Vec<(EntityKind, Direction, Task)> {
        let mut tasks = Vec::new();
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

/// The serving of a queue while a run is under way.
pub(super) struct Served<'w> {
    work: &'w Work<'w>,
    source: SourceClock,
    state: State,
}

impl<'w> Served<'w> {
    /// Gets ready to serve, with a connection to the state file of its own.
    pub(super) fn new(work: &'w Work<'w>, source: SourceClock, state: &State) -> Result<Self> {
        Ok(Self { work, source, state: state.beside()? })
    }

    /// Serves what is asked for until the run is done and nothing more is asked. Once the run is to stop, whoever still
    /// waits takes the lease over.
    async fn serve(mut self, mut is_done: watch::Receiver<bool>) -> Result<()> {
        while self.work.session.stop.requested().is_none() {
            let done = *is_done.borrow();
            match self.state.next_asked(self.work.session.now())? {
                Some(asked) => {
                    if let Some(outcome) = self.answer(&asked.entity, &asked.direction, &asked.wanted).await? {
                        self.state.answer(asked.id, &outcome)?;
                    }
                }
                None if done => return Ok(()),
                // The end of the run is the last look, and nobody waits for it.
                None => drop(tokio::time::timeout(LOOK, is_done.changed()).await),
            }
        }
        Ok(())
    }

    /// Does what is asked for; gives the result as JSON, and none of what was stopped halfway.
    async fn answer(&mut self, entity: &str, direction: &str, wanted: &str) -> Result<Option<String>> {
        let _reserved = self.work.remotes.reserve();
        let started_at = self.work.session.now();
        let run_id = SystemEntropy.token(6).to_ascii_lowercase();
        let question: std::result::Result<Question, _> = serde_json::from_str(wanted);
        let parsed = entity.parse::<EntityKind>().ok().zip(question.ok());
        let (command, (flows, failed)) = match parsed {
            None => ("queue".to_owned(), (Vec::new(), Some(unreadable()))),
            Some((entity, question)) => {
                let options = Options { linked: question.linked, ..Options::default() };
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
        let is_stopped = errors.iter().any(|error| matches!(error.kind(), ErrorKind::Interrupted { .. }));
        Ok((!is_stopped).then_some(text))
    }
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
