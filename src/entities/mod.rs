//! The entities: what a flow is, and the list of flows.
//!
//! A flow is an entity in one direction. It declares where its records come from ([`Finder`]s name the heads to look at,
//! selects read them whole), what they refer to, how they map to the other side, and which requests write them. It runs
//! none of this itself: the engine in [`crate::sync`] does, the same way for every flow. Everything here is free of I/O.

#![warn(clippy::float_arithmetic)]

pub mod adhoc;
pub mod catalogs;
pub mod credit_memos;
pub mod customers;
pub mod documents;
pub mod estimates;
pub mod inventory;
pub mod invoices;
pub mod orders;
pub mod payments;
pub mod products;
pub mod push;
pub mod sales;
pub mod shipments;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::http::{Method, Repeat};
use crate::model::{Direction, EntityKind, Fingerprint, Flag, Link, Listed, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::Searched;
use crate::netsuite::records::{Row, Select};
use crate::netsuite::suiteql::IN_LIST;
use crate::wizcommerce::records::{Call, Members, Referenced};

/// Item ids in one checksum block. A changed row makes its block be read again, so small blocks; one row each, so not too
/// small: 100,000 items give one page of checksums.
pub const BLOCK: i64 = 100;

/// Says that an answer shows another record than the one asked for.
pub(crate) fn is_another(wc_id: &WizId, present: &Members) -> Option<String> {
    let shown = present.text("id");
    (shown.as_deref() != Some(&wc_id.0)).then(|| format!("it calls itself {}", shown.as_deref().unwrap_or("nothing")))
}

/// What every flow has, whichever way its records go: its name, what it has to know before it can map, and its settings.
pub trait Frame {
    /// The entity.
    fn entity(&self) -> EntityKind;

    /// The direction.
    fn direction(&self) -> Direction {
        Direction::Pull
    }

    /// Under which name its links are kept.
    fn kind(&self) -> &'static str {
        self.entity().name()
    }

    /// The settings that decide what is written: when they change, everything is compared again.
    fn mapping(&self) -> String;

    /// Small tables that are read whole before anything else.
    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }

    /// Takes in a table. Called once per table and run, before any of the methods below.
    ///
    /// # Errors
    ///
    /// Says in words which setting does not fit the account.
    fn learn(&mut self, _table: &str, _rows: &[Row]) -> Result<(), String> {
        Ok(())
    }

    /// Hears which optional columns of one of its queries the account lacks. Called before any of the methods below.
    fn lacks(&mut self, _select: &str, _missing: &[String]) {}

    /// Lists of the target that mapping needs, e.g. its sales reps. Read once per run, before the first batch.
    fn directories(&self) -> Vec<Directory> {
        Vec::new()
    }

    /// Takes in such a list.
    ///
    /// # Errors
    ///
    /// Says in words which setting does not fit the tenant.
    fn consult(&mut self, _directory: &str, _entries: &[Box<RawValue>]) -> Result<(), String> {
        Ok(())
    }

    /// Whether records that could not be written are stored as failures of this entity, to be tried again.
    fn keeps_failures(&self) -> bool {
        true
    }
}

/// An entity in one direction, NetSuite to WizCommerce.
pub trait Flow: Frame {
    /// What the record should be on the other side, as the flow's own type.
    type Body: Clone;

    /// Heads read and committed together.
    fn batch(&self) -> usize {
        IN_LIST
    }

    /// Where all heads are.
    fn universe(&self) -> Universe;

    /// Queries that name the heads to look at in an incremental run.
    fn finders(&self) -> Vec<Finder>;

    /// The query of heads that are made of other heads, and the expression of those others' ids: when one of them is looked
    /// at, so are the heads around it.
    fn containers(&self) -> Option<(Select, String)> {
        None
    }

    /// The entity whose record must be linked before this one can be written, when there is one.
    fn parent(&self) -> Option<EntityKind> {
        None
    }

    /// The query that finds the heads of records somebody names, when the source has to be asked for them; the records
    /// themselves are its column `id`, and `in_scope` tells whether they are of this flow at all.
    fn locate(&self, wanted: &Wanted) -> Option<Select>;

