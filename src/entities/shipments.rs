//! Shipments, NetSuite to WizCommerce: item fulfilments that left the house, with carrier and tracking numbers.
//!
//! A fulfilment's lines come in two shapes: detail rows with positive quantities, or the main row alone. Kits may be shipped
//! as their components: WizCommerce hears of the kit that was ordered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::documents::{Document, Scope, TEXT_LIMIT, by_head, follow_order, midnight, missing_orders, orders_of, with_source};
use super::invoices::order_reference;
use super::products::sku_of;
use super::{
    Action, Child, Desired, Finder, Flow, Frame, Known, Lookup, Mapped, Planned, Reference, Rows, Universe, Wanted, Write, cut,
};
use crate::http::Method;
use crate::model::{EntityKind, Exact, Flag, Link, NetSuiteId, Reason};
use crate::netsuite::records::{Column, Row, Select};

const KIND: &str = "shipments";
const ORDERS: &str = "orders";
const PRODUCTS: &str = "products";
const FULFILMENT: Document = Document { kind: "ItemShip", names: ("shipments", "shipment lines"), is_sale: false };

/// The shipments flow.
pub struct Shipments {
    scope: Scope,
}

/// A shipment as it should be.
#[derive(Debug, Clone, Serialize)]
pub struct Body {
    reference_id: String,
    order_id: String,
    created_at: String,
    shipment_status: &'static str,
    shipment_items: Vec<ShipmentItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_info: Option<Tracking>,
    name: String,
}

#[derive(Debug, Clone, Serialize)]
struct ShipmentItem {
    product_id: String,
    quantity: Exact,
}

#[derive(Debug, Clone, Serialize)]
struct Tracking {
    tracking_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_partner: Option<String>,
}

/// A change of a shipment: what it was made with stays.
#[derive(Serialize)]
struct Change<'a> {
    shipment_status: &'a str,
    shipment_items: &'a [ShipmentItem],
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_info: Option<&'a Tracking>,
    name: &'a str,
}

impl Shipments {
    /// Makes the flow for a profile.
    pub fn new(scope: Scope) -> Self {
        Self { scope }
    }

    fn headers() -> Select {
        with_source(FULFILMENT.headers(), "m")
            .column(Column::optional("BUILTIN.DF(t.shipmethod)", "shipmethod"))
            .column(Column::optional("t.shipcarrier", "shipcarrier"))
    }

    /// Reads all rows of a fulfilment that carry an item, the main row among them.
    fn lines() -> Select {
        let from = format!(
            "transactionline l JOIN transaction t ON t.id = l.transaction AND t.type = '{}' JOIN item i ON i.id = l.item",
            FULFILMENT.kind
        );
        let lines = Select::new("shipment lines", from, "l.transaction");
        with_source(lines, "l")
            .many()
            .tied("l.id")
            .columns("l", &["mainline", "item", "quantity"])
            .column(Column::optional("l.kitmemberof", "kitmemberof"))
            .column(Column::new("l.id", "line"))
            .columns("i", &["itemid", "itemtype"])
            .filter("NVL(l.iscogs, 'F') = 'F' AND i.itemtype <> 'ShipItem'")
    }

    /// Reads the kit behind each component that was shipped. A link of kits names the kit's line on the order; a plain one names
    /// the component's, which belongs to the kit's.
    fn kits() -> Select {
        let of_kit = |linked: &str, behind: &str, name: &str| {
            Column::new(format!("CASE WHEN k.linktype = 'KitShip' THEN {linked} ELSE {behind} END"), name)
        };
        let from = format!(
            "nexttransactionlinelink k JOIN transaction t ON t.id = k.nextdoc AND t.type = '{}' \
             JOIN transactionline o ON o.transaction = k.previousdoc AND o.id = k.previousline \
             JOIN transactionline f ON f.transaction = k.nextdoc AND f.id = k.nextline \
             LEFT JOIN transactionline p ON p.transaction = o.transaction AND p.id = o.kitmemberof \
             LEFT JOIN item oi ON oi.id = o.item LEFT JOIN item pi ON pi.id = p.item \
             LEFT JOIN kititemmember om ON om.parentitem = o.item AND om.item = f.item \
             LEFT JOIN kititemmember pm ON pm.parentitem = p.item AND pm.item = f.item",
            FULFILMENT.kind
        );
        Select::new("kits shipped", from, "k.nextdoc")
            .many()
            .tied("k.nextline")
            .optional()
            .column(Column::new("k.nextline", "line"))
            .column(of_kit("oi.id", "pi.id", "kit"))
            .column(of_kit("oi.itemid", "pi.itemid", "kit_name"))
            .column(of_kit("o.id", "p.id", "kit_line"))
            // What one kit takes of it: as it was ordered where the order says so, else as the kit is made.
            .column(of_kit("NULL", "o.quantity", "ordered"))
            .column(Column::new("p.quantity", "kits_ordered"))
            .column(of_kit("om.quantity", "pm.quantity", "per_kit"))
            .filter("(k.linktype = 'KitShip' OR (k.linktype = 'ShipRcpt' AND o.kitmemberof IS NOT NULL))")
    }

