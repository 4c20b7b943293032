//! What comes before the first batch: small tables, columns the account lacks, and what the target must have.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Engine, Event, Tally};
use crate::entities::inventory::WAREHOUSES;
use crate::entities::{Directory, Finder, Flow, Frame, Prerequisite, Rows, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{CallError, Method, Repeat};
use crate::model::{Fingerprint, Link, NetSuiteId, WizId, rfc3339};
use crate::netsuite::records::{Row, Select, Selection};
use crate::state::{Commit, Cursor};
use crate::wizcommerce::records::{AttributeDefinition, Call, PriceList, Warehouse};
use crate::wizcommerce::{OLDEST_FIRST, WriteError};

/// What was found out about the account for one flow: asked once and kept for a day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Shape {
    /// When it was asked.
    at: String,
    /// For which settings.
    mapping: String,
    /// Columns to leave out, by query.
    missing: BTreeMap<String, Vec<String>>,
    /// Queries over tables that the account does not have.
    #[serde(default)]
    absent: BTreeSet<String>,
    /// Tables that may be a day old: names and rows.
    tables: BTreeMap<String, Kept>,
}

/// A table as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    names: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
}

/// How long a shape serves. A new custom field is seen after this time, a column that was missing with `--full`.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

impl Shape {
    /// Gives a query without the columns that the account lacks.
    pub(super) fn fit(&self, select: Select) -> Select {
        match self.missing.get(select.name) {
            Some(missing) => select.without(missing),
            None => select,
        }
    }

    /// Tells whether the account has the tables of a query.
    pub(super) fn has(&self, select: &Select) -> bool {
        !self.absent.contains(select.name)
    }

    fn rows(&self, table: &str) -> Option<Vec<Row>> {
        let Kept { names, rows } = self.tables.get(table)?;
        let names: Rc<[String]> = names.clone().into();
        let row = |values: &Vec<Option<String>>| {
            let values = values.iter().map(|value| value.as_deref().map(Box::from)).collect();
            Row::new(Rc::clone(&names), values)
        };
        Some(rows.iter().map(row).collect())
    }

    fn keep(&mut self, table: &str, rows: &[Row]) {
        let names = rows.first().map_or_else(Vec::new, |row| row.names().to_vec());
        let values = |row: &Row| row.values().iter().map(|value| value.as_deref().map(str::to_owned)).collect();
        self.tables.insert(table.to_owned(), Kept { names, rows: rows.iter().map(values).collect() });
    }
}

