//! A customer that is changed: what it should be, what was last written, and what stands there; and the requests between them.
//!
//! Field by field: what NetSuite did not change since it was last written is left alone, whatever people made of it, and what
//! netwiz does not own is carried along where a record is replaced as a whole.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::parts::{ADDRESS, CONTACT, Part};
use super::{Body, CLEARABLE, FIELDS};
use crate::entities::{Planned, Write};
use crate::http::{Method, Repeat};
use crate::model::Fingerprint;
use crate::model::merge::{Agreed, Merged, Side, merge};
use crate::wizcommerce::records::{Call, Members};

/// Members of the answer for a nested record that a request has no place for.
const ANSWER_ONLY: [&str; 5] = ["id", "customer_id", "status", "created_at", "updated_at"];
/// The members of a customer that name its default addresses.
pub(super) const DEFAULT_BILLING: &str = "default_billing_address_id";
pub(super) const DEFAULT_SHIPPING: &str = "default_shipping_address_id";

/// Names and fingerprints of everything that is compared by itself. What is empty, or not to be said, is no part.
pub(super) fn parts(body: &Body) -> Vec<(String, Fingerprint)> {
    texts(body).into_iter().map(|(name, text)| (name, Fingerprint::of(text.as_bytes()))).collect()
}

/// Names and values of everything that is compared by itself, each value in the form in which equal ones are equal texts.
pub(super) fn texts(body: &Body) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let mut add = |name: String, member: &str, value: Option<Box<RawValue>>| {
        texts.extend(value.and_then(|value| canonical(member, &value)).map(|text| (name, text)));
    };
    for name in FIELDS {
        add(name.to_owned(), name, body.fields.get(name));
    }
    for (name, value) in &body.attributes {
        add(format!("attribute {name}"), "value", serde_json::value::to_raw_value(value).ok());
    }
    for (kind, part, members) in nested_parts(body) {
        for member in members {
            add(format!("{kind} {} {member}", part.reference), member, part.own.get(member));
        }
    }
    for (name, reference) in [(DEFAULT_BILLING, &body.book.billing), (DEFAULT_SHIPPING, &body.book.shipping)] {
        add(name.to_owned(), name, reference.as_ref().and_then(|reference| serde_json::value::to_raw_value(reference).ok()));
    }
    texts
}

fn nested_parts(body: &Body) -> impl Iterator<Item = (&'static str, &Part, &'static [&'static str])> {
    let addresses = body.book.addresses.iter().map(|part| ("address", part, &ADDRESS[..]));
    addresses.chain(body.people.contacts.iter().map(|part| ("contact", part, &CONTACT[..])))
}

/// Writes a value so that equal ones are equal texts, however they were written; phones by their digits. `None` is empty.
pub(super) fn canonical(member: &str, raw: &RawValue) -> Option<String> {
    match serde_json::from_str(raw.get()).ok()? {
        Value::Null => None,
        Value::String(text) if member == "phone" => {
            Some(text.chars().filter(char::is_ascii_digit).collect()).filter(|text: &String| !text.is_empty())
        }
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        Value::Array(entries) if entries.is_empty() => None,
        other => Some(other.to_string()),
    }
}

/// What to do about one member.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Leave,
    Set,
    Clear,
}

/// A change in the making.
pub(super) struct Change<'p> {
    body: &'p Body,
    now: HashMap<&'p str, &'p str>,
    /// What each part was last written as; `None` on a first meeting.
    written: Option<HashMap<String, String>>,
    present: Members,
    path: String,
    /// What both sides changed, and which value lost.
    lost: RefCell<Vec<String>>,
}

impl<'p> Change<'p> {
    /// Begins with a record that was read.
    pub(super) fn new(record: &'p Planned<Body>, present: &RawValue, path: String) -> Self {
        Self {
            body: &record.desired.body,
            now: record.desired.parts.iter().map(|(name, part)| (name.as_str(), part.as_str())).collect(),
            written: record.image.as_ref().map(|image| serde_json::from_str(image).unwrap_or_default()),
            present: Members::of(present),
            path,
            lost: RefCell::default(),
        }
    }

    fn winner(&self) -> Side {
        self.body.winner.over(&self.present)
    }

    fn written(&self, part: &str) -> Option<&str> {
        self.written.as_ref()?.get(part).map(String::as_str)
    }

    /// Tells whether NetSuite changed a part since it was last written.
    fn differs(&self, part: &str) -> bool {
        self.now.get(part).copied() != self.written(part)
    }