    fn tracking() -> Select {
        let from = format!(
            "trackingnumbermap m JOIN transaction t ON t.id = m.transaction AND t.type = '{}' \
             JOIN trackingnumber n ON n.id = m.trackingnumber",
            FULFILMENT.kind
        );
        Select::new("tracking numbers", from, "m.transaction")
            .many()
            .tied("n.id")
            .optional()
            .column(Column::new("n.id", "number_id"))
            .columns("n", &["trackingnumber"])
    }

    /// Packages carry the numbers where the map does not; never both in one query, since they would multiply.
    fn packages() -> Select {
        let from =
            format!("itemfulfillmentpackage p JOIN transaction t ON t.id = p.itemfulfillment AND t.type = '{}'", FULFILMENT.kind);
        Select::new("packages", from, "p.itemfulfillment").many().optional().columns("p", &["packagetrackingnumber"])
    }

    fn map_shipment(&self, header: &Row, batch: &Batch<'_>, known: &Known) -> Mapped<Body> {
        let id = header.head().unwrap_or(NetSuiteId(0));
        let label = header.text("tranid").map_or_else(|| id.to_string(), str::to_owned);
        let child = Child::new(id, &label);
        let linked = known.id(KIND, id).is_some();
        let Some(order) = batch.orders.get(&id.0) else { return child.skipped("no_order") };
        let is_shipped = header.text("status") == Some("C");
        if !linked {
            if let Some(reason) = self.scope.excludes(header, known) {
                return child.skipped(reason);
            }
            if !is_shipped {
                return child.skipped("not_shipped");
            }
        }
        let Some(order) = known.id(ORDERS, *order) else { return follow_order(known, &child, *order) };
        let shipped = match batch.shipped(id.0) {
            Ok(shipped) => shipped,
            Err(message) => return child.rejected(Reason::InvalidRecord, message, None),
        };
        let mut items: Vec<ShipmentItem> = Vec::new();
        for Shipped { item, name, quantity } in shipped {
            let sku = sku_of(&name);
            let Some(product) = known.id(PRODUCTS, item).or_else(|| known.key(PRODUCTS, sku)) else {
                let message = format!("the item {sku} is not in WizCommerce");
                return child.rejected(Reason::SkuNotInWizcommerce, message, None);
            };
            let product_id = product_reference(product);
            match items.iter_mut().find(|known| known.product_id == product_id) {
                Some(known) => known.quantity = known.quantity.checked_add(quantity).unwrap_or(known.quantity),
                None => items.push(ShipmentItem { product_id, quantity }),
            }
        }
        let numbers = batch.numbers(id.0);
        let carrier = header.text("shipmethod").or(header.text("shipcarrier")).map(|text| cut(text, TEXT_LIMIT));
        let body = Body {
            reference_id: id.to_string(),
            order_id: order_reference(order),
            created_at: midnight(header.text("trandate").unwrap_or_default()),
            shipment_status: if is_shipped { "shipped" } else { "created" },
            shipment_items: items,
            tracking_info: (!numbers.is_empty())
                .then(|| Tracking { tracking_number: numbers.join(", "), delivery_partner: carrier }),
            name: label.clone(),
        };
        desired(id, &label, body, Vec::new())
    }
}

/// The form in which a shipment names a product. Decided here and nowhere else, since no reference page settles it.
fn product_reference(product: &Link) -> String {
    product.wc_id.0.clone()
}

fn desired(id: NetSuiteId, label: &str, body: Body, flags: Vec<Flag>) -> Mapped<Body> {
    Mapped::Desired(Box::new(Desired { flags, ..Desired::whole(id, label, body) }))
}

