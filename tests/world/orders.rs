//! Orders entered by hand, and what WizCommerce holds of them.

use netwiz::model::EntityKind::{Customers, Orders, Products};
use netwiz::sync::Options;
use serde_json::Value;

use super::{Differences, Reports, World, clean};

/// Items that orders are made of: two lamps, a kit of bulbs, a service, a discount, freight, a tax.
pub const LAMP: i64 = 90_001;
pub const BULB: i64 = 90_002;
pub const KIT: i64 = 90_003;
pub const SERVICE: i64 = 90_011;
pub const DISCOUNT: i64 = 90_012;
pub const FREIGHT: i64 = 90_013;
pub const TAX: i64 = 90_014;
pub const CHARGE: i64 = 90_015;

/// A line as NetSuite stores it: item, quantity, rate, amount.
pub type Stored = (i64, Option<&'static str>, Option<&'static str>, &'static str);

/// Six lamps for 594.
pub const SIX_LAMPS: Stored = (LAMP, Some("-6"), Some("99.00"), "-594.00");

impl World {
    /// Opens a world with the items above, in which everything is in step.
    pub async fn trading(profile: &'static str) -> Self {
        let mut world = Self::trading_unsynced(profile);
        clean(&world.sync(&[Products, Customers, Orders], Options::default()).await);
        world
    }

    /// The same before its first sync.
    pub fn trading_unsynced(profile: &'static str) -> Self {
        let world = Self::with(Differences { items: Some(20), profile, ..Differences::default() });
        world.add_item(LAMP, "LAMPS : LAMP", "99.00");
        world.add_item(BULB, "BULB", "4.20");
        world.add_kit(KIT, "KIT", &[(BULB, 3)]);
        for (id, name, kind) in [
            (SERVICE, "SETUP", "Service"),
            (DISCOUNT, "TEN-OFF", "Discount"),
            (FREIGHT, "FREIGHT", "ShipItem"),
            (TAX, "STATE-TAX", "TaxItem"),
            (CHARGE, "HANDLING", "OthCharge"),
        ] {
            world.edit_netsuite(&format!(
                "insert into item (id, itemid, fullname, displayname, itemtype, subsidiary, isinactive, createddate, lastmodifieddate) \
                 values ({id}, '{name}', '{name}', 'The {name}', '{kind}', '1', 'F', sim_now(), sim_now()); \
                 insert into itemsubsidiarymap values ({id}, 1)"
            ));
        }
        world
    }

    /// A customer in dollars whose price list is known.
    pub fn trading_buyer(&self) -> i64 {
        self.count_netsuite(
            "select id from customer where currency = 1 and pricelevel = 5 and searchstage = 'Customer' and isinactive = 'F' \
             and terms is not null and exists (select 1 from \"transaction\" t where t.entity = customer.id and t.type = 'SalesOrd' \
             and t.currency = 1) order by id limit 1",
        )
    }

    /// Enters an order of the second of March, whose lines count from 1.
    pub fn enter_order(&self, id: i64, customer: i64, status: &str, lines: &[Stored]) {
        let mut sql = format!(
            "insert into \"transaction\" (id, tranid, type, recordtype, status, entity, trandate, createddate, lastmodifieddate, \
             currency, exchangerate, subsidiary, posting, void, voided) values ({id}, 'SO{id}', 'SalesOrd', 'salesorder', \
             '{status}', {customer}, '2026-03-02', sim_now(), sim_now(), 1, '1', 1, 'F', 'F', 'F'); \
             insert into transactionline (uniquekey, \"transaction\", id, linesequencenumber, mainline, taxline, entity, subsidiary, \
             foreignamount, linecreateddate, linelastmodifieddate) values ({id}000, {id}, 0, 0, 'T', 'F', {customer}, 1, '1', \
             sim_now(), sim_now());"
        );
        for (at, line) in (1..).zip(lines) {
            sql.push_str(&line_sql(id, at, line));
        }
        self.edit_netsuite(&sql);
    }

    /// Adds a line to an order, without touching its header.
    pub fn add_order_line(&self, order: i64, at: i64, line: Stored) {
        self.edit_netsuite(&line_sql(order, at, &line));
    }

    /// Lets a quarter of an hour pass and runs orders.
    pub async fn next_orders(&mut self) -> Reports {
        self.clock.advance(jiff::SignedDuration::from_mins(15));
        self.sync(&[Orders], Options::default()).await
    }

    /// As [`World::next_orders`], and nothing may be wrong.
    pub async fn next_orders_clean(&mut self) -> Reports {
        let reports = self.next_orders().await;
        clean(&reports);
        reports
    }

    /// Gives the WizCommerce order of an Internal ID. Panics on a second one: that is the promise.
    pub fn order(&self, id: i64) -> Option<Value> {
        let reference = id.to_string();
        let all = self.sandbox.wizcommerce.documents("orders").unwrap();
        let mut of_id: Vec<Value> = all.into_iter().filter(|order| order["reference_id"] == reference.as_str()).collect();
        assert!(of_id.len() < 2, "{id} exists twice");
        of_id.pop()
    }

    /// Gives a WizCommerce order by its own id.
    pub fn order_named(&self, wc_id: &str) -> Option<Value> {
        self.sandbox.wizcommerce.documents("orders").unwrap().into_iter().find(|order| order["id"] == wc_id)
    }

    /// Gives the lines of an order without what WizCommerce adds to them, as texts: nothing rounds.
    pub fn lines_of(&self, id: i64) -> Vec<String> {
        lines(&self.order(id).unwrap_or_else(|| panic!("there is no order {id}")))
    }

    /// One more run of orders sends no write to WizCommerce.
    pub async fn orders_stay_quiet(&mut self, what: &str) {
        self.endpoints[1].clear_log();
        let reports = self.next_orders().await;
        assert!(reports[0].1.is_none(), "{what}: {:?}", reports[0].1);
        let writes: Vec<_> = self.endpoints[1].log().into_iter().filter(|row| row.method != "GET").collect();
        assert!(writes.is_empty(), "{what}: {writes:#?}");
    }
}

/// SKU, quantity, unit price, then shipped, invoiced and cancelled quantity of each line of an order.
pub fn lines(order: &Value) -> Vec<String> {
    let text = |line: &Value, name: &str| match &line[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let names = ["sku", "quantity", "unit_price", "shipped_quantity", "invoiced_quantity", "cancelled_quantity"];
    let lines = order["line_items"].as_array().unwrap().iter();
    lines.map(|line| names.map(|name| text(line, name)).join(" ")).collect()
}

fn line_sql(order: i64, at: i64, (item, quantity, rate, amount): &Stored) -> String {
    let quoted = |value: &Option<&str>| value.map_or("null".to_owned(), |value| format!("'{value}'"));
    let tax = if *item == TAX { "T" } else { "F" };
    format!(
        "insert into transactionline (uniquekey, \"transaction\", id, linesequencenumber, item, quantity, rate, foreignamount, \
         mainline, taxline, isclosed, entity, subsidiary, linecreateddate, linelastmodifieddate) select {order}000 + {at}, {order}, \
         {at}, {at}, {item}, {}, {}, '{amount}', 'F', '{tax}', 'F', entity, 1, sim_now(), sim_now() from \"transaction\" where id = {order};",
        quoted(quantity),
        quoted(rate)
    )
}
