//! Deletions: taken from NetSuite's list of deleted records, believed after a direct read (`correctness.md` R19).

use std::cell::RefCell;
use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::batch::Target;
use super::{Engine, Event, Tally};
use crate::entities::{Flow, Wanted};
use crate::error::{ErrorKind, Result};
use crate::model::{Flag, NetSuiteId};
use crate::netsuite::records::{Select, Selection};
use crate::netsuite::suiteql::{IN_LIST, date, id_list};
use crate::state::{Commit, Mode};

impl Engine<'_> {
    /// Finds linked records that were deleted since a moment.
    ///
    /// The list names ids of every kind of record, so an id counts only when it is linked here and no record of this flow
    /// answers to it any more. A role that may not see the list is told once and costs nothing else.
    pub(super) async fn find_deleted<F: Flow>(
        &self,
        flow: &F,
        since: Option<Timestamp>,
        tally: &RefCell<Tally>,
    ) -> Result<Vec<i64>> {
        let (Some(since), false) = (since, flow.record_types().is_empty()) else { return Ok(Vec::new()) };
        let listed = match self.listed_deletions(since).await {
            Err(error) if matches!(error.kind(), ErrorKind::Permission | ErrorKind::Refused) => {
                let note = format!("{}: deletions are not seen: {error}", flow.entity());
                self.observer.on(&Event::Note(&note));
                tally.borrow_mut().notes.push(note);
                return Ok(Vec::new());
            }
            other => other?,
        };
        self.confirm(flow, &listed).await
    }

    /// Takes records that were expected and did not turn up for deleted where NetSuite says so, however long ago: the write
    /// that tells WizCommerce of a deletion may have been refused at the time.
    pub(super) async fn take_absent<F: Flow>(
        &mut self,
        flow: &F,
        expected: &BTreeSet<i64>,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        if flow.record_types().is_empty() {
            return Ok(());
        }
        let absent: Vec<i64> = expected.difference(&tally.borrow().seen).copied().collect();
        let (mut linked, mut unlinked) = (Vec::new(), Vec::new());
        for id in absent {
            match self.state.link(flow.kind(), NetSuiteId(id))? {
                Some(_) => linked.push(id),
                None => unlinked.push(id),
            }
        }
        let mut listed = Vec::new();
        for some in linked.chunks(IN_LIST) {
            let select = Self::deletions().filter(format!("d.recordid IN ({})", id_list(some)));
            let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
            listed.extend(rows.iter().filter_map(|row| row.head()).map(|id| id.0));
        }
        let deleted = self.confirm(flow, &listed).await?;
        if !deleted.is_empty() {
            self.take_deletions(flow, &deleted, tally).await?;
        }
        self.forget_gone(flow, &unlinked, tally).await
    }

    /// Forgets rejections of records that never arrived and are gone now: there is nothing left to bring.
    async fn forget_gone<F: Flow>(&mut self, flow: &F, absent: &[i64], tally: &RefCell<Tally>) -> Result<()> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let mut stored = Vec::new();
        for id in absent {
            if self.state.rejection_of(entity, direction, &id.to_string())?.is_some() {
                stored.push(*id);
            }
        }
        let gone = self.absent_now(flow, stored).await?;
        tally.borrow_mut().seen.extend(&gone);
        let run_id = self.run_id.clone();
        let cleared = gone.iter().map(i64::to_string).collect();
        self.state.commit(&Commit { entity, direction, run: &run_id, cleared, ..Commit::default() }, self.clock.now())
    }

    /// Leaves of listed ids those that are linked here and that no record of the flow answers to.
    async fn confirm<F: Flow>(&self, flow: &F, listed: &[i64]) -> Result<Vec<i64>> {
        let mut suspects = Vec::new();
        for &id in listed {
            if self.state.link(flow.kind(), NetSuiteId(id))?.is_some_and(|link| !link.has(Flag::Tombstone)) {
                suspects.push(id);
            }
        }
        self.absent_now(flow, suspects).await
    }

    /// Leaves of ids those that nothing answers to. The list of deletions names ids of every kind of record, so what a query
    /// shows all the same is sorted out first, many at a time; the rest is read directly, one by one.
    async fn absent_now<F: Flow>(&self, flow: &F, suspects: Vec<i64>) -> Result<Vec<i64>> {
        let mut shown = BTreeSet::new();
        for some in suspects.chunks(IN_LIST) {
            let Some(select) = flow.locate(&Wanted::Ids(some.to_vec())) else { continue };
            let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
            shown.extend(rows.iter().filter(|row| row.flag("in_scope")).filter_map(|row| row.id("id")).map(|id| id.0));
        }
        let mut deleted = Vec::new();
        for id in suspects.into_iter().filter(|id| !shown.contains(id)) {
            let reads = flow.record_types().iter().map(|kind| self.netsuite.exists(kind, id));
            if try_join_all(reads).await?.into_iter().all(|exists| !exists) {
                deleted.push(id);
            }
        }
        Ok(deleted)
    }

    fn deletions() -> Select {
        Select::new("deleted records", "deletedrecord d", "d.recordid").grouped()
    }

    /// Reads the list of deleted records since a moment, once for all flows that ask for the same.
    async fn listed_deletions(&self, since: Timestamp) -> Result<Vec<i64>> {
        let bound = self.source.session_text(since);
        if let Some(listed) = self.memory.deletions.borrow().get(&bound) {
            return Ok(listed.clone());
        }
        let select = Self::deletions().filter(format!("d.deleteddate >= {}", date(&bound)));
        let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
        let listed: Vec<i64> = rows.iter().filter_map(|row| row.head()).map(|id| id.0).collect();
        self.memory.deletions.borrow_mut().insert(bound, listed.clone());
        Ok(listed)
    }

    /// Takes deleted records down the second half of the line.
    pub(super) async fn take_deletions<F: Flow>(&mut self, flow: &F, deleted: &[i64], tally: &RefCell<Tally>) -> Result<()> {
        let mut mapped = Vec::new();
        for id in deleted {
            let link = self.state.link(flow.kind(), NetSuiteId(*id))?;
            mapped.extend(link.and_then(|link| flow.deleted(&link)));
        }
        // Nothing of a deleted record relies on what must exist for new ones.
        let target = Target { listed: false, asked: None, lifted: false, mode: Mode::Ids, prepares: false, only_links: false };
        self.write(flow, mapped, &Selection::Ids(deleted.to_vec()), &target, tally).await?.map_or(Ok(()), Err)
    }
}
