//! Customers. Their addresses and contacts are records of their own; a customer shows them and takes them along.

use super::answer::{Answer, Refusal};
use super::customer_parts::{self, ADDRESS, ADDRESSES, CONTACT, CONTACTS};
use super::json::Json;
use super::listing::{
    CREATED, CREATED_AFTER, CREATED_BEFORE, Listing, REFERENCES, STATUS_ACTIVE, UPDATED, UPDATED_AFTER, UPDATED_BEFORE,
    without_parameters,
};
use super::review::Review;
use super::schema::{Field, Shape, USUAL, check_partial, check_whole, optional, required};
use super::store::{Resource, Store, Verb};
use super::{Call, Settings, attributes};

const CREATE: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("company_name", Shape::Text(USUAL)),
    required("display_name", Shape::Text(USUAL)),
    optional("assigned_sales_rep_ids", Shape::Texts),
    optional("assigned_price_list_id", Shape::Text(USUAL)),
    optional("display_id", Shape::Text(USUAL)),
    optional("freight_term", Shape::Text(USUAL)),
    optional("shipping_method", Shape::Text(USUAL)),
    optional("payment_mode", Shape::Text(USUAL)),
    optional("payment_term", Shape::Text(USUAL)),
    optional("first_name", Shape::Text(USUAL)),
    optional("last_name", Shape::Text(USUAL)),
    optional("phone", Shape::Phone),
    optional("email", Shape::Text(USUAL)),
    optional("addresses", Shape::Objects(ADDRESS)),
    optional("contacts", Shape::Objects(CONTACT)),
    optional("attributes", Shape::Objects(attributes::VALUE)),
];

const UPDATE: &[Field] = &[
    required("reference_id", Shape::Text(USUAL)),
    required("company_name", Shape::Text(USUAL)),
    required("display_name", Shape::Text(USUAL)),
    optional("assigned_sales_rep_ids", Shape::Texts),
    optional("assigned_price_list_id", Shape::Text(USUAL)),
    required("display_id", Shape::Text(USUAL)),
    optional("freight_term", Shape::Text(USUAL)),
    optional("shipping_method", Shape::Text(USUAL)),
    optional("payment_mode", Shape::Text(USUAL)),
    optional("payment_term", Shape::Text(USUAL)),
    optional("first_name", Shape::Text(USUAL)),
    optional("last_name", Shape::Text(USUAL)),
    optional("phone", Shape::Phone),
    optional("email", Shape::Text(USUAL)),
    optional("primary_contact_id", Shape::Text(USUAL)),
    optional("default_shipping_address_id", Shape::Text(USUAL)),
    optional("default_billing_address_id", Shape::Text(USUAL)),
    optional("addresses", Shape::Entries(ADDRESS)),
    optional("contacts", Shape::Entries(CONTACT)),
    optional("attributes", Shape::Objects(attributes::VALUE)),
];

/// What a list shows; a single customer shows more.
const SHOWN: &[&str] = &[
    "id",
    "reference_id",
    "display_id",
    "name",
    "display_name",
    "first_name",
    "last_name",
    "phone",
    "email",
    "status",
    "freight_term",
    "shipping_method",
    "payment_mode",
    "payment_term",
    "created_at",
    "updated_at",
];
const SHOWN_REP: &[&str] = &[
    "id",
    "email",
    "first_name",
    "last_name",
    "phone",
    "department",
    "status",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
];
const SHOWN_PRICE_LIST: &[&str] = &["id", "name", "status", "reference_id", "description", "created_at", "updated_at"];

/// Members that name one of the customer's own contacts or addresses.
const POINTERS: [(&str, Resource); 3] = [
    ("primary_contact_id", Resource::CustomerContacts),
    ("default_shipping_address_id", Resource::CustomerAddresses),
    ("default_billing_address_id", Resource::CustomerAddresses),
];

const LISTING: Listing = Listing {
    resource: Resource::Customers,
    sorts: &[
        UPDATED,
        CREATED,
        ("company_name", "json_extract(document, '$.name')"),
        ("display_name", "json_extract(document, '$.display_name')"),
    ],
    filters: &[STATUS_ACTIVE, REFERENCES, CREATED_AFTER, CREATED_BEFORE, UPDATED_AFTER, UPDATED_BEFORE],
};

