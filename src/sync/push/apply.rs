//! Sending to NetSuite: the writes of one record in order, and an outcome for each.
//!
//! A create carries an external id that NetSuite keeps unique, so it may be sent again once it was looked up and not found: if
//! the first one is executed late, the second meets "already exists", which is looked up and linked (`correctness.md` R5, R9).

use std::cell::{Cell, RefCell};

use super::super::{Engine, Event, Shape, Step};
use super::batch::{Case, Found};
use super::plan::{Action, Plan};
use crate::entities::push::{Child, Identity, Outgoing, Push, creation, refused};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{CallError, Repeat};
use crate::model::{Link, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::{RecordCall, Refusal, WriteError};

/// How often a create is sent when its outcome stays unknown and look-ups do not find it.
const CREATES: usize = 3;
/// How often a record is read and compared while it is changed.
const ROUNDS: usize = 4;
/// Looks at what a refusal says is there already: the record may be on its way.
const LOOKS: usize = 3;
/// Writes that may come to nothing in a row before NetSuite counts as down.
const LOST: u32 = 5;

/// What became of one planned record.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is in NetSuite as planned.
    Written(NetSuiteId),
    /// It could not be written; the id when it is in NetSuite all the same.
    Rejected(Rejection, Option<NetSuiteId>),
    /// It was not tried to the end, and may or may not be in NetSuite: its intent stays open.
    Open,
    /// Nothing was sent for it.
    Untouched,
}

/// What the lanes of a batch know of each other: how many writes came to nothing in a row, and what ended the sending.
#[derive(Default)]
pub(super) struct Breaker {
    lost: Cell<u32>,
    pub(super) error: RefCell<Option<Error>>,
}

/// One record's writes when they are done.
pub(super) struct Lane<'c, B> {
    pub(super) case: &'c Case,
    pub(super) plans: Vec<(Plan<B>, Outcome)>,
    /// Links of records that hang on it.
    pub(super) children: Vec<Link>,
    /// Keys of creates of such records whose outcome is known now, by kind.
    pub(super) closed: Vec<(&'static str, String)>,
}

/// A record that is created: what every create has, whatever it is of.
struct Birth<'b> {
    identity: Identity,
    external_id: &'b str,
    owner: Option<NetSuiteId>,
    /// The record that is rejected and read again should this one not arrive: itself, or what it hangs on.
    head: &'b WizId,
    label: &'b str,
    call: RecordCall,
}

/// How a create ended.
enum Born {
    Here(NetSuiteId),
    Refused(Refusal),
    Rejected(Rejection),
    Unknown,
    Unsent,
}

