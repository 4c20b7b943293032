//! One batch down the line: resolve, map, plan, intend, apply, commit.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::apply::{Outcome, id_of};
use super::plan::{Found, decide};
use super::read::{self, Read};
use super::report::{FAILURES_SHOWN, PlanLine};
use super::{Engine, Event, Fate, Shape, Step, Tally};
use crate::entities::{Action, By, Desired, Flow, Frame, Known, Lookup, Mapped, Planned, Reference, Rows};
use crate::error::{Error, Result};
use crate::http::interrupted;
use crate::model::{Flag, Link, Listed, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::records::{Row, Selection};
use crate::state::{Commit, Mode};

/// Look-ups on the target side by side; the gate decides how many requests that makes.
const LOOKUPS: usize = 32;
/// A create sent longer ago than this is not executed any more: NetSuite cuts requests after a quarter of an hour.
const IN_FLIGHT: SignedDuration = SignedDuration::from_hours(1);

/// What a batch needs to know about its run.
pub(super) struct Target<'a> {
    /// Whether the target was listed at the start of this run.
    pub(super) listed: bool,
    /// The records somebody named, when only they may be touched.
    pub(super) asked: Option<&'a BTreeSet<i64>>,
    /// Whether the records were reached through others they are linked with, which lifts `start-date`.
    pub(super) lifted: bool,
    /// How much the run looks at.
    pub(super) mode: Mode,
    /// Whether writing relies on what must exist on the target.
    pub(super) prepares: bool,
    /// Whether records are only linked: nothing is written to the target.
    pub(super) only_links: bool,
}

