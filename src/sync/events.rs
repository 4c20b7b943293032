//! What the engine tells while it works; the progress bar, the log, the per-record file and the silence all listen.

use crate::model::Rejection;
use crate::sync::report::{Counts, FlowReport};

/// A point of the straight line that has just been passed. Crash tests stop here (`correctness.md` 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The lease is taken and the state file is open; nothing was asked yet.
    LeaseTaken,
    /// The bounds of the run are stored.
    BoundsStored,
    /// A batch was read.
    BatchRead,
    /// The records that a batch refers to were brought.
    ParentsDone,
    /// The intents of a batch are on the disk; nothing was sent yet.
    IntentsCommitted,
    /// A write was answered; its outcome is not on the disk yet.
    WriteAnswered,
    /// A batch is on the disk; the cursor has not moved.
    BatchCommitted,
    /// The cursor moved.
    CursorMoved,
}

impl Step {
    /// Gives the word used in logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::LeaseTaken => "lease_taken",
            Self::BoundsStored => "bounds_stored",
            Self::BatchRead => "batch_read",
            Self::ParentsDone => "parents_done",
            Self::IntentsCommitted => "intents_committed",
            Self::WriteAnswered => "write_answered",
            Self::BatchCommitted => "batch_committed",
            Self::CursorMoved => "cursor_moved",
        }
    }
}

/// What became of one record.
#[derive(Debug, Clone, Copy)]
pub enum Fate<'a> {
    /// It was written, or would be: `created`, `updated`, `adopted` or `deactivated`.
    Written(&'static str),
    /// It was as it should be.
    Unchanged,
    /// It is out of scope.
    Skipped(&'static str),
    /// It could not be written.
    Rejected(&'a Rejection),
    /// It was not tried to the end.
    Failed,
}

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A flow begins.
    Started {
        /// The entity.
        entity: &'static str,
        /// `full`, `incremental` or `ids`.
        mode: &'static str,
    },
    /// So many heads will be looked at, where that is known.
    Expecting(Option<u64>),
    /// A point of the line was passed.
    Passed(Step),
    /// One record is done.
    Record {
        /// The entity.
        entity: &'static str,
        /// The record at its source.
        key: &'a str,
        /// What a person calls it.
        label: &'a str,
        /// What became of it.
        fate: Fate<'a>,
    },
    /// A batch is done: so many heads since the start, and the counts so far.
    Advanced {
        /// Heads done.
        heads: u64,
        /// Records by what became of them.
        counts: &'a Counts,
    },
    /// Something a person should know.
    Note(&'a str),
    /// A flow ended.
    Finished(&'a FlowReport),
}

/// Listens.
pub trait Observer {
    /// Is told of everything, in order.
    fn on(&self, event: &Event<'_>);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _event: &Event<'_>) {}
}
