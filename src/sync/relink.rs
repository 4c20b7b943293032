//! Links without writes: the map is rebuilt from what both systems say of each other, or mended by hand.
//!
//! Nothing is sent to either side but questions. A link made here has no fingerprint and no image, so the next run that looks
//! at the record compares both sides and writes what differs (`correctness.md`, "Lost state").
//!
//! Records that carry our reference are linked by it, whatever state or date keeps them out of scope by now. Products, which
//! are known by their SKU, go down the flow's own line up to the plan, so that a rebuilt map is the one that a first run makes.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use futures_util::StreamExt as _;
use serde_json::value::RawValue;

use super::batch::Target;
use super::plan::decide;
use super::report::PlanLine;
use super::{Engine, Event, Fate, Shape, Tally, bounds_of_names, read};
use crate::entities::inventory::WAREHOUSES;
use crate::entities::products::GROUPS;
use crate::entities::{Action, By, Flow, Lookup, Mapped, Prerequisite, Wanted, is_another};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Flag, Link, Listed, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::records::Selection;
use crate::netsuite::suiteql::IN_LIST;
use crate::state::{Bounds, Commit, Mode};
use crate::wizcommerce::OLDEST_FIRST;
use crate::wizcommerce::records::{Members, Warehouse};

/// Why a record is not linked: NetSuite has nothing that it could be.
pub const ONLY_IN_WIZCOMMERCE: &str = "only_in_wizcommerce";
/// Why a record is not linked: WizCommerce has nothing that it could be.
pub const ONLY_IN_NETSUITE: &str = "only_in_netsuite";
/// References looked at together.
const SOME: usize = 500;

/// What the map says of a pair of records.
pub(super) enum Standing {
    /// Neither is linked.
    Free,
    /// They are linked with each other.
    Known,
    /// One of them is linked with another record, in words, and by which Internal ID that link is named.
    Against(String, NetSuiteId),
}

/// A record that NetSuite has.
struct Located {
    head: NetSuiteId,
    label: Option<String>,
    /// Whether it is of the right kind.
    fits: bool,
}

