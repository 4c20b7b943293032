//! Products, NetSuite to WizCommerce: matrix families as groups, price levels with volume tiers, images, attributes.
//!
//! The head is the group: a matrix parent or a lone item; a changed child names its parent. Prices carry no time stamp and
//! do not move the item's, so they are found by block checksums.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use serde_json::value::RawValue;

use super::catalogs::Catalogs;
use super::{
    Action, BLOCK, By, Desired, Finder, Flow, Frame, Known, Lookup, Mapped, Planned, Prerequisite, Reference, Rows, SavedSearch,
    Table, Universe, Wanted, Write, cut,
};
use crate::http::Method;
use crate::model::{EntityKind, Exact, Fingerprint, Flag, Link, Listed, NetSuiteId, Reason, Rejection, WizId};
use crate::netsuite::Searched;
use crate::netsuite::records::{Column, Row, Select};
use crate::netsuite::suiteql::{id_list, quote};
use crate::wizcommerce::records::{Attribute, Media, Price, Product, Tier};

/// Under which name the links of groups are kept: the head's Internal ID and the group code.
pub const GROUPS: &str = "product-groups";
const KIND: &str = "products";
/// The attribute that lists a kit's components.
const COMPONENTS: &str = "Components";

/// Longest product name WizCommerce takes, in characters.
const NAME_LIMIT: usize = 255;

/// What the profile says about products.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// NetSuite item types that are products.
    pub types: Vec<String>,
    /// A checked condition over `item i` that chooses sellable items.
    pub filter: Option<String>,
    /// Subsidiaries of which one must sell the item; empty for all.
    pub subsidiaries: Vec<String>,
    /// Whether matrix children are variants of their parent; otherwise each is a product of its own.
    pub variants: bool,
    /// Item columns that hold image addresses.
    pub image_columns: Vec<String>,
    /// Attribute name and the item column that fills it.
    pub attributes: BTreeMap<String, String>,
    /// Whether inactive items that were never synced stay out.
    pub inactive_only_linked: bool,
    /// The item column whose text is the category.
    pub category_column: Option<String>,
    /// The saved search whose members are products.
    pub saved_search: Option<String>,
    /// Price levels and the price lists they fill.
    pub catalogs: Catalogs,
    /// Whether WizCommerce has a field for components (extension `kits`); otherwise they are an attribute.
    pub component_field: bool,
    /// Scheme and host that site-relative image addresses belong to.
    pub app_url: String,
}

/// Which products a flow is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All of them.
    All,
    /// Kits that are products already: their components change without the item.
    Kits,
}

/// The products flow, and the kits flow, which is the same one over kits alone: a kit's components are part of its product,
/// so both write the same record and know it by the same link.
pub struct Products {
    settings: Settings,
    part: Part,
    /// Matrix options of the account: column alias and label.
    options: Vec<(String, String, String)>,
    /// The members of the saved search, where there is one.
    members: Option<HashSet<i64>>,
}

/// A variant as it is sent.
#[derive(Debug, Clone, Serialize)]
pub struct Body {
    #[serde(skip)]
    sku: String,
    group_code: String,
    grouping_attributes: Vec<String>,
    reference_id: String,
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<String>,
    medias: Vec<Media>,
    attributes: Vec<Attribute>,
    product_prices: Vec<Price>,
    #[serde(flatten)]
    kit: Option<Kit>,
}

/// What makes a variant a kit (extension).
#[derive(Debug, Clone, Serialize)]
struct Kit {
    product_type: &'static str,
    components: Vec<Component>,
}

#[derive(Debug, Clone, Serialize)]
struct Component {
    sku: String,
    quantity: Exact,
}

#[derive(Serialize)]
struct CreateVariant<'a> {
    sku_id: &'a str,
    reference_id: &'a str,
    name: &'a str,
    product_prices: &'a [Price],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    categories: &'a [String],
    medias: &'a [Media],
    attributes: &'a [Attribute],
    #[serde(flatten)]
    kit: &'a Option<Kit>,
}

#[derive(Serialize)]
struct Create<'a> {
    group_code: &'a str,
    grouping_attributes: &'a [String],
    variants: Vec<CreateVariant<'a>>,
}

#[derive(Serialize)]
struct Update<'a> {
    #[serde(flatten)]
    body: &'a Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

/// The SKU of an item: its name, or the last part of a path of names.
pub fn sku_of(itemid: &str) -> &str {
    itemid.rsplit(" : ").next().unwrap_or(itemid).trim()
}

impl Products {
    /// Makes the flow for a profile.
    pub fn new(settings: Settings) -> Self {
        Self { settings, part: Part::All, options: Vec::new(), members: None }
    }

    /// Makes the flow of kits.
    pub fn kits(settings: Settings) -> Self {
        Self { part: Part::Kits, ..Self::new(settings) }
    }

    fn types(&self) -> String {
        if self.part == Part::Kits {
            return "i.itemtype = 'Kit'".to_owned();
        }
        let types: Vec<String> = self.settings.types.iter().map(|word| quote(word)).collect();
        format!("i.itemtype IN ({})", types.join(", "))
    }

    fn has_kits(&self) -> bool {
        self.settings.types.iter().any(|word| word == "Kit")
    }

    /// Tells whether an item is in scope: by the configured conditions, and by the saved search where there is one.
    fn is_in_scope(&self, row: &Row) -> bool {
        let chosen = self.scope().is_none() || row.flag("in_scope");
        let member = |members: &HashSet<i64>| row.id("id").is_some_and(|id| members.contains(&id.0));
        chosen && self.members.as_ref().is_none_or(member)
    }

    /// The components of kits. One that the role cannot see has no SKU, so it is named by its id.
    fn members() -> Select {
        Select::new("members", "kititemmember k LEFT JOIN item c ON c.id = k.item", "k.parentitem")
            .many()
            .columns("k", &["item", "quantity", "linenumber"])
            .column(Column::new("c.itemid", "itemid"))
    }

