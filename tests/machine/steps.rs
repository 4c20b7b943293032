//! The steps of a history: what people do on either side, and what the network does to the requests between them.

use std::collections::{BTreeMap, BTreeSet};

use netwiz::model::{Direction, EntityKind};
use netwiz::profile::FLOWS;
use netwiz::sandbox::faults::{Action, Fault};
use serde_json::{Value, json};

use super::world::{Dice, ITEMS, KIT, World};

/// What people did, as far as the end has to know it.
#[derive(Default)]
pub struct Trail {
    /// Fields that no flow owns and people set: where, which, and to what. They must stay (`correctness.md` I6).
    pub foreign: BTreeMap<(String, String, String), String>,
    /// Records that people deleted in WizCommerce: collection and id, with the reference.
    pub deleted_there: BTreeMap<(String, String), String>,
    /// Documents that people deleted in NetSuite, with the external id they had.
    pub deleted_here: BTreeMap<i64, String>,
    /// Values that people gave a field of a customer, by WizCommerce's and NetSuite's hand.
    pub fields: BTreeMap<(String, &'static str), Vec<(char, String)>>,
    /// Sales Orders of the shop of which people changed the first line in NetSuite, and to how many pieces: theirs to keep.
    pub by_hand: BTreeMap<i64, i64>,
    /// The most that was ever paid of an order, in hundredths.
    pub paid: BTreeMap<String, i64>,
    /// Customers of whom a field was changed while nobody knew what both sides had agreed on: NetSuite wins then.
    pub vague: BTreeSet<String>,
    /// Items that people switched off, and perhaps on again.
    pub switched: BTreeSet<String>,
    /// A state was lost or is older than what it was about: what was agreed on is not known any more.
    pub forgot: bool,
    count: u32,
}

impl Trail {
    /// Gives a number that was not used before.
    fn next(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    /// Notes that a field of a customer was changed on one side.
    fn note_field(&mut self, world: &World, id: &str, field: &'static str, side: char, value: &str) {
        if !world.is_agreed(id) {
            self.vague.insert(id.to_owned());
        }
        self.fields.entry((id.to_owned(), field)).or_default().push((side, value.to_owned()));
    }
}

pub fn pushes(entity: EntityKind) -> bool {
    FLOWS.contains(&(entity, Direction::Push))
}

pub fn item_sql(id: i64, name: &str, price: &str) -> String {
    format!(
        "insert into item (id, itemid, fullname, displayname, itemtype, subsidiary, isinactive, custitem_b2b, createddate, \
         lastmodifieddate) values ({id}, '{name}', '{name}', 'The {name}', 'InvtPart', '1', 'F', 'T', sim_now(), sim_now()); \
         insert into itemsubsidiarymap values ({id}, 1); \
         insert into pricing (item, pricelevel, quantity, unitprice, currency) values ({id}, 1, 1, '{price}', 1); \
         insert into aggregateitemlocation (item, location, quantityonhand, quantityavailable, quantitycommitted, \
         quantityonorder, quantitybackordered, lastquantityavailablechange) values ({id}, 1, 10, 8, 2, 0, 0, sim_now());"
    )
}

pub fn customer_sql(id: i64, nth: i64) -> String {
    let (address, nkey, contact) = (id + 10_000, id + 20_000, id + 1_000);
    format!(
        "insert into customer (id, entityid, altname, companyname, isperson, email, phone, currency, terms, pricelevel, salesrep, \
         searchstage, isinactive, datecreated, lastmodifieddate, defaultbillingaddress, defaultshippingaddress) values ({id}, 'C-{id}', \
         'Harbor {id}', 'Harbor {id}', 'F', 'buy{id}@harbor.example', '+150355501{:02}', 1, 1, 5, 12, 'Customer', 'F', sim_now(), \
         sim_now(), {nkey}, {nkey}); \
         insert into customersubsidiaryrelationship (id, entity, subsidiary, isprimarysub) values ({id}, {id}, 1, 'T'); \
         insert into customeraddressbookentityaddress (nkey, addressee, attention, addr1, city, state, dropdownstate, zip, country, \
         override, recordowner, lastmodifieddate) values ({nkey}, 'Harbor Store', 'Receiving', '12 Quay Street', 'Portland', 'Oregon', \
         'OR', '97201', 'US', 'F', {address}, sim_now()); \
         insert into customeraddressbook (internalid, entity, addressbookaddress, label, defaultbilling, defaultshipping) values \
         ({address}, {id}, {nkey}, 'Store', 'T', 'T'); \
         insert into contact (id, entityid, firstname, lastname, title, company, email, isinactive, datecreated, lastmodifieddate) \
         values ({contact}, 'Pat Rowe {id}', 'Pat', 'Rowe {id}', 'Buyer', {id}, 'pat{id}@harbor.example', 'F', sim_now(), sim_now());",
        nth % 100
    )
}

fn cents(price: &str) -> i64 {
    let (whole, part) = price.split_once('.').unwrap_or((price, "00"));
    whole.parse::<i64>().unwrap() * 100 + part.parse::<i64>().unwrap()
}

pub fn money(cents: i64) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

fn head_sql(id: i64, kind: &str, status: &str, total: i64, entity: &str, more: &str) -> String {
    let total = money(total);
    let mut sql = format!(
        "insert into \"transaction\" (id, tranid, type, status, approvalstatus, entity, trandate, createddate, lastmodifieddate, \
         currency, exchangerate, foreigntotal, posting, void, voided, subsidiary) select {id}, '{kind}{id}', '{kind}', '{status}', 2, \
         {entity}, '2026-03-02', sim_now(), sim_now(), 1, '1', '{total}', 'T', 'F', 'F', 1; \
         insert into transactionline (uniquekey, \"transaction\", id, linesequencenumber, mainline, taxline, entity, subsidiary, \
         foreignamount, linecreateddate, linelastmodifieddate) select {id} * 100, {id}, 0, 0, 'T', 'F', {entity}, 1, '{total}', \
         sim_now(), sim_now();"
    );
    if !more.is_empty() {
        sql.push_str(&format!("update \"transaction\" set {more} where id = {id};"));
    }
    sql
}

fn line_sql(document: i64, line: i64, item: i64, columns: &str) -> String {
    format!(
        "insert into transactionline (uniquekey, \"transaction\", id, linesequencenumber, item, mainline, taxline, iscogs, \
         kitcomponent, isclosed, subsidiary, linecreateddate, linelastmodifieddate) values ({document} * 100 + {line}, {document}, \
         {line}, {line}, {item}, 'F', 'F', 'F', 'F', 'F', 1, sim_now(), sim_now()); \
         update transactionline set {columns} where \"transaction\" = {document} and id = {line};"
    )
}

pub fn order_sql(id: i64, buyer: i64, lines: &[(i64, i64, &str)]) -> String {
    let total = lines.iter().map(|(_, quantity, rate)| quantity * cents(rate)).sum();
    let mut sql = head_sql(id, "SalesOrd", "B", total, &buyer.to_string(), "");
    for (line, (item, quantity, rate)) in (1..).zip(lines) {
        let amount = money(-quantity * cents(rate));
        sql.push_str(&line_sql(id, line, *item, &format!("quantity = -{quantity}, rate = '{rate}', foreignamount = '{amount}'")));
    }
    sql
}

const ENTITY_OF: &str = "(select entity from \"transaction\" where id = ";

pub fn invoice_sql(id: i64, order: i64) -> String {
    let mut sql = head_sql(
        id,
        "CustInvc",
        "A",
        9_900,
        &format!("{ENTITY_OF}{order})"),
        "duedate = '2026-04-01', foreignamountpaid = '0.00', foreignamountunpaid = '99.00'",
    );
    sql.push_str(&line_sql(
        id,
        1,
        90_001,
        &format!("quantity = -1, rate = '99.00', foreignamount = '-99.00', createdfrom = {order}"),
    ));
    sql
}

pub fn shipment_sql(id: i64, order: i64) -> String {
    let mut sql = head_sql(id, "ItemShip", "C", 0, &format!("{ENTITY_OF}{order})"), "");
    sql.push_str(&line_sql(id, 1, 90_001, &format!("quantity = 1, createdfrom = {order}")));
    sql.push_str(&line_sql(id, 2, 90_001, "quantity = -1, isinventoryaffecting = 'T'"));
    sql
}

pub fn credit_sql(id: i64, invoice: i64, order: i64) -> String {
    let mut sql = head_sql(id, "CustCred", "A", -990, &format!("{ENTITY_OF}{order})"), "foreignpaymentamountused = '0.00'");
    sql.push_str(&line_sql(
        id,
        1,
        90_001,
        &format!("quantity = 1, rate = '9.90', foreignamount = '9.90', createdfrom = {invoice}"),
    ));
    sql
}

/// Gives the id a record has that was born in the shop.
fn shop_id(kind: u32, nth: u32) -> String {
    format!("5eed000{kind}-0000-4000-8000-{nth:012}")
}

fn shop_customer(nth: u32) -> Value {
    let address = |kind: &str, street: &str| {
        json!({
            "type": kind, "first_name": format!("Shop {nth}"), "address_line_1": format!("{nth} {street}"), "city": "Portland",
            "state": "OR", "country": "US", "zip_code": "97201", "is_default": true
        })
    };
    json!({ "insert": "customers", "document": {
        "id": shop_id(1, nth), "display_id": format!("WC-{nth}"), "company_name": format!("Shop {nth}"),
        "display_name": format!("Shop {nth}"), "email": format!("shop{nth}@shop.example"), "phone": format!("+150355502{:02}", nth % 100),
        "payment_term": "Net 30", "assigned_sales_rep_ids": ["house@netwiz.example"], "assigned_price_list_id": "ref:WHOLESALE",
        "addresses": [address("shipping", "Wharf Road"), address("billing", "Bank Street")],
        "contacts": [{
            "first_name": "Robin", "last_name": format!("Vale {nth}"), "email": format!("robin{nth}@shop.example"),
            "designation": "Buyer", "is_default": true
        }]
    }})
}

/// An order of the shop: lines of SKU, pieces and cents.
fn shop_sale(resource: &str, id: String, number: String, customer: &str, status: &str, lines: &[(&str, i64, i64)]) -> Value {
    let number_of = |cents: i64| serde_json::from_str::<Value>(&money(cents)).unwrap();
    let amount: i64 = lines.iter().map(|(_, pieces, cents)| pieces * cents).sum();
    let items: Vec<Value> = lines
        .iter()
        .map(|(sku, pieces, cents)| json!({ "sku": sku, "quantity": pieces, "unit_price": number_of(*cents), "is_adhoc": true }))
        .collect();
    let mut document = json!({
        "id": id, "display_id": number, "customer_id": customer, "status": status, "payment_term": "Net 30",
        "amount": number_of(amount), "line_items": items
    });
    if resource == "orders" {
        for (member, value) in [
            ("source", json!("cart")),
            ("payment_status", json!("PENDING")),
            ("fulfillment_status", json!("UNFULFILLED")),
            ("amount_paid", json!(0)),
        ] {
            document[member] = value;
        }
    }
    json!({ "insert": resource, "document": document })
}

/// What the shop has before the first sync.
pub fn shop_script() -> Value {
    let reps = [("House", "house@netwiz.example"), ("Ana", "ana.ruiz@netwiz.example")];
    let mut script: Vec<Value> = reps
        .iter()
        .map(|(name, email)| {
            json!({ "insert": "sales_reps", "document": { "email": email, "first_name": name, "last_name": "Ruiz" } })
        })
        .collect();
    script.push(shop_customer(1));
    script.push(shop_sale("orders", shop_id(2, 1), "W1".into(), &shop_id(1, 1), "confirmed", &[("LAMP", 2, 9_900)]));
    script.push(shop_sale("orders", shop_id(2, 2), "W2".into(), &shop_id(1, 1), "draft", &[("BULB", 7, 420)]));
    script.push(shop_sale("quotes", shop_id(3, 1), "Q1".into(), &shop_id(1, 1), "submitted", &[("BULB", 24, 400)]));
    Value::Array(script)
}

/// Something to push of every kind: new records, and changes of those that are in NetSuite.
pub fn busy_script() -> Value {
    let (old, new) = (shop_id(1, 1), shop_id(1, 50));
    let amount: Value = serde_json::from_str("10.00").unwrap();
    json!([
        { "set": format!("/v1/customers/{old}"), "patch": { "email": "other@shop.example" } },
        { "insert": "customer_contacts", "document": {
            "customer_id": old, "first_name": "Lee", "last_name": "Busy", "email": "lee@busy.example", "designation": "Buyer"
        } },
        shop_customer(50),
        { "set": format!("/v1/orders/{}", shop_id(2, 1)), "patch": { "po_number": "PO-BUSY" } },
        shop_sale("orders", shop_id(2, 50), "W50".into(), &new, "confirmed", &[("LAMP", 1, 9_900), ("BULB", 3, 420)]),
        shop_sale("quotes", shop_id(3, 50), "Q50".into(), &old, "submitted", &[("BULB", 12, 410)]),
        { "insert": "payments", "document": {
            "id": shop_id(4, 50), "reference_id": "P50", "customer_id": old, "amount": amount,
            "payment_date": "2026-03-02T00:00:00Z", "payment_method_type": "VISA", "status": "PAID",
            "allocations": [{ "order_id": shop_id(2, 1), "amount": amount }]
        } }
    ])
}

/// What anybody may do in NetSuite.
const HERE: [&str; 24] = [
    "line by hand",
    "pushed order ends",
    "rename item",
    "price",
    "stock",
    "quiet stock",
    "new item",
    "off",
    "on",
    "kit",
    "phone",
    "term",
    "address",
    "new contact",
    "new customer",
    "comment",
    "new order",
    "order line",
    "order po",
    "close order",
    "delete order",
    "invoice",
    "ship",
    "papers",
];

/// Lets somebody do something in NetSuite; gives it in words.
pub fn here(world: &World, dice: &Dice, trail: &mut Trail) -> Option<String> {
    let one = |sql: &str| world.netsuite(sql).into_iter().next().map(|row| row[0].clone());
    let any = |sql: &str| {
        let all = world.netsuite(sql);
        (!all.is_empty()).then(|| dice.pick(&all)[0].clone())
    };
    let edit = |sql: &str| world.edit_netsuite(sql);
    // A row gets its stamp before it is committed: some come to light late.
    let stamp =
        if dice.chance(20) { format!("datetime(sim_now(), '-{} seconds')", dice.below(600)) } else { "sim_now()".to_owned() };
    let now = trail.next();
    let item = || any("select id from item where itemtype in ('InvtPart', 'Assembly') and coalesce(matrixtype, '') <> 'PARENT'");
    let customer = || any("select id from customer where searchstage = 'Customer'");
    let order = || any("select id from \"transaction\" where type = 'SalesOrd' and externalid is null");
    Some(match *dice.pick(&HERE) {
        "rename item" => {
            let item = item()?;
            edit(&format!("update item set displayname = 'Name {now}', lastmodifieddate = {stamp} where id = {item}"));
            format!("item {item} is renamed to Name {now}, stamped {stamp}")
        }
        "price" => {
            let item = item()?;
            let price = money(100 + i64::try_from(dice.below(9_000)).unwrap());
            edit(&format!("update pricing set unitprice = '{price}' where item = {item} and pricelevel = 1 and quantity = 1"));
            format!("item {item} costs {price}")
        }
        word @ ("stock" | "quiet stock") => {
            let item = item()?;
            let stamped = if word == "stock" { format!(", lastquantityavailablechange = {stamp}") } else { String::new() };
            let pieces = dice.below(50);
            edit(&format!(
                "update aggregateitemlocation set quantityavailable = {pieces}, quantityonhand = {pieces} + 2{stamped} where item = {item}"
            ));
            format!("of item {item} there are {pieces} ({word})")
        }
        "new item" => {
            let id = 91_000 + i64::from(now);
            edit(&item_sql(id, &format!("NEW-{now}"), "5.00"));
            format!("item {id} is made")
        }
        "off" => {
            let item = item()?;
            edit(&format!("update item set isinactive = 'T', lastmodifieddate = {stamp} where id = {item}"));
            trail.switched.insert(item.clone());
            format!("item {item} is switched off")
        }
        "on" => {
            let item = any(
                "select id from item where isinactive = 'T' and itemtype in ('InvtPart', 'Assembly') and coalesce(matrixtype, '') <> 'PARENT'",
            )?;
            edit(&format!("update item set isinactive = 'F', lastmodifieddate = {stamp} where id = {item}"));
            format!("item {item} is switched on")
        }
        "kit" => {
            let pieces = 1 + dice.below(4);
            edit(&format!("update kititemmember set quantity = {pieces} where parentitem = {KIT} and linenumber = 2"));
            format!("the kit takes {pieces} bulbs")
        }
        "phone" => {
            let id = customer()?;
            let phone = format!("+1503556{:04}", now % 10_000);
            edit(&format!("update customer set phone = '{phone}', lastmodifieddate = {stamp} where id = {id}"));
            trail.note_field(world, &id, "phone", 'n', &phone);
            format!("customer {id} has the phone {phone}")
        }
        "term" => {
            let id = customer()?;
            let email = format!("ns{now}@harbor.example");
            edit(&format!("update customer set email = '{email}', lastmodifieddate = {stamp} where id = {id}"));
            trail.note_field(world, &id, "email", 'n', &email);
            format!("customer {id} has the e-mail {email}")
        }
        "address" => {
            let nkey = any("select addressbookaddress from customeraddressbook")?;
            edit(&format!(
                "update customeraddressbookentityaddress set addr1 = '{now} Mill Lane', lastmodifieddate = {stamp} where nkey = {nkey}"
            ));
            format!("the address {nkey} is {now} Mill Lane")
        }
        "new contact" => {
            let id = customer()?;
            let contact = 81_000 + 10 * i64::from(now);
            edit(&format!(
                "insert into contact (id, entityid, firstname, lastname, company, email, isinactive, datecreated, lastmodifieddate) \
                 values ({contact}, 'Kim {now}', 'Kim', 'Nr {now}', {id}, 'kim{now}@harbor.example', 'F', sim_now(), {stamp})"
            ));
            format!("customer {id} has the contact {contact}")
        }
        "new customer" => {
            let id = 53_000 + 10 * i64::from(now);
            edit(&customer_sql(id, i64::from(now)));
            format!("customer {id} is made")
        }
        "comment" => {
            let id = customer()?;
            edit(&format!("update customer set comments = 'Note {now}', lastmodifieddate = {stamp} where id = {id}"));
            trail.foreign.insert(("customer".into(), id.clone(), "comments".into()), format!("Note {now}"));
            format!("customer {id} gets the comment Note {now}")
        }
        "new order" => {
            let buyer = customer()?;
            let id = 70_100 + 10 * i64::from(now);
            let items: Vec<i64> = ITEMS.iter().copied().filter(|item| *item != KIT).collect();
            let lines: Vec<(i64, i64, &str)> = (0..1 + dice.below(3))
                .map(|_| (*dice.pick(&items), 1 + i64::try_from(dice.below(5)).unwrap(), "12.50"))
                .collect();
            edit(&order_sql(id, buyer.parse().unwrap(), &lines));
            format!("order {id} of customer {buyer} with {} lines", lines.len())
        }
        "order line" => {
            let id = any("select id from \"transaction\" t where type = 'SalesOrd' and status = 'B' and externalid is null \
                 and not exists (select 1 from transactionline l where l.createdfrom = t.id)")?;
            let pieces = 1 + dice.below(9);
            let cents: i64 = cents(&one(&format!("select rate from transactionline where \"transaction\" = {id} and id = 1"))?);
            edit(&format!(
                "update transactionline set quantity = -{pieces}, foreignamount = '{}', linelastmodifieddate = {stamp} \
                 where \"transaction\" = {id} and id = 1; \
                 update \"transaction\" set foreigntotal = (select printf('%.2f', -sum(foreignamount)) from transactionline \
                 where \"transaction\" = {id} and mainline = 'F'), lastmodifieddate = {stamp} where id = {id};",
                money(-cents * i64::try_from(pieces).unwrap())
            ));
            format!("the first line of order {id} is about {pieces}")
        }
        "order po" => {
            let id = order()?;
            edit(&format!("update \"transaction\" set otherrefnum = 'PO-{now}', lastmodifieddate = {stamp} where id = {id}"));
            format!("order {id} has the PO number PO-{now}")
        }
        "close order" => {
            let id = order()?;
            edit(&format!(
                "update transactionline set isclosed = 'T', linelastmodifieddate = {stamp} where \"transaction\" = {id} and mainline = 'F'; \
                 update \"transaction\" set status = 'H', lastmodifieddate = {stamp} where id = {id};"
            ));
            format!("order {id} is closed")
        }
        "delete order" => {
            if world.netsuite("select id from \"transaction\" where type = 'SalesOrd'").len() < 3 {
                return None;
            }
            let id = any("select id from \"transaction\" t where type = 'SalesOrd' \
                 and not exists (select 1 from transactionline l where l.createdfrom = t.id)")?;
            let name = one(&format!("select coalesce(externalid, '') from \"transaction\" where id = {id}"))?;
            trail.deleted_here.insert(id.parse().unwrap(), name);
            edit(&deletion(&id, "SALESORDER"));
            format!("order {id} is deleted in NetSuite")
        }
        "line by hand" => {
            let id = any(
                "select id from \"transaction\" where type = 'SalesOrd' and externalid is not null and status in ('A', 'B')",
            )?;
            let pieces = 10 + i64::try_from(dice.below(9)).unwrap();
            edit(&format!(
                "update transactionline set quantity = -{pieces}, foreignamount = -{pieces} * rate, linelastmodifieddate = {stamp} where \"transaction\" = {id} \
                 and id = (select min(id) from transactionline where \"transaction\" = {id} and mainline = 'F'); \
                 update \"transaction\" set lastmodifieddate = {stamp} where id = {id};"
            ));
            trail.by_hand.insert(id.parse().unwrap(), pieces);
            format!("somebody makes the first line of the pushed order {id} {pieces}")
        }
        "pushed order ends" => {
            let id = any(
                "select id from \"transaction\" where type = 'SalesOrd' and externalid is not null and status in ('A', 'B')",
            )?;
            edit(&format!(
                "update transactionline set isclosed = 'T', linelastmodifieddate = {stamp} where \"transaction\" = {id} and mainline = 'F'; \
                 update \"transaction\" set status = 'H', lastmodifieddate = {stamp} where id = {id};"
            ));
            format!("the pushed order {id} is closed")
        }
        "invoice" => {
            let source = order()?;
            let id = 71_100 + 10 * i64::from(now);
            edit(&invoice_sql(id, source.parse().unwrap()));
            edit(&format!(
                "update transactionline set quantitybilled = 1, linelastmodifieddate = sim_now() where \"transaction\" = {source} and item = 90001"
            ));
            format!("invoice {id} of order {source}")
        }
        "ship" => {
            let source = order()?;
            let id = 72_100 + 10 * i64::from(now);
            edit(&shipment_sql(id, source.parse().unwrap()));
            format!("shipment {id} of order {source}")
        }
        _ => match dice.below(4) {
            0 => {
                let id = any("select id from \"transaction\" where type = 'CustInvc' and status = 'A'")?;
                // Of a paid invoice no stamp moves but that of the link.
                let payment = 74_000 + 10 * i64::from(now);
                let buyer = format!("{ENTITY_OF}{id})");
                edit(&head_sql(payment, "CustPymt", "C", 9_900, &buyer, ""));
                edit(&format!(
                    "insert into nexttransactionlinelink (previousdoc, previousline, nextdoc, nextline, linktype, foreignamount, lastmodifieddate) \
                     values ({id}, 0, {payment}, 0, 'Payment', '99.00', sim_now()); \
                     update \"transaction\" set status = 'B', foreignamountpaid = '99.00', foreignamountunpaid = '0.00' where id = {id};"
                ));
                format!("invoice {id} is paid")
            }
            1 => {
                let row = world.netsuite(
                    "select t.id, l.createdfrom from \"transaction\" t join transactionline l on l.\"transaction\" = t.id and l.createdfrom is not null \
                     where t.type = 'CustInvc' order by t.id desc limit 1",
                );
                let row = row.first()?;
                let id = 73_100 + 10 * i64::from(now);
                edit(&credit_sql(id, row[0].parse().unwrap(), row[1].parse().unwrap()));
                format!("credit memo {id} of invoice {}", row[0])
            }
            2 => {
                let id = any("select id from \"transaction\" where type = 'ItemShip'")?;
                let to = if dice.chance(50) { 'B' } else { 'C' };
                edit(&format!("update \"transaction\" set status = '{to}', lastmodifieddate = {stamp} where id = {id}"));
                format!("shipment {id} has the status {to}")
            }
            _ => {
                let (kind, word) = *dice.pick(&[("CustInvc", "CUSTINVC"), ("ItemShip", "ITEMSHIP"), ("CustCred", "CUSTCRED")]);
                // A side that suddenly has none left stops every run (`correctness.md` R20), as it should.
                if world.netsuite(&format!("select id from \"transaction\" where type = '{kind}'")).len() < 2 {
                    return None;
                }
                let id = any(&format!(
                    "select id from \"transaction\" t where type = '{kind}' and not exists (select 1 from transactionline l where l.createdfrom = t.id) \
                     and not exists (select 1 from nexttransactionlinelink k where k.previousdoc = t.id)"
                ))?;
                trail.deleted_here.insert(id.parse().unwrap(), String::new());
                edit(&deletion(&id, word));
                format!("{kind} {id} is deleted in NetSuite")
            }
        },
    })
}

fn deletion(id: &str, word: &str) -> String {
    format!(
        "delete from \"transaction\" where id = {id}; delete from transactionline where \"transaction\" = {id}; \
         delete from nexttransactionlinelink where previousdoc = {id} or nextdoc = {id}; \
         insert or ignore into deletedrecord (recordid, recordtypeid, scriptid, name, type, deleteddate) \
         values ({id}, -30, '{word}', 'gone', '{word}', sim_now());"
    )
}

/// Lets somebody do something in WizCommerce; gives it in words.
pub fn there(world: &World, dice: &Dice, trail: &mut Trail, may_delete: bool) -> Option<String> {
    let any = |resource: &str, fits: &dyn Fn(&Value) -> bool| {
        let all: Vec<Value> = world.documents(resource).into_iter().filter(|document| fits(document)).collect();
        (!all.is_empty()).then(|| dice.pick(&all).clone())
    };
    let id_of = |document: &Value| document["id"].as_str().unwrap().to_owned();
    let set = |resource: &str, id: &str, patch: Value| {
        world.edit_wizcommerce(&json!([{ "set": format!("/v1/{}/{id}", resource.replace('_', "-")), "patch": patch }]));
    };
    let now = trail.next();
    let is_ours = |document: &Value| document["source"] == "netsuite";
    let mut doings = vec!["brand", "note"];
    if may_delete {
        doings.push("delete");
    }
    if pushes(EntityKind::Customers) {
        doings.extend(["phone", "email", "phone", "email", "new customer", "address", "contact"]);
    }
    if pushes(EntityKind::Orders) {
        doings.extend(["new order", "confirm", "cancel", "po", "lines"]);
    }
    if pushes(EntityKind::Estimates) {
        doings.extend(["quote", "requote"]);
    }
    if pushes(EntityKind::Payments) {
        doings.extend(["pay", "pay"]);
    }
    Some(match *dice.pick(&doings) {
        "brand" => {
            let product = any("products", &|_| true)?;
            let id = id_of(&product);
            set("products", &id, json!({ "brand": format!("Brand {now}") }));
            trail.foreign.insert(("products".into(), id.clone(), "brand".into()), format!("Brand {now}"));
            format!("product {} gets the brand Brand {now}", product["sku"])
        }
        "note" => {
            let order = any("orders", &is_ours)?;
            let id = id_of(&order);
            set("orders", &id, json!({ "internal_note": format!("Note {now}") }));
            trail.foreign.insert(("orders".into(), id.clone(), "internal_note".into()), format!("Note {now}"));
            format!("order {} gets the note Note {now}", order["display_id"])
        }
        "delete" => {
            let resource = *dice.pick(&["products", "orders", "invoices", "shipments", "credit_memos"]);
            let document = any(resource, &|document| resource != "orders" || is_ours(document))?;
            let id = id_of(&document);
            world.edit_wizcommerce(&json!([{ "delete": format!("/v1/{}/{id}", resource.replace('_', "-")) }]));
            let reference = document["reference_id"].as_str().unwrap_or_default().to_owned();
            trail.foreign.retain(|(of, which, _), _| of != resource || *which != id);
            let words = format!("{resource} {reference} is deleted in WizCommerce");
            trail.deleted_there.insert((resource.to_owned(), id), reference);
            words
        }
        word @ ("phone" | "email") => {
            let customer = any("customers", &|_| true)?;
            let id = id_of(&customer);
            let (member, value) = if word == "phone" {
                ("phone", format!("+1503557{:04}", now % 10_000))
            } else {
                ("email", format!("wc{now}@shop.example"))
            };
            set("customers", &id, json!({ member: value }));
            let key = customer["reference_id"].as_str().unwrap_or(&id).to_owned();
            trail.note_field(world, &key, member, 'w', &value);
            format!("customer {} has the {word} {value} in WizCommerce", customer["display_name"])
        }
        "new customer" => {
            world.edit_wizcommerce(&json!([shop_customer(100 + now)]));
            format!("customer Shop {} signs up", 100 + now)
        }
        "address" => {
            let address = any("customer_addresses", &|_| true)?;
            let id = id_of(&address);
            set("customer_addresses", &id, json!({ "address_line_1": format!("{now} Shop Street") }));
            format!("the address {id} is {now} Shop Street in WizCommerce")
        }
        "contact" => {
            let customer = any("customers", &|_| true)?;
            world.edit_wizcommerce(&json!([{ "insert": "customer_contacts", "document": {
                "customer_id": id_of(&customer), "first_name": "Lee", "last_name": format!("Nr {now}"),
                "email": format!("lee{now}@shop.example"), "designation": "Buyer"
            }}]));
            format!("customer {} has the contact lee{now} in WizCommerce", customer["display_name"])
        }
        "new order" => {
            let customer = any("customers", &|_| true)?;
            let status = if dice.chance(70) { "confirmed" } else { "draft" };
            let skus = [("LAMP", 9_900), ("BULB", 420), ("SHADE", 1_750)];
            let lines: Vec<(&str, i64, i64)> = (0..1 + dice.below(3))
                .map(|_| {
                    let (sku, cents) = *dice.pick(&skus);
                    (sku, 1 + i64::try_from(dice.below(6)).unwrap(), cents)
                })
                .collect();
            let sale = shop_sale("orders", shop_id(2, 100 + now), format!("W{}", 100 + now), &id_of(&customer), status, &lines);
            world.edit_wizcommerce(&json!([sale]));
            format!("{status} order W{} of customer {} with {lines:?}", 100 + now, customer["display_name"])
        }
        "confirm" => {
            let order = any("orders", &|order| !is_ours(order) && order["status"] == "draft")?;
            set("orders", &id_of(&order), json!({ "status": "confirmed" }));
            format!("order {} is confirmed", order["display_id"])
        }
        "cancel" => {
            let order = any("orders", &|order| !is_ours(order) && order["status"] == "confirmed")?;
            set("orders", &id_of(&order), json!({ "status": "cancelled" }));
            format!("order {} is cancelled", order["display_id"])
        }
        "po" => {
            let order = any("orders", &|order| !is_ours(order))?;
            set("orders", &id_of(&order), json!({ "po_number": format!("PO-{now}") }));
            format!("order {} has the PO number PO-{now}", order["display_id"])
        }
        "lines" => {
            let order = any("orders", &|order| !is_ours(order) && order["status"] == "confirmed")?;
            let mut lines = order["line_items"].clone();
            lines[0]["quantity"] = json!(1 + dice.below(9));
            let pieces = lines[0]["quantity"].clone();
            set("orders", &id_of(&order), json!({ "line_items": lines }));
            format!("the first line of order {} is about {pieces}", order["display_id"])
        }
        "quote" => {
            let customer = any("customers", &|_| true)?;
            let sale = shop_sale(
                "quotes",
                shop_id(3, 100 + now),
                format!("Q{}", 100 + now),
                &id_of(&customer),
                "submitted",
                &[("BULB", 24, 400)],
            );
            world.edit_wizcommerce(&json!([sale]));
            format!("quote Q{} of customer {}", 100 + now, customer["display_name"])
        }
        "requote" => {
            let quote = any("quotes", &|_| true)?;
            set("quotes", &id_of(&quote), json!({ "internal_note": format!("Note {now}") }));
            format!("quote {} gets another note", quote["display_id"])
        }
        _ if !world.has_payments() => {
            let order = any("orders", &|order| !is_ours(order) && order["status"] == "confirmed")?;
            let id = id_of(&order);
            let before = (order["amount_paid"].as_f64().unwrap_or(0.0) * 100.0).round() as i64;
            let more = 100 * (1 + i64::try_from(dice.below(20)).unwrap());
            let paid = if dice.chance(15) { before / 2 } else { before + more };
            set("orders", &id, json!({ "amount_paid": serde_json::from_str::<Value>(&money(paid)).unwrap() }));
            let most = trail.paid.entry(id).or_default();
            *most = paid.max(*most);
            format!("of order {} {} is paid, and was {}", order["display_id"], money(paid), money(before))
        }
        _ => {
            let order = any("orders", &|order| !is_ours(order) && order["status"] == "confirmed")?;
            let cents = 100 * (1 + i64::try_from(dice.below(20)).unwrap());
            let amount: Value = serde_json::from_str(&money(cents)).unwrap();
            world.edit_wizcommerce(&json!([{ "insert": "payments", "document": {
                "id": shop_id(4, 100 + now), "reference_id": format!("P{}", 100 + now), "customer_id": order["customer_id"],
                "amount": amount, "payment_date": "2026-03-02T00:00:00Z", "payment_method_type": "VISA", "status": "PAID",
                "allocations": [{ "order_id": order["id"], "amount": amount }]
            }}]));
            format!("payment P{} of {} for order {}", 100 + now, money(cents), order["display_id"])
        }
    })
}

/// The operations that can go wrong: remote, method and path.
const OPERATIONS: [(&str, &str, &str); 26] = [
    ("netsuite", "GET", "/services/rest/system/v1/serverTime"),
    ("netsuite", "POST", "/services/rest/query/v1/suiteql"),
    ("netsuite", "POST", "/services/rest/query/v1/suiteql"),
    ("netsuite", "GET", "/services/rest/record/v1"),
    ("netsuite", "POST", "/services/rest/record/v1"),
    ("netsuite", "POST", "/services/rest/record/v1/customer"),
    ("netsuite", "POST", "/services/rest/record/v1/contact"),
    ("netsuite", "POST", "/services/rest/record/v1/salesOrder"),
    ("netsuite", "POST", "/services/rest/record/v1/estimate"),
    ("netsuite", "POST", "/services/rest/record/v1/customerDeposit"),
    ("netsuite", "PATCH", "/services/rest/record/v1"),
    ("netsuite", "PATCH", "/services/rest/record/v1/salesOrder"),
    ("wizcommerce", "GET", "/v2/products"),
    ("wizcommerce", "GET", "/v1/customers"),
    ("wizcommerce", "GET", "/v2/orders"),
    ("wizcommerce", "GET", "/v1"),
    ("wizcommerce", "POST", "/v2/products"),
    ("wizcommerce", "POST", "/v1/inventories"),
    ("wizcommerce", "POST", "/v1/customers"),
    ("wizcommerce", "POST", "/v2/orders"),
    ("wizcommerce", "POST", "/v1/invoices"),
    ("wizcommerce", "POST", "/v1/shipments"),
    ("wizcommerce", "POST", "/v1/credit-memos"),
    ("wizcommerce", "PUT", "/v2/orders"),
    ("wizcommerce", "PATCH", "/v1"),
    ("wizcommerce", "PATCH", "/v2"),
];

pub fn reply(status: u16, retry_after: Option<&str>) -> Action {
    let mut headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
    if let Some(wait) = retry_after {
        headers.insert("retry-after".to_owned(), wait.to_owned());
    }
    Action::Reply { status, headers, body: r#"{"code":"X","message":"scripted"}"#.to_owned() }
}

/// Lets people work while a run reads: an edit between two of its requests.
fn edit_between(world: &World, dice: &Dice) -> Option<String> {
    let skip = u32::try_from(dice.below(12)).unwrap();
    let now = dice.below(10_000);
    let (remote, method, path, script) = if dice.chance(50) {
        let resource = *dice.pick(&["customers", "orders"]);
        let all: Vec<Value> = world.documents(resource).into_iter().filter(|document| document["source"] != "netsuite").collect();
        let id = (!all.is_empty()).then(|| dice.pick(&all)["id"].as_str().unwrap().to_owned())?;
        let member = if resource == "orders" { "po_number" } else { "freight_term" };
        let script =
            json!([{ "set": format!("/v1/{resource}/{id}"), "patch": { member: format!("Between {now}") } }]).to_string();
        let path = if resource == "orders" { "/v2/orders" } else { "/v1/customers" };
        ("wizcommerce", "GET", path, script)
    } else {
        let items = world.netsuite("select id from item where itemtype = 'InvtPart' and coalesce(matrixtype, '') <> 'PARENT'");
        let item = &dice.pick(&items)[0];
        let script = format!("update item set displayname = 'Between {now}', lastmodifieddate = sim_now() where id = {item}");
        ("netsuite", "POST", "/services/rest/query/v1/suiteql", script)
    };
    let words = format!("while a run reads, before request {} of {method} {path}: {script}", skip + 1);
    let action = Action::Edit { script, remote: None };
    world.faults.add(Fault { skip, ..Fault::once(remote, method, path, action) });
    Some(words)
}

/// Makes something go wrong with requests to come; gives it in words.
pub fn fault(world: &World, dice: &Dice) -> String {
    if dice.chance(15)
        && let Some(words) = edit_between(world, dice)
    {
        return words;
    }
    let (remote, method, path) = *dice.pick(&OPERATIONS);
    // Nothing tells two creates apart where a second record of a reference is allowed.
    let may_double = world.manners.strict || remote == "netsuite" || method != "POST";
    let action = match dice.below(16) {
        0 => Action::TooMany,
        1 => reply(429, Some("7")),
        2 => reply(500, None),
        3 => reply(503, None),
        4 => Action::Html,
        5 => Action::Truncate { bytes: 20 },
        6 | 7 => Action::Cut,
        8..=10 => Action::LoseReply,
        11 => {
            let held = 1_000 + dice.number() % 60_000;
            // A replacement that is executed long after it was given up takes along what people wrote since; nobody can prevent that.
            Action::HoldMsThenExecute(if method == "PUT" { 1_000 } else { held })
        }
        12 => Action::HoldMsThenExecute(1_000),
        13 if may_double => Action::Duplicate,
        14 => Action::DelayMs(25_000),
        15 => reply(400, None),
        _ => Action::Garbage,
    };
    let times = 1 + u32::try_from(dice.below(if dice.chance(15) { 12 } else { 2 })).unwrap();
    let skip = u32::try_from(dice.below(3)).unwrap();
    let words = format!("{times} of {method} {path} at {remote}, after {skip}: {action:?}");
    world.faults.add(Fault {
        remote: remote.into(),
        method: Some(method.into()),
        path: Some(path.into()),
        contains: None,
        skip,
        times: Some(times),
        action,
    });
    words
}
