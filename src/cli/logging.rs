//! The log: to stderr as far as `-v` asks, and to a file for cron.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write};
use std::sync::Mutex;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::arguments::{Global, LogFormat};
use super::progress;
use crate::error::{Error, ErrorKind, Result};

/// Starts logging.
pub(super) fn start(global: &Global) -> Result<()> {
    let level = match global.verbose {
        // Where no bar can be shown, a line per page takes its place.
        0 if io::stderr().is_terminal() => LevelFilter::WARN,
        0 => LevelFilter::INFO,
        1 => LevelFilter::INFO,
        2.. => LevelFilter::DEBUG,
    };
    // With --json, stderr holds at most one error object.
    let on_stderr = if global.json && global.verbose == 0 || global.quiet { LevelFilter::ERROR } else { level };
    let json = global.log_format == LogFormat::Json;
    let plain = tracing_subscriber::fmt::layer().with_target(false).with_ansi(false);
    let stderr = if json {
        plain.json().flatten_event(true).with_span_list(false).with_writer(BesideTheBar).boxed()
    } else {
        plain.without_time().with_writer(BesideTheBar).boxed()
    };
    let file = match &global.log_file {
        None => None,
        Some(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
                Error::new(ErrorKind::Io, format!("the log file {} cannot be opened", path.display()))
                    .caused_by(error)
                    .hint("name a file in a folder that can be written to with `--log-file`")
            })?;
            let layer = tracing_subscriber::fmt::layer().with_target(false).with_ansi(false);
            let layer = if json {
                layer.json().flatten_event(true).with_span_list(false).with_writer(Mutex::new(file)).boxed()
            } else {
                layer.with_writer(Mutex::new(file)).boxed()
            };
            Some(layer.with_filter(ours(level.max(LevelFilter::INFO))))
        }
    };
    let subscriber = tracing_subscriber::registry().with(stderr.with_filter(ours(on_stderr))).with(file);
    // A second start, in tests, changes nothing.
    let _ = subscriber.try_init();
    Ok(())
}

/// Lets only our own lines pass: libraries log headers and addresses.
fn ours(level: LevelFilter) -> tracing_subscriber::filter::Targets {
    tracing_subscriber::filter::Targets::new().with_target("netwiz", level)
}

/// Writes to stderr while a progress bar is up, without tearing it.
struct BesideTheBar;

impl<'a> MakeWriter<'a> for BesideTheBar {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line
    }
}

struct Line;

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        progress::bars().suspend(|| io::stderr().write_all(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
