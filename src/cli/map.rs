//! `map`: the Internal-ID map shown, mended link by link, rebuilt and written out.

use std::collections::BTreeSet;
use std::io::Write as _;

use serde::Serialize;

use super::arguments::{Format, MapArguments, MapCommand, MapExportArguments, MapRebuildArguments};
use super::assembly::{Remotes, Session};
use super::inspect::existing_state;
use super::output::{Output, cyan, number, table, written};
use super::progress::Listener;
use super::run::parse_entity;
use super::summary::headline;
use super::worker::{Work, json_text, settled, summed_up, totals};
use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Direction, EntityKind, Entropy as _, Link, NetSuiteId, SystemEntropy, WizId};
use crate::profile::{self, FLOWS};
use crate::state::{Lease, LinkRow, State, kinds_of};
use crate::sync::report::{ErrorReport, FailureReport, FlowReport, Outcome, Reported, SCHEMA_VERSION};
use crate::sync::{Hands, ONLY_IN_NETSUITE, ONLY_IN_WIZCOMMERCE, Options, SourceClock, Task};

#[derive(Serialize)]
struct MapDocument {
    schema_version: u32,
    link: LinkEntry,
}

#[derive(Serialize)]
struct SetDocument {
    schema_version: u32,
    link: LinkEntry,
    /// Stored failures of the record that the next run tries again.
    failures_due: usize,
}

#[derive(Serialize)]
struct ForgetDocument {
    schema_version: u32,
    forgotten: Vec<LinkEntry>,
}

#[derive(Serialize)]
struct LinkEntry {
    entity: String,
    netsuite_id: String,
    wizcommerce_id: String,
    external_id: Option<String>,
    flags: Vec<String>,
}

/// A link as `map export` writes it.
#[derive(Serialize)]
struct ExportRow {
    #[serde(flatten)]
    link: LinkEntry,
    /// SKU or number in NetSuite, as far as it is known.
    key: Option<String>,
    /// The number people know it by in WizCommerce.
    number: Option<String>,
    updated_at: String,
}

#[derive(Serialize)]
struct RebuildDocument {
    schema_version: u32,
    run_id: String,
    profile: String,
    dry_run: bool,
    outcome: Outcome,
    exit_code: u8,
    error: Option<ErrorReport>,
    flows: Vec<RebuiltFlow>,
    contradictions: Vec<Contradiction>,
}

/// What a rebuild found of one flow.
#[derive(Serialize)]
struct RebuiltFlow {
    entity: String,
    direction: String,
    linked: u64,
    already_linked: u64,
    only_in_netsuite: u64,
    only_in_wizcommerce: u64,
    /// Out of scope, or not fit to be mapped.
    left_out: u64,
    contradictory: u64,
}

/// Records that cannot be linked, since they are or could be somebody else's.
#[derive(Serialize)]
struct Contradiction {
    entity: String,
    direction: String,
    key: String,
    label: String,
    reason: String,
    message: String,
    hint: String,
}

/// Columns of an export, in order.
const COLUMNS: [&str; 8] = ["entity", "netsuite_id", "wizcommerce_id", "external_id", "flags", "key", "number", "updated_at"];
/// Rows that a table shows; more belong into a file.
const TABLE_ROWS: usize = 1000;
/// Contradictions shown to a person.
const SHOWN: usize = 5;

/// Runs `map`.
pub(super) async fn map(session: Session<'_>, arguments: MapArguments) -> Result<u8> {
    match arguments.command {
        MapCommand::Show { entity, key } => show(&session, parse_entity(&entity)?, &key),
        MapCommand::Set { entity, netsuite_id, wizcommerce_id } => {
            set(session, parse_entity(&entity)?, &netsuite_id, &wizcommerce_id).await
        }
        MapCommand::Forget { entity, key } => forget(&session, parse_entity(&entity)?, &key),
        MapCommand::Rebuild(arguments) => rebuild(session, arguments).await,
        MapCommand::Export(arguments) => export(&session, &arguments),
    }
}

/// Gives the entity whose links a record of this one has: a kit is known by the link of its product.
const fn linked_as(entity: EntityKind) -> EntityKind {
    match entity {
        EntityKind::Kits => EntityKind::Products,
        other => other,
    }
}

