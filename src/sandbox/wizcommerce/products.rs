//! Products: one record per variant (SKU), held together by the group code.
//!
//! The stored document carries everything that was sent, under `product_prices`, `collections`, `seo_info` and so on; what the
//! API shows of it is [`shown`].

use std::collections::BTreeSet;

use super::Call;
use super::answer::{Answer, Detail, Refusal};
use super::json::Json;
use super::listing::{CREATED, Listing, Test, UPDATED, filter, without_parameters};
use super::schema::{ANY, Field, Shape, USUAL, check_partial, check_whole, extended, optional, required};
use super::store::{Resource, Store, Verb};
use super::{attributes, inventories, price_lists};

const MEDIA: &[Field] = &[
    optional("url", Shape::Text(ANY)),
    optional("type", Shape::Text(USUAL)),
    optional("order", Shape::Integer),
    optional("is_default", Shape::Boolean),
];
const TIER: &[Field] =
    &[optional("start_quantity", Shape::Integer), optional("price", Shape::Number), optional("step_increment", Shape::Integer)];
const COMPONENT: &[Field] = &[required("sku", Shape::Text(USUAL)), required("quantity", Shape::Number)];

const PRICE_V1: &[Field] = &[
    required("price_list_id", Shape::Text(USUAL)),
    required("price", Shape::Number),
    optional("min_order_quantity", Shape::Integer),
    optional("max_order_quantity", Shape::Integer),
    optional("step_increment", Shape::Integer),
];
const PRICE_V2: &[Field] = &[
    required("price_list_id", Shape::Text(USUAL)),
    required("price", Shape::Number),
    optional("min_order_quantity", Shape::Integer),
    optional("max_order_quantity", Shape::Integer),
    optional("step_increment", Shape::Integer),
    optional("sale_price", Shape::Number),
    optional("default_order_quantity", Shape::Integer),
    optional("volume_tiers", Shape::Objects(TIER)),
];

const VARIANT_V1: &[Field] = &[
    required("sku_id", Shape::Text(USUAL)),
    required("reference_id", Shape::Text(USUAL)),
    required("name", Shape::Text(USUAL)),
    optional("categories", Shape::Texts),
    optional("collections", Shape::Texts),
    optional("medias", Shape::Objects(MEDIA)),
    optional("attributes", Shape::Objects(attributes::VALUE)),
    required("product_prices", Shape::Objects(PRICE_V1)),
    optional("is_primary", Shape::Boolean),
    optional("priority", Shape::Integer),
];
const VARIANT_V2: &[Field] = &[
    required("sku_id", Shape::Text(USUAL)),
    required("reference_id", Shape::Text(USUAL)),
    required("name", Shape::Text(USUAL)),
    optional("categories", Shape::Texts),
    optional("collections", Shape::Texts),
    optional("medias", Shape::Objects(MEDIA)),
    optional("attributes", Shape::Objects(attributes::VALUE)),
    required("product_prices", Shape::Objects(PRICE_V2)),
    optional("is_primary", Shape::Boolean),
    optional("priority", Shape::Integer),
    extended("kits", "product_type", Shape::OneOf(&["standard", "kit"])),
    extended("kits", "components", Shape::Objects(COMPONENT)),
];

const CREATE_V1: &[Field] = &[
    required("group_code", Shape::Text(USUAL)),
    optional("grouping_attributes", Shape::Texts),
    required("variants", Shape::Objects(VARIANT_V1)),
];
const CREATE_V2: &[Field] = &[
    required("group_code", Shape::Text(USUAL)),
    optional("grouping_attributes", Shape::Texts),
    required("variants", Shape::Objects(VARIANT_V2)),
];

/// `active` is not documented here; whether it is taken is a setting, checked apart.
const STATES: Shape = Shape::OneOf(&["inactive", "active"]);

