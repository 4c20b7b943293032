//! Credit memos, NetSuite to WizCommerce (extension): what was credited, for which invoice and order, and where it was applied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::documents::{Document, Scope, TEXT_LIMIT, by_head, first_sources, follow_order, lines_of, missing, with_source};
use super::invoices::{Item, order_reference};
use super::{
    Action, Child, Desired, Finder, Flow, Frame, Known, Lookup, Mapped, Planned, Reference, Rows, Universe, Wanted, Write, cut,
};
use crate::http::Method;
use crate::model::{EntityKind, Exact, Flag, Link, NetSuiteId, Reason};
use crate::netsuite::records::{Column, Row, Select};

const KIND: &str = "credit-memos";
const INVOICES: &str = "invoices";
const ORDERS: &str = "orders";
const CUSTOMERS: &str = "customers";
const BEHIND: &str = "documents behind credit memos";
/// What a credit memo is made from, at one step or another.
const ORIGINS: &[&str] = &["CustInvc", "RtnAuth", "SalesOrd"];
/// Steps back from a credit memo: its return, the invoice of that, the order of that.
const STEPS: usize = 3;
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
        let of_memo = |select: Select, name: &&str| select.column(Column::optional(format!("t.{name}"), *name));
        amounts.iter().fold(with_source(CREDIT.headers(), "m"), of_memo)
    }

    /// Reads what the documents that credit memos were made from were made from in turn.
    fn behind() -> Select {
        let lines = Select::new(BEHIND, "transactionline l", "l.transaction").many().tied("l.id");
        with_source(lines, "l").column(Column::new("l.id", "line")).filter("l.createdfrom IS NOT NULL")
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
        let origin = batch.origins.get(&id.0).copied().unwrap_or_default();
        if let Some(order) = origin.order.filter(|order| known.id(ORDERS, *order).is_none()) {
            return follow_order(known, &child, order);
        }
        // An invoice that is only left out, e.g. because nobody approved it, does not keep a credit memo from its customer.
        if let Some(invoice) = origin.invoice.filter(|invoice| known.id(INVOICES, *invoice).is_none())
            && let Mapped::Rejected(rejection) =
                known.follow::<Body>(&child, EntityKind::Invoices, invoice, Reason::ParentNotSynced)
        {
            return Mapped::Rejected(rejection);
        }
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
        // Where no account shows amounts, the letter still says whether all of it was used.
        let by_letter = || if header.text("status") == Some("B") { total } else { Exact::ZERO };
        let applied = used.or_else(|| total.checked_sub(left?)).unwrap_or_else(by_letter).normalized();
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
        Mapped::Desired(Box::new(Desired { flags, ..Desired::whole(id, label, body) }))
    }
}

/// Finds the invoice and the order behind each credit memo: its source may be either, or a return made from either. What it
/// was applied to is another question.
fn origins_of(rows: &Rows) -> HashMap<i64, Origin> {
    let behind = first_sources(rows.of(BEHIND), ORIGINS);
    let mut origins = HashMap::new();
    for (credit, source) in sources_of(rows) {
        let mut origin = Origin::default();
        let mut next = Some(source);
        for _ in 0..STEPS {
            let Some((id, kind)) = next else { break };
            match kind {
                "CustInvc" => origin.invoice = origin.invoice.or(Some(id)),
                "SalesOrd" => origin.order = origin.order.or(Some(id)),
                _ => {}
            }
            next = behind.get(&id.0).copied();
        }
        origins.insert(credit, origin);
    }
    origins
}