    /// Queries of the heads that hang off records of another entity: keyed by head, each with the expression of those
    /// others' ids. Linked documents and what a new link lets in are found by them.
    fn hanging_off(&self, _parent: EntityKind) -> Vec<(Select, String)> {
        Vec::new()
    }

    /// Entities whose records hang off this one's and are brought along with it when that is asked.
    fn followers(&self) -> &'static [EntityKind] {
        &[]
    }

    /// The records that must be switched off, were they linked and active: what the fuse counts (`correctness.md` R20).
    fn switched_off(&self) -> Option<Finder> {
        None
    }

    /// Takes in the members of the saved search that chooses this flow's records.
    fn admit(&mut self, _members: HashSet<i64>) {}

    /// Which of these linked records the saved search does not choose any more: the fuse counts them, too.
    fn expelled(&self, _linked: &[i64]) -> Vec<i64> {
        Vec::new()
    }

    /// What NetSuite's record service calls records of this flow: a deletion is believed when none of them answers for the
    /// id (`correctness.md` R19). Empty: deletions are not followed.
    fn record_types(&self) -> &'static [&'static str] {
        &[]
    }

    /// Maps a linked record that was deleted in NetSuite.
    fn deleted(&self, _link: &Link) -> Option<Mapped<Self::Body>> {
        None
    }

    /// Queries that read a batch of heads whole, by head.
    fn details(&self) -> Vec<Select>;

    /// Queries by ids that only the rows read so far name. Asked again after each answer until nothing is wanted.
    fn further(&self, _rows: &Rows) -> Vec<(Select, Vec<i64>)> {
        Vec::new()
    }

    /// Links that mapping needs.
    fn references(&self, rows: &Rows) -> Vec<Reference>;

    /// Records that must be linked before those of the batch can be, and are not: they are brought first.
    fn missing_parents(&self, _rows: &Rows, _known: &Known) -> BTreeMap<EntityKind, BTreeSet<i64>> {
        BTreeMap::new()
    }

    /// Products that no item stands for in WizCommerce and that a document of the batch needs all the same. Asked after the
    /// missing parents were brought.
    fn stand_ins(&self, _rows: &Rows, _known: &Known) -> Vec<adhoc::Wanted> {
        Vec::new()
    }

    /// Groups that the batch would begin, each with the natural keys of its members: whether somebody else has a group of
    /// that name is found out before mapping.
    fn new_groups(&self, _rows: &Rows, _known: &Known) -> Vec<(String, Vec<String>)> {
        Vec::new()
    }

    /// Maps the rows of a batch. One answer per record, in a stable order.
    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Self::Body>>;

    /// What of a record cannot be sent and is left out, by the word it is counted under: nothing is dropped quietly.
    fn left_out(&self, _body: &Self::Body) -> Vec<(&'static str, usize)> {
        Vec::new()
    }

    /// How records without a link are looked up on the target; `None` when writing is an upsert by key.
    fn lookup(&self) -> Option<Lookup>;

    /// What must exist on the target before the first write.
    fn prerequisites(&self) -> Vec<Prerequisite> {
        Vec::new()
    }

    /// The address of a record that has to be read before it can be changed, because a part of it is somebody else's or is
    /// only replaced whole; `None` when a change names just what it changes.
    fn detail(&self, _wc_id: &WizId) -> Option<String> {
        None
    }

    /// Says why an answer cannot be the record that was read before its change; nothing is put over what cannot be understood.
    fn unreadable(&self, wc_id: &WizId, present: &Members) -> Option<String> {
        is_another(wc_id, present)
    }

    /// Says of a record that was read before its change which values lost against others that both sides changed, and to what.
    fn overruled(&self, _record: &Planned<Self::Body>) -> Vec<String> {
        Vec::new()
    }

    /// The requests for the records of one lane, in order.
    fn writes(&self, planned: &[Planned<Self::Body>]) -> Vec<Write>;

    /// Tells whether a record that was just created needs a change on top, which a create cannot say.
    fn is_unfinished(&self, created: &Desired<Self::Body>) -> bool {
        !created.active
    }

    /// Reads look-up key and id of each record out of the answer to a create.
    ///
    /// # Errors
    ///
    /// Says what the answer is instead.
    fn created(&self, data: &RawValue) -> Result<Vec<(String, WizId)>, String> {
        created_by_reference(data)
    }

    /// Turns a refusal of a write into a rejection.
    fn refused(&self, planned: &Planned<Self::Body>, words: &str, _fields: &[String]) -> Rejection {
        let desired = &planned.desired;
        Rejection::new(desired.key, &desired.label, Reason::RefusedByWizcommerce, words).of_head(desired.head)
    }
}

