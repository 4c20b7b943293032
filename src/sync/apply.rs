//! Sending: the writes of one lane in order, one outcome per record, nothing about cursors.
//!
//! A create whose answer was lost is the dangerous case: WizCommerce has no idempotency key. Its outcome is looked up by
//! natural key before it is sent again (`correctness.md` R9, R10).

use std::cell::{Cell, RefCell};

use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt as _};
use serde_json::value::RawValue;

use super::{Engine, Event, Step, Tally};
use crate::entities::{Action, By, Flow, Lookup, Planned};
use crate::error::{Error, Result};
use crate::http::{CallError, Repeat};
use crate::model::{Listed, Reason, Rejection, WizId};
use crate::wizcommerce::WriteError;
use crate::wizcommerce::records::Call;
use crate::wizcommerce::records::Members;

/// Lanes written side by side; the gate decides how many requests that makes.
const LANES: usize = 32;
/// How often a create is sent when its outcome stays unknown and look-ups do not find it.
const CREATES: u32 = 3;

/// How often a record is read and compared while it is changed.
const ROUNDS: usize = 4;
/// Writes that may come to nothing in a row, each after waiting and trying again, before WizCommerce counts as down. One
/// record whose write always fails must not end a run; a remote that takes no writes must (`correctness.md` 7).
const LOST: u32 = 5;

/// What became of one planned record.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is on the target, with the given id.
    Written(WizId),
    /// It could not be written; the id when it exists on the target all the same.
    Rejected(Rejection, Option<WizId>),
    /// It was not tried to the end, and may or may not be on the target: its intent stays open.
    Open,
    /// Nothing was sent for it.
    Untouched,
}

impl<'a> Engine<'a> {
    /// Sends the writes of a batch. Gives one outcome per record, and the error that ended the sending, if any.
    pub(super) async fn apply<F: Flow>(
        &self,
        flow: &F,
        planned: Vec<Planned<F::Body>>,
        tally: &RefCell<Tally>,
    ) -> (Vec<(Planned<F::Body>, Outcome)>, Option<Error>) {
        let mut lanes: Vec<Vec<Planned<F::Body>>> = Vec::new();
        for record in planned {
            match lanes.last_mut().filter(|lane| lane.first().is_some_and(|first| first.desired.lane == record.desired.lane)) {
                Some(lane) => lane.push(record),
                None => lanes.push(vec![record]),
            }
        }
        let shared = Shared { tally, breaker: Breaker::default() };
        let lanes = stream::iter(lanes).map(|lane| self.lane(flow, lane, &shared)).buffered(LANES).collect::<Vec<_>>().await;
        let mut outcomes: Vec<_> = lanes.into_iter().flatten().collect();
        let error = shared.breaker.error.into_inner();
        if error.is_some() {
            // It was not the records: they are taken up again by the next run.
            for (_, outcome) in &mut outcomes {
                if matches!(outcome, Outcome::Rejected(rejection, _) if rejection.reason == Reason::RemoteUnavailable) {
                    *outcome = Outcome::Open;
                }
            }
        }
        (outcomes, error)
    }

    async fn lane<F: Flow>(
        &self,
        flow: &F,
        planned: Vec<Planned<F::Body>>,
        shared: &Shared<'_>,
    ) -> Vec<(Planned<F::Body>, Outcome)> {
        let outcomes = planned.iter().map(|_| Outcome::Untouched).collect();
        let mut lane =
            Lane { engine: self, flow, breaker: &shared.breaker, tally: shared.tally, outcomes, planned, unanswered: Vec::new() };
        if let Err(error) = lane.write().await {
            // The first error is the cause; those after it are its company.
            shared.breaker.error.borrow_mut().get_or_insert(error);
        }
        lane.planned.into_iter().zip(lane.outcomes).collect()
    }