/// Gives what each credit memo was made from.
fn sources_of(rows: &Rows) -> HashMap<i64, (NetSuiteId, &str)> {
    first_sources(rows.of(CREDIT.names.0).iter().chain(rows.of(CREDIT.names.1)), ORIGINS)
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

impl Frame for CreditMemos {
    fn entity(&self) -> EntityKind {
        EntityKind::CreditMemos
    }

    fn mapping(&self) -> String {
        format!("{:?}", self.scope)
    }
}

impl Flow for CreditMemos {
    type Body = Body;

    fn universe(&self) -> Universe {
        Universe::Source(CREDIT.universe())
    }

    fn finders(&self) -> Vec<Finder> {
        let mut finders = CREDIT.finders();
        finders.push(CREDIT.linked("nextdoc", &["Payment"]));
        finders.push(Finder::NewlyLinked(EntityKind::Customers));
        finders.push(Finder::NewlyLinked(EntityKind::Orders));
        finders.push(Finder::NewlyLinked(EntityKind::Invoices));
        finders
    }

    fn hanging_off(&self, parent: EntityKind) -> Vec<(Select, String)> {
        match parent {
            EntityKind::Customers => vec![(CREDIT.universe(), "t.entity".into())],
            EntityKind::Invoices => {
                let applied = "nexttransactionlinelink k JOIN transaction t ON t.id = k.nextdoc AND t.type = 'CustCred'";
                let returned = format!(
                    "transactionline l JOIN transaction t ON t.id = l.transaction AND t.type = '{}' \
                     JOIN transactionline s ON s.transaction = l.createdfrom",
                    CREDIT.kind
                );
                vec![
                    CREDIT.made_from(),
                    (Select::new("credit memos of returns", returned, "l.transaction").grouped(), "s.createdfrom".into()),
                    (
                        Select::new("credit memos of invoices", applied, "k.nextdoc").grouped().filter("k.linktype = 'Payment'"),
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
        vec![Self::headers(), with_source(CREDIT.lines(), "l"), Self::applications()]
    }

    fn further(&self, rows: &Rows) -> Vec<(Select, Vec<i64>)> {
        let sources = sources_of(rows).into_values().chain(first_sources(rows.of(BEHIND), ORIGINS).into_values());
        // Nothing of ours is behind an order.
        let ids: BTreeSet<i64> = sources.filter(|(_, kind)| *kind != "SalesOrd").map(|(source, _)| source.0).collect();
        vec![(Self::behind(), ids.into_iter().collect())]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::WizId;
    use crate::netsuite::records::Page;

    fn rows(items: &str) -> Vec<Row> {
        serde_json::from_str::<Page>(&format!(r#"{{"items":[{items}],"totalResults":9,"hasMore":false}}"#)).unwrap().rows
    }

    fn source(head: u8, id: u8, kind: &str) -> String {
        format!(r#"{{"head":"{head}","line":"1","source":"{id}","source_type":"{kind}"}}"#)
    }

    #[test]
    fn the_way_back_goes_by_returns_and_invoices_to_the_order() {
        let mut all = Rows::default();
        let lines = [source(1, 20, "CustInvc"), source(2, 30, "RtnAuth"), source(3, 31, "RtnAuth"), source(4, 40, "SalesOrd")];
        all.add("credit memo lines", rows(&lines.join(",")));
        let behind = [source(20, 40, "SalesOrd"), source(30, 20, "CustInvc"), source(31, 41, "SalesOrd")];
        all.add(BEHIND, rows(&behind.join(",")));
        // What it was applied to is not what it comes from.
        all.add("applications", rows(r#"{"head":"4","invoice":"20","amount":"1"},{"head":"5","invoice":"20","amount":"1"}"#));
        let origins = origins_of(&all);
        let ids = |credit: i64| origins.get(&credit).map(|origin| (origin.invoice.map(|id| id.0), origin.order.map(|id| id.0)));
        assert_eq!(ids(1), Some((Some(20), Some(40))));
        assert_eq!(ids(2), Some((Some(20), Some(40))));
        assert_eq!(ids(3), Some((None, Some(41))));
        assert_eq!(ids(4), Some((None, Some(40))));
        assert_eq!(ids(5), None);
        let flow = CreditMemos::new(Scope::default(), String::new());
        assert_eq!(flow.further(&all)[0].1, [20, 30, 31], "nothing is asked about an order");
    }

    #[test]
    fn how_much_is_applied_comes_from_whichever_amounts_are_there() {
        let flow = CreditMemos::new(Scope::default(), String::new());
        let mut known = Known::default();
        known.add(Reference::Id(CUSTOMERS, 3), Link::new(CUSTOMERS, NetSuiteId(3), WizId("w3".into())));
        for (amounts, applied, status) in [
            (r#""foreignpaymentamountused":"4","foreignpaymentamountunused":"6","status":"A""#, 4, "OPEN"),
            (r#""foreignpaymentamountunused":"6","status":"A""#, 4, "OPEN"),
            (r#""foreignamountpaid":"-4","foreignamountunpaid":"-6","status":"A""#, 4, "OPEN"),
            (r#""foreignpaymentamountused":"10","foreignpaymentamountunused":"0","status":"B""#, 10, "APPLIED"),
            (r#""foreignpaymentamountused":"0","status":"V""#, 0, "VOIDED"),
        ] {
            let mut all = Rows::default();
            all.add(
                "credit memos",
                rows(&format!(r#"{{"head":"9","tranid":"CM9","entity":"3","foreigntotal":"-10",{amounts}}}"#)),
            );
            let body = &flow.map(&all, &known)[0].desired().unwrap().body.clone();
            assert_eq!(
                (body.total_amount.to_string(), body.applied_amount.to_string()),
                ("10".into(), applied.to_string()),
                "{amounts}"
            );
            assert_eq!(body.status, status, "{amounts}");
        }
    }
}
