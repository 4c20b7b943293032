//! Addresses and contacts of a customer: records of their own, below the customer and, on request, inside it.

use super::answer::{Answer, Refusal};
use super::json::Json;
use super::listing::{
    CREATED, CREATED_AFTER, CREATED_BEFORE, Listing, REFERENCES, STATUS, STATUS_ACTIVE, UPDATED, UPDATED_AFTER, UPDATED_BEFORE,
    without_parameters,
};
use super::review::{Review, noun};
use super::schema::{Field, Shape, USUAL, check_whole, optional, required};
use super::store::{Resource, Store, Verb};
use super::{Call, NestedLists, attributes, customers};

/// The longest name of a city.
const CITY: usize = 50;

/// An address as calls send it.
pub(super) const ADDRESS: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("address_line_1", Shape::Text(USUAL)),
    required("city", Shape::Text(CITY)),
    required("type", Shape::OneOf(&["billing", "shipping"])),
    optional("first_name", Shape::Text(USUAL)),
    optional("last_name", Shape::Text(USUAL)),
    optional("phone", Shape::Phone),
    optional("email", Shape::Text(USUAL)),
    optional("address_line_2", Shape::Text(USUAL)),
    optional("state", Shape::Text(USUAL)),
    optional("country", Shape::Text(USUAL)),
    optional("zip_code", Shape::Text(USUAL)),
    optional("is_default", Shape::Boolean),
    optional("attributes", Shape::Objects(attributes::VALUE)),
];

/// A contact as calls send it.
pub(super) const CONTACT: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("first_name", Shape::Text(USUAL)),
    required("email", Shape::Text(USUAL)),
    optional("last_name", Shape::Text(USUAL)),
    optional("phone", Shape::Phone),
    optional("designation", Shape::Text(USUAL)),
    optional("is_default", Shape::Boolean),
    optional("attributes", Shape::Objects(attributes::VALUE)),
];

/// What addresses and contacts differ in.
pub(super) struct Part {
    /// The member of a customer that lists them, which is also the name in paths.
    pub(super) member: &'static str,
    pub(super) resource: Resource,
    entity: &'static str,
    fields: &'static [Field],
    listing: Listing,
    shown: &'static [&'static str],
}

/// The addresses of a customer. Their list is documented without date filters.
pub(super) const ADDRESSES: &Part = &Part {
    member: "addresses",
    resource: Resource::CustomerAddresses,
    entity: "address",
    fields: ADDRESS,
    listing: Listing { resource: Resource::CustomerAddresses, sorts: &[UPDATED, CREATED], filters: &[STATUS, REFERENCES] },
    shown: &[
        "id",
        "customer_id",
        "reference_id",
        "type",
        "first_name",
        "last_name",
        "phone",
        "email",
        "address_line_1",
        "address_line_2",
        "city",
        "state",
        "country",
        "zip_code",
        "is_default",
        "status",
        "attributes",
        "created_at",
        "updated_at",
    ],
};

/// The contacts of a customer.
pub(super) const CONTACTS: &Part = &Part {
    member: "contacts",
    resource: Resource::CustomerContacts,
    entity: "contact",
    fields: CONTACT,
    listing: Listing {
        resource: Resource::CustomerContacts,
        sorts: &[UPDATED, CREATED],
        filters: &[STATUS_ACTIVE, CREATED_AFTER, CREATED_BEFORE, UPDATED_AFTER, UPDATED_BEFORE],
    },
    shown: &[
        "id",
        "reference_id",
        "first_name",
        "last_name",
        "email",
        "phone",
        "designation",
        "is_default",
        "status",
        "attributes",
        "created_at",
        "updated_at",
    ],
};