const UPDATE_V1: &[Field] = &[
    required("group_code", Shape::Text(USUAL)),
    required("reference_id", Shape::Text(USUAL)),
    required("name", Shape::Text(USUAL)),
    optional("categories", Shape::Texts),
    optional("collections", Shape::Texts),
    optional("medias", Shape::Objects(MEDIA)),
    optional("attributes", Shape::Objects(attributes::VALUE)),
    optional("product_prices", Shape::Objects(PRICE_V1)),
    optional("status", STATES),
    optional("priority", Shape::Integer),
];
const UPDATE_V2: &[Field] = &[
    required("group_code", Shape::Text(USUAL)),
    required("reference_id", Shape::Text(USUAL)),
    required("name", Shape::Text(USUAL)),
    optional("categories", Shape::Texts),
    optional("collections", Shape::Texts),
    optional("medias", Shape::Objects(MEDIA)),
    optional("attributes", Shape::Objects(attributes::VALUE)),
    optional("product_prices", Shape::Objects(PRICE_V2)),
    optional("status", STATES),
    optional("priority", Shape::Integer),
    optional("grouping_attributes", Shape::Texts),
    optional("url_slug", Shape::Text(ANY)),
    optional("seo_info", Shape::Object(SEO)),
    optional("channel_visibility", Shape::Object(&[optional("website", Shape::Text(USUAL))])),
    optional("volume", Shape::Object(&[optional("cbm", Shape::Number), optional("cft", Shape::Number)])),
    optional("tags", Shape::Texts),
    optional("brand", Shape::Text(USUAL)),
    extended("kits", "product_type", Shape::OneOf(&["standard", "kit"])),
    extended("kits", "components", Shape::Objects(COMPONENT)),
];
const SEO: &[Field] =
    &[optional("title", Shape::Text(ANY)), optional("description", Shape::Text(ANY)), optional("keywords", Shape::Texts)];

const LISTING: Listing = Listing {
    resource: Resource::Products,
    sorts: &[UPDATED, CREATED, ("name", "json_extract(document, '$.name')"), ("sku_id", "label")],
    filters: &[
        filter("is_primary", "json_extract(document, '$.is_primary')", Test::Boolean),
        filter("group_code", "scope", Test::Text),
        filter("sku_id", "label", Test::Text),
    ],
};

