//! Webhooks: which change is told, how it is proved genuine, and how often it is tried.

use std::time::Duration;

use super::customers::customer;
use super::orders::{order, shop_with};
use super::*;

const URL: &str = "http://127.0.0.1:8787/webhooks";

fn signed(secrets: &[&str], encoding: Encoding) -> Subscription {
    let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
    Subscription::new(URL, Authentication::Signature { secrets, encoding })
}

fn subscription() -> Subscription {
    signed(&["shared-secret"], Encoding::Base64)
}

fn told_by(subscription: Subscription) -> Settings {
    Settings { webhooks: Some(subscription), ..Settings::default() }
}

fn tenant() -> Tenant {
    Tenant::with(told_by(subscription()))
}

impl Tenant {
    fn due(&self) -> Vec<Delivery> {
        self.remote.due_webhooks(self.now, 1000).unwrap()
    }

    fn answered(&self, delivery: &Delivery, status: Option<u16>) {
        self.remote.webhook_answered(delivery, status, self.now).unwrap();
    }

    /// Takes what is due and says 200 to it; gives the events and the ids they tell.
    fn heard(&self) -> Vec<(String, String)> {
        let due = self.due();
        for delivery in &due {
            self.answered(delivery, Some(200));
        }
        due.iter().map(told).collect()
    }

    /// Gives the names of the events alone.
    fn events(&self) -> Vec<String> {
        self.heard().into_iter().map(|(event, _)| event).collect()
    }

    /// Gives the state of the only delivery, and the last status.
    fn fate(&self) -> (String, u32, Option<u16>) {
        let rows = self.remote.webhooks().unwrap();
        assert_eq!(rows.len(), 1);
        (rows[0].state.clone(), rows[0].attempts, rows[0].status)
    }
}

fn body(delivery: &Delivery) -> Value {
    serde_json::from_slice(&delivery.body).unwrap()
}

fn told(delivery: &Delivery) -> (String, String) {
    let body = body(delivery);
    assert_eq!(body["event"].as_str(), Some(delivery.event.as_str()));
    (delivery.event.clone(), body["data"]["id"].as_str().unwrap().to_owned())
}

fn header<'a>(delivery: &'a Delivery, name: &str) -> Option<&'a str> {
    delivery.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn id(record: &Value) -> String {
    record["id"].as_str().unwrap().to_owned()
}

fn event(name: &str, record: &str) -> (String, String) {
    (name.to_owned(), record.to_owned())
}

#[test]
fn a_customer_and_what_belongs_to_it_are_told_by_their_own_ids() {
    let tenant = tenant();
    let buyer = tenant.write(
        201,
        "POST",
        "/v1/customers",
        &json!({
            "reference_id": "4410", "company_name": "Harbor & Pine", "display_name": "Harbor",
            "addresses": [{"reference_id": "90", "type": "shipping", "address_line_1": "12 Wharf Rd", "city": "Tacoma"}],
            "contacts": [{"reference_id": "7", "first_name": "Ana", "email": "ana@harborpine.example"}],
        }),
    );
    let (customer, path) = (id(&buyer), format!("/v1/customers/{}", id(&buyer)));
    let (address, contact) = (id(&buyer["addresses"][0]), id(&buyer["contacts"][0]));
    assert_eq!(
        tenant.heard(),
        [
            event("customer.created", &customer),
            event("customer.address.created", &address),
            event("customer.contact.created", &contact),
        ]
    );

    tenant.write(201, "PATCH", &path, &json!({"display_name": "H&P"}));
    let moved = json!({"reference_id": "90", "type": "shipping", "address_line_1": "14 Wharf Rd", "city": "Tacoma"});
    tenant.write(201, "PUT", &format!("{path}/addresses/{address}"), &moved);
    let renamed = json!({"reference_id": "7", "first_name": "Anna", "email": "ana@harborpine.example"});
    tenant.write(201, "PUT", &format!("{path}/contacts/{contact}"), &renamed);
    let second = tenant.write(201, "POST", &format!("/v2/customers/{}/addresses", id(&buyer)), &moved);
    assert_eq!(
        tenant.heard(),
        [
            event("customer.updated", &customer),
            event("customer.address.updated", &address),
            event("customer.contact.updated", &contact),
            event("customer.address.created", &id(&second)),
        ]
    );

    assert_eq!(tenant.call("DELETE", &format!("{path}/contacts/{contact}"), "").0, 200);
    assert_eq!(tenant.call("DELETE", &path, "").0, 200);
    assert_eq!(
        tenant.heard(),
        [
            event("customer.contact.deleted", &contact),
            event("customer.address.deleted", &address),
            event("customer.address.deleted", &id(&second)),
            event("customer.deleted", &customer),
        ]
    );
}