/// Records somebody names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By Internal ID.
    Ids(Vec<i64>),
    /// By natural key: a SKU.
    Key(String),
    /// By the number people use: a document number or a customer number.
    Number(String),
}

impl Wanted {
    /// Gives the name by which a person asked, when it is no id.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Ids(_) => None,
            Self::Key(name) | Self::Number(name) => Some(name),
        }
    }
}

/// A list of the target that mapping needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Under which name the flow takes it in.
    pub name: &'static str,
    /// Where it is.
    pub path: &'static str,
    /// Its parameters beside the page.
    pub parameters: &'static [(&'static str, &'static str)],
}

/// A small table read whole.
pub struct Table {
    /// The query.
    pub select: Select,
    /// Whether it changes so rarely that a day-old copy will do.
    pub keep: bool,
    /// Whether an account without it is served all the same.
    pub optional: bool,
}

/// Where all heads of a flow are.
pub enum Universe {
    /// In NetSuite: the query's keys.
    Source(Select),
    /// In our own map: the kept links of a kind.
    Linked(&'static str),
    /// The kept links of a kind that the query names.
    LinkedOf(&'static str, Select),
}

impl Universe {
    /// Gives the kind of links whose ids the heads are, where they are those.
    pub fn linked(&self) -> Option<&'static str> {
        match self {
            Self::Source(_) => None,
            Self::Linked(kind) | Self::LinkedOf(kind, _) => Some(kind),
        }
    }

    /// Gives the query of the heads, where there is one.
    pub fn select(&self) -> Option<&Select> {
        match self {
            Self::Source(select) | Self::LinkedOf(_, select) => Some(select),
            Self::Linked(_) => None,
        }
    }
}

/// A query that names heads to look at.
pub enum Finder {
    /// Records whose stamp moved: the engine adds the bound.
    Stamped {
        /// The query, keyed by head.
        select: Select,
        /// The date-time expression.
        stamp: String,
    },
    /// Rows without a stamp, found by one checksum per block of [`BLOCK`] ids.
    Blocks {
        /// The name under which the checksums are kept.
        name: &'static str,
        /// The query, keyed by the first id of the block and grouped.
        select: Select,
        /// Further heads that depend on ids in a changed block: a query keyed by head, and the expression of those ids.
        dependents: Option<(Select, String)>,
    },
    /// Links of one kind that have none of the flow's own yet.
    Unlinked(&'static str),
    /// Records that hang off another entity's, linked since this flow last finished ([`Flow::hanging_off`]).
    NewlyLinked(EntityKind),
    /// Members of a saved search that came, went or changed.
    SavedSearch(SavedSearch),
}

/// A saved search whose members are in scope.
#[derive(Debug, Clone)]
pub struct SavedSearch {
    /// Its script id or number.
    pub id: String,
    /// The heads of members: a query keyed by head, and the expression of the members' ids.
    pub heads: (Select, String),
    /// What its rows have to be.
    pub of: Searched,
}

impl Finder {
    /// Gives the query of stamps, for a finder that has one.
    pub fn stamped(&self) -> Option<&Select> {
        match self {
            Self::Stamped { select, .. } => Some(select),
            Self::Blocks { .. } | Self::Unlinked(_) | Self::NewlyLinked(_) | Self::SavedSearch(_) => None,
        }
    }

