//! Finding: which heads a run looks at, within which bounds, and whether that is safe.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

use super::clock::OVERLAP;
use super::members::members_of;
use super::prepare::mapping_digest;
use super::{Engine, Event, Shape, Step, Tally, Task, bounds_of_names};
use crate::entities::{BLOCK, Finder, Flow, Frame, SavedSearch, Universe, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Direction, EntityKind, Flag, Link, NetSuiteId, Reason, Rejection, rfc3339};
use crate::netsuite::QueryError;
use crate::netsuite::records::{Select, Selection};
use crate::netsuite::suiteql::{IN_LIST, Template, date, id_list};
use crate::state::{Blocks, Bounds, Commit, Cursor, Due, Mode};

/// A cursor older than this is not trusted to have seen everything since.
const OLDEST: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Block ranges that one query of dependents names.
const RANGES: usize = 100;
/// Levels of heads made of heads that are followed.
const LEVELS: usize = 4;

/// What a run has to do.
pub(super) struct Work {
    /// Its fixed filter.
    pub(super) bounds: Bounds,
    /// The heads, in batches.
    pub(super) selections: Vec<Selection>,
    /// The records somebody named, when only they may be touched.
    pub(super) asked: Option<BTreeSet<i64>>,
    /// Whether the records were reached through others they are linked with.
    pub(super) lifted: bool,
    /// Records and heads that must turn up: named by somebody, or tried again. Those that do not, do not exist.
    pub(super) expected: BTreeSet<i64>,
    /// Heads of creates whose outcome is not known: what became of them is looked at, whether NetSuite still has them or not.
    pub(super) open: BTreeSet<i64>,
    /// Linked records that were deleted in NetSuite.
    pub(super) deleted: Vec<i64>,
    /// How many records the source has, where that was asked for already.
    count: Option<i64>,
    /// How many heads there are, where that is known.
    heads: Option<u64>,
}

impl Work {
    /// Tells whether there is nothing to do.
    pub(super) const fn is_empty(&self) -> bool {
        self.selections.is_empty() && self.deleted.is_empty()
    }

    /// Gives how many heads will be looked at, where that is known.
    pub(super) const fn expected(&self) -> Option<u64> {
        self.heads
    }
}

/// Checksums of one finder: as they are now, and the blocks that differ from the last finished run. Both are empty for rows
/// that the account does not have.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) now: Blocks,
    pub(super) changed: BTreeSet<i64>,
}

