//! Customers and documents: what NetSuite's own tables say they should be in WizCommerce, worked out without the flows.

use std::collections::{BTreeMap, BTreeSet};

use netwiz::config::Extension;
use netwiz::error::{Error, ErrorKind};
use netwiz::model::{EntityKind, NetSuiteId};
use netwiz::sync::{Options, Silent, Task};
use serde_json::Value;

use super::{Reports, World};

/// Every entity that is pulled, in the order of `sync all`.
pub const ALL: [EntityKind; 8] = [
    EntityKind::Products,
    EntityKind::Kits,
    EntityKind::Inventory,
    EntityKind::Customers,
    EntityKind::Orders,
    EntityKind::Shipments,
    EntityKind::Invoices,
    EntityKind::CreditMemos,
];

/// The trade without the goods.
pub const TRADE: [EntityKind; 5] =
    [EntityKind::Customers, EntityKind::Orders, EntityKind::Shipments, EntityKind::Invoices, EntityKind::CreditMemos];

/// Item types whose lines are no goods of an order.
const NO_GOODS: &str =
    "('Discount', 'Payment', 'ShipItem', 'Subtotal', 'Description', 'Group', 'EndGroup', 'TaxItem', 'TaxGroup')";

/// One row of an answer, texts by column; what is null is missing.
type Facts = BTreeMap<String, String>;

/// Turns an amount into hundredths, so that amounts compare.
fn cents(amount: f64) -> i64 {
    (amount * 100.0).round() as i64
}

fn money(value: &Value) -> i64 {
    cents(value.as_f64().unwrap_or(0.0))
}

fn number(facts: &Facts, column: &str) -> f64 {
    facts.get(column).map_or(0.0, |text| text.parse().unwrap())
}

fn is_gone(facts: Option<&Facts>) -> bool {
    facts.is_none()
}

impl World {
    /// Switches the extension for credit memos on.
    pub fn with_credit_memos(mut self) -> Self {
        self.settings.wizcommerce.extensions.push(Extension::CreditMemos);
        self
    }

