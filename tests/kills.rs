//! Kills the real binary all over a first sync; the next run must make everything good (`correctness.md` 9).
//!
//! Every world is served by a process of its own and is never seeded again between kills. Random kills come at moments of a
//! fixed seed, deterministic ones at a step (`NETWIZ_PAUSE_AT`) or while the server plays a script of faults. Afterwards both
//! sides are compared over HTTP, with what NetSuite itself answers to queries as the measure.
//!
//! `NETWIZ_KILL_SEED=N` replays one random world, `NETWIZ_KILLS=N` sets how many random kills there are at least.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod crash;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crash::{
    LOST, Moment, RANDOM, Replayable, Setting, World, beside, close, fault, is_complete, keep, note_row, note_step, number,
    row_of, script, table,
};
use jiff::Timestamp;
use netwiz::model::{Entropy as _, Replay};
use netwiz::state::State;
use serde_json::Value;

/// What every world's WizCommerce has beyond the documented.
const CREDITS: &str = "\"credit-memos\"";
/// What is killed.
const SYNC: [&str; 2] = ["sync", "all"];
/// The trade: flow, path in WizCommerce, states a list shows one at a time, and what must be there by what NetSuite says.
const TRADE: [(&str, &str, &[&str], &str); 5] = [
    (
        "customers",
        "/v1/customers",
        &["&status=active"],
        "SELECT id FROM customer WHERE isinactive = 'F' AND searchstage = 'Customer' AND NVL(externalid, 'none') NOT LIKE 'wz_%' ORDER BY id",
    ),
    (
        "orders",
        "/v2/orders",
        &["&order_status=draft", "&order_status=confirmed", "&order_status=cancelled"],
        "SELECT id FROM transaction WHERE type = 'SalesOrd' AND status IN ('B', 'D', 'E', 'F', 'G') ORDER BY id",
    ),
    (
        "shipments",
        "/v1/shipments",
        &["&shipment_status=created", "&shipment_status=shipped", "&shipment_status=fulfilled"],
        "SELECT DISTINCT t.id AS id FROM transaction t JOIN transactionline l ON l.transaction = t.id JOIN transaction s ON s.id = l.createdfrom \
         WHERE t.type = 'ItemShip' AND t.status = 'C' AND s.type = 'SalesOrd' AND s.status IN ('B', 'D', 'E', 'F', 'G') ORDER BY t.id",
    ),
    (
        "invoices",
        "/v1/invoices",
        &["&status=PAID", "&status=UNPAID"],
        "SELECT DISTINCT t.id AS id FROM transaction t JOIN transactionline l ON l.transaction = t.id JOIN transaction s ON s.id = l.createdfrom \
         WHERE t.type = 'CustInvc' AND t.approvalstatus = 2 AND s.type = 'SalesOrd' AND s.status IN ('B', 'D', 'E', 'F', 'G') ORDER BY t.id",
    ),
    ("credit-memos", "/v1/credit-memos", &[""], "SELECT id FROM transaction WHERE type = 'CustCred' ORDER BY id"),
];
/// How the ids begin that the seed gives to what was made in WizCommerce, and is pushed.
const BORN_IN_THE_SHOP: &str = "5eed000";
/// Items of each world.
const ITEMS: &str = "300";
/// The first random world's seed; the following worlds count on from it.
const SEED: u64 = 20_260_302;
/// Random kills, unless the environment asks for more.
const RANDOM_KILLS: u32 = 50;
/// Kills of one random world before its run is let through.
const KILLS_OF_A_WORLD: u32 = 12;

/// The rows of `correctness.md` 9 that exist by now.
const ROWS: [&str; 13] = [
    "lease taken",
    "bounds stored",
    "page fetched",
    "intent committed, request not sent",
    "sent, never executed",
    "executed, answer lost",
    "executed late, after we gave up",
    "answer in, not committed",
    "page committed, cursor not moved",
    "cursor moved",
    "migration (first schema)",
    "state lost",
    "state restored from an older backup",
];

impl World {
    fn new(name: &str, extensions: &str, faults: Option<&str>) -> Self {
        let sections = "[profile.acme.inventory]\nbatch-size = 40";
        let limit = if faults.is_some() { "50" } else { "5" };
        Self::serve(name, &Setting { items: ITEMS, latency_ms: "4", sections, extensions, limit, faults })
    }

    /// Kills at a step and counts the kill under the step's row.
    fn kill_at(&self, step: &str, count: usize) {
        let landed = self.kill(&SYNC, &Moment::At(step, count));
        let landed = landed.unwrap_or_else(|| panic!("{}: {step} is not passed {count} times", self.name));
        assert_eq!(landed.split(' ').next(), Some(step), "{}", self.name);
        note_step(&landed, false);
        note_row(row_of(step));
    }

