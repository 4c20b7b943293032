//! Stored cards of customers: tokens of a payment provider, not payments.

use super::Call;
use super::answer::{Answer, Refusal};
use super::json::Json;
use super::listing::{Listing, Test, filter, without_parameters};
use super::review::Review;
use super::schema::{Field, Shape, USUAL, check_whole, optional, required};
use super::store::{Resource, Store, Verb};

/// Names of providers are shorter than other texts.
const SHORT: usize = 50;

const CREATE: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("customer_id", Shape::Text(USUAL)),
    required("provider", Shape::Text(SHORT)),
    optional("external_customer_id", Shape::Text(USUAL)),
    optional("payment_method_type", Shape::Text(USUAL)),
    optional("card_type", Shape::Text(USUAL)),
    optional("brand", Shape::Text(USUAL)),
    optional("card_expiry", Shape::Text(USUAL)),
    optional("last_four_digits", Shape::Text(USUAL)),
    optional("display_name", Shape::Text(USUAL)),
    optional("is_default", Shape::Boolean),
    optional("token", Shape::Text(USUAL)),
    optional("address_line_1", Shape::Text(USUAL)),
    optional("address_line_2", Shape::Text(USUAL)),
    optional("city", Shape::Text(USUAL)),
    optional("state", Shape::Text(USUAL)),
    optional("country", Shape::Text(USUAL)),
    optional("zip_code", Shape::Text(USUAL)),
    optional("email", Shape::Text(USUAL)),
    optional("phone", Shape::Phone),
    optional("first_name", Shape::Text(USUAL)),
    optional("last_name", Shape::Text(USUAL)),
    optional("status", Shape::OneOf(&["active", "inactive"])),
];
const LIKELY: &[&str] = &["payment_method_type", "card_type", "brand", "card_expiry", "last_four_digits", "token"];

const LISTING: Listing =
    Listing { resource: Resource::PaymentMethods, sorts: &[], filters: &[filter("customer_id", "scope", Test::Text)] };

/// Answers `/v1/payment-methods`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => LISTING.answer(call.query(), store, call.settings, |method| Ok(shown(method))),
        ("POST", []) => create(call, store),
        ("DELETE", [id]) => {
            without_parameters(call.query())?;
            if !store.exists(Resource::PaymentMethods, id)? {
                return Err(Refusal::not_found("no such payment method"));
            }
            store.delete(Resource::PaymentMethods, id, Verb::Delete, &call.now)?;
            Ok(Answer::deleted(id))
        }
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (_, [_]) => Err(Refusal::method_not_allowed(&["DELETE"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Brings a card written by hand into the stored form.
pub(super) fn settle(store: &Store, method: &mut Json) -> Result<(), Refusal> {
    let mut review = Review::new(store);
    review.resolve_required(method, "customer_id", Resource::Customers)?;
    review.finish()
}

fn create(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    let body = call.body()?;
    check_whole(&body, CREATE, &[])?;
    let mut review = Review::new(store);
    review.reference(call, Resource::PaymentMethods, &body, None, "")?;
    review.names(&body, "customer_id", Resource::Customers, "")?;
    review.likely(call, &body, LIKELY);
    if body.text("card_expiry").is_some_and(|expiry| !is_expiry(expiry)) {
        review.refuse("card_expiry", "must be a month and a year like 09/27");
    }
    review.finish()?;
    let mut method = Json::object([("id", Json::of_text(store.next_id()?))]);
    method.take_over(&body);
    method.set_default("status", Json::of_text("active"));
    method.set("created_at", Json::of_text(call.now.as_str()));
    method.set("updated_at", Json::of_text(call.now.as_str()));
    store.insert(Resource::PaymentMethods, &method, Verb::Create, &call.now)?;
    Ok(Answer::written(shown(&method)))
}

/// Shows a card; the provider's own number of the customer is taken but not documented in answers.
fn shown(method: &Json) -> Json {
    let mut row = method.clone();
    row.take("external_customer_id");
    row
}

fn is_expiry(text: &str) -> bool {
    let Some((month, year)) = text.split_once('/') else { return false };
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(month) && digits(year) && ("01"..="12").contains(&month)
}
