//! Inventory, NetSuite to WizCommerce: one record per SKU with the sum over locations, and the split beside it.
//!
//! The heads are the linked, active products. A kit has no stock of its own: per location it can be made as often as its
//! scarcest component allows. Stock moves without touching the item, so it is found by block checksums.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    BLOCK, Desired, Finder, Flow, Frame, Known, Lookup, Mapped, Planned, Prerequisite, Reference, Rows, Table, Universe, Wanted,
    Write,
};
use crate::http::Method;
use crate::model::{EntityKind, Exact, Fingerprint, Flag, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::records::{Column, Row, Select};
use crate::wizcommerce::records::{Created, Inventory as Record, OnOrder};

/// Under which name the links of locations are kept.
pub const WAREHOUSES: &str = "warehouses";
const KIND: &str = "inventory";
const PRODUCTS: &str = "products";
/// Kits within kits that are followed.
const KIT_DEPTH: usize = 4;

/// What the profile says about inventory.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Internal IDs of the locations whose stock counts; empty for all.
    pub locations: Vec<String>,
    /// Items read and committed together, 1 to 1000.
    pub batch_size: usize,
    /// Paths of warehouses and of stock per warehouse, when each location gets a record of its own (extension
    /// `warehouse-inventories`).
    pub warehouses: Option<(String, String)>,
    /// Whether kits are products of this profile.
    pub kits: bool,
}

/// The inventory flow.
pub struct Inventory {
    settings: Settings,
    /// Internal ID and name of the locations that count, in order.
    locations: Vec<(NetSuiteId, String)>,
}

/// The records of one item: the summed one first, then one per location.
#[derive(Debug, Clone)]
pub struct Body {
    records: Vec<(String, Record)>,
}

/// Stock of one item at one location.
#[derive(Debug, Clone, Copy, Default)]
struct Stock {
    on_hand: Exact,
    available: Exact,
    committed: Exact,
    on_order: Exact,
    backordered: Exact,
}

#[derive(Serialize)]
struct Split<'a> {
    locations: Vec<AtLocation<'a>>,
}

#[derive(Serialize)]
struct AtLocation<'a> {
    id: String,
    name: &'a str,
    on_hand: Exact,
    available: Exact,
    committed: Exact,
    on_order: Exact,
    backordered: Exact,
}

impl Stock {
    fn read(row: &Row) -> Result<Self, String> {
        // A null quantity is zero, and what is negative in NetSuite is nothing to sell.
        let number = |name: &str| row.exact(name).map(|value| value.unwrap_or(Exact::ZERO).at_least_zero().normalized());
        Ok(Self {
            on_hand: number("quantityonhand")?,
            available: number("quantityavailable")?,
            committed: number("quantitycommitted")?,
            on_order: number("quantityonorder")?,
            backordered: number("quantitybackordered")?,
        })
    }

    fn add(self, other: Self) -> Option<Self> {
        Some(Self {
            on_hand: self.on_hand.checked_add(other.on_hand)?,
            available: self.available.checked_add(other.available)?,
            committed: self.committed.checked_add(other.committed)?,
            on_order: self.on_order.checked_add(other.on_order)?,
            backordered: self.backordered.checked_add(other.backordered)?,
        })
    }

    fn status(&self) -> &'static str {
        if self.available > Exact::ZERO {
            "IN_STOCK"
        } else if self.backordered > Exact::ZERO {
            "BACK_ORDER"
        } else {
            "OUT_OF_STOCK"
        }
    }

    fn record(&self, sku: &str, tracked: bool) -> Record {
        let on_order = (self.on_order > Exact::ZERO).then_some(OnOrder { quantity: self.on_order, identifier: "NetSuite" });
        Record {
            sku: sku.to_owned(),
            warehouse_id: None,
            available_quantity: self.available,
            reserved_quantity: self.committed,
            in_stock_quantity: self.on_hand,
            out_of_stock_threshold: Exact::ZERO,
            inventory_status: if tracked { self.status() } else { "IN_STOCK" },
            track_inventory: tracked,
            on_order_details: on_order.into_iter().collect(),
            in_transit_details: Vec::new(),
            back_order_quantity: self.backordered,
            dynamic_details: None,
        }
    }
}

/// How often a kit can be made at one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Makeable {
    /// No component keeps stock: nothing limits it.
    Unlimited,
    /// So often.
    Times(Exact),
}

