//! `status`, `runs`, `failures` and `config`: what is stored, shown. Nothing here writes, except `failures retry` and
//! `failures dismiss`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::arguments::{ConfigArguments, ConfigCommand, FailuresArguments, FailuresCommand, RunsArguments, RunsCommand};
use super::assembly::Session;
use super::output::{cyan, number, table, verdict};
use super::run;
use super::summary::way_of;
use crate::config::{Setting, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Direction, EntityKind, rfc3339};
use crate::profile::FLOWS;
use crate::state::{RejectionRow, RunRow, State};
use crate::sync::report::SCHEMA_VERSION;

#[derive(Serialize)]
struct StatusDocument {
    schema_version: u32,
    profile: String,
    health: &'static str,
    warnings: Vec<String>,
    flows: Vec<FlowStatus>,
}

#[derive(Serialize)]
struct FlowStatus {
    entity: &'static str,
    direction: &'static str,
    cursor: Option<String>,
    last_run_at: Option<String>,
    last_outcome: Option<String>,
    queued: u64,
    open_failures: u64,
}

#[derive(Serialize)]
struct FailuresDocument {
    schema_version: u32,
    failures: Vec<FailureRow>,
    total: usize,
}

#[derive(Serialize)]
struct FailureRow {
    id: i64,
    entity: String,
    direction: String,
    key: String,
    label: String,
    reason: &'static str,
    message: String,
    hint: String,
    attempts: i64,
    first_at: String,
    last_at: String,
    next_at: String,
}

#[derive(Serialize)]
struct RunsDocument {
    schema_version: u32,
    runs: Vec<RunEntry>,
}

#[derive(Serialize)]
struct RunEntry {
    run_id: String,
    command: String,
    started_at: String,
    finished_at: Option<String>,
    outcome: Option<String>,
    exit_code: Option<i64>,
    counts: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct ConfigDocument<'a> {
    schema_version: u32,
    profile: &'a str,
    settings: &'a [Setting],
}

#[derive(Serialize)]
struct PathsDocument {
    schema_version: u32,
    config: String,
    credentials: String,
    state: String,
}

#[derive(Serialize)]
struct CheckDocument {
    schema_version: u32,
    profiles: Vec<ProfileCheck>,
}

#[derive(Serialize)]
struct ProfileCheck {
    profile: String,
    ok: bool,
    message: Option<String>,
    hint: Option<String>,
}

/// A cursor that stands still for longer than this is worth a warning.
const STALE_HOURS: i64 = 24;
/// From so many days before it on, a lapsing key is worth a warning.
const LAPSE_DAYS: i32 = 30;

/// Runs `status`.
pub(super) fn status(session: &Session<'_>) -> Result<u8> {
    let settings = session.settings()?;
    let state = State::open_existing(&settings.state)?;
    let mut flows = Vec::new();
    let mut warnings = Vec::new();
    let now = session.now();
    let runs = state.as_ref().map_or_else(|| Ok(Vec::new()), |state| state.runs(200))?;
    for (entity, direction) in FLOWS {
        let (entity, direction) = (entity.name(), direction.name());
        let Some(state) = &state else {
            flows.push(FlowStatus {
                entity,
                direction,
                cursor: None,
                last_run_at: None,
                last_outcome: None,
                queued: 0,
                open_failures: 0,
            });
            continue;
        };
        let cursor = state.cursor(entity, direction)?;
        // A flow's last run is the last whose report has the flow.
        let last = runs.iter().find(|run| {
            run.report
                .as_deref()
                .is_some_and(|report| report.contains(&format!("\"entity\":\"{entity}\",\"direction\":\"{direction}\"")))
        });
        // A push stands at the newest record, which may well be old; what counts is when somebody looked.
        let looked = if direction == Direction::Push.name() { cursor.finished_at } else { cursor.position };
        let hours = looked.map_or(0, |looked| now.duration_since(looked).as_hours());
        if hours > STALE_HOURS {
            warnings.push(format!("{} has not been brought up to date for {hours} hours", way_of(entity, direction)));
        }
        flows.push(FlowStatus {
            entity,
            direction,
            cursor: cursor.position.map(rfc3339),
            last_run_at: last.map(|run| run.started_at.clone()),
            last_outcome: last.and_then(|run| run.outcome.clone()),
            queued: state.count_asked(entity, direction)?,
            open_failures: state.count_rejections(entity, direction)?,
        });
    }
    warnings.extend(lapse_warning(&settings, now));
    // A run that never reached a flow, as with refused credentials, shows in no flow's line.
    let broken = runs.first().filter(|run| matches!(run.outcome.as_deref(), Some("failed" | "interrupted")));
    if let Some(run) = broken {
        let outcome = run.outcome.as_deref().unwrap_or_default();
        warnings.push(format!("the last run ({}) {}: see why with `netwiz runs show {}`", run.command, ended(outcome), run.id));
    }
    let open: u64 = flows.iter().map(|flow| flow.open_failures).sum();
    let failing =
        broken.is_some() || flows.iter().any(|flow| matches!(flow.last_outcome.as_deref(), Some("failed" | "interrupted")));
    let health = if failing {
        "failing"
    } else if open > 0 || !warnings.is_empty() {
        "warning"
    } else {
        "ok"
    };
    let exit_code = if open > 0 { 3 } else { 0 };

    if session.output.json {
        session.output.document(&StatusDocument {
            schema_version: SCHEMA_VERSION,
            profile: settings.profile.clone(),
            health,
            warnings,
            flows,
        })?;
        return Ok(exit_code);
    }
    let dash = || "–".to_owned();
    let rows = flows.iter().map(|flow| {
        vec![
            flow.entity.to_owned(),
            flow.direction.to_owned(),
            flow.cursor.clone().unwrap_or_else(|| "never finished".into()),
            flow.last_run_at.clone().unwrap_or_else(dash),
            flow.last_outcome.clone().unwrap_or_else(dash),
            number(flow.queued),
            number(flow.open_failures),
        ]
    });
    let header = ["entity", "direction", "up to", "last run", "outcome", "queued", "failures"];
    session.output.line(&format!("profile {} · {}", settings.profile, verdict(health == "ok", health)))?;
    session.output.text(&table(&header, &[5, 6], rows.collect()))?;
    for warning in &warnings {
        session.output.note(warning);
    }
    if state.is_none() {
        session.output.hint("nothing ran yet: begin with `netwiz sync all`");
    } else if open > 0 {
        session.output.hint("see the failures with `netwiz failures list`");
    }
    Ok(exit_code)
}