    /// Gives the query of checksums, for a finder that has one.
    pub fn block_select(&self) -> Option<&Select> {
        match self {
            Self::Blocks { select, .. } => Some(select),
            Self::Stamped { .. } | Self::Unlinked(_) | Self::NewlyLinked(_) | Self::SavedSearch(_) => None,
        }
    }
}

/// The rows of a batch, by the name of the query that read them.
#[derive(Default)]
pub struct Rows {
    rows: HashMap<&'static str, Vec<Row>>,
    heads: Vec<i64>,
}

impl Rows {
    /// Starts with the heads that were asked for by id; empty for a range.
    pub fn new(heads: Vec<i64>) -> Self {
        Self { rows: HashMap::new(), heads }
    }

    /// Adds the answer of a query.
    pub fn add(&mut self, name: &'static str, mut rows: Vec<Row>) {
        self.rows.entry(name).or_default().append(&mut rows);
    }

    /// Puts the answer of a query in the place of what was known of the same heads.
    pub fn renew(&mut self, name: &'static str, heads: &BTreeSet<i64>, rows: Vec<Row>) {
        let known = self.rows.entry(name).or_default();
        known.retain(|row| row.head().is_none_or(|head| !heads.contains(&head.0)));
        known.extend(rows);
    }

    /// Gives the rows a query answered.
    pub fn of(&self, name: &str) -> &[Row] {
        self.rows.get(name).map_or(&[], Vec::as_slice)
    }

    /// Gives the rows of all queries.
    pub fn all(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().flatten()
    }

