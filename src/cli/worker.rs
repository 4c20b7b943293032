//! One run, from the lease to the summary, and the queue it serves meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::arguments::RunArguments;
use super::assembly::{Remotes, Session};
use super::listen::LISTENER;
use super::metrics;
use super::progress::{Listener, Pause};
use super::queue::{self, Question, Served};
use super::run::if_locked;
use super::summary::{headline, print_summary};
use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Direction, EntityKind, Entropy as _, SystemEntropy, rfc3339};
use crate::profile::{self, ProfileFlows};
use crate::state::{Lease, State};
use crate::sync::report::{self, Counts, FlowReport, Outcome, Reported, RunReport, SCHEMA_VERSION};
use crate::sync::{Engine, Event, Flows as _, Hands, Memory, Observer, Options, SourceClock, Step, Task};

/// How often the lease is tried, and the queue looked at, while waiting for either.
pub(super) const LOOK: Duration = Duration::from_millis(100);
/// How long a run that would not wait for another one waits for `listen`, which holds the lease only while it pushes.
const LISTENER_PATIENCE: Duration = Duration::from_secs(10);

/// What a command asks for.
pub(super) struct Asked {
    /// The command's name in reports.
    pub(super) verb: &'static str,
    /// The command as typed, without flags.
    pub(super) command: String,
    /// The flows and what to do about each, in order.
    pub(super) tasks: Vec<(EntityKind, Direction, Task)>,
}

/// What to do while another run holds the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfLocked {
    /// End with exit code 11.
    Fail,
    /// End with exit code 0.
    Skip,
    /// Wait, for so long at most.
    Wait(Option<Duration>),
}

/// The lease, or why there is none.
enum Turn {
    /// It is ours.
    Ours(Lease),
    /// Whoever holds it has served what was asked for.
    Served(Box<RunReport>),
    /// The run is to be skipped.
    Skip,
}

/// Waits for the lease as asked. Records that somebody names are put into the queue of the run that holds it, and taken back
/// when the lease falls free first.
async fn turn(
    session: &Session<'_>,
    path: &Path,
    asked: &Asked,
    question: Option<Question>,
    how: IfLocked,
    state: &mut State,
) -> Result<Turn> {
    let started = tokio::time::Instant::now();
    let mut ticket: Option<i64> = None;
    let mut told = false;
    loop {
        if let Some(ticket) = ticket
            && let Some(Some(outcome)) = state.answer_to(ticket)?
        {
            state.take_back(ticket)?;
            let report = serde_json::from_str(&outcome).map_err(|error| {
                Error::new(ErrorKind::Internal, "the outcome of a queued record cannot be read").caused_by(error)
            })?;
            return Ok(Turn::Served(Box::new(report)));
        }
        if let Some(lease) = Lease::take(path, &asked.command, session.now())? {
            // Between the look at the outcome and the lease it may have been served after all.
            let outcome = match ticket {
                Some(ticket) => state.answer_to(ticket)?.flatten(),
                None => None,
            };
            if let Some(ticket) = ticket {
                state.take_back(ticket)?;
            }
            return match outcome.and_then(|outcome| serde_json::from_str(&outcome).ok()) {
                Some(report) => Ok(Turn::Served(Box::new(report))),
                None => Ok(Turn::Ours(lease)),
            };
        }
        let busy = || {
            Error::new(ErrorKind::Locked, format!("another run of this profile is under way ({})", Lease::holder(path)))
                .hint("wait for it with `--if-locked wait`, or let cron pass over it with `--if-locked skip`")
        };
        match how {
            IfLocked::Skip | IfLocked::Fail if started.elapsed() < patience(path) => pause(session).await?,
            IfLocked::Skip => return Ok(Turn::Skip),
            IfLocked::Fail => return Err(busy()),
            IfLocked::Wait(limit) => {
                if limit.is_some_and(|limit| started.elapsed() >= limit) {
                    if let Some(ticket) = ticket {
                        state.take_back(ticket)?;
                    }
                    return Err(busy());
                }
                if ticket.is_none()
                    && let Some(question) = &question
                {
                    ticket = Some(question.ask(state, session.now())?);
                }
                if !told {
                    let what = if ticket.is_some() { "queued to" } else { "waiting for" };
                    session.output.note(&format!("{what} another run of this profile ({})", Lease::holder(path)));
                    told = true;
                }
                if let Err(error) = pause(session).await {
                    if let Some(ticket) = ticket {
                        state.take_back(ticket)?;
                    }
                    return Err(error);
                }
            }
        }
    }
}