    /// One checksum per block of kits over their components, weighted as prices are.
    fn member_blocks() -> Select {
        let linear = format!("(MOD(k.parentitem, {BLOCK}) * 7919 + MOD(k.item, 100003) * 31 + k.linenumber * 1299709 + 1)");
        let square = format!("MOD({linear} * {linear}, 999983)");
        Select::new("component blocks", "kititemmember k", format!("k.parentitem - MOD(k.parentitem, {BLOCK})"))
            .column(Column::new("COUNT(*)", "n"))
            .column(Column::new(format!("SUM({square})"), "keys"))
            .column(Column::new(format!("SUM(NVL(k.quantity, 0) * {linear})"), "values_a"))
            .column(Column::new(format!("SUM(NVL(k.quantity, 0) * {square})"), "values_b"))
            .grouped()
    }

    /// The column that tells whether an item is in scope. It is a column and not a condition, so that an item that leaves
    /// the scope is seen leaving.
    fn scope(&self) -> Option<String> {
        let sold_by = (!self.settings.subsidiaries.is_empty()).then(|| {
            format!(
                "EXISTS (SELECT 1 FROM itemsubsidiarymap m WHERE m.item = i.id AND m.subsidiary IN ({}))",
                self.settings.subsidiaries.join(", ")
            )
        });
        let parts: Vec<String> = self.settings.filter.clone().into_iter().chain(sold_by).collect();
        (!parts.is_empty()).then(|| parts.join(" AND "))
    }

    /// The columns of one sellable item, or of a parent.
    fn item_columns(&self, select: Select) -> Select {
        let mut select = select.columns("i", &["id", "itemid", "displayname", "itemtype", "matrixtype", "parent", "isinactive"]);
        if let Some(scope) = self.scope() {
            select = select.column(Column::new(format!("CASE WHEN {scope} THEN 'T' ELSE 'F' END"), "in_scope"));
        }
        if let Some(column) = &self.settings.category_column {
            select = select.column(Column::configured(format!("BUILTIN.DF(i.{column})"), "category"));
        }
        for (at, column) in self.settings.attributes.values().enumerate() {
            select = select.column(Column::configured(format!("i.{column}"), format!("attribute_{at}")));
        }
        for (at, column) in self.settings.image_columns.iter().enumerate() {
            select = select.column(Column::configured(format!("i.{column}"), format!("image_{at}")));
        }
        let file = "LEFT JOIN file f ON f.id = i.storedisplayimage";
        select.column(Column::joined(file, "f.url", "image_url")).column(Column::joined(file, "f.isonline", "image_online"))
    }

