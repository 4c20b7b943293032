//! What one run remembers: records it has dealt with already, and those in hand right now.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use tokio::sync::Notify;

use super::FlowReport;
use crate::model::{EntityKind, Rejection};

/// Records that batches are working on. Shared by the engines of one process, so that a record is written by one of them at
/// a time: who comes second waits for that batch only.
#[derive(Clone, Default)]
pub struct Hands {
    held: Rc<RefCell<HashSet<(&'static str, i64)>>>,
    freed: Rc<Notify>,
    /// What was dealt with beside the run, and when: readings of it that began before are out of date.
    dealt_with: Rc<RefCell<HashMap<(&'static str, i64), u64>>>,
    ticks: Rc<Cell<u64>>,
    is_aside: bool,
}

/// Records in hand; dropping it lets them go.
pub(super) struct Held {
    hands: Hands,
    kind: &'static str,
    ids: BTreeSet<i64>,
    /// Whether what was read of them at the given moment still holds.
    pub(super) is_current: bool,
}

impl Hands {
    /// Gives the same hands for an engine that works beside the run.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self { is_aside: true, ..self.clone() }
    }

    /// Gives the moment, for whoever begins to read.
    pub(super) fn moment(&self) -> u64 {
        self.ticks.get()
    }

    /// Takes records in hand, all of them at once, as soon as nobody else has any of them. They were read from the given
    /// moment on.
    pub(super) async fn hold(&self, kind: &'static str, ids: BTreeSet<i64>, read: u64) -> Held {
        let mut waited = false;
        loop {
            // Registered before looking, so that nothing let go in between is missed.
            let freed = self.freed.notified();
            {
                let mut held = self.held.borrow_mut();
                if !ids.iter().any(|id| held.contains(&(kind, *id))) {
                    held.extend(ids.iter().map(|id| (kind, *id)));
                    let dealt_with = self.dealt_with.borrow();
                    let is_late = |id: &i64| dealt_with.get(&(kind, *id)).is_some_and(|moment| *moment > read);
                    let is_current = !waited && !ids.iter().any(is_late);
                    return Held { hands: self.clone(), kind, ids, is_current };
                }
            }
            freed.await;
            waited = true;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.hands.held.borrow_mut();
        for id in &self.ids {
            held.remove(&(self.kind, *id));
        }
        drop(held);
        if self.hands.is_aside {
            let moment = self.hands.ticks.get() + 1;
            self.hands.ticks.set(moment);
            self.hands.dealt_with.borrow_mut().extend(self.ids.iter().map(|id| ((self.kind, *id), moment)));
        }
        self.hands.freed.notify_waiters();
    }
}

/// What a run remembers from flow to flow.
#[derive(Default)]
pub struct Memory {
    /// Entities that this run looks at by themselves later, so that nobody has to bring their records along.
    pub scheduled: HashSet<EntityKind>,
    /// Records in hand, in this engine and its siblings.
    pub hands: Hands,
    /// What was run on behalf of another flow, in the order in which it began.
    pub side: Vec<FlowReport>,
    /// Records that were reached through a document they are linked with.
    pub(super) done: HashSet<(EntityKind, i64)>,
    /// Records that were brought because another one needs them, whatever became of them.
    pub(super) brought: HashSet<(EntityKind, i64)>,
    /// Records that are out of scope.
    skipped: HashMap<(EntityKind, i64), &'static str>,
    /// Records that were asked for and do not exist; nothing of them is stored.
    refused: HashMap<(EntityKind, i64), Rejection>,
    /// How many flows are running for one another.
    pub(super) depth: usize,
    /// Whether the flow that runs was reached through linked documents.
    reached: bool,
}

impl Memory {
    /// Begins with the entities a run will look at, and the hands it shares.
    pub fn new(scheduled: HashSet<EntityKind>, hands: Hands) -> Self {
        Self { scheduled, hands, ..Self::default() }
    }

    /// Notes why a record is not taken. Only kinds of records that others hang off are asked for later.
    pub(super) fn note_skipped(&mut self, entity: EntityKind, id: i64, reason: &'static str) {
        if matches!(entity, EntityKind::Customers | EntityKind::Orders | EntityKind::Invoices) || self.depth > 0 {
            self.skipped.insert((entity, id), reason);
        }
    }

    pub(super) fn skipped(&self, entity: EntityKind, id: i64) -> Option<&'static str> {
        self.skipped.get(&(entity, id)).copied()
    }

    /// Notes a record that does not exist, while it is brought for another.
    pub(super) fn note_refused(&mut self, entity: EntityKind, id: i64, rejection: Rejection) {
        if self.depth > 0 {
            self.refused.insert((entity, id), rejection);
        }
    }

    pub(super) fn refused(&self, entity: EntityKind, id: i64) -> Option<&Rejection> {
        self.refused.get(&(entity, id))
    }

    pub(super) const fn is_reached(&self) -> bool {
        self.reached
    }

    /// Says whether what follows is reached through linked documents; gives what it was before.
    pub(super) const fn set_reached(&mut self, reached: bool) -> bool {
        std::mem::replace(&mut self.reached, reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_record_is_in_one_hand_at_a_time_and_others_are_free() {
        let hands = Hands::default();
        let first = hands.hold("products", BTreeSet::from([1, 2]), 0).await;
        let other = hands.hold("products", BTreeSet::from([3]), 0).await;
        let same = hands.hold("orders", BTreeSet::from([1]), 0).await;
        assert!(first.is_current && other.is_current && same.is_current);
        let waiting = hands.hold("products", BTreeSet::from([2, 4]), 0);
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop((other, same));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(first);
        let held = waiting.await;
        assert_eq!(held.ids, BTreeSet::from([2, 4]));
        assert!(!held.is_current, "what was read before waiting is read again");
    }

    #[tokio::test]
    async fn what_was_read_before_others_dealt_with_it_is_out_of_date() {
        let run = Hands::default();
        let early = run.moment();
        drop(run.aside().hold("products", BTreeSet::from([1]), early).await);
        assert!(!run.hold("products", BTreeSet::from([1, 2]), early).await.is_current);
        assert!(run.hold("products", BTreeSet::from([2]), early).await.is_current);
        assert!(run.hold("orders", BTreeSet::from([1]), early).await.is_current);
        assert!(run.hold("products", BTreeSet::from([1, 2]), run.moment()).await.is_current);
    }
}
