//! Orders in both versions: a change replaces the whole, money comes back as charges, and the state has a call of its own.

use super::Call;
use super::answer::{Answer, Refusal};
use super::json::Json;
use super::listing::{
    CREATED, CREATED_AFTER, CREATED_BEFORE, Listing, REFERENCES, Test, UPDATED, UPDATED_AFTER, UPDATED_BEFORE, default_filter,
    filter, without_parameters,
};
use super::review::Review;
use super::sales::{self, COMMON_V1, COMMON_V2};
use super::schema::{Field, Shape, USUAL, check_joined, check_whole, nullable, optional, required};
use super::store::{Resource, Store, Verb};

/// What an order takes beyond a quote: how it is paid and delivered.
const SETTLEMENT: &[Field] = &[
    optional("amount_paid", Shape::Number),
    optional("payment_status", Shape::OneOf(PAYMENT_STATES)),
    optional("payment_method_id", Shape::Text(USUAL)),
    optional("fulfillment_status", Shape::OneOf(FULFILLMENT_STATES)),
    optional("shipment_date", Shape::Moment),
    nullable("due_date", Shape::Moment),
    optional(
        "customer_consent",
        Shape::Object(&[optional("has_consent", Shape::Boolean), optional("consent_file_id", Shape::Text(USUAL))]),
    ),
];
/// The state an order may begin in; it cannot be sent with a change.
const BEGINNING: &[Field] = &[optional("status", Shape::OneOf(&["draft", "confirmed"]))];
const STATUS: &[Field] = &[required("status", Shape::OneOf(STATES))];

const STATES: &[&str] = &["draft", "confirmed", "cancelled"];
const PAYMENT_STATES: &[&str] = &["PAID", "PENDING", "PARTIALLY_PAID", "REFUNDED", "OVERPAID", "VOIDED"];
const FULFILLMENT_STATES: &[&str] =
    &["PARTIALLY_DELIVERED", "UNFULFILLED", "PARTIALLY_FULFILLED", "FULFILLED", "IN_PROGRESS", "DELIVERED"];

const LISTING: Listing = Listing {
    resource: Resource::Orders,
    sorts: &[UPDATED, CREATED],
    filters: &[
        default_filter("order_status", "state", Test::OneOf(STATES), "draft"),
        REFERENCES,
        filter("source", "json_extract(document, '$.source')", Test::Text),
        CREATED_AFTER,
        CREATED_BEFORE,
        UPDATED_AFTER,
        UPDATED_BEFORE,
    ],
};

