//! Carries webhooks out of the simulated WizCommerce's outbox to a receiver on this machine, over HTTP/1.1.
//!
//! What is due, what counts as taken and when to try again is the outbox's to say; the courier only sends, waits and reports.
//! It goes no further than loopback: a sandbox makes up its customers and must not tell the world about them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::sandbox::endpoint::Clock;
use crate::sandbox::wizcommerce::{Delivery, WizCommerce};

/// Deliveries under way at once, so that one slow answer does not hold up the others.
const AT_ONCE: usize = 8;
/// How often an idle courier looks into the outbox.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What carries webhooks, to be run beside the servers.
pub struct Courier {
    wizcommerce: Arc<WizCommerce>,
    clock: Clock,
    receiver: Receiver,
    patience: Duration,
}

/// A receiver on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Receiver {
    addresses: Vec<SocketAddr>,
    authority: String,
    target: String,
}

impl Courier {
    /// Makes a courier for a tenant; `None` when it has no subscription.
    ///
    /// # Errors
    ///
    /// Says in words why webhooks cannot go where they are to go.
    pub fn new(wizcommerce: Arc<WizCommerce>, clock: Clock) -> Result<Option<Self>, String> {
        let Some(subscription) = wizcommerce.subscription() else { return Ok(None) };
        let (receiver, patience) = (Receiver::parse(&subscription.url)?, subscription.patience);
        Ok(Some(Self { wizcommerce, clock, receiver, patience }))
    }

    /// Carries webhooks for as long as it is polled; what is under way then comes again after the subscription's patience.
    pub async fn run(self) {
        let courier = Arc::new(self);
        let mut under_way = JoinSet::new();
        loop {
            while under_way.try_join_next().is_some() {}
            let due = courier.wizcommerce.due_webhooks((courier.clock)(), AT_ONCE.saturating_sub(under_way.len()));
            // A store that fails now may serve again later, and says so to whoever calls the API.
            for delivery in due.unwrap_or_default() {
                under_way.spawn(Arc::clone(&courier).carry(delivery));
            }
            tokio::select! {
                Some(_) = under_way.join_next() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn carry(self: Arc<Self>, delivery: Delivery) {
        let status = tokio::time::timeout(self.patience, self.receiver.post(&delivery)).await;
        // Without a report the delivery counts as failed in time, which is what a failing store can be given.
        let _ = self.wizcommerce.webhook_answered(&delivery, status.ok().flatten(), (self.clock)());
    }
}

impl Receiver {
    fn parse(url: &str) -> Result<Self, String> {
        let wrong = || format!("{url} is not an http address on this machine, like http://127.0.0.1:8787/webhooks");
        let uri: hyper::Uri = url.parse().map_err(|_| wrong())?;
        let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(wrong()) };
        if authority.as_str().contains('@') {
            return Err(wrong());
        }
        let host = authority.host();
        // Names are not looked up: this one is known, and any other may lead anywhere.
        let hosts: Vec<IpAddr> = if host.eq_ignore_ascii_case("localhost") {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        } else {
            let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
            bare.parse().ok().filter(IpAddr::is_loopback).into_iter().collect()
        };
        if hosts.is_empty() {
            return Err(wrong());
        }
        let port = match authority.port() {
            None if authority.as_str() == host => 80,
            port => port.map(|port| port.as_u16()).ok_or_else(wrong)?,
        };
        Ok(Self {
            addresses: hosts.into_iter().map(|host| SocketAddr::new(host, port)).collect(),
            authority: authority.as_str().to_owned(),
            target: uri.path_and_query().map_or_else(|| "/".to_owned(), |target| target.as_str().to_owned()),
        })
    }

    /// Sends a delivery and gives the status that came back, if any did.
    async fn post(&self, delivery: &Delivery) -> Option<u16> {
        let stream = TcpStream::connect(&self.addresses[..]).await.ok()?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        // A set ends its tasks when it is dropped, and so the connection ends with the attempt.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let mut request = hyper::Request::post(&self.target).header("host", &self.authority).header("connection", "close");
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(delivery.body.clone()))).ok()?;
        Some(sender.send_request(request).await.ok()?.status().as_u16())
    }
}

