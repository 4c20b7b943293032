//! The summary of a run as data: what `--json` prints and what the summary table is made of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A word of a closed list. A report that comes back out of the queue has its words as texts of its own.
pub type Word = Cow<'static, str>;

use crate::error::{Error, ErrorKind};

/// The version of every JSON document that netwiz prints.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunReport {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// `sync` or `pull`.
    pub command: String,
    /// The run's id.
    pub run_id: String,
    /// The profile.
    pub profile: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// `ok`, `partial`, `failed`, `interrupted` or `locked`.
    pub outcome: Outcome,
    /// The process's exit code.
    pub exit_code: u8,
    /// Start, RFC 3339 UTC.
    pub started_at: String,
    /// End.
    pub finished_at: String,
    /// Why it ended early; the error that decided the exit code when there were several.
    pub error: Option<ErrorReport>,
    /// One entry per flow, in the order they ran.
    pub flows: Vec<FlowReport>,
}

/// An error as machine-readable output has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// The word for its kind.
    pub kind: Word,
    /// What failed, in our words.
    pub message: String,
    /// What to do first.
    pub hint: Option<String>,
    /// All there is to do.
    pub hints: Vec<String>,
    /// The exit code that belongs to it.
    pub exit_code: u8,
    /// The remote's or the system's own words, outermost first.
    pub causes: Vec<String>,
}

impl From<&Error> for ErrorReport {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind().word().into(),
            message: error.to_string(),
            hint: error.hints().first().cloned(),
            hints: error.hints().to_vec(),
            exit_code: error.kind().exit_code(),
            causes: error.causes(),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that is in scope has arrived.
    Ok,
    /// Finished, but records were rejected or failed.
    Partial,
    /// Ended early.
    Failed,
    /// Asked to stop.
    Interrupted,
    /// Another run holds the lease.
    Locked,
}

impl Outcome {
    /// Gives the word used in JSON and the state file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Locked => "locked",
        }
    }
}

/// Records by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Read from the source.
    pub read: u64,
    /// Made on the target.
    pub created: u64,
    /// Changed on the target.
    pub updated: u64,
    /// Found on the target, linked and brought up to date.
    pub adopted: u64,
    /// As they should be.
    pub unchanged: u64,
    /// Switched off on the target.
    pub deactivated: u64,
    /// Out of scope by configuration.
    pub skipped: u64,
    /// Could not be mapped, or refused; stored with the reason.
    pub rejected: u64,
    /// Not tried to the end, because the remote was down.
    pub failed: u64,
}

impl Counts {
    /// Adds another flow's counts.
    pub const fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.created += other.created;
        self.updated += other.updated;
        self.adopted += other.adopted;
        self.unchanged += other.unchanged;
        self.deactivated += other.deactivated;
        self.skipped += other.skipped;
        self.rejected += other.rejected;
        self.failed += other.failed;
    }

    /// Tells whether nothing was looked at.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Gives the number of records that are written, or would be.
    pub const fn changes(&self) -> u64 {
        self.created + self.updated + self.adopted + self.deactivated
    }
}

/// Requests sent during a flow, retries included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// To NetSuite.
    pub netsuite: u64,
    /// To WizCommerce.
    pub wizcommerce: u64,
}

/// The cursor before and after, RFC 3339.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CursorMove {
    /// Before the run; null before the first finished one.
    pub before: Option<String>,
    /// After the run.
    pub after: Option<String>,
}