impl Engine<'_> {
    /// Takes one batch down the line. Gives the heads that are on the target now, for what hangs off them.
    pub(super) async fn batch<F: Flow>(
        &mut self,
        flow: &F,
        shape: &Shape,
        read: Read,
        target: &Target<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<Vec<i64>> {
        let Read { selection, rows, at: read_at } = read;
        let selection = &selection;
        if flow.prerequisites().iter().any(|need| matches!(need, crate::entities::Prerequisite::Warehouses(..))) {
            // Mapping names warehouses, so they come before it; lists and attributes can wait for the first write.
            self.prepare(flow).await?;
        }

        let keys = keys_of(&rows);
        let held = self.memory.hands.hold(flow.kind(), keys, &self.stop).await.map_err(interrupted)?;
        // While this batch waited its turn another engine may have brought one of its records up to date.
        let rows = if held.is_newer_than(read_at) { read::batch(self.netsuite, flow, shape, selection).await? } else { rows };
        let mut known = self.gather(flow, &rows, target.lifted).await?;
        self.find_foreign_groups(flow, &rows, &mut known, target.listed).await?;
        let mut mapped = flow.map(&rows, &known);
        if let Some(asked) = target.asked {
            keep_asked(&mut mapped, asked);
        }
        // Reached in this run before, as a document linked with another: once is enough.
        let (done, mapped): (Vec<_>, Vec<_>) =
            mapped.into_iter().partition(|record| self.memory.done.contains(&(flow.entity(), record.key())));
        note_seen(&done, &mut tally.borrow_mut().seen);
        drop(rows);
        let heads: BTreeSet<i64> = mapped.iter().filter_map(Mapped::desired).map(|desired| desired.head.0).collect();
        let fatal = self.write(flow, mapped, selection, target, tally).await?;
        let mut tally = tally.borrow_mut();
        tally.heads += rows_in(selection, flow.batch());
        self.observer.on(&Event::Advanced { heads: tally.heads, counts: &tally.counts });
        drop(tally);
        if let Some(error) = fatal {
            return Err(error);
        }
        let mut there = Vec::new();
        let followed = self.brings_followers(flow);
        for head in heads.into_iter().filter(|_| followed) {
            if self.state.link(flow.kind(), NetSuiteId(head))?.is_some() {
                there.push(head);
            }
        }
        Ok(there)
    }

    /// The second half of the line, from what mapping said: plan, intend, apply, commit. Gives the error that ended it early.
    pub(super) async fn write<F: Flow>(
        &mut self,
        flow: &F,
        mapped: Vec<Mapped<F::Body>>,
        selection: &Selection,
        target: &Target<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<Option<Error>> {
        if target.only_links {
            return self.link_mapped(flow, mapped, target, tally).await.map(|()| None);
        }
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let run_id = self.run_id.clone();
        let mut commit = Commit { entity, direction, run: &run_id, ..Commit::default() };
        let mut to_plan: Vec<Desired<F::Body>> = Vec::new();
        if target.mode != Mode::Full {
            note_seen(&mapped, &mut tally.borrow_mut().seen);
        }
        let old = self.old_intents(flow)?;
        for record in mapped {
            tally.borrow_mut().counts.read += 1;
            match record {
                Mapped::Desired(desired) => {
                    for (reason, count) in flow.left_out(&desired.body) {
                        *tally.borrow_mut().skipped.entry(reason).or_default() += count as u64;
                    }
                    to_plan.push(*desired);
                }
                Mapped::Skipped { key, label, reason } => {
                    self.skip(flow, key, &label, reason, tally);
                    commit.cleared.push(key.to_string());
                    // It was looked for, and what was sent that long ago is not executed any more.
                    let of_it = |intent: &&String| intent.split_once('/').is_some_and(|(_, of)| of == key.to_string());
                    commit.closed.extend(old.iter().filter(of_it).cloned());
                }
                Mapped::Rejected(rejection) => self.reject(flow, rejection, &mut commit, tally),
            }
        }
        let mut planned = Vec::new();
        for (desired, found) in self.find_on_target(flow, to_plan, target.listed).await? {
            match decide(desired, found, self.source.now) {
                Ok(record) => planned.push(record),
                Err(rejection) => self.reject(flow, *rejection, &mut commit, tally),
            }
        }

        let (unchanged, writing): (Vec<_>, Vec<_>) = planned.into_iter().partition(|record| record.action == Action::Unchanged);
        for record in &unchanged {
            tally.borrow_mut().counts.unchanged += 1;
            commit.closed.push(intent_key(&record.desired));
            commit.cleared.push(record.desired.key.to_string());
            self.tell(entity, &record.desired, Fate::Unchanged);
        }
        if !writing.is_empty() && target.prepares {
            self.prepare(flow).await?;
        }

        let intents: Vec<String> = if flow.lookup().is_some() {
            writing.iter().filter(|record| record.action == Action::Create).map(|record| intent_key(&record.desired)).collect()
        } else {
            Vec::new()
        };
        if !intents.is_empty() {
            self.state.intend(entity, direction, &intents, self.clock.now())?;
            self.observer.on(&Event::Passed(Step::IntentsCommitted));
        }

        let (outcomes, mut fatal) =
            if self.options.dry_run { (pretend(writing), None) } else { self.apply(flow, writing, tally).await };
        let mut done = true;
        for (record, outcome) in outcomes {
            done &= self.settle(flow, record, outcome, &mut commit, fatal.is_some(), tally);
        }
        if fatal.is_none() {
            fatal = self.stop.error().filter(|_| !done);
        }
        // A batch that was not done to the end is found again by the next run.
        if fatal.is_none() && !self.brings_followers(flow) {
            commit.resume = place_of(selection, target.mode);
        }
        self.state.commit(&commit, self.clock.now())?;
        self.observer.on(&Event::Passed(Step::BatchCommitted));
        if self.memory.is_reached() {
            let done = commit.cleared.iter().chain(commit.rejections.iter().map(|rejection| &rejection.key));
            self.memory.done.extend(done.filter_map(|key| Some((flow.entity(), key.parse().ok()?))));
        }
        Ok(fatal)
    }

    /// Finds what mapping needs to know: links, parents that had to be brought first, and stand-ins for products.
    async fn gather<F: Flow>(&mut self, flow: &F, rows: &Rows, lifted: bool) -> Result<Known> {
        self.recover(flow, rows).await?;
        let mut known = self.resolve(flow, rows, lifted)?;
        let missing = flow.missing_parents(rows, &known);
        if !missing.is_empty() {
            self.bring_parents(&missing).await?;
            known = self.resolve(flow, rows, lifted)?;
            for (entity, ids) in missing {
                for id in ids {
                    if let Some(why) = self.why_absent(entity, id)? {
                        known.add_absent(entity, id, why);
                    }
                }
            }
        }
        let wanted = flow.stand_ins(rows, &known);
        if !wanted.is_empty() {
            self.bring_stand_ins(wanted).await?;
            let absent = known;
            known = self.resolve(flow, rows, lifted)?;
            known.take_absent(absent);
        }
        Ok(known)
    }

    /// Finds out what became of creates that were left open: a record that is there is linked, whatever its source says now;
    /// where neither side has it, nothing is open any more.
    ///
    /// Records that are looked up by a natural key are found when they are planned.
    async fn recover<F: Flow>(&mut self, flow: &F, rows: &Rows) -> Result<()> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let Some(lookup) = flow.lookup().filter(|lookup| lookup.by == By::Reference) else { return Ok(()) };
        let here = keys_of(rows);
        let mut open: Vec<(String, i64)> = Vec::new();
        for intent in self.state.intents(entity, direction)? {
            let Some(key) = intent.split_once('/').and_then(|(_, key)| key.parse().ok()) else { continue };
            if here.contains(&key) && self.state.link(flow.kind(), NetSuiteId(key))?.is_none() {
                open.push((intent, key));
            }
        }
        let present: BTreeSet<i64> = rows.all().filter_map(Row::head).map(|id| id.0).collect();
        let run_id = self.run_id.clone();
        for some in open.chunks(lookup.parameter().1) {
            let keys: Vec<String> = some.iter().map(|(_, key)| key.to_string()).collect();
            let found = self.look_up(&lookup, &keys).await?;
            let mut commit = Commit { entity, direction, run: &run_id, ..Commit::default() };
            for (intent, key) in some {
                match found.iter().find(|listed| listed.natural_key == key.to_string()) {
                    Some(listed) => commit.links.push(Link::new(flow.kind(), NetSuiteId(*key), listed.wc_id.clone())),
                    None if present.contains(key) => continue,
                    None => {}
                }
                commit.closed.push(intent.clone());
            }
            self.state.commit(&commit, self.clock.now())?;
        }
        Ok(())
    }

    fn resolve<F: Flow>(&self, flow: &F, rows: &Rows, lifted: bool) -> Result<Known> {
        let mut known = Known::default();
        if lifted {
            known.ask();
        }
        let mut seen = HashSet::new();
        for reference in flow.references(rows) {
            if !seen.insert(reference.clone()) {
                continue;
            }
            if let Some(link) = self.referred(&reference)? {
                known.add(reference, link);
            }
        }
        Ok(known)
    }

    /// Gives the link that a reference names.
    pub(super) fn referred(&self, reference: &Reference) -> Result<Option<Link>> {
        match reference {
            Reference::Id(kind, id) => self.state.link(kind, NetSuiteId(*id)),
            Reference::Key(kind, key) => self.state.link_by_key(kind, key),
            Reference::Wiz(kind, id) => self.state.link_by_wiz(kind, id),
        }
    }

    /// Finds groups on the target that have a name this batch would use and none of its records: they are somebody else's.
    async fn find_foreign_groups<F: Flow>(&self, flow: &F, rows: &Rows, known: &mut Known, target_listed: bool) -> Result<()> {
        let Some(Lookup { path, group_parameter: Some(parameter), read, .. }) = flow.lookup() else { return Ok(()) };
        let path = path.as_str();
        let groups = flow.new_groups(rows, known);
        let found: Vec<(String, Vec<String>, Vec<Listed>)> = stream::iter(groups)
            .map(|(group, members)| async move {
                let listed = if target_listed {
                    self.state.listed_in_group(flow.kind(), &group)?
                } else {
                    let (records, _) = self.wizcommerce.list_page::<Box<RawValue>>(path, &[(parameter, &group)], 1).await?;
                    let listed = records.iter().filter_map(|raw| read(raw).ok());
                    listed.filter(|record| record.group.as_ref() == Some(&group)).collect()
                };
                Ok::<_, Error>((group, members, listed))
            })
            .buffered(LOOKUPS)
            .try_collect()
            .await?;
        for (group, members, listed) in found {
            let mut ours = listed.is_empty();
            for record in listed {
                // What carries an Internal ID was brought from NetSuite, by an earlier state file or another machine.
                let numbered = record.reference_id.is_some_and(|id| id.parse::<i64>().is_ok());
                ours |= numbered
                    || members.contains(&record.natural_key)
                    || self.state.link_by_wiz(flow.kind(), &record.wc_id.0)?.is_some();
            }
            if !ours {
                known.add_foreign(group);
            }
        }
        Ok(())
    }

    /// Finds what is known of each record on the target: its link, else the listing, else a look-up now.
    pub(super) async fn find_on_target<F: Flow>(
        &self,
        flow: &F,
        desired: Vec<Desired<F::Body>>,
        target_listed: bool,
    ) -> Result<Vec<(Desired<F::Body>, Found)>> {
        let (entity, direction, kind) = (flow.entity().name(), flow.direction().name(), flow.kind());
        let lookup = flow.lookup();
        let mut found = Vec::with_capacity(desired.len());
        let mut to_look_up = Vec::new();
        for (at, record) in desired.iter().enumerate() {
            let link = self.state.link(kind, record.key)?;
            let mut listed: Vec<Listed> = Vec::new();
            if link.is_none() && lookup.is_some() {
                // An open intent may have been executed after the listing was made.
                if target_listed && !self.state.has_intent(entity, direction, &intent_key(record))? {
                    listed = self.state.listed(kind, &lookup_key(lookup.as_ref(), record))?;
                } else if record.target.is_none() || matches!(lookup, Some(Lookup { by: By::NaturalKey(_), .. })) {
                    to_look_up.push(at);
                }
            }
            // That it is off there is asked and not remembered: a person may have switched it on.
            let is_switched = matches!(lookup, Some(Lookup { by: By::NaturalKey(_), .. }));
            if record.active && is_switched && link.as_ref().is_some_and(|link| link.has(Flag::Deactivated)) {
                to_look_up.push(at);
            }
            found.push(Found { link, listed, upsert: lookup.is_none() });
        }
        if let Some(lookup) = &lookup {
            let wanted: Vec<(usize, String)> = to_look_up.into_iter().map(|at| (at, lookup.key_of(&desired[at]))).collect();
            let answers: Vec<Vec<Listed>> = stream::iter(wanted.chunks(lookup.parameter().1))
                .map(|some| {
                    let keys: Vec<String> = some.iter().map(|(_, key)| key.clone()).collect();
                    async move { self.look_up(lookup, &keys).await }
                })
                .buffered(LOOKUPS)
                .try_collect()
                .await?;
            let mut by_key: HashMap<String, Vec<Listed>> = HashMap::new();
            for listed in answers.into_iter().flatten() {
                by_key.entry(listed.natural_key.clone()).or_default().push(listed);
            }
            for (at, key) in wanted {
                found[at].listed = by_key.get(&key).cloned().unwrap_or_default();
            }
        }
        Ok(desired.into_iter().zip(found).collect())
    }

    /// Turns an outcome into what is committed and counted. Gives whether the record is done.
    fn settle<F: Flow>(
        &self,
        flow: &F,
        record: Planned<F::Body>,
        outcome: Outcome,
        commit: &mut Commit<'_>,
        failed: bool,
        tally: &RefCell<Tally>,
    ) -> bool {
        let entity = flow.entity().name();
        match outcome {
            Outcome::Written(wc_id) => {
                let word = word(&record);
                let mut counts = tally.borrow_mut();
                match word {
                    "created" => counts.counts.created += 1,
                    "adopted" => counts.counts.adopted += 1,
                    "deactivated" => counts.counts.deactivated += 1,
                    _ => counts.counts.updated += 1,
                }
                if self.options.dry_run {
                    let line = PlanLine {
                        action: verb(word).into(),
                        key: record.desired.key.to_string(),
                        label: record.desired.label.clone(),
                    };
                    counts.plan.push(line);
                }
                drop(counts);
                self.tell(entity, &record.desired, Fate::Written(word));
                commit.closed.push(intent_key(&record.desired));
                clear(flow, &record.desired, commit);
                commit.links.extend(link(flow.kind(), &record.desired, wc_id, true));
                true
            }
            Outcome::Rejected(rejection, wc_id) => {
                // An unknown outcome keeps its intent, so that the next run looks before it creates.
                if rejection.reason != Reason::RemoteUnavailable {
                    commit.closed.push(intent_key(&record.desired));
                }
                if let Some(wc_id) = wc_id {
                    let mut links = link(flow.kind(), &record.desired, wc_id, false);
                    if let Some(own) = links.last_mut() {
                        own.image = record.image_in_doubt();
                        if let Some(active) = record.was_active {
                            own.mark(Flag::Deactivated, !active);
                        }
                    }
                    commit.links.extend(links);
                }
                self.reject(flow, rejection, commit, tally);
                true
            }
            Outcome::Untouched if !failed && self.stop.requested().is_none() => {
                // Nothing had to be sent: all parts were as they should be.
                if let Some(wc_id) = id_of(&record) {
                    commit.links.extend(link(flow.kind(), &record.desired, wc_id, true));
                }
                commit.closed.push(intent_key(&record.desired));
                clear(flow, &record.desired, commit);
                tally.borrow_mut().counts.unchanged += 1;
                self.tell(entity, &record.desired, Fate::Unchanged);
                true
            }
            Outcome::Open | Outcome::Untouched => {
                // A create that was not sent needs no look. One that an earlier run sent and that was found is still not linked.
                if matches!(outcome, Outcome::Untouched) && record.action == Action::Create {
                    commit.closed.push(intent_key(&record.desired));
                }
                if failed {
                    tally.borrow_mut().counts.failed += 1;
                    self.tell(entity, &record.desired, Fate::Failed);
                }
                false
            }
        }
    }

    /// Gives the keys of creates that were sent so long ago that they are done, or never will be.
    pub(super) fn old_intents<F: Frame>(&self, flow: &F) -> Result<Vec<String>> {
        let before = self.clock.now().checked_sub(IN_FLIGHT).unwrap_or(Timestamp::UNIX_EPOCH);
        self.state.intents_before(flow.entity().name(), flow.direction().name(), before)
    }

    pub(super) fn skip<F: Flow>(&mut self, flow: &F, key: NetSuiteId, label: &str, reason: &'static str, tally: &RefCell<Tally>) {
        let entity = flow.entity().name();
        self.memory.note_skipped(flow.entity(), key.0, reason);
        let mut tally = tally.borrow_mut();
        tally.counts.skipped += 1;
        *tally.skipped.entry(reason).or_default() += 1;
        drop(tally);
        self.observer.on(&Event::Record { entity, key: &key.to_string(), label, fate: Fate::Skipped(reason) });
    }

    /// Counts a rejection and stores it with the batch.
    pub(super) fn reject<F: Frame>(&self, flow: &F, rejection: Rejection, commit: &mut Commit<'_>, tally: &RefCell<Tally>) {
        if flow.keeps_failures() {
            commit.rejections.push(rejection.clone());
        }
        self.count_rejected(flow.entity().name(), rejection, tally);
    }

    /// Counts a rejection and tells of it.
    pub(super) fn count_rejected(&self, entity: &'static str, rejection: Rejection, tally: &RefCell<Tally>) {
        self.observer.on(&Event::Record {
            entity,
            key: &rejection.key,
            label: &rejection.label,
            fate: Fate::Rejected(&rejection),
        });
        let mut tally = tally.borrow_mut();
        tally.counts.rejected += 1;
        if tally.rejections.len() < FAILURES_SHOWN {
            tally.rejections.push(rejection);
        }
    }

    fn tell<B>(&self, entity: &'static str, desired: &Desired<B>, fate: Fate<'_>) {
        self.observer.on(&Event::Record { entity, key: &desired.key.to_string(), label: &desired.label, fate });
    }
}