#[test]
fn orders_quotes_and_payments_are_told() {
    let (tenant, body) = shop_with(told_by(subscription()));
    tenant.heard();
    let placed = order(&tenant, &body);
    let path = format!("/v1/orders/{placed}");
    assert_eq!(tenant.heard(), [event("order.created", &placed)]);
    let mut whole = body.clone();
    whole.as_object_mut().unwrap().remove("status");
    tenant.write(201, "PUT", &format!("/v2/orders/{placed}"), &whole);
    tenant.write(200, "PATCH", &format!("{path}/status"), &json!({"status": "cancelled"}));
    assert_eq!(tenant.heard(), [event("order.updated", &placed), event("order.updated", &placed)]);
    assert_eq!(tenant.call("DELETE", &path, "").0, 200);
    assert_eq!(tenant.heard(), [event("order.deleted", &placed)]);

    let (customer, line) = (&body["customer_id"], json!({"sku": "A", "quantity": 1, "unit_price": 1}));
    let sent = json!({"reference_id": "q", "customer_id": customer, "line_items": [line]});
    let quote = id(&tenant.write(201, "POST", "/v1/quotes", &sent));
    tenant.write(200, "PATCH", &format!("/v1/quotes/{quote}/status"), &json!({"status": "accepted"}));
    assert_eq!(tenant.call("DELETE", &format!("/v1/quotes/{quote}"), "").0, 200);
    assert_eq!(tenant.heard(), [event("quote.created", &quote), event("quote.updated", &quote), event("quote.deleted", &quote)]);

    let sent = json!({"reference_id": "p", "customer_id": customer, "amount": 1, "payment_date": "2026-02-20T00:00:00Z"});
    let payment = id(&tenant.write(201, "POST", "/v1/payments", &sent));
    tenant.write(200, "PATCH", &format!("/v1/payments/{payment}"), &json!({"status": "PAID"}));
    tenant.edit(r#"[{"delete":"/v1/payments/ref:p"}]"#);
    assert_eq!(
        tenant.heard(),
        [event("payment.created", &payment), event("payment.updated", &payment), event("payment.deleted", &payment)]
    );
}

#[test]
fn what_people_do_in_the_app_is_told_too() {
    let tenant = tenant();
    tenant.edit(
        r#"[{"insert":"customers","document":{"reference_id":"1","name":"A","contacts":[{"first_name":"Ana"}]}},
            {"set":"/v1/customers/ref:1","patch":{"name":"B"}},
            {"insert":"orders","document":{"reference_id":"2","customer_id":"ref:1","line_items":[]}},
            {"delete":"/v1/customers/ref:1"}]"#,
    );
    assert_eq!(
        tenant.events(),
        [
            "customer.created",
            "customer.contact.created",
            "customer.updated",
            "order.created",
            "customer.contact.deleted",
            "customer.deleted",
        ]
    );
}

