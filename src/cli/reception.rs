//! The desk at which webhooks come in: HTTP, and nothing answered that is not stored.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::progress::Pause;
use super::queue::Question;
use crate::config::{Extension, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::http::Stop;
use crate::model::{Clock, Direction, EntityKind, rfc3339};
use crate::profile::FLOWS;
use crate::state::{State, Wish};
use crate::sync::report::SCHEMA_VERSION;
use crate::webhooks::{self, BODY_LIMIT, Notice, Proof, Subject};

/// Connections open at once; the next ones wait.
const CONNECTIONS: usize = 256;
/// How long a head or a body may take, and a kept connection may be idle.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long what is in hand may take once stopping was asked for.
const LAST_PATIENCE: Duration = Duration::from_secs(5);
/// Bytes a head may have.
const HEAD_BYTES: usize = 64 * 1024;
/// How long the desk waits after a failed accept, e.g. when the process is out of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What takes webhooks in.
pub(super) struct Desk<'d> {
    settings: &'d Settings,
    proof: Proof,
    state: RefCell<State>,
    clock: Arc<dyn Clock>,
    health: RefCell<Health>,
    /// Wakes who serves, whenever something was stored.
    pub(super) news: Notify,
    pause: Option<Pause>,
}

/// How serving went last.
#[derive(Default)]
struct Health {
    served_at: Option<Timestamp>,
    failure: Option<Failure>,
}

/// What `GET /health` says. It holds no words of a remote: whoever reaches the port may read it.
#[derive(Serialize)]
struct HealthDocument<'a> {
    schema_version: u32,
    status: &'static str,
    profile: &'a str,
    queued: Option<u64>,
    last_served_at: Option<String>,
    last_error: Option<Failure>,
}

#[derive(Clone, Serialize)]
struct Failure {
    kind: String,
    at: String,
}

/// The body of every other answer.
#[derive(Serialize)]
struct Words {
    schema_version: u32,
    outcome: &'static str,
    message: &'static str,
}

impl<'d> Desk<'d> {
    /// Opens the desk of a profile.
    pub(super) fn new(settings: &'d Settings, proof: Proof, state: State, clock: Arc<dyn Clock>, pause: Option<Pause>) -> Self {
        Self { settings, proof, state: RefCell::new(state), clock, health: RefCell::default(), news: Notify::new(), pause }
    }

    /// Notes that what was due was served.
    pub(super) fn note_served(&self) {
        *self.health.borrow_mut() = Health { served_at: Some(self.clock.now()), failure: None };
    }

    /// Notes why something that is due cannot be served now, by the word for the kind of the error.
    pub(super) fn note_failure(&self, kind: &str) {
        let failure = Failure { kind: kind.to_owned(), at: rfc3339(self.clock.now()) };
        self.health.borrow_mut().failure = Some(failure);
    }

    /// Takes connections until stopping is asked for; what is in hand by then is finished.
    pub(super) async fn receive(&self, listener: TcpListener, stop: &Stop) {
        let mut stopped = pin!(stop.wait());
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                Some(()) = connections.next(), if !connections.is_empty() => {}
                accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                    Ok((stream, from)) => connections.push(self.converse(stream, from, stop)),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be taken");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        while connections.next().await.is_some() {}
    }

    async fn converse(&self, stream: TcpStream, from: SocketAddr, stop: &Stop) {
        // Small answers must not wait for the next packet; a socket that refuses the option still works.
        let _ = stream.set_nodelay(true);
        let service = service_fn(|request| async move { Ok::<_, std::convert::Infallible>(self.answer(request, from).await) });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        // An error of a connection is a caller that went away.
        tokio::select! {
            _ = connection.as_mut() => {}
            _ = stop.wait() => {
                connection.as_mut().graceful_shutdown();
                let _ = tokio::time::timeout(LAST_PATIENCE, connection).await;
            }
        }
    }

    async fn answer(&self, request: Request<Incoming>, from: SocketAddr) -> Response<Full<Bytes>> {
        let (path, method) = (request.uri().path().to_owned(), request.method().clone());
        let response = match path.as_str() {
            "/webhooks" if method == Method::POST => self.delivered(request).await,
            "/webhooks" => not_allowed("POST"),
            "/health" if method == Method::GET || method == Method::HEAD => self.health(),
            "/health" => not_allowed("GET, HEAD"),
            _ => words(StatusCode::NOT_FOUND, "there are `POST /webhooks` and `GET /health`"),
        };
        tracing::debug!(%from, %method, path, status = response.status().as_u16(), "answered");
        response
    }

