//! The gate of requests in flight: it learns how many the remote takes at once and then never asks for more.
//!
//! NetSuite limits requests in flight for the whole account and tells nobody the number (`correctness.md` 7). The gate
//! starts at 2 or the learned width, doubles after each clean round until the first refusal, then grows by one, and
//! halves on a refusal. A refusal while `k` requests were out proves that the limit is below `k`; that bound is kept, also
//! between runs, so a learned limit is not probed again on every run.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::oneshot;

/// What a gate learned, for the state file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learned {
    /// Requests in flight that were answered without a refusal.
    pub width: usize,
    /// The most that the remote can take, once it refused something.
    pub bound: Option<usize>,
}

struct State {
    width: usize,
    ceiling: usize,
    bound: Option<usize>,
    doubling: bool,
    in_flight: usize,
    highest: usize,
    clean: usize,
    /// Clean rounds after which a known bound is tried again; `None`: never.
    patience: Option<usize>,
    round: u64,
    waiting: VecDeque<oneshot::Sender<Permit>>,
    /// How many want a place kept free for them.
    reserved: usize,
    /// Those who are served before all others.
    urgent: VecDeque<oneshot::Sender<Permit>>,
}

impl State {
    /// Tells whether there is a place.
    const fn has_room(&self, urgent: bool) -> bool {
        let kept = if !urgent && self.reserved > 0 && self.width > 1 { 1 } else { 0 };
        self.in_flight + kept < self.width
    }

    /// Takes out who is next, if there is a place.
    fn next(&mut self) -> Option<oneshot::Sender<Permit>> {
        if !self.urgent.is_empty() {
            return if self.has_room(true) { self.urgent.pop_front() } else { None };
        }
        if self.has_room(false) { self.waiting.pop_front() } else { None }
    }

    fn most(&self) -> usize {
        self.bound.map_or(self.ceiling, |bound| bound.min(self.ceiling)).max(1)
    }
}

/// The gate of one remote. Clones share it.
#[derive(Clone)]
pub struct Gate {
    state: Rc<RefCell<State>>,
}

/// A place kept free for urgent requests; dropping it gives it to all.
pub struct Reserved {
    gate: Gate,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.gate.state.borrow_mut().reserved -= 1;
        self.gate.admit();
    }
}

/// The right to have one request in flight. Dropping it gives the place back without judging the answer.
pub struct Permit {
    gate: Gate,
    round: u64,
    /// Whether the gate was full when the permit was given: only then does an answer say something about the width.
    full: bool,
}

impl Gate {
    /// Opens a gate with the profile's ceiling and what an earlier run learned.
    pub fn new(ceiling: usize, learned: Option<Learned>) -> Self {
        let ceiling = ceiling.max(1);
        let bound = learned.and_then(|learned| learned.bound);
        let mut state = State {
            width: 0,
            ceiling,
            bound,
            doubling: bound.is_none(),
            in_flight: 0,
            highest: 0,
            clean: 0,
            patience: None,
            round: 0,
            waiting: VecDeque::new(),
            reserved: 0,
            urgent: VecDeque::new(),
        };
        state.width = learned.map_or(2, |learned| learned.width).clamp(1, state.most());
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// Lets a known bound be tried again, one wider, after so many clean rounds: for a remote whose refusals may mean a rate
    /// and not a number of requests in flight.
    #[must_use]
    pub fn patient(self, rounds: usize) -> Self {
        self.state.borrow_mut().patience = Some(rounds);
        self
    }

    /// Waits for a place; first come, first served.
    pub async fn acquire(&self) -> Permit {
        self.wait(false).await
    }

    /// Waits for a place before all who are not urgent: somebody waits for this very request.
    pub async fn acquire_urgent(&self) -> Permit {
        self.wait(true).await
    }

    async fn wait(&self, urgent: bool) -> Permit {
        let receiver = {
            let mut state = self.state.borrow_mut();
            let is_first = state.urgent.is_empty() && (urgent || state.waiting.is_empty());
            if state.has_room(urgent) && is_first {
                return self.grant(&mut state);
            }
            let (sender, receiver) = oneshot::channel();
            let line = if urgent { &mut state.urgent } else { &mut state.waiting };
            line.push_back(sender);
            receiver
        };
        receiver.await.expect("a waiting place is granted before the gate goes away")
    }

    /// Keeps one place free for urgent requests from now on, where there is more than one: requests that follow one another
    /// would wait for a place each.
    #[must_use]
    pub fn reserve(&self) -> Reserved {
        self.state.borrow_mut().reserved += 1;
        Reserved { gate: self.clone() }
    }

    /// Gives the present width.
    pub fn width(&self) -> usize {
        self.state.borrow().width
    }

    /// Gives the most requests that were ever in flight at once.
    pub fn highest(&self) -> usize {
        self.state.borrow().highest
    }

    /// Gives what is worth remembering for the next run.
    pub fn learned(&self) -> Learned {
        let state = self.state.borrow();
        Learned { width: state.bound.map_or(state.width, |bound| bound.min(state.ceiling)), bound: state.bound }
    }

    fn grant(&self, state: &mut State) -> Permit {
        state.in_flight += 1;
        state.highest = state.highest.max(state.in_flight);
        Permit { gate: self.clone(), round: state.round, full: state.in_flight >= state.width }
    }

    fn release(&self) {
        let mut state = self.state.borrow_mut();
        state.in_flight = state.in_flight.saturating_sub(1);
        drop(state);
        self.admit();
    }

    /// Lets in whoever waits, as far as there are places.
    fn admit(&self) {
        let mut state = self.state.borrow_mut();
        let mut unclaimed = Vec::new();
        while let Some(sender) = state.next() {
            let permit = self.grant(&mut state);
            // A caller that gave up waiting hands its permit back.
            if let Err(permit) = sender.send(permit) {
                state.in_flight -= 1;
                unclaimed.push(permit);
            }
        }
        drop(state);
        for permit in unclaimed {
            std::mem::forget(permit);
        }
    }
}

impl Permit {
    /// Reports an answer that was no refusal.
    pub fn succeeded(self) {
        let mut state = self.gate.state.borrow_mut();
        if self.full && self.round == state.round {
            state.clean += 1;
        }
        if state.clean >= state.width && state.width < state.most() {
            let grown = if state.doubling { state.width * 2 } else { state.width + 1 };
            state.width = grown.min(state.most());
            state.clean = 0;
            state.round += 1;
        } else if state.patience.is_some_and(|rounds| state.clean >= state.width * rounds) {
            state.bound = state.bound.map(|bound| bound + 1);
            state.clean = 0;
        }
    }