/// Gives how long a run waits that shall not wait. Whoever just took the lease may not have written its name yet, so one more
/// look tells.
fn patience(path: &Path) -> Duration {
    if Lease::is_held_by(path, LISTENER) { LISTENER_PATIENCE } else { LOOK }
}

/// Waits until the next look, unless the user asks to stop.
async fn pause(session: &Session<'_>) -> Result<()> {
    tokio::select! {
        () = tokio::time::sleep(LOOK) => Ok(()),
        signal = session.stop.wait() => Err(crate::http::interrupted(signal)),
    }
}

/// Runs what is asked for.
pub(super) async fn run(session: Session<'_>, asked: Asked, arguments: RunArguments) -> Result<u8> {
    let mut settings = session.settings()?;
    let options = arguments.options(&settings, session.now())?;
    for (entity, direction, _) in &asked.tasks {
        // What the file alone can tell is told before anybody is asked.
        profile::check(&settings, *entity, *direction)?;
    }
    let directions = asked.tasks.iter().map(|(_, direction, _)| direction.name()).collect();
    let named = asked.tasks.iter().any(|(_, _, task)| *task != Task::Changes);
    let how = if_locked(arguments.if_locked.as_deref(), named)?;

    // Only an own run writes the lines of `--report`.
    let question = if arguments.report.is_none() { queue::wanted(&asked, &options) } else { None };
    // The state file's folder must be there before its lock file can be.
    let mut state = session.state(&settings)?;
    let lease = match options.dry_run {
        true => None,
        false => match turn(&session, &settings.state, &asked, question, how, &mut state).await? {
            Turn::Ours(lease) => Some(lease),
            Turn::Served(report) => return served(&session, &settings, &asked, *report),
            Turn::Skip => return locked(&session, &settings, asked.verb),
        },
    };
    let remotes = session.remotes(&mut settings, Some(&state))?;
    let run_id = SystemEntropy.token(6).to_ascii_lowercase();
    let started_at = session.now();
    let pause = Pause::read(&session.inputs()?);
    let listener = Listener::new(session.output, arguments.report.as_deref(), pause)?;
    if lease.is_some() {
        listener.on(&Event::Passed(Step::LeaseTaken));
    }
    if !options.dry_run {
        state = state.checked(started_at)?;
        state.begin_run(&run_id, &asked.command, started_at)?;
        tidy(&mut state, started_at)?;
    }
    if !session.output.quiet {
        session.output.text(&headline(&settings, &directions))?;
    }
    let dry_run = options.dry_run;
    let work = Work { session: &session, settings: &settings, remotes: &remotes, hands: Hands::default() };
    let (urgent, hands) = (remotes.urgent(), work.hands.guest());
    let guest = Work { session: &session, settings: &settings, remotes: &urgent, hands };
    let (flows, failed) = {
        let mut scratch = if dry_run { Some(state.scratch()?) } else { None };
        let worked_on: &mut State = scratch.as_mut().unwrap_or(&mut state);
        let zone = settings.netsuite.timezone.clone();
        match SourceClock::read(&remotes.netsuite, worked_on, zone, !dry_run).await {
            Err(error) => (Vec::new(), Some(error)),
            Ok(source) => {
                if let Some(words) = source.disagrees() {
                    session.output.note(&format!("{words}; the account's own clock is followed"));
                }
                let served = if dry_run { None } else { Some(Served::new(&guest, source.clone(), worked_on)?) };
                let flows = work.flows(asked.tasks, worked_on, &listener, options, &run_id, source);
                queue::beside(served, flows).await
            }
        }
    };
    listener.finish()?;
    remotes.remember(&state, session.now())?;

    let (flows, errors) = settled(flows, failed);
    let mut result = summed_up(asked.verb, &run_id, &settings, dry_run, flows, &errors, started_at, session.now());
    let mut errors = errors;
    if dry_run && arguments.detailed_exitcode && result.exit_code == 0 && totals(&result.flows).changes() > 0 {
        result.exit_code = 10;
    }
    if let Some(path) = &session.global.metrics_file
        && let Err(error) = metrics::write(path, &result, session.now())
    {
        // What was synced is synced: the run is still summed up and stored.
        result.exit_code = report::worst(&[result.exit_code, error.kind().exit_code()]);
        result.outcome = report::outcome_of(result.exit_code);
        errors.push(error);
    }
    // The error that decided comes first; a JSON reader gets that one.
    errors.sort_by_key(|error| error.kind().exit_code() != result.exit_code);
    result.error = errors.first().map(Into::into);
    if !dry_run {
        let counts = json_text(&totals(&result.flows))?;
        state.end_run(&run_id, result.outcome.word(), result.exit_code, &counts, &json_text(&result)?, session.now())?;
    }
    if session.output.json {
        session.output.document(&result)?;
    } else {
        print_summary(session.output, &result, session.now().duration_since(started_at))?;
    }
    show(&session, &errors);
    Ok(result.exit_code)
}

