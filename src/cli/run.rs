//! `sync`, `pull` and `failures retry`: one run, from the lease to the summary.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::arguments::{PullArguments, RunArguments, SyncArguments};
use super::assembly::Session;
use super::metrics;
use super::progress::Listener;
use super::summary::{headline, print_summary};
use crate::config::Settings;
use crate::entities::Wanted;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{EntityKind, Entropy as _, SystemEntropy, rfc3339};
use crate::profile::{self, FLOWS};
use crate::state::{Lease, State};
use crate::sync::report::{self, Counts, FlowReport, Outcome, RunReport, SCHEMA_VERSION};
use crate::sync::{Engine, Event, Observer as _, Options, Share, SourceClock, Step, Task};

/// How long somebody who names records waits for a running sync when nothing else is asked.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs `sync`.
pub(super) async fn sync(session: Session<'_>, arguments: SyncArguments) -> Result<u8> {
    let mut entities = Vec::new();
    for name in &arguments.entities {
        if name == "all" {
            entities.extend(FLOWS.map(|(entity, _)| entity));
        } else {
            entities.push(parse_entity(name)?);
        }
    }
    // Dependency order, whatever the order of typing.
    entities.sort_unstable();
    entities.dedup();
    let tasks = entities.into_iter().map(|entity| (entity, Task::Changes)).collect();
    let command = format!("sync {}", arguments.entities.join(" "));
    run(session, "sync", &command, tasks, arguments.run).await
}

/// Runs `pull`.
pub(super) async fn pull(session: Session<'_>, arguments: PullArguments) -> Result<u8> {
    if arguments.entity == "all" {
        return Err(Error::new(ErrorKind::Usage, "`pull` takes one entity at a time")
            .hint("bring all of them up to date with `netwiz sync all`"));
    }
    let entity = parse_entity(&arguments.entity)?;
    let mut wanted = Vec::new();
    if !arguments.ids.is_empty() {
        let mut ids = Vec::new();
        for text in &arguments.ids {
            ids.push(text.parse().ok().filter(|id| *id > 0).ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("`{text}` is not an Internal ID"))
                    .hint("Internal IDs are whole numbers; name a product by its SKU with `--sku`")
            })?);
        }
        wanted.push(Wanted::Ids(ids));
    }
    wanted.extend(arguments.sku.iter().cloned().map(Wanted::Key));
    let task = if wanted.is_empty() { Task::Changes } else { Task::Named(wanted) };
    let command = format!("pull {entity}");
    run(session, "pull", &command, vec![(entity, task)], arguments.run).await
}

/// Runs `failures retry`: the heads of stored failures, by entity.
pub(super) async fn retry(session: Session<'_>, heads: BTreeMap<EntityKind, Vec<i64>>) -> Result<u8> {
    let tasks = heads.into_iter().map(|(entity, heads)| (entity, Task::Again(heads))).collect();
    run(session, "failures retry", "failures retry", tasks, RunArguments::plain()).await
}

pub(super) fn parse_entity(name: &str) -> Result<EntityKind> {
    name.parse().map_err(|words: String| Error::new(ErrorKind::Usage, words))
}

impl RunArguments {
    /// The arguments of a run that was asked for without flags.
    fn plain() -> Self {
        Self {
            dry_run: false,
            since: None,
            full: false,
            limit: None,
            max_failures: None,
            max_deactivate: "5%".into(),
            if_locked: None,
            report: None,
            detailed_exitcode: false,
        }
    }

    fn options(&self, settings: &Settings, now: Timestamp) -> Result<Options> {
        Ok(Options {
            full: self.full,
            since: self.since.as_deref().map(|text| since(text, now, &settings.netsuite.timezone)).transpose()?,
            limit: self.limit,
            max_failures: self.max_failures,
            max_deactivate: share(&self.max_deactivate)?,
            dry_run: self.dry_run,
            sweep: settings.products.price_sweep,
        })
    }
}