fn ended(outcome: &str) -> &'static str {
    if outcome == "interrupted" { "was interrupted" } else { "failed" }
}

/// Warns of an API key that lapses soon.
pub(super) fn lapse_warning(settings: &Settings, now: jiff::Timestamp) -> Option<String> {
    let lapses = settings.api_key_lapses?;
    let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
    let days = today.until(lapses).ok()?.get_days();
    (days <= LAPSE_DAYS).then(|| {
        if days < 0 {
            format!("the WizCommerce key lapsed on {lapses}: make a new one")
        } else {
            format!("the WizCommerce key lapses on {lapses}, in {days} days: make a new one")
        }
    })
}

/// Opens the state file for reading; the error is that of a profile without one.
pub(super) fn existing_state(session: &Session<'_>) -> Result<State> {
    let settings = session.settings()?;
    State::open_existing(&settings.state)?.ok_or_else(|| {
        Error::new(ErrorKind::State, format!("the profile {} has no state yet", settings.profile))
            .hint("begin with `netwiz sync all`")
    })
}

/// Runs `runs`.
pub(super) fn runs(session: &Session<'_>, arguments: RunsArguments) -> Result<u8> {
    match arguments.command {
        RunsCommand::List { limit } => {
            let settings = session.settings()?;
            let runs = match State::open_existing(&settings.state)? {
                Some(state) => state.runs(limit)?,
                None => Vec::new(),
            };
            if session.output.json {
                let runs = runs.into_iter().map(entry).collect();
                session.output.document(&RunsDocument { schema_version: SCHEMA_VERSION, runs })?;
                return Ok(0);
            }
            let rows = runs.into_iter().map(|run| {
                vec![
                    run.id,
                    run.command,
                    run.started_at,
                    run.finished_at.unwrap_or_else(|| "running, or killed".into()),
                    run.outcome.unwrap_or_else(|| "–".into()),
                    run.exit_code.map_or_else(|| "–".into(), |code| code.to_string()),
                ]
            });
            session.output.text(&table(&["run", "command", "started", "finished", "outcome", "exit"], &[5], rows.collect()))?;
        }
        RunsCommand::Show { run } => {
            let found = existing_state(session)?.run(&run)?.ok_or_else(|| no_run(&run))?;
            let report = found.report.as_deref().and_then(|report| serde_json::from_str::<Box<RawValue>>(report).ok());
            if session.output.json {
                match report {
                    Some(report) => session.output.document(&report)?,
                    None => {
                        session.output.document(&RunsDocument { schema_version: SCHEMA_VERSION, runs: vec![entry(found)] })?;
                    }
                }
                return Ok(0);
            }
            session.output.text(&format!(
                "run {} · {} · {} → {} · {}\n",
                cyan(&found.id),
                found.command,
                found.started_at,
                found.finished_at.as_deref().unwrap_or("not finished"),
                found.outcome.as_deref().unwrap_or("–"),
            ))?;
            if let Some(report) = report {
                let value: serde_json::Value = serde_json::from_str(report.get()).unwrap_or_default();
                let empty = Vec::new();
                let flows = value["flows"].as_array().unwrap_or(&empty);
                let rows = flows.iter().map(|flow| {
                    let count = |name: &str| number(flow["counts"][name].as_u64().unwrap_or(0));
                    vec![
                        way_of(flow["entity"].as_str().unwrap_or_default(), flow["direction"].as_str().unwrap_or_default()),
                        flow["mode"].as_str().unwrap_or_default().to_owned(),
                        count("read"),
                        count("created"),
                        count("updated"),
                        count("unchanged"),
                        count("rejected"),
                        count("failed"),
                        number(flow["requests"]["netsuite"].as_u64().unwrap_or(0)),
                        number(flow["requests"]["wizcommerce"].as_u64().unwrap_or(0)),
                    ]
                });
                let header = [
                    "entity",
                    "mode",
                    "read",
                    "created",
                    "updated",
                    "unchanged",
                    "rejected",
                    "failed",
                    "NetSuite",
                    "WizCommerce",
                ];
                if !flows.is_empty() {
                    session.output.text(&table(&header, &[2, 3, 4, 5, 6, 7, 8, 9], rows.collect()))?;
                }
                let notes = flows.iter().filter_map(|flow| flow["notes"].as_array()).flatten();
                for note in notes.filter_map(serde_json::Value::as_str) {
                    session.output.text(&format!("note: {note}\n"))?;
                }
                print_error(session, &value["error"])?;
            }
        }
    }
    Ok(0)
}