/// Notes that a record is no longer rejected. A stand-in says nothing about the record it stands for.
fn clear<F: Flow>(flow: &F, desired: &Desired<F::Body>, commit: &mut Commit<'_>) {
    if flow.keeps_failures() {
        commit.cleared.push(desired.key.to_string());
    }
}

/// Gives what a record is looked up by; nothing where nothing is looked up.
fn lookup_key<B>(lookup: Option<&Lookup>, desired: &Desired<B>) -> String {
    lookup.map(|lookup| lookup.key_of(desired)).unwrap_or_default()
}

/// Gives where a run stands that has done everything up to a selection.
pub(super) fn place_of(selection: &Selection, mode: Mode) -> Option<i64> {
    match selection {
        _ if mode == Mode::Ids => None,
        Selection::Range(_, high) => *high,
        Selection::Ids(ids) => ids.last().copied(),
    }
}

/// Gives the ids of all heads and records in the rows: what is in hand while the batch is worked on.
fn keys_of(rows: &Rows) -> BTreeSet<i64> {
    rows.all().flat_map(|row| [row.head(), row.id("id")]).flatten().map(|id| id.0).chain(rows.heads().iter().copied()).collect()
}

/// Notes records and their heads as present.
fn note_seen<B>(mapped: &[Mapped<B>], seen: &mut BTreeSet<i64>) {
    for record in mapped {
        match record {
            Mapped::Desired(desired) => seen.extend([desired.key.0, desired.head.0]),
            Mapped::Skipped { key, .. } => seen.extend([key.0]),
            Mapped::Rejected(rejection) => {
                seen.extend([&rejection.key, &rejection.head].iter().filter_map(|id| id.parse::<i64>().ok()));
            }
        }
    }
}

