//! What transactions have in common: where changes of headers, lines and links show, signs, dates, and which lines are items.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Child, Finder, Known, Mapped, Rows, Wanted};
use crate::model::{EntityKind, Exact, NetSuiteId, Reason};
use crate::netsuite::records::{Column, Row, Select};
use crate::netsuite::suiteql::{id_list, quote};

/// Decimals kept where a price has to be computed from an amount.
const PRICE_DECIMALS: u32 = 8;
/// Why a document dated too early stays out.
pub const START_DATE: &str = "start_date";
/// The longest text WizCommerce takes in most fields, in characters.
pub(super) const TEXT_LIMIT: usize = 255;

/// A kind of transaction, as NetSuite calls it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document {
    /// `transaction.type`.
    pub(super) kind: &'static str,
    /// Names of the queries of headers and lines, for messages.
    pub(super) names: (&'static str, &'static str),
    /// Whether NetSuite stores quantities and amounts of its lines with the sign turned, as it does on sales.
    pub(super) is_sale: bool,
}

impl Document {
    /// Reads headers together with the main line, the one place where subsidiary and source are reliable.
    pub(super) fn headers(self) -> Select {
        let from = "transaction t JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T'";
        Select::new(self.names.0, from, "t.id")
            .columns("t", &["id", "tranid", "status", "externalid", "entity", "foreigntotal", "memo", "voided"])
            .column(Column::new("TO_CHAR(t.trandate, 'YYYY-MM-DD')", "trandate"))
            // An account of one company or one currency may lack the column.
            .column(Column::optional("m.subsidiary", "subsidiary"))
            .column(Column::optional("t.currency", "currency"))
            .filter(format!("t.type = '{}'", self.kind))
    }

    /// Names the heads there are, without anything of them.
    pub(super) fn universe(self) -> Select {
        Select::new(self.names.0, "transaction t", "t.id").filter(format!("t.type = '{}'", self.kind))
    }

    /// Reads all lines but the main one and those of costs.
    pub(super) fn lines(self) -> Select {
        let from = format!(
            "transactionline l JOIN transaction t ON t.id = l.transaction AND t.type = '{}' LEFT JOIN item i ON i.id = l.item",
            self.kind
        );
        Select::new(self.names.1, from, "l.transaction")
            .many()
            .tied("l.id")
            .columns("l", &["linesequencenumber", "item", "quantity", "rate", "foreignamount", "taxline"])
            .column(Column::optional("l.kitmemberof", "kitmemberof"))
            .column(Column::new("l.id", "line"))
            .column(Column::new("l.memo", "memo"))
            .columns("i", &["itemid", "itemtype", "displayname"])
            .filter("l.mainline = 'F' AND NVL(l.iscogs, 'F') = 'F'")
    }

    /// Finds documents whose header or whose lines moved.
    pub(super) fn finders(self) -> Vec<Finder> {
        let lines = format!("transactionline l JOIN transaction t ON t.id = l.transaction AND t.type = '{}'", self.kind);
        vec![
            Finder::Stamped { select: self.universe(), stamp: "t.lastmodifieddate".into() },
            Finder::Stamped {
                select: Select::new("changed lines", lines, "l.transaction").grouped(),
                stamp: "l.linelastmodifieddate".into(),
            },
        ]
    }

    /// Finds documents that got or lost a link, as the earlier or the later one of a pair.
    pub(super) fn linked(self, side: &str, link_types: &[&str]) -> Finder {
        let from = format!("nexttransactionlinelink k JOIN transaction t ON t.id = k.{side} AND t.type = '{}'", self.kind);
        let types: Vec<String> = link_types.iter().map(|word| quote(word)).collect();
        let select = Select::new("changed links", from, format!("k.{side}")).grouped();
        let select = if types.is_empty() { select } else { select.filter(format!("k.linktype IN ({})", types.join(", "))) };
        Finder::Stamped { select, stamp: "k.lastmodifieddate".into() }
    }

    /// Finds the documents that were made from records of another kind.
    pub(super) fn made_from(self) -> (Select, String) {
        let from = format!("transactionline l JOIN transaction t ON t.id = l.transaction AND t.type = '{}'", self.kind);
        (Select::new(self.names.0, from, "l.transaction").grouped(), "l.createdfrom".into())
    }

