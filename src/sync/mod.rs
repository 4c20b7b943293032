//! The straight line: find, read, resolve, map, plan, intend, apply, commit, cursor last.
//!
//! One engine for every flow. [`Engine::run`] is the loop around it; `batch` takes one batch down the line.

mod apply;
mod batch;
mod clock;
mod deleted;
mod events;
mod find;
mod linked;
mod members;
mod memory;
mod plan;
mod prepare;
mod push;
mod read;
mod relink;
pub mod report;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{self, Either};
use jiff::Timestamp;

pub use clock::SourceClock;
pub use events::{Event, Fate, Observer, Silent, Step};
pub use linked::{Flows, Running};
pub use memory::{Hands, Memory};
pub use plan::{Found, decide};
pub use prepare::Shape;
pub use relink::{ONLY_IN_NETSUITE, ONLY_IN_WIZCOMMERCE};

use crate::entities::{Flow, Frame, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::http::Stop;
use crate::model::{Clock, EntityKind, NetSuiteId, Rejection, WizId, rfc3339};
use crate::netsuite::NetSuite;
use crate::state::{Bounds, Commit, Mode, State};
use crate::wizcommerce::WizCommerce;
use find::Work;
use report::{Counts, CursorMove, FailureReport, FlowReport, Requests};

/// What is asked of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Look at everything.
    pub full: bool,
    /// Look at changes since this moment, where that is earlier than the cursor.
    pub since: Option<Timestamp>,
    /// Stop after so many records, without moving the cursor.
    pub limit: Option<u64>,
    /// Stop after more rejected records than this, without moving the cursor.
    pub max_failures: Option<u64>,
    /// How many records may be switched off.
    pub max_deactivate: Share,
    /// Plan and write nothing.
    pub dry_run: bool,
    /// How many documents the first push may create before a person has said from which date on; `None` for any number.
    pub first_push: Option<u64>,
    /// How often stock and prices are read in full where the account refuses checksums.
    pub sweep: Duration,
    /// Bring the documents that hang off those pulled, and what they hang off even where that is out of scope.
    pub linked: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            full: false,
            since: None,
            limit: None,
            max_failures: None,
            max_deactivate: Share::Percent(5),
            dry_run: false,
            first_push: None,
            sweep: Duration::from_secs(6 * 3600),
            linked: false,
        }
    }
}

/// A number of records, or a part of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// So many.
    Count(u64),
    /// So many of a hundred; at least one.
    Percent(u64),
}

impl Share {
    /// Gives the number that `all` allows.
    pub fn of(self, all: u64) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => (all * percent / 100).max(1),
        }
    }
}

/// Which records a flow is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// What changed, or everything.
    Changes,
    /// Named records; the cursor stays.
    Named(Vec<Wanted>),
    /// Records of WizCommerce, by its ids; the cursor stays.
    Wiz(Vec<WizId>),
    /// The rejected records of these heads; the cursor stays.
    Again(Vec<String>),
    /// Records that others refer to, by Internal ID; the cursor stays.
    Parents(Vec<i64>),
    /// The records that hang off these of another entity; the cursor stays.
    Linked(EntityKind, Vec<i64>),
    /// Every record that refers to one on the other side: linked, and nothing else; nothing is written to either side.
    Relink,
    /// These two records: linked by hand, and nothing else.
    Join(NetSuiteId, WizId),
}

/// A run's tools. The state file is changed only while the caller holds the lease.
pub struct Engine<'a> {
    /// The source.
    pub netsuite: &'a NetSuite,
    /// The target.
    pub wizcommerce: &'a WizCommerce,
    /// The profile's state.
    pub state: &'a mut State,
    /// The time of day, for stamps in the state file.
    pub clock: Arc<dyn Clock>,
    /// Who listens.
    pub observer: &'a dyn Observer,
    /// The wish to stop.
    pub stop: Stop,
    /// What is asked.
    pub options: Options,
    /// The run's id.
    pub run_id: String,
    /// NetSuite's clock at the start of the run.
    pub source: SourceClock,
    /// The other flows of the profile.
    pub flows: &'a dyn Flows,
    /// What the run remembers from flow to flow.
    pub memory: Memory,
}

/// Rejections found so far: the first ones whole, all of them counted.
#[derive(Default)]
struct Tally {
    counts: Counts,
    skipped: BTreeMap<&'static str, u64>,
    rejections: Vec<Rejection>,
    notes: Vec<String>,
    plan: Vec<report::PlanLine>,
    heads: u64,
    /// Records and heads that turned up in a run that does not look at everything.
    seen: BTreeSet<i64>,
    /// Natural keys of records on both sides that must not be linked.
    contradicted: BTreeSet<String>,
    /// Records of WizCommerce that were read whole in this run, each with its `updated_at` then.
    read: BTreeMap<String, Option<String>>,
}