    /// Kills while the server plays its script, and counts the kill under a row.
    fn kill_amid(&self, moment: &Moment<'_>, row: &'static str) {
        let landed = self.kill(&SYNC, moment).unwrap_or_else(|| panic!("{}: the run ended before the fault", self.name));
        note_step(&landed, false);
        note_row(row);
    }

    /// Runs `sync all` to its end and gives the report.
    fn sync(&self) -> Value {
        self.run(&SYNC)
    }

    /// Everything the target holds, in a stable order.
    fn target(&self) -> [Vec<Value>; 3] {
        const OLDEST: &str = "&sort=asc&sort_by=created_at";
        [self.list("/v1/products", OLDEST), self.list("/v1/inventories", OLDEST), self.list("/v1/attributes", "&entity=product")]
    }

    /// Everything the target holds of the trade, by flow.
    fn trade(&self) -> Vec<Vec<Value>> {
        let list = |(_, path, states, _): &(&str, &str, &[&str], &str)| {
            states.iter().flat_map(|state| self.list(path, &format!("&sort=asc&sort_by=created_at{state}"))).collect()
        };
        TRADE.iter().map(list).collect()
    }

    /// Checks that the trade is there as NetSuite has it: each record once, and linked.
    fn check_trade(&self, trade: &[Vec<Value>], state: &State) {
        let name = &self.name;
        for ((flow, _, _, sql), records) in TRADE.iter().zip(trade) {
            let mut ids = BTreeSet::new();
            let mut pushed = 0;
            for record in records {
                let wc_id = record["id"].as_str().unwrap();
                let reference = record["reference_id"].as_str().filter(|_| !wc_id.starts_with(BORN_IN_THE_SHOP));
                let Some(reference) = reference.filter(|reference| !reference.is_empty()) else {
                    pushed += usize::from(state.link_by_wiz(flow, wc_id).unwrap().is_some());
                    continue;
                };
                assert!(ids.insert(reference.to_owned()), "{name}: {flow} {reference} is there twice");
                let link = state.link_by_wiz(flow, record["id"].as_str().unwrap()).unwrap();
                let link = link.unwrap_or_else(|| panic!("{name}: no link of {flow} {reference}"));
                assert_eq!(link.ns_id.to_string(), reference, "{name}: {flow}");
                assert!(link.fingerprint.is_some(), "{name}: {flow} {reference} is not done");
            }
            let due: BTreeSet<String> = self.query(sql).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(ids, due, "{name}: {flow}");
            assert_eq!(state.linked_after(flow, 0, usize::MAX).unwrap().len(), ids.len() + pushed, "{name}: {flow}");
            assert_eq!(state.intents(flow, "pull").unwrap(), [""; 0], "{name}: {flow}");
            assert_eq!(state.cursor(flow, "pull").unwrap().unfinished, None, "{name}: {flow}");
        }
    }

