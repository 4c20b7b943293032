//! The way from WizCommerce to NetSuite: what a flow in that direction declares.
//!
//! A flow says where its records are listed, what they need (parents first), which questions it has for NetSuite, and how a
//! record maps: to a create with its own external id, and to fields that are compared by three images where the record is
//! known on both sides. The engine in [`crate::sync`] asks, decides and sends, the same way for every flow.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Absent, Frame, Known, Reference, Rows};
use crate::http::{Method, Repeat};
use crate::model::merge::{Agreed, Side};
use crate::model::{EntityKind, Fingerprint, Link, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::records::Select;
use crate::netsuite::{RecordCall, Refusal};
use crate::wizcommerce::records::{Call, Members};

/// An entity in one direction, WizCommerce to NetSuite.
pub trait Push: Frame {
    /// What the record should be in NetSuite, as the flow's own type.
    type Body: Clone;

    /// Where its records are.
    fn source(&self) -> Source;

    /// How its records are known in NetSuite.
    fn identity(&self) -> Identity;

    /// Which side wins a field of this record that both sides changed.
    fn winner(&self, _proposal: &Proposal<Self::Body>) -> Side {
        Side::NetSuite
    }

    /// Whether the other direction of the entity compares the same fields: then both share one image of what was agreed on.
    fn shares_image(&self) -> bool {
        false
    }

    /// Whether its records are documents, which a first push must not flood NetSuite with.
    fn is_document(&self) -> bool {
        true
    }

    /// Says of a record, as a list shows it, what keeps it out of scope. It may be asked again of the whole record.
    fn excludes(&self, record: &Members, link: Option<&Link>) -> Option<Excluded>;

    /// Gives under which keys a record's links and intents are kept, each with its external id; `open` are the keys of creates of
    /// this record whose outcome is not known. One key, the record's own id, for most.
    ///
    /// # Errors
    ///
    /// Says why the record can have no external id.
    fn keys(&self, record: &Members, open: &[String]) -> Result<Vec<Key>, String>;

    /// Digests everything of a record that this flow looks at: what is as it was when it was last pushed has no news.
    fn digest(&self, record: &Members) -> Fingerprint;

    /// Records of other entities that must be linked before this one can be pushed, by WizCommerce's ids.
    fn parents(&self, _record: &Members) -> Vec<(EntityKind, WizId)> {
        Vec::new()
    }

    /// Links that mapping needs, beside those of the records and their parents.
    fn references(&self, _records: &[Members]) -> Vec<Reference> {
        Vec::new()
    }

    /// What NetSuite has to be asked before anything can be mapped.
    fn questions(&self, _records: &[Members], _known: &Known) -> Vec<Select> {
        Vec::new()
    }

    /// Records in NetSuite that are this one though they carry no external id of ours; only asked for what is found no other
    /// way. Several: none may be guessed.
    fn matches(&self, _record: &Members, _rows: &Rows) -> Vec<NetSuiteId> {
        Vec::new()
    }

    /// Queries that read what NetSuite has of records that are there, by Internal ID.
    fn details(&self) -> Vec<Select>;

    /// Maps a record. Usually gives one answer, none where there is nothing to say, and several where they have to be written
    /// one after the other.
    fn map(&self, record: &Members, rows: &Rows, known: &Known) -> Vec<Outgoing<Self::Body>>;

    /// The create of a record.
    fn create(&self, proposal: &Proposal<Self::Body>) -> RecordCall;

    /// The requests that write the named fields of a record that is there, in order.
    fn changes(&self, proposal: &Proposal<Self::Body>, id: NetSuiteId, fields: &BTreeSet<String>) -> Vec<RecordCall>;

    /// What is left to do once NetSuite has the record as `rows` show it: nothing, for most.
    fn settle(&self, _record: &Members, _id: NetSuiteId, _rows: &Rows, _known: &Known) -> Settled {
        Settled::default()
    }

    /// Turns a refusal into a rejection.
    fn refused(&self, proposal: &Proposal<Self::Body>, refusal: &Refusal) -> Rejection {
        refused(&proposal.head, &proposal.label, refusal)
    }
}

/// Where the records of a flow are in WizCommerce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The list, which is also where one record is read: `<path>/<id>`.
    pub path: String,
    /// The lists that together show every record that may matter, whatever its state (`correctness.md` R11).
    pub states: &'static [&'static [(&'static str, &'static str)]],
    /// The lists of records that are out of scope: looked into only for a number that somebody names.
    pub out_of_scope: &'static [&'static [(&'static str, &'static str)]],
    /// The member that holds the number people know a record by.
    pub number: &'static str,
    /// Whether a row of the list says everything, so that no record has to be read by itself.
    pub whole_rows: bool,
}

