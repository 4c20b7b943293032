//! Invoices, NetSuite to WizCommerce: number, amounts, what is paid, when it is due, and its lines.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::documents::{
    Document, Line, Scope, Sort, TEXT_LIMIT, by_head, follow_order, lines_of, midnight, missing_orders, orders_of, with_source,
};
use super::{
    Action, Child, Desired, Finder, Flow, Frame, Known, Lookup, Mapped, Planned, Reference, Rows, Universe, Wanted, Write, cut,
};
use crate::http::Method;
use crate::model::{EntityKind, Exact, Flag, Link, NetSuiteId, Reason, WizId};
use crate::netsuite::records::{Column, Row, Select};

const KIND: &str = "invoices";
const ORDERS: &str = "orders";
const INVOICE: Document = Document { kind: "CustInvc", names: ("invoices", "invoice lines"), is_sale: true };
/// What stands on an invoice that does not count any more: WizCommerce has no such state.
const VOIDED: &str = "Voided in NetSuite";
const DELETED: &str = "Deleted in NetSuite";

/// The invoices flow.
pub struct Invoices {
    scope: Scope,
}

/// An invoice as it is sent.
#[derive(Debug, Clone, Serialize)]
pub struct Body {
    reference_id: String,
    order_id: String,
    invoice_number: String,
    total_amount: Exact,
    paid_amount: Exact,
    status: &'static str,
    due_date: String,
    created_at: String,
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

/// One line of an invoice or a credit memo.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Item {
    reference_id: String,
    sku: String,
    name: String,
    quantity: Exact,
    /// The price of one after discount.
    amount: Exact,
    /// The whole line.
    item_total: Exact,
}

impl Item {
    /// Makes the items of a document.
    ///
    /// # Errors
    ///
    /// Says which line cannot be computed.
    pub(super) fn of(document: NetSuiteId, lines: &[Line<'_>]) -> Result<Vec<Self>, String> {
        let item = |line: &Line<'_>| {
            let each = line.amount.checked_div(line.quantity).map(|each| each.rounded(4).normalized());
            let name = line.row.text("memo").or(line.row.text("displayname")).unwrap_or_else(|| line.sku());
            Self {
                reference_id: format!("{document}-{}", line.id),
                sku: line.sku().to_owned(),
                name: cut(name, TEXT_LIMIT),
                quantity: line.quantity,
                amount: each.unwrap_or(line.amount),
                item_total: line.amount,
            }
        };
        Ok(lines.iter().filter(|line| line.sort == Sort::Item).map(item).collect())
    }
}

/// The form in which a document names its order. Which form WizCommerce takes is not settled by its documents, so it is
/// decided here and nowhere else.
pub(super) fn order_reference(order: &Link) -> String {
    order.wc_id.0.clone()
}

impl Invoices {
    /// Makes the flow for a profile.
    pub fn new(scope: Scope) -> Self {
        Self { scope }
    }

    fn headers() -> Select {
        with_source(INVOICE.headers(), "m")
            .columns("t", &["foreignamountunpaid"])
            .column(Column::optional("t.foreignamountpaid", "foreignamountpaid"))
            .column(Column::optional("t.approvalstatus", "approvalstatus"))
            .column(Column::new("TO_CHAR(t.duedate, 'YYYY-MM-DD')", "duedate"))
    }

    /// Says why an invoice that is not linked yet stays out.
    fn excludes(&self, header: &Row, known: &Known) -> Option<&'static str> {
        // Nobody but NetSuite's own people sees an invoice before it is approved.
        let is_unapproved = matches!(header.text("approvalstatus"), Some("1" | "3"));
        self.scope.excludes(header, known).or_else(|| is_unapproved.then_some("unapproved"))
    }

    fn map_invoice(&self, header: &Row, batch: &Batch<'_>, known: &Known) -> Mapped<Body> {
        let id = header.head().unwrap_or(NetSuiteId(0));
        let label = header.text("tranid").map_or_else(|| id.to_string(), str::to_owned);
        let child = Child::new(id, &label);
        let Some(order) = batch.orders.get(&id.0) else { return child.skipped("no_order") };
        if known.id(KIND, id).is_none()
            && let Some(reason) = self.excludes(header, known)
        {
            return child.skipped(reason);
        }
        let Some(order) = known.id(ORDERS, *order) else { return follow_order(known, &child, *order) };
        match body(header, batch.lines.get(&id.0).map_or(&[][..], Vec::as_slice), order, id, &label) {
            Ok(body) => desired(id, &label, body, Vec::new()),
            Err(message) => child.rejected(Reason::InvalidRecord, message, None),
        }
    }
}