/// Answers what lies below `/v1/customers/{id}/addresses` and `/v1/customers/{id}/contacts`.
pub(super) fn answer(part: &Part, call: &Call<'_>, store: &Store, customer: &str, tail: &[&str]) -> Result<Answer, Refusal> {
    let known = if call.version == 1 { true } else { part.resource == Resource::CustomerAddresses && tail.is_empty() };
    if !known || tail.len() > 1 {
        return Err(Refusal::not_found("no such path"));
    }
    if !store.exists(Resource::Customers, customer)? {
        return Err(Refusal::not_found("no such customer"));
    }
    match (call.version, call.method(), tail) {
        (1, "GET", []) => {
            part.listing.answer_within(customer, call.query(), store, call.settings, |record| Ok(part.shown(record)))
        }
        (_, "POST", []) => part.create(call, store, customer),
        (1, "GET", [id]) => {
            without_parameters(call.query())?;
            Ok(Answer::found(part.shown(&part.find(store, customer, id)?)))
        }
        (1, "PUT", [id]) => part.replace(call, store, customer, id),
        (1, "DELETE", [id]) => {
            without_parameters(call.query())?;
            part.find(store, customer, id)?;
            store.delete(part.resource, id, Verb::Delete, &call.now)?;
            customers::changed_below(store, call.settings, customer, &call.now)?;
            Ok(Answer::deleted(id))
        }
        (1, _, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (_, _, []) => Err(Refusal::method_not_allowed(&["POST"])),
        _ => Err(Refusal::method_not_allowed(&["GET", "PUT", "DELETE"])),
    }
}

impl Part {
    /// Shows all of a customer.
    pub(super) fn all(&self, store: &Store, customer: &str) -> Result<Json, Refusal> {
        let records = store.all_within(self.resource, customer)?;
        Ok(Json::List(records.iter().map(|record| self.shown(record)).collect()))
    }

    /// Writes the list that came inside a customer. What the review finds wrong undoes it all.
    pub(super) fn write_nested(
        &self,
        review: &mut Review<'_>,
        call: &Call<'_>,
        customer: &str,
        sent: &[Json],
    ) -> Result<(), Refusal> {
        let store = review.store;
        let before = store.all_within(self.resource, customer)?;
        let mut kept: Vec<&str> = Vec::new();
        for (index, entry) in sent.iter().enumerate() {
            let place = format!("{}[{index}].", self.member);
            let Some(id) = entry.text("id") else {
                let record = self.built(review, call, customer, entry, None, &place)?;
                store.insert(self.resource, &record, Verb::Create, &call.now)?;
                continue;
            };
            let Some(known) = before.iter().find(|record| record.text("id") == Some(id)) else {
                review.refuse(format!("{place}id"), &format!("unknown {}", noun(self.resource)));
                continue;
            };
            if kept.contains(&id) {
                review.refuse(format!("{place}id"), "is named twice");
                continue;
            }
            kept.push(id);
            let mut record = self.built(review, call, customer, entry, Some(known), &place)?;
            if call.settings.nested_lists == NestedLists::MergeById {
                let mut merged = known.clone();
                // Without attributes of its own, the entry leaves the old ones alone.
                if entry.get("attributes").is_none() {
                    record.take("attributes");
                }
                if entry.get("is_default").is_none() {
                    record.take("is_default");
                }
                merged.take_over(&record);
                record = merged;
            }
            store.replace(self.resource, &record, Verb::Update, &call.now)?;
        }
        if call.settings.nested_lists == NestedLists::Replace {
            let gone = before.iter().filter_map(|record| record.text("id")).filter(|id| !kept.contains(id));
            for id in gone {
                store.delete(self.resource, id, Verb::Delete, &call.now)?;
            }
        }
        Ok(())
    }

    /// Takes away all of a customer.
    pub(super) fn forget(&self, store: &Store, customer: &str, verb: Verb, now: &str) -> rusqlite::Result<()> {
        for record in store.all_within(self.resource, customer)? {
            store.delete(self.resource, record.text("id").unwrap_or_default(), verb, now)?;
        }
        Ok(())
    }

    fn create(&self, call: &Call<'_>, store: &Store, customer: &str) -> Result<Answer, Refusal> {
        let body = call.body()?;
        check_whole(&body, self.fields, &[])?;
        let mut review = Review::new(store);
        let record = self.built(&mut review, call, customer, &body, None, "")?;
        review.finish()?;
        store.insert(self.resource, &record, Verb::Create, &call.now)?;
        customers::changed_below(store, call.settings, customer, &call.now)?;
        let mut row = self.shown(&record);
        if call.version == 2 {
            row.take("status");
        }
        Ok(Answer::written(row))
    }

    fn replace(&self, call: &Call<'_>, store: &Store, customer: &str, id: &str) -> Result<Answer, Refusal> {
        let known = self.find(store, customer, id)?;
        let body = call.body()?;
        check_whole(&body, self.fields, &[])?;
        let mut review = Review::new(store);
        let record = self.built(&mut review, call, customer, &body, Some(&known), "")?;
        review.finish()?;
        store.replace(self.resource, &record, Verb::Update, &call.now)?;
        customers::changed_below(store, call.settings, customer, &call.now)?;
        Ok(Answer::written(self.shown(&record)))
    }

    /// Makes the record of a body that is whole; a known one lends it its identity.
    fn built(
        &self,
        review: &mut Review<'_>,
        call: &Call<'_>,
        customer: &str,
        body: &Json,
        known: Option<&Json>,
        place: &str,
    ) -> Result<Json, Refusal> {
        review.reference(call, self.resource, body, known.and_then(|known| known.text("id")), place)?;
        let mut record = match known {
            Some(known) => known.pick(&["id", "customer_id", "status", "created_at"]),
            None => Json::object([
                ("id", Json::of_text(review.store.next_id()?)),
                ("customer_id", Json::of_text(customer)),
                ("status", Json::of_text("active")),
                ("created_at", Json::of_text(call.now.as_str())),
            ]),
        };
        record.take_over(body);
        record.set_default("is_default", Json::Bool(false));
        let old = known.map_or(&[][..], |known| known.list("attributes"));
        let attributes = review.attributes(body.list("attributes"), old, self.entity, place, &call.now)?;
        record.set("attributes", attributes);
        record.set("updated_at", Json::of_text(call.now.as_str()));
        Ok(record)
    }

    fn shown(&self, record: &Json) -> Json {
        record.pick(self.shown)
    }

    fn find(&self, store: &Store, customer: &str, id: &str) -> Result<Json, Refusal> {
        let record = store.find(self.resource, id)?.filter(|record| record.text("customer_id") == Some(customer));
        record.ok_or_else(|| Refusal::not_found(format!("no such {}", noun(self.resource))))
    }
}

/// Brings an address or a contact written by hand into the stored form: its customer exists.
pub(super) fn settle(store: &Store, part: &Part, record: &mut Json, now: &str) -> Result<(), Refusal> {
    let mut review = Review::new(store);
    review.resolve_required(record, "customer_id", Resource::Customers)?;
    review.settle_attributes(record, part.entity, now)?;
    record.set_default("is_default", Json::Bool(false));
    review.finish()
}
