//! The shapes WizCommerce takes and gives, field for field, and requests to it as data.
//!
//! Reading is lenient: unknown members are ignored, missing ones are `None`. Money and quantities are [`Exact`].

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::http::{Method, Repeat};
use crate::model::Exact;

/// A request that changes something, as data: flows describe it, the client sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// POST, PUT or PATCH.
    pub method: Method,
    /// The path, percent-encoded.
    pub path: String,
    /// The JSON body.
    pub body: String,
    /// Whether sending it twice has the effect of sending it once.
    pub repeat: Repeat,
}

/// A price of one variant on one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// The price list's reference id; one function decides that in the products flow.
    pub price_list_id: String,
    /// The price of one from the first piece on.
    pub price: Exact,
    /// Prices from larger quantities on.
    pub volume_tiers: Vec<Tier>,
}

/// A price from a quantity on; it runs to the start of the next tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tier {
    /// First quantity of the tier.
    pub start_quantity: Exact,
    /// The price of one.
    pub price: Exact,
}

/// An image by address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Media {
    /// Where it is.
    pub url: String,
    /// Always `image`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Position from 1.
    pub order: usize,
    /// Whether it is shown first.
    pub is_default: bool,
}

/// A named value on a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// The attribute's name.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// A product as a list or a create answers it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Product {
    /// WizCommerce's id.
    pub id: String,
    /// The caller's key.
    pub reference_id: Option<String>,
    /// The SKU (named `sku_id` in requests).
    pub sku: String,
    /// Which group the variant belongs to.
    pub group_code: Option<String>,
    /// `active` or `inactive`.
    pub status: Option<String>,
}

/// A price list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PriceList {
    /// WizCommerce's id.
    pub id: String,
    /// The caller's key.
    pub reference_id: Option<String>,
    /// What a person calls it.
    pub name: Option<String>,
    /// ISO currency; cannot be set through the API.
    pub currency: Option<String>,
}

/// The definition of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AttributeDefinition {
    /// The attribute's name.
    pub name: String,
}

/// A record of which only the id matters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Created {
    /// WizCommerce's id.
    pub id: String,
}

/// A record as it came, member by member, every digit as it was sent: what netwiz does not know of is carried along when the
/// record has to be sent back whole (`correctness.md` R18).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    /// Reads a record; nothing when it is no object.
    pub fn of(raw: &RawValue) -> Self {
        serde_json::from_str(raw.get()).unwrap_or_default()
    }

    /// Gives a member that can be read as asked; `None` when it is absent, null or something else.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str::<Option<T>>(self.0.get(name)?.get()).ok().flatten()
    }

    /// Gives a member's text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name)
    }

    /// Gives the records of a member that is a list; none when it is absent.
    pub fn list(&self, name: &str) -> Vec<Self> {
        self.get(name).unwrap_or_default()
    }

    /// Gives all members, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    /// Sets a member.
    pub fn set(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        if let Ok(raw) = serde_json::value::to_raw_value(value) {
            self.0.insert(name.to_owned(), raw);
        }
    }

    /// Takes members out.
    pub fn drop_all(&mut self, names: &[&str]) {
        self.0.retain(|name, _| !names.contains(&name.as_str()));
    }

    /// Takes out what is null: in a record that is sent whole, absent says the same.
    pub fn drop_nulls(&mut self) {
        self.0.retain(|_, value| value.get() != "null");
    }

    /// Tells whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the record as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

impl From<serde_json::Map<String, serde_json::Value>> for Members {
    fn from(map: serde_json::Map<String, serde_json::Value>) -> Self {
        let mut members = Self::default();
        map.iter().for_each(|(name, value)| members.set(name, value));
        members
    }
}

/// A sales rep.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SalesRep {
    /// WizCommerce's id.
    pub id: String,
    /// By which the rep is known on both sides.
    pub email: Option<String>,
}

/// A record of which id, reference and state matter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Referenced {
    /// WizCommerce's id.
    pub id: String,
    /// The caller's key.
    pub reference_id: Option<String>,
    /// Its state, where it has one.
    pub status: Option<String>,
}

/// A warehouse (extension).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Warehouse {
    /// WizCommerce's id.
    pub id: String,
    /// The location's Internal ID.
    pub reference_id: Option<String>,
}

/// The stock of one SKU; posting it creates or replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// The key.
    pub sku: String,
    /// The warehouse's id (extension); absent in the summed record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warehouse_id: Option<String>,
    /// Free to sell.
    pub available_quantity: Exact,
    /// Committed to orders.
    pub reserved_quantity: Exact,
    /// On hand.
    pub in_stock_quantity: Exact,
    /// Below or at which it counts as out of stock.
    pub out_of_stock_threshold: Exact,
    /// `IN_STOCK`, `OUT_OF_STOCK` or `BACK_ORDER`.
    pub inventory_status: &'static str,
    /// Whether stock limits sales at all.
    pub track_inventory: bool,
    /// Expected from suppliers.
    pub on_order_details: Vec<OnOrder>,
    /// On the way between locations; netwiz has nothing to say here.
    pub in_transit_details: Vec<OnOrder>,
    /// Ordered by customers and not in stock.
    pub back_order_quantity: Exact,
    /// JSON as text: the split over locations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_details: Option<String>,
}

/// A quantity that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnOrder {
    /// How many.
    pub quantity: Exact,
    /// Which purchase. The sum over all of them has no date, so none is sent.
    pub identifier: &'static str,
}
