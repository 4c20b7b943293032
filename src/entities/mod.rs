//! The entities: what a flow is, and the list of flows.
//!
//! A flow is an entity in one direction. It declares where its records come from ([`Finder`]s name the heads to look at,
//! selects read them whole), what they refer to, how they map to the other side, and which requests write them. It runs
//! none of this itself: the engine in [`crate::sync`] does, the same way for every flow. Everything here is free of I/O.

#![warn(clippy::float_arithmetic)]

pub mod inventory;
pub mod products;

use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;

use crate::model::{Direction, EntityKind, Fingerprint, Link, Listed, NetSuiteId, Rejection, WizId};
use crate::netsuite::records::{Row, Select};
use crate::wizcommerce::records::Call;

/// Item ids in one checksum block. A changed row makes its block be read again, so small blocks; one row each, so not too
/// small: 100,000 items give one page of checksums.
pub const BLOCK: i64 = 100;

/// An entity in one direction, NetSuite to WizCommerce.
pub trait Flow {
    /// What the record should be on the other side, as the flow's own type.
    type Body: Clone;

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

    /// Heads read and committed together.
    fn batch(&self) -> usize;

    /// Small tables that are read whole before anything else.
    fn tables(&self) -> Vec<Table>;

    /// Takes in a table. Called once per table and run, before any of the methods below.
    ///
    /// # Errors
    ///
    /// Says in words which setting does not fit the account.
    fn learn(&mut self, table: &str, rows: &[Row]) -> Result<(), String>;

    /// Hears which optional columns of one of its queries the account lacks. Called before any of the methods below.
    fn lacks(&mut self, _select: &str, _missing: &[String]) {}

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

    /// The records that must be switched off, were they linked and active: what the fuse counts (`correctness.md` R20).
    fn switched_off(&self) -> Option<Finder>;

    /// Queries that read a batch of heads whole, by head.
    fn details(&self) -> Vec<Select>;

    /// Queries by ids that only the rows read so far name. Asked again after each answer until nothing is wanted.
    fn further(&self, rows: &Rows) -> Vec<(Select, Vec<i64>)>;

    /// Links that mapping needs.
    fn references(&self, rows: &Rows) -> Vec<Reference>;

    /// Groups that the batch would begin, each with the natural keys of its members: whether somebody else has a group of
    /// that name is found out before mapping.
    fn new_groups(&self, _rows: &Rows, _known: &Known) -> Vec<(String, Vec<String>)> {
        Vec::new()
    }

    /// Maps the rows of a batch. One answer per record, in a stable order.
    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Self::Body>>;

    /// How records without a link are looked up on the target; `None` when writing is an upsert by key.
    fn lookup(&self) -> Option<Lookup>;

    /// What must exist on the target before the first write.
    fn prerequisites(&self) -> Vec<Prerequisite>;

    /// The requests for the records of one lane, in order.
    fn writes(&self, planned: &[Planned<Self::Body>]) -> Vec<Write>;

    /// Reads natural key and id of each record out of the answer to a create.
    ///
    /// # Errors
    ///
    /// Says what the answer is instead.
    fn created(&self, data: &RawValue) -> Result<Vec<(String, WizId)>, String>;

    /// Turns a refusal of a write into a rejection.
    fn refused(&self, planned: &Planned<Self::Body>, words: &str, fields: &[String]) -> Rejection;
}

/// Records somebody names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By Internal ID.
    Ids(Vec<i64>),
    /// By natural key, e.g. a SKU.
    Key(String),
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
    /// In our own map: the active links of a kind.
    Linked(&'static str),
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
}

impl Finder {
    /// Gives the query of checksums, for a finder that has one.
    pub fn block_select(&self) -> Option<&Select> {
        match self {
            Self::Blocks { select, .. } => Some(select),
            Self::Stamped { .. } | Self::Unlinked(_) => None,
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

    /// Gives the rows a query answered.
    pub fn of(&self, name: &str) -> &[Row] {
        self.rows.get(name).map_or(&[], Vec::as_slice)
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
}

/// The links that were resolved for a batch.
#[derive(Default)]
pub struct Known {
    links: HashMap<Reference, Link>,
    foreign: HashSet<String>,
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

    /// Gives the link of a NetSuite record.
    pub fn id(&self, kind: &'static str, id: NetSuiteId) -> Option<&Link> {
        self.links.get(&Reference::Id(kind, id.0))
    }

    /// Gives the link of a natural key.
    pub fn key(&self, kind: &'static str, key: &str) -> Option<&Link> {
        self.links.get(&Reference::Key(kind, key.to_owned()))
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
    /// The record on the target when mapping knows it already (a take-over, or a record that shares its parent's id).
    pub target: Option<WizId>,
    /// Links to be stored with it, e.g. of its group.
    pub containers: Vec<Link>,
    /// What it is compared by: one text per part, each with the part's name.
    pub parts: Vec<(String, Fingerprint)>,
    /// What is sent.
    pub body: B,
}

impl<B> Desired<B> {
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
}

/// How records without a link are found on the target.
pub struct Lookup {
    /// The list, e.g. `/v1/products`.
    pub path: &'static str,
    /// The parameter that takes a natural key.
    pub parameter: &'static str,
    /// The parameter that takes a group, for records that come in groups.
    pub group_parameter: Option<&'static str>,
    /// Reads one record of the list.
    pub read: fn(&RawValue) -> Result<Listed, String>,
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
}

/// Cuts text at a field's limit in characters; ids and numbers never go through here.
pub fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