/// Shows the stored error of a run as it was shown when it happened.
fn print_error(session: &Session<'_>, error: &serde_json::Value) -> Result<()> {
    let texts = |name: &str| -> Vec<String> {
        error[name].as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
    };
    let Some(message) = error["message"].as_str() else { return Ok(()) };
    let mut text = format!("error: {message}\n");
    for cause in texts("causes") {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    session.output.text(&text)?;
    for hint in texts("hints") {
        session.output.hint(&hint);
    }
    Ok(())
}

fn entry(run: RunRow) -> RunEntry {
    RunEntry {
        run_id: run.id,
        command: run.command,
        started_at: run.started_at,
        finished_at: run.finished_at,
        outcome: run.outcome,
        exit_code: run.exit_code,
        counts: serde_json::from_str(&run.counts).ok(),
    }
}

/// Runs `failures`.
pub(super) async fn failures(session: Session<'_>, arguments: FailuresArguments) -> Result<u8> {
    match arguments.command {
        FailuresCommand::List { run } => {
            let settings = session.settings()?;
            let rows = match State::open_existing(&settings.state)? {
                Some(state) => {
                    // A mistyped run must not look like one without failures.
                    let run = run.map(|run| state.run(&run)?.ok_or_else(|| no_run(&run))).transpose()?;
                    state.rejections(run.as_ref().map(|run| run.id.as_str()))?
                }
                None => Vec::new(),
            };
            if session.output.json {
                let failures: Vec<FailureRow> = rows.into_iter().map(failure).collect();
                let total = failures.len();
                session.output.document(&FailuresDocument { schema_version: SCHEMA_VERSION, failures, total })?;
                return Ok(0);
            }
            if rows.is_empty() {
                session.output.line("no failures")?;
                return Ok(0);
            }
            let lines = rows.iter().map(|row| {
                vec![
                    row.id.to_string(),
                    row.entity.clone(),
                    row.rejection.label.clone(),
                    row.rejection.key.clone(),
                    row.rejection.reason.word().to_owned(),
                    row.attempts.to_string(),
                    row.next_at.clone(),
                ]
            });
            session.output.text(&table(
                &["id", "entity", "record", "key", "reason", "tried", "next try"],
                &[0, 5],
                lines.collect(),
            ))?;
            session.output.hint("see what to do with `netwiz failures show <id>`, try again with `netwiz failures retry --all`");
            Ok(0)
        }
        FailuresCommand::Show { id } => {
            let row = existing_state(&session)?.rejection(id)?.ok_or_else(|| no_failure(id))?;
            if session.output.json {
                session.output.document(&FailuresDocument {
                    schema_version: SCHEMA_VERSION,
                    failures: vec![failure(row)],
                    total: 1,
                })?;
                return Ok(0);
            }
            let rejection = &row.rejection;
            session.output.text(&format!(
                "{} {} ({})\n  {} · {}\n  tried {}, next try {}\n",
                row.entity,
                rejection.label,
                rejection.key,
                rejection.reason,
                rejection.message,
                if row.attempts == 1 {
                    format!("once, {}", row.last_at)
                } else {
                    format!("{} times, first {}, last {}", row.attempts, row.first_at, row.last_at)
                },
                row.next_at
            ))?;
            session.output.hint(&rejection.hint);
            Ok(0)
        }
        FailuresCommand::Retry { ids, all } => {
            let state = existing_state(&session)?;
            let mut rows = Vec::new();
            if all {
                rows = state.rejections(None)?;
            } else {
                for id in ids {
                    rows.push(state.rejection(id)?.ok_or_else(|| no_failure(id))?);
                }
            }
            drop(state);
            let mut heads: BTreeMap<(EntityKind, Direction), Vec<String>> = BTreeMap::new();
            for row in rows {
                let Ok(entity) = row.entity.parse::<EntityKind>() else { continue };
                let direction = if row.direction == Direction::Push.name() { Direction::Push } else { Direction::Pull };
                heads.entry((entity, direction)).or_default().push(row.rejection.head);
            }
            if heads.is_empty() {
                session.output.line("no failures")?;
                return Ok(0);
            }
            run::retry(session, heads).await
        }
        FailuresCommand::Dismiss { ids } => {
            let settings = session.settings()?;
            let mut state = session.state(&settings)?;
            for id in &ids {
                state.rejection(*id)?.ok_or_else(|| no_failure(*id))?;
            }
            let count = if ids.len() == 1 { "1 failure".to_owned() } else { format!("{} failures", ids.len()) };
            session.output.confirm(&format!("Forget {count}?"))?;
            for id in ids {
                state.dismiss(id)?;
            }
            session.output.line(&format!("{count} forgotten; the records are taken up again when they change"))?;
            Ok(0)
        }
    }
}

fn no_run(run: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("there is no run {run}")).hint("list them with `netwiz runs list`")
}