fn body(header: &Row, rows: &[&Row], order: &Link, id: NetSuiteId, label: &str) -> Result<Body, String> {
    let lines = lines_of(rows, INVOICE)?;
    let total = header.exact("foreigntotal")?.unwrap_or(Exact::ZERO).normalized();
    let open = header.exact("foreignamountunpaid")?;
    let paid = match header.exact("foreignamountpaid")? {
        Some(paid) => paid,
        None => open.and_then(|open| total.checked_sub(open)).unwrap_or(Exact::ZERO),
    };
    let is_void = header.flag("voided") || header.text("status") == Some("V");
    let is_paid = match open {
        Some(open) => open <= Exact::ZERO,
        None => header.text("status") == Some("B"),
    };
    let date = header.text("trandate").unwrap_or_default();
    Ok(Body {
        reference_id: id.to_string(),
        order_id: order_reference(order),
        invoice_number: label.to_owned(),
        total_amount: if is_void { Exact::ZERO } else { total },
        paid_amount: if is_void { Exact::ZERO } else { paid.normalized() },
        status: if is_void || is_paid { "PAID" } else { "UNPAID" },
        due_date: midnight(header.text("duedate").unwrap_or(date)),
        created_at: midnight(date),
        items: Item::of(id, &lines)?,
        remarks: is_void.then(|| VOIDED.to_owned()),
    })
}

fn desired(id: NetSuiteId, label: &str, body: Body, flags: Vec<Flag>) -> Mapped<Body> {
    Mapped::Desired(Box::new(Desired { flags, ..Desired::whole(id, label, body) }))
}

/// The rows of a batch, by invoice.
struct Batch<'r> {
    lines: HashMap<i64, Vec<&'r Row>>,
    orders: HashMap<i64, NetSuiteId>,
}

impl Frame for Invoices {
    fn entity(&self) -> EntityKind {
        EntityKind::Invoices
    }

    fn mapping(&self) -> String {
        format!("{:?}", self.scope)
    }
}

impl Flow for Invoices {
    type Body = Body;

    fn universe(&self) -> Universe {
        Universe::Source(INVOICE.universe())
    }

    fn finders(&self) -> Vec<Finder> {
        let mut finders = INVOICE.finders();
        // Payments, credits and deposits are applied through links, which need not move the invoice's own date.
        finders.push(INVOICE.linked("previousdoc", &["Payment"]));
        finders.push(Finder::NewlyLinked(EntityKind::Orders));
        finders
    }

    fn hanging_off(&self, parent: EntityKind) -> Vec<(Select, String)> {
        if parent == EntityKind::Orders { vec![INVOICE.made_from()] } else { Vec::new() }
    }

    fn locate(&self, wanted: &Wanted) -> Option<Select> {
        Some(INVOICE.locate(wanted))
    }

    fn record_types(&self) -> &'static [&'static str] {
        &["invoice"]
    }

    fn deleted(&self, link: &Link) -> Option<Mapped<Body>> {
        let label = link.natural_key.clone().unwrap_or_else(|| link.ns_id.to_string());
        let body = Body {
            reference_id: link.ns_id.to_string(),
            order_id: String::new(),
            invoice_number: label.clone(),
            total_amount: Exact::ZERO,
            paid_amount: Exact::ZERO,
            status: "PAID",
            due_date: String::new(),
            created_at: String::new(),
            items: Vec::new(),
            remarks: Some(DELETED.to_owned()),
        };
        Some(desired(link.ns_id, &label, body, vec![Flag::Tombstone]))
    }

    fn details(&self) -> Vec<Select> {
        vec![Self::headers(), with_source(INVOICE.lines(), "l")]
    }

    fn references(&self, rows: &Rows) -> Vec<Reference> {
        let invoices = rows.of("invoices").iter().filter_map(Row::head).map(|id| Reference::Id(KIND, id.0));
        let orders = orders_of(rows, INVOICE).into_values().map(|order| Reference::Id(ORDERS, order.0));
        invoices.chain(orders).collect()
    }

    fn missing_parents(&self, rows: &Rows, known: &Known) -> BTreeMap<EntityKind, BTreeSet<i64>> {
        let orders = orders_of(rows, INVOICE);
        let wanted = rows
            .of("invoices")
            .iter()
            .filter(|row| row.head().is_some_and(|id| known.id(KIND, id).is_some()) || self.excludes(row, known).is_none());
        missing_orders(wanted.filter_map(|row| orders.get(&row.head()?.0)), known)
    }

    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Body>> {
        let batch = Batch { lines: by_head(rows, "invoice lines"), orders: orders_of(rows, INVOICE) };
        rows.of("invoices").iter().map(|header| self.map_invoice(header, &batch, known)).collect()
    }

    fn lookup(&self) -> Option<Lookup> {
        Some(Lookup::by_reference("/v1/invoices", &[&[("status", "UNPAID")], &[("status", "PAID")]]))
    }

    fn writes(&self, planned: &[Planned<Body>]) -> Vec<Write> {
        let Some(record) = planned.first() else { return Vec::new() };
        let body = &record.desired.body;
        match &record.action {
            Action::Create => {
                vec![Write::create("/v1/invoices", serde_json::to_string(body).unwrap_or_default(), 0)]
            }
            Action::Update(wc_id) | Action::Adopt(wc_id) => vec![Write::change(Method::Patch, path(wc_id), change(record))],
            Action::Unchanged => Vec::new(),
        }
    }
}