/// Something that was shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shipped {
    item: NetSuiteId,
    name: String,
    quantity: Exact,
}

/// The rows of a batch, by fulfilment.
struct Batch<'r> {
    lines: HashMap<i64, Vec<&'r Row>>,
    kits: HashMap<i64, Vec<&'r Row>>,
    tracking: HashMap<i64, Vec<&'r Row>>,
    packages: HashMap<i64, Vec<&'r Row>>,
    orders: HashMap<i64, NetSuiteId>,
}

impl<'r> Batch<'r> {
    fn of(rows: &'r Rows) -> Self {
        Self {
            lines: by_head(rows, "shipment lines"),
            kits: by_head(rows, "kits shipped"),
            tracking: by_head(rows, "tracking numbers"),
            packages: by_head(rows, "packages"),
            orders: orders_of(rows, FULFILMENT),
        }
    }

    /// Gives what a fulfilment shipped, kits in the place of their components.
    fn shipped(&self, id: i64) -> Result<Vec<Shipped>, String> {
        let rows = self.lines.get(&id).map_or(&[][..], Vec::as_slice);
        let mut details: Vec<&Row> = Vec::new();
        for row in rows.iter().filter(|row| !row.flag("mainline")) {
            // Each detail row is mirrored by one of the stock, with the sign turned.
            if row.exact("quantity")?.is_some_and(|quantity| quantity > Exact::ZERO) {
                details.push(row);
            }
        }
        let whole = rows.iter().copied().filter(|row| row.flag("mainline"));
        let mut lines: Vec<&Row> = if details.is_empty() { whole.collect() } else { details };
        lines.sort_by_key(|row| row.id("line"));
        let mut kits_of: HashMap<i64, Vec<&Row>> = HashMap::new();
        for row in self.kits.get(&id).into_iter().flatten() {
            if let Some(line) = row.id("line") {
                kits_of.entry(line.0).or_default().push(row);
            }
        }
        let mut shipped: Vec<Shipped> = Vec::new();
        // Of a kit so many were shipped as its scarcest component allows.
        let mut kits: BTreeMap<i64, Shipped> = BTreeMap::new();
        for row in lines {
            let (Some(item), Some(quantity)) = (row.id("item"), row.exact("quantity")?) else { continue };
            let quantity = quantity.magnitude().normalized();
            if let Some(behind) = row.id("line").and_then(|line| kits_of.get(&line.0)) {
                let Some((line, kit)) = Self::kit(behind, quantity)? else { continue };
                let entry = kits.entry(line).or_insert_with(|| kit.clone());
                entry.quantity = entry.quantity.min(kit.quantity);
                continue;
            }
            // A component that nothing ties to an order is told with its kit, never by itself.
            if row.text("kitmemberof").is_none() {
                shipped.push(Shipped { item, name: row.text("itemid").unwrap_or_default().to_owned(), quantity });
            }
        }
        // A kit that has a line of its own was counted with it.
        let counted: BTreeSet<NetSuiteId> = shipped.iter().map(|shipped| shipped.item).collect();
        shipped.extend(kits.into_values().filter(|kit| kit.quantity > Exact::ZERO && !counted.contains(&kit.item)));
        Ok(shipped)
    }

    /// Finds how many kits a quantity of one component makes.
    fn kit(behind: &[&Row], quantity: Exact) -> Result<Option<(i64, Shipped)>, String> {
        // A component may be tied to the order in both ways: its own line there says more than the kit's.
        let Some(first) = behind.iter().find(|row| row.text("ordered").is_some()).or(behind.first()) else { return Ok(None) };
        let (Some(line), Some(kit)) = (first.id("kit_line"), first.id("kit")) else { return Ok(None) };
        let number = |row: &Row, name: &str| row.exact(name).map(|value| value.map(Exact::magnitude));
        let ordered = number(first, "ordered")?.zip(number(first, "kits_ordered")?);
        let per_kit = match ordered {
            Some((components, kits)) => components.checked_div(kits),
            // A component on two lines of its kit is needed twice.
            None => behind
                .iter()
                .try_fold(Exact::ZERO, |sum, row| {
                    number(row, "per_kit").map(|each| sum.checked_add(each.unwrap_or(Exact::ZERO)).unwrap_or(sum))
                })
                .map(Some)?,
        };
        let times = per_kit.and_then(|per_kit| quantity.checked_div(per_kit)).map_or(quantity, Exact::floor);
        let name = first.text("kit_name").unwrap_or_default().to_owned();
        Ok(Some((line.0, Shipped { item: kit, name, quantity: times.normalized() })))
    }