/// How records are known in NetSuite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The REST record type.
    pub record: &'static str,
    /// Table and alias.
    pub from: &'static str,
    /// The alias by itself.
    pub alias: &'static str,
    /// The condition for records of this kind.
    pub is_it: &'static str,
    /// The expression of the record it belongs to, e.g. an order's customer.
    pub owner: Option<&'static str>,
    /// Whether queries show its external id; a record of which that is uncertain is read by it directly.
    pub is_queried: bool,
}

/// A name that a record is kept under, and its external id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key of link and intent.
    pub key: WizId,
    /// The external id it has in NetSuite (`correctness.md` R6).
    pub external_id: String,
}

/// Why a record is not pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excluded {
    /// It is out of scope by configuration or state: counted under this word.
    Skipped(&'static str),
    /// It is out of scope for this reason, unless NetSuite has it all the same: then it goes on as if it were linked.
    Unmade(&'static str),
    /// It came from NetSuite: it is no record of this flow at all.
    Echo(&'static str),
    /// It has nothing to bring, and nothing of it was ever brought as far as is remembered: only a full comparison asks NetSuite.
    Idle(&'static str),
}

impl Excluded {
    /// Gives the word for a person who asked for that very record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Skipped(word) | Self::Unmade(word) | Self::Echo(word) | Self::Idle(word) => word,
        }
    }
}

/// The record that a WizCommerce record is in NetSuite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Its Internal ID.
    pub id: NetSuiteId,
    /// Whether both sides were known to be the same record before this run.
    pub is_linked: bool,
}

/// What mapping says about a record.
pub enum Outgoing<B> {
    /// It should be like this in NetSuite.
    Desired(Box<Proposal<B>>),
    /// It is out of scope.
    Skipped {
        /// The record.
        key: String,
        /// What a person calls it.
        label: String,
        /// The word it is counted under.
        reason: &'static str,
    },
    /// It cannot be pushed.
    Rejected(Rejection),
}

/// What one record should be in NetSuite.
#[derive(Debug, Clone)]
pub struct Proposal<B> {
    /// What its link and its intent are kept under: the record's id in WizCommerce, or one that is derived from it.
    pub key: WizId,
    /// The record it was read from.
    pub head: WizId,
    /// What a person calls it.
    pub label: String,
    /// The external id it gets when it is created (`correctness.md` R6).
    pub external_id: String,
    /// Whom it has to belong to when a record of that external id is there already.
    pub owner: Option<NetSuiteId>,
    /// What is compared and written field by field once it is there.
    pub fields: Vec<Field>,
    /// Records of their own that hang on it and are created after it.
    pub children: Vec<Child>,
    /// What a create sends.
    pub body: B,
}

/// One field, as both sides have it now; `None` is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, under which it is remembered and told.
    pub name: String,
    /// In NetSuite.
    pub netsuite: Option<String>,
    /// In WizCommerce.
    pub wizcommerce: Option<String>,
    /// What speaks against writing it.
    pub guard: Guard,
    /// Whether both say the same though they say it in other words.
    pub is_alike: bool,
}

impl Field {
    /// Makes a field that may be written.
    pub fn new(name: impl Into<String>, netsuite: Option<String>, wizcommerce: Option<String>) -> Self {
        let is_alike = netsuite == wizcommerce;
        Self { name: name.into(), netsuite, wizcommerce, guard: Guard::Open, is_alike }
    }
}

/// What speaks against writing a field. On a first meeting nothing is written over what NetSuite has, so nothing does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    Open,
    /// A change of both sides is no matter of who wins: a person has to decide (`correctness.md` R8).
    Contested,
    /// NetSuite takes no change of it any more, for this reason.
    Locked(String),
}

/// A record that hangs on another and has an external id of its own.
#[derive(Debug, Clone)]
pub struct Child {
    /// Under which name its link is kept.
    pub kind: &'static str,
    /// Its id in WizCommerce.
    pub key: WizId,
    /// What a person calls it.
    pub label: String,
    /// The external id it gets.
    pub external_id: String,
    /// How it is known in NetSuite.
    pub identity: Identity,
    /// The member that names the record it hangs on.
    pub parent_member: &'static str,
    /// Everything else a create sends.
    pub body: serde_json::Map<String, Value>,
}