/// The rows of a batch, by item.
struct Batch<'a> {
    facts: HashMap<i64, &'a Row>,
    members: HashMap<i64, Vec<&'a Row>>,
    stock: HashMap<(i64, i64), Stock>,
}

impl Batch<'_> {
    fn stock(&self, item: i64, location: NetSuiteId) -> Stock {
        // A location without a row has none of it.
        self.stock.get(&(item, location.0)).copied().unwrap_or_default()
    }

    /// Finds how often a kit can be made at a location: the minimum over its components of what is there by what is needed.
    fn makeable(&self, kit: i64, location: NetSuiteId, depth: usize) -> Result<Makeable, String> {
        let Some(members) = self.members.get(&kit) else { return Ok(Makeable::Times(Exact::ZERO)) };
        if depth == 0 {
            return Err("kits are nested too deeply, or contain each other".into());
        }
        // A component on two lines is needed twice.
        let mut needed: BTreeMap<i64, (Exact, &Row)> = BTreeMap::new();
        for row in members {
            let Some(item) = row.id("item") else { continue };
            let quantity = row.exact("quantity")?.unwrap_or(Exact::ZERO);
            let entry = needed.entry(item.0).or_insert((Exact::ZERO, row));
            entry.0 = entry.0.checked_add(quantity).ok_or("a component quantity is out of range")?;
        }
        let mut least = Makeable::Unlimited;
        for (item, (quantity, row)) in needed {
            let there = match row.text("itemtype") {
                _ if row.flag("isinactive") => Makeable::Times(Exact::ZERO),
                Some("InvtPart" | "Assembly") => Makeable::Times(self.stock(item, location).available),
                Some("Kit") => self.makeable(item, location, depth - 1)?,
                // Nobody knows how many of an invisible component there are.
                None => Makeable::Times(Exact::ZERO),
                // Services and the like are never out of stock.
                _ => Makeable::Unlimited,
            };
            let Makeable::Times(there) = there else { continue };
            let Some(times) = there.checked_div(quantity).map(Exact::floor) else { continue };
            least = Makeable::Times(match least {
                Makeable::Unlimited => times,
                Makeable::Times(before) => before.min(times),
            });
        }
        Ok(least)
    }
}

impl Inventory {
    /// Makes the flow for a profile.
    pub fn new(settings: Settings) -> Self {
        Self { settings, locations: Vec::new() }
    }

    fn at_locations(&self) -> Option<String> {
        (!self.settings.locations.is_empty()).then(|| format!("a.location IN ({})", self.settings.locations.join(", ")))
    }

    fn facts() -> Select {
        Select::new("stocked items", "item i", "i.id")
            .columns("i", &["itemid", "itemtype"])
            .column(Column::configured("i.saleunit", "saleunit"))
            .column(Column::configured("i.stockunit", "stockunit"))
    }

    fn members() -> Select {
        // A component that the role cannot see must stay a line: without it the kit would seem to need less.
        Select::new("members", "kititemmember k LEFT JOIN item c ON c.id = k.item", "k.parentitem")
            .many()
            .columns("k", &["item", "quantity"])
            .columns("c", &["itemtype", "isinactive"])
    }

    fn stock(&self) -> Select {
        let select = Select::new("stock", "aggregateitemlocation a", "a.item").many().columns(
            "a",
            &["location", "quantityonhand", "quantityavailable", "quantitycommitted", "quantityonorder", "quantitybackordered"],
        );
        self.at_locations().into_iter().fold(select, Select::filter)
    }

    /// One checksum per block of items over all five quantities, weighted as prices are.
    fn stock_blocks(&self) -> Select {
        let linear = format!("(MOD(a.item, {BLOCK}) * 7919 + MOD(a.location, 499) * 104729 + 1)");
        let square = format!("MOD({linear} * {linear}, 999983)");
        let mut select = Select::new("stock blocks", "aggregateitemlocation a", format!("a.item - MOD(a.item, {BLOCK})"))
            .column(Column::new("COUNT(*)", "n"))
            .column(Column::new(format!("SUM({square})"), "keys"));
        for column in ["quantityonhand", "quantityavailable", "quantitycommitted", "quantityonorder", "quantitybackordered"] {
            select = select
                .column(Column::new(format!("SUM(NVL(a.{column}, 0) * {linear})"), format!("{column}_a")))
                .column(Column::new(format!("SUM(NVL(a.{column}, 0) * {square})"), format!("{column}_b")));
        }
        self.at_locations().into_iter().fold(select, Select::filter).grouped()
    }