impl Engine<'_> {
    /// Lets the flow learn its tables and finds out which columns the account lacks.
    pub(super) async fn shape<F: Flow>(&mut self, flow: &mut F, known: &Cursor, tally: &RefCell<Tally>) -> Result<Shape> {
        let checksums = flow.finders().iter().filter_map(Finder::block_select).map(|select| select.name).collect();
        self.shape_of(flow, all_selects, &checksums, known, tally).await
    }

    /// As [`Engine::shape`], for queries that are named. They are asked for once the flow has learned its tables, since those may
    /// say which columns there are.
    pub(super) async fn shape_of<F: Frame>(
        &mut self,
        flow: &mut F,
        selects: fn(&F) -> Vec<Select>,
        checksums: &BTreeSet<&str>,
        known: &Cursor,
        tally: &RefCell<Tally>,
    ) -> Result<Shape> {
        let mapping = mapping_digest(flow);
        let key = shape_key(flow);
        let asks = |select: &Select| select.optional || select.columns.iter().any(|column| column.optional);
        if flow.tables().is_empty() && !selects(flow).iter().any(asks) {
            // There is nothing to find out.
            return Ok(Shape::default());
        }
        let stored: Option<Shape> = self.state.meta(&key)?.and_then(|text| serde_json::from_str(&text).ok());
        let fresh = |shape: &Shape| {
            let at: Option<Timestamp> = shape.at.parse().ok();
            at.is_some_and(|at| self.source.now.duration_since(at) < KEPT)
        };
        let stored = stored.filter(|shape| !self.options.full && shape.mapping == mapping);
        // What an account lacks it rarely gets: an old answer saves asking for each of those columns again. `--full` asks.
        let lacked = stored.as_ref().map(|shape| shape.missing.clone()).unwrap_or_default();
        // A flow that runs again in one run, for others, does not ask again.
        let learned = self.memory.shapes.get(&key).cloned();
        let stored = learned.or_else(|| stored.filter(|shape| known.position.is_some() && fresh(shape)));

        let mut shape = stored.clone().unwrap_or_else(|| Shape { at: rfc3339(self.source.now), mapping, ..Shape::default() });
        for Table { select, keep, optional } in flow.tables() {
            let name = select.name;
            let rows = match shape.rows(name).filter(|_| keep) {
                Some(rows) => rows.into(),
                None => {
                    let rows = match self.table(&select).await {
                        // A hidden table that is not needed has no rows.
                        Err(error) if optional && matches!(error.kind(), ErrorKind::Permission | ErrorKind::Refused) => {
                            Rc::default()
                        }
                        other => other?,
                    };
                    if keep {
                        shape.keep(name, &rows);
                    }
                    rows
                }
            };
            flow.learn(name, &rows).map_err(|message| {
                Error::new(ErrorKind::Config, message).hint("see the settings in use with `netwiz config show`")
            })?;
        }
        if stored.is_none() {
            let selects = selects(flow);
            for select in &selects {
                if asks(select) {
                    let mut missing = lacked.get(select.name).cloned().unwrap_or_default();
                    match self.netsuite.missing_columns(&select.clone().without(&missing)).await {
                        Ok(more) => {
                            missing.extend(more);
                            shape.missing.insert(select.name.to_owned(), missing);
                        }
                        // An account that refuses checksums is read in full every so often.
                        Err(error) if error.kind() == ErrorKind::Refused && checksums.contains(select.name) => {}
                        Err(error) if select.optional && error.kind() == ErrorKind::Permission => {
                            shape.absent.insert(select.name.to_owned());
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            let text = serde_json::to_string(&shape).map_err(|error| {
                Error::new(ErrorKind::Internal, "what was learned about the account cannot be stored").caused_by(error)
            })?;
            self.state.set_meta(&key, &text)?;
            self.report_missing(flow, &selects, &shape, tally);
        }
        for (select, missing) in &shape.missing {
            flow.lacks(select, missing);
        }
        self.memory.shapes.insert(key, shape.clone());
        Ok(shape)
    }

    /// Reads a small table, once per run.
    async fn table(&mut self, select: &Select) -> Result<Rc<[Row]>> {
        if let Some((_, rows)) = self.memory.tables.iter().find(|(known, _)| known == select) {
            return Ok(Rc::clone(rows));
        }
        let rows: Rc<[Row]> = self.netsuite.select(select, &Selection::Range(None, None)).await?.into();
        self.memory.tables.push((select.clone(), Rc::clone(&rows)));
        Ok(rows)
    }

    /// Forgets what was learned about the account: a refused query may name a column that went away since.
    pub(super) fn forget_shape<F: Frame>(&mut self, flow: &F) -> Result<()> {
        self.memory.shapes.remove(&shape_key(flow));
        self.state.set_meta(&shape_key(flow), "")
    }

    /// Names the columns that the settings ask for and the account lacks.
    fn report_missing<F: Frame>(&self, flow: &F, selects: &[Select], shape: &Shape, tally: &RefCell<Tally>) {
        let mut expressions = BTreeSet::new();
        for select in selects {
            let Some(missing) = shape.missing.get(select.name) else { continue };
            for column in select.columns.iter().filter(|column| column.configured && missing.contains(&column.name)) {
                expressions.insert(column.expression.clone());
            }
        }
        if !expressions.is_empty() {
            let list = expressions.into_iter().collect::<Vec<_>>().join(", ");
            let note = format!("{}: this account does not have {list}; they are left out", flow.entity());
            self.observer.on(&Event::Note(&note));
            tally.borrow_mut().notes.push(note);
        }
    }

    /// Lists what the target already holds, once before a first run: many keys without a link are not looked up one by one.
    pub(super) async fn list_target<F: Flow>(&mut self, flow: &F) -> Result<()> {
        let Some(lookup) = flow.lookup() else { return Ok(()) };
        // What an interrupted run listed is as old as that run.
        self.state.forget_listing(flow.kind())?;
        self.list_into(&lookup, flow.kind()).await?;
        self.memory.listed.insert(flow.kind());
        Ok(())
    }

    /// Makes sure of everything the flow's writes rely on, before the first of them.
    pub(super) async fn prepare<F: Flow>(&mut self, flow: &F) -> Result<()> {
        if self.memory.prepared.contains(&shape_key(flow)) {
            return Ok(());
        }
        for prerequisite in flow.prerequisites() {
            match prerequisite {
                Prerequisite::PriceLists(wanted) => self.check_price_lists(&wanted).await?,
                Prerequisite::Attributes(entity, names) => self.make_attributes(entity, &names).await?,
                Prerequisite::Warehouses(path, locations) => self.make_warehouses(&path, &locations).await?,
            }
        }
        self.memory.prepared.insert(shape_key(flow));
        Ok(())
    }

    /// Lets the flow consult the target's lists that its mapping needs. Read before the first batch of a flow, so a run with
    /// nothing to do asks for nothing.
    pub(super) async fn consult<F: Frame>(&self, flow: &mut F) -> Result<()> {
        for Directory { name, path, parameters } in flow.directories() {
            let known = self.memory.directories.borrow().get(path).cloned();
            let entries = match known {
                Some(entries) => entries,
                None => {
                    let parameters = [&OLDEST_FIRST[..], parameters].concat();
                    let entries: Rc<[Box<RawValue>]> = self.wizcommerce.list(path, &parameters).await?.into();
                    self.memory.directories.borrow_mut().insert(path, Rc::clone(&entries));
                    entries
                }
            };
            flow.consult(name, &entries).map_err(|message| {
                Error::new(ErrorKind::Config, message).hint("see the settings in use with `netwiz config show`")
            })?;
        }
        Ok(())
    }

    async fn check_price_lists(&self, wanted: &[String]) -> Result<()> {
        let lists: Vec<PriceList> =
            self.wizcommerce.list("/v1/price-lists", &[&OLDEST_FIRST[..], &[("status", "active")]].concat()).await?;
        let there: BTreeSet<&str> = lists.iter().filter_map(|list| list.reference_id.as_deref()).collect();
        let missing: Vec<&str> = wanted.iter().map(String::as_str).filter(|list| !there.contains(list)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Config,
            format!("WizCommerce has no active price list with the reference id {}", missing.join(", ")),
        )
        .hint(
            "make the list in WizCommerce in the right currency (its API cannot set one), or correct `[profile.<name>.catalogs]`",
        ))
    }

    async fn make_attributes(&self, entity: &str, names: &[String]) -> Result<()> {
        let mut lost = None;
        for attempt in 0..3 {
            let there: Vec<AttributeDefinition> = self.wizcommerce.list("/v1/attributes", &[("entity", entity)]).await?;
            let missing: Vec<&String> = names.iter().filter(|name| !there.iter().any(|known| known.name == **name)).collect();
            if missing.is_empty() || self.options.dry_run {
                return Ok(());
            }
            for name in missing {
                let body = serde_json::json!({ "entity": entity, "name": name, "data_type": "text" }).to_string();
                lost = self.make(&format!("the attribute {name}"), "/v1/attributes", body, attempt).await?.or(lost);
            }
        }
        Err(self.not_made("attributes", lost))
    }

    async fn make_warehouses(&mut self, path: &str, locations: &[(NetSuiteId, String)]) -> Result<()> {
        let mut linked = BTreeSet::new();
        for (id, _) in locations {
            if self.state.link(WAREHOUSES, *id)?.is_some() {
                linked.insert(*id);
            }
        }
        if locations.iter().all(|(id, _)| linked.contains(id)) {
            return Ok(());
        }
        let mut lost = None;
        for attempt in 0..3 {
            let there: Vec<Warehouse> = self.wizcommerce.list(path, &OLDEST_FIRST).await?;
            let mut links = Vec::new();
            let mut missing = Vec::new();
            for (id, name) in locations {
                let reference = id.to_string();
                match there.iter().find(|warehouse| warehouse.reference_id.as_deref() == Some(&reference)) {
                    Some(warehouse) => links.push(Link::new(WAREHOUSES, *id, WizId(warehouse.id.clone()))),
                    // A dry run plans with the warehouses it would make.
                    None if self.options.dry_run => links.push(Link::new(WAREHOUSES, *id, WizId(format!("planned {id}")))),
                    None => missing.push((id, name)),
                }
            }
            if missing.is_empty() {
                return self
                    .state
                    .commit(&Commit { entity: WAREHOUSES, direction: "pull", links, ..Commit::default() }, self.clock.now());
            }
            for (id, name) in missing {
                let body = serde_json::json!({ "reference_id": id.to_string(), "name": name }).to_string();
                lost = self.make(&format!("the warehouse {name}"), path, body, attempt).await?.or(lost);
            }
        }
        Err(self.not_made("warehouses", lost))
    }

    /// Makes the error of things that the list does not show after all attempts to make them.
    fn not_made(&self, what: &str, lost: Option<String>) -> Error {
        match lost {
            Some(words) => {
                self.wizcommerce.remote().unavailable(&format!("the making of {what}"), CallError::Unknown(words, true))
            }
            None => Error::new(ErrorKind::Unavailable, format!("WizCommerce accepted new {what} but does not list them"))
                .hint("nothing is lost: run the same command again in a few minutes"),
        }
    }

    /// Makes one thing. The list is read again afterwards, so a lost answer needs no more than patience; it is given back in
    /// words.
    async fn make(&self, what: &str, path: &str, body: String, attempt: u32) -> Result<Option<String>> {
        let call = Call { method: Method::Post, path: path.into(), body, repeat: Repeat::Never };
        match self.wizcommerce.write(&call).await {
            Ok(_) => Ok(None),
            // It may be there by now: the list is read again before that is called a failure.
            Err(WriteError::Refused(refusal)) if attempt == 0 => {
                tracing::info!(what, refusal.words, "refused; looking whether it is there");
                Ok(None)
            }
            Err(WriteError::Refused(refusal)) => Err(Error::new(ErrorKind::Refused, format!("WizCommerce refused {what}"))
                .caused_by(refusal.words)
                .hint("make it by hand in WizCommerce, then run the same command again")),
            Err(WriteError::Unknown(words, _)) => {
                tracing::info!(what, words, "the answer was lost; looking whether it was made");
                tokio::time::sleep(self.wizcommerce.remote().schedule().base * (attempt + 1)).await;
                Ok(Some(words))
            }
            Err(WriteError::Failed(error)) => Err(error),
        }
    }
}

fn shape_key<F: Frame>(flow: &F) -> String {
    format!("shape {} {}", flow.entity().name(), flow.direction().name())
}

/// Digests what decides the target's content: the settings, and the build's own mapping.
pub(super) fn mapping_digest<F: Frame>(flow: &F) -> String {
    /// Raised when a release maps the same record to another body.
    const MAPPING: u32 = 2;
    Fingerprint::of(format!("{MAPPING} {}", flow.mapping()).as_bytes()).as_str().to_owned()
}

/// Gives every query of a flow once.
fn all_selects<F: Flow>(flow: &F) -> Vec<Select> {
    let universe = flow.universe().select().cloned();
    let finders = flow.finders().into_iter().filter_map(|finder| match finder {
        Finder::Stamped { select, .. } | Finder::Blocks { select, .. } => Some(select),
        Finder::Unlinked(_) | Finder::NewlyLinked(_) | Finder::SavedSearch(_) => None,
    });
    let containers = flow.containers().map(|(select, _)| select);
    let further = flow.further(&Rows::default()).into_iter().map(|(select, _)| select);
    let mut selects: Vec<Select> =
        universe.into_iter().chain(finders).chain(containers).chain(flow.details()).chain(further).collect();
    // Of several with one name the one that reads the most is probed: the others are about the same rows.
    let mut widest: BTreeMap<&str, usize> = BTreeMap::new();
    for select in &selects {
        let columns = widest.entry(select.name).or_default();
        *columns = (*columns).max(select.columns.len());
    }
    selects.retain(|select| widest.get(select.name) == Some(&select.columns.len()) && widest.remove(select.name).is_some());
    selects
}