    /// Gives the tracking numbers of a fulfilment, each once.
    fn numbers(&self, id: i64) -> Vec<&'r str> {
        let mut numbers: Vec<&str> = Vec::new();
        let mapped = self.tracking.get(&id).into_iter().flatten().filter_map(|row| row.text("trackingnumber"));
        let packed = self.packages.get(&id).into_iter().flatten().filter_map(|row| row.text("packagetrackingnumber"));
        // Packages have no id: the order in which they come is nobody's promise.
        let packed: BTreeSet<&str> = packed.collect();
        for number in mapped.chain(packed) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }
}

impl Frame for Shipments {
    fn entity(&self) -> EntityKind {
        EntityKind::Shipments
    }

    fn mapping(&self) -> String {
        format!("{:?}", self.scope)
    }
}

impl Flow for Shipments {
    type Body = Body;

    fn universe(&self) -> Universe {
        Universe::Source(FULFILMENT.universe())
    }

    fn finders(&self) -> Vec<Finder> {
        let mut finders = FULFILMENT.finders();
        finders.push(Finder::NewlyLinked(EntityKind::Orders));
        finders
    }

    fn hanging_off(&self, parent: EntityKind) -> Vec<(Select, String)> {
        if parent == EntityKind::Orders { vec![FULFILMENT.made_from()] } else { Vec::new() }
    }

    fn locate(&self, wanted: &Wanted) -> Option<Select> {
        Some(FULFILMENT.locate(wanted))
    }