    fn child_condition(&self) -> &'static str {
        if self.settings.variants { "NVL(i.matrixtype, 'NONE') <> 'CHILD'" } else { "NVL(i.matrixtype, 'NONE') <> 'PARENT'" }
    }

    fn items(&self) -> Select {
        self.item_columns(Select::new("items", "item i", "i.id")).filter(self.types()).filter(self.child_condition())
    }

    fn children(&self) -> Select {
        let mut select = self
            .item_columns(Select::new("variants", "item i", "i.parent").many())
            .filter(self.types())
            .filter("i.matrixtype = 'CHILD'");
        for (alias, column, _) in &self.options {
            select = select.column(Column::optional(format!("BUILTIN.DF(i.{column})"), alias.clone()));
        }
        select
    }

    fn levels(&self) -> String {
        format!("p.pricelevel IN ({})", self.settings.catalogs.levels().join(", "))
    }

    const PRICING: &'static str = "pricing p LEFT JOIN itemquantity q ON q.item = p.item AND q.seqnum = p.quantity";

    fn prices(&self) -> Select {
        Select::new("prices", Self::PRICING, "p.item")
            .many()
            .columns("p", &["pricelevel", "unitprice"])
            .column(Column::new("p.quantity", "break_no"))
            .column(Column::new("q.mincount", "mincount"))
            .column(Column::optional("p.currency", "currency"))
            .filter(self.levels())
    }

    /// One checksum per block of items, of numbers small enough for any arithmetic. Every sum is weighted by a function of the row's key, one of them not linear, so
    /// that swapped values, moved breaks and rows that come and go all show (`correctness.md` R21).
    fn price_blocks(&self) -> Select {
        let linear = format!("(MOD(p.item, {BLOCK}) * 7919 + MOD(p.pricelevel, 199) * 104729 + p.quantity * 1299709 + 1)");
        let square = format!("MOD({linear} * {linear}, 999983)");
        Select::new("price blocks", Self::PRICING, format!("p.item - MOD(p.item, {BLOCK})"))
            .column(Column::new("COUNT(*)", "n"))
            .column(Column::new(format!("SUM({square})"), "keys"))
            .column(Column::new(format!("SUM(NVL(p.unitprice, 0) * {linear})"), "values_a"))
            .column(Column::new(format!("SUM(NVL(p.unitprice, 0) * {square})"), "values_b"))
            .column(Column::new(format!("SUM(NVL(q.mincount, 0) * {square})"), "breaks"))
            .column(Column::optional(format!("SUM(NVL(p.unitprice, 0) * p.currency * {square})"), "values_c"))
            .filter(self.levels())
            .grouped()
    }

    /// The head of a row: its own id, or its parent's for a variant.
    fn head_expression(&self) -> &'static str {
        if self.settings.variants { "CASE WHEN i.matrixtype = 'CHILD' THEN i.parent ELSE i.id END" } else { "i.id" }
    }

    /// Turns the price rows of one item into entries per list: the first band is the price, later ones are tiers.
    fn prices_of(&self, rows: &[&Row]) -> Result<Vec<Price>, String> {
        let mut lists: BTreeMap<&str, BTreeMap<Exact, Exact>> = BTreeMap::new();
        if !self.settings.catalogs.knows_base() {
            let currencies: BTreeSet<&str> = rows.iter().filter_map(|row| row.text("currency")).collect();
            if currencies.len() > 1 {
                return Err(
                    "the item has prices in several currencies, and the account does not show which is its base currency".into(),
                );
            }
        }
        for row in rows {
            let Some(list) = row.text("pricelevel").and_then(|level| self.settings.catalogs.list_of(level, row.text("currency")))
            else {
                continue;
            };
            let Some(price) = row.exact("unitprice")? else { continue };
            let number = row.exact("break_no")?.unwrap_or(Exact::from(1));
            // The first break starts at the first piece, whether or not it has a row of its own.
            let start = match row.exact("mincount")? {
                _ if number <= Exact::from(1) => Exact::ZERO,
                Some(start) => start.normalized(),
                None => return Err(format!("the quantity of price break {number} is not defined")),
            };
            lists.entry(list).or_default().insert(start, price.normalized());
        }
        // Entries follow the order of the configuration, so that the same prices always read the same.
        let mut prices = Vec::new();
        for list in self.settings.catalogs.lists() {
            let Some(bands) = lists.remove(list) else { continue };
            let mut bands = bands.into_iter();
            let Some((_, price)) = bands.next() else { continue };
            let volume_tiers = bands.map(|(start_quantity, price)| Tier { start_quantity, price }).collect();
            prices.push(Price { price_list_id: price_list_reference(list), price, volume_tiers });
        }
        Ok(prices)
    }

    fn attributes_of(&self, row: &Row) -> Vec<Attribute> {
        let options = self.options.iter().filter_map(|(alias, _, label)| Some((label, row.text(alias)?)));
        let configured = self
            .settings
            .attributes
            .keys()
            .enumerate()
            .filter_map(|(at, name)| Some((name, row.text(&format!("attribute_{at}"))?)));
        options.chain(configured).map(|(name, value)| Attribute { name: name.clone(), value: value.to_owned() }).collect()
    }

    fn medias_of(&self, row: &Row) -> Vec<Media> {
        let columns = (0..self.settings.image_columns.len()).filter_map(|at| row.text(&format!("image_{at}")).map(str::to_owned));
        // Only files available without login can be fetched by anybody else.
        let file = row
            .text("image_url")
            .filter(|_| row.flag("image_online"))
            .map(|url| if url.starts_with('/') { format!("{}{url}", self.settings.app_url) } else { url.to_owned() });
        let mut urls: Vec<String> = Vec::new();
        for url in columns.chain(file) {
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
        urls.into_iter().enumerate().map(|(at, url)| Media { url, kind: "image", order: at + 1, is_default: at == 0 }).collect()
    }

    /// Adds the components of a kit, as a field where WizCommerce has one and as an attribute where it has none. The field
    /// names products, so a component that is none yet is added once it is; the kits flow looks for that. A kit that lost all
    /// its components says so in the field, since a change leaves alone what it does not name.
    fn with_components(&self, mut body: Body, kit: &Row, rows: &[&Row], known: &Known) -> Result<Body, String> {
        if kit.text("itemtype") != Some("Kit") || (rows.is_empty() && !self.settings.component_field) {
            return Ok(body);
        }
        let mut rows = rows.to_vec();
        rows.sort_by_key(|row| row.id("linenumber"));
        // A component on two lines is needed twice.
        let mut components: Vec<Component> = Vec::new();
        for row in rows {
            let Some(item) = row.id("item") else { continue };
            let product = known.id(KIND, item);
            if self.settings.component_field && product.is_none() {
                continue;
            }
            // A product keeps its SKU in WizCommerce when the item gets another name.
            let sku = product.and_then(|product| product.natural_key.clone());
            let name = || row.text("itemid").map_or_else(|| format!("item {item}"), |itemid| sku_of(itemid).to_owned());
            let sku = sku.unwrap_or_else(name);
            let quantity = row.exact("quantity")?.unwrap_or(Exact::ZERO).normalized();
            match components.iter_mut().find(|known| known.sku == sku) {
                Some(known) => {
                    known.quantity = known.quantity.checked_add(quantity).ok_or("a component quantity is out of range")?;
                }
                None => components.push(Component { sku, quantity }),
            }
        }
        if self.settings.component_field {
            body.kit = Some(Kit { product_type: "kit", components });
        } else {
            let text: Vec<String> = components.iter().map(|part| format!("{} x {}", part.quantity, part.sku)).collect();
            body.attributes.push(Attribute { name: COMPONENTS.to_owned(), value: text.join(", ") });
        }
        Ok(body)
    }

    fn map_head(&self, head: &Row, children: &[&Row], context: &mut Batch<'_>, mapped: &mut Vec<Mapped<Body>>) {
        let Some(head_id) = head.head() else { return };
        let is_parent = head.text("matrixtype") == Some("PARENT") && self.settings.variants;
        let own = [head];
        let members: &[&Row] = if is_parent { children } else { &own };
        let group = context.group_code(head_id, sku_of(head.text("itemid").unwrap_or_default()));
        // Only options that some variant fills tell the variants apart.
        let grouping: Vec<String> = self
            .options
            .iter()
            .filter(|(alias, _, _)| members.iter().any(|row| row.text(alias).is_some()))
            .map(|(_, _, label)| label.clone())
            .collect();
        for row in members {
            let Some(id) = row.id("id") else { continue };
            mapped.push(self.map_item(row, id, head_id, &group, &grouping, context));
        }
    }

    fn map_item(
        &self,
        row: &Row,
        id: NetSuiteId,
        head: NetSuiteId,
        group: &str,
        grouping: &[String],
        context: &mut Batch<'_>,
    ) -> Mapped<Body> {
        let itemid = row.text("itemid").unwrap_or_default();
        // A stand-in for an order line says nothing about the item: it is taken over, or left alone.
        let link = context.known.id(KIND, id).filter(|link| !link.has(Flag::AdHoc));
        let in_scope = self.is_in_scope(row);
        // Switching on and off is the products flow's, under its fuse.
        let active = self.part == Part::Kits || (!row.flag("isinactive") && in_scope);
        let named = sku_of(itemid);
        // A renamed item that is switched off goes by the name its product has: switching off needs no SKU.
        let known_as = link.and_then(|link| link.natural_key.as_deref()).filter(|_| !active);
        let sku = known_as.unwrap_or(named).to_owned();
        let reject = |reason: Reason, message: String| Rejection::new(id, &sku, reason, message).of_head(head);
        let skip = |reason: &'static str| Mapped::Skipped { key: id, label: sku.clone(), reason };

        if sku.is_empty() {
            return Mapped::Rejected(reject(Reason::MissingMandatoryFields, "the item has no name".into()));
        }
        if !active && link.is_none() {
            if !in_scope {
                return skip(if self.scope().is_none() || row.flag("in_scope") { "saved_search" } else { "filter" });
            }
            if self.settings.inactive_only_linked {
                return skip("inactive");
            }
        }
        // An unlinked record takes the product of an inactive namesake over; two active ones are a mistake in NetSuite.
        let mut target = None;
        match context.holder(&sku, id) {
            Some(Holder::Active(other)) if active => {
                let message = format!("items {other} and {id} are both active and have the SKU {sku}");
                return Mapped::Rejected(reject(Reason::DuplicateSku, message));
            }
            Some(Holder::Active(_)) => return skip("sku_in_use"),
            Some(Holder::Inactive(_)) if !active => return skip("sku_in_use"),
            Some(Holder::Inactive(wc_id)) => target = Some(wc_id),
            None => {}
        }
        if let Some(known) = link.and_then(|link| link.natural_key.as_deref())
            && known != sku
        {
            let message = format!("the item was renamed from {known} to {sku}, and WizCommerce cannot change a SKU");
            return Mapped::Rejected(reject(Reason::UnsupportedByWizcommerce, message));
        }
        let rows = context.prices.get(&id.0).map_or(&[][..], Vec::as_slice);
        let prices = match self.prices_of(rows) {
            Ok(prices) => prices,
            Err(message) => return Mapped::Rejected(reject(Reason::InvalidRecord, message)),
        };
        if prices.is_empty() {
            if !active && link.is_none() {
                return skip("inactive");
            }
            if active {
                let levels = self.settings.catalogs.levels();
                let message = format!("{sku} has no price at any mapped price level ({})", levels.join(", "));
                return Mapped::Rejected(
                    reject(Reason::MissingMandatoryFields, message).hinting(
                        "enter a price for one of these levels on the item in NetSuite; prices are checked on every run",
                    ),
                );
            }
        }
        context.claim(&sku, id);
        let category = row.text("category").map(|text| text.split(" : ").map(str::trim).collect::<Vec<_>>().join("::"));
        let body = Body {
            sku: sku.clone(),
            group_code: group.to_owned(),
            grouping_attributes: grouping.to_vec(),
            reference_id: id.to_string(),
            name: cut(row.text("displayname").unwrap_or(itemid), NAME_LIMIT),
            categories: category.into_iter().collect(),
            medias: self.medias_of(row),
            attributes: self.attributes_of(row),
            product_prices: prices,
            kit: None,
        };
        let members = context.components.get(&id.0).map_or(&[][..], Vec::as_slice);
        let body = match self.with_components(body, row, members, context.known) {
            Ok(body) => body,
            Err(message) => return Mapped::Rejected(reject(Reason::InvalidRecord, message)),
        };
        let content = serde_json::to_vec(&body).unwrap_or_default();
        let parts = vec![(String::new(), Fingerprint::of(&content))];
        Mapped::Desired(Box::new(Desired {
            head,
            lane: group.to_owned(),
            active,
            target,
            containers: vec![group_link(head, group)],
            ..Desired::new(id, &sku, parts, body)
        }))
    }
}

