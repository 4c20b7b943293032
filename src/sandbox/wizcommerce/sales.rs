//! What orders and quotes have in common: lines, copied addresses and contact, charges and the times they carry.

use super::answer::Refusal;
use super::json::Json;
use super::review::Review;
use super::schema::{Field, Shape, USUAL, optional, required};
use super::store::{Resource, Store};
use super::{Call, attributes};

const ADDRESS_V1: &[Field] = &[
    optional("id", Shape::Text(USUAL)),
    optional("first_name", Shape::Text(USUAL)),
    optional("last_name", Shape::Text(USUAL)),
    optional("phone", Shape::Phone),
    optional("email", Shape::Text(USUAL)),
    optional("address_line_1", Shape::Text(USUAL)),
    optional("address_line_2", Shape::Text(USUAL)),
    optional("city", Shape::Text(USUAL)),
    optional("state", Shape::Text(USUAL)),
    optional("country", Shape::Text(USUAL)),
    optional("zip_code", Shape::Text(USUAL)),
];
const ADDRESS_V2: &[Field] = &[
    optional("id", Shape::Text(USUAL)),
    optional("first_name", Shape::Text(USUAL)),
    optional("last_name", Shape::Text(USUAL)),
    optional("phone", Shape::Phone),
    optional("email", Shape::Text(USUAL)),
    optional("address_line_1", Shape::Text(USUAL)),
    optional("address_line_2", Shape::Text(USUAL)),
    optional("city", Shape::Text(USUAL)),
    optional("state", Shape::Text(USUAL)),
    optional("country", Shape::Text(USUAL)),
    optional("zip_code", Shape::Text(USUAL)),
    optional("reference_id", Shape::Text(USUAL)),
    optional("attributes", Shape::Objects(attributes::VALUE)),
];
const PRIMARY_CONTACT: &[Field] = &[
    optional("id", Shape::Text(USUAL)),
    optional("first_name", Shape::Text(USUAL)),
    optional("last_name", Shape::Text(USUAL)),
    optional("email", Shape::Text(USUAL)),
    optional("phone", Shape::Phone),
    optional("designation", Shape::Text(USUAL)),
];
const LINE: &[Field] = &[
    required("sku", Shape::Text(USUAL)),
    required("quantity", Shape::Number),
    required("unit_price", Shape::Number),
    optional("shipped_quantity", Shape::Number),
    optional("invoiced_quantity", Shape::Number),
    optional("cancelled_quantity", Shape::Number),
    optional("picked_quantity", Shape::Number),
    optional("discount", Shape::Number),
    optional("discount_type", VALUE_TYPES),
    optional("note", Shape::Text(USUAL)),
    optional("is_adhoc", Shape::Boolean),
];
const VALUE_TYPES: Shape = Shape::OneOf(&["percentage", "value"]);
const CHARGE: &[Field] = &[
    optional("name", Shape::Text(USUAL)),
    optional("type", Shape::Text(USUAL)),
    optional("amount", Shape::Number),
    optional("value_type", VALUE_TYPES),
];
const CONTAINER: &[Field] = &[
    optional("name", Shape::Text(USUAL)),
    optional("key", Shape::Text(USUAL)),
    optional("unit", Shape::Text(USUAL)),
    optional("volume", Shape::Number),
];

/// The fields an order and a quote take in the first version.
pub(super) const COMMON_V1: &[Field] = &common(ADDRESS_V1);
/// The same in the second, which knows more of an address.
pub(super) const COMMON_V2: &[Field] = &common(ADDRESS_V2);

const fn common(address: &'static [Field]) -> [Field; 23] {
    [
        optional("reference_id", Shape::Text(USUAL)),
        optional("display_id", Shape::Text(USUAL)),
        required("customer_id", Shape::Text(USUAL)),
        optional("payment_term", Shape::Text(USUAL)),
        optional("shipping_method", Shape::Text(USUAL)),
        optional("freight_term", Shape::Text(USUAL)),
        optional("amount", Shape::Number),
        optional("discount_value", Shape::Number),
        optional("tax_value", Shape::Number),
        optional("shipping_charge", Shape::Number),
        optional("customer_note", Shape::Text(USUAL)),
        optional("internal_note", Shape::Text(USUAL)),
        optional("created_at", Shape::Moment),
        optional("updated_at", Shape::Moment),
        optional("source", Shape::Text(USUAL)),
        optional("po_number", Shape::Text(USUAL)),
        optional("container_info", Shape::Object(CONTAINER)),
        optional("billing_address", Shape::Object(address)),
        optional("shipping_address", Shape::Object(address)),
        optional("primary_contact", Shape::Object(PRIMARY_CONTACT)),
        required("line_items", Shape::Objects(LINE)),
        optional("attributes", Shape::Objects(attributes::VALUE)),
        optional("additional_charges", Shape::Objects(CHARGE)),
    ]
}

/// Makes the stored form of an order or a quote from a whole body; a known one lends it its identity.
///
/// Times are the caller's own where it sends any. Nothing else of the known record is left: what a body leaves out is gone.
pub(super) fn built(
    review: &mut Review<'_>,
    call: &Call<'_>,
    resource: Resource,
    body: &Json,
    known: Option<&Json>,
) -> Result<Json, Refusal> {
    review.reference(call, resource, body, known.and_then(|known| known.text("id")), "")?;
    let mut record = match known {
        Some(known) => known.pick(&["id", "status", "price_list_id", "created_at"]),
        None => Json::object([("id", Json::of_text(review.store.next_id()?)), ("created_at", Json::of_text(call.now.as_str()))]),
    };
    record.take_over(body);
    record.set_default("updated_at", Json::of_text(call.now.as_str()));
    review.names(body, "customer_id", Resource::Customers, "")?;
    review.filled(body, "line_items");
    let old = known.map_or(&[][..], |known| known.list("attributes"));
    let attributes = review.attributes(body.list("attributes"), old, "order", "", &call.now)?;
    record.set("attributes", attributes);
    copy_saved(review, call, &mut record, known)?;
    check_times(review, body, &record);
    settle(review, &mut record)?;
    check_skus(review, &record);
    Ok(record)
}

