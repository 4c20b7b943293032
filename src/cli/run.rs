//! `sync`, `pull` and `failures retry`: what is asked for, read out of the arguments.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::arguments::{PullArguments, PushArguments, RunArguments, SyncArguments};
use super::assembly::Session;
use super::worker::{Asked, IfLocked, run};
use crate::config::{Environment, Settings};
use crate::entities::Wanted;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Direction, EntityKind, WizId};
use crate::profile::FLOWS;
use crate::sync::{Options, Share, Task};

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
    // Dependency order, whatever the order of typing, and every direction an entity has.
    let wanted = FLOWS.into_iter().filter(|(entity, _)| entities.contains(entity));
    let tasks = wanted.map(|(entity, direction)| (entity, direction, Task::Changes)).collect();
    let command = format!("sync {}", arguments.entities.join(" "));
    run(session, Asked { verb: "sync", command, tasks }, arguments.run).await
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
                    .hint("Internal IDs are whole numbers; name a product by its SKU with `--sku`, a document by its number with `--number`")
            })?);
        }
        wanted.push(Wanted::Ids(ids));
    }
    let has_skus = matches!(entity, EntityKind::Products | EntityKind::Kits | EntityKind::Inventory);
    if !has_skus && !arguments.sku.is_empty() {
        return Err(Error::new(ErrorKind::Usage, format!("{entity} have no SKU"))
            .hint("name a document by its number with `--number`, or by its Internal ID"));
    }
    if has_skus && !arguments.number.is_empty() {
        return Err(Error::new(ErrorKind::Usage, format!("{entity} have no document number"))
            .hint("name a product by its SKU with `--sku`, or by its Internal ID"));
    }
    wanted.extend(arguments.sku.iter().cloned().map(Wanted::Key));
    wanted.extend(arguments.number.iter().cloned().map(Wanted::Number));
    let task = if wanted.is_empty() { Task::Changes } else { Task::Named(wanted) };
    let command = format!("pull {entity}");
    run(session, Asked { verb: "pull", command, tasks: vec![(entity, Direction::Pull, task)] }, arguments.run).await
}

/// Runs `push`.
pub(super) async fn push(session: Session<'_>, arguments: PushArguments) -> Result<u8> {
    if arguments.entity == "all" {
        return Err(Error::new(ErrorKind::Usage, "`push` takes one entity at a time")
            .hint("bring all of them up to date with `netwiz sync all`"));
    }
    let entity = parse_entity(&arguments.entity)?;
    let mut ids = Vec::new();
    for text in &arguments.ids {
        // An id becomes part of an address and of an external id.
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            return Err(Error::new(ErrorKind::Usage, format!("`{text}` is no id of WizCommerce"))
                .hint("ids are letters, digits and `-`; name a document by the number people know with `--number`"));
        }
        ids.push(WizId(text.clone()));
    }
    let numbers: Vec<Wanted> = arguments.number.iter().cloned().map(Wanted::Number).collect();
    let mut tasks = Vec::new();
    if !ids.is_empty() {
        tasks.push((entity, Direction::Push, Task::Wiz(ids)));
    }
    if !numbers.is_empty() {
        tasks.push((entity, Direction::Push, Task::Named(numbers)));
    }
    if tasks.is_empty() {
        tasks.push((entity, Direction::Push, Task::Changes));
    }
    let command = format!("push {entity}");
    run(session, Asked { verb: "push", command, tasks }, arguments.run).await
}

/// Runs `failures retry`: the heads of stored failures, by flow.
pub(super) async fn retry(session: Session<'_>, heads: BTreeMap<(EntityKind, Direction), Vec<String>>) -> Result<u8> {
    let heads_of = |flow: &(EntityKind, Direction)| heads.get(flow).map(|heads| (flow.0, flow.1, Task::Again(heads.clone())));
    let tasks = FLOWS.iter().filter_map(heads_of).collect();
    run(session, Asked { verb: "failures retry", command: "failures retry".into(), tasks }, RunArguments::plain()).await
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
            linked: false,
        }
    }

    /// Reads what a run is asked for.
    pub(super) fn options(&self, settings: &Settings, now: Timestamp) -> Result<Options> {
        Ok(Options {
            full: self.full,
            since: self.since.as_deref().map(|text| since(text, now, &settings.netsuite.timezone)).transpose()?,
            limit: self.limit,
            max_failures: self.max_failures,
            max_deactivate: share(&self.max_deactivate)?,
            dry_run: self.dry_run,
            first_push: first_push(settings),
            sweep: settings.products.price_sweep,
            linked: self.linked || settings.orders.linked,
        })
    }
}

/// How many documents a first push may create where nobody said from which date on they go to NetSuite.
const FIRST_PUSH: u64 = 25;

pub(super) fn first_push(settings: &Settings) -> Option<u64> {
    let is_guarded = settings.environment == Environment::Production && settings.orders.start_date.is_none();
    is_guarded.then_some(FIRST_PUSH)
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

/// Reads `--if-locked`.
pub(super) fn if_locked(text: Option<&str>, named: bool) -> Result<IfLocked> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rfc3339;

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