    /// Takes a delivery: first whether it is genuine, then what it says.
    async fn delivered(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        const TOO_LARGE: &str = "the body has more than 1 MiB";
        if body.size_hint().lower() > BODY_LIMIT as u64 {
            return words(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE);
        }
        let body = match tokio::time::timeout(PATIENCE, Limited::new(body, BODY_LIMIT).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return words(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE),
            Ok(Err(_)) => return words(StatusCode::BAD_REQUEST, "the body broke off"),
            Err(_) => return words(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
        };
        let headers = head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        if !self.proof.holds(headers, &body) {
            tracing::warn!("a delivery was turned away: nothing in it proves that it comes from WizCommerce");
            return words(StatusCode::UNAUTHORIZED, "neither the secret nor a signature is right");
        }
        let notice = match webhooks::read(&body) {
            Ok(notice) => notice,
            Err(lacking) => {
                tracing::warn!(lacking, "a genuine delivery cannot be read");
                return words(StatusCode::BAD_REQUEST, lacking);
            }
        };
        let Notice { delivery, event, record, .. } = &notice;
        match self.store(&notice) {
            Ok(None) => {
                tracing::info!(delivery, event, record, "nothing to push");
                words(StatusCode::OK, "nothing to push")
            }
            Ok(Some(is_news)) => {
                tracing::info!(delivery, event, record, is_news, "received");
                if let Some(pause) = &self.pause {
                    pause.at("delivery_stored");
                }
                self.news.notify_one();
                words(StatusCode::ACCEPTED, if is_news { "stored" } else { "known already" })
            }
            Err(error) => {
                tracing::error!(delivery, event, record, %error, causes = ?error.causes(), "a delivery cannot be stored");
                words(StatusCode::SERVICE_UNAVAILABLE, "it cannot be stored now; send it again")
            }
        }
    }

    /// Stores what a notice asks for, and gives whether that is news; `None` when it asks for nothing.
    fn store(&self, notice: &Notice) -> Result<Option<bool>> {
        let mut state = self.state.borrow_mut();
        let mut wishes = wishes(notice, self.settings, &state)?;
        wishes.retain(|wish| FLOWS.iter().any(|(entity, way)| (entity.name(), way.name()) == (wish.entity, wish.direction)));
        if wishes.is_empty() {
            return Ok(None);
        }
        state.receive(&notice.delivery, &wishes, self.clock.now()).map(Some)
    }

    fn health(&self) -> Response<Full<Bytes>> {
        let queued = self.state.borrow().count_waiting().ok();
        let health = self.health.borrow();
        // What failed here may have been served by another run meanwhile.
        let is_ok = queued == Some(0) || queued.is_some() && health.failure.is_none();
        let document = HealthDocument {
            schema_version: SCHEMA_VERSION,
            status: if is_ok { "ok" } else { "failing" },
            profile: &self.settings.profile,
            queued,
            last_served_at: health.served_at.map(rfc3339),
            last_error: health.failure.clone(),
        };
        json(if is_ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &document)
    }
}

/// Gives what a notice asks for.
fn wishes(notice: &Notice, settings: &Settings, state: &State) -> Result<Vec<Wish>> {
    let record = &notice.record;
    let has_payments = settings.wizcommerce.has(Extension::Payments);
    let named = match notice.subject {
        Subject::Record(EntityKind::Orders) if settings.payments.push && !has_payments => {
            // Without payments of its own, an order tells by what is paid of it.
            vec![(EntityKind::Orders, record.clone()), (EntityKind::Payments, record.clone())]
        }
        Subject::Record(EntityKind::Payments) if !settings.payments.push || !has_payments => Vec::new(),
        Subject::Record(EntityKind::Estimates) if !settings.wizcommerce.has(Extension::Quotes) => Vec::new(),
        Subject::Record(entity) => vec![(entity, record.clone())],
        Subject::Part(kind) => match customer_of(kind, record, state)? {
            Some(customer) => vec![(EntityKind::Customers, customer)],
            // Nobody ever looked at all customers, and a webhook is no reason to.
            None if !was_pushed(EntityKind::Customers, state)? => Vec::new(),
            None => return Ok(vec![Question::of_changes(EntityKind::Customers)?]),
        },
        Subject::Gone | Subject::Other => Vec::new(),
    };
    named.iter().map(|(entity, id)| Question::of_webhook(*entity, id)).collect()
}

/// Finds the customer that a contact or an address belongs to. The documents do not say whose id such an event has, so it may be
/// the customer's own, too.
fn customer_of(kind: &str, record: &str, state: &State) -> Result<Option<String>> {
    let customers = EntityKind::Customers.name();
    let customer = match state.link_by_wiz(kind, record)? {
        Some(part) => state.link(customers, part.head)?,
        None => state.link_by_wiz(customers, record)?,
    };
    Ok(customer.map(|link| link.wc_id.0))
}

fn was_pushed(entity: EntityKind, state: &State) -> Result<bool> {
    Ok(state.cursor(entity.name(), Direction::Push.name())?.position.is_some())
}

fn not_allowed(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut response = words(StatusCode::METHOD_NOT_ALLOWED, "that is not how this address is used");
    response.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static(allowed));
    response
}

fn words(status: StatusCode, message: &'static str) -> Response<Full<Bytes>> {
    let outcome = if status.is_success() { "accepted" } else { "refused" };
    json(status, &Words { schema_version: SCHEMA_VERSION, outcome, message })
}