/// Makes the link of a group. Its code is its natural key, too: that is how a head with the same name finds it taken.
fn group_link(head: NetSuiteId, code: &str) -> Link {
    let mut link = Link::new(GROUPS, head, WizId(code.to_owned()));
    link.natural_key = Some(code.to_owned());
    link
}

/// The form in which a product price names its list: the list's reference id. Which form WizCommerce takes is not
/// documented, so it is decided here and nowhere else.
fn price_list_reference(list: &str) -> String {
    list.to_owned()
}

/// Who has a SKU already.
enum Holder {
    Active(NetSuiteId),
    Inactive(WizId),
}

/// What is known while one batch is mapped: names that are taken, prices by item.
struct Batch<'a> {
    known: &'a Known,
    prices: HashMap<i64, Vec<&'a Row>>,
    components: HashMap<i64, Vec<&'a Row>>,
    groups: HashMap<String, NetSuiteId>,
    active_skus: HashMap<String, NetSuiteId>,
    claimed: HashMap<String, NetSuiteId>,
}

impl Batch<'_> {
    /// Gives the group code of a head: its name, with the Internal ID behind it when another group has that name. A code
    /// once given stays, as long as the name does.
    fn group_code(&mut self, head: NetSuiteId, name: &str) -> String {
        let numbered = format!("{name}-{head}");
        if let Some(given) = self.known.id(GROUPS, head).map(|link| &link.wc_id.0)
            && (given == name || *given == numbered)
        {
            self.groups.insert(given.clone(), head);
            return given.clone();
        }
        let taken_here = self.groups.get(name).is_some_and(|other| *other != head);
        let taken_before = self.known.key(GROUPS, name).is_some_and(|link| link.ns_id != head) || self.known.is_foreign(name);
        let code = if taken_here || taken_before { numbered } else { name.to_owned() };
        self.groups.insert(code.clone(), head);
        code
    }

    fn holder(&self, sku: &str, id: NetSuiteId) -> Option<Holder> {
        if let Some(other) = self.claimed.get(sku).filter(|other| **other != id) {
            return Some(Holder::Active(*other));
        }
        let linked = self.known.key(KIND, sku).filter(|link| link.ns_id != id);
        if let Some(link) = linked {
            let off = link.has(Flag::Deactivated) || link.has(Flag::AdHoc);
            return Some(if off { Holder::Inactive(link.wc_id.clone()) } else { Holder::Active(link.ns_id) });
        }
        // Of an active and an inactive namesake in one batch the active one is the product.
        self.active_skus.get(sku).filter(|other| **other != id).map(|other| Holder::Active(*other))
    }

    fn claim(&mut self, sku: &str, id: NetSuiteId) {
        self.claimed.insert(sku.to_owned(), id);
    }
}