    /// Finds named documents: by Internal ID or by document number.
    pub(super) fn locate(self, wanted: &Wanted) -> Select {
        let condition = match wanted {
            Wanted::Ids(ids) => format!("t.id IN ({})", id_list(ids)),
            Wanted::Key(number) | Wanted::Number(number) => format!("t.tranid = {}", quote(number)),
        };
        let of_kind = format!("CASE WHEN t.type = '{}' THEN 'T' ELSE 'F' END", self.kind);
        let select = Select::new("named documents", "transaction t", "t.id").columns("t", &["id"]);
        let select = select.column(Column::new("t.tranid", "label")).column(Column::new(of_kind, "in_scope")).filter(condition);
        match wanted {
            // Numbers of different kinds of documents may be equal.
            Wanted::Key(_) | Wanted::Number(_) => select.filter(format!("t.type = '{}'", self.kind)),
            Wanted::Ids(_) => select,
        }
    }
}

/// What a line of a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Something sold: an item, a service, another charge.
    Item,
    /// Something taken off.
    Discount,
    /// The price of shipping.
    Shipping,
    /// Tax.
    Tax,
    /// No line of its own: a kit's component, a subtotal, a text, a bracket of a group.
    Nothing,
}

/// One line, with the signs of a person's document.
#[derive(Debug, Clone)]
pub(super) struct Line<'r> {
    pub(super) row: &'r Row,
    pub(super) id: i64,
    pub(super) sort: Sort,
    pub(super) quantity: Exact,
    /// The whole line.
    pub(super) amount: Exact,
    /// The price of one.
    pub(super) price: Exact,
}

impl<'r> Line<'r> {
    fn read(row: &'r Row, is_sale: bool) -> Result<Self, String> {
        let turned = |value: Exact| if is_sale { value.negated() } else { value };
        let amount = turned(row.exact("foreignamount")?.unwrap_or(Exact::ZERO)).normalized();
        // A charge without a quantity is one of itself.
        let quantity = row.exact("quantity")?.map_or(Exact::from(1), turned).normalized();
        let rate = row.exact("rate")?.map(Exact::normalized);
        let computed = || amount.checked_div(quantity).map(|price| price.rounded(PRICE_DECIMALS).normalized());
        let sort = match row.text("itemtype") {
            _ if row.flag("taxline") => Sort::Tax,
            _ if row.text("kitmemberof").is_some() => Sort::Nothing,
            Some("TaxItem" | "TaxGroup") => Sort::Tax,
            Some("Discount" | "Payment") => Sort::Discount,
            Some("ShipItem") => Sort::Shipping,
            None | Some("Subtotal" | "Description" | "Group" | "EndGroup") => Sort::Nothing,
            Some(_) => Sort::Item,
        };
        Ok(Self {
            row,
            id: row.id("line").map_or(0, |id| id.0),
            sort,
            quantity,
            amount,
            price: rate.or_else(computed).unwrap_or(amount),
        })
    }

    /// Gives the SKU of the line's item.
    pub(super) fn sku(&self) -> &'r str {
        super::products::sku_of(self.row.text("itemid").unwrap_or_default())
    }

    /// Gives the item.
    pub(super) fn item(&self) -> Option<NetSuiteId> {
        self.row.id("item")
    }

    /// Gives a column as an exact number, zero when it is empty.
    pub(super) fn number(&self, name: &str) -> Result<Exact, String> {
        Ok(self.row.exact(name)?.unwrap_or(Exact::ZERO).normalized())
    }
}

/// Adds to a query of lines under an alias what each was made from. Headers carry it on their main line, most documents on
/// their lines as well, some on those alone.
pub(super) fn with_source(mut select: Select, alias: &str) -> Select {
    select.from = format!("{} LEFT JOIN transaction s ON s.id = {alias}.createdfrom", select.from);
    select.column(Column::new("s.id", "source")).column(Column::new("s.type", "source_type"))
}

/// Gives what each document of a batch was made from, and its type: the source of its first line that has one of these types.
pub(super) fn first_sources<'r>(rows: impl IntoIterator<Item = &'r Row>, types: &[&str]) -> HashMap<i64, (NetSuiteId, &'r str)> {
    let mut sources: HashMap<i64, (i64, NetSuiteId, &str)> = HashMap::new();
    for row in rows {
        let (Some(head), Some(source), Some(kind)) = (row.head(), row.id("source"), row.text("source_type")) else { continue };
        // The main line, which comes with the header, is before all others.
        let line = row.id("line").map_or(0, |id| id.0);
        let known = sources.get(&head.0).is_some_and(|(first, ..)| *first <= line);
        if types.contains(&kind) && !known {
            sources.insert(head.0, (line, source, kind));
        }
    }
    sources.into_iter().map(|(head, (_, source, kind))| (head, (source, kind))).collect()
}

