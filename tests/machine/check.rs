//! What both sides must be in the end, read from the simulators' own tables and worked out without the flows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::steps::{Trail, pushes};
use super::world::World;
use netwiz::model::EntityKind;

/// What a look at both sides found.
struct Look<'w> {
    world: &'w World,
    trail: &'w Trail,
    wrong: Vec<String>,
    /// Keys of stored rejections by entity: of either side, heads included.
    rejected: BTreeSet<(String, String)>,
}

/// Compares both sides; gives what is wrong.
pub fn agree(world: &World, trail: &Trail) -> Vec<String> {
    let mut rejected = BTreeSet::new();
    for worker in &world.workers {
        for row in worker.rows("select entity, key, head from rejection") {
            rejected.insert((row[0].clone(), row[1].clone()));
            rejected.insert((row[0].clone(), row[2].clone()));
        }
    }
    let mut look = Look { world, trail, wrong: Vec::new(), rejected };
    look.one_of_each();
    look.products();
    look.stock();
    look.customers();
    let orders = look.orders();
    look.invoices(&orders);
    look.shipments(&orders);
    look.credit_memos();
    if pushes(EntityKind::Customers) {
        look.pushed_customers();
    }
    if pushes(EntityKind::Orders) {
        look.pushed_sales("orders", "wz_so_", "SalesOrd");
    }
    if pushes(EntityKind::Estimates) {
        look.pushed_sales("quotes", "wz_es_", "Estimate");
    }
    if pushes(EntityKind::Payments) {
        look.pushed_payments();
    }
    look.foreign();
    look.deleted();
    look.states();
    look.wrong
}

fn text<'v>(document: &'v Value, member: &str) -> &'v str {
    document[member].as_str().unwrap_or_default()
}

/// Hundredths of an amount, whichever way it is written.
fn cents(amount: &str) -> i64 {
    (amount.parse::<f64>().unwrap_or(0.0) * 100.0).round() as i64
}

fn money(document: &Value, member: &str) -> i64 {
    (document[member].as_f64().unwrap_or(0.0) * 100.0).round() as i64
}

