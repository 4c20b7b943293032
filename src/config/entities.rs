//! The settings of the entities: what is in scope and how values are mapped.
//!
//! Internal IDs are digits as text. A predicate (`filter`) is SuiteQL as written: only that it is not empty is checked here.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::config::file::Item;
use crate::config::part::Part;
use crate::config::values::{
    IdMapping, boolean, by_text, column, count, date, duration, email, field, id, id_mapping, is_id, json_members, list_of,
    script_id, text, word,
};
use crate::config::word::words;
use crate::error::Result;

words! {
    /// A sort of NetSuite item that becomes a product.
    ItemType {
        /// Inventory items.
        InvtPart = "InvtPart",
        /// Assemblies.
        Assembly = "Assembly",
        /// Kits.
        Kit = "Kit",
    }
}

words! {
    /// Which inactive items are in scope.
    InactiveItems {
        /// All of them: one never synced before is created and switched off.
        All = "all",
        /// Only those that were synced before.
        Linked = "linked",
    }
}

words! {
    /// What a customer must have to be created on the other side.
    MandatoryField {
        /// At least one address.
        Address = "address",
        /// At least one contact.
        Contact = "contact",
        /// A payment term.
        Terms = "terms",
    }
}

words! {
    /// Which side wins a field that both sides changed.
    ConflictWinner {
        /// NetSuite.
        NetSuite = "netsuite",
        /// WizCommerce.
        WizCommerce = "wizcommerce",
        /// The side whose record was changed last; NetSuite in the same second.
        Latest = "latest",
    }
}

words! {
    /// The status a Sales Order is created with.
    InitialStatus {
        /// Pending approval.
        PendingApproval = "A",
        /// Pending fulfilment.
        PendingFulfilment = "B",
    }
}

words! {
    /// The status of a Sales Order, by the letter NetSuite has for it.
    OrderStatus {
        /// Pending approval.
        PendingApproval = "A",
        /// Pending fulfilment.
        PendingFulfilment = "B",
        /// Cancelled.
        Cancelled = "C",
        /// Partially fulfilled.
        PartiallyFulfilled = "D",
        /// Pending billing, partially fulfilled.
        PendingBillingPartiallyFulfilled = "E",
        /// Pending billing.
        PendingBilling = "F",
        /// Billed.
        Billed = "G",
        /// Closed.
        Closed = "H",
    }
}

/// The settings under `[profile.<name>.products]`; kits and inventory follow the same scope.
#[derive(Debug, Clone)]
pub struct Products {
    /// The item types in scope, `types`. Default: all three.
    pub types: Vec<ItemType>,
    /// A SuiteQL predicate over `item`, `where`. Absent: every item.
    pub filter: Option<String>,
    /// The saved search the items must be in, `saved-search`. Absent: none.
    pub saved_search: Option<String>,
    /// Whether the children of a matrix item are variants of one product, `variants`. Default true.
    pub variants: bool,
    /// Item fields that hold image addresses, `image-columns`, in the order of the images. Default: none.
    pub image_columns: Vec<String>,
    /// WizCommerce attributes by name, each with the item field it is filled from, `attributes`. Default: none.
    pub attributes: BTreeMap<String, String>,
    /// Which inactive items are in scope, `inactive`. Default `all`.
    pub inactive: InactiveItems,
    /// The item field whose text is the category, `category-column`. Absent: no category is sent.
    pub category_column: Option<String>,
    /// The least time between two full sweeps of prices where block checksums are refused, `price-sweep`. Default 6 hours.
    pub price_sweep: Duration,
}

impl Products {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let known = [
            "types",
            "where",
            "saved-search",
            "variants",
            "image-columns",
            "attributes",
            "inactive",
            "category-column",
            "price-sweep",
        ];
        let mut part = root.table("products", &known)?;
        Ok(Self {
            types: part.value("types", |item| {
                let types = list_of(word)(item)?;
                if types.is_empty() { Err(item.error("must name at least one item type")) } else { Ok(types) }
            })?,
            filter: part.optional("where", text)?,
            saved_search: part.optional("saved-search", script_id)?,
            variants: part.value("variants", boolean)?,
            image_columns: part.value("image-columns", list_of(column))?,
            attributes: part.value("attributes", by_text(column))?,
            inactive: part.value("inactive", word)?,
            category_column: part.optional("category-column", column)?,
            price_sweep: part.value("price-sweep", duration)?,
        })
    }
}

