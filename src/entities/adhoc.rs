//! Stand-ins: temporary products for items that WizCommerce lacks and an order needs all the same.
//!
//! A stand-in is linked as a product and marked, so the product sync that sees the item later upgrades that very product
//! instead of making a second one, and nothing is written for its stock. A product of that SKU which is there already is
//! linked and left as it is.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::products::{self, sku_of};
use super::{
    Action, By, Child, Desired, Finder, Flow, Frame, Known, Lookup, Mapped, Planned, Reference, Rows, Universe, Wanted as Named,
    Write, cut,
};
use crate::model::{EntityKind, Exact, Fingerprint, Flag, NetSuiteId, Reason, WizId};
use crate::netsuite::records::{Column, Row, Select};
use crate::netsuite::suiteql::id_list;
use crate::wizcommerce::records::Price;

const KIND: &str = "products";
/// Longest product name WizCommerce takes, in characters.
const NAME_LIMIT: usize = 255;

/// A product that a document needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The item.
    pub item: NetSuiteId,
    /// What one costs on the document that needs it.
    pub price: Exact,
    /// The customer's price list, by reference id.
    pub list: String,
}

/// The flow of stand-ins.
pub struct AdHoc {
    wanted: HashMap<i64, Wanted>,
}

/// A stand-in as it is sent: one variant in a group of its own.
#[derive(Debug, Clone, Serialize)]
pub struct Body {
    group_code: String,
    variants: [Variant; 1],
}

#[derive(Debug, Clone, Serialize)]
struct Variant {
    sku_id: String,
    reference_id: String,
    name: String,
    product_prices: [Price; 1],
}

impl AdHoc {
    /// Makes the flow for what is wanted now; of several wishes for one item the first counts.
    pub fn new(wanted: Vec<Wanted>) -> Self {
        let mut by_item = HashMap::new();
        for one in wanted {
            by_item.entry(one.item.0).or_insert(one);
        }
        Self { wanted: by_item }
    }

    fn map_item(&self, row: &Row, known: &Known) -> Option<Mapped<Body>> {
        let (id, wanted) = (row.head()?, self.wanted.get(&row.head()?.0)?);
        let itemid = row.text("itemid").unwrap_or_default();
        let sku = sku_of(itemid).to_owned();
        if sku.is_empty() {
            let child = Child::new(id, itemid);
            return Some(child.rejected(Reason::MissingMandatoryFields, "the item has no name", None));
        }
        // A group of that name that nobody brought from NetSuite is somebody's: it gets no member.
        let group_code = if known.is_foreign(&sku) { format!("{sku}-{id}") } else { sku.clone() };
        let price = Price { price_list_id: wanted.list.clone(), price: wanted.price, volume_tiers: Vec::new() };
        let variant = Variant {
            sku_id: sku.clone(),
            reference_id: id.to_string(),
            name: cut(row.text("displayname").unwrap_or(itemid), NAME_LIMIT),
            product_prices: [price],
        };
        // Never what a product is compared by, so that the product sync sees a difference.
        let parts = vec![("ad-hoc".to_owned(), Fingerprint::of(sku.as_bytes()))];
        Some(Mapped::Desired(Box::new(Desired {
            lane: sku.clone(),
            flags: vec![Flag::AdHoc],
            ..Desired::new(id, &sku, parts, Body { group_code, variants: [variant] })
        })))
    }
}

impl Frame for AdHoc {
    fn entity(&self) -> EntityKind {
        EntityKind::Products
    }

    fn mapping(&self) -> String {
        "ad-hoc".to_owned()
    }

    fn keeps_failures(&self) -> bool {
        // The document that needs it is what fails.
        false
    }
}

impl Flow for AdHoc {
    type Body = Body;

    fn batch(&self) -> usize {
        500
    }

    fn universe(&self) -> Universe {
        Universe::Linked(KIND)
    }

    fn finders(&self) -> Vec<Finder> {
        Vec::new()
    }

    fn locate(&self, wanted: &Named) -> Option<Select> {
        let Named::Ids(ids) = wanted else { return None };
        let select = Select::new("named items", "item i", "i.id").columns("i", &["id"]).column(Column::new("'T'", "in_scope"));
        Some(select.column(Column::new("i.itemid", "label")).filter(format!("i.id IN ({})", id_list(ids))))
    }

    fn details(&self) -> Vec<Select> {
        vec![Select::new("stand-ins", "item i", "i.id").columns("i", &["itemid", "displayname"])]
    }

    fn references(&self, rows: &Rows) -> Vec<Reference> {
        rows.of("stand-ins").iter().filter_map(Row::head).map(|id| Reference::Id(KIND, id.0)).collect()
    }

    fn new_groups(&self, rows: &Rows, _known: &Known) -> Vec<(String, Vec<String>)> {
        let names = rows.of("stand-ins").iter().filter_map(|row| row.text("itemid"));
        names.map(|name| (sku_of(name).to_owned(), vec![sku_of(name).to_owned()])).collect()
    }

    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Body>> {
        rows.of("stand-ins").iter().filter_map(|row| self.map_item(row, known)).collect()
    }

    fn lookup(&self) -> Option<Lookup> {
        let (path, by) = ("/v1/products".into(), By::NaturalKey("sku_id"));
        Some(Lookup { path, states: &[&[]], by, group_parameter: Some("group_code"), read: products::read_product })
    }

    fn writes(&self, planned: &[Planned<Body>]) -> Vec<Write> {
        let created = |(at, record): (usize, &Planned<Body>)| {
            let body = serde_json::to_string(&record.desired.body).unwrap_or_default();
            // A product that is there is somebody's: it serves as it is.
            (record.action == Action::Create).then(|| Write::create("/v2/products", body, at))
        };
        planned.iter().enumerate().filter_map(created).collect()
    }

    fn created(&self, data: &RawValue) -> Result<Vec<(String, WizId)>, String> {
        products::read_created(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::records::Page;

    #[test]
    fn a_stand_in_has_the_price_of_its_line_on_the_customers_list() {
        let page: Page = serde_json::from_str(
            r#"{"items":[{"head":"700","itemid":"Services : SETUP","displayname":"Set-up"}],"totalResults":1,"hasMore":false}"#,
        )
        .unwrap();
        let mut rows = Rows::default();
        rows.add("stand-ins", page.rows);
        let wanted = |price: &str| Wanted { item: NetSuiteId(700), price: price.parse().unwrap(), list: "BASE".into() };
        let flow = AdHoc::new(vec![wanted("19.90"), wanted("1")]);
        let mapped = flow.map(&rows, &Known::default());
        let desired = mapped[0].desired().unwrap();
        assert_eq!((desired.natural_key.as_str(), desired.flags.as_slice()), ("SETUP", [Flag::AdHoc].as_slice()));
        let mut known = Known::default();
        known.add_foreign("SETUP".into());
        let beside = flow.map(&rows, &known).remove(0);
        assert_eq!(beside.desired().unwrap().body.group_code, "SETUP-700", "somebody's group gets no member");
        let planned = |action| Planned {
            desired: desired.clone(),
            action,
            was_active: None,
            image: None,
            present: None,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let writes = flow.writes(&[planned(Action::Create)]);
        assert_eq!(
            writes[0].call.body,
            r#"{"group_code":"SETUP","variants":[{"sku_id":"SETUP","reference_id":"700","name":"Set-up","product_prices":[{"price_list_id":"BASE","price":19.90,"volume_tiers":[]}]}]}"#
        );
        assert!(flow.writes(&[planned(Action::Adopt(WizId("w".into())))]).is_empty(), "somebody's product serves as it is");
    }
}