impl Engine<'_> {
    /// Decides what the run looks at, and stores its bounds.
    pub(super) async fn find<F: Flow>(
        &mut self,
        flow: &mut F,
        task: &Task,
        known: &Cursor,
        shape: &Shape,
        tally: &RefCell<Tally>,
    ) -> Result<Work> {
        if *task != Task::Changes {
            self.admit_members(flow).await?;
        }
        match task {
            Task::Named(wanted) => self.find_named(flow, wanted, tally).await,
            Task::Wiz(_) => {
                Err(Error::new(ErrorKind::Internal, format!("{} are not pulled by ids of WizCommerce", flow.entity())))
            }
            Task::Parents(ids) => {
                let wanted = [Wanted::Ids(ids.clone())];
                Ok(Work { lifted: self.options.linked, ..self.find_named(flow, &wanted, tally).await? })
            }
            Task::Again(heads) => {
                let heads: BTreeSet<i64> = heads.iter().filter_map(|head| head.parse().ok()).collect();
                Ok(Work { expected: heads.clone(), ..self.work(flow, bounds_of_names(self.source.now), heads, None) })
            }
            Task::Linked(parent, ids) => {
                let mut heads = self.hanging_off(flow, *parent, ids, shape).await?;
                heads.retain(|head| !self.memory.done.contains(&(flow.entity(), *head)));
                Ok(Work { lifted: true, ..self.work(flow, bounds_of_names(self.source.now), heads, None) })
            }
            Task::Relink | Task::Join(..) => {
                Err(Error::new(ErrorKind::Internal, format!("{} are linked, not pulled", flow.entity())))
            }
            Task::Changes => self.find_changes(flow, known, shape, tally).await,
        }
    }

    /// Finds the heads that hang off records of another entity.
    async fn hanging_off<F: Flow>(&self, flow: &F, parent: EntityKind, ids: &[i64], shape: &Shape) -> Result<BTreeSet<i64>> {
        let mut heads = BTreeSet::new();
        for (select, expression) in flow.hanging_off(parent).into_iter().filter(|(select, _)| shape.has(select)) {
            for some in ids.chunks(IN_LIST) {
                let select = select.clone().filter(format!("{expression} IN ({})", id_list(some)));
                let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
                heads.extend(rows.iter().filter_map(|row| row.head()).map(|head| head.0));
            }
        }
        Ok(heads)
    }

    fn work<F: Flow>(&self, flow: &F, bounds: Bounds, heads: BTreeSet<i64>, asked: Option<BTreeSet<i64>>) -> Work {
        let resume = bounds.resume;
        let heads: Vec<i64> = heads.into_iter().filter(|head| resume.is_none_or(|resume| *head > resume)).collect();
        let selections = heads.chunks(self.batch_of(flow)).map(|ids| Selection::Ids(ids.to_vec())).collect();
        let (expected, heads) = (BTreeSet::new(), Some(heads.len() as u64));
        Work {
            bounds,
            selections,
            asked,
            lifted: false,
            expected,
            open: BTreeSet::new(),
            deleted: Vec::new(),
            count: None,
            heads,
        }
    }

    /// Gives the heads of one batch: the flow's own number, or fewer when fewer are asked for.
    fn batch_of<F: Flow>(&self, flow: &F) -> usize {
        let limit = self.options.limit.filter(|_| self.memory.depth == 0);
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        limit.clamp(1, flow.batch())
    }

    async fn find_named<F: Flow>(&mut self, flow: &F, wanted: &[Wanted], tally: &RefCell<Tally>) -> Result<Work> {
        if let Some(parent) = flow.parent() {
            self.bring_named_parents(parent, wanted).await?;
        }
        let mut heads = BTreeSet::new();
        let mut asked = BTreeSet::new();
        let mut expected = BTreeSet::new();
        for wanted in &in_pieces(wanted) {
            if let Wanted::Ids(ids) = wanted {
                expected.extend(ids);
            }
            let linked = match wanted.name() {
                Some(name) => self.state.link_by_key(flow.kind(), name)?,
                None => None,
            };
            match (flow.locate(wanted), linked) {
                // Linked under that key: just that record, whoever else has the name.
                (Some(_), Some(link)) => {
                    heads.insert(link.head.0);
                    asked.insert(link.ns_id.0);
                }
                (Some(select), None) => {
                    let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
                    for row in &rows {
                        let (Some(head), Some(id)) = (row.head(), row.id("id")) else { continue };
                        if row.flag("in_scope") {
                            heads.insert(head.0);
                            asked.insert(id.0);
                        } else {
                            // Naming a record does not lift the configured filters.
                            expected.remove(&id.0);
                            self.skip(flow, id, row.text("label").unwrap_or_default(), "type", tally);
                        }
                    }
                    if let (Some(key), true) = (wanted.name(), rows.is_empty()) {
                        let message = format!("NetSuite shows no {} called {key}", flow.entity().singular());
                        self.refuse_name(flow, Rejection::new(key, key, Reason::NonexistentId, message), tally);
                    }
                }
                (None, _) => {
                    let found = self.find_linked(flow, wanted, tally)?;
                    heads.extend(&found);
                    asked.extend(&found);
                }
            }
        }
        Ok(Work { expected, ..self.work(flow, bounds_of_names(self.source.now), heads, Some(asked)) })
    }

    /// Finds named records of a flow whose heads are another entity's linked records.
    fn find_linked<F: Flow>(&mut self, flow: &F, wanted: &Wanted, tally: &RefCell<Tally>) -> Result<Vec<i64>> {
        let parent = flow.parent().unwrap_or(EntityKind::Products).name();
        let mut found = Vec::new();
        match wanted {
            Wanted::Ids(ids) => {
                for id in ids {
                    if self.state.link(parent, NetSuiteId(*id))?.is_some() {
                        found.push(*id);
                    }
                }
            }
            Wanted::Key(key) | Wanted::Number(key) => match self.state.link_by_key(parent, key)? {
                Some(link) => found.push(link.ns_id.0),
                None => {
                    let message = format!("{key} is not in WizCommerce, so it has no {}", flow.entity().singular());
                    self.refuse_name(flow, Rejection::new(key, key, Reason::ParentNotSynced, message), tally);
                }
            },
        }
        Ok(found)
    }

    /// Rejects a name that leads nowhere. Nothing is stored: a slip of the pen is no record to try again.
    fn refuse_name<F: Flow>(&mut self, flow: &F, rejection: Rejection, tally: &RefCell<Tally>) {
        if let Ok(id) = rejection.key.parse() {
            self.memory.note_refused(flow.entity(), id, rejection.clone());
        }
        tally.borrow_mut().counts.read += 1;
        self.count_rejected(flow.entity().name(), rejection, tally);
    }

    async fn find_changes<F: Flow>(
        &mut self,
        flow: &mut F,
        known: &Cursor,
        shape: &Shape,
        tally: &RefCell<Tally>,
    ) -> Result<Work> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let resumed = known.unfinished.clone().filter(|bounds| bounds.mapping == mapping_digest(flow) && !self.options.full);
        let mut bounds = match &resumed {
            Some(bounds) => bounds.clone(),
            None => {
                let (now, looked, links) = (self.source.now, known.position, self.state.newest_link()?);
                self.bounds(flow, known, &Reach { now, looked, overlap: OVERLAP, links }, tally)
            }
        };

        let finders: Vec<Finder> =
            flow.finders().into_iter().filter(|finder| finder.stamped().is_none_or(|select| shape.has(select))).collect();
        let mut checks: BTreeMap<&'static str, Checked> = BTreeMap::new();
        let mut swept = Vec::new();
        let asked = finders.iter().map(|finder| self.check(entity, finder, shape, resumed.is_some()));
        for (name, checked) in try_join_all(asked).await?.into_iter().flatten() {
            match checked {
                Some(checked) => {
                    checks.insert(name, checked);
                }
                // Without checksums everything is read, every so often.
                None if self.sweep_is_due(entity, name)? => {
                    bounds.mode = Mode::Full;
                    swept.push(name);
                }
                None => {}
            }
        }
        if let Some(checked) = checks.get(SEARCH) {
            flow.admit(members_of(&checked.now));
        }
        if resumed.is_none() {
            let pending = checks.iter().map(|(name, checked)| ((*name).to_owned(), checked.now.clone())).collect();
            self.state.start_run_of(entity, direction, &bounds, &pending)?;
            // The sweep is part of the stored bounds now, so it is made whatever happens to this run.
            for name in swept {
                self.state.set_meta(&sweep_key(entity, name), &rfc3339(self.source.now))?;
            }
        }
        self.observer.on(&Event::Passed(Step::BoundsStored));

        // A deletion is news whatever else is looked at.
        let since = bounds.low.or_else(|| known.position?.checked_sub(OVERLAP).ok());
        if bounds.mode == Mode::Full {
            let deleted = self.find_deleted(flow, since, tally).await?;
            return Ok(Work { deleted, ..self.find_all(flow, bounds, shape).await? });
        }
        let mut heads: BTreeSet<i64> =
            self.state.rejected_heads(entity, direction, Due::At(self.clock.now()))?.into_iter().collect();
        let expected = heads.clone();
        let intents = self.state.intents(entity, direction)?;
        let open: BTreeSet<i64> = intents.iter().filter_map(|key| key.split_once('/')?.0.parse().ok()).collect();
        heads.extend(&open);
        let found = finders.iter().map(|finder| self.found_by(flow, finder, known, shape, &checks, bounds.low));
        let (found, deleted, count) =
            tokio::try_join!(try_join_all(found), self.find_deleted(flow, since, tally), self.count_source(flow, shape))?;
        heads.extend(found.into_iter().flatten());
        if let Some((select, ids)) = flow.containers().filter(|(select, _)| shape.has(select)) {
            self.surround(&select, &ids, &mut heads).await?;
        }
        let universe = flow.universe();
        if let Some(kind) = universe.linked() {
            // Only linked records have anything to say; the source names many others.
            let mut linked = BTreeSet::new();
            for head in heads {
                if self.state.link(kind, NetSuiteId(head))?.is_some() {
                    linked.insert(head);
                }
            }
            heads = linked;
        }
        Ok(Work { expected, open, deleted, count, ..self.work(flow, bounds, heads, None) })
    }

    /// Reads what one finder compares with the last finished run, where it is such a finder: its name, and the comparison;
    /// none where the account refuses checksums.
    async fn check(
        &self,
        entity: &str,
        finder: &Finder,
        shape: &Shape,
        resumed: bool,
    ) -> Result<Option<(&'static str, Option<Checked>)>> {
        Ok(match finder {
            Finder::Blocks { name, select, .. } if !shape.has(select) => Some((*name, Some(Checked::default()))),
            Finder::Blocks { name, select, .. } => {
                Some((*name, self.check_blocks(entity, name, shape.fit(select.clone()), resumed).await?))
            }
            Finder::SavedSearch(search) => Some((SEARCH, Some(self.check_members(entity, search, resumed).await?))),
            Finder::Stamped { .. } | Finder::Unlinked(_) | Finder::NewlyLinked(_) => None,
        })
    }

    /// Asks one finder of an incremental run.
    async fn found_by<F: Flow>(
        &self,
        flow: &F,
        finder: &Finder,
        known: &Cursor,
        shape: &Shape,
        checks: &BTreeMap<&'static str, Checked>,
        low: Option<Timestamp>,
    ) -> Result<BTreeSet<i64>> {
        let mut heads = BTreeSet::new();
        match finder {
            Finder::Stamped { select, stamp } => heads.extend(self.stamped(select.clone(), stamp, low).await?),
            Finder::Unlinked(kind) => heads.extend(self.state.linked_without(kind, flow.kind())?),
            Finder::NewlyLinked(parent) => {
                let new = self.state.linked_since(parent.name(), known.links_seen)?;
                heads.extend(self.hanging_off(flow, *parent, &new, shape).await?);
            }
            Finder::Blocks { name, dependents, .. } => {
                if let Some(checked) = checks.get(name) {
                    heads.extend(self.heads_of_blocks(flow, &checked.changed)?);
                    if let Some((select, ids)) = dependents {
                        heads.extend(self.dependents(select.clone(), ids, &checked.changed).await?);
                    }
                }
            }
            Finder::SavedSearch(SavedSearch { heads: (select, ids), .. }) => {
                if let Some(checked) = checks.get(SEARCH) {
                    heads.extend(self.dependents(select.clone(), ids, &checked.changed).await?);
                }
            }
        }
        Ok(heads)
    }

    /// Rejects what was expected and did not turn up: records that do not exist, or whose parent did not arrive.
    pub(super) fn reject_absent<F: Flow>(&mut self, flow: &F, expected: &BTreeSet<i64>, tally: &RefCell<Tally>) -> Result<()> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let absent: Vec<i64> = expected.difference(&tally.borrow().seen).copied().collect();
        if absent.is_empty() {
            return Ok(());
        }
        let run_id = self.run_id.clone();
        let parents = match flow.parent() {
            Some(parent) => self.state.rejections(None)?.into_iter().filter(|row| row.entity == parent.name()).collect(),
            None => Vec::new(),
        };
        let mut commit = Commit { entity, direction, run: &run_id, ..Commit::default() };
        for id in absent {
            if let Some(reason) = flow.parent().and_then(|parent| self.memory.skipped(parent, id)) {
                // A child follows its parent out of scope, too.
                self.skip(flow, NetSuiteId(id), &id.to_string(), reason, tally);
                commit.cleared.push(id.to_string());
                continue;
            }
            let rejection = match parents.iter().find(|row| row.rejection.key == id.to_string()) {
                // A child follows its parent, with the parent's reason.
                Some(parent) => Rejection { head: id.to_string(), ..parent.rejection.clone() },
                None if flow.parent().is_some() => {
                    let message = format!("{id} is not in WizCommerce, so it has no {}", flow.entity().singular());
                    Rejection::new(id, id.to_string(), Reason::ParentNotSynced, message)
                }
                None => {
                    let message = format!("NetSuite shows no {} with the Internal ID {id}", flow.entity().singular());
                    Rejection::new(id, id.to_string(), Reason::NonexistentId, message)
                        .hinting("check the id, the configured item types, and what the integration's role may see")
                }
            };
            if self.state.rejection_of(entity, direction, &id.to_string())?.is_some() {
                self.reject(flow, rejection, &mut commit, tally);
            } else {
                self.refuse_name(flow, rejection, tally);
            }
        }
        self.state.commit(&commit, self.clock.now())
    }

    /// Chooses between everything and what changed, and says why.
    pub(super) fn bounds<F: Frame>(&self, flow: &F, known: &Cursor, reach: &Reach, tally: &RefCell<Tally>) -> Bounds {
        let mapping = mapping_digest(flow);
        let announce = |why: &str| {
            let whither = if flow.direction() == Direction::Push { " to NetSuite" } else { "" };
            let note = format!("{}{whither}: {why}; everything is compared", flow.entity());
            self.observer.on(&Event::Note(&note));
            tally.borrow_mut().notes.push(note);
        };
        let mut mode = Mode::Incremental;
        match known.position {
            None => mode = Mode::Full,
            Some(_) if self.options.full => mode = Mode::Full,
            Some(_) if known.mapping.as_deref() != Some(&mapping) => {
                announce("the configuration changed");
                mode = Mode::Full;
            }
            Some(_) if reach.looked.is_some_and(|at| reach.now.duration_since(at) > OLDEST) => {
                announce("the last finished run is more than 30 days old");
                mode = Mode::Full;
            }
            Some(_) => {}
        }
        let low = known.position.filter(|_| mode == Mode::Incremental).map(|position| {
            // `--since` can only widen what is read.
            let from = self.options.since.map_or(position, |since| since.min(position));
            from.checked_sub(reach.overlap).unwrap_or(from)
        });
        Bounds { mode, low, high: reach.now, mapping, resume: None, links: reach.links }
    }

    pub(super) async fn find_all<F: Flow>(&mut self, flow: &F, bounds: Bounds, shape: &Shape) -> Result<Work> {
        match flow.universe() {
            Universe::Linked(kind) => {
                let all = self.state.linked_after(kind, bounds.resume.unwrap_or(0), usize::MAX)?;
                Ok(self.work(flow, bounds, all.into_iter().collect(), None))
            }
            Universe::LinkedOf(kind, select) => {
                let named = self.netsuite.select(&shape.fit(select), &Selection::Range(None, None)).await?;
                let kept: BTreeSet<i64> = self.state.linked_after(kind, 0, usize::MAX)?.into_iter().collect();
                let heads = named.iter().filter_map(|row| row.head()).map(|head| head.0).filter(|head| kept.contains(head));
                Ok(self.work(flow, bounds, heads.collect(), None))
            }
            Universe::Source(select) => {
                let template = Template::of(&shape.fit(select));
                let everything = Selection::Range(bounds.resume, None);
                let size = self.batch_of(flow);
                let plan = self.netsuite.plan(&template, &everything, size).await?;
                let heads = (plan.boundaries().len() * size) as u64;
                // A result of less than one batch has no boundary at all.
                let selections = plan.ranges(bounds.resume);
                let heads = (heads > 0).then_some(heads);
                Ok(Work { selections, heads, ..self.work(flow, bounds, BTreeSet::new(), None) })
            }
        }
    }

    async fn stamped(&self, select: Select, stamp: &str, low: Option<Timestamp>) -> Result<Vec<i64>> {
        let select = match low {
            Some(low) => select.filter(format!("{stamp} >= {}", date(&self.source.session_text(low)))),
            None => select,
        };
        let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
        Ok(rows.iter().filter_map(|row| row.head()).map(|head| head.0).collect())
    }

    /// Reads checksums and compares them; `None` where the account refuses the query.
    async fn check_blocks(&self, entity: &str, name: &str, select: Select, resumed: bool) -> Result<Option<Checked>> {
        let before = self.state.blocks(entity, name, false)?;
        if resumed {
            // What the interrupted run began with counts: its early batches were read with those values.
            let now = self.state.blocks(entity, name, true)?;
            let changed = changed(&before, &now);
            return Ok(Some(Checked { now, changed }));
        }
        let template = Template::of(&select);
        let rows = match self.netsuite.rows(&template, &Selection::Range(None, None), select.unique).await {
            Ok(rows) => rows,
            Err(QueryError::Refused(refusal)) if refusal.missing_table().is_none() => {
                tracing::info!(name, detail = refusal.detail, "checksums are refused; reading in full every so often");
                return Ok(None);
            }
            Err(error) => return Err(error.into_error(select.name)),
        };
        let mut now = Blocks::new();
        for row in &rows {
            let Some(block) = row.head() else { continue };
            let values: Vec<&str> = row.values().iter().map(|value| value.as_deref().unwrap_or("null")).collect();
            now.insert(block.0, values.join(" "));
        }
        if now.is_empty() && !before.is_empty() {
            return Err(emptied(name));
        }
        let changed = changed(&before, &now);
        Ok(Some(Checked { now, changed }))
    }

    fn sweep_is_due(&self, entity: &str, name: &str) -> Result<bool> {
        let last: Option<Timestamp> = self.state.meta(&sweep_key(entity, name))?.and_then(|text| text.parse().ok());
        let sweep = SignedDuration::try_from(self.options.sweep).unwrap_or(SignedDuration::from_hours(6));
        Ok(last.is_none_or(|last| self.source.now.duration_since(last) >= sweep))
    }

    /// Gives the heads whose rows lie in changed blocks: linked ones, and rejected ones that may succeed now.
    fn heads_of_blocks<F: Flow>(&self, flow: &F, changed: &BTreeSet<i64>) -> Result<BTreeSet<i64>> {
        let universe = flow.universe();
        let kind = universe.linked().unwrap_or_else(|| flow.kind());
        let mut heads = BTreeSet::new();
        for &low in changed {
            let high = low + BLOCK - 1;
            // Derived records are their own heads, whatever head the record they derive from was read with.
            heads.extend(match universe.linked() {
                Some(_) => self.state.linked_between(kind, low, high)?,
                None => self.state.heads_between(kind, low, high)?,
            });
            heads.extend(self.state.rejected_between(flow.entity().name(), flow.direction().name(), low, high)?);
        }
        Ok(heads)
    }

    async fn dependents(&self, select: Select, ids: &str, changed: &BTreeSet<i64>) -> Result<BTreeSet<i64>> {
        let mut heads = BTreeSet::new();
        let blocks: Vec<i64> = changed.iter().copied().collect();
        for blocks in blocks.chunks(RANGES) {
            let ranges: Vec<String> = blocks.iter().map(|low| format!("{ids} BETWEEN {low} AND {}", low + BLOCK - 1)).collect();
            let select = select.clone().filter(ranges.join(" OR "));
            let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
            heads.extend(rows.iter().filter_map(|row| row.head()).map(|head| head.0));
        }
        Ok(heads)
    }

    /// Adds the heads around the found ones, and those around them.
    async fn surround(&self, select: &Select, ids: &str, heads: &mut BTreeSet<i64>) -> Result<()> {
        let mut new: Vec<i64> = heads.iter().copied().collect();
        for _ in 0..LEVELS {
            let mut around = BTreeSet::new();
            for some in new.chunks(IN_LIST) {
                let select = select.clone().filter(format!("{ids} IN ({})", id_list(some)));
                let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
                around.extend(rows.iter().filter_map(|row| row.head()).map(|head| head.0));
            }
            new = around.into_iter().filter(|head| heads.insert(*head)).collect();
        }
        Ok(())
    }

    /// Counts the records of the source, for a flow whose heads are there.
    async fn count_source<F: Flow>(&self, flow: &F, shape: &Shape) -> Result<Option<i64>> {
        let Universe::Source(all) = flow.universe() else { return Ok(None) };
        if self.state.count_active(flow.kind())? == 0 {
            // Nothing can have vanished.
            return Ok(None);
        }
        let sql = Template::of(&shape.fit(all)).extent(&Selection::Range(None, None));
        let page = self.netsuite.page(&sql, 1, 0).await.map_err(|error| error.into_error("the count of records"))?;
        Ok(Some(page.rows.first().and_then(|row| row.id("n")).map_or(0, |count| count.0)))
    }

    /// Stops before the first write when too much would be switched off, or the source suddenly shows nothing.
    pub(super) async fn fuse<F: Flow>(&mut self, flow: &F, work: &Work, shape: &Shape) -> Result<()> {
        let active = self.state.count_active(flow.kind())?;
        if active == 0 || work.bounds.mode == Mode::Ids {
            return Ok(());
        }
        // A role that lost a permission sees an empty table and no change in it: a cursor moved on that would lose all
        // changes until the role is mended, so this is asked in every run.
        let count = match work.count {
            Some(count) => Some(count),
            None => self.count_source(flow, shape).await?,
        };
        if count == Some(0) {
            return Err(emptied(flow.entity().name()));
        }
        if work.is_empty() {
            return Ok(());
        }
        let mut off: BTreeSet<i64> = work.deleted.iter().copied().collect();
        if let Some(Finder::Stamped { select, stamp }) = flow.switched_off() {
            off.extend(self.stamped(select, &stamp, work.bounds.low).await?);
        }
        if flow.finders().iter().any(|finder| matches!(finder, Finder::SavedSearch(_))) {
            off.extend(flow.expelled(&self.state.linked_after(flow.kind(), 0, usize::MAX)?));
        }
        let kept = |link: Link| !link.has(Flag::Deactivated) && !link.has(Flag::AdHoc);
        let mut leaving = 0;
        for id in off {
            leaving += u64::from(self.state.link(flow.kind(), NetSuiteId(id))?.is_some_and(kept));
        }
        let off = leaving;
        let allowed = self.options.max_deactivate.of(active);
        if off <= allowed {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Decision,
            format!("{off} of {active} active {} would be switched off, more than the {allowed} allowed", flow.entity()),
        )
        .hint("look at what would happen with `--dry-run`")
        .hint(format!("if that is meant, allow it with `--max-deactivate {off}`")))
    }
}