fn no_failure(id: i64) -> Error {
    Error::new(ErrorKind::Usage, format!("there is no open failure {id}")).hint("list them with `netwiz failures list`")
}

fn failure(row: RejectionRow) -> FailureRow {
    FailureRow {
        id: row.id,
        entity: row.entity,
        direction: row.direction,
        key: row.rejection.key,
        label: row.rejection.label,
        reason: row.rejection.reason.word(),
        message: row.rejection.message,
        hint: row.rejection.hint,
        attempts: row.attempts,
        first_at: row.first_at,
        last_at: row.last_at,
        next_at: row.next_at,
    }
}

/// Runs `config`.
pub(super) fn config(session: &Session<'_>, arguments: ConfigArguments) -> Result<u8> {
    match arguments.command {
        ConfigCommand::Show => {
            let settings = session.settings()?;
            let listing = settings.listing();
            if session.output.json {
                let document = ConfigDocument { schema_version: SCHEMA_VERSION, profile: &settings.profile, settings: &listing };
                session.output.document(&document)?;
                return Ok(0);
            }
            let rows = listing.into_iter().map(|setting| vec![setting.key, setting.value, setting.origin]);
            session.output.text(&table(&["setting", "value", "from"], &[], rows.collect()))?;
            Ok(0)
        }
        ConfigCommand::Path => {
            let settings = session.settings()?;
            let paths = PathsDocument {
                schema_version: SCHEMA_VERSION,
                config: settings.config_file.display().to_string(),
                credentials: settings.credentials_file.display().to_string(),
                state: settings.state.display().to_string(),
            };
            if session.output.json {
                session.output.document(&paths)?;
                return Ok(0);
            }
            session.output.text(&format!(
                "config      {}\ncredentials {}\nstate       {}\n",
                paths.config, paths.credentials, paths.state
            ))?;
            Ok(0)
        }
        ConfigCommand::Check => check(session),
    }
}

fn check(session: &Session<'_>) -> Result<u8> {
    let inputs = session.inputs()?;
    let names = match &inputs.profile {
        Some(profile) => vec![profile.clone()],
        None => Settings::profiles(&inputs)?,
    };
    let mut profiles = Vec::new();
    for profile in names {
        let mut inputs = inputs.clone();
        inputs.profile = Some(profile.clone());
        let verdict = Settings::load(&inputs).and_then(|settings| {
            crate::profile::FLOWS.iter().try_for_each(|(entity, direction)| crate::profile::check(&settings, *entity, *direction))
        });
        let (message, hint) = match verdict {
            Ok(()) => (None, None),
            Err(error) => (Some(error.to_string()), error.hints().first().cloned()),
        };
        profiles.push(ProfileCheck { profile, ok: message.is_none(), message, hint });
    }
    let exit_code = if profiles.iter().all(|profile| profile.ok) { 0 } else { 6 };
    if session.output.json {
        session.output.document(&CheckDocument { schema_version: SCHEMA_VERSION, profiles })?;
        return Ok(exit_code);
    }
    for profile in &profiles {
        let word = profile.message.as_deref().unwrap_or("ok");
        session.output.line(&format!("{}: {}", profile.profile, verdict(profile.ok, word)))?;
        if let Some(hint) = &profile.hint {
            session.output.hint(hint);
        }
    }
    Ok(exit_code)
}
