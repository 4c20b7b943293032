//! Payments against both simulators: whatever is lost on the way, all money is booked once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use std::time::Duration;

use jiff::SignedDuration;
use netwiz::config::Extension;
use netwiz::model::EntityKind::{Customers, Orders, Payments, Products};
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sandbox::netsuite::Settings;
use netwiz::state::State;
use netwiz::sync::{Options, Silent, Task};
use serde_json::{Value, json};
use world::orders::SIX_LAMPS;
use world::{Differences, Reports, World, clean};

const ORDER: i64 = 95_001;
const OTHER: i64 = 95_002;
const DEPOSIT: &str = "/services/rest/record/v1/customerDeposit";

/// A deposit: external id, amount, order.
type Deposit = (String, String, Option<i64>);

/// A world with two orders that came from NetSuite, in which nobody has paid anything.
async fn selling(profile: &'static str) -> World {
    let mut world = World::trading(profile).await;
    let buyer = world.trading_buyer();
    world.enter_order(ORDER, buyer, "B", &[SIX_LAMPS]);
    world.enter_order(OTHER, buyer, "B", &[SIX_LAMPS]);
    world.next_orders_clean().await;
    let mut script = vec![json!({"set": "/v2/orders/*", "patch": {"amount_paid": 0}})];
    for nth in 1..=4 {
        script.push(json!({"delete": format!("/v1/payments/5eed0004-0000-4000-8000-{nth:012}")}));
    }
    world.edit_wizcommerce(&Value::Array(script).to_string());
    world
}

/// The same where WizCommerce has payments as records.
async fn with_payments(profile: &'static str) -> World {
    let mut world = selling(profile).await;
    show_payments(&mut world);
    world
}

/// Switches the extension on, and maps whatever method there is.
fn show_payments(world: &mut World) {
    world.settings.wizcommerce.extensions = vec![Extension::Payments];
    let method = world.count_netsuite("select min(id) from paymentmethod");
    world.settings.payments.methods.default = Some(method.to_string());
}

trait Paying {
    fn pay(&self, order: i64, amount: &str);
    fn payment(&self, number: &str, amount: &str, more: Value);
    fn deposits(&self) -> Vec<Deposit>;
    fn total(&self) -> String;
    async fn book(&mut self) -> Reports;
    async fn book_clean(&mut self) -> Reports;
    async fn stays_booked(&mut self, what: &str);
}

