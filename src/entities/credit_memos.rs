//! Credit memos, NetSuite to WizCommerce (extension): what was credited, for which invoice and order, and where it was applied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::documents::{Document, Scope, TEXT_LIMIT, by_head, lines_of, missing};
use super::invoices::{Item, order_reference};
use super::{
    Action, Child, Desired, Finder, Flow, Known, Lookup, Mapped, Planned, Reference, Rows, Table, Universe, Wanted, Write, cut,
};
use crate::http::Method;
use crate::model::{EntityKind, Exact, Fingerprint, Flag, Link, NetSuiteId, Reason};
use crate::netsuite::records::{Column, Row, Select};

const KIND: &str = "credit-memos";
const INVOICES: &str = "invoices";
const ORDERS: &str = "orders";
const CUSTOMERS: &str = "customers";
const CREDIT: Document = Document { kind: "CustCred", names: ("credit memos", "credit memo lines"), is_sale: false };

/// The credit memos flow.
pub struct CreditMemos {
    scope: Scope,
    /// Where WizCommerce has them.
    path: String,
}

/// A credit memo as it is sent.
#[derive(Debug, Clone, Serialize)]
pub struct Body {
    reference_id: String,
    customer_id: String,
    credit_memo_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_id: Option<String>,
    total_amount: Exact,
    applied_amount: Exact,
    status: &'static str,
    items: Vec<Item>,
    applications: Vec<Application>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Application {
    invoice_id: String,
    amount: Exact,
}

/// Where a credit memo comes from.
#[derive(Debug, Clone, Copy, Default)]
struct Origin {
    invoice: Option<NetSuiteId>,
    order: Option<NetSuiteId>,
}

impl CreditMemos {
    /// Makes the flow for a profile.
    pub fn new(scope: Scope, path: String) -> Self {
        Self { scope, path }
    }

    fn headers() -> Select {
        let amounts = ["foreignpaymentamountused", "foreignpaymentamountunused", "foreignamountpaid", "foreignamountunpaid"];
        CREDIT.headers().columns("t", &amounts)
    }

    /// Reads what the lines were made from: an invoice, an order, or a return of one of them.
    fn sources() -> Select {
        let from = format!(
            "transactionline l JOIN transaction t ON t.id = l.transaction AND t.type = '{}' \
             JOIN transaction s ON s.id = l.createdfrom \
             LEFT JOIN transactionline sl ON sl.transaction = s.id AND sl.mainline = 'T' \
             LEFT JOIN transaction o ON o.id = sl.createdfrom \
             LEFT JOIN transactionline ol ON ol.transaction = o.id AND ol.mainline = 'T'",
            CREDIT.kind
        );
        Select::new("credit sources", from, "l.transaction")
            .many()
            .tied("l.id")
            .column(Column::new("l.id", "line"))
            .column(Column::new("s.id", "source"))
            .column(Column::new("s.type", "source_type"))
            .column(Column::new("o.id", "before"))
            .column(Column::new("o.type", "before_type"))
            .column(Column::new("ol.createdfrom", "first"))
    }

    /// Reads the invoices a credit was applied to: one row per pair of lines, so summed by invoice.
    fn applications() -> Select {
        let from = "nexttransactionlinelink k JOIN transaction t ON t.id = k.nextdoc AND t.type = 'CustCred' \
                    JOIN transaction s ON s.id = k.previousdoc AND s.type = 'CustInvc'";
        Select::new("applications", from, "k.nextdoc")
            .many()
            .tied("k.previousdoc")
            .column(Column::new("k.previousdoc", "invoice"))
            .column(Column::new("k.foreignamount", "amount"))
            .filter("k.linktype = 'Payment'")
    }

    fn map_credit(&self, header: &Row, batch: &Batch<'_>, known: &Known) -> Mapped<Body> {
        let id = header.head().unwrap_or(NetSuiteId(0));
        let label = header.text("tranid").map_or_else(|| id.to_string(), str::to_owned);
        let child = Child::new(id, &label);
        if known.id(KIND, id).is_none()
            && let Some(reason) = self.scope.excludes(header, known)
        {
            return child.skipped(reason);
        }
        let Some(customer) = header.id("entity") else {
            return child.rejected(Reason::MissingMandatoryFields, "the credit memo has no customer", None);
        };
        let Some(customer_link) = known.id(CUSTOMERS, customer) else {
            return known.follow(&child, EntityKind::Customers, customer, Reason::CustomerNotLinked);
        };
        match self.body(header, batch, known, id, &label, customer_link) {
            Ok(body) => self.desired(id, &label, body, Vec::new()),
            Err(message) => child.rejected(Reason::InvalidRecord, message, None),
        }
    }

