//! One batch on its way to NetSuite: resolve, map, plan, intend, apply, commit.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::super::memory::hand_of;
use super::super::{Engine, Event, Fate, Shape, Step, Tally};
use super::plan::{Action, Plan, Remembered, decide, intended};
use crate::entities::push::{Excluded, Identity, Outgoing, Proposal, Push, Target};
use crate::entities::{Known, Reference, Rows};
use crate::error::{Error, Result};
use crate::http::interrupted;
use crate::model::{EntityKind, Fingerprint, Link, NetSuiteId, Pushed, Reason, Rejection, WizId};
use crate::netsuite::records::{Column, Row, Select, Selection};
use crate::netsuite::suiteql::quote;
use crate::state::Commit;
use crate::wizcommerce::records::Members;

/// Records read side by side; the gate decides how many requests that makes.
const READS: usize = 32;
/// External ids that one query names.
const NAMES: usize = 500;

/// A record that somebody or something named.
pub(super) struct Arrival {
    /// Its id.
    pub(super) id: WizId,
    /// What a list showed of it, and WizCommerce's clock then.
    pub(super) row: Option<(Members, Option<Timestamp>)>,
}

/// How the records of a batch were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// A person named them: what keeps one out is told.
    pub(super) is_named: bool,
    /// Everything is compared, whatever it was when it was last pushed.
    pub(super) is_full: bool,
}

/// A record in hand.
pub(super) struct Case {
    pub(super) id: WizId,
    pub(super) record: Members,
    pub(super) link: Option<Link>,
    pub(super) digest: Fingerprint,
    /// Its `updated_at`, where no later change can have the same.
    seen: Option<String>,
    number: Option<String>,
}

impl Case {
    /// What a person calls it.
    pub(super) fn label(&self) -> &str {
        self.number.as_deref().unwrap_or(&self.id.0)
    }
}

/// A record of that external id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) id: NetSuiteId,
    /// Whether it is of the right kind.
    pub(super) fits: bool,
    pub(super) owner: Option<NetSuiteId>,
}

/// What is known about the records of a batch, NetSuite's side included.
pub(super) struct Knowledge {
    pub(super) rows: Rows,
    pub(super) known: Known,
    /// By external id.
    found: HashMap<String, Found>,
    /// Why a case cannot be mapped at all.
    barred: HashMap<WizId, Rejection>,
}