/// Reads `--since`: a moment, a date (midnight in the profile's zone), or how long ago.
fn since(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp> {
    let local = |moment: DateTime| zone.to_timestamp(moment).ok();
    let moment = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<Date>().ok().and_then(|date| local(date.at(0, 0, 0, 0))))
        .or_else(|| text.parse::<DateTime>().ok().and_then(local))
        .or_else(|| duration(text).and_then(|ago| now.checked_sub(ago).ok()));
    moment.filter(|moment| *moment <= now).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("`--since {text}` is no past time"))
            .hint("write a time like `2026-03-01T10:00:00Z`, a date like `2026-03-01`, or how long ago like `2h` or `3d`")
    })
}

fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()
}

/// Reads `--max-deactivate`.
fn share(text: &str) -> Result<Share> {
    let read = match text.strip_suffix('%') {
        Some(percent) => percent.parse().ok().filter(|percent| *percent <= 100).map(Share::Percent),
        None => text.parse().ok().map(Share::Count),
    };
    read.ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("`--max-deactivate {text}` is neither a number nor a percentage"))
            .hint("write a number of records like `20`, or a share like `5%`")
    })
}

/// What to do while another run holds the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IfLocked {
    Fail,
    Skip,
    Wait(Option<Duration>),
}

fn if_locked(text: Option<&str>, named: bool) -> Result<IfLocked> {
    match text {
        // A person who names a record is on a call; cron is not.
        None if named => Ok(IfLocked::Wait(Some(PATIENCE))),
        None | Some("fail") => Ok(IfLocked::Fail),
        Some("skip") => Ok(IfLocked::Skip),
        Some("wait") => Ok(IfLocked::Wait(None)),
        Some(other) => other
            .strip_prefix("wait=")
            .and_then(duration)
            .and_then(|wait| Duration::try_from(wait).ok())
            .map(|wait| IfLocked::Wait(Some(wait)))
            .ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("`--if-locked {other}` is not known"))
                    .hint("there are `fail`, `skip`, `wait` and `wait=DURATION`, e.g. `wait=5m`")
            }),
    }
}

/// Takes the lease as asked; `None` when the run is to be skipped.
async fn lease(session: &Session<'_>, path: &Path, command: &str, how: IfLocked) -> Result<Option<Lease>> {
    let started = tokio::time::Instant::now();
    let mut told = false;
    loop {
        if let Some(lease) = Lease::take(path, command, session.now())? {
            return Ok(Some(lease));
        }
        let busy = || {
            Error::new(ErrorKind::Locked, format!("another run of this profile is under way ({})", Lease::holder(path)))
                .hint("wait for it with `--if-locked wait`, or let cron pass over it with `--if-locked skip`")
        };
        match how {
            IfLocked::Skip => return Ok(None),
            IfLocked::Fail => return Err(busy()),
            IfLocked::Wait(limit) => {
                if limit.is_some_and(|limit| started.elapsed() >= limit) {
                    return Err(busy());
                }
                if !told {
                    session.output.note(&format!("waiting for another run of this profile ({})", Lease::holder(path)));
                    told = true;
                }
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(200)) => {}
                    signal = session.stop.wait() => return Err(crate::http::interrupted(signal)),
                }
            }
        }
    }
}