impl Frame for Products {
    fn entity(&self) -> EntityKind {
        match self.part {
            Part::All => EntityKind::Products,
            Part::Kits => EntityKind::Kits,
        }
    }

    fn kind(&self) -> &'static str {
        KIND
    }

    fn mapping(&self) -> String {
        format!("{:?}", self.settings)
    }

    fn tables(&self) -> Vec<Table> {
        let fields = Select::new("item fields", "customfield f", "f.internalid")
            .columns("f", &["scriptid", "name", "fieldtype"])
            .filter("f.fieldtype = 'ITEM'");
        // Kits are no matrix items, so there is no option to name.
        let options = (self.part == Part::All).then_some(Table { select: fields, keep: true, optional: true });
        options.into_iter().chain([Catalogs::table()]).collect()
    }

    fn learn(&mut self, table: &str, rows: &[Row]) -> Result<(), String> {
        match table {
            "item fields" if self.settings.variants && self.part == Part::All => {
                self.options = rows
                    .iter()
                    .filter_map(|row| Some((row.text("scriptid")?.to_ascii_lowercase(), row.text("name")?.to_owned())))
                    // A script id goes into the query's text, so it is held to what a script id can be.
                    .filter(|(script, _)| script.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
                    .map(|(script, label)| (format!("option_{script}"), format!("matrixoption{script}"), label))
                    .collect();
            }
            "currencies" => self.settings.catalogs.learn(rows)?,
            _ => {}
        }
        Ok(())
    }

    fn lacks(&mut self, select: &str, missing: &[String]) {
        // Most custom fields are no matrix option; no attribute is made for those.
        if select == "variants" {
            self.options.retain(|(alias, _, _)| !missing.contains(alias));
        }
    }
}

impl Flow for Products {
    type Body = Body;

    fn parent(&self) -> Option<EntityKind> {
        (self.part == Part::Kits).then_some(EntityKind::Products)
    }

    fn batch(&self) -> usize {
        500
    }

    fn universe(&self) -> Universe {
        match self.part {
            Part::All => Universe::Source(self.items()),
            Part::Kits => Universe::LinkedOf(KIND, Select::new("kits", "item i", "i.id").filter(self.types())),
        }
    }

    fn finders(&self) -> Vec<Finder> {
        let changed = Select::new("changed items", "item i", self.head_expression()).filter(self.types()).grouped();
        let search = self.settings.saved_search.as_ref().map(|search| {
            let heads = (Select { name: "members of the saved search", ..changed.clone() }, "i.id".into());
            Finder::SavedSearch(SavedSearch { id: search.clone(), heads, of: Searched::Items })
        });
        if self.part == Part::Kits {
            if !self.has_kits() {
                // An account without kits need not show what they are made of.
                return Vec::new();
            }
            // A component that is renamed changes the list of its kits.
            let parts = "kititemmember k JOIN item c ON c.id = k.item";
            let mut finders = vec![
                Finder::NewlyLinked(EntityKind::Products),
                Finder::Blocks { name: "components", select: Self::member_blocks(), dependents: None },
                Finder::Stamped {
                    select: Select::new("kits of components", parts, "k.parentitem").grouped(),
                    stamp: "c.lastmodifieddate".into(),
                },
            ];
            // Kits are products: the search holds for them whoever looks at them.
            finders.extend(search);
            return finders;
        }
        let mut finders = vec![
            Finder::Stamped { select: changed, stamp: "i.lastmodifieddate".into() },
            Finder::Blocks { name: "prices", select: self.price_blocks(), dependents: None },
        ];
        finders.extend(search);
        finders
    }

    fn hanging_off(&self, parent: EntityKind) -> Vec<(Select, String)> {
        if self.part == Part::All || parent != EntityKind::Products || !self.has_kits() {
            return Vec::new();
        }
        let parts = Select::new("kits of components", "kititemmember k", "k.parentitem").grouped();
        // A kit that is linked itself, and the kits that a newly linked component is part of.
        vec![(parts.clone(), "k.item".into()), (parts, "k.parentitem".into())]
    }

    fn admit(&mut self, members: HashSet<i64>) {
        self.members = Some(members);
    }

    fn expelled(&self, linked: &[i64]) -> Vec<i64> {
        let Some(members) = &self.members else { return Vec::new() };
        linked.iter().copied().filter(|id| !members.contains(id)).collect()
    }