impl Engine<'_> {
    /// Links the records of a flow that refer to each other and writes nothing else anywhere.
    pub(super) async fn relink<F: Flow>(&mut self, flow: &mut F, tally: &RefCell<Tally>) -> Result<()> {
        self.observer.on(&Event::Started { entity: flow.entity().name(), mode: Mode::Ids.word() });
        self.observer.on(&Event::Expecting(None));
        if flow.universe().linked().is_some() {
            // Its records are another flow's: what they are linked as is that one's work.
            return self.relink_warehouses(flow, tally).await;
        }
        match flow.lookup() {
            Some(lookup) if lookup.by == By::Reference => self.relink_by_reference(flow, &lookup, tally).await,
            Some(lookup) => self.relink_by_mapping(flow, &lookup, tally).await,
            None => Ok(()),
        }
    }

    /// Links the records that carry an Internal ID as their reference.
    async fn relink_by_reference<F: Flow>(&mut self, flow: &F, lookup: &Lookup, tally: &RefCell<Tally>) -> Result<()> {
        // A name of its own: an unfinished run may rely on the flow's own listing.
        let listing = format!("rebuild {}", flow.kind());
        self.state.forget_listing(&listing)?;
        self.list_into(lookup, &listing).await?;
        let mut after = String::new();
        loop {
            let listed = self.state.listed_after(&listing, &after, SOME)?;
            let Some(last) = listed.last() else { break };
            after.clone_from(&last.natural_key);
            self.link_listed(flow, &listed, tally).await?;
            if let Some(error) = self.stop.error() {
                return Err(error);
            }
        }
        self.state.forget_listing(&listing)
    }

    async fn link_listed<F: Flow>(&mut self, flow: &F, listed: &[Listed], tally: &RefCell<Tally>) -> Result<()> {
        let (entity, direction, kind) = (flow.entity().name(), flow.direction().name(), flow.kind());
        // What was made in WizCommerce and carries no Internal ID is linked by its external id, from the other direction.
        let id_of = |record: &Listed| record.natural_key.parse::<i64>().ok().filter(|id| *id > 0);
        let ids: BTreeSet<i64> = listed.iter().filter_map(id_of).collect();
        let there = self.located(flow, &ids.into_iter().collect::<Vec<_>>()).await?;
        let mut commit = Commit { entity, direction, ..Commit::default() };
        for same in listed.chunk_by(|one, other| one.natural_key == other.natural_key) {
            let Some((first, id)) = same.first().and_then(|first| Some((first, id_of(first)?))) else { continue };
            tally.borrow_mut().counts.read += 1;
            let found = there.get(&id).filter(|located| located.fits);
            let label = found.and_then(|located| located.label.clone()).unwrap_or_else(|| id.to_string());
            if same.len() > 1 && self.state.link(kind, NetSuiteId(id))?.is_none() {
                let ids = same.iter().map(|record| record.wc_id.0.as_str()).collect::<Vec<_>>().join(", ");
                let message = format!("{} records in WizCommerce carry the reference {id}: {ids}", same.len());
                self.count_rejected(entity, Rejection::new(id, &label, Reason::AmbiguousMatch, message), tally);
                continue;
            }
            // Of several, the one that is linked is the one; the others are left alone.
            let linked = self.state.link(kind, NetSuiteId(id))?;
            let record =
                same.iter().find(|record| linked.as_ref().is_some_and(|link| link.wc_id == record.wc_id)).unwrap_or(first);
            match (self.standing(kind, NetSuiteId(id), &record.wc_id)?, found) {
                (Standing::Known, _) => tally.borrow_mut().counts.unchanged += 1,
                (Standing::Against(words, of), _) => {
                    self.contradict(flow.entity().singular(), entity, id, &label, words, of, tally);
                }
                (Standing::Free, None) => self.skip(flow, NetSuiteId(id), &record.wc_id.0, ONLY_IN_WIZCOMMERCE, tally),
                (Standing::Free, Some(located)) => {
                    let mut link = Link::new(kind, NetSuiteId(id), record.wc_id.clone());
                    link.head = located.head;
                    link.natural_key.clone_from(&located.label);
                    commit.links.push(link);
                    self.count_linked(entity, &id.to_string(), &label, tally);
                }
            }
        }
        self.state.commit(&commit, self.clock.now())
    }

    /// Links records as a first run finds them: by the flow's own line, up to the plan.
    async fn relink_by_mapping<F: Flow>(&mut self, flow: &mut F, lookup: &Lookup, tally: &RefCell<Tally>) -> Result<()> {
        let (entity, direction, kind) = (flow.entity().name(), flow.direction().name(), flow.kind());
        let known = self.state.cursor(entity, direction)?;
        let shape = self.shape(flow, &known, tally).await?;
        self.admit_members(flow).await?;
        self.consult(flow).await?;
        self.list_into(lookup, kind).await?;
        let bounds = Bounds { mode: Mode::Full, ..bounds_of_names(self.source.now) };
        let work = self.find_all(flow, bounds, &shape).await?;
        self.link_batches(flow, &shape, work.selections, tally).await?;
        let mut after = String::new();
        loop {
            let listed = self.state.listed_after(kind, &after, SOME)?;
            let Some(last) = listed.last() else { break };
            after.clone_from(&last.natural_key);
            for record in listed {
                let contradicted = tally.borrow().contradicted.contains(&record.natural_key);
                if !contradicted && self.state.link_by_wiz(kind, &record.wc_id.0)?.is_none() {
                    let mut tally = tally.borrow_mut();
                    tally.counts.skipped += 1;
                    *tally.skipped.entry(ONLY_IN_WIZCOMMERCE).or_default() += 1;
                }
            }
        }
        self.state.forget_listing(kind)
    }

    async fn link_batches<F: Flow>(
        &mut self,
        flow: &F,
        shape: &Shape,
        selections: Vec<Selection>,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        let (netsuite, hands) = (self.netsuite, self.memory.hands.clone());
        let mut ahead = std::pin::pin!(read::ahead(netsuite, &hands, flow, shape, selections));
        while let Some(read) = ahead.next().await {
            let target = Target { listed: true, asked: None, lifted: false, mode: Mode::Full, prepares: false, only_links: true };
            self.batch(flow, shape, read?, &target, tally).await?;
            if let Some(error) = self.stop.error() {
                return Err(error);
            }
        }
        Ok(())
    }

    /// The second half of the line where only links are wanted: plan, and commit those of records that are there.
    pub(super) async fn link_mapped<F: Flow>(
        &mut self,
        flow: &F,
        mapped: Vec<Mapped<F::Body>>,
        target: &Target<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        let (entity, direction, kind) = (flow.entity().name(), flow.direction().name(), flow.kind());
        let mut wanted = Vec::new();
        for record in mapped {
            tally.borrow_mut().counts.read += 1;
            match record {
                Mapped::Desired(desired) => wanted.push(*desired),
                Mapped::Skipped { key, label, reason } => self.skip(flow, key, &label, reason, tally),
                Mapped::Rejected(rejection) => {
                    let key = rejection.key.parse().unwrap_or_default();
                    self.skip(flow, NetSuiteId(key), &rejection.label, rejection.reason.word(), tally);
                }
            }
        }
        let mut commit = Commit { entity, direction, ..Commit::default() };
        let mut taken = BTreeSet::new();
        for (desired, found) in self.find_on_target(flow, wanted, target.listed).await? {
            if found.link.is_some() {
                tally.borrow_mut().counts.unchanged += 1;
                continue;
            }
            let (key, label, listed) = (desired.key, desired.label.clone(), found.listed.clone());
            let planned = match decide(desired, found, self.source.now) {
                Ok(planned) => planned,
                Err(rejection) => {
                    tally.borrow_mut().contradicted.insert(label);
                    self.count_rejected(entity, *rejection, tally);
                    continue;
                }
            };
            let Action::Adopt(wc_id) = &planned.action else {
                self.skip(flow, key, &label, ONLY_IN_NETSUITE, tally);
                continue;
            };
            let record = listed.iter().find(|record| record.wc_id == *wc_id);
            let reference = record.and_then(|record| record.reference_id.as_deref());
            let others = reference.filter(|reference| reference.parse().is_ok_and(|id: i64| id != key.0));
            let against = match (self.standing(kind, key, wc_id)?, others) {
                (Standing::Against(words, of), _) => Some((words, of)),
                (_, Some(other)) => Some((format!("{wc_id} in WizCommerce carries the reference {other}, not {key}"), key)),
                _ if !taken.insert(wc_id.clone()) => {
                    Some((format!("{wc_id} in WizCommerce was found for another record, too"), key))
                }
                _ => None,
            };
            if let Some((words, of)) = against {
                tally.borrow_mut().contradicted.insert(label.clone());
                self.contradict(flow.entity().singular(), entity, key.0, &label, words, of, tally);
                continue;
            }
            let mut own = Link::new(kind, key, wc_id.clone());
            own.head = planned.desired.head;
            own.natural_key = Some(planned.desired.natural_key.clone());
            own.external_id.clone_from(&planned.desired.external_id);
            own.mark(Flag::Deactivated, planned.was_active == Some(false));
            let group = record.and_then(|record| record.group.as_deref());
            commit.links.extend(self.group_of(planned.desired.head, group)?);
            commit.links.push(own);
            self.count_linked(entity, &key.to_string(), &label, tally);
        }
        self.state.commit(&commit, self.clock.now())
    }

    /// Makes the link of the group that a record is in on the target, unless head or group are linked already.
    fn group_of(&self, head: NetSuiteId, group: Option<&str>) -> Result<Option<Link>> {
        let Some(group) = group else { return Ok(None) };
        if self.state.link(GROUPS, head)?.is_some() || self.state.link_by_wiz(GROUPS, group)?.is_some() {
            return Ok(None);
        }
        let mut link = Link::new(GROUPS, head, WizId(group.to_owned()));
        link.natural_key = Some(group.to_owned());
        Ok(Some(link))
    }

    /// Links warehouses with the locations whose Internal IDs they carry. Stock itself is sent by SKU and needs no link.
    async fn relink_warehouses<F: Flow>(&mut self, flow: &mut F, tally: &RefCell<Tally>) -> Result<()> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        if flow.prerequisites().iter().any(|need| matches!(need, Prerequisite::Warehouses(..))) {
            let known = self.state.cursor(entity, direction)?;
            self.shape(flow, &known, tally).await?;
        }
        for need in flow.prerequisites() {
            let Prerequisite::Warehouses(path, locations) = need else { continue };
            let there: Vec<Warehouse> = self.wizcommerce.list(&path, &OLDEST_FIRST).await?;
            let mut commit = Commit { entity: WAREHOUSES, direction, ..Commit::default() };
            for (id, name) in locations {
                tally.borrow_mut().counts.read += 1;
                let reference = id.to_string();
                let Some(warehouse) = there.iter().find(|warehouse| warehouse.reference_id.as_deref() == Some(&reference)) else {
                    self.skip(flow, id, &name, ONLY_IN_NETSUITE, tally);
                    continue;
                };
                let wc_id = WizId(warehouse.id.clone());
                match self.standing(WAREHOUSES, id, &wc_id)? {
                    Standing::Known => tally.borrow_mut().counts.unchanged += 1,
                    Standing::Against(words, of) => self.contradict("warehouse", entity, id.0, &name, words, of, tally),
                    Standing::Free => {
                        commit.links.push(Link::new(WAREHOUSES, id, wc_id));
                        self.count_linked(entity, &reference, &name, tally);
                    }
                }
            }
            self.state.commit(&commit, self.clock.now())?;
        }
        Ok(())
    }

    /// Links two records that somebody names, once both are known to be there.
    pub(super) async fn join<F: Flow>(
        &mut self,
        flow: &mut F,
        ns_id: NetSuiteId,
        wc_id: &WizId,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        let (entity, direction, kind) = (flow.entity().name(), flow.direction().name(), flow.kind());
        let noun = flow.entity().singular();
        let Some(lookup) = flow.lookup().filter(|_| flow.universe().linked().is_none()) else {
            return Err(Error::new(ErrorKind::Usage, format!("{entity} have no links of their own"))
                .hint("they follow the product: link that with `netwiz map set product`"));
        };
        let located = self.located(flow, &[ns_id.0]).await?.remove(&ns_id.0).filter(|located| located.fits);
        let Some(located) = located else { return Err(not_in_netsuite(noun, ns_id)) };
        let path = format!("{}/{}", lookup.path, crate::http::percent_encode(wc_id.0.as_bytes()));
        let Some(raw) = self.wizcommerce.read(&path).await? else { return Err(not_in_wizcommerce(noun, wc_id)) };
        let listed = match (is_another(wc_id, &Members::of(&raw)), (lookup.read)(&raw)) {
            (None, Ok(listed)) => listed,
            (Some(words), _) | (_, Err(words)) => return Err(not_that_record(noun, wc_id, words)),
        };
        if !self.is_free(noun, kind, ns_id, wc_id, tally)? {
            return Ok(());
        }
        let mut link = Link::new(kind, ns_id, wc_id.clone());
        link.head = located.head;
        link.natural_key = match lookup.by {
            // A product keeps its SKU in WizCommerce, whatever its item is called.
            By::NaturalKey(_) => Some(listed.natural_key),
            By::Reference => located.label.clone(),
        };
        link.mark(Flag::Deactivated, matches!(lookup.by, By::NaturalKey(_)) && !listed.active);
        let label = link.natural_key.clone().unwrap_or_else(|| ns_id.to_string());
        let group = self.group_of(located.head, listed.group.as_deref())?;
        let commit = Commit { entity, direction, links: group.into_iter().chain([link]).collect(), ..Commit::default() };
        self.state.commit(&commit, self.clock.now())?;
        self.count_linked(entity, &ns_id.to_string(), &label, tally);
        Ok(())
    }

    /// Tells whether two records may be linked; they are when they are linked with each other already. The error names the
    /// link that is in the way.
    pub(super) fn is_free(
        &self,
        noun: &str,
        kind: &str,
        ns_id: NetSuiteId,
        wc_id: &WizId,
        tally: &RefCell<Tally>,
    ) -> Result<bool> {
        match self.standing(kind, ns_id, wc_id)? {
            Standing::Free => Ok(true),
            Standing::Known => {
                tally.borrow_mut().counts.unchanged += 1;
                Ok(false)
            }
            Standing::Against(words, of) => Err(Error::new(ErrorKind::Usage, words).hint(forget(noun, of))),
        }
    }

    /// Finds out what the map says of two records.
    pub(super) fn standing(&self, kind: &str, ns_id: NetSuiteId, wc_id: &WizId) -> Result<Standing> {
        let linked = |link: Link| {
            let words = format!("{} in NetSuite is linked with {} in WizCommerce", link.ns_id, link.wc_id);
            Ok(Standing::Against(words, link.ns_id))
        };
        match self.state.link(kind, ns_id)? {
            Some(link) if link.wc_id == *wc_id => Ok(Standing::Known),
            Some(link) => linked(link),
            None => self.state.link_by_wiz(kind, &wc_id.0)?.map_or(Ok(Standing::Free), linked),
        }
    }

    /// Counts a contradiction; nothing is stored of it, since nothing was to be sent.
    #[expect(clippy::too_many_arguments, reason = "what is told of a contradiction comes from that many places")]
    pub(super) fn contradict(
        &self,
        noun: &str,
        entity: &'static str,
        key: impl std::fmt::Display,
        label: &str,
        words: String,
        of: NetSuiteId,
        tally: &RefCell<Tally>,
    ) {
        let rejection = Rejection::new(key, label, Reason::Conflict, words).hinting(forget(noun, of));
        self.count_rejected(entity, rejection, tally);
    }

    pub(super) fn count_linked(&self, entity: &'static str, key: &str, label: &str, tally: &RefCell<Tally>) {
        self.observer.on(&Event::Record { entity, key, label, fate: Fate::Written("adopted") });
        let mut tally = tally.borrow_mut();
        tally.counts.adopted += 1;
        if self.options.dry_run {
            tally.plan.push(PlanLine { action: "link".into(), key: key.to_owned(), label: label.to_owned() });
        }
    }

    /// Finds which of these records NetSuite has.
    async fn located<F: Flow>(&self, flow: &F, ids: &[i64]) -> Result<HashMap<i64, Located>> {
        let mut located = HashMap::new();
        for some in ids.chunks(IN_LIST) {
            let Some(select) = flow.locate(&Wanted::Ids(some.to_vec())) else { continue };
            let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
            for row in &rows {
                let (Some(head), Some(id)) = (row.head(), row.id("id")) else { continue };
                let label = row.text("label").map(str::to_owned);
                located.insert(id.0, Located { head, label, fits: row.flag("in_scope") });
            }
        }
        Ok(located)
    }

    /// Lists what the target holds into the state file, under a name.
    pub(super) async fn list_into(&mut self, lookup: &Lookup, name: &str) -> Result<()> {
        for state in lookup.states {
            let parameters = [&OLDEST_FIRST[..], state].concat();
            for page in 1.. {
                let (records, more) = self.wizcommerce.list_page::<Box<RawValue>>(&lookup.path, &parameters, page).await?;
                let listed = records.iter().filter_map(|raw| (lookup.read)(raw).ok());
                // What has no key cannot be looked for.
                let listed: Vec<Listed> = listed.filter(|listed| !listed.natural_key.is_empty()).collect();
                self.state.keep_listed(name, &listed)?;
                if let Some(error) = self.stop.error() {
                    return Err(error);
                }
                if !more {
                    break;
                }
            }
        }
        Ok(())
    }
}

fn forget(noun: &str, of: NetSuiteId) -> String {
    format!("if that link is wrong, remove it first with `netwiz map forget {noun} {of}`")
}

pub(super) fn not_in_netsuite(noun: &str, id: NetSuiteId) -> Error {
    Error::new(ErrorKind::Usage, format!("NetSuite shows no {noun} with the Internal ID {id}"))
        .hint("check the id, and what the integration's role may see; nothing was linked")
}

pub(super) fn not_in_wizcommerce(noun: &str, id: &WizId) -> Error {
    Error::new(ErrorKind::Usage, format!("WizCommerce has no {noun} with the id {id}"))
        .hint("the id is the long one in the address of the record's page, not its number; nothing was linked")
}

pub(super) fn not_that_record(noun: &str, id: &WizId, words: String) -> Error {
    Error::new(ErrorKind::Refused, format!("what WizCommerce shows of the {noun} {id} is not that record"))
        .caused_by(words)
        .hint("look at the record in WizCommerce; nothing was linked")
}
