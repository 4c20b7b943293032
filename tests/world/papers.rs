//! Documents written by hand into NetSuite, line by line, and what WizCommerce has of them.

use jiff::SignedDuration;
use netwiz::entities::Wanted;
use netwiz::model::EntityKind::{self, CreditMemos, Customers, Invoices, Kits, Orders, Products, Shipments};
use netwiz::sync::{Options, Silent, Task};
use serde_json::Value;

use super::{Reports, World, clean};

/// Everything a document hangs off, and the documents, in the order of `sync all`.
pub const CHAIN: [EntityKind; 7] = [Products, Kits, Customers, Orders, Shipments, Invoices, CreditMemos];

/// The moment of an edit on the clock of NetSuite.
pub const STAMP: &str = "lastmodifieddate = sim_now()";

impl World {
    /// Gives a customer in dollars who has orders already, so who is known on both sides after a first sync.
    pub fn buyer(&self) -> i64 {
        self.count_netsuite(
            "select min(t.entity) from \"transaction\" t join transactionline m on m.\"transaction\" = t.id and m.mainline = 'T' \
             where t.type = 'SalesOrd' and t.status = 'G' and t.currency = 1 and m.subsidiary = 1",
        )
    }

    /// Writes the head of a document with its main line; the columns are SQL assignments.
    pub fn add_head(&self, id: i64, kind: &str, number: &str, status: &str, columns: &str) {
        let buyer = self.buyer();
        let columns =
            if columns.is_empty() { String::new() } else { format!("update \"transaction\" set {columns} where id = {id};") };
        self.edit_netsuite(&format!(
            "insert into \"transaction\" (id, tranid, type, status, approvalstatus, entity, trandate, createddate, lastmodifieddate, \
             currency, exchangerate, foreigntotal, posting, void, voided, subsidiary) values ({id}, '{number}', '{kind}', '{status}', \
             2, {buyer}, '2026-02-20', sim_now(), sim_now(), 1, '1', '0.00', 'T', 'F', 'F', 1); \
             insert into transactionline (uniquekey, \"transaction\", id, linesequencenumber, mainline, taxline, entity, subsidiary, \
             linecreateddate, linelastmodifieddate) values ({id} * 100, {id}, 0, 0, 'T', 'F', {buyer}, 1, sim_now(), sim_now()); \
             {columns}"
        ));
    }

    /// Writes a line of a document with the signs NetSuite stores; the columns are SQL assignments.
    pub fn add_line(&self, document: i64, line: i64, item: Option<i64>, columns: &str) {
        let item = item.map_or_else(|| "null".to_owned(), |item| item.to_string());
        self.edit_netsuite(&format!(
            "insert into transactionline (uniquekey, \"transaction\", id, linesequencenumber, item, mainline, taxline, iscogs, \
             kitcomponent, isclosed, subsidiary, linecreateddate, linelastmodifieddate) values ({document} * 100 + {line}, {document}, \
             {line}, {line}, {item}, 'F', 'F', 'F', 'F', 'F', 1, sim_now(), sim_now()); \
             update transactionline set {columns} where \"transaction\" = {document} and id = {line};"
        ));
    }

    /// Links two documents.
    pub fn tie(&self, from: (i64, i64), to: (i64, i64), kind: &str, amount: &str) {
        self.edit_netsuite(&format!(
            "insert into nexttransactionlinelink (previousdoc, previousline, nextdoc, nextline, linktype, foreignamount, \
             lastmodifieddate) values ({}, {}, {}, {}, '{kind}', {amount}, sim_now());",
            from.0, from.1, to.0, to.1
        ));
    }

    /// Writes an order of so many pieces at so much each.
    pub fn add_order(&self, id: i64, number: &str, lines: &[(i64, i64, &str)]) {
        self.add_head(id, "SalesOrd", number, "B", "");
        for (line, (item, quantity, rate)) in (1..).zip(lines) {
            self.add_line(
                id,
                line,
                Some(*item),
                &format!("quantity = -{quantity}, rate = '{rate}', foreignamount = -{quantity} * {rate}"),
            );
        }
    }

    /// Writes a document that bills or ships lines of an order: line of the paper, item, quantity, rate; with the source on each.
    pub fn add_invoice(&self, id: i64, number: &str, order: i64, columns: &str, lines: &[(i64, i64, &str)]) {
        self.add_head(id, "CustInvc", number, "A", columns);
        for (line, (item, quantity, rate)) in (1..).zip(lines) {
            self.add_line(
                id,
                line,
                Some(*item),
                &format!("quantity = -{quantity}, rate = '{rate}', foreignamount = -{quantity} * {rate}, createdfrom = {order}"),
            );
        }
    }