    fn record_types(&self) -> &'static [&'static str] {
        match self.part {
            Part::All => &[
                "inventoryItem",
                "assemblyItem",
                "kitItem",
                "lotNumberedInventoryItem",
                "serializedInventoryItem",
                "lotNumberedAssemblyItem",
                "serializedAssemblyItem",
            ],
            Part::Kits => &[],
        }
    }

    fn deleted(&self, link: &Link) -> Option<Mapped<Body>> {
        let sku = link.natural_key.clone().unwrap_or_default();
        let parts = vec![("deleted".to_owned(), Fingerprint::of(b"deleted"))];
        let body = Body {
            sku: sku.clone(),
            group_code: String::new(),
            grouping_attributes: Vec::new(),
            reference_id: link.ns_id.to_string(),
            name: String::new(),
            categories: Vec::new(),
            medias: Vec::new(),
            attributes: Vec::new(),
            product_prices: Vec::new(),
            kit: None,
        };
        Some(Mapped::Desired(Box::new(Desired {
            head: link.head,
            lane: sku.clone(),
            active: false,
            flags: vec![Flag::Tombstone],
            ..Desired::new(link.ns_id, &sku, parts, body)
        })))
    }

    fn locate(&self, wanted: &Wanted) -> Option<Select> {
        let condition = match wanted {
            Wanted::Ids(ids) => format!("i.id IN ({})", id_list(ids)),
            // No LIKE: the letters of a SKU may be wildcards.
            Wanted::Key(key) | Wanted::Number(key) => {
                let end = format!(" : {key}");
                format!("i.itemid = {} OR SUBSTR(i.itemid, -{}) = {}", quote(key), end.chars().count(), quote(&end))
            }
        };
        let is_product = Column::new(format!("CASE WHEN {} THEN 'T' ELSE 'F' END", self.types()), "in_scope");
        let named = Select::new("named items", "item i", self.head_expression()).many().columns("i", &["id"]);
        Some(named.column(Column::new("i.itemid", "label")).column(is_product).filter(condition))
    }

    fn switched_off(&self) -> Option<Finder> {
        if self.part == Part::Kits {
            return None;
        }
        // An empty column makes the condition neither true nor false: whatever is not true is out of scope.
        let out_of_scope =
            self.scope().map_or_else(String::new, |scope| format!(" OR CASE WHEN {scope} THEN 'T' ELSE 'F' END = 'F'"));
        Some(Finder::Stamped {
            select: Select::new("items to switch off", "item i", "i.id")
                .filter(self.types())
                .filter(format!("i.isinactive = 'T'{out_of_scope}")),
            stamp: "i.lastmodifieddate".into(),
        })
    }

    fn details(&self) -> Vec<Select> {
        let mut details = vec![self.items()];
        if self.settings.variants && self.part == Part::All {
            details.push(self.children());
        }
        if self.has_kits() {
            details.push(Self::members());
        }
        details
    }

    fn further(&self, rows: &Rows) -> Vec<(Select, Vec<i64>)> {
        let mut ids: Vec<i64> =
            rows.of("items").iter().chain(rows.of("variants")).filter_map(|row| row.id("id")).map(|id| id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        vec![(self.prices(), ids)]
    }

    fn references(&self, rows: &Rows) -> Vec<Reference> {
        let mut references = Vec::new();
        for row in rows.of("items") {
            if let Some(head) = row.head() {
                references.push(Reference::Id(GROUPS, head.0));
            }
            references.push(Reference::Key(GROUPS, sku_of(row.text("itemid").unwrap_or_default()).to_owned()));
        }
        for row in rows.of("items").iter().chain(rows.of("variants")) {
            if let Some(id) = row.id("id") {
                references.push(Reference::Id(KIND, id.0));
            }
            references.push(Reference::Key(KIND, sku_of(row.text("itemid").unwrap_or_default()).to_owned()));
        }
        references.extend(rows.of("members").iter().filter_map(|row| row.id("item")).map(|item| Reference::Id(KIND, item.0)));
        references
    }

    fn new_groups(&self, rows: &Rows, known: &Known) -> Vec<(String, Vec<String>)> {
        let name_of = |row: &Row| sku_of(row.text("itemid").unwrap_or_default()).to_owned();
        let mut members: HashMap<i64, Vec<String>> = HashMap::new();
        for row in rows.of("items").iter().chain(rows.of("variants")) {
            if let Some(head) = row.head() {
                members.entry(head.0).or_default().push(name_of(row));
            }
        }
        let heads = rows.of("items").iter().filter_map(|row| Some((row.head()?, name_of(row))));
        heads
            .filter(|(head, _)| known.id(GROUPS, *head).is_none())
            .map(|(head, name)| (name, members.remove(&head.0).unwrap_or_default()))
            .collect()
    }

    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Body>> {
        let mut children: HashMap<i64, Vec<&Row>> = HashMap::new();
        for row in rows.of("variants") {
            if let Some(parent) = row.head() {
                children.entry(parent.0).or_default().push(row);
            }
        }
        let mut prices: HashMap<i64, Vec<&Row>> = HashMap::new();
        for row in rows.of("prices") {
            if let Some(item) = row.head() {
                prices.entry(item.0).or_default().push(row);
            }
        }
        let mut components: HashMap<i64, Vec<&Row>> = HashMap::new();
        for row in rows.of("members") {
            if let Some(kit) = row.head() {
                components.entry(kit.0).or_default().push(row);
            }
        }
        let sellable = |row: &Row| !row.flag("isinactive") && self.is_in_scope(row);
        let mut active_skus = HashMap::new();
        let mut members: Vec<&Row> = rows.of("items").iter().chain(rows.of("variants")).filter(|row| sellable(row)).collect();
        members.sort_by_key(|row| row.id("id"));
        for row in members {
            if let (Some(id), Some(itemid), false) = (row.id("id"), row.text("itemid"), row.text("matrixtype") == Some("PARENT"))
            {
                active_skus.entry(sku_of(itemid).to_owned()).or_insert(id);
            }
        }
        let mut context = Batch { known, prices, components, groups: HashMap::new(), active_skus, claimed: HashMap::new() };
        let mut mapped = Vec::new();
        // A kit that is no product yet is not the kits flow's to make.
        let is_ours = |head: &&Row| {
            let kept = |link: &Link| !link.has(Flag::AdHoc) && !link.has(Flag::Deactivated);
            self.part == Part::All || head.head().and_then(|id| known.id(KIND, id)).is_some_and(kept)
        };
        for head in rows.of("items").iter().filter(is_ours) {
            let mut family = head.head().and_then(|id| children.remove(&id.0)).unwrap_or_default();
            family.sort_by_key(|row| row.id("id"));
            self.map_head(head, &family, &mut context, &mut mapped);
        }
        // Children whose parent did not come with them: the role may not see it, or it has another type.
        let mut orphans: Vec<&Row> = children.into_values().flatten().collect();
        orphans.sort_by_key(|row| row.id("id"));
        for row in orphans {
            let (Some(id), Some(parent)) = (row.id("id"), row.head()) else { continue };
            let sku = sku_of(row.text("itemid").unwrap_or_default());
            let message = format!("the matrix parent {parent} of {sku} is not visible");
            mapped.push(Mapped::Rejected(
                Rejection::new(id, sku, Reason::ParentNotSynced, message)
                    .of_head(parent)
                    .hinting("check in NetSuite that the parent item exists and that the integration's role may see it"),
            ));
        }
        mapped
    }

    fn lookup(&self) -> Option<Lookup> {
        Some(Lookup {
            path: "/v1/products".into(),
            // The list of products takes no state and shows all of them.
            states: &[&[]],
            by: By::NaturalKey("sku_id"),
            group_parameter: Some("group_code"),
            read: read_product,
        })
    }

    fn prerequisites(&self) -> Vec<Prerequisite> {
        let lists: BTreeSet<String> = self.settings.catalogs.lists().map(str::to_owned).collect();
        let components = (self.has_kits() && !self.settings.component_field).then(|| COMPONENTS.to_owned());
        let options = self.options.iter().map(|(_, _, label)| label.clone());
        let attributes: BTreeSet<String> = options.chain(self.settings.attributes.keys().cloned()).chain(components).collect();
        vec![
            Prerequisite::PriceLists(lists.into_iter().collect()),
            Prerequisite::Attributes("product", attributes.into_iter().collect()),
        ]
    }

    fn writes(&self, planned: &[Planned<Body>]) -> Vec<Write> {
        let mut writes = Vec::new();
        let created: Vec<usize> = (0..planned.len()).filter(|at| planned[*at].action == Action::Create).collect();
        if let Some(first) = created.first() {
            let group = &planned[*first].desired.body;
            let create = Create {
                group_code: &group.group_code,
                grouping_attributes: &group.grouping_attributes,
                variants: created.iter().map(|at| create_variant(&planned[*at].desired.body)).collect(),
            };
            let body = serde_json::to_string(&create).unwrap_or_default();
            writes.push(Write { covers: created, ..Write::create("/v2/products", body, 0) });
        }
        for (at, record) in planned.iter().enumerate() {
            let (Action::Update(wc_id) | Action::Adopt(wc_id)) = &record.action else { continue };
            // The state is sent only where it moves: that a product can be switched on again is not documented.
            let status = match (record.was_active, record.desired.active) {
                (Some(true) | None, false) => Some("inactive"),
                (Some(false), true) => Some("active"),
                _ => None,
            };
            let body = match record.desired.flags.contains(&Flag::Tombstone) {
                // Of a deleted item nothing else is known.
                true => r#"{"status":"inactive"}"#.to_owned(),
                false => serde_json::to_string(&Update { body: &record.desired.body, status }).unwrap_or_default(),
            };
            let change = Write::change(Method::Patch, format!("/v2/products/{wc_id}"), body);
            writes.push(Write { covers: vec![at], ..change });
        }
        writes
    }

    fn created(&self, data: &RawValue) -> Result<Vec<(String, WizId)>, String> {
        read_created(data)
    }

    fn refused(&self, planned: &Planned<Body>, words: &str, fields: &[String]) -> Rejection {
        let desired = &planned.desired;
        let reactivated =
            planned.was_active == Some(false) && desired.active && fields.iter().any(|field| field.ends_with("status"));
        let rejection = if reactivated {
            let message = format!("WizCommerce does not switch {} on again through its API ({words})", desired.label);
            Rejection::new(desired.key, &desired.label, Reason::UnsupportedByWizcommerce, message)
                .hinting("switch the product on in WizCommerce by hand, then run `netwiz failures retry`")
        } else {
            Rejection::new(desired.key, &desired.label, Reason::RefusedByWizcommerce, words)
        };
        rejection.of_head(desired.head)
    }
}