    fn member_blocks() -> Select {
        let linear = format!("(MOD(k.parentitem, {BLOCK}) * 7919 + MOD(k.item, 100003) * 31 + 1)");
        let square = format!("MOD({linear} * {linear}, 999983)");
        Select::new("member blocks", "kititemmember k", format!("k.parentitem - MOD(k.parentitem, {BLOCK})"))
            .column(Column::new("COUNT(*)", "n"))
            .column(Column::new(format!("SUM({square})"), "keys"))
            .column(Column::new(format!("SUM(NVL(k.quantity, 0) * {linear})"), "values_a"))
            .column(Column::new(format!("SUM(NVL(k.quantity, 0) * {square})"), "values_b"))
            .grouped()
    }

    fn map_item(&self, id: i64, batch: &Batch<'_>, known: &Known) -> Option<Mapped<Body>> {
        let product = known.id(PRODUCTS, NetSuiteId(id)).filter(|link| !link.has(Flag::Deactivated) && !link.has(Flag::AdHoc))?;
        let sku = product.natural_key.clone()?;
        let facts = batch.facts.get(&id)?;
        let reject = |reason, message: String| Some(Mapped::Rejected(Rejection::new(id, &sku, reason, message)));
        let (sold_in, stocked_in) = (facts.text("saleunit"), facts.text("stockunit"));
        if let (Some(sold_in), Some(stocked_in)) = (sold_in, stocked_in)
            && sold_in != stocked_in
        {
            let message = format!("{sku} is sold in unit {sold_in} but stocked in unit {stocked_in}");
            return reject(Reason::UnitConversion, message);
        }
        let is_kit = facts.text("itemtype") == Some("Kit");
        let mut total = Stock::default();
        let mut tracked = true;
        let mut split = Vec::new();
        for (location, name) in &self.locations {
            let stock = if is_kit {
                match batch.makeable(id, *location, KIT_DEPTH) {
                    Ok(Makeable::Times(times)) => Stock { on_hand: times, available: times, ..Stock::default() },
                    Ok(Makeable::Unlimited) => {
                        tracked = false;
                        Stock::default()
                    }
                    Err(message) => return reject(Reason::InvalidRecord, message),
                }
            } else {
                batch.stock(id, *location)
            };
            let Some(sum) = total.add(stock) else {
                return reject(Reason::InvalidRecord, format!("the stock of {sku} is out of range"));
            };
            total = sum;
            split.push((*location, name.as_str(), stock));
        }
        let details = Split {
            locations: split
                .iter()
                .map(|(id, name, stock)| AtLocation {
                    id: id.to_string(),
                    name,
                    on_hand: stock.on_hand,
                    available: stock.available,
                    committed: stock.committed,
                    on_order: stock.on_order,
                    backordered: stock.backordered,
                })
                .collect(),
        };
        let mut sum = total.record(&sku, tracked);
        sum.dynamic_details = serde_json::to_string(&details).ok();
        let mut records = vec![("total".to_owned(), sum)];
        if self.settings.warehouses.is_some() {
            for (location, _, stock) in &split {
                let Some(warehouse) = known.id(WAREHOUSES, *location) else { continue };
                let mut record = stock.record(&sku, tracked);
                record.warehouse_id = Some(warehouse.wc_id.0.clone());
                records.push((location.to_string(), record));
            }
        }
        let parts = records
            .iter()
            .map(|(name, record)| (name.clone(), Fingerprint::of(&serde_json::to_vec(record).unwrap_or_default())))
            .collect();
        Some(Mapped::Desired(Box::new(Desired {
            target: Some(product.wc_id.clone()),
            lane: sku.clone(),
            ..Desired::new(NetSuiteId(id), &sku, parts, Body { records })
        })))
    }
}

impl Frame for Inventory {
    fn entity(&self) -> EntityKind {
        EntityKind::Inventory
    }

    fn mapping(&self) -> String {
        format!("{:?}", self.settings)
    }

    fn tables(&self) -> Vec<Table> {
        let locations = Select::new("locations", "location l", "l.id").columns("l", &["name"]);
        vec![Table { select: locations, keep: false, optional: false }]
    }