/// What is known of a flow's run when it begins.
struct Begun {
    at: tokio::time::Instant,
    requests: Requests,
    mode: Mode,
}

impl Engine<'_> {
    /// Runs one flow and reports it. An error is part of the report: what was complete is committed.
    pub async fn run<F: Flow>(&mut self, flow: &mut F, task: &Task) -> (FlowReport, Option<Error>) {
        let begun = self.begin(task);
        let tally = RefCell::new(Tally::default());
        let mut cursor = CursorMove::default();
        let mut mode = begun.mode;
        let mut error = self.line(flow, task, &tally, &mut mode, &mut cursor).await.err();
        if error.as_ref().is_some_and(|error| error.kind() == ErrorKind::Refused) {
            error = self.forget_shape(flow).err().or(error);
        }
        (self.report(flow, &begun, mode, cursor, tally.into_inner()), error)
    }

    fn begin(&self, task: &Task) -> Begun {
        let mode = if *task == Task::Changes { Mode::Incremental } else { Mode::Ids };
        Begun { at: tokio::time::Instant::now(), requests: self.requests(), mode }
    }

    /// Sums up what a flow did.
    fn report<F: Frame>(&self, flow: &F, begun: &Begun, mode: Mode, cursor: CursorMove, tally: Tally) -> FlowReport {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let after = self.requests();
        let mut report = FlowReport {
            entity: entity.into(),
            direction: direction.into(),
            mode: mode.word().into(),
            counts: tally.counts,
            skipped_reasons: tally.skipped.into_iter().map(|(reason, count)| (reason.into(), count)).collect(),
            requests: Requests {
                netsuite: after.netsuite - begun.requests.netsuite,
                wizcommerce: after.wizcommerce - begun.requests.wizcommerce,
            },
            cursor,
            duration_ms: u64::try_from(begun.at.elapsed().as_millis()).unwrap_or(u64::MAX),
            failures: Vec::new(),
            failures_total: tally.counts.rejected,
            notes: tally.notes,
            plan: tally.plan,
        };
        report.failures = self.failures(entity, direction, tally.rejections);
        self.observer.on(&Event::Finished(&report));
        report
    }

    async fn line<F: Flow>(
        &mut self,
        flow: &mut F,
        task: &Task,
        tally: &RefCell<Tally>,
        mode: &mut Mode,
        moved: &mut CursorMove,
    ) -> Result<()> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let known = self.state.cursor(entity, direction)?;
        moved.before = known.position.map(rfc3339);
        moved.after.clone_from(&moved.before);
        match task {
            Task::Relink => return self.relink(flow, tally).await,
            Task::Join(ns_id, wc_id) => return self.join(flow, *ns_id, wc_id, tally).await,
            _ => {}
        }

        let shape = self.shape(flow, &known, tally).await?;
        let work = self.find(flow, task, &known, &shape, tally).await?;
        if !work.is_empty() {
            self.consult(flow).await?;
        }
        *mode = work.bounds.mode;
        self.observer.on(&Event::Started { entity, mode: mode.word() });
        self.observer.on(&Event::Expecting(work.expected()));
        match self.fuse(flow, &work, &shape).await {
            // A dry run writes nothing, and showing what would be switched off is what the fuse sends people here for.
            Err(error) if self.options.dry_run && error.kind() == crate::error::ErrorKind::Decision => {
                let note = format!("a real run would stop here: {error}");
                self.observer.on(&Event::Note(&note));
                tally.borrow_mut().notes.push(note);
            }
            Err(error) if error.kind() == ErrorKind::Decision => {
                // Whoever mends what the fuse saw must not be met by the same members again.
                self.state.abandon_run_of(entity, direction)?;
                return Err(error);
            }
            other => other?,
        }
        let bounds = work.bounds.clone();
        let (expected, open) = (work.expected.clone(), work.open.clone());
        let whole = self.batches(flow, work, &shape, tally).await?;
        if whole {
            self.take_absent(flow, &expected.union(&open).copied().collect(), tally).await?;
            self.reject_absent(flow, &expected, tally)?;
        } else {
            let note = format!("{entity}: stopped as `--limit` or `--max-failures` asks; the cursor stays");
            self.observer.on(&Event::Note(&note));
            tally.borrow_mut().notes.push(note);
        }

        if *mode != Mode::Ids && whole {
            let now = self.clock.now();
            let listed = lists_target(flow).then(|| flow.kind());
            self.state.finish_run_of(entity, direction, &bounds, listed.as_slice(), now)?;
            self.memory.listed.remove(flow.kind());
            self.observer.on(&Event::Passed(Step::CursorMoved));
            if !self.options.dry_run {
                moved.after = self.state.cursor(entity, direction)?.position.map(rfc3339);
            }
        }
        Ok(())
    }

    /// Reads ahead and takes batch after batch down the line. Gives whether all of them were done.
    async fn batches<F: Flow>(&mut self, flow: &F, work: Work, shape: &Shape, tally: &RefCell<Tally>) -> Result<bool> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let Work { bounds, selections, asked, lifted, deleted, .. } = work;
        if !deleted.is_empty() {
            self.take_deletions(flow, &deleted, tally).await?;
        }
        if selections.is_empty() {
            return Ok(true);
        }
        if bounds.mode == Mode::Full && lists_target(flow) && self.state.cursor(entity, direction)?.position.is_none() {
            self.list_target(flow).await?;
        }
        let listed = bounds.mode == Mode::Full && self.memory.listed.contains(flow.kind());

        // Reading goes on while a batch is written; a few batches wait at most, whatever the size of the account.
        let (sender, mut receiver) = tokio::sync::mpsc::channel(2);
        let (netsuite, hands) = (self.netsuite, self.memory.hands.clone());
        let reader = std::pin::pin!(async move {
            let mut ahead = std::pin::pin!(read::ahead(netsuite, &hands, flow, shape, selections));
            while let Some(read) = ahead.next().await {
                if sender.send(read).await.is_err() {
                    break;
                }
            }
        });
        let writer = std::pin::pin!(async {
            while let Some(read) = receiver.recv().await {
                let read = read?;
                self.observer.on(&Event::Passed(Step::BatchRead));
                if let Some(error) = self.stop.error() {
                    return Err(error);
                }
                let target =
                    batch::Target { listed, asked: asked.as_ref(), lifted, mode: bounds.mode, prepares: true, only_links: false };
                let place = batch::place_of(&read.selection, bounds.mode);
                let touched = self.batch(flow, shape, read, &target, tally).await?;
                if self.brings_followers(flow) {
                    self.bring_followers(flow, touched).await?;
                    // Only now is the batch done with all that belongs to it.
                    let run_id = self.run_id.clone();
                    let commit = Commit { entity, direction, run: &run_id, resume: place, ..Commit::default() };
                    self.state.commit(&commit, self.clock.now())?;
                }
                if self.is_enough(tally) {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        match future::select(writer, reader).await {
            Either::Left((result, _)) => result,
            Either::Right(((), writer)) => writer.await,
        }
    }

    fn is_enough(&self, tally: &RefCell<Tally>) -> bool {
        if self.memory.depth > 0 {
            // The limits are about what was asked for, not about what that needs.
            return false;
        }
        let counts = tally.borrow().counts;
        self.options.limit.is_some_and(|limit| counts.read >= limit)
            || self.options.max_failures.is_some_and(|most| counts.rejected > most)
    }

    fn requests(&self) -> Requests {
        Requests { netsuite: self.netsuite.remote().sent(), wizcommerce: self.wizcommerce.remote().sent() }
    }

    /// Gives the rejections of a report the numbers under which they are stored.
    fn failures(&self, entity: &str, direction: &str, rejections: Vec<Rejection>) -> Vec<FailureReport> {
        let stored =
            if self.options.dry_run { Vec::new() } else { self.state.rejections(Some(&self.run_id)).unwrap_or_default() };
        rejections
            .into_iter()
            .map(|rejection| FailureReport {
                id: stored
                    .iter()
                    .find(|row| row.entity == entity && row.direction == direction && row.rejection.key == rejection.key)
                    .map(|row| row.id),
                key: rejection.key,
                label: rejection.label,
                reason: rejection.reason.word().into(),
                message: rejection.message,
                hint: rejection.hint,
            })
            .collect()
    }
}

/// Tells whether a flow meets records on the target that have no link: one over links only does not.
fn lists_target<F: Flow>(flow: &F) -> bool {
    flow.lookup().is_some() && flow.universe().linked().is_none()
}

/// Gives the bounds of a run over named records, which move nothing.
fn bounds_of_names(now: Timestamp) -> Bounds {
    Bounds { mode: Mode::Ids, low: None, high: now, mapping: String::new(), resume: None, links: 0 }
}
