//! The WizCommerce simulator: a strict reading of the public API, written from its documents and not from netwiz's client.
//!
//! One call goes from [`WizCommerce::handle`] through the key check and the routes below to the file of its resource, inside
//! one transaction. Where the documents are silent the simulator picks one behaviour and says so in a comment, or makes it a
//! member of [`Settings`]. A resource that joins later is a file here, a variant of `store::Resource` and a route.

mod access;
mod answer;
mod attributes;
mod customer_parts;
mod customers;
mod edit;
mod inventories;
mod invoices;
mod json;
mod listing;
mod orders;
mod payment_methods;
mod payments;
mod price_lists;
mod products;
mod quotes;
mod review;
mod sales;
mod schema;
mod shipments;
mod store;
mod webhooks;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::sandbox::exchange::{Remote, Reply, Request};

use answer::{Answer, Detail, Refusal, http_date, stamp};
use json::Json;
use store::{Resource, Store};

pub use access::{LOGIN_EMAIL, LOGIN_PASSWORD};
pub use webhooks::{Authentication, Delivery, DeliveryRow, Encoding, Subscription};

/// What the simulator does where the documents leave it open, and the key it accepts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The only valid `X-API-Key`.
    pub api_key: String,
    /// Proposed resources that exist: `quotes`, `payments`, `credit-memos`, `warehouse-inventories` (with the warehouses),
    /// `kits`. The paths of all others answer 404, the fields of `kits` are unknown without it.
    pub extensions: Vec<String>,
    /// Rows of a page when the call does not say.
    pub page_size_default: u32,
    /// Whether date filters include their bound.
    pub list_bound_inclusive: bool,
    /// Whether a product that was switched off stays off, as the documented values suggest.
    pub refuse_reactivation: bool,
    /// What a second record with the same `reference_id` meets.
    pub duplicate_reference: DuplicateReference,
    /// Whether a second product with the same SKU is refused.
    pub duplicate_sku_refused: bool,
    /// Whether fields that only look required in the documents must be sent.
    pub likely_required: bool,
    /// What a change of a customer does with the lists of addresses and contacts inside it.
    pub nested_lists: NestedLists,
    /// Whether a customer's `updated_at` moves when an address or a contact of it changes.
    pub sub_resources_move_customer: bool,
    /// Whether an invoice or a shipment may name its order by the order's `reference_id` as well as by its id.
    pub order_by_reference: bool,
    /// The wait named when there are too many requests; `None` names none, as documented.
    pub retry_after_seconds: Option<u32>,
    /// Who is told of changes; `None` for nobody.
    pub webhooks: Option<Subscription>,
}

/// What a second record with the same `reference_id` meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateReference {
    /// It is created, so callers must never send one. The documents promise no more.
    Allow,
    /// It is refused.
    Refuse,
}

/// What a change of a customer does with a list of addresses or contacts inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NestedLists {
    /// An entry with an `id` changes the fields it names, one without is added, and the others stay.
    MergeById,
    /// The entries sent are all there are; one with an `id` keeps its identity and nothing else.
    Replace,
}

/// One change of one record, in the order in which the changes happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Number of the change, from 1.
    pub sequence: i64,
    /// The moment, as the API writes moments.
    pub at: String,
    /// Kind of record, e.g. `price_lists`.
    pub resource: String,
    /// The record's id.
    pub id: String,
    /// `create`, `update` and `delete` through the API; `insert`, `set` and `remove` in the app.
    pub verb: String,
}

/// A simulated WizCommerce tenant.
pub struct WizCommerce {
    settings: Settings,
    store: Mutex<Store>,
}

/// One call, taken apart.
struct Call<'a> {
    request: &'a Request,
    version: u8,
    /// Path segments after the resource, decoded.
    tail: &'a [String],
    /// The moment, as records carry it.
    now: String,
    settings: &'a Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: "api_sandbox_wiz_0001".to_owned(),
            extensions: ["quotes", "payments", "credit-memos", "warehouse-inventories", "kits"].map(str::to_owned).to_vec(),
            page_size_default: 25,
            list_bound_inclusive: true,
            refuse_reactivation: false,
            duplicate_reference: DuplicateReference::Allow,
            duplicate_sku_refused: true,
            likely_required: false,
            nested_lists: NestedLists::MergeById,
            sub_resources_move_customer: true,
            order_by_reference: false,
            retry_after_seconds: None,
            webhooks: None,
        }
    }
}