/// Groups the rows of a query by head, each group in the order of the document.
pub(super) fn by_head<'r>(rows: &'r Rows, name: &str) -> HashMap<i64, Vec<&'r Row>> {
    let mut grouped: HashMap<i64, Vec<&Row>> = HashMap::new();
    for row in rows.of(name) {
        if let Some(head) = row.head() {
            grouped.entry(head.0).or_default().push(row);
        }
    }
    grouped
}

/// Reads the lines of a document in its own order.
///
/// # Errors
///
/// Names the column that is no number.
pub(super) fn lines_of<'r>(rows: &[&'r Row], document: Document) -> Result<Vec<Line<'r>>, String> {
    let mut lines: Vec<Line<'r>> = rows.iter().map(|row| Line::read(row, document.is_sale)).collect::<Result<_, String>>()?;
    lines.sort_by_key(|line| (line.row.id("linesequencenumber").map_or(i64::MAX, |id| id.0), line.id));
    Ok(lines)
}

/// Adds the amounts of one sort of lines; the error says that the sum is out of range.
pub(super) fn sum_of(lines: &[Line<'_>], sort: Sort) -> Result<Exact, String> {
    let amounts = lines.iter().filter(|line| line.sort == sort).map(|line| line.amount);
    let sum = amounts.into_iter().try_fold(Exact::ZERO, Exact::checked_add);
    sum.map(Exact::normalized).ok_or_else(|| "the sum of the lines is out of range".to_owned())
}

/// Writes a pure date as the moment WizCommerce takes for it: its midnight, UTC.
pub(super) fn midnight(date: &str) -> String {
    format!("{date}T00:00:00Z")
}

/// What the profile says about documents of every kind.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Subsidiaries of which one must own the document; empty for all.
    pub subsidiaries: Vec<String>,
    /// Documents dated before stay out unless they are linked, `YYYY-MM-DD`.
    pub start_date: Option<String>,
}

impl Scope {
    /// Says why a document that is not linked yet stays out.
    pub(super) fn excludes(&self, header: &Row, known: &Known) -> Option<&'static str> {
        if !self.subsidiaries.is_empty()
            && header.text("subsidiary").is_none_or(|subsidiary| !self.subsidiaries.iter().any(|wanted| wanted == subsidiary))
        {
            return Some("subsidiary");
        }
        // Dates in this form compare as text.
        let date = header.text("trandate").unwrap_or_default();
        let is_early = self.start_date.as_deref().is_some_and(|start| date < start);
        (is_early && !known.is_asked()).then_some(START_DATE)
    }
}

/// The orders that documents of a batch hang off: the order of each document's first line that has one.
pub(super) fn orders_of(rows: &Rows, document: Document) -> HashMap<i64, NetSuiteId> {
    let all = rows.of(document.names.0).iter().chain(rows.of(document.names.1));
    first_sources(all, &["SalesOrd"]).into_iter().map(|(head, (order, _))| (head, order)).collect()
}

/// Gives the orders among these that are not linked.
pub(super) fn missing_orders<'a>(
    orders: impl IntoIterator<Item = &'a NetSuiteId>,
    known: &Known,
) -> BTreeMap<EntityKind, BTreeSet<i64>> {
    missing(EntityKind::Orders, orders, known)
}

/// Gives the records among these that are not linked, as parents to bring; none when all of them are.
pub(super) fn missing<'a>(
    entity: EntityKind,
    ids: impl IntoIterator<Item = &'a NetSuiteId>,
    known: &Known,
) -> BTreeMap<EntityKind, BTreeSet<i64>> {
    let absent: BTreeSet<i64> = ids.into_iter().filter(|id| known.id(entity.name(), **id).is_none()).map(|id| id.0).collect();
    if absent.is_empty() { BTreeMap::new() } else { BTreeMap::from([(entity, absent)]) }
}

