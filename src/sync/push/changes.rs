//! Following a WizCommerce list: what changed since a moment, without losing a record while the list moves.
//!
//! Page numbers over a moving list lose records, so the walk is ascending by `updated_at` and always asks for page 1, beginning
//! anew from the last stamp seen (`correctness.md` 4). Stamps are whole seconds and whether the bound counts is not
//! documented: each query begins one second early, and what was seen already is dropped.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::entities::push::Source;
use crate::error::Result;
use crate::model::rfc3339;
use crate::wizcommerce::WizCommerce;
use crate::wizcommerce::records::Members;

/// Bounds of a date filter are sent this much early.
const EARLY: SignedDuration = SignedDuration::from_secs(1);

/// A walk over the changed records of a flow, state after state.
pub(super) struct Changes<'s> {
    source: &'s Source,
    low: Timestamp,
    state: usize,
    after: Timestamp,
    page: usize,
    /// Whether the present pass over several pages of one query brought anything new.
    is_news: bool,
    seen: HashSet<(String, String)>,
    latest: Option<Timestamp>,
    begun: Option<Timestamp>,
}

/// A page of records that were not seen before.
pub(super) struct Page {
    /// The rows, as the list shows them.
    pub(super) rows: Vec<Members>,
    /// WizCommerce's clock when it answered.
    pub(super) date: Option<Timestamp>,
}

impl<'s> Changes<'s> {
    /// Begins a walk; without a bound it shows everything.
    pub(super) fn since(source: &'s Source, low: Option<Timestamp>) -> Self {
        let low = early(low.unwrap_or(Timestamp::UNIX_EPOCH));
        Self { source, low, state: 0, after: low, page: 1, is_news: false, seen: HashSet::new(), latest: None, begun: None }
    }

    /// Gives how far the records are known once the walk is done: the largest stamp seen, never later than WizCommerce's clock
    /// when the walk began, since callers may write a future stamp and a record may change state while the walk goes on.
    pub(super) fn high(&self) -> Option<Timestamp> {
        match (self.latest, self.begun) {
            (Some(latest), Some(begun)) => Some(latest.min(begun)),
            (latest, _) => latest,
        }
    }

    /// Reads on; `None` when everything was shown. A page may bring nothing new.
    pub(super) async fn next(&mut self, wizcommerce: &WizCommerce) -> Result<Option<Page>> {
        let Some(state) = self.source.states.get(self.state) else { return Ok(None) };
        let after = rfc3339(self.after);
        let parameters = [&[("sort", "asc"), ("sort_by", "updated_at"), ("updated_after", after.as_str())][..], state].concat();
        let (rows, more, date) = wizcommerce.dated_page::<Members>(&self.source.path, &parameters, self.page).await?;
        self.begun = self.begun.or(date);
        let mut last = None;
        let mut new = Vec::new();
        for row in rows {
            let (Some(id), Some(stamp)) = (row.text("id"), row.text("updated_at")) else { continue };
            let at: Option<Timestamp> = stamp.parse().ok();
            last = last.max(at);
            if self.seen.insert((id, stamp)) {
                new.push(row);
            }
        }
        self.latest = self.latest.max(last);
        self.is_news |= !new.is_empty();
        self.turn(more, last);
        Ok(Some(Page { rows: new, date }))
    }

    /// Decides what to ask for next.
    fn turn(&mut self, more: bool, last: Option<Timestamp>) {
        let further = last.map(early).filter(|further| *further > self.after);
        match (self.page, more, further) {
            // The usual step: from the last stamp on.
            (1, true, Some(further)) => self.restart(further),
            // More records of one second than a page holds.
            (_, true, _) => self.page += 1,
            (1, false, _) => self.end_state(),
            // The list may have moved under the pages of this pass.
            (_, false, _) if self.is_news => self.restart(self.after),
            (_, false, Some(further)) => self.restart(further),
            (_, false, None) => self.end_state(),
        }
    }

    fn restart(&mut self, after: Timestamp) {
        self.after = after;
        self.page = 1;
        self.is_news = false;
        // What is older than the bound is not shown again.
        let bound = rfc3339(after);
        self.seen.retain(|(_, stamp)| *stamp >= bound);
    }

    fn end_state(&mut self) {
        self.state += 1;
        self.seen.clear();
        self.restart(self.low);
    }
}

fn early(moment: Timestamp) -> Timestamp {
    moment.checked_sub(EARLY).unwrap_or(moment)
}
