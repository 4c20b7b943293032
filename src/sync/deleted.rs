//! Deletions: taken from NetSuite's list of deleted records, believed after a direct read (`correctness.md` R19).

use std::cell::RefCell;

use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::batch::Target;
use super::{Engine, Event, Tally};
use crate::entities::Flow;
use crate::error::{ErrorKind, Result};
use crate::model::{Flag, NetSuiteId};
use crate::netsuite::records::{Select, Selection};
use crate::netsuite::suiteql::date;
use crate::state::Mode;

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
        let ids = match self.deleted_since(since).await {
            Err(error) if matches!(error.kind(), ErrorKind::Permission | ErrorKind::Refused) => {
                let note = format!("{}: deletions are not seen: {error}", flow.entity());
                self.observer.on(&Event::Note(&note));
                tally.borrow_mut().notes.push(note);
                return Ok(Vec::new());
            }
            other => other?,
        };
        let mut suspects = Vec::new();
        for id in ids {
            if self.state.link(flow.kind(), id)?.is_some_and(|link| !link.has(Flag::Tombstone)) {
                suspects.push(id.0);
            }
        }
        let mut deleted = Vec::new();
        for id in suspects {
            let reads = flow.record_types().iter().map(|kind| self.netsuite.exists(kind, id));
            if try_join_all(reads).await?.into_iter().all(|exists| !exists) {
                deleted.push(id);
            }
        }
        Ok(deleted)
    }

    /// Reads NetSuite's list, of every kind of record: the flows of a run that ask for the same time share the answer. What is
    /// deleted after it was read is younger than the run's clock, so the next run sees it.
    async fn deleted_since(&self, since: Timestamp) -> Result<Vec<NetSuiteId>> {
        if let Some(ids) = self.memory.deleted.borrow().get(&since) {
            return Ok(ids.clone());
        }
        let select = Select::new("deleted records", "deletedrecord d", "d.recordid")
            .filter(format!("d.deleteddate >= {}", date(&self.source.session_text(since))))
            .grouped();
        let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
        let ids: Vec<NetSuiteId> = rows.iter().filter_map(|row| row.head()).collect();
        self.memory.deleted.borrow_mut().insert(since, ids.clone());
        Ok(ids)
    }

    /// Takes deleted records down the second half of the line.
    pub(super) async fn take_deletions<F: Flow>(&mut self, flow: &F, deleted: &[i64], tally: &RefCell<Tally>) -> Result<()> {
        let mut mapped = Vec::new();
        for id in deleted {
            let link = self.state.link(flow.kind(), NetSuiteId(*id))?;
            mapped.extend(link.and_then(|link| flow.deleted(&link)));
        }
        let target = Target { listed: false, asked: None, lifted: false, mode: Mode::Ids };
        // Nothing of a deleted record relies on what must exist for new ones.
        let mut prepared = true;
        let selection = Selection::Ids(deleted.to_vec());
        self.write(flow, mapped, &selection, &target, &mut prepared, tally).await?.map_or(Ok(()), Err)
    }
}