/// What is left to do after a record arrived.
#[derive(Debug, Default)]
pub struct Settled {
    /// Links of what hangs on it.
    pub links: Vec<Link>,
    /// What WizCommerce has to be told, each repeatable.
    pub calls: Vec<Call>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// The record as the other direction would write it now, so that it is not sent back.
    pub echo: Option<(Fingerprint, String)>,
}

/// What both sides last agreed on, field by field: fingerprints, NetSuite's and WizCommerce's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreement {
    fields: BTreeMap<String, [Option<String>; 2]>,
    /// What fields were sent as whose write has not been answered for yet; an empty text where they were emptied.
    sent: BTreeMap<String, String>,
    known: bool,
}

/// Begins the name under which a field is remembered as sent, beside what was agreed on.
const SENT: &str = "sent ";

impl<B> Outgoing<B> {
    /// Says that a record cannot be pushed, with the reason's usual hint.
    pub fn rejected(key: &WizId, label: &str, reason: Reason, message: impl Into<String>) -> Self {
        Self::Rejected(Rejection::new(&key.0, label, reason, message))
    }

    /// Says of a record whose parent is not linked that it follows that one, with its reason.
    pub fn follows(key: &WizId, label: &str, parent: EntityKind, id: &str, known: &Known, unknown: Reason) -> Self {
        let noun = parent.singular();
        match known.absent_wiz(parent, id) {
            Some(Absent::Rejected(rejection)) => {
                let message = format!("its {noun} {} was rejected: {}", rejection.label, rejection.message);
                Self::Rejected(Rejection::new(&key.0, label, rejection.reason, message).hinting(&rejection.hint))
            }
            Some(Absent::Skipped(reason)) => {
                let message = format!("its {noun} {id} is out of scope ({reason}), so it is not in NetSuite");
                let hint = format!("change the {noun} or the settings so that it goes to NetSuite, or see to this one by hand");
                Self::Rejected(Rejection::new(&key.0, label, unknown, message).hinting(hint))
            }
            None => Self::rejected(key, label, unknown, format!("its {noun} {id} is not in NetSuite")),
        }
    }
}

impl Agreement {
    /// Reads what a flow of its own remembers.
    pub fn of_pair(image: Option<&str>) -> Self {
        let fields: Option<BTreeMap<String, [Option<String>; 2]>> = image.and_then(|image| serde_json::from_str(image).ok());
        Self::read(fields)
    }

    /// Reads an image that both directions share: one fingerprint per field, an empty one where it is in doubt.
    pub fn of_shared(image: Option<&str>) -> Self {
        let fields: Option<BTreeMap<String, String>> = image.and_then(|image| serde_json::from_str(image).ok());
        let both = |text: String| [Some(text.clone()), Some(text)];
        Self::read(fields.map(|fields| fields.into_iter().map(|(name, text)| (name, both(text))).collect()))
    }

    fn read(fields: Option<BTreeMap<String, [Option<String>; 2]>>) -> Self {
        let mut agreed = Self { known: fields.is_some(), ..Self::default() };
        for (name, [netsuite, wizcommerce]) in fields.unwrap_or_default() {
            match name.strip_prefix(SENT) {
                Some(field) => drop(agreed.sent.insert(field.to_owned(), wizcommerce.unwrap_or_default())),
                None => drop(agreed.fields.insert(name, [netsuite, wizcommerce])),
            }
        }
        agreed
    }

    /// Notes that a field is about to be sent: should the answer be lost, NetSuite's news is told from our own by it.
    pub fn send(&mut self, field: &Field) {
        let digest = field.wizcommerce.as_ref().map(|text| Fingerprint::of(text.as_bytes()).as_str().to_owned());
        self.sent.insert(field.name.clone(), digest.unwrap_or_default());
    }

    /// Tells whether fields were sent of which it is not known what became of them.
    pub fn is_sending(&self) -> bool {
        !self.sent.is_empty()
    }

    /// Takes what was sent and is in NetSuite now as agreed on, and forgets what else was sent; `now` gives the fingerprint of a
    /// field in NetSuite.
    pub fn answer_for_sent(&mut self, now: impl Fn(&str) -> Option<String>) {
        for (name, sent) in std::mem::take(&mut self.sent) {
            let netsuite = now(&name);
            if netsuite.clone().unwrap_or_default() != sent {
                continue;
            }
            match netsuite {
                Some(_) => drop(self.fields.insert(name, [netsuite.clone(), netsuite])),
                None => drop(self.fields.remove(&name)),
            }
        }
    }

