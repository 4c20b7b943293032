//! The straight line the other way: what changed in WizCommerce goes to NetSuite.
//!
//! The steps are those of [`super`], with the roles of the two systems exchanged. Finding is different, since WizCommerce tells
//! what changed by a list and not by queries, and so is looking up, since NetSuite keeps external ids unique.

mod apply;
mod batch;
mod changes;
mod plan;
mod relink;
mod settle;

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::find::Reach;
use super::report::{CursorMove, FlowReport};
use super::{Engine, Event, Shape, Step, Tally, Task};
use crate::entities::Wanted;
use crate::entities::push::Push;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Reason, Rejection, WizId, rfc3339};
use crate::state::{Bounds, Cursor, Due, Mode};
use crate::wizcommerce::records::Members;
use batch::{Arrival, Manner, head_of};
use changes::Changes;

/// How far back a run reads again (`correctness.md` R3).
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// Records taken down the line together.
const BATCH: usize = 100;
/// Pages of a list that are searched for a number, newest records first.
const PAGES: usize = 50;
/// Parameters that put a list into the order in which people look for a record.
const NEWEST_FIRST: [(&str, &str); 2] = [("sort", "desc"), ("sort_by", "created_at")];

impl Engine<'_> {
    /// Runs one flow to NetSuite and reports it. An error is part of the report: what was complete is committed.
    pub async fn push<P: Push>(&mut self, flow: &mut P, task: &Task) -> (FlowReport, Option<Error>) {
        let begun = self.begin(task);
        let tally = RefCell::new(Tally::default());
        let mut cursor = CursorMove::default();
        let mut mode = begun.mode;
        let mut error = self.push_line(flow, task, &tally, &mut mode, &mut cursor).await.err();
        if error.as_ref().is_some_and(|error| error.kind() == ErrorKind::Refused) {
            error = self.forget_shape(flow).err().or(error);
        }
        (self.report(flow, &begun, mode, cursor, tally.into_inner()), error)
    }

    async fn push_line<P: Push>(
        &mut self,
        flow: &mut P,
        task: &Task,
        tally: &RefCell<Tally>,
        mode: &mut Mode,
        moved: &mut CursorMove,
    ) -> Result<()> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        let known = self.state.cursor(entity, direction)?;
        moved.before = known.position.map(rfc3339);
        moved.after.clone_from(&moved.before);
        match task {
            Task::Changes => self.push_changed(flow, &known, tally, mode, moved).await,
            Task::Wiz(ids) => self.push_named(flow, &known, ids.clone(), tally).await,
            Task::Again(heads) => {
                let ids = heads.iter().cloned().map(WizId).collect();
                self.push_named(flow, &known, ids, tally).await
            }
            Task::Named(wanted) => {
                let mut ids = Vec::new();
                for wanted in wanted {
                    ids.extend(self.find_number(flow, wanted, tally).await?);
                }
                self.push_named(flow, &known, ids, tally).await
            }
            Task::Relink => self.relink_push(flow, tally).await,
            Task::Join(ns_id, wc_id) => self.join_push(flow, *ns_id, wc_id, tally).await,
            Task::Parents(_) | Task::Linked(..) => {
                Err(Error::new(ErrorKind::Internal, format!("{entity} are not pushed by ids of NetSuite")))
            }
        }
    }

    /// Gets ready to map: small tables, columns the account lacks, WizCommerce's own lists.
    async fn prepare_push<P: Push>(&mut self, flow: &mut P, known: &Cursor, tally: &RefCell<Tally>) -> Result<Shape> {
        let shape = self.shape_of(flow, P::details, &BTreeSet::new(), known, tally).await?;
        self.consult(flow).await?;
        Ok(shape)
    }

    async fn push_named<P: Push>(&mut self, flow: &mut P, known: &Cursor, ids: Vec<WizId>, tally: &RefCell<Tally>) -> Result<()> {
        self.observer.on(&Event::Started { entity: flow.entity().name(), mode: Mode::Ids.word() });
        if ids.is_empty() {
            return Ok(());
        }
        let shape = self.prepare_push(flow, known, tally).await?;
        let is_named = true;
        self.push_ids(flow, &shape, ids, Manner { is_named, is_full: self.options.full }, tally).await
    }

    async fn push_ids<P: Push>(
        &mut self,
        flow: &P,
        shape: &Shape,
        ids: Vec<WizId>,
        manner: Manner,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        for some in ids.chunks(BATCH) {
            let arrivals = some.iter().map(|id| Arrival { id: id.clone(), row: None }).collect();
            self.push_batch(flow, shape, arrivals, manner, tally).await?;
        }
        Ok(())
    }

    /// Pushes what changed since the cursor, or everything.
    async fn push_changed<P: Push>(
        &mut self,
        flow: &mut P,
        known: &Cursor,
        tally: &RefCell<Tally>,
        mode: &mut Mode,
        moved: &mut CursorMove,
    ) -> Result<()> {
        let (entity, direction) = (flow.entity().name(), flow.direction().name());
        // The position is that of the newest record, which may well be old: what counts is when somebody looked.
        let (now, looked, links) = (self.clock.now(), known.finished_at, self.state.newest_link()?);
        let bounds = self.bounds(flow, known, &Reach { now, looked, overlap: OVERLAP, links }, tally);
        *mode = bounds.mode;
        self.observer.on(&Event::Started { entity, mode: mode.word() });
        self.observer.on(&Event::Expecting(None));
        self.state.start_run_of(entity, direction, &bounds, &std::collections::BTreeMap::new())?;
        self.observer.on(&Event::Passed(Step::BoundsStored));
        let manner = Manner { is_named: false, is_full: bounds.mode == Mode::Full };

        let source = flow.source();
        let mut shape = None;
        // What an earlier run left: creates that may be in flight, and rejections whose time has come.
        let mut left: BTreeSet<String> =
            self.state.rejected_keys(entity, direction, Due::At(self.clock.now()))?.into_iter().collect();
        let open = self.state.intents(entity, direction)?;
        left.extend(open.iter().map(|key| head_of(key).to_owned()));
        if !left.is_empty() {
            let made = self.prepare_push(flow, known, tally).await?;
            self.push_ids(flow, &made, left.into_iter().map(WizId).collect(), manner, tally).await?;
            shape = Some(made);
        }
        if bounds.mode == Mode::Full
            && let Some(most) = self.options.first_push.filter(|_| known.position.is_none() && flow.is_document())
        {
            // Keys may depend on what the flow learns of the account.
            if shape.is_none() {
                shape = Some(self.prepare_push(flow, known, tally).await?);
            }
            self.check_first_push(flow, most).await?;
        }
        let mut changes = Changes::since(&source, bounds.low);
        while let Some(page) = changes.next(self.wizcommerce).await? {
            if let Some(error) = self.stop.error() {
                return Err(error);
            }
            if page.rows.is_empty() {
                continue;
            }
            let made = match shape.take() {
                Some(made) => made,
                None => self.prepare_push(flow, known, tally).await?,
            };
            let arrivals = page.rows.into_iter().filter_map(|row| {
                let id = row.text("id").map(WizId)?;
                // What was left by an earlier run and taken up first is not looked at twice, unless it changed since.
                let is_done = tally.borrow().read.get(&id.0).is_some_and(|read| *read == row.text("updated_at"));
                (!is_done).then_some(Arrival { id, row: Some((row, page.date)) })
            });
            let arrivals = arrivals.collect();
            self.push_batch(flow, &made, arrivals, manner, tally).await?;
            shape = Some(made);
            if self.is_enough(tally) {
                let note = format!("{entity}: stopped as `--limit` or `--max-failures` asks; the cursor stays");
                self.observer.on(&Event::Note(&note));
                tally.borrow_mut().notes.push(note);
                return Ok(());
            }
        }
        // Nothing at all was ever seen: the next run begins as this one did.
        let high = changes.high().or(known.position).unwrap_or(Timestamp::UNIX_EPOCH);
        self.state.finish_run_of(entity, direction, &Bounds { high, ..bounds }, &[], self.clock.now())?;
        self.observer.on(&Event::Passed(Step::CursorMoved));
        if !self.options.dry_run {
            moved.after = self.state.cursor(entity, direction)?.position.map(rfc3339);
        }
        Ok(())
    }

    /// Stops the first push of a production profile before it books more documents than a person would expect.
    async fn check_first_push<P: Push>(&mut self, flow: &P, most: u64) -> Result<()> {
        let source = flow.source();
        let mut changes = Changes::since(&source, None);
        let mut names = BTreeSet::new();
        while let Some(page) = changes.next(self.wizcommerce).await? {
            for row in page.rows {
                let Some(id) = row.text("id") else { continue };
                let link = self.state.link_by_wiz(flow.kind(), &id)?;
                if flow.excludes(&row, link.as_ref()).is_none() && link.is_none() {
                    names.extend(flow.keys(&row, &[]).into_iter().flatten().map(|key| key.external_id));
                }
            }
        }
        let names: Vec<String> = names.into_iter().collect();
        let there = self.find_external(&flow.identity(), &names).await?;
        let new = names.iter().filter(|name| !there.contains_key(*name)).count() as u64;
        if new <= most {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Decision,
            format!("the first push would create {new} {} in NetSuite, and no `start-date` is set", flow.entity()),
        )
        .hint("set `start-date` under `[profile.<name>.orders]` to the date from which on orders go to NetSuite")
        .hint("see what would be created with `--dry-run`"))
    }

    /// Finds the record of a number: among the links first, then in the newest pages of the list.
    async fn find_number<P: Push>(&mut self, flow: &P, wanted: &Wanted, tally: &RefCell<Tally>) -> Result<Vec<WizId>> {
        let Some(number) = wanted.name() else { return Ok(Vec::new()) };
        if let Some(link) = self.state.link_by_number(flow.kind(), number)? {
            return Ok(vec![WizId(head_of(&link.wc_id.0).to_owned())]);
        }
        let source = flow.source();
        let mut found = BTreeSet::new();
        for states in [source.states, source.out_of_scope] {
            for state in states {
                let parameters = [&NEWEST_FIRST[..], state].concat();
                for page in 1..=PAGES {
                    let (rows, more) = self.wizcommerce.list_page::<Members>(&source.path, &parameters, page).await?;
                    let named = rows.iter().filter(|row| row.text(source.number).as_deref() == Some(number));
                    found.extend(named.filter_map(|row| row.text("id")).map(WizId));
                    if !more || !found.is_empty() {
                        break;
                    }
                }
            }
            if !found.is_empty() {
                break;
            }
        }
        if found.is_empty() {
            let noun = flow.entity().singular();
            let message = format!("WizCommerce shows no {noun} called {number} among its newest records");
            let rejection = Rejection::new(number, number, Reason::NonexistentId, message)
                .hinting(format!("name an older one by its id: `netwiz push {noun} <id>`"));
            tally.borrow_mut().counts.read += 1;
            self.count_rejected(flow.entity().name(), rejection, tally);
        }
        Ok(found.into_iter().collect())
    }
}