/// A NetSuite price level in one currency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CatalogKey {
    /// The Internal ID of the price level.
    pub price_level: String,
    /// The ISO code of the currency; absent: the base currency.
    pub currency: Option<String>,
}

/// The settings under `[profile.<name>.catalogs]`: NetSuite price levels and the WizCommerce price lists they fill.
#[derive(Debug, Clone, Default)]
pub struct Catalogs {
    /// The price list, by its reference id, of each mapped price level. No two levels fill the same list.
    pub price_lists: BTreeMap<CatalogKey, String>,
    /// The price list of a customer whose price level is not mapped, `default`. Absent: such a customer is rejected.
    pub default: Option<String>,
}

impl Catalogs {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let mut catalogs = Self::default();
        for (key, item) in root.open("catalogs")?.entries() {
            let list = item.text("the reference id of a WizCommerce price list")?.to_owned();
            if key == "default" {
                catalogs.default = Some(list);
                continue;
            }
            let (price_level, currency) = match key.split_once(':') {
                Some((level, currency)) => (level, Some(currency)),
                None => (key, None),
            };
            let iso = |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            if !is_id(price_level) || !currency.is_none_or(iso) {
                return Err(item
                    .error("is not the id of a NetSuite price level")
                    .hint("write `\"5\"` for price level 5 in the base currency, `\"5:EUR\"` for another, or `default`"));
            }
            // Two levels in one list would overwrite each other's prices on every run.
            if catalogs.price_lists.values().any(|taken| *taken == list) {
                return Err(item.error(&format!("fills the price list `{list}`, which another price level fills already")));
            }
            let key = CatalogKey { price_level: price_level.to_owned(), currency: currency.map(str::to_owned) };
            catalogs.price_lists.insert(key, list);
        }
        Ok(catalogs)
    }

    /// Gives the price list of a price level; no currency is the base currency. The default is not consulted.
    pub fn price_list(&self, price_level: &str, currency: Option<&str>) -> Option<&str> {
        let key = CatalogKey { price_level: price_level.to_owned(), currency: currency.map(str::to_owned) };
        self.price_lists.get(&key).map(String::as_str)
    }
}

/// The settings under `[profile.<name>.customers]`.
#[derive(Debug, Clone)]
pub struct Customers {
    /// A SuiteQL predicate over `customer`, `where`. Absent: every customer.
    pub filter: Option<String>,
    /// The saved search the customers must be in, `saved-search`. Absent: none.
    pub saved_search: Option<String>,
    /// What a customer must have, `required`. Default: address, contact and terms.
    pub required: Vec<MandatoryField>,
    /// The winner of a field both sides changed, `conflict`. Default `netsuite`.
    pub conflict: ConflictWinner,
    /// WizCommerce attributes by name, each with the customer field it is kept equal to, `attributes`. Default: none.
    pub attributes: BTreeMap<String, String>,
    /// Members sent as written when a customer is created in NetSuite, `create-fields`. Default: none.
    pub create_fields: Map<String, Value>,
}

impl Customers {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let mut part =
            root.table("customers", &["where", "saved-search", "required", "conflict", "attributes", "create-fields"])?;
        Ok(Self {
            filter: part.optional("where", text)?,
            saved_search: part.optional("saved-search", script_id)?,
            required: part.value("required", list_of(word))?,
            conflict: part.value("conflict", word)?,
            attributes: part.value("attributes", by_text(field))?,
            create_fields: part.value("create-fields", json_members)?,
        })
    }
}

/// The settings under `[profile.<name>.sales-reps]`.
#[derive(Debug, Clone, Default)]
pub struct SalesReps {
    /// The e-mail address of the WizCommerce rep by the Internal ID of the NetSuite employee.
    pub emails: BTreeMap<String, String>,
    /// The e-mail address for an employee who is not listed and whose own address no rep has, `default`. Absent: none.
    pub default: Option<String>,
}

impl SalesReps {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let mut reps = Self::default();
        for (key, item) in root.open("sales-reps")?.entries() {
            if key == "default" {
                reps.default = Some(email(&item)?);
            } else if is_id(key) {
                reps.emails.insert(key.to_owned(), email(&item)?);
            } else {
                return Err(not_an_employee(&item));
            }
        }
        Ok(reps)
    }
}