    /// Writes a shipped fulfilment: each detail row is mirrored by one of the stock.
    pub fn add_fulfilment(&self, id: i64, number: &str, order: i64, columns: &str, lines: &[(i64, i64)]) {
        self.add_head(id, "ItemShip", number, "C", columns);
        for (at, (item, quantity)) in (0..).zip(lines) {
            let line = at * 2 + 1;
            self.add_line(id, line, Some(*item), &format!("quantity = {quantity}, createdfrom = {order}"));
            self.add_line(id, line + 1, Some(*item), &format!("quantity = -{quantity}, isinventoryaffecting = 'T'"));
        }
    }

    /// Writes a credit memo: the source stands on the lines, amounts have the signs of credits.
    pub fn add_credit(&self, id: i64, number: &str, source: Option<i64>, columns: &str, lines: &[(i64, i64, &str)]) {
        self.add_head(id, "CustCred", number, "A", columns);
        let source = source.map_or_else(|| "null".to_owned(), |source| source.to_string());
        for (line, (item, quantity, rate)) in (1..).zip(lines) {
            self.add_line(
                id,
                line,
                Some(*item),
                &format!("quantity = {quantity}, rate = '{rate}', foreignamount = {quantity} * {rate}, createdfrom = {source}"),
            );
        }
    }

    /// Deletes a document, as NetSuite does: it is gone, and its id is on the list.
    pub fn delete_document(&self, id: i64, word: &str) {
        self.edit_netsuite(&format!(
            "delete from \"transaction\" where id = {id}; delete from transactionline where \"transaction\" = {id}; \
             delete from nexttransactionlinelink where previousdoc = {id} or nextdoc = {id}; \
             insert into deletedrecord (recordid, recordtypeid, scriptid, name, type, deleteddate) \
             values ({id}, -30, '{word}', 'gone', '{word}', sim_now());"
        ));
    }

    /// Lets a quarter of an hour pass and brings the whole chain, as cron does.
    pub async fn next_chain(&mut self) -> Reports {
        self.clock.advance(SignedDuration::from_mins(15));
        self.clear_logs();
        let reports = self.sync(&CHAIN, Options::default()).await;
        clean(&reports);
        reports
    }

    /// The writes WizCommerce got since the log was cleared: method and collection.
    pub fn writes(&self) -> Vec<String> {
        let log = self.endpoints[1].log();
        let writes = log.iter().filter(|row| row.method != "GET");
        writes
            .map(|row| {
                let kind: Vec<&str> = row.target.split(['/', '?']).filter(|part| !part.is_empty()).skip(1).take(1).collect();
                format!("{} {}", row.method, kind.join("/"))
            })
            .collect()
    }

    /// One more run of the chain writes nothing and finds nothing wrong.
    pub async fn chain_stays_quiet(&mut self) {
        let reports = self.next_chain().await;
        for (report, _) in &reports {
            assert_eq!(report.counts.changes(), 0, "{report:?}");
        }
        assert_eq!(self.writes(), Vec::<String>::new());
    }

    /// Gives the only record of a collection with an Internal ID, with ids of its own taken out.
    pub fn paper(&self, collection: &str, id: i64) -> Value {
        self.find_paper(collection, id).unwrap_or_else(|| panic!("{collection} has no {id}"))
    }

    pub fn find_paper(&self, collection: &str, id: i64) -> Option<Value> {
        let all = self.sandbox.wizcommerce.documents(collection).unwrap();
        let reference = id.to_string();
        let mut found = all.into_iter().filter(|record| record["reference_id"] == reference.as_str());
        let mut paper = found.next()?;
        assert!(found.next().is_none(), "{collection} has {id} twice");
        strip(&mut paper, &["id", "updated_at"]);
        for list in ["items", "shipment_items"] {
            for item in paper.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                strip(item, &["id", "product_id"]);
            }
        }
        Some(paper)
    }

    /// Gives the id a record has in WizCommerce.
    pub fn wiz(&self, kind: &str, id: i64) -> String {
        self.link(kind, id).unwrap_or_else(|| panic!("{kind} {id} has no link")).wc_id.0
    }

    /// Runs one flow for records somebody names.
    pub async fn pull(&mut self, entity: EntityKind, wanted: Wanted) -> Reports {
        self.clock.advance(SignedDuration::from_mins(1));
        self.clear_logs();
        self.run(&[(entity, Task::Named(vec![wanted]))], Options::default(), &Silent).await
    }
}

fn strip(record: &mut Value, names: &[&str]) {
    if let Some(members) = record.as_object_mut() {
        for name in names {
            members.remove(*name);
        }
    }
}

/// Gives the report of one entity.
pub fn report_of(reports: &Reports, entity: EntityKind) -> &netwiz::sync::report::FlowReport {
    let found = reports.iter().find(|(report, _)| report.entity == entity.name());
    &found.unwrap_or_else(|| panic!("no report of {entity}")).0
}