/// Forgets what nobody waits for any more.
pub(super) fn tidy(state: &mut State, now: Timestamp) -> Result<()> {
    let before = |hours: i64| now.checked_sub(jiff::SignedDuration::from_hours(hours)).unwrap_or(now);
    state.tidy_queue(before(24))?;
    // WizCommerce repeats a webhook for a quarter of an hour; by hand it may be sent again a little later.
    state.tidy_deliveries(before(24 * 7))
}

/// Shows what ended flows early: each cause once, whatever the number of flows it ended. A JSON reader gets the deciding one.
fn show(session: &Session<'_>, errors: &[Error]) {
    for (at, error) in errors.iter().enumerate() {
        let same = |other: &&Error| other.kind() == error.kind() && other.causes() == error.causes();
        match errors[..at].iter().find(same) {
            None if at == 0 || !session.output.json => session.output.error(error),
            None => {}
            Some(_) => session.output.note(&format!("for the same reason: {error}")),
        }
    }
}

/// What flows are run with.
pub(super) struct Work<'w> {
    pub(super) session: &'w Session<'w>,
    pub(super) settings: &'w Settings,
    pub(super) remotes: &'w Remotes,
    /// Records in hand, shared by the run and what it serves meanwhile.
    pub(super) hands: Hands,
}