    /// Gives the heads that were asked for by id.
    pub fn heads(&self) -> &[i64] {
        &self.heads
    }
}

/// A link that mapping needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// The link of a NetSuite record.
    Id(&'static str, i64),
    /// The link of a natural key.
    Key(&'static str, String),
    /// The link of a WizCommerce record.
    Wiz(&'static str, String),
}

/// The links that were resolved for a batch.
#[derive(Default)]
pub struct Known {
    links: HashMap<Reference, Link>,
    foreign: HashSet<String>,
    absent: HashMap<(EntityKind, i64), Absent>,
    absent_wiz: HashMap<(EntityKind, String), Absent>,
    targets: HashMap<String, push::Target>,
    open: HashMap<String, Vec<String>>,
    asked: bool,
}

/// Why a record that others refer to is not linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// It is out of scope, for this reason.
    Skipped(&'static str),
    /// It was rejected.
    Rejected(Rejection),
}

impl Known {
    /// Adds what was resolved.
    pub fn add(&mut self, reference: Reference, link: Link) {
        self.links.insert(reference, link);
    }

    /// Notes a group on the target that is somebody else's.
    pub fn add_foreign(&mut self, group: String) {
        self.foreign.insert(group);
    }

    /// Tells whether a group on the target is somebody else's.
    pub fn is_foreign(&self, group: &str) -> bool {
        self.foreign.contains(group)
    }

    /// Notes why a record is not linked.
    pub fn add_absent(&mut self, entity: EntityKind, id: i64, why: Absent) {
        self.absent.insert((entity, id), why);
    }

    /// Takes over what is known of absent records.
    pub fn take_absent(&mut self, other: Self) {
        self.absent = other.absent;
    }

    /// Notes that somebody names these very records, or a document that they are linked with.
    pub fn ask(&mut self) {
        self.asked = true;
    }

    /// Tells whether the records were reached through a document they are linked with: that lifts `start-date`.
    pub fn is_asked(&self) -> bool {
        self.asked
    }

    /// Gives the link of a NetSuite record.
    pub fn id(&self, kind: &'static str, id: NetSuiteId) -> Option<&Link> {
        self.links.get(&Reference::Id(kind, id.0))
    }

    /// Says of a record whose parent is not linked what becomes of it: it follows its parent, with the parent's reason.
    pub fn follow<B>(&self, child: &Child<'_>, parent: EntityKind, id: NetSuiteId, unknown: Reason) -> Mapped<B> {
        match self.absent.get(&(parent, id.0)) {
            Some(Absent::Skipped(reason)) => child.skipped(reason),
            Some(Absent::Rejected(rejection)) => {
                let message = format!("its {} {} was rejected: {}", parent.singular(), rejection.label, rejection.message);
                child.rejected(rejection.reason, message, Some(&rejection.hint))
            }
            None => child.rejected(unknown, format!("its {} {id} is not in WizCommerce", parent.singular()), None),
        }
    }

    /// Gives the link of a WizCommerce record.
    pub fn wiz(&self, kind: &'static str, id: &str) -> Option<&Link> {
        self.links.get(&Reference::Wiz(kind, id.to_owned()))
    }

    /// Notes which record a key is in NetSuite.
    pub fn add_target(&mut self, key: &WizId, target: push::Target) {
        self.targets.insert(key.0.clone(), target);
    }

    /// Gives the record that a key is in NetSuite.
    pub fn target(&self, key: &WizId) -> Option<push::Target> {
        self.targets.get(&key.0).copied()
    }

    /// Gives the records that keys are in NetSuite.
    pub fn target_ids(&self) -> impl Iterator<Item = NetSuiteId> {
        self.targets.values().map(|target| target.id)
    }

    /// Notes the keys of creates of a WizCommerce record whose outcome is not known.
    pub fn add_open(&mut self, head: &WizId, keys: Vec<String>) {
        self.open.insert(head.0.clone(), keys);
    }

    /// Gives the keys of creates of a WizCommerce record whose outcome is not known.
    pub fn open(&self, head: &str) -> &[String] {
        self.open.get(head).map_or(&[], Vec::as_slice)
    }

    /// Notes why a WizCommerce record is not linked.
    pub fn add_absent_wiz(&mut self, entity: EntityKind, id: String, why: Absent) {
        self.absent_wiz.insert((entity, id), why);
    }

    /// Gives why a WizCommerce record is not linked, where that was found out.
    pub fn absent_wiz(&self, entity: EntityKind, id: &str) -> Option<&Absent> {
        self.absent_wiz.get(&(entity, id.to_owned()))
    }

    /// Gives the link of a natural key.
    pub fn key(&self, kind: &'static str, key: &str) -> Option<&Link> {
        self.links.get(&Reference::Key(kind, key.to_owned()))
    }
}

/// A record as it is named while it is mapped.
#[derive(Debug, Clone, Copy)]
pub struct Child<'a> {
    /// The record.
    pub key: NetSuiteId,
    /// The head it was read with.
    pub head: NetSuiteId,
    /// What a person calls it.
    pub label: &'a str,
}

impl<'a> Child<'a> {
    /// Names a record that is its own head.
    pub fn new(key: NetSuiteId, label: &'a str) -> Self {
        Self { key, head: key, label }
    }

    /// Says that it is out of scope.
    pub fn skipped<B>(&self, reason: &'static str) -> Mapped<B> {
        Mapped::Skipped { key: self.key, label: self.label.to_owned(), reason }
    }

    /// Says that it cannot be written, with the reason's usual hint unless there is a better one.
    pub fn rejected<B>(&self, reason: Reason, message: impl Into<String>, hint: Option<&str>) -> Mapped<B> {
        let rejection = Rejection::new(self.key, self.label, reason, message).of_head(self.head);
        Mapped::Rejected(match hint {
            Some(hint) => rejection.hinting(hint),
            None => rejection,
        })
    }
}

/// What mapping says about one record.
pub enum Mapped<B> {
    /// It should be like this on the other side.
    Desired(Box<Desired<B>>),
    /// It is out of scope by configuration.
    Skipped {
        /// The record.
        key: NetSuiteId,
        /// What a person calls it.
        label: String,
        /// The word it is counted under.
        reason: &'static str,
    },
    /// It cannot be written.
    Rejected(Rejection),
}

impl<B> Mapped<B> {
    /// Gives what the record should be, when it can be written.
    pub fn desired(&self) -> Option<&Desired<B>> {
        match self {
            Self::Desired(desired) => Some(desired),
            Self::Skipped { .. } | Self::Rejected(_) => None,
        }
    }

    /// Gives the record's id.
    pub fn key(&self) -> i64 {
        match self {
            Self::Desired(desired) => desired.key.0,
            Self::Skipped { key, .. } => key.0,
            Self::Rejected(rejection) => rejection.key.parse().unwrap_or_default(),
        }
    }
}

/// What one record should be on the other side.
#[derive(Clone)]
pub struct Desired<B> {
    /// The record.
    pub key: NetSuiteId,
    /// The head it was read with.
    pub head: NetSuiteId,
    /// Its natural key.
    pub natural_key: String,
    /// What a person calls it.
    pub label: String,
    /// Records of one lane are written one after the other.
    pub lane: String,
    /// Whether it is to be switched on.
    pub active: bool,
    /// Marks of the link beside its being switched off.
    pub flags: Vec<Flag>,
    /// The external id it has in NetSuite, where netwiz gave it one.
    pub external_id: Option<String>,
    /// The record on the target when mapping knows it already (a take-over, or a record that shares its parent's id).
    pub target: Option<WizId>,
    /// Links to be stored with it, e.g. of its group.
    pub containers: Vec<Link>,
    /// What it is compared by: one text per part, each with the part's name.
    pub parts: Vec<(String, Fingerprint)>,
    /// What is sent.
    pub body: B,
}

impl<B: Serialize> Desired<B> {
    /// Begins a record that is compared as a whole, by what is sent of it.
    pub fn whole(key: NetSuiteId, label: &str, body: B) -> Self {
        let part = Fingerprint::of(&serde_json::to_vec(&body).unwrap_or_default());
        Self::new(key, label, vec![(String::new(), part)], body)
    }
}

impl<B> Desired<B> {
    /// Begins a record that is its own head and switched on, compared part by part; `label` is its natural key, too.
    pub fn new(key: NetSuiteId, label: &str, parts: Vec<(String, Fingerprint)>, body: B) -> Self {
        Self {
            key,
            head: key,
            natural_key: label.to_owned(),
            label: label.to_owned(),
            lane: key.to_string(),
            active: true,
            flags: Vec::new(),
            external_id: None,
            target: None,
            containers: Vec::new(),
            parts,
            body,
        }
    }

    /// Digests all parts.
    pub fn fingerprint(&self) -> Fingerprint {
        let text: String = self.parts.iter().map(|(name, part)| format!("{name}={};", part.as_str())).collect();
        Fingerprint::of(format!("{text}{}", self.active).as_bytes())
    }

    /// Writes the parts as the link's image; `None` for a record of one part, whose fingerprint says it all.
    pub fn image(&self) -> Option<String> {
        (self.parts.len() > 1).then(|| {
            let parts: std::collections::BTreeMap<&str, &str> =
                self.parts.iter().map(|(name, part)| (name.as_str(), part.as_str())).collect();
            serde_json::to_string(&parts).unwrap_or_default()
        })
    }
}

/// What is to be done about a record: the answer of [`crate::sync`]'s plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It is nowhere: create it.
    Create,
    /// It is there without a link: link it and bring it up to date.
    Adopt(WizId),
    /// It is linked and differs.
    Update(WizId),
    /// It is linked and as it should be.
    Unchanged,
}

/// A record with what is to be done about it.
#[derive(Clone)]
pub struct Planned<B> {
    /// What it should be.
    pub desired: Desired<B>,
    /// What to do.
    pub action: Action,
    /// Whether it is switched on there now, as far as is known.
    pub was_active: Option<bool>,
    /// What each part was last written as; JSON.
    pub image: Option<String>,
    /// What it is on the target now, for a flow that reads that before a change ([`Flow::detail`]); JSON.
    pub present: Option<Box<RawValue>>,
    /// When it was planned, by NetSuite's clock.
    pub at: Timestamp,
}

impl<B> Planned<B> {
    /// Tells whether a part differs from what was last written of it.
    pub fn differs(&self, part: &str, now: &Fingerprint) -> bool {
        let Some(image) = &self.image else { return true };
        let written: HashMap<String, String> = serde_json::from_str(image).unwrap_or_default();
        written.get(part).is_none_or(|before| before != now.as_str())
    }

