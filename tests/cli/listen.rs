//! `listen`: webhooks over real sockets, of a small client and of the simulated WizCommerce.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use netwiz::model::{Direction, EntityKind};
use netwiz::profile::FLOWS;
use netwiz::sandbox::wizcommerce::{Authentication, Encoding, Subscription};
use netwiz::state::{Asked, Cause, Lease, State};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::program::{Home, Outcome, Simulators, WIZCOMMERCE};

const SECRET: &str = "shared-by-both";
const METRICS: &str = "listen.prom";
const LONG: Duration = Duration::from_secs(60);
const ALL: [Cause; 3] = [Cause::Command, Cause::Webhook, Cause::Look];

/// A listener under way.
struct Listening {
    child: Child,
    address: String,
    /// The WizCommerce it works with.
    wizcommerce: String,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

/// An answer: its status, its head in lower case, and its body.
struct Answer {
    status: u16,
    head: String,
    body: Value,
}

impl Listening {
    /// Starts it and reads its first line.
    fn start(home: &Home, bind: &str) -> Self {
        let metrics = home.text(METRICS);
        let mut command = home.command(&["listen", "--json", "-v", "--metrics-file", &metrics, "--bind", bind]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        let first = stdout.recv_timeout(LONG).unwrap_or_else(|_| panic!("{:?}", stderr.iter().collect::<Vec<_>>()));
        let first: Value = serde_json::from_str(&first).unwrap();
        let address = first["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        let wizcommerce = first["wizcommerce"].as_str().unwrap().to_owned();
        Self { child, address, wizcommerce, stdout, stderr }
    }

    fn ask(&self, head: &str, body: &[u8]) -> Answer {
        let mut call = TcpStream::connect(&self.address).unwrap();
        call.set_read_timeout(Some(LONG)).unwrap();
        write!(call, "{head}\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", self.address, body.len()).unwrap();
        // One that is turned away early may be cut off while it still sends.
        let _ = call.write_all(body);
        let mut answer = Vec::new();
        let _ = call.read_to_end(&mut answer);
        let text = String::from_utf8(answer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: serde_json::from_str(body).unwrap_or(Value::Null) }
    }

    /// Delivers a body with the secret in a header.
    fn deliver(&self, body: &str) -> Answer {
        self.ask(&format!("POST /webhooks HTTP/1.1\r\nwebhook-secret: {SECRET}"), body.as_bytes())
    }

    fn health(&self) -> Answer {
        self.ask("GET /health HTTP/1.1", b"")
    }

    fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        assert!(std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    /// Waits for its end; gives code and output.
    fn finish(mut self) -> Outcome {
        let code = self.child.wait().unwrap().code().unwrap();
        let text = |lines: &Receiver<String>| lines.iter().collect::<Vec<_>>().join("\n");
        Outcome { code, stdout: text(&self.stdout), stderr: text(&self.stderr) }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // The test may be over.
            let _ = sender.send(line);
        }
    });
    lines
}

fn world() -> (Simulators, Home) {
    let simulators = Simulators::start();
    let home = listening_home(&simulators);
    (simulators, home)
}

fn listening_home(simulators: &Simulators) -> Home {
    let mut home = Home::of(simulators);
    home.set("NETWIZ_WIZCOMMERCE_WEBHOOK_SECRET", SECRET);
    home
}

fn body(delivery: &str, event: &str, record: &str) -> String {
    json!({"id": delivery, "event": event, "timestamp": "2026-03-01T10:00:00.000Z", "data": {"id": record}}).to_string()
}

/// What an order's event asks for: the order, and without the payments extension what was paid of it.
fn of_an_order() -> u64 {
    1 + u64::from(FLOWS.contains(&(EntityKind::Payments, Direction::Push)))
}

/// What stands in the queue, due or not.
fn queue(home: &Home) -> Vec<Asked> {
    let state = State::open_existing(&home.state_file()).unwrap().unwrap();
    let late = "2999-01-01T00:00:00Z".parse().unwrap();
    let Some(first) = state.next_asked(&ALL, late).unwrap() else { return Vec::new() };
    let mut rows = state.asked_alike(&first, 99, late).unwrap();
    rows.sort_by_key(|row| row.id);
    rows
}

fn waiting(home: &Home) -> u64 {
    State::open_existing(&home.state_file()).unwrap().unwrap().count_waiting().unwrap()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn lease(home: &Home, command: &str) -> Lease {
    std::fs::create_dir_all(home.state_file().parent().unwrap()).unwrap();
    Lease::take(&home.state_file(), command, "2026-03-01T10:00:00Z".parse().unwrap()).unwrap().unwrap()
}

#[test]
fn a_delivery_is_stored_before_it_is_answered_and_counts_once() {
    let (_simulators, home) = world();
    // Whoever runs serves the queue; nobody does here, so that what is received can be seen.
    let _lease = lease(&home, "sync all");
    let listening = Listening::start(&home, "127.0.0.1:0");
    let order = body("whk_1", "order.created", "o-1");
    let first = listening.deliver(&order);
    assert_eq!((first.status, &first.body["outcome"], &first.body["message"]), (202, &"accepted".into(), &"stored".into()));
    assert!(first.head.contains("content-type: application/json"), "{}", first.head);
    assert_eq!(waiting(&home), of_an_order());
    let row = queue(&home).remove(0);
    assert_eq!((row.entity.as_str(), row.direction.as_str(), row.cause.as_str()), ("orders", "push", "webhook"));
    assert!(row.wanted.contains("\"o-1\"") && row.wanted.contains("push order"), "{row:?}");
    let again = listening.deliver(&order);
    assert_eq!((again.status, &again.body["message"]), (202, &"known already".into()));
    assert_eq!(listening.deliver(&body("whk_2", "order.updated", "o-1")).status, 202);
    assert_eq!(waiting(&home), of_an_order(), "a record waits once");
    assert_eq!(listening.deliver(&body("whk_3", "customer.created", "c-1")).status, 202);
    for nothing in ["order.deleted", "product.updated", "quote.created", "payment.created", "customer.contact.updated"] {
        let answer = listening.deliver(&body("whk_4", nothing, "x-1"));
        assert_eq!((answer.status, &answer.body["message"]), (200, &"nothing to push".into()), "{nothing}");
    }
    let all = of_an_order() + 1;
    assert_eq!(waiting(&home), all);
    let flows = home.json(&["status"]).1;
    let pushed = flows["flows"].as_array().unwrap().iter().filter(|flow| flow["direction"] == "push");
    assert_eq!(pushed.map(|flow| flow["queued"].as_u64().unwrap()).sum::<u64>(), all, "{flows:#}");
    let health = listening.health();
    assert_eq!((health.status, &health.body["status"], &health.body["queued"]), (200, &"ok".into(), &all.into()));
    assert_eq!((&health.body["profile"], &health.body["last_error"]), (&"acme".into(), &Value::Null));
    listening.signal("TERM");
    let outcome = listening.finish();
    assert_eq!(outcome.code, 143, "{outcome}");
    assert!(!outcome.to_string().contains(SECRET), "{outcome}");
    assert_eq!(waiting(&home), all);
}

#[test]
fn what_is_not_from_wizcommerce_or_makes_no_sense_is_turned_away() {
    let (_simulators, home) = world();
    let _lease = lease(&home, "sync all");
    let listening = Listening::start(&home, "127.0.0.1:0");
    let order = body("whk_1", "order.created", "o-1");
    let refused = |head: &str, body: &[u8]| listening.ask(head, body).status;
    let post = "POST /webhooks HTTP/1.1";
    assert_eq!(refused(post, order.as_bytes()), 401);
    assert_eq!(refused(&format!("{post}\r\nwebhook-secret: shared-by-bots"), order.as_bytes()), 401);
    assert_eq!(refused(&format!("{post}\r\nx-wizcommerce-signature: {SECRET}"), order.as_bytes()), 401);
    assert_eq!(refused(&format!("{post}\r\nx-wizcommerce-signature: AAAA,"), order.as_bytes()), 401);
    let known = format!("{post}\r\nX-Webhook-Key: {SECRET}");
    for (body, words) in [("", "no JSON object"), ("{", "ends early"), ("[1]", "no JSON object"), ("{\"id\":\"a\"}", "`event`")] {
        let answer = listening.ask(&known, body.as_bytes());
        assert_eq!((answer.status, &answer.body["outcome"]), (400, &"refused".into()), "{body}");
        assert!(answer.body["message"].as_str().unwrap().contains(words), "{body}: {}", answer.body);
    }
    assert_eq!(refused(&known, format!("{}1{}", "[".repeat(65), "]".repeat(65)).as_bytes()), 400);
    assert_eq!(refused(&known, &vec![b' '; 1024 * 1024 + 1]), 413);
    // A body that does not say how long it is.
    let mut call = TcpStream::connect(&listening.address).unwrap();
    write!(call, "{known}\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
    let chunk = vec![b' '; 64 * 1024];
    for _ in 0..17 {
        let _ =
            write!(call, "{:x}\r\n", chunk.len()).and_then(|()| call.write_all(&chunk)).and_then(|()| call.write_all(b"\r\n"));
    }
    let mut answer = [0; 12];
    call.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    let wrong = listening.ask("GET /webhooks HTTP/1.1", b"");
    assert_eq!((wrong.status, wrong.head.contains("allow: post")), (405, true), "{}", wrong.head);
    assert_eq!(refused("POST /health HTTP/1.1", b""), 405);
    assert_eq!(refused("GET / HTTP/1.1", b""), 404);
    assert_eq!(refused(&post.replace("/webhooks", "/webhooks/"), order.as_bytes()), 404);
    assert_eq!(waiting(&home), 0);
    // The largest body that is taken, and one that comes as a stranger's would.
    let filled = format!("{order}{}", " ".repeat(1024 * 1024 - order.len()));
    assert_eq!(refused(&known, filled.as_bytes()), 202);
    assert_eq!(waiting(&home), of_an_order());
}

#[test]
fn the_simulated_wizcommerce_is_believed_in_both_styles() {
    for style in ["header", "base64", "hex"] {
        let secret = SECRET.to_owned();
        let signed = |encoding| Authentication::Signature { secrets: vec!["an-older-one".into(), SECRET.into()], encoding };
        let authentication = match style {
            "header" => Authentication::Header { name: "webhook-secret".into(), secret },
            "base64" => signed(Encoding::Base64),
            _ => signed(Encoding::Hex),
        };
        let bind = free_address();
        let subscription = Subscription::new(format!("http://{bind}/webhooks"), authentication);
        let simulators = Simulators::telling(Subscription { duplicates: true, ..subscription });
        let home = listening_home(&simulators);
        let _lease = lease(&home, "sync all");
        let _listening = Listening::start(&home, &bind);
        let order = place_order(&simulators);
        wait_until("it is delivered twice", || {
            simulators.world.wizcommerce.webhooks().unwrap().iter().filter(|row| row.state == "delivered").count() == 2
        });
        let rows = queue(&home);
        assert_eq!(rows.len(), 1, "{style}: {rows:?}");
        assert!(rows[0].wanted.contains(&order), "{style}: {rows:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_in_order_and_the_next_start_serves_what_was_stored() {
    let (_simulators, home) = world();
    let held = lease(&home, "sync all");
    let listening = Listening::start(&home, "127.0.0.1:0");
    assert_eq!(listening.deliver(&body("whk_1", "customer.updated", "c-1")).status, 202);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(queue(&home)[0].attempts, 0, "whoever holds the lease serves the queue");
    // A connection that is kept open does not hold up the end, and one under way is answered.
    let _idle = TcpStream::connect(&listening.address).unwrap();
    let mut slow = TcpStream::connect(&listening.address).unwrap();
    let late = body("whk_2", "customer.updated", "c-2");
    write!(slow, "POST /webhooks HTTP/1.1\r\nhost: h\r\nwebhook-secret: {SECRET}\r\ncontent-length: {}\r\n\r\n", late.len())
        .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    listening.signal("INT");
    std::thread::sleep(Duration::from_millis(200));
    assert!(TcpStream::connect(&listening.address).is_err(), "no new connection is taken");
    slow.write_all(late.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    let outcome = listening.finish();
    assert_eq!((outcome.code, waiting(&home)), (130, 2), "{outcome}");

    drop(held);
    let again = Listening::start(&home, "127.0.0.1:0");
    // Served, or tried and put off.
    wait_until("both are served", || queue(&home).iter().all(|row| row.attempts > 0));
    assert_eq!(again.deliver(&body("whk_1", "customer.updated", "c-1")).body["message"], "known already");
    let (_, runs) = home.json(&["runs", "list"]);
    assert_eq!(runs["runs"][0]["command"], "push customer", "{runs:#}");
    let line: Value = serde_json::from_str(&again.stdout.recv_timeout(LONG).unwrap()).unwrap();
    assert_eq!(line["command"], "push customer", "{line:#}");
    // Between the two there is no lease, so anybody may work.
    wait_until("the lease is free", || home.run(&["sync", "inventory", "--if-locked", "fail"]).code == 0);
}

#[test]
fn killed_it_loses_nothing_that_was_answered() {
    let (_simulators, home) = world();
    let _lease = lease(&home, "sync all");
    let mut listening = Listening::start(&home, "127.0.0.1:0");
    assert_eq!(listening.deliver(&body("whk_1", "customer.updated", "c-1")).status, 202);
    listening.child.kill().unwrap();
    assert_eq!(waiting(&home), 1);
}

#[test]
fn what_cannot_be_stored_is_to_be_sent_again() {
    let (_simulators, home) = world();
    let listening = Listening::start(&home, "127.0.0.1:0");
    let writer = rusqlite::Connection::open(home.state_file()).unwrap();
    writer.execute_batch("begin immediate").unwrap();
    let order = body("whk_1", "customer.updated", "c-1");
    assert_eq!(listening.deliver(&order).status, 503);
    writer.execute_batch("rollback").unwrap();
    assert_eq!(listening.deliver(&order).body["message"], "stored");
}

#[test]
fn a_run_waits_for_a_listener_that_pushes_and_for_nobody_else() {
    let (simulators, home) = world();
    for (arguments, code) in [(&["sync", "products"][..], 0), (&["sync", "products", "--if-locked", "skip"], 0)] {
        let pushing = lease(&home, "listen");
        let run = home.start(arguments);
        std::thread::sleep(Duration::from_secs(1));
        drop(pushing);
        let outcome = run.finish();
        assert_eq!(outcome.code, code, "{outcome}");
        assert!(outcome.stdout.contains("products") && !outcome.stdout.contains("skipped:"), "{outcome}");
    }
    simulators.check_products();
    let _other = lease(&home, "sync orders");
    let begin = Instant::now();
    home.run(&["sync", "products"]).fails(11, &["sync orders"]);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn nothing_listens_without_a_secret_or_an_address_of_its_own() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    home.run(&["listen"]).fails(4, &["wizcommerce-webhook-secret"]).hints("NETWIZ_WIZCOMMERCE_WEBHOOK_SECRET");
    home.set("NETWIZ_WIZCOMMERCE_WEBHOOK_SECRET", SECRET);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    home.run(&["listen", "--bind", &address]).fails(1, &["cannot be listened on", &address]).hints("--bind");
    home.run(&["listen", "--bind", "8787"]).fails(2, &["--bind", "8787"]);
    home.environment.remove("NETWIZ_WIZCOMMERCE_API_KEY");
    home.run(&["listen", "--bind", "127.0.0.1:0"]).fails(4, &["wizcommerce-api-key"]);
}

#[cfg(unix)]
#[test]
fn an_address_that_others_reach_is_warned_of() {
    let (_simulators, home) = world();
    let mut open = home.start(&["listen", "--bind", "0.0.0.0:0"]);
    open.wait_for("warning: 0.0.0.0:");
    open.signal("TERM");
    let outcome = open.finish();
    assert_eq!(outcome.code, 143, "{outcome}");
    assert!(outcome.stderr.contains("can be reached from other machines"), "{outcome}");
    assert!(outcome.stdout.contains("listening on http://0.0.0.0:"), "{outcome}");
    let mut closed = home.start(&["listen", "--bind", "127.0.0.1:0", "-v"]);
    std::thread::sleep(Duration::from_millis(500));
    closed.signal("INT");
    closed.wait_for("stopped as asked");
    let outcome = closed.finish();
    assert_eq!((outcome.code, outcome.stderr.contains("warning")), (130, false), "{outcome}");
}

#[test]
fn the_built_in_profile_tells_its_own_listener() {
    let mut home = Home::empty();
    home.set("NETWIZ_PROFILE", "sandbox");
    let listening = Listening::start(&home, "127.0.0.1:0");
    assert_eq!(listening.health().body["profile"], "sandbox");
    let unknown = listening.ask("POST /webhooks HTTP/1.1\r\nwebhook-secret: wrong", b"{}");
    assert_eq!(unknown.status, 401);
    // The first customer of the seed.
    let customer = "PATCH /v1/customers/5eed0001-0000-4000-8000-000000000001";
    call(&listening.wizcommerce, customer, &json!({"email": "first@petal.example"}));
    let report = listening.served();
    assert_eq!((&report["command"], &report["outcome"]), (&"push customer".into(), &"ok".into()), "{report:#}");
    listening.signal("INT");
    assert_eq!(listening.finish().code, 130);
}

fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Calls WizCommerce's public API as its own app would; gives the id of the record.
fn call(wizcommerce: &str, line: &str, body: &Value) -> String {
    let body = body.to_string();
    let host = wizcommerce.replace("http://", "");
    let key = netwiz::sandbox::wizcommerce::Settings::default().api_key;
    let mut call = TcpStream::connect(&host).unwrap();
    let head = format!("{line} HTTP/1.1\r\nhost: {host}\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n");
    write!(call, "{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    call.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    body["data"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Gives the first customer that was born in WizCommerce.
fn first_customer(simulators: &Simulators) -> String {
    simulators.world.wizcommerce.documents("customers").unwrap()[0]["id"].as_str().unwrap().to_owned()
}

/// Places a confirmed order of the first WizCommerce customer for an item of NetSuite; gives its id.
fn place_order(simulators: &Simulators) -> String {
    let sku: String = simulators.world.netsuite.with_database(|database| {
        let query = "select itemid from item where itemtype = 'InvtPart' and matrixtype is null and isinactive = 'F' order by id";
        database.query_row(query, [], |row| row.get(0)).unwrap()
    });
    let line = json!({"sku": sku, "quantity": 2, "unit_price": 12.5, "is_adhoc": true});
    let order = json!({"customer_id": first_customer(simulators), "status": "confirmed", "line_items": [line]});
    call(simulators.wizcommerce_url(), "POST /v2/orders", &order)
}

/// Counts what NetSuite has.
fn count(simulators: &Simulators, query: &str) -> i64 {
    simulators.world.netsuite.with_database(|database| database.query_row(query, [], |row| row.get(0)).unwrap())
}

/// A world whose webhooks go to an address at which somebody may listen.
fn telling_world() -> (Simulators, Home, String) {
    let bind = free_address();
    let authentication = Authentication::Signature { secrets: vec![SECRET.into()], encoding: Encoding::Base64 };
    let subscription = Subscription::new(format!("http://{bind}/webhooks"), authentication);
    // A webhook that meets a closed door comes again soon.
    let simulators = Simulators::telling(Subscription { retries: vec![Duration::from_millis(200); 50], ..subscription });
    let home = listening_home(&simulators);
    (simulators, home, bind)
}

/// Waits for what must be in NetSuite; gives how long that took.
fn arrival(simulators: &Simulators, query: &str) -> Duration {
    let begin = Instant::now();
    wait_until(query, || count(simulators, query) == 1);
    begin.elapsed()
}

const SOON: Duration = Duration::from_secs(2);

impl Listening {
    /// Reads the report of what it served next.
    fn served(&self) -> Value {
        serde_json::from_str(&self.stdout.recv_timeout(LONG).unwrap()).unwrap()
    }
}

#[test]
fn a_customer_is_in_netsuite_within_two_seconds_and_so_is_every_change() {
    let (simulators, home, bind) = telling_world();
    let listening = Listening::start(&home, &bind);
    let id = first_customer(&simulators);
    call(simulators.wizcommerce_url(), &format!("PATCH /v1/customers/{id}"), &json!({"email": "first@petal.example"}));
    let made = format!("select count(*) from customer where externalid = 'wz_cu_{}'", id.to_ascii_lowercase());
    let took = arrival(&simulators, &made);
    assert!(took < SOON, "{took:?}");
    let report = listening.served();
    assert_eq!((&report["command"], &report["outcome"]), (&"push customer".into(), &"ok".into()), "{report:#}");
    wait_until("nothing waits", || waiting(&home) == 0);

    call(simulators.wizcommerce_url(), &format!("PATCH /v1/customers/{id}"), &json!({"email": "second@petal.example"}));
    let took = arrival(&simulators, &format!("{made} and email = 'second@petal.example'"));
    assert!(took < SOON, "{took:?}");
    wait_until("nothing waits", || waiting(&home) == 0);
    assert_eq!(listening.health().status, 200);
    assert!(listening.health().body["last_served_at"].is_string());

    // Once everything is quiet, one more run writes nothing.
    home.succeed(&["push", "customers"]);
    let quiet = home.json(&["push", "customers"]).1;
    assert_eq!(quiet["flows"][0]["counts"]["updated"], 0, "{quiet:#}");
}

#[test]
fn what_is_rejected_is_a_stored_failure_and_waits_no_longer() {
    let (_simulators, home) = world();
    let listening = Listening::start(&home, "127.0.0.1:0");
    assert_eq!(listening.deliver(&body("whk_1", "customer.updated", "no-such-customer")).status, 202);
    let report = listening.served();
    assert_eq!(report["outcome"], "partial", "{report:#}");
    let metrics = std::fs::read_to_string(home.text(METRICS)).unwrap();
    assert!(metrics.contains("entity=\"customers\",direction=\"push\",outcome=\"rejected\"} 1\n"), "{metrics}");
    wait_until("nothing waits", || waiting(&home) == 0);
    assert_eq!(listening.health().status, 200);
}

#[test]
fn a_remote_that_is_down_loses_nothing() {
    let (simulators, home) = world();
    let customer = first_customer(&simulators);
    let down = netwiz::sandbox::faults::Action::Html;
    simulators.misbehave(WIZCOMMERCE, "/v1/customers", None, down);
    let listening = Listening::start(&home, "127.0.0.1:0");
    assert_eq!(listening.deliver(&body("whk_1", "customer.updated", &customer)).status, 202);
    let report = listening.served();
    assert_eq!((&report["outcome"], &report["exit_code"]), (&"failed".into(), &5.into()), "{report:#}");
    wait_until("it is put off", || queue(&home).iter().all(|row| row.attempts == 1));
    let health = listening.health();
    assert_eq!((health.status, &health.body["status"]), (503, &"failing".into()), "{}", health.body);
    assert_eq!(health.body["last_error"]["kind"], "unavailable", "{}", health.body);
    // What comes in meanwhile is stored all the same.
    assert_eq!(listening.deliver(&body("whk_2", "customer.updated", "another")).status, 202);
    assert_eq!(waiting(&home), 2);
    simulators.faults.clear();
    let again = listening.served();
    assert_eq!(again["flows"][0]["counts"]["created"], 1, "{again:#}");
    wait_until("nothing waits", || waiting(&home) == 0);
    assert_eq!(listening.health().status, 200);
}

#[test]
fn a_sync_serves_what_was_received_beside_its_flows() {
    let (simulators, home) = world();
    let customer = first_customer(&simulators);
    let held = lease(&home, "sync all");
    let listening = Listening::start(&home, "127.0.0.1:0");
    assert_eq!(listening.deliver(&body("whk_1", "customer.updated", &customer)).status, 202);
    listening.signal("TERM");
    assert_eq!(listening.finish().code, 143);
    drop(held);
    home.succeed(&["sync", "inventory"]);
    assert_eq!(waiting(&home), 0);
    let (_, runs) = home.json(&["runs", "list"]);
    let commands: Vec<&str> = runs["runs"].as_array().unwrap().iter().map(|run| run["command"].as_str().unwrap()).collect();
    assert!(commands.contains(&"push customer") && commands.contains(&"sync inventory"), "{commands:?}");
}

#[test]
fn an_order_is_in_netsuite_within_two_seconds_of_its_webhook() {
    let (simulators, home, bind) = telling_world();
    home.succeed(&["push", "customer", &first_customer(&simulators)]);
    let listening = Listening::start(&home, &bind);
    for _ in 0..2 {
        let order = place_order(&simulators).to_ascii_lowercase();
        // From the order itself, so the webhook's own way is in it.
        let took = arrival(&simulators, &format!("select count(*) from \"transaction\" where externalid = 'wz_so_{order}'"));
        assert!(took < SOON, "{took:?}");
        wait_until("nothing waits", || waiting(&home) == 0);
    }
    // What a push tells WizCommerce comes back as a webhook of its own.
    let orders = std::iter::repeat_with(|| listening.served()).find(|report| report["command"] == "push order").unwrap();
    assert_eq!(orders["outcome"], "ok", "{orders:#}");
    assert_eq!(listening.health().status, 200);
}