impl Engine<'_> {
    /// Sends the writes of one record. What follows one that did not arrive is not sent.
    pub(super) async fn push_lane<'c, P: Push>(
        &self,
        flow: &P,
        shape: &Shape,
        case: &'c Case,
        plans: Vec<Plan<P::Body>>,
        breaker: &Breaker,
    ) -> Lane<'c, P::Body> {
        let mut lane = Lane { case, plans: Vec::new(), children: Vec::new(), closed: Vec::new() };
        let mut goes_on = true;
        for mut plan in plans {
            let mut outcome = Outcome::Untouched;
            if goes_on && !self.is_over(breaker) {
                let result = self.push_one(flow, shape, &mut lane, &mut plan, breaker).await;
                outcome = result.unwrap_or_else(|(error, outcome)| {
                    // The first error is the cause; those after it are its company.
                    breaker.error.borrow_mut().get_or_insert(error);
                    outcome
                });
            }
            goes_on = matches!(outcome, Outcome::Written(_));
            lane.plans.push((plan, outcome));
        }
        lane
    }

    fn is_over(&self, breaker: &Breaker) -> bool {
        breaker.error.borrow().is_some() || self.stop.requested().is_some()
    }

    async fn push_one<P: Push>(
        &self,
        flow: &P,
        shape: &Shape,
        lane: &mut Lane<'_, P::Body>,
        plan: &mut Plan<P::Body>,
        breaker: &Breaker,
    ) -> std::result::Result<Outcome, (Error, Outcome)> {
        let id = match plan.action.id() {
            Some(id) => id,
            None => match self.push_create(flow, plan, breaker).await? {
                Outcome::Written(id) => id,
                other => return Ok(other),
            },
        };
        if let Some(rejection) = self.push_changes(flow, shape, lane.case, plan, id, breaker).await? {
            return Ok(Outcome::Rejected(rejection, Some(id)));
        }
        for child in &plan.proposal.children {
            let birth = birth_of_child(child, &lane.case.id, id);
            match self.bear(&birth, breaker).await.map_err(|error| (error, Outcome::Rejected(unknown(&birth), Some(id))))? {
                Born::Here(child_id) => {
                    let mut link = Link::new(child.kind, child_id, child.key.clone());
                    // It hangs on that record, and is forgotten with it.
                    link.head = id;
                    link.external_id = Some(child.external_id.clone());
                    lane.children.push(link);
                    lane.closed.push((child.kind, child.key.0.clone()));
                }
                Born::Refused(refusal) => {
                    lane.closed.push((child.kind, child.key.0.clone()));
                    return Ok(Outcome::Rejected(refused(birth.head, &child.label, &refusal), Some(id)));
                }
                Born::Rejected(rejection) => {
                    lane.closed.push((child.kind, child.key.0.clone()));
                    return Ok(Outcome::Rejected(rejection, Some(id)));
                }
                Born::Unknown => return Ok(Outcome::Rejected(unknown(&birth), Some(id))),
                Born::Unsent => return Ok(Outcome::Open),
            }
        }
        Ok(Outcome::Written(id))
    }

    /// Creates a record of the flow.
    async fn push_create<P: Push>(
        &self,
        flow: &P,
        plan: &Plan<P::Body>,
        breaker: &Breaker,
    ) -> std::result::Result<Outcome, (Error, Outcome)> {
        let proposal = &plan.proposal;
        let birth = Birth {
            identity: flow.identity(),
            external_id: &proposal.external_id,
            owner: proposal.owner,
            head: &proposal.head,
            label: &proposal.label,
            call: flow.create(proposal),
        };
        let born = self.bear(&birth, breaker).await.map_err(|error| {
            // Flow control and failed connections execute nothing; whatever was sent before stays open.
            (error, Outcome::Open)
        })?;
        Ok(match born {
            Born::Here(id) => Outcome::Written(id),
            Born::Refused(refusal) => {
                let rejection = flow.refused(proposal, &refusal);
                if let Some(error) = denied(&rejection) {
                    return Err((error, Outcome::Rejected(rejection, None)));
                }
                Outcome::Rejected(rejection, None)
            }
            Born::Rejected(rejection) => Outcome::Rejected(rejection, None),
            Born::Unknown => Outcome::Rejected(unknown(&birth), None),
            Born::Unsent => Outcome::Untouched,
        })
    }

    /// Sends a create until it is known what became of it.
    async fn bear(&self, birth: &Birth<'_>, breaker: &Breaker) -> Result<Born> {
        for attempt in 1..=CREATES {
            if self.is_over(breaker) {
                return Ok(if attempt == 1 { Born::Unsent } else { Born::Unknown });
            }
            match self.netsuite.write(&birth.call).await {
                Ok(Some(id)) => {
                    self.observer.on(&Event::Passed(Step::WriteAnswered));
                    breaker.lost.set(0);
                    return Ok(Born::Here(id));
                }
                // An answer that does not name the record leaves it unknown.
                Ok(None) => {}
                Err(WriteError::Refused(refusal)) if refusal.is_duplicate() => return self.find_twin(birth, &refusal).await,
                Err(WriteError::Refused(refusal)) => return Ok(Born::Refused(refusal)),
                Err(WriteError::Unknown(words, down)) => {
                    tracing::info!(words, attempt, "the answer to a create was lost; looking whether it was executed");
                    // A first loss may be a moment's; what is lost again after a wait counts.
                    if attempt > 1 {
                        self.count_lost_write(breaker, &words, down && attempt == CREATES)?;
                    }
                }
                Err(WriteError::Failed(error)) => return Err(error),
            }
            self.pause_push(attempt).await?;
            if let Some(found) = self.find_one(birth).await? {
                return Ok(self.judge(birth, found));
            }
        }
        Ok(Born::Unknown)
    }

    /// Finds the record that a create met: its own twin, sent by a run that never heard of it, or somebody else's record of that
    /// name (`correctness.md` R5).
    async fn find_twin(&self, birth: &Birth<'_>, refusal: &Refusal) -> Result<Born> {
        for look in 1..=LOOKS {
            if let Some(found) = self.find_one(birth).await? {
                return Ok(self.judge(birth, found));
            }
            if look < LOOKS {
                self.pause_push(look).await?;
            }
        }
        let words = refusal.words();
        let message =
            format!("NetSuite says that {} exists, but none carries the external id {}: {words}", birth.label, birth.external_id);
        let hint = "another record has the same name or number: rename one of the two, or link them with `netwiz map set`";
        Ok(Born::Rejected(Rejection::new(&birth.head.0, birth.label, Reason::RefusedByNetsuite, message).hinting(hint)))
    }

    async fn find_one(&self, birth: &Birth<'_>) -> Result<Option<Found>> {
        let names = [birth.external_id.to_owned()];
        Ok(self.find_external(&birth.identity, &names).await?.remove(birth.external_id))
    }

    fn judge(&self, birth: &Birth<'_>, found: Found) -> Born {
        let is_others = birth.owner.is_some() && found.owner.is_some() && birth.owner != found.owner;
        if found.fits && !is_others {
            self.observer.on(&Event::Passed(Step::WriteAnswered));
            return Born::Here(found.id);
        }
        let message = format!(
            "the external id {} of {} is that of the record {} in NetSuite, which is none of ours",
            birth.external_id, birth.label, found.id
        );
        Born::Rejected(Rejection::new(&birth.head.0, birth.label, Reason::ExternalIdTaken, message))
    }

    /// Writes the fields that WizCommerce's side won. What must not be sent twice blindly is compared with what is there before
    /// it is sent again.
    async fn push_changes<P: Push>(
        &self,
        flow: &P,
        shape: &Shape,
        case: &Case,
        plan: &mut Plan<P::Body>,
        id: NetSuiteId,
        breaker: &Breaker,
    ) -> std::result::Result<Option<Rejection>, (Error, Outcome)> {
        let failed = |error: Error| (error, Outcome::Open);
        let mut fields = plan.action.fields();
        // Requests that may do a thing twice and had no answer: they may still be executed.
        let mut unanswered = Vec::new();
        let no_answer = |plan: &Plan<P::Body>, words: &str| {
            let message = format!("NetSuite gave no usable answer to the change of {}: {words}", plan.proposal.label);
            Rejection::new(&case.id.0, &plan.proposal.label, Reason::RemoteUnavailable, message)
        };
        for left in (0..ROUNDS).rev() {
            let mut again = false;
            for call in flow.changes(&plan.proposal, id, &fields) {
                if self.is_over(breaker) {
                    return Err((self.over(breaker), Outcome::Open));
                }
                if unanswered.contains(&call) {
                    if left == 0 {
                        return Ok(Some(no_answer(plan, "the next run looks for it first")));
                    }
                    self.pause_push(ROUNDS - left).await.map_err(failed)?;
                    again = true;
                    break;
                }
                match self.netsuite.write(&call).await {
                    Ok(_) => {
                        self.observer.on(&Event::Passed(Step::WriteAnswered));
                        breaker.lost.set(0);
                    }
                    Err(WriteError::Refused(refusal)) => {
                        let rejection = flow.refused(&plan.proposal, &refusal);
                        return match denied(&rejection) {
                            Some(error) => Err((error, Outcome::Rejected(rejection, Some(id)))),
                            None => Ok(Some(rejection)),
                        };
                    }
                    Err(WriteError::Unknown(words, down)) if left > 0 && call.repeat != Repeat::Safe => {
                        tracing::info!(words, "the answer to a change was lost; looking whether it was executed");
                        if call.repeat == Repeat::Never && !down {
                            unanswered.push(call);
                        }
                        self.pause_push(ROUNDS - left).await.map_err(failed)?;
                        again = true;
                        break;
                    }
                    Err(WriteError::Unknown(words, down)) => {
                        self.count_lost_write(breaker, &words, down).map_err(failed)?;
                        return Ok(Some(no_answer(plan, &words)));
                    }
                    Err(WriteError::Failed(error)) => return Err((error, Outcome::Open)),
                }
            }
            if !again {
                return Ok(None);
            }
            let knowledge = self.learn(flow, shape, &[case]).await.map_err(failed)?;
            let mapped = self.map_case(flow, case, &knowledge).into_iter().find_map(|outgoing| match outgoing {
                Outgoing::Desired(proposal) if proposal.key == plan.proposal.key => Some(Ok(*proposal)),
                Outgoing::Rejected(rejection) => Some(Err(rejection)),
                Outgoing::Desired(_) | Outgoing::Skipped { .. } => None,
            });
            match mapped {
                None => return Ok(None),
                Some(Err(rejection)) => return Ok(Some(rejection)),
                Some(Ok(proposal)) => match self.plan(flow, proposal, &knowledge).map_err(failed)? {
                    Err(rejection) => return Ok(Some(*rejection)),
                    Ok(anew) => {
                        fields = anew.action.fields();
                        plan.proposal = anew.proposal;
                    }
                },
            }
        }
        Ok(None)
    }

    fn over(&self, breaker: &Breaker) -> Error {
        let company = || Error::new(ErrorKind::Unavailable, "the run ended before this record was done");
        match (self.stop.error(), breaker.error.borrow().as_ref()) {
            (Some(error), _) => error,
            (None, _) => company(),
        }
    }

    /// Counts a write that came to nothing. The error says that NetSuite takes no writes at all: by its own words, or because
    /// nothing else did.
    fn count_lost_write(&self, breaker: &Breaker, words: &str, down: bool) -> Result<()> {
        let lost = breaker.lost.get() + 1;
        breaker.lost.set(lost);
        if lost < LOST && !down {
            return Ok(());
        }
        Err(self.netsuite.remote().unavailable("its writes", CallError::Unknown(words.to_owned(), down)))
    }

    /// Waits before a look at what an unknown request did: it may still be executed after it was given up.
    async fn pause_push(&self, attempt: usize) -> Result<()> {
        let remote = self.netsuite.remote();
        let wait = remote.schedule().base * u32::try_from(attempt).unwrap_or(1);
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            signal = remote.stop().wait() => Err(crate::http::interrupted(signal)),
        }
    }
}

