//! Stock: the one documented record per SKU, and the proposed warehouses with a record per SKU and warehouse.

use super::Call;
use super::answer::{Answer, Detail, Refusal};
use super::json::Json;
use super::listing::{
    CREATED, CREATED_AFTER, CREATED_BEFORE, Listing, REFERENCES, STATUS, Test, UPDATED, UPDATED_AFTER, UPDATED_BEFORE, filter,
    without_parameters,
};
use super::schema::{ANY, Field, Shape, USUAL, check_partial, check_whole, nullable, optional, required};
use super::store::{Resource, Store, Verb};

const INVENTORY_STATES: Shape = Shape::OneOf(&["IN_STOCK", "OUT_OF_STOCK", "BACK_ORDER"]);
const STATES: Shape = Shape::OneOf(&["active", "inactive"]);

const EXPECTED: &[Field] =
    &[optional("quantity", Shape::Number), optional("date", Shape::Moment), optional("identifier", Shape::Text(USUAL))];

const UPSERT: &[Field] = &[
    required("sku", Shape::Text(USUAL)),
    required("available_quantity", Shape::Number),
    required("reserved_quantity", Shape::Number),
    required("in_stock_quantity", Shape::Number),
    required("out_of_stock_threshold", Shape::Number),
    required("inventory_status", INVENTORY_STATES),
    required("track_inventory", Shape::Boolean),
    required("on_order_details", Shape::Objects(EXPECTED)),
    required("in_transit_details", Shape::Objects(EXPECTED)),
    nullable("back_order_quantity", Shape::Number),
    nullable("back_order_allowed", Shape::Boolean),
    optional("back_order_reserved_quantity", Shape::Number),
    optional("back_order_available_quantity", Shape::Number),
    nullable("dynamic_details", Shape::JsonText),
    optional("notes", Shape::Text(ANY)),
];

const WAREHOUSE_UPSERT: &[Field] = &[
    required("warehouse_id", Shape::Text(USUAL)),
    required("sku", Shape::Text(USUAL)),
    optional("available_quantity", Shape::Number),
    optional("reserved_quantity", Shape::Number),
    optional("in_stock_quantity", Shape::Number),
    optional("out_of_stock_threshold", Shape::Number),
    optional("inventory_status", INVENTORY_STATES),
    optional("track_inventory", Shape::Boolean),
    optional("on_order_details", Shape::Objects(EXPECTED)),
    optional("in_transit_details", Shape::Objects(EXPECTED)),
    nullable("back_order_quantity", Shape::Number),
    nullable("back_order_allowed", Shape::Boolean),
    optional("back_order_reserved_quantity", Shape::Number),
    optional("back_order_available_quantity", Shape::Number),
    nullable("dynamic_details", Shape::JsonText),
    optional("notes", Shape::Text(ANY)),
];

const WAREHOUSE: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("name", Shape::Text(USUAL)),
    optional("status", STATES),
    optional("address_line_1", Shape::Text(USUAL)),
    optional("address_line_2", Shape::Text(USUAL)),
    optional("city", Shape::Text(50)),
    optional("state", Shape::Text(USUAL)),
    optional("country", Shape::Text(USUAL)),
    optional("zip_code", Shape::Text(USUAL)),
];

/// What an answer shows of a SKU's stock; `dynamic_details` and the threshold are taken but not documented in answers.
const SHOWN: [&str; 15] = [
    "id",
    "product_id",
    "sku",
    "available_quantity",
    "reserved_quantity",
    "in_stock_quantity",
    "back_order_quantity",
    "inventory_status",
    "track_inventory",
    "on_order_details",
    "in_transit_details",
    "notes",
    "back_order_allowed",
    "status",
    "created_at",
];

const LISTING: Listing = Listing {
    resource: Resource::Inventories,
    sorts: &[UPDATED, CREATED, ("product_id", "json_extract(document, '$.product_id')"), ("id", "id")],
    filters: &[filter("sku", "label", Test::Text), STATUS],
};

const WAREHOUSE_LISTING: Listing = Listing {
    resource: Resource::Warehouses,
    sorts: &[UPDATED, CREATED],
    filters: &[CREATED_AFTER, CREATED_BEFORE, UPDATED_AFTER, UPDATED_BEFORE, REFERENCES],
};

const BY_WAREHOUSE_LISTING: Listing = Listing {
    resource: Resource::WarehouseInventories,
    sorts: &[UPDATED, CREATED],
    filters: &[UPDATED_AFTER, filter("sku", "label", Test::Text), filter("warehouse_id", "scope", Test::Text)],
};