fn json(status: StatusCode, document: &impl Serialize) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(serde_json::to_vec(document).unwrap_or_default())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}

/// Listens on an address.
pub(super) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Io, format!("{address} cannot be listened on"))
            .caused_by(error)
            .hint("name another address or port with `--bind`; port 0 picks a free one")
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Inputs;
    use crate::model::{Link, NetSuiteId, WizId};
    use crate::state::{Bounds, Cause, Commit, Mode};

    /// A profile with the extensions and, about payments, what is given.
    fn settings(extensions: &str, payments: &str) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let text = format!(
            "[profile.acme]\nenvironment = \"sandbox\"\n[profile.acme.netsuite]\naccount = \"1\"\ntimezone = \"UTC\"\n\
             [profile.acme.wizcommerce]\nextensions = [{extensions}]\n[profile.acme.payments]\n{payments}\n"
        );
        std::fs::write(&config, text).unwrap();
        let state_home = Some(folder.path().to_owned());
        Settings::load(&Inputs { profile: Some("acme".into()), config: Some(config), state_home, ..Inputs::default() }).unwrap()
    }

    /// What an event asks for: entities, and the records in the question.
    fn asked(event: &str, settings: &Settings, state: &State) -> Vec<(&'static str, String)> {
        let body = format!(r#"{{"id":"d","event":"{event}","data":{{"id":"w-1"}}}}"#);
        let wishes = wishes(&webhooks::read(body.as_bytes()).unwrap(), settings, state).unwrap();
        wishes
            .into_iter()
            .map(|wish| {
                assert_eq!(wish.direction, "push");
                let question: serde_json::Value = serde_json::from_str(&wish.wanted).unwrap();
                assert_eq!(wish.cause == Cause::Look, question["changes"] == true);
                (wish.entity, question["wiz"].to_string())
            })
            .collect()
    }

    fn one(entity: &'static str, record: &str) -> Vec<(&'static str, String)> {
        vec![(entity, format!("[\"{record}\"]"))]
    }

    #[test]
    fn events_ask_for_the_push_of_what_they_name() {
        let state = State::in_memory().unwrap();
        let with = settings("\"quotes\", \"payments\"", "");
        assert_eq!(asked("order.created", &with, &state), one("orders", "w-1"));
        assert_eq!(asked("customer.updated", &with, &state), one("customers", "w-1"));
        assert_eq!(asked("quote.updated", &with, &state), one("estimates", "w-1"));
        assert_eq!(asked("payment.created", &with, &state), one("payments", "w-1"));
        for nothing in ["order.deleted", "customer.deleted", "product.updated", "customer.address.deleted", "unheard.of"] {
            assert_eq!(asked(nothing, &with, &state), [], "{nothing}");
        }
        let without = settings("", "");
        assert_eq!(asked("order.updated", &without, &state), [one("orders", "w-1"), one("payments", "w-1")].concat());
        assert_eq!(asked("quote.updated", &without, &state), []);
        assert_eq!(asked("payment.created", &without, &state), []);
        let unpaid = settings("\"payments\"", "push = false");
        assert_eq!(asked("payment.created", &unpaid, &state), []);
        assert_eq!(asked("order.updated", &settings("", "push = false"), &state), one("orders", "w-1"));
    }

    #[test]
    fn a_part_of_a_customer_leads_to_its_customer() {
        let with = settings("", "");
        let mut state = State::in_memory().unwrap();
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let (contact, address) = ("customer.contact.updated", "customer.address.created");
        assert_eq!(asked(contact, &with, &state), [], "nobody ever looked at all customers");
        let bounds = Bounds { mode: Mode::Full, low: None, high: now, mapping: String::new(), resume: None, links: 0 };
        state.start_run_of("customers", "push", &bounds, &std::collections::BTreeMap::new()).unwrap();
        state.finish_run_of("customers", "push", &bounds, &[], now).unwrap();
        assert_eq!(asked(contact, &with, &state), [("customers", "[]".to_owned())], "what changed is looked at");

        let link = |kind: &str, id: i64, wiz: &str| Link::new(kind, NetSuiteId(id), WizId(wiz.into()));
        let mut store = |link: Link| {
            let links = vec![link];
            state.commit(&Commit { entity: "customers", direction: "pull", run: "r", links, ..Commit::default() }, now).unwrap();
            [asked(contact, &with, &state), asked(address, &with, &state)].concat()
        };
        // The event of a contact may have the customer's own id.
        assert_eq!(store(link("customers", 7, "w-1")), [one("customers", "w-1"), one("customers", "w-1")].concat());
        store(link("customers", 8, "w-8"));
        let contacts = store(Link { head: NetSuiteId(8), ..link("contacts", 80, "w-1") });
        assert_eq!(contacts, [one("customers", "w-8"), one("customers", "w-1")].concat());
        let both = store(Link { head: NetSuiteId(8), ..link("addresses", 81, "w-1") });
        assert_eq!(both, [one("customers", "w-8"), one("customers", "w-8")].concat());
    }
}