    /// Writes the image of a record whose change did not succeed: what it left alone is as it was written before, and what it
    /// touched is like nothing that will come, since some of it may have been executed.
    pub fn image_in_doubt(&self) -> Option<String> {
        let mut parts: BTreeMap<String, String> = serde_json::from_str(self.image.as_ref()?).ok()?;
        let now: BTreeMap<&str, &str> = self.desired.parts.iter().map(|(name, part)| (name.as_str(), part.as_str())).collect();
        for (name, before) in &mut parts {
            if now.get(name.as_str()) != Some(&before.as_str()) {
                before.clear();
            }
        }
        for name in now.into_keys() {
            parts.entry(name.to_owned()).or_default();
        }
        serde_json::to_string(&parts).ok()
    }
}

/// How records without a link are found on the target.
pub struct Lookup {
    /// The list, e.g. `/v1/products`.
    pub path: String,
    /// The lists that together show every record, whatever its state: no list is asked without saying which state
    /// (`correctness.md` R11).
    pub states: &'static [&'static [(&'static str, &'static str)]],
    /// What records are found by.
    pub by: By,
    /// The parameter that takes a group, for records that come in groups.
    pub group_parameter: Option<&'static str>,
    /// Reads one record of the list.
    pub read: fn(&RawValue) -> Result<Listed, String>,
}

/// What records are found by on the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The natural key, one at a time, in a parameter of this name.
    NaturalKey(&'static str),
    /// Our own reference, the Internal ID, many at a time.
    Reference,
}

impl Lookup {
    /// A look-up by our own reference.
    pub fn by_reference(path: impl Into<String>, states: &'static [&'static [(&'static str, &'static str)]]) -> Self {
        Self { path: path.into(), states, by: By::Reference, group_parameter: None, read: listed_by_reference }
    }

