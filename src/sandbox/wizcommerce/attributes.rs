//! Definitions of attributes (custom fields), and the sales reps, which the API can only list.

use super::Call;
use super::answer::{Answer, Detail, Refusal};
use super::json::Json;
use super::listing::{CREATED, Listing, STATUS, Test, UPDATED, filter, required_filter};
use super::schema::{ANY, Field, Shape, USUAL, check_whole, optional, required};
use super::store::{Resource, Store, Verb};

const ENTITIES: &[&str] = &["customer", "product", "address", "contact", "order"];
const DATA_TYPES: &[&str] = &[
    "text",
    "number",
    "percentage",
    "long_text",
    "date_only",
    "email",
    "checkbox",
    "file",
    "phone_e164",
    "select",
    "multi_select",
    "url",
    "html",
];

const OPTION: &[Field] = &[optional("label", Shape::Text(ANY)), optional("value", Shape::Text(ANY))];
const CONFIGURATION: &[Field] = &[
    optional("default_value", Shape::Anything),
    optional("options", Shape::Objects(OPTION)),
    optional("show_label", Shape::Boolean),
];
const CREATE: &[Field] = &[
    required("entity", Shape::OneOf(ENTITIES)),
    required("name", Shape::Text(USUAL)),
    required("data_type", Shape::OneOf(DATA_TYPES)),
    optional("configuration", Shape::Object(CONFIGURATION)),
    optional("priority", Shape::Integer),
    optional("is_mandatory", Shape::Boolean),
];

const LISTING: Listing =
    Listing { resource: Resource::Attributes, sorts: &[], filters: &[required_filter("entity", "scope", Test::OneOf(ENTITIES))] };

const SALES_REP_LISTING: Listing = Listing {
    resource: Resource::SalesReps,
    sorts: &[
        UPDATED,
        CREATED,
        ("first_name", "json_extract(document, '$.first_name')"),
        ("last_name", "json_extract(document, '$.last_name')"),
    ],
    filters: &[STATUS, filter("email", "label", Test::Text)],
};

/// A value of a record as calls send it.
pub(super) const VALUE: &[Field] = &[required("name", Shape::Text(USUAL)), required("value", Shape::FreeText)];

/// Answers `/v1/attributes`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => LISTING.answer(call.query(), store, call.settings, |attribute| Ok(shown(attribute))),
        ("POST", []) => create(call, store),
        (_, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Answers `/v1/sales-reps`.
pub(super) fn answer_sales_reps(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    let rendered = ["id", "first_name", "last_name", "email", "status", "created_at", "updated_at"];
    match (call.method(), call.tail().as_slice()) {
        ("GET", []) => SALES_REP_LISTING.answer(call.query(), store, call.settings, |rep| Ok(rep.pick(&rendered))),
        (_, []) => Err(Refusal::method_not_allowed(&["GET"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Gives the values that were sent with the ids of their definitions, of which the entity must have one for each.
pub(super) fn values(
    store: &Store,
    sent: &[Json],
    entity: &str,
    place: &str,
    details: &mut Vec<Detail>,
) -> Result<Vec<Json>, Refusal> {
    let mut values: Vec<Json> = Vec::with_capacity(sent.len());
    for (index, attribute) in sent.iter().enumerate() {
        let field = format!("{place}attributes[{index}].name");
        let name = attribute.text("name").unwrap_or_default();
        let Some(id) = store.id_within(Resource::Attributes, name, entity)? else {
            details.push(Detail::new(field, "unknown attribute"));
            continue;
        };
        if values.iter().any(|known| known.text("name") == Some(name)) {
            details.push(Detail::new(field, "is named twice"));
            continue;
        }
        values.push(Json::object([
            ("id", Json::of_text(id)),
            ("name", Json::of_text(name)),
            ("value", attribute.get("value").cloned().unwrap_or(Json::Null)),
        ]));
    }
    Ok(values)
}

fn create(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    let body = call.body()?;
    check_whole(&body, CREATE, &[])?;
    let (name, entity) = (body.text("name").unwrap_or_default(), body.text("entity").unwrap_or_default());
    if store.id_within(Resource::Attributes, name, entity)?.is_some() {
        return Err(Refusal::invalid(vec![Detail::new("name", "already exists for this entity")]));
    }
    let mut attribute = Json::object([("id", Json::of_text(store.next_id()?))]);
    for (name, value) in body.members() {
        attribute.set(name, value.clone());
    }
    attribute.set("created_at", Json::of_text(call.now.as_str()));
    attribute.set("updated_at", Json::of_text(call.now.as_str()));
    store.insert(Resource::Attributes, &attribute, Verb::Create, &call.now)?;
    Ok(Answer::written(shown(&attribute)))
}

/// Shows a definition; its options come back as plain texts.
fn shown(attribute: &Json) -> Json {
    let mut row = attribute.pick(&["id", "name", "entity", "data_type"]);
    let options = attribute.get("configuration").map_or(&[][..], |configuration| configuration.list("options"));
    let texts = options.iter().filter_map(|option| option.get("value").or(option.get("label")).cloned());
    row.set("options", Json::List(texts.collect()));
    for (name, value) in attribute.pick(&["created_at", "updated_at"]).members() {
        row.set(name, value.clone());
    }
    row
}