    /// Lets a run through and checks that both sides and the map agree, and that one more run writes nothing.
    fn finish(&self) {
        self.sync();
        let facts = facts(self);
        let target = self.target();
        let trade = self.trade();
        let [products, stock, attributes] = &target;
        let name = &self.name;

        let mut skus = BTreeMap::new();
        for product in products {
            let sku = product["sku"].as_str().unwrap();
            assert!(skus.insert(sku, product).is_none(), "{name}: {sku} exists twice");
        }
        assert_eq!(skus.keys().copied().collect::<BTreeSet<_>>(), facts.items.keys().map(String::as_str).collect(), "{name}");
        let names: BTreeSet<&str> = attributes.iter().map(|attribute| attribute["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), attributes.len(), "{name}: an attribute exists twice");
        for (sku, fact) in &facts.items {
            let product = skus[sku.as_str()];
            assert_eq!(product["reference_id"].as_str(), Some(fact.id.to_string().as_str()), "{name}: {sku}");
            assert_eq!(product["status"], if fact.active { "active" } else { "inactive" }, "{name}: {sku}");
            let prices: BTreeSet<String> = product["price_lists"]
                .as_array()
                .unwrap()
                .iter()
                .map(|list| list["price"].to_string().parse::<netwiz::model::Exact>().unwrap().normalized().to_string())
                .collect();
            assert!(fact.price.is_none() || prices.contains(fact.price.as_ref().unwrap()), "{name}: {sku}: {product} {fact:?}");
        }

        let in_stock: BTreeMap<&str, &Value> = stock.iter().map(|record| (record["sku"].as_str().unwrap(), record)).collect();
        assert_eq!(in_stock.len(), stock.len(), "{name}: stock of one SKU exists twice");
        for (sku, fact) in facts.items.iter().filter(|(_, fact)| fact.active) {
            let record = in_stock.get(sku.as_str()).unwrap_or_else(|| panic!("{name}: {sku} has no stock"));
            if let Some(on_hand) = &fact.on_hand {
                assert_eq!(&record["in_stock_quantity"].to_string(), on_hand, "{name}: {sku}");
            }
        }

        let state = State::open_existing(&self.state()).unwrap().unwrap();
        for product in products {
            let link = state.link_by_wiz("products", product["id"].as_str().unwrap()).unwrap();
            let link = link.unwrap_or_else(|| panic!("{name}: no link of {product}"));
            assert_eq!(
                (link.natural_key.as_deref(), link.ns_id.to_string().as_str()),
                (product["sku"].as_str(), product["reference_id"].as_str().unwrap())
            );
        }
        let file = rusqlite::Connection::open(self.state()).unwrap();
        let linked: u32 = file.query_row("select count(*) from link where kind = 'products'", [], |row| row.get(0)).unwrap();
        drop(file);
        assert_eq!(linked as usize, products.len(), "{name}: the map lists what does not exist");
        assert_eq!(state.linked_after("inventory", 0, usize::MAX).unwrap().len(), stock.len(), "{name}");
        for entity in ["products", "inventory"] {
            assert_eq!(state.intents(entity, "pull").unwrap(), [""; 0], "{name}");
            assert_eq!(state.cursor(entity, "pull").unwrap().unfinished, None, "{name}");
        }
        self.check_trade(&trade, &state);
        assert_eq!(state.rejections(None).unwrap(), [], "{name}");
        drop(state);

        let writes = self.writes();
        for flow in self.sync()["flows"].as_array().unwrap() {
            let changes: u64 =
                ["created", "updated", "adopted", "deactivated"].iter().map(|word| flow["counts"][word].as_u64().unwrap()).sum();
            assert_eq!(changes, 0, "{name}: {flow}");
        }
        assert_eq!(self.writes()[writes.len()..], [""; 0], "{name}: one more run wrote something");
        assert!(self.target() == target && self.trade() == trade, "{name}: one more run wrote something");
    }
}

/// What NetSuite itself says about one sellable item.
#[derive(Debug)]
struct Fact {
    id: i64,
    active: bool,
    /// The amount of the base price's first break, without trailing zeros.
    price: Option<String>,
    /// What is on hand in all locations, for items that are stocked themselves.
    on_hand: Option<String>,
}

struct Facts {
    items: BTreeMap<String, Fact>,
    /// The SKU of the first item that is a family of its own.
    lone: String,
}

/// Asks NetSuite about its items, once: the seed is the same in every world.
fn facts(world: &World) -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| {
        let number = |row: &Value, name: &str| row[name].as_str().map(|text| text.parse::<netwiz::model::Exact>().unwrap().normalized());
        let by_item = |sql: &str| -> BTreeMap<String, String> {
            world.query(sql).iter().filter_map(|row| Some((row["item"].as_str()?.to_owned(), number(row, "amount")?.to_string()))).collect()
        };
        let prices = by_item("SELECT item, unitprice AS amount FROM pricing WHERE pricelevel = 1 AND quantity = 1 ORDER BY item");
        let on_hand = by_item(
            "SELECT a.item AS item, SUM(a.quantityonhand) AS amount FROM aggregateitemlocation a GROUP BY a.item ORDER BY a.item",
        );
        let rows = world.query(
            "SELECT i.id, i.itemid, i.isinactive, i.itemtype, i.matrixtype FROM item i WHERE i.itemtype IN ('InvtPart', 'Assembly', 'Kit') \
             AND NVL(i.matrixtype, 'NONE') <> 'PARENT' ORDER BY i.id",
        );
        let mut lone = None;
        let mut items = BTreeMap::new();
        for row in &rows {
            let id = row["id"].as_str().unwrap();
            let sku = row["itemid"].as_str().unwrap().rsplit(" : ").next().unwrap().to_owned();
            let active = row["isinactive"] == "F";
            if active && row["matrixtype"].is_null() {
                lone.get_or_insert_with(|| sku.clone());
            }
            let stocked = row["itemtype"] != "Kit";
            let fact = Fact {
                id: id.parse().unwrap(),
                active,
                price: prices.get(id).cloned(),
                on_hand: on_hand.get(id).cloned().filter(|_| stocked),
            };
            assert!(items.insert(sku, fact).is_none());
        }
        assert!(items.len() >= 290 && items.values().filter(|fact| fact.price.is_some()).count() > 250, "{items:?}");
        Facts { items, lone: lone.unwrap() }
    })
}

