//! Shipments, each of one order and with one tracking number. They name products where all others name SKUs.

use super::Call;
use super::answer::{Answer, Refusal};
use super::json::Json;
use super::listing::{CREATED, Listing, REFERENCES, Test, UPDATED, filter, without_parameters};
use super::review::Review;
use super::schema::{ANY, Field, Shape, USUAL, check_partial, check_whole, optional, required};
use super::store::{Resource, Store, Verb, derived_id};

const STATES: &[&str] = &["created", "shipped", "fulfilled"];

const TRACKING: &[Field] = &[
    required("tracking_number", Shape::Text(USUAL)),
    optional("tracking_url", Shape::Text(ANY)),
    optional("delivery_partner", Shape::Text(USUAL)),
];
const ITEM: &[Field] = &[required("product_id", Shape::Text(USUAL)), required("quantity", Shape::Number)];

const CREATE: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("order_id", Shape::Text(USUAL)),
    required("created_at", Shape::Moment),
    required("shipment_status", Shape::OneOf(STATES)),
    optional("tracking_info", Shape::Object(TRACKING)),
    optional("note", Shape::Text(ANY)),
    optional("name", Shape::Text(USUAL)),
    required("shipment_items", Shape::Objects(ITEM)),
];

const UPDATE: &[Field] = &[
    required("order_id", Shape::Text(USUAL)),
    optional("updated_at", Shape::Moment),
    optional("status", Shape::OneOf(&["active", "inactive"])),
    // A change knows one state less than a create.
    optional("shipment_status", Shape::OneOf(&["created", "shipped"])),
    optional("tracking_info", Shape::Object(TRACKING)),
    optional("shipment_items", Shape::Objects(ITEM)),
    optional("remark", Shape::Text(ANY)),
    optional("note", Shape::Text(ANY)),
    optional("name", Shape::Text(USUAL)),
];
const STATUS: &[Field] = &[required("status", Shape::OneOf(STATES))];

/// What answers show; the state of the delivery, the name and the remark are taken but not documented in answers.
const SHOWN: &[&str] =
    &["id", "reference_id", "order_id", "status", "tracking_info", "shipment_items", "note", "created_at", "updated_at"];
const SHOWN_ITEM: &[&str] = &["id", "sku_id", "quantity"];

const LISTING: Listing = Listing {
    resource: Resource::Shipments,
    sorts: &[UPDATED, CREATED],
    filters: &[REFERENCES, filter("shipment_status", "state", Test::OneOf(STATES))],
};

/// Answers `/v1/shipments`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => LISTING.answer(call.query(), store, call.settings, |shipment| Ok(shown(shipment))),
        ("POST", []) => {
            let body = call.body()?;
            check_whole(&body, CREATE, &[])?;
            let begun = Json::object([("id", Json::of_text(store.next_id()?)), ("status", Json::of_text("active"))]);
            let shipment = applied(call, store, &body, begun)?;
            store.insert(Resource::Shipments, &shipment, Verb::Create, &call.now)?;
            Ok(Answer::written(shown(&shipment)))
        }
        ("GET", [id]) => {
            without_parameters(call.query())?;
            Ok(Answer::found(shown(&find(store, id)?)))
        }
        ("PATCH", [id]) => {
            let known = find(store, id)?;
            let body = call.body()?;
            check_partial(&body, UPDATE, &[])?;
            let shipment = applied(call, store, &body, known)?;
            store.replace(Resource::Shipments, &shipment, Verb::Update, &call.now)?;
            Ok(Answer::written(shown(&shipment)))
        }
        // Only a body without its call is known; like the one of orders it is taken for the state of the delivery.
        ("PATCH", [id, "status"]) => {
            let mut shipment = find(store, id)?;
            let body = call.body()?;
            check_whole(&body, STATUS, &[])?;
            shipment.set("shipment_status", Json::of_text(body.text("status").unwrap_or_default()));
            shipment.set("updated_at", Json::of_text(call.now.as_str()));
            store.replace(Resource::Shipments, &shipment, Verb::Update, &call.now)?;
            Ok(Answer::found(shown(&shipment)))
        }
        ("DELETE", [id]) => {
            without_parameters(call.query())?;
            find(store, id)?;
            store.delete(Resource::Shipments, id, Verb::Delete, &call.now)?;
            Ok(Answer::deleted(id))
        }
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (_, [_]) => Err(Refusal::method_not_allowed(&["GET", "PATCH", "DELETE"])),
        (_, [_, "status"]) => Err(Refusal::method_not_allowed(&["PATCH"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Brings a shipment written by hand into the stored form; its items may name a `sku` instead of a product.
pub(super) fn settle(store: &Store, shipment: &mut Json) -> Result<(), Refusal> {
    let mut review = Review::new(store);
    review.resolve_required(shipment, "order_id", Resource::Orders)?;
    shipment.set_default("shipment_status", Json::of_text("shipped"));
    let mut items = shipment.list("shipment_items").to_vec();
    for item in &mut items {
        if let Some(sku) = item.take("sku")
            && let Some(product) = store.ids_by_label(Resource::Products, sku.as_text().unwrap_or_default())?.into_iter().next()
        {
            item.set("product_id", Json::of_text(product));
        }
    }
    shipment.set("shipment_items", Json::List(items));
    settle_items(&mut review, shipment)?;
    review.finish()
}

/// Takes over the fields that were sent.
fn applied(call: &Call<'_>, store: &Store, body: &Json, mut shipment: Json) -> Result<Json, Refusal> {
    let mut review = Review::new(store);
    let own = shipment.text("id").map(str::to_owned);
    review.reference(call, Resource::Shipments, body, own.as_deref(), "")?;
    let order = review.order(call, body)?;
    review.filled(body, "shipment_items");
    shipment.set("updated_at", Json::of_text(call.now.as_str()));
    shipment.take_over(body);
    if let Some(order) = order {
        shipment.set("order_id", Json::of_text(order));
    }
    if body.get("shipment_items").is_some() {
        settle_items(&mut review, &mut shipment)?;
    }
    review.finish()?;
    Ok(shipment)
}

/// Gives every item the SKU of its product and an id; the list replaces the one before.
fn settle_items(review: &mut Review<'_>, shipment: &mut Json) -> Result<(), Refusal> {
    let mut items = shipment.list("shipment_items").to_vec();
    for (index, item) in items.iter_mut().enumerate() {
        let product = review.store.find(Resource::Products, item.text("product_id").unwrap_or_default())?;
        match product {
            Some(product) => item.set("sku_id", Json::of_text(product.text("sku").unwrap_or_default())),
            None => review.refuse(format!("shipment_items[{index}].product_id"), "unknown product"),
        }
        let place = format!("item {} {index}", shipment.text("id").unwrap_or_default());
        item.set("id", Json::of_text(derived_id(&place)));
    }
    shipment.set("shipment_items", Json::List(items));
    Ok(())
}

fn shown(shipment: &Json) -> Json {
    let mut row = shipment.pick(SHOWN);
    row.set("shipment_items", Json::List(shipment.list("shipment_items").iter().map(|item| item.pick(SHOWN_ITEM)).collect()));
    row
}

fn find(store: &Store, id: &str) -> Result<Json, Refusal> {
    store.find(Resource::Shipments, id)?.ok_or_else(|| Refusal::not_found("no such shipment"))
}