    fn learn(&mut self, table: &str, rows: &[Row]) -> Result<(), String> {
        if table == "locations" {
            let wanted: BTreeSet<&str> = self.settings.locations.iter().map(String::as_str).collect();
            self.locations = rows
                .iter()
                .filter_map(|row| Some((row.head()?, row.text("name")?.to_owned())))
                .filter(|(id, _)| wanted.is_empty() || wanted.contains(id.to_string().as_str()))
                .collect();
            let found: BTreeSet<String> = self.locations.iter().map(|(id, _)| id.to_string()).collect();
            if let Some(missing) = wanted.iter().find(|id| !found.contains(**id)) {
                return Err(format!("`inventory.locations` names location {missing}, which the role does not see"));
            }
        }
        Ok(())
    }
}

impl Flow for Inventory {
    type Body = Body;

    fn batch(&self) -> usize {
        self.settings.batch_size.clamp(1, 1000)
    }

    fn universe(&self) -> Universe {
        Universe::Linked(PRODUCTS)
    }

    fn finders(&self) -> Vec<Finder> {
        let kits = || Select::new("kits of components", "kititemmember k JOIN item c ON c.id = k.item", "k.parentitem").grouped();
        let mut finders = vec![
            Finder::Unlinked(PRODUCTS),
            Finder::Stamped { select: Select::new("changed items", "item i", "i.id"), stamp: "i.lastmodifieddate".into() },
            Finder::Blocks {
                name: "stock",
                select: self.stock_blocks(),
                dependents: self.settings.kits.then(|| (kits(), "k.item".to_owned())),
            },
        ];
        if self.settings.kits {
            finders.push(Finder::Blocks { name: "members", select: Self::member_blocks(), dependents: None });
            finders.push(Finder::Stamped { select: kits(), stamp: "c.lastmodifieddate".into() });
        }
        finders
    }

    fn containers(&self) -> Option<(Select, String)> {
        let kits = Select::new("kits within kits", "kititemmember k JOIN item c ON c.id = k.item", "k.parentitem");
        self.settings.kits.then(|| (kits.filter("c.itemtype = 'Kit'").grouped(), "k.item".to_owned()))
    }

    fn parent(&self) -> Option<EntityKind> {
        Some(EntityKind::Products)
    }

    fn locate(&self, _wanted: &Wanted) -> Option<Select> {
        None
    }

    fn details(&self) -> Vec<Select> {
        let mut details = vec![Self::facts()];
        if self.settings.kits {
            details.push(Self::members());
        }
        details
    }

    fn further(&self, rows: &Rows) -> Vec<(Select, Vec<i64>)> {
        let mut further = Vec::new();
        let members = rows.of("members");
        let mut stocked: BTreeSet<i64> = rows.heads().iter().copied().collect();
        let mut kits = BTreeSet::new();
        for row in members {
            let Some(item) = row.id("item") else { continue };
            if row.text("itemtype") == Some("Kit") {
                kits.insert(item.0);
            } else {
                stocked.insert(item.0);
            }
        }
        let known: BTreeSet<i64> = members.iter().filter_map(Row::head).map(|id| id.0).collect();
        let nested: Vec<i64> = kits.difference(&known).copied().collect();
        if nested.is_empty() {
            further.push((self.stock(), stocked.into_iter().collect()));
        } else {
            // Stock is asked for last, when all components are known.
            further.push((Self::members(), nested));
        }
        further
    }

    fn references(&self, rows: &Rows) -> Vec<Reference> {
        let of_items = rows
            .of("stocked items")
            .iter()
            .filter_map(Row::head)
            .flat_map(|id| [Reference::Id(PRODUCTS, id.0), Reference::Id(KIND, id.0)]);
        let of_locations = self.locations.iter().map(|(id, _)| Reference::Id(WAREHOUSES, id.0));
        of_items.chain(of_locations).collect()
    }

    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Body>> {
        let mut batch = Batch {
            facts: rows.of("stocked items").iter().filter_map(|row| Some((row.head()?.0, row))).collect(),
            members: HashMap::new(),
            stock: HashMap::new(),
        };
        for row in rows.of("members") {
            if let Some(kit) = row.head() {
                batch.members.entry(kit.0).or_default().push(row);
            }
        }
        let mut mapped = Vec::new();
        let mut unreadable = BTreeMap::new();
        for row in rows.of("stock") {
            let (Some(item), Some(location)) = (row.head(), row.id("location")) else { continue };
            match Stock::read(row) {
                Ok(stock) => {
                    batch.stock.insert((item.0, location.0), stock);
                }
                Err(message) => {
                    unreadable.insert(item.0, message);
                }
            }
        }
        let heads: BTreeSet<i64> = batch.facts.keys().copied().collect();
        for id in heads {
            if let Some(message) = unreadable.remove(&id) {
                mapped.push(Mapped::Rejected(Rejection::new(id, id.to_string(), Reason::InvalidRecord, message)));
            } else if let Some(record) = self.map_item(id, &batch, known) {
                mapped.push(record);
            }
        }
        mapped
    }

