//! The second look at a body: what it refers to must exist. Everything found wrong becomes one refusal.

use super::answer::{Detail, Refusal};
use super::json::Json;
use super::store::{Resource, Store, derived_id};
use super::{Call, attributes};

/// A body under review, with everything found wrong so far.
pub(super) struct Review<'a> {
    pub(super) store: &'a Store,
    pub(super) details: Vec<Detail>,
}

impl<'a> Review<'a> {
    /// Begins a review.
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store, details: Vec::new() }
    }

    /// Notes a field that is wrong.
    pub(super) fn refuse(&mut self, field: impl Into<String>, reason: &str) {
        self.details.push(Detail::new(field, reason));
    }

    /// Looks after fields that only seem to be required, when the settings take them for it.
    pub(super) fn likely(&mut self, call: &Call<'_>, body: &Json, fields: &[&str]) {
        let missing = fields.iter().filter(|field| call.settings.likely_required && body.get(field).is_none());
        self.details.extend(missing.map(|field| Detail::new(*field, "is required")));
    }

    /// Looks after a list that must not be empty when it is sent.
    pub(super) fn filled(&mut self, body: &Json, field: &str) {
        if body.get(field).is_some() && body.list(field).is_empty() {
            self.refuse(field, "must have at least one entry");
        }
    }

    /// Looks after a member that, when it is sent, must be the id of a record.
    pub(super) fn names(&mut self, body: &Json, member: &str, resource: Resource, place: &str) -> Result<(), Refusal> {
        if let Some(id) = body.text(member)
            && !self.store.exists(resource, id)?
        {
            self.refuse(format!("{place}{member}"), &format!("unknown {}", noun(resource)));
        }
        Ok(())
    }

    /// Looks after the order a body belongs to and gives its id.
    pub(super) fn order(&mut self, call: &Call<'_>, body: &Json) -> Result<Option<String>, Refusal> {
        let Some(named) = body.text("order_id") else { return Ok(None) };
        if self.store.exists(Resource::Orders, named)? {
            return Ok(Some(named.to_owned()));
        }
        let known = if call.settings.order_by_reference {
            self.store.ids_by_reference(Resource::Orders, named)?.into_iter().next()
        } else {
            None
        };
        if known.is_none() {
            self.refuse("order_id", "unknown order");
        }
        Ok(known)
    }

    /// Looks after the uniqueness of a reference, which is a setting.
    pub(super) fn reference(
        &mut self,
        call: &Call<'_>,
        resource: Resource,
        body: &Json,
        own: Option<&str>,
        place: &str,
    ) -> Result<(), Refusal> {
        let field = format!("{place}reference_id");
        self.details.extend(call.check_reference(self.store, resource, body.text("reference_id"), own, &field)?);
        Ok(())
    }

    /// Gives the attributes of a record in full. A value that stays as it was keeps its age.
    pub(super) fn attributes(
        &mut self,
        sent: &[Json],
        old: &[Json],
        entity: &str,
        place: &str,
        now: &str,
    ) -> Result<Json, Refusal> {
        let mut values = attributes::values(self.store, sent, entity, place, &mut self.details)?;
        for value in &mut values {
            let before = old.iter().find(|before| before.text("name") == value.text("name"));
            let same = before.filter(|before| before.get("value") == value.get("value"));
            let user = derived_id("user");
            let created = before.and_then(|before| before.text("created_at")).unwrap_or(now);
            let updated = same.and_then(|same| same.text("updated_at")).unwrap_or(now);
            value.set("created_by", Json::of_text(user.as_str()));
            value.set("updated_by", Json::of_text(user));
            value.set("created_at", Json::of_text(created));
            value.set("updated_at", Json::of_text(updated));
        }
        Ok(Json::List(values))
    }

    /// Gives the attributes of a record written by hand their full form.
    pub(super) fn settle_attributes(&mut self, record: &mut Json, entity: &str, now: &str) -> Result<(), Refusal> {
        let written = record.list("attributes").to_vec();
        let attributes = self.attributes(&written, &written, entity, "", now)?;
        record.set("attributes", attributes);
        Ok(())
    }

    /// Replaces `ref:` and a reference id, as scripts may write it, by the id of the record, which must exist.
    pub(super) fn resolve(&mut self, record: &mut Json, member: &str, resource: Resource) -> Result<(), Refusal> {
        let Some(named) = record.text(member) else { return Ok(()) };
        match self.resolved(named, resource)? {
            Some(id) => record.set(member, Json::of_text(id)),
            None => self.refuse(member, &format!("names no {}", noun(resource))),
        }
        Ok(())
    }

    /// Does the same for a member without which the record makes no sense.
    pub(super) fn resolve_required(&mut self, record: &mut Json, member: &str, resource: Resource) -> Result<(), Refusal> {
        if record.text(member).is_none() {
            self.refuse(member, "is required");
        }
        self.resolve(record, member, resource)
    }

    /// Gives the id of the record a script names.
    pub(super) fn resolved(&self, named: &str, resource: Resource) -> Result<Option<String>, Refusal> {
        match named.strip_prefix("ref:") {
            Some(reference) => Ok(self.store.ids_by_reference(resource, reference)?.into_iter().next()),
            None => Ok(self.store.exists(resource, named)?.then(|| named.to_owned())),
        }
    }

    /// Refuses the body unless nothing was wrong.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.details.is_empty() { Ok(()) } else { Err(Refusal::invalid(self.details)) }
    }
}

/// Gives the word for one record of a kind.
pub(super) fn noun(resource: Resource) -> &'static str {
    match resource {
        Resource::Products => "product",
        Resource::PriceLists => "price list",
        Resource::SalesReps => "sales rep",
        Resource::Customers => "customer",
        Resource::CustomerAddresses => "address",
        Resource::CustomerContacts => "contact",
        Resource::Orders => "order",
        Resource::Invoices => "invoice",
        Resource::Shipments => "shipment",
        Resource::PaymentMethods => "payment method",
        Resource::Quotes => "quote",
        Resource::Payments => "payment",
        Resource::CreditMemos => "credit memo",
        _ => "record",
    }
}