/// Answers `/v1/customers` and, for addresses alone, `/v2/customers`.
pub(super) fn answer(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    match (call.version, call.method(), call.tail().as_slice()) {
        (_, _, [customer, "addresses", rest @ ..]) => customer_parts::answer(ADDRESSES, call, store, customer, rest),
        (_, _, [customer, "contacts", rest @ ..]) => customer_parts::answer(CONTACTS, call, store, customer, rest),
        (1, "GET", []) => LISTING.answer(call.query(), store, call.settings, |customer| Ok(customer.pick(SHOWN))),
        (1, "POST", []) => create(call, store),
        (1, "GET", [id]) => {
            without_parameters(call.query())?;
            Ok(Answer::found(shown(store, &find(store, id)?)?))
        }
        (1, "PATCH", [id]) => update(call, store, id),
        (1, "DELETE", [id]) => {
            without_parameters(call.query())?;
            find(store, id)?;
            forget_parts(store, id, Verb::Delete, &call.now)?;
            store.delete(Resource::Customers, id, Verb::Delete, &call.now)?;
            Ok(Answer::deleted(id))
        }
        (1, _, []) => Err(Refusal::method_not_allowed(&["GET", "POST"])),
        (1, _, [_]) => Err(Refusal::method_not_allowed(&["GET", "PATCH", "DELETE"])),
        _ => Err(Refusal::not_found("no such path")),
    }
}

/// Takes away what belongs to a customer.
pub(super) fn forget_parts(store: &Store, customer: &str, verb: Verb, now: &str) -> rusqlite::Result<()> {
    ADDRESSES.forget(store, customer, verb, now)?;
    CONTACTS.forget(store, customer, verb, now)
}

/// Follows up a change of an address or a contact: the customer may move, and names none that is gone.
pub(super) fn changed_below(store: &Store, settings: &Settings, customer: &str, at: &str) -> rusqlite::Result<()> {
    if let Some(mut record) = store.find(Resource::Customers, customer)?
        && drop_dangling(store, &mut record)?
    {
        store.replace(Resource::Customers, &record, Verb::Update, at)?;
    }
    if settings.sub_resources_move_customer {
        store.touch(Resource::Customers, customer, at)?;
    }
    Ok(())
}

/// Brings a customer written by hand into the stored form: sales reps and price list are named by id and exist.
pub(super) fn settle(store: &Store, customer: &mut Json, now: &str) -> Result<(), Refusal> {
    let mut review = Review::new(store);
    if let Some(name) = customer.take("company_name") {
        customer.set("name", name);
    }
    complete(customer);
    review.resolve(customer, "assigned_price_list_id", Resource::PriceLists)?;
    let mut reps = Vec::new();
    for (index, named) in customer.list("assigned_sales_rep_ids").iter().enumerate() {
        let named = named.as_text().unwrap_or_default();
        // A person knows a sales rep by the e-mail.
        let by_label = store.ids_by_label(Resource::SalesReps, named)?.into_iter().next();
        match by_label.map_or_else(|| review.resolved(named, Resource::SalesReps), |id| Ok(Some(id)))? {
            Some(id) => reps.push(Json::of_text(id)),
            None => review.refuse(format!("assigned_sales_rep_ids[{index}]"), "names no sales rep"),
        }
    }
    customer.set("assigned_sales_rep_ids", Json::List(reps));
    for (member, resource) in POINTERS {
        review.resolve(customer, member, resource)?;
    }
    review.settle_attributes(customer, "customer", now)?;
    review.finish()
}

fn create(call: &Call<'_>, store: &Store) -> Result<Answer, Refusal> {
    let mut body = call.body()?;
    check_whole(&body, CREATE, &[])?;
    let mut review = Review::new(store);
    review.likely(call, &body, &["assigned_sales_rep_ids", "assigned_price_list_id"]);
    let id = store.next_id()?;
    let nested = [(ADDRESSES, body.take("addresses")), (CONTACTS, body.take("contacts"))];
    let mut customer = Json::object([("id", Json::of_text(id.as_str())), ("created_at", Json::of_text(call.now.as_str()))]);
    apply(&mut review, call, &body, &mut customer)?;
    complete(&mut customer);
    customer.set_default("status", Json::of_text("active"));
    store.insert(Resource::Customers, &customer, Verb::Create, &call.now)?;
    for (part, sent) in nested {
        part.write_nested(&mut review, call, &id, sent.as_ref().map_or(&[], Json::items))?;
    }
    review.finish()?;
    Ok(Answer::written(shown(store, &customer)?))
}