fn find(state: &State, entity: EntityKind, key: &str) -> Result<Link> {
    state.link_by_any(linked_as(entity).name(), key)?.ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("no {} is linked as {key}", entity.singular()))
            .hint("name it by Internal ID, WizCommerce id, SKU or number, or by its external id")
            .hint("a record that was rejected is listed by `netwiz failures list`")
    })
}

fn show(session: &Session<'_>, entity: EntityKind, key: &str) -> Result<u8> {
    let link = find(&existing_state(session)?, entity, key)?;
    if session.output.json {
        session.output.document(&MapDocument { schema_version: SCHEMA_VERSION, link: entry(link) })?;
        return Ok(0);
    }
    session.output.text(&format!("{}\n", described(&link)))?;
    Ok(0)
}

fn entry(link: Link) -> LinkEntry {
    LinkEntry {
        entity: link.kind,
        netsuite_id: link.ns_id.to_string(),
        wizcommerce_id: link.wc_id.0,
        external_id: link.external_id,
        flags: link.flags,
    }
}

/// Describes a link to a person: both ids, and what else is known of it.
fn described(link: &Link) -> String {
    let noun = match link.kind.parse::<EntityKind>() {
        Ok(entity) => entity.singular(),
        Err(_) => &link.kind,
    };
    let name = link.natural_key.as_ref().map_or_else(String::new, |key| format!(" {key}"));
    let external = link.external_id.as_ref().map_or_else(String::new, |id| format!(" · external id {id}"));
    let flags = if link.flags.is_empty() { String::new() } else { format!(" · {}", link.flags.join(", ")) };
    format!("{noun}{name}: NetSuite {} ↔ WizCommerce {}{external}{flags}", cyan(&link.ns_id.to_string()), cyan(&link.wc_id.0))
}

/// Takes the lease for a change of the map.
fn lease(session: &Session<'_>, settings: &Settings, command: &str) -> Result<Lease> {
    Lease::take(&settings.state, command, session.now())?.ok_or_else(|| {
        let holder = Lease::holder(&settings.state);
        Error::new(ErrorKind::Locked, format!("another run of this profile is under way ({holder})"))
            .hint("the map is changed only while no run uses it: run the same command again when that one is done")
    })
}

async fn set(session: Session<'_>, entity: EntityKind, netsuite_id: &str, wizcommerce_id: &str) -> Result<u8> {
    let entity = linked_as(entity);
    let noun = entity.singular();
    if entity == EntityKind::Inventory {
        return Err(Error::new(ErrorKind::Usage, "stock has no link of its own: it follows its product")
            .hint("link the product with `netwiz map set product <Internal ID> <WizCommerce id>`"));
    }
    let ns_id = netsuite_id.parse().ok().filter(|id| *id > 0).map(NetSuiteId).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("`{netsuite_id}` is not an Internal ID"))
            .hint("first the Internal ID of NetSuite, a whole number, then the id of WizCommerce")
    })?;
    // It becomes part of an address.
    if wizcommerce_id.is_empty() || !wizcommerce_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(Error::new(ErrorKind::Usage, format!("`{wizcommerce_id}` is no id of WizCommerce"))
            .hint("ids are letters, digits and `-`: the long one in the address of the record's page, not its number"));
    }
    let wc_id = WizId(wizcommerce_id.to_owned());
    let mut settings = session.settings()?;
    let direction = direction_of(entity)?;
    profile::check(&settings, entity, direction)?;
    session.output.confirm(&format!("Link the {noun} {ns_id} in NetSuite with {wc_id} in WizCommerce?"))?;

    let mut state = session.state(&settings)?;
    let _lease = lease(&session, &settings, "map set")?;
    let remotes = session.remotes(&mut settings, Some(&state))?;
    let tasks = vec![(entity, direction, Task::Join(ns_id, wc_id.clone()))];
    let (flows, failed) = run(&session, &settings, &remotes, &mut state, tasks, Options::default(), "").await?;
    remotes.remember(&state, session.now())?;
    let (flows, errors) = settled(flows, failed);
    if let Some(error) = errors.into_iter().next() {
        return Err(error);
    }
    let is_new = flows.iter().any(|flow| flow.counts.adopted > 0);
    let link = state
        .link(entity.name(), ns_id)?
        .ok_or_else(|| Error::new(ErrorKind::Internal, format!("the {noun} {ns_id} is not linked after it was")))?;
    let failures_due = state.retry_now(entity.name(), ns_id, &wc_id.0, session.now())?;
    let words = described(&link);
    if session.output.json {
        let document = SetDocument { schema_version: SCHEMA_VERSION, link: entry(link), failures_due };
        session.output.document(&document)?;
        return Ok(0);
    }
    session.output.line(&format!("{}: {words}", if is_new { "linked" } else { "linked already" }))?;
    if failures_due > 0 {
        let what = if failures_due == 1 { "its stored failure is" } else { "its stored failures are" };
        session.output.line(&format!("{what} due: the next run tries it again, and forgets what succeeds"))?;
    }
    let now = match direction {
        Direction::Pull => format!("netwiz pull {noun} {ns_id}"),
        Direction::Push => format!("netwiz push {noun} {wc_id}"),
    };
    if !session.output.quiet {
        session.output.hint(&format!(
            "neither record was touched: the next run that looks at them compares both and writes what differs; now: `{now}`"
        ));
    }
    Ok(0)
}