/// Kills again and again at random moments until a run gets through, then checks the world.
fn random_world(seed: u64) {
    let _replayable = Replayable("kills", seed);
    let random = Replay::new(Timestamp::UNIX_EPOCH, seed);
    let more = if random.next().is_multiple_of(2) { "\"credit-memos\", \"warehouse-inventories\"" } else { CREDITS };
    let world = World::new(&format!("random world {seed}"), more, None);
    // Some kills come early, some after what a run usually takes.
    for _ in 0..KILLS_OF_A_WORLD {
        let longest = if random.next().is_multiple_of(3) { 300 } else { 1800 };
        let Some(landed) = world.kill(&SYNC, &Moment::After(Duration::from_millis(random.next() % longest))) else { break };
        note_step(&landed, true);
        RANDOM.fetch_add(1, Ordering::SeqCst);
        if random.next().is_multiple_of(12) {
            world.lose_state(random.next().is_multiple_of(2));
        }
    }
    world.finish();
}

/// Kills right after every step, several times each.
fn every_step() {
    let world = World::new("every step", CREDITS, None);
    // The state file is being made: seen by its existence, at slightly different moments.
    let mut unfinished = 0;
    for attempt in 0..40 {
        if world.kill(&SYNC, &Moment::Exists(&world.state(), Duration::from_micros(250 * (attempt % 8)))).is_some() {
            unfinished += u32::from(!is_complete(&world.state()));
        }
        if unfinished >= 3 {
            break;
        }
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(&world.state(), suffix));
        }
    }
    (0..unfinished).for_each(|_| {
        note_step("while the state file is made", false);
        note_row("migration (first schema)");
    });

    for (step, count) in [("lease_taken", 1), ("bounds_stored", 1), ("bounds_stored", 1), ("batch_read", 1)] {
        world.kill_at(step, count);
    }
    // The worst moment for a copy: it remembers an empty target and no intents.
    let backup = world.folder.path().join("backup.db");
    keep(&world.state(), &backup);
    for (step, count) in [
        ("intents_committed", 1),
        ("intents_committed", 1),
        ("write_answered", 1),
        ("write_answered", 3),
        ("write_answered", 40),
        ("write_answered", 90),
        ("batch_committed", 1),
        ("cursor_moved", 1),
        // From here on products are done and inventory, in batches of 40, goes on.
        ("bounds_stored", 2),
        ("batch_read", 2),
        ("write_answered", 1),
        ("write_answered", 70),
        ("batch_committed", 1),
        ("batch_committed", 3),
        ("batch_read", 2),
        ("cursor_moved", 2),
        // Now there is nothing left to do, and that can be interrupted as well.
        ("lease_taken", 1),
        ("bounds_stored", 1),
        ("bounds_stored", 2),
        ("cursor_moved", 1),
        ("cursor_moved", 2),
    ] {
        world.kill_at(step, count);
    }
    // The goods are in step; now the trade, a little further each time, until there is nothing left to kill.
    for _ in TRADE {
        for (step, count) in [
            ("batch_read", 1),
            ("intents_committed", 1),
            ("write_answered", 1),
            ("write_answered", 9),
            ("batch_committed", 1),
            ("cursor_moved", 3),
            ("bounds_stored", 5),
        ] {
            if let Some(landed) = world.kill(&SYNC, &Moment::At(step, count)) {
                assert_eq!(landed.split(' ').next(), Some(step), "{}", world.name);
                note_step(&landed, false);
                note_row(row_of(step));
            }
        }
    }
    world.finish();

    // The file is gone: everything is found again by its key, nothing is made twice.
    world.lose_state(true);
    world.kill_at("write_answered", 50);
    world.lose_state(false);
    world.finish();
    // An old copy is put back: one from before anything had been written.
    world.put_back(&backup);
    note_row("state restored from an older backup");
    world.finish();
}