/// Says of a document what becomes of it when its order is not linked: an order that is out of scope keeps its documents out,
/// one that was rejected takes them with it.
pub(super) fn follow_order<B>(known: &Known, child: &Child<'_>, order: NetSuiteId) -> Mapped<B> {
    match known.follow(child, EntityKind::Orders, order, Reason::OrderNotLinked) {
        Mapped::Skipped { .. } => child.skipped(Reason::OrderNotLinked.word()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::records::Page;

    const ORDER: Document = Document { kind: "SalesOrd", names: ("orders", "order lines"), is_sale: true };

    fn rows(items: &str) -> Vec<Row> {
        serde_json::from_str::<Page>(&format!(r#"{{"items":[{items}],"totalResults":9,"hasMore":false}}"#)).unwrap().rows
    }

    #[test]
    fn lines_have_the_signs_and_sorts_of_a_persons_document() {
        let rows = rows(
            r#"{"head":"1","line":"4","linesequencenumber":"4","item":"9","itemtype":"ShipItem","foreignamount":"-18.50"},
               {"head":"1","line":"1","linesequencenumber":"1","item":"5","itemid":"A : LAMP","itemtype":"InvtPart","quantity":"-6","rate":"99.00","foreignamount":"-594.00"},
               {"head":"1","line":"2","linesequencenumber":"2","item":"6","itemid":"BULB","itemtype":"InvtPart","quantity":"-12","kitmemberof":"1","foreignamount":"0"},
               {"head":"1","line":"3","linesequencenumber":"3","item":"7","itemtype":"Discount","rate":"-5","foreignamount":"29.70"},
               {"head":"1","line":"5","linesequencenumber":"5","taxline":"T","foreignamount":"-44.10"},
               {"head":"1","line":"6","linesequencenumber":"6","item":"8","itemid":"SETUP","itemtype":"Service","foreignamount":"-40"}"#,
        );
        let lines = lines_of(&rows.iter().collect::<Vec<_>>(), ORDER).unwrap();
        let sorts: Vec<Sort> = lines.iter().map(|line| line.sort).collect();
        assert_eq!(sorts, [Sort::Item, Sort::Nothing, Sort::Discount, Sort::Shipping, Sort::Tax, Sort::Item]);
        assert_eq!(
            (lines[0].sku(), lines[0].quantity.to_string(), lines[0].price.to_string()),
            ("LAMP", "6".into(), "99".into())
        );
        assert_eq!((lines[5].quantity.to_string(), lines[5].price.to_string()), ("1".into(), "40".into()));
        assert_eq!(sum_of(&lines, Sort::Item).unwrap().to_string(), "634");
        assert_eq!(sum_of(&lines, Sort::Discount).unwrap().to_string(), "-29.7");
        assert_eq!(sum_of(&lines, Sort::Tax).unwrap().to_string(), "44.1");
    }

    #[test]
    fn what_is_early_or_of_another_subsidiary_stays_out() {
        let scope = Scope { subsidiaries: vec!["1".into()], start_date: Some("2026-01-01".into()) };
        let header = |date: &str, subsidiary: &str| {
            rows(&format!(r#"{{"head":"1","trandate":"{date}","subsidiary":"{subsidiary}"}}"#)).remove(0)
        };
        let mut known = Known::default();
        assert_eq!(scope.excludes(&header("2026-01-01", "1"), &known), None);
        assert_eq!(scope.excludes(&header("2025-12-31", "1"), &known), Some("start_date"));
        assert_eq!(scope.excludes(&header("2026-01-01", "2"), &known), Some("subsidiary"));
        known.ask();
        assert_eq!(scope.excludes(&header("2025-12-31", "1"), &known), None, "a linked document is brought whatever its date");
    }

    #[test]
    fn a_document_of_several_orders_hangs_off_its_first_lines_order() {
        let source = |head: u8, line: u8, kind: &str, id: u8| {
            format!(r#"{{"head":"{head}","line":"{line}","source":"{id}","source_type":"{kind}"}}"#)
        };
        let order = |head, line, id| source(head, line, "SalesOrd", id);
        let mut all = Rows::default();
        all.add("orders", rows(r#"{"head":"7","source":"5","source_type":"SalesOrd"},{"head":"8"},{"head":"9"}"#));
        let lines = [
            source(9, 1, "TrnfrOrd", 4),
            order(9, 7, 2),
            order(9, 3, 1),
            order(9, 8, 3),
            order(7, 1, 6),
            source(8, 1, "TrnfrOrd", 4),
        ];
        all.add("order lines", rows(&lines.join(",")));
        assert_eq!(orders_of(&all, ORDER), HashMap::from([(9, NetSuiteId(1)), (7, NetSuiteId(5))]));
    }
}
