//! Records brought along: parents before those that refer to them, stand-ins for products, and the documents that hang off
//! the ones just touched.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{FlowReport, Reported};
use super::{Engine, Task};
use crate::entities::adhoc::{AdHoc, Wanted as StandIn};
use crate::entities::documents::START_DATE;
use crate::entities::{Absent, Flow, Wanted};
use crate::error::Result;
use crate::model::{Direction, EntityKind, NetSuiteId, WizId};

/// Levels of records brought for one another: a credit memo's invoice, its order, that one's customer.
const LEVELS: usize = 4;

impl Engine<'_> {
    /// Brings records that others of a batch refer to, each once per run. Whatever becomes of them is found afterwards.
    pub(super) async fn bring_parents(&mut self, missing: &BTreeMap<EntityKind, BTreeSet<i64>>) -> Result<()> {
        for (&entity, ids) in missing {
            let mut wanted = Vec::new();
            for &id in ids {
                // Being linked lifts the start date, so that alone is no answer yet.
                let skipped = self.memory.skipped(entity, id).filter(|reason| !(self.options.linked && *reason == START_DATE));
                let dealt_with = skipped.is_some() || self.was_rejected_now(entity, id)?;
                if !dealt_with && self.memory.brought.insert((entity, id)) {
                    wanted.push(id);
                }
            }
            if !wanted.is_empty() && self.memory.depth < LEVELS {
                let reached = self.memory.set_reached(false);
                let result = self.run_for(entity, Direction::Pull, &Task::Parents(wanted)).await;
                self.memory.set_reached(reached);
                result?;
            }
        }
        Ok(())
    }

    /// Brings the records that named ones are made of and that are not linked yet.
    pub(super) async fn bring_named_parents(&mut self, parent: EntityKind, wanted: &[Wanted]) -> Result<()> {
        for wanted in wanted {
            match wanted {
                Wanted::Ids(ids) => {
                    let mut unlinked = BTreeSet::new();
                    for id in ids {
                        if self.state.link(parent.name(), NetSuiteId(*id))?.is_none() {
                            unlinked.insert(*id);
                        }
                    }
                    self.bring_parents(&BTreeMap::from([(parent, unlinked)])).await?;
                }
                Wanted::Key(name) | Wanted::Number(name) => {
                    if self.state.link_by_key(parent.name(), name)?.is_none() {
                        self.run_for(parent, Direction::Pull, &Task::Named(vec![wanted.clone()])).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Brings records of WizCommerce that others of a batch refer to, each once per run.
    pub(super) async fn bring_wiz_parents(&mut self, missing: &BTreeMap<EntityKind, BTreeSet<String>>) -> Result<()> {
        for (&entity, ids) in missing {
            let mut wanted = Vec::new();
            for id in ids {
                let stored = self.state.rejection_of(entity.name(), Direction::Push.name(), id)?;
                let dealt_with = stored.is_some_and(|row| row.run_id == self.run_id)
                    || self.memory.skipped_wiz.contains_key(&(entity, id.clone()));
                if !dealt_with && self.memory.brought_wiz.insert((entity, id.clone())) {
                    wanted.push(WizId(id.clone()));
                }
            }
            if !wanted.is_empty() && self.memory.depth < LEVELS {
                let reached = self.memory.set_reached(false);
                let result = self.run_for(entity, Direction::Push, &Task::Wiz(wanted)).await;
                self.memory.set_reached(reached);
                result?;
            }
        }
        Ok(())
    }

    /// Finds why a record of WizCommerce is not linked; `None` when it is, or nobody knows.
    pub(super) fn why_wiz_absent(&self, entity: EntityKind, id: &str) -> Result<Option<Absent>> {
        let key = (entity, id.to_owned());
        if self.state.link_by_wiz(entity.name(), id)?.is_some() {
            return Ok(None);
        }
        if let Some(reason) = self.memory.skipped_wiz.get(&key) {
            return Ok(Some(Absent::Skipped(reason)));
        }
        if let Some(rejection) = self.memory.refused_wiz.get(&key) {
            return Ok(Some(Absent::Rejected(rejection.clone())));
        }
        let stored = self.state.rejection_of(entity.name(), Direction::Push.name(), id)?;
        Ok(stored.map(|row| Absent::Rejected(row.rejection)))
    }

    /// Tells whether this run has rejected a record already.
    fn was_rejected_now(&self, entity: EntityKind, id: i64) -> Result<bool> {
        Ok(self.state.rejection_of(entity.name(), "pull", &id.to_string())?.is_some_and(|row| row.run_id == self.run_id))
    }

    /// Finds why a record is not linked; `None` when it is.
    pub(super) fn why_absent(&self, entity: EntityKind, id: i64) -> Result<Option<Absent>> {
        if self.state.link(entity.name(), NetSuiteId(id))?.is_some() {
            return Ok(None);
        }
        if let Some(reason) = self.memory.skipped(entity, id) {
            return Ok(Some(Absent::Skipped(reason)));
        }
        if let Some(rejection) = self.memory.refused(entity, id) {
            return Ok(Some(Absent::Rejected(rejection.clone())));
        }
        let stored = self.state.rejection_of(entity.name(), "pull", &id.to_string())?;
        Ok(stored.map(|row| Absent::Rejected(row.rejection)))
    }

    /// Makes stand-ins for products that a document needs.
    pub(super) async fn bring_stand_ins(&mut self, wanted: Vec<StandIn>) -> Result<()> {
        let ids: BTreeSet<i64> = wanted.iter().map(|wanted| wanted.item.0).collect();
        let mut flow = AdHoc::new(wanted);
        let (depth, reached) = (self.memory.depth, self.memory.set_reached(false));
        self.memory.depth = depth + 1;
        let (report, error) = Box::pin(self.run(&mut flow, &Task::Named(vec![Wanted::Ids(ids.into_iter().collect())]))).await;
        self.memory.depth = depth;
        self.memory.set_reached(reached);
        self.report_side(report);
        error.map_or(Ok(()), Err)
    }

    /// Tells whether documents are brought along with this flow's records. What is brought for another record brings nothing
    /// along itself: its own flow does, and batches in hand would wait for themselves.
    pub(super) fn brings_followers<F: Flow>(&self, flow: &F) -> bool {
        let wanted = |entity: &EntityKind| !self.memory.scheduled.contains(entity);
        self.options.linked && self.memory.depth == 0 && flow.followers().iter().any(wanted)
    }

    /// Brings the documents that hang off records just touched, of every linked flow that will not look by itself.
    pub(super) async fn bring_followers<F: Flow>(&mut self, flow: &F, heads: Vec<i64>) -> Result<()> {
        let wanted = flow.followers().iter().copied().filter(|entity| !self.memory.scheduled.contains(entity));
        for entity in wanted.collect::<Vec<_>>() {
            if heads.is_empty() {
                break;
            }
            let before = self.memory.set_reached(true);
            let result = self.run_for(entity, Direction::Pull, &Task::Linked(flow.entity(), heads.clone())).await;
            self.memory.set_reached(before);
            result?;
        }
        Ok(())
    }

    /// Runs another flow on behalf of this one.
    async fn run_for(&mut self, entity: EntityKind, direction: Direction, task: &Task) -> Result<()> {
        let flows = self.flows;
        let depth = self.memory.depth;
        self.memory.depth = depth + 1;
        let result = match direction {
            Direction::Pull => flows.run(self, entity, task).await,
            Direction::Push => flows.push(self, entity, task).await,
        };
        self.memory.depth = depth;
        let (report, error): Reported = result?;
        self.report_side(report);
        // Without its parents or its documents a flow is not done: it ends with the same error, and its cursor stays.
        error.map_or(Ok(()), Err)
    }

    /// Adds a report to those of flows that were run for others: one per flow, whatever the number of batches.
    fn report_side(&mut self, report: FlowReport) {
        if report.counts.is_empty() && report.notes.is_empty() {
            return;
        }
        match self.memory.side.iter_mut().find(|known| known.entity == report.entity && known.direction == report.direction) {
            Some(known) => known.absorb(report),
            None => self.memory.side.push(report),
        }
    }
}

/// Runs flows by entity: what the engine asks for parents and linked documents.
pub trait Flows {
    /// Runs one entity's flow. The report comes also with an error: what was complete is committed.
    fn run<'r, 'e: 'r>(&'r self, engine: &'r mut Engine<'e>, entity: EntityKind, task: &'r Task) -> Running<'r>;

    /// Runs one entity's flow in the other direction, from WizCommerce to NetSuite.
    fn push<'r, 'e: 'r>(&'r self, engine: &'r mut Engine<'e>, entity: EntityKind, task: &'r Task) -> Running<'r>;
}

/// A flow that runs; the error is that of one that could not begin.
pub type Running<'r> = std::pin::Pin<Box<dyn Future<Output = Result<Reported>> + 'r>>;