/// Kills between the create of a record of the trade and its answer.
fn trade_between_request_and_answer() {
    let wait = Duration::from_millis(250);
    let goods = |world: &World| assert!(world.output(&["sync", "products", "inventory"]).status.success(), "{}", world.name);
    let post = |path: &str, skip: u32, action: &str| fault("wizcommerce", "POST", path, "", skip, action);
    let faults: Vec<String> = TRADE.iter().map(|(_, path, ..)| post(path, 3, "\"lose_reply\"")).collect();
    let lost = World::new("answers about the trade lost", CREDITS, Some(&script(&faults)));
    goods(&lost);
    for _ in TRADE {
        lost.kill_amid(&Moment::Says(LOST), "executed, answer lost");
    }
    lost.finish();
    let faults: Vec<String> = TRADE.iter().map(|(_, path, ..)| post(path, 3, r#"{"delay_ms": 60000}"#)).collect();
    let held = World::new("creates of the trade never executed", CREDITS, Some(&script(&faults)));
    goods(&held);
    for _ in TRADE {
        held.kill_amid(&Moment::Silent("intents_committed", wait), "sent, never executed");
    }
    held.finish();
    let faults: Vec<String> = TRADE.iter().map(|(_, path, ..)| post(path, 3, r#"{"hold_ms_then_execute": 400}"#)).collect();
    let late = World::new("creates of the trade executed late", CREDITS, Some(&script(&faults)));
    goods(&late);
    for _ in TRADE {
        late.kill_amid(&Moment::Says(LOST), "executed late, after we gave up");
        // Executed before the next run looks: nothing but a look can tell, for WizCommerce takes a reference twice.
        thread::sleep(Duration::from_millis(500));
    }
    late.finish();
}

/// Kills between a request and its answer, whatever became of the request.
fn between_request_and_answer(sku: &str) {
    let wait = Duration::from_millis(250);
    let held = World::new(
        "held and never executed",
        CREDITS,
        Some(&script(&[fault("wizcommerce", "POST", "/v2/products", "", 20, r#"{"delay_ms": 60000}"#)])),
    );
    held.kill_amid(&Moment::Silent("intents_committed", wait), "sent, never executed");
    held.finish();

    let lost = ["\"lose_reply\"", r#"{"truncate": {"bytes": 25}}"#, "\"garbage\""];
    let faults: Vec<String> = lost.iter().map(|action| fault("wizcommerce", "POST", "/v2/products", "", 8, action)).collect();
    let lost = World::new("executed, answers lost", CREDITS, Some(&script(&faults)));
    lost.kill_amid(&Moment::Says(LOST), "executed, answer lost");
    lost.finish();

    let faults = [
        fault("wizcommerce", "POST", "/v1/attributes", "", 0, "\"lose_reply\""),
        fault("wizcommerce", "POST", "/v1/inventories", "", 50, "\"lose_reply\""),
    ];
    let small = World::new("answers about attributes and stock lost", CREDITS, Some(&script(&faults)));
    small.kill_amid(&Moment::Says("the answer was lost"), "executed, answer lost");
    small.kill_amid(&Moment::Silent("trying again", wait), "executed, answer lost");
    small.finish();

    // Executed before the next run looks, while it works, and after it has ended.
    for hold in [40, 400, 2500] {
        let faults = [fault("wizcommerce", "POST", "/v2/products", "", 5, &format!(r#"{{"hold_ms_then_execute": {hold}}}"#))];
        let late = World::new(&format!("executed {hold} ms late"), CREDITS, Some(&script(&faults)));
        late.kill_amid(&Moment::Says(LOST), "executed late, after we gave up");
        late.sync();
        thread::sleep(Duration::from_millis(hold));
        late.finish();
    }

    // Executed between the next run's look and its own create, which then meets what it was looking for.
    let named = format!("\"{sku}\"");
    let faults = [
        fault("wizcommerce", "POST", "/v2/products", &named, 0, r#"{"hold_ms_then_execute": 1500}"#),
        fault("wizcommerce", "POST", "/v2/products", &named, 0, r#"{"delay_ms": 2500}"#),
    ];
    let race = World::new("executed between look and create", CREDITS, Some(&script(&faults)));
    race.kill_amid(&Moment::Says(LOST), "executed late, after we gave up");
    race.finish();
}

#[test]
fn whatever_is_killed_is_made_good_by_the_next_run() {
    if let Some(seed) = number("NETWIZ_KILL_SEED") {
        random_world(seed);
        println!("{}", table());
        return;
    }
    let wanted = number("NETWIZ_KILLS").and_then(|kills| u32::try_from(kills).ok()).unwrap_or(RANDOM_KILLS);
    let first = World::new("undisturbed", CREDITS, None);
    first.finish();
    let sku = facts(&first).lone.clone();
    drop(first);
    thread::scope(|scope| {
        let at_random = scope.spawn(move || {
            for seed in SEED.. {
                random_world(seed);
                if RANDOM.load(Ordering::SeqCst) >= wanted {
                    break;
                }
            }
        });
        let amid = scope.spawn(move || {
            between_request_and_answer(&sku);
            trade_between_request_and_answer();
        });
        every_step();
        amid.join().unwrap();
        at_random.join().unwrap();
    });
    close(&ROWS);
}
