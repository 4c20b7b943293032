//! Invoices, each of one order. Their list knows neither dates nor customers.

use super::Call;
use super::answer::{Answer, Refusal};
use super::json::Json;
use super::listing::{CREATED, Listing, REFERENCES, Test, UPDATED, filter, without_parameters};
use super::review::Review;
use super::sales;
use super::schema::{ANY, Field, Shape, USUAL, check_partial, check_whole, optional, required};
use super::store::{Resource, Store, Verb, derived_id};

const STATES: &[&str] = &["PAID", "UNPAID"];

/// What an invoice or a credit memo says of one thing sold.
pub(super) const ITEM: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("sku", Shape::Text(USUAL)),
    required("quantity", Shape::Number),
    required("amount", Shape::Number),
    required("name", Shape::Text(USUAL)),
    optional("description", Shape::Text(ANY)),
    optional("item_total", Shape::Number),
    optional("rate", Shape::Number),
    optional("discount", Shape::Number),
];

const INVOICE: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("order_id", Shape::Text(USUAL)),
    required("invoice_number", Shape::Text(USUAL)),
    required("total_amount", Shape::Number),
    required("paid_amount", Shape::Number),
    required("status", Shape::OneOf(STATES)),
    required("due_date", Shape::Moment),
    optional("remarks", Shape::Text(ANY)),
    optional("url", Shape::Text(ANY)),
    optional("name", Shape::Text(USUAL)),
    optional("created_at", Shape::Moment),
    optional("updated_at", Shape::Moment),
    required("items", Shape::Objects(ITEM)),
];

const SHOWN: &[&str] = &[
    "id",
    "reference_id",
    "order_id",
    "invoice_number",
    "total_amount",
    "paid_amount",
    "status",
    "due_date",
    "remarks",
    "url",
    "name",
    "created_at",
    "updated_at",
];
/// An item comes back with its product and without its SKU.
const SHOWN_ITEM: &[&str] = &["id", "reference_id", "name", "product_id", "quantity", "amount", "item_total"];

const LISTING: Listing = Listing {
    resource: Resource::Invoices,
    sorts: &[UPDATED, CREATED],
    filters: &[REFERENCES, filter("status", "state", Test::OneOf(STATES))],
};

/// Answers `/v1/invoices`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => LISTING.answer(call.query(), store, call.settings, |invoice| Ok(shown(invoice))),
        ("POST", []) => {
            let body = call.body()?;
            check_whole(&body, INVOICE, &[])?;
            let begun = Json::object([("id", Json::of_text(store.next_id()?)), ("created_at", Json::of_text(call.now.as_str()))]);
            let invoice = applied(call, store, &body, begun)?;
            store.insert(Resource::Invoices, &invoice, Verb::Create, &call.now)?;
            Ok(Answer::written(shown(&invoice)))
        }
        ("GET", [id]) => {
            without_parameters(call.query())?;
            Ok(Answer::found(shown(&find(store, id)?)))
        }
        ("PATCH", [id]) => {
            let known = find(store, id)?;
            let body = call.body()?;
            check_partial(&body, INVOICE, &[])?;
            let invoice = applied(call, store, &body, known)?;
            store.replace(Resource::Invoices, &invoice, Verb::Update, &call.now)?;
            Ok(Answer::written(shown(&invoice)))
        }
        ("DELETE", [id]) => {
            without_parameters(call.query())?;
            find(store, id)?;
            store.delete(Resource::Invoices, id, Verb::Delete, &call.now)?;
            Ok(Answer::deleted(id))
        }
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (_, [_]) => Err(Refusal::method_not_allowed(&["GET", "PATCH", "DELETE"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Brings an invoice written by hand into the stored form.
pub(super) fn settle(store: &Store, invoice: &mut Json) -> Result<(), Refusal> {
    let mut review = Review::new(store);
    review.resolve_required(invoice, "order_id", Resource::Orders)?;
    invoice.set_default("paid_amount", Json::of_count(0));
    let order = invoice.text("order_id").map(str::to_owned);
    settle_items(&mut review, invoice, order.as_deref())?;
    review.finish()
}

/// Gives every item its product and an id; the list replaces the one before.
///
/// A SKU is known by the catalogue or by a line of the order, which may have been typed in by hand.
pub(super) fn settle_items(review: &mut Review<'_>, record: &mut Json, order: Option<&str>) -> Result<(), Refusal> {
    let of_order = order.map_or_else(|| Ok(Vec::new()), |order| sales::skus(review.store, order))?;
    let mut items = record.list("items").to_vec();
    for (index, item) in items.iter_mut().enumerate() {
        let sku = item.text("sku").unwrap_or_default().to_owned();
        match review.store.ids_by_label(Resource::Products, &sku)?.into_iter().next() {
            Some(product) => item.set("product_id", Json::of_text(product)),
            None if of_order.contains(&sku) => drop(item.take("product_id")),
            None => review.refuse(format!("items[{index}].sku"), "unknown sku"),
        }
        let place = format!("item {} {index}", record.text("id").unwrap_or_default());
        item.set("id", Json::of_text(derived_id(&place)));
    }
    record.set("items", Json::List(items));
    Ok(())
}

/// Takes over the fields that were sent.
fn applied(call: &Call<'_>, store: &Store, body: &Json, mut invoice: Json) -> Result<Json, Refusal> {
    let mut review = Review::new(store);
    let own = invoice.text("id").map(str::to_owned);
    review.reference(call, Resource::Invoices, body, own.as_deref(), "")?;
    let order = review.order(call, body)?;
    invoice.set("updated_at", Json::of_text(call.now.as_str()));
    invoice.take_over(body);
    if let Some(order) = order {
        invoice.set("order_id", Json::of_text(order));
    }
    if body.get("items").is_some() {
        let order = invoice.text("order_id").map(str::to_owned);
        settle_items(&mut review, &mut invoice, order.as_deref())?;
    }
    review.finish()?;
    Ok(invoice)
}

fn shown(invoice: &Json) -> Json {
    let mut row = invoice.pick(SHOWN);
    row.set("items", Json::List(invoice.list("items").iter().map(|item| item.pick(SHOWN_ITEM)).collect()));
    row
}

fn find(store: &Store, id: &str) -> Result<Json, Refusal> {
    store.find(Resource::Invoices, id)?.ok_or_else(|| Refusal::not_found("no such invoice"))
}