    fn body(
        &self,
        header: &Row,
        batch: &Batch<'_>,
        known: &Known,
        id: NetSuiteId,
        label: &str,
        customer: &Link,
    ) -> Result<Body, String> {
        let lines = lines_of(batch.lines.get(&id.0).map_or(&[][..], Vec::as_slice), CREDIT)?;
        let total = header.exact("foreigntotal")?.unwrap_or(Exact::ZERO).magnitude().normalized();
        // Which pair of columns an account fills is not settled: the first that is there counts.
        let amount = |name: &str| header.exact(name).map(|value| value.map(|value| value.magnitude().normalized()));
        let left = match amount("foreignpaymentamountunused")? {
            Some(left) => Some(left),
            None => amount("foreignamountunpaid")?,
        };
        let used = match amount("foreignpaymentamountused")? {
            Some(used) => Some(used),
            None => amount("foreignamountpaid")?,
        };
        let applied = used.or_else(|| total.checked_sub(left?)).unwrap_or(Exact::ZERO).normalized();
        let is_void = header.flag("voided") || header.text("status") == Some("V");
        let origin = batch.origins.get(&id.0).copied().unwrap_or_default();
        let mut applications: BTreeMap<&str, Exact> = BTreeMap::new();
        for (invoice, amount) in batch.applications.get(&id.0).into_iter().flatten() {
            let Some(link) = known.id(INVOICES, *invoice) else { continue };
            let sum = applications.entry(&link.wc_id.0).or_insert(Exact::ZERO);
            *sum = sum.checked_add(amount.magnitude()).ok_or("the applied amounts are out of range")?;
        }
        let status = match () {
            () if is_void => "VOIDED",
            () if total > Exact::ZERO && applied >= total => "APPLIED",
            () if header.text("status") == Some("B") => "APPLIED",
            () => "OPEN",
        };
        Ok(Body {
            reference_id: id.to_string(),
            customer_id: customer.wc_id.0.clone(),
            credit_memo_number: label.to_owned(),
            order_id: origin.order.and_then(|order| known.id(ORDERS, order)).map(order_reference),
            invoice_id: origin.invoice.and_then(|invoice| known.id(INVOICES, invoice)).map(|link| link.wc_id.0.clone()),
            total_amount: total,
            applied_amount: applied,
            status,
            items: Item::of(id, &lines)?,
            applications: applications
                .into_iter()
                .map(|(invoice, amount)| Application { invoice_id: invoice.to_owned(), amount: amount.normalized() })
                .collect(),
            remarks: header.text("memo").map(|memo| cut(memo, TEXT_LIMIT)),
        })
    }