/// Leaves only the records that somebody named; a named head stands for all its records.
fn keep_asked<B>(mapped: &mut Vec<Mapped<B>>, asked: &BTreeSet<i64>) {
    let wanted = |key: i64, head: i64| asked.contains(&key) || asked.contains(&head);
    mapped.retain(|record| match record {
        Mapped::Desired(desired) => wanted(desired.key.0, desired.head.0),
        Mapped::Skipped { key, .. } => asked.contains(&key.0),
        Mapped::Rejected(rejection) => {
            wanted(rejection.key.parse().unwrap_or_default(), rejection.head.parse().unwrap_or_default())
        }
    });
}

/// The key of an intent: the head, by which an interrupted create is found again, and the record.
fn intent_key<B>(desired: &Desired<B>) -> String {
    format!("{}/{}", desired.head, desired.key)
}

/// What a dry run says of every write: it would have worked.
fn pretend<B>(planned: Vec<Planned<B>>) -> Vec<(Planned<B>, Outcome)> {
    planned
        .into_iter()
        .map(|record| {
            let wc_id = match &record.action {
                Action::Adopt(wc_id) | Action::Update(wc_id) => wc_id.clone(),
                _ => record.desired.target.clone().unwrap_or_else(|| WizId(format!("planned {}", record.desired.key))),
            };
            (record, Outcome::Written(wc_id))
        })
        .collect()
}

