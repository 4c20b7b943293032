//! The Prometheus text file of `--metrics-file`.

use std::path::Path;

use jiff::Timestamp;

use crate::error::{Error, ErrorKind, Result};
use crate::sync::report::{Outcome, RunReport};

/// Writes a Prometheus text file, whole or not at all.
pub(super) fn write(path: &Path, result: &RunReport, now: Timestamp) -> Result<()> {
    let mut text = String::new();
    let profile = &result.profile;
    let success = u8::from(matches!(result.outcome, Outcome::Ok | Outcome::Partial));
    text.push_str("# HELP netwiz_run_timestamp_seconds When the last run ended.\n# TYPE netwiz_run_timestamp_seconds gauge\n");
    text.push_str(&format!("netwiz_run_timestamp_seconds{{profile=\"{profile}\"}} {}\n", now.as_second()));
    text.push_str("# HELP netwiz_run_success Whether the last run finished.\n# TYPE netwiz_run_success gauge\n");
    text.push_str(&format!("netwiz_run_success{{profile=\"{profile}\"}} {success}\n"));
    text.push_str("# HELP netwiz_run_exit_code Exit code of the last run.\n# TYPE netwiz_run_exit_code gauge\n");
    text.push_str(&format!("netwiz_run_exit_code{{profile=\"{profile}\"}} {}\n", result.exit_code));
    text.push_str("# HELP netwiz_flow_duration_ms Duration of a flow.\n# TYPE netwiz_flow_duration_ms gauge\n");
    for flow in &result.flows {
        text.push_str(&format!(
            "netwiz_flow_duration_ms{{profile=\"{profile}\",entity=\"{}\"}} {}\n",
            flow.entity, flow.duration_ms
        ));
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
            text.push_str(&format!(
                "netwiz_records{{profile=\"{profile}\",entity=\"{}\",outcome=\"{word}\"}} {count}\n",
                flow.entity
            ));
        }
    }
    let temporary = path.with_extension("tmp");
    std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path)).map_err(|error| {
        Error::new(ErrorKind::Io, format!("the metrics file {} cannot be written", path.display()))
            .caused_by(error)
            .hint("name a file in a folder that can be written to with `--metrics-file`")
    })
}