fn path(wc_id: &WizId) -> String {
    format!("/v1/invoices/{wc_id}")
}

/// Of a deleted invoice only what takes it out of the books is known.
fn change(record: &Planned<Body>) -> String {
    let body = &record.desired.body;
    if record.desired.flags.contains(&Flag::Tombstone) {
        return serde_json::json!({ "total_amount": 0, "paid_amount": 0, "status": "PAID", "remarks": body.remarks }).to_string();
    }
    serde_json::to_string(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::records::Page;

    fn rows(items: &str) -> Vec<Row> {
        serde_json::from_str::<Page>(&format!(r#"{{"items":[{items}],"totalResults":9,"hasMore":false}}"#)).unwrap().rows
    }

    fn invoice(header: &str) -> Rows {
        let mut all = Rows::default();
        all.add("invoices", rows(header));
        all.add(
            "invoice lines",
            rows(r#"{"head":"9","line":"1","item":"5","itemid":"LAMP","itemtype":"InvtPart","quantity":"-3","foreignamount":"-10","source":"7","source_type":"SalesOrd"}"#),
        );
        all
    }

    fn sent(header: &str) -> serde_json::Value {
        let mut known = Known::default();
        known.add(Reference::Id(ORDERS, 7), Link::new(ORDERS, NetSuiteId(7), WizId("w7".into())));
        let mapped = Invoices::new(Scope::default()).map(&invoice(header), &known);
        serde_json::to_value(&mapped[0].desired().unwrap().body).unwrap()
    }

    #[test]
    fn what_is_paid_comes_from_whichever_amount_is_there() {
        for (amounts, paid, status) in [
            (r#""foreignamountpaid":"4","foreignamountunpaid":"6""#, 4, "UNPAID"),
            (r#""foreignamountunpaid":"6""#, 4, "UNPAID"),
            (r#""foreignamountpaid":"10","foreignamountunpaid":"0","status":"B""#, 10, "PAID"),
            (r#""foreignamountpaid":"10","status":"B""#, 10, "PAID"),
            (r#""foreignamountunpaid":"6","status":"V""#, 0, "PAID"),
        ] {
            let sent = sent(&format!(r#"{{"head":"9","tranid":"INV9","trandate":"2026-03-02","foreigntotal":"10",{amounts}}}"#));
            assert_eq!(
                (&sent["paid_amount"], &sent["status"]),
                (&serde_json::json!(paid), &serde_json::json!(status)),
                "{amounts}"
            );
        }
    }

    #[test]
    fn the_price_of_one_is_what_was_charged_and_never_longer_than_a_price() {
        let sent = sent(r#"{"head":"9","tranid":"INV9","trandate":"2026-03-02","foreigntotal":"10"}"#);
        assert_eq!(sent["items"][0]["amount"].to_string(), "3.3333");
        assert_eq!(sent["items"][0]["item_total"].to_string(), "10");
        assert_eq!(sent["due_date"], "2026-03-02T00:00:00Z");
    }

    #[test]
    fn what_stays_out_brings_no_order() {
        let flow = Invoices::new(Scope { start_date: Some("2026-01-01".into()), ..Scope::default() });
        for (header, expected) in [
            (r#"{"head":"9","trandate":"2026-03-02","approvalstatus":"2"}"#, 1),
            (r#"{"head":"9","trandate":"2026-03-02","approvalstatus":"1"}"#, 0),
            (r#"{"head":"9","trandate":"2026-03-02","approvalstatus":"3"}"#, 0),
            (r#"{"head":"9","trandate":"2025-12-31","approvalstatus":"2"}"#, 0),
        ] {
            assert_eq!(flow.missing_parents(&invoice(header), &Known::default()).len(), expected, "{header}");
        }
    }
}