    /// Decides about a member from the three: what NetSuite has, what was last written, and what stands there. An empty side
    /// never erases a filled one on a first meeting, and what both changed is the configured winner's (`correctness.md` 6).
    fn decide(&self, part: &str, member: &str, wanted: Option<&RawValue>, there: Option<&RawValue>) -> Verdict {
        if wanted.is_some_and(|wanted| wanted.get() == "null") {
            return Verdict::Leave;
        }
        let (wanted, there) = (wanted.and_then(|text| canonical(member, text)), there.and_then(|text| canonical(member, text)));
        let digest = |text: &Option<String>| text.as_ref().map(|text| Fingerprint::of(text.as_bytes()));
        let (ours, theirs) = (digest(&wanted), digest(&there));
        // A part whose last write was lost has an empty image, which is like nothing either side has: both count as changed.
        let agreed = self.written.as_ref().map(|_| Agreed { netsuite: self.written(part), wizcommerce: self.written(part) });
        let merged = merge(agreed, text_of(ours.as_ref()), text_of(theirs.as_ref()), self.winner());
        if let (Merged::Overrules(side), Some(_)) = (merged, self.written(part).filter(|before| !before.is_empty())) {
            let (kept, lost) = match side {
                Side::NetSuite => ("NetSuite", there.as_deref()),
                Side::WizCommerce => ("WizCommerce", wanted.as_deref()),
            };
            let words = format!("{part} was changed on both sides; {kept}'s is kept, not {}", lost.unwrap_or("its removal"));
            self.lost.borrow_mut().push(words);
        }
        match merged.winner() {
            Some(Side::NetSuite) if wanted.is_some() => Verdict::Set,
            Some(Side::NetSuite) => Verdict::Clear,
            // What only WizCommerce changed is the work of the other direction.
            Some(Side::WizCommerce) | None => Verdict::Leave,
        }
    }

    /// Gives the values that lost against others, in words for the run's record.
    pub(super) fn overruled(self) -> Vec<String> {
        drop(self.writes());
        self.lost.into_inner()
    }

    fn there(&self, member: &str) -> Option<Box<RawValue>> {
        there(&self.present, member)
    }

    /// Collects the members of the customer itself that have to be sent.
    fn fields(&self) -> Members {
        let mut changed = Members::default();
        for name in FIELDS {
            let (wanted, there) = (raw_of(&self.body.fields, name), self.there(name));
            let there_is = there.as_ref().and_then(|there| canonical(name, there));
            let stays = match name {
                // A reference somebody else gave it stays: the link knows the record without it.
                "reference_id" => there_is.is_some(),
                // The default sells to who has nobody: it takes no rep away that a person gave.
                "assigned_sales_rep_ids" => {
                    let written = self.written(name);
                    let is_ours = |there: &String| written == Some(Fingerprint::of(there.as_bytes()).as_str());
                    self.body.has_default_rep && there_is.as_ref().is_some_and(|there| !is_ours(there))
                }
                _ => false,
            };
            if stays {
                continue;
            }
            match (self.decide(name, name, wanted, there.as_deref()), wanted) {
                (Verdict::Set, Some(wanted)) => changed.set(name, wanted),
                // The documents give no other way to empty a member than an empty text.
                (Verdict::Clear, _) if CLEARABLE.contains(&name) => changed.set(name, ""),
                _ => {}
            }
        }
        if let Some(attributes) = self.attributes() {
            changed.set("attributes", &attributes);
        }
        changed
    }

    /// Puts our attributes over those that are there: a list is always sent whole. `None` when nothing differs.
    fn attributes(&self) -> Option<Vec<Members>> {
        let mut all: Vec<Members> = self.present.list("attributes").iter().map(as_sent).collect();
        let mut changed = false;
        for (name, value) in &self.body.attributes {
            let at = all.iter().position(|entry| entry.text("name").as_ref() == Some(name));
            let wanted = value.as_ref().and_then(|value| serde_json::value::to_raw_value(value).ok());
            let there = at.and_then(|at| raw_of(&all[at], "value"));
            let verdict = self.decide(&format!("attribute {name}"), "value", wanted.as_deref(), there);
            match (verdict, at) {
                (Verdict::Set, Some(at)) => all[at].set("value", value),
                (Verdict::Set, None) => {
                    let mut entry = Members::default();
                    entry.set("name", name);
                    entry.set("value", value);
                    all.push(entry);
                }
                (Verdict::Clear, Some(at)) => drop(all.remove(at)),
                _ => continue,
            }
            changed = true;
        }
        changed.then_some(all)
    }

