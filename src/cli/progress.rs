//! Listens to the engine: a bar on a terminal, a log line per batch elsewhere, a JSON line per record on demand.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;

use super::output::{Output, number};
use crate::config::Inputs;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{Event, Fate, Observer};

/// The bars of this process: log lines are printed beside them.
pub(super) fn bars() -> &'static MultiProgress {
    static BARS: OnceLock<MultiProgress> = OnceLock::new();
    BARS.get_or_init(MultiProgress::new)
}

/// Listens for a command.
pub(super) struct Listener<'a> {
    output: &'a Output,
    /// The flows under way, the one in hand last: one that brings parents first waits for them. Each with its bar.
    flows: RefCell<Vec<(String, Option<ProgressBar>)>>,
    report: Option<RefCell<BufWriter<File>>>,
    pause: Option<Pause>,
}

/// Where a crash test wants the process to stand still, to be killed there.
pub(super) struct Pause {
    step: String,
    count: usize,
    marker: PathBuf,
    /// How often the step was passed.
    passed: Cell<usize>,
}

impl Pause {
    /// Reads `NETWIZ_PAUSE_AT`: `step:count:marker-file`.
    pub(super) fn read(inputs: &Inputs) -> Option<Self> {
        let mut parts = inputs.environment.get("NETWIZ_PAUSE_AT")?.splitn(3, ':');
        let (step, count, marker) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { step: step.into(), count: count.parse().ok()?, marker: marker.into(), passed: Cell::new(0) })
    }

    /// Stands still if this is the step and the time.
    pub(super) fn at(&self, step: &str) {
        if step != self.step {
            return;
        }
        self.passed.set(self.passed.get() + 1);
        if self.passed.get() == self.count {
            // The test that asked for this waits for the marker, then kills the process.
            let _ = std::fs::write(&self.marker, step);
            std::thread::sleep(Duration::from_secs(60));
        }
    }
}

/// A record as a line of `--report`.
#[derive(Serialize)]
struct Line<'a> {
    entity: &'a str,
    key: &'a str,
    label: &'a str,
    action: &'a str,
    reason: Option<&'a str>,
    message: Option<&'a str>,
    hint: Option<&'a str>,
}

impl<'a> Listener<'a> {
    /// Makes a listener; `report` is where a line per record goes.
    pub(super) fn new(output: &'a Output, report: Option<&Path>, pause: Option<Pause>) -> Result<Self> {
        let report = report
            .map(|path| {
                File::create(path).map(|file| RefCell::new(BufWriter::new(file))).map_err(|error| {
                    Error::new(ErrorKind::Io, format!("the report {} cannot be written", path.display()))
                        .caused_by(error)
                        .hint("name a file in a folder that can be written to with `--report`")
                })
            })
            .transpose()?;
        Ok(Self { output, flows: RefCell::new(Vec::new()), report, pause })
    }

    /// Writes what is still buffered.
    pub(super) fn finish(&self) -> Result<()> {
        let Some(report) = &self.report else { return Ok(()) };
        report.borrow_mut().flush().map_err(|error| Error::new(ErrorKind::Io, "the report cannot be written").caused_by(error))
    }

    /// Names the flow in hand.
    fn entity(&self) -> String {
        self.flows.borrow().last().map(|(entity, _)| entity.clone()).unwrap_or_default()
    }

    fn record(&self, entity: &str, key: &str, label: &str, fate: Fate<'_>) {
        let Some(report) = &self.report else { return };
        let (action, rejection) = match fate {
            Fate::Written(word) => (word, None),
            Fate::Unchanged => ("unchanged", None),
            Fate::Skipped(_) => ("skipped", None),
            Fate::Rejected(rejection) => ("rejected", Some(rejection)),
            Fate::Failed => ("failed", None),
        };
        let reason = match fate {
            Fate::Skipped(reason) => Some(reason),
            _ => rejection.map(|rejection| rejection.reason.word()),
        };
        let line = Line {
            entity,
            key,
            label,
            action,
            reason,
            message: rejection.map(|rejection| rejection.message.as_str()),
            hint: rejection.map(|rejection| rejection.hint.as_str()),
        };
        let mut report = report.borrow_mut();
        // A full disk is found out at the end, by the flush; records must not fail for their report.
        let _ = serde_json::to_writer(&mut *report, &line);
        let _ = report.write_all(b"\n");
    }
}

impl Observer for Listener<'_> {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::Started { entity, mode } => {
                tracing::info!(entity, mode, "flow started");
                let bar = self.output.progress.then(|| {
                    let bar = bars().add(ProgressBar::no_length());
                    bar.set_style(style(false));
                    bar.set_message(entity.to_string());
                    bar.enable_steady_tick(Duration::from_millis(120));
                    bar
                });
                self.flows.borrow_mut().push(((*entity).to_owned(), bar));
            }
            Event::Expecting(total) => {
                if let (Some((_, Some(bar))), Some(total)) = (self.flows.borrow().last(), total) {
                    bar.set_length(*total);
                    bar.set_style(style(true));
                }
            }
            Event::Passed(step) => {
                tracing::debug!(entity = self.entity(), step = step.word(), "passed");
                if let Some(pause) = &self.pause {
                    pause.at(step.word());
                }
            }
            Event::Record { entity, key, label, fate } => {
                if let Fate::Rejected(rejection) = fate {
                    tracing::info!(entity, key, label, reason = rejection.reason.word(), "rejected");
                }
                self.record(entity, key, label, *fate);
            }
            Event::Advanced { heads, counts } => {
                let entity = self.entity();
                tracing::info!(entity, read = counts.read, changed = counts.changes(), rejected = counts.rejected, "page");
                if let Some((_, Some(bar))) = self.flows.borrow().last() {
                    bar.set_position(*heads);
                    bar.set_message(format!("{entity}: {} changed", number(counts.changes())));
                }
            }
            Event::Note(note) => self.output.note(note),
            Event::Finished(report) => {
                tracing::info!(entity = &*report.entity, duration_ms = report.duration_ms, "flow finished");
                // A flow that broke off above this one ends without a word.
                let mut flows = self.flows.borrow_mut();
                let at = flows.iter().rposition(|(entity, _)| *entity == report.entity).unwrap_or(0);
                for bar in flows.drain(at..).filter_map(|(_, bar)| bar) {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

fn style(with_total: bool) -> ProgressStyle {
    let template = if with_total {
        "{spinner} {msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}"
    } else {
        "{spinner} {msg} {human_pos} {per_sec}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