    /// Gives what was agreed on for a field; `None` on a first meeting. A field whose last write is in doubt is like nothing
    /// either side has: both count as changed.
    pub fn of(&self, name: &str) -> Option<Agreed<'_>> {
        match self.fields.get(name) {
            Some([netsuite, wizcommerce]) => Some(Agreed { netsuite: netsuite.as_deref(), wizcommerce: wizcommerce.as_deref() }),
            // Both were empty then.
            None if self.known => Some(Agreed { netsuite: None, wizcommerce: None }),
            None => None,
        }
    }

    /// Tells whether anything was ever agreed on.
    pub const fn is_known(&self) -> bool {
        self.known
    }

    /// Renews a field.
    pub fn set(&mut self, name: &str, netsuite: Option<&str>, wizcommerce: Option<&str>) {
        let digest = |text: &str| Fingerprint::of(text.as_bytes()).as_str().to_owned();
        self.known = true;
        if netsuite.is_none() && wizcommerce.is_none() {
            self.fields.remove(name);
        } else {
            self.fields.insert(name.to_owned(), [netsuite.map(digest), wizcommerce.map(digest)]);
        }
    }

    /// Renews a field whose values are digested already.
    pub fn set_digests(&mut self, name: &str, netsuite: Option<String>, wizcommerce: Option<String>) {
        self.known = true;
        self.fields.insert(name.to_owned(), [netsuite, wizcommerce]);
    }

    /// Adds fields of an image that both directions share, where nothing is known of them.
    pub fn complete(&mut self, image: &str) {
        for (name, text) in serde_json::from_str::<BTreeMap<String, String>>(image).unwrap_or_default() {
            self.fields.entry(name).or_insert_with(|| [Some(text.clone()), Some(text)]);
        }
        self.known = true;
    }

    /// Writes it as a flow of its own remembers it.
    pub fn pair(&self) -> Option<String> {
        let sent = self.sent.iter().map(|(name, text)| (format!("{SENT}{name}"), [Some(text), Some(text)]));
        let fields =
            self.fields.iter().map(|(name, [netsuite, wizcommerce])| (name.clone(), [netsuite.as_ref(), wizcommerce.as_ref()]));
        let all: BTreeMap<String, [Option<&String>; 2]> = fields.chain(sent).collect();
        self.known.then(|| serde_json::to_string(&all).unwrap_or_default())
    }

    /// Writes it as both directions share it.
    pub fn shared(&self) -> Option<String> {
        let sent = self.sent.iter().map(|(name, text)| (format!("{SENT}{name}"), text));
        let fields = self.fields.iter().filter_map(|(name, [_, wizcommerce])| Some((name.clone(), wizcommerce.as_ref()?)));
        let all: BTreeMap<String, &String> = fields.chain(sent).collect();
        self.known.then(|| serde_json::to_string(&all).unwrap_or_default())
    }
}

/// Makes the external id of a record that netwiz creates (`correctness.md` R6): lower case, letters, digits, `_` and `-`.
///
/// # Errors
///
/// Says of an id that it cannot be told apart from others that way.
pub fn external_id(prefix: &str, wc_id: &str) -> Result<String, String> {
    let lower = wc_id.to_ascii_lowercase();
    if !lower.is_empty() && lower.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        Ok(format!("{prefix}{lower}"))
    } else {
        Err(format!("its id `{wc_id}` cannot be part of an external id, which takes letters, digits, `-` and `_`"))
    }
}

/// Makes a call that creates a record. It is never repeated blindly: after a lost answer the external id is looked up first.
///
/// Members keep every digit of a number as it is written.
pub fn creation(record: &str, external_id: &str, body: impl Into<Members>) -> RecordCall {
    let mut body = body.into();
    body.set("externalId", external_id);
    let path = format!("/services/rest/record/v1/{record}");
    RecordCall { method: Method::Post, path, body: body.json(), repeat: Repeat::Never }
}

/// As [`creation`], of a body that keeps every digit it was given.
pub fn creation_of(record: &str, external_id: &str, mut body: Members) -> RecordCall {
    body.set("externalId", external_id);
    let path = format!("/services/rest/record/v1/{record}");
    RecordCall { method: Method::Post, path, body: body.json(), repeat: Repeat::Never }
}

/// Makes a call that changes body fields of a record: sending it twice is sending it once.
pub fn change(record: &str, id: NetSuiteId, body: impl Into<Members>) -> RecordCall {
    let path = format!("/services/rest/record/v1/{record}/{id}");
    RecordCall { method: Method::Patch, path, body: body.into().json(), repeat: Repeat::Safe }
}