/// Gives the direction whose flow knows how to find an entity's records on both sides.
fn direction_of(entity: EntityKind) -> Result<Direction> {
    let flow = |direction| FLOWS.contains(&(entity, direction)).then_some(direction);
    flow(Direction::Pull).or_else(|| flow(Direction::Push)).ok_or_else(|| {
        let names: Vec<&str> = FLOWS.iter().map(|(entity, _)| entity.name()).collect();
        Error::new(ErrorKind::Usage, format!("{entity} are not linked")).hint(format!("what is: {}", names.join(", ")))
    })
}

fn forget(session: &Session<'_>, entity: EntityKind, key: &str) -> Result<u8> {
    let link = find(&existing_state(session)?, entity, key)?;
    session.output.confirm(&format!("Forget this link: {}?", described(&link)))?;
    let settings = session.settings()?;
    let _lease = lease(session, &settings, "map forget")?;
    let mut state = session.state(&settings)?;
    let forgotten = state.forget(&link.kind, link.ns_id)?;
    if session.output.json {
        let forgotten = forgotten.into_iter().map(entry).collect();
        session.output.document(&ForgetDocument { schema_version: SCHEMA_VERSION, forgotten })?;
        return Ok(0);
    }
    for link in &forgotten {
        session.output.line(&format!("forgotten: {}", described(link)))?;
    }
    if !session.output.quiet {
        session.output.hint(
            "neither record was touched: the next run that looks at them finds both by reference and external id, and links \
             them again if they still refer to each other",
        );
        session.output.hint("to link it with another record, use `netwiz map set`");
    }
    Ok(0)
}

/// Runs tasks that only make links.
async fn run(
    session: &Session<'_>,
    settings: &Settings,
    remotes: &Remotes,
    state: &mut State,
    tasks: Vec<(EntityKind, Direction, Task)>,
    options: Options,
    run_id: &str,
) -> Result<(Vec<Reported>, Option<Error>)> {
    let listener = Listener::new(session.output, None, None)?;
    let source = SourceClock::read(&remotes.netsuite, state, settings.netsuite.timezone.clone(), false).await?;
    let work = Work { session, settings, remotes, hands: Hands::default() };
    let flows = work.flows(tasks, state, &listener, options, run_id, source).await;
    listener.finish()?;
    Ok(flows)
}