/// Answers `/v1/inventories`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => LISTING.answer(call.query(), store, call.settings, |stock| Ok(shown(stock))),
        ("POST", []) => {
            let body = call.body()?;
            check_whole(&body, UPSERT, &[])?;
            let product = product_of(store, &body)?;
            let known = store.find_by_label(Resource::Inventories, body.text("sku").unwrap_or_default())?;
            let stock = upsert(call, store, Resource::Inventories, known, &body, product)?;
            Ok(Answer::written(shown(&stock)))
        }
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Answers `/v1/warehouse-inventories`.
pub(super) fn answer_by_warehouse(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => BY_WAREHOUSE_LISTING.answer(call.query(), store, call.settings, |stock| Ok(with_plain_dates(stock))),
        ("POST", []) => {
            let body = call.body()?;
            check_whole(&body, WAREHOUSE_UPSERT, &[])?;
            let warehouse = body.text("warehouse_id").unwrap_or_default();
            if !store.exists(Resource::Warehouses, warehouse)? {
                return Err(Refusal::invalid(vec![Detail::new("warehouse_id", "unknown warehouse")]));
            }
            let product = product_of(store, &body)?;
            let sku = body.text("sku").unwrap_or_default();
            let known = store.find_within(Resource::WarehouseInventories, sku, warehouse)?;
            let stock = upsert(call, store, Resource::WarehouseInventories, known, &body, product)?;
            Ok(Answer::written(with_plain_dates(&stock)))
        }
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Answers `/v1/warehouses`.
pub(super) fn answer_warehouses(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => WAREHOUSE_LISTING.answer(call.query(), store, call.settings, |warehouse| Ok(warehouse.clone())),
        ("POST", []) => {
            let body = call.body()?;
            check_whole(&body, WAREHOUSE, &[])?;
            check_reference(call, store, &body, None)?;
            let mut warehouse = Json::object([("id", Json::of_text(store.next_id()?))]);
            warehouse.take_over(&body);
            warehouse.set_default("status", Json::of_text("active"));
            warehouse.set("created_at", Json::of_text(call.now.as_str()));
            warehouse.set("updated_at", Json::of_text(call.now.as_str()));
            store.insert(Resource::Warehouses, &warehouse, Verb::Create, &call.now)?;
            Ok(Answer::written(warehouse))
        }
        ("GET", [id]) => {
            without_parameters(call.query())?;
            Ok(Answer::found(find_warehouse(store, id)?))
        }
        ("PATCH", [id]) => {
            let mut warehouse = find_warehouse(store, id)?;
            let body = call.body()?;
            check_partial(&body, WAREHOUSE, &[])?;
            check_reference(call, store, &body, Some(id))?;
            warehouse.take_over(&body);
            warehouse.set("updated_at", Json::of_text(call.now.as_str()));
            store.replace(Resource::Warehouses, &warehouse, Verb::Update, &call.now)?;
            // The proposal says 200 here, unlike the documented changes.
            Ok(Answer::found(warehouse))
        }
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (_, [_]) => Err(Refusal::method_not_allowed(&["GET", "PATCH"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Takes away the stock of a SKU that no product has any more.
pub(super) fn forget(store: &Store, sku: &str, now: &str) -> Result<(), Refusal> {
    for resource in [Resource::Inventories, Resource::WarehouseInventories] {
        for id in store.ids_by_label(resource, sku)? {
            store.delete(resource, &id, Verb::Delete, now)?;
        }
    }
    Ok(())
}

/// Creates the record or changes the fields sent; whether others are reset is not documented, so they are kept.
fn upsert(
    call: &Call<'_>,
    store: &Store,
    resource: Resource,
    known: Option<Json>,
    body: &Json,
    product: String,
) -> Result<Json, Refusal> {
    let verb = if known.is_some() { Verb::Update } else { Verb::Create };
    let mut stock = match known {
        Some(stock) => stock,
        None => Json::object([("id", Json::of_text(store.next_id()?)), ("created_at", Json::of_text(call.now.as_str()))]),
    };
    stock.set("product_id", Json::of_text(product));
    stock.take_over(body);
    stock.set_default("status", Json::of_text("active"));
    stock.set("updated_at", Json::of_text(call.now.as_str()));
    if verb == Verb::Create {
        store.insert(resource, &stock, verb, &call.now)?;
    } else {
        store.replace(resource, &stock, verb, &call.now)?;
    }
    Ok(stock)
}

fn product_of(store: &Store, body: &Json) -> Result<String, Refusal> {
    let products = store.ids_by_label(Resource::Products, body.text("sku").unwrap_or_default())?;
    products.into_iter().next().ok_or_else(|| Refusal::invalid(vec![Detail::new("sku", "unknown sku")]))
}

fn shown(stock: &Json) -> Json {
    let mut row = with_plain_dates(stock).pick(&SHOWN);
    row.set("attributes", Json::List(Vec::new()));
    row.set("updated_at", Json::of_text(stock.text("updated_at").unwrap_or_default()));
    row
}

/// Shows expected quantities as answers do: with a date only, although a moment was sent.
fn with_plain_dates(stock: &Json) -> Json {
    let mut row = stock.clone();
    for name in ["on_order_details", "in_transit_details"] {
        if stock.get(name).is_none() {
            continue;
        }
        let mut details = stock.list(name).to_vec();
        for detail in &mut details {
            let date = detail.text("date").and_then(|moment| moment.get(..10)).map(Json::of_text);
            if let Some(date) = date {
                detail.set("date", date);
            }
        }
        row.set(name, Json::List(details));
    }
    row
}

fn check_reference(call: &Call<'_>, store: &Store, body: &Json, own: Option<&str>) -> Result<(), Refusal> {
    let reference = body.text("reference_id");
    match call.check_reference(store, Resource::Warehouses, reference, own, "reference_id")? {
        Some(detail) => Err(Refusal::invalid(vec![detail])),
        None => Ok(()),
    }
}

fn find_warehouse(store: &Store, id: &str) -> Result<Json, Refusal> {
    store.find(Resource::Warehouses, id)?.ok_or_else(|| Refusal::not_found("no such warehouse"))
}