async fn run(
    session: Session<'_>,
    verb: &str,
    command: &str,
    tasks: Vec<(EntityKind, Task)>,
    arguments: RunArguments,
) -> Result<u8> {
    let mut settings = session.settings()?;
    let options = arguments.options(&settings, session.now())?;
    for (entity, _) in &tasks {
        if !FLOWS.iter().any(|(known, _)| known == entity) {
            return Err(Error::new(ErrorKind::Usage, format!("{entity} cannot be synced in this version"))
                .hint(format!("what can be synced: {}", FLOWS.map(|(entity, _)| entity.name()).join(", "))));
        }
    }
    if tasks.iter().any(|(entity, _)| *entity == EntityKind::Products) {
        // What the file alone can tell is told before anybody is asked.
        profile::products(&settings)?;
    }
    let named = tasks.iter().any(|(_, task)| *task != Task::Changes);
    let how = if_locked(arguments.if_locked.as_deref(), named)?;

    // The state file's folder must be there before its lock file can be.
    drop(session.state(&settings)?);
    let lease = if options.dry_run { None } else { lease(&session, &settings.state, command, how).await? };
    if lease.is_none() && !options.dry_run {
        return locked(&session, &settings, verb);
    }
    let mut state = session.state(&settings)?;
    let remotes = session.remotes(&mut settings, Some(&state))?;
    let run_id = SystemEntropy.token(6).to_ascii_lowercase();
    let started_at = session.now();
    let pause = session.inputs()?.environment.get("NETWIZ_PAUSE_AT").cloned();
    let listener = Listener::new(session.output, arguments.report.as_deref(), pause.as_deref())?;
    if lease.is_some() {
        listener.on(&Event::Passed(Step::LeaseTaken));
    }
    if !options.dry_run {
        state.begin_run(&run_id, command, started_at)?;
    }
    if !session.output.quiet {
        session.output.text(&headline(&settings))?;
    }

    let mut flows: Vec<(FlowReport, Option<Error>)> = Vec::new();
    let mut failed: Option<Error> = None;
    let dry_run = options.dry_run;
    {
        let mut scratch = if dry_run { Some(state.scratch()?) } else { None };
        let worked_on: &mut State = scratch.as_mut().unwrap_or(&mut state);
        let zone = settings.netsuite.timezone.clone();
        match SourceClock::read(&remotes.netsuite, worked_on, zone, !dry_run).await {
            Err(error) => failed = Some(error),
            Ok(source) => {
                if let Some(words) = source.disagrees() {
                    session.output.note(&format!("{words}; the account's own clock is followed"));
                }
                let mut engine = Engine {
                    netsuite: &remotes.netsuite,
                    wizcommerce: &remotes.wizcommerce,
                    state: worked_on,
                    clock: Arc::clone(&session.clock),
                    observer: &listener,
                    stop: session.stop.clone(),
                    options,
                    run_id: run_id.clone(),
                    source,
                };
                for (entity, task) in tasks {
                    match run_one(&mut engine, &settings, entity, &task, &mut flows).await {
                        Ok(true) => {}
                        Ok(false) => break,
                        Err(error) => {
                            failed = Some(error);
                            break;
                        }
                    }
                }
            }
        }
    }
    listener.finish()?;
    remotes.remember(&state, session.now())?;

    let mut errors: Vec<Error> = failed.into_iter().chain(flows.iter_mut().filter_map(|(_, error)| error.take())).collect();
    let flows: Vec<FlowReport> = flows.into_iter().map(|(report, _)| report).collect();
    let mut codes: Vec<u8> = flows.iter().map(|flow| report::exit_code(&flow.counts, None)).collect();
    codes.extend(errors.iter().map(|error| error.kind().exit_code()));
    let mut exit_code = report::worst(&codes);
    let mut totals = Counts::default();
    for flow in &flows {
        totals.add(&flow.counts);
    }
    if dry_run && arguments.detailed_exitcode && exit_code == 0 && totals.changes() > 0 {
        exit_code = 10;
    }
    let finished_at = session.now();
    let mut result = RunReport {
        schema_version: SCHEMA_VERSION,
        command: verb.to_owned(),
        run_id: run_id.clone(),
        profile: settings.profile.clone(),
        dry_run,
        outcome: report::outcome_of(exit_code),
        exit_code,
        started_at: rfc3339(started_at),
        finished_at: rfc3339(finished_at),
        error: None,
        flows,
    };
    if let Some(path) = &session.global.metrics_file
        && let Err(error) = metrics::write(path, &result, finished_at)
    {
        // What was synced is synced: the run is still summed up and stored.
        result.exit_code = report::worst(&[result.exit_code, error.kind().exit_code()]);
        result.outcome = report::outcome_of(result.exit_code);
        errors.push(error);
    }
    let exit_code = result.exit_code;
    // The error that decided comes first; a JSON reader gets that one.
    errors.sort_by_key(|error| error.kind().exit_code() != exit_code);
    result.error = errors.first().map(Into::into);
    if !dry_run {
        state.end_run(&run_id, result.outcome.word(), exit_code, &json_text(&totals)?, &json_text(&result)?, finished_at)?;
    }
    if session.output.json {
        session.output.document(&result)?;
    } else {
        print_summary(session.output, &result, finished_at.duration_since(started_at))?;
    }
    let shown = if session.output.json { 1 } else { errors.len() };
    for error in errors.iter().take(shown) {
        session.output.error(error);
    }
    Ok(exit_code)
}