impl Look<'_> {
    fn expect(&mut self, is_so: bool, words: impl FnOnce() -> String) {
        if !is_so {
            self.wrong.push(words());
        }
    }

    fn is_rejected(&self, entity: &str, key: &str) -> bool {
        self.rejected.contains(&(entity.to_owned(), key.to_owned()))
    }

    /// Tells whether people deleted a record in WizCommerce.
    fn is_deleted_there(&self, resource: &str, reference: &str) -> bool {
        self.trail.deleted_there.iter().any(|((of, _), known)| of == resource && known == reference)
    }

    /// Gives the records of a collection by reference.
    fn by_reference(&self, resource: &str) -> BTreeMap<String, Value> {
        let all = self.world.documents(resource).into_iter();
        all.filter(|document| !text(document, "reference_id").is_empty())
            .map(|document| (text(&document, "reference_id").to_owned(), document))
            .collect()
    }

    /// Whether a deletion in NetSuite can be known: a state that was lost does not know what was linked when it happened.
    fn knows_deletions(&self) -> bool {
        !self.trail.forgot
    }

    /// Gives the record that should be there, or says that it is not and nobody knows why (I3).
    fn due<'d>(&mut self, (entity, resource): (&str, &str), id: &str, stored: &'d BTreeMap<String, Value>) -> Option<&'d Value> {
        let found = stored.get(id);
        let explained = self.is_rejected(entity, id) || self.is_deleted_there(resource, id);
        if found.is_none() {
            self.expect(explained, || format!("I3: {entity} {id} did not arrive, and no rejection says why"));
        }
        found.filter(|_| !explained)
    }

    /// I1: one live record per key on each side.
    fn one_of_each(&mut self) {
        for (resource, member) in [
            ("products", "reference_id"),
            ("products", "sku"),
            ("inventories", "sku"),
            ("customers", "reference_id"),
            ("customers", "display_id"),
            ("customer_addresses", "reference_id"),
            ("customer_contacts", "reference_id"),
            ("orders", "reference_id"),
            ("orders", "display_id"),
            ("invoices", "reference_id"),
            ("shipments", "reference_id"),
            ("credit_memos", "reference_id"),
            ("attributes", "name"),
        ] {
            let mut seen = BTreeSet::new();
            for document in self.world.documents(resource) {
                let key = if resource == "attributes" {
                    format!("{} {}", text(&document, "entity"), text(&document, member))
                } else {
                    text(&document, member).to_owned()
                };
                if !key.is_empty() && !seen.insert(key.clone()) {
                    self.wrong.push(format!("I1: {resource} has {member} {key} twice"));
                }
            }
        }
        for sql in [
            "select email from contact where email is not null group by email, company having count(*) > 1",
            "select email from customer where email is not null and email <> '' group by email having count(*) > 1",
        ] {
            for row in self.world.netsuite(sql) {
                self.wrong.push(format!("I1: NetSuite has {} twice: {sql}", row[0]));
            }
        }
    }

    fn products(&mut self) {
        let stored = self.by_reference("products");
        let lists: BTreeMap<String, String> = self
            .world
            .documents("price_lists")
            .iter()
            .map(|list| (text(list, "id").to_owned(), text(list, "reference_id").to_owned()))
            .collect();
        let rows = self.world.netsuite(
            "select i.id, i.itemid, coalesce(i.displayname, i.itemid), i.isinactive, \
             (select p.unitprice from pricing p where p.item = i.id and p.pricelevel = 1 and p.quantity = 1) from item i \
             where i.itemtype in ('InvtPart', 'Assembly', 'Kit') and coalesce(i.matrixtype, '') <> 'PARENT' order by i.id",
        );
        let known: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        for row in &rows {
            let [id, itemid, name, inactive, price] = row.as_slice() else { unreachable!() };
            let Some(product) = self.due(("products", "products"), id, &stored) else { continue };
            let sku = itemid.rsplit(" : ").next().unwrap();
            self.expect(text(product, "sku") == sku, || format!("product {id} is {} and not {sku}", product["sku"]));
            self.expect(text(product, "name") == name, || {
                format!("I3: product {id} is called {} and not {name}", product["name"])
            });
            let status = if inactive == "T" { "inactive" } else { "active" };
            // What was written after a backup and undone before it came back, no state can know.
            let is_known = !(self.trail.forgot && self.trail.switched.contains(id));
            self.expect(text(product, "status") == status || !is_known, || {
                format!("I3: product {id} is {} and not {status}", product["status"])
            });
            let base = product["product_prices"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|price| lists.get(text(price, "price_list_id")).is_some_and(|list| list == "BASE"));
            let shown = base.map(|base| money(base, "price"));
            self.expect(shown == Some(cents(price)), || format!("I3: product {id} costs {shown:?} and not {price}"));
        }
        for (reference, product) in &stored {
            self.expect(known.contains(reference.as_str()), || format!("nobody asked for the product {}", product["sku"]));
        }
    }

    fn stock(&mut self) {
        let stored: BTreeMap<String, Value> =
            self.world.documents("inventories").into_iter().map(|record| (text(&record, "sku").to_owned(), record)).collect();
        let rows = self.world.netsuite(
            "select i.id, i.itemid, sum(max(coalesce(a.quantityavailable, 0), 0)) from item i join aggregateitemlocation a on a.item = i.id \
             where i.itemtype in ('InvtPart', 'Assembly') and coalesce(i.matrixtype, '') <> 'PARENT' and i.isinactive = 'F' group by i.id",
        );
        for row in rows {
            let sku = row[1].rsplit(" : ").next().unwrap();
            if self.is_rejected("inventory", &row[0])
                || self.is_rejected("products", &row[0])
                || self.is_deleted_there("products", &row[0])
            {
                continue;
            }
            let shown = stored.get(sku).map(|record| money(record, "available_quantity"));
            self.expect(shown == Some(cents(&row[2])), || {
                format!("I3: of {sku} there are {shown:?} hundredths and not {}", row[2])
            });
        }
    }

    fn customers(&mut self) {
        let stored = self.by_reference("customers");
        let rows = self.world.netsuite(
            "select c.id, c.companyname, coalesce(c.email, ''), coalesce(c.phone, ''), coalesce(t.name, '') from customer c \
             left join term t on t.id = c.terms where c.isinactive = 'F' and c.searchstage = 'Customer' order by c.id",
        );
        for row in rows {
            let [id, name, email, phone, term] = row.as_slice() else { unreachable!() };
            let Some(customer) = self.due(("customers", "customers"), id, &stored) else { continue };
            let wc_id = text(customer, "id").to_owned();
            if self.is_rejected("customers", &wc_id) {
                continue;
            }
            for (member, value) in [("name", name), ("email", email), ("payment_term", term)] {
                let shown = if member == "name" && text(customer, member).is_empty() {
                    text(customer, "company_name")
                } else {
                    text(customer, member)
                };
                self.expect(shown == value, || format!("I3: customer {id}: {member} is {shown:?} there and {value:?} here"));
            }
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            let shown = text(customer, "phone");
            self.expect(digits(shown) == digits(phone), || {
                format!("I3: customer {id}: the phone is {shown:?} there and {phone:?} here")
            });
            for (field, here) in [("email", email), ("phone", phone)] {
                let writes = [id.clone(), wc_id.clone()].into_iter().filter_map(|key| self.trail.fields.get(&(key, field)));
                let writes: Vec<(char, String)> = writes.flatten().cloned().collect();
                if writes.is_empty() || self.trail.forgot || self.trail.vague.contains(id) || self.trail.vague.contains(&wc_id) {
                    continue;
                }
                let last = |side: char| writes.iter().rfind(|(by, _)| *by == side).map(|(_, value)| digits_or(field, value));
                let (netsuite, wizcommerce, here) = (last('n'), last('w'), digits_or(field, here));
                let is_last = Some(&here) == netsuite.as_ref() || Some(&here) == wizcommerce.as_ref();
                // What one state pushed is NetSuite's own news to another one, and wins over a later edit that it never agreed on.
                let is_pushed = self.world.workers.len() > 1 && writes.iter().any(|(_, value)| digits_or(field, value) == here);
                self.expect(is_last || is_pushed, || {
                    format!("I3: customer {id}: {field} is {here}, which nobody wrote last: {writes:?}")
                });
            }
            self.parts(id, &wc_id);
        }
    }

    /// Addresses and contacts of a customer: those NetSuite has are there, and those born in the shop are here.
    fn parts(&mut self, id: &str, wc_id: &str) {
        let of_it = |resource: &str| -> Vec<Value> {
            self.world.documents(resource).into_iter().filter(|part| text(part, "customer_id") == wc_id).collect()
        };
        let (addresses, contacts) = (of_it("customer_addresses"), of_it("customer_contacts"));
        let mut here: Vec<String> = self
            .world
            .netsuite(&format!(
                "select a.addr1 from customeraddressbook b join customeraddressbookentityaddress a on a.nkey = b.addressbookaddress where b.entity = {id}"
            ))
            .into_iter()
            .map(|row| row[0].clone())
            .collect();
        let mut there: Vec<String> = addresses.iter().map(|address| text(address, "address_line_1").to_owned()).collect();
        here.sort();
        there.sort();
        self.expect(here == there, || format!("I3: customer {id} has the addresses {there:?} there and {here:?} here"));
        let mut here: Vec<String> = self
            .world
            .netsuite(&format!(
                "select email from contact where company = {id} and coalesce(isinactive, 'F') = 'F' and email is not null"
            ))
            .into_iter()
            .map(|row| row[0].clone())
            .collect();
        let mut there: Vec<String> = contacts.iter().map(|contact| text(contact, "email").to_owned()).collect();
        here.sort();
        there.sort();
        self.expect(here == there, || format!("I3: customer {id} has the contacts {there:?} there and {here:?} here"));
    }

    /// Every customer of the shop is in NetSuite, once, under its external id.
    fn pushed_customers(&mut self) {
        for customer in self.world.documents("customers") {
            let (id, reference) = (text(&customer, "id").to_owned(), text(&customer, "reference_id").to_owned());
            if self.is_rejected("customers", &id) || self.is_rejected("customers", &reference) {
                continue;
            }
            self.expect(!reference.is_empty(), || format!("I3: customer {id} was not pushed"));
            let rows = self.world.netsuite(&format!("select id from customer where externalid = 'wz_cu_{}'", id.to_lowercase()));
            self.expect(rows.iter().all(|row| row[0] == reference), || format!("I1: customer {id} is {rows:?} and {reference}"));
            let there = self.world.netsuite(&format!("select id from customer where id = '{reference}'"));
            self.expect(!there.is_empty(), || format!("customer {id} names {reference}, which is not there"));
        }
    }

    /// Lines of a document in NetSuite as texts: SKU, pieces and rate in hundredths.
    fn lines_here(&self, id: &str) -> Vec<String> {
        let lines = self.world.netsuite(&format!(
            "select i.itemid, -l.quantity, l.rate from transactionline l join item i on i.id = l.item \
             where l.\"transaction\" = {id} and l.mainline = 'F' and coalesce(l.taxline, 'F') = 'F' and l.kitmemberof is null"
        ));
        let mut lines: Vec<String> =
            lines.into_iter().map(|line| format!("{} {} {}", line[0], cents(&line[1]), cents(&line[2]))).collect();
        lines.sort();
        lines
    }

    /// Every sale of the shop that is meant to be in NetSuite is there once, with its lines and its customer (I1, I2, I8).
    fn pushed_sales(&mut self, resource: &str, prefix: &str, kind: &str) {
        let entity = if resource == "orders" { "orders" } else { "estimates" };
        let customers: BTreeMap<String, String> = self
            .world
            .documents("customers")
            .iter()
            .map(|customer| (text(customer, "id").to_owned(), text(customer, "reference_id").to_owned()))
            .collect();
        for sale in self.world.documents(resource) {
            let (id, status) = (text(&sale, "id").to_owned(), text(&sale, "status").to_owned());
            let name = format!("{prefix}{}", id.to_lowercase());
            if text(&sale, "source") == "netsuite" {
                let doubled =
                    !self.world.netsuite(&format!("select id from \"transaction\" where externalid = '{name}'")).is_empty();
                self.expect(!doubled, || format!("{resource} {} came from NetSuite and went back as {name}", sale["display_id"]));
                continue;
            }
            let rows =
                self.world.netsuite(&format!("select id, type, entity, status from \"transaction\" where externalid = '{name}'"));
            let is_gone = self.trail.deleted_here.values().any(|known| *known == name);
            let explained = is_gone || self.is_rejected(entity, &id);
            let [row] = rows.as_slice() else {
                let is_due = matches!(status.as_str(), "confirmed" | "submitted");
                self.expect(!is_due || explained, || {
                    format!("I3: {resource} {} was not pushed, and no rejection says why", sale["display_id"])
                });
                continue;
            };
            self.expect(row[1] == kind, || format!("{name} is a {}", row[1]));
            let owner = customers.get(text(&sale, "customer_id"));
            self.expect(owner == Some(&row[2]), || format!("I8: {name} belongs to {} and not {owner:?}", row[2]));
            if let Some(pieces) = row[0].parse().ok().and_then(|id: i64| self.trail.by_hand.get(&id)) {
                let shown = self.world.netsuite(&format!("select cast(-quantity as integer) from transactionline where \"transaction\" = {} and mainline = 'F' order by id limit 1", row[0]));
                let kept = shown.first().is_some_and(|line| line[0] == pieces.to_string());
                self.expect(kept, || format!("I6: somebody made the first line of {name} {pieces}, and it is {shown:?}"));
                continue;
            }
            let has_ended = matches!(row[3].as_str(), "C" | "H") && kind == "SalesOrd";
            if explained || (has_ended && status != "cancelled") || status == "draft" {
                continue;
            }
            if status == "cancelled" {
                self.expect(has_ended, || {
                    format!("I3: {resource} {} was cancelled, and {name} is {}", sale["display_id"], row[3])
                });
                continue;
            }
            let lines = sale["line_items"].as_array().cloned().unwrap_or_default();
            let mut there: Vec<String> = lines
                .iter()
                .map(|line| format!("{} {} {}", text(line, "sku"), money(line, "quantity"), money(line, "unit_price")))
                .collect();
            there.sort();
            let here = self.lines_here(&row[0]);
            // What was edited while no state knew of it is told in the run's notes, and stays on both sides.
            self.expect(here == there || self.trail.forgot, || {
                format!("I2: {name} has the lines {here:?} here and {there:?} there")
            });
        }
    }

    /// Every payment is one deposit, or all rises of what an order has paid are together what NetSuite booked for it (I9).
    fn pushed_payments(&mut self) {
        let booked = |name: &str| -> Vec<i64> {
            let sql = format!("select foreigntotal from \"transaction\" where type = 'CustDep' and externalid like '{name}'");
            self.world.netsuite(&sql).iter().map(|row| cents(&row[0])).collect()
        };
        let mut wrong = Vec::new();
        if self.world.has_payments() {
            for payment in self.world.documents("payments") {
                let id = text(&payment, "id").to_lowercase();
                let deposits = booked(&format!("wz_dp_{id}"));
                let is_right = deposits == [money(&payment, "amount")];
                let has_reason = deposits.is_empty() && self.is_rejected("payments", text(&payment, "id"));
                if !(is_right || has_reason) {
                    wrong.push(format!(
                        "I9: payment {} of {} is booked as {deposits:?}",
                        payment["reference_id"], payment["amount"]
                    ));
                }
            }
        } else {
            for order in self.world.documents("orders").iter().filter(|order| text(order, "source") != "netsuite") {
                let id = text(order, "id");
                let deposits = booked(&format!("wz_dp_{}\\_%' escape '\\", id.to_lowercase()));
                let paid = money(order, "amount_paid");
                let is_right = deposits.iter().sum::<i64>() == paid;
                if !is_right && !self.is_rejected("payments", id) && text(order, "status") == "confirmed" {
                    wrong.push(format!("I9: of order {} {paid} is paid and {deposits:?} booked", order["display_id"]));
                }
                // Whatever else happens, nobody's money is booked twice.
                if deposits.iter().sum::<i64>() > paid.max(self.trail.paid.get(id).copied().unwrap_or(0)) {
                    wrong.push(format!("I9: of order {} {paid} is paid and more is booked: {deposits:?}", order["display_id"]));
                }
            }
        }
        self.wrong.extend(wrong);
    }

    /// Orders of NetSuite in WizCommerce; gives their ids by Internal ID.
    fn orders(&mut self) -> BTreeMap<String, String> {
        let stored = self.by_reference("orders");
        let rows = self.world.netsuite(
            "select t.id, t.status, t.entity, coalesce(t.otherrefnum, ''), t.foreigntotal from \"transaction\" t \
             where t.type = 'SalesOrd' and t.externalid is null order by t.id",
        );
        let customers = self.by_reference("customers");
        let known: BTreeSet<String> = rows.iter().map(|row| row[0].clone()).collect();
        for row in &rows {
            let [id, status, entity, po, total] = row.as_slice() else { unreachable!() };
            let ended = matches!(status.as_str(), "C" | "H");
            if ended && !stored.contains_key(id) {
                continue;
            }
            let Some(order) = self.due(("orders", "orders"), id, &stored) else { continue };
            // One that ended while no state knew it is out of scope.
            if ended && self.trail.forgot {
                continue;
            }
            let owner = customers.get(entity).map(|customer| text(customer, "id"));
            self.expect(owner == Some(text(order, "customer_id")), || {
                format!("I8: order {id} belongs to {}", order["customer_id"])
            });
            self.expect(text(order, "po_number") == po, || {
                format!("I3: order {id} has the PO number {} and not {po}", order["po_number"])
            });
            self.expect(money(order, "amount") == cents(total), || {
                format!("I9: order {id} is about {} and not {total}", order["amount"])
            });
            let state = if ended { "cancelled" } else { "confirmed" };
            self.expect(text(order, "status") == state, || format!("I3: order {id} is {} and not {state}", order["status"]));
            let mut here: Vec<String> = self
                .world
                .netsuite(&format!(
                    "select i.itemid, -l.quantity, l.rate from transactionline l join item i on i.id = l.item \
                     where l.\"transaction\" = {id} and l.mainline = 'F' order by l.id"
                ))
                .into_iter()
                .map(|line| format!("{} {} {}", line[0], cents(&line[1]), cents(&line[2])))
                .collect();
            let lines = order["line_items"].as_array().cloned().unwrap_or_default();
            let mut there: Vec<String> = lines
                .iter()
                .map(|line| format!("{} {} {}", text(line, "sku"), money(line, "quantity"), money(line, "unit_price")))
                .collect();
            here.sort();
            there.sort();
            self.expect(here == there, || format!("I2: order {id} has the lines {there:?} there and {here:?} here"));
        }
        for (reference, order) in
            stored.iter().filter(|(reference, order)| text(order, "source") == "netsuite" && !known.contains(*reference))
        {
            let is_over =
                !self.knows_deletions() || text(order, "status") == "cancelled" || self.is_rejected("orders", reference);
            self.expect(is_over, || format!("I3: order {reference} was deleted and is {} there", order["status"]));
        }
        self.world
            .documents("orders")
            .into_iter()
            .filter(|order| !text(order, "reference_id").is_empty())
            .map(|order| (text(&order, "reference_id").to_owned(), text(&order, "id").to_owned()))
            .collect()
    }

    /// Documents with their order; after a loss of the state not those of orders that had ended, which nothing brings again.
    fn sources(&self, kind: &str) -> Vec<Vec<String>> {
        let ended = "select id from \"transaction\" where type = 'SalesOrd' and status in ('C', 'H')";
        let ended: BTreeSet<String> = self.world.netsuite(ended).into_iter().map(|row| row[0].clone()).collect();
        let mut rows = self.all_sources(kind);
        for row in &mut rows {
            if self.trail.forgot && ended.contains(&row[1]) {
                row[1].clear();
            }
        }
        rows
    }

    fn all_sources(&self, kind: &str) -> Vec<Vec<String>> {
        self.world.netsuite(&format!(
            "select t.id, coalesce((select l.createdfrom from transactionline l where l.\"transaction\" = t.id and l.createdfrom is not null \
             order by l.id limit 1), ''), t.status, t.foreigntotal, coalesce(t.foreignamountpaid, 0), \
             (select externalid from \"transaction\" o where o.id = (select l.createdfrom from transactionline l where l.\"transaction\" = t.id \
             and l.createdfrom is not null order by l.id limit 1)) from \"transaction\" t where t.type = '{kind}' order by t.id"
        ))
    }

    fn invoices(&mut self, orders: &BTreeMap<String, String>) {
        let stored = self.by_reference("invoices");
        let rows = self.sources("CustInvc");
        for row in rows.iter().filter(|row| orders.contains_key(&row[1])) {
            let id = &row[0];
            let Some(invoice) = self.due(("invoices", "invoices"), id, &stored) else { continue };
            self.expect(orders.get(&row[1]).map(String::as_str) == Some(text(invoice, "order_id")), || {
                format!("I8: invoice {id} hangs off {}", invoice["order_id"])
            });
            self.expect(money(invoice, "total_amount") == cents(&row[3]), || {
                format!("I9: invoice {id} is about {}", invoice["total_amount"])
            });
            self.expect(money(invoice, "paid_amount") == cents(&row[4]), || {
                format!("I3: of invoice {id} {} is paid and not {}", invoice["paid_amount"], row[4])
            });
        }
        let known: BTreeSet<&String> = rows.iter().map(|row| &row[0]).collect();
        for (reference, invoice) in stored.iter().filter(|(reference, _)| !known.contains(reference)) {
            let is_over =
                !self.knows_deletions() || money(invoice, "total_amount") == 0 || self.is_rejected("invoices", reference);
            self.expect(is_over, || {
                format!("I3: invoice {reference} was deleted and is about {} there", invoice["total_amount"])
            });
        }
        self.hang_on("invoices");
    }

    fn shipments(&mut self, orders: &BTreeMap<String, String>) {
        let stored = self.by_reference("shipments");
        let rows = self.sources("ItemShip");
        for row in rows.iter().filter(|row| orders.contains_key(&row[1])) {
            let id = &row[0];
            // One that was never shipped is out of scope, and so is one that was taken back while no state knew it.
            if row[2] != "C" && (!stored.contains_key(id) || self.trail.forgot) {
                continue;
            }
            let Some(shipment) = self.due(("shipments", "shipments"), id, &stored) else { continue };
            self.expect(orders.get(&row[1]).map(String::as_str) == Some(text(shipment, "order_id")), || {
                format!("I8: shipment {id} hangs off {}", shipment["order_id"])
            });
            let state = if row[2] == "C" { "shipped" } else { "created" };
            self.expect(text(shipment, "shipment_status") == state, || {
                format!("I3: shipment {id} is {} and not {state}", shipment["shipment_status"])
            });
            self.expect(text(shipment, "status") == "active", || format!("I3: shipment {id} is {}", shipment["status"]));
        }
        let known: BTreeSet<&String> = rows.iter().map(|row| &row[0]).collect();
        for (reference, shipment) in stored.iter().filter(|(reference, _)| !known.contains(reference)) {
            let is_over =
                !self.knows_deletions() || text(shipment, "status") == "inactive" || self.is_rejected("shipments", reference);
            self.expect(is_over, || format!("I3: shipment {reference} was deleted and is {} there", shipment["status"]));
        }
        self.hang_on("shipments");
    }

    fn credit_memos(&mut self) {
        let stored = self.by_reference("credit_memos");
        let rows = self.sources("CustCred");
        let orders = self.by_reference("orders");
        let invoices: BTreeMap<String, String> =
            self.sources("CustInvc").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
        for row in &rows {
            let id = &row[0];
            // Of an order that is out of scope nothing is brought.
            if invoices.get(&row[1]).is_some_and(|order| !orders.contains_key(order)) {
                continue;
            }
            let Some(memo) = self.due(("credit-memos", "credit_memos"), id, &stored) else { continue };
            self.expect(money(memo, "total_amount") == cents(&row[3]).abs(), || {
                format!("I9: credit memo {id} is about {} and not {}", memo["total_amount"], row[3])
            });
        }
        let known: BTreeSet<&String> = rows.iter().map(|row| &row[0]).collect();
        for (reference, memo) in stored.iter().filter(|(reference, _)| !known.contains(reference)) {
            let is_over =
                !self.knows_deletions() || text(memo, "status") == "VOIDED" || self.is_rejected("credit-memos", reference);
            self.expect(is_over, || format!("I3: credit memo {reference} was deleted and is {} there", memo["status"]));
        }
    }

    /// I8: what hangs off an order hangs off one that is there, unless people took that away.
    fn hang_on(&mut self, resource: &str) {
        let orders: BTreeSet<String> = self.world.documents("orders").iter().map(|order| text(order, "id").to_owned()).collect();
        for document in self.world.documents(resource) {
            let order = text(&document, "order_id").to_owned();
            let is_there =
                orders.contains(&order) || self.trail.deleted_there.contains_key(&("orders".to_owned(), order.clone()));
            self.expect(is_there, || {
                format!("I8: {resource} {} hangs off {order}, which is not there", document["reference_id"])
            });
        }
    }

    /// I6: what no flow owns is as people left it.
    fn foreign(&mut self) {
        for ((place, key, member), value) in &self.trail.foreign {
            let shown = if place == "customer" {
                self.world
                    .netsuite(&format!("select {member} from customer where id = {key}"))
                    .into_iter()
                    .next()
                    .map(|row| row[0].clone())
            } else {
                let all = self.world.documents(place);
                all.iter().find(|document| text(document, "id") == key).map(|document| text(document, member).to_owned())
            };
            if shown.as_ref() != Some(value) {
                self.wrong.push(format!("I6: {member} of {place} {key} is {shown:?}, and people made it {value}"));
            }
        }
    }

    /// I15: what people deleted is not there again.
    fn deleted(&mut self) {
        for ((resource, id), reference) in &self.trail.deleted_there {
            let again = self.world.documents(resource).into_iter().any(|document| {
                text(&document, "id") == id || (!reference.is_empty() && text(&document, "reference_id") == reference)
            });
            if again {
                self.wrong.push(format!("I15: {resource} {reference} was deleted by people and is there again"));
            }
        }
        if self.trail.forgot || self.world.workers.len() > 1 {
            return;
        }
        for (id, name) in self.trail.deleted_here.iter().filter(|(_, name)| !name.is_empty()) {
            if !self.world.netsuite(&format!("select id from \"transaction\" where externalid = '{name}'")).is_empty() {
                self.wrong.push(format!("I15: {name} ({id}) was deleted by people in NetSuite and is there again"));
            }
        }
    }

    /// The states hold nothing that is under way, no secret, and no link to what is not there.
    fn states(&mut self) {
        let canaries = super::world::canaries();
        for (nth, worker) in self.world.workers.iter().enumerate() {
            for row in worker.rows("select entity, direction, key from intent") {
                if !self.is_rejected(&row[0], row[2].split('/').next_back().unwrap())
                    && !self.is_rejected(&row[0], row[2].split('/').next().unwrap())
                {
                    self.wrong.push(format!("worker {nth} holds an open intent: {row:?}"));
                }
            }
            let dump = worker.dump();
            self.expect(!canaries.iter().any(|secret| dump.contains(secret)), || {
                format!("I12: a secret is in the state of worker {nth}")
            });
        }
    }
}

fn digits_or(field: &str, value: &str) -> String {
    if field == "phone" { value.chars().filter(char::is_ascii_digit).collect() } else { value.to_owned() }
}
