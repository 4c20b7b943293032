//! Kills the real binary all over its pushes to NetSuite; the next run must make everything good (`correctness.md` 9).
//!
//! Every world is served by a process of its own and is never seeded again between kills. Random kills come at moments of a
//! fixed seed, deterministic ones at a step (`NETWIZ_PAUSE_AT`) or while the server plays a script of faults. Afterwards
//! NetSuite's own answers to queries are compared with what WizCommerce shows, both over HTTP.
//!
//! `NETWIZ_KILL_SEED=N` replays one random world, `NETWIZ_KILLS=N` sets how many random kills there are at least.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod crash;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crash::{
    LOST, Moment, PATIENCE, RANDOM, Replayable, Setting, WEBHOOK_SECRET, World, close, fault, keep, note_row, note_step, number,
    row_of, script, table,
};
use jiff::Timestamp;
use netwiz::model::{Entropy as _, Exact, Replay};
use netwiz::state::State;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::time::Instant;

/// What is pushed, parents first, and where its records are made in NetSuite.
const FLOWS: [(&str, &str); 4] = [
    ("customers", "/services/rest/record/v1/customer"),
    ("orders", "/services/rest/record/v1/salesOrder"),
    ("estimates", "/services/rest/record/v1/estimate"),
    ("payments", "/services/rest/record/v1/customerDeposit"),
];
/// What WizCommerce has beyond the documented: payments of their own, or what is paid of an order.
const PAYMENTS: &str = "\"quotes\", \"payments\"";
const TOTALS: &str = "\"quotes\"";
/// The first random world's seed; the following worlds count on from it.
const SEED: u64 = 20_260_302;
/// Random kills, unless the environment asks for more.
const RANDOM_KILLS: u32 = 40;
/// Commands of one random world that a kill is tried on.
const TRIES_OF_A_WORLD: u32 = 16;
/// How long a log is silent before its run counts as waiting for an answer.
const SILENCE: Duration = Duration::from_millis(250);

/// The rows of `correctness.md` 9.
const ROWS: [&str; 14] = [
    "lease taken",
    "bounds stored",
    "page fetched",
    "intent committed, request not sent",
    "executed, answer lost",
    "executed late, after we gave up",
    "answer in, not committed",
    "page committed, cursor not moved",
    "cursor moved",
    "parent done, child not",
    "webhook stored, not answered",
    "migration, backup",
    "state lost",
    "state restored from an older backup",
];

