//! After the writes of a batch: what NetSuite holds now is read back, agreed on, and told to WizCommerce where that is due.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt as _};

use super::super::memory::hand_of;
use super::super::report::PlanLine;
use super::super::{Engine, Fate, Shape, Tally};
use super::apply::{Breaker, Lane, Outcome};
use super::batch::{Case, Knowledge};
use super::plan::{Action, Plan};
use crate::entities::push::{Field, Guard, Outgoing, Push, Settled, Target};
use crate::error::{Error, Result};
use crate::model::{Fingerprint, Link, NetSuiteId, Reason};
use crate::state::Commit;
use crate::wizcommerce::WriteError;
use crate::wizcommerce::records::Call;

/// Records written side by side; the gate decides how many requests that makes.
const LANES: usize = 32;

/// What WizCommerce has to be told of one record, and the link that counts as written once it was.
struct Told {
    label: String,
    link: Link,
    digest: Fingerprint,
    calls: Vec<Call>,
}

impl Engine<'_> {
    /// Writes what was planned, reads it back, and notes the outcome. Gives the error that ended the writing early.
    pub(super) async fn push_lanes<P: Push>(
        &mut self,
        flow: &P,
        shape: &Shape,
        lanes: Vec<(&Case, Vec<Plan<P::Body>>)>,
        mut knowledge: Knowledge,
        commit: &mut Commit<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<Option<Error>> {
        if self.options.dry_run {
            self.pretend_push(flow, lanes, commit, tally)?;
            return Ok(None);
        }
        let breaker = Breaker::default();
        let lanes: Vec<Lane<'_, P::Body>> = stream::iter(lanes)
            .map(|(case, plans)| self.push_lane(flow, shape, case, plans, &breaker))
            .buffered(LANES)
            .collect()
            .await;
        let mut fatal = breaker.error.into_inner();
        let written: BTreeSet<i64> = lanes.iter().flat_map(Lane::written).map(|id| id.0).collect();
        // One query of each kind for the whole batch: NetSuite answers a write without a body, and its scripts rewrite fields.
        let read_back = self.read_targets(flow, shape, &written, &mut knowledge.rows).await;
        let is_read = read_back.is_ok();
        if let Err(error) = read_back {
            fatal.get_or_insert(error);
        }
        let mut to_tell = Vec::new();
        for lane in lanes {
            self.settle_lane(flow, lane, &mut knowledge, is_read, fatal.is_some(), commit, &mut to_tell, tally)?;
        }
        if to_tell.is_empty() {
            return Ok(fatal);
        }
        // The links first: what WizCommerce is told only completes them.
        self.state.commit(commit, self.clock.now())?;
        commit.reset();
        let told: Vec<(Told, Result<Vec<String>>)> = stream::iter(to_tell)
            .map(|told| async {
                let result = self.tell_wizcommerce(&told).await;
                (told, result)
            })
            .buffered(LANES)
            .collect()
            .await;
        for (mut told, result) in told {
            match result {
                Ok(notes) => {
                    let is_whole = notes.is_empty();
                    tally.borrow_mut().notes.extend(notes);
                    if let (true, Some(pushed)) = (is_whole, &mut told.link.pushed) {
                        pushed.fingerprint = Some(told.digest);
                        // What was told moved its stamp.
                        pushed.seen = None;
                    }
                    commit.links.push(told.link);
                }
                Err(error) => drop(fatal.get_or_insert(error)),
            }
        }
        Ok(fatal)
    }

    /// Sends what WizCommerce has to be told; gives what could not be told, in words.
    async fn tell_wizcommerce(&self, told: &Told) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        for call in &told.calls {
            match self.wizcommerce.write(call).await {
                Ok(_) => {}
                Err(WriteError::Refused(refusal)) => {
                    notes.push(format!("{}: WizCommerce did not take its reference: {}", told.label, refusal.words));
                }
                Err(WriteError::Unknown(words, _)) => {
                    notes.push(format!("{}: whether WizCommerce took its reference is unknown: {words}", told.label));
                }
                Err(WriteError::Failed(error)) => return Err(error),
            }
        }
        Ok(notes)
    }

    #[expect(clippy::too_many_arguments, reason = "what becomes of a record is noted in that many places")]
    fn settle_lane<P: Push>(
        &mut self,
        flow: &P,
        lane: Lane<'_, P::Body>,
        knowledge: &mut Knowledge,
        is_read: bool,
        failed: bool,
        commit: &mut Commit<'_>,
        to_tell: &mut Vec<Told>,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        let Lane { case, plans, children, closed } = lane;
        commit.links.extend(children);
        commit.closed_elsewhere.extend(closed.into_iter().map(|(kind, key)| (kind.to_owned(), key)));
        let mut is_whole = true;
        for (plan, outcome) in plans {
            let key = plan.proposal.key.0.clone();
            match outcome {
                Outcome::Written(id) if is_read => {
                    knowledge.known.add_target(&plan.proposal.key, Target { id, is_linked: true });
                    let now = self.fields_now(flow, case, &plan, knowledge);
                    let settled = flow.settle(&case.record, id, &knowledge.rows, &knowledge.known);
                    self.settle_written(flow, case, plan, id, now, settled, commit, to_tell, tally)?;
                }
                Outcome::Written(id) => {
                    // It arrived; what NetSuite made of it is compared by the next run.
                    commit.links.push(self.link_of(flow, case, &plan, id)?);
                    commit.closed.push(key);
                    self.count_written(flow, &plan, false, tally);
                }
                Outcome::Rejected(rejection, id) => {
                    is_whole = false;
                    // An unknown outcome keeps its intent, so that the next run looks before it creates.
                    if rejection.reason != Reason::RemoteUnavailable || id.is_some() {
                        commit.closed.push(key);
                    }
                    if let Some(id) = id {
                        let mut link = self.link_of(flow, case, &plan, id)?;
                        if is_read && plan.action == Action::Create {
                            // It is there, if not with all that hangs on it: what it began with is known.
                            knowledge.known.add_target(&plan.proposal.key, Target { id, is_linked: true });
                            let now = self.fields_now(flow, case, &plan, knowledge);
                            let agreed = agreed_now(&plan, &now, flow.shares_image());
                            if flow.shares_image() {
                                link.image = agreed.shared();
                            } else if let Some(pushed) = &mut link.pushed {
                                pushed.image = agreed.pair();
                            }
                        }
                        commit.links.push(link);
                    }
                    self.reject(flow, rejection, commit, tally);
                }
                Outcome::Open | Outcome::Untouched => {
                    // The intent stays: an earlier run may have sent it, and a look costs little.
                    is_whole = false;
                    if failed {
                        tally.borrow_mut().counts.failed += 1;
                        self.tell_wiz(flow, &case.id.0, &plan.proposal.label, Fate::Failed);
                    }
                }
            }
        }
        // What was rejected before anything was planned stays so, and its attempts are counted on.
        if is_whole && !commit.rejections.iter().any(|rejection| rejection.head == case.id.0) {
            commit.cleared.push(case.id.0.clone());
        }
        Ok(())
    }

    /// Gives the fields of a record as they are now, by name.
    fn fields_now<P: Push>(&self, flow: &P, case: &Case, plan: &Plan<P::Body>, knowledge: &Knowledge) -> BTreeMap<String, Field> {
        let mapped = self.map_case(flow, case, knowledge).into_iter().find_map(|outgoing| match outgoing {
            Outgoing::Desired(proposal) if proposal.key == plan.proposal.key => Some(proposal.fields),
            _ => None,
        });
        mapped.unwrap_or_default().into_iter().map(|field| (field.name.clone(), field)).collect()
    }

    #[expect(clippy::too_many_arguments, reason = "what becomes of a record is noted in that many places")]
    fn settle_written<P: Push>(
        &mut self,
        flow: &P,
        case: &Case,
        plan: Plan<P::Body>,
        id: NetSuiteId,
        now: BTreeMap<String, Field>,
        settled: Settled,
        commit: &mut Commit<'_>,
        to_tell: &mut Vec<Told>,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        let mut link = self.link_of(flow, case, &plan, id)?;
        let agreed = agreed_now(&plan, &now, flow.shares_image());
        let pair = agreed.pair();
        if flow.shares_image() {
            let mut agreed = agreed;
            if let (Action::Create, Some((_, image))) = (&plan.action, &settled.echo) {
                // What only the other direction compares begins with what NetSuite has now: it is no news.
                agreed.complete(image);
            }
            link.image = agreed.shared();
            let is_echo = |image: &str| link.image.as_deref().is_some_and(|agreed| same_json(agreed, image));
            // What the other direction would write now is what both agreed on: it has nothing to do.
            link.fingerprint = settled.echo.and_then(|(digest, image)| is_echo(&image).then_some(digest));
        }
        let label = plan.proposal.label.clone();
        if let Some(pushed) = &mut link.pushed {
            if !flow.shares_image() {
                pushed.image = pair;
            }
            if settled.calls.is_empty() {
                pushed.fingerprint = Some(case.digest.clone());
            }
        }
        commit.closed.push(plan.proposal.key.0.clone());
        // What hangs on it and is linked now is no create in flight any more, however it was found.
        commit.closed_elsewhere.extend(settled.links.iter().map(|link| (link.kind.clone(), link.wc_id.0.clone())));
        commit.links.extend(settled.links);
        commit.links.push(link.clone());
        let lost = plan.lost.iter().map(|words| format!("{label}: {words}"));
        tally.borrow_mut().notes.extend(lost.chain(settled.notes));
        self.count_written(flow, &plan, !settled.calls.is_empty(), tally);
        if !settled.calls.is_empty() {
            to_tell.push(Told { label, link, digest: case.digest.clone(), calls: settled.calls });
        }
        Ok(())
    }

    fn count_written<P: Push>(&self, flow: &P, plan: &Plan<P::Body>, is_told: bool, tally: &RefCell<Tally>) {
        let mut tally = tally.borrow_mut();
        let (word, count) = match &plan.action {
            Action::Create => ("created", &mut tally.counts.created),
            Action::Adopt(..) => ("adopted", &mut tally.counts.adopted),
            Action::Update(..) => ("updated", &mut tally.counts.updated),
            Action::Unchanged(_) if is_told => ("updated", &mut tally.counts.updated),
            Action::Unchanged(_) => ("unchanged", &mut tally.counts.unchanged),
        };
        *count += 1;
        if self.options.dry_run && word != "unchanged" {
            let action = word.strip_suffix('d').unwrap_or(word);
            let action = if action == "adopte" { "adopt" } else { action };
            let line = PlanLine {
                action: action.to_owned().into(),
                key: plan.proposal.key.0.clone(),
                label: plan.proposal.label.clone(),
            };
            tally.plan.push(line);
        }
        drop(tally);
        let fate = if word == "unchanged" { Fate::Unchanged } else { Fate::Written(word) };
        self.tell_wiz(flow, &plan.proposal.key.0, &plan.proposal.label, fate);
    }

    /// What a dry run does of every write: it would have worked. What it would create is there for what refers to it.
    fn pretend_push<P: Push>(
        &mut self,
        flow: &P,
        lanes: Vec<(&Case, Vec<Plan<P::Body>>)>,
        commit: &mut Commit<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        for (case, plans) in lanes {
            for plan in plans {
                // No Internal ID is below zero.
                let id = plan.action.id().unwrap_or(NetSuiteId(hand_of(&plan.proposal.key.0)));
                commit.links.push(self.link_of(flow, case, &plan, id)?);
                self.count_written(flow, &plan, false, tally);
            }
        }
        Ok(())
    }
}