/// Names what was done, as it is counted.
fn word<B>(record: &Planned<B>) -> &'static str {
    match &record.action {
        Action::Create => "created",
        Action::Adopt(_) => "adopted",
        Action::Update(_) if record.was_active == Some(true) && !record.desired.active => "deactivated",
        Action::Update(_) | Action::Unchanged => "updated",
    }
}

fn verb(word: &str) -> &'static str {
    match word {
        "created" => "create",
        "adopted" => "adopt",
        "deactivated" => "deactivate",
        _ => "update",
    }
}

/// Makes the links of a record: its containers', then its own.
fn link<B>(kind: &str, desired: &Desired<B>, wc_id: WizId, written: bool) -> Vec<Link> {
    let mut own = Link::new(kind, desired.key, wc_id);
    own.head = desired.head;
    own.natural_key = Some(desired.natural_key.clone());
    own.external_id.clone_from(&desired.external_id);
    own.fingerprint = written.then(|| desired.fingerprint());
    own.image = if written { desired.image() } else { None };
    own.mark(Flag::Deactivated, !desired.active);
    // A mark says what was written: until then it would hide that it was not.
    for flag in desired.flags.iter().filter(|_| written) {
        own.mark(*flag, true);
    }
    desired.containers.iter().cloned().chain([own]).collect()
}

fn rows_in(selection: &Selection, batch: usize) -> u64 {
    match selection {
        Selection::Ids(ids) => ids.len() as u64,
        Selection::Range(..) => batch as u64,
    }
}