    /// Asks NetSuite's database a question of several rows.
    pub fn facts(&self, sql: &str) -> Vec<Facts> {
        self.sandbox.netsuite.with_database(|database| {
            let mut statement = database.prepare(sql).unwrap();
            let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
            let mut rows = statement.query([]).unwrap();
            let mut all = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                let text = |at: usize| match row.get_ref(at).unwrap() {
                    rusqlite::types::ValueRef::Null => None,
                    rusqlite::types::ValueRef::Integer(number) => Some(number.to_string()),
                    rusqlite::types::ValueRef::Real(number) => Some(number.to_string()),
                    rusqlite::types::ValueRef::Text(text) => Some(String::from_utf8(text.to_vec()).unwrap()),
                    rusqlite::types::ValueRef::Blob(_) => panic!("NetSuite has no such values"),
                };
                all.push(names.iter().enumerate().filter_map(|(at, name)| Some((name.clone(), text(at)?))).collect());
            }
            all
        })
    }

    /// Gives the records of a kind that came from NetSuite by their reference. Panics when a reference is there twice.
    pub fn by_reference(&self, resource: &str, what: &str) -> BTreeMap<i64, Value> {
        let mut all = BTreeMap::new();
        for document in self.sandbox.wizcommerce.documents(resource).unwrap() {
            let Some(reference) = document["reference_id"].as_str() else { continue };
            let id: i64 = reference.parse().unwrap();
            assert!(all.insert(id, document).is_none(), "{what}: {resource}: the reference {id} is there twice");
        }
        all
    }

    /// Runs some entities as one command; gives the kinds of what went wrong too.
    pub async fn attempt(&mut self, entities: &[EntityKind]) -> (Reports, Vec<ErrorKind>) {
        let tasks: Vec<(EntityKind, Task)> = entities.iter().map(|entity| (*entity, Task::Changes)).collect();
        match self.try_run(&tasks, Options::default(), &Silent).await {
            Ok(reports) => {
                let kinds = reports.iter().filter_map(|(_, error)| error.as_ref().map(Error::kind)).collect();
                (reports, kinds)
            }
            Err(error) => (Vec::new(), vec![error.kind()]),
        }
    }

    /// One more run of some entities sends nothing but reads to WizCommerce.
    pub async fn writes_nothing(&mut self, entities: &[EntityKind], what: &str) {
        self.clock.advance(jiff::SignedDuration::from_mins(15));
        self.endpoints[1].clear_log();
        let (reports, kinds) = self.attempt(entities).await;
        assert_eq!(kinds, [], "{what}");
        for (report, _) in &reports {
            assert_eq!(report.counts.changes(), 0, "{what}: {report:?}");
        }
        let writes: Vec<_> = self.endpoints[1].log().into_iter().filter(|row| row.method != "GET").collect();
        assert!(writes.is_empty(), "{what}: {writes:#?}");
    }

    /// Both sides agree on customers, orders, shipments, invoices and credit memos: each that should be there is, once, with
    /// its keys, amounts, states and lines; and the map lists each with the id it has.
    pub fn documents_agree(&self, what: &str) {
        let customers = self.customers_agree(what);
        let orders = self.orders_agree(what, &customers);
        let invoices = self.invoices_agree(what, &orders);
        self.shipments_agree(what, &orders);
        self.credit_memos_agree(what, &customers, &orders, &invoices);
        assert_eq!(self.rejected(), BTreeMap::new(), "{what}");
        for entity in TRADE {
            assert_eq!(self.state.intents(entity.name(), "pull").unwrap(), Vec::<String>::new(), "{what}: {entity}");
            assert_eq!(self.state.cursor(entity.name(), "pull").unwrap().unfinished, None, "{what}: {entity}");
        }
    }

    /// The map gives a record the id it has.
    fn is_linked(&self, kind: &str, id: i64, document: &Value, what: &str) {
        let link = self.state.link(kind, NetSuiteId(id)).unwrap().unwrap_or_else(|| panic!("{what}: {kind} {id} has no link"));
        assert_eq!(document["id"], link.wc_id.0.as_str(), "{what}: {kind} {id}");
        assert!(link.fingerprint.is_some(), "{what}: {kind} {id} is not done");
    }

    fn customers_agree(&self, what: &str) -> BTreeMap<i64, Value> {
        let stored = self.by_reference("customers", what);
        let [addresses, contacts] = ["customer_addresses", "customer_contacts"].map(|resource| {
            let mut by_customer: BTreeMap<String, BTreeMap<i64, Value>> = BTreeMap::new();
            for document in self.sandbox.wizcommerce.documents(resource).unwrap() {
                let Some(reference) = document["reference_id"].as_str() else { continue };
                let owner = document["customer_id"].as_str().unwrap_or_else(|| panic!("{document}")).to_owned();
                let twice = by_customer.entry(owner).or_default().insert(reference.parse().unwrap(), document.clone());
                assert!(twice.is_none(), "{what}: {resource}: {reference} is there twice");
            }
            by_customer
        });
        let lists: BTreeMap<String, String> = self
            .sandbox
            .wizcommerce
            .documents("price_lists")
            .unwrap()
            .iter()
            .map(|list| (list["id"].as_str().unwrap().to_owned(), list["reference_id"].as_str().unwrap_or("").to_owned()))
            .collect();
        let due = self.facts(
            "select c.id, c.entityid, coalesce(c.companyname, c.altname, c.firstname || ' ' || c.lastname) as name, c.email, t.name as terms, \
             case coalesce(c.pricelevel, 1) when 5 then 'WHOLESALE' when 6 then 'DEALER' else 'BASE' end || case u.symbol when 'EUR' then '-EUR' else '' end as list, \
             (select group_concat(b.internalid || '=' || a.addr1) from customeraddressbook b join customeraddressbookentityaddress a on a.nkey = b.addressbookaddress \
              where b.entity = c.id and a.addr1 is not null and a.city is not null) as addresses, \
             (select b.internalid from customeraddressbook b where b.entity = c.id and b.defaultbilling = 'T') as billing, \
             (select b.internalid from customeraddressbook b where b.entity = c.id and b.defaultshipping = 'T') as shipping, \
             (select group_concat(k.id || '=' || k.email) from contact k where k.company = c.id and coalesce(k.isinactive, 'F') = 'F' and k.email is not null) as contacts \
             from customer c left join term t on t.id = c.terms left join currency u on u.id = c.currency \
             where c.isinactive = 'F' and c.searchstage = 'Customer' order by c.id",
        );
        let mut expected = BTreeSet::new();
        for facts in &due {
            let id: i64 = facts["id"].parse().unwrap();
            expected.insert(id);
            let document = stored.get(&id).unwrap_or_else(|| panic!("{what}: customer {} is missing", facts["entityid"]));
            let text = |member: &str| document[member].as_str().map(str::to_owned);
            let fact = |column: &str| facts.get(column).cloned();
            assert_eq!(text("display_id"), fact("entityid"), "{what}: customer {id}");
            assert_eq!(text("name"), fact("name"), "{what}: customer {id}");
            assert_eq!(text("email"), fact("email"), "{what}: customer {id}");
            assert_eq!(text("payment_term"), fact("terms"), "{what}: customer {id}");
            assert_eq!(
                lists.get(document["assigned_price_list_id"].as_str().unwrap()),
                fact("list").as_ref(),
                "{what}: customer {id}"
            );
            let owner = document["id"].as_str().unwrap();
            let parts = |of: &BTreeMap<String, BTreeMap<i64, Value>>, member: &str| -> BTreeSet<String> {
                let parts = of.get(owner).into_iter().flatten();
                parts.map(|(id, part)| format!("{id}={}", part[member].as_str().unwrap_or(""))).collect()
            };
            let listed = |column: &str| -> BTreeSet<String> {
                facts.get(column).into_iter().flat_map(|text| text.split(',').map(str::to_owned)).collect()
            };
            assert_eq!(parts(&addresses, "address_line_1"), listed("addresses"), "{what}: customer {id}");
            let people = parts(&contacts, "email");
            // A person is their own contact.
            assert!(
                people == listed("contacts") || (listed("contacts").is_empty() && people.len() == 1),
                "{what}: customer {id}: {people:?}"
            );
            for (member, column) in [("default_billing_address_id", "billing"), ("default_shipping_address_id", "shipping")] {
                let Some(address) = facts.get(column) else { continue };
                let address = &addresses[owner][&address.parse::<i64>().unwrap()];
                assert_eq!(document[member], address["id"], "{what}: customer {id}: {member}");
            }
            self.is_linked("customers", id, document, what);
        }
        let known: BTreeSet<i64> = self
            .facts("select id from customer where searchstage = 'Customer'")
            .iter()
            .map(|facts| facts["id"].parse().unwrap())
            .collect();
        for id in stored.keys().filter(|id| !expected.contains(id)) {
            // Linked once, and inactive or deleted since: WizCommerce cannot be told.
            assert!(self.link("customers", *id).is_some() || known.contains(id), "{what}: nobody asked for customer {id}");
        }
        stored
    }

    fn orders_agree(&self, what: &str, customers: &BTreeMap<i64, Value>) -> BTreeMap<i64, Value> {
        let stored = self.by_reference("orders", what);
        let goods = format!(
            "from transactionline l join item i on i.id = l.item where l.\"transaction\" = t.id and l.mainline = 'F' and coalesce(l.iscogs, 'F') = 'F' \
             and coalesce(l.taxline, 'F') = 'F' and l.kitmemberof is null and i.itemtype not in {NO_GOODS}"
        );
        let facts: BTreeMap<i64, Facts> = self
            .facts(&format!(
                "select t.id, t.tranid, t.status, t.entity, t.externalid, t.otherrefnum, round(t.foreigntotal, 2) as total, \
                 (select count(*) {goods}) as lines, (select -sum(l.foreignamount) {goods}) as amount, (select -sum(coalesce(l.quantity, -1)) {goods}) as pieces, \
                 (select sum(abs(coalesce(l.quantityshiprecv, 0))) {goods}) as shipped, (select sum(abs(coalesce(l.quantitybilled, 0))) {goods}) as billed, \
                 (select group_concat(i.itemid) {goods}) as names \
                 from \"transaction\" t where t.type = 'SalesOrd' order by t.id"
            ))
            .into_iter()
            .map(|facts| (facts["id"].parse().unwrap(), facts))
            .collect();
        for (id, facts) in &facts {
            let due = !facts.contains_key("externalid") && ["B", "D", "E", "F", "G"].contains(&facts["status"].as_str());
            if due {
                assert!(stored.contains_key(id), "{what}: order {} is missing", facts["tranid"]);
            }
        }
        for (id, document) in &stored {
            let Some(facts) = facts.get(id) else {
                assert_eq!(document["status"], "cancelled", "{what}: order {id} was deleted");
                continue;
            };
            let name = &facts["tranid"];
            let lines = document["line_items"].as_array().unwrap();
            let sum = |member: &str| lines.iter().map(|line| line[member].as_f64().unwrap_or(0.0)).sum::<f64>();
            let (status, shipped) = (facts["status"].as_str(), number(facts, "shipped"));
            let ended = matches!(status, "C" | "H");
            assert_eq!(document["display_id"], name.as_str(), "{what}");
            assert_eq!(document["source"], "netsuite", "{what}: {name}");
            assert_eq!(document["customer_id"], customers[&facts["entity"].parse().unwrap()]["id"], "{what}: {name}");
            assert_eq!(lines.len() as f64, number(facts, "lines"), "{what}: {name}: lines");
            assert_eq!(money(&document["amount"]), cents(number(facts, "amount")), "{what}: {name}: amount");
            let total = document["amount"].as_f64().unwrap() - document["discount_value"].as_f64().unwrap_or(0.0)
                + document["tax_value"].as_f64().unwrap_or(0.0)
                + document["shipping_charge"].as_f64().unwrap_or(0.0);
            assert_eq!(cents(total), cents(number(facts, "total")), "{what}: {name}: total");
            assert_eq!(sum("quantity"), number(facts, "pieces"), "{what}: {name}: pieces");
            assert_eq!(sum("shipped_quantity"), shipped, "{what}: {name}: shipped");
            assert_eq!(sum("invoiced_quantity"), number(facts, "billed"), "{what}: {name}: billed");
            if ended {
                assert_eq!(sum("cancelled_quantity"), number(facts, "pieces") - shipped, "{what}: {name}: cancelled");
            }
            let state = if ended && shipped == 0.0 { "cancelled" } else { "confirmed" };
            assert_eq!(document["status"], state, "{what}: {name}");
            let progress = match status {
                "F" | "G" => "FULFILLED",
                "D" | "E" => "PARTIALLY_FULFILLED",
                "C" | "H" if shipped > 0.0 => "PARTIALLY_FULFILLED",
                _ => "UNFULFILLED",
            };
            assert_eq!(document["fulfillment_status"], progress, "{what}: {name}");
            self.is_linked("orders", *id, document, what);
        }
        stored
    }

    /// Finds the order of a document: that of its first line that has one.
    fn made_from(&self, kind: &str) -> BTreeMap<i64, i64> {
        let sql = format!(
            "select t.id, (select l.createdfrom from transactionline l join \"transaction\" s on s.id = l.createdfrom and s.type = 'SalesOrd' \
             where l.\"transaction\" = t.id order by l.id limit 1) as source from \"transaction\" t where t.type = '{kind}'"
        );
        let rows = self.facts(&sql);
        rows.iter().filter_map(|facts| Some((facts["id"].parse().unwrap(), facts.get("source")?.parse().unwrap()))).collect()
    }

    fn invoices_agree(&self, what: &str, orders: &BTreeMap<i64, Value>) -> BTreeMap<i64, Value> {
        let stored = self.by_reference("invoices", what);
        let sources = self.made_from("CustInvc");
        let goods = format!(
            "from transactionline l join item i on i.id = l.item where l.\"transaction\" = t.id and l.mainline = 'F' and coalesce(l.iscogs, 'F') = 'F' \
             and coalesce(l.taxline, 'F') = 'F' and l.kitmemberof is null and i.itemtype not in {NO_GOODS}"
        );
        let facts: BTreeMap<i64, Facts> = self
            .facts(&format!(
                "select t.id, t.tranid, t.status, coalesce(t.approvalstatus, 2) as approval, coalesce(t.voided, 'F') as voided, round(t.foreigntotal, 2) as total, \
                 round(t.foreignamountpaid, 2) as paid, round(t.foreignamountunpaid, 2) as open, (select count(*) {goods}) as lines, (select -sum(l.foreignamount) {goods}) as amount \
                 from \"transaction\" t where t.type = 'CustInvc' order by t.id"
            ))
            .into_iter()
            .map(|facts| (facts["id"].parse().unwrap(), facts))
            .collect();
        for (id, facts) in &facts {
            let order = sources.get(id).filter(|order| orders.contains_key(order));
            if order.is_some() && facts["approval"] == "2" {
                assert!(stored.contains_key(id), "{what}: invoice {} is missing", facts["tranid"]);
            }
        }
        for (id, document) in &stored {
            let (facts, paid) = (facts.get(id), money(&document["paid_amount"]));
            let is_void = facts.is_some_and(|facts| facts["voided"] == "T" || facts["status"] == "V");
            if is_gone(facts) || is_void {
                assert_eq!(
                    (money(&document["total_amount"]), paid, document["status"].as_str()),
                    (0, 0, Some("PAID")),
                    "{what}: invoice {id}"
                );
                continue;
            }
            let facts = facts.unwrap();
            let name = &facts["tranid"];
            let lines = document["items"].as_array().unwrap();
            assert_eq!(document["invoice_number"], name.as_str(), "{what}");
            assert_eq!(document["order_id"], orders[&sources[id]]["id"], "{what}: {name}");
            assert_eq!(money(&document["total_amount"]), cents(number(facts, "total")), "{what}: {name}: total");
            assert_eq!(paid, cents(number(facts, "paid")), "{what}: {name}: paid");
            assert_eq!(document["status"], if number(facts, "open") <= 0.0 { "PAID" } else { "UNPAID" }, "{what}: {name}");
            assert_eq!(lines.len() as f64, number(facts, "lines"), "{what}: {name}: lines");
            let amount: i64 = lines.iter().map(|line| money(&line["item_total"])).sum();
            assert_eq!(amount, cents(number(facts, "amount")), "{what}: {name}: amount");
            self.is_linked("invoices", *id, document, what);
        }
        stored
    }

    fn shipments_agree(&self, what: &str, orders: &BTreeMap<i64, Value>) {
        let stored = self.by_reference("shipments", what);
        let sources = self.made_from("ItemShip");
        let facts: BTreeMap<i64, Facts> = self
            .facts(
                "select t.id, t.tranid, t.status, (select count(*) from trackingnumbermap m where m.\"transaction\" = t.id) as numbers, \
                 (select sum(l.quantity) from transactionline l join item i on i.id = l.item and i.itemtype <> 'ShipItem' where l.\"transaction\" = t.id and l.mainline = 'F' \
                  and coalesce(l.iscogs, 'F') = 'F' and l.quantity > 0) as pieces, \
                 (select count(*) from nexttransactionlinelink k join transactionline o on o.\"transaction\" = k.previousdoc and o.id = k.previousline \
                  where k.nextdoc = t.id and (k.linktype = 'KitShip' or o.kitmemberof is not null)) as kits \
                 from \"transaction\" t where t.type = 'ItemShip' order by t.id",
            )
            .into_iter()
            .map(|facts| (facts["id"].parse().unwrap(), facts))
            .collect();
        for (id, facts) in &facts {
            let order = sources.get(id).filter(|order| orders.contains_key(order));
            if order.is_some() && facts["status"] == "C" {
                assert!(stored.contains_key(id), "{what}: shipment {} is missing", facts["tranid"]);
            }
        }
        for (id, document) in &stored {
            let Some(facts) = facts.get(id) else {
                assert_eq!(document["status"], "inactive", "{what}: shipment {id} was deleted");
                continue;
            };
            let name = &facts["tranid"];
            assert_eq!(document["name"], name.as_str(), "{what}");
            assert_eq!(document["status"], "active", "{what}: {name}");
            assert_eq!(document["order_id"], orders[&sources[id]]["id"], "{what}: {name}");
            assert_eq!(document["shipment_status"], if facts["status"] == "C" { "shipped" } else { "created" }, "{what}: {name}");
            let pieces: f64 =
                document["shipment_items"].as_array().unwrap().iter().map(|item| item["quantity"].as_f64().unwrap()).sum();
            // Of a kit its components are fulfilled, and the kit is told.
            if number(facts, "pieces") > 0.0 && number(facts, "kits") == 0.0 {
                assert_eq!(pieces, number(facts, "pieces"), "{what}: {name}: pieces");
            }
            let numbers = document["tracking_info"]["tracking_number"].as_str().map_or(0, |text| text.split(", ").count());
            assert!(numbers as f64 >= number(facts, "numbers"), "{what}: {name}: tracking numbers");
            self.is_linked("shipments", *id, document, what);
        }
    }

    fn credit_memos_agree(
        &self,
        what: &str,
        customers: &BTreeMap<i64, Value>,
        orders: &BTreeMap<i64, Value>,
        invoices: &BTreeMap<i64, Value>,
    ) {
        let stored = self.by_reference("credit_memos", what);
        let facts: BTreeMap<i64, Facts> = self
            .facts(
                "select t.id, t.tranid, t.entity, t.status, coalesce(t.voided, 'F') as voided, round(abs(t.foreigntotal), 2) as total, \
                 round(abs(coalesce(t.foreignpaymentamountused, 0)), 2) as applied, \
                 (select k.previousdoc from nexttransactionlinelink k where k.nextdoc = t.id and k.linktype = 'Payment' order by k.previousdoc limit 1) as invoice, \
                 (select l.createdfrom from transactionline l where l.\"transaction\" = t.id and l.createdfrom is not null order by l.id limit 1) as source \
                 from \"transaction\" t where t.type = 'CustCred' order by t.id",
            )
            .into_iter()
            .map(|facts| (facts["id"].parse().unwrap(), facts))
            .collect();
        for (id, facts) in &facts {
            if customers.contains_key(&facts["entity"].parse().unwrap()) {
                assert!(stored.contains_key(id), "{what}: credit memo {} is missing", facts["tranid"]);
            }
        }
        for (id, document) in &stored {
            let facts = facts.get(id);
            if facts.is_none_or(|facts| facts["voided"] == "T" || facts["status"] == "V") {
                assert_eq!(document["status"], "VOIDED", "{what}: credit memo {id}");
                continue;
            }
            let facts = facts.unwrap();
            let name = &facts["tranid"];
            let (total, applied) = (number(facts, "total"), number(facts, "applied"));
            assert_eq!(document["credit_memo_number"], name.as_str(), "{what}");
            assert_eq!(document["customer_id"], customers[&facts["entity"].parse().unwrap()]["id"], "{what}: {name}");
            assert_eq!(money(&document["total_amount"]), cents(total), "{what}: {name}: total");
            assert_eq!(money(&document["applied_amount"]), cents(applied), "{what}: {name}: applied");
            assert_eq!(document["status"], if applied >= total { "APPLIED" } else { "OPEN" }, "{what}: {name}");
            let of = |column: &str, stored: &BTreeMap<i64, Value>| {
                facts.get(column).and_then(|id| stored.get(&id.parse().unwrap())).map(|document| document["id"].clone())
            };
            if let Some(invoice) = of("source", invoices).or_else(|| of("invoice", invoices)) {
                assert_eq!(document["invoice_id"], invoice, "{what}: {name}: invoice");
            }
            if let Some(order) = of("source", orders) {
                assert_eq!(document["order_id"], order, "{what}: {name}: order");
            }
            self.is_linked("credit-memos", *id, document, what);
        }
    }
}