impl WizCommerce {
    /// Opens a tenant kept in a file, or in memory without a path; an existing file is taken up again.
    ///
    /// # Errors
    ///
    /// Says in words why the file, or the subscription to webhooks, cannot be used.
    pub fn open(path: Option<&Path>, settings: Settings) -> Result<Self, String> {
        settings.webhooks.as_ref().map_or(Ok(()), Subscription::check)?;
        Ok(Self { settings, store: Mutex::new(Store::open(path)?) })
    }

    /// Opens a tenant in memory that begins as this one is now.
    ///
    /// # Errors
    ///
    /// Says in words why the subscription to webhooks cannot be used or the data cannot be copied.
    pub fn copy(&self, settings: Settings) -> Result<Self, String> {
        let copy = Self::open(None, settings)?;
        super::copy_database(self.store().database(), copy.store().database_mut())?;
        Ok(copy)
    }

    /// Lets the caller look into the database itself.
    pub fn with_database<T>(&self, look: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        look(self.store().database())
    }

    /// Gives the number of records of a kind, e.g. `products` or `price_lists`.
    ///
    /// # Errors
    ///
    /// Refuses a kind that does not exist, so that a misspelt one is not simply empty.
    pub fn count(&self, resource: &str) -> Result<u32, String> {
        self.store().count(named(resource)?).map_err(|error| error.to_string())
    }

    /// Gives the stored records of a kind in order of creation.
    ///
    /// They hold more than the API shows, e.g. `product_prices` with their tiers. Numbers are read as serde_json reads them;
    /// [`WizCommerce::texts`] keeps their digits.
    ///
    /// # Errors
    ///
    /// Refuses a kind that does not exist.
    pub fn documents(&self, resource: &str) -> Result<Vec<serde_json::Value>, String> {
        let texts = self.texts(resource)?;
        texts.iter().map(|text| serde_json::from_str(text).map_err(|error| error.to_string())).collect()
    }

    /// Gives the stored records of a kind as JSON texts, every digit as it was sent.
    ///
    /// # Errors
    ///
    /// Refuses a kind that does not exist.
    pub fn texts(&self, resource: &str) -> Result<Vec<String>, String> {
        let documents = self.store().documents(named(resource)?).map_err(|error| error.to_string())?;
        Ok(documents.iter().map(Json::to_string).collect())
    }

    /// Gives every change of every record, oldest first.
    ///
    /// # Errors
    ///
    /// Says in words why the store cannot be read.
    pub fn history(&self) -> Result<Vec<HistoryRow>, String> {
        self.store().history().map_err(|error| error.to_string())
    }

    /// Makes price lists that have a currency, as `(reference id, name, currency)`; lists of a known reference stay as they are.
    ///
    /// # Errors
    ///
    /// Says in words why the store cannot be written.
    pub fn seed_price_lists(&self, lists: &[(&str, &str, &str)], now: Timestamp) -> Result<(), String> {
        let store = self.store();
        let seeded: rusqlite::Result<()> = store.transact(|| price_lists::seed(&store, lists, &stamp(now)));
        seeded.map_err(|error| error.to_string())
    }

