//! What one run remembers: records it has dealt with already, and those in hand right now.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use serde_json::value::RawValue;
use tokio::sync::Notify;

use super::{FlowReport, Shape};
use crate::http::Stop;
use crate::model::{EntityKind, Rejection};
use crate::netsuite::records::{Row, Select};

/// Records that batches are working on. Shared by the engines of one process, so that a record is written by one of them at
/// a time: who comes second waits for that batch only.
#[derive(Clone, Default)]
pub struct Hands {
    shared: Rc<Shared>,
    /// Whether what these hands let go is noted, so that others do not write older rows over it.
    is_guest: bool,
}

#[derive(Default)]
struct Shared {
    held: RefCell<HashSet<(&'static str, i64)>>,
    freed: Notify,
    /// Counts how often a guest let records go.
    time: Cell<u64>,
    /// When a guest let a record go.
    guests: RefCell<HashMap<(&'static str, i64), u64>>,
}

/// Records in hand; dropping it lets them go.
pub(super) struct Held {
    hands: Hands,
    kind: &'static str,
    ids: BTreeSet<i64>,
    /// Whether somebody else had one of them in hand first.
    waited: bool,
}

impl Held {
    /// Tells whether somebody else dealt with one of these records after a moment: a guest, or the run a guest waited for.
    pub(super) fn is_newer_than(&self, moment: u64) -> bool {
        if self.hands.is_guest && self.waited {
            return true;
        }
        let guests = self.hands.shared.guests.borrow();
        !guests.is_empty() && self.ids.iter().any(|id| guests.get(&(self.kind, *id)).is_some_and(|at| *at > moment))
    }
}

/// Gives what a WizCommerce record is held by: below zero, where no Internal ID is. Two records of one number only wait for each
/// other.
pub(super) fn hand_of(wc_id: &str) -> i64 {
    let digits = crate::model::Fingerprint::of(wc_id.as_bytes());
    let number = i64::from_str_radix(digits.as_str().get(..15).unwrap_or_default(), 16).unwrap_or(0);
    -number - 1
}

impl Hands {
    /// Gives the hands of a guest, who works beside the run on a few records.
    #[must_use]
    pub fn guest(&self) -> Self {
        Self { shared: Rc::clone(&self.shared), is_guest: true }
    }

    /// Gives the moment, in the time that counts what guests did.
    pub(super) fn now(&self) -> u64 {
        self.shared.time.get()
    }

    /// Takes records in hand, all of them at once, as soon as nobody else has any of them. The error is the signal that ended
    /// the waiting.
    pub(super) async fn hold(&self, kind: &'static str, ids: BTreeSet<i64>, stop: &Stop) -> Result<Held, u8> {
        let mut waited = false;
        loop {
            // Registered before looking, so that nothing let go in between is missed.
            let freed = self.shared.freed.notified();
            {
                let mut held = self.shared.held.borrow_mut();
                if !ids.iter().any(|id| held.contains(&(kind, *id))) {
                    held.extend(ids.iter().map(|id| (kind, *id)));
                    return Ok(Held { hands: self.clone(), kind, ids, waited });
                }
            }
            tokio::select! {
                () = freed => waited = true,
                signal = stop.wait() => return Err(signal),
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let shared = &self.hands.shared;
        let mut held = shared.held.borrow_mut();
        for id in &self.ids {
            held.remove(&(self.kind, *id));
        }
        if self.hands.is_guest {
            shared.time.set(shared.time.get() + 1);
            shared.guests.borrow_mut().extend(self.ids.iter().map(|id| ((self.kind, *id), shared.time.get())));
        }
        drop(held);
        shared.freed.notify_waiters();
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
    /// Records of WizCommerce that were brought because another one needs them.
    pub(super) brought_wiz: HashSet<(EntityKind, String)>,
    /// Records of WizCommerce that are out of scope.
    pub(super) skipped_wiz: HashMap<(EntityKind, String), &'static str>,
    /// Records of WizCommerce that were asked for and are not there; nothing of them is stored.
    pub(super) refused_wiz: HashMap<(EntityKind, String), Rejection>,
    /// Records that are out of scope.
    skipped: HashMap<(EntityKind, i64), &'static str>,
    /// Records that were asked for and do not exist; nothing of them is stored.
    refused: HashMap<(EntityKind, i64), Rejection>,
    /// Kinds of which this run listed the target itself: a listing says nothing of what other processes made after it.
    pub(super) listed: HashSet<&'static str>,
    /// Small tables of the account that a flow has learned already: another one need not ask again.
    pub(super) tables: Vec<(Select, Rc<[Row]>)>,
    /// Lists of the target that were read already, by their address.
    pub(super) directories: RefCell<HashMap<&'static str, Rc<[Box<RawValue>]>>>,
    /// Members of saved searches that were read already, by the search.
    pub(super) members: RefCell<HashMap<String, Rc<[i64]>>>,
    /// Flows of which everything that must exist on the target is known to.
    pub(super) prepared: HashSet<String>,
    /// What was found out about the account for a flow.
    pub(super) shapes: HashMap<String, Shape>,
    /// Ids on the list of deleted records since a moment: flows that stand at the same cursor share the answer.
    pub(super) deletions: RefCell<HashMap<String, Vec<i64>>>,
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
        let (_stopper, stop) = Stop::channel();
        let hands = Hands::default();
        let first = hands.hold("products", BTreeSet::from([1, 2]), &stop).await.ok().unwrap();
        let other = hands.hold("products", BTreeSet::from([3]), &stop).await.ok().unwrap();
        let same = hands.hold("orders", BTreeSet::from([1]), &stop).await.ok().unwrap();
        let waiting = hands.hold("products", BTreeSet::from([2, 4]), &stop);
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop((other, same));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(first);
        let held = waiting.await.ok().unwrap();
        assert_eq!(held.ids, BTreeSet::from([2, 4]));
    }

    #[tokio::test]
    async fn rows_read_before_a_guest_wrote_are_known_to_be_old() {
        let (stopper, stop) = Stop::channel();
        let hands = Hands::default();
        let before = hands.now();
        drop(hands.guest().hold("orders", BTreeSet::from([5]), &stop).await.ok().unwrap());
        let held = hands.hold("orders", BTreeSet::from([4, 5]), &stop).await.ok().unwrap();
        assert!(held.is_newer_than(before) && !held.is_newer_than(hands.now()));
        stopper.send(Some(2)).unwrap();
        assert_eq!(hands.hold("orders", BTreeSet::from([5]), &stop).await.err(), Some(2), "a wish to stop ends the waiting");
    }

    #[tokio::test]
    async fn a_guest_who_waited_reads_again() {
        let (_stopper, stop) = Stop::channel();
        let hands = Hands::default();
        let first = hands.hold("orders", BTreeSet::from([4]), &stop).await.ok().unwrap();
        let guest = hands.guest();
        let waiting = guest.hold("orders", BTreeSet::from([4]), &stop);
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(first);
        assert!(waiting.await.ok().unwrap().is_newer_than(hands.now()));
    }
}
