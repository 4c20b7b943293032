//! Records brought along: parents before those that refer to them, stand-ins for products, and the documents that hang off
//! the ones just touched.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{FlowReport, Reported};
use super::{Engine, Task};
use crate::entities::adhoc::{AdHoc, Wanted as StandIn};
use crate::entities::{Absent, Flow, Wanted};
use crate::error::Result;
use crate::model::{EntityKind, NetSuiteId};

/// Levels of records brought for one another: a credit memo's invoice, its order, that one's customer.
const LEVELS: usize = 4;

impl Engine<'_> {
    /// Brings records that others of a batch refer to, each once per run. Whatever becomes of them is found afterwards.
    pub(super) async fn bring_parents(&mut self, missing: &BTreeMap<EntityKind, BTreeSet<i64>>) -> Result<()> {
        for (&entity, ids) in missing {
            let mut wanted = Vec::new();
            for &id in ids {
                let dealt_with = self.memory.skipped(entity, id).is_some() || self.was_rejected_now(entity, id)?;
                if !dealt_with && self.memory.brought.insert((entity, id)) {
                    wanted.push(id);
                }
            }
            if !wanted.is_empty() && self.memory.depth < LEVELS {
                self.run_for(entity, &Task::Parents(wanted)).await?;
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
                        self.run_for(parent, &Task::Named(vec![wanted.clone()])).await?;
                    }
                }
            }
        }
        Ok(())
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
        let depth = self.memory.depth;
        self.memory.depth = depth + 1;
        let (report, error) = Box::pin(self.run(&mut flow, &Task::Named(vec![Wanted::Ids(ids.into_iter().collect())]))).await;
        self.memory.depth = depth;
        self.report_side(report);
        error.map_or(Ok(()), Err)
    }

    /// Brings the documents that hang off records just touched, of every linked flow that will not look by itself.
    pub(super) async fn bring_followers<F: Flow>(&mut self, flow: &F, heads: Vec<i64>) -> Result<()> {
        // What is brought for a document of its own brings no more: that document is in hand, and waiting for it would never end.
        if !self.options.linked || heads.is_empty() || self.memory.depth > 0 {
            return Ok(());
        }
        for &entity in flow.followers() {
            if self.memory.scheduled.contains(&entity) {
                continue;
            }
            let before = self.memory.set_reached(true);
            let result = self.run_for(entity, &Task::Linked(flow.entity(), heads.clone())).await;
            self.memory.set_reached(before);
            result?;
        }
        Ok(())
    }

    /// Runs another flow on behalf of this one.
    async fn run_for(&mut self, entity: EntityKind, task: &Task) -> Result<()> {
        let flows = self.flows;
        let depth = self.memory.depth;
        self.memory.depth = depth + 1;
        let result = flows.run(self, entity, task).await;
        self.memory.depth = depth;
        let (report, error): Reported = result?;
        self.report_side(report);
        // What concerns one entity's permissions leaves its children to be rejected one by one.
        match error {
            Some(error) if error.is_local() => {
                self.observer.on(&super::Event::Note(&format!("{entity}: {error}")));
                Ok(())
            }
            Some(error) => Err(error),
            None => Ok(()),
        }
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
}

/// A flow that runs; the error is that of one that could not begin.
pub type Running<'r> = std::pin::Pin<Box<dyn Future<Output = Result<Reported>> + 'r>>;