fn exact(value: &Value) -> Exact {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse::<Exact>().unwrap_or_else(|_| panic!("{value} is no number")).normalized()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// A line as both sides have it: SKU, pieces, and what they come to.
type Line = (String, Exact, Exact);

/// What a line of WizCommerce comes to after its discount.
fn line_of(line: &Value) -> Line {
    let (pieces, price) = (exact(&line["quantity"]), exact(&line["unit_price"]));
    let gross = pieces.checked_mul(price).unwrap();
    let off = match line["discount_type"].as_str() {
        None => Exact::ZERO,
        Some("percentage") => gross.checked_mul(exact(&line["discount"])).unwrap().checked_div(Exact::from(100)).unwrap(),
        Some(_) => exact(&line["discount"]),
    };
    (text(line, "sku").to_owned(), pieces.normalized(), gross.checked_sub(off).unwrap().normalized())
}

/// What WizCommerce has that was not brought there from NetSuite.
struct Shop {
    customers: Vec<Value>,
    orders: Vec<Value>,
    quotes: Vec<Value>,
    payments: Vec<Value>,
}

impl World {
    /// Opens a world whose shop has eight customers more than the seed's three, each with two addresses and a contact.
    fn selling(name: &str, extensions: &str, faults: &[String], latency_ms: &str) -> Self {
        let insert: Vec<Value> = (4..12)
            .map(|nth| {
                let address = |kind: &str, street: &str| {
                    json!({
                        "type": kind, "first_name": format!("Shop {nth}"), "address_line_1": street, "city": "Bend", "state": "OR",
                        "country": "US", "zip_code": "97701", "is_default": true
                    })
                };
                json!({"insert": "customers", "document": {
                    "id": customer(nth), "display_id": format!("WC-{nth}"), "company_name": format!("Shop {nth}"),
                    "display_name": format!("Shop {nth}"), "email": format!("shop{nth}@born.example"), "payment_term": "Net 30",
                    "assigned_price_list_id": "ref:BASE",
                    "addresses": [address("shipping", &format!("{nth} Pier")), address("billing", &format!("{nth} Vault"))],
                    "contacts": [{
                        "first_name": "Kim", "last_name": format!("Doe {nth}"), "email": format!("kim{nth}@born.example"),
                        "is_default": true
                    }]
                }})
            })
            .collect();
        // The app's doings are no part of the API, so they ride on a request of this test.
        let edit = json!({"edit": {"remote": "wizcommerce", "script": insert}}).to_string();
        let faults = [&[fault("wizcommerce", "GET", "/v1/attributes", "", 0, &edit)], faults].concat();
        let limit = if faults.len() == 1 { "5" } else { "50" };
        let world = Self::serve(
            name,
            &Setting { items: "20", latency_ms, sections: "", extensions, limit, faults: Some(&script(&faults)) },
        );
        world.list("/v1/attributes", "&entity=product");
        world
    }

    /// Places an order in the shop; gives its body, with its id.
    fn order(&self, nth: usize, paid: &str) -> Value {
        let number = format!("K{nth}");
        let line =
            |sku: &str, pieces: usize, price: f64| json!({"sku": sku, "quantity": pieces, "unit_price": price, "is_adhoc": true});
        let lines = [line("VASE-ARC", 1 + nth % 3, 69.9), line("MIRR-KYO", 2, 365.99)];
        let mut body = json!({
            "customer_id": customer(4 + nth % 8), "display_id": number, "status": "confirmed", "line_items": lines,
            "amount_paid": serde_json::from_str::<Value>(paid).unwrap()
        });
        let made = self.ask("POST", "/v2/orders", Some(&body));
        body["id"] = made["data"]["id"].clone();
        assert!(body["id"].is_string(), "{}: {made}", self.name);
        body
    }

    /// Changes the telephone of the nth customer of the shop.
    fn call_from(&self, nth: usize, phone: &str) {
        let answer = self.ask("PATCH", &format!("/v1/customers/{}", customer(nth)), Some(&json!({ "phone": phone })));
        assert_eq!(answer["data"]["phone"], phone, "{}: {answer}", self.name);
    }

    /// Changes what is paid of an order of the shop.
    fn pay(&self, order: &Value, paid: &str) {
        let mut body = order.clone();
        let members = body.as_object_mut().unwrap();
        let id = members.remove("id").unwrap();
        members.remove("status");
        members.insert("amount_paid".into(), serde_json::from_str(paid).unwrap());
        let answer = self.ask("PUT", &format!("/v2/orders/{}", id.as_str().unwrap()), Some(&body));
        assert!(answer["data"].is_object(), "{}: {answer}", self.name);
    }

    /// Takes a payment of an order; only where WizCommerce has payments.
    fn take_payment(&self, order: &Value, number: &str, amount: &str) {
        let amount: Value = serde_json::from_str(amount).unwrap();
        // The books of the past are closed.
        let now = netwiz::sandbox::system_clock()().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let body = json!({
            "reference_id": number, "customer_id": order["customer_id"], "amount": amount, "payment_date": now,
            "payment_method_type": "VISA", "status": "PAID", "allocations": [{"order_id": order["id"], "amount": amount}]
        });
        let made = self.ask("POST", "/v1/payments", Some(&body));
        assert!(made["data"]["id"].is_string(), "{}: {made}", self.name);
    }

    /// Kills a push at a step if it gets there, and counts the kill under the step's row.
    fn kill_at(&self, entity: &str, step: &str, count: usize) -> bool {
        let Some(landed) = self.kill(&["push", entity], &Moment::At(step, count)) else { return false };
        assert_eq!(landed.split(' ').next(), Some(step), "{}", self.name);
        note_step(&landed, false);
        note_row(row_of(step));
        true
    }

    /// The same where the push must get there.
    fn surely_kill_at(&self, entity: &str, step: &str, count: usize) {
        assert!(self.kill_at(entity, step, count), "{}: a push of {entity} does not pass {step} {count} times", self.name);
    }

    /// Kills while the server plays its script, and counts the kill under a row.
    fn kill_amid(&self, entity: &str, moment: &Moment<'_>, row: &'static str) {
        let landed = self.kill(&["push", entity], moment);
        let landed = landed.unwrap_or_else(|| panic!("{}: the push of {entity} ended before the fault", self.name));
        note_step(&landed, false);
        note_row(row);
    }

    fn push_all(&self) {
        for (entity, _) in FLOWS {
            self.run(&["push", entity]);
        }
    }

    fn has_payments(&self) -> bool {
        fs::read_to_string(self.folder.path().join("config.toml")).unwrap().contains("\"payments\"")
    }

    fn shop(&self) -> Shop {
        let read = |path: &str, rows: Vec<Value>| -> Vec<Value> {
            rows.iter().map(|row| self.ask("GET", &format!("{path}/{}", text(row, "id")), None)["data"].clone()).collect()
        };
        let customers = self.list("/v1/customers", "&status=active");
        let customers = customers.into_iter().filter(|row| text(row, "id").starts_with("5eed0001")).collect();
        let orders = self.list("/v2/orders", "&order_status=confirmed");
        let orders = orders.into_iter().filter(|row| row["source"] != "netsuite").collect();
        let quotes = ["submitted", "accepted"].map(|state| self.list("/v1/quotes", &format!("&quote_status={state}"))).concat();
        Shop {
            customers: read("/v1/customers", customers),
            orders: read("/v2/orders", orders),
            quotes: read("/v1/quotes", quotes),
            payments: if self.has_payments() { self.list("/v1/payments", "") } else { Vec::new() },
        }
    }

    /// Checks that every customer of the shop is one in NetSuite, with each contact and address once; gives the Internal IDs.
    fn check_customers(&self, shop: &Shop) -> BTreeMap<String, String> {
        let name = &self.name;
        let all = self.query("SELECT id, externalid, companyname, email, phone FROM customer ORDER BY id");
        let contacts = self.query("SELECT c.id, c.company, c.email FROM contact c ORDER BY c.id");
        let addresses = self.query(
            "SELECT b.internalid, b.entity, a.addr1 FROM customeraddressbook b JOIN customeraddressbookentityaddress a \
             ON a.nkey = b.addressbookaddress ORDER BY b.internalid",
        );
        let mut ids = BTreeMap::new();
        for customer in &shop.customers {
            let (wc_id, email) = (text(customer, "id"), &customer["email"]);
            let external = format!("wz_cu_{wc_id}");
            let found: Vec<&Value> = all.iter().filter(|row| row["email"] == *email || row["externalid"] == *external).collect();
            assert_eq!(found.len(), 1, "{name}: {customer}: {found:?}");
            // One of the seed's was a prospect in NetSuite before, and keeps what it had.
            let external_id = found[0]["externalid"].as_str();
            assert!(external_id.is_none_or(|found| found == external), "{name}: {found:?}");
            let id = text(found[0], "id");
            assert_eq!(customer["reference_id"], id, "{name}: {customer}");
            // What was changed in the shop meanwhile.
            if let Some(digits) = customer["phone"].as_str().and_then(|phone| phone.strip_prefix("+1541")) {
                let phone: String = text(found[0], "phone").chars().filter(char::is_ascii_digit).collect();
                assert!(phone.ends_with(digits), "{name}: {customer}: {found:?}");
            }
            let count = |rows: &[Value], of: &str, column: &str, value: &Value| {
                assert!(value.is_string(), "{name}: {value}");
                rows.iter().filter(|row| row[of] == id && row[column] == *value).count()
            };
            let (people, book) = (customer["contacts"].as_array().unwrap(), customer["addresses"].as_array().unwrap());
            assert!(!people.is_empty() && book.len() >= 2, "{name}: {customer}");
            for person in people {
                assert_eq!(count(&contacts, "company", "email", &person["email"]), 1, "{name}: {person} of {id}: {contacts:?}");
            }
            for address in book {
                assert_eq!(count(&addresses, "entity", "addr1", &address["address_line_1"]), 1, "{name}: {address} of {id}");
            }
            assert!(ids.insert(wc_id.to_owned(), id.to_owned()).is_none());
        }
        assert_eq!(ids.len(), 11, "{name}");
        let pushed = all.iter().filter(|row| row["externalid"].as_str().is_some_and(|id| id.starts_with("wz_cu_"))).count();
        assert_eq!(pushed, 10, "{name}: {all:?}");
        ids
    }

    /// Checks that orders and quotes of the shop are in NetSuite once each, under their customers and line by line.
    fn check_sales(&self, shop: &Shop, ours: &BTreeMap<String, &Value>, customers: &BTreeMap<String, String>) {
        let name = &self.name;
        let rows = self.query(
            "SELECT t.externalid, i.itemid, l.quantity, l.rate, l.foreignamount FROM transaction t JOIN transactionline l ON \
             l.transaction = t.id JOIN item i ON i.id = l.item WHERE t.type IN ('SalesOrd', 'Estimate') AND t.externalid LIKE 'wz_%' \
             AND l.mainline = 'F' AND l.taxline = 'F' ORDER BY t.id, l.id",
        );
        let mut lines: BTreeMap<&str, Vec<Line>> = BTreeMap::new();
        let mut charges: BTreeMap<&str, Vec<(String, Exact)>> = BTreeMap::new();
        for row in &rows {
            let amount = exact(&row["foreignamount"]).negated().normalized();
            let (external, item) = (text(row, "externalid"), text(row, "itemid").rsplit(" : ").next().unwrap().to_owned());
            if ["UPS Ground", "ORDER-DISCOUNT", "HANDLING"].contains(&item.as_str()) {
                charges.entry(external).or_default().push((item, amount));
            } else {
                let pieces = exact(&row["quantity"]).negated().normalized();
                lines.entry(external).or_default().push((item, pieces, amount));
            }
        }
        for (prefix, kind, documents) in [("wz_so_", "SalesOrd", &shop.orders), ("wz_es_", "Estimate", &shop.quotes)] {
            assert!(documents.len() >= 2, "{name}: {kind}");
            for document in documents {
                let external = format!("{prefix}{}", text(document, "id"));
                let sale = ours.get(&external).unwrap_or_else(|| panic!("{name}: no {external}"));
                assert_eq!(sale["type"], kind, "{name}: {sale}");
                assert_eq!(sale["entity"], customers[text(document, "customer_id")], "{name}: {sale}");
                let mut wanted: Vec<Line> = document["line_items"].as_array().unwrap().iter().map(line_of).collect();
                let mut found = lines.remove(external.as_str()).unwrap_or_default();
                wanted.sort_by_key(|line| format!("{line:?}"));
                found.sort_by_key(|line| format!("{line:?}"));
                assert_eq!(found, wanted, "{name}: the lines of {external}");
                // What is charged beyond the lines: NetSuite has no tax to send, and freight is a line of its own.
                let mut wanted: Vec<(String, Exact)> = Vec::new();
                assert!(document["charges"].is_array() || kind == "Estimate", "{name}: {document}");
                for charge in document["charges"].as_array().into_iter().flatten() {
                    let amount = exact(&charge["amount"]);
                    match text(charge, "type") {
                        "tax" => {}
                        "discount" => wanted.push(("ORDER-DISCOUNT".into(), amount.negated().normalized())),
                        "shipping" => wanted.push(("UPS Ground".into(), amount)),
                        _ => wanted.push(("HANDLING".into(), amount)),
                    }
                }
                let mut found = charges.remove(external.as_str()).unwrap_or_default();
                wanted.sort_by_key(|charge| format!("{charge:?}"));
                found.sort_by_key(|charge| format!("{charge:?}"));
                assert_eq!(found, wanted, "{name}: the charges of {external}");
            }
        }
        assert!(lines.is_empty() && charges.is_empty(), "{name}: {lines:?} {charges:?}");
    }

    /// Checks that what was paid is booked once, under its customer and its order; gives the external ids of all deposits.
    fn check_deposits(
        &self,
        shop: &Shop,
        ours: &BTreeMap<String, &Value>,
        customers: &BTreeMap<String, String>,
    ) -> BTreeSet<String> {
        let name = &self.name;
        let deposits: BTreeMap<&String, &&Value> = ours.iter().filter(|(_, row)| row["type"] == "CustDep").collect();
        let order_of = |id: &str| ours[&format!("wz_so_{id}")]["id"].clone();
        let mut known = BTreeSet::new();
        if self.has_payments() {
            assert!(shop.payments.len() >= 4, "{name}");
            for payment in &shop.payments {
                let external = format!("wz_dp_{}", text(payment, "id"));
                let deposit = deposits.get(&external).unwrap_or_else(|| panic!("{name}: no {external}"));
                assert_eq!(exact(&deposit["foreigntotal"]), exact(&payment["amount"]), "{name}: {deposit}");
                assert_eq!(deposit["entity"], customers[text(payment, "customer_id")], "{name}: {deposit}");
                let orders: BTreeSet<&str> =
                    payment["allocations"].as_array().unwrap().iter().map(|part| text(part, "order_id")).collect();
                let order = if orders.len() == 1 { order_of(orders.first().unwrap()) } else { Value::Null };
                assert_eq!(deposit["createdfrom"], order, "{name}: {deposit}");
                known.insert(external);
            }
        } else {
            for order in &shop.orders {
                let prefix = format!("wz_dp_{}_", text(order, "id"));
                let mut sum = Exact::ZERO;
                for (external, deposit) in deposits.iter().filter(|(external, _)| external.starts_with(&prefix)) {
                    sum = sum.checked_add(exact(&deposit["foreigntotal"])).unwrap();
                    assert_eq!(deposit["entity"], customers[text(order, "customer_id")], "{name}: {deposit}");
                    assert_eq!(deposit["createdfrom"], order_of(text(order, "id")), "{name}: {deposit}");
                    known.insert((*external).clone());
                }
                assert_eq!(sum.normalized(), exact(&order["amount_paid"]), "{name}: {order}: {deposits:?}");
            }
            assert!(known.len() >= 2, "{name}");
        }
        known
    }

    /// Lets the pushes through, and checks that NetSuite has what the shop has, once, and that one more run writes nothing.
    fn finish(&self) {
        self.push_all();
        let name = &self.name;
        let shop = self.shop();
        let customers = self.check_customers(&shop);
        let rows = self.query(
            "SELECT t.id, t.type, t.externalid, t.entity, t.foreigntotal, m.createdfrom FROM transaction t JOIN transactionline m ON \
             m.transaction = t.id AND m.mainline = 'T' WHERE t.externalid LIKE 'wz_%' ORDER BY t.id",
        );
        let mut ours = BTreeMap::new();
        for row in &rows {
            assert!(ours.insert(text(row, "externalid").to_owned(), row).is_none(), "{name}: {row} is there twice");
        }
        self.check_sales(&shop, &ours, &customers);
        let mut wanted = self.check_deposits(&shop, &ours, &customers);
        wanted.extend(shop.orders.iter().map(|order| format!("wz_so_{}", text(order, "id"))));
        wanted.extend(shop.quotes.iter().map(|quote| format!("wz_es_{}", text(quote, "id"))));
        assert_eq!(ours.keys().cloned().collect::<BTreeSet<_>>(), wanted, "{name}: something nobody asked for");

        let state = State::open_existing(&self.state()).unwrap().unwrap();
        for (entity, _) in FLOWS {
            assert_eq!(state.intents(entity, "push").unwrap(), [""; 0], "{name}");
            assert_eq!(state.cursor(entity, "push").unwrap().unfinished, None, "{name}: {entity}");
        }
        assert_eq!(state.rejections(None).unwrap(), [], "{name}");
        drop(state);
        let before = self.writes().len();
        self.push_all();
        assert_eq!(self.writes()[before..], [""; 0], "{name}: one more run wrote something");
    }
}

/// Gives the id of the nth customer of the shop.
fn customer(nth: usize) -> String {
    format!("5eed0001-0000-4000-8000-{nth:012}")
}

/// Kills again and again at random moments, while the shop goes on selling, then checks the world.
fn random_world(seed: u64) {
    let _replayable = Replayable("push_kills", seed);
    let random = Replay::new(Timestamp::UNIX_EPOCH, seed);
    let extensions = if random.next().is_multiple_of(2) { PAYMENTS } else { TOTALS };
    let world = World::selling(&format!("random world {seed}"), extensions, &[], "8");
    let mut orders: Vec<(Value, u64)> = Vec::new();
    let backup = world.folder.path().join("backup.db");
    for attempt in 0..TRIES_OF_A_WORLD {
        for _ in 0..random.next() % 4 {
            let paid = 100 * (random.next() % 3);
            orders.push((world.order(orders.len(), &paid.to_string()), paid));
        }
        let place = usize::try_from(random.next()).unwrap_or(0) % orders.len().max(1);
        if let Some((order, paid)) = orders.get_mut(place) {
            if extensions == PAYMENTS {
                world.take_payment(order, &format!("R{attempt}"), "12.5");
            } else {
                *paid += 1 + random.next() % 50;
                world.pay(order, &paid.to_string());
            }
        }
        // What comes later in the chain brings what it hangs on, so all of it is killed now and then.
        let (command, longest): (&[&str], u64) = match random.next() % 6 {
            0 => (&["push", "customers"], 350),
            1 => (&["push", "orders"], 450),
            2 => (&["push", "estimates"], 350),
            3 | 4 => (&["push", "payments"], 450),
            _ => (&["sync", "customers", "orders", "estimates", "payments"], 1500),
        };
        let landed = world.kill(command, &Moment::After(Duration::from_millis(60 + random.next() % longest)));
        if let Some(landed) = landed {
            note_step(&landed, true);
            RANDOM.fetch_add(1, Ordering::SeqCst);
        }
        match random.next() % 12 {
            0 => world.lose_state(random.next().is_multiple_of(2)),
            1 if backup.exists() => {
                world.put_back(&backup);
                note_row("state restored from an older backup");
            }
            2 if world.state().exists() => keep(&world.state(), &backup),
            _ => {}
        }
    }
    world.finish();
}

/// Kills right after every step of every push, while the shop goes on selling.
fn every_step(extensions: &str) {
    let has_payments = extensions == PAYMENTS;
    let world = World::selling(&format!("every step with {extensions}"), extensions, &[], "2");
    let orders: Vec<Value> = (0..6).map(|nth| world.order(nth, if has_payments { "0" } else { "10.5" })).collect();
    // Everything hangs together: a payment brings its order, and that its customer.
    for (step, count) in [
        ("lease_taken", 1),
        ("bounds_stored", 1),
        ("batch_read", 1),
        ("intents_committed", 1),
        ("write_answered", 1),
        ("parents_done", 1),
    ] {
        world.surely_kill_at("payments", step, count);
    }
    // A copy that knows the first customers and orders, and nothing of what follows.
    let backup = world.folder.path().join("backup.db");
    keep(&world.state(), &backup);
    if has_payments {
        // Six orders that nobody paid for are those of customers who are not there yet.
        world.surely_kill_at("orders", "parents_done", 1);
    }
    let mut sold = 20;
    for (entity, _) in FLOWS {
        for (step, count) in [
            ("lease_taken", 1),
            ("bounds_stored", 1),
            ("batch_read", 1),
            ("intents_committed", 1),
            ("write_answered", 1),
            ("write_answered", 1),
            ("write_answered", 2),
            ("batch_committed", 1),
            ("cursor_moved", 1),
        ] {
            // Each time a little further, and there must be something left to do.
            sold += 1;
            match entity {
                "customers" => world.call_from(4 + sold % 8, &format!("+1541555{sold:04}")),
                "orders" => drop((world.order(sold, "0"), world.order(sold + 50, "0"))),
                "payments" if has_payments => {
                    world.take_payment(&orders[sold % 6], &format!("S{sold}"), "20.25");
                    world.take_payment(&orders[0], &format!("T{sold}"), "3");
                }
                "payments" => {
                    world.pay(&orders[sold % 6], &format!("{sold}.75"));
                    world.pay(&orders[(sold + 1) % 6], &format!("{sold}.5"));
                }
                _ => {}
            }
            world.kill_at(entity, step, count);
        }
    }
    world.finish();

    // The file is gone: everything is found again by its external id, nothing is made twice.
    world.lose_state(true);
    world.kill_at("payments", "batch_committed", 1);
    world.lose_state(false);
    world.finish();
    // An old copy is put back, and meanwhile more was paid.
    if !has_payments {
        world.pay(&orders[0], "300.75");
        world.push_all();
        world.pay(&orders[0], "301");
    }
    world.put_back(&backup);
    note_row("state restored from an older backup");
    world.kill_at("payments", "write_answered", 1);
    world.finish();
}

/// Kills between the create of a record and its answer, whatever became of the request.
fn between_request_and_answer(extensions: &str, flows: &[(&str, &str)]) {
    let post = |path: &str, action: &str| fault("netsuite", "POST", path, "wz_", 1, action);
    let of = |action: &str| flows.iter().map(|(_, path)| post(path, action)).collect::<Vec<_>>();

    let lost = World::selling("answers lost", extensions, &of("\"lose_reply\""), "2");
    lost.order(1, "15");
    for (entity, _) in flows {
        lost.kill_amid(entity, &Moment::Says(LOST), ROWS[4]);
    }
    lost.finish();

    let held = World::selling("creates never executed", extensions, &of(r#"{"delay_ms": 60000}"#), "2");
    for (entity, _) in flows {
        held.kill_amid(entity, &Moment::Silent("intents_committed", SILENCE), ROWS[3]);
    }
    held.finish();

    let late = World::selling("creates executed late", extensions, &of(r#"{"hold_ms_then_execute": 400}"#), "2");
    for (entity, _) in flows {
        late.kill_amid(entity, &Moment::Says(LOST), ROWS[5]);
        // Executed before the next run looks.
        thread::sleep(Duration::from_millis(500));
    }
    late.finish();

    // Executed after the next run has made its own: NetSuite keeps external ids unique.
    let latest = World::selling("creates executed after all", extensions, &of(r#"{"hold_ms_then_execute": 2500}"#), "2");
    for (entity, _) in flows {
        latest.kill_amid(entity, &Moment::Says(LOST), ROWS[5]);
    }
    latest.push_all();
    thread::sleep(Duration::from_millis(2500));
    latest.finish();

    // Executed between the next run's look and its own create, which then meets what it was looking for.
    let mut faults = Vec::new();
    for (_, path) in flows {
        faults.push(fault("netsuite", "POST", path, "wz_", 0, r#"{"hold_ms_then_execute": 900}"#));
        faults.push(fault("netsuite", "POST", path, "wz_", 0, r#"{"delay_ms": 1400}"#));
    }
    let race = World::selling("executed between look and create", extensions, &faults, "2");
    for (entity, _) in flows {
        race.kill_amid(entity, &Moment::Says(LOST), ROWS[5]);
        race.run(&["push", entity]);
    }
    race.finish();

    if flows.len() < FLOWS.len() {
        return;
    }
    // What hangs on a customer, and what WizCommerce is told of it.
    let small = [
        fault("netsuite", "POST", "/services/rest/record/v1/contact", "", 2, "\"lose_reply\""),
        fault("wizcommerce", "PATCH", "/v1/customers", "", 0, r#"{"delay_ms": 60000}"#),
        fault("wizcommerce", "PATCH", "/v1/customers", "", 0, "\"lose_reply\""),
    ];
    let small = World::selling("contacts and references", extensions, &small, "2");
    small.kill_amid("customers", &Moment::Says(LOST), ROWS[4]);
    small.kill_amid("customers", &Moment::Asked("PATCH", "/v1/customers/"), ROWS[4]);
    small.kill_at("customers", "batch_committed", 1);
    small.finish();
}

/// Writes a file of the second schema that knows what the state knows, and is slow to copy.
fn downgrade(state: &Path, old: &Path) {
    let file = Connection::open(old).unwrap();
    file.execute_batch(include_str!("../fixtures/state/schema-2.sql")).unwrap();
    file.execute_batch(&format!(
        "delete from link; delete from intent; delete from cursor; delete from queue; delete from rejection; \
         attach '{}' as now; \
         update meta set value = (select value from now.meta where key = 'owner') where key = 'owner'; \
         insert into link (kind, ns_id, wc_id, head, natural_key, external_id, fingerprint, image, flags, updated_at, serial) \
           select kind, ns_id, wc_id, head, natural_key, external_id, fingerprint, image, flags, updated_at, serial from now.link; \
         with recursive n (i) as (select 1 union all select i + 1 from n where i < 4000) \
           insert into run select 'old' || i, 'sync all', '2026-03-01T00:00:00.000Z', '2026-03-01T00:01:00Z', 'ok', 0, '{{}}', \
           hex(zeroblob(2000)) from n;",
        state.display()
    ))
    .unwrap();
}

fn version_of(file: &Path) -> i64 {
    Connection::open(file).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// Kills while a file of an older schema is copied and brought up to date.
fn migration() {
    let world = World::selling("migration", TOTALS, &[], "2");
    world.push_all();
    let old = world.folder.path().join("old.db");
    downgrade(&world.state(), &old);
    let links = |file: &Path| -> i64 {
        Connection::open(file).unwrap().query_row("select count(*) from link", [], |row| row.get(0)).unwrap()
    };
    let known = links(&old);
    assert!(known > 20, "{known}");
    let backup = world.folder.path().join("acme.v2.db");
    let mut versions = BTreeSet::new();
    for attempt in 0..8 {
        world.put_back(&old);
        let _ = fs::remove_file(&backup);
        let landed = world.kill(&["push", "orders"], &Moment::Exists(&backup, Duration::from_millis(9 * attempt)));
        let Some(_) = landed else { continue };
        assert!(backup.exists(), "{}", world.name);
        let copy = world.folder.path().join("seen.db");
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(crash::beside(&copy, suffix));
        }
        keep(&world.state(), &copy);
        versions.insert(version_of(&copy));
        note_step("while the state file is migrated", false);
        note_row("migration, backup");
        if attempt.is_multiple_of(2) {
            world.run(&["push", "orders"]);
            assert_eq!((version_of(&backup), links(&backup)), (2, known), "{}: the backup is what was there", world.name);
        }
    }
    assert!(versions.contains(&2), "{}: no kill came before the migration was done: {versions:?}", world.name);
    world.finish();
    assert_eq!((version_of(&backup), links(&backup)), (2, known), "{}", world.name);
    // Nothing of the old file is lost on the way.
    let runs: i64 = Connection::open(world.state())
        .unwrap()
        .query_row("select count(*) from run where id like 'old%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(runs, 4000, "{}", world.name);
}

/// A listener under way.
struct Listening {
    process: Child,
    address: String,
}

impl Listening {
    fn start(world: &World, pause: Option<String>) -> Self {
        let mut command = world.netwiz(&["listen", "--json", "--bind", "127.0.0.1:0"]);
        command.stdout(Stdio::piped()).envs(pause.map(|pause| ("NETWIZ_PAUSE_AT", pause)));
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let first: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{}: {error}: {line}", world.name));
        let address = text(&first, "url").strip_prefix("http://").unwrap().to_owned();
        Self { process, address }
    }

    /// Sends a webhook and leaves the connection open.
    fn send(&self, delivery: &str, event: &str, record: &str) -> TcpStream {
        let body =
            json!({"id": delivery, "event": event, "timestamp": "2026-03-01T10:00:00.000Z", "data": {"id": record}}).to_string();
        let mut call = TcpStream::connect(&self.address).unwrap();
        call.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            call,
            "POST /webhooks HTTP/1.1\r\nhost: {}\r\nwebhook-secret: {WEBHOOK_SECRET}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        call
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Gives what was answered, which is nothing when the listener was killed before.
fn answer(mut call: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = call.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

/// Kills a listener between storing a webhook and answering it, and while it pushes what webhooks name.
fn webhooks(extensions: &str) {
    let world = World::selling("webhooks", extensions, &[], "8");
    world.push_all();
    let count = |sql: &str| -> i64 { Connection::open(world.state()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap() };
    for nth in 0..4 {
        let order = world.order(nth, "40");
        let id = text(&order, "id");
        let delivery = format!("whk_{nth}");
        let marker = world.folder.path().join(format!("stored-{nth}"));
        let listening = Listening::start(&world, Some(format!("delivery_stored:1:{}", marker.display())));
        let call = listening.send(&delivery, "order.created", id);
        let begun = Instant::now();
        while !marker.exists() {
            assert!(begun.elapsed() < PATIENCE, "{}: nothing is stored", world.name);
            thread::sleep(Duration::from_millis(1));
        }
        listening.kill();
        assert_eq!(answer(call), "", "{}", world.name);
        note_step("delivery_stored", false);
        note_row("webhook stored, not answered");
        // Without payments of their own, an order is asked for and what was paid of it.
        let rows = || count(&format!("select count(*) from queue where wanted like '%{id}%'"));
        assert_eq!(rows(), 2, "{}", world.name);

        // It comes again, to a listener that may be pushing already, and that is killed at any moment.
        let listening = Listening::start(&world, None);
        let again = answer(listening.send(&delivery, "order.created", id));
        assert!(again.starts_with("HTTP/1.1 202") && again.contains("known already"), "{}: {again}", world.name);
        assert_eq!(count(&format!("select count(*) from delivery where id = '{delivery}'")), 1, "{}", world.name);
        assert!(rows() <= 2, "{}", world.name);
        if nth < 3 {
            thread::sleep(Duration::from_millis(60 * u64::try_from(nth).unwrap()));
            listening.kill();
            note_step("while a listener pushes", true);
            RANDOM.fetch_add(1, Ordering::SeqCst);
            continue;
        }
        while count("select count(*) from queue where outcome is null") > 0 {
            assert!(begun.elapsed() < PATIENCE, "{}: what was stored is not served", world.name);
            thread::sleep(Duration::from_millis(10));
        }
        listening.kill();
        let external = format!("wz_so_{id}");
        let made = world.query(&format!("SELECT id FROM transaction WHERE externalid = '{external}' ORDER BY id"));
        assert_eq!(made.len(), 1, "{}: {external}", world.name);
    }
    world.finish();
}

/// Two processes push the same fifty orders at once, first by one state file, then by two; and are killed now and then.
fn two_at_once(shared: bool) {
    let name = if shared { "two processes, one file" } else { "two processes, two files" };
    let world = World::selling(name, TOTALS, &[], "8");
    world.run(&["push", "customers"]);
    let orders: Vec<Value> = (0..50).map(|nth| world.order(nth, "0")).collect();
    let other = world.folder.path().join("other.db");
    let start = |arguments: &[&str], is_other: bool| {
        let mut command = world.netwiz(arguments);
        if is_other && !shared {
            command.env("NETWIZ_STATE", &other);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let all = ["push", "orders", "--if-locked", "wait"];
    for wait in [250, 400] {
        let both = [start(&all, false), start(&all, true)];
        thread::sleep(Duration::from_millis(wait));
        for mut process in both {
            process.kill().unwrap();
            // What had ended by then was not killed.
            if process.wait().unwrap().code().is_none() {
                note_step("two at once", false);
            }
        }
    }
    // Of one file only one works, and the other waits; who names a record is served by whoever works.
    let mut processes = vec![start(&all, false), start(&all, true)];
    if shared {
        processes.push(start(&["push", "order", text(&orders[49], "id")], false));
    }
    for process in processes {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
    }
    let made =
        world.query("SELECT id, externalid FROM transaction WHERE type = 'SalesOrd' AND externalid LIKE 'wz_so_%' ORDER BY id");
    let ids: BTreeSet<String> = made.iter().map(|row| text(row, "externalid").to_owned()).collect();
    let ours = orders.iter().filter(|order| ids.contains(&format!("wz_so_{}", text(order, "id")))).count();
    // The seed's own six are confirmed, too.
    assert_eq!((made.len(), ids.len(), ours), (56, 56, 50), "{name}");
    world.finish();
    if !shared {
        let before = world.writes().len();
        let again = start(&all, true).wait_with_output().unwrap();
        assert!(again.status.success(), "{again:?}");
        assert_eq!(world.writes()[before..], [""; 0], "{name}: the other file has news");
    }
}

#[test]
fn whatever_push_is_killed_is_made_good_by_the_next() {
    if let Some(seed) = number("NETWIZ_KILL_SEED") {
        random_world(seed);
        println!("{}", table());
        return;
    }
    let wanted = number("NETWIZ_KILLS").and_then(|kills| u32::try_from(kills).ok()).unwrap_or(RANDOM_KILLS);
    thread::scope(|scope| {
        let at_random = scope.spawn(move || {
            for seed in SEED.. {
                random_world(seed);
                if RANDOM.load(Ordering::SeqCst) >= wanted {
                    break;
                }
            }
        });
        let others = [
            scope.spawn(|| between_request_and_answer(TOTALS, &FLOWS)),
            scope.spawn(|| {
                between_request_and_answer(PAYMENTS, &FLOWS[3..]);
                webhooks(TOTALS);
            }),
            scope.spawn(|| {
                every_step(PAYMENTS);
                two_at_once(true);
                two_at_once(false);
            }),
        ];
        every_step(TOTALS);
        migration();
        for other in others {
            other.join().unwrap();
        }
        at_random.join().unwrap();
    });
    let kills = close(&ROWS);
    assert!(kills >= 100, "only {kills} kills");
}
