//! The Prometheus text file of `--metrics-file`.

use std::path::Path;

use jiff::Timestamp;

use crate::error::{Error, ErrorKind, Result};
use crate::sync::report::{FlowReport, Outcome, RunReport};

/// The moment of the last run that finished, whatever came after it.
const LAST_SUCCESS: &str = "netwiz_last_success_timestamp_seconds";

/// Writes a Prometheus text file, whole or not at all. Of a run that failed it keeps when one last succeeded.
pub(super) fn write(path: &Path, result: &RunReport, now: Timestamp) -> Result<()> {
    let mut text = String::new();
    let profile = format!("profile=\"{}\"", result.profile);
    let success = u8::from(matches!(result.outcome, Outcome::Ok | Outcome::Partial));
    let mut one = |name: &str, help: &str, value: String| {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name}{{{profile}}} {value}\n"));
    };
    one("netwiz_run_timestamp_seconds", "When the last run ended.", now.as_second().to_string());
    one("netwiz_run_success", "Whether the last run finished.", success.to_string());
    one("netwiz_run_exit_code", "Exit code of the last run.", result.exit_code.to_string());
    let before = std::fs::read_to_string(path).unwrap_or_default();
    let line = format!("{LAST_SUCCESS}{{{profile}}} ");
    let kept = before.lines().find_map(|known| known.strip_prefix(&line)).map(str::to_owned);
    if let Some(last) = if success == 1 { Some(now.as_second().to_string()) } else { kept } {
        one(LAST_SUCCESS, "When a run last finished.", last);
    }
    text.push_str("# HELP netwiz_flow_duration_ms Duration of a flow.\n# TYPE netwiz_flow_duration_ms gauge\n");
    let labels = |flow: &FlowReport| format!("{profile},entity=\"{}\",direction=\"{}\"", flow.entity, flow.direction);
    for flow in &result.flows {
        text.push_str(&format!("netwiz_flow_duration_ms{{{}}} {}\n", labels(flow), flow.duration_ms));
    }
    text.push_str("# HELP netwiz_records Records of the last run by what became of them.\n# TYPE netwiz_records gauge\n");
    for flow in &result.flows {
        let counts = &flow.counts;
        for (word, count) in [
            ("read", counts.read),
            ("created", counts.created),
            ("updated", counts.updated),
            ("adopted", counts.adopted),
            ("unchanged", counts.unchanged),
            ("deactivated", counts.deactivated),
            ("skipped", counts.skipped),
            ("rejected", counts.rejected),
            ("failed", counts.failed),
        ] {
            text.push_str(&format!("netwiz_records{{{},outcome=\"{word}\"}} {count}\n", labels(flow)));
        }
    }
    let temporary = path.with_extension("tmp");
    std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path)).map_err(|error| {
        Error::new(ErrorKind::Io, format!("the metrics file {} cannot be written", path.display()))
            .caused_by(error)
            .hint("name a file in a folder that can be written to with `--metrics-file`")
    })
}