/// Brings what a record says into its stored form: lines name their products, and there are a number and a source.
pub(super) fn settle(review: &mut Review<'_>, record: &mut Json) -> Result<(), Refusal> {
    let mut lines = record.list("line_items").to_vec();
    for line in &mut lines {
        let sku = line.text("sku").unwrap_or_default();
        match review.store.ids_by_label(Resource::Products, sku)?.into_iter().next() {
            Some(product) => line.set("product_id", Json::of_text(product)),
            None => drop(line.take("product_id")),
        }
    }
    record.set("line_items", Json::List(lines));
    record.set_default("source", Json::of_text("openapi"));
    if record.text("display_id").is_none_or(str::is_empty) {
        let id = record.text("id").unwrap_or_default();
        let generated = id.get(..8).unwrap_or(id).to_uppercase();
        record.set("display_id", Json::of_text(generated));
    }
    if let Some(customer) = review.store.find(Resource::Customers, record.text("customer_id").unwrap_or_default())?
        && let Some(list) = customer.get("assigned_price_list_id")
    {
        // Another list of the customer later on leaves its old sales alone.
        record.set_default("price_list_id", list.clone());
    }
    Ok(())
}

/// Refuses lines of no known product, unless a rep typed them in by hand. The app may have sold what is no product any more.
fn check_skus(review: &mut Review<'_>, record: &Json) {
    for (index, line) in record.list("line_items").iter().enumerate() {
        if line.get("product_id").is_none() && line.get("is_adhoc") != Some(&Json::Bool(true)) {
            review.refuse(format!("line_items[{index}].sku"), "unknown sku");
        }
    }
}

/// Copies saved addresses and the saved contact into a record that names them by id; fields sent beside the id win.
fn copy_saved(review: &mut Review<'_>, call: &Call<'_>, record: &mut Json, known: Option<&Json>) -> Result<(), Refusal> {
    let customer = record.text("customer_id").unwrap_or_default().to_owned();
    let places = [
        ("billing_address", Resource::CustomerAddresses),
        ("shipping_address", Resource::CustomerAddresses),
        ("primary_contact", Resource::CustomerContacts),
    ];
    for (member, resource) in places {
        let Some(mut copy) = record.get(member).cloned() else { continue };
        let before = known.and_then(|known| known.get(member));
        let old = before.map_or(&[][..], |before| before.list("attributes"));
        if copy.get("attributes").is_some() {
            let place = format!("{member}.");
            let values = review.attributes(copy.list("attributes"), old, "address", &place, &call.now)?;
            copy.set("attributes", values);
        }
        if let Some(id) = copy.text("id").map(str::to_owned) {
            let saved = review.store.find(resource, &id)?.filter(|saved| saved.text("customer_id") == Some(customer.as_str()));
            match saved {
                Some(saved) => {
                    for (name, value) in saved.pick(COPIED).members() {
                        copy.set_default(name, value.clone());
                    }
                }
                // The copy outlives the saved one it was made from.
                None if before.and_then(|before| before.text("id")) == Some(id.as_str()) => {}
                None => review.refuse(format!("{member}.id"), "is not one of this customer's"),
            }
        }
        record.set(member, copy);
    }
    Ok(())
}

/// What is copied of a saved address or contact.
const COPIED: &[&str] = &[
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
    "designation",
];

/// Refuses times that do not fall after the creation.
fn check_times(review: &mut Review<'_>, body: &Json, record: &Json) {
    let created = record.text("created_at").unwrap_or_default();
    for member in ["updated_at", "shipment_date", "due_date"] {
        // Stamps of one form compare as texts.
        if body.text(member).is_some_and(|moment| moment <= created) {
            review.refuse(member, "must be later than created_at");
        }
    }
}

/// Gives the charges of a sale as answers show them, although they were sent as plain amounts.
pub(super) fn charges(record: &Json) -> Json {
    let amounts =
        [("Discount", "discount", "discount_value"), ("Tax", "tax", "tax_value"), ("Shipping", "shipping", "shipping_charge")];
    let mut charges: Vec<Json> = amounts
        .into_iter()
        .filter_map(|(name, kind, member)| {
            Some(Json::object([
                ("name", Json::of_text(name)),
                ("type", Json::of_text(kind)),
                ("value_type", Json::of_text("value")),
                ("amount", record.get(member)?.clone()),
            ]))
        })
        .collect();
    charges.extend(record.list("additional_charges").iter().map(|charge| charge.pick(&["name", "type", "value_type", "amount"])));
    Json::List(charges)
}

/// Shows an address as a version knows it.
pub(super) fn address(address: &Json, version: u8) -> Json {
    let mut shown = address.clone();
    if version == 1 {
        shown.take("reference_id");
        shown.take("attributes");
    }
    shown
}

/// Gives the SKUs an order's lines name, which its invoices may name as well.
pub(super) fn skus(store: &Store, order: &str) -> Result<Vec<String>, Refusal> {
    let order = store.find(Resource::Orders, order)?.unwrap_or(Json::Null);
    Ok(order.list("line_items").iter().filter_map(|line| line.text("sku")).map(str::to_owned).collect())
}