fn update(call: &Call<'_>, store: &Store, id: &str) -> Result<Answer, Refusal> {
    let mut customer = find(store, id)?;
    let mut body = call.body()?;
    check_partial(&body, UPDATE, &[])?;
    let mut review = Review::new(store);
    for part in [ADDRESSES, CONTACTS] {
        if let Some(sent) = body.take(part.member) {
            part.write_nested(&mut review, call, id, sent.items())?;
        }
    }
    drop_dangling(store, &mut customer)?;
    for (member, resource) in POINTERS {
        if let Some(named) = body.text(member)
            && !belongs(store, resource, named, id)?
        {
            review.refuse(member, "is not one of this customer's");
        }
    }
    apply(&mut review, call, &body, &mut customer)?;
    review.finish()?;
    store.replace(Resource::Customers, &customer, Verb::Update, &call.now)?;
    Ok(Answer::written(shown(store, &customer)?))
}

/// Takes over the fields that were sent.
fn apply(review: &mut Review<'_>, call: &Call<'_>, body: &Json, customer: &mut Json) -> Result<(), Refusal> {
    let own = customer.text("id").unwrap_or_default().to_owned();
    review.reference(call, Resource::Customers, body, Some(&own), "")?;
    review.filled(body, "assigned_sales_rep_ids");
    for (index, rep) in body.list("assigned_sales_rep_ids").iter().enumerate() {
        if !review.store.exists(Resource::SalesReps, rep.as_text().unwrap_or_default())? {
            review.refuse(format!("assigned_sales_rep_ids[{index}]"), "unknown sales rep");
        }
    }
    review.names(body, "assigned_price_list_id", Resource::PriceLists, "")?;
    for (name, value) in body.members() {
        match name.as_str() {
            "company_name" => customer.set("name", value.clone()),
            "attributes" => {
                let old = customer.list("attributes").to_vec();
                let attributes = review.attributes(value.items(), &old, "customer", "", &call.now)?;
                customer.set("attributes", attributes);
            }
            _ => customer.set(name, value.clone()),
        }
    }
    customer.set("updated_at", Json::of_text(call.now.as_str()));
    Ok(())
}

/// Fills in what the server gives a customer when nobody else does.
fn complete(customer: &mut Json) {
    let id = customer.text("id").unwrap_or_default();
    let generated = format!("C-{}", id.get(..8).unwrap_or(id).to_uppercase());
    if customer.text("display_id").is_none_or(str::is_empty) {
        customer.set("display_id", Json::of_text(generated));
    }
    let name = customer.get("name").or(customer.get("display_name")).cloned();
    if let Some(name) = name {
        customer.set_default("name", name.clone());
        customer.set_default("display_name", name);
    }
}

/// Lets a customer forget contacts and addresses it names but no longer has; says whether there were any.
fn drop_dangling(store: &Store, customer: &mut Json) -> rusqlite::Result<bool> {
    let own = customer.text("id").unwrap_or_default().to_owned();
    let mut changed = false;
    for (member, resource) in POINTERS {
        if let Some(named) = customer.text(member)
            && !belongs(store, resource, named, &own)?
        {
            customer.take(member);
            changed = true;
        }
    }
    Ok(changed)
}

fn belongs(store: &Store, resource: Resource, id: &str, customer: &str) -> rusqlite::Result<bool> {
    Ok(store.find(resource, id)?.is_some_and(|record| record.text("customer_id") == Some(customer)))
}

/// Gives what the API shows of one customer.
fn shown(store: &Store, customer: &Json) -> Result<Json, Refusal> {
    let mut row = customer.pick(SHOWN);
    row.take_over(&customer.pick(&POINTERS.map(|(member, _)| member)));
    let mut reps = Vec::new();
    for rep in customer.list("assigned_sales_rep_ids") {
        let rep = store.find(Resource::SalesReps, rep.as_text().unwrap_or_default())?;
        reps.extend(rep.map(|rep| rep.pick(SHOWN_REP)));
    }
    row.set("assigned_sales_reps", Json::List(reps));
    if let Some(list) = store.find(Resource::PriceLists, customer.text("assigned_price_list_id").unwrap_or_default())? {
        row.set("assigned_price_list", list.pick(SHOWN_PRICE_LIST));
    }
    let id = customer.text("id").unwrap_or_default();
    for part in [ADDRESSES, CONTACTS] {
        row.set(part.member, part.all(store, id)?);
    }
    row.set("attributes", Json::List(customer.list("attributes").to_vec()));
    Ok(row)
}

fn find(store: &Store, id: &str) -> Result<Json, Refusal> {
    store.find(Resource::Customers, id)?.ok_or_else(|| Refusal::not_found("no such customer"))
}