/// One record that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReport {
    /// The number `failures show` takes; null in a dry run, which stores nothing.
    pub id: Option<i64>,
    /// The record at its source.
    pub key: String,
    /// What a person calls it.
    pub label: String,
    /// The reason's word.
    pub reason: Word,
    /// What exactly.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// What one flow did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FlowReport {
    /// The entity.
    pub entity: Word,
    /// `pull` or `push`.
    pub direction: Word,
    /// `full`, `incremental` or `ids`.
    pub mode: Word,
    /// Records by what became of them.
    pub counts: Counts,
    /// Skipped records by reason.
    pub skipped_reasons: BTreeMap<Word, u64>,
    /// Requests sent.
    pub requests: Requests,
    /// The cursor.
    pub cursor: CursorMove,
    /// How long it took.
    pub duration_ms: u64,
    /// The first rejected records, at most [`FAILURES_SHOWN`].
    pub failures: Vec<FailureReport>,
    /// All rejected records.
    pub failures_total: u64,
    /// Things a person should know that are no failure, e.g. a column the account does not have.
    pub notes: Vec<String>,
    /// What a dry run would do, in order; empty in a real run.
    pub plan: Vec<PlanLine>,
}

/// A flow's report, and the error that ended it early.
pub type Reported = (FlowReport, Option<Error>);

impl FlowReport {
    /// Makes the report of a flow that has nothing to do, with the reason.
    pub fn idle(entity: &'static str, direction: &'static str, note: String) -> Self {
        Self {
            entity: entity.into(),
            direction: direction.into(),
            mode: "incremental".into(),
            counts: Counts::default(),
            skipped_reasons: BTreeMap::new(),
            requests: Requests::default(),
            cursor: CursorMove::default(),
            duration_ms: 0,
            failures: Vec::new(),
            failures_total: 0,
            notes: vec![note],
            plan: Vec::new(),
        }
    }

    /// Adds what another run of the same flow did.
    pub fn absorb(&mut self, other: Self) {
        self.counts.add(&other.counts);
        for (reason, count) in other.skipped_reasons {
            *self.skipped_reasons.entry(reason).or_default() += count;
        }
        self.requests.netsuite += other.requests.netsuite;
        self.requests.wizcommerce += other.requests.wizcommerce;
        self.duration_ms += other.duration_ms;
        let room = FAILURES_SHOWN.saturating_sub(self.failures.len());
        self.failures.extend(other.failures.into_iter().take(room));
        self.failures_total += other.failures_total;
        self.notes.extend(other.notes);
        self.plan.extend(other.plan);
    }
}

/// Rejected records listed in a report; the rest is counted.
pub const FAILURES_SHOWN: usize = 100;

/// One action of a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLine {
    /// `create`, `update`, `adopt` or `deactivate`.
    pub action: Word,
    /// The record at its source.
    pub key: String,
    /// What a person calls it.
    pub label: String,
}

/// Exit codes in the order in which they win when several apply.
const ORDER: [u8; 8] = [143, 130, 7, 6, 4, 5, 1, 3];

/// Picks the exit code of a run from those of its flows.
pub fn worst(codes: &[u8]) -> u8 {
    ORDER.into_iter().find(|code| codes.contains(code)).or_else(|| codes.iter().copied().find(|code| *code != 0)).unwrap_or(0)
}

/// Names the outcome that belongs to an exit code.
pub const fn outcome_of(exit_code: u8) -> Outcome {
    match exit_code {
        0 | 10 => Outcome::Ok,
        3 => Outcome::Partial,
        11 => Outcome::Locked,
        130 | 143 => Outcome::Interrupted,
        _ => Outcome::Failed,
    }
}

/// Gives the exit code of one flow.
pub fn exit_code(counts: &Counts, error: Option<ErrorKind>) -> u8 {
    match error {
        Some(kind) => kind.exit_code(),
        None if counts.rejected + counts.failed > 0 => 3,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_urgent_exit_code_wins() {
        assert_eq!(worst(&[0, 3, 5]), 5);
        assert_eq!(worst(&[3, 4, 7]), 7);
        assert_eq!(worst(&[3, 143]), 143);
        assert_eq!(worst(&[0, 0]), 0);
        assert_eq!(worst(&[11]), 11);
    }

    #[test]
    fn rejections_are_a_partial_success() {
        let counts = Counts { rejected: 1, ..Counts::default() };
        assert_eq!(exit_code(&counts, None), 3);
        assert_eq!(outcome_of(3), Outcome::Partial);
        assert_eq!(exit_code(&counts, Some(ErrorKind::Unavailable)), 5);
    }
}