    fn lookup(&self) -> Option<Lookup> {
        None
    }

    fn prerequisites(&self) -> Vec<Prerequisite> {
        let warehouses = self.settings.warehouses.as_ref();
        warehouses.map(|(path, _)| Prerequisite::Warehouses(path.clone(), self.locations.clone())).into_iter().collect()
    }

    fn writes(&self, planned: &[Planned<Body>]) -> Vec<Write> {
        let mut writes = Vec::new();
        for (at, record) in planned.iter().enumerate() {
            for ((name, part), (_, content)) in record.desired.body.records.iter().zip(&record.desired.parts) {
                if !record.differs(name, content) {
                    continue;
                }
                let path = match &self.settings.warehouses {
                    Some((_, path)) if part.warehouse_id.is_some() => path.clone(),
                    _ => "/v1/inventories".to_owned(),
                };
                let body = serde_json::to_string(part).unwrap_or_default();
                // Posting stock replaces the record of its key, so sending twice is sending once.
                writes.push(Write { covers: vec![at], ..Write::change(Method::Post, path, body) });
            }
        }
        writes
    }

    fn created(&self, data: &RawValue) -> Result<Vec<(String, WizId)>, String> {
        let record: Created = serde_json::from_str(data.get()).map_err(|error| format!("no record: {error}"))?;
        Ok(vec![(String::new(), WizId(record.id))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Link;
    use crate::netsuite::records::Page;

    fn rows(pages: &[(&'static str, &str)]) -> Rows {
        let mut rows = Rows::default();
        for (name, items) in pages {
            let page = format!(r#"{{"items":[{items}],"totalResults":99,"hasMore":false}}"#);
            rows.add(name, serde_json::from_str::<Page>(&page).unwrap().rows);
        }
        rows
    }

    fn flow() -> Inventory {
        let mut flow = Inventory::new(Settings { batch_size: 10, kits: true, ..Settings::default() });
        flow.locations = vec![(NetSuiteId(1), "East".into()), (NetSuiteId(2), "West".into())];
        flow
    }

    fn known(ids: &[(i64, &str)]) -> Known {
        let mut known = Known::default();
        for (id, sku) in ids {
            let mut link = Link::new(PRODUCTS, NetSuiteId(*id), WizId(format!("w-{id}")));
            link.natural_key = Some((*sku).to_owned());
            known.add(Reference::Id(PRODUCTS, *id), link);
        }
        known
    }

    fn total(mapped: &[Mapped<Body>], at: usize) -> &Record {
        match &mapped[at] {
            Mapped::Desired(desired) => &desired.body.records[0].1,
            Mapped::Rejected(rejection) => panic!("{}", rejection.message),
            Mapped::Skipped { reason, .. } => panic!("{reason}"),
        }
    }

    fn exact(text: &str) -> Exact {
        text.parse().unwrap()
    }

    #[test]
    fn locations_are_summed_nulls_and_negatives_are_zero_and_the_split_is_kept() {
        let rows = rows(&[
            ("stocked items", r#"{"head":"7","itemid":"LAMP","itemtype":"InvtPart"}"#),
            (
                "stock",
                r#"{"head":"7","location":"1","quantityonhand":"40","quantityavailable":"33.5","quantitycommitted":"7","quantityonorder":"24"},
                   {"head":"7","location":"2","quantityonhand":"2","quantityavailable":"-3","quantitybackordered":"3"}"#,
            ),
        ]);
        let mapped = flow().map(&rows, &known(&[(7, "LAMP")]));
        let record = total(&mapped, 0);
        assert_eq!((record.in_stock_quantity, record.available_quantity), (exact("42"), exact("33.5")));
        assert_eq!((record.reserved_quantity, record.back_order_quantity), (exact("7"), exact("3")));
        assert_eq!(record.on_order_details.len(), 1);
        assert_eq!(record.inventory_status, "IN_STOCK");
        let split = record.dynamic_details.as_deref().unwrap();
        assert!(split.starts_with(r#"{"locations":[{"id":"1","name":"East","on_hand":40,"available":33.5,"#), "{split}");
    }

    #[test]
    fn an_item_without_any_row_is_an_explicit_zero() {
        let rows = rows(&[("stocked items", r#"{"head":"7","itemid":"LAMP","itemtype":"InvtPart"}"#)]);
        let mapped = flow().map(&rows, &known(&[(7, "LAMP")]));
        assert_eq!((total(&mapped, 0).available_quantity, total(&mapped, 0).inventory_status), (Exact::ZERO, "OUT_OF_STOCK"));
    }

    #[test]
    fn a_kit_is_made_where_its_scarcest_component_is() {
        let rows = rows(&[
            ("stocked items", r#"{"head":"9","itemid":"SET","itemtype":"Kit"}"#),
            (
                "members",
                r#"{"head":"9","item":"7","quantity":"1","itemtype":"InvtPart","isinactive":"F"},
                   {"head":"9","item":"7","quantity":"1","itemtype":"InvtPart","isinactive":"F"},
                   {"head":"9","item":"8","quantity":"2","itemtype":"Assembly","isinactive":"F"},
                   {"head":"9","item":"6","quantity":"1","itemtype":"Service","isinactive":"F"}"#,
            ),
            (
                "stock",
                r#"{"head":"7","location":"1","quantityavailable":"11"},{"head":"8","location":"1","quantityavailable":"9"},
                   {"head":"7","location":"2","quantityavailable":"100"}"#,
            ),
        ]);
        let mapped = flow().map(&rows, &known(&[(9, "SET")]));
        // East: min(floor(11 / 2), floor(9 / 2)) = 4; West has none of the second component.
        assert_eq!((total(&mapped, 0).available_quantity, total(&mapped, 0).track_inventory), (exact("4"), true));
    }

    #[test]
    fn odd_kits_have_their_own_answers() {
        let kit = ("stocked items", r#"{"head":"9","itemid":"SET","itemtype":"Kit"}"#);
        let services = ("members", r#"{"head":"9","item":"6","quantity":"1","itemtype":"Service","isinactive":"F"}"#);
        let inactive = ("members", r#"{"head":"9","item":"6","quantity":"1","itemtype":"Service","isinactive":"T"}"#);
        let itself = ("members", r#"{"head":"9","item":"9","quantity":"1","itemtype":"Kit","isinactive":"F"}"#);
        let known = known(&[(9, "SET")]);
        let unlimited = flow().map(&rows(&[kit, services]), &known);
        assert!(!total(&unlimited, 0).track_inventory, "nothing limits it");
        let empty = flow().map(&rows(&[kit]), &known);
        assert_eq!((total(&empty, 0).available_quantity, total(&empty, 0).track_inventory), (Exact::ZERO, true));
        let none = flow().map(&rows(&[kit, inactive]), &known);
        assert_eq!((total(&none, 0).available_quantity, total(&none, 0).track_inventory), (Exact::ZERO, true));
        let nested = flow().map(&rows(&[kit, itself]), &known);
        assert!(matches!(&nested[0], Mapped::Rejected(rejection) if rejection.reason == Reason::InvalidRecord));
    }

    #[test]
    fn another_sales_unit_is_rejected_and_products_that_are_off_or_unlinked_are_left_alone() {
        let rows = rows(&[(
            "stocked items",
            r#"{"head":"7","itemid":"LAMP","itemtype":"InvtPart","saleunit":"2","stockunit":"1"},
               {"head":"8","itemid":"OFF","itemtype":"InvtPart"},{"head":"5","itemid":"NEW","itemtype":"InvtPart"}"#,
        )]);
        let mut known = known(&[(7, "LAMP")]);
        let mut off = Link::new(PRODUCTS, NetSuiteId(8), WizId("w-8".into()));
        off.mark(Flag::Deactivated, true);
        known.add(Reference::Id(PRODUCTS, 8), off);
        let mapped = flow().map(&rows, &known);
        assert_eq!(mapped.len(), 1);
        assert!(matches!(&mapped[0], Mapped::Rejected(rejection) if rejection.reason == Reason::UnitConversion));
    }
}