impl Work<'_> {
    /// Runs tasks in order, what they bring along among them. Gives what was done, and the error that kept a flow from beginning.
    pub(super) async fn flows(
        &self,
        tasks: Vec<(EntityKind, Direction, Task)>,
        state: &mut State,
        observer: &dyn Observer,
        options: Options,
        run_id: &str,
        source: SourceClock,
    ) -> (Vec<Reported>, Option<Error>) {
        let changes = tasks.iter().filter(|(_, direction, task)| *direction == Direction::Pull && *task == Task::Changes);
        let scheduled = changes.map(|(entity, ..)| *entity).collect();
        let flows = ProfileFlows::new(self.settings);
        let mut engine = Engine {
            netsuite: &self.remotes.netsuite,
            wizcommerce: &self.remotes.wizcommerce,
            state,
            clock: Arc::clone(&self.session.clock),
            observer,
            stop: self.session.stop.clone(),
            options,
            run_id: run_id.to_owned(),
            source,
            flows: &flows,
            memory: Memory::new(scheduled, self.hands.clone()),
        };
        let mut done: Vec<Reported> = Vec::new();
        for (entity, direction, task) in tasks {
            let result = match direction {
                Direction::Pull => {
                    engine.memory.scheduled.remove(&entity);
                    flows.run(&mut engine, entity, &task).await
                }
                Direction::Push => flows.push(&mut engine, entity, &task).await,
            };
            done.extend(engine.memory.side.drain(..).map(|report| (report, None)));
            match result {
                Err(error) => return (done, Some(error)),
                Ok((report, error)) => {
                    // What concerns one entity's permissions or records leaves the others alone.
                    let goes_on = error.as_ref().is_none_or(Error::is_local);
                    done.push((report, error));
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        (done, None)
    }
}

/// Parts what flows did from the errors that ended them. Records that were brought on behalf of another flow are reported
/// with those of their own, and flows in the order in which they depend on each other.
pub(super) fn settled(mut flows: Vec<Reported>, failed: Option<Error>) -> (Vec<FlowReport>, Vec<Error>) {
    let errors = failed.into_iter().chain(flows.iter_mut().filter_map(|(_, error)| error.take())).collect();
    let mut reports: Vec<FlowReport> = Vec::new();
    for (report, _) in flows {
        match reports.iter_mut().find(|known| known.entity == report.entity && known.direction == report.direction) {
            // What a flow did by itself says how it was run; what it was asked for by others is added.
            Some(known) if report.mode == "ids" => known.absorb(report),
            Some(known) => {
                let brought = std::mem::replace(known, report);
                known.absorb(brought);
            }
            None => reports.push(report),
        }
    }
    reports.sort_by_key(place_of);
    (reports, errors)
}

/// Gives the place of a flow among all flows.
fn place_of(report: &FlowReport) -> Option<usize> {
    let entity = report.entity.parse::<EntityKind>().ok()?;
    profile::FLOWS.iter().position(|(known, direction)| *known == entity && direction.name() == report.direction)
}

pub(super) fn totals(flows: &[FlowReport]) -> Counts {
    let mut totals = Counts::default();
    for flow in flows {
        totals.add(&flow.counts);
    }
    totals
}

/// Makes the result of a run out of what its flows did.
#[expect(clippy::too_many_arguments, reason = "a report has that many parts, and all of them come from different places")]
pub(super) fn summed_up(
    verb: &str,
    run_id: &str,
    settings: &Settings,
    dry_run: bool,
    flows: Vec<FlowReport>,
    errors: &[Error],
    started_at: Timestamp,
    finished_at: Timestamp,
) -> RunReport {
    let mut codes: Vec<u8> = flows.iter().map(|flow| report::exit_code(&flow.counts, None)).collect();
    codes.extend(errors.iter().map(|error| error.kind().exit_code()));
    let exit_code = report::worst(&codes);
    RunReport {
        schema_version: SCHEMA_VERSION,
        command: verb.to_owned(),
        run_id: run_id.to_owned(),
        profile: settings.profile.clone(),
        dry_run,
        outcome: report::outcome_of(exit_code),
        exit_code,
        started_at: rfc3339(started_at),
        finished_at: rfc3339(finished_at),
        error: errors.first().map(Into::into),
        flows,
    }
}

/// Writes a result as JSON.
pub(super) fn json_text(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::Internal, "a result cannot be written as JSON").caused_by(error))
}

/// Shows what another run did on behalf of this command.
fn served(session: &Session<'_>, settings: &Settings, asked: &Asked, mut result: RunReport) -> Result<u8> {
    asked.verb.clone_into(&mut result.command);
    if let Some(path) = &session.global.metrics_file {
        metrics::write(path, &result, session.now())?;
    }
    if session.output.json {
        session.output.document(&result)?;
    } else {
        if !session.output.quiet {
            let directions = asked.tasks.iter().map(|(_, direction, _)| direction.name()).collect();
            session.output.text(&headline(settings, &directions))?;
        }
        let moment = |text: &str| text.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
        print_summary(session.output, &result, moment(&result.finished_at).duration_since(moment(&result.started_at)))?;
    }
    if let Some(error) = &result.error {
        session.output.reported(error);
    }
    Ok(result.exit_code)
}

fn locked(session: &Session<'_>, settings: &Settings, verb: &str) -> Result<u8> {
    let now = session.now();
    if session.output.json {
        let result = RunReport { outcome: Outcome::Locked, ..summed_up(verb, "", settings, false, Vec::new(), &[], now, now) };
        session.output.document(&result)?;
    } else {
        session
            .output
            .line(&format!("skipped: another run of this profile is under way ({})", Lease::holder(&settings.state)))?;
    }
    Ok(0)
}