    /// Looks records up on the target now, in every state they can be in; as many keys as one request takes.
    pub(super) async fn look_up(&self, lookup: &Lookup, keys: &[String]) -> Result<Vec<Listed>> {
        let (parameter, _) = lookup.parameter();
        let joined = keys.join(",");
        let lists = lookup.states.iter().map(|state| {
            let parameters = [*state, &[(parameter, joined.as_str())]].concat();
            async move { self.wizcommerce.list::<Box<RawValue>>(&lookup.path, &parameters).await }
        });
        let records = try_join_all(lists).await?;
        // The filter may be a prefix search: only the very keys count.
        let found = records.iter().flatten().filter_map(|raw| (lookup.read)(raw).ok());
        Ok(found.filter(|listed| keys.contains(&listed.natural_key)).collect())
    }
}

/// What the lanes of a batch know of each other: how many writes came to nothing in a row, and what ended the sending.
#[derive(Default)]
struct Breaker {
    lost: Cell<u32>,
    error: RefCell<Option<Error>>,
}

/// What all lanes of a batch share.
struct Shared<'b> {
    tally: &'b RefCell<Tally>,
    breaker: Breaker,
}

/// The records of one lane while they are written.
struct Lane<'l, 'e, F: Flow> {
    engine: &'l Engine<'e>,
    flow: &'l F,
    breaker: &'l Breaker,
    tally: &'l RefCell<Tally>,
    planned: Vec<Planned<F::Body>>,
    outcomes: Vec<Outcome>,
    /// Requests that may do a thing twice and had no answer: they may still be executed.
    unanswered: Vec<Call>,
}

impl<F: Flow> Lane<'_, '_, F> {
    /// Tells whether nothing new may be sent: something ended the sending, or somebody asked to stop.
    fn is_over(&self) -> bool {
        self.breaker.error.borrow().is_some() || self.engine.stop.requested().is_some()
    }

    /// Counts a write that came to nothing. The error says that WizCommerce takes no writes at all: by its own words, or
    /// because nothing else did.
    fn count_lost(&self, words: &str, down: bool) -> Result<()> {
        let lost = self.breaker.lost.get() + 1;
        self.breaker.lost.set(lost);
        if lost < LOST && !down {
            return Ok(());
        }
        Err(self.engine.wizcommerce.remote().unavailable("its writes", CallError::Unknown(words.to_owned(), down)))
    }

    async fn write(&mut self) -> Result<()> {
        let all: Vec<usize> = (0..self.planned.len()).collect();
        let creates: Vec<usize> = all.iter().copied().filter(|at| self.planned[*at].action == Action::Create).collect();
        if self.flow.lookup().is_some() && !creates.is_empty() {
            let created = self.create(creates.clone()).await;
            // What a create cannot say (that a record is off, which address is the default) is part of the same action:
            // until then it is not done.
            let mut begun = Vec::new();
            for at in creates {
                let Outcome::Written(wc_id) = &self.outcomes[at] else { continue };
                if self.flow.is_unfinished(&self.planned[at].desired) {
                    begun.push((at, wc_id.clone()));
                    self.outcomes[at] = Outcome::Open;
                }
            }
            created?;
            for (at, wc_id) in begun {
                let mut rest = self.planned[at].clone();
                rest.action = Action::Update(wc_id);
                rest.was_active = Some(true);
                // Should that be refused, the map must know that it is on.
                self.planned[at].was_active = Some(true);
                self.change(vec![rest], &[at]).await?;
            }
        }
        let rest: Vec<usize> = all.into_iter().filter(|at| matches!(self.outcomes[*at], Outcome::Untouched)).collect();
        let records: Vec<Planned<F::Body>> = rest.iter().map(|at| self.planned[*at].clone()).collect();
        self.change(records, &rest).await
    }