fn birth_of_child<'b>(child: &'b Child, head: &'b WizId, parent: NetSuiteId) -> Birth<'b> {
    let mut body = child.body.clone();
    body.insert(child.parent_member.into(), serde_json::json!({ "id": parent.to_string() }));
    Birth {
        identity: child.identity,
        external_id: &child.external_id,
        owner: Some(parent),
        head,
        label: &child.label,
        call: creation(child.identity.record, &child.external_id, body),
    }
}

fn unknown(birth: &Birth<'_>) -> Rejection {
    let message = format!("whether NetSuite created {} is unknown; the next run looks for it first", birth.label);
    Rejection::new(&birth.head.0, birth.label, Reason::RemoteUnavailable, message)
}

/// Makes the error of a role that may not write: no other record of the flow would fare better.
fn denied(rejection: &Rejection) -> Option<Error> {
    (rejection.reason == Reason::PermissionDenied).then(|| {
        Error::new(ErrorKind::Permission, "NetSuite's role may not write these records")
            .caused_by(rejection.message.clone())
            .hint("give the integration's role the permission that NetSuite names, at the level Create or Edit")
            .hint("see what is missing with `netwiz verify-credentials netsuite`")
    })
}

impl<B> Lane<'_, B> {
    /// Gives the records in NetSuite that were made or changed, whole or in part.
    pub(super) fn written(&self) -> impl Iterator<Item = NetSuiteId> {
        self.plans.iter().filter_map(|(plan, outcome)| match outcome {
            Outcome::Written(id) | Outcome::Rejected(_, Some(id)) if !matches!(plan.action, Action::Unchanged(_)) => Some(*id),
            _ => None,
        })
    }
}