/// What the bounds of a run depend on beside its cursor.
pub(super) struct Reach {
    /// The clock that the cursor is read from.
    pub(super) now: Timestamp,
    /// When somebody looked last, by that clock.
    pub(super) looked: Option<Timestamp>,
    /// How far back a run reads again (`correctness.md` R3).
    pub(super) overlap: SignedDuration,
    /// The number of the newest link.
    pub(super) links: i64,
}

/// Cuts names into as many as one query takes.
fn in_pieces(wanted: &[Wanted]) -> Vec<Wanted> {
    let pieces = |wanted: &Wanted| match wanted {
        Wanted::Ids(ids) => ids.chunks(IN_LIST).map(|ids| Wanted::Ids(ids.to_vec())).collect(),
        named => vec![named.clone()],
    };
    wanted.iter().flat_map(pieces).collect()
}

/// Under which name the members of a saved search are kept.
pub(super) const SEARCH: &str = "saved search";

fn sweep_key(entity: &str, name: &str) -> String {
    format!("sweep {entity} {name}")
}

pub(super) fn changed(before: &Blocks, now: &Blocks) -> BTreeSet<i64> {
    let differs = |block: &&i64| before.get(block) != now.get(block);
    before.keys().chain(now.keys()).filter(differs).copied().collect()
}

fn emptied(what: &str) -> Error {
    Error::new(ErrorKind::Decision, format!("NetSuite suddenly shows no {what} at all"))
        .hint("a role that lost a permission sees empty tables: check it with `netwiz verify-credentials netsuite`")
        .hint("nothing was written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_appears_changes_or_goes_is_changed() {
        let blocks =
            |pairs: &[(i64, &str)]| pairs.iter().map(|(block, digest)| (*block, (*digest).to_owned())).collect::<Blocks>();
        let before = blocks(&[(0, "a"), (100, "b"), (200, "c")]);
        let now = blocks(&[(0, "a"), (100, "x"), (300, "d")]);
        assert_eq!(changed(&before, &now), BTreeSet::from([100, 200, 300]));
    }
}
