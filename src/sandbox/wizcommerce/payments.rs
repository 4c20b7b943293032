//! Payments and credit memos, both proposals: documents of a customer that settle others in part or in whole.

use super::Call;
use super::answer::{Answer, Refusal};
use super::invoices::{self, ITEM};
use super::json::Json;
use super::listing::{
    CREATED, CREATED_AFTER, CREATED_BEFORE, Listing, REFERENCES, Test, UPDATED, UPDATED_AFTER, UPDATED_BEFORE, filter,
    without_parameters,
};
use super::review::{Review, noun};
use super::schema::{ANY, Field, Shape, USUAL, check_partial, check_whole, optional, required};
use super::store::{Resource, Store, Verb};

const ALLOCATION: &[Field] =
    &[optional("invoice_id", Shape::Text(USUAL)), optional("order_id", Shape::Text(USUAL)), required("amount", Shape::Number)];
const APPLICATION: &[Field] = &[required("invoice_id", Shape::Text(USUAL)), required("amount", Shape::Number)];

const PAYMENT: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("customer_id", Shape::Text(USUAL)),
    required("amount", Shape::Number),
    required("payment_date", Shape::Moment),
    optional("payment_method_type", Shape::Text(USUAL)),
    optional("payment_method_id", Shape::Text(USUAL)),
    optional("status", Shape::OneOf(&["PENDING", "PAID", "REFUNDED", "VOIDED"])),
    optional("transaction_number", Shape::Text(USUAL)),
    optional("allocations", Shape::Objects(ALLOCATION)),
    optional("note", Shape::Text(ANY)),
];

const CREDIT_MEMO: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("customer_id", Shape::Text(USUAL)),
    required("credit_memo_number", Shape::Text(USUAL)),
    optional("order_id", Shape::Text(USUAL)),
    optional("invoice_id", Shape::Text(USUAL)),
    required("total_amount", Shape::Number),
    optional("applied_amount", Shape::Number),
    optional("status", Shape::OneOf(&["OPEN", "APPLIED", "VOIDED"])),
    optional("items", Shape::Objects(ITEM)),
    optional("applications", Shape::Objects(APPLICATION)),
    optional("url", Shape::Text(ANY)),
    optional("remarks", Shape::Text(ANY)),
];

/// What payments and credit memos differ in.
pub(super) struct Proposal {
    resource: Resource,
    fields: &'static [Field],
    first_status: &'static str,
    /// The list that says what is settled.
    settles: &'static str,
    listing: Listing,
}

/// Payments, which lie on invoices or orders.
pub(super) const PAYMENTS: &Proposal = &Proposal {
    resource: Resource::Payments,
    fields: PAYMENT,
    first_status: "PENDING",
    settles: "allocations",
    listing: Listing { resource: Resource::Payments, sorts: &[UPDATED, CREATED], filters: FILTERS },
};

/// Credit memos, which are applied to invoices.
pub(super) const CREDIT_MEMOS: &Proposal = &Proposal {
    resource: Resource::CreditMemos,
    fields: CREDIT_MEMO,
    first_status: "OPEN",
    settles: "applications",
    listing: Listing { resource: Resource::CreditMemos, sorts: &[UPDATED, CREATED], filters: FILTERS },
};

const FILTERS: &[super::listing::Filter] =
    &[filter("customer_id", "scope", Test::Text), REFERENCES, CREATED_AFTER, CREATED_BEFORE, UPDATED_AFTER, UPDATED_BEFORE];

/// Answers `/v1/payments`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    PAYMENTS.answer(call, store)
}

/// Answers `/v1/credit-memos`.
pub(super) fn answer_credit_memos(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    CREDIT_MEMOS.answer(call, store)
}