    fn desired(&self, id: NetSuiteId, label: &str, body: Body, flags: Vec<Flag>) -> Mapped<Body> {
        Mapped::Desired(Box::new(Desired {
            key: id,
            head: id,
            natural_key: label.to_owned(),
            label: label.to_owned(),
            lane: id.to_string(),
            active: true,
            flags,
            external_id: None,
            target: None,
            containers: Vec::new(),
            parts: vec![(String::new(), Fingerprint::of(&serde_json::to_vec(&body).unwrap_or_default()))],
            body,
        }))
    }
}

/// Finds the invoice and the order behind each credit memo: its source may be either, or a return made from either; without
/// a source, the first invoice it was applied to stands for it.
fn origins_of(rows: &Rows) -> HashMap<i64, Origin> {
    let mut origins: HashMap<i64, Origin> = HashMap::new();
    let mut sources: Vec<&Row> = rows.of("credit sources").iter().collect();
    sources.sort_by_key(|row| row.id("line"));
    for row in sources {
        let Some(head) = row.head() else { continue };
        let origin = origins.entry(head.0).or_default();
        let chain = [
            (row.text("source_type"), row.id("source")),
            (row.text("before_type"), row.id("before")),
            // Behind an invoice stands an order; of anything else nothing is known.
            (row.text("before_type").filter(|kind| *kind == "CustInvc").map(|_| "SalesOrd"), row.id("first")),
        ];
        for (kind, id) in chain {
            match kind {
                Some("CustInvc") => origin.invoice = origin.invoice.or(id),
                Some("SalesOrd") => origin.order = origin.order.or(id),
                _ => {}
            }
        }
    }
    for (credit, applied) in applications_of(rows) {
        let origin = origins.entry(credit).or_default();
        origin.invoice = origin.invoice.or_else(|| applied.first().map(|(invoice, _)| *invoice));
    }
    origins
}

fn applications_of(rows: &Rows) -> BTreeMap<i64, Vec<(NetSuiteId, Exact)>> {
    let mut applications: BTreeMap<i64, Vec<(NetSuiteId, Exact)>> = BTreeMap::new();
    for row in rows.of("applications") {
        if let (Some(credit), Some(invoice), Ok(amount)) = (row.head(), row.id("invoice"), row.exact("amount")) {
            applications.entry(credit.0).or_default().push((invoice, amount.unwrap_or(Exact::ZERO)));
        }
    }
    for applied in applications.values_mut() {
        applied.sort_by_key(|(invoice, _)| *invoice);
    }
    applications
}

/// The rows of a batch, by credit memo.
struct Batch<'r> {
    lines: HashMap<i64, Vec<&'r Row>>,
    origins: HashMap<i64, Origin>,
    applications: BTreeMap<i64, Vec<(NetSuiteId, Exact)>>,
}

impl Flow for CreditMemos {
    type Body = Body;

    fn entity(&self) -> EntityKind {
        EntityKind::CreditMemos
    }

    fn mapping(&self) -> String {
        format!("{:?}", self.scope)
    }