/// Says of a refusal what it means, for whatever record it was: by code first, then by the recorded wordings.
pub fn refused(key: &WizId, label: &str, refusal: &Refusal) -> Rejection {
    let make = |reason: Reason, message: String| Rejection::new(&key.0, label, reason, message);
    let words = refusal.words();
    if refusal.status == 403 {
        return make(Reason::PermissionDenied, format!("the role may not write {label}: {words}"));
    }
    if let Some(fields) = refusal.missing_fields() {
        let hint = format!(
            "fill in {fields} in WizCommerce, or give NetSuite a value with `create-fields`; then run `netwiz failures retry`"
        );
        let message = format!("NetSuite's form asks for {fields}, which {label} does not say: {words}");
        return make(Reason::MissingMandatoryFields, message).hinting(hint);
    }
    let rejection = make(Reason::RefusedByNetsuite, format!("NetSuite refused {label}: {words}"));
    let text = refusal.detail.to_lowercase();
    if text.contains("period") && ["closed", "locked", "close"].iter().any(|word| text.contains(word)) {
        return rejection.hinting(
            "open the accounting period in NetSuite, or change the date in WizCommerce; then run `netwiz failures retry`",
        );
    }
    rejection
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_survives_its_text_in_both_forms() {
        let mut agreed = Agreement::default();
        assert_eq!(agreed.of("email"), None, "a first meeting");
        agreed.set("email", Some("A"), Some("a"));
        agreed.set("memo", None, None);
        let again = Agreement::of_pair(agreed.pair().as_deref());
        assert_eq!(again, agreed);
        let digest = |text: &str| Fingerprint::of(text.as_bytes()).as_str().to_owned();
        let mut sending = agreed.clone();
        sending.send(&Field::new("email", None, Some("b".into())));
        sending.send(&Field::new("memo", None, None));
        assert_eq!(Agreement::of_pair(sending.pair().as_deref()), sending);
        assert!(Agreement::of_shared(sending.shared().as_deref()).is_sending());
        let email = again.of("email").unwrap();
        assert_eq!((email.netsuite, email.wizcommerce), (Some(&*digest("A")), Some(&*digest("a"))));
        assert_eq!(again.of("memo"), Some(Agreed { netsuite: None, wizcommerce: None }));

        let shared = Agreement::of_shared(Some(r#"{"email":"x","phone":""}"#));
        assert_eq!(shared.of("email"), Some(Agreed { netsuite: Some("x"), wizcommerce: Some("x") }));
        assert_eq!(shared.of("phone"), Some(Agreed { netsuite: Some(""), wizcommerce: Some("") }), "in doubt");
        assert_eq!(shared.of("city"), Some(Agreed { netsuite: None, wizcommerce: None }));
        assert_eq!(shared.shared().as_deref(), Some(r#"{"email":"x","phone":""}"#));
    }

    #[test]
    fn external_ids_are_lower_case_and_tell_records_apart() {
        assert_eq!(external_id("wz_so_", "0A1B-2c").as_deref(), Ok("wz_so_0a1b-2c"));
        for unfit in ["", "a b", "a|b", "ä", "../1"] {
            assert!(external_id("wz_so_", unfit).is_err(), "{unfit}");
        }
    }

    #[test]
    fn refusals_are_told_by_what_they_mean() {
        let reason = |status, code: &str, detail: &str| {
            let refusal = Refusal { status, code: code.into(), detail: detail.into() };
            let rejection = refused(&WizId("w".into()), "W1", &refusal);
            (rejection.reason, rejection.message, rejection.hint)
        };
        let (mandatory, message, hint) =
            reason(400, "USER_ERROR", "Error while accessing a resource. Please enter value(s) for: Region, Buyer Class.");
        assert_eq!(mandatory, Reason::MissingMandatoryFields);
        assert!(message.contains("Region, Buyer Class") && hint.contains("create-fields"), "{message} {hint}");
        assert_eq!(reason(403, "INSUFFICIENT_PERMISSION", "Permission Violation").0, Reason::PermissionDenied);
        let (refused, _, hint) = reason(400, "USER_ERROR", "The transaction date is in a closed period.");
        assert_eq!(refused, Reason::RefusedByNetsuite);
        assert!(hint.contains("open the accounting period"), "{hint}");
        let (other, message, _) = reason(400, "USER_ERROR", "Our script says no.");
        assert!(other == Reason::RefusedByNetsuite && message.contains("Our script says no."));
    }
}
