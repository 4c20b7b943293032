//! Price lists, and the prices of one product seen through `product-pricings`.

use super::Call;
use super::answer::{Answer, Detail, Refusal};
use super::json::Json;
use super::listing::{CREATED, Listing, STATUS, UPDATED, without_parameters};
use super::schema::{Field, Shape, USUAL, check_partial, check_whole, optional, required};
use super::store::{Resource, Store, Verb, derived_id};

/// Texts of a price list are shorter than elsewhere.
const SHORT: usize = 50;
/// A list made through the API cannot name its currency; the tenant's own is taken.
const TENANT_CURRENCY: &str = "USD";
const STATES: Shape = Shape::OneOf(&["active", "inactive"]);

const CREATE: &[Field] = &[
    required("reference_id", Shape::Text(SHORT)),
    required("name", Shape::Text(SHORT)),
    optional("description", Shape::Text(USUAL)),
    optional("status", STATES),
    optional("is_default", Shape::Boolean),
    optional("priority", Shape::Integer),
];

const UPDATE: &[Field] = &[
    required("name", Shape::Text(SHORT)),
    optional("description", Shape::Text(USUAL)),
    optional("status", STATES),
    optional("is_default", Shape::Boolean),
    optional("priority", Shape::Integer),
];

const PRICING_UPDATE: &[Field] = &[
    required("price_list_id", Shape::Text(USUAL)),
    optional("price", Shape::Number),
    optional("min_order_quantity", Shape::Integer),
    optional("max_order_quantity", Shape::Integer),
    optional("step_increment", Shape::Integer),
];

const SHOWN: [&str; 8] = ["id", "reference_id", "name", "description", "status", "currency", "created_at", "updated_at"];

const LISTING: Listing = Listing {
    resource: Resource::PriceLists,
    sorts: &[UPDATED, CREATED, ("name", "json_extract(document, '$.name')")],
    filters: &[STATUS],
};