/// Renews what both sides agreed on: of a new record all of it, of another what was written and what both say alike.
fn agreed_now<B>(plan: &Plan<B>, now: &BTreeMap<String, Field>, is_shared: bool) -> crate::entities::push::Agreement {
    let mut agreed = plan.agreed.clone();
    let written = plan.action.fields();
    let is_new = plan.action == Action::Create;
    let is_first = matches!(plan.action, Action::Adopt(..)) || !plan.agreed.is_known();
    for field in now.values() {
        let alike = field.is_alike;
        if is_shared {
            // One image for both: what was sent. Should a script have made something else of it, that is NetSuite's news.
            if is_new || alike || written.contains(&field.name) {
                agreed.set(&field.name, field.wizcommerce.as_deref(), field.wizcommerce.as_deref());
            }
        } else if is_first && !alike && !written.contains(&field.name) && field.guard == Guard::Contested {
            // Somebody made it something else, whoever that was: NetSuite's counts as changed until both are alike
            // (`correctness.md` R8).
            let digest = field.wizcommerce.as_ref().map(|text| Fingerprint::of(text.as_bytes()).as_str().to_owned());
            agreed.set_digests(&field.name, Some(String::new()), digest);
        } else if is_new || is_first || alike || written.contains(&field.name) {
            agreed.set(&field.name, field.netsuite.as_deref(), field.wizcommerce.as_deref());
        }
    }
    agreed
}

fn same_json(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<BTreeMap<String, String>>(text).ok();
    read(one).is_some() && read(one) == read(other)
}