    /// Changes records that are there. Those of a flow that has to know what it changes are read first, one by one, and read
    /// again after a request whose answer the next one depends on.
    async fn change(&mut self, records: Vec<Planned<F::Body>>, positions: &[usize]) -> Result<()> {
        let reads = |record: &Planned<F::Body>| id_of(record).and_then(|wc_id| self.flow.detail(&wc_id));
        if records.first().and_then(reads).is_none() {
            return self.send(&records, positions, 0).await.map(|_| ());
        }
        for (mut record, at) in records.into_iter().zip(positions) {
            let Some(wc_id) = id_of(&record) else { continue };
            let mut overruled: Option<Vec<String>> = None;
            for left in (0..ROUNDS).rev() {
                if self.is_over() {
                    return Ok(());
                }
                let Some(path) = self.flow.detail(&wc_id) else { break };
                let label = &record.desired.label;
                let refusal = match self.engine.wizcommerce.read(&path).await? {
                    Some(present) => match self.flow.unreadable(&wc_id, &Members::of(&present)) {
                        None => {
                            record.present = Some(present);
                            None
                        }
                        Some(words) => Some((
                            Reason::InvalidRecord,
                            format!("what WizCommerce shows of {label} cannot be changed safely: {words}"),
                            "nothing was written; look at the record in WizCommerce",
                        )),
                    },
                    // A person deleted it: it is not made again behind their back (`correctness.md` 0.2).
                    None => Some((
                        Reason::Conflict,
                        format!("{label} was deleted in WizCommerce; it is not made again by itself"),
                        "netwiz does not bring back what a person deleted; if it should be there, restore it in WizCommerce",
                    )),
                };
                if let Some((reason, message, hint)) = refusal {
                    let desired = &record.desired;
                    let rejection =
                        Rejection::new(desired.key, &desired.label, reason, message).of_head(desired.head).hinting(hint);
                    self.outcomes[*at] = Outcome::Rejected(rejection, Some(wc_id.clone()));
                    break;
                }
                // Only the first look shows what people made of it.
                overruled.get_or_insert_with(|| self.flow.overruled(&record));
                if !self.send(std::slice::from_ref(&record), &[*at], left).await? {
                    break;
                }
                self.outcomes[*at] = Outcome::Open;
            }
            // Nothing more had to be sent: it is as it should be.
            if matches!(self.outcomes[*at], Outcome::Open) && !self.is_over() {
                self.outcomes[*at] = Outcome::Written(wc_id);
            }
            if matches!(self.outcomes[*at], Outcome::Written(_)) {
                let words = overruled.into_iter().flatten().map(|words| format!("{}: {words}", record.desired.label));
                self.tally.borrow_mut().notes.extend(words);
            }
        }
        Ok(())
    }