async fn rebuild(session: Session<'_>, arguments: MapRebuildArguments) -> Result<u8> {
    let dry_run = arguments.dry_run;
    let mut settings = session.settings()?;
    let tasks = rebuilt(&arguments.entities)?;
    for (entity, direction, _) in &tasks {
        profile::check(&settings, *entity, *direction)?;
    }
    if !dry_run {
        let what: Vec<&str> = if arguments.entities.is_empty() {
            vec!["all entities"]
        } else {
            arguments.entities.iter().map(String::as_str).collect()
        };
        session.output.confirm(&format!(
            "Link the records of {} in NetSuite and WizCommerce that refer to each other? Nothing is written to either.",
            what.join(", ")
        ))?;
    }
    // The state file's folder must be there before its lock file can be.
    let mut state = session.state(&settings)?;
    let _lease = if dry_run { None } else { Some(lease(&session, &settings, "map rebuild")?) };
    let remotes = session.remotes(&mut settings, Some(&state))?;
    let run_id = SystemEntropy.token(6).to_ascii_lowercase();
    let started_at = session.now();
    if !dry_run {
        state = state.checked(started_at)?;
        state.begin_run(&run_id, "map rebuild", started_at)?;
    }
    let directions: BTreeSet<&'static str> = tasks.iter().map(|(_, direction, _)| direction.name()).collect();
    if !session.output.quiet {
        session.output.text(&headline(&settings, &directions))?;
    }
    let was_synced = tasks.iter().try_fold(false, |was, (entity, direction, _)| {
        Ok::<_, Error>(was || state.cursor(entity.name(), direction.name())?.position.is_some())
    })?;
    let options = Options { dry_run, ..Options::default() };
    let result = if dry_run {
        let mut scratch = state.scratch()?;
        run(&session, &settings, &remotes, &mut scratch, tasks, options, &run_id).await
    } else {
        run(&session, &settings, &remotes, &mut state, tasks, options, &run_id).await
    };
    remotes.remember(&state, session.now())?;
    let (flows, failed) = match result {
        Ok((flows, failed)) => settled(flows, failed),
        Err(error) => settled(Vec::new(), Some(error)),
    };
    let mut errors = failed;
    let report = summed_up("map rebuild", &run_id, &settings, dry_run, flows, &errors, started_at, session.now());
    errors.sort_by_key(|error| error.kind().exit_code() != report.exit_code);
    if !dry_run {
        let counts = json_text(&totals(&report.flows))?;
        state.end_run(&run_id, report.outcome.word(), report.exit_code, &counts, &json_text(&report)?, session.now())?;
    }
    let error = errors.first().map(Into::into);
    let document = RebuildDocument {
        schema_version: SCHEMA_VERSION,
        run_id,
        profile: settings.profile.clone(),
        dry_run,
        outcome: report.outcome,
        exit_code: report.exit_code,
        error,
        flows: report.flows.iter().map(RebuiltFlow::of).collect(),
        contradictions: report
            .flows
            .iter()
            .flat_map(|flow| flow.failures.iter().map(|found| Contradiction::of(flow, found)))
            .collect(),
    };
    if session.output.json {
        session.output.document(&document)?;
    } else {
        print_rebuilt(session.output, &document, &report.flows, was_synced)?;
    }
    if let Some(error) = errors.first() {
        session.output.error(error);
    }
    Ok(report.exit_code)
}

/// Reads which flows are meant; none names all. Kits have the links of their products.
fn rebuilt(names: &[String]) -> Result<Vec<(EntityKind, Direction, Task)>> {
    let all = names.is_empty() || names.iter().any(|name| name == "all");
    let named = names.iter().filter(|name| *name != "all").map(|name| parse_entity(name).map(linked_as));
    let named = named.collect::<Result<Vec<_>>>()?;
    for entity in &named {
        direction_of(*entity)?;
    }
    let wanted = FLOWS.into_iter().filter(|(entity, _)| *entity != EntityKind::Kits && (all || named.contains(entity)));
    Ok(wanted.map(|(entity, direction)| (entity, direction, Task::Relink)).collect())
}

impl RebuiltFlow {
    fn of(flow: &FlowReport) -> Self {
        let skipped = |word: &str| flow.skipped_reasons.get(word).copied().unwrap_or(0);
        let (only_in_netsuite, only_in_wizcommerce) = (skipped(ONLY_IN_NETSUITE), skipped(ONLY_IN_WIZCOMMERCE));
        Self {
            entity: flow.entity.to_string(),
            direction: flow.direction.to_string(),
            linked: flow.counts.adopted,
            already_linked: flow.counts.unchanged,
            only_in_netsuite,
            only_in_wizcommerce,
            left_out: flow.counts.skipped.saturating_sub(only_in_netsuite + only_in_wizcommerce),
            contradictory: flow.counts.rejected,
        }
    }
}

impl Contradiction {
    fn of(flow: &FlowReport, found: &FailureReport) -> Self {
        Self {
            entity: flow.entity.to_string(),
            direction: flow.direction.to_string(),
            key: found.key.clone(),
            label: found.label.clone(),
            reason: found.reason.to_string(),
            message: found.message.clone(),
            hint: found.hint.clone(),
        }
    }
}