fn json_text(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::Internal, "a result cannot be written as JSON").caused_by(error))
}

/// Runs one task, its missing parents first. Gives whether the next entity should be tried.
async fn run_one(
    engine: &mut Engine<'_>,
    settings: &Settings,
    entity: EntityKind,
    task: &Task,
    flows: &mut Vec<(FlowReport, Option<Error>)>,
) -> Result<bool> {
    if let Some((parent, task)) = profile::missing_parents(engine, settings, entity, task)? {
        let result = profile::run(engine, settings, parent, &task).await?;
        let goes_on = result.1.is_none();
        flows.push(result);
        if !goes_on {
            return Ok(false);
        }
    }
    let result = profile::run(engine, settings, entity, task).await?;
    // What concerns one entity's permissions or records leaves the others alone.
    let goes_on = match &result.1 {
        None => true,
        Some(error) => {
            matches!(error.kind(), ErrorKind::Permission | ErrorKind::Refused | ErrorKind::Decision | ErrorKind::Config)
        }
    };
    flows.push(result);
    Ok(goes_on)
}

fn locked(session: &Session<'_>, settings: &Settings, verb: &str) -> Result<u8> {
    let now = rfc3339(session.now());
    if session.output.json {
        let result = RunReport {
            schema_version: SCHEMA_VERSION,
            command: verb.to_owned(),
            run_id: String::new(),
            profile: settings.profile.clone(),
            dry_run: false,
            outcome: Outcome::Locked,
            exit_code: 0,
            started_at: now.clone(),
            finished_at: now,
            error: None,
            flows: Vec::new(),
        };
        session.output.document(&result)?;
    } else {
        session
            .output
            .line(&format!("skipped: another run of this profile is under way ({})", Lease::holder(&settings.state)))?;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_takes_moments_dates_and_durations() {
        let now: Timestamp = "2026-03-02T18:00:00Z".parse().unwrap();
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let read = |text: &str| since(text, now, &zone).map(rfc3339).ok();
        assert_eq!(read("2026-03-01T10:00:00Z").as_deref(), Some("2026-03-01T10:00:00Z"));
        assert_eq!(read("2026-03-01").as_deref(), Some("2026-03-01T08:00:00Z"));
        assert_eq!(read("2h").as_deref(), Some("2026-03-02T16:00:00Z"));
        assert_eq!(read("3d").as_deref(), Some("2026-02-27T18:00:00Z"));
        assert_eq!(read("tomorrow"), None);
        assert_eq!(read("2027-01-01"), None);
    }

    #[test]
    fn the_fuse_takes_numbers_and_percentages() {
        assert_eq!(share("5%").unwrap(), Share::Percent(5));
        assert_eq!(share("20").unwrap(), Share::Count(20));
        assert!(share("-1").is_err() && share("101%").is_err() && share("many").is_err());
        assert_eq!((Share::Percent(5).of(1000), Share::Percent(5).of(3), Share::Count(0).of(9)), (50, 1, 0));
    }

    #[test]
    fn waiting_can_be_bounded() {
        assert_eq!(if_locked(None, false).unwrap(), IfLocked::Fail);
        assert_eq!(if_locked(None, true).unwrap(), IfLocked::Wait(Some(PATIENCE)));
        assert_eq!(if_locked(Some("wait=5m"), false).unwrap(), IfLocked::Wait(Some(Duration::from_secs(300))));
        assert!(if_locked(Some("maybe"), false).is_err());
    }
}