    /// Sends changes; `left` says how often the record can still be looked at anew. Gives whether it has to be.
    async fn send(&mut self, records: &[Planned<F::Body>], positions: &[usize], left: usize) -> Result<bool> {
        let mut again = false;
        let writes = self.flow.writes(records);
        // A record of several writes is written with the last of them.
        let last = |record: usize| writes.iter().rposition(|write| write.covers.contains(&record));
        for (nth, write) in writes.iter().enumerate() {
            let failed = |at: &usize| matches!(self.outcomes[positions[*at]], Outcome::Rejected(..));
            if write.covers.iter().any(failed) {
                continue;
            }
            if self.is_over() {
                return Ok(false);
            }
            if self.unanswered.contains(&write.call) {
                if left > 0 {
                    self.pause(ROUNDS - left).await?;
                    return Ok(true);
                }
                for at in &write.covers {
                    self.outcomes[positions[*at]] = unknown(&records[*at], "the next run looks for it first");
                }
                continue;
            }
            match self.engine.wizcommerce.write(&write.call).await {
                Ok(data) => {
                    self.engine.observer.on(&Event::Passed(Step::WriteAnswered));
                    self.breaker.lost.set(0);
                    again |= write.again;
                    for at in write.covers.iter().filter(|at| last(**at) == Some(nth)) {
                        let wc_id =
                            id_of(&records[*at]).or_else(|| self.flow.created(&data).ok()?.into_iter().next().map(|(_, id)| id));
                        if let Some(wc_id) = wc_id {
                            self.outcomes[positions[*at]] = Outcome::Written(wc_id);
                        }
                    }
                }
                Err(WriteError::Refused(refusal)) => {
                    again = false;
                    for at in &write.covers {
                        let rejection = self.flow.refused(&records[*at], &refusal.words, &refusal.fields);
                        self.outcomes[positions[*at]] = Outcome::Rejected(rejection, id_of(&records[*at]));
                    }
                }
                // What must not be sent twice blindly is compared with what is there first.
                Err(WriteError::Unknown(words, down)) if left > 0 && write.call.repeat != Repeat::Safe => {
                    tracing::info!(words, "the answer to a change was lost; looking whether it was executed");
                    if write.call.repeat == Repeat::Never && !down {
                        self.unanswered.push(write.call.clone());
                    }
                    self.pause(ROUNDS - left).await?;
                    return Ok(true);
                }
                Err(WriteError::Unknown(words, down)) => {
                    self.count_lost(&words, down)?;
                    for at in &write.covers {
                        self.outcomes[positions[*at]] = unknown(&records[*at], &words);
                    }
                }
                Err(WriteError::Failed(error)) => return Err(error),
            }
        }
        Ok(again && !records.iter().zip(positions).any(|(_, at)| matches!(self.outcomes[*at], Outcome::Rejected(..))))
    }

    /// Creates records in one request, or one by one when they are refused together.
    async fn create(&mut self, mut positions: Vec<usize>) -> Result<()> {
        let Some(lookup) = self.flow.lookup() else { return Ok(()) };
        for attempt in 1..=CREATES {
            let mut only_look = false;
            let records: Vec<Planned<F::Body>> = positions.iter().map(|at| self.planned[*at].clone()).collect();
            let Some(write) = self.flow.writes(&records).into_iter().find(|write| write.creates) else { return Ok(()) };
            if self.is_over() {
                return Ok(());
            }
            for at in &positions {
                self.outcomes[*at] = Outcome::Open;
            }
            match self.engine.wizcommerce.write(&write.call).await {
                Ok(data) => {
                    self.engine.observer.on(&Event::Passed(Step::WriteAnswered));
                    self.breaker.lost.set(0);
                    let created = self.flow.created(&data).unwrap_or_default();
                    positions.retain(|at| {
                        let key = lookup.key_of(&self.planned[*at].desired);
                        match created.iter().find(|(created, _)| *created == key) {
                            Some((_, wc_id)) => {
                                self.outcomes[*at] = Outcome::Written(wc_id.clone());
                                false
                            }
                            // An answer that does not name a record leaves it unknown.
                            None => true,
                        }
                    });
                }
                Err(WriteError::Refused(refusal)) if positions.len() == 1 => {
                    let at = positions[0];
                    if !self.take_up(at).await? {
                        let rejection = self.flow.refused(&self.planned[at], &refusal.words, &refusal.fields);
                        self.outcomes[at] = Outcome::Rejected(rejection, None);
                    }
                    return Ok(());
                }
                Err(WriteError::Refused(_)) => {
                    // One bad variant must not keep its family out.
                    for at in positions {
                        Box::pin(self.create(vec![at])).await?;
                    }
                    return Ok(());
                }
                Err(WriteError::Unknown(words, down)) => {
                    tracing::info!(words, attempt, "the answer to a create was lost; looking whether it was executed");
                    // Nothing keeps a second record of the same reference out, and what was given up without an answer may still
                    // be executed: the next run sends it again, unless it is there by then.
                    only_look = !down && matches!(lookup.by, By::Reference);
                    // A first loss may be a moment's; what is lost again after a wait counts.
                    if attempt > 1 || only_look {
                        self.count_lost(&words, down && attempt == CREATES)?;
                    }
                }
                Err(WriteError::Failed(error)) => {
                    // Never accepted: flow control and failed connections execute nothing.
                    for at in &positions {
                        self.outcomes[*at] = Outcome::Untouched;
                    }
                    return Err(error);
                }
            }
            if positions.is_empty() {
                return Ok(());
            }
            let looks = if only_look { CREATES } else { attempt };
            for look in attempt..=looks {
                self.find_created(&mut positions, look).await?;
                if positions.is_empty() {
                    return Ok(());
                }
            }
            if only_look {
                break;
            }
        }
        for at in positions {
            let record = &self.planned[at].desired;
            let message = format!("whether WizCommerce created {} is unknown; the next run looks for it first", record.label);
            let rejection = Rejection::new(record.key, &record.label, Reason::RemoteUnavailable, message).of_head(record.head);
            // The intent stays open: the next run looks the record up before it creates anything.
            self.outcomes[at] = Outcome::Rejected(rejection, None);
        }
        Ok(())
    }