/// Answers `/v1/orders` and `/v2/orders`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => LISTING.answer(call.query(), store, call.settings, |order| row(store, order, call.version)),
        ("POST", []) => create(call, store),
        ("GET", [id]) => {
            without_parameters(call.query())?;
            Ok(Answer::found(shown(store, &find(store, id)?, call.version)?))
        }
        ("PUT", [id]) => replace(call, store, id),
        ("DELETE", [id]) => {
            without_parameters(call.query())?;
            find(store, id)?;
            store.delete(Resource::Orders, id, Verb::Delete, &call.now)?;
            Ok(Answer::deleted(id))
        }
        ("PATCH", [id, "status"]) => change_status(call, store, id),
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (_, [_]) => Err(Refusal::method_not_allowed(&["GET", "PUT", "DELETE"])),
        (_, [_, "status"]) => Err(Refusal::method_not_allowed(&["PATCH"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Brings an order written by hand into the stored form, as the app would: confirmed from a cart, nothing paid or shipped.
pub(super) fn settle(store: &Store, order: &mut Json, now: &str) -> Result<(), Refusal> {
    let mut review = Review::new(store);
    review.resolve_required(order, "customer_id", Resource::Customers)?;
    order.set_default("source", Json::of_text("cart"));
    order.set_default("payment_status", Json::of_text("PENDING"));
    order.set_default("fulfillment_status", Json::of_text("UNFULFILLED"));
    review.settle_attributes(order, "order", now)?;
    sales::settle(&mut review, order)?;
    review.finish()
}

fn create(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    let body = call.body()?;
    check_joined(&body, &[common(call), SETTLEMENT, BEGINNING])?;
    let mut review = Review::new(store);
    check_likely(&mut review, call, &body);
    let mut order = sales::built(&mut review, call, Resource::Orders, &body, None)?;
    review.finish()?;
    order.set_default("status", Json::of_text("confirmed"));
    store.insert(Resource::Orders, &order, Verb::Create, &call.now)?;
    Ok(Answer::written(shown(store, &order, call.version)?))
}

fn replace(call: &Call<'_>, store: &Store, id: &str) -> Result<Answer, Refusal> {
    let known = find(store, id)?;
    let body = call.body()?;
    check_joined(&body, &[common(call), SETTLEMENT])?;
    let mut review = Review::new(store);
    check_likely(&mut review, call, &body);
    let order = sales::built(&mut review, call, Resource::Orders, &body, Some(&known))?;
    review.finish()?;
    store.replace(Resource::Orders, &order, Verb::Update, &call.now)?;
    Ok(Answer::written(shown(store, &order, call.version)?))
}

fn change_status(call: &Call<'_>, store: &Store, id: &str) -> Result<Answer, Refusal> {
    let mut order = find(store, id)?;
    let body = call.body()?;
    check_whole(&body, STATUS, &[])?;
    // Which state may follow which is not documented.
    order.take_over(&body);
    order.set("updated_at", Json::of_text(call.now.as_str()));
    store.replace(Resource::Orders, &order, Verb::Update, &call.now)?;
    // The second version answers something of no documented type, so nobody may rely on it.
    let data = if call.version == 1 { row(store, &order, 1)? } else { Json::of_text("order status updated") };
    Ok(Answer::found(data))
}

fn common(call: &Call<'_>) -> &'static [Field] {
    if call.version == 1 { COMMON_V1 } else { COMMON_V2 }
}

fn check_likely(review: &mut Review<'_>, call: &Call<'_>, body: &Json) {
    review.likely(call, body, &["payment_status", "fulfillment_status", "created_at", "updated_at"]);
}

/// Gives what a list shows of an order.
fn row(store: &Store, order: &Json, version: u8) -> Result<Json, Refusal> {
    let mut row = order.pick(&[
        "id",
        "reference_id",
        "display_id",
        "customer_id",
        "status",
        "amount",
        "amount_paid",
        "payment_status",
        "fulfillment_status",
        "payment_method_id",
    ]);
    if let Some(method) = payment_method(store, order)? {
        row.set("payment_method", method.get("display_name").or(method.get("provider")).cloned().unwrap_or(Json::Null));
    }
    row.take_over(&order.pick(&[
        "payment_term",
        "shipping_method",
        "freight_term",
        "internal_note",
        "customer_note",
        "shipment_date",
        "due_date",
        "source",
        "price_list_id",
        "primary_contact",
    ]));
    for member in ["shipping_address", "billing_address"] {
        if let Some(address) = order.get(member) {
            row.set(member, sales::address(address, version));
        }
    }
    row.take_over(&order.pick(&["po_number", "created_at", "updated_at"]));
    Ok(row)
}

/// Gives what the API shows of one order. Consent, container and attributes are taken but not documented in answers.
fn shown(store: &Store, order: &Json, version: u8) -> Result<Json, Refusal> {
    let mut shown = row(store, order, version)?;
    shown.set("line_items", Json::List(order.list("line_items").to_vec()));
    shown.set("charges", sales::charges(order));
    if version == 1 {
        return Ok(shown);
    }
    if let Some(customer) = store.find(Resource::Customers, order.text("customer_id").unwrap_or_default())? {
        for (member, of_customer) in [("customer_reference_id", "reference_id"), ("customer_name", "name")] {
            if let Some(value) = customer.get(of_customer) {
                shown.set(member, value.clone());
            }
        }
    }
    if let Some(method) = payment_method(store, order)? {
        let mut card = method.pick(&["id", "token", "payment_method_type", "brand", "card_type", "last_four_digits"]);
        if let Some(expiry) = method.get("card_expiry") {
            card.set("card_exp", expiry.clone());
        }
        card.take_over(&method.pick(&["external_customer_id"]));
        shown.set("card", card);
    }
    Ok(shown)
}

fn payment_method(store: &Store, order: &Json) -> Result<Option<Json>, Refusal> {
    Ok(store.find(Resource::PaymentMethods, order.text("payment_method_id").unwrap_or_default())?)
}

fn find(store: &Store, id: &str) -> Result<Json, Refusal> {
    store.find(Resource::Orders, id)?.ok_or_else(|| Refusal::not_found("no such order"))
}