fn not_an_employee(item: &Item<'_>) -> crate::error::Error {
    item.error("is not the id of a NetSuite employee").hint("write the employee's Internal ID in quotes, or `default`")
}

/// The settings under `[profile.<name>.orders]`.
#[derive(Debug, Clone)]
pub struct Orders {
    /// Whether a pull of orders also brings their invoices, shipments and credit memos, `linked`. Default false.
    pub linked: bool,
    /// Orders and documents dated before stay out unless linked, `start-date`. Absent: none do.
    pub start_date: Option<Date>,
    /// The status of a Sales Order at its creation, `initial-status`. Default pending approval.
    pub initial_status: InitialStatus,
    /// Which NetSuite-origin orders are created in WizCommerce, `pull-statuses`. Default B, D, E, F and G.
    pub pull_statuses: Vec<OrderStatus>,
    /// The NetSuite item for a discount on a whole order, `discount-item`. Absent: such an order is rejected.
    pub discount_item: Option<String>,
    /// The NetSuite item for a SKU it does not know, `adhoc-item`. Absent: such an order is rejected.
    pub adhoc_item: Option<String>,
    /// NetSuite items by the name of a charge, `charge-items`. A charge not listed rejects its order.
    pub charge_items: BTreeMap<String, String>,
    /// NetSuite ship items by the text of the ship method, `ship-methods`. Without an answer no method is sent.
    pub ship_methods: IdMapping,
    /// WizCommerce attributes by name, each with the Sales Order field it is sent into, `attributes`. Default: none.
    pub attributes: BTreeMap<String, String>,
    /// Members sent as written when an order is created in NetSuite, `create-fields`. Default: none.
    pub create_fields: Map<String, Value>,
}

impl Orders {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let known = [
            "linked",
            "start-date",
            "initial-status",
            "pull-statuses",
            "discount-item",
            "adhoc-item",
            "charge-items",
            "ship-methods",
            "attributes",
            "create-fields",
        ];
        let mut part = root.table("orders", &known)?;
        Ok(Self {
            linked: part.value("linked", boolean)?,
            start_date: part.optional("start-date", date)?,
            initial_status: part.value("initial-status", word)?,
            pull_statuses: part.value("pull-statuses", list_of(word))?,
            discount_item: part.optional("discount-item", id)?,
            adhoc_item: part.optional("adhoc-item", id)?,
            charge_items: part.value("charge-items", by_text(id))?,
            ship_methods: part.value("ship-methods", id_mapping)?,
            attributes: part.value("attributes", by_text(field))?,
            create_fields: part.value("create-fields", json_members)?,
        })
    }
}

/// The settings under `[profile.<name>.estimates]`.
#[derive(Debug, Clone)]
pub struct Estimates {
    /// Members sent as written when an estimate is created in NetSuite, `create-fields`. Default: none.
    pub create_fields: Map<String, Value>,
}

impl Estimates {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let mut part = root.table("estimates", &["create-fields"])?;
        Ok(Self { create_fields: part.value("create-fields", json_members)? })
    }
}

/// The settings under `[profile.<name>.inventory]`.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// Internal IDs of the locations whose stock counts, `locations`. Empty (the default): all.
    pub locations: Vec<String>,
    /// Records per write, `batch-size`, 1 to 1000. Default 1000.
    pub batch_size: u16,
}

impl Inventory {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let mut part = root.table("inventory", &["locations", "batch-size"])?;
        Ok(Self { locations: part.value("locations", list_of(id))?, batch_size: part.value("batch-size", count(1..=1000))? })
    }
}

/// The settings under `[profile.<name>.payments]`.
#[derive(Debug, Clone)]
pub struct Payments {
    /// Whether payments are pushed at all, `push`. Default true.
    pub push: bool,
    /// NetSuite payment options by WizCommerce payment method type, `methods`. Default: none.
    pub methods: IdMapping,
    /// The Internal ID of the deposit account, `account`. Absent: undeposited funds.
    pub account: Option<String>,
    /// Members sent as written when a deposit is created in NetSuite, `create-fields`. Default: none.
    pub create_fields: Map<String, Value>,
}

impl Payments {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let mut part = root.table("payments", &["push", "methods", "account", "create-fields"])?;
        Ok(Self {
            push: part.value("push", boolean)?,
            methods: part.value("methods", id_mapping)?,
            account: part.optional("account", id)?,
            create_fields: part.value("create-fields", json_members)?,
        })
    }
}