#[test]
fn nothing_else_is_told() {
    let tenant = tenant();
    tenant.product("A");
    tenant.post("/v1/inventories", &stock("A", "5"));
    tenant.edit(r#"[{"insert":"sales_reps","document":{"email":"ana@acme.example"}}]"#);
    // Refused calls and scripts change nothing, so there is nothing to tell.
    assert_eq!(tenant.call("POST", "/v1/customers", r#"{"reference_id":"1"}"#).0, 400);
    let script = r#"[{"insert":"customers","document":{"name":"A"}},{"delete":"/v1/customers/ref:none"}]"#;
    assert!(tenant.remote.edit(script, tenant.now).is_err());
    tenant.remote.seed(r#"[{"insert":"customers","document":{"name":"A"}}]"#, tenant.now).unwrap();
    assert_eq!(tenant.list("/v1/customers").len(), 1);
    assert!(tenant.remote.webhooks().unwrap().is_empty());
    assert_eq!(tenant.remote.next_webhook().unwrap(), None);
}

#[test]
fn without_a_subscription_nothing_is_kept() {
    let tenant = Tenant::new();
    customer(&tenant, "1");
    assert!(tenant.due().is_empty());
    assert!(tenant.remote.webhooks().unwrap().is_empty());
}

#[test]
fn a_proposal_that_is_off_tells_nothing() {
    let settings = Settings { extensions: vec!["payments".to_owned()], ..told_by(subscription()) };
    let (tenant, _) = shop_with(settings);
    tenant.heard();
    tenant.edit(
        r#"[{"insert":"quotes","document":{"customer_id":"ref:4410","line_items":[]}},
            {"insert":"payments","document":{"customer_id":"ref:4410","amount":1}}]"#,
    );
    assert_eq!(tenant.events(), ["payment.created"]);
}

#[test]
fn a_webhook_is_a_thin_signed_body() {
    let tenant = tenant();
    customer(&tenant, "1");
    let [delivery] = tenant.due().try_into().unwrap();
    let text = concat!(
        r#"{"id":"whk_6ca1e485a0ff8bf58e79e7267a81bed2","event":"customer.created","timestamp":"2026-03-04T05:06:07.500Z","#,
        r#""data":{"id":"8c5bab31-396f-8872-a554-3d9ec7e0f1c1"}}"#
    );
    assert_eq!(std::str::from_utf8(&delivery.body).unwrap(), text);
    assert_eq!((delivery.url.as_str(), delivery.attempt), (URL, 1));
    assert_eq!(header(&delivery, "content-type"), Some("application/json"));
    // printf '%s' "$body" | openssl dgst -sha256 -hmac shared-secret -binary | base64
    assert_eq!(header(&delivery, "x-wizcommerce-signature"), Some("LB7TOiM+THkWF95DcMV6cVKCIYOY8dmOzDn5bCKbpj8="));
    assert_eq!(delivery.headers.len(), 2);
}

#[test]
fn signatures_are_written_in_both_ways_and_for_every_secret() {
    // Computed with openssl, as above, over this text.
    let body = br#"{"id":"whk_0192","event":"customer.updated"}"#;
    let shared =
        ["OIJlP+8n1iBZve3iWA3W3Or6PHql7dnUmRjdhxv7vRg=", "3882653fef27d62059bdede2580dd6dceafa3c7aa5edd9d49918dd871bfbbd18"];
    let older =
        ["txK+jzgsXsGkKyo4DnseoTLz/IqvDXrPjvw1y9SxfME=", "b712be8f382c5ec1a42b2a380e7b1ea132f3fc8aaf0d7acf8efc35cbd4b17cc1"];
    for (at, encoding) in [Encoding::Base64, Encoding::Hex].into_iter().enumerate() {
        let one = signed(&["shared-secret"], encoding).authentication;
        assert_eq!(one.header(body), ("x-wizcommerce-signature".to_owned(), shared[at].to_owned()));
        let both = signed(&["older-secret", "shared-secret"], encoding).authentication;
        assert_eq!(both.header(body).1, format!("{},{}", older[at], shared[at]));
    }
}

#[test]
fn a_shared_secret_may_travel_in_a_header_of_its_own() {
    let authentication = Authentication::Header { name: "X-Webhook-Key".to_owned(), secret: "shared secret".to_owned() };
    let tenant = Tenant::with(told_by(Subscription::new(URL, authentication)));
    customer(&tenant, "1");
    let [delivery] = tenant.due().try_into().unwrap();
    assert_eq!(header(&delivery, "x-webhook-key"), Some("shared secret"));
    assert_eq!(header(&delivery, "x-wizcommerce-signature"), None);
}

#[test]
fn refuses_what_cannot_be_sent_and_shows_no_secret() {
    let header = |name: &str, secret: &str| {
        Subscription::new(URL, Authentication::Header { name: name.to_owned(), secret: secret.to_owned() })
    };
    let wrong = [
        header("", "s"),
        header("a b", "s"),
        header("webhook-secret", ""),
        header("webhook-secret", "a\nb"),
        signed(&[], Encoding::Hex),
        signed(&["a", ""], Encoding::Hex),
    ];
    for subscription in wrong {
        assert!(WizCommerce::open(None, told_by(subscription.clone())).is_err(), "{subscription:?}");
    }
    for subscription in [header("webhook-secret", "canary"), signed(&["canary"], Encoding::Hex)] {
        assert!(!format!("{subscription:?}").contains("canary"));
    }
}

#[test]
fn tries_six_times_at_the_documented_moments_and_gives_up() {
    let mut tenant = tenant();
    customer(&tenant, "1");
    let first = tenant.due().remove(0);
    tenant.answered(&first, Some(500));
    for (retry, wait) in [30, 60, 120, 240, 480].into_iter().enumerate() {
        assert_eq!(tenant.fate().0, "waiting");
        tenant.later(wait - 1);
        assert_eq!(tenant.due(), []);
        tenant.later(1);
        assert_eq!(tenant.remote.next_webhook().unwrap(), Some(tenant.now));
        let [again] = tenant.due().try_into().unwrap();
        assert_eq!(again, Delivery { attempt: u32::try_from(retry).unwrap() + 2, ..first.clone() });
        assert_eq!(tenant.due(), [], "it is under way");
        tenant.answered(&again, None);
    }
    assert_eq!(tenant.fate(), ("lost".to_owned(), 6, Some(500)));
    assert_eq!(tenant.remote.next_webhook().unwrap(), None);
    tenant.later(100_000);
    assert_eq!(tenant.due(), []);
}

#[test]
fn four_answers_are_success_and_no_other() {
    for status in [200, 201, 202, 203, 204, 205, 301, 400, 401, 404, 410, 429, 500, 503] {
        let tenant = tenant();
        customer(&tenant, "1");
        let delivery = tenant.due().remove(0);
        tenant.answered(&delivery, Some(status));
        let state = if [200, 201, 202, 204].contains(&status) { "delivered" } else { "waiting" };
        assert_eq!(tenant.fate(), (state.to_owned(), 1, Some(status)));
    }
}

#[test]
fn an_answer_after_thirty_seconds_is_none() {
    let mut tenant = tenant();
    customer(&tenant, "1");
    let first = tenant.due().remove(0);
    tenant.later(30);
    tenant.answered(&first, Some(200));
    assert_eq!(tenant.fate(), ("waiting".to_owned(), 1, None));
    // The retry counts from the end of the patience, also when nobody reports it.
    tenant.later(29);
    assert_eq!(tenant.due(), []);
    tenant.later(1);
    let second = tenant.due().remove(0);
    tenant.later(30 + 59);
    assert_eq!(tenant.due(), []);
    tenant.later(1);
    let third = tenant.due().remove(0);
    assert_eq!((second.attempt, third.attempt), (2, 3));
    // The answer to an attempt that is over does not end the one under way.
    tenant.answered(&second, Some(200));
    assert_eq!(tenant.fate(), ("under way".to_owned(), 3, None));
    tenant.later(29);
    tenant.answered(&third, Some(204));
    assert_eq!(tenant.fate(), ("delivered".to_owned(), 3, Some(204)));
    tenant.answered(&third, Some(500));
    assert_eq!(tenant.fate().0, "delivered");
}

#[test]
fn a_schedule_may_be_shorter() {
    let retries = vec![Duration::from_secs(1)];
    let mut tenant = Tenant::with(told_by(Subscription { retries, patience: Duration::from_secs(2), ..subscription() }));
    customer(&tenant, "1");
    tenant.due();
    tenant.later(2 + 1);
    assert_eq!(tenant.due().remove(0).attempt, 2);
    tenant.later(2);
    assert_eq!(tenant.due(), []);
    assert_eq!(tenant.fate(), ("lost".to_owned(), 2, None));
}

#[test]
fn a_duplicate_has_the_same_id_and_a_fate_of_its_own() {
    let tenant = Tenant::with(told_by(Subscription { duplicates: true, ..subscription() }));
    customer(&tenant, "1");
    let [one, two] = tenant.due().try_into().unwrap();
    assert_ne!(one.number, two.number);
    assert_eq!(one, Delivery { number: one.number, ..two.clone() });
    tenant.answered(&one, Some(200));
    tenant.answered(&two, Some(500));
    let states: Vec<String> = tenant.remote.webhooks().unwrap().into_iter().map(|row| row.state).collect();
    assert_eq!(states, ["delivered", "waiting"]);
}

#[test]
fn disorder_lets_later_events_overtake() {
    let disorder = Some(Duration::from_secs(2));
    let mut tenant = Tenant::with(told_by(Subscription { disorder, ..subscription() }));
    let first = id(&customer(&tenant, "1"));
    let path = format!("/v1/customers/{first}");
    tenant.write(201, "PATCH", &path, &json!({"display_name": "B"}));
    assert_eq!(tenant.call("DELETE", &path, "").0, 200);
    assert_eq!(tenant.events(), ["customer.updated"]);
    tenant.later(1);
    customer(&tenant, "2");
    assert_eq!(tenant.events(), ["customer.created"]);
    tenant.later(1);
    assert_eq!(tenant.events(), ["customer.created", "customer.deleted"]);
}

#[test]
fn takes_no_more_than_asked_for_in_the_order_of_events() {
    let tenant = tenant();
    let ids: Vec<String> = ["1", "2", "3"].iter().map(|reference| id(&customer(&tenant, reference))).collect();
    let first: Vec<String> = tenant.remote.due_webhooks(tenant.now, 2).unwrap().iter().map(|delivery| told(delivery).1).collect();
    assert_eq!(first, ids[..2]);
    assert_eq!(tenant.heard(), [event("customer.created", &ids[2])]);
    let mut known: Vec<String> = tenant.remote.webhooks().unwrap().into_iter().map(|row| row.event_id).collect();
    known.dedup();
    assert_eq!(known.len(), 3);
}

#[test]
fn the_outbox_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wiz.sqlite");
    let mut tenant = Tenant::at(Some(&path), told_by(subscription()));
    customer(&tenant, "1");
    let first = tenant.due().remove(0);
    customer(&tenant, "2");
    let now = tenant.now;
    drop(tenant);
    tenant = Tenant::at(Some(&path), told_by(subscription()));
    tenant.now = now;
    assert_eq!(tenant.due().len(), 1);
    // Nobody knows what became of the one under way, so it comes again.
    tenant.later(60);
    let again = tenant.due().remove(0);
    assert_eq!(again, Delivery { attempt: 2, ..first });
}