    /// Reports a refusal for too many requests in flight.
    pub fn refused(self) {
        let mut state = self.gate.state.borrow_mut();
        // With one request out, others hold the account's slots: that says nothing about the limit.
        if state.in_flight > 1 {
            let bound = state.in_flight - 1;
            state.bound = Some(state.bound.map_or(bound, |known| known.min(bound)));
        }
        // The refusals of one burst are one event: only the first of a round narrows the gate.
        if self.round == state.round {
            state.width = (state.width / 2).max(1);
            state.round += 1;
        }
        state.width = state.width.min(state.most());
        state.doubling = false;
        state.clean = 0;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends rounds of requests against a remote that takes `limit` at once, and tells how many were refused.
    async fn rounds(gate: &Gate, limit: usize, rounds: usize) -> usize {
        let mut refused = 0;
        for _ in 0..rounds {
            let mut permits = Vec::new();
            for _ in 0..gate.width() {
                permits.push(gate.acquire().await);
            }
            let over = permits.len().saturating_sub(limit);
            refused += over;
            for permit in permits.drain(..over) {
                permit.refused();
            }
            for permit in permits {
                permit.succeeded();
            }
        }
        refused
    }

    #[tokio::test]
    async fn it_doubles_then_finds_the_limit_and_keeps_it() {
        let gate = Gate::new(20, None);
        assert_eq!(gate.width(), 2);
        assert!(rounds(&gate, 5, 12).await > 0);
        assert_eq!(gate.learned(), Learned { width: 5, bound: Some(5) });
        assert_eq!(rounds(&gate, 5, 200).await, 0, "a learned limit is never exceeded again");
        let next = Gate::new(20, Some(gate.learned()));
        assert_eq!(next.width(), 5);
        assert_eq!(rounds(&next, 5, 200).await, 0);
    }

    #[tokio::test]
    async fn a_patient_gate_recovers_from_a_bad_moment() {
        let gate = Gate::new(8, None).patient(10);
        rounds(&gate, 1, 5).await;
        assert_eq!(gate.learned().bound, Some(1));
        rounds(&gate, 50, 600).await;
        assert_eq!(gate.width(), 8);
    }

    #[tokio::test]
    async fn the_profiles_ceiling_holds() {
        let gate = Gate::new(3, None);
        assert_eq!(rounds(&gate, 50, 20).await, 0);
        assert_eq!((gate.width(), gate.highest()), (3, 3));
    }

    #[tokio::test]
    async fn who_is_urgent_goes_before_those_who_wait_and_over_no_limit() {
        let gate = Gate::new(1, None);
        let held = gate.acquire().await;
        let (first, second) = (gate.acquire(), gate.acquire());
        let (urgent, later) = (gate.acquire_urgent(), gate.acquire_urgent());
        tokio::pin!(first, second, urgent, later);
        assert!(futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending());
        assert!(futures_util::poll!(&mut urgent).is_pending() && futures_util::poll!(&mut later).is_pending());
        held.succeeded();
        assert!(futures_util::poll!(&mut first).is_pending());
        urgent.await.succeeded();
        assert!(futures_util::poll!(&mut first).is_pending());
        later.await.succeeded();
        first.await.succeeded();
        second.await.succeeded();
        assert_eq!(gate.highest(), 1);
    }

    #[tokio::test]
    async fn a_reserved_place_is_for_the_urgent_until_it_is_given_back() {
        let gate = Gate::new(2, None);
        let reserved = gate.reserve();
        let held = gate.acquire().await;
        let waiting = gate.acquire();
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        for _ in 0..3 {
            gate.acquire_urgent().await.succeeded();
            assert!(futures_util::poll!(&mut waiting).is_pending());
        }
        drop(reserved);
        waiting.await.succeeded();
        held.succeeded();
        // The only place there is cannot be kept.
        let narrow = Gate::new(1, None);
        let _reserved = narrow.reserve();
        narrow.acquire().await.succeeded();
    }

    #[tokio::test]
    async fn a_waiter_that_gives_up_loses_no_place() {
        let gate = Gate::new(1, None);
        let held = gate.acquire().await;
        {
            let waiting = gate.acquire();
            tokio::pin!(waiting);
            let polled = futures_util::poll!(&mut waiting);
            assert!(polled.is_pending());
        }
        held.succeeded();
        let again = gate.acquire().await;
        again.succeeded();
        assert_eq!(gate.highest(), 1);
    }
}