fn print_rebuilt(output: &Output, document: &RebuildDocument, flows: &[FlowReport], was_synced: bool) -> Result<()> {
    if output.quiet {
        return Ok(());
    }
    let rows = document.flows.iter().map(|flow| {
        let counts = [
            flow.linked,
            flow.already_linked,
            flow.only_in_netsuite,
            flow.only_in_wizcommerce,
            flow.left_out,
            flow.contradictory,
        ];
        [flow.entity.clone(), flow.direction.clone()].into_iter().chain(counts.map(number)).collect()
    });
    let header = [
        "entity",
        "direction",
        if document.dry_run { "to link" } else { "linked" },
        "already linked",
        "only NetSuite",
        "only WizCommerce",
        "left out",
        "contradictory",
    ];
    output.text(&table(&header, &[2, 3, 4, 5, 6, 7], rows.collect()))?;
    for note in flows.iter().flat_map(|flow| &flow.notes) {
        output.note(note);
    }
    for found in document.contradictions.iter().take(SHOWN) {
        output.text(&format!("  {} {} ({}): {} · {}\n", found.entity, found.label, found.key, found.reason, found.message))?;
        output.hint(&found.hint);
    }
    if document.contradictions.len() > SHOWN {
        output.note(&format!("{SHOWN} of the contradictions are shown; `--json` has more"));
    }
    if document.dry_run {
        return output.text("Nothing was linked, and nothing was sent.\n");
    }
    if document.flows.iter().any(|flow| flow.linked > 0) {
        let full = if was_synced { " --full" } else { "" };
        output.hint(&format!(
            "nothing was written to either side; what was linked is compared by `netwiz sync all{full}`, which writes what differs"
        ));
    }
    Ok(())
}

fn export(session: &Session<'_>, arguments: &MapExportArguments) -> Result<u8> {
    let all = arguments.entities.iter().any(|name| name == "all");
    let named = arguments.entities.iter().filter(|name| *name != "all").map(|name| parse_entity(name).map(linked_as));
    let named = named.collect::<Result<Vec<_>>>()?;
    let kinds: Vec<&str> = if all { Vec::new() } else { named.iter().flat_map(|entity| kinds_of(entity.name())).collect() };
    let state = existing_state(session)?;
    let format = match arguments.format {
        _ if session.output.json => Format::Jsonl,
        Some(format) => format,
        None if Output::on_terminal() => Format::Table,
        None => Format::Jsonl,
    };
    let mut out = session.output.raw();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut count = 0_usize;
    match format {
        Format::Jsonl => state.each_link(&kinds, |row| {
            written(serde_json::to_writer(&mut out, &export_row(row)).map_err(Into::into))?;
            written(out.write_all(b"\n"))
        })?,
        Format::Csv => {
            let mut writer = csv::WriterBuilder::new().from_writer(&mut out);
            let mut record = |fields: &[String]| match writer.write_record(fields).map_err(csv::Error::into_kind) {
                Ok(()) => Ok(()),
                Err(csv::ErrorKind::Io(error)) => written(Err(error)),
                Err(other) => Err(Error::new(ErrorKind::Internal, "a row cannot be written").caused_by(format!("{other:?}"))),
            };
            record(&COLUMNS.map(str::to_owned))?;
            state.each_link(&kinds, |row| record(&cells(export_row(row))))?;
            written(writer.flush())?;
        }
        Format::Table => {
            state.each_link(&kinds, |row| {
                count += 1;
                if rows.len() < TABLE_ROWS {
                    rows.push(cells(export_row(row)));
                }
                Ok(())
            })?;
            if rows.is_empty() {
                session.output.line("no links")?;
            } else {
                let shown = rows.len();
                session.output.text(&table(&COLUMNS, &[], rows))?;
                if count > shown {
                    session
                        .output
                        .note(&format!("{shown} of {count} links shown; use `--format csv` or `--format jsonl` for all"));
                }
            }
        }
    }
    written(out.flush())?;
    Ok(0)
}

fn export_row(row: LinkRow) -> ExportRow {
    let LinkRow { link, updated_at } = row;
    let (key, number) = (link.natural_key.clone(), link.pushed.as_ref().and_then(|pushed| pushed.number.clone()));
    ExportRow { link: entry(link), key, number, updated_at }
}

fn cells(row: ExportRow) -> Vec<String> {
    let ExportRow { link, key, number, updated_at } = row;
    vec![
        link.entity,
        link.netsuite_id,
        link.wizcommerce_id,
        link.external_id.unwrap_or_default(),
        link.flags.join(" "),
        key.unwrap_or_default(),
        number.unwrap_or_default(),
        updated_at,
    ]
}