    fn record_types(&self) -> &'static [&'static str] {
        &["itemFulfillment"]
    }

    fn deleted(&self, link: &Link) -> Option<Mapped<Body>> {
        let label = link.natural_key.clone().unwrap_or_else(|| link.ns_id.to_string());
        let body = Body {
            reference_id: link.ns_id.to_string(),
            order_id: String::new(),
            created_at: String::new(),
            shipment_status: "created",
            shipment_items: Vec::new(),
            tracking_info: None,
            name: label.clone(),
        };
        Some(desired(link.ns_id, &label, body, vec![Flag::Tombstone]))
    }

    fn details(&self) -> Vec<Select> {
        vec![Self::headers(), Self::lines(), Self::kits(), Self::tracking(), Self::packages()]
    }

    fn references(&self, rows: &Rows) -> Vec<Reference> {
        let mut references: Vec<Reference> =
            rows.of("shipments").iter().filter_map(Row::head).map(|id| Reference::Id(KIND, id.0)).collect();
        references.extend(orders_of(rows, FULFILMENT).into_values().map(|order| Reference::Id(ORDERS, order.0)));
        for (query, item, name) in [("shipment lines", "item", "itemid"), ("kits shipped", "kit", "kit_name")] {
            for row in rows.of(query) {
                references.extend(row.id(item).map(|id| Reference::Id(PRODUCTS, id.0)));
                references.extend(row.text(name).map(|name| Reference::Key(PRODUCTS, sku_of(name).to_owned())));
            }
        }
        references
    }

    fn missing_parents(&self, rows: &Rows, known: &Known) -> BTreeMap<EntityKind, BTreeSet<i64>> {
        let orders = orders_of(rows, FULFILMENT);
        let wanted = rows.of("shipments").iter().filter(|row| {
            let is_new = row.head().is_none_or(|id| known.id(KIND, id).is_none());
            !is_new || (row.text("status") == Some("C") && self.scope.excludes(row, known).is_none())
        });
        missing_orders(wanted.filter_map(|row| orders.get(&row.head()?.0)), known)
    }

    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Body>> {
        let batch = Batch::of(rows);
        rows.of("shipments").iter().map(|header| self.map_shipment(header, &batch, known)).collect()
    }

    fn lookup(&self) -> Option<Lookup> {
        const STATES: &[&[(&str, &str)]] =
            &[&[("shipment_status", "created")], &[("shipment_status", "shipped")], &[("shipment_status", "fulfilled")]];
        Some(Lookup::by_reference("/v1/shipments", STATES))
    }

    fn writes(&self, planned: &[Planned<Body>]) -> Vec<Write> {
        let Some(record) = planned.first() else { return Vec::new() };
        let body = &record.desired.body;
        match &record.action {
            Action::Create => vec![Write::create("/v1/shipments", serde_json::to_string(body).unwrap_or_default(), 0)],
            Action::Update(wc_id) | Action::Adopt(wc_id) => {
                let change = Change {
                    shipment_status: body.shipment_status,
                    shipment_items: &body.shipment_items,
                    tracking_info: body.tracking_info.as_ref(),
                    name: &body.name,
                };
                // Of a deleted fulfilment only that it does not count any more is known.
                let is_gone = record.desired.flags.contains(&Flag::Tombstone);
                let text = serde_json::to_string(&change).unwrap_or_default();
                let text = if is_gone { r#"{"status":"inactive"}"#.to_owned() } else { text };
                vec![Write::change(Method::Patch, format!("/v1/shipments/{wc_id}"), text)]
            }
            Action::Unchanged => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::records::Page;

    fn rows(items: &str) -> Vec<Row> {
        serde_json::from_str::<Page>(&format!(r#"{{"items":[{items}],"totalResults":9,"hasMore":false}}"#)).unwrap().rows
    }

    fn shipped(lines: &str, kits: &str) -> Vec<(i64, String)> {
        let mut all = Rows::default();
        all.add("shipment lines", rows(lines));
        all.add("kits shipped", rows(kits));
        let shipped = Batch::of(&all).shipped(9).unwrap();
        shipped.into_iter().map(|shipped| (shipped.item.0, shipped.quantity.to_string())).collect()
    }

    #[test]
    fn the_main_row_counts_only_where_there_are_no_details() {
        let main = r#"{"head":"9","line":"0","mainline":"T","item":"5","quantity":"-3"}"#;
        let details = r#"{"head":"9","line":"1","item":"6","quantity":"2"},{"head":"9","line":"2","item":"6","quantity":"-2"}"#;
        assert_eq!(shipped(main, ""), [(5, "3".to_owned())]);
        assert_eq!(shipped(&format!("{main},{details}"), ""), [(6, "2".to_owned())]);
    }

    #[test]
    fn of_a_kit_so_many_were_shipped_as_its_scarcest_component_allows() {
        let lines = r#"{"head":"9","line":"1","item":"5","quantity":"3"},{"head":"9","line":"3","item":"6","quantity":"5"}"#;
        let by_kit = r#"{"head":"9","line":"1","kit":"8","kit_line":"4","per_kit":"1"},{"head":"9","line":"3","kit":"8","kit_line":"4","per_kit":"2"}"#;
        assert_eq!(shipped(lines, by_kit), [(8, "2".to_owned())]);
        // The order says how many it takes, whatever the kit is made of now.
        let by_line = r#"{"head":"9","line":"1","kit":"8","kit_line":"4","per_kit":"9","ordered":"-4","kits_ordered":"-4"},
            {"head":"9","line":"3","kit":"8","kit_line":"4","per_kit":"9","ordered":"-8","kits_ordered":"-4"}"#;
        assert_eq!(shipped(lines, by_line), [(8, "2".to_owned())]);
        assert_eq!(shipped(lines, &format!("{by_kit},{by_line}")), [(8, "2".to_owned())]);
        assert_eq!(shipped(lines, &format!("{by_line},{by_kit}")), [(8, "2".to_owned())]);
        // A component on two lines of its kit is needed twice.
        let twice = r#"{"head":"9","line":"3","kit":"8","kit_line":"4","per_kit":"2"},{"head":"9","line":"3","kit":"8","kit_line":"4","per_kit":"3"}"#;
        assert_eq!(shipped(lines, twice), [(5, "3".to_owned()), (8, "1".to_owned())]);
    }

    #[test]
    fn tracking_numbers_come_in_one_order_whatever_order_the_packages_come_in() {
        let numbers = |packages: &str| {
            let mut all = Rows::default();
            all.add("tracking numbers", rows(r#"{"head":"9","trackingnumber":"Z"},{"head":"9","trackingnumber":"B"}"#));
            all.add("packages", rows(packages));
            Batch::of(&all).numbers(9).join(", ")
        };
        let package = |number: &str| format!(r#"{{"head":"9","packagetrackingnumber":"{number}"}}"#);
        for packages in [["C", "A", "B"], ["B", "A", "C"]] {
            assert_eq!(numbers(&packages.map(package).join(",")), "Z, B, A, C");
        }
        assert_eq!(numbers(r#"{"head":"9"}"#), "Z, B");
    }
}