    /// Looks whether a refused create met its own twin: one that was given up, even by a run that is long dead, and executed
    /// late, or one that the state file no longer knows of. Such a record is brought up to date like any that is found there.
    async fn take_up(&mut self, at: usize) -> Result<bool> {
        let Some(lookup) = self.flow.lookup() else { return Ok(false) };
        let desired = &self.planned[at].desired;
        let (reference, found) = (desired.key.to_string(), self.engine.look_up(&lookup, &[lookup.key_of(desired)]).await?);
        let Some(listed) = found.into_iter().find(|listed| listed.reference_id.as_deref() == Some(&reference)) else {
            return Ok(false);
        };
        let record = &mut self.planned[at];
        record.action = Action::Adopt(listed.wc_id);
        record.was_active = Some(listed.active);
        self.outcomes[at] = Outcome::Untouched;
        Ok(true)
    }

    /// Waits before a look at what an unknown request did: it may still be executed after it was given up, so the first look
    /// comes late and the second later.
    async fn pause(&self, attempt: usize) -> Result<()> {
        let remote = self.engine.wizcommerce.remote();
        let wait = remote.schedule().base * u32::try_from(attempt).unwrap_or(1);
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            signal = remote.stop().wait() => Err(crate::http::interrupted(signal)),
        }
    }

    /// Looks up, after a while, what an unknown create left behind; what is found is no longer in `positions`.
    async fn find_created(&mut self, positions: &mut Vec<usize>, attempt: u32) -> Result<()> {
        let Some(lookup) = self.flow.lookup() else { return Ok(()) };
        self.pause(attempt as usize).await?;
        let mut absent = Vec::new();
        for at in positions.drain(..) {
            let found = self.engine.look_up(&lookup, &[lookup.key_of(&self.planned[at].desired)]).await?;
            match found.into_iter().next() {
                Some(listed) => self.outcomes[at] = Outcome::Written(listed.wc_id),
                None => absent.push(at),
            }
        }
        *positions = absent;
        Ok(())
    }
}

/// Says of a record that what became of its write is not known.
fn unknown<B>(record: &Planned<B>, words: &str) -> Outcome {
    let desired = &record.desired;
    let message = format!("WizCommerce gave no usable answer to the write of {}: {words}", desired.label);
    let rejection = Rejection::new(desired.key, &desired.label, Reason::RemoteUnavailable, message).of_head(desired.head);
    Outcome::Rejected(rejection, id_of(record))
}

/// Gives the target's id of a record that is there already.
pub(super) fn id_of<B>(record: &Planned<B>) -> Option<WizId> {
    match &record.action {
        Action::Adopt(wc_id) | Action::Update(wc_id) => Some(wc_id.clone()),
        Action::Create | Action::Unchanged => record.desired.target.clone(),
    }
}
