//! Quotes, which are a proposal: an order without payment and delivery that ends by being accepted, rejected or forgotten.

use super::Call;
use super::answer::{Answer, Refusal};
use super::json::Json;
use super::listing::{
    CREATED, CREATED_AFTER, CREATED_BEFORE, Listing, REFERENCES, Test, UPDATED, UPDATED_AFTER, UPDATED_BEFORE, filter,
    without_parameters,
};
use super::review::Review;
use super::sales::{self, COMMON_V2};
use super::schema::{Field, Shape, check_joined, check_whole, optional, required};
use super::store::{Resource, Store, Verb};

const STATES: &[&str] = &["draft", "submitted", "accepted", "rejected", "expired", "cancelled"];

/// What a quote takes beyond its common part with orders. The order it became is not the caller's to say.
const OWN: &[Field] = &[optional("expiry_date", Shape::Moment), optional("status", Shape::OneOf(STATES))];
const STATUS: &[Field] = &[required("status", Shape::OneOf(STATES))];

const LISTING: Listing = Listing {
    resource: Resource::Quotes,
    sorts: &[UPDATED, CREATED],
    filters: &[
        filter("quote_status", "state", Test::OneOf(STATES)),
        REFERENCES,
        CREATED_AFTER,
        CREATED_BEFORE,
        UPDATED_AFTER,
        UPDATED_BEFORE,
    ],
};

/// Answers `/v1/quotes`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => LISTING.answer(call.query(), store, call.settings, |quote| Ok(quote.clone())),
        ("POST", []) => {
            let mut quote = read(call, store, None)?;
            quote.set_default("status", Json::of_text("draft"));
            store.insert(Resource::Quotes, &quote, Verb::Create, &call.now)?;
            Ok(Answer::written(quote))
        }
        ("GET", [id]) => {
            without_parameters(call.query())?;
            Ok(Answer::found(find(store, id)?))
        }
        ("PUT", [id]) => {
            let known = find(store, id)?;
            let mut quote = read(call, store, Some(&known))?;
            quote.take_over(&known.pick(&["converted_order_id"]));
            store.replace(Resource::Quotes, &quote, Verb::Update, &call.now)?;
            // The proposal says 200 here, unlike the documented changes.
            Ok(Answer::found(quote))
        }
        ("DELETE", [id]) => {
            without_parameters(call.query())?;
            find(store, id)?;
            store.delete(Resource::Quotes, id, Verb::Delete, &call.now)?;
            Ok(Answer::deleted(id))
        }
        ("PATCH", [id, "status"]) => {
            let mut quote = find(store, id)?;
            let body = call.body()?;
            check_whole(&body, STATUS, &[])?;
            quote.take_over(&body);
            quote.set("updated_at", Json::of_text(call.now.as_str()));
            store.replace(Resource::Quotes, &quote, Verb::Update, &call.now)?;
            Ok(Answer::found(quote))
        }
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (_, [_]) => Err(Refusal::method_not_allowed(&["GET", "PUT", "DELETE"])),
        (_, [_, "status"]) => Err(Refusal::method_not_allowed(&["PATCH"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Brings a quote written by hand into the stored form.
pub(super) fn settle(store: &Store, quote: &mut Json, now: &str) -> Result<(), Refusal> {
    let mut review = Review::new(store);
    review.resolve_required(quote, "customer_id", Resource::Customers)?;
    review.resolve(quote, "converted_order_id", Resource::Orders)?;
    quote.set_default("source", Json::of_text("cart"));
    review.settle_attributes(quote, "order", now)?;
    sales::settle(&mut review, quote)?;
    review.finish()
}

/// Reads a whole quote from the body.
fn read(call: &Call<'_>, store: &Store, known: Option<&Json>) -> Result<Json, Refusal> {
    let body = call.body()?;
    check_joined(&body, &[COMMON_V2, OWN])?;
    let mut review = Review::new(store);
    // Unlike an order, a quote is proposed with the caller's key as a must.
    if body.text("reference_id").is_none_or(str::is_empty) {
        review.refuse("reference_id", "is required");
    }
    let quote = sales::built(&mut review, call, Resource::Quotes, &body, known)?;
    review.finish()?;
    Ok(quote)
}

fn find(store: &Store, id: &str) -> Result<Json, Refusal> {
    store.find(Resource::Quotes, id)?.ok_or_else(|| Refusal::not_found("no such quote"))
}