/// Checks that an address is one a courier goes to.
///
/// # Errors
///
/// Says in words what it must look like.
pub fn check_receiver(url: &str) -> Result<(), String> {
    Receiver::parse(url).map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream as Socket};
    use std::sync::mpsc;

    use serde_json::Value;

    use super::*;
    use crate::sandbox::wizcommerce::{Authentication, Encoding, Settings, Subscription};
    use crate::sandbox::{Running, Setup, World, conditions, system_clock};

    /// How long a test waits for what must come.
    const LONG: Duration = Duration::from_secs(20);

    /// Reads one request off a socket: its head, in lower case, and its body.
    fn read(socket: &mut Socket) -> (String, String) {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&bytes);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let head = head.to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
                if body.len() >= length.parse().unwrap() {
                    return (head, body.to_owned());
                }
            }
            let count = socket.read(&mut chunk).unwrap();
            assert_ne!(count, 0, "the request ends early");
            bytes.extend_from_slice(&chunk[..count]);
        }
    }

    /// A receiver that meets each request with the next of some answers, one of them being silence, and passes it on.
    fn receiver(answers: Vec<Option<&'static str>>) -> (String, mpsc::Receiver<(String, String)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/webhooks?tenant=1", listener.local_addr().unwrap());
        let (sender, received) = mpsc::channel();
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for answer in answers {
                let (mut socket, _) = listener.accept().unwrap();
                let request = read(&mut socket);
                match answer {
                    Some(answer) => socket.write_all(answer.as_bytes()).unwrap(),
                    None => silent.push(socket),
                }
                sender.send(request).unwrap();
            }
        });
        (url, received)
    }

    /// Both simulators on sockets, with a customer in WizCommerce and a subscriber.
    fn running(subscription: Subscription) -> (World, Running) {
        let wizcommerce = Settings { webhooks: Some(subscription), ..Settings::default() };
        let world = World::open(None, Setup { wizcommerce, ..Setup::default() }, system_clock()).unwrap();
        let quiet = conditions(Duration::ZERO, None);
        let buyer = r#"[{"insert":"customers","document":{"reference_id":"4410","name":"Harbor & Pine"}}]"#;
        world.wizcommerce.seed(buyer, (world.clock)()).unwrap();
        let endpoints = world.endpoints(quiet, quiet, Arc::default());
        let running = Running::start_with(endpoints, [0, 0], world.courier().unwrap()).unwrap();
        (world, running)
    }

    /// Places an order over the public API and gives its id.
    fn place(world: &World, running: &Running) -> String {
        let buyer = world.wizcommerce.documents("customers").unwrap()[0]["id"].clone();
        let line = serde_json::json!({"sku": "HAND", "quantity": 1, "unit_price": 1, "is_adhoc": true});
        let body = serde_json::json!({"reference_id": "88120", "customer_id": buyer, "line_items": [line]}).to_string();
        let host = running.wizcommerce_url.strip_prefix("http://").unwrap();
        let mut socket = Socket::connect(host).unwrap();
        let key = Settings::default().api_key;
        let head = format!("POST /v2/orders HTTP/1.1\r\nhost: {host}\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n");
        write!(socket, "{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        world.wizcommerce.documents("orders").unwrap()[0]["id"].as_str().unwrap().to_owned()
    }

    fn wait_for(world: &World, state: &str) -> u32 {
        for _ in 0..2000 {
            if let [row] = &world.wizcommerce.webhooks().unwrap()[..]
                && row.state == state
            {
                return row.attempts;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("never {state}: {:?}", world.wizcommerce.webhooks().unwrap());
    }

    fn hasty(url: &str) -> Subscription {
        let secret = "shared-secret".to_owned();
        let authentication = Authentication::Signature { secrets: vec![secret], encoding: Encoding::Base64 };
        let retries = vec![Duration::from_millis(50); 2];
        Subscription { retries, patience: Duration::from_millis(500), ..Subscription::new(url, authentication) }
    }

    #[test]
    fn an_order_placed_over_the_api_reaches_the_receiver() {
        let (url, received) = receiver(vec![Some("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")]);
        let (world, running) = running(hasty(&url));
        let order = place(&world, &running);
        let (head, body) = received.recv_timeout(LONG).unwrap();
        assert!(head.starts_with("post /webhooks?tenant=1 http/1.1\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
        assert!(head.contains("\r\nx-wizcommerce-signature: "), "{head}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((body["event"].as_str(), body["data"]["id"].as_str()), (Some("order.created"), Some(order.as_str())));
        assert_eq!(wait_for(&world, "delivered"), 1);
    }

    #[test]
    fn a_refusal_and_a_silence_are_tried_again_with_the_same_body() {
        let refusal = Some("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
        let (url, received) = receiver(vec![refusal, None, Some("HTTP/1.1 204 No Content\r\n\r\n")]);
        let (world, running) = running(hasty(&url));
        place(&world, &running);
        let bodies: Vec<String> = (0..3).map(|_| received.recv_timeout(LONG).unwrap().1).collect();
        assert_eq!((&bodies[0], &bodies[0]), (&bodies[1], &bodies[2]));
        assert_eq!(wait_for(&world, "delivered"), 3);
    }

    #[test]
    fn a_receiver_that_is_not_there_gets_three_tries() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
        drop(listener);
        let (world, running) = running(hasty(&url));
        place(&world, &running);
        assert_eq!(wait_for(&world, "lost"), 3);
    }

    #[test]
    fn goes_no_further_than_this_machine() {
        for (url, address) in [
            ("http://127.0.0.1:8787/webhooks", "127.0.0.1:8787"),
            ("http://127.4.5.6", "127.4.5.6:80"),
            ("http://[::1]:9/a?b=c", "[::1]:9"),
            ("http://LOCALHOST:1/", "127.0.0.1:1"),
        ] {
            let receiver = Receiver::parse(url).unwrap();
            assert_eq!(receiver.addresses[0].to_string(), address);
        }
        for url in [
            "https://127.0.0.1/",
            "http://example.test/",
            "http://10.0.0.1/",
            "http://0.0.0.0/",
            "http://127.0.0.1.example.test/",
            "http://127.0.0.1@example.test/",
            "http://a@127.0.0.1/",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:/",
            "127.0.0.1:8787",
            "/webhooks",
            "",
        ] {
            assert!(check_receiver(url).is_err(), "{url}");
        }
    }
}