/// Answers `/v1/price-lists`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => LISTING.answer(call.query(), store, call.settings, |list| Ok(list.pick(&SHOWN))),
        ("POST", []) => create(call, store),
        ("GET", [id]) => {
            without_parameters(call.query())?;
            Ok(Answer::found(find(store, id)?.pick(&SHOWN)))
        }
        ("PATCH", [id]) => update(call, store, id),
        ("DELETE", [id]) => {
            without_parameters(call.query())?;
            find(store, id)?;
            store.delete(Resource::PriceLists, id, Verb::Delete, &call.now)?;
            Ok(Answer::deleted(id))
        }
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (_, [_]) => Err(Refusal::method_not_allowed(&["GET", "PATCH", "DELETE"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Answers `/v1/product-pricings/{id}`, where the id is a product's.
pub(super) fn answer_pricings(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", [id]) => {
            without_parameters(call.query())?;
            let product = find_product(store, id)?;
            let prices = product.list("product_prices").iter();
            let rows: Result<Vec<Json>, Refusal> = prices.map(|price| pricing(store, &product, price)).collect();
            Ok(Answer::found(Json::List(rows?)))
        }
        ("PATCH", [id]) => update_pricing(call, store, id),
        (_, [_]) => Err(Refusal::method_not_allowed(&["GET", "PATCH"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Gives the id of the list a price names, by the list's reference id or its id.
///
/// The documents do not settle which of the two is meant; their sample looks like a reference id.
pub(super) fn resolve(store: &Store, named: &str) -> Result<Option<String>, Refusal> {
    if let Some(id) = store.ids_by_reference(Resource::PriceLists, named)?.into_iter().next() {
        return Ok(Some(id));
    }
    Ok(store.exists(Resource::PriceLists, named)?.then(|| named.to_owned()))
}

/// Gives the id of the price of one product on one list, which has no counter of its own.
pub(super) fn pricing_id(product: &str, list: &str) -> String {
    derived_id(&format!("price {product} {list}"))
}

/// Makes lists with a currency, unless their reference is known.
pub(super) fn seed(store: &Store, lists: &[(&str, &str, &str)], now: &str) -> rusqlite::Result<()> {
    for (reference, name, currency) in lists {
        if store.ids_by_reference(Resource::PriceLists, reference)?.is_empty() {
            let mut list = Json::object([
                ("id", Json::of_text(store.next_id()?)),
                ("reference_id", Json::of_text(*reference)),
                ("name", Json::of_text(*name)),
            ]);
            complete(&mut list, currency, now);
            store.insert(Resource::PriceLists, &list, Verb::Insert, now)?;
        }
    }
    Ok(())
}

fn create(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    let body = call.body()?;
    check_whole(&body, CREATE, &[])?;
    let reference = body.text("reference_id");
    if let Some(detail) = call.check_reference(store, Resource::PriceLists, reference, None, "reference_id")? {
        return Err(Refusal::invalid(vec![detail]));
    }
    let mut list = Json::object([("id", Json::of_text(store.next_id()?))]);
    for (name, value) in body.members() {
        list.set(name, value.clone());
    }
    complete(&mut list, TENANT_CURRENCY, &call.now);
    store.insert(Resource::PriceLists, &list, Verb::Create, &call.now)?;
    Ok(Answer::written(list.pick(&SHOWN)))
}

fn update(call: &Call<'_>, store: &Store, id: &str) -> Result<Answer, Refusal> {
    let mut list = find(store, id)?;
    let body = call.body()?;
    check_partial(&body, UPDATE, &[])?;
    for (name, value) in body.members() {
        list.set(name, value.clone());
    }
    list.set("updated_at", Json::of_text(call.now.as_str()));
    store.replace(Resource::PriceLists, &list, Verb::Update, &call.now)?;
    Ok(Answer::written(list.pick(&SHOWN)))
}

fn update_pricing(call: &Call<'_>, store: &Store, id: &str) -> Result<Answer, Refusal> {
    let mut product = find_product(store, id)?;
    let body = call.body()?;
    // One product has a row per list, so the list is needed to know which row is meant.
    check_whole(&body, PRICING_UPDATE, &[])?;
    let list = resolve(store, body.text("price_list_id").unwrap_or_default())?;
    let mut prices = product.list("product_prices").to_vec();
    let row = prices.iter_mut().find(|price| price.text("price_list_id") == list.as_deref());
    let (Some(row), true) = (row, list.is_some()) else {
        return Err(Refusal::invalid(vec![Detail::new("price_list_id", "the product has no price on this list")]));
    };
    for (name, value) in body.members().iter().filter(|(name, _)| name != "price_list_id") {
        row.set(name, value.clone());
    }
    row.set("updated_at", Json::of_text(call.now.as_str()));
    let row = row.clone();
    product.set("product_prices", Json::List(prices));
    product.set("updated_at", Json::of_text(call.now.as_str()));
    store.replace(Resource::Products, &product, Verb::Update, &call.now)?;
    Ok(Answer::written(pricing(store, &product, &row)?))
}

/// Fills in what a new list has without being told.
fn complete(list: &mut Json, currency: &str, now: &str) {
    list.set_default("status", Json::of_text("active"));
    list.set_default("is_default", Json::Bool(false));
    list.set("currency", Json::of_text(currency));
    list.set("created_at", Json::of_text(now));
    list.set("updated_at", Json::of_text(now));
}

fn pricing(store: &Store, product: &Json, price: &Json) -> Result<Json, Refusal> {
    let mut row = price.pick(&[
        "id",
        "product_id",
        "price_list_id",
        "price",
        "min_order_quantity",
        "max_order_quantity",
        "step_increment",
        "created_at",
        "updated_at",
    ]);
    row.set("product_id", Json::of_text(product.text("id").unwrap_or_default()));
    // A deleted list leaves its prices behind, without a currency.
    if let Some(list) = store.find(Resource::PriceLists, price.text("price_list_id").unwrap_or_default())? {
        row.set("currency", Json::of_text(list.text("currency").unwrap_or_default()));
    }
    row.set("status", Json::of_text("active"));
    Ok(row)
}

fn find(store: &Store, id: &str) -> Result<Json, Refusal> {
    store.find(Resource::PriceLists, id)?.ok_or_else(|| Refusal::not_found("no such price list"))
}

fn find_product(store: &Store, id: &str) -> Result<Json, Refusal> {
    store.find(Resource::Products, id)?.ok_or_else(|| Refusal::not_found("no such product"))
}