    /// Gives the write of one nested record: a new one is posted, a changed one replaced with what else is in it.
    fn nested(&self, kind: &str, list: &str, part: &Part, members: &[&str]) -> Option<Write> {
        let path = format!("{}/{list}", self.path);
        let others = if kind == "address" { &self.body.book.addresses } else { &self.body.people.contacts };
        let all = self.present.list(list);
        let Some(present) = part.find(&all, others) else {
            // What a person deleted stays away until NetSuite has news of it.
            if !members.iter().any(|member| self.differs(&format!("{kind} {} {member}", part.reference))) {
                return None;
            }
            // After a lost answer the customer is read again, and the record may be there.
            let call = Call { method: Method::Post, path, body: part.whole().json(), repeat: Repeat::Never };
            let names_it = |reference: &Option<String>| reference.as_ref() == Some(&part.reference);
            // Which address is a default is said by its id, and that comes with the answer.
            let again = kind == "address" && (names_it(&self.body.book.billing) || names_it(&self.body.book.shipping));
            return Some(Write { call, covers: vec![0], creates: false, again });
        };
        let mut merged = as_sent(present);
        let mut changed = false;
        for member in members {
            let wanted = raw_of(&part.own, member);
            let name = format!("{kind} {} {member}", part.reference);
            match (self.decide(&name, member, wanted, raw_of(present, member)), wanted) {
                (Verdict::Set, Some(wanted)) => merged.set(member, wanted),
                (Verdict::Clear, _) => merged.drop_all(&[member]),
                _ => continue,
            }
            changed = true;
        }
        let id = present.text("id")?;
        changed.then(|| Write::change(Method::Put, format!("{path}/{id}"), merged.json()))
    }

    /// Adds the default addresses to the members to send; one that is not there yet comes after it was made.
    fn defaults(&self, changed: &mut Members) {
        let addresses = self.present.list("addresses");
        for (member, reference) in [(DEFAULT_BILLING, &self.body.book.billing), (DEFAULT_SHIPPING, &self.body.book.shipping)] {
            let Some(reference) = reference else { continue };
            let part = self.body.book.addresses.iter().find(|part| part.reference == *reference);
            let found = part.and_then(|part| part.find(&addresses, &self.body.book.addresses));
            let Some(id) = found.and_then(|address| address.text("id")) else { continue };
            let there = self.present.text(member);
            let is_kept = there.is_some() && self.winner() == Side::WizCommerce && !self.is_as_written(member, &addresses);
            if self.differs(member) && there.as_ref() != Some(&id) && !is_kept {
                changed.set(member, &id);
            }
        }
    }

    /// Tells whether a default is the address that netwiz last made it.
    fn is_as_written(&self, member: &str, addresses: &[Members]) -> bool {
        let there = self.present.text(member);
        let address = addresses.iter().find(|address| address.text("id") == there);
        let reference = address.and_then(|address| address.text("reference_id"));
        reference.is_some_and(|reference| self.written(member) == Some(Fingerprint::of(reference.as_bytes()).as_str()))
    }

    /// Gives all requests of this change.
    pub(super) fn writes(&self) -> Vec<Write> {
        let mut changed = self.fields();
        self.defaults(&mut changed);
        let mut writes = Vec::new();
        if !changed.is_empty() {
            writes.push(Write::change(Method::Patch, self.path.clone(), changed.json()));
        }
        let nested = nested_parts(self.body).filter_map(|(kind, part, members)| {
            let list = if kind == "address" { "addresses" } else { "contacts" };
            self.nested(kind, list, part, members)
        });
        writes.extend(nested);
        writes
    }
}

/// Gives a member of a customer that was read in the form in which it would be sent.
pub(super) fn there(present: &Members, member: &str) -> Option<Box<RawValue>> {
    let raw = |value: Value| serde_json::value::to_raw_value(&value).ok();
    match member {
        "company_name" => present.get("name"),
        "assigned_price_list_id" => raw(present.get::<Members>("assigned_price_list")?.text("id")?.into()),
        "assigned_sales_rep_ids" => {
            let ids: Vec<String> = present.list("assigned_sales_reps").iter().filter_map(|rep| rep.text("id")).collect();
            raw(ids.into())
        }
        other => present.get(other),
    }
}

fn text_of(digest: Option<&Fingerprint>) -> Option<&str> {
    digest.map(Fingerprint::as_str)
}

/// Gives a member as it is written, null included.
fn raw_of<'m>(members: &'m Members, name: &str) -> Option<&'m RawValue> {
    members.iter().find(|(member, _)| *member == name).map(|(_, value)| value)
}

/// Turns a nested record of an answer into what a request takes: without what only answers have, with attributes as name and
/// value.
pub(super) fn as_sent(present: &Members) -> Members {
    let mut members = present.clone();
    members.drop_all(&ANSWER_ONLY);
    members.drop_all(&["created_by", "updated_by"]);
    members.drop_nulls();
    let attributes: Vec<Members> = members.list("attributes").iter().map(as_sent).collect();
    if attributes.is_empty() {
        members.drop_all(&["attributes"]);
    } else {
        members.set("attributes", &attributes);
    }
    members
}