impl Engine<'_> {
    /// Takes a batch of records down the line.
    pub(super) async fn push_batch<P: Push>(
        &mut self,
        flow: &P,
        shape: &Shape,
        arrivals: Vec<Arrival>,
        manner: Manner,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let run_id = self.run_id.clone();
        let mut commit = Commit { entity, direction, run: &run_id, ..Commit::default() };
        let wanted = self.admit(flow, arrivals, manner, &mut commit, tally)?;
        let wanted = self.leave_unmade(flow, wanted, manner, &mut commit, tally).await?;
        let hands = wanted.iter().map(|arrival| hand_of(&arrival.id.0)).collect();
        let held = self.memory.hands.hold(flow.kind(), hands, &self.stop).await.map_err(interrupted)?;
        let cases = self.read_whole(flow, wanted, manner, &mut commit, tally).await?;
        self.observer.on(&Event::Passed(Step::BatchRead));
        if let Some(error) = self.stop.error() {
            return Err(error);
        }
        let fatal = if cases.is_empty() { None } else { self.push_cases(flow, shape, &cases, &mut commit, tally).await? };
        self.state.commit(&commit, self.clock.now())?;
        self.observer.on(&Event::Passed(Step::BatchCommitted));
        drop(held);
        let mut tally = tally.borrow_mut();
        tally.heads += cases.len() as u64;
        self.observer.on(&Event::Advanced { heads: tally.heads, counts: &tally.counts });
        fatal.map_or(Ok(()), Err)
    }

    /// Leaves of what was found those that have to be read: what a list says of a record is often enough.
    fn admit<P: Push>(
        &mut self,
        flow: &P,
        arrivals: Vec<Arrival>,
        manner: Manner,
        commit: &mut Commit<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<Vec<Arrival>> {
        let mut wanted = Vec::new();
        for arrival in arrivals {
            let link = self.state.link_by_wiz(flow.kind(), &arrival.id.0)?;
            if let Some((row, _)) = &arrival.row {
                if self.is_idle(flow, row, &arrival.id, manner)? {
                    continue;
                }
                let excluded = flow.excludes(row, link.as_ref());
                if let Some(excluded) = excluded.filter(|why| !matches!(why, Excluded::Unmade(_) | Excluded::Idle(_))) {
                    let label = row.text(flow.source().number);
                    self.exclude(flow, &arrival.id, label.as_deref(), excluded, manner, commit, tally);
                    continue;
                }
                let seen = link.as_ref().and_then(|link| link.pushed.as_ref()).filter(|pushed| pushed.fingerprint.is_some());
                let stamp = row.text("updated_at");
                if !manner.is_full && stamp.is_some() && seen.is_some_and(|pushed| pushed.seen == stamp) {
                    continue;
                }
            }
            wanted.push(arrival);
        }
        Ok(wanted)
    }

    /// Tells whether a record that only turned up in a list has nothing to bring, and nothing of it is known.
    fn is_idle<P: Push>(&self, flow: &P, row: &Members, id: &WizId, manner: Manner) -> Result<bool> {
        let is_idle = !manner.is_full && !manner.is_named && matches!(flow.excludes(row, None), Some(Excluded::Idle(_)));
        Ok(is_idle && !self.state.has_links_of(flow.kind(), &id.0)? && self.open_keys(flow, id)?.is_empty())
    }

    /// Leaves out what is out of scope unless NetSuite has it, and NetSuite has not: one query for all of them, so that none
    /// has to be read.
    async fn leave_unmade<P: Push>(
        &mut self,
        flow: &P,
        wanted: Vec<Arrival>,
        manner: Manner,
        commit: &mut Commit<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<Vec<Arrival>> {
        let rows: Vec<&Members> = wanted.iter().filter_map(|arrival| arrival.row.as_ref().map(|(row, _)| row)).collect();
        let unmade = self.unmade(flow, &rows).await?;
        let mut left = Vec::new();
        for arrival in wanted {
            match unmade.get(&arrival.id) {
                Some((excluded, label)) => self.exclude(flow, &arrival.id, label.as_deref(), *excluded, manner, commit, tally),
                None => left.push(arrival),
            }
        }
        Ok(left)
    }

    /// Gives the records that are out of scope unless NetSuite has them, and that it has not; each with what it is called.
    async fn unmade<P: Push>(&self, flow: &P, records: &[&Members]) -> Result<HashMap<WizId, (Excluded, Option<String>)>> {
        let mut unmade = HashMap::new();
        let mut names = BTreeMap::new();
        for record in records {
            let Some(id) = record.text("id").map(WizId) else { continue };
            let link = self.state.link_by_wiz(flow.kind(), &id.0)?;
            if let Some(excluded @ Excluded::Unmade(_)) = flow.excludes(record, link.as_ref()) {
                let keys = flow.keys(record, &self.open_keys(flow, &id)?).unwrap_or_default();
                names.extend(keys.into_iter().map(|key| (key.external_id, id.clone())));
                unmade.insert(id, (excluded, record.text(flow.source().number)));
            }
        }
        let all: Vec<String> = names.keys().cloned().collect();
        for name in self.find_external(&flow.identity(), &all).await?.keys() {
            if let Some(id) = names.get(name) {
                unmade.remove(id);
            }
        }
        Ok(unmade)
    }

    #[expect(clippy::too_many_arguments, reason = "what is told of a record comes from that many places")]
    fn exclude<P: Push>(
        &mut self,
        flow: &P,
        id: &WizId,
        label: Option<&str>,
        excluded: Excluded,
        manner: Manner,
        commit: &mut Commit<'_>,
        tally: &RefCell<Tally>,
    ) {
        if matches!(excluded, Excluded::Echo(_)) && !manner.is_named {
            return;
        }
        tally.borrow_mut().counts.read += 1;
        self.skip_wiz(flow, &id.0, label.unwrap_or(&id.0), excluded.word(), tally);
        commit.cleared.push(id.0.clone());
    }

    pub(super) fn skip_wiz<P: Push>(&mut self, flow: &P, key: &str, label: &str, reason: &'static str, tally: &RefCell<Tally>) {
        let entity = flow.entity();
        self.memory.skipped_wiz.insert((entity, key.to_owned()), reason);
        let mut tally = tally.borrow_mut();
        tally.counts.skipped += 1;
        *tally.skipped.entry(reason).or_default() += 1;
        drop(tally);
        self.observer.on(&Event::Record { entity: entity.name(), key, label, fate: Fate::Skipped(reason) });
    }

    /// Reads records whole, and leaves those that have news.
    async fn read_whole<P: Push>(
        &mut self,
        flow: &P,
        wanted: Vec<Arrival>,
        manner: Manner,
        commit: &mut Commit<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<Vec<Case>> {
        let source = flow.source();
        let wizcommerce = self.wizcommerce;
        let read: Vec<(WizId, Option<Members>, Option<Timestamp>)> = stream::iter(wanted)
            .map(|Arrival { id, row }| {
                let path = format!("{}/{}", source.path, crate::http::percent_encode(id.0.as_bytes()));
                async move {
                    let date = row.as_ref().and_then(|(_, date)| *date);
                    match row {
                        Some((row, _)) if source.whole_rows => Ok((id, Some(row), date)),
                        _ => {
                            let present: Option<Box<RawValue>> = wizcommerce.read(&path).await?;
                            Ok::<_, Error>((id, present.map(|present| Members::of(&present)), date))
                        }
                    }
                }
            })
            .buffered(READS)
            .try_collect()
            .await?;
        let whole: Vec<&Members> = read.iter().filter_map(|(_, record, _)| record.as_ref()).collect();
        self.recover_creates(flow, &whole).await?;
        let unmade = self.unmade(flow, &whole).await?;
        let mut cases = Vec::new();
        for (id, record, date) in read {
            let Some(record) = record else {
                self.take_gone(flow, &id, manner, commit, tally)?;
                continue;
            };
            tally.borrow_mut().read.insert(id.0.clone(), record.text("updated_at"));
            let link = self.state.link_by_wiz(flow.kind(), &id.0)?;
            let number = record.text(source.number);
            let excluded = flow.excludes(&record, link.as_ref());
            let goes_on = matches!(excluded, Some(Excluded::Idle(_)))
                || matches!(excluded, Some(Excluded::Unmade(_))) && !unmade.contains_key(&id);
            if let Some(excluded) = excluded.filter(|_| !goes_on) {
                // It was looked for; what was sent lately may still be executed.
                let old = self.old_intents(flow)?;
                commit.closed.extend(old.into_iter().filter(|key| head_of(key) == id.0));
                self.exclude(flow, &id, number.as_deref(), excluded, manner, commit, tally);
                continue;
            }
            let digest = flow.digest(&record);
            // A later edit within the same second has the same stamp, so only a past second is known to be over.
            let stamp = record.text("updated_at");
            let at: Option<Timestamp> = stamp.as_ref().and_then(|stamp| stamp.parse().ok());
            let is_over = at.zip(date).is_some_and(|(at, date)| date.duration_since(at) > SignedDuration::from_secs(1));
            let case = Case { id, record, link, digest, seen: stamp.filter(|_| is_over), number };
            let has_news = manner.is_full || case.link.as_ref().is_none_or(|link| !is_as_pushed(link, &case.digest));
            if has_news || !self.open_keys(flow, &case.id)?.is_empty() {
                cases.push(case);
                continue;
            }
            tally.borrow_mut().counts.read += 1;
            tally.borrow_mut().counts.unchanged += 1;
            self.tell_wiz(flow, &case.id.0, case.label(), Fate::Unchanged);
            commit.cleared.push(case.id.0.clone());
            if let Some(mut link) = case.link {
                if let Some(pushed) = &mut link.pushed {
                    pushed.seen = case.seen;
                }
                commit.links.push(link);
            }
        }
        Ok(cases)
    }

    /// Links what creates of unknown outcome left behind, whatever their source says now: what was called off meanwhile must be
    /// called off there, too. What it said then stays with the intent until both sides were compared.
    async fn recover_creates<P: Push>(&mut self, flow: &P, records: &[&Members]) -> Result<()> {
        let mut open = BTreeMap::new();
        for record in records {
            let Some(id) = record.text("id").map(WizId) else { continue };
            let keys = self.open_keys(flow, &id)?;
            for key in flow.keys(record, &keys).unwrap_or_default().into_iter().filter(|key| keys.contains(&key.key.0)) {
                if self.state.link_by_wiz(flow.kind(), &key.key.0)?.is_none() {
                    open.insert(key.external_id, (key.key, record.text(flow.source().number)));
                }
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = open.keys().cloned().collect();
        let run_id = self.run_id.clone();
        let mut commit =
            Commit { entity: flow.entity().name(), direction: flow.direction().name(), run: &run_id, ..Commit::default() };
        for (name, found) in self.find_external(&flow.identity(), &names).await? {
            let Some((key, number)) = open.remove(&name).filter(|_| found.fits) else { continue };
            let mut link = Link::new(flow.kind(), found.id, key);
            link.external_id = Some(name);
            link.pushed = Some(Pushed { number, ..Pushed::default() });
            commit.links.push(link);
        }
        self.state.commit(&commit, self.clock.now())
    }

    /// Deals with a record that WizCommerce does not have any more.
    fn take_gone<P: Push>(
        &mut self,
        flow: &P,
        id: &WizId,
        manner: Manner,
        commit: &mut Commit<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        // There is nothing left to bring, and nothing to try again.
        commit.cleared.push(id.0.clone());
        commit.closed.extend(self.open_keys(flow, id)?);
        let message = format!("WizCommerce has no {} with the id {id}", flow.entity().singular());
        let rejection = Rejection::new(&id.0, &id.0, Reason::NonexistentId, message);
        self.memory.refused_wiz.insert((flow.entity(), id.0.clone()), rejection.clone());
        if manner.is_named {
            tally.borrow_mut().counts.read += 1;
            self.count_rejected(flow.entity().name(), rejection, tally);
        }
        Ok(())
    }

    pub(super) fn tell_wiz<P: Push>(&self, flow: &P, key: &str, label: &str, fate: Fate<'_>) {
        self.observer.on(&Event::Record { entity: flow.entity().name(), key, label, fate });
    }

    /// Gives the keys of creates of a record whose outcome is not known.
    pub(super) fn open_keys<P: Push>(&self, flow: &P, head: &WizId) -> Result<Vec<String>> {
        let all = self.state.intents(flow.entity().name(), flow.direction().name())?;
        Ok(all.into_iter().filter(|key| head_of(key) == head.0).collect())
    }

    /// The line from the records in hand on. Gives the error that ended it early.
    async fn push_cases<P: Push>(
        &mut self,
        flow: &P,
        shape: &Shape,
        cases: &[Case],
        commit: &mut Commit<'_>,
        tally: &RefCell<Tally>,
    ) -> Result<Option<Error>> {
        self.bring_missing(flow, cases).await?;
        let all: Vec<&Case> = cases.iter().collect();
        let knowledge = self.learn(flow, shape, &all).await?;
        let mut lanes: Vec<(&Case, Vec<Plan<P::Body>>)> = Vec::new();
        for case in cases {
            let mut plans = Vec::new();
            for outgoing in self.map_case(flow, case, &knowledge) {
                tally.borrow_mut().counts.read += 1;
                match outgoing {
                    Outgoing::Desired(proposal) => match self.plan(flow, *proposal, &knowledge)? {
                        Ok(plan) => plans.push(plan),
                        Err(rejection) => self.reject(flow, *rejection, commit, tally),
                    },
                    Outgoing::Skipped { key, label, reason } => {
                        self.skip_wiz(flow, &key, &label, reason, tally);
                        commit.cleared.push(case.id.0.clone());
                    }
                    Outgoing::Rejected(rejection) => self.reject(flow, rejection, commit, tally),
                }
            }
            if !knowledge.barred.contains_key(&case.id) {
                self.abandon(flow, case, &plans, commit)?;
            }
            lanes.push((case, plans));
        }
        let targets: BTreeSet<i64> =
            lanes.iter().flat_map(|(_, plans)| plans.iter().filter_map(|plan| plan.action.id())).map(|id| id.0).collect();
        let held = self.memory.hands.hold(flow.kind(), targets, &self.stop).await.map_err(interrupted)?;
        let (keys, children) = intents_of(&lanes);
        let direction = flow.direction().name();
        if !keys.is_empty() {
            self.state.intend_with(flow.entity().name(), direction, &keys, self.clock.now())?;
        }
        for (kind, keys) in &children {
            self.state.intend(kind, direction, keys, self.clock.now())?;
        }
        let links = self.sent(flow, &lanes)?;
        let is_changing = !links.is_empty();
        if is_changing {
            let sent = Commit { entity: flow.entity().name(), direction, links, ..Commit::default() };
            self.state.commit(&sent, self.clock.now())?;
        }
        if !keys.is_empty() || !children.is_empty() || is_changing {
            self.observer.on(&Event::Passed(Step::IntentsCommitted));
        }
        let fatal = self.push_lanes(flow, shape, lanes, knowledge, commit, tally).await?;
        drop(held);
        Ok(fatal)
    }

    /// Gives the links of the records that a batch changes, with what is about to be sent.
    fn sent<P: Push>(&self, flow: &P, lanes: &[(&Case, Vec<Plan<P::Body>>)]) -> Result<Vec<Link>> {
        let mut links = Vec::new();
        for plan in lanes.iter().flat_map(|(_, plans)| plans) {
            let Action::Update(id, fields) = &plan.action else { continue };
            let Some(mut link) = self.state.link(flow.kind(), *id)?.filter(|_| !fields.is_empty()) else { continue };
            let mut agreed = plan.agreed.clone();
            for field in plan.proposal.fields.iter().filter(|field| fields.contains(&field.name)) {
                agreed.send(field);
            }
            if flow.shares_image() {
                link.image = agreed.shared();
            } else if let Some(pushed) = &mut link.pushed {
                pushed.image = agreed.pair();
            }
            links.push(link);
        }
        Ok(links)
    }

    /// Closes creates of a record that were sent so long ago that they are done or never will be, where there is nothing to send
    /// in their place: whether they were executed was just looked up.
    fn abandon<P: Push>(&self, flow: &P, case: &Case, plans: &[Plan<P::Body>], commit: &mut Commit<'_>) -> Result<()> {
        let old = self.old_intents(flow)?;
        let is_planned = |key: &str| plans.iter().any(|plan| plan.proposal.key.0 == key);
        commit.closed.extend(old.into_iter().filter(|key| head_of(key) == case.id.0 && !is_planned(key)));
        Ok(())
    }

    /// Brings what records refer to and is not in NetSuite yet.
    async fn bring_missing<P: Push>(&mut self, flow: &P, cases: &[Case]) -> Result<()> {
        let mut missing: BTreeMap<EntityKind, BTreeSet<String>> = BTreeMap::new();
        for case in cases {
            for (entity, id) in flow.parents(&case.record) {
                if self.state.link_by_wiz(entity.name(), &id.0)?.is_none() {
                    missing.entry(entity).or_default().insert(id.0);
                }
            }
        }
        if !missing.is_empty() {
            self.bring_wiz_parents(&missing).await?;
            self.observer.on(&Event::Passed(Step::ParentsDone));
        }
        Ok(())
    }

    /// Learns everything that mapping needs to know about records: links, who is who in NetSuite, and what it has of them.
    pub(super) async fn learn<P: Push>(&self, flow: &P, shape: &Shape, cases: &[&Case]) -> Result<Knowledge> {
        let records: Vec<Members> = cases.iter().map(|case| case.record.clone()).collect();
        let mut known = self.resolve_wiz(flow, cases, &records)?;
        let mut knowledge =
            Knowledge { rows: Rows::new(Vec::new()), known: Known::default(), found: HashMap::new(), barred: HashMap::new() };
        let mut names = BTreeSet::new();
        let mut keys = Vec::new();
        for case in cases {
            let open = self.open_keys(flow, &case.id)?;
            let of_case = flow.keys(&case.record, &open);
            known.add_open(&case.id, open);
            match of_case {
                Ok(of_case) => {
                    for key in of_case {
                        match self.state.link_by_wiz(flow.kind(), &key.key.0)? {
                            Some(link) => known.add_target(&key.key, Target { id: link.ns_id, is_linked: true }),
                            None => {
                                names.insert(key.external_id.clone());
                            }
                        }
                        keys.push((*case, key));
                    }
                }
                Err(words) => {
                    let words = format!("{} cannot be pushed: {words}", case.label());
                    let rejection = Rejection::new(&case.id.0, case.label(), Reason::InvalidRecord, words);
                    knowledge.barred.insert(case.id.clone(), rejection);
                }
            }
        }
        let names: Vec<String> = names.into_iter().collect();
        let questions = flow.questions(&records, &known).into_iter().map(|select| self.ask(shape.fit(select)));
        let identity = flow.identity();
        let (answers, found) =
            tokio::try_join!(futures_util::future::try_join_all(questions), self.find_external(&identity, &names))?;
        for (name, rows) in answers {
            knowledge.rows.add(name, rows);
        }
        knowledge.found = found;
        for (case, key) in keys {
            if known.target(&key.key).is_some() {
                continue;
            }
            if let Some(found) = knowledge.found.get(&key.external_id).filter(|found| found.fits) {
                known.add_target(&key.key, Target { id: found.id, is_linked: false });
                continue;
            }
            match self.match_case(flow, case, &knowledge.rows)? {
                Ok(Some(id)) => known.add_target(&key.key, Target { id, is_linked: false }),
                Ok(None) => {}
                Err(rejection) => drop(knowledge.barred.insert(case.id.clone(), *rejection)),
            }
        }
        let targets: BTreeSet<i64> = known.target_ids().map(|id| id.0).collect();
        self.read_targets(flow, shape, &targets, &mut knowledge.rows).await?;
        knowledge.known = known;
        Ok(knowledge)
    }

    /// Finds a record of NetSuite that is this one though it carries no external id of ours.
    fn match_case<P: Push>(
        &self,
        flow: &P,
        case: &Case,
        rows: &Rows,
    ) -> Result<std::result::Result<Option<NetSuiteId>, Box<Rejection>>> {
        let noun = flow.entity().singular();
        let ambiguous =
            |words: String| Ok(Err(Box::new(Rejection::new(&case.id.0, case.label(), Reason::AmbiguousMatch, words))));
        match flow.matches(&case.record, rows).as_slice() {
            [] => Ok(Ok(None)),
            [one] => match self.state.link(flow.kind(), *one)? {
                None => Ok(Ok(Some(*one))),
                Some(other) => ambiguous(format!(
                    "the {noun} {one} in NetSuite looks like {}, but is linked with {} in WizCommerce",
                    case.label(),
                    other.wc_id
                )),
            },
            several => {
                let ids = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                ambiguous(format!("{} records in NetSuite could be {}: {ids}", several.len(), case.label()))
            }
        }
    }

    async fn ask(&self, select: Select) -> Result<(&'static str, Vec<Row>)> {
        let name = select.name;
        self.netsuite.select(&select, &Selection::Range(None, None)).await.map(|rows| (name, rows))
    }

    /// Reads what NetSuite has of records that are there.
    pub(super) async fn read_targets<P: Push>(
        &self,
        flow: &P,
        shape: &Shape,
        ids: &BTreeSet<i64>,
        rows: &mut Rows,
    ) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let selection = Selection::Ids(ids.iter().copied().collect());
        let details = flow.details().into_iter().filter(|select| shape.has(select)).map(|select| {
            let (select, selection) = (shape.fit(select), &selection);
            async move { self.netsuite.select(&select, selection).await.map(|rows| (select.name, rows)) }
        });
        for (name, answer) in futures_util::future::try_join_all(details).await? {
            rows.renew(name, ids, answer);
        }
        Ok(())
    }

    /// Finds the records of external ids.
    pub(super) async fn find_external(&self, identity: &Identity, names: &[String]) -> Result<HashMap<String, Found>> {
        let mut found = HashMap::new();
        if !identity.is_queried {
            for name in names {
                if let Some(id) = self.netsuite.find_external(identity.record, name).await? {
                    found.insert(name.clone(), Found { id, fits: true, owner: None });
                }
            }
            return Ok(found);
        }
        for some in names.chunks(NAMES) {
            let listed = some.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
            let alias = identity.alias;
            let mut select = Select::new("external ids", identity.from, format!("{alias}.id"))
                .columns(alias, &["externalid"])
                .column(Column::new(format!("CASE WHEN {} THEN 'T' ELSE 'F' END", identity.is_it), "fits"))
                .filter(format!("{alias}.externalid IN ({listed})"));
            if let Some(owner) = identity.owner {
                select = select.column(Column::new(owner, "owner"));
            }
            let rows = self.netsuite.select(&select, &Selection::Range(None, None)).await?;
            for row in &rows {
                let (Some(id), Some(name)) = (row.head(), row.text("externalid")) else { continue };
                found.insert(name.to_owned(), Found { id, fits: row.flag("fits"), owner: row.id("owner") });
            }
        }
        Ok(found)
    }

    fn resolve_wiz<P: Push>(&self, flow: &P, cases: &[&Case], records: &[Members]) -> Result<Known> {
        let mut known = Known::default();
        let mut references: HashSet<Reference> = flow.references(records).into_iter().collect();
        for case in cases {
            references.insert(Reference::Wiz(flow.kind(), case.id.0.clone()));
            for (entity, id) in flow.parents(&case.record) {
                if let Some(why) = self.why_wiz_absent(entity, &id.0)? {
                    known.add_absent_wiz(entity, id.0.clone(), why);
                }
                references.insert(Reference::Wiz(entity.name(), id.0));
            }
        }
        for reference in references {
            if let Some(link) = self.referred(&reference)? {
                known.add(reference, link);
            }
        }
        Ok(known)
    }

    pub(super) fn map_case<P: Push>(&self, flow: &P, case: &Case, knowledge: &Knowledge) -> Vec<Outgoing<P::Body>> {
        match knowledge.barred.get(&case.id) {
            Some(rejection) => vec![Outgoing::Rejected(rejection.clone())],
            None => flow.map(&case.record, &knowledge.rows, &knowledge.known),
        }
    }

    /// Decides about one record.
    pub(super) fn plan<P: Push>(
        &self,
        flow: &P,
        proposal: Proposal<P::Body>,
        knowledge: &Knowledge,
    ) -> Result<std::result::Result<Plan<P::Body>, Box<Rejection>>> {
        let target = knowledge.known.target(&proposal.key);
        let found = knowledge.found.get(&proposal.external_id).filter(|_| target.is_none_or(|target| !target.is_linked));
        if let Some(rejection) = found.and_then(|found| taken(&proposal, *found)) {
            return Ok(Err(Box::new(rejection)));
        }
        let link = self.state.link_by_wiz(flow.kind(), &proposal.key.0)?;
        let winner = flow.winner(&proposal);
        // A create of ours whose answer was lost: what WizCommerce said then tells what it changed since.
        let image = self.state.intent_image(flow.entity().name(), flow.direction().name(), &proposal.key.0)?;
        let is_open = self.state.has_intent(flow.entity().name(), flow.direction().name(), &proposal.key.0)?;
        let known = Remembered { link: link.as_ref(), is_shared: flow.shares_image(), intended: image.as_deref(), is_open };
        let decided = decide(proposal, target, &known, winner);
        Ok(decided.map(|plan| Plan { is_ours: plan.is_ours || found.is_some(), ..plan }))
    }

    /// Makes the link of a record that is in NetSuite now.
    pub(super) fn link_of<P: Push>(&self, flow: &P, case: &Case, plan: &Plan<P::Body>, id: NetSuiteId) -> Result<Link> {
        let mut link = match self.state.link(flow.kind(), id)? {
            Some(link) if link.wc_id == plan.proposal.key => link,
            _ => Link::new(flow.kind(), id, plan.proposal.key.clone()),
        };
        // A record that was there before keeps the external id that it has, or none (`correctness.md` R7).
        if plan.is_ours {
            link.external_id = Some(plan.proposal.external_id.clone());
        }
        link.natural_key = link.natural_key.or_else(|| case.number.clone());
        link.pushed = Some(Pushed {
            fingerprint: None,
            image: link.pushed.take().and_then(|pushed| pushed.image),
            seen: case.seen.clone(),
            number: case.number.clone(),
        });
        Ok(link)
    }
}

/// Says of a record that carries an external id of ours, but is none of ours.
fn taken<B>(proposal: &Proposal<B>, found: Found) -> Option<Rejection> {
    let name = &proposal.external_id;
    let why = if !found.fits {
        "it is of another kind".to_owned()
    } else if proposal.owner.is_some() && found.owner.is_some() && proposal.owner != found.owner {
        format!("it belongs to {}", found.owner.unwrap_or(found.id))
    } else {
        return None;
    };
    let words = format!("the external id {name} of {} is that of the record {} in NetSuite, but {why}", proposal.label, found.id);
    Some(Rejection::new(&proposal.head.0, &proposal.label, Reason::ExternalIdTaken, words))
}

/// Tells whether a record is as it was when it was last pushed.
fn is_as_pushed(link: &Link, digest: &Fingerprint) -> bool {
    link.pushed.as_ref().is_some_and(|pushed| pushed.fingerprint.as_ref() == Some(digest))
}

/// Gives the record that a key was derived from.
pub(super) fn head_of(key: &str) -> &str {
    key.split_once('/').map_or(key, |(head, _)| head)
}

/// The key of a create, and what its source says now.
type Intent = (String, Option<String>);

/// Gives the keys of everything a batch creates: of the records, and by kind of what hangs on them.
fn intents_of<B>(lanes: &[(&Case, Vec<Plan<B>>)]) -> (Vec<Intent>, BTreeMap<&'static str, Vec<String>>) {
    let mut keys = Vec::new();
    let mut children: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for plan in lanes.iter().flat_map(|(_, plans)| plans) {
        if plan.action == Action::Create {
            keys.push((plan.proposal.key.0.clone(), intended(&plan.proposal.fields)));
        }
        for child in &plan.proposal.children {
            children.entry(child.kind).or_default().push(child.key.0.clone());
        }
    }
    (keys, children)
}