    fn batch(&self) -> usize {
        1000
    }

    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }

    fn learn(&mut self, _table: &str, _rows: &[Row]) -> Result<(), String> {
        Ok(())
    }

    fn universe(&self) -> Universe {
        Universe::Source(CREDIT.universe())
    }

    fn finders(&self) -> Vec<Finder> {
        let mut finders = CREDIT.finders();
        finders.push(CREDIT.linked("nextdoc", &["Payment"]));
        finders.push(Finder::NewlyLinked(EntityKind::Customers));
        finders.push(Finder::NewlyLinked(EntityKind::Orders));
        // An invoice that came later: the credit memo went without its name.
        finders.push(Finder::NewlyLinked(EntityKind::Invoices));
        finders
    }

    fn hanging_off(&self, parent: EntityKind) -> Vec<(Select, String)> {
        match parent {
            EntityKind::Customers => vec![(CREDIT.universe(), "t.entity".into())],
            EntityKind::Invoices => {
                let lines =
                    format!("transactionline l JOIN transaction t ON t.id = l.transaction AND t.type = '{}'", CREDIT.kind);
                let returned = format!("{lines} JOIN transactionline s ON s.transaction = l.createdfrom");
                let applied = "nexttransactionlinelink k JOIN transaction t ON t.id = k.nextdoc AND t.type = 'CustCred'";
                vec![
                    (Select::new("credit memos of invoices", lines, "l.transaction").grouped(), "l.createdfrom".into()),
                    (Select::new("credit memos of returns", returned, "l.transaction").grouped(), "s.createdfrom".into()),
                    (
                        Select::new("applied credit memos", applied, "k.nextdoc").grouped().filter("k.linktype = 'Payment'"),
                        "k.previousdoc".into(),
                    ),
                ]
            }
            EntityKind::Orders => {
                let credit =
                    format!("transactionline l JOIN transaction t ON t.id = l.transaction AND t.type = '{}'", CREDIT.kind);
                // By way of its invoice or its return, by way of the return of an invoice, or applied to an invoice of it.
                let one = format!("{credit} JOIN transactionline s ON s.transaction = l.createdfrom");
                let two = format!("{one} JOIN transactionline o ON o.transaction = s.createdfrom");
                let applied = "nexttransactionlinelink k JOIN transaction t ON t.id = k.nextdoc AND t.type = 'CustCred' \
                               JOIN transactionline s ON s.transaction = k.previousdoc";
                vec![
                    (Select::new("credit memos of orders", one, "l.transaction").grouped(), "s.createdfrom".into()),
                    (Select::new("credit memos of returns", two, "l.transaction").grouped(), "o.createdfrom".into()),
                    (
                        Select::new("applied credit memos", applied, "k.nextdoc").grouped().filter("k.linktype = 'Payment'"),
                        "s.createdfrom".into(),
                    ),
                ]
            }
            _ => Vec::new(),
        }
    }

    fn locate(&self, wanted: &Wanted) -> Option<Select> {
        Some(CREDIT.locate(wanted))
    }

    fn record_types(&self) -> &'static [&'static str] {
        &["creditMemo"]
    }

    fn deleted(&self, link: &Link) -> Option<Mapped<Body>> {
        let label = link.natural_key.clone().unwrap_or_else(|| link.ns_id.to_string());
        let body = Body {
            reference_id: link.ns_id.to_string(),
            customer_id: String::new(),
            credit_memo_number: label.clone(),
            order_id: None,
            invoice_id: None,
            total_amount: Exact::ZERO,
            applied_amount: Exact::ZERO,
            status: "VOIDED",
            items: Vec::new(),
            applications: Vec::new(),
            remarks: None,
        };
        Some(self.desired(link.ns_id, &label, body, vec![Flag::Tombstone]))
    }

    fn details(&self) -> Vec<Select> {
        vec![Self::headers(), CREDIT.lines(), Self::sources(), Self::applications()]
    }

    fn references(&self, rows: &Rows) -> Vec<Reference> {
        let mut references = Vec::new();
        for row in rows.of("credit memos") {
            references.extend(row.head().map(|id| Reference::Id(KIND, id.0)));
            references.extend(row.id("entity").map(|id| Reference::Id(CUSTOMERS, id.0)));
        }
        for origin in origins_of(rows).into_values() {
            references.extend(origin.invoice.map(|id| Reference::Id(INVOICES, id.0)));
            references.extend(origin.order.map(|id| Reference::Id(ORDERS, id.0)));
        }
        for (invoice, _) in applications_of(rows).into_values().flatten() {
            references.push(Reference::Id(INVOICES, invoice.0));
        }
        references
    }

    fn missing_parents(&self, rows: &Rows, known: &Known) -> BTreeMap<EntityKind, BTreeSet<i64>> {
        let origins = origins_of(rows);
        let applications = applications_of(rows);
        let (mut customers, mut invoices, mut orders) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for row in rows.of("credit memos") {
            let Some(id) = row.head() else { continue };
            if known.id(KIND, id).is_none() && self.scope.excludes(row, known).is_some() {
                continue;
            }
            customers.extend(row.id("entity"));
            let origin = origins.get(&id.0).copied().unwrap_or_default();
            invoices.extend(origin.invoice);
            invoices.extend(applications.get(&id.0).into_iter().flatten().map(|(invoice, _)| *invoice));
            orders.extend(origin.order);
        }
        let mut parents = missing(EntityKind::Customers, &customers, known);
        parents.extend(missing(EntityKind::Orders, &orders, known));
        parents.extend(missing(EntityKind::Invoices, &invoices, known));
        parents
    }

    fn map(&self, rows: &Rows, known: &Known) -> Vec<Mapped<Body>> {
        let batch =
            Batch { lines: by_head(rows, "credit memo lines"), origins: origins_of(rows), applications: applications_of(rows) };
        rows.of("credit memos").iter().map(|header| self.map_credit(header, &batch, known)).collect()
    }

    fn lookup(&self) -> Option<Lookup> {
        // No filter by state is proposed, so the list shows all of them.
        Some(Lookup::by_reference(self.path.clone(), &[&[]]))
    }

    fn writes(&self, planned: &[Planned<Body>]) -> Vec<Write> {
        let Some(record) = planned.first() else { return Vec::new() };
        let body = serde_json::to_string(&record.desired.body).unwrap_or_default();
        match &record.action {
            Action::Create => vec![Write::create(self.path.clone(), body, 0)],
            Action::Update(wc_id) | Action::Adopt(wc_id) => {
                // Of a deleted credit memo only that it does not count any more is known.
                let is_gone = record.desired.flags.contains(&Flag::Tombstone);
                let body = if is_gone { r#"{"status":"VOIDED"}"#.to_owned() } else { body };
                vec![Write::change(Method::Patch, format!("{}/{wc_id}", self.path), body)]
            }
            Action::Unchanged => Vec::new(),
        }
    }
}