/// Answers `/v1/products` and `/v2/products`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.version, call.method(), call.tail().as_slice()) {
        (1, "GET", []) => LISTING.answer(call.query(), store, call.settings, |product| Ok(shown(product))),
        (_, "POST", []) => create(call, store),
        (1, "GET", [id]) => {
            without_parameters(call.query())?;
            Ok(Answer::found(shown(&find(store, id)?)))
        }
        (_, "PATCH", [id]) => update(call, store, id),
        (1, "DELETE", [id]) => delete(call, store, id),
        (1, _, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (_, _, []) => Err(Refusal::method_not_allowed(&["POST"])),
        (1, _, [_]) => Err(Refusal::method_not_allowed(&["GET", "PATCH", "DELETE"])),
        (_, _, [_]) => Err(Refusal::method_not_allowed(&["PATCH"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Brings a document written by hand into the stored form: prices name lists by id, attributes carry theirs, a group exists.
pub(super) fn settle(store: &Store, product: &mut Json, now: &str) -> Result<(), Refusal> {
    if let Some(sku) = product.take("sku_id") {
        product.set("sku", sku);
    }
    let id = product.text("id").unwrap_or_default().to_owned();
    let mut reading = Reading { store, details: Vec::new() };
    let prices = reading.prices(product.list("product_prices"), &[], &id, "", now)?;
    let attributes = reading.attributes(product.list("attributes"), "")?;
    reading.finish()?;
    product.set("product_prices", prices);
    product.set("attributes", attributes);
    let code = product.text("group_code").or(product.text("sku")).unwrap_or_default().to_owned();
    let group = join_group(store, &code, None, now)?;
    product.set("group_code", Json::of_text(code));
    product.set("parent_id", Json::of_text(group));
    Ok(())
}

fn create(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    let body = call.body()?;
    check_whole(&body, if call.version == 1 { CREATE_V1 } else { CREATE_V2 }, &call.settings.extensions)?;
    let variants = body.list("variants");
    let mut reading = Reading { store, details: Vec::new() };
    if variants.is_empty() {
        reading.refuse("variants", "must have at least one entry");
    }
    reading.grouping(&body)?;
    let mut products = Vec::with_capacity(variants.len());
    let mut skus = BTreeSet::new();
    for (index, variant) in variants.iter().enumerate() {
        let place = format!("variants[{index}].");
        let sku = variant.text("sku_id").unwrap_or_default();
        let taken = !skus.insert(sku) || !store.ids_by_label(Resource::Products, sku)?.is_empty();
        if taken && call.settings.duplicate_sku_refused {
            reading.refuse(&format!("{place}sku_id"), "already exists");
        }
        let field = format!("{place}reference_id");
        let reference = variant.text("reference_id");
        reading.details.extend(call.check_reference(store, Resource::Products, reference, None, &field)?);
        let id = store.next_id()?;
        let mut product = Json::object([("id", Json::of_text(id.as_str()))]);
        product.set("reference_id", Json::of_text(reference.unwrap_or_default()));
        product.set("sku", Json::of_text(sku));
        product.set("group_code", Json::of_text(body.text("group_code").unwrap_or_default()));
        product.set("status", Json::of_text("active"));
        product.set("is_primary", Json::Bool(false));
        reading.fields(variant, &mut product, &id, &place, &call.now)?;
        product.set("created_at", Json::of_text(call.now.as_str()));
        product.set("updated_at", Json::of_text(call.now.as_str()));
        products.push(product);
    }
    reading.components(variants, &skus)?;
    reading.finish()?;
    let group = join_group(store, body.text("group_code").unwrap_or_default(), body.get("grouping_attributes"), &call.now)?;
    let mut rows = Vec::with_capacity(products.len());
    for mut product in products {
        product.set("parent_id", Json::of_text(group.as_str()));
        store.insert(Resource::Products, &product, Verb::Create, &call.now)?;
        let mut row = shown(&product);
        row.set("parent_id", Json::of_text(group.as_str()));
        rows.push(row);
    }
    Ok(Answer::written(Json::List(rows)))
}

fn update(call: &Call<'_>, store: &Store, id: &str) -> Result<Answer, Refusal> {
    let mut product = find(store, id)?;
    let body = call.body()?;
    check_partial(&body, if call.version == 1 { UPDATE_V1 } else { UPDATE_V2 }, &call.settings.extensions)?;
    let mut reading = Reading { store, details: Vec::new() };
    if body.text("status") == Some("active") && call.settings.refuse_reactivation {
        reading.refuse("status", "must be one of inactive");
    }
    let reference = body.text("reference_id");
    reading.details.extend(call.check_reference(store, Resource::Products, reference, Some(id), "reference_id")?);
    reading.grouping(&body)?;
    reading.components(std::slice::from_ref(&body), &BTreeSet::new())?;
    reading.fields(&body, &mut product, id, "", &call.now)?;
    reading.finish()?;
    if body.get("group_code").is_some() || body.get("grouping_attributes").is_some() {
        let code = product.text("group_code").unwrap_or_default().to_owned();
        let group = join_group(store, &code, body.get("grouping_attributes"), &call.now)?;
        product.set("parent_id", Json::of_text(group));
    }
    product.set("updated_at", Json::of_text(call.now.as_str()));
    store.replace(Resource::Products, &product, Verb::Update, &call.now)?;
    Ok(Answer::written(shown(&product)))
}

fn delete(call: &Call<'_>, store: &Store, id: &str) -> Result<Answer, Refusal> {
    without_parameters(call.query())?;
    let product = find(store, id)?;
    store.delete(Resource::Products, id, Verb::Delete, &call.now)?;
    let sku = product.text("sku").unwrap_or_default();
    if store.ids_by_label(Resource::Products, sku)?.is_empty() {
        inventories::forget(store, sku, &call.now)?;
    }
    Ok(Answer::deleted(id))
}

/// Gives what the API shows of a product.
fn shown(product: &Json) -> Json {
    let mut row = product.pick(&["id", "reference_id", "sku", "name", "group_code"]);
    row.set("medias", Json::List(product.list("medias").to_vec()));
    for (name, value) in product.pick(&["is_primary", "priority", "status"]).members() {
        row.set(name, value.clone());
    }
    row.set("attributes", Json::List(product.list("attributes").to_vec()));
    row.set("categories", Json::List(product.list("categories").to_vec()));
    for (name, value) in product.pick(&["product_type", "components", "created_at", "updated_at"]).members() {
        row.set(name, value.clone());
    }
    let prices = product.list("product_prices").iter().map(|price| {
        let mut shown = Json::object([("id", price.get("price_list_id").cloned().unwrap_or(Json::Null))]);
        // Tiers and sale prices are taken but not documented in answers.
        let members =
            price.pick(&["price", "min_order_quantity", "max_order_quantity", "step_increment", "created_at", "updated_at"]);
        for (name, value) in members.members() {
            shown.set(name, value.clone());
        }
        shown
    });
    row.set("price_lists", Json::List(prices.collect()));
    row
}

/// Gives the id of the group of that code, making it when it is new; grouping attributes that are sent replace the old ones.
fn join_group(store: &Store, code: &str, grouping: Option<&Json>, now: &str) -> Result<String, Refusal> {
    let known = store.find_by_scope(Resource::ProductGroups, code)?;
    let verb = if known.is_some() { Verb::Update } else { Verb::Create };
    let mut group = match known {
        Some(group) => group,
        None => Json::object([
            ("id", Json::of_text(store.next_id()?)),
            ("group_code", Json::of_text(code)),
            ("grouping_attributes", Json::List(Vec::new())),
            ("created_at", Json::of_text(now)),
        ]),
    };
    let id = group.text("id").unwrap_or_default().to_owned();
    if verb == Verb::Update && grouping.is_none() {
        return Ok(id);
    }
    if let Some(grouping) = grouping {
        group.set("grouping_attributes", grouping.clone());
    }
    group.set("updated_at", Json::of_text(now));
    if verb == Verb::Create {
        store.insert(Resource::ProductGroups, &group, verb, now)?;
    } else {
        store.replace(Resource::ProductGroups, &group, verb, now)?;
    }
    Ok(id)
}

fn find(store: &Store, id: &str) -> Result<Json, Refusal> {
    store.find(Resource::Products, id)?.ok_or_else(|| Refusal::not_found("no such product"))
}

/// A body being turned into the stored form, with everything found wrong on the way.
struct Reading<'a> {
    store: &'a Store,
    details: Vec<Detail>,
}

impl Reading<'_> {
    /// Takes over every field that was sent; lists are replaced whole.
    fn fields(&mut self, body: &Json, product: &mut Json, id: &str, place: &str, now: &str) -> Result<(), Refusal> {
        for (name, value) in body.members() {
            match name.as_str() {
                // The answer calls it `sku`, where it stands already.
                "sku_id" => {}
                // They belong to the group, not to the variant.
                "grouping_attributes" => {}
                "product_prices" => {
                    let old = product.list("product_prices").to_vec();
                    let prices = self.prices(value.items(), &old, id, place, now)?;
                    product.set(name, prices);
                }
                "attributes" => {
                    let attributes = self.attributes(value.items(), place)?;
                    product.set(name, attributes);
                }
                _ => product.set(name, value.clone()),
            }
        }
        Ok(())
    }

    fn prices(&mut self, sent: &[Json], old: &[Json], product: &str, place: &str, now: &str) -> Result<Json, Refusal> {
        let mut prices: Vec<Json> = Vec::with_capacity(sent.len());
        for (index, price) in sent.iter().enumerate() {
            let field = format!("{place}product_prices[{index}].price_list_id");
            let Some(list) = price_lists::resolve(self.store, price.text("price_list_id").unwrap_or_default())? else {
                self.refuse(&field, "unknown price list");
                continue;
            };
            let of_list = |price: &&Json| price.text("price_list_id") == Some(list.as_str());
            if prices.iter().any(|price| of_list(&price)) {
                self.refuse(&field, "is named twice");
                continue;
            }
            // The price of a list keeps its age when the lists of a product are sent again.
            let age = old.iter().find(of_list).and_then(|price| price.text("created_at")).unwrap_or(now);
            let mut row = Json::object([("id", Json::of_text(price_lists::pricing_id(product, &list)))]);
            for (name, value) in price.members() {
                row.set(name, value.clone());
            }
            row.set("price_list_id", Json::of_text(list.as_str()));
            row.set_default("created_at", Json::of_text(age));
            row.set_default("updated_at", Json::of_text(now));
            prices.push(row);
        }
        Ok(Json::List(prices))
    }

    fn attributes(&mut self, sent: &[Json], place: &str) -> Result<Json, Refusal> {
        Ok(Json::List(attributes::values(self.store, sent, "product", place, &mut self.details)?))
    }

    fn grouping(&mut self, body: &Json) -> Result<(), Refusal> {
        for (index, name) in body.list("grouping_attributes").iter().enumerate() {
            let name = name.as_text().unwrap_or_default();
            if self.store.id_within(Resource::Attributes, name, "product")?.is_none() {
                self.refuse(&format!("grouping_attributes[{index}]"), "unknown attribute");
            }
        }
        Ok(())
    }

    /// Checks that kits are made of known SKUs; `own` are those that come in the same call.
    fn components(&mut self, bodies: &[Json], own: &BTreeSet<&str>) -> Result<(), Refusal> {
        for (index, body) in bodies.iter().enumerate() {
            let place = if own.is_empty() { String::new() } else { format!("variants[{index}].") };
            for (position, component) in body.list("components").iter().enumerate() {
                let sku = component.text("sku").unwrap_or_default();
                if !own.contains(sku) && self.store.ids_by_label(Resource::Products, sku)?.is_empty() {
                    self.refuse(&format!("{place}components[{position}].sku"), "unknown sku");
                }
            }
        }
        Ok(())
    }

    fn refuse(&mut self, field: &str, reason: &str) {
        self.details.push(Detail::new(field, reason));
    }

    fn finish(self) -> Result<(), Refusal> {
        if self.details.is_empty() { Ok(()) } else { Err(Refusal::invalid(self.details)) }
    }
}