fn create_variant(body: &Body) -> CreateVariant<'_> {
    CreateVariant {
        sku_id: &body.sku,
        reference_id: &body.reference_id,
        name: &body.name,
        product_prices: &body.product_prices,
        categories: &body.categories,
        medias: &body.medias,
        attributes: &body.attributes,
        kit: &body.kit,
    }
}

/// Reads SKU and id of each variant out of the answer to a create.
pub(super) fn read_created(data: &RawValue) -> Result<Vec<(String, WizId)>, String> {
    let products: Vec<Product> = serde_json::from_str(data.get()).map_err(|error| format!("no list of products: {error}"))?;
    Ok(products.into_iter().map(|product| (product.sku, WizId(product.id))).collect())
}

pub(super) fn read_product(raw: &RawValue) -> Result<Listed, String> {
    let product: Product = serde_json::from_str(raw.get()).map_err(|error| format!("no product: {error}"))?;
    Ok(Listed {
        natural_key: product.sku,
        wc_id: WizId(product.id),
        reference_id: product.reference_id,
        active: product.status.as_deref() != Some("inactive"),
        group: product.group_code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::records::Page;

    fn flow() -> Products {
        let mut flow = Products::new(Settings {
            types: vec!["InvtPart".into()],
            variants: true,
            image_columns: vec!["custitem_image_url".into()],
            attributes: BTreeMap::from([("UPC".into(), "upccode".into())]),
            category_column: Some("class".into()),
            catalogs: Catalogs::new(vec![("1".into(), None, "BASE".into()), ("5".into(), None, "WHOLESALE".into())], None),
            app_url: "https://1234567.app.netsuite.com".into(),
            ..Settings::default()
        });
        flow.options = vec![("option_custitem_color".into(), "matrixoptioncustitem_color".into(), "Color".into())];
        flow
    }

    fn rows() -> Rows {
        let mut rows = Rows::default();
        for (name, page) in [
            ("items", include_str!("../../fixtures/netsuite/family-items.json")),
            ("variants", include_str!("../../fixtures/netsuite/family-variants.json")),
            ("prices", include_str!("../../fixtures/netsuite/family-prices.json")),
        ] {
            rows.add(name, serde_json::from_str::<Page>(page).unwrap().rows);
        }
        rows
    }

    fn map(known: &Known) -> (Vec<Desired<Body>>, Vec<Rejection>, Vec<&'static str>) {
        let (mut desired, mut rejected, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for record in flow().map(&rows(), known) {
            match record {
                Mapped::Desired(record) => desired.push(*record),
                Mapped::Rejected(rejection) => rejected.push(rejection),
                Mapped::Skipped { reason, .. } => skipped.push(reason),
            }
        }
        (desired, rejected, skipped)
    }

    fn planned(desired: Desired<Body>, action: Action, was_active: Option<bool>) -> Planned<Body> {
        Planned { desired, action, was_active, image: None, present: None, at: jiff::Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_family_is_one_create_with_exact_prices_and_options() {
        let (desired, _, _) = map(&Known::default());
        let family: Vec<Planned<Body>> = desired
            .into_iter()
            .filter(|record| record.head == NetSuiteId(4100))
            .map(|record| planned(record, Action::Create, None))
            .collect();
        assert_eq!(family.iter().map(|record| record.desired.active).collect::<Vec<_>>(), [true, false]);
        let writes = flow().writes(&family);
        assert_eq!(
            (writes.len(), writes[0].covers.as_slice(), writes[0].call.repeat),
            (1, [0, 1].as_slice(), crate::http::Repeat::Never)
        );
        let sent: serde_json::Value = serde_json::from_str(&writes[0].call.body).unwrap();
        let expected: serde_json::Value =
            serde_json::from_str(include_str!("../../fixtures/wizcommerce/family-create.json")).unwrap();
        assert_eq!(sent, expected, "{}", serde_json::to_string_pretty(&sent).unwrap());
        assert!(writes[0].call.body.contains("\"price\":119.9}"), "digits are sent as they are");
    }

    #[test]
    fn what_cannot_be_mapped_says_why_and_keeps_its_head() {
        let (_, rejected, _) = map(&Known::default());
        let seen: Vec<(&str, &str, Reason)> =
            rejected.iter().map(|rejection| (rejection.key.as_str(), rejection.head.as_str(), rejection.reason)).collect();
        // The bulb's second break has no quantity; the child's parent is not visible.
        assert_eq!(seen, [("4190", "4190", Reason::InvalidRecord), ("7001", "7000", Reason::ParentNotSynced)]);
    }

    #[test]
    fn a_second_active_item_of_a_sku_is_a_mistake_and_an_inactive_one_is_taken_over() {
        let mut other = Link::new(KIND, NetSuiteId(1), WizId("w-1".into()));
        other.natural_key = Some("LMP-220-BRS".into());
        let known = |link: &Link| {
            let mut known = Known::default();
            known.add(Reference::Key(KIND, "LMP-220-BRS".into()), link.clone());
            known
        };
        let (_, rejected, _) = map(&known(&other));
        assert!(rejected.iter().any(|rejection| rejection.key == "4101" && rejection.reason == Reason::DuplicateSku));
        other.mark(Flag::Deactivated, true);
        let (desired, _, _) = map(&known(&other));
        let heir = desired.iter().find(|record| record.key == NetSuiteId(4101)).unwrap();
        assert_eq!(heir.target, Some(WizId("w-1".into())));
    }

    #[test]
    fn a_group_code_is_shared_by_nobody_and_kept() {
        let mut known = Known::default();
        known.add(Reference::Key(GROUPS, "LMP-220".into()), Link::new(GROUPS, NetSuiteId(9), WizId("LMP-220".into())));
        let (desired, _, _) = map(&known);
        assert!(desired.iter().all(|record| record.lane == "LMP-220-4100"), "another head has the name");
        known.add(Reference::Id(GROUPS, 4100), Link::new(GROUPS, NetSuiteId(4100), WizId("LMP-220".into())));
        let (desired, _, _) = map(&known);
        assert!(desired.iter().all(|record| record.lane == "LMP-220"), "a code once given stays");
    }

    #[test]
    fn the_state_is_sent_only_where_it_moves() {
        let (desired, _, _) = map(&Known::default());
        let brass = desired.iter().find(|record| record.key == NetSuiteId(4101)).unwrap();
        let black = desired.iter().find(|record| record.key == NetSuiteId(4102)).unwrap();
        let update = || Action::Update(WizId("w".into()));
        let body = |record: &Desired<Body>, was_active| {
            flow().writes(&[planned(record.clone(), update(), was_active)])[0].call.body.clone()
        };
        assert!(!body(brass, Some(true)).contains("\"status\""));
        assert!(body(brass, Some(false)).contains("\"status\":\"active\""));
        assert!(body(black, Some(true)).contains("\"status\":\"inactive\""));
        assert!(!body(black, Some(false)).contains("\"status\""));
    }

    #[test]
    fn the_sku_is_the_last_part_of_the_item_name() {
        assert_eq!(sku_of("Bulbs : E26 : BLB-E26"), "BLB-E26");
        assert_eq!(sku_of("BLB:E26"), "BLB:E26");
    }
}
