//! The schedule of waits between attempts: growing, jittered, never shorter than a server's `Retry-After`.
//!
//! Written out because the waits must come from the run's own seeded randomness and because flow-control refusals, which
//! execute nothing, have an allowance of their own.

use std::time::Duration;

use super::Response;
use crate::model::Entropy;

/// How often and how long to wait (`correctness.md` 5: 1 + 3 attempts at about 2, 8 and 32 s).
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// The first wait; each further one is four times as long.
    pub base: Duration,
    /// Attempts after the first for failures.
    pub retries: u32,
    /// Attempts after the first for flow-control refusals.
    pub busy_retries: u32,
}

/// The longest `Retry-After` that is honoured; a remote that asks for more counts as unavailable for this run.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

impl Default for Schedule {
    fn default() -> Self {
        Self { base: Duration::from_millis(2000), retries: 3, busy_retries: 6 }
    }
}

impl Schedule {
    /// Starts the waits of one call.
    pub const fn waits(&self) -> Waits {
        Waits { schedule: *self, failures: 0, refusals: 0 }
    }
}

/// The waits of one call.
pub struct Waits {
    schedule: Schedule,
    failures: u32,
    refusals: u32,
}

impl Waits {
    /// Gives the next wait, or `None` when the allowance is used up.
    pub fn next(&mut self, busy: bool, after: Option<Duration>, entropy: &dyn Entropy) -> Option<Duration> {
        let (used, allowed) =
            if busy { (&mut self.refusals, self.schedule.busy_retries) } else { (&mut self.failures, self.schedule.retries) };
        if *used >= allowed {
            return None;
        }
        // Refusals grow more slowly than failures: a slot usually falls free within one request's time.
        let factor = if busy { 2_u32.pow((*used).min(4)) } else { 4_u32.pow(*used) };
        *used += 1;
        let wait = entropy.jitter(self.schedule.base * factor);
        match after {
            Some(after) if after > LONGEST_WAIT => None,
            Some(after) => Some(wait.max(after)),
            None => Some(wait),
        }
    }
}

/// Reads `Retry-After` in whole seconds. The date form is not recorded for either remote and counts as absent.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    response.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::Replay;

    #[test]
    fn failures_wait_up_to_2_8_and_32_seconds_and_then_end() {
        let entropy = Replay::new(Timestamp::UNIX_EPOCH, 1);
        let mut waits = Schedule::default().waits();
        for ceiling in [2, 8, 32] {
            assert!(waits.next(false, None, &entropy).unwrap() <= Duration::from_secs(ceiling));
        }
        assert_eq!(waits.next(false, None, &entropy), None);
        assert!(waits.next(true, None, &entropy).is_some(), "refusals have their own allowance");
    }

    #[test]
    fn the_servers_wait_wins_and_an_absurd_one_ends_the_call() {
        let entropy = Replay::new(Timestamp::UNIX_EPOCH, 1);
        let mut waits = Schedule { base: Duration::from_millis(1), ..Schedule::default() }.waits();
        assert_eq!(waits.next(true, Some(Duration::from_secs(7)), &entropy), Some(Duration::from_secs(7)));
        assert_eq!(waits.next(true, Some(Duration::from_secs(86_400)), &entropy), None);
    }
}