    /// Carries out a script as [`Remote::edit`] does and tells nobody: what a tenant begins with is older than any subscription.
    ///
    /// # Errors
    ///
    /// Gives the reason in words when the script cannot be carried out.
    pub fn seed(&self, script: &str, now: Timestamp) -> Result<(), String> {
        let quiet = Settings { webhooks: None, ..self.settings.clone() };
        edit::run(&self.store(), &quiet, script, now)
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
        if request.path() == access::TOKEN_PATH {
            return access::token(request, &self.settings, now);
        }
        access::check_key(request, &self.settings)?;
        let segments = segments(request.path())?;
        let unknown = || Refusal::not_found("no such path");
        let [version, resource, tail @ ..] = segments.as_slice() else { return Err(unknown()) };
        let version = match version.as_str() {
            "v1" => 1,
            "v2" => 2,
            _ => return Err(unknown()),
        };
        let call = Call { request, version, tail, now: stamp(now), settings: &self.settings };
        let route: fn(&Call<'_>, &Store) -> Result<Answer, Refusal> = match (version, resource.as_str()) {
            (1 | 2, "products") => products::answer,
            (1, "price-lists") => price_lists::answer,
            (1, "product-pricings") => price_lists::answer_pricings,
            (1, "inventories") => inventories::answer,
            (1, "warehouses") if call.extends("warehouse-inventories") => inventories::answer_warehouses,
            (1, "warehouse-inventories") if call.extends("warehouse-inventories") => inventories::answer_by_warehouse,
            (1, "attributes") => attributes::answer,
            (1, "sales-reps") => attributes::answer_sales_reps,
            (1 | 2, "customers") => customers::answer,
            (1 | 2, "orders") => orders::answer,
            (1, "invoices") => invoices::answer,
            (1, "shipments") => shipments::answer,
            (1, "payment-methods") => payment_methods::answer,
            (1, "payments") if call.extends("payments") => payments::answer,
            (1, "credit-memos") if call.extends("credit-memos") => payments::answer_credit_memos,
            (1, "quotes") if call.extends("quotes") => quotes::answer,
            _ => return Err(unknown()),
        };
        let store = self.store();
        if call.method() == "GET" {
            route(&call, &store)
        } else {
            webhooks::told(&store, &self.settings, now, || route(&call, &store))
        }
    }
}

impl Remote for WizCommerce {
    fn name(&self) -> &'static str {
        "wizcommerce"
    }

    fn handle(&self, request: &Request, now: Timestamp) -> Reply {
        let reply = self.answer(request, now).map_or_else(Reply::from, Reply::from);
        reply.with_header("date", http_date(now))
    }

    fn too_many(&self, _request: &Request) -> Reply {
        Refusal::too_many(self.settings.retry_after_seconds).into()
    }

    fn edit(&self, script: &str, now: Timestamp) -> Result<(), String> {
        let store = self.store();
        edit::run(&store, &self.settings, script, now)
    }
}

impl Call<'_> {
    fn method(&self) -> &str {
        &self.request.method
    }

    fn query(&self) -> &str {
        self.request.query()
    }

    fn extends(&self, extension: &str) -> bool {
        self.settings.extensions.iter().any(|on| on == extension)
    }

    /// Gives the segments behind the resource, to be matched together with the method.
    fn tail(&self) -> Vec<&str> {
        self.tail.iter().map(String::as_str).collect()
    }

    /// Gives the JSON object of the body.
    fn body(&self) -> Result<Json, Refusal> {
        listing::without_parameters(self.query())?;
        json_body(self.request)
    }

    /// Refuses a reference another record of that kind has, when the settings say so. `own` is the record being changed.
    fn check_reference(
        &self,
        store: &Store,
        resource: Resource,
        reference: Option<&str>,
        own: Option<&str>,
        field: &str,
    ) -> Result<Option<Detail>, Refusal> {
        let (DuplicateReference::Refuse, Some(reference)) = (self.settings.duplicate_reference, reference) else {
            return Ok(None);
        };
        let taken = store.ids_by_reference(resource, reference)?.iter().any(|id| Some(id.as_str()) != own);
        Ok(taken.then(|| Detail::new(field, "already exists")))
    }
}

/// Reads a request's body, which must be declared and be one JSON object.
fn json_body(request: &Request) -> Result<Json, Refusal> {
    let kind = request.header("content-type").unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(Refusal::unreadable("the content type must be application/json"));
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| Refusal::unreadable("the body is not UTF-8"))?;
    let body = Json::parse(text).map_err(|reason| Refusal::unreadable(format!("the body is not JSON: {reason}")))?;
    if matches!(body, Json::Object(_)) { Ok(body) } else { Err(Refusal::unreadable("the body must be an object")) }
}

fn segments(path: &str) -> Result<Vec<String>, Refusal> {
    let encoded = path.strip_prefix('/').unwrap_or(path).split('/');
    let decoded: Option<Vec<String>> = encoded.map(|segment| listing::decoded(segment, false)).collect();
    decoded.ok_or_else(|| Refusal::not_found("the path is not percent-encoded UTF-8"))
}

fn named(resource: &str) -> Result<Resource, String> {
    Resource::named(resource).ok_or_else(|| format!("no kind of record is called {resource:?}"))
}

#[cfg(test)]
mod tests;