impl Paying for World {
    /// Sets what an order has paid.
    fn pay(&self, order: i64, amount: &str) {
        self.edit_wizcommerce(&format!(r#"[{{"set": "/v2/orders/ref:{order}", "patch": {{"amount_paid": {amount}}}}}]"#));
    }

    /// Enters a payment of the first order's customer.
    fn payment(&self, number: &str, amount: &str, more: Value) {
        let buyer = self.trading_buyer();
        let mut document = json!({
            "reference_id": number, "customer_id": format!("ref:{buyer}"), "payment_date": "2026-03-02T07:30:00Z",
            "payment_method_type": "VISA", "status": "PAID", "transaction_number": format!("txn-{number}"),
            "amount": serde_json::from_str::<Value>(amount).unwrap(),
            "allocations": [{"order_id": format!("ref:{ORDER}"), "amount": 1}]
        });
        for (name, value) in more.as_object().unwrap() {
            document[name] = value.clone();
        }
        self.edit_wizcommerce(&json!([{"insert": "payments", "document": document}]).to_string());
    }

    /// Gives the deposits that netwiz made, in the order in which they came.
    fn deposits(&self) -> Vec<Deposit> {
        self.sandbox.netsuite.with_database(|database| {
            let sql = "select t.externalid, cast(t.foreigntotal as text), m.createdfrom from \"transaction\" t join transactionline m on \
                       m.\"transaction\" = t.id and m.mainline = 'T' where t.type = 'CustDep' and t.externalid like 'wz_dp_%' order by t.id";
            let mut statement = database.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
            rows.map(Result::unwrap).collect()
        })
    }

    /// Adds up all deposits of the first order that are not void.
    fn total(&self) -> String {
        self.text_netsuite(&format!(
            "select printf('%.2f', coalesce(sum(t.foreigntotal), 0)) from \"transaction\" t join transactionline m on m.\"transaction\" = t.id \
             and m.mainline = 'T' where t.type = 'CustDep' and t.voided = 'F' and m.createdfrom = {ORDER}"
        ))
    }

    async fn book(&mut self) -> Reports {
        self.clock.advance(SignedDuration::from_mins(15));
        self.push(&[(Payments, Task::Changes)], Options::default(), &Silent).await
    }

    async fn book_clean(&mut self) -> Reports {
        let reports = self.book().await;
        clean(&reports);
        reports
    }

    /// Two more runs, one that looks at everything, send no write.
    async fn stays_booked(&mut self, what: &str) {
        for full in [false, true] {
            self.clear_logs();
            self.clock.advance(SignedDuration::from_mins(15));
            let options = Options { full, ..Options::default() };
            let reports = self.push(&[(Payments, Task::Changes)], options, &Silent).await;
            assert!(reports[0].1.is_none(), "{what}: {:?}", reports[0].1);
            let is_write = |method: &str, target: &str| method != "GET" && !target.contains("/query/");
            let writes: Vec<_> = self
                .endpoints
                .iter()
                .flat_map(|endpoint| endpoint.log())
                .filter(|row| is_write(&row.method, &row.target))
                .collect();
            assert!(writes.is_empty(), "{what}: {writes:#?}");
        }
        assert_eq!(self.state.intents("payments", "push").unwrap(), Vec::<String>::new(), "{what}");
    }
}

fn at_deposit(action: Action, times: Option<u32>) -> Fault {
    Fault { times, ..Fault::once("netsuite", "POST", DEPOSIT, action) }
}

/// What may become of the create of a deposit.
fn losses() -> Vec<(&'static str, Action)> {
    vec![
        ("lost", Action::LoseReply),
        ("held a moment", Action::HoldMsThenExecute(1_000)),
        ("held until the look-up", Action::HoldMsThenExecute(2_030)),
        ("held for long", Action::HoldMsThenExecute(45_000)),
        ("twice", Action::Duplicate),
        ("never sent", Action::Cut),
        ("a page", Action::Html),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_payment_arrives_exactly() {
    let mut world = with_payments(
        "[profile.test.payments]\nmethods = { VISA = \"5\" }\naccount = \"122\"\ncreate-fields = { location = { id = \"2\" } }",
    )
    .await;
    let method = world.count_netsuite("select min(id) from paymentmethod");
    world.settings.payments.methods.listed.insert("VISA".into(), method.to_string());
    world.payment("P1", "1234567.89", json!({"note": "By phone"}));
    let reports = world.book_clean().await;
    assert_eq!(reports[0].0.counts.created, 1, "{:?}", reports[0].0);
    let id = world.sandbox.wizcommerce.documents("payments").unwrap()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.deposits(), [(format!("wz_dp_{id}"), "1234567.89".to_owned(), Some(ORDER))]);
    // Half past eleven in the evening before, where the books are kept.
    let row = world.text_netsuite(&format!(
        "select trandate || ' ' || paymentoption || ' ' || account || ' ' || sim_checknumber || ' ' || memo from \"transaction\" where \
         externalid = 'wz_dp_{id}'"
    ));
    assert_eq!(row, format!("2026-03-01 {method} 122 txn-P1 By phone"));
    let link = world.state.link_by_wiz("payments", &id).unwrap().unwrap();
    assert_eq!(link.external_id.as_deref(), Some(format!("wz_dp_{id}").as_str()));
    world.stays_booked("a payment").await;
}

#[tokio::test(start_paused = true)]
async fn ten_payments_whose_replies_are_lost_are_ten_deposits() {
    for (name, action) in losses() {
        let mut world = with_payments("").await;
        for nth in 1..=10 {
            world.payment(&format!("P{nth}"), &format!("{nth}.10"), json!({}));
        }
        world.faults.add(at_deposit(action, Some(10)));
        for _ in 0..3 {
            world.book().await;
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        assert!(world.faults.remaining().is_empty(), "{name}");
        assert_eq!((world.deposits().len(), world.total().as_str()), (10, "56.00"), "{name}: {:?}", world.deposits());
        assert!(world.rejected().is_empty(), "{name}: {:?}", world.rejected());
        world.stays_booked(name).await;
    }
}

#[tokio::test(start_paused = true)]
async fn ten_rises_whose_replies_are_lost_are_ten_deposits() {
    for (name, action) in losses() {
        for loses_state in [false, true] {
            if loses_state && !matches!(action, Action::LoseReply | Action::HoldMsThenExecute(45_000)) {
                continue;
            }
            let mut world = selling("").await;
            for nth in 1..=10 {
                let what = format!("{name}, {nth}, state lost: {loses_state}");
                world.pay(ORDER, &format!("{nth}0.{nth}"));
                world.faults.add(at_deposit(action.clone(), Some(1)));
                world.book().await;
                world.book_clean().await;
                // What is still held is executed before the next rise.
                tokio::time::sleep(Duration::from_secs(60)).await;
                world.faults.clear();
                let expected = world.text_netsuite(&format!("select printf('%.2f', {nth}0.{nth})"));
                assert_eq!((world.deposits().len(), world.total()), (nth, expected), "{what}: {:?}", world.deposits());
                if loses_state {
                    world.lose_state();
                    // The orders are linked by looking, not by making.
                    clean(&world.sync(&[Products, Customers, Orders], Options::default()).await);
                }
            }
            assert!(world.rejected().is_empty(), "{name}: {:?}", world.rejected());
            world.stays_booked(name).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_be_in_flight_comes_first_with_its_own_amount() {
    for (name, late) in [("executed late", true), ("never executed", false)] {
        let mut world = selling("").await;
        world.pay(ORDER, "100.10");
        // All three attempts of the first run are lost; it may be that one of them is executed much later.
        let first = if late { Action::HoldMsThenExecute(1_200_000) } else { Action::Cut };
        world.faults.add(at_deposit(first, Some(1)));
        world.faults.add(at_deposit(Action::Html, Some(2)));
        let reports = world.book().await;
        assert_eq!(world.deposits(), [], "{name}");
        assert_eq!(world.state.intents("payments", "push").unwrap().len(), 1, "{name}: {:?}", reports[0].0);
        world.pay(ORDER, "150.25");
        world.book_clean().await;
        assert_eq!((world.deposits().len(), world.total().as_str()), (2, "150.25"), "{name}: {:?}", world.deposits());
        tokio::time::sleep(Duration::from_secs(1_300)).await;
        assert_eq!((world.deposits().len(), world.total().as_str()), (2, "150.25"), "{name}: {:?}", world.deposits());
        assert!(world.rejected().is_empty(), "{name}: {:?}", world.rejected());
        world.stays_booked(name).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_create_that_is_executed_between_two_runs_is_met() {
    let mut world = selling("").await;
    world.pay(ORDER, "100");
    world.faults.add(at_deposit(Action::HoldMsThenExecute(300_000), Some(1)));
    world.faults.add(at_deposit(Action::Html, Some(2)));
    world.book().await;
    assert_eq!(world.deposits(), []);
    world.pay(ORDER, "130");
    tokio::time::sleep(Duration::from_secs(400)).await;
    assert_eq!(world.total(), "100.00");
    let reports = world.book_clean().await;
    assert_eq!((reports[0].0.counts.adopted, reports[0].0.counts.created), (1, 1), "{:?}", reports[0].0);
    assert_eq!((world.deposits().len(), world.total().as_str()), (2, "130.00"), "{:?}", world.deposits());
    world.stays_booked("met").await;
}

#[tokio::test(start_paused = true)]
async fn orders_that_nobody_paid_cost_netsuite_nothing_and_one_that_was_paid_back_is_a_conflict() {
    let mut world = selling("").await;
    world.pay(ORDER, "100");
    world.book_clean().await;
    world.edit_wizcommerce(&json!([{"set": "/v2/orders/*", "patch": {"po_number": "PO-1"}}]).to_string());
    world.pay(ORDER, "0");
    world.clear_logs();
    let reports = world.book().await;
    let counts = reports[0].0.counts;
    assert_eq!((counts.read, counts.rejected), (1, 1), "{:?}", reports[0].0);
    let wc_id = world.link("orders", ORDER).unwrap().wc_id.0;
    assert_eq!(world.rejected().get(&wc_id), Some(&"conflict"));

    world.pay(ORDER, "100");
    world.push(&[(Payments, Task::Again(vec![wc_id]))], Options::default(), &Silent).await;
    world.edit_wizcommerce(&json!([{"delete": format!("/v2/orders/ref:{ORDER}")}]).to_string());
    world.edit_wizcommerce(&json!([{"set": "/v2/orders/*", "patch": {"po_number": "PO-2"}}]).to_string());
    world.clear_logs();
    let reports = world.book_clean().await;
    assert_eq!(reports[0].0.requests.netsuite, 0, "{:?}", reports[0].0);
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_no_deposit_and_a_conflict_until_the_books_say_so() {
    let mut world = selling("").await;
    world.pay(ORDER, "100");
    world.book_clean().await;
    world.pay(ORDER, "60");
    let reports = world.book().await;
    assert_eq!(reports[0].0.counts.rejected, 1, "{:?}", reports[0].0);
    let wc_id = world.link("orders", ORDER).unwrap().wc_id.0;
    assert_eq!(world.rejected().get(&wc_id), Some(&"conflict"));
    assert_eq!(world.total(), "100.00");
    // It is looked at again and again, and every look counts.
    for _ in 0..4 {
        world.clock.advance(SignedDuration::from_hours(5));
        world.book().await;
    }
    let attempts = world.state.rejection_of("payments", "push", &wc_id).unwrap().unwrap().attempts;
    assert!(attempts > 2, "{attempts}");
    // Somebody voids the deposit and enters what is left of it.
    let id = world.count_netsuite("select max(id) from \"transaction\" where type = 'CustDep'");
    world.edit_netsuite(&format!("update \"transaction\" set voided = 'T' where id = {id}"));
    enter_deposit(&world, ORDER, "60");
    world.push(&[(Payments, Task::Again(vec![wc_id.clone()]))], Options::default(), &Silent).await;
    assert!(world.rejected().is_empty(), "{:?}", world.rejected());
    // The same sum as before: its deposit was voided by a person and is not made again.
    world.pay(ORDER, "100");
    world.book().await;
    assert_eq!(world.rejected().get(&wc_id), Some(&"conflict"));
    assert_eq!(world.total(), "60.00");
    world.pay(ORDER, "110");
    world.book_clean().await;
    assert_eq!(world.total(), "110.00");
    assert!(world.rejected().is_empty(), "{:?}", world.rejected());
    world.stays_booked("after a refund").await;
}

/// Enters a deposit by hand.
fn enter_deposit(world: &World, order: i64, amount: &str) {
    let id = world.count_netsuite("select max(id) + 1 from \"transaction\"");
    let buyer = world.trading_buyer();
    world.edit_netsuite(&format!(
        "insert into \"transaction\" (id, tranid, type, recordtype, status, entity, trandate, createddate, lastmodifieddate, currency, \
         exchangerate, foreigntotal, posting, void, voided) values ({id}, 'CD{id}', 'CustDep', 'customerdeposit', 'A', {buyer}, \
         '2026-03-02', sim_now(), sim_now(), 1, '1', '{amount}', 'T', 'F', 'F'); \
         insert into transactionline (uniquekey, \"transaction\", id, linesequencenumber, mainline, taxline, entity, foreignamount, \
         createdfrom, linecreateddate, linelastmodifieddate) values ({id}000, {id}, 0, 0, 'T', 'F', {buyer}, '{amount}', {order}, \
         sim_now(), sim_now());"
    ));
}

#[tokio::test(start_paused = true)]
async fn what_a_person_booked_counts() {
    let mut world = selling("").await;
    enter_deposit(&world, ORDER, "70.55");
    enter_deposit(&world, OTHER, "5");
    world.pay(ORDER, "100.60");
    world.book_clean().await;
    assert_eq!(world.deposits().iter().map(|deposit| deposit.1.as_str()).collect::<Vec<_>>(), ["30.05"]);
    assert_eq!(world.total(), "100.60");
    assert!(world.rejected().is_empty(), "a deposit of an order nobody paid for in WizCommerce: {:?}", world.rejected());
    world.stays_booked("by hand").await;
}

#[tokio::test(start_paused = true)]
async fn two_state_files_make_one_deposit() {
    for has_records in [false, true] {
        let mut world = if has_records { with_payments("").await } else { selling("").await };
        if has_records {
            world.payment("P1", "42.10", json!({}));
        } else {
            world.pay(ORDER, "42.10");
        }
        world.book_clean().await;
        world.lose_state();
        clean(&world.sync(&[Products, Customers, Orders], Options::default()).await);
        let reports = world.book_clean().await;
        assert_eq!((reports[0].0.counts.created, reports[0].0.counts.adopted), (0, 1), "{:?}", reports[0].0);
        assert_eq!((world.deposits().len(), world.total().as_str()), (1, "42.10"));
        world.stays_booked("two files").await;
    }
}

/// Two processes that know nothing of each other see the same rise at the same time.
#[tokio::test(start_paused = true)]
async fn two_processes_at_once_make_one_deposit() {
    let mut world = selling("").await;
    world.pay(ORDER, "42.10");
    // The first one's create is on its way while the second looks and creates.
    world.faults.add(at_deposit(Action::HoldMsThenExecute(500), Some(1)));
    world.faults.add(at_deposit(Action::DelayMs(1_000), Some(1)));
    let other = State::in_memory().unwrap();
    let faults = std::sync::Arc::clone(&world.faults);
    let gone = tokio::select! {
        _ = world.book() => false,
        () = async {
            while faults.remaining().len() > 1 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        } => true,
    };
    assert!(gone, "the first one is killed");
    let first = std::mem::replace(&mut world.state, other);
    clean(&world.sync(&[Products, Customers, Orders], Options::default()).await);
    world.book_clean().await;
    world.state = first;
    world.book_clean().await;
    assert_eq!((world.deposits().len(), world.total().as_str()), (1, "42.10"));
    world.stays_booked("two processes").await;
}

#[tokio::test(start_paused = true)]
async fn a_closed_period_is_told_and_taken_up_after_it_was_opened() {
    for has_records in [false, true] {
        let mut world = if has_records { with_payments("").await } else { selling("").await };
        if has_records {
            world.payment("P1", "42.10", json!({"payment_date": "2026-03-02T20:00:00Z"}));
        } else {
            world.pay(ORDER, "42.10");
        }
        let months = "startdate <= '2026-03-02' and enddate >= '2026-03-02'";
        world.edit_netsuite(&format!("update accountingperiod set closed = 'T' where {months}"));
        let reports = world.book().await;
        assert_eq!(reports[0].0.counts.rejected, 1, "{:?}", reports[0].0);
        let failure = &reports[0].0.failures[0];
        assert_eq!(failure.reason, "refused_by_netsuite");
        assert!(failure.hint.contains("open the accounting period"), "{failure:?}");
        assert_eq!(world.state.intents("payments", "push").unwrap(), Vec::<String>::new(), "nothing is in flight");
        world.edit_netsuite("update accountingperiod set closed = 'F'");
        world.clock.advance(SignedDuration::from_hours(6));
        world.book_clean().await;
        assert_eq!((world.deposits().len(), world.total().as_str()), (1, "42.10"));
        assert!(world.rejected().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn books_locked_by_a_day_refuse_too() {
    let netsuite = Settings { locked_through: Some("2026-03-02".into()), ..Settings::default() };
    let mut world = World::with(Differences { items: Some(20), netsuite: Some(netsuite), ..Differences::default() });
    show_payments(&mut world);
    clean(&world.sync(&[Products, Customers], Options::default()).await);
    let script: Vec<Value> =
        (1..=4).map(|nth| json!({"delete": format!("/v1/payments/5eed0004-0000-4000-8000-{nth:012}")})).collect();
    world.edit_wizcommerce(&Value::Array(script).to_string());
    world.payment("P1", "42.10", json!({"allocations": []}));
    world.payment("P2", "42.10", json!({"allocations": [], "payment_date": "2026-03-03T18:00:00Z"}));
    let reports = world.book().await;
    assert_eq!((reports[0].0.counts.rejected, reports[0].0.counts.created), (1, 1), "{:?}", reports[0].0);
    assert!(reports[0].0.failures[0].hint.contains("open the accounting period"));
    assert_eq!(world.deposits().iter().map(|deposit| deposit.2).collect::<Vec<_>>(), [None], "of the customer alone");
}

#[tokio::test(start_paused = true)]
async fn states_and_allocations_decide() {
    let mut world = with_payments("[profile.test.payments]\nmethods = { VISA = \"1\" }").await;
    let option = world.count_netsuite("select min(id) from paymentmethod");
    world.settings.payments.methods.listed.insert("VISA".into(), option.to_string());
    world.settings.payments.methods.default = None;
    world.payment("PENDING", "1", json!({"status": "PENDING"}));
    world.payment("VOIDED", "1", json!({"status": "VOIDED"}));
    world.payment("REFUNDED", "1", json!({"status": "REFUNDED"}));
    world.payment("CASH", "1", json!({"payment_method_type": "CASH"}));
    world.payment("NONE", "2", json!({"allocations": []}));
    let of = |order: i64| json!({"order_id": format!("ref:{order}"), "amount": 1});
    world.payment("TWO", "3", json!({"allocations": [of(ORDER), of(OTHER)]}));
    world.payment("ONE", "4", json!({"allocations": [of(OTHER), of(OTHER)]}));
    let reports = world.book().await;
    let report = &reports[0].0;
    assert_eq!((report.counts.created, report.counts.skipped, report.counts.rejected), (3, 3, 1), "{report:?}");
    assert_eq!(report.failures[0].reason, "payment_method_unmapped");
    assert!(report.failures[0].message.contains("CASH"), "{:?}", report.failures[0]);
    let mut made: Vec<_> = world.deposits().into_iter().map(|(_, amount, order)| (amount, order)).collect();
    made.sort();
    assert_eq!(made, [("2".to_owned(), None), ("3".to_owned(), None), ("4".to_owned(), Some(OTHER))]);

    // The deposit stays, and a person has to look at it.
    let id = |number: &str| {
        let all = world.sandbox.wizcommerce.documents("payments").unwrap();
        all.iter().find(|payment| payment["reference_id"] == number).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let one = id("ONE");
    world.edit_wizcommerce(&json!([{"set": "/v1/payments/ref:ONE", "patch": {"status": "REFUNDED"}}]).to_string());
    world.book().await;
    assert_eq!(world.rejected().get(&one), Some(&"conflict"));
    assert_eq!(world.deposits().len(), 3);
    world.edit_netsuite(&format!("update \"transaction\" set voided = 'T' where externalid = 'wz_dp_{one}'"));
    world.push(&[(Payments, Task::Again(vec![one.clone()]))], Options::default(), &Silent).await;
    assert_eq!(world.rejected().get(&one), None);
    world.stays_booked("states").await;
}

#[tokio::test(start_paused = true)]
async fn an_order_cancelled_after_its_deposit_is_a_conflict() {
    let mut world = selling("").await;
    world.pay(ORDER, "20");
    world.pay(OTHER, "30");
    world.book_clean().await;
    assert_eq!(world.deposits().len(), 2);
    world.edit_wizcommerce(&json!([{"set": format!("/v2/orders/ref:{ORDER}"), "patch": {"status": "cancelled"}}]).to_string());
    let reports = world.book().await;
    assert_eq!((reports[0].0.counts.rejected, reports[0].0.failures[0].reason.as_ref()), (1, "conflict"));
    assert_eq!(world.total(), "20.00");
}

#[tokio::test(start_paused = true)]
async fn payments_can_be_switched_off() {
    let mut world = selling("[profile.test.payments]\npush = false").await;
    world.pay(ORDER, "20");
    let reports = world.book_clean().await;
    assert!(reports[0].0.notes.iter().any(|note| note.contains("`payments.push` is off")), "{:?}", reports[0].0);
    assert_eq!(world.deposits(), []);
}

#[tokio::test(start_paused = true)]
async fn showing_payments_later_does_not_book_them_again() {
    let mut world = selling("").await;
    world.pay(ORDER, "20");
    world.book_clean().await;
    show_payments(&mut world);
    world.payment("BEFORE", "20", json!({"payment_date": "2026-02-27T18:00:00Z"}));
    world.payment("SAME", "20", json!({"payment_date": "2026-03-02T20:00:00Z"}));
    world.payment("AFTER", "7", json!({"payment_date": "2026-03-03T20:00:00Z"}));
    let reports = world.book().await;
    let counts = reports[0].0.counts;
    assert_eq!((counts.skipped, counts.rejected, counts.created), (1, 1, 1), "{:?}", reports[0].0);
    assert_eq!(world.total(), "27.00");
    // And back: what is booked on the order counts.
    world.settings.wizcommerce.extensions = Vec::new();
    world.pay(ORDER, "27");
    world.book_clean().await;
    assert_eq!(world.total(), "27.00");
}

#[tokio::test(start_paused = true)]
async fn an_order_of_netsuite_that_is_not_linked_yet_waits() {
    let mut world = selling("").await;
    world.pay(ORDER, "20");
    world.lose_state();
    let reports = world.book().await;
    assert_eq!((reports[0].0.counts.rejected, reports[0].0.failures[0].reason.as_ref()), (1, "order_not_linked"));
    clean(&world.sync(&[Products, Customers, Orders], Options::default()).await);
    world.clock.advance(SignedDuration::from_hours(6));
    world.book_clean().await;
    assert_eq!((world.deposits().len(), world.total().as_str()), (1, "20.00"));
    assert!(world.rejected().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_customer_who_is_not_in_netsuite_is_brought_first() {
    let mut world = selling("").await;
    show_payments(&mut world);
    world.edit_wizcommerce(
        &json!([{"insert": "payments", "document": {
            "reference_id": "ALONE", "customer_id": "5eed0001-0000-4000-8000-000000000003", "payment_date": "2026-03-02T07:30:00Z",
            "payment_method_type": "VISA", "status": "PAID", "amount": 12.5, "allocations": []
        }}])
        .to_string(),
    );
    world.book_clean().await;
    assert_eq!(world.deposits().iter().map(|(_, amount, order)| (amount.as_str(), *order)).collect::<Vec<_>>(), [("12.5", None)]);
    let customer = world.state.link_by_wiz("customers", "5eed0001-0000-4000-8000-000000000003").unwrap().unwrap();
    let entity = world.count_netsuite("select entity from \"transaction\" where externalid like 'wz_dp_%'");
    assert_eq!(entity, customer.ns_id.0);
    world.stays_booked("a new customer").await;
}