    /// Gives the parameter that takes keys, and how many of them at once.
    pub const fn parameter(&self) -> (&'static str, usize) {
        match self.by {
            By::NaturalKey(parameter) => (parameter, 1),
            By::Reference => ("reference_ids", 100),
        }
    }

    /// Gives what a record is looked up by.
    pub fn key_of<B>(&self, desired: &Desired<B>) -> String {
        match self.by {
            By::NaturalKey(_) => desired.natural_key.clone(),
            By::Reference => desired.key.to_string(),
        }
    }
}

/// Reads a record of a list by its reference.
fn listed_by_reference(raw: &RawValue) -> Result<Listed, String> {
    let record: Referenced = serde_json::from_str(raw.get()).map_err(|error| format!("no record: {error}"))?;
    Ok(Listed {
        natural_key: record.reference_id.clone().unwrap_or_default(),
        wc_id: WizId(record.id),
        reference_id: record.reference_id,
        active: record.status.as_deref() != Some("inactive"),
        group: None,
    })
}

/// Reads reference and id out of the answer to the create of one record.
fn created_by_reference(data: &RawValue) -> Result<Vec<(String, WizId)>, String> {
    let record: Referenced = serde_json::from_str(data.get()).map_err(|error| format!("no record: {error}"))?;
    Ok(vec![(record.reference_id.unwrap_or_default(), WizId(record.id))])
}

/// Something that must exist on the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prerequisite {
    /// These price lists, by reference id; they cannot be made for the user, since the API cannot set their currency.
    PriceLists(Vec<String>),
    /// These attributes of an entity, by name; missing ones are made as texts.
    Attributes(&'static str, Vec<String>),
    /// A warehouse per location, at a path: Internal ID and name of each; missing ones are made and linked.
    Warehouses(String, Vec<(NetSuiteId, String)>),
}

/// One request and the records it writes.
pub struct Write {
    /// The request.
    pub call: Call,
    /// Which of the lane's records, by position.
    pub covers: Vec<usize>,
    /// Whether it creates them, so that an unknown outcome must be looked up.
    pub creates: bool,
    /// Whether further requests depend on its answer: the record is read and compared once more after it.
    pub again: bool,
}

impl Write {
    /// A change of the lane's only record.
    pub fn change(method: Method, path: impl Into<String>, body: String) -> Self {
        let call = Call { method, path: path.into(), body, repeat: Repeat::Safe };
        Self { call, covers: vec![0], creates: false, again: false }
    }

    /// The create of the lane's record at a position.
    pub fn create(path: impl Into<String>, body: String, at: usize) -> Self {
        let call = Call { method: Method::Post, path: path.into(), body, repeat: Repeat::Never };
        Self { call, covers: vec![at], creates: true, again: false }
    }
}

/// Cuts text at a field's limit in characters; ids and numbers never go through here.
pub fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