impl Proposal {
    /// Brings a document written by hand into the stored form; a payment was made now.
    pub(super) fn settle(&self, store: &Store, record: &mut Json, now: &str) -> Result<(), Refusal> {
        let mut review = Review::new(store);
        review.resolve_required(record, "customer_id", Resource::Customers)?;
        if self.resource == Resource::Payments {
            record.set_default("payment_date", Json::of_text(now));
        } else {
            review.resolve(record, "order_id", Resource::Orders)?;
            review.resolve(record, "invoice_id", Resource::Invoices)?;
            self.settle_items(&mut review, record)?;
        }
        let mut entries = record.list(self.settles).to_vec();
        for entry in &mut entries {
            review.resolve(entry, "invoice_id", Resource::Invoices)?;
            review.resolve(entry, "order_id", Resource::Orders)?;
        }
        record.set(self.settles, Json::List(entries));
        review.finish()
    }

    fn answer(&self, call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
        match (call.method(), call.tail().as_slice()) {
            ("GET", []) => self.listing.answer(call.query(), store, call.settings, |record| Ok(record.clone())),
            ("POST", []) => {
                let body = call.body()?;
                check_whole(&body, self.fields, &[])?;
                let begun = Json::object([
                    ("id", Json::of_text(store.next_id()?)),
                    ("status", Json::of_text(self.first_status)),
                    ("created_at", Json::of_text(call.now.as_str())),
                ]);
                let record = self.applied(call, store, &body, begun)?;
                store.insert(self.resource, &record, Verb::Create, &call.now)?;
                Ok(Answer::written(record))
            }
            ("GET", [id]) => {
                without_parameters(call.query())?;
                Ok(Answer::found(self.find(store, id)?))
            }
            ("PATCH", [id]) => {
                let known = self.find(store, id)?;
                let body = call.body()?;
                check_partial(&body, self.fields, &[])?;
                let record = self.applied(call, store, &body, known)?;
                store.replace(self.resource, &record, Verb::Update, &call.now)?;
                // The proposal says 200 here, unlike the documented changes.
                Ok(Answer::found(record))
            }
            (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
            (_, [_]) => Err(Refusal::method_not_allowed(&["GET", "PATCH"])),
            _ => Err(Refusal::not_found("no such path")),
        }
    }

    /// Takes over the fields that were sent.
    fn applied(&self, call: &Call<'_>, store: &Store, body: &Json, mut record: Json) -> Result<Json, Refusal> {
        let mut review = Review::new(store);
        let own = record.text("id").map(str::to_owned);
        review.reference(call, self.resource, body, own.as_deref(), "")?;
        review.names(body, "customer_id", Resource::Customers, "")?;
        review.names(body, "order_id", Resource::Orders, "")?;
        review.names(body, "invoice_id", Resource::Invoices, "")?;
        for (index, entry) in body.list(self.settles).iter().enumerate() {
            let place = format!("{}[{index}].", self.settles);
            review.names(entry, "invoice_id", Resource::Invoices, &place)?;
            review.names(entry, "order_id", Resource::Orders, &place)?;
            if entry.get("invoice_id").is_some() == entry.get("order_id").is_some() {
                review.refuse(format!("{place}invoice_id"), "must be given, or order_id instead of it");
            }
        }
        record.take_over(body);
        record.set("updated_at", Json::of_text(call.now.as_str()));
        if body.get("items").is_some() {
            self.settle_items(&mut review, &mut record)?;
        }
        review.finish()?;
        Ok(record)
    }

    /// Gives the items of a credit memo their products; lines typed in by hand are known from the order it belongs to.
    fn settle_items(&self, review: &mut Review<'_>, record: &mut Json) -> Result<(), Refusal> {
        let mut order = record.text("order_id").map(str::to_owned);
        if let (None, Some(invoice)) = (&order, record.text("invoice_id")) {
            let invoice = review.store.find(Resource::Invoices, invoice)?;
            order = invoice.and_then(|invoice| invoice.text("order_id").map(str::to_owned));
        }
        invoices::settle_items(review, record, order.as_deref())
    }

    fn find(&self, store: &Store, id: &str) -> Result<Json, Refusal> {
        store.find(self.resource, id)?.ok_or_else(|| Refusal::not_found(format!("no such {}", noun(self.resource))))
    }
}
